//! Owns reading once: single objects and lists, paged or whole, in every form, sent in pieces.
//! Must not know watches.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::Bytes;
use futures::stream::{self, StreamExt as _};
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

use super::compress::Expected;
use super::failure::Failure;
use super::media::Media;
use super::query::Selection;
use super::table::{self, Printer};
use super::{Call, list_metadata, typed};
use crate::sim::body::{Body, streamed};
use crate::sim::kinds::{Kind, Resource};
use crate::sim::proto;
use crate::sim::store::{Object, key};

/// Chunks of a list grow to about this many bytes.
const CHUNK_BYTES: usize = 64 * 1_024;

/// So many pods are measured in one go.
const AT_ONCE: usize = 64;

/// How long a real server waits for a version that does not exist yet.
const FUTURE_WAIT: Duration = Duration::from_secs(3);

/// Answers a request for one object.
pub(super) fn get(call: &Call<'_>, kind: &Arc<Kind>, namespace: &str, name: &str) -> Result<Response<Body>, Failure> {
    let object = call.cluster.world().get(kind.resource, namespace, name);
    let object = object.ok_or_else(|| Failure::not_found(kind, name))?;
    Ok(one(call, kind, &object, StatusCode::OK))
}

/// An answer that is one object.
pub(super) fn one(call: &Call<'_>, kind: &Arc<Kind>, object: &Object, status: StatusCode) -> Response<Body> {
    let printer = Printer::new(kind, &call.query, call.cluster.world().now(), &call.cluster.spec);
    let bytes = match call.media {
        Media::Json => standing_alone(kind, &shown(kind, object)).into_bytes(),
        Media::Protobuf => message(kind, object),
        Media::Table => {
            let metadata = json!({"resourceVersion": object.resource_version.to_string()});
            table::table(&metadata, Some(&printer.columns()), &printer.row(object)).into_bytes()
        }
        Media::Partial => partial(kind, object).into_bytes(),
    };
    typed(status, call.media.content_type(false), bytes)
}

/// An object as it looks outside of a list: with its kind.
pub(super) fn standing_alone(kind: &Kind, body: &str) -> String {
    let (api_version, kind) = (kind.api_version(), &kind.kind);
    format!("{{\"kind\":\"{kind}\",\"apiVersion\":\"{api_version}\",{}", body.strip_prefix('{').unwrap_or(body))
}

/// The JSON of an object as its kind shows it.
pub(super) fn shown<'a>(kind: &Kind, object: &'a Object) -> Cow<'a, str> {
    if kind.resource == Resource::EventsV1 {
        return Cow::Owned(modern_event(object.whole_value(kind)).to_string());
    }
    object.text(kind)
}

/// An object as a protobuf body that stands alone.
pub(super) fn message(kind: &Kind, object: &Object) -> Vec<u8> {
    let length = object.message_length(kind);
    let mut out = Vec::with_capacity(length + 64);
    proto::open_envelope(&mut out, &kind.api_version(), &kind.kind, length);
    object.write_message(kind, &mut out);
    out.extend_from_slice(proto::ENVELOPE_END);
    out
}

/// The names `events.k8s.io` has for the fields of an event.
const MODERN: [(&str, &str); 7] = [
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("reportingComponent", "reportingController"),
];

fn modern_event(mut event: Value) -> Value {
    if let Some(fields) = event.as_object_mut() {
        for (old, new) in MODERN {
            if let Some(value) = fields.remove(old) {
                fields.insert(new.to_owned(), value);
            }
        }
        for moment in ["deprecatedFirstTimestamp", "deprecatedLastTimestamp"] {
            fields.entry(moment).or_insert(Value::Null);
        }
    }
    event
}

/// The JSON of an object's metadata alone.
pub(super) fn partial(kind: &Kind, object: &Object) -> String {
    partial_of(&object.metadata(kind))
}

/// The JSON of metadata standing alone.
pub(super) fn partial_of(metadata: &str) -> String {
    format!("{{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":{metadata}}}")
}

struct Page {
    objects: Vec<Arc<Object>>,
    version: u64,
    next: String,
    remaining: Option<usize>,
}

/// Answers a request for a list.
pub(super) async fn list(
    call: &Call<'_>,
    kind: &Arc<Kind>,
    namespace: Option<&str>,
) -> Result<Response<Body>, Failure> {
    let query = &call.query;
    let selection = Selection::parse(kind, query.get("labelSelector"), query.get("fieldSelector"))?;
    if query.is("sendInitialEvents", "true") {
        return Err(Failure::forbidden_option("sendInitialEvents", "sendInitialEvents is forbidden for list"));
    }
    check_version(call).await?;
    let page = page(call, kind, namespace, &selection).await?;
    let printer = Printer::new(kind, query, call.cluster.world().now(), &call.cluster.spec);
    let (prefix, suffix) = frame(call.media, kind, &page, &printer).await;
    let length = page.objects.iter().map(|object| object.weight() as u64).sum();
    let encode = encoder(call.media, Arc::clone(kind), printer);
    let items = page.objects.into_iter();
    let chunks = stream::unfold(
        (Some(prefix), items, suffix, encode, true),
        |(head, mut items, mut tail, encode, mut first)| async move {
            let mut chunk = head.unwrap_or_default();
            if items.len() == 0 && tail.is_empty() && chunk.is_empty() {
                return None;
            }
            for object in items.by_ref() {
                encode(&object, first, &mut chunk);
                first = false;
                if chunk.len() >= CHUNK_BYTES {
                    break;
                }
            }
            if items.len() == 0 {
                chunk.append(&mut tail);
            }
            Some((Bytes::from(chunk), (None, items, tail, encode, first)))
        },
    );
    let mut response = Response::new(streamed(chunks.boxed()));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(call.media.content_type(false)));
    response.extensions_mut().insert(Expected(length));
    Ok(response)
}

/// Refuses versions that are gone or not there yet.
async fn check_version(call: &Call<'_>) -> Result<(), Failure> {
    let asked = call.query.number("resourceVersion").unwrap_or(0);
    let newest = call.cluster.world().store().resource_version();
    if asked > newest {
        tokio::time::sleep(FUTURE_WAIT).await;
        return Err(Failure::future_version(asked, newest));
    }
    if call.query.is("resourceVersionMatch", "Exact") && asked != newest {
        return Err(Failure::list_expired());
    }
    Ok(())
}

/// What pods use, computed a few at a time: nobody else is kept waiting for the world meanwhile.
async fn measured(call: &Call<'_>, namespace: Option<&str>, after: Option<&str>) -> Vec<Arc<Object>> {
    let pods = call.cluster.world().list(Resource::Pods, namespace, after);
    let mut found = Vec::with_capacity(pods.len());
    for pods in pods.chunks(AT_ONCE) {
        {
            let world = call.cluster.world();
            found.extend(pods.iter().filter_map(|pod| world.get(Resource::PodMetrics, &pod.namespace, &pod.name)));
        }
        tokio::task::yield_now().await;
    }
    found
}

async fn page(call: &Call<'_>, kind: &Kind, namespace: Option<&str>, selection: &Selection) -> Result<Page, Failure> {
    let token = call.query.get("continue");
    let (after, begun_at) =
        if token.is_empty() { (None, None) } else { read_token(token).map(|(v, k)| (Some(k), Some(v)))? };
    let computed = match kind.resource {
        Resource::PodMetrics => Some(measured(call, namespace, after.as_deref()).await),
        _ => None,
    };
    let world = call.cluster.world();
    let store = world.store();
    let version = begun_at.unwrap_or_else(|| store.resource_version());
    if !store.remembers(kind.resource.stored(), version) {
        return Err(Failure::continue_expired());
    }
    let mut objects = computed.unwrap_or_else(|| world.list(kind.resource, namespace, after.as_deref()));
    drop(world);
    objects.retain(|object| selection.matches(object));
    // A real server reads `resourceVersion=0` from its cache and ignores the limit.
    let cached = call.query.is("resourceVersion", "0") && token.is_empty();
    let limit = call.query.number("limit").filter(|limit| *limit > 0 && !cached).unwrap_or(u64::MAX);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut page = Page { objects, version, next: String::new(), remaining: None };
    if page.objects.len() > limit {
        page.remaining = selection.is_everything().then(|| page.objects.len() - limit);
        page.objects.truncate(limit);
        if let Some(last) = page.objects.last() {
            page.next = write_token(version, &key(&last.namespace, &last.name));
        }
    }
    Ok(page)
}

fn write_token(version: u64, last: &str) -> String {
    let token = json!({"v": "meta.k8s.io/v1", "rv": version, "start": format!("{last}\0")});
    STANDARD_NO_PAD.encode(token.to_string())
}

fn read_token(token: &str) -> Result<(u64, String), Failure> {
    let invalid = || Failure::bad_request("invalid continue token: continue key is not valid");
    let bytes = STANDARD_NO_PAD.decode(token.trim_end_matches('=')).map_err(|_| invalid())?;
    let token: Value = serde_json::from_slice(&bytes).map_err(|_| invalid())?;
    let start = token["start"].as_str().and_then(|start| start.strip_suffix('\0')).ok_or_else(invalid)?;
    Ok((token["rv"].as_u64().ok_or_else(invalid)?, start.to_owned()))
}

/// What comes before and after the items.
async fn frame(media: Media, kind: &Kind, page: &Page, printer: &Printer) -> (Vec<u8>, Vec<u8>) {
    // What is computed has no version: it can be listed only.
    let version = if kind.resource.is_computed() { String::new() } else { page.version.to_string() };
    let metadata = list_metadata(&version, &page.next, page.remaining);
    let api_version = kind.api_version();
    let text = |kind: &str, api_version: &str, rest: &str| {
        format!("{{\"kind\":\"{kind}\",\"apiVersion\":\"{api_version}\",\"metadata\":{metadata},{rest}").into_bytes()
    };
    let end = b"]}\n".to_vec();
    match media {
        Media::Json => (text(&format!("{}List", kind.kind), &api_version, "\"items\":["), end),
        Media::Partial => (text("PartialObjectMetadataList", "meta.k8s.io/v1", "\"items\":["), end),
        Media::Table => {
            let columns = format!("\"columnDefinitions\":{},\"rows\":[", printer.columns());
            (text("Table", "meta.k8s.io/v1", &columns), end)
        }
        Media::Protobuf => {
            let mut inner = Vec::new();
            proto::bytes(&mut inner, 1, &proto::transcode("ListMeta", &metadata));
            let mut length = inner.len();
            for (number, object) in page.objects.iter().enumerate() {
                length += proto::bytes_length(object.message_length(kind));
                if number % 256 == 255 {
                    tokio::task::yield_now().await;
                }
            }
            let mut head = Vec::new();
            proto::open_envelope(&mut head, &api_version, &format!("{}List", kind.kind), length);
            head.append(&mut inner);
            (head, proto::ENVELOPE_END.to_vec())
        }
    }
}

type Encoder = Box<dyn Fn(&Object, bool, &mut Vec<u8>) + Send + Sync>;

fn encoder(media: Media, kind: Arc<Kind>, printer: Printer) -> Encoder {
    Box::new(move |object, first, out| {
        if !first && media != Media::Protobuf {
            out.push(b',');
        }
        match media {
            Media::Json if kind.resource != Resource::EventsV1 => object.write(&kind, out),
            Media::Json => out.extend_from_slice(shown(&kind, object).as_bytes()),
            Media::Partial => out.extend_from_slice(partial(&kind, object).as_bytes()),
            Media::Table => out.extend_from_slice(printer.row(object).as_bytes()),
            Media::Protobuf => {
                proto::open(out, 2, object.message_length(&kind));
                object.write_message(&kind, out);
            }
        }
    })
}
