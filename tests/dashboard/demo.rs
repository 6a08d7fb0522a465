//! The demo fleet, as `fleet-tui --demo` shows it to a newcomer.

use crate::stage::{Home, board_row, ends, frames, in_front, tab_sign, wait, wait_for_board};

const FLEET: [&str; 12] = [
    "prod-eu",
    "prod-us",
    "staging",
    "dev",
    "observability",
    "edge-07",
    "team-a",
    "flaky",
    "legacy",
    "old-1-31",
    "sandbox",
    "dr",
];

/// Sign, cluster and what its row says; none of it needs the first minute.
const KNOWN: [(&str, &str, &str); 6] = [
    ("●", "prod-eu", "healthy"),
    ("▲", "prod-us", "1 node NotReady"),
    ("●", "sandbox", "healthy"),
    ("▲", "team-a", "may not list nodes"),
    ("⊘", "legacy", "expired"),
    ("✕", "dr", "unreachable: connection refused"),
];

#[test]
fn the_board_shows_every_cluster_with_its_health_and_quits_without_a_trace() {
    let home = Home::new();
    let mut pty = home.start(&["--demo"], 140, 36);
    wait_for_board(&pty, &FLEET);
    for (sign, cluster, words) in KNOWN {
        wait(&pty, cluster, |screen| {
            let row = board_row(screen, cluster).unwrap_or_default();
            row.starts_with(sign) && row.contains(words) && tab_sign(screen, cluster) == sign.chars().next()
        });
    }
    let first = &frames(&pty)[0];
    assert!(first.contains("FLEET") && !first.contains("prod-eu"), "the first frame waited for an answer:\n{first}");
    pty.send("q");
    let pty = ends(pty, &home, 0);
    assert_eq!(pty.screen_text().trim(), "", "something is left on the screen");
    assert!(!home.state_file().exists(), "a demo leaves no state");
}

#[test]
fn every_tab_shows_its_own_cluster() {
    let home = Home::new();
    let mut pty = home.start(&["--demo"], 140, 36);
    wait_for_board(&pty, &FLEET);
    pty.send("1");
    for cluster in FLEET {
        wait(&pty, cluster, |screen| in_front(screen) == Some(cluster));
        pty.send("\t");
    }
    wait(&pty, "the first tab again", |screen| in_front(screen) == Some("prod-eu") && screen.contains("Running"));
    pty.send("\x1b[Z");
    wait(&pty, "the last tab", |screen| {
        in_front(screen) == Some("dr") && screen.contains("connection refused") && screen.contains("try again now")
    });
    pty.send("7");
    wait(&pty, "the two namespaces that may be seen", |screen| {
        in_front(screen) == Some("team-a") && screen.contains("team-a ") && screen.contains("permission to list")
    });
    pty.send("q");
    wait(&pty, "the board behind the cluster", |screen| in_front(screen).is_none());
    pty.send("q");
    ends(pty, &home, 0);
}
