//! When metrics servers are asked, over a service that answers as each test wants.

use std::convert::Infallible;
use std::sync::Mutex;

use http::{Request, Response};
use kube::client::Body;
use tokio::sync::mpsc;

use super::*;
use crate::cluster::access::Access;
use crate::cluster::failure::Site;
use crate::model::amount::Amount;
use crate::model::ids::{ClusterId, Generation};

fn connection(status: u16, text: &'static str) -> Connection {
    let service = tower::service_fn(move |_: Request<Body>| async move {
        let answer = Response::builder().status(status).header("content-type", "application/json");
        Ok::<_, Infallible>(answer.body(Body::from(text.as_bytes().to_vec())).unwrap())
    });
    Connection::new(Access::new(kube::Client::new(service, "default"), Site::default()))
}

async fn measured(status: u16, text: &'static str) -> Option<Usage> {
    measure(&connection(status, text), Duration::from_secs(1)).await
}

const TWO: &str =
    r#"{"items":[{"usage":{"cpu":"250000000n","memory":"1048576Ki"}},{"usage":{"cpu":"1","memory":"1Gi"}}]}"#;

#[tokio::test]
async fn what_all_nodes_use_is_added_up_and_what_is_not_there_is_said() {
    let sum = Amounts { cpu: Amount::new(1_250), memory: Amount::new(2_048) };
    assert_eq!(measured(200, TWO).await, Some(Usage::Measured(sum)));
    assert_eq!(measured(404, "").await, Some(Usage::Absent("no metrics server")));
    assert_eq!(measured(403, "{}").await, Some(Usage::Absent("node metrics may not be read")));
    assert_eq!((measured(503, "").await, measured(200, "what").await), (None, None));
}

#[tokio::test(start_paused = true)]
async fn a_metrics_server_that_hangs_is_no_fault_of_the_transport() {
    let service = tower::service_fn(|_: Request<Body>| std::future::pending::<Result<Response<Body>, Infallible>>());
    let connection = Connection::new(Access::new(kube::Client::new(service, "default"), Site::default()));
    assert_eq!(measure(&connection, Duration::from_secs(30)).await, None);
    assert_eq!(*connection.faults().borrow(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_pace_is_shortened_by_no_more_than_the_jitter_that_is_set() {
    let mut scene = Scene::pods(|_| (200, POD));
    scene.next().await;
    for _ in 0..4 {
        let start = Instant::now();
        scene.next().await;
        assert!(start.elapsed() >= Duration::from_secs(5), "{:?}", start.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn the_cluster_in_front_is_metered_every_few_seconds_and_any_other_at_survey_pace() {
    let (sender, mut updates) = mpsc::channel(8);
    let (active, kick, news) = (watch::Sender::new(true), watch::Sender::new(0), watch::Sender::new(0));
    let scopes = watch::Sender::new(ScopePlan { namespaces: Vec::new() });
    let meter = Meter {
        connection: connection(200, TWO),
        outlet: Outlet::new(ClusterId::new("config:a"), Generation(1), sender),
        limits: MeterLimits::default(),
        active: active.subscribe(),
        kick: kick.subscribe(),
        news: news.subscribe(),
        scopes: scopes.subscribe(),
    };
    tokio::spawn(meter.nodes());
    let mut pace = async || {
        let start = Instant::now();
        // What each node uses, then all of them.
        while !matches!(updates.recv().await.unwrap().update, Update::Usage(_)) {}
        start.elapsed().as_secs_f64()
    };
    assert!((0.5..0.6).contains(&pace().await), "rows come first");
    assert!((4.5..=5.0).contains(&pace().await));
    active.send_replace(false);
    assert!((216.0..=240.0).contains(&pace().await));
    active.send_replace(true);
    assert!(pace().await <= 5.0, "in front again");
}

/// A cluster whose metrics server answers as a test wants, and what it was asked.
struct Scene {
    updates: mpsc::Receiver<crate::model::update::Envelope>,
    asked: Arc<Mutex<Vec<String>>>,
    active: watch::Sender<bool>,
    news: watch::Sender<u64>,
    scopes: watch::Sender<ScopePlan>,
    _kick: watch::Sender<u64>,
}

const POD: &str = r#"{"items":[{"metadata":{"name":"p","namespace":"n"},"timestamp":"2026-11-20T09:26:44Z",
    "window":"15s","containers":[{"usage":{"cpu":"5m"}}]}]}"#;

impl Scene {
    /// Meters pods; `answer` gives status and content for a path.
    fn pods(answer: impl Fn(&str) -> (u16, &'static str) + Clone + Send + Sync + 'static) -> Self {
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let noted = asked.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            let path = request.uri().path().to_owned();
            let (status, text) = answer(&path);
            noted.lock().unwrap().push(path);
            async move {
                let answer = Response::builder().status(status).header("content-type", "application/json");
                Ok::<_, Infallible>(answer.body(Body::from(text.as_bytes().to_vec())).unwrap())
            }
        });
        let connection = Connection::new(Access::new(kube::Client::new(service, "default"), Site::default()));
        let (sender, updates) = mpsc::channel(8);
        let (active, kick, news) = (watch::Sender::new(true), watch::Sender::new(0), watch::Sender::new(0));
        let scopes = watch::Sender::new(ScopePlan { namespaces: vec!["mine".into(), "ours".into()] });
        let meter = Meter {
            connection,
            outlet: Outlet::new(ClusterId::new("config:a"), Generation(1), sender),
            limits: MeterLimits { jitter: Jitter::percent(0), ..MeterLimits::default() },
            active: active.subscribe(),
            kick: kick.subscribe(),
            news: news.subscribe(),
            scopes: scopes.subscribe(),
        };
        tokio::spawn(meter.pods());
        Self { updates, asked, active, news, scopes, _kick: kick }
    }

    async fn next(&mut self) -> Metered {
        match self.updates.recv().await.unwrap().update {
            Update::Metered(metered) => metered,
            other => unreachable!("{other:?}"),
        }
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn pods_are_asked_for_while_the_cluster_is_in_front_and_not_from_behind() {
    let mut scene = Scene::pods(|_| (200, POD));
    let Metered::Pods(figures, Part::ALL) = scene.next().await else { unreachable!("pods are measured") };
    assert_eq!(figures.sum().cpu, Amount::new(5));
    scene.next().await;
    scene.active.send_replace(false);
    let before = scene.asked();
    pass(3_600).await;
    assert_eq!(scene.asked(), before);
    scene.active.send_replace(true);
    let start = Instant::now();
    scene.next().await;
    assert!(start.elapsed() < Duration::from_secs(1), "in front again it is asked at once");
}

#[tokio::test(start_paused = true)]
async fn where_all_pods_are_forbidden_the_permitted_namespaces_are_asked_for() {
    let mut scene = Scene::pods(|path| match path {
        "/apis/metrics.k8s.io/v1beta1/namespaces/mine/pods" => (200, POD),
        _ => (403, "{}"),
    });
    assert!(matches!(scene.next().await, Metered::Pods(figures, _) if figures.len() == 1));
    scene.next().await;
    let all = scene.asked.lock().unwrap().iter().filter(|path| path.ends_with("v1beta1/pods")).count();
    assert_eq!(all, 1, "what was forbidden a moment ago is not asked for again");
    scene.scopes.send_replace(ScopePlan { namespaces: vec!["ours".into()] });
    assert_eq!(scene.next().await, Metered::NoPods("pod metrics may not be read"));
}

#[tokio::test(start_paused = true)]
async fn a_metrics_server_that_is_not_there_is_looked_for_when_something_new_is_served() {
    let there = Arc::new(Mutex::new(false));
    let seen = there.clone();
    let mut scene = Scene::pods(move |_| if *seen.lock().unwrap() { (200, POD) } else { (404, "") });
    assert_eq!(scene.next().await, Metered::NoPods("no metrics server"));
    pass(100).await;
    assert_eq!(scene.asked(), 1, "not again and again");
    *there.lock().unwrap() = true;
    scene.news.send_modify(|count| *count += 1);
    assert!(matches!(scene.next().await, Metered::Pods(..)));
}

#[tokio::test(start_paused = true)]
async fn one_that_fails_is_asked_ever_less_often_and_says_nothing() {
    let mut scene = Scene::pods(|_| (503, ""));
    pass(300).await;
    assert!((4..=8).contains(&scene.asked()), "{}", scene.asked());
    assert!(scene.updates.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn many_pods_are_told_in_parts() {
    let items: Vec<String> = (0..9_000)
        .map(|number| format!(r#"{{"metadata":{{"name":"p{number}","namespace":"n"}},"containers":[]}}"#))
        .collect();
    let text: &'static str = Box::leak(format!(r#"{{"items":[{}]}}"#, items.join(",")).into_boxed_str());
    let mut scene = Scene::pods(move |_| (200, text));
    for number in 0..18 {
        let Metered::Pods(figures, part) = scene.next().await else { unreachable!("pods are measured") };
        assert_eq!((figures.len(), part), (9_000, Part { number, of: 18 }));
    }
}
