//! When a pod needs a person, and the one line that says why. The rules of the spec's "unwell"; must not read a clock:
//! what becomes unwell by waiting carries the moment from which it is.

use super::pod_object::{ContainerStatus, PartialPod, Waiting};
use crate::cluster::redact::{LONGEST, one_line};
use crate::model::age::Unix;
use crate::model::pod::Unwell;

/// Running but not ready is unwell after this many seconds.
const NOT_READY_GRACE: i64 = 120;
/// Unschedulable is unwell after this many seconds.
const UNSCHEDULABLE_GRACE: i64 = 60;
/// Terminating is unwell this many seconds past its own grace period.
const TERMINATING_GRACE: i64 = 300;

/// Returns why and from when on a pod needs a person, `None` if it does not.
pub fn unwell(pod: &PartialPod<'_>) -> Option<Unwell> {
    let status = &pod.status;
    if let Some(grace_ends) = pod.metadata.deletion_timestamp.0 {
        // What is on its way out is judged by that alone.
        return Some(at(grace_ends.plus(TERMINATING_GRACE), "still terminating long after its grace period"));
    }
    match &*status.phase {
        "Succeeded" => return None,
        "Failed" if pod.metadata.is_controlled() => return None,
        "Failed" => return Some(at(failed_at(pod), &failure(pod))),
        _ => {}
    }
    let mut containers = status.init_container_statuses.iter().chain(&status.container_statuses);
    if let Some(reason) = containers.find_map(stuck) {
        let since = status.condition("Ready").and_then(|ready| ready.last_transition_time.0);
        return Some(at(since.unwrap_or(pod.metadata.created()), &reason));
    }
    let since = |time: Option<Unix>, grace| time.unwrap_or(pod.metadata.created()).plus(grace);
    let scheduled = status.condition("PodScheduled");
    if let Some(scheduled) = scheduled.filter(|it| &*it.status == "False" && &*it.reason == "Unschedulable") {
        let from = since(scheduled.last_transition_time.0, UNSCHEDULABLE_GRACE);
        return Some(at(from, &labelled("unschedulable", &scheduled.message)));
    }
    let ready = status.condition("Ready").filter(|ready| &*status.phase == "Running" && !ready.is_true())?;
    let detail = if ready.message.is_empty() { &ready.reason } else { &ready.message };
    Some(at(since(ready.last_transition_time.0, NOT_READY_GRACE), &labelled("not ready", detail)))
}

fn at(from: Unix, reason: &str) -> Unwell {
    Unwell { from, reason: one_line(reason, LONGEST).into_boxed_str() }
}

/// Joins a label and what is known beyond it.
pub fn labelled(label: &str, detail: &str) -> String {
    if detail.is_empty() { label.to_owned() } else { format!("{label}: {detail}") }
}

/// Says what keeps a container from ever running, if anything does.
fn stuck(container: &ContainerStatus<'_>) -> Option<String> {
    let waiting = container.state.waiting.as_ref()?;
    let name = &*container.name;
    if &*waiting.reason == "CrashLoopBackOff" {
        let last = last_exit(container).map(|exit| format!("; last exit {exit}")).unwrap_or_default();
        return Some(format!("container {name}: {}{last}", back_off(waiting)));
    }
    is_stuck(&waiting.reason).then(|| labelled(&format!("container {name}: {}", &*waiting.reason), &waiting.message))
}

/// Tells whether a container that waits for this reason needs a person: it cannot be pulled, configured, started or kept
/// running. Every such reason that the kubelet gives.
pub fn is_stuck(reason: &str) -> bool {
    matches!(
        reason,
        "CrashLoopBackOff"
            | "ImagePullBackOff"
            | "ErrImagePull"
            | "ErrImageNeverPull"
            | "InvalidImageName"
            | "ImageInspectError"
            | "RegistryUnavailable"
            | "SignatureValidationFailed"
            | "CreateContainerConfigError"
            | "CreateContainerError"
            | "PreCreateHookError"
            | "PreStartHookError"
            | "PostStartHookError"
            | "RunContainerError"
            | "StartError"
            | "ContainerCannotRun"
    )
}

/// The kubelet's words without the ids that repeat what the row says: `back-off 5m0s restarting failed container`.
fn back_off<'a>(waiting: &'a Waiting<'_>) -> &'a str {
    let words = waiting.message.split_once('=').map_or(&*waiting.message, |(before, _)| before);
    if words.is_empty() { "crash loop" } else { words.trim_end() }
}

fn last_exit(container: &ContainerStatus<'_>) -> Option<String> {
    let last = container.last_state.terminated.as_ref()?;
    Some(if last.reason.is_empty() {
        last.exit_code.to_string()
    } else {
        format!("{} {}", last.exit_code, &*last.reason)
    })
}

fn failed_at(pod: &PartialPod<'_>) -> Unix {
    let ended = |status: &ContainerStatus<'_>| status.state.terminated.as_ref().and_then(|it| it.finished_at.0);
    pod.status.container_statuses.iter().filter_map(ended).max().unwrap_or(pod.metadata.created())
}

fn failure(pod: &PartialPod<'_>) -> String {
    let status = &pod.status;
    if !status.reason.is_empty() {
        return labelled(&format!("failed: {}", &*status.reason), &status.message);
    }
    let mut containers = status.init_container_statuses.iter().chain(&status.container_statuses);
    let culprit = containers.find_map(|container| {
        let ended = container.state.terminated.as_ref().filter(|ended| ended.exit_code != 0)?;
        Some(format!("failed: container {}: exit {} {}", &*container.name, ended.exit_code, &*ended.reason))
    });
    culprit.unwrap_or_else(|| labelled("failed", &status.message))
}
