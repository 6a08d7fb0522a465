//! What is wrong in one cluster, worst first, each entry with its evidence: what Attention shows.
//!
//! Owns how findings become entries: objects of one controller with one cause are one entry, pods that suffer with their
//! node prove its entry, events lend their words.
//! What makes an object unwell is decided at the edge; must not decide it again, nor know how entries are drawn.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::ignored::Ignored;
use super::tables::Tables;
use super::troubles;
use crate::model::age::Unix;
use crate::model::event::EventRow;
use crate::model::ids::Uid;
use crate::model::kind::Kind;
use crate::model::node::NodeRow;
use crate::model::pod::PodPhase;
use crate::model::trouble::Trouble;
use crate::model::unwell::{Cause, Evidence, Unwell, subject};

/// An event about something that is not unwell by itself counts for this long. Unit: seconds.
const EVENT_COUNTS: i64 = 600;
/// A probe that failed less often may just be a slow start.
const PROBE_FAILURES: u32 = 3;
/// Pieces of evidence that an entry takes from events.
const TOLD: usize = 4;

/// Names an entry: its cause and what it is about.
pub type EntryKey = (Cause, String);

/// One entry of Attention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What ails it.
    pub cause: Cause,
    /// What it is about, as the list of ignored things knows it: `replicaset checkout/cart-7d9`.
    pub subject: String,
    /// The kind of the objects that suffer.
    pub kind: Kind,
    /// One of them: the one that has suffered for longest.
    pub uid: Option<Uid>,
    /// Its namespace; empty for what lives in none.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: String,
    /// How many suffer.
    pub count: usize,
    /// All of them whose identity is known.
    pub uids: Vec<Uid>,
    /// Since when the first of them does, if that is known.
    pub since: Option<Unix>,
    /// Why, in one line.
    pub reason: String,
    /// What proves it, the weightiest first.
    pub evidence: Vec<Evidence>,
}

impl Entry {
    /// Its name in the list.
    #[must_use]
    pub fn key(&self) -> EntryKey {
        (self.cause, self.subject.clone())
    }
}

/// The entries of one cluster, and what they were made from.
#[derive(Debug, Default)]
pub struct Attention {
    /// Worst first.
    pub entries: Vec<Entry>,
    troubles: Vec<Trouble>,
    made_for: Option<(Unix, [u64; 5])>,
}

impl Attention {
    /// Makes the entries again if rows or the clock have moved on; `kinds` are judged besides what is read anyway.
    pub fn refresh(&mut self, tables: &Tables, kinds: &[Kind], ignored: &Ignored, now: Unix) {
        let others = kinds.iter().filter_map(|kind| tables.objects(kind)).map(|table| 1 + table.version()).sum();
        let (pods, nodes) = (tables.pods.version(), tables.nodes.version());
        let versions = [pods, nodes, tables.events.version(), tables.namespaces.version(), others];
        if self.made_for != Some((now, versions)) {
            self.troubles = troubles::find(tables, kinds);
            self.entries = evaluate(tables, &self.troubles, ignored, now);
            self.made_for = Some((now, versions));
        }
    }

    /// What ails an object that is judged besides what is read anyway.
    #[must_use]
    pub fn ails(&self, uid: Uid) -> Option<&Trouble> {
        self.troubles.iter().find(|trouble| trouble.uid == uid)
    }

    /// The entries have to be made again.
    pub fn invalidate(&mut self) {
        self.made_for = None;
    }
}

/// Makes the entries: worst cause first, then the most numerous, then the longest-standing.
#[must_use]
pub fn evaluate(tables: &Tables, troubles: &[Trouble], ignored: &Ignored, now: Unix) -> Vec<Entry> {
    let mut groups = Groups::default();
    // What a node's pods suffer with it stays folded into its entry, also where that is ignored and not shown.
    let down = tables.nodes.rows().filter(|node| is_down(node, now));
    let mut down: BTreeMap<&str, Borne> = down.map(|node| (&*node.name, Borne::default())).collect();
    for pod in tables.pods.rows() {
        if let Some(unwell) = pod.unwell.as_deref().filter(|unwell| unwell.is_at(now)) {
            if down.get_mut(&*pod.node).is_some_and(|borne| borne.takes(unwell.cause)) {
                continue;
            }
            groups.add(unwell, true, &Kind::Pods, "pod", Some(pod.uid), (&pod.namespace, &pod.name));
        }
    }
    let nowhere: Arc<str> = Arc::from("");
    for node in tables.nodes.rows() {
        if let Some(unwell) = node.unwell.as_deref().filter(|unwell| unwell.is_at(now)) {
            groups.add(unwell, true, &Kind::Nodes, "node", Some(node.uid), (&nowhere, &node.name));
        }
    }
    for trouble in troubles.iter().filter(|trouble| trouble.unwell.is_at(now)) {
        let (unwell, name) = (&trouble.unwell, &trouble.name);
        if !ignored.covers(unwell.cause, &unwell.subject(&trouble.kind_word, &trouble.namespace, name)) {
            let (kind, uid) = (&trouble.kind, Some(trouble.uid));
            groups.add(unwell, trouble.dated, kind, &trouble.kind_word, uid, (&trouble.namespace, name));
        }
    }
    for (node, borne) in down {
        if let Some(entry) = groups.entries.get_mut(&(Cause::NodeNotReady, subject("node", "", node))) {
            entry.evidence.extend(borne.evidence());
        }
    }
    let events = Told::of(tables, now);
    for (cause, event) in events.causes(tables, now) {
        groups.add_event(cause, event, ignored);
    }
    let mut entries: Vec<Entry> = groups.entries.into_values().collect();
    for entry in &mut entries {
        events.lend_words(entry);
    }
    entries.sort_by(|a, b| {
        let rank = |entry: &Entry| (entry.cause, Reverse(entry.count), entry.since);
        rank(a).cmp(&rank(b)).then_with(|| a.subject.cmp(&b.subject))
    });
    entries
}

/// Whether a node is not ready, so that its pods suffer with it.
pub(super) fn is_down(node: &NodeRow, now: Unix) -> bool {
    node.unwell.as_deref().is_some_and(|it| it.from <= now && it.cause == Cause::NodeNotReady)
}

/// The pods that suffer because their node does: they prove its entry and have none of their own.
#[derive(Default)]
struct Borne {
    not_ready: usize,
    terminating: usize,
}

impl Borne {
    /// Counts a pod in if its node explains what ails it.
    fn takes(&mut self, cause: Cause) -> bool {
        match cause {
            Cause::NotReady => self.not_ready += 1,
            Cause::Terminating => self.terminating += 1,
            _ => return false,
        }
        true
    }

    fn evidence(&self) -> impl Iterator<Item = Evidence> {
        let told = [(self.not_ready, "is not ready", "are not ready"), (self.terminating, "cannot end", "cannot end")];
        told.into_iter().filter(|(count, ..)| *count > 0).map(|(count, one, many)| {
            let words = if count == 1 { format!("1 pod on it {one}") } else { format!("{count} pods on it {many}") };
            Evidence::new(words, None)
        })
    }
}

#[derive(Default)]
struct Groups {
    entries: BTreeMap<EntryKey, Entry>,
}

impl Groups {
    fn add(
        &mut self,
        unwell: &Unwell,
        dated: bool,
        kind: &Kind,
        word: &str,
        uid: Option<Uid>,
        (namespace, name): (&Arc<str>, &str),
    ) {
        let subject = unwell.subject(word, namespace, name);
        let fresh = || Entry {
            cause: unwell.cause,
            subject: subject.clone(),
            kind: kind.clone(),
            uid,
            namespace: namespace.clone(),
            name: name.to_owned(),
            count: 0,
            uids: Vec::new(),
            since: None,
            reason: String::new(),
            evidence: Vec::new(),
        };
        let entry = self.entries.entry((unwell.cause, subject.clone())).or_insert_with(fresh);
        entry.count += 1;
        entry.uids.extend(uid);
        // The one that suffers longest speaks for all; of equals, the first by name, whatever order rows come in.
        let since = Some(unwell.since).filter(|_| dated);
        if entry.count == 1 || (since, name) < (entry.since, entry.name.as_str()) {
            entry.since = since;
            entry.uid = uid;
            name.clone_into(&mut entry.name);
            entry.reason = unwell.reason.to_string();
            entry.evidence = unwell.evidence.to_vec();
        }
    }

    fn add_event(&mut self, cause: Cause, event: &EventRow, ignored: &Ignored) {
        let (kind, name) = event.object.split_once('/').unwrap_or((&event.object, ""));
        let subject = subject(kind, &event.namespace, name);
        if ignored.covers(cause, &subject) {
            return;
        }
        let entry = self.entries.entry((cause, subject.clone())).or_insert_with(|| Entry {
            cause,
            subject,
            kind: if kind == "pod" { Kind::Pods } else { Kind::Events },
            uid: if kind == "pod" { None } else { Some(event.uid) },
            namespace: event.namespace.clone(),
            name: name.to_owned(),
            count: 1,
            uids: Vec::new(),
            since: Some(event.first_seen),
            reason: event.message.to_string(),
            evidence: Vec::new(),
        });
        entry.since = Some(entry.since.map_or(event.first_seen, |since| since.min(event.first_seen)));
    }
}

/// Warnings by what they are about.
struct Told<'a> {
    by_object: HashMap<(&'a str, &'a str), Vec<&'a EventRow>>,
}

impl<'a> Told<'a> {
    fn of(tables: &'a Tables, now: Unix) -> Self {
        let mut by_object: HashMap<(&str, &str), Vec<&EventRow>> = HashMap::new();
        let counts = |event: &&EventRow| event.is_warning() && event.last_seen.seconds_until(now) <= 6 * EVENT_COUNTS;
        for event in tables.events.rows().filter(counts) {
            by_object.entry((&event.namespace, &event.object)).or_default().push(event);
        }
        for events in by_object.values_mut() {
            events.sort_by_key(|event| (Reverse(event.last_seen), event.uid));
        }
        Self { by_object }
    }

    /// What events alone say: of pods that are there and not unwell anyway, and of anything that could not be created.
    fn causes(&self, tables: &'a Tables, now: Unix) -> Vec<(Cause, &'a EventRow)> {
        let mut found = Vec::new();
        let mut of_pods: HashMap<(&str, &str), (Cause, &EventRow)> = HashMap::new();
        let mut all: Vec<_> = self.by_object.values().flatten().collect();
        all.sort_by_key(|event| event.uid);
        for event in all {
            let recent = event.last_seen.seconds_until(now) <= EVENT_COUNTS;
            let Some(cause) = cause_of(event).filter(|_| recent) else { continue };
            match event.object.strip_prefix("pod/") {
                Some(name) => drop(of_pods.insert((&event.namespace, name), (cause, event))),
                None => found.push((cause, *event)),
            }
        }
        if !of_pods.is_empty() {
            for pod in tables.pods.rows().filter(|pod| pod.unwell.is_none() && pod.phase != PodPhase::Succeeded) {
                found.extend(of_pods.get(&(&*pod.namespace, &*pod.name)));
            }
        }
        found
    }

    /// Adds what events say about an entry's object; a registry's own words become the reason.
    fn lend_words(&self, entry: &mut Entry) {
        let kind = match entry.kind {
            Kind::Pods => "pod",
            Kind::Nodes => "node",
            _ => entry.subject.split(' ').next().unwrap_or_default(),
        };
        let object = format!("{kind}/{}", entry.name);
        let namespace: &str = if entry.kind == Kind::Nodes { "default" } else { &entry.namespace };
        let Some(events) = self.by_object.get(&(namespace, object.as_str())) else { return };
        if entry.cause == Cause::Image
            && let Some(pull) = events.iter().find(|event| event.message.starts_with("Failed to pull image"))
        {
            let words = Evidence::new(format!("registry: {}", pull.message), Some(pull.last_seen));
            entry.evidence.insert(0, words);
        }
        let known = |text: &str, evidence: &[Evidence]| evidence.iter().any(|it| it.text.contains(text));
        for event in events.iter().take(TOLD) {
            if !known(&event.message, &entry.evidence) {
                let times = if event.count > 1 { format!(" ({}x)", event.count) } else { String::new() };
                let text = format!("event {}: {}{times}", event.reason, event.message);
                entry.evidence.push(Evidence::new(text, Some(event.last_seen)));
            }
        }
    }
}

/// What an event is proof of by itself.
fn cause_of(event: &EventRow) -> Option<Cause> {
    let message = &*event.message;
    if message.contains("failed calling webhook") || message.contains("failed calling admission webhook") {
        return Some(Cause::Webhook);
    }
    match &*event.reason {
        "Unhealthy" if event.count >= PROBE_FAILURES => Some(Cause::Probe),
        "FailedMount" | "FailedAttachVolume" | "FailedMapVolume" => Some(Cause::Mount),
        _ if message.contains("exceeded quota") => Some(Cause::Quota),
        _ => None,
    }
}
