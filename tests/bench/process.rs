//! What the system tells of another process: processor time, memory, sockets, wake-ups. Linux only; elsewhere all is 0.
//! Must not know what the process does.

#![allow(dead_code, reason = "each bench takes what it needs")]

use std::fs;
use std::time::Duration;

/// Figures of a process at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// Milliseconds its threads have spent on processors since it started.
    pub cpu: f64,
    /// MiB in memory.
    pub memory: f64,
    /// The most MiB there have been.
    pub peak: f64,
    /// MiB in memory which are its own, not of files.
    pub own: f64,
    /// Open sockets, those of the runtime included.
    pub sockets: usize,
    /// How often its threads have gone to sleep, and so been woken.
    pub wakes: u64,
}

/// What a process did in a while.
#[derive(Clone, Copy, Debug, Default)]
pub struct Work {
    /// Share of one processor, in percent.
    pub cpu: f64,
    /// Wake-ups per second.
    pub wakes: f64,
}

impl Figures {
    /// Reads the figures of a process; zeroes if there is none.
    pub fn of(pid: u32) -> Self {
        let folder = format!("/proc/{pid}");
        let status = fs::read_to_string(format!("{folder}/status")).unwrap_or_default();
        let mib = |name| field(&status, name) as f64 / 1_024.0;
        let tasks = fs::read_dir(format!("{folder}/task")).into_iter().flatten().flatten();
        let (mut nanos, mut wakes) = (0.0, 0);
        for task in tasks {
            let read = |name| fs::read_to_string(task.path().join(name)).unwrap_or_default();
            nanos += read("schedstat").split(' ').next().and_then(|first| first.parse::<f64>().ok()).unwrap_or(0.0);
            wakes += field(&read("status"), "voluntary_ctxt_switches");
        }
        let links = fs::read_dir(format!("{folder}/fd")).into_iter().flatten().flatten();
        let is_socket = |link: &fs::DirEntry| {
            fs::read_link(link.path()).is_ok_and(|to| to.to_string_lossy().starts_with("socket:"))
        };
        Self {
            cpu: nanos / 1e6,
            memory: mib("VmRSS"),
            peak: mib("VmHWM"),
            own: mib("RssAnon"),
            sockets: links.filter(is_socket).count(),
            wakes,
        }
    }

    /// What was done between an earlier look and this one.
    pub fn since(&self, earlier: &Self, time: Duration) -> Work {
        let seconds = time.as_secs_f64();
        Work {
            cpu: (self.cpu - earlier.cpu) / (seconds * 10.0),
            wakes: self.wakes.saturating_sub(earlier.wakes) as f64 / seconds,
        }
    }
}

fn field(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
