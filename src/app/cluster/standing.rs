//! What follows from the facts of one cluster: its lifecycle, its health with a reason, and how old what is shown is.
//!
//! Must not know how facts arrive.

use std::time::Duration;

use super::OpenCluster;
use crate::app::clock::Now;
use crate::app::stir::got_worse;
use crate::app::summary::refresh;
use crate::config::settings::Settings;
use crate::model::health::{Health, Signs, assess};
use crate::model::kind::Kind;
use crate::model::lifecycle::{Facts, Lifecycle, derive};
use crate::model::update::{Link, Reading, ReadingMode};

/// Slow answers in a row that make a warning.
const SLOW_ANSWERS: u32 = 3;

/// Changes of health kept.
const HISTORY: usize = 50;

/// What follows from the facts.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The lifecycle word.
    pub lifecycle: Lifecycle,
    /// The health word.
    pub health: Health,
    /// Its reason; empty for `healthy` alone.
    pub reason: String,
    /// Since when the health word is what it is.
    pub since: Duration,
}

/// A change of a cluster's health word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthChange {
    /// The word before.
    pub from: Health,
    /// The word now.
    pub to: Health,
    /// Why.
    pub reason: String,
}

impl OpenCluster {
    /// Draws the conclusions from the facts; returns the change of health, if it changed.
    pub fn reassess(&mut self, settings: &Settings, now: &Now) -> Option<HealthChange> {
        // What a survey told stands until rows say more.
        if self.mode == ReadingMode::Watch && self.surveyed.is_none() {
            let before = (self.summary.unwell_pods, self.summary.unwell_nodes.0);
            refresh(&mut self.summary, &mut self.freshness, &mut self.tables, settings.events_recent, now.unix);
            self.behind.stirred |= got_worse(before, &self.summary);
        }
        self.standing.lifecycle = self.lifecycle(settings, now);
        let (health, reason) = self.health(settings, now);
        let changed = health != self.standing.health;
        let change = changed.then(|| HealthChange { from: self.standing.health, to: health, reason: reason.clone() });
        if let Some(change) = &change {
            self.standing.since = now.mono;
            if self.history.len() == HISTORY {
                self.history.pop_front();
            }
            self.history.push_back((now.unix, change.clone()));
            self.changes.health(&self.short_name, change, now.unix);
        }
        self.standing.health = health;
        self.standing.reason = reason;
        change
    }

    fn lifecycle(&self, settings: &Settings, now: &Now) -> Lifecycle {
        let kinds = match self.mode {
            ReadingMode::Watch => self.readings.settled(),
            ReadingMode::Survey => (1, usize::from(self.surveyed.is_some())),
        };
        let (awaited, longest) = self.readings.awaited(now);
        derive(Facts {
            link: &self.link,
            established: self.established,
            auth_verdict: self.auth_verdict().is_some(),
            misses: self.pulse.misses,
            kinds,
            loading_slow: !awaited.is_empty() && longest >= settings.loading_slow,
        })
    }

    fn health(&self, settings: &Settings, now: &Now) -> (Health, String) {
        let forbidden = self.forbidden();
        // Just back, its readers get a moment to come back too.
        let answering = self.pulse.answering_since.is_some_and(|since| now.since(since) >= settings.watch_stale);
        let broken = self.readings.broken(settings.watch_stale, now).filter(|_| answering);
        assess(&Signs {
            auth_failure: self.auth_verdict(),
            reached: self.established,
            down: self.setback.as_ref(),
            misses: self.pulse.misses,
            threshold: self.settings(settings).failure_threshold,
            missed: self.pulse.missed.as_ref(),
            not_ready: self.pulse.not_ready.as_ref(),
            rebuilding: self.link == Link::Rebuilding || self.unproven,
            unwell_pods: self.summary.unwell_pods,
            unwell_word: self.summary.unwell_word.as_deref(),
            unwell_nodes: (self.summary.unwell_nodes.0, self.summary.unwell_nodes.1.as_deref()),
            withheld: self.withheld.as_ref(),
            slow: self.pulse.slow >= SLOW_ANSWERS,
            broken: broken.map(|(kind, why)| (kind.plural(), why)),
            forbidden: &forbidden,
        })
    }

    /// Since when the rows of a kind are stale: the first missed heartbeat, a connection that is down, or a watch
    /// that has been down for `watch_stale`. `None` while they are current, or were never read.
    #[must_use]
    pub fn stale_since(&self, kind: &Kind, settings: &Settings, now: &Now) -> Option<Duration> {
        if !self.established {
            return None;
        }
        let answered = self.pulse.last_success.map(|(mono, _)| mono);
        if self.pulse.misses > 0 || self.link != Link::Up {
            return answered.or(Some(now.mono));
        }
        let state = self.readings.get(kind)?;
        state.down_since.filter(|_| state.listed && state.is_down_for(settings.watch_stale, now))
    }

    /// Since when what is known of the object whose page is open is stale; `None` while it is current.
    #[must_use]
    pub fn subject_stale_since(&self, settings: &Settings, now: &Now) -> Option<Duration> {
        let subject = self.subject.as_ref().filter(|subject| subject.object.is_some())?;
        if self.pulse.misses > 0 || self.link != Link::Up {
            return self.pulse.last_success.map(|(mono, _)| mono).or(Some(now.mono));
        }
        let down = matches!(subject.reading, Reading::Broken { .. });
        Some(subject.since).filter(|since| down && now.since(*since) >= settings.watch_stale)
    }

    /// Whether nothing can be read at the moment: the login or the way there has failed.
    #[must_use]
    pub fn is_cut_off(&self) -> bool {
        self.auth_verdict().is_some() || self.failure().is_some()
    }
}
