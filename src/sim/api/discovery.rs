//! Owns what a server says of itself: version, checks, and which resources there are, in the old and the aggregated form.
//! Must not know the objects.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

use super::failure::Failure;
use super::review::REVIEWS;
use super::{Call, json_response, text_of, typed};
use crate::sim::body::Body;
use crate::sim::kinds::{Kind, Resource};
use crate::sim::names;
use crate::sim::scenario::ClusterSpec;

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// What `/version` says, indented as real servers do.
pub(super) fn version(spec: &ClusterSpec) -> String {
    let minor = spec.minor().unwrap_or("0");
    let commit = format!("{:016x}{:016x}{:08x}", names::hash(&spec.version), 0x5eed_u64, 0);
    // Servers that can emulate an older one say which: none does here.
    let emulated = minor.parse::<u32>().ok().filter(|number| *number >= 34).map_or_else(String::new, |number| {
        format!(
            "\n  \"emulationMajor\": \"1\",\n  \"emulationMinor\": \"{number}\",\n  \"minCompatibilityMajor\": \"1\",\n  \"minCompatibilityMinor\": \"{}\",",
            number - 1
        )
    });
    format!(
        "{{\n  \"major\": \"1\",\n  \"minor\": \"{minor}\",{emulated}\n  \"gitVersion\": \"{}\",\n  \"gitCommit\": \"{commit}\",\n  \"gitTreeState\": \"clean\",\n  \"buildDate\": \"2026-08-21T11:29:11Z\",\n  \"goVersion\": \"go1.25.3\",\n  \"compiler\": \"gc\",\n  \"platform\": \"linux/amd64\"\n}}",
        spec.version
    )
}

/// What `/readyz`, `/livez` and `/healthz` say.
pub(super) fn check(path: &str, verbose: bool) -> Response<Body> {
    let text = if verbose {
        let lines = checks(path).map(|check| format!("[+]{check} ok\n")).concat();
        format!("{lines}{path} check passed\n")
    } else {
        "ok".to_owned()
    };
    typed(StatusCode::OK, "text/plain; charset=utf-8", text.into_bytes())
}

/// The checks of a path one by one.
fn checks(path: &str) -> [&'static str; 4] {
    let own = if path == "livez" { "etcd" } else { "informer-sync" };
    ["ping", "log", own, "poststarthook/start-apiserver-admission-initializer"]
}

/// What a single check says, if there is such a one.
pub(super) fn single_check(path: &str, name: &str) -> Option<Response<Body>> {
    (name == "etcd" || checks(path).contains(&name)).then(|| check(path, false))
}

/// Tells whether the client prefers the aggregated form of version 2.
fn wants_aggregated(headers: &HeaderMap) -> bool {
    text_of(headers, header::ACCEPT).split(',').any(|clause| {
        let mut parts = clause.split(';').map(str::trim);
        clause.contains("as=APIGroupDiscoveryList") && parts.any(|part| part == "v=v2")
    })
}

/// A list of groups with an `ETag`; 304 to who has it already.
fn aggregated(headers: &HeaderMap, items: &[Value]) -> Response<Body> {
    let list = json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items});
    let text = list.to_string();
    let tag = format!("\"{}\"", names::digest(names::hash(&text)).to_uppercase());
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == tag.as_bytes());
    let mut response = if known {
        let mut response = typed(StatusCode::NOT_MODIFIED, AGGREGATED, Vec::new());
        response.headers_mut().remove(header::CONTENT_TYPE);
        response
    } else {
        typed(StatusCode::OK, AGGREGATED, text.into_bytes())
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public"));
    response
}

/// Group, version and the kinds of each, in the order groups are preferred.
fn versions(call: &Call<'_>) -> Vec<(String, String, Vec<Arc<Kind>>)> {
    let mut found: Vec<(String, String, Vec<Arc<Kind>>)> = Vec::new();
    let world = call.cluster.world();
    for kind in world.store().registry().served() {
        match found.iter_mut().find(|(group, version, _)| *group == kind.group && *version == kind.version) {
            Some((_, _, kinds)) => kinds.push(Arc::clone(kind)),
            None => found.push((kind.group.clone(), kind.version.clone(), vec![Arc::clone(kind)])),
        }
    }
    for (group, _, _) in REVIEWS {
        if !found.iter().any(|(known, _, _)| known == group) {
            found.push(((*group).to_owned(), "v1".to_owned(), Vec::new()));
        }
    }
    for (_, _, kinds) in &mut found {
        kinds.sort_by(|a, b| a.plural.cmp(&b.plural));
    }
    found
}

/// The kind and verbs of a subresource.
fn subresource<'a>(kind: &'a Kind, sub: &str) -> (&'a str, &'static str, &'static [&'static str]) {
    match sub {
        "scale" => ("Scale", "autoscaling/v1", &["get", "patch", "update"]),
        "token" => ("TokenRequest", "authentication.k8s.io/v1", &["create"]),
        "eviction" => ("Eviction", "policy/v1", &["create"]),
        "binding" => ("Binding", "v1", &["create"]),
        "exec" => ("PodExecOptions", "v1", &["create", "get"]),
        "attach" => ("PodAttachOptions", "v1", &["create", "get"]),
        "portforward" => ("PodPortForwardOptions", "v1", &["create", "get"]),
        "proxy" => ("NodeProxyOptions", "v1", &["create", "delete", "get", "patch", "update"]),
        "log" => (&kind.kind, "", &["get"]),
        "finalize" => (&kind.kind, "", &["update"]),
        _ => (&kind.kind, "", &["get", "patch", "update"]),
    }
}

fn response_kind(api_version: &str, kind: &str) -> Value {
    // The group of a real server's core answers goes without saying, and so does its version.
    let (group, version) = api_version.split_once('/').unwrap_or_default();
    json!({"group": group, "version": version, "kind": kind})
}

/// What else people call a kind.
fn add_words(entry: &mut Value, kind: &Kind) {
    for (key, list) in [("shortNames", &kind.short_names), ("categories", &kind.categories)] {
        if !list.is_empty() {
            entry[key] = json!(list);
        }
    }
}

fn aggregated_entry(kind: &Kind) -> Value {
    let mut entry = json!({"resource": kind.plural, "responseKind": response_kind("", &kind.kind),
        "scope": if kind.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": kind.singular, "verbs": kind.verbs()});
    if kind.custom {
        entry["responseKind"] = response_kind(&kind.api_version(), &kind.kind);
    }
    add_words(&mut entry, kind);
    let subresources: Vec<Value> = kind
        .subresources
        .iter()
        .map(|sub| {
            let (name, version, verbs) = subresource(kind, sub);
            json!({"subresource": sub, "responseKind": response_kind(version, name), "verbs": verbs})
        })
        .collect();
    if !subresources.is_empty() {
        entry["subresources"] = subresources.into();
    }
    entry
}

fn aggregated_version(group: &str, version: &str, kinds: &[Arc<Kind>]) -> Value {
    let mut resources: Vec<Value> = kinds.iter().map(|kind| aggregated_entry(kind)).collect();
    resources.extend(REVIEWS.iter().filter(|(of, _, _)| *of == group).map(|(_, plural, kind)| {
        json!({"resource": plural, "responseKind": response_kind("", kind), "scope": "Cluster",
            "singularResource": kind.to_lowercase(), "verbs": ["create"]})
    }));
    json!({"version": version, "resources": resources, "freshness": "Current"})
}

/// `/api`.
pub(super) fn core(call: &Call<'_>, headers: &HeaderMap) -> Response<Body> {
    if !wants_aggregated(headers) {
        let versions = json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []});
        return json_response(StatusCode::OK, &versions);
    }
    let known = versions(call);
    let core = known.iter().filter(|(group, _, _)| group.is_empty());
    let items: Vec<Value> = core
        .map(|(group, version, kinds)| json!({"metadata": {}, "versions": [aggregated_version(group, version, kinds)]}))
        .collect();
    aggregated(headers, &items)
}

/// `/apis`.
pub(super) fn groups(call: &Call<'_>, headers: &HeaderMap) -> Response<Body> {
    let known = versions(call);
    let named = known.iter().filter(|(group, _, _)| !group.is_empty());
    if wants_aggregated(headers) {
        let item = |(group, version, kinds): &(String, String, Vec<Arc<Kind>>)| json!({"metadata": {"name": group}, "versions": [aggregated_version(group, version, kinds)]});
        return aggregated(headers, &named.map(item).collect::<Vec<_>>());
    }
    let groups: Vec<Value> = named.map(|(group, version, _)| described(group, version)).collect();
    json_response(StatusCode::OK, &json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}))
}

fn described(group: &str, version: &str) -> Value {
    let version = json!({"groupVersion": format!("{group}/{version}"), "version": version});
    json!({"name": group, "versions": [version], "preferredVersion": version})
}

/// `/apis/GROUP`.
pub(super) fn group(call: &Call<'_>, group: &str) -> Result<Response<Body>, Failure> {
    let known = versions(call);
    let (_, version, _) = known.iter().find(|(known, _, _)| known == group).ok_or_else(Failure::no_such_path)?;
    let mut value = described(group, version);
    value["kind"] = "APIGroup".into();
    value["apiVersion"] = "v1".into();
    Ok(json_response(StatusCode::OK, &value))
}

/// `/api/v1` and `/apis/GROUP/VERSION`.
pub(super) fn resources(call: &Call<'_>, api_version: &str) -> Result<Response<Body>, Failure> {
    let known = versions(call);
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let found = known.iter().find(|(own, number, _)| own == group && number == version);
    let (_, _, kinds) = found.ok_or_else(Failure::no_such_path)?;
    let mut resources = Vec::new();
    for kind in kinds {
        let mut entry = json!({"name": kind.plural, "singularName": kind.singular, "namespaced": kind.namespaced,
            "kind": kind.kind, "verbs": kind.verbs()});
        add_words(&mut entry, kind);
        if !kind.resource.is_computed() && kind.resource != Resource::EventsV1 {
            let stored = names::digest(names::hash(&kind.qualified()));
            entry["storageVersionHash"] = stored[..11].to_owned().into();
        }
        resources.push(entry);
        for sub in &kind.subresources {
            let (name, version, verbs) = subresource(kind, sub);
            let mut entry = json!({"name": format!("{}/{sub}", kind.plural), "singularName": "",
                "namespaced": kind.namespaced, "kind": name, "verbs": verbs});
            if let Some((group, version)) = version.split_once('/') {
                entry["group"] = group.into();
                entry["version"] = version.into();
            }
            resources.push(entry);
        }
    }
    resources.extend(REVIEWS.iter().filter(|(of, _, _)| *of == group).map(|(_, plural, kind)| {
        json!({"name": plural, "singularName": kind.to_lowercase(), "namespaced": false, "kind": kind, "verbs": ["create"]})
    }));
    let mut list = json!({"kind": "APIResourceList", "groupVersion": api_version, "resources": resources});
    // The list of the core group does not say what it is of: it is older than that.
    if !group.is_empty() {
        list["apiVersion"] = "v1".into();
    }
    Ok(json_response(StatusCode::OK, &list))
}
