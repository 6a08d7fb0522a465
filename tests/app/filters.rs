//! Filters of lists that are no tables: Attention, Changes and the Fleet board.

use crate::attention::troubled;
use crate::changes::eventful;
use crate::fleet::{Stage, crashing, node, pod};
use crate::picture::text;
use fleet_tui::app::cluster::OpenCluster;
use fleet_tui::app::input::{Button, MouseKind};
use fleet_tui::app::layer::Layer;
use fleet_tui::app::message::Message;
use fleet_tui::app::pages::{selected_change, selected_entry};
use fleet_tui::app::pointer::Target;
use fleet_tui::app::state::Screen;
use fleet_tui::model::ids::ClusterId;

fn front(stage: &Stage) -> &OpenCluster {
    stage.app.fleet.active().unwrap()
}

fn subject(stage: &Stage) -> &str {
    selected_entry(front(stage)).map_or("", |entry| &entry.subject)
}

fn shown(stage: &mut Stage) -> String {
    text(&stage.picture())
}

fn typed(stage: &mut Stage, filter: &str, keys: &str) {
    stage.press("/");
    stage.type_text(filter);
    stage.press(keys);
}

#[test]
fn attention_is_filtered_by_what_its_rows_say_and_keeps_its_cursor() {
    let mut stage = troubled((120, 30));
    stage.press("j j");
    assert_eq!(subject(&stage), "replicaset shop/web-7d9");
    typed(&mut stage, "shop", "");
    assert_eq!(subject(&stage), "replicaset shop/web-7d9", "it is on the same entry, one row higher");
    let picture = shown(&mut stage);
    assert!(picture.contains("ATTENTION 4") && picture.contains("/shop  2 shown"), "{picture}");
    assert!(!picture.contains("data/db-0"), "{picture}");
    stage.type_text(" !image");
    assert_eq!(subject(&stage), "replicaset shop/api-5c4", "what is hidden is not selected");
    stage.press("Enter Esc");
    assert_eq!(subject(&stage), "replicaset shop/web-7d9", "and is so again once it is shown");
    assert!(shown(&mut stage).contains("ATTENTION 4") && !shown(&mut stage).contains("shown"));
    stage.press("Esc");
    assert!(!shown(&mut stage).contains("ATTENTION"), "the filter was the topmost layer, then the page is");
}

#[test]
fn a_click_keeps_what_is_typed_into_the_field_and_selects_what_it_left() {
    let mut stage = troubled((120, 30));
    typed(&mut stage, "shop", "");
    let picture = stage.picture();
    let target =
        (0..30).rev().filter_map(|y| picture.hit(50, y)).find(|hit| matches!(hit, Target::PageRow(1))).cloned();
    stage.tell(Message::Pointer(MouseKind::Down(Button::Left), Some(target.unwrap())));
    assert!(stage.app.layers.is_empty() && shown(&mut stage).contains("/shop  2 shown"), "{}", shown(&mut stage));
    let second = front(&stage).shown_entries()[1];
    assert_eq!(selected_entry(front(&stage)), front(&stage).attention.entries.get(second));
}

#[test]
fn a_selector_is_no_filter_of_a_page_and_leaves_nothing_of_itself() {
    let mut stage = troubled((120, 30));
    typed(&mut stage, "shop -l app=x", "");
    assert!(shown(&mut stage).contains("only the objects of a table"), "{}", shown(&mut stage));
    assert!(shown(&mut stage).contains("/shop  2 shown"), "{}", shown(&mut stage));
}

#[test]
fn what_is_ignored_elsewhere_is_not_told_here() {
    let mut stage = Stage::open(&["a", "b"], (120, 30));
    for name in ["a", "b"] {
        stage.serve(name, vec![crashing("shop", "cart-0"), crashing("shop", "cart-1")], vec![node("n", true)]);
    }
    stage.press("1 A i Enter");
    assert!(shown(&mut stage).contains("1 ignored"), "{}", shown(&mut stage));
    stage.press("2 A");
    assert!(!shown(&mut stage).contains("ignored ("), "{}", shown(&mut stage));
}

#[test]
fn whoever_comes_back_to_a_page_finds_its_filter_and_another_tab_has_none() {
    let mut stage = troubled((120, 30));
    typed(&mut stage, "/api-\\d/ 'zzz", "Enter");
    assert!(shown(&mut stage).contains("No entry matches"), "{}", shown(&mut stage));
    typed(&mut stage, "", "Ctrl+U");
    stage.type_text("api");
    stage.press("Enter Enter");
    assert!(shown(&mut stage).contains("PODS 2"), "{}", shown(&mut stage));
    stage.press("Esc");
    assert!(shown(&mut stage).contains("/api  1 shown"), "{}", shown(&mut stage));
    stage.press("2 A");
    assert!(!shown(&mut stage).contains("/api"));
    stage.press("1");
    assert!(shown(&mut stage).contains("/api  1 shown"));
}

#[test]
fn changes_are_filtered_by_object_and_words_while_new_ones_come() {
    let mut stage = eventful((120, 30));
    stage.press("T");
    typed(&mut stage, "cart restarted", "Enter");
    assert_eq!(selected_change(front(&stage)).map(|change| &*change.about.name), Some("cart-0"));
    let all = front(&stage).changes.len();
    let picture = shown(&mut stage);
    assert!(picture.contains(&format!("CHANGES {all}")) && picture.contains("/cart restarted  1 shown"), "{picture}");
    assert!(!picture.contains("web-1"), "{picture}");
    stage.press("G k Esc");
    assert_eq!(selected_change(front(&stage)).map(|change| &*change.about.name), Some("cart-0"));
}

fn fleet() -> Stage {
    let mut stage = Stage::open(&["prod-eu", "prod-us", "test-eu", "test-us"], (120, 30));
    for name in ["prod-eu", "test-eu", "test-us"] {
        stage.serve(name, vec![pod("shop", "cart-0")], vec![node("n", true)]);
    }
    stage.serve("prod-us", vec![crashing("shop", "cart-0")], vec![node("n", true)]);
    stage.settle();
    stage
}

fn rows(stage: &Stage) -> Vec<String> {
    stage.app.board_rows().iter().map(|id| id.as_str().trim_start_matches("config:").to_owned()).collect()
}

#[test]
fn the_board_is_filtered_by_name_health_and_reason_whatever_tab_is_in_front() {
    let mut stage = fleet();
    assert_eq!(stage.app.screen, Screen::Board);
    stage.press("j j");
    assert_eq!(stage.app.fleet.board.key.as_ref().map(ClusterId::as_str), Some("config:test-eu"));
    typed(&mut stage, "eu", "Enter");
    assert_eq!(rows(&stage), ["prod-eu", "test-eu"]);
    assert_eq!(stage.app.fleet.board.key.as_ref().map(ClusterId::as_str), Some("config:test-eu"));
    assert!(shown(&mut stage).contains("/eu  2 shown of 4"), "{}", shown(&mut stage));
    stage.press("Enter `");
    assert_eq!(rows(&stage), ["prod-eu", "test-eu"], "it stays while one is elsewhere");
    stage.press("Esc");
    assert_eq!(rows(&stage).len(), 4);
    typed(&mut stage, "warning", "Enter");
    assert_eq!(rows(&stage), ["prod-us"]);
    typed(&mut stage, "", "Ctrl+U");
    stage.type_text("crash-looping");
    assert_eq!(rows(&stage), ["prod-us"]);
    stage.press("Esc");
    assert_eq!(rows(&stage), ["prod-us"], "Esc in the field goes back to what was in force");
}

#[test]
fn what_is_unhealthy_is_not_found_as_healthy() {
    let mut stage = fleet();
    (0..3).for_each(|_| stage.miss("test-eu"));
    for (filter, found) in [
        ("unhealthy", vec!["test-eu"]),
        ("!healthy", vec!["test-eu", "prod-us"]),
        ("healthy", vec!["prod-eu", "test-us"]),
    ] {
        typed(&mut stage, "", "Ctrl+U");
        stage.type_text(filter);
        stage.press("Enter");
        assert_eq!(rows(&stage), found, "{filter}");
    }
}

#[test]
fn where_the_board_shows_no_cluster_none_is_meant() {
    let mut stage = fleet();
    typed(&mut stage, "nosuch", "Enter");
    assert!(shown(&mut stage).contains("No cluster matches /nosuch"), "{}", shown(&mut stage));
    stage.press("Ctrl+W Enter A L");
    assert_eq!((stage.app.fleet.len(), stage.app.screen), (4, Screen::Board));
    stage.press("w");
    assert!(!shown(&mut stage).contains("(folded)"), "nor among those that are folded");
}

#[test]
fn a_list_has_no_columns_and_says_so_and_what_is_no_list_has_no_filter() {
    let mut stage = troubled((120, 30));
    typed(&mut stage, "shop cause=x", "");
    let picture = shown(&mut stage);
    assert!(picture.contains("there are no columns here") && picture.contains("/shop  2 shown"), "{picture}");
    stage.press("Enter");
    assert!(matches!(stage.app.layers.last(), Some(Layer::Filter { .. })), "it stays until it is right");
    stage.press("Ctrl+U");
    stage.type_text("-l app=x");
    assert!(shown(&mut stage).contains("picked by the server"), "{}", shown(&mut stage));
    stage.press("Esc O /");
    assert!(stage.app.layers.is_empty());
    assert!(!shown(&mut stage).contains("/ filter"), "{}", shown(&mut stage));
}

#[test]
fn a_list_in_which_nothing_matches_offers_nothing_to_do() {
    let mut stage = fleet();
    stage.press("1 :");
    assert!(shown(&mut stage).contains("Enter do it"));
    stage.type_text("zzzz");
    let picture = shown(&mut stage);
    assert!(picture.contains("nothing matches") && !picture.contains("Enter do it"), "{picture}");
}
