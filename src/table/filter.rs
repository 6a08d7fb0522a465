//! What a typed filter means, and which rows it admits. Must not know where it was typed nor how a match is drawn.
//!
//! A filter is a list of terms that all have to hold; see [`parse`] for how they are written. It knows columns by
//! their place, so it belongs to one kind and is read again when the kind's columns change.

pub mod comparison;
pub mod parse;
pub mod selector;
pub mod words;

use std::ops::Range;

use nucleo_matcher::pattern::Atom;
use nucleo_matcher::{Config, Matcher, Utf32Str};
use regex::Regex;

use super::cell::Column;
use super::row::Row;
use crate::model::age::Unix;
use comparison::Comparison;

/// A filter that was understood.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    terms: Vec<Term>,
}

#[derive(Clone, Debug)]
struct Term {
    inverse: bool,
    test: Test,
}

/// What one term asks of a row.
#[derive(Clone, Debug)]
enum Test {
    /// One of its texts contains this, letter case aside; folded already.
    Text(String),
    /// One of its texts matches.
    Regex(Regex),
    /// One of its texts has these characters in this order.
    Fuzzy(Atom),
    /// A column compares so.
    Column(Comparison),
}

/// What testing needs besides the filter: buffers that are costly to make. One for each who tests.
#[derive(Default)]
pub struct Scratch {
    matcher: Option<Matcher>,
    characters: Vec<char>,
    indices: Vec<u32>,
}

impl Filter {
    /// Whether it admits everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Tells whether a row is asked for.
    pub fn admits<R: Row>(&self, row: &R, now: Unix, scratch: &mut Scratch) -> bool {
        self.terms.iter().all(|term| term.test.holds(row, now, scratch) != term.inverse)
    }

    /// Tells whether texts that are no row of a table are asked for; see [`Filter::of_texts`]. `any` calls what it is given
    /// with each of them until that returns true, and returns whether it did.
    pub fn admits_texts(&self, any: impl Fn(&mut dyn FnMut(&str) -> bool) -> bool, scratch: &mut Scratch) -> bool {
        self.terms.iter().all(|term| term.test.in_texts(&any, scratch) != term.inverse)
    }

    /// The parts of such a text that it was admitted for, as byte ranges in their order.
    pub fn matched_text(&self, text: &str, scratch: &mut Scratch) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        for term in self.terms.iter().filter(|term| !term.inverse) {
            term.test.find(text, scratch, &mut found);
        }
        joined(found)
    }

    /// The first moment after `now` at which a row may be asked for that was not, or the other way round.
    pub fn turns<R: Row>(&self, row: &R, now: Unix) -> Option<Unix> {
        self.terms
            .iter()
            .filter_map(|term| if let Test::Column(column) = &term.test { column.turns(row, now) } else { None })
            .min()
    }

    /// The parts of a cell that it was admitted for, as byte ranges in their order.
    pub fn matched(&self, index: usize, column: &Column, text: &str, scratch: &mut Scratch) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        for term in self.terms.iter().filter(|term| !term.inverse) {
            match &term.test {
                Test::Column(comparison) if comparison.column == index => found.extend(comparison.matched(text)),
                // Numbers and ages are not searched, so nothing in them is what was found.
                Test::Column(_) => {}
                _ if column.right => {}
                test => test.find(text, scratch, &mut found),
            }
        }
        joined(found)
    }
}

impl Test {
    fn holds<R: Row>(&self, row: &R, now: Unix, scratch: &mut Scratch) -> bool {
        match self {
            Test::Column(comparison) => comparison.holds(row, now),
            test => test.in_texts(|found| row.any_text(found), scratch),
        }
    }

    /// Whether it holds for any of some texts; `any` calls what it is given with each until that returns true.
    fn in_texts(&self, any: impl FnOnce(&mut dyn FnMut(&str) -> bool) -> bool, scratch: &mut Scratch) -> bool {
        match self {
            Test::Text(needle) => any(&mut |text| words::contains(text, needle)),
            Test::Regex(regex) => any(&mut |text| regex.is_match(text)),
            Test::Fuzzy(atom) => any(&mut |text| scratch.fuzzy(atom, text)),
            Test::Column(_) => false,
        }
    }

    /// Where it holds in a text.
    fn find(&self, text: &str, scratch: &mut Scratch, found: &mut Vec<Range<usize>>) {
        match self {
            Test::Text(needle) => found.extend(words::occurrences(text, needle)),
            Test::Regex(regex) => found.extend(regex.find_iter(text).map(|found| found.range())),
            Test::Fuzzy(atom) => found.extend(scratch.fuzzy_ranges(atom, text)),
            Test::Column(_) => {}
        }
    }
}

impl Scratch {
    fn fuzzy(&mut self, atom: &Atom, text: &str) -> bool {
        let matcher = self.matcher.get_or_insert_with(|| Matcher::new(Config::DEFAULT));
        atom.score(Utf32Str::new(text, &mut self.characters), matcher).is_some()
    }

    fn fuzzy_ranges(&mut self, atom: &Atom, text: &str) -> Vec<Range<usize>> {
        let matcher = self.matcher.get_or_insert_with(|| Matcher::new(Config::DEFAULT));
        self.indices.clear();
        let hay = Utf32Str::new(text, &mut self.characters);
        // Graphemes are one character to the matcher; such a text is matched, but not marked.
        if !text.is_ascii() || atom.indices(hay, matcher, &mut self.indices).is_none() {
            return Vec::new();
        }
        self.indices.iter().map(|index| *index as usize..*index as usize + 1).collect()
    }
}

/// Sorts ranges and joins those that touch.
fn joined(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.retain(|range| !range.is_empty());
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

#[cfg(test)]
mod tests;
