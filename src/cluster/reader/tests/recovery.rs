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
