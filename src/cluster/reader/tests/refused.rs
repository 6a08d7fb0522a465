//! What could be read before and is forbidden now: it is asked for again soon, for refusals may pass.

use super::*;

fn soon() -> ReadLimits {
    ReadLimits { refused: Duration::from_secs(1), jitter: Jitter::percent(0), ..quick() }
}

/// Takes the permission away from what is live: the watch, then the list.
async fn withdrawn(bench: &mut Bench, path: &str) {
    bench.asked_for(&format!("{path}?watch=true")).await.refuse(403, "no").await;
    bench.asked_for(&format!("{path}?resourceVersion=7&")).await.refuse(403, "no").await;
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_was_readable_is_asked_for_again_within_seconds_and_then_less_and_less() {
    let mut bench = Bench::start::<Node>(soon(), &[]);
    assert_eq!(bench.reading().await, Reading::Waiting);
    let stream = bench.asked_for("sendInitialEvents=true").await.answer(200);
    stream.send(&(event("ADDED", "a", 5) + &end(7))).await;
    while !matches!(bench.update().await, Update::Reading(_, Reading::Live)) {}
    tokio::time::sleep(Duration::from_secs(10)).await;
    drop(stream);
    withdrawn(&mut bench, "/api/v1/nodes").await;
    while !matches!(bench.update().await, Update::Reading(_, Reading::Forbidden(_))) {}
    for seconds in [1, 2, 4] {
        let start = Instant::now();
        bench.asked_for("sendInitialEvents=true").await.refuse(403, "no").await;
        assert_eq!(start.elapsed().as_secs(), seconds);
        bench.asked_for("?resourceVersion=0").await.refuse(403, "no").await;
    }
    let again = bench.asked_for("sendInitialEvents=true").await.answer(200);
    again.send(&(event("ADDED", "a", 5) + &end(9))).await;
    while !matches!(bench.update().await, Update::Reading(_, Reading::Live)) {}
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_never_was_readable_is_asked_for_at_survey_pace() {
    let mut bench = Bench::start::<Node>(ReadLimits { survey: Duration::from_secs(10), ..soon() }, &[]);
    for pause in [0, 10] {
        let start = Instant::now();
        bench.asked_for("watch=true").await.refuse(403, "no").await;
        assert_eq!(start.elapsed().as_secs(), pause);
        bench.asked_for("?resourceVersion=0").await.refuse(403, "no").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_whole_that_is_permitted_again_is_read_in_the_place_of_its_namespaces() {
    let (mut bench, stream) = Bench::live(soon()).await;
    bench.scopes.send_replace(plan(&["team-a"]));
    tokio::time::sleep(Duration::from_secs(10)).await;
    drop(stream);
    withdrawn(&mut bench, "/api/v1/pods").await;
    let stream = bench.asked_for("/api/v1/namespaces/team-a/pods?watch=true").await.answer(200);
    stream.send(&(event("ADDED", "a", 5) + &end(7))).await;
    while !matches!(bench.update().await, Update::Reading(_, Reading::Live)) {}
    let start = Instant::now();
    bench.asked_for("/api/v1/pods?limit=1").await.refuse(403, "no").await;
    bench.asked_for("/api/v1/pods?limit=1").await.list(8, &["a"]).await;
    assert_eq!(start.elapsed().as_secs(), 3);
    let delta = bench.delta().await;
    assert!(delta.scope == Scope::Namespace("team-a".into()) && delta.complete && delta.rows.is_empty());
    bench.asked_for("/api/v1/pods?watch=true&sendInitialEvents=true").await;
    assert!(stream.0.is_closed(), "nobody reads the namespace by itself any more");
}
