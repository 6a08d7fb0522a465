//! `status --watch`: the dashboard's clusters without its screen; each change of a health word is a line of JSON.
//!
//! Must not know what health follows from: the same state concludes it from the same updates.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use super::format::VERSION;
use super::interrupt::Interrupt;
use super::status::rfc3339;
use super::which::Chosen;
use super::{Trouble, out};
use crate::app::cluster::OpenCluster;
use crate::cluster::connect::Target;
use crate::cluster::limits::Limits;
use crate::config::load::Config;
use crate::config::settings::Settings;
use crate::dashboard::clock::Clock;
use crate::fleet::coordinator::Coordinator;
use crate::fleet::lanes::Lanes;
use crate::model::health::Health;
use crate::model::ids::{ClusterId, Generation};
use crate::model::lifecycle::Lifecycle;
use crate::model::update::Envelope;

/// Updates that may wait; beyond it the clusters wait, each for itself.
const UPDATES: usize = 256;

/// One change.
#[derive(Debug, Serialize)]
struct Change<'a> {
    version: u32,
    time: String,
    id: &'a str,
    name: &'a str,
    health: String,
    /// The word before; null for a cluster's first line.
    previous: Option<String>,
    /// Null for `healthy` alone.
    reason: Option<&'a str>,
}

struct Watched {
    cluster: OpenCluster,
    settings: Settings,
    told: Option<Health>,
}

/// Prints each change until Ctrl+C, or until nobody reads any more.
pub async fn run(chosen: &[Chosen], config: Config) -> Result<(), Trouble> {
    let interrupt = Interrupt::listen()?;
    let (clock, zone) = (Clock::start(), config.settings.time_zone.clone());
    let now = clock.now(&zone);
    let generation = Generation::default().next();
    let mut watched: BTreeMap<ClusterId, Watched> = BTreeMap::new();
    for chosen in chosen {
        let (id, name) = (chosen.target.id.clone(), chosen.name.clone());
        let settings = config.of_cluster(id.as_str(), &name);
        let cluster = OpenCluster::new(id.clone(), name.clone(), name, generation, &now);
        watched.insert(id, Watched { cluster, settings, told: None });
    }
    let targets: Vec<Target> = chosen.iter().map(|chosen| chosen.target.clone()).collect();
    let (sender, mut updates) = mpsc::channel(UPDATES);
    let base = Limits::new(&config.settings);
    let limits = move |target: &Target| base.of_cluster(&config, target.id.as_str(), &target.context);
    let coordinator = Coordinator::tailored(sender, Lanes::open(), limits);
    coordinator.select(generation, targets);
    let mut second = interval(Duration::from_secs(1));
    second.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut batch: Vec<Envelope> = Vec::new();
    loop {
        tokio::select! {
            () = interrupt.pressed() => return Err(Trouble::Interrupted),
            _ = updates.recv_many(&mut batch, UPDATES) => {}
            _ = second.tick() => {}
        }
        let now = clock.now(&zone);
        for envelope in batch.drain(..) {
            coordinator.observe(&envelope);
            if let Some(watched) = watched.get_mut(&envelope.cluster) {
                watched.cluster.apply(envelope.update, &watched.settings, &now);
            }
        }
        for watched in watched.values_mut() {
            watched.cluster.reassess(&watched.settings, &now);
            if let Some(line) = watched.news()
                && !out::print(&line)?
            {
                return Ok(());
            }
        }
    }
}

impl Watched {
    /// Returns the line to print, if there is something new to say.
    fn news(&mut self) -> Option<String> {
        let standing = &self.cluster.standing;
        // The first word waits until something is known: a cluster that is only just reached looks healthier than it is.
        let early = matches!(standing.lifecycle, Lifecycle::Connecting | Lifecycle::Connected | Lifecycle::Loading);
        if self.told == Some(standing.health) || (self.told.is_none() && early) {
            return None;
        }
        let previous = self.told.replace(standing.health);
        let change = Change {
            version: VERSION,
            time: rfc3339(Timestamp::now()),
            id: self.cluster.id.as_str(),
            name: &self.cluster.name,
            health: standing.health.to_string(),
            previous: previous.map(|health| health.to_string()),
            reason: Some(standing.reason.as_str()).filter(|reason| !reason.is_empty()),
        };
        serde_json::to_string(&change).ok().map(|line| line + "\n")
    }
}
