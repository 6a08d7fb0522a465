//! Owns answering one request as a healthy server does: who asks, then what; the map from paths to handlers.
//! Must not know sockets.

mod access;
mod discovery;
mod failure;
mod list;
mod media;
mod query;
mod table;
mod watch;

use std::sync::Arc;

use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use serde_json::json;

use super::body::{Body, whole};
use super::cluster::Cluster;
use super::store::Resource;
use access::Identity;
use failure::Failure;
use media::Media;
use query::Query;
pub(crate) use query::decode;

/// Groups and core resources of a real server that these servers do not have: 501 rather than a lie.
const ABSENT_GROUPS: &[&str] = &[
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
];
const ABSENT_CORE: &[&str] = &[
    "bindings",
    "componentstatuses",
    "configmaps",
    "endpoints",
    "limitranges",
    "persistentvolumeclaims",
    "persistentvolumes",
    "podtemplates",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "serviceaccounts",
    "services",
    "watch",
];

/// What a handler needs to know of a request.
pub(crate) struct Call<'a> {
    cluster: &'a Arc<Cluster>,
    identity: Identity,
    media: Media,
    query: Query,
}

/// Target of the log of requests.
pub(crate) const REQUEST_LOG: &str = "fleet_tui::sim::request";

/// Answers one request as a healthy server does.
pub(crate) async fn answer<B>(cluster: &Arc<Cluster>, request: Request<B>) -> Response<Body> {
    let media = media(cluster, &request);
    let answered = route(cluster, &request, media).await;
    let response = answered.unwrap_or_else(|failure| failure.response(media.unwrap_or(Media::Json)));
    finished(response)
}

/// Answers one request with a Status of a code and, if given, the seconds of `Retry-After`.
pub(crate) fn refusal<B>(
    cluster: &Arc<Cluster>,
    request: &Request<B>,
    code: u16,
    retry_after: Option<u32>,
) -> Response<Body> {
    let media = media(cluster, request).unwrap_or(Media::Json);
    finished(Failure::fault(code, retry_after).response(media))
}

fn media<B>(cluster: &Cluster, request: &Request<B>) -> Option<Media> {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Media::negotiate(accept, cluster.spec.capabilities.protobuf)
}

/// Adds the headers that every answer has.
fn finished(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    let audit = super::names::uuid(fastrand::u128(..));
    if let Ok(audit) = HeaderValue::from_str(&audit) {
        headers.insert("audit-id", audit);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache, private"));
    response
}

async fn route<B>(
    cluster: &Arc<Cluster>,
    request: &Request<B>,
    media: Option<Media>,
) -> Result<Response<Body>, Failure> {
    let identity = Identity::of(request, cluster)?;
    let path = request.uri().path();
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let get = request.method() == Method::GET;
    let query = Query::parse(request.uri().query().unwrap_or_default());
    match segments[..] {
        ["version"] if get => return Ok(json_response(StatusCode::OK, &discovery::version(&cluster.spec_now()))),
        ["readyz" | "livez" | "healthz"] if get => return Ok(discovery::check(segments[0], query.has("verbose"))),
        _ => {}
    }
    if !path.starts_with("/api/v1/") {
        identity.may_read_path(path)?;
    }
    let call = Call { cluster, identity, media: media.ok_or_else(Failure::not_acceptable)?, query };
    match segments[..] {
        ["api"] if get => Ok(discovery::core(request.headers())),
        ["apis"] if get => Ok(discovery::groups(request.headers())),
        ["api", "v1"] if get => Ok(discovery::core_resources()),
        ["apis", discovery::AUTHENTICATION] if get => Ok(discovery::authentication_group()),
        ["apis", discovery::AUTHENTICATION, "v1"] if get => Ok(discovery::authentication_resources()),
        ["apis", discovery::AUTHENTICATION, "v1", "selfsubjectreviews"] if request.method() == Method::POST => {
            Ok(json_response(StatusCode::CREATED, &call.identity.review(&cluster.world().timestamp())))
        }
        ["apis", group, ..] if ABSENT_GROUPS.contains(&group) => {
            Err(Failure::not_implemented(&format!("the API group {group}")))
        }
        ["api", "v1", ref rest @ ..] => core(&call, request.method(), rest).await,
        ["openapi" | "metrics" | "logs" | "debug", ..] | [] => Err(Failure::not_implemented(path)),
        _ => Err(Failure::no_such_path()),
    }
}

async fn core(call: &Call<'_>, method: &Method, path: &[&str]) -> Result<Response<Body>, Failure> {
    let (namespace, path) = match path {
        ["namespaces", namespace, resource, rest @ ..] if !matches!(*resource, "status" | "finalize") => {
            (Some(*namespace), [&[*resource], rest].concat())
        }
        _ => (None, path.to_vec()),
    };
    let (plural, name, sub) = match path[..] {
        [plural] => (plural, None, None),
        [plural, name] => (plural, Some(name), None),
        [plural, name, sub] => (plural, Some(name), Some(sub)),
        _ => return Err(Failure::no_such_path()),
    };
    if ABSENT_CORE.contains(&plural) {
        call.identity.may(verb(method, name, call), plural, name, namespace)?;
        return Err(Failure::not_implemented(&format!("the resource {plural}")));
    }
    let resource = Resource::from_plural(plural).ok_or_else(Failure::no_such_path)?;
    if namespace.is_some() != resource.namespaced() && (namespace.is_some() || name.is_some()) {
        return Err(Failure::no_such_path());
    }
    // A role in a namespace also grants reading that namespace itself.
    let scope = if resource == Resource::Namespaces { name } else { namespace };
    call.identity.may(verb(method, name, call), plural, name, scope)?;
    if let Some(sub) = sub {
        return Err(Failure::not_implemented(&format!("the subresource {plural}/{sub}")));
    }
    match (method, name) {
        (&Method::GET, None) if call.query.is("watch", "true") || call.query.is("watch", "1") => {
            watch::watch(call, resource, namespace)
        }
        (&Method::GET, None) => list::list(call, resource, namespace).await,
        (&Method::GET, Some(name)) => list::get(call, resource, namespace.unwrap_or_default(), name),
        (&Method::POST | &Method::DELETE, None) | (&Method::PUT | &Method::PATCH | &Method::DELETE, Some(_)) => {
            Err(Failure::not_implemented(&format!("{method} of {plural}")))
        }
        _ => Err(Failure::method_not_allowed()),
    }
}

/// The verb authorization asks about.
fn verb(method: &Method, name: Option<&str>, call: &Call<'_>) -> &'static str {
    match (method.as_str(), name) {
        ("POST", _) => "create",
        ("PUT", _) => "update",
        ("PATCH", _) => "patch",
        ("DELETE", None) => "deletecollection",
        ("DELETE", Some(_)) => "delete",
        (_, Some(_)) => "get",
        _ if call.query.is("watch", "true") || call.query.is("watch", "1") => "watch",
        _ => "list",
    }
}

/// An answer in JSON.
fn json_response(status: StatusCode, value: &impl ToString) -> Response<Body> {
    typed(status, "application/json", value.to_string().into_bytes())
}

/// An answer of a given content type.
fn typed(status: StatusCode, content_type: &'static str, bytes: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(whole(bytes));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// The `metadata` of a list.
fn list_metadata(version: u64, next: &str, remaining: Option<usize>) -> serde_json::Value {
    let mut metadata = json!({"resourceVersion": version.to_string()});
    if !next.is_empty() {
        metadata["continue"] = next.into();
    }
    if let Some(remaining) = remaining {
        metadata["remainingItemCount"] = remaining.into();
    }
    metadata
}
