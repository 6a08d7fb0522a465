//! The one way out of a cluster's tasks: updates stamped with who sends them. Must not know what they mean.

use tokio::sync::mpsc;

use crate::model::ids::{ClusterId, Generation};
use crate::model::update::{Envelope, Update};

/// Sends the updates of one cluster and generation; cheap to clone.
///
/// A full channel makes the sender wait, which makes its API server wait, and nobody else.
#[derive(Clone, Debug)]
pub struct Outlet {
    cluster: ClusterId,
    generation: Generation,
    sender: mpsc::Sender<Envelope>,
}

impl Outlet {
    /// Binds a channel to the cluster and generation every update will carry.
    #[must_use]
    pub fn new(cluster: ClusterId, generation: Generation, sender: mpsc::Sender<Envelope>) -> Self {
        Self { cluster, generation, sender }
    }

    /// Sends an update, waiting while the channel is full. `false` once nobody listens any more.
    pub async fn send(&self, update: Update) -> bool {
        let envelope = Envelope { cluster: self.cluster.clone(), generation: self.generation, update };
        self.sender.send(envelope).await.is_ok()
    }
}
