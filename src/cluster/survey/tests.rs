//! Surveys against a server that answers each kind in its own way.

use std::convert::Infallible;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use http::{Request, Response};
use kube::client::Body;
use tokio::sync::mpsc;

use super::*;
use crate::cluster::access::Access;
use crate::cluster::failure::Site;
use crate::model::amount::{Amount, Amounts};
use crate::model::ids::{ClusterId, Generation};
use crate::model::survey::SurveyedPods;
use crate::model::update::Envelope;
use crate::model::usage::Usage;

const METRICS: &str = r#"{"items":[{"usage":{"cpu":"500m","memory":"2Gi"}}]}"#;

/// Surveys a server that answers the question for nodes with this, and all others well.
struct Scene {
    updates: mpsc::Receiver<Envelope>,
    asked_for_nodes: Arc<AtomicUsize>,
    asked: Arc<Mutex<Vec<String>>>,
    _senders: (watch::Sender<ScopePlan>, watch::Sender<u64>),
}

impl Scene {
    fn new(status: u16, nodes: &'static str) -> Self {
        Self::within(SurveyLimits::default(), status, nodes)
    }

    fn within(limits: SurveyLimits, status: u16, nodes: &'static str) -> Self {
        Self::changing(limits, Arc::new(AtomicU16::new(status)), nodes)
    }

    fn changing(limits: SurveyLimits, status: Arc<AtomicU16>, nodes: &'static str) -> Self {
        let asked_for_nodes = Arc::new(AtomicUsize::new(0));
        let asked = asked_for_nodes.clone();
        let all: Arc<Mutex<Vec<String>>> = Arc::default();
        let noted = all.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            noted.lock().unwrap().push(request.uri().to_string());
            let (status, text) = match request.uri().path() {
                "/version" => (200, r#"{"gitVersion":"v1.36.2"}"#),
                "/api/v1/nodes" => {
                    asked.fetch_add(1, Ordering::SeqCst);
                    (status.load(Ordering::SeqCst), nodes)
                }
                "/apis/metrics.k8s.io/v1beta1/nodes" => (200, METRICS),
                _ => (200, r#"{"metadata":{"resourceVersion":"7"},"items":[]}"#),
            };
            let answer = Response::builder().status(status).header("content-type", "application/json");
            let answer = answer.body(Body::from(text.as_bytes().to_vec())).unwrap();
            async { Ok::<_, Infallible>(answer) }
        });
        let access = Access::new(kube::Client::new(service, "default"), Site::default());
        let (sender, updates) = mpsc::channel(64);
        let (scopes, kick) = (watch::Sender::new(ScopePlan::default()), watch::Sender::new(0));
        let surveyor = Surveyor {
            connection: Connection::new(access),
            outlet: Outlet::new(ClusterId::new("config:a"), Generation(1), sender),
            limits,
            scopes: scopes.subscribe(),
            kick: kick.subscribe(),
        };
        tokio::spawn(surveyor.run());
        Self { updates, asked_for_nodes, asked: all, _senders: (scopes, kick) }
    }

    /// Returns the next survey, and what was said to be broken before it.
    async fn survey(&mut self) -> (Survey, Vec<Kind>) {
        let mut broken = Vec::new();
        loop {
            match self.updates.recv().await.unwrap().update {
                Update::Survey(survey) => return (survey, broken),
                Update::Reading(kind, Reading::Broken { .. }) => broken.push(kind),
                _ => {}
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_cannot_be_read_hides_no_other() {
    for (status, nodes) in [(200, "what"), (500, "{}")] {
        let mut scene = Scene::new(status, nodes);
        let (survey, broken) = scene.survey().await;
        assert_eq!((survey.nodes, broken.as_slice()), (None, &[Kind::Nodes][..]));
        assert_eq!(survey.pods, Some(SurveyedPods::default()));
        assert!(survey.forbidden.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_forbidden_is_asked_for_again_with_every_fifth_survey() {
    let mut scene = Scene::new(403, "{}");
    for number in 1..=11 {
        let (survey, _) = scene.survey().await;
        assert_eq!(survey.forbidden, ["nodes"]);
        assert_eq!(scene.asked_for_nodes.load(Ordering::SeqCst), 1 + (number - 1) / 5);
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_counted_and_is_refused_is_asked_for_again_with_the_next_survey() {
    let status = Arc::new(AtomicU16::new(200));
    let mut scene = Scene::changing(SurveyLimits::default(), status.clone(), ONE_NODE);
    assert!(scene.survey().await.0.forbidden.is_empty());
    status.store(403, Ordering::SeqCst);
    assert_eq!(scene.survey().await.0.forbidden, ["nodes"]);
    status.store(200, Ordering::SeqCst);
    let (survey, _) = scene.survey().await;
    assert_eq!((survey.nodes, survey.forbidden.len()), (Some((1, 1)), 0));
    // Refused twice in a row, it is left alone as what was never readable; the sixth survey asks for all.
    status.store(403, Ordering::SeqCst);
    for asked in [4, 5, 6, 6, 6] {
        assert_eq!(scene.survey().await.0.forbidden, ["nodes"]);
        assert_eq!(scene.asked_for_nodes.load(Ordering::SeqCst), asked);
    }
}

const ONE_NODE: &str = r#"{"metadata":{"resourceVersion":"7"},"items":[{"metadata":{"name":"n","uid":"n"},
    "status":{"capacity":{"cpu":"4","memory":"16Gi"},"conditions":[{"type":"Ready","status":"True"}]}}]}"#;

#[tokio::test(start_paused = true)]
async fn a_survey_tells_what_the_nodes_have_and_use() {
    let (survey, _) = Scene::new(200, ONE_NODE).survey().await;
    assert_eq!(survey.capacity, Some(Amounts { cpu: Amount::new(4_000), memory: Amount::new(16_384) }));
    assert_eq!(survey.usage, Some(Usage::Measured(Amounts { cpu: Amount::new(500), memory: Amount::new(2_048) })));
    assert_eq!((survey.nodes, survey.off), (Some((1, 1)), vec![]));
}

#[tokio::test(start_paused = true)]
async fn each_probe_can_be_switched_off_and_what_is_not_asked_for_is_not_known() {
    for off in Probe::ALL {
        let probes = Probe::ALL.into_iter().filter(|probe| *probe != off).collect();
        let mut scene = Scene::within(SurveyLimits { probes, ..SurveyLimits::default() }, 200, ONE_NODE);
        let (survey, broken) = scene.survey().await;
        assert_eq!((survey.off.as_slice(), broken.len()), (&[off][..], 0));
        assert_eq!((survey.nodes.is_none(), survey.capacity.is_none()), (off == Probe::Nodes, off == Probe::Nodes));
        assert_eq!((survey.pods.is_none(), survey.usage.is_none()), (off == Probe::Pods, off == Probe::Metrics));
        let path = match off {
            Probe::Version => "/version",
            Probe::Nodes => "/api/v1/nodes",
            Probe::Pods => "/api/v1/pods",
            Probe::Events => "/api/v1/events",
            Probe::Metrics => "/apis/metrics",
        };
        assert!(!scene.asked.lock().unwrap().iter().any(|asked| asked.starts_with(path)), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cluster_whose_surveys_are_off_is_asked_nothing_and_says_so_once() {
    let mut scene = Scene::within(SurveyLimits { enabled: false, ..SurveyLimits::default() }, 200, ONE_NODE);
    let (survey, _) = scene.survey().await;
    assert_eq!((survey.off.len(), survey.nodes, survey.pods), (Probe::ALL.len(), None, None));
    assert!(scene.updates.recv().await.is_none(), "nothing is said after that");
    assert!(scene.asked.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_survey_of_one_namespace_looks_at_no_other() {
    let limits = SurveyLimits { namespace: Some("shop".into()), ..SurveyLimits::default() };
    let mut scene = Scene::within(limits, 200, ONE_NODE);
    scene.survey().await;
    let asked = scene.asked.lock().unwrap().clone();
    let pods: Vec<&String> = asked.iter().filter(|path| path.contains("/pods")).collect();
    assert!(pods.len() == 1 && pods[0].starts_with("/api/v1/namespaces/shop/pods?"), "{asked:?}");
}
