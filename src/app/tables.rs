//! The tables of one cluster, one per kind. Must not know which of them is on screen.

use crate::model::event::EventRow;
use crate::model::kind::Kind;
use crate::model::namespace::NamespaceRow;
use crate::model::node::NodeRow;
use crate::model::pod::PodRow;
use crate::table::engine::{AnyTable, Table};

/// One table per kind.
#[derive(Default)]
pub struct Tables {
    /// Pods.
    pub pods: Table<PodRow>,
    /// Nodes.
    pub nodes: Table<NodeRow>,
    /// Events.
    pub events: Table<EventRow>,
    /// Namespaces.
    pub namespaces: Table<NamespaceRow>,
}

impl Tables {
    /// An estimate of the memory all rows take up, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.pods.bytes() + self.nodes.bytes() + self.events.bytes() + self.namespaces.bytes()
    }

    /// Forgets all rows and gives their memory back.
    pub fn clear(&mut self) {
        self.pods.clear();
        self.nodes.clear();
        self.events.clear();
        self.namespaces.clear();
    }

    /// The table of a kind, whatever its rows are.
    #[must_use]
    pub fn of(&self, kind: Kind) -> &dyn AnyTable {
        match kind {
            Kind::Pods => &self.pods,
            Kind::Nodes => &self.nodes,
            Kind::Events => &self.events,
            Kind::Namespaces => &self.namespaces,
        }
    }

    /// The table of a kind, to be refreshed.
    pub fn of_mut(&mut self, kind: Kind) -> &mut dyn AnyTable {
        match kind {
            Kind::Pods => &mut self.pods,
            Kind::Nodes => &mut self.nodes,
            Kind::Events => &mut self.events,
            Kind::Namespaces => &mut self.namespaces,
        }
    }
}
