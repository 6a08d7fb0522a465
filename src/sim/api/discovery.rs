//! Owns what a server says of itself: version, checks, and which resources there are, in the old and the aggregated form.
//! Must not know the objects.

use http::{HeaderMap, Response, StatusCode, header};
use serde_json::{Value, json};

use super::{json_response, typed};
use crate::sim::body::Body;
use crate::sim::scenario::ClusterSpec;
use crate::sim::store::Resource;

pub(super) const AUTHENTICATION: &str = "authentication.k8s.io";

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// Verbs served; the others answer 501 and are not promised.
const VERBS: [&str; 3] = ["get", "list", "watch"];

/// What `/version` says, indented as real servers do.
pub(super) fn version(spec: &ClusterSpec) -> String {
    let minor = spec.minor().unwrap_or("0");
    let commit = format!("{:016x}{:016x}{:08x}", super::super::names::hash(&spec.version), 0x5eed_u64, 0);
    format!(
        "{{\n  \"major\": \"1\",\n  \"minor\": \"{minor}\",\n  \"gitVersion\": \"{}\",\n  \"gitCommit\": \"{commit}\",\n  \"gitTreeState\": \"clean\",\n  \"buildDate\": \"2026-08-21T11:29:11Z\",\n  \"goVersion\": \"go1.25.3\",\n  \"compiler\": \"gc\",\n  \"platform\": \"linux/amd64\"\n}}",
        spec.version
    )
}

/// What `/readyz`, `/livez` and `/healthz` say.
pub(super) fn check(path: &str, verbose: bool) -> Response<Body> {
    let text = if verbose {
        let checks = ["ping", "log", "etcd", "informer-sync", "poststarthook/start-apiserver-admission-initializer"];
        let lines = checks.map(|check| format!("[+]{check} ok\n")).concat();
        format!("{lines}{path} check passed\n")
    } else {
        "ok".to_owned()
    };
    typed(StatusCode::OK, "text/plain; charset=utf-8", text.into_bytes())
}

fn wants_aggregated(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accept.split(',').any(|clause| clause.contains("as=APIGroupDiscoveryList") && clause.contains("v=v2;"))
        || accept
            .split(',')
            .any(|clause| clause.contains("as=APIGroupDiscoveryList") && clause.trim_end().ends_with("v=v2"))
}

fn aggregated(items: &Value) -> Response<Body> {
    let list = json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items});
    typed(StatusCode::OK, AGGREGATED, list.to_string().into_bytes())
}

/// `/api`.
pub(super) fn core(headers: &HeaderMap) -> Response<Body> {
    if wants_aggregated(headers) {
        let resources: Vec<Value> = Resource::ALL.iter().map(|resource| {
            let mut entry = json!({"resource": resource.plural(), "responseKind": {"group": "", "version": "", "kind": resource.kind()},
                "scope": if resource.namespaced() { "Namespaced" } else { "Cluster" },
                "singularResource": resource.kind().to_lowercase(), "verbs": VERBS, "shortNames": [short_name(*resource)]});
            if *resource == Resource::Pods {
                entry["categories"] = json!(["all"]);
            }
            entry
        }).collect();
        return aggregated(
            &json!([{"metadata": {}, "versions": [{"version": "v1", "resources": resources, "freshness": "Current"}]}]),
        );
    }
    json_response(StatusCode::OK, &json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}))
}

/// `/apis`.
pub(super) fn groups(headers: &HeaderMap) -> Response<Body> {
    if wants_aggregated(headers) {
        return aggregated(
            &json!([{"metadata": {"name": AUTHENTICATION}, "versions": [{"version": "v1", "resources": [
            {"resource": "selfsubjectreviews", "responseKind": {"group": "", "version": "", "kind": "SelfSubjectReview"},
             "scope": "Cluster", "singularResource": "selfsubjectreview", "verbs": ["create"]}], "freshness": "Current"}]}]),
        );
    }
    json_response(StatusCode::OK, &json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": [group()]}))
}

fn group() -> Value {
    let version = json!({"groupVersion": "authentication.k8s.io/v1", "version": "v1"});
    json!({"name": AUTHENTICATION, "versions": [version], "preferredVersion": version})
}

/// `/apis/authentication.k8s.io`.
pub(super) fn authentication_group() -> Response<Body> {
    let mut group = group();
    group["kind"] = "APIGroup".into();
    group["apiVersion"] = "v1".into();
    json_response(StatusCode::OK, &group)
}

/// `/apis/authentication.k8s.io/v1`.
pub(super) fn authentication_resources() -> Response<Body> {
    json_response(
        StatusCode::OK,
        &json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "authentication.k8s.io/v1",
        "resources": [{"name": "selfsubjectreviews", "singularName": "selfsubjectreview", "namespaced": false,
            "kind": "SelfSubjectReview", "verbs": ["create"]}]}),
    )
}

/// `/api/v1`.
pub(super) fn core_resources() -> Response<Body> {
    let resources: Vec<Value> = Resource::ALL.iter().map(|resource| {
        json!({"name": resource.plural(), "singularName": resource.kind().to_lowercase(), "namespaced": resource.namespaced(),
            "kind": resource.kind(), "verbs": VERBS, "shortNames": [short_name(*resource)]})
    }).collect();
    json_response(StatusCode::OK, &json!({"kind": "APIResourceList", "groupVersion": "v1", "resources": resources}))
}

fn short_name(resource: Resource) -> &'static str {
    match resource {
        Resource::Namespaces => "ns",
        Resource::Nodes => "no",
        Resource::Pods => "po",
        Resource::Events => "ev",
    }
}
