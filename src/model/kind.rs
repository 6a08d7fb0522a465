//! The kinds that have rows of their own. Must not know how they are fetched or drawn.

/// A kind of Kubernetes object that every open cluster reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Pods.
    Pods,
    /// Nodes.
    Nodes,
    /// Events (core/v1).
    Events,
    /// Namespaces; also the sidebar's catalog.
    Namespaces,
}

impl Kind {
    /// Every kind, in the order of their declaration and in which they are offered.
    pub const ALL: [Kind; 4] = [Kind::Pods, Kind::Nodes, Kind::Events, Kind::Namespaces];

    /// Returns the resource name as in API paths, also the word on screen: `pods`.
    #[must_use]
    pub fn plural(self) -> &'static str {
        match self {
            Kind::Pods => "pods",
            Kind::Nodes => "nodes",
            Kind::Events => "events",
            Kind::Namespaces => "namespaces",
        }
    }

    /// Returns the names kubectl knows this kind by, besides the plural.
    #[must_use]
    pub fn aliases(self) -> &'static [&'static str] {
        match self {
            Kind::Pods => &["po", "pod"],
            Kind::Nodes => &["no", "node"],
            Kind::Events => &["ev", "event"],
            Kind::Namespaces => &["ns", "namespace"],
        }
    }

    /// Tells whether objects of this kind live in namespaces.
    #[must_use]
    pub fn namespaced(self) -> bool {
        matches!(self, Kind::Pods | Kind::Events)
    }
}
