//! Owns warnings that are repeated as long as their cause stands: pods that cannot be made, probes that fail, claims
//! without a class. Must not know how troubles begin.

use std::collections::BTreeMap;

use super::events::{About, Incident, Reporter};
use super::nodes::Node;
use super::report::controller_of;
use super::workload::Controller;
use super::{Action, Millis, PodId, SECOND, World};
use crate::sim::kinds::Resource;
use crate::sim::names;
use crate::sim::scenario::TroubleKind;

/// Something that is told again and again.
pub(super) struct Complaint {
    pub(super) incident: Incident,
    /// Whose trouble it is; it ends with it.
    pub(super) workload: usize,
    pub(super) every: Millis,
}

impl World {
    /// Tells something now and, if it began in the past, so many times since then; then again and again.
    pub(super) fn complain(&mut self, complaint: Complaint, since: Millis, times: i64) {
        let last = self.now - self.rng.i64(0..complaint.every);
        self.record_past(complaint.incident.clone(), last - since, last, times);
        self.plan(complaint.every, Action::Complain(self.complaints.len()));
        self.complaints.push(complaint);
    }

    /// Repeats a complaint unless what it is about is gone or well.
    pub(super) fn repeat_complaint(&mut self, index: usize) {
        let Complaint { incident, workload, every } = &self.complaints[index];
        let (about, every, workload) = (&incident.about, *every, &self.workloads[*workload]);
        let resource = self.store.registry().served().find(|kind| kind.kind == about.kind).map(|kind| kind.resource);
        let stands = resource.is_some_and(|resource| self.store.get(resource, &about.namespace, &about.name).is_some());
        if stands && workload.trouble.is_some() && !workload.gone {
            self.record(incident.clone());
            self.plan_within(every..every * 2, Action::Complain(index));
        }
    }

    /// Why a workload lacks pods that nobody lets it make, in the words of the API server.
    pub(super) fn refusal(&self, index: usize) -> Option<String> {
        let workload = &self.workloads[index];
        if let Some((why, _)) = &workload.refused {
            return Some(why.to_string());
        }
        let pod = format!(
            "{}-{}",
            workload.owner_name(workload.latest),
            names::suffix(&mut fastrand::Rng::with_seed(workload.uid as u64), 5)
        );
        match workload.trouble?.0 {
            TroubleKind::QuotaExceeded => {
                let quota = self.store.get(Resource::ResourceQuotas, &workload.namespace, "compute")?.value();
                let pods = quota["spec"]["hard"]["pods"].as_str().unwrap_or("0").to_owned();
                Some(format!("pods \"{pod}\" is forbidden: exceeded quota: compute, requested: pods=1, used: pods={pods}, limited: pods={pods}"))
            }
            TroubleKind::FailingWebhook => Some("Internal error occurred: failed calling webhook \"validate.policy.example.io\": failed to call webhook: Post \"https://policy-webhook.platform.svc:443/validate?timeout=10s\": dial tcp 172.20.13.7:443: connect: connection refused".to_owned()),
            _ => None,
        }
    }

    /// What the controller says of pods it may not make.
    pub(super) fn refused_pods(&self, index: usize) -> Option<Complaint> {
        let why = self.refusal(index)?;
        let workload = &self.workloads[index];
        let message = match (workload.controller, why.split('"').nth(1)) {
            (Controller::StatefulSet, Some(pod)) => {
                format!("create Pod {pod} in StatefulSet {} failed error: {why}", workload.name)
            }
            _ => format!("Error creating: {why}"),
        };
        let (api_version, kind, uid) = workload.owner(workload.latest)?;
        let about = About::new(api_version, kind, &workload.namespace, &workload.owner_name(workload.latest), uid);
        let incident = Incident::of(controller_of(kind)?, about, true, "FailedCreate", message);
        Some(Complaint { incident, workload: index, every: 90 * SECOND })
    }

    /// What the kubelet says of a pod that never gets ready.
    pub(super) fn failing_probe(&self, id: PodId) -> Option<Complaint> {
        let pod = self.pods.get(&id).filter(|pod| pod.trouble == Some(TroubleKind::FailingProbe))?;
        let message = "Readiness probe failed: HTTP probe failed with statuscode: 503".to_owned();
        let incident = self.incident(id, Reporter::Kubelet, true, "Unhealthy", message, true)?;
        Some(Complaint { incident, workload: pod.workload, every: 15 * SECOND })
    }

    /// The scheduler's words about a pod no node fits: for its trouble, or for what it `lacks` on nodes that would take it.
    pub(super) fn verdict(&self, trouble: Option<TroubleKind>, lacks: Option<&str>) -> Box<str> {
        const NO_HELP: &str = "Preemption is not helpful for scheduling";
        const NO_VICTIMS: &str = "No preemption victims found for incoming pod";
        let nodes: Vec<&Node> = self.nodes.iter().filter(|node| !node.gone).collect();
        let count = nodes.len();
        let reason = |node: &Node| {
            let taint = |key: &str| format!("node(s) had untolerated taint {{{key}: }}");
            let lacking = format!("Insufficient {}", lacks.unwrap_or("memory"));
            match node {
                _ if trouble == Some(TroubleKind::Unschedulable) => lacking,
                Node { control_plane: true, .. } => taint("node-role.kubernetes.io/control-plane"),
                Node { ready: false, .. } => taint("node.kubernetes.io/unreachable"),
                Node { memory_pressure: true, .. } => taint("node.kubernetes.io/memory-pressure"),
                Node { cordoned: true, .. } => "node(s) were unschedulable".to_owned(),
                _ => lacking,
            }
        };
        let (mut reasons, mut helps) = (BTreeMap::new(), BTreeMap::new());
        for node in nodes {
            let reason = reason(node);
            *helps.entry(if reason.starts_with("Insufficient") { NO_VICTIMS } else { NO_HELP }).or_insert(0) += 1;
            *reasons.entry(reason).or_insert(0) += 1;
        }
        if trouble == Some(TroubleKind::PendingClaim) {
            let why = "pod has unbound immediate PersistentVolumeClaims";
            return no_node(count, why, &format!("{count} {NO_HELP}"));
        }
        no_node(count, &listed(&reasons), &listed(&helps))
    }

    /// The scheduler's words about a pod whose claim there is none of.
    pub(super) fn verdict_without(&self, claim: &str) -> Box<str> {
        let count = self.nodes.iter().filter(|node| !node.gone).count();
        let help = format!("{count} Preemption is not helpful for scheduling");
        no_node(count, &format!("persistentvolumeclaim \"{claim}\" not found"), &help)
    }

    /// Pods a workload lacks, but for those it is not let make.
    pub(super) fn missing_pods(&self, index: usize, present: usize) -> usize {
        let owner = &self.workloads[index];
        let held =
            owner.trouble.filter(|(kind, _)| matches!(kind, TroubleKind::QuotaExceeded | TroubleKind::FailingWebhook));
        let held = held.filter(|_| owner.controller == Controller::Deployment).map_or(0, |(_, number)| number);
        owner.replicas.saturating_sub(present).saturating_sub(held)
    }
}

fn no_node(count: usize, why: &str, help: &str) -> Box<str> {
    format!("0/{count} nodes are available: {why}. preemption: 0/{count} nodes are available: {help}.").into()
}

/// Reasons and how many nodes have them, in the order of their text.
fn listed<T: std::fmt::Display>(reasons: &BTreeMap<T, i32>) -> String {
    let mut reasons: Vec<String> = reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    reasons.sort();
    reasons.join(", ")
}
