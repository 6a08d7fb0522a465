//! What looks across clusters: the network banner, reading modes and the memory budget, contexts that go from their files.

use std::time::Duration;

use crate::fleet::{Stage, catalog, full, node, pod};
use crate::picture::text;
use fleet_tui::app::message::{Effect, Message};
use fleet_tui::config::choice::DuplicateNames;
use fleet_tui::config::state::IgnoredAttention;
use fleet_tui::config::value::Bytes;
use fleet_tui::model::amount::{Amount, Amounts};
use fleet_tui::model::failure::{Failure, FailureKind};
use fleet_tui::model::health::Health;
use fleet_tui::model::ids::ClusterId;
use fleet_tui::model::kind::Kind;
use fleet_tui::model::lifecycle::Lifecycle;
use fleet_tui::model::pod::PodRow;
use fleet_tui::model::survey::{Probe, Survey, SurveyedPods};
use fleet_tui::model::unwell::{Cause, Unwell};
use fleet_tui::model::update::{Beat, BeatOutcome, ClusterCommand, Reading, ReadingMode, Update};
use fleet_tui::model::usage::{Shares, Usage};

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
fn who_fails_a_little_later_joins_the_banner_and_says_nothing_of_its_own() {
    let mut stage = serving(NAMES);
    for name in ["a", "b", "c"] {
        miss(&mut stage, name, FailureKind::Timeout);
    }
    stage.wait(1);
    stage.effects.clear();
    // Clusters behind notice up to a heartbeat later.
    stage.wait(9);
    miss(&mut stage, "d", FailureKind::Timeout);
    stage.wait(1);
    let text = "network changed, reconnecting 4 clusters: your network or VPN: nothing answers";
    assert_eq!(stage.app.network.banner.clone().unwrap().text, text);
    assert_eq!(reconnects(&stage), [id("d")], "each is probed again once");
    for name in ["a", "b", "c", "d"] {
        for _ in 0..2 {
            miss(&mut stage, name, FailureKind::Timeout);
        }
    }
    assert!(stage.app.toasts.shown().is_empty(), "{:?}", stage.app.toasts.shown());
    // Whoever fails long after is a case of its own.
    stage.wait(15);
    for _ in 0..3 {
        miss(&mut stage, "e", FailureKind::Timeout);
    }
    stage.wait(1);
    assert_eq!(stage.app.network.banner.clone().unwrap().text, text);
    assert_eq!(stage.app.toasts.shown().len(), 1);
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
fn clusters_that_were_never_reached_are_no_network_change() {
    let mut stage = Stage::open(NAMES, (110, 20));
    stage.effects.clear();
    for _ in 0..3 {
        for name in NAMES {
            stage.down(name, FailureKind::Dns, "host name x does not resolve");
        }
        stage.wait(1);
    }
    assert_eq!(stage.app.network.banner, None);
    assert!(reconnects(&stage).is_empty());
    assert!(text(&stage.picture()).contains("unreachable: host name x does not resolve"));
}

#[test]
fn clusters_that_were_never_reached_count_neither_for_a_network_change_nor_against_it() {
    let mut stage = Stage::open(&["a", "b", "c", "d", "e", "f", "g", "h"], (110, 20));
    for name in NAMES {
        stage.serve(name, vec![pod("ns", "x")], vec![node("n", true)]);
    }
    for name in ["f", "g", "h"] {
        stage.down(name, FailureKind::Refused, "refused");
    }
    stage.wait(1);
    miss(&mut stage, "a", FailureKind::Timeout);
    miss(&mut stage, "b", FailureKind::Timeout);
    stage.wait(1);
    assert_eq!(stage.app.network.banner, None, "two of the five that were reached");
    // Three of those five are most of them, and not even half of all.
    miss(&mut stage, "c", FailureKind::Timeout);
    stage.wait(1);
    let banner = stage.app.network.banner.clone().unwrap();
    assert_eq!(banner.clusters, ["a", "b", "c"].map(id).into());
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
fn counts_outlast_the_rows_until_a_survey_and_a_survey_does_not_outlast_new_rows() {
    let mut stage = serving(&["a", "b"]);
    stage.update("b", Update::Reading(Kind::Nodes, Reading::Forbidden("no".to_owned())));
    let row = |stage: &mut Stage| {
        let shown = text(&stage.picture());
        shown.lines().find(|line| line.contains(" b ")).unwrap().to_owned()
    };
    stage.press("1");
    stage.app.background_off = true;
    stage.press("`");
    stage.wait(1);
    let before = row(&mut stage);
    assert!(before.contains("(2)") && before.contains("may not list nodes"), "{before}");
    let pods = SurveyedPods { running: 2, ..SurveyedPods::default() };
    let forbidden = vec!["nodes".to_owned()];
    stage.update("b", Update::Survey(Survey { pods: Some(pods), forbidden, ..Survey::default() }));
    stage.wait(1);
    let surveyed = row(&mut stage);
    assert!(surveyed.contains("surveyed 1s ago") && !surveyed.contains('('), "{surveyed}");
    stage.app.background_off = false;
    stage.wait(1);
    stage.serve("b", vec![pod("ns", "p1"), pod("ns", "p2"), pod("ns", "p3")], Vec::new());
    stage.wait(3_600);
    let watched = row(&mut stage);
    assert!(watched.contains(" 3 ") && !watched.contains("surveyed"), "{watched}");
}

#[test]
fn what_a_survey_counted_stands_until_rows_say_more_and_is_never_replaced_by_zeros() {
    let mut stage = serving(&["a", "b"]);
    stage.app.background_off = true;
    stage.wait(1);
    let pods = SurveyedPods { running: 68, ..SurveyedPods::default() };
    stage.update("b", Update::Survey(Survey { nodes: Some((3, 3)), pods: Some(pods), ..Survey::default() }));
    stage.press("2");
    stage.wait(1);
    let failure = Failure::new(FailureKind::Timeout, "no answer");
    for kind in [Kind::Pods, Kind::Nodes, Kind::Events, Kind::Namespaces] {
        let shown = text(&stage.picture());
        assert!(shown.contains("nodes 3/3  pods 68") && !shown.contains("NAMESPACES  0"), "{shown}");
        stage.press("O");
        let shown = text(&stage.picture());
        assert!(!shown.contains("0/0") && !shown.contains("Nothing need"), "{shown}");
        stage.press("Esc A");
        let shown = text(&stage.picture());
        assert!(!shown.contains("Nothing need") && !shown.contains("ATTENTION 0"), "{shown}");
        stage.press("Esc");
        stage
            .update("b", Update::Reading(kind, Reading::Broken { failure: failure.clone(), retry_in: Duration::ZERO }));
    }
    stage.serve("b", vec![pod("ns", "p1")], vec![node("n", true)]);
    let shown = text(&stage.picture());
    assert!(shown.contains("nodes 1/1  pods 1 "), "{shown}");
}

#[test]
fn after_a_stop_nothing_is_concluded_from_rows_of_before_it_until_they_had_time_to_be_brought_up_to_date() {
    for (mended, after) in [(true, Health::Healthy), (false, Health::Warning)] {
        let mut stage = serving(&["a"]);
        let health = |stage: &Stage| stage.app.fleet.get(&id("a")).unwrap().standing.health;
        let due = Unwell::new(stage.now().unix.plus(100), Cause::NotReady, "not ready");
        let soon = PodRow { unwell: Some(Box::new(due)), ..pod("ns", "x") };
        stage.update("a", Update::Pods(full(vec![soon])));
        assert_eq!(health(&stage), Health::Healthy);
        stage.app.resumed = Some(stage.now().mono + Duration::from_secs(150));
        stage.wait(150);
        assert_eq!(health(&stage), Health::Healthy, "the row may be old");
        if mended {
            stage.update("a", Update::Pods(full(vec![pod("ns", "x")])));
        }
        stage.wait(3);
        assert_eq!(health(&stage), after);
        let history = &stage.app.fleet.get(&id("a")).unwrap().history;
        assert_eq!(history.iter().any(|(_, change)| change.to == Health::Warning), !mended);
    }
}

#[test]
fn heartbeats_that_were_cut_off_by_a_stop_are_no_change_of_the_network() {
    let mut stage = serving(NAMES);
    stage.app.resumed = Some(stage.now().mono + Duration::from_secs(150));
    stage.wait(150);
    for name in NAMES {
        stage.miss(name);
    }
    assert!(stage.app.network.banner.is_none());
    for name in NAMES {
        stage.beat(name, 5);
    }
    stage.wait(5);
    assert!(stage.app.network.banner.is_none());
    assert!(stage.app.fleet.iter().all(|cluster| cluster.standing.health == Health::Healthy));
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
    let unwell = vec![(Cause::CrashLoop, 3)];
    let pods = SurveyedPods { running: 90, pending: 2, failed: 1, unwell, ..SurveyedPods::default() };
    let amount = |cpu, gigabytes: u64| Amounts { cpu: Amount::new(cpu), memory: Amount::new(gigabytes << 10) };
    let usage = Some(Usage::Measured(amount(8_000, 64)));
    let capacity = Some(amount(32_000, 128));
    let survey = Survey { nodes: Some((4, 4)), capacity, usage, pods: Some(pods), ..Survey::default() };
    stage.update("b", Update::Survey(survey));
    stage.wait(30);
    let shown = text(&stage.picture());
    assert!(shown.contains("3 pods crash-looping, surveyed 30s ago"), "{shown}");
    let load = stage.app.fleet.get(&id("b")).unwrap().load().unwrap().0;
    assert_eq!(load, Shares { cpu: Some(25), memory: Some(50) });
    assert_eq!(stage.app.fleet.get(&id("b")).unwrap().standing.lifecycle, Lifecycle::Ready);
    stage.wait(600);
    assert!(text(&stage.picture()).contains("(93)"), "old values stand in parentheses");
}

#[test]
fn what_is_ignored_does_not_count_in_a_surveyed_cluster_be_it_a_cause_or_an_object() {
    let mut stage = serving(&["a", "b"]);
    stage.app.background_off = true;
    stage.wait(1);
    let subject = |name: &str| (format!("replicaset shop/{name}").into(), Cause::CrashLoop);
    let pods = SurveyedPods {
        running: 9,
        // One of them is of a subject that the survey did not keep.
        unwell: vec![(Cause::CrashLoop, 4), (Cause::Image, 1)],
        subjects: [(subject("cart"), 2), (subject("web"), 1)].into(),
        ..SurveyedPods::default()
    };
    let node = |name: &str| (format!("node {name}").into(), Cause::NodeNotReady, format!("{name} is lost").into());
    let survey = Survey {
        pods: Some(pods),
        nodes: Some((3, 1)),
        unwell_nodes: (2, Some("x is lost".to_owned())),
        each_unwell_node: vec![node("x"), node("y")],
        ..Survey::default()
    };
    stage.update("b", Update::Survey(survey));
    let counts = |stage: &Stage| {
        let summary = &stage.app.fleet.get(&id("b")).unwrap().summary;
        (summary.unwell_pods, summary.unwell_nodes.clone())
    };
    assert_eq!(counts(&stage), (5, (2, Some("x is lost".to_owned()))));
    let object = |object: &str| IgnoredAttention { object: Some(object.to_owned()), ..IgnoredAttention::default() };
    stage.app.set_ignored(object("replicaset shop/cart"), true);
    stage.app.set_ignored(object("node x"), true);
    assert_eq!(counts(&stage), (3, (1, Some("y is lost".to_owned()))));
    let cause = IgnoredAttention { cause: Some(Cause::Image.title().to_owned()), ..IgnoredAttention::default() };
    stage.app.set_ignored(cause, true);
    assert_eq!(counts(&stage).0, 2);
    stage.app.set_ignored(object("replicaset shop/cart"), false);
    assert_eq!(counts(&stage).0, 4, "it is heard of again");
}

#[test]
fn a_kind_that_could_not_be_read_is_not_known_and_never_zero() {
    let mut stage = serving(&["a", "b"]);
    stage.app.background_off = true;
    stage.press("2 1");
    stage.wait(1);
    let pods = SurveyedPods { running: 93, ..SurveyedPods::default() };
    stage.update("b", Update::Survey(Survey { pods: Some(pods), ..Survey::default() }));
    stage.press("`");
    stage.wait(1);
    let shown = text(&stage.picture());
    let row = shown.lines().find(|line| line.contains(" b ")).unwrap();
    assert!(row.contains("93") && !row.contains("0/0"), "{row}");
    // Its list never got through: the title of its table has no count, and the headline says that it is not known.
    stage.press("1");
    let failure = Failure::new(FailureKind::Decode, "not what was asked for");
    let broken = Reading::Broken { failure, retry_in: Duration::from_secs(9) };
    stage.app.fleet.active_mut().unwrap().tables.clear();
    stage.app.fleet.active_mut().unwrap().readings.clear();
    stage.update("a", Update::Reading(Kind::Nodes, Reading::Waiting));
    stage.update("a", Update::Reading(Kind::Nodes, broken));
    let shown = text(&stage.picture());
    assert!(shown.contains("nodes ·") && !shown.contains("nodes 0"), "{shown}");
}

#[test]
fn a_cluster_whose_surveys_are_off_is_no_cluster_that_loads_for_ever() {
    let mut stage = serving(&["a", "b"]);
    stage.app.background_off = true;
    stage.press("1 `");
    stage.wait(1);
    stage.update("b", Update::Survey(Survey { off: Probe::ALL.into(), ..Survey::default() }));
    stage.wait(3_600);
    stage.beat("b", 20);
    let cluster = stage.app.fleet.get(&id("b")).unwrap();
    assert_eq!((cluster.standing.lifecycle, cluster.standing.health), (Lifecycle::Ready, Health::Healthy));
    let shown = text(&stage.picture());
    assert!(shown.contains("healthy, surveys are off"), "{shown}");
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
fn a_context_that_turns_up_after_the_start_with_all_is_in_the_picker_and_not_opened() {
    let mut stage = serving(&["a", "b"]);
    stage.tell(Message::Catalog(catalog(&["a", "b", "late"])));
    let open: Vec<String> = stage.app.fleet.iter().map(|cluster| cluster.name.clone()).collect();
    assert_eq!(open, ["a", "b"]);
    stage.press("o");
    assert!(text(&stage.picture()).contains("late"));
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

#[test]
fn of_two_contexts_of_one_name_only_the_last_opened_is_open_where_names_are_exclusive() {
    let mut stage = serving(&["prod", "dev"]);
    let mut both = catalog(&["prod", "dev"]);
    let mut other = catalog(&["prod"]).files.remove(0);
    other.contexts[0].id = ClusterId::new("team:prod");
    (other.path, other.label) = ("/home/jane/.kube/team".into(), "team".to_owned());
    both.files.push(other);
    stage.tell(Message::Catalog(both));
    let open = |stage: &Stage| stage.app.fleet.iter().map(|cluster| cluster.id.to_string()).collect::<Vec<_>>();
    let all = [id("prod"), id("dev"), ClusterId::new("team:prod")];
    let mut effects = Vec::new();
    stage.app.select(&all, &mut effects);
    assert_eq!(open(&stage), ["config:prod", "config:dev", "team:prod"], "as a rule both can be open");
    stage.app.select(&all[..2], &mut effects);
    stage.app.settings.duplicate_context_names = DuplicateNames::Exclusive;
    stage.app.select(&all, &mut effects);
    assert_eq!(open(&stage), ["config:dev", "team:prod"]);
    let told = &stage.app.toasts.shown().last().unwrap().text;
    assert!(told.starts_with("config:prod is closed: another cluster of its name is open"), "{told}");
}
