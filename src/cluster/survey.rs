//! The slow look at a cluster whose rows nobody keeps: counts, at survey pace, each object dropped as it is read.
//!
//! Owns when a survey is due, what is asked and what a failed probe leads to. Must not know whether the cluster is well:
//! it tells counts, and that somebody else judges.

pub mod tally;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::connection::Connection;
use super::failure::is_transport;
use super::meter::measure;
use super::outlet::Outlet;
use super::project::Resource;
use super::project::event::Event;
use super::project::node::Node;
use super::project::pod::Pod;
use super::reader::ScopePlan;
use super::schedule::{Jitter, backoff, jittered};
use super::version::version;
use crate::config::settings::Settings;
use crate::model::age::Unix;
use crate::model::failure::{Failure, FailureClass, FailureKind};
use crate::model::kind::Kind;
use crate::model::survey::{Probe, Survey};
use crate::model::update::{Reading, Update};
use tally::{Nodes, Pods, Tally, Warnings};

/// How one cluster is surveyed: whether, what is asked, where, and the numbers.
///
/// Plain data and each cluster's own: [`super::limits::Limits::of_cluster`] makes it from what the settings say of that
/// cluster. The name of each field's setting is in its comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurveyLimits {
    /// `survey.enabled`: off, the cluster is not looked at while it is behind; its heartbeat goes on.
    pub enabled: bool,
    /// `survey.probes`: what is asked, by [`Probe::name`]; what is left out is switched off.
    pub probes: BTreeSet<Probe>,
    /// `survey.namespace`: pods and events are looked at in this namespace alone; `None` looks at all that may be seen.
    pub namespace: Option<Arc<str>>,
    /// `survey.interval`, from start to start.
    pub interval: Duration,
    /// `survey.timeout`: each request, from question to the end of the answer.
    pub timeout: Duration,
    /// `survey.retries`: how often a request that failed is sent again.
    pub retries: u32,
    /// `survey.event_limit`: how many events are looked at.
    pub event_limit: u32,
    /// Delays between retries, first and longest.
    pub backoff: (Duration, Duration),
    /// How far delays are shortened at random.
    pub jitter: Jitter,
    /// The first survey starts somewhere within this, so that many clusters do not start theirs at once.
    pub spread: Duration,
    /// The least time between the end of a survey and the next that something else than time asks for.
    pub pause: Duration,
}

impl Default for SurveyLimits {
    fn default() -> Self {
        Self::new(&Settings::default())
    }
}

impl SurveyLimits {
    /// Builds the numbers from the settings.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self {
            enabled: settings.survey_enabled,
            probes: settings.survey_probes.iter().copied().collect(),
            namespace: Some(settings.survey_namespace.as_str()).filter(|name| !name.is_empty()).map(Arc::from),
            interval: settings.survey_interval,
            timeout: settings.survey_timeout,
            retries: settings.survey_retries,
            event_limit: settings.survey_event_limit,
            backoff: (settings.retry_backoff.0, settings.retry_backoff.1),
            jitter: Jitter::percent(settings.jitter),
            spread: Duration::from_secs(2),
            pause: Duration::from_secs(10),
        }
    }
}

/// What surveys work with. They end when `outlet` has no listener or `kick` no sender.
pub struct Surveyor {
    /// Where requests go.
    pub connection: Connection,
    /// Where surveys go.
    pub outlet: Outlet,
    /// The numbers to live by.
    pub limits: SurveyLimits,
    /// What to look at where the whole is forbidden.
    pub scopes: watch::Receiver<ScopePlan>,
    /// Each change says that the server answers (again).
    pub kick: watch::Receiver<u64>,
}

/// After so many surveys, what may not be listed or is not known is asked for again: permissions change.
const ASK_AGAIN: u32 = 5;

/// What is remembered from one survey to the next.
#[derive(Debug, Default)]
struct Memory {
    /// Surveys since what is forbidden or missing was last asked for.
    surveys: u32,
    /// Kinds that may not be listed, and those the server does not know. Left alone for [`ASK_AGAIN`] surveys.
    forbidden: BTreeSet<Kind>,
    missing: BTreeSet<Kind>,
    /// Kinds that the last survey counted: refused now, they are asked for again with the next.
    counted: BTreeSet<Kind>,
    refused: BTreeSet<Kind>,
    /// Kinds whose last reading failed.
    broken: BTreeSet<Kind>,
    unwell_nodes: Option<usize>,
    /// The server was away, or a person asked.
    changed: bool,
}

impl Memory {
    /// Notes that a kind may not be listed.
    fn refuse(&mut self, kind: Kind) {
        if self.counted.remove(&kind) {
            self.refused.insert(kind.clone());
        }
        self.forbidden.insert(kind);
    }
}

impl Surveyor {
    /// Surveys until it is dropped.
    pub async fn run(mut self) {
        let mut memory = Memory::default();
        if !self.limits.enabled {
            let nothing = Survey { off: Probe::ALL.into(), ..Survey::default() };
            self.outlet.send(Update::Survey(nothing)).await;
            return;
        }
        sleep(self.limits.spread.mul_f64(fastrand::f64())).await;
        loop {
            self.kick.mark_unchanged();
            self.scopes.mark_unchanged();
            let started = Instant::now();
            if let Ok(survey) = self.survey(&mut memory).await {
                memory.changed = false;
                if !self.outlet.send(Update::Survey(survey)).await {
                    return;
                }
            }
            if !self.rest(started, &mut memory).await {
                return;
            }
        }
    }

    /// Waits for the next survey's start; `false` when the session is gone.
    async fn rest(&mut self, started: Instant, memory: &mut Memory) -> bool {
        let ended = Instant::now();
        tokio::select! {
            () = sleep_until(started + jittered(self.limits.interval, self.limits.jitter.luck())) => return true,
            kicked = self.kick.changed() => if kicked.is_err() { return false },
            changed = self.scopes.changed() => if changed.is_err() { return false },
        }
        memory.surveys = 0;
        memory.forbidden.clear();
        memory.missing.clear();
        memory.changed = true;
        sleep_until(ended + self.limits.pause).await;
        true
    }

    async fn survey(&self, memory: &mut Memory) -> Result<Survey, Failure> {
        let now = Unix(jiff::Timestamp::now().as_second());
        if self.asks(Probe::Version) {
            match self.persist(|| version(&self.connection, self.limits.timeout)).await {
                Ok(version) => drop(self.outlet.send(Update::Version(version)).await),
                Err(failure) if is_transport(failure.kind) => return Err(failure),
                // Whoever may not ask for it may still list.
                Err(_) => {}
            }
        }
        if memory.surveys >= ASK_AGAIN {
            memory.surveys = 0;
            memory.forbidden.clear();
            memory.missing.clear();
        }
        memory.surveys += 1;
        for kind in std::mem::take(&mut memory.refused) {
            memory.forbidden.remove(&kind);
        }
        let nodes = self.probe::<Node, _>(Probe::Nodes, "resourceVersion=0", Nodes::at(now), memory).await?;
        // What has ended well needs nobody.
        let active = "fieldSelector=status.phase%21%3DSucceeded&resourceVersion=0";
        let pods = self.probe::<Pod, _>(Probe::Pods, active, Pods::at(now), memory).await?;
        let unwell_nodes = nodes.as_ref().map(|nodes| nodes.unwell.0);
        let unwell = unwell_nodes != memory.unwell_nodes.or(Some(0)) && unwell_nodes.is_some();
        let warnings = if memory.changed || unwell || pods.as_ref().is_some_and(Pods::has_unwell) {
            let latest = format!("limit={}", self.limits.event_limit);
            self.probe::<Event, _>(Probe::Events, &latest, Warnings::at(now), memory).await?
        } else {
            None
        };
        memory.unwell_nodes = unwell_nodes.or(memory.unwell_nodes);
        let usage = if self.asks(Probe::Metrics) {
            // Nobody answers for the metrics server but itself: how it fails is not told as a failure of the cluster.
            measure(&self.connection, self.limits.timeout).await
        } else {
            None
        };
        Ok(Survey {
            capacity: nodes.as_ref().map(|nodes| nodes.capacity),
            usage,
            off: Probe::ALL.into_iter().filter(|probe| !self.asks(*probe)).collect(),
            nodes: nodes.as_ref().map(|nodes| (nodes.all, nodes.ready)),
            unwell_nodes: nodes.as_ref().map(|nodes| nodes.unwell.clone()).unwrap_or_default(),
            each_unwell_node: nodes.map(|nodes| nodes.each_unwell).unwrap_or_default(),
            pods: pods.map(Pods::counts),
            warnings: warnings.map(|warnings| warnings.count),
            forbidden: memory.forbidden.iter().map(|kind| kind.plural().to_owned()).collect(),
        })
    }

    fn asks(&self, probe: Probe) -> bool {
        self.limits.probes.contains(&probe)
    }

    /// Counts one kind, in the cluster as a whole, or where that is forbidden in the namespaces that are permitted.
    /// `None` if it is not asked for, may not be listed, is not known or cannot be read: that hides no other kind. Only a failure on the way
    /// is one, for the others would share it.
    async fn probe<K: Resource, T: Tally<K>>(
        &self,
        probe: Probe,
        query: &str,
        start: T,
        memory: &mut Memory,
    ) -> Result<Option<T>, Failure> {
        if !self.asks(probe) || memory.forbidden.contains(&K::KIND) || memory.missing.contains(&K::KIND) {
            return Ok(None);
        }
        let namespace = self.limits.namespace.as_deref().filter(|_| K::KIND.namespaced());
        let counted = match self.count::<K, T>(namespace, query, start.clone()).await {
            Err(failure) if failure.kind == FailureKind::Forbidden && K::KIND.namespaced() && namespace.is_none() => {
                self.count_namespaces::<K, T>(query, start).await
            }
            counted => counted.map(Some),
        };
        match counted {
            Ok(Some(tally)) => {
                memory.counted.insert(K::KIND);
                if memory.broken.remove(&K::KIND) {
                    let pace = Reading::Polled(self.limits.interval);
                    self.outlet.send(Update::Reading(K::KIND, pace)).await;
                }
                Ok(Some(tally))
            }
            Ok(None) => {
                memory.refuse(K::KIND);
                Ok(None)
            }
            Err(failure) if failure.kind == FailureKind::Forbidden => {
                memory.refuse(K::KIND);
                Ok(None)
            }
            Err(failure) if failure.kind == FailureKind::NotFound => {
                memory.missing.insert(K::KIND);
                Ok(None)
            }
            Err(failure) => {
                memory.broken.insert(K::KIND);
                let broken = Reading::Broken { failure: failure.clone(), retry_in: self.limits.interval };
                self.outlet.send(Update::Reading(K::KIND, broken)).await;
                if is_transport(failure.kind) || failure.class() == FailureClass::Auth {
                    Err(failure)
                } else {
                    Ok(None)
                }
            }
        }
    }

    async fn count_namespaces<K: Resource, T: Tally<K>>(&self, query: &str, start: T) -> Result<Option<T>, Failure> {
        let namespaces = self.scopes.borrow().namespaces.clone();
        let mut sum = None;
        for namespace in namespaces {
            let before = sum.clone().unwrap_or_else(|| start.clone());
            match self.count::<K, T>(Some(&namespace), query, before).await {
                Ok(tally) => sum = Some(tally),
                Err(failure) if matches!(failure.kind, FailureKind::Forbidden | FailureKind::NotFound) => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(sum)
    }

    async fn count<K: Resource, T: Tally<K>>(
        &self,
        namespace: Option<&str>,
        query: &str,
        start: T,
    ) -> Result<T, Failure> {
        let uri = format!("{}?{query}", K::path(namespace));
        self.persist(|| tally::read::<K, T>(&self.connection, &uri, self.limits.timeout, start.clone())).await
    }

    /// Asks again after a failure that may pass; as many failures in a row as that takes are as bad as a dead transport.
    async fn persist<T, F: Future<Output = Result<T, Failure>>>(&self, ask: impl Fn() -> F) -> Result<T, Failure> {
        let mut kick = self.kick.clone();
        let mut failures = 0;
        loop {
            let failure = match ask().await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let on_the_way = is_transport(failure.kind);
            let may_pass = on_the_way || matches!(failure.kind, FailureKind::Server | FailureKind::Throttled);
            if !may_pass {
                return Err(failure);
            }
            if failures >= self.limits.retries {
                if on_the_way {
                    self.connection.despair();
                }
                return Err(failure);
            }
            let delay = backoff(failures, self.limits.backoff, self.limits.jitter.luck());
            failures += 1;
            tokio::select! {
                () = sleep(delay.max(failure.retry_after.unwrap_or_default())) => {}
                // The session is gone, or the server is back: both end the wait.
                _ = kick.changed() => {}
            }
        }
    }
}

#[cfg(test)]
mod tests;
