//! The scenarios that must hold: several at once, closing while opening, reselecting, one that fails among the well.

use std::time::Duration;

use fleet_tui::cluster::limits::Limits;
use fleet_tui::model::failure::FailureClass;
use fleet_tui::model::stats::Outcomes;
use fleet_tui::model::update::Link;
use fleet_tui::sim::Fault;

use crate::world::{World, id};

fn up(world: &World, name: &str, generation: u64) -> bool {
    world.heard(name, generation).link == Some(Link::Up)
}

#[tokio::test]
async fn three_opened_at_once_are_all_up() {
    let world = World::served(&["a", "b", "c"]).await;
    let generation = world.select(&["a", "b", "c"]);
    world.settled().await;
    for name in ["a", "b", "c"] {
        assert!(up(&world, name, generation), "{name}");
    }
    let stats = world.stats();
    assert_eq!(stats.opened, Outcomes { up: 3, ..Outcomes::default() });
    assert_eq!((stats.running, stats.open.count), (3, 3));
    assert!(stats.open.p95 >= stats.open.p50 && stats.open.p50 > Some(Duration::ZERO));
    assert!(stats.clusters.iter().all(|cluster| cluster.tasks > Some(0) && cluster.opened_in.is_some()));
}

#[tokio::test]
async fn closing_one_while_another_opens_disturbs_neither_end() {
    let world = World::served(&["a", "b"]).await;
    let first = world.select(&["a"]);
    world.hears("a", first, |heard| heard.attempts > 0).await;
    let second = world.select(&["b"]);
    world.settled().await;
    assert!(up(&world, "b", second));
    assert_eq!(world.running().into_keys().collect::<Vec<_>>(), ["b"]);
    let stats = world.stats();
    assert_eq!((stats.close.count, stats.late_closes), (1, 0));
    // What was said before the close has been taken in; from now on there is silence.
    world.hears("b", second, |heard| heard.updates > 5).await;
    let said = world.heard("a", first).updates;
    world.hears("b", second, |heard| heard.updates > 8).await;
    assert_eq!(world.heard("a", first).updates, said);
}

#[tokio::test]
async fn deselected_and_reselected_quickly_both_run_for_the_last_selection() {
    let world = World::served(&["a", "b"]).await;
    world.select(&["a", "b"]);
    world.select(&[]);
    let last = world.select(&["a", "b"]);
    let stats = world.stats();
    assert_eq!((stats.queued, stats.closing, stats.cancelled), (2, 2, 2), "they wait for the end of their old tasks");
    world.settled().await;
    assert_eq!(world.running(), [("a".to_owned(), last), ("b".to_owned(), last)].into());
    assert!(up(&world, "a", last) && up(&world, "b", last));
}

#[tokio::test]
async fn one_whose_login_fails_stays_selected_and_the_others_are_well() {
    let world = World::served(&["a", "bad", "c"]).await;
    world.server("bad").set_fault(Fault::Unauthorized);
    let generation = world.select(&["a", "bad", "c"]);
    world.settled().await;
    assert!(up(&world, "a", generation) && up(&world, "c", generation));
    let Some(Link::Down { failure, .. }) = world.heard("bad", generation).link else { panic!("not down") };
    assert_eq!(failure.class(), FailureClass::Auth);
    assert_eq!(world.stats().opened, Outcomes { up: 2, auth_failed: 1, failed: 0 });
    assert!(world.coordinator.target(&id("bad")).is_some());
    assert!(world.running().contains_key("bad"));
}

#[tokio::test]
async fn one_that_answers_nothing_delays_no_other_and_can_be_closed() {
    let world = World::served(&["a", "stuck", "c"]).await;
    world.server("stuck").set_fault(Fault::Freeze);
    let generation = world.select(&["stuck", "a", "c"]);
    world.hears("a", generation, |heard| heard.link == Some(Link::Up)).await;
    world.hears("c", generation, |heard| heard.link == Some(Link::Up)).await;
    let stats = world.stats();
    assert_eq!((stats.opening, stats.running), (1, 3));
    world.select(&["a", "c"]);
    world.settled().await;
    assert_eq!(world.running().into_keys().collect::<Vec<_>>(), ["a", "c"]);
    assert_eq!((world.stats().cancelled, world.stats().superseded), (1, 1));
}

#[tokio::test]
async fn ninety_are_up_while_ten_that_answer_nothing_are_still_being_opened() {
    let names: Vec<String> = (0..100).map(|number| format!("c{number:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    // Even on a slow machine they do not give up before the others are there.
    let limits = Limits { connect: Duration::from_secs(600), preflight: Duration::from_secs(600), ..Limits::default() };
    let world = World::served_within(&names, limits).await;
    let (stuck, well) = names.split_at(10);
    for name in stuck {
        world.server(name).set_fault(Fault::Freeze);
    }
    let generation = world.select(&names);
    for name in well {
        world.hears(name, generation, |heard| heard.link == Some(Link::Up)).await;
    }
    let stats = world.stats();
    assert_eq!((stats.opening, stats.opened), (10, Outcomes { up: 90, ..Outcomes::default() }));
    world.coordinator.shut_down().await;
    assert_eq!((world.stats().cancelled, world.stats().clusters.len()), (10, 0));
}

#[tokio::test]
async fn what_is_kept_is_not_touched() {
    let world = World::served(&["a", "b"]).await;
    let first = world.select(&["a"]);
    world.settled().await;
    world.select(&["b", "a"]);
    world.settled().await;
    world.select(&["a"]);
    world.settled().await;
    assert_eq!(world.running(), [("a".to_owned(), first)].into());
    assert_eq!(world.heard("a", first).attempts, 1);
}

#[tokio::test]
async fn shutting_down_leaves_nothing_and_the_channel_ends() {
    let runtime = tokio::runtime::Handle::current().metrics();
    let world = World::dead(&["a", "b"], Limits::default());
    let before = runtime.num_alive_tasks();
    world.select(&["a", "b"]);
    world.coordinator.shut_down().await;
    assert!(world.coordinator.is_empty());
    assert_eq!(world.stats().clusters, []);
    world.no_task_more_than(before).await;
}

#[tokio::test]
async fn a_changed_context_is_told_to_its_cluster_and_to_no_other() {
    let never = Duration::from_secs(100_000);
    let limits = Limits { backoff: (never, never), file_check: never, ..Limits::default() };
    let world = World::dead(&["a", "b"], limits);
    let generation = world.select(&["a", "b"]);
    world.settled().await;
    assert_eq!((world.heard("a", generation).attempts, world.heard("b", generation).attempts), (1, 1));
    let text = std::fs::read_to_string(&world.path).unwrap();
    std::fs::write(&world.path, text.replace("{name: a, context: {", "{name: a, context: {namespace: x, ")).unwrap();
    world.coordinator.reload(&[(world.path.clone(), "a".to_owned()), ("/elsewhere".into(), "b".to_owned())]);
    world.hears("a", generation, |heard| heard.attempts == 2).await;
    assert_eq!(world.heard("b", generation).attempts, 1);
}
