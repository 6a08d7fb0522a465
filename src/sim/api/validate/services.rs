//! Owns the rules of services. Must not know what they lead to.

use serde_json::{Value, json};

use super::super::failure::Problem;
use super::{invalid, port_problem, required, unsupported};

const TYPES: [&str; 4] = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];

/// What is wrong with the spec of a service; `old` is what it replaces.
pub(super) fn service_problems(spec: &Value, old: Option<&Value>, problems: &mut Vec<Problem>) {
    let kind = spec["type"].as_str().unwrap_or("ClusterIP");
    if !TYPES.contains(&kind) {
        problems.push(unsupported("spec.type", &spec["type"], &TYPES));
    }
    let ports = spec["ports"].as_array().map(Vec::as_slice).unwrap_or_default();
    if ports.is_empty() && kind != "ExternalName" && spec["clusterIP"] != "None" {
        problems.push(required("spec.ports", ""));
    }
    for (index, port) in ports.iter().enumerate() {
        let place = format!("spec.ports[{index}]");
        if ports.len() > 1 && port["name"].as_str().unwrap_or_default().is_empty() {
            problems.push(required(format!("{place}.name"), ""));
        }
        problems.extend(port_problem(format!("{place}.port"), &port["port"]));
        problems.extend(port_problem(format!("{place}.targetPort"), &port["targetPort"]));
        if port["protocol"].as_str().is_some_and(|protocol| !PROTOCOLS.contains(&protocol)) {
            problems.push(unsupported(format!("{place}.protocol"), &port["protocol"], &PROTOCOLS));
        }
        if port["nodePort"].as_i64().is_some_and(|port| port != 0 && !(30_000..32_768).contains(&port)) {
            let why = "provided port is not in the valid range. The range of valid ports is 30000-32767";
            problems.push(invalid(format!("{place}.nodePort"), &port["nodePort"], why));
        }
    }
    let address = |spec: &Value| spec["clusterIP"].as_str().filter(|address| !address.is_empty()).map(str::to_owned);
    let (was, is) = (old.and_then(address), address(spec));
    if kind != "ExternalName" && was.is_some() && was != is {
        problems.push(invalid("spec.clusterIPs[0]", &json!([is]), "may not change once set"));
    }
}
