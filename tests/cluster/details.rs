//! The object a person looks at: found, kept current, lost, taken over by another, and let go of.

use std::sync::Arc;
use std::time::Duration;

use crate::silence::is_silent_after_close;
use crate::stage::{Open, Stage, quiet};
use fleet_tui::cluster::connection::Connection;
use fleet_tui::cluster::supervisor::check;
use fleet_tui::model::detail::{Beside, Finding, Inquiry, ObjectRef};
use fleet_tui::model::ids::Uid;
use fleet_tui::model::kind::Kind;
use fleet_tui::model::update::{ClusterCommand, Reading, Update};
use fleet_tui::sim::{Fault, Requests};
use serde_json::{Value, json};

fn pod(name: &str, uid: Option<Uid>) -> ObjectRef {
    ObjectRef { kind: Kind::Pods, namespace: "a-apps".into(), name: name.into(), uid }
}

async fn look(cluster: &Open, object: ObjectRef, beside: Vec<Beside>) {
    cluster.tell(ClusterCommand::Look(Some(Arc::new(Inquiry { beside, ..Inquiry::new(object) })))).await;
}

impl Open {
    async fn found(&mut self) -> Finding {
        self.until(|update| if let Update::Found(_, finding) = update { Some(finding) } else { None }).await
    }

    pub async fn object(&mut self) -> Value {
        loop {
            if let Finding::Object(tree) = self.found().await {
                return (*tree.0).clone();
            }
        }
    }

    async fn beside(&mut self, wanted: &str) -> Value {
        loop {
            if let Finding::Beside(path, Ok(tree)) = self.found().await
                && path == wanted
            {
                return (*tree.0).clone();
            }
        }
    }

    async fn gone(&mut self) -> bool {
        loop {
            if let Finding::Gone { replaced } = self.found().await {
                return replaced;
            }
        }
    }
}

/// A second client of the same server, as another person with kubectl is.
pub async fn other(stage: &Stage) -> Connection {
    check(stage.target("a"), stage.limits.clone()).await.unwrap().0
}

pub async fn write(connection: &Connection, method: &str, path: &str, content: &str, body: &Value) {
    let request = http::Request::builder().method(method).uri(path).header("content-type", content);
    let request = request.body(serde_json::to_vec(body).unwrap()).unwrap();
    connection.send(request, Duration::from_secs(10)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn whoever_asks_anew_about_the_same_object_is_told_of_it_anew() {
    let stage = Stage::new(&quiet(&["a"])).await;
    stage.server("a").add_pod("a-apps", "looked-at");
    let mut cluster = stage.open("a");
    for turn in 1..=3 {
        let inquiry = Inquiry::new(pod("looked-at", None)).in_turn(turn);
        cluster.tell(ClusterCommand::Look(Some(inquiry))).await;
        assert_eq!(cluster.object().await["metadata"]["name"], "looked-at");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_person_looks_at_is_found_and_kept_current_until_it_is_gone() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let server = stage.server("a");
    server.add_pod("a-apps", "looked-at");
    let mut cluster = stage.open("a");
    look(&cluster, pod("looked-at", None), Vec::new()).await;
    let first = cluster.object().await;
    assert_eq!((&first["kind"], &first["apiVersion"]), (&json!("Pod"), &json!("v1")));
    let uid = Uid::parse(first["metadata"]["uid"].as_str().unwrap());
    let connection = other(&stage).await;
    let path = "/api/v1/namespaces/a-apps/pods/looked-at";
    let patch = json!({"metadata": {"labels": {"seen": "yes"}}});
    write(&connection, "PATCH", path, "application/merge-patch+json", &patch).await;
    while cluster.object().await["metadata"]["labels"]["seen"] != "yes" {}
    assert!(server.delete_pod("a-apps", "looked-at"));
    assert!(!cluster.gone().await, "nobody has its name");
    server.add_pod("a-apps", "looked-at");
    assert!(cluster.gone().await, "another has its name, and is not taken for it");
    // Asked for by that identity it is gone from the start; by its name alone, the other one is found.
    look(&cluster, pod("looked-at", Some(uid)), Vec::new()).await;
    assert!(cluster.gone().await);
    look(&cluster, pod("looked-at", None), Vec::new()).await;
    assert_ne!(cluster.object().await["metadata"]["uid"], first["metadata"]["uid"]);
}

#[tokio::test(start_paused = true)]
async fn what_belongs_beside_it_is_fetched_and_a_live_list_follows() {
    let stage = Stage::new(&quiet(&["a"])).await;
    stage.server("a").add_pod("a-apps", "looked-at");
    let mut cluster = stage.open("a");
    let live = "/api/v1/namespaces/a-apps/configmaps?labelSelector=of%3Dpage";
    let beside = |path: &str, live, metadata| Beside { path: path.to_owned(), live, metadata };
    let wanted = vec![beside(live, true, false), beside("/api/v1/nodes", false, true)];
    look(&cluster, pod("looked-at", None), wanted).await;
    let nodes = cluster.beside("/api/v1/nodes").await;
    assert!(nodes[0]["metadata"]["name"].is_string() && nodes[0].get("spec").is_none(), "only metadata was asked for");
    let connection = other(&stage).await;
    let config = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "labels": {"of": "page"}}});
    write(&connection, "POST", "/api/v1/namespaces/a-apps/configmaps", "application/json", &config).await;
    while cluster.beside(live).await.as_array().unwrap().is_empty() {}
}

#[tokio::test(start_paused = true)]
async fn what_may_not_be_read_says_so_and_costs_nothing_more() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let server = stage.server("a");
    let mut cluster = stage.open("a");
    cluster.live().await;
    server.set_fault(Fault::Error { code: 403, retry_after: None, on: Requests::All });
    look(&cluster, pod("secret", None), Vec::new()).await;
    let reading = cluster.until(|update| match update {
        Update::Found(_, Finding::Reading(reading)) if reading != Reading::Waiting => Some(reading),
        _ => None,
    });
    assert!(matches!(reading.await, Reading::Forbidden(_)));
    let asked = || server.requests().iter().filter(|request| request.contains("secret")).count();
    let before = asked();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(asked(), before);
}

#[tokio::test(start_paused = true)]
async fn once_nobody_looks_nothing_is_asked_and_nothing_told() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let server = stage.server("a");
    server.add_pod("a-apps", "looked-at");
    let mut cluster = stage.open("a");
    look(&cluster, pod("looked-at", None), Vec::new()).await;
    cluster.object().await;
    cluster.until(|update| matches!(update, Update::Found(_, Finding::Reading(Reading::Live))).then_some(())).await;
    let open = stage.wire("a").open();
    cluster.tell(ClusterCommand::Look(None)).await;
    cluster.during(Duration::from_secs(1)).await;
    assert!(stage.wire("a").open() < open, "its watch is closed");
    server.delete_pod("a-apps", "looked-at");
    let told = cluster.during(Duration::from_secs(60)).await;
    assert!(!told.iter().any(|update| matches!(update, Update::Found(..))));
}

#[tokio::test(start_paused = true)]
async fn closed_while_somebody_looks() {
    let stage = Stage::new(&quiet(&["a"])).await;
    stage.server("a").add_pod("a-apps", "looked-at");
    let mut cluster = stage.open("a");
    look(&cluster, pod("looked-at", None), Vec::new()).await;
    cluster.object().await;
    is_silent_after_close(&stage, cluster).await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_was_away_is_read_again_from_where_it_was() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let server = stage.server("a");
    server.add_pod("a-apps", "looked-at");
    let mut cluster = stage.open("a");
    look(&cluster, pod("looked-at", None), Vec::new()).await;
    cluster.object().await;
    stage.wire("a").lose();
    server.delete_pod("a-apps", "looked-at");
    assert!(!cluster.gone().await, "found out by itself");
}

/// Looks at a pod until it is followed; returns what it is changed by, and how.
async fn followed(stage: &Stage) -> (Open, Connection) {
    stage.server("a").add_pod("a-apps", "looked-at");
    let mut cluster = stage.open("a");
    cluster.live().await;
    look(&cluster, pod("looked-at", None), Vec::new()).await;
    while !matches!(cluster.found().await, Finding::Reading(Reading::Live)) {}
    cluster.during(Duration::from_secs(10)).await;
    (cluster, other(stage).await)
}

async fn label(connection: &Connection, seen: &str) {
    let (path, patch) = ("/api/v1/namespaces/a-apps/pods/looked-at", json!({"metadata": {"labels": {"seen": seen}}}));
    write(connection, "PATCH", path, "application/merge-patch+json", &patch).await;
}

fn is_labelled(update: &Update) -> bool {
    matches!(update, Update::Found(_, Finding::Object(tree)) if tree.0["metadata"]["labels"]["seen"] == "yes")
}

#[tokio::test(start_paused = true)]
async fn a_page_goes_on_over_a_new_socket_when_the_network_changes_and_nothing_is_said_to_have_failed() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let (mut cluster, connection) = followed(&stage).await;
    // A watch that is silent would be opened anew in any case.
    label(&connection, "soon").await;
    cluster.during(Duration::from_millis(500)).await;
    cluster.tell(ClusterCommand::Reconnect(Duration::ZERO)).await;
    let mut seen = cluster.during(Duration::from_secs(2)).await;
    label(&connection, "yes").await;
    seen.extend(cluster.during(Duration::from_secs(1)).await);
    assert!(seen.iter().any(is_labelled), "{seen:?}");
    let broken = |update: &Update| matches!(update, Update::Found(_, Finding::Reading(Reading::Broken { .. })));
    assert!(!seen.iter().any(broken), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn a_page_whose_watch_died_unseen_is_current_once_the_server_answers_again() {
    let mut stage = Stage::new(&quiet(&["a"])).await;
    // New connections would end the watch, too.
    stage.limits.transport_failures = 1_000;
    let (mut cluster, _) = followed(&stage).await;
    stage.wire("a").lose();
    label(&other(&stage).await, "yes").await;
    let seen = cluster.during(Duration::from_secs(30)).await;
    assert!(seen.iter().any(is_labelled), "{seen:?}");
}
