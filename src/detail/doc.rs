//! A page of lines with meaning: what is a name, what is a value, what folds, what leads on, what changed.
//!
//! Must not know what the lines are about, nor how wide the screen is.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::section::Reference;
use crate::model::age::{Unix, age, duration};

/// No line is longer than this many characters; what is goes on in the next one, so that drawing stays cheap.
pub const LONGEST: usize = 1_000;

/// What a piece of a line means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ink {
    /// A value.
    #[default]
    Text,
    /// A sign, a default, a placeholder.
    Dim,
    /// The name of a field.
    Name,
    /// A number, a yes or no, nothing.
    Literal,
    /// A heading.
    Strong,
    /// All well.
    Good,
    /// Worth a look.
    Warn,
    /// Needs a person.
    Bad,
}

/// The words of a piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Words {
    /// Words as they are.
    Text(Box<str>),
    /// The time since a moment, written when it is drawn.
    Age(Unix),
    /// What is to end at a moment, or should have: how long that is over.
    Ending(Unix),
    /// How often something was seen: last, how many times, first.
    Times(Unix, i64, Unix),
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What it says.
    pub words: Words,
    /// What it means.
    pub ink: Ink,
    /// The cells it is filled up to with blanks.
    pub pad: u16,
}

impl Piece {
    /// Words of a meaning.
    pub fn new(text: impl Into<Box<str>>, ink: Ink) -> Self {
        Self { words: Words::Text(text.into()), ink, pad: 0 }
    }

    /// The words, at a moment.
    #[must_use]
    pub fn text(&self, now: Unix) -> String {
        match &self.words {
            Words::Text(text) => text.to_string(),
            Words::Age(since) => age(*since, now),
            Words::Ending(at) if *at > now => format!("Terminating (within {})", duration(now.seconds_until(*at))),
            Words::Ending(at) => format!("Terminating (lasts {})", age(*at, now)),
            Words::Times(last, times, _) if *times < 2 => age(*last, now),
            Words::Times(last, times, first) => format!("{} (x{times} over {})", age(*last, now), age(*first, now)),
        }
    }
}

/// A line of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Its pieces.
    pub pieces: Vec<Piece>,
    /// The cells a wrapped line's further rows are indented by.
    pub indent: u16,
    /// It can be folded: everything up to this line, that one not included, then goes away.
    pub fold: Option<Fold>,
    /// Where it leads.
    pub link: Option<Box<Reference>>,
    /// It is other than when a person last looked.
    pub changed: bool,
    /// A key of a Secret whose content is hidden until it is asked for.
    pub secret: Option<Box<str>>,
    /// It goes on from the line before, which would have been too long.
    pub goes_on: bool,
}

/// What folds away below a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fold {
    /// Tells it from every other fold of the page, also after a change.
    pub id: u64,
    /// The first line after it.
    pub end: usize,
    /// Folded unless a person unfolds it.
    pub closed: bool,
}

impl Line {
    /// A line of pieces.
    #[must_use]
    pub fn new(pieces: Vec<Piece>) -> Self {
        Self { pieces, ..Self::default() }
    }

    /// Its text at a moment.
    #[must_use]
    pub fn text(&self, now: Unix) -> String {
        let mut text = String::new();
        for piece in &self.pieces {
            let words = piece.text(now);
            let _ = write!(text, "{words:<width$}", width = usize::from(piece.pad));
        }
        text
    }
}

/// A page of lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// Its lines, folded ones included.
    pub lines: Vec<Line>,
}

impl Document {
    /// Adds a line; one that is too long goes on in the next.
    pub fn push(&mut self, line: Line) {
        let long = |piece: &Piece| matches!(&piece.words, Words::Text(text) if text.len() > LONGEST);
        if !line.pieces.iter().any(long) {
            self.lines.push(line);
            return;
        }
        let mut rows: Vec<Vec<Piece>> = vec![Vec::new()];
        for piece in line.pieces.clone() {
            let Words::Text(text) = &piece.words else {
                rows.last_mut().into_iter().for_each(|row| row.push(piece.clone()));
                continue;
            };
            for (place, part) in parts(text).enumerate() {
                if place > 0 {
                    rows.push(Vec::new());
                }
                rows.last_mut()
                    .into_iter()
                    .for_each(|row| row.push(Piece { words: Words::Text(part.into()), ..piece }));
            }
        }
        for (place, pieces) in rows.into_iter().enumerate() {
            let first = place == 0;
            self.lines.push(Line {
                pieces,
                goes_on: !first,
                fold: line.fold.filter(|_| first),
                secret: line.secret.clone().filter(|_| first),
                link: line.link.clone(),
                ..line
            });
        }
    }

    /// The lines that are not folded away, by their index.
    #[must_use]
    pub fn visible(&self, toggled: &BTreeSet<u64>) -> Vec<usize> {
        let mut visible = Vec::with_capacity(self.lines.len());
        let mut index = 0;
        while let Some(line) = self.lines.get(index) {
            visible.push(index);
            index = match line.fold {
                Some(fold) if is_folded(fold, toggled) => fold.end.max(index + 1),
                _ => index + 1,
            };
        }
        visible
    }

    /// The whole page as text, what is folded included.
    #[must_use]
    pub fn text(&self, now: Unix) -> String {
        self.lines_as_text(0..self.lines.len(), now) + "\n"
    }

    /// The page as text without what is folded by itself, and whether anything was left out.
    #[must_use]
    pub fn text_unfolded(&self, toggled: &BTreeSet<u64>, now: Unix) -> (String, bool) {
        let (mut text, mut start, mut left_out) = (String::new(), 0, false);
        for (index, line) in self.lines.iter().enumerate() {
            if let Some(fold) = line.fold.filter(|fold| fold.closed && index >= start && is_folded(*fold, toggled)) {
                text += &self.lines_as_text(start..index, now);
                text += if index > start { "\n" } else { "" };
                (start, left_out) = (fold.end.max(index + 1), true);
            }
        }
        (text + &self.lines_as_text(start..self.lines.len(), now) + "\n", left_out)
    }

    /// The line at an index as text: all of it, however many lines it goes on in.
    #[must_use]
    pub fn whole_line(&self, index: usize, now: Unix) -> String {
        let goes_on = |index: usize| self.lines.get(index).is_some_and(|line| line.goes_on);
        let start = (0..=index).rev().find(|index| !goes_on(*index)).unwrap_or(index);
        let end = (index + 1..self.lines.len()).find(|index| !goes_on(*index)).unwrap_or(self.lines.len());
        self.lines_as_text(start..end, now)
    }

    fn lines_as_text(&self, range: std::ops::Range<usize>, now: Unix) -> String {
        let mut text = String::new();
        for (place, line) in self.lines.get(range).into_iter().flatten().enumerate() {
            if place > 0 && !line.goes_on {
                text.push('\n');
            }
            text.push_str(&line.text(now));
        }
        text
    }
}

/// Whether a fold is closed, given those a person has toggled.
#[must_use]
pub fn is_folded(fold: Fold, toggled: &BTreeSet<u64>) -> bool {
    fold.closed != toggled.contains(&fold.id)
}

/// Cuts a text into parts of bounded length, never within a character.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = (0..=LONGEST.min(rest.len())).rev().find(|end| rest.is_char_boundary(*end)).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        rest = after;
        Some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_too_long_goes_on_and_is_one_again_as_text() {
        let mut page = Document::default();
        let long = "é".repeat(LONGEST);
        page.push(Line::new(vec![Piece::new("a: ", Ink::Name), Piece::new(long.as_str(), Ink::Text)]));
        assert_eq!(page.lines.len(), 2);
        assert!(page.lines[1].goes_on);
        assert_eq!(page.text(Unix(0)), format!("a: {long}\n"));
        page.push(Line::new(vec![Piece::new("b", Ink::Name)]));
        let whole = format!("a: {long}");
        assert_eq!((page.whole_line(0, Unix(0)), page.whole_line(1, Unix(0))), (whole.clone(), whole));
        assert_eq!(page.whole_line(2, Unix(0)), "b");
    }

    #[test]
    fn only_what_is_folded_by_itself_and_still_is_is_left_out_of_the_text() {
        let line = |text: &str, fold| Line { fold, ..Line::new(vec![Piece::new(text, Ink::Text)]) };
        let closed = Some(Fold { id: 1, end: 3, closed: true });
        let lines = vec![line("a", Some(Fold { id: 2, end: 4, closed: false })), line("m", closed), line("n", None)];
        let page = Document { lines: [lines, vec![line("z", None)]].concat() };
        let text = |toggled: &[u64]| page.text_unfolded(&toggled.iter().copied().collect(), Unix(0));
        assert_eq!(text(&[]), ("a\nz\n".to_owned(), true));
        assert_eq!(text(&[2]), ("a\nz\n".to_owned(), true), "what a person folded is copied");
        assert_eq!(text(&[1]), ("a\nm\nn\nz\n".to_owned(), false));
    }

    #[test]
    fn what_is_folded_is_passed_over() {
        let fold = |id, end, closed| Some(Fold { id, end, closed });
        let line = |fold| Line { fold, ..Line::default() };
        let page = Document { lines: vec![line(fold(1, 3, true)), line(fold(2, 3, false)), line(None), line(None)] };
        assert_eq!(page.visible(&BTreeSet::new()), [0, 3]);
        assert_eq!(page.visible(&[1].into()), [0, 1, 2, 3]);
        assert_eq!(page.visible(&[1, 2].into()), [0, 1, 3]);
    }
}
