//! The pool in virtual time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::time::sleep;

use super::*;
use crate::model::failure::FailureKind;

const LIMIT: Duration = Duration::from_secs(30);

fn id(name: &str) -> ClusterId {
    ClusterId::new(name)
}

fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

/// A pool with a task per number of seconds; each gives its number.
fn pool(workers: usize, times: &[u64]) -> Pool<u64> {
    let pool = Pool::new(workers, LIMIT);
    for (number, time) in times.iter().copied().enumerate() {
        let work = async move {
            sleep(seconds(time)).await;
            Ok(time)
        };
        pool.submit(id(&format!("c{number}")), work).unwrap();
    }
    pool
}

fn refused() -> Failure {
    Failure::new(FailureKind::Refused, "connection refused")
}

#[tokio::test(start_paused = true)]
async fn no_more_than_the_workers_are_at_work_and_the_order_is_that_of_submission() {
    let (busy, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let pool = Pool::new(3, LIMIT);
    for number in 0..10_u64 {
        let (busy, most) = (busy.clone(), most.clone());
        let work = async move {
            most.fetch_max(busy.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            sleep(seconds(10 - number)).await;
            busy.fetch_sub(1, Ordering::SeqCst);
            Ok(number)
        };
        pool.submit(id(&format!("c{number}")), work).unwrap();
    }
    let results = pool.execute(|_, _| {}).await.unwrap();
    assert_eq!(most.load(Ordering::SeqCst), 3);
    let numbers: Vec<u64> = results.ok().map(|(_, number)| *number).collect();
    assert_eq!(numbers, (0..10).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_slow_task_delays_no_other_and_ends_at_its_limit() {
    let started = Instant::now();
    let pool = pool(2, &[600, 1, 2, 3]);
    let mut said = Vec::new();
    let results = pool.execute(|progress, outcome| said.push(format!("{} {progress}", outcome.cluster))).await.unwrap();
    assert_eq!(said, ["c1 1/4 (25%)", "c2 2/4 (50%)", "c3 3/4 (75%)", "c0 4/4 (100%)"]);
    assert_eq!(started.elapsed(), LIMIT);
    let failed: Vec<String> = results.failed().map(|(cluster, why)| format!("{cluster}: {why}")).collect();
    assert_eq!(failed, ["c0: not done within 30s"]);
}

#[tokio::test(start_paused = true)]
async fn failures_and_panics_are_outcomes_like_any_other() {
    let pool = pool(4, &[1]);
    pool.submit(id("down"), async { Err(refused()) }).unwrap();
    pool.submit(id("bug"), async { panic!("a bug of ours") }).unwrap();
    let results = pool.execute(|_, _| {}).await.unwrap();
    assert_eq!(results.iter().len(), 3);
    assert_eq!(results.ok().count(), 1);
    let failed: Vec<String> = results.failed().map(|(_, why)| why.to_string()).collect();
    assert_eq!(failed, ["connection refused", "an internal error"]);
}

#[tokio::test(start_paused = true)]
async fn cancelling_ends_what_is_at_work_and_starts_nothing_more() {
    let pool = pool(2, &[5, 20, 20, 20]);
    let cancel = async {
        sleep(seconds(10)).await;
        pool.cancel();
    };
    let started = Instant::now();
    let (results, ()) = tokio::join!(pool.execute(|_, _| {}), cancel);
    assert_eq!(started.elapsed(), seconds(10));
    let results = results.unwrap();
    assert_eq!((results.iter().len(), results.ok().count()), (4, 1));
    assert!(results.failed().all(|(_, why)| *why == TaskError::Cancelled));
}

#[tokio::test(start_paused = true)]
async fn there_is_one_execution_at_a_time_and_no_task_is_added_to_it() {
    let pool = pool(1, &[10]);
    let meanwhile = async {
        sleep(seconds(1)).await;
        assert_eq!(pool.submit(id("late"), async { Ok(0) }), Err(PoolError::Running));
        assert_eq!(pool.execute(|_, _| {}).await.unwrap_err(), PoolError::Running);
    };
    let (results, ()) = tokio::join!(pool.execute(|_, _| {}), meanwhile);
    assert_eq!(results.unwrap().ok().count(), 1);
    pool.submit(id("next"), async { Ok(7) }).unwrap();
    assert_eq!(pool.task_count(), 1);
    assert_eq!(pool.execute(|_, _| {}).await.unwrap().ok().count(), 1, "the next execution has its own tasks only");
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_waits_for_the_execution_and_takes_nothing_more() {
    let pool = pool(1, &[3]);
    let end = async {
        sleep(seconds(1)).await;
        pool.shut_down(seconds(5)).await
    };
    let (results, end) = tokio::join!(pool.execute(|_, _| {}), end);
    assert_eq!((results.unwrap().ok().count(), end), (1, Ok(())));
    assert_eq!(pool.submit(id("late"), async { Ok(0) }), Err(PoolError::ShuttingDown));
    assert_eq!(pool.execute(|_, _| {}).await.unwrap_err(), PoolError::ShuttingDown);
    assert_eq!(pool.shut_down(seconds(5)).await, Err(PoolError::AlreadyShutDown));
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_that_takes_too_long_cuts_the_execution_off() {
    let pool = pool(1, &[20]);
    let started = Instant::now();
    let (results, end) = tokio::join!(pool.execute(|_, _| {}), pool.shut_down(seconds(5)));
    assert_eq!(end, Err(PoolError::ShutdownTimeout));
    assert_eq!(started.elapsed(), seconds(5));
    assert_eq!(results.unwrap().failed().next().unwrap().1, &TaskError::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn an_execution_that_is_dropped_is_over() {
    let pool = pool(1, &[20]);
    assert!(timeout(seconds(1), pool.execute(|_, _| {})).await.is_err());
    assert_eq!(pool.shut_down(seconds(5)).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn the_figures_add_up() {
    let pool = pool(10, &[1, 2, 6]);
    pool.submit(id("c0"), async { Err(refused()) }).unwrap();
    let results = pool.execute(|_, _| {}).await.unwrap();
    let summary = results.summary();
    assert_eq!((summary.total, summary.ok, summary.failed), (4, 3, 1));
    assert_eq!((summary.min, summary.max), (Duration::ZERO, seconds(6)));
    assert_eq!(summary.average, Duration::from_millis(2_250));
    assert!((summary.success_rate - 0.75).abs() < 1e-9 && (summary.failure_rate - 0.25).abs() < 1e-9);
    assert_eq!(results.of(&id("c0")).count(), 2);
    assert_eq!(results.by_cluster().len(), 3);
    let nothing = Pool::<u64>::new(1, LIMIT).execute(|_, _| {}).await.unwrap().summary();
    assert_eq!((nothing.total, nothing.average), (0, Duration::ZERO));
}

#[test]
fn a_task_without_a_cluster_is_refused() {
    let error = Pool::<u64>::new(1, LIMIT).submit(id(""), async { Ok(0) }).unwrap_err();
    assert_eq!(error.to_string(), "task must have a cluster name");
}
