//! Owns watches: what is already there, then every change, bookmarks, and the end.
//! Must not know how the chunks reach the client.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, StreamExt as _};
use http::{HeaderValue, Response, header};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;

use super::Call;
use super::failure::Failure;
use super::list::{message, partial, partial_of, shown, standing_alone};
use super::media::Media;
use super::query::Selection;
use super::table::{self, Printer};
use crate::sim::body::{Body, streamed};
use crate::sim::cluster::Cluster;
use crate::sim::kinds::{Kind, Resource};
use crate::sim::proto;
use crate::sim::store::{Change, Object, Verb};

/// Watches end after at most this long unless the client asks for a time, as a real server's do after 30 to 60 min.
const LONGEST: Duration = Duration::from_secs(1_800);

const CHUNK_BYTES: usize = 64 * 1_024;

#[expect(clippy::struct_excessive_bools, reason = "each is an independent option of the request or a step done")]
struct Watch {
    cluster: Arc<Cluster>,
    kind: Arc<Kind>,
    namespace: Option<String>,
    selection: Selection,
    media: Media,
    printer: Printer,
    /// The first table of a stream carries the columns.
    columns_sent: bool,
    initial: VecDeque<Arc<Object>>,
    /// The bookmark that ends the initial events is still to be sent.
    marks_end: bool,
    bookmarks: bool,
    next_bookmark: Instant,
    deadline: Instant,
    version: u64,
    versions: watch::Receiver<u64>,
    ended: bool,
}

/// Answers a request for a watch.
pub(super) fn watch(call: &Call<'_>, kind: &Arc<Kind>, namespace: Option<&str>) -> Result<Response<Body>, Failure> {
    let query = &call.query;
    let selection = Selection::parse(kind, query.get("labelSelector"), query.get("fieldSelector"))?;
    let streaming = query.has("sendInitialEvents");
    if streaming && !call.cluster.spec.capabilities.streaming_lists {
        let message = "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled";
        return Err(Failure::forbidden_option("sendInitialEvents", message));
    }
    if streaming && !query.is("resourceVersionMatch", "NotOlderThan") {
        let message = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
        return Err(Failure::forbidden_option("resourceVersionMatch", message));
    }
    let asked = query.get("resourceVersion");
    let from_start = asked.is_empty() || asked == "0";
    let with_state = if streaming { query.is("sendInitialEvents", "true") } else { from_start };
    let now = Instant::now();
    let limit = query.number("timeoutSeconds").filter(|seconds| *seconds > 0).map_or(LONGEST, Duration::from_secs);
    let versions = call.cluster.subscribe();
    let world = call.cluster.world();
    let newest = world.store().resource_version();
    let version = if with_state || from_start { newest } else { query.number("resourceVersion").unwrap_or(newest) };
    let mut initial = if with_state { world.store().list(kind.resource.stored(), namespace, None) } else { Vec::new() };
    let printer = Printer::new(kind, query, world.now(), &call.cluster.spec);
    drop(world);
    initial.retain(|object| selection.matches(object));
    let watch = Watch {
        cluster: Arc::clone(call.cluster),
        kind: Arc::clone(kind),
        namespace: namespace.map(str::to_owned),
        selection,
        media: call.media,
        printer,
        columns_sent: false,
        initial: initial.into(),
        marks_end: streaming && with_state,
        bookmarks: query.is("allowWatchBookmarks", "true"),
        next_bookmark: now + call.cluster.bookmark_every,
        deadline: now + limit,
        version,
        versions,
        ended: false,
    };
    let chunks = stream::unfold(watch, |mut watch| async move { watch.next().await.map(|chunk| (chunk, watch)) });
    let mut response = Response::new(streamed(chunks.boxed()));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(call.media.content_type(true)));
    Ok(response)
}

impl Watch {
    async fn next(&mut self) -> Option<Bytes> {
        let mut chunk = Vec::new();
        while !self.ended && chunk.is_empty() {
            if !self.initial.is_empty() {
                while let Some(object) = self.initial.pop_front() {
                    self.write(&mut chunk, "ADDED", &object);
                    if chunk.len() >= CHUNK_BYTES {
                        break;
                    }
                }
            } else if self.marks_end {
                self.marks_end = false;
                self.write_bookmark(&mut chunk, true);
            } else {
                self.versions.mark_unchanged();
                self.write_changes(&mut chunk);
                if chunk.is_empty() {
                    self.wait(&mut chunk).await;
                }
            }
        }
        (!chunk.is_empty()).then(|| Bytes::from(chunk))
    }

    /// Waits for a change, the next bookmark or the end.
    async fn wait(&mut self, chunk: &mut Vec<u8>) {
        tokio::select! {
            changed = self.versions.changed() => self.ended = changed.is_err(),
            () = tokio::time::sleep_until(self.deadline) => self.ended = true,
            () = tokio::time::sleep_until(self.next_bookmark), if self.bookmarks => {
                self.next_bookmark += self.cluster.bookmark_every;
                self.write_bookmark(chunk, false);
            }
        }
    }

    fn write_changes(&mut self, chunk: &mut Vec<u8>) {
        let world = self.cluster.world();
        let newest = world.store().resource_version();
        let changes = world.store().changes(self.kind.resource.stored(), self.version);
        // The last of a kind whose definition is gone ends who watches it, too.
        self.ended = !world.store().registry().serves(self.kind.resource);
        drop(world);
        let Some(changes) = changes else {
            self.write_error(chunk, &Failure::watch_expired(self.version, newest));
            self.ended = true;
            return;
        };
        for change in changes {
            self.version = change.resource_version;
            if self.namespace.as_deref().is_none_or(|namespace| *namespace == *change.object.namespace) {
                self.write_change(chunk, &change);
            }
        }
        self.version = self.version.max(newest);
    }

    /// To a selector, an object that begins to match is new and one that stops matching is gone.
    fn write_change(&mut self, chunk: &mut Vec<u8>, change: &Change) {
        let (was, is) = if self.selection.is_everything() {
            (change.verb != Verb::Added, change.verb != Verb::Deleted)
        } else {
            let was = change.previous.as_ref().is_some_and(|previous| self.selection.matches(previous));
            (was, change.verb != Verb::Deleted && self.selection.matches(&change.object))
        };
        match (was, is) {
            (false, true) => self.write(chunk, "ADDED", &change.object),
            (true, true) => self.write(chunk, "MODIFIED", &change.object),
            (true, false) => self.write(chunk, "DELETED", &change.object),
            (false, false) => {}
        }
    }

    fn write(&mut self, chunk: &mut Vec<u8>, event: &str, object: &Object) {
        let json = match self.media {
            Media::Protobuf => {
                chunk.extend(proto::watch_frame(event, &message(&self.kind, object)));
                return;
            }
            Media::Json => standing_alone(&self.kind, &shown(&self.kind, object)),
            Media::Partial => partial(&self.kind, object),
            Media::Table => {
                let columns = (!std::mem::replace(&mut self.columns_sent, true)).then(|| self.printer.columns());
                self.printer.set_now(self.cluster.world().now());
                let metadata = json!({"resourceVersion": object.resource_version.to_string()});
                table::table(&metadata, columns.as_ref(), &self.printer.row(object))
            }
        };
        write_line(chunk, event, &json);
    }

    /// A bookmark is an otherwise empty object that carries a version.
    fn write_bookmark(&mut self, chunk: &mut Vec<u8>, ends_initial: bool) {
        let mut metadata = json!({"resourceVersion": self.version.to_string()});
        if ends_initial {
            metadata["annotations"] = json!({"k8s.io/initial-events-end": "true"});
        }
        let object = empty_object(self.kind.resource, &metadata);
        match self.media {
            Media::Protobuf => {
                let message = proto::transcode(&self.kind.kind, &object);
                chunk.extend(proto::watch_frame(
                    "BOOKMARK",
                    &proto::envelope(&self.kind.api_version(), &self.kind.kind, &message),
                ));
            }
            Media::Json => write_line(chunk, "BOOKMARK", &standing_alone(&self.kind, &object.to_string())),
            Media::Partial | Media::Table => {
                let object = partial_of(&metadata.to_string());
                let json = if self.media == Media::Table {
                    let row = table::row(&self.printer.empty_cells(), &object);
                    let columns = (!std::mem::replace(&mut self.columns_sent, true)).then(|| self.printer.columns());
                    table::table(&json!({"resourceVersion": self.version.to_string()}), columns.as_ref(), &row)
                } else {
                    object
                };
                write_line(chunk, "BOOKMARK", &json);
            }
        }
    }

    fn write_error(&self, chunk: &mut Vec<u8>, failure: &Failure) {
        let status = failure.status();
        if self.media == Media::Protobuf {
            let message = proto::transcode("Status", &status);
            chunk.extend(proto::watch_frame("ERROR", &proto::envelope("v1", "Status", &message)));
        } else {
            write_line(chunk, "ERROR", &status.to_string());
        }
    }
}

fn write_line(chunk: &mut Vec<u8>, event: &str, object: &str) {
    chunk.extend_from_slice(format!("{{\"type\":\"{event}\",\"object\":{object}}}\n").as_bytes());
}

/// What a real server writes for an object without content.
fn empty_object(resource: Resource, metadata: &Value) -> Value {
    match resource {
        Resource::Pods => json!({"metadata": metadata, "spec": {"containers": null}, "status": {}}),
        Resource::Events => json!({"metadata": metadata, "involvedObject": {}, "source": {}, "firstTimestamp": null,
            "lastTimestamp": null, "eventTime": null, "reportingComponent": "", "reportingInstance": ""}),
        Resource::ConfigMaps | Resource::Secrets | Resource::ServiceAccounts | Resource::Custom(_) => {
            json!({"metadata": metadata})
        }
        _ => json!({"metadata": metadata, "spec": {}, "status": {}}),
    }
}
