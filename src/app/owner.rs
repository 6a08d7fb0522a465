//! From an object to its owner, and from a place in one cluster to the same place in the next. Must not know keys.

use std::sync::Arc;

use super::changes::About;
use super::cluster::OpenCluster;
use super::kinds;
use super::message::Effect;
use super::state::{App, Screen};
use super::tab::Page;
use super::within::Within;
use crate::detail::section::Reference;
use crate::model::detail::{Finding, Inquiry, ObjectRef};
use crate::model::health::Health;
use crate::model::ids::Uid;
use crate::model::kind::Kind;
use crate::model::resource::ApiResource;
use crate::model::update::Reading;

/// An object whose owner is asked for, and what came of it.
#[derive(Debug)]
pub struct Owned {
    /// The question.
    pub asked: Arc<Inquiry>,
    /// The owner, or why there is none to go to.
    found: Option<Result<ObjectRef, String>>,
}

impl Owned {
    /// Starts with the question.
    #[must_use]
    pub fn new(object: ObjectRef) -> Self {
        Self { asked: Arc::new(Inquiry::new(object)), found: None }
    }

    /// Takes in what was found.
    pub fn note(&mut self, object: &ObjectRef, finding: &Finding, known: &[Arc<ApiResource>]) {
        if *object != self.asked.object {
            return;
        }
        let place = || object.words();
        self.found = Some(match finding {
            Finding::Object(tree) => {
                let owners = tree.0["metadata"]["ownerReferences"].as_array();
                let owners = owners.map(Vec::as_slice).unwrap_or_default();
                let owner = owners.iter().find(|owner| owner["controller"] == true).or(owners.first());
                let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
                let reference = owner.map(|owner| Reference {
                    api_version: text(&owner["apiVersion"]),
                    kind: text(&owner["kind"]),
                    namespace: object.namespace.to_string(),
                    name: text(&owner["name"]),
                    uid: owner["uid"].as_str().map(Uid::parse),
                });
                reference.map(|it| it.resolve(known.iter())).ok_or_else(|| format!("{} has no owner", place()))
            }
            Finding::Gone { .. } => Err(format!("{} is gone", place())),
            Finding::Reading(Reading::Forbidden(words)) => Err(words.clone()),
            Finding::Reading(Reading::Broken { failure, .. }) => Err(failure.summary.clone()),
            Finding::Reading(_) | Finding::Beside(..) => return,
        });
    }
}

impl OpenCluster {
    /// The selected object of the table on screen.
    #[must_use]
    pub fn selected(&self) -> Option<ObjectRef> {
        let kind = self.view.kind().clone();
        let table = self.tables.of(&kind);
        let index = self.view.kind_view().cursor.index;
        let uid = table.uid_at(index)?;
        let (namespace, name, _) = table.explain_at(index, crate::model::age::Unix::default())?;
        let namespace = if kind.namespaced() { namespace.into() } else { "".into() };
        Some(ObjectRef { namespace, name: name.into(), uid: Some(uid), kind })
    }

    /// The object whose page is open, or that is selected in the table in front.
    #[must_use]
    pub fn meant(&self) -> Option<ObjectRef> {
        match self.view.page() {
            Page::Details(view) => Some(view.object.clone()),
            _ => self.selected(),
        }
    }

    /// The object that something was told of; `None` for the cluster itself, and for a kind that is not known.
    #[must_use]
    pub fn object(&self, about: &About) -> Option<ObjectRef> {
        let (kind, uid) = match about.kind.as_ref()? {
            // An event stands for what it is about.
            Kind::Events if &*about.word != "event" => (kinds::named(self, &about.word)?, None),
            kind => (kind.clone(), about.uid),
        };
        let namespace = if kind.namespaced() { about.namespace.clone() } else { "".into() };
        Some(ObjectRef { kind, namespace, name: Arc::from(&*about.name), uid })
    }

    /// Whether an object is known not to be there: its kind is read as a whole, and has none of that name.
    #[must_use]
    pub fn lacks(&self, object: &ObjectRef) -> bool {
        let listed = self.readings.get(&object.kind).is_some_and(|state| state.listed);
        match object.kind {
            Kind::Nodes => listed && !self.tables.nodes.rows().any(|node| *node.name == *object.name),
            Kind::Namespaces => listed && !self.tables.namespaces.rows().any(|it| *it.name == *object.name),
            _ => false,
        }
    }

    /// Shows a kind with one object selected, as soon as that is there.
    fn seek(&mut self, kind: Kind, namespace: Arc<str>, name: Arc<str>) {
        self.view.show(kind);
        let view = self.view.kind_view_mut();
        view.query.text.clear();
        (view.sought, view.missed) = (Some((namespace, name)), None);
    }
}

impl App {
    /// Goes where Enter leads from the selected row; `false` if that is its details.
    pub(super) fn drill_down(&mut self) -> bool {
        let Some(cluster) = self.fleet.active_mut() else { return false };
        let Some(lead) = cluster.selected().and_then(|object| super::within::lead(cluster, object)) else {
            return false;
        };
        cluster.follow(lead);
        true
    }

    /// Asks for the owner of the selected object; the jump follows when it is known.
    pub(super) fn ask_owner(&mut self) {
        // An event belongs to what it is about.
        let about = self.selected_object();
        let meant = self.object_meant();
        let Some(cluster) = self.fleet.active_mut() else { return };
        let told = about.filter(|_| *cluster.view.page() == Page::Table && *cluster.view.kind() == Kind::Events);
        if let Some(object) = told.and_then(|about| cluster.object(&about)) {
            return cluster.seek(object.kind, object.namespace, object.name);
        }
        let mut owned = meant.map(Owned::new);
        // On its page the object has been read already.
        let read = cluster.subject.as_ref().and_then(|subject| Some((&subject.asked.object, subject.object.clone()?)));
        if let (Some(owned), Some((object, tree))) = (&mut owned, read) {
            owned.note(object, &Finding::Object(tree), &cluster.resources);
        }
        cluster.owned = owned;
    }

    /// The object whose page is open, or that is selected in the table or on the page in front.
    pub(super) fn object_meant(&self) -> Option<ObjectRef> {
        let cluster = self.fleet.active()?;
        match cluster.view.page() {
            Page::Table | Page::Details(_) => cluster.meant(),
            _ => cluster.object(&self.selected_object()?),
        }
    }

    /// Goes to the owner that was asked for, once it is known.
    pub(super) fn follow_owner(&mut self) {
        let Some(cluster) = self.fleet.active_mut() else { return };
        let Some(found) = cluster.owned.as_mut().and_then(|owned| owned.found.take()) else { return };
        cluster.owned = None;
        match found {
            Ok(owner) => cluster.seek(owner.kind, owner.namespace, owner.name),
            Err(why) => self.toasts.push(why, Health::Unknown, &self.now),
        }
    }

    /// Goes to the next or previous cluster, to the same kind, namespaces, filter and object.
    pub(super) fn same_place(&mut self, by: isize, effects: &mut Vec<Effect>) {
        let Some(from) = self.fleet.active() else { return };
        let (kind, namespaces) = (from.view.kind().clone(), from.view.namespaces.clone());
        let (text, unwell) = (from.view.kind_view().query.text.clone(), from.view.unwell);
        let object = from.selected();
        let within = from.view.within().and_then(Within::elsewhere);
        let Some(index) = self.fleet.neighbour(by) else { return };
        self.activate(index, effects);
        self.screen = Screen::Cluster;
        let Some(to) = self.fleet.active_mut() else { return };
        // In the version that is served there, if that is known.
        let served = to.resources.iter().map(|resource| Kind::of(resource.clone())).find(|served| *served == kind);
        let kind = served.unwrap_or(kind);
        match within {
            Some(within) => to.view.show_within(kind, within),
            None => to.view.show(kind),
        }
        to.view.namespaces = namespaces;
        to.view.unwell = unwell;
        let view = to.view.kind_view_mut();
        view.query.text = text;
        (view.sought, view.missed) = (object.map(|object| (object.namespace, object.name)), None);
    }
}
