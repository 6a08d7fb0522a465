//! Counts over one cluster's rows: pods by phase, what is unwell and where, nodes ready, recent warnings.
//!
//! Must not decide what unwell means (the rows say) nor what follows from it (health does).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use super::tables::Tables;
use crate::model::age::Unix;
use crate::model::pod::PodPhase;
use crate::model::update::Survey;

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
    /// What most of them suffer from, for example `crash-looping`.
    pub unwell_word: Option<String>,
    /// Nodes in all.
    pub nodes: usize,
    /// Nodes ready.
    pub nodes_ready: usize,
    /// Nodes that need a person, and what ails the first.
    pub unwell_nodes: (usize, Option<String>),
    /// Warning events within `events_recent`.
    pub warnings: usize,
    /// Per namespace: unwell pods, recent warnings.
    pub namespaces: BTreeMap<Arc<str>, (usize, usize)>,
}

impl From<&Survey> for Summary {
    fn from(survey: &Survey) -> Self {
        let (nodes, nodes_ready) = survey.nodes.unwrap_or_default();
        let pods = survey.pods.clone().unwrap_or_default();
        let unwell_pods = pods.unwell.iter().map(|(_, number)| number).sum();
        let words = pods.unwell.iter().map(|(status, number)| (trouble(status, PodPhase::Unknown), *number));
        Self {
            pods: pods.running + pods.pending + pods.failed,
            running: pods.running,
            pending: pods.pending,
            failed: pods.failed,
            unwell_pods,
            unwell_word: worst_word(words, unwell_pods),
            nodes,
            nodes_ready,
            unwell_nodes: survey.unwell_nodes.clone(),
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
    made: bool,
}

/// Makes the summary again if rows or the time call for it; returns whether it changed.
pub fn refresh(summary: &mut Summary, freshness: &mut Freshness, tables: &Tables, recent: Duration, now: Unix) -> bool {
    let versions = (tables.pods.version(), tables.nodes.version(), tables.events.version());
    let turned = freshness.turns_at.is_some_and(|at| at <= now);
    if freshness.made && !turned && freshness.versions == versions {
        return false;
    }
    let mut turns_at = None;
    let mut fresh = Summary::default();
    pods(&mut fresh, tables, now, &mut turns_at);
    nodes(&mut fresh, tables, now);
    events(&mut fresh, tables, recent, now, &mut turns_at);
    *freshness = Freshness { versions, turns_at, made: true };
    let changed = fresh != *summary;
    *summary = fresh;
    changed
}

fn sooner(turns_at: &mut Option<Unix>, at: Unix) {
    *turns_at = Some(turns_at.map_or(at, |known| known.min(at)));
}

fn pods(summary: &mut Summary, tables: &Tables, now: Unix, turns_at: &mut Option<Unix>) {
    let mut words: HashMap<&'static str, usize> = HashMap::new();
    for pod in tables.pods.rows() {
        summary.pods += 1;
        match pod.phase {
            PodPhase::Running => summary.running += 1,
            PodPhase::Pending => summary.pending += 1,
            PodPhase::Succeeded => summary.succeeded += 1,
            PodPhase::Failed => summary.failed += 1,
            PodPhase::Unknown => {}
        }
        match &pod.unwell {
            Some(unwell) if unwell.from <= now => {
                summary.unwell_pods += 1;
                *words.entry(trouble(&pod.status, pod.phase)).or_default() += 1;
                summary.namespaces.entry(pod.namespace.clone()).or_default().0 += 1;
            }
            Some(unwell) => sooner(turns_at, unwell.from),
            None => {}
        }
    }
    summary.unwell_word = worst_word(words.into_iter(), summary.unwell_pods);
}

/// What most of the unwell suffer from; with its count unless all of them do.
fn worst_word(words: impl Iterator<Item = (&'static str, usize)>, all: usize) -> Option<String> {
    let (word, number) = words.max_by_key(|(word, number)| (*number, *word))?;
    Some(if number == all { word.to_owned() } else { format!("unwell ({number} {word})") })
}

/// Puts a pod's trouble into the words of the fleet strip.
fn trouble(status: &str, phase: PodPhase) -> &'static str {
    let status = status.strip_prefix("Init:").unwrap_or(status);
    match status {
        "CrashLoopBackOff" => "crash-looping",
        "ImagePullBackOff" | "ErrImagePull" | "InvalidImageName" | "ErrImageNeverPull" => "without their image",
        "Terminating" => "stuck terminating",
        "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError" => "unable to start",
        "Pending" => "unschedulable",
        "OOMKilled" => "out of memory",
        "Running" => "not ready",
        _ => match phase {
            PodPhase::Running => "not ready",
            PodPhase::Failed => "failed",
            PodPhase::Pending => "not starting",
            PodPhase::Succeeded | PodPhase::Unknown => "unwell",
        },
    }
}

fn nodes(summary: &mut Summary, tables: &Tables, now: Unix) {
    let mut first: Option<(&str, &str)> = None;
    for node in tables.nodes.rows() {
        summary.nodes += 1;
        summary.nodes_ready += usize::from(node.ready);
        if let Some(unwell) = node.unwell.as_deref().filter(|unwell| unwell.from <= now) {
            summary.unwell_nodes.0 += 1;
            if first.is_none_or(|(name, _)| *node.name < *name) {
                // The condition is enough here; the kubelet's sentence about it stands with the node.
                let condition = unwell.reason.split(':').next().unwrap_or_default();
                let word = if node.ready { condition } else { "NotReady" };
                first = Some((&node.name, word));
            }
        }
    }
    summary.unwell_nodes.1 = first.map(|(_, word)| word.to_owned());
}

fn events(summary: &mut Summary, tables: &Tables, recent: Duration, now: Unix, turns_at: &mut Option<Unix>) {
    let recent = recent.as_secs() as i64;
    for event in tables.events.rows().filter(|event| event.is_warning()) {
        let until = event.last_seen.plus(recent);
        if until > now {
            summary.warnings += 1;
            summary.namespaces.entry(event.namespace.clone()).or_default().1 += 1;
            sooner(turns_at, until);
        }
    }
}
