//! Owns the JSON a real server would show for a pod: metadata here, the rest beside. Must not know why a pod changes.

mod spec;
mod status;

use super::{GRACE_SECONDS, Pod};
use crate::sim::json::JsonWriter;
use crate::sim::names;
use crate::sim::world::events::timestamp;
use crate::sim::world::nodes::Node;
use crate::sim::world::workload::{Controller, Workload};

/// The JSON of a pod.
pub(in crate::sim::world) fn body(pod: &Pod, workload: &Workload, node: Option<&Node>, version: u64) -> String {
    let volume = format!("kube-api-access-{}", names::suffix(&mut fastrand::Rng::with_seed(pod.uid as u64), 5));
    JsonWriter::document(3_600, |json| {
        json.object("metadata", |json| metadata(json, pod, workload, version));
        json.object("spec", |json| spec::write(json, pod, workload, node, &volume));
        json.object("status", |json| status::write(json, pod, workload, node));
    })
}

fn metadata(json: &mut JsonWriter, pod: &Pod, workload: &Workload, version: u64) {
    let owner = if workload.controller == Controller::Static {
        pod.name.get(workload.name.len() + 1..).unwrap_or_default().to_owned()
    } else {
        workload.owner_name(pod.revision)
    };
    let hash = workload.revisions.get(pod.revision).map_or("", |revision| &revision.hash);
    json.text("name", &pod.name);
    if matches!(workload.controller, Controller::Deployment | Controller::DaemonSet | Controller::CronJob) {
        json.display("generateName", format_args!("{owner}-"));
    }
    json.text("namespace", &workload.namespace);
    json.text("uid", &names::uuid(pod.uid));
    json.display("resourceVersion", version);
    json.number("generation", if pod.deleting.is_some() { 2 } else { 1 });
    json.text("creationTimestamp", &timestamp(pod.created));
    if let Some(asked) = pod.deleting {
        json.text("deletionTimestamp", &timestamp(asked + GRACE_SECONDS * 1_000));
        json.number("deletionGracePeriodSeconds", GRACE_SECONDS);
    }
    json.object("labels", |json| {
        json.text("app.kubernetes.io/name", &workload.name);
        json.text(
            "app.kubernetes.io/version",
            workload.revisions.get(pod.revision).map_or("", |revision| &revision.tag),
        );
        match workload.controller {
            Controller::Deployment => json.text("pod-template-hash", hash),
            Controller::StatefulSet => {
                json.text("apps.kubernetes.io/pod-index", pod.name.rsplit('-').next().unwrap_or_default());
                json.display("controller-revision-hash", format_args!("{owner}-{hash}"));
            }
            Controller::DaemonSet => json.text("controller-revision-hash", hash),
            Controller::CronJob => json.text("job-name", &owner),
            Controller::Static | Controller::Bare => {}
        }
        if !workload.system {
            json.text("team", workload.team);
        }
    });
    if !workload.system {
        json.object("annotations", |json| {
            json.text("prometheus.io/port", "9090");
            json.text("prometheus.io/scrape", "true");
        });
    }
    let (api_version, kind, uid) = match workload.controller {
        Controller::Deployment => ("apps/v1", "ReplicaSet", workload.revisions.get(pod.revision).map_or(0, |r| r.uid)),
        Controller::StatefulSet => ("apps/v1", "StatefulSet", workload.uid),
        Controller::DaemonSet => ("apps/v1", "DaemonSet", workload.uid),
        Controller::CronJob => ("batch/v1", "Job", workload.revisions.get(pod.revision).map_or(0, |r| r.uid)),
        Controller::Static => ("v1", "Node", workload.uid),
        Controller::Bare => return,
    };
    json.array("ownerReferences", |json| {
        json.item(|json| {
            json.text("apiVersion", api_version);
            json.text("kind", kind);
            json.text("name", &owner);
            json.text("uid", &names::uuid(uid));
            json.boolean("controller", true);
            if kind != "Node" {
                json.boolean("blockOwnerDeletion", true);
            }
        });
    });
}
