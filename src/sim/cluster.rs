//! Owns what one simulated cluster is while it runs: its world behind a lock, its clock, its faults, its record of
//! requests. Must not know HTTP nor sockets.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::fault::FaultControl;
use super::scenario::ClusterSpec;
use super::world::{Millis, World};

/// Requests remembered per cluster for assertions.
const REQUESTS_KEPT: usize = 10_000;

/// Worlds step at most this often: five times a second looks live and costs nothing.
const STEP: Duration = Duration::from_millis(200);

/// Virtual time: real time since the start, stretched.
#[derive(Clone, Copy)]
pub(crate) struct Clock {
    pub(crate) began: Instant,
    pub(crate) start: Millis,
    pub(crate) speed: f64,
}

impl Clock {
    fn now(&self) -> Millis {
        self.start + (self.began.elapsed().as_millis() as f64 * self.speed) as Millis
    }
}

/// One running cluster.
pub(crate) struct Cluster {
    pub(crate) spec: ClusterSpec,
    pub(crate) token: String,
    pub(crate) faults: FaultControl,
    /// How often watches get bookmarks.
    pub(crate) bookmark_every: Duration,
    world: Mutex<World>,
    /// Newest resource version; watches wait on it.
    versions: watch::Sender<u64>,
    requests: Mutex<VecDeque<String>>,
    clock: Clock,
}

impl Cluster {
    /// Seeds a cluster's world.
    pub(crate) fn new(spec: ClusterSpec, seed: u64, clock: Clock, bookmark_every: Duration) -> Self {
        let world = World::new(&spec, seed, clock.start);
        Self {
            token: format!("sim-{}", super::names::suffix(&mut fastrand::Rng::with_seed(seed ^ 0x7065_726d), 24)),
            faults: FaultControl::new(&spec),
            versions: watch::Sender::new(world.store().resource_version()),
            world: Mutex::new(world),
            requests: Mutex::default(),
            clock,
            bookmark_every,
            spec,
        }
    }

    /// Looks at the world; never hold this across an await.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the world as of now and tells the watches.
    pub(crate) fn change<R>(&self, change: impl FnOnce(&mut World) -> R) -> R {
        let mut world = self.world();
        world.advance(self.clock.now());
        let result = change(&mut world);
        let newest = world.store().resource_version();
        drop(world);
        self.versions.send_if_modified(|version| std::mem::replace(version, newest) != newest);
        result
    }

    /// To be told of every change of the world.
    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.versions.subscribe()
    }

    /// Remembers a request.
    pub(crate) fn note(&self, request: String) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        if requests.len() == REQUESTS_KEPT {
            requests.pop_front();
        }
        requests.push_back(request);
    }

    /// The last requests, oldest first, as method and path with query.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Lets the world live and the timetable run, for ever. Sleeps until something is due, at least one step.
    pub(crate) async fn live(&self, stagger: Duration) {
        tokio::time::sleep(stagger).await;
        loop {
            let due = self.change(|world| world.next_due().map(|due| due - world.now()));
            let until_due = due.map(|wait| Duration::from_millis((wait.max(0) as f64 / self.clock.speed) as u64));
            let until_fault = self.faults.refresh();
            let wait = until_due.unwrap_or(Duration::from_secs(60)).max(STEP);
            tokio::time::sleep(until_fault.map_or(wait, |fault| fault.min(wait)).max(Duration::from_millis(1))).await;
        }
    }
}
