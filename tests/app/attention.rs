//! Attention: what needs a person, worst first, with its evidence; what is ignored does not count.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::fleet::{Stage, UNIX, crashing, event, full, node, pod};
use crate::picture::text;
use fleet_tui::app::attention::{Entry, evaluate};
use fleet_tui::app::cluster::OpenCluster;
use fleet_tui::app::ignored::Ignored;
use fleet_tui::app::message::Effect;
use fleet_tui::app::tables::Tables;
use fleet_tui::config::state::IgnoredAttention;
use fleet_tui::model::detail::{Finding, Tree};
use fleet_tui::model::event::EventRow;
use fleet_tui::model::failure::FailureKind;
use fleet_tui::model::health::Health;
use fleet_tui::model::ids::ClusterId;
use fleet_tui::model::kind::Kind;
use fleet_tui::model::pod::{PodPhase, PodRow};
use fleet_tui::model::unwell::{Cause, Evidence, Owner, Unwell};
use fleet_tui::model::update::{ClusterCommand, Delta, Update};
use fleet_tui::table::engine::AnyTable as _;
use proptest::prelude::*;
use serde_json::json;

fn ailing(namespace: &str, name: &str, owner: &str, cause: Cause, reason: &str) -> PodRow {
    let owner = (!owner.is_empty()).then(|| Owner { kind: "replicaset".into(), name: owner.into() });
    let evidence = vec![Evidence::new("container api: last exit 137 OOMKilled", Some(UNIX.plus(-90)))];
    let unwell = Unwell { owner, evidence: evidence.into(), ..Unwell::new(UNIX.plus(-3_600), cause, reason) };
    PodRow { unwell: Some(Box::new(unwell)), ..pod(namespace, name) }
}

fn failed_pull() -> EventRow {
    let message = "Failed to pull image \"registry.example/web:v2\": manifest unknown";
    let base = event("shop", "web-1", "Failed");
    EventRow { event_type: Arc::from("Warning"), message: message.into(), count: 4, ..base }
}

pub fn troubled(size: (u16, u16)) -> Stage {
    let mut stage = Stage::open(&["prod", "dev"], size);
    let out = "container api: back-off 5m0s restarting failed container; last exit 137 OOMKilled";
    let pods = vec![
        pod("shop", "cart-0"),
        ailing("shop", "web-1", "web-7d9", Cause::Image, "container web: ImagePullBackOff: Back-off pulling image"),
        ailing("shop", "api-1", "api-5c4", Cause::OutOfMemory, out),
        ailing("shop", "api-2", "api-5c4", Cause::OutOfMemory, out),
        ailing("data", "db-0", "", Cause::Unschedulable, "unschedulable: 0/3 nodes are available: 3 Insufficient cpu."),
    ];
    stage.serve("prod", pods, vec![node("node-a", true), node("node-b", false)]);
    stage.update("prod", Update::Events(full(vec![failed_pull(), event("shop", "cart-0", "Started")])));
    stage.serve("dev", vec![pod("a", "b")], vec![node("n", true)]);
    stage.press("1 A");
    stage
}

fn front(stage: &Stage) -> &OpenCluster {
    stage.app.fleet.active().unwrap()
}

#[test]
fn the_worst_comes_first_and_pods_of_one_controller_are_one_entry() {
    let stage = troubled((120, 30));
    let entries: Vec<(&str, usize)> =
        front(&stage).attention.entries.iter().map(|entry| (entry.subject.as_str(), entry.count)).collect();
    let expected =
        [("node node-b", 1), ("replicaset shop/api-5c4", 2), ("replicaset shop/web-7d9", 1), ("pod data/db-0", 1)];
    assert_eq!(entries, expected);
}

#[test]
fn the_registry_s_own_words_are_the_first_evidence_of_a_failed_pull() {
    let stage = troubled((120, 30));
    let entry = front(&stage).attention.entries.iter().find(|entry| entry.cause == Cause::Image).unwrap();
    assert!(entry.evidence[0].text.starts_with("registry: Failed to pull image"), "{:?}", entry.evidence);
    assert!(entry.evidence[0].text.contains("manifest unknown"));
}

#[test]
fn enter_goes_to_the_object_and_back_returns() {
    let mut stage = troubled((120, 30));
    stage.press("j j Enter");
    assert_eq!(front(&stage).view.kind(), &Kind::Pods);
    assert_eq!(front(&stage).view.kind_view().cursor.key, Some(pod("shop", "web-1").uid));
    let shown = text(&stage.picture());
    assert!(shown.contains("▸ shop"), "{shown}");
    stage.press("A");
    assert!(text(&stage.picture()).contains("ATTENTION 4"));
    stage.press("Esc");
    assert!(!text(&stage.picture()).contains("ATTENTION"));
}

fn names(stage: &Stage) -> Vec<String> {
    let table = &front(stage).tables.pods;
    (0..table.len()).filter_map(|row| Some(table.explain_at(row, UNIX)?.1.to_owned())).collect()
}

#[test]
fn enter_on_an_entry_of_several_shows_exactly_these_and_back_returns_to_it() {
    let mut stage = troubled((120, 30));
    let mut well = ailing("shop", "api-3", "api-5c4", Cause::OutOfMemory, "not any more");
    well.unwell = None;
    stage.update("prod", Update::Pods(Delta { restart: false, complete: false, ..full(vec![well]) }));
    // Neither another namespace nor that only others are asked for hides them.
    stage.press("Esc n");
    stage.type_text("kube-system");
    stage.press("Enter A j Enter");
    assert_eq!(names(&stage), ["api-1", "api-2"], "{}", text(&stage.picture()));
    let shown = text(&stage.picture());
    assert!(shown.contains("replicaset api-5c4, out of memory ▸ PODS 2"), "{shown}");
    // They stay when they are well again; what is gone is gone.
    stage.update("prod", Update::Pods(Delta { restart: false, complete: false, ..full(vec![pod("shop", "api-1")]) }));
    stage.settle();
    assert_eq!(names(&stage), ["api-1", "api-2"]);
    stage.press("Esc");
    assert!(text(&stage.picture()).contains("ATTENTION 4"));
    assert_eq!(front(&stage).view.namespaces.len(), 1, "and what was selected is so again");
    stage.press("Alt+=");
    let gone = vec![pod("shop", "api-1").uid, pod("shop", "api-2").uid];
    stage.update("prod", Update::Pods(Delta { restart: false, complete: false, gone, ..full(Vec::new()) }));
    assert!(text(&stage.picture()).contains("none of these 2 pods is there any more"));
}

#[test]
fn the_same_place_of_another_cluster_knows_nothing_of_an_entry() {
    let mut stage = troubled((120, 30));
    stage.press("j Enter }");
    assert_eq!((front(&stage).name.as_str(), names(&stage)), ("dev", vec!["b".to_owned()]));
}

#[test]
fn the_headline_names_the_worst_not_the_commonest() {
    let stage = troubled((120, 30));
    let reason = &front(&stage).standing.reason;
    assert!(reason.starts_with("4 pods unwell (2 out of memory)"), "{reason}");
}

#[test]
fn what_is_ignored_does_not_count_as_unwell_until_it_is_heard_of_again() {
    let mut stage = troubled((120, 30));
    stage.press("j i Enter");
    assert_eq!(front(&stage).summary.unwell_pods, 2);
    assert_eq!(front(&stage).attention.entries.len(), 3);
    let saved = stage.app.snapshot().ignored_attention;
    let object = Some("replicaset shop/api-5c4".to_owned());
    assert_eq!(saved, [IgnoredAttention { cluster: Some("config:prod".to_owned()), object, cause: None }]);
    // A change of the pod does not bring it back.
    let out = ailing("shop", "api-2", "api-5c4", Cause::OutOfMemory, "again");
    stage.update("prod", Update::Pods(Delta { restart: false, complete: false, ..full(vec![out]) }));
    assert_eq!(front(&stage).summary.unwell_pods, 2);
    stage.press(":");
    stage.type_text("ignored");
    stage.press("Enter Enter");
    assert_eq!(front(&stage).summary.unwell_pods, 4);
    assert!(stage.app.snapshot().ignored_attention.is_empty());
}

#[test]
fn a_cause_ignored_everywhere_leaves_a_cluster_healthy() {
    let mut stage = Stage::open(&["a", "b"], (120, 30));
    for name in ["a", "b"] {
        stage.serve(name, vec![crashing("shop", "x")], vec![node("n", true)]);
    }
    stage.press("1 A i Down Down Enter");
    for name in ["a", "b"] {
        let id = ClusterId::new(&format!("config:{name}"));
        assert_eq!(stage.app.fleet.get(&id).unwrap().standing.health, Health::Healthy);
    }
}

#[test]
fn a_pod_whose_probe_fails_now_and_then_is_listed_by_its_events_alone() {
    let mut stage = Stage::open(&["a"], (120, 30));
    stage.serve("a", vec![pod("shop", "web-1")], vec![node("n", true)]);
    let probe = EventRow {
        event_type: Arc::from("Warning"),
        message: "Readiness probe failed: HTTP probe failed with statuscode: 503".into(),
        ..event("shop", "web-1", "Unhealthy")
    };
    stage.update("a", Update::Events(full(vec![probe.clone()])));
    stage.press("A");
    let causes: Vec<Cause> = front(&stage).attention.entries.iter().map(|entry| entry.cause).collect();
    assert_eq!(causes, [Cause::Probe]);
    assert_eq!(front(&stage).summary.unwell_pods, 0, "it deserves a look, but is not unwell");
    stage.update("a", Update::Events(full(vec![EventRow { count: 1, ..probe }])));
    stage.settle();
    assert!(front(&stage).attention.entries.is_empty(), "once is a slow start");
}

#[test]
fn with_nothing_wrong_attention_says_so() {
    let mut stage = Stage::open(&["a"], (100, 18));
    stage.serve("a", vec![pod("shop", "web-1")], vec![node("n", true)]);
    stage.press("A");
    assert!(text(&stage.picture()).contains("Nothing needs a person here"));
    stage.press(":");
    stage.type_text("ignored");
    stage.press("Enter");
    assert!(text(&stage.picture()).contains("Attention ignores nothing"));
}

#[test]
fn pods_that_suffer_with_their_node_prove_its_entry_and_others_keep_their_own() {
    let on = |row: PodRow, node: &str| PodRow { node: node.into(), ..row };
    let pods = vec![
        on(ailing("a", "x-1", "x", Cause::NotReady, "not ready"), "down"),
        on(ailing("b", "y-1", "y", Cause::NotReady, "not ready"), "down"),
        on(ailing("b", "y-2", "y", Cause::Terminating, "still terminating"), "down"),
        on(ailing("b", "z-1", "z", Cause::CrashLoop, "back-off"), "down"),
        on(ailing("b", "w-1", "w", Cause::NotReady, "not ready"), "up"),
    ];
    let mut tables = Tables::default();
    tables.pods.apply(full(pods));
    tables.nodes.apply(full(vec![node("down", false), node("up", true)]));
    let entries = evaluate(&tables, &[], &Ignored::default(), UNIX);
    let subjects: Vec<&str> = entries.iter().map(|entry| entry.subject.as_str()).collect();
    assert_eq!(subjects, ["node down", "replicaset b/z", "replicaset b/w"]);
    let proof: Vec<&str> = entries[0].evidence.iter().map(|evidence| &*evidence.text).collect();
    assert_eq!(proof, ["2 pods on it are not ready", "1 pod on it cannot end"]);
    tables.nodes.apply(full(vec![node("down", true), node("up", true)]));
    let entries = evaluate(&tables, &[], &Ignored::default(), UNIX);
    assert_eq!(entries.iter().map(|entry| entry.count).sum::<usize>(), 5, "a node that is well explains nothing");
}

#[test]
fn what_a_node_s_pods_suffer_with_it_stays_folded_when_the_node_is_ignored() {
    let on = |row: PodRow, node: &str| PodRow { node: node.into(), ..row };
    let mut stage = Stage::open(&["a"], (120, 30));
    let pods = vec![
        on(ailing("a", "x-1", "x", Cause::NotReady, "not ready"), "down"),
        on(ailing("b", "y-1", "y", Cause::Terminating, "still terminating"), "down"),
        on(ailing("b", "z-1", "z", Cause::CrashLoop, "back-off"), "down"),
    ];
    stage.serve("a", pods, vec![node("down", false)]);
    stage.press("1 A i Enter");
    let subjects: Vec<&str> = front(&stage).attention.entries.iter().map(|entry| entry.subject.as_str()).collect();
    assert_eq!(subjects, ["replicaset b/z"], "only what the node does not explain");
}

#[test]
fn a_pod_that_suffers_with_its_node_is_not_explained_by_its_probe() {
    let mut stage = Stage::open(&["a"], (120, 40));
    let row = PodRow { node: "n".into(), ..ailing("a", "x-1", "x", Cause::NotReady, "not ready") };
    for (ready, with_it) in [(false, true), (true, false)] {
        stage.serve("a", vec![row.clone()], vec![node("n", ready)]);
        stage.press("1 X");
        let shown = text(&stage.picture());
        assert_eq!(shown.contains("nobody hears from its node"), with_it, "{shown}");
        assert_eq!(shown.contains("does not pass its readiness probe"), !with_it, "{shown}");
        assert_eq!(shown.contains("ready again when its node is"), with_it, "{shown}");
        assert!(!shown.contains(": not ready"), "the cause says it all: {shown}");
        stage.press("Esc");
    }
}

#[test]
fn a_failed_pod_that_its_job_sees_to_is_explained_and_leads_to_the_job() {
    let mut stage = Stage::open(&["a"], (120, 40));
    let failed = PodRow { phase: PodPhase::Failed, status: "Error".into(), ..pod("shop", "sync-1-x") };
    stage.serve("a", vec![failed], vec![node("n", true)]);
    stage.press("1 X");
    let shown = text(&stage.picture());
    assert!(shown.contains("it has failed: Error") && !shown.contains("nothing, as far"), "{shown}");
    let owner = json!([{"apiVersion": "batch/v1", "kind": "Job", "name": "sync-1", "uid": "j", "controller": true}]);
    let ended = json!({"terminated": {"exitCode": 3, "reason": "Error"}});
    let value = json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "sync-1-x", "namespace": "shop", "uid": "u", "ownerReferences": owner},
        "status": {"phase": "Failed", "containerStatuses": [{"name": "c", "state": ended}]}});
    let object = front(&stage).explained.as_ref().unwrap().asked.object.clone();
    stage.update("a", Update::Found(object, Finding::Object(Tree::new(value))));
    stage.settle();
    let shown = text(&stage.picture());
    assert!(shown.contains("it has failed: container c: exit 3 Error"), "{shown}");
    assert!(shown.contains("job sync-1 controls it"), "{shown}");
    let turn = |stage: &Stage| {
        let asked = |effect: &Effect| match effect {
            Effect::Command(_, ClusterCommand::Look(Some(inquiry))) => Some(inquiry.turn),
            _ => None,
        };
        stage.effects.iter().rev().find_map(asked)
    };
    let before = turn(&stage);
    stage.press("J");
    assert!(front(&stage).owned.is_some() && turn(&stage) > before, "the owner is asked for from here, too");
}

fn refused() -> EventRow {
    let message = "Error creating: Internal error occurred: failed calling webhook \"v.example\": timeout";
    EventRow {
        event_type: Arc::from("Warning"),
        object: "replicaset/web-7d9".into(),
        message: message.into(),
        count: 12,
        ..event("shop", "web-7d9", "FailedCreate")
    }
}

#[test]
fn what_events_alone_told_attention_is_explained_from_the_same_events() {
    let mut stage = Stage::open(&["a"], (120, 40));
    stage.serve("a", vec![pod("shop", "cart-0")], vec![node("n", true)]);
    stage.update("a", Update::Events(full(vec![refused()])));
    stage.press("1 A X");
    let shown = text(&stage.picture());
    assert!(shown.contains("EXPLAIN  replicaset shop/web-7d9"), "{shown}");
    assert!(shown.contains("failing webhook for") && shown.contains("has to be asked does not answer"), "{shown}");
    assert!(!shown.contains("any more") && !shown.contains("nothing"), "{shown}");
}

proptest! {
    #[test]
    fn attention_equals_a_naive_evaluation(
        pods in proptest::collection::vec((0..4_u8, 0..3_u8, 0..4_usize, -200..200_i64), 0..40),
    ) {
        let causes = [Cause::CrashLoop, Cause::Image, Cause::NotReady, Cause::Terminating];
        let mut tables = Tables::default();
        let mut naive: BTreeSet<(Cause, String)> = BTreeSet::new();
        let mut rows = Vec::new();
        for (index, (namespace, owner, cause, from)) in pods.iter().enumerate() {
            let (namespace, owner) = (format!("ns-{namespace}"), format!("rs-{owner}"));
            let mut row = ailing(&namespace, &format!("p-{index}"), &owner, causes[*cause], "x");
            row.unwell.as_mut().unwrap().from = UNIX.plus(*from);
            if *from <= 0 {
                naive.insert((causes[*cause], format!("replicaset {namespace}/{owner}")));
            }
            rows.push(row);
        }
        let unwell = rows.iter().filter(|row| row.unwell_at(UNIX).is_some()).count();
        tables.pods.apply(full(rows));
        let entries = evaluate(&tables, &[], &Ignored::default(), UNIX);
        let keys: BTreeSet<(Cause, String)> = entries.iter().map(Entry::key).collect();
        prop_assert_eq!(keys, naive);
        prop_assert_eq!(entries.iter().map(|entry| entry.count).sum::<usize>(), unwell);
        prop_assert!(entries.iter().map(|entry| entry.cause).is_sorted());
        prop_assert!(entries.iter().all(|entry| entry.since.is_some_and(|since| since <= UNIX)));
    }
}

#[test]
fn what_cannot_be_read_is_not_said_to_be_on_its_way() {
    let mut stage = Stage::open(&["prod"], (120, 30));
    stage.press("1 A");
    assert!(text(&stage.picture()).contains("pods are being read"));
    stage.down("prod", FailureKind::LoginExpired, "login expired");
    for (keys, words) in [("", "Pods could not be read yet"), ("Esc O", "nodes could not be read yet")] {
        stage.press(keys);
        let shown = text(&stage.picture());
        assert!(shown.contains(words) && !shown.contains("being read"), "{shown}");
    }
}
