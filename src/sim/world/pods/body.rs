//! Owns the JSON a real server would show for a pod: metadata here, the status beside. Must not know why a pod changes.

mod status;

use super::Pod;
use crate::sim::json::JsonWriter;
use crate::sim::names;
use crate::sim::world::events::timestamp;
use crate::sim::world::nodes::Node;
use crate::sim::world::workload::{Controller, Workload};

/// The JSON of a new pod.
pub(in crate::sim::world) fn body(pod: &Pod, workload: &Workload, node: Option<&Node>, version: u64) -> String {
    let spec = workload.template(pod.revision).stamp(pod.uid as u64, node.map(|node| &*node.name));
    JsonWriter::document(3_600, |json| {
        json.object("metadata", |json| metadata(json, pod, workload, version));
        json.raw("spec", &spec);
        json.object("status", |json| status::write(json, pod, workload, node));
    })
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
    json.number("generation", 1);
    json.text("creationTimestamp", &timestamp(pod.created));
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
