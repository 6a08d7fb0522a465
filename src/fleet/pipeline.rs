//! The selection pipeline as a state machine: selections and ends of jobs go in, what to start and stop comes out.
//!
//! Three phases. *Intent*: [`Pipeline::intend`] holds a selection against what is wanted and turns the difference into
//! jobs. *Work*: at most one job per cluster id; a cluster wanted again while its old tasks still end waits for that.
//! *Commit*: [`Pipeline::linked`] and [`Pipeline::closed`] take each job's end by itself, so that no cluster waits for
//! another. How many connect at once (`connect.max_parallel`) is bounded where connecting happens, retries included.
//! Knows neither tasks nor channels; time arrives as an argument.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::intent::{Plan, validate};
use super::metrics::Ring;
use super::wishes::Wishes;
use crate::cluster::connect::Target;
use crate::model::failure::FailureClass;
use crate::model::ids::{ClusterId, Generation};
use crate::model::stats::{ClusterStats, FleetStats, Outcomes, Stage};
use crate::model::update::{ClusterCommand, Link};

/// A cluster to run, and the selection it runs for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// How it is reached.
    pub target: Target,
    /// What its updates carry.
    pub generation: Generation,
    /// When it was asked for.
    pub since: Instant,
}

/// What is to be done.
#[derive(Clone, Debug)]
pub enum Step {
    /// Start this cluster's tasks, and tell them what is wished.
    Start(Wanted, Wishes),
    /// Stop this cluster's tasks, and say when they have ended.
    Stop(ClusterId),
}

/// One cluster id: at most one set of tasks, at most one job.
struct Slot {
    /// `None`: only its end is awaited.
    wanted: Option<Wanted>,
    phase: Phase,
    wishes: Wishes,
}

#[derive(Clone, Copy)]
enum Phase {
    Opening,
    Open { took: Duration },
    Closing { since: Instant },
}

/// All that is wanted, running and ending.
#[derive(Default)]
pub struct Pipeline {
    generation: Generation,
    slots: BTreeMap<ClusterId, Slot>,
    superseded: u64,
    cancelled: u64,
    coalesced: u64,
    late_closes: u64,
    opened: Outcomes,
    intent: Ring,
    open: Ring,
    close: Ring,
}

impl Pipeline {
    /// Takes in a selection: exactly these are wanted from now on. One older than the latest is ignored.
    pub fn intend(&mut self, generation: Generation, asked: Vec<Target>, now: Instant) -> Vec<Step> {
        if generation < self.generation {
            tracing::warn!(generation = generation.0, latest = self.generation.0, "a late selection is ignored");
            self.superseded += 1;
            return Vec::new();
        }
        self.generation = generation;
        let (asked, refused): (Vec<Target>, Vec<Target>) = asked.into_iter().partition(|it| validate(it).is_ok());
        for why in refused.iter().filter_map(|target| validate(target).err()) {
            tracing::error!(kind = "validate", error = why, "backend error");
        }
        let plan = Plan::between(&self.wanted(), asked);
        if plan.is_empty() {
            self.coalesced += 1;
        }
        self.announce(&plan);
        self.commit(plan, now)
    }

    /// Notes how long the latest [`Pipeline::intend`] took.
    pub fn note_intent(&mut self, took: Duration) {
        self.intent.note(took);
    }

    /// Takes in what a cluster says of its connection. The first `Up` or `Down` ends its opening.
    pub fn linked(&mut self, id: &ClusterId, generation: Generation, link: &Link, now: Instant) {
        let Some(Slot { wanted: Some(wanted), phase: phase @ Phase::Opening, .. }) = self.slots.get_mut(id) else {
            return;
        };
        if wanted.generation != generation {
            return;
        }
        let took = now.saturating_duration_since(wanted.since);
        match link {
            Link::Connecting | Link::Rebuilding | Link::Rebuilt | Link::Plugin { .. } => {}
            Link::Up => {
                *phase = Phase::Open { took };
                self.opened.up += 1;
                self.open.note(took);
                tracing::info!(cluster = %id, generation = generation.0, ms = took.as_millis() as u64, "opened");
            }
            Link::Down { failure, .. } => {
                *phase = Phase::Open { took };
                match failure.class() {
                    FailureClass::Auth => self.opened.auth_failed += 1,
                    FailureClass::Connectivity | FailureClass::Unknown => self.opened.failed += 1,
                }
                self.open.note(took);
                tracing::warn!(
                    cluster = %id, kind = ?failure.kind, detail = "opening failed; it stays selected and is tried again",
                    error = %failure.summary, ms = took.as_millis() as u64, "backend error"
                );
            }
        }
    }

    /// Notes that a closing takes longer than its limit.
    pub fn late(&mut self, id: &ClusterId) {
        self.late_closes += 1;
        tracing::error!(
            cluster = %id, kind = "close", detail = "asked for again and awaited", error = "tasks are still alive",
            "backend error"
        );
    }

    /// Notes that no task of a cluster lives any more. If it is wanted again, its turn comes now.
    pub fn closed(&mut self, id: &ClusterId, now: Instant) -> Option<Step> {
        let slot = self.slots.get_mut(id)?;
        let Phase::Closing { since } = slot.phase else { return None };
        let took = now.saturating_duration_since(since);
        self.close.note(took);
        tracing::info!(cluster = %id, ms = took.as_millis() as u64, "closed");
        if slot.wanted.is_none() {
            self.slots.remove(id);
            return None;
        }
        slot.phase = Phase::Opening;
        slot.start()
    }

    /// Notes a command; returns whether its cluster runs and is to be told now, or `None` if no such one is wanted.
    pub fn command(&mut self, id: &ClusterId, command: &ClusterCommand) -> Option<bool> {
        let slot = self.slots.get_mut(id).filter(|slot| slot.wanted.is_some())?;
        slot.wishes.note(command);
        Some(matches!(slot.phase, Phase::Opening | Phase::Open { .. }))
    }

    /// The generation of the latest selection.
    #[must_use]
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// Returns how a wanted cluster is reached.
    #[must_use]
    pub fn target(&self, id: &ClusterId) -> Option<&Target> {
        Some(&self.slots.get(id)?.wanted.as_ref()?.target)
    }

    /// Returns how each wanted cluster is reached.
    #[must_use]
    pub fn wanted(&self) -> BTreeMap<ClusterId, Target> {
        let wanted =
            self.slots.iter().filter_map(|(id, slot)| Some((id.clone(), slot.wanted.as_ref()?.target.clone())));
        wanted.collect()
    }

    /// Returns the number of jobs that wait or are at work; 0 is rest: what is wanted is what runs.
    #[must_use]
    pub fn unfinished(&self) -> usize {
        self.slots.values().filter(|slot| !matches!(slot.phase, Phase::Open { .. })).count()
    }

    /// Returns what has been measured; `tasks` counts a cluster's tasks.
    #[must_use]
    pub fn stats(&self, tasks: impl Fn(&ClusterId) -> Option<usize>) -> FleetStats {
        let count = |stage| self.slots.values().filter(|slot| slot.stage() == stage).count();
        let clusters = self.slots.iter().map(|(id, slot)| ClusterStats {
            id: id.clone(),
            generation: slot.wanted.as_ref().map(|wanted| wanted.generation).unwrap_or_default(),
            stage: slot.stage(),
            tasks: tasks(id),
            opened_in: if let Phase::Open { took } = slot.phase { Some(took) } else { None },
        });
        FleetStats {
            generation: self.generation,
            running: count(Stage::Opening) + count(Stage::Open),
            queued: count(Stage::Queued),
            opening: count(Stage::Opening),
            closing: count(Stage::Closing) + count(Stage::Queued),
            superseded: self.superseded,
            cancelled: self.cancelled,
            coalesced: self.coalesced,
            intent: self.intent.latencies(),
            open: self.open.latencies(),
            opened: self.opened,
            close: self.close.latencies(),
            late_closes: self.late_closes,
            clusters: clusters.collect(),
        }
    }

    fn announce(&self, plan: &Plan) {
        let before = self.slots.values().filter(|slot| slot.wanted.is_some()).count();
        let after = plan.to_add.len() + plan.to_keep.len() + plan.to_move.len();
        let (generation, added, removed) = (self.generation.0, plan.to_add.len(), plan.to_remove.len());
        let (kept, moved) = (plan.to_keep.len(), plan.to_move.len());
        match (before, after) {
            (0, 0) => {}
            (_, 0) => tracing::info!(generation, removed, "selection changing"),
            (0, _) => tracing::info!(generation, added, "selection changed"),
            _ => tracing::info!(generation, added, removed, kept, moved, "selection updated"),
        }
    }

    /// Makes the plan the state. What is kept is not touched: its jobs go on.
    fn commit(&mut self, plan: Plan, now: Instant) -> Vec<Step> {
        let mut steps = Vec::new();
        for id in plan.to_remove {
            let Some(slot) = self.slots.get_mut(&id) else { continue };
            slot.wanted = None;
            slot.wishes = Wishes::default();
            steps.extend(self.halt(&id, now));
        }
        for target in plan.to_move {
            let Some(slot) = self.slots.get_mut(&target.id) else { continue };
            // Who asked keeps its generation: to it, this is the same open cluster.
            if let Some(wanted) = &mut slot.wanted {
                wanted.since = now;
                wanted.target = target.clone();
            }
            if matches!(slot.phase, Phase::Opening | Phase::Open { .. }) {
                steps.extend(self.halt(&target.id, now));
            }
        }
        for target in plan.to_add {
            let id = target.id.clone();
            let wanted = Some(Wanted { target, generation: self.generation, since: now });
            if let Some(ending) = self.slots.get_mut(&id) {
                // The old tasks are on their way out; the end is awaited, then this one has its turn.
                ending.wanted = wanted;
                self.superseded += 1;
            } else {
                let slot = Slot { wanted, phase: Phase::Opening, wishes: Wishes::default() };
                steps.extend(slot.start());
                self.slots.insert(id, slot);
            }
        }
        steps
    }

    /// Ends what a slot does at the moment.
    fn halt(&mut self, id: &ClusterId, now: Instant) -> Option<Step> {
        let slot = self.slots.get_mut(id)?;
        match slot.phase {
            // It was to start once its end had come: that is all that is taken back.
            Phase::Closing { .. } => {
                self.superseded += 1;
                self.coalesced += 1;
                return None;
            }
            Phase::Opening => {
                self.superseded += 1;
                self.cancelled += 1;
            }
            Phase::Open { .. } => {}
        }
        slot.phase = Phase::Closing { since: now };
        Some(Step::Stop(id.clone()))
    }
}

impl Slot {
    fn start(&self) -> Option<Step> {
        Some(Step::Start(self.wanted.clone()?, self.wishes.clone()))
    }

    fn stage(&self) -> Stage {
        match self.phase {
            Phase::Opening => Stage::Opening,
            Phase::Open { .. } => Stage::Open,
            Phase::Closing { .. } if self.wanted.is_some() => Stage::Queued,
            Phase::Closing { .. } => Stage::Closing,
        }
    }
}

#[cfg(test)]
mod tests;
