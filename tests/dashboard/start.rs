//! The ways to start: refusals in plain words, kubeconfig files, what the last run left.

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use tokio::net::TcpSocket;

use crate::stage::{Home, PROGRAM, board_row, ends, in_front, quit, wait};

/// An address that refuses: the port is held, nobody listens. It does so while the socket lives.
fn closed_port() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

/// A home whose kubeconfig names two clusters that are not there.
fn home_with_two_dead_clusters() -> (Home, [TcpSocket; 2]) {
    let home = Home::new();
    let (first, first_address) = closed_port();
    let (second, second_address) = closed_port();
    let clusters = [("mercury", first_address), ("venus", second_address)]
        .map(|(name, address)| format!("- name: {name}\n  cluster:\n    server: http://{address}\n"));
    let contexts =
        ["mercury", "venus"].map(|name| format!("- name: {name}\n  context:\n    cluster: {name}\n    user: me\n"));
    let head = "apiVersion: v1\nkind: Config\ncurrent-context: mercury\nusers:\n- name: me\n  user:\n    token: t\n";
    let text = format!("{head}clusters:\n{}contexts:\n{}", clusters.concat(), contexts.concat());
    std::fs::write(home.path().join(".kube/config"), text).unwrap();
    (home, [first, second])
}

#[test]
fn without_a_terminal_it_refuses_and_names_status() {
    let home = Home::new();
    for args in [vec![], vec!["--demo"]] {
        let mut command = Command::new(PROGRAM);
        command.args(&args).envs(home.env()).stdin(Stdio::null());
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            said,
            "fleet-tui: the dashboard needs a terminal; without one, `fleet-tui status` tells the health of clusters\n"
        );
        assert!(output.stdout.is_empty(), "{:?}", output.stdout);
    }
}

#[test]
fn an_unknown_context_is_wrong_usage_and_those_there_are_are_named() {
    let (home, _held) = home_with_two_dead_clusters();
    let mut pty = home.start(&["--context", "nope"], 100, 24);
    let status = pty.wait_exit(crate::stage::LIMIT).expect("the program is still running");
    assert_eq!(status.exit_code(), 2);
    pty.wait_for_text("fleet-tui: context not found: nope; there are: mercury, venus").unwrap();
    assert!(!String::from_utf8_lossy(&pty.raw_bytes()).contains('\x1b'), "the terminal was touched");
}

#[test]
fn a_scenario_that_is_not_there_is_wrong_usage() {
    let home = Home::new();
    let mut pty = home.start(&["--demo", "--scenario", "atlantis"], 100, 24);
    let status = pty.wait_exit(crate::stage::LIMIT).expect("the program is still running");
    assert_eq!(status.exit_code(), 2);
    pty.wait_for_text("scenario atlantis").unwrap();
}

#[test]
fn without_a_kubeconfig_it_says_where_it_looked_and_names_the_demo() {
    let home = Home::new();
    let mut pty = home.start(&[], 160, 24);
    let place = home.path().join(".kube").display().to_string();
    wait(&pty, "the picker", |screen| {
        screen.contains("Select Kubeconfig") && screen.contains(&place) && screen.contains("--demo")
    });
    pty.send("\x1b");
    wait(&pty, "the empty state", |screen| {
        screen.contains("No active clusters. Select a cluster") && !screen.contains("╭─ Select Kubeconfig")
    });
    let screen = pty.screen_text();
    assert!(screen.contains("No Active Clusters") && screen.contains("--demo"), "{screen}");
    pty.send("q");
    ends(pty, &home, 0);
}

#[test]
fn a_dead_cluster_is_picked_says_why_and_is_there_again_in_the_next_run() {
    let (home, _held) = home_with_two_dead_clusters();
    let mut pty = home.start(&[], 120, 30);
    wait(&pty, "the picker with both", |screen| {
        let pointed = screen.lines().any(|line| line.contains('▸') && line.contains("mercury"));
        screen.contains("Select Kubeconfig") && pointed && screen.contains("venus")
    });
    pty.send("\x1b[B");
    wait(&pty, "venus selected", |screen| screen.lines().any(|line| line.contains('▸') && line.contains("venus")));
    pty.send("\r");
    wait(&pty, "why it cannot be reached", |screen| {
        screen.lines().nth(1).is_some_and(|line| line.starts_with(" venus  unhealthy"))
            && screen.contains("connection refused by 127.0.0.1:")
            && screen.contains("try again now")
    });
    pty.send("q");
    let pty = ends(pty, &home, 0);
    assert_eq!(pty.screen_text().trim(), "");
    assert!(std::fs::read_to_string(home.state_file()).unwrap().contains("config:venus"));

    let mut pty = home.start(&[], 120, 30);
    wait(&pty, "venus again", |screen| {
        screen.lines().nth(1).is_some_and(|line| line.starts_with(" venus  unhealthy")) && !screen.contains("mercury")
    });
    pty.send("o");
    wait(&pty, "venus checked", |screen| screen.contains("✓ ✕ venus") && screen.contains("· mercury"));
    quit(pty, &home);
}

#[test]
fn flags_replace_what_was_open_and_are_not_remembered() {
    let (home, _held) = home_with_two_dead_clusters();
    let pty = home.start(&["--all"], 120, 30);
    wait(&pty, "both", |screen| {
        let unhealthy = |name| board_row(screen, name).is_some_and(|row| row.starts_with('✕'));
        unhealthy("mercury") && unhealthy("venus")
    });
    quit(pty, &home);
    assert!(!home.state_file().exists());
    let pty = home.start(&["--context", "mercury"], 120, 30);
    wait(&pty, "mercury alone", |screen| screen.contains(" mercury  unhealthy") && in_front(screen).is_none());
    quit(pty, &home);
    assert!(!home.state_file().exists());
}

#[test]
fn a_damaged_state_file_is_a_notice_and_nothing_more() {
    let (home, _held) = home_with_two_dead_clusters();
    std::fs::create_dir_all(home.state_file().parent().unwrap()).unwrap();
    std::fs::write(home.state_file(), "{\"open\": [").unwrap();
    let pty = home.start(&[], 160, 30);
    wait(&pty, "the picker and the notice", |screen| {
        screen.contains("Select Kubeconfig") && screen.contains("damaged and ignored")
    });
    quit(pty, &home);
}
