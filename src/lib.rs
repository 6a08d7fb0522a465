//! fleet-tui: a full-screen terminal dashboard for many Kubernetes clusters at once.
//!
//! # The map of the house
//!
//! Data flows one way, and the folders are named after its stations:
//!
//! ```text
//! kubeconfig ─► cluster ─► model::update ─► app (state) ─► view ─► render (screen)
//!                  ▲                            │
//!                  └── fleet ◄── dashboard ◄────┘ effects
//! ```
//!
//! | folder | owns |
//! |---|---|
//! | [`kubeconfig`] | files, contexts, cluster ids; every file an island of its own |
//! | [`cluster`] | one open cluster: connection, login, heartbeat, readers; the only code that speaks to an API server |
//! | [`fleet`] | all of them as running tasks: what a selection starts and stops |
//! | [`model`] | the words of the product as plain data: rows, ids, health, lifecycle, updates |
//! | [`table`] | the one table engine: order, filter, columns |
//! | [`detail`] | one object as pages: YAML, description, events, what it is related to |
//! | [`app`] | the state and everything that may happen to it: `update(state, message) -> effects` |
//! | [`view`] | what is visible, as lines at places |
//! | [`render`] | the one thread that draws |
//! | [`dashboard`] | the event loop, where the layers meet |
//! | [`terminal`] | taking the terminal over and giving it back |
//! | [`config`] | settings with their sources, and the state file |
//! | [`sim`] | embedded API servers for the demo, the tests and the benches |
//! | [`cli`] | arguments, and the commands that need no screen |
//!
//! # The life of one pod update
//!
//! A frame of a watch arrives on a socket of one cluster. `cluster::wire` cuts it out of the stream as soon as it is
//! complete, `cluster::project` reads the few fields a row needs straight from its bytes and drops the rest, and
//! `cluster::reader` folds what arrives within 50 ms into one delta, all on the thread that `fleet::lanes` gave the
//! cluster. The delta leaves through `cluster::outlet`, tagged with the cluster's id and generation, into a bounded
//! channel: if the loop is behind, this cluster waits, and TCP makes its API server wait; no other cluster notices. The
//! event loop applies the delta to that cluster's own table, concludes health, prepares the visible window, projects it and hands the picture to the render thread, which keeps
//! only the newest one and paints the rows in which it differs from the one before.

#![allow(rustdoc::private_intra_doc_links, reason = "the docs are a map of the house, private rooms included")]

pub mod app;
pub mod cli;
pub mod cluster;
pub mod config;
pub mod dashboard;
pub mod detail;
pub mod fleet;
pub mod kubeconfig;
pub mod model;
pub mod render;
pub mod sim;
pub mod table;
pub mod terminal;
pub mod view;
