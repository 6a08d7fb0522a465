//! Kinds that may not be listed are dimmed, with the reason, before anybody tries.

use std::sync::Arc;

use crate::fleet::{Stage, node, pod};
use crate::picture::{styled, text};
use fleet_tui::app::message::Effect;
use fleet_tui::model::kind::Kind;
use fleet_tui::model::resource::ApiResource;
use fleet_tui::model::rules::{ListRule, Rules};
use fleet_tui::model::update::{ClusterCommand, Reading, Update};
use fleet_tui::terminal::color::ColorDepth;

fn resource(plural: &str) -> Arc<ApiResource> {
    let text = str::to_owned;
    let kind = text(plural);
    Arc::new(ApiResource {
        version: text("v1"),
        plural: text(plural),
        kind,
        namespaced: true,
        ..ApiResource::default()
    })
}

fn rules(resources: &[&str], incomplete: bool) -> Rules {
    let resources = resources.iter().map(|name| (*name).to_owned()).collect();
    Rules { lists: vec![ListRule { groups: vec![String::new()], resources }], incomplete, missing: false }
}

fn stage() -> Stage {
    let mut stage = Stage::open(&["a"], (110, 20));
    stage.serve("a", vec![pod("shop", "cart-1")], vec![node("n", true)]);
    stage.update("a", Update::Resources(vec![resource("secrets"), resource("services")]));
    stage
}

fn questions(stage: &Stage) -> Vec<Vec<Arc<str>>> {
    let told = stage.effects.iter().filter_map(|effect| match effect {
        Effect::Command(_, ClusterCommand::Rules(namespaces)) => Some(namespaces.clone()),
        _ => None,
    });
    told.collect()
}

#[test]
fn what_no_rule_permits_is_dimmed_with_the_reason_before_it_is_tried() {
    let mut stage = stage();
    assert!(questions(&stage).is_empty(), "nobody wants to know yet");
    stage.press("K");
    assert_eq!(questions(&stage), [vec![Arc::from("default")]]);
    stage.update("a", Update::Rules("default".into(), rules(&["pods", "services"], false)));
    stage.type_text("se");
    insta::assert_snapshot!(styled(&stage.picture(), ColorDepth::TrueColor));
    stage.type_text("crets");
    stage.press("Enter");
    let cluster = stage.app.fleet.active().unwrap();
    assert_eq!(cluster.view.kind().plural(), "secrets", "it can be tried all the same");
}

#[test]
fn an_answer_holds_for_its_time_and_a_question_without_one_is_not_repeated_in_a_storm() {
    let mut stage = stage();
    stage.press("K");
    for _ in 0..10 {
        stage.wait(1);
    }
    assert_eq!(questions(&stage).len(), 1, "it is waited for");
    stage.wait(10);
    assert_eq!(questions(&stage).len(), 2);
    stage.update("a", Update::Rules("default".into(), rules(&["pods"], false)));
    stage.press("Esc");
    stage.wait(110);
    stage.press("K");
    assert_eq!(questions(&stage).len(), 2, "it still holds");
    stage.wait(11);
    assert_eq!(questions(&stage).len(), 3, "it holds no more");
}

#[test]
fn nothing_follows_from_rules_that_are_not_all_known() {
    let mut stage = stage();
    let secrets = Kind::of(resource("secrets"));
    let denied =
        |stage: &Stage| stage.app.fleet.active().unwrap().not_permitted(&Kind::of(resource("secrets"))).is_some();
    stage.update("a", Update::Rules("default".into(), rules(&["pods"], true)));
    assert!(!denied(&stage), "the server does not know all rules");
    stage.update("a", Update::Rules("default".into(), rules(&["pods"], false)));
    assert!(denied(&stage));
    stage.press(":");
    stage.type_text("shop");
    stage.press("Enter");
    assert!(!denied(&stage), "it may be permitted there");
    stage.press("K");
    assert_eq!(questions(&stage).last(), Some(&vec![Arc::from("shop")]), "only what is not known is asked");
    stage.update("a", Update::Rules("shop".into(), rules(&["secrets"], false)));
    assert!(!denied(&stage));
    stage.update("a", Update::Rules("shop".into(), rules(&["pods"], false)));
    assert!(denied(&stage));
    let words = stage.app.fleet.active().unwrap().not_permitted(&secrets).unwrap();
    assert_eq!(words, "no permission to list secrets in default, shop");
    stage.press("Esc");
    let shown = text(&stage.picture());
    assert!(shown.contains("cart-1"), "{shown}");
}

#[test]
fn what_is_read_is_not_denied_by_a_rule() {
    let mut stage = stage();
    stage.update("a", Update::Rules("default".into(), rules(&[], false)));
    stage.press("K");
    let shown = text(&stage.picture());
    assert!(!shown.contains("no permission to list pods"), "{shown}");
    assert!(shown.contains("no permission to list secrets in default"), "{shown}");
    let forbidden = "nodes is forbidden: User jane cannot list".to_owned();
    stage.update("a", Update::Reading(Kind::Nodes, Reading::Forbidden(forbidden)));
    stage.press("Esc K");
    let shown = text(&stage.picture());
    assert!(shown.contains("no permission to list nodes"), "in the words of the others: {shown}");
}

#[test]
fn a_namespace_that_is_typed_in_is_probed_and_says_why_it_shows_nothing() {
    let mut stage = stage();
    let forbidden = "namespaces is forbidden: User jane cannot list".to_owned();
    stage.update("a", Update::Reading(Kind::Namespaces, Reading::Forbidden(forbidden)));
    assert!(questions(&stage).is_empty(), "nothing was typed");
    stage.press("n");
    stage.type_text("theirs");
    stage.press("Enter");
    assert_eq!(questions(&stage).concat(), [Arc::from("default"), Arc::from("theirs")]);
    stage.update("a", Update::Rules("theirs".into(), rules(&[], false)));
    let shown = text(&stage.picture());
    assert!(shown.contains("Insufficient permissions"), "{shown}");
    assert!(shown.contains("theirs: no access: nothing may be listed there"), "{shown}");
    assert!(shown.lines().any(|line| line.contains("theirs") && line.contains('✕')), "{shown}");
    stage.update("a", Update::Rules("theirs".into(), rules(&["services"], false)));
    let shown = text(&stage.picture());
    assert!(shown.contains("theirs: no permission to list pods there"), "{shown}");
    stage.update("a", Update::Rules("theirs".into(), Rules { missing: true, ..rules(&["*"], false) }));
    stage.press("n");
    let shown = text(&stage.picture());
    assert!(
        shown.lines().any(|line| line.contains("theirs") && line.contains("there is no such namespace")),
        "{shown}"
    );
    stage.press("Esc");
    stage.update("a", Update::Rules("theirs".into(), rules(&["pods"], false)));
    let shown = text(&stage.picture());
    assert!(!shown.contains("Insufficient") && shown.contains("0  all namespaces"), "{shown}");
}
