//! Owns the JSON a real server would show for a pod: metadata here, the status beside. Must not know why a pod changes.

mod status;

use std::sync::Arc;

use super::Pod;
use crate::sim::json::JsonWriter;
use crate::sim::mould::{self, Stamp};
use crate::sim::names;
use crate::sim::world::events::timestamp;
use crate::sim::world::nodes::Node;
use crate::sim::world::workload::{Controller, Workload};

/// A pod as the world makes it: the JSON that is its own, where its metadata ends, and what writes the rest.
pub(in crate::sim::world) fn body(
    pod: &Pod,
    workload: &Workload,
    node: Option<&Node>,
    version: u64,
) -> (String, u32, Stamp) {
    let mut end = 0;
    let (mut status_begins, mut status_ends) = (0, 0);
    let own = JsonWriter::document(3_600, |json| {
        json.object("metadata", |json| {
            metadata(json, pod, workload, version);
            end = json.length();
        });
        json.object("spec", |json| {
            if let Some(node) = node {
                json.text("nodeName", &node.name);
            }
        });
        status_begins = json.length();
        json.object("status", |json| status::write(json, pod, workload, node));
        status_ends = json.length();
    });
    let status = own.get(status_begins + ",\"status\":".len()..status_ends).unwrap_or_default();
    let template = workload.template_of(pod);
    let letters = names::suffix(&mut fastrand::Rng::with_seed(pod.uid as u64), 5);
    let address = status::address(pod, node);
    let keeper = if node.is_some() { mould::KUBELET } else { "kube-scheduler" };
    let stamp = Stamp {
        mould: Arc::clone(&template.mould),
        volume: letters.as_bytes().try_into().unwrap_or_default(),
        owner: workload.owner(pod.revision).map_or(0, |(_, _, uid)| uid),
        address,
        status: (node.is_some() || pod.scheduled > 0)
            .then(|| mould::of_status(status::shape(pod, workload, node), status, address, keeper)),
        keeper,
        made: pod.created,
        kept: pod.last.map_or(0, |last| last.finished).max(pod.since).max(pod.scheduled).max(pod.started),
    };
    (own, end as u32, stamp)
}

/// The JSON of a pod's status alone.
pub(in crate::sim::world) fn status(pod: &Pod, workload: &Workload, node: Option<&Node>) -> String {
    JsonWriter::document(1_800, |json| status::write(json, pod, workload, node))
}

fn metadata(json: &mut JsonWriter, pod: &Pod, workload: &Workload, version: u64) {
    let template = workload.template(pod.revision);
    let owner = if workload.controller == Controller::Static {
        pod.name.get(workload.name.len() + 1..).unwrap_or_default().to_owned()
    } else {
        workload.owner_name(pod.revision)
    };
    let hash = workload.revisions.get(pod.revision).map_or("", |revision| &revision.hash);
    json.text("name", &pod.name);
    if !matches!(workload.controller, Controller::StatefulSet | Controller::Static | Controller::Bare) {
        json.display("generateName", format_args!("{owner}-"));
    }
    json.text("namespace", &workload.namespace);
    json.text("uid", &names::uuid(pod.uid));
    json.display("resourceVersion", version);
    json.number("generation", if pod.deleting.is_some() { 2 } else { 1 });
    json.text("creationTimestamp", &timestamp(pod.created));
    if let Some(asked) = pod.deleting {
        json.text("deletionTimestamp", &timestamp(asked + pod.grace * 1_000));
        json.number("deletionGracePeriodSeconds", pod.grace);
    }
    json.object("labels", |json| {
        for (key, value) in &template.labels {
            json.text(key, value.as_str().unwrap_or_default());
        }
        match workload.controller {
            Controller::Deployment => json.text("pod-template-hash", hash),
            Controller::StatefulSet => {
                json.text("apps.kubernetes.io/pod-index", pod.name.rsplit('-').next().unwrap_or_default());
                json.display("controller-revision-hash", format_args!("{owner}-{hash}"));
                json.text("statefulset.kubernetes.io/pod-name", &pod.name);
            }
            Controller::DaemonSet => json.text("controller-revision-hash", hash),
            _ => {}
        }
    });
    if !template.annotations.is_empty() {
        json.object("annotations", |json| {
            for (key, value) in &template.annotations {
                json.text(key, value.as_str().unwrap_or_default());
            }
        });
    }
    let Some((api_version, kind, uid)) = workload.owner(pod.revision) else { return };
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
