//! Strict isolation: whatever breaks in one cluster, the others that run through the same coordinator and the same state
//! are not disturbed, and the broken one says what ails it and comes back.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "isolation/faults.rs"]
mod faults;
#[path = "isolation/house.rs"]
mod house;
#[path = "isolation/invariants.rs"]
mod invariants;
#[path = "isolation/neighbours.rs"]
mod neighbours;
#[path = "support/picture.rs"]
#[expect(dead_code, reason = "other suites use more of it")]
mod picture;
#[path = "isolation/plugins.rs"]
mod plugins;
#[path = "isolation/regressions.rs"]
mod regressions;
#[path = "isolation/resting.rs"]
mod resting;
#[path = "cluster/stage.rs"]
#[expect(dead_code, reason = "other suites use more of it")]
mod stage;
#[path = "isolation/streams.rs"]
mod streams;
