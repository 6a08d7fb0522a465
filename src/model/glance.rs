//! What one look at a cluster found, as plain data. Must not know how it was asked, nor what it means for health.

use std::sync::Arc;

use super::failure::Failure;
use super::kind::Kind;
use super::survey::Survey;
use super::update::{Beat, Identity};

/// One look at a cluster that was reached.
#[derive(Clone, Debug)]
pub struct Glance {
    /// Who we are there.
    pub identity: Identity,
    /// The server's version, or why it is not known.
    pub version: Result<String, Failure>,
    /// Heartbeats, oldest first: one, or more if the first was slow. Empty if they tell nothing.
    pub beats: Vec<Beat>,
    /// Counts, as a survey has them.
    pub survey: Survey,
    /// Pods that have ended well; known if the other pods are.
    pub succeeded: usize,
    /// Kinds that are not counted, and why.
    pub uncounted: Vec<(Kind, Failure)>,
    /// Pods and events are counted in this namespace alone, because the cluster as a whole is forbidden.
    pub namespace: Option<Arc<str>>,
}

impl Glance {
    /// Returns why a kind is not counted.
    #[must_use]
    pub fn why_not(&self, kind: &Kind) -> Option<&Failure> {
        self.uncounted.iter().find(|(uncounted, _)| uncounted == kind).map(|(_, why)| why)
    }
}
