//! Owns what happens to workloads: rollouts pod by pod, replacements, runs of cron jobs, and mishaps of well pods.
//! Must not know the life of a single pod.

use super::pods::Stage;
use super::workload::{Controller, Revision, Workload};
use super::{Action, PodId, World};
use crate::sim::names;

/// Finished runs of a cron job that are kept.
const RUNS_KEPT: usize = 3;

impl World {
    /// Adds a revision with a new image to a workload.
    pub(super) fn new_revision(&mut self, workload: usize) {
        let hash = names::suffix(&mut self.rng, 10).into_boxed_str();
        let (uid, tag) = (self.rng.u128(..), names::tag(&mut self.rng).into_boxed_str());
        self.workloads[workload].revisions.push(Revision { hash, uid, tag });
    }

    pub(super) fn begin_some_rollout(&mut self) {
        let rolls = |w: &Workload| matches!(w.controller, Controller::Deployment | Controller::StatefulSet);
        if let Some(workload) = self.some_workload(|w| rolls(w) && !w.rolling && !w.system && w.trouble.is_none()) {
            self.new_revision(workload);
            self.workloads[workload].rolling = true;
            self.plan(200, Action::RolloutStep(workload));
        }
    }

    /// One decision of a rolling update: make a new pod, delete an old one, wait, or be done.
    pub(super) fn rollout_step(&mut self, workload: usize) {
        let owner = &self.workloads[workload];
        let (latest, replicas) = (owner.latest(), owner.replicas);
        let staying: Vec<(PodId, bool, bool)> = owner
            .pods
            .iter()
            .filter_map(|id| self.pods.get(id).map(|pod| (*id, pod)))
            .filter(|(_, pod)| pod.deleting.is_none())
            .map(|(id, pod)| (id, pod.revision == latest, pod.stage == (Stage::Running { ready: true })))
            .collect();
        let going = owner.pods.len() - staying.len();
        let fresh = staying.iter().filter(|(_, new, _)| *new).count();
        let ready = staying.iter().filter(|(_, _, ready)| *ready).count();
        let oldest = staying.iter().rev().find(|(_, new, _)| !*new).map(|(id, _, _)| *id);
        let surges = owner.controller == Controller::Deployment;
        let surge = (replicas / 4).max(1);
        if surges && fresh < replicas && staying.len() < replicas + surge {
            self.create(workload);
        } else if let Some(old) = oldest {
            let spare = if surges { ready > replicas - replicas / 4 } else { ready >= replicas && going == 0 };
            if spare {
                self.tell_owner(workload, old, "SuccessfulDelete", "Deleted");
                self.delete(old);
            }
        } else if ready >= replicas {
            self.workloads[workload].rolling = false;
            return;
        }
        self.plan_within(500..2_000, Action::RolloutStep(workload));
    }

    pub(super) fn replace_some_pod(&mut self) {
        let Some(workload) = self.some_workload(|w| w.controller == Controller::Deployment && !w.rolling) else {
            return;
        };
        let owner = &self.workloads[workload];
        let ready = |id: &&PodId| self.pods.get(id).is_some_and(|pod| pod.stage == (Stage::Running { ready: true }));
        let candidates: Vec<PodId> = owner.pods.iter().filter(ready).copied().collect();
        if let Some(id) = self.rng.choice(candidates) {
            self.tell_owner(workload, id, "SuccessfulDelete", "Deleted");
            self.delete(id);
        }
    }

    /// Something small goes wrong with a well pod, and is told.
    pub(super) fn some_mishap(&mut self) {
        let Some(workload) = self.some_workload(|w| !w.pods.is_empty() && w.controller != Controller::CronJob) else {
            return;
        };
        let owner = &self.workloads[workload];
        let id = owner.pods[self.rng.usize(..owner.pods.len())];
        let Some(pod) = self.pods.get(&id).filter(|pod| pod.stage == (Stage::Running { ready: true })) else { return };
        let ([a, b, c, d], port) = (pod.address, owner.port);
        let message = match self.rng.u8(..3) {
            0 => "Readiness probe failed: HTTP probe failed with statuscode: 503".to_owned(),
            1 => "Liveness probe failed: HTTP probe failed with statuscode: 500".to_owned(),
            _ => format!(
                "Readiness probe failed: Get \"http://{a}.{b}.{c}.{d}:{port}/ready\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
            ),
        };
        self.warn_container(id, "Unhealthy", message);
    }

    pub(super) fn run_some_job(&mut self) {
        let Some(workload) = self.some_workload(|w| w.controller == Controller::CronJob) else { return };
        let hash = (self.now / 60_000).to_string().into_boxed_str();
        let owner = &mut self.workloads[workload];
        if owner.revisions.last().is_some_and(|run| run.hash == hash) {
            return;
        }
        let tag = owner.revisions.last().map_or_else(|| "1.0.0".into(), |run| run.tag.clone());
        owner.revisions.push(Revision { hash, uid: self.rng.u128(..), tag });
        self.create(workload);
    }

    /// Deletes the oldest finished runs of a cron job.
    pub(super) fn keep_last_runs(&mut self, workload: usize) {
        let done = |id: &&PodId| self.pods.get(id).is_some_and(|pod| pod.stage == Stage::Completed);
        let finished: Vec<PodId> = self.workloads[workload].pods.iter().filter(done).copied().collect();
        for id in finished.iter().rev().skip(RUNS_KEPT) {
            self.forget_pod(*id);
        }
    }

    fn some_workload(&mut self, fits: impl Fn(&Workload) -> bool) -> Option<usize> {
        let candidates: Vec<usize> = (0..self.workloads.len()).filter(|index| fits(&self.workloads[*index])).collect();
        self.rng.choice(candidates)
    }
}
