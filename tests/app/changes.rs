//! Changes and Explain: what the watches saw change, and why something is as it is.

use std::sync::Arc;
use std::time::Duration;

use crate::fleet::{Stage, UNIX, crashing, event, full, node, pod};
use crate::picture::text;
use fleet_tui::app::changes::Changes;
use fleet_tui::app::cluster::OpenCluster;
use fleet_tui::app::message::Effect;
use fleet_tui::app::tab::Page;
use fleet_tui::model::event::EventRow;
use fleet_tui::model::kind::Kind;
use fleet_tui::model::node::NodeRow;
use fleet_tui::model::pod::PodRow;
use fleet_tui::model::resource::ApiResource;
use fleet_tui::model::unwell::{Cause, Evidence, Owner, Unwell};
use fleet_tui::model::update::{ClusterCommand, Delta, Reading, Update};
use proptest::prelude::*;

fn changed<R>(rows: Vec<R>) -> Delta<R> {
    Delta { restart: false, complete: false, ..full(rows) }
}

fn front(stage: &Stage) -> &OpenCluster {
    stage.app.fleet.active().unwrap()
}

fn told(stage: &Stage) -> Vec<String> {
    let changes = front(stage).changes.newest(None);
    changes.map(|change| format!("{}: {}", change.about.spoken(), change.text)).collect()
}

fn served(size: (u16, u16)) -> Stage {
    let mut stage = Stage::open(&["prod"], size);
    stage.serve("prod", vec![pod("shop", "cart-0"), pod("shop", "web-1")], vec![node("node-a", true)]);
    stage
}

pub fn eventful(size: (u16, u16)) -> Stage {
    let mut stage = served(size);
    stage.wait(10);
    stage.update("prod", Update::Pods(changed(vec![pod("shop", "web-2")])));
    stage.wait(20);
    let restarted = PodRow { restarts: 1, ready: 0, status: Arc::from("Error"), ..pod("shop", "cart-0") };
    stage.update("prod", Update::Pods(changed(vec![restarted])));
    stage.wait(30);
    stage.update("prod", Update::Nodes(changed(vec![node("node-a", false)])));
    stage.wait(5);
    stage.update("prod", Update::Pods(Delta { gone: vec![pod("shop", "web-1").uid], ..changed(Vec::new()) }));
    stage.settle();
    stage
}

#[test]
fn changes_tell_what_became_of_each_object_newest_first() {
    let stage = eventful((120, 30));
    let expected = [
        "pod shop/web-1: deleted",
        "node node-a: NotReady: kubelet stopped posting node status",
        "pod shop/cart-0: restarted, 1 restart in all; not ready any more, 0/1: Error",
        "pod shop/web-2: created",
    ];
    let told: Vec<String> = told(&stage).into_iter().filter(|text| !text.starts_with("cluster")).collect();
    assert_eq!(told, expected);
}

#[test]
fn what_was_there_all_along_is_no_change_and_neither_is_a_resync() {
    let mut stage = served((120, 30));
    let before = told(&stage).len();
    stage.update("prod", Update::Pods(full(vec![pod("shop", "cart-0"), pod("shop", "web-1"), pod("shop", "unseen")])));
    assert_eq!(told(&stage).len(), before);
}

/// A deployment makes a replica set.
fn scaled() -> EventRow {
    EventRow {
        event_type: Arc::from("Normal"),
        object: "deployment/web".into(),
        message: "Scaled up replica set web-7d9 from 0 to 1".into(),
        ..event("shop", "web", "ScalingReplicaSet")
    }
}

#[test]
fn a_rollout_and_a_burst_of_warnings_are_one_entry_each() {
    let mut stage = served((120, 30));
    stage.update("prod", Update::Events(changed(vec![scaled()])));
    for number in 0..30 {
        let warning = EventRow {
            event_type: Arc::from("Warning"),
            count: 1,
            ..event("shop", &format!("p-{number}"), "FailedMount")
        };
        stage.update("prod", Update::Events(changed(vec![warning])));
    }
    let told = told(&stage);
    assert_eq!(told.iter().filter(|text| text.contains("FailedMount")).count(), 1, "{told:?}");
    assert!(told.iter().any(|text| text.starts_with("cluster prod: 10 warnings")), "of no single object: {told:?}");
    assert!(told.contains(&"deployment shop/web: rollout began: web-7d9 starts".to_owned()), "{told:?}");
}

#[test]
fn our_own_view_of_the_cluster_s_health_is_in_the_timeline() {
    let mut stage = served((120, 30));
    (0..3).for_each(|_| stage.miss("prod"));
    assert!(told(&stage)[0].starts_with("cluster prod: degraded is now unhealthy: unreachable"), "{:?}", told(&stage));
}

#[test]
fn changes_of_one_object_leave_out_the_others() {
    let mut stage = eventful((120, 30));
    stage.press("t");
    let shown = text(&stage.picture());
    assert!(shown.contains("CHANGES 1  newest first  of pod shop/cart-0"), "{shown}");
    stage.press("Enter");
    assert_eq!(front(&stage).view.kind_view().cursor.key, Some(pod("shop", "cart-0").uid));
}

#[test]
fn a_change_of_an_object_that_is_gone_leads_nowhere_and_says_so() {
    let mut stage = eventful((120, 30));
    let gone = Delta { gone: vec![pod("shop", "cart-0").uid], ..changed(Vec::new()) };
    stage.press("t");
    stage.update("prod", Update::Pods(gone));
    stage.press("Enter");
    let shown = text(&stage.picture());
    assert!(shown.contains("CHANGES") && shown.contains("pod shop/cart-0 is gone"), "{shown}");
}

#[test]
fn a_change_of_what_no_watch_reads_leads_to_its_own_kind_or_says_that_it_is_gone() {
    let mut stage = eventful((120, 30));
    let resource = ApiResource {
        group: "apps".to_owned(),
        version: "v1".to_owned(),
        plural: "deployments".to_owned(),
        kind: "Deployment".to_owned(),
        singular: "deployment".to_owned(),
        namespaced: true,
        verbs: vec!["list".to_owned()],
        ..ApiResource::default()
    };
    let kind = Kind::of(Arc::new(resource.clone()));
    stage.update("prod", Update::Resources(vec![Arc::new(resource)]));
    stage.update("prod", Update::Events(changed(vec![scaled()])));
    stage.press("T g d");
    let Page::Details(details) = front(&stage).view.page() else { unreachable!("what it is about is described") };
    assert_eq!((&details.object.kind, &*details.object.name, details.object.uid), (&kind, "web", None));
    stage.press("Esc Enter");
    assert_eq!(front(&stage).view.kind(), &kind);
    assert!(!text(&stage.picture()).contains("is gone"), "it is not known yet");
    stage.update("prod", Update::Columns(kind.clone(), Vec::new()));
    stage.update("prod", Update::Objects(kind.clone(), full(Vec::new())));
    stage.update("prod", Update::Reading(kind, Reading::Live));
    stage.settle();
    let shown = text(&stage.picture());
    assert!(shown.contains("deployment shop/web is gone"), "{shown}");
}

#[test]
fn from_all_changes_those_of_one_object_are_reached_and_left_again() {
    let mut stage = eventful((120, 30));
    stage.press("T G");
    let shown = text(&stage.picture());
    assert!(shown.contains("newest first") && !shown.contains("newest first  of"), "{shown}");
    while !text(&stage.picture()).lines().any(|line| line.contains("▸") && line.contains("shop/cart-0")) {
        stage.press("k");
    }
    stage.press("t");
    let shown = text(&stage.picture());
    assert!(shown.contains("CHANGES 1  newest first  of pod shop/cart-0"), "{shown}");
    stage.press("T");
    let shown = text(&stage.picture());
    assert!(shown.contains("web-2") && !shown.contains("newest first  of"), "{shown}");
    stage.press("T");
    let shown = text(&stage.picture());
    assert!(shown.contains("of pod shop/cart-0"), "what is open already closes, back to where one came from: {shown}");
    stage.press("Esc Esc");
    assert!(text(&stage.picture()).contains("PODS"));
}

#[test]
fn the_history_leads_back_from_every_page_and_forward_to_it() {
    let mut stage = eventful((120, 30));
    for (key, told) in [("T", "newest first"), ("X", "What is"), ("O", "OVERVIEW"), ("d", "Describe")] {
        stage.press(key);
        assert!(text(&stage.picture()).contains(told), "{key}");
        stage.press("Alt+-");
        let shown = text(&stage.picture());
        assert!(shown.contains("PODS 2") && !shown.contains(told), "{key}: {shown}");
        stage.press("Alt+=");
        assert!(text(&stage.picture()).contains(told), "{key}");
        stage.press("Alt+-");
    }
}

pub fn explained(size: (u16, u16)) -> Stage {
    let mut stage = Stage::open(&["prod"], size);
    let owner = Some(Owner { kind: "replicaset".into(), name: "cart-7d9".into() });
    let evidence = vec![
        Evidence::new("container api: last exit 137 OOMKilled", Some(UNIX.plus(-125))),
        Evidence::new("container api: its memory limit is 256Mi", None),
    ];
    let reason = "container api: back-off 5m0s restarting failed container; last exit 137 OOMKilled";
    let unwell =
        Unwell { owner, evidence: evidence.into(), ..Unwell::new(UNIX.plus(-840), Cause::OutOfMemory, reason) };
    let row = PodRow { unwell: Some(Box::new(unwell)), node: Arc::from("node-b"), ..crashing("checkout", "cart-1") };
    stage.serve("prod", vec![row], vec![node("node-a", true), node("node-b", false)]);
    stage.settle();
    stage.press("X");
    stage
}

#[test]
fn a_pod_is_explained_from_its_last_exit_to_its_node_and_what_comes_next() {
    let shown = text(&explained((120, 44)).picture());
    for words in [
        "out of memory for 14m",
        "last exit 137 OOMKilled, 2m5s ago",
        "its memory limit is 256Mi",
        "BackOff: Back-off restarting failed container",
        "replicaset cart-7d9 controls it",
        "its node is unwell itself: kubelet stopped posting node status",
        "the kubelet starts it again in about 2m55s",
    ] {
        assert!(shown.contains(words), "{words} is missing in\n{shown}");
    }
}

#[test]
fn a_well_node_and_a_namespace_are_explained_too() {
    let mut stage = explained((120, 44));
    stage.press("Esc .");
    stage.press("X");
    assert!(text(&stage.picture()).contains("nothing, as far as is known"));
    stage.press("Esc . .");
    stage.press("X");
    let shown = text(&stage.picture());
    assert!(shown.contains("EXPLAIN  namespace checkout") && shown.contains("pod cart-1: container api"), "{shown}");
}

#[test]
fn a_warning_is_explained_by_what_it_is_about_and_events_of_an_earlier_namesake_are_not_told() {
    let mut stage = explained((120, 44));
    let old = EventRow { last_seen: UNIX.plus(-90), ..event("shop", "api-0", "BackOff") };
    let new = EventRow { last_seen: UNIX.plus(-10), ..event("shop", "api-0", "Pulled") };
    let made = PodRow { created: UNIX.plus(-60), ..crashing("shop", "api-0") };
    stage.update("prod", Update::Pods(changed(vec![made])));
    stage.update("prod", Update::Events(full(vec![old, new])));
    stage.press("Esc . . / ");
    stage.type_text("BackOff");
    stage.press("Enter X");
    let shown = text(&stage.picture());
    assert!(shown.contains("EXPLAIN  pod shop/api-0"), "{shown}");
    assert!(shown.contains("Pulled:") && !shown.contains("BackOff: Back-off"), "{shown}");
}

#[test]
fn an_event_leads_to_what_it_is_about_and_changes_say_what_they_do_not_follow() {
    let mut stage = explained((120, 44));
    stage.press("Esc . . J");
    stage.settle();
    let cluster = front(&stage);
    assert_eq!((cluster.view.kind(), &*cluster.selected().unwrap().name), (&Kind::Pods, "cart-1"));
    stage.press(". . . t");
    assert!(text(&stage.picture()).contains("objects of this kind are not"), "namespaces");
}

#[test]
fn a_cordoned_node_says_that_it_takes_no_new_pods() {
    let mut stage = explained((120, 44));
    let cordoned = NodeRow { status: Arc::from("Ready,SchedulingDisabled"), ..node("node-a", true) };
    stage.update("prod", Update::Nodes(changed(vec![cordoned])));
    stage.press("Esc . X");
    assert!(text(&stage.picture()).contains("it is cordoned: no new pods"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn changes_are_bounded_whatever_happens(steps in proptest::collection::vec((0..9_u8, any::<bool>()), 1..3_000)) {
        let mut changes = Changes::default();
        for (object, ready) in steps {
            let name = format!("n-{object}");
            let old: NodeRow = node(&name, !ready);
            changes.node(Some(&old), &node(&name, ready), false, UNIX);
            changes.pod(None, &pod("shop", &name), false, UNIX);
        }
        prop_assert!(changes.len() <= 1_000);
        let numbers: Vec<u64> = changes.newest(None).map(|change| change.number).collect();
        prop_assert!(numbers.is_sorted_by(|a, b| a > b));
    }
}

/// `prod` is behind and rests, `dr` is in front.
fn resting() -> Stage {
    let mut stage = Stage::open(&["prod", "dr"], (120, 30));
    for name in ["prod", "dr"] {
        stage.serve(name, vec![pod("shop", "cart-0"), pod("shop", "web-1")], vec![node("node-a", true)]);
    }
    stage.press("2");
    stage.update("prod", Update::Reading(Kind::Events, Reading::Polled(Duration::from_secs(240))));
    stage.wait(10);
    stage.effects.clear();
    stage
}

fn caught_up(stage: &mut Stage) -> Vec<String> {
    let effects = std::mem::take(&mut stage.effects).into_iter();
    let asked = effects.filter_map(|effect| match effect {
        Effect::Command(id, ClusterCommand::CatchUp) => Some(id.to_string()),
        _ => None,
    });
    asked.collect()
}

#[test]
fn when_something_gets_worse_in_a_cluster_at_rest_its_events_are_asked_for_once() {
    let mut stage = resting();
    let restarted = PodRow { restarts: 1, ..pod("shop", "cart-0") };
    stage.update("prod", Update::Pods(changed(vec![restarted.clone()])));
    assert_eq!(caught_up(&mut stage), ["config:prod"], "restarted");
    stage.update("prod", Update::Pods(changed(vec![restarted, crashing("shop", "web-1")])));
    assert_eq!(caught_up(&mut stage), ["config:prod"], "unwell");
    stage.update("prod", Update::Nodes(changed(vec![node("node-a", false)])));
    assert_eq!(caught_up(&mut stage), ["config:prod"], "a node");
    stage.wait(20);
    stage.update("prod", Update::Pods(changed(vec![pod("shop", "web-1"), pod("shop", "new")])));
    stage.update("dr", Update::Pods(changed(vec![crashing("shop", "web-1")])));
    assert!(caught_up(&mut stage).is_empty(), "better, new, or watched anyway");
}

#[test]
fn what_is_caught_up_with_is_told_as_of_when_it_happened() {
    let mut stage = resting();
    stage.wait(60);
    stage.update("prod", Update::Pods(changed(vec![pod("shop", "late")])));
    let scaled = EventRow {
        event_type: Arc::from("Normal"),
        object: "deployment/web".into(),
        message: "Scaled up replica set web-7d9 from 0 to 1".into(),
        last_seen: UNIX.plus(30),
        ..event("shop", "web", "ScalingReplicaSet")
    };
    stage.update("prod", Update::Events(changed(vec![scaled])));
    stage.press("1");
    let told = front(&stage).changes.newest(None);
    let told: Vec<(i64, String)> = told.map(|change| (change.at.0 - UNIX.0, change.text.to_string())).collect();
    assert_eq!(told[..2], [(70, "created".to_owned()), (30, "rollout began: web-7d9 starts".to_owned())]);
}

#[test]
fn a_time_in_which_nothing_was_watched_is_a_gap_and_said_to_be_one() {
    let mut stage = resting();
    // Surveyed: no rows are kept.
    stage.app.toggle_background();
    stage.wait(1);
    stage.wait(300);
    stage.press("1");
    stage.serve("prod", vec![pod("shop", "other")], vec![node("node-a", true)]);
    stage.settle();
    let gap = "cluster prod: not watched for 5m: what changed meanwhile is not known";
    assert_eq!(told(&stage).iter().filter(|text| *text == gap).count(), 1, "{:?}", told(&stage));
    assert!(!told(&stage).iter().any(|text| text.contains("other")), "what is listed anew is no change");
}
