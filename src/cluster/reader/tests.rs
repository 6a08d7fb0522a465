//! The reader against an API server whose every answer the test gives by hand. No time passes but what the limits ask
//! for, and those are milliseconds.

mod recovery;
mod refused;

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::StreamBody;
use kube::client::Body;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::*;
use crate::cluster::access::Access;
use crate::cluster::failure::Site;
use crate::cluster::project::node::Node;
use crate::cluster::project::pod::Pod;
use crate::model::failure::FailureKind;
use crate::model::ids::{ClusterId, Generation, Uid};
use crate::model::pod::PodRow;
use crate::model::update::Envelope;

type Chunk = Result<Frame<Bytes>, std::io::Error>;
type Answer = StreamBody<futures::stream::BoxStream<'static, Chunk>>;

/// One request, waiting for its answer.
struct Asked {
    uri: String,
    reply: oneshot::Sender<Response<Answer>>,
}

/// An answer that has begun; dropping it ends the body in good order.
struct Pipe(mpsc::Sender<Chunk>);

impl Pipe {
    async fn send(&self, text: &str) {
        self.0.send(Ok(Frame::data(Bytes::from(text.to_owned())))).await.unwrap();
    }

    async fn cut(self) {
        self.0.send(Err(std::io::ErrorKind::ConnectionReset.into())).await.unwrap();
    }
}

impl Asked {
    fn answer(self, code: u16) -> Pipe {
        let (sender, receiver) = mpsc::channel(64);
        let body = futures::stream::unfold(receiver, async |mut receiver| {
            receiver.recv().await.map(|chunk| (chunk, receiver))
        });
        let response = Response::builder().status(code).header("content-type", "application/json");
        let response = response.body(StreamBody::new(futures::StreamExt::boxed(body))).unwrap();
        assert!(self.reply.send(response).is_ok(), "the reader still waits for its answer");
        Pipe(sender)
    }

    async fn refuse(self, code: u16, message: &str) {
        self.answer(code).send(&format!(r#"{{"kind":"Status","message":"{message}","code":{code}}}"#)).await;
    }

    /// Answers a list as a whole.
    async fn list(self, version: u32, pods: &[&str]) {
        self.answer(200).send(&list(version, "", pods)).await;
    }
}

/// A reader at work, with both of its ends in the test's hands.
struct Bench {
    server: mpsc::Receiver<Asked>,
    updates: mpsc::Receiver<Envelope>,
    scopes: watch::Sender<ScopePlan>,
    kick: watch::Sender<u64>,
    task: JoinHandle<()>,
}

fn quick() -> ReadLimits {
    let brief = Duration::from_millis(2);
    ReadLimits {
        backoff: (brief, brief),
        fold: Duration::ZERO,
        silent: Duration::ZERO,
        survey: Duration::from_secs(3600),
        ..ReadLimits::default()
    }
}

impl Bench {
    fn start<K: Resource>(limits: ReadLimits, namespaces: &[&str]) -> Self {
        let (asked, server) = mpsc::channel(64);
        let service = tower::service_fn(move |request: Request<Body>| {
            let asked = asked.clone();
            async move {
                let (reply, answer) = oneshot::channel();
                let uri = request.uri().to_string();
                asked.send(Asked { uri, reply }).await.expect("the test listens");
                // A test that drops a question leaves it without an answer.
                match answer.await {
                    Ok(response) => Ok::<_, Infallible>(response),
                    Err(_) => std::future::pending().await,
                }
            }
        });
        let access = Access::new(kube::Client::new(service, "default"), Site::default());
        let (sender, updates) = mpsc::channel(256);
        let scopes = watch::Sender::new(plan(namespaces));
        let kick = watch::Sender::new(0);
        let context = ReaderContext {
            connection: Connection::new(access),
            outlet: Outlet::new(ClusterId::new("config:a"), Generation(1), sender),
            scopes: scopes.subscribe(),
            kick: kick.subscribe(),
            refresh: watch::channel((0, None)).1,
            rest: None,
            wanted: None,
            limits,
        };
        Self { server, updates, scopes, kick, task: tokio::spawn(run::<K>(context)) }
    }

    async fn asked(&mut self) -> Asked {
        let asked = tokio::time::timeout(Duration::from_secs(20), self.server.recv()).await;
        asked.expect("the reader asks").expect("the reader lives")
    }

    /// Waits for a question and checks a part of it.
    async fn asked_for(&mut self, part: &str) -> Asked {
        let asked = self.asked().await;
        assert!(asked.uri.contains(part), "{} instead of {part}", asked.uri);
        asked
    }

    async fn update(&mut self) -> Update {
        let update = tokio::time::timeout(Duration::from_secs(20), self.updates.recv()).await;
        update.expect("the reader tells").expect("the reader lives").update
    }

    async fn reading(&mut self) -> Reading {
        match self.update().await {
            Update::Reading(_, reading) => reading,
            other => panic!("{other:?} instead of a reading"),
        }
    }

    async fn delta(&mut self) -> Delta<PodRow> {
        match self.update().await {
            Update::Pods(delta) => delta,
            other => panic!("{other:?} instead of a delta"),
        }
    }

    /// Goes through the streaming list of one pod until it is live.
    async fn live(limits: ReadLimits) -> (Self, Pipe) {
        let mut bench = Self::start::<Pod>(limits, &[]);
        assert_eq!(bench.reading().await, Reading::Waiting);
        let stream = bench.asked_for("sendInitialEvents=true").await.answer(200);
        stream.send(&(event("ADDED", "a", 5) + &end(7))).await;
        while !bench.delta().await.complete {}
        assert_eq!(bench.reading().await, Reading::Live);
        (bench, stream)
    }
}

fn plan(namespaces: &[&str]) -> ScopePlan {
    ScopePlan { namespaces: namespaces.iter().map(|name| Arc::from(*name)).collect() }
}

fn pod(name: &str, version: u32) -> String {
    format!(r#"{{"metadata":{{"name":"{name}","uid":"uid-{name}","resourceVersion":"{version}"}}}}"#)
}

fn event(kind: &str, name: &str, version: u32) -> String {
    format!("{{\"type\":\"{kind}\",\"object\":{}}}\n", pod(name, version))
}

fn end(version: u32) -> String {
    format!(
        "{{\"type\":\"BOOKMARK\",\"object\":{{\"metadata\":{{\"resourceVersion\":\"{version}\",\
         \"annotations\":{{\"k8s.io/initial-events-end\":\"true\"}}}}}}}}\n"
    )
}

fn list(version: u32, token: &str, pods: &[&str]) -> String {
    let items: Vec<String> = pods.iter().map(|name| pod(name, 1)).collect();
    let items = items.join(",");
    format!(r#"{{"metadata":{{"resourceVersion":"{version}","continue":"{token}"}},"items":[{items}]}}"#)
}

fn names(delta: &Delta<PodRow>) -> Vec<&str> {
    let mut names: Vec<&str> = delta.rows.iter().map(|row| &*row.name).collect();
    names.sort_unstable();
    names
}

const EXPIRED: &str = "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"Expired\",\"code\":410}}\n";

#[tokio::test]
async fn the_first_rows_of_a_streaming_list_are_told_before_its_end() {
    let mut bench = Bench::start::<Pod>(quick(), &[]);
    assert_eq!(bench.reading().await, Reading::Waiting);
    let asked = bench.asked_for("/api/v1/pods?watch=true&sendInitialEvents=true").await;
    let stream = asked.answer(200);
    stream.send(&event("ADDED", "a", 5)).await;
    let delta = bench.delta().await;
    assert!(delta.restart && !delta.complete);
    assert_eq!(names(&delta), ["a"]);
    stream.send(&(event("ADDED", "b", 3) + &end(7))).await;
    let delta = bench.delta().await;
    assert!(!delta.restart && delta.complete);
    assert_eq!(names(&delta), ["b"]);
    assert_eq!(bench.reading().await, Reading::Live);
    stream.send(&(event("DELETED", "a", 8) + &event("MODIFIED", "b", 9))).await;
    let delta = bench.delta().await;
    assert_eq!((names(&delta), &*delta.gone), (vec!["b"], &[Uid::parse("uid-a")][..]));
}

#[tokio::test]
async fn a_watch_that_ends_goes_on_from_the_last_version() {
    let (mut bench, stream) = Bench::live(quick()).await;
    stream.send(&event("MODIFIED", "a", 42)).await;
    assert_eq!(names(&bench.delta().await), ["a"]);
    drop(stream);
    let stream = bench.asked_for("allowWatchBookmarks=true&resourceVersion=42&").await.answer(200);
    stream.send(&event("ADDED", "b", 43)).await;
    let delta = bench.delta().await;
    assert!(!delta.restart && !delta.complete, "a resumed watch is no new listing");
    drop(stream);
    bench.asked_for("resourceVersion=43&").await;
}

#[tokio::test]
async fn a_server_without_streaming_lists_is_listed_and_watched_and_that_is_remembered() {
    let mut bench = Bench::start::<Pod>(quick(), &[]);
    assert_eq!(bench.reading().await, Reading::Waiting);
    bench.asked_for("sendInitialEvents=true").await.refuse(422, "sendInitialEvents is forbidden").await;
    bench.asked_for("/api/v1/pods?resourceVersion=0").await.list(11, &["a", "b"]).await;
    let delta = bench.delta().await;
    assert!(delta.restart);
    assert_eq!(names(&delta), ["a", "b"]);
    assert!(delta.complete || bench.delta().await.complete);
    let watch = bench.asked_for("resourceVersion=11&").await.answer(200);
    assert_eq!(bench.reading().await, Reading::Live);
    watch.send(EXPIRED).await;
    bench.asked_for("/api/v1/pods?resourceVersion=11&resourceVersionMatch=NotOlderThan").await;
}

#[tokio::test]
async fn an_expired_watch_lists_again_without_blanking_anything() {
    let (mut bench, stream) = Bench::live(quick()).await;
    stream.send(EXPIRED).await;
    assert_eq!(bench.reading().await, Reading::Waiting, "nothing keeps the rows current until the list is through");
    let again = bench.asked_for("sendInitialEvents=true").await.answer(200);
    again.send(&(event("ADDED", "b", 90) + &end(91))).await;
    let delta = bench.delta().await;
    assert!(delta.restart && delta.gone.is_empty());
    assert_eq!(names(&delta), ["b"]);
    assert!(delta.complete || bench.delta().await.complete);
    assert_eq!(bench.reading().await, Reading::Live);
}

#[tokio::test]
async fn a_server_that_lags_behind_does_not_take_the_rows_back_to_the_past() {
    let (mut bench, stream) = Bench::live(quick()).await;
    stream.send(&event("MODIFIED", "a", 42)).await;
    assert_eq!(names(&bench.delta().await), ["a"]);
    stream.send(EXPIRED).await;
    bench.asked_for("sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=42&").await;
}

#[tokio::test]
async fn what_no_server_can_know_any_more_is_not_waited_for() {
    const NEWEST: &str = "resourceVersionMatch=NotOlderThan&allowWatchBookmarks";
    let (mut bench, stream) = Bench::live(quick()).await;
    stream.send(EXPIRED).await;
    assert_eq!(bench.reading().await, Reading::Waiting);
    // Restored from a backup, it is years behind.
    let words = "Timeout: Too large resource version: 7, current: 3";
    bench.asked_for("&resourceVersion=7&").await.refuse(504, words).await;
    let again = bench.asked_for(NEWEST).await.answer(200);
    again.send(&(event("ADDED", "b", 2) + &end(3))).await;
    while !bench.delta().await.complete {}
    drop(again);
    bench.asked_for("allowWatchBookmarks=true&resourceVersion=3&").await.refuse(410, "too old").await;
    // From then on that is the past nobody is taken back to.
    bench.asked_for("&resourceVersion=3&").await.refuse(410, "too old").await;
    bench.asked_for(NEWEST).await.refuse(410, "too old").await;
    while !matches!(bench.update().await, Update::Reading(_, Reading::Broken { .. })) {}
}

#[tokio::test]
async fn a_stream_that_waits_for_a_version_of_the_future_is_given_up_for_the_newest() {
    let limits = ReadLimits { silent_list: Duration::from_millis(30), ..quick() };
    let (mut bench, stream) = Bench::live(limits).await;
    stream.send(EXPIRED).await;
    let _silent = bench.asked_for("&resourceVersion=7&").await.answer(200);
    bench.asked_for("resourceVersionMatch=NotOlderThan&allowWatchBookmarks").await;
}

#[tokio::test]
async fn a_watch_refused_as_expired_lists_again() {
    let (mut bench, stream) = Bench::live(quick()).await;
    drop(stream);
    bench.asked_for("resourceVersion=7&").await.refuse(410, "too old").await;
    bench.asked_for("sendInitialEvents=true").await;
}

#[tokio::test]
async fn a_kind_of_the_cluster_that_is_forbidden_settles_at_once() {
    let mut bench = Bench::start::<Node>(quick(), &["team-a"]);
    assert_eq!(bench.reading().await, Reading::Waiting);
    bench.asked_for("/api/v1/nodes?watch=true").await.refuse(403, "no watching").await;
    bench.asked_for("/api/v1/nodes?resourceVersion=0").await.refuse(403, "nodes is forbidden").await;
    assert_eq!(bench.reading().await, Reading::Forbidden("nodes is forbidden".to_owned()));
    bench.kick.send_modify(|count| *count += 1);
    bench.asked_for("/api/v1/nodes?watch=true").await;
}

#[tokio::test]
async fn a_kind_that_the_server_does_not_know_is_missing() {
    let mut bench = Bench::start::<Pod>(quick(), &[]);
    assert_eq!(bench.reading().await, Reading::Waiting);
    bench.asked().await.refuse(404, "not found").await;
    assert_eq!(bench.reading().await, Reading::Missing);
}

#[tokio::test]
async fn where_the_whole_is_forbidden_each_namespace_is_read_by_itself() {
    let mut bench = Bench::start::<Pod>(quick(), &["team-a", "team-b"]);
    assert_eq!(bench.reading().await, Reading::Waiting);
    bench.asked_for("/api/v1/pods?watch=true").await.refuse(403, "no").await;
    bench.asked_for("/api/v1/pods?resourceVersion=0").await.refuse(403, "no").await;
    let (first, second) = (bench.asked().await, bench.asked().await);
    let (a, b) = if first.uri.contains("team-a") { (first, second) } else { (second, first) };
    assert!(a.uri.starts_with("/api/v1/namespaces/team-a/pods?watch=true"), "{}", a.uri);
    assert!(b.uri.starts_with("/api/v1/namespaces/team-b/pods?watch=true"), "{}", b.uri);
    b.refuse(403, "no").await;
    bench.asked_for("/api/v1/namespaces/team-b/pods?resourceVersion=0").await.refuse(403, "not team-b").await;
    let stream = a.answer(200);
    stream.send(&(event("ADDED", "a", 5) + &end(7))).await;
    let delta = bench.delta().await;
    assert_eq!(delta.scope, Scope::Namespace("team-a".into()));
    assert!(delta.complete || bench.delta().await.complete);
    assert_eq!(bench.reading().await, Reading::Live, "one permitted namespace is enough");
    // A namespace that is not wanted any more takes its rows along.
    bench.scopes.send_replace(plan(&["team-b"]));
    let delta = bench.delta().await;
    assert_eq!(delta.scope, Scope::Namespace("team-a".into()));
    assert!(delta.restart && delta.complete && delta.rows.is_empty());
    assert_eq!(bench.reading().await, Reading::Forbidden("not team-b".to_owned()));
}

#[tokio::test]
async fn when_no_namespace_is_permitted_the_kind_is_forbidden_and_asked_again_on_a_kick() {
    let mut bench = Bench::start::<Pod>(quick(), &["team-a"]);
    assert_eq!(bench.reading().await, Reading::Waiting);
    for _ in 0..4 {
        bench.asked().await.refuse(403, "pods is forbidden").await;
    }
    assert_eq!(bench.reading().await, Reading::Forbidden("pods is forbidden".to_owned()));
    bench.kick.send_modify(|count| *count += 1);
    // Whichever scope comes first: the question is asked again, and the answer is no news.
    bench.asked_for("watch=true").await;
}

#[tokio::test]
async fn rows_whose_reading_is_not_permitted_any_more_are_taken_away() {
    let (mut bench, stream) = Bench::live(quick()).await;
    stream.send(EXPIRED).await;
    assert_eq!(bench.reading().await, Reading::Waiting);
    bench.asked_for("sendInitialEvents=true").await.refuse(403, "no").await;
    bench.asked_for("?resourceVersion=7&resourceVersionMatch=NotOlderThan").await.refuse(403, "no").await;
    let delta = bench.delta().await;
    assert!(delta.restart && delta.complete && delta.rows.is_empty());
    assert_eq!(bench.reading().await, Reading::Forbidden("no".to_owned()));
}

#[tokio::test]
async fn what_may_be_listed_but_not_watched_is_polled() {
    let pace = Duration::from_millis(5);
    let mut bench = Bench::start::<Pod>(ReadLimits { survey: pace, ..quick() }, &[]);
    assert_eq!(bench.reading().await, Reading::Waiting);
    bench.asked_for("watch=true").await.refuse(403, "cannot watch").await;
    bench.asked_for("?resourceVersion=0").await.list(11, &["a"]).await;
    while !bench.delta().await.complete {}
    bench.asked_for("watch=true&allowWatchBookmarks=true&resourceVersion=11").await.refuse(403, "cannot watch").await;
    assert_eq!(bench.reading().await, Reading::Polled(pace));
    bench.asked_for("?resourceVersion=11&resourceVersionMatch=NotOlderThan").await.list(12, &["b"]).await;
    let delta = bench.delta().await;
    assert!(delta.restart);
    assert_eq!(names(&delta), ["b"]);
}

#[tokio::test]
async fn a_list_that_stalls_in_the_middle_is_broken_and_tried_again() {
    let limits = ReadLimits { silent_list: Duration::from_millis(30), ..quick() };
    let mut bench = Bench::start::<Pod>(limits, &[]);
    assert_eq!(bench.reading().await, Reading::Waiting);
    let stalled = bench.asked().await.answer(200);
    stalled.send(&event("ADDED", "a", 5)).await;
    assert_eq!(names(&bench.delta().await), ["a"], "what has come is on the screen");
    let Reading::Broken { failure, retry_in } = bench.reading().await else { panic!("broken") };
    assert_eq!(failure.kind, FailureKind::Timeout);
    assert!(retry_in <= Duration::from_millis(2));
    let _again = bench.asked_for("sendInitialEvents=true").await.answer(200);
    assert_eq!(bench.reading().await, Reading::Waiting);
}

#[tokio::test]
async fn a_list_that_is_cut_off_again_and_again_is_taken_in_pages() {
    let mut bench = Bench::start::<Pod>(quick(), &[]);
    assert_eq!(bench.reading().await, Reading::Waiting);
    for part in ["sendInitialEvents=true", "sendInitialEvents=true", "?resourceVersion=0", "?resourceVersion=0"] {
        let stream = bench.asked_for(part).await.answer(200);
        stream.send("{").await;
        stream.cut().await;
        while !matches!(bench.reading().await, Reading::Broken { .. }) {}
    }
    bench.asked_for("?limit=500").await.answer(200).send(&list(11, "more/2", &["a"])).await;
    bench.asked_for("?limit=500&continue=more%2F2").await.answer(200).send(&list(11, "", &["b"])).await;
    let mut seen = Vec::new();
    loop {
        match bench.update().await {
            Update::Pods(delta) => {
                assert_eq!(delta.restart, seen.is_empty());
                seen.extend(names(&delta).into_iter().map(str::to_owned));
                if delta.complete {
                    break;
                }
            }
            other => assert!(matches!(other, Update::Reading(_, Reading::Waiting)), "{other:?}"),
        }
    }
    assert_eq!(seen, ["a", "b"]);
    bench.asked_for("resourceVersion=11&").await;
}

#[tokio::test]
async fn a_kick_opens_a_silent_stream_anew_and_loses_nothing() {
    let (mut bench, stream) = Bench::live(quick()).await;
    bench.kick.send_modify(|count| *count += 1);
    let again = bench.asked_for("allowWatchBookmarks=true&resourceVersion=7&").await.answer(200);
    assert!(stream.0.is_closed(), "the old stream is given up");
    again.send(&event("MODIFIED", "a", 8)).await;
    assert_eq!(names(&bench.delta().await), ["a"]);
}

#[tokio::test]
async fn a_kick_sends_a_question_again_that_hangs() {
    let mut bench = Bench::start::<Pod>(quick(), &[]);
    let _hangs = bench.asked_for("sendInitialEvents=true").await;
    bench.kick.send_modify(|count| *count += 1);
    bench.asked_for("sendInitialEvents=true").await;
}

#[tokio::test]
async fn a_kick_leaves_a_stream_alone_that_has_just_spoken() {
    let (mut bench, stream) = Bench::live(ReadLimits { silent: Duration::from_secs(3600), ..quick() }).await;
    bench.kick.send_modify(|count| *count += 1);
    stream.send(&event("MODIFIED", "a", 8)).await;
    assert_eq!(names(&bench.delta().await), ["a"]);
    assert!(bench.server.try_recv().is_err());
}

#[tokio::test]
async fn a_kick_ends_the_wait_for_the_next_try() {
    let hour = Duration::from_secs(3600);
    let mut bench = Bench::start::<Pod>(ReadLimits { backoff: (hour, hour), ..quick() }, &[]);
    assert_eq!(bench.reading().await, Reading::Waiting);
    bench.asked().await.refuse(429, "slow down").await;
    let Reading::Broken { failure, .. } = bench.reading().await else { panic!("broken") };
    assert_eq!(failure.kind, FailureKind::Throttled);
    bench.kick.send_modify(|count| *count += 1);
    bench.asked().await;
}

#[tokio::test]
async fn a_server_that_asks_to_wait_inside_a_stream_is_left_alone_for_so_long() {
    let (mut bench, stream) = Bench::live(quick()).await;
    let status = r#"{"kind":"Status","message":"too many","code":429,"details":{"retryAfterSeconds":9000}}"#;
    stream.send(&format!("{{\"type\":\"ERROR\",\"object\":{status}}}\n")).await;
    let Reading::Broken { failure, retry_in } = bench.reading().await else { panic!("broken") };
    assert_eq!((failure.kind, retry_in), (FailureKind::Throttled, Duration::from_secs(120)), "but not for ever");
}

#[tokio::test]
async fn an_object_that_cannot_be_read_is_a_state_and_not_the_end() {
    let (mut bench, stream) = Bench::live(quick()).await;
    stream.send("{\"type\":\"MODIFIED\",\"object\":[]}\n").await;
    let Reading::Broken { failure, .. } = bench.reading().await else { panic!("broken") };
    assert_eq!(failure.kind, FailureKind::Decode);
    bench.asked_for("resourceVersion=7&").await;
}

#[tokio::test]
async fn a_web_page_in_the_place_of_a_list_is_a_state() {
    let mut bench = Bench::start::<Pod>(quick(), &[]);
    assert_eq!(bench.reading().await, Reading::Waiting);
    let asked = bench.asked().await;
    let page = futures::StreamExt::boxed(futures::stream::empty());
    let response = Response::builder().header("content-type", "text/html").body(StreamBody::new(page)).unwrap();
    assert!(asked.reply.send(response).is_ok());
    let Reading::Broken { failure, .. } = bench.reading().await else { panic!("broken") };
    assert_eq!(failure.kind, FailureKind::Decode);
    assert!(failure.summary.contains("text/html"), "{}", failure.summary);
}

#[tokio::test]
async fn a_reader_without_a_listener_ends() {
    let (bench, stream) = Bench::live(quick()).await;
    drop(bench.updates);
    stream.send(&event("MODIFIED", "a", 8)).await;
    bench.task.await.unwrap();
}

#[tokio::test]
async fn a_large_list_comes_in_deltas_of_bounded_size() {
    let hour = Duration::from_secs(3600);
    let mut bench = Bench::start::<Pod>(ReadLimits { fold: hour, fold_objects: 10, ..quick() }, &[]);
    assert_eq!(bench.reading().await, Reading::Waiting);
    let stream = bench.asked().await.answer(200);
    let events: String = (0..95).map(|number| event("ADDED", &format!("p{number}"), number)).collect();
    stream.send(&(events + &end(100))).await;
    let mut rows = 0;
    loop {
        let delta = bench.delta().await;
        assert!(delta.rows.len() <= 10);
        rows += delta.rows.len();
        if delta.complete {
            break;
        }
    }
    assert_eq!(rows, 95);
}

#[tokio::test]
async fn a_question_that_gets_no_answer_is_asked_again_as_soon_as_the_server_answers_others() {
    let hour = Duration::from_secs(3600);
    let mut bench = Bench::start::<Pod>(ReadLimits { handshake: hour, silent_list: hour, ..quick() }, &[]);
    drop(bench.asked_for("sendInitialEvents=true").await);
    bench.kick.send_modify(|count| *count += 1);
    bench.asked_for("sendInitialEvents=true").await;
}
