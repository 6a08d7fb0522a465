//! Counts over pods and events that follow every change by themselves: a change costs what changed, not a look at all
//! rows. Must not know what the counts are for.
//!
//! Time alone changes counts too: a pod starts to need a person at a known moment, an event stops being recent. Each
//! tally knows the moment up to which it has counted; a clock that was set back calls for a recount.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::model::age::Unix;
use crate::model::event::EventRow;
use crate::model::pod::{PodPhase, PodRow};
use crate::model::unwell::{Cause, Unwell};
use crate::table::tally::Tally;

/// How many there are of each.
type Count<K> = HashMap<K, usize>;

/// Counts of pods.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodCounts {
    /// Pods by phase.
    pub phases: HashMap<PodPhase, usize>,
    /// Pods in all.
    pub all: usize,
    /// Pods that need a person by now.
    pub unwell: usize,
    /// What they suffer from.
    pub causes: Count<Cause>,
    /// Where they are.
    pub namespaces: Count<Arc<str>>,
    /// Those that will need one, by when.
    coming: BTreeMap<Unix, Count<(Arc<str>, Cause)>>,
    now: Option<Unix>,
}

/// Counts of warning events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WarningCounts {
    /// Recent warnings.
    pub recent: usize,
    /// Where they are.
    pub namespaces: Count<Arc<str>>,
    /// The recent ones by when they were last seen.
    seen: BTreeMap<Unix, Count<Arc<str>>>,
    /// What was last seen at this moment or before is not recent any more.
    horizon: Option<Unix>,
}

fn raise<K: std::hash::Hash + Eq>(count: &mut Count<K>, key: K, by: usize) {
    *count.entry(key).or_default() += by;
}

fn lower<K: std::hash::Hash + Eq>(count: &mut Count<K>, key: &K) {
    if let Some(number) = count.get_mut(key) {
        *number -= 1;
        if *number == 0 {
            count.remove(key);
        }
    }
}

/// What ails a pod, unless its user does not want to hear of it.
fn heard(pod: &PodRow) -> Option<&Unwell> {
    pod.unwell.as_deref().filter(|unwell| !unwell.ignored)
}

impl PodCounts {
    /// Starts with nothing counted, at a moment.
    #[must_use]
    pub fn at(now: Unix) -> Self {
        Self { now: Some(now), ..Self::default() }
    }

    /// Goes on to a later moment. Returns false if all rows have to be counted again.
    pub fn advance(&mut self, now: Unix) -> bool {
        if self.now.is_none_or(|before| now < before) {
            return false;
        }
        self.now = Some(now);
        while let Some(entry) = self.coming.first_entry().filter(|entry| *entry.key() <= now) {
            for ((namespace, cause), number) in entry.remove() {
                self.unwell += number;
                raise(&mut self.causes, cause, number);
                raise(&mut self.namespaces, namespace, number);
            }
        }
        true
    }

    /// The next moment at which a count changes by the passing of time alone.
    #[must_use]
    pub fn turns_at(&self) -> Option<Unix> {
        self.coming.keys().next().copied()
    }
}

impl Tally<PodRow> for PodCounts {
    fn add(&mut self, pod: &PodRow) {
        self.all += 1;
        raise(&mut self.phases, pod.phase, 1);
        let Some(unwell) = heard(pod) else { return };
        if self.now.is_some_and(|now| unwell.from <= now) {
            self.unwell += 1;
            raise(&mut self.causes, unwell.cause, 1);
            raise(&mut self.namespaces, pod.namespace.clone(), 1);
        } else {
            raise(self.coming.entry(unwell.from).or_default(), (pod.namespace.clone(), unwell.cause), 1);
        }
    }

    fn remove(&mut self, pod: &PodRow) {
        self.all -= 1;
        lower(&mut self.phases, &pod.phase);
        let Some(unwell) = heard(pod) else { return };
        if self.now.is_some_and(|now| unwell.from <= now) {
            self.unwell -= 1;
            lower(&mut self.causes, &unwell.cause);
            lower(&mut self.namespaces, &pod.namespace);
        } else if let Some(count) = self.coming.get_mut(&unwell.from) {
            lower(count, &(pod.namespace.clone(), unwell.cause));
            if count.is_empty() {
                self.coming.remove(&unwell.from);
            }
        }
    }
}

impl WarningCounts {
    /// Starts with nothing counted; what was last seen at `horizon` or before is not recent.
    #[must_use]
    pub fn since(horizon: Unix) -> Self {
        Self { horizon: Some(horizon), ..Self::default() }
    }

    /// Goes on to a later horizon. Returns false if all rows have to be counted again.
    pub fn advance(&mut self, horizon: Unix) -> bool {
        if self.horizon.is_none_or(|before| horizon < before) {
            return false;
        }
        self.horizon = Some(horizon);
        while let Some(entry) = self.seen.first_entry().filter(|entry| *entry.key() <= horizon) {
            for (namespace, number) in entry.remove() {
                self.recent -= number;
                if let Some(count) = self.namespaces.get_mut(&namespace) {
                    *count -= number;
                }
            }
        }
        self.namespaces.retain(|_, number| *number > 0);
        true
    }

    /// When the oldest of the recent ones was last seen.
    #[must_use]
    pub fn oldest(&self) -> Option<Unix> {
        self.seen.keys().next().copied()
    }

    fn counts(&self, event: &EventRow) -> bool {
        event.is_warning() && self.horizon.is_none_or(|horizon| event.last_seen > horizon)
    }
}

impl Tally<EventRow> for WarningCounts {
    fn add(&mut self, event: &EventRow) {
        if self.counts(event) {
            self.recent += 1;
            raise(&mut self.namespaces, event.namespace.clone(), 1);
            raise(self.seen.entry(event.last_seen).or_default(), event.namespace.clone(), 1);
        }
    }

    fn remove(&mut self, event: &EventRow) {
        if !self.counts(event) {
            return;
        }
        self.recent -= 1;
        lower(&mut self.namespaces, &event.namespace);
        if let Some(count) = self.seen.get_mut(&event.last_seen) {
            lower(count, &event.namespace);
            if count.is_empty() {
                self.seen.remove(&event.last_seen);
            }
        }
    }
}
