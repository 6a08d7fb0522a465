//! What a table is asked to show: order and filter. Must not know rows of any particular kind.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::filter::{Filter, Scratch};
use super::row::Row;
use crate::model::age::Unix;
use crate::model::hash::QuickSet;
use crate::model::ids::Uid;

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
    /// Only rows that this filter admits, as it was typed; one that means nothing here admits all.
    pub text: String,
    /// Only what needs a person.
    pub unwell: bool,
    /// Only what belongs to an object; all if `None`.
    pub only: Option<Only>,
}

/// Rows that belong to one object.
#[derive(Clone, Debug)]
pub enum Only {
    /// Those that name it as an owner.
    Of(Uid),
    /// These.
    These(Arc<QuickSet<Uid>>),
    /// Those of these that name it as an owner.
    Both(Uid, Arc<QuickSet<Uid>>),
    /// Those of the first that are among the second.
    Among(Arc<QuickSet<Uid>>, Arc<QuickSet<Uid>>),
}

impl PartialEq for Only {
    /// Sets are told apart by their place: comparing them would cost as much as asking anew.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Only::Of(left), Only::Of(right)) => left == right,
            (Only::These(left), Only::These(right)) => Arc::ptr_eq(left, right),
            (Only::Both(left, these), Only::Both(right, those)) => left == right && Arc::ptr_eq(these, those),
            (Only::Among(all, these), Only::Among(others, those)) => {
                Arc::ptr_eq(all, others) && Arc::ptr_eq(these, those)
            }
            _ => false,
        }
    }
}

impl Eq for Only {}

impl Only {
    /// Those that are among these as well.
    #[must_use]
    pub fn and(self, uids: Arc<QuickSet<Uid>>) -> Only {
        match self {
            Only::Of(owner) | Only::Both(owner, _) => Only::Both(owner, uids),
            Only::These(all) | Only::Among(all, _) => Only::Among(all, uids),
        }
    }

    /// What is in a set that was not in the one before; `None` if it is not told by sets alone.
    pub(super) fn added(&self, before: &Only) -> Option<Vec<Uid>> {
        match (self, before) {
            (Only::Both(owner, _), Only::Both(other, _)) if owner != other => None,
            (Only::These(uids), Only::These(before)) | (Only::Both(_, uids), Only::Both(_, before)) => {
                Some(uids.difference(before).copied().collect())
            }
            _ => None,
        }
    }

    /// Tells whether a row is one of them.
    pub(super) fn admits<R: Row>(&self, row: &R) -> bool {
        match self {
            Only::Of(owner) => row.is_owned_by(*owner),
            Only::These(uids) => uids.contains(&row.uid()),
            Only::Both(owner, uids) => row.is_owned_by(*owner) && uids.contains(&row.uid()),
            Only::Among(all, uids) => all.contains(&row.uid()) && uids.contains(&row.uid()),
        }
    }
}

impl Query {
    /// Asks for every row in the kind's own order.
    #[must_use]
    pub fn all<R: Row>() -> Self {
        let (column, descending) = R::DEFAULT_SORT;
        Self {
            sort: Sort { column, descending },
            namespaces: BTreeSet::new(),
            text: String::new(),
            unwell: false,
            only: None,
        }
    }

    /// Whether another query asks for the same but for which rows belong.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        let Self { sort, namespaces, text, unwell, only: _ } = self;
        (sort, namespaces, text, unwell) == (&other.sort, &other.namespaces, &other.text, &other.unwell)
    }

    /// Tells whether a row is asked for; `filter` is what its text means.
    pub fn admits<R: Row>(&self, row: &R, filter: &Filter, now: Unix, scratch: &mut Scratch) -> bool {
        let namespace = row.namespace();
        (self.namespaces.is_empty() || namespace.is_empty() || self.namespaces.contains(namespace))
            && (!self.unwell || row.unwell(now).is_some())
            && self.only.as_ref().is_none_or(|only| only.admits(row))
            && filter.admits(row, now, scratch)
    }
}
