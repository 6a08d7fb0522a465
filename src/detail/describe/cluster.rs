//! Nodes with what runs on them, namespaces with their quotas, events. Must not know how pods do.

use super::How::{Notes, OrUnset, Pairs, Time, Word};
use super::Part::{self, Do, Field, May, Under};
use super::{config, field, found};
use crate::detail::at::At;
use crate::detail::doc::Ink;
use crate::detail::page::Sources;
use crate::detail::paths;
use crate::detail::section::Reference;
use crate::detail::sheet::{Cell, NONE, Row, Sheet};
use crate::detail::value::{bytes, cores, moment, percent, thousandths, time};
use crate::model::age::Unix;

/// A node.
pub const NODE: &[Part] = &[
    Field("Name", "metadata.name", Word),
    Do(roles),
    Field("Labels", "metadata.labels", Pairs),
    Field("Annotations", "metadata.annotations", Notes),
    Field("CreationTimestamp", "metadata.creationTimestamp", Time),
    Do(taints),
    Do(unschedulable),
    Do(lease),
    Do(conditions),
    Do(addresses),
    Do(|sheet, at, _| amounts(sheet, "Capacity", at.path("status.capacity"))),
    Do(|sheet, at, _| amounts(sheet, "Allocatable", at.path("status.allocatable"))),
    Under(
        "System Info",
        "status.nodeInfo",
        &[
            Field("Machine ID", "machineID", Word),
            Field("System UUID", "systemUUID", Word),
            Field("Boot ID", "bootID", Word),
            Field("Kernel Version", "kernelVersion", Word),
            Field("OS Image", "osImage", Word),
            Field("Operating System", "operatingSystem", Word),
            Field("Architecture", "architecture", Word),
            Field("Container Runtime Version", "containerRuntimeVersion", Word),
            Field("Kubelet Version", "kubeletVersion", Word),
            Field("Kube-Proxy Version", "kubeProxyVersion", Word),
        ],
    ),
    May("PodCIDR", "spec.podCIDR", Word),
    May("PodCIDRs", "spec.podCIDRs", super::How::List),
    May("ProviderID", "spec.providerID", Word),
    Do(pods),
];

/// A namespace.
pub const NAMESPACE: &[Part] = &[
    Field("Name", "metadata.name", Word),
    Field("Labels", "metadata.labels", Pairs),
    Field("Annotations", "metadata.annotations", Notes),
    Do(phase),
    Do(stuck),
    Do(quotas),
];

/// An event, of either group.
pub const EVENT: &[Part] = &[
    Field("Name", "metadata.name", Word),
    Field("Namespace", "metadata.namespace", Word),
    Field("Type", "type", Word),
    Field("Reason", "reason", Word),
    May("Message", "message", Word),
    May("Note", "note", Word),
    Do(regarding),
    May("First Seen", "firstTimestamp", Time),
    May("Last Seen", "lastTimestamp", Time),
    May("Event Time", "eventTime", Time),
    May("Count", "count", Word),
    May("Source", "source.component", Word),
    May("Host", "source.host", Word),
    May("Reporting Controller", "reportingComponent", Word),
    Field("Labels", "metadata.labels", Pairs),
    Field("Annotations", "metadata.annotations", Notes),
];

fn roles(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let labels = at.path("metadata.labels");
    let named = labels.fields().filter_map(|(name, value)| match name {
        "kubernetes.io/role" => Some(value.text()),
        name => name.strip_prefix("node-role.kubernetes.io/"),
    });
    let all = named.filter(|role| !role.is_empty()).collect::<Vec<_>>().join(",");
    sheet.field("Roles", if all.is_empty() { NONE.to_owned() } else { all }, labels);
}

fn taints(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let one = |taint: At<'_>| {
        let value = taint.field("value").text();
        let sign = if value.is_empty() { "" } else { "=" };
        (format!("{}{sign}{value}:{}", taint.field("key").text(), taint.field("effect").text()), taint.changed())
    };
    let mut all: Vec<At<'_>> = at.path("spec.taints").items().collect();
    // The most forbidding first, as kubectl has them.
    let forbids = ["NoExecute", "NoSchedule", "PreferNoSchedule"];
    let rank = |taint: &At<'_>| forbids.iter().position(|effect| *effect == taint.field("effect").text());
    all.sort_by(|one, other| (rank(one), one.field("key").text()).cmp(&(rank(other), other.field("key").text())));
    sheet.values("Taints", all.into_iter().map(one).collect());
}

fn unschedulable(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let flag = at.path("spec.unschedulable");
    let ink = if flag.is_true() { Ink::Warn } else { Ink::Text };
    sheet.toned("Unschedulable", flag.is_true().to_string(), ink, flag.changed());
}

fn lease(sheet: &mut Sheet, at: At<'_>, sources: &Sources<'_>) {
    let Some(Ok(lease)) = sources.beside.get(&paths::lease(&sources.reference.name)) else { return };
    let spec = At::still(&lease.0).in_zone(at.zone).field("spec");
    sheet.heading("Lease");
    sheet.inside(|sheet| {
        field(sheet, "HolderIdentity", spec.field("holderIdentity"), OrUnset);
        field(sheet, "AcquireTime", spec.field("acquireTime"), Time);
        match moment(spec.field("renewTime")) {
            Some(renewed) => sheet.age("Renewed (age)", renewed, spec.field("holderIdentity")),
            None => field(sheet, "RenewTime", spec.field("renewTime"), Time),
        }
    });
}

fn conditions(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let row = |condition: At<'_>| {
        let (kind, status) = (condition.field("type").text(), condition.field("status").text());
        let well = if kind == "Ready" { status == "True" } else { status == "False" };
        let written = |name: &str| time(condition.field(name)).unwrap_or_default();
        let cells = vec![
            Cell::text(kind),
            Cell::new(status, if well { Ink::Text } else { Ink::Bad }),
            Cell::text(written("lastHeartbeatTime")),
            Cell::text(written("lastTransitionTime")),
            Cell::text(condition.field("reason").text()),
            Cell::text(condition.field("message").text()),
        ];
        // The heartbeat changes by itself, and says nothing by that.
        Row { cells, changed: condition.field("status").changed() || condition.field("reason").changed(), link: None }
    };
    sheet.heading("Conditions");
    sheet.inside(|sheet| {
        let headings = ["Type", "Status", "LastHeartbeatTime", "LastTransitionTime", "Reason", "Message"];
        sheet.table(&headings, true, at.path("status.conditions").items().map(row).collect());
    });
}

fn addresses(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    sheet.heading("Addresses");
    sheet.inside(|sheet| {
        for address in at.path("status.addresses").items() {
            sheet.field(address.field("type").text(), address.field("address").text(), address);
        }
    });
}

fn amounts(sheet: &mut Sheet, title: &str, all: At<'_>) {
    sheet.heading(title);
    sheet.inside(|sheet| {
        for (name, amount) in all.fields() {
            sheet.field(name, amount.word(), amount);
        }
    });
}

/// What the containers of a pod ask for or may use in all, in thousandths. The largest init container counts if it is
/// more; one that stays beside the others counts with them.
fn total(pod: At<'_>, kind: &str, resource: &str) -> i128 {
    let of = |container: At<'_>| thousandths(container.field("resources").field(kind).field(resource).text());
    let stays = |container: &At<'_>| container.field("restartPolicy").text() == "Always";
    let spec = pod.field("spec");
    let beside: i128 = spec.field("initContainers").items().filter(stays).map(of).sum();
    let running: i128 = spec.field("containers").items().map(of).sum::<i128>() + beside;
    let first = spec.field("initContainers").items().filter(|container| !stays(container)).map(of).max().unwrap_or(0);
    let overhead = thousandths(spec.field("overhead").field(resource).text());
    running.max(first + beside) + if running > 0 || kind == "requests" { overhead } else { 0 }
}

fn pods(sheet: &mut Sheet, at: At<'_>, sources: &Sources<'_>) {
    let path = paths::pods_on(&sources.reference.name);
    match sources.beside.get(&path) {
        None => return sheet.toned("Non-terminated Pods", "...", Ink::Dim, false),
        Some(Err(why)) => return sheet.toned("Non-terminated Pods", format!("unknown: {why}"), Ink::Warn, false),
        Some(Ok(_)) => {}
    }
    let allocatable = match at.path("status.allocatable") {
        none if none.is_empty() => at.path("status.capacity"),
        allocatable => allocatable,
    };
    let whole = |resource: &str| thousandths(allocatable.field(resource).text());
    let told = |amount: i128, resource: &str| {
        let text = if resource == "cpu" { cores(amount) } else { bytes(amount) };
        format!("{text} ({}%)", percent(amount, whole(resource)))
    };
    let all: Vec<At<'_>> = found(sources, &path).map(At::still).collect();
    let row = |pod: &At<'_>| {
        let (namespace, name) = (pod.path("metadata.namespace").text(), pod.path("metadata.name").text());
        let mut cells = vec![Cell::text(namespace), Cell::text(name)];
        for (resource, kind) in [("cpu", "requests"), ("cpu", "limits"), ("memory", "requests"), ("memory", "limits")] {
            cells.push(Cell::text(told(total(*pod, kind, resource), resource)));
        }
        cells.push(Cell::age(moment(pod.path("metadata.creationTimestamp")).unwrap_or(Unix(0))));
        let to = Reference { namespace: namespace.to_owned(), ..Reference::named("v1", "Pod", name) };
        Row { cells, link: Some(to), changed: false }
    };
    sheet.heading(&format!("Non-terminated Pods ({} in total)", all.len()));
    sheet.inside(|sheet| {
        let headings = ["Namespace", "Name", "CPU Requests", "CPU Limits", "Memory Requests", "Memory Limits", "Age"];
        sheet.table(&headings, true, all.iter().map(row).collect());
    });
    sheet.heading("Allocated resources");
    sheet.inside(|sheet| {
        sheet.plain("(Total limits may be over 100 percent, i.e., overcommitted.)", Ink::Dim, false);
        let mut resources: Vec<&str> =
            allocatable.fields().map(|(name, _)| name).filter(|name| *name != "pods").collect();
        let first = ["cpu", "memory", "ephemeral-storage"];
        resources.sort_by_key(|name| (first.iter().position(|known| known == name).unwrap_or(first.len()), *name));
        let row = |resource: &str| {
            let sum = |kind: &str| all.iter().map(|pod| total(*pod, kind, resource)).sum::<i128>();
            let (requests, limits) = (sum("requests"), sum("limits"));
            let ink = if percent(requests, whole(resource)) > 90 { Ink::Warn } else { Ink::Text };
            let cells = vec![
                Cell::text(resource),
                Cell::new(told(requests, resource), ink),
                Cell::text(told(limits, resource)),
            ];
            Row { cells, ..Row::default() }
        };
        sheet.table(&["Resource", "Requests", "Limits"], true, resources.into_iter().map(row).collect());
    });
}

fn phase(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let phase = at.path("status.phase");
    let ink = if phase.text() == "Terminating" { Ink::Warn } else { Ink::Text };
    sheet.toned("Status", phase.text(), ink, phase.changed());
}

/// Why a namespace that is being deleted is still there.
fn stuck(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let all = at.path("status.conditions");
    if all.is_empty() {
        return;
    }
    let row = |condition: At<'_>| {
        let texts = ["type", "status", "reason", "message"].map(|name| condition.field(name).text());
        Row { cells: texts.into_iter().map(Cell::text).collect(), changed: condition.changed(), link: None }
    };
    sheet.heading("Conditions");
    sheet.inside(|sheet| sheet.table(&["Type", "Status", "Reason", "Message"], true, all.items().map(row).collect()));
}

/// Writes one object of a list.
type Written = fn(&mut Sheet, At<'_>);

fn quotas(sheet: &mut Sheet, at: At<'_>, sources: &Sources<'_>) {
    let namespace = at.path("metadata.name").text();
    let lists: [(&str, &str, &str, Written); 2] = [
        ("resourcequotas", "Resource Quotas", "No resource quota.", config::quota),
        ("limitranges", "Resource Limits", "No LimitRange resource.", config::limits),
    ];
    for (plural, title, none, write) in lists {
        let path = paths::of_namespace(namespace, plural);
        sheet.gap();
        match sources.beside.get(&path) {
            None => sheet.toned(title, "...", Ink::Dim, false),
            Some(Err(why)) => sheet.toned(title, format!("unknown: {why}"), Ink::Warn, false),
            Some(Ok(tree)) if tree.0.as_array().is_none_or(Vec::is_empty) => sheet.plain(none, Ink::Dim, false),
            Some(Ok(_)) => {
                sheet.heading(title);
                for object in found(sources, &path).map(At::still) {
                    sheet.inside(|sheet| {
                        field(sheet, "Name", object.path("metadata.name"), Word);
                        write(sheet, object);
                    });
                }
            }
        }
    }
    sheet.gap();
}

fn regarding(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let object = match at.field("involvedObject") {
        none if none.is_empty() => at.field("regarding"),
        object => object,
    };
    let text = |name: &str| object.field(name).text();
    let to = Reference {
        namespace: text("namespace").to_owned(),
        ..Reference::named(text("apiVersion"), text("kind"), text("name"))
    };
    sheet.link("Involved Object", format!("{}/{}", text("kind"), text("name")), to, object);
    if !object.field("fieldPath").is_empty() {
        field(sheet, "Field Path", object.field("fieldPath"), Word);
    }
}
