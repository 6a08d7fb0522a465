//! Owns nodes: their state, their JSON, their failing and coming back. Must not know how pods are scheduled.

use std::sync::Arc;

use super::events::{About, Incident, Reporter, micro_timestamp, timestamp};
use super::{Action, MINUTE, Millis, SECOND, World};
use crate::sim::json::JsonWriter;
use crate::sim::lean::Lean;
use crate::sim::names;
use crate::sim::scenario::{ClusterSpec, Provider};
use crate::sim::store::Object;

/// What of each node pods can have.
pub(super) const ALLOCATABLE: [(&str, &str); 2] = [("cpu", "7910m"), ("memory", "29311572Ki")];

/// One node.
#[expect(clippy::struct_excessive_bools, reason = "independent facts of a node, as its conditions are")]
pub(super) struct Node {
    pub(super) name: Box<str>,
    pub(super) uid: u128,
    pub(super) index: usize,
    pub(super) address: [u8; 4],
    pub(super) zone: char,
    pub(super) instance_type: &'static str,
    pub(super) control_plane: bool,
    pub(super) created: Millis,
    pub(super) ready: bool,
    /// Last change of readiness.
    pub(super) since: Millis,
    pub(super) heartbeat: Millis,
    pub(super) memory_pressure: bool,
    pub(super) cordoned: bool,
    /// Its object was deleted.
    pub(super) gone: bool,
    /// Addresses given to pods so far.
    pub(super) pod_addresses: u8,
    /// Pods on it.
    pub(super) pods: usize,
}

impl Node {
    /// Tells whether ordinary new pods may go there.
    pub(super) fn schedulable(&self) -> bool {
        self.ready && !self.gone && !self.cordoned && !self.control_plane && !self.memory_pressure
    }

    fn about(&self) -> About {
        About::new("v1", "Node", "", &self.name, self.uid)
    }
}

impl World {
    /// The kubelet reports its unchanged state every five minutes.
    pub(super) fn heartbeat(&mut self, index: usize) {
        let now = self.now;
        let node = &mut self.nodes[index];
        if node.ready {
            node.heartbeat = now;
            self.write_node(index);
        }
        self.plan(5 * MINUTE, Action::Heartbeat(index));
    }

    /// The lease of a node as a read finds it: a live kubelet renews it every ten seconds. That is not written down, nor told
    /// to who watches: it would be most of what goes on.
    pub(super) fn renewed(&self, lease: Arc<Object>) -> Arc<Object> {
        let own = |node: &&Node| *lease.namespace == *"kube-node-lease" && node.name == lease.name;
        let Some(node) = self.nodes.iter().find(own) else { return lease };
        let at = if node.ready && !node.gone {
            self.now - (self.now + node.index as Millis * 1_700).rem_euclid(10 * SECOND)
        } else {
            node.since - 40 * SECOND
        };
        let parsed = Lean::parse(lease.own());
        let Some(last) = parsed.get("spec").get("renewTime").as_str() else { return lease };
        let field = |moment: &str| format!("\"renewTime\":\"{moment}\"");
        lease.with_text(lease.own().replacen(&field(last), &field(&micro_timestamp(at)), 1))
    }

    pub(super) fn flip_some_node(&mut self) {
        let index = self.rng.usize(..self.nodes.len());
        let node = &self.nodes[index];
        if node.ready && !node.control_plane && !node.gone {
            self.node_down(index);
            self.plan_within(30 * SECOND..90 * SECOND, Action::NodeUp(index));
        }
    }

    pub(super) fn node_down(&mut self, index: usize) {
        if !self.nodes[index].ready || self.nodes[index].gone {
            return;
        }
        self.nodes[index].ready = false;
        self.nodes[index].since = self.now;
        self.write_node(index);
        self.tell_node(index, "node-controller", "NodeNotReady", "status is now: NodeNotReady");
        self.rewrite_pods_on(index, true);
        self.plan(5 * MINUTE, Action::EvictNode(index, self.now));
    }

    pub(super) fn node_up(&mut self, index: usize) {
        if self.nodes[index].ready || self.nodes[index].gone {
            return;
        }
        let node = &mut self.nodes[index];
        (node.ready, node.since, node.heartbeat) = (true, self.now, self.now);
        self.write_node(index);
        self.tell_node(index, "kubelet", "NodeReady", "status is now: NodeReady");
        self.rewrite_pods_on(index, false);
        for id in self.pods_on(index) {
            if self.pods.get(&id).is_some_and(|pod| pod.deleting.is_some()) {
                self.plan_within(SECOND..4 * SECOND, Action::Gone(id));
            }
        }
    }

    /// Five minutes after a node went silent its pods are evicted: they hang in Terminating until it comes back.
    pub(super) fn evict_node(&mut self, index: usize, since: Millis) {
        if self.nodes[index].ready || self.nodes[index].since != since {
            return;
        }
        for id in self.pods_on(index) {
            let Some(pod) = self.pods.get(&id).filter(|pod| {
                !self.workloads[pod.workload].template(pod.revision).tolerates_all && pod.deleting.is_none()
            }) else {
                continue;
            };
            let message = format!("Marking for deletion Pod {}/{}", self.workloads[pod.workload].namespace, pod.name);
            let reporter = Reporter::Controller("taint-eviction-controller");
            self.report(id, reporter, false, "TaintManagerEviction", message);
            self.delete(id);
        }
    }

    fn rewrite_pods_on(&mut self, index: usize, down: bool) {
        for id in self.pods_on(index) {
            if down {
                let reporter = Reporter::Controller("node-controller");
                self.report(id, reporter, true, "NodeNotReady", "Node is not ready".to_owned());
            }
            self.write_pod(id);
        }
    }

    /// A node's object was deleted: its pods go with it.
    pub(super) fn lose_node(&mut self, name: &str) {
        let Some(index) = self.nodes.iter().position(|node| *node.name == *name && !node.gone) else { return };
        self.nodes[index].gone = true;
        let daemons: Vec<usize> = (0..self.workloads.len())
            .filter(|index| self.workloads[*index].controller == super::workload::Controller::DaemonSet)
            .collect();
        for daemon in daemons {
            self.workloads[daemon].replicas = self.workloads[daemon].replicas.saturating_sub(1);
        }
        for id in self.pods_on(index) {
            self.gone(id);
        }
    }

    pub(super) fn pods_on(&self, index: usize) -> Vec<super::PodId> {
        self.pods_where(|pod| pod.node == Some(index))
    }

    pub(super) fn tell_node(&mut self, index: usize, component: &'static str, reason: &'static str, what: &str) {
        let node = &self.nodes[index];
        let reporter = if component == "kubelet" { Reporter::Kubelet } else { Reporter::Controller(component) };
        let host = if component == "kubelet" { node.name.clone() } else { "".into() };
        let message = format!("Node {} {what}", node.name);
        self.record(Incident { about: node.about(), reporter, host, warning: false, reason, message });
    }
}

/// The JSON of a node.
pub(super) fn body(node: &Node, spec: &ClusterSpec, version: u64) -> String {
    let [a, b, c, d] = node.address;
    let address = format!("{a}.{b}.{c}.{d}");
    let zone = format!("{}{}", spec.region, node.zone);
    let pod_cidr = format!("10.{}.{}.0/24", 100 + node.index / 256, node.index % 256);
    let flavour = names::flavour(spec.provider);
    JsonWriter::document(3_200, |json| {
        json.object("metadata", |json| {
            json.text("name", &node.name);
            json.text("uid", &names::uuid(node.uid));
            json.display("resourceVersion", version);
            json.text("creationTimestamp", &timestamp(node.created));
            json.object("labels", |json| labels(json, node, spec, &zone));
            json.object("annotations", |json| {
                json.text("node.alpha.kubernetes.io/ttl", "0");
                json.text("volumes.kubernetes.io/controller-managed-attach-detach", "true");
            });
        });
        json.object("spec", |json| {
            json.text("podCIDR", &pod_cidr);
            json.array("podCIDRs", |json| json.text_item(&pod_cidr));
            json.text("providerID", &provider_id(node, spec, &zone));
            taints(json, node);
            if node.cordoned {
                json.boolean("unschedulable", true);
            }
        });
        json.object("status", |json| {
            json.object("capacity", |json| resources(json, "8", "104845292Ki", "32104500Ki"));
            json.object("allocatable", |json| resources(json, ALLOCATABLE[0].1, "95551679124", ALLOCATABLE[1].1));
            json.array("conditions", |json| conditions(json, node));
            json.array("addresses", |json| {
                for (kind, value) in [("InternalIP", &*address), ("Hostname", &*node.name)] {
                    json.item(|json| {
                        json.text("type", kind);
                        json.text("address", value);
                    });
                }
            });
            json.object("daemonEndpoints", |json| json.object("kubeletEndpoint", |json| json.number("Port", 10_250)));
            json.object("nodeInfo", |json| {
                json.text("machineID", &names::digest(node.uid as u64)[..32]);
                json.text("systemUUID", &names::uuid(node.uid.rotate_left(64)));
                json.text("bootID", &names::uuid(node.uid.rotate_left(32)));
                json.text("kernelVersion", &flavour.kernel);
                json.text("osImage", &flavour.os_image);
                json.text("containerRuntimeVersion", &flavour.runtime);
                json.text("kubeletVersion", &kubelet_version(spec));
                json.text("kubeProxyVersion", "");
                json.text("operatingSystem", "linux");
                json.text("architecture", "amd64");
            });
        });
    })
}

fn labels(json: &mut JsonWriter, node: &Node, spec: &ClusterSpec, zone: &str) {
    json.text("beta.kubernetes.io/arch", "amd64");
    json.text("beta.kubernetes.io/os", "linux");
    if spec.provider == Provider::Eks {
        json.text("eks.amazonaws.com/nodegroup", if node.index.is_multiple_of(3) { "system" } else { "general" });
    }
    json.text("kubernetes.io/arch", "amd64");
    json.text("kubernetes.io/hostname", &node.name);
    json.text("kubernetes.io/os", "linux");
    if node.control_plane || (spec.provider == Provider::K3s && node.index == 0) {
        json.text("node-role.kubernetes.io/control-plane", "");
    }
    json.text("node.kubernetes.io/instance-type", node.instance_type);
    json.text("topology.kubernetes.io/region", &spec.region);
    json.text("topology.kubernetes.io/zone", zone);
}

fn taints(json: &mut JsonWriter, node: &Node) {
    let added = timestamp(node.since);
    let mut taints: Vec<(&str, &str, &str)> = Vec::new();
    if node.control_plane {
        taints.push(("node-role.kubernetes.io/control-plane", "NoSchedule", ""));
    }
    if node.memory_pressure {
        taints.push(("node.kubernetes.io/memory-pressure", "NoSchedule", &added));
    }
    if node.cordoned {
        taints.push(("node.kubernetes.io/unschedulable", "NoSchedule", &added));
    }
    if !node.ready {
        taints.push(("node.kubernetes.io/unreachable", "NoSchedule", &added));
        taints.push(("node.kubernetes.io/unreachable", "NoExecute", &added));
    }
    if taints.is_empty() {
        return;
    }
    json.array("taints", |json| {
        for (key, effect, added) in taints {
            json.item(|json| {
                json.text("key", key);
                json.text("effect", effect);
                json.text_if_any("timeAdded", added);
            });
        }
    });
}

fn resources(json: &mut JsonWriter, cpu: &str, storage: &str, memory: &str) {
    json.text("cpu", cpu);
    json.text("ephemeral-storage", storage);
    json.text("hugepages-1Gi", "0");
    json.text("hugepages-2Mi", "0");
    json.text("memory", memory);
    json.text("pods", "110");
}

fn conditions(json: &mut JsonWriter, node: &Node) {
    const SILENT: (&str, &str, &str) = ("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.");
    let memory = if node.memory_pressure {
        ("True", "KubeletHasInsufficientMemory", "kubelet has insufficient memory available")
    } else {
        ("False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available")
    };
    let rows = [
        ("MemoryPressure", memory),
        ("DiskPressure", ("False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure")),
        ("PIDPressure", ("False", "KubeletHasSufficientPID", "kubelet has sufficient PID available")),
        ("Ready", ("True", "KubeletReady", "kubelet is posting ready status")),
    ];
    for (kind, well) in rows {
        let (status, reason, message) = if node.ready { well } else { SILENT };
        let changed = if !node.ready || kind == "Ready" || status == "True" { node.since } else { node.created };
        json.item(|json| {
            json.text("type", kind);
            json.text("status", status);
            json.text("lastHeartbeatTime", &timestamp(node.heartbeat));
            json.text("lastTransitionTime", &timestamp(changed));
            json.text("reason", reason);
            json.text("message", message);
        });
    }
}

fn provider_id(node: &Node, spec: &ClusterSpec, zone: &str) -> String {
    match spec.provider {
        Provider::Eks => format!("aws:///{zone}/i-0{:016x}", node.uid as u64),
        Provider::Gke => format!("gce://example-project/{zone}/{}", node.name),
        Provider::Aks => format!("azure:///subscriptions/{}/virtualMachines/{}", names::uuid(node.uid), node.index),
        Provider::K3s => format!("k3s://{}", node.name),
        Provider::Kubeadm => format!("metal://{}", node.name),
    }
}

fn kubelet_version(spec: &ClusterSpec) -> String {
    match spec.provider {
        Provider::Eks => format!("{}-eks-6d3986b", spec.version),
        Provider::Gke => format!("{}-gke.1258000", spec.version),
        _ => spec.version.clone(),
    }
}
