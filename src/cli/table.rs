//! Columns of text as kubectl prints them: aligned, nothing drawn. Must not know what stands in them.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::model::health::Health;
use crate::model::visible::safe;

/// What stands between two columns.
const GAP: usize = 3;
/// So much room is made for what is said last, where that is long.
const ROOM: usize = 30;
/// However narrow the terminal, so much of it is shown.
const LEAST: usize = 8;

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

    /// Cuts it to a width, and shows that.
    fn cut(&mut self, width: usize) {
        if self.text.width() <= width {
            return;
        }
        let mut room = width.saturating_sub(1);
        let kept = self.text.chars().take_while(|character| {
            let taken = room.checked_sub(character.width().unwrap_or_default());
            room = taken.unwrap_or_default();
            taken.is_some()
        });
        self.text = kept.chain(['…']).collect();
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

    /// Makes each row fit one line: leaves out the columns that are named, in this order, until what is said last has some
    /// room, and cuts that short.
    #[must_use]
    pub fn fitting(mut self, width: usize, dispensable: &[&str]) -> Self {
        for heading in dispensable {
            let widths = self.widths();
            let Some((last, before)) = widths.split_last() else { return self };
            let room = width.saturating_sub(before.iter().map(|column| column + GAP).sum());
            if room >= ROOM.min(*last) {
                break;
            }
            let Some(at) = self.rows[0].iter().position(|cell| cell.text == *heading) else { continue };
            self.rows.iter_mut().for_each(|row| drop(row.remove(at)));
        }
        let before = self.widths().iter().rev().skip(1).map(|column| column + GAP).sum();
        let room = width.saturating_sub(before).max(LEAST);
        for cell in self.rows.iter_mut().filter_map(|row| row.last_mut()) {
            cell.cut(room);
        }
        self
    }

    fn widths(&self) -> Vec<usize> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.text.width()).max().unwrap_or_default()
        };
        (0..columns).map(width).collect()
    }

    /// Writes it, a line per row; the last column is not padded.
    #[must_use]
    pub fn render(&self, colored: bool) -> String {
        let widths = self.widths();
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
    fn what_does_not_fit_a_line_is_left_out_in_the_order_given_and_the_last_is_cut() {
        let mut table = Table::new(["CLUSTER", "HEALTH", "NODES", "CHECKED", "REASON"]);
        table.row(["a", "warning", "3/3", "12:04:05", "2 pods crash-looping and 東京, which is long"].map(Cell::new));
        let of = |width: usize| table.clone().fitting(width, &["CHECKED", "NODES"]).render(false);
        assert_eq!(of(200), table.render(false), "nothing is left out without need");
        let text = "CLUSTER   HEALTH    NODES   REASON\na         warning   3/3     2 pods crash-looping and 東京, which is…\n";
        assert_eq!(of(68), text);
        let text = "CLUSTER   HEALTH    REASON\na         warning   2 pods crash-looping and …\n";
        assert_eq!(of(46), text);
        assert!(of(5).lines().all(|line| line.width() <= 28), "{}", of(5));
    }

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
