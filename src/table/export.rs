//! A table as a text to copy or to save. Made beside the loop, from the rows the table lends. Must not know where the
//! text goes.

use std::sync::Arc;

use super::cell::Column;
use super::row::Row;
use super::slab::{Slab, Slot};
use crate::model::age::Unix;
use crate::model::visible::safe;

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A line for each row, cells apart by tabs, the headings first.
    Tsv,
    /// A list of objects, keyed by the headings.
    Json,
}

impl Format {
    /// The ending of a file's name.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Format::Tsv => "tsv",
            Format::Json => "json",
        }
    }
}

/// A table that is about to be written.
pub struct Export(Box<dyn FnOnce(Format) -> String + Send>);

impl Export {
    /// Prepares it: the rows in these slots, with these columns.
    pub fn new<R: Row>(rows: Arc<Slab<R>>, slots: Vec<Slot>, columns: Vec<(usize, Column)>, now: Unix) -> Self {
        Self(Box::new(move |format| {
            let rows = slots.iter().filter_map(|slot| rows.at(*slot));
            let cells = |row: &R| -> Vec<String> {
                columns.iter().map(|(index, _)| row.cell(*index, now).text.into_owned()).collect()
            };
            let titles: Vec<&str> = columns.iter().map(|(_, column)| &*column.title).collect();
            match format {
                Format::Tsv => tsv(&titles, rows.map(cells)),
                Format::Json => json(&titles, rows.map(cells)),
            }
        }))
    }

    /// Writes it; a large table takes tens of milliseconds.
    #[must_use]
    pub fn write(self, format: Format) -> String {
        (self.0)(format)
    }
}

/// What could end a cell or a line, or steer a terminal that the text is pasted into, is made visible.
fn tsv(titles: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut text = titles.join("\t") + "\n";
    for row in rows {
        let cells: Vec<String> = row.into_iter().map(safe).collect();
        text.push_str(&cells.join("\t"));
        text.push('\n');
    }
    text
}

fn json(titles: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    // By hand, so that the columns keep their order.
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let object = |row: Vec<String>| {
        let pairs: Vec<String> =
            titles.iter().zip(&row).map(|(title, cell)| format!("{}: {}", quoted(title), quoted(cell))).collect();
        format!("  {{{}}}", pairs.join(", "))
    };
    let objects: Vec<String> = rows.map(object).collect();
    if objects.is_empty() { "[]\n".to_owned() } else { format!("[\n{}\n]\n", objects.join(",\n")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_cannot_break_out_of_their_place() {
        let rows = || [vec!["a\tb\n".to_owned(), "\"1\"\u{1b}".to_owned()]].into_iter();
        assert_eq!(tsv(&["NAME", "X"], rows()), "NAME\tX\na b⏎\t\"1\"␛\n");
        let parsed: serde_json::Value = serde_json::from_str(&json(&["NAME", "X"], rows())).unwrap();
        assert_eq!(parsed, serde_json::json!([{"NAME": "a\tb\n", "X": "\"1\"\u{1b}"}]));
        assert_eq!(json(&["NAME"], std::iter::empty()), "[]\n");
    }
}
