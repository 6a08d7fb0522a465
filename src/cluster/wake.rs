//! Wakes what waits in a connected cluster. Must not know what it waits for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;

use super::connection::Connection;

/// Makes whatever waits try again, and the heart beat, now.
pub fn wake(kick: &watch::Sender<u64>, poke: &watch::Sender<u64>) {
    kick.send_modify(|count| *count += 1);
    poke.send_modify(|count| *count += 1);
}

/// Wakes whatever waits whenever a person asks for it, also while the session itself is busy with a probe.
pub struct TryAgain {
    /// Whose sockets are cut where they may be dead.
    pub connection: Connection,
    /// Whether the last heartbeat missed.
    pub missing: Arc<AtomicBool>,
    /// Makes readers try again.
    pub kick: watch::Sender<u64>,
    /// Makes the heart beat.
    pub poke: watch::Sender<u64>,
}

impl TryAgain {
    /// Answers whoever asks for it, for as long as it is polled.
    pub async fn run(self, mut retry: watch::Receiver<u64>) {
        retry.mark_unchanged();
        while retry.changed().await.is_ok() {
            // What hangs may do so on dead sockets long after the network is back: it is sent again over new ones.
            if self.missing.load(Ordering::Relaxed) {
                self.connection.current().1.transport.cut();
            }
            wake(&self.kick, &self.poke);
        }
    }
}
