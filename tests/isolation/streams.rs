//! Lists and watches that break in the middle while the heart beats well: what is said of them holds until they work again,
//! and health and the mark of stale rows say the same.

use std::time::Duration;

use crate::house::{House, is_well};
use crate::stage::{Stage, quiet};
use fleet_tui::model::health::Health;
use fleet_tui::sim::{Cut, Fault, Place, Requests};

const SECOND: Duration = Duration::from_secs(1);

/// Health says so as soon as rows are marked as stale, and no longer.
fn agrees(house: &House) -> bool {
    let stale = !house.look("a").stale.is_empty();
    let standing = &house.cluster("a").standing;
    let said = standing.health == Health::Warning && standing.reason.contains("not current");
    assert_eq!(said, stale, "{} {}", standing.health, standing.reason);
    stale
}

/// Breaks every watch in the same place, again and again, while there is something to say.
async fn is_said_once(fault: Fault) {
    let mut house = House::live(Stage::new(&quiet(&["a"])).await).await;
    house.run(20 * SECOND).await;
    let server = house.stage.server("a");
    server.set_fault(fault.clone());
    let mut stale = 0;
    for number in 0..40 {
        server.add_pod("a-apps", &format!("unheard-{number}"));
        house.run(SECOND).await;
        stale += u32::from(agrees(&house));
    }
    assert!(stale >= 25, "{fault:?}: stale in {stale} of 40 seconds");
    // That new connections were tried may have been said before.
    let history = &house.cluster("a").history;
    let warnings = history.iter().filter(|(_, change)| change.to == Health::Warning).count();
    assert!(warnings == 1 && history.len() <= 4, "{fault:?}: {history:#?}");
    server.clear_faults();
    house.until("a", 45 * SECOND, is_well).await;
}

#[tokio::test(start_paused = true)]
async fn watches_that_break_in_every_event_are_one_warning_and_not_one_at_each_try() {
    let cut = Cut { at: Place::MidFrame, on: Requests::Watches, ..Cut::default() };
    for fault in [Fault::Truncate(cut), Fault::Reset(cut), Fault::Garbage(cut), Fault::Stall(cut)] {
        is_said_once(fault).await;
    }
}

#[tokio::test(start_paused = true)]
async fn watches_that_break_after_some_bytes_are_one_warning_and_not_one_at_each_try() {
    let cut = Cut { at: Place::MidBody, on: Requests::Watches, after_bytes: 100 };
    for fault in [Fault::Truncate(cut), Fault::Reset(cut), Fault::Garbage(cut)] {
        is_said_once(fault).await;
    }
}

#[tokio::test(start_paused = true)]
async fn rows_that_are_stale_because_their_list_stalls_are_a_warning_all_the_while() {
    let mut house = House::live(Stage::new(&quiet(&["a"])).await).await;
    house.run(20 * SECOND).await;
    let server = house.stage.server("a");
    server.set_fault(Fault::Stall(Cut::lists(3_000)));
    server.set_fault(Fault::Restart);
    let mut stale = 0;
    for _ in 0..90 {
        house.run(SECOND).await;
        stale += u32::from(agrees(&house));
    }
    assert!(stale >= 80, "stale in {stale} of 90 seconds");
    server.clear_faults();
    house.until("a", 75 * SECOND, is_well).await;
}
