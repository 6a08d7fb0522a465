//! Every size a terminal can take, one after the other in the same run: the picture fits, nothing of the last one stays.

use crate::stage::{Home, board_row, in_front, quit, wait, wait_for_board};

/// Whether the screen is a picture of this size and nothing else: each region in its place, rules from edge to edge.
fn fits(screen: &vt100::Screen, board: bool) -> bool {
    let (rows, columns) = screen.size();
    let lines: Vec<String> = screen.rows(0, columns).collect();
    let rule = |line: &String| line.chars().count() == usize::from(columns) && line.chars().all(|c| "─┬┴".contains(c));
    let rules: Vec<usize> = (0..lines.len()).filter(|index| rule(&lines[*index])).collect();
    let (top, bottom) = (if board { 2 } else { 3 }, usize::from(rows) - 3);
    let clock = lines[0].trim_end().chars().rev().take(5).all(|c| c.is_ascii_digit() || c == ':');
    let hints = lines[usize::from(rows) - 1].starts_with(if board { " Enter go" } else { " Tab next" });
    let heading = lines[top + 1].contains(if board { "CLUSTER" } else { "PODS" });
    let once = |text: &str| lines.iter().filter(|line| line.contains(text)).count() == 1;
    lines[0].starts_with(" FLEET ")
        && lines[0].trim_end().chars().count() == usize::from(columns) - 1
        && clock
        && rules == [top, bottom]
        && heading
        && hints
        && once(" FLEET ")
}

#[test]
fn the_board_and_a_cluster_fit_every_size_and_keep_nothing_of_the_last() {
    let home = Home::new();
    let mut pty = home.start_scenario("pair.toml", 100, 30);
    wait_for_board(&pty, &["orchard", "harbour"]);
    let wait_until = |pty: &crate::pty::Pty, board: bool| {
        if let Err(screen) = pty.wait_until(|screen| fits(screen, board), crate::stage::LIMIT) {
            panic!("not a whole picture of {:?}:\n{screen}", pty.screen().size());
        }
    };
    for (columns, rows) in [(60, 16), (80, 24), (200, 60), (61, 40), (120, 16), (100, 30)] {
        pty.resize(columns, rows);
        wait_until(&pty, true);
        assert!(board_row(&pty.screen_text(), "harbour").is_some(), "{}", pty.screen_text());
        pty.send("2");
        wait(&pty, "harbour", |screen| in_front(screen) == Some("harbour") && screen.contains("Running"));
        wait_until(&pty, false);
        pty.send("`");
        wait_until(&pty, true);
    }
    quit(pty, &home);
}

#[test]
fn below_the_smallest_size_it_says_so_and_recovers() {
    let home = Home::new();
    let pty = home.start_scenario("pair.toml", 80, 24);
    wait_for_board(&pty, &["orchard", "harbour"]);
    for (columns, rows) in [(59, 15), (60, 15), (59, 16), (30, 5)] {
        pty.resize(columns, rows);
        let said = format!("fleet-tui needs 60x16\nthis is {columns}x{rows}");
        wait(&pty, &said, |screen| screen.trim_end() == said);
        pty.resize(60, 16);
        if let Err(screen) = pty.wait_until(|screen| fits(screen, true), crate::stage::LIMIT) {
            panic!("not a whole picture:\n{screen}");
        }
    }
    quit(pty, &home);
}
