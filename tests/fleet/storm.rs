//! The property: random selections, faults, edits of the kubeconfig and orders, thousands of steps in virtual time over
//! pipes in memory. At rest exactly the last intent runs, what is closed is silent, and no task or socket is left over.

use std::collections::BTreeMap;
use std::time::Duration;

use fastrand::Rng;
use fleet_tui::model::kind::Kind;
use fleet_tui::model::update::{ClusterCommand, Link, ReadingMode};
use fleet_tui::sim::Fault;
use tokio::runtime::RuntimeMetrics;

use crate::stage::{Stage, Way, quiet};
use crate::world::{World, id};

const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];

/// Steps of each run; between two rests a few dozen.
const STEPS: usize = 800;

/// What the kubeconfig says of one context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    Good,
    /// Its user is not in the file.
    NoUser,
    /// Its cluster is not in the file.
    NoCluster,
    /// Its token is not accepted.
    Worthless,
    /// It leads to another server.
    Elsewhere,
    Absent,
}

struct Storm {
    stage: Stage,
    world: World,
    random: Rng,
    entries: BTreeMap<&'static str, Entry>,
    /// The last selection: what has to run in the end.
    intent: Vec<&'static str>,
    runtime: RuntimeMetrics,
    /// Tasks that are there while nothing is open.
    others: usize,
}

impl Storm {
    async fn new(seed: u64) -> Self {
        let plain = quiet(&NAMES).replace("pods = 12\n", "pods = 2\ntls = false\n");
        let stage = Stage::new(&plain).await;
        let world = World::over(stage.folder.path().join("config"), stage.limits.clone());
        let runtime = tokio::runtime::Handle::current().metrics();
        // The listener and whatever the servers are made of.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let others = runtime.num_alive_tasks();
        let entries = NAMES.into_iter().map(|name| (name, Entry::Good)).collect();
        Self { stage, world, random: Rng::with_seed(seed), entries, intent: Vec::new(), runtime, others }
    }

    fn any(&mut self) -> &'static str {
        NAMES[self.random.usize(..NAMES.len())]
    }

    /// The kubeconfig as the entries have it.
    fn file(&self) -> String {
        let (mut clusters, mut users, mut contexts) = (Vec::new(), Vec::new(), Vec::new());
        for (name, entry) in &self.entries {
            let server = self.stage.server(if *entry == Entry::Elsewhere { "a" } else { name });
            let token = if *entry == Entry::Worthless { "worthless".to_owned() } else { server.token() };
            if *entry != Entry::NoCluster {
                clusters.push(format!("- {{name: {name}, cluster: {{server: 'http://{}'}}}}\n", server.address()));
            }
            if *entry != Entry::NoUser {
                users.push(format!("- {{name: {name}, user: {{token: {token}}}}}\n"));
            }
            if *entry != Entry::Absent {
                contexts.push(format!("- {{name: {name}, context: {{cluster: {name}, user: {name}}}}}\n"));
            }
        }
        let list =
            |lines: Vec<String>| if lines.is_empty() { " []\n".to_owned() } else { format!("\n{}", lines.concat()) };
        format!("kind: Config\nclusters:{}users:{}contexts:{}", list(clusters), list(users), list(contexts))
    }

    fn write(&self, text: &str, changed: &[&str]) {
        std::fs::write(&self.world.path, text).unwrap();
        let changed: Vec<_> = changed.iter().map(|name| (self.world.path.clone(), (*name).to_owned())).collect();
        self.world.coordinator.reload(&changed);
    }

    fn select(&mut self, mut wanted: Vec<&'static str>) {
        // What is gone from the file is closed, and not offered.
        wanted.retain(|name| self.entries[name] != Entry::Absent);
        self.random.shuffle(&mut wanted);
        self.world.select(&wanted);
        self.intent = wanted;
    }

    fn edit(&mut self) {
        let name = self.any();
        let entries = [Entry::Good, Entry::NoUser, Entry::NoCluster, Entry::Worthless, Entry::Elsewhere, Entry::Absent];
        let entry = entries[self.random.usize(..entries.len())];
        self.entries.insert(name, entry);
        let text = self.file();
        if self.random.u8(..4) == 0 {
            // Seen while it is being written.
            let half = self.random.usize(..text.len());
            self.write(&text[..half], &[name]);
        }
        self.write(&text, &[name]);
        if entry == Entry::Absent && self.intent.contains(&name) {
            self.select(self.intent.clone());
        }
    }

    fn strike(&mut self) {
        let name = self.any();
        let (wire, server) = (self.stage.wire(name), self.stage.server(name));
        match self.random.u8(..9) {
            0 => wire.set(Way::Refused),
            1 => wire.set(Way::Blackhole),
            2 => wire.lose(),
            3 => server.set_fault(Fault::Freeze),
            4 => server.set_fault(Fault::Unauthorized),
            5 => server.set_fault(Fault::error(500)),
            6 => server.set_fault(Fault::DropWatches),
            _ => {
                wire.set(Way::Open);
                server.clear_faults();
            }
        }
    }

    fn order(&mut self) {
        let command = match self.random.u8(..7) {
            0 => ClusterCommand::RetryNow,
            1 => ClusterCommand::Active(self.random.bool()),
            2 => ClusterCommand::Reading(ReadingMode::Survey),
            3 => ClusterCommand::Reading(ReadingMode::Watch),
            5 => ClusterCommand::Refresh(Kind::Pods),
            4 => ClusterCommand::Namespaces(vec!["default".into(), "shop".into()]),
            _ => ClusterCommand::Reconnect(Duration::from_millis(self.random.u64(..3_000))),
        };
        let name = self.any();
        self.world.coordinator.command(&id(name), command);
    }

    fn step(&mut self) {
        match self.random.u8(..10) {
            0..=3 => {
                let toggled = self.any();
                let mut wanted = self.intent.clone();
                match wanted.iter().position(|name| *name == toggled) {
                    Some(place) => drop(wanted.remove(place)),
                    None => wanted.push(toggled),
                }
                self.select(wanted);
            }
            4 => {
                let wanted = NAMES.into_iter().filter(|_| self.random.bool()).collect();
                self.select(wanted);
            }
            5 | 6 => self.edit(),
            7 | 8 => self.strike(),
            _ => self.order(),
        }
    }

    /// Lets time pass: none at all, a moment, or as much as a retry or a verdict takes.
    async fn pass(&mut self) {
        match self.random.u8(..8) {
            0..=3 => {}
            4 => tokio::task::yield_now().await,
            5 | 6 => tokio::time::sleep(Duration::from_millis(self.random.u64(..2_000))).await,
            _ => tokio::time::sleep(Duration::from_secs(self.random.u64(..40))).await,
        }
    }

    /// At rest: exactly the last intent runs, and no task more.
    async fn rests(&self) {
        self.world.settled_within(Duration::from_secs(300)).await;
        let mut intent = self.intent.clone();
        intent.sort_unstable();
        assert_eq!(self.world.running().into_keys().collect::<Vec<_>>(), intent);
        assert_eq!(self.world.coordinator.len(), intent.len());
        let stats = self.world.stats();
        assert_eq!((stats.queued, stats.opening, stats.closing, stats.clusters.len()), (0, 0, 0, intent.len()));
        assert_eq!(stats.late_closes, 0);
    }

    /// Mends everything: what is wanted comes up by itself, whatever befell it.
    async fn mends(&mut self) {
        for name in NAMES {
            self.stage.wire(name).set(Way::Open);
            self.stage.server(name).clear_faults();
            self.entries.insert(name, Entry::Good);
        }
        self.write(&self.file(), &NAMES);
        for name in self.intent.clone() {
            let generation = self.world.running()[name];
            self.world.hears_within(Duration::from_secs(300), name, generation, |it| it.link == Some(Link::Up)).await;
        }
    }

    /// Closes all: no task, no socket, no timer, no word.
    async fn closes(&mut self) {
        self.select(Vec::new());
        self.rests().await;
        // A server that is frozen does not even notice that nobody is there any more.
        for name in NAMES {
            self.stage.server(name).clear_faults();
        }
        self.world.no_task_more_than(self.others).await;
        let look = |storm: &Self| {
            let wires = NAMES.map(|name| (storm.stage.wire(name).open(), storm.stage.wire(name).dialled()));
            (wires, storm.world.words(), storm.runtime.num_alive_tasks())
        };
        let silent = look(self);
        assert!(silent.0.iter().all(|(open, _)| *open == 0), "a socket lives on: {silent:?}");
        tokio::time::sleep(Duration::from_secs(600)).await;
        assert_eq!(look(self), silent);
    }
}

async fn rages(seed: u64) {
    let mut storm = Storm::new(seed).await;
    for step in 1..=STEPS {
        storm.step();
        storm.pass().await;
        if step % 40 == 0 {
            storm.rests().await;
        }
        if step % 160 == 0 {
            storm.mends().await;
        }
        if step % 400 == 0 {
            storm.closes().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_storm_of_selections_faults_and_edits_the_last_intent_runs_and_nothing_else_lives() {
    rages(1).await;
}

#[tokio::test(start_paused = true)]
async fn after_a_second_storm_too() {
    rages(2).await;
}

#[tokio::test(start_paused = true)]
async fn after_a_third_storm_too() {
    rages(3).await;
}

#[tokio::test(start_paused = true)]
async fn after_a_fourth_storm_too() {
    rages(4).await;
}
