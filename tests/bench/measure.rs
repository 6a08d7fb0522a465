//! What every bench needs: repeated timing, medians, what the system knows of this process, and lines of a table.
//! Must not know what is measured.

#![allow(dead_code, reason = "each bench takes what it needs")]

use std::fs;
use std::io::Write as _;
use std::sync::OnceLock;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

/// A runtime with so many threads besides the one that waits for it, which does it all if there is none.
pub fn runtime(workers: usize) -> std::io::Result<Runtime> {
    if workers == 0 {
        return Builder::new_current_thread().enable_all().build();
    }
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

/// The milliseconds this process has spent on processors; `None` where the system does not tell.
pub fn cpu_ms() -> Option<f64> {
    #[cfg(unix)]
    let spent = Some(spent_ms(rustix::time::ClockId::ProcessCPUTime));
    #[cfg(not(unix))]
    let spent = None;
    spent
}

#[cfg(unix)]
fn spent_ms(clock: rustix::time::ClockId) -> f64 {
    let spent = rustix::time::clock_gettime(clock);
    spent.tv_sec as f64 * 1e3 + spent.tv_nsec as f64 / 1e6
}

/// The processors of the servers, once the client keeps to others.
static SERVERS: OnceLock<String> = OnceLock::new();

/// Keeps this thread, and all it starts from now on, to one half of the processors, and the other for the servers: in life
/// these are on other machines, and no key waits for one of them to leave a processor. Returns how many each has; 0 where
/// there is only one to share or the system does not let us choose.
pub fn share_processors() -> usize {
    #[cfg(target_os = "linux")]
    {
        use rustix::thread::{CpuSet, sched_getaffinity};
        let Ok(allowed) = sched_getaffinity(None) else { return 0 };
        let all: Vec<String> =
            (0..CpuSet::MAX_CPU).filter(|cpu| allowed.is_set(*cpu)).map(|cpu| cpu.to_string()).collect();
        let (ours, servers) = all.split_at(all.len() / 2);
        if ours.is_empty() || !keep_to(&ours.join(",")) {
            return 0;
        }
        drop(SERVERS.set(servers.join(",")));
        ours.len()
    }
    #[cfg(not(target_os = "linux"))]
    0
}

/// The processors for servers, as [`keep_to`] takes them; `None` if these share them with the client.
pub fn processors_of_servers() -> Option<&'static str> {
    SERVERS.get().map(String::as_str)
}

/// Keeps this thread, and all it starts from now on, to processors given by their numbers. `false` if that cannot be.
pub fn keep_to(processors: &str) -> bool {
    #[cfg(target_os = "linux")]
    {
        let mut set = rustix::thread::CpuSet::new();
        processors.split(',').filter_map(|number| number.parse().ok()).for_each(|number| set.set(number));
        rustix::thread::sched_setaffinity(None, &set).is_ok()
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _without = processors;
        false
    }
}

/// The milliseconds this thread has spent on processors; 0 where the system does not tell.
pub fn thread_ms() -> f64 {
    #[cfg(unix)]
    let spent = spent_ms(rustix::time::ClockId::ThreadCPUTime);
    #[cfg(not(unix))]
    let spent = 0.0;
    spent
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
