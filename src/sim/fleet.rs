//! Owns a running fleet: its clusters and tasks. Must not know HTTP.

mod handle;
mod kubeconfig;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::admin;
use super::cluster::{Clock, Cluster};
use super::fault::Fault;
use super::names;
use super::scenario::{Auth, ClusterSpec, Scenario};
use super::scratch::Scratch;
use super::server::{self, Port};
pub use handle::ClusterHandle;

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
    /// Serves the admin endpoint, too.
    pub admin: bool,
    /// Port of the first cluster; the others and the admin endpoint follow. Any free ports if not given.
    pub port: Option<u16>,
}

impl Default for Options {
    fn default() -> Self {
        Self { seed: None, speed: 1.0, start: None, bookmark_every: Duration::from_secs(60), admin: false, port: None }
    }
}

/// Running API servers; dropping it stops every task and closes every socket.
pub struct Fleet {
    clusters: Vec<ClusterHandle>,
    admin: Option<Admin>,
    tasks: JoinSet<()>,
    /// Where credential plugins and their tokens are, private to the user.
    plugins: Option<Scratch>,
}

/// Where faults can be switched at run time, and the token that guards it.
struct Admin {
    address: SocketAddr,
    token: String,
}

impl Fleet {
    /// Starts a server per cluster; once this returns all that should listen do.
    pub async fn start(scenario: &Scenario, options: Options) -> io::Result<Self> {
        let uses_plugin = |spec: &ClusterSpec| matches!(spec.user.auth, Auth::Plugin | Auth::ExpiredPlugin);
        let plugins = scenario.clusters.iter().any(uses_plugin).then(Scratch::new).transpose()?;
        let mut ports = Ports { next: options.port };
        let mut places = Vec::new();
        for (number, spec) in scenario.clusters.iter().enumerate() {
            let folder = plugins.as_ref().filter(|_| spec.user.auth == Auth::Plugin);
            places.push((spec.clone(), ports.take()?, folder.map(|folder| folder.path().join(number.to_string()))));
        }
        let start = options.start.unwrap_or_else(jiff::Timestamp::now).as_millisecond();
        let clock = Clock { began: Instant::now(), start, speed: options.speed.max(0.001) };
        let seed = options.seed.unwrap_or(scenario.seed);
        // Seeding is the work of a start: beside the runtime, on every core.
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let grown: Vec<(Cluster, Port)> = stream::iter(places)
            .map(|(spec, port, token_file)| async move {
                let own_seed = seed ^ names::hash(&spec.name);
                let grow = move || Cluster::new(spec, own_seed, clock, options.bookmark_every, token_file);
                let cluster = tokio::task::spawn_blocking(grow).await.map_err(io::Error::other)??;
                Ok::<_, io::Error>((cluster, port))
            })
            .buffered(cores)
            .try_collect()
            .await?;
        let mut fleet = Self { clusters: Vec::new(), admin: None, tasks: JoinSet::new(), plugins };
        for (cluster, port) in grown {
            fleet.run(cluster, port)?;
        }
        if options.admin {
            let port = ports.take()?;
            let admin = Admin { address: port.address(), token: names::suffix(&mut fastrand::Rng::new(), 32) };
            fleet.tasks.spawn(admin::serve(port.listen()?, admin.token.clone(), fleet.clusters.clone()));
            fleet.admin = Some(admin);
        }
        Ok(fleet)
    }

    fn run(&mut self, cluster: Cluster, port: Port) -> io::Result<()> {
        let stagger = Duration::from_millis(self.clusters.len() as u64 * 17 % 200);
        let (cluster, address) = (Arc::new(cluster), port.address());
        let user = match &cluster.tls {
            Some(tls) if cluster.spec.user.auth == Auth::ClientCert => Some(Arc::new(tls.user(&cluster.spec.user)?)),
            _ => None,
        };
        let listener = if cluster.faults.current().refuses() { None } else { Some(port.listen()?) };
        let served = Arc::clone(&cluster);
        self.tasks.spawn(async move {
            // It ends only when the port is lost: the cluster is then unreachable, which clients show.
            let _lost = server::serve(served, address, listener).await;
        });
        let living = Arc::clone(&cluster);
        self.tasks.spawn(async move { living.live(stagger).await });
        let breaking = Arc::clone(&cluster);
        self.tasks.spawn(async move { breaking.break_on_time().await });
        self.clusters.push(ClusterHandle { cluster, address, user });
        Ok(())
    }

    /// The clusters in scenario order.
    pub fn clusters(&self) -> &[ClusterHandle] {
        &self.clusters
    }

    /// A cluster by its name.
    pub fn cluster(&self, name: &str) -> Option<ClusterHandle> {
        self.clusters.iter().find(|handle| handle.name() == name).cloned()
    }

    /// Address and token of the admin endpoint, if there is one.
    pub fn admin(&self) -> Option<(SocketAddr, &str)> {
        self.admin.as_ref().map(|admin| (admin.address, &*admin.token))
    }

    /// Switches a fault on in every cluster, as when the network goes.
    pub fn set_fault(&self, fault: &Fault) {
        for cluster in &self.clusters {
            cluster.set_fault(fault.clone());
        }
    }

    /// Switches off, in every cluster, every fault that was switched on.
    pub fn clear_faults(&self) {
        self.clusters.iter().for_each(ClusterHandle::clear_faults);
    }
}

/// Ports one after the other, or any that are free.
struct Ports {
    next: Option<u16>,
}

impl Ports {
    fn take(&mut self) -> io::Result<Port> {
        let port = Port::reserve(self.next.unwrap_or(0))?;
        self.next = self
            .next
            .map(|next| next.checked_add(1).ok_or_else(|| io::Error::other("no ports are left")))
            .transpose()?;
        Ok(port)
    }
}

#[cfg(test)]
mod tests;
