//! From an object to all that belongs to it: what is offered, where it leads, and back.

use std::sync::Arc;

use crate::fleet::{Stage, UNIX, full, namespace, node, pod, uid};
use crate::picture::text;
use fleet_tui::app::message::Effect;
use fleet_tui::model::failure::{Failure, FailureKind};
use fleet_tui::model::ids::Uid;
use fleet_tui::model::kind::Kind;
use fleet_tui::model::object::{ColumnDefinition, ObjectRow, Value};
use fleet_tui::model::pod::PodRow;
use fleet_tui::model::resource::ApiResource;
use fleet_tui::model::subset::Subset;
use fleet_tui::model::update::{ClusterCommand, Counting, Reading, Update};

fn resource(group: &str, plural: &str, kind: &str) -> Arc<ApiResource> {
    let [group, plural, kind, version] = [group, plural, kind, "v1"].map(str::to_owned);
    Arc::new(ApiResource { group, version, plural, kind, namespaced: true, ..ApiResource::default() })
}

fn services() -> Kind {
    Kind::of(resource("", "services", "Service"))
}

/// One cluster that shows its services.
fn stage() -> Stage {
    let mut stage = Stage::open(&["a"], (110, 24));
    stage.serve("a", vec![pod("shop", "cart-1"), pod("shop", "web-1")], vec![node("n", true)]);
    let slices = resource("discovery.k8s.io", "endpointslices", "EndpointSlice");
    stage.update("a", Update::Resources(vec![resource("", "services", "Service"), slices]));
    stage.press(":");
    stage.type_text("services");
    stage.press("Enter");
    objects(&mut stage, &services(), vec![object("cart", None)]);
    stage
}

fn object(name: &str, owner: Option<&str>) -> ObjectRow {
    ObjectRow {
        uid: uid(name),
        namespace: "shop".into(),
        name: name.into(),
        created: UNIX.plus(-60),
        deleting: None,
        owners: owner.into_iter().map(uid).collect(),
        cells: [Value::Text(name.into())].into(),
    }
}

fn objects(stage: &mut Stage, kind: &Kind, rows: Vec<ObjectRow>) {
    let column = ColumnDefinition { name: "Name".to_owned(), format: "name".to_owned(), ..ColumnDefinition::default() };
    stage.update("a", Update::Reading(kind.clone(), Reading::Waiting));
    stage.update("a", Update::Columns(kind.clone(), vec![column]));
    stage.update("a", Update::Objects(kind.clone(), full(rows)));
    stage.update("a", Update::Reading(kind.clone(), Reading::Live));
    stage.settle();
}

fn picked(stage: &Stage) -> Arc<Subset> {
    let told = stage.effects.iter().rev().find_map(|effect| match effect {
        Effect::Command(_, ClusterCommand::Pick(subset)) => subset.clone(),
        _ => None,
    });
    told.unwrap()
}

fn answer(stage: &mut Stage, uids: &[&str]) {
    let subset = picked(stage);
    let uids = uids.iter().map(|text| uid(text)).collect();
    stage.update("a", Update::Picked(subset, full(uids)));
    stage.settle();
}

fn counting(stage: &Stage) -> Option<Arc<Counting>> {
    let told = stage.effects.iter().rev().find_map(|effect| match effect {
        Effect::Command(_, ClusterCommand::Count(counting)) => Some(counting.clone()),
        _ => None,
    });
    told.flatten()
}

#[test]
fn a_service_leads_to_its_pods_its_slices_what_it_owns_and_its_events() {
    let mut stage = stage();
    stage.press("b");
    let shown = text(&stage.picture());
    for offered in ["service shop/cart", "pods it selects", "endpointslices of it", "events about it"] {
        assert!(shown.contains(offered), "{offered}: {shown}");
    }
    stage.type_text("slices of");
    stage.press("Enter");
    let subset = picked(&stage);
    assert_eq!(subset.kind.plural(), "endpointslices");
    assert_eq!((subset.namespace.as_deref(), &*subset.by.labels), (Some("shop"), "kubernetes.io/service-name=cart"));
    let kind = subset.kind.clone();
    objects(&mut stage, &kind, vec![object("cart-abc", None), object("web-xyz", None)]);
    let shown = text(&stage.picture());
    assert!(shown.contains("asking which endpointslices belong to service shop/cart"), "{shown}");
    answer(&mut stage, &["cart-abc"]);
    let shown = text(&stage.picture());
    assert!(shown.contains("service cart") && shown.contains("ENDPOINTSLICES 1"), "{shown}");
    assert!(shown.contains("cart-abc") && !shown.contains("web-xyz"), "{shown}");
    stage.press("Esc b");
    stage.type_text("events");
    stage.press("Enter");
    assert_eq!(picked(&stage).by.fields, "involvedObject.kind=Service,involvedObject.name=cart");
    stage.press("Esc");
    assert_eq!(*stage.app.fleet.active().unwrap().view.kind(), services(), "Esc goes back one");
}

#[test]
fn what_an_object_owns_is_told_by_the_rows_that_name_it() {
    let mut stage = stage();
    stage.press("b");
    stage.type_text("endpointslices");
    stage.press("Enter Esc");
    // A list of its own would be asked for; what owners say is in the rows.
    let jobs = resource("batch", "jobs", "Job");
    let crons = resource("batch", "cronjobs", "CronJob");
    stage.update("a", Update::Resources(vec![jobs.clone(), crons.clone()]));
    stage.press(":");
    stage.type_text("cronjobs");
    stage.press("Enter");
    objects(&mut stage, &Kind::of(crons), vec![object("nightly", None)]);
    stage.press("Enter");
    let jobs = Kind::of(jobs);
    objects(&mut stage, &jobs, vec![object("nightly-1", Some("nightly")), object("other-1", Some("other"))]);
    let shown = text(&stage.picture());
    assert!(shown.contains("nightly-1") && !shown.contains("other-1"), "{shown}");
}

#[test]
fn events_of_an_earlier_namesake_are_not_about_a_pod() {
    let mut stage = stage();
    let is = |name: &str, id: &str| PodRow { uid: Uid::parse(id), node: "n".into(), ..pod("shop", name) };
    let id = "02e11045-638f-47ec-9cc3-ed59767faaa0";
    // What a node keeps by itself has another identity in its events; "?" is none that a server gives.
    let pods = vec![is("cart-1", id), is("etcd-n", "12e11045-638f-47ec-9cc3-ed59767faaa0"), is("web-1", "?")];
    stage.update("a", Update::Pods(full(pods)));
    stage.press(":");
    stage.type_text("pods");
    stage.press("Enter");
    let named = |name: &str| format!("involvedObject.kind=Pod,involvedObject.name={name}");
    for about in [format!("involvedObject.uid={id}"), named("etcd-n"), named("web-1")] {
        stage.press("b");
        assert_eq!(picked(&stage).by.fields, about);
        stage.press("Esc j");
    }
}

#[test]
fn one_thing_alone_is_gone_to_at_once() {
    let mut stage = stage();
    stage.press(":");
    stage.type_text("pods");
    stage.press("Enter b");
    assert!(stage.app.layers.is_empty());
    assert_eq!(stage.app.fleet.active().unwrap().view.kind(), &Kind::Events);
    assert_eq!(picked(&stage).by.fields, "involvedObject.kind=Pod,involvedObject.name=cart-1");
}

#[test]
fn a_namespace_leads_to_its_content_kind_by_kind_counted() {
    let mut stage = stage();
    stage.update("a", Update::Namespaces(full(vec![namespace("shop")])));
    stage.press(":");
    stage.type_text("ns");
    stage.press("Enter b");
    let asked = counting(&stage).unwrap();
    assert_eq!(&*asked.namespace, "shop");
    assert!(asked.kinds.contains(&Kind::Pods) && asked.kinds.contains(&services()));
    assert!(!asked.kinds.contains(&Kind::Nodes), "they are in no namespace");
    stage.update("a", Update::Counted(asked.clone(), Kind::Pods, Ok(Some(1_204))));
    let failure = Failure::new(FailureKind::Forbidden, "services is forbidden: User jane");
    stage.update("a", Update::Counted(asked, services(), Err(failure)));
    let shown = text(&stage.picture());
    assert!(shown.contains("shop on a") && shown.contains("1204"), "{shown}");
    assert!(shown.contains("services is forbidden"), "{shown}");
    stage.type_text("pods");
    stage.press("Enter");
    let cluster = stage.app.fleet.active().unwrap();
    assert_eq!((cluster.view.kind(), cluster.view.namespaces.len()), (&Kind::Pods, 1));
    assert!(counting(&stage).is_none(), "nobody looks any more");
    stage.press("Esc");
    assert_eq!(stage.app.fleet.active().unwrap().view.kind(), &Kind::Namespaces);
}

#[test]
fn a_custom_object_leads_to_whatever_names_it_as_its_owner() {
    let mut stage = stage();
    let gadgets = resource("lab.example.io", "gadgets", "Gadget");
    let maps = Kind::of(resource("", "configmaps", "ConfigMap"));
    let Kind::Other(served) = &maps else { unreachable!("a kind of its own") };
    stage.update("a", Update::Resources(vec![gadgets.clone(), resource("", "services", "Service"), served.clone()]));
    stage.press(":");
    stage.type_text("gadgets");
    stage.press("Enter");
    objects(&mut stage, &Kind::of(gadgets), vec![object("one", None)]);
    stage.press("b");
    let asked = counting(&stage).unwrap();
    assert_eq!((&*asked.namespace, asked.owner), ("shop", Some(uid("one"))));
    assert!(asked.kinds.contains(&maps) && asked.kinds.contains(&Kind::Pods) && !asked.kinds.contains(&Kind::Nodes));
    let shown = text(&stage.picture());
    assert!(shown.contains("gadget shop/one on a; 0 of 5 kinds looked through"), "{shown}");
    stage.press("Down");
    stage.update("a", Update::Counted(asked.clone(), maps.clone(), Ok(Some(3))));
    stage.update("a", Update::Counted(asked.clone(), services(), Ok(Some(0))));
    stage.update("a", Update::Counted(asked.clone(), Kind::Pods, Ok(Some(1))));
    let failure = Failure::new(FailureKind::Forbidden, "events is forbidden");
    stage.update("a", Update::Counted(asked, Kind::Events, Err(failure)));
    let shown = text(&stage.picture());
    let line =
        |words: &str| shown.lines().find(|line| line.contains(words)).unwrap_or_else(|| panic!("{words}:\n{shown}"));
    assert!(line("pods it owns").contains(" 1 ") && line("configmaps it owns").contains(" 3 "), "{shown}");
    assert!(!shown.contains("services it owns"), "there are none");
    assert!(shown.contains("▸ events about it"), "nothing moved from under the cursor: {shown}");
    assert!(shown.contains("4 of 5 kinds looked through; 1 kind could not be listed"), "{shown}");
    stage.press("Up Enter");
    let subset = picked(&stage);
    assert_eq!(
        (&subset.kind, subset.owner, subset.namespace.as_deref()),
        (&Kind::Pods, Some(uid("one")), Some("shop"))
    );
    answer(&mut stage, &["shop/cart-1"]);
    let shown = text(&stage.picture());
    assert!(shown.contains("gadget one ▸ PODS 1") && shown.contains("cart-1") && !shown.contains("web-1"), "{shown}");
    stage.press("Esc b");
    assert!(counting(&stage).is_some(), "it is asked anew");
}
