//! Owns deleting objects, one or many. Must not know how they go.

use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::failure::Failure;
use super::query::Selection;
use super::write::Stored;
use super::{Call, Target, json_response, list, options};
use crate::sim::body::Body;
use crate::sim::kinds::{Kind, Resource};
use crate::sim::moment::timestamp;
use crate::sim::store::Object;
use crate::sim::world::{Deletion, Propagation, World};

/// What a request says about a deletion, in its body or its query.
fn deletion(call: &Call<'_>) -> Result<(Deletion, Value), Failure> {
    let options = call.value()?;
    let policy = options["propagationPolicy"].as_str().unwrap_or_else(|| call.query.get("propagationPolicy"));
    let propagation = match policy {
        "Orphan" => Propagation::Orphan,
        "Foreground" => Propagation::Foreground,
        _ => Propagation::Background,
    };
    options::check_dry_run(
        "DeleteOptions",
        options["dryRun"].as_array().into_iter().flatten().filter_map(Value::as_str),
    )?;
    let grace = options["gracePeriodSeconds"].as_i64();
    let grace = grace.or_else(|| call.query.get("gracePeriodSeconds").parse().ok());
    Ok((Deletion { grace, propagation }, options))
}

fn is_dry(call: &Call<'_>, options: &Value) -> bool {
    call.is_dry_run() || options["dryRun"][0] == "All"
}

/// How an object would be left by a deletion that is only tried: a pod takes its time to end.
fn dying(world: &World, kind: &Kind, found: Stored, how: Deletion) -> Stored {
    let mut value = found.whole_value(kind);
    if kind.resource != Resource::Pods || value["metadata"]["deletionTimestamp"].is_string() {
        return found;
    }
    let grace = how.grace.or(value["spec"]["terminationGracePeriodSeconds"].as_i64()).unwrap_or(30);
    value["metadata"]["deletionTimestamp"] = timestamp(world.now() + grace * 1_000).into();
    value["metadata"]["deletionGracePeriodSeconds"] = grace.into();
    value["metadata"]["generation"] = (value["metadata"]["generation"].as_i64().unwrap_or(1) + 1).into();
    Object::new(&found.namespace, &found.name, found.resource_version, value.to_string())
}

/// Answers DELETE of one object: the object if it ends slowly, a Status if it is gone.
pub(super) fn delete(call: &Call<'_>, target: &Target<'_>, name: &str) -> Result<Response<Body>, Failure> {
    let (kind, namespace) = (&target.kind, target.namespace.unwrap_or_default());
    if kind.resource == Resource::Namespaces && matches!(name, "default" | "kube-public" | "kube-system") {
        return Err(Failure::refused(kind, name, "this namespace may not be deleted"));
    }
    let (how, options) = deletion(call)?;
    let (left, uid) = call.cluster.change(|world| {
        let found = world.get(kind.resource, namespace, name).ok_or_else(|| Failure::not_found(kind, name))?;
        let value = found.value();
        for (key, what) in [("uid", "UID"), ("resourceVersion", "ResourceVersion")] {
            let (wanted, own) = (&options["preconditions"][key], &value["metadata"][key]);
            if let Some(wanted) = wanted.as_str().filter(|wanted| own != wanted) {
                let own = own.as_str().unwrap_or_default();
                let what = format!("{what} in precondition: {wanted}, {what} in object meta: {own}");
                return Err(Failure::precondition(kind, name, &what));
            }
        }
        let left = if is_dry(call, &options) {
            Some(dying(world, kind, found, how))
        } else {
            world.delete_object(kind, namespace, name, how)
        };
        Ok((left, value["metadata"]["uid"].clone()))
    })?;
    if let Some(object) = left {
        return Ok(list::one(call, kind, &object, StatusCode::OK));
    }
    let mut details = json!({"name": name, "kind": kind.plural, "uid": uid});
    if !kind.group.is_empty() {
        details["group"] = kind.group.as_str().into();
    }
    let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details});
    Ok(json_response(StatusCode::OK, &status))
}

/// Answers DELETE of many objects with the list of those chosen.
pub(super) fn delete_all(call: &Call<'_>, target: &Target<'_>) -> Result<Response<Body>, Failure> {
    let kind = &target.kind;
    let selection = Selection::parse(kind, call.query.get("labelSelector"), call.query.get("fieldSelector"))?;
    let (how, options) = deletion(call)?;
    let items = call.cluster.change(|world| {
        let mut chosen = world.list(kind.resource, target.namespace, None);
        chosen.retain(|object| selection.matches(object));
        if !is_dry(call, &options) {
            for object in &chosen {
                world.delete_object(kind, &object.namespace, &object.name, how);
            }
        }
        chosen.iter().map(|object| object.whole_value(kind)).collect::<Vec<_>>()
    });
    let version = call.cluster.world().store().resource_version().to_string();
    let list = json!({"kind": format!("{}List", kind.kind), "apiVersion": kind.api_version(),
        "metadata": {"resourceVersion": version}, "items": items});
    Ok(json_response(StatusCode::OK, &list))
}
