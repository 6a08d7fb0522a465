//! Objects of any kind as table rows: the server's own columns. Must not know which kind.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::cell::{Cell, Column, Weight};
use super::engine::Table;
use super::measure::{self, Sense};
use super::natural;
use super::row::Row;
use crate::model::age::{Unix, age};
use crate::model::ids::Uid;
use crate::model::object::{ColumnDefinition, ObjectRow, Value};

const NAMESPACE: usize = 0;
/// The columns before the server's own.
const OWN: usize = 1;

impl Row for ObjectRow {
    /// Until the server has named its columns.
    const COLUMNS: &'static [Column] = &[Column::text("NAMESPACE", 3, 30).shrinking(11)];
    const DEFAULT_SORT: (usize, bool) = (NAMESPACE, false);

    fn uid(&self) -> Uid {
        self.uid
    }

    fn namespace(&self) -> &str {
        &self.namespace
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn cell(&self, column: usize, now: Unix) -> Cell<'_> {
        let Some(index) = column.checked_sub(OWN) else { return Cell::plain(&*self.namespace) };
        match self.cells.get(index) {
            None | Some(Value::None) => Cell::weighted("", Weight::Quiet),
            Some(Value::Text(text)) => Cell::plain(&**text),
            Some(Value::Number(number)) => Cell::plain(number.to_string()),
            Some(Value::Thousandths(number)) => Cell::plain((*number as f64 / 1000.0).to_string()),
            Some(Value::Flag(flag)) => Cell::plain(if *flag { "true" } else { "false" }),
            Some(Value::Since(moment)) => Cell::plain(age(*moment, now)),
        }
    }

    fn compare(&self, other: &Self, column: usize, sense: Sense) -> Ordering {
        let Some(index) = column.checked_sub(OWN) else { return natural::compare(&self.namespace, &other.namespace) };
        match (self.cells.get(index), other.cells.get(index)) {
            (Some(Value::Text(left)), Some(Value::Text(right))) => measure::compare(left, right, sense),
            (Some(Value::Number(left)), Some(Value::Number(right)))
            | (Some(Value::Thousandths(left)), Some(Value::Thousandths(right))) => left.cmp(right),
            (Some(Value::Flag(left)), Some(Value::Flag(right))) => left.cmp(right),
            // By age: the youngest first.
            (Some(Value::Since(left)), Some(Value::Since(right))) => right.cmp(left),
            (left, right) => rank(left).cmp(&rank(right)),
        }
    }

    fn moment(&self, column: usize) -> Option<Unix> {
        match self.cells.get(column.checked_sub(OWN)?)? {
            Value::Since(moment) => Some(*moment),
            _ => None,
        }
    }

    fn is_owned_by(&self, owner: Uid) -> bool {
        self.owners.contains(&owner)
    }

    fn any_text(&self, visit: &mut dyn FnMut(&str) -> bool) -> bool {
        let mut texts = self.cells.iter().filter_map(|cell| match cell {
            Value::Text(text) => Some(&**text),
            _ => None,
        });
        visit(&self.namespace) || visit(&self.name) || texts.any(visit)
    }

    fn unwell(&self, _now: Unix) -> Option<&str> {
        None
    }

    fn unwell_from(&self) -> Option<Unix> {
        None
    }

    fn weight(&self, _now: Unix) -> Weight {
        if self.deleting.is_some() { Weight::Moving } else { Weight::Plain }
    }

    fn explain(&self, now: Unix) -> Option<String> {
        let created = format!("created {} ago", age(self.created, now));
        Some(if self.deleting.is_some() { format!("being deleted, {created}") } else { created })
    }
}

fn rank(value: Option<&Value>) -> u8 {
    match value {
        None | Some(Value::None) => 0,
        Some(Value::Flag(_)) => 1,
        Some(Value::Number(_) | Value::Thousandths(_)) => 2,
        Some(Value::Text(_)) => 3,
        Some(Value::Since(_)) => 4,
    }
}

impl Table<ObjectRow> {
    /// Takes over the server's columns; rows show them from now on.
    pub fn set_columns(&mut self, namespaced: bool, definitions: &[ColumnDefinition]) {
        let namespace = ObjectRow::COLUMNS.iter().cloned().map(|column| Column { wide: !namespaced, ..column });
        self.columns = namespace.chain(definitions.iter().map(column)).collect::<Vec<_>>().into();
        self.ask_again();
    }
}

fn column(definition: &ColumnDefinition) -> Column {
    let title = Cow::Owned(definition.name.to_uppercase());
    let name = definition.format == "name";
    let number = matches!(definition.kind.as_str(), "integer" | "number");
    let base =
        if name { Column::text("", 0, 70).shrinking(36).squeezing(16).frozen() } else { Column::text("", 3, 60) };
    let base = if number || definition.name == "Age" { base.on_the_right() } else { base };
    let sense = if name { Sense::Words } else { Sense::of_heading(&title) };
    Column { title, wide: definition.priority > 0, sense, ..base }
}
