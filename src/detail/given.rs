//! For tests: a section of an object's page, made from what a server would have given beside the object. Must not fetch
//! anything.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::at::At;
use super::page::{self, Sources};
use super::section::{Reference, Section};
use crate::model::age::Unix;
use crate::model::detail::Tree;

/// The clock of such pages.
pub const NOW: Unix = Unix(1_700_000_000);

/// The lines of a section, one blank between words. What a server gives is told by the end of its path; where nothing is
/// said of a path, `other` is given, or no answer at all.
pub fn lines(section: Section, object: &Value, given: &[(&str, Value)], other: Option<&Value>) -> Vec<String> {
    let text = |path: &str| object.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let reference = Reference {
        namespace: text("/metadata/namespace"),
        ..Reference::named(&text("/apiVersion"), &text("/kind"), &text("/metadata/name"))
    };
    let reference = reference.resolve(std::iter::empty::<&Arc<_>>());
    let mut beside = BTreeMap::new();
    for wanted in page::beside(section, &reference, Some(object)) {
        let path = wanted.path.split('?').next().unwrap_or_default();
        let answer = given.iter().find(|(end, _)| path.ends_with(end)).map(|(_, answer)| answer).or(other);
        beside.extend(answer.map(|answer| (wanted.path.clone(), Ok(Tree::new(answer.clone())))));
    }
    let decoded = BTreeSet::new();
    let sources = Sources { object: At::still(object), reference: &reference, beside: &beside, decoded: &decoded };
    let page = page::make(section, &sources).text(NOW);
    page.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}
