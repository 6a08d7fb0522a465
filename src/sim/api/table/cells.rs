//! Owns the cells of all kinds but pods, nodes and events: paths into the object, and the printers' small functions.
//! Must not know the world.

use serde_json::{Value, json};

use super::Printer;
use super::core::{holds, or_none};
use crate::model::age;
use crate::sim::kinds::Column;

/// The value at `.a.b.c` of an object; `[?(@.type=="X")]` picks of a list what has that type.
pub(super) fn at<'a>(object: &'a Value, path: &str) -> &'a Value {
    static NOTHING: Value = Value::Null;
    let mut value = object;
    for step in path.split('.').filter(|step| !step.is_empty()) {
        value = match step.parse::<usize>() {
            Ok(index) => value.get(index).unwrap_or(&NOTHING),
            // Of all items a column shows the first.
            Err(_) if step == "*" => value.get(0).unwrap_or(&NOTHING),
            Err(_) => value.get(step).unwrap_or(&NOTHING),
        };
    }
    value
}

/// A `JSONPath` as definitions of columns hold them, of which the filter by equality and plain steps are known.
fn json_path<'a>(object: &'a Value, path: &str) -> &'a Value {
    let Some((before, rest)) = path.split_once("[?(@.") else {
        return at(object, &path.replace('[', ".").replace(']', ""));
    };
    let Some((test, after)) = rest.split_once(")]") else { return &Value::Null };
    let Some((key, wanted)) = test.split_once("==") else { return &Value::Null };
    let wanted = wanted.trim().trim_matches(['"', '\'']);
    let items = at(object, before).as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().find(|item| item[key.trim()] == wanted).map_or(&Value::Null, |item| at(item, after))
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn joined<'a>(values: impl IntoIterator<Item = &'a Value>) -> String {
    values.into_iter().map(text).collect::<Vec<_>>().join(",")
}

fn none_if_empty(text: String) -> Value {
    if text.is_empty() { "<none>".into() } else { text.into() }
}

fn pairs(map: &Value) -> Value {
    let pairs: Vec<String> =
        map.as_object().into_iter().flatten().map(|(key, value)| format!("{key}={}", text(value))).collect();
    none_if_empty(pairs.join(","))
}

impl Printer {
    /// The cell of a column.
    pub(super) fn cell(&self, column: &Column, object: &Value) -> Value {
        if self.kind.custom && column.source.starts_with('.') {
            let value = json_path(object, &column.source);
            return match &*column.kind {
                "date" if value.is_string() => self.since(value).into(),
                "string" if !value.is_null() => text(value).into(),
                _ => value.clone(),
            };
        }
        let (function, argument) = column.source.split_once(' ').unwrap_or((&column.source, ""));
        if function.starts_with('.') {
            let value = at(object, function);
            return match (value, column.number) {
                (Value::Null, true) => json!(0),
                (Value::Null, _) => "".into(),
                (value, true) => value.clone(),
                (value, _) => text(value).into(),
            };
        }
        self.compute(function, argument, object)
    }

    fn compute(&self, function: &str, argument: &str, object: &Value) -> Value {
        let (spec, status) = (&object["spec"], &object["status"]);
        let value = at(object, argument);
        let names = |key: &str| {
            let holder = [&spec["jobTemplate"]["spec"], object, spec].into_iter().find(|of| of["template"].is_object());
            let template = holder.map_or(&Value::Null, |of| &of["template"]);
            joined(list(&template["spec"]["containers"]).iter().map(|container| &container[key]))
        };
        match function {
            "age" => self.created(object),
            "since" => none_if_empty(if value.is_null() { String::new() } else { self.since(value) }),
            "or_none" => or_none(value),
            "or_na" if value.is_null() => "N/A".into(),
            "or_na" => text(value).into(),
            "unset" | "parameters" if value.is_null() => "<unset>".into(),
            "limit" if value.is_null() => "<none>".into(),
            "unset" | "limit" => value.clone(),
            "true" => (value == true).into(),
            "join" => joined(list(value)).into(),
            "lasting" => none_if_empty(value.as_i64().map(age::duration).unwrap_or_default()),
            "count" => list(value).len().into(),
            "entries" => {
                let size = |key: &str| object[key].as_object().map_or(0, serde_json::Map::len);
                (size("data") + size("binaryData")).into()
            }
            "pairs" => pairs(value),
            "containers" => names("name").into(),
            "images" => names("image").into(),
            "selector" => pairs(&spec["selector"]["matchLabels"]),
            "of" => {
                let (done, wanted) = argument.split_once(' ').unwrap_or_default();
                let number = |path: &str| at(object, path).as_i64().unwrap_or(0);
                format!("{}/{}", number(done), number(wanted)).into()
            }
            "capital" => if value == true { "True" } else { "False" }.into(),
            "phase" => {
                let deleted = object["metadata"]["deletionTimestamp"].is_string();
                if deleted { "Terminating".into() } else { status["phase"].clone() }
            }
            "access_modes" => {
                let short = |mode: &Value| match mode.as_str() {
                    Some("ReadWriteOnce") => "RWO",
                    Some("ReadOnlyMany") => "ROX",
                    Some("ReadWriteMany") => "RWX",
                    _ => "RWOP",
                };
                list(&spec["accessModes"]).iter().map(short).collect::<Vec<_>>().join(",").into()
            }
            "claim" => {
                let claim = &spec["claimRef"];
                let named = !claim.is_null();
                if named { format!("{}/{}", text(&claim["namespace"]), text(&claim["name"])).into() } else { "".into() }
            }
            "reference" => format!("{}/{}", text(&value["kind"]), text(&value["name"])).into(),
            "controller" => {
                let owner = &object["metadata"]["ownerReferences"][0];
                format!("{}.apps/{}", text(&owner["kind"]).to_lowercase(), text(&owner["name"])).into()
            }
            "subjects" => {
                let of_kind = list(&object["subjects"]).iter().filter(|subject| subject["kind"] == argument);
                let name = |subject: &Value| match subject["namespace"].as_str() {
                    Some(namespace) => format!("{namespace}/{}", text(&subject["name"])),
                    None => text(&subject["name"]),
                };
                of_kind.map(name).collect::<Vec<_>>().join(", ").into()
            }
            "usage" => usage(object, argument),
            "storage_class" => {
                let name = text(&object["metadata"]["name"]);
                let annotations = &object["metadata"]["annotations"];
                let default = annotations["storageclass.kubernetes.io/is-default-class"] == "true";
                if default { format!("{name} (default)").into() } else { name.into() }
            }
            "quota" => quota(status, argument == "limits"),
            "parameters" => format!("{}/{}", text(&value["apiVersion"]), text(&value["kind"])).into(),
            "signing" => signing(status),
            // `?` is what a server says that has not looked yet.
            "missing_level" => condition(status, "Dangling").map_or("?".into(), |known| known["status"].clone()),
            "api_service" => match &spec["service"] {
                Value::Null => "Local".into(),
                service => format!("{}/{}", text(&service["namespace"]), text(&service["name"])).into(),
            },
            "api_available" => match condition(status, "Available") {
                Some(known) if known["status"] == "True" => "True".into(),
                Some(known) => format!("{} ({})", text(&known["status"]), text(&known["reason"])).into(),
                None => "Unknown".into(),
            },
            "job_status" => job_status(object),
            "job_duration" => self.job_duration(status),
            _ => network(function, object),
        }
    }

    fn job_duration(&self, status: &Value) -> Value {
        let moment = |value: &Value| value.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
        let Some(start) = moment(&status["startTime"]) else { return "".into() };
        let end = moment(&status["completionTime"]).map_or(self.now, jiff::Timestamp::as_millisecond);
        age::duration((end - start.as_millisecond()) / 1_000).into()
    }
}

pub(super) fn condition<'a>(status: &'a Value, kind: &str) -> Option<&'a Value> {
    list(&status["conditions"]).iter().find(|known| known["type"] == kind)
}

/// What became of a request for a certificate.
fn signing(status: &Value) -> Value {
    let holds = |kind: &&str| condition(status, kind).is_some();
    let mut word = ["Denied", "Approved"].into_iter().find(holds).unwrap_or("Pending").to_owned();
    if condition(status, "Failed").is_some() {
        word.push_str(",Failed");
    }
    if status["certificate"].is_string() {
        word.push_str(",Issued");
    }
    word.into()
}

/// The first three of a list, and how many more there are.
fn first_three(items: &[String], none: &str) -> Value {
    let shown = items.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(",");
    match items.len() {
        0 => none.into(),
        4.. => format!("{shown} + {} more...", items.len() - 3).into(),
        _ => shown.into(),
    }
}

fn job_status(job: &Value) -> Value {
    let words = ["Complete", "Failed", "Suspended", "FailureTarget", "SuccessCriteriaMet"];
    let word = words.into_iter().find(|word| holds(job, word));
    if job["metadata"]["deletionTimestamp"].is_string() {
        "Terminating".into()
    } else {
        word.unwrap_or("Running").into()
    }
}

fn usage(object: &Value, resource: &str) -> Value {
    let digits = |text: &str| text.trim_end_matches(|c: char| !c.is_ascii_digit()).parse::<u64>().unwrap_or(0);
    let containers = list(&object["containers"]).iter();
    let sum: u64 = containers.map(|container| digits(container["usage"][resource].as_str().unwrap_or("0"))).sum();
    if resource == "cpu" { format!("{sum}n").into() } else { format!("{sum}Ki").into() }
}

fn quota(status: &Value, limits: bool) -> Value {
    let hard = status["hard"].as_object().into_iter().flatten();
    let of_kind = hard.filter(|(key, _)| key.starts_with("limits.") == limits);
    let show = |(key, hard): (&String, &Value)| {
        let used = text(&status["used"][key]);
        format!("{key}: {}/{}", if used.is_empty() { "0" } else { &used }, text(hard))
    };
    of_kind.map(show).collect::<Vec<_>>().join(", ").into()
}

/// Cells of services, slices, ingresses and autoscalers.
fn network(function: &str, object: &Value) -> Value {
    let (spec, status) = (&object["spec"], &object["status"]);
    let addresses = || {
        let points = list(&status["loadBalancer"]["ingress"]).iter();
        joined(points.map(|point| if point["ip"].is_string() { &point["ip"] } else { &point["hostname"] }))
    };
    match function {
        "external_ip" => match spec["type"].as_str() {
            Some("LoadBalancer") if addresses().is_empty() => "<pending>".into(),
            Some("LoadBalancer") => addresses().into(),
            Some("ExternalName") => spec["externalName"].clone(),
            _ => none_if_empty(joined(list(&spec["externalIPs"]))),
        },
        "service_ports" => {
            let port = |port: &Value| match port["nodePort"].as_i64() {
                Some(node) => format!("{}:{node}/{}", port["port"], text(&port["protocol"])),
                None => format!("{}/{}", port["port"], text(&port["protocol"])),
            };
            none_if_empty(list(&spec["ports"]).iter().map(port).collect::<Vec<_>>().join(","))
        }
        "slice_ports" => {
            let ports: Vec<String> = list(&object["ports"]).iter().map(|port| text(&port["port"])).collect();
            first_three(&ports, "<unset>")
        }
        "slice_endpoints" => {
            let addresses = list(&object["endpoints"]).iter().flat_map(|point| list(&point["addresses"])).map(text);
            first_three(&addresses.collect::<Vec<_>>(), "<unset>")
        }
        "endpoints" => {
            let mut points = Vec::new();
            for subset in list(&object["subsets"]) {
                let addresses = || list(&subset["addresses"]).iter().map(|address| text(&address["ip"]));
                match list(&subset["ports"]) {
                    [] => points.extend(addresses()),
                    ports => ports.iter().for_each(|port| {
                        points.extend(addresses().map(|address| format!("{address}:{}", port["port"])));
                    }),
                }
            }
            first_three(&points, "<none>")
        }
        "hosts" => {
            let hosts = joined(list(&spec["rules"]).iter().map(|rule| &rule["host"]));
            if hosts.is_empty() { "*".into() } else { hosts.into() }
        }
        "ingress_address" => addresses().into(),
        "ingress_ports" => {
            if list(&spec["tls"]).is_empty() {
                "80".into()
            } else {
                "80, 443".into()
            }
        }
        "hpa_targets" => {
            let target = &spec["metrics"][0]["resource"]["target"]["averageUtilization"];
            let current = &status["currentMetrics"][0]["resource"]["current"]["averageUtilization"];
            let current = current.as_i64().map_or_else(|| "<unknown>".to_owned(), |percent| format!("{percent}%"));
            format!("cpu: {current}/{target}%").into()
        }
        _ => Value::Null,
    }
}
