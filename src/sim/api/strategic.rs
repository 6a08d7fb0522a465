//! Owns strategic merge patches: lists of objects merge by the keys of the built-in types, directives included.
//! Must not know where the result goes.

use serde_json::{Map, Value};

use crate::sim::managed;

/// Lists of plain values that merge as sets.
const SETS: &[&str] = &["finalizers"];

/// What identifies the items of a list; `None` if the list is replaced as a whole.
fn merge_key(field: &str, items: &[Value]) -> Option<&'static str> {
    managed::merge_key(field, |key| items.iter().all(|item| item.get(key).is_some()))
}

/// Merges a patch into an object.
pub(super) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if patch.get("$patch").is_some_and(|directive| directive == "replace") {
        let kept = patch.iter().filter(|(key, _)| *key != "$patch").map(|(key, value)| (key.clone(), value.clone()));
        *target = Value::Object(kept.collect());
        return;
    }
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(fields) = target.as_object_mut() else { return };
    if let Some(kept) = patch.get("$retainKeys").and_then(Value::as_array) {
        fields.retain(|key, _| kept.iter().any(|keep| keep == key));
    }
    for (key, value) in patch {
        if let Some(field) = key.strip_prefix("$deleteFromPrimitiveList/") {
            let gone = value.as_array().map(Vec::as_slice).unwrap_or_default();
            if let Some(items) = fields.get_mut(field).and_then(Value::as_array_mut) {
                items.retain(|item| !gone.contains(item));
            }
        } else if key.starts_with('$') {
            // Orders follow from the items themselves, see below.
        } else if value.is_null() || value.get("$patch").is_some_and(|directive| directive == "delete") {
            fields.remove(key);
        } else if let Value::Array(items) = value {
            let order = patch.get(&format!("$setElementOrder/{key}"));
            merge_list(fields.entry(key).or_insert_with(|| Value::Array(Vec::new())), key, items, order);
        } else {
            merge(fields.entry(key).or_insert(Value::Null), value);
        }
    }
    for (key, order) in patch.iter().filter_map(|(key, value)| Some((key.strip_prefix("$setElementOrder/")?, value))) {
        if let Some(Value::Array(items)) = fields.get_mut(key) {
            sort(items, key, order);
        }
    }
}

fn merge_list(target: &mut Value, field: &str, patch: &[Value], order: Option<&Value>) {
    let Some(items) = target.as_array_mut() else {
        *target = Value::Array(patch.to_vec());
        return;
    };
    let real: Vec<Value> =
        patch.iter().filter(|item| item.get("$patch").is_none_or(|d| d != "replace")).cloned().collect();
    let replaces = real.len() < patch.len();
    let Some(key) = merge_key(field, &real).filter(|_| !replaces) else {
        if SETS.contains(&field) {
            items.extend(patch.iter().filter(|item| !items.contains(item)).cloned().collect::<Vec<_>>());
        } else {
            *items = real;
        }
        return;
    };
    for item in &real {
        let place = items.iter().position(|known| known[key] == item[key]);
        match place {
            Some(place) if item["$patch"] == "delete" => {
                items.remove(place);
            }
            Some(place) => merge(&mut items[place], item),
            None if item["$patch"] == "delete" => {}
            None => {
                let mut made = Value::Null;
                merge(&mut made, item);
                items.push(made);
            }
        }
    }
    if let Some(order) = order {
        sort(items, field, order);
    }
}

/// Puts items into the order a patch asks for; those it does not name stay behind their neighbours.
fn sort(items: &mut [Value], field: &str, order: &Value) {
    let order = order.as_array().map(Vec::as_slice).unwrap_or_default();
    let key = merge_key(field, items);
    let rank = |item: &Value| {
        let same = |wanted: &Value| key.map_or(wanted == item, |key| wanted[key] == item[key]);
        order.iter().position(same).unwrap_or(usize::MAX)
    };
    items.sort_by_key(rank);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn merged(old: &Value, patch: &Value) -> Value {
        let mut value = old.clone();
        merge(&mut value, patch);
        value
    }

    #[test]
    fn containers_merge_by_name_and_arguments_are_replaced() {
        let old = json!({"containers": [{"name": "a", "image": "x", "args": ["1"]}, {"name": "b", "image": "y"}]});
        let patch = json!({"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}],
            "containers": [{"name": "a", "image": "z", "args": ["2", "3"]}]});
        let expected =
            json!({"containers": [{"name": "b", "image": "y"}, {"name": "a", "image": "z", "args": ["2", "3"]}]});
        assert_eq!(merged(&old, &patch), expected);
    }

    #[test]
    fn directives_delete_replace_and_retain() {
        let old = json!({"volumes": [{"name": "a"}, {"name": "b"}], "strategy": {"type": "RollingUpdate", "rollingUpdate": {}},
            "finalizers": ["x", "y"], "ports": [{"port": 80}], "labels": {"a": "1"}});
        let patch = json!({"volumes": [{"name": "a", "$patch": "delete"}],
            "strategy": {"$retainKeys": ["type"], "type": "Recreate"}, "$deleteFromPrimitiveList/finalizers": ["x"],
            "finalizers": ["z"], "ports": [{"port": 80, "name": "http"}, {"port": 81}], "labels": {"$patch": "replace", "b": "2"}});
        let expected = json!({"volumes": [{"name": "b"}], "strategy": {"type": "Recreate"}, "finalizers": ["y", "z"],
            "ports": [{"port": 80, "name": "http"}, {"port": 81}], "labels": {"b": "2"}});
        assert_eq!(merged(&old, &patch), expected);
    }
}
