//! What the heartbeats of one cluster have told: misses, latency, last success. Must not decide health.

use std::collections::VecDeque;
use std::time::Duration;

use super::clock::Now;
use crate::model::age::Unix;
use crate::model::failure::Failure;
use crate::model::update::{Beat, BeatOutcome};

/// Beats kept for the sparkline.
const KEPT: usize = 32;

/// The heartbeats of one cluster.
#[derive(Debug, Default)]
pub struct Pulse {
    beats: VecDeque<Option<Duration>>,
    /// Misses in a row.
    pub misses: u32,
    /// When the latest heartbeat ended.
    pub last_check: Option<Duration>,
    /// When the server last answered: monotonic and wall time.
    pub last_success: Option<(Duration, Unix)>,
    /// Since when the server has answered without a miss.
    pub answering_since: Option<Duration>,
    /// Since when heartbeats miss.
    pub missing_since: Option<Duration>,
    /// Why the latest heartbeat missed.
    pub missed: Option<Failure>,
    /// What the latest answer says is not ready.
    pub not_ready: Option<Failure>,
    /// Slow answers in a row.
    pub slow: u32,
}

impl Pulse {
    /// Takes in one heartbeat; `slow` is the latency beyond which an answer counts as slow.
    pub fn beat(&mut self, beat: Beat, slow: Duration, now: &Now) {
        if self.beats.len() == KEPT {
            self.beats.pop_front();
        }
        self.last_check = Some(now.mono);
        let answered = !matches!(beat.outcome, BeatOutcome::Missed(_));
        self.beats.push_back(answered.then_some(beat.latency));
        if answered {
            self.reached(now);
            self.slow = if beat.latency > slow { self.slow + 1 } else { 0 };
        }
        match beat.outcome {
            BeatOutcome::Ready => self.not_ready = None,
            BeatOutcome::NotReady(failure) => self.not_ready = Some(failure),
            BeatOutcome::Missed(failure) => {
                self.misses += 1;
                self.missing_since.get_or_insert(now.mono.saturating_sub(beat.latency));
                self.missed = Some(failure);
            }
        }
    }

    /// Notes that the server answered, by whatever request.
    pub fn reached(&mut self, now: &Now) {
        if self.misses > 0 {
            self.answering_since = None;
        }
        self.answering_since.get_or_insert(now.mono);
        self.misses = 0;
        self.missing_since = None;
        self.missed = None;
        self.last_success = Some((now.mono, now.unix));
    }

    /// Latencies of the latest beats, oldest first; `None` for a miss.
    pub fn beats(&self) -> impl DoubleEndedIterator<Item = Option<Duration>> + ExactSizeIterator + '_ {
        self.beats.iter().copied()
    }

    /// The latest measured latency, if the latest beat was answered.
    #[must_use]
    pub fn latency(&self) -> Option<Duration> {
        self.beats.back().copied().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::failure::FailureKind;

    fn missed() -> Beat {
        let failure = Failure::new(FailureKind::Timeout, "no answer within 5s");
        Beat { latency: Duration::from_secs(5), outcome: BeatOutcome::Missed(failure) }
    }

    fn answered(millis: u64) -> Beat {
        Beat { latency: Duration::from_millis(millis), outcome: BeatOutcome::Ready }
    }

    #[test]
    fn one_answer_ends_any_number_of_misses() {
        let mut pulse = Pulse::default();
        let now = Now { mono: Duration::from_secs(20), ..Now::default() };
        let slow = Duration::from_secs(2);
        pulse.beat(missed(), slow, &now);
        pulse.beat(missed(), slow, &now);
        assert_eq!(pulse.misses, 2);
        assert_eq!(pulse.missing_since, Some(Duration::from_secs(15)));
        pulse.beat(answered(40), slow, &now);
        assert_eq!((pulse.misses, pulse.missing_since, pulse.latency()), (0, None, Some(Duration::from_millis(40))));
    }

    #[test]
    fn only_consecutive_slow_answers_count() {
        let mut pulse = Pulse::default();
        for millis in [3_000, 3_000, 40, 3_000] {
            pulse.beat(answered(millis), Duration::from_secs(2), &Now::default());
        }
        assert_eq!(pulse.slow, 1);
    }
}
