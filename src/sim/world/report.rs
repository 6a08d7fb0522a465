//! Owns what is told about pods: the events of scheduler, kubelet and controllers. Must not change a pod.

use super::events::{About, Incident, Reporter};
use super::objects::{number, text};
use super::{Millis, PodId, World};
use crate::sim::names;

impl World {
    /// Writes the scheduler's event about a pod it placed.
    pub(super) fn tell_assignment(&mut self, id: PodId) {
        let Some((pod, node)) = self.pods.get(&id).and_then(|pod| Some((pod, pod.node?))) else { return };
        let (namespace, node) = (&self.workloads[pod.workload].namespace, &self.nodes[node].name);
        let message = format!("Successfully assigned {namespace}/{} to {node}", pod.name);
        self.report(id, Reporter::Scheduler, false, "Scheduled", message);
    }

    /// Writes the kubelet's events about a container that starts.
    pub(super) fn tell_start(&mut self, id: PodId) {
        let Some(pod) = self.pods.get(&id) else { return };
        let (image, container) =
            (self.image_of(pod.workload, pod.revision), self.container_of(pod.workload, pod.revision));
        self.report_container(id, false, "Pulled", format!("Container image \"{image}\" already present on machine"));
        self.report_container(id, false, "Created", format!("Created container: {container}"));
        self.report_container(id, false, "Started", format!("Started container {container}"));
    }

    /// Writes the kubelet's event about a crash loop.
    pub(super) fn report_back_off(&mut self, id: PodId, first: Millis, last: Millis, count: i64) {
        let Some(pod) = self.pods.get(&id) else { return };
        let owner = &self.workloads[pod.workload];
        let (name, uid) = (&pod.name, names::uuid(pod.uid));
        let message = format!(
            "Back-off restarting failed container {} in pod {name}_{}({uid})",
            self.container_of(pod.workload, pod.revision),
            owner.namespace
        );
        if let Some(incident) = self.incident(id, Reporter::Kubelet, true, "BackOff", message, true) {
            self.record_past(incident, first, last, count);
        }
    }

    /// Writes an event about a pod.
    pub(super) fn report(
        &mut self,
        id: PodId,
        reporter: Reporter,
        warning: bool,
        reason: &'static str,
        message: String,
    ) {
        if let Some(incident) = self.incident(id, reporter, warning, reason, message, false) {
            self.record(incident);
        }
    }

    /// Writes the kubelet's event about a pod's first container, a warning or not.
    pub(super) fn report_container(&mut self, id: PodId, warning: bool, reason: &'static str, message: String) {
        if let Some(incident) = self.incident(id, Reporter::Kubelet, warning, reason, message, true) {
            self.record(incident);
        }
    }

    pub(super) fn incident(
        &self,
        id: PodId,
        reporter: Reporter,
        warning: bool,
        reason: &'static str,
        message: String,
        about_container: bool,
    ) -> Option<Incident> {
        let pod = self.pods.get(&id)?;
        let owner = &self.workloads[pod.workload];
        let mut about = About::new("v1", "Pod", &owner.namespace, &pod.name, pod.uid);
        about.container = about_container.then(|| self.container_of(pod.workload, pod.revision));
        let on_node = pod.node.filter(|_| reporter == Reporter::Kubelet);
        let host = on_node.map_or_else(|| "".into(), |node| self.nodes[node].name.clone());
        Some(Incident { about, reporter, host, warning, reason, message })
    }

    /// Writes the event of a pod's owner about making or deleting it.
    pub(super) fn tell_owner(&mut self, workload: usize, id: PodId, reason: &'static str, verb: &str) {
        let Some(pod) = self.pods.get(&id) else { return };
        let owner = &self.workloads[workload];
        let Some((api_version, kind, uid)) = owner.owner(pod.revision) else { return };
        let Some(component) = controller_of(kind) else { return };
        let about = About::new(api_version, kind, &owner.namespace, &owner.owner_name(pod.revision), uid);
        let message = match (kind, verb) {
            ("StatefulSet", "Created") => format!("create Pod {} in StatefulSet {} successful", pod.name, owner.name),
            ("StatefulSet", _) => format!("delete Pod {} in StatefulSet {} successful", pod.name, owner.name),
            _ => format!("{verb} pod: {}", pod.name),
        };
        self.record(Incident::of(component, about, false, reason, message));
    }

    /// Writes a controller's event about an object.
    pub(super) fn tell_controller(
        &mut self,
        about: About,
        component: &'static str,
        reason: &'static str,
        message: String,
    ) {
        self.record(Incident::of(component, about, false, reason, message));
    }

    /// Writes the cron job controller's event about a cron job.
    pub(super) fn tell_cron(&mut self, cron: &serde_json::Value, reason: &'static str, message: String) {
        let metadata = &cron["metadata"];
        let (namespace, name, uid) =
            (text(&metadata["namespace"]), text(&metadata["name"]), number(text(&metadata["uid"])));
        let about = About::new("batch/v1", "CronJob", namespace, name, uid);
        self.tell_controller(about, "cronjob-controller", reason, message);
    }
}

/// Who makes the pods of objects of a kind, as events name it.
pub(super) fn controller_of(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "ReplicaSet" => "replicaset-controller",
        "StatefulSet" => "statefulset-controller",
        "DaemonSet" => "daemonset-controller",
        "Job" => "job-controller",
        "ReplicationController" => "replication-controller",
        _ => return None,
    })
}
