//! The network changes under open clusters.

use std::time::Duration;

use crate::stage::{Stage, Way, quiet};
use fleet_tui::cluster::supervisor::check;
use fleet_tui::model::update::{BeatOutcome, ClusterCommand, Link, Reading, Update};
use fleet_tui::sim::{Cut, Fault, Requests};
use tokio::time::Instant;

/// Fails on any word of trouble.
fn is_calm(seen: &[Update]) {
    for update in seen {
        match update {
            Update::Beat(beat) => assert_eq!(beat.outcome, BeatOutcome::Ready),
            Update::Link(link) => panic!("the link moved to {link:?}"),
            Update::Reading(kind, reading) => assert_eq!(*reading, Reading::Live, "{kind:?}"),
            _ => {}
        }
    }
}

#[tokio::test(start_paused = true)]
async fn after_the_delay_every_socket_is_new_and_no_row_or_word_is_lost() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let (wire, server) = (stage.wire("a"), stage.server("a"));
    let mut cluster = stage.open("a");
    cluster.live().await;
    is_calm(&cluster.during(Duration::from_secs(1)).await);
    let (dialled, open, asked) = (wire.dialled(), wire.open(), server.requests().len());
    cluster.tell(ClusterCommand::Reconnect(Duration::from_secs(3))).await;
    is_calm(&cluster.during(Duration::from_millis(2_900)).await);
    assert_eq!(wire.dialled(), dialled, "not before the delay");
    let seen = cluster.during(Duration::from_millis(200)).await;
    assert!(seen.iter().any(|update| matches!(update, Update::Beat(_))), "it beats at once");
    is_calm(&seen);
    is_calm(&cluster.during(Duration::from_secs(30)).await);
    assert!(wire.dialled() >= dialled + 5, "four watches and the heart have new sockets");
    assert!(wire.open() <= open + 1, "the old ones are gone");
    let later = server.requests().split_off(asked);
    let watches: Vec<_> =
        later.iter().filter(|request| request.starts_with("GET /api/v1/") && request.contains("watch=true")).collect();
    assert_eq!(watches.len(), 4, "{watches:?}");
    assert!(watches.iter().all(|request| !request.contains("sendInitialEvents")), "each goes on from its version");
    server.add_pod("a-apps", "late");
    let pods = cluster.until(|update| if let Update::Pods(delta) = update { Some(delta) } else { None }).await;
    assert!(!pods.restart && pods.rows.iter().any(|row| &*row.name == "late"));
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_in_the_moment_of_a_cut_goes_over_a_new_socket_and_not_over_one_that_ends() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let (connection, _) = check(stage.target("a"), stage.limits.clone()).await.unwrap();
    for _ in 0..5 {
        connection.get_text("/readyz", Duration::from_secs(5)).await.unwrap();
        // The socket that is kept for the next question is still open, though it is to end.
        connection.current().1.transport.cut();
    }
    connection.get_text("/readyz", Duration::from_secs(5)).await.unwrap();
    assert_eq!(*connection.faults().borrow(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_hangs_on_the_old_network_is_asked_again_on_the_new_one_without_a_word() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let (wire, server) = (stage.wire("a"), stage.server("a"));
    let mut cluster = stage.open("a");
    cluster.live().await;
    wire.lose();
    server.add_pod("a-apps", "late");
    // The next heartbeat is on its way, and would be missed.
    is_calm(&cluster.during(Duration::from_secs(6)).await);
    cluster.tell(ClusterCommand::Reconnect(Duration::ZERO)).await;
    let seen = cluster.during(Duration::from_secs(1)).await;
    assert!(seen.iter().any(|update| matches!(update, Update::Beat(_))), "it beats at once");
    let late =
        |update: &Update| matches!(update, Update::Pods(delta) if delta.rows.iter().any(|row| &*row.name == "late"));
    assert!(seen.iter().any(late), "and is current at once");
    is_calm(&seen);
}

#[tokio::test(start_paused = true)]
async fn when_failures_on_the_way_add_up_what_still_flows_goes_over_new_connections_too() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let server = stage.server("a");
    let mut cluster = stage.open("a");
    cluster.live().await;
    server.set_fault(Fault::Reset(Cut { on: Requests::Checks, ..Cut::default() }));
    // Rows flow all the while: a watch that is silent would be opened anew in any case.
    for number in 0.. {
        server.add_pod("a-apps", &format!("flows-{number}"));
        let seen = cluster.during(Duration::from_secs(1)).await;
        if seen.iter().any(|update| matches!(update, Update::Link(Link::Rebuilt))) {
            break;
        }
    }
    server.clear_faults();
    cluster.during(Duration::from_secs(1)).await;
    let requests = server.requests();
    let is_watch = |request: &&String| request.starts_with("GET /api/v1/pods?") && request.contains("watch=true");
    assert_eq!(requests.iter().filter(is_watch).count(), 2, "{requests:#?}");
}

#[tokio::test(start_paused = true)]
async fn dead_watches_nobody_tells_of_are_noticed_by_the_heart() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let mut cluster = stage.open("a");
    cluster.live().await;
    stage.wire("a").lose();
    stage.server("a").add_pod("a-apps", "late");
    let start = Instant::now();
    let late = |update| match update {
        Update::Pods(delta) => delta.rows.iter().any(|row| &*row.name == "late").then_some(()),
        _ => None,
    };
    cluster.until(late).await;
    assert!(start.elapsed() <= Duration::from_secs(20), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_waits_for_its_next_try_tries_when_the_network_changes() {
    let mut stage = Stage::new(&quiet(&["a"])).await;
    stage.limits.backoff = (Duration::from_secs(500), Duration::from_secs(500));
    stage.wire("a").set(Way::Refused);
    let mut cluster = stage.open("a");
    assert_eq!(cluster.link().await, Link::Connecting);
    assert!(matches!(cluster.link().await, Link::Down { .. }));
    stage.wire("a").set(Way::Open);
    cluster.tell(ClusterCommand::Reconnect(Duration::from_secs(2))).await;
    let start = Instant::now();
    assert_eq!(cluster.link().await, Link::Connecting);
    assert_eq!(cluster.link().await, Link::Up);
    assert_eq!(start.elapsed().as_secs(), 2);
}

#[tokio::test(start_paused = true)]
async fn connecting_over_a_network_that_is_gone_starts_anew_on_the_next_one() {
    let stage = Stage::new(&quiet(&["a"])).await;
    stage.wire("a").set(Way::Blackhole);
    let mut cluster = stage.open("a");
    assert_eq!(cluster.link().await, Link::Connecting);
    tokio::time::sleep(Duration::from_secs(1)).await;
    stage.wire("a").set(Way::Open);
    cluster.tell(ClusterCommand::Reconnect(Duration::from_secs(1))).await;
    let start = Instant::now();
    assert_eq!(cluster.link().await, Link::Up);
    assert_eq!(start.elapsed().as_secs(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_server_frozen_in_mid_watch_is_noticed_within_ten_seconds_and_current_one_probe_after_it_thaws() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let server = stage.server("a");
    let mut cluster = stage.open("a");
    cluster.live().await;
    server.set_fault(Fault::Freeze);
    let frozen = Instant::now();
    let missed = |update| match update {
        Update::Beat(beat) if beat.outcome != BeatOutcome::Ready => Some(()),
        _ => None,
    };
    cluster.until(missed).await;
    assert!(frozen.elapsed() <= Duration::from_secs(10), "{:?}", frozen.elapsed());
    server.add_pod("a-apps", "late");
    cluster.during(Duration::from_secs(45)).await;
    server.clear_faults();
    let thawed = Instant::now();
    let late = |update| match update {
        Update::Pods(delta) => delta.rows.iter().any(|row| &*row.name == "late").then_some(()),
        _ => None,
    };
    cluster.until(late).await;
    assert!(thawed.elapsed() <= Duration::from_secs(10), "{:?}", thawed.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_came_back_and_is_restarted_at_once_is_not_waited_for_as_long_as_it_was_away() {
    let mut stage = Stage::new(&quiet(&["a"])).await;
    // New connections would wake whatever waits, too; they are made once a minute at most.
    stage.limits.transport_failures = 1_000;
    let server = stage.server("a");
    let mut cluster = stage.open("a");
    cluster.live().await;
    stage.wire("a").set(Way::Refused);
    server.set_fault(Fault::Refuse);
    cluster.during(Duration::from_secs(120)).await;
    let has = |name: &'static str| {
        move |update| match update {
            Update::Pods(delta) => delta.rows.iter().any(|row| &*row.name == name).then_some(()),
            _ => None,
        }
    };
    server.add_pod("a-apps", "back");
    server.clear_faults();
    stage.wire("a").set(Way::Open);
    cluster.until(has("back")).await;
    cluster.during(Duration::from_secs(1)).await;
    server.set_fault(Fault::Restart);
    server.add_pod("a-apps", "again");
    let restarted = Instant::now();
    cluster.until(has("again")).await;
    assert!(restarted.elapsed() <= Duration::from_secs(3), "{:?}", restarted.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_upgraded_without_being_away_says_so_at_the_pace_of_surveys() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let mut cluster = stage.open("a");
    cluster.live().await;
    stage.server("a").set_fault(Fault::Version { version: "v1.37.1".to_owned() });
    let upgraded = Instant::now();
    let told = cluster.until(|update| if let Update::Version(version) = update { Some(version) } else { None }).await;
    assert_eq!(told, "v1.37.1");
    assert!(upgraded.elapsed() <= stage.limits.survey.interval, "{:?}", upgraded.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_was_reached_and_is_not_any_more_misses_a_beat_with_every_attempt() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let missed = |seen: &[Update]| {
        let missed =
            |update: &&Update| matches!(update, Update::Beat(beat) if matches!(beat.outcome, BeatOutcome::Missed(_)));
        seen.iter().filter(missed).count()
    };
    let down = |seen: &[Update]| seen.iter().filter(|update| matches!(update, Update::Link(Link::Down { .. }))).count();
    let mut cluster = stage.open("a");
    cluster.live().await;
    // The verdict ends the session and its heartbeats; then the way there is lost too.
    stage.server("a").set_fault(Fault::Unauthorized);
    assert!(matches!(cluster.link().await, Link::Down { auth_attempts: 1, .. }));
    stage.wire("a").set(Way::Refused);
    let seen = cluster.during(Duration::from_secs(60)).await;
    assert!(missed(&seen) >= 3, "{seen:?}");
    assert_eq!(missed(&seen), down(&seen));
    // Never reached, it has no heart that could miss a beat.
    let mut never = stage.open("a");
    let seen = never.during(Duration::from_secs(60)).await;
    assert!(down(&seen) >= 3 && missed(&seen) == 0, "{seen:?}");
}
