//! The reducer: what messages do to the state, and which effects they ask for.

use std::sync::Arc;
use std::time::Duration;

use crate::fleet::{Stage, catalog, crashing, full, node, pod};
use crate::picture::text;
use fleet_tui::app::input::{Button, MouseKind};
use fleet_tui::app::message::{Effect, Message};
use fleet_tui::app::pointer::Target;
use fleet_tui::app::state::{App, Launch, Screen};
use fleet_tui::config::load;
use fleet_tui::config::settings::Settings;
use fleet_tui::config::state::SavedState;
use fleet_tui::model::failure::{Failure, FailureKind};
use fleet_tui::model::health::Health;
use fleet_tui::model::ids::{ClusterId, Generation};
use fleet_tui::model::kind::Kind;
use fleet_tui::model::lifecycle::Lifecycle;
use fleet_tui::model::object::ColumnDefinition;
use fleet_tui::model::resource::ApiResource;
use fleet_tui::model::update::{Beat, BeatOutcome, ClusterCommand, Delta, Envelope, Link, Reading, Update};
use fleet_tui::table::query::Sort;

fn id(name: &str) -> ClusterId {
    ClusterId::new(&format!("config:{name}"))
}

fn health(stage: &Stage, name: &str) -> Health {
    stage.app.fleet.get(&id(name)).unwrap().standing.health
}

fn open_ids(stage: &Stage) -> Vec<String> {
    stage.app.fleet.iter().map(|cluster| cluster.id.to_string()).collect()
}

fn selections(stage: &Stage) -> Vec<(u64, usize)> {
    let selects = stage.effects.iter().filter_map(|effect| match effect {
        Effect::Select { generation, clusters } => Some((generation.0, clusters.len())),
        _ => None,
    });
    selects.collect()
}

#[test]
fn several_clusters_start_on_the_board_and_one_on_its_pods() {
    let mut several = Stage::open(&["a", "b"], (100, 24));
    several.settle();
    assert_eq!(several.app.screen, Screen::Board);
    let one = Stage::open(&["a"], (100, 24));
    assert_eq!(one.app.screen, Screen::Cluster);
}

#[test]
fn nothing_is_opened_without_being_asked_for() {
    let launch = Launch { remember: true, ..Launch::default() };
    let app = App::new((100, 24), launch, Settings::default());
    let mut stage = Stage { app, seconds: 0, effects: Vec::new() };
    stage.tell(Message::Catalog(catalog(&["a", "b"])));
    assert!(stage.app.fleet.is_empty());
    assert!(selections(&stage).is_empty());
    assert!(!stage.app.layers.is_empty(), "the picker opens by itself");
    stage.press("Esc");
    assert!(stage.app.fleet.is_empty());
}

#[test]
fn what_was_open_is_restored_and_what_is_gone_is_left_out() {
    let restored = SavedState {
        open: vec!["config:b".to_owned(), "config:gone".to_owned(), "config:a".to_owned()],
        active: Some("config:a".to_owned()),
        ..SavedState::default()
    };
    let launch = Launch { restored, remember: true, ..Launch::default() };
    let app = App::new((100, 24), launch, Settings::default());
    let mut stage = Stage { app, seconds: 0, effects: Vec::new() };
    stage.tell(Message::Catalog(catalog(&["a", "b", "c"])));
    assert_eq!(open_ids(&stage), ["config:b", "config:a"]);
    assert_eq!(stage.app.fleet.active().unwrap().id, id("a"));
    assert_eq!(stage.app.screen, Screen::Cluster);
}

#[test]
fn a_half_written_file_at_start_does_not_cost_the_session() {
    let path = std::path::PathBuf::from("/home/jane/.kube/config");
    let files = ["config:a", "config:b"].map(|id| (id.to_owned(), path.clone())).into();
    let open = vec!["config:a".to_owned(), "config:b".to_owned()];
    let restored = SavedState { open: open.clone(), files, ..SavedState::default() };
    let app = App::new((100, 24), Launch { restored, remember: true, ..Launch::default() }, Settings::default());
    let mut stage = Stage { app, seconds: 0, effects: Vec::new() };
    let mut broken = catalog(&[]);
    broken.files[0].problem = Some("not valid YAML (line 4)".to_owned());
    stage.tell(Message::Catalog(broken));
    assert!(stage.app.fleet.is_empty());
    assert_eq!(stage.app.snapshot().open, open, "what was open is still remembered");
    stage.press("Esc");
    stage.tell(Message::Catalog(catalog(&["a", "b"])));
    assert_eq!(open_ids(&stage), ["config:a", "config:b"], "and comes back with the file");
}

#[test]
fn a_second_reading_of_the_files_opens_nothing() {
    let mut stage = Stage::open(&["a", "b"], (100, 24));
    stage.press("Ctrl+W");
    stage.tell(Message::Catalog(catalog(&["a", "b", "c"])));
    assert_eq!(stage.app.fleet.len(), 1);
}

#[test]
fn latest_intent_wins_an_update_of_an_older_generation_is_dropped() {
    let mut stage = Stage::open(&["a", "b"], (100, 24));
    stage.serve("a", vec![pod("ns", "x")], vec![node("n", true)]);
    let old = stage.app.fleet.get(&id("a")).unwrap().generation;
    // Close a and open it again: it is another instance now.
    stage.press("1 Ctrl+W");
    stage.press("o");
    stage.type_text("a");
    stage.press("Enter");
    let cluster = stage.app.fleet.get(&id("a")).unwrap();
    assert!(cluster.generation > old);
    let update = Update::Pods(full(vec![pod("ns", "late")]));
    stage.tell(Message::Update(Envelope { cluster: id("a"), generation: old, update }));
    assert_eq!(stage.app.fleet.get(&id("a")).unwrap().tables.pods.rows().count(), 0);
}

#[test]
fn an_update_of_an_unknown_cluster_touches_nobody() {
    let mut stage = Stage::open(&["a"], (100, 24));
    let update = Update::Version("v9".to_owned());
    stage.tell(Message::Update(Envelope { cluster: id("nope"), generation: Generation(1), update }));
    assert_eq!(stage.app.fleet.active().unwrap().version, None);
}

#[test]
fn health_follows_misses_and_comes_back_with_one_answer() {
    let mut stage = Stage::open(&["a", "b"], (100, 24));
    for name in ["a", "b"] {
        stage.serve(name, vec![pod("ns", "x")], vec![node("n", true)]);
    }
    assert_eq!(health(&stage, "a"), Health::Healthy);
    stage.miss("a");
    assert_eq!(health(&stage, "a"), Health::Degraded);
    stage.miss("a");
    stage.miss("a");
    assert_eq!(health(&stage, "a"), Health::Unhealthy);
    assert_eq!(stage.app.fleet.get(&id("a")).unwrap().standing.lifecycle, Lifecycle::Reconnecting);
    stage.beat("a", 20);
    assert_eq!(health(&stage, "a"), Health::Healthy);
    assert_eq!(health(&stage, "b"), Health::Healthy);
    let toasts: Vec<&str> = stage.app.toasts.shown().iter().map(|toast| toast.text.as_str()).collect();
    assert_eq!(toasts, ["a is unhealthy: unreachable: no answer within 5s", "a is healthy again"]);
}

#[test]
fn equality_any_cluster_may_be_dead_at_start() {
    let mut stage = Stage::open(&["a", "b"], (100, 24));
    stage.down("a", FailureKind::Refused, "connection refused");
    stage.serve("b", vec![pod("ns", "x")], vec![node("n", true)]);
    assert_eq!((health(&stage, "a"), health(&stage, "b")), (Health::Unhealthy, Health::Healthy));
}

#[test]
fn an_auth_verdict_stands_while_probing_and_is_lifted_by_a_connection() {
    let mut stage = Stage::open(&["a"], (100, 24));
    stage.serve("a", vec![pod("ns", "x")], vec![node("n", true)]);
    stage.down("a", FailureKind::Unauthorized, "the server rejected the credentials");
    assert_eq!(health(&stage, "a"), Health::AuthFailed);
    stage.update("a", Update::Link(Link::Connecting));
    assert_eq!(health(&stage, "a"), Health::AuthFailed);
    assert_eq!(stage.app.fleet.active().unwrap().tables.pods.rows().count(), 1, "data stays");
    stage.update("a", Update::Link(Link::Up));
    assert_eq!(health(&stage, "a"), Health::Healthy);
}

#[test]
fn new_connections_are_no_answer_of_the_server_whatever_it_took_to_open_them() {
    let mut stage = Stage::open(&["a"], (100, 24));
    stage.serve("a", vec![pod("ns", "x")], vec![node("n", true)]);
    let failure = Failure::new(FailureKind::Timeout, "no answer within 5s");
    let beat = Beat { latency: Duration::from_secs(5), outcome: BeatOutcome::Missed(failure) };
    stage.update("a", Update::Beat(beat));
    let plugin = Link::Plugin { program: "aws".to_owned() };
    for link in [Link::Rebuilding, plugin, Link::Connecting, Link::Rebuilt] {
        stage.update("a", Update::Link(link));
    }
    let cluster = stage.app.fleet.active().unwrap();
    assert_eq!((&cluster.link, cluster.pulse.misses), (&Link::Up, 1));
    assert_eq!(health(&stage, "a"), Health::Degraded);
}

#[test]
fn a_rebuilt_connection_is_not_called_healthy_before_the_server_has_answered_on_it() {
    let mut stage = Stage::open(&["a"], (100, 24));
    stage.serve("a", vec![pod("ns", "x")], vec![node("n", true)]);
    assert_eq!(health(&stage, "a"), Health::Healthy);
    for link in [Link::Rebuilding, Link::Rebuilt] {
        stage.update("a", Update::Link(link));
        assert_eq!(health(&stage, "a"), Health::Degraded);
    }
    stage.beat("a", 41);
    assert_eq!(health(&stage, "a"), Health::Healthy);
}

#[test]
fn a_forbidden_kind_is_a_warning_and_settled() {
    let mut stage = Stage::open(&["a"], (100, 24));
    stage.serve("a", vec![pod("ns", "x")], Vec::new());
    stage.update("a", Update::Reading(Kind::Nodes, Reading::Forbidden("no".to_owned())));
    let standing = &stage.app.fleet.active().unwrap().standing;
    assert_eq!((standing.health, standing.lifecycle), (Health::Warning, Lifecycle::Ready));
    assert_eq!(standing.reason, "may not list nodes");
}

#[test]
fn a_kubeconfig_without_contexts_is_not_said_to_be_missing() {
    let mut stage = Stage::open(&["a"], (100, 24));
    stage.tell(Message::Catalog(crate::fleet::catalog(&[])));
    let shown = crate::picture::text(&stage.picture());
    assert!(shown.contains("No context in any kubeconfig.") && shown.contains("--demo"), "{shown}");
}

#[test]
fn waiting_for_lists_becomes_slow_loading_after_ten_seconds() {
    let mut stage = Stage::open(&["a"], (100, 24));
    stage.up("a");
    let lifecycle = |stage: &Stage| stage.app.fleet.active().unwrap().standing.lifecycle;
    assert_eq!(lifecycle(&stage), Lifecycle::Loading);
    stage.wait(10);
    assert_eq!(lifecycle(&stage), Lifecycle::LoadingSlow);
}

#[test]
fn the_selection_follows_its_object_and_each_tab_keeps_its_own() {
    let mut stage = Stage::open(&["a", "b"], (100, 24));
    for name in ["a", "b"] {
        let pods = ["p1", "p2", "p3"].map(|pod_name| pod("ns", pod_name)).to_vec();
        stage.serve(name, pods, vec![node("n", true)]);
    }
    stage.press("1 j j");
    let uid = |stage: &Stage| stage.app.fleet.active().unwrap().view.kind_view().cursor.key;
    let chosen = uid(&stage);
    stage.press("Tab j");
    assert_ne!(uid(&stage), chosen);
    stage.press("Shift+Tab");
    assert_eq!(uid(&stage), chosen);
    let delta = Delta { restart: false, complete: false, ..full(vec![pod("ns", "p0")]) };
    stage.update("a", Update::Pods(delta));
    stage.settle();
    assert_eq!(uid(&stage), chosen);
    assert_eq!(stage.app.fleet.active().unwrap().view.kind_view().cursor.index, 3);
}

#[test]
fn switching_tabs_tells_the_clusters_and_fetches_nothing() {
    let mut stage = Stage::open(&["a", "b"], (100, 24));
    stage.press("1");
    stage.effects.clear();
    stage.press("Tab");
    let expected = [
        Effect::Command(id("a"), ClusterCommand::Active(false)),
        Effect::Command(id("b"), ClusterCommand::Active(true)),
    ];
    assert_eq!(stage.effects, expected);
}

#[test]
fn quit_closes_the_topmost_layer_first_and_back_never_quits() {
    let mut stage = Stage::open(&["a", "b"], (100, 24));
    stage.press("1 . /");
    stage.type_text("x");
    stage.press("Enter");
    for _ in 0..5 {
        stage.press("Esc");
    }
    assert!(!stage.effects.contains(&Effect::Quit));
    assert_eq!(stage.app.screen, Screen::Board);
    stage.press("1 q");
    assert!(!stage.effects.contains(&Effect::Quit), "the tab is a layer over the board");
    stage.press("q");
    assert!(stage.effects.contains(&Effect::Quit));
}

#[test]
fn control_c_quits_from_anywhere_and_the_exact_word_from_the_palette() {
    let mut stage = Stage::open(&["a"], (100, 24));
    stage.press(": Ctrl+C");
    assert!(stage.effects.contains(&Effect::Quit));
    let mut stage = Stage::open(&["quotas", "a"], (100, 24));
    stage.press(":");
    stage.type_text("q");
    stage.press("Enter");
    assert!(stage.effects.contains(&Effect::Quit));
}

#[test]
fn closing_the_last_cluster_leaves_a_calm_empty_screen() {
    let mut stage = Stage::open(&["a"], (100, 24));
    stage.press("Ctrl+W");
    assert!(stage.app.fleet.is_empty());
    assert_eq!(selections(&stage).last(), Some(&(2, 0)));
    stage.press("? Esc : Esc o");
    assert!(!stage.app.layers.is_empty(), "the picker still works");
}

#[test]
fn the_picker_opens_one_goes_to_an_open_one_and_applies_check_marks() {
    let mut stage = Stage::open(&["a", "b", "c"], (100, 24));
    stage.press("1 Ctrl+W Ctrl+W");
    assert_eq!(open_ids(&stage), ["config:c"]);
    stage.press("o");
    stage.type_text("b");
    stage.press("Enter");
    assert_eq!(open_ids(&stage), ["config:c", "config:b"]);
    assert_eq!(stage.app.fleet.active().unwrap().id, id("b"), "opened alone, it comes to the front");
    // The heading of the file checks all of its contexts.
    stage.press("o Home Up Up Up Up Space Enter");
    assert_eq!(open_ids(&stage).len(), 3);
    stage.press("o Up Up Up Up Space Enter");
    assert!(stage.app.fleet.is_empty(), "and unchecks them");
}

#[test]
fn the_palette_never_closes_a_cluster() {
    let mut stage = Stage::open(&["alpha", "beta"], (100, 24));
    stage.press(":");
    stage.type_text("beta");
    stage.press("Enter");
    assert_eq!(stage.app.fleet.len(), 2);
    assert_eq!(stage.app.fleet.active().unwrap().id, id("beta"));
}

#[test]
fn esc_in_the_filter_goes_back_to_what_was_enter_keeps_it() {
    let mut stage = Stage::open(&["a"], (100, 24));
    stage.serve("a", vec![pod("ns", "cart"), pod("ns", "web")], vec![node("n", true)]);
    let shown = |stage: &mut Stage| {
        stage.settle();
        stage.app.fleet.active().unwrap().tables.of(&Kind::Pods).len()
    };
    stage.press("/");
    stage.type_text("car");
    assert_eq!(shown(&mut stage), 1, "filters while typing");
    stage.press("Esc");
    assert_eq!(shown(&mut stage), 2);
    stage.press("/");
    stage.type_text("web");
    stage.press("Enter q");
    assert_eq!(shown(&mut stage), 2, "q closed the filter");
    assert!(!stage.effects.contains(&Effect::Quit));
}

#[test]
fn only_unwell_shows_what_needs_a_person_and_is_kept_per_cluster() {
    let mut stage = Stage::open(&["a", "b"], (100, 24));
    for name in ["a", "b"] {
        stage.serve(name, vec![pod("ns", "well"), crashing("ns", "ill")], vec![node("n", true)]);
    }
    stage.press("1 u");
    let count = |stage: &Stage| stage.app.fleet.active().unwrap().tables.of(&Kind::Pods).len();
    assert_eq!(count(&stage), 1);
    stage.press("2");
    assert_eq!(count(&stage), 2);
}

#[test]
fn a_refresh_lists_the_kind_on_screen_anew_and_tries_again_what_waits() {
    let mut stage = Stage::open(&["a", "b"], (100, 24));
    stage.up("b");
    stage.press("2 N Ctrl+R");
    let kind = stage.app.fleet.active().unwrap().view.kind().clone();
    for command in [ClusterCommand::RetryNow, ClusterCommand::Refresh(kind.clone())] {
        assert!(stage.effects.contains(&Effect::Command(id("b"), command)), "{:?}", stage.effects);
        assert!(!stage.effects.contains(&Effect::Command(id("a"), ClusterCommand::Refresh(kind.clone()))));
    }
}

#[test]
fn an_object_one_goes_to_is_not_hidden_for_being_well() {
    let mut stage = Stage::open(&["a"], (100, 24));
    stage.serve("a", vec![pod("ns", "well"), crashing("ns", "ill")], vec![node("n", true)]);
    stage.press("u :");
    stage.type_text("well");
    stage.press("Enter");
    let shown = text(&stage.picture());
    assert!(shown.contains("▸ ns") && shown.contains("well "), "{shown}");
}

#[test]
fn all_namespaces_appears_only_once_the_catalog_has_arrived() {
    let mut stage = Stage::open(&["a"], (100, 24));
    stage.up("a");
    assert!(stage.app.fleet.active().unwrap().namespaces().is_none());
    stage.update("a", Update::Namespaces(full(vec![crate::fleet::namespace("x")])));
    assert_eq!(stage.app.fleet.active().unwrap().namespaces().unwrap().len(), 1);
    assert!(stage.app.fleet.active().unwrap().view.namespaces.is_empty(), "nothing is selected by itself");
}

#[test]
fn the_mouse_selects_tabs_rows_and_headings_and_drags_tabs() {
    let mut stage = Stage::open(&["a", "b", "c"], (100, 24));
    for name in ["a", "b", "c"] {
        stage.serve(name, vec![pod("ns", "p1"), pod("ns", "p2")], vec![node("n", true)]);
    }
    let picture = stage.picture();
    let tab = (0..100).find(|x| picture.hit(*x, 1) == Some(&Target::Tab(id("b")))).unwrap();
    let hit = picture.hit(tab, 1).cloned();
    stage.tell(Message::Pointer(MouseKind::Down(Button::Left), hit));
    assert_eq!(stage.app.fleet.active().unwrap().id, id("b"));
    stage.tell(Message::Pointer(MouseKind::Drag(Button::Left), Some(Target::Tab(id("a")))));
    stage.tell(Message::Pointer(MouseKind::Up(Button::Left), None));
    assert_eq!(open_ids(&stage), ["config:b", "config:a", "config:c"]);
    let picture = stage.picture();
    let row = (0..24).find(|y| picture.hit(50, *y) == Some(&Target::TableRow(1))).unwrap();
    let hit = picture.hit(50, row).cloned();
    stage.tell(Message::Pointer(MouseKind::Down(Button::Left), hit));
    assert_eq!(stage.app.fleet.active().unwrap().view.kind_view().cursor.index, 1);
    stage.tell(Message::Pointer(MouseKind::Down(Button::Left), Some(Target::Heading(5))));
    assert_eq!(stage.app.fleet.active().unwrap().view.kind_view().query.sort.column, 5);
}

#[test]
fn open_clusters_tab_order_and_views_are_remembered() {
    let launch = Launch { all: true, remember: true, ..Launch::default() };
    let app = App::new((100, 24), launch, Settings::default());
    let mut stage = Stage { app, seconds: 0, effects: Vec::new() };
    stage.tell(Message::Catalog(catalog(&["a", "b"])));
    stage.press("2 < . u");
    let saved = stage.app.to_save().unwrap();
    assert_eq!(saved.open, ["config:b", "config:a"]);
    assert_eq!(saved.active.as_deref(), Some("config:b"));
    let view = &saved.views["config:b"];
    assert_eq!((view.kind.as_str(), view.unwell), ("nodes", true));
    assert_eq!(stage.app.to_save(), None, "written once");
}

#[test]
fn which_clusters_a_flag_opened_is_not_remembered_but_how_they_were_looked_at() {
    let mut stage = Stage::open(&["a", "b"], (100, 24));
    stage.press("1");
    assert_eq!(stage.app.to_save(), None);
    stage.press("w");
    let saved = stage.app.to_save().unwrap();
    assert_eq!((saved.open.len(), saved.active, saved.board), (0, None, false));
    assert_eq!(saved.views.keys().collect::<Vec<_>>(), ["config:a"]);
    assert!(
        saved.views["config:a"].wide && saved.files.contains_key("config:a") && !saved.files.contains_key("config:b")
    );
}

#[test]
fn an_auth_verdict_outlives_a_network_that_fails_in_between() {
    let mut stage = Stage::open(&["a"], (100, 24));
    stage.down("a", FailureKind::Unauthorized, "the server rejected the credentials");
    stage.down("a", FailureKind::Refused, "connection refused");
    let standing = &stage.app.fleet.active().unwrap().standing;
    assert_eq!((standing.health, standing.lifecycle), (Health::AuthFailed, Lifecycle::AuthFailed));
    assert_eq!(standing.reason, "the server rejected the credentials");
}

#[test]
fn a_cluster_whose_first_lists_all_fail_is_not_ready_and_not_healthy() {
    let mut stage = Stage::open(&["a"], (100, 24));
    stage.up("a");
    let failure = fleet_tui::model::failure::Failure::new(FailureKind::Closed, "the server closed the connection");
    for kind in Kind::STANDING {
        let retry_in = std::time::Duration::from_secs(1);
        stage.update("a", Update::Reading(kind, Reading::Broken { failure: failure.clone(), retry_in }));
    }
    let standing = |stage: &Stage| stage.app.fleet.active().unwrap().standing.clone();
    assert_eq!(standing(&stage).lifecycle, Lifecycle::Loading);
    stage.wait(6);
    assert_eq!(standing(&stage).health, Health::Warning);
    assert_eq!(standing(&stage).reason, "pods not current: the server closed the connection");
}

#[test]
fn a_server_that_answers_again_is_not_blamed_for_readers_that_are_still_coming_back() {
    let mut stage = Stage::open(&["a"], (100, 24));
    stage.serve("a", vec![pod("ns", "x")], vec![node("n", true)]);
    for _ in 0..3 {
        stage.miss("a");
    }
    let failure = fleet_tui::model::failure::Failure::new(FailureKind::Closed, "closed");
    let retry_in = std::time::Duration::from_secs(9);
    stage.update("a", Update::Reading(Kind::Pods, Reading::Broken { failure, retry_in }));
    stage.wait(20);
    stage.beat("a", 10);
    assert_eq!(health(&stage, "a"), Health::Healthy);
    stage.wait(6);
    assert_eq!(health(&stage, "a"), Health::Warning, "but not for ever");
}

#[test]
fn a_group_of_the_configuration_is_opened_from_the_picker_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, "[groups.production]\nclusters = [\"prod-*\"]\n[groups.elsewhere]\nclusters = [\"x\"]\n")
        .unwrap();
    let sources = load::Sources { named: true, file: Some(path), ..load::Sources::default() };
    let launch = Launch { config: Arc::new(load::load(sources)), ..Launch::default() };
    let app = App::new((100, 24), launch, Settings::default());
    let mut stage = Stage { app, seconds: 0, effects: Vec::new() };
    stage.tell(Message::Catalog(catalog(&["dev", "prod-eu", "prod-us"])));
    let shown = text(&stage.picture());
    assert!(shown.contains("production") && shown.contains("group of 2 clusters") && !shown.contains("elsewhere"));
    stage.type_text("production");
    stage.press("Enter");
    let open: Vec<_> = stage.app.fleet.iter().map(|cluster| cluster.name.clone()).collect();
    assert_eq!(open, ["prod-eu", "prod-us"]);
}

fn restored(saved: SavedState) -> Stage {
    let launch = Launch { restored: saved, remember: true, ..Launch::default() };
    let mut stage = Stage { app: App::new((120, 24), launch, Settings::default()), seconds: 0, effects: Vec::new() };
    stage.tell(Message::Catalog(catalog(&["a"])));
    stage
}

fn deployments(stage: &mut Stage, headings: &[&str]) {
    let [group, plural, kind, version] = ["apps", "deployments", "Deployment", "v1"].map(str::to_owned);
    let resource = ApiResource { group, plural, kind, version, namespaced: true, ..ApiResource::default() };
    let kind = Kind::of(Arc::new(resource.clone()));
    let column = |name: &&str| ColumnDefinition { name: (*name).to_owned(), ..ColumnDefinition::default() };
    stage.update("a", Update::Resources(vec![resource.into()]));
    stage.press(":");
    stage.type_text("deployments");
    stage.press("Enter");
    stage.update("a", Update::Columns(kind.clone(), headings.iter().map(column).collect()));
    stage.settle();
}

#[test]
fn tables_come_back_sorted_and_filtered_as_they_were_left() {
    let mut stage = restored(SavedState { open: vec!["config:a".to_owned()], ..SavedState::default() });
    stage.serve("a", vec![pod("shop", "cart-0"), pod("shop", "web-0")], vec![node("n", true)]);
    stage.press("/");
    stage.type_text("cart restarts<5");
    stage.press("Enter S");
    stage.type_text("restarts");
    stage.press("Enter I");
    deployments(&mut stage, &["Name", "Ready", "Images"]);
    stage.press("S");
    stage.type_text("images");
    stage.press("Enter");
    let saved = stage.app.to_save().unwrap();
    assert_eq!(saved.views["config:a"].tables.len(), 2, "{:?}", saved.views["config:a"].tables);
    let mut stage = restored(saved.clone());
    stage.settle();
    assert_eq!(stage.app.snapshot().views, saved.views, "nothing is lost before anything was read");
    // Where the server has other columns the heading tells.
    deployments(&mut stage, &["Name", "Ready", "Up-to-date", "Images"]);
    let sort = |stage: &Stage| stage.app.fleet.active().unwrap().view.kind_view().query.sort;
    assert_eq!(sort(&stage), Sort { column: 4, descending: false });
    stage.serve("a", vec![pod("shop", "cart-0"), pod("shop", "web-0")], vec![node("n", true)]);
    stage.press(":");
    stage.type_text("pods");
    stage.press("Enter");
    let view = stage.app.fleet.active().unwrap().view.kind_view();
    assert_eq!((&*view.query.text, sort(&stage)), ("cart restarts<5", Sort { column: 4, descending: true }));
    stage.press("Esc S");
    stage.type_text("namespace");
    stage.press("Enter");
    assert_eq!(stage.app.snapshot().views["config:a"].tables.len(), 1, "what is as a fresh one is not kept");
}

#[test]
fn a_saved_filter_or_order_that_means_nothing_is_ignored_and_an_older_file_has_none() {
    let long = "x".repeat(600);
    for filter in ["nosuch=1", "/(/", "-l ,,", &long] {
        let mut table = serde_json::json!({"sort": {"column": "NOSUCH"}});
        table["filter"] = filter.into();
        let file = serde_json::json!({"version": 1, "open": ["config:a"], "views": {"config:a": {"kind": "pods",
            "tables": {"pods": table, "nodes": {}}}}});
        let mut stage = restored(serde_json::from_value(file).unwrap());
        stage.settle();
        let query = &stage.app.fleet.active().unwrap().view.kind_view().query;
        assert_eq!((&*query.text, query.sort), ("", Sort { column: 0, descending: false }), "{filter}");
    }
    // What is measured may not be so yet.
    let pods = serde_json::json!({"pods": {"filter": "cpu<500m", "sort": {"column": "CPU", "descending": true}}});
    let file = serde_json::json!({"open": ["config:a"], "views": {"config:a": {"kind": "pods", "tables": pods}}});
    let mut stage = restored(serde_json::from_value(file).unwrap());
    stage.settle();
    let query = &stage.app.fleet.active().unwrap().view.kind_view().query;
    assert_eq!((&*query.text, query.sort), ("cpu<500m", Sort { column: 6, descending: true }));
    let file = serde_json::json!({"version": 1, "open": ["config:a"], "views": {"config:a": {"kind": "nodes"}}});
    let stage = restored(serde_json::from_value(file).unwrap());
    assert_eq!(*stage.app.fleet.active().unwrap().view.kind(), Kind::Nodes);
}
