//! What every bench needs: repeated timing, medians, what the system knows of this process, and lines of a table.
//! Must not know what is measured.

#![allow(dead_code, reason = "each bench takes what it needs")]

use std::fs;
use std::io::Write as _;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

/// A runtime with so many threads besides the one that waits for it.
pub fn runtime(workers: usize) -> std::io::Result<Runtime> {
    Builder::new_multi_thread().worker_threads(workers).enable_all().build()
}

/// Returns the value below which a share of the sorted values lies; 0 without values.
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = ((sorted.len().saturating_sub(1)) as f64 * share).round() as usize;
    sorted.get(place).copied().unwrap_or(0.0)
}

/// Returns the median.
pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// Runs `work` so many times and returns the milliseconds of each run.
pub fn times(runs: usize, mut work: impl FnMut()) -> Vec<f64> {
    (0..runs)
        .map(|_| {
            let start = Instant::now();
            work();
            millis(start.elapsed())
        })
        .collect()
}

/// A duration in milliseconds.
pub fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// The milliseconds this process's living threads have spent on processors; `None` where the system does not tell.
///
/// Threads that have ended do not count; the runtime keeps its own for longer than a measurement lasts.
pub fn cpu_ms() -> Option<f64> {
    let mut nanos = 0.0;
    for task in fs::read_dir("/proc/self/task").ok()?.flatten() {
        let text = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        nanos += text.split_whitespace().next().and_then(|first| first.parse::<f64>().ok()).unwrap_or(0.0);
    }
    Some(nanos / 1e6)
}

/// The milliseconds this thread has spent on processors; 0 where the system does not tell.
pub fn thread_ms() -> f64 {
    #[cfg(unix)]
    {
        use rustix::time::{ClockId, clock_gettime};
        let spent = clock_gettime(ClockId::ThreadCPUTime);
        spent.tv_sec as f64 * 1e3 + spent.tv_nsec as f64 / 1e6
    }
    #[cfg(not(unix))]
    0.0
}

/// The milliseconds this thread was ready to go on and had to wait for a processor; 0 where the system does not tell.
pub fn queued_ms() -> f64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split_whitespace().nth(1).and_then(|second| second.parse::<f64>().ok()).unwrap_or(0.0) / 1e6
}

/// A memory figure of this process in MiB: `VmHWM` is the peak, `VmRSS` the present.
pub fn memory_mib(field: &str) -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse::<f64>().ok().map(|kib| kib / 1024.0)
}

/// A figure beside what it may be at most.
pub struct Budget<'a> {
    name: &'a str,
    value: f64,
    most: f64,
}

impl<'a> Budget<'a> {
    /// Names a figure, what it is and what it may be.
    pub fn at_most(name: &'a str, value: f64, most: f64) -> Self {
        Self { name, value, most }
    }

    /// Prints them with the verdict.
    pub fn say(&self) {
        let Self { name, value, most } = self;
        let verdict = if value <= most { "kept" } else { "MISSED" };
        say(&format!("  budget: {name:<44} {value:>9.2} of {most:>7.2} {verdict}"));
    }
}

/// Prints one line; a reader that went away is no failure.
pub fn say(line: &str) {
    drop(writeln!(std::io::stdout(), "{line}"));
}

/// Returns the value after `--name` among the arguments.
pub fn option(name: &str) -> Option<String> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.nth(1)
}

/// Returns the number after `--name` among the arguments, or another one.
pub fn number(name: &str, otherwise: usize) -> usize {
    option(name).and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}
