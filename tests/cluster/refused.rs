//! Permissions that are withdrawn in passing, over real connections.

use std::time::Duration;

use crate::stage::{Stage, quiet};
use fleet_tui::model::kind::Kind;
use fleet_tui::model::update::{Reading, Update};
use fleet_tui::sim::Fault;
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn what_was_forbidden_for_some_seconds_is_live_again_soon() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let server = stage.server("a");
    let mut cluster = stage.open("a");
    cluster.live().await;
    cluster.during(Duration::from_secs(20)).await;
    server.set_fault(Fault::error(403));
    server.set_fault(Fault::DropWatches);
    let seen = cluster.during(Duration::from_secs(10)).await;
    for kind in Kind::STANDING {
        let forbidden = |update: &Update| matches!(update, Update::Reading(of, Reading::Forbidden(_)) if *of == kind);
        assert!(seen.iter().any(forbidden), "{kind:?}");
    }
    server.clear_faults();
    let start = Instant::now();
    cluster.live().await;
    assert!(start.elapsed() <= Duration::from_secs(10), "{:?}", start.elapsed());
}
