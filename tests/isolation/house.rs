//! Clusters that run through one coordinator and one state, as in the program: who drives both, and reads both.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::stage::Stage;
use fleet_tui::app::clock::Now;
use fleet_tui::app::cluster::OpenCluster;
use fleet_tui::app::input::Input;
use fleet_tui::app::message::{Effect, Message};
use fleet_tui::app::state::{App, Launch};
use fleet_tui::config::settings::Settings;
use fleet_tui::fleet::coordinator::Coordinator;
use fleet_tui::model::age::Unix;
use fleet_tui::model::amount::Amounts;
use fleet_tui::model::catalog::{Catalog, ContextEntry, KubeconfigFile};
use fleet_tui::model::health::Health;
use fleet_tui::model::ids::ClusterId;
use fleet_tui::model::kind::Kind;
use fleet_tui::model::node::NodeRow;
use fleet_tui::model::pod::PodRow;
use fleet_tui::model::update::{Envelope, Reading};
use fleet_tui::view::glyphs::Glyphs;
use fleet_tui::view::{heights, project};
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::{Instant, timeout_at};

use crate::neighbours::Neighbours;
use crate::picture::text;

/// The clusters of a stage, all open.
pub struct House {
    pub stage: Stage,
    pub app: App,
    pub neighbours: Neighbours,
    pub coordinator: Coordinator,
    updates: Receiver<Envelope>,
    began: (Instant, Unix),
    /// Seconds the machine slept: the clock on the wall went on while ours stood still.
    slept: i64,
    /// Whoever said a word.
    pub heard: BTreeSet<String>,
}

impl House {
    /// All are open, `b` is in front, and none comes to rest.
    pub fn open(mut stage: Stage) -> Self {
        // Every kind of every cluster stays live here, so that a word about any of them is one of trouble; how those behind
        // come to rest is told in `cluster/rest.rs`.
        stage.limits.read.linger = Duration::from_secs(24 * 3600);
        Self::behind(stage, "b")
    }

    /// All are open, this one is in front; the others come to rest behind it.
    fn behind(stage: Stage, front: &str) -> Self {
        let names: Vec<String> = stage.fleet.clusters().iter().map(|server| server.name().to_owned()).collect();
        let (sender, updates) = channel(256);
        let coordinator = Coordinator::new(sender, stage.limits.clone());
        let launch = Launch { all: true, ..Launch::default() };
        let app = App::new((120, 40), launch, Settings::default());
        let began = (Instant::now(), Unix(jiff::Timestamp::now().as_second()));
        let neighbours = Neighbours::default();
        let mut house = Self { stage, app, neighbours, coordinator, updates, began, slept: 0, heard: BTreeSet::new() };
        house.tell(Message::Catalog(catalog(&names)));
        if let Some(front) = house.app.fleet.index_of(&ClusterId::new(front)) {
            house.press(&format!("{}", front + 1));
        }
        house
    }

    /// Opens them and waits until every kind of each is live.
    pub async fn live(stage: Stage) -> Self {
        let mut house = Self::open(stage);
        house.until_all(is_live).await;
        house
    }

    /// Opens them with one in front, and waits until the others rest: their events and namespaces are only caught up with.
    pub async fn resting(stage: Stage, front: &str) -> Self {
        let mut house = Self::behind(stage, front);
        house.until_all(is_live).await;
        house.run(house.stage.limits.read.linger).await;
        house.until_all(|cluster, _| cluster.name == front || rests(cluster)).await;
        house
    }

    async fn until_all(&mut self, so: impl Fn(&OpenCluster, &Look) -> bool + Copy) {
        let names: Vec<String> = self.app.fleet.iter().map(|cluster| cluster.name.clone()).collect();
        for name in names {
            self.until(&name, Duration::from_secs(30), so).await;
        }
    }

    /// Puts the machine to sleep for so long; what was on its way on its connections is lost.
    pub fn sleeps(&mut self, seconds: i64) {
        for server in self.stage.fleet.clusters() {
            self.stage.wire(server.name()).lose();
        }
        self.slept += seconds;
    }

    pub fn press(&mut self, key: &str) {
        self.tell(Message::Input(Input::Key(key.parse().unwrap())));
    }

    /// What is on the screen now.
    pub fn picture(&mut self) -> String {
        self.app.now = self.now();
        self.app.prepare(heights(&self.app));
        text(&project(&self.app, &Glyphs::UNICODE))
    }

    fn now(&self) -> Now {
        let mono = self.began.0.elapsed();
        Now { unix: self.began.1.plus(mono.as_secs().cast_signed() + self.slept), mono, clock: String::new() }
    }

    pub fn tell(&mut self, message: Message) {
        let now = self.now();
        let mut effects = self.app.update(message, &now);
        effects.extend(self.app.conclude());
        self.fulfil(effects);
    }

    pub fn fulfil(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Select { generation, clusters } => {
                    let targets = clusters.iter().map(|id| self.stage.target(id.as_str())).collect();
                    self.coordinator.select(generation, targets);
                }
                Effect::Command(id, command) => self.coordinator.command(&id, command),
                _ => {}
            }
        }
    }

    /// Lets everything go on for so long, with a tick of the state every second.
    pub async fn run(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            let tick = end.min(Instant::now() + Duration::from_secs(1));
            while let Ok(envelope) = timeout_at(tick, self.updates.recv()).await {
                let envelope = envelope.expect("clusters are open");
                self.coordinator.observe(&envelope);
                self.neighbours.hear(&envelope);
                self.heard.insert(envelope.cluster.to_string());
                self.tell(Message::Update(envelope));
            }
            self.tell(Message::Tick);
        }
    }

    /// Lets everything go on until a cluster is so; returns how long that took, to a tenth of a second.
    pub async fn until(&mut self, name: &str, limit: Duration, so: impl Fn(&OpenCluster, &Look) -> bool) -> Duration {
        let start = Instant::now();
        loop {
            if so(self.cluster(name), &self.look(name)) {
                return start.elapsed();
            }
            let look = self.look(name);
            let but_rows = Look { rows: Vec::new(), ..look };
            assert!(start.elapsed() < limit, "{name}, after {limit:?}: {but_rows:#?}");
            self.run(Duration::from_millis(100)).await;
        }
    }

    pub fn cluster(&self, name: &str) -> &OpenCluster {
        self.app.fleet.get(&ClusterId::new(name)).unwrap()
    }

    /// What the tab of a cluster shows now.
    pub fn look(&self, name: &str) -> Look {
        let cluster = self.cluster(name);
        let now = self.now();
        let readings = cluster.readings.iter().map(|(kind, state)| format!("{kind:?} {:?}", state.reading));
        let stale =
            Kind::STANDING.into_iter().filter(|kind| cluster.stale_since(kind, &self.app.settings, &now).is_some());
        Look {
            standing: format!("{} {} {}", cluster.standing.lifecycle, cluster.standing.health, cluster.standing.reason),
            link: format!("{:?}", cluster.link),
            server: format!("{:?} {:?}", cluster.version, cluster.identity),
            readings: readings.collect(),
            stale: stale.collect(),
            rows: rows(cluster),
        }
    }
}

/// What a tab shows, without latency and ages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    pub standing: String,
    pub link: String,
    pub server: String,
    pub readings: Vec<String>,
    pub stale: Vec<Kind>,
    pub rows: Vec<String>,
}

/// The latest word on the reading of a kind.
pub fn reading<'c>(cluster: &'c OpenCluster, kind: &Kind) -> Option<&'c Reading> {
    cluster.readings.get(kind).map(|state| &state.reading)
}

/// Every kind is read and kept current.
pub fn is_live(cluster: &OpenCluster, look: &Look) -> bool {
    Kind::STANDING.iter().all(|kind| reading(cluster, kind) == Some(&Reading::Live))
        && look.stale.is_empty()
        && cluster.version.is_some()
}

/// Its pods and nodes are kept current, its events and namespaces caught up with.
pub fn rests(cluster: &OpenCluster) -> bool {
    let is = |kind: &Kind| reading(cluster, kind);
    [Kind::Pods, Kind::Nodes].iter().all(|kind| is(kind) == Some(&Reading::Live))
        && [Kind::Events, Kind::Namespaces].iter().all(|kind| matches!(is(kind), Some(Reading::Polled(_))))
}

/// All is live and nothing ails it.
pub fn is_well(cluster: &OpenCluster, look: &Look) -> bool {
    is_live(cluster, look) && cluster.standing.health == Health::Healthy
}

pub fn has_pod(cluster: &OpenCluster, name: &str) -> bool {
    cluster.tables.pods.rows().any(|row| &*row.name == name)
}

/// All rows in words, but for those that a test adds as it goes.
fn rows(cluster: &OpenCluster) -> Vec<String> {
    let tables = &cluster.tables;
    // What is measured changes by itself.
    let pods = tables.pods.rows().map(|row| format!("{:?}", PodRow { usage: Amounts::NONE, ..row.clone() }));
    let nodes = tables.nodes.rows().map(|row| format!("{:?}", NodeRow { usage: Amounts::NONE, ..row.clone() }));
    let events = tables.events.rows().map(|row| format!("{row:?}"));
    let namespaces = tables.namespaces.rows().map(|row| format!("{row:?}"));
    let mut rows: Vec<String> =
        pods.chain(nodes).chain(events).chain(namespaces).filter(|row| !row.contains("tick-")).collect();
    rows.sort_unstable();
    rows
}

pub fn catalog(names: &[String]) -> Catalog {
    let entry = |name: &String| ContextEntry {
        id: ClusterId::new(name),
        name: name.clone(),
        short_name: name.clone(),
        server: String::new(),
        user: String::new(),
        plugin: false,
        namespace: None,
        current: false,
        problem: None,
    };
    let file = KubeconfigFile {
        path: "config".into(),
        label: "config".to_owned(),
        problem: None,
        contexts: names.iter().map(entry).collect(),
    };
    Catalog { files: vec![file], notices: Vec::new(), looked_in: Vec::new() }
}
