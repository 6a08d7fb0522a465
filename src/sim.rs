//! The embedded fleet: real HTTP API servers on loopback, one per cluster of a scenario, each serving one seeded world.
//! The demo, the tests and the benches reach them with the product's own client; `kubectl` can use them too. A second
//! implementation of "a cluster": must not know any other part of this crate.
//!
//! The life of a request: [`server`] takes the connection, over [`tls`] where the cluster has it; [`fault`] delays, refuses,
//! twists or cuts what a scenario, a test or the [`admin`] endpoint says is broken; [`api`] finds who asks (`access`) and
//! routes to `list`, `watch` or `discovery`; these read [`store`], where [`world`] puts ready JSON as time passes;
//! what goes on inside of a pod's containers is [`container`]; [`proto`] turns it into protobuf and `table` into columns; [`body`] sends it in pieces.
//!
//! It is larger than the 4,000 lines it was meant to have, by more than three times: kubectl, unmodified, needs some fifty kinds
//! with their columns, strict validation, three ways to patch, roles, protobuf both ways and containers to talk to; a world that
//! users and clients believe needs controllers' words, events and managed fields. A third is the API, a third the world; the rest
//! is faults and connections, containers, protobuf, managed fields. What is data stands in `assets`: messages, manifests, words.
//! What a real server has and this one has not is answered 501.

mod admin;
mod api;
mod body;
mod cluster;
mod container;
pub mod credential;
pub mod fault;
mod fleet;
mod idle;
mod json;
mod kinds;
mod lean;
mod managed;
mod moment;
mod mould;
mod names;
mod proto;
pub mod scenario;
mod scratch;
mod server;
mod store;
mod tls;
mod world;

pub use fault::{Cut, Fault, Place, Requests, Wrong};
pub use fleet::{ClusterHandle, Fleet, Options};
pub use kinds::Resource;
pub use scenario::{FaultSpec, Scenario};
pub use scratch::Scratch;
