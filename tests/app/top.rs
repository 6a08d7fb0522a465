//! What stays on screen: the top of what is newest first, a title beside a long filter, marks that a filter hides, help.

use std::sync::Arc;

use crate::fleet::{Stage, UNIX, event, full, node, pod};
use crate::picture::text;
use fleet_tui::app::state::Screen;
use fleet_tui::model::event::EventRow;
use fleet_tui::model::failure::FailureKind;
use fleet_tui::model::update::Update;

fn stage(size: (u16, u16)) -> Stage {
    let mut stage = Stage::open(&["prod", "dev"], size);
    for name in ["prod", "dev"] {
        let pods = [1, 2, 10].map(|number| pod("shop", &format!("cart-{number}"))).to_vec();
        stage.serve(name, pods, vec![node("node-a", true)]);
    }
    stage.press("1");
    stage
}

fn seen(reason: &str, ago: i64) -> EventRow {
    EventRow { last_seen: UNIX.plus(-ago), ..event("shop", "cart-1", reason) }
}

fn row(stage: &mut Stage, place: usize) -> String {
    let shown = text(&stage.picture());
    let heading = shown.lines().position(|line| line.contains("LAST SEEN")).unwrap();
    shown.lines().nth(heading + 1 + place).unwrap().to_owned()
}

#[test]
fn who_goes_to_the_top_of_what_is_newest_first_stays_there() {
    let mut stage = stage((140, 20));
    stage.press(". .");
    stage.update("prod", Update::Events(full(vec![seen("First", 60), seen("Second", 30)])));
    stage.settle();
    stage.press("G");
    stage.update("prod", Update::Events(full(vec![seen("First", 60), seen("Second", 30), seen("Third", 9)])));
    let last = row(&mut stage, 2);
    assert!(last.contains("▸") && last.contains("First"), "a chosen row stays chosen: {}", text(&stage.picture()));
    stage.press("g");
    let fresh = ["First", "Second", "Third", "Fourth"].into_iter().zip([60, 30, 9, 2]);
    stage.update("prod", Update::Events(full(fresh.map(|(reason, ago)| seen(reason, ago)).collect())));
    assert!(row(&mut stage, 0).contains("▸") && row(&mut stage, 0).contains("Fourth"), "{}", row(&mut stage, 0));
}

#[test]
fn a_long_filter_leaves_the_kind_and_its_counts_on_screen() {
    for size in [(60, 16), (80, 24)] {
        let mut stage = stage(size);
        stage.press("/");
        stage.type_text("status=Running restarts>=0 restarts<100000 cart namespace=shop name~cart");
        stage.press("Enter");
        let shown = text(&stage.picture());
        assert!(shown.contains("PODS 3") && shown.contains("3 shown") && shown.contains("/status"), "{shown}");
    }
}

#[test]
fn marks_that_the_filter_hides_are_told_as_such() {
    let mut stage = stage((140, 20));
    stage.press("Space j Space");
    assert!(text(&stage.picture()).contains("2 marked"));
    stage.press("/");
    stage.type_text("name=cart-1");
    stage.press("Enter");
    assert!(text(&stage.picture()).contains("1 of 2 marked shown"), "{}", text(&stage.picture()));
}

#[test]
fn the_key_of_the_help_is_hinted_at_every_width() {
    for width in [60, 80, 100, 120, 134, 200] {
        let mut stage = stage((width, 24));
        for keys in ["1", "d", "Esc A", "Esc `"] {
            stage.press(keys);
            let shown = text(&stage.picture());
            assert!(shown.lines().last().unwrap().contains("? help"), "{width} {keys}: {shown}");
        }
    }
}

#[test]
fn what_is_asked_for_on_the_board_is_of_the_cluster_under_its_cursor() {
    let mut stage = stage((140, 20));
    stage.press("` j");
    let meant = stage.app.meant().unwrap();
    assert_ne!(stage.app.fleet.active().unwrap().id, meant);
    stage.press(":");
    stage.type_text("nodes");
    stage.press("Enter");
    assert_eq!((stage.app.screen, &stage.app.fleet.active().unwrap().id), (Screen::Cluster, &meant));
    stage.press("` j < `");
    assert_eq!(stage.app.screen, Screen::Cluster);
}

#[test]
fn what_belongs_to_an_object_of_no_namespace_is_shown_whole() {
    let mut stage = stage((140, 20));
    stage.app.fleet.active_mut().unwrap().view.namespaces.insert(Arc::from("elsewhere"));
    stage.press(". Enter");
    let view = &stage.app.fleet.active().unwrap().view;
    assert!(view.within().is_some() && view.namespaces.is_empty());
    stage.press("Esc");
    assert_eq!(stage.app.fleet.active().unwrap().view.namespaces.len(), 1, "back as it was");
}

#[test]
fn of_a_cluster_that_does_not_answer_it_is_said_how_it_was() {
    let mut stage = stage((140, 30));
    stage.down("prod", FailureKind::Refused, "connection refused");
    for page in ["A", "Esc O"] {
        stage.press(page);
        let shown = text(&stage.picture());
        assert!(shown.contains("Nothing needed a person when"), "{shown}");
    }
}

#[test]
fn one_cluster_has_a_board_too() {
    let mut stage = Stage::open(&["prod"], (100, 20));
    stage.press("`");
    assert!(stage.app.on_board());
    stage.press("`");
    assert!(!stage.app.on_board());
}
