//! Which columns a table shows, in which order and how wide: what a person chose for a kind of a cluster, over what the
//! kind itself proposes. Must not know how much room there is.

use std::collections::BTreeMap;

use super::chooser::{Choice, Chooser, Entry};
use super::cluster::OpenCluster;
use super::input::{Key, KeyCode};
use super::layer::Layer;
use super::state::App;
use crate::model::health::Health;
use crate::model::visible::cells;
use crate::table::cell::Column;

/// The narrowest a column can be made.
const NARROWEST: u16 = 4;
/// The most cells a column may have, however long what stands in it.
pub const WIDEST: u16 = 512;

/// What a person chose. Columns go by their headings: a server may send others tomorrow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrangement {
    /// Headings in the chosen order; those that are not in it follow in the kind's own.
    pub order: Vec<String>,
    /// Whether a column is shown, where that was chosen.
    pub shown: BTreeMap<String, bool>,
    /// Chosen widths in cells.
    pub widths: BTreeMap<String, u16>,
}

/// A column that is to be shown.
#[derive(Clone, Debug)]
pub struct Arranged {
    /// Its place among the kind's columns.
    pub index: usize,
    /// The column; one that was chosen does not give way.
    pub column: Column,
    /// Its cells, if that was chosen.
    pub width: Option<u16>,
}

impl Arrangement {
    /// Applies the choice to a kind's columns; `wide` adds those that are shown in wide mode only. Of these the one the rows
    /// are `sorted` by is always shown: they would seem to be in no order.
    #[must_use]
    pub fn arrange(&self, columns: &[Column], wide: bool, sorted: usize) -> Vec<Arranged> {
        let proposed = |index: usize, column: &Column| wide || !column.wide || index == sorted;
        let chosen =
            |index, column: &Column| self.shown.get(&*column.title).copied().unwrap_or(proposed(index, column));
        let shown = |index, column: &Column| !column.is_absent() && chosen(index, column);
        let places = self.places(columns).into_iter();
        let chosen = places.filter_map(|index| Some((index, columns.get(index).filter(|it| shown(index, it))?)));
        let arranged = chosen.map(|(index, column)| {
            let mut column = column.clone();
            if self.shown.contains_key(&*column.title) {
                column.priority = 0;
            }
            let width = self.widths.get(&*column.title).copied();
            if width.is_some() {
                (column.least, column.bare) = (0, 0);
            }
            Arranged { index, column, width }
        });
        arranged.collect()
    }

    /// The columns' places in the chosen order, hidden ones included.
    fn places(&self, columns: &[Column]) -> Vec<usize> {
        let mut places: Vec<usize> = (0..columns.len()).collect();
        let rank = |index: &usize| {
            let title = columns.get(*index).map(|column| &*column.title);
            self.order.iter().position(|known| Some(known.as_str()) == title).unwrap_or(usize::MAX)
        };
        places.sort_by_key(rank);
        places
    }

    fn toggle(&mut self, column: &Column, wide: bool) {
        // A row without its name is no row.
        if column.frozen {
            return;
        }
        let proposed = wide || !column.wide;
        let now = !self.shown.get(&*column.title).copied().unwrap_or(proposed);
        if now == proposed {
            self.shown.remove(&*column.title);
        } else {
            self.shown.insert(column.title.to_string(), now);
        }
    }

    fn shift(&mut self, columns: &[Column], index: usize, by: isize) {
        let mut places = self.places(columns);
        let from = places.iter().position(|place| *place == index);
        let to = from.and_then(|from| from.checked_add_signed(by)).filter(|to| *to < places.len());
        if let (Some(from), Some(to)) = (from, to) {
            places.swap(from, to);
            let titles = places.into_iter().filter_map(|place| columns.get(place));
            self.order = titles.map(|column| column.title.to_string()).collect();
        }
    }

    /// Makes a column so many cells wide.
    pub fn resize(&mut self, column: &Column, cells: u16) {
        self.widths.insert(column.title.to_string(), cells.clamp(NARROWEST, WIDEST));
    }
}

/// Builds the list of columns, those shown checked.
#[must_use]
pub fn list(cluster: &OpenCluster) -> Chooser {
    let mut chooser = Chooser::new("Columns", entries(cluster));
    chooser.keep_order = true;
    chooser.note = format!("of {} on {}", cluster.view.kind(), cluster.name);
    chooser
}

fn entries(cluster: &OpenCluster) -> Vec<Entry> {
    let (view, columns) = (&cluster.view, cluster.tables.of(cluster.view.kind()).columns());
    let arrangement = view.arrangement();
    let arranged = arrangement.arrange(columns, view.wide, view.kind_view().query.sort.column);
    let shown: Vec<usize> = arranged.into_iter().map(|arranged| arranged.index).collect();
    let places = arrangement.places(columns).into_iter();
    let entry = |index| {
        let column = columns.get(index).filter(|column: &&Column| !column.is_absent())?;
        let mut entry = Entry::new(Choice::Column(index), &*column.title);
        entry.checked = Some(shown.contains(&index));
        if let Some(width) = arrangement.widths.get(&*column.title) {
            entry.detail = format!("{width} wide");
        } else if column.wide {
            "in wide mode".clone_into(&mut entry.detail);
        }
        Some(entry)
    };
    places.filter_map(entry).collect()
}

impl App {
    /// Gives a key to the list of columns; returns whether it took it.
    pub(super) fn columns_key(&mut self, key: Key) -> bool {
        let Some(Layer::Columns(chooser)) = self.layers.last_mut() else { return false };
        let Some(&Choice::Column(index)) = chooser.selected().map(|entry| &entry.choice) else { return false };
        let Some(cluster) = self.fleet.active_mut() else { return false };
        let columns = cluster.tables.of(cluster.view.kind()).columns();
        let Some(column) = columns.get(index) else { return false };
        if column.frozen && key == Key::char(' ') {
            let told = format!("{} stays: a row without it is no row", column.title);
            self.toasts.push(told, Health::Unknown, &self.now);
            return true;
        }
        let view = cluster.view.kind_view();
        let (sorted, seen) = (view.query.sort.column == index, view.widths.get(index).copied());
        let wide = cluster.view.wide || sorted;
        let arrangement = cluster.view.arrangement_mut();
        // As wide as it stands there: as its cells, and never less than its heading. What is longer than the column is by
        // itself may have more room on a wide screen: to widen it shows the whole, to narrow it begins at its own.
        let seen = seen.unwrap_or_default().max(cells(&column.title) as u16);
        let chosen = arrangement.widths.get(&*column.title).copied();
        let (less, more) = (chosen.unwrap_or(seen.min(column.max)), chosen.unwrap_or(seen));
        match key.code {
            KeyCode::Char(' ') => arrangement.toggle(column, wide),
            KeyCode::Up if key.mods.alt => arrangement.shift(columns, index, -1),
            KeyCode::Down if key.mods.alt => arrangement.shift(columns, index, 1),
            KeyCode::Left if key.mods.alt => arrangement.resize(column, less.saturating_sub(1)),
            KeyCode::Right if key.mods.alt => arrangement.resize(column, more.saturating_add(1)),
            KeyCode::Delete => *arrangement = Arrangement::default(),
            _ => return false,
        }
        chooser.replace(entries(cluster));
        true
    }

    /// Drags the right edge of a column to where the mouse is.
    pub(super) fn drag_edge(&mut self) {
        let Some((index, width, from)) = self.edge else { return };
        let to = self.mouse_at.0;
        let Some(cluster) = self.fleet.active_mut() else { return };
        let Some(column) = cluster.tables.of(cluster.view.kind()).columns().get(index) else { return };
        cluster.view.arrangement_mut().resize(column, (width + to).saturating_sub(from));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column] =
        &[Column::text("A", 1, 30), Column::text("NAME", 0, 30).frozen(), Column::text("C", 2, 30).in_wide()];

    fn shown(arrangement: &Arrangement, wide: bool) -> Vec<usize> {
        arrangement.arrange(COLUMNS, wide, 0).into_iter().map(|arranged| arranged.index).collect()
    }

    #[test]
    fn columns_are_hidden_shown_moved_and_put_back() {
        let mut arrangement = Arrangement::default();
        assert_eq!((shown(&arrangement, false), shown(&arrangement, true)), (vec![0, 1], vec![0, 1, 2]));
        arrangement.toggle(&COLUMNS[2], false);
        arrangement.toggle(&COLUMNS[0], false);
        arrangement.toggle(&COLUMNS[1], false);
        assert_eq!(shown(&arrangement, false), [1, 2], "the name stays");
        arrangement.shift(COLUMNS, 2, -1);
        arrangement.shift(COLUMNS, 2, -5);
        assert_eq!(shown(&arrangement, false), [2, 1]);
        arrangement.toggle(&COLUMNS[0], false);
        assert_eq!(arrangement.shown.len(), 1, "what the kind proposes is no choice");
        arrangement.resize(&COLUMNS[0], 900);
        assert_eq!(arrangement.arrange(COLUMNS, false, 0)[0].width, Some(WIDEST));
    }
}
