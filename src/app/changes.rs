//! What the watches saw change in one cluster: a bounded timeline, derived by comparing a row with the one it replaces.
//!
//! The one place that compares. A change costs what changed; the oldest entries give way. Must not know how it is drawn.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::cluster::HealthChange;
use crate::model::age::{Unix, age};
use crate::model::event::EventRow;
use crate::model::health::{Health, count};
use crate::model::ids::Uid;
use crate::model::kind::Kind;
use crate::model::node::NodeRow;
use crate::model::pod::{PodPhase, PodRow};
use crate::table::cell::Weight;

/// Changes kept per cluster, some 150 bytes each.
const KEPT: usize = 1_000;
/// So many warnings of one reason within [`BURST_TIME`] are one entry.
const BURST: u32 = 10;
/// Unit: seconds.
const BURST_TIME: i64 = 60;
/// Reasons whose warnings are counted at a time.
const REASONS: usize = 64;

/// What a change is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Its kind; `None` for the cluster itself.
    pub kind: Option<Kind>,
    /// The singular of its kind, in lower case.
    pub word: Box<str>,
    /// Its namespace; empty for what lives in none.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Box<str>,
    /// Its identity, if it is known.
    pub uid: Option<Uid>,
}

impl About {
    /// Whether both are the same object; one whose identity is unknown is known by its name.
    #[must_use]
    pub fn is(&self, other: &About) -> bool {
        match (self.uid, other.uid) {
            (Some(uid), Some(other)) => uid == other,
            _ => (&self.word, &self.namespace, &self.name) == (&other.word, &other.namespace, &other.name),
        }
    }

    /// `pod checkout/cart-0`.
    #[must_use]
    pub fn spoken(&self) -> String {
        crate::model::unwell::subject(&self.word, &self.namespace, &self.name)
    }
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its number: later ones are larger.
    pub number: u64,
    /// When it was seen.
    pub at: Unix,
    /// What changed.
    pub about: About,
    /// How, in one line.
    pub text: Box<str>,
    /// How much it matters.
    pub weight: Weight,
}

/// The timeline of one cluster.
#[derive(Debug, Default)]
pub struct Changes {
    kept: VecDeque<Change>,
    number: u64,
    bursts: HashMap<Arc<str>, (Unix, u32)>,
}

impl Changes {
    /// Iterates over what is kept, newest first; of one object if it is given.
    pub fn newest<'a>(&'a self, about: Option<&'a About>) -> impl Iterator<Item = &'a Change> {
        self.kept.iter().rev().filter(move |change| about.is_none_or(|about| change.about.is(about)))
    }

    /// How many are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether nothing has changed yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    fn push(&mut self, about: About, text: String, weight: Weight, now: Unix) {
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        self.number += 1;
        self.kept.push_back(Change { number: self.number, at: now, about, text: text.into(), weight });
    }

    /// Adds what may be older than what is known already, in its place.
    fn insert(&mut self, about: About, text: String, weight: Weight, at: Unix) {
        self.push(about, text, weight, at);
        let later = self.kept.iter().rev().skip(1).take_while(|change| change.at > at).count();
        if let Some(last) = self.kept.pop_back() {
            self.kept.insert(self.kept.len() - later, last);
        }
    }

    /// Compares a pod with what it was. `listing`: it may have been there all along, unseen.
    pub fn pod(&mut self, old: Option<&PodRow>, new: &PodRow, listing: bool, now: Unix) {
        let Some(old) = old else {
            if !listing {
                self.push(about_pod(new), "created".to_owned(), Weight::Plain, now);
            }
            return;
        };
        let mut said: Vec<(Weight, String)> = Vec::new();
        if old.node.is_empty() && !new.node.is_empty() {
            said.push((Weight::Plain, format!("scheduled on {}", new.node)));
        }
        if new.restarts > old.restarts {
            said.push((Weight::Warn, format!("restarted, {} in all", count(new.restarts as usize, "restart"))));
        }
        let (was_ready, is_ready) = (is_whole(old), is_whole(new));
        let ended = matches!(new.phase, PodPhase::Succeeded | PodPhase::Failed);
        if !was_ready && is_ready {
            said.push((Weight::Plain, format!("ready, {}/{}", new.ready, new.containers)));
        } else if was_ready && !is_ready && !ended {
            said.push((Weight::Warn, format!("not ready any more, {}/{}: {}", new.ready, new.containers, new.status)));
        }
        if old.phase != new.phase && ended {
            let weight = if new.phase == PodPhase::Failed { Weight::Bad } else { Weight::Quiet };
            said.push((weight, format!("ended: {}", new.status)));
        }
        if old.status != new.status && &*new.status == "Terminating" {
            said.push((Weight::Moving, "is being deleted".to_owned()));
        }
        let cause = |row: &PodRow| row.unwell.as_ref().map(|unwell| unwell.cause);
        match (&new.unwell, cause(old)) {
            (Some(unwell), before) if before != Some(unwell.cause) && unwell.from <= now => {
                said.push((Weight::Bad, unwell.reason.to_string()));
            }
            (None, Some(before)) if old.unwell_at(now).is_some() => {
                said.push((Weight::Plain, format!("well again, was {}", before.word())));
            }
            _ => {}
        }
        self.tell(about_pod(new), said, now);
    }

    /// Takes note of a pod that was deleted.
    pub fn pod_gone(&mut self, old: &PodRow, now: Unix) {
        self.push(about_pod(old), "deleted".to_owned(), Weight::Quiet, now);
    }

    /// Compares a node with what it was.
    pub fn node(&mut self, old: Option<&NodeRow>, new: &NodeRow, listing: bool, now: Unix) {
        let Some(old) = old else {
            if !listing {
                self.push(about_node(new), "joined".to_owned(), Weight::Plain, now);
            }
            return;
        };
        let mut said: Vec<(Weight, String)> = Vec::new();
        let reason = |row: &NodeRow| row.unwell.as_ref().map(|unwell| unwell.reason.to_string());
        match (old.ready, new.ready) {
            (true, false) => said.push((Weight::Bad, format!("NotReady: {}", reason(new).unwrap_or_default()))),
            (false, true) => said.push((Weight::Plain, "Ready again".to_owned())),
            _ if old.unwell.is_none() => said.extend(reason(new).map(|text| (Weight::Bad, text))),
            _ => {}
        }
        match (old.cordoned, new.cordoned) {
            (false, true) => said.push((Weight::Moving, "cordoned".to_owned())),
            (true, false) => said.push((Weight::Plain, "uncordoned".to_owned())),
            _ => {}
        }
        if old.version != new.version {
            said.push((Weight::Plain, format!("kubelet {} is now {}", old.version, new.version)));
        }
        self.tell(about_node(new), said, now);
    }

    /// Takes note of a node that has left.
    pub fn node_gone(&mut self, old: &NodeRow, now: Unix) {
        self.push(about_node(old), "left the cluster".to_owned(), Weight::Warn, now);
    }

    /// Reads a new event, or one that happened again: rollouts, and warnings that come in bursts. `now` may be the past, if it
    /// was caught up with.
    pub fn event(&mut self, name: &str, old: Option<&EventRow>, new: &EventRow, listing: bool, now: Unix) {
        if listing {
            return;
        }
        if old.is_none() && &*new.reason == "ScalingReplicaSet" {
            if let Some(text) = rollout(&new.message) {
                self.insert(about_event(new), text, Weight::Moving, now);
            }
            return;
        }
        let more = new.count.saturating_sub(old.map_or(0, |old| old.count));
        if !new.is_warning() || more == 0 {
            return;
        }
        if self.bursts.len() >= REASONS {
            self.bursts.retain(|_, (since, _)| since.seconds_until(now) <= BURST_TIME);
        }
        if self.bursts.len() >= REASONS && !self.bursts.contains_key(&new.reason) {
            return;
        }
        let burst = self.bursts.entry(new.reason.clone()).or_insert((now, 0));
        if burst.0.seconds_until(now) > BURST_TIME {
            *burst = (now, 0);
        }
        let before = burst.1;
        burst.1 = before.saturating_add(more.min(BURST));
        if before < BURST && burst.1 >= BURST {
            let text = format!("{BURST} warnings or more of {} within a minute: {}", new.reason, new.message);
            // Many objects may have a part in it; the last one is named in its words, if at all.
            self.insert(about_cluster(name), text, Weight::Warn, now);
        }
    }

    /// Takes note that nothing was watched from a moment until now.
    pub fn gap(&mut self, name: &str, since: Unix, now: Unix) {
        let text = format!("not watched for {}: what changed meanwhile is not known", age(since, now));
        self.push(about_cluster(name), text, Weight::Quiet, now);
    }

    /// Takes note of a change of the cluster's own health.
    pub fn health(&mut self, name: &str, change: &HealthChange, now: Unix) {
        let reason = if change.reason.is_empty() { String::new() } else { format!(": {}", change.reason) };
        let weight = match change.to {
            Health::Unhealthy | Health::AuthFailed => Weight::Bad,
            Health::Degraded | Health::Warning => Weight::Warn,
            Health::Unknown | Health::Healthy => Weight::Plain,
        };
        self.push(about_cluster(name), format!("{} is now {}{reason}", change.from, change.to), weight, now);
    }

    fn tell(&mut self, about: About, said: Vec<(Weight, String)>, now: Unix) {
        let Some(weight) = said.iter().map(|(weight, _)| *weight).max() else { return };
        let text = said.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("; ");
        self.push(about, text, weight, now);
    }
}

fn is_whole(pod: &PodRow) -> bool {
    pod.phase == PodPhase::Running && pod.containers > 0 && pod.ready == pod.containers
}

fn about_cluster(name: &str) -> About {
    About { kind: None, word: "cluster".into(), namespace: Arc::from(""), name: name.into(), uid: None }
}

fn about_pod(row: &PodRow) -> About {
    let namespace = row.namespace.clone();
    About { kind: Some(Kind::Pods), word: "pod".into(), namespace, name: row.name.clone(), uid: Some(row.uid) }
}

fn about_node(row: &NodeRow) -> About {
    let (word, namespace) = ("node".into(), Arc::from(""));
    About { kind: Some(Kind::Nodes), word, namespace, name: row.name.clone(), uid: Some(row.uid) }
}

/// What an event tells of.
pub(super) fn about_event(row: &EventRow) -> About {
    let (word, name) = row.object.split_once('/').unwrap_or((&row.object, ""));
    let kind = Some(if word == "pod" { Kind::Pods } else { Kind::Events });
    About { kind, word: word.into(), namespace: row.namespace.clone(), name: name.into(), uid: None }
}

/// What the deployment controller's words mean: a new replica set begins a rollout, an old one scaled to nothing ends it.
fn rollout(message: &str) -> Option<String> {
    let rest = message.strip_prefix("Scaled ")?;
    let (way, rest) = rest.split_once(" replica set ")?;
    let name = rest.split(' ').next()?;
    match way {
        "up" if rest.contains("from 0") => Some(format!("rollout began: {name} starts")),
        "down" if rest.contains(" to 0") => Some(format!("rollout finished: {name} is scaled to nothing")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rollouts_are_read_from_the_controller_s_words() {
        assert_eq!(rollout("Scaled up replica set web-7d9 from 0 to 1").unwrap(), "rollout began: web-7d9 starts");
        assert!(rollout("Scaled down replica set web-5c4 from 1 to 0").unwrap().starts_with("rollout finished"));
        assert_eq!(rollout("Scaled up replica set web-7d9 from 1 to 2"), None);
        assert_eq!(rollout("whatever"), None);
    }
}
