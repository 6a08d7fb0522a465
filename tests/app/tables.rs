//! What a person does with a table: filters, marks, columns, copies.

use crate::fleet::{Stage, UNIX, crashing, event, full, node, pod};
use crate::picture::{styled, text};
use fleet_tui::app::input::{Button, Input, Mods, Mouse, MouseKind};
use fleet_tui::app::message::{Effect, Message};
use fleet_tui::app::pointer::Target;
use fleet_tui::app::tab::Pane;
use fleet_tui::model::pod::PodRow;
use fleet_tui::model::update::Update;
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
fn rows_of_one_name_are_told_apart_by_their_namespace_at_every_width() {
    let long = "payments-platform-integration";
    for size in [(60, 16), (80, 24), (120, 40), (200, 60)] {
        let mut stage = Stage::open(&["prod"], size);
        let mut ill = crashing("web", "cart-7d9f8b6c4-x2kqp");
        ill.created = UNIX.plus(-7 * 86_400 - 43_200);
        let pods = vec![pod("shop", "cart-7d9f8b6c4-x2kqp"), pod(long, "cart-7d9f8b6c4-x2kqp"), ill];
        stage.serve("prod", pods, vec![node("node-a", true)]);
        stage.update("prod", Update::Events(full(["shop", "web"].map(|of| event(of, "cart-1", "BackOff")).to_vec())));
        let shown = text(&stage.picture());
        for part in ["NAMESPACE", "NAME ", "READY", "STATUS", "AGE", "shop ", "x2kqp", "paym", "Crash"] {
            assert!(shown.contains(part), "{part} at {size:?}:\n{shown}");
        }
        stage.press(". .");
        let shown = text(&stage.picture());
        for part in ["LAST SEEN", "REASON", "OBJECT", "MESSAGE", "pod/cart-1", "Back-off resta"] {
            assert!(shown.contains(part), "{part} at {size:?}:\n{shown}");
        }
        assert!(shown.contains("NAMESPACE") || size.0 <= 80, "events go by what they say first: {size:?}:\n{shown}");
        // With one namespace alone the others have its room.
        stage.press(", , n");
        stage.type_text("web");
        stage.press("Enter");
        let shown = text(&stage.picture());
        assert!(shown.contains("RESTARTS"), "at {size:?}:\n{shown}");
    }
}

#[test]
fn what_the_rows_are_sorted_by_is_on_screen() {
    let mut stage = shop((80, 24));
    assert!(!text(&stage.picture()).contains("RESTARTS"));
    stage.press("S");
    stage.type_text("restarts");
    stage.press("Enter I");
    let shown = text(&stage.picture());
    assert!(shown.contains("RESTARTS↓") && shown.contains("14 "), "{shown}");
    stage.press("S");
    stage.type_text("node");
    stage.press("Enter");
    let shown = text(&stage.picture());
    assert!(shown.contains("NODE↑") && !shown.contains("RESTARTS"), "{shown}");
}

#[test]
fn a_column_of_wide_mode_is_shown_while_the_rows_are_sorted_by_it() {
    let mut stage = shop((160, 24));
    stage.press("S");
    stage.type_text("nominated");
    stage.press("Enter");
    let shown = text(&stage.picture());
    assert!(shown.contains("NOMINATED NODE↑") && !shown.contains("READINESS GATES"), "{shown}");
    stage.press("W");
    stage.type_text("nominated");
    let shown = text(&stage.picture());
    assert!(shown.contains("✓ NOMINATED NODE"), "{shown}");
    stage.press("Space");
    assert!(text(&stage.picture()).contains("· NOMINATED NODE"), "whoever hides it has it hidden");
    stage.press("Space Esc S");
    stage.type_text("restarts");
    stage.press("Enter");
    assert!(!text(&stage.picture()).contains("NOMINATED NODE"));
}

#[test]
fn who_is_at_the_top_stays_there_when_the_order_changes() {
    let mut stage = Stage::open(&["prod"], (120, 16));
    let restarted = |number: u32| PodRow { restarts: number, ..pod("shop", &format!("p-{number}")) };
    stage.serve("prod", (0..60).map(restarted).collect(), vec![node("node-a", true)]);
    stage.press("j g S");
    stage.type_text("restarts");
    stage.press("Enter I");
    assert_eq!(rows(&mut stage)[0], "p-59");
    let shown = text(&stage.picture());
    assert!(shown.lines().any(|line| line.contains("▸") && line.contains("p-59")), "{shown}");
    stage.press("j I");
    let shown = text(&stage.picture());
    assert!(
        shown.lines().any(|line| line.contains("▸") && line.contains("p-58")),
        "elsewhere the object counts: {shown}"
    );
}

#[test]
fn restarts_are_sorted_by_number() {
    let mut stage = Stage::open(&["prod"], (120, 16));
    let restarted = |name: &str, restarts| PodRow { restarts, ..pod("shop", name) };
    let pods = vec![restarted("many", 100), restarted("few", 5), restarted("some", 14), restarted("none", 0)];
    stage.serve("prod", pods, vec![node("node-a", true)]);
    stage.press("S");
    stage.type_text("restarts");
    stage.press("Enter");
    assert_eq!(rows(&mut stage), ["none", "few", "some", "many"]);
    stage.press("I");
    assert_eq!(rows(&mut stage), ["many", "some", "few", "none"]);
}

#[test]
fn the_list_of_columns_says_which_have_no_room_and_which_are_scrolled_out() {
    let mut stage = shop((80, 24));
    stage.press("W");
    let said = |stage: &mut Stage, column: &str| {
        let shown = text(&stage.picture());
        let row =
            shown.lines().find(|line| line.contains(&format!("✓ {column} "))).unwrap_or_else(|| panic!("{shown}"));
        row.split(column).nth(1).unwrap().trim_matches([' ', '│']).to_owned()
    };
    assert_eq!(["NAME", "NODE", "IP"].map(|it| said(&mut stage, it)), ["", "no room", "no room"]);
    let shown = text(&stage.picture());
    assert!(shown.contains("of pods on prod, 3 of them not on screen"), "{shown}");
    stage.press("Esc Shift+Right Shift+Right W");
    assert_eq!(said(&mut stage, "READY"), "scrolled out");
    assert_eq!(["NAMESPACE", "NAME"].map(|it| said(&mut stage, it)), ["", ""], "both say which row it is");
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

#[test]
fn marks_go_by_object_and_escape_takes_them_back_before_the_filter() {
    let mut stage = shop((100, 16));
    stage.press("/");
    stage.type_text("cart");
    stage.press("Enter Space j Ctrl+Space");
    let marks = |stage: &Stage| stage.app.fleet.active().unwrap().view.kind_view().marks.len();
    assert_eq!(marks(&stage), 3);
    let shown = text(&stage.picture());
    assert!(shown.contains("3 shown") && shown.contains("3 marked"), "{shown}");
    stage.press("Esc");
    assert_eq!((marks(&stage), rows(&mut stage).len()), (0, 3));
    stage.press("Esc");
    assert_eq!(rows(&mut stage).len(), 5);
}

#[test]
fn the_mark_of_a_row_that_is_gone_goes_with_it() {
    let mut stage = shop((100, 16));
    stage.press("Space");
    let pods = vec![pod("shop", "cart-2")];
    stage.update("prod", Update::Pods(full(pods)));
    stage.settle();
    assert!(stage.app.fleet.active().unwrap().view.kind_view().marks.is_empty());
}

fn copied(stage: &Stage) -> Option<&str> {
    stage.effects.iter().rev().find_map(|effect| match effect {
        Effect::Copy(text) => Some(text.as_str()),
        _ => None,
    })
}

#[test]
fn names_and_cells_are_copied() {
    let mut stage = shop((100, 16));
    stage.press("c");
    assert_eq!(copied(&stage), Some("cart-1"));
    stage.press("Space Space c");
    assert_eq!(copied(&stage), Some("cart-1\ncart-2"));
    stage.press("g Y");
    stage.type_text("status");
    stage.press("Enter");
    assert_eq!(copied(&stage), Some("Running"));
}

#[test]
fn a_table_is_copied_and_saved_as_text_with_the_columns_on_screen() {
    let mut stage = shop((100, 16));
    stage.press("/");
    stage.type_text("payments");
    stage.press("Enter :");
    stage.type_text("copy-table-tsv");
    stage.press("Enter");
    let text = copied(&stage).unwrap();
    assert!(text.starts_with("NAMESPACE\tNAME\tREADY\tSTATUS\tRESTARTS\tAGE\tIP\tNODE\nshop\tpayments-"), "{text}");
    assert_eq!(text.lines().count(), 2);
    stage.press(":");
    stage.type_text("save-table-json");
    stage.press("Enter");
    let saved = stage.effects.iter().find_map(|effect| match effect {
        Effect::SaveTable { name, text } => Some((name.as_str(), text.as_str())),
        _ => None,
    });
    let (name, text) = saved.unwrap();
    let (stem, ending) = name.rsplit_once('.').unwrap();
    assert!(stem.starts_with("prod-pods-") && ending == "json", "{name}");
    assert!(text.contains("\"STATUS\": \"CrashLoopBackOff\""), "{text}");
}

#[test]
fn columns_are_chosen_moved_and_resized_and_remembered_for_the_kind_and_the_cluster() {
    let mut stage = shop((100, 16));
    stage.press("W");
    stage.type_text("ready");
    stage.press("Space Ctrl+U");
    stage.type_text("age");
    stage.press("Alt+Up Alt+Up Alt+Up Alt+Right Esc");
    let heading = |stage: &mut Stage| text(&stage.picture()).lines().nth(4).unwrap_or_default().to_owned();
    let shown = heading(&mut stage);
    assert!(!shown.contains("READY"), "{shown}");
    assert!(shown.find("AGE") < shown.find("STATUS"), "{shown}");
    stage.press(".");
    assert!(heading(&mut stage).contains("ROLES"), "another kind keeps its own");
    let saved = stage.app.snapshot().views.remove("config:prod").unwrap();
    assert_eq!(saved.columns.keys().collect::<Vec<_>>(), ["pods"]);
    stage.press("Ctrl+W o Enter");
    stage.serve("prod", vec![pod("shop", "cart-1")], vec![node("node-a", true)]);
    stage.press(",");
    let shown = heading(&mut stage);
    assert!(shown.contains("STATUS") && !shown.contains("READY"), "{shown}");
}

#[test]
fn the_edge_of_a_heading_is_dragged() {
    let mut stage = shop((160, 16));
    let picture = stage.picture();
    let y = 4;
    let edge = (0..160).find_map(|x| match picture.hit(x, y) {
        Some(Target::HeadingEdge(0, width)) => Some((x, *width)),
        _ => None,
    });
    let (x, width) = edge.unwrap();
    let at = |stage: &mut Stage, column: u16, kind: MouseKind| {
        let target = stage.picture().hit(column, y).cloned();
        stage.tell(Message::Input(Input::Mouse(Mouse { kind, column, row: y, mods: Mods::NONE })));
        stage.tell(Message::Pointer(kind, target));
    };
    at(&mut stage, x, MouseKind::Down(Button::Left));
    at(&mut stage, x + 6, MouseKind::Drag(Button::Left));
    at(&mut stage, x + 6, MouseKind::Up(Button::Left));
    at(&mut stage, x + 30, MouseKind::Drag(Button::Left));
    let picture = stage.picture();
    assert!((0..160).any(|x| picture.hit(x, y) == Some(&Target::HeadingEdge(0, width + 6))));
}

#[test]
fn the_list_of_columns_fits_every_size() {
    let shown = [(60, 16), (80, 24), (160, 16)].map(|size| {
        let mut stage = shop(size);
        stage.press("Space W");
        text(&stage.picture())
    });
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn a_hostile_name_stays_harmless_where_it_is_marked_copied_from_and_saved() {
    let mut stage = shop((100, 16));
    let mut evil = pod("shop", "x");
    evil.name = "\u{1b}]52;c;evil\u{7}\u{202e}日本\t\n".into();
    stage.update("prod", Update::Pods(full(vec![evil])));
    stage.press("/");
    stage.type_text("evil name~日");
    for width in [60, 61, 100, 160] {
        stage.app.size = (width, 16);
        let picture = stage.picture();
        let harmless = |text: &str| !text.chars().any(|c| c.is_control() || c == '\u{202e}');
        assert!(picture.lines.iter().flat_map(|placed| &placed.line).all(|span| harmless(span.text())), "{width}");
        assert!(text(&picture).contains("evil"), "{width}");
    }
    stage.press("Enter Y");
    let picture = stage.picture();
    assert!(picture.lines.iter().flat_map(|placed| &placed.line).all(|span| !span.text().contains('\u{1b}')));
}

#[test]
fn a_filter_that_hides_the_selected_row_selects_the_first_until_it_is_shown_again() {
    let mut stage = Stage::open(&["prod"], (120, 16));
    let pods = (0..60).map(|number| pod("shop", &format!("{}-{number}", if number < 40 { "cart" } else { "web" })));
    stage.serve("prod", pods.collect(), vec![node("node-a", true)]);
    let selected = |stage: &mut Stage| {
        let shown = text(&stage.picture());
        let row = shown.lines().find(|line| line.contains("▸ shop")).unwrap_or_else(|| panic!("{shown}"));
        row.split("▸ shop").nth(1).unwrap().split_whitespace().next().unwrap().to_owned()
    };
    stage.press("g PgDn PgDn");
    let before = selected(&mut stage);
    stage.press("/");
    stage.type_text("web");
    assert_eq!(selected(&mut stage), "web-40");
    stage.press("Ctrl+U");
    stage.type_text("!cart");
    assert_eq!(selected(&mut stage), "web-40");
    stage.press("Enter Esc");
    assert_eq!(selected(&mut stage), before, "nothing else was chosen meanwhile");
    stage.press("/");
    stage.type_text("web");
    stage.press("Down Enter Esc");
    assert_eq!(selected(&mut stage), "web-41");
}

#[test]
fn a_column_that_is_made_wider_begins_with_the_width_of_its_heading() {
    let mut stage = shop((100, 16));
    stage.press("W");
    stage.type_text("ready");
    stage.press("Alt+Right");
    let shown = text(&stage.picture());
    assert!(shown.contains("6 wide"), "{shown}");
    stage.press("Alt+Left Alt+Left");
    assert!(text(&stage.picture()).contains("4 wide"));
}

#[test]
fn of_a_long_filter_its_end_is_seen_and_what_is_wrong_with_it() {
    let mut stage = shop((80, 24));
    stage.press("/");
    stage.type_text("status=Running node~ip-10-20 age>1h name~cart restarts<5 namespace~an imagesss=abc");
    let shown = text(&stage.picture());
    let line = shown.lines().nth(22).unwrap();
    assert!(line.contains("imagesss=abc") && line.contains("no column imagesss"), "{shown}");
    stage.press("Home");
    let shown = text(&stage.picture());
    assert!(shown.lines().nth(22).unwrap().contains("/status=Running"), "{shown}");
}

#[test]
fn the_wheel_over_the_sidebar_moves_in_it_wherever_the_keys_go() {
    let mut stage = shop((100, 16));
    stage.tell(Message::Pointer(MouseKind::ScrollDown, Some(Target::Sidebar)));
    stage.settle();
    let view = &stage.app.fleet.active().unwrap().view;
    assert_eq!((view.pane, view.sidebar.index > 0), (Pane::Sidebar, true));
}
