//! Entering and leaving the screen, and the one way bytes get there in between.
//!
//! Owns the escape sequences, raw mode and the gate: after leaving, whatever the render thread still sends is dropped
//! instead of spoiling the shell's screen. Leaving is idempotent, cannot fail and does not wait for a stuck terminal
//! longer than a moment. Must not know what is drawn.

use std::fmt;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, TryLockError};
use std::thread;
use std::time::Duration;

use crossterm::cursor::{Hide, SetCursorStyle, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste, EnableFocusChange,
};
use crossterm::style::{ResetColor, force_color_output};
use crossterm::terminal::{
    DisableLineWrap, EnableLineWrap, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, SetTitle,
    disable_raw_mode, enable_raw_mode,
};
use ratatui::layout::Size;

use super::NoTerminal;

/// The screen is ours.
static ENTERED: AtomicBool = AtomicBool::new(false);
/// Held while bytes go to the screen, so that leaving never lands in the middle of a frame.
static GATE: Mutex<()> = Mutex::new(());
/// Tries, a millisecond apart, to get the gate before leaving without it.
const GATE_TRIES: u32 = 50;

/// What to take over besides the screen and the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Clicks, wheel and drags come to us; selecting text then needs Shift in most terminals.
    pub mouse: bool,
    /// The terminal tells when its window gains and loses the focus.
    pub focus: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { mouse: true, focus: false }
    }
}

/// Takes the terminal over: raw mode, alternate screen, hidden cursor, bracketed paste. Entering twice is harmless and
/// sets everything again. When it fails the terminal is as it was.
pub fn enter(options: Options) -> io::Result<()> {
    super::check().map_err(|refusal: NoTerminal| io::Error::new(io::ErrorKind::Unsupported, refusal))?;
    // NO_COLOR is the theme's business: crossterm's own handling also drops bold and reverse.
    force_color_output(true);
    ENTERED.store(true, Ordering::SeqCst);
    let entered = take_over(options);
    if entered.is_err() {
        leave();
    }
    entered
}

fn take_over(options: Options) -> io::Result<()> {
    // crossterm remembers "raw already" even if a shell changed the modes while we were stopped.
    disable_raw_mode()?;
    enable_raw_mode()?;
    let mut sequence = Sequence::default();
    sequence.add(EnterAlternateScreen)?;
    sequence.add(Hide)?;
    sequence.add(DisableLineWrap)?;
    sequence.add(EnableBracketedPaste)?;
    if options.mouse {
        #[cfg(unix)]
        sequence.0.push_str(MOUSE_ON);
        #[cfg(not(unix))]
        crossterm::execute!(io::stdout(), crossterm::event::EnableMouseCapture)?;
    }
    if options.focus {
        sequence.add(EnableFocusChange)?;
    }
    Raw::open()?.write(sequence.0.as_bytes())
}

/// Clicks, wheel and drags. Not crossterm's own command: that one also asks for every move of the mouse, which nobody
/// here looks at.
#[cfg(unix)]
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1002h\x1b[?1006h";

/// Gives the terminal back as it was. Does nothing when it is not ours.
pub fn leave() {
    if !ENTERED.swap(false, Ordering::SeqCst) {
        return;
    }
    // Bounded: the gate's holder may be this very thread, panicking, or stuck in a terminal that takes no bytes.
    let mut gate = None;
    for _ in 0..GATE_TRIES {
        match GATE.try_lock() {
            Ok(held) => gate = Some(held),
            Err(TryLockError::Poisoned(held)) => gate = Some(held.into_inner()),
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(1)),
        }
        if gate.is_some() {
            break;
        }
    }
    // Nothing below can be helped if it fails: the terminal is gone then.
    drop(farewell().and_then(|bytes| Raw::open()?.write(bytes.as_bytes())));
    #[cfg(not(unix))]
    drop(crossterm::execute!(io::stdout(), DisableMouseCapture));
    drop(disable_raw_mode());
    drop(gate);
}

fn farewell() -> io::Result<String> {
    let mut sequence = Sequence::default();
    sequence.add(EndSynchronizedUpdate)?;
    sequence.add(DisableMouseCapture)?;
    sequence.add(DisableFocusChange)?;
    sequence.add(DisableBracketedPaste)?;
    sequence.add(ResetColor)?;
    sequence.add(EnableLineWrap)?;
    sequence.add(SetCursorStyle::DefaultUserShape)?;
    sequence.add(LeaveAlternateScreen)?;
    sequence.add(Show)?;
    Ok(sequence.0)
}

/// Names the terminal's window; control characters are left out.
pub fn set_title(title: &str) -> io::Result<()> {
    let clean: String = title.chars().filter(|typed| !typed.is_control()).collect();
    let mut sequence = Sequence::default();
    sequence.add(SetTitle(clean))?;
    Output::open()?.write_all(sequence.0.as_bytes())
}

/// The size of the screen in cells.
pub fn size() -> io::Result<Size> {
    let (width, height) = crossterm::terminal::size()?;
    Ok(Size::new(width, height))
}

/// The screen as a writer: each write goes out whole, and goes nowhere while the screen is not ours.
#[derive(Debug)]
pub struct Output(Raw);

impl Output {
    /// Opens the process's standard output, without std's lock and line buffer.
    pub fn open() -> io::Result<Self> {
        Raw::open().map(Self)
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _gate = GATE.lock().unwrap_or_else(PoisonError::into_inner);
        if ENTERED.load(Ordering::SeqCst) {
            self.0.write(bytes)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Escape sequences put together, to be written in one piece.
#[derive(Default)]
struct Sequence(String);

impl Sequence {
    fn add(&mut self, command: impl crossterm::Command) -> io::Result<()> {
        command.write_ansi(&mut self.0).map_err(|fmt::Error| io::Error::other("escape sequence could not be written"))
    }
}

/// Standard output without std's lock: a thread that is stuck in a write must not keep `leave` from writing.
#[cfg(unix)]
#[derive(Debug)]
struct Raw(std::fs::File);

#[cfg(unix)]
impl Raw {
    fn open() -> io::Result<Self> {
        use std::os::fd::AsFd;
        Ok(Self(io::stdout().as_fd().try_clone_to_owned()?.into()))
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }
}

/// Windows translates to UTF-16 inside std, so std's own handle it is.
#[cfg(not(unix))]
#[derive(Debug)]
struct Raw(io::Stdout);

#[cfg(not(unix))]
impl Raw {
    fn open() -> io::Result<Self> {
        Ok(Self(io::stdout()))
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)?;
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaving_undoes_everything_that_entering_may_have_set() {
        let bytes = farewell().unwrap();
        for undone in [
            "\x1b[?2026l",
            "\x1b[?1000l",
            "\x1b[?1002l",
            "\x1b[?1006l",
            "\x1b[?1004l",
            "\x1b[?2004l",
            "\x1b[0m",
            "\x1b[?7h",
            "\x1b[?1049l",
            "\x1b[?25h",
        ] {
            assert!(bytes.contains(undone), "{undone:?} missing in {bytes:?}");
        }
    }

    #[test]
    fn leaving_what_was_never_entered_does_nothing_any_number_of_times() {
        leave();
        leave();
        assert!(!ENTERED.load(Ordering::SeqCst));
    }

    #[test]
    fn output_goes_nowhere_while_the_screen_is_not_ours() {
        // Would show up in the test's own output otherwise.
        let mut output = Output::open().unwrap();
        assert_eq!(output.write(b"\x1b[31mnot to be seen").unwrap(), 19);
    }
}
