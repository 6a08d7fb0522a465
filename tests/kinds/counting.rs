//! What a namespace holds, counted by the server.

use std::sync::Arc;

use fleet_tui::cluster::limits::Limits;
use fleet_tui::model::failure::FailureKind;
use fleet_tui::model::ids::Uid;
use fleet_tui::model::kind::Kind;
use fleet_tui::model::update::{ClusterCommand, Counting};
use fleet_tui::sim::Resource;

use crate::stage::{Opened, Stage, quiet};

async fn counted(opened: &mut Opened, namespace: &str, words: &[&str], owner: Option<Uid>) -> Arc<Counting> {
    let mut kinds = vec![Kind::Pods];
    for word in words {
        kinds.push(opened.kind(word).await);
    }
    let asked = Arc::new(Counting { namespace: namespace.into(), kinds, owner });
    opened.handle.commands.send(ClusterCommand::Count(Some(asked.clone()))).await.unwrap();
    let wanted = asked.kinds.len();
    opened.until("all counts", |opened| opened.counts.len() == wanted).await;
    asked
}

#[tokio::test]
async fn each_kind_of_a_namespace_is_counted_by_one_small_question() {
    let stage = Stage::open(&quiet("")).await;
    let mut opened = Opened::new(&stage, Limits::default());
    counted(&mut opened, "team-a", &["cm", "deploy"], None).await;
    let number = |word: &str| {
        let count = opened.counts.iter().find(|(kind, _)| kind.plural() == word).unwrap().1;
        count.as_ref().unwrap().unwrap() as usize
    };
    assert_eq!(number("pods"), stage.server.count(Resource::Pods, Some("team-a")));
    assert_eq!(number("configmaps"), stage.server.count(Resource::ConfigMaps, Some("team-a")));
    assert!(number("pods") > 1 && number("deployments") > 0);
    assert_eq!(stage.asked("namespaces/team-a/pods?limit=1"), 1);
}

#[tokio::test]
async fn what_may_not_be_listed_says_so_in_the_place_of_its_number() {
    let user = "user = { name = \"dev\", groups = [], allowed_namespaces = [\"team-a\"] }";
    let stage = Stage::open(&quiet(user)).await;
    let mut opened = Opened::new(&stage, Limits::default());
    counted(&mut opened, "team-b", &["cm"], None).await;
    let forbidden = |count: &Result<Option<u64>, fleet_tui::model::failure::Failure>| {
        count.as_ref().is_err_and(|failure| failure.kind == FailureKind::Forbidden)
    };
    assert!(opened.counts.values().all(forbidden), "{:?}", opened.counts);
}

/// The body of an object that an owner of this identity has.
fn owned(name: &str, owner: &str, more: &str) -> String {
    format!(
        r#"{{"metadata":{{"name":"{name}","ownerReferences":[{{"apiVersion":"lab.example.io/v1","kind":"Gadget","name":"one",
        "uid":"{owner}","controller":true}}]}}{more}}}"#
    )
}

#[tokio::test]
async fn what_names_an_owner_is_found_among_kinds_whatever_the_owner_is() {
    let stage = Stage::open(&quiet("")).await;
    let mut opened = Opened::new(&stage, Limits::default());
    let owner = "0e2b9c1e-5b0f-4c8a-9a57-3d1c2b4a5f60";
    let place = "/api/v1/namespaces/team-a";
    for name in ["a", "b"] {
        stage.write("POST", &format!("{place}/configmaps"), &owned(name, owner, "")).await;
    }
    let other = "11111111-5b0f-4c8a-9a57-3d1c2b4a5f60";
    stage.write("POST", &format!("{place}/configmaps"), &owned("of-another", other, "")).await;
    let spec = r#","spec":{"containers":[{"name":"c","image":"x"}]}"#;
    stage.write("POST", &format!("{place}/pods"), &owned("worker", owner, spec)).await;
    counted(&mut opened, "team-a", &["cm", "deploy"], Some(Uid::parse(owner))).await;
    let number = |word: &str| {
        let count = opened.counts.iter().find(|(kind, _)| kind.plural() == word).unwrap().1;
        count.as_ref().unwrap().unwrap()
    };
    assert_eq!((number("pods"), number("configmaps"), number("deployments")), (1, 2, 0));
    assert_eq!(stage.asked("namespaces/team-a/pods?limit=500"), 1, "metadata, a page at a time");
}
