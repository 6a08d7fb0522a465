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
use super::within::{Lead, leads};
use crate::model::failure::Failure;
use crate::model::health::Health;
use crate::model::kind::Kind;
use crate::model::update::{ClusterCommand, Counting};

/// What a namespace holds, as far as it has been counted.
#[derive(Debug)]
pub struct Content {
    asked: Arc<Counting>,
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
    for entry in &mut chooser.entries {
        let Choice::Kind(kind, Some(_)) = &entry.choice else { continue };
        match content.counts.get(kind) {
            None => {}
            Some(Ok(count)) => entry.detail = count.map_or("some".to_owned(), |count| count.to_string()),
            Some(Err(failure)) => entry.problem = Some(failure.summary.clone()),
        }
    }
}

impl App {
    /// Offers what belongs to the selected object; goes there if it is one thing alone.
    pub(super) fn ask_belongings(&mut self, effects: &mut Vec<Effect>) {
        let Some(cluster) = self.fleet.active_mut() else { return };
        let Some(object) = cluster.selected() else { return };
        if object.kind == Kind::Namespaces {
            self.ask_content(&object.name, effects);
            return;
        }
        let mut found = leads(cluster, &object);
        let word = format!("{} {}", object.kind.plural(), object.place());
        match (found.pop(), found.is_empty()) {
            (None, _) => self.toasts.push(format!("nothing is known to belong to {word}"), Health::Unknown, &self.now),
            (Some((_, lead)), true) => cluster.follow(lead),
            (Some(last), false) => {
                found.push(last);
                let entries = found.into_iter().map(|(text, lead)| Entry::new(Choice::Lead(Box::new(lead)), text));
                let mut chooser = Chooser::new("Belongs to it", entries.collect());
                chooser.note = format!("{word} on {}", cluster.name);
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
            // Some groups have a kind of the same name.
            if kinds.iter().filter(|other| other.plural() == kind.plural()).count() > 1 {
                entry.label = kind.to_string();
            }
            entry
        });
        let mut chooser = Chooser::new("In the namespace", entries.collect());
        chooser.note = format!("{namespace} on {}", cluster.name);
        // What may not be listed cannot be counted, and what Helm keeps is no kind of the server's.
        let countable = |kind: &Kind| !kind.is_helm() && cluster.not_permitted(kind).is_none();
        let kinds = kinds.into_iter().filter(countable).collect();
        let asked = Arc::new(Counting { namespace: namespace.clone(), kinds });
        cluster.content = Some(Content { asked: asked.clone(), counts: BTreeMap::new() });
        effects.push(Effect::Command(cluster.id.clone(), ClusterCommand::Count(Some(asked))));
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

impl OpenCluster {
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
