//! Owns tables: the columns `kubectl get` shows and the words in them, as the real server's printers choose them.
//! Must not know the world; what it prints is the objects' JSON.

use serde_json::{Value, json};

use super::list::partial;
use super::media::Include;
use super::query::Query;
use crate::sim::scenario::ClusterSpec;
use crate::sim::store::{Object, Resource};
use crate::sim::world::Millis;

mod age;

/// A table of rows; watches leave the columns out after the first.
pub(super) fn table(metadata: &Value, columns: Option<&[Value]>, rows: &[Value]) -> Value {
    json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
        "columnDefinitions": columns, "rows": rows})
}

/// Prints the rows of one request.
pub(super) struct Printer {
    resource: Resource,
    include: Include,
    now: Millis,
    /// Servers from 1.36 print the architecture beside the kernel.
    names_architecture: bool,
}

impl Printer {
    pub(super) fn new(resource: Resource, query: &Query, now: Millis, spec: &ClusterSpec) -> Self {
        let include = match query.get("includeObject") {
            "None" => Include::None,
            "Object" => Include::Object,
            _ => Include::Metadata,
        };
        let minor = spec.minor().and_then(|minor| minor.parse::<u32>().ok()).unwrap_or(0);
        Self { resource, include, now, names_architecture: minor >= 36 }
    }

    /// Ages count from here.
    pub(super) fn set_now(&mut self, now: Millis) {
        self.now = now;
    }

    /// The definitions of the columns.
    pub(super) fn columns(&self) -> Vec<Value> {
        let column = |(name, kind, priority): &(&str, &str, i32)| {
            let format = if *name == "Name" { "name" } else { "" };
            json!({"name": name, "type": kind, "format": format, "description": describe(name), "priority": priority})
        };
        layout(self.resource).iter().map(column).collect()
    }

    /// The row of an object.
    pub(super) fn row(&self, object: &Object) -> Value {
        let value = object.value();
        let cells = match self.resource {
            Resource::Pods => self.pod(&value),
            Resource::Nodes => self.node(&value),
            Resource::Events => self.event(&value),
            Resource::Namespaces => {
                vec![value["metadata"]["name"].clone(), value["status"]["phase"].clone(), self.created(&value)]
            }
        };
        let object = match self.include {
            Include::None => Value::Null,
            Include::Metadata => partial(object),
            Include::Object => {
                let mut whole = value;
                whole["kind"] = self.resource.kind().into();
                whole["apiVersion"] = "v1".into();
                whole
            }
        };
        json!({"cells": cells, "object": object})
    }

    /// The cells of the row that bookmarks carry.
    pub(super) fn empty_cells(&self) -> Vec<Value> {
        layout(self.resource).iter().map(|(_, kind, _)| if *kind == "integer" { json!(0) } else { json!("") }).collect()
    }

    fn created(&self, object: &Value) -> Value {
        self.since(&object["metadata"]["creationTimestamp"]).into()
    }

    /// Age of a timestamp; `<unknown>` when it is null.
    fn since(&self, timestamp: &Value) -> String {
        let parsed = timestamp.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
        parsed
            .map_or_else(|| "<unknown>".to_owned(), |at| age::human((self.now - at.as_millisecond()).div_euclid(1_000)))
    }

    fn pod(&self, pod: &Value) -> Vec<Value> {
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

    fn node(&self, node: &Value) -> Vec<Value> {
        let conditions = node["status"]["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut status = match conditions.iter().find(|condition| condition["type"] == "Ready") {
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

    fn event(&self, event: &Value) -> Vec<Value> {
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

struct PrintedPod {
    ready: usize,
    containers: usize,
    status: String,
    restarts: i64,
    last_restart: Option<Value>,
}

/// The rules of the real printer, in its order: phase, init containers, containers from last to first, deletion.
fn print_pod(pod: &Value) -> PrintedPod {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
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
    if !initializing || condition(pod, "Initialized") {
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
            status = if condition(pod, "Ready") { "Running".to_owned() } else { "NotReady".to_owned() };
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

fn condition(pod: &Value, kind: &str) -> bool {
    let conditions = pod["status"]["conditions"].as_array();
    conditions.into_iter().flatten().any(|condition| condition["type"] == kind && condition["status"] == "True")
}

fn or_none(value: &Value) -> Value {
    if value.as_str().unwrap_or_default().is_empty() { "<none>".into() } else { value.clone() }
}

fn layout(resource: Resource) -> &'static [(&'static str, &'static str, i32)] {
    match resource {
        Resource::Pods => &[
            ("Name", "string", 0),
            ("Ready", "string", 0),
            ("Status", "string", 0),
            ("Restarts", "string", 0),
            ("Age", "string", 0),
            ("IP", "string", 1),
            ("Node", "string", 1),
            ("Nominated Node", "string", 1),
            ("Readiness Gates", "string", 1),
        ],
        Resource::Nodes => &[
            ("Name", "string", 0),
            ("Status", "string", 0),
            ("Roles", "string", 0),
            ("Age", "string", 0),
            ("Version", "string", 0),
            ("Internal-IP", "string", 1),
            ("External-IP", "string", 1),
            ("OS-Image", "string", 1),
            ("Kernel-Version", "string", 1),
            ("Container-Runtime", "string", 1),
        ],
        Resource::Events => &[
            ("Last Seen", "string", 0),
            ("Type", "string", 0),
            ("Reason", "string", 0),
            ("Object", "string", 0),
            ("Subobject", "string", 1),
            ("Source", "string", 1),
            ("Message", "string", 0),
            ("First Seen", "string", 1),
            ("Count", "string", 1),
            ("Name", "string", 1),
        ],
        Resource::Namespaces => &[("Name", "string", 0), ("Status", "string", 0), ("Age", "string", 0)],
    }
}

fn describe(column: &str) -> &'static str {
    match column {
        "Name" => "Name of the object, unique within its namespace.",
        "Ready" => "The aggregate readiness state of this pod for accepting traffic.",
        "Status" => "The aggregate status of the object.",
        "Restarts" => "How often containers of this pod were restarted, and when last.",
        "Age" => "Time since the object was created.",
        _ => "",
    }
}

#[cfg(test)]
mod tests;
