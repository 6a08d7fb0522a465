//! The sockets of one open cluster, as one thing that can be cut: all of them end, and later ones are not concerned.
//!
//! Must not know clients or requests. Who is cut off on purpose can tell so from the number of cuts.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Runs connections as tasks that are counted and that end, sockets and all, when they are told to. Clones are one.
#[derive(Clone)]
pub struct Transport {
    shared: Arc<Shared>,
}

struct Shared {
    tasks: TaskTracker,
    stop: CancellationToken,
    current: Mutex<CancellationToken>,
    cuts: watch::Sender<u64>,
}

impl Transport {
    /// Connections are counted by `tasks` and end with `stop`.
    #[must_use]
    pub fn new(tasks: TaskTracker, stop: CancellationToken) -> Self {
        let current = Mutex::new(stop.child_token());
        Self { shared: Arc::new(Shared { tasks, stop, current, cuts: watch::Sender::new(0) }) }
    }

    /// Ends every connection there is. Streams on them break off; the next request opens a new one.
    pub fn cut(&self) {
        // Counted first, so that whoever sees its stream end can tell why.
        self.shared.cuts.send_modify(|cuts| *cuts += 1);
        let fresh = self.shared.stop.child_token();
        let old = std::mem::replace(&mut *self.current(), fresh);
        old.cancel();
    }

    /// Returns how many times the connections were cut.
    #[must_use]
    pub fn cuts(&self) -> u64 {
        *self.shared.cuts.borrow()
    }

    /// Waits for the next cut.
    pub async fn next_cut(&self) {
        // The sender lives as long as we do.
        let _cut = self.shared.cuts.subscribe().changed().await;
    }

    fn current(&self) -> MutexGuard<'_, CancellationToken> {
        self.shared.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Transport {
    /// Connections that end by themselves alone.
    fn default() -> Self {
        Self::new(TaskTracker::new(), CancellationToken::new())
    }
}

impl hyper::rt::Executor<Pin<Box<dyn Future<Output = ()> + Send>>> for Transport {
    fn execute(&self, connection: Pin<Box<dyn Future<Output = ()> + Send>>) {
        let stop = self.current().clone();
        self.shared.tasks.spawn(async move {
            stop.run_until_cancelled(connection).await;
        });
    }
}

#[cfg(test)]
mod tests {
    use hyper::rt::Executor as _;

    use super::*;

    #[tokio::test]
    async fn a_cut_ends_what_runs_and_leaves_what_comes_later() {
        let tasks = TaskTracker::new();
        let transport = Transport::new(tasks.clone(), CancellationToken::new());
        transport.execute(Box::pin(std::future::pending()));
        assert_eq!(tasks.len(), 1);
        transport.cut();
        assert_eq!(transport.cuts(), 1);
        while !tasks.is_empty() {
            tokio::task::yield_now().await;
        }
        transport.execute(Box::pin(std::future::pending()));
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        assert_eq!(tasks.len(), 1);
    }

    #[tokio::test]
    async fn what_starts_after_the_end_ends_at_once() {
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let transport = Transport::new(tasks.clone(), stop.clone());
        stop.cancel();
        transport.execute(Box::pin(std::future::pending()));
        transport.cut();
        transport.execute(Box::pin(std::future::pending()));
        tasks.close();
        tasks.wait().await;
    }
}
