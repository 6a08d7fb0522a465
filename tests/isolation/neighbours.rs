//! Two clusters beside one that breaks: what they say is listened to, and must be nothing but that they are well.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::house::{House, Look, has_pod, rests};
use crate::stage::Way;
use fleet_tui::cluster::limits::Limits;
use fleet_tui::model::kind::Kind;
use fleet_tui::model::update::{BeatOutcome, Envelope, Reading, Update};
use fleet_tui::sim::Fault;
use tokio::time::Instant;

/// The clusters that do not break.
pub const NEIGHBOURS: [&str; 2] = ["b", "c"];

/// What the neighbours said since they are listened to.
#[derive(Default)]
pub struct Neighbours {
    listening: bool,
    /// They are behind, at rest.
    rest: bool,
    /// What takes longer is late.
    soon: Duration,
    beats: BTreeMap<String, Vec<Instant>>,
    trouble: Vec<String>,
}

impl Neighbours {
    pub fn hear(&mut self, envelope: &Envelope) {
        let name = envelope.cluster.to_string();
        if !self.listening || !NEIGHBOURS.contains(&name.as_str()) {
            return;
        }
        let calm = match &envelope.update {
            Update::Beat(beat) => {
                self.beats.entry(name.clone()).or_default().push(Instant::now());
                beat.outcome == BeatOutcome::Ready && beat.latency < self.soon
            }
            Update::Pods(delta) => !delta.restart && delta.gone.is_empty(),
            Update::Nodes(delta) => !delta.restart && delta.gone.is_empty(),
            Update::Events(delta) => !delta.restart,
            Update::Namespaces(delta) => !delta.restart && delta.gone.is_empty(),
            Update::Objects(_, delta) => !delta.restart,
            Update::Picked(_, delta) => !delta.restart,
            // Behind, these are caught up with at their pace.
            Update::Reading(Kind::Events | Kind::Namespaces, Reading::Polled(_)) => self.rest,
            Update::Reading(_, reading) | Update::Picking(_, reading) => *reading == Reading::Live,
            // The metrics server's word, every few seconds; what a server serves, found a moment late.
            Update::Usage(_) | Update::Metered(_) | Update::Resources(_) => true,
            Update::Link(_)
            | Update::Elsewhere
            | Update::Withheld(_)
            | Update::Identity(_)
            | Update::Version(_)
            | Update::Columns(..)
            | Update::Survey(_)
            | Update::Rules(..)
            | Update::Counted(..)
            | Update::Found(..) => false,
        };
        if !calm {
            self.trouble.push(format!("{name}: {:?}", envelope.update));
        }
    }

    /// The neighbours have to be undisturbed from now on.
    pub fn listen(&mut self, soon: Duration, rest: bool) {
        *self = Self { listening: true, soon, rest, ..Self::default() };
    }

    /// Fails on a word of trouble, and on a heartbeat that came late or never.
    pub fn were_calm(&self, since: Instant, limits: &Limits) {
        assert!(self.trouble.is_empty(), "{:#?}", self.trouble);
        // `b` is in front, unless both rest.
        let first = if self.rest { limits.heartbeat } else { limits.heartbeat_close };
        for (name, pace) in NEIGHBOURS.into_iter().zip([first, limits.heartbeat]) {
            let mut before = since;
            let beats = self.beats.get(name).map(Vec::as_slice).unwrap_or_default();
            for beat in beats.iter().copied().chain([Instant::now()]) {
                let pause = beat - before;
                assert!(pause <= pace + self.soon, "{name}: no heartbeat for {pause:?}");
                before = beat;
            }
        }
    }
}

/// Watches over the neighbours of a cluster in trouble.
pub struct Watchman {
    began: Instant,
    looks: Vec<Look>,
    soon: Duration,
    ticks: usize,
}

impl Watchman {
    /// Everything new in the neighbours has to arrive within `soon` from now on; rows are folded for 50 ms.
    pub fn begin(house: &mut House, soon: Duration) -> Self {
        house.neighbours.listen(soon, NEIGHBOURS.iter().all(|name| rests(house.cluster(name))));
        let looks = NEIGHBOURS.iter().map(|name| house.look(name)).collect();
        Self { began: Instant::now(), looks, soon, ticks: 0 }
    }

    /// Lets time pass, while something new in each neighbour every few seconds has to be on the screen at once.
    pub async fn keep(&mut self, house: &mut House, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.ticks += 1;
            let name = format!("tick-{}", self.ticks);
            for neighbour in NEIGHBOURS {
                house.stage.server(neighbour).add_pod(&format!("{neighbour}-apps"), &name);
            }
            for neighbour in NEIGHBOURS {
                house.run(Duration::from_millis(60)).await;
                let limit = Instant::now() + self.soon;
                while !has_pod(house.cluster(neighbour), &name) {
                    assert!(Instant::now() < limit, "{neighbour}: {name} is late");
                    house.run(Duration::from_millis(20)).await;
                }
            }
            self.check(house);
            house.run(house.stage.limits.heartbeat_close).await;
        }
    }

    pub fn check(&self, house: &House) {
        house.neighbours.were_calm(self.began, &house.stage.limits);
        for (name, before) in NEIGHBOURS.iter().zip(&self.looks) {
            assert_eq!(house.look(name), *before, "the view of {name} changed");
        }
        assert_eq!(house.app.network.banner, None);
        let of_others = |text: &str| NEIGHBOURS.iter().any(|name| text.starts_with(&format!("{name} ")));
        assert!(!house.app.toasts.shown().iter().any(|toast| of_others(&toast.text)));
        let calm = |name: &&str| house.cluster(name).history.len() <= 2;
        assert!(NEIGHBOURS.iter().all(calm), "their health moved");
    }
}

/// Breaks cluster `a`, once health and heartbeats have come to rest; its neighbours are watched from just before.
pub async fn strike(house: &mut House, faults: &[Fault]) -> Watchman {
    house.run(Duration::from_secs(20)).await;
    let (wire, server) = (house.stage.wire("a"), house.stage.server("a"));
    let watchman = Watchman::begin(house, Duration::from_millis(200));
    for fault in faults {
        if *fault == Fault::Refuse {
            wire.set(Way::Refused);
        }
        server.set_fault(fault.clone());
    }
    watchman
}

/// Mends cluster `a`, which has one pod more by then.
pub fn mend(house: &House) {
    house.stage.server("a").add_pod("a-apps", "late");
    house.stage.server("a").clear_faults();
    house.stage.wire("a").set(Way::Open);
}
