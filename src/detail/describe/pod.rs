//! Pods, and the template of pods that workloads carry. Must not know single containers.

use super::How::{Notes, Number, Pairs, Time, Word};
use super::Part::{self, Do, Field, May};
use super::{containers, controlled_by, field, volumes};
use crate::detail::at::At;
use crate::detail::doc::Ink;
use crate::detail::page::Sources;
use crate::detail::section::Reference;
use crate::detail::sheet::{Cell, NONE, Row, Sheet};
use crate::detail::value::{moment, selector};

/// A pod.
pub const POD: &[Part] = &[
    Field("Name", "metadata.name", Word),
    Field("Namespace", "metadata.namespace", Word),
    Field("Priority", "spec.priority", Number),
    May("Priority Class Name", "spec.priorityClassName", Word),
    May("Runtime Class Name", "spec.runtimeClassName", Word),
    Do(account),
    Do(node),
    May("Start Time", "status.startTime", Time),
    Field("Labels", "metadata.labels", Pairs),
    Field("Annotations", "metadata.annotations", Notes),
    Do(status),
    May("Reason", "status.reason", Word),
    May("Message", "status.message", Word),
    May("SeccompProfile", "spec.securityContext.seccompProfile.type", Word),
    Field("IP", "status.podIP", Word),
    Do(addresses),
    Do(controlled_by),
    May("NominatedNodeName", "status.nominatedNodeName", Word),
    Do(all_containers),
    Do(gates),
    Do(conditions),
    Do(|sheet, at, _| volumes::write(sheet, at.field("spec"))),
    May("QoS Class", "status.qosClass", Word),
    Field("Node-Selectors", "spec.nodeSelector", Pairs),
    Do(|sheet, at, _| tolerations(sheet, at.field("spec"))),
    Do(|sheet, at, _| spread(sheet, at.field("spec"))),
];

fn all_containers(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    containers::write(sheet, at.field("spec"), Some(at));
}

fn account(sheet: &mut Sheet, at: At<'_>, sources: &Sources<'_>) {
    let name = at.path("spec.serviceAccountName");
    if !name.is_empty() {
        let to = here(sources, "ServiceAccount", name.text());
        sheet.link("Service Account", name.text(), to, name);
    }
}

/// An object of the core group in the same namespace.
fn here(sources: &Sources<'_>, kind: &str, name: &str) -> Reference {
    Reference {
        api_version: "v1".to_owned(),
        kind: kind.to_owned(),
        namespace: sources.reference.namespace.to_string(),
        name: name.to_owned(),
        uid: None,
    }
}

fn node(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let name = at.path("spec.nodeName");
    if name.is_empty() {
        return sheet.toned("Node", NONE, Ink::Dim, name.changed());
    }
    let to = Reference { namespace: String::new(), ..Reference::named("v1", "Node", name.text()) };
    sheet.link("Node", format!("{}/{}", name.text(), at.path("status.hostIP").text()), to, name);
}

fn status(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let phase = at.path("status.phase");
    let ended = matches!(phase.text(), "Failed" | "Succeeded");
    if let Some(deleted) = moment(at.path("metadata.deletionTimestamp")).filter(|_| !ended) {
        let grace = at.path("metadata.deletionGracePeriodSeconds");
        sheet.ending("Status", deleted, at.path("metadata.deletionTimestamp").changed());
        sheet.field("Termination Grace Period", format!("{}s", grace.number()), grace);
        return;
    }
    let ink = match phase.text() {
        "Failed" => Ink::Bad,
        "Pending" => Ink::Warn,
        _ => Ink::Text,
    };
    sheet.toned("Status", phase.text(), ink, phase.changed());
}

fn addresses(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let all = at.path("status.podIPs");
    if all.is_empty() {
        return sheet.toned("IPs", NONE, Ink::Dim, all.changed());
    }
    sheet.heading("IPs");
    sheet.inside(|sheet| {
        for ip in all.items() {
            field(sheet, "IP", ip.field("ip"), Word);
        }
    });
}

fn gates(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let gates = at.path("spec.readinessGates");
    if gates.is_empty() {
        return;
    }
    let row = |gate: At<'_>| {
        let kind = gate.field("conditionType").text();
        let found = at.path("status.conditions").items().find(|condition| condition.field("type").text() == kind);
        let status = found.map_or("<none>", |condition| condition.field("status").text());
        Row { cells: vec![Cell::text(kind), Cell::text(status)], ..Row::default() }
    };
    sheet.heading("Readiness Gates");
    sheet.inside(|sheet| sheet.table(&["Type", "Status"], false, gates.items().map(row).collect()));
}

/// Conditions with their status; what is not as it should be stands out.
fn conditions(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let all = at.path("status.conditions");
    if all.is_empty() {
        return;
    }
    let reasons = all.items().any(|condition| !condition.field("reason").is_empty());
    let row = |condition: At<'_>| {
        let status = condition.field("status").text();
        let ink = if status == "True" { Ink::Text } else { Ink::Warn };
        let mut cells = vec![Cell::text(condition.field("type").text()), Cell::new(status, ink)];
        if reasons {
            cells.push(Cell::text(condition.field("reason").text()));
            cells.push(Cell::text(condition.field("message").text()));
        }
        Row { cells, changed: condition.field("status").changed(), link: None }
    };
    let headings: &[&str] = if reasons { &["Type", "Status", "Reason", "Message"] } else { &["Type", "Status"] };
    sheet.heading("Conditions");
    sheet.inside(|sheet| sheet.table(headings, false, all.items().map(row).collect()));
}

/// Writes what a pod puts up with.
pub fn tolerations(sheet: &mut Sheet, spec: At<'_>) {
    let one = |toleration: At<'_>| {
        let text = |name: &str| toleration.field(name).text().to_owned();
        let mut out = text("key");
        if !toleration.field("value").is_empty() {
            out = format!("{out}={}", text("value"));
        }
        if !toleration.field("effect").is_empty() {
            out = format!("{out}:{}", text("effect"));
        }
        if toleration.field("operator").text() == "Exists" && toleration.field("value").is_empty() {
            out = if out.is_empty() { "op=Exists".to_owned() } else { format!("{out} op=Exists") };
        }
        if let Some(seconds) = toleration.field("tolerationSeconds").now.as_i64() {
            out = format!("{out} for {seconds}s");
        }
        (out, toleration.changed())
    };
    sheet.values("Tolerations", spec.field("tolerations").items().map(one).collect());
}

fn spread(sheet: &mut Sheet, spec: At<'_>) {
    let one = |constraint: At<'_>| {
        let skew = constraint.field("maxSkew").number();
        let when = constraint.field("whenUnsatisfiable").text();
        let of = selector(constraint.field("labelSelector"));
        let key = constraint.field("topologyKey").text();
        (format!("{key}:{when} when max skew {skew} is exceeded for selector {of}"), constraint.changed())
    };
    let constraints = spec.field("topologySpreadConstraints");
    if !constraints.is_empty() {
        sheet.values("Topology Spread Constraints", constraints.items().map(one).collect());
    }
}

/// Writes the template of a workload's pods.
pub fn template(sheet: &mut Sheet, template: At<'_>) {
    let spec = template.field("spec");
    sheet.heading("Pod Template");
    sheet.inside(|sheet| {
        field(sheet, "Labels", template.path("metadata.labels"), Pairs);
        if !template.path("metadata.annotations").is_empty() {
            field(sheet, "Annotations", template.path("metadata.annotations"), Notes);
        }
        if !spec.field("serviceAccountName").is_empty() {
            field(sheet, "Service Account", spec.field("serviceAccountName"), Word);
        }
        containers::write(sheet, spec, None);
        volumes::write(sheet, spec);
        spread(sheet, spec);
        if !spec.field("priorityClassName").is_empty() {
            field(sheet, "Priority Class Name", spec.field("priorityClassName"), Word);
        }
        field(sheet, "Node-Selectors", spec.field("nodeSelector"), Pairs);
        tolerations(sheet, spec);
    });
}
