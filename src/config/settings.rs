//! Every setting of the product: the one table that reading, checking, showing and documenting are made from.
//!
//! Must not know where the numbers are used, nor where their values come from.

use std::path::PathBuf;
use std::time::Duration;

use super::choice::{DuplicateNames, Zone};
use super::setting::{Reach, Setting, settings};
use super::value::{Backoff, Bytes, TabsShow};
use crate::model::survey::Probe;

const fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

const fn milliseconds(number: u64) -> Duration {
    Duration::from_millis(number)
}

/// The longest that any pace or limit may be.
const DAY: Duration = seconds(86_400);
const HOUR: Duration = seconds(3_600);
const SECOND: Duration = seconds(1);

// Each line: name, field, type = default, range (both ends included) and reach:
// `Run` for what holds for the program, `Cluster` for what a cluster or group may have of its own, `Waiting` for what
// belongs to a part of the program that is still to come.
settings! {
    /// Pace of heartbeats, from start to start.
    "heartbeat.interval" heartbeat_interval: Duration = seconds(15), [SECOND, HOUR], Cluster;
    /// Pace of heartbeats of the cluster in front and of one that is not healthy.
    "heartbeat.interval_close" heartbeat_close: Duration = seconds(5), [SECOND, HOUR], Cluster;
    /// How long a heartbeat waits for its answer.
    "heartbeat.timeout" heartbeat_timeout: Duration = seconds(5), [milliseconds(100), seconds(60)], Cluster;
    /// Answers slower than this, three in a row, are a warning.
    "heartbeat.slow" heartbeat_slow: Duration = seconds(2), [milliseconds(10), seconds(60)], Cluster;
    /// Heartbeats missed in a row that make a cluster unhealthy.
    "health.failure_threshold" failure_threshold: u32 = 3, [1, 100], Cluster;
    /// Time limit of each request of a check on demand.
    "check.timeout" check_timeout: Duration = seconds(10), [milliseconds(100), seconds(600)], Cluster;
    /// Delays before the attempts of an auth recovery; the first probe always follows at once.
    "auth.backoff" auth_backoff: Vec<Duration> = vec![seconds(0), seconds(5), seconds(10), seconds(15)], [seconds(0), HOUR], Cluster;
    /// Pace of probes once the attempts of an auth recovery are spent.
    "auth.settled_interval" auth_settled: Duration = seconds(60), [SECOND, DAY], Cluster;
    /// Pace of probes that fail to get through during an auth recovery.
    "auth.connectivity_interval" auth_connectivity: Duration = seconds(15), [SECOND, DAY], Cluster;
    /// Time limit of one run of a credential plugin; a browser login has to fit in.
    "auth.exec_timeout" exec_timeout: Duration = seconds(180), [SECOND, HOUR], Cluster;
    /// How many clusters are being connected to at once, at most.
    "connect.max_parallel" connect_max_parallel: u32 = 64, [1, 1_000], Run;
    /// Time limit of TCP and TLS together.
    "connect.timeout" connect_timeout: Duration = seconds(10), [milliseconds(100), seconds(600)], Cluster;
    /// Time limit of the first question, who we are, once connected.
    "connect.preflight" preflight_timeout: Duration = seconds(10), [milliseconds(100), seconds(600)], Cluster;
    /// The longest silence in a list that is being read.
    "watch.silent" watch_silent: Duration = seconds(30), [SECOND, seconds(600)], Cluster;
    /// How long a watch may be down before its rows count as stale.
    "watch.stale" watch_stale: Duration = seconds(5), [SECOND, HOUR], Run;
    /// Objects per page, where a list does not get through as a whole.
    "list.page" list_page: u32 = 500, [10, 10_000], Cluster;
    /// First lists that take longer are said to load slowly.
    "loading_slow" loading_slow: Duration = seconds(10), [SECOND, HOUR], Run;
    /// Delays between retries: the first, and the longest it doubles up to.
    "retry.backoff" retry_backoff: Backoff = Backoff(milliseconds(800), seconds(30)), [milliseconds(100), HOUR], Cluster;
    /// By how much a delay may be shortened, so that many clusters do not act at once. Unit: percent.
    "jitter" jitter: u32 = 10, [0, 10], Cluster;
    /// Failures on the way within the window that rebuild a cluster's connections.
    "transport.failures" transport_failures: u32 = 3, [1, 1_000], Cluster;
    /// The window in which failures on the way are counted.
    "transport.window" transport_window: Duration = seconds(30), [SECOND, HOUR], Cluster;
    /// The least time between two rebuildings of a cluster's connections.
    "transport.cooldown" transport_cooldown: Duration = seconds(60), [SECOND, HOUR], Cluster;
    /// Pace of surveys, from start to start: the look at clusters whose rows are not kept.
    "survey.interval" survey_interval: Duration = seconds(240), [seconds(5), DAY], Cluster;
    /// Time limit of each request of a survey.
    "survey.timeout" survey_timeout: Duration = seconds(30), [SECOND, seconds(600)], Cluster;
    /// How often a request of a survey that failed is sent again.
    "survey.retries" survey_retries: u32 = 2, [0, 10], Cluster;
    /// How many events a survey looks at.
    "survey.event_limit" survey_event_limit: u32 = 50, [1, 10_000], Cluster;
    /// Look at a cluster while it is behind and not watched; its heartbeat goes on in any case.
    "survey.enabled" survey_enabled: bool = true, Cluster;
    /// What a survey asks for: version, nodes, pods, events, metrics; what is left out is shown as not known.
    "survey.probes" survey_probes: Vec<Probe> = Probe::ALL.to_vec(), Cluster;
    /// The one namespace whose pods and events a survey looks at; empty for all that may be seen.
    "survey.namespace" survey_namespace: String = String::new(), Cluster;
    /// Warning events younger than this count as recent.
    "events.recent" events_recent: Duration = HOUR, [seconds(60), DAY], Run;
    /// Keep the watches of clusters behind running; a toggle in the palette, too.
    "background.refresh" background_refresh: bool = true, Run;
    /// Beyond this much memory for rows, clusters behind give theirs back.
    "memory.budget" memory_budget: Bytes = Bytes(512 << 20), [Bytes(1 << 20), Bytes(64 << 30)], Run;
    /// How many clusters are worked on at once by commands and across the fleet.
    "executor.workers" executor_workers: u32 = 10, [1, 1_000], Run;
    /// Time limit of the work on one cluster.
    "executor.timeout" executor_timeout: Duration = seconds(30), [SECOND, HOUR], Run;
    /// How long the end of all work is waited for.
    "executor.shutdown" executor_shutdown: Duration = seconds(5), [milliseconds(100), seconds(600)], Run;
    /// Folders that are searched for kubeconfig files, unless some are named.
    "kubeconfig.search" kubeconfig_search: Vec<PathBuf> = vec![PathBuf::from("~/.kube")], Run;
    /// How long kubeconfig files have to be quiet before a change of theirs is read.
    "kubeconfig.debounce" kubeconfig_debounce: Duration = milliseconds(500), [milliseconds(10), seconds(60)], Run;
    /// How long an answer about permissions holds: which kinds may be listed is asked while a list of kinds is open.
    "permissions.ttl" permissions_ttl: Duration = seconds(120), [SECOND, DAY], Cluster;
    /// Pace of metrics of the cluster in front.
    "metrics.interval" metrics_interval: Duration = seconds(5), [SECOND, HOUR], Cluster;
    /// Metrics older than this are stale.
    "metrics.stale" metrics_stale: Duration = seconds(45), [SECOND, HOUR], Cluster;
    /// Lines of a log that are asked for at first.
    "logs.tail" logs_tail: u32 = 1_000, [1, 1_000_000], Waiting;
    /// Lines of a log that are kept.
    "logs.buffer" logs_buffer: u32 = 10_000, [100, 10_000_000], Waiting;
    /// How often a port-forward that broke is tried again.
    "forward.retries" forward_retries: u32 = 5, [0, 1_000], Waiting;
    /// Delays between these tries: the first, and the longest it doubles up to.
    "forward.backoff" forward_backoff: Backoff = Backoff(SECOND, seconds(30)), [milliseconds(100), HOUR], Waiting;
    /// A shell that was idle for this long is pointed out.
    "shell.idle" shell_idle: Duration = seconds(1_800), [seconds(10), DAY], Waiting;
    /// Two open clusters of the same context name: "allow" has both, with "exclusive" opening one closes the other.
    "clusters.duplicate_context_names" duplicate_context_names: DuplicateNames = DuplicateNames::Allow, Run;
    /// When tabs are shown: "auto" with the second open cluster, "always" with the first.
    "tabs.show" tabs_show: TabsShow = TabsShow::Auto, Run;
    /// How long a notice stays on the screen.
    "toast.time" toast: Duration = seconds(6), [SECOND, seconds(600)], Run;
    /// The zone of all times: "local", "UTC", or a name of the IANA database like "Europe/Berlin".
    "time.zone" time_zone: Zone = Zone::default(), Run;
    /// Take the mouse; otherwise it is left to the terminal.
    "mouse" mouse: bool = true, Run;
    /// How much to log: error, warn, info, debug, or a filter such as `info,fleet_tui::cluster=debug`.
    "log.level" log_level: String = "info".to_owned(), Run;
}
