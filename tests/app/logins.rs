//! Logins and changed kubeconfigs on the screen: what is offered, what is said of them, and when.

use std::time::Duration;

use crate::fleet::{Stage, catalog, crashing, full, node, pod};
use crate::picture::text;
use fleet_tui::app::message::{Effect, Message};
use fleet_tui::model::failure::{Failure, FailureKind};
use fleet_tui::model::health::Health;
use fleet_tui::model::ids::ClusterId;
use fleet_tui::model::kind::Kind;
use fleet_tui::model::lifecycle::Lifecycle;
use fleet_tui::model::update::{Link, Reading, Update};

const REJECTED: &str = "the server rejected the token";

fn serving(names: &[&str]) -> Stage {
    let mut stage = Stage::open(names, (140, 24));
    for name in names {
        stage.serve(name, vec![pod("ns", "x")], vec![node("n", true)]);
    }
    stage
}

fn id(name: &str) -> ClusterId {
    ClusterId::new(&format!("config:{name}"))
}

fn health(stage: &Stage, name: &str) -> Health {
    stage.app.fleet.get(&id(name)).unwrap().standing.health
}

fn toasts(stage: &Stage) -> Vec<&str> {
    stage.app.toasts.shown().iter().map(|toast| toast.text.as_str()).collect()
}

/// Takes the credential plugin away from every context.
fn without_plugins(stage: &mut Stage, names: &[&str]) {
    let mut found = catalog(names);
    for context in &mut found.files[0].contexts {
        context.plugin = false;
    }
    stage.tell(Message::Catalog(found));
}

#[test]
fn a_login_is_called_one_only_once_the_server_has_accepted_it() {
    let mut stage = serving(&["a", "b"]);
    stage.down("a", FailureKind::LoginExpired, "the login of aws has expired");
    stage.app.toasts = fleet_tui::app::toast::Toasts::default();
    stage.tell(Message::LoginDone(id("a")));
    stage.update("a", Update::Link(Link::Connecting));
    assert_eq!(toasts(&stage), ["login to a done: asking the server"]);
    stage.down("a", FailureKind::Unauthorized, REJECTED);
    assert_eq!(toasts(&stage)[1], "login to a was done in vain: the server rejected the token");
    stage.down("a", FailureKind::Unauthorized, REJECTED);
    assert_eq!(toasts(&stage).len(), 2, "later verdicts are of other credentials");
    stage.tell(Message::LoginDone(id("a")));
    stage.update("a", Update::Link(Link::Up));
    assert!(toasts(&stage).contains(&"logged in to a"), "{:?}", toasts(&stage));
}

#[test]
fn a_login_is_offered_where_there_is_a_credential_plugin_and_nowhere_else() {
    let mut stage = serving(&["a", "b"]);
    stage.press("1");
    stage.down("a", FailureKind::Unauthorized, REJECTED);
    stage.app.fleet.active_mut().unwrap().tables.clear();
    let shown = text(&stage.picture());
    assert!(shown.contains("L  log in with the credential plugin") && shown.contains("L login"), "{shown}");
    stage.press("L");
    assert!(stage.effects.contains(&Effect::Login(id("a"))));
    stage.effects.clear();
    without_plugins(&mut stage, &["a", "b"]);
    let shown = text(&stage.picture());
    assert!(!shown.contains("log in with") && !shown.contains("L login"), "{shown}");
    assert!(shown.contains("what is in the kubeconfig is turned down: edit the file, it is watched"), "{shown}");
    assert!(shown.contains("R retry"), "{shown}");
    stage.press("L");
    assert!(!stage.effects.iter().any(|effect| matches!(effect, Effect::Login(_))));
    let told = toasts(&stage).last().copied().unwrap_or_default();
    let words = "a has no credential plugin to log in with: edit /home/jane/.kube/config, it is watched";
    assert_eq!(told, words);
}

#[test]
fn a_plugin_that_hangs_says_for_how_long_and_offers_what_helps() {
    let mut stage = Stage::open(&["a", "b"], (140, 24));
    stage.press("1");
    stage.update("a", Update::Link(Link::Plugin { program: "aws".to_owned() }));
    let shown = text(&stage.picture());
    assert!(shown.contains("waiting for the credential plugin aws"), "{shown}");
    assert!(!shown.contains(" of 3m") && !shown.contains("L login"), "most are done at once:\n{shown}");
    stage.wait(12);
    let shown = text(&stage.picture());
    assert!(shown.contains("waiting for the credential plugin aws (12s of 3m)"), "{shown}");
    assert!(shown.contains("L  log in with the credential plugin") && shown.contains("L login"), "{shown}");
    stage.update("a", Update::Link(Link::Connecting));
    assert!(!text(&stage.picture()).contains("L login"));
}

#[test]
fn what_is_back_is_called_healthy_only_once_its_rows_are_back_too() {
    let mut stage = serving(&["a", "b"]);
    stage.down("a", FailureKind::LoginExpired, "the login of aws has expired");
    stage.app.toasts = fleet_tui::app::toast::Toasts::default();
    stage.update("a", Update::Link(Link::Up));
    assert_eq!((health(&stage, "a"), toasts(&stage)), (Health::Healthy, Vec::new()));
    stage.update("a", Update::Reading(Kind::Pods, Reading::Waiting));
    stage.update("a", Update::Pods(full(vec![crashing("ns", "x")])));
    for kind in Kind::STANDING {
        stage.update("a", Update::Reading(kind, Reading::Live));
    }
    assert_eq!(toasts(&stage), ["a answers again, with a warning"]);
    stage.down("b", FailureKind::LoginExpired, "the login of aws has expired");
    stage.update("b", Update::Link(Link::Up));
    stage.wait(11);
    let told = toasts(&stage);
    assert!(told.contains(&"b answers again, with a warning"), "its rows are slow, and said to be stale: {told:?}");
}

#[test]
fn a_context_that_leads_to_a_server_that_is_down_shows_nothing_of_the_one_before() {
    let mut stage = serving(&["a", "b"]);
    stage.press("1");
    assert!(text(&stage.picture()).contains("nodes 1/1"));
    stage.update("a", Update::Elsewhere);
    stage.update("a", Update::Link(Link::Rebuilding));
    let failure = Failure::new(FailureKind::Refused, "connection refused by 10.0.0.9:6443");
    let retry_in = Some(Duration::from_secs(5));
    stage.update("a", Update::Link(Link::Down { failure, auth_attempts: 0, settled: false, retry_in }));
    stage.wait(2);
    let cluster = stage.app.fleet.get(&id("a")).unwrap();
    assert_eq!((cluster.standing.health, cluster.standing.lifecycle), (Health::Unhealthy, Lifecycle::Disconnected));
    let shown = text(&stage.picture());
    for old in ["nodes 0", "nodes 1", "pods 0", "PODS 0", "stale", "v1.35.1", " ms", "NAMESPACES 0", "NAMESPACES  0"] {
        let head: Vec<&str> = shown.lines().skip(2).collect();
        assert!(!head.iter().any(|line| line.contains(old)), "{old}:\n{shown}");
    }
    assert!(shown.contains("unreachable: connection refused by 10.0.0.9:6443"), "{shown}");
    stage.press("`");
    let shown = text(&stage.picture());
    let row = shown.lines().find(|line| line.contains(" a ") && line.contains("refused")).unwrap();
    assert!(!row.contains("0/0") && row.contains('·') && !shown.contains("last answer"), "{shown}");
}

#[test]
fn a_kubeconfig_that_changed_for_the_worse_is_told_and_stands_on_the_screen() {
    let mut stage = serving(&["a", "b"]);
    let why = Failure::new(FailureKind::Unauthorized, REJECTED);
    stage.update("a", Update::Withheld(Some(why)));
    let words = "a: its changed files do not work, the old login goes on: the server rejected the token";
    assert_eq!(toasts(&stage), [words]);
    assert_eq!(health(&stage, "a"), Health::Warning);
    let shown = text(&stage.picture());
    assert!(shown.contains("its changed files do not work"), "{shown}");
    stage.update("a", Update::Withheld(None));
    assert_eq!(health(&stage, "a"), Health::Healthy);
}

#[test]
fn a_context_without_its_credentials_has_failed_to_log_in_and_says_what_it_waits_for() {
    let mut stage = serving(&["a", "b"]);
    without_plugins(&mut stage, &["a", "b"]);
    stage.press("1");
    let failure = Failure::new(FailureKind::NoCredentials, "user jane tokenFile /run/token does not exist");
    stage.update("a", Update::Link(Link::Down { failure, auth_attempts: 1, settled: false, retry_in: None }));
    stage.app.fleet.active_mut().unwrap().tables.clear();
    assert_eq!(health(&stage, "a"), Health::AuthFailed);
    let shown = text(&stage.picture());
    assert!(shown.contains("waits for the kubeconfig, or a file it names, to change"), "{shown}");
    assert!(!shown.contains("turned down") && shown.contains("R  try again now"), "nobody was asked:\n{shown}");
}
