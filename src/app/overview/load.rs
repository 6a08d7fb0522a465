//! What nodes have, what pods ask of them and use, node by node and all together; and the pods that use most. One look at
//! all rows. Must not know what is shown of it.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use crate::app::tables::Tables;
use crate::model::age::Unix;
use crate::model::amount::{Amount, Amounts, percent};
use crate::model::ids::Uid;
use crate::model::node::NodeRow;
use crate::model::pod::{PodPhase, PodRow};
use crate::table::engine::AnyTable as _;

/// Nodes that are shown.
const NODES: usize = 5;
/// Pods that are shown.
const PODS: usize = 5;

/// What there is in a cluster and what is asked of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// What all nodes have.
    pub capacity: Amounts,
    /// What pods may ask for.
    pub allocatable: Amounts,
    /// How many pods all nodes take.
    pub pod_limit: usize,
    /// What pods that stand on nodes ask for.
    pub requests: Amounts,
    /// What those use at most that have a limit.
    pub limits: Amounts,
    /// What pods use, as far as that is measured.
    pub used_by_pods: Amounts,
    /// Pods that stand on nodes and have not ended.
    pub pods: usize,
}

/// One node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeLoad {
    /// Its identity.
    pub uid: Uid,
    /// Its name.
    pub name: Box<str>,
    /// Its status word.
    pub status: Arc<str>,
    /// What ails it.
    pub unwell: Option<Box<str>>,
    /// What pods may ask it for.
    pub allocatable: Amounts,
    /// What its pods ask for.
    pub requests: Amounts,
    /// What it uses.
    pub used: Amounts,
    /// Its pods that have not ended.
    pub pods: usize,
    /// How many it takes.
    pub pod_limit: u32,
}

impl NodeLoad {
    /// The larger of its shares of CPU and memory that are used or, where that is not measured, asked for, in percent.
    #[must_use]
    pub fn pressure(&self) -> u64 {
        let of = |used: Amount, asked: Amount, all: Amount| {
            percent(u64::from(used.get().or(asked.get())?), u64::from(all.get()?))
        };
        let cpu = of(self.used.cpu, self.requests.cpu, self.allocatable.cpu);
        let memory = of(self.used.memory, self.requests.memory, self.allocatable.memory);
        cpu.max(memory).unwrap_or_default()
    }
}

/// A pod that uses much of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consumer {
    /// Its identity.
    pub uid: Uid,
    /// Its namespace.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Box<str>,
    /// How much: millicores or MiB.
    pub used: u32,
    /// How much it may use at most, in the same unit.
    pub limit: Amount,
}

/// What one look found.
#[derive(Debug, Default)]
pub struct Looked {
    /// All together.
    pub load: Load,
    /// The nodes to look at first: those that need a person, then those under most pressure.
    pub nodes: Vec<NodeLoad>,
    /// Who uses most CPU, the most first.
    pub cpu: Vec<Consumer>,
    /// Who uses most memory, the most first.
    pub memory: Vec<Consumer>,
}

/// Looks at all nodes and pods.
#[must_use]
pub fn look(tables: &Tables, now: Unix) -> Looked {
    let mut load = Load::default();
    let mut on_nodes: HashMap<&str, (Amounts, usize)> = HashMap::new();
    let (mut cpu, mut memory) = (Most::default(), Most::default());
    for pod in tables.pods.rows() {
        load.used_by_pods = load.used_by_pods.plus(pod.usage);
        cpu.see(pod.usage.cpu, pod);
        memory.see(pod.usage.memory, pod);
        if pod.node.is_empty() || matches!(pod.phase, PodPhase::Succeeded | PodPhase::Failed) {
            continue;
        }
        load.pods += 1;
        load.requests = load.requests.plus(pod.requests);
        load.limits = load.limits.plus(pod.limits);
        let (requests, pods) = on_nodes.entry(&pod.node).or_default();
        *requests = requests.plus(pod.requests);
        *pods += 1;
    }
    let mut nodes: Vec<NodeLoad> = Vec::new();
    for node in tables.nodes.rows() {
        load.capacity = load.capacity.plus(node.capacity);
        load.allocatable = load.allocatable.plus(node.allocatable);
        load.pod_limit += node.pod_limit as usize;
        // That nothing is asked of a node is known, too.
        let nothing = Amounts { cpu: Amount::new(0), memory: Amount::new(0) };
        let (requests, pods) = on_nodes.get(&*node.name).copied().unwrap_or_default();
        let requests = if tables.pods.total() > 0 { requests.plus(nothing) } else { requests };
        nodes.push(of_node(node, requests, pods, now));
    }
    nodes.sort_by(|a, b| {
        let rank = |node: &NodeLoad| (Reverse(node.unwell.is_some()), Reverse(node.pressure()));
        rank(a).cmp(&rank(b)).then_with(|| a.name.cmp(&b.name))
    });
    nodes.truncate(NODES);
    Looked { load, nodes, cpu: cpu.consumers(|pod| pod.limits.cpu), memory: memory.consumers(|pod| pod.limits.memory) }
}

fn of_node(node: &NodeRow, requests: Amounts, pods: usize, now: Unix) -> NodeLoad {
    NodeLoad {
        uid: node.uid,
        name: node.name.clone(),
        status: node.status.clone(),
        unwell: node.unwell.as_deref().filter(|unwell| unwell.is_at(now)).map(|unwell| unwell.reason.clone()),
        allocatable: node.allocatable,
        requests,
        used: node.usage,
        pods,
        pod_limit: node.pod_limit,
    }
}

/// The few that have most of something, the most first; of equals the first by name.
#[derive(Default)]
struct Most<'a>(Vec<(u32, &'a PodRow)>);

impl<'a> Most<'a> {
    fn see(&mut self, used: Amount, pod: &'a PodRow) {
        let Some(used) = used.get().filter(|used| *used > 0) else { return };
        if self.0.len() == PODS && self.0.last().is_some_and(|(least, _)| *least > used) {
            return;
        }
        let rank = |used: u32, pod: &'a PodRow| (Reverse(used), &*pod.namespace, &*pod.name);
        let place = self.0.partition_point(|(other, known)| rank(*other, known) < rank(used, pod));
        self.0.insert(place, (used, pod));
        self.0.truncate(PODS);
    }

    fn consumers(self, limit: impl Fn(&PodRow) -> Amount) -> Vec<Consumer> {
        let consumer = |(used, pod): (u32, &PodRow)| Consumer {
            uid: pod.uid,
            namespace: pod.namespace.clone(),
            name: pod.name.clone(),
            used,
            limit: limit(pod),
        };
        self.0.into_iter().map(consumer).collect()
    }
}
