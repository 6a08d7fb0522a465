//! Selections carried out by real task trees: against the embedded servers, against addresses where nobody listens, and
//! with kubeconfig files that change under way.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "fleet/files.rs"]
mod files;
#[path = "fleet/random.rs"]
mod random;
#[path = "fleet/selection.rs"]
mod selection;
#[path = "cluster/stage.rs"]
#[expect(dead_code, reason = "other suites use more of it")]
mod stage;
#[path = "fleet/storm.rs"]
mod storm;
#[path = "fleet/world.rs"]
mod world;
