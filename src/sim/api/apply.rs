//! Owns server-side apply: one manager's whole configuration merged into an object, conflicts with others, and fields
//! it no longer wants. Must not know where the result goes.

use std::collections::BTreeSet;

use serde_json::Value;

use super::failure::Failure;
use super::strategic;
use crate::sim::managed::{self, Manager, Path};

/// The object as it is once `manager` has applied what it wants.
pub(super) fn apply(old: &Value, wanted: &Value, manager: &Manager, force: bool) -> Result<Value, Failure> {
    let (current, asked) = (managed::leaves(old, false), managed::leaves(wanted, false));
    let own: BTreeSet<Path> = asked.keys().cloned().collect();
    let entries = managed::entries(old);
    let (mine, others): (Vec<Value>, Vec<Value>) = entries.into_iter().partition(|entry| manager.owns(entry));
    let differs = |path: &Path| current.get(path).is_some_and(|value| asked.get(path).is_some_and(|new| new != value));
    let mut conflicts = Vec::new();
    let mut kept = Vec::new();
    for entry in others {
        let mut set = managed::paths(&entry);
        for path in set.iter().filter(|path| differs(path)) {
            conflicts.push((written(path), owner(&entry)));
        }
        set.retain(|path| !differs(path));
        if !set.is_empty() {
            kept.push((entry, set));
        }
    }
    if !conflicts.is_empty() && !force {
        return Err(Failure::apply_conflict(&conflicts));
    }
    let mut new = old.clone();
    for path in mine.iter().flat_map(managed::paths).filter(|path| !own.contains(path)) {
        if !kept.iter().any(|(_, set)| set.contains(&path)) {
            remove(&mut new, &path);
        }
    }
    strategic::merge(&mut new, wanted);
    let mut entries: Vec<Value> = vec![manager.entry(&own)];
    entries.extend(kept.into_iter().map(|(entry, set)| managed::with_paths(entry, &set)));
    new["metadata"]["managedFields"] = entries.into();
    Ok(new)
}

/// `conflict with "kubectl" using apps/v1`: what is said of who owns a field.
fn owner(entry: &Value) -> String {
    let text = |key: &str| entry[key].as_str().unwrap_or_default();
    let sub = text("subresource");
    let sub = if sub.is_empty() { String::new() } else { format!(" with subresource \"{sub}\"") };
    let using = if text("operation") == "Update" { format!(" using {}", text("apiVersion")) } else { String::new() };
    format!("conflict with \"{}\"{sub}{using}", text("manager"))
}

/// A path as people write it: `.spec.containers[name="web"].image`.
fn written(path: &Path) -> String {
    let step = |step: &String| match step.split_once(':') {
        Some(("f", field)) => format!(".{field}"),
        Some(("k", key)) => {
            let key: Value = serde_json::from_str(key).unwrap_or_default();
            let pairs = key.as_object().into_iter().flatten().map(|(key, value)| format!("{key}={value}"));
            format!("[{}]", pairs.collect::<Vec<_>>().join(","))
        }
        _ => String::new(),
    };
    path.iter().map(step).collect()
}

/// Removes what a path leads to, if it is there.
fn remove(object: &mut Value, path: &[String]) {
    let [step, rest @ ..] = path else { return };
    match step.split_once(':') {
        Some(("f", field)) if rest.is_empty() => {
            if let Some(fields) = object.as_object_mut() {
                fields.remove(field);
            }
        }
        Some(("f", field)) => {
            if let Some(inner) = object.get_mut(field) {
                remove(inner, rest);
                let empty = inner.as_object().is_some_and(serde_json::Map::is_empty)
                    || inner.as_array().is_some_and(Vec::is_empty);
                if let Some(fields) = object.as_object_mut().filter(|_| empty) {
                    fields.remove(field);
                }
            }
        }
        Some(("k", key)) => {
            let key: Value = serde_json::from_str(key).unwrap_or_default();
            let Some(items) = object.as_array_mut() else { return };
            let same = |item: &Value| key.as_object().into_iter().flatten().all(|(key, value)| item[key] == *value);
            if rest == ["."] {
                items.retain(|item| !same(item));
            } else if let Some(item) = items.iter_mut().find(|item| same(item)) {
                remove(item, rest);
            }
        }
        Some(("v", item)) => {
            let item: Value = serde_json::from_str(item).unwrap_or_default();
            if let Some(items) = object.as_array_mut() {
                items.retain(|other| *other != item);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::kinds::{Registry, Resource};
    use serde_json::json;

    fn manager(name: &str) -> Manager {
        Manager::apply(name, Registry::new().kind(Resource::ConfigMaps), "2026-11-20T09:47:38Z")
    }

    #[test]
    fn what_is_no_longer_applied_goes_and_what_others_own_conflicts() {
        let first = json!({"metadata": {"labels": {"a": "1"}}, "data": {"x": "1", "y": "2"}});
        let made = apply(&json!({}), &first, &manager("one"), false).ok().unwrap();
        let second = json!({"data": {"x": "1"}});
        let less = apply(&made, &second, &manager("one"), false).ok().unwrap();
        assert_eq!((&less["data"], &less["metadata"]["labels"]), (&json!({"x": "1"}), &Value::Null));
        let rival = json!({"data": {"x": "9"}});
        let Err(Failure::Status { code, message, .. }) = apply(&less, &rival, &manager("two"), false) else { panic!() };
        assert_eq!((code, &*message), (409, "Apply failed with 1 conflict: conflict with \"one\": .data.x"));
        let taken = apply(&less, &rival, &manager("two"), true).ok().unwrap();
        assert_eq!(taken["data"]["x"], "9");
        assert_eq!(managed::entries(&taken).len(), 1);
    }
}
