//! The task tree of one open cluster: connects, serves, and after a failure waits and tries again, until it is closed.
//!
//! Owns what runs when. Every task and socket of the cluster is counted and ends with it. Must not know other clusters.

use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use super::connect::{Connector, Target};
use super::connection::Connection;
use super::desk::{Desk, Wishes};
use super::establish::{Anew, establish};
use super::evidence::{Lookout, Sight};
use super::limits::Limits;
use super::outlet::Outlet;
use super::schedule::{Attempts, Next};
use super::session::{Ending, Surroundings, forget, serve};
use crate::model::failure::{Failure, FailureClass, FailureKind};
use crate::model::ids::Generation;
use crate::model::update::{Beat, BeatOutcome, ClusterCommand, Envelope, Identity, Link, Update};

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
    let (desk, wishes) = Desk::new(inbox, active);
    let span = tracing::info_span!("cluster", id = %target.id);
    let connector = Connector::new(target, limits.clone(), tasks.clone(), stop.clone());
    let around = Surroundings { outlet, limits, tasks: tasks.clone(), wishes };
    let ended = stop.clone();
    let whole = async move {
        tokio::select! {
            () = ended.cancelled() => {}
            () = live(connector, around) => {}
            () = desk.run() => {}
        }
        // Sockets and readers go with their owners above, which the selection has dropped.
    };
    // Whatever is logged in here carries the cluster's id.
    tasks.spawn(whole.instrument(span));
    tasks.close();
    ClusterHandle { commands, stop, tasks }
}

/// Connects once and asks who we are, for callers that want one answer and no tasks. Nobody renews the connection.
pub async fn check(target: Target, limits: Limits) -> Result<(Connection, Identity), Failure> {
    let mut connector = Connector::new(target, limits.clone(), TaskTracker::new(), CancellationToken::new());
    let established = establish(&mut connector, &limits, None, Anew::default()).await;
    established.map(|(access, identity)| (Connection::new(access), identity)).map_err(|setback| setback.failure)
}

/// Connects, serves and recovers for ever.
async fn live(mut connector: Connector, mut around: Surroundings) {
    let mut attempts = Attempts::default();
    let lookout = connector.lookout();
    let mut beginning = Link::Connecting;
    let mut source = Source::default();
    loop {
        let started = Instant::now();
        // The attempt that begins answers what was asked before it.
        around.wishes.retry.mark_unchanged();
        around.wishes.reload.mark_unchanged();
        if !around.outlet.send(Update::Link(std::mem::replace(&mut beginning, Link::Connecting))).await {
            return;
        }
        let (network, retry) = (Some(around.wishes.reconnect.clone()), Some(around.wishes.retry.clone()));
        let anew = Anew { network, retry };
        let established = tokio::select! {
            established = establish(&mut connector, &around.limits, Some(&around.outlet), anew) => established,
            // What is being tried is outdated: it is not waited for.
            () = overtaken(&lookout, &mut around.wishes.reload) => {
                connector.release();
                attempts.start_over();
                continue;
            }
        };
        let took = if established.is_err() { started.elapsed() } else { Duration::ZERO };
        // Whether or not it answers: nothing of another server stays on screen.
        source.leads_to(lookout.place(), &mut attempts, &around).await;
        let setback = match established {
            Ok((access, identity)) => {
                attempts.succeeded();
                source.0 = Some((access.place, access.namespace.clone()));
                announce(&around.outlet, identity).await;
                let ending = serve(access, &mut connector, around.clone()).await;
                // What was asked for while serving has been answered there.
                around.wishes.retry.mark_unchanged();
                around.wishes.reconnect.mark_unchanged();
                match ending {
                    Ending::Setback(setback) => setback,
                    Ending::Elsewhere => {
                        source.0 = None;
                        attempts = Attempts::default();
                        beginning = Link::Rebuilding;
                        continue;
                    }
                }
            }
            Err(setback) => {
                // Nothing beats while nothing is connected: each attempt that finds no way is a beat that missed, so that a
                // cluster that was reached once does not stay merely degraded for ever.
                if attempts.served() && found_no_way(&setback.failure) {
                    let outcome = BeatOutcome::Missed(setback.failure.clone());
                    around.outlet.send(Update::Beat(Beat { latency: took, outcome })).await;
                }
                setback
            }
        };
        let next = attempts.failed(&setback, took, &around.limits, around.limits.jitter.luck());
        let Next { auth_attempts, settled, retry_in } = next;
        let down = Link::Down { failure: setback.failure, auth_attempts, settled, retry_in };
        if !around.outlet.send(Update::Link(down)).await {
            return;
        }
        match wait(next, &lookout, &mut around).await {
            Woken::Due => {}
            Woken::Asked => connector.release(),
            Woken::Changed(place) => {
                connector.release();
                attempts.start_over();
                source.leads_to(place, &mut attempts, &around).await;
            }
        }
    }
}

/// Tells whether the server was not reached: one that throttles or is not ready did answer.
fn found_no_way(failure: &Failure) -> bool {
    let answered = matches!(failure.kind, FailureKind::Throttled | FailureKind::Server);
    failure.class() == FailureClass::Connectivity && !answered
}

async fn announce(outlet: &Outlet, identity: Identity) {
    outlet.send(Update::Link(Link::Up)).await;
    outlet.send(Update::Identity(identity)).await;
}

/// Waits until a change of the kubeconfig makes the attempt under way pointless.
async fn overtaken(lookout: &Lookout, reload: &mut watch::Receiver<u64>) {
    while reload.changed().await.is_ok() {
        if matches!(lookout.compare().await, Sight::Changed { .. } | Sight::Broken { is_new: true }) {
            return;
        }
    }
    std::future::pending::<()>().await;
}

/// Why the next try comes now.
enum Woken {
    /// It is time, or the network is another.
    Due,
    /// A person asks for it.
    Asked,
    /// What is tried is another, and leads there if it can be used.
    Changed(Option<u64>),
}

/// Where what is on screen comes from: server and namespace as a hash, and the namespace.
#[derive(Default)]
struct Source(Option<(u64, Option<String>)>);

impl Source {
    /// Forgets all that was told if the context leads elsewhere now: there, nothing was ever reached.
    async fn leads_to(&mut self, place: Option<u64>, attempts: &mut Attempts, around: &Surroundings) {
        let elsewhere = self.0.take_if(|(from, _)| place.is_some_and(|place| place != *from));
        if let Some((_, namespace)) = elsewhere {
            forget(namespace.as_deref(), around).await;
            *attempts = Attempts::default();
        }
    }
}

/// Waits until the next try is due, a person asks for it, or the kubeconfig says something else.
async fn wait(next: Next, lookout: &Lookout, around: &mut Surroundings) -> Woken {
    let Wishes { retry, reload, reconnect, .. } = &mut around.wishes;
    let by_hand = next.retry_in.is_none();
    let due = Instant::now() + next.retry_in.unwrap_or_default();
    loop {
        let reloaded = tokio::select! {
            () = sleep_until(due), if !by_hand => return Woken::Due,
            _ = reconnect.changed(), if !by_hand => return Woken::Due,
            _ = retry.changed() => return Woken::Asked,
            _ = reload.changed() => true,
            // Where only a person can help, the files are all that is looked at.
            () = sleep(around.limits.file_check), if by_hand => false,
        };
        if !reloaded && !lookout.has_changed().await {
            continue;
        }
        match lookout.compare().await {
            Sight::Changed { place } => return Woken::Changed(Some(place)),
            Sight::Broken { is_new: true } => return Woken::Changed(None),
            Sight::Silent if by_hand => return Woken::Changed(None),
            Sight::Same | Sight::Silent | Sight::Broken { is_new: false } => {}
        }
    }
}
