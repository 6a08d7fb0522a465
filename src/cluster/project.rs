//! From Kubernetes objects to the model's rows, inside the cluster's task; the objects are dropped at once.
//!
//! For each kind one partial struct that borrows from the bytes, filled by serde (JSON) or a visitor (protobuf), and one
//! projection from it to the row, so that both formats can only agree. Must not know connections or time.

pub mod amounts;
pub mod condition;
pub mod event;
pub mod field;
pub mod interner;
pub mod meta;
pub mod namespace;
pub mod node;
pub mod pod;
pub mod pod_object;
pub mod pod_unwell;

use std::fmt;

use serde::Deserialize;

use crate::cluster::wire::WireError;
use crate::model::ids::Uid;
use crate::model::kind::Kind;
use crate::model::update::{Delta, Update};
use interner::Interner;
use meta::Meta;

/// A kind that is read into rows.
pub trait Resource: Send + Sync + 'static {
    /// The model's row.
    type Row: fmt::Debug + Clone + PartialEq + Send + 'static;
    /// The fields the row is made from, borrowed from the bytes they came in.
    type Partial<'a>: Deserialize<'a>;
    /// Which kind it is.
    const KIND: Kind;

    /// Reads the partial object out of a protobuf message.
    ///
    /// # Errors
    /// The bytes are not protobuf, or a field is of another type.
    fn visit(message: &[u8]) -> Result<Self::Partial<'_>, WireError>;

    /// Returns the object's metadata.
    fn meta<'p>(object: &'p Self::Partial<'_>) -> &'p Meta<'p>;

    /// Makes the row.
    fn project(object: &Self::Partial<'_>, interner: &mut Interner) -> Self::Row;

    /// Returns the row's identity.
    fn uid(row: &Self::Row) -> Uid;

    /// Makes the update that carries rows of this kind.
    fn wrap(delta: Delta<Self::Row>) -> Update;

    /// Returns the API path of the kind, of all namespaces or of one; namespace names need no escaping.
    fn path(namespace: Option<&str>) -> String {
        Self::KIND.path(namespace)
    }
}

#[cfg(test)]
mod tests;
