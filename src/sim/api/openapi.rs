//! Owns the `OpenAPI` documents as far as kubectl reads them: which parameters a patch takes, and the fields of kinds.
//! Must not know the objects.

use http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use super::failure::Failure;
use super::{Call, json_response, typed};
use crate::sim::body::Body;
use crate::sim::kinds::{Kind, Resource};
use crate::sim::{names, proto};

fn path_of(kind: &Kind) -> String {
    if kind.group.is_empty() {
        format!("api/{}", kind.version)
    } else {
        format!("apis/{}/{}", kind.group, kind.version)
    }
}

/// `/openapi/v3`: the documents there are.
pub(super) fn index(call: &Call<'_>) -> Response<Body> {
    let mut paths = Map::new();
    for kind in call.cluster.world().store().registry().served() {
        let path = path_of(kind);
        let tag = names::digest(names::hash(&path)).to_uppercase();
        paths.insert(path.clone(), json!({"serverRelativeURL": format!("/openapi/v3/{path}?hash={tag}")}));
    }
    // JSON all the same: real servers do not say so either.
    typed(StatusCode::OK, "text/plain; charset=utf-8", json!({"paths": paths}).to_string().into_bytes())
}

/// One document: a group and version.
pub(super) fn document(call: &Call<'_>, path: &str) -> Result<Response<Body>, Failure> {
    let world = call.cluster.world();
    let kinds: Vec<_> = world.store().registry().served().filter(|kind| path_of(kind) == path).cloned().collect();
    let definitions: Vec<Value> =
        world.store().list(Resource::Definitions, None, None).iter().map(|o| o.value()).collect();
    drop(world);
    if kinds.is_empty() {
        return Err(Failure::no_such_path());
    }
    let (mut paths, mut schemas) = (Map::new(), proto::schemas());
    for kind in kinds {
        let scope = if kind.namespaced { "namespaces/{namespace}/" } else { "" };
        let described = json!([{"group": kind.group, "kind": kind.kind, "version": kind.version}]);
        // Strategic merge patches are left out: the schemas have no merge keys, and kubectl knows those of built-in kinds.
        let names = ["json-patch+json", "merge-patch+json", "apply-patch+yaml"];
        let content: Map<String, Value> = names.iter().map(|name| (format!("application/{name}"), json!({}))).collect();
        let parameter = |name: &str| json!({"name": name, "in": "query", "schema": {"type": "string"}});
        let parameters = ["dryRun", "fieldManager", "fieldValidation", "force"].map(parameter);
        paths.insert(
            format!("/{path}/{scope}{}/{{name}}", kind.plural),
            json!({"patch": {
            "parameters": parameters, "requestBody": {"content": content},
            "x-kubernetes-action": "patch", "x-kubernetes-group-version-kind": described[0]}}),
        );
        let mut schema = match schemas.remove(&kind.kind) {
            Some(schema) => schema,
            None => of_definition(&kind, &definitions),
        };
        schema["x-kubernetes-group-version-kind"] = described;
        schema["properties"]["apiVersion"] = json!({"type": "string"});
        schema["properties"]["kind"] = json!({"type": "string"});
        schemas.insert(kind.kind.clone(), schema);
    }
    let version = &call.cluster.spec.version;
    let document = json!({"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": version}, "paths": paths,
        "components": {"schemas": schemas}});
    Ok(json_response(StatusCode::OK, &document))
}

/// What a definition says of its kind, or of any other kind that its fields are not written down here.
fn of_definition(kind: &Kind, definitions: &[Value]) -> Value {
    let own = definitions.iter().find(|definition| definition["spec"]["names"]["kind"] == kind.kind.as_str());
    let versions = own.and_then(|definition| definition["spec"]["versions"].as_array());
    let version = versions.into_iter().flatten().find(|version| version["name"] == kind.version.as_str());
    let mut schema = version.map_or(Value::Null, |version| version["schema"]["openAPIV3Schema"].clone());
    if !schema.is_object() {
        schema = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    }
    schema["properties"]["metadata"] = json!({"allOf": [{"$ref": "#/components/schemas/ObjectMeta"}]});
    schema
}
