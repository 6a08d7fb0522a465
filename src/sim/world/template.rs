//! Owns pod templates: what the server fills in, and the text pods are stamped from. Must not know pods that exist.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::Millis;
use super::nodes::ALLOCATABLE;
use super::workload::Controller;
use crate::model::amount::Quantity;
use crate::sim::container::script;
use crate::sim::json::written;
use crate::sim::mould::Mould;
use crate::sim::names;

const TOKEN_MOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// A pod template ready to make pods of.
pub(super) struct Template {
    pub(super) labels: Map<String, Value>,
    pub(super) annotations: Map<String, Value>,
    /// What all pods of the template have in common.
    pub(super) mould: Arc<Mould>,
    /// Name and image.
    pub(super) containers: Vec<(Box<str>, Box<str>)>,
    pub(super) init: Vec<(Box<str>, Box<str>)>,
    /// Follows from the content: equal templates have equal hashes.
    pub(super) hash: Box<str>,
    pub(super) grace_seconds: i64,
    /// Survives on lost nodes: pods of daemon workloads and of the node itself.
    pub(super) tolerates_all: bool,
    /// Port probes would ask.
    pub(super) port: i64,
    /// What each container may use of memory, in KiB; 0 for what has no limit.
    pub(super) memory: Vec<u64>,
    /// Ends by itself: pods of jobs.
    pub(super) ends: bool,
    /// Is started again when it ended badly.
    pub(super) retries: bool,
    /// How long its only container runs and what it ends with, where its command tells.
    pub(super) outcome: Option<(Millis, u8)>,
    /// The quality of service class.
    pub(super) quality: &'static str,
    /// Of what the pods ask for more than any node has.
    pub(super) lacks: Option<&'static str>,
    /// Claims that are mounted.
    pub(super) claims: Vec<Box<str>>,
}

impl Template {
    /// Reads the template of a workload: metadata and spec.
    pub(super) fn of(template: &Value, controller: Controller) -> Self {
        let tolerates_all = matches!(controller, Controller::DaemonSet | Controller::Static);
        let map = |value: &Value| value.as_object().cloned().unwrap_or_default();
        let mut spec = template["spec"].clone();
        pod_defaults(&mut spec);
        let asked = written(&spec);
        admit_pod(&mut spec, Mould::VOLUME, tolerates_all);
        let list = |key: &str| -> Vec<(Box<str>, Box<str>)> {
            let text = |value: &Value| value.as_str().unwrap_or_default().into();
            let containers = spec[key].as_array().into_iter().flatten();
            containers.map(|container| (text(&container["name"]), text(&container["image"]))).collect()
        };
        let (containers, init) = (list("containers"), list("initContainers"));
        let (grace_seconds, ends) =
            (spec["terminationGracePeriodSeconds"].as_i64().unwrap_or(30), spec["restartPolicy"] != "Always");
        let retries = spec["restartPolicy"] != "Never";
        let outcome = spec["containers"].as_array().filter(|all| all.len() == 1).and_then(|all| outcome(&all[0]));
        let port = spec["containers"][0]["ports"][0]["containerPort"].as_i64().unwrap_or(8_080);
        let memory = spec["containers"].as_array().into_iter().flatten().map(memory_limit).collect();
        let (quality, lacks) = (quality(&spec), lacks(&spec));
        let volumes = spec["volumes"].as_array().into_iter().flatten();
        let claims = volumes.filter_map(|volume| volume["persistentVolumeClaim"]["claimName"].as_str());
        let claims = claims.map(Box::from).collect();
        let stored = written(&spec);
        let labels = map(&template["metadata"]["labels"]);
        let annotations = map(&template["metadata"]["annotations"]);
        let json = |map: &Map<String, Value>| serde_json::to_string(map).unwrap_or_default();
        let content = format!("[{},{},{stored}]", json(&labels), json(&annotations));
        let author = match controller {
            Controller::Bare => "kubectl-create",
            Controller::Static => "kubelet",
            _ => "kube-controller-manager",
        };
        let sample = format!("{{\"metadata\":{},\"spec\":{asked}}}", metadata(&labels, &annotations, controller));
        let mould = Mould::new(&stored, (containers.len(), init.len()), author, sample);
        let hash = names::suffix(&mut fastrand::Rng::with_seed(names::hash(&content)), 10).into_boxed_str();
        Self {
            labels,
            annotations,
            mould: Arc::new(mould),
            containers,
            init,
            hash,
            grace_seconds,
            tolerates_all,
            port,
            memory,
            ends,
            retries,
            outcome,
            quality,
            lacks,
            claims,
        }
    }
}

/// What the author of a pod writes into its metadata besides its name: what of it is a field of whose value nobody looks.
fn metadata(labels: &Map<String, Value>, annotations: &Map<String, Value>, controller: Controller) -> Value {
    let mut labels = labels.clone();
    let own: &[&str] = match controller {
        Controller::Deployment => &["pod-template-hash"],
        Controller::StatefulSet => {
            &["apps.kubernetes.io/pod-index", "controller-revision-hash", "statefulset.kubernetes.io/pod-name"]
        }
        Controller::DaemonSet => &["controller-revision-hash"],
        _ => &[],
    };
    labels.extend(own.iter().map(|label| ((*label).to_owned(), Value::Null)));
    let mut metadata = json!({"labels": labels});
    if !annotations.is_empty() {
        metadata["annotations"] = annotations.clone().into();
    }
    if controller != Controller::Bare {
        metadata["ownerReferences"] = json!([{"uid": Mould::OWNER}]);
    }
    if !matches!(controller, Controller::StatefulSet | Controller::Static | Controller::Bare) {
        metadata["generateName"] = Value::Null;
    }
    metadata
}

/// The template of a pod of which only the name matters.
pub(super) fn plain(name: &str) -> Arc<Template> {
    let labels = json!({"app.kubernetes.io/name": name});
    let container = json!({"name": name, "image": format!("registry.example.com/{name}:1.0.0")});
    Arc::new(Template::of(
        &json!({"metadata": {"labels": labels}, "spec": {"containers": [container]}}),
        Controller::Bare,
    ))
}

/// What comes of the command of a container. Arguments alone are one only for images that have no program of their own.
fn outcome(container: &Value) -> Option<(Millis, u8)> {
    const BARE: [&str; 4] = ["busybox", "alpine", "ubuntu", "debian"];
    let image = container["image"].as_str()?.rsplit('/').next()?.split([':', '@']).next()?;
    let command = container["command"].as_array();
    if command.is_none() && !BARE.contains(&image) {
        return None;
    }
    let words = command.into_iter().chain(container["args"].as_array()).flatten();
    script::outcome(&words.filter_map(|word| word.as_str().map(str::to_owned)).collect::<Vec<_>>())
}

/// What a container may use of memory, in KiB; 0 if it has no limit.
fn memory_limit(container: &Value) -> u64 {
    let limit = container["resources"]["limits"]["memory"].as_str().and_then(Quantity::parse);
    limit.map_or(0, |limit| u64::try_from(limit.units() / 1_024).unwrap_or(0))
}

/// Of what containers ask for more than any node has.
fn lacks(spec: &Value) -> Option<&'static str> {
    ALLOCATABLE.into_iter().find_map(|(what, most)| {
        let asked = |container: &Value| {
            let resources = &container["resources"];
            let asked = resources["requests"][what].as_str().or(resources["limits"][what].as_str());
            asked.and_then(Quantity::parse).unwrap_or_default()
        };
        let asked: i128 = spec["containers"].as_array().into_iter().flatten().map(|one| asked(one).0).sum();
        Quantity::parse(most).is_some_and(|most| asked > most.0).then_some(what)
    })
}

/// The class that follows from requests and limits.
fn quality(spec: &Value) -> &'static str {
    let containers = spec["containers"].as_array().map(Vec::as_slice).unwrap_or_default();
    let resources = || containers.iter().map(|container| &container["resources"]);
    let full = |of: &Value| {
        ["cpu", "memory"].iter().all(|key| {
            !of["limits"][key].is_null() && of["requests"].get(key).is_none_or(|asked| *asked == of["limits"][key])
        })
    };
    if resources().all(|of| of["limits"].is_null() && of["requests"].is_null()) {
        "BestEffort"
    } else if resources().all(full) {
        "Guaranteed"
    } else {
        "Burstable"
    }
}

pub(super) fn default(object: &mut Value, key: &str, value: Value) {
    if object[key].is_null() {
        object[key] = value;
    }
}

/// Fills in what the API's types default in the spec of a pod.
pub(super) fn pod_defaults(spec: &mut Value) {
    for (key, value) in [
        ("restartPolicy", json!("Always")),
        ("terminationGracePeriodSeconds", json!(30)),
        ("dnsPolicy", json!("ClusterFirst")),
        ("securityContext", json!({})),
        ("schedulerName", json!("default-scheduler")),
    ] {
        default(spec, key, value);
    }
    for list in ["containers", "initContainers"] {
        for container in spec[list].as_array_mut().into_iter().flatten() {
            default(container, "resources", json!({}));
            default(container, "terminationMessagePath", json!("/dev/termination-log"));
            default(container, "terminationMessagePolicy", json!("File"));
            let latest = container["image"].as_str().is_some_and(|image| {
                let name = image.rsplit('/').next().unwrap_or_default();
                !name.contains([':', '@']) || name.ends_with(":latest")
            });
            default(container, "imagePullPolicy", json!(if latest { "Always" } else { "IfNotPresent" }));
            for port in container["ports"].as_array_mut().into_iter().flatten() {
                default(port, "protocol", json!("TCP"));
            }
            for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
                if container[probe].is_object() {
                    for (key, value) in
                        [("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3)]
                    {
                        default(&mut container[probe], key, json!(value));
                    }
                    if container[probe]["httpGet"].is_object() {
                        default(&mut container[probe]["httpGet"], "scheme", json!("HTTP"));
                    }
                }
            }
        }
    }
    // Reading a missing key of an object leaves a null behind: it was only looked at.
    prune(spec);
}

/// Removes the nulls of an object and what it holds.
fn prune(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(prune);
        }
        Value::Array(items) => items.iter_mut().for_each(prune),
        _ => {}
    }
}

/// Fills in what admission gives every pod: account, token volume, tolerations, priority.
pub(super) fn admit_pod(spec: &mut Value, volume: &str, tolerates_all: bool) {
    default(spec, "serviceAccountName", json!("default"));
    spec["serviceAccount"] = spec["serviceAccountName"].clone();
    default(spec, "enableServiceLinks", json!(true));
    default(spec, "preemptionPolicy", json!("PreemptLowerPriority"));
    let system = spec["priorityClassName"].as_str().is_some_and(|name| name.starts_with("system-"));
    default(spec, "priority", json!(if system { 2_000_000_000 } else { 0 }));
    if spec["tolerations"].is_null() {
        spec["tolerations"] = if tolerates_all {
            json!([{"effect": "NoExecute", "operator": "Exists"}, {"effect": "NoSchedule", "operator": "Exists"}])
        } else {
            let tolerates =
                |key: &str| json!({"effect": "NoExecute", "key": key, "operator": "Exists", "tolerationSeconds": 300});
            json!([tolerates("node.kubernetes.io/not-ready"), tolerates("node.kubernetes.io/unreachable")])
        };
    }
    let has_token = spec["volumes"]
        .as_array()
        .into_iter()
        .flatten()
        .any(|volume| volume["name"].as_str().is_some_and(|name| name.starts_with("kube-api-access-")));
    if has_token || spec["automountServiceAccountToken"] == false {
        prune(spec);
        return;
    }
    let token = json!({"name": volume, "projected": {"defaultMode": 420, "sources": [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"items": [{"key": "ca.crt", "path": "ca.crt"}], "name": "kube-root-ca.crt"}},
        {"downwardAPI": {"items": [{"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}, "path": "namespace"}]}}]}});
    push(spec, "volumes", token);
    for list in ["containers", "initContainers"] {
        for container in spec[list].as_array_mut().into_iter().flatten() {
            push(container, "volumeMounts", json!({"mountPath": TOKEN_MOUNT, "name": volume, "readOnly": true}));
        }
    }
    prune(spec);
}

fn push(object: &mut Value, key: &str, item: Value) {
    default(object, key, json!([]));
    if let Some(items) = object[key].as_array_mut() {
        items.push(item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_defaulted_and_admitted_and_its_hash_follows_from_what_it_says() {
        let template = json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "nginx"}]}});
        let made = Template::of(&template, Controller::Deployment);
        let mut changed = template.clone();
        changed["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"] = "now".into();
        assert_ne!(Template::of(&changed, Controller::Deployment).hash, made.hash);
        assert_eq!(Template::of(&template, Controller::Deployment).hash, made.hash);
    }
}
