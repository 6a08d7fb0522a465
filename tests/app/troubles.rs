//! What Attention tells of kinds that are read only while it is open.

use std::sync::Arc;

use crate::fleet::{Stage, UNIX, event, full, namespace, node, pod, uid};
use crate::picture::text;
use fleet_tui::app::message::Effect;
use fleet_tui::model::age::Unix;
use fleet_tui::model::detail::{Finding, ObjectRef, Tree};
use fleet_tui::model::event::EventRow;
use fleet_tui::model::health::Health;
use fleet_tui::model::kind::Kind;
use fleet_tui::model::namespace::NamespaceRow;
use fleet_tui::model::object::{ColumnDefinition, ObjectRow, Value};
use fleet_tui::model::pod::PodRow;
use fleet_tui::model::resource::ApiResource;
use fleet_tui::model::unwell::{Cause, Owner, Unwell};
use fleet_tui::model::update::{ClusterCommand, Reading, Update};
use serde_json::json;

fn kind(group: &str, plural: &str, name: &str) -> Kind {
    Kind::Other(Arc::new(ApiResource {
        group: group.to_owned(),
        version: "v1".to_owned(),
        plural: plural.to_owned(),
        kind: name.to_owned(),
        namespaced: true,
        verbs: vec!["list".to_owned()],
        ..ApiResource::default()
    }))
}

fn claims() -> Kind {
    kind("", "persistentvolumeclaims", "PersistentVolumeClaim")
}

fn deployments() -> Kind {
    kind("apps", "deployments", "Deployment")
}

fn quotas() -> Kind {
    kind("", "resourcequotas", "ResourceQuota")
}

fn jobs() -> Kind {
    kind("batch", "jobs", "Job")
}

fn sets() -> Kind {
    kind("apps", "daemonsets", "DaemonSet")
}

/// Attention of a cluster that serves these kinds, and secrets besides.
fn stage(pods: Vec<PodRow>) -> Stage {
    let mut stage = Stage::open(&["a"], (120, 30));
    stage.serve("a", pods, vec![node("n", true)]);
    let kinds = [claims(), deployments(), quotas(), jobs(), sets(), kind("", "secrets", "Secret")];
    let resources = kinds.into_iter().filter_map(|kind| if let Kind::Other(it) = kind { Some(it) } else { None });
    stage.update("a", Update::Resources(resources.collect()));
    stage.press("1 A");
    stage
}

/// An object an hour old; digits alone are a number.
fn row(name: &str, cells: &[&str]) -> ObjectRow {
    let value = |text: &&str| text.parse().map_or_else(|_| Value::Text((*text).into()), Value::Number);
    ObjectRow {
        uid: uid(name),
        namespace: "shop".into(),
        name: name.into(),
        created: UNIX.plus(-3_600),
        deleting: None,
        owners: Box::default(),
        cells: std::iter::once(Value::Text(name.into())).chain(cells.iter().map(value)).collect(),
    }
}

fn list(stage: &mut Stage, kind: &Kind, headings: &[&str], rows: Vec<ObjectRow>) {
    let column = |name: &&str| ColumnDefinition { name: (*name).to_owned(), ..ColumnDefinition::default() };
    let columns = std::iter::once(&"Name").chain(headings).map(column).collect();
    stage.update("a", Update::Columns(kind.clone(), columns));
    stage.update("a", Update::Objects(kind.clone(), full(rows)));
    stage.update("a", Update::Reading(kind.clone(), Reading::Live));
    stage.settle();
}

fn told(stage: &Stage) -> Vec<(Cause, String, String)> {
    let entries = &stage.app.fleet.active().unwrap().attention.entries;
    entries.iter().map(|entry| (entry.cause, entry.subject.clone(), entry.reason.clone())).collect()
}

fn said(cause: Cause, subject: &str, reason: &str) -> (Cause, String, String) {
    (cause, subject.to_owned(), reason.to_owned())
}

/// What the cluster was last told to read.
fn asked(stage: &Stage) -> Vec<String> {
    let told = stage.effects.iter().rev().find_map(|effect| match effect {
        Effect::Command(_, ClusterCommand::Kinds(kinds)) => Some(kinds),
        _ => None,
    });
    told.into_iter().flatten().map(ToString::to_string).collect()
}

#[test]
fn what_attention_judges_is_read_while_it_is_open_and_no_longer() {
    let mut stage = stage(vec![pod("shop", "web-1")]);
    let kinds = ["persistentvolumeclaims", "deployments.apps", "resourcequotas", "jobs.batch", "daemonsets.apps"];
    assert_eq!(asked(&stage), kinds);
    list(&mut stage, &deployments(), &["Ready"], vec![row("web", &["0/1"])]);
    assert_eq!(told(&stage).len(), 1);
    stage.press("Esc");
    assert!(asked(&stage).is_empty());
    let cluster = stage.app.fleet.active().unwrap();
    assert!(cluster.tables.objects(&deployments()).is_none() && cluster.readings.get(&deployments()).is_none());
    assert_eq!(cluster.looks.recent().count(), 0, "nobody has chosen it");
}

#[test]
fn the_kind_under_the_page_is_read_once_and_kept_when_the_page_closes() {
    let mut stage = stage(vec![pod("shop", "web-1")]);
    stage.press("Esc :");
    stage.type_text("deployments");
    stage.press("Enter");
    list(&mut stage, &deployments(), &["Ready"], vec![row("web", &["0/1"])]);
    stage.press("A");
    assert_eq!(asked(&stage).iter().filter(|kind| *kind == "deployments.apps").count(), 1);
    stage.press("Esc");
    assert_eq!(asked(&stage), ["deployments.apps"]);
    assert!(stage.app.fleet.active().unwrap().tables.objects(&deployments()).is_some());
}

#[test]
fn the_server_s_own_cells_say_what_is_wrong() {
    let mut stage = stage(vec![pod("shop", "web-1")]);
    let young = ObjectRow { created: UNIX.plus(-60), ..row("young", &["Pending", "fast"]) };
    let rows =
        vec![row("lost", &["Lost", ""]), row("late", &["Pending", "fast"]), row("ok", &["Bound", "fast"]), young];
    list(&mut stage, &claims(), &["Status", "StorageClass"], rows);
    list(&mut stage, &deployments(), &["Ready"], vec![row("web", &["1/3"]), row("cart", &["2/2"])]);
    list(&mut stage, &sets(), &["Desired", "Ready"], vec![row("agent", &["5", "4"]), row("proxy", &["5", "5"])]);
    let rows =
        vec![row("load", &["Failed", "0/1"]), row("run", &["Running", "0/1"]), row("done", &["Complete", "1/1"])];
    list(&mut stage, &jobs(), &["Status", "Completions"], rows);
    let full = row("team", &["pods: 10/10, requests.cpu: 500m/2", "limits.memory: 1024Mi/1Gi"]);
    let rows = vec![full, row("ban", &["services: 0/0, pods: 1/4", ""])];
    list(&mut stage, &quotas(), &["Request", "Limit"], rows);
    let expected = [
        said(Cause::Stalled, "daemonset shop/agent", "4 of 5 pods are ready"),
        said(Cause::Stalled, "deployment shop/web", "1 of 3 pods are ready"),
        said(Cause::JobFailed, "job shop/load", "failed: 0 of 1 completed"),
        said(Cause::Quota, "resourcequota shop/team", "used up: pods: 10/10, limits.memory: 1024Mi/1Gi"),
        said(Cause::VolumePending, "persistentvolumeclaim shop/lost", "lost: the volume it was bound to is gone"),
        said(Cause::VolumePending, "persistentvolumeclaim shop/late", "pending: no volume is bound to it"),
    ];
    assert_eq!(told(&stage), expected);
    let shown = text(&stage.picture());
    assert!(shown.contains("ATTENTION 6") && shown.contains("4 of 5 pods are ready"), "{shown}");
    stage.press("j Enter");
    let view = &stage.app.fleet.active().unwrap().view;
    assert_eq!((view.kind(), view.kind_view().cursor.key), (&deployments(), Some(uid("web"))));
}

#[test]
fn what_attention_found_wrong_is_explained_from_the_same_rows() {
    let mut stage = stage(vec![pod("shop", "web-1")]);
    list(&mut stage, &deployments(), &["Ready"], vec![row("web", &["1/3"]), row("cart", &["2/2"])]);
    stage.press("X");
    let shown = text(&stage.picture());
    assert!(shown.contains("EXPLAIN  deployment shop/web") && shown.contains("name web, ready 1/3"), "{shown}");
    assert!(shown.contains("1 of 3 pods are ready") && !shown.contains("nothing, as far"), "{shown}");
    assert!(asked(&stage).contains(&deployments().to_string()), "they go on being read");
    stage.press("Esc Esc");
    assert!(asked(&stage).is_empty(), "and no longer");
}

#[test]
fn a_workload_is_silent_while_a_pod_of_it_says_why() {
    let owner = Some(Owner { kind: "replicaset".into(), name: "web-7d9".into() });
    let unwell = Unwell { owner, ..Unwell::new(Unix(0), Cause::CrashLoop, "back-off") };
    let mut stage = stage(vec![PodRow { unwell: Some(Box::new(unwell)), ..pod("shop", "web-7d9-1") }]);
    list(&mut stage, &deployments(), &["Ready"], vec![row("web", &["0/1"]), row("web-other", &["0/1"])]);
    let subjects: Vec<String> = told(&stage).into_iter().map(|(_, subject, _)| subject).collect();
    assert_eq!(subjects, ["replicaset shop/web-7d9", "deployment shop/web-other"]);
}

#[test]
fn what_nothing_dates_is_given_no_age() {
    let mut stage = stage(vec![pod("shop", "web-1")]);
    list(&mut stage, &deployments(), &["Ready"], vec![row("web", &["0/1"])]);
    assert_eq!(stage.app.fleet.active().unwrap().attention.entries[0].since, None);
    let shown = text(&stage.picture());
    assert!(
        shown.contains("deployment shop/web           0 of 1") && !shown.contains("not progressing for"),
        "{shown}"
    );
    stage.press("X");
    let shown = text(&stage.picture());
    assert!(shown.contains("not progressing: 0 of 1 pods are ready"), "{shown}");
    // What the object says of itself dates it.
    let web = ObjectRef { kind: deployments(), namespace: "shop".into(), name: "web".into(), uid: Some(uid("web")) };
    let stamp = jiff::Timestamp::from_second(UNIX.0 - 7_200).unwrap().to_string();
    let condition = json!({"type": "Available", "status": "False", "reason": "TooFew", "lastTransitionTime": stamp});
    let tree = Tree::new(json!({"status": {"conditions": [condition]}}));
    stage.update("a", Update::Found(web, Finding::Object(tree)));
    let shown = text(&stage.picture());
    assert!(shown.contains("not progressing for 120m") && shown.contains("Available is False: TooFew"), "{shown}");
}

#[test]
fn a_deployment_is_explained_by_what_its_replica_set_says() {
    let mut stage = stage(vec![pod("shop", "web-1")]);
    let refused = |set: &str| EventRow {
        event_type: Arc::from("Warning"),
        object: format!("replicaset/{set}").into(),
        message: "Error creating: pods is forbidden: exceeded quota: small".into(),
        ..event("shop", set, "FailedCreate")
    };
    stage.update("a", Update::Events(full(vec![refused("web-7d9"), refused("web-other-5c4")])));
    stage.press("Esc :");
    stage.type_text("deployments");
    stage.press("Enter");
    list(&mut stage, &deployments(), &["Ready"], vec![row("web", &["0/1"])]);
    stage.press("X");
    let shown = text(&stage.picture());
    assert!(shown.contains("replicaset web-7d9: quota exceeded"), "{shown}");
    assert!(shown.contains("replicaset/web-7d9: FailedCreate: Error creating"), "{shown}");
    assert!(!shown.contains("web-other"), "{shown}");
}

#[test]
fn a_namespace_that_cannot_go_is_told_and_explained() {
    let mut stage = stage(vec![pod("shop", "web-1")]);
    let gone = |name: &str, ago: i64| NamespaceRow { deleting: Some(UNIX.plus(-ago)), ..namespace(name) };
    stage.update("a", Update::Namespaces(full(vec![namespace("shop"), gone("old", 900), gone("going", 20)])));
    stage.settle();
    let reason = "still there long after it was deleted: a finalizer holds it";
    assert_eq!(told(&stage), [said(Cause::Finalizer, "namespace old", reason)]);
    stage.press("X");
    let shown = text(&stage.picture());
    assert!(shown.contains("EXPLAIN  namespace old") && shown.contains("stuck finalizer for 15m"), "{shown}");
    stage.press("Enter");
    let view = &stage.app.fleet.active().unwrap().view;
    assert_eq!((view.kind(), view.kind_view().cursor.key), (&Kind::Namespaces, Some(uid("old"))));
}

#[test]
fn a_deletion_that_takes_too_long_is_held_by_a_finalizer() {
    let mut stage = stage(vec![pod("shop", "web-1")]);
    let deleted =
        |name: &str, ago: i64| ObjectRow { deleting: Some(UNIX.plus(-ago)), ..row(name, &["Terminating", ""]) };
    list(&mut stage, &claims(), &["Status", "StorageClass"], vec![deleted("stuck", 900), deleted("going", 20)]);
    let found = told(&stage);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].0, found[0].1.as_str()), (Cause::Finalizer, "persistentvolumeclaim shop/stuck"));
}

#[test]
fn a_kind_that_may_not_be_listed_is_passed_over_in_silence() {
    let mut stage = stage(vec![pod("shop", "web-1")]);
    stage.update("a", Update::Reading(deployments(), Reading::Forbidden("no".to_owned())));
    stage.settle();
    assert!(text(&stage.picture()).contains("Nothing needs a person here"));
    assert_eq!(stage.app.fleet.active().unwrap().standing.health, Health::Healthy);
}
