//! An event (core/v1) as the tables need it. Must not know where the fields came from.

use std::sync::Arc;

use super::age::Unix;
use super::ids::Uid;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// `metadata.uid`.
    pub uid: Uid,
    /// `metadata.namespace`.
    pub namespace: Arc<str>,
    /// `metadata.name`.
    pub name: Box<str>,
    /// The most recent occurrence: series, last timestamp or event time, whichever the server's printer takes.
    pub last_seen: Unix,
    /// The first occurrence.
    pub first_seen: Unix,
    /// `type`: `Normal` or `Warning`; new ones may come.
    pub event_type: Arc<str>,
    /// `reason`.
    pub reason: Arc<str>,
    /// `kind/name` of what it is about, the kind in lower case.
    pub object: Box<str>,
    /// `involvedObject.fieldPath`; often empty.
    pub subobject: Arc<str>,
    /// Component and host, as kubectl joins them.
    pub source: Arc<str>,
    /// `message`, trimmed.
    pub message: Box<str>,
    /// How often it happened, at least 1.
    pub count: u32,
}

impl EventRow {
    /// Tells whether the event is a warning.
    #[must_use]
    pub fn is_warning(&self) -> bool {
        &*self.event_type == "Warning"
    }
}
