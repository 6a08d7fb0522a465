//! A connection to one simulated cluster, and writes to it as another client would make them.

use std::time::Duration;

use fleet_tui::cluster::connect::Target;
use fleet_tui::cluster::connection::Connection;
use fleet_tui::cluster::limits::Limits;
use fleet_tui::cluster::supervisor;
use fleet_tui::model::ids::ClusterId;
use fleet_tui::sim::{ClusterHandle, Fleet, Options, Scenario};
use http::{Request, header};

/// Long enough for anything that is not stuck.
pub const LIMIT: Duration = Duration::from_secs(20);

/// One simulated cluster with a connection to it.
pub struct Stage {
    pub server: ClusterHandle,
    pub connection: Connection,
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
        let (connection, _) = supervisor::check(target, Limits::default()).await.unwrap();
        Self { server, connection, _fleet: fleet, _folder: folder }
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

/// Where definitions are.
pub const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
