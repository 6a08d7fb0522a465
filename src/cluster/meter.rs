//! When a watched cluster's metrics server is asked: for nodes at one pace in front and a slower one behind, for pods only
//! while the cluster is in front. Must not know how it is asked, nor what capacity there is.
//!
//! Each of the two is a task of its own that waits for nobody, and for whom nobody waits: a metrics server that is slow is
//! asked less often, one that fails ever less often, one that is not there only now and then and when discovery has news.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::connection::Connection;
use super::metrics::{self, Measured, figures};
use super::outlet::Outlet;
use super::reader::ScopePlan;
use super::schedule::{Jitter, jittered};
use crate::config::settings::Settings;
use crate::model::amount::Amounts;
use crate::model::failure::{Failure, FailureKind};
use crate::model::update::Update;
use crate::model::usage::{Metered, Part, Usage};

/// Rows that are looked at in one go when figures arrive: no more than an update of changes brings, since whoever takes
/// them in counts updates.
const PART: usize = 512;
/// A server that takes its time gets this many times as long as it took, from start to start.
const PATIENCE: u32 = 4;

/// The numbers of metering.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeterLimits {
    /// `metrics.interval`: the pace for the cluster in front.
    pub interval: Duration,
    /// `survey.interval`: the pace for any other, and of asking again where there is nothing to be had.
    pub slow_interval: Duration,
    /// Time limit of the question.
    pub timeout: Duration,
    /// How far paces are shortened at random.
    pub jitter: Jitter,
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
            jitter: Jitter::percent(settings.jitter),
        }
    }
}

/// Asks what all nodes together use, all within `limit`. `None` if this time nothing could be learned.
pub async fn measure(connection: &Connection, limit: Duration) -> Option<Usage> {
    match metrics::nodes(connection, limit).await {
        Ok(nodes) => Some(usage(&nodes)),
        Err(failure) => absence(&failure, "node metrics may not be read").map(Usage::Absent),
    }
}

fn usage(nodes: &[Measured]) -> Usage {
    if nodes.is_empty() {
        return Usage::Absent("the metrics server knows no nodes");
    }
    Usage::Measured(nodes.iter().fold(Amounts::NONE, |sum, node| sum.plus(node.figure().used)))
}

/// Why there is nothing to be had, and will not be in a moment; `None` if it just failed.
fn absence(failure: &Failure, forbidden: &'static str) -> Option<&'static str> {
    match failure.kind {
        FailureKind::NotFound => Some("no metrics server"),
        FailureKind::Forbidden => Some(forbidden),
        _ => None,
    }
}

/// Rows come first: what thousands of pods use weighs on a server as much as the pods, which are asked for in the same
/// moment.
const HEAD_START: Duration = Duration::from_millis(500);

/// What a look came to, as far as it decides when the next one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Measured,
    Absent,
    Failed,
}

/// What metering works with. It ends when `outlet` has no listener or `kick` no sender.
#[derive(Clone)]
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
    /// Each change says that the server serves something else now.
    pub news: watch::Receiver<u64>,
    /// The namespaces to ask for where the cluster as a whole is forbidden.
    pub scopes: watch::Receiver<ScopePlan>,
}

impl Meter {
    /// Asks for nodes again and again until it is dropped.
    pub async fn nodes(mut self) {
        sleep(HEAD_START).await;
        let mut failures = 0;
        loop {
            let started = self.begin();
            let outcome = match metrics::nodes(&self.connection, self.limits.timeout).await {
                Ok(nodes) => {
                    let usage = usage(&nodes);
                    let outcome = if nodes.is_empty() { Outcome::Absent } else { Outcome::Measured };
                    if outcome == Outcome::Measured {
                        let metered = Metered::Nodes(Arc::new(figures(nodes)));
                        if !self.outlet.send(Update::Metered(metered)).await {
                            return;
                        }
                    }
                    if !self.outlet.send(Update::Usage(usage)).await {
                        return;
                    }
                    outcome
                }
                Err(failure) => match absence(&failure, "node metrics may not be read") {
                    Some(why) if !self.outlet.send(Update::Usage(Usage::Absent(why))).await => return,
                    Some(_) => Outcome::Absent,
                    None => Outcome::Failed,
                },
            };
            failures = if outcome == Outcome::Failed { failures + 1 } else { 0 };
            if !self.rest(started, outcome, failures, false).await {
                return;
            }
        }
    }

    /// Asks for pods again and again, while the cluster is in front, until it is dropped.
    pub async fn pods(mut self) {
        sleep(HEAD_START).await;
        let mut failures = 0;
        // Until then only the permitted namespaces are asked for.
        let mut narrow_until = Instant::now();
        loop {
            if self.active.wait_for(|active| *active).await.is_err() {
                return;
            }
            let started = self.begin();
            let outcome = match self.ask_pods(&mut narrow_until).await {
                Ok(pods) => {
                    if !self.tell_pods(pods).await {
                        return;
                    }
                    Outcome::Measured
                }
                Err(failure) => match absence(&failure, "pod metrics may not be read") {
                    Some(why) if !self.outlet.send(Update::Metered(Metered::NoPods(why))).await => return,
                    Some(_) => Outcome::Absent,
                    None => Outcome::Failed,
                },
            };
            failures = if outcome == Outcome::Failed { failures + 1 } else { 0 };
            if !self.rest(started, outcome, failures, true).await {
                return;
            }
        }
    }

    fn begin(&mut self) -> Instant {
        self.kick.mark_unchanged();
        self.news.mark_unchanged();
        self.scopes.mark_unchanged();
        Instant::now()
    }

    /// Asks for all pods or, where that is forbidden, for those of each permitted namespace.
    async fn ask_pods(&self, narrow_until: &mut Instant) -> Result<Vec<Measured>, Failure> {
        let limit = self.limits.timeout;
        let mut forbidden = None;
        if Instant::now() >= *narrow_until {
            match metrics::pods(&self.connection, None, limit).await {
                Err(failure) if failure.kind == FailureKind::Forbidden => {
                    *narrow_until = Instant::now() + self.limits.slow_interval;
                    forbidden = Some(failure);
                }
                answer => return answer,
            }
        }
        let namespaces = self.scopes.borrow().namespaces.clone();
        let (mut all, mut any) = (Vec::new(), false);
        for namespace in namespaces {
            match metrics::pods(&self.connection, Some(&namespace), limit).await {
                Ok(pods) => {
                    any = true;
                    all.extend(pods);
                }
                Err(failure) if failure.kind == FailureKind::Forbidden => forbidden = Some(failure),
                Err(failure) => return Err(failure),
            }
        }
        match forbidden {
            Some(failure) if !any => Err(failure),
            _ => Ok(all),
        }
    }

    async fn tell_pods(&self, pods: Vec<Measured>) -> bool {
        let figures = Arc::new(figures(pods));
        let of = figures.len() / PART + 1;
        for number in 0..of {
            let part = Metered::Pods(figures.clone(), Part { number, of });
            if !self.outlet.send(Update::Metered(part)).await {
                return false;
            }
            tokio::task::yield_now().await;
        }
        true
    }

    /// Waits for the next question's moment; `false` when the session is gone. Of pods nothing is asked from `behind`.
    async fn rest(&mut self, started: Instant, outcome: Outcome, failures: u32, only_in_front: bool) -> bool {
        let (luck, took) = (self.limits.jitter.luck(), started.elapsed());
        let slow = self.limits.slow_interval;
        loop {
            let active = *self.active.borrow_and_update();
            let pace = match outcome {
                Outcome::Measured if active => self.limits.interval.max(took * PATIENCE),
                Outcome::Failed if active => self.limits.interval.saturating_mul(1 << failures.min(8)).min(slow),
                _ => slow,
            };
            let waits = !active && only_in_front;
            tokio::select! {
                () = sleep_until(started + jittered(pace, luck)), if !waits => return true,
                changed = self.active.changed() => if changed.is_err() { return false },
                kicked = self.kick.changed() => if kicked.is_err() { return false } else { break },
                Ok(()) = self.news.changed(), if outcome != Outcome::Measured => break,
                Ok(()) = self.scopes.changed(), if only_in_front => break,
            }
        }
        // Not in one moment with all that the return of the server sets going.
        sleep_until(Instant::now().max(started + self.limits.interval)).await;
        true
    }
}

#[cfg(test)]
mod tests;
