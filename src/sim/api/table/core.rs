//! Owns the rows of pods, nodes and events, as the real printers choose their words. Must not know other kinds.

use serde_json::Value;

use super::Printer;
use super::cells::{condition, list};

impl Printer {
    pub(super) fn pod(&self, pod: &Value) -> Vec<Value> {
        let printed = print_pod(pod);
        let restarts = match &printed.last_restart {
            Some(at) if printed.restarts > 0 => format!("{} ({} ago)", printed.restarts, self.since(at)),
            _ => printed.restarts.to_string(),
        };
        vec![
            pod["metadata"]["name"].clone(),
            format!("{}/{}", printed.ready, printed.containers).into(),
            printed.status.into(),
            restarts.into(),
            self.created(pod),
            or_none(&pod["status"]["podIP"]),
            or_none(&pod["spec"]["nodeName"]),
            or_none(&pod["status"]["nominatedNodeName"]),
            "<none>".into(),
        ]
    }

    pub(super) fn node(&self, node: &Value) -> Vec<Value> {
        let mut status = match condition(&node["status"], "Ready") {
            Some(ready) if ready["status"] == "True" => "Ready".to_owned(),
            Some(_) => "NotReady".to_owned(),
            None => "Unknown".to_owned(),
        };
        if node["spec"]["unschedulable"] == true {
            status.push_str(",SchedulingDisabled");
        }
        let labels = node["metadata"]["labels"].as_object();
        let roles: Vec<&str> =
            labels.into_iter().flatten().filter_map(|(key, _)| key.strip_prefix("node-role.kubernetes.io/")).collect();
        let address = |kind: &str| {
            let addresses = node["status"]["addresses"].as_array().into_iter().flatten();
            or_none(
                addresses.into_iter().find(|address| address["type"] == kind).map_or(&Value::Null, |a| &a["address"]),
            )
        };
        let info = &node["status"]["nodeInfo"];
        let kernel = info["kernelVersion"].as_str().unwrap_or("<unknown>");
        let architecture = info["architecture"].as_str().unwrap_or_default();
        vec![
            node["metadata"]["name"].clone(),
            status.into(),
            if roles.is_empty() { "<none>".into() } else { roles.join(",").into() },
            self.created(node),
            info["kubeletVersion"].clone(),
            address("InternalIP"),
            address("ExternalIP"),
            info["osImage"].clone(),
            if self.names_architecture { format!("{kernel} ({architecture})").into() } else { kernel.into() },
            info["containerRuntimeVersion"].clone(),
        ]
    }

    pub(super) fn event(&self, event: &Value) -> Vec<Value> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let first = if event["firstTimestamp"].is_null() { &event["eventTime"] } else { &event["firstTimestamp"] };
        let mut last = if event["lastTimestamp"].is_null() { first } else { &event["lastTimestamp"] };
        let mut count = event["count"].as_i64().unwrap_or(1).max(1);
        if let Some(repeats) = event["series"]["count"].as_i64() {
            (count, last) = (repeats, &event["series"]["lastObservedTime"]);
        }
        let about = &event["involvedObject"];
        let (mut component, mut host) = (text(&event["source"]["component"]), text(&event["source"]["host"]));
        if component.is_empty() {
            (component, host) = (text(&event["reportingComponent"]), text(&event["reportingInstance"]));
        }
        let source = if host.is_empty() { component } else { format!("{component}, {host}") };
        vec![
            self.since(last).into(),
            event["type"].clone(),
            event["reason"].clone(),
            format!("{}/{}", text(&about["kind"]).to_lowercase(), text(&about["name"])).into(),
            text(&about["fieldPath"]).into(),
            source.into(),
            text(&event["message"]).trim().into(),
            self.since(first).into(),
            count.into(),
            event["metadata"]["name"].clone(),
        ]
    }
}

pub(super) struct PrintedPod {
    pub(super) ready: usize,
    pub(super) containers: usize,
    pub(super) status: String,
    pub(super) restarts: i64,
    last_restart: Option<Value>,
}

/// The rules of the real printer, in its order: phase, init containers, containers from last to first, deletion.
pub(super) fn print_pod(pod: &Value) -> PrintedPod {
    let phase = pod["status"]["phase"].as_str().unwrap_or_default();
    let mut status = pod["status"]["reason"].as_str().unwrap_or(phase).to_owned();
    let mut initializing = false;
    let mut count = Restarts::default();
    let init_total = list(&pod["spec"]["initContainers"]).len();
    for (index, container) in list(&pod["status"]["initContainerStatuses"]).iter().enumerate() {
        count.add(container);
        let (waiting, ended) = (&container["state"]["waiting"], &container["state"]["terminated"]);
        if ended["exitCode"] == 0 {
            continue;
        }
        status = if ended.is_object() {
            format!("Init:{}", ending_word(ended))
        } else {
            match waiting["reason"].as_str() {
                Some(reason) if !reason.is_empty() && reason != "PodInitializing" => format!("Init:{reason}"),
                _ => format!("Init:{index}/{init_total}"),
            }
        };
        initializing = true;
        break;
    }
    let mut ready = 0;
    if !initializing || holds(pod, "Initialized") {
        count = Restarts::default();
        let mut running = false;
        for container in list(&pod["status"]["containerStatuses"]).iter().rev() {
            count.add(container);
            let (waiting, ended) = (&container["state"]["waiting"], &container["state"]["terminated"]);
            if let Some(reason) = waiting["reason"].as_str().filter(|reason| !reason.is_empty()) {
                reason.clone_into(&mut status);
            } else if ended.is_object() {
                status = ending_word(ended);
            } else if container["ready"] == true && container["state"]["running"].is_object() {
                running = true;
                ready += 1;
            }
        }
        if status == "Completed" && running {
            status = if holds(pod, "Ready") { "Running".to_owned() } else { "NotReady".to_owned() };
        }
    }
    if pod["metadata"]["deletionTimestamp"].is_string() && !matches!(phase, "Succeeded" | "Failed") {
        "Terminating".clone_into(&mut status);
    }
    let containers = list(&pod["spec"]["containers"]).len();
    PrintedPod { ready, containers, status, restarts: count.number, last_restart: count.last }
}

#[derive(Default)]
struct Restarts {
    number: i64,
    last: Option<Value>,
}

impl Restarts {
    fn add(&mut self, container: &Value) {
        self.number += container["restartCount"].as_i64().unwrap_or(0);
        let finished = &container["lastState"]["terminated"]["finishedAt"];
        if finished.is_string() && self.last.as_ref().is_none_or(|last| last.as_str() < finished.as_str()) {
            self.last = Some(finished.clone());
        }
    }
}

fn ending_word(ended: &Value) -> String {
    match (ended["reason"].as_str().filter(|reason| !reason.is_empty()), ended["signal"].as_i64().unwrap_or(0)) {
        (Some(reason), _) => reason.to_owned(),
        (None, 0) => format!("ExitCode:{}", ended["exitCode"]),
        (None, signal) => format!("Signal:{signal}"),
    }
}

pub(super) fn holds(object: &Value, kind: &str) -> bool {
    condition(&object["status"], kind).is_some_and(|known| known["status"] == "True")
}

pub(super) fn or_none(value: &Value) -> Value {
    if value.as_str().unwrap_or_default().is_empty() { "<none>".into() } else { value.clone() }
}
