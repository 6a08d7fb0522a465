//! Commands in a real terminal: progress that leaves nothing behind, colours, a reader that has enough, Ctrl+C.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::Duration;

use fleet_tui::sim::fault::{Cut, Fault};

use crate::pty::Pty;
use crate::stage::{PROGRAM, Stage};

/// Every byte that was written, as text.
fn raw(pty: &Pty) -> String {
    String::from_utf8_lossy(&pty.raw_bytes()).into_owned()
}

const LIMIT: Duration = Duration::from_secs(60);

fn start(stage: &Stage, arguments: &[&str], env: &[(&str, &str)]) -> Pty {
    let home = stage.home.folder.path().to_str().unwrap();
    let none = stage.home.folder.path().join("none");
    let surroundings = [
        ("HOME", home),
        ("KUBECONFIG", ""),
        ("XDG_CONFIG_HOME", none.to_str().unwrap()),
        ("XDG_STATE_HOME", none.to_str().unwrap()),
    ];
    Pty::start(PROGRAM, arguments, &[&surroundings[..], env].concat(), 160, 24)
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_says_who_is_waited_for_and_is_wiped_before_coloured_output() {
    let stage = Stage::new().await;
    let well = stage.fleet.cluster("well").unwrap();
    well.set_fault(Fault::Stall(Cut::default()));
    let mut pty = start(&stage, &["status", "--cluster", "well", "--cluster", "ill"], &[]);
    pty.wait_for(|screen| screen.contains("1/2 (50%), waiting for well"), LIMIT).unwrap();
    well.clear_faults();
    pty.wait_for(|screen| screen.contains("2 clusters:"), LIMIT).unwrap();
    let screen = pty.screen_text();
    assert!(screen.starts_with("CLUSTER   HEALTH"), "the progress is still there:\n{screen}");
    assert!(raw(&pty).contains("\x1b[33mwarning\x1b[0m"), "{}", raw(&pty).escape_debug());
    assert!(pty.wait_exit(LIMIT).is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_color_and_a_dumb_terminal_have_no_colours() {
    let stage = Stage::new().await;
    for env in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let mut pty = start(&stage, &["status", "--cluster", "ill"], &[env]);
        pty.wait_for(|screen| screen.contains("1 cluster: 1 warning"), LIMIT).unwrap();
        assert!(!raw(&pty).contains("\x1b[33m"), "{env:?}: {}", raw(&pty).escape_debug());
        assert!(pty.wait_exit(LIMIT).is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_in_a_terminal_leaves_an_empty_line_and_130() {
    let stage = Stage::new().await;
    stage.fleet.cluster("well").unwrap().set_fault(Fault::Stall(Cut::default()));
    let mut pty = start(&stage, &["status", "--cluster", "well"], &[]);
    pty.wait_for(|screen| screen.contains("0/1 (0%), waiting for well"), LIMIT).unwrap();
    pty.send("\x03");
    assert_eq!(pty.wait_exit(LIMIT).unwrap().exit_code(), 130);
    assert!(!pty.screen_text().contains("waiting"), "{}", pty.screen_text());
}

#[tokio::test]
async fn a_reader_that_has_seen_enough_ends_a_long_list_quietly() {
    let stage = Stage::new().await;
    let mut command = stage.home.command(&["get", "pods", "-o", "json", "--cluster", "ill"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let out = child.stdout.take().unwrap();
    let output = tokio::task::spawn_blocking(move || {
        let first = BufReader::with_capacity(64, out).lines().next().unwrap().unwrap();
        (first, child.wait_with_output().unwrap())
    });
    let (first, output) = output.await.unwrap();
    assert_eq!((first.as_str(), output.status.code(), output.stderr.len()), ("{", Some(0), 0));
}
