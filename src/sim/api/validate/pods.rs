//! Owns the rules of pods and of what they are made from. Must not know who makes them.

use serde_json::Value;

use super::super::failure::Problem;
use super::{LABEL, invalid, port_problem, required};
use crate::model::amount::Quantity;
use crate::sim::names::is_plain;

/// What is wrong with the spec of a pod, which stands at `field`.
pub(super) fn pod_problems(field: &str, spec: &Value, problems: &mut Vec<Problem>) {
    let list = |key: &str| spec[key].as_array().map(Vec::as_slice).unwrap_or_default();
    if list("containers").is_empty() {
        problems.push(required(format!("{field}.containers"), ""));
    }
    let volumes: Vec<&Value> = list("volumes").iter().map(|volume| &volume["name"]).collect();
    let mut names: Vec<&str> = Vec::new();
    for key in ["initContainers", "containers"] {
        for (index, container) in list(key).iter().enumerate() {
            let place = format!("{field}.{key}[{index}]");
            let name = container["name"].as_str().unwrap_or_default();
            if name.is_empty() {
                problems.push(required(format!("{place}.name"), ""));
            } else if !is_plain(name) || name.len() > 63 {
                problems.push(invalid(format!("{place}.name"), &container["name"], LABEL));
            } else if names.contains(&name) {
                let message = format!("Duplicate value: {name:?}");
                problems.push(Problem { field: format!("{place}.name"), reason: "FieldValueDuplicate", message });
            }
            names.push(name);
            if container["image"].as_str().unwrap_or_default().is_empty() {
                problems.push(required(format!("{place}.image"), ""));
            }
            container_problems(&place, container, &volumes, problems);
        }
    }
}

fn container_problems(place: &str, container: &Value, volumes: &[&Value], problems: &mut Vec<Problem>) {
    for (index, port) in container["ports"].as_array().into_iter().flatten().enumerate() {
        problems.extend(port_problem(format!("{place}.ports[{index}].containerPort"), &port["containerPort"]));
    }
    for (index, mount) in container["volumeMounts"].as_array().into_iter().flatten().enumerate() {
        if !volumes.contains(&&mount["name"]) {
            let (field, message) =
                (format!("{place}.volumeMounts[{index}].name"), format!("Not found: {}", mount["name"]));
            problems.push(Problem { field, reason: "FieldValueNotFound", message });
        }
    }
    let resources = &container["resources"];
    for (what, asked) in resources["requests"].as_object().into_iter().flatten() {
        let amount = |value: &Value| value.as_str().and_then(Quantity::parse);
        let limit = &resources["limits"][what];
        if amount(limit).is_some_and(|limit| amount(asked).is_some_and(|asked| asked > limit)) {
            let why = format!("must be less than or equal to {what} limit of {}", limit.as_str().unwrap_or_default());
            problems.push(invalid(format!("{place}.resources.requests"), asked, &why));
        }
    }
}

/// Of a pod's spec only images, tolerations and the deadline may change.
pub(super) fn pod_change(old: &Value, new: &Value) -> Option<Problem> {
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
