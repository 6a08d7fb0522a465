//! An object of any kind, with the cells its server prints for it. Must not know where the fields came from.

use std::sync::Arc;

use super::age::Unix;
use super::ids::Uid;

/// One object as `kubectl get` would list it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectRow {
    /// Identity.
    pub uid: Uid,
    /// Its namespace; empty for what lives in none.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Box<str>,
    /// When it was created.
    pub created: Unix,
    /// When it is to be gone; `None` unless it is being deleted.
    pub deleting: Option<Unix>,
    /// The objects it belongs to, the controller first.
    pub owners: Box<[Uid]>,
    /// One for each of the server's columns, in their order.
    pub cells: Box<[Value]>,
}

/// What stands in one of the server's columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    #[default]
    None,
    /// Text; what repeats is shared.
    Text(Arc<str>),
    /// A number.
    Number(i64),
    /// A number with a fraction, in thousandths.
    Thousandths(i64),
    /// A yes or no.
    Flag(bool),
    /// A moment, shown as the time since then.
    Since(Unix),
}

/// A column as the server describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnDefinition {
    /// The heading: `Up-to-date`.
    pub name: String,
    /// The `OpenAPI` type: `string`, `integer`, `number`, `boolean`, `date`.
    pub kind: String,
    /// The `OpenAPI` format: `name` marks the name.
    pub format: String,
    /// 0 is shown always, more only in wide mode.
    pub priority: i32,
}
