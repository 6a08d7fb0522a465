//! Surveys against a server that answers each kind in its own way.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::{Request, Response};
use kube::client::Body;
use tokio::sync::mpsc;

use super::*;
use crate::cluster::access::Access;
use crate::cluster::failure::Site;
use crate::model::ids::{ClusterId, Generation};
use crate::model::update::{Envelope, SurveyedPods};

/// Surveys a server that answers the question for nodes with this, and all others well.
struct Scene {
    updates: mpsc::Receiver<Envelope>,
    asked_for_nodes: Arc<AtomicUsize>,
    _senders: (watch::Sender<ScopePlan>, watch::Sender<u64>),
}

impl Scene {
    fn new(status: u16, nodes: &'static str) -> Self {
        let asked_for_nodes = Arc::new(AtomicUsize::new(0));
        let asked = asked_for_nodes.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            let (status, text) = match request.uri().path() {
                "/version" => (200, r#"{"gitVersion":"v1.36.2"}"#),
                "/api/v1/nodes" => {
                    asked.fetch_add(1, Ordering::SeqCst);
                    (status, nodes)
                }
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
            limits: SurveyLimits::default(),
            scopes: scopes.subscribe(),
            kick: kick.subscribe(),
        };
        tokio::spawn(surveyor.run());
        Self { updates, asked_for_nodes, _senders: (scopes, kick) }
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
