//! Owns patches that do not apply a whole configuration: merge patches (RFC 7386), JSON patches (RFC 6902), and which
//! of them a request sends. Must not know where the result goes.

use serde_json::{Map, Value, json};

use super::Call;
use super::failure::Failure;
use super::strategic;
use crate::sim::kinds::Kind;

/// A patch as it was sent.
pub(super) enum Patch {
    Merge(Value),
    Json(Vec<Value>),
    Strategic(Value),
}

/// Reads the patch of a request.
pub(super) fn read(call: &Call<'_>, kind: &Kind) -> Result<Patch, Failure> {
    let parse = || -> Result<Value, Failure> {
        serde_json::from_slice(&call.body)
            .map_err(|error| Failure::bad_request(format!("error decoding patch: {error}")))
    };
    match &*call.content_type {
        "application/merge-patch+json" => Ok(Patch::Merge(parse()?)),
        "application/json-patch+json" => match parse()? {
            Value::Array(steps) => Ok(Patch::Json(steps)),
            _ => Err(Failure::bad_request("error decoding patch: a JSON patch is a list")),
        },
        "application/strategic-merge-patch+json" if !kind.custom => Ok(Patch::Strategic(parse()?)),
        _ => {
            let strategic = if kind.custom { "" } else { ", application/strategic-merge-patch+json" };
            Err(Failure::unsupported_media_type(&format!(
                "application/json-patch+json, application/merge-patch+json{strategic}, application/apply-patch+yaml"
            )))
        }
    }
}

impl Patch {
    /// The object as the patch makes it.
    pub(super) fn apply(self, old: &Value) -> Result<Value, Failure> {
        let mut value = old.clone();
        match self {
            Self::Merge(patch) => merge(&mut value, &patch),
            Self::Json(steps) => {
                for step in &steps {
                    json_step(&mut value, step)?;
                }
            }
            Self::Strategic(patch) => strategic::merge(&mut value, &patch),
        }
        Ok(value)
    }
}

/// A merge patch: objects merge, null removes, the rest replaces.
pub(super) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(fields) = target.as_object_mut() else { return };
    for (key, value) in patch {
        if value.is_null() {
            fields.remove(key);
        } else {
            merge(fields.entry(key).or_insert(Value::Null), value);
        }
    }
}

fn json_step(target: &mut Value, step: &Value) -> Result<(), Failure> {
    // Which step it was and why, a real server does not say either.
    let absent = || Failure::rejected("the server rejected our request due to an error in our request");
    let path = step["path"].as_str().ok_or_else(absent)?;
    match step["op"].as_str().unwrap_or_default() {
        "add" => insert(target, path, step["value"].clone()).ok_or_else(absent),
        "remove" => remove(target, path).map(|_| ()).ok_or_else(absent),
        "replace" => {
            *target.pointer_mut(path).ok_or_else(absent)? = step["value"].clone();
            Ok(())
        }
        "test" if target.pointer(path).unwrap_or(&json!(null)) == &step["value"] => Ok(()),
        moves @ ("move" | "copy") => {
            let from = step["from"].as_str().unwrap_or_default();
            let value = if moves == "move" { remove(target, from) } else { target.pointer(from).cloned() };
            insert(target, path, value.ok_or_else(absent)?).ok_or_else(absent)
        }
        _ => Err(absent()),
    }
}

/// The container of a pointer's last step, and that step unescaped.
fn parent<'a>(target: &'a mut Value, path: &str) -> Option<(&'a mut Value, String)> {
    let (parent, last) = path.rsplit_once('/')?;
    Some((target.pointer_mut(parent)?, last.replace("~1", "/").replace("~0", "~")))
}

fn insert(target: &mut Value, path: &str, value: Value) -> Option<()> {
    if path.is_empty() {
        *target = value;
        return Some(());
    }
    let (container, last) = parent(target, path)?;
    match container {
        Value::Object(fields) => {
            fields.insert(last, value);
        }
        Value::Array(items) => {
            let index = if last == "-" { items.len() } else { last.parse().ok().filter(|at| *at <= items.len())? };
            items.insert(index, value);
        }
        _ => return None,
    }
    Some(())
}

fn remove(target: &mut Value, path: &str) -> Option<Value> {
    let (container, last) = parent(target, path)?;
    match container {
        Value::Object(fields) => fields.remove(&last),
        Value::Array(items) => last.parse().ok().filter(|at| *at < items.len()).map(|at: usize| items.remove(at)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merge_patch_merges_replaces_and_removes() {
        let old = json!({"a": {"b": 1, "c": [1, 2]}, "d": 2});
        let new = Patch::Merge(json!({"a": {"b": null, "c": [3]}, "e": {"f": null, "g": 1}})).apply(&old).ok().unwrap();
        assert_eq!(new, json!({"a": {"c": [3]}, "d": 2, "e": {"g": 1}}));
    }

    #[test]
    fn a_json_patch_does_its_steps_in_order_or_fails() {
        let old = json!({"a": [1, 2], "x/y": 1});
        let steps = json!([
            {"op": "test", "path": "/x~1y", "value": 1}, {"op": "add", "path": "/a/1", "value": 9},
            {"op": "add", "path": "/a/-", "value": 7}, {"op": "remove", "path": "/a/0"},
            {"op": "move", "from": "/x~1y", "path": "/z"}, {"op": "replace", "path": "/a/0", "value": 8}]);
        let apply = |steps: &Value| Patch::Json(steps.as_array().unwrap().clone()).apply(&old);
        assert_eq!(apply(&steps).ok().unwrap(), json!({"a": [8, 2, 7], "z": 1}));
        for bad in [
            json!({"op": "remove", "path": "/q"}),
            json!({"op": "test", "path": "/a", "value": 1}),
            json!({"op": "hop", "path": "/a"}),
        ] {
            assert!(apply(&json!([bad])).is_err());
        }
    }
}
