//! A node as the tables and the health rules need it. Must not know where the fields came from.

use std::sync::Arc;

use super::age::Unix;
use super::amount::Amounts;
use super::ids::Uid;
use super::unwell::Unwell;

/// One node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRow {
    /// `metadata.uid`.
    pub uid: Uid,
    /// `metadata.name`.
    pub name: Box<str>,
    /// The word of kubectl's STATUS column: `Ready`, `NotReady,SchedulingDisabled` ...
    pub status: Arc<str>,
    /// The `Ready` condition is `True`.
    pub ready: bool,
    /// `spec.unschedulable`.
    pub cordoned: bool,
    /// Roles as kubectl prints them: sorted, comma-separated, `<none>` without any.
    pub roles: Arc<str>,
    /// `metadata.creationTimestamp`.
    pub created: Unix,
    /// `status.nodeInfo.kubeletVersion`.
    pub version: Arc<str>,
    /// First address of type `InternalIP`; empty if none.
    pub internal_ip: Box<str>,
    /// First address of type `ExternalIP`; empty if none.
    pub external_ip: Box<str>,
    /// `status.nodeInfo.osImage`.
    pub os_image: Arc<str>,
    /// `status.nodeInfo.kernelVersion`, with the architecture in parentheses as servers from 1.36 print it.
    pub kernel: Arc<str>,
    /// `status.nodeInfo.containerRuntimeVersion`.
    pub runtime: Arc<str>,
    /// `status.capacity`: what it has.
    pub capacity: Amounts,
    /// `status.allocatable`: what pods may ask for.
    pub allocatable: Amounts,
    /// `status.allocatable.pods`: how many pods it takes; 0 if it does not say.
    pub pod_limit: u32,
    /// What it uses, while that is measured; filled in where the measurements arrive.
    pub usage: Amounts,
    /// Set when the node is not ready or under memory, disk or PID pressure.
    pub unwell: Option<Box<Unwell>>,
}

impl NodeRow {
    /// What ails it, as health words it after a count of nodes: `NotReady`, `memory pressure`. The kubelet's sentence about it
    /// stands with the node. `None` if nothing does.
    #[must_use]
    pub fn ailment(&self) -> Option<&str> {
        let unwell = self.unwell.as_deref()?;
        Some(if self.ready { unwell.label() } else { "NotReady" })
    }
}
