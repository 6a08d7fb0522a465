//! What the server picks of the table on screen: by the selectors of its filter, and by those of the object one came
//! through. Must not know how the server is asked, nor how rows are kept: it holds identities alone.
//!
//! Rows that the server was asked about are shown once it has answered, never before; while it is asked about others, or
//! makes nothing of what was typed, those it picked last stay.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::cluster::OpenCluster;
use super::filtering::Filtered;
use super::layer::Layer;
use super::message::Effect;
use super::state::App;
use crate::model::detail::ObjectRef;
use crate::model::failure::FailureKind;
use crate::model::hash::QuickSet;
use crate::model::ids::Uid;
use crate::model::kind::Kind;
use crate::model::subset::{Selectors, Subset};
use crate::model::update::{ClusterCommand, Delta, Reading, Scope};
use crate::table::filter::selector::apart;
use crate::table::query::Only;

/// The selectors in a filter, and of which text they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    /// `None` if it is to be read again.
    text: Option<String>,
    /// What the server is asked to pick by.
    pub selectors: Selectors,
    /// What of the text is left to the rows.
    pub rest: String,
}

impl Typed {
    /// Reads a filter, if it is another one than before.
    pub fn read(&mut self, text: &str) {
        if self.text.as_deref() != Some(text) {
            let (selectors, rest) = apart(text);
            *self = Self { text: Some(text.to_owned()), selectors, rest };
        }
    }

    /// Reads a filter that is being typed: what it asks the server is not in force yet.
    fn glance(&mut self, text: &str) {
        self.text = None;
        self.rest = apart(text).1;
    }
}

/// What is known of one scope.
#[derive(Debug, Default)]
struct Listing {
    uids: QuickSet<Uid>,
    /// Those of a listing that is not complete.
    fresh: Option<QuickSet<Uid>>,
}

/// A picked set.
type Uids = Arc<QuickSet<Uid>>;

/// What the server has picked.
#[derive(Debug)]
pub struct Picked {
    asked: Arc<Subset>,
    /// The selectors of the filter that are part of it.
    typed: Selectors,
    within: Option<ObjectRef>,
    listings: BTreeMap<Scope, Listing>,
    uids: Uids,
    /// It has answered in full.
    ready: bool,
    refused: Option<String>,
    broken: Option<String>,
    /// What was shown of the same table before, and by which selectors of the filter.
    before: Option<(Selectors, Uids)>,
}

/// How the server-side part of a filter stands, for whoever shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stand {
    /// These rows are picked by it.
    InForce(Selectors),
    /// It is asked for; rows picked by another stay meanwhile, if there are any.
    Asked(Selectors, Option<Selectors>),
    /// The server refuses it, in its words; the rows are those from before.
    Refused(Selectors, String, Option<Selectors>),
    /// The question or the answer got lost on the way, and is asked again by itself.
    Broken(Selectors, String),
}

impl Picked {
    fn new(asked: Arc<Subset>, typed: Selectors, within: Option<ObjectRef>, last: Option<Picked>) -> Self {
        let same = |last: &Picked| last.asked.kind == asked.kind && last.within == within;
        let before =
            last.filter(same).and_then(|last| if last.ready { Some((last.typed, last.uids)) } else { last.before });
        Self {
            asked,
            typed,
            within,
            listings: BTreeMap::new(),
            uids: Arc::default(),
            ready: false,
            refused: None,
            broken: None,
            before,
        }
    }

    /// Takes in which objects are picked.
    pub fn note(&mut self, subset: &Arc<Subset>, delta: Delta<Uid>) {
        if *subset != self.asked {
            return;
        }
        let listing = self.listings.entry(delta.scope).or_default();
        if delta.restart {
            listing.fresh = Some(QuickSet::default());
        }
        let shown = Arc::clone(&self.uids);
        let mut news =
            delta.rows.iter().any(|uid| !shown.contains(uid)) || delta.gone.iter().any(|it| shown.contains(it));
        if let Some(fresh) = &mut listing.fresh {
            fresh.extend(delta.rows.iter().copied());
            for uid in &delta.gone {
                fresh.remove(uid);
            }
        }
        listing.uids.extend(delta.rows);
        for uid in &delta.gone {
            listing.uids.remove(uid);
        }
        if delta.complete
            && let Some(fresh) = listing.fresh.take()
        {
            listing.uids = fresh;
            self.ready = true;
            (self.refused, self.broken) = (None, None);
            news = true;
        }
        // A first answer is shown as a whole: it is gathered before it is put together.
        if news && self.ready {
            let mut all = self.listings.values();
            let mut uids = all.next().map(|listing| listing.uids.clone()).unwrap_or_default();
            all.for_each(|listing| uids.extend(listing.uids.iter().copied()));
            self.uids = Arc::new(uids);
        }
    }

    /// Takes in how far that is read.
    pub fn note_reading(&mut self, subset: &Arc<Subset>, reading: &Reading) {
        if *subset != self.asked {
            return;
        }
        match reading {
            Reading::Waiting => {}
            Reading::Live | Reading::Polled(_) => (self.refused, self.broken) = (None, None),
            Reading::Forbidden(words) => self.refuse(words.clone()),
            Reading::Missing => self.refuse(format!("this server has no {}", self.asked.kind.plural())),
            Reading::Broken { failure, .. } if failure.kind == FailureKind::Invalid => {
                self.refuse(failure.summary.clone());
            }
            Reading::Broken { failure, .. } => self.broken = Some(failure.summary.clone()),
        }
    }

    fn refuse(&mut self, words: String) {
        self.refused = Some(words);
        self.broken = None;
        if std::mem::take(&mut self.ready) {
            self.listings.clear();
            self.uids = Arc::default();
        }
    }

    /// The rows to show; `None` for all of them.
    fn rows(&self) -> Option<Uids> {
        match (&self.before, self.ready) {
            (_, true) => Some(Arc::clone(&self.uids)),
            (Some((_, uids)), false) => Some(Arc::clone(uids)),
            // The last good rows of a table that was not narrowed are all of its rows.
            (None, false) if self.refused.is_some() && self.within.is_none() => None,
            (None, false) => Some(Arc::default()),
        }
    }

    /// Whether the server has not said yet which rows it picks, and nothing stands in for them.
    #[must_use]
    pub fn awaited(&self) -> bool {
        !self.ready && self.before.is_none() && self.refused.is_none()
    }

    /// Why the server picks nothing, or has not said so.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        self.refused.as_deref().or(self.broken.as_deref()).filter(|_| !self.ready)
    }

    /// How the selectors of the filter stand; `None` if it has none and had none.
    #[must_use]
    pub fn stand(&self) -> Option<Stand> {
        let typed = self.typed.clone();
        let before = self.before.as_ref().map(|(by, _)| by.clone()).filter(|by| !by.is_empty());
        if typed.is_empty() && (self.ready || before.is_none()) {
            return None;
        }
        Some(match (&self.refused, &self.broken) {
            (Some(words), _) => Stand::Refused(typed, words.clone(), before),
            (None, Some(words)) => Stand::Broken(typed, words.clone()),
            (None, None) if self.ready => Stand::InForce(typed),
            (None, None) => Stand::Asked(typed, before),
        })
    }
}

impl OpenCluster {
    /// What the server has to pick for the table on screen; `None` if that is nothing, or is not known yet.
    fn subset(&self) -> Option<Subset> {
        let kind = self.view.kind();
        if kind.is_helm() {
            return None;
        }
        let (mut namespace, mut by, mut owner) = (None, self.view.kind_view().typed.selectors.clone(), None);
        if let Some(within) = self.view.within().filter(|within| within.is_picked()) {
            let own = self.members.as_ref().filter(|members| members.asked.object == within.of)?.selectors()?;
            by = own.and(&by);
            namespace = Some(&within.of.namespace).filter(|name| !name.is_empty()).cloned();
            owner = within.owner();
        }
        (!by.is_empty() || owner.is_some()).then(|| Subset { kind: kind.clone(), namespace, by, owner })
    }

    /// What the cluster's tasks have to be told about it, if that is something else than before.
    fn pick(&mut self) -> Option<ClusterCommand> {
        let wanted = self.subset();
        let typed = self.view.kind_view().typed.selectors.clone();
        let within = self.view.within().map(|within| within.of.clone());
        if self.picked.as_ref().map(|picked| &*picked.asked) == wanted.as_ref() {
            // The same question, whichever way one came to it: as a name in one cluster, or as an object of another.
            if let Some(picked) = &mut self.picked {
                (picked.typed, picked.within) = (typed, within);
            }
            return None;
        }
        let last = self.picked.take();
        self.picked = wanted.map(|subset| Picked::new(Arc::new(subset), typed, within, last));
        Some(ClusterCommand::Pick(self.picked.as_ref().map(|picked| Arc::clone(&picked.asked))))
    }

    /// What is picked of the table on screen, as far as it is asked for.
    #[must_use]
    pub fn picked_here(&self) -> Option<&Picked> {
        let within = self.view.within().map(|within| &within.of);
        let here = |picked: &&Picked| picked.asked.kind == *self.view.kind() && picked.within.as_ref() == within;
        self.picked.as_ref().filter(here)
    }

    /// Which rows of the table on screen are shown at all; `None` for all of them.
    #[must_use]
    pub fn only(&self) -> Option<Only> {
        let within = self.view.within();
        let own = within.filter(|within| !within.is_picked()).and_then(super::within::Within::only);
        let picks = within.is_some_and(super::within::Within::is_picked)
            || !(self.view.kind_view().typed.selectors.is_empty() || self.view.kind().is_helm());
        let rows = if picks { self.picked_here().map_or_else(|| Some(Arc::default()), Picked::rows) } else { None };
        match (own, rows) {
            (Some(own), Some(rows)) => Some(own.and(rows)),
            (own, None) => own,
            (None, rows) => rows.map(Only::These),
        }
    }
}

impl App {
    /// Asks the cluster in front for what the server has to pick; a filter that is being typed is asked for once it is
    /// accepted.
    pub(super) fn plan_picks(&mut self) -> Option<Effect> {
        let typing = matches!(self.layers.last(), Some(Layer::Filter { of: Filtered::Table, .. }));
        let cluster = self.fleet.active_mut()?;
        let view = cluster.view.kind_view_mut();
        if typing {
            view.typed.glance(&view.query.text);
        } else {
            view.typed.read(&view.query.text);
        }
        let wanted = cluster.pick()?;
        Some(Effect::Command(cluster.id.clone(), wanted))
    }
}

/// Why the server cannot pick objects of a kind; `None` if it can.
#[must_use]
pub fn unpickable(kind: &Kind, text: &str) -> Option<&'static str> {
    let typed = kind.is_helm() && !apart(text).0.is_empty();
    typed.then_some("releases are put together from Secrets here: the server cannot select them")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use std::collections::HashSet;

    use super::*;

    fn subset(labels: &str) -> Arc<Subset> {
        let by = Selectors { labels: labels.to_owned(), ..Selectors::default() };
        Arc::new(Subset { kind: Kind::Pods, namespace: None, by, owner: None })
    }

    fn picked() -> Picked {
        Picked::new(subset("a"), subset("a").by.clone(), None, None)
    }

    #[derive(Clone, Debug)]
    enum Step {
        Start(u8),
        Rows(u8, Vec<u128>),
        Gone(u8, Vec<u128>),
        Complete(u8),
    }

    fn step() -> impl Strategy<Value = Step> {
        let uids = || proptest::collection::vec(0..8_u128, 0..4);
        prop_oneof![
            1 => (0..2_u8).prop_map(Step::Start),
            4 => (0..2_u8, uids()).prop_map(|(scope, uids)| Step::Rows(scope, uids)),
            2 => (0..2_u8, uids()).prop_map(|(scope, uids)| Step::Gone(scope, uids)),
            2 => (0..2_u8).prop_map(Step::Complete),
        ]
    }

    proptest! {
        #[test]
        fn what_is_shown_is_what_was_picked_and_nothing_is_lost_by_listing_again(
            steps in proptest::collection::vec(step(), 1..40)
        ) {
            let mut picked = picked();
            // The slow way: per scope what is there, and what of a listing has come. A uid belongs to one scope.
            let mut known: BTreeMap<u8, (HashSet<u128>, Option<HashSet<u128>>)> = BTreeMap::new();
            let mut ready = false;
            for step in steps {
                let (scope, restart, rows, gone, complete) = match step {
                    Step::Start(scope) => (scope, true, Vec::new(), Vec::new(), false),
                    Step::Rows(scope, rows) => (scope, false, rows, Vec::new(), false),
                    Step::Gone(scope, gone) => (scope, false, Vec::new(), gone, false),
                    Step::Complete(scope) => (scope, false, Vec::new(), Vec::new(), true),
                };
                let uid = |it: &u128| it * 2 + u128::from(scope);
                let (there, fresh) = known.entry(scope).or_default();
                if restart {
                    *fresh = Some(HashSet::new());
                }
                for set in std::iter::once(&mut *there).chain(fresh.as_mut()) {
                    set.extend(rows.iter().map(uid));
                    set.retain(|it| !gone.iter().map(uid).any(|gone| gone == *it));
                }
                if complete && let Some(fresh) = fresh.take() {
                    *there = fresh;
                    ready = true;
                }
                let uids = |all: &[u128]| all.iter().map(|it| Uid(uid(it))).collect::<Vec<_>>();
                let scope = Scope::Namespace(format!("n{scope}").into());
                picked.note(&subset("a"), Delta { scope, restart, rows: uids(&rows), gone: uids(&gone), complete });
                let shown = picked.rows().unwrap();
                if ready {
                    let all: QuickSet<Uid> = known.values().flat_map(|(there, _)| there).map(|it| Uid(*it)).collect();
                    prop_assert_eq!(&*shown, &all);
                } else {
                    prop_assert!(shown.is_empty(), "nothing before the first answer is whole");
                }
            }
        }
    }

    #[test]
    fn an_answer_to_another_question_is_dropped() {
        let mut picked = picked();
        let delta = || Delta { scope: Scope::Cluster, restart: true, rows: vec![Uid(1)], gone: vec![], complete: true };
        picked.note(&subset("b"), delta());
        assert!(picked.awaited());
        picked.note(&subset("a"), delta());
        assert_eq!(picked.rows().map(|rows| rows.len()), Some(1));
    }
}
