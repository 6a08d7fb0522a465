//! From the bytes of an answer to items, as they arrive: protobuf or JSON, a list or a watch.
//!
//! Owns framing, bounds and the order of things inside one answer. Must not know connections, retries or time. The
//! same items come out whatever the format and however the bytes were cut into chunks. Memory is one item and one
//! chunk, never the list.

pub mod json_list;
pub mod pending;
pub mod proto;
pub mod proto_list;
pub mod status;
pub mod watch;

use std::fmt;
use std::marker::PhantomData;

use thiserror::Error;

use crate::cluster::project::Resource;
use crate::cluster::project::interner::Interner;
use crate::cluster::reader::subject::Decode;
use crate::model::ids::Uid;
use crate::model::object::ColumnDefinition;
use json_list::JsonList;
use proto_list::ProtoList;
use status::Status;
use watch::{Frames, Lines, WatchType};

/// The media type of protobuf lists, as asked for and as answered.
pub const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";
/// What a list asks for: protobuf, or JSON from servers that have no protobuf for the kind.
pub const ACCEPT_LIST: &str = "application/vnd.kubernetes.protobuf,application/json";
/// What a watch asks for.
pub const ACCEPT_WATCH: &str = "application/vnd.kubernetes.protobuf;stream=watch,application/json";
/// The largest single object or watch event that is read, in bytes; etcd itself holds no more than a tenth of it.
pub const ITEM_LIMIT: usize = 16 * 1024 * 1024;

/// Why bytes could not be understood.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WireError {
    /// The bytes break the rules of their format.
    #[error("malformed {0}")]
    Malformed(&'static str),
    /// The JSON of one object could not be read; holds what the parser says.
    #[error("malformed json: {0}")]
    Json(String),
    /// One object is larger than [`ITEM_LIMIT`].
    #[error("a single object of more than {0} bytes")]
    TooLarge(usize),
    /// The answer ended before it was complete.
    #[error("the answer ends in the middle")]
    Truncated,
    /// The answer is of a media type we did not ask for.
    #[error("an answer of type {0:?} instead of protobuf or json")]
    ContentType(String),
}

/// What an answer is made of.
#[derive(Clone, PartialEq, Eq)]
pub enum Item<R> {
    /// An object of a list, or one that a watch saw added or changed.
    Row(R),
    /// An object that a watch saw deleted.
    Deleted(Uid),
    /// A watch's mark of progress.
    Bookmark {
        /// It ends the initial events of a streaming list.
        initial_events_end: bool,
    },
    /// The metadata of a list, which may come before or after its objects.
    ListMeta(ListMeta),
    /// The columns of the rows that follow.
    Columns(Vec<ColumnDefinition>),
    /// The server gives up, and says why.
    Error(Status),
}

impl<R> fmt::Debug for Item<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Item::Row(_) => f.write_str("Row"),
            Item::Deleted(uid) => write!(f, "Deleted({uid:?})"),
            Item::Bookmark { initial_events_end } => write!(f, "Bookmark({initial_events_end})"),
            Item::ListMeta(meta) => meta.fmt(f),
            Item::Columns(columns) => write!(f, "Columns({})", columns.len()),
            Item::Error(status) => status.fmt(f),
        }
    }
}

/// The metadata of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListMeta {
    /// Where a watch goes on from.
    pub resource_version: String,
    /// The token of the next page; empty on the last one.
    pub continue_token: String,
}

/// Which of the two shapes an answer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One list.
    List,
    /// A stream of events.
    Watch,
}

enum Framing {
    ProtoList(ProtoList),
    ProtoWatch(Frames),
    JsonList(JsonList),
    JsonWatch(Lines),
}

/// Turns the chunks of one answer into items of one kind.
pub struct Decoder<K> {
    framing: Framing,
    version: Vec<u8>,
    kind: PhantomData<K>,
}

impl<K: Resource> Decoder<K> {
    /// Builds the decoder of an answer from its `Content-Type` header and its shape.
    ///
    /// # Errors
    /// The media type is neither protobuf nor JSON.
    pub fn new(content_type: &str, shape: Shape) -> Result<Self, WireError> {
        let media = media_type(content_type);
        let framing = match (media.eq_ignore_ascii_case(PROTOBUF), shape) {
            (true, Shape::List) => Framing::ProtoList(ProtoList::default()),
            (true, Shape::Watch) => Framing::ProtoWatch(Frames::default()),
            (false, _) if !media.eq_ignore_ascii_case("application/json") => {
                return Err(WireError::ContentType(media.chars().take(80).collect()));
            }
            (false, Shape::List) => Framing::JsonList(JsonList::of(&[b"items"])),
            (false, Shape::Watch) => Framing::JsonWatch(Lines::default()),
        };
        Ok(Self { framing, version: Vec::new(), kind: PhantomData })
    }
}

impl<K: Resource> Decode<K::Row> for Decoder<K> {
    fn feed(&mut self, chunk: &[u8], interner: &mut Interner, items: &mut Vec<Item<K::Row>>) -> Result<(), WireError> {
        let version = &mut self.version;
        match &mut self.framing {
            Framing::ProtoList(list) => list.feed(chunk, |piece| {
                list_item::<K>(version, items, piece, |bytes| row::<K>(&K::visit(bytes)?, interner))
            }),
            Framing::JsonList(list) => list.feed(chunk, |piece| {
                list_item::<K>(version, items, piece, |bytes| row::<K>(&read_json(bytes)?, interner))
            }),
            Framing::ProtoWatch(frames) => frames.feed(chunk, |frame| {
                let (kind, object) = watch::event(frame)?;
                if kind == WatchType::Error {
                    items.push(Item::Error(Status::visit(object)?));
                } else {
                    items.push(watch_item::<K>(kind, &K::visit(object)?, version, interner)?);
                }
                Ok(())
            }),
            Framing::JsonWatch(lines) => lines.feed(chunk, |line| {
                let refused = |line| read_json::<watch::JsonEvent<Status>>(line).map(|event| Item::Error(event.object));
                items.push(match read_json::<watch::JsonEvent<K::Partial<'_>>>(line) {
                    Ok(event) if event.kind == WatchType::Error => refused(line)?,
                    Ok(event) => watch_item::<K>(event.kind, &event.object, version, interner)?,
                    // A status has a word where an object has its status, so it does not read as an object.
                    Err(error) => match read_json::<watch::JsonEvent<serde::de::IgnoredAny>>(line) {
                        Ok(event) if event.kind == WatchType::Error => refused(line)?,
                        _ => return Err(error),
                    },
                });
                Ok(())
            }),
        }
    }

    fn finish(&self) -> Result<(), WireError> {
        let whole = match &self.framing {
            Framing::ProtoList(list) => list.is_complete(),
            Framing::JsonList(list) => list.is_complete(),
            Framing::ProtoWatch(frames) => frames.is_between(),
            Framing::JsonWatch(lines) => lines.is_between(),
        };
        if whole { Ok(()) } else { Err(WireError::Truncated) }
    }

    fn version(&self) -> Option<&str> {
        std::str::from_utf8(&self.version).ok().filter(|version| !version.is_empty())
    }
}

/// A part of a list, as the framings cut it out.
#[derive(Debug)]
pub enum ListPiece<'a> {
    /// What stands before the objects of a JSON list, closed.
    Head(&'a [u8]),
    /// One object, encoded.
    Object(&'a [u8]),
    /// The list's metadata.
    Meta(ListMeta),
    /// A status in the place of a list.
    Status(Status),
}

fn list_item<K: Resource>(
    version: &mut Vec<u8>,
    items: &mut Vec<Item<K::Row>>,
    piece: ListPiece<'_>,
    row: impl FnOnce(&[u8]) -> Result<K::Row, WireError>,
) -> Result<(), WireError> {
    items.push(match piece {
        ListPiece::Head(_) => return Ok(()),
        ListPiece::Object(bytes) => Item::Row(row(bytes)?),
        ListPiece::Meta(meta) => {
            version.clear();
            version.extend_from_slice(meta.resource_version.as_bytes());
            Item::ListMeta(meta)
        }
        ListPiece::Status(status) => Item::Error(status),
    });
    Ok(())
}

fn watch_item<K: Resource>(
    kind: WatchType,
    object: &K::Partial<'_>,
    version: &mut Vec<u8>,
    interner: &mut Interner,
) -> Result<Item<K::Row>, WireError> {
    let meta = K::meta(object);
    if !meta.resource_version.is_empty() {
        version.clear();
        version.extend_from_slice(meta.resource_version.bytes());
    }
    Ok(match kind {
        WatchType::Bookmark => Item::Bookmark { initial_events_end: meta.annotations.initial_events_end },
        WatchType::Deleted if meta.has_uid() => Item::Deleted(meta.uid()),
        WatchType::Deleted => return Err(NOBODY),
        WatchType::Changed | WatchType::Error => Item::Row(row::<K>(object, interner)?),
    })
}

const NOBODY: WireError = WireError::Malformed("object: it has no uid");

/// Makes a row; everything the API server stores has a uid, so what has none is not what was asked for.
fn row<K: Resource>(object: &K::Partial<'_>, interner: &mut Interner) -> Result<K::Row, WireError> {
    if K::meta(object).has_uid() { Ok(K::project(object, interner)) } else { Err(NOBODY) }
}

/// Returns the media type of a `Content-Type` header, without its parameters.
pub fn media_type(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

/// Reads one JSON value without copying its strings.
pub fn read_json<'a, T: serde::Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, WireError> {
    serde_json::from_slice(bytes).map_err(|error| WireError::Json(error.to_string()))
}

#[cfg(test)]
mod tests;
