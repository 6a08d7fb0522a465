//! The keys of everyday: tabs, palette, help, filter, namespaces, picker, closing; and nothing of another cluster.

use crate::pty::Pty;
use crate::stage::{Home, board_row, ends, frames, in_front, quit, wait, wait_for_board};

/// The pair of clusters, the first in front with its pods.
fn start(home: &Home) -> Pty {
    let mut pty = home.start_scenario("pair.toml", 120, 50);
    wait_for_board(&pty, &["orchard", "harbour"]);
    pty.send("1");
    wait(&pty, "pods of orchard", |screen| in_front(screen) == Some("orchard") && table(screen).contains("apple "));
    pty
}

#[test]
fn switching_tabs_never_shows_a_row_of_another_cluster() {
    let home = Home::new();
    let mut pty = start(&home);
    for _ in 0..5 {
        pty.send("\t");
        wait(&pty, "harbour", |screen| in_front(screen) == Some("harbour") && table(screen).contains("anchovy "));
        pty.send("1");
        wait(&pty, "orchard", |screen| in_front(screen) == Some("orchard") && table(screen).contains("cherry "));
        pty.send("2");
        wait(&pty, "harbour", |screen| in_front(screen) == Some("harbour") && table(screen).contains("carp "));
        pty.send("[");
        wait(&pty, "orchard", |screen| in_front(screen) == Some("orchard") && table(screen).contains("apple "));
    }
    let drawn = frames(&pty);
    assert!(drawn.len() > 20, "{} frames", drawn.len());
    for frame in drawn {
        let foreign = match in_front(&frame) {
            Some("orchard") => ["anchovy", "carp"],
            Some("harbour") => ["apple", "cherry"],
            _ => continue,
        };
        assert!(!foreign.iter().any(|namespace| frame.contains(namespace)), "rows of the other cluster on\n{frame}");
    }
    quit(pty, &home);
}

#[test]
fn the_palette_goes_to_kinds_and_clusters() {
    let home = Home::new();
    let mut pty = start(&home);
    pty.send(":nodes");
    wait(&pty, "the palette", |screen| screen.contains("Palette") && screen.contains("› nodes"));
    pty.send("\r");
    wait(&pty, "two nodes", |screen| screen.contains("NODES 2") && screen.contains("Ready"));
    pty.send(":harbour\r");
    wait(&pty, "the other cluster", |screen| {
        in_front(screen) == Some("harbour") && screen.contains("CrashLoopBackOff")
    });
    pty.send(":q\r");
    ends(pty, &home, 0);
}

#[test]
fn a_mouse_report_of_a_place_that_is_none_is_nothing() {
    let home = Home::new();
    let mut pty = start(&home);
    pty.send("\x1b[<0;0;0M\x1b[<0;0;5m\x1b[<64;65535;0M\x1b[<0;65535;65535M\x1b[M   ");
    pty.send("2");
    wait(&pty, "harbour", |screen| in_front(screen) == Some("harbour") && table(screen).contains("carp "));
    quit(pty, &home);
}

#[test]
fn q_closes_the_topmost_layer_first_and_quits_at_the_root() {
    let home = Home::new();
    let mut pty = start(&home);
    pty.send("?");
    wait(&pty, "the help", |screen| screen.contains("Help") && screen.contains("next cluster"));
    pty.send("q");
    wait(&pty, "no help", |screen| !screen.contains("╭─ Help"));
    pty.send("/apple\r");
    wait(&pty, "filtered", |screen| !table(screen).contains("cherry") && table(screen).contains("apple"));
    pty.send("q");
    wait(&pty, "no filter", |screen| table(screen).contains("cherry"));
    pty.send("q");
    wait(&pty, "the board", |screen| board_row(screen, "orchard").is_some());
    pty.send("q");
    ends(pty, &home, 0);
}

#[test]
fn a_filter_and_a_namespace_narrow_the_table() {
    let home = Home::new();
    let mut pty = start(&home);
    wait(&pty, "both namespaces", |screen| table(screen).contains("apple ") && table(screen).contains("cherry "));
    pty.send("/cherry");
    wait(&pty, "the filter", |screen| screen.contains("/cherry") && !table(screen).contains("apple "));
    pty.send("\x1b");
    wait(&pty, "all again", |screen| table(screen).contains("apple "));
    pty.send("n");
    wait(&pty, "the namespaces", |screen| screen.contains("Namespace ─") && screen.contains("on orchard"));
    pty.send("apple\r");
    wait(&pty, "one namespace", |screen| table(screen).contains("apple ") && !table(screen).contains("cherry "));
    pty.send("0");
    wait(&pty, "all namespaces", |screen| table(screen).contains("cherry "));
    quit(pty, &home);
}

#[test]
fn a_cluster_is_closed_and_opened_again_from_the_picker() {
    let home = Home::new();
    let mut pty = start(&home);
    pty.send("\x17");
    wait(&pty, "only harbour", |screen| {
        // A single cluster has no tabs: its headline is the second line.
        screen.lines().nth(1).is_some_and(|line| line.starts_with(" harbour")) && !screen.contains("orchard")
    });
    pty.send("o");
    wait(&pty, "the picker", |screen| screen.contains("Select Kubeconfig") && screen.contains("· orchard"));
    pty.send("orch");
    wait(&pty, "the search", |screen| screen.contains("› orch"));
    pty.send("\r");
    wait(&pty, "orchard again", |screen| in_front(screen) == Some("orchard") && table(screen).contains("apple "));
    pty.send("`");
    wait_for_board(&pty, &["orchard", "harbour"]);
    pty.send("`");
    wait(&pty, "back from the board", |screen| in_front(screen) == Some("orchard"));
    pty.send("\x17");
    wait(&pty, "one left", |screen| !screen.contains("orchard"));
    pty.send("\x17");
    wait(&pty, "nothing open", |screen| screen.contains("No active clusters. Select a cluster"));
    pty.send("q");
    ends(pty, &home, 0);
}

/// What is right of the sidebar.
fn table(screen: &str) -> String {
    screen.lines().filter_map(|line| line.split_once('│')).fold(String::new(), |text, (_, right)| text + right + "\n")
}
