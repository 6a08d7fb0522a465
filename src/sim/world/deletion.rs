//! Owns how objects go: with grace, with what they own, or waiting for finalizers. Must not know who deletes them.

use std::sync::Arc;

use serde_json::{Value, json};

use super::objects::text;
use super::workload::Controller;
use super::{Action, PodId, SECOND, World};
use crate::sim::kinds::{Kind, Resource};
use crate::sim::lean::Lean;
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

impl World {
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
        let finalizers = value["metadata"]["finalizers"].as_array().is_some_and(|known| !known.is_empty());
        if kind.resource == Resource::Namespaces {
            return Some(self.delete_namespace(name, value));
        }
        if let Some(index) = owned {
            self.end_workload(index, how.propagation);
        }
        if how.propagation != Propagation::Orphan {
            const OWNED: [Resource; 4] = [Resource::Claims, Resource::Jobs, Resource::EndpointSlices, Resource::Pods];
            // The pods of a workload went with it.
            let resources = if owned.is_some() { &OWNED[..1] } else { &OWNED[..] };
            self.delete_dependents(text(&value["metadata"]["uid"]), resources, how);
        }
        let waits = how.propagation == Propagation::Foreground
            && owned.is_some_and(|index| !self.workloads[index].pods.is_empty());
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
            Resource::Claims => self.reclaim(&value),
            Resource::ResourceQuotas => self.observe_quota(namespace),
            Resource::Services | Resource::DisruptionBudgets => {
                if kind.resource == Resource::Services {
                    self.store.remove(Resource::Endpoints, namespace, name);
                }
                if let Some(here) = self.selectors.get_mut(namespace) {
                    here.retain(|known| known.resource != kind.resource || *known.name != *name);
                }
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
        self.refresh_quotas(namespace);
        left
    }

    /// Deletes what an object owned: jobs of cron jobs, slices of services, claims of stateful sets and the like.
    fn delete_dependents(&mut self, uid: &str, resources: &[Resource], how: Deletion) {
        let owned_by = format!("\"uid\":\"{uid}\"");
        for &resource in resources {
            let kind = Arc::clone(self.store.registry().kind(resource));
            let owned = |object: &Arc<Object>| {
                object.own().contains(&owned_by)
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
        let (owned, names) = match controller {
            Controller::Deployment => (Resource::ReplicaSets, sets),
            Controller::StatefulSet | Controller::DaemonSet => (Resource::ControllerRevisions, revisions),
            _ => (Resource::ControllerRevisions, Vec::new()),
        };
        if propagation == Propagation::Orphan {
            for name in names {
                self.disown(owned, &namespace, &name);
            }
            return;
        }
        for name in names {
            self.store.remove(owned, &namespace, &name);
        }
        for id in pods {
            self.delete_with(id, None);
        }
    }

    /// An object whose owner went without it no longer says that it has one.
    fn disown(&mut self, resource: Resource, namespace: &str, name: &str) {
        let Some(object) = self.store.get(resource, namespace, name) else { return };
        let mut value = object.value();
        if let Some(metadata) = value["metadata"].as_object_mut() {
            metadata.remove("ownerReferences");
        }
        self.keep(resource, value);
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

    fn holds_finalizers(&self, namespace: &str) -> bool {
        let mut stored = self.store.registry().served().filter(|kind| kind.namespaced && !kind.resource.is_computed());
        stored.any(|kind| {
            let left = self.store.list(kind.resource.stored(), Some(namespace), None);
            left.iter().any(|object| !Lean::parse(object.own()).get("metadata").get("finalizers").list().is_empty())
        })
    }

    pub(super) fn namespace_gone(&mut self, index: usize) {
        let name = self.namespaces[index].clone();
        if !self.store.list(Resource::Pods, Some(&name), None).is_empty() {
            self.plan(SECOND, Action::NamespaceGone(index));
            return;
        }
        // What waits for its finalizers holds its namespace up; the last of them to go says so.
        if self.holds_finalizers(&name) {
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

    /// Asks a pod to end within `grace` seconds, or its own; at once if it never ran, has ended, or none is given.
    pub(super) fn delete_with(&mut self, id: PodId, grace: Option<i64>) {
        let Some(pod) = self.pods.get_mut(&id) else { return };
        let grace = grace.unwrap_or_else(|| self.workloads[pod.workload].template(pod.revision).grace_seconds);
        pod.grace = grace;
        if grace == 0 || pod.node.is_none() || pod.stage.is_end() {
            self.gone(id);
        } else {
            self.delete(id);
        }
    }
}
