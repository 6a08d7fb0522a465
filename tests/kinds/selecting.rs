//! The part of a kind that the server picks, read beside the rows and followed while it is asked for.

use std::collections::BTreeSet;
use std::sync::Arc;

use fleet_tui::cluster::limits::Limits;
use fleet_tui::model::failure::FailureKind;
use fleet_tui::model::kind::Kind;
use fleet_tui::model::subset::{Selectors, Subset};
use fleet_tui::model::update::{ClusterCommand, Reading};
use serde_json::Value;

use crate::stage::{Opened, Stage, quiet};

fn subset(namespace: Option<&str>, labels: &str, fields: &str) -> Arc<Subset> {
    let by = Selectors { labels: labels.to_owned(), fields: fields.to_owned() };
    Arc::new(Subset { kind: Kind::Pods, namespace: namespace.map(Arc::from), by, owner: None })
}

async fn pick(opened: &mut Opened, subset: Option<&Arc<Subset>>) {
    opened.handle.commands.send(ClusterCommand::Pick(subset.cloned())).await.unwrap();
}

/// The identities of the pods that something holds of, as the server's own list says.
async fn pods(stage: &Stage, holds: impl Fn(&Value) -> bool) -> BTreeSet<fleet_tui::model::ids::Uid> {
    let (mut uids, mut token) = (BTreeSet::new(), String::new());
    loop {
        let path = format!("/api/v1/pods?limit=300&continue={token}");
        let request = http::Request::get(path).header("accept", "application/json").body(Vec::new()).unwrap();
        let answer = stage.connection.fetch(request, crate::stage::LIMIT).await.unwrap();
        let list: Value = serde_json::from_slice(answer.body()).unwrap();
        let items = list["items"].as_array().unwrap().iter().filter(|pod| holds(pod));
        uids.extend(items.map(|pod| fleet_tui::model::ids::Uid::parse(pod["metadata"]["uid"].as_str().unwrap())));
        match list["metadata"]["continue"].as_str() {
            Some(next) if !next.is_empty() => token = fleet_tui::model::query::escape(next),
            _ => return uids,
        }
    }
}

#[tokio::test]
async fn what_is_picked_is_what_the_server_says_and_follows_every_change() {
    let stage = Stage::open(&quiet("")).await;
    let mut opened = Opened::new(&stage, Limits::default());
    let path = "/api/v1/namespaces/team-a/configmaps";
    stage.write("POST", path, r#"{"metadata":{"name":"one","labels":{"lab":"x"}}}"#).await;
    stage.write("POST", path, r#"{"metadata":{"name":"two","labels":{"lab":"y"}}}"#).await;
    let maps = opened.kind("cm").await;
    let by = Selectors { labels: "lab in (x, z)".to_owned(), ..Selectors::default() };
    let wanted = Arc::new(Subset { kind: maps, namespace: None, by, owner: None });
    pick(&mut opened, Some(&wanted)).await;
    opened.until("one is picked", |opened| opened.picked.len() == 1).await;
    opened.until("live", |opened| opened.picking == Some(Reading::Live)).await;
    assert!(stage.asked("labelSelector=lab%20in%20%28x%2C%20z%29") > 0, "{:?}", stage.server.requests());
    stage.write("POST", path, r#"{"metadata":{"name":"three","labels":{"lab":"z"}}}"#).await;
    opened.until("one more", |opened| opened.picked.len() == 2).await;
    stage.write("DELETE", &format!("{path}/one"), "").await;
    opened.until("one less", |opened| opened.picked.len() == 1).await;
}

#[tokio::test]
async fn a_place_with_more_objects_than_a_page_is_picked_as_a_whole() {
    let scenario = "seed = 7\n[[cluster]]\nname = \"a\"\nnodes = 3\npods = 1800\nnamespaces = [\"team-a\"]\n";
    let stage = Stage::open(scenario).await;
    let mut opened = Opened::new(&stage, Limits::default());
    let on_node = |pod: &Value| pod["spec"]["nodeName"].as_str().map(str::to_owned);
    let node = {
        let request = http::Request::get("/api/v1/nodes?limit=1").header("accept", "application/json");
        let answer = stage.connection.fetch(request.body(Vec::new()).unwrap(), crate::stage::LIMIT).await.unwrap();
        let list: Value = serde_json::from_slice(answer.body()).unwrap();
        list["items"][0]["metadata"]["name"].as_str().unwrap().to_owned()
    };
    let own = pods(&stage, |pod| on_node(pod).as_deref() == Some(&node)).await;
    assert!(own.len() > 500, "{} pods on {node}", own.len());
    let wanted = subset(None, "", &format!("spec.nodeName={node}"));
    pick(&mut opened, Some(&wanted)).await;
    opened.until("all of them", |opened| opened.picking == Some(Reading::Live)).await;
    assert_eq!(opened.picked, own);
}

#[tokio::test]
async fn what_makes_no_sense_to_the_server_is_refused_in_its_words_and_not_asked_again_by_itself() {
    let stage = Stage::open(&quiet("")).await;
    let mut opened = Opened::new(&stage, Limits::default());
    opened.until("pods", |opened| opened.readings.get(&Kind::Pods) == Some(&Reading::Live)).await;
    let wanted = subset(None, "", "status.mood=good");
    pick(&mut opened, Some(&wanted)).await;
    let refused = |reading: &Option<Reading>| match reading {
        Some(Reading::Broken { failure, retry_in }) => {
            assert!(failure.summary.ends_with("field label not supported: status.mood"), "{failure}");
            assert_eq!((failure.kind, retry_in.as_secs()), (FailureKind::Invalid, 240));
            true
        }
        _ => false,
    };
    opened.until("it is refused", |opened| refused(&opened.picking)).await;
    let asked = stage.asked("status.mood");
    assert!((1..=2).contains(&asked), "{asked} questions");
    assert_eq!(opened.readings.get(&Kind::Pods), Some(&Reading::Live), "the watch of all pods goes on");
    // A better one is answered at once, and the worse one is never heard of again.
    let wanted = subset(Some("team-a"), "", "metadata.namespace=team-a");
    pick(&mut opened, Some(&wanted)).await;
    opened.until("a better one", |opened| opened.picking == Some(Reading::Live)).await;
    assert_eq!(opened.picked, pods(&stage, |pod| pod["metadata"]["namespace"] == "team-a").await);
    assert_eq!(stage.asked("status.mood"), asked);
}

#[tokio::test]
async fn the_reader_of_what_is_picked_ends_with_the_wish_and_no_other_does() {
    let stage = Stage::open(&quiet("")).await;
    let mut opened = Opened::new(&stage, Limits::default());
    let maps = opened.kind("cm").await;
    let by = Selectors { labels: "lab=x".to_owned(), ..Selectors::default() };
    pick(&mut opened, Some(&Arc::new(Subset { kind: maps.clone(), namespace: None, by, owner: None }))).await;
    opened.until("live", |opened| opened.picking == Some(Reading::Live)).await;
    pick(&mut opened, None).await;
    opened.look(&[&maps]).await;
    opened.read(&maps, |reading| *reading == Reading::Live).await;
    let body = r#"{"metadata":{"name":"late","labels":{"lab":"x"}}}"#;
    stage.write("POST", "/api/v1/namespaces/team-a/configmaps", body).await;
    opened.until("the row", |opened| opened.names(&maps).contains(&"late".to_owned())).await;
    assert!(opened.picked.is_empty(), "nobody asked any more");
    assert_eq!(opened.readings.get(&Kind::Pods), Some(&Reading::Live));
}

#[tokio::test]
async fn where_the_whole_is_forbidden_it_is_picked_where_it_is_permitted() {
    let user = "user = { name = \"dev\", groups = [], allowed_namespaces = [\"team-a\"] }";
    let stage = Stage::open(&quiet(user)).await;
    let mut opened = Opened::new(&stage, Limits::default());
    opened.handle.commands.send(ClusterCommand::Namespaces(vec!["team-a".into()])).await.unwrap();
    let wanted = subset(None, "", "spec.restartPolicy=Always");
    pick(&mut opened, Some(&wanted)).await;
    opened.until("live", |opened| opened.picking == Some(Reading::Live)).await;
    let all = stage.server.count(fleet_tui::sim::Resource::Pods, Some("team-a"));
    assert!(!opened.picked.is_empty() && opened.picked.len() <= all, "{} of {all}", opened.picked.len());
}

#[tokio::test]
async fn pods_that_name_an_owner_are_picked_and_followed_though_no_server_selects_by_it() {
    let stage = Stage::open(&quiet("")).await;
    let mut opened = Opened::new(&stage, Limits::default());
    let owner = "0e2b9c1e-5b0f-4c8a-9a57-3d1c2b4a5f60";
    let body = |name: &str, owners: &str| {
        format!(
            r#"{{"metadata":{{"name":"{name}","ownerReferences":[{owners}]}},
            "spec":{{"containers":[{{"name":"c","image":"x"}}]}}}}"#
        )
    };
    let gadget = format!(r#"{{"apiVersion":"lab.example.io/v1","kind":"Gadget","name":"one","uid":"{owner}"}}"#);
    let path = "/api/v1/namespaces/team-a/pods";
    stage.write("POST", path, &body("mine", &gadget)).await;
    stage.write("POST", path, &body("nobody-s", "")).await;
    let owner = Some(fleet_tui::model::ids::Uid::parse(owner));
    let (kind, namespace, by) = (Kind::Pods, Some("team-a".into()), Selectors::default());
    pick(&mut opened, Some(&Arc::new(Subset { kind, namespace, by, owner }))).await;
    opened.until("live", |opened| opened.picking == Some(Reading::Live)).await;
    let owned = |pod: &Value| pod["metadata"]["ownerReferences"][0]["kind"] == "Gadget";
    assert_eq!((opened.picked.len(), &opened.picked), (1, &pods(&stage, owned).await));
    stage.write("POST", path, &body("mine-too", &gadget)).await;
    opened.until("one more", |opened| opened.picked.len() == 2).await;
    stage.write("DELETE", &format!("{path}/mine?gracePeriodSeconds=0"), "").await;
    opened.until("one less", |opened| opened.picked.len() == 1).await;
}
