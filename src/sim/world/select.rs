//! Owns what selects pods: services, and disruption budgets with the evictions they allow. Must not know why pods change.

use serde_json::{Map, Value, json};

use super::pods::{Pod, Stage};
use super::workload::Revision;
use super::{PodId, World};
use crate::sim::kinds::Resource;
use crate::sim::store::{Object, key};

/// An object that selects pods of its namespace.
pub(super) struct Selector {
    pub(super) resource: Resource,
    pub(super) namespace: Box<str>,
    pub(super) name: Box<str>,
    labels: Map<String, Value>,
    /// Of a service: hash of its endpoints as they were last written, and how often they were.
    written: (u64, i64),
}

impl Selector {
    fn chooses(&self, labels: &Map<String, Value>) -> bool {
        !self.labels.is_empty() && self.labels.iter().all(|(key, value)| labels.get(key) == Some(value))
    }
}

/// A budget that does not allow an eviction.
pub(crate) struct Blocked {
    pub(crate) budget: String,
    pub(crate) needed: i64,
    pub(crate) healthy: i64,
}

/// A number or a percentage of a total, rounded up.
pub(super) fn share(value: &Value, total: i64) -> Option<i64> {
    value.as_i64().or_else(|| {
        let percent: i64 = value.as_str()?.strip_suffix('%')?.parse().ok()?;
        Some((total * percent + 99) / 100)
    })
}

impl World {
    pub(super) fn observe_selector(&mut self, resource: Resource, object: &Object, value: &Value) {
        let spec = &value["spec"];
        let labels = if resource == Resource::Services { &spec["selector"] } else { &spec["selector"]["matchLabels"] };
        let labels = labels.as_object().cloned().unwrap_or_default();
        let here = self.selectors.entry(object.namespace.clone()).or_default();
        if let Some(known) = here.iter_mut().find(|known| known.resource == resource && known.name == object.name) {
            known.labels = labels;
        } else {
            let (namespace, name) = (object.namespace.clone(), object.name.clone());
            here.push(Selector { resource, namespace, name, labels, written: (0, 0) });
        }
        if !self.seeding {
            self.refresh(resource, &object.namespace, &object.name);
        }
    }

    fn workloads_of(&self, selector: &Selector) -> Vec<usize> {
        let here = self.by_namespace.get(&selector.namespace).into_iter().flatten().copied();
        here.filter(|index| {
            let workload = &self.workloads[*index];
            selector.chooses(&workload.template(workload.latest).labels)
        })
        .collect()
    }

    fn pods_of(&self, selector: &Selector) -> Vec<PodId> {
        let mut pods = Vec::new();
        for index in self.by_namespace.get(&selector.namespace).into_iter().flatten() {
            let workload = &self.workloads[*index];
            let chooses = |revision: &Revision| selector.chooses(&revision.template.labels);
            if workload.revisions.iter().any(chooses) {
                let chosen: Vec<bool> = workload.revisions.iter().map(chooses).collect();
                let fits = |id: &&PodId| self.pods.get(id).is_some_and(|pod| chosen[pod.revision]);
                pods.extend(workload.pods.iter().filter(fits));
            }
        }
        pods
    }

    /// Brings up to date what selects pods of a workload.
    pub(super) fn refresh_selectors(&mut self, workload: usize) {
        let owner = &self.workloads[workload];
        if owner.revisions.is_empty() {
            return;
        }
        let labels = &owner.template(owner.latest).labels;
        let here = self.selectors.get(&owner.namespace).into_iter().flatten();
        let concerned = here.filter(|known| known.chooses(labels));
        let concerned: Vec<(Resource, Box<str>, Box<str>)> =
            concerned.map(|known| (known.resource, known.namespace.clone(), known.name.clone())).collect();
        for (resource, namespace, name) in concerned {
            self.refresh(resource, &namespace, &name);
        }
    }

    fn refresh(&mut self, resource: Resource, namespace: &str, name: &str) {
        let known = |selector: &&Selector| selector.resource == resource && *selector.name == *name;
        let Some(object) = self.store.get(resource, namespace, name) else { return };
        let Some(selector) = self.selectors.get(namespace).and_then(|here| here.iter().find(known)) else { return };
        let mut value = object.value();
        if resource == Resource::Services {
            // Who chooses no pods says where it leads itself, or leads away.
            if selector.labels.is_empty() || value["spec"]["type"] == "ExternalName" {
                return;
            }
            let (pods, written) = (self.pods_of(selector), selector.written);
            let written = self.write_endpoints(&value, &pods, written);
            let here = self.selectors.get_mut(namespace).and_then(|here| here.iter_mut().find(|s| known(&&**s)));
            if let Some(selector) = here {
                selector.written = written;
            }
            return;
        }
        let status = self.budget_status(selector, &value);
        if status != value["status"] {
            value["status"] = status;
            self.keep(resource, value);
        }
    }

    fn budget_status(&self, selector: &Selector, budget: &Value) -> Value {
        let well = |pod: &&Pod| pod.deleting.is_none() && pod.stage == Stage::Running { ready: true };
        let healthy = self.pods_of(selector).iter().filter_map(|id| self.pods.get(id)).filter(well).count() as i64;
        let owners = self.workloads_of(selector);
        let expected = owners
            .iter()
            .filter(|index| !self.workloads[**index].gone)
            .map(|index| self.workloads[*index].replicas as i64)
            .sum::<i64>();
        let spec = &budget["spec"];
        let needed = share(&spec["minAvailable"], expected)
            .or_else(|| share(&spec["maxUnavailable"], expected).map(|most| (expected - most).max(0)))
            .unwrap_or(0);
        let allowed = if expected == 0 { 0 } else { (healthy - needed).max(0) };
        let (status, reason) = if allowed > 0 { ("True", "SufficientPods") } else { ("False", "InsufficientPods") };
        let old = &budget["status"]["conditions"][0];
        let changed = if old["status"] == status { old["lastTransitionTime"].clone() } else { self.timestamp().into() };
        let generation = budget["metadata"]["generation"].as_i64().unwrap_or(1);
        json!({"conditions": [{"lastTransitionTime": changed, "message": "", "observedGeneration": generation,
                "reason": reason, "status": status, "type": "DisruptionAllowed"}],
            "currentHealthy": healthy, "desiredHealthy": needed, "disruptionsAllowed": allowed, "expectedPods": expected,
            "observedGeneration": generation})
    }

    /// Evicts a pod unless a budget forbids it; pods that are not ready may always go.
    pub(crate) fn evict(&mut self, namespace: &str, name: &str, grace: Option<i64>, dry: bool) -> Result<(), Blocked> {
        let Some(id) = self.by_name.get(&key(namespace, name)).copied() else { return Ok(()) };
        let Some(pod) = self.pods.get(&id).filter(|pod| pod.deleting.is_none()) else { return Ok(()) };
        let labels = self.workloads[pod.workload].template(pod.revision).labels.clone();
        if pod.stage == (Stage::Running { ready: true }) {
            let here = self.selectors.get(namespace).into_iter().flatten();
            let budgets = here.filter(|known| known.resource == Resource::DisruptionBudgets && known.chooses(&labels));
            for budget in budgets {
                let Some(object) = self.store.get(Resource::DisruptionBudgets, namespace, &budget.name) else {
                    continue;
                };
                let status = self.budget_status(budget, &object.value());
                if status["disruptionsAllowed"] == 0 {
                    let number = |key: &str| status[key].as_i64().unwrap_or(0);
                    let (needed, healthy) = (number("desiredHealthy"), number("currentHealthy"));
                    return Err(Blocked { budget: budget.name.to_string(), needed, healthy });
                }
            }
        }
        if !dry {
            self.delete_with(id, grace);
            self.flush();
        }
        Ok(())
    }

    /// Puts a pod that waits on a node; `false` if it has one or there is no such node.
    pub(crate) fn bind(&mut self, namespace: &str, name: &str, node: &str) -> bool {
        let Some(id) = self.by_name.get(&key(namespace, name)).copied() else { return false };
        let free = self.pods.get(&id).is_some_and(|pod| pod.node.is_none() && pod.deleting.is_none());
        let Some(index) = self.nodes.iter().position(|known| *known.name == *node).filter(|_| free) else {
            return false;
        };
        self.settle_on(id, index);
        self.flush();
        true
    }
}
