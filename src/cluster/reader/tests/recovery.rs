//! Streams that break in the middle, again and again: when they are given up, and what counts as a recovery.

use super::*;
use crate::model::failure::Failure;

/// Half of an event, as a server leaves it that dies while it writes.
fn half(name: &str) -> String {
    let whole = event("MODIFIED", name, 8);
    whole[..whole.len() / 2].to_owned()
}

async fn broken(bench: &mut Bench) -> Failure {
    match bench.reading().await {
        Reading::Broken { failure, .. } => failure,
        other => panic!("{other:?} instead of broken"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_stops_in_the_middle_of_an_event_is_given_up_within_ten_seconds_and_goes_on_from_before_it() {
    let (mut bench, stream) = Bench::live(quick()).await;
    stream.send(&half("a")).await;
    let start = Instant::now();
    let failure = broken(&mut bench).await;
    assert_eq!(start.elapsed().as_secs(), 10);
    assert_eq!(failure, Failure::new(FailureKind::Timeout, "the server stopped in the middle of an event"));
    let again = bench.asked_for("&resourceVersion=7&").await.answer(200);
    assert!(stream.0.is_closed(), "the old stream is given up");
    again.send(&event("MODIFIED", "a", 8)).await;
    while !matches!(bench.update().await, Update::Pods(_)) {}
}

#[tokio::test(start_paused = true)]
async fn an_event_that_comes_slowly_is_waited_for_and_between_events_silence_says_nothing() {
    let (mut bench, stream) = Bench::live(quick()).await;
    for byte in event("MODIFIED", "a", 8).chars() {
        tokio::time::sleep(Duration::from_secs(2)).await;
        stream.send(&byte.to_string()).await;
    }
    assert_eq!(names(&bench.delta().await), ["a"]);
    tokio::time::sleep(Duration::from_secs(60)).await;
    stream.send(&event("MODIFIED", "a", 9)).await;
    assert_eq!(names(&bench.delta().await), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_opens_and_breaks_again_and_again_stays_broken_and_is_tried_less_and_less() {
    let second = Duration::from_secs(1);
    let (mut bench, stream) =
        Bench::live(ReadLimits { backoff: (second, 30 * second), jitter: Jitter::percent(0), ..quick() }).await;
    stream.send(&half("a")).await;
    stream.cut().await;
    broken(&mut bench).await;
    let mut waits = Vec::new();
    for _ in 0..5 {
        let start = Instant::now();
        let again = bench.asked_for("&resourceVersion=7&").await.answer(200);
        waits.push(start.elapsed().as_secs_f64().ceil());
        again.send(&half("a")).await;
        again.cut().await;
        // Nothing is told of its opening.
        assert_eq!(broken(&mut bench).await.kind, FailureKind::Closed);
    }
    assert_eq!(waits, [1.0, 2.0, 4.0, 8.0, 16.0]);
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_broke_is_live_again_once_an_event_has_come_whole_or_it_has_stood_for_seconds() {
    let (mut bench, stream) = Bench::live(quick()).await;
    stream.send("{\"type\":\"MODIFIED\",\"object\":[]}\n").await;
    broken(&mut bench).await;
    let again = bench.asked_for("&resourceVersion=7&").await.answer(200);
    let start = Instant::now();
    again.send(&event("MODIFIED", "a", 8)).await;
    assert_eq!(names(&bench.delta().await), ["a"]);
    assert_eq!(bench.reading().await, Reading::Live);
    assert!(start.elapsed() < Duration::from_secs(1));
    again.send("{\"type\":\"MODIFIED\",\"object\":[]}\n").await;
    broken(&mut bench).await;
    let _stands = bench.asked_for("&resourceVersion=8&").await.answer(200);
    let start = Instant::now();
    assert_eq!(bench.reading().await, Reading::Live);
    assert_eq!(start.elapsed().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_was_refused_is_live_again_as_soon_as_it_is_opened() {
    let (mut bench, stream) = Bench::live(quick()).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    drop(stream);
    bench.asked_for("&resourceVersion=7&").await.refuse(503, "not yet").await;
    broken(&mut bench).await;
    let _stands = bench.asked_for("&resourceVersion=7&").await.answer(200);
    let start = Instant::now();
    assert_eq!(bench.reading().await, Reading::Live);
    assert!(start.elapsed() < Duration::from_secs(1));
}
