//! What is measured of one cluster: its figures brought to their rows, how old they are, and a short history. Must not know
//! who measures, nor how figures are shown.

use std::collections::VecDeque;
use std::time::Duration;

use super::clock::Now;
use super::cluster::OpenCluster;
use crate::config::settings::Settings;
use crate::model::amount::Amounts;
use crate::model::kind::Kind;
use crate::model::node::NodeRow;
use crate::model::pod::PodRow;
use crate::model::usage::{Metered, Usage};

/// Time that one sample of the history stands for.
pub const STEP: Duration = Duration::from_secs(15);
/// Samples kept: a quarter of an hour.
pub const KEPT: usize = 60;

/// How the measuring of a cluster stands.
#[derive(Debug, Default)]
pub struct Metering {
    /// When figures of pods last came.
    pub pods: Option<Duration>,
    /// When figures of nodes last came.
    pub nodes: Option<Duration>,
    /// Why there are none of pods, as last told: a lower-case fragment.
    pub no_pods: Option<&'static str>,
    /// What all nodes used together.
    pub history: History,
}

/// What was used in the last quarter of an hour, a sample for each step of time.
#[derive(Debug, Default)]
pub struct History {
    samples: VecDeque<Amounts>,
    /// The step that the latest sample stands for, counted from the start of the clock.
    latest: u64,
}

impl History {
    /// Takes a sample in; of several within one step the last stands.
    pub fn note(&mut self, used: Amounts, now: Duration) {
        let step = now.as_secs() / STEP.as_secs();
        let missed = if self.samples.is_empty() { 1 } else { step.saturating_sub(self.latest) };
        for _ in 0..missed.min(KEPT as u64) {
            if self.samples.len() == KEPT {
                self.samples.pop_front();
            }
            self.samples.push_back(Amounts::NONE);
        }
        self.latest = self.latest.max(step);
        if let Some(sample) = self.samples.back_mut() {
            *sample = used;
        }
    }

    /// Whether nothing was ever measured.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// The samples up to now, oldest first; nothing known where nothing was measured.
    pub fn samples(&self, now: Duration) -> impl DoubleEndedIterator<Item = Amounts> + '_ {
        let gone = (now.as_secs() / STEP.as_secs()).saturating_sub(self.latest);
        // The step that has just begun is no gap yet, and before the first sample there is none.
        let gaps = if self.samples.is_empty() { 0 } else { gone.saturating_sub(1).min(KEPT as u64) as usize };
        let kept = self.samples.iter().copied().skip(gaps * usize::from(self.samples.len() == KEPT));
        kept.chain(std::iter::repeat_n(Amounts::NONE, gaps))
    }
}

impl OpenCluster {
    /// Brings figures to their rows. Only rows whose figures are others now are touched.
    pub(super) fn metered(&mut self, metered: Metered, now: &Now) {
        match metered {
            Metered::Nodes(figures) => {
                self.tables.nodes.amend(|row| {
                    let usage = figures.of("", &row.name, row.created);
                    (usage != row.usage).then(|| NodeRow { usage, ..row.clone() })
                });
                self.metering.nodes = Some(now.mono);
                self.tables.nodes.set_measured(true);
            }
            Metered::Pods(figures, part) => {
                self.tables.pods.amend_part(part, |row| {
                    let usage = figures.of(&row.namespace, &row.name, row.created);
                    (usage != row.usage).then(|| PodRow { usage, ..row.clone() })
                });
                if part.is_last() {
                    self.metering.pods = Some(now.mono);
                    self.metering.no_pods = None;
                    self.tables.pods.set_measured(true);
                    if part.of > 1 {
                        self.tables.let_go_of(figures);
                    }
                }
            }
            Metered::NoPods(why) => {
                self.metering.no_pods = Some(why);
                if self.metering.pods.take().is_some() {
                    self.tables.pods.amend(|row| {
                        (row.usage != Amounts::NONE).then(|| PodRow { usage: Amounts::NONE, ..row.clone() })
                    });
                    self.tables.pods.set_measured(false);
                }
            }
        }
    }

    /// Takes in what all nodes use together.
    pub(super) fn used(&mut self, usage: Usage, now: &Now) {
        match &usage {
            Usage::Measured(used) => self.metering.history.note(*used, now.mono),
            Usage::Absent(_) => {
                if self.metering.nodes.take().is_some() {
                    self.tables.nodes.amend(|row| {
                        (row.usage != Amounts::NONE).then(|| NodeRow { usage: Amounts::NONE, ..row.clone() })
                    });
                    self.tables.nodes.set_measured(false);
                }
            }
        }
        self.usage = Some((usage, now.mono));
    }

    /// When figures of a kind last came; `None` where nothing is measured.
    #[must_use]
    pub fn metered_at(&self, kind: &Kind) -> Option<Duration> {
        match kind {
            Kind::Pods => self.metering.pods,
            Kind::Nodes => self.metering.nodes,
            _ => None,
        }
    }

    /// For how long the figures of a kind have been stale; `None` while they are current, or there are none.
    #[must_use]
    pub fn figures_stale_for(&self, kind: &Kind, settings: &Settings, now: &Now) -> Option<Duration> {
        let age = now.since(self.metered_at(kind)?);
        (age > self.settings(settings).metrics_stale).then_some(age)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::amount::Amount;

    fn used(cpu: u64) -> Amounts {
        Amounts { cpu: Amount::new(cpu), memory: Amount::NONE }
    }

    fn shown(history: &History, seconds: u64) -> Vec<Option<u32>> {
        history.samples(Duration::from_secs(seconds)).map(|sample| sample.cpu.get()).collect()
    }

    #[test]
    fn a_step_has_its_latest_sample_and_what_was_not_measured_is_a_gap() {
        let mut history = History::default();
        for (second, cpu) in [(100, 1), (104, 2), (106, 3), (150, 4)] {
            history.note(used(cpu), Duration::from_secs(second));
        }
        assert_eq!(shown(&history, 151), [Some(2), Some(3), None, None, Some(4)]);
        assert_eq!(shown(&history, 166), shown(&history, 151), "the present step may still bring one");
        assert_eq!(shown(&history, 181).last(), Some(&None));
        assert!(shown(&History::default(), 500).is_empty());
    }

    #[test]
    fn the_history_is_bounded_whatever_time_passes() {
        let mut history = History::default();
        for step in 0..500 {
            history.note(used(step), Duration::from_secs(step * 15));
        }
        assert_eq!(shown(&history, 499 * 15).len(), KEPT);
        assert_eq!(shown(&history, 520 * 15).len(), KEPT);
        history.note(used(7), Duration::from_secs(1_000_000));
        let samples = shown(&history, 1_000_000);
        assert_eq!((samples.len(), samples.iter().flatten().count()), (KEPT, 1));
    }
}
