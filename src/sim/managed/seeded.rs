//! Owns what managed fields say of objects nobody wrote to from outside: whoever made them set everything but the status,
//! their controller set that. Made when an object is shown, straight from its text. Must not know where objects are kept.

use super::OWN;
use super::atoms::{is_always_there, is_atom, is_set, list_keys};
use crate::sim::json::quote;
use crate::sim::kinds::{Kind, Resource};
use crate::sim::lean::Lean;

/// Annotations controllers write together with the status.
const OF_STATUS: &[&str] = &["deployment.kubernetes.io/revision"];

/// Who writes the status of a kind's objects, and what else changes by itself.
pub(super) fn keeper(kind: &Kind) -> &'static str {
    match kind.resource {
        Resource::Pods | Resource::Nodes | Resource::Leases => "kubelet",
        Resource::Definitions => "kube-apiserver",
        Resource::Ingresses => "nginx-ingress-controller",
        Resource::Custom(_) => "manager",
        _ => "kube-controller-manager",
    }
}

/// Who made an object.
fn author<'a>(kind: &Kind, object: &'a Lean<'_>) -> &'a str {
    let metadata = object.get("metadata");
    let label = |key: &str| metadata.get("labels").get(key).as_str();
    let name = metadata.get("name").as_str().unwrap_or_default();
    match kind.resource {
        Resource::Nodes => "kubelet",
        Resource::Leases => object.get("spec").get("holderIdentity").as_str().map_or("kubelet", |holder| {
            ["kube-scheduler", "kube-controller-manager"]
                .into_iter()
                .find(|own| holder.contains(own))
                .unwrap_or("kubelet")
        }),
        Resource::Events | Resource::EventsV1 => match object.get("reportingComponent").as_str() {
            Some("default-scheduler") => "kube-scheduler",
            Some("kubelet") => "kubelet",
            _ => "kube-controller-manager",
        },
        Resource::Pods | Resource::Namespaces => "kubectl-create",
        Resource::Volumes => "csi-provisioner",
        Resource::ApiServices => "kube-apiserver",
        Resource::ReplicaSets
        | Resource::ControllerRevisions
        | Resource::Endpoints
        | Resource::EndpointSlices
        | Resource::Attachments => "kube-controller-manager",
        _ if label("kubernetes.io/bootstrapping").is_some() => "kube-apiserver",
        _ if !metadata.get("ownerReferences").list().is_empty() => "kube-controller-manager",
        _ if name == "kube-root-ca.crt" => "kube-controller-manager",
        _ if label("app.kubernetes.io/managed-by") == Some("Helm") => "helm",
        _ => "kubectl-client-side-apply",
    }
}

/// The JSON of one entry, whose fields are `fields`.
pub(crate) fn entry(manager: &str, api_version: &str, time: &str, fields: &str, subresource: &str) -> String {
    let mut out = String::with_capacity(fields.len() + 180);
    for part in ["{\"manager\":\"", manager, "\",\"operation\":\"Update\",\"apiVersion\":\"", api_version] {
        out.push_str(part);
    }
    for part in ["\",\"time\":\"", time, "\",\"fieldsType\":\"FieldsV1\",\"fieldsV1\":", fields] {
        out.push_str(part);
    }
    if !subresource.is_empty() {
        out.extend([",\"subresource\":\"", subresource, "\""]);
    }
    out.push('}');
    out
}

/// The JSON of the entries of an object from its text: a list, or nothing where nobody manages anything.
pub(crate) fn of_seeded(kind: &Kind, text: &str) -> Option<String> {
    let object = Lean::parse(text);
    let (of_author, of_status) = fields(kind, &object);
    let created = object.get("metadata").get("creationTimestamp").as_str().unwrap_or_default();
    let mut latest = "";
    last_moment(object.get("status"), &mut latest);
    let latest = if latest.is_empty() { created } else { latest };
    let version = if kind.resource == Resource::EventsV1 { "v1".to_owned() } else { kind.api_version() };
    let mut entries = Vec::new();
    if !of_author.is_empty() {
        let time = if kind.resource.stored() == Resource::Events {
            object.get("lastTimestamp").as_str().unwrap_or(created)
        } else {
            created
        };
        entries.push(entry(author(kind, &object), &version, time, &of_author, ""));
    }
    if !of_status.is_empty() {
        entries.push(entry(keeper(kind), &version, latest, &of_status, "status"));
    }
    (!entries.is_empty()).then(|| format!("[{}]", entries.join(",")))
}

/// What the author and the keeper of the status set: `fieldsV1` each, empty for nothing.
fn fields(kind: &Kind, object: &Lean<'_>) -> (String, String) {
    let (mut author, mut status) = (Set::default(), Set::default());
    for (key, value) in sorted(object) {
        match key {
            "kind" | "apiVersion" => {}
            "metadata" => {
                for (set, own) in [(&mut author, true), (&mut status, false)] {
                    set.open("f:metadata");
                    for (key, value) in sorted(value).into_iter().filter(|(key, _)| !OWN.contains(key)) {
                        if key != "annotations" {
                            if own {
                                set.put(&format!("f:{key}"), key, value);
                            }
                            continue;
                        }
                        let mine = |key: &str| OF_STATUS.contains(&key) != own;
                        let chosen: Vec<_> = sorted(value).into_iter().filter(|(key, _)| mine(key)).collect();
                        set.open("f:annotations");
                        // Whoever came first owns the map itself.
                        if !chosen.is_empty() && (own || chosen.len() == sorted(value).len()) {
                            set.leaf(".");
                        }
                        for (key, _) in &chosen {
                            set.leaf(&format!("f:{key}"));
                        }
                        set.close();
                    }
                    set.close();
                }
            }
            "status" | "spec" if kind.resource == Resource::Namespaces => {}
            "status" => status.put("f:status", key, value),
            _ => author.put(&format!("f:{key}"), key, value),
        }
    }
    (author.finish(), status.finish())
}

/// The last moment in a text's values.
fn last_moment<'a>(value: &'a Lean<'_>, latest: &mut &'a str) {
    match value {
        Lean::Text(text)
            if text.len() == 20 && text.ends_with('Z') && text.as_bytes()[4] == b'-' && **latest < **text =>
        {
            *latest = text;
        }
        Lean::List(items) => items.iter().for_each(|item| last_moment(item, latest)),
        Lean::Object(fields) => fields.fields.iter().for_each(|(_, value)| last_moment(value, latest)),
        _ => {}
    }
}

fn sorted<'a, 'b>(object: &'a Lean<'b>) -> Vec<(&'a str, &'a Lean<'b>)> {
    let fields = object.object().into_iter().flat_map(|object| &object.fields);
    let mut fields: Vec<_> = fields.map(|(key, value)| (&**key, value)).collect();
    fields.sort_unstable_by_key(|(key, _)| *key);
    fields
}

/// A set of fields being written; what turns out empty is not there.
#[derive(Default)]
struct Set {
    out: String,
    /// Where open fields begin, and whether anything is in them yet.
    open: Vec<(usize, bool)>,
    any: bool,
}

impl Set {
    fn open(&mut self, step: &str) {
        let start = self.out.len();
        self.step(step);
        self.out.push('{');
        self.open.push((start, std::mem::take(&mut self.any)));
    }

    fn close(&mut self) {
        let Some((start, before)) = self.open.pop() else { return };
        if self.any {
            self.out.push('}');
        } else {
            self.out.truncate(start);
            self.any = before;
        }
    }

    fn leaf(&mut self, step: &str) {
        self.step(step);
        self.out.push_str("{}");
        self.any = true;
    }

    fn step(&mut self, step: &str) {
        if self.any {
            self.out.push(',');
        }
        quote(&mut self.out, step);
        self.out.push(':');
    }

    fn whole(&mut self, field: &str) {
        if !is_always_there(field) {
            self.leaf(".");
        }
    }

    /// Writes what setting a value means.
    fn put(&mut self, step: &str, field: &str, value: &Lean<'_>) {
        match value {
            Lean::Object(inner) if !inner.fields.is_empty() && !is_atom(field) => {
                self.open(step);
                self.whole(field);
                self.fields(value);
                self.close();
            }
            Lean::List(items) if !items.is_empty() && is_set(field) => {
                self.open(step);
                self.whole(field);
                let mut items: Vec<String> = items.iter().map(|item| format!("v:{}", scalar(item))).collect();
                items.sort_unstable();
                for item in &items {
                    self.leaf(item);
                }
                self.close();
            }
            Lean::List(items) if !items.is_empty() => {
                let Some(keys) = list_keys(field, |key| !items[0].get(key).is_null()) else {
                    self.leaf(step);
                    return;
                };
                let name = |item| {
                    let pairs: Vec<String> =
                        keys.iter().map(|key| format!("\"{key}\":{}", key_of(item, key))).collect();
                    format!("k:{{{}}}", pairs.join(","))
                };
                let mut named: Vec<(String, &Lean<'_>)> = items.iter().map(|item| (name(item), item)).collect();
                named.sort_unstable_by(|a, b| a.0.cmp(&b.0));
                self.open(step);
                self.whole(field);
                for (step, item) in named {
                    if field == "ownerReferences" {
                        self.leaf(&step);
                        continue;
                    }
                    self.open(&step);
                    self.leaf(".");
                    self.fields(item);
                    self.close();
                }
                self.close();
            }
            _ => self.leaf(step),
        }
    }

    fn fields(&mut self, value: &Lean<'_>) {
        for (key, value) in sorted(value) {
            self.put(&format!("f:{key}"), key, value);
        }
    }

    fn finish(self) -> String {
        if self.out.is_empty() { self.out } else { format!("{{{}}}", self.out) }
    }
}

/// A plain value as JSON.
fn scalar(value: &Lean<'_>) -> String {
    match value {
        Lean::Text(text) => {
            let mut out = String::new();
            quote(&mut out, text);
            out
        }
        Lean::Number(text) => (*text).to_owned(),
        Lean::Bool(set) => set.to_string(),
        _ => "null".to_owned(),
    }
}

fn key_of(item: &Lean<'_>, key: &str) -> String {
    match item.get(key) {
        Lean::Null if key == "protocol" => "\"TCP\"".to_owned(),
        value => scalar(value),
    }
}

/// What a manager sets who makes all of an object, its status included: `fieldsV1`.
pub(crate) fn everything(text: &str) -> String {
    let object = Lean::parse(text);
    let mut set = Set::default();
    for (key, value) in sorted(&object) {
        if key == "metadata" {
            set.open("f:metadata");
            for (key, value) in sorted(value).into_iter().filter(|(key, _)| !OWN.contains(key)) {
                set.put(&format!("f:{key}"), key, value);
            }
            set.close();
        } else {
            set.put(&format!("f:{key}"), key, value);
        }
    }
    set.finish()
}
