//! What others got wrong, each as a test of its own.

use std::time::Duration;

use crate::house::{House, has_pod, is_well, reading};
use crate::neighbours::Watchman;
use crate::stage::{Stage, quiet};
use fleet_tui::app::cluster::OpenCluster;
use fleet_tui::model::health::Health;
use fleet_tui::model::kind::Kind;
use fleet_tui::model::pod::PodRow;
use fleet_tui::model::update::Reading;
use fleet_tui::sim::{Cut, Fault, Requests};

const SOON: Duration = Duration::from_millis(200);

fn pods_named(cluster: &OpenCluster, name: &str) -> Vec<PodRow> {
    cluster.tables.pods.rows().filter(|row| &*row.name == name).cloned().collect()
}

#[tokio::test(start_paused = true)]
async fn readiness_forbidden_is_no_login_failure_nor_any_other_trouble() {
    let mut house = House::live(Stage::new(&quiet(&["a", "b", "c"])).await).await;
    house.run(Duration::from_secs(20)).await;
    let mut watchman = Watchman::begin(&mut house, SOON);
    let (before, changes) = (house.look("a"), house.cluster("a").history.len());
    let fault = Fault::Error { code: 403, retry_after: None, on: Requests::Checks };
    house.stage.server("a").set_fault(fault);
    watchman.keep(&mut house, Duration::from_secs(90)).await;
    assert_eq!(house.look("a"), before);
    assert_eq!(house.cluster("a").history.len(), changes, "{:?}", house.cluster("a").history);
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_is_forbidden_delays_no_other_view() {
    let forbidden = "pods = 12\nuser = { allowed_namespaces = [\"a-apps\"], context_namespace = \"a-apps\" }";
    let scenario = quiet(&["a", "b", "c"]).replacen("pods = 12", forbidden, 1);
    let mut house = House::open(Stage::new(&scenario).await);
    let live = |cluster: &OpenCluster, kind: &Kind| reading(cluster, kind) == Some(&Reading::Live);
    let refused = |cluster: &OpenCluster, kind: &Kind| matches!(reading(cluster, kind), Some(Reading::Forbidden(_)));
    let settled = |cluster: &OpenCluster| refused(cluster, &Kind::Nodes) && live(cluster, &Kind::Pods);
    house.until("a", Duration::from_secs(1), |cluster, _| settled(cluster)).await;
    for name in ["b", "c"] {
        let all = |cluster: &OpenCluster| Kind::STANDING.iter().all(|kind| live(cluster, kind));
        house.until(name, Duration::from_secs(1), |cluster, _| all(cluster)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_pod_of_the_same_name_inherits_nothing() {
    let mut house = House::live(Stage::new(&quiet(&["a", "b", "c"])).await).await;
    let server = house.stage.server("b");
    server.add_pod("b-apps", "solo");
    house.until("b", SOON, |cluster, _| has_pod(cluster, "solo")).await;
    let old = pods_named(house.cluster("b"), "solo").remove(0);
    assert!(server.delete_pod("b-apps", "solo"));
    house.until("b", Duration::from_secs(60), |cluster, _| !has_pod(cluster, "solo")).await;
    server.add_pod("b-apps", "solo");
    house.until("b", SOON, |cluster, _| has_pod(cluster, "solo")).await;
    let new = pods_named(house.cluster("b"), "solo");
    assert_eq!(new.len(), 1);
    assert_ne!(new[0].uid, old.uid);
    assert!(new[0].created > old.created && new[0].restarts == 0 && new[0].unwell.is_none(), "{:?}", new[0]);
    assert!(house.cluster("b").tables.pods.get(old.uid).is_none());
}

#[tokio::test(start_paused = true)]
async fn a_token_that_expired_is_renewed_on_disk_and_picked_up_without_a_key() {
    let mut house = House::live(Stage::new(&quiet(&["a", "b", "c"])).await).await;
    house.run(Duration::from_secs(20)).await;
    let mut watchman = Watchman::begin(&mut house, SOON);
    let server = house.stage.server("a");
    let old = server.token();
    server.set_fault(Fault::TokenExpiry);
    let verdict = |cluster: &OpenCluster| cluster.standing.health == Health::AuthFailed;
    house.until("a", Duration::from_secs(30), |cluster, _| verdict(cluster)).await;
    assert!(house.cluster("a").standing.reason.contains("rejected the credentials"));
    watchman.keep(&mut house, Duration::from_secs(120)).await;
    server.add_pod("a-apps", "late");
    house.stage.edit(|text| text.replace(&old, &server.token()));
    // Nobody tells of the change here: the next probe after a verdict that has settled finds it.
    let limit = Duration::from_secs(70);
    house.until("a", limit, |cluster, look| is_well(cluster, look) && has_pod(cluster, "late")).await;
    watchman.check(&house);
}

/// The suite could not fail if nobody noticed this.
#[tokio::test(start_paused = true)]
#[should_panic(expected = "b: tick-1")]
async fn a_neighbour_that_is_held_up_is_noticed() {
    let mut house = House::live(Stage::new(&quiet(&["a", "b", "c"])).await).await;
    let mut watchman = Watchman::begin(&mut house, SOON);
    house.stage.server("b").set_fault(Fault::Freeze);
    watchman.keep(&mut house, Duration::from_secs(30)).await;
}

/// Nor if nobody noticed this.
#[tokio::test(start_paused = true)]
#[should_panic(expected = "c: ")]
async fn a_neighbour_that_misses_a_heartbeat_is_noticed() {
    let mut house = House::live(Stage::new(&quiet(&["a", "b", "c"])).await).await;
    let mut watchman = Watchman::begin(&mut house, SOON);
    let fault = Fault::Stall(Cut { on: Requests::Checks, ..Cut::default() });
    house.stage.server("c").set_fault(fault);
    watchman.keep(&mut house, Duration::from_secs(30)).await;
}
