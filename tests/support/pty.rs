//! A program in a real pseudo terminal: its screen, its bytes, its keys and signals.
//!
//! Owns the harness. Waiting is by condition, never by time alone: the reader wakes the waiter with every byte. Must not
//! know anything about the program under test.

#![allow(dead_code, reason = "each test file uses another part of it")]
#![expect(clippy::unwrap_used, reason = "a harness that cannot go on fails its test")]

use std::io::{Read, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

/// What a program in a pseudo terminal has shown so far.
struct Seen {
    parser: vt100::Parser,
    raw: Vec<u8>,
    /// The program and everything it started have closed the terminal.
    ended: bool,
    /// The reader is asked to let go of the terminal.
    let_go: bool,
}

#[derive(Clone)]
struct Shared(Arc<(Mutex<Seen>, Condvar)>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.0.0.lock().unwrap()
    }
}

/// A running program with its terminal. Dropping it kills the program and hangs up.
pub struct Pty {
    master: Option<Box<dyn MasterPty + Send>>,
    writer: Option<Box<dyn Write + Send>>,
    child: Box<dyn Child + Send + Sync>,
    seen: Shared,
    modes_before: String,
}

impl Pty {
    /// Starts a program in a terminal of `columns` by `rows` cells, with `TERM`, a UTF-8 locale and `env` on top of the
    /// inherited environment.
    pub fn start(program: &str, args: &[&str], env: &[(&str, &str)], columns: u16, rows: u16) -> Self {
        let pair = native_pty_system().openpty(pty_size(columns, rows)).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.cwd(std::env::current_dir().unwrap());
        for name in ["NO_COLOR", "COLORTERM", "LC_ALL", "LC_CTYPE", "TERM_PROGRAM"] {
            command.env_remove(name);
        }
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        for (name, value) in env {
            command.env(name, value);
        }
        let modes_before = modes(pair.master.as_ref());
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let parser = vt100::Parser::new(rows, columns, 0);
        let seen = Shared(Arc::new((
            Mutex::new(Seen { parser, raw: Vec::new(), ended: false, let_go: false }),
            Condvar::new(),
        )));
        let filled = seen.clone();
        thread::spawn(move || read_all(reader, &filled));
        Self { master: Some(pair.master), writer: Some(writer), child, seen, modes_before }
    }

    /// Waits until `ready` holds for the text on the screen; fails with the screen as it was at the end.
    pub fn wait_for(&self, ready: impl Fn(&str) -> bool, limit: Duration) -> Result<(), String> {
        self.wait_until(|screen| ready(&screen.contents()), limit)
    }

    /// Waits until `text` is on the screen, for at most ten seconds.
    pub fn wait_for_text(&self, text: &str) -> Result<(), String> {
        let found = self.wait_for(|screen| screen.contains(text), Duration::from_secs(10));
        found.map_err(|screen| format!("no {text:?} on\n{screen}"))
    }

    /// Waits until `ready` holds for the screen with its modes, colours and cursor.
    pub fn wait_until(&self, ready: impl Fn(&vt100::Screen) -> bool, limit: Duration) -> Result<(), String> {
        let waiting = |seen: &mut Seen| !ready(seen.parser.screen()) && !seen.ended;
        let (seen, _) = self.seen.0.1.wait_timeout_while(self.seen.lock(), limit, waiting).unwrap();
        if ready(seen.parser.screen()) { Ok(()) } else { Err(seen.parser.screen().contents()) }
    }

    /// Types: text, control characters, escape sequences.
    pub fn send(&mut self, keys: &str) {
        let writer = self.writer.as_mut().unwrap();
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    /// Changes the size of the terminal; the program gets SIGWINCH.
    pub fn resize(&self, columns: u16, rows: u16) {
        self.seen.lock().parser.screen_mut().set_size(rows, columns);
        self.master.as_ref().unwrap().resize(pty_size(columns, rows)).unwrap();
    }

    /// The text on the screen, row by row, without trailing spaces.
    pub fn screen_text(&self) -> String {
        self.seen.lock().parser.screen().contents()
    }

    /// The screen with its modes, colours and cursor, as of now.
    pub fn screen(&self) -> vt100::Screen {
        self.seen.lock().parser.screen().clone()
    }

    /// The screen as text with escape sequences for its colours.
    pub fn colored_text(&self) -> String {
        String::from_utf8_lossy(&self.seen.lock().parser.screen().contents_formatted()).into_owned()
    }

    /// Every byte the program has written.
    pub fn raw_bytes(&self) -> Vec<u8> {
        self.seen.lock().raw.clone()
    }

    /// Whether the terminal's line is as it was before the program started: raw mode, echo, control characters.
    pub fn line_is_as_before(&self) -> bool {
        modes(self.master.as_ref().unwrap().as_ref()) == self.modes_before
    }

    /// The process id of the program.
    pub fn process_id(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Sends a signal to the program, for example `TERM`.
    #[cfg(unix)]
    pub fn signal(&self, name: &str) {
        signal_process(self.process_id(), name);
    }

    /// Waits until the program is stopped, as `ps` sees it; the test runner's own limit bounds this.
    #[cfg(unix)]
    pub fn wait_stopped(&self) {
        let state = || {
            let args = ["-o", "stat=", "-p", &self.process_id().to_string()];
            std::process::Command::new("ps").args(args).output().unwrap().stdout
        };
        while !state().starts_with(b"T") {
            thread::yield_now();
        }
    }

    /// Takes the terminal away, as closing its window does: the program gets SIGHUP and every access fails. The program
    /// has to draw when its terminal is resized, because only that wakes the reader, which holds the terminal as well.
    pub fn hang_up(&mut self) {
        let (rows, columns) = self.screen().size();
        self.seen.lock().let_go = true;
        self.resize(columns - 1, rows);
        let limit = Duration::from_secs(10);
        let (seen, late) = self.seen.0.1.wait_timeout_while(self.seen.lock(), limit, |seen| !seen.ended).unwrap();
        assert!(!late.timed_out(), "the program does not draw when resized");
        drop(seen);
        self.writer = None;
        self.master = None;
    }

    /// Waits for the program to end; None when it is still there after `limit`.
    pub fn wait_exit(&mut self, limit: Duration) -> Option<ExitStatus> {
        let process = self.process_id();
        let (ended, news) = std::sync::mpsc::channel::<()>();
        // The limit is kept by a thread that ends what does not end by itself.
        let guard = thread::spawn(move || {
            let late = news.recv_timeout(limit).is_err_and(|why| why == std::sync::mpsc::RecvTimeoutError::Timeout);
            if late {
                kill_now(process);
            }
            late
        });
        let status = self.child.wait().unwrap();
        drop(ended);
        // Its last words may still be on their way to the screen.
        drop(self.seen.0.1.wait_timeout_while(self.seen.lock(), limit, |seen| !seen.ended));
        (!guard.join().unwrap()).then_some(status)
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // The status of one that has ended is kept: only one that still runs may be killed by its number.
        if matches!(self.child.try_wait(), Ok(None)) {
            kill_now(self.process_id());
            let _ = self.child.wait();
        }
    }
}

/// Sends a signal to a process that a test started, for example `STOP`.
#[cfg(unix)]
pub fn signal_process(process: u32, name: &str) {
    let status = std::process::Command::new("kill").args([format!("-{name}"), process.to_string()]).status().unwrap();
    assert!(status.success(), "kill -{name} {process}");
}

#[cfg(unix)]
fn kill_now(process: u32) {
    // Not `Child::kill`, which only hangs up and trusts the program to end.
    let _ = std::process::Command::new("kill").args(["-KILL", &process.to_string()]).status();
}

#[cfg(unix)]
fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().unwrap())
}

#[cfg(not(unix))]
fn modes(_: &dyn MasterPty) -> String {
    String::new()
}

fn pty_size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn read_all(mut reader: Box<dyn Read + Send>, seen: &Shared) {
    let mut bytes = [0; 16 * 1024];
    loop {
        // An error is how a pseudo terminal says that nobody is on the other side any more.
        let read = reader.read(&mut bytes).unwrap_or(0);
        let mut now = seen.lock();
        now.parser.process(&bytes[..read]);
        now.raw.extend_from_slice(&bytes[..read]);
        if read == 0 || now.let_go {
            drop(reader);
            now.ended = true;
            seen.0.1.notify_all();
            return;
        }
        seen.0.1.notify_all();
    }
}
