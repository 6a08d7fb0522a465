//! Which changes of health are told as notices, when, and in which words. Must not decide what a cluster's health is.

use std::time::Duration;

use super::cluster::HealthChange;
use super::state::App;
use super::toast::News;
use crate::model::health::Health;
use crate::model::ids::ClusterId;
use crate::model::update::ReadingMode;

/// How long a cluster that answers again gets to read what is in it, before that is told without.
const READS: Duration = Duration::from_secs(10);

impl App {
    /// Tells changes of health: what gets worse at once, what is back once it is known how well it is.
    pub(super) fn tell_changes(&mut self, changes: Vec<(ClusterId, String, HealthChange)>) {
        for (id, name, change) in changes {
            tracing::info!(cluster = %id, from = %change.from, to = %change.to, reason = %change.reason, "health changed");
            // The first verdict after opening is no news; what is shown as a state needs no toast as well.
            if self.network.speaks_for(&id) || change.from == Health::Unknown || !announced(change.from, change.to) {
                continue;
            }
            if change.to < Health::Warning {
                self.toasts.push_of(&name, news(change.to, change.reason, true), change.to, &self.now);
            } else if let Some(cluster) = self.fleet.get_mut(&id) {
                cluster.pending.returned = Some(self.now.mono);
            }
        }
        for cluster in self.fleet.iter_mut() {
            let Some(since) = cluster.pending.returned else { continue };
            let health = cluster.standing.health;
            let current = cluster.mode == ReadingMode::Survey || cluster.readings.are_current();
            if is_grave(health) {
                cluster.pending.returned = None;
            } else if current || self.now.since(since) >= READS {
                cluster.pending.returned = None;
                let news = news(health, cluster.standing.reason.clone(), current);
                self.toasts.push_of(&cluster.short_name, news, health, &self.now);
            }
        }
    }
}

fn is_grave(health: Health) -> bool {
    matches!(health, Health::Unhealthy | Health::AuthFailed)
}

/// Whether a change of health is worth a toast: leaving or reaching what needs a person.
fn announced(from: Health, to: Health) -> bool {
    is_grave(from) || is_grave(to)
}

/// A health in words; `current`: what is in the cluster is known as it is now.
fn news(to: Health, reason: String, current: bool) -> News {
    let (one, many) = match to {
        Health::AuthFailed => ("needs a login", "need a login"),
        Health::Unhealthy => ("is unhealthy", "are unhealthy"),
        Health::Degraded => ("is degraded", "are degraded"),
        Health::Unknown => ("is unknown", "are unknown"),
        Health::Warning => ("answers again, with a warning", "answer again, with a warning"),
        Health::Healthy if current => ("is healthy again", "are healthy again"),
        Health::Healthy => ("answers again", "answer again"),
    };
    // What is unwell in those that are back differs, and stands on the board: that they are back is the news.
    let reason = if to >= Health::Warning { String::new() } else { reason };
    News { before: "", one, many, reason }
}
