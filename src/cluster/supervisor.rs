//! The task tree of one open cluster: connects, serves, and after a failure waits and tries again, until it is closed.
//!
//! Owns what runs when. Every task and socket of the cluster is counted and ends with it. Must not know other clusters.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connect::{Connector, Target};
use super::connection::Connection;
use super::limits::Limits;
use super::outlet::Outlet;
use super::schedule::{Attempts, Next};
use super::session::{Surroundings, establish, serve};
use crate::model::failure::Failure;
use crate::model::ids::Generation;
use crate::model::update::{ClusterCommand, Envelope, Identity, Link, Update};

/// Commands that may queue up; they are taken at once, so this is never reached in practice.
const COMMANDS: usize = 32;

/// The handle to an open cluster. Dropping it stops the cluster without waiting for the end.
pub struct ClusterHandle {
    /// Takes what is asked of the cluster. Never full for long: nothing else waits in the task that takes them.
    pub commands: mpsc::Sender<ClusterCommand>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl ClusterHandle {
    /// Tells every task and socket of the cluster to end, without waiting.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Ends the cluster and waits until no task or socket of it lives. What it sent before may still be in the channel.
    pub async fn closed(self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }

    /// Returns the number of tasks alive, for diagnostics.
    #[must_use]
    pub fn task_count(&self) -> usize {
        self.tasks.len()
    }
}

impl Drop for ClusterHandle {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Opens a cluster: starts its tasks and returns at once. The first update, `Link::Connecting`, comes immediately.
#[must_use]
pub fn open(
    target: Target,
    generation: Generation,
    limits: Limits,
    updates: mpsc::Sender<Envelope>,
    active: bool,
) -> ClusterHandle {
    let (commands, inbox) = mpsc::channel(COMMANDS);
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let outlet = Outlet::new(target.id.clone(), generation, updates);
    let (desk, active, namespaces, retry) = Desk::new(inbox, active);
    let connector = Connector::new(target, limits.clone(), tasks.clone(), stop.clone());
    let around = Surroundings { outlet, limits, tasks: tasks.clone(), active, namespaces, retry };
    let ended = stop.clone();
    tasks.spawn(async move {
        tokio::select! {
            () = ended.cancelled() => {}
            () = live(connector, around) => {}
            () = desk.run() => {}
        }
        // Sockets and readers go with their owners above, which the selection has dropped.
    });
    tasks.close();
    ClusterHandle { commands, stop, tasks }
}

/// Connects once and asks who we are, for callers that want one answer and no tasks. Nobody renews the connection.
pub async fn check(target: Target, limits: Limits) -> Result<(Connection, Identity), Failure> {
    let mut connector = Connector::new(target, limits.clone(), TaskTracker::new(), CancellationToken::new());
    let established = establish(&mut connector, &limits, None).await;
    established.map(|(access, identity)| (Connection::new(access), identity)).map_err(|setback| setback.failure)
}

/// Takes commands as they come and spreads them, so that whoever sends one never waits for a network.
struct Desk {
    inbox: mpsc::Receiver<ClusterCommand>,
    active: watch::Sender<bool>,
    namespaces: watch::Sender<Vec<Arc<str>>>,
    retry: watch::Sender<u64>,
}

impl Desk {
    #[expect(clippy::type_complexity, reason = "the three receivers are taken apart at the only call")]
    fn new(
        inbox: mpsc::Receiver<ClusterCommand>,
        active: bool,
    ) -> (Self, watch::Receiver<bool>, watch::Receiver<Vec<Arc<str>>>, watch::Receiver<u64>) {
        let (active, is_active) = watch::channel(active);
        let (namespaces, asked) = watch::channel(Vec::new());
        let (retry, retries) = watch::channel(0);
        (Self { inbox, active, namespaces, retry }, is_active, asked, retries)
    }

    async fn run(mut self) {
        while let Some(command) = self.inbox.recv().await {
            match command {
                ClusterCommand::RetryNow | ClusterCommand::Reload | ClusterCommand::Reconnect(_) => {
                    self.retry.send_modify(|count| *count += 1);
                }
                ClusterCommand::Active(active) => drop(self.active.send_replace(active)),
                ClusterCommand::Namespaces(names) => drop(self.namespaces.send_replace(names)),
                ClusterCommand::Reading(_) => {}
            }
        }
        // Nobody can ask for anything any more, but the cluster goes on until it is told to stop.
        std::future::pending::<()>().await;
    }
}

/// Connects, serves and recovers for ever.
async fn live(mut connector: Connector, mut around: Surroundings) {
    let mut attempts = Attempts::default();
    loop {
        around.retry.mark_unchanged();
        if !around.outlet.send(Update::Link(Link::Connecting)).await {
            return;
        }
        let setback = match establish(&mut connector, &around.limits, Some(&around.outlet)).await {
            Ok((access, identity)) => {
                attempts.succeeded();
                announce(&around.outlet, identity).await;
                let setback = serve(access, &mut connector, around.clone()).await;
                // What was asked for while serving has been answered there.
                around.retry.mark_unchanged();
                setback
            }
            Err(setback) => setback,
        };
        let next = attempts.failed(&setback, &around.limits, fastrand::f64());
        let Next { auth_attempts, settled, retry_in } = next;
        let down = Link::Down { failure: setback.failure, auth_attempts, settled, retry_in };
        if !around.outlet.send(Update::Link(down)).await {
            return;
        }
        wait(next, &connector, &mut around).await;
    }
}

async fn announce(outlet: &Outlet, identity: Identity) {
    outlet.send(Update::Link(Link::Up)).await;
    outlet.send(Update::Identity(identity)).await;
}

/// Waits until the next try is due, a person asks for it, or, where only a person can help, the kubeconfig changes.
async fn wait(next: Next, connector: &Connector, around: &mut Surroundings) {
    if let Some(delay) = next.retry_in {
        tokio::select! {
            () = sleep(delay) => {}
            _ = around.retry.changed() => {}
        }
        return;
    }
    loop {
        tokio::select! {
            () = sleep(around.limits.file_check) => {}
            _ = around.retry.changed() => return,
        }
        if connector.has_changed().await {
            return;
        }
    }
}
