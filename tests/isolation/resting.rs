//! Neighbours at rest: clusters behind, whose events and namespaces are only caught up with, are as undisturbed by a fault
//! as those that are watched as a whole, and are whole again at once when they come to the front.

use std::time::Duration;

use crate::house::{House, has_pod, is_live, is_well};
use crate::neighbours::{mend, strike};
use crate::stage::{Stage, quiet};
use fleet_tui::app::cluster::OpenCluster;
use fleet_tui::model::health::Health;
use fleet_tui::model::ids::ClusterId;
use fleet_tui::sim::{Cut, Fault};

/// Breaks the cluster in front for longer than a round of catching up takes; mends it after somebody else came to the front.
async fn breaks(faults: &[Fault]) {
    let mut house = House::resting(Stage::new(&quiet(&["a", "b", "c"])).await, "a").await;
    let mut watchman = strike(&mut house, faults).await;
    watchman.keep(&mut house, Duration::from_secs(300)).await;
    for name in ["b", "c"] {
        house.stage.server(name).add_pod(&format!("{name}-apps"), "seen");
        let at = house.app.fleet.index_of(&ClusterId::new(name)).unwrap();
        house.press(&format!("{}", at + 1));
        house
            .until(name, Duration::from_secs(1), |cluster, look| is_live(cluster, look) && has_pod(cluster, "seen"))
            .await;
        assert!(is_well(house.cluster(name), &house.look(name)), "{name}");
    }
}

/// Breaks a cluster that rests, beside one in front and one that rests like it. It says so, is current again within `back`
/// of its mending, and whole once it comes to the front.
async fn breaks_at_rest(faults: &[Fault], health: Health, words: &str, back: Duration) {
    let mut house = House::resting(Stage::new(&quiet(&["a", "b", "c"])).await, "b").await;
    let mut watchman = strike(&mut house, faults).await;
    let said = |cluster: &OpenCluster| cluster.standing.health == health && cluster.standing.reason.contains(words);
    house.until("a", Duration::from_secs(70), |cluster, _| said(cluster)).await;
    watchman.keep(&mut house, Duration::from_secs(300)).await;
    mend(&house);
    let well = |cluster: &OpenCluster| cluster.standing.health == Health::Healthy && has_pod(cluster, "late");
    house.until("a", back, |cluster, _| well(cluster)).await;
    watchman.keep(&mut house, Duration::from_secs(10)).await;
    house.press("1");
    house.until("a", back, is_well).await;
}

macro_rules! at_rest {
    ($($name:ident: [$($fault:expr),+] => $health:ident, $words:expr, $back:expr;)+) => {$(
        #[tokio::test(start_paused = true)]
        async fn $name() {
            breaks_at_rest(&[$($fault),+], Health::$health, $words, Duration::from_secs($back)).await;
        }
    )+};
}

// As for clusters that are watched as a whole: a heartbeat, a verdict that has settled, a backoff, or a silent list.
at_rest! {
    itself_refused: [Fault::Refuse] => Unhealthy, "connection refused", 20;
    itself_frozen: [Fault::Freeze] => Unhealthy, "no answer", 20;
    itself_unauthorized: [Fault::Unauthorized] => AuthFailed, "rejected the credentials", 70;
    itself_with_internal_errors: [Fault::error(500)] => Degraded, "500", 20;
    itself_stalled_in_mid_list: [Fault::Stall(Cut::lists(100)), Fault::Restart] => Warning, "pods not current", 75;
    itself_with_garbage_in_lists: [Fault::Garbage(Cut::lists(100)), Fault::Restart] => Warning, "pods not current", 45;
}

macro_rules! faults {
    ($($name:ident: [$($fault:expr),+];)+) => {$(
        #[tokio::test(start_paused = true)]
        async fn $name() {
            breaks(&[$($fault),+]).await;
        }
    )+};
}

faults! {
    refused: [Fault::Refuse];
    blackholed: [Fault::Blackhole];
    frozen: [Fault::Freeze];
    stalled_in_mid_list: [Fault::Stall(Cut::lists(100)), Fault::Restart];
    unauthorized: [Fault::Unauthorized];
    throttled: [Fault::error(429), Fault::Restart];
    internal_errors: [Fault::error(500)];
    garbage_in_lists: [Fault::Garbage(Cut::lists(100)), Fault::Restart];
    slow_to_death: [Fault::Bandwidth { bytes_per_second: 5 }];
}
