//! Owns the way from objects to the world: what a written or deleted object means for what goes on. Must not know who
//! writes them.

use std::sync::Arc;

use serde_json::{Value, json};

use super::template::Template;
use super::workload::{Controller, Revision, Workload};
use super::{Action, PodId, SECOND, World, metrics};
use crate::sim::kinds::{Kind, Resource};
use crate::sim::names;
use crate::sim::store::{Object, key};

/// How an object is to be deleted.
#[derive(Clone, Copy)]
pub(crate) struct Deletion {
    /// Seconds; the object's own where not given.
    pub(crate) grace: Option<i64>,
    pub(crate) propagation: Propagation,
}

/// What becomes of the objects an object owns.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Propagation {
    Background,
    Foreground,
    Orphan,
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The number a UUID was written from.
fn number(uuid: &str) -> u128 {
    u128::from_str_radix(&uuid.replace('-', ""), 16).unwrap_or_default()
}

impl World {
    /// One object, stored or computed.
    pub(crate) fn get(&self, resource: Resource, namespace: &str, name: &str) -> Option<Arc<Object>> {
        if resource.is_computed() {
            return metrics::one(self, resource, namespace, name);
        }
        self.store.get(resource.stored(), namespace, name)
    }

    /// Objects in key order: of one namespace or of all, those after the key `after` when it is given.
    pub(crate) fn list(&self, resource: Resource, namespace: Option<&str>, after: Option<&str>) -> Vec<Arc<Object>> {
        if resource.is_computed() {
            return metrics::all(self, resource, namespace, after);
        }
        self.store.list(resource.stored(), namespace, after)
    }

    /// Chance, for what a server makes up.
    pub(crate) fn chance(&mut self) -> &mut fastrand::Rng {
        &mut self.rng
    }

    /// Keeps an object that was written from outside, and lets the world follow. An object that waited for its
    /// finalizers and has none any more goes.
    pub(crate) fn put(&mut self, kind: &Kind, value: Value) -> Arc<Object> {
        let released = value["metadata"]["deletionTimestamp"].is_string()
            && value["metadata"]["finalizers"].as_array().is_none_or(Vec::is_empty)
            && !matches!(kind.resource, Resource::Pods | Resource::Namespaces);
        let object = self.keep(kind.resource, value);
        if released {
            self.store.remove(kind.resource, &object.namespace, &object.name);
            return object;
        }
        self.observe(kind.resource, &object);
        self.flush();
        self.store.get(kind.resource, &object.namespace, &object.name).unwrap_or(object)
    }

    /// Stores an object with the version it gets.
    pub(super) fn keep(&mut self, resource: Resource, mut value: Value) -> Arc<Object> {
        let metadata = &value["metadata"];
        let (namespace, name) = (text(&metadata["namespace"]).to_owned(), text(&metadata["name"]).to_owned());
        self.store.put(resource, &namespace, &name, |version| {
            value["metadata"]["resourceVersion"] = version.to_string().into();
            value.to_string()
        })
    }

    /// Makes an object of the world's own: id and age are given, the rest is as written; then the world follows.
    pub(super) fn make(&mut self, resource: Resource, created: &str, mut value: Value) -> Arc<Object> {
        let metadata = &mut value["metadata"];
        if metadata["uid"].is_null() {
            metadata["uid"] = names::uuid(self.rng.u128(..)).into();
        }
        metadata["creationTimestamp"] = created.into();
        if value["spec"].is_object() {
            value["metadata"]["generation"] = 1.into();
        }
        let kind = Arc::clone(self.store.registry().kind(resource));
        self.admit(&kind, &mut value);
        let object = self.keep(resource, value);
        self.observe(resource, &object);
        object
    }

    fn observe(&mut self, resource: Resource, object: &Object) {
        if let Some(controller) = Controller::of(resource) {
            self.observe_workload(controller, &object.value());
            return;
        }
        match resource {
            Resource::Pods => self.observe_pod(object),
            Resource::Nodes => self.observe_node(object),
            Resource::Namespaces => self.observe_namespace(&object.name),
            Resource::CronJobs => self.observe_cron_job(object),
            Resource::Services | Resource::DisruptionBudgets => self.observe_selector(resource, object),
            Resource::Definitions => self.store.define(&object.value()),
            _ => {}
        }
    }

    fn observe_node(&mut self, object: &Object) {
        let Some(index) = self.nodes.iter().position(|node| node.name == object.name) else { return };
        let cordoned = object.value()["spec"]["unschedulable"] == true;
        if self.nodes[index].cordoned != cordoned {
            self.nodes[index].cordoned = cordoned;
            self.write_node(index);
            let (reason, what) = if cordoned {
                ("NodeNotSchedulable", "status is now: NodeNotSchedulable")
            } else {
                ("NodeSchedulable", "status is now: NodeSchedulable")
            };
            self.tell_node(index, "kubelet", reason, what);
        }
    }

    /// A pod the world does not know came from outside: nobody owns it, and it is scheduled like any other.
    fn observe_pod(&mut self, object: &Object) {
        if self.by_name.contains_key(&key(&object.namespace, &object.name)) {
            return;
        }
        let value = object.value();
        let template = Arc::new(Template::of(&value, false));
        let workload = self.bare_workload(&object.namespace, &object.name, template);
        let id = self.create_named(workload, object.name.to_string());
        if let Some(pod) = self.pods.get_mut(&id) {
            pod.uid = number(text(&value["metadata"]["uid"]));
        }
        let wanted = text(&value["spec"]["nodeName"]);
        match self.nodes.iter().position(|node| *node.name == *wanted) {
            Some(index) => self.settle_on(id, index),
            None => self.plan_within(20..300, Action::Schedule(id)),
        }
    }

    pub(super) fn observe_workload(&mut self, controller: Controller, value: &Value) -> usize {
        let (metadata, spec) = (&value["metadata"], &value["spec"]);
        let (namespace, name) = (text(&metadata["namespace"]), text(&metadata["name"]));
        // The replica sets of a deployment are the deployment's affair.
        if controller == Controller::ReplicaSet && metadata["ownerReferences"][0]["kind"] == "Deployment" {
            return usize::MAX;
        }
        let count = |value: &Value, default: i64| value.as_i64().unwrap_or(default).max(0) as usize;
        let replicas = match controller {
            Controller::DaemonSet => self.nodes.iter().filter(|node| !node.gone).count(),
            Controller::Job => count(&spec["completions"], 1),
            _ => count(&spec["replicas"], 1),
        };
        let template = Arc::new(Template::of(&spec["template"], controller == Controller::DaemonSet));
        let own_key = (controller.resource(), key(namespace, name));
        let known = self.by_object.get(&own_key).copied();
        let index = known.unwrap_or_else(|| {
            let startup = self.rng.i64(2 * SECOND..9 * SECOND);
            self.workloads.push(Workload {
                controller,
                namespace: namespace.into(),
                name: name.into(),
                uid: number(text(&metadata["uid"])),
                replicas,
                revisions: Vec::new(),
                latest: 0,
                system: text(&spec["template"]["spec"]["priorityClassName"]).starts_with("system-"),
                trouble: None,
                startup,
                pods: Vec::new(),
                rolling: false,
                paused: false,
                recreates: false,
                parallelism: 1,
                gone: false,
            });
            self.by_object.insert(own_key, self.workloads.len() - 1);
            self.workloads.len() - 1
        });
        let workload = &mut self.workloads[index];
        let scaled = workload.replicas != replicas;
        let suspended = spec["suspend"] == true;
        workload.replicas = replicas;
        workload.paused = spec["paused"] == true || suspended;
        workload.recreates = spec["strategy"]["type"] == "Recreate";
        workload.parallelism = if suspended { 0 } else { count(&spec["parallelism"], 1) };
        let current = workload.revisions.get(workload.latest).map(|revision| revision.hash.clone());
        if current.as_deref() != Some(&template.hash) {
            workload.trouble = None;
            self.revise(index, template, &spec["template"]);
            if known.is_some() {
                self.workloads[index].rolling = controller != Controller::Job && controller != Controller::ReplicaSet;
                self.plan(200, Action::RolloutStep(index));
            }
        }
        self.dirty.insert(index);
        if known.is_none() && !self.seeding || scaled || known.is_some() && controller == Controller::Job {
            self.plan(100, Action::Scale(index));
        }
        if known.is_some() && self.workloads[index].rolling {
            self.plan(200, Action::RolloutStep(index));
        }
        index
    }

    /// Makes a template the one new pods get: an old revision comes back, or a new one is added.
    fn revise(&mut self, index: usize, template: Arc<Template>, raw: &Value) {
        let uid = self.rng.u128(..);
        let workload = &mut self.workloads[index];
        let number = workload.revisions.iter().map(|revision| revision.number).max().unwrap_or(0) + 1;
        if let Some(old) = workload.revisions.iter().position(|revision| revision.hash == template.hash) {
            workload.revisions[old].number = number;
            workload.latest = old;
            return;
        }
        let hash = template.hash.clone();
        workload.revisions.push(Revision { hash, uid, template, number });
        workload.latest = workload.revisions.len() - 1;
        match workload.controller {
            Controller::Deployment => self.make_replica_set(index, raw),
            Controller::StatefulSet | Controller::DaemonSet => self.make_controller_revision(index, raw),
            _ => {}
        }
    }

    /// Deletes an object as asked; what is left of it while it ends, `None` once it is gone.
    pub(crate) fn delete_object(
        &mut self,
        kind: &Kind,
        namespace: &str,
        name: &str,
        how: Deletion,
    ) -> Option<Arc<Object>> {
        let object = self.store.get(kind.resource, namespace, name)?;
        let value = object.value();
        let controller = Controller::of(kind.resource);
        if kind.resource == Resource::Pods {
            let id = self.by_name.get(&key(namespace, name)).copied()?;
            self.delete_with(id, how.grace);
            self.flush();
            return Some(self.store.get(kind.resource, namespace, name).unwrap_or(object));
        }
        let owned = controller.and_then(|_| self.by_object.get(&(kind.resource, key(namespace, name))).copied());
        let waits = how.propagation == Propagation::Foreground
            && owned.is_some_and(|index| !self.workloads[index].pods.is_empty());
        let finalizers = value["metadata"]["finalizers"].as_array().is_some_and(|known| !known.is_empty());
        if kind.resource == Resource::Namespaces {
            return Some(self.delete_namespace(name, value));
        }
        if let Some(index) = owned {
            self.end_workload(index, how.propagation);
        } else if how.propagation != Propagation::Orphan {
            self.delete_dependents(text(&value["metadata"]["uid"]), how);
        }
        let left = if waits || finalizers {
            let mut value = value.clone();
            value["metadata"]["deletionTimestamp"] = self.timestamp().into();
            value["metadata"]["deletionGracePeriodSeconds"] = 0.into();
            if waits {
                value["metadata"]["finalizers"] = json!(["foregroundDeletion"]);
            }
            Some(self.keep(kind.resource, value))
        } else {
            self.store.remove(kind.resource, namespace, name);
            None
        };
        match kind.resource {
            Resource::Nodes => self.lose_node(name),
            Resource::Services | Resource::DisruptionBudgets => {
                self.selectors.retain(|known| {
                    known.resource != kind.resource || *known.namespace != *namespace || *known.name != *name
                });
            }
            Resource::Definitions => {
                let text = |value: &Value| text(value).to_owned();
                let version =
                    value["spec"]["versions"].as_array().into_iter().flatten().find(|known| known["storage"] == true);
                let api_version = format!(
                    "{}/{}",
                    text(&value["spec"]["group"]),
                    version.map_or(String::new(), |known| text(&known["name"]))
                );
                if let Some(kind) = self.store.registry().find(&api_version, &text(&value["spec"]["names"]["plural"])) {
                    self.store.undefine(kind.resource);
                }
            }
            _ => {}
        }
        self.flush();
        left
    }

    /// Deletes what an object owned: jobs of cron jobs, slices of services, pods of replica sets and the like.
    fn delete_dependents(&mut self, uid: &str, how: Deletion) {
        let owned_by = format!("\"uid\":\"{uid}\"");
        for resource in [Resource::Jobs, Resource::EndpointSlices, Resource::Pods] {
            let kind = Arc::clone(self.store.registry().kind(resource));
            let owned = |object: &Arc<Object>| {
                object.body.contains(&owned_by)
                    && object.value()["metadata"]["ownerReferences"]
                        .as_array()
                        .into_iter()
                        .flatten()
                        .any(|owner| owner["uid"] == uid)
            };
            let found: Vec<Arc<Object>> = self.store.list(resource, None, None).into_iter().filter(owned).collect();
            for object in found {
                self.delete_object(&kind, &object.namespace, &object.name, how);
            }
        }
    }

    /// A workload's object goes: its pods go with it, or stay without owner.
    fn end_workload(&mut self, index: usize, propagation: Propagation) {
        let workload = &mut self.workloads[index];
        workload.gone = true;
        workload.rolling = false;
        let (namespace, own_key) = (workload.namespace.clone(), key(&workload.namespace, &workload.name));
        let (resource, pods) = (workload.controller.resource(), workload.pods.clone());
        let sets: Vec<String> = (0..workload.revisions.len()).map(|revision| workload.owner_name(revision)).collect();
        let revisions: Vec<String> =
            workload.revisions.iter().map(|known| format!("{}-{}", workload.name, known.hash)).collect();
        let controller = workload.controller;
        self.by_object.remove(&(resource, own_key));
        self.dirty.remove(&index);
        if propagation == Propagation::Orphan {
            return;
        }
        match controller {
            Controller::Deployment => sets.iter().for_each(|set| {
                self.store.remove(Resource::ReplicaSets, &namespace, set);
            }),
            Controller::StatefulSet | Controller::DaemonSet => revisions.iter().for_each(|revision| {
                self.store.remove(Resource::ControllerRevisions, &namespace, revision);
            }),
            _ => {}
        }
        for id in pods {
            self.delete_with(id, None);
        }
    }

    /// Everything in a namespace goes, then the namespace.
    fn delete_namespace(&mut self, name: &str, mut value: Value) -> Arc<Object> {
        value["metadata"]["deletionTimestamp"] = self.timestamp().into();
        value["status"]["phase"] = "Terminating".into();
        let left = self.keep(Resource::Namespaces, value);
        let kinds: Vec<Arc<Kind>> = self
            .store
            .registry()
            .served()
            .filter(|kind| kind.namespaced && !kind.resource.is_computed())
            .cloned()
            .collect();
        let how = Deletion { grace: None, propagation: Propagation::Background };
        // Pods go last: their owners would replace them.
        let (pods, others): (Vec<_>, Vec<_>) = kinds.into_iter().partition(|kind| kind.resource == Resource::Pods);
        for kind in others.into_iter().chain(pods) {
            if kind.resource == Resource::EventsV1 {
                continue;
            }
            for object in self.store.list(kind.resource, Some(name), None) {
                self.delete_object(&kind, name, &object.name, how);
            }
        }
        if let Some(index) = self.namespaces.iter().position(|known| **known == *name) {
            self.plan(SECOND, Action::NamespaceGone(index));
        }
        left
    }

    pub(super) fn namespace_gone(&mut self, index: usize) {
        let name = self.namespaces[index].clone();
        if !self.store.list(Resource::Pods, Some(&name), None).is_empty() {
            self.plan(SECOND, Action::NamespaceGone(index));
            return;
        }
        for event in self.store.list(Resource::Events, Some(&name), None) {
            self.store.remove(Resource::Events, &name, &event.name);
        }
        self.store.remove(Resource::Namespaces, "", &name);
        self.namespaces[index] = "".into();
    }

    /// The object of an ended workload that waited for its pods goes with the last of them.
    pub(super) fn release(&mut self, index: usize) {
        let workload = &self.workloads[index];
        if !workload.gone
            || !workload.pods.is_empty()
            || matches!(workload.controller, Controller::Bare | Controller::Static)
        {
            return;
        }
        let (resource, namespace, name) =
            (workload.controller.resource(), workload.namespace.clone(), workload.name.clone());
        let ours = names::uuid(workload.uid);
        let waiting = self.store.get(resource, &namespace, &name).is_some_and(|object| {
            let value = object.value();
            value["metadata"]["uid"] == *ours && value["metadata"]["deletionTimestamp"].is_string()
        });
        if waiting {
            self.store.remove(resource, &namespace, &name);
        }
    }

    /// Asks a pod to end within `grace` seconds, or its own; at once if it never ran or none is given.
    pub(super) fn delete_with(&mut self, id: PodId, grace: Option<i64>) {
        let Some(pod) = self.pods.get_mut(&id) else { return };
        let grace = grace.unwrap_or_else(|| self.workloads[pod.workload].template(pod.revision).grace_seconds);
        pod.grace = grace;
        if grace == 0 || pod.node.is_none() {
            self.gone(id);
        } else {
            self.delete(id);
        }
    }
}
