//! Owns the life of one pod: scheduled, pulled, started, ready, crashing, deleted, gone. Imitates outcomes, not controllers.
//! Must not know why a pod was made or deleted.

use super::claims::Hold;
use super::events::Reporter;
use super::pods::{Ending, Pod, Stage, ordinal, pull_message};
use super::workload::Controller;
use super::{Action, MINUTE, Millis, PodId, SECOND, World};
use crate::sim::kinds::Resource;
use crate::sim::names;
use crate::sim::scenario::TroubleKind;
use crate::sim::store::key;

impl World {
    /// Makes a new pod of a workload if it is let; it is scheduled in a moment.
    pub(super) fn create(&mut self, workload: usize) {
        let name = self.pod_name(workload);
        if self.is_refused(workload, &name) {
            return;
        }
        let id = self.create_named(workload, name);
        self.write_pod(id);
        self.plan_within(20..300, Action::Schedule(id));
        self.tell_owner(workload, id, "SuccessfulCreate", "Created");
    }

    /// Makes a new, unscheduled pod of a given name, not yet written.
    pub(super) fn create_named(&mut self, workload: usize, name: String) -> PodId {
        let id = self.next_pod;
        self.next_pod += 1;
        let own = self.claim_for(workload, &name);
        let (uid, owner) = (self.rng.u128(..), &self.workloads[workload]);
        let unwell =
            |kind| owner.pods.iter().filter(|id| self.pods.get(id).is_some_and(|p| p.trouble == Some(kind))).count();
        let pod = Pod {
            name: name.into_boxed_str(),
            uid,
            workload,
            revision: owner.latest,
            own,
            node: None,
            address: [0; 4],
            created: self.now,
            scheduled: 0,
            started: 0,
            since: self.now,
            stage: Stage::Unscheduled,
            restarts: 0,
            last: None,
            deleting: None,
            grace: 0,
            trouble: owner.trouble.filter(|(kind, number)| unwell(*kind) < *number).map(|(kind, _)| kind),
            verdict: None,
        };
        self.by_name.insert(key(&owner.namespace, &pod.name), id);
        self.pods.insert(id, pod);
        let owner = &mut self.workloads[workload];
        owner.pods.push(id);
        if owner.controller == Controller::StatefulSet {
            // The last goes first, whenever it was made.
            owner.pods.sort_by_key(|id| self.pods.get(id).map_or(0, |pod| ordinal(&pod.name)));
        }
        id
    }

    /// A name as the workload's controller would choose it; stateful pods get the lowest free number.
    pub(super) fn pod_name(&mut self, workload: usize) -> String {
        let suffix = names::suffix(&mut self.rng, 5);
        let owner = &self.workloads[workload];
        match owner.controller {
            Controller::StatefulSet => {
                let taken = |name: &str| self.by_name.contains_key(&key(&owner.namespace, name));
                let free = (0..usize::MAX).find(|n| !taken(&format!("{}-{n}", owner.name))).unwrap_or_default();
                format!("{}-{free}", owner.name)
            }
            Controller::Bare => owner.name.to_string(),
            _ => format!("{}-{suffix}", owner.owner_name(owner.latest)),
        }
    }

    /// Chooses a node: the emptiest of three, as spreading does in effect.
    pub(super) fn choose_node(&mut self) -> Option<usize> {
        let drawn = [0; 6].map(|_| self.rng.usize(..self.nodes.len()));
        let fit = |index: &usize| self.nodes[*index].schedulable();
        let emptiest = drawn.into_iter().filter(fit).take(3).min_by_key(|index| self.nodes[*index].pods);
        emptiest.or_else(|| (0..self.nodes.len()).find(fit))
    }

    /// Puts a pod on a node and gives it an address there.
    pub(super) fn place(&mut self, id: PodId, index: usize, at: Millis) {
        let node = &mut self.nodes[index];
        node.pods += 1;
        node.pod_addresses = node.pod_addresses.wrapping_add(1);
        let address = [10, (100 + index / 256) as u8, (index % 256) as u8, node.pod_addresses];
        if let Some(pod) = self.pods.get_mut(&id) {
            (pod.node, pod.address, pod.scheduled, pod.since, pod.stage) =
                (Some(index), address, at, at, Stage::Creating);
        }
    }

    pub(super) fn schedule(&mut self, id: PodId) {
        let Some(pod) = self.pods.get(&id).filter(|pod| pod.node.is_none() && pod.deleting.is_none()) else { return };
        let (trouble, workload, revision) = (pod.trouble, pod.workload, pod.revision);
        let lacks = self.workloads[workload].template(revision).lacks;
        let mut held = None;
        match self.hold(id) {
            Some(Hold::Soon) => return self.plan_within(SECOND..2 * SECOND, Action::Schedule(id)),
            Some(Hold::For(verdict)) => held = Some(verdict),
            None => {}
        }
        let chosen = match self.workloads[workload].controller {
            _ if lacks.is_some() || held.is_some() => None,
            Controller::DaemonSet => self.node_without(workload),
            _ if trouble.is_some_and(TroubleKind::keeps_from_nodes) => None,
            _ => self.choose_node(),
        };
        let Some(index) = chosen else {
            let (now, verdict) = (self.now, held.unwrap_or_else(|| self.verdict(trouble, lacks)));
            let message = verdict.to_string();
            if let Some(pod) = self.pods.get_mut(&id).filter(|pod| pod.scheduled == 0) {
                (pod.scheduled, pod.verdict) = (now, Some(verdict));
                self.write_pod(id);
            }
            self.report(id, Reporter::Scheduler, true, "FailedScheduling", message);
            self.plan_within(MINUTE..5 * MINUTE, Action::Schedule(id));
            return;
        };
        self.settle_on(id, index);
    }

    /// A pod gets its node and begins there.
    pub(super) fn settle_on(&mut self, id: PodId, index: usize) {
        self.place(id, index, self.now);
        self.write_pod(id);
        self.tell_assignment(id);
        let Some(pod) = self.pods.get(&id) else { return };
        let (trouble, workload, revision) = (pod.trouble, pod.workload, pod.revision);
        if trouble == Some(TroubleKind::ImagePull) {
            self.plan_within(SECOND..4 * SECOND, Action::PullFail(id));
        } else if !self.workloads[workload].template(revision).init.is_empty() {
            self.plan_within(400..2 * SECOND, Action::StartInit(id));
        } else {
            self.plan_within(700..4 * SECOND, Action::Start(id));
        }
    }

    /// A node that lacks a pod of a daemon workload.
    fn node_without(&self, workload: usize) -> Option<usize> {
        let taken = |index| {
            self.workloads[workload].pods.iter().any(|id| self.pods.get(id).is_some_and(|p| p.node == Some(index)))
        };
        (0..self.nodes.len()).find(|index| !self.nodes[*index].gone && !taken(*index))
    }

    pub(super) fn start_init(&mut self, id: PodId) {
        let Some(pod) = self.alive(id, |stage| stage == Stage::Creating) else { return };
        pod.stage = Stage::Initializing;
        let (stuck, workload, revision) = (pod.trouble == Some(TroubleKind::InitStuck), pod.workload, pod.revision);
        self.write_pod(id);
        let container =
            self.workloads[workload].template(revision).init.first().map_or("", |(name, _)| name).to_owned();
        self.report_container(id, false, "Started", format!("Started container {container}"));
        if !stuck {
            self.plan_within(1_500..5 * SECOND, Action::Start(id));
        }
    }

    pub(super) fn start(&mut self, id: PodId) {
        let now = self.now;
        let startable = |stage| matches!(stage, Stage::Creating | Stage::Initializing | Stage::BackOff | Stage::Failed);
        let Some(pod) = self.alive(id, startable) else { return };
        if pod.last.is_some() {
            pod.restarts += 1;
        }
        (pod.stage, pod.started) = (Stage::Running { ready: false }, now);
        let (trouble, workload, revision, restarts) = (pod.trouble, pod.workload, pod.revision, pod.restarts);
        self.write_pod(id);
        self.tell_start(id);
        let owner = &self.workloads[workload];
        let startup = owner.startup;
        let (ends, outcome) = (owner.template(revision).ends, owner.template(revision).outcome);
        match (trouble, ends) {
            (Some(TroubleKind::CrashLoop | TroubleKind::OutOfMemory), _) => {
                self.plan_within(2 * SECOND..14 * SECOND, Action::Crash(id));
            }
            (Some(TroubleKind::FailingProbe), _) => {
                if let Some(complaint) = self.failing_probe(id) {
                    self.complain(complaint, 0, 1);
                }
            }
            _ if let Some((time, code)) = outcome => {
                let end = if ends && code == 0 { Action::Complete(id) } else { Action::Crash(id) };
                self.plan(startup / 4, Action::BecomeReady(id));
                self.plan_within(time + 300..time + SECOND, end);
                if restarts > 0 {
                    self.look_at_job(workload);
                }
            }
            (_, true) => self.plan_within(8 * SECOND..50 * SECOND, Action::Complete(id)),
            _ => self.plan_within(startup / 2..startup * 2, Action::BecomeReady(id)),
        }
    }

    pub(super) fn become_ready(&mut self, id: PodId) {
        let now = self.now;
        let Some(pod) = self.alive(id, |stage| stage == (Stage::Running { ready: false })) else { return };
        (pod.stage, pod.since) = (Stage::Running { ready: true }, now);
        let workload = pod.workload;
        self.write_pod(id);
        if self.workloads[workload].controller == Controller::StatefulSet {
            self.fill(workload);
        }
    }

    pub(super) fn crash(&mut self, id: PodId) {
        let now = self.now;
        let Some(pod) = self.alive(id, |stage| matches!(stage, Stage::Running { .. })) else { return };
        let (trouble, workload, revision) = (pod.trouble, pod.workload, pod.revision);
        let template = self.workloads[workload].template(revision);
        let (exit_code, reason) = match (trouble, template.outcome) {
            (Some(TroubleKind::OutOfMemory), _) => (137, "OOMKilled"),
            (None, Some((_, 0))) => (0, "Completed"),
            (None, Some((_, code))) => (code.into(), "Error"),
            _ => (1, "Error"),
        };
        let retries = template.retries;
        let Some(pod) = self.pods.get_mut(&id) else { return };
        pod.last = Some(Ending { started: pod.started, finished: now, exit_code, reason });
        if pod.stage == (Stage::Running { ready: true }) || !retries {
            pod.since = now;
        }
        pod.stage = if retries { Stage::Failed } else { Stage::Broken };
        self.write_pod(id);
        if retries {
            self.plan_within(600..2_500, Action::BackOff(id));
        } else {
            self.look_at_job(workload);
        }
    }

    pub(super) fn back_off(&mut self, id: PodId) {
        let Some(pod) = self.alive(id, |stage| stage == Stage::Failed) else { return };
        let wait = pod.back_off();
        if wait >= 10 * SECOND {
            pod.stage = Stage::BackOff;
            self.write_pod(id);
            self.repeat_back_off(id);
        }
        self.plan(wait, Action::Start(id));
    }

    /// The kubelet repeats itself while it waits.
    pub(super) fn repeat_back_off(&mut self, id: PodId) {
        if self.alive(id, |stage| stage == Stage::BackOff).is_none() {
            return;
        }
        self.report_back_off(id, self.now, self.now, 1);
        self.plan_within(11 * SECOND..16 * SECOND, Action::RepeatBackOff(id));
    }

    pub(super) fn pull_fail(&mut self, id: PodId) {
        let pulling = |stage| matches!(stage, Stage::Creating | Stage::PullBackOff);
        let Some(pod) = self.alive(id, pulling) else { return };
        pod.stage = Stage::PullError;
        let (workload, revision) = (pod.workload, pod.revision);
        self.write_pod(id);
        let image = self.image_of(workload, revision);
        self.report_container(id, false, "Pulling", format!("Pulling image \"{image}\""));
        let message =
            format!("Failed to pull image \"{image}\": rpc error: code = NotFound desc = {}", pull_message(&image));
        self.report_container(id, true, "Failed", message);
        self.report_container(id, true, "Failed", "Error: ErrImagePull".to_owned());
        self.plan_within(8 * SECOND..15 * SECOND, Action::PullBackOff(id));
    }

    pub(super) fn pull_back_off(&mut self, id: PodId) {
        let Some(pod) = self.alive(id, |stage| stage == Stage::PullError) else { return };
        pod.stage = Stage::PullBackOff;
        let (workload, revision) = (pod.workload, pod.revision);
        self.write_pod(id);
        let image = self.image_of(workload, revision);
        self.report_container(id, true, "BackOff", format!("Back-off pulling image \"{image}\""));
        self.plan_within(MINUTE..5 * MINUTE, Action::PullFail(id));
    }

    pub(super) fn complete(&mut self, id: PodId) {
        let now = self.now;
        let Some(pod) = self.alive(id, |stage| matches!(stage, Stage::Running { .. })) else { return };
        pod.last = Some(Ending { started: pod.started, finished: now, exit_code: 0, reason: "Completed" });
        (pod.stage, pod.since) = (Stage::Completed, now);
        let workload = pod.workload;
        self.write_pod(id);
        if self.workloads[workload].controller == Controller::Job {
            self.advance_job(workload);
        }
    }

    /// Asks a pod to end; its owner replaces it.
    pub(super) fn delete(&mut self, id: PodId) {
        let now = self.now;
        let known = self.pods.get(&id);
        let grace = known.map_or(30, |pod| self.workloads[pod.workload].template(pod.revision).grace_seconds);
        let Some(pod) = self.alive(id, |_| true) else { return };
        pod.deleting = Some(now);
        if pod.grace == 0 {
            pod.grace = grace;
        }
        let (node, workload, stage, revision) = (pod.node, pod.workload, pod.stage, pod.revision);
        self.write_pod(id);
        if matches!(stage, Stage::Running { .. } | Stage::BackOff | Stage::Failed) {
            let message = format!("Stopping container {}", self.container_of(workload, revision));
            self.report_container(id, false, "Killing", message);
        }
        let silent = node.is_some_and(|node| !self.nodes[node].ready);
        if !silent {
            self.plan_within(900..5 * SECOND, Action::Gone(id));
        }
        let controller = self.workloads[workload].controller;
        let replaces = matches!(controller, Controller::Deployment | Controller::ReplicaSet | Controller::Replication);
        if replaces && !self.workloads[workload].rolling {
            self.fill(workload);
        }
    }

    /// The pod is no more; who replaces pods only then does so now.
    pub(super) fn gone(&mut self, id: PodId) {
        let Some(pod) = self.pods.get(&id) else { return };
        let (workload, name) = (pod.workload, pod.name.clone());
        let surplus = pod.own.is_some() && ordinal(&name) >= self.workloads[workload].replicas;
        self.forget_pod(id);
        if surplus {
            self.drop_claims(workload, &name);
        }
        // There may be room now.
        if let Some((_, until)) = &mut self.workloads[workload].refused {
            *until = 0;
        }
        self.fill(workload);
        self.release(workload);
    }

    /// Removes a pod at once, without replacement.
    pub(super) fn forget_pod(&mut self, id: PodId) {
        let Some(pod) = self.pods.remove(&id) else { return };
        if let Some(node) = pod.node {
            self.nodes[node].pods = self.nodes[node].pods.saturating_sub(1);
        }
        let owner = &mut self.workloads[pod.workload];
        owner.pods.retain(|other| *other != id);
        self.dirty.insert(pod.workload);
        self.by_name.remove(&key(&owner.namespace, &pod.name));
        self.store.remove(Resource::Pods, &owner.namespace, &pod.name);
    }

    /// Creates what a workload lacks; stateful pods come one after the other.
    pub(super) fn fill(&mut self, workload: usize) {
        let owner = &self.workloads[workload];
        if owner.gone || matches!(owner.controller, Controller::Bare | Controller::Static) {
            return;
        }
        if owner.controller == Controller::Job {
            self.advance_job(workload);
            return;
        }
        let staying = |id: &&PodId| self.pods.get(id).is_some_and(|pod| pod.deleting.is_none());
        let present = owner.pods.iter().filter(staying).count();
        let missing = self.missing_pods(workload, present);
        if missing == 0 && self.workloads[workload].refused.take().is_some() {
            self.dirty.insert(workload);
        }
        let owner = &self.workloads[workload];
        if owner.controller != Controller::StatefulSet {
            for _ in 0..missing {
                self.create(workload);
            }
            return;
        }
        // The number of a pod that ends is free only when it is gone.
        let stays = |pod: &Pod| pod.deleting.is_none() && pod.stage == (Stage::Running { ready: true });
        let ready = |id: &PodId| self.pods.get(id).is_some_and(stays);
        if missing > 0 && owner.pods.iter().all(ready) {
            self.create(workload);
        }
    }

    /// The first container of pods of a revision.
    pub(super) fn container_of(&self, workload: usize, revision: usize) -> Box<str> {
        self.workloads[workload]
            .template(revision)
            .containers
            .first()
            .map_or_else(|| "".into(), |(name, _)| name.clone())
    }

    /// The image of that container.
    pub(super) fn image_of(&self, workload: usize, revision: usize) -> Box<str> {
        self.workloads[workload]
            .template(revision)
            .containers
            .first()
            .map_or_else(|| "".into(), |(_, image)| image.clone())
    }

    /// A pod that is not being deleted and stands where the caller expects it.
    fn alive(&mut self, id: PodId, expected: impl Fn(Stage) -> bool) -> Option<&mut Pod> {
        self.pods.get_mut(&id).filter(|pod| pod.deleting.is_none() && expected(pod.stage))
    }
}
