//! Which kinds of a cluster are read because somebody looks at them: the one on screen and the few looked at before it,
//! each for a while; and what Attention judges and the overview counts, as long as they are open. Must not know how they are read.

use std::time::Duration;

use super::clock::Now;
use super::cluster::OpenCluster;
use super::tab::Page;
use super::troubles;
use crate::model::kind::Kind;

/// Kinds read at most, besides the standing ones.
const MOST: usize = 4;
/// How long a kind is read that is not on screen any more.
const KEPT: Duration = Duration::from_secs(300);
/// How many kinds are remembered as recently used.
const RECENT: usize = 6;

/// The kinds looked at, and those remembered.
#[derive(Clone, Debug, Default)]
pub struct Looks {
    /// Read now, the latest first, with the time each was last on screen.
    read: Vec<(Kind, Duration)>,
    /// Read because Attention or the overview is open.
    attended: Vec<Kind>,
    /// Recently used, in the order in which they were first used.
    recent: Vec<Kind>,
    /// What the cluster's tasks were told last, by path.
    told: Vec<String>,
}

impl Looks {
    /// Whether a kind is read because somebody looks at it, or did a moment ago.
    #[must_use]
    pub fn has(&self, kind: &Kind) -> bool {
        self.read.iter().any(|(read, _)| read == kind) || self.attended.contains(kind)
    }

    /// The kinds that Attention judges and the overview counts, while one of them is open.
    #[must_use]
    pub fn attended(&self) -> &[Kind] {
        &self.attended
    }

    /// Kinds used lately besides the standing ones, in the order in which they were first used.
    pub fn recent(&self) -> impl Iterator<Item = &Kind> {
        self.recent.iter()
    }

    fn see(&mut self, kind: &Kind, now: Duration) {
        self.read.retain(|(read, _)| read != kind);
        self.read.insert(0, (kind.clone(), now));
        // In its newest version, where discovery has found another.
        match self.recent.iter_mut().find(|recent| *recent == kind) {
            Some(recent) => recent.clone_from(kind),
            None => self.recent.push(kind.clone()),
        }
        if self.recent.len() > RECENT {
            self.recent.remove(0);
        }
    }

    /// Takes out what was not on screen for long, or is one too many.
    fn expire(&mut self, now: Duration) -> Vec<Kind> {
        let mut place = 0;
        let (kept, gone) = std::mem::take(&mut self.read).into_iter().partition(|(_, seen)| {
            place += 1;
            place <= MOST && now.saturating_sub(*seen) <= KEPT
        });
        self.read = kept;
        let gone: Vec<(Kind, Duration)> = gone;
        gone.into_iter().map(|(kind, _)| kind).collect()
    }
}

impl OpenCluster {
    /// Notes what is on screen and lets go of what is not; returns the kinds to be read, if they are others than before.
    pub fn look(&mut self, in_front: bool, now: &Now) -> Option<Vec<Kind>> {
        if in_front && !self.view.kind().is_standing() {
            self.looks.see(self.view.kind(), now.mono);
        }
        let mut attended = if in_front { troubles::kinds(&self.resources) } else { Vec::new() };
        match self.view.page() {
            Page::Attention(_) | Page::Overview(_) => {}
            // What was found wrong there is explained from the same rows.
            Page::Explain(about, _) if about.kind.as_ref().is_some_and(|kind| attended.contains(kind)) => {}
            _ => attended.clear(),
        }
        let mut gone = std::mem::replace(&mut self.looks.attended, attended);
        gone.extend(self.looks.expire(now.mono));
        gone.retain(|kind| !self.looks.has(kind));
        for kind in gone {
            self.tables.release(&kind);
            self.readings.forget(&kind);
        }
        let mut kinds: Vec<Kind> = self.looks.read.iter().map(|(kind, _)| kind.clone()).collect();
        for kind in &self.looks.attended {
            if !kinds.contains(kind) {
                kinds.push(kind.clone());
            }
        }
        let mut paths: Vec<String> = kinds.iter().map(|kind| kind.path(None)).collect();
        paths.sort_unstable();
        if paths == self.looks.told {
            return None;
        }
        self.looks.told = paths;
        Some(kinds)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::ids::{ClusterId, Generation};
    use crate::model::resource::ApiResource;

    fn kind(plural: &str) -> Kind {
        Kind::of(Arc::new(ApiResource { plural: plural.to_owned(), version: "v1".to_owned(), ..Default::default() }))
    }

    fn at(seconds: u64) -> Now {
        Now { mono: Duration::from_secs(seconds), ..Now::default() }
    }

    #[test]
    fn the_kind_on_screen_is_read_and_others_for_a_while() {
        let mut cluster = OpenCluster::new(ClusterId::new("a"), "a".into(), "a".into(), Generation(1), &at(0));
        assert_eq!(cluster.look(true, &at(0)), None, "pods are read anyway");
        cluster.view.switch(kind("services"));
        assert_eq!(cluster.look(true, &at(1)), Some(vec![kind("services")]));
        assert_eq!(cluster.look(true, &at(2)), None, "nothing new");
        cluster.view.switch(kind("secrets"));
        assert_eq!(cluster.look(true, &at(3)), Some(vec![kind("secrets"), kind("services")]));
        assert!(cluster.looks.has(&kind("services")));
        assert_eq!(cluster.look(true, &at(400)), Some(vec![kind("secrets")]), "services were left long ago");
        assert_eq!(cluster.look(false, &at(800)), Some(Vec::new()), "so was the cluster");
        assert_eq!(cluster.looks.recent().count(), 2, "but they are remembered");
    }

    #[test]
    fn no_more_than_a_few_are_read_however_fast_one_leafs_through_them() {
        let mut cluster = OpenCluster::new(ClusterId::new("a"), "a".into(), "a".into(), Generation(1), &at(0));
        let mut last = Vec::new();
        for number in 0..20 {
            cluster.view.switch(kind(&format!("kind{number}")));
            last = cluster.look(true, &at(number)).unwrap_or_default();
        }
        assert_eq!((last.len(), last.first()), (MOST, Some(&kind("kind19"))));
        assert_eq!(cluster.looks.recent().count(), RECENT);
    }
}
