//! How long to wait before the next try. Must not know what is tried.

use std::time::Duration;

use crate::cluster::schedule::{Jitter, jittered};

/// Doubling delays with a little jitter, from the first to the longest.
#[derive(Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
    jitter: Jitter,
}

impl Backoff {
    /// Starts with the first delay.
    pub fn new((first, longest): (Duration, Duration), jitter: Jitter) -> Self {
        Self { first, longest, next: first, jitter }
    }

    /// Returns the next delay; jitter of at most a tenth only shortens it.
    pub fn next(&mut self) -> Duration {
        let delay = self.next.min(self.longest);
        self.next = (self.next * 2).min(self.longest);
        jittered(delay, self.jitter.luck())
    }

    /// Starts over after a success.
    pub fn reset(&mut self) {
        self.next = self.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_longest_and_jitter_only_shortens() {
        let mut backoff = Backoff::new((Duration::from_millis(800), Duration::from_secs(30)), Jitter::percent(10));
        for expected in [0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0, 30.0] {
            let delay = backoff.next().as_secs_f64();
            assert!(delay <= expected && delay >= expected * 0.899, "{delay} for {expected}");
        }
        backoff.reset();
        assert!(backoff.next() <= Duration::from_millis(800));
    }
}
