//! Owns what a server checks of an object before it keeps it, worded as real ones word it: the rules users run into.
//! Must not know who writes.

mod pods;
mod services;

use serde_json::Value;

use super::failure::Problem;
use super::query::is_label;
use crate::sim::kinds::{Kind, Resource};
use crate::sim::names::is_plain;
use crate::sim::world::{pod_spec, read_schedule};
use pods::{pod_change, pod_problems};
use services::service_problems;

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const KEY: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

pub(super) fn required(field: impl Into<String>, more: &str) -> Problem {
    let message = if more.is_empty() { "Required value".to_owned() } else { format!("Required value: {more}") };
    Problem { field: field.into(), reason: "FieldValueRequired", message }
}

fn forbidden(field: &str, why: &str) -> Problem {
    Problem { field: field.to_owned(), reason: "FieldValueForbidden", message: format!("Forbidden: {why}") }
}

pub(super) fn unsupported(field: impl Into<String>, value: &Value, supported: &[&str]) -> Problem {
    let supported: Vec<String> = supported.iter().map(|value| format!("{value:?}")).collect();
    let message = format!("Unsupported value: {value}: supported values: {}", supported.join(", "));
    Problem { field: field.into(), reason: "FieldValueNotSupported", message }
}

/// Tells whether a number is a port; what is none, the type of the field refused already.
fn port_problem(field: String, value: &Value) -> Option<Problem> {
    let wrong = value.as_i64().is_some_and(|port| !(1..65_536).contains(&port));
    wrong.then(|| invalid(field, value, "must be between 1 and 65535, inclusive"))
}

pub(super) fn invalid(field: impl Into<String>, value: &Value, why: &str) -> Problem {
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
            let schedule = spec["schedule"].as_str().unwrap_or_default();
            if schedule.is_empty() {
                problems.push(required("spec.schedule", ""));
            } else if let Err(why) = read_schedule(schedule) {
                problems.push(invalid("spec.schedule", &spec["schedule"], &why));
            }
        }
        Resource::Services => service_problems(spec, old.map(|old| &old["spec"]), &mut problems),
        Resource::Autoscalers => {
            let (least, most) = (spec["minReplicas"].as_i64().unwrap_or(1), spec["maxReplicas"].as_i64().unwrap_or(0));
            if most < 1 {
                problems.push(invalid("spec.maxReplicas", &most.into(), "must be greater than 0"));
            } else if most < least {
                let why = "must be greater than or equal to `minReplicas`";
                problems.push(invalid("spec.maxReplicas", &most.into(), why));
            }
        }
        _ => {}
    }
    if let Some(old) = old {
        fixed_problems(kind.resource, object, old, &mut problems);
    }
    problems
}

/// What of an object stays as it was made.
fn fixed_problems(resource: Resource, object: &Value, old: &Value, problems: &mut Vec<Problem>) {
    match resource {
        Resource::Secrets | Resource::ConfigMaps => {
            if resource == Resource::Secrets && object["type"] != old["type"] {
                problems.push(invalid("type", &object["type"], "field is immutable"));
            }
            let why = "field is immutable when `immutable` is set";
            for field in ["immutable", "data", "binaryData"] {
                if old["immutable"] == true && object[field] != old[field] {
                    problems.push(forbidden(field, why));
                }
            }
        }
        Resource::RoleBindings | Resource::ClusterRoleBindings if object["roleRef"] != old["roleRef"] => {
            problems.push(invalid("roleRef", &object["roleRef"], "cannot change roleRef"));
        }
        _ => {}
    }
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
    // Pods of stateful sets have volumes their templates do not name.
    pod_problems("spec.template.spec", &pod_spec(spec, ""), problems);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::scenario::Scenario;
    use crate::sim::world::World;

    #[test]
    fn what_the_world_makes_itself_keeps_the_rules_and_has_canonical_quantities() {
        let spec = Scenario::builtin("default").unwrap().clusters[0].clone();
        let world = World::new(&spec, 7, 1_795_168_800_000);
        for kind in world.store().registry().served().filter(|kind| !kind.resource.is_computed()) {
            for object in world.store().list(kind.resource.stored(), None, None) {
                let value = object.value();
                let problems = validate(kind, &value, Some(&value));
                assert!(problems.is_empty(), "{}: {}", problems[0].field, problems[0].message);
                let mut same = value.clone();
                assert_eq!(crate::sim::proto::normalise(&kind.kind, &mut same), Ok(()));
                assert_eq!(same, value, "{} {}", kind.kind, object.name);
            }
        }
    }
}
