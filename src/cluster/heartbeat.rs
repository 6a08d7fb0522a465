//! The small, frequent question whether the server is alive and ready. Must not decide what a miss means for health.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::connection::Connection;
use super::failure;
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
    /// Whether the last beat missed.
    pub missing: Arc<AtomicBool>,
}

impl Heartbeat {
    /// Beats until it is dropped, from start to start at the pace that activity and health ask for.
    pub async fn run(mut self) {
        let mut path = 0;
        let (mut healthy, mut missing) = (true, false);
        loop {
            let started = Instant::now();
            let beat = beat(&self.connection, &mut path, self.limits.heartbeat_limit).await;
            if let Some(beat) = beat {
                let (was_healthy, was_missing) = (healthy, missing);
                healthy = beat.outcome == BeatOutcome::Ready;
                missing = matches!(beat.outcome, BeatOutcome::Missed(_));
                self.missing.store(missing, Ordering::Relaxed);
                // Once per change for the better: a server that says 503 at every beat is not to be stormed.
                if (was_missing && !missing) || (!was_healthy && healthy) {
                    self.kick.send_modify(|count| *count += 1);
                }
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
        let luck = self.limits.jitter.luck();
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
pub async fn beat(connection: &Connection, path: &mut usize, limit: Duration) -> Option<Beat> {
    let started = Instant::now();
    loop {
        let left = limit.saturating_sub(started.elapsed());
        let answer = connection.get_text(PATHS[*path], left).await;
        let latency = started.elapsed();
        let outcome = match answer {
            // A page to look at is no answer of an API server, whatever its status: a captive portal says 200.
            Ok(text) if text.trim_start().starts_with('<') => {
                BeatOutcome::Missed(failure::not_kubernetes(&connection.current().1.site))
            }
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
                _ => BeatOutcome::Missed(connection.within(limit, failure)),
            },
        };
        return Some(Beat { latency, outcome });
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::AtomicU16;

    use http::{Request, Response};
    use kube::client::Body;
    use tokio::sync::mpsc;

    use super::*;
    use crate::cluster::access::Access;
    use crate::cluster::failure::Site;
    use crate::model::ids::{ClusterId, Generation};
    use crate::model::update::Envelope;

    const FROZEN: u16 = 0;

    /// A heartbeat against a server that answers with the status in `mood`, or never while that is `FROZEN`.
    struct Scene {
        mood: Arc<AtomicU16>,
        active: watch::Sender<bool>,
        poke: watch::Sender<u64>,
        kicked: watch::Receiver<u64>,
        updates: mpsc::Receiver<Envelope>,
    }

    impl Scene {
        fn new(active: bool) -> Self {
            let mood = Arc::new(AtomicU16::new(200));
            let server = mood.clone();
            let service = tower::service_fn(move |_: Request<Body>| {
                let status = server.load(Ordering::SeqCst);
                async move {
                    match status {
                        FROZEN => std::future::pending().await,
                        status => Ok::<_, Infallible>(Response::builder().status(status).body(Body::empty()).unwrap()),
                    }
                }
            });
            let access = Access::new(kube::Client::new(service, "default"), Site::default());
            let (sender, updates) = mpsc::channel(8);
            let (active, is_active) = watch::channel(active);
            let (poke, poked) = watch::channel(0);
            let (kick, kicked) = watch::channel(0);
            let heartbeat = Heartbeat {
                connection: Connection::new(access),
                outlet: Outlet::new(ClusterId::new("config:a"), Generation(1), sender),
                limits: Limits::default(),
                active: is_active,
                poke: poked,
                kick,
                missing: Arc::default(),
            };
            tokio::spawn(heartbeat.run());
            Self { mood, active, poke, kicked, updates }
        }

        async fn beat(&mut self) -> BeatOutcome {
            match self.updates.recv().await.unwrap().update {
                Update::Beat(beat) => beat.outcome,
                other => panic!("{other:?}"),
            }
        }

        /// Freezes the server right after a good beat and returns how long it takes until that is noticed.
        async fn freeze(&mut self) -> Duration {
            assert_eq!(self.beat().await, BeatOutcome::Ready);
            self.mood.store(FROZEN, Ordering::SeqCst);
            let frozen = Instant::now();
            assert!(matches!(self.beat().await, BeatOutcome::Missed(_)));
            frozen.elapsed()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_frozen_server_is_noticed_within_10_seconds_when_active_and_20_otherwise() {
        let active = Scene::new(true).freeze().await;
        assert!(active <= Duration::from_secs(10), "{active:?}");
        let behind = Scene::new(false).freeze().await;
        assert!(behind <= Duration::from_secs(20) && behind > Duration::from_secs(10), "{behind:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_answers_again_kicks_every_waiting_reader() {
        let mut scene = Scene::new(true);
        scene.freeze().await;
        assert!(!scene.kicked.has_changed().unwrap());
        scene.mood.store(403, Ordering::SeqCst);
        // The next beat may have begun before the server thawed; 403 is an answer.
        while scene.beat().await != BeatOutcome::Ready {}
        assert!(scene.kicked.has_changed().unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_stays_not_ready_kicks_nobody() {
        let mut scene = Scene::new(true);
        scene.mood.store(503, Ordering::SeqCst);
        for _ in 0..4 {
            scene.beat().await;
        }
        assert!(!scene.kicked.has_changed().unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn becoming_active_and_a_poke_bring_the_next_beat_forward() {
        let mut scene = Scene::new(false);
        scene.beat().await;
        let start = Instant::now();
        scene.active.send_replace(true);
        scene.beat().await;
        assert!(start.elapsed() <= Duration::from_secs(5));
        let start = Instant::now();
        scene.poke.send_modify(|count| *count += 1);
        scene.beat().await;
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
}
