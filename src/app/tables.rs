//! The tables of one cluster, one per kind. Must not know which of them is on screen.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::counts::{PodCounts, WarningCounts};
use crate::model::event::EventRow;
use crate::model::kind::Kind;
use crate::model::namespace::NamespaceRow;
use crate::model::node::NodeRow;
use crate::model::object::{ColumnDefinition, ObjectRow};
use crate::model::pod::PodRow;
use crate::model::update::Delta;
use crate::model::usage::Figures;
use crate::table::engine::{AnyTable, Table};
use crate::table::query::Query;

/// One table per kind.
#[derive(Default)]
pub struct Tables {
    /// Pods.
    pub pods: Table<PodRow, PodCounts>,
    /// Nodes.
    pub nodes: Table<NodeRow>,
    /// Events.
    pub events: Table<EventRow, WarningCounts>,
    /// Namespaces.
    pub namespaces: Table<NamespaceRow>,
    /// Any other kind, while it is looked at.
    others: BTreeMap<Kind, Table<ObjectRow>>,
    /// Stands for a kind that has no rows yet.
    none: Table<ObjectRow>,
    /// What was forgotten and is still to be let go of.
    gone: Gone,
}

/// Rows, and what was known of them, that nobody needs any more. To let go of a hundred thousand takes longer than a frame
/// may.
pub type Gone = Vec<Box<dyn Send>>;

impl Tables {
    /// An estimate of the memory all rows take up, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let others: usize = self.others.values().map(Table::bytes).sum();
        self.pods.bytes() + self.nodes.bytes() + self.events.bytes() + self.namespaces.bytes() + others
    }

    /// Forgets all rows.
    pub fn clear(&mut self) {
        let small = (self.nodes.clear(), self.namespaces.clear());
        let large = (self.pods.clear(), self.events.clear(), std::mem::take(&mut self.others));
        self.gone.push(Box::new((small, large)));
    }

    /// Forgets the rows of a kind that is looked at no more.
    pub fn release(&mut self, kind: &Kind) {
        if let Some(rows) = self.others.remove(kind) {
            self.gone.push(Box::new(rows));
        }
    }

    /// Forgets what was known of many rows, and is in them now.
    pub fn let_go_of(&mut self, known: Arc<Figures>) {
        self.gone.push(Box::new(known));
    }

    /// Takes what was forgotten, to give its memory back beside the loop.
    pub fn take_gone(&mut self) -> Gone {
        std::mem::take(&mut self.gone)
    }

    /// The order and filter a kind's fresh table has.
    #[must_use]
    pub fn default_query(kind: &Kind) -> Query {
        match kind {
            Kind::Pods => Query::all::<PodRow>(),
            Kind::Nodes => Query::all::<NodeRow>(),
            Kind::Events => Query::all::<EventRow>(),
            Kind::Namespaces => Query::all::<NamespaceRow>(),
            Kind::Other(_) => {
                let mut query = Query::all::<ObjectRow>();
                // What lives in no namespace has no column for it: the first one that is shown has the names.
                query.sort.column += usize::from(!kind.namespaced());
                query
            }
        }
    }

    /// Takes over the columns that the server has for a kind.
    pub fn set_columns(&mut self, kind: &Kind, columns: &[ColumnDefinition]) {
        let built_in = matches!(kind.group(), "" | "apps" | "autoscaling" | "batch" | "policy");
        self.others.entry(kind.clone()).or_default().set_columns(kind.namespaced(), built_in, columns);
    }

    /// The rows of a kind that is read while it is looked at; `None` before any have come.
    #[must_use]
    pub fn objects(&self, kind: &Kind) -> Option<&Table<ObjectRow>> {
        self.others.get(kind)
    }

    /// The kinds that are read while they are looked at, and have rows or columns here.
    pub fn kinds(&self) -> impl Iterator<Item = &Kind> {
        self.others.keys()
    }

    /// Applies a change to the rows of a kind that is read while it is looked at.
    pub fn apply_objects(&mut self, kind: &Kind, delta: Delta<ObjectRow>) {
        self.others.entry(kind.clone()).or_default().apply(delta);
    }

    /// The table of a kind, whatever its rows are.
    #[must_use]
    pub fn of(&self, kind: &Kind) -> &dyn AnyTable {
        match kind {
            Kind::Pods => &self.pods,
            Kind::Nodes => &self.nodes,
            Kind::Events => &self.events,
            Kind::Namespaces => &self.namespaces,
            Kind::Other(_) => self.others.get(kind).unwrap_or(&self.none),
        }
    }

    /// The table of a kind, to be refreshed.
    pub fn of_mut(&mut self, kind: &Kind) -> &mut dyn AnyTable {
        match kind {
            Kind::Pods => &mut self.pods,
            Kind::Nodes => &mut self.nodes,
            Kind::Events => &mut self.events,
            Kind::Namespaces => &mut self.namespaces,
            Kind::Other(_) => self.others.get_mut(kind).unwrap_or(&mut self.none),
        }
    }
}
