//! Lines as `kubectl describe` lays them out: titles with their values below each other, headings, tables, lists.
//!
//! Owns alignment: the values of neighbouring lines stand in one column. Must not know what is described.

use super::at::At;
use super::doc::{Document, Ink, Line, Piece, Words};
use super::section::Reference;
use crate::model::age::Unix;

/// Cells between a title and its value, and between the columns of a table.
const GAP: usize = 2;
/// What stands for nothing.
pub const NONE: &str = "<none>";

/// A description in the making.
#[derive(Default)]
pub struct Sheet {
    page: Document,
    /// Lines whose values are to stand below each other: their index and the width of their title.
    block: Vec<(usize, usize)>,
    indent: usize,
}

/// A cell of a table.
#[derive(Clone, Debug)]
pub struct Cell {
    words: Words,
    ink: Ink,
}

impl Cell {
    /// Words of a meaning.
    pub fn new(text: impl Into<Box<str>>, ink: Ink) -> Self {
        Self { words: Words::Text(text.into()), ink }
    }

    /// Plain words.
    pub fn text(text: impl Into<Box<str>>) -> Self {
        Self::new(text, Ink::Text)
    }

    /// The time since a moment.
    pub fn age(since: Unix) -> Self {
        Self { words: Words::Age(since), ink: Ink::Text }
    }

    /// How often something was seen.
    pub fn times(last: Unix, times: i64, first: Unix) -> Self {
        Self { words: Words::Times(last, times, first), ink: Ink::Text }
    }

    fn width(&self) -> usize {
        match &self.words {
            Words::Text(text) => crate::model::visible::cells(text),
            Words::Age(_) => 6,
            Words::Ending(_) => 24,
            Words::Times(_, times, _) if *times < 2 => 6,
            Words::Times(..) => 20,
        }
    }
}

/// A row of a table, with what it is about.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// Its cells.
    pub cells: Vec<Cell>,
    /// Where it leads.
    pub link: Option<Reference>,
    /// It is new, or other than it was.
    pub changed: bool,
}

impl Sheet {
    /// The finished page.
    #[must_use]
    pub fn finish(mut self) -> Document {
        self.align();
        self.page
    }

    /// Puts what `inner` writes two cells further in.
    pub fn inside(&mut self, inner: impl FnOnce(&mut Self)) {
        self.indent += 2;
        inner(self);
        self.indent -= 2;
    }

    /// A title with its value.
    pub fn field(&mut self, title: &str, value: impl Into<Box<str>>, at: At<'_>) {
        let value = value.into();
        let ink = if matches!(&*value, NONE | "<unset>" | "<nil>" | "<unknown>") { Ink::Dim } else { Ink::Text };
        self.toned(title, value, ink, at.changed());
    }

    /// A title with its value and what that means.
    pub fn toned(&mut self, title: &str, value: impl Into<Box<str>>, ink: Ink, changed: bool) {
        let index = self.line(vec![self.title(title), Piece::new(value, ink)], changed);
        self.block.push((index, self.indent + title.chars().count() + 1));
    }

    /// A title with the time since a moment.
    pub fn age(&mut self, title: &str, since: Unix, at: At<'_>) {
        let piece = Piece { words: Words::Age(since), ink: Ink::Text, pad: 0 };
        let index = self.line(vec![self.title(title), piece], at.changed());
        self.block.push((index, self.indent + title.chars().count() + 1));
    }

    /// A title with what is to end at a moment.
    pub fn ending(&mut self, title: &str, at: Unix, changed: bool) {
        let piece = Piece { words: Words::Ending(at), ink: Ink::Warn, pad: 0 };
        let index = self.line(vec![self.title(title), piece], changed);
        self.block.push((index, self.indent + title.chars().count() + 1));
    }

    /// A title with a value that leads on.
    pub fn link(&mut self, title: &str, value: impl Into<Box<str>>, to: Reference, at: At<'_>) {
        self.field(title, value, at);
        if let Some(line) = self.page.lines.last_mut() {
            line.link = Some(Box::new(to));
        }
    }

    /// A title with several values below each other.
    pub fn values(&mut self, title: &str, values: Vec<(String, bool)>) {
        let mut values = values.into_iter();
        let Some((first, changed)) = values.next() else { return self.toned(title, NONE, Ink::Dim, false) };
        self.toned(title, first, Ink::Text, changed);
        for (value, changed) in values {
            let index = self.line(vec![Piece::new("", Ink::Name), Piece::new(value, Ink::Text)], changed);
            self.block.push((index, 0));
        }
    }

    /// A heading over what follows further in.
    pub fn heading(&mut self, title: &str) {
        self.align();
        let title = Piece { ink: Ink::Strong, ..self.title(title) };
        self.line(vec![title], false);
    }

    /// A line of its own.
    pub fn plain(&mut self, text: &str, ink: Ink, changed: bool) {
        self.align();
        let blanks = " ".repeat(self.indent);
        self.line(vec![Piece::new(format!("{blanks}{text}"), ink)], changed);
    }

    /// A line that leads on.
    pub fn leads(&mut self, text: &str, to: Reference) {
        self.plain(text, Ink::Text, false);
        if let Some(line) = self.page.lines.last_mut() {
            line.link = Some(Box::new(to));
        }
    }

    /// A line about a key of a Secret.
    pub fn secret(&mut self, key: &str, value: &str, at: At<'_>) {
        self.field(key, value, at);
        if let Some(line) = self.page.lines.last_mut() {
            line.secret = Some(key.into());
        }
    }

    /// An empty line.
    pub fn gap(&mut self) {
        self.align();
        self.line(Vec::new(), false);
    }

    /// A table with its headings; the rule below them as kubectl draws it.
    pub fn table(&mut self, headings: &[&str], ruled: bool, rows: Vec<Row>) {
        self.align();
        let mut widths: Vec<usize> = headings.iter().map(|heading| heading.chars().count()).collect();
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(&row.cells) {
                // A sentence in one row is no reason to push the other columns off the screen.
                *width = (*width).max(cell.width().min(60));
            }
        }
        let head = |ink| headings.iter().map(|heading| Cell::new(*heading, ink)).collect::<Vec<_>>();
        self.row(Row { cells: head(Ink::Name), ..Row::default() }, &widths);
        if ruled {
            let rules = headings.iter().map(|heading| Cell::new("-".repeat(heading.chars().count()), Ink::Dim));
            self.row(Row { cells: rules.collect(), ..Row::default() }, &widths);
        }
        for row in rows {
            self.row(row, &widths);
        }
    }

    fn row(&mut self, row: Row, widths: &[usize]) {
        let last = row.cells.len().saturating_sub(1);
        let mut pieces = vec![Piece::new(" ".repeat(self.indent), Ink::Dim)];
        for (place, (cell, width)) in row.cells.into_iter().zip(widths).enumerate() {
            let pad = if place == last { 0 } else { width.max(&cell.width()) + GAP };
            pieces.push(Piece { words: cell.words, ink: cell.ink, pad: pad as u16 });
        }
        let index = self.line(pieces, row.changed);
        if let (Some(link), Some(line)) = (row.link, self.page.lines.get_mut(index)) {
            line.link = Some(Box::new(link));
        }
    }

    fn title(&self, title: &str) -> Piece {
        let colon = if title.is_empty() { "" } else { ":" };
        Piece::new(format!("{}{title}{colon}", " ".repeat(self.indent)), Ink::Name)
    }

    fn line(&mut self, pieces: Vec<Piece>, changed: bool) -> usize {
        let index = self.page.lines.len();
        let indent = self.indent as u16 + 2;
        self.page.push(Line { indent, changed, ..Line::new(pieces) });
        // One that went on in further lines has nothing to be aligned behind it.
        if self.page.lines.len() > index + 1 {
            self.align();
        }
        index
    }

    /// Ends a block of lines: their values stand below each other.
    fn align(&mut self) {
        let column = self.block.iter().map(|(_, width)| *width).max().unwrap_or_default() + GAP;
        for (index, _) in self.block.drain(..) {
            let title = self.page.lines.get_mut(index).and_then(|line| line.pieces.first_mut());
            if let Some(title) = title {
                title.pad = column as u16;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn neighbouring_values_stand_below_each_other_and_a_heading_ends_that() {
        let value = json!("x");
        let at = At::still(&value);
        let mut sheet = Sheet::default();
        sheet.field("Name", "web-0", at);
        sheet.values("Labels", vec![("a=b".to_owned(), false), ("c=d".to_owned(), false)]);
        sheet.heading("Containers");
        sheet.inside(|sheet| sheet.field("Service Account", "default", at));
        sheet.table(
            &["Type", "Status"],
            true,
            vec![Row { cells: vec![Cell::text("Initialized"), Cell::text("True")], ..Row::default() }],
        );
        assert_eq!(
            sheet.finish().text(Unix(0)),
            "Name:    web-0\nLabels:  a=b\n         c=d\nContainers:\n  Service Account:  default\n\
             Type         Status\n----         ------\nInitialized  True\n"
        );
    }
}
