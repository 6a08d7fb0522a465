//! What may be listed, as far as the server has said so: asked while a list of kinds is open, and of namespaces that were
//! typed in; kept for `permissions.ttl`.
//!
//! What is not known is not denied: then each kind says for itself, once it is looked at. Must not know how it is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::clock::Now;
use super::cluster::OpenCluster;
use super::kinds;
use super::layer::Layer;
use super::message::Effect;
use super::palette::namespaces_denied;
use super::state::App;
use crate::model::kind::Kind;
use crate::model::rules::Rules;
use crate::model::update::{ClusterCommand, Link};

/// Namespaces asked about at most. With more of them nothing follows from the rules.
const MOST: usize = 8;
/// A question that was not answered is asked again after this time at the earliest.
const PATIENCE: Duration = Duration::from_secs(15);

/// The rules of some namespaces of one cluster, each with when it came.
#[derive(Clone, Debug, Default)]
pub struct Permitted {
    known: BTreeMap<Arc<str>, (Rules, Duration)>,
    /// When each was last asked about.
    asked: BTreeMap<Arc<str>, Duration>,
}

impl Permitted {
    /// Takes in an answer.
    pub fn note(&mut self, namespace: Arc<str>, rules: Rules, now: &Now) {
        // Namespaces are typed by hand: whoever tries many keeps the latest.
        if self.known.len() >= 2 * MOST && !self.known.contains_key(&namespace) {
            let oldest = self.known.iter().min_by_key(|(_, (_, at))| *at).map(|(name, _)| name.clone());
            oldest.map(|name| (self.asked.remove(&name), self.known.remove(&name)));
        }
        self.known.insert(namespace, (rules, now.mono));
    }

    /// Which of some namespaces have to be asked about; they count as asked then.
    fn due(&mut self, namespaces: &[Arc<str>], ttl: Duration, now: &Now) -> Vec<Arc<str>> {
        let is_due = |name: &&Arc<str>| {
            let known = self.known.get(*name).is_some_and(|(_, at)| now.since(*at) < ttl);
            let asked = self.asked.get(*name).is_some_and(|at| now.since(*at) < PATIENCE);
            !known && !asked
        };
        let due: Vec<Arc<str>> = namespaces.iter().filter(is_due).cloned().collect();
        self.asked.retain(|_, at| now.since(*at) < PATIENCE);
        self.asked.extend(due.iter().map(|name| (name.clone(), now.mono)));
        due
    }
}

impl OpenCluster {
    /// The namespaces that are read where the whole is forbidden: what may be listed in none of them may not be listed.
    fn ruled(&self) -> Vec<Arc<str>> {
        let own = self.identity.as_ref().and_then(|identity| identity.namespace.as_deref()).unwrap_or("default");
        let mut namespaces = vec![Arc::from(own)];
        namespaces.extend(self.asked_namespaces().into_iter().filter(|name| **name != *own));
        namespaces
    }

    /// Why a kind may not be listed, as far as the rules say so for certain.
    #[must_use]
    pub fn not_permitted(&self, kind: &Kind) -> Option<String> {
        let namespaces = self.ruled();
        let denied = |name: &Arc<str>| self.permitted.known.get(name).is_some_and(|(rules, _)| rules.deny(kind));
        if !namespaces.iter().all(denied) {
            return None;
        }
        let what = if kind.is_helm() { "secrets" } else { kind.plural() };
        Some(if kind.namespaced() {
            format!("no permission to list {what} in {}", namespaces.join(", "))
        } else {
            format!("no permission to list {what}")
        })
    }

    /// Why nothing of a namespace can be shown, as far as that is known.
    #[must_use]
    pub fn barred(&self, namespace: &str) -> Option<&'static str> {
        let (rules, _) = self.permitted.known.get(namespace)?;
        let mut kinds = kinds::all(self).filter(Kind::namespaced);
        if rules.missing {
            Some("there is no such namespace")
        } else {
            kinds.all(|kind| rules.deny(&kind)).then_some("no access: nothing may be listed there")
        }
    }

    /// Why none of the selected namespaces can show a kind, each with its reason; empty if one can, or may.
    #[must_use]
    pub fn barred_here(&self, kind: &Kind) -> Vec<String> {
        let selected = if kind.namespaced() { &self.view.namespaces } else { &BTreeSet::new() };
        let why = |name: &Arc<str>| {
            let denied = || self.permitted.known.get(name).filter(|(rules, _)| rules.deny(kind));
            let denied = || denied().map(|_| format!("no permission to list {} there", kind.plural()));
            let why = self.barred(name).map(str::to_owned).or_else(denied)?;
            Some(format!("{name}: {why}"))
        };
        selected.iter().map(why).collect::<Option<Vec<String>>>().unwrap_or_default()
    }

    /// Asks about what is not known any more.
    fn ask_rules(&mut self, ttl: Duration, now: &Now) -> Option<Effect> {
        let namespaces = self.ruled();
        if self.link != Link::Up || namespaces.len() > MOST {
            return None;
        }
        let due = self.permitted.due(&namespaces, ttl, now);
        (!due.is_empty()).then(|| Effect::Command(self.id.clone(), ClusterCommand::Rules(due)))
    }
}

impl App {
    /// Asks the cluster in front what may be listed there, while a list of its kinds is open, or where namespaces are typed.
    pub(super) fn plan_rules(&mut self) -> Option<Effect> {
        let listed = matches!(self.layers.last(), Some(Layer::Palette(_) | Layer::Kinds(_)));
        let cluster = self.fleet.active_mut()?;
        // A namespace that was typed in may be another's, or none.
        let typed = namespaces_denied(cluster) && !cluster.asked_namespaces().is_empty();
        if !listed && !typed {
            return None;
        }
        let ttl = cluster.settings(&self.settings).permissions_ttl;
        cluster.ask_rules(ttl, &self.now)
    }
}
