//! Owns what controllers say of workloads: their status, replica sets and revisions. Must not know why pods change.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::events::About;
use super::objects::text;
use super::pods::{Pod, Stage};
use super::select::share;
use super::workload::{Controller, Workload};
use super::{PodId, World};
use crate::sim::kinds::Resource;
use crate::sim::lean::Lean;
use crate::sim::names;

/// What is said of a job whose pods failed too often.
pub(super) const OVER_LIMIT: &str = "Job has reached the specified backoff limit";

/// Pods of a workload, counted.
#[derive(Default, Clone, Copy)]
struct Count {
    /// Not being deleted.
    staying: usize,
    ready: usize,
    /// Of the latest revision.
    updated: usize,
    updated_ready: usize,
    completed: usize,
    failed: usize,
    /// Of those that stay.
    restarts: usize,
}

fn is_ready(pod: &Pod) -> bool {
    pod.stage == (Stage::Running { ready: true })
}

/// Numbers of a status; zeros are left out, as `omitempty` does.
fn numbers(pairs: &[(&str, usize)]) -> Map<String, Value> {
    pairs.iter().filter(|(_, number)| *number > 0).map(|(key, number)| ((*key).to_owned(), json!(number))).collect()
}

impl World {
    /// Writes what changed of workloads since the last time, then of what selects their pods.
    pub(super) fn flush(&mut self) {
        if self.seeding {
            return;
        }
        let mut touched = BTreeSet::new();
        while let Some(index) = self.dirty.pop_first() {
            if !self.workloads[index].gone {
                self.write_workload(index);
            }
            self.refresh_selectors(index);
            touched.insert(self.workloads[index].namespace.clone());
        }
        for namespace in touched {
            self.refresh_quotas(&namespace);
        }
    }

    fn count(&self, workload: &Workload, of_revision: Option<usize>) -> Count {
        let mut count = Count::default();
        let pods = workload.pods.iter().filter_map(|id: &PodId| self.pods.get(id));
        for pod in pods.filter(|pod| of_revision.is_none_or(|revision| pod.revision == revision)) {
            if pod.stage == Stage::Completed {
                count.completed += 1;
            } else if pod.stage == Stage::Broken {
                count.failed += 1;
            } else if pod.deleting.is_none() {
                let (ready, updated) = (is_ready(pod), pod.revision == workload.latest);
                count.staying += 1;
                count.restarts += pod.restarts.unsigned_abs() as usize;
                count.ready += usize::from(ready);
                count.updated += usize::from(updated);
                count.updated_ready += usize::from(ready && updated);
            }
        }
        count
    }

    fn write_workload(&mut self, index: usize) {
        let workload = &self.workloads[index];
        let (resource, controller) = (workload.controller.resource(), workload.controller);
        if resource == Resource::Pods {
            return;
        }
        let count = self.count(workload, None);
        let Some(object) = self.store.get(resource, &workload.namespace, &workload.name) else { return };
        let own = Lean::parse(object.own());
        let (mut metadata, old) = (own.get("metadata").value(), own.get("status").value());
        // What is seeded came to be when its object did.
        let moment = if self.quiet { text(&metadata["creationTimestamp"]).to_owned() } else { self.timestamp() };
        let generation = metadata["generation"].as_u64().unwrap_or(1) as usize;
        // A job that ended says so whatever becomes of its pods.
        if controller == Controller::Job && is_over(&old) {
            return;
        }
        let (replicas, latest) = (workload.replicas, &workload.revisions[workload.latest]);
        let passed = if controller == Controller::Deployment {
            let strategy = own.get("spec").get("strategy").value();
            passed_on(&metadata["annotations"], replicas, &strategy)
        } else {
            Map::new()
        };
        let mut status = match controller {
            Controller::Deployment => {
                metadata["annotations"]["deployment.kubernetes.io/revision"] = latest.number.to_string().into();
                numbers(&[
                    ("observedGeneration", generation),
                    ("replicas", count.staying),
                    ("updatedReplicas", count.updated),
                    ("readyReplicas", count.ready),
                    ("availableReplicas", count.ready),
                    ("unavailableReplicas", replicas.max(count.staying) - count.ready),
                ])
            }
            Controller::StatefulSet => {
                let name = |hash: &str| Value::from(format!("{}-{hash}", workload.name));
                let mut status = numbers(&[
                    ("observedGeneration", generation),
                    ("readyReplicas", count.ready),
                    ("currentReplicas", if workload.rolling { count.staying - count.updated } else { count.staying }),
                    ("updatedReplicas", count.updated),
                ]);
                status.insert("replicas".to_owned(), count.staying.into());
                status.insert("availableReplicas".to_owned(), count.ready.into());
                let current = if workload.rolling { text(&old["currentRevision"]).into() } else { name(&latest.hash) };
                status.insert("currentRevision".to_owned(), current);
                status.insert("updateRevision".to_owned(), name(&latest.hash));
                status.insert("collisionCount".to_owned(), 0.into());
                status
            }
            Controller::DaemonSet => {
                let mut status = numbers(&[
                    ("observedGeneration", generation),
                    ("updatedNumberScheduled", count.updated),
                    ("numberAvailable", count.ready),
                    ("numberUnavailable", replicas.saturating_sub(count.ready)),
                ]);
                for (key, number) in [
                    ("currentNumberScheduled", count.staying),
                    ("desiredNumberScheduled", replicas),
                    ("numberReady", count.ready),
                    ("numberMisscheduled", 0),
                ] {
                    status.insert(key.to_owned(), number.into());
                }
                status
            }
            Controller::Job => job_status(&old, (replicas, own.get("spec")), count, &moment),
            _ => replica_set_status(generation, count),
        };
        if controller == Controller::Deployment {
            let set = workload.owner_name(workload.latest);
            let complete = count.updated_ready >= replicas && count.staying == count.updated;
            let conditions = deployment_conditions(
                &old,
                count.ready >= replicas - replicas / 4,
                (complete, workload.trouble.is_some()),
                &set,
                &moment,
            );
            status.insert("conditions".to_owned(), conditions);
            if let Some(Value::Array(conditions)) = status.get_mut("conditions")
                && let Some(message) = self.refusal(index)
            {
                let mut failure = replica_failure(&message, &conditions[1]["lastTransitionTime"]);
                failure["lastUpdateTime"] = failure["lastTransitionTime"].clone();
                conditions.push(failure);
            }
        }
        let status = Value::Object(status);
        if status != old {
            self.keep_status(resource, &object, metadata, status);
        }
        if controller == Controller::Deployment {
            self.tell_autoscaler(index);
            for revision in 0..self.workloads[index].revisions.len() {
                self.write_replica_set(index, revision, &passed);
            }
        }
    }

    /// An autoscaler sees how many pods its deployment has.
    pub(super) fn tell_autoscaler(&mut self, index: usize) {
        let workload = &self.workloads[index];
        let Some(object) = self.store.get(Resource::Autoscalers, &workload.namespace, &workload.name) else { return };
        let (mut value, replicas) = (object.value(), Value::from(workload.replicas));
        if value["status"]["currentReplicas"] != replicas {
            value["status"]["currentReplicas"] = replicas.clone();
            value["status"]["desiredReplicas"] = replicas;
            self.keep(Resource::Autoscalers, value);
        }
    }

    /// The replica set of a deployment's latest revision, as its controller makes it.
    pub(super) fn make_replica_set(&mut self, index: usize, template: &Value) {
        let workload = &self.workloads[index];
        let revision = &workload.revisions[workload.latest];
        let mut labels = template["metadata"]["labels"].clone();
        labels["pod-template-hash"] = (&*revision.hash).into();
        let mut own = template.clone();
        own["metadata"]["labels"] = labels.clone();
        let owner = json!([{"apiVersion": "apps/v1", "kind": "Deployment", "name": workload.name,
            "uid": names::uuid(workload.uid), "controller": true, "blockOwnerDeletion": true}]);
        let mut value = json!({"metadata": {"name": workload.owner_name(workload.latest), "namespace": workload.namespace,
                "uid": names::uuid(revision.uid), "labels": labels, "ownerReferences": owner,
                "annotations": {"deployment.kubernetes.io/desired-replicas": workload.replicas.to_string(),
                    "deployment.kubernetes.io/revision": revision.number.to_string()}},
            "spec": {"replicas": 0, "selector": {"matchLabels": labels}}, "status": {"replicas": 0}});
        value["spec"]["template"] = own;
        let created = self.timestamp();
        self.make(Resource::ReplicaSets, &created, value);
    }

    /// What a stateful or daemon set keeps of its latest revision.
    pub(super) fn make_controller_revision(&mut self, index: usize, template: &Value) {
        let workload = &self.workloads[index];
        let revision = &workload.revisions[workload.latest];
        let (kind, stateful) = match workload.controller {
            Controller::StatefulSet => ("StatefulSet", true),
            _ => ("DaemonSet", false),
        };
        let name = format!("{}-{}", workload.name, revision.hash);
        let label = if stateful { name.clone() } else { revision.hash.to_string() };
        let mut labels = template["metadata"]["labels"].clone();
        labels["controller-revision-hash"] = label.into();
        let mut kept = template.clone();
        kept["$patch"] = "replace".into();
        let mut value = json!({"metadata": {"name": name, "namespace": workload.namespace, "labels": labels,
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": kind, "name": workload.name,
                    "uid": names::uuid(workload.uid), "controller": true, "blockOwnerDeletion": true}]},
            "revision": revision.number});
        value["data"]["spec"]["template"] = kept;
        let created = self.timestamp();
        self.make(Resource::ControllerRevisions, &created, value);
    }

    fn write_replica_set(&mut self, index: usize, revision: usize, passed: &Map<String, Value>) {
        let workload = &self.workloads[index];
        let (name, namespace) = (workload.owner_name(revision), workload.namespace.clone());
        let Some(object) = self.store.get(Resource::ReplicaSets, &namespace, &name) else { return };
        let count = self.count(workload, Some(revision));
        let settled = revision == workload.latest && !workload.rolling;
        let wanted = if settled { workload.replicas } else { count.staying };
        let number = workload.revisions[revision].number.to_string();
        let mut value = object.value();
        let before = value["spec"]["replicas"].as_u64().unwrap_or(0) as usize;
        let generation = value["metadata"]["generation"].as_u64().unwrap_or(1) as usize + usize::from(before != wanted);
        let mut status = Value::Object(replica_set_status(generation, count));
        if let Some(message) = self.refusal(index).filter(|_| revision == workload.latest) {
            let known = &value["status"]["conditions"][0]["lastTransitionTime"];
            let at = if known.is_string() { known.clone() } else { self.timestamp().into() };
            status["conditions"] = json!([replica_failure(&message, &at)]);
        }
        let mut annotations = value["metadata"]["annotations"].as_object().cloned().unwrap_or_default();
        annotations.insert("deployment.kubernetes.io/revision".to_owned(), number.into());
        // What is no longer in use keeps what was said of it.
        let newest = revision == workload.latest;
        let own = |key: &str| newest || (wanted > 0 && key.starts_with("deployment.kubernetes.io/"));
        annotations.extend(passed.iter().filter(|(key, _)| own(key)).map(|(key, value)| (key.clone(), value.clone())));
        let annotations = Value::Object(annotations);
        if before == wanted && status == value["status"] && value["metadata"]["annotations"] == annotations {
            return;
        }
        value["metadata"]["generation"] = generation.into();
        value["metadata"]["annotations"] = annotations;
        value["spec"]["replicas"] = wanted.into();
        value["status"] = status;
        let about = self.about_workload(index);
        self.keep(Resource::ReplicaSets, value);
        if before != wanted && !self.quiet {
            let way = if wanted > before { "up" } else { "down" };
            let message = format!("Scaled {way} replica set {name} from {before} to {wanted}");
            self.tell_controller(about, "deployment-controller", "ScalingReplicaSet", message);
        }
    }

    /// A workload as events name it.
    pub(super) fn about_workload(&self, index: usize) -> About {
        let workload = &self.workloads[index];
        let (api_version, kind) = match workload.controller {
            Controller::Deployment => ("apps/v1", "Deployment"),
            _ => workload.owner(0).map_or(("v1", "Pod"), |(version, kind, _)| (version, kind)),
        };
        About::new(api_version, kind, &workload.namespace, &workload.name, workload.uid)
    }
}

/// The annotations a deployment gives its replica sets: its own but for some, and how many pods there are to be.
fn passed_on(annotations: &Value, replicas: usize, strategy: &Value) -> Map<String, Value> {
    let mut passed = annotations.as_object().cloned().unwrap_or_default();
    passed
        .retain(|key, _| key != "kubectl.kubernetes.io/last-applied-configuration" && !key.starts_with("deployment."));
    let surge = match &strategy["rollingUpdate"]["maxSurge"] {
        _ if strategy["type"] == "Recreate" => Some(0),
        Value::Null => share(&"25%".into(), replicas as i64),
        surge => share(surge, replicas as i64),
    };
    let most = replicas as i64 + surge.unwrap_or(0);
    passed.insert("deployment.kubernetes.io/desired-replicas".to_owned(), replicas.to_string().into());
    passed.insert("deployment.kubernetes.io/max-replicas".to_owned(), most.to_string().into());
    passed
}

fn replica_set_status(generation: usize, count: Count) -> Map<String, Value> {
    let mut status = numbers(&[
        ("fullyLabeledReplicas", count.staying),
        ("readyReplicas", count.ready),
        ("availableReplicas", count.ready),
        ("observedGeneration", generation),
    ]);
    status.insert("replicas".to_owned(), count.staying.into());
    status
}

/// What is said of a workload that was not let make a pod.
fn replica_failure(message: &str, at: &Value) -> Value {
    json!({"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message, "lastTransitionTime": at})
}

/// Tells from its status whether a job came to an end, good or bad.
pub(super) fn is_over(status: &Value) -> bool {
    status["completionTime"].is_string() || failed(status)
}

/// Tells from its status whether a job failed.
pub(super) fn failed(status: &Value) -> bool {
    status["conditions"].as_array().into_iter().flatten().any(|known| known["type"] == "Failed")
}

fn job_status(old: &Value, (completions, spec): (usize, &Lean<'_>), mut count: Count, now: &str) -> Map<String, Value> {
    let limit = spec.get("backoffLimit").as_i64().unwrap_or(6) as usize;
    let fails = count.failed > limit || count.restarts >= limit.max(1);
    if fails {
        // Those that run are ended.
        count.failed += std::mem::take(&mut count.staying);
        count.ready = 0;
    }
    let mut status = numbers(&[("active", count.staying), ("succeeded", count.completed), ("failed", count.failed)]);
    status.insert("ready".to_owned(), count.ready.into());
    status.insert("terminating".to_owned(), 0.into());
    status.insert("uncountedTerminatedPods".to_owned(), json!({}));
    let start = if old["startTime"].is_string() { old["startTime"].clone() } else { now.into() };
    status.insert("startTime".to_owned(), start);
    let condition = |kind: &str, reason: &str, message: &str| {
        json!({"type": kind, "status": "True", "lastProbeTime": now, "lastTransitionTime": now, "reason": reason,
            "message": message})
    };
    if count.completed >= completions {
        let both = ["SuccessCriteriaMet", "Complete"]
            .map(|kind| condition(kind, "CompletionsReached", "Reached expected number of succeeded pods"));
        status.insert("conditions".to_owned(), json!(both));
        status.insert("completionTime".to_owned(), now.into());
    } else if fails {
        let both = ["FailureTarget", "Failed"].map(|kind| condition(kind, "BackoffLimitExceeded", OVER_LIMIT));
        status.insert("conditions".to_owned(), json!(both));
    }
    status
}

fn deployment_conditions(old: &Value, available: bool, (complete, stuck): (bool, bool), set: &str, now: &str) -> Value {
    let condition = |kind: &str, holds: bool, reason: &str, message: String| {
        let known = old["conditions"].as_array().into_iter().flatten().find(|known| known["type"] == kind);
        let status = if holds { "True" } else { "False" };
        let same = known.filter(|known| known["status"] == status);
        let changed = same.map_or_else(|| Value::from(now), |known| known["lastTransitionTime"].clone());
        let told = same.filter(|known| known["reason"] == reason && known["message"] == *message);
        let updated = told.map_or_else(|| Value::from(now), |known| known["lastUpdateTime"].clone());
        json!({"type": kind, "status": status, "lastUpdateTime": updated, "lastTransitionTime": changed,
            "reason": reason, "message": message})
    };
    let (reason, message) = if available {
        ("MinimumReplicasAvailable", "Deployment has minimum availability.")
    } else {
        ("MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    };
    let progress = if complete {
        condition(
            "Progressing",
            true,
            "NewReplicaSetAvailable",
            format!("ReplicaSet \"{set}\" has successfully progressed."),
        )
    } else if stuck {
        condition(
            "Progressing",
            false,
            "ProgressDeadlineExceeded",
            format!("ReplicaSet \"{set}\" has timed out progressing."),
        )
    } else {
        condition("Progressing", true, "ReplicaSetUpdated", format!("ReplicaSet \"{set}\" is progressing."))
    };
    json!([condition("Available", available, reason, message.to_owned()), progress])
}
