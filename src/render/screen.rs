//! What the terminal shows, row by row: a frame paints and compares the rows whose picture changed, and no others.
//!
//! ratatui's own `Terminal` paints and compares every cell of every frame. A key changes a few rows of sixty, a second a
//! few ages: what leaves a row alone is told from the picture, before a cell of it is touched. Cells, their comparison
//! and their bytes are ratatui's. Must not know what a picture shows, threads or the state of the terminal.

use std::io::{self, Write};
use std::mem;

use ratatui::backend::Backend;
use ratatui::buffer::{Buffer, CellDiffOption};
use ratatui::layout::{Position, Rect, Size};

use super::paint::is_wide;
use super::surface::{SizeSource, Surface};
use super::theme::Theme;

/// Something that can be painted: immutable, complete, and made for one frame.
pub trait Picture: Send + 'static {
    /// Paints the rows that the buffer has, which is blank. The screen may be larger or smaller than what the picture was
    /// made for.
    fn paint(&self, buffer: &mut Buffer, theme: &Theme);

    /// Whether this row may look other than in the picture `before`. False leaves on the screen what is there.
    fn differs(&self, before: &Self, row: u16) -> bool;

    /// Where the text cursor stands, if it shows.
    fn cursor(&self) -> Option<Position>;
}

/// One row: the cells that the terminal shows, and room for those to come.
struct Row {
    shown: Buffer,
    next: Buffer,
    painted: bool,
}

impl Row {
    fn blank(y: u16, width: u16) -> Self {
        let area = Rect::new(0, y, width, 1);
        Self { shown: Buffer::empty(area), next: Buffer::empty(area), painted: false }
    }

    /// Has the right half of a wide sign written again where the sign makes way: what a terminal leaves there, when its
    /// left half is written over, is its own affair.
    fn uncover(&mut self) {
        let (shown, next) = (&self.shown.content, &mut self.next.content);
        for (left, sign) in shown.iter().enumerate() {
            if is_wide(sign)
                && !next.get(left).is_some_and(is_wide)
                && let Some(right) = next.get_mut(left + 1)
            {
                right.set_diff_option(CellDiffOption::AlwaysUpdate);
            }
        }
    }
}

/// The screen of a terminal that writes to `W`.
pub struct Screen<W: Write> {
    surface: Surface<W>,
    size: Size,
    rows: Vec<Row>,
    /// Nothing is known of what the terminal shows.
    forgotten: bool,
}

impl<W: Write> Screen<W> {
    /// A blank screen. `out` gets each frame in one write; `size` is asked now and before every frame.
    ///
    /// # Errors
    ///
    /// What `size` says.
    pub fn new(out: W, size: SizeSource) -> io::Result<Self> {
        let mut screen =
            Self { surface: Surface::new(out, size), size: Size::default(), rows: Vec::new(), forgotten: false };
        screen.size = screen.surface.size()?;
        screen.blank();
        Ok(screen)
    }

    /// Bytes sent since the start.
    pub fn written(&self) -> u64 {
        self.surface.written()
    }

    /// Has the next frame clear the screen and paint all of it, whatever the terminal shows now.
    pub fn forget(&mut self) {
        self.forgotten = true;
    }

    /// Asks the terminal to put a text into its clipboard.
    ///
    /// # Errors
    ///
    /// What writing says.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        self.surface.copy(text)
    }

    /// Shows a picture. `before` is the one shown last, if it was painted with the same theme: rows in which they do not
    /// differ stay as they are.
    ///
    /// # Errors
    ///
    /// What asking the size or writing says; what the terminal shows is unknown then.
    pub fn draw<F: Picture>(&mut self, picture: &F, before: Option<&F>, theme: &Theme) -> io::Result<()> {
        let before = if self.fit()? { before } else { None };
        for row in &mut self.rows {
            let y = row.next.area.y;
            row.painted = before.is_none_or(|before| picture.differs(before, y));
            if row.painted {
                row.next.reset();
                picture.paint(&mut row.next, theme);
                row.uncover();
            }
        }
        let painted = self.rows.iter().filter(|row| row.painted);
        self.surface.draw(painted.flat_map(|row| row.shown.diff_iter(&row.next)))?;
        for row in self.rows.iter_mut().filter(|row| row.painted) {
            mem::swap(&mut row.shown, &mut row.next);
        }
        match picture.cursor() {
            Some(at) => {
                self.surface.show_cursor()?;
                self.surface.set_cursor_position(at)?;
            }
            None => self.surface.hide_cursor()?,
        }
        self.surface.flush()
    }

    /// Takes up the terminal's size; false when the screen was cleared, for another size or because it was forgotten.
    fn fit(&mut self) -> io::Result<bool> {
        let size = self.surface.size()?;
        if size == self.size && !self.forgotten {
            return Ok(true);
        }
        if self.forgotten {
            self.surface.forget_cursor();
        }
        (self.size, self.forgotten) = (size, false);
        self.surface.clear()?;
        self.blank();
        Ok(false)
    }

    fn blank(&mut self) {
        self.rows = (0..self.size.height).map(|y| Row::blank(y, self.size.width)).collect();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell as Of;
    use std::sync::{Arc, Mutex, PoisonError};

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::render::theme::Flavor;
    use crate::terminal::color::ColorDepth;
    use crate::view::canvas::{Canvas, Ground, ViewModel};
    use crate::view::glyphs::Glyphs;
    use crate::view::text::Span;
    use crate::view::tone::Tone;

    thread_local! {
        static SIZE: Of<(u16, u16)> = const { Of::new((16, 5)) };
    }

    /// Has the signature that a screen wants.
    #[expect(clippy::unnecessary_wraps, reason = "asking a real terminal may fail")]
    fn size() -> io::Result<Size> {
        Ok(SIZE.get().into())
    }

    /// Keeps what was written.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Kept {
        fn take(&self) -> Vec<u8> {
            mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
        }
    }

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn theme(flavor: Flavor) -> Theme {
        Theme::new(flavor, ColorDepth::TrueColor)
    }

    /// Texts at places of a screen of 16 by 5: row, column, text, tone and ground by number.
    type Texts = Vec<(u16, u16, &'static str, usize, usize)>;

    fn picture(texts: &Texts, cursor: Option<(u16, u16)>) -> Arc<ViewModel> {
        let mut canvas = Canvas::new((16, 5), &Glyphs::UNICODE);
        for &(y, x, text, tone, ground) in texts {
            let tone = [Tone::Text, Tone::Unhealthy, Tone::Selected, Tone::Match][tone];
            let ground = [Ground::Bare, Ground::Selected, Ground::Cleared][ground];
            canvas.on(Rect::new(x, y, 16 - x, 1), vec![Span::new(text, tone)], ground);
        }
        if let Some((x, y)) = cursor {
            canvas.cursor(x, y);
        }
        Arc::new(canvas.finish())
    }

    // Emoji put together of several are left out: the terminal of this test gives each of their parts its cells.
    fn texts() -> impl Strategy<Value = Texts> {
        let text = prop::sample::select(vec![
            "pod-1",
            "pod-2",
            "日本語",
            "é",
            "🚀x",
            "한국",
            "  ",
            "a long text beyond the edge",
            "",
        ]);
        vec((0..5_u16, 0..12_u16, text, 0..4_usize, 0..3_usize), 0..7)
    }

    /// Text, its colour and weight, what lies behind it, whether it is inverted and underlined.
    type Seen = (String, Option<(vt100::Color, bool)>, vt100::Color, [bool; 2]);

    /// What a reader sees of each cell: one that was never written is a blank, and a blank has neither colour nor weight.
    fn cells(parser: &vt100::Parser) -> Vec<Seen> {
        let (rows, columns) = parser.screen().size();
        let places = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
        let seen = |cell: &vt100::Cell| {
            let text = cell.contents().trim();
            let color = (!text.is_empty()).then(|| (cell.fgcolor(), cell.bold()));
            (text.to_owned(), color, cell.bgcolor(), [cell.inverse(), cell.underline()])
        };
        places.filter_map(|(row, column)| parser.screen().cell(row, column)).map(seen).collect()
    }

    proptest! {
        #[test]
        fn the_terminal_shows_the_picture_whatever_it_showed_before(
            pictures in vec((texts(), prop::option::of((0..16_u16, 0..5_u16)), 0..8_u8), 1..8)
        ) {
            SIZE.set((16, 5));
            let kept = Kept::default();
            let mut screen = Screen::new(kept.clone(), size).unwrap();
            let mut terminal = vt100::Parser::new(5, 16, 0);
            let mut before: Option<Arc<ViewModel>> = None;
            let mut flavor = Flavor::Dark;
            for (texts, cursor, event) in pictures {
                match event {
                    0 => screen.forget(),
                    1 => (flavor, before) = (Flavor::Light, None),
                    2 => {
                        SIZE.set((13, 4));
                        terminal.screen_mut().set_size(4, 13);
                    }
                    _ => {}
                }
                let picture = picture(&texts, cursor);
                screen.draw(&picture, before.as_ref(), &theme(flavor)).unwrap();
                terminal.process(&kept.take());

                let mut anew = Screen::new(kept.clone(), size).unwrap();
                anew.draw(&picture, None, &theme(flavor)).unwrap();
                let (columns, rows) = SIZE.get();
                let mut expected = vt100::Parser::new(rows, columns, 0);
                expected.process(&kept.take());
                let (shown, expected_cells) = (cells(&terminal), cells(&expected));
                for (place, (shown, expected)) in shown.iter().zip(&expected_cells).enumerate() {
                    prop_assert_eq!(shown, expected, "cell {} of rows of {}", place, columns);
                }
                prop_assert_eq!(shown.len(), expected_cells.len());
                prop_assert_eq!(terminal.screen().hide_cursor(), expected.screen().hide_cursor());
                if cursor.is_some() {
                    prop_assert_eq!(terminal.screen().cursor_position(), expected.screen().cursor_position());
                }
                before = Some(picture);
            }
        }
    }

    /// Counts the rows that are painted.
    struct Counted(&'static str, Of<usize>);

    impl Picture for Counted {
        fn paint(&self, buffer: &mut Buffer, _: &Theme) {
            self.1.set(self.1.get() + 1);
            buffer.set_string(0, buffer.area.y, self.0, ratatui::style::Style::new());
        }

        fn differs(&self, before: &Self, row: u16) -> bool {
            row == 3 && self.0 != before.0
        }

        fn cursor(&self) -> Option<Position> {
            None
        }
    }

    #[test]
    fn only_rows_that_differ_are_painted_unless_the_screen_is_not_known() {
        SIZE.set((16, 5));
        let mut screen = Screen::new(io::sink(), size).unwrap();
        let (first, second) = (Counted("first", Of::new(0)), Counted("second", Of::new(0)));
        screen.draw(&first, None, &theme(Flavor::Dark)).unwrap();
        assert_eq!(first.1.get(), 5);
        screen.draw(&second, Some(&first), &theme(Flavor::Dark)).unwrap();
        assert_eq!(second.1.get(), 1);
        let written = screen.written();
        screen.draw(&second, Some(&second), &theme(Flavor::Dark)).unwrap();
        assert_eq!((second.1.get(), screen.written()), (1, written));
        screen.forget();
        screen.draw(&second, Some(&second), &theme(Flavor::Dark)).unwrap();
        assert_eq!(second.1.get(), 6);
        SIZE.set((16, 4));
        screen.draw(&second, Some(&second), &theme(Flavor::Dark)).unwrap();
        assert_eq!(second.1.get(), 10);
    }
}
