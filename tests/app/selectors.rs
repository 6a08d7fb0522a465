//! Selectors in a filter: when the server is asked, what is shown until it answers, and what when it refuses.

use std::sync::Arc;
use std::time::Duration;

use crate::fleet::{Stage, crashing, full, node, pod, uid};
use crate::picture::text;
use fleet_tui::app::message::Effect;
use fleet_tui::model::failure::{Failure, FailureKind};
use fleet_tui::model::subset::Subset;
use fleet_tui::model::update::{ClusterCommand, Reading, Update};

fn shop() -> Stage {
    let mut stage = Stage::open(&["prod", "dev"], (120, 18));
    for name in ["prod", "dev"] {
        let pods = vec![pod("shop", "cart-1"), pod("shop", "web-1"), pod("web", "web-2"), crashing("web", "web-3")];
        stage.serve(name, pods, vec![node("node-a", true)]);
    }
    stage.press("1");
    stage
}

fn filter(stage: &mut Stage, typed: &str) {
    stage.press("/ Ctrl+U");
    stage.type_text(typed);
    stage.press("Enter");
}

/// Every wish about what the server picks that was told, in the words of the filter.
fn picks(stage: &Stage) -> Vec<Option<String>> {
    let told = stage.effects.iter().filter_map(|effect| match effect {
        Effect::Command(_, ClusterCommand::Pick(subset)) => Some(subset.as_ref().map(|it| it.by.to_string())),
        _ => None,
    });
    told.collect()
}

fn asked(stage: &Stage) -> Arc<Subset> {
    let told = stage.effects.iter().rev().find_map(|effect| match effect {
        Effect::Command(_, ClusterCommand::Pick(subset)) => subset.clone(),
        _ => None,
    });
    told.unwrap()
}

fn answer(stage: &mut Stage, uids: &[&str]) {
    let subset = asked(stage);
    let uids = uids.iter().map(|text| uid(text)).collect();
    stage.update("prod", Update::Picked(subset.clone(), full(uids)));
    stage.update("prod", Update::Picking(subset, Reading::Live));
}

fn refuse(stage: &mut Stage, words: &str) {
    let failure = Failure::new(FailureKind::Invalid, words);
    let reading = Reading::Broken { failure, retry_in: Duration::from_secs(240) };
    stage.update("prod", Update::Picking(asked(stage), reading));
}

fn rows(stage: &mut Stage) -> Vec<String> {
    stage.settle();
    let cluster = stage.app.fleet.active().unwrap();
    let table = cluster.tables.of(cluster.view.kind());
    (0..table.len()).filter_map(|index| table.cell(index, 1, stage.now().unix)).map(|cell| cell.text.into()).collect()
}

#[test]
fn the_server_is_asked_once_the_filter_is_accepted_and_no_other_row_is_shown_before_it_answers() {
    let mut stage = shop();
    stage.press("/");
    stage.type_text("-l app=web !web-2");
    assert!(picks(&stage).is_empty(), "not for every key");
    let shown = text(&stage.picture());
    assert!(shown.contains("Enter asks the server") && !shown.contains("server-side"), "{shown}");
    assert_eq!(rows(&mut stage), ["cart-1", "web-1", "web-3"], "what the rows themselves can tell holds at once");
    stage.press("Enter");
    assert_eq!(picks(&stage), [Some("-l app=web".to_owned())]);
    assert!(rows(&mut stage).is_empty());
    let shown = text(&stage.picture());
    assert!(shown.contains("asking the server which pods match -l app=web"), "{shown}");
    answer(&mut stage, &["shop/web-1", "web/web-2", "web/web-3"]);
    assert_eq!(rows(&mut stage), ["web-1", "web-3"], "the terms beside it hold too");
    let shown = text(&stage.picture());
    assert!(
        shown.contains("/!web-2") && shown.contains("server-side -l app=web") && shown.contains("2 shown"),
        "{shown}"
    );
    let cluster = stage.app.fleet.active().unwrap();
    assert_eq!(cluster.summary.pods, 4, "what health is concluded from is not narrowed");
    stage.press("Esc");
    assert_eq!(rows(&mut stage).len(), 4);
    assert_eq!(picks(&stage).last(), Some(&None), "its reader ends with the filter");
}

#[test]
fn what_the_server_refuses_is_said_in_its_words_and_the_last_good_rows_stay() {
    let mut stage = shop();
    let words = r#"Unable to find "/v1, Resource=pods" that match label selector "", field selector "status.mood=x": field label not supported: status.mood"#;
    filter(&mut stage, "-f status.mood=x");
    assert!(rows(&mut stage).is_empty(), "it may still be picked");
    refuse(&mut stage, words);
    assert_eq!(rows(&mut stage).len(), 4);
    let shown = text(&stage.picture());
    assert!(shown.contains("-f status.mood=x refused  4 shown"), "{shown}");
    assert!(shown.contains("the server refuses -f status.mood=x: field label not supported: status.mood"), "{shown}");
    filter(&mut stage, "-l app=web");
    answer(&mut stage, &["web/web-2"]);
    filter(&mut stage, "-f status.mood=x");
    assert_eq!(rows(&mut stage), ["web-2"], "those picked last stay while others are asked for");
    let shown = text(&stage.picture());
    assert!(shown.contains("server-side -l app=web  asking -f status.mood=x"), "{shown}");
    refuse(&mut stage, words);
    assert_eq!(rows(&mut stage), ["web-2"]);
    let shown = text(&stage.picture());
    assert!(shown.contains("server-side -l app=web  -f status.mood=x refused"), "{shown}");
}

#[test]
fn rows_come_and_go_as_the_server_picks_them_and_stay_through_a_break() {
    let mut stage = shop();
    filter(&mut stage, "-l app=web");
    answer(&mut stage, &["shop/web-1", "web/web-2"]);
    let subset = asked(&stage);
    let mut delta = full(vec![uid("web/web-3")]);
    (delta.restart, delta.complete, delta.gone) = (false, false, vec![uid("shop/web-1")]);
    stage.update("prod", Update::Picked(subset.clone(), delta));
    assert_eq!(rows(&mut stage), ["web-2", "web-3"]);
    let failure = Failure::new(FailureKind::Closed, "connection closed");
    let broken = Reading::Broken { failure, retry_in: Duration::from_secs(2) };
    stage.update("prod", Update::Picking(subset.clone(), broken));
    assert_eq!(rows(&mut stage), ["web-2", "web-3"]);
    let shown = text(&stage.picture());
    assert!(shown.contains("server-side -l app=web  not current"), "{shown}");
    assert!(shown.contains("not current: -l app=web: connection closed"), "{shown}");
    stage.update("prod", Update::Picking(subset, Reading::Live));
    assert!(!text(&stage.picture()).contains("not current"));
}

#[test]
fn each_tab_and_kind_has_its_own_and_a_place_takes_it_along() {
    let mut stage = shop();
    filter(&mut stage, "-l app=web");
    answer(&mut stage, &["web/web-2"]);
    stage.press(".");
    assert_eq!(rows(&mut stage).len(), 1, "nodes are not filtered");
    stage.press(",");
    answer(&mut stage, &["web/web-2"]);
    assert_eq!(rows(&mut stage), ["web-2"], "pods still are");
    stage.press("2");
    assert_eq!(rows(&mut stage).len(), 4, "another tab is not");
    stage.press("1");
    assert_eq!(rows(&mut stage), ["web-2"], "what is known is shown at once");
    stage.press("}");
    assert_eq!(stage.app.fleet.active().unwrap().name, "dev");
    assert!(rows(&mut stage).is_empty() && asked(&stage).by.to_string() == "-l app=web");
}

#[test]
fn what_helm_keeps_cannot_be_selected_and_says_so() {
    let mut stage = shop();
    stage.press(":");
    stage.type_text("helm");
    stage.press("Enter /");
    stage.type_text("-l a=b");
    let shown = text(&stage.picture());
    assert!(shown.contains("the server cannot select them"), "{shown}");
    stage.press("Enter");
    assert!(picks(&stage).is_empty());
}
