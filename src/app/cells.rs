//! A row of any kind by the headings of its server's own columns. Must not judge what stands in them.

use crate::model::object::{ObjectRow, Value};
use crate::model::ratio::ratio;
use crate::table::cell::Column;

/// A row with its headings.
pub struct Cells<'a> {
    /// The headings, the namespace before the server's own.
    pub columns: &'a [Column],
    /// The row.
    pub row: &'a ObjectRow,
}

impl Cells<'_> {
    fn value(&self, title: &str) -> Option<&Value> {
        let index = self.columns.iter().skip(1).position(|column| column.title == title)?;
        self.row.cells.get(index)
    }

    /// The text under a heading; empty if there is none.
    #[must_use]
    pub fn text(&self, title: &str) -> &str {
        if let Some(Value::Text(text)) = self.value(title) { text } else { "" }
    }

    /// The number under a heading.
    #[must_use]
    pub fn number(&self, title: &str) -> Option<i64> {
        if let Some(Value::Number(number)) = self.value(title) { Some(*number) } else { None }
    }

    /// How many are there, of how many: `1/3`.
    #[must_use]
    pub fn ratio(&self, title: &str) -> Option<(i64, i64)> {
        ratio(self.text(title)).map(|(part, whole)| (i64::from(part), i64::from(whole)))
    }
}
