//! A ratatui backend that stays silent when nothing changed and shows each frame in one piece.
//!
//! Owns the frame's bytes until they are complete: they leave in one write, wrapped in synchronized-update marks; a
//! frame without changes leaves nothing. Must not know what is drawn, threads or the state of the terminal.

use std::fmt;
use std::io::{self, Write};

use base64::Engine as _;
use crossterm::Command;
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

/// Bytes kept ready for one frame; a full screen of 200 by 60 needs about a tenth.
const FRAME_BYTES: usize = 64 * 1024;
/// A frame that needed more gives the memory back.
const KEPT_BYTES: usize = 1024 * 1024;

/// Collects one frame's bytes and lets them out only when told.
struct Pending<W> {
    bytes: Vec<u8>,
    out: W,
    written: u64,
}

impl<W: Write> Pending<W> {
    fn new(out: W) -> Self {
        Self { bytes: Vec::with_capacity(FRAME_BYTES), out, written: 0 }
    }

    fn commit(&mut self) -> io::Result<()> {
        if self.bytes.is_empty() {
            return Ok(());
        }
        ansi(&EndSynchronizedUpdate, &mut self.bytes)?;
        let sent = self.out.write_all(&self.bytes).and_then(|()| self.out.flush());
        self.written += self.bytes.len() as u64;
        self.bytes.clear();
        self.bytes.shrink_to(KEPT_BYTES);
        sent
    }
}

impl<W: Write> Write for Pending<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.is_empty() && !bytes.is_empty() {
            ansi(&BeginSynchronizedUpdate, &mut self.bytes)?;
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        // ratatui flushes in the middle of a frame; only `commit` ends one.
        Ok(())
    }
}

fn ansi(command: &impl Command, bytes: &mut Vec<u8>) -> io::Result<()> {
    let mut text = String::new();
    command.write_ansi(&mut text).map_err(|fmt::Error| io::Error::other("escape sequence could not be written"))?;
    bytes.extend_from_slice(text.as_bytes());
    Ok(())
}

/// Where the terminal's cursor is known to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cursor {
    Unknown,
    Hidden,
    Shown(Option<Position>),
}

/// Tells the current size of the screen.
pub type SizeSource = fn() -> io::Result<Size>;

/// A backend over any writer; `size` is asked before every frame.
pub struct Surface<W: Write> {
    pending: Pending<W>,
    size: SizeSource,
    cursor: Cursor,
}

impl<W: Write> Surface<W> {
    /// Builds a surface that writes to `out` and takes its size from `size`.
    pub fn new(out: W, size: SizeSource) -> Self {
        Self { pending: Pending::new(out), size, cursor: Cursor::Unknown }
    }

    /// Bytes sent since the start.
    pub fn written(&self) -> u64 {
        self.pending.written
    }

    /// crossterm's backend keeps nothing between calls, so that each call may have its own.
    fn crossterm(&mut self) -> CrosstermBackend<&mut Pending<W>> {
        CrosstermBackend::new(&mut self.pending)
    }

    /// Asks the terminal to put a text into its clipboard (OSC 52). What it does with that is its own affair.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        let encoded = base64::engine::general_purpose::STANDARD.encode(text);
        write!(self.pending, "\x1b]52;c;{encoded}\x1b\\")?;
        self.pending.commit()
    }

    /// Forgets what is known of the cursor, after somebody else used the terminal.
    pub fn forget_cursor(&mut self) {
        self.cursor = Cursor::Unknown;
    }
}

impl<W: Write> Backend for Surface<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        if let Cursor::Shown(at) = &mut self.cursor {
            *at = None;
        }
        self.crossterm().draw(content)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if self.cursor == Cursor::Hidden {
            return Ok(());
        }
        self.cursor = Cursor::Hidden;
        self.crossterm().hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if matches!(self.cursor, Cursor::Shown(_)) {
            return Ok(());
        }
        self.cursor = Cursor::Shown(None);
        self.crossterm().show_cursor()
    }

    /// Answers from memory: asking the terminal would race with the reader of the keys.
    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(match self.cursor {
            Cursor::Shown(Some(at)) => at,
            _ => Position::ORIGIN,
        })
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let position = position.into();
        match &mut self.cursor {
            Cursor::Shown(Some(at)) if *at == position => return Ok(()),
            Cursor::Shown(at) => *at = Some(position),
            Cursor::Hidden | Cursor::Unknown => {}
        }
        self.crossterm().set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.crossterm().clear()
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.crossterm().clear_region(region)
    }

    fn size(&self) -> io::Result<Size> {
        (self.size)()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size()?, pixels: Size::default() })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pending.commit()
    }
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::layout::Rect;
    use ratatui::widgets::Paragraph;

    use super::*;

    fn terminal() -> Terminal<Surface<Vec<u8>>> {
        Terminal::new(Surface::new(Vec::new(), || Ok(Size::new(20, 3)))).unwrap()
    }

    fn draw(terminal: &mut Terminal<Surface<Vec<u8>>>, text: &str, cursor: Option<(u16, u16)>) -> String {
        terminal
            .draw(|frame| {
                frame.render_widget(Paragraph::new(text), frame.area());
                if let Some(at) = cursor {
                    frame.set_cursor_position(at);
                }
            })
            .unwrap();
        let out = &mut terminal.backend_mut().pending.out;
        String::from_utf8(std::mem::take(out)).unwrap()
    }

    #[test]
    fn a_frame_leaves_in_one_synchronized_piece() {
        let mut terminal = terminal();
        let bytes = draw(&mut terminal, "hello", None);
        assert!(bytes.starts_with("\u{1b}[?2026h") && bytes.ends_with("\u{1b}[?2026l"), "{bytes:?}");
        assert_eq!(bytes.matches("\u{1b}[?2026").count(), 2);
        assert!(bytes.contains("hello"));
        assert_eq!(terminal.backend().written(), bytes.len() as u64);
    }

    #[test]
    fn an_unchanged_frame_writes_nothing_with_and_without_a_cursor() {
        let mut terminal = terminal();
        draw(&mut terminal, "hello", None);
        assert_eq!(draw(&mut terminal, "hello", None), "");
        let shown = draw(&mut terminal, "hello", Some((2, 0)));
        assert!(shown.contains("\u{1b}[?25h") && shown.contains("\u{1b}[1;3H"), "{shown:?}");
        assert_eq!(draw(&mut terminal, "hello", Some((2, 0))), "");
        assert!(draw(&mut terminal, "hello", Some((3, 0))).contains("\u{1b}[1;4H"));
    }

    #[test]
    fn the_cursor_returns_to_its_place_after_something_else_was_drawn() {
        let mut terminal = terminal();
        draw(&mut terminal, "hello", Some((2, 0)));
        let changed = draw(&mut terminal, "hallo", Some((2, 0)));
        assert!(changed.trim_end_matches("\u{1b}[?2026l").ends_with("\u{1b}[1;3H"), "{changed:?}");
    }

    #[test]
    fn a_forced_repaint_clears_and_draws_in_one_piece_and_asks_the_terminal_nothing() {
        let mut terminal = terminal();
        draw(&mut terminal, "hello", None);
        terminal.backend_mut().forget_cursor();
        terminal.resize(Rect::new(0, 0, 20, 3)).unwrap();
        let bytes = draw(&mut terminal, "hello", None);
        assert!(bytes.contains("\u{1b}[2J") && bytes.contains("hello") && bytes.contains("\u{1b}[?25l"), "{bytes:?}");
        assert!(bytes.starts_with("\u{1b}[?2026h") && bytes.matches("\u{1b}[?2026").count() == 2);
        assert!(!bytes.contains("\u{1b}[6n"));
    }
}
