//! What an open cluster costs while nobody looks at it, in sockets and requests.

use std::time::Duration;

use crate::stage::{Open, Stage, Wire, quiet};
use fleet_tui::model::kind::Kind;
use fleet_tui::model::update::{ClusterCommand, Reading, Update};
use tokio::time::Instant;

/// Long enough for a cluster that went behind to come to rest: its watches linger, unused connections are given up.
const REST: Duration = Duration::from_secs(200);
/// `survey.interval`.
const PACE: u64 = 240;

async fn rested(stage: &Stage) -> (Open, Wire) {
    let (mut cluster, wire) = (stage.open("a"), stage.wire("a"));
    cluster.live().await;
    cluster.tell(ClusterCommand::Active(false)).await;
    let seen = cluster.during(REST).await;
    for kind in [Kind::Events, Kind::Namespaces] {
        let rests = |update: &Update| matches!(update, Update::Reading(of, Reading::Polled(_)) if *of == kind);
        assert!(seen.iter().any(rests), "{kind:?}");
    }
    (cluster, wire)
}

#[tokio::test(start_paused = true)]
async fn a_cluster_behind_rests_on_three_sockets_and_asks_for_little() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let (mut cluster, wire) = rested(&stage).await;
    assert_eq!(wire.open(), 3, "pods, nodes, heartbeat");
    let (before, dialled) = (stage.server("a").requests().len(), wire.dialled());
    let seen = cluster.during(Duration::from_secs(2 * PACE)).await;
    let requests = stage.server("a").requests();
    let heartbeats = requests[before..].iter().filter(|request| request.contains("/readyz")).count();
    let others: Vec<&String> = requests[before..].iter().filter(|request| !request.contains("/readyz")).collect();
    assert!((28..=36).contains(&heartbeats), "{heartbeats} heartbeats in {} s", 2 * PACE);
    let asked = |part: &str| others.iter().filter(|request| request.contains(part)).count();
    let resting = others.iter().filter(|request| request.ends_with("timeoutSeconds=1")).count();
    // A catch-up of each of what rests and the version at every pace; the other watches as the server ends them.
    assert_eq!((resting, asked("/version")), (4, 2), "{others:#?}");
    let (watches, metrics) = (asked("watch=true") - 4, asked("/metrics.k8s.io/"));
    assert!(watches <= 4 && metrics <= 3, "{others:#?}");
    assert_eq!(4 + 2 + watches + metrics, others.len(), "nothing else: {others:#?}");
    assert_eq!(wire.open(), 3);
    assert!(wire.dialled() - dialled <= 6, "{} new connections", wire.dialled() - dialled);
    let news = |update: &&Update| !matches!(update, Update::Beat(_) | Update::Usage(_) | Update::Metered(..));
    assert!(seen.iter().filter(news).count() <= 4, "{:?}", seen.iter().filter(news).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_cluster_whose_network_changed_rests_on_as_few_sockets_as_any() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let (mut cluster, wire) = (stage.open("a"), stage.wire("a"));
    cluster.live().await;
    cluster.tell(ClusterCommand::Reconnect(Duration::ZERO)).await;
    cluster.during(Duration::from_secs(5)).await;
    cluster.tell(ClusterCommand::Active(false)).await;
    cluster.during(REST).await;
    assert_eq!(wire.open(), 3, "pods, nodes, heartbeat");
}

#[tokio::test(start_paused = true)]
async fn what_rests_is_caught_up_with_at_survey_pace() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let (mut cluster, _wire) = rested(&stage).await;
    let before = stage.server("a").requests().len();
    let (server, start) = (stage.server("a"), Instant::now());
    let dump = server.dump();
    let pod = dump.lines().find_map(|line| line.strip_prefix("pods ")?.split(' ').next()?.split_once('/')).unwrap();
    assert!(server.delete_pod(pod.0, pod.1));
    let events = cluster.until(|update| match update {
        Update::Events(delta) if !delta.rows.is_empty() => Some(delta),
        _ => None,
    });
    let delta = events.await;
    assert!(!delta.restart, "only what changed is read");
    assert!(start.elapsed() <= Duration::from_secs(PACE + 5), "{:?}", start.elapsed());
    let requests = stage.server("a").requests();
    let listed = requests[before..].iter().filter(|request| request.contains("/events") && !request.contains("watch"));
    assert_eq!(listed.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_comes_to_the_front_is_watched_as_a_whole_at_once_and_reads_nothing_anew() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let (mut cluster, _wire) = rested(&stage).await;
    let before = stage.server("a").requests().len();
    let start = Instant::now();
    cluster.tell(ClusterCommand::Active(true)).await;
    let mut resting = vec![Kind::Events, Kind::Namespaces];
    while !resting.is_empty() {
        let kind = cluster.until(|update| match update {
            Update::Reading(kind, Reading::Live) => Some(kind),
            _ => None,
        });
        let kind = kind.await;
        resting.retain(|other| *other != kind);
    }
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    let requests = stage.server("a").requests();
    let anew = |request: &&String| request.contains("/api/v1/") && request.contains("sendInitialEvents");
    assert_eq!(requests[before..].iter().filter(anew).count(), 0, "{:#?}", &requests[before..]);
}

#[tokio::test(start_paused = true)]
async fn when_something_got_worse_what_rests_is_caught_up_with_soon_but_not_again_and_again() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let (mut cluster, wire) = rested(&stage).await;
    let server = stage.server("a");
    let asked = |from: usize| -> Vec<String> {
        server.requests()[from..].iter().filter(|request| request.contains("/events")).cloned().collect()
    };
    let dump = server.dump();
    let pod = dump.lines().find_map(|line| line.strip_prefix("pods ")?.split(' ').next()?.split_once('/')).unwrap();
    let before = server.requests().len();
    assert!(server.delete_pod(pod.0, pod.1));
    let start = Instant::now();
    cluster.tell(ClusterCommand::CatchUp).await;
    let events = cluster.until(|update| match update {
        Update::Events(delta) if !delta.rows.is_empty() => Some(delta.restart),
        _ => None,
    });
    assert!(!events.await, "only what changed is read");
    assert!(start.elapsed() <= Duration::from_secs(2), "{:?}", start.elapsed());
    for _ in 0..10 {
        cluster.tell(ClusterCommand::CatchUp).await;
        cluster.during(Duration::from_secs(1)).await;
    }
    assert_eq!(asked(before).len(), 1, "{:#?}", asked(before));
    cluster.during(Duration::from_secs(10)).await;
    assert_eq!(asked(before).len(), 2, "one answers all that came meanwhile: {:#?}", asked(before));
    cluster.during(REST).await;
    assert_eq!((asked(before).len(), wire.open()), (2, 3));
}
