//! A watch that rests while nobody is near its cluster: what changed meanwhile is caught up with at survey pace, sooner when
//! somebody says that it is wanted, without a socket of its own. Must not decide who is near.
//!
//! Only what nothing is concluded from at once may rest: events and namespaces, not pods and nodes.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::follow::{Follow, Settled, refresh_of};
use super::request::Ask;
use super::stream::End;
use super::subject::Subject;
use crate::model::update::Reading;

/// The least time between two times of catching up, however much happens.
const APART: Duration = Duration::from_secs(15);
/// What makes a cluster worth a look rarely comes alone, and the events about it follow it.
const GATHER: Duration = Duration::from_secs(1);

impl<S: Subject> Follow<'_, S> {
    /// Tells whether the watch may rest now.
    pub fn may_rest(&self) -> bool {
        self.rest.as_ref().is_some_and(|rest| *rest.borrow())
    }

    /// Rests until it is time to catch up, or somebody comes near: then the watch goes on where it was.
    pub async fn doze(&mut self, version: String) -> Option<Settled> {
        let pace = self.context.limits.survey;
        if !self.board.set(&self.scope, Reading::Polled(pace)).await {
            return Some(Settled::Closed);
        }
        tokio::select! {
            () = rest_is(&mut self.rest, false) => return None,
            () = sleep(pace) => {}
            () = wanted(&mut self.wanted, self.caught_up) => {}
            () = refresh_of(&mut self.refresh, self.subject.kind()) => {
                self.listed = false;
                return None;
            }
            kicked = self.kick.changed() => if kicked.is_err() { return Some(Settled::Closed) },
        }
        self.caught_up = Some(Instant::now());
        if let Some(wanted) = &mut self.wanted {
            // Whoever has said so by now is answered.
            wanted.mark_unchanged();
        }
        match self.ask(&Ask::CatchUp(version)).await {
            End::Watched(_) | End::Listed(_) | End::Reopen | End::Rested => None,
            End::Expired | End::Refresh => {
                self.listed = false;
                None
            }
            End::Closed => Some(Settled::Closed),
            End::Failed { failure, .. } => self.watch_failed(failure).await,
        }
    }
}

/// Waits until what rests is wanted, for a moment in which more may be, and until it is time again; for ever if it never is.
async fn wanted(wanted: &mut Option<watch::Receiver<u64>>, caught_up: Option<Instant>) {
    let said = match wanted {
        Some(wanted) => wanted.changed().await.is_ok(),
        None => false,
    };
    if !said {
        return std::future::pending().await;
    }
    let due = Instant::now() + GATHER;
    sleep_until(caught_up.map_or(due, |last| due.max(last + APART))).await;
}

/// Waits until the watch may rest, or may not any more; for ever if it never may.
pub async fn rest_is(rest: &mut Option<watch::Receiver<bool>>, wanted: bool) {
    let Some(rest) = rest else { return std::future::pending().await };
    if rest.wait_for(|rest| *rest == wanted).await.is_err() {
        std::future::pending::<()>().await;
    }
}
