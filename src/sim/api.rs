//! Owns answering one request as a healthy server does: who asks, then what; the map from paths to handlers.
//! Must not know sockets.

mod access;
mod apply;
mod compress;
mod connect;
mod delete;
mod discovery;
mod failure;
mod list;
mod log;
mod media;
mod openapi;
mod options;
mod patch;
mod query;
mod review;
mod schema;
mod strategic;
mod strict;
mod subresource;
mod table;
mod token;
mod validate;
mod watch;
mod write;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::json;

use super::body::{Body, whole};
use super::cluster::Cluster;
use super::kinds::{Kind, Resource};
use super::proto;
use access::{Asked, Identity};
use failure::Failure;
use media::Media;
use query::Query;
pub(crate) use query::decode;

/// Groups of a real server that these servers do not have: 501 rather than a lie.
const ABSENT_GROUPS: &[&str] = &["resource.k8s.io"];
/// Versions they do not have of a group that they have.
const ABSENT_VERSIONS: &[&str] = &["autoscaling/v1"];
/// Core resources they do not have.
const ABSENT_CORE: &[&str] = &["bindings", "componentstatuses", "watch"];
/// Questions they do not answer: those about others.
const ABSENT_REVIEWS: &[&str] = &["localsubjectaccessreviews", "subjectaccessreviews", "tokenreviews"];

/// Bodies of requests longer than this are refused, as by a real server.
const BODY_LIMIT: usize = 3 << 20;

/// What a handler needs to know of a request.
#[derive(Clone)]
pub(crate) struct Call<'a> {
    cluster: &'a Arc<Cluster>,
    identity: Identity,
    media: Media,
    query: Query,
    /// Program name of the User-Agent: the field manager of who names none.
    agent: String,
    content_type: String,
    body: Bytes,
    /// Another protocol the client wants.
    upgrade: Option<connect::Upgrade>,
}

impl Call<'_> {
    fn watches(&self) -> bool {
        self.query.is("watch", "true") || self.query.is("watch", "1")
    }

    /// The body, JSON or protobuf; null when there is none.
    fn value(&self) -> Result<serde_json::Value, Failure> {
        if self.body.is_empty() {
            return Ok(serde_json::Value::Null);
        }
        if let Some(value) = proto::decode(&self.body) {
            return Ok(value);
        }
        serde_json::from_slice(&self.body).map_err(|error| Failure::bad_request(error.to_string()))
    }

    /// Tells whether nothing is to be changed really.
    fn is_dry_run(&self) -> bool {
        self.query.is("dryRun", "All")
    }

    /// Who owns the fields a request sets.
    fn manager(&self) -> &str {
        let named = self.query.get("fieldManager");
        if named.is_empty() { &self.agent } else { named }
    }
}

/// What a path is about.
struct Target<'a> {
    kind: Arc<Kind>,
    namespace: Option<&'a str>,
    name: Option<&'a str>,
    sub: Option<&'a str>,
}

/// What bodies of requests must be able to do.
pub(crate) trait RequestBody:
    http_body::Body<Data: Send, Error: std::error::Error + Send + Sync + 'static> + Send + Unpin + 'static
{
}

impl<B> RequestBody for B where
    B: http_body::Body<Data: Send, Error: std::error::Error + Send + Sync + 'static> + Send + Unpin + 'static
{
}

/// Target of the log of requests.
pub(crate) const REQUEST_LOG: &str = "fleet_tui::sim::request";

/// Answers one request as a healthy server does.
pub(crate) async fn answer<B: RequestBody>(cluster: &Arc<Cluster>, request: Request<B>) -> Response<Body> {
    let media = media(cluster, &request);
    let yaml = media::is_yaml(text_of(request.headers(), header::ACCEPT));
    let answered = route(cluster, request, media).await;
    let mut response = answered.unwrap_or_else(|failure| failure.response(media.unwrap_or(Media::Json)));
    // JSON is YAML: who asks for that gets it under that name.
    let headers = response.headers_mut();
    if yaml && headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json") {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/yaml"));
    }
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
    Media::negotiate(text_of(request.headers(), header::ACCEPT), cluster.spec.capabilities.protobuf)
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

/// A header as text; empty when it is missing.
fn text_of(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

async fn route<B: RequestBody>(
    cluster: &Arc<Cluster>,
    request: Request<B>,
    media: Option<Media>,
) -> Result<Response<Body>, Failure> {
    let identity = Identity::of(&request, cluster)?;
    let path = request.uri().path().to_owned();
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let get = request.method() == Method::GET;
    let query = Query::parse(request.uri().query().unwrap_or_default());
    match segments[..] {
        ["version"] if get => return Ok(json_response(StatusCode::OK, &discovery::version(&cluster.spec_now()))),
        ["readyz" | "livez" | "healthz"] if get => return Ok(discovery::check(segments[0], query.has("verbose"))),
        _ => {}
    }
    let place = Place::of(&segments);
    if place.is_none() {
        identity.may_read_path(&cluster.world(), &path)?;
    }
    let method = request.method().clone();
    let media = media.ok_or_else(Failure::not_acceptable)?;
    let agent = text_of(request.headers(), header::USER_AGENT).split('/').next().unwrap_or_default().to_owned();
    let content_type =
        text_of(request.headers(), header::CONTENT_TYPE).split(';').next().unwrap_or_default().to_owned();
    let (mut parts, body) = request.into_parts();
    let body = if matches!(method, Method::GET | Method::HEAD) {
        Bytes::new()
    } else {
        let limited = http_body_util::Limited::new(body, BODY_LIMIT).collect().await;
        limited.map_err(|_| Failure::too_large(BODY_LIMIT))?.to_bytes()
    };
    let upgrade = connect::Upgrade::of(&mut parts);
    let call = Call { cluster, identity, media, query, agent, content_type, body, upgrade };
    let Some(place) = place else {
        return match segments[..] {
            ["api"] if get => Ok(discovery::core(&call, &parts.headers)),
            ["apis"] if get => Ok(discovery::groups(&call, &parts.headers)),
            ["api", "v1"] if get => discovery::resources(&call, "v1"),
            ["apis", group] if get && !ABSENT_GROUPS.contains(&group) => discovery::group(&call, group),
            ["apis", group, version] if get && !ABSENT_GROUPS.contains(&group) => {
                discovery::resources(&call, &format!("{group}/{version}"))
            }
            ["openapi", "v3"] if get => Ok(openapi::index(&call)),
            ["openapi", "v3", ref rest @ ..] if get => openapi::document(&call, &rest.join("/")),
            ["apis", group, ..] if ABSENT_GROUPS.contains(&group) => {
                Err(Failure::not_implemented(&format!("the API group {group}")))
            }
            [path @ ("readyz" | "livez" | "healthz"), ref check @ ..] if get => {
                discovery::single_check(path, &check.join("/")).ok_or_else(Failure::no_such_path)
            }
            ["openapi" | "metrics" | "logs" | "debug", ..] | [] => Err(Failure::not_implemented(&path)),
            _ => Err(Failure::no_such_path()),
        };
    };
    let mut response = resource(&call, &method, &place, text_of(&parts.headers, header::ACCEPT)).await?;
    if text_of(&parts.headers, header::ACCEPT_ENCODING).contains("gzip") && response.status() == StatusCode::OK {
        compress::gzip(&mut response, call.watches() || place.sub == Some("log"));
    }
    Ok(response)
}

/// Where a path leads among the resources.
struct Place<'a> {
    api_version: String,
    namespace: Option<&'a str>,
    plural: &'a str,
    name: Option<&'a str>,
    sub: Option<&'a str>,
}

impl<'a> Place<'a> {
    /// `None` for paths that are not about resources.
    fn of(segments: &[&'a str]) -> Option<Self> {
        let (api_version, rest) = match segments {
            ["api", "v1", rest @ ..] => ("v1".to_owned(), rest),
            ["apis", group, version, rest @ ..] => (format!("{group}/{version}"), rest),
            _ => return None,
        };
        let (namespace, rest) = match rest {
            ["namespaces", namespace, plural, ..] if !matches!(*plural, "status" | "finalize") => {
                (Some(*namespace), &rest[2..])
            }
            _ => (None, rest),
        };
        let (plural, name, sub) = match rest {
            [plural] => (*plural, None, None),
            [plural, name] => (*plural, Some(*name), None),
            [plural, name, sub] => (*plural, Some(*name), Some(*sub)),
            _ => return None,
        };
        Some(Self { api_version, namespace, plural, name, sub })
    }
}

/// Answers a request about a resource, the same way for every kind.
async fn resource(
    call: &Call<'_>,
    method: &Method,
    place: &Place<'_>,
    accept: &str,
) -> Result<Response<Body>, Failure> {
    let &Place { ref api_version, namespace, plural, name, sub } = place;
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let full = sub.map_or_else(|| plural.to_owned(), |sub| format!("{plural}/{sub}"));
    // A role in a namespace also grants reading that namespace itself.
    let scope = if group.is_empty() && plural == "namespaces" { name } else { namespace };
    let asked = Asked { verb: verb(method, name, sub, call), group, resource: &full, name, namespace: scope };
    call.identity.may(&call.cluster.world(), &asked)?;
    if let Some(answer) = review::review(call, method, api_version, plural) {
        return answer;
    }
    let kind = call.cluster.world().store().registry().find(api_version, plural);
    let Some(kind) = kind else {
        let absent = (group.is_empty() && ABSENT_CORE.contains(&plural))
            || (group.starts_with("auth") && ABSENT_REVIEWS.contains(&plural))
            || ABSENT_VERSIONS.contains(&&**api_version)
            || ABSENT_GROUPS.contains(&group);
        return Err(if absent {
            Failure::not_implemented(&format!("the resource {plural} of {api_version}"))
        } else {
            Failure::no_such_path()
        });
    };
    if namespace.is_some() != kind.namespaced && (namespace.is_some() || name.is_some()) {
        return Err(Failure::no_such_path());
    }
    let media = if call.media == Media::Protobuf && !kind.has_protobuf() {
        Media::negotiate(accept, false).ok_or_else(Failure::not_acceptable)?
    } else {
        call.media
    };
    let call = &Call { media, ..call.clone() };
    options::check(&call.query, method, name.is_none())?;
    let target = Target { kind, namespace, name, sub };
    if let Some(sub) = sub {
        return subresource::answer(call, method, &target, sub);
    }
    let kind = &target.kind;
    let warnings = strict::check(call, method, kind)?;
    let mut answer = match (method.as_str(), name) {
        ("GET", None) if call.watches() && kind.resource.is_computed() => Err(Failure::method_not_allowed()),
        ("GET", None) if call.watches() => watch::watch(call, kind, namespace),
        ("GET", None) => list::list(call, kind, namespace).await,
        ("GET", Some(name)) => list::get(call, kind, namespace.unwrap_or_default(), name),
        _ if kind.resource.is_computed() => Err(Failure::method_not_allowed()),
        _ if kind.resource == Resource::EventsV1 => {
            Err(Failure::not_implemented("writing events through events.k8s.io"))
        }
        ("POST", None) if namespace.is_some() == kind.namespaced => write::create(call, &target),
        ("PUT", Some(name)) => write::update(call, &target, name),
        ("PATCH", Some(name)) => write::patch(call, &target, name),
        ("DELETE", Some(name)) => delete::delete(call, &target, name),
        ("DELETE", None) if kind.verbs().contains(&"deletecollection") => delete::delete_all(call, &target),
        _ => Err(Failure::method_not_allowed()),
    }?;
    strict::warn(&mut answer, &warnings);
    Ok(answer)
}

/// The verb authorization asks about.
fn verb(method: &Method, name: Option<&str>, sub: Option<&str>, call: &Call<'_>) -> &'static str {
    match (method.as_str(), name) {
        // Connecting to a container is creating a session, however it is asked for.
        ("GET", _) if matches!(sub, Some("exec" | "attach" | "portforward")) => "create",
        ("POST", _) => "create",
        ("PUT", _) => "update",
        ("PATCH", _) => "patch",
        ("DELETE", None) => "deletecollection",
        ("DELETE", Some(_)) => "delete",
        (_, Some(_)) => "get",
        _ if call.watches() => "watch",
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
fn list_metadata(version: &str, next: &str, remaining: Option<usize>) -> serde_json::Value {
    let mut metadata = if version.is_empty() { json!({}) } else { json!({"resourceVersion": version}) };
    if !next.is_empty() {
        metadata["continue"] = next.into();
    }
    if let Some(remaining) = remaining {
        metadata["remainingItemCount"] = remaining.into();
    }
    metadata
}
