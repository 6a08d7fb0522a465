//! An object described as `kubectl describe` describes it: tables of titles and paths, one per kind.
//!
//! Owns what a table can say. What no table can say is a function beside it. A kind without a table is described field
//! by field. Must not know how anything is fetched.

mod certificate;
mod cluster;
mod config;
pub mod containers;
mod generic;
mod network;
mod pod;
mod storage;
#[cfg(test)]
mod tests;
mod volumes;
mod workload;

use serde_json::Value;

use super::at::At;
use super::doc::Document;
use super::events;
use super::page::Sources;
use super::section::Reference;
use super::sheet::{NONE, Sheet};
use super::value::{list, pairs, selector, time};
use crate::model::kind::Kind;

/// One entry of a kind's table.
#[derive(Clone, Copy)]
pub enum Part {
    /// A title with what is at a path, also if nothing is.
    Field(&'static str, &'static str, How),
    /// The same, left out if nothing is there.
    May(&'static str, &'static str, How),
    /// A heading over the entries further in, which start at a path; left out if nothing is there.
    Under(&'static str, &'static str, &'static [Part]),
    /// What takes more than a path.
    Do(fn(&mut Sheet, At<'_>, &Sources<'_>)),
}

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// As one word, empty if there is none.
    Word,
    /// As one word, or `<none>`.
    OrNone,
    /// As one word, or `<unset>`.
    OrUnset,
    /// A number, 0 if there is none.
    Number,
    /// A yes or no: `true` or `false`.
    Flag,
    /// A yes or no as Python has it: `True` or `False`, or `<unset>`.
    Capital,
    /// A moment.
    Time,
    /// A list, joined by commas, or `<none>`.
    List,
    /// A map, `key=value` below each other, or `<none>`.
    Pairs,
    /// A map, `key: value` below each other, or `<none>`.
    Notes,
    /// A map, `key=value` joined by commas, or `<none>`.
    Joined,
    /// A label selector, or `<none>`.
    Selector,
}

use How::{Notes, Pairs, Word};
use Part::{Do, Field, May, Under};

/// What most descriptions begin with.
const HEAD: &[Part] = &[
    Field("Name", "metadata.name", Word),
    May("Namespace", "metadata.namespace", Word),
    Field("Labels", "metadata.labels", Pairs),
    Field("Annotations", "metadata.annotations", Notes),
];

/// The kinds with a table, by group and plural.
const KINDS: &[(&str, &str, &[Part])] = &[
    ("", "pods", pod::POD),
    ("", "nodes", cluster::NODE),
    ("", "namespaces", cluster::NAMESPACE),
    ("", "events", cluster::EVENT),
    ("events.k8s.io", "events", cluster::EVENT),
    ("", "replicationcontrollers", workload::REPLICA_SET),
    ("storage.k8s.io", "csinodes", storage::DRIVERS),
    ("", "services", network::SERVICE),
    ("", "endpoints", network::ENDPOINTS),
    ("discovery.k8s.io", "endpointslices", network::SLICE),
    ("networking.k8s.io", "ingresses", network::INGRESS),
    ("networking.k8s.io", "ingressclasses", network::INGRESS_CLASS),
    ("networking.k8s.io", "networkpolicies", network::POLICY),
    ("", "configmaps", config::CONFIG_MAP),
    ("", "secrets", config::SECRET),
    ("", "resourcequotas", config::QUOTA),
    ("", "limitranges", config::LIMITS),
    ("", "serviceaccounts", config::SERVICE_ACCOUNT),
    ("scheduling.k8s.io", "priorityclasses", config::PRIORITY_CLASS),
    ("certificates.k8s.io", "certificatesigningrequests", certificate::REQUEST),
    ("rbac.authorization.k8s.io", "roles", config::ROLE),
    ("rbac.authorization.k8s.io", "clusterroles", config::ROLE),
    ("rbac.authorization.k8s.io", "rolebindings", config::BINDING),
    ("rbac.authorization.k8s.io", "clusterrolebindings", config::BINDING),
    ("", "persistentvolumeclaims", storage::CLAIM),
    ("", "persistentvolumes", storage::VOLUME),
    ("storage.k8s.io", "storageclasses", storage::CLASS),
    ("apps", "deployments", workload::DEPLOYMENT),
    ("apps", "replicasets", workload::REPLICA_SET),
    ("apps", "statefulsets", workload::STATEFUL_SET),
    ("apps", "daemonsets", workload::DAEMON_SET),
    ("batch", "jobs", workload::JOB),
    ("batch", "cronjobs", workload::CRON_JOB),
    ("autoscaling", "horizontalpodautoscalers", workload::AUTOSCALER),
    ("policy", "poddisruptionbudgets", workload::BUDGET),
];

fn table(kind: &Kind) -> Option<&'static [Part]> {
    let found = KINDS.iter().find(|(group, plural, _)| *group == kind.group() && *plural == kind.plural());
    found.map(|(_, _, parts)| *parts)
}

/// Describes an object, its events last.
#[must_use]
pub fn describe(sources: &Sources<'_>) -> Document {
    let mut sheet = Sheet::default();
    match table(&sources.reference.kind) {
        Some(parts) => write(&mut sheet, parts, sources.object, sources),
        None => generic::write(&mut sheet, sources.object, sources),
    }
    events::below(&mut sheet, sources);
    sheet.finish()
}

/// Writes the entries of a table that start at a place.
pub fn write(sheet: &mut Sheet, parts: &[Part], at: At<'_>, sources: &Sources<'_>) {
    for part in parts {
        match *part {
            Field(title, path, how) => field(sheet, title, at.path(path), how),
            May(title, path, how) if !at.path(path).is_empty() => field(sheet, title, at.path(path), how),
            Under(title, path, parts) if !at.path(path).is_empty() => {
                sheet.heading(title);
                sheet.inside(|sheet| write(sheet, parts, at.path(path), sources));
            }
            May(..) | Under(..) => {}
            Do(how) => how(sheet, at, sources),
        }
    }
}

/// Writes one title with its value.
pub fn field(sheet: &mut Sheet, title: &str, at: At<'_>, how: How) {
    let or = |text: String, none: &str| if text.is_empty() { none.to_owned() } else { text };
    let text = match how {
        How::Pairs => return sheet.values(title, pairs(at, "=")),
        How::Notes => return sheet.values(title, notes(at)),
        How::Word => at.word(),
        How::OrNone => or(at.word(), NONE),
        How::OrUnset => or(at.word(), "<unset>"),
        How::Number => at.number().to_string(),
        How::Flag => at.is_true().to_string(),
        How::Capital if at.word().is_empty() => "<unset>".to_owned(),
        How::Capital => if at.is_true() { "True" } else { "False" }.to_owned(),
        How::Time => or(time(at).unwrap_or_default(), "<unset>"),
        How::List => or(list(at, ","), NONE),
        How::Joined => {
            let all = pairs(at, "=").into_iter().map(|(pair, _)| pair).filter(|pair| !pair.starts_with(LAST_APPLIED));
            or(all.collect::<Vec<_>>().join(","), NONE)
        }
        How::Selector => or(selector(at), NONE),
    };
    sheet.field(title, text, at);
}

/// What was applied last is the object once more, and may hold what is secret.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The annotations worth reading.
fn notes(at: At<'_>) -> Vec<(String, bool)> {
    let shown = at.fields().filter(|(name, _)| *name != LAST_APPLIED);
    let mut lines = Vec::new();
    for (name, note) in shown {
        let text = note.word();
        if text.contains('\n') || name.len() + text.len() > 140 {
            lines.push((format!("{name}:"), note.changed()));
            lines.extend(text.lines().map(|line| (format!("  {line}"), note.changed())));
        } else {
            lines.push((format!("{name}: {text}"), note.changed()));
        }
    }
    lines
}

/// What controls an object: `ReplicaSet/web-5d78c9869d`, leading there.
fn controlled_by(sheet: &mut Sheet, at: At<'_>, sources: &Sources<'_>) {
    let owner = at.path("metadata.ownerReferences").items().find(|owner| owner.field("controller").is_true());
    if let Some(owner) = owner {
        let text = format!("{}/{}", owner.field("kind").text(), owner.field("name").text());
        sheet.link("Controlled By", text, owner_of(owner, sources), owner);
    }
}

/// The object that an owner reference names.
pub fn owner_of(owner: At<'_>, sources: &Sources<'_>) -> Reference {
    Reference {
        api_version: owner.field("apiVersion").text().to_owned(),
        kind: owner.field("kind").text().to_owned(),
        namespace: sources.reference.namespace.to_string(),
        name: owner.field("name").text().to_owned(),
        uid: owner.field("uid").now.as_str().map(crate::model::ids::Uid::parse),
    }
}

/// The objects that were found at a path beside the object; none while they have not arrived.
pub fn found<'a>(sources: &Sources<'a>, path: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    let tree = sources.beside.get(path).and_then(|found| found.as_ref().ok());
    tree.and_then(|tree| tree.0.as_array()).into_iter().flatten()
}
