//! A person asks to try again: whatever waits does so now, and what hangs begins anew.

use std::time::Duration;

use crate::stage::{Stage, Way, quiet};
use fleet_tui::model::kind::Kind;
use fleet_tui::model::update::{BeatOutcome, ClusterCommand, Link, Reading, Update};
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

#[tokio::test(start_paused = true)]
async fn an_attempt_that_hangs_begins_anew_at_once() {
    let stage = Stage::new(&quiet(&["a"])).await;
    stage.wire("a").set(Way::Blackhole);
    let mut cluster = stage.open("a");
    assert_eq!(cluster.link().await, Link::Connecting);
    tokio::time::sleep(Duration::from_secs(4)).await;
    // The VPN is up.
    stage.wire("a").set(Way::Open);
    cluster.tell(ClusterCommand::RetryNow).await;
    let asked = Instant::now();
    assert_eq!(cluster.link().await, Link::Up);
    assert!(asked.elapsed() < Duration::from_millis(100), "{:?}", asked.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_has_just_begun_gets_a_moment_before_it_begins_anew() {
    let stage = Stage::new(&quiet(&["a"])).await;
    stage.server("a").set_fault(Fault::latency(Duration::from_millis(1_500), Duration::ZERO));
    let mut cluster = stage.open("a");
    assert_eq!(cluster.link().await, Link::Connecting);
    let start = Instant::now();
    for _ in 0..30 {
        cluster.tell(ClusterCommand::RetryNow).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(cluster.link().await, Link::Up);
    let asked = stage.server("a").requests().iter().filter(|request| request.contains("selfsubjectreviews")).count();
    assert_eq!((asked, start.elapsed().as_secs()), (1, 3), "a server that takes its time is not asked anew for ever");

    stage.wire("a").set(Way::Blackhole);
    let mut cluster = stage.open("a");
    assert_eq!(cluster.link().await, Link::Connecting);
    let start = Instant::now();
    tokio::time::sleep(Duration::from_millis(100)).await;
    stage.server("a").clear_faults();
    stage.wire("a").set(Way::Open);
    cluster.tell(ClusterCommand::RetryNow).await;
    assert_eq!(cluster.link().await, Link::Up);
    assert_eq!(start.elapsed().as_secs(), 2, "nor is it forgotten that somebody asked");
}

#[tokio::test(start_paused = true)]
async fn a_served_cluster_that_was_lost_is_current_as_soon_as_somebody_asks_on_the_network_that_is_back() {
    let mut stage = Stage::new(&quiet(&["a"])).await;
    // New connections would be made by themselves, too.
    stage.limits.transport_failures = 1_000;
    let mut cluster = stage.open("a");
    cluster.live().await;
    stage.wire("a").lose();
    stage.wire("a").set(Way::Blackhole);
    let beat = |update| if let Update::Beat(beat) = update { Some(beat.outcome) } else { None };
    while cluster.until(beat).await == BeatOutcome::Ready {}
    // In the middle of the next beat, which hangs.
    cluster.during(Duration::from_secs(2)).await;
    stage.server("a").add_pod("a-apps", "late");
    stage.wire("a").set(Way::Open);
    cluster.tell(ClusterCommand::RetryNow).await;
    let seen = cluster.during(Duration::from_secs(1)).await;
    assert!(seen.iter().any(|update| matches!(update, Update::Beat(beat) if beat.outcome == BeatOutcome::Ready)));
    let late =
        |update: &Update| matches!(update, Update::Pods(delta) if delta.rows.iter().any(|row| &*row.name == "late"));
    assert!(seen.iter().any(late), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_held_down_is_one_login_a_second() {
    let stage = Stage::new(&quiet(&["a"])).await;
    stage.server("a").set_fault(Fault::Unauthorized);
    let mut cluster = stage.open("a");
    while !matches!(cluster.link().await, Link::Down { .. }) {}
    let probes =
        || stage.server("a").requests().iter().filter(|request| request.contains("selfsubjectreviews")).count();
    let before = probes();
    for _ in 0..60 {
        cluster.tell(ClusterCommand::RetryNow).await;
        cluster.during(Duration::from_millis(66)).await;
    }
    let probed = probes() - before;
    assert!((4..=6).contains(&probed), "{probed}");
}
