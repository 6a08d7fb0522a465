//! A pod as the tables and the health rules need it. Must not know where the fields came from.

use std::net::IpAddr;
use std::sync::Arc;

use super::age::{Moment, Unix};
use super::amount::Amounts;
use super::ids::Uid;
use super::unwell::Unwell;

/// `status.phase`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PodPhase {
    /// Accepted, not running yet.
    Pending,
    /// At least one container runs.
    Running,
    /// All containers ended well.
    Succeeded,
    /// All containers ended, at least one badly.
    Failed,
    /// The node does not report.
    #[default]
    Unknown,
}

/// One pod, in 160 bytes and those of its name. Strings that repeat are shared within the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodRow {
    /// `metadata.uid`.
    pub uid: Uid,
    /// `metadata.namespace`.
    pub namespace: Arc<str>,
    /// `metadata.name`.
    pub name: Box<str>,
    /// `spec.nodeName`; empty while unscheduled.
    pub node: Arc<str>,
    /// The word of kubectl's STATUS column: `Running`, `CrashLoopBackOff`, `Init:1/2`, `Terminating` ...
    pub status: Arc<str>,
    /// `status.phase`.
    pub phase: PodPhase,
    /// Containers ready, as kubectl counts them.
    pub ready: u16,
    /// Containers in all, as kubectl counts them.
    pub containers: u16,
    /// Restarts, as kubectl counts them.
    pub restarts: u32,
    /// When the last restart happened, if it is known.
    pub last_restart: Moment,
    /// `metadata.creationTimestamp`.
    pub created: Unix,
    /// `status.podIP`.
    pub ip: Option<IpAddr>,
    /// What it asks the scheduler for, all containers together.
    pub requests: Amounts,
    /// What it may use at most; unknown unless every container has a limit.
    pub limits: Amounts,
    /// What it uses, while that is measured; filled in where the measurements arrive.
    pub usage: Amounts,
    /// Set when the pod needs a person, now or from a known moment on.
    pub unwell: Option<Box<Unwell>>,
    /// What hardly any pod has.
    pub rare: Option<Box<Rare>>,
}

/// What hardly any pod has, apart so that the others have no room for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rare {
    /// `status.nominatedNodeName`; empty if none.
    pub nominated_node: Arc<str>,
    /// Readiness gates that are true, and all of them; `(0, 0)` without gates.
    pub gates: (u8, u8),
}

impl Unwell {
    /// The reason's first words, without the details after them: `memory pressure`.
    #[must_use]
    pub fn label(&self) -> &str {
        self.reason.split(':').next().unwrap_or_default()
    }
}

impl PodRow {
    /// `status.nominatedNodeName`; empty if none.
    #[must_use]
    pub fn nominated_node(&self) -> &str {
        self.rare.as_ref().map_or("", |rare| &rare.nominated_node)
    }

    /// Readiness gates that are true, and all of them; `(0, 0)` without gates.
    #[must_use]
    pub fn gates(&self) -> (u8, u8) {
        self.rare.as_ref().map_or((0, 0), |rare| rare.gates)
    }

    /// Returns the reason this pod needs a person at `now`, or `None` while it is well.
    #[must_use]
    pub fn unwell_at(&self, now: Unix) -> Option<&str> {
        self.unwell.as_deref().filter(|unwell| unwell.is_at(now)).map(|unwell| &*unwell.reason)
    }
}
