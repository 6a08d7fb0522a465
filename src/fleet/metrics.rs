//! Counts and times of the selection pipeline. Must not know what is counted.

use std::collections::VecDeque;
use std::time::Duration;

use crate::model::stats::Latencies;

/// Percentiles are over so many of the latest.
const KEPT: usize = 256;

/// The latest durations of one kind of work.
#[derive(Debug, Default)]
pub struct Ring {
    latest: VecDeque<Duration>,
    count: u64,
}

impl Ring {
    /// Notes one more.
    pub fn note(&mut self, took: Duration) {
        if self.latest.len() == KEPT {
            self.latest.pop_front();
        }
        self.latest.push_back(took);
        self.count += 1;
    }

    /// Returns the percentiles of what is kept.
    #[must_use]
    pub fn latencies(&self) -> Latencies {
        let mut sorted: Vec<Duration> = self.latest.iter().copied().collect();
        sorted.sort_unstable();
        // Nearest rank: the smallest value that at least so many per cent do not exceed.
        let rank = |percent: usize| sorted.get((sorted.len() * percent).div_ceil(100).saturating_sub(1)).copied();
        Latencies { count: self.count, p50: rank(50), p95: rank(95) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_last_256() {
        let mut ring = Ring::default();
        assert_eq!(ring.latencies(), Latencies::default());
        for millis in 1..=100 {
            ring.note(Duration::from_millis(millis));
        }
        let Latencies { count, p50, p95 } = ring.latencies();
        assert_eq!((count, p50, p95), (100, Some(Duration::from_millis(50)), Some(Duration::from_millis(95))));
        for _ in 0..256 {
            ring.note(Duration::from_secs(1));
        }
        let Latencies { count, p50, p95 } = ring.latencies();
        assert_eq!((count, p50, p95), (356, Some(Duration::from_secs(1)), Some(Duration::from_secs(1))));
    }

    #[test]
    fn one_value_is_every_percentile() {
        let mut ring = Ring::default();
        ring.note(Duration::from_millis(7));
        assert_eq!(ring.latencies().p50, ring.latencies().p95);
    }
}
