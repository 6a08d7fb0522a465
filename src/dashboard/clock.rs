//! The one clock of the dashboard. Must not know what the time is used for.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::time::Instant;

use crate::app::clock::Now;
use crate::model::age::Unix;

/// Reads wall and monotonic time.
pub struct Clock {
    started: Instant,
    zone: TimeZone,
}

impl Clock {
    /// Starts counting.
    #[must_use]
    pub fn start() -> Self {
        Self { started: Instant::now(), zone: TimeZone::system() }
    }

    /// Reads the present moment.
    #[must_use]
    pub fn now(&self) -> Now {
        let wall = Timestamp::now();
        let local = wall.to_zoned(self.zone.clone());
        Now {
            unix: Unix(wall.as_second()),
            mono: self.started.elapsed(),
            clock: format!("{:02}:{:02}", local.hour(), local.minute()),
        }
    }
}
