//! The numbers a cluster's tasks live by. Plain values with the documented defaults; must not know where settings are.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::dial::Dialer;
use super::plugins::{PATIENCE, Plugins};
use super::reader::ReadLimits;
use super::survey::SurveyLimits;

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
    /// `auth.backoff`: delays after the first, second ... verdict of class auth; after these the state is settled.
    pub auth_backoff: Vec<Duration>,
    /// `auth.settled_interval`.
    pub auth_settled: Duration,
    /// `auth.connectivity_interval`: between probes that fail to get through during an auth recovery.
    pub auth_connectivity: Duration,
    /// Retry backoff, first and longest delay.
    pub backoff: (Duration, Duration),
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
    /// What surveys live by.
    pub survey: SurveyLimits,
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
        let seconds = Duration::from_secs;
        Self {
            connect: seconds(10),
            preflight: seconds(10),
            exec: seconds(180),
            heartbeat: seconds(15),
            heartbeat_close: seconds(5),
            heartbeat_limit: seconds(5),
            auth_backoff: vec![seconds(5), seconds(10), seconds(15)],
            auth_settled: seconds(60),
            auth_connectivity: seconds(15),
            backoff: (Duration::from_millis(800), seconds(30)),
            transport_failures: 3,
            transport_window: seconds(30),
            transport_cooldown: seconds(60),
            file_check: seconds(5),
            plugin_patience: PATIENCE,
            read: ReadLimits::default(),
            survey: SurveyLimits::default(),
            places: Arc::new(Semaphore::new(64)),
            place_time: seconds(1),
            dialer: None,
            plugins: Plugins::default(),
        }
    }
}
