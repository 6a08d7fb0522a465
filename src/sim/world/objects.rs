//! Owns the way from objects to the world: what a written or deleted object means for what goes on. Must not know who
//! writes them.

use std::sync::Arc;

use serde_json::Value;

use super::template::Template;
use super::workload::{Controller, Revision, Workload};
use super::{Action, SECOND, World, metrics};
use crate::sim::json::written;
use crate::sim::kinds::{Kind, Resource};
use crate::sim::lean::Lean;
use crate::sim::store::{Object, key};
use crate::sim::{managed, names};

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// What the objects of workloads have, in the order it is written in.
const PARTS: [&str; 3] = ["metadata", "spec", "status"];

/// The number a UUID was written from.
pub(super) fn number(uuid: &str) -> u128 {
    u128::from_str_radix(&uuid.replace('-', ""), 16).unwrap_or_default()
}

impl World {
    /// One object, stored or computed.
    pub(crate) fn get(&self, resource: Resource, namespace: &str, name: &str) -> Option<Arc<Object>> {
        if resource.is_computed() {
            return metrics::one(self, resource, namespace, name);
        }
        let object = self.store.get(resource.stored(), namespace, name)?;
        Some(if resource == Resource::Leases { self.renewed(object) } else { object })
    }

    /// Objects in key order: of one namespace or of all, those after the key `after` when it is given.
    pub(crate) fn list(&self, resource: Resource, namespace: Option<&str>, after: Option<&str>) -> Vec<Arc<Object>> {
        if resource.is_computed() {
            return metrics::all(self, resource, namespace, after);
        }
        let objects = self.store.list(resource.stored(), namespace, after);
        if resource != Resource::Leases {
            return objects;
        }
        objects.into_iter().map(|lease| self.renewed(lease)).collect()
    }

    /// Chance, for what a server makes up.
    pub(crate) fn chance(&mut self) -> &mut fastrand::Rng {
        &mut self.rng
    }

    /// Keeps an object that was written from outside, and lets the world follow. An object that waited for its
    /// finalizers and has none any more goes.
    pub(crate) fn put(&mut self, kind: &Kind, mut value: Value) -> Arc<Object> {
        let released = value["metadata"]["deletionTimestamp"].is_string()
            && value["metadata"]["finalizers"].as_array().is_none_or(Vec::is_empty)
            && !matches!(kind.resource, Resource::Pods | Resource::Namespaces);
        let object = self.keep_of(kind.resource, &mut value);
        if released {
            self.store.remove(kind.resource, &object.namespace, &object.name);
            if let Some(index) = self.namespaces.iter().position(|known| *known == object.namespace)
                && self.is_ending(&object.namespace)
            {
                self.plan(SECOND, Action::NamespaceGone(index));
            }
            return object;
        }
        self.observe(kind.resource, &object, &value);
        self.flush();
        if !self.seeding {
            self.refresh_quotas(&object.namespace);
        }
        self.store.get(kind.resource, &object.namespace, &object.name).unwrap_or(object)
    }

    fn is_ending(&self, namespace: &str) -> bool {
        let object = self.store.get(Resource::Namespaces, "", namespace);
        object.is_some_and(|object| object.value()["metadata"]["deletionTimestamp"].is_string())
    }

    /// Stores what the world made of an object, with the version it gets. Where others have written to it, it is said who
    /// set what.
    pub(super) fn keep(&mut self, resource: Resource, mut value: Value) -> Arc<Object> {
        let metadata = &value["metadata"];
        if metadata["managedFields"].is_array()
            && let Some(old) = self.store.get(resource, text(&metadata["namespace"]), text(&metadata["name"]))
        {
            managed::follow(&old.value(), &mut value, self.store.registry().kind(resource), &self.timestamp());
        }
        self.keep_of(resource, &mut value)
    }

    /// The same of an object whose spec stays as it is: nobody reads it, unless others have written to the object.
    /// `metadata` and `status` are the whole of these.
    pub(super) fn keep_status(&mut self, resource: Resource, object: &Object, mut metadata: Value, status: Value) {
        let own = Lean::parse(object.own());
        let plain = own.object().is_some_and(|own| own.fields.iter().map(|(key, _)| &**key).eq(PARTS));
        if metadata["managedFields"].is_array() || !plain {
            let mut value = object.value();
            (value["metadata"], value["status"]) = (metadata, status);
            self.keep(resource, value);
            return;
        }
        let (spec, status) = (own.get("spec").raw(), written(&status));
        self.store.put(resource, &object.namespace, &object.name, |version| {
            metadata["resourceVersion"] = version.to_string().into();
            format!("{{\"metadata\":{},\"spec\":{spec},\"status\":{status}}}", written(&metadata))
        });
    }

    fn keep_of(&mut self, resource: Resource, value: &mut Value) -> Arc<Object> {
        let metadata = &value["metadata"];
        let (namespace, name) = (text(&metadata["namespace"]).to_owned(), text(&metadata["name"]).to_owned());
        self.store.put(resource, &namespace, &name, |version| {
            value["metadata"]["resourceVersion"] = version.to_string().into();
            written(value)
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
        let object = self.keep_of(resource, &mut value);
        self.observe(resource, &object, &value);
        object
    }

    fn observe(&mut self, resource: Resource, object: &Object, value: &Value) {
        if let Some(controller) = Controller::of(resource) {
            self.observe_workload(controller, value);
            return;
        }
        match resource {
            Resource::Pods => self.observe_pod(object),
            Resource::Nodes => self.observe_node(object),
            Resource::Namespaces => self.observe_namespace(&object.name),
            Resource::CronJobs => self.observe_cron_job(object),
            Resource::Services | Resource::DisruptionBudgets => self.observe_selector(resource, object, value),
            Resource::Definitions => self.store.define(value),
            Resource::Claims if !self.seeding => self.observe_claim(value),
            Resource::ResourceQuotas if !self.seeding => self.observe_quota(&object.namespace),
            Resource::Autoscalers if !self.seeding => {
                let target = (Resource::Deployments, key(&object.namespace, &object.name));
                if let Some(index) = self.by_object.get(&target).copied() {
                    self.tell_autoscaler(index);
                }
            }
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
        let template = Arc::new(Template::of(&value, Controller::Bare));
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
        let template = Arc::new(Template::of(&spec["template"], controller));
        let own_key = (controller.resource(), key(namespace, name));
        let known = self.by_object.get(&own_key).copied();
        let index = known.unwrap_or_else(|| {
            let startup = self.rng.i64(2 * SECOND..9 * SECOND);
            let uid = number(text(&metadata["uid"]));
            let mut workload = Workload::new(controller, namespace, name, uid, startup);
            workload.replicas = replicas;
            workload.system = text(&spec["template"]["spec"]["priorityClassName"]).starts_with("system-");
            let index = self.add_workload(workload);
            self.by_object.insert(own_key, index);
            index
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

    /// Adds a workload to those of its namespace.
    pub(super) fn add_workload(&mut self, workload: Workload) -> usize {
        let index = self.workloads.len();
        self.by_namespace.entry(workload.namespace.clone()).or_default().push(index);
        self.workloads.push(workload);
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
}
