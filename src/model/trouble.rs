//! What ails objects of kinds that are not read all the time. Must not know how it was found out.

use std::sync::Arc;

use super::kind::Kind;
use super::unwell::Unwell;

/// One object that needs a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Its kind.
    pub kind: Kind,
    /// The singular of its kind, in lower case: `deployment`.
    pub kind_word: Box<str>,
    /// Its identity; `None` where only its name is known.
    pub uid: Option<super::ids::Uid>,
    /// Its namespace; empty for what lives in none.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Box<str>,
    /// What ails it.
    pub unwell: Unwell,
}

/// What a look at a cluster's other kinds has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// What is in trouble, in no particular order.
    pub troubles: Vec<Trouble>,
    /// Kinds that could not be looked at, each with the reason.
    pub unread: Vec<(String, String)>,
}
