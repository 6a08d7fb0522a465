//! Owns managed fields: who set which field, as sets of paths in the form of `fieldsV1`. Must not know how objects are
//! changed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::Call;
use super::strategic::merge_key;
use crate::sim::kinds::Kind;

/// A path: `f:spec`, `k:{"name":"web"}`, and `.` for an item of a list itself.
pub(super) type Path = Vec<String>;

/// Fields of metadata nobody manages.
const OWN: &[&str] = &[
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "name",
    "namespace",
    "resourceVersion",
    "selfLink",
    "uid",
];

/// Who sets fields, and how.
#[derive(Clone)]
pub(super) struct Manager {
    name: String,
    operation: &'static str,
    api_version: String,
    subresource: String,
    time: String,
}

impl Manager {
    pub(super) fn update(name: &str, kind: &Kind, time: &str) -> Self {
        let name = if name.is_empty() { "unknown" } else { name };
        let (name, time) = (name.to_owned(), time.to_owned());
        Self { name, operation: "Update", api_version: kind.api_version(), subresource: String::new(), time }
    }

    pub(super) fn apply(name: &str, kind: &Kind, time: &str) -> Self {
        Self { operation: "Apply", ..Self::update(name, kind, time) }
    }

    /// The same manager, of a subresource.
    pub(super) fn of_subresource(self, sub: Option<&str>) -> Self {
        Self { subresource: sub.unwrap_or_default().to_owned(), ..self }
    }

    pub(super) fn owns(&self, entry: &Value) -> bool {
        let text = |key: &str| entry[key].as_str().unwrap_or_default();
        text("manager") == self.name
            && text("operation") == self.operation
            && text("apiVersion") == self.api_version
            && text("subresource") == self.subresource
    }

    /// The entry of this manager for these paths.
    pub(super) fn entry(&self, paths: &BTreeSet<Path>) -> Value {
        let mut entry = json!({"manager": self.name, "operation": self.operation, "apiVersion": self.api_version,
            "time": self.time, "fieldsType": "FieldsV1", "fieldsV1": tree(paths)});
        if !self.subresource.is_empty() {
            entry["subresource"] = self.subresource.as_str().into();
        }
        entry
    }
}

/// Tells whether a request is a server-side apply, which keeps its own record.
pub(super) fn is_applied(call: &Call<'_>) -> bool {
    call.content_type.starts_with("application/apply-patch")
}

/// The entries of an object.
pub(super) fn entries(object: &Value) -> Vec<Value> {
    object["metadata"]["managedFields"].as_array().cloned().unwrap_or_default()
}

/// Every leaf of an object with its value.
pub(super) fn leaves(object: &Value) -> BTreeMap<Path, Value> {
    let mut found = BTreeMap::new();
    for (key, value) in
        object.as_object().into_iter().flatten().filter(|(key, _)| !matches!(&***key, "kind" | "apiVersion"))
    {
        let mut path = vec![format!("f:{key}")];
        if key == "metadata" {
            for (key, value) in value.as_object().into_iter().flatten().filter(|(key, _)| !OWN.contains(&&***key)) {
                path.push(format!("f:{key}"));
                collect(&mut path, key, value, &mut found);
                path.pop();
            }
        } else {
            collect(&mut path, key, value, &mut found);
        }
    }
    found
}

fn collect(path: &mut Path, field: &str, value: &Value, found: &mut BTreeMap<Path, Value>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (key, value) in fields {
                path.push(format!("f:{key}"));
                collect(path, key, value, found);
                path.pop();
            }
        }
        Value::Array(items) if !items.is_empty() && merge_key(field, items).is_some() => {
            let key = merge_key(field, items).unwrap_or_default();
            for item in items {
                path.push(format!("k:{}", json!({key: item[key]})));
                found.insert([&path[..], &[".".to_owned()]].concat(), Value::Null);
                collect(path, "", item, found);
                path.pop();
            }
        }
        other => {
            found.insert(path.clone(), other.clone());
        }
    }
}

/// Paths as nested objects.
fn tree(paths: &BTreeSet<Path>) -> Value {
    let mut root = Map::new();
    for path in paths {
        let mut level = &mut root;
        for step in path {
            let next = level.entry(step).or_insert_with(|| json!({}));
            let Value::Object(inner) = next else { break };
            level = inner;
        }
    }
    Value::Object(root)
}

/// The paths of an entry.
pub(super) fn paths(entry: &Value) -> BTreeSet<Path> {
    fn walk(path: &mut Path, value: &Value, found: &mut BTreeSet<Path>) {
        match value.as_object() {
            Some(fields) if !fields.is_empty() => {
                for (key, value) in fields {
                    path.push(key.clone());
                    walk(path, value, found);
                    path.pop();
                }
            }
            _ => {
                found.insert(path.clone());
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(&mut Vec::new(), &entry["fieldsV1"], &mut found);
    found
}

/// An entry with other paths.
pub(super) fn with_paths(mut entry: Value, paths: &BTreeSet<Path>) -> Value {
    entry["fieldsV1"] = tree(paths);
    entry
}

/// Writes down that a manager made `new` of `old`: what it changed is now its own.
pub(super) fn record(old: &Value, new: &mut Value, manager: &Manager) {
    let (before, after) = (leaves(old), leaves(new));
    let changed: BTreeSet<Path> =
        after.iter().filter(|(path, value)| before.get(*path) != Some(value)).map(|(path, _)| path.clone()).collect();
    let mut own = changed.clone();
    let mut kept = Vec::new();
    for entry in entries(new) {
        let mut set = paths(&entry);
        set.retain(|path| after.contains_key(path));
        if manager.owns(&entry) {
            own.extend(set);
            continue;
        }
        set.retain(|path| !changed.contains(path));
        if !set.is_empty() {
            kept.push(with_paths(entry, &set));
        }
    }
    if !own.is_empty() {
        kept.push(manager.entry(&own));
    }
    if kept.is_empty() {
        if let Some(metadata) = new["metadata"].as_object_mut() {
            metadata.remove("managedFields");
        }
    } else {
        new["metadata"]["managedFields"] = kept.into();
    }
}
