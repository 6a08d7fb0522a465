//! The kinds of objects that can be shown. Must not know how they are fetched or drawn.

use std::fmt;
use std::sync::Arc;

use super::resource::ApiResource;

/// The group that stands for Helm in the names of kinds.
const HELM: &str = "helm.sh";

/// A kind of Kubernetes object.
///
/// Every open cluster reads the first four all the time; health follows from them. Any other kind is read while it is
/// looked at.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Pods.
    Pods,
    /// Nodes.
    Nodes,
    /// Events (core/v1).
    Events,
    /// Namespaces; also the sidebar's catalog.
    Namespaces,
    /// Any other kind the server serves, custom resources included.
    Other(Arc<ApiResource>),
}

impl Kind {
    /// The kinds that every open cluster reads, in the order in which they are offered.
    pub const STANDING: [Kind; 4] = [Kind::Pods, Kind::Nodes, Kind::Events, Kind::Namespaces];

    /// The kind of a served resource: one of the standing kinds, or the resource itself.
    #[must_use]
    pub fn of(resource: Arc<ApiResource>) -> Kind {
        let core = resource.group.is_empty();
        let standing = Kind::STANDING.into_iter().find(|kind| core && kind.plural() == resource.plural);
        standing.unwrap_or(Kind::Other(resource))
    }

    /// The kind of Helm's releases. No server serves it: releases are read from the Secrets that Helm keeps them in.
    #[must_use]
    pub fn helm() -> Kind {
        let text = str::to_owned;
        Kind::Other(Arc::new(ApiResource {
            group: text(HELM),
            version: text("v1"),
            plural: text("releases"),
            singular: text("release"),
            kind: text("Release"),
            short_names: vec![text("helm")],
            namespaced: true,
            verbs: Vec::new(),
            categories: Vec::new(),
        }))
    }

    /// Whether it is the kind of Helm's releases.
    #[must_use]
    pub fn is_helm(&self) -> bool {
        self.group() == HELM && self.plural() == "releases"
    }

    /// Whether every open cluster reads it, looked at or not.
    #[must_use]
    pub fn is_standing(&self) -> bool {
        !matches!(self, Kind::Other(_))
    }

    /// Returns the resource name as in API paths, also the word on screen: `pods`.
    #[must_use]
    pub fn plural(&self) -> &str {
        match self {
            Kind::Pods => "pods",
            Kind::Nodes => "nodes",
            Kind::Events => "events",
            Kind::Namespaces => "namespaces",
            Kind::Other(resource) => &resource.plural,
        }
    }

    /// Returns the word of manifests and events: `Pod`.
    #[must_use]
    pub fn manifest(&self) -> &str {
        match self {
            Kind::Pods => "Pod",
            Kind::Nodes => "Node",
            Kind::Events => "Event",
            Kind::Namespaces => "Namespace",
            Kind::Other(resource) => &resource.kind,
        }
    }

    /// Returns the names kubectl knows it by, besides the plural; the shortest first.
    #[must_use]
    pub fn aliases(&self) -> Vec<&str> {
        match self {
            Kind::Pods => vec!["po", "pod"],
            Kind::Nodes => vec!["no", "node"],
            Kind::Events => vec!["ev", "event"],
            Kind::Namespaces => vec!["ns", "namespace"],
            Kind::Other(resource) => {
                let names = resource.short_names.iter().chain([&resource.singular]);
                names.map(String::as_str).filter(|name| !name.is_empty()).collect()
            }
        }
    }

    /// Returns its API group; empty for the core group.
    #[must_use]
    pub fn group(&self) -> &str {
        match self {
            Kind::Other(resource) => &resource.group,
            _ => "",
        }
    }

    /// Tells whether objects of this kind live in namespaces.
    #[must_use]
    pub fn namespaced(&self) -> bool {
        match self {
            Kind::Pods | Kind::Events => true,
            Kind::Nodes | Kind::Namespaces => false,
            Kind::Other(resource) => resource.namespaced,
        }
    }

    /// Returns the API path of its objects: of one namespace, or of the cluster as a whole.
    #[must_use]
    pub fn path(&self, namespace: Option<&str>) -> String {
        let root = match self {
            Kind::Other(resource) if resource.group.is_empty() => format!("/api/{}", resource.version),
            Kind::Other(resource) => format!("/apis/{}/{}", resource.group, resource.version),
            _ => "/api/v1".to_owned(),
        };
        match namespace.filter(|_| self.namespaced()) {
            Some(namespace) => format!("{root}/namespaces/{namespace}/{}", self.plural()),
            None => format!("{root}/{}", self.plural()),
        }
    }
}

impl fmt::Display for Kind {
    /// Writes the plural, with the group where it has one: `deployments.apps`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.group() {
            "" => f.write_str(self.plural()),
            group => write!(f, "{}.{group}", self.plural()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(group: &str, plural: &str, namespaced: bool) -> Arc<ApiResource> {
        Arc::new(ApiResource {
            group: group.to_owned(),
            version: "v1".to_owned(),
            plural: plural.to_owned(),
            namespaced,
            ..ApiResource::default()
        })
    }

    #[test]
    fn a_resource_that_is_read_anyway_is_its_standing_kind() {
        assert_eq!(Kind::of(resource("", "pods", true)), Kind::Pods);
        let metrics = Kind::of(resource("metrics.k8s.io", "pods", true));
        assert!(!metrics.is_standing());
        assert_eq!(metrics.to_string(), "pods.metrics.k8s.io");
    }

    #[test]
    fn a_kind_has_the_path_of_its_group() {
        assert_eq!(Kind::Pods.path(Some("a")), "/api/v1/namespaces/a/pods");
        assert_eq!(Kind::Nodes.path(Some("a")), "/api/v1/nodes");
        assert_eq!(Kind::of(resource("", "services", true)).path(None), "/api/v1/services");
        assert_eq!(
            Kind::of(resource("apps", "deployments", true)).path(Some("a")),
            "/apis/apps/v1/namespaces/a/deployments"
        );
    }
}
