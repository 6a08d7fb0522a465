//! What has been asked of a cluster and still holds when its tasks start later. Must not know when that is.

use std::sync::Arc;

use crate::model::detail::Inquiry;
use crate::model::kind::Kind;
use crate::model::subset::Subset;
use crate::model::update::{ClusterCommand, ReadingMode};

/// The standing requests to one cluster: the latest of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Its tab is in front.
    pub active: bool,
    namespaces: Option<Vec<Arc<str>>>,
    reading: Option<ReadingMode>,
    look: Option<Arc<Inquiry>>,
    pick: Option<Arc<Subset>>,
    kinds: Option<Vec<Kind>>,
}

impl Wishes {
    /// Keeps what outlives the moment. What asks to try anew does not: a cluster that starts later starts anew.
    pub fn note(&mut self, command: &ClusterCommand) {
        match command {
            ClusterCommand::Active(active) => self.active = *active,
            ClusterCommand::Namespaces(names) => self.namespaces = Some(names.clone()),
            ClusterCommand::Reading(mode) => self.reading = Some(*mode),
            ClusterCommand::Look(inquiry) => self.look.clone_from(inquiry),
            ClusterCommand::Kinds(kinds) => self.kinds = Some(kinds.clone()),
            ClusterCommand::Pick(subset) => self.pick.clone_from(subset),
            ClusterCommand::RetryNow
            | ClusterCommand::CatchUp
            | ClusterCommand::Refresh(_)
            | ClusterCommand::Rules(_)
            | ClusterCommand::Count(_)
            | ClusterCommand::Reload
            | ClusterCommand::Reconnect(_) => {}
        }
    }

    /// Returns what to tell a cluster that has just started, besides whether it is active.
    pub fn commands(&self) -> impl Iterator<Item = ClusterCommand> {
        let namespaces = self.namespaces.clone().map(ClusterCommand::Namespaces);
        let look = self.look.clone().map(|inquiry| ClusterCommand::Look(Some(inquiry)));
        let kinds = self.kinds.clone().map(ClusterCommand::Kinds);
        let pick = self.pick.clone().map(|subset| ClusterCommand::Pick(Some(subset)));
        namespaces.into_iter().chain(self.reading.map(ClusterCommand::Reading)).chain(look).chain(kinds).chain(pick)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_of_each_kind_holds_and_a_retry_does_not() {
        let mut wishes = Wishes::default();
        let names = |name: &str| ClusterCommand::Namespaces(vec![name.into()]);
        for command in [
            ClusterCommand::Active(true),
            names("old"),
            ClusterCommand::Reading(ReadingMode::Survey),
            names("new"),
            ClusterCommand::RetryNow,
        ] {
            wishes.note(&command);
        }
        assert!(wishes.active);
        let told: Vec<ClusterCommand> = wishes.commands().collect();
        assert_eq!(told, [names("new"), ClusterCommand::Reading(ReadingMode::Survey)]);
    }
}
