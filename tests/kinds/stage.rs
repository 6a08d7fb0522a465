//! A connection to one simulated cluster, and writes to it as another client would make them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use fleet_tui::app::tables::Tables;
use fleet_tui::cluster::connect::Target;
use fleet_tui::cluster::connection::Connection;
use fleet_tui::cluster::limits::Limits;
use fleet_tui::cluster::supervisor;
use fleet_tui::model::age::Unix;
use fleet_tui::model::failure::Failure;
use fleet_tui::model::ids::{ClusterId, Generation, Uid};
use fleet_tui::model::kind::Kind;
use fleet_tui::model::resource::ApiResource;
use fleet_tui::model::rules::Rules;
use fleet_tui::model::update::{ClusterCommand, Envelope, Reading, Update};
use fleet_tui::sim::{ClusterHandle, Fleet, Options, Scenario};
use http::{Request, header};
use tokio::sync::mpsc;

/// Long enough for anything that is not stuck.
pub const LIMIT: Duration = Duration::from_secs(20);

/// One simulated cluster with a connection to it.
pub struct Stage {
    pub server: ClusterHandle,
    pub connection: Connection,
    pub target: Target,
    _fleet: Fleet,
    _folder: tempfile::TempDir,
}

/// A world in which nothing happens by itself.
pub fn quiet(more: &str) -> String {
    format!("seed = 7\n[[cluster]]\nname = \"a\"\nnodes = 3\npods = 60\nnamespaces = [\"team-a\", \"team-b\"]\n{more}")
}

impl Stage {
    pub async fn open(scenario: &str) -> Self {
        let fleet = Fleet::start(&Scenario::from_toml(scenario).unwrap(), Options::default()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        std::fs::write(&path, fleet.kubeconfig(&std::env::current_exe().unwrap())).unwrap();
        let server = fleet.clusters().first().unwrap().clone();
        let target = Target { id: ClusterId::new("config:a"), path, context: server.name().to_owned() };
        let (connection, _) = supervisor::check(target.clone(), Limits::default()).await.unwrap();
        Self { server, connection, target, _fleet: fleet, _folder: folder }
    }

    /// Sends a write.
    pub async fn write(&self, method: &str, path: &str, body: &str) {
        let request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
        self.connection.fetch(request.body(body.as_bytes().to_vec()).unwrap(), LIMIT).await.unwrap();
    }

    /// How many requests the server has seen that contain a text.
    pub fn asked(&self, part: &str) -> usize {
        self.server.requests().iter().filter(|request| request.contains(part)).count()
    }
}

/// A definition of a kind `Gadget` with printer columns of every type.
pub const GADGETS: &str = r#"{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",
    "metadata":{"name":"gadgets.lab.example.io"},"spec":{"group":"lab.example.io","scope":"Namespaced",
    "names":{"plural":"gadgets","singular":"gadget","kind":"Gadget","listKind":"GadgetList","shortNames":["gd"]},
    "versions":[{"name":"v1","served":true,"storage":true,
    "schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true}},
    "additionalPrinterColumns":[
    {"name":"Size","type":"integer","jsonPath":".spec.size"},
    {"name":"Ratio","type":"number","jsonPath":".spec.ratio"},
    {"name":"Enabled","type":"boolean","jsonPath":".spec.enabled"},
    {"name":"Last","type":"date","jsonPath":".spec.last"},
    {"name":"Note","type":"string","jsonPath":".spec.note","priority":1}]}]}}"#;

/// An open cluster in front, and what it has told so far.
pub struct Opened {
    pub handle: supervisor::ClusterHandle,
    updates: mpsc::Receiver<Envelope>,
    pub resources: Vec<Arc<ApiResource>>,
    pub readings: BTreeMap<Kind, Reading>,
    pub tables: Tables,
    /// Which objects the server picks of what was last asked for, and how far that is read.
    pub picked: BTreeSet<Uid>,
    pub picking: Option<Reading>,
    pub rules: BTreeMap<Arc<str>, Rules>,
    pub counts: BTreeMap<Kind, Result<Option<u64>, Failure>>,
    /// Takes in the rows of the standing kinds too.
    pub standing: bool,
}

impl Opened {
    pub fn new(stage: &Stage, limits: Limits) -> Self {
        let (sender, updates) = mpsc::channel(256);
        let handle = supervisor::open(stage.target.clone(), Generation(1), limits, sender, true);
        let (resources, readings, tables) = (Vec::new(), BTreeMap::new(), Tables::default());
        let (picked, picking, rules, counts) = (BTreeSet::new(), None, BTreeMap::new(), BTreeMap::new());
        Self { handle, updates, resources, readings, tables, picked, picking, rules, counts, standing: false }
    }

    /// Takes in updates until something holds.
    pub async fn until(&mut self, what: &str, holds: impl Fn(&mut Self) -> bool) {
        let deadline = tokio::time::Instant::now() + LIMIT;
        while !holds(self) {
            let update = tokio::time::timeout_at(deadline, self.updates.recv()).await;
            let update = update.unwrap_or_else(|_| panic!("{what}")).unwrap().update;
            match update {
                Update::Resources(resources) => self.resources = resources,
                Update::Reading(kind, reading) => drop(self.readings.insert(kind, reading)),
                Update::Columns(kind, columns) => self.tables.set_columns(&kind, &columns),
                Update::Picked(_, delta) => {
                    if delta.restart {
                        self.picked.clear();
                    }
                    self.picked.extend(delta.rows);
                    self.picked.retain(|uid| !delta.gone.contains(uid));
                }
                Update::Counted(_, kind, count) => drop(self.counts.insert(kind, count)),
                Update::Rules(namespace, rules) => drop(self.rules.insert(namespace, rules)),
                Update::Picking(_, reading) => self.picking = Some(reading),
                Update::Objects(kind, delta) => self.tables.apply_objects(&kind, delta),
                Update::Pods(delta) if self.standing => self.tables.pods.apply(delta),
                Update::Nodes(delta) if self.standing => self.tables.nodes.apply(delta),
                Update::Events(delta) if self.standing => self.tables.events.apply(delta),
                Update::Namespaces(delta) if self.standing => self.tables.namespaces.apply(delta),
                _ => {}
            }
        }
    }

    /// Waits until discovery knows a word, and returns its kind.
    pub async fn kind(&mut self, word: &str) -> Kind {
        self.until(word, |opened| opened.resources.iter().any(|it| it.is_called(word))).await;
        Kind::of(self.resources.iter().find(|it| it.is_called(word)).unwrap().clone())
    }

    /// Looks at these kinds and no others.
    pub async fn look(&mut self, kinds: &[&Kind]) {
        let kinds = kinds.iter().map(|kind| (*kind).clone()).collect();
        self.handle.commands.send(ClusterCommand::Kinds(kinds)).await.unwrap();
    }

    pub async fn read(&mut self, kind: &Kind, wanted: impl Fn(&Reading) -> bool) {
        self.until(kind.plural(), |opened| opened.readings.get(kind).is_some_and(&wanted)).await;
    }

    /// The names of a kind's rows, sorted.
    pub fn names(&mut self, kind: &Kind) -> Vec<String> {
        let table = self.tables.of_mut(kind);
        table.refresh(&Tables::default_query(kind), Unix(0));
        let names = (0..table.len()).filter_map(|index| Some(table.explain_at(index, Unix(0))?.1.to_owned()));
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }
}

/// Where definitions are.
pub const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
