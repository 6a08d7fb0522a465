//! Cuts a protobuf list into its objects while it is still arriving. Must not know what the objects are.
//!
//! The answer is `k8s\0` and one `runtime.Unknown`, whose `raw` is the list: its metadata and its items. A list of 100 MB
//! is one message, so only the heads of the outer two levels are ever waited for as a whole.

use super::pending::{Pending, Step};
use super::proto::{Head, Message, Wire, head};
use super::status::Status;
use super::{ITEM_LIMIT, ListMeta, ListPiece, WireError};

/// What every protobuf answer of the API server starts with.
pub const MAGIC: &[u8; 4] = b"k8s\0";

#[derive(Debug, Default)]
enum State {
    /// Before the magic number.
    #[default]
    Start,
    /// Between the fields of `Unknown`.
    Envelope,
    /// Between the fields of the list, with this many bytes of it to come.
    List(usize),
    /// Before a status of this many bytes, in the place of a list.
    Status(usize),
}

/// The framing of a protobuf list.
#[derive(Debug, Default)]
pub struct ProtoList {
    pending: Pending,
    frame: Frame,
}

#[derive(Debug, Default)]
struct Frame {
    state: State,
    is_status: bool,
    raw_seen: bool,
}

impl ProtoList {
    /// Takes the next chunk and hands out every piece that is complete.
    pub fn feed(
        &mut self,
        chunk: &[u8],
        mut each: impl FnMut(ListPiece<'_>) -> Result<(), WireError>,
    ) -> Result<(), WireError> {
        let Self { pending, frame } = self;
        pending.feed(chunk, |bytes| frame.step(bytes, &mut each))
    }

    /// Tells whether the list was read to its end.
    pub fn is_complete(&self) -> bool {
        matches!(self.frame.state, State::Envelope) && self.frame.raw_seen && self.pending.is_empty()
    }
}

impl Frame {
    /// Reads one field or head.
    fn step(
        &mut self,
        bytes: &[u8],
        each: &mut impl FnMut(ListPiece<'_>) -> Result<(), WireError>,
    ) -> Result<Step, WireError> {
        match self.state {
            State::Start => match bytes.get(..MAGIC.len()) {
                Some(start) if start == MAGIC => {
                    self.state = State::Envelope;
                    Ok(Step::Used(MAGIC.len()))
                }
                Some(_) => Err(WireError::Malformed("protobuf: an answer that does not start with k8s")),
                None => Ok(Step::Needs(MAGIC.len())),
            },
            State::Envelope => self.envelope(bytes),
            State::List(0) | State::Status(0) => {
                self.state = State::Envelope;
                Ok(Step::Used(0))
            }
            State::List(left) => {
                let field = match whole(bytes, left)? {
                    Whole::Here(field) => field,
                    Whole::Needs(total) => return Ok(Step::Needs(total)),
                };
                let body = field.body(bytes);
                match (field.number, field.wire) {
                    (1, Wire::Bytes) => each(ListPiece::Meta(list_meta(body)?))?,
                    (2, Wire::Bytes) => each(ListPiece::Object(body))?,
                    _ => {}
                }
                self.state = State::List(left - field.total());
                Ok(Step::Used(field.total()))
            }
            State::Status(length) => {
                let Some(body) = bytes.get(..length) else { return Ok(Step::Needs(length)) };
                each(ListPiece::Status(Status::visit(body)?))?;
                self.state = State::Envelope;
                Ok(Step::Used(length))
            }
        }
    }

    fn envelope(&mut self, bytes: &[u8]) -> Result<Step, WireError> {
        let Some(head) = head(bytes)? else { return Ok(Step::Needs(bytes.len() + 1)) };
        if head.number == 2 && head.wire == Wire::Bytes && !self.raw_seen {
            self.raw_seen = true;
            self.state =
                if self.is_status { State::Status(head.length.min(ITEM_LIMIT)) } else { State::List(head.length) };
            return Ok(Step::Used(head.size));
        }
        let field = match whole(bytes, usize::MAX)? {
            Whole::Here(field) => field,
            Whole::Needs(total) => return Ok(Step::Needs(total)),
        };
        if field.number == 1 && field.wire == Wire::Bytes {
            self.is_status = is_status(field.body(bytes))?;
        }
        Ok(Step::Used(field.total()))
    }
}

impl Head {
    fn total(&self) -> usize {
        self.size + self.length
    }

    fn body<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        bytes.get(self.size..self.total()).unwrap_or_default()
    }
}

/// Whether a field has arrived as a whole.
enum Whole {
    Here(Head),
    /// So many bytes have to be there.
    Needs(usize),
}

/// Returns the head of a field that has arrived as a whole and does not reach beyond `left` bytes, or how many bytes
/// have to be there.
fn whole(bytes: &[u8], left: usize) -> Result<Whole, WireError> {
    let Some(head) = head(bytes)? else {
        return if bytes.len() >= left { Err(BEYOND) } else { Ok(Whole::Needs(bytes.len() + 1)) };
    };
    if head.length > ITEM_LIMIT {
        return Err(WireError::TooLarge(ITEM_LIMIT));
    }
    if head.total() > left {
        return Err(BEYOND);
    }
    Ok(if head.total() <= bytes.len() { Whole::Here(head) } else { Whole::Needs(head.total()) })
}

const BEYOND: WireError = WireError::Malformed("protobuf: a field that reaches beyond its message");

/// Tells whether a `TypeMeta` names the kind `Status`.
pub fn is_status(type_meta: &[u8]) -> Result<bool, WireError> {
    let mut message = Message::new(type_meta);
    while let Some(field) = message.field()? {
        if field.number == 2 {
            return Ok(field.bytes()? == b"Status");
        }
    }
    Ok(false)
}

fn list_meta(bytes: &[u8]) -> Result<ListMeta, WireError> {
    let mut meta = ListMeta::default();
    let mut message = Message::new(bytes);
    while let Some(field) = message.field()? {
        match field.number {
            2 => meta.resource_version = String::from_utf8_lossy(field.bytes()?).into_owned(),
            3 => meta.continue_token = String::from_utf8_lossy(field.bytes()?).into_owned(),
            _ => {}
        }
    }
    Ok(meta)
}
