//! A bounded pool for work across clusters: so many at once, each within its time, one execution at a time.
//!
//! A task is a cluster and a future; its outcome is the cluster, what the future gave or why it did not, and how long it
//! took. Nothing is dropped: every task that was submitted has an outcome, in the order of submission. Must not know
//! what the work is.

pub mod results;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use thiserror::Error;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::lanes::{Lanes, Place};
use crate::model::failure::Failure;
use crate::model::ids::ClusterId;
use results::{Outcome, Results};

/// Why the pool does not do what it was asked.
///
/// `task must have an execute function` is not among them: a task without its future cannot be written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PoolError {
    /// It takes no tasks any more.
    #[error("pool is shutting down")]
    ShuttingDown,
    /// An execution goes on; there is one at a time.
    #[error("pool is running")]
    Running,
    /// It was shut down before.
    #[error("pool already shut down")]
    AlreadyShutDown,
    /// The execution had not ended by itself within the limit, and was cut off.
    #[error("shutdown timeout")]
    ShutdownTimeout,
    /// The task's cluster id is empty.
    #[error("task must have a cluster name")]
    NoCluster,
}

/// Why a task came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TaskError {
    /// The work failed.
    #[error("{0}")]
    Failed(Failure),
    /// The work took longer than a task may.
    #[error("not done within {}", crate::model::span::write(*.0))]
    TimedOut(Duration),
    /// The execution was cancelled before the work was done.
    #[error("cancelled")]
    Cancelled,
    /// The work panicked; that is a bug of ours, and concerns no other task.
    #[error("an internal error")]
    Panicked,
}

/// How far an execution has come; reads like `7/12 (58%)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Tasks that have an outcome.
    pub done: usize,
    /// Tasks in all.
    pub total: usize,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = (self.done * 100).checked_div(self.total).unwrap_or(100);
        write!(f, "{}/{} ({percent}%)", self.done, self.total)
    }
}

struct Task<T> {
    cluster: ClusterId,
    work: BoxFuture<'static, Result<T, Failure>>,
}

/// A pool of tasks that give a `T` each.
pub struct Pool<T> {
    workers: usize,
    limit: Duration,
    state: Mutex<State<T>>,
    running: watch::Sender<bool>,
    cancel: CancellationToken,
    lanes: Lanes,
}

struct State<T> {
    waiting: Vec<Task<T>>,
    shut_down: bool,
}

impl<T: Send + 'static> Pool<T> {
    /// Builds an empty pool: `workers` tasks at once (at least one), each within `limit`.
    #[must_use]
    pub fn new(workers: usize, limit: Duration) -> Self {
        Self {
            workers: workers.max(1),
            limit,
            state: Mutex::new(State { waiting: Vec::new(), shut_down: false }),
            running: watch::Sender::new(false),
            cancel: CancellationToken::new(),
            lanes: Lanes::default(),
        }
    }

    /// Has the tasks run on these threads instead of the caller's runtime.
    #[must_use]
    pub fn on(self, lanes: Lanes) -> Self {
        Self { lanes, ..self }
    }

    /// Adds a task for the next execution.
    pub fn submit(
        &self,
        cluster: ClusterId,
        work: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) -> Result<(), PoolError> {
        if cluster.as_str().is_empty() {
            return Err(PoolError::NoCluster);
        }
        let mut state = self.lock();
        if state.shut_down {
            return Err(PoolError::ShuttingDown);
        }
        if *self.running.borrow() {
            return Err(PoolError::Running);
        }
        state.waiting.push(Task { cluster, work: work.boxed() });
        Ok(())
    }

    /// Runs what was submitted to the last task, telling each outcome as it comes. Returns all, in the order of submission.
    pub async fn execute(&self, mut tell: impl FnMut(Progress, &Outcome<T>)) -> Result<Results<T>, PoolError> {
        let tasks = self.begin()?;
        // Ends the execution in every way of leaving, that of being dropped included.
        let _end = End(&self.running);
        let total = tasks.len();
        let mut outcomes: Vec<Option<Outcome<T>>> = std::iter::repeat_with(|| None).take(total).collect();
        let mut clusters: Vec<ClusterId> = tasks.iter().map(|task| task.cluster.clone()).collect();
        let mut queue = tasks.into_iter().enumerate();
        let mut at_work: JoinSet<(usize, Result<T, TaskError>, Duration)> = JoinSet::new();
        let mut places: HashMap<usize, Place> = HashMap::new();
        let mut done = 0;
        loop {
            while at_work.len() < self.workers
                && let Some((number, task)) = queue.next()
            {
                let place = self.lanes.place();
                place.within(|| at_work.spawn(work(number, task.work, self.limit, self.cancel.clone())));
                places.insert(number, place);
            }
            let Some(joined) = at_work.join_next().await else { break };
            let Ok((number, result, duration)) = joined else { continue };
            places.remove(&number);
            let Some(cluster) = clusters.get_mut(number) else { continue };
            let outcome = Outcome { cluster: cluster.clone(), result, duration };
            done += 1;
            tell(Progress { done, total }, &outcome);
            outcomes[number] = Some(outcome);
        }
        let lost = |cluster| Outcome { cluster, result: Err(TaskError::Panicked), duration: Duration::ZERO };
        let whole =
            outcomes.into_iter().zip(clusters).map(|(outcome, cluster)| outcome.unwrap_or_else(|| lost(cluster)));
        Ok(Results::new(whole.collect()))
    }

    fn begin(&self) -> Result<Vec<Task<T>>, PoolError> {
        let mut state = self.lock();
        if state.shut_down {
            return Err(PoolError::ShuttingDown);
        }
        if self.running.send_replace(true) {
            return Err(PoolError::Running);
        }
        Ok(std::mem::take(&mut state.waiting))
    }

    /// Ends the execution: what is not done is cancelled. The pool can be used no more.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }

    /// Takes no more tasks and waits for the end of the execution, at most `limit`; what is then not done is cancelled.
    pub async fn shut_down(&self, limit: Duration) -> Result<(), PoolError> {
        if std::mem::replace(&mut self.lock().shut_down, true) {
            return Err(PoolError::AlreadyShutDown);
        }
        let mut running = self.running.subscribe();
        // The sender lives as long as we do.
        if timeout(limit, running.wait_for(|running| !running)).await.is_ok() {
            return Ok(());
        }
        self.cancel.cancel();
        Err(PoolError::ShutdownTimeout)
    }

    /// The number of tasks that wait for the next execution.
    #[must_use]
    pub fn task_count(&self) -> usize {
        self.lock().waiting.len()
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct End<'a>(&'a watch::Sender<bool>);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.send_replace(false);
    }
}

async fn work<T>(
    number: usize,
    work: BoxFuture<'static, Result<T, Failure>>,
    limit: Duration,
    cancel: CancellationToken,
) -> (usize, Result<T, TaskError>, Duration) {
    let started = Instant::now();
    let guarded = std::panic::AssertUnwindSafe(timeout(limit, work)).catch_unwind();
    let result = tokio::select! {
        biased;
        () = cancel.cancelled() => Err(TaskError::Cancelled),
        result = guarded => match result {
            Ok(Ok(result)) => result.map_err(TaskError::Failed),
            Ok(Err(_)) => Err(TaskError::TimedOut(limit)),
            Err(_) => Err(TaskError::Panicked),
        },
    };
    (number, result, started.elapsed())
}

#[cfg(test)]
mod tests;
