//! When kubeconfig files are looked at: when somebody asks, and when they have changed and then been left alone.
//!
//! What the looks find goes two ways: the catalog to the state as a message, changed contexts to the clusters that use
//! them as a command. What is to be closed is the state's decision.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::task::AbortOnDropHandle;

use crate::app::message::Message;
use crate::fleet::coordinator::Coordinator;
use crate::kubeconfig::Sources;
use crate::kubeconfig::lookout::Lookout;

/// Files that are never left alone are looked at this often.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often sizes and times are compared where the system does not tell of changes.
const POLL: Duration = Duration::from_secs(2);
/// The same where it does: folders on other machines change without a word.
const SLOW_POLL: Duration = Duration::from_secs(30);

/// The task that keeps the catalog current; ends when dropped.
pub struct Files {
    asked: watch::Sender<u64>,
    _task: AbortOnDropHandle<()>,
}

impl Files {
    /// Starts, but looks nowhere before the first [`Files::ask`]: the first picture comes before any file.
    #[must_use]
    pub fn start(
        sources: Sources,
        remembered: BTreeMap<String, PathBuf>,
        coordinator: Arc<Coordinator>,
        messages: mpsc::Sender<Message>,
        debounce: Duration,
    ) -> Self {
        let (asked, questions) = watch::channel(0);
        let (noticed, notices) = watch::channel(0);
        let lookout =
            move || Lookout::new(sources, remembered, move || noticed.send_modify(|count: &mut u64| *count += 1));
        let task = tokio::spawn(run(lookout, Causes { questions, notices, debounce }, coordinator, messages));
        Self { asked, _task: AbortOnDropHandle::new(task) }
    }

    /// Looks now; the catalog arrives as a message even if it is as before.
    pub fn ask(&self) {
        self.asked.send_modify(|count| *count += 1);
    }
}

async fn run(
    lookout: impl FnOnce() -> Lookout + Send + 'static,
    mut causes: Causes,
    coordinator: Arc<Coordinator>,
    messages: mpsc::Sender<Message>,
) {
    if causes.questions.changed().await.is_err() {
        return;
    }
    let Ok(mut lookout) = spawn_blocking(lookout).await else { return };
    let mut asked = true;
    loop {
        causes.notices.mark_unchanged();
        let open = coordinator.targets().into_keys().collect();
        let looked = spawn_blocking(move || {
            let seen = lookout.look(&open);
            (lookout, seen)
        });
        // Only a panic ends a look early, and that ends the program.
        let Ok((back, seen)) = looked.await else { return };
        lookout = back;
        if seen.is_new {
            tracing::info!(files = seen.catalog.files.len(), changed = seen.changed.len(), "kubeconfig files read");
        }
        if (asked || seen.is_new) && messages.send(Message::Catalog(seen.catalog)).await.is_err() {
            return;
        }
        coordinator.reload(&seen.changed);
        let Some(next) = causes.next(lookout).await else { return };
        (lookout, asked) = next;
    }
}

/// What makes another look worth while.
struct Causes {
    /// Somebody asks.
    questions: watch::Receiver<u64>,
    /// The system tells of a change.
    notices: watch::Receiver<u64>,
    /// `kubeconfig.debounce`: files are looked at when they have been left alone for so long.
    debounce: Duration,
}

impl Causes {
    /// Waits for a cause; returns whether somebody asked. `None` once nobody can any more.
    async fn next(&mut self, mut lookout: Lookout) -> Option<(Lookout, bool)> {
        loop {
            let pace = if lookout.is_watched() { SLOW_POLL } else { POLL };
            tokio::select! {
                asked = self.questions.changed() => return asked.is_ok().then_some((lookout, true)),
                noticed = self.notices.changed() => noticed.ok()?,
                () = sleep(pace) => {
                    let compared = spawn_blocking(move || {
                        let outdated = lookout.is_outdated();
                        (lookout, outdated)
                    });
                    let (back, outdated) = compared.await.ok()?;
                    lookout = back;
                    if !outdated {
                        continue;
                    }
                }
            }
            return self.left_alone().await.map(|asked| (lookout, asked));
        }
    }

    /// Waits until nothing has been noticed for `debounce`, at most [`PATIENCE`], or somebody asks: then `true`.
    async fn left_alone(&mut self) -> Option<bool> {
        let latest = Instant::now() + PATIENCE;
        loop {
            let quiet = (Instant::now() + self.debounce).min(latest);
            tokio::select! {
                biased;
                asked = self.questions.changed() => return asked.is_ok().then_some(true),
                () = sleep_until(quiet) => return Some(false),
                noticed = self.notices.changed() => noticed.ok()?,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEBOUNCE: Duration = Duration::from_millis(500);

    fn causes() -> (Causes, watch::Sender<u64>, watch::Sender<u64>) {
        let (asked, questions) = watch::channel(0);
        let (noticed, notices) = watch::channel(0);
        (Causes { questions, notices, debounce: DEBOUNCE }, asked, noticed)
    }

    /// Notices something every `pace`, so many times.
    async fn busy(noticed: &watch::Sender<u64>, pace: Duration, times: u32) {
        for _ in 0..times {
            sleep(pace).await;
            noticed.send_modify(|count| *count += 1);
        }
        std::future::pending::<()>().await;
    }

    async fn time_until_left_alone(pace: Duration, times: u32) -> Duration {
        let (mut causes, _asked, noticed) = causes();
        let start = Instant::now();
        tokio::select! {
            outcome = causes.left_alone() => assert_eq!(outcome, Some(false)),
            () = busy(&noticed, pace, times) => {}
        }
        start.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn files_are_looked_at_when_left_alone_for_half_a_second() {
        let millis = |count| Duration::from_millis(count);
        assert_eq!(time_until_left_alone(millis(100), 0).await.as_millis(), 500);
        assert_eq!(time_until_left_alone(millis(100), 4).await.as_millis(), 900);
        assert_eq!(time_until_left_alone(millis(499), 2).await.as_millis(), 1498);
        assert_eq!(time_until_left_alone(millis(501), 2).await.as_millis(), 500);
    }

    #[tokio::test(start_paused = true)]
    async fn files_that_are_never_left_alone_are_looked_at_all_the_same() {
        assert_eq!(time_until_left_alone(Duration::from_millis(10), 100_000).await, PATIENCE);
    }

    #[tokio::test(start_paused = true)]
    async fn somebody_who_asks_does_not_wait() {
        let (mut causes, asked, _noticed) = causes();
        let start = Instant::now();
        asked.send_modify(|count| *count += 1);
        assert_eq!(causes.left_alone().await, Some(true));
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
}
