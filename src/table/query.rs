//! What a table is asked to show: order and filter. Must not know rows of any particular kind.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::row::Row;
use crate::model::age::Unix;

/// The order of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// Index of the column.
    pub column: usize,
    /// Largest first.
    pub descending: bool,
}

/// Order and filter of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The order.
    pub sort: Sort,
    /// Only these namespaces; all if empty. Ignored for what lives in none.
    pub namespaces: BTreeSet<Arc<str>>,
    /// Only rows with this text in them, letter case aside; all if empty.
    pub text: String,
    /// Only what needs a person.
    pub unwell: bool,
}

impl Query {
    /// Asks for every row in the kind's own order.
    #[must_use]
    pub fn all<R: Row>() -> Self {
        let (column, descending) = R::DEFAULT_SORT;
        Self { sort: Sort { column, descending }, namespaces: BTreeSet::new(), text: String::new(), unwell: false }
    }

    /// Tells whether a row is asked for. The text must have been folded with [`fold`].
    pub fn admits<R: Row>(&self, row: &R, folded: &str, now: Unix) -> bool {
        let namespace = row.namespace();
        (self.namespaces.is_empty() || namespace.is_empty() || self.namespaces.contains(namespace))
            && (!self.unwell || row.unwell(now).is_some())
            && (folded.is_empty() || row.any_text(&mut |text| contains_folded(text, folded)))
    }
}

/// Folds letter case away, for [`Query::admits`].
#[must_use]
pub fn fold(text: &str) -> String {
    text.to_lowercase()
}

fn contains_folded(text: &str, needle: &str) -> bool {
    if needle.is_empty() {
        return true;
    }
    if !text.is_ascii() {
        return text.to_lowercase().contains(needle);
    }
    let (text, needle) = (text.as_bytes(), needle.as_bytes());
    text.len() >= needle.len() && text.windows(needle.len()).any(|window| window.eq_ignore_ascii_case(needle))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letter_case_does_not_matter_in_ascii_and_beyond() {
        assert!(contains_folded("CrashLoopBackOff", &fold("loopback")));
        assert!(contains_folded("KÖLN-Pod", &fold("köln")));
        assert!(!contains_folded("cart", &fold("carts")));
        assert!(contains_folded("anything", ""));
    }
}
