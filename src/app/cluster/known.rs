//! Which counts of a cluster are known, and from where: its rows, a survey, or, until one has come, the rows it had before.
//! What may not be listed, is not asked for or could not be read is not known, and never shown as zero.
//!
//! Must not know how rows and surveys arrive, nor who shows counts.

use std::time::Duration;

use super::OpenCluster;
use crate::app::clock::Now;
use crate::app::metering::Metering;
use crate::app::permitted::Permitted;
use crate::app::pulse::Pulse;
use crate::app::readings::ReadingState;
use crate::app::summary::{Freshness, Summary};
use crate::model::kind::Kind;
use crate::model::survey::Probe;
use crate::model::update::{Reading, ReadingMode};
use crate::model::usage::{Shares, Usage};

/// What was known when the rows were given back.
#[derive(Debug, Default)]
pub struct Kept {
    /// The kinds whose counts were known.
    known: Vec<Kind>,
    /// The plurals of those that may not be listed.
    forbidden: Vec<String>,
}

impl OpenCluster {
    /// Gives the rows back; the counts stay until a survey brings new ones.
    pub fn forget_rows(&mut self, now: &Now) {
        let known = Kind::STANDING.into_iter().filter(|kind| self.knows(kind)).collect();
        let forbidden = self.readings.forbidden().map(|kind| kind.plural().to_owned()).collect();
        self.kept = Kept { known, forbidden };
        self.readings.clear();
        self.tables.clear();
        self.freshness = Freshness::default();
        self.surveyed = None;
        self.behind.unwatched_since.get_or_insert(now.unix);
        self.last_seen = self.last_seen.min(now.mono);
    }

    /// Forgets all that was told so far: it is of another server than what comes.
    pub(super) fn forget_server(&mut self, now: &Now) {
        self.established = false;
        (self.setback, self.verdict, self.withheld) = (None, None, None);
        (self.unproven, self.retry_at) = (false, None);
        (self.identity, self.version, self.surveyed, self.usage) = (None, None, None, None);
        self.pulse = Pulse::default();
        self.readings.clear();
        self.tables.clear();
        self.resources.clear();
        self.denied.clear();
        self.permitted = Permitted::default();
        self.metering = Metering::default();
        (self.summary, self.freshness, self.kept) = (Summary::default(), Freshness::default(), Kept::default());
        self.attention.invalidate();
        if let Some(subject) = &mut self.subject {
            subject.forget(now);
        }
    }

    /// Forgets the latest survey once rows say more: the cluster is watched again, and its pods are listed.
    pub(super) fn outgrow_survey(&mut self) {
        let listed = self.readings.get(&Kind::Pods).is_some_and(ReadingState::is_settled);
        if self.mode == ReadingMode::Watch && listed {
            self.surveyed = None;
        }
    }

    /// Whether the counts are those from before its rows were given back: it is to be surveyed, and has not been yet.
    #[must_use]
    pub fn keeps_counts(&self) -> bool {
        self.mode == ReadingMode::Survey && self.surveyed.is_none()
    }

    /// Whether a kind's counts are known: its rows are here, its first list is complete, a survey has counted it, or they are
    /// kept from before.
    #[must_use]
    pub fn knows(&self, kind: &Kind) -> bool {
        if let Some((survey, _)) = &self.surveyed {
            return match kind {
                Kind::Pods => survey.pods.is_some(),
                Kind::Nodes => survey.nodes.is_some(),
                Kind::Events => survey.warnings.is_some(),
                Kind::Namespaces | Kind::Other(_) => false,
            };
        }
        if self.keeps_counts() {
            return self.kept.known.contains(kind);
        }
        self.has_rows(kind)
    }

    /// Whether the rows of a kind are here, or known to be none.
    #[must_use]
    pub fn has_rows(&self, kind: &Kind) -> bool {
        let state = self.readings.get(kind);
        let listed = state
            .is_some_and(|state| state.listed && !matches!(state.reading, Reading::Forbidden(_) | Reading::Missing));
        self.tables.of(kind).total() > 0 || listed
    }

    /// The plurals of the standing kinds that may not be listed.
    pub(super) fn forbidden(&self) -> Vec<&str> {
        let mut forbidden: Vec<&str> = self.readings.forbidden().map(Kind::plural).collect();
        let surveyed = self.surveyed.iter().flat_map(|(survey, _)| &survey.forbidden);
        let kept = self.kept.forbidden.iter().filter(|_| self.keeps_counts());
        for kind in surveyed.chain(kept) {
            if !forbidden.contains(&kind.as_str()) {
                forbidden.push(kind);
            }
        }
        forbidden
    }

    /// What the nodes use of what they have, and since when that is known; `None` where it is not.
    #[must_use]
    pub fn load(&self) -> Option<(Shares, Duration)> {
        let (Usage::Measured(used), at) = self.usage.as_ref()? else { return None };
        let capacity = self.summary.capacity.filter(|_| self.knows(&Kind::Nodes))?;
        Some((Shares::of(*used, capacity), *at))
    }

    /// Whether it is behind and not looked at, because its surveys are switched off.
    #[must_use]
    pub fn unsurveyed(&self) -> bool {
        self.surveyed.as_ref().is_some_and(|(survey, _)| survey.off.len() == Probe::ALL.len())
    }
}
