//! Owns what pods have in common: the workload they belong to, its revisions and its shape.
//! Must not know time or the store.

use super::PodId;
use crate::sim::scenario::TroubleKind;

/// What kind of controller owns the pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Controller {
    Deployment,
    StatefulSet,
    DaemonSet,
    CronJob,
    /// Pods of the node itself: the control plane of kubeadm.
    Static,
    /// Nobody.
    Bare,
}

/// One version of a pod template, or one run of a cron job.
pub(super) struct Revision {
    /// The pod-template-hash, controller-revision-hash or the number of a job run.
    pub(super) hash: Box<str>,
    /// Id of the `ReplicaSet` or `Job`.
    pub(super) uid: u128,
    pub(super) tag: Box<str>,
}

#[expect(clippy::struct_excessive_bools, reason = "independent facts of a workload")]
/// A workload and the ids of its pods.
pub(super) struct Workload {
    pub(super) controller: Controller,
    pub(super) namespace: Box<str>,
    pub(super) name: Box<str>,
    pub(super) uid: u128,
    /// Number of pods wanted.
    pub(super) replicas: usize,
    /// Image without tag.
    pub(super) image: Box<str>,
    pub(super) revisions: Vec<Revision>,
    pub(super) team: &'static str,
    pub(super) port: u16,
    pub(super) cpu_millis: u32,
    pub(super) memory_mib: u32,
    /// Has a second container beside the first.
    pub(super) sidecar: bool,
    /// Has an init container.
    pub(super) init: bool,
    /// Belongs to the cluster rather than to an application.
    pub(super) system: bool,
    /// What is wrong, and with how many pods.
    pub(super) trouble: Option<(TroubleKind, usize)>,
    /// Milliseconds from start to ready.
    pub(super) startup: i64,
    pub(super) pods: Vec<PodId>,
    pub(super) rolling: bool,
}

impl Workload {
    /// The newest revision.
    pub(super) fn latest(&self) -> usize {
        self.revisions.len().saturating_sub(1)
    }

    /// Image and tag of a revision.
    pub(super) fn image_of(&self, revision: usize) -> String {
        self.revisions.get(revision).map_or_else(|| self.image.to_string(), |r| format!("{}:{}", self.image, r.tag))
    }

    /// The name of the object that owns pods of a revision: those of deployments and cron jobs carry a suffix.
    pub(super) fn owner_name(&self, revision: usize) -> String {
        match (self.controller, self.revisions.get(revision)) {
            (Controller::Deployment | Controller::CronJob, Some(revision)) => {
                format!("{}-{}", self.name, revision.hash)
            }
            _ => self.name.to_string(),
        }
    }
}
