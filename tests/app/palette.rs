//! The palette: objects by name, settings, and what is used most first.

use crate::fleet::{Stage, catalog, node, pod, uid};
use crate::picture::text;
use fleet_tui::app::action::Action;
use fleet_tui::app::chooser::{Choice, Chooser};
use fleet_tui::app::layer::Layer;
use fleet_tui::app::message::Message;
use fleet_tui::app::state::{App, Launch};
use fleet_tui::config::settings::Settings;
use fleet_tui::config::state::SavedState;
use fleet_tui::model::kind::Kind;

fn shop() -> Stage {
    let mut stage = Stage::open(&["prod", "dev"], (110, 24));
    let pods = vec![pod("shop", "cart-1"), pod("shop", "cart-2"), pod("web", "front-0")];
    stage.serve("prod", pods, vec![node("worker-7", true)]);
    stage.serve("dev", vec![pod("shop", "cart-of-dev")], vec![node("worker-dev", true)]);
    stage.press("1");
    stage
}

fn palette(stage: &Stage) -> &Chooser {
    match stage.app.layers.last() {
        Some(Layer::Palette(chooser)) => chooser,
        other => unreachable!("no palette but {other:?}"),
    }
}

fn objects(stage: &Stage) -> Vec<String> {
    let entries = palette(stage).entries.iter();
    let objects = entries.filter(|entry| matches!(entry.choice, Choice::Object(_)));
    objects.map(|entry| format!("{} {}", entry.label, entry.detail)).collect()
}

fn best(stage: &Stage) -> String {
    palette(stage).selected().unwrap().label.clone()
}

#[test]
fn objects_are_found_by_name_in_the_cluster_in_front_and_shown_in_their_table() {
    let mut stage = shop();
    stage.press(":");
    assert!(text(&stage.picture()).contains("finds pods, nodes by name"));
    stage.type_text("c");
    assert!(objects(&stage).is_empty(), "one letter is in nearly every name");
    stage.type_text("art");
    assert_eq!(objects(&stage), ["cart-1 pods in shop", "cart-2 pods in shop"]);
    stage.type_text("-2");
    stage.press("Enter");
    let cluster = stage.app.fleet.active().unwrap();
    assert_eq!((&*cluster.name, cluster.view.kind()), ("prod", &Kind::Pods));
    assert_eq!(&*cluster.selected().unwrap().name, "cart-2");
    stage.press(":");
    stage.type_text("worker");
    assert_eq!(objects(&stage), ["worker-7 nodes"]);
    stage.press("Enter");
    assert_eq!(stage.app.fleet.active().unwrap().selected().unwrap().uid, Some(uid("worker-7")));
}

#[test]
fn what_is_found_for_an_older_question_or_another_cluster_is_dropped() {
    let mut stage = shop();
    stage.press(":");
    stage.type_text("c");
    // The search runs beside the loop while more is typed.
    stage.tell(Message::Input(fleet_tui::app::input::Input::Paste("art".to_owned())));
    let older = stage.app.take_work();
    stage.tell(Message::Input(fleet_tui::app::input::Input::Paste("-1".to_owned())));
    let newer = stage.app.take_work();
    let run = |stage: &mut Stage, work: Vec<_>| {
        let mut answers = Vec::new();
        for work in work {
            let work: fleet_tui::app::ordering::Work = work;
            work.run(|message| answers.push(message));
        }
        for answer in answers {
            stage.tell(answer);
        }
    };
    run(&mut stage, newer);
    assert_eq!(objects(&stage), ["cart-1 pods in shop"]);
    run(&mut stage, older);
    assert_eq!(objects(&stage), ["cart-1 pods in shop"], "the latest question wins");
    stage.tell(Message::Input(fleet_tui::app::input::Input::Paste("x".to_owned())));
    let late = stage.app.take_work();
    stage.press("Esc 2 :");
    stage.type_text("cart-1x");
    run(&mut stage, late);
    assert!(objects(&stage).is_empty(), "what another cluster has is not offered here");
}

#[test]
fn what_is_found_is_bounded_and_a_command_s_own_name_still_wins() {
    let mut stage = Stage::open(&["prod"], (110, 24));
    let mut pods: Vec<_> = (0..3_000).map(|number| pod("shop", &format!("help-{number}"))).collect();
    pods.push(pod("shop", "help"));
    stage.serve("prod", pods, vec![node("n", true)]);
    stage.press(":");
    stage.type_text("help");
    assert_eq!(objects(&stage).len(), 40);
    assert_eq!(palette(&stage).selected().unwrap().choice, Choice::Action(Action::Help));
    stage.press("Ctrl+U");
    stage.type_text("help-2999");
    assert_eq!(best(&stage), "help-2999");
}

#[test]
fn what_was_chosen_stands_first_the_next_time_and_is_remembered() {
    let launch = Launch { all: true, remember: true, ..Launch::default() };
    let mut stage = Stage { app: App::new((100, 24), launch, Settings::default()), seconds: 0, effects: Vec::new() };
    stage.tell(Message::Catalog(catalog(&["a"])));
    stage.serve("a", vec![pod("shop", "x")], vec![node("n", true)]);
    stage.press(":");
    stage.type_text("so");
    let first = best(&stage);
    stage.press("Down Down");
    let wanted = best(&stage);
    assert_ne!(first, wanted);
    stage.press("Enter Esc Esc :");
    stage.type_text("so");
    assert_eq!(best(&stage), wanted, "after the same word it is the first");
    stage.press("Ctrl+U");
    stage.type_text("q");
    assert_eq!(palette(&stage).selected().unwrap().choice, Choice::Action(Action::QuitNow), "an exact name wins");
    stage.press("Ctrl+U");
    assert_eq!(
        palette(&stage).hits[0].entry,
        palette(&stage).entries.iter().position(|it| it.label == wanted).unwrap()
    );
    let saved: SavedState = stage.app.to_save().unwrap();
    assert_eq!(saved.uses.iter().map(|it| (&*it.word, it.times)).collect::<Vec<_>>(), [("so", 1)]);
    let launch = Launch { restored: saved, ..Launch::default() };
    let mut next = Stage { app: App::new((100, 24), launch, Settings::default()), seconds: 0, effects: Vec::new() };
    next.tell(Message::Catalog(catalog(&["a"])));
    next.press(":");
    next.type_text("so");
    assert_eq!(best(&next), wanted, "in the next run too");
}

#[test]
fn settings_are_changed_for_this_run() {
    let mut stage = Stage::open(&["prod"], (110, 24));
    stage.serve("prod", vec![pod("shop", "x")], vec![node("n", true)]);
    assert!(!stage.app.tabs_shown());
    stage.press(":");
    stage.type_text("tabs.show");
    assert_eq!(best(&stage), "tabs.show = always");
    stage.press("Enter");
    assert!(stage.app.tabs_shown());
    assert!(text(&stage.picture()).contains("tabs.show is always for this run"));
    stage.press(":");
    stage.type_text("toast.time 999h");
    let shown = text(&stage.picture());
    assert!(shown.contains("out of range"), "{shown}");
    stage.press("Enter");
    assert!(!stage.app.layers.is_empty(), "it says why it cannot be");
    stage.press("Ctrl+U");
    stage.type_text("toast.time 9s");
    stage.press("Enter");
    assert_eq!(stage.app.settings.toast.as_secs(), 9);
}

#[test]
fn words_of_other_programs_lead_where_their_users_expect() {
    let mut stage = shop();
    for (typed, meant) in [("ctx", "open or close clusters (Select Kubeconfig)"), ("exit", "quit")] {
        stage.press(":");
        stage.type_text(typed);
        assert_eq!(best(&stage), meant, "{typed}");
        stage.press("Esc");
    }
}
