//! Owns turning JSON objects into the protobuf the API server speaks: one transcoder driven by one table of field
//! numbers. Must not know HTTP nor where the objects come from.

mod decode;
mod openapi;
mod quantity;
mod strict;

pub(crate) use decode::decode;
pub(crate) use openapi::schemas;
pub(crate) use quantity::{canonical, normalise};
#[cfg(test)]
pub(crate) use strict::unwritten;
pub(crate) use strict::{mistyped, problems};

use std::collections::HashMap;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::lean::{Fields, Lean};

/// The magic number before every protobuf body that stands alone.
pub(crate) const MAGIC: &[u8] = b"k8s\0";

static MESSAGES: LazyLock<Messages> =
    LazyLock::new(|| Messages::parse(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/api/messages.txt"))));

#[derive(Clone, Copy)]
enum Type {
    Text,
    /// Base64 in JSON.
    Bytes,
    Integer,
    Boolean,
    Time,
    Quantity,
    IntOrString,
    Raw,
    Message(usize),
    Inline(usize),
}

#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Always,
    Pointer,
    Repeated,
    Map,
}

struct Field {
    key: &'static str,
    number: u32,
    kind: Type,
    shape: Shape,
}

/// The table, which says itself how it is read.
struct Messages {
    fields: Vec<Vec<Field>>,
    /// Names of fields that are never written, parted by blanks.
    left_out: Vec<&'static str>,
    by_name: HashMap<&'static str, usize>,
    names: Vec<&'static str>,
}

impl Messages {
    fn parse(text: &'static str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(": "));
        let (names, lines): (Vec<&str>, Vec<&str>) = lines.unzip();
        let by_name: HashMap<&str, usize> = names.iter().enumerate().map(|(index, name)| (*name, index)).collect();
        let lines = lines.iter().map(|line| line.split_once("; ").unwrap_or((line, "")));
        let (fields, left_out): (Vec<&str>, Vec<&str>) = lines.unzip();
        let fields = fields.iter().map(|fields| fields.split(", ").filter_map(|f| field(f, &by_name)).collect());
        Self { fields: fields.collect(), left_out, names, by_name }
    }
}

fn field(text: &'static str, by_name: &HashMap<&str, usize>) -> Option<Field> {
    let mut words = text.split(' ');
    let (key, number, word) = (words.next()?, words.next()?.parse().ok()?, words.next()?);
    let (word, shape) = match word.as_bytes() {
        [b'[', .., b']'] => (&word[1..word.len() - 1], Shape::Repeated),
        [b'<', .., b'>'] => (&word[1..word.len() - 1], Shape::Map),
        [.., b'?'] => (&word[..word.len() - 1], Shape::Pointer),
        _ => (word, Shape::Always),
    };
    let kind = match word {
        "s" => Type::Text,
        "bytes" => Type::Bytes,
        "i" => Type::Integer,
        "b" => Type::Boolean,
        "time" => Type::Time,
        "quantity" => Type::Quantity,
        "intorstring" => Type::IntOrString,
        "raw" => Type::Raw,
        _ => match word.strip_prefix('=') {
            Some(name) => Type::Inline(*by_name.get(name)?),
            None => Type::Message(*by_name.get(word)?),
        },
    };
    Some(Field { key, number, kind, shape })
}

/// Tells whether objects of a kind can be written as protobuf.
pub(crate) fn knows(kind: &str) -> bool {
    MESSAGES.by_name.contains_key(kind)
}

/// Encodes the JSON text of one object of a known kind as its protobuf message, without envelope.
/// Keys the table does not know are left out; an unknown kind gives an empty message.
pub(crate) fn transcode_text(kind: &str, json: &str) -> Vec<u8> {
    transcode_lean(kind, &Lean::parse(json))
}

/// Encodes one object of a known kind that was read already.
pub(crate) fn transcode_lean(kind: &str, object: &Lean<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(2_048);
    if let Some(message) = MESSAGES.by_name.get(kind) {
        write_message(&mut out, *message, object.object().unwrap_or(&EMPTY));
    }
    out
}

/// Encodes one object of a known kind as its protobuf message, without envelope.
pub(crate) fn transcode(kind: &str, value: &Value) -> Vec<u8> {
    transcode_text(kind, &value.to_string())
}

/// Wraps an encoded message as a body that stands alone: magic number and `runtime.Unknown`.
pub(crate) fn envelope(api_version: &str, kind: &str, message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 48);
    open_envelope(&mut out, api_version, kind, message.len());
    out.extend_from_slice(message);
    out.extend_from_slice(ENVELOPE_END);
    out
}

/// The empty content encoding and type that end a `runtime.Unknown`.
pub(crate) const ENVELOPE_END: &[u8] = &[0x1a, 0, 0x22, 0];

/// Writes an envelope up to where a message of `length` bytes follows, then [`ENVELOPE_END`].
pub(crate) fn open_envelope(out: &mut Vec<u8>, api_version: &str, kind: &str, length: usize) {
    out.extend_from_slice(MAGIC);
    nested(out, 1, |out| {
        bytes(out, 1, api_version.as_bytes());
        bytes(out, 2, kind.as_bytes());
    });
    open(out, 2, length);
}

/// Writes a length-delimited field.
pub(crate) fn bytes(out: &mut Vec<u8>, number: u32, value: &[u8]) {
    open(out, number, value.len());
    out.extend_from_slice(value);
}

/// Writes what comes before the content of a length-delimited field.
pub(crate) fn open(out: &mut Vec<u8>, number: u32, length: usize) {
    tag(out, number, 2);
    varint(out, length as u64);
}

/// Writes a moment of whole seconds.
pub(crate) fn time(out: &mut Vec<u8>, number: u32, seconds: i64) {
    nested(out, number, |out| {
        integer(out, 1, seconds);
        integer(out, 2, 0);
    });
}

/// The encoded size of a length-delimited field with a number below 16.
pub(crate) fn bytes_length(length: usize) -> usize {
    1 + (64 - (length as u64 | 1).leading_zeros() as usize).div_ceil(7) + length
}

/// A watch frame: its length as four big-endian bytes, then `WatchEvent{type, object}`.
pub(crate) fn watch_frame(event_type: &str, envelope: &[u8]) -> Vec<u8> {
    let mut out = vec![0; 4];
    bytes(&mut out, 1, event_type.as_bytes());
    nested(&mut out, 2, |out| bytes(out, 1, envelope));
    let length = u32::try_from(out.len() - 4).unwrap_or(u32::MAX);
    out[..4].copy_from_slice(&length.to_be_bytes());
    out
}

static EMPTY: Fields<'static> = Fields { raw: "{}", fields: Vec::new() };

fn write_message(out: &mut Vec<u8>, message: usize, object: &Fields<'_>) {
    for field in &MESSAGES.fields[message] {
        match (field.kind, field.shape) {
            (Type::Inline(message), _) => nested(out, field.number, |out| write_message(out, message, object)),
            (Type::Raw, _) => bytes(out, field.number, object.raw.as_bytes()),
            (kind, Shape::Always) => {
                write_value(out, field.number, kind, object.get(field.key));
            }
            (kind, Shape::Pointer) => {
                let value = object.get(field.key);
                if !value.is_null() {
                    write_value(out, field.number, kind, value);
                }
            }
            (kind, Shape::Repeated) => {
                for value in object.get(field.key).list() {
                    write_value(out, field.number, kind, value);
                }
            }
            (kind, Shape::Map) => {
                // The keys of a map are sorted on the wire.
                let map = object.get(field.key).object().unwrap_or(&EMPTY);
                let mut pairs: Vec<_> = map.fields.iter().collect();
                pairs.sort_unstable_by(|a, b| a.0.cmp(&b.0));
                for (key, value) in pairs {
                    nested(out, field.number, |out| {
                        bytes(out, 1, key.as_bytes());
                        write_value(out, 2, kind, value);
                    });
                }
            }
        }
    }
}

fn write_value(out: &mut Vec<u8>, number: u32, kind: Type, value: &Lean<'_>) {
    match kind {
        Type::Text => bytes(out, number, value.as_str().unwrap_or_default().as_bytes()),
        Type::Bytes => {
            let decoded = STANDARD.decode(value.as_str().unwrap_or_default()).unwrap_or_default();
            bytes(out, number, &decoded);
        }
        Type::Integer => integer(out, number, value.as_i64().unwrap_or_default()),
        Type::Boolean => integer(out, number, i64::from(value.as_bool().unwrap_or_default())),
        Type::Time => nested(out, number, |out| {
            if let Some(time) = value.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok()) {
                integer(out, 1, time.as_second());
                integer(out, 2, i64::from(time.subsec_nanosecond()));
            }
        }),
        Type::Quantity => nested(out, number, |out| bytes(out, 1, value.as_str().unwrap_or_default().as_bytes())),
        Type::IntOrString => nested(out, number, |out| {
            integer(out, 1, i64::from(value.as_str().is_some()));
            integer(out, 2, value.as_i64().unwrap_or_default());
            bytes(out, 3, value.as_str().unwrap_or_default().as_bytes());
        }),
        Type::Message(message) | Type::Inline(message) => {
            nested(out, number, |out| write_message(out, message, value.object().unwrap_or(&EMPTY)));
        }
        Type::Raw => bytes(out, number, value.raw().as_bytes()),
    }
}

/// Writes a nested message whose length is known only afterwards: the length is rotated in front of it.
fn nested(out: &mut Vec<u8>, number: u32, content: impl FnOnce(&mut Vec<u8>)) {
    tag(out, number, 2);
    let start = out.len();
    content(out);
    let length = out.len() - start;
    varint(out, length as u64);
    let prefix = out.len() - start - length;
    out[start..].rotate_right(prefix);
}

fn integer(out: &mut Vec<u8>, number: u32, value: i64) {
    tag(out, number, 0);
    varint(out, value as u64);
}

fn tag(out: &mut Vec<u8>, number: u32, wire_type: u32) {
    varint(out, u64::from(number << 3 | wire_type));
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests;
