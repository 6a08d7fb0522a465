//! Choosing kinds, going from an object to what belongs to it and back, and taking a place along to the next cluster.

use std::sync::Arc;

use crate::fleet::{Stage, UNIX, full, node, pod, uid};
use crate::picture::text;
use fleet_tui::app::input::Input;
use fleet_tui::app::message::{Effect, Message};
use fleet_tui::model::detail::{Finding, Inquiry, Tree};
use fleet_tui::model::kind::Kind;
use fleet_tui::model::object::{ColumnDefinition, ObjectRow, Value};
use fleet_tui::model::resource::ApiResource;
use fleet_tui::model::subset::Subset;
use fleet_tui::model::update::{ClusterCommand, Reading, Update};

fn deployments() -> Arc<ApiResource> {
    Arc::new(ApiResource {
        group: "apps".to_owned(),
        version: "v1".to_owned(),
        plural: "deployments".to_owned(),
        singular: "deployment".to_owned(),
        kind: "Deployment".to_owned(),
        short_names: vec!["deploy".to_owned()],
        namespaced: true,
        verbs: vec!["list".to_owned()],
        categories: Vec::new(),
    })
}

fn kind() -> Kind {
    Kind::of(deployments())
}

fn deployment(name: &str) -> ObjectRow {
    ObjectRow {
        uid: uid(name),
        namespace: "shop".into(),
        name: name.into(),
        created: UNIX.plus(-60),
        deleting: None,
        owners: Box::default(),
        cells: [Value::Text(name.into()), Value::Text("1/1".into())].into(),
    }
}

/// Two clusters that serve deployments; the first is in front and shows them.
fn stage() -> Stage {
    let mut stage = Stage::open(&["a", "b"], (110, 20));
    for name in ["a", "b"] {
        stage.serve(name, vec![pod("shop", "cart-1"), pod("shop", "web-1")], vec![node("n", true)]);
        stage.update(name, Update::Resources(vec![deployments()]));
    }
    stage.press("1 :");
    stage.type_text("deploy shop");
    stage.press("Enter");
    rows(&mut stage, "a");
    stage
}

fn rows(stage: &mut Stage, name: &str) {
    let column = |name: &str, format: &str| ColumnDefinition {
        name: name.to_owned(),
        format: format.to_owned(),
        ..ColumnDefinition::default()
    };
    stage.update(name, Update::Reading(kind(), Reading::Waiting));
    stage.update(name, Update::Columns(kind(), vec![column("Name", "name"), column("Ready", "")]));
    stage.update(name, Update::Objects(kind(), full(vec![deployment("cart"), deployment("web")])));
    stage.update(name, Update::Reading(kind(), Reading::Live));
    stage.settle();
}

fn inquiry(stage: &Stage) -> Option<Arc<Inquiry>> {
    let mut looks = stage.effects.iter().rev();
    looks
        .find_map(|effect| match effect {
            Effect::Command(_, ClusterCommand::Look(inquiry)) => Some(inquiry.clone()),
            _ => None,
        })
        .flatten()
}

fn found(stage: &mut Stage, finding: Finding) {
    let object = inquiry(stage).unwrap().object.clone();
    stage.update("a", Update::Found(object, finding));
    stage.settle();
}

/// What the server is to pick, as last told.
fn picked(stage: &Stage) -> Option<Arc<Subset>> {
    let mut picks = stage.effects.iter().rev();
    picks
        .find_map(|effect| match effect {
            Effect::Command(_, ClusterCommand::Pick(subset)) => Some(subset.clone()),
            _ => None,
        })
        .flatten()
}

fn answer(stage: &mut Stage, asked: &Arc<Subset>, uids: &[&str]) {
    let uids = uids.iter().map(|text| uid(text)).collect();
    stage.update("a", Update::Picked(asked.clone(), full(uids)));
    stage.update("a", Update::Picking(asked.clone(), Reading::Live));
    stage.settle();
}

#[test]
fn a_kind_and_a_namespace_typed_together_are_shown_and_read_while_they_are_looked_at() {
    let mut stage = stage();
    let told = stage.effects.iter().any(
        |effect| matches!(effect, Effect::Command(_, ClusterCommand::Kinds(kinds)) if kinds.as_slice() == [kind()]),
    );
    assert!(told);
    let shown = text(&stage.picture());
    assert!(shown.contains("DEPLOYMENTS 2") && shown.contains("cart") && shown.contains("1/1"), "{shown}");
    let view = &stage.app.fleet.active().unwrap().view;
    assert!(view.namespaces.iter().eq(["shop".into()].iter()));
    stage.press(".");
    assert_eq!(stage.app.fleet.active().unwrap().view.kind(), &Kind::Pods);
    stage.press(",");
    assert_eq!(stage.app.fleet.active().unwrap().view.kind(), &kind(), "one leafs through what was used lately too");
    stage.wait(600);
    assert!(stage.app.fleet.active().unwrap().looks.has(&kind()), "it is on screen");
}

#[test]
fn a_short_word_of_habit_names_a_kind_unless_the_server_gave_it_to_another() {
    let mut stage = stage();
    let shown = |stage: &mut Stage, word: &str| {
        stage.press(":");
        stage.type_text(word);
        stage.press("Enter");
        stage.app.fleet.active().unwrap().view.kind().to_string()
    };
    assert_eq!(shown(&mut stage, "po"), "pods");
    assert_eq!(shown(&mut stage, "dp"), "deployments.apps");
    let other = ApiResource {
        plural: "displays".to_owned(),
        short_names: vec!["dp".to_owned()],
        namespaced: true,
        ..ApiResource::default()
    };
    stage.update("a", Update::Resources(vec![deployments(), Arc::new(other)]));
    assert_eq!(shown(&mut stage, "dp"), "displays");
    assert_eq!(shown(&mut stage, "po"), "pods");
    assert_eq!(shown(&mut stage, "dp shop"), "displays", "so it does with a namespace behind it");
}

#[test]
fn a_workload_leads_to_the_pods_that_its_selector_selects_and_back() {
    let mut stage = stage();
    stage.press("Enter");
    assert!(text(&stage.picture()).contains("asking which pods belong to deployment shop/cart"));
    assert_eq!(&*inquiry(&stage).unwrap().object.name, "cart");
    let object =
        serde_json::json!({"metadata": {"name": "cart"}, "spec": {"selector": {"matchLabels": {"app": "cart"}}}});
    found(&mut stage, Finding::Object(Tree::new(object)));
    let asked = picked(&stage).unwrap();
    assert_eq!((asked.namespace.as_deref(), asked.by.to_string().as_str()), (Some("shop"), "-l app=cart"));
    answer(&mut stage, &asked, &["shop/cart-1"]);
    let shown = text(&stage.picture());
    assert!(shown.contains("deployment cart") && shown.contains("PODS 1"), "{shown}");
    assert!(shown.contains("cart-1") && !shown.contains("web-1"), "{shown}");
    stage.press("Esc");
    assert_eq!(stage.app.fleet.active().unwrap().view.kind(), &kind());
    assert!(inquiry(&stage).is_none() && picked(&stage).is_none(), "nobody looks any more");
    stage.press("Alt+=");
    assert_eq!(stage.app.fleet.active().unwrap().view.kind(), &Kind::Pods);
    stage.press("Alt+-");
    assert_eq!(stage.app.fleet.active().unwrap().view.kind(), &kind());
}

#[test]
fn what_all_rows_have_in_common_gives_way_first() {
    let mut stage = stage();
    stage.tell(Message::Input(Input::Resize(80, 24)));
    stage.press("0 Enter");
    let object =
        serde_json::json!({"metadata": {"name": "cart"}, "spec": {"selector": {"matchLabels": {"app": "cart"}}}});
    found(&mut stage, Finding::Object(Tree::new(object)));
    let asked = picked(&stage).unwrap();
    answer(&mut stage, &asked, &["shop/cart-1"]);
    let heading = |stage: &mut Stage| {
        let shown = text(&stage.picture());
        shown.lines().find(|line| line.contains("READY")).unwrap_or_else(|| panic!("{shown}")).to_owned()
    };
    let shown = heading(&mut stage);
    assert!(shown.contains("RESTARTS") && !shown.contains("NAMESPACE"), "pods of a deployment are all in one: {shown}");
    stage.press("Esc");
    assert!(heading(&mut stage).contains("NAMESPACE"), "deployments are not");
    stage.tell(Message::Input(Input::Resize(100, 24)));
    stage.press(":");
    stage.type_text("nodes");
    stage.press("Enter Enter");
    let asked = picked(&stage).unwrap();
    answer(&mut stage, &asked, &["shop/cart-1"]);
    let shown = heading(&mut stage);
    assert!(shown.contains(" IP ") && !shown.contains("NODE"), "pods of a node all run on it: {shown}");
}

#[test]
fn a_kind_outside_of_namespaces_has_no_column_for_them_even_in_wide_mode() {
    let classes = ApiResource { plural: "storageclasses".to_owned(), namespaced: false, ..(*deployments()).clone() };
    let classes = Kind::of(Arc::new(classes));
    let mut stage = stage();
    let Kind::Other(resource) = &classes else { unreachable!("it is no standing kind") };
    stage.update("a", Update::Resources(vec![resource.clone()]));
    stage.press(":");
    stage.type_text("storageclasses");
    stage.press("Enter w");
    let column = ColumnDefinition { name: "Name".to_owned(), format: "name".to_owned(), ..ColumnDefinition::default() };
    stage.update("a", Update::Columns(classes.clone(), vec![column]));
    let row = ObjectRow { namespace: "".into(), cells: [Value::Text("gp3".into())].into(), ..deployment("gp3") };
    stage.update("a", Update::Objects(classes, full(vec![row])));
    let shown = text(&stage.picture());
    assert!(shown.contains("gp3") && !shown.contains("NAMESPACE "), "{shown}");
    assert!(shown.contains("NAME↑"), "in the order of names, and the heading says so: {shown}");
    stage.press("/");
    stage.type_text("namespace=x");
    assert!(text(&stage.picture()).contains("no column namespace"));
}

#[test]
fn a_kind_that_the_server_let_go_of_is_no_more_among_those_one_leafs_through() {
    let mut stage = stage();
    let other = Arc::new(ApiResource { plural: "statefulsets".to_owned(), ..(*deployments()).clone() });
    stage.update("a", Update::Resources(vec![other]));
    stage.press("z");
    let row = |stage: &mut Stage| heading_of_kinds(&text(&stage.picture()));
    assert!(row(&mut stage).contains("DEPLOYMENTS"), "what is on screen stays");
    stage.press(".");
    assert!(!row(&mut stage).contains("deployments"), "{}", row(&mut stage));
    stage.update("a", Update::Resources(vec![deployments()]));
    assert!(row(&mut stage).contains("deployments"), "it is back: {}", row(&mut stage));
}

/// The line that names the kinds.
fn heading_of_kinds(screen: &str) -> String {
    screen.lines().find(|line| line.to_lowercase().contains("namespaces")).unwrap_or_default().to_owned()
}

#[test]
fn an_object_leads_to_its_owner_or_says_that_it_has_none() {
    let mut stage = stage();
    stage.press(".");
    assert_eq!(stage.app.fleet.active().unwrap().view.kind(), &Kind::Pods);
    stage.press("J");
    let owner = serde_json::json!({"metadata": {"ownerReferences": [
        {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "web", "controller": true}]}});
    found(&mut stage, Finding::Object(Tree::new(owner)));
    let cluster = stage.app.fleet.active().unwrap();
    assert_eq!((cluster.view.kind(), &*cluster.selected().unwrap().name), (&kind(), "web"));
    stage.press("J");
    found(&mut stage, Finding::Object(Tree::new(serde_json::json!({"metadata": {}}))));
    assert!(text(&stage.picture()).contains("deployment shop/web has no owner"));
}

#[test]
fn a_place_is_taken_along_to_the_next_cluster() {
    let mut stage = stage();
    stage.press("j }");
    let cluster = stage.app.fleet.active().unwrap();
    assert_eq!((cluster.name.as_str(), cluster.view.kind()), ("b", &kind()));
    assert!(cluster.view.namespaces.contains("shop"));
    rows(&mut stage, "b");
    assert_eq!(&*stage.app.fleet.active().unwrap().selected().unwrap().name, "web", "the same object is selected");
    stage.press("{");
    assert_eq!(stage.app.fleet.active().unwrap().name, "a");
}

#[test]
fn the_pods_of_a_node_are_there_again_when_one_comes_back_from_the_next_cluster() {
    let mut stage = stage();
    stage.press(":");
    stage.type_text("nodes");
    stage.press("Enter Enter");
    let asked = picked(&stage).unwrap();
    answer(&mut stage, &asked, &["shop/cart-1"]);
    assert!(text(&stage.picture()).contains("node n ▸ PODS 1"));
    stage.press("} {");
    // By its name now: the same question, which was answered already.
    let shown = text(&stage.picture());
    assert!(shown.contains("node n ▸ PODS 1") && !shown.contains("asking"), "{shown}");
    stage.update("b", Update::Nodes(full(vec![node("other", true)])));
    stage.press("}");
    let asked = picked(&stage).unwrap();
    stage.update("b", Update::Picked(asked, full(Vec::new())));
    let shown = text(&stage.picture());
    assert!(shown.contains("node n: there is no such object here"), "{shown}");
}

#[test]
fn what_one_came_through_is_seen_on_the_way_and_taken_along_to_the_next_cluster() {
    let mut stage = stage();
    stage.press("Enter");
    let object =
        serde_json::json!({"metadata": {"name": "cart"}, "spec": {"selector": {"matchLabels": {"app": "cart"}}}});
    found(&mut stage, Finding::Object(Tree::new(object.clone())));
    let asked = picked(&stage).unwrap();
    answer(&mut stage, &asked, &["shop/cart-1"]);
    stage.press("Enter");
    let shown = text(&stage.picture());
    assert!(shown.contains("deployment cart ▸ PODS shop/cart-1"), "a pod's containers: {shown}");
    stage.press("Esc");
    assert!(text(&stage.picture()).contains("deployment cart ▸ PODS 1"));
    stage.press("}");
    assert_eq!(stage.app.fleet.active().unwrap().name, "b");
    assert!(text(&stage.picture()).contains("deployment cart ▸ PODS 0"), "nothing of the other cluster is shown");
    let there = inquiry(&stage).unwrap().object.clone();
    assert_eq!((&*there.name, there.uid), ("cart", None), "the deployment of that name there");
    stage.update("b", Update::Found(there, Finding::Object(Tree::new(object))));
    let asked = picked(&stage).unwrap();
    stage.update("b", Update::Picked(asked, full(vec![uid("shop/web-1")])));
    let shown = text(&stage.picture());
    assert!(shown.contains("PODS 1") && shown.contains("web-1"), "as that cluster says: {shown}");
    stage.press("Esc");
    assert_eq!(stage.app.fleet.active().unwrap().view.kind(), &Kind::Pods, "where the tab was before");
}

#[test]
fn what_may_not_be_listed_is_dimmed_with_the_reason_and_can_be_tried_again() {
    let mut stage = stage();
    stage.update("a", Update::Reading(kind(), Reading::Forbidden("deployments is forbidden".to_owned())));
    stage.press(". K");
    stage.type_text("deploy");
    assert!(text(&stage.picture()).contains("deployments is forbidden"));
    stage.press("Enter");
    assert_eq!(stage.app.fleet.active().unwrap().view.kind(), &kind());
}

#[test]
fn kinds_of_the_same_name_are_told_apart_as_kubectl_does() {
    let mut stage = stage();
    let events =
        ApiResource { group: "events.k8s.io".to_owned(), plural: "events".to_owned(), ..(*deployments()).clone() };
    let events = Arc::new(ApiResource { kind: "Event".to_owned(), short_names: vec!["ev".to_owned()], ..events });
    stage.update("a", Update::Resources(vec![deployments(), events.clone()]));
    stage.press("K");
    let shown = text(&stage.picture());
    let line =
        |words: &str| shown.lines().find(|line| line.contains(words)).unwrap_or_else(|| panic!("{words}:\n{shown}"));
    assert!(line("  events  ").contains("Event ev"), "{shown}");
    assert!(line("events.events.k8s.io").contains("Event.events.k8s.io ev"), "{shown}");
    assert!(line("  pods  ").contains("Pod po") && line("deployments").contains("Deployment.apps deploy"), "{shown}");
    // The bare name means the core group's; the full one the other.
    stage.type_text("events");
    stage.press("Enter");
    assert_eq!(*stage.app.fleet.active().unwrap().view.kind(), Kind::Events);
    stage.press("K");
    stage.type_text("events.events.k8s.io");
    stage.press("Enter");
    assert_eq!(*stage.app.fleet.active().unwrap().view.kind(), Kind::of(events));
    let shown = text(&stage.picture());
    assert!(shown.contains("EVENTS.EVENTS.K8S.IO"), "{shown}");
}
