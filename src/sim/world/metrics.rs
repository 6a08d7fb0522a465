//! Owns what pods and nodes use, computed when asked for: steady per pod with a slow swing. Must not change anything.

use std::sync::Arc;

use serde_json::{Value, json};

use super::pods::{Pod, Stage};
use super::{MINUTE, PodId, World};
use crate::sim::kinds::Resource;
use crate::sim::lean::Lean;
use crate::sim::names;
use crate::sim::store::{Object, key};

/// How often a metrics server looks.
const WINDOW: i64 = 15_000;

/// Nanocores and KiB a container of a pod uses now: a swing of some minutes around what the pod is like, well below what
/// it may use of memory, for the kernel would not let it live close to that.
fn usage(pod: &Pod, container: usize, limit: u64, now: i64) -> (u64, u64) {
    let seed = names::hash(&pod.name).wrapping_add(container as u64);
    let mut rng = fastrand::Rng::with_seed(seed);
    let (cpu, memory) = (rng.u64(2_000_000..260_000_000), rng.u64(20_000..700_000));
    let phase = (now / WINDOW * WINDOW) as f64 / (7 * MINUTE) as f64 + rng.f64() * 6.0;
    let swing = 1.0 + 0.25 * phase.sin();
    let memory = if limit > 0 { limit * rng.u64(25..80) / 100 } else { memory };
    ((cpu as f64 * swing) as u64, (memory as f64 * (0.9 + 0.1 * swing)) as u64)
}

fn amount((cpu, memory): (u64, u64)) -> Value {
    json!({"cpu": format!("{cpu}n"), "memory": format!("{memory}Ki")})
}

fn of_pod(world: &World, id: PodId) -> Option<Arc<Object>> {
    let pod = world.pods.get(&id).filter(|pod| matches!(pod.stage, Stage::Running { .. }))?;
    let workload = &world.workloads[pod.workload];
    let template = workload.template(pod.revision);
    let labels = labels(&*world.store.get(Resource::Pods, &workload.namespace, &pod.name)?);
    let containers: Vec<Value> = template
        .containers
        .iter()
        .enumerate()
        .map(|(index, (name, _))| json!({"name": name, "usage": amount(usage(pod, index, template.memory[index], world.now))}))
        .collect();
    let value = json!({"metadata": {"name": pod.name, "namespace": workload.namespace, "labels": labels,
            "creationTimestamp": world.timestamp()},
        "timestamp": moment(world), "window": "15.016s", "containers": containers});
    Some(Object::new(&workload.namespace, &pod.name, world.store.resource_version(), value.to_string()))
}

fn moment(world: &World) -> String {
    super::events::timestamp(world.now / WINDOW * WINDOW)
}

fn labels(object: &Object) -> Value {
    Lean::parse(object.own()).get("metadata").get("labels").value()
}

/// What the system itself uses, and the pods of each node: one look at all pods.
fn sums(world: &World) -> Vec<(u64, u64)> {
    let mut sums = vec![(180_000_000, 900_000); world.nodes.len()];
    for pod in world.pods.values().filter(|pod| matches!(pod.stage, Stage::Running { .. })) {
        let Some(sum) = pod.node.and_then(|node| sums.get_mut(node)) else { continue };
        let template = world.workloads[pod.workload].template(pod.revision);
        for (container, limit) in template.memory.iter().enumerate() {
            let (cpu, memory) = usage(pod, container, *limit, world.now);
            *sum = (sum.0 + cpu, sum.1 + memory);
        }
    }
    sums
}

fn of_node(world: &World, index: usize, sum: (u64, u64)) -> Option<Arc<Object>> {
    let node = &world.nodes[index];
    if !node.ready || node.gone {
        return None;
    }
    // No machine gives more than it has: see the capacity of nodes.
    let sum = (sum.0.min(7_900_000_000), sum.1.min(31_000_000));
    let labels = labels(&*world.store.get(Resource::Nodes, "", &node.name)?);
    let value = json!({"metadata": {"name": node.name, "labels": labels, "creationTimestamp": world.timestamp()},
        "timestamp": moment(world), "window": "15.016s", "usage": amount(sum)});
    Some(Object::new("", &node.name, world.store.resource_version(), value.to_string()))
}

/// Metrics of one pod or node.
pub(super) fn one(world: &World, resource: Resource, namespace: &str, name: &str) -> Option<Arc<Object>> {
    if resource == Resource::PodMetrics {
        return of_pod(world, *world.by_name.get(&key(namespace, name))?);
    }
    let index = world.nodes.iter().position(|node| *node.name == *name)?;
    of_node(world, index, sums(world)[index])
}

/// Metrics of all pods or nodes in key order, after the key `after` when it is given.
pub(super) fn all(world: &World, resource: Resource, namespace: Option<&str>, after: Option<&str>) -> Vec<Arc<Object>> {
    if resource == Resource::PodMetrics {
        let objects = world.store.list(Resource::Pods, namespace, after);
        return objects.iter().filter_map(|object| one(world, resource, &object.namespace, &object.name)).collect();
    }
    let sums = sums(world);
    let mut found: Vec<_> = (0..world.nodes.len()).filter_map(|index| of_node(world, index, sums[index])).collect();
    found.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    found.retain(|object| after.is_none_or(|after| *object.name > *after));
    found
}
