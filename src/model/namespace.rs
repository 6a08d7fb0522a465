//! A namespace as the sidebar and its table need it. Must not know where the fields came from.

use std::sync::Arc;

use super::age::Unix;
use super::ids::Uid;

/// One namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamespaceRow {
    /// `metadata.uid`.
    pub uid: Uid,
    /// `metadata.name`.
    pub name: Arc<str>,
    /// `status.phase`: `Active` or `Terminating`.
    pub status: Arc<str>,
    /// `metadata.creationTimestamp`.
    pub created: Unix,
}
