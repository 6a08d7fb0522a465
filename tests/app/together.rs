//! What looks across clusters: the network banner, reading modes and the memory budget, contexts that go from their files.

use std::time::Duration;

use crate::fleet::{Stage, catalog, node, pod};
use crate::picture::text;
use fleet_tui::app::message::{Effect, Message};
use fleet_tui::config::value::Bytes;
use fleet_tui::model::failure::{Failure, FailureKind};
use fleet_tui::model::ids::ClusterId;
use fleet_tui::model::lifecycle::Lifecycle;
use fleet_tui::model::unwell::Cause;
use fleet_tui::model::update::{Beat, BeatOutcome, ClusterCommand, ReadingMode, Survey, SurveyedPods, Update};

const NAMES: &[&str] = &["a", "b", "c", "d", "e"];

fn id(name: &str) -> ClusterId {
    ClusterId::new(&format!("config:{name}"))
}

fn serving(names: &[&str]) -> Stage {
    let mut stage = Stage::open(names, (110, 20));
    for name in names {
        stage.serve(name, vec![pod("ns", "x"), pod("ns", "y")], vec![node("n", true)]);
    }
    stage.effects.clear();
    stage
}

fn miss(stage: &mut Stage, name: &str, kind: FailureKind) {
    let failure = Failure::new(kind, "it does not work");
    stage.update(name, Update::Beat(Beat { latency: Duration::ZERO, outcome: BeatOutcome::Missed(failure) }));
}

fn reconnects(stage: &Stage) -> Vec<ClusterId> {
    let of = |effect: &Effect| match effect {
        Effect::Command(id, ClusterCommand::Reconnect(_)) => Some(id.clone()),
        _ => None,
    };
    stage.effects.iter().filter_map(of).collect()
}

fn modes(stage: &Stage) -> Vec<(String, ReadingMode)> {
    stage.app.fleet.iter().map(|cluster| (cluster.name.clone(), cluster.mode)).collect()
}

#[test]
fn most_clusters_failing_together_are_one_banner_one_probe_each_and_no_toasts() {
    let mut stage = serving(NAMES);
    for name in ["a", "b", "c"] {
        miss(&mut stage, name, FailureKind::Dns);
        stage.wait(1);
    }
    let banner = stage.app.network.banner.clone().unwrap();
    assert_eq!(banner.text, "network changed, reconnecting 3 clusters: your network: names do not resolve");
    assert_eq!(reconnects(&stage), [id("a"), id("b"), id("c")]);
    for _ in 0..3 {
        for name in ["a", "b", "c"] {
            miss(&mut stage, name, FailureKind::Dns);
        }
    }
    assert!(stage.app.toasts.shown().is_empty());
    assert!(text(&stage.picture()).contains("network changed, reconnecting 3 clusters"));
    stage.wait(6);
    for name in ["a", "b", "c"] {
        stage.beat(name, 20);
    }
    stage.wait(1);
    assert_eq!(stage.app.network.banner, None);
}

#[test]
fn one_cluster_down_is_that_api_server_and_no_banner() {
    let mut stage = serving(NAMES);
    for _ in 0..3 {
        stage.wait(5);
        miss(&mut stage, "a", FailureKind::Timeout);
    }
    assert_eq!(stage.app.network.banner, None);
    assert!(reconnects(&stage).is_empty());
    assert_eq!(stage.app.toasts.shown().len(), 1);
}

#[test]
fn clusters_that_fail_hours_apart_are_no_network_change() {
    let mut stage = serving(NAMES);
    for name in NAMES {
        miss(&mut stage, name, FailureKind::Timeout);
        stage.wait(600);
    }
    assert!(reconnects(&stage).is_empty());
}

#[test]
fn a_jump_of_the_wall_clock_is_a_sleep_and_probes_every_cluster() {
    let mut stage = serving(NAMES);
    let mut now = stage.now();
    now.unix = now.unix.plus(3_600);
    stage.app.update(Message::Tick, &now);
    let effects = stage.app.conclude();
    let reconnects = effects.iter().filter(|effect| matches!(effect, Effect::Command(_, ClusterCommand::Reconnect(_))));
    assert_eq!(reconnects.count(), 5);
    assert_eq!(stage.app.network.banner.clone().unwrap().text, "woke from sleep, reconnecting 5 clusters");
}

#[test]
fn without_background_refresh_only_the_cluster_in_front_is_watched() {
    let mut stage = serving(&["a", "b"]);
    stage.press("1 :");
    stage.type_text("background-refresh");
    stage.press("Enter");
    assert_eq!(modes(&stage), [("a".to_owned(), ReadingMode::Watch), ("b".to_owned(), ReadingMode::Survey)]);
    assert!(stage.effects.contains(&Effect::Command(id("b"), ClusterCommand::Reading(ReadingMode::Survey))));
    assert_eq!(stage.app.fleet.get(&id("b")).unwrap().tables.bytes(), 0, "the rows are given back");
    stage.press("Tab");
    assert_eq!(modes(&stage), [("a".to_owned(), ReadingMode::Survey), ("b".to_owned(), ReadingMode::Watch)]);
}

#[test]
fn rows_that_were_under_way_when_a_cluster_left_the_watch_are_dropped() {
    let mut stage = serving(&["a", "b"]);
    stage.app.background_off = true;
    stage.wait(1);
    stage.update("b", Update::Pods(crate::fleet::full(vec![pod("ns", "late")])));
    assert_eq!(stage.app.fleet.get(&id("b")).unwrap().tables.bytes(), 0);
}

#[test]
fn a_survey_fills_the_board_and_shows_its_age() {
    let mut stage = serving(&["a", "b"]);
    stage.app.background_off = true;
    stage.wait(1);
    let pods = SurveyedPods { running: 90, pending: 2, failed: 1, unwell: vec![(Cause::CrashLoop, 3)] };
    let survey = Survey { nodes: Some((4, 4)), pods: Some(pods), ..Survey::default() };
    stage.update("b", Update::Survey(survey));
    stage.wait(30);
    let shown = text(&stage.picture());
    assert!(shown.contains("3 pods crash-looping, surveyed 30 s ago"), "{shown}");
    assert_eq!(stage.app.fleet.get(&id("b")).unwrap().standing.lifecycle, Lifecycle::Ready);
    stage.wait(600);
    assert!(text(&stage.picture()).contains("(93)"), "old values stand in parentheses");
}

#[test]
fn beyond_the_memory_budget_the_least_recently_seen_cluster_gives_its_rows_back() {
    let mut stage = serving(&["a", "b", "c"]);
    stage.press("3");
    stage.wait(1);
    stage.press("2");
    stage.wait(1);
    stage.press("1");
    stage.wait(1);
    let one = stage.app.fleet.get(&id("c")).unwrap().tables.bytes();
    stage.app.settings.memory_budget = Bytes(one * 5 / 2);
    stage.wait(1);
    let evicted: Vec<_> = modes(&stage).into_iter().filter(|(_, mode)| *mode == ReadingMode::Survey).collect();
    assert_eq!(evicted, [("c".to_owned(), ReadingMode::Survey)]);
    assert!(stage.app.toasts.shown().iter().any(|toast| toast.text.contains("memory budget")), "and it says so");
    stage.press("3");
    assert_eq!(stage.app.fleet.get(&id("c")).unwrap().mode, ReadingMode::Watch, "in front it is watched");
}

#[test]
fn a_context_that_is_gone_from_its_file_is_closed_with_a_notice() {
    let mut stage = serving(&["a", "b"]);
    stage.tell(Message::Catalog(catalog(&["b", "new"])));
    let open: Vec<String> = stage.app.fleet.iter().map(|cluster| cluster.name.clone()).collect();
    assert_eq!(open, ["b"]);
    assert!(
        stage.effects.iter().any(|effect| matches!(effect, Effect::Select { clusters, .. } if *clusters == [id("b")]))
    );
    assert_eq!(stage.app.toasts.shown().last().unwrap().text, "a is gone from its kubeconfig; closed");
}

#[test]
fn the_diagnostics_show_every_cluster_and_the_history_of_the_one_in_front() {
    let mut stage = serving(&["a", "b"]);
    stage.press("1");
    for _ in 0..3 {
        miss(&mut stage, "a", FailureKind::Refused);
    }
    stage.press(":");
    stage.type_text("diag");
    stage.press("Enter");
    insta::assert_snapshot!(text(&stage.picture()));
}

#[test]
fn a_notice_about_the_files_is_told_once_however_often_they_are_read() {
    let mut stage = serving(&["a"]);
    let mut again = catalog(&["a"]);
    again.notices.push("/nowhere/config does not exist".to_owned());
    for _ in 0..3 {
        stage.tell(Message::Catalog(again.clone()));
    }
    let told: Vec<u32> = stage.app.toasts.shown().iter().map(|toast| toast.count).collect();
    assert_eq!(told, [1]);
}
