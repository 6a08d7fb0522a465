//! Owns what pods have in common: the workload they belong to and its revisions, as read from its object.
//! Must not know time or the store.

use std::sync::Arc;

use super::pods::Pod;
use super::template::Template;
use super::{Millis, PodId};
use crate::sim::kinds::Resource;
use crate::sim::scenario::TroubleKind;

/// What kind of controller owns the pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Controller {
    Deployment,
    ReplicaSet,
    Replication,
    StatefulSet,
    DaemonSet,
    Job,
    /// Pods of the node itself: the control plane of kubeadm.
    Static,
    /// Nobody.
    Bare,
}

impl Controller {
    /// The resource of its objects; pods themselves where there are none.
    pub(super) fn resource(self) -> Resource {
        match self {
            Self::Deployment => Resource::Deployments,
            Self::ReplicaSet => Resource::ReplicaSets,
            Self::Replication => Resource::ReplicationControllers,
            Self::StatefulSet => Resource::StatefulSets,
            Self::DaemonSet => Resource::DaemonSets,
            Self::Job => Resource::Jobs,
            Self::Static | Self::Bare => Resource::Pods,
        }
    }

    /// The controller of a resource's objects, if pods come of them.
    pub(super) fn of(resource: Resource) -> Option<Self> {
        const ALL: [Controller; 6] = [
            Controller::Deployment,
            Controller::ReplicaSet,
            Controller::Replication,
            Controller::StatefulSet,
            Controller::DaemonSet,
            Controller::Job,
        ];
        ALL.into_iter().find(|controller| controller.resource() == resource)
    }
}

/// One version of a pod template.
pub(super) struct Revision {
    /// The pod-template-hash or controller-revision-hash.
    pub(super) hash: Box<str>,
    /// Id of the `ReplicaSet` of a deployment.
    pub(super) uid: u128,
    pub(super) template: Arc<Template>,
    /// The number rollout history shows; grows when an old revision comes back.
    pub(super) number: i64,
}

/// A workload and the ids of its pods.
#[expect(clippy::struct_excessive_bools, reason = "independent facts of a workload")]
pub(super) struct Workload {
    pub(super) controller: Controller,
    pub(super) namespace: Box<str>,
    pub(super) name: Box<str>,
    pub(super) uid: u128,
    /// Number of pods wanted; of a job, the number that must succeed.
    pub(super) replicas: usize,
    pub(super) revisions: Vec<Revision>,
    /// The revision new pods get.
    pub(super) latest: usize,
    /// Belongs to the cluster rather than to an application.
    pub(super) system: bool,
    /// What is wrong, and with how many pods; a new template heals it.
    pub(super) trouble: Option<(TroubleKind, usize)>,
    /// Why it was not let make a pod, and until when it does not try again.
    pub(super) refused: Option<(Box<str>, Millis)>,
    /// Milliseconds from start to ready.
    pub(super) startup: i64,
    pub(super) pods: Vec<PodId>,
    pub(super) rolling: bool,
    /// Rolls out nothing until resumed.
    pub(super) paused: bool,
    /// All old pods go before new ones come.
    pub(super) recreates: bool,
    /// Pods of a job at the same time.
    pub(super) parallelism: usize,
    /// Its object is no more.
    pub(super) gone: bool,
}

impl Workload {
    /// A workload that has no template yet and wants no pods.
    pub(super) fn new(controller: Controller, namespace: &str, name: &str, uid: u128, startup: i64) -> Self {
        Self {
            controller,
            namespace: namespace.into(),
            name: name.into(),
            uid,
            replicas: 0,
            revisions: Vec::new(),
            latest: 0,
            system: false,
            trouble: None,
            refused: None,
            startup,
            pods: Vec::new(),
            rolling: false,
            paused: false,
            recreates: false,
            parallelism: 1,
            gone: false,
        }
    }

    /// The template of a revision.
    pub(super) fn template(&self, revision: usize) -> &Arc<Template> {
        &self.revisions[revision.min(self.revisions.len() - 1)].template
    }

    /// What a pod is made from.
    pub(super) fn template_of<'a>(&'a self, pod: &'a Pod) -> &'a Arc<Template> {
        pod.own.as_ref().unwrap_or_else(|| self.template(pod.revision))
    }

    /// The name of the object that owns pods of a revision: those of deployments belong to a replica set.
    pub(super) fn owner_name(&self, revision: usize) -> String {
        match (self.controller, self.revisions.get(revision)) {
            (Controller::Deployment, Some(revision)) => format!("{}-{}", self.name, revision.hash),
            _ => self.name.to_string(),
        }
    }

    /// API version, kind and id of the object that owns pods of a revision; `None` for pods of nobody.
    pub(super) fn owner(&self, revision: usize) -> Option<(&'static str, &'static str, u128)> {
        Some(match self.controller {
            Controller::Deployment => {
                ("apps/v1", "ReplicaSet", self.revisions.get(revision).map_or(0, |known| known.uid))
            }
            Controller::ReplicaSet => ("apps/v1", "ReplicaSet", self.uid),
            Controller::Replication => ("v1", "ReplicationController", self.uid),
            Controller::StatefulSet => ("apps/v1", "StatefulSet", self.uid),
            Controller::DaemonSet => ("apps/v1", "DaemonSet", self.uid),
            Controller::Job => ("batch/v1", "Job", self.uid),
            Controller::Static => ("v1", "Node", self.uid),
            Controller::Bare => return None,
        })
    }
}
