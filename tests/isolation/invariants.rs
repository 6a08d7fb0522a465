//! The invariants, one test each, named after them. Each runs the program's own state and clusters against real servers.

use std::time::Duration;

use crate::house::{House, catalog, has_pod, is_live, is_well};
use crate::neighbours::{NEIGHBOURS, Watchman};
use crate::stage::{Stage, Way, quiet};
use fleet_tui::app::cluster::OpenCluster;
use fleet_tui::app::message::{Effect, Message};
use fleet_tui::app::state::{App, Launch, Screen};
use fleet_tui::cluster::connect::Target;
use fleet_tui::config::settings::Settings;
use fleet_tui::fleet::intent::validate;
use fleet_tui::model::health::Health;
use fleet_tui::model::ids::{ClusterId, Generation};
use fleet_tui::model::update::{ClusterCommand, Envelope, Update};
use fleet_tui::sim::{Cut, Fault, Place};
use tokio::time::Instant;

const NAMES: [&str; 3] = ["a", "b", "c"];

async fn stage() -> Stage {
    Stage::new(&quiet(&NAMES)).await
}

fn targets(house: &House, names: &[&str]) -> Vec<Target> {
    names.iter().map(|name| house.stage.target(name)).collect()
}

#[tokio::test(start_paused = true)]
async fn isolation_nothing_that_happens_in_one_cluster_changes_delays_or_hides_anything_in_another() {
    let mut house = House::live(stage().await).await;
    house.run(Duration::from_secs(20)).await;
    let mut watchman = Watchman::begin(&mut house, Duration::from_millis(200));
    let server = house.stage.server("a");
    // One blow after the other: its login, its way, its answers, its entry in the kubeconfig, its closing.
    for fault in [Fault::Unauthorized, Fault::Freeze, Fault::Garbage(Cut::at(Place::BeforeHeaders)), Fault::error(500)]
    {
        server.set_fault(fault);
        watchman.keep(&mut house, Duration::from_secs(30)).await;
        server.clear_faults();
    }
    // A verdict that has settled is looked at again within a minute.
    watchman.keep(&mut house, Duration::from_secs(70)).await;
    assert!(is_well(house.cluster("a"), &house.look("a")), "{:?}", house.cluster("a").standing);
    house.stage.edit(|text| text.replace("user: \"a\"", "user: \"gone\""));
    let path = house.stage.target("a").path;
    house.coordinator.reload(&[(path, "a".to_owned())]);
    watchman.keep(&mut house, Duration::from_secs(30)).await;
    assert_eq!(house.cluster("a").standing.health, Health::AuthFailed);
    let keep = [ClusterId::new("b"), ClusterId::new("c")];
    let mut effects = Vec::new();
    house.app.select(&keep, &mut effects);
    house.fulfil(effects);
    watchman.keep(&mut house, Duration::from_secs(30)).await;
}

#[tokio::test(start_paused = true)]
async fn equality_any_cluster_may_be_dead_at_any_time_at_start_too() {
    for dead in NAMES {
        let stage = stage().await;
        stage.wire(dead).set(Way::Refused);
        let mut house = House::open(stage);
        for name in NAMES.into_iter().filter(|name| *name != dead) {
            house.until(name, Duration::from_secs(5), is_live).await;
        }
        assert_eq!(house.cluster(dead).standing.health, Health::Unhealthy, "{dead}");
        house.stage.wire(dead).set(Way::Open);
        house.until(dead, Duration::from_secs(40), is_well).await;
        for name in NAMES {
            house.stage.wire(name).set(if name == dead { Way::Open } else { Way::Refused });
            house.stage.wire(name).lose();
        }
        house.run(Duration::from_secs(60)).await;
        assert!(is_well(house.cluster(dead), &house.look(dead)), "{dead} does not need the others");
    }
}

#[test]
fn explicit_choice_clusters_open_and_namespaces_are_selected_only_by_a_person() {
    let names = NAMES.map(str::to_owned);
    let mut app = App::new((120, 40), Launch::default(), Settings::default());
    let opens = |effects: &[Effect]| effects.iter().any(|effect| matches!(effect, Effect::Select { .. }));
    let now = fleet_tui::app::clock::Now::default();
    for known in [&names[..1], &names[..2], &names[..]] {
        // Contexts appear, one after the other; each time the current-context is another.
        let mut offered = catalog(known);
        offered.files[0].contexts.last_mut().unwrap().current = true;
        let effects = app.update(Message::Catalog(offered), &now);
        assert!(!opens(&effects) && app.fleet.is_empty());
    }
    let mut effects = Vec::new();
    app.select(&[ClusterId::new("b")], &mut effects);
    assert!(opens(&effects));
    assert_eq!(app.fleet.iter().map(|cluster| cluster.name.as_str()).collect::<Vec<_>>(), ["b"]);
    let effects = app.update(Message::Catalog(catalog(&names)), &now);
    assert!(!opens(&effects) && app.fleet.len() == 1);
    assert!(app.fleet.active().unwrap().view.namespaces.is_empty());
}

#[tokio::test(start_paused = true)]
async fn one_cluster_per_view_resource_views_show_the_active_cluster_alone() {
    let mut house = House::live(stage().await).await;
    for (key, front) in [("1", "a"), ("3", "c"), ("2", "b"), ("1", "a")] {
        house.press(key);
        assert_eq!(house.app.screen, Screen::Cluster);
        // The first picture after the key, before anything else can arrive.
        let shown = house.picture();
        for name in NAMES {
            assert_eq!(
                shown.contains(&format!("{name}-apps")),
                name == front,
                "{name} in the tab of {front}:\n{shown}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn identity_travels_and_there_is_no_fall_back_to_the_active_cluster() {
    let mut house = House::live(stage().await).await;
    let nameless = Target { id: ClusterId::new(""), path: "config".into(), context: "a".to_owned() };
    assert_eq!(validate(&nameless), Err("clusterId is required"));
    let before = NAMES.map(|name| house.look(name));
    let (nobody, running) = (ClusterId::new("nope"), house.coordinator.len());
    // Orders, selections and updates that name nobody, or nobody who is open, reach nobody.
    house.coordinator.command(&nobody, ClusterCommand::RetryNow);
    house.coordinator.select(house.coordinator.stats().generation, {
        let mut wanted = targets(&house, &NAMES);
        wanted.push(nameless);
        wanted
    });
    let generation = house.app.fleet.generation;
    house.tell(Message::Update(Envelope { cluster: nobody, generation, update: Update::Version("v0".to_owned()) }));
    house.run(Duration::from_secs(1)).await;
    assert_eq!(NAMES.map(|name| house.look(name)), before);
    assert_eq!(house.coordinator.len(), running);
    // What was read of one cluster is in that cluster alone.
    for name in NAMES {
        let foreign =
            |look: &str| NAMES.iter().any(|other| *other != name && look.contains(&format!("\"{other}-apps\"")));
        assert!(!house.look(name).rows.iter().any(|row| foreign(row)));
    }
}

#[tokio::test(start_paused = true)]
async fn latest_intent_wins_over_work_of_an_older_generation() {
    let mut house = House::live(stage().await).await;
    let now = house.coordinator.stats().generation;
    // A selection that comes late changes nothing.
    house.coordinator.select(Generation(now.0 - 1), Vec::new());
    assert_eq!(house.coordinator.len(), 3);
    // Closed and opened again at once: what the old tasks have still to say is not the new cluster's.
    let old = house.cluster("a").generation;
    let all = NAMES.map(ClusterId::new);
    let mut effects = Vec::new();
    house.app.select(&all[1..], &mut effects);
    house.app.select(&all, &mut effects);
    house.fulfil(effects);
    house.tell(Message::Update(Envelope {
        cluster: all[0].clone(),
        generation: old,
        update: Update::Version("old".to_owned()),
    }));
    assert_eq!(house.cluster("a").version, None);
    house.until("a", Duration::from_secs(30), is_live).await;
    assert!(house.cluster("a").generation > old);
    assert_ne!(house.cluster("a").version.as_deref(), Some("old"));
}

#[tokio::test(start_paused = true)]
async fn silence_after_close_no_task_socket_or_word_of_a_closed_cluster_lives() {
    let mut house = House::live(stage().await).await;
    let keep = ["b", "c"].map(ClusterId::new);
    let mut effects = Vec::new();
    house.app.select(&keep, &mut effects);
    house.fulfil(effects);
    house.coordinator.settled().await;
    house.run(Duration::from_millis(1)).await;
    let (wire, server) = (house.stage.wire("a"), house.stage.server("a"));
    let (dialled, asked) = (wire.dialled(), server.requests().len());
    assert_eq!(wire.open(), 0);
    house.heard.clear();
    house.run(Duration::from_secs(600)).await;
    assert_eq!((wire.open(), wire.dialled(), server.requests().len()), (0, dialled, asked));
    assert!(!house.heard.contains("a") && NEIGHBOURS.iter().all(|name| house.heard.contains(*name)));
    assert!(!house.coordinator.stats().clusters.iter().any(|cluster| cluster.id.as_str() == "a"));
}

#[tokio::test(start_paused = true)]
async fn the_screen_never_waits_for_a_network_or_for_whoever_is_asked() {
    let mut house = House::live(stage().await).await;
    for name in NAMES {
        house.stage.wire(name).set(Way::Blackhole);
        house.stage.wire(name).lose();
    }
    house.run(Duration::from_secs(30)).await;
    let start = Instant::now();
    // More orders than any queue holds, to clusters none of which answers.
    for round in 0..100 {
        for key in ["1", "2", "3", "Tab", "R", "j", "`", "Enter", "."] {
            house.press(key);
        }
        if round % 10 == 0 {
            assert!(house.picture().contains("FLEET"));
        }
    }
    assert_eq!(start.elapsed(), Duration::ZERO, "somebody was waited for");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_fatal_whatever_a_server_does_is_a_state_on_the_screen() {
    let faults = [
        (Fault::Refuse, "connection refused"),
        (Fault::Freeze, "no answer"),
        (Fault::Unauthorized, "rejected the credentials"),
        (Fault::error(403), "may not list"),
        (Fault::error(500), "500"),
        (Fault::Garbage(Cut::at(Place::BeforeHeaders)), "does not speak HTTP"),
        (Fault::Bandwidth { bytes_per_second: 5 }, "no answer"),
    ];
    for (fault, words) in faults {
        let stage = stage().await;
        if fault == Fault::Refuse {
            stage.wire("b").set(Way::Refused);
        }
        stage.server("b").set_fault(fault.clone());
        let mut house = House::open(stage);
        let says = |cluster: &OpenCluster| {
            let standing = &cluster.standing;
            !matches!(standing.health, Health::Healthy | Health::Unknown) && standing.reason.contains(words)
        };
        house.until("b", Duration::from_secs(70), |cluster, _| says(cluster)).await;
        house.press("2");
        let shown = house.picture();
        assert!(shown.contains(words), "{fault:?} is no blank table:\n{shown}");
        // It goes on, and is left as easily as any other.
        house.press("1");
        house.until("a", Duration::from_secs(5), is_live).await;
        house.stage.server("b").clear_faults();
        house.stage.wire("b").set(Way::Open);
        house.stage.server("b").add_pod("b-apps", "late");
        house.until("b", Duration::from_secs(250), |cluster, _| has_pod(cluster, "late")).await;
    }
}
