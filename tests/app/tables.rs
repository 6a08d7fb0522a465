//! What a person does with a table: filters, marks, columns, copies.

use crate::fleet::{Stage, crashing, node, pod};
use crate::picture::{styled, text};
use fleet_tui::terminal::color::ColorDepth;

/// One cluster with a handful of pods.
fn shop(size: (u16, u16)) -> Stage {
    let mut stage = Stage::open(&["prod"], size);
    let mut pods: Vec<_> = [1, 2, 10].map(|number| pod("shop", &format!("cart-{number}"))).to_vec();
    pods.push(crashing("shop", "payments-5d78c9869d-p7mtz"));
    pods.push(pod("web", "front-0"));
    stage.serve("prod", pods, vec![node("node-a", true)]);
    stage.settle();
    stage
}

fn rows(stage: &mut Stage) -> Vec<String> {
    stage.settle();
    let cluster = stage.app.fleet.active().unwrap();
    let table = cluster.tables.of(cluster.view.kind());
    (0..table.len()).filter_map(|index| table.cell(index, 1, stage.now().unix)).map(|cell| cell.text.into()).collect()
}

#[test]
fn names_with_numbers_stand_in_natural_order() {
    assert_eq!(rows(&mut shop((100, 16)))[..3], ["cart-1", "cart-2", "cart-10"]);
}

#[test]
fn a_wrong_filter_says_what_is_wrong_and_keeps_the_last_good_one() {
    let mut stage = shop((100, 16));
    stage.press("/");
    stage.type_text("restarts>=5");
    assert_eq!(rows(&mut stage), ["payments-5d78c9869d-p7mtz"]);
    stage.type_text(" statsu=x");
    assert_eq!(rows(&mut stage), ["payments-5d78c9869d-p7mtz"]);
    let shown = text(&stage.picture());
    assert!(shown.contains("✕ no column statsu; is it status?"), "{shown}");
    stage.press("Enter");
    assert!(!stage.app.layers.is_empty(), "the field stays until it is right or given up");
    stage.press("Esc");
    assert_eq!(rows(&mut stage).len(), 5);
}

#[test]
fn what_the_filter_found_is_marked_in_the_cells() {
    let mut stage = shop((100, 17));
    stage.press("/");
    stage.type_text("art- status=running");
    insta::assert_snapshot!(styled(&stage.picture(), ColorDepth::TrueColor));
}

#[test]
fn the_empty_filter_field_shows_what_may_be_typed_at_every_size() {
    let shown = [(60, 16), (100, 16), (160, 16)].map(|size| {
        let mut stage = shop(size);
        stage.press("/");
        text(&stage.picture())
    });
    insta::assert_snapshot!(shown.join("\n"));
}
