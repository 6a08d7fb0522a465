//! The numbers a cluster's tasks live by, built from the settings. Must not know where settings come from.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::dial::Dialer;
use super::discovery::keeper::DiscoveryLimits;
use super::meter::MeterLimits;
use super::plugins::{PATIENCE, Plugins};
use super::reader::ReadLimits;
use super::schedule::Jitter;
use super::survey::SurveyLimits;
use crate::config::load::Config;
use crate::config::settings::Settings;

/// Time limits, paces and thresholds of one open cluster.
#[derive(Clone, Debug)]
pub struct Limits {
    /// `connect.timeout`: TCP and TLS together.
    pub connect: Duration,
    /// The pre-flight's answer, once connected.
    pub preflight: Duration,
    /// `auth.exec_timeout`: one run of a credential plugin.
    pub exec: Duration,
    /// `heartbeat.interval`, from start to start.
    pub heartbeat: Duration,
    /// `heartbeat.interval_close`: for the active cluster and for one that is not healthy.
    pub heartbeat_close: Duration,
    /// `heartbeat.timeout`.
    pub heartbeat_limit: Duration,
    /// `heartbeat.slow`: an answer that took longer is slow.
    pub slow: Duration,
    /// `check.timeout`: each small question of a look on demand.
    pub check: Duration,
    /// `events.recent`: events younger than this are recent.
    pub recent: Duration,
    /// `auth.backoff`: delays after the first, second ... verdict of class auth; after these the state is settled.
    pub auth_backoff: Vec<Duration>,
    /// `auth.settled_interval`.
    pub auth_settled: Duration,
    /// `auth.connectivity_interval`: between probes that fail to get through during an auth recovery.
    pub auth_connectivity: Duration,
    /// Retry backoff, first and longest delay.
    pub backoff: (Duration, Duration),
    /// How far delays are shortened at random.
    pub jitter: Jitter,
    /// `transport.failures`: this many within the window rebuild the transport.
    pub transport_failures: usize,
    /// `transport.window`.
    pub transport_window: Duration,
    /// `transport.cooldown`: the least time between two rebuilds.
    pub transport_cooldown: Duration,
    /// How often files behind an open cluster's credentials are looked at.
    pub file_check: Duration,
    /// A plugin that failed after running longer than this is not run again by itself.
    pub plugin_patience: Duration,
    /// What the readers live by.
    pub read: ReadLimits,
    /// What surveys live by: whether, what, where and how often.
    pub survey: SurveyLimits,
    /// What discovery lives by.
    pub discovery: DiscoveryLimits,
    /// What the look at the nodes' metrics lives by, while the cluster is watched.
    pub meter: MeterLimits,
    /// `connect.max_parallel`: how many clusters are being connected to at once; clones share the places.
    pub places: Arc<Semaphore>,
    /// How long a cluster keeps its place; one that takes longer costs no more than an open socket.
    pub place_time: Duration,
    /// Opens connections in the place of TCP; `None` outside tests.
    pub dialer: Option<Dialer>,
    /// Runs credential plugins; clones share one runner, so equal plugins of several clusters run once at a time.
    pub plugins: Plugins,
}

impl Default for Limits {
    fn default() -> Self {
        Self::new(&Settings::default())
    }
}

impl Limits {
    /// Builds the numbers from the settings, with places and a runner of plugins of their own.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let places = Arc::new(Semaphore::new(settings.connect_max_parallel as usize));
        Self::sharing(settings, places, Plugins::default(), None)
    }

    /// Builds the numbers of one cluster from its own settings; places, plugins and dialer stay shared with `self`.
    #[must_use]
    pub fn of_cluster(&self, config: &Config, id: &str, name: &str) -> Self {
        let settings = &config.of_cluster(id, name);
        let own = Self::sharing(settings, self.places.clone(), self.plugins.clone(), self.dialer.clone());
        Self { discovery: self.discovery.clone(), ..own }
    }

    fn sharing(settings: &Settings, places: Arc<Semaphore>, plugins: Plugins, dialer: Option<Dialer>) -> Self {
        Self {
            connect: settings.connect_timeout,
            preflight: settings.preflight_timeout,
            exec: settings.exec_timeout,
            heartbeat: settings.heartbeat_interval,
            heartbeat_close: settings.heartbeat_close,
            heartbeat_limit: settings.heartbeat_timeout,
            slow: settings.heartbeat_slow,
            check: settings.check_timeout,
            recent: settings.events_recent,
            // The first probe follows at once: only the delays after it are waited for.
            auth_backoff: settings.auth_backoff.iter().skip(1).copied().collect(),
            auth_settled: settings.auth_settled,
            auth_connectivity: settings.auth_connectivity,
            backoff: (settings.retry_backoff.0, settings.retry_backoff.1),
            jitter: Jitter::percent(settings.jitter),
            transport_failures: settings.transport_failures as usize,
            transport_window: settings.transport_window,
            transport_cooldown: settings.transport_cooldown,
            file_check: Duration::from_secs(5),
            plugin_patience: PATIENCE,
            read: ReadLimits::new(settings),
            survey: SurveyLimits::new(settings),
            discovery: DiscoveryLimits::default(),
            meter: MeterLimits::new(settings),
            places,
            place_time: Duration::from_secs(1),
            dialer,
            plugins,
        }
    }
}
