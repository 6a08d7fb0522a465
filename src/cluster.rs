//! One open cluster: from a kubeconfig context to live rows. The only place that speaks to an API server.
//!
//! A cluster is a tree of tasks below [`supervisor::open`]; it knows its context and nothing of any other cluster.
//! Everything it learns leaves through [`outlet::Outlet`] as plain [`crate::model`] data, everything asked of it comes
//! in as a [`crate::model::update::ClusterCommand`]. Must not know the screen, the selection or
//! where settings come from.

pub mod access;
pub mod ahead;
pub mod ask;
pub mod client;
pub mod connect;
pub mod connection;
pub mod counting;
pub mod credentials;
pub mod desk;
pub mod dial;
pub mod discovery;
pub mod error_body;
pub mod establish;
pub mod evidence;
pub mod failure;
pub mod family;
pub mod glance;
pub mod heartbeat;
pub mod helm;
pub mod inspect;
pub mod limits;
pub mod login;
pub mod login_group;
pub mod look;
pub mod meter;
pub mod metrics;
pub mod objects;
pub mod outlet;
pub mod permission;
pub mod plugin;
pub mod plugin_words;
pub mod plugins;
pub mod preflight;
pub mod project;
pub mod proxy;
pub mod query;
pub mod reader;
pub mod reading;
pub mod redact;
pub mod remains;
pub mod rules;
pub mod schedule;
pub mod session;
pub mod subset;
pub mod supervisor;
pub mod survey;
pub mod transport;
pub mod version;
pub mod wake;
pub mod wire;
