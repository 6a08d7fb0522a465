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
    sockets: Mutex<Sockets>,
    cuts: watch::Sender<u64>,
}

struct Sockets {
    /// Ends those that are in use, and counts them.
    current: (CancellationToken, TaskTracker),
    /// Those that were cut and have not all ended yet.
    ending: Vec<TaskTracker>,
}

impl Transport {
    /// Connections are counted by `tasks` and end with `stop`.
    #[must_use]
    pub fn new(tasks: TaskTracker, stop: CancellationToken) -> Self {
        let sockets = Sockets { current: (stop.child_token(), TaskTracker::new()), ending: Vec::new() };
        Self { shared: Arc::new(Shared { tasks, stop, sockets: Mutex::new(sockets), cuts: watch::Sender::new(0) }) }
    }

    /// Ends every connection there is. Streams on them break off; the next request opens a new one.
    pub fn cut(&self) {
        let fresh = (self.shared.stop.child_token(), TaskTracker::new());
        let old = {
            let mut sockets = self.sockets();
            let (old, tasks) = std::mem::replace(&mut sockets.current, fresh);
            tasks.close();
            sockets.ending.push(tasks);
            // Whoever knows of this cut waits for its end.
            self.shared.cuts.send_modify(|cuts| *cuts += 1);
            old
        };
        // Counted before, so that whoever sees its stream end can tell why.
        old.cancel();
    }

    /// Waits until every connection that was cut has ended. Until then the client may still take one of them for good, and
    /// what is sent over it is lost.
    pub async fn calm(&self) {
        loop {
            let ending = {
                let mut sockets = self.sockets();
                sockets.ending.retain(|tasks| !tasks.is_empty());
                sockets.ending.first().cloned()
            };
            match ending {
                Some(tasks) => tasks.wait().await,
                None => return,
            }
        }
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

    fn sockets(&self) -> MutexGuard<'_, Sockets> {
        self.shared.sockets.lock().unwrap_or_else(PoisonError::into_inner)
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
        let (stop, alive) = self.sockets().current.clone();
        self.shared.tasks.spawn(alive.track_future(async move {
            tokio::select! {
                // First: what is cut takes up nothing more.
                biased;
                () = stop.cancelled() => {}
                () = connection => {}
            }
        }));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use hyper::rt::Executor as _;
    use tokio::sync::Notify;

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
    async fn what_is_cut_takes_up_nothing_more_and_its_end_can_be_waited_for() {
        let transport = Transport::default();
        let (turns, asked) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let (count, again) = (turns.clone(), asked.clone());
        transport.execute(Box::pin(async move {
            loop {
                count.fetch_add(1, Ordering::SeqCst);
                again.notified().await;
            }
        }));
        tokio::task::yield_now().await;
        assert_eq!(turns.load(Ordering::SeqCst), 1);
        asked.notify_one();
        transport.cut();
        transport.calm().await;
        assert_eq!((turns.load(Ordering::SeqCst), Arc::strong_count(&turns)), (1, 1));
    }

    #[tokio::test]
    async fn what_runs_at_the_end_ends_with_it() {
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let transport = Transport::new(tasks.clone(), stop.clone());
        transport.execute(Box::pin(std::future::pending()));
        stop.cancel();
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        assert_eq!(tasks.len(), 0);
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
