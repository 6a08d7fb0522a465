//! The overview of a cluster: what it shows, where its lines lead, and what it says where nothing is known.

use std::sync::Arc;

use crate::fleet::{Stage, UNIX, event, full, node, pod, uid};
use crate::picture::{styled, text};
use fleet_tui::app::cluster::OpenCluster;
use fleet_tui::app::message::Effect;
use fleet_tui::app::overview::Section;
use fleet_tui::app::pages::selected_item;
use fleet_tui::app::tab::Page;
use fleet_tui::model::amount::{Amount, Amounts};
use fleet_tui::model::event::EventRow;
use fleet_tui::model::kind::Kind;
use fleet_tui::model::node::NodeRow;
use fleet_tui::model::object::{ColumnDefinition, ObjectRow, Value};
use fleet_tui::model::pod::{PodPhase, PodRow};
use fleet_tui::model::resource::ApiResource;
use fleet_tui::model::unwell::{Cause, Owner, Unwell};
use fleet_tui::model::update::{ClusterCommand, Identity, Reading, Update};
use fleet_tui::model::usage::{Figure, Figures, Metered, Part, Usage};
use fleet_tui::terminal::color::ColorDepth;

fn amounts(cpu: u64, memory: u64) -> Amounts {
    Amounts { cpu: Amount::new(cpu), memory: Amount::new(memory) }
}

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

fn workloads() -> [Kind; 4] {
    [
        kind("apps", "deployments", "Deployment"),
        kind("apps", "statefulsets", "StatefulSet"),
        kind("apps", "daemonsets", "DaemonSet"),
        kind("batch", "jobs", "Job"),
    ]
}

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
    stage.update("prod", Update::Columns(kind.clone(), columns));
    stage.update("prod", Update::Objects(kind.clone(), full(rows)));
    stage.update("prod", Update::Reading(kind.clone(), Reading::Live));
}

fn on(node: &str, row: PodRow) -> PodRow {
    PodRow { node: node.into(), ..row }
}

fn pods() -> Vec<PodRow> {
    let owner = Some(Owner { kind: "replicaset".into(), name: "payments-api-7d9f8b6c4".into() });
    let reason = "container api: back-off 5m0s restarting failed container; last exit 137 OOMKilled, limit 256Mi";
    let unwell = Unwell { owner, ..Unwell::new(UNIX.plus(-1_200), Cause::OutOfMemory, reason) };
    let crashing = |name: &str| PodRow { unwell: Some(Box::new(unwell.clone())), ..pod("shop", name) };
    let mut pods = vec![
        on("node-a", crashing("payments-api-7d9f8b6c4-x2kqp")),
        on("node-b", crashing("payments-api-7d9f8b6c4-9s8wd")),
        on("node-a", pod("shop", "cart-7d9f8b6c4-x2kqp")),
        on("node-a", pod("search", "elasticsearch-master-0")),
        on("node-b", pod("kube-system", "coredns-5d78c9869d-p7mtz")),
        on("node-b", PodRow { phase: PodPhase::Succeeded, ..pod("shop", "report-28931-abcde") }),
        on("", PodRow { phase: PodPhase::Pending, status: "Pending".into(), ..pod("shop", "late") }),
    ];
    for number in 0..30 {
        pods.push(on(["node-a", "node-b"][number % 2], pod("web", &format!("front-{number}"))));
    }
    pods
}

fn nodes() -> Vec<NodeRow> {
    let base = |name: &str, ready: bool| NodeRow { allocatable: amounts(7_800, 30_000), ..node(name, ready) };
    vec![base("node-a", true), base("node-b", true), base("node-c", false)]
}

fn figure(used: Amounts) -> Figure {
    Figure { used, from: Some(UNIX.plus(-16)) }
}

fn measure(stage: &mut Stage, swing: u64) {
    let mut nodes = Figures::default();
    nodes.note("", "node-a", figure(amounts(2_300 + swing, 27_900)));
    nodes.note("", "node-b", figure(amounts(900, 9_000)));
    stage.update("prod", Update::Metered(Metered::Nodes(Arc::new(nodes.clone()))));
    stage.update("prod", Update::Usage(Usage::Measured(nodes.sum())));
    let mut pods = Figures::default();
    pods.note("search", "elasticsearch-master-0", figure(amounts(1_240, 6_200)));
    pods.note("shop", "cart-7d9f8b6c4-x2kqp", figure(amounts(310, 240)));
    for number in 0..30_u64 {
        pods.note("web", format!("front-{number}"), figure(amounts(20 + number, 60 + number)));
    }
    stage.update("prod", Update::Metered(Metered::Pods(Arc::new(pods), Part::ALL)));
}

/// The overview of a cluster with something of everything.
pub fn busy(size: (u16, u16)) -> Stage {
    let mut stage = Stage::open(&["prod", "dev"], size);
    stage.serve("prod", pods(), nodes());
    stage.update(
        "prod",
        Update::Identity(Identity {
            user: Some("jane@example.com".to_owned()),
            groups: vec!["platform".to_owned(), "system:authenticated".to_owned()],
            server: "https://10.20.0.1:6443".to_owned(),
            namespace: Some("shop".to_owned()),
        }),
    );
    let warning = |object: &str, reason: &str, count: u32| EventRow {
        event_type: "Warning".into(),
        count,
        ..event("shop", object, reason)
    };
    let events = vec![
        warning("payments-api-7d9f8b6c4-x2kqp", "BackOff", 41),
        warning("payments-api-7d9f8b6c4-9s8wd", "BackOff", 37),
        warning("late", "FailedScheduling", 4),
        event("shop", "cart-7d9f8b6c4-x2kqp", "Started"),
    ];
    stage.update("prod", Update::Events(full(events)));
    let kinds = workloads();
    let resources = kinds.iter().filter_map(|kind| if let Kind::Other(it) = kind { Some(it.clone()) } else { None });
    stage.update("prod", Update::Resources(resources.collect()));
    stage.serve("dev", vec![pod("a", "b")], vec![node("n", true)]);
    stage.press("1 O");
    let [deployments, sets, daemons, jobs] = &kinds;
    list(
        &mut stage,
        deployments,
        &["Ready"],
        vec![row("cart", &["3/3"]), row("front", &["30/30"]), row("payments-api", &["0/2"]), row("idle", &["0/0"])],
    );
    list(&mut stage, sets, &["Ready"], vec![row("elasticsearch-master", &["1/1"])]);
    list(&mut stage, daemons, &["Desired", "Ready"], vec![row("proxy", &["3", "2"])]);
    let rows =
        vec![row("report", &["Complete", "1/1"]), row("load", &["Failed", "0/1"]), row("run", &["Running", "0/1"])];
    list(&mut stage, jobs, &["Status", "Completions"], rows);
    for step in 0..24 {
        measure(&mut stage, step * step * 4);
        stage.beat("prod", 38 + step);
        stage.wait(15);
    }
    measure(&mut stage, 2_000);
    stage.settle();
    stage
}

fn front(stage: &Stage) -> &OpenCluster {
    stage.app.fleet.active().unwrap()
}

#[test]
fn the_overview_at_three_sizes() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let mut stage = busy((width, height));
        insta::assert_snapshot!(format!("overview_{width}x{height}"), text(&stage.picture()));
    }
}

#[test]
fn the_overview_in_colours_and_without() {
    let mut stage = busy((120, 40));
    let picture = stage.picture();
    for (name, depth) in [("true", ColorDepth::TrueColor), ("sixteen", ColorDepth::Ansi16), ("no", ColorDepth::None)] {
        insta::assert_snapshot!(format!("overview_in_{name}_colours"), styled(&picture, depth));
    }
}

/// What the cluster was last told to read besides the standing kinds.
fn asked(stage: &Stage) -> Vec<String> {
    let told = stage.effects.iter().rev().find_map(|effect| match effect {
        Effect::Command(_, ClusterCommand::Kinds(kinds)) => Some(kinds),
        _ => None,
    });
    told.into_iter().flatten().map(ToString::to_string).collect()
}

#[test]
fn workloads_are_read_while_the_page_is_open_and_no_longer() {
    let mut stage = busy((120, 40));
    assert_eq!(asked(&stage), ["deployments.apps", "statefulsets.apps", "daemonsets.apps", "jobs.batch"]);
    stage.press("Esc");
    assert!(asked(&stage).is_empty());
    assert_eq!(front(&stage).view.page(), &Page::Table);
}

/// Goes to the first item of a section.
fn go_to(stage: &mut Stage, section: Section) {
    let place = front(stage).overview.items.iter().position(|item| item.section == section).unwrap();
    stage.press("g");
    for _ in 0..place {
        stage.press("j");
    }
}

#[test]
fn every_section_leads_to_what_it_is_about_and_back() {
    let cases = [
        (Section::Trouble, "nodes", Some(uid("node-c"))),
        (Section::Nodes, "nodes", Some(uid("node-c"))),
        (Section::Workloads, "deployments", None),
        (Section::Pods, "pods", None),
        (Section::Cpu, "pods", Some(uid("search/elasticsearch-master-0"))),
        (Section::Memory, "pods", Some(uid("search/elasticsearch-master-0"))),
        (Section::Warnings, "events", None),
    ];
    let mut stage = busy((120, 40));
    for (section, kind, selected) in cases {
        go_to(&mut stage, section);
        stage.press("Enter");
        let view = &front(&stage).view;
        assert_eq!((view.page(), view.kind().plural()), (&Page::Table, kind), "{section:?}");
        if selected.is_some() {
            assert_eq!(view.kind_view().cursor.key, selected, "{section:?}");
        }
        stage.press("Alt+-");
        assert!(matches!(front(&stage).view.page(), Page::Overview(_)), "{section:?}");
    }
}

#[test]
fn warnings_lead_to_the_events_of_their_reason_alone() {
    let mut stage = busy((120, 40));
    go_to(&mut stage, Section::Warnings);
    stage.press("Enter");
    assert_eq!(front(&stage).tables.of(&Kind::Events).len(), 2);
    assert_eq!(front(&stage).view.kind_view().query.text, "type=Warning reason=\"BackOff\"");
}

#[test]
fn the_selection_stays_with_its_item_when_others_come_before_it() {
    let mut stage = busy((120, 40));
    go_to(&mut stage, Section::Cpu);
    let unwell = Unwell::new(UNIX.plus(-600), Cause::CrashLoop, "back-off");
    let more = PodRow { unwell: Some(Box::new(unwell)), ..pod("shop", "more") };
    let delta = fleet_tui::model::update::Delta { restart: false, complete: false, ..full(vec![more]) };
    stage.update("prod", Update::Pods(delta));
    stage.settle();
    assert_eq!(selected_item(front(&stage)).unwrap().section, Section::Cpu);
}

#[test]
fn with_nothing_wrong_and_nothing_measured_the_overview_is_calm() {
    let mut stage = Stage::open(&["a"], (120, 40));
    stage.serve("a", vec![pod("shop", "web-1")], vec![node("n", true)]);
    stage.update("a", Update::Usage(Usage::Absent("no metrics server")));
    stage.update("a", Update::Metered(Metered::NoPods("no metrics server")));
    stage.press("O");
    let shown = text(&stage.picture());
    assert!(shown.contains("Nothing needs a person here") && shown.contains("no metrics server"), "{shown}");
    assert!(!shown.contains(" 0m ") && shown.contains("250m"), "asked for is known, used is not: {shown}");
    insta::assert_snapshot!("overview_calm", shown);
}

#[test]
fn who_may_see_little_is_told_so_calmly() {
    let mut stage = Stage::open(&["a"], (120, 40));
    stage.up("a");
    let no = || Reading::Forbidden("nodes is forbidden".to_owned());
    stage.update("a", Update::Pods(full(vec![pod("team", "web-1")])));
    for kind in Kind::STANDING {
        let reading = if kind == Kind::Pods { Reading::Live } else { no() };
        stage.update("a", Update::Reading(kind, reading));
    }
    let kinds = workloads();
    let resources = kinds.iter().filter_map(|kind| if let Kind::Other(it) = kind { Some(it.clone()) } else { None });
    stage.update("a", Update::Resources(resources.collect()));
    stage.press("O");
    for kind in kinds {
        stage.update("a", Update::Reading(kind, no()));
    }
    insta::assert_snapshot!("overview_restricted", text(&stage.picture()));
}

#[test]
fn what_stopped_being_measured_or_answering_says_its_age() {
    let mut stage = busy((120, 40));
    stage.wait(50);
    stage.beat("prod", 40);
    assert!(text(&stage.picture()).contains("metrics 50s old"), "{}", text(&stage.picture()));
    stage.miss("prod");
    let shown = text(&stage.picture());
    assert!(shown.lines().any(|line| line.contains("OVERVIEW") && line.contains("stale")), "{shown}");
}

#[test]
fn the_overview_fits_every_size_and_the_selected_line_is_always_on_screen() {
    for (width, height) in [(60, 16), (61, 17), (75, 20), (80, 24), (109, 30), (110, 18), (140, 24), (500, 200)] {
        let mut stage = busy((width, height));
        let items = front(&stage).overview.items.len();
        for _ in 0..items {
            let picture = stage.picture();
            let shown = text(&picture);
            assert!(shown.lines().any(|line| line.contains('▸')), "{width}x{height}:\n{shown}");
            stage.press("j");
        }
    }
}
