//! The reader and the real connection against the embedded API servers: every way to list, refusals, stalls, thaws.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a helper of a test fails as the test does")]

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use fleet_tui::cluster::connect::Target;
use fleet_tui::cluster::connection::Connection;
use fleet_tui::cluster::limits::Limits;
use fleet_tui::cluster::outlet::Outlet;
use fleet_tui::cluster::project::Resource as Projected;
use fleet_tui::cluster::project::event::Event;
use fleet_tui::cluster::project::node::Node;
use fleet_tui::cluster::project::pod::Pod;
use fleet_tui::cluster::reader::{self, ReadLimits, ReaderContext, ScopePlan};
use fleet_tui::cluster::supervisor;
use fleet_tui::model::failure::FailureKind;
use fleet_tui::model::ids::{ClusterId, Generation, Uid};
use fleet_tui::model::kind::Kind;
use fleet_tui::model::pod::PodRow;
use fleet_tui::model::update::{Delta, Envelope, Reading, Scope, Update};
use fleet_tui::sim::{ClusterHandle, Fault, Fleet, Options, Resource, Scenario};
use tokio::sync::{mpsc, watch};

/// One simulated cluster with a reader at work.
struct Bench {
    server: ClusterHandle,
    updates: mpsc::Receiver<Envelope>,
    kick: watch::Sender<u64>,
    refresh: watch::Sender<(u64, Option<Kind>)>,
    scopes: watch::Sender<ScopePlan>,
    pods: Pods,
    _fleet: Fleet,
    _folder: tempfile::TempDir,
}

/// What a table would hold: the rows by uid, with the scope that brought them.
#[derive(Default)]
struct Pods {
    rows: HashMap<Uid, (PodRow, Scope, u64)>,
    listing: u64,
    completed: u64,
    deltas: u64,
}

impl Pods {
    fn apply(&mut self, delta: Delta<PodRow>) {
        self.deltas += 1;
        if delta.restart {
            self.listing += 1;
        }
        for row in delta.rows {
            self.rows.insert(row.uid, (row, delta.scope.clone(), self.listing));
        }
        for uid in delta.gone {
            self.rows.remove(&uid);
        }
        if delta.complete {
            self.completed += 1;
            let listing = self.listing;
            self.rows.retain(|_, (_, scope, seen)| *scope != delta.scope || *seen == listing);
        }
    }

    fn named(&self, name: &str) -> Option<&PodRow> {
        self.rows.values().map(|(row, ..)| row).find(|row| &*row.name == name)
    }
}

async fn connect(scenario: &str) -> (Fleet, ClusterHandle, Connection, tempfile::TempDir) {
    // Worlds that begin in different minutes differ.
    static START: OnceLock<jiff::Timestamp> = OnceLock::new();
    let options = Options { start: Some(*START.get_or_init(jiff::Timestamp::now)), ..Options::default() };
    let fleet = Fleet::start(&Scenario::from_toml(scenario).unwrap(), options).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    std::fs::write(&path, fleet.kubeconfig(&std::env::current_exe().unwrap())).unwrap();
    let server = fleet.clusters().first().unwrap().clone();
    let context = server.name().to_owned();
    let target = Target { id: ClusterId::new("config:a"), path, context };
    let (connection, _) = supervisor::check(target, Limits::default()).await.unwrap();
    (fleet, server, connection, folder)
}

impl Bench {
    async fn start<K: Projected>(scenario: &str, limits: ReadLimits, namespaces: &[&str]) -> Self {
        let (fleet, server, connection, folder) = connect(scenario).await;
        let (sender, updates) = mpsc::channel(64);
        let scopes = watch::Sender::new(plan(namespaces));
        let kick = watch::Sender::new(0);
        let refresh = watch::Sender::new((0, None));
        let context = ReaderContext {
            connection,
            outlet: Outlet::new(ClusterId::new("config:a"), Generation(1), sender),
            scopes: scopes.subscribe(),
            kick: kick.subscribe(),
            refresh: refresh.subscribe(),
            rest: None,
            wanted: None,
            limits,
        };
        tokio::spawn(reader::run::<K>(context));
        Self { server, updates, kick, refresh, scopes, pods: Pods::default(), _fleet: fleet, _folder: folder }
    }

    async fn update(&mut self) -> Update {
        let update = tokio::time::timeout(Duration::from_secs(30), self.updates.recv()).await;
        update.expect("the reader tells something").expect("the reader lives").update
    }

    /// Applies what comes until the kind is in a state.
    async fn until(&mut self, wanted: impl Fn(&Reading) -> bool) -> Reading {
        loop {
            match self.update().await {
                Update::Reading(_, reading) if wanted(&reading) => return reading,
                Update::Pods(delta) => self.pods.apply(delta),
                _ => {}
            }
        }
    }

    /// Applies what comes until the rows are as wanted.
    async fn until_rows(&mut self, wanted: impl Fn(&Pods) -> bool) {
        while !wanted(&self.pods) {
            if let Update::Pods(delta) = self.update().await {
                self.pods.apply(delta);
            }
        }
    }

    fn asked(&self, part: &str) -> usize {
        self.server.requests().iter().filter(|request| request.contains(part)).count()
    }

    fn kick(&self) {
        self.kick.send_modify(|count| *count += 1);
    }
}

fn plan(namespaces: &[&str]) -> ScopePlan {
    ScopePlan { namespaces: namespaces.iter().map(|name| Arc::from(*name)).collect() }
}

/// A world of which every pod is known to the test: nothing happens in it by itself.
fn quiet(more: &str) -> String {
    format!("seed = 7\n[[cluster]]\nname = \"a\"\nnodes = 3\npods = 120\nnamespaces = [\"team-a\", \"team-b\"]\n{more}")
}

fn live(reading: &Reading) -> bool {
    *reading == Reading::Live
}

fn broken(reading: &Reading) -> bool {
    matches!(reading, Reading::Broken { .. })
}

#[tokio::test]
async fn a_streaming_list_reads_every_pod_and_then_what_changes() {
    let mut bench = Bench::start::<Pod>(&quiet(""), ReadLimits::default(), &[]).await;
    bench.until(live).await;
    assert_eq!(bench.pods.rows.len(), bench.server.count(Resource::Pods, None));
    assert!(bench.asked("sendInitialEvents=true") == 1 && bench.asked("/api/v1/pods?") == 1);
    bench.server.add_pod("team-a", "fresh");
    bench.until_rows(|pods| pods.named("fresh").is_some()).await;
    assert!(bench.server.delete_pod("team-a", "fresh"));
    // Its grace period has begun.
    bench.until_rows(|pods| pods.named("fresh").is_none_or(|pod| &*pod.status == "Terminating")).await;
}

#[tokio::test]
async fn every_kind_of_server_gives_the_same_rows() {
    let mut all = Vec::new();
    for capabilities in [
        "",
        "capabilities = { streaming_lists = false }",
        "capabilities = { protobuf = false }",
        "capabilities = { streaming_lists = false, protobuf = false }",
    ] {
        let mut bench = Bench::start::<Pod>(&quiet(capabilities), ReadLimits::default(), &[]).await;
        bench.until(live).await;
        let mut rows: Vec<String> =
            bench.pods.rows.values().map(|(row, ..)| format!("{} {}", row.name, row.status)).collect();
        rows.sort();
        assert_eq!(rows.len(), bench.server.count(Resource::Pods, None), "{capabilities}");
        bench.server.add_pod("team-a", "fresh");
        bench.until_rows(|pods| pods.named("fresh").is_some()).await;
        all.push(rows);
    }
    let (first, others) = all.split_first().unwrap();
    for other in others {
        assert_eq!(other, first);
    }
}

#[tokio::test]
async fn a_kind_is_listed_anew_when_somebody_asks_for_it_and_no_row_goes_meanwhile() {
    let mut bench = Bench::start::<Pod>(&quiet(""), ReadLimits::default(), &[]).await;
    bench.until(live).await;
    let (rows, lists) = (bench.pods.rows.len(), |bench: &Bench| bench.asked("sendInitialEvents=true"));
    assert_eq!(lists(&bench), 1);
    for (number, kind) in [Kind::Nodes, Kind::Pods, Kind::Pods].into_iter().enumerate() {
        let before = (bench.pods.completed, lists(&bench));
        let own = kind == Kind::Pods;
        bench.refresh.send_replace((number as u64 + 1, Some(kind)));
        if own {
            bench
                .until_rows(|pods| {
                    assert!(pods.rows.len() >= rows, "the table does not blink");
                    pods.completed > before.0
                })
                .await;
            assert_eq!(lists(&bench), before.1 + 1);
        } else {
            bench.server.add_pod("team-a", "fresh");
            bench.until_rows(|pods| pods.named("fresh").is_some()).await;
            assert_eq!(lists(&bench), before.1, "that was another kind");
        }
    }
    assert_eq!(bench.pods.rows.len(), bench.server.count(Resource::Pods, None));
}

#[tokio::test]
async fn a_dropped_watch_goes_on_without_a_new_list() {
    let limits =
        ReadLimits { backoff: (Duration::from_millis(20), Duration::from_millis(20)), ..ReadLimits::default() };
    let mut bench = Bench::start::<Pod>(&quiet(""), limits, &[]).await;
    bench.until(live).await;
    bench.server.set_fault(Fault::DropWatches);
    bench.server.add_pod("team-a", "fresh");
    bench.until_rows(|pods| pods.named("fresh").is_some()).await;
    assert_eq!((bench.pods.listing, bench.pods.completed), (1, 1));
    assert_eq!(bench.asked("sendInitialEvents=true"), 1);
}

#[tokio::test]
async fn a_list_that_stalls_shows_what_it_has_and_gets_through_in_the_end() {
    let brief = Duration::from_millis(200);
    let limits = ReadLimits { silent_list: brief, backoff: (brief, brief), ..ReadLimits::default() };
    let scenario = quiet("[[cluster.fault]]\nkind = \"stall\"\nat = \"mid-body\"\non = \"lists\"\nfor = \"600ms\"");
    let mut bench = Bench::start::<Pod>(&scenario, limits, &[]).await;
    let Reading::Broken { failure, .. } = bench.until(broken).await else { panic!("broken") };
    assert_eq!(failure.kind, FailureKind::Timeout);
    bench.until(live).await;
    assert_eq!(bench.pods.rows.len(), bench.server.count(Resource::Pods, None));
}

#[tokio::test]
async fn a_frozen_server_is_current_again_after_a_kick() {
    let mut bench =
        Bench::start::<Pod>(&quiet(""), ReadLimits { silent: Duration::ZERO, ..ReadLimits::default() }, &[]).await;
    bench.until(live).await;
    bench.server.set_fault(Fault::Freeze);
    bench.server.add_pod("team-a", "fresh");
    bench.server.clear_faults();
    bench.kick();
    bench.until_rows(|pods| pods.named("fresh").is_some()).await;
    assert_eq!(bench.pods.listing, 1, "nothing was listed again");
}

#[tokio::test]
async fn a_restricted_user_sees_the_namespaces_that_are_permitted() {
    let user = "user = { name = \"dev\", groups = [], allowed_namespaces = [\"team-a\"] }";
    let mut bench = Bench::start::<Pod>(&quiet(user), ReadLimits::default(), &["team-a", "team-b"]).await;
    bench.until(live).await;
    assert_eq!(bench.pods.rows.len(), bench.server.count(Resource::Pods, Some("team-a")));
    assert!(bench.pods.rows.values().all(|(row, ..)| &*row.namespace == "team-a"));
    bench.scopes.send_replace(plan(&["team-b"]));
    let Reading::Forbidden(words) = bench.until(|it| matches!(it, Reading::Forbidden(_))).await else { panic!() };
    assert!(words.contains("forbidden"), "{words}");
    assert!(bench.pods.rows.is_empty(), "a namespace that is not read any more has no rows");
    let asked = bench.asked("/pods");
    bench.scopes.send_replace(plan(&["team-b", "team-a"]));
    bench.until(live).await;
    assert!(bench.asked("/pods") > asked);
    let mut nodes = Bench::start::<Node>(&quiet(user), ReadLimits::default(), &["team-a"]).await;
    nodes.until(|it| matches!(it, Reading::Forbidden(_))).await;
    let mut events = Bench::start::<Event>(&quiet(user), ReadLimits::default(), &["team-a"]).await;
    events.until(live).await;
}

#[tokio::test]
async fn an_error_of_the_server_is_a_state_that_passes() {
    let brief = Duration::from_millis(20);
    let limits = ReadLimits { backoff: (brief, brief), ..ReadLimits::default() };
    let mut bench = Bench::start::<Pod>(&quiet(""), limits, &[]).await;
    bench.until(live).await;
    let before = bench.pods.rows.len();
    bench.server.set_fault(Fault::error(503));
    bench.server.set_fault(Fault::DropWatches);
    let refused = |it: &Reading| matches!(it, Reading::Broken { failure, .. } if failure.kind == FailureKind::Server);
    bench.until(refused).await;
    assert_eq!(bench.pods.rows.len(), before, "what was read stays");
    bench.server.clear_faults();
    bench.until(live).await;
    assert_eq!(bench.pods.rows.len(), before);
}
