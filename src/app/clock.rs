//! The present moment as the event loop last read it. Must not read a clock itself.

use std::time::Duration;

use crate::model::age::Unix;

/// A moment: wall time for Kubernetes timestamps, a monotonic count for intervals, minutes for the eye.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Wall time, whole seconds.
    pub unix: Unix,
    /// Time since the program started; never jumps.
    pub mono: Duration,
    /// Local wall time as shown in the corner: `12:04`.
    pub clock: String,
}

impl Now {
    /// Returns the time that has passed since an earlier monotonic moment.
    #[must_use]
    pub fn since(&self, earlier: Duration) -> Duration {
        self.mono.saturating_sub(earlier)
    }

    /// Returns the time until a later monotonic moment; zero once it has passed.
    #[must_use]
    pub fn until(&self, later: Duration) -> Duration {
        later.saturating_sub(self.mono)
    }
}
