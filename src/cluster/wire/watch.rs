//! Cuts a watch into its events: length-prefixed protobuf frames, or lines of JSON. Must not know what they are about.

use serde::Deserialize;

use super::pending::{Pending, Step, trim};
use super::proto::{Message, Wire, head};
use super::proto_list::MAGIC;
use super::{ITEM_LIMIT, WireError};

/// What an event says about its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum WatchType {
    /// Added or modified: the newest state, and no more is needed.
    Changed,
    /// Deleted: the last state.
    Deleted,
    /// Only a resource version.
    Bookmark,
    /// A status; the watch ends.
    Error,
}

impl WatchType {
    fn parse(word: &str) -> Self {
        match word {
            "DELETED" => Self::Deleted,
            "BOOKMARK" => Self::Bookmark,
            "ERROR" => Self::Error,
            _ => Self::Changed,
        }
    }
}

impl From<String> for WatchType {
    fn from(word: String) -> Self {
        Self::parse(&word)
    }
}

/// One line of a JSON watch.
#[derive(Debug, Deserialize)]
pub struct JsonEvent<T> {
    /// What happened.
    #[serde(rename = "type")]
    pub kind: WatchType,
    /// To which object.
    pub object: T,
}

/// The framing of a protobuf watch: a length of four bytes, then the event.
#[derive(Debug, Default)]
pub struct Frames {
    pending: Pending,
}

impl Frames {
    /// Takes the next chunk and hands out every frame that is complete.
    pub fn feed(
        &mut self,
        chunk: &[u8],
        mut each: impl FnMut(&[u8]) -> Result<(), WireError>,
    ) -> Result<(), WireError> {
        self.pending.feed(chunk, |bytes| {
            let Some((prefix, after)) = bytes.split_first_chunk::<4>() else { return Ok(Step::Needs(4)) };
            let length = u32::from_be_bytes(*prefix) as usize;
            if length > ITEM_LIMIT {
                return Err(WireError::TooLarge(ITEM_LIMIT));
            }
            let Some(frame) = after.get(..length) else {
                // Noise read as a length would be waited for in vain.
                check_beginning(after, length)?;
                return Ok(Step::Needs(4 + length));
            };
            each(frame)?;
            Ok(Step::Used(4 + length))
        })
    }

    /// Tells whether the last frame was read to its end.
    pub fn is_between(&self) -> bool {
        self.pending.is_empty()
    }
}

/// The framing of a JSON watch: one event on each line.
#[derive(Debug, Default)]
pub struct Lines {
    pending: Vec<u8>,
}

impl Lines {
    /// Takes the next chunk and hands out every line that is complete.
    pub fn feed(
        &mut self,
        chunk: &[u8],
        mut each: impl FnMut(&[u8]) -> Result<(), WireError>,
    ) -> Result<(), WireError> {
        let mut rest = chunk;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let (line, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            rest = after.get(1..).unwrap_or_default();
            if self.pending.is_empty() {
                full(line, &mut each)?;
            } else {
                self.pending.extend_from_slice(line);
                full(&self.pending, &mut each)?;
                self.pending.clear();
                trim(&mut self.pending);
            }
        }
        self.pending.extend_from_slice(rest);
        // Noise without an end of a line would be waited for in vain.
        if self.pending.trim_ascii_start().first().is_some_and(|byte| *byte != b'{') {
            return Err(WireError::Malformed("json: a line that is no event"));
        }
        if self.pending.len() > ITEM_LIMIT { Err(WireError::TooLarge(ITEM_LIMIT)) } else { Ok(()) }
    }

    /// Tells whether the last line was read to its end.
    pub fn is_between(&self) -> bool {
        self.pending.trim_ascii().is_empty()
    }
}

fn full(line: &[u8], each: &mut impl FnMut(&[u8]) -> Result<(), WireError>) -> Result<(), WireError> {
    let line = line.trim_ascii();
    if line.is_empty() { Ok(()) } else { each(line) }
}

pub(super) const NO_EVENT: WireError = WireError::Malformed("protobuf: a watch event without type or object");

/// Makes sure that bytes may be the beginning of a frame of this length: a type or an object, no longer than the frame.
fn check_beginning(bytes: &[u8], length: usize) -> Result<(), WireError> {
    match head(bytes)? {
        Some(head) if head.number > 2 || head.wire != Wire::Bytes || head.size + head.length > length => Err(NO_EVENT),
        _ => Ok(()),
    }
}

/// Opens a protobuf frame: returns what happened and the object itself, without its two envelopes.
///
/// # Errors
/// The frame is not a `WatchEvent` with an object in protobuf.
pub fn event(frame: &[u8]) -> Result<(WatchType, &[u8]), WireError> {
    let (mut kind, mut object) = (None, None);
    let mut message = Message::new(frame);
    while let Some(field) = message.field()? {
        match field.number {
            1 => kind = Some(WatchType::parse(std::str::from_utf8(field.bytes()?).unwrap_or_default())),
            2 => object = raw(field.bytes()?, 1)?,
            _ => {}
        }
    }
    let unknown = object.ok_or(NO_EVENT)?.strip_prefix(MAGIC).ok_or(NO_EVENT)?;
    Ok((kind.ok_or(NO_EVENT)?, raw(unknown, 2)?.unwrap_or_default()))
}

/// Returns the bytes of field `number`.
fn raw(bytes: &[u8], number: u32) -> Result<Option<&[u8]>, WireError> {
    let mut found = None;
    let mut message = Message::new(bytes);
    while let Some(field) = message.field()? {
        if field.number == number {
            found = Some(field.bytes()?);
        }
    }
    Ok(found)
}
