//! Filters: the field they are typed into, whatever list is in front, and those of lists that are no tables: Attention,
//! Changes and the Fleet board. Must not know how a filter is read, nor how what it finds is drawn.

use std::ops::Range;

use tui_input::Input;

use super::attention::Entry;
use super::changes::{About, Change};
use super::cluster::OpenCluster;
use super::cursor::Cursor;
use super::layer::Layer;
use super::picked::unpickable;
use super::state::App;
use super::tab::Page;
use crate::model::health::Health;
use crate::model::ids::ClusterId;
use crate::table::filter::parse::Wrong;
use crate::table::filter::{Filter, Scratch};

/// Which list a filter narrows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filtered {
    /// The table on screen.
    Table,
    /// The page in its place.
    Page,
    /// The Fleet board.
    Board,
}

/// The filter of a list whose rows are texts, not cells of columns.
#[derive(Clone, Debug, Default)]
pub struct Narrow {
    text: String,
    filter: Filter,
    /// It is another one than when the selected row was last looked for.
    anew: bool,
}

impl Narrow {
    /// The filter as it was typed; empty if there is none.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Puts another filter in force.
    fn set(&mut self, text: &str) {
        if self.text != text {
            text.clone_into(&mut self.text);
            self.filter = Filter::of_texts(text).unwrap_or_default();
            self.anew = true;
        }
    }

    /// Whether a row that says this is shown.
    pub fn admits(&self, texts: &[&str], scratch: &mut Scratch) -> bool {
        self.filter.admits_texts(|found| texts.iter().any(|text| found(text)), scratch)
    }

    /// The parts of a text that a row was admitted for, as byte ranges in their order.
    pub fn matched(&self, text: &str, scratch: &mut Scratch) -> Vec<Range<usize>> {
        self.filter.matched_text(text, scratch)
    }

    /// Finds what is selected among the rows as they are now; among those of another filter as a table does.
    pub(super) fn settle<K: Clone>(
        &mut self,
        cursor: &mut Cursor<K>,
        rows: usize,
        height: usize,
        position: impl Fn(&K) -> Option<usize>,
        key_at: impl Fn(usize) -> Option<K>,
    ) {
        if std::mem::take(&mut self.anew) {
            cursor.look_again(&position, &key_at);
        }
        cursor.settle(rows, height, position, key_at);
    }
}

impl OpenCluster {
    /// The places of the entries of Attention that are shown.
    #[must_use]
    pub fn shown_entries(&self) -> Vec<usize> {
        let (narrow, mut scratch) = (self.view.narrow(), Scratch::default());
        let mut shown = |entry: &Entry| {
            narrow.text.is_empty() || narrow.admits(&[entry.cause.title(), &entry.subject, &entry.reason], &mut scratch)
        };
        let entries = self.attention.entries.iter().enumerate();
        entries.filter(|(_, entry)| shown(entry)).map(|(place, _)| place).collect()
    }

    /// The changes that are shown, newest first; of one object if it is given.
    pub fn shown_changes<'a>(&'a self, about: Option<&'a About>) -> impl Iterator<Item = &'a Change> {
        let (narrow, mut scratch) = (self.view.narrow(), Scratch::default());
        self.changes.newest(about).filter(move |change| {
            narrow.text.is_empty() || narrow.admits(&[&change.about.spoken(), &change.text], &mut scratch)
        })
    }
}

/// Whether a cluster is shown on the board: its names, how it is, why, and its version are looked at.
fn on_the_board(narrow: &Narrow, cluster: &OpenCluster, scratch: &mut Scratch) -> bool {
    if narrow.text.is_empty() {
        return true;
    }
    let standing = &cluster.standing;
    let health = standing.health.to_string().replace('_', " ");
    let version = cluster.version.as_deref().unwrap_or_default();
    let texts = [&cluster.short_name, &cluster.name, &standing.reason, version];
    // What is unhealthy is not healthy, though it has that word in it.
    let well = Health::Healthy.to_string();
    let is_so = |found: &mut dyn FnMut(&str) -> bool| found(&health) && (health == well || !found(&well));
    narrow.filter.admits_texts(|found| texts.iter().any(|text| found(text)) || is_so(found), scratch)
}

impl App {
    /// The clusters that the filter of the board admits, worst first; those that are folded are among them.
    #[must_use]
    pub fn board_clusters(&self) -> Vec<&OpenCluster> {
        let mut scratch = Scratch::default();
        let mut clusters = self.fleet.by_trouble();
        clusters.retain(|cluster| on_the_board(&self.fleet.narrow, cluster, &mut scratch));
        clusters
    }

    /// The clusters of the board's rows, in order; folded ones left out.
    #[must_use]
    pub fn board_rows(&self) -> Vec<ClusterId> {
        let folded = self.fleet.folded;
        let clusters = self.board_clusters().into_iter();
        let shown = clusters.filter(|cluster| !folded || cluster.standing.health != Health::Healthy);
        shown.map(|cluster| cluster.id.clone()).collect()
    }

    /// The list in front that can be filtered.
    #[must_use]
    pub fn filtered(&self) -> Option<Filtered> {
        if self.on_board() {
            return Some(Filtered::Board);
        }
        match self.fleet.active()?.view.page() {
            Page::Table => Some(Filtered::Table),
            Page::Attention(_) | Page::Changes(..) => Some(Filtered::Page),
            Page::Details(_) | Page::Overview(_) | Page::Explain(..) => None,
        }
    }

    fn filter_text(&self, of: Filtered) -> Option<&str> {
        let front = || self.fleet.active();
        Some(match of {
            Filtered::Board => self.fleet.narrow.text(),
            Filtered::Page => front()?.view.narrow().text(),
            Filtered::Table => &front()?.view.kind_view().query.text,
        })
    }

    /// Puts another filter in force.
    pub(super) fn set_filter(&mut self, of: Filtered, text: &str) {
        let front = self.fleet.active_mut();
        match (of, front) {
            (Filtered::Board, _) => self.fleet.narrow.set(text),
            (Filtered::Page, Some(cluster)) => cluster.view.narrow_mut().set(text),
            (Filtered::Table, Some(cluster)) => text.clone_into(&mut cluster.view.kind_view_mut().query.text),
            (_, None) => {}
        }
    }

    /// Opens the field of the filter of what is in front.
    pub(super) fn open_filter(&mut self) {
        let Some(of) = self.filtered() else { return };
        let Some(before) = self.filter_text(of).map(str::to_owned) else { return };
        self.layers.push(Layer::Filter { of, input: Input::new(before.clone()), before, wrong: None });
    }

    /// Takes the filter away of the page or board in front; returns whether there was one.
    pub(super) fn unfilter_list(&mut self) -> bool {
        let of = self.filtered().filter(|of| *of != Filtered::Table);
        let Some(of) = of.filter(|of| self.filter_text(*of).is_some_and(|text| !text.is_empty())) else {
            return false;
        };
        self.set_filter(of, "");
        true
    }

    /// Puts in force what is typed into the field. What was good stays: while the last term is wrong, those before it.
    pub(super) fn filter_typed(&mut self) {
        let Some(Layer::Filter { of, input, .. }) = self.layers.last() else { return };
        let (of, typed) = (*of, input.value().to_owned());
        let parsed = match (of, self.fleet.active()) {
            (Filtered::Table, None) => return,
            (Filtered::Table, Some(cluster)) => {
                let kind = cluster.view.kind();
                let unpickable = unpickable(kind, &typed).map(|why| Wrong { at: 0, why: why.to_owned() });
                let parsed = Filter::parse(&typed, cluster.tables.of(kind).columns());
                unpickable.map_or(parsed, Err)
            }
            (Filtered::Page | Filtered::Board, _) => Filter::of_texts(&typed),
        };
        let found = parsed.err();
        match &found {
            None => self.set_filter(of, &typed),
            Some(found) => {
                let at = typed.char_indices().nth(found.at).map_or(0, |(at, _)| at);
                let (good, bad) = typed.split_at(at);
                if !bad.contains(char::is_whitespace) {
                    self.set_filter(of, good.trim_end());
                }
            }
        }
        if let Some(Layer::Filter { wrong, .. }) = self.layers.last_mut() {
            *wrong = found;
        }
    }
}
