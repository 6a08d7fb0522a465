//! When what may not be read is asked for again. Must not know what it is, nor who refuses it.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use super::ReadLimits;
use super::backoff::Backoff;

/// The pace of asking again: that of surveys; but what could be read before is asked for soon at first, for whoever
/// withdraws a permission may give it back, and a server that starts forbids things in passing.
#[derive(Debug)]
pub struct Again {
    soon: Backoff,
    survey: Duration,
    readable: bool,
}

impl Again {
    /// Nothing was readable so far.
    pub fn new(limits: &ReadLimits) -> Self {
        let range = (limits.refused.min(limits.survey), limits.survey);
        Self { soon: Backoff::new(range, limits.jitter), survey: limits.survey, readable: false }
    }

    /// Notes that it could be read.
    pub fn was_read(&mut self) {
        self.readable = true;
        self.soon.reset();
    }

    /// Tells whether it could be read at any time.
    pub fn is_missed(&self) -> bool {
        self.readable
    }

    /// Returns the time until it is asked for again.
    pub fn pause(&mut self) -> Duration {
        if self.readable { self.soon.next() } else { self.survey }
    }

    /// Notes a kick: a server that answers again is another than the one that refused.
    pub fn kicked(&mut self) {
        self.soon.reset();
    }

    /// Waits, or until kicked. `false` once nobody will kick any more.
    pub async fn rest(&mut self, kick: &mut watch::Receiver<u64>, time: Duration) -> bool {
        tokio::select! {
            () = sleep(time) => true,
            kicked = kick.changed() => {
                self.kicked();
                kicked.is_ok()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::schedule::Jitter;

    #[test]
    fn what_was_readable_is_asked_for_soon_and_then_less_and_less_up_to_the_pace_of_surveys() {
        let mut again = Again::new(&ReadLimits { jitter: Jitter::percent(0), ..ReadLimits::default() });
        let pauses = |again: &mut Again| (0..6).map(|_| again.pause().as_secs()).collect::<Vec<_>>();
        assert_eq!(pauses(&mut again), [240; 6]);
        again.was_read();
        assert_eq!(pauses(&mut again), [15, 30, 60, 120, 240, 240]);
        again.kicked();
        assert_eq!(again.pause().as_secs(), 15);
        again.was_read();
        assert_eq!(again.pause().as_secs(), 15);
    }
}
