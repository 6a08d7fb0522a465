//! Events as table rows: kubectl's columns, newest first. Must not know where events come from.

use std::cmp::Ordering;

use super::cell::{Cell, Column, Weight};
use super::measure::Sense;
use super::natural;
use super::row::Row;
use crate::model::age::{Unix, age};
use crate::model::event::EventRow;
use crate::model::ids::Uid;

const NAMESPACE: usize = 0;
const LAST_SEEN: usize = 1;
const TYPE: usize = 2;
const REASON: usize = 3;
const OBJECT: usize = 4;
const SUBOBJECT: usize = 5;
const SOURCE: usize = 6;
const MESSAGE: usize = 7;
const FIRST_SEEN: usize = 8;
const COUNT: usize = 9;

impl Row for EventRow {
    const COLUMNS: &'static [Column] = &[
        Column::text("NAMESPACE", 2, 24).shrinking(12).squeezing(9),
        Column::time("LAST SEEN", 0, 9),
        Column::text("TYPE", 2, 10),
        Column::text("REASON", 1, 24).shrinking(14).squeezing(9),
        Column::text("OBJECT", 1, 48).shrinking(22).squeezing(12),
        Column::text("SUBOBJECT", 6, 30).in_wide(),
        Column::text("SOURCE", 6, 40).in_wide(),
        Column::text("MESSAGE", 0, 400).shrinking(40).squeezing(16),
        Column::time("FIRST SEEN", 6, 10).in_wide(),
        Column::number("COUNT", 4, 6),
        Column::text("NAME", 6, 60).in_wide(),
    ];
    const DEFAULT_SORT: (usize, bool) = (LAST_SEEN, false);

    fn uid(&self) -> Uid {
        self.uid
    }

    fn namespace(&self) -> &str {
        &self.namespace
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn own_bytes(&self) -> usize {
        self.name.len() + self.object.len() + self.message.len()
    }

    fn cell(&self, column: usize, now: Unix) -> Cell<'_> {
        match column {
            NAMESPACE => Cell::plain(&*self.namespace),
            LAST_SEEN => Cell::plain(age(self.last_seen, now)),
            TYPE => Cell::weighted(&*self.event_type, self.weight(now)),
            REASON => Cell::weighted(&*self.reason, self.weight(now)),
            OBJECT => Cell::plain(&*self.object),
            SUBOBJECT => Cell::plain(&*self.subobject),
            SOURCE => Cell::plain(&*self.source),
            MESSAGE => Cell::plain(&*self.message),
            FIRST_SEEN => Cell::plain(age(self.first_seen, now)),
            COUNT => Cell::plain(self.count.to_string()),
            _ => Cell::plain(&*self.name),
        }
    }

    fn compare(&self, other: &Self, column: usize, _: Sense) -> Ordering {
        match column {
            NAMESPACE => natural::compare(&self.namespace, &other.namespace),
            LAST_SEEN => other.last_seen.cmp(&self.last_seen),
            TYPE => self.event_type.cmp(&other.event_type),
            REASON => natural::compare(&self.reason, &other.reason),
            OBJECT => natural::compare(&self.object, &other.object),
            SUBOBJECT => natural::compare(&self.subobject, &other.subobject),
            SOURCE => natural::compare(&self.source, &other.source),
            MESSAGE => natural::compare(&self.message, &other.message),
            FIRST_SEEN => other.first_seen.cmp(&self.first_seen),
            COUNT => self.count.cmp(&other.count),
            _ => natural::compare(&self.name, &other.name),
        }
    }

    fn moment(&self, column: usize) -> Option<Unix> {
        match column {
            LAST_SEEN => Some(self.last_seen),
            FIRST_SEEN => Some(self.first_seen),
            _ => None,
        }
    }

    fn any_text(&self, visit: &mut dyn FnMut(&str) -> bool) -> bool {
        visit(&self.message)
            || visit(&self.object)
            || visit(&self.reason)
            || visit(&self.event_type)
            || visit(&self.namespace)
    }

    fn unwell(&self, _now: Unix) -> Option<&str> {
        self.is_warning().then_some(&*self.message)
    }

    fn unwell_from(&self) -> Option<Unix> {
        self.is_warning().then_some(self.first_seen)
    }

    fn weight(&self, _now: Unix) -> Weight {
        if self.is_warning() { Weight::Warn } else { Weight::Plain }
    }

    fn explain(&self, _now: Unix) -> Option<String> {
        Some(format!("{}: {}", self.reason, self.message))
    }
}
