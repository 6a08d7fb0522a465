//! Owns `status` of a pod: phase, conditions, addresses, containers. Must not know the spec's text.

use crate::sim::json::JsonWriter;
use crate::sim::mould::Shape;
use crate::sim::names;
use crate::sim::world::Millis;
use crate::sim::world::events::timestamp;
use crate::sim::world::nodes::Node;
use crate::sim::world::pods::{Ending, Pod, Stage, pull_message};
use crate::sim::world::workload::Workload;

/// Writes the fields of the status.
pub(super) fn write(json: &mut JsonWriter, pod: &Pod, workload: &Workload, node: Option<&Node>) {
    json.text("phase", pod.phase());
    json.array("conditions", |json| conditions(json, pod, workload, node));
    if let Some(node) = node {
        let [a, b, c, d] = node.address;
        let host = format!("{a}.{b}.{c}.{d}");
        json.text("hostIP", &host);
        json.array("hostIPs", |json| json.item(|json| json.text("ip", &host)));
        if let Some([a, b, c, d]) = address(pod, Some(node)) {
            let address = format!("{a}.{b}.{c}.{d}");
            json.text("podIP", &address);
            json.array("podIPs", |json| json.item(|json| json.text("ip", &address)));
        }
        json.text("startTime", &timestamp(pod.scheduled));
        let template = workload.template(pod.revision);
        if !template.init.is_empty() {
            json.array("initContainerStatuses", |json| {
                template.init.iter().for_each(|(name, image)| json.item(|json| init_status(json, pod, name, image)));
            });
        }
        json.array("containerStatuses", |json| {
            for (index, (name, image)) in template.containers.iter().enumerate() {
                json.item(|json| {
                    if index == 0 {
                        main_status(json, pod, workload, name, image);
                    } else {
                        sidecar_status(json, pod, !template.init.is_empty(), (index, name, image));
                    }
                });
            }
        });
    }
    json.text("qosClass", workload.template(pod.revision).quality);
}

/// The address of a pod, once it has one.
pub(super) fn address(pod: &Pod, node: Option<&Node>) -> Option<[u8; 4]> {
    (node.is_some() && !matches!(pod.stage, Stage::Unscheduled | Stage::Creating)).then_some(pod.address)
}

/// What the fields of a status depend on, packed: the stage, and what is there besides.
pub(super) fn shape(pod: &Pod, workload: &Workload, node: Option<&Node>) -> Shape {
    let stage = match pod.stage {
        Stage::Unscheduled if pod.scheduled == 0 => 0,
        Stage::Unscheduled => 1,
        Stage::Creating => 2,
        Stage::Initializing => 3,
        Stage::Running { ready: true } => 4,
        Stage::Completed => 5,
        Stage::Broken => 7,
        Stage::Running { ready: false } | Stage::Failed | Stage::BackOff | Stage::PullError | Stage::PullBackOff => 6,
    };
    let init = !workload.template(pod.revision).init.is_empty();
    stage | u8::from(init) << 4 | u8::from(node.is_some()) << 5
}

fn conditions(json: &mut JsonWriter, pod: &Pod, workload: &Workload, node: Option<&Node>) {
    let mut row = |kind: &str, holds: bool, at: Millis, reason: &str, message: &str| {
        json.item(|json| {
            json.text("type", kind);
            json.text("status", if holds { "True" } else { "False" });
            json.null("lastProbeTime");
            json.text("lastTransitionTime", &timestamp(at));
            json.text_if_any("reason", reason);
            json.text_if_any("message", message);
        });
    };
    let Some(node) = node else {
        if pod.scheduled > 0 {
            row("PodScheduled", false, pod.scheduled, "Unschedulable", pod.verdict.as_deref().unwrap_or_default());
        }
        return;
    };
    let created = !matches!(pod.stage, Stage::Creating | Stage::Unscheduled) && !pod.stage.is_end();
    row("PodReadyToStartContainers", created, if created { pod.scheduled + 1_000 } else { pod.scheduled }, "", "");
    let template = workload.template(pod.revision);
    let initialized = template.init.is_empty() || !matches!(pod.stage, Stage::Creating | Stage::Initializing);
    if initialized {
        let done = if pod.stage == Stage::Completed { "PodCompleted" } else { "" };
        row("Initialized", true, pod.scheduled, done, "");
    } else {
        row(
            "Initialized",
            false,
            pod.scheduled,
            "ContainersNotInitialized",
            &format!("containers with incomplete status: [{}]", joined(&template.init)),
        );
    }
    let ready = matches!(pod.stage, Stage::Running { ready: true });
    let (reason, message) = match pod.stage {
        Stage::Running { ready: true } => ("", String::new()),
        Stage::Completed => ("PodCompleted", String::new()),
        Stage::Broken => ("PodFailed", String::new()),
        _ => (
            "ContainersNotReady",
            format!("containers with unready status: [{}]", template.containers.first().map_or("", |(name, _)| name)),
        ),
    };
    // A silent node's pods lose their Ready condition; what the kubelet said about containers stays.
    let (pod_ready, since) = if node.ready { (ready, pod.since) } else { (false, node.since) };
    row("Ready", pod_ready, since, reason, &message);
    row("ContainersReady", ready, pod.since, reason, &message);
    row("PodScheduled", true, pod.scheduled, "", "");
}

fn joined(containers: &[(Box<str>, Box<str>)]) -> String {
    containers.iter().map(|(name, _)| &**name).collect::<Vec<_>>().join(" ")
}

fn main_status(json: &mut JsonWriter, pod: &Pod, workload: &Workload, name: &str, image: &str) {
    let state = |json: &mut JsonWriter| match pod.stage {
        Stage::Running { .. } => running(json, pod.started),
        Stage::Failed | Stage::Completed | Stage::Broken => ended(json, pod.last, pod),
        Stage::BackOff => waiting(json, "CrashLoopBackOff", &back_off_message(pod, workload, name)),
        Stage::PullError => waiting(json, "ErrImagePull", &pull_message(image)),
        Stage::PullBackOff => waiting(json, "ImagePullBackOff", &format!("Back-off pulling image \"{image}\"")),
        _ if !workload.template(pod.revision).init.is_empty() => waiting(json, "PodInitializing", ""),
        _ => waiting(json, "ContainerCreating", ""),
    };
    let last = |json: &mut JsonWriter| {
        if pod.stage != Stage::Failed && !pod.stage.is_end() && pod.last.is_some() {
            ended(json, pod.last, pod);
        }
    };
    let running = matches!(pod.stage, Stage::Running { .. });
    let facts = Facts {
        ready: matches!(pod.stage, Stage::Running { ready: true }),
        restarts: pod.restarts,
        pulled: running || pod.last.is_some(),
        started: running,
        id: Some(0),
    };
    container(json, pod, (name, image), &facts, state, last);
}

fn sidecar_status(json: &mut JsonWriter, pod: &Pod, init: bool, (index, name, image): (usize, &str, &str)) {
    let runs = matches!(
        pod.stage,
        Stage::Running { .. } | Stage::Failed | Stage::BackOff | Stage::PullError | Stage::PullBackOff
    );
    let state = |json: &mut JsonWriter| {
        if pod.stage == Stage::Completed {
            ended(json, pod.last, pod);
        } else if runs {
            running(json, pod.scheduled + 2_000);
        } else {
            waiting(json, if init { "PodInitializing" } else { "ContainerCreating" }, "");
        }
    };
    let facts = Facts { ready: runs, restarts: 0, pulled: runs, started: runs, id: Some(2 + index as u64) };
    container(json, pod, (name, image), &facts, state, |_| {});
}

fn init_status(json: &mut JsonWriter, pod: &Pod, name: &str, image: &str) {
    let (begun, done) = match pod.stage {
        Stage::Creating | Stage::Unscheduled => (false, false),
        Stage::Initializing => (true, false),
        _ => (true, true),
    };
    let state = |json: &mut JsonWriter| {
        if done {
            let (started, finished) = (pod.scheduled + 1_000, pod.scheduled + 3_000);
            ended(json, Some(Ending { started, finished, exit_code: 0, reason: "Completed" }), pod);
        } else if begun {
            running(json, pod.scheduled + 1_000);
        } else {
            waiting(json, "PodInitializing", "");
        }
    };
    let facts = Facts { ready: done, restarts: 0, pulled: begun, started: begun && !done, id: None };
    container(json, pod, (name, image), &facts, state, |_| {});
}

/// What a status says of any container, besides its states.
struct Facts {
    ready: bool,
    restarts: i32,
    pulled: bool,
    started: bool,
    /// Which of the ids of its pod it has, once it is pulled.
    id: Option<u64>,
}

fn container(
    json: &mut JsonWriter,
    pod: &Pod,
    (name, image): (&str, &str),
    facts: &Facts,
    state: impl FnOnce(&mut JsonWriter),
    last: impl FnOnce(&mut JsonWriter),
) {
    json.text("name", name);
    json.object("state", state);
    json.object("lastState", last);
    json.boolean("ready", facts.ready);
    json.number("restartCount", facts.restarts);
    json.text("image", image);
    if facts.pulled {
        let digest = names::digest(names::hash(image));
        json.display("imageID", format_args!("{}@sha256:{digest}", repository(image)));
    } else {
        json.text("imageID", "");
    }
    if let Some(which) = facts.id.filter(|_| facts.pulled) {
        json.display("containerID", format_args!("containerd://{}", container_id(pod, which)));
    }
    json.boolean("started", facts.started);
}

/// An image without its tag.
fn repository(image: &str) -> &str {
    image.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).map_or(image, |(repository, _)| repository)
}

fn running(json: &mut JsonWriter, since: Millis) {
    json.object("running", |json| json.text("startedAt", &timestamp(since)));
}

fn waiting(json: &mut JsonWriter, reason: &str, message: &str) {
    json.object("waiting", |json| {
        json.text("reason", reason);
        json.text_if_any("message", message);
    });
}

fn ended(json: &mut JsonWriter, ending: Option<Ending>, pod: &Pod) {
    let Some(ending) = ending else { return };
    json.object("terminated", |json| {
        json.number("exitCode", ending.exit_code);
        json.text("reason", ending.reason);
        json.text("startedAt", &timestamp(ending.started));
        json.text("finishedAt", &timestamp(ending.finished));
        json.display("containerID", format_args!("containerd://{}", container_id(pod, 2)));
    });
}

fn container_id(pod: &Pod, which: u64) -> String {
    names::digest((pod.uid as u64).wrapping_add(which).wrapping_add(u64::from(pod.restarts.unsigned_abs()) << 32))
}

fn back_off_message(pod: &Pod, workload: &Workload, container: &str) -> String {
    let (minutes, seconds) = (pod.back_off() / 60_000, pod.back_off() / 1_000 % 60);
    let wait = if minutes > 0 { format!("{minutes}m{seconds}s") } else { format!("{seconds}s") };
    let namespace = &workload.namespace;
    format!(
        "back-off {wait} restarting failed container={container} pod={}_{namespace}({})",
        pod.name,
        names::uuid(pod.uid)
    )
}
