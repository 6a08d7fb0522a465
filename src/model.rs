//! The words of the product as plain data: ids, rows, health, lifecycle, failures, updates.
//!
//! Owns what is true of a cluster once it has left the wire. Must not know kube, ratatui, tokio, files or the clock:
//! time always arrives as an argument.

pub mod age;
pub mod amount;
pub mod catalog;
pub mod detail;
pub mod event;
pub mod failure;
pub mod glance;
pub mod hash;
pub mod health;
pub mod ids;
pub mod kind;
pub mod lifecycle;
pub mod namespace;
pub mod near;
pub mod node;
pub mod object;
pub mod pod;
pub mod query;
pub mod ratio;
pub mod resource;
pub mod rules;
pub mod span;
pub mod stats;
pub mod subset;
pub mod survey;
pub mod trouble;
pub mod unwell;
pub mod update;
pub mod usage;
pub mod visible;
