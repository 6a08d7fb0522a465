//! Marked rows, and what is copied or saved of a table. Must not know the clipboard nor the disk.

use std::collections::BTreeSet;

use super::action::Action;
use super::chooser::{Choice, Chooser, Entry};
use super::cluster::OpenCluster;
use super::details::MOST_COPIED;
use super::layer::Layer;
use super::message::Effect;
use super::ordering::Work;
use super::state::App;
use crate::model::health::Health;
use crate::model::ids::Uid;
use crate::table::engine::AnyTable;
use crate::table::export::Format;

/// Where a written table goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// The terminal's clipboard.
    Clipboard,
    /// A file of its own.
    File,
}

/// A table as text.
#[derive(Debug)]
pub struct Written {
    /// A name for a file.
    pub name: String,
    /// Where it goes.
    pub destination: Destination,
    /// The text.
    pub text: String,
}

impl App {
    /// Marks the selected row, or takes its mark away, and goes on to the next.
    pub(super) fn mark(&mut self) {
        let Some(cluster) = self.fleet.active_mut() else { return };
        let view = cluster.view.kind_view_mut();
        let Some(uid) = view.cursor.key else { return };
        if !view.marks.remove(&uid) {
            view.marks.insert(uid);
        }
        view.anchor = Some(uid);
        self.step_by(1);
    }

    /// Marks every row from the one marked last to the selected one.
    pub(super) fn mark_range(&mut self) {
        let Some(cluster) = self.fleet.active_mut() else { return };
        let table = cluster.tables.of(cluster.view.kind());
        let view = cluster.view.kind_view_mut();
        let here = view.cursor.index;
        let anchor = view.anchor.and_then(|uid| table.position(uid)).unwrap_or(here);
        view.marks.extend((here.min(anchor)..=here.max(anchor)).filter_map(|index| table.uid_at(index)));
        view.anchor = view.cursor.key;
    }

    /// Copies the names of the marked rows, or of the selected one.
    pub(super) fn copy_names(&mut self, effects: &mut Vec<Effect>) {
        let Some(cluster) = self.fleet.active() else { return };
        let now = self.now.unix;
        let table = cluster.tables.of(cluster.view.kind());
        let name = |index| table.explain_at(index, now).map(|(_, name, _)| name.to_owned());
        let names: Vec<String> = meant(cluster, table).into_iter().filter_map(name).collect();
        let told = match names.as_slice() {
            [] => return,
            [only] => format!("{only} copied"),
            several => format!("{} names copied", several.len()),
        };
        self.copy(names.join("\n"), told, effects);
    }

    /// Hands a text to the clipboard and says so; one that is too large is refused.
    pub(super) fn copy(&mut self, text: String, told: String, effects: &mut Vec<Effect>) {
        if text.len() > MOST_COPIED {
            let text = "too large for the clipboard of a terminal".to_owned();
            self.toasts.push(text, Health::Warning, &self.now);
        } else {
            effects.push(Effect::Copy(text));
            self.toasts.push(told, Health::Healthy, &self.now);
        }
    }

    /// Writes the table, or its marked rows, beside the loop.
    pub(super) fn write_table(&mut self, action: Action) {
        let Some(cluster) = self.fleet.active() else { return };
        let (kind, view) = (cluster.view.kind().clone(), &cluster.view);
        let table = cluster.tables.of(&kind);
        let columns =
            view.arrangement().arrange(table.columns(), view.wide, view.kind_view().query.sort.column).into_iter();
        let columns = columns.map(|arranged| (arranged.index, arranged.column)).collect();
        let only = marked(cluster).map(|_| meant(cluster, table));
        let export = table.export(columns, only, self.now.unix);
        let format = if matches!(action, Action::CopyTsv | Action::SaveTsv) { Format::Tsv } else { Format::Json };
        let to_file = matches!(action, Action::SaveTsv | Action::SaveJson);
        let destination = if to_file { Destination::File } else { Destination::Clipboard };
        let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '-' };
        let name: String = format!("{}-{kind}", cluster.name).chars().map(plain).collect();
        let name = format!("{name}-{}.{}", self.now.unix.0, format.ending());
        self.work.push(Work::Write(export, format, name, destination));
    }

    /// Passes a written table on.
    pub(super) fn written(&mut self, written: Written, effects: &mut Vec<Effect>) {
        match written.destination {
            Destination::Clipboard => self.copy(written.text, "table copied".to_owned(), effects),
            Destination::File => effects.push(Effect::SaveTable { name: written.name, text: written.text }),
        }
    }

    /// Forgets the marks of the table on screen; returns whether there were any.
    pub(super) fn unmark(&mut self) -> bool {
        let Some(view) = self.kind_view_mut() else { return false };
        !std::mem::take(&mut view.marks).is_empty()
    }

    /// Lists the cells of the selected row, to copy one of them.
    pub(super) fn choose_cell(&mut self) {
        let Some(cluster) = self.fleet.active() else { return };
        let (table, index) = (cluster.tables.of(cluster.view.kind()), cluster.view.kind_view().cursor.index);
        let cell = |(place, column): (usize, &crate::table::cell::Column)| {
            let cell = table.cell(index, place, self.now.unix)?;
            let mut entry = Entry::new(Choice::Text(cell.text.to_string()), &*column.title);
            entry.detail = cell.text.into_owned();
            Some(entry)
        };
        let cells: Vec<Entry> =
            table.columns().iter().enumerate().filter(|(_, column)| !column.is_absent()).filter_map(cell).collect();
        if !cells.is_empty() {
            self.layers.push(Layer::Cells(Chooser::new("Copy a cell", cells)));
        }
    }
}

/// The marks of the table on screen, if there are any.
fn marked(cluster: &OpenCluster) -> Option<&BTreeSet<Uid>> {
    Some(&cluster.view.kind_view().marks).filter(|marks| !marks.is_empty())
}

/// The positions of the marked rows in their order, or of the selected one.
fn meant(cluster: &OpenCluster, table: &dyn AnyTable) -> Vec<usize> {
    let Some(marks) = marked(cluster) else { return vec![cluster.view.kind_view().cursor.index] };
    let mut positions: Vec<usize> = marks.iter().filter_map(|uid| table.position(*uid)).collect();
    positions.sort_unstable();
    positions
}
