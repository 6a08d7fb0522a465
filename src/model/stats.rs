//! What the selection pipeline has measured, as plain data for the diagnostics. Must not know how it is measured.

use std::time::Duration;

use super::ids::{ClusterId, Generation};

/// A picture of the selection pipeline at one moment. Counters run from the start of the program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FleetStats {
    /// The generation of the latest selection.
    pub generation: Generation,
    /// Clusters whose tasks live, those being opened included, those being closed not.
    pub running: usize,
    /// The depth of the queue: clusters that wait for the end of their own old tasks before they are opened again.
    pub queued: usize,
    /// Jobs at work: clusters being opened.
    pub opening: usize,
    /// Jobs at work: clusters being closed, to be opened again or not.
    pub closing: usize,
    /// Jobs that a newer selection wanted otherwise before they had ended.
    pub superseded: u64,
    /// Superseded openings that were at work and were stopped.
    pub cancelled: u64,
    /// Requests that needed no work, because a newer one came first or all was as asked for.
    pub coalesced: u64,
    /// The short phase that turns a selection into jobs.
    pub intent: Latencies,
    /// From the request to the first connection or the first failure.
    pub open: Latencies,
    /// What openings came to.
    pub opened: Outcomes,
    /// From the request to the end of the last task.
    pub close: Latencies,
    /// Closings that took longer than their limit and were asked for again.
    pub late_closes: u64,
    /// Each cluster that is wanted or still closing, by id.
    pub clusters: Vec<ClusterStats>,
}

/// How long the last 256 of a kind took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latencies {
    /// How many there were since the start.
    pub count: u64,
    /// The median; `None` before the first.
    pub p50: Option<Duration>,
    /// The 95th percentile; `None` before the first.
    pub p95: Option<Duration>,
}

/// How many openings ended how. Those that were stopped are counted as cancelled instead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// Connected.
    pub up: u64,
    /// The credentials were turned down, or could not be had.
    pub auth_failed: u64,
    /// Any other failure. Such a cluster stays selected and goes on trying.
    pub failed: u64,
}

/// One cluster as the pipeline sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterStats {
    /// Which one.
    pub id: ClusterId,
    /// The selection it runs for.
    pub generation: Generation,
    /// Where it stands.
    pub stage: Stage,
    /// Its tasks alive, sockets included; `None` while they end.
    pub tasks: Option<usize>,
    /// How long its opening took; `None` while it is going on.
    pub opened_in: Option<Duration>,
}

/// Where a cluster stands in the pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Wanted again; waits for the end of its old tasks.
    Queued,
    /// Its tasks run; the first connection or failure is still to come.
    Opening,
    /// Open, connected or not.
    Open,
    /// Not wanted; its tasks are ending.
    Closing,
}
