//! Workloads: what runs pods, how many, and what guards them. Must not know pods beyond their template.

use super::How::{Capital, Flag, Notes, Number, OrNone, OrUnset, Pairs, Selector, Time, Word};
use super::Part::{self, Do, Field, May};
use super::{controlled_by, found, pod};
use crate::detail::at::At;
use crate::detail::doc::Ink;
use crate::detail::page::Sources;
use crate::detail::paths;
use crate::detail::section::Reference;
use crate::detail::sheet::{Cell, NONE, Row, Sheet};
use crate::detail::value::moment;
use crate::model::age::duration;

/// A deployment.
pub const DEPLOYMENT: &[Part] = &[
    Field("Name", "metadata.name", Word),
    Field("Namespace", "metadata.namespace", Word),
    Field("CreationTimestamp", "metadata.creationTimestamp", Time),
    Field("Labels", "metadata.labels", Pairs),
    Field("Annotations", "metadata.annotations", Notes),
    Field("Selector", "spec.selector", Selector),
    Do(deployed),
    Field("StrategyType", "spec.strategy.type", Word),
    Field("MinReadySeconds", "spec.minReadySeconds", Number),
    Do(rolling),
    Do(template),
    Do(conditions),
    Do(replica_sets),
];

/// A replica set.
pub const REPLICA_SET: &[Part] = &[
    Field("Name", "metadata.name", Word),
    Field("Namespace", "metadata.namespace", Word),
    Field("Selector", "spec.selector", Selector),
    Field("Labels", "metadata.labels", Pairs),
    Field("Annotations", "metadata.annotations", Notes),
    Do(controlled_by),
    Do(replicas_of_set),
    Do(pods_status),
    Do(template),
    Do(conditions),
];

/// A stateful set.
pub const STATEFUL_SET: &[Part] = &[
    Field("Name", "metadata.name", Word),
    Field("Namespace", "metadata.namespace", Word),
    Field("CreationTimestamp", "metadata.creationTimestamp", Time),
    Field("Selector", "spec.selector", Selector),
    Field("Labels", "metadata.labels", Pairs),
    Field("Annotations", "metadata.annotations", Notes),
    Do(stateful),
    Field("Update Strategy", "spec.updateStrategy.type", Word),
    Do(partition),
    Do(pods_status),
    Do(template),
    Do(claims),
];

/// A daemon set.
pub const DAEMON_SET: &[Part] = &[
    Field("Name", "metadata.name", Word),
    Field("Namespace", "metadata.namespace", Word),
    Field("Selector", "spec.selector", Selector),
    Field("Node-Selector", "spec.template.spec.nodeSelector", Pairs),
    Field("Labels", "metadata.labels", Pairs),
    Field("Annotations", "metadata.annotations", Notes),
    Field("Desired Number of Nodes Scheduled", "status.desiredNumberScheduled", Number),
    Field("Current Number of Nodes Scheduled", "status.currentNumberScheduled", Number),
    Field("Number of Nodes Scheduled with Up-to-date Pods", "status.updatedNumberScheduled", Number),
    Field("Number of Nodes Scheduled with Available Pods", "status.numberAvailable", Number),
    Field("Number of Nodes Misscheduled", "status.numberMisscheduled", Number),
    Do(pods_status),
    Do(template),
];

/// A job.
pub const JOB: &[Part] = &[
    Field("Name", "metadata.name", Word),
    Field("Namespace", "metadata.namespace", Word),
    Field("Selector", "spec.selector", Selector),
    Field("Labels", "metadata.labels", Pairs),
    Field("Annotations", "metadata.annotations", Notes),
    Do(controlled_by),
    Field("Parallelism", "spec.parallelism", OrUnset),
    Field("Completions", "spec.completions", OrUnset),
    May("Completion Mode", "spec.completionMode", Word),
    Field("Suspend", "spec.suspend", Flag),
    May("Backoff Limit", "spec.backoffLimit", Word),
    May("TTL Seconds After Finished", "spec.ttlSecondsAfterFinished", Word),
    May("Active Deadline Seconds", "spec.activeDeadlineSeconds", Word),
    May("Start Time", "status.startTime", Time),
    May("Completed At", "status.completionTime", Time),
    Do(took),
    Do(job_pods),
    May("Completed Indexes", "status.completedIndexes", Word),
    Do(template),
    Do(conditions),
];

/// A cron job.
pub const CRON_JOB: &[Part] = &[
    Field("Name", "metadata.name", Word),
    Field("Namespace", "metadata.namespace", Word),
    Field("Labels", "metadata.labels", Pairs),
    Field("Annotations", "metadata.annotations", Notes),
    Field("Schedule", "spec.schedule", Word),
    May("Time Zone", "spec.timeZone", Word),
    Field("Concurrency Policy", "spec.concurrencyPolicy", Word),
    Field("Suspend", "spec.suspend", Capital),
    Field("Successful Job History Limit", "spec.successfulJobsHistoryLimit", OrUnset),
    Field("Failed Job History Limit", "spec.failedJobsHistoryLimit", OrUnset),
    Field("Starting Deadline Seconds", "spec.startingDeadlineSeconds", OrUnset),
    Field("Selector", "spec.jobTemplate.spec.selector", OrUnset),
    Field("Parallelism", "spec.jobTemplate.spec.parallelism", OrUnset),
    Field("Completions", "spec.jobTemplate.spec.completions", OrUnset),
    Do(|sheet, at, _| pod::template(sheet, at.path("spec.jobTemplate.spec.template"))),
    Field("Last Schedule Time", "status.lastScheduleTime", Time),
    Do(active),
];

/// An autoscaler.
pub const AUTOSCALER: &[Part] = &[
    Field("Name", "metadata.name", Word),
    Field("Namespace", "metadata.namespace", Word),
    Field("Labels", "metadata.labels", Pairs),
    Field("Annotations", "metadata.annotations", Notes),
    Field("CreationTimestamp", "metadata.creationTimestamp", Time),
    Do(target),
    Do(metrics),
    Field("Min replicas", "spec.minReplicas", OrUnset),
    Field("Max replicas", "spec.maxReplicas", Number),
    Do(scaled),
    Do(conditions),
];

/// A disruption budget.
pub const BUDGET: &[Part] = &[
    Field("Name", "metadata.name", Word),
    Field("Namespace", "metadata.namespace", Word),
    May("Min available", "spec.minAvailable", Word),
    May("Max unavailable", "spec.maxUnavailable", Word),
    Field("Selector", "spec.selector", Selector),
    Part::Under(
        "Status",
        "status",
        &[
            Field("Allowed disruptions", "disruptionsAllowed", Number),
            Field("Current", "currentHealthy", Number),
            Field("Desired", "desiredHealthy", Number),
            Field("Total", "expectedPods", Number),
        ],
    ),
];

fn template(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    pod::template(sheet, at.path("spec.template"));
}

fn deployed(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let status = at.field("status");
    let of = |name: &str| status.field(name).number();
    let desired = at.path("spec.replicas");
    let unavailable = of("unavailableReplicas");
    let text = format!(
        "{} desired | {} updated | {} total | {} available | {unavailable} unavailable",
        desired.number(),
        of("updatedReplicas"),
        of("replicas"),
        of("availableReplicas")
    );
    let counts = ["updatedReplicas", "replicas", "availableReplicas", "unavailableReplicas"];
    let changed = desired.changed() || counts.iter().any(|name| status.field(name).changed());
    sheet.toned("Replicas", text, if unavailable > 0 { Ink::Warn } else { Ink::Text }, changed);
}

fn rolling(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let rolling = at.path("spec.strategy.rollingUpdate");
    if !rolling.is_empty() {
        let (unavailable, surge) = (rolling.field("maxUnavailable").word(), rolling.field("maxSurge").word());
        sheet.field("RollingUpdateStrategy", format!("{unavailable} max unavailable, {surge} max surge"), rolling);
    }
}

fn conditions(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let all = at.path("status.conditions");
    if all.is_empty() {
        return;
    }
    let row = |condition: At<'_>| {
        let (kind, status) = (condition.field("type").text(), condition.field("status").text());
        // Some conditions are good news, some bad.
        let bad = matches!(kind, "Failed" | "FailureTarget" | "ReplicaFailure" | "ScalingLimited");
        let ink = if (status == "True") == bad { Ink::Warn } else { Ink::Text };
        let cells = vec![
            Cell::text(kind),
            Cell::new(status, ink),
            Cell::text(condition.field("reason").text()),
            Cell::text(condition.field("message").text()),
        ];
        Row { cells, changed: condition.field("status").changed() || condition.field("reason").changed(), link: None }
    };
    sheet.heading("Conditions");
    sheet.inside(|sheet| {
        sheet.table(&["Type", "Status", "Reason", "Message"], true, all.items().map(row).collect());
    });
}

/// The replica sets of a deployment: those that go, and the one that comes.
fn replica_sets(sheet: &mut Sheet, at: At<'_>, sources: &Sources<'_>) {
    let uid = at.path("metadata.uid").text();
    let revision = |set: At<'_>| {
        let notes = set.path("metadata.annotations");
        notes.field("deployment.kubernetes.io/revision").text().parse::<u64>().unwrap_or_default()
    };
    let path = paths::replica_sets(sources.reference, at.now);
    let owned =
        |set: &At<'_>| set.path("metadata.ownerReferences").items().any(|owner| owner.field("uid").text() == uid);
    let mut sets: Vec<At<'_>> =
        path.iter().flat_map(|path| found(sources, path)).map(At::still).filter(owned).collect();
    sets.sort_by_key(|set| revision(*set));
    let newest = sets.pop();
    let told = |set: At<'_>| {
        let (created, wanted) = (set.path("status.replicas").number(), set.path("spec.replicas").number());
        format!("{} ({created}/{wanted} replicas created)", set.path("metadata.name").text())
    };
    let old: Vec<String> = sets.into_iter().map(told).collect();
    let text = if old.is_empty() { NONE.to_owned() } else { old.join(", ") };
    sheet.toned("OldReplicaSets", text, if old.is_empty() { Ink::Dim } else { Ink::Text }, false);
    match newest {
        Some(set) => {
            let to = Reference {
                namespace: sources.reference.namespace.to_string(),
                ..Reference::named("apps/v1", "ReplicaSet", set.path("metadata.name").text())
            };
            sheet.link("NewReplicaSet", told(set), to, set);
        }
        None => sheet.toned("NewReplicaSet", NONE, Ink::Dim, false),
    }
}

fn replicas_of_set(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let (current, desired) = (at.path("status.replicas"), at.path("spec.replicas"));
    sheet.field("Replicas", format!("{} current / {} desired", current.number(), desired.number()), current);
}

fn stateful(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let (desired, total) = (at.path("spec.replicas"), at.path("status.replicas"));
    sheet.field("Replicas", format!("{} desired | {} total", desired.number(), total.number()), total);
}

fn partition(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let rolling = at.path("spec.updateStrategy.rollingUpdate");
    if !rolling.is_empty() {
        sheet.inside(|sheet| super::field(sheet, "Partition", rolling.field("partition"), Number));
    }
}

/// The pods that the workload's selector finds and that are its own, by phase.
fn pods_status(sheet: &mut Sheet, at: At<'_>, sources: &Sources<'_>) {
    let uid = at.path("metadata.uid").text();
    let Some(path) = paths::selected_pods(sources.reference, at.now) else { return };
    match sources.beside.get(&path) {
        Some(Err(why)) => return sheet.toned("Pods Status", format!("unknown: {why}"), Ink::Warn, false),
        None => return sheet.toned("Pods Status", "...", Ink::Dim, false),
        Some(Ok(_)) => {}
    }
    let (mut running, mut waiting, mut succeeded, mut failed) = (0, 0, 0, 0);
    for pod in found(sources, &path).map(At::still) {
        if !pod.path("metadata.ownerReferences").items().any(|owner| owner.field("uid").text() == uid) {
            continue;
        }
        match pod.path("status.phase").text() {
            "Running" => running += 1,
            "Succeeded" => succeeded += 1,
            "Failed" => failed += 1,
            _ => waiting += 1,
        }
    }
    let text = format!("{running} Running / {waiting} Waiting / {succeeded} Succeeded / {failed} Failed");
    sheet.toned("Pods Status", text, if failed + waiting > 0 { Ink::Warn } else { Ink::Text }, false);
}

fn claims(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let all = at.path("spec.volumeClaimTemplates");
    if all.is_empty() {
        return sheet.toned("Volume Claims", NONE, Ink::Dim, all.changed());
    }
    sheet.heading("Volume Claims");
    sheet.inside(|sheet| {
        for claim in all.items() {
            super::field(sheet, "Name", claim.path("metadata.name"), Word);
            super::field(sheet, "StorageClass", claim.path("spec.storageClassName"), Word);
            super::field(sheet, "Labels", claim.path("metadata.labels"), Pairs);
            super::field(sheet, "Annotations", claim.path("metadata.annotations"), Notes);
            super::field(sheet, "Capacity", claim.path("spec.resources.requests.storage"), OrNone);
            super::field(sheet, "Access Modes", claim.path("spec.accessModes"), super::How::List);
        }
    });
}

fn took(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let (started, ended) = (moment(at.path("status.startTime")), moment(at.path("status.completionTime")));
    if let (Some(started), Some(ended)) = (started, ended) {
        sheet.field("Duration", duration(started.seconds_until(ended)), at.path("status.completionTime"));
    }
}

fn job_pods(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let status = at.field("status");
    let of = |name: &str| status.field(name).number();
    let (active, ready, succeeded, failed) = (of("active"), of("ready"), of("succeeded"), of("failed"));
    let text = format!("{active} Active ({ready} Ready) / {succeeded} Succeeded / {failed} Failed");
    let changed = ["active", "ready", "succeeded", "failed"].iter().any(|name| status.field(name).changed());
    sheet.toned("Pods Statuses", text, if failed > 0 { Ink::Warn } else { Ink::Text }, changed);
}

fn active(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let all = at.path("status.active");
    let names: Vec<&str> = all.items().map(|job| job.field("name").text()).collect();
    let text = if names.is_empty() { NONE.to_owned() } else { names.join(", ") };
    sheet.field("Active Jobs", text, all);
}

fn target(sheet: &mut Sheet, at: At<'_>, sources: &Sources<'_>) {
    let target = at.path("spec.scaleTargetRef");
    let (kind, name) = (target.field("kind").text(), target.field("name").text());
    let to = Reference {
        namespace: sources.reference.namespace.to_string(),
        ..Reference::named(target.field("apiVersion").text(), kind, name)
    };
    sheet.link("Reference", format!("{kind}/{name}"), to, target);
}

/// What an autoscaler goes by: current and wanted.
fn metrics(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let all = at.path("spec.metrics");
    if all.is_empty() {
        return;
    }
    let current = at.path("status.currentMetrics");
    sheet.field("Metrics", "( current / target )", all);
    sheet.inside(|sheet| {
        for (metric, now) in all.items().zip(current.items().map(Some).chain(std::iter::repeat(None))) {
            let kind = metric.field("type").text();
            let part = match kind {
                "ContainerResource" => "containerResource".to_owned(),
                kind => kind.to_lowercase(),
            };
            let of = metric.field(&part);
            let (name, target) = (of.field("name").text(), of.field("target"));
            let share = !target.field("averageUtilization").is_empty();
            let average = if target.field("averageValue").is_empty() { "" } else { "average " };
            let whose = match kind {
                "Resource" => format!("resource {name} on pods"),
                "ContainerResource" => {
                    format!("resource {name} of container {:?} on pods", of.field("container").text())
                }
                "Pods" => format!("{:?} on pods", of.path("metric.name").text()),
                "Object" => {
                    let (other, metric) = (of.field("describedObject"), of.path("metric.name").text());
                    let object = format!("{}/{}", other.field("kind").text(), other.field("name").text());
                    format!("{metric:?} on {object} (target {average}value)")
                }
                _ => format!("{:?} (target {average}value)", of.path("metric.name").text()),
            };
            let title = if share { format!("{whose}  (as a percentage of request)") } else { whose };
            let has = now.map_or("<unknown>".to_owned(), |now| amount(now.field(&part).field("current"), share));
            sheet.field(&title, format!("{has} / {}", amount(target, share)), metric);
        }
    });
}

/// An amount; a share of what is asked for with what it comes to, where that is known.
fn amount(at: At<'_>, share: bool) -> String {
    let unknown = || "<unknown>".to_owned();
    let (percent, average) = (at.field("averageUtilization"), at.field("averageValue"));
    if share {
        let absolute = if average.is_empty() { String::new() } else { format!(" ({})", average.word()) };
        return percent.now.as_i64().map_or_else(unknown, |percent| format!("{percent}%{absolute}"));
    }
    [average, at.field("value")].iter().find(|part| !part.is_empty()).map_or_else(unknown, At::word)
}

fn scaled(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let (current, desired) = (at.path("status.currentReplicas"), at.path("status.desiredReplicas"));
    let text = format!("{} current / {} desired", current.number(), desired.number());
    let kind = at.path("spec.scaleTargetRef.kind").text();
    sheet.toned(&format!("{kind} pods"), text, Ink::Text, current.changed() || desired.changed());
}
