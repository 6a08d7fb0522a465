//! Owns claims for volumes: the class of who names none, those of stateful pods, volumes made for them, and pods that wait
//! for them. Must not know how pods are made.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::deletion::{Deletion, Propagation};
use super::events::{About, Incident};
use super::objects::{number, text};
use super::template::Template;
use super::workload::Controller;
use super::{Action, PodId, SECOND, World};
use crate::sim::kinds::Resource;
use crate::sim::names;
use crate::sim::scenario::TroubleKind;

/// Why a pod cannot be scheduled yet.
pub(super) enum Hold {
    /// A volume is being made.
    Soon,
    /// Nothing is going to happen: the scheduler's words.
    For(Box<str>),
}

impl World {
    /// The class of claims that name none.
    pub(super) fn default_class(&self) -> Option<String> {
        let classes = self.store.list(Resource::StorageClasses, None, None);
        let is_default =
            |class: &Value| class["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"] == "true";
        classes.iter().find(|class| is_default(&class.value())).map(|class| class.name.to_string())
    }

    fn class_of(&self, claim: &Value) -> Option<Value> {
        let class = self.store.get(Resource::StorageClasses, "", text(&claim["spec"]["storageClassName"]))?;
        Some(class.value())
    }

    /// A claim that was written: what binds immediately gets its volume, the rest waits for a pod.
    pub(super) fn observe_claim(&mut self, claim: &Value) {
        if claim["status"]["phase"] != "Pending" || claim["metadata"]["deletionTimestamp"].is_string() {
            return;
        }
        let name = text(&claim["spec"]["storageClassName"]);
        match self.class_of(claim) {
            None if name.is_empty() => {
                let message = "no persistent volumes available for this claim and no storage class is set".to_owned();
                self.tell_claim(claim, false, "FailedBinding", message);
            }
            None => {
                let message = format!("storageclass.storage.k8s.io \"{name}\" not found");
                self.tell_claim(claim, true, "ProvisioningFailed", message);
            }
            Some(class) if class["volumeBindingMode"] == "WaitForFirstConsumer" => {
                let message = "waiting for first consumer to be created before binding".to_owned();
                self.tell_claim(claim, false, "WaitForFirstConsumer", message);
            }
            Some(class) => self.ask_volume(claim, &class),
        }
    }

    /// Asks the provisioner of a class for a volume, once.
    fn ask_volume(&mut self, claim: &Value, class: &Value) {
        let metadata = &claim["metadata"];
        let own = (text(&metadata["namespace"]).into(), text(&metadata["name"]).into());
        if self.claims.contains(&own) {
            return;
        }
        let message = format!(
            "Waiting for a volume to be created either by the external provisioner '{}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.",
            text(&class["provisioner"])
        );
        self.tell_claim(claim, false, "ExternalProvisioning", message);
        self.plan_within(SECOND..3 * SECOND, Action::Provision(self.claims.len()));
        self.claims.push(own);
    }

    /// The volume of a claim is there: both are bound to each other, and who waited for them is scheduled.
    pub(super) fn provision(&mut self, index: usize) {
        let (namespace, name) = std::mem::take(&mut self.claims[index]);
        let Some(object) = self.store.get(Resource::Claims, &namespace, &name) else { return };
        let mut claim = object.value();
        let Some(class) = self.class_of(&claim).filter(|_| claim["status"]["phase"] == "Pending") else { return };
        let uid = claim["metadata"]["uid"].clone();
        let volume = format!("pvc-{}", text(&uid));
        let capacity = json!({"storage": claim["spec"]["resources"]["requests"]["storage"]});
        let policy = class["reclaimPolicy"].as_str().unwrap_or("Delete");
        let handle = format!("vol-{}", &names::digest(names::hash(&volume))[..17]);
        let spec = json!({"accessModes": claim["spec"]["accessModes"], "capacity": capacity,
            "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": name, "namespace": namespace, "uid": uid},
            "csi": {"driver": class["provisioner"], "volumeHandle": handle},
            "persistentVolumeReclaimPolicy": policy, "storageClassName": claim["spec"]["storageClassName"],
            "volumeMode": claim["spec"]["volumeMode"]});
        let created = self.timestamp();
        let volume_object = json!({"metadata": {"name": volume}, "spec": spec, "status": {"phase": "Bound"}});
        self.make(Resource::Volumes, &created, volume_object);
        claim["spec"]["volumeName"] = volume.as_str().into();
        claim["status"] = json!({"phase": "Bound", "accessModes": claim["spec"]["accessModes"], "capacity": capacity});
        self.tell_claim(&claim, false, "ProvisioningSucceeded", format!("Successfully provisioned volume {volume}"));
        self.keep(Resource::Claims, claim);
        let here = |workload: usize| self.workloads[workload].namespace == namespace;
        for id in self.pods_where(|pod| pod.node.is_none() && here(pod.workload)) {
            self.plan(100, Action::Schedule(id));
        }
    }

    /// Gives a stateful pod the claims its set has templates of: those it had before, or new ones. What it is made from with
    /// them, `None` if it has none.
    pub(super) fn claim_for(&mut self, workload: usize, pod: &str) -> Option<Arc<Template>> {
        let owner = &self.workloads[workload];
        if owner.controller != Controller::StatefulSet {
            return None;
        }
        let (namespace, set) = (owner.namespace.clone(), owner.name.clone());
        let spec = self.store.get(Resource::StatefulSets, &namespace, &set)?.value()["spec"].take();
        let templates = spec["volumeClaimTemplates"].as_array().filter(|templates| !templates.is_empty())?;
        let fields = |value: &Value| value.as_object().cloned().unwrap_or_default();
        for template in templates {
            let asked = &template["metadata"];
            let name = format!("{}-{pod}", text(&asked["name"]));
            if self.store.get(Resource::Claims, &namespace, &name).is_some() {
                continue;
            }
            let mut labels: Map<String, Value> = fields(&asked["labels"]);
            labels.extend(fields(&spec["selector"]["matchLabels"]));
            let mut metadata = json!({"name": name, "namespace": namespace, "labels": labels});
            if asked["annotations"].is_object() {
                metadata["annotations"] = asked["annotations"].clone();
            }
            let about = self.about_workload(workload);
            if spec["persistentVolumeClaimRetentionPolicy"]["whenDeleted"] == "Delete" {
                metadata["ownerReferences"] = json!([{"apiVersion": about.api_version, "kind": about.kind, "name": set,
                    "uid": names::uuid(about.uid), "controller": true, "blockOwnerDeletion": true}]);
            }
            let message = format!("create Claim {name} Pod {pod} in StatefulSet {set} success");
            self.tell_controller(about, "statefulset-controller", "SuccessfulCreate", message);
            let created = self.timestamp();
            self.make(Resource::Claims, &created, json!({"metadata": metadata, "spec": template["spec"]}));
        }
        let template = json!({"metadata": spec["template"]["metadata"], "spec": pod_spec(&spec, pod)});
        Some(Arc::new(Template::of(&template, Controller::StatefulSet)))
    }

    /// A pod a stateful set has no more use for is gone: its claims go too if the set says so.
    pub(super) fn drop_claims(&mut self, workload: usize, pod: &str) {
        let owner = &self.workloads[workload];
        let (namespace, kind) = (owner.namespace.clone(), Arc::clone(self.store.registry().kind(Resource::Claims)));
        let Some(set) = self.store.get(Resource::StatefulSets, &namespace, &owner.name) else { return };
        let spec = &set.value()["spec"];
        if spec["persistentVolumeClaimRetentionPolicy"]["whenScaled"] == "Delete" {
            for template in spec["volumeClaimTemplates"].as_array().into_iter().flatten() {
                let name = format!("{}-{pod}", text(&template["metadata"]["name"]));
                let how = Deletion { grace: None, propagation: Propagation::Background };
                self.delete_object(&kind, &namespace, &name, how);
            }
        }
    }

    /// Tells whether a pod waits for its claims; a claim that waits for a pod gets its volume.
    pub(super) fn hold(&mut self, id: PodId) -> Option<Hold> {
        let pod = self.pods.get(&id)?;
        let owner = &self.workloads[pod.workload];
        let (template, namespace) = (Arc::clone(owner.template_of(pod)), owner.namespace.clone());
        let mut soon = None;
        for name in &template.claims {
            let Some(object) = self.store.get(Resource::Claims, &namespace, name) else {
                return Some(Hold::For(self.verdict_without(name)));
            };
            let claim = object.value();
            if claim["status"]["phase"] == "Bound" {
                continue;
            }
            match self.class_of(&claim) {
                Some(class) if class["volumeBindingMode"] == "WaitForFirstConsumer" => {
                    self.ask_volume(&claim, &class);
                    soon = Some(Hold::Soon);
                }
                _ => return Some(Hold::For(self.verdict(Some(TroubleKind::PendingClaim), None))),
            }
        }
        soon
    }

    /// A claim is gone: its volume goes too, or is released, as its policy says.
    pub(super) fn reclaim(&mut self, claim: &Value) {
        let name = text(&claim["spec"]["volumeName"]);
        let Some(volume) = self.store.get(Resource::Volumes, "", name) else { return };
        let mut value = volume.value();
        if value["spec"]["persistentVolumeReclaimPolicy"] == "Delete" {
            self.store.remove(Resource::Volumes, "", name);
        } else {
            value["status"]["phase"] = "Released".into();
            self.keep(Resource::Volumes, value);
        }
    }

    fn tell_claim(&mut self, claim: &Value, warning: bool, reason: &'static str, message: String) {
        let metadata = &claim["metadata"];
        let (namespace, name) = (text(&metadata["namespace"]), text(&metadata["name"]));
        let about = About::new("v1", "PersistentVolumeClaim", namespace, name, number(text(&metadata["uid"])));
        let teller = if reason == "ProvisioningSucceeded" { "csi-provisioner" } else { "persistentvolume-controller" };
        self.record(Incident::of(teller, about, warning, reason, message));
    }
}

/// The spec of a pod of a stateful set: its claims are volumes, and hide those of the same name.
pub(crate) fn pod_spec(set: &Value, pod: &str) -> Value {
    let mut spec = set["template"]["spec"].clone();
    let names = || set["volumeClaimTemplates"].as_array().into_iter().flatten().map(|one| &one["metadata"]["name"]);
    let claimed = |name| json!({"name": name, "persistentVolumeClaim": {"claimName": format!("{}-{pod}", text(name))}});
    let mut volumes: Vec<Value> = names().map(claimed).collect();
    if !volumes.is_empty() {
        let others = spec["volumes"].as_array().into_iter().flatten();
        volumes.extend(others.filter(|volume| !names().any(|name| *name == volume["name"])).cloned());
        spec["volumes"] = volumes.into();
    }
    spec
}
