//! Namespaces: typed in, selected one by one or several, forgotten.

use crate::fleet::{Stage, node, pod};
use crate::picture::text;
use fleet_tui::app::message::Effect;
use fleet_tui::model::ids::ClusterId;
use fleet_tui::model::kind::Kind;
use fleet_tui::model::update::{ClusterCommand, Reading, Update};

fn id(name: &str) -> ClusterId {
    ClusterId::new(&format!("config:{name}"))
}

#[test]
fn a_typed_namespace_is_read_where_listing_is_denied() {
    let mut stage = Stage::open(&["team"], (100, 24));
    stage.up("team");
    stage.update("team", Update::Reading(Kind::Namespaces, Reading::Forbidden("no".to_owned())));
    stage.press("n");
    stage.type_text("payments");
    stage.press("Enter");
    let command = ClusterCommand::Namespaces(vec!["payments".into()]);
    assert!(stage.effects.contains(&Effect::Command(id("team"), command)));
    let names = stage.app.fleet.active().unwrap().namespaces().unwrap();
    assert_eq!(names.iter().map(|name| &**name).collect::<Vec<_>>(), ["default", "payments"]);
}

#[test]
fn several_namespaces_are_selected_in_the_list_as_in_the_sidebar() {
    let mut stage = Stage::open(&["a"], (120, 24));
    let pods = ["shop", "team", "web"].map(|name| pod(name, "p")).to_vec();
    stage.serve("a", pods, vec![node("n", true)]);
    let selected = |stage: &Stage| {
        let names = &stage.app.fleet.active().unwrap().view.namespaces;
        names.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    stage.press("n");
    stage.type_text("shop");
    stage.press("Space Ctrl+U");
    stage.type_text("web");
    stage.press("Space");
    assert_eq!(selected(&stage), ["shop", "web"], "it holds at once");
    let shown = text(&stage.picture());
    assert!(
        shown.contains("selected: shop, web") && shown.contains("Enter keep") && shown.contains("Esc undo"),
        "{shown}"
    );
    stage.press("Enter");
    assert_eq!(selected(&stage), ["shop", "web"], "Enter keeps what was selected, and selects nothing else");
    let shown = text(&stage.picture());
    assert!(shown.contains("shop, web  2 shown") && shown.contains("2/4"), "{shown}");
    let told = ClusterCommand::Namespaces(vec!["shop".into(), "web".into()]);
    assert!(stage.effects.contains(&Effect::Command(id("a"), told)), "where the whole is forbidden these are read");
    stage.press("n");
    stage.type_text("team");
    stage.press("Space Esc");
    assert_eq!(selected(&stage), ["shop", "web"], "Esc goes back to what was");
    stage.press("n");
    stage.type_text("team");
    stage.press("Enter");
    assert_eq!(selected(&stage), ["team"], "without Space it is that one alone");
    stage.press("Left g j j Space Right");
    assert_eq!(selected(&stage), ["shop", "team"], "the sidebar changes the same selection");
    stage.press("0");
    assert!(selected(&stage).is_empty());
}

#[test]
fn namespaces_typed_in_are_selected_besides_others() {
    let mut stage = Stage::open(&["team"], (100, 24));
    stage.up("team");
    stage.update("team", Update::Reading(Kind::Namespaces, Reading::Forbidden("no".to_owned())));
    stage.press("n");
    for name in ["payments", "Wrong", "search"] {
        stage.press("Ctrl+U");
        stage.type_text(name);
        stage.press("Space");
    }
    stage.press("Enter");
    let cluster = stage.app.fleet.active().unwrap();
    let names =
        |names: &mut dyn Iterator<Item = &std::sync::Arc<str>>| names.map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(&mut cluster.view.namespaces.iter()), ["payments", "search"]);
    assert_eq!(names(&mut cluster.view.typed.iter()), ["payments", "search"], "what cannot be a name is not kept");
    stage.press("n");
    stage.type_text("search");
    stage.press("Space Enter");
    let cluster = stage.app.fleet.active().unwrap();
    assert_eq!(names(&mut cluster.view.namespaces.iter()), ["payments"]);
}

#[test]
fn a_namespace_that_was_typed_in_can_be_forgotten_in_the_list_and_in_the_sidebar() {
    let mut stage = Stage::open(&["team"], (100, 24));
    stage.up("team");
    stage.update("team", Update::Reading(Kind::Namespaces, Reading::Forbidden("no".to_owned())));
    for name in ["payments", "search"] {
        stage.press("n");
        stage.type_text(name);
        stage.press("Enter");
    }
    let offered = |stage: &Stage| {
        let names = stage.app.fleet.active().unwrap().namespaces().unwrap();
        names.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let hint = |stage: &mut Stage| text(&stage.picture()).lines().last().unwrap().contains("Del forget");
    stage.press("n");
    stage.type_text("default");
    assert!(!hint(&mut stage), "the context's own was not typed");
    stage.press("Home Del");
    assert_eq!(offered(&stage), ["default", "payments", "search"], "there the key edits the field");
    stage.press("Ctrl+U");
    stage.type_text("search");
    assert!(hint(&mut stage));
    stage.press("Del");
    assert_eq!(offered(&stage), ["default", "payments"]);
    stage.press("Esc");
    assert_eq!(offered(&stage), ["default", "payments", "search"], "Esc takes it back");
    stage.press("n");
    stage.type_text("search");
    stage.press("Del Enter");
    let view = &stage.app.fleet.active().unwrap().view;
    assert!(view.namespaces.is_empty(), "what is forgotten is not selected");
    stage.press("Esc Left G");
    let shown = text(&stage.picture());
    assert!(hint(&mut stage) && shown.contains("Del  forget one"), "{shown}");
    stage.press("Del");
    assert_eq!(offered(&stage), ["default"]);
    let told = ClusterCommand::Namespaces(Vec::new());
    assert!(stage.effects.contains(&Effect::Command(id("team"), told)), "it is read no more");
    stage.press("G Del");
    assert_eq!(offered(&stage), ["default"]);
    let shown = text(&stage.picture());
    assert!(shown.contains("default was not typed in: it stays") && !shown.contains("Del  forget one"), "{shown}");
}

#[test]
fn a_cluster_opened_again_reads_the_namespaces_typed_before() {
    let mut stage = Stage::open(&["team", "other"], (100, 24));
    stage.press("1");
    stage.up("team");
    stage.update("team", Update::Reading(Kind::Namespaces, Reading::Forbidden("no".to_owned())));
    stage.press("n");
    stage.type_text("payments");
    // Selected it would be read for that alone.
    stage.press("Enter 0 Ctrl+W");
    stage.effects.clear();
    stage.press("o");
    stage.type_text("team");
    stage.press("Enter");
    let command = ClusterCommand::Namespaces(vec!["payments".into()]);
    assert!(stage.effects.contains(&Effect::Command(id("team"), command)), "{:?}", stage.effects);
}

#[test]
fn a_namespace_that_was_named_elsewhere_is_offered_where_listing_is_denied_and_can_be_forgotten() {
    let mut stage = Stage::open(&["prod", "team"], (100, 24));
    stage.serve("prod", vec![pod("shop", "cart-0")], vec![node("n", true)]);
    stage.press("2");
    stage.up("team");
    stage.update("team", Update::Reading(Kind::Namespaces, Reading::Forbidden("no".to_owned())));
    stage.press("1 n");
    stage.type_text("shop");
    stage.press("Enter }");
    let shown = text(&stage.picture());
    assert!(shown.lines().any(|line| line.contains("▸ shop")), "{shown}");
    stage.press("Left Del");
    let shown = text(&stage.picture());
    assert!(!shown.contains("shop") && shown.contains("default"), "{shown}");
    stage.press("G Del");
    assert!(text(&stage.picture()).contains("default was not typed in: it stays"));
}

#[test]
fn a_selected_namespace_that_the_cluster_has_not_is_said_to_be_missing() {
    let mut stage = Stage::open(&["prod", "dr"], (100, 24));
    for name in ["prod", "dr"] {
        let namespace = if name == "prod" { "shop" } else { "web" };
        stage.serve(name, vec![pod(namespace, "cart-0")], vec![node("n", true)]);
    }
    stage.press("1 n");
    stage.type_text("shop");
    stage.press("Enter }");
    let shown = text(&stage.picture());
    assert!(shown.contains("dr has no namespace shop") && shown.contains("0  all namespaces"), "{shown}");
    stage.press("0");
    assert!(text(&stage.picture()).contains("cart-0"));
}

#[test]
fn the_sidebar_shows_the_selected_namespace_wherever_it_was_chosen() {
    let mut stage = Stage::open(&["prod"], (80, 24));
    let names: Vec<String> = (0..40).map(|number| format!("team-{number:02}")).collect();
    let pods = names.iter().map(|name| pod(name, "p")).collect();
    stage.serve("prod", pods, vec![node("n", true)]);
    stage.press("n");
    stage.type_text("team-37");
    stage.press("Enter");
    let shown = text(&stage.picture());
    assert!(shown.lines().any(|line| line.contains("▸ team-37")), "{shown}");
    stage.press("Left j Enter");
    let shown = text(&stage.picture());
    assert!(shown.lines().any(|line| line.contains("▸ team-38")), "the cursor goes on from there: {shown}");
    stage.press("0 Right");
    let shown = text(&stage.picture());
    assert!(shown.lines().any(|line| line.contains("▸ All")), "{shown}");
}
