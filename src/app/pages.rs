//! The pages of a tab that are no table: what opens them, moves in them, and where Enter leads from them.
//!
//! Must not know how a page is drawn, nor what makes an entry.

use std::sync::Arc;
use std::time::Duration;

use super::accept::go_to_object;
use super::attention::{Entry, EntryKey};
use super::changes::{About, Change, about_event};
use super::chooser::{Choice, Chooser, Entry as Item};
use super::cluster::OpenCluster;
use super::cursor::Cursor;
use super::ignored::spoken;
use super::layer::Layer;
use super::message::Effect;
use super::overview::{Item as Overlooked, ItemKey, Lead};
use super::prepare::Heights;
use super::state::{App, Screen};
use super::tab::{Page, Pane};
use super::within::Within;
use crate::config::state::IgnoredAttention;
use crate::model::age::Unix;
use crate::model::event::EventRow;
use crate::model::health::Health;
use crate::model::kind::Kind;
use crate::model::pod::PodRow;

/// Whether two pages are the same one. What changed of one object is another page than what changed of all of them.
fn is_same(page: &Page, other: &Page) -> bool {
    match (page, other) {
        (Page::Changes(None, _), Page::Changes(None, _)) => true,
        (Page::Changes(Some(about), _), Page::Changes(Some(other), _)) => about.is(other),
        (Page::Changes(..), Page::Changes(..)) => false,
        _ => std::mem::discriminant(page) == std::mem::discriminant(other),
    }
}

/// More lines than any explanation has.
const FARTHEST: usize = 500;

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
        let same = is_same(cluster.view.page(), &page);
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
        let (shown, numbers) = shown(cluster);
        let (entries, items) = (&cluster.attention.entries, &cluster.overview.items);
        match cluster.view.page_mut() {
            Page::Overview(cursor) => cursor.step(by, items.len(), |index| items.get(index).map(Overlooked::key)),
            Page::Attention(cursor) => cursor.step(by, shown.len(), |index| key_at(entries, &shown, index)),
            Page::Changes(_, cursor) => cursor.step(by, numbers.len(), |index| numbers.get(index).copied()),
            Page::Explain(_, top) => *top = top.saturating_add_signed(by).min(FARTHEST),
            _ => return false,
        }
        true
    }

    /// Selects an entry of the page in front.
    pub(super) fn select_on_page(&mut self, row: usize) {
        let Some(cluster) = self.fleet.active_mut() else { return };
        let (shown, numbers) = shown(cluster);
        let (entries, items) = (&cluster.attention.entries, &cluster.overview.items);
        match cluster.view.page_mut() {
            Page::Overview(cursor) => cursor.select(row, |index| items.get(index).map(Overlooked::key)),
            Page::Attention(cursor) => cursor.select(row, |index| key_at(entries, &shown, index)),
            Page::Changes(_, cursor) => cursor.select(row, |index| numbers.get(index).copied()),
            _ => {}
        }
    }

    /// Goes to what the selected entry is about; returns whether such a page is in front.
    pub(super) fn enter_page(&mut self) -> bool {
        if !self.on_page() {
            return false;
        }
        let Some(cluster) = self.fleet.active_mut() else { return false };
        if let Some(item) = selected_item(cluster) {
            let lead = item.lead.clone();
            follow(cluster, &lead);
            return true;
        }
        if let Some(entry) = selected_entry(cluster).cloned() {
            go_to_entry(cluster, &entry);
        }
        let explained = match cluster.view.page() {
            Page::Explain(about, _) => Some((**about).clone()),
            _ => None,
        };
        if let Some(about) = explained.or_else(|| selected_change(cluster).map(|change| change.about.clone()))
            && about.kind.is_some()
            && let Err(gone) = go_to(cluster, &about)
        {
            self.toasts.push(gone, Health::Unknown, &self.now);
        }
        true
    }

    /// The object that is selected in the tab in front, in its table or on its page.
    #[must_use]
    pub fn selected_object(&self) -> Option<About> {
        let cluster = self.fleet.active().filter(|_| self.screen == Screen::Cluster)?;
        match cluster.view.page() {
            Page::Overview(_) => about_item(cluster),
            Page::Attention(_) => selected_entry(cluster).map(about_entry),
            Page::Changes(..) => selected_change(cluster).map(|change| change.about.clone()),
            Page::Explain(about, _) => Some((**about).clone()),
            _ => selected_row(cluster, self.now.unix),
        }
    }

    /// Opens what there is to explain about the selected object.
    pub(super) fn open_explain(&mut self, effects: &mut Vec<Effect>) {
        let cluster = self.fleet.active();
        if let Some(about) = self.selected_object().zip(cluster).map(|(about, cluster)| identified(cluster, about)) {
            self.open_page(Page::Explain(Box::new(about), 0), effects);
        }
    }

    /// Opens what changed of the selected object.
    pub(super) fn open_changes_here(&mut self, effects: &mut Vec<Effect>) {
        if let Some(about) = self.selected_object() {
            self.open_page(Page::Changes(Some(Box::new(about)), Cursor::default()), effects);
        }
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
        if self.ignored.is_empty() {
            return self.toasts.push("Attention ignores nothing".to_owned(), Health::Unknown, &self.now);
        }
        let items = self.ignored.iter().rev().map(|what| Item::new(Choice::Ignore(what.clone(), false), spoken(what)));
        let mut chooser = Chooser::new("Ignored by Attention", items.collect());
        "Enter hears of it again".clone_into(&mut chooser.note);
        self.layers.push(Layer::Ignore(chooser));
    }
}

/// Goes to the object that something was told of; an error if it is known to be gone, for no other will do.
fn go_to(cluster: &mut OpenCluster, about: &About) -> Result<(), String> {
    let gone = || format!("{} is gone", about.spoken());
    if about.kind.is_none() {
        return Ok(());
    }
    // Of what is of no known kind there is the event that told of it.
    let object = cluster.object(about);
    let (kind, uid) = object.map_or((Kind::Events, about.uid), |object| (object.kind, object.uid));
    let tables = &cluster.tables;
    let there = match (&kind, uid) {
        (Kind::Pods, Some(uid)) => tables.pods.get(uid).is_some(),
        (Kind::Nodes, Some(uid)) => tables.nodes.get(uid).is_some(),
        (Kind::Pods, None) => tables.pods.rows().any(|row| row.namespace == about.namespace && row.name == about.name),
        _ => true,
    };
    if !there && cluster.readings.get(&kind).is_some_and(|state| state.listed) {
        return Err(gone());
    }
    go_to_object(cluster, &kind, &about.namespace, &about.name, uid);
    if uid.is_none() && kind != Kind::Events {
        let view = cluster.view.kind_view_mut();
        let namespace = if kind.namespaced() { about.namespace.clone() } else { "".into() };
        (view.sought, view.missed) = (Some((namespace, about.name.as_ref().into())), Some(gone()));
    }
    Ok(())
}

/// Goes to what an entry of Attention is about: the object, or the table of all that suffer alike.
fn go_to_entry(cluster: &mut OpenCluster, entry: &Entry) {
    let Some(within) = Within::alike(cluster, entry) else {
        return go_to_object(cluster, &entry.kind, &entry.namespace, &entry.name, entry.uid);
    };
    cluster.view.show_within(entry.kind.clone(), within);
    cluster.view.show_all_of(&entry.namespace);
}

/// Whether a page is a list of its own.
fn is_list(page: &Page) -> bool {
    matches!(page, Page::Overview(_) | Page::Attention(_) | Page::Changes(..) | Page::Explain(..))
}

/// The entry of Attention that is selected, there or in the overview.
#[must_use]
pub fn selected_entry(cluster: &OpenCluster) -> Option<&Entry> {
    match cluster.view.page() {
        Page::Attention(cursor) => cluster.attention.entries.get(*cluster.shown_entries().get(cursor.index)?),
        Page::Overview(_) => match &selected_item(cluster)?.lead {
            Lead::Entry(key) => cluster.attention.entries.iter().find(|entry| entry.key() == *key),
            _ => None,
        },
        _ => None,
    }
}

/// What the page in front lists, as its filter has it: the places of entries, or the numbers of changes.
fn shown(cluster: &OpenCluster) -> (Vec<usize>, Vec<u64>) {
    match cluster.view.page() {
        Page::Attention(_) => (cluster.shown_entries(), Vec::new()),
        Page::Changes(about, _) => {
            (Vec::new(), cluster.shown_changes(about.as_deref()).map(|change| change.number).collect())
        }
        _ => (Vec::new(), Vec::new()),
    }
}

fn key_at(entries: &[Entry], shown: &[usize], index: usize) -> Option<EntryKey> {
    entries.get(*shown.get(index)?).map(Entry::key)
}

/// Brings the page in front up to date; returns whether there is one.
pub(super) fn prepare_page(cluster: &mut OpenCluster, heights: Heights, recent: Duration, now: Unix) -> bool {
    match cluster.view.page() {
        Page::Attention(_) | Page::Explain(..) => cluster.attend(now),
        Page::Overview(_) => cluster.oversee(recent, now),
        _ => {}
    }
    let (shown, numbers) = shown(cluster);
    let (entries, items) = (&cluster.attention.entries, &cluster.overview.items);
    let (page, narrow) = cluster.view.page_and_narrow_mut();
    match page {
        Page::Overview(cursor) => {
            let position = |key: &ItemKey| items.iter().position(|item| (item.section, &item.lead) == (key.0, &key.1));
            // All lines are laid out anyway: the page scrolls by what it draws.
            cursor.settle(items.len(), items.len(), position, |index| items.get(index).map(Overlooked::key));
        }
        Page::Attention(cursor) => {
            let is = |place: &usize, key: &EntryKey| {
                entries.get(*place).is_some_and(|entry| (entry.cause, &entry.subject) == (key.0, &key.1))
            };
            let position = |key: &EntryKey| shown.iter().position(|place| is(place, key));
            narrow.settle(cursor, shown.len(), heights.list, position, |index| key_at(entries, &shown, index));
        }
        Page::Changes(_, cursor) => {
            // Newest first; but numbers tell when a change was learned of, which may have been later.
            let position = |number: &u64| numbers.iter().position(|it| it == number);
            narrow.settle(cursor, numbers.len(), heights.list, position, |index| numbers.get(index).copied());
        }
        Page::Explain(_, top) => *top = (*top).min(heights.deepest),
        _ => return false,
    }
    true
}

/// The item of the overview that is selected.
#[must_use]
pub fn selected_item(cluster: &OpenCluster) -> Option<&Overlooked> {
    let Page::Overview(cursor) = cluster.view.page() else { return None };
    cluster.overview.items.get(cursor.index)
}

/// Goes where an item of the overview leads.
fn follow(cluster: &mut OpenCluster, lead: &Lead) {
    match lead {
        Lead::Attention => cluster.view.open(Page::Attention(Cursor::default())),
        Lead::Table(kind) => {
            cluster.view.show(kind.clone());
            cluster.view.pane = Pane::Content;
        }
        Lead::Warnings(reason) => {
            cluster.view.show(Kind::Events);
            cluster.view.namespaces.clear();
            cluster.view.pane = Pane::Content;
            cluster.view.kind_view_mut().query.text = format!("type=Warning reason=\"{reason}\"");
        }
        Lead::Entry(key) => {
            let entry = cluster.attention.entries.iter().find(|entry| entry.key() == *key).cloned();
            entry.inspect(|entry| go_to_entry(cluster, entry));
        }
        Lead::Node(_) | Lead::Pod(_) => {
            let Some(About { kind: Some(kind), namespace, name, uid, .. }) = about_lead(cluster, lead) else { return };
            go_to_object(cluster, &kind, &namespace, &name, uid);
        }
    }
}

fn about_item(cluster: &OpenCluster) -> Option<About> {
    about_lead(cluster, &selected_item(cluster)?.lead)
}

/// The object that an item of the overview leads to.
fn about_lead(cluster: &OpenCluster, lead: &Lead) -> Option<About> {
    match lead {
        Lead::Entry(key) => cluster.attention.entries.iter().find(|entry| entry.key() == *key).map(about_entry),
        Lead::Node(uid) => cluster.tables.nodes.get(*uid).map(|node| {
            let (kind, name) = (Some(Kind::Nodes), node.name.clone());
            About { kind, word: "node".into(), namespace: "".into(), name, uid: Some(*uid) }
        }),
        Lead::Pod(uid) => cluster.tables.pods.get(*uid).map(|pod| {
            let (kind, namespace, name) = (Some(Kind::Pods), pod.namespace.clone(), pod.name.clone());
            About { kind, word: "pod".into(), namespace, name, uid: Some(*uid) }
        }),
        Lead::Attention | Lead::Table(_) | Lead::Warnings(_) => None,
    }
}

/// The change that is selected.
#[must_use]
pub fn selected_change(cluster: &OpenCluster) -> Option<&Change> {
    let Page::Changes(about, cursor) = cluster.view.page() else { return None };
    cluster.shown_changes(about.as_deref()).nth(cursor.index)
}

fn about_entry(entry: &Entry) -> About {
    let word = match entry.kind {
        Kind::Pods => "pod",
        Kind::Nodes => "node",
        _ => entry.subject.split(' ').next().unwrap_or_default(),
    };
    let (kind, namespace) = (Some(entry.kind.clone()), entry.namespace.clone());
    About { kind, word: word.into(), namespace, name: entry.name.as_str().into(), uid: entry.uid }
}

fn selected_row(cluster: &OpenCluster, now: Unix) -> Option<About> {
    let kind = cluster.view.kind();
    let cursor = &cluster.view.kind_view().cursor;
    if let Some(event) = cursor.key.filter(|_| *kind == Kind::Events).and_then(|uid| cluster.tables.events.get(uid)) {
        return Some(about_told(cluster, event));
    }
    let (namespace, name, _) = cluster.tables.of(kind).explain_at(cursor.index, now)?;
    let word = match kind {
        Kind::Pods => "pod".into(),
        Kind::Nodes => "node".into(),
        Kind::Events => "event".into(),
        Kind::Namespaces => "namespace".into(),
        Kind::Other(resource) => resource.kind.to_lowercase().into_boxed_str(),
    };
    Some(About { kind: Some(kind.clone()), word, namespace: namespace.into(), name: name.into(), uid: cursor.key })
}

/// What an event tells of.
fn about_told(cluster: &OpenCluster, event: &EventRow) -> About {
    identified(cluster, about_event(event))
}

/// The same with its identity if it is a pod or node that is there.
fn identified(cluster: &OpenCluster, mut about: About) -> About {
    let tables = &cluster.tables;
    if about.uid.is_some() && about.kind != Some(Kind::Events) {
        return about;
    }
    let is_pod = |pod: &&PodRow| pod.name == about.name && pod.namespace == about.namespace;
    (about.kind, about.uid) = match &*about.word {
        "pod" => (Some(Kind::Pods), tables.pods.rows().find(is_pod).map(|pod| pod.uid)),
        // Events of what lives in no namespace stand in `default`.
        "node" => {
            about.namespace = Arc::from("");
            (Some(Kind::Nodes), tables.nodes.rows().find(|node| node.name == about.name).map(|node| node.uid))
        }
        _ => (about.kind, about.uid),
    };
    about
}
