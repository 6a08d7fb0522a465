//! Owns what pods and nodes use, computed when asked for: steady per pod with a slow swing. Must not change anything.

use std::sync::Arc;

use super::pods::{Pod, Stage};
use super::{MINUTE, World};
use crate::sim::json::JsonWriter;
use crate::sim::kinds::Resource;
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

fn write_usage(json: &mut JsonWriter, (cpu, memory): (u64, u64)) {
    json.object("usage", |json| {
        json.display("cpu", format_args!("{cpu}n"));
        json.display("memory", format_args!("{memory}Ki"));
    });
}

fn of_pod(world: &World, object: &Object) -> Option<Arc<Object>> {
    let id = world.by_name.get(&key(&object.namespace, &object.name))?;
    let pod = world.pods.get(id).filter(|pod| matches!(pod.stage, Stage::Running { .. }))?;
    let template = world.workloads[pod.workload].template(pod.revision);
    // Text at once: a large cluster has a hundred thousand of these.
    let text = JsonWriter::document(400 + 100 * template.containers.len(), |json| {
        json.object("metadata", |json| {
            json.text("name", &pod.name);
            json.text("namespace", &object.namespace);
            json.raw("labels", object.labels());
            json.text("creationTimestamp", &world.timestamp());
        });
        json.text("timestamp", &moment(world));
        json.text("window", "15.016s");
        json.array("containers", |json| {
            for (index, (name, _)) in template.containers.iter().enumerate() {
                json.item(|json| {
                    json.text("name", name);
                    write_usage(json, usage(pod, index, template.memory[index], world.now));
                });
            }
        });
    });
    Some(Object::new(&object.namespace, &pod.name, world.store.resource_version(), text))
}

fn moment(world: &World) -> String {
    super::events::timestamp(world.now / WINDOW * WINDOW)
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
    let object = world.store.get(Resource::Nodes, "", &node.name)?;
    let text = JsonWriter::document(800, |json| {
        json.object("metadata", |json| {
            json.text("name", &node.name);
            json.raw("labels", object.labels());
            json.text("creationTimestamp", &world.timestamp());
        });
        json.text("timestamp", &moment(world));
        json.text("window", "15.016s");
        write_usage(json, sum);
    });
    Some(Object::new("", &node.name, world.store.resource_version(), text))
}

/// Metrics of one pod or node.
pub(super) fn one(world: &World, resource: Resource, namespace: &str, name: &str) -> Option<Arc<Object>> {
    if resource == Resource::PodMetrics {
        return of_pod(world, &*world.store.get(Resource::Pods, namespace, name)?);
    }
    let index = world.nodes.iter().position(|node| *node.name == *name)?;
    of_node(world, index, sums(world)[index])
}

/// Metrics of all pods or nodes in key order, after the key `after` when it is given.
pub(super) fn all(world: &World, resource: Resource, namespace: Option<&str>, after: Option<&str>) -> Vec<Arc<Object>> {
    if resource == Resource::PodMetrics {
        let objects = world.store.list(Resource::Pods, namespace, after);
        return objects.iter().filter_map(|object| of_pod(world, object)).collect();
    }
    let sums = sums(world);
    let mut found: Vec<_> = (0..world.nodes.len()).filter_map(|index| of_node(world, index, sums[index])).collect();
    found.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    found.retain(|object| after.is_none_or(|after| *object.name > *after));
    found
}
