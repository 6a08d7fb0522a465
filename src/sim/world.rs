//! Owns one cluster's world: what exists, what is due, and the one step `advance` that lets time pass. Pure: time comes
//! in as an argument, chance from one seed. Must not know HTTP, sockets or the clock.
//!
//! Everything that happens is an [`Action`] with a due time. Actions are acted out in order of time, so many small steps
//! and one large step give the same world, byte for byte.

mod claims;
mod complaints;
mod defaults;
mod deletion;
mod endpoints;
mod events;
mod jobs;
mod lifecycle;
mod metrics;
mod nodes;
mod objects;
mod pods;
mod quota;
mod report;
mod rollout;
mod seed;
mod select;
mod status;
mod template;
mod workload;

pub(crate) use claims::pod_spec;
pub(crate) use deletion::{Deletion, Propagation};
pub(crate) use jobs::read_schedule;

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};

use fastrand::Rng;

use super::kinds::Resource;
use super::scenario::{Churn, ClusterSpec};
use super::store::{Store, key};
use crate::model::hash::QuickMap;
use complaints::Complaint;
use events::Events;
use jobs::Cron;
use nodes::Node;
use pods::Pod;
use select::Selector;
use workload::Workload;

pub(crate) use super::moment::Millis;

const SECOND: Millis = 1_000;
const MINUTE: Millis = 60 * SECOND;
const HOUR: Millis = 60 * MINUTE;
const DAY: Millis = 24 * HOUR;

/// Events older than this are dropped, as by a real API server's `--event-ttl`.
const EVENT_TTL: Millis = HOUR;

type PodId = u32;

/// Something that will happen; whatever no longer applies when it is due is passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Action {
    Schedule(PodId),
    StartInit(PodId),
    Start(PodId),
    BecomeReady(PodId),
    Crash(PodId),
    BackOff(PodId),
    RepeatBackOff(PodId),
    PullFail(PodId),
    PullBackOff(PodId),
    Complete(PodId),
    Gone(PodId),
    RolloutStep(usize),
    Scale(usize),
    CronTick,
    NamespaceGone(usize),
    Heartbeat(usize),
    NodeUp(usize),
    EvictNode(usize, Millis),
    Replace,
    BeginRollout,
    Mishap,
    RunJob,
    FlipNode,
    ExpireEvents,
    Complain(usize),
    Provision(usize),
}

/// One cluster's objects and all that is going to happen to them.
pub(crate) struct World {
    spec: ClusterSpec,
    rng: Rng,
    now: Millis,
    store: Store,
    agenda: BinaryHeap<Reverse<(Millis, u64, Action)>>,
    sequence: u64,
    namespaces: Vec<Box<str>>,
    nodes: Vec<Node>,
    workloads: Vec<Workload>,
    /// Workloads by the resource and key of their object.
    by_object: HashMap<(Resource, Box<str>), usize>,
    /// Workloads whose status is to be written again.
    dirty: BTreeSet<usize>,
    /// What selects pods, by namespace.
    selectors: HashMap<Box<str>, Vec<Selector>>,
    /// Workloads by namespace.
    by_namespace: HashMap<Box<str>, Vec<usize>>,
    crons: Vec<Cron>,
    pods: QuickMap<PodId, Pod>,
    by_name: HashMap<Box<str>, PodId>,
    next_pod: PodId,
    events: Events,
    complaints: Vec<Complaint>,
    /// Namespace and name of claims a volume was ever asked for.
    claims: Vec<(Box<str>, Box<str>)>,
    /// The world is being made: nothing follows yet from what is written.
    seeding: bool,
    /// What is written is the past: no events.
    quiet: bool,
}

impl World {
    /// A seeded world as it is at `start`.
    pub(crate) fn new(spec: &ClusterSpec, seed: u64, start: Millis) -> Self {
        let mut rng = Rng::with_seed(seed);
        let store = Store::new(rng.u64(2_000_000..90_000_000));
        let mut world = Self {
            spec: spec.clone(),
            rng,
            now: start,
            store,
            agenda: BinaryHeap::new(),
            sequence: 0,
            namespaces: Vec::new(),
            nodes: Vec::new(),
            workloads: Vec::new(),
            by_object: HashMap::new(),
            dirty: BTreeSet::new(),
            selectors: HashMap::new(),
            by_namespace: HashMap::new(),
            crons: Vec::new(),
            pods: QuickMap::default(),
            by_name: HashMap::new(),
            next_pod: 0,
            events: Events::default(),
            complaints: Vec::new(),
            claims: Vec::new(),
            seeding: true,
            quiet: true,
        };
        world.seed();
        world.seeding = false;
        world.dirty.extend(0..world.workloads.len());
        world.flush();
        world.quiet = false;
        world.store.forget_history();
        world.begin_churn();
        world
    }

    /// Lets time pass up to `to` and returns the number of changes to objects.
    pub(crate) fn advance(&mut self, to: Millis) -> u64 {
        let before = self.store.resource_version();
        while let Some(Reverse((at, _, action))) = self.agenda.peek().copied()
            && at <= to
        {
            self.agenda.pop();
            self.now = self.now.max(at);
            self.act(action);
        }
        self.now = self.now.max(to);
        self.store.resource_version() - before
    }

    /// When the next thing happens, if anything ever does.
    pub(crate) fn next_due(&self) -> Option<Millis> {
        self.agenda.peek().map(|Reverse((at, _, _))| *at)
    }

    /// The time of this world.
    pub(crate) fn now(&self) -> Millis {
        self.now
    }

    /// The time of this world as Kubernetes writes it.
    pub(crate) fn timestamp(&self) -> String {
        events::timestamp(self.now)
    }

    /// The objects.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Lets the server of this world restart: see [`Store::restart`].
    pub(crate) fn restart(&mut self) {
        self.store.restart();
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Schedule(pod) => self.schedule(pod),
            Action::StartInit(pod) => self.start_init(pod),
            Action::Start(pod) => self.start(pod),
            Action::BecomeReady(pod) => self.become_ready(pod),
            Action::Crash(pod) => self.crash(pod),
            Action::BackOff(pod) => self.back_off(pod),
            Action::RepeatBackOff(pod) => self.repeat_back_off(pod),
            Action::PullFail(pod) => self.pull_fail(pod),
            Action::PullBackOff(pod) => self.pull_back_off(pod),
            Action::Complete(pod) => self.complete(pod),
            Action::Gone(pod) => self.gone(pod),
            Action::RolloutStep(workload) => self.rollout_step(workload),
            Action::Scale(workload) => self.scale(workload),
            Action::CronTick => self.tick_crons(),
            Action::NamespaceGone(namespace) => self.namespace_gone(namespace),
            Action::Heartbeat(node) => self.heartbeat(node),
            Action::NodeUp(node) => self.node_up(node),
            Action::EvictNode(node, since) => self.evict_node(node, since),
            Action::Replace => self.replace_some_pod(),
            Action::BeginRollout => self.begin_some_rollout(),
            Action::Mishap => self.some_mishap(),
            Action::RunJob => self.run_some_job(),
            Action::FlipNode => self.flip_some_node(),
            Action::ExpireEvents => self.expire_events(),
            Action::Complain(complaint) => self.repeat_complaint(complaint),
            Action::Provision(claim) => self.provision(claim),
        }
        if let Some(rate) = Self::rate(&self.spec.churn, action) {
            self.plan_churn(action, rate);
        }
        self.flush();
    }

    /// The pods of which something is true, oldest first.
    fn pods_where(&self, fits: impl Fn(&Pod) -> bool) -> Vec<PodId> {
        let mut found: Vec<PodId> = self.pods.iter().filter(|(_, pod)| fits(pod)).map(|(id, _)| *id).collect();
        found.sort_unstable();
        found
    }

    /// Plans an action `delay` from now.
    fn plan(&mut self, delay: Millis, action: Action) {
        self.sequence += 1;
        self.agenda.push(Reverse((self.now + delay.max(1), self.sequence, action)));
    }

    /// Plans an action at a random moment of the range.
    fn plan_within(&mut self, delay: std::ops::Range<Millis>, action: Action) {
        let delay = self.rng.i64(delay);
        self.plan(delay, action);
    }

    fn begin_churn(&mut self) {
        let all = [Action::Replace, Action::BeginRollout, Action::Mishap, Action::RunJob, Action::FlipNode];
        for action in all {
            if let Some(rate) = Self::rate(&self.spec.churn, action) {
                self.plan_churn(action, rate);
            }
        }
        self.plan(30 * SECOND, Action::ExpireEvents);
        self.plan(MINUTE - self.now.rem_euclid(MINUTE), Action::CronTick);
    }

    /// Times per minute of the actions that repeat by chance.
    fn rate(churn: &Churn, action: Action) -> Option<f64> {
        let rate = match action {
            Action::Replace => churn.replacements,
            Action::BeginRollout => churn.rollouts,
            Action::Mishap => churn.events,
            Action::RunJob => churn.jobs,
            Action::FlipNode => churn.node_flips,
            _ => return None,
        };
        (rate > 0.0).then_some(rate)
    }

    /// Waiting times of independent incidents are exponential; ten times the mean is the longest.
    fn plan_churn(&mut self, action: Action, per_minute: f64) {
        let mean = MINUTE as f64 / per_minute;
        let delay = -(1.0 - self.rng.f64()).ln() * mean;
        self.plan(delay.min(mean * 10.0) as Millis, action);
    }

    fn expire_events(&mut self) {
        for (namespace, name) in self.events.take_older_than(self.now - EVENT_TTL) {
            self.store.remove(Resource::Events, &namespace, &name);
        }
        self.plan(30 * SECOND, Action::ExpireEvents);
    }

    /// Writes what became of a pod: a new object, or the status of the one there is; what others wrote of it stays.
    fn write_pod(&mut self, id: PodId) {
        let Some(pod) = self.pods.get(&id) else { return };
        let workload = &self.workloads[pod.workload];
        let node = pod.node.map(|node| &self.nodes[node]);
        self.dirty.insert(pod.workload);
        let known = self.store.get(Resource::Pods, &workload.namespace, &pod.name);
        let Some(object) = known.filter(|object| object.mould().is_none()) else {
            let body = |version| pods::body(pod, workload, node, version);
            self.store.put_stamped(&workload.namespace, &pod.name, body);
            return;
        };
        let mut value = object.value();
        value["status"] = serde_json::from_str(&pods::status(pod, workload, node)).unwrap_or_default();
        if let Some(node) = node {
            value["spec"]["nodeName"] = (&*node.name).into();
        }
        if let Some(asked) = pod.deleting.filter(|_| value["metadata"]["deletionTimestamp"].is_null()) {
            value["metadata"]["deletionTimestamp"] = events::timestamp(asked + pod.grace * SECOND).into();
            value["metadata"]["deletionGracePeriodSeconds"] = pod.grace.into();
            value["metadata"]["generation"] = (value["metadata"]["generation"].as_i64().unwrap_or(1) + 1).into();
        }
        self.keep(Resource::Pods, value);
    }

    /// Writes what became of a node: its status and the taints the system gives; what others wrote of it stays.
    fn write_node(&mut self, index: usize) {
        let (node, spec) = (&self.nodes[index], &self.spec);
        if node.gone {
            return;
        }
        let Some(object) = self.store.get(Resource::Nodes, "", &node.name) else {
            // Parsed and written again, so that its fields keep their order when it changes.
            let fresh = serde_json::from_str(&nodes::body(node, spec, 0)).unwrap_or_default();
            self.keep(Resource::Nodes, fresh);
            return;
        };
        let fresh: serde_json::Value = serde_json::from_str(&nodes::body(node, spec, 0)).unwrap_or_default();
        let mut value = object.value();
        value["status"] = fresh["status"].clone();
        let system = |taint: &serde_json::Value| objects::text(&taint["key"]).starts_with("node.kubernetes.io/");
        let list = |of: &serde_json::Value| of["spec"]["taints"].as_array().cloned().unwrap_or_default();
        let mut taints: Vec<_> = list(&value).into_iter().filter(|taint| !system(taint)).collect();
        taints.extend(list(&fresh).into_iter().filter(system));
        if let Some(fields) = value["spec"].as_object_mut() {
            fields.remove("taints");
            if !taints.is_empty() {
                fields.insert("taints".to_owned(), taints.into());
            }
        }
        self.keep(Resource::Nodes, value);
    }
}

/// Changes a test makes by hand.
impl World {
    /// Deletes a pod as `kubectl delete` does: it terminates, goes, and is replaced by its owner. `false` if it is unknown.
    pub(crate) fn delete_pod(&mut self, namespace: &str, name: &str) -> bool {
        let found = self.by_name.get(&key(namespace, name)).copied();
        let Some(id) = found.filter(|id| self.pods.get(id).is_some_and(|pod| pod.deleting.is_none())) else {
            return false;
        };
        self.delete_with(id, None);
        self.flush();
        true
    }

    /// Adds a running, ready pod without owner; a namespace that does not exist yet is made.
    pub(crate) fn add_pod(&mut self, namespace: &str, name: &str) {
        self.ensure_namespace(namespace);
        let workload = self.bare_workload(namespace, name, template::plain(name));
        let id = self.create_named(workload, name.to_owned());
        self.settle(id, self.now - MINUTE);
        self.write_pod(id);
        self.flush();
    }

    /// Adds bare pods to, or removes any pods from, a namespace until it has `count` at once.
    pub(crate) fn set_pod_count(&mut self, namespace: &str, count: usize) {
        let in_namespace = |world: &Self| -> Vec<PodId> {
            world.pods_where(|pod| *world.workloads[pod.workload].namespace == *namespace)
        };
        let existing = in_namespace(self);
        for id in existing.iter().skip(count) {
            // Its owner does not want it back.
            let owner = self.pods.get(id).map(|pod| pod.workload);
            self.forget_pod(*id);
            if let Some(owner) = owner {
                self.workloads[owner].replicas = self.workloads[owner].replicas.saturating_sub(1);
            }
        }
        self.flush();
        for number in existing.len()..count {
            self.add_pod(namespace, &format!("extra-{number}"));
        }
    }

    /// Makes a node ready or not now. `false` if it is unknown.
    pub(crate) fn set_node_ready(&mut self, name: &str, ready: bool) -> bool {
        let Some(index) = self.nodes.iter().position(|node| *node.name == *name) else { return false };
        if ready {
            self.node_up(index);
        } else {
            self.node_down(index);
        }
        self.flush();
        true
    }
}

#[cfg(test)]
mod tests;
