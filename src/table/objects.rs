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
use crate::model::ratio::ratio;
use crate::model::unwell::START_GRACE;

const NAMESPACE: usize = 0;
/// The columns before the server's own.
const OWN: usize = 1;

impl Row for ObjectRow {
    /// Until the server has named its columns.
    const COLUMNS: &'static [Column] = &[Column::text("NAMESPACE", 3, 30).shrinking(11).squeezing(9)];
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

    /// As if no text were shared: which ones are is nobody's to know.
    fn own_bytes(&self) -> usize {
        let text = |cell: &Value| if let Value::Text(text) = cell { text.len() + 2 * size_of::<usize>() } else { 0 };
        let texts: usize = self.cells.iter().map(text).sum();
        self.name.len() + size_of_val(&*self.owners) + size_of_val(&*self.cells) + texts
    }

    fn cell(&self, column: usize, now: Unix) -> Cell<'_> {
        let Some(index) = column.checked_sub(OWN) else { return Cell::plain(&*self.namespace) };
        match self.cells.get(index) {
            None | Some(Value::None) => Cell::weighted("", Weight::Quiet),
            Some(Value::Text(text)) => Cell::weighted(&**text, said(text).unwrap_or(self.shortage(text, now))),
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

    fn unwell(&self, now: Unix) -> Option<&str> {
        let patient = now.0 < self.created.0 + START_GRACE;
        self.telling()
            .filter(|(_, weight)| *weight == Weight::Bad || !patient && *weight > Weight::Plain)
            .map(|it| it.0)
    }

    fn unwell_from(&self) -> Option<Unix> {
        let (_, weight) = self.telling().filter(|(_, weight)| *weight > Weight::Plain)?;
        Some(Unix(self.created.0 + if weight == Weight::Bad { 0 } else { START_GRACE }))
    }

    fn weight(&self, now: Unix) -> Weight {
        match self.telling() {
            _ if self.deleting.is_some() => Weight::Moving,
            Some((text, Weight::Warn)) => self.shortage(text, now),
            Some((_, weight)) => weight,
            None => Weight::Plain,
        }
    }

    fn explain(&self, now: Unix) -> Option<String> {
        let created = format!("created {} ago", age(self.created, now));
        Some(if self.deleting.is_some() { format!("being deleted, {created}") } else { created })
    }
}

impl ObjectRow {
    /// The cell that says how the object is, and how much that matters: a status word, or else replicas that are short.
    fn telling(&self) -> Option<(&str, Weight)> {
        let texts = || {
            self.cells.iter().filter_map(|cell| match cell {
                Value::Text(text) => Some(&**text),
                _ => None,
            })
        };
        let word = texts().find_map(|text| said(text).map(|weight| (text, weight)));
        // A job that runs has none of its completions yet, and says so with a word.
        word.or_else(|| texts().find(|text| is_short(text)).map(|text| (text, Weight::Warn)))
    }

    /// How much it matters that a ratio is short: little while the object is young.
    fn shortage(&self, text: &str, now: Unix) -> Weight {
        let said = self.cells.iter().any(|cell| matches!(cell, Value::Text(text) if said(text).is_some()));
        match (is_short(text), now.0 < self.created.0 + START_GRACE) {
            (true, false) if !said => Weight::Warn,
            (true, _) => Weight::Moving,
            (false, _) => Weight::Plain,
        }
    }
}

/// How much a status word of the built-in kinds and of widespread custom ones matters.
fn said(text: &str) -> Option<Weight> {
    Some(match text {
        "Failed" | "Lost" | "Error" | "Degraded" | "NotReady" => Weight::Bad,
        "Pending" | "Terminating" | "Progressing" | "Unknown" => Weight::Moving,
        "Complete" | "Completed" | "Succeeded" | "Released" => Weight::Quiet,
        "Running" | "Active" | "Bound" | "Ready" | "Available" | "Healthy" | "Suspended" => Weight::Plain,
        _ => return None,
    })
}

/// Whether a text is a ratio like `1/3` with less on the left.
fn is_short(text: &str) -> bool {
    ratio(text).is_some_and(|(have, want)| have < want)
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
    /// Takes over the server's columns; rows show them from now on. Of a kind that is the server's own more is known than
    /// the definitions tell.
    pub fn set_columns(&mut self, namespaced: bool, built_in: bool, definitions: &[ColumnDefinition]) {
        let namespace = ObjectRow::COLUMNS.iter().cloned().map(|column| Column { void: !namespaced, ..column });
        self.columns = namespace.chain(definitions.iter().map(|it| column(it, built_in))).collect::<Vec<_>>().into();
        self.ask_again();
    }
}

/// Columns of the server's own kinds that are texts to the server and numbers to people.
const NUMBERS: [&str; 14] = [
    "Ready",
    "Up-to-date",
    "Available",
    "Completions",
    "Active",
    "Data",
    "Secrets",
    "Capacity",
    "MinPods",
    "MaxPods",
    "Replicas",
    "Min available",
    "Max unavailable",
    "Allowed disruptions",
];

fn column(definition: &ColumnDefinition, built_in: bool) -> Column {
    let title = Cow::Owned(definition.name.to_uppercase());
    let name = definition.format == "name";
    let number = matches!(definition.kind.as_str(), "integer" | "number")
        || (built_in && NUMBERS.iter().any(|number| number.eq_ignore_ascii_case(&definition.name)));
    let base = if name {
        Column::text("", 0, 70).shrinking(36).squeezing(16).frozen()
    } else {
        // What kubectl would let run on and on leaves room for what else there is.
        Column::text("", importance(definition, number), 60).shrinking(24).squeezing(12)
    };
    let sense = match definition.kind.as_str() {
        _ if name => Sense::Words,
        "date" => Sense::Time,
        _ => Sense::of_heading(&title),
    };
    // Every time stands where ages stand.
    let base = if number || sense == Sense::Time || is_age(definition) { base.on_the_right() } else { base };
    Column { title, wide: definition.priority > 0, sense, ..base }
}

/// Whether a column tells when an object came to be, which some kinds call otherwise.
fn is_age(definition: &ColumnDefinition) -> bool {
    definition.name == "Age" || definition.name.eq_ignore_ascii_case("Created At")
}

/// Which columns give way first: what says how an object is stays longest, then its age.
fn importance(definition: &ColumnDefinition, number: bool) -> u8 {
    match definition.name.as_str() {
        "Ready" | "Status" | "Phase" | "Message" => 1,
        // Of an API: whether it is served, and why not.
        "Available" if !number => 1,
        _ if is_age(definition) => 2,
        // A service is asked for by its port; of its addresses there are several, and many have none outside.
        "Completions" | "Port(s)" => 3,
        _ if definition.priority == 0 => 4,
        _ => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> ObjectRow {
        let text = |cell: &&str| Value::Text((*cell).into());
        let cells = cells.iter().map(text).collect();
        let (created, owners) = (Unix(1_000), Box::default());
        ObjectRow { uid: Uid(1), namespace: "a".into(), name: "b".into(), created, deleting: None, owners, cells }
    }

    #[test]
    fn replicas_that_are_short_are_unwell_once_they_had_their_time() {
        let row = row(&["cart", "1/3"]);
        assert_eq!((row.weight(Unix(1_060)), row.unwell(Unix(1_060))), (Weight::Moving, None));
        assert_eq!((row.weight(Unix(1_120)), row.unwell(Unix(1_120))), (Weight::Warn, Some("1/3")));
        assert_eq!(row.unwell_from(), Some(Unix(1_120)));
        assert_eq!(row.cell(2, Unix(1_120)).weight, Weight::Warn);
    }

    #[test]
    fn a_status_word_says_more_than_a_ratio() {
        let late = Unix(9_000);
        assert_eq!(row(&["report", "Running", "0/1"]).weight(late), Weight::Plain);
        assert_eq!(row(&["report", "Running", "0/1"]).unwell(late), None);
        assert_eq!(row(&["report", "Complete", "1/1"]).weight(late), Weight::Quiet);
        assert_eq!(row(&["report", "Failed", "0/1"]).unwell(Unix(1_001)), Some("Failed"));
        assert_eq!(row(&["claim", "Pending"]).unwell(late), Some("Pending"));
    }

    #[test]
    fn numbers_and_times_stand_on_the_right_whatever_the_server_calls_them() {
        let right = |name: &str, kind: &str, built_in| {
            let definition = ColumnDefinition { name: name.to_owned(), kind: kind.to_owned(), ..Default::default() };
            column(&definition, built_in).right
        };
        for (name, kind) in [("Ready", "string"), ("Up-to-date", "string"), ("Data", "string"), ("Desired", "integer")]
        {
            assert!(right(name, kind, true), "{name}");
        }
        for (name, kind) in [
            ("Age", "string"),
            ("Created At", "date"),
            ("Last Schedule", "string"),
            ("Since", "date"),
            ("Replicas", "integer"),
        ] {
            assert!(right(name, kind, false), "{name}");
        }
        assert!(!right("Ready", "string", false), "of a custom kind it may be a word");
        assert!(!right("Ports", "string", true));
    }

    #[test]
    fn the_ports_of_a_service_matter_more_than_its_addresses() {
        let priority = |name: &str| {
            column(&ColumnDefinition { name: name.to_owned(), ..ColumnDefinition::default() }, true).priority
        };
        assert!(["Type", "Cluster-IP", "External-IP"].iter().all(|name| priority("Port(s)") < priority(name)));
        assert!(priority("Age") < priority("Port(s)"));
    }

    #[test]
    fn what_only_looks_like_a_ratio_is_none() {
        for text in ["10.0.0.0/24", "80/TCP", "*/5 * * * *", "3/3", "a/b", "1/"] {
            assert_eq!(row(&["x", text]).weight(Unix(9_000)), Weight::Plain, "{text}");
        }
    }
}
