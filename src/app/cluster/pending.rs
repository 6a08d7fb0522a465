//! What a person waits to hear of one cluster: its credential plugin, a login, that it is well again. Must not decide what is
//! said of it.

use std::time::Duration;

use super::OpenCluster;
use crate::app::clock::Now;

/// Most credential plugins are done within this time.
const PLUGIN_USUAL: Duration = Duration::from_secs(3);

/// What is waited for.
#[derive(Debug, Default)]
pub struct Pending {
    /// Since when its credential plugin is waited for.
    pub(super) plugin_since: Option<Duration>,
    /// A login at the terminal went well, and the server has not said what it thinks of it.
    pub login: bool,
    /// When it came back from what needs a person, until that is told.
    pub returned: Option<Duration>,
}

impl OpenCluster {
    /// For how long its credential plugin has been waited for; `None` while that is no longer than usual.
    #[must_use]
    pub fn plugin_hangs_for(&self, now: &Now) -> Option<Duration> {
        self.pending.plugin_since.map(|since| now.since(since)).filter(|time| *time >= PLUGIN_USUAL)
    }
}
