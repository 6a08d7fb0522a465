//! What the screen looks like, as text and with style, at several sizes and colour depths.

use crate::fleet::{Stage, crashing, full, node, pod};
use crate::picture::{styled, text};
use fleet_tui::app::message::Message;
use fleet_tui::model::catalog::{Catalog, KubeconfigFile};
use fleet_tui::model::failure::{Failure, FailureKind};
use fleet_tui::model::ids::ClusterId;
use fleet_tui::model::kind::Kind;
use fleet_tui::model::update::{Delta, Link, Reading, Update};
use fleet_tui::terminal::color::ColorDepth;
use proptest::prelude::*;
use std::time::Duration;

const NAMES: &[&str] = &["prod-eu", "prod-us", "edge-07", "staging", "legacy", "dr", "dev"];

/// Seven clusters, each in another state.
pub fn fleet(size: (u16, u16)) -> Stage {
    let mut stage = Stage::open(NAMES, size);
    let healthy = |name: &str| vec![pod("checkout", &format!("{name}-7d9f8b6c4-x2kqp")), pod("storefront", "web-0")];
    stage.serve("prod-eu", healthy("cart"), vec![node("node-a", true), node("node-b", true)]);
    let mut pods = healthy("cart");
    pods.push(crashing("checkout", "payments-5d78c9869d-p7mtz"));
    pods.push(crashing("checkout", "payments-5d78c9869d-wq2xk"));
    stage.serve("prod-us", pods, vec![node("node-a", true), node("node-b", false)]);
    stage.serve("edge-07", healthy("sensor"), vec![node("edge-a", true)]);
    stage.up("staging");
    stage.down("legacy", FailureKind::LoginExpired, "login expired (aws sso)");
    stage.down("dr", FailureKind::Refused, "connection refused by 127.0.0.1:6443");
    stage.serve("dev", healthy("api"), vec![node("kind-control-plane", true)]);
    stage.wait(8);
    stage.miss("edge-07");
    stage.wait(4);
    stage
}

#[test]
fn all_is_said_to_be_well_only_once_all_has_been_read() {
    let mut stage = Stage::open(&["a", "b", "c"], (100, 20));
    let strip = |stage: &mut Stage| {
        stage.settle();
        text(&stage.picture()).lines().next().unwrap().to_owned()
    };
    for name in ["a", "b", "c"] {
        stage.up(name);
    }
    assert!(strip(&mut stage).contains("loading 3 clusters"));
    for name in ["a", "c"] {
        stage.serve(name, vec![pod("checkout", "cart-0")], vec![node("n", true)]);
    }
    let said = strip(&mut stage);
    assert!(said.contains("loading b") && !said.contains("all well"), "{said}");
    stage.serve("b", vec![pod("checkout", "cart-0")], vec![node("n", true)]);
    assert!(strip(&mut stage).contains("all well"));
}

#[test]
fn the_board_shows_the_worst_first_and_what_happens_next() {
    insta::assert_snapshot!(text(&fleet((120, 26)).picture()));
}

#[test]
fn a_list_that_is_still_being_read_is_not_said_to_be_as_long_as_what_there_is_of_it() {
    let mut stage = Stage::open(&["a"], (100, 24));
    stage.up("a");
    let first = Delta { complete: false, ..full(vec![pod("shop", "cart-0"), pod("shop", "cart-1")]) };
    stage.update("a", Update::Pods(first));
    stage.settle();
    stage.press("1");
    let screen = text(&stage.picture());
    assert!(screen.contains("PODS 2+ "), "{screen}");
    stage.serve("a", vec![pod("shop", "cart-0"), pod("shop", "cart-1")], Vec::new());
    let screen = text(&stage.picture());
    assert!(screen.contains("PODS 2 "), "{screen}");
}

#[test]
fn the_board_fits_a_small_terminal() {
    insta::assert_snapshot!(text(&fleet((80, 24)).picture()));
}

#[test]
fn the_smallest_terminal_still_shows_the_fleet() {
    insta::assert_snapshot!(text(&fleet((60, 16)).picture()));
}

#[test]
fn beside_a_login_that_was_turned_down_stands_what_is_in_the_way_now() {
    let mut stage = fleet((120, 26));
    stage.down("legacy", FailureKind::TlsExpired, "the server's certificate has expired");
    let screen = text(&stage.picture());
    assert!(screen.contains("login expired (aws sso)"), "the verdict stands until a login succeeds:\n{screen}");
    assert!(screen.contains("next try in 11s; now the server's certificate has expired"), "{screen}");
}

#[test]
fn numbers_of_a_cluster_that_does_not_answer_are_all_marked_as_old() {
    let mut stage = fleet((200, 26));
    for _ in 0..3 {
        stage.miss("prod-us");
    }
    let screen = text(&stage.picture());
    let row = screen
        .lines()
        .find(|line| line.contains("unreachable") && line.contains(" ✕ prod-us ") && !line.contains("FLEET"))
        .unwrap();
    for old in ["(1/2)", "(4)", "(2)", "(1)"] {
        assert!(row.contains(old), "{old} is not in {row}");
    }
}

#[test]
fn long_names_in_the_picker_keep_the_end_that_tells_them_apart_and_their_address_some_room() {
    let arn = "arn:aws:eks:eu-central-1:123456789012:cluster/platform-team-very-long-cluster-name";
    let names = [format!("{arn}-1"), format!("{arn}-2")];
    let mut stage = Stage::open(&[&names[0], &names[1]], (80, 24));
    stage.press("o");
    let screen = text(&stage.picture());
    for end in ["cluster-name-1  ", "cluster-name-2  "] {
        let row = screen.lines().find(|line| line.contains(end)).unwrap_or_else(|| panic!("no {end}:\n{screen}"));
        assert!(row.contains("arn:aws:") && row.contains("6443"), "{row}");
    }
    // What the search matched is marked in what is left of the name.
    stage.type_text("name-2");
    assert!(styled(&stage.picture(), ColorDepth::TrueColor).contains("name-2"), "marked in one piece");
}

#[test]
fn the_picker_says_why_there_is_nothing_to_choose() {
    let mut stage = Stage::open(&[], (80, 24));
    let show = |stage: &mut Stage, catalog: Catalog| {
        stage.tell(Message::Catalog(catalog));
        if !text(&stage.picture()).contains("─ Select Kubeconfig ─") {
            stage.press("o");
        }
        text(&stage.picture())
    };
    let nothing = Catalog {
        notices: vec!["/etc/team.yaml does not exist".to_owned()],
        looked_in: vec!["/etc/team.yaml".into(), "/home/jane/.kube".into()],
        ..Catalog::default()
    };
    let screen = show(&mut stage, nothing);
    for words in ["│ /etc/team.yaml does not exist ", "│ looked in /home/jane/.kube "] {
        assert!(screen.contains(words), "{words}:\n{screen}");
    }
    let file = KubeconfigFile {
        path: "/etc/team.yaml".into(),
        label: "team.yaml".to_owned(),
        problem: None,
        contexts: Vec::new(),
    };
    let screen = show(&mut stage, Catalog { files: vec![file], ..Catalog::default() });
    let row = screen.lines().find(|line| line.contains("team.yaml")).unwrap();
    assert!(row.contains("no contexts in it"), "{row}");
}

#[test]
fn a_span_is_written_as_ages_are() {
    let mut stage = fleet((120, 26));
    let since = |stage: &mut Stage, after: u64| {
        stage.wait(after);
        let screen = text(&stage.picture());
        let row = screen.lines().find(|line| line.contains("dr ") && line.contains("unreachable")).unwrap().to_owned();
        row.trim_end().rsplit("  ").next().unwrap().trim().to_owned()
    };
    assert_eq!(since(&mut stage, 47), "59s");
    assert_eq!(since(&mut stage, 1), "60s");
    assert_eq!(since(&mut stage, 59), "119s");
    assert_eq!(since(&mut stage, 1), "2m");
}

#[test]
fn the_well_fold_to_one_line() {
    let mut stage = fleet((120, 20));
    stage.press("w");
    insta::assert_snapshot!(text(&stage.picture()));
}

#[test]
fn a_cluster_shows_its_pods_its_namespaces_and_why_one_is_unwell() {
    let mut stage = fleet((120, 22));
    stage.press("2 j j");
    insta::assert_snapshot!(text(&stage.picture()));
}

#[test]
fn a_cluster_fits_80_columns_and_folds_its_sidebar_at_60() {
    let mut stage = fleet((80, 24));
    stage.press("2");
    let eighty = text(&stage.picture());
    stage.app.size = (60, 16);
    insta::assert_snapshot!(format!("{eighty}\n{}", text(&stage.picture())));
}

#[test]
fn a_wide_screen_shows_more_columns() {
    let mut stage = fleet((200, 16));
    stage.press("2");
    insta::assert_snapshot!(text(&stage.picture()));
}

#[test]
fn nodes_and_events_have_kubectls_columns() {
    let mut stage = fleet((160, 16));
    stage.press("2 .");
    let nodes = text(&stage.picture());
    stage.press(".");
    insta::assert_snapshot!(format!("{nodes}\n{}", text(&stage.picture())));
}

#[test]
fn stale_rows_stay_and_say_their_age() {
    let mut stage = fleet((110, 18));
    stage.press("3");
    insta::assert_snapshot!(text(&stage.picture()));
}

#[test]
fn rows_whose_watch_is_down_are_stale_after_a_while_although_the_server_answers() {
    let mut stage = Stage::open(&["a"], (110, 18));
    stage.serve("a", vec![pod("shop", "cart-1")], vec![node("n", true)]);
    let failure = Failure::new(FailureKind::Closed, "the server closed the connection");
    let broken = Reading::Broken { failure, retry_in: Duration::from_secs(2) };
    stage.update("a", Update::Reading(Kind::Pods, broken));
    let mut shown = |seconds: u64| {
        stage.wait(seconds);
        stage.beat("a", 41);
        text(&stage.picture())
    };
    assert!(!shown(4).contains("stale"), "a watch that comes back at once is no news");
    let later = shown(1);
    assert!(later.contains("stale 5s") && later.contains("cart-1"), "{later}");
}

#[test]
fn a_cluster_that_was_never_reached_says_why_and_what_is_next() {
    let mut stage = fleet((110, 18));
    stage.press("6");
    insta::assert_snapshot!(text(&stage.picture()));
}

#[test]
fn a_forbidden_kind_says_so_at_once() {
    let mut stage = Stage::open(&["team"], (110, 18));
    stage.up("team");
    let words =
        "pods is forbidden: User \"lowpriv\" cannot list resource \"pods\" in API group \"\" at the cluster scope";
    for kind in Kind::STANDING {
        stage.update("team", Update::Reading(kind, Reading::Forbidden(words.to_owned())));
    }
    insta::assert_snapshot!(text(&stage.picture()));
}

#[test]
fn with_nothing_open_the_screen_is_calm_and_names_the_key() {
    let mut stage = Stage::open(&["a"], (100, 18));
    stage.press("Ctrl+W");
    insta::assert_snapshot!(text(&stage.picture()));
}

#[test]
fn the_picker_checks_what_is_open() {
    let mut stage = fleet((100, 24));
    stage.press("Ctrl+W o");
    stage.type_text("d");
    insta::assert_snapshot!(text(&stage.picture()));
}

#[test]
fn the_palette_finds_kinds_clusters_and_commands() {
    let mut stage = fleet((100, 24));
    stage.press("2 :");
    stage.type_text("no");
    insta::assert_snapshot!(text(&stage.picture()));
}

#[test]
fn the_help_lists_every_key_of_the_registry() {
    let mut stage = fleet((100, 70));
    stage.press("?");
    insta::assert_snapshot!(text(&stage.picture()));
}

#[test]
fn the_colours_of_a_cluster_in_true_colour() {
    let mut stage = fleet((100, 16));
    stage.press("2");
    insta::assert_snapshot!(styled(&stage.picture(), ColorDepth::TrueColor));
}

#[test]
fn the_board_in_sixteen_colours() {
    insta::assert_snapshot!(styled(&fleet((100, 20)).picture(), ColorDepth::Ansi16));
}

#[test]
fn the_board_without_colours() {
    insta::assert_snapshot!(styled(&fleet((100, 20)).picture(), ColorDepth::None));
}

#[test]
fn forty_tabs_scroll_and_count_what_is_hidden() {
    let names: Vec<String> = (1..=40).map(|number| format!("cluster-{number:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut stage = Stage::open(&names, (100, 16));
    for name in &names {
        stage.serve(name, vec![pod("a", "b")], vec![node("n", true)]);
    }
    stage.down("cluster-33", FailureKind::Refused, "connection refused");
    stage.press("9 Tab Tab Tab");
    let lines = text(&stage.picture());
    insta::assert_snapshot!(lines.lines().take(3).collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_hostile_name_never_reaches_the_terminal() {
    let mut stage = Stage::open(&["a"], (100, 16));
    let mut evil = pod("ns", "x");
    evil.name = "\u{1b}[2J\u{202e}evil\r\n".into();
    stage.serve("a", vec![evil], vec![node("n", true)]);
    let shown = text(&stage.picture());
    assert!(shown.contains("␛[2J�evil␍⏎"), "{shown}");
    assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'));
}

#[test]
fn the_readme_picture_is_what_the_screen_shows() {
    let mut stage = fleet((110, 22));
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/board.svg");
    held(path, &crate::picture::svg(&stage.picture()));
    stage.press("2 j");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/cluster.svg");
    held(path, &crate::picture::svg(&stage.picture()));
}

/// Compares with the file; with `UPDATE_ASSETS` set it is written instead.
fn held(path: &str, fresh: &str) {
    if std::env::var_os("UPDATE_ASSETS").is_some() {
        std::fs::write(path, fresh).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(kept == fresh, "{path} is out of date; run the tests with UPDATE_ASSETS=1");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn drawing_never_fails_at_any_size_and_on_any_screen(
        width in 0..320_u16, height in 0..100_u16, keys in "[1-7jkGgwuzn:?oS/.WYcIOAXTtbKJdyi}{]{0,8}",
    ) {
        let mut stage = fleet((120, 40));
        for key in keys.chars() {
            stage.press(&key.to_string());
        }
        stage.app.size = (width, height);
        let picture = stage.picture();
        let shown = text(&picture);
        prop_assert_eq!(shown.lines().count(), usize::from(height));
    }
}

#[test]
fn switching_tabs_never_shows_a_row_of_another_cluster() {
    let mut stage = Stage::open(&["a", "b"], (100, 16));
    stage.serve("a", vec![pod("ns", "only-in-a")], vec![node("n", true)]);
    stage.up("b");
    stage.press("1");
    assert!(text(&stage.picture()).contains("only-in-a"));
    stage.press("Tab");
    assert_eq!(stage.app.fleet.active().map(|cluster| cluster.id.clone()), Some(ClusterId::new("config:b")));
    assert!(!text(&stage.picture()).contains("only-in-a"));
}

#[test]
fn a_text_that_was_scrolled_to_its_end_comes_back_with_the_first_key() {
    for keys in ["1 ?", "1 X"] {
        let mut stage = fleet((80, 18));
        stage.press(keys);
        let first = text(&stage.picture());
        stage.press("G G PgDn j j");
        let end = text(&stage.picture());
        assert_ne!(first, end, "{keys}");
        stage.press("k");
        assert_ne!(text(&stage.picture()), end, "{keys}: it was further down than it said");
    }
}

#[test]
fn keys_are_hinted_where_they_do_something_and_never_cut() {
    let mut stage = fleet((120, 24));
    let hints = |stage: &mut Stage| text(&stage.picture()).lines().last().unwrap().to_owned();
    stage.press("2 A");
    assert!(hints(&mut stage).contains("i ignore"));
    stage.press("Esc T");
    assert!(!hints(&mut stage).contains("i ignore"), "what changed cannot be ignored");
    stage.press("Esc");
    for width in 60..200 {
        stage.app.size = (width, 24);
        assert!(!hints(&mut stage).contains('…'), "{width}: {}", hints(&mut stage));
    }
}

#[test]
fn a_reason_that_is_too_long_is_cut_once() {
    let mut stage = fleet((80, 24));
    stage.press("2");
    for width in 60..140 {
        stage.app.size = (width, 24);
        let screen = text(&stage.picture());
        assert!(!screen.contains("……"), "{screen}");
    }
}

#[test]
fn at_80_columns_the_line_of_a_sick_cluster_says_why_and_when_it_is_tried_again() {
    let mut stage = fleet((80, 24));
    let headline = |stage: &mut Stage, key: &str| {
        stage.press(key);
        text(&stage.picture()).lines().nth(2).unwrap().trim_end().to_owned()
    };
    let hinted = Failure::new(FailureKind::Unauthorized, "the server rejected the credentials")
        .with_hint("the token may have expired, or be of another cluster");
    let link =
        Link::Down { failure: hinted, auth_attempts: 1, settled: false, retry_in: Some(Duration::from_secs(11)) };
    stage.update("legacy", Update::Link(link));
    for _ in 0..3 {
        stage.miss("edge-07");
    }
    assert_eq!(headline(&mut stage, "3"), " edge-07  unhealthy · unreachable: no answer within 5s · next try in 5s");
    assert_eq!(
        headline(&mut stage, "5"),
        " legacy  auth failed · the server rejected the credentials · next try in 11s"
    );
    stage.app.size = (200, 24);
    let words = "next try in 11s; the token may have expired, or be of another cluster";
    assert!(headline(&mut stage, "5").contains(words));
}

#[test]
fn columns_that_are_not_on_screen_are_pointed_at_and_no_key_goes_beyond_the_last() {
    let mut stage = fleet((80, 24));
    stage.press("2");
    let heading = |stage: &mut Stage| {
        let screen = text(&stage.picture());
        screen.lines().find(|line| line.contains("NAME ") || line.contains("NAME↑")).unwrap().trim_end().to_owned()
    };
    let first = heading(&mut stage);
    assert!(first.ends_with(" ›") && !first.contains('‹'), "{first}");
    stage.press("Shift+Right");
    let one = heading(&mut stage);
    assert!(one.ends_with(" ›") && one.contains('‹'), "{one}");
    for _ in 0..40 {
        stage.press("Shift+Right");
    }
    let last = heading(&mut stage);
    assert!(last.ends_with("NODE") && last.contains("‹ NAMESPACE") && last.contains(" NAME"), "{last}");
    stage.press("Shift+Left");
    assert_ne!(heading(&mut stage), last, "back with the first key");
    stage.app.size = (240, 24);
    let all = heading(&mut stage);
    assert!(!all.contains('‹') && !all.contains('›'), "all are there: {all}");
    stage.app.size = (80, 24);
    let plain = fleet_tui::view::project(&stage.app, &fleet_tui::view::glyphs::Glyphs::ASCII);
    assert!(text(&plain).lines().any(|line| line.contains("< NAME")), "{}", text(&plain));
}

#[test]
fn of_one_namespace_its_column_gives_way_first() {
    let mut stage = fleet((120, 24));
    stage.press("2");
    assert!(text(&stage.picture()).contains("NAMESPACE↑"));
    stage.press("Left j Enter");
    let screen = text(&stage.picture());
    assert!(!screen.contains("NAMESPACE↑") && screen.contains("NODE"), "{screen}");
    assert!(screen.contains("ip-10-20-35-66"), "{screen}");
}
