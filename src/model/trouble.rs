//! What ails objects of kinds that are not read all the time. Must not know how it was found out.

use std::sync::Arc;

use super::ids::Uid;
use super::kind::Kind;
use super::unwell::Unwell;

/// One object that needs a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Its kind.
    pub kind: Kind,
    /// The singular of its kind, in lower case: `deployment`.
    pub kind_word: Box<str>,
    /// Its identity.
    pub uid: Uid,
    /// Its namespace; empty for what lives in none.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Box<str>,
    /// What ails it.
    pub unwell: Unwell,
    /// Whether it is known since when: `unwell.from` may merely be the earliest that it counts.
    pub dated: bool,
}
