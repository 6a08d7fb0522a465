//! Health as a person sees it change, and a screen that never waits for what is stuck.

use std::time::Duration;

use tokio::time::Instant;

use crate::stage::{Home, LIMIT, board_row, frames, in_front, quit, tab_sign, wait, wait_at_most, wait_for_board};

#[test]
fn a_cluster_goes_unhealthy_and_comes_back_within_the_first_minute() {
    let home = Home::new();
    let began = Instant::now();
    let pty = home.start_scenario("flap.toml", 120, 24);
    let says = |screen: &str, sign: &str, words: &str| {
        let row = board_row(screen, "flapper").unwrap_or_default();
        row.starts_with(sign) && row.contains(words) && tab_sign(screen, "flapper") == sign.chars().next()
    };
    wait(&pty, "healthy at first", |screen| says(screen, "●", "healthy"));
    wait(&pty, "degraded at the first miss", |screen| says(screen, "◐", "connection refused"));
    let minute = Duration::from_secs(60);
    wait_at_most(&pty, minute, "unhealthy, with its last values", |screen| {
        says(screen, "✕", "unreachable: connection refused") && says(screen, "✕", "(2/2)")
    });
    wait(&pty, "a toast about it", |screen| screen.contains("✕ flapper is unhealthy: unreachable"));
    wait_at_most(&pty, minute, "healthy again", |screen| says(screen, "●", "healthy") && says(screen, "●", "2/2"));
    wait(&pty, "a toast about it", |screen| screen.contains("● flapper is healthy again"));
    assert!(began.elapsed() < minute, "it took {:?}", began.elapsed());
    assert!(board_row(&pty.screen_text(), "steady").unwrap().starts_with('●'), "{}", pty.screen_text());
    quit(pty, &home);
}

#[test]
fn keys_are_answered_while_one_cluster_stalls_in_the_middle_of_a_list() {
    let home = Home::new();
    let mut pty = home.start_scenario("stuck.toml", 120, 30);
    wait_for_board(&pty, &["calm", "stalled", "freezing", "slow"]);
    let slowest = |pty: &mut crate::pty::Pty| {
        let mut slowest = Duration::ZERO;
        for (key, cluster) in [("2", "stalled"), ("1", "calm"), ("4", "slow"), ("\t", "calm"), ("2", "stalled")] {
            let pressed = Instant::now();
            pty.send(key);
            wait(pty, cluster, |screen| in_front(screen) == Some(cluster));
            slowest = slowest.max(pressed.elapsed());
        }
        slowest
    };
    let took = slowest(&mut pty);
    wait(&pty, "what is waited for", |screen| in_front(screen) == Some("stalled") && screen.contains("loading"));
    // A frame is 33 ms; the rest is for a busy machine that runs other tests beside this.
    assert!(took < Duration::from_secs(2), "a key took {took:?}");
    pty.send("1");
    wait(&pty, "pods of a well cluster", |screen| screen.contains("acre ") && screen.contains("Running"));
    quit(pty, &home);
}

#[test]
fn a_frozen_server_is_on_the_screen_within_ten_seconds_when_in_front() {
    let home = Home::new();
    let began = Instant::now();
    let mut pty = home.start_scenario("stuck.toml", 160, 30);
    wait_for_board(&pty, &["freezing"]);
    pty.send("3");
    wait(&pty, "live before it freezes", |screen| {
        in_front(screen) == Some("freezing") && screen.contains("freezing healthy") && screen.contains("Running")
    });
    wait(&pty, "frozen, in words", |screen| {
        screen.contains("freezing  degraded · no answer from 127.0.0.1:") && screen.contains("within 5s")
    });
    // It freezes 4 s after the servers began, which is after the program did.
    let took = began.elapsed().saturating_sub(Duration::from_secs(4));
    assert!(took < Duration::from_secs(11), "it took {took:?}");
    // The fourth miss comes after the transport was rebuilt: new connections are no answer.
    wait_at_most(&pty, 2 * LIMIT, "unhealthy, and staying so, with its rows kept", |screen| {
        screen.contains("freezing  unhealthy · unreachable: no answer from")
            && "▁▂▃▄▅▆▇█".chars().any(|bar| screen.contains(&format!("{bar}✕✕✕✕")))
            && screen.contains("Running")
    });
    assert!(!frames(&pty).iter().any(|frame| frame.contains("dispatch")), "an internal error was shown");
    quit(pty, &home);
}
