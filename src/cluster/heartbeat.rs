//! The small, frequent question whether the server is alive and ready. Must not decide what a miss means for health.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::connection::Connection;
use super::limits::Limits;
use super::outlet::Outlet;
use super::schedule::heartbeat_pace;
use crate::model::failure::FailureKind;
use crate::model::update::{Beat, BeatOutcome, Update};

/// Where to ask, best first; a server that does not know one path is asked the next from then on.
const PATHS: [&str; 3] = ["/readyz", "/livez", "/version"];

/// What a heartbeat works with.
pub struct Heartbeat {
    /// Where requests go.
    pub connection: Connection,
    /// Where outcomes go.
    pub outlet: Outlet,
    /// The numbers to live by.
    pub limits: Limits,
    /// Whether the cluster's tab is in front.
    pub active: watch::Receiver<bool>,
    /// Each change asks for a heartbeat now.
    pub poke: watch::Receiver<u64>,
    /// Told when the server answers again after a miss.
    pub kick: watch::Sender<u64>,
}

impl Heartbeat {
    /// Beats until it is dropped, from start to start at the pace that activity and health ask for.
    pub async fn run(mut self) {
        let mut path = 0;
        let mut healthy = true;
        loop {
            let started = Instant::now();
            let beat = beat(&self.connection, &mut path, self.limits.heartbeat_limit).await;
            if let Some(beat) = beat {
                let missed = matches!(beat.outcome, BeatOutcome::Missed(_));
                if !healthy && !missed {
                    self.kick.send_modify(|count| *count += 1);
                }
                healthy = beat.outcome == BeatOutcome::Ready;
                if !self.outlet.send(Update::Beat(beat)).await {
                    return;
                }
            }
            if !self.rest(started, healthy).await {
                return;
            }
        }
    }

    /// Waits for the next beat's start; `false` when the session is gone.
    async fn rest(&mut self, started: Instant, healthy: bool) -> bool {
        let luck = fastrand::f64();
        loop {
            let active = *self.active.borrow_and_update();
            let next = started + heartbeat_pace(active, healthy, &self.limits, luck);
            tokio::select! {
                () = sleep_until(next) => return true,
                changed = self.active.changed() => if changed.is_err() { return false },
                poked = self.poke.changed() => return poked.is_ok(),
            }
        }
    }
}

/// Asks once, within `limit` in all. `None` if the credentials were rejected: that is the supervisor's to judge.
async fn beat(connection: &Connection, path: &mut usize, limit: Duration) -> Option<Beat> {
    let started = Instant::now();
    loop {
        let left = limit.saturating_sub(started.elapsed());
        let answer = connection.get_text(PATHS[*path], left).await;
        let latency = started.elapsed();
        let outcome = match answer {
            Ok(_) => BeatOutcome::Ready,
            Err(failure) => match failure.kind {
                FailureKind::NotFound if *path + 1 < PATHS.len() => {
                    *path += 1;
                    continue;
                }
                FailureKind::Unauthorized => return None,
                // Whatever it thinks of the question, it is there.
                FailureKind::Forbidden | FailureKind::Throttled | FailureKind::NotFound => BeatOutcome::Ready,
                FailureKind::Server => BeatOutcome::NotReady(failure),
                _ => BeatOutcome::Missed(failure),
            },
        };
        return Some(Beat { latency, outcome });
    }
}
