//! From a selection to running clusters: what is added starts, what is gone stops, what stays is not touched.
//!
//! The one gate through which task trees are started and stopped. Must not know the state that asked for it.

use std::collections::HashMap;

use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use crate::cluster::connect::Target;
use crate::cluster::limits::Limits;
use crate::cluster::supervisor::{ClusterHandle, open};
use crate::model::ids::{ClusterId, Generation};
use crate::model::update::{ClusterCommand, Envelope};

/// The running clusters.
pub struct Coordinator {
    running: HashMap<ClusterId, ClusterHandle>,
    closing: TaskTracker,
    updates: mpsc::Sender<Envelope>,
    limits: Limits,
}

impl Coordinator {
    /// Starts with nothing running; all clusters will send to `updates`.
    #[must_use]
    pub fn new(updates: mpsc::Sender<Envelope>, limits: Limits) -> Self {
        Self { running: HashMap::new(), closing: TaskTracker::new(), updates, limits }
    }

    /// Makes exactly these clusters run. What is added carries the generation; closing goes on in the background.
    pub fn select(&mut self, generation: Generation, wanted: Vec<Target>) {
        let gone: Vec<ClusterId> =
            self.running.keys().filter(|id| !wanted.iter().any(|target| target.id == **id)).cloned().collect();
        for id in gone {
            if let Some(handle) = self.running.remove(&id) {
                tracing::info!(cluster = %id, "closing");
                handle.stop();
                self.closing.spawn(handle.closed());
            }
        }
        for target in wanted {
            if !self.running.contains_key(&target.id) {
                tracing::info!(cluster = %target.id, generation = generation.0, "opening");
                let id = target.id.clone();
                let handle = open(target, generation, self.limits.clone(), self.updates.clone(), false);
                self.running.insert(id, handle);
            }
        }
    }

    /// Passes a command on; one for a cluster that does not run is dropped.
    pub fn command(&self, id: &ClusterId, command: ClusterCommand) {
        let Some(handle) = self.running.get(id) else {
            tracing::debug!(cluster = %id, "cluster not found: {id}");
            return;
        };
        if handle.commands.try_send(command).is_err() {
            tracing::warn!(cluster = %id, "the cluster takes no commands");
        }
    }

    /// The number of running clusters.
    #[must_use]
    pub fn len(&self) -> usize {
        self.running.len()
    }

    /// Whether nothing runs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    /// Stops everything and waits until no task lives.
    pub async fn shut_down(mut self) {
        for (_, handle) in self.running.drain() {
            handle.stop();
            self.closing.spawn(handle.closed());
        }
        self.closing.close();
        self.closing.wait().await;
    }
}
