//! The one clock of the dashboard. Must not know what the time is used for.

use jiff::Timestamp;
use tokio::time::Instant;

use crate::app::clock::Now;
use crate::config::choice::Zone;
use crate::model::age::Unix;

/// Reads wall and monotonic time.
pub struct Clock {
    started: Instant,
}

impl Clock {
    /// Starts counting.
    #[must_use]
    pub fn start() -> Self {
        Self { started: Instant::now() }
    }

    /// Reads the present moment; the hour is that of a zone.
    #[must_use]
    pub fn now(&self, zone: &Zone) -> Now {
        let wall = Timestamp::now();
        let local = wall.to_zoned(zone.time_zone());
        Now {
            unix: Unix(wall.as_second()),
            mono: self.started.elapsed(),
            clock: format!("{:02}:{:02}", local.hour(), local.minute()),
        }
    }
}
