//! What may be listed, asked of a server in one question per namespace.

use fleet_tui::cluster::limits::Limits;
use fleet_tui::model::kind::Kind;
use fleet_tui::model::update::{ClusterCommand, Reading};

use crate::stage::{Opened, Stage, quiet};

#[tokio::test]
async fn what_the_rules_deny_is_what_the_server_refuses_to_list() {
    let user = "user = { name = \"dev\", groups = [], allowed_namespaces = [\"team-a\"] }";
    let stage = Stage::open(&quiet(user)).await;
    let mut opened = Opened::new(&stage, Limits::default());
    opened.kind("deploy").await;
    let question = ClusterCommand::Rules(vec!["team-a".into(), "team-b".into()]);
    opened.handle.commands.send(question).await.unwrap();
    opened.until("both answers", |opened| opened.rules.len() == 2).await;
    let deny = |opened: &Opened, namespace: &str, kind: &Kind| opened.rules.get(namespace).unwrap().deny(kind);
    let kinds: Vec<Kind> = opened.resources.iter().map(|it| Kind::of(it.clone())).collect();
    let mut denied = 0;
    for kind in kinds {
        for namespace in ["team-a", "team-b"] {
            let path = format!("{}?limit=1", kind.path(Some(namespace)));
            let permitted = stage.connection.get_text(&path, crate::stage::LIMIT).await.is_ok();
            // A rule that binds in the namespace may name what lives in none.
            if kind.namespaced() || deny(&opened, namespace, &kind) {
                assert_eq!(deny(&opened, namespace, &kind), !permitted, "{kind} in {namespace}");
            }
            denied += usize::from(!permitted);
        }
    }
    assert!(denied > 20, "{denied}");
    assert!(opened.rules.values().all(|rules| !rules.missing), "what may not be known is not said to be missing");
    assert_eq!(stage.asked("selfsubjectrulesreviews"), 2, "one question each, and none again by itself");
}

#[tokio::test]
async fn a_server_that_does_not_answer_such_questions_leaves_each_kind_to_say_for_itself() {
    let user = "user = { name = \"dev\", groups = [], allowed_namespaces = [\"team-a\"] }";
    let stage = Stage::open(&quiet(user)).await;
    let mut opened = Opened::new(&stage, Limits::default());
    let volumes = opened.kind("pv").await;
    // No namespace is no question that can be answered.
    opened.handle.commands.send(ClusterCommand::Rules(vec!["".into()])).await.unwrap();
    opened.look(&[&volumes]).await;
    opened.read(&volumes, |reading| matches!(reading, Reading::Forbidden(_))).await;
    assert!(opened.rules.is_empty());
    assert_eq!(stage.asked("selfsubjectrulesreviews"), 1);
}

#[tokio::test]
async fn a_namespace_that_does_not_exist_is_told_from_one_that_is_empty() {
    let stage = Stage::open(&quiet("")).await;
    let mut opened = Opened::new(&stage, Limits::default());
    let question = ClusterCommand::Rules(vec!["team-a".into(), "no-such".into()]);
    opened.handle.commands.send(question).await.unwrap();
    opened.until("both answers", |opened| opened.rules.len() == 2).await;
    assert!(!opened.rules.get("team-a").unwrap().missing && opened.rules.get("no-such").unwrap().missing);
}
