//! Owns how a world begins: nodes, namespaces, workloads and pods with a past, and the troubles of the scenario.
//! Must not know what happens afterwards.

mod apps;
mod helm;
mod past;
mod stock;
mod trouble;

use std::sync::Arc;

use serde_json::json;

use super::nodes::Node;
use super::template::Template;
use super::workload::{Controller, Revision, Workload};
use super::{Action, DAY, MINUTE, SECOND, World};
use crate::sim::kinds::Resource;
use crate::sim::names::{self, Installed, WORDS};
use crate::sim::scenario::{Provider, TroubleKind};
use crate::sim::world::events::timestamp;
use apps::App;

/// Namespaces every cluster has.
const SYSTEM_NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

impl World {
    pub(super) fn seed(&mut self) {
        for name in SYSTEM_NAMESPACES {
            self.ensure_namespace(name);
        }
        self.seed_nodes();
        self.furnish_cluster();
        self.seed_system();
        self.seed_applications();
        for index in 0..self.nodes.len() {
            self.write_node(index);
            self.plan_within(SECOND..5 * MINUTE, Action::Heartbeat(index));
        }
    }

    /// Makes a namespace unless it exists.
    pub(super) fn ensure_namespace(&mut self, name: &str) {
        if self.namespaces.iter().any(|known| **known == *name) {
            return;
        }
        let created = timestamp(self.now - self.rng.i64(60 * DAY..300 * DAY));
        self.make(Resource::Namespaces, &created, json!({"metadata": {"name": name}}));
    }

    /// A namespace there is now gets what its controllers put into every one.
    pub(super) fn observe_namespace(&mut self, name: &str) {
        if self.namespaces.iter().any(|known| **known == *name) {
            return;
        }
        self.namespaces.push(name.into());
        self.furnish_namespace(name);
    }

    fn seed_nodes(&mut self) {
        let count = usize::from(self.spec.nodes);
        let provider = self.spec.provider;
        for index in 0..count {
            let address = [10, 20, (7 * index % 251) as u8, (10 + index % 240) as u8];
            let (region, cluster) = (self.spec.region.clone(), self.spec.name.clone());
            let name = names::node(&mut self.rng, provider, &region, &cluster, index, address);
            let created = self.now - self.rng.i64(2 * DAY..90 * DAY);
            self.nodes.push(Node {
                name: name.into_boxed_str(),
                uid: self.rng.u128(..),
                index,
                address,
                zone: ['a', 'b', 'c'][index % 3],
                instance_type: names::pick(&mut self.rng, &names::flavour(provider).instance_types),
                control_plane: provider == Provider::Kubeadm && index == 0 && count > 1,
                created,
                ready: true,
                since: created + 40 * SECOND,
                heartbeat: self.now - self.rng.i64(0..5 * MINUTE),
                memory_pressure: false,
                cordoned: false,
                gone: false,
                pod_addresses: 1,
                pods: 0,
            });
        }
        let mut next = count;
        for trouble in self.spec.troubles.clone() {
            for _ in 0..trouble.number {
                let at = self.now - 3 * MINUTE;
                match trouble.kind {
                    TroubleKind::NodeNotReady | TroubleKind::MemoryPressure | TroubleKind::Cordoned => {
                        next = next.saturating_sub(1);
                    }
                    _ => break,
                }
                let Some(node) = self.nodes.get_mut(next) else { break };
                match trouble.kind {
                    TroubleKind::MemoryPressure => (node.memory_pressure, node.since) = (true, at),
                    TroubleKind::Cordoned => node.cordoned = true,
                    _ => {
                        // It fails only after it got its share of pods: see `seed_applications`.
                        (node.since, node.heartbeat) = (at, at - 40 * SECOND);
                    }
                }
            }
        }
    }

    fn seed_system(&mut self) {
        let flavour = names::flavour(self.spec.provider);
        let platform: &[_] = if self.spec.pods > 0 { &WORDS.platform } else { &[] };
        for Installed { namespace, name, image, daemon } in flavour.system.iter().chain(platform) {
            let daemon = *daemon;
            self.ensure_namespace(namespace);
            let controller = if daemon { Controller::DaemonSet } else { Controller::Deployment };
            let replicas = if daemon { self.nodes.len() } else { self.nodes.len().min(2) };
            let app = App::new(controller, namespace, name, replicas).of_system(image);
            let workload = self.install(&app);
            self.populate(workload, None);
            if !daemon && !namespace.starts_with("kube-") {
                let revisions = self.some_revisions();
                self.seed_release(&app, revisions, name == "argocd-server");
            }
        }
        if self.spec.provider == Provider::Kubeadm {
            for name in ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"] {
                let image = format!("registry.k8s.io/{name}:{}", self.spec.version);
                let app = App::new(Controller::Static, "kube-system", name, 1).of_system(&image);
                let template = Arc::new(Template::of(&app.template(), Controller::Static));
                let workload = self.bare_workload("kube-system", name, template);
                let owner = &mut self.workloads[workload];
                (owner.controller, owner.system, owner.uid) = (Controller::Static, true, self.nodes[0].uid);
                let pod = self.create_named(workload, format!("{name}-{}", self.nodes[0].name));
                self.place(pod, 0, self.nodes[0].created + MINUTE);
                self.settle(pod, self.nodes[0].created + MINUTE);
                self.write_pod(pod);
            }
        }
    }

    fn seed_applications(&mut self) {
        let homes = self.application_namespaces();
        for name in &homes {
            self.ensure_namespace(name);
        }
        for trouble in self.spec.troubles.clone() {
            self.seed_trouble(&trouble, homes.first().map_or("default", |name| name));
        }
        if let Some(home) = homes.first().filter(|_| self.spec.pods >= 50) {
            self.seed_regulars(home);
        }
        let wanted = self.spec.pods as usize;
        let mut releases = 0;
        let growth = 1 + wanted / 20_000;
        while self.pods.len() < wanted && !homes.is_empty() {
            let home = homes[self.rng.usize(..homes.len())].clone();
            let room = wanted - self.pods.len();
            let (controller, words, most) = match self.rng.u8(..100) {
                0..12 => (Controller::StatefulSet, &WORDS.stateful, 4),
                12..18 => (Controller::Job, &WORDS.jobs, 4),
                18..60 => (Controller::Deployment, &WORDS.services, 4),
                60..90 => (Controller::Deployment, &WORDS.services, 9),
                _ => (Controller::Deployment, &WORDS.services, 24),
            };
            let replicas = (self.rng.usize(1..most) * growth).min(room);
            let name = self.free_name(&home, words);
            let app = self.some_app(controller, &home, &name, replicas);
            if controller == Controller::Job {
                self.seed_cron(&app, replicas.min(3));
                continue;
            }
            let workload = self.install(&app);
            self.populate(workload, None);
            self.furnish_app(&app);
            if releases < 4 {
                releases += 1;
                let revisions = self.some_revisions();
                self.seed_release(&app, revisions, false);
            }
        }
        self.fill_quotas();
        self.fail_seeded_nodes();
    }

    fn application_namespaces(&mut self) -> Vec<String> {
        let mut homes = self.spec.namespaces.clone();
        if homes.is_empty() && self.spec.pods > 0 {
            let asked = usize::from(self.spec.namespace_count);
            let count = if asked > 0 { asked } else { (self.spec.pods as usize / 60).clamp(2, 120) };
            homes.extend((0..count).map(|n| {
                let word = &WORDS.namespaces[n % WORDS.namespaces.len()];
                if n < WORDS.namespaces.len() {
                    word.clone()
                } else {
                    format!("{word}-{}", 1 + n / WORDS.namespaces.len())
                }
            }));
        }
        homes
    }

    /// A workload name nobody in the namespace has.
    fn free_name(&mut self, namespace: &str, words: &[String]) -> String {
        let word = names::pick(&mut self.rng, words).to_owned();
        let variants =
            ["", "-worker", "-api", "-consumer", "-proxy", "-v2"].into_iter().map(|end| format!("{word}{end}"));
        let numbered = (3..).map(|number| format!("{word}-{number}"));
        let kinds = [Resource::Deployments, Resource::StatefulSets, Resource::DaemonSets, Resource::CronJobs];
        let taken = |name: &str| kinds.iter().any(|kind| self.store.get(*kind, namespace, name).is_some());
        variants.chain(numbered).find(|name| !taken(name)).unwrap_or_default()
    }

    /// A workload nobody owns, for one bare pod.
    pub(super) fn bare_workload(&mut self, namespace: &str, name: &str, template: Arc<Template>) -> usize {
        let hash = template.hash.clone();
        let startup = self.rng.i64(2 * SECOND..9 * SECOND);
        let mut workload = Workload::new(Controller::Bare, namespace, name, 0, startup);
        workload.replicas = 1;
        workload.revisions.push(Revision { hash, uid: 0, template, number: 1 });
        self.add_workload(workload)
    }

    /// Nodes of the scenario that stopped reporting three minutes ago: their pods are evicted two minutes from now.
    fn fail_seeded_nodes(&mut self) {
        let failing = self.spec.troubles.iter().filter(|trouble| trouble.kind == TroubleKind::NodeNotReady);
        let mut number = failing.map(|trouble| usize::from(trouble.number)).sum::<usize>();
        let at = self.now - 3 * MINUTE;
        for index in (0..self.nodes.len()).rev() {
            if number == 0 {
                break;
            }
            if self.nodes[index].since != at || self.nodes[index].memory_pressure {
                continue;
            }
            number -= 1;
            self.nodes[index].ready = false;
            let present = std::mem::replace(&mut self.now, at);
            self.tell_node(index, "node-controller", "NodeNotReady", "status is now: NodeNotReady");
            self.now = present;
            for id in self.pods_on(index) {
                self.write_pod(id);
            }
            self.plan(2 * MINUTE, Action::EvictNode(index, at));
        }
    }
}
