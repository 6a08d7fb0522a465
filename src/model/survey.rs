//! The slow look at a cluster whose rows are not kept: counts instead of rows. Must not know how it is taken.
//!
//! What is not known is `None`, never zero.

use std::collections::BTreeMap;

use super::amount::Amounts;
use super::unwell::Cause;
use super::usage::Usage;

/// One question of a survey. Each can be switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Probe {
    /// The server's version.
    Version,
    /// Nodes: how many are ready, what ails them, their capacity.
    Nodes,
    /// Pods that have not ended well.
    Pods,
    /// The latest events, when something is unwell.
    Events,
    /// What the nodes use, where a metrics server tells.
    Metrics,
}

impl Probe {
    /// Every question, in the order in which they are asked.
    pub const ALL: [Probe; 5] = [Probe::Version, Probe::Nodes, Probe::Pods, Probe::Events, Probe::Metrics];

    /// Its name, as in the settings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Probe::Version => "version",
            Probe::Nodes => "nodes",
            Probe::Pods => "pods",
            Probe::Events => "events",
            Probe::Metrics => "metrics",
        }
    }
}

/// What one survey brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// Nodes in all and nodes ready; `None` if they may not be listed, were not asked for, or could not be read this time.
    pub nodes: Option<(usize, usize)>,
    /// What all nodes together have; `None` as for `nodes`.
    pub capacity: Option<Amounts>,
    /// What they use; `None` if that was not asked for or could not be read this time.
    pub usage: Option<Usage>,
    /// Pods that are not `Succeeded`; `None` as for `nodes`.
    pub pods: Option<SurveyedPods>,
    /// Nodes that need a person, and what ails the first.
    pub unwell_nodes: (usize, Option<String>),
    /// The same one by one, so that a person can wish not to hear of some: subject, cause and what ails it.
    pub each_unwell_node: Vec<(Box<str>, Cause, Box<str>)>,
    /// Recent warning events among the latest `survey.event_limit`; `None` if they were not asked for.
    pub warnings: Option<usize>,
    /// Kinds that may not be listed, by their plural.
    pub forbidden: Vec<String>,
    /// Questions that are switched off; all of them if this cluster is not surveyed at all.
    pub off: Vec<Probe>,
}

/// Pods as a survey counts them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SurveyedPods {
    /// Pods running.
    pub running: usize,
    /// Pods pending.
    pub pending: usize,
    /// Pods failed.
    pub failed: usize,
    /// Pods that need a person at the time of the survey, by what ails them, worst first.
    pub unwell: Vec<(Cause, usize)>,
    /// Whose pods these are, so that a person can wish not to hear of some: how many of each subject and cause. No more
    /// than [`SUBJECTS`]: those of any other subject are counted above alone.
    pub subjects: BTreeMap<(Box<str>, Cause), usize>,
}

/// The most subjects that a survey tells apart.
pub const SUBJECTS: usize = 500;
