//! What an object is related to: what it belongs to, what it needs, what it owns and selects, what selects it.
//!
//! Each is a line that leads there. Must not know how what is listed was fetched.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde_json::Value;

use super::at::At;
use super::describe::owner_of;
use super::doc::{Document, Ink};
use super::page::Sources;
use super::paths;
use super::section::Reference;
use super::sheet::{Cell, Row, Sheet};
use crate::model::detail::{Beside, ObjectRef};

/// A list in which relatives are looked for: who is a relative, by which title, and what the list holds.
struct Search {
    title: &'static str,
    beside: Beside,
    kind: (&'static str, &'static str),
    /// Whether an object of the list is related to this one.
    is_related: fn(&Value, &Value) -> bool,
}

fn any(_: &Value, _: &Value) -> bool {
    true
}

/// Whether the second object is owned by the first.
fn is_owned(object: &Value, other: &Value) -> bool {
    let uid = object.pointer("/metadata/uid").and_then(Value::as_str).unwrap_or("?");
    let mut owners = At::still(other).path("metadata.ownerReferences").items();
    owners.any(|owner| owner.field("uid").text() == uid)
}

/// Whether the selector of the second object finds the first, or the pods that the first makes.
fn is_selected(object: &Value, other: &Value) -> bool {
    let selector = At::still(other).path("spec.selector");
    let wanted = match selector.field("matchLabels") {
        none if none.is_empty() => selector,
        labels => labels,
    };
    let made = At::still(object).path("spec.template.metadata.labels");
    let labels = if made.is_empty() { At::still(object).path("metadata.labels") } else { made };
    !wanted.is_empty() && wanted.fields().all(|(name, value)| labels.field(name).word() == value.word())
}

/// Whether the second object, an autoscaler, scales the first.
fn is_scaled(object: &Value, other: &Value) -> bool {
    let (own, target) = (At::still(object), At::still(other).path("spec.scaleTargetRef"));
    own.field("kind").text() == target.field("kind").text()
        && own.path("metadata.name").text() == target.field("name").text()
}

/// Whether the second object, an ingress, leads to the first, a service.
fn is_routed(object: &Value, other: &Value) -> bool {
    let name = At::still(object).path("metadata.name").text();
    let spec = At::still(other).field("spec");
    let leads = |backend: At<'_>| backend.path("service.name").text() == name;
    let mut paths = spec.field("rules").items().flat_map(|rule| rule.path("http.paths").items());
    paths.any(|path| leads(path.field("backend"))) || leads(spec.field("defaultBackend"))
}

/// What is told of a namespace: what people put there. Pods and what else follows from it have lists of their own.
const CONTENT: [(&str, &str, &str); 7] = [
    ("/apis/apps/v1", "apps/v1", "Deployment"),
    ("/apis/apps/v1", "apps/v1", "StatefulSet"),
    ("/apis/apps/v1", "apps/v1", "DaemonSet"),
    ("/apis/batch/v1", "batch/v1", "CronJob"),
    ("/api/v1", "v1", "Service"),
    ("/apis/networking.k8s.io/v1", "networking.k8s.io/v1", "Ingress"),
    ("/api/v1", "v1", "PersistentVolumeClaim"),
];

fn plural(kind: &str) -> String {
    let ending = if kind.ends_with('s') { "es" } else { "s" };
    format!("{}{ending}", kind.to_lowercase())
}

fn searches(object: &ObjectRef, value: &Value) -> Vec<Search> {
    let namespace = &*object.namespace;
    let here = |group: &str, plural: &str| format!("{group}/namespaces/{namespace}/{plural}");
    let full = |path: String| Beside { path, live: false, metadata: false };
    let slim = |path: String| Beside { path, live: false, metadata: true };
    let services = || Search {
        title: "selected by",
        beside: full(here("/api/v1", "services")),
        kind: ("v1", "Service"),
        is_related: is_selected,
    };
    let scaled = || Search {
        title: "scaled by",
        beside: full(here("/apis/autoscaling/v2", "horizontalpodautoscalers")),
        kind: ("autoscaling/v2", "HorizontalPodAutoscaler"),
        is_related: is_scaled,
    };
    let budgets = || Search {
        title: "guarded by",
        beside: full(here("/apis/policy/v1", "poddisruptionbudgets")),
        kind: ("policy/v1", "PodDisruptionBudget"),
        is_related: is_selected,
    };
    let pods = |title, is_related| {
        let path = paths::selected_pods(object, value)?;
        Some(Search { title, beside: slim(path), kind: ("v1", "Pod"), is_related })
    };
    let mut all: Vec<Search> = Vec::new();
    match (object.kind.group(), object.kind.plural()) {
        ("", "pods") => all.extend([services(), budgets()]),
        ("", "services") => {
            all.extend(pods("selects", any));
            all.push(Search {
                title: "reached at",
                beside: slim(paths::slices(namespace, &object.name)),
                kind: ("discovery.k8s.io/v1", "EndpointSlice"),
                is_related: any,
            });
            all.push(Search {
                title: "routed by",
                beside: full(here("/apis/networking.k8s.io/v1", "ingresses")),
                kind: ("networking.k8s.io/v1", "Ingress"),
                is_related: is_routed,
            });
        }
        ("policy", "poddisruptionbudgets") => all.extend(pods("selects", any)),
        ("apps", "deployments") => {
            let sets = paths::replica_sets(object, value);
            all.extend(sets.map(|path| Search {
                title: "owns",
                beside: slim(path),
                kind: ("apps/v1", "ReplicaSet"),
                is_related: is_owned,
            }));
            all.extend(pods("selects", any));
            all.extend([services(), scaled(), budgets()]);
        }
        ("apps", "replicasets" | "statefulsets") => {
            all.extend(pods("owns", is_owned));
            all.extend([services(), scaled(), budgets()]);
        }
        ("apps", "daemonsets") => {
            all.extend(pods("owns", is_owned));
            all.extend([services(), budgets()]);
        }
        ("batch", "jobs") => all.extend(pods("owns", is_owned)),
        ("", "namespaces") => all.extend(CONTENT.iter().map(|(path, version, kind)| Search {
            title: "contains",
            beside: slim(format!("{path}/namespaces/{}/{}", object.name, plural(kind))),
            kind: (version, kind),
            is_related: any,
        })),
        ("batch", "cronjobs") => all.push(Search {
            title: "owns",
            beside: slim(here("/apis/batch/v1", "jobs")),
            kind: ("batch/v1", "Job"),
            is_related: is_owned,
        }),
        ("", "nodes") => all.push(Search {
            title: "runs",
            beside: slim(paths::pods_on(&object.name)),
            kind: ("v1", "Pod"),
            is_related: any,
        }),
        ("", "configmaps" | "secrets" | "serviceaccounts" | "persistentvolumeclaims") => all.push(Search {
            title: "used by",
            beside: full(paths::of_namespace(namespace, "pods")),
            kind: ("v1", "Pod"),
            is_related: |object, pod| {
                let own = At::still(object);
                let (kind, name) = (own.field("kind").text(), own.path("metadata.name").text());
                uses(At::still(pod).field("spec")).iter().any(|used| used.kind == kind && used.name == name)
            },
        }),
        _ => {}
    }
    all
}

/// What has to be fetched to know an object's relatives.
#[must_use]
pub fn beside(object: &ObjectRef, value: &Value) -> Vec<Beside> {
    searches(object, value).into_iter().map(|search| search.beside).collect()
}

/// The section of relatives.
#[must_use]
pub fn section(sources: &Sources<'_>) -> Document {
    let mut rows: Vec<Row> = Vec::new();
    let at = sources.object;
    for owner in at.path("metadata.ownerReferences").items() {
        rows.push(row("belongs to", owner_of(owner, sources), owner.changed()));
    }
    let mut told = BTreeSet::new();
    for used in named_by(sources.reference, at) {
        if told.insert((used.kind.clone(), used.namespace.clone(), used.name.clone())) {
            rows.push(row(title_of(&used.kind), used, false));
        }
    }
    let mut waiting = false;
    let mut failed: Vec<String> = Vec::new();
    for search in searches(sources.reference, at.now) {
        match sources.beside.get(&search.beside.path) {
            None => waiting = true,
            Some(Err(why)) => failed.push(format!("{} ({}): {why}", search.title, search.kind.1)),
            Some(Ok(tree)) => {
                let all = tree.0.as_array().into_iter().flatten();
                for other in all.filter(|other| (search.is_related)(at.now, other)) {
                    let other = At::still(other);
                    let to = Reference {
                        namespace: other.path("metadata.namespace").text().to_owned(),
                        uid: other.path("metadata.uid").now.as_str().map(crate::model::ids::Uid::parse),
                        ..Reference::named(search.kind.0, search.kind.1, other.path("metadata.name").text())
                    };
                    rows.push(row(search.title, to, false));
                }
            }
        }
    }
    let mut sheet = Sheet::default();
    if rows.is_empty() && !waiting && failed.is_empty() {
        sheet.plain("Nothing that is known to be related.", Ink::Dim, false);
    } else if !rows.is_empty() {
        sheet.table(&["RELATION", "KIND", "NAMESPACE", "NAME"], false, rows);
    }
    for why in failed {
        sheet.plain(&why, Ink::Warn, false);
    }
    if waiting {
        sheet.plain("...", Ink::Dim, false);
    }
    sheet.finish()
}

fn row(title: &str, to: Reference, changed: bool) -> Row {
    let cells = vec![
        Cell::new(title, Ink::Dim),
        Cell::text(to.kind.as_str()),
        Cell::new(to.namespace.as_str(), Ink::Dim),
        Cell::text(to.name.as_str()),
    ];
    Row { cells, link: Some(to), changed }
}

fn title_of(kind: &str) -> &'static str {
    match kind {
        "Node" => "runs on",
        "ServiceAccount" => "acts as",
        _ => "uses",
    }
}

/// The objects that an object names in its own spec.
fn named_by(object: &ObjectRef, at: At<'_>) -> Vec<Reference> {
    let spec = at.field("spec");
    let here = |api: &str, kind: &str, name: &str| Reference {
        namespace: object.namespace.to_string(),
        ..Reference::named(api, kind, name)
    };
    let mut all = match (object.kind.group(), object.kind.plural()) {
        ("", "pods") => {
            let mut all = vec![Reference::named("v1", "Node", spec.field("nodeName").text())];
            all.extend(
                uses(spec).into_iter().map(|used| Reference { namespace: object.namespace.to_string(), ..used }),
            );
            all
        }
        ("apps", _) | ("batch", "jobs") => within(object, uses(spec.path("template.spec"))),
        ("batch", "cronjobs") => within(object, uses(spec.path("jobTemplate.spec.template.spec"))),
        ("", "persistentvolumeclaims") => vec![
            Reference::named("v1", "PersistentVolume", spec.field("volumeName").text()),
            Reference::named("storage.k8s.io/v1", "StorageClass", spec.field("storageClassName").text()),
        ],
        ("", "persistentvolumes") => {
            let claim = spec.field("claimRef");
            let namespace = claim.field("namespace").text().to_owned();
            let named = Reference::named("v1", "PersistentVolumeClaim", claim.field("name").text());
            let class = spec.field("storageClassName").text();
            vec![Reference { namespace, ..named }, Reference::named("storage.k8s.io/v1", "StorageClass", class)]
        }
        ("networking.k8s.io", "ingresses") => {
            let paths = spec.field("rules").items().flat_map(|rule| rule.path("http.paths").items());
            let services = paths.map(|path| here("v1", "Service", path.path("backend.service.name").text()));
            let secrets = spec.field("tls").items().map(|tls| here("v1", "Secret", tls.field("secretName").text()));
            services.chain(secrets).collect()
        }
        ("autoscaling", _) => {
            let target = spec.field("scaleTargetRef");
            vec![here(target.field("apiVersion").text(), target.field("kind").text(), target.field("name").text())]
        }
        ("", "events") => {
            let of = at.field("involvedObject");
            let named =
                Reference::named(of.field("apiVersion").text(), of.field("kind").text(), of.field("name").text());
            vec![Reference { namespace: of.field("namespace").text().to_owned(), ..named }]
        }
        _ => Vec::new(),
    };
    all.retain(|reference| !reference.name.is_empty());
    all
}

fn within(object: &ObjectRef, all: Vec<Reference>) -> Vec<Reference> {
    all.into_iter().map(|used| Reference { namespace: object.namespace.to_string(), ..used }).collect()
}

/// What a pod's spec needs of its namespace: its account, configuration, secrets and claims.
fn uses(spec: At<'_>) -> Vec<Reference> {
    let mut all = vec![Reference::named("v1", "ServiceAccount", spec.field("serviceAccountName").text())];
    let mut add = |kind: &str, name: At<'_>| all.push(Reference::named("v1", kind, name.text()));
    for volume in spec.field("volumes").items() {
        add("ConfigMap", volume.path("configMap.name"));
        add("Secret", volume.path("secret.secretName"));
        add("PersistentVolumeClaim", volume.path("persistentVolumeClaim.claimName"));
        for source in volume.path("projected.sources").items() {
            add("ConfigMap", source.path("configMap.name"));
            add("Secret", source.path("secret.name"));
        }
    }
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for container in spec.field(list).items() {
            for source in container.field("envFrom").items() {
                add("ConfigMap", source.path("configMapRef.name"));
                add("Secret", source.path("secretRef.name"));
            }
            for variable in container.field("env").items() {
                add("ConfigMap", variable.path("valueFrom.configMapKeyRef.name"));
                add("Secret", variable.path("valueFrom.secretKeyRef.name"));
            }
        }
    }
    for secret in spec.field("imagePullSecrets").items() {
        add("Secret", secret.field("name"));
    }
    all.retain(|reference| !reference.name.is_empty());
    all
}
