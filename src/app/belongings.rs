//! What belongs to the selected object, to choose from: its pods, what it owns, what is told about it; of a namespace all
//! that is in it, counted. Must not know how rows are narrowed, nor how anything is counted.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::chooser::{Choice, Chooser, Entry};
use super::cluster::OpenCluster;
use super::kinds;
use super::layer::Layer;
use super::message::Effect;
use super::state::App;
use super::within::{Lead, leads, owned_lead, owns_anything};
use crate::model::detail::ObjectRef;
use crate::model::failure::Failure;
use crate::model::health::Health;
use crate::model::kind::Kind;
use crate::model::update::{ClusterCommand, Counting};

/// What a namespace holds, or an object owns, as far as it has been counted.
#[derive(Debug)]
pub struct Content {
    asked: Arc<Counting>,
    /// The object whose own are counted; a namespace otherwise.
    of: Option<ObjectRef>,
    counts: BTreeMap<Kind, Result<Option<u64>, Failure>>,
}

impl Content {
    /// Takes in a number; one to another question is dropped.
    pub fn note(&mut self, asked: &Arc<Counting>, kind: Kind, count: Result<Option<u64>, Failure>) {
        if Arc::ptr_eq(asked, &self.asked) || **asked == *self.asked {
            self.counts.insert(kind, count);
        }
    }
}

/// Brings an open list up to date with what has been counted since.
pub fn refresh(cluster: &OpenCluster, chooser: &mut Chooser) {
    let Some(content) = &cluster.content else { return };
    if let Some(of) = &content.of {
        owned(cluster, content, of, chooser);
        return;
    }
    for entry in &mut chooser.entries {
        let Choice::Kind(kind, Some(_)) = &entry.choice else { continue };
        match content.counts.get(kind) {
            None => {}
            Some(Ok(count)) => entry.detail = count.map_or("some".to_owned(), |count| count.to_string()),
            Some(Err(failure)) => entry.problem = Some(failure.summary.clone()),
        }
    }
}

/// Tells how many of each kind the object owns; kinds join the list as something of them is found, at its end, so that nothing
/// moves from under the cursor.
fn owned(cluster: &OpenCluster, content: &Content, of: &ObjectRef, chooser: &mut Chooser) {
    let owned_kind = |entry: &Entry| match &entry.choice {
        Choice::Lead(lead) => match &**lead {
            Lead::Rows(kind, within) if within.owner().is_some() => Some(kind.clone()),
            _ => None,
        },
        _ => None,
    };
    let mut entries = chooser.entries.clone();
    for (kind, count) in &content.counts {
        let detail = match count {
            Ok(Some(0)) => "none".to_owned(),
            Ok(Some(count)) => count.to_string(),
            Ok(None) => "some".to_owned(),
            Err(_) => String::new(),
        };
        let place = entries.iter().position(|entry| owned_kind(entry).as_ref() == Some(kind));
        let place = place.or_else(|| {
            (!matches!(count, Ok(Some(0)) | Err(_))).then(|| {
                let (text, lead) = owned_lead(cluster, of, kind.clone());
                entries.push(Entry::new(Choice::Lead(Box::new(lead)), text));
                entries.len() - 1
            })
        });
        let Some(entry) = place.and_then(|place| entries.get_mut(place)) else { continue };
        entry.detail = detail;
        entry.problem = count.as_ref().err().map(|failure| failure.summary.clone());
    }
    chooser.note = note(cluster, content, of);
    if entries != chooser.entries {
        chooser.replace(entries);
    }
}

/// What is looked at, and how far: what cannot be looked through is not said to be empty.
fn note(cluster: &OpenCluster, content: &Content, of: &ObjectRef) -> String {
    let (done, all) = (content.counts.len(), content.asked.kinds.len());
    let failed = content.counts.values().filter(|count| count.is_err()).count();
    let mut note = format!("{} on {}", of.words(), cluster.name);
    if done < all {
        note = format!("{note}; {done} of {all} kinds looked through");
    }
    if failed > 0 {
        let kinds = crate::model::health::count(failed, "kind");
        note = format!("{note}; {kinds} could not be listed");
    }
    note
}

impl App {
    /// Offers what belongs to the selected object; goes there if it is one thing alone.
    pub(super) fn ask_belongings(&mut self, effects: &mut Vec<Effect>) {
        let Some(object) = self.object_meant() else { return };
        let Some(cluster) = self.fleet.active_mut() else { return };
        if object.kind == Kind::Namespaces {
            self.ask_content(&object.name, effects);
            return;
        }
        let mut found = leads(cluster, &object);
        let word = object.words();
        match (found.pop(), found.is_empty()) {
            (None, _) => self.toasts.push(format!("nothing is known to belong to {word}"), Health::Unknown, &self.now),
            (Some((_, lead)), true) => cluster.follow(lead),
            (Some(last), false) => {
                found.push(last);
                let entries = found.into_iter().map(|(text, lead)| Entry::new(Choice::Lead(Box::new(lead)), text));
                let mut chooser = Chooser::new("Belongs to it", entries.collect());
                chooser.note = format!("{word} on {}", cluster.name);
                let owner = object.uid.filter(|_| owns_anything(&object.kind));
                if let Some(owner) = owner {
                    let kinds = countable(cluster, |kind| object.namespace.is_empty() || kind.namespaced());
                    let namespace = object.namespace.clone();
                    let counting = Counting { namespace, kinds, owner: Some(owner) };
                    effects.push(cluster.count(counting, Some(object)));
                    refresh(cluster, &mut chooser);
                }
                self.layers.push(Layer::Belongings(chooser));
            }
        }
    }

    /// Offers every kind that lives in namespaces, and has what is in one of them counted.
    fn ask_content(&mut self, namespace: &Arc<str>, effects: &mut Vec<Effect>) {
        let Some(cluster) = self.fleet.active_mut() else { return };
        let kinds: Vec<Kind> = kinds::all(cluster).filter(Kind::namespaced).collect();
        let entries = kinds.iter().map(|kind| {
            let mut entry = kinds::entry(cluster, kind);
            entry.choice = Choice::Kind(kind.clone(), Some(namespace.clone()));
            entry.detail.clear();
            entry
        });
        let mut chooser = Chooser::new("In the namespace", entries.collect());
        chooser.note = format!("{namespace} on {}", cluster.name);
        let counting =
            Counting { namespace: namespace.clone(), kinds: countable(cluster, Kind::namespaced), owner: None };
        effects.push(cluster.count(counting, None));
        self.layers.push(Layer::Belongings(chooser));
    }

    /// Ends the counting once nobody looks any more.
    pub(super) fn plan_counting(&mut self) -> Option<Effect> {
        if matches!(self.layers.last(), Some(Layer::Belongings(_))) {
            return None;
        }
        let cluster = self.fleet.iter_mut().find(|cluster| cluster.content.is_some())?;
        cluster.content = None;
        Some(Effect::Command(cluster.id.clone(), ClusterCommand::Count(None)))
    }
}

/// The kinds that can be counted: not what may not be listed, nor what Helm keeps, which is no kind of the server's.
fn countable(cluster: &OpenCluster, wanted: impl Fn(&Kind) -> bool) -> Vec<Kind> {
    let countable = |kind: &Kind| !kind.is_helm() && wanted(kind) && cluster.not_permitted(kind).is_none();
    kinds::all(cluster).filter(countable).collect()
}

impl OpenCluster {
    /// Has something counted, of an object if that is whose own they are.
    fn count(&mut self, counting: Counting, of: Option<ObjectRef>) -> Effect {
        let asked = Arc::new(counting);
        self.content = Some(Content { asked: asked.clone(), of, counts: BTreeMap::new() });
        Effect::Command(self.id.clone(), ClusterCommand::Count(Some(asked)))
    }

    /// Goes where something leads.
    pub(super) fn follow(&mut self, lead: Lead) {
        match lead {
            Lead::Rows(kind, within) => self.view.show_within(kind, within),
            Lead::Kind(kind) => self.view.show(kind),
            Lead::Namespace(name) => {
                self.view.show(Kind::Pods);
                self.view.namespaces = std::iter::once(name).collect();
            }
        }
    }
}
