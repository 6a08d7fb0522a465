//! The threads on which open clusters live: each cluster on one of them, all of its tasks beside each other.
//!
//! What a connection reads it hands to a reader every few kilobytes, and waits until it is taken. On one thread that is a
//! jump; between threads that share their tasks it wakes one of them up time and again, which costs more than reading.
//! For the same reason a thread about to wait gives what trickles in a moment. Must not know what a cluster does.

use std::sync::Arc;
use std::{io, thread};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use crate::cluster::ahead::gather;

/// As many as have all clusters read at once keep two processors busy; a machine has other things to do.
const LANES: usize = 2;

/// Some threads, or none: then clusters live on the runtime of whoever starts them. Dropping them ends what lives there.
#[derive(Default)]
pub struct Lanes {
    lanes: Vec<Lane>,
}

struct Lane {
    runtime: Handle,
    /// One clone here and one for each cluster.
    clusters: Arc<()>,
    /// The thread waits for its end.
    _open: oneshot::Sender<()>,
}

/// A cluster's place on a lane, taken until it is dropped.
pub struct Place {
    runtime: Option<Handle>,
    _taken: Option<Arc<()>>,
}

impl Lanes {
    /// Starts the usual number of threads; none where the system has no more of them.
    pub fn open() -> Self {
        Self::start(LANES).unwrap_or_else(|error| {
            tracing::warn!(%error, "clusters share the program's own threads");
            Self::default()
        })
    }

    /// Starts so many threads.
    ///
    /// # Errors
    ///
    /// What the system says to a thread or a runtime more.
    pub fn start(count: usize) -> io::Result<Self> {
        (0..count).map(Lane::start).collect::<io::Result<Vec<_>>>().map(|lanes| Self { lanes })
    }

    /// Takes a place where the fewest clusters live.
    pub fn place(&self) -> Place {
        let emptiest = self.lanes.iter().min_by_key(|lane| Arc::strong_count(&lane.clusters));
        Place {
            runtime: emptiest.map(|lane| lane.runtime.clone()),
            _taken: emptiest.map(|lane| Arc::clone(&lane.clusters)),
        }
    }
}

impl Lane {
    fn start(number: usize) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().on_thread_park(gather).build()?;
        let handle = runtime.handle().clone();
        let (open, closed) = oneshot::channel();
        thread::Builder::new().name(format!("clusters-{number}")).spawn(move || {
            // The sender says nothing; it is dropped.
            drop(runtime.block_on(closed));
            // A thread that is stuck in a file or a plugin must not hold the end.
            runtime.shutdown_background();
        })?;
        Ok(Self { runtime: handle, clusters: Arc::new(()), _open: open })
    }
}

impl Place {
    /// Does something whose tasks are to live here.
    pub fn within<T>(&self, start: impl FnOnce() -> T) -> T {
        let _entered = self.runtime.as_ref().map(Handle::enter);
        start()
    }
}

#[cfg(test)]
mod tests {
    use std::thread::ThreadId;

    use super::*;

    async fn thread_of(place: &Place) -> ThreadId {
        // A task of a task lives where its parent does.
        place
            .within(|| tokio::spawn(async { tokio::spawn(async { thread::current().id() }).await }))
            .await
            .unwrap()
            .unwrap()
    }

    #[tokio::test]
    async fn clusters_are_dealt_out_evenly_and_all_tasks_of_one_share_a_thread() {
        let lanes = Lanes::start(2).unwrap();
        let (first, second) = (lanes.place(), lanes.place());
        assert_ne!(thread_of(&first).await, thread_of(&second).await);
        assert_eq!(thread_of(&first).await, thread_of(&first).await);
        let third = lanes.place();
        drop(second);
        assert_ne!(thread_of(&lanes.place()).await, thread_of(&third).await);
    }

    #[tokio::test]
    async fn without_lanes_clusters_live_where_they_are_started() {
        let place = Lanes::default().place();
        assert_eq!(thread_of(&place).await, thread::current().id());
    }

    #[tokio::test]
    async fn what_lives_on_a_lane_ends_with_it() {
        let lanes = Lanes::start(1).unwrap();
        let (alive, ended) = oneshot::channel::<()>();
        lanes.place().within(|| tokio::spawn(async move { drop((alive, std::future::pending::<()>().await)) }));
        drop(lanes);
        assert!(ended.await.is_err());
    }
}
