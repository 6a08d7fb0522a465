//! Reads one kind of one cluster and keeps it current, for as long as it is polled.
//!
//! Owns the choice between the cluster as a whole and single namespaces, and what state the kind as a whole is in. Must
//! not know how requests are authenticated, nor what the rows mean.

pub mod fold;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::connection::Connection;
use super::outlet::Outlet;
use super::project::Resource;

/// The namespaces to read one by one where the cluster as a whole is forbidden.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopePlan {
    /// Their names, each once.
    pub namespaces: Vec<Arc<str>>,
}

/// What a reader needs to work. The reader ends when `outlet` has no listener or `kick` no sender.
#[derive(Clone)]
pub struct ReaderContext {
    /// Where requests go.
    pub connection: Connection,
    /// Where rows and states go.
    pub outlet: Outlet,
    /// What to read where the whole is forbidden; a change is followed at once.
    pub scopes: watch::Receiver<ScopePlan>,
    /// Each change says that the server answers (again): waits end, silent streams are opened anew.
    pub kick: watch::Receiver<u64>,
    /// The numbers to live by.
    pub limits: ReadLimits,
}

/// Time limits, paces and bounds of reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadLimits {
    /// From a request to the head of its answer.
    pub handshake: Duration,
    /// The longest silence in a list, from its head to its end.
    pub silent_list: Duration,
    /// How long the server is asked to keep a watch open, in seconds; each watch draws its own.
    pub watch_seconds: Range<u64>,
    /// Objects per page, where the list as a whole does not get through.
    pub page: u32,
    /// `survey.interval`: the pace of what may be listed but not watched, and of asking again what is forbidden.
    pub survey: Duration,
    /// Retry backoff, first and longest delay.
    pub backoff: (Duration, Duration),
    /// How long changes are folded into one delta.
    pub fold: Duration,
    /// How many objects are folded into one delta.
    pub fold_objects: usize,
    /// A stream that was silent for longer than this is opened anew by a kick.
    pub silent: Duration,
}

impl Default for ReadLimits {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            silent_list: Duration::from_secs(30),
            watch_seconds: 240..300,
            page: 500,
            survey: Duration::from_secs(240),
            backoff: (Duration::from_millis(800), Duration::from_secs(30)),
            fold: Duration::from_millis(50),
            fold_objects: 512,
            silent: Duration::from_secs(2),
        }
    }
}
