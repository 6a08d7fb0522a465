//! Owns what a server checks of an object before it keeps it, worded as real ones word it: the rules users run into.
//! Must not know who writes.

use serde_json::Value;

use super::failure::Problem;
use super::query::is_label;
use crate::sim::kinds::{Kind, Resource};

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const KEY: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

fn required(field: impl Into<String>, more: &str) -> Problem {
    let message = if more.is_empty() { "Required value".to_owned() } else { format!("Required value: {more}") };
    Problem { field: field.into(), reason: "FieldValueRequired", message }
}

fn invalid(field: impl Into<String>, value: &Value, why: &str) -> Problem {
    Problem { field: field.into(), reason: "FieldValueInvalid", message: format!("Invalid value: {value}: {why}") }
}

/// The problems of an object that is to be kept; `old` is what it replaces.
pub(super) fn validate(kind: &Kind, object: &Value, old: Option<&Value>) -> Vec<Problem> {
    let mut problems = Vec::new();
    if old.is_none() {
        problems.extend(name_problem(kind, &object["metadata"]));
    }
    label_problems(&object["metadata"], &mut problems);
    let spec = &object["spec"];
    match kind.resource {
        Resource::Pods => {
            pod_problems("spec", spec, &mut problems);
            if let Some(old) = old {
                problems.extend(pod_change(&old["spec"], spec));
            }
        }
        Resource::Deployments | Resource::ReplicaSets | Resource::StatefulSets | Resource::DaemonSets => {
            workload_problems(spec, old, &mut problems);
        }
        Resource::Jobs => {
            pod_problems("spec.template.spec", &spec["template"]["spec"], &mut problems);
            let policy = &spec["template"]["spec"]["restartPolicy"];
            if policy != "Never" && policy != "OnFailure" {
                let why = "Required value: valid values: \"OnFailure\", \"Never\"".to_owned();
                problems.push(Problem {
                    field: "spec.template.spec.restartPolicy".to_owned(),
                    reason: "FieldValueRequired",
                    message: why,
                });
            }
            if old.is_some_and(|old| old["spec"]["template"] != spec["template"]) {
                problems.push(invalid("spec.template", &spec["template"], "field is immutable"));
            }
        }
        Resource::CronJobs => {
            pod_problems(
                "spec.jobTemplate.spec.template.spec",
                &spec["jobTemplate"]["spec"]["template"]["spec"],
                &mut problems,
            );
            if spec["schedule"].as_str().unwrap_or_default().is_empty() {
                problems.push(required("spec.schedule", ""));
            }
        }
        Resource::Services => {
            let portless = spec["type"] == "ExternalName" || spec["clusterIP"] == "None";
            if !portless && spec["ports"].as_array().is_none_or(Vec::is_empty) {
                problems.push(required("spec.ports", ""));
            }
        }
        _ => {}
    }
    problems
}

/// Tells whether a text may stand between the dots of a name.
fn is_plain(part: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = part.as_bytes();
    bytes.iter().all(|byte| plain(*byte) || *byte == b'-')
        && bytes.first().is_some_and(|byte| plain(*byte))
        && bytes.last().is_some_and(|byte| plain(*byte))
}

fn name_problem(kind: &Kind, metadata: &Value) -> Option<Problem> {
    let name = metadata["name"].as_str().unwrap_or_default();
    if name.is_empty() {
        return Some(required("metadata.name", "name or generateName is required"));
    }
    let rbac = kind.group == "rbac.authorization.k8s.io";
    let label = matches!(kind.resource, Resource::Namespaces | Resource::Services);
    let fits = if rbac {
        !name.contains(['/', '%'])
    } else if label {
        is_plain(name) && name.len() < 64
    } else {
        name.split('.').all(is_plain) && name.len() < 254
    };
    (!fits).then(|| invalid("metadata.name", &name.into(), if label { LABEL } else { SUBDOMAIN }))
}

/// What is wrong with labels, and with the keys of annotations.
fn label_problems(metadata: &Value, problems: &mut Vec<Problem>) {
    for what in ["labels", "annotations"] {
        let field = format!("metadata.{what}");
        for (key, value) in metadata[what].as_object().into_iter().flatten() {
            let (prefix, name) = key.rsplit_once('/').map_or((None, &**key), |(prefix, name)| (Some(prefix), name));
            if prefix.is_some_and(|prefix| !prefix.split('.').all(is_plain)) {
                problems.push(invalid(&*field, &key.as_str().into(), &format!("prefix part {SUBDOMAIN}")));
            }
            if name.is_empty() || !is_label(name) {
                problems.push(invalid(&*field, &key.as_str().into(), KEY));
            }
            if what == "labels" && !value.as_str().is_none_or(is_label) {
                problems.push(invalid(&*field, value, VALUE));
            }
        }
    }
}

fn pod_problems(field: &str, spec: &Value, problems: &mut Vec<Problem>) {
    let containers = spec["containers"].as_array().map(Vec::as_slice).unwrap_or_default();
    if containers.is_empty() {
        problems.push(required(format!("{field}.containers"), ""));
    }
    for (index, container) in containers.iter().enumerate() {
        for key in ["name", "image"] {
            if container[key].as_str().unwrap_or_default().is_empty() {
                problems.push(required(format!("{field}.containers[{index}].{key}"), ""));
            }
        }
    }
}

/// Of a pod's spec only images, tolerations and the deadline may change.
fn pod_change(old: &Value, new: &Value) -> Option<Problem> {
    let fixed = |spec: &Value| {
        let mut spec = spec.clone();
        for list in ["containers", "initContainers"] {
            for container in spec[list].as_array_mut().into_iter().flatten() {
                container["image"] = Value::Null;
            }
        }
        if let Some(fields) = spec.as_object_mut() {
            for key in ["tolerations", "activeDeadlineSeconds", "terminationGracePeriodSeconds", "initContainers"] {
                fields.remove(key);
            }
        }
        spec
    };
    (fixed(old) != fixed(new)).then(|| Problem {
        field: "spec".to_owned(),
        reason: "FieldValueForbidden",
        message: "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)".to_owned(),
    })
}

fn workload_problems(spec: &Value, old: Option<&Value>, problems: &mut Vec<Problem>) {
    if let Some(number) = spec["replicas"].as_i64().filter(|number| *number < 0) {
        problems.push(invalid("spec.replicas", &number.into(), "must be greater than or equal to 0"));
    }
    let chosen = spec["selector"]["matchLabels"].as_object();
    let labels = &spec["template"]["metadata"]["labels"];
    if chosen.is_none() && !spec["selector"]["matchExpressions"].is_array() {
        problems.push(required("spec.selector", ""));
    } else if chosen.into_iter().flatten().any(|(key, value)| labels[key] != *value) {
        problems.push(invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`"));
    }
    if old.is_some_and(|old| old["spec"]["selector"] != spec["selector"]) {
        problems.push(invalid("spec.selector", &spec["selector"], "field is immutable"));
    }
    pod_problems("spec.template.spec", &spec["template"]["spec"], problems);
}
