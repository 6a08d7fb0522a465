//! From one look at a cluster to its health word, by the dashboard's own rules. Must not know how it is printed.
//!
//! What was found is told to the same state that the dashboard keeps of an open cluster, as if it had arrived there; the
//! word is what that state concludes.

use std::time::Duration;

use jiff::Timestamp;

use super::which::Chosen;
use crate::app::clock::Now;
use crate::app::cluster::OpenCluster;
use crate::config::settings::Settings;
use crate::fleet::executor::TaskError;
use crate::model::age::Unix;
use crate::model::failure::{Failure, FailureKind};
use crate::model::glance::Glance;
use crate::model::health::Health;
use crate::model::ids::Generation;
use crate::model::update::{Link, Reading, ReadingMode, Update};

/// A cluster with what one look at it led to.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Which cluster.
    pub chosen: Chosen,
    /// The health word.
    pub health: Health,
    /// Its reason; empty for `healthy` alone.
    pub reason: String,
    /// What was seen, or why nothing was.
    pub seen: Result<Glance, Failure>,
    /// When.
    pub checked: Timestamp,
}

/// Concludes the health of a cluster.
#[must_use]
pub fn judge(chosen: &Chosen, seen: Result<Glance, TaskError>, settings: &Settings, checked: Timestamp) -> Verdict {
    let seen = seen.map_err(failure_of);
    let unix = Unix(checked.as_second());
    let now = |mono| Now { unix, mono, clock: String::new() };
    let at_first = now(Duration::ZERO);
    let (id, name) = (chosen.target.id.clone(), chosen.name.clone());
    let mut cluster = OpenCluster::new(id, name.clone(), name, Generation::default(), &at_first);
    cluster.mode = ReadingMode::Survey;
    for update in updates(&seen) {
        cluster.apply(update, settings, &at_first);
    }
    // What could not be read is news once it had time to be tried again, and there is no other try.
    cluster.reassess(settings, &now(settings.watch_stale.saturating_mul(2)));
    Verdict { chosen: chosen.clone(), health: cluster.standing.health, reason: cluster.standing.reason, seen, checked }
}

fn updates(seen: &Result<Glance, Failure>) -> Vec<Update> {
    let glance = match seen {
        Err(failure) => {
            let failure = failure.clone();
            return vec![Update::Link(Link::Down { failure, auth_attempts: 0, settled: false, retry_in: None })];
        }
        Ok(glance) => glance,
    };
    let mut updates = vec![Update::Link(Link::Up), Update::Identity(glance.identity.clone())];
    updates.extend(glance.version.iter().cloned().map(Update::Version));
    updates.extend(glance.beats.iter().cloned().map(Update::Beat));
    updates.push(Update::Survey(glance.survey.clone()));
    let broken = glance.uncounted.iter();
    let broken = broken.filter(|(_, why)| !matches!(why.kind, FailureKind::Forbidden | FailureKind::NotFound));
    updates.extend(broken.map(|(kind, failure)| {
        let reading = Reading::Broken { failure: failure.clone(), retry_in: Duration::ZERO };
        Update::Reading(kind.clone(), reading)
    }));
    updates
}

/// Puts the end of a task in the words of failures.
#[must_use]
pub fn failure_of(error: TaskError) -> Failure {
    match error {
        TaskError::Failed(failure) => failure,
        TaskError::TimedOut(_) => Failure::new(FailureKind::Timeout, error.to_string()),
        TaskError::Cancelled | TaskError::Panicked => Failure::new(FailureKind::Unknown, error.to_string()),
    }
}
