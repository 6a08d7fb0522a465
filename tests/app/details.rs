//! The details page: what its keys do, and what it shows, from findings alone.

use std::time::Duration;

use crate::fleet::{Stage, crashing, node, pod};
use crate::picture::{styled, text};
use fleet_tui::app::message::Effect;
use fleet_tui::app::tab::Page;
use fleet_tui::detail::section::Section;
use fleet_tui::model::detail::{Finding, ObjectRef, Tree};
use fleet_tui::model::failure::{Failure, FailureKind};
use fleet_tui::model::ids::ClusterId;
use fleet_tui::model::kind::Kind;
use fleet_tui::model::update::{ClusterCommand, Reading, Update};
use fleet_tui::terminal::color::ColorDepth;
use proptest::prelude::*;
use serde_json::{Value, json};

fn id() -> ClusterId {
    ClusterId::new("config:a")
}

/// A cluster with a pod, its YAML on screen as soon as it is found.
pub fn opened(size: (u16, u16)) -> Stage {
    let mut stage = Stage::open(&["a"], size);
    stage.serve("a", vec![pod("checkout", "cart-0"), pod("checkout", "cart-1")], vec![node("n", true)]);
    stage.settle();
    stage.press("y");
    stage
}

fn object(stage: &Stage) -> ObjectRef {
    match stage.app.fleet.get(&id()).unwrap().view.page() {
        Page::Details(view) => view.object.clone(),
        _ => unreachable!("the details are not open"),
    }
}

fn find(stage: &mut Stage, finding: Finding) {
    let object = object(stage);
    stage.update("a", Update::Found(object, finding));
    stage.settle();
}

pub fn show(stage: &mut Stage, value: Value) {
    find(stage, Finding::Reading(Reading::Live));
    find(stage, Finding::Object(Tree::new(value)));
}

pub fn cart() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": "cart-0", "namespace": "checkout", "uid": "u-1", "labels": {"app": "cart"},
            "managedFields": [{"manager": "kubelet", "operation": "Update"}],
        },
        "spec": {"containers": [{"name": "api", "image": "registry/cart:1.2", "args": ["--port", "8080"]}]},
        "status": {"phase": "Running", "message": "one\ntwo\n"},
    })
}

fn looks(stage: &Stage) -> Vec<Option<String>> {
    let of = |effect: &Effect| match effect {
        Effect::Command(_, ClusterCommand::Look(inquiry)) => {
            Some(inquiry.as_ref().map(|inquiry| inquiry.object.name.to_string()))
        }
        _ => None,
    };
    stage.effects.iter().filter_map(of).collect()
}

#[test]
fn what_an_entry_of_a_page_is_about_is_described_from_there_and_esc_leads_back_to_it() {
    let mut stage = Stage::open(&["a"], (100, 20));
    stage.serve("a", vec![pod("checkout", "cart-0"), crashing("checkout", "cart-1")], vec![node("n", false)]);
    stage.press("1 A j");
    let about = stage.app.selected_object().unwrap();
    stage.press("d");
    let object = object(&stage);
    assert_eq!((about.kind.as_ref(), &*about.name, about.uid), (Some(&object.kind), &*object.name, object.uid));
    stage.press("Esc");
    assert!(matches!(stage.app.fleet.get(&id()).unwrap().view.page(), Page::Attention(_)));
    stage.press("X y");
    assert_eq!(super::details::object(&stage).name, object.name, "so is what is explained");
    stage.press("Esc Esc Esc O");
    assert!(stage.app.selected_object().is_some() && text(&stage.picture()).contains("d describe"));
    stage.press("d");
    assert!(matches!(stage.app.fleet.get(&id()).unwrap().view.page(), Page::Details(_)));
}

#[test]
fn what_asks_about_the_object_that_another_page_has_read_asks_in_a_turn_of_its_own() {
    let mut stage = Stage::open(&["a"], (100, 20));
    stage.serve("a", vec![crashing("checkout", "cart-1")], vec![node("n", true)]);
    let turn = |stage: &Stage| {
        let asked = |effect: &Effect| match effect {
            Effect::Command(_, ClusterCommand::Look(Some(inquiry))) => {
                Some((inquiry.object.name.clone(), inquiry.turn))
            }
            _ => None,
        };
        stage.effects.iter().rev().find_map(asked).unwrap()
    };
    let mut turns = Vec::new();
    for keys in ["1 X", "d", "Esc", "y", "Esc Esc d"] {
        stage.press(keys);
        let (name, turn) = turn(&stage);
        assert_eq!(&*name, "cart-1");
        turns.push(turn);
    }
    assert!(turns.is_sorted_by(|earlier, later| earlier < later), "{turns:?}");
}

#[test]
fn from_its_page_too_an_object_leads_to_its_owner_and_to_what_belongs_to_it() {
    let mut stage = opened((100, 20));
    stage.press("b");
    assert_eq!(stage.app.fleet.get(&id()).unwrap().view.kind(), &Kind::Events, "a pod has nothing else");
    stage.press("Alt+-");
    let mut owned = cart();
    owned["metadata"]["ownerReferences"] = json!([{"apiVersion": "v1", "kind": "Node", "name": "n", "uid": "n"}]);
    show(&mut stage, owned);
    stage.press("J");
    stage.settle();
    let cluster = stage.app.fleet.get(&id()).unwrap();
    assert_eq!((cluster.view.page(), cluster.view.kind()), (&Page::Table, &Kind::Nodes));
}

#[test]
fn an_object_that_another_page_led_to_is_not_told_as_a_child_of_what_one_came_through() {
    let mut stage = Stage::open(&["a"], (110, 20));
    stage.serve("a", vec![pod("checkout", "cart-0"), crashing("checkout", "cart-1")], vec![node("n", true)]);
    stage.press("1 . Enter");
    assert!(text(&stage.picture()).contains("node n ▸ PODS"));
    stage.press("A d");
    let shown = text(&stage.picture());
    assert!(shown.contains("PODS checkout/cart-1") && !shown.contains("node n ▸"), "{shown}");
}

#[test]
fn what_is_about_no_object_is_not_described() {
    let mut stage = Stage::open(&["a"], (100, 20));
    stage.serve("a", vec![pod("checkout", "cart-0")], vec![node("n", true)]);
    stage.press("1 T");
    assert_eq!(stage.app.selected_object().map(|about| about.kind), Some(None), "the cluster itself");
    assert!(!text(&stage.picture()).contains("describe"));
    stage.press("d y");
    assert!(stage.app.on_page());
}

#[test]
fn opening_a_page_asks_for_its_object_and_leaving_it_ends_that() {
    let mut stage = opened((100, 20));
    assert_eq!(looks(&stage), [Some("cart-0".to_owned())]);
    stage.press("Esc");
    assert_eq!(looks(&stage), [Some("cart-0".to_owned()), None]);
    assert!(stage.app.fleet.get(&id()).unwrap().subject.is_none(), "nothing is kept beyond the page");
    stage.press("j d");
    assert_eq!(looks(&stage).last(), Some(&Some("cart-1".to_owned())));
}

#[test]
fn what_was_found_of_another_object_is_late_and_passed_over() {
    let mut stage = opened((100, 20));
    let old = object(&stage);
    stage.press("Esc j y");
    stage.update("a", Update::Found(old, Finding::Object(Tree::new(cart()))));
    assert!(stage.app.fleet.get(&id()).unwrap().subject.as_ref().unwrap().object.is_none());
}

#[test]
fn the_yaml_of_an_object_at_three_sizes() {
    let mut stage = opened((80, 24));
    show(&mut stage, cart());
    let mut shown = text(&stage.picture());
    for size in [(120, 40), (200, 60)] {
        stage.app.size = size;
        shown += &text(&stage.picture());
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn the_yaml_of_an_object_in_colour_and_without() {
    let mut stage = opened((80, 24));
    show(&mut stage, cart());
    let mut changed = cart();
    changed["status"]["phase"] = json!("Failed");
    show(&mut stage, changed);
    stage.press("/");
    stage.type_text("cart");
    let picture = stage.picture();
    insta::assert_snapshot!(styled(&picture, ColorDepth::TrueColor) + &styled(&picture, ColorDepth::None));
}

#[test]
fn what_changes_is_marked_until_it_is_taken_as_seen() {
    let mut stage = opened((100, 24));
    show(&mut stage, cart());
    assert!(!text(&stage.picture()).contains("changed"));
    let mut changed = cart();
    changed["status"]["phase"] = json!("Failed");
    show(&mut stage, changed.clone());
    assert!(text(&stage.picture()).contains("1 changed"));
    stage.press("M");
    assert!(!text(&stage.picture()).contains("changed"));
}

#[test]
fn folds_open_and_close_and_a_search_finds_what_is_folded() {
    let mut stage = opened((100, 30));
    show(&mut stage, cart());
    assert!(!text(&stage.picture()).contains("manager: kubelet"), "managed fields are folded");
    stage.press("/");
    stage.type_text("kubelet");
    assert!(text(&stage.picture()).contains("manager: kubelet"));
    stage.press("Enter k Space");
    assert!(!text(&stage.picture()).contains("manager: kubelet"));
    stage.press("Esc");
    assert!(!text(&stage.picture()).contains("found"), "Esc ends the search first");
    assert!(matches!(stage.app.fleet.get(&id()).unwrap().view.page(), Page::Details(_)));
}

#[test]
fn the_page_is_copied_as_it_is_and_not_as_it_is_drawn() {
    let mut stage = opened((60, 16));
    let mut long = cart();
    long["status"]["message"] = json!("x".repeat(5_000));
    show(&mut stage, long);
    stage.press("c");
    let copied = stage.effects.iter().find_map(|effect| match effect {
        Effect::Copy(text) => Some(text.clone()),
        _ => None,
    });
    let copied = copied.unwrap();
    assert!(copied.contains(&format!("message: {}\n", "x".repeat(5_000))) && !copied.contains("managedFields"));
    assert!(text(&stage.picture()).contains("YAML copied, without the managed fields"));
}

#[test]
fn managed_fields_that_were_unfolded_are_copied_and_a_line_is_copied_whole() {
    let mut stage = opened((100, 40));
    let mut long = cart();
    long["status"]["message"] = json!("x".repeat(5_000));
    show(&mut stage, long);
    stage.press("/");
    stage.type_text("kubelet");
    stage.press("Enter c G Y");
    let copied: Vec<String> = stage.effects.iter().filter_map(copy).collect();
    assert!(copied[0].contains("manager: kubelet"), "{}", copied[0]);
    stage.press("Esc /");
    stage.type_text("xxx");
    stage.press("Enter n n Y");
    let copied: Vec<String> = stage.effects.iter().filter_map(copy).collect();
    assert_eq!(copied.last().unwrap(), &format!("message: {}", "x".repeat(5_000)));
}

fn copy(effect: &Effect) -> Option<String> {
    if let Effect::Copy(text) = effect { Some(text.clone()) } else { None }
}

#[test]
fn a_search_that_finds_nothing_says_so_and_leaves_the_cursor_where_it_was() {
    let mut stage = opened((100, 24));
    show(&mut stage, cart());
    stage.press("j /");
    let shown = text(&stage.picture());
    assert!(shown.contains("text in any line") && !shown.contains("status=Running"), "{shown}");
    stage.type_text("args");
    assert!(stage.app.details().unwrap().spot().row > 1);
    stage.type_text("x");
    assert!(text(&stage.picture()).contains("no line has it"));
    assert_eq!(stage.app.details().unwrap().spot().row, 1);
}

#[test]
fn a_page_is_not_scrolled_sideways_beyond_its_longest_line() {
    let mut stage = opened((100, 24));
    show(&mut stage, cart());
    stage.press("Shift+Right Shift+Right Shift+Right");
    assert_eq!(stage.app.details().unwrap().spot().left, 0, "all of it is on screen");
    let mut long = cart();
    long["status"]["message"] = json!("x".repeat(150));
    show(&mut stage, long);
    stage.press("G");
    (0..40).for_each(|_| stage.press("Shift+Right"));
    assert!(text(&stage.picture()).contains("xxx"));
}

#[test]
fn until_the_server_answers_the_page_says_what_is_read_and_what_its_row_tells() {
    let mut stage = opened((120, 24));
    let shown = text(&stage.picture());
    assert!(shown.contains("reading pod checkout/cart-0 ...") && shown.contains("status Running"), "{shown}");
    stage.miss("a");
    assert!(text(&stage.picture()).contains("The cluster: no answer"), "{}", text(&stage.picture()));
}

#[test]
fn a_secret_is_hidden_until_its_key_is_asked_for_and_again_when_the_page_is_left() {
    let mut stage = opened((100, 24));
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "data": {"password": "aHVudGVyMg=="}});
    show(&mut stage, secret.clone());
    let hidden = text(&stage.picture());
    assert!(hidden.contains("hidden, 7 bytes") && !hidden.contains("aHVu") && !hidden.contains("hunter2"), "{hidden}");
    stage.press("/");
    stage.type_text("password");
    stage.press("Enter x");
    assert!(text(&stage.picture()).contains("password: hunter2"));
    stage.press("Esc Esc y");
    show(&mut stage, secret);
    assert!(!text(&stage.picture()).contains("hunter2"));
}

#[test]
fn a_deleted_object_keeps_its_last_state_and_one_of_the_same_name_waits_for_a_key() {
    let mut stage = opened((120, 24));
    show(&mut stage, cart());
    find(&mut stage, Finding::Gone { replaced: false });
    stage.wait(30);
    let shown = text(&stage.picture());
    assert!(shown.contains("deleted 30s ago, last state") && shown.contains("image: registry/cart:1.2"), "{shown}");
    find(&mut stage, Finding::Gone { replaced: true });
    assert!(text(&stage.picture()).contains("another has its name now, R shows it"));
    assert!(object(&stage).uid.is_some());
    stage.press("R");
    assert_eq!(looks(&stage).len(), 2);
    assert!(object(&stage).uid.is_none(), "whatever has the name now");
}

#[test]
fn a_forbidden_object_and_one_that_is_not_there_say_so() {
    let mut stage = opened((120, 24));
    let words = "secrets \"x\" is forbidden: User \"jane\" cannot get resource \"secrets\"";
    find(&mut stage, Finding::Reading(Reading::Forbidden(words.to_owned())));
    let shown = text(&stage.picture());
    assert!(shown.contains("Insufficient permissions.") && shown.contains("User \"jane\""), "{shown}");
    find(&mut stage, Finding::Gone { replaced: false });
    assert!(text(&stage.picture()).contains("There is no such object"));
}

#[test]
fn what_was_read_is_stale_once_its_watch_is_down_or_the_cluster_does_not_answer() {
    let mut stage = opened((120, 24));
    show(&mut stage, cart());
    let failure = Failure::new(FailureKind::Closed, "closed");
    find(&mut stage, Finding::Reading(Reading::Broken { failure, retry_in: Duration::from_secs(9) }));
    stage.wait(7);
    let shown = text(&stage.picture());
    assert!(shown.contains("stale 7s") && shown.contains("image: registry/cart:1.2"), "{shown}");
    find(&mut stage, Finding::Reading(Reading::Live));
    assert!(!text(&stage.picture()).contains("stale"));
    stage.down("a", FailureKind::LoginExpired, "login expired");
    stage.wait(5);
    assert!(text(&stage.picture()).contains("stale"), "kept, and said to be old");
}

#[test]
fn hostile_content_is_made_visible_and_a_megabyte_is_no_burden() {
    let mut stage = opened((80, 24));
    let mut evil = cart();
    evil["status"]["message"] = json!("\u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}evil\r\n");
    evil["data"] = json!({"big": "line of a file\n".repeat(70_000), "long": "é".repeat(500_000)});
    evil["\u{1b}[31m"] = json!("日本語".repeat(500));
    show(&mut stage, evil);
    for keys in ["G", "k k k", "g", "w", "G", "PgUp PgUp", "Shift+Right", "w", "Shift+Right Shift+Right"] {
        stage.press(keys);
        let shown = text(&stage.picture());
        assert!(!shown.chars().any(|c| c.is_control() && c != '\n') && !shown.contains('\u{202e}'));
        assert_eq!(shown.lines().count(), 24);
    }
}

#[test]
fn a_pod_described_and_its_containers_at_three_sizes() {
    let mut stage = opened((80, 24));
    stage.press("d");
    let mut pod = cart();
    pod["spec"]["nodeName"] = json!("n");
    pod["status"]["containerStatuses"] = json!([{
        "name": "api", "ready": false, "restartCount": 3, "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137}},
    }]);
    show(&mut stage, pod);
    let mut shown = text(&stage.picture());
    for (size, keys) in [((120, 40), "."), ((200, 60), "."), ((80, 24), ".")] {
        stage.press(keys);
        stage.app.size = size;
        shown += &text(&stage.picture());
    }
    insta::assert_snapshot!(shown);
    stage.press(", , ,");
    insta::assert_snapshot!(
        styled(&stage.picture(), ColorDepth::TrueColor) + &styled(&stage.picture(), ColorDepth::None)
    );
}

#[test]
fn times_are_those_of_the_zone_that_is_set_and_say_so() {
    let mut stage = opened((100, 30));
    stage.press("d");
    let mut pod = cart();
    pod["status"]["startTime"] = json!("2026-11-03T08:13:04Z");
    show(&mut stage, pod);
    assert!(text(&stage.picture()).contains("Tue, 03 Nov 2026 08:13:04 +0000"));
    stage.press(":");
    stage.type_text("time.zone America/New_York");
    stage.press("Enter");
    let shown = text(&stage.picture());
    assert!(shown.contains("Tue, 03 Nov 2026 03:13:04 -0500"), "at once, in the page that is open: {shown}");
    stage.press(":");
    stage.type_text("time.zone Atlantis");
    assert!(text(&stage.picture()).contains("is no time zone"));
}

#[test]
fn enter_on_a_pod_shows_its_containers_and_enter_on_a_relative_leads_there() {
    let mut stage = Stage::open(&["a"], (120, 30));
    stage.serve("a", vec![pod("checkout", "cart-0")], vec![node("n", true)]);
    stage.settle();
    stage.press("Enter");
    let mut pod = cart();
    pod["spec"]["nodeName"] = json!("n");
    show(&mut stage, pod);
    assert!(text(&stage.picture()).contains("LAST TERMINATION"));
    stage.press(". j Enter");
    assert_eq!(&*object(&stage).name, "n", "the node it runs on");
    assert_eq!(looks(&stage).last(), Some(&Some("n".to_owned())));
    stage.press("Esc");
    assert_eq!(&*object(&stage).name, "cart-0");
    assert_eq!(looks(&stage).last(), Some(&Some("cart-0".to_owned())), "it is asked for anew");
}

#[test]
fn what_belongs_beside_a_page_is_asked_for_with_its_section_alone() {
    let mut stage = opened((120, 30));
    show(&mut stage, cart());
    let asked = |stage: &Stage| -> Vec<String> {
        let subject = stage.app.fleet.get(&id()).unwrap().subject.as_ref().unwrap();
        subject.asked.beside.iter().map(|beside| beside.path.clone()).collect()
    };
    assert!(asked(&stage).is_empty(), "YAML needs no more than the object");
    stage.press("d");
    assert!(asked(&stage)[0].contains("events?fieldSelector=involvedObject.uid%3Du-1"));
    let events = json!([{"type": "Warning", "reason": "BackOff", "message": "back-off", "count": 4,
        "firstTimestamp": "2026-09-21T13:00:00Z", "lastTimestamp": "2026-09-21T13:10:00Z", "source": {"component": "kubelet"}}]);
    let path = asked(&stage)[0].clone();
    find(&mut stage, Finding::Beside(path, Ok(Tree::new(events))));
    stage.press("G");
    assert!(text(&stage.picture()).contains("BackOff"));
}

/// A release of Helm with its page open.
pub fn show_release(size: (u16, u16)) -> Stage {
    let mut stage = Stage::open(&["a"], size);
    stage.serve("a", vec![pod("checkout", "cart-0")], vec![node("n", true)]);
    let view = fleet_tui::app::details::DetailsView::new(
        ObjectRef { kind: Kind::helm(), namespace: "checkout".into(), name: "web".into(), uid: None },
        Section::default(),
    );
    stage.app.fleet.active_mut().unwrap().view.open(Page::Details(Box::new(view)));
    stage.wait(1);
    show(
        &mut stage,
        json!({
            "apiVersion": "helm.sh/v1", "kind": "Release", "metadata": {"name": "web", "namespace": "checkout"},
            "release": {
                "version": 2, "manifest": "---\n# Source: web/templates/service.yaml\nkind: Service\n", "config": {"replicas": 2},
                "info": {"status": "deployed", "last_deployed": "2026-11-03T08:13:04Z", "notes": "Well done."},
                "chart": {"metadata": {"name": "web", "version": "1.2.3", "appVersion": "9"}, "values": {"replicas": 1, "tag": "x"}},
            },
            "history": [{"revision": 2, "status": "deployed", "chart": "web-1.2.3"}, {"revision": 1, "status": "superseded"}],
        }),
    );
    stage
}

#[test]
fn a_helm_release_has_sections_of_its_own() {
    let mut stage = show_release((100, 24));
    let mut shown = String::new();
    for _ in 0..6 {
        shown += &text(&stage.picture());
        stage.press(".");
    }
    insta::assert_snapshot!(shown);
    stage.press("y");
    assert!(text(&stage.picture()).contains("Status:"), "it has no YAML of its own");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn a_page_is_drawn_at_any_size_whatever_keys_were_pressed(
        width in 1..300_u16, height in 1..90_u16, keys in "[jkgGwMxyd.,nN ]{0,10}", wide in "[ -~日é]{0,200}",
    ) {
        let mut stage = opened((120, 40));
        let mut value = cart();
        value["status"]["message"] = json!(wide);
        show(&mut stage, value);
        for key in keys.chars() {
            stage.press(if key == ' ' { "Space".to_owned() } else { key.to_string() }.as_str());
        }
        stage.app.size = (width, height);
        prop_assert_eq!(text(&stage.picture()).lines().count(), usize::from(height));
    }
}
