//! A list with a search field: the picker, the palette, the namespace list and the sort list are all this.
//!
//! Owns matching, order and the cursor in the list. Must not know what choosing an entry does.

use std::cmp::Reverse;
use std::sync::Arc;

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use tui_input::{Input, InputRequest};

use super::action::Action;
use super::input::{Key, KeyCode};
use super::uses::{Uses, name_of};
use super::within::Lead;
use crate::config::state::IgnoredAttention;
use crate::model::detail::ObjectRef;
use crate::model::health::Health;
use crate::model::ids::ClusterId;
use crate::model::kind::Kind;

/// What an entry stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// A context, open or closed.
    Cluster(ClusterId),
    /// A kubeconfig file, by its label: all of its contexts.
    File(String),
    /// A group of the configuration, by its name: all of its contexts.
    Group(String),
    /// An action of the registry.
    Action(Action),
    /// A namespace; `None` for all.
    Namespace(Option<Arc<str>>),
    /// Show a kind in the tab in front; in one namespace, if that is named.
    Kind(Kind, Option<Arc<str>>),
    /// A namespace that was typed in.
    TypedNamespace(Arc<str>),
    /// A column of the table on screen.
    Column(usize),
    /// Not to hear of something any more, or (`false`) to hear of it again.
    Ignore(IgnoredAttention, bool),
    /// Where an object leads.
    Lead(Box<Lead>),
    /// A text to copy.
    Text(String),
    /// An object, to be shown in the table of its kind.
    Object(ObjectRef),
    /// A setting, by its name, and the value it is to have for this run.
    Setting(&'static str, String),
}

/// One entry of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it stands for.
    pub choice: Choice,
    /// What is searched and shown.
    pub label: String,
    /// Shown beside it.
    pub detail: String,
    /// Other exact names, as `po` for pods.
    pub aliases: Vec<String>,
    /// A check mark; `None` where there is nothing to check.
    pub checked: Option<bool>,
    /// The health of an open cluster.
    pub health: Option<Health>,
    /// Why it cannot be chosen.
    pub problem: Option<String>,
    /// Indented below its heading.
    pub depth: u8,
}

impl Entry {
    /// An entry with a label and nothing else.
    pub fn new(choice: Choice, label: impl Into<String>) -> Self {
        Self {
            choice,
            label: label.into(),
            detail: String::new(),
            aliases: Vec::new(),
            checked: None,
            health: None,
            problem: None,
            depth: 0,
        }
    }
}

/// An entry that the search admits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Index into the entries.
    pub entry: usize,
    /// Positions of the matched characters of the label.
    pub matched: Vec<u32>,
}

/// A list with a search field.
#[derive(Clone, Debug)]
pub struct Chooser {
    /// The heading.
    pub title: &'static str,
    /// What this is about: one line below the field, and more where there are no entries.
    pub note: String,
    /// The search field.
    pub input: Input,
    /// All entries.
    pub entries: Vec<Entry>,
    /// Those the search admits, best first; all of them in their own order while nothing is searched.
    pub hits: Vec<Hit>,
    /// The selected hit.
    pub cursor: usize,
    /// Keep entries in their own order while searching (the picker's tree).
    pub keep_order: bool,
    /// What was chosen before: what is used most stands first among equals.
    uses: Uses,
}

impl Chooser {
    /// Builds a list with nothing searched.
    pub fn new(title: &'static str, entries: Vec<Entry>) -> Self {
        let mut chooser = Self {
            title,
            note: String::new(),
            input: Input::default(),
            entries,
            hits: Vec::new(),
            cursor: 0,
            keep_order: false,
            uses: Uses::default(),
        };
        chooser.search();
        chooser
    }

    /// Ranks by what was chosen before, too.
    pub fn rank_by(&mut self, uses: Uses) {
        self.uses = uses;
        self.search();
    }

    /// The selected entry.
    #[must_use]
    pub fn selected(&self) -> Option<&Entry> {
        self.hits.get(self.cursor).and_then(|hit| self.entries.get(hit.entry))
    }

    /// Moves the cursor, stopping at the ends.
    pub fn step(&mut self, by: isize) {
        self.cursor = self.cursor.saturating_add_signed(by).min(self.hits.len().saturating_sub(1));
    }

    /// Puts the cursor on the first entry that `wanted` accepts.
    pub fn rest_on(&mut self, wanted: impl Fn(&Entry) -> bool) {
        if let Some(place) = self.hits.iter().position(|hit| self.entries.get(hit.entry).is_some_and(&wanted)) {
            self.cursor = place;
        }
    }

    /// Replaces the entries, keeping search and selection.
    pub fn replace(&mut self, entries: Vec<Entry>) {
        let selected = self.selected().map(|entry| entry.choice.clone());
        self.entries = entries;
        let cursor = self.cursor;
        self.search();
        self.cursor = cursor.min(self.hits.len().saturating_sub(1));
        if let Some(choice) = selected {
            self.rest_on(|entry| entry.choice == choice);
        }
    }

    /// Takes entries out and puts others in, keeping the search; the best is selected anew.
    pub fn exchange(&mut self, gone: impl Fn(&Entry) -> bool, fresh: Vec<Entry>) {
        if fresh.is_empty() && !self.entries.iter().any(&gone) {
            return;
        }
        self.entries.retain(|entry| !gone(entry));
        self.entries.extend(fresh);
        self.search();
    }

    /// Takes entries out and puts others in that were searched elsewhere; what a person moved to stays selected.
    pub fn amend(&mut self, gone: impl Fn(&Entry) -> bool, fresh: Vec<Entry>) {
        let moved = self.selected().filter(|_| self.cursor > 0).map(|entry| entry.choice.clone());
        self.exchange(gone, fresh);
        if let Some(choice) = moved {
            self.rest_on(|entry| entry.choice == choice);
        }
    }

    /// Edits the search field; returns whether the key was one for it.
    pub fn edit(&mut self, key: Key) -> bool {
        let before = self.input.value().to_owned();
        if !edit(&mut self.input, key) {
            return false;
        }
        if self.input.value() != before {
            self.search();
        }
        true
    }

    /// Inserts pasted text, line breaks and control characters left out.
    pub fn paste(&mut self, text: &str) {
        insert(&mut self.input, text);
        self.search();
    }

    fn search(&mut self) {
        self.cursor = 0;
        let query = self.input.value().trim();
        let counts = self.uses.counts(query);
        let used = |entry: &Entry| {
            let name = if counts.is_empty() { None } else { name_of(&entry.choice) };
            name.and_then(|name| counts.get(&name).copied()).unwrap_or_default()
        };
        if query.is_empty() {
            let all = self.entries.iter().enumerate();
            let mut all: Vec<(Reverse<u32>, usize)> =
                all.map(|(place, entry)| (Reverse(used(entry).1), place)).collect();
            all.sort_unstable();
            self.hits = all.into_iter().map(|(_, entry)| Hit { entry, matched: Vec::new() }).collect();
            return;
        }
        let mut matcher = Matcher::new(Config::DEFAULT);
        let pattern = Pattern::parse(query, CaseMatching::Ignore, Normalization::Smart);
        let mut scored: Vec<(bool, u32, (u32, u32), Hit)> = Vec::new();
        let mut buffer = Vec::new();
        for (index, entry) in self.entries.iter().enumerate() {
            // A word that is exactly a name or an alias wins over anything fuzzy; an object's name is neither.
            let exact = !matches!(entry.choice, Choice::Object(_))
                && (entry.label.eq_ignore_ascii_case(query)
                    || entry.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(query)));
            let mut matched = Vec::new();
            let label = Utf32Str::new(&entry.label, &mut buffer);
            let score = pattern.indices(label, &mut matcher, &mut matched);
            matched.sort_unstable();
            matched.dedup();
            if exact || score.is_some() {
                scored.push((exact, score.unwrap_or_default(), used(entry), Hit { entry: index, matched }));
            }
        }
        // What was chosen after this very word, then what matches best, then what is chosen most.
        let rank = |(exact, score, (own, all), hit): &(bool, u32, (u32, u32), Hit)| {
            (!exact, Reverse(*own), Reverse(*score), Reverse(*all), hit.entry)
        };
        let best = scored.iter().min_by_key(|it| rank(it)).map(|(.., hit)| hit.entry);
        if !self.keep_order {
            scored.sort_by_key(rank);
        }
        self.hits = scored.into_iter().map(|(.., hit)| hit).collect();
        self.cursor = self.hits.iter().position(|hit| Some(hit.entry) == best).unwrap_or(0);
    }
}

/// Gives a key to a text field, as far as the field takes what is typed; returns whether the key was one for it.
pub fn edit(input: &mut Input, key: Key) -> bool {
    let Some(request) = edit_request(key) else { return false };
    let full = input.value().chars().count() >= LONGEST;
    if !(full && matches!(request, InputRequest::InsertChar(_))) {
        input.handle(request);
    }
    true
}

/// Translates a key into an edit of a text field.
fn edit_request(key: Key) -> Option<InputRequest> {
    if let Some(typed) = key.text() {
        return Some(InputRequest::InsertChar(typed));
    }
    let ctrl = key.mods.ctrl;
    Some(match key.code {
        KeyCode::Backspace | KeyCode::Char('w') if ctrl => InputRequest::DeletePrevWord,
        KeyCode::Backspace => InputRequest::DeletePrevChar,
        KeyCode::Delete => InputRequest::DeleteNextChar,
        KeyCode::Left if ctrl => InputRequest::GoToPrevWord,
        KeyCode::Left => InputRequest::GoToPrevChar,
        KeyCode::Right if ctrl => InputRequest::GoToNextWord,
        KeyCode::Right => InputRequest::GoToNextChar,
        KeyCode::Home => InputRequest::GoToStart,
        KeyCode::End => InputRequest::GoToEnd,
        KeyCode::Char('u') if ctrl => InputRequest::DeleteLine,
        KeyCode::Char('a') if ctrl => InputRequest::GoToStart,
        KeyCode::Char('e') if ctrl => InputRequest::GoToEnd,
        _ => return None,
    })
}

/// The most a field takes: each character that is put in goes through all that are there. Unit: characters.
const LONGEST: usize = 1_000;

/// Inserts text into a field, as far as the field takes it: what parts words in it is a blank, other control characters are
/// left out.
pub fn insert(input: &mut Input, text: &str) {
    let room = LONGEST.saturating_sub(input.value().chars().count());
    let mut blank = false;
    let parted = text.trim_matches(['\n', '\r', '\t']).chars().filter_map(|typed| {
        let parts = matches!(typed, '\n' | '\r' | '\t');
        let again = std::mem::replace(&mut blank, parts) && parts;
        if parts { (!again).then_some(' ') } else { Some(typed) }
    });
    for typed in parted.filter(|typed| !typed.is_control()).take(room) {
        input.handle(InputRequest::InsertChar(typed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(chooser: &Chooser) -> Vec<&str> {
        chooser.hits.iter().filter_map(|hit| chooser.entries.get(hit.entry)).map(|entry| entry.label.as_str()).collect()
    }

    fn chooser(labels: &[&str]) -> Chooser {
        Chooser::new("t", labels.iter().map(|label| Entry::new(Choice::Column(0), *label)).collect())
    }

    #[test]
    fn a_word_that_is_exactly_a_name_wins_over_fuzzy_matches() {
        let mut list = chooser(&["quotas", "qa-cluster", "quit"]);
        if let Some(entry) = list.entries.get_mut(2) {
            entry.aliases.push("q".to_owned());
        }
        list.paste("q");
        assert_eq!(list.selected().map(|entry| entry.label.as_str()), Some("quit"));
    }

    #[test]
    fn searching_is_fuzzy_and_marks_what_matched() {
        let mut list = chooser(&["prod-eu", "prod-us", "staging"]);
        list.paste("pus");
        assert_eq!(labels(&list), ["prod-us"]);
        assert_eq!(list.hits.first().map(|hit| hit.matched.clone()), Some(vec![0, 5, 6]));
        list.paste("x");
        assert!(list.selected().is_none());
    }

    #[test]
    fn replacing_entries_keeps_the_selection() {
        let entry = |id: &str| Entry::new(Choice::Cluster(ClusterId::new(id)), id);
        let mut list = Chooser::new("t", vec![entry("a"), entry("b")]);
        list.step(1);
        list.replace(vec![entry("x"), entry("y"), entry("b")]);
        assert_eq!(list.selected().map(|entry| entry.label.as_str()), Some("b"));
    }

    #[test]
    fn a_field_takes_no_more_of_a_file_that_is_pasted_by_mistake_than_it_can_bear() {
        let mut list = chooser(&["a"]);
        list.paste(&"x".repeat(10_000_000));
        list.paste("y");
        list.edit(Key::char('z'));
        assert_eq!(list.input.value(), "x".repeat(LONGEST));
    }

    #[test]
    fn pasted_control_characters_are_left_out() {
        let mut list = chooser(&["a"]);
        list.paste("\u{1b}[31ma\n");
        assert_eq!(list.input.value(), "[31ma");
    }

    #[test]
    fn what_parts_pasted_words_is_a_blank() {
        let mut list = chooser(&["a"]);
        list.paste("\tcart\r\nstatus=Running\tage<2h\n");
        assert_eq!(list.input.value(), "cart status=Running age<2h");
    }
}
