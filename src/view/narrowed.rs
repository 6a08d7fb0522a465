//! What a list that is no table shows of its filter: in its title, in its rows, and where none is left. Must not know what the
//! rows are about.

use super::glyphs::Glyphs;
use super::text::{Line, Span, end, marked, plain, width};
use super::tone::Tone;
use super::words::number;
use crate::app::filtering::Narrow;
use crate::table::filter::Scratch;

/// Marks what a filter found, in row after row.
pub struct Finder<'a> {
    narrow: &'a Narrow,
    scratch: Scratch,
}

impl<'a> Finder<'a> {
    /// Starts with a filter.
    #[must_use]
    pub fn new(narrow: &'a Narrow) -> Self {
        Self { narrow, scratch: Scratch::default() }
    }

    /// A text of a row, what was found in it marked.
    pub fn mark(&mut self, text: &str, tone: Tone) -> Line {
        if self.narrow.text().is_empty() {
            return plain(text, tone);
        }
        marked(text, &self.narrow.matched(text, &mut self.scratch), tone)
    }
}

/// The filter and how many rows it shows, as in the title of a table; of a long one the beginning.
#[must_use]
pub fn told(narrow: &Narrow, shown: usize, room: usize, glyphs: &Glyphs) -> Line {
    if narrow.text().is_empty() {
        return Line::new();
    }
    let mut line = plain(format!("  {} shown ", number(shown)), Tone::Dim);
    let left = room.saturating_sub(width(&line)).max(8);
    line.insert(0, Span::new(end(&format!("/{}", narrow.text()), left, glyphs), Tone::Match));
    line
}

/// Of a longer filter the beginning is said, in cells.
const LONGEST: usize = 60;

/// Said where the filter leaves nothing.
#[must_use]
pub fn nothing(what: &str, narrow: &Narrow, glyphs: &Glyphs) -> String {
    format!("No {what} matches /{}. Esc clears the filter.", end(narrow.text(), LONGEST, glyphs))
}
