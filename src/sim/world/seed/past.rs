//! Owns giving pods a past: how each would stand by now, and the events it would have left. Must not know the scenario.

use crate::sim::scenario::TroubleKind;
use crate::sim::world::pods::{Ending, Stage};
use crate::sim::world::workload::Controller;
use crate::sim::world::{Action, DAY, HOUR, MINUTE, Millis, PodId, SECOND, World};

impl World {
    /// Gives a workload the pods it lacks, with a past; all made at `created` where that is known.
    pub(super) fn populate(&mut self, workload: usize, created: Option<Millis>) {
        let missing = self.missing_pods(workload, self.workloads[workload].pods.len());
        let age = self.rng.i64(2 * HOUR..20 * DAY);
        for _ in 0..missing {
            let name = self.pod_name(workload);
            let id = self.create_named(workload, name);
            let recent = self.rng.u8(..100) < 3;
            let past =
                self.now - if recent { self.rng.i64(6 * MINUTE..HOUR) } else { age + self.rng.i64(0..10 * MINUTE) };
            self.settle(id, created.unwrap_or(past));
            self.write_pod(id);
            self.tell_history(id);
        }
    }

    /// Writes the events a pod made within the last hour would have left.
    fn tell_history(&mut self, id: PodId) {
        let Some(pod) = self.pods.get(&id).filter(|pod| pod.created > self.now - HOUR) else { return };
        let (workload, created, stage) = (pod.workload, pod.created, pod.stage);
        let present = std::mem::replace(&mut self.now, created);
        self.tell_owner(workload, id, "SuccessfulCreate", "Created");
        if matches!(stage, Stage::Running { .. } | Stage::Completed) {
            self.tell_assignment(id);
            self.now += 2 * SECOND;
            self.tell_start(id);
        }
        self.now = present;
    }

    /// Brings a new pod to where it would stand by now had it been made at `created`.
    pub(in crate::sim::world) fn settle(&mut self, id: PodId, created: Millis) {
        let Some(pod) = self.pods.get_mut(&id) else { return };
        pod.created = created;
        let (trouble, workload, placed) = (pod.trouble, pod.workload, pod.node);
        let chosen = match self.workloads[workload].controller {
            _ if placed.is_some() => placed,
            Controller::DaemonSet => Some((self.workloads[workload].pods.len() - 1) % self.nodes.len()),
            _ if trouble.is_some_and(TroubleKind::keeps_from_nodes) => None,
            _ => self.choose_node().or(Some(0)),
        };
        let startup = self.workloads[workload].startup;
        let soon = self.rng.i64(SECOND..20 * SECOND);
        let (now, restarts) = (self.now, self.rng.i32(7..60));
        let unlucky = if self.rng.u8(..100) < 4 { self.rng.i32(1..3) } else { 0 };
        match chosen {
            Some(_) if placed.is_some() => {}
            Some(index) => self.place(id, index, created + 200),
            None => {}
        }
        let job = self.workloads[workload].controller == Controller::Job;
        let verdict = trouble.filter(|kind| kind.keeps_from_nodes()).map(|_| self.verdict(trouble, None));
        let Some(pod) = self.pods.get_mut(&id) else { return };
        (pod.started, pod.since) = (created + 3 * SECOND, created + 3 * SECOND + startup);
        match trouble {
            Some(TroubleKind::Unschedulable | TroubleKind::PendingClaim) => {
                (pod.scheduled, pod.stage) = (created + 200, Stage::Unscheduled);
                pod.verdict = verdict;
                self.plan(soon, Action::Schedule(id));
            }
            Some(TroubleKind::CrashLoop | TroubleKind::OutOfMemory) => {
                let (exit_code, reason) =
                    if trouble == Some(TroubleKind::CrashLoop) { (1, "Error") } else { (137, "OOMKilled") };
                pod.restarts = restarts;
                pod.created = now - Millis::from(restarts) * 5 * MINUTE - 10 * MINUTE;
                (pod.scheduled, pod.since) = (pod.created + 200, pod.created + 200);
                pod.last = Some(Ending { started: now - soon - 8 * SECOND, finished: now - soon, exit_code, reason });
                pod.stage = Stage::BackOff;
                self.report_back_off(id, now - 50 * MINUTE, now - soon, Millis::from(restarts) * 4);
                self.plan(soon, Action::RepeatBackOff(id));
                self.plan(soon * 4, Action::Start(id));
            }
            Some(TroubleKind::ImagePull) => {
                pod.stage = Stage::PullBackOff;
                self.plan(soon, Action::PullFail(id));
            }
            Some(TroubleKind::InitStuck) => pod.stage = Stage::Initializing,
            Some(TroubleKind::FailingProbe) => {
                (pod.stage, pod.since) = (Stage::Running { ready: false }, created + 200);
            }
            _ if job => {
                let finished = created + 30 * SECOND;
                pod.last = Some(Ending { started: pod.started, finished, exit_code: 0, reason: "Completed" });
                (pod.stage, pod.since) = (Stage::Completed, finished);
            }
            _ => {
                pod.stage = Stage::Running { ready: true };
                if unlucky > 0 && now - created > DAY {
                    let finished = now - (now - created) / 2;
                    let started = pod.started;
                    pod.last = Some(Ending { started, finished, exit_code: 137, reason: "Error" });
                    (pod.restarts, pod.started, pod.since) = (unlucky, finished + SECOND, finished + SECOND + startup);
                }
            }
        }
    }
}
