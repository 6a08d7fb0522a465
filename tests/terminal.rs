//! The terminal is left as it was found, whatever ends or stops the program; held in a real pseudo terminal.
//!
//! The program under test is this test binary itself, started again with one ignored test: a small event loop over the
//! product's terminal and render modules.
#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail their test")]

#[path = "support/pty.rs"]
mod pty;

use std::iter;
use std::time::Duration;

use fleet_tui::app::input::Input;
use fleet_tui::render::screen::Picture;
use fleet_tui::render::theme::{Flavor, Theme};
use fleet_tui::render::thread::Renderer;
use fleet_tui::terminal::{self, Events, Hints, Options, Output, Signal, Signals, SuspendedBy};
use pty::Pty;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::style::Style;

const LIMIT: Duration = Duration::from_secs(10);

/// Shows what happened, newest first; the word `panic` makes painting panic.
#[derive(Clone)]
struct Log(Vec<String>);

impl Picture for Log {
    fn paint(&self, buffer: &mut Buffer, _: &Theme) {
        assert!(self.0.last().is_none_or(|last| last != "panic"), "the painter panicked");
        let mut lines = iter::once("the program").chain(self.0.iter().rev().map(String::as_str));
        let (x, y, width) = (buffer.area.x, buffer.area.y, buffer.area.width);
        if let Some(line) = lines.nth(usize::from(y)) {
            buffer.set_stringn(x, y, line, usize::from(width), Style::new());
        }
    }

    fn differs(&self, _: &Self, _: u16) -> bool {
        true
    }

    fn cursor(&self) -> Option<Position> {
        None
    }
}

#[test]
#[ignore = "the program that the other tests start"]
fn program() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(run());
    runtime.shutdown_background();
}

async fn run() {
    terminal::install_panic_hook();
    let options = Options::default();
    let mut signals = Signals::install().unwrap();
    terminal::enter(options).unwrap();
    let theme = Theme::new(Flavor::Dark, Hints::from_env().depth());
    let mut renderer = Renderer::start(Output::open().unwrap(), terminal::size, theme).unwrap();
    let mut events = Events::open().unwrap();
    let mut log = Log(Vec::new());
    loop {
        renderer.show(log.clone());
        let suspended = tokio::select! {
            input = events.next() => match input {
                Ok(Input::Key(key)) => match key.to_string().as_str() {
                    "q" => break,
                    "p" => {
                        log.0.push("panic".to_owned());
                        continue;
                    }
                    "t" => {
                        tokio::spawn(async { panic!("a task panicked") });
                        continue;
                    }
                    "Ctrl+Z" => Some(SuspendedBy::Key),
                    name => {
                        log.0.push(name.to_owned());
                        None
                    }
                },
                Ok(input) => {
                    log.0.push(format!("{input:?}"));
                    None
                }
                Err(_) => break,
            },
            signal = signals.next() => match signal {
                Signal::Quit | Signal::Interrupt | Signal::HangUp | Signal::Panicked => break,
                Signal::Suspend => Some(SuspendedBy::Signal),
                Signal::Continued => {
                    log.0.push("continued".to_owned());
                    terminal::enter(options).unwrap();
                    renderer.repaint();
                    None
                }
            },
            _ = renderer.failure() => break,
        };
        if let Some(by) = suspended {
            events.close().await;
            renderer.suspend().await;
            let result = terminal::suspend(options, by).await;
            log.0.push(result.map_or_else(|error| error.to_string(), |()| "back again".to_owned()));
            events.reopen().unwrap();
            renderer.resume().await;
        }
    }
    renderer.quit().await;
    terminal::leave();
}

const ARGS: [&str; 4] = ["--exact", "program", "--ignored", "--nocapture"];

fn start() -> Pty {
    let itself = std::env::current_exe().unwrap();
    let pty = Pty::start(itself.to_str().unwrap(), &ARGS, &[("RUST_BACKTRACE", "0")], 80, 24);
    pty.wait_until(|screen| taken(screen) && screen.contents().contains("the program"), LIMIT).unwrap();
    pty
}

fn taken(screen: &vt100::Screen) -> bool {
    screen.alternate_screen()
        && screen.hide_cursor()
        && screen.bracketed_paste()
        && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::ButtonMotion
}

fn given_back(screen: &vt100::Screen) -> bool {
    !screen.alternate_screen()
        && !screen.hide_cursor()
        && !screen.bracketed_paste()
        && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
}

fn ends_well_after(mut pty: Pty) -> Pty {
    let status = pty.wait_exit(LIMIT).expect("the program is still running");
    assert!(status.success(), "{status:?} {}", pty.screen_text());
    pty.wait_until(given_back, LIMIT).unwrap();
    assert!(pty.line_is_as_before());
    pty
}

#[test]
fn quitting_leaves_the_terminal_as_it_was() {
    let mut pty = start();
    assert!(!pty.line_is_as_before());
    pty.send("q");
    ends_well_after(pty);
}

#[test]
fn signals_that_end_leave_the_terminal_as_it_was() {
    for signal in ["TERM", "INT", "QUIT"] {
        let pty = start();
        pty.signal(signal);
        ends_well_after(pty);
    }
}

#[test]
fn a_panic_in_the_render_thread_gives_the_terminal_back_and_shows_its_message() {
    let mut pty = start();
    pty.send("p");
    let pty = ends_well_after(pty);
    pty.wait_for_text("the painter panicked").unwrap();
}

#[test]
fn a_panic_in_a_task_ends_the_program_with_its_message_on_the_screen() {
    let mut pty = start();
    pty.send("t");
    let pty = ends_well_after(pty);
    pty.wait_for_text("a task panicked").unwrap();
}

#[test]
fn a_terminal_that_goes_away_ends_the_program() {
    let mut pty = start();
    pty.hang_up();
    let status = pty.wait_exit(LIMIT).expect("the program is still running");
    assert_ne!(status.signal(), Some("Killed"), "it had to be killed");
}

#[test]
fn a_stop_from_outside_gives_the_terminal_back_until_continued() {
    let mut pty = start();
    pty.signal("TSTP");
    pty.wait_until(given_back, LIMIT).unwrap();
    pty.wait_stopped();
    assert!(pty.line_is_as_before());
    pty.signal("CONT");
    pty.wait_until(|screen| taken(screen) && screen.contents().contains("back again"), LIMIT).unwrap();
    assert!(!pty.screen_text().contains("continued"), "{}", pty.screen_text());
    pty.send("q");
    ends_well_after(pty);
}

#[test]
fn a_stop_behind_its_back_is_noticed_when_continued() {
    let mut pty = start();
    pty.signal("STOP");
    pty.wait_stopped();
    pty.signal("CONT");
    pty.wait_for_text("continued").unwrap();
    pty.send("q");
    ends_well_after(pty);
}

#[test]
fn ctrl_z_returns_to_the_shell_and_fg_brings_everything_back() {
    let mut shell = Pty::start("bash", &["--norc", "-i"], &[("PS1", "ready> ")], 80, 24);
    shell.wait_for_text("ready>").unwrap();
    let itself = std::env::current_exe().unwrap();
    shell.send(&format!("{} {}\r", itself.display(), ARGS.join(" ")));
    shell.wait_until(|screen| taken(screen) && screen.contents().contains("the program"), LIMIT).unwrap();
    shell.send("\u{1a}");
    shell.wait_until(|screen| !screen.alternate_screen() && screen.contents().contains("Stopped"), LIMIT).unwrap();
    assert!(!shell.screen().hide_cursor());
    shell.send("fg\r");
    shell.wait_until(|screen| taken(screen) && screen.contents().contains("back again"), LIMIT).unwrap();
    shell.send("q");
    let prompt = |screen: &vt100::Screen| screen.contents().trim_end().ends_with("ready>");
    shell.wait_until(|screen| !screen.alternate_screen() && prompt(screen), LIMIT).unwrap();
    shell.send("exit\r");
    assert!(shell.wait_exit(LIMIT).is_some());
}

#[test]
fn ctrl_z_without_a_shell_keeps_running_and_says_so() {
    let mut pty = start();
    pty.send("\u{1a}");
    pty.wait_for_text("no shell to return to").unwrap();
    pty.wait_until(taken, LIMIT).unwrap();
}

#[test]
fn keys_mouse_paste_and_resize_arrive_in_our_words() {
    let mut pty = start();
    pty.send("\u{1b}[<0;5;7M");
    pty.wait_for_text("kind: Down(Left), column: 4, row: 6").unwrap();
    pty.send("\u{1b}[200~a\nb\u{1b}[201~");
    pty.wait_for_text("Paste(\"a\\nb\")").unwrap();
    for (bytes, name) in
        [("\u{1b}[Z", "Shift+Tab"), ("\u{17}", "Ctrl+W"), ("\u{1b}[6;5~", "Ctrl+PgDn"), ("\0", "Ctrl+Space")]
    {
        pty.send(bytes);
        pty.wait_for_text(name).unwrap();
    }
    pty.resize(60, 16);
    pty.wait_for_text("Resize(60, 16)").unwrap();
}

#[test]
fn every_frame_is_synchronized_and_the_terminal_is_never_asked_anything() {
    let mut pty = start();
    pty.send("x");
    pty.wait_for_text("x").unwrap();
    pty.send("q");
    let pty = ends_well_after(pty);
    let bytes = String::from_utf8(pty.raw_bytes()).unwrap();
    assert!(bytes.contains("\u{1b}[?2026h") && !bytes.contains("\u{1b}[6n"), "{bytes:?}");
}
