//! What a cluster's tab shows, and how it got there. Each tab keeps its own; must not know rows, nor other tabs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::attention::EntryKey;
use super::changes::About;
use super::columns::Arrangement;
use super::cursor::Cursor;
use super::details::DetailsView;
use super::filtering::Narrow;
use super::kept::Kept;
use super::overview::ItemKey;
use super::picked::Typed;
use super::tables::Tables;
use super::within::Within;
use crate::config::state::SavedTable;
use crate::model::ids::Uid;
use crate::model::kind::Kind;
use crate::model::resource::ApiResource;
use crate::table::query::{Query, Sort};

/// Places that Back finds again.
const TRAIL: usize = 50;

/// The two panes of a cluster's tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pane {
    /// Namespaces.
    Sidebar,
    /// The table, or what else fills the content.
    #[default]
    Content,
}

/// What fills the content of a tab.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Page {
    /// The table of the kind on screen.
    #[default]
    Table,
    /// One object.
    Details(Box<DetailsView>),
    /// What there is in the cluster, what it carries, what is wrong.
    Overview(Cursor<ItemKey>),
    /// What needs a person, worst first.
    Attention(Cursor<EntryKey>),
    /// What changed, newest first; of one object if it is given.
    Changes(Option<Box<About>>, Cursor<u64>),
    /// Why one object is as it is, scrolled down by a number of lines.
    Explain(Box<About>, usize),
}

/// What a cluster's tab shows; each tab keeps its own.
pub struct ClusterView {
    /// The pane that has the keys.
    pub pane: Pane,
    /// Selected namespaces; all that may be seen if empty.
    pub namespaces: BTreeSet<Arc<str>>,
    /// Namespaces typed in where listing them is denied.
    pub typed: Vec<Arc<str>>,
    /// Only what needs a person.
    pub unwell: bool,
    /// All columns, scrolled sideways.
    pub wide: bool,
    /// The columns a person chose, by kind.
    pub columns: BTreeMap<String, Arrangement>,
    /// The sidebar's selection: a namespace, or `None` for all of them.
    pub sidebar: Cursor<Option<Arc<str>>>,
    /// What is on screen.
    here: Stop,
    /// Selection, order and filter of the kinds that are not on screen.
    kinds: BTreeMap<Kind, KindView>,
    /// How the last run left the tables of kinds that were not shown in this one.
    pub(super) left: BTreeMap<String, SavedTable>,
    /// Where Back leads, the latest last.
    back: Vec<Stop>,
    /// Where Forward leads, the next last.
    forward: Vec<Stop>,
}

/// A place one can come back to.
#[derive(Clone, Debug)]
struct Stop {
    page: Page,
    /// The filter of the page, if that is a list of its own.
    narrow: Narrow,
    kind: Kind,
    within: Option<Within>,
    table: KindView,
    namespaces: BTreeSet<Arc<str>>,
}

/// What one table of one tab shows.
#[derive(Clone, Debug)]
pub struct KindView {
    /// Selection and scroll position.
    pub cursor: Cursor<Uid>,
    /// Order and filter.
    pub query: Query,
    /// What of the filter the server is asked for, as it was last accepted.
    pub typed: Typed,
    /// The object to be selected once it is there, by namespace and name.
    pub sought: Option<(Arc<str>, Arc<str>)>,
    /// What to say if it turns out not to be there.
    pub missed: Option<String>,
    /// Columns scrolled out on the left.
    pub scrolled: usize,
    /// The widest each column has been; it grows at once and shrinks only with a new question.
    pub widths: Vec<u16>,
    /// The question the widths belong to.
    pub asked: Option<Query>,
    /// When that was.
    pub asked_at: Duration,
    /// That question is another than before, and was not answered yet when the selected row was last looked for.
    pub anew: bool,
    /// Marked rows.
    pub marks: BTreeSet<Uid>,
    /// The row that was marked last, from which a range goes.
    pub anchor: Option<Uid>,
    /// How it was left, and is to be kept.
    pub(super) kept: Kept,
}

impl Default for ClusterView {
    fn default() -> Self {
        Self {
            pane: Pane::Content,
            namespaces: BTreeSet::new(),
            typed: Vec::new(),
            unwell: false,
            wide: false,
            columns: BTreeMap::new(),
            sidebar: Cursor::default(),
            here: Stop {
                page: Page::Table,
                narrow: Narrow::default(),
                kind: Kind::Pods,
                within: None,
                table: KindView::of(&Kind::Pods),
                namespaces: BTreeSet::new(),
            },
            kinds: BTreeMap::new(),
            left: BTreeMap::new(),
            back: Vec::new(),
            forward: Vec::new(),
        }
    }
}

impl ClusterView {
    /// What fills the content.
    #[must_use]
    pub fn page(&self) -> &Page {
        &self.here.page
    }

    /// What fills the content, to be changed.
    pub fn page_mut(&mut self) -> &mut Page {
        &mut self.here.page
    }

    /// The filter of the page on screen.
    #[must_use]
    pub fn narrow(&self) -> &Narrow {
        &self.here.narrow
    }

    /// The filter of the page on screen, to be changed.
    pub fn narrow_mut(&mut self) -> &mut Narrow {
        &mut self.here.narrow
    }

    /// The page on screen and its filter, to be changed.
    pub fn page_and_narrow_mut(&mut self) -> (&mut Page, &mut Narrow) {
        (&mut self.here.page, &mut self.here.narrow)
    }

    /// Fills the content; a page that is opened has no filter yet.
    fn put(&mut self, page: Page) {
        (self.here.page, self.here.narrow) = (page, Narrow::default());
    }

    /// The kind of the table on screen, or below what is on screen.
    #[must_use]
    pub fn kind(&self) -> &Kind {
        &self.here.kind
    }

    /// The object whose own the table on screen is narrowed to.
    #[must_use]
    pub fn within(&self) -> Option<&Within> {
        self.here.within.as_ref()
    }

    /// The view of the kind on screen.
    #[must_use]
    pub fn kind_view(&self) -> &KindView {
        &self.here.table
    }

    /// The view of the kind on screen, to be changed.
    pub fn kind_view_mut(&mut self) -> &mut KindView {
        &mut self.here.table
    }

    /// The columns chosen for the kind on screen.
    #[must_use]
    pub fn arrangement(&self) -> Arrangement {
        self.columns.get(&self.here.kind.to_string()).cloned().unwrap_or_default()
    }

    /// The columns chosen for the kind on screen, to be changed.
    pub fn arrangement_mut(&mut self) -> &mut Arrangement {
        self.columns.entry(self.here.kind.to_string()).or_default()
    }

    /// Puts a kind's table on screen, as it was left. What was there before is not a place to come back to.
    pub fn switch(&mut self, kind: Kind) {
        self.put(Page::Table);
        if kind == self.here.kind && self.here.within.is_none() {
            return;
        }
        self.put_away();
        self.here.within = None;
        self.here.table = self.kinds.remove(&kind).unwrap_or_else(|| self.fresh(&kind));
        self.here.kind = kind;
    }

    /// Puts the part of a kind's table on screen that belongs to an object; Back leads to what is there now.
    pub fn show_within(&mut self, kind: Kind, within: Within) {
        self.leave();
        self.put_away();
        // What belongs to an object of no namespace is in any.
        if within.of.namespace.is_empty() {
            self.namespaces.clear();
        }
        self.put(Page::Table);
        self.here.table = KindView::of(&kind);
        self.here.within = Some(within);
        self.here.kind = kind;
    }

    /// Lifts whatever hides an object of a namespace on the table on screen, but for its filter. That the well are hidden
    /// holds for all kinds, and cannot for this object.
    pub fn show_all_of(&mut self, namespace: &str) {
        self.pane = Pane::Content;
        if !namespace.is_empty() && !self.namespaces.contains(namespace) {
            self.namespaces.clear();
        }
        self.unwell = false;
    }

    /// Keeps the table on screen for when its kind is shown again; a narrowed one is a place, not how a kind was left.
    fn put_away(&mut self) {
        if self.here.within.is_none() {
            self.kinds.insert(self.here.kind.clone(), self.here.table.clone());
        }
    }

    /// Every table that was shown, as it is now or was left.
    pub(super) fn tables(&self) -> impl Iterator<Item = (&Kind, &KindView)> {
        let here = (&self.here.kind, &self.here.table);
        let others = self.kinds.iter().filter(move |(kind, _)| *kind != here.0 || self.here.within.is_some());
        others.chain(self.here.within.is_none().then_some(here))
    }

    /// Takes over what discovery says of the kind on screen: its version may be another than when it was last seen.
    pub fn renew(&mut self, resources: &[Arc<ApiResource>]) {
        if let Kind::Other(known) = &mut self.here.kind
            && let Some(fresh) = resources.iter().find(|fresh| *fresh == known)
        {
            known.clone_from(fresh);
        }
    }

    /// Puts a kind's table on screen; Back leads to what is there now.
    pub fn show(&mut self, kind: Kind) {
        self.leave();
        self.switch(kind);
    }

    /// Fills the content with a page; Back leads to what is there now.
    pub fn open(&mut self, page: Page) {
        self.leave();
        self.put(page);
    }

    /// Goes back to the place before this one; returns whether there was one.
    pub fn go_back(&mut self) -> bool {
        let Some(stop) = self.back.pop() else { return false };
        let left = self.travel(stop);
        self.forward.push(left);
        true
    }

    /// Goes forward to where Back came from; returns whether there was such a place.
    pub fn go_forward(&mut self) -> bool {
        let Some(stop) = self.forward.pop() else { return false };
        let left = self.travel(stop);
        self.back.push(left);
        true
    }

    fn leave(&mut self) {
        if self.back.len() == TRAIL {
            self.back.remove(0);
        }
        self.back.push(Stop { namespaces: self.namespaces.clone(), ..self.here.clone() });
        self.forward.clear();
    }

    fn travel(&mut self, to: Stop) -> Stop {
        let namespaces = std::mem::replace(&mut self.namespaces, to.namespaces.clone());
        self.put_away();
        let left = std::mem::replace(&mut self.here, to);
        // How a kind is sorted belongs to it, not to a place: what was chosen last holds.
        if let Some(latest) = self.kinds.get(&self.here.kind).filter(|_| self.here.within.is_none()) {
            self.here.table.query.sort = latest.query.sort;
        }
        Stop { namespaces, ..left }
    }
}

impl KindView {
    pub(super) fn of(kind: &Kind) -> Self {
        Self {
            cursor: Cursor::default(),
            query: Tables::default_query(kind),
            typed: Typed::default(),
            sought: None,
            missed: None,
            scrolled: 0,
            widths: Vec::new(),
            asked: None,
            asked_at: Duration::ZERO,
            anew: false,
            marks: BTreeSet::new(),
            anchor: None,
            kept: Kept::default(),
        }
    }

    /// Asks for another order. Whoever is on the first row looks at the top, and goes on doing so.
    pub fn sort_by(&mut self, sort: Sort) {
        self.query.sort = sort;
        self.cursor.chosen &= self.cursor.index > 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_and_forward_lead_where_one_was() {
        let mut view = ClusterView::default();
        view.kind_view_mut().query.text = "cart".to_owned();
        view.show(Kind::Nodes);
        view.namespaces.insert("a".into());
        view.show(Kind::Events);
        assert!(view.go_back());
        assert_eq!((view.kind(), view.namespaces.len()), (&Kind::Nodes, 1));
        assert!(view.go_back());
        assert_eq!((view.kind(), &*view.kind_view().query.text, view.namespaces.len()), (&Kind::Pods, "cart", 0));
        assert!(!view.go_back());
        assert!(view.go_forward() && view.go_forward());
        assert_eq!(view.kind(), &Kind::Events);
        assert!(!view.go_forward());
    }

    #[test]
    fn back_leads_to_a_kind_as_it_was_sorted_last() {
        let mut view = ClusterView::default();
        view.show(Kind::Nodes);
        view.show(Kind::Pods);
        let chosen = Sort { column: 3, descending: true };
        view.kind_view_mut().sort_by(chosen);
        assert!(view.go_back() && view.go_back());
        assert_eq!((view.kind(), view.kind_view().query.sort), (&Kind::Pods, chosen));
    }

    #[test]
    fn a_kind_comes_back_as_it_was_left() {
        let mut view = ClusterView::default();
        view.kind_view_mut().query.text = "cart".to_owned();
        view.switch(Kind::Nodes);
        assert_eq!(view.kind_view().query.text, "");
        view.switch(Kind::Pods);
        assert_eq!(view.kind_view().query.text, "cart");
    }

    #[test]
    fn the_trail_is_bounded() {
        let mut view = ClusterView::default();
        for _ in 0..TRAIL {
            view.show(Kind::Nodes);
            view.show(Kind::Pods);
        }
        assert_eq!(view.back.len(), TRAIL);
    }
}
