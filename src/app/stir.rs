//! When a cluster that rests behind is worth a question out of turn: something in it got worse, and what its events say
//! of that should not wait for the next survey's time. Must not know how they are asked for, nor how often at most.

use super::cluster::OpenCluster;
use super::summary::Summary;
use crate::model::kind::Kind;
use crate::model::pod::PodRow;
use crate::model::update::{Reading, ReadingMode};

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
        std::mem::take(&mut self.stirred) && self.rests()
    }
}
