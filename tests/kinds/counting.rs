//! What a namespace holds, counted by the server.

use std::sync::Arc;

use fleet_tui::cluster::limits::Limits;
use fleet_tui::model::failure::FailureKind;
use fleet_tui::model::kind::Kind;
use fleet_tui::model::update::{ClusterCommand, Counting};
use fleet_tui::sim::Resource;

use crate::stage::{Opened, Stage, quiet};

async fn counted(opened: &mut Opened, namespace: &str, words: &[&str]) -> Arc<Counting> {
    let mut kinds = vec![Kind::Pods];
    for word in words {
        kinds.push(opened.kind(word).await);
    }
    let asked = Arc::new(Counting { namespace: namespace.into(), kinds });
    opened.handle.commands.send(ClusterCommand::Count(Some(asked.clone()))).await.unwrap();
    let wanted = asked.kinds.len();
    opened.until("all counts", |opened| opened.counts.len() == wanted).await;
    asked
}

#[tokio::test]
async fn each_kind_of_a_namespace_is_counted_by_one_small_question() {
    let stage = Stage::open(&quiet("")).await;
    let mut opened = Opened::new(&stage, Limits::default());
    counted(&mut opened, "team-a", &["cm", "deploy"]).await;
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
    counted(&mut opened, "team-b", &["cm"]).await;
    let forbidden = |count: &Result<Option<u64>, fleet_tui::model::failure::Failure>| {
        count.as_ref().is_err_and(|failure| failure.kind == FailureKind::Forbidden)
    };
    assert!(opened.counts.values().all(forbidden), "{:?}", opened.counts);
}
