//! Counts over one cluster's rows: pods by phase, what is unwell and where, nodes ready, recent warnings.
//!
//! Must not decide what unwell means (the rows say) nor what follows from it (health does).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::counts::{PodCounts, WarningCounts};
use super::ignored::Ignored;
use super::tables::Tables;
use crate::model::age::Unix;
use crate::model::amount::Amounts;
use crate::model::pod::PodPhase;
use crate::model::survey::Survey;
use crate::model::unwell::Cause;
use crate::table::order::sooner;

/// Counts over one cluster.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Pods in all.
    pub pods: usize,
    /// Pods by phase.
    pub running: usize,
    /// Pods pending.
    pub pending: usize,
    /// Pods that ended well.
    pub succeeded: usize,
    /// Pods that failed.
    pub failed: usize,
    /// Pods that need a person; cuts across the phases.
    pub unwell_pods: usize,
    /// The worst that they suffer from, for example `crash-looping`.
    pub unwell_word: Option<String>,
    /// Nodes in all.
    pub nodes: usize,
    /// Nodes ready.
    pub nodes_ready: usize,
    /// What all nodes together have; `None` if no node is known.
    pub capacity: Option<Amounts>,
    /// Nodes that need a person, and what ails the first.
    pub unwell_nodes: (usize, Option<String>),
    /// Warning events within `events_recent`.
    pub warnings: usize,
    /// Per namespace: unwell pods, recent warnings.
    pub namespaces: BTreeMap<Arc<str>, (usize, usize)>,
}

impl Summary {
    /// Takes a survey's counts; what is ignored does not count, be it a cause or an object.
    #[must_use]
    pub fn of_survey(survey: &Survey, ignored: &Ignored) -> Self {
        let (nodes, nodes_ready) = survey.nodes.unwrap_or_default();
        let pods = survey.pods.clone().unwrap_or_default();
        let passed_over = |cause: Cause| -> usize {
            let of_cause =
                pods.subjects.iter().filter(|((subject, known), _)| *known == cause && ignored.covers(cause, subject));
            of_cause.map(|(_, number)| number).sum()
        };
        let heard = || {
            let counted = pods.unwell.iter().filter(|(cause, _)| !ignored.covers_cause(*cause));
            let counted = counted.map(|(cause, number)| (*cause, number.saturating_sub(passed_over(*cause))));
            counted.filter(|(_, number)| *number > 0)
        };
        let mut unwell_nodes = survey.unwell_nodes.clone();
        let ignored_nodes = |(subject, cause, _): &&(Box<str>, Cause, Box<str>)| ignored.covers(*cause, subject);
        let quiet = survey.each_unwell_node.iter().filter(ignored_nodes).count();
        if quiet > 0 {
            let heard = survey.each_unwell_node.iter().filter(|node| !ignored_nodes(node));
            let first = heard.min_by_key(|(subject, _, _)| subject);
            unwell_nodes = (unwell_nodes.0.saturating_sub(quiet), first.map(|(_, _, ailment)| ailment.to_string()));
        }
        let unwell_pods = heard().map(|(_, number)| number).sum();
        Self {
            pods: pods.running + pods.pending + pods.failed,
            running: pods.running,
            pending: pods.pending,
            failed: pods.failed,
            unwell_pods,
            unwell_word: worst_word(heard(), unwell_pods),
            nodes,
            nodes_ready,
            capacity: survey.capacity,
            unwell_nodes,
            warnings: survey.warnings.unwrap_or_default(),
            ..Self::default()
        }
    }
}

/// Remembers when the summary has to be made again.
#[derive(Debug, Default)]
pub struct Freshness {
    versions: (u64, u64, u64),
    /// The next moment a count changes by the passing of time alone.
    turns_at: Option<Unix>,
    made_at: Option<Unix>,
}

/// Makes the summary again if rows or the time call for it; returns whether it changed. Pods and events are counted as
/// they change; nodes are few.
pub fn refresh(
    summary: &mut Summary,
    freshness: &mut Freshness,
    tables: &mut Tables,
    recent: Duration,
    now: Unix,
) -> bool {
    let versions = (tables.pods.version(), tables.nodes.version(), tables.events.version());
    let turned = freshness.turns_at.is_some_and(|at| at <= now);
    // A clock that was set back may bring back what was over.
    let backwards = freshness.made_at.is_some_and(|at| now < at);
    if freshness.made_at.is_some() && !turned && !backwards && freshness.versions == versions {
        return false;
    }
    let recent = recent.as_secs() as i64;
    if !tables.pods.tally_mut().advance(now) {
        tables.pods.recount(PodCounts::at(now));
    }
    if !tables.events.tally_mut().advance(now.plus(-recent)) {
        tables.events.recount(WarningCounts::since(now.plus(-recent)));
    }
    let mut fresh = Summary::default();
    pods(&mut fresh, tables.pods.tally());
    let nodes_turn = nodes(&mut fresh, tables, now);
    warnings(&mut fresh, tables.events.tally());
    let expires = tables.events.tally().oldest().map(|seen| seen.plus(recent));
    let turns_at = [tables.pods.tally().turns_at(), nodes_turn, expires].into_iter().flatten().min();
    *freshness = Freshness { versions, turns_at, made_at: Some(now) };
    let changed = fresh != *summary;
    *summary = fresh;
    changed
}

fn pods(summary: &mut Summary, counts: &PodCounts) {
    let of = |phase| counts.phases.get(&phase).copied().unwrap_or_default();
    summary.pods = counts.all;
    summary.running = of(PodPhase::Running);
    summary.pending = of(PodPhase::Pending);
    summary.succeeded = of(PodPhase::Succeeded);
    summary.failed = of(PodPhase::Failed);
    summary.unwell_pods = counts.unwell;
    for (namespace, number) in &counts.namespaces {
        summary.namespaces.entry(namespace.clone()).or_default().0 = *number;
    }
    summary.unwell_word = worst_word(counts.causes.iter().map(|(cause, number)| (*cause, *number)), counts.unwell);
}

fn warnings(summary: &mut Summary, counts: &WarningCounts) {
    summary.warnings = counts.recent;
    for (namespace, number) in &counts.namespaces {
        summary.namespaces.entry(namespace.clone()).or_default().1 = *number;
    }
}

/// The worst that any of the unwell suffers from; with its count unless all of them do.
fn worst_word(causes: impl Iterator<Item = (Cause, usize)>, all: usize) -> Option<String> {
    let (cause, number) = causes.min()?;
    let word = cause.word();
    Some(if number == all { word.to_owned() } else { format!("unwell ({number} {word})") })
}

/// Counts the nodes; returns the next moment at which one starts to need a person.
fn nodes(summary: &mut Summary, tables: &Tables, now: Unix) -> Option<Unix> {
    let mut first: Option<(&str, &str)> = None;
    let mut turns_at = None;
    for node in tables.nodes.rows() {
        summary.nodes += 1;
        summary.nodes_ready += usize::from(node.ready);
        summary.capacity = Some(summary.capacity.unwrap_or_default().plus(node.capacity));
        let coming = node.unwell.as_ref().filter(|unwell| !unwell.ignored && unwell.from > now);
        turns_at = sooner(turns_at, coming.map(|unwell| unwell.from));
        if node.unwell.as_deref().is_some_and(|unwell| unwell.is_at(now)) {
            summary.unwell_nodes.0 += 1;
            if first.is_none_or(|(name, _)| *node.name < *name) {
                first = Some((&node.name, node.ailment().unwrap_or_default()));
            }
        }
    }
    summary.unwell_nodes.1 = first.map(|(_, word)| word.to_owned());
    turns_at
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;
    use crate::model::age::Moment;
    use crate::model::amount::Amounts;
    use crate::model::event::EventRow;
    use crate::model::ids::Uid;
    use crate::model::pod::PodRow;
    use crate::model::unwell::Unwell;
    use crate::model::update::{Delta, Scope};

    const RECENT: i64 = 20;

    fn pod(uid: u128, namespace: u8, phase: PodPhase, unwell: Option<i64>) -> PodRow {
        let cause = if uid.is_multiple_of(2) { Cause::CrashLoop } else { Cause::Unschedulable };
        PodRow {
            uid: Uid(uid),
            namespace: Arc::from(format!("ns-{namespace}")),
            name: "p".into(),
            node: Arc::from(""),
            status: Arc::from(if uid.is_multiple_of(2) { "CrashLoopBackOff" } else { "Pending" }),
            phase,
            ready: 0,
            containers: 1,
            restarts: 0,
            last_restart: Moment::NONE,
            created: Unix(0),
            ip: None,
            requests: Amounts::NONE,
            limits: Amounts::NONE,
            usage: Amounts::NONE,
            unwell: unwell.map(|from| Box::new(Unwell::new(Unix(from), cause, "r"))),
            rare: None,
        }
    }

    fn event(uid: u128, namespace: u8, seen: i64, warning: bool) -> EventRow {
        EventRow {
            uid: Uid(uid),
            namespace: Arc::from(format!("ns-{namespace}")),
            name: "e".into(),
            last_seen: Unix(seen),
            first_seen: Unix(seen),
            event_type: Arc::from(if warning { "Warning" } else { "Normal" }),
            reason: Arc::from("r"),
            object: "o".into(),
            subobject: Arc::from(""),
            source: Arc::from(""),
            message: "m".into(),
            count: 1,
        }
    }

    fn delta<R>(rows: Vec<R>, gone: Vec<Uid>, full: bool) -> Delta<R> {
        Delta { scope: Scope::Cluster, restart: full, rows, gone, complete: full }
    }

    /// The slow way: a look at every row.
    fn rescan(tables: &Tables, now: Unix) -> Summary {
        let mut summary = Summary::default();
        let mut causes: HashMap<Cause, usize> = HashMap::new();
        for pod in tables.pods.rows() {
            summary.pods += 1;
            match pod.phase {
                PodPhase::Running => summary.running += 1,
                PodPhase::Pending => summary.pending += 1,
                PodPhase::Succeeded => summary.succeeded += 1,
                PodPhase::Failed => summary.failed += 1,
                PodPhase::Unknown => {}
            }
            if let Some(unwell) = pod.unwell.as_deref().filter(|unwell| unwell.is_at(now)) {
                summary.unwell_pods += 1;
                *causes.entry(unwell.cause).or_default() += 1;
                summary.namespaces.entry(pod.namespace.clone()).or_default().0 += 1;
            }
        }
        summary.unwell_word = worst_word(causes.into_iter(), summary.unwell_pods);
        for event in tables.events.rows().filter(|event| event.is_warning() && event.last_seen.plus(RECENT) > now) {
            summary.warnings += 1;
            summary.namespaces.entry(event.namespace.clone()).or_default().1 += 1;
        }
        summary
    }

    #[derive(Clone, Debug)]
    enum Step {
        Pod(u128, u8, PodPhase, Option<i64>),
        Event(u128, u8, i64, bool),
        Gone(u128),
        Resync(Vec<u128>),
        /// The clock moves, now and then backwards.
        Time(i64),
        Clear,
    }

    fn step() -> impl Strategy<Value = Step> {
        let phase = prop_oneof![Just(PodPhase::Running), Just(PodPhase::Pending), Just(PodPhase::Failed)];
        let unwell = proptest::option::of(0..120_i64);
        prop_oneof![
            6 => (0..12_u128, 0..3_u8, phase, unwell).prop_map(|(uid, ns, phase, from)| Step::Pod(uid, ns, phase, from)),
            6 => (0..12_u128, 0..3_u8, 0..120_i64, any::<bool>()).prop_map(|(uid, ns, at, bad)| Step::Event(uid, ns, at, bad)),
            3 => (0..12_u128).prop_map(Step::Gone),
            1 => proptest::collection::vec(0..12_u128, 0..4).prop_map(Step::Resync),
            4 => (-15..30_i64).prop_map(Step::Time),
            1 => Just(Step::Clear),
        ]
    }

    proptest! {
        #[test]
        fn counts_that_follow_every_change_equal_a_full_rescan(steps in proptest::collection::vec(step(), 1..80)) {
            let (mut tables, mut now) = (Tables::default(), Unix(0));
            let (mut summary, mut freshness) = (Summary::default(), Freshness::default());
            for step in steps {
                match step {
                    Step::Pod(uid, ns, phase, from) => {
                        tables.pods.apply(delta(vec![pod(uid, ns, phase, from)], Vec::new(), false));
                    }
                    Step::Event(uid, ns, at, bad) => {
                        tables.events.apply(delta(vec![event(uid, ns, at, bad)], Vec::new(), false));
                    }
                    Step::Gone(uid) => {
                        tables.pods.apply(delta(Vec::new(), vec![Uid(uid)], false));
                        tables.events.apply(delta(Vec::new(), vec![Uid(uid)], false));
                    }
                    Step::Resync(uids) => {
                        let rows = uids.into_iter().map(|uid| pod(uid, 1, PodPhase::Running, Some(50))).collect();
                        tables.pods.apply(delta(rows, Vec::new(), true));
                    }
                    Step::Time(by) => now = now.plus(by),
                    Step::Clear => tables.clear(),
                }
                refresh(&mut summary, &mut freshness, &mut tables, Duration::from_secs(RECENT as u64), now);
                prop_assert_eq!(&summary, &rescan(&tables, now));
            }
        }
    }
}
