//! Owns one version of an object: its ready JSON text, what of it is written only when it is shown, its protobuf message.
//! Must not know where objects are kept.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use crate::sim::kinds::Kind;
use crate::sim::lean::Lean;
use crate::sim::mould::{Mould, Stamp};
use crate::sim::{managed, proto};

/// What of an object is not in its text but written when it is shown.
#[derive(Clone)]
pub(super) enum Rest {
    Nothing,
    /// What its managed fields are follows from the text.
    ManagedFields,
    /// A pod: the rest of its spec and its managed fields. The number is where its metadata ends in the text, which goes on
    /// `},"spec":{` and has nothing but the node in the spec.
    Stamp(Box<Stamp>, u32),
}

/// What comes between the metadata of a stamped pod and what is in its spec.
const TO_SPEC: &str = "},\"spec\":{";

/// One version of one object; never changed once stored.
pub(crate) struct Object {
    pub(crate) namespace: Box<str>,
    pub(crate) name: Box<str>,
    pub(crate) resource_version: u64,
    /// Compact JSON without `kind` and `apiVersion`, as the items of a real list are, and without the rest.
    own: Box<str>,
    rest: Rest,
    protobuf: OnceLock<Box<[u8]>>,
}

impl Object {
    /// An object whose text is all there is.
    pub(crate) fn new(namespace: &str, name: &str, resource_version: u64, body: String) -> Arc<Self> {
        Self::with_rest(namespace, name, resource_version, body, Rest::Nothing)
    }

    pub(super) fn with_rest(namespace: &str, name: &str, resource_version: u64, own: String, rest: Rest) -> Arc<Self> {
        let (namespace, name, own) = (namespace.into(), name.into(), own.into_boxed_str());
        Arc::new(Self { namespace, name, resource_version, own, rest, protobuf: OnceLock::new() })
    }

    /// The JSON that is its own: metadata, status, and whatever else no other object shares. Of a pod that nobody wrote to
    /// from outside the spec has the node only.
    pub(crate) fn own(&self) -> &str {
        &self.own
    }

    /// What a pod as the world made it has in common with others.
    pub(crate) fn mould(&self) -> Option<&Mould> {
        if let Rest::Stamp(stamp, _) = &self.rest { Some(&stamp.mould) } else { None }
    }

    /// The metadata of a stamped pod, what comes up to its spec, and the remainder.
    fn parts(&self, end: u32) -> (&str, &str) {
        self.own.split_at_checked(end as usize).unwrap_or_default()
    }

    /// About how long it is as JSON.
    pub(crate) fn weight(&self) -> usize {
        self.own.len() + if self.mould().is_some() { 5 * 1_024 } else { 0 }
    }

    /// Writes the whole of it as JSON.
    pub(crate) fn write(&self, kind: &Kind, out: &mut Vec<u8>) {
        match &self.rest {
            Rest::Nothing => out.extend_from_slice(self.own.as_bytes()),
            Rest::ManagedFields => match (managed::of_seeded(kind, &self.own), metadata_end(&self.own)) {
                (Some(fields), Some(end)) => {
                    out.extend_from_slice(&self.own.as_bytes()[..end]);
                    out.extend_from_slice(b",\"managedFields\":");
                    out.extend_from_slice(fields.as_bytes());
                    out.extend_from_slice(&self.own.as_bytes()[end..]);
                }
                _ => out.extend_from_slice(self.own.as_bytes()),
            },
            Rest::Stamp(stamp, end) => {
                let (metadata, after) = self.parts(*end);
                out.reserve(9 * 1_024);
                out.extend_from_slice(metadata.as_bytes());
                out.extend_from_slice(b",\"managedFields\":");
                stamp.managed_fields(out);
                write_spec(stamp, after, out);
            }
        }
    }

    /// The whole of it as JSON text.
    pub(crate) fn text(&self, kind: &Kind) -> Cow<'_, str> {
        if matches!(self.rest, Rest::Nothing) {
            return Cow::Borrowed(&self.own);
        }
        let mut out = Vec::new();
        self.write(kind, &mut out);
        Cow::Owned(String::from_utf8(out).unwrap_or_default())
    }

    /// The JSON of its metadata.
    pub(crate) fn metadata(&self, kind: &Kind) -> Cow<'_, str> {
        match &self.rest {
            Rest::Stamp(stamp, end) => {
                let (metadata, _) = self.parts(*end);
                let mut out = metadata.as_bytes()["{\"metadata\":".len()..].to_vec();
                out.extend_from_slice(b",\"managedFields\":");
                stamp.managed_fields(&mut out);
                out.push(b'}');
                Cow::Owned(String::from_utf8(out).unwrap_or_default())
            }
            Rest::Nothing => Cow::Borrowed(Lean::parse(&self.own).get("metadata").raw()),
            Rest::ManagedFields => {
                let text = self.text(kind);
                Cow::Owned(Lean::parse(&text).get("metadata").raw().to_owned())
            }
        }
    }

    /// The JSON of its labels, `null` if it has none.
    pub(crate) fn labels(&self) -> &str {
        const LABELS: &str = ",\"labels\":";
        let Rest::Stamp(_, end) = &self.rest else {
            return Lean::parse(&self.own).get("metadata").get("labels").raw();
        };
        // Within a string every quote has a backslash before it, and no label has a brace.
        let (metadata, _) = self.parts(*end);
        let labels = metadata.find(LABELS).map(|at| &metadata[at + LABELS.len()..]);
        labels.and_then(|rest| Some(&rest[..=rest.find('}')?])).unwrap_or("null")
    }

    /// The whole of it but for managed fields that nobody wrote to.
    pub(crate) fn plain(&self) -> Cow<'_, str> {
        let Rest::Stamp(stamp, end) = &self.rest else { return Cow::Borrowed(&self.own) };
        let (metadata, after) = self.parts(*end);
        let mut out = metadata.as_bytes().to_vec();
        write_spec(stamp, after, &mut out);
        Cow::Owned(String::from_utf8(out).unwrap_or_default())
    }

    /// The same parsed; an object the world wrote always parses.
    pub(crate) fn value(&self) -> serde_json::Value {
        serde_json::from_str(&self.plain()).unwrap_or_default()
    }

    /// The object parsed as it is shown.
    pub(crate) fn whole_value(&self, kind: &Kind) -> serde_json::Value {
        serde_json::from_str(&self.text(kind)).unwrap_or_default()
    }

    /// What was transcoded at first use is kept: lists of 100,000 pods are read again and again. Of a stamped pod that is
    /// the length of the message of its metadata, this message and that of its status.
    fn transcoded(&self, kind: &Kind) -> &[u8] {
        let transcode = || match &self.rest {
            Rest::Stamp(..) => {
                let own = Lean::parse(&self.own);
                let metadata = proto::transcode_lean("ObjectMeta", own.get("metadata"));
                let length = u32::try_from(metadata.len()).unwrap_or_default();
                [&length.to_le_bytes()[..], &metadata, &proto::transcode_lean("PodStatus", own.get("status"))].concat()
            }
            _ => proto::transcode_text(&kind.kind, &self.text(kind)),
        };
        self.protobuf.get_or_init(|| transcode().into_boxed_slice())
    }

    /// The messages of the metadata and the status of a stamped pod, and its node.
    fn messages(&self, kind: &Kind, end: u32) -> (&[u8], &[u8], &str) {
        let (length, both) = self.transcoded(kind).split_first_chunk().unwrap_or((&[0; 4], &[]));
        let (metadata, status) = both.split_at(u32::from_le_bytes(*length) as usize);
        let (_, after) = self.parts(end);
        let node = after.strip_prefix(TO_SPEC).and_then(|spec| spec.strip_prefix("\"nodeName\":\""));
        (metadata, status, node.and_then(|node| node.split('"').next()).unwrap_or_default())
    }

    /// The length of its protobuf message.
    pub(crate) fn message_length(&self, kind: &Kind) -> usize {
        match &self.rest {
            Rest::Stamp(stamp, end) => {
                let (metadata, status, node) = self.messages(kind, *end);
                stamp.message_length(metadata.len(), node, status.len())
            }
            _ => self.transcoded(kind).len(),
        }
    }

    /// Writes its protobuf message.
    pub(crate) fn write_message(&self, kind: &Kind, out: &mut Vec<u8>) {
        match &self.rest {
            Rest::Stamp(stamp, end) => {
                let (metadata, status, node) = self.messages(kind, *end);
                stamp.message(out, metadata, node, status);
            }
            _ => out.extend_from_slice(self.transcoded(kind)),
        }
    }

    /// The same object with another text.
    pub(crate) fn with_text(&self, own: String) -> Arc<Self> {
        Self::with_rest(&self.namespace, &self.name, self.resource_version, own, self.rest.clone())
    }

    /// The same object under another version.
    pub(super) fn again(&self, version: u64) -> Arc<Self> {
        let named = |number: u64| format!("\"resourceVersion\":\"{number}\"");
        let own = self.own.replacen(&named(self.resource_version), &named(version), 1);
        let mut rest = self.rest.clone();
        if let Rest::Stamp(_, end) = &mut rest {
            *end = (*end + own.len() as u32).saturating_sub(self.own.len() as u32);
        }
        Self::with_rest(&self.namespace, &self.name, version, own, rest)
    }
}

/// Writes what follows the metadata of a stamped pod.
fn write_spec(stamp: &Stamp, after: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(TO_SPEC.as_bytes());
    stamp.spec(out);
    let rest = after.strip_prefix(TO_SPEC).unwrap_or_default();
    if !rest.starts_with('}') {
        out.push(b',');
    }
    out.extend_from_slice(rest.as_bytes());
}

/// Where the metadata of an object ends in its text.
fn metadata_end(text: &str) -> Option<usize> {
    let object = Lean::parse(text);
    let raw = object.get("metadata").object()?.raw;
    Some(raw.as_ptr() as usize - text.as_ptr() as usize + raw.len() - 1)
}
