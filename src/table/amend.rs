//! Changing rows in place: what is known of an object besides what its watch says. Must not know what that is.

use std::sync::Arc;

use super::cell::Metered;
use super::engine::Table;
use super::row::Row;
use super::tally::Tally;
use crate::model::hash::QuickSet;
use crate::model::ids::Uid;
use crate::model::usage::Part;

impl<R: Row, T: Tally<R>> Table<R, T> {
    /// Shows every row to `change`, and takes in those it returns another version of. Costs a look at each row. That a row
    /// is changed in place confirms nothing: if it is gone, it goes with the listing that does not have it.
    pub fn amend(&mut self, change: impl FnMut(&R) -> Option<R>) {
        self.amend_part(Part::ALL, change);
    }

    /// The same for one part of all rows. Rows stay in their part as long as they are there.
    pub fn amend_part(&mut self, part: Part, mut change: impl FnMut(&R) -> Option<R>) {
        self.take_in();
        let places = part.places(self.rows.capacity());
        if let Some(rows) = Arc::get_mut(&mut self.rows) {
            let stays = |before: &R, after: &R| self.asked.stays(before, after);
            self.changes.amend(rows, places, &mut self.tally, stays, change);
            self.changes.bound(self.rows.capacity());
            return;
        }
        // What waits for lent rows is newer than they are.
        let mut newer: QuickSet<Uid> = QuickSet::default();
        let mut revise = |row: &mut R| {
            newer.insert(row.uid());
            if let Some(other) = change(row) {
                *row = other;
            }
        };
        self.amended.iter_mut().for_each(&mut revise);
        for delta in &mut self.waiting {
            delta.rows.iter_mut().for_each(&mut revise);
        }
        newer.extend(self.waiting.iter().flat_map(|delta| &delta.gone));
        let lent = places.filter_map(|slot| self.rows.at(slot as u32)).filter(|row| !newer.contains(&row.uid()));
        self.amended.extend(lent.filter_map(change));
    }

    /// Shows the columns of what is measured, or hides them where nothing is.
    pub fn set_measured(&mut self, measured: bool) {
        let (from, to) =
            if measured { (Metered::Absent, Metered::Measured) } else { (Metered::Measured, Metered::Absent) };
        if self.columns.iter().all(|column| column.metered != from) {
            return;
        }
        for column in self.columns.to_mut().iter_mut().filter(|column| column.metered == from) {
            column.metered = to;
        }
        self.ask_again();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::age::Unix;
    use crate::model::namespace::NamespaceRow;
    use crate::model::update::{Delta, Scope};
    use crate::table::engine::AnyTable;
    use crate::table::order::Near;
    use crate::table::query::Query;

    type Namespaces = Table<NamespaceRow>;

    fn row(uid: u128, status: &str) -> NamespaceRow {
        NamespaceRow { uid: Uid(uid), name: "n".into(), status: status.into(), created: Unix(0), deleting: None }
    }

    fn delta(rows: Vec<NamespaceRow>, restart: bool, complete: bool) -> Delta<NamespaceRow> {
        Delta { scope: Scope::Cluster, restart, rows, gone: Vec::new(), complete }
    }

    fn statuses(table: &Namespaces) -> Vec<String> {
        let mut found: Vec<String> = table.rows().map(|row| format!("{} {}", { row.uid.0 }, row.status)).collect();
        found.sort_unstable();
        found
    }

    fn mark(row: &NamespaceRow) -> NamespaceRow {
        let status = format!("{}!", row.status).into();
        NamespaceRow { status, ..row.clone() }
    }

    #[test]
    fn a_row_that_is_changed_in_place_during_a_listing_is_not_confirmed_by_that() {
        let mut table = Namespaces::default();
        table.apply(delta(vec![row(1, "a"), row(2, "b")], true, true));
        table.apply(delta(vec![row(1, "a")], true, false));
        table.amend(|row| Some(mark(row)));
        assert_eq!(statuses(&table), ["1 a!", "2 b!"]);
        table.apply(delta(Vec::new(), false, true));
        assert_eq!(statuses(&table), ["1 a!"], "the listing does not have the other");
    }

    #[test]
    fn parts_change_every_row_once_and_what_stays_as_it_is_is_no_change() {
        let mut table = Namespaces::default();
        table.apply(delta((0..7).map(|uid| row(uid, "x")).collect(), true, true));
        for number in 0..3 {
            table.amend_part(Part { number, of: 3 }, |row| Some(mark(row)));
        }
        assert!(table.rows().all(|row| &*row.status == "x!"));
        let version = table.version();
        table.amend(|_| None);
        assert_eq!(table.version(), version);
    }

    #[test]
    fn rows_that_are_lent_are_changed_when_they_are_back_and_what_came_meanwhile_at_once() {
        let mut table = Namespaces::default();
        table.apply(delta((0..9_000).map(|uid| row(uid, "x")).collect(), true, true));
        let job = table.refresh_beside(&Query::all::<NamespaceRow>(), Near::default(), Unix(0)).unwrap();
        table.apply(delta(vec![row(0, "new")], false, false));
        table.amend(|row| Some(mark(row)));
        table.amend(|row| Some(mark(row)));
        assert!(table.rows().all(|row| &*row.status == "x"), "they are lent");
        let mut answers = Vec::new();
        job.run(&mut |answer| answers.push(answer));
        for answer in answers {
            table.answered(answer);
        }
        assert_eq!(&*table.get(Uid(0)).unwrap().status, "new!!");
        assert_eq!(table.rows().filter(|row| &*row.status == "x!!").count(), 8_999);
    }
}
