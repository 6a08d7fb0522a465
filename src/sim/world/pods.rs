//! Owns what a pod is in this world. Must not know why a pod changes.

mod body;

use std::sync::Arc;

use super::Millis;
use super::template::Template;
use crate::sim::scenario::TroubleKind;

pub(super) use body::{body, status};

/// Where a pod stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// No node yet.
    Unscheduled,
    /// On a node, containers being made.
    Creating,
    /// The init container runs.
    Initializing,
    /// Containers run.
    Running { ready: bool },
    /// The first container just ended badly.
    Failed,
    /// Waiting to be restarted.
    BackOff,
    /// The image could not be pulled just now.
    PullError,
    /// Waiting to pull again.
    PullBackOff,
    /// All containers ended well.
    Completed,
    /// The container ended badly, for good.
    Broken,
}

impl Stage {
    /// Nothing is going to happen any more.
    pub(super) fn is_end(self) -> bool {
        matches!(self, Self::Completed | Self::Broken)
    }
}

/// How a container ended.
#[derive(Clone, Copy)]
pub(super) struct Ending {
    pub(super) started: Millis,
    pub(super) finished: Millis,
    pub(super) exit_code: i32,
    pub(super) reason: &'static str,
}

/// One pod; about 200 bytes beside its JSON.
pub(super) struct Pod {
    pub(super) name: Box<str>,
    pub(super) uid: u128,
    pub(super) workload: usize,
    pub(super) revision: usize,
    /// What it is made from if that is its own: a stateful pod has claims no other has.
    pub(super) own: Option<Arc<Template>>,
    pub(super) node: Option<usize>,
    pub(super) address: [u8; 4],
    pub(super) created: Millis,
    pub(super) scheduled: Millis,
    /// The current start of the first container.
    pub(super) started: Millis,
    /// Last change of readiness.
    pub(super) since: Millis,
    pub(super) stage: Stage,
    pub(super) restarts: i32,
    pub(super) last: Option<Ending>,
    pub(super) deleting: Option<Millis>,
    /// Seconds it was given to end.
    pub(super) grace: i64,
    pub(super) trouble: Option<TroubleKind>,
    /// Why the scheduler found no node.
    pub(super) verdict: Option<Box<str>>,
}

impl Pod {
    /// Milliseconds before the next restart, as the kubelet doubles them.
    pub(super) fn back_off(&self) -> Millis {
        if self.restarts == 0 { 1_000 } else { (10_000 << (self.restarts - 1).min(5)).min(300_000) }
    }

    fn phase(&self) -> &'static str {
        match self.stage {
            Stage::Completed => "Succeeded",
            Stage::Broken => "Failed",
            Stage::Running { .. } | Stage::Failed | Stage::BackOff => "Running",
            _ => "Pending",
        }
    }
}

/// The number a pod of a stateful set ends in.
pub(super) fn ordinal(name: &str) -> usize {
    name.rsplit('-').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// What the kubelet says when an image does not exist.
pub(super) fn pull_message(image: &str) -> String {
    format!("failed to pull and unpack image \"{image}\": failed to resolve reference \"{image}\": {image}: not found")
}
