//! Open clusters against embedded API servers, reached in memory by the product's own way of connecting, in time that
//! passes only when nobody has anything left to do.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "cluster/again.rs"]
mod again;
#[path = "cluster/broken.rs"]
mod broken;
#[path = "cluster/details.rs"]
mod details;
#[path = "cluster/helm.rs"]
mod helm;
#[path = "cluster/many.rs"]
mod many;
#[path = "cluster/network.rs"]
mod network;
#[path = "cluster/refused.rs"]
mod refused;
#[path = "cluster/reload.rs"]
mod reload;
#[path = "cluster/rest.rs"]
mod rest;
#[path = "cluster/silence.rs"]
mod silence;
#[path = "cluster/stage.rs"]
mod stage;
#[path = "cluster/survey.rs"]
mod survey;
