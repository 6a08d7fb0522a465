//! Pods: READY, STATUS and RESTARTS exactly as the API server's own table of 1.36 has them, for every server version.

use std::borrow::Cow;
use std::net::IpAddr;

use super::Resource;
use super::condition::PodCondition;
use super::field::{FromProto, Word};
use super::interner::Interner;
use super::meta::Meta;
use super::pod_object::{ContainerStatus, PartialPod, Terminated};
use super::pod_unwell::unwell;
use crate::cluster::wire::WireError;
use crate::cluster::wire::proto::Message;
use crate::model::age::Unix;
use crate::model::amount::{Amount, Amounts};
use crate::model::ids::Uid;
use crate::model::kind::Kind;
use crate::model::pod::{PodPhase, PodRow, Rare};
use crate::model::update::{Delta, Update};

/// The kind Pod.
#[derive(Debug)]
pub struct Pod;

impl Resource for Pod {
    type Row = PodRow;
    type Partial<'a> = PartialPod<'a>;
    const KIND: Kind = Kind::Pods;

    fn visit(message: &[u8]) -> Result<PartialPod<'_>, WireError> {
        PartialPod::from_message(Message::new(message))
    }

    fn meta<'p>(object: &'p PartialPod<'_>) -> &'p Meta<'p> {
        &object.metadata
    }

    fn project(object: &PartialPod<'_>, interner: &mut Interner) -> PodRow {
        let status = &object.status;
        let summary = summarize(object);
        let first_ip = status.pod_ips.first().map_or(&status.pod_ip, |first| &first.ip).text();
        PodRow {
            uid: object.metadata.uid(),
            namespace: interner.share_bytes(object.metadata.namespace.bytes()),
            name: Box::from(&*object.metadata.name),
            node: interner.share_bytes(object.spec.node_name.bytes()),
            status: interner.share(&summary.status),
            phase: phase(&status.phase),
            ready: u16::try_from(summary.ready).unwrap_or(u16::MAX),
            containers: u16::try_from(summary.containers).unwrap_or(u16::MAX),
            restarts: u32::try_from(summary.restarts).unwrap_or_default(),
            last_restart: summary.last_restart.into(),
            created: object.metadata.created(),
            ip: first_ip.parse::<IpAddr>().ok(),
            requests: requests(object),
            limits: limits(object),
            usage: Amounts::NONE,
            unwell: unwell(object).map(Box::new),
            rare: rare(object, interner).map(Box::new),
        }
    }

    fn uid(row: &PodRow) -> Uid {
        row.uid
    }

    fn wrap(delta: Delta<PodRow>) -> Update {
        Update::Pods(delta)
    }
}

fn phase(word: &str) -> PodPhase {
    match word {
        "Pending" => PodPhase::Pending,
        "Running" => PodPhase::Running,
        "Succeeded" => PodPhase::Succeeded,
        "Failed" => PodPhase::Failed,
        _ => PodPhase::Unknown,
    }
}

/// What hardly any pod has, where it has it.
fn rare(pod: &PartialPod<'_>, interner: &mut Interner) -> Option<Rare> {
    let nominated_node = &*pod.status.nominated_node_name;
    let any = !nominated_node.is_empty() || !pod.spec.readiness_gates.is_empty();
    any.then(|| Rare { nominated_node: interner.share(nominated_node), gates: gates(pod) })
}

fn gates(pod: &PartialPod<'_>) -> (u8, u8) {
    let gates = &pod.spec.readiness_gates;
    let open = |wanted: &Word<'_>| pod.status.condition(&wanted.text()).is_some_and(PodCondition::is_true);
    let opened = gates.iter().filter(|gate| open(&gate.condition_type)).count();
    (u8::try_from(opened).unwrap_or(u8::MAX), u8::try_from(gates.len()).unwrap_or(u8::MAX))
}

/// What the scheduler sets aside: the containers and sidecars together, or what the greediest init container needs beside the
/// sidecars that run by then.
fn requests(pod: &PartialPod<'_>) -> Amounts {
    let (mut sidecars, mut most) = (Amounts::NONE, Amounts::NONE);
    for container in &pod.spec.init_containers {
        let asked = container.resources.requests.amounts;
        most = most.at_least(sidecars.plus(asked));
        if container.is_sidecar() {
            sidecars = sidecars.plus(asked);
        }
    }
    let running = pod.spec.containers.iter().map(|container| container.resources.requests.amounts);
    running.fold(sidecars, Amounts::plus).at_least(most)
}

/// What the containers may use at most; nothing is known if one of them has no limit.
fn limits(pod: &PartialPod<'_>) -> Amounts {
    let sidecars = pod.spec.init_containers.iter().filter(|container| container.is_sidecar());
    let all = || pod.spec.containers.iter().chain(sidecars.clone()).map(|container| container.resources.limits.amounts);
    let sum = all().fold(Amounts::NONE, Amounts::plus);
    let known = |of: fn(Amounts) -> Amount| if all().any(|it| of(it) == Amount::NONE) { Amount::NONE } else { of(sum) };
    Amounts { cpu: known(|it| it.cpu), memory: known(|it| it.memory) }
}

/// What the columns READY, STATUS and RESTARTS say.
#[derive(Debug, Default)]
struct Summary<'a> {
    status: Cow<'a, str>,
    ready: usize,
    containers: usize,
    restarts: i64,
    last_restart: Option<Unix>,
}

/// Restarts and the time of the latest one.
#[derive(Clone, Copy, Debug, Default)]
struct Restarts {
    count: i64,
    latest: Option<Unix>,
}

impl Restarts {
    fn add(&mut self, container: &ContainerStatus<'_>) {
        self.count = self.count.saturating_add(container.restart_count);
        let ended = container.last_state.terminated.as_ref().and_then(|last| last.finished_at.0);
        // `None` sorts before every time.
        self.latest = self.latest.max(ended);
    }
}

fn summarize<'a>(pod: &'a PartialPod<'_>) -> Summary<'a> {
    let status = &pod.status;
    let sidecars = pod.spec.init_containers.iter().filter(|container| container.is_sidecar()).count();
    let mut summary = Summary {
        status: Cow::Borrowed(if status.reason.is_empty() { &*status.phase } else { &*status.reason }),
        containers: pod.spec.containers.len() + sidecars,
        ..Summary::default()
    };
    let gated = |it: &PodCondition<'_>| it.unmet().is_some_and(|unmet| unmet.reason.is("SchedulingGated"));
    let gated = status.conditions.iter().any(|it| it.is("PodScheduled") && gated(it));
    if gated {
        summary.status = Cow::Borrowed("SchedulingGated");
    }
    let (mut restarts, sidecar_restarts, initializing) = initialization(pod, &mut summary);
    if !initializing || status.condition("Initialized").is_some_and(PodCondition::is_true) {
        restarts = sidecar_restarts;
        main_containers(pod, &mut summary, &mut restarts);
    }
    if pod.metadata.deletion_timestamp.0.is_some() {
        if &*status.reason == "NodeLost" {
            summary.status = Cow::Borrowed("Unknown");
        } else if !matches!(&*status.phase, "Succeeded" | "Failed") {
            summary.status = Cow::Borrowed("Terminating");
        }
    }
    summary.restarts = restarts.count;
    summary.last_restart = restarts.latest.filter(|_| restarts.count != 0);
    summary
}

/// Walks the init containers up to the first that is not done; returns all their restarts, those of sidecars alone, and
/// whether the pod is still initializing.
fn initialization<'a>(pod: &'a PartialPod<'_>, summary: &mut Summary<'a>) -> (Restarts, Restarts, bool) {
    let (mut restarts, mut sidecar_restarts) = (Restarts::default(), Restarts::default());
    for (index, container) in pod.status.init_container_statuses.iter().enumerate() {
        let sidecar = pod.spec.init_containers.iter().any(|it| it.name == container.name && it.is_sidecar());
        restarts.add(container);
        if sidecar {
            sidecar_restarts.add(container);
        }
        let state = &container.state;
        let word = match (&state.terminated, &state.waiting) {
            (Some(Terminated { exit_code: 0, .. }), _) => continue,
            _ if sidecar && container.started => {
                summary.ready += usize::from(container.ready);
                continue;
            }
            (Some(terminated), _) => format!("Init:{}", ended(terminated)),
            (None, Some(waiting)) if !matches!(&*waiting.reason, "" | "PodInitializing") => {
                format!("Init:{}", &*waiting.reason)
            }
            _ => format!("Init:{index}/{}", pod.spec.init_containers.len()),
        };
        summary.status = Cow::Owned(word);
        return (restarts, sidecar_restarts, true);
    }
    (restarts, sidecar_restarts, false)
}

/// Walks the containers from the last to the first, so that the first one's word wins.
fn main_containers<'a>(pod: &'a PartialPod<'_>, summary: &mut Summary<'a>, restarts: &mut Restarts) {
    let mut running = false;
    for container in pod.status.container_statuses.iter().rev() {
        restarts.add(container);
        let state = &container.state;
        if let Some(waiting) = state.waiting.as_ref().filter(|waiting| !waiting.reason.is_empty()) {
            summary.status = Cow::Borrowed(&waiting.reason);
        } else if let Some(terminated) = &state.terminated {
            summary.status = ended(terminated);
        } else if container.ready && state.running {
            running = true;
            summary.ready += 1;
        }
    }
    if running && summary.status == "Completed" {
        let ready = pod.status.conditions.iter().any(|it| it.is("Ready") && it.is_true());
        summary.status = Cow::Borrowed(if ready { "Running" } else { "NotReady" });
    }
}

/// The word for an ended container.
fn ended<'a>(terminated: &'a Terminated<'_>) -> Cow<'a, str> {
    if !terminated.reason.is_empty() {
        Cow::Borrowed(&terminated.reason)
    } else if terminated.signal != 0 {
        Cow::Owned(format!("Signal:{}", terminated.signal))
    } else {
        Cow::Owned(format!("ExitCode:{}", terminated.exit_code))
    }
}

#[cfg(test)]
mod tests;
