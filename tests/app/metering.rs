//! What is measured, in the tables of pods and nodes: columns that come and go with it, order and filters by unit, age.

use std::sync::Arc;

use crate::fleet::{Stage, UNIX, crashing, full, node, pod, uid};
use crate::picture::{styled, text};
use fleet_tui::model::amount::{Amount, Amounts};
use fleet_tui::model::pod::PodRow;
use fleet_tui::model::update::{Delta, Update};
use fleet_tui::model::usage::{Figure, Figures, Metered, Part, Usage};
use fleet_tui::terminal::color::ColorDepth;

pub fn amounts(cpu: u64, memory: u64) -> Amounts {
    Amounts { cpu: Amount::new(cpu), memory: Amount::new(memory) }
}

/// What was measured in the seconds before everything happens.
pub fn figures(measured: &[(&str, &str, u64, u64)]) -> Figures {
    let mut figures = Figures::default();
    for (namespace, name, cpu, memory) in measured {
        figures.note(namespace, *name, Figure { used: amounts(*cpu, *memory), from: Some(UNIX.plus(-16)) });
    }
    figures
}

pub fn pods_use(stage: &mut Stage, cluster: &str, measured: &[(&str, &str, u64, u64)]) {
    let figures = Arc::new(figures(measured));
    stage.update(cluster, Update::Metered(Metered::Pods(figures, Part::ALL)));
}

pub fn nodes_use(stage: &mut Stage, cluster: &str, measured: &[(&str, &str, u64, u64)]) {
    let figures = figures(measured);
    let sum = figures.sum();
    stage.update(cluster, Update::Metered(Metered::Nodes(Arc::new(figures))));
    stage.update(cluster, Update::Usage(Usage::Measured(sum)));
}

const SHOP: [(&str, &str, u64, u64); 3] =
    [("shop", "cart-1", 620, 240), ("shop", "cart-2", 80, 2_048), ("shop", "cart-10", 1_500, 90)];

fn shop(size: (u16, u16)) -> Stage {
    let mut stage = Stage::open(&["prod"], size);
    let mut pods: Vec<PodRow> = [1, 2, 10].map(|number| pod("shop", &format!("cart-{number}"))).to_vec();
    pods.push(crashing("shop", "payments"));
    stage.serve("prod", pods, vec![node("node-a", true), node("node-b", false)]);
    stage.settle();
    stage
}

fn names(stage: &mut Stage) -> Vec<String> {
    stage.settle();
    let cluster = stage.app.fleet.active().unwrap();
    let table = cluster.tables.of(cluster.view.kind());
    (0..table.len()).filter_map(|index| table.cell(index, 1, stage.now().unix)).map(|cell| cell.text.into()).collect()
}

fn filtered(stage: &mut Stage, filter: &str) -> Vec<String> {
    stage.press("/");
    stage.type_text(filter);
    stage.press("Enter");
    let names = names(stage);
    stage.press("Esc");
    names
}

fn pod_version(stage: &Stage) -> u64 {
    stage.app.fleet.active().unwrap().tables.pods.version()
}

#[test]
fn the_columns_come_with_the_first_figures_and_go_with_the_metrics_server() {
    let mut stage = shop((140, 16));
    assert!(!text(&stage.picture()).contains("CPU"), "no column of dots where nobody measures");
    pods_use(&mut stage, "prod", &SHOP);
    let shown = text(&stage.picture());
    assert!(shown.contains("CPU") && shown.contains("620m") && shown.contains("240Mi"), "{shown}");
    let payments = shown.lines().find(|line| line.contains("payments")).unwrap();
    assert!(payments.contains(" · ") && !payments.contains("0m"), "not measured is no zero: {payments}");
    stage.update("prod", Update::Metered(Metered::NoPods("no metrics server")));
    let shown = text(&stage.picture());
    assert!(!shown.contains("CPU") && !shown.contains("620m"), "{shown}");
    assert!(stage.app.toasts.shown().is_empty(), "no noise about it");
}

#[test]
fn pods_are_sorted_and_filtered_by_what_they_use_with_units() {
    let mut stage = shop((140, 16));
    pods_use(&mut stage, "prod", &SHOP);
    stage.press("S");
    stage.type_text("cpu");
    stage.press("Enter I");
    assert_eq!(names(&mut stage), ["cart-10", "cart-1", "cart-2", "payments"], "what is not known comes last");
    assert_eq!(filtered(&mut stage, "cpu>500m"), ["cart-10", "cart-1"]);
    assert_eq!(filtered(&mut stage, "memory>1Gi"), ["cart-2"]);
    assert_eq!(filtered(&mut stage, "mem<=240Mi"), ["cart-10", "cart-1"]);
    assert_eq!(filtered(&mut stage, "cpu/req>=600"), ["cart-10"], "of 250m asked for");
    assert_eq!(filtered(&mut stage, "mem/lim>90%"), ["cart-1", "cart-2"].map(String::from)[..], "of 256Mi");
}

#[test]
fn a_filter_by_what_nobody_measures_says_so() {
    let mut stage = shop((140, 16));
    stage.press("/");
    stage.type_text("cpu>500m");
    let shown = text(&stage.picture());
    assert!(shown.contains("cpu is not measured here"), "{shown}");
}

#[test]
fn a_poll_that_says_the_same_touches_no_row() {
    let mut stage = shop((140, 16));
    pods_use(&mut stage, "prod", &SHOP);
    let before = pod_version(&stage);
    pods_use(&mut stage, "prod", &SHOP);
    assert_eq!(pod_version(&stage), before);
    let mut other = SHOP;
    other[1].2 = 81;
    pods_use(&mut stage, "prod", &other);
    assert_eq!(pod_version(&stage), before + 1, "one row has another figure");
}

#[test]
fn figures_stay_with_their_object_through_its_changes_and_end_with_it() {
    let mut stage = shop((140, 16));
    pods_use(&mut stage, "prod", &SHOP);
    let usage = |stage: &Stage, id: &str| {
        let row = stage.app.fleet.active().unwrap().tables.pods.get(uid(id));
        row.map(|row| row.usage)
    };
    let change = |rows: Vec<PodRow>, gone: Vec<_>| Delta { restart: false, complete: false, gone, ..full(rows) };
    stage.update("prod", Update::Pods(change(vec![PodRow { restarts: 3, ..pod("shop", "cart-1") }], Vec::new())));
    assert_eq!(usage(&stage, "shop/cart-1"), Some(amounts(620, 240)), "it is the same pod");
    let reborn = PodRow { uid: uid("another"), created: UNIX.plus(-5), ..pod("shop", "cart-1") };
    stage.update("prod", Update::Pods(change(vec![reborn], vec![uid("shop/cart-1")])));
    assert_eq!(usage(&stage, "another"), Some(Amounts::NONE));
    pods_use(&mut stage, "prod", &SHOP);
    assert_eq!(usage(&stage, "another"), Some(Amounts::NONE), "measured before it was there");
}

#[test]
fn what_is_measured_no_more_is_dimmed_and_says_its_age() {
    let mut stage = shop((140, 16));
    pods_use(&mut stage, "prod", &SHOP);
    stage.wait(45);
    stage.beat("prod", 40);
    assert!(!text(&stage.picture()).contains("old"), "not yet");
    let fresh = styled(&stage.picture(), ColorDepth::TrueColor);
    stage.wait(1);
    let picture = stage.picture();
    assert!(text(&picture).contains("metrics 46s old"), "{}", text(&picture));
    let row = |shown: &str| shown.lines().find(|line| line.contains("cart-10")).unwrap().to_owned();
    assert_ne!(row(&styled(&picture, ColorDepth::TrueColor)), row(&fresh), "the figures are dimmer");
    pods_use(&mut stage, "prod", &SHOP);
    assert!(!text(&stage.picture()).contains("old"));
}

#[test]
fn many_pods_get_their_figures_part_by_part() {
    let mut stage = shop((140, 16));
    let figures = Arc::new(figures(&SHOP));
    for number in 0..4 {
        assert!(!text(&stage.picture()).contains("MEM"), "the columns wait for the last part");
        let part = Part { number, of: 4 };
        stage.update("prod", Update::Metered(Metered::Pods(figures.clone(), part)));
    }
    assert_eq!(Arc::strong_count(&figures), 2, "they are let go of beside the loop");
    let shown = text(&stage.picture());
    assert!(["620m", "80m", "1.5"].iter().all(|cpu| shown.contains(cpu)), "{shown}");
    assert_eq!(Arc::strong_count(&figures), 1);
}

#[test]
fn nodes_show_what_they_use_of_what_they_may_give() {
    let mut stage = shop((160, 16));
    stage.press(".");
    assert!(!text(&stage.picture()).contains("CPU%"));
    nodes_use(&mut stage, "prod", &[("", "node-a", 1_000, 14_000)]);
    let shown = text(&stage.picture());
    let row = shown.lines().find(|line| line.contains("node-a")).unwrap();
    assert!(row.contains("25%") && row.contains("93%") && row.contains("13.7Gi"), "{row}");
    stage.press("/");
    stage.type_text("mem%>90");
    stage.press("Enter");
    assert_eq!(stage.app.fleet.active().unwrap().tables.of(&fleet_tui::model::kind::Kind::Nodes).len(), 1);
}

#[test]
fn the_shares_of_requests_and_limits_stand_in_wide_mode() {
    let mut stage = shop((200, 16));
    pods_use(&mut stage, "prod", &SHOP);
    assert!(!text(&stage.picture()).contains("CPU/REQ"));
    stage.press("w");
    let shown = text(&stage.picture());
    let row = shown.lines().find(|line| line.contains("cart-1 ")).unwrap();
    assert!(shown.contains("CPU/REQ") && row.contains("248%") && row.contains("94%"), "{shown}");
}
