//! The terminal is as it was found, however the dashboard is left; and nothing of it stays behind.

use crate::pty::Pty;
use crate::stage::{Home, LIMIT, PROGRAM, board_row, ends, scenario, taken, wait_for_board};

fn start(home: &Home) -> Pty {
    let pty = home.start_scenario("pair.toml", 100, 24);
    wait_for_board(&pty, &["orchard", "harbour"]);
    assert!(taken(&pty.screen()) && !pty.line_is_as_before());
    pty
}

#[test]
fn ctrl_c_quits_even_from_a_dialog() {
    let home = Home::new();
    let mut pty = start(&home);
    pty.send(":no");
    pty.wait_for_text("› no").unwrap();
    pty.send("\x03");
    ends(pty, &home, 0);
}

#[test]
fn a_request_to_end_is_a_quit() {
    for signal in ["TERM", "INT"] {
        let home = Home::new();
        let pty = start(&home);
        pty.signal(signal);
        ends(pty, &home, 0);
    }
}

#[test]
fn a_hang_up_ends_it_with_the_terminal_restored() {
    let home = Home::new();
    let pty = start(&home);
    pty.signal("HUP");
    let pty = ends(pty, &home, 1);
    pty.wait_for_text("fleet-tui: the terminal is gone").unwrap();
}

#[test]
fn a_terminal_that_goes_away_ends_the_process() {
    let home = Home::new();
    let mut pty = start(&home);
    pty.hang_up();
    let status = pty.wait_exit(LIMIT).expect("the program is still running");
    assert_eq!((status.exit_code(), status.signal()), (1, None), "it should end by itself, without a panic");
    assert!(home.is_tidy(), "temporary files are left");
}

#[test]
fn ctrl_z_returns_to_the_shell_and_fg_brings_the_fleet_back() {
    let home = Home::new();
    let mut shell = home.start_other("bash", &["--norc", "-i"], 100, 24);
    shell.send("PS1='rea''dy> '\r");
    shell.wait_for_text("ready>").unwrap();
    shell.send(&format!("{PROGRAM} --demo --scenario {}\r", scenario("pair.toml").display()));
    let board = |screen: &vt100::Screen| taken(screen) && board_row(&screen.contents(), "harbour").is_some();
    shell.wait_until(board, LIMIT).unwrap();
    shell.send("\x1a");
    shell.wait_until(|screen| !screen.alternate_screen() && screen.contents().contains("Stopped"), LIMIT).unwrap();
    assert!(!shell.screen().hide_cursor());
    shell.send("fg\r");
    shell.wait_until(board, LIMIT).unwrap();
    shell.send("2");
    shell.wait_until(|screen| screen.contents().contains("harbour warning"), LIMIT).unwrap();
    shell.send("\x03");
    let prompt = |screen: &vt100::Screen| screen.contents().trim_end().ends_with("ready>");
    shell.wait_until(|screen| !screen.alternate_screen() && prompt(screen), LIMIT).unwrap();
    assert!(home.is_tidy(), "temporary files are left");
    shell.send("exit\r");
    assert!(shell.wait_exit(LIMIT).is_some());
}

#[test]
fn a_stop_from_outside_gives_the_terminal_back_until_continued() {
    let home = Home::new();
    let pty = start(&home);
    pty.signal("TSTP");
    pty.wait_until(crate::stage::given_back, LIMIT).unwrap();
    pty.wait_stopped();
    assert!(pty.line_is_as_before());
    pty.signal("CONT");
    let board = |screen: &vt100::Screen| taken(screen) && board_row(&screen.contents(), "harbour").is_some();
    pty.wait_until(board, LIMIT).unwrap();
    pty.signal("TERM");
    ends(pty, &home, 0);
}
