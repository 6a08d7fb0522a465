//! The numbers of the product with their defaults. Must not know where they are used.
//!
//! The settings file that overrides them comes with the command line's `config` commands; until then these defaults
//! are what runs, from this one place.

use std::time::Duration;

/// The numbers the event loop goes by; names are those of the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `heartbeat.slow`: answers slower than this, three in a row, are a warning.
    pub heartbeat_slow: Duration,
    /// `heartbeat.interval_close`: the pace of heartbeats of the cluster in front and of one that is not healthy.
    pub heartbeat_close: Duration,
    /// `health.failure_threshold`: misses in a row that make a cluster unhealthy.
    pub failure_threshold: u32,
    /// `loading_slow`: first lists that take longer are said to load slowly.
    pub loading_slow: Duration,
    /// Events younger than this count as recent.
    pub events_recent: Duration,
    /// How long a watch may be down before its rows count as stale.
    pub watch_stale: Duration,
    /// `survey.interval`: the pace at which clusters are looked at whose rows are not kept.
    pub survey_interval: Duration,
    /// `memory.budget`: beyond it, clusters behind give their rows back. Unit: bytes.
    pub memory_budget: usize,
    /// How long a toast stays.
    pub toast: Duration,
    /// `tabs.show = "always"`; otherwise tabs appear with the second cluster.
    pub tabs_always: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            heartbeat_slow: Duration::from_secs(2),
            heartbeat_close: Duration::from_secs(5),
            failure_threshold: 3,
            loading_slow: Duration::from_secs(10),
            events_recent: Duration::from_secs(3600),
            watch_stale: Duration::from_secs(5),
            survey_interval: Duration::from_secs(240),
            memory_budget: 512 * 1024 * 1024,
            toast: Duration::from_secs(6),
            tabs_always: false,
        }
    }
}
