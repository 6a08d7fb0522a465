//! Owns what happens to workloads: rollouts pod by pod, replacements, runs of cron jobs, and mishaps of well pods.
//! Must not know the life of a single pod.

use super::objects::text;
use super::pods::Stage;
use super::workload::{Controller, Workload};
use super::{Action, MINUTE, PodId, SECOND, World};
use crate::sim::names;

impl World {
    /// A workload gets an image of another version, as from a deployment pipeline.
    pub(super) fn new_image(&mut self, workload: usize) {
        let tag = names::tag(&mut self.rng);
        let owner = &self.workloads[workload];
        let resource = owner.controller.resource();
        let Some(object) = self.store.get(resource, &owner.namespace, &owner.name) else { return };
        let mut value = object.value();
        let template = &mut value["spec"]["template"];
        let image = text(&template["spec"]["containers"][0]["image"]).to_owned();
        let repository = image.rsplit_once(':').map_or(&*image, |(repository, _)| repository);
        template["spec"]["containers"][0]["image"] = format!("{repository}:{tag}").into();
        template["metadata"]["labels"]["app.kubernetes.io/version"] = tag.into();
        value["metadata"]["generation"] = (value["metadata"]["generation"].as_i64().unwrap_or(1) + 1).into();
        let kind = std::sync::Arc::clone(self.store.registry().kind(resource));
        self.put(&kind, value);
    }

    pub(super) fn begin_some_rollout(&mut self) {
        let rolls = |w: &Workload| matches!(w.controller, Controller::Deployment | Controller::StatefulSet);
        if let Some(workload) =
            self.some_workload(|w| rolls(w) && !w.rolling && !w.system && !w.gone && w.trouble.is_none())
        {
            self.new_image(workload);
        }
    }

    /// Brings a workload that does not roll to the number of pods it wants.
    pub(super) fn scale(&mut self, workload: usize) {
        let owner = &self.workloads[workload];
        if owner.gone || owner.rolling {
            return;
        }
        if owner.controller == Controller::DaemonSet || owner.controller == Controller::Job {
            self.fill(workload);
            return;
        }
        let mut staying: Vec<PodId> = owner
            .pods
            .iter()
            .copied()
            .filter(|id| self.pods.get(id).is_some_and(|pod| pod.deleting.is_none()))
            .collect();
        let surplus = staying.len().saturating_sub(owner.replicas);
        // Those go first that serve least: not ready before ready, then the youngest.
        let ready = |id: &PodId| self.pods.get(id).is_some_and(|pod| pod.stage == (Stage::Running { ready: true }));
        if owner.controller != Controller::StatefulSet {
            staying.sort_by_key(|id| (!ready(id), *id));
        }
        if owner.controller == Controller::Deployment || owner.controller == Controller::ReplicaSet {
            staying.sort_by_key(|id| if ready(id) { (0, *id) } else { (1, *id) });
        }
        for id in staying.into_iter().rev().take(surplus) {
            self.tell_owner(workload, id, "SuccessfulDelete", "Deleted");
            self.delete(id);
        }
        self.fill(workload);
    }

    /// A job makes the pods it still needs, or is done.
    pub(super) fn advance_job(&mut self, workload: usize) {
        let owner = &self.workloads[workload];
        if owner.gone || self.has_ended(workload) {
            return;
        }
        let staying = owner.pods.iter().filter_map(|id| self.pods.get(id)).filter(|pod| pod.deleting.is_none());
        let (done, active) = staying.fold((0, 0), |(done, active), pod| match pod.stage {
            Stage::Completed => (done + 1, active),
            Stage::Broken => (done, active),
            _ => (done, active + 1),
        });
        if done >= owner.replicas {
            self.dirty.insert(workload);
            self.flush();
            self.job_ended(workload);
            return;
        }
        let wanted = owner.parallelism.min(owner.replicas - done);
        for _ in active..wanted {
            self.create(workload);
        }
    }

    /// A pod failed or began anew: if that was once too often for its job, the job has failed; else a failed one is replaced
    /// in a while, ever later.
    pub(super) fn look_at_job(&mut self, workload: usize) {
        let owner = &self.workloads[workload];
        if owner.controller != Controller::Job || self.has_ended(workload) {
            return;
        }
        let broken = |id: &&PodId| self.pods.get(id).is_some_and(|pod| pod.stage == Stage::Broken);
        let (pods, failed) = (owner.pods.clone(), owner.pods.iter().filter(broken).count());
        self.flush();
        if self.has_ended(workload) {
            let active = |id: &PodId| self.pods.get(id).is_some_and(|pod| !pod.stage.is_end());
            let active: Vec<PodId> = pods.into_iter().filter(active).collect();
            for id in active {
                self.tell_owner(workload, id, "SuccessfulDelete", "Deleted");
                self.delete(id);
            }
            self.job_ended(workload);
        } else if failed > 0 {
            self.plan(((10 * SECOND) << (failed - 1).min(6)).min(6 * MINUTE), Action::Scale(workload));
        }
    }

    /// One decision of a rolling update: make a new pod, delete an old one, wait, or be done.
    pub(super) fn rollout_step(&mut self, workload: usize) {
        let owner = &self.workloads[workload];
        if owner.gone || owner.paused || !owner.rolling {
            return;
        }
        let (latest, replicas) = (owner.latest, owner.replicas);
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
        // Old pods that serve nobody go first.
        let old = || staying.iter().rev().filter(|(_, new, _)| !*new);
        let oldest = old().find(|(_, _, ready)| !*ready).or_else(|| old().next()).copied();
        let surges = owner.controller == Controller::Deployment && !owner.recreates;
        let surge = (replicas / 4).max(1);
        let empty = owner.recreates && oldest.is_none() && going == 0;
        let excess = staying.iter().rev().find(|(_, new, _)| *new && fresh > replicas).map(|(id, _, _)| *id);
        if let Some(id) = excess {
            self.tell_owner(workload, id, "SuccessfulDelete", "Deleted");
            self.delete(id);
        } else if fresh < replicas && (empty || surges && staying.len() < replicas + surge) {
            self.create(workload);
        } else if let Some((old, _, serves)) = oldest {
            let spare = if surges { ready > replicas - replicas / 4 } else { ready >= replicas && going == 0 };
            if spare || !serves || owner.recreates || replicas == 0 {
                self.tell_owner(workload, old, "SuccessfulDelete", "Deleted");
                self.delete(old);
            }
        } else if ready >= replicas && going == 0 {
            self.workloads[workload].rolling = false;
            self.dirty.insert(workload);
            self.plan(100, Action::Scale(workload));
            return;
        } else if !surges && !owner.recreates {
            self.fill(workload);
        }
        self.plan_within(500..2_000, Action::RolloutStep(workload));
    }

    pub(super) fn replace_some_pod(&mut self) {
        let Some(workload) = self.some_workload(|w| w.controller == Controller::Deployment && !w.rolling && !w.gone)
        else {
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
        let Some(workload) = self.some_workload(|w| !w.pods.is_empty() && w.controller != Controller::Job) else {
            return;
        };
        let owner = &self.workloads[workload];
        let id = owner.pods[self.rng.usize(..owner.pods.len())];
        let Some(pod) = self.pods.get(&id).filter(|pod| pod.stage == (Stage::Running { ready: true })) else { return };
        let ([a, b, c, d], port) = (pod.address, owner.template(pod.revision).port);
        let message = match self.rng.u8(..3) {
            0 => "Readiness probe failed: HTTP probe failed with statuscode: 503".to_owned(),
            1 => "Liveness probe failed: HTTP probe failed with statuscode: 500".to_owned(),
            _ => format!(
                "Readiness probe failed: Get \"http://{a}.{b}.{c}.{d}:{port}/ready\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
            ),
        };
        self.report_container(id, true, "Unhealthy", message);
    }

    fn some_workload(&mut self, fits: impl Fn(&Workload) -> bool) -> Option<usize> {
        let candidates: Vec<usize> = (0..self.workloads.len()).filter(|index| fits(&self.workloads[*index])).collect();
        self.rng.choice(candidates)
    }
}
