//! What a details page is divided into, and what a line of it can lead to. Must not know how any of it is made.

use std::sync::Arc;

use crate::model::detail::ObjectRef;
use crate::model::ids::Uid;
use crate::model::kind::Kind;
use crate::model::resource::ApiResource;

/// A section of a details page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// As `kubectl describe` has it.
    #[default]
    Describe,
    /// The object itself.
    Yaml,
    /// The containers of a pod.
    Containers,
    /// What happened to it.
    Events,
    /// What it belongs to, uses, owns and selects.
    Related,
    /// The revisions of a Helm release.
    History,
    /// The values a person supplied to a Helm release.
    Values,
    /// Those values over the chart's own.
    Computed,
    /// What a Helm release made.
    Manifest,
    /// What a chart has to say.
    Notes,
}

impl Section {
    /// The sections that an object of a kind has, in their order.
    #[must_use]
    pub fn of(kind: &Kind) -> &'static [Section] {
        match kind {
            Kind::Pods => &[Self::Describe, Self::Containers, Self::Related, Self::Events, Self::Yaml],
            kind if kind.is_helm() => {
                &[Self::Describe, Self::History, Self::Values, Self::Computed, Self::Manifest, Self::Notes]
            }
            Kind::Events => &[Self::Describe, Self::Related, Self::Yaml],
            _ => &[Self::Describe, Self::Related, Self::Events, Self::Yaml],
        }
    }

    /// Its name.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Describe => "Describe",
            Self::Yaml => "YAML",
            Self::Containers => "Containers",
            Self::Events => "Events",
            Self::Related => "Related",
            Self::History => "History",
            Self::Values => "Values",
            Self::Computed => "All values",
            Self::Manifest => "Manifest",
            Self::Notes => "Notes",
        }
    }
}

/// An object as other objects name it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reference {
    /// Its group and version, as in manifests: `apps/v1`.
    pub api_version: String,
    /// Its kind, as in manifests: `ReplicaSet`.
    pub kind: String,
    /// Its namespace; empty for what lives in none.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its identity, where it is told.
    pub uid: Option<Uid>,
}

impl Reference {
    /// An object of no namespace, by its name.
    #[must_use]
    pub fn named(api_version: &str, kind: &str, name: &str) -> Self {
        Self {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            namespace: String::new(),
            name: name.to_owned(),
            uid: None,
        }
    }

    /// The object it names. Where no such kind is `known` to the server, the plural is made as Kubernetes makes it.
    #[must_use]
    pub fn resolve<'a>(&self, mut known: impl Iterator<Item = &'a Arc<ApiResource>>) -> ObjectRef {
        let (group, version) = self.api_version.split_once('/').unwrap_or(("", &self.api_version));
        let served = known.find(|resource| resource.kind == self.kind && resource.group == group).cloned();
        let resource = served.unwrap_or_else(|| {
            Arc::new(ApiResource {
                group: group.to_owned(),
                version: version.to_owned(),
                plural: plural(&self.kind),
                singular: self.kind.to_lowercase(),
                kind: self.kind.clone(),
                namespaced: !self.namespace.is_empty(),
                ..ApiResource::default()
            })
        });
        let namespace = if resource.namespaced { self.namespace.as_str() } else { "" };
        ObjectRef {
            namespace: namespace.into(),
            name: self.name.as_str().into(),
            uid: self.uid,
            kind: Kind::of(resource),
        }
    }
}

/// The plural of a kind where the server has not told it.
fn plural(kind: &str) -> String {
    let word = kind.to_lowercase();
    match word.as_str() {
        "endpoints" => word,
        _ if word.ends_with('s') || word.ends_with("ch") || word.ends_with('x') => format!("{word}es"),
        _ => match word.strip_suffix('y') {
            Some(stem) if !stem.ends_with(['a', 'e', 'o']) => format!("{stem}ies"),
            _ => format!("{word}s"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals_are_those_of_kubernetes() {
        for (kind, expected) in [
            ("Pod", "pods"),
            ("NetworkPolicy", "networkpolicies"),
            ("StorageClass", "storageclasses"),
            ("Ingress", "ingresses"),
            ("Endpoints", "endpoints"),
            ("Gateway", "gateways"),
            ("EndpointSlice", "endpointslices"),
        ] {
            assert_eq!(plural(kind), expected);
        }
    }

    #[test]
    fn a_reference_leads_to_what_the_server_serves() {
        let reference = Reference { api_version: "v1".to_owned(), kind: "Node".to_owned(), ..Reference::default() };
        assert_eq!(reference.resolve(std::iter::empty()).kind, Kind::Nodes);
        let served = Arc::new(ApiResource {
            group: "example.com".to_owned(),
            version: "v2".to_owned(),
            plural: "oxen".to_owned(),
            kind: "Ox".to_owned(),
            ..ApiResource::default()
        });
        let reference = Reference {
            api_version: "example.com/v1".to_owned(),
            kind: "Ox".to_owned(),
            namespace: "farm".to_owned(),
            ..Reference::default()
        };
        let object = reference.resolve([&served].into_iter());
        assert_eq!((object.kind.plural(), &*object.namespace), ("oxen", ""));
    }
}
