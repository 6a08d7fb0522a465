//! The view model: lines at places, and what each place stands for. Must not know what any region shows.

use ratatui::layout::{Position, Rect};

use super::glyphs::Glyphs;
use super::text::{Line, Span, fit, width};
use super::tone::Tone;
use crate::app::pointer::Target;

/// What lies behind a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ground {
    /// Whatever is there already.
    #[default]
    Bare,
    /// Cleared: a dialog or a notice over the screen.
    Cleared,
    /// The selected row of the pane that has the keys.
    Selected,
    /// The selected row of another pane.
    Resting,
}

/// A line at its place. It never reaches beyond its width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The first cell.
    pub x: u16,
    /// The row.
    pub y: u16,
    /// The cells it may take up; its ground covers all of them.
    pub width: u16,
    /// The text.
    pub line: Line,
    /// What lies behind it.
    pub ground: Ground,
}

/// Everything a frame shows. Equal models look equal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ViewModel {
    /// The terminal size it was made for.
    pub size: (u16, u16),
    /// The lines from the top row to the bottom one; in a row later ones lie over earlier ones.
    pub lines: Vec<Placed>,
    /// Where the text cursor stands, if a field has the keys.
    pub cursor: Option<(u16, u16)>,
    hits: Vec<(Rect, Target)>,
}

impl ViewModel {
    /// The lines of one row.
    #[must_use]
    pub fn row(&self, y: u16) -> &[Placed] {
        let from = self.lines.partition_point(|placed| placed.y < y);
        let lines = self.lines.get(from..).unwrap_or_default();
        lines.get(..lines.partition_point(|placed| placed.y == y)).unwrap_or_default()
    }

    /// Finds what is drawn at a cell.
    #[must_use]
    pub fn hit(&self, column: u16, row: u16) -> Option<&Target> {
        let place = Position::new(column, row);
        self.hits.iter().rev().find(|(area, _)| area.contains(place)).map(|(_, target)| target)
    }
}

/// A view model in the making.
pub struct Canvas<'a> {
    /// The signs to use.
    pub glyphs: &'a Glyphs,
    model: ViewModel,
}

impl<'a> Canvas<'a> {
    /// Starts empty.
    #[must_use]
    pub fn new(size: (u16, u16), glyphs: &'a Glyphs) -> Self {
        Self { glyphs, model: ViewModel { size, ..ViewModel::default() } }
    }

    /// The whole screen.
    #[must_use]
    pub fn area(&self) -> Rect {
        Rect::new(0, 0, self.model.size.0, self.model.size.1)
    }

    /// Puts a line into the first row of an area, cut to its width.
    pub fn line(&mut self, area: Rect, line: Line) {
        self.on(area, line, Ground::Bare);
    }

    /// Puts a line on a ground.
    pub fn on(&mut self, area: Rect, line: Line, ground: Ground) {
        let area = area.intersection(self.area());
        if area.width == 0 || area.height == 0 {
            return;
        }
        let line = fit(line, usize::from(area.width), self.glyphs);
        self.model.lines.push(Placed { x: area.x, y: area.y, width: area.width, line, ground });
    }

    /// Puts one line at the left and one at the right of a row; the left one gives way.
    pub fn bar(&mut self, area: Rect, left: Line, right: Line) {
        self.bar_on(area, left, right, Ground::Bare);
    }

    /// The same, on a ground.
    pub fn bar_on(&mut self, area: Rect, left: Line, right: Line, ground: Ground) {
        let right_width = width(&right).min(usize::from(area.width)) as u16;
        let gap = u16::from(right_width > 0);
        let left_width = area.width.saturating_sub(right_width + gap);
        let mut line = fit(left, usize::from(left_width), self.glyphs);
        let filled = width(&line);
        let padding = usize::from(area.width).saturating_sub(filled + usize::from(right_width));
        line.push(Span::new(" ".repeat(padding), Tone::Text));
        line.extend(right);
        self.on(area, line, ground);
    }

    /// Draws a horizontal rule over an area's first row.
    pub fn rule(&mut self, area: Rect) {
        let line = vec![Span::new(self.glyphs.horizontal.repeat(usize::from(area.width)), Tone::Rule)];
        self.line(area, line);
    }

    /// Draws a vertical rule down an area's first column.
    pub fn vertical_rule(&mut self, area: Rect) {
        for y in area.top()..area.bottom() {
            self.line(Rect::new(area.x, y, 1, 1), vec![Span::new(self.glyphs.vertical, Tone::Rule)]);
        }
    }

    /// Clears an area.
    pub fn clear(&mut self, area: Rect) {
        for row in area.rows() {
            self.on(row, Line::new(), Ground::Cleared);
        }
    }

    /// Says what an area stands for; later ones lie over earlier ones.
    pub fn hit(&mut self, area: Rect, target: Target) {
        self.model.hits.push((area, target));
    }

    /// Puts the text cursor at a cell.
    pub fn cursor(&mut self, x: u16, y: u16) {
        self.model.cursor = Some((x.min(self.model.size.0.saturating_sub(1)), y));
    }

    /// Ends the making.
    #[must_use]
    pub fn finish(mut self) -> ViewModel {
        // Lines of a row keep their order: what lies over what is theirs alone.
        self.model.lines.sort_by_key(|placed| placed.y);
        self.model
    }
}
