//! The one gate through which clusters are started and stopped: the pipeline's decisions, carried out as tasks.
//!
//! Selections and commands come from the event loop and return at once; ends of jobs come from the jobs. Both take the
//! lock for as long as a decision takes, and nothing is awaited meanwhile. Must not know the state that asked.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout};
use tokio_util::task::TaskTracker;

use super::lanes::{Lanes, Place};
use super::pipeline::{Pipeline, Step, Wanted};
use super::wishes::Wishes;
use crate::cluster::connect::Target;
use crate::cluster::limits::Limits;
use crate::cluster::supervisor::{ClusterHandle, open};
use crate::model::ids::{ClusterId, Generation};
use crate::model::stats::FleetStats;
use crate::model::update::{ClusterCommand, Envelope, Update};

/// A closing that takes longer is logged and asked for again.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);

/// The running clusters. Dropping it stops them without waiting for the end.
pub struct Coordinator {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    /// Closings that are awaited.
    jobs: TaskTracker,
    unfinished: watch::Sender<usize>,
    updates: mpsc::Sender<Envelope>,
    limits: Box<LimitsOf>,
    lanes: Lanes,
}

/// What numbers a cluster lives by.
type LimitsOf = dyn Fn(&Target) -> Limits + Send + Sync;

#[derive(Default)]
struct State {
    pipeline: Pipeline,
    running: HashMap<ClusterId, Running>,
}

/// A cluster that runs, and where.
struct Running {
    handle: ClusterHandle,
    place: Place,
}

impl Coordinator {
    /// Starts with nothing running; all clusters will live on the caller's runtime and send to `updates`.
    #[must_use]
    pub fn new(updates: mpsc::Sender<Envelope>, limits: Limits) -> Self {
        Self::tailored(updates, Lanes::default(), move |_| limits.clone())
    }

    /// The same on threads of their own, with numbers that may differ by cluster.
    #[must_use]
    pub fn tailored(
        updates: mpsc::Sender<Envelope>,
        lanes: Lanes,
        limits: impl Fn(&Target) -> Limits + Send + Sync + 'static,
    ) -> Self {
        let shared = Shared {
            state: Mutex::default(),
            jobs: TaskTracker::new(),
            unfinished: watch::Sender::new(0),
            updates,
            limits: Box::new(limits),
            lanes,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Makes exactly these clusters run. What is added carries the generation; the work goes on in the background.
    ///
    /// Generations must not shrink: an older selection than the latest is ignored. Needs a runtime.
    pub fn select(&self, generation: Generation, wanted: Vec<Target>) {
        let now = Instant::now();
        let mut state = self.shared.lock();
        let steps = state.pipeline.intend(generation, wanted, now);
        self.shared.carry_out(state, steps);
        self.shared.lock().pipeline.note_intent(now.elapsed());
    }

    /// Passes a command on. What still holds when the cluster starts later is told it then; one for a cluster that is
    /// not selected is dropped.
    pub fn command(&self, id: &ClusterId, command: ClusterCommand) {
        let mut state = self.shared.lock();
        match state.pipeline.command(id, &command) {
            None => tracing::debug!(cluster = %id, "cluster not found: {id}"),
            Some(false) => {}
            Some(true) => tell(state.running.get(id).map(|running| &running.handle), id, command),
        }
    }

    /// Tells the running clusters of these kubeconfig contexts that their file has changed.
    pub fn reload(&self, changed: &[(PathBuf, String)]) {
        let wanted = self.targets();
        for target in wanted.into_values() {
            if changed.iter().any(|(path, context)| *path == target.path && *context == target.context) {
                tracing::info!(cluster = %target.id, "the kubeconfig changed");
                self.command(&target.id, ClusterCommand::Reload);
            }
        }
    }

    /// Looks at an update on its way to the state: a cluster's first `Up` or `Down` ends its opening.
    ///
    /// Whoever receives the updates calls this for each. So an opening is timed until its outcome has reached the
    /// event loop, which is what a person waits for, and the updates need no detour.
    pub fn observe(&self, envelope: &Envelope) {
        let Update::Link(link) = &envelope.update else { return };
        let mut state = self.shared.lock();
        state.pipeline.linked(&envelope.cluster, envelope.generation, link, Instant::now());
        self.shared.carry_out(state, None);
    }

    /// Returns how a selected cluster is reached.
    #[must_use]
    pub fn target(&self, id: &ClusterId) -> Option<Target> {
        self.shared.lock().pipeline.target(id).cloned()
    }

    /// Returns how each selected cluster is reached.
    #[must_use]
    pub fn targets(&self) -> BTreeMap<ClusterId, Target> {
        self.shared.lock().pipeline.wanted()
    }

    /// Returns what has been measured so far.
    #[must_use]
    pub fn stats(&self) -> FleetStats {
        self.shared.lock().stats()
    }

    /// The number of running clusters.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shared.lock().running.len()
    }

    /// Whether nothing runs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Waits until no job waits or is at work: what is selected runs and has had a first outcome, all else has ended.
    pub async fn settled(&self) {
        let mut unfinished = self.shared.unfinished.subscribe();
        // The sender lives as long as we do.
        let _gone = unfinished.wait_for(|jobs| *jobs == 0).await.map(|_| ());
    }

    /// Stops everything and waits until no task lives.
    pub async fn shut_down(&self) {
        let generation = self.shared.lock().pipeline.generation().next();
        self.select(generation, Vec::new());
        self.shared.jobs.close();
        self.shared.jobs.wait().await;
        tracing::info!(stats = ?self.stats(), "all clusters are closed");
    }
}

impl Drop for Coordinator {
    fn drop(&mut self) {
        self.shared.lock().running.clear();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing under this lock leaves a half-made decision behind that would be worse than stopping all clusters.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts and stops tasks as decided, under the lock of the decision.
    fn carry_out(self: &Arc<Self>, mut state: MutexGuard<'_, State>, steps: impl IntoIterator<Item = Step>) {
        for step in steps {
            match step {
                Step::Start(wanted, wishes) => self.start(&mut state, wanted, &wishes),
                Step::Stop(id) => self.stop(&mut state, id),
            }
        }
        let unfinished = state.pipeline.unfinished();
        let before = self.unfinished.send_replace(unfinished);
        if before > 0 && unfinished == 0 {
            let stats = state.stats();
            tracing::info!(
                generation = stats.generation.0, running = stats.running, open = ?stats.open, close = ?stats.close,
                superseded = stats.superseded, cancelled = stats.cancelled, coalesced = stats.coalesced,
                "selection settled"
            );
        }
    }

    fn start(&self, state: &mut State, wanted: Wanted, wishes: &Wishes) {
        let Wanted { target, generation, .. } = wanted;
        let id = target.id.clone();
        tracing::info!(cluster = %id, generation = generation.0, "opening");
        let limits = (self.limits)(&target);
        let place = self.lanes.place();
        let handle = place.within(|| open(target, generation, limits, self.updates.clone(), wishes.active));
        for command in wishes.commands() {
            tell(Some(&handle), &id, command);
        }
        state.running.insert(id, Running { handle, place });
    }

    fn stop(self: &Arc<Self>, state: &mut State, id: ClusterId) {
        let Some(Running { handle, place }) = state.running.remove(&id) else { return };
        tracing::info!(cluster = %id, "closing");
        handle.stop();
        let shared = Arc::clone(self);
        self.jobs.spawn(async move {
            let mut closed = pin!(handle.closed());
            while timeout(CLOSE_LIMIT, &mut closed).await.is_err() {
                shared.lock().pipeline.late(&id);
            }
            drop(place);
            let mut state = shared.lock();
            let step = state.pipeline.closed(&id, Instant::now());
            shared.carry_out(state, step);
        });
    }
}

impl State {
    fn stats(&self) -> FleetStats {
        let tasks = |id: &ClusterId| self.running.get(id).map(|running| running.handle.task_count());
        self.pipeline.stats(tasks)
    }
}

fn tell(handle: Option<&ClusterHandle>, id: &ClusterId, command: ClusterCommand) {
    if handle.is_none_or(|handle| handle.commands.try_send(command).is_err()) {
        tracing::warn!(cluster = %id, "the cluster takes no commands");
    }
}
