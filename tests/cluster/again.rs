//! A person asks to try again while the cluster is served: whatever waits does so now.

use std::time::Duration;

use crate::stage::{Stage, quiet};
use fleet_tui::model::kind::Kind;
use fleet_tui::model::update::{ClusterCommand, Reading, Update};
use fleet_tui::sim::{Fault, Requests};
use tokio::time::Instant;

const LONG: Duration = Duration::from_secs(500);

#[tokio::test(start_paused = true)]
async fn a_list_that_waits_for_its_next_try_is_asked_for_at_once() {
    let mut stage = Stage::new(&quiet(&["a"])).await;
    stage.limits.read.backoff = (LONG, LONG);
    // The heart beats well meanwhile: its beats are no reason to try again.
    stage.server("a").set_fault(Fault::Error { code: 500, retry_after: None, on: Requests::Lists });
    let mut cluster = stage.open("a");
    let broken = |update| match update {
        Update::Reading(Kind::Pods, Reading::Broken { .. }) => Some(()),
        _ => None,
    };
    cluster.until(broken).await;
    stage.server("a").clear_faults();
    let seen = cluster.during(Duration::from_secs(60)).await;
    let live = |update: &Update| matches!(update, Update::Reading(Kind::Pods, Reading::Live));
    assert!(!seen.iter().any(live), "not by itself");
    cluster.tell(ClusterCommand::RetryNow).await;
    let seen = cluster.during(Duration::from_secs(1)).await;
    assert!(seen.iter().any(live), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn the_heart_beats_at_once() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let mut cluster = stage.open("a");
    cluster.live().await;
    let beat = |update| if let Update::Beat(_) = update { Some(()) } else { None };
    cluster.until(beat).await;
    cluster.during(Duration::from_secs(1)).await;
    let asked = Instant::now();
    cluster.tell(ClusterCommand::RetryNow).await;
    cluster.until(beat).await;
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
}
