//! A hundred clusters at once, some of them in a hole.

use std::sync::Arc;
use std::time::Duration;

use crate::stage::{Stage, Way};
use fleet_tui::model::update::Link;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// Opens a hundred clusters, the first `holes` of them in a hole, and returns how long the others took to be live.
async fn open_all(holes: usize, places: usize) -> Duration {
    let scenario =
        "[[cluster]]\nname = \"c\"\ncount = 100\nnodes = 1\npods = 1\nnamespaces = [\"apps\"]\n[cluster.churn]\n";
    let mut stage = Stage::new(scenario).await;
    stage.limits.places = Arc::new(Semaphore::new(places));
    let names: Vec<String> = stage.fleet.clusters().iter().map(|server| server.name().to_owned()).collect();
    assert_eq!(names.len(), 100);
    for name in &names[..holes] {
        stage.wire(name).set(Way::Blackhole);
    }
    let start = Instant::now();
    let mut clusters: Vec<_> = names.iter().map(|name| stage.open(name)).collect();
    let well = clusters.iter_mut().skip(holes).map(|cluster| async {
        cluster.live().await;
        start.elapsed()
    });
    let took = futures::future::join_all(well).await.into_iter().max().unwrap();
    for cluster in clusters.iter_mut().take(holes) {
        assert_eq!(cluster.link().await, Link::Connecting);
    }
    took
}

#[tokio::test(start_paused = true)]
async fn of_a_hundred_clusters_ten_in_a_hole_delay_nobody() {
    let (without, with) = (open_all(0, 64).await, open_all(10, 64).await);
    assert!(with <= without + Duration::from_millis(100), "{with:?} with, {without:?} without");
}

#[tokio::test(start_paused = true)]
async fn whoever_hangs_gives_its_place_back() {
    // Ten that hang take all four places three times, for a second each.
    let took = open_all(10, 4).await;
    assert!(took <= Duration::from_millis(3_200), "{took:?}");
}
