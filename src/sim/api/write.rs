//! Owns changing objects: create, update, patch, one path for every kind. Must not know what follows from a
//! change in the world.

use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::failure::{Failure, Problem};
use super::validate::validate;
use super::{Call, Target, apply, list, patch, schema};
use crate::sim::body::Body;
use crate::sim::kinds::{Kind, Resource};
use crate::sim::managed::{self, Manager};
use crate::sim::store::Object;
use crate::sim::world::World;
use crate::sim::{names, proto};

/// The body as an object; YAML only where apply patches allow it.
pub(super) fn parse(call: &Call<'_>, kind: &Kind) -> Result<Value, Failure> {
    if call.content_type == "application/vnd.kubernetes.protobuf" && call.cluster.spec.capabilities.protobuf {
        let decoded = proto::decode(&call.body);
        let fits = decoded.filter(|value| value["kind"] == *kind.kind && value["apiVersion"] == *kind.api_version());
        return fits
            .ok_or_else(|| Failure::bad_request(format!("the body of the request is no {} in protobuf", kind.kind)));
    }
    let yaml = matches!(&*call.content_type, "application/yaml" | "application/apply-patch+yaml");
    if !yaml && !matches!(&*call.content_type, "" | "application/json" | "application/apply-patch+json") {
        let accepted = "application/json, application/yaml, application/vnd.kubernetes.protobuf";
        return Err(Failure::unsupported_media_type(accepted));
    }
    let unreadable = |error: String| {
        let text = String::from_utf8_lossy(&call.body).into_owned();
        Failure::bad_request(format!(
            "the object provided is unrecognized (must be of type {}): couldn't get version/kind; json parse error: {error} ({text})",
            kind.kind
        ))
    };
    let value: Value = match serde_json::from_slice(&call.body) {
        Ok(value) => value,
        Err(_) if yaml => {
            let text = String::from_utf8_lossy(&call.body);
            serde_saphyr::from_str(&text).map_err(|error| unreadable(error.to_string()))?
        }
        Err(error) => return Err(unreadable(error.to_string())),
    };
    check_kind(kind, &value)?;
    Ok(value)
}

/// Refuses an object that says to be of another kind.
fn check_kind(kind: &Kind, value: &Value) -> Result<(), Failure> {
    let (found, version) = (value["kind"].as_str().unwrap_or(&kind.kind), value["apiVersion"].as_str());
    if found == kind.kind && version.is_none_or(|version| version == kind.api_version()) {
        return Ok(());
    }
    Err(Failure::bad_request(format!(
        "{found} in version \"{}\" cannot be handled as a {}: no kind \"{found}\" is registered for version \"{}\"",
        version.unwrap_or(&kind.version),
        kind.kind,
        version.unwrap_or_default()
    )))
}

/// Takes out what the path says already, and checks that both say the same.
fn settle_names(value: &mut Value, target: &Target<'_>, name: Option<&str>) -> Result<(), Failure> {
    let namespace = target.namespace.unwrap_or_default();
    if let Some(fields) = value.as_object_mut() {
        fields.remove("kind");
        fields.remove("apiVersion");
    }
    if !value["metadata"].is_object() {
        value["metadata"] = json!({});
    }
    let metadata = &mut value["metadata"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (own, given) = (text(&metadata["namespace"]), text(&metadata["name"]));
    if !own.is_empty() && own != namespace {
        return Err(Failure::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    if let Some(name) = name.filter(|name| !given.is_empty() && given != **name) {
        return Err(Failure::bad_request(format!(
            "the name of the object ({given}) does not match the name on the URL ({name})"
        )));
    }
    if target.kind.namespaced {
        metadata["namespace"] = namespace.into();
    }
    if let Some(name) = name {
        metadata["name"] = name.into();
    }
    Ok(())
}

/// Answers POST.
pub(super) fn create(call: &Call<'_>, target: &Target<'_>) -> Result<Response<Body>, Failure> {
    let mut value = parse(call, &target.kind)?;
    settle_names(&mut value, target, None)?;
    let object = call.cluster.change(|world| create_in(world, call, target, value))?;
    Ok(list::one(call, &target.kind, &object, StatusCode::CREATED))
}

pub(super) type Stored = std::sync::Arc<Object>;

/// Tells whether a request is a server-side apply, which keeps its own record of who set what.
fn is_applied(call: &Call<'_>) -> bool {
    call.content_type.starts_with("application/apply-patch")
}

fn create_in(world: &mut World, call: &Call<'_>, target: &Target<'_>, mut value: Value) -> Result<Stored, Failure> {
    let (kind, namespace) = (&target.kind, target.namespace.unwrap_or_default());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let prefix = text(&value["metadata"]["generateName"]);
    if text(&value["metadata"]["name"]).is_empty() && !prefix.is_empty() {
        value["metadata"]["name"] = format!("{prefix}{}", names::suffix(world.chance(), 5)).into();
    }
    let name = text(&value["metadata"]["name"]);
    normalise(kind, &mut value).map_err(|unfit| unreadable(kind, &unfit.why))?;
    if !text(&value["metadata"]["resourceVersion"]).is_empty() {
        return Err(Failure::bad_request("resourceVersion should not be set on objects to be created"));
    }
    let mut problems = Vec::new();
    schema::apply(world, kind, &mut value, &mut problems);
    problems.extend(validate(kind, &value, None));
    if !problems.is_empty() {
        return Err(Failure::invalid(kind, &name, &problems));
    }
    if kind.namespaced {
        let registry = world.store().registry();
        let spaces = registry.kind(Resource::Namespaces).clone();
        match world.get(Resource::Namespaces, "", namespace) {
            None => return Err(Failure::not_found(&spaces, namespace)),
            Some(space) if space.value()["metadata"]["deletionTimestamp"].is_string() => {
                let why =
                    format!("unable to create new content in namespace {namespace} because it is being terminated");
                return Err(Failure::refused(kind, &name, &why));
            }
            Some(_) => {}
        }
    }
    if world.get(kind.resource, namespace, &name).is_some() {
        return Err(Failure::already_exists(kind, &name));
    }
    if let Some(why) = world.over_quota(kind, namespace, &value) {
        return Err(Failure::refused(kind, &name, &why));
    }
    value["metadata"]["uid"] = names::uuid(world.chance().u128(..)).into();
    value["metadata"]["creationTimestamp"] = world.timestamp().into();
    if let Some(metadata) = value["metadata"].as_object_mut() {
        for key in ["resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"] {
            metadata.remove(key);
        }
    }
    if value["spec"].is_object() {
        value["metadata"]["generation"] = 1.into();
    }
    // What a controller says of an object is not for its author to say.
    if kind.has_subresource("status")
        && let Some(fields) = value.as_object_mut()
    {
        fields.remove("status");
    }
    if !is_applied(call) {
        let manager = Manager::update(call.manager(), kind, &world.timestamp());
        managed::record(&json!({}), &mut value, &manager);
    }
    if kind.resource == Resource::SigningRequests {
        call.identity.sign(&mut value["spec"]);
    }
    world.admit(kind, &mut value);
    Ok(store(world, call, target, value))
}

/// The refusal of an object that is none of its kind.
pub(super) fn unreadable(kind: &Kind, why: &str) -> Failure {
    let (name, version) = (&kind.kind, &kind.version);
    Failure::bad_request(format!("{name} in version \"{version}\" cannot be handled as a {name}: {why}"))
}

/// Why an object is none of its kind, and how that is said of a strategic patch.
struct Unfit {
    why: String,
    strategic: String,
}

/// Gives the values of an object the form a server keeps them in; a value its field cannot hold is an error.
fn normalise(kind: &Kind, value: &mut Value) -> Result<(), Unfit> {
    if let Some(wrong) = proto::mistyped(&kind.kind, value) {
        return Err(Unfit { why: wrong.to_string(), strategic: format!("unrecognized type: {}", wrong.wanted) });
    }
    proto::normalise(&kind.kind, value).map_err(|why| Unfit { why: why.to_owned(), strategic: why.to_owned() })
}

/// The refusal of what an update or a patch would make.
fn unfit(call: &Call<'_>, kind: &Kind, new: &Value, unfit: Unfit) -> Failure {
    let (given, why) = match &*call.content_type {
        "application/strategic-merge-patch+json" => {
            let patch = serde_json::from_slice(&call.body).unwrap_or_default();
            (go_text(&patch), unfit.strategic)
        }
        "application/merge-patch+json" | "application/json-patch+json" => (new.to_string(), unfit.why),
        _ => return unreadable(kind, &unfit.why),
    };
    let message = format!("Invalid value: {given:?}: {why}");
    Failure::invalid_patch(&Problem { field: "patch".to_owned(), reason: "FieldValueInvalid", message })
}

/// A value as Go prints it, which real servers do with strategic patches.
fn go_text(value: &Value) -> String {
    let joined = |parts: Vec<String>| parts.join(" ");
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", joined(items.iter().map(go_text).collect())),
        Value::Object(fields) => {
            format!("map[{}]", joined(fields.iter().map(|(key, value)| format!("{key}:{}", go_text(value))).collect()))
        }
        other => other.to_string(),
    }
}

/// Puts an object into the world, unless it is all for show.
fn store(world: &mut World, call: &Call<'_>, target: &Target<'_>, value: Value) -> Stored {
    if call.is_dry_run() {
        let text = |key: &str| value["metadata"][key].as_str().unwrap_or_default().to_owned();
        return Object::new(&text("namespace"), &text("name"), world.store().resource_version(), value.to_string());
    }
    world.put(&target.kind, value)
}

/// Answers PUT.
pub(super) fn update(call: &Call<'_>, target: &Target<'_>, name: &str) -> Result<Response<Body>, Failure> {
    let mut value = parse(call, &target.kind)?;
    settle_names(&mut value, target, Some(name))?;
    let object = call.cluster.change(|world| replace(world, call, target, name, |_, _| Ok(value)))?;
    Ok(list::one(call, &target.kind, &object, StatusCode::OK))
}

/// Answers PATCH, by the type of the patch.
pub(super) fn patch(call: &Call<'_>, target: &Target<'_>, name: &str) -> Result<Response<Body>, Failure> {
    let kind = &target.kind;
    let applies = matches!(&*call.content_type, "application/apply-patch+yaml" | "application/apply-patch+json");
    if !applies {
        let change = patch::read(call, kind)?;
        let patched = |old: &Value, _: &Manager| {
            let mut new = change.apply(old)?;
            check_kind(kind, &new)?;
            settle_names(&mut new, target, Some(name))?;
            Ok(new)
        };
        let object = call.cluster.change(|world| replace(world, call, target, name, patched))?;
        return Ok(list::one(call, kind, &object, StatusCode::OK));
    }
    let mut wanted = parse(call, kind)?;
    settle_names(&mut wanted, target, Some(name))?;
    if call.manager().is_empty() || !call.query.has("fieldManager") {
        let message =
            "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch";
        return Err(Failure::bad_request(message));
    }
    let force = call.query.is("force", "true");
    let (object, made) = call.cluster.change(|world| {
        let manager = Manager::apply(call.manager(), kind, &world.timestamp());
        if world.get(kind.resource, target.namespace.unwrap_or_default(), name).is_some() {
            let applied = |old: &Value, _: &Manager| apply::apply(old, &wanted, &manager, force);
            return replace(world, call, target, name, applied).map(|object| (object, false));
        }
        let value = apply::apply(&json!({}), &wanted, &manager, force)?;
        create_in(world, call, target, value).map(|object| (object, true))
    })?;
    Ok(list::one(call, kind, &object, if made { StatusCode::CREATED } else { StatusCode::OK }))
}

/// Replaces an object by what `change` makes of it: everything that may not change stays, a subresource changes its own
/// part only.
pub(super) fn replace(
    world: &mut World,
    call: &Call<'_>,
    target: &Target<'_>,
    name: &str,
    change: impl FnOnce(&Value, &Manager) -> Result<Value, Failure>,
) -> Result<Stored, Failure> {
    let (kind, namespace) = (&target.kind, target.namespace.unwrap_or_default());
    let found = world.get(kind.resource, namespace, name).ok_or_else(|| Failure::not_found(kind, name))?;
    let old = found.whole_value(kind);
    let manager = Manager::update(call.manager(), kind, &world.timestamp());
    let mut new = change(&old, &manager)?;
    normalise(kind, &mut new).map_err(|wrong| unfit(call, kind, &new, wrong))?;
    let version = new["metadata"]["resourceVersion"].as_str().unwrap_or_default();
    if !version.is_empty() && version != found.resource_version.to_string() {
        return Err(Failure::conflict(kind, name));
    }
    if new["metadata"]["uid"].is_string() && new["metadata"]["uid"] != old["metadata"]["uid"] {
        let message =
            format!("UID in precondition: {}, UID in object meta: {}", new["metadata"]["uid"], old["metadata"]["uid"]);
        return Err(Failure::precondition(kind, name, &message));
    }
    if matches!(target.sub, Some("status" | "approval")) {
        let mut whole = old.clone();
        whole["status"] = new["status"].take();
        new = whole;
    } else {
        for key in [
            "uid",
            "creationTimestamp",
            "generation",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "resourceVersion",
        ] {
            copy(&old["metadata"], &mut new["metadata"], key);
        }
        if kind.has_subresource("status") {
            copy(&old, &mut new, "status");
        }
        // Who leaves out the address of a service keeps it.
        if kind.resource == Resource::Services
            && new["spec"]["clusterIP"].is_null()
            && new["spec"]["type"] != "ExternalName"
        {
            copy(&old["spec"], &mut new["spec"], "clusterIP");
            copy(&old["spec"], &mut new["spec"], "clusterIPs");
        }
        let mut problems: Vec<Problem> = Vec::new();
        schema::apply(world, kind, &mut new, &mut problems);
        problems.extend(validate(kind, &new, Some(&old)));
        if !problems.is_empty() {
            return Err(Failure::invalid(kind, name, &problems));
        }
    }
    if !is_applied(call) {
        settle_managers(&old["metadata"], &mut new["metadata"]);
    }
    world.admit(kind, &mut new);
    if new["spec"] != old["spec"] && new["metadata"]["generation"].is_number() {
        new["metadata"]["generation"] = (old["metadata"]["generation"].as_i64().unwrap_or(1) + 1).into();
    }
    if without_fields(&new) == without_fields(&old)
        && new["metadata"]["managedFields"] == old["metadata"]["managedFields"]
    {
        return Ok(found);
    }
    if !is_applied(call) && new["metadata"]["managedFields"] != json!([]) {
        let manager = if target.sub.is_some() { manager.of_subresource(target.sub) } else { manager };
        managed::record(&old, &mut new, &manager);
    }
    Ok(store(world, call, target, new))
}

/// Managed fields are what a writer makes of them. A list of one empty entry clears them, an empty list is none given.
fn settle_managers(old: &Value, new: &mut Value) {
    match new["managedFields"].as_array().map(Vec::as_slice) {
        Some([only]) if *only == json!({}) => new["managedFields"] = json!([]),
        Some([_, ..]) => {}
        _ => copy(old, new, "managedFields"),
    }
}

/// An object but for what a server keeps for itself.
fn without_fields(value: &Value) -> Value {
    let mut value = value.clone();
    if let Some(metadata) = value["metadata"].as_object_mut() {
        metadata.remove("managedFields");
    }
    value
}

/// Makes a field what it was, absent if it was absent.
fn copy(from: &Value, to: &mut Value, key: &str) {
    let Some(fields) = to.as_object_mut() else { return };
    match from.get(key) {
        Some(value) => fields.insert(key.to_owned(), value.clone()),
        None => fields.remove(key),
    };
}
