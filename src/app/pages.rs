//! The pages of a tab that are no table: what opens them, moves in them, and where Enter leads from them.
//!
//! Must not know how a page is drawn, nor what makes an entry.

use super::accept::go_to_object;
use super::attention::{Entry, EntryKey};
use super::chooser::{Choice, Chooser, Entry as Item};
use super::cluster::OpenCluster;
use super::cursor::Cursor;
use super::ignored::spoken;
use super::layer::Layer;
use super::message::Effect;
use super::prepare::Heights;
use super::state::{App, Screen};
use super::tab::{Page, Pane};
use crate::config::state::IgnoredAttention;
use crate::model::age::Unix;

impl App {
    /// Whether one of these pages fills the screen.
    #[must_use]
    pub fn on_page(&self) -> bool {
        let front = self.fleet.active().filter(|_| self.screen == Screen::Cluster);
        front.is_some_and(|cluster| is_list(cluster.view.page()))
    }

    /// Opens a page of the cluster that is meant; where it is open already, it closes.
    pub(super) fn open_page(&mut self, page: Page, effects: &mut Vec<Effect>) {
        let Some(id) = self.meant() else { return };
        let was_front = self.screen == Screen::Cluster;
        self.go_to_cluster(&id, effects);
        let Some(cluster) = self.fleet.active_mut() else { return };
        cluster.view.pane = Pane::Content;
        let same = std::mem::discriminant(cluster.view.page()) == std::mem::discriminant(&page);
        if same && was_front {
            cluster.view.go_back();
        } else if !same {
            cluster.view.open(page);
        }
    }

    /// Leaves such a page; returns whether one was there.
    pub(super) fn leave_page(&mut self) -> bool {
        self.on_page() && self.fleet.active_mut().is_some_and(|cluster| cluster.view.go_back())
    }

    /// Moves in the page in front; returns whether there is one.
    pub(super) fn step_page(&mut self, by: isize) -> bool {
        if !self.on_page() {
            return false;
        }
        let Some(cluster) = self.fleet.active_mut() else { return false };
        let entries = &cluster.attention.entries;
        match cluster.view.page_mut() {
            Page::Attention(cursor) => cursor.step(by, entries.len(), |index| entries.get(index).map(Entry::key)),
            _ => return false,
        }
        true
    }

    /// Selects an entry of the page in front.
    pub(super) fn select_on_page(&mut self, row: usize) {
        let Some(cluster) = self.fleet.active_mut() else { return };
        let entries = &cluster.attention.entries;
        if let Page::Attention(cursor) = cluster.view.page_mut() {
            cursor.select(row, |index| entries.get(index).map(Entry::key));
        }
    }

    /// Goes to what the selected entry is about; returns whether such a page is in front.
    pub(super) fn enter_page(&mut self) -> bool {
        if !self.on_page() {
            return false;
        }
        let Some(cluster) = self.fleet.active_mut() else { return false };
        if let Some(entry) = selected_entry(cluster) {
            let (kind, namespace, name, uid) =
                (entry.kind.clone(), entry.namespace.clone(), entry.name.clone(), entry.uid);
            go_to_object(cluster, &kind, &namespace, &name, uid);
        }
        true
    }

    /// Asks how far the selected entry is to be ignored.
    pub(super) fn ask_ignore(&mut self) {
        let Some(cluster) = self.fleet.active().filter(|_| self.on_page()) else { return };
        let Some(entry) = selected_entry(cluster) else { return };
        let id = Some(cluster.id.to_string());
        let cause = Some(entry.cause.title().to_owned());
        let choices = [
            IgnoredAttention { cluster: id.clone(), object: Some(entry.subject.clone()), cause: None },
            IgnoredAttention { cluster: id, object: None, cause: cause.clone() },
            IgnoredAttention { cluster: None, object: None, cause },
        ];
        let items = choices.map(|what| Item::new(Choice::Ignore(what.clone(), true), spoken(&what)));
        let mut chooser = Chooser::new("Ignore", items.into());
        chooser.note = format!("on {}: what is ignored does not count as unwell", cluster.name);
        self.layers.push(Layer::Ignore(chooser));
    }

    /// Lists what is ignored, to be heard of again.
    pub(super) fn list_ignored(&mut self) {
        let items = self.ignored.iter().rev().map(|what| Item::new(Choice::Ignore(what.clone(), false), spoken(what)));
        let mut chooser = Chooser::new("Ignored by Attention", items.collect());
        "Enter hears of it again".clone_into(&mut chooser.note);
        self.layers.push(Layer::Ignore(chooser));
    }
}

/// Whether a page is a list of its own.
fn is_list(page: &Page) -> bool {
    matches!(page, Page::Attention(_))
}

/// The entry of Attention that is selected.
#[must_use]
pub fn selected_entry(cluster: &OpenCluster) -> Option<&Entry> {
    let Page::Attention(cursor) = cluster.view.page() else { return None };
    cluster.attention.entries.get(cursor.index)
}

/// Brings the page in front up to date; returns whether there is one.
pub(super) fn prepare_page(cluster: &mut OpenCluster, heights: Heights, now: Unix) -> bool {
    if matches!(cluster.view.page(), Page::Attention(_)) {
        cluster.attend(now);
    }
    let entries = &cluster.attention.entries;
    match cluster.view.page_mut() {
        Page::Attention(cursor) => settle_entries(cursor, entries, heights.list),
        _ => return false,
    }
    true
}

fn settle_entries(cursor: &mut Cursor<EntryKey>, entries: &[Entry], height: usize) {
    let position = |key: &EntryKey| entries.iter().position(|entry| (entry.cause, &entry.subject) == (key.0, &key.1));
    cursor.settle(entries.len(), height, position, |index| entries.get(index).map(Entry::key));
}
