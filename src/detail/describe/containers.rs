//! Containers, of a running pod or of a template: what they are, how they do, what they need. Must not know whose.

use serde_json::Value;

use super::{How, field};
use crate::detail::at::At;
use crate::detail::doc::Ink;
use crate::detail::sheet::{NONE, Sheet};
use crate::detail::value::{list, time};

/// The lists of containers in a pod's spec, with their titles and where their states are.
pub const LISTS: [(&str, &str, &str); 3] = [
    ("Init Containers", "initContainers", "initContainerStatuses"),
    ("Containers", "containers", "containerStatuses"),
    ("Ephemeral Containers", "ephemeralContainers", "ephemeralContainerStatuses"),
];

/// Writes every container of a pod's spec; their states too where the spec is that of a pod and not of a template.
pub fn write(sheet: &mut Sheet, spec: At<'_>, pod: Option<At<'_>>) {
    let status = pod.map(|pod| pod.field("status"));
    for (title, field, states) in LISTS {
        let containers = spec.field(field);
        if containers.is_empty() {
            continue;
        }
        sheet.heading(title);
        // The containers of a template stand one cell in, those of a pod two; the difference is of no use here.
        sheet.inside(|sheet| {
            for container in containers.items() {
                let name = container.field("name");
                let state = status.map(|status| state_of(status.field(states), name.text()));
                sheet.heading(name.text());
                sheet.inside(|sheet| one(sheet, container, state.flatten(), pod));
            }
        });
    }
}

/// The state of the container of that name.
pub fn state_of<'a>(states: At<'a>, name: &str) -> Option<At<'a>> {
    states.items().find(|state| state.field("name").text() == name)
}

fn one(sheet: &mut Sheet, container: At<'_>, state: Option<At<'_>>, pod: Option<At<'_>>) {
    if let Some(state) = state {
        field(sheet, "Container ID", state.field("containerID"), How::Word);
    }
    field(sheet, "Image", container.field("image"), How::Word);
    if let Some(state) = state {
        field(sheet, "Image ID", state.field("imageID"), How::Word);
    }
    ports(sheet, container);
    for (title, name) in [("Command", "command"), ("Args", "args")] {
        let words = container.field(name);
        if !words.is_empty() {
            sheet.heading(title);
            sheet.inside(|sheet| {
                for word in words.items() {
                    for line in word.word().lines() {
                        sheet.plain(line, Ink::Text, word.changed());
                    }
                }
            });
        }
    }
    if pod.is_some()
        && let Some(state) = state
    {
        states(sheet, state);
    }
    resources(sheet, container);
    for (title, name) in [("Liveness", "livenessProbe"), ("Readiness", "readinessProbe"), ("Startup", "startupProbe")] {
        let probe = container.field(name);
        if !probe.is_empty() {
            sheet.field(title, describe_probe(probe), probe);
        }
    }
    environment(sheet, container, pod);
    mounts(sheet, container);
}

fn ports(sheet: &mut Sheet, container: At<'_>) {
    let all = container.field("ports");
    let join = |number: &str| {
        let one = |port: At<'_>| {
            let protocol = port.field("protocol").now.as_str().unwrap_or("TCP");
            format!("{}/{protocol}", port.field(number).number())
        };
        all.items().map(one).collect::<Vec<_>>().join(", ")
    };
    let many = if all.items().count() > 1 { "s" } else { "" };
    let or_none = |text: String| if text.is_empty() { NONE.to_owned() } else { text };
    sheet.field(&format!("Port{many}"), or_none(join("containerPort")), all);
    sheet.field(&format!("Host Port{many}"), or_none(join("hostPort")), all);
}

fn states(sheet: &mut Sheet, state: At<'_>) {
    one_state(sheet, "State", state.field("state"));
    if !state.field("lastState").is_empty() {
        one_state(sheet, "Last State", state.field("lastState"));
    }
    let ready = state.field("ready");
    let ink = if ready.is_true() || state.path("state.terminated.exitCode").now.as_i64() == Some(0) {
        Ink::Text
    } else {
        Ink::Warn
    };
    sheet.toned("Ready", if ready.is_true() { "True" } else { "False" }, ink, ready.changed());
    let restarts = state.field("restartCount");
    sheet.field("Restart Count", restarts.number().to_string(), restarts);
}

fn one_state(sheet: &mut Sheet, title: &str, state: At<'_>) {
    let (word, at) = [("Running", "running"), ("Waiting", "waiting"), ("Terminated", "terminated")]
        .into_iter()
        .find_map(|(word, name)| Some((word, state.field(name))).filter(|(_, at)| !at.now.is_null()))
        .unwrap_or(("Waiting", state.field("waiting")));
    let failed = at.field("exitCode").number() != 0;
    let ink = match word {
        "Running" => Ink::Good,
        "Terminated" if failed => Ink::Bad,
        "Terminated" => Ink::Text,
        _ => Ink::Warn,
    };
    sheet.toned(title, word, ink, state.changed());
    sheet.inside(|sheet| {
        let bad =
            matches!(at.field("reason").text(), "OOMKilled" | "Error" | "CrashLoopBackOff" | "ContainerCannotRun");
        if !at.field("reason").is_empty() {
            let ink = if bad { Ink::Bad } else { Ink::Text };
            sheet.toned("Reason", at.field("reason").text(), ink, at.field("reason").changed());
        }
        if !at.field("message").is_empty() {
            let lines = at.field("message").text().lines().map(|line| (line.to_owned(), at.field("message").changed()));
            sheet.values("Message", lines.collect());
        }
        if word == "Terminated" {
            let ink = if failed { Ink::Bad } else { Ink::Text };
            let code = at.field("exitCode");
            sheet.toned("Exit Code", code.number().to_string(), ink, code.changed());
            if at.field("signal").number() > 0 {
                field(sheet, "Signal", at.field("signal"), How::Number);
            }
        }
        for (title, name) in [("Started", "startedAt"), ("Finished", "finishedAt")] {
            if let Some(moment) = time(at.field(name)) {
                sheet.field(title, moment, at.field(name));
            }
        }
    });
}

fn resources(sheet: &mut Sheet, container: At<'_>) {
    for (title, name) in [("Limits", "limits"), ("Requests", "requests")] {
        let amounts = container.field("resources").field(name);
        if !amounts.is_empty() {
            sheet.heading(title);
            sheet.inside(|sheet| {
                for (resource, amount) in amounts.fields() {
                    sheet.field(resource, amount.word(), amount);
                }
            });
        }
    }
}

fn describe_probe(probe: At<'_>) -> String {
    let of = |name: &str, default: i64| probe.field(name).now.as_i64().unwrap_or(default);
    let attributes = format!(
        "delay={}s timeout={}s period={}s #success={} #failure={}",
        of("initialDelaySeconds", 0),
        of("timeoutSeconds", 1),
        of("periodSeconds", 10),
        of("successThreshold", 1),
        of("failureThreshold", 3)
    );
    let what = if let http @ Value::Object(_) = probe.field("httpGet").now {
        let at = At::still(http);
        let scheme = at.field("scheme").now.as_str().unwrap_or("HTTP").to_lowercase();
        format!(
            "http-get {scheme}://{}:{}{}",
            at.field("host").text(),
            at.field("port").word(),
            at.field("path").text()
        )
    } else if !probe.field("exec").is_empty() {
        format!("exec [{}]", list(probe.path("exec.command"), " "))
    } else if !probe.field("tcpSocket").is_empty() {
        format!("tcp-socket {}:{}", probe.path("tcpSocket.host").text(), probe.path("tcpSocket.port").word())
    } else if !probe.field("grpc").is_empty() {
        format!("grpc <pod>:{} {}", probe.path("grpc.port").word(), probe.path("grpc.service").text())
    } else {
        "unknown".to_owned()
    };
    format!("{what} {attributes}")
}

fn environment(sheet: &mut Sheet, container: At<'_>, pod: Option<At<'_>>) {
    let sources = container.field("envFrom");
    if !sources.is_empty() {
        sheet.heading("Environment Variables from");
        sheet.inside(|sheet| {
            for source in sources.items() {
                let (kind, at) = match source.field("configMapRef").now {
                    Value::Null => ("Secret", source.field("secretRef")),
                    _ => ("ConfigMap", source.field("configMapRef")),
                };
                let text = format!("{}  {kind}  Optional: {}", at.field("name").text(), at.field("optional").is_true());
                sheet.plain(&text, Ink::Text, source.changed());
            }
        });
    }
    let variables = container.field("env");
    if variables.is_empty() {
        return sheet.toned("Environment", NONE, Ink::Dim, variables.changed());
    }
    sheet.heading("Environment");
    sheet.inside(|sheet| {
        for variable in variables.items() {
            let text = match variable.field("valueFrom").now {
                Value::Null => variable.field("value").word(),
                _ => variable_source(variable.field("valueFrom"), pod),
            };
            sheet.field(variable.field("name").text(), text, variable);
        }
    });
}

fn variable_source(from: At<'_>, pod: Option<At<'_>>) -> String {
    let key = |at: At<'_>, kind: &str| {
        let optional = at.field("optional").is_true();
        format!(
            "<set to the key '{}' in {kind} '{}'>  Optional: {optional}",
            at.field("key").text(),
            at.field("name").text()
        )
    };
    if !from.field("secretKeyRef").is_empty() {
        key(from.field("secretKeyRef"), "secret")
    } else if !from.field("configMapKeyRef").is_empty() {
        key(from.field("configMapKeyRef"), "config map")
    } else if !from.field("fieldRef").is_empty() {
        let version = from.path("fieldRef.apiVersion").now.as_str().unwrap_or("v1");
        let path = from.path("fieldRef.fieldPath").text();
        format!("{} ({version}:{path})", pod.map_or("", |pod| of_pod(pod, path)))
    } else {
        let at = from.field("resourceFieldRef");
        format!("{} ({})", at.field("containerName").text(), at.field("resource").text())
    }
}

/// What a variable gets from its pod: only what stands in the metadata is known beforehand.
fn of_pod<'a>(pod: At<'a>, path: &str) -> &'a str {
    let metadata = pod.field("metadata");
    match path.strip_prefix("metadata.") {
        Some(name @ ("name" | "namespace" | "uid")) => metadata.field(name).text(),
        Some(rest) => {
            let entry = rest.strip_suffix("']").and_then(|rest| rest.split_once("['"));
            entry.map_or("", |(map, key)| metadata.field(map).field(key).text())
        }
        None => "",
    }
}

fn mounts(sheet: &mut Sheet, container: At<'_>) {
    let all = container.field("volumeMounts");
    if all.is_empty() {
        return sheet.toned("Mounts", NONE, Ink::Dim, all.changed());
    }
    sheet.heading("Mounts");
    sheet.inside(|sheet| {
        for mount in all.items() {
            let mut flags = vec![if mount.field("readOnly").is_true() { "ro" } else { "rw" }.to_owned()];
            if !mount.field("subPath").is_empty() {
                flags.push(format!("path=\"{}\"", mount.field("subPath").text()));
            }
            let (path, name) = (mount.field("mountPath").text(), mount.field("name").text());
            sheet.plain(&format!("{path} from {name} ({})", flags.join(",")), Ink::Text, mount.changed());
        }
    });
}
