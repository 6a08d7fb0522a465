//! Owns a running fleet: its clusters, tasks and kubeconfig, and the handles tests use.
//! Must not know HTTP.

use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::DuplexStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::cluster::{Clock, Cluster};
use super::fault::Fault;
use super::json::quote;
use super::names;
use super::scenario::{Auth, Scenario};
use super::server::{self, Port};
use super::store::Resource;

/// How a scenario is acted out.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Replaces the scenario's seed.
    pub seed: Option<u64>,
    /// How much faster than real time the worlds live: 1.0 is real time. Faults keep to real time.
    pub speed: f64,
    /// Moment the worlds begin at; `None` is now.
    pub start: Option<jiff::Timestamp>,
    /// How often watches that want bookmarks get one.
    pub bookmark_every: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { seed: None, speed: 1.0, start: None, bookmark_every: Duration::from_secs(60) }
    }
}

/// Running API servers; dropping it stops every task and closes every socket.
pub struct Fleet {
    clusters: Vec<ClusterHandle>,
    tasks: JoinSet<()>,
}

/// One cluster of a running fleet. Cheap to clone; of no effect once the fleet is gone.
#[derive(Clone)]
pub struct ClusterHandle {
    cluster: Arc<Cluster>,
    address: SocketAddr,
}

impl Fleet {
    /// Starts a server per cluster; once this returns all that should listen do.
    pub async fn start(scenario: &Scenario, options: Options) -> io::Result<Self> {
        let start = options.start.unwrap_or_else(jiff::Timestamp::now).as_millisecond();
        let clock = Clock { began: Instant::now(), start, speed: options.speed.max(0.001) };
        let seed = options.seed.unwrap_or(scenario.seed);
        let mut fleet = Self { clusters: Vec::new(), tasks: JoinSet::new() };
        for (number, spec) in scenario.clusters.iter().enumerate() {
            let (spec, own_seed) = (spec.clone(), seed ^ names::hash(&spec.name));
            let port = Port::reserve()?;
            let address = port.address();
            let cluster = Arc::new(Cluster::new(spec, own_seed, clock, options.bookmark_every));
            let listener = if cluster.faults.current().refuse { None } else { Some(port.listen()?) };
            let served = Arc::clone(&cluster);
            fleet.tasks.spawn(async move {
                // It ends only when the port is lost: the cluster is then unreachable, which clients show.
                let _lost = server::serve(served, address, listener).await;
            });
            let stagger = Duration::from_millis(number as u64 * 17 % 200);
            let living = Arc::clone(&cluster);
            fleet.tasks.spawn(async move { living.live(stagger).await });
            fleet.clusters.push(ClusterHandle { cluster, address });
            tokio::task::yield_now().await;
        }
        Ok(fleet)
    }

    /// The clusters in scenario order.
    pub fn clusters(&self) -> &[ClusterHandle] {
        &self.clusters
    }

    /// A cluster by its name.
    pub fn cluster(&self, name: &str) -> Option<ClusterHandle> {
        self.clusters.iter().find(|handle| handle.name() == name).cloned()
    }

    /// A kubeconfig (YAML) with a context per cluster, the first one current. `program` plays the credential plugins.
    pub fn kubeconfig(&self, program: &Path) -> String {
        self.kubeconfig_with(program, |_| String::new())
    }

    /// The same for kubectl, which sends tokens over TLS only: they are in the addresses, as Basic authentication.
    /// Contexts with a credential plugin are anonymous there.
    pub fn kubectl_config(&self, program: &Path) -> String {
        self.kubeconfig_with(program, |handle| match handle.cluster.spec.user.auth {
            Auth::Token => format!("sim:{}@", handle.token()),
            Auth::Plugin | Auth::ExpiredPlugin => String::new(),
        })
    }

    fn kubeconfig_with(&self, program: &Path, credentials: impl Fn(&ClusterHandle) -> String) -> String {
        let (mut clusters, mut users, mut contexts) = (String::new(), String::new(), String::new());
        let program = yaml(&program.display().to_string());
        for handle in &self.clusters {
            let (name, spec) = (yaml(handle.name()), &handle.cluster.spec);
            let _infallible = write!(
                clusters,
                "- name: {name}\n  cluster:\n    server: http://{}{}\n",
                credentials(handle),
                handle.address
            );
            let namespace =
                spec.user.context_namespace.as_deref().map(|namespace| format!("    namespace: {}\n", yaml(namespace)));
            let namespace = namespace.unwrap_or_default();
            let _infallible =
                write!(contexts, "- name: {name}\n  context:\n    cluster: {name}\n    user: {name}\n{namespace}");
            let token = handle.token();
            let arguments = match spec.user.auth {
                Auth::Token => {
                    let _infallible = write!(users, "- name: {name}\n  user:\n    token: {token}\n");
                    continue;
                }
                Auth::Plugin => format!("[\"sim-credential\", \"--token\", \"{token}\"]"),
                Auth::ExpiredPlugin => "[\"sim-credential\", \"--expired\"]".to_owned(),
            };
            let _infallible = write!(
                users,
                "- name: {name}\n  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1\n      command: {program}\n      args: {arguments}\n      interactiveMode: IfAvailable\n"
            );
        }
        let current = self.clusters.first().map(|handle| yaml(handle.name())).unwrap_or_default();
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: {current}\nclusters:\n{clusters}users:\n{users}contexts:\n{contexts}"
        )
    }
}

/// A YAML scalar: JSON strings are YAML too.
fn yaml(text: &str) -> String {
    let mut out = String::new();
    quote(&mut out, text);
    out
}

impl ClusterHandle {
    /// The context's name.
    pub fn name(&self) -> &str {
        &self.cluster.spec.name
    }

    /// Where it listens, or would.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The bearer token that is let in.
    pub fn token(&self) -> &str {
        &self.cluster.token
    }

    /// Switches a fault on, beside those of the timetable.
    pub fn set_fault(&self, fault: Fault) {
        self.cluster.faults.set(fault);
    }

    /// Switches off every fault that was switched on.
    pub fn clear_faults(&self) {
        self.cluster.faults.clear();
    }

    /// Every object as `plural key json` lines, as of the last step.
    pub fn dump(&self) -> String {
        self.cluster.world().store().dump()
    }

    /// Number of objects of a resource, in one namespace or all.
    pub fn count(&self, resource: Resource, namespace: Option<&str>) -> usize {
        self.cluster.world().store().list(resource, namespace, None).len()
    }

    /// The newest resource version.
    pub fn resource_version(&self) -> u64 {
        self.cluster.world().store().resource_version()
    }

    /// The last requests (at most 10,000), oldest first, as `GET /api/v1/pods?limit=1`.
    pub fn requests(&self) -> Vec<String> {
        self.cluster.requests()
    }

    /// Deletes a pod as `kubectl delete` does; `false` if there is none.
    pub fn delete_pod(&self, namespace: &str, name: &str) -> bool {
        self.cluster.change(|world| world.delete_pod(namespace, name))
    }

    /// Adds a running pod without owner.
    pub fn add_pod(&self, namespace: &str, name: &str) {
        self.cluster.change(|world| world.add_pod(namespace, name));
    }

    /// Makes a namespace have exactly so many pods, at once.
    pub fn set_pod_count(&self, namespace: &str, count: usize) {
        self.cluster.change(|world| world.set_pod_count(namespace, count));
    }

    /// Makes a node ready or not; `false` if there is none.
    pub fn set_node_ready(&self, name: &str, ready: bool) -> bool {
        self.cluster.change(|world| world.set_node_ready(name, ready))
    }

    /// A connection without a socket, for tests with paused time. Refusing does not concern it.
    pub fn connect_in_memory(&self) -> DuplexStream {
        let (client, service) = tokio::io::duplex(256 * 1_024);
        tokio::spawn(server::connection(Arc::clone(&self.cluster), service));
        client
    }
}

#[cfg(test)]
mod tests;
