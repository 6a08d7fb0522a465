//! What the nodes use, as the metrics server tells: one small question, and its pace while a cluster is watched.
//!
//! The answer comes from an aggregated API, behind the API server: that it is slow, ill or not there is no failure of the
//! cluster. Must not know what capacity there is.

use std::time::Duration;

use serde::Deserialize;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::connection::Connection;
use super::outlet::Outlet;
use super::project::amounts::ResourceList;
use super::schedule::jittered;
use crate::config::settings::Settings;
use crate::model::amount::Amounts;
use crate::model::failure::FailureKind;
use crate::model::update::Update;
use crate::model::usage::Usage;

const PATH: &str = "/apis/metrics.k8s.io/v1beta1/nodes";

/// The numbers of metering.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeterLimits {
    /// `metrics.interval`: the pace for the cluster in front.
    pub interval: Duration,
    /// `survey.interval`: the pace for any other, and of asking again where there is nothing to be had.
    pub slow_interval: Duration,
    /// Time limit of the question.
    pub timeout: Duration,
}

impl Default for MeterLimits {
    fn default() -> Self {
        Self::new(&Settings::default())
    }
}

impl MeterLimits {
    /// Builds the numbers from the settings.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self {
            interval: settings.metrics_interval,
            slow_interval: settings.survey_interval,
            timeout: settings.survey_timeout,
        }
    }
}

#[derive(Deserialize)]
struct List {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    usage: ResourceList,
}

/// Asks what all nodes together use, all within `limit`. `None` if this time nothing could be learned.
pub async fn measure(connection: &Connection, limit: Duration) -> Option<Usage> {
    match connection.aside().get_json::<List>(PATH, limit).await {
        Ok(list) if list.items.is_empty() => Some(Usage::Absent("the metrics server knows no nodes")),
        Ok(list) => {
            let used = list.items.iter().map(|item| item.usage.amounts);
            Some(Usage::Measured(used.fold(Amounts::NONE, Amounts::plus)))
        }
        Err(failure) => match failure.kind {
            FailureKind::NotFound => Some(Usage::Absent("no metrics server")),
            FailureKind::Forbidden => Some(Usage::Absent("node metrics may not be read")),
            _ => None,
        },
    }
}

/// What metering works with. It ends when `outlet` has no listener or `kick` no sender.
pub struct Meter {
    /// Where questions go.
    pub connection: Connection,
    /// Where answers go.
    pub outlet: Outlet,
    /// The numbers to live by.
    pub limits: MeterLimits,
    /// Whether the cluster's tab is in front.
    pub active: watch::Receiver<bool>,
    /// Each change says that the server answers (again).
    pub kick: watch::Receiver<u64>,
}

impl Meter {
    /// Asks again and again until it is dropped.
    pub async fn run(mut self) {
        loop {
            let started = Instant::now();
            self.kick.mark_unchanged();
            let usage = measure(&self.connection, self.limits.timeout).await;
            let quick = matches!(usage, Some(Usage::Measured(_)));
            if let Some(usage) = usage
                && !self.outlet.send(Update::Usage(usage)).await
            {
                return;
            }
            if !self.rest(started, quick).await {
                return;
            }
        }
    }

    /// Waits for the next question's moment; `false` when the session is gone.
    async fn rest(&mut self, started: Instant, quick: bool) -> bool {
        let luck = fastrand::f64();
        loop {
            let active = *self.active.borrow_and_update();
            let pace = if active && quick { self.limits.interval } else { self.limits.slow_interval };
            tokio::select! {
                () = sleep_until(started + jittered(pace, luck)) => return true,
                changed = self.active.changed() => if changed.is_err() { return false },
                kicked = self.kick.changed() => if kicked.is_err() { return false } else {
                    // Not in one moment with all that the return of the server sets going.
                    sleep_until(Instant::now().max(started + self.limits.interval)).await;
                    return true;
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use http::{Request, Response};
    use kube::client::Body;
    use tokio::sync::mpsc;

    use super::*;
    use crate::cluster::access::Access;
    use crate::cluster::failure::Site;
    use crate::model::amount::Amount;
    use crate::model::ids::{ClusterId, Generation};

    fn connection(status: u16, text: &'static str) -> Connection {
        let service = tower::service_fn(move |_: Request<Body>| async move {
            Ok::<_, Infallible>(Response::builder().status(status).body(Body::from(text.as_bytes().to_vec())).unwrap())
        });
        Connection::new(Access::new(kube::Client::new(service, "default"), Site::default()))
    }

    async fn measured(status: u16, text: &'static str) -> Option<Usage> {
        measure(&connection(status, text), Duration::from_secs(1)).await
    }

    const TWO: &str =
        r#"{"items":[{"usage":{"cpu":"250000000n","memory":"1048576Ki"}},{"usage":{"cpu":"1","memory":"1Gi"}}]}"#;

    #[tokio::test]
    async fn what_all_nodes_use_is_added_up_and_what_is_not_there_is_said() {
        let sum = Amounts { cpu: Amount::new(1_250), memory: Amount::new(2_048) };
        assert_eq!(measured(200, TWO).await, Some(Usage::Measured(sum)));
        assert_eq!(measured(404, "").await, Some(Usage::Absent("no metrics server")));
        assert_eq!(measured(403, "{}").await, Some(Usage::Absent("node metrics may not be read")));
        assert_eq!((measured(503, "").await, measured(200, "what").await), (None, None));
    }

    #[tokio::test(start_paused = true)]
    async fn a_metrics_server_that_hangs_is_no_fault_of_the_transport() {
        let service =
            tower::service_fn(|_: Request<Body>| std::future::pending::<Result<Response<Body>, Infallible>>());
        let connection = Connection::new(Access::new(kube::Client::new(service, "default"), Site::default()));
        assert_eq!(measure(&connection, Duration::from_secs(30)).await, None);
        assert_eq!(*connection.faults().borrow(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn the_cluster_in_front_is_metered_every_few_seconds_and_any_other_at_survey_pace() {
        let (sender, mut updates) = mpsc::channel(8);
        let (active, kick) = (watch::Sender::new(true), watch::Sender::new(0));
        let meter = Meter {
            connection: connection(200, TWO),
            outlet: Outlet::new(ClusterId::new("config:a"), Generation(1), sender),
            limits: MeterLimits::default(),
            active: active.subscribe(),
            kick: kick.subscribe(),
        };
        tokio::spawn(meter.run());
        let mut pace = async || {
            let start = Instant::now();
            updates.recv().await.unwrap();
            start.elapsed().as_secs_f64()
        };
        assert!(pace().await < 0.1);
        assert!((4.5..=5.0).contains(&pace().await));
        active.send_replace(false);
        assert!((216.0..=240.0).contains(&pace().await));
        active.send_replace(true);
        assert!(pace().await <= 5.0, "in front again");
    }
}
