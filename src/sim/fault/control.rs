//! Owns what is broken at one server right now: the scenario's timetable plus what is switched on at run time.
//! Must not know how anything is broken.
//!
//! Faults keep to real time whatever the speed of the worlds: what they try are clients, whose patience is real.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::{Cut, Fault, Place, Requests, Way, Wrong};
use crate::sim::scenario::{ClusterSpec, FaultSpec};

/// What holds at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Faults {
    /// All that lasts, the latest last: where two contradict, it wins.
    active: Arc<[Fault]>,
    /// How often watches were dropped so far; a watch that sees it grow ends.
    pub(crate) watches_dropped: u64,
    /// How often the server was restarted so far; a connection that sees it grow ends.
    pub(crate) restarts: u64,
    /// How often tokens expired so far.
    pub(crate) tokens_expired: u64,
}

impl Faults {
    /// All that lasts.
    pub(crate) fn active(&self) -> &[Fault] {
        &self.active
    }

    fn has(&self, fault: &Fault) -> bool {
        self.active.contains(fault)
    }

    pub(crate) fn refuses(&self) -> bool {
        self.has(&Fault::Refuse)
    }

    pub(crate) fn swallows(&self) -> bool {
        self.has(&Fault::Blackhole)
    }

    pub(crate) fn freezes(&self) -> bool {
        self.has(&Fault::Freeze)
    }

    pub(crate) fn refuses_credentials(&self) -> bool {
        self.has(&Fault::Unauthorized)
    }

    /// Tells whether every connection is reset, those that do nothing too.
    pub(crate) fn resets_all(&self) -> bool {
        let of_all = |cut: &Cut| cut.at == Place::BeforeHeaders && cut.on == Requests::All;
        self.active.iter().any(|fault| matches!(fault, Fault::Reset(cut) if of_all(cut)))
    }

    pub(crate) fn bytes_per_second(&self) -> Option<u64> {
        let slowest = |fault: &Fault| match fault {
            Fault::Bandwidth { bytes_per_second } => Some(*bytes_per_second),
            _ => None,
        };
        self.active.iter().filter_map(slowest).min()
    }

    pub(crate) fn certificate(&self) -> Option<Wrong> {
        self.last(|fault| if let Fault::Certificate { wrong } = fault { Some(*wrong) } else { None })
    }

    pub(crate) fn version(&self) -> Option<&str> {
        self.last(|fault| if let Fault::Version { version } = fault { Some(version.as_str()) } else { None })
    }

    /// Least and greatest delay of an answer.
    pub(crate) fn latency(&self) -> (Duration, Duration) {
        self.active.iter().fold((Duration::ZERO, Duration::ZERO), |(least, most), fault| match fault {
            Fault::Latency { delay, jitter } => (least + *delay, most + *delay + *jitter),
            _ => (least, most),
        })
    }

    /// The cut in an answer to a request.
    pub(crate) fn cut(&self, concerns: impl Fn(Requests) -> bool) -> Option<(Way, Cut)> {
        self.last(|fault| fault.cut().filter(|(_, cut)| concerns(cut.on)))
    }

    /// The latest fault that says something of this kind.
    pub(crate) fn last<'a, T>(&'a self, of: impl FnMut(&'a Fault) -> Option<T>) -> Option<T> {
        self.active.iter().rev().find_map(of)
    }
}

/// A line of the timetable with its moment zero.
struct Entry {
    began: Instant,
    spec: FaultSpec,
    /// Strikes that were counted already.
    struck: u64,
    by_hand: bool,
}

/// The faults of one cluster.
pub(crate) struct FaultControl {
    entries: Mutex<Vec<Entry>>,
    current: watch::Sender<Faults>,
    replanned: Notify,
}

impl FaultControl {
    /// Begins a cluster's timetable now.
    pub(crate) fn new(spec: &ClusterSpec) -> Self {
        let refuse = spec.unreachable.then_some(Fault::Refuse);
        let slow = !(spec.latency + spec.jitter).is_zero();
        let slow = slow.then(|| Fault::latency(spec.latency, spec.jitter));
        let always = refuse.into_iter().chain(slow).map(FaultSpec::from);
        let began = Instant::now();
        let entry = |spec| Entry { began, spec, struck: 0, by_hand: false };
        let control = Self {
            entries: Mutex::new(always.chain(spec.faults.iter().cloned()).map(entry).collect()),
            current: watch::Sender::new(Faults::default()),
            replanned: Notify::new(),
        };
        control.refresh();
        control
    }

    /// Switches a fault on, in place of one of the same kind that was switched on before.
    pub(crate) fn set(&self, spec: FaultSpec) {
        let mut entries = self.entries();
        let kind = std::mem::discriminant(&spec.fault);
        entries.retain(|entry| !entry.by_hand || std::mem::discriminant(&entry.spec.fault) != kind);
        entries.push(Entry { began: Instant::now(), spec, struck: 0, by_hand: true });
        drop(entries);
        self.refresh();
        self.replanned.notify_one();
    }

    /// Switches off what [`FaultControl::set`] switched on, if `which` says so; the timetable goes on.
    pub(crate) fn clear(&self, which: impl Fn(&Fault) -> bool) {
        self.entries().retain(|entry| !entry.by_hand || !which(&entry.spec.fault));
        self.refresh();
        self.replanned.notify_one();
    }

    /// What was switched on.
    pub(crate) fn by_hand(&self) -> Vec<FaultSpec> {
        self.entries().iter().filter(|entry| entry.by_hand).map(|entry| entry.spec.clone()).collect()
    }

    /// What holds now.
    pub(crate) fn current(&self) -> Faults {
        self.current.borrow().clone()
    }

    /// To be told of every change.
    pub(crate) fn subscribe(&self) -> watch::Receiver<Faults> {
        self.current.subscribe()
    }

    /// Keeps to the timetable, for ever.
    pub(crate) async fn keep(&self) {
        loop {
            match self.refresh() {
                Some(wait) => tokio::select! {
                    () = tokio::time::sleep(wait.max(Duration::from_millis(1))) => {}
                    () = self.replanned.notified() => {}
                },
                None => self.replanned.notified().await,
            }
        }
    }

    /// Works out what holds now and returns how long until the timetable changes it.
    fn refresh(&self) -> Option<Duration> {
        let mut next: Option<Duration> = None;
        let mut active = Vec::new();
        let mut entries = self.entries();
        let mut faults = self.current();
        for entry in entries.iter_mut() {
            let elapsed = entry.began.elapsed();
            let (holds, change) = entry.spec.phase(elapsed);
            let strikes = entry.spec.strikes(elapsed);
            let new = strikes.saturating_sub(std::mem::replace(&mut entry.struck, strikes));
            match entry.spec.fault {
                Fault::DropWatches => faults.watches_dropped += new,
                Fault::Restart => faults.restarts += new,
                Fault::TokenExpiry => faults.tokens_expired += new,
                _ if holds => active.push(entry.spec.fault.clone()),
                _ => {}
            }
            next = [next, change].into_iter().flatten().min();
        }
        // What was switched on and is over is forgotten.
        entries.retain(|entry| !entry.by_hand || !entry.spec.is_over(entry.began.elapsed()));
        faults.active = active.into();
        // Within the lock, so that of two refreshes the later one tells.
        self.current.send_if_modified(|current| std::mem::replace(current, faults.clone()) != faults);
        next
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits until what is broken satisfies a condition; returns at once when it does, or when the cluster is gone.
pub(crate) async fn until(faults: &mut watch::Receiver<Faults>, condition: impl Fn(&Faults) -> bool) {
    let _gone = faults.wait_for(|faults| condition(faults)).await;
}

impl Place {
    /// Tells whether it is in the content rather than before it.
    pub(crate) fn in_body(self) -> bool {
        matches!(self, Self::MidBody | Self::MidFrame)
    }
}
