//! Which page a section is, and what has to be fetched for it. Must not know how it is fetched.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::at::At;
use super::doc::Document;
use super::section::Section;
use super::yaml;
use crate::model::detail::{Beside, ObjectRef, Tree};
use crate::model::failure::Failure;

/// What a page is made of.
pub struct Sources<'a> {
    /// The object.
    pub object: At<'a>,
    /// Where it is.
    pub reference: &'a ObjectRef,
    /// What was found beside it, by path.
    pub beside: &'a BTreeMap<String, Result<Tree, Failure>>,
    /// Keys of a Secret that may be shown.
    pub decoded: &'a BTreeSet<Box<str>>,
}

/// What a section needs besides the object itself.
#[must_use]
pub fn beside(_section: Section, _object: &ObjectRef, _value: Option<&Value>) -> Vec<Beside> {
    Vec::new()
}

/// Makes the page of a section.
#[must_use]
pub fn make(section: Section, sources: &Sources<'_>) -> Document {
    let _ = section;
    yaml::yaml(sources.object, sources.decoded)
}
