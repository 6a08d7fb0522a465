//! When a pod needs a person, why, and what proves it. The rules of the spec's "unwell"; must not read a clock: what
//! becomes unwell by waiting carries the moment from which it is.

use super::condition::PodCondition;
use super::pod_object::{ContainerStatus, PartialPod, Terminated, Waiting};
use crate::cluster::redact::{LONGEST, one_line};
use crate::model::age::Unix;
use crate::model::amount::bytes;
use crate::model::unwell::{Cause, Evidence, Owner, Unwell};

/// Running but not ready is unwell after this many seconds.
const NOT_READY_GRACE: i64 = 120;
/// Unschedulable is unwell after this many seconds.
const UNSCHEDULABLE_GRACE: i64 = 60;
/// Terminating is unwell this many seconds past its own grace period.
const TERMINATING_GRACE: i64 = 300;
/// The longest piece of evidence, in characters: a scheduler's or a registry's words in full.
const LONGEST_EVIDENCE: usize = 480;

/// Returns why and from when on a pod needs a person, `None` if it does not.
pub fn unwell(pod: &PartialPod<'_>) -> Option<Unwell> {
    let mut unwell = judged(pod)?;
    unwell.owner = pod
        .metadata
        .controller()
        .map(|owner| Owner { kind: owner.kind.text().to_lowercase().into(), name: owner.name.text().into() });
    Some(unwell)
}

fn judged(pod: &PartialPod<'_>) -> Option<Unwell> {
    let status = &pod.status;
    if let Some(grace_ends) = pod.metadata.deletion_timestamp.0 {
        // What is on its way out is judged by that alone.
        return Some(terminating(pod, grace_ends));
    }
    match &*status.phase {
        "Succeeded" => return None,
        "Failed" if pod.metadata.is_controlled() => return None,
        "Failed" => return Some(at(failed_at(pod), Cause::Failed, &failure(pod), endings(pod))),
        _ => {}
    }
    let mut containers = status.init_container_statuses.iter().chain(&status.container_statuses);
    let unmet = |condition_type| status.condition(condition_type).and_then(PodCondition::unmet);
    if let Some((cause, reason, container)) = containers.find_map(stuck) {
        let since = unmet("Ready").and_then(|ready| ready.last_transition_time.0);
        let from = since.unwrap_or(pod.metadata.created());
        return Some(at(from, cause, &reason, container_evidence(pod, container)));
    }
    let began = |time: Option<Unix>| time.unwrap_or(pod.metadata.created());
    let scheduled = unmet("PodScheduled");
    if let Some(scheduled) = scheduled.filter(|it| it.status.is("False") && it.reason.is("Unschedulable")) {
        let since = began(scheduled.last_transition_time.0);
        let said = evidence(&labelled("scheduler", &scheduled.message.text()), scheduled.last_transition_time.0);
        let reason = labelled("unschedulable", &scheduled.message.text());
        return Some(after(since, UNSCHEDULABLE_GRACE, Cause::Unschedulable, &reason, vec![said]));
    }
    let ready = unmet("Ready").filter(|_| &*status.phase == "Running")?;
    let detail = ready.detail();
    let since = began(ready.last_transition_time.0);
    // The node controller gives no reason where it sets this for a kubelet that is silent.
    let said =
        if detail.is_empty() { format!("Ready is {}", ready.status.text()) } else { labelled("kubelet", &detail) };
    let mut proof = vec![evidence(&said, ready.last_transition_time.0)];
    proof.extend(endings(pod));
    Some(after(since, NOT_READY_GRACE, Cause::NotReady, &labelled("not ready", &detail), proof))
}

fn at(from: Unix, cause: Cause, reason: &str, evidence: Vec<Evidence>) -> Unwell {
    Unwell { evidence: evidence.into_boxed_slice(), ..Unwell::new(from, cause, one_line(reason, LONGEST)) }
}

/// What becomes unwell by lasting for longer than its grace, in seconds.
fn after(since: Unix, grace: i64, cause: Cause, reason: &str, evidence: Vec<Evidence>) -> Unwell {
    Unwell { since, ..at(since.plus(grace), cause, reason, evidence) }
}

fn evidence(text: &str, at: Option<Unix>) -> Evidence {
    Evidence::new(one_line(text, LONGEST_EVIDENCE), at)
}

/// Joins a label and what is known beyond it.
pub fn labelled(label: &str, detail: &str) -> String {
    if detail.is_empty() { label.to_owned() } else { format!("{label}: {detail}") }
}

fn terminating(pod: &PartialPod<'_>, grace_ends: Unix) -> Unwell {
    let names: Vec<&str> = pod.metadata.finalizers.iter().map(|name| &**name).collect();
    if names.is_empty() {
        let node = pod.spec.node_name.text();
        let waits =
            if node.is_empty() { String::new() } else { format!("the kubelet of {node} has not confirmed the end") };
        let proof = if waits.is_empty() { Vec::new() } else { vec![evidence(&waits, Some(grace_ends))] };
        return after(
            grace_ends,
            TERMINATING_GRACE,
            Cause::Terminating,
            "still terminating long after its grace period",
            proof,
        );
    }
    let held = format!("held by finalizer {}", names.join(", "));
    let reason = format!("still terminating, {held}");
    after(grace_ends, TERMINATING_GRACE, Cause::Finalizer, &reason, vec![evidence(&held, Some(grace_ends))])
}

/// Says what keeps a container from ever running, if anything does.
fn stuck<'c, 'p>(container: &'c ContainerStatus<'p>) -> Option<(Cause, String, &'c ContainerStatus<'p>)> {
    let waiting = container.state.waiting.as_ref()?;
    let name = container.name.text();
    let last = container.last_state.terminated.as_ref();
    if is_crash_loop(&waiting.reason) {
        let cause =
            if last.is_some_and(|last| &*last.reason == "OOMKilled") { Cause::OutOfMemory } else { Cause::CrashLoop };
        let exit = last.map(|last| format!("; last exit {}", exit(last))).unwrap_or_default();
        return Some((cause, format!("container {name}: {}{exit}", back_off(waiting)), container));
    }
    let reason = || labelled(&format!("container {name}: {}", &*waiting.reason), &waiting.message);
    Some((waiting_cause(&waiting.reason)?, reason(), container))
}

/// Whether a container is not kept running. Of what it died, and so what ails the pod, its last exit tells.
pub fn is_crash_loop(reason: &str) -> bool {
    reason == "CrashLoopBackOff"
}

/// Sorts every reason the kubelet gives for a container that cannot be pulled, configured or started. It is the status
/// word of the pod as well.
pub fn waiting_cause(reason: &str) -> Option<Cause> {
    match reason {
        "ImagePullBackOff"
        | "ErrImagePull"
        | "ErrImageNeverPull"
        | "InvalidImageName"
        | "ImageInspectError"
        | "RegistryUnavailable"
        | "SignatureValidationFailed" => Some(Cause::Image),
        "CreateContainerConfigError"
        | "CreateContainerError"
        | "PreCreateHookError"
        | "PreStartHookError"
        | "PostStartHookError"
        | "RunContainerError"
        | "StartError"
        | "ContainerCannotRun" => Some(Cause::CannotStart),
        _ => None,
    }
}

/// What is known of a container that does not run: how it ended, what it may use, what image it wants.
fn container_evidence(pod: &PartialPod<'_>, container: &ContainerStatus<'_>) -> Vec<Evidence> {
    let name = container.name.text();
    let mut proof = Vec::new();
    if let Some(waiting) = &container.state.waiting {
        let image = waiting_cause(&waiting.reason) == Some(Cause::Image);
        if image && !container.image.is_empty() {
            proof.push(evidence(&format!("container {name} wants the image {}", container.image.text()), None));
        }
        proof.push(evidence(
            &format!("kubelet: container {name}: {}", labelled(&waiting.reason, &waiting.message)),
            None,
        ));
    }
    proof.extend(ending(container));
    if let Some(last) = &container.last_state.terminated {
        let limit = pod.spec.containers.iter().chain(&pod.spec.init_containers).find(|it| it.name == container.name);
        let limit = limit.and_then(|it| it.resources.limits.amounts.memory.get());
        if &*last.reason == "OOMKilled" {
            let limit = limit.map_or("it has no memory limit of its own: the node ran out".to_owned(), |limit| {
                format!("its memory limit is {}", bytes(u64::from(limit)))
            });
            proof.push(evidence(&format!("container {name}: {limit}"), None));
        }
    }
    if container.restart_count > 0 {
        proof.push(evidence(&format!("container {name}: restarted {} times", container.restart_count), None));
    }
    proof
}

/// How every container that has ended, or had to be restarted, ended last.
fn endings(pod: &PartialPod<'_>) -> Vec<Evidence> {
    let status = &pod.status;
    status.init_container_statuses.iter().chain(&status.container_statuses).filter_map(ending).collect()
}

fn ending(container: &ContainerStatus<'_>) -> Option<Evidence> {
    let ended = container.state.terminated.as_ref().or(container.last_state.terminated.as_ref())?;
    if ended.exit_code == 0 && &*ended.reason == "Completed" {
        return None;
    }
    let words = format!("container {}: last exit {}", container.name.text(), exit(ended));
    Some(evidence(&labelled(&words, &ended.message), ended.finished_at.0))
}

/// The kubelet's words without the ids that repeat what the row says: `back-off 5m0s restarting failed container`.
fn back_off<'a>(waiting: &'a Waiting<'_>) -> &'a str {
    let words = waiting.message.split_once('=').map_or(&*waiting.message, |(before, _)| before);
    if words.is_empty() { "crash loop" } else { words.trim_end() }
}

fn exit(ended: &Terminated<'_>) -> String {
    if ended.reason.is_empty() {
        ended.exit_code.to_string()
    } else {
        format!("{} {}", ended.exit_code, &*ended.reason)
    }
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
        Some(format!("failed: container {}: exit {} {}", container.name.text(), ended.exit_code, &*ended.reason))
    });
    culprit.unwrap_or_else(|| labelled("failed", &status.message))
}
