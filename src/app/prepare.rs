//! The last step before a frame: tables in order, cursors settled, widths grown. Must not know how anything is drawn.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::clock::Now;
use super::cluster::OpenCluster;
use super::columns::WIDEST;
use super::cursor::Cursor;
use super::layer::Layer;
use super::ordering::Work;
use super::pages::prepare_page;
use super::perform::sidebar_rows;
use super::state::App;
use super::tab::{Page, Pane};
use crate::model::health::Health;
use crate::model::ids::Uid;
use crate::model::kind::Kind;
use crate::table::engine::AnyTable;
use crate::table::order::{Job, Near};
use crate::table::query::{Only, Query};

/// The heights of the lists as they will be drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heights {
    /// Rows of the table, or of the page in its place.
    pub table: usize,
    /// Cells of them.
    pub width: usize,
    /// Entries of the page in place of the table.
    pub list: usize,
    /// Rows of the sidebar.
    pub sidebar: usize,
    /// Entries of the Fleet board.
    pub board: usize,
    /// Entries of the topmost dialog.
    pub dialog: usize,
    /// Columns of the table that can be scrolled out on the left.
    pub scroll: usize,
    /// Lines that can be scrolled out above, of a text without a cursor.
    pub deepest: usize,
}

impl App {
    /// Brings what is about to be drawn up to date with rows, queries and the clock.
    pub fn prepare(&mut self, heights: Heights) {
        self.page = match (self.layers.is_empty(), self.on_board()) {
            (false, _) => heights.dialog,
            (true, true) => heights.board,
            (true, false) if self.on_page() => heights.list,
            (true, false) => heights.table,
        };
        self.sideways = heights.scroll;
        // Whoever went beyond the end does not have to come back from there.
        if let Some(Layer::Help(top) | Layer::Diagnostics(top)) = self.layers.last_mut() {
            *top = (*top).min(heights.deepest);
        }
        let now = self.now.unix;
        if self.on_board() {
            let ids = self.board_rows();
            let position = |id: &_| ids.iter().position(|other| other == id);
            let (narrow, board) = (&mut self.fleet.narrow, &mut self.fleet.board);
            narrow.settle(board, ids.len(), heights.board, position, |index| ids.get(index).cloned());
            return;
        }
        let Some(cluster) = self.fleet.active_mut() else { return };
        let rows = sidebar_rows(cluster);
        let position = |name: &_| rows.iter().position(|other| other == name);
        rest_on_the_selected(cluster, &rows);
        cluster.view.sidebar.settle(rows.len(), heights.sidebar, position, |index| rows.get(index).cloned());
        if let Page::Details(view) = cluster.view.page_mut() {
            let zone = self.settings.time_zone.time_zone();
            let subject = cluster.subject.as_mut();
            if let Some((page, version)) = subject.and_then(|subject| subject.page(view.section, &zone)) {
                view.settle(page, version, heights, now);
            }
            return;
        }
        let recent = self.settings.events_recent;
        if prepare_page(cluster, heights, recent, now) {
            return;
        }
        if let Some(job) = prepare_table(cluster, heights.table, &self.now) {
            let kind = cluster.view.kind().clone();
            self.work.push(Work::Order(cluster.id.clone(), cluster.generation, kind, job));
        }
        if let Some(words) = missed(cluster) {
            self.toasts.push(words, Health::Unknown, &self.now);
        }
    }
}

/// While nobody moves in the sidebar its cursor rests on the one namespace that is shown, or on all of them, wherever that
/// was chosen, so that it is on screen.
fn rest_on_the_selected(cluster: &mut OpenCluster, rows: &[Option<Arc<str>>]) {
    let view = &mut cluster.view;
    if view.pane == Pane::Content && view.namespaces.is_empty() {
        view.sidebar = Cursor::default();
    }
    let (Pane::Content, 1, Some(only)) = (view.pane, view.namespaces.len(), view.namespaces.first()) else { return };
    if let Some(place) = rows.iter().position(|name| name.as_ref() == Some(only)) {
        view.sidebar.select(place, |index| rows.get(index).cloned());
    }
}

/// What to say of an object that was gone to and turns out not to be there.
fn missed(cluster: &mut OpenCluster) -> Option<String> {
    let kind = cluster.view.kind().clone();
    let listed = cluster.readings.get(&kind).is_some_and(|state| state.listed);
    let answered = cluster.tables.of(&kind).is_answered();
    let view = cluster.view.kind_view_mut();
    if view.sought.is_none() {
        view.missed = None;
    }
    let words = view.missed.take_if(|_| listed && answered)?;
    view.sought = None;
    Some(words)
}

fn prepare_table(cluster: &mut OpenCluster, height: usize, moment: &Now) -> Option<Job> {
    let now = moment.unix;
    let kind = cluster.view.kind().clone();
    let (unwell, namespaces) = (cluster.view.unwell, cluster.view.namespaces.clone());
    cluster.view.kind_view_mut().recall(&kind, cluster.tables.of(&kind).columns());
    let only = cluster.only();
    let view = cluster.view.kind_view_mut();
    view.query.unwell = unwell && kind != Kind::Namespaces;
    view.query.namespaces = if kind.namespaced() { namespaces } else { BTreeSet::new() };
    view.query.only = only;
    // Rows that come and go with what the server picks are no other question.
    let only = view.query.only.as_ref().map(|_| Only::These(Arc::default()));
    if view.asked.as_ref().is_none_or(|asked| !asked.is_like(&view.query) || asked.only.is_some() != only.is_some()) {
        view.widths.clear();
        view.anew = true;
        view.asked = Some(Query { only, ..view.query.clone() });
        view.asked_at = moment.mono;
    }
    let table = cluster.tables.of_mut(&kind);
    let selected = view.cursor.key.filter(|_| view.cursor.chosen);
    let job = table.refresh_beside(&view.query, Near { uid: selected, rows: height }, now);
    let table: &dyn AnyTable = table;
    view.marks.retain(|uid| table.has(*uid));
    let found = view.sought.as_ref().and_then(|(namespace, name)| table.place_of(namespace, name));
    if let Some(index) = found {
        view.sought = None;
        view.cursor.select(index, |index| table.uid_at(index));
    }
    if view.anew {
        view.cursor.look_again(|uid| table.position(*uid), |index| table.uid_at(index));
        view.anew = !table.is_answered();
    }
    view.cursor.settle(table.len(), height, |uid: &Uid| table.position(*uid), |index| table.uid_at(index));
    view.widths.resize(table.columns().len(), 0);
    let window = view.cursor.top..(view.cursor.top + height).min(table.len());
    for (column, width) in view.widths.iter_mut().enumerate() {
        for index in window.clone() {
            if let Some(cell) = table.cell(index, column, now) {
                let cells = crate::model::visible::cells(&cell.text) as u16;
                *width = (*width).max(cells.min(WIDEST));
            }
        }
    }
    job
}
