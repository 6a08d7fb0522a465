//! Which page a section is, and what has to be fetched for it. Must not know how it is fetched.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::at::At;
use super::doc::Document;
use super::section::Section;
use super::{containers, describe, events, paths, related, release, yaml};
use crate::model::detail::{Beside, ObjectRef, Tree};
use crate::model::failure::Failure;

/// What a page is made of.
pub struct Sources<'a> {
    /// The object.
    pub object: At<'a>,
    /// Where it is.
    pub reference: &'a ObjectRef,
    /// What was found beside it, by path.
    pub beside: &'a BTreeMap<String, Result<Tree, Failure>>,
    /// Keys of a Secret that may be shown.
    pub decoded: &'a BTreeSet<Box<str>>,
}

/// What a section needs besides the object itself, each once.
#[must_use]
pub fn beside(section: Section, object: &ObjectRef, value: Option<&Value>) -> Vec<Beside> {
    let Some(value) = value.filter(|_| !object.kind.is_helm()) else { return Vec::new() };
    let mut all = match section {
        Section::Yaml
        | Section::Containers
        | Section::History
        | Section::Values
        | Section::Computed
        | Section::Manifest
        | Section::Notes => Vec::new(),
        Section::Events => events::beside(object, value).into_iter().collect(),
        Section::Related => related::beside(object, value),
        Section::Describe => {
            let mut all: Vec<Beside> = events::beside(object, value).into_iter().collect();
            all.extend(described(object, value));
            all
        }
    };
    all.sort_unstable();
    all.dedup_by(|one, other| one.path == other.path);
    all
}

/// Services of an ingress whose endpoints are told.
const BACKENDS: usize = 8;

/// What a description tells that is not in the object.
fn described(object: &ObjectRef, value: &Value) -> Vec<Beside> {
    let full = |path: String| Beside { path, live: false, metadata: false };
    let mut all = Vec::new();
    match (object.kind.group(), object.kind.plural()) {
        ("apps", "deployments") => all.extend(paths::replica_sets(object, value).map(full)),
        ("apps", _) | ("", "replicationcontrollers") => all.extend(paths::selected_pods(object, value).map(full)),
        ("", "services") => all.push(full(paths::slices(&object.namespace, &object.name))),
        ("networking.k8s.io", "ingresses") => {
            for service in paths::backends(value).into_iter().take(BACKENDS) {
                let services = paths::of_namespace(&object.namespace, "services");
                all.push(full(format!("{services}/{service}")));
                all.push(full(paths::slices(&object.namespace, service)));
            }
        }
        // Their metadata alone: never what they hold.
        ("", "serviceaccounts") => all.push(Beside { metadata: true, ..full(paths::tokens(&object.namespace)) }),
        ("", "nodes") => all.extend([full(paths::pods_on(&object.name)), full(paths::lease(&object.name))]),
        ("", "namespaces") => {
            all.extend(["resourcequotas", "limitranges"].map(|plural| full(paths::of_namespace(&object.name, plural))));
        }
        ("", "persistentvolumeclaims") => all.push(full(paths::of_namespace(&object.namespace, "pods"))),
        _ => {}
    }
    all
}

/// Makes the page of a section.
#[must_use]
pub fn make(section: Section, sources: &Sources<'_>) -> Document {
    if sources.reference.kind.is_helm()
        && let Some(page) = release::section(section, sources)
    {
        return page;
    }
    match section {
        Section::Describe => describe::describe(sources),
        Section::Yaml | Section::History | Section::Values | Section::Computed | Section::Manifest | Section::Notes => {
            yaml::yaml(sources.object, sources.decoded)
        }
        Section::Containers => containers::section(sources.object),
        Section::Events => events::section(sources),
        Section::Related => related::section(sources),
    }
}
