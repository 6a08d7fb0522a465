//! Owns managed fields: who set which field, as sets of paths in the form of `fieldsV1`. Must not know how objects are
//! changed.
//!
//! Objects nobody wrote to from outside are kept without them: [`seeded`] says what they are when such an object is shown.
//! Once somebody writes, they are kept with the object, and [`record`] and [`follow`] keep them true.

mod atoms;
mod seeded;

pub(crate) use atoms::merge_key;
pub(crate) use seeded::{entry, everything, of_seeded};

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::kinds::Kind;
use atoms::{is_always_there, is_atom, is_set, list_keys};

/// A path: `f:spec`, `k:{"name":"web"}`, `v:"x"`, and `.` for what holds others itself.
pub(crate) type Path = Vec<String>;

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
pub(crate) struct Manager {
    name: String,
    operation: &'static str,
    api_version: String,
    subresource: String,
    time: String,
}

impl Manager {
    pub(crate) fn update(name: &str, kind: &Kind, time: &str) -> Self {
        let name = if name.is_empty() { "unknown" } else { name };
        let (name, time) = (name.to_owned(), time.to_owned());
        Self { name, operation: "Update", api_version: kind.api_version(), subresource: String::new(), time }
    }

    pub(crate) fn apply(name: &str, kind: &Kind, time: &str) -> Self {
        Self { operation: "Apply", ..Self::update(name, kind, time) }
    }

    /// The same manager, of a subresource.
    pub(crate) fn of_subresource(self, sub: Option<&str>) -> Self {
        Self { subresource: sub.unwrap_or_default().to_owned(), ..self }
    }

    pub(crate) fn owns(&self, entry: &Value) -> bool {
        let text = |key: &str| entry[key].as_str().unwrap_or_default();
        text("manager") == self.name
            && text("operation") == self.operation
            && text("apiVersion") == self.api_version
            && text("subresource") == self.subresource
    }

    /// The entry of this manager for these paths.
    pub(crate) fn entry(&self, paths: &BTreeSet<Path>) -> Value {
        let mut entry = json!({"manager": self.name, "operation": self.operation, "apiVersion": self.api_version,
            "time": self.time, "fieldsType": "FieldsV1", "fieldsV1": tree(paths)});
        if !self.subresource.is_empty() {
            entry["subresource"] = self.subresource.as_str().into();
        }
        entry
    }
}

/// The entries of an object.
pub(crate) fn entries(object: &Value) -> Vec<Value> {
    object["metadata"]["managedFields"].as_array().cloned().unwrap_or_default()
}

/// Every leaf of an object with its value, and the items of its lists; with `wholes` also the maps and lists themselves,
/// as those come to own them who do not apply.
pub(crate) fn leaves(object: &Value, wholes: bool) -> BTreeMap<Path, Value> {
    let mut found = Leaves { wholes, found: BTreeMap::new() };
    for (key, value) in object.as_object().into_iter().flatten().filter(|(key, _)| !is_type(key)) {
        let mut path = vec![format!("f:{key}")];
        if key == "metadata" {
            for (key, value) in value.as_object().into_iter().flatten().filter(|(key, _)| !OWN.contains(&&***key)) {
                path.push(format!("f:{key}"));
                found.collect(&mut path, key, value);
                path.pop();
            }
        } else {
            found.collect(&mut path, key, value);
        }
    }
    found.found
}

fn is_type(key: &str) -> bool {
    matches!(key, "kind" | "apiVersion")
}

struct Leaves {
    wholes: bool,
    found: BTreeMap<Path, Value>,
}

impl Leaves {
    fn collect(&mut self, path: &mut Path, field: &str, value: &Value) {
        match value {
            Value::Object(fields) if !fields.is_empty() && !is_atom(field) => {
                self.whole(path, field);
                for (key, value) in fields {
                    path.push(format!("f:{key}"));
                    self.collect(path, key, value);
                    path.pop();
                }
            }
            Value::Array(items) if !items.is_empty() && is_set(field) => {
                self.whole(path, field);
                for item in items {
                    self.found.insert([&path[..], &[format!("v:{item}")]].concat(), Value::Null);
                }
            }
            Value::Array(items)
                if !items.is_empty() && list_keys(field, |key| items[0].get(key).is_some()).is_some() =>
            {
                self.whole(path, field);
                let keys = list_keys(field, |key| items[0].get(key).is_some()).unwrap_or_default();
                for item in items {
                    let key: Map<String, Value> = keys.iter().map(|key| (key.to_string(), key_of(item, key))).collect();
                    path.push(format!("k:{}", Value::Object(key)));
                    if field == "ownerReferences" {
                        self.found.insert(path.clone(), item.clone());
                    } else {
                        self.found.insert([&path[..], &[".".to_owned()]].concat(), Value::Null);
                        for (key, value) in item.as_object().into_iter().flatten() {
                            path.push(format!("f:{key}"));
                            self.collect(path, key, value);
                            path.pop();
                        }
                    }
                    path.pop();
                }
            }
            other => {
                self.found.insert(path.clone(), other.clone());
            }
        }
    }

    fn whole(&mut self, path: &Path, field: &str) {
        if self.wholes && !is_always_there(field) {
            self.found.insert([&path[..], &[".".to_owned()]].concat(), Value::Null);
        }
    }
}

/// The value of a key of an item; ports are of TCP where they do not say.
fn key_of(item: &Value, key: &str) -> Value {
    item.get(key).cloned().unwrap_or_else(|| if key == "protocol" { "TCP".into() } else { Value::Null })
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
pub(crate) fn paths(entry: &Value) -> BTreeSet<Path> {
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
pub(crate) fn with_paths(mut entry: Value, paths: &BTreeSet<Path>) -> Value {
    entry["fieldsV1"] = tree(paths);
    entry
}

/// Writes down that a manager made `new` of `old`: what it changed is now its own.
pub(crate) fn record(old: &Value, new: &mut Value, manager: &Manager) {
    let (before, after) = (leaves(old, true), leaves(new, true));
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

/// Writes down what the cluster itself made of an object somebody else has written to: its status, and what else its
/// controllers changed.
pub(crate) fn follow(old: &Value, new: &mut Value, kind: &Kind, time: &str) {
    let mut between = old.clone();
    between["status"] = new["status"].clone();
    let author = Manager::update(seeded::keeper(kind), kind, time);
    record(old, &mut between, &author.clone().of_subresource(Some("status")));
    new["metadata"]["managedFields"] = between["metadata"]["managedFields"].take();
    record(&between, new, &author);
}
