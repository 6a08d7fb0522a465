//! Clusters that are surveyed instead of watched.

use std::time::Duration;

use crate::stage::{Stage, Way, quiet};
use fleet_tui::model::kind::Kind;
use fleet_tui::model::update::{BeatOutcome, ClusterCommand, Link, Reading, ReadingMode, Update};
use fleet_tui::sim::{Cut, Fault, Resource};
use tokio::time::Instant;

const SURVEY: ClusterCommand = ClusterCommand::Reading(ReadingMode::Survey);
const WATCH: ClusterCommand = ClusterCommand::Reading(ReadingMode::Watch);

fn asked(requests: &[String], part: &str) -> usize {
    requests.iter().filter(|request| request.contains(part)).count()
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_is_to_be_surveyed_before_it_is_connected_is_never_watched() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let mut cluster = stage.open("a");
    cluster.tell(SURVEY).await;
    let start = Instant::now();
    let survey = cluster.survey().await;
    assert!(start.elapsed() <= Duration::from_secs(2), "{:?}", start.elapsed());
    let server = stage.server("a");
    assert_eq!(survey.nodes, Some((2, 2)));
    let pods = survey.pods.unwrap();
    assert_eq!(pods.running + pods.pending + pods.failed, server.count(Resource::Pods, None));
    assert_eq!((survey.warnings, survey.forbidden.as_slice()), (None, &[][..]));
    let second = Instant::now();
    cluster.survey().await;
    let pace = second.elapsed().as_secs_f64();
    assert!((216.0..=240.0).contains(&pace), "{pace}");
    let requests = server.requests();
    // Discovery watches for new kinds in any case.
    let watched =
        requests.iter().filter(|request| request.starts_with("GET /api/v1/") && request.contains("watch=true"));
    assert_eq!((watched.count(), asked(&requests, "/events")), (0, 0));
    assert_eq!(asked(&requests, "/api/v1/pods?fieldSelector=status.phase%21%3DSucceeded"), 2);
}

#[tokio::test(start_paused = true)]
async fn the_watches_end_with_their_sockets_and_come_back_at_once_while_the_heart_goes_on() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let wire = stage.wire("a");
    let mut cluster = stage.open("a");
    cluster.live().await;
    assert!(wire.open() >= 4, "a socket per watch");
    cluster.tell(SURVEY).await;
    cluster.survey().await;
    let seen = cluster.during(Duration::from_secs(60)).await;
    let beats = seen.iter().filter(|update| matches!(update, Update::Beat(beat) if beat.outcome == BeatOutcome::Ready));
    assert!(beats.count() >= 11);
    assert!(!seen.iter().any(|update| matches!(update, Update::Pods(_) | Update::Reading(..) | Update::Link(_))));
    cluster.tell(ClusterCommand::Active(false)).await;
    cluster.during(Duration::from_secs(120)).await;
    // Connections that nobody uses are given up; the budget of a cluster that is not in front.
    assert!(wire.open() <= 3, "{} sockets", wire.open());
    let start = Instant::now();
    cluster.tell(WATCH).await;
    cluster.live().await;
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_is_forbidden_is_left_out_alone_and_not_asked_again() {
    let user = "[cluster.user]\nname = \"low\"\nallowed_namespaces = [\"a-apps\"]\ncontext_namespace = \"a-apps\"\n";
    let stage = Stage::new(&format!("{}{user}", quiet(&["a"]))).await;
    let mut cluster = stage.open("a");
    cluster.tell(SURVEY).await;
    for _ in 0..3 {
        let survey = cluster.survey().await;
        assert_eq!((survey.nodes, survey.forbidden.as_slice()), (None, &["nodes".to_owned()][..]));
        let pods = survey.pods.unwrap();
        let all = stage.server("a").count(Resource::Pods, Some("a-apps"));
        assert_eq!(pods.running + pods.pending + pods.failed, all);
    }
    assert_eq!(asked(&stage.server("a").requests(), "/api/v1/nodes"), 1);
}

#[tokio::test(start_paused = true)]
async fn events_are_looked_at_when_something_is_unwell() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let mut cluster = stage.open("a");
    cluster.tell(SURVEY).await;
    assert_eq!(cluster.survey().await.warnings, None);
    let server = stage.server("a");
    let dump = server.dump();
    let node = dump.lines().find_map(|line| line.strip_prefix("nodes ")?.split(' ').next()).unwrap();
    assert!(server.set_node_ready(node, false));
    let survey = cluster.survey().await;
    assert_eq!(survey.nodes, Some((2, 1)));
    assert_eq!(survey.unwell_nodes.0, 1);
    assert!(survey.warnings.is_some());
    assert_eq!(asked(&server.requests(), "/api/v1/events?limit=50"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_survey_that_fails_three_times_says_so_and_comes_back_with_the_server() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let mut cluster = stage.open("a");
    cluster.tell(SURVEY).await;
    cluster.survey().await;
    let server = stage.server("a");
    // The heart beats on while lists stall, until the next survey has tried three times.
    server.set_fault(Fault::Stall(Cut::lists(0)));
    let start = Instant::now();
    let broken = cluster.until(|update| match update {
        Update::Reading(kind, Reading::Broken { .. }) => Some(kind),
        Update::Survey(_) => panic!("a survey of a stalled server"),
        _ => None,
    });
    assert_eq!(broken.await, Kind::Nodes);
    let took = start.elapsed().as_secs();
    assert!((216 + 90..=240 + 95).contains(&took), "{took} s");
    assert_eq!(cluster.link().await, Link::Rebuilding, "three in a row are as bad as a dead transport");
    server.clear_faults();
    let polled = cluster.until(|update| match update {
        Update::Reading(Kind::Nodes, Reading::Polled(_)) => Some(()),
        _ => None,
    });
    polled.await;
    cluster.survey().await;
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_comes_back_is_surveyed_at_once() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let mut cluster = stage.open("a");
    cluster.tell(SURVEY).await;
    cluster.survey().await;
    let (wire, server) = (stage.wire("a"), stage.server("a"));
    server.set_fault(Fault::Freeze);
    wire.set(Way::Refused);
    cluster
        .until(|update| match update {
            Update::Beat(beat) if matches!(beat.outcome, BeatOutcome::Missed(_)) => Some(()),
            _ => None,
        })
        .await;
    server.clear_faults();
    wire.set(Way::Open);
    let start = Instant::now();
    let survey = cluster.survey().await;
    assert!(start.elapsed() <= Duration::from_secs(20), "{:?}", start.elapsed());
    assert!(survey.warnings.is_some(), "its health has changed");
}
