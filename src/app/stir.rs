//! A cluster that is behind: when it is worth a question out of turn, because something in it got worse and what its events
//! say of that should not wait for the next survey's time; and what became of the time in which it was not watched.
//!
//! Must not know how events are asked for, nor how often at most.

use super::cluster::OpenCluster;
use super::summary::Summary;
use crate::model::age::Unix;
use crate::model::event::EventRow;
use crate::model::kind::Kind;
use crate::model::pod::PodRow;
use crate::model::update::{Delta, Reading, ReadingMode};

/// What became of a cluster while it was not watched as a whole.
#[derive(Debug, Default)]
pub struct Behind {
    /// Something in it got worse since its events were last asked for.
    pub stirred: bool,
    /// A list of its events has begun and is not complete.
    listing_events: bool,
    /// Since when its rows are not kept; `None` while they are.
    pub unwatched_since: Option<Unix>,
}

/// Whether a pod was restarted; whatever else got worse shows in the counts.
pub fn restarted(before: Option<&PodRow>, now: &PodRow) -> bool {
    before.is_some_and(|before| now.restarts > before.restarts)
}

/// Whether more pods or nodes need a person than did before.
pub fn got_worse((pods, nodes): (usize, usize), now: &Summary) -> bool {
    now.unwell_pods > pods || now.unwell_nodes.0 > nodes
}

impl OpenCluster {
    /// Whether its events are only caught up with now and then.
    pub(super) fn rests(&self) -> bool {
        let reading = self.readings.get(&Kind::Events).map(|state| &state.reading);
        self.mode == ReadingMode::Watch && matches!(reading, Some(Reading::Polled(_)))
    }

    /// Whether its events are to be caught up with now; asked once, it is answered.
    pub(super) fn take_stirred(&mut self) -> bool {
        std::mem::take(&mut self.behind.stirred) && self.rests()
    }

    /// Takes in events; what is caught up with is told as of when it happened.
    pub(super) fn apply_events(&mut self, delta: Delta<EventRow>, now: Unix) {
        let rests = self.rests();
        let current = rests || self.is_live(&Kind::Events);
        let listing = delta.restart || self.behind.listing_events || !current;
        for row in &delta.rows {
            let at = if rests { row.last_seen.min(now) } else { now };
            self.changes.event(&self.name, self.tables.events.get(row.uid), row, listing, at);
        }
        self.behind.listing_events = (self.behind.listing_events || delta.restart) && !delta.complete;
        self.tables.events.apply(delta);
    }

    /// Tells how long nothing was watched, now that it is again.
    pub(super) fn tell_gap(&mut self, now: Unix) {
        if let Some(since) = self.behind.unwatched_since.take() {
            self.changes.gap(&self.short_name, since, now);
        }
    }
}
