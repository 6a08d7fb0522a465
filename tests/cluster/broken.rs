//! Watches that break in the middle of what they say, over real connections.

use std::sync::Arc;
use std::time::Duration;

use crate::stage::{Open, Stage, quiet};
use fleet_tui::model::detail::{Finding, Inquiry, ObjectRef};
use fleet_tui::model::kind::Kind;
use fleet_tui::model::update::{ClusterCommand, Reading, Update};
use fleet_tui::sim::{Cut, Fault, Place, Requests};
use tokio::time::Instant;

fn watches(at: Place) -> Cut {
    Cut { at, on: Requests::Watches, ..Cut::default() }
}

async fn pods_break(cluster: &mut Open) -> String {
    let broken = |update| match update {
        Update::Reading(Kind::Pods, Reading::Broken { failure, .. }) => Some(failure.summary),
        _ => None,
    };
    cluster.until(broken).await
}

async fn has_pod(cluster: &mut Open, name: &'static str) {
    let has = |update| match update {
        Update::Pods(delta) => delta.rows.iter().any(|row| &*row.name == name).then_some(()),
        _ => None,
    };
    cluster.until(has).await;
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_stalls_in_the_middle_of_an_event_says_so_within_seconds_and_loses_nothing() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let mut cluster = stage.open("a");
    cluster.live().await;
    stage.server("a").set_fault(Fault::Stall(watches(Place::MidFrame)));
    stage.server("a").add_pod("a-apps", "late");
    let start = Instant::now();
    assert_eq!(pods_break(&mut cluster).await, "the server stopped in the middle of an event");
    assert!(start.elapsed() <= Duration::from_secs(11), "{:?}", start.elapsed());
    stage.server("a").clear_faults();
    let start = Instant::now();
    has_pod(&mut cluster, "late").await;
    assert!(start.elapsed() <= Duration::from_secs(12), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn noise_in_the_place_of_events_is_noticed_at_once() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let mut cluster = stage.open("a");
    cluster.live().await;
    stage.server("a").set_fault(Fault::Garbage(Cut { after_bytes: 0, ..watches(Place::MidBody) }));
    stage.server("a").add_pod("a-apps", "late");
    let start = Instant::now();
    let failure = pods_break(&mut cluster).await;
    assert!(failure.starts_with("cannot read pods: malformed"), "{failure}");
    assert!(start.elapsed() <= Duration::from_secs(1), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn the_page_of_an_object_says_so_too() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let server = stage.server("a");
    server.add_pod("a-apps", "looked-at");
    let mut cluster = stage.open("a");
    cluster.live().await;
    let object = ObjectRef { kind: Kind::Pods, namespace: "a-apps".into(), name: "looked-at".into(), uid: None };
    cluster.tell(ClusterCommand::Look(Some(Arc::new(Inquiry::new(object))))).await;
    let live = |update| matches!(update, Update::Found(_, Finding::Reading(Reading::Live))).then_some(());
    cluster.until(live).await;
    server.set_fault(Fault::Stall(watches(Place::MidFrame)));
    assert!(server.delete_pod("a-apps", "looked-at"));
    let start = Instant::now();
    let broken = |update| match update {
        Update::Found(_, Finding::Reading(Reading::Broken { failure, .. })) => Some(failure.summary),
        _ => None,
    };
    assert_eq!(cluster.until(broken).await, "the server stopped in the middle of an event");
    assert!(start.elapsed() <= Duration::from_secs(11), "{:?}", start.elapsed());
}
