//! Columns of text as kubectl prints them: aligned, nothing drawn. Must not know what stands in them.

use unicode_width::UnicodeWidthStr as _;

use crate::model::health::Health;
use crate::model::visible::safe;

/// What stands between two columns.
const GAP: usize = 3;

/// A piece of text at its place in a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    text: String,
    health: Option<Health>,
}

impl Cell {
    /// Plain text; nothing is shown as `-`.
    pub fn new(text: impl Into<String>) -> Self {
        let text: String = text.into();
        Self { text: if text.is_empty() { "-".to_owned() } else { safe(text) }, health: None }
    }

    /// What may be unknown.
    #[must_use]
    pub fn known<T: ToString>(text: Option<T>) -> Self {
        Self::new(text.map(|text| text.to_string()).unwrap_or_default())
    }

    /// A health word, in its colour.
    #[must_use]
    pub fn health(health: Health) -> Self {
        Self { health: Some(health), ..Self::new(health.to_string()) }
    }

    fn painted(&self, colored: bool) -> String {
        match self.health.filter(|_| colored) {
            Some(health) => format!("\x1b[{}m{}\x1b[0m", code(health), self.text),
            None => self.text.clone(),
        }
    }
}

/// The terminal's own colours, by their numbers.
fn code(health: Health) -> u8 {
    match health {
        Health::Healthy => 32,
        Health::Warning => 33,
        Health::Degraded => 35,
        Health::Unhealthy | Health::AuthFailed => 31,
        Health::Unknown => 2,
    }
}

/// Rows under headings.
#[derive(Clone, Debug)]
pub struct Table {
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// Starts with its headings.
    pub fn new<T: Into<String>>(headings: impl IntoIterator<Item = T>) -> Self {
        Self { rows: vec![headings.into_iter().map(Cell::new).collect()] }
    }

    /// Adds a row; it has a cell for each heading.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Whether there is nothing under the headings.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.len() < 2
    }

    /// Writes it, a line per row; the last column is not padded.
    #[must_use]
    pub fn render(&self, colored: bool) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.text.width()).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut text = String::new();
        for row in &self.rows {
            for (number, (cell, width)) in row.iter().zip(&widths).enumerate() {
                text.push_str(&cell.painted(colored));
                if number + 1 < row.len() {
                    text.extend(std::iter::repeat_n(' ', width - cell.text.width() + GAP));
                }
            }
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_what_is_seen() {
        let mut table = Table::new(["CLUSTER", "HEALTH", "REASON"]);
        table.row([Cell::new("東京"), Cell::health(Health::Healthy), Cell::new("")]);
        table.row([Cell::new("a\x1b[2J"), Cell::health(Health::AuthFailed), Cell::new("token expired")]);
        let text = "CLUSTER   HEALTH        REASON\n東京      healthy       -\na␛[2J     auth_failed   token expired\n";
        assert_eq!(table.render(false), text);
        assert!(table.render(true).contains("\x1b[32mhealthy\x1b[0m "));
    }
}
