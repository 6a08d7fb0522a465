//! `cluster status|events|pods`: one cluster, or a few, in detail. Must not know how any of it is asked.

pub mod events;
pub mod nodes;
pub mod pods;
pub mod status;

use std::time::Duration;

use serde::Serialize;

use super::judge::failure_of;
use super::out;
use super::which::Chosen;
use crate::fleet::executor::results::Results;
use crate::model::age::Unix;
use crate::model::span;

/// What is to be shown of the clusters.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Health, readiness checks, nodes with what they have and use, unwell pods and recent warnings
    Status(super::About),
    /// Recent events, the latest last
    Events {
        /// Which events.
        #[command(flatten)]
        what: events::Args,
        /// Of which clusters.
        #[command(flatten)]
        about: super::About,
    },
    /// Pods with their status, restarts, usage, limits and latest warning
    Pods {
        /// Which pods.
        #[command(flatten)]
        what: pods::Args,
        /// Of which clusters.
        #[command(flatten)]
        about: super::About,
    },
}

/// One cluster in a document, with what was found there, or why nothing was.
#[derive(Debug, Serialize)]
struct Part<T> {
    id: String,
    name: String,
    #[serde(flatten)]
    found: Option<T>,
    /// Why nothing was found; null if something was.
    error: Option<String>,
}

/// A document of several clusters.
#[derive(Debug, Serialize)]
struct Parts<T> {
    version: u32,
    clusters: Vec<Part<T>>,
}

/// Sorts outcomes into a document, and says on standard error which clusters failed.
fn parts<T, U>(chosen: &[Chosen], results: Results<T>, make: impl Fn(&T) -> U) -> (Parts<U>, Vec<(Chosen, T)>) {
    let (mut clusters, mut found) = (Vec::new(), Vec::new());
    for (chosen, outcome) in chosen.iter().zip(results) {
        let (id, name) = (chosen.target.id.to_string(), chosen.name.clone());
        match outcome.result {
            Ok(seen) => {
                clusters.push(Part { id, name, found: Some(make(&seen)), error: None });
                found.push((chosen.clone(), seen));
            }
            Err(why) => {
                let why = failure_of(why).headline();
                out::tell(&format!("{id}: {why}"));
                clusters.push(Part { id, name, found: None, error: Some(why) });
            }
        }
    }
    (Parts { version: super::format::VERSION, clusters }, found)
}

/// Reads a length of time of an argument.
fn length(text: &str) -> Result<Duration, String> {
    span::parse(text)
}

/// Writes a moment as RFC 3339 has it.
fn moment(unix: Unix) -> Option<String> {
    jiff::Timestamp::from_second(unix.0).ok().map(|moment| moment.to_string())
}
