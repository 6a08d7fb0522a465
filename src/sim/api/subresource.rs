//! Owns subresources: status, scale, eviction, binding, finalize, and the way to the others. Must not know what follows from them in the world.

use http::{Method, Response, StatusCode};
use serde_json::{Value, json};

use super::failure::Failure;
use super::{Call, Target, connect, json_response, list, log, patch, token, write};
use crate::sim::body::Body;
use crate::sim::kinds::Resource;

/// Subresources of a real server that these servers do not have.
const ABSENT: &[(Resource, &str)] = &[
    (Resource::Nodes, "proxy"),
    (Resource::Pods, "ephemeralcontainers"),
    (Resource::Pods, "proxy"),
    (Resource::Pods, "resize"),
    (Resource::Services, "proxy"),
];

/// Answers a request about a subresource.
pub(super) fn answer(
    call: &Call<'_>,
    method: &Method,
    target: &Target<'_>,
    sub: &str,
) -> Result<Response<Body>, Failure> {
    if ABSENT.contains(&(target.kind.resource, sub)) {
        return Err(Failure::not_implemented(&format!("the subresource {}/{sub}", target.kind.plural)));
    }
    if !target.kind.has_subresource(sub) {
        return Err(Failure::no_such_path());
    }
    let name = target.name.unwrap_or_default();
    match (sub, method.as_str()) {
        ("status" | "approval", "GET") => list::get(call, &target.kind, target.namespace.unwrap_or_default(), name),
        ("status" | "approval" | "finalize", "PUT") => write::update(call, target, name),
        ("status" | "approval", "PATCH") => write::patch(call, target, name),
        ("scale", "GET" | "PUT" | "PATCH") => scale(call, method, target, name),
        ("eviction", "POST") => evict(call, target, name),
        ("token", "POST") => token::create(call, target, name),
        ("binding", "POST") => bind(call, target, name),
        ("log", "GET") => log::log(call, target, name),
        ("exec" | "attach" | "portforward", "GET" | "POST") => connect::connect(call, target, sub, name),
        _ => Err(Failure::method_not_allowed()),
    }
}

/// The `Scale` of a workload.
fn scale_of(object: &Value) -> Value {
    let metadata = &object["metadata"];
    // A replication controller's selector is the labels themselves.
    let selector = &object["spec"]["selector"];
    let labels = selector["matchLabels"].as_object().or(selector.as_object()).into_iter().flatten();
    let selector: Vec<String> =
        labels.map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default())).collect();
    json!({"kind": "Scale", "apiVersion": "autoscaling/v1",
        "metadata": {"name": metadata["name"], "namespace": metadata["namespace"], "uid": metadata["uid"],
            "resourceVersion": metadata["resourceVersion"], "creationTimestamp": metadata["creationTimestamp"]},
        "spec": {"replicas": object["spec"]["replicas"].as_i64().unwrap_or(1)},
        "status": {"replicas": object["status"]["replicas"].as_i64().unwrap_or(0), "selector": selector.join(",")}})
}

fn scale(call: &Call<'_>, method: &Method, target: &Target<'_>, name: &str) -> Result<Response<Body>, Failure> {
    let kind = &target.kind;
    let object = if method == Method::GET {
        let found = call.cluster.world().get(kind.resource, target.namespace.unwrap_or_default(), name);
        found.ok_or_else(|| Failure::not_found(kind, name))?
    } else {
        let change = (method == Method::PATCH).then(|| patch::read(call, kind)).transpose()?;
        call.cluster.change(|world| {
            write::replace(world, call, target, name, |old, _| {
                let wanted = match change {
                    Some(change) => change.apply(&scale_of(old))?,
                    None => call.value()?,
                };
                let mut new = old.clone();
                new["spec"]["replicas"] = wanted["spec"]["replicas"].as_i64().unwrap_or(0).into();
                if wanted["metadata"]["resourceVersion"].is_string() {
                    new["metadata"]["resourceVersion"] = wanted["metadata"]["resourceVersion"].clone();
                }
                Ok(new)
            })
        })?
    };
    Ok(json_response(StatusCode::OK, &scale_of(&object.value())))
}

fn evict(call: &Call<'_>, target: &Target<'_>, name: &str) -> Result<Response<Body>, Failure> {
    let namespace = target.namespace.unwrap_or_default();
    let eviction: Value = call.value()?;
    let options = &eviction["deleteOptions"];
    let dry = call.is_dry_run() || options["dryRun"][0] == "All";
    call.cluster.change(|world| {
        if world.get(Resource::Pods, namespace, name).is_none() {
            return Err(Failure::not_found(&target.kind, name));
        }
        let evicted = world.evict(namespace, name, options["gracePeriodSeconds"].as_i64(), dry);
        evicted.map_err(|blocked| Failure::disruption(&blocked.budget, blocked.needed, blocked.healthy))
    })?;
    Ok(done())
}

fn done() -> Response<Body> {
    let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201});
    json_response(StatusCode::CREATED, &status)
}

/// What a scheduler asks: a pod is to run on a node.
fn bind(call: &Call<'_>, target: &Target<'_>, name: &str) -> Result<Response<Body>, Failure> {
    let namespace = target.namespace.unwrap_or_default();
    let binding: Value = call.value()?;
    let node = binding["target"]["name"].as_str().unwrap_or_default();
    call.cluster.change(|world| {
        if world.get(Resource::Pods, namespace, name).is_none() {
            return Err(Failure::not_found(&target.kind, name));
        }
        if call.is_dry_run() || world.bind(namespace, name, node) {
            return Ok(());
        }
        Err(Failure::conflict(&target.kind, name))
    })?;
    Ok(done())
}
