//! Owns what is broken at a server right now: a timetable from the scenario plus what a test switches on.
//! Must not know sockets or HTTP; the server asks here before and while it answers.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::scenario::{ClusterSpec, FaultKind, FaultSpec};

/// Bytes of a list that arrive before it stalls, unless a test says otherwise.
const STALL_AFTER_BYTES: usize = 512;

/// Something that breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing listens and all connections are cut, as if the process were gone.
    Refuse,
    /// Connections are taken, nothing is answered, streams go silent; what was held back follows when it ends.
    Freeze,
    /// Answers come late by `delay` and up to `jitter` more.
    Latency {
        /// Least delay.
        delay: Duration,
        /// Most that is added at random.
        jitter: Duration,
    },
    /// Every request is answered with a Status of this code.
    Error(u16),
    /// Lists and the first events of watches stop after so many bytes, for ever.
    StallList {
        /// Bytes of the body that still arrive.
        after_bytes: usize,
    },
    /// Every token is refused with 401.
    Unauthorized,
    /// Every open watch is cut now, once.
    DropWatches,
}

/// What holds at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Faults {
    pub(crate) refuse: bool,
    pub(crate) freeze: bool,
    pub(crate) delay: Duration,
    pub(crate) jitter: Duration,
    pub(crate) status: Option<u16>,
    pub(crate) stall_after: Option<usize>,
    pub(crate) unauthorized: bool,
    /// How often watches were dropped so far; a watch that sees it grow ends.
    pub(crate) watches_dropped: u64,
}

impl Faults {
    fn add(&mut self, fault: Fault) {
        match fault {
            Fault::Refuse => self.refuse = true,
            Fault::Freeze => self.freeze = true,
            Fault::Latency { delay, jitter } => {
                self.delay += delay;
                self.jitter += jitter;
            }
            Fault::Error(code) => self.status = Some(code),
            Fault::StallList { after_bytes } => self.stall_after = Some(after_bytes),
            Fault::Unauthorized => self.unauthorized = true,
            Fault::DropWatches => self.watches_dropped += 1,
        }
    }
}

/// Tells whether a fault holds `elapsed` after the start, and how long until that changes.
fn phase(spec: &FaultSpec, elapsed: Duration) -> (bool, Option<Duration>) {
    let Some(since) = elapsed.checked_sub(spec.after) else {
        return (false, Some(spec.after.saturating_sub(elapsed)));
    };
    let Some(lasts) = spec.lasts else { return (true, None) };
    let into = spec.every.map_or(since, |every| Duration::from_nanos((since.as_nanos() % every.as_nanos()) as u64));
    match lasts.checked_sub(into).filter(|left| !left.is_zero()) {
        Some(left) => (true, Some(left)),
        None => (false, spec.every.map(|every| every.saturating_sub(into))),
    }
}

fn fault_of(spec: &FaultSpec) -> Fault {
    match spec.kind {
        FaultKind::Refuse => Fault::Refuse,
        FaultKind::Freeze => Fault::Freeze,
        FaultKind::Latency => {
            Fault::Latency { delay: spec.delay.unwrap_or(Duration::from_secs(2)), jitter: Duration::ZERO }
        }
        FaultKind::Error => Fault::Error(spec.code.unwrap_or(503)),
        FaultKind::StallList => Fault::StallList { after_bytes: STALL_AFTER_BYTES },
        FaultKind::Unauthorized => Fault::Unauthorized,
    }
}

/// The faults of one cluster.
pub(crate) struct FaultControl {
    started: Instant,
    timetable: Vec<FaultSpec>,
    always: Faults,
    manual: Mutex<Faults>,
    current: watch::Sender<Faults>,
}

impl FaultControl {
    /// Begins a cluster's timetable now.
    pub(crate) fn new(spec: &ClusterSpec) -> Self {
        let always = Faults { refuse: spec.unreachable, delay: spec.latency, jitter: spec.jitter, ..Faults::default() };
        let control = Self {
            started: Instant::now(),
            timetable: spec.faults.clone(),
            always,
            manual: Mutex::default(),
            current: watch::Sender::new(always),
        };
        control.refresh();
        control
    }

    /// Switches a fault on.
    pub(crate) fn set(&self, fault: Fault) {
        self.manual.lock().unwrap_or_else(PoisonError::into_inner).add(fault);
        self.refresh();
    }

    /// Switches off what [`FaultControl::set`] switched on; the timetable goes on.
    pub(crate) fn clear(&self) {
        let mut manual = self.manual.lock().unwrap_or_else(PoisonError::into_inner);
        *manual = Faults { watches_dropped: manual.watches_dropped, ..Faults::default() };
        drop(manual);
        self.refresh();
    }

    /// What holds now.
    pub(crate) fn current(&self) -> Faults {
        *self.current.borrow()
    }

    /// To be told of every change.
    pub(crate) fn subscribe(&self) -> watch::Receiver<Faults> {
        self.current.subscribe()
    }

    /// Works out what holds now and returns how long until the timetable changes it.
    pub(crate) fn refresh(&self) -> Option<Duration> {
        let elapsed = self.started.elapsed();
        let mut faults = self.always;
        let mut next: Option<Duration> = None;
        for spec in &self.timetable {
            let (active, change) = phase(spec, elapsed);
            if active {
                faults.add(fault_of(spec));
            }
            next = [next, change].into_iter().flatten().min();
        }
        let manual = *self.manual.lock().unwrap_or_else(PoisonError::into_inner);
        faults.refuse |= manual.refuse;
        faults.freeze |= manual.freeze;
        faults.delay += manual.delay;
        faults.jitter += manual.jitter;
        faults.status = manual.status.or(faults.status);
        faults.stall_after = manual.stall_after.or(faults.stall_after);
        faults.unauthorized |= manual.unauthorized;
        faults.watches_dropped = manual.watches_dropped;
        self.current.send_if_modified(|current| std::mem::replace(current, faults) != faults);
        next
    }
}

/// Waits until `holds` is false of what is broken; returns at once when it is, or when the cluster is gone.
pub(crate) async fn until(faults: &mut watch::Receiver<Faults>, well: impl Fn(&Faults) -> bool) {
    let _gone = faults.wait_for(|faults| well(faults)).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(after: u64, lasts: Option<u64>, every: Option<u64>) -> FaultSpec {
        FaultSpec {
            kind: FaultKind::Refuse,
            after: Duration::from_secs(after),
            lasts: lasts.map(Duration::from_secs),
            every: every.map(Duration::from_secs),
            code: None,
            delay: None,
        }
    }

    fn at(spec: &FaultSpec, second: u64) -> (bool, Option<u64>) {
        let (active, next) = phase(spec, Duration::from_secs(second));
        (active, next.map(|next| next.as_secs()))
    }

    #[test]
    fn a_timetable_strikes_lasts_and_repeats() {
        let repeated = spec(10, Some(27), Some(150));
        let seen = [0, 9, 10, 36, 37, 160, 186, 187].map(|second| at(&repeated, second));
        let expected =
            [(false, 10), (false, 1), (true, 27), (true, 1), (false, 123), (true, 27), (true, 1), (false, 123)];
        assert_eq!(seen, expected.map(|(active, next)| (active, Some(next))));
        assert_eq!(at(&spec(5, None, None), 6), (true, None));
        assert_eq!(at(&spec(5, Some(2), None), 8), (false, None));
    }
}
