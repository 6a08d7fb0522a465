//! Random selections, faults and edits, thousands of steps: what runs in the end is the last intent, and no task more.

use std::time::Duration;

use fastrand::Rng;
use fleet_tui::cluster::limits::Limits;
use fleet_tui::model::update::{ClusterCommand, ReadingMode};
use fleet_tui::sim::Fault;

use crate::world::{World, id};

const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

fn some(random: &mut Rng) -> Vec<&'static str> {
    let mut chosen: Vec<&str> = NAMES.into_iter().filter(|_| random.bool()).collect();
    random.shuffle(&mut chosen);
    chosen
}

async fn ends_at_the_last_intent(world: &World, mut last: Vec<&str>, others: usize) {
    world.settled().await;
    last.sort_unstable();
    assert_eq!(world.running().into_keys().collect::<Vec<_>>(), last);
    assert_eq!(world.coordinator.len(), last.len());
    let stats = world.stats();
    assert_eq!((stats.queued, stats.opening, stats.closing, stats.clusters.len()), (0, 0, 0, last.len()));
    world.no_task_more_than(others).await;
}

#[tokio::test(start_paused = true)]
async fn a_thousand_random_steps_leave_exactly_the_last_intent() {
    // Building a client takes its time: retries come, but not all the time.
    let limits = Limits { backoff: (Duration::from_secs(20), Duration::from_secs(30)), ..Limits::default() };
    for seed in 0..4 {
        let mut random = Rng::with_seed(seed);
        let runtime = tokio::runtime::Handle::current().metrics();
        let world = World::dead(&NAMES, limits.clone());
        let others = runtime.num_alive_tasks();
        let mut last = Vec::new();
        for _ in 0..250 {
            last = some(&mut random);
            world.select(&last);
            match random.u8(..4) {
                0 => {}
                1 => tokio::task::yield_now().await,
                2 => tokio::time::sleep(Duration::from_millis(random.u64(..3_000))).await,
                _ => tokio::time::sleep(Duration::from_secs(random.u64(..30))).await,
            }
        }
        ends_at_the_last_intent(&world, last, others).await;
        world.coordinator.shut_down().await;
        world.no_task_more_than(others).await;
    }
}

#[tokio::test]
async fn a_thousand_random_steps_against_real_servers_that_break_leave_exactly_the_last_intent() {
    let world = World::served(&NAMES).await;
    let text = std::fs::read_to_string(&world.path).unwrap();
    let mut random = Rng::with_seed(7);
    let runtime = tokio::runtime::Handle::current().metrics();
    let others = runtime.num_alive_tasks();
    let mut last = Vec::new();
    for step in 0..1_000 {
        last = some(&mut random);
        let generation = world.select(&last);
        // Now and then one gets as far as to be up before the next selection comes.
        if step % 50 == 0
            && let Some(name) = last.first()
        {
            world.server(name).clear_faults();
            world.coordinator.command(&id(name), ClusterCommand::RetryNow);
            world.hears(name, generation_of(&world, name, generation), |it| it.updates > 3).await;
        }
        upset(&world, &text, &mut random);
        for _ in 0..random.u8(..8) {
            tokio::task::yield_now().await;
        }
    }
    for name in NAMES {
        world.server(name).clear_faults();
    }
    world.settled().await;
    last.sort_unstable();
    assert_eq!(world.running().into_keys().collect::<Vec<_>>(), last);
    world.coordinator.shut_down().await;
    // The servers' own connections end as soon as they notice that ours are closed.
    world.no_task_more_than(others).await;
}

/// Breaks or mends one cluster, changes its context in the kubeconfig, or asks something of it.
fn upset(world: &World, text: &str, random: &mut Rng) {
    let name = NAMES[random.usize(..NAMES.len())];
    let server = world.server(name);
    match random.u8(..10) {
        0 => server.set_fault(Fault::Refuse),
        1 => server.set_fault(Fault::Freeze),
        2 => server.set_fault(Fault::Unauthorized),
        3 | 4 => server.clear_faults(),
        5 => {
            let half = random.usize(..text.len());
            // A file in the middle of being written, and then whole again.
            std::fs::write(&world.path, &text[..half]).unwrap();
            world.coordinator.reload(&[(world.path.clone(), name.to_owned())]);
            std::fs::write(&world.path, text).unwrap();
        }
        6 => world.coordinator.reload(&[(world.path.clone(), name.to_owned())]),
        7 => world.coordinator.command(&id(name), ClusterCommand::Reading(ReadingMode::Survey)),
        8 => world.coordinator.command(&id(name), ClusterCommand::Reconnect(Duration::ZERO)),
        _ => {}
    }
}

/// What is kept runs for the selection that added it.
fn generation_of(world: &World, name: &str, latest: u64) -> u64 {
    let clusters = world.stats().clusters;
    let cluster = clusters.iter().find(|cluster| cluster.id.as_str() == name);
    cluster.map_or(latest, |cluster| cluster.generation.0)
}
