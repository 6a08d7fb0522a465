//! Which namespaces are selected: the sidebar and the list of namespaces change the same selection, in the same way. Must
//! not know keys, nor what the selection narrows.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::chooser::{Choice, Chooser};
use super::cluster::OpenCluster;
use super::layer::Layer;
use super::message::Effect;
use super::palette;
use super::state::App;
use super::tab::Pane;
use crate::model::health::Health;
use crate::model::kind::Kind;
use crate::model::update::ClusterCommand;

/// The list of namespaces, several of which can be selected before it is closed.
#[derive(Clone, Debug)]
pub struct NamespacePicker {
    /// The list.
    pub chooser: Chooser,
    /// Something was selected or deselected: accepting keeps that instead of selecting one alone.
    pub touched: bool,
    /// What was selected when it was opened, and which names were typed by then; giving up goes back to it.
    before: (BTreeSet<Arc<str>>, Vec<Arc<str>>),
}

impl NamespacePicker {
    /// The list of a cluster's namespaces.
    #[must_use]
    pub fn new(cluster: &OpenCluster) -> Self {
        let before = (cluster.view.namespaces.clone(), cluster.view.typed.clone());
        Self { chooser: palette::namespaces(cluster), touched: false, before }
    }

    /// Brings the list up to date with the cluster and with what is typed.
    pub fn refresh(&mut self, cluster: &OpenCluster) {
        let typed = self.chooser.input.value().to_owned();
        self.chooser.note = palette::namespace_note(cluster);
        self.chooser.replace(palette::namespace_entries(cluster, &typed));
    }

    /// The namespace under the cursor, if it was typed in.
    #[must_use]
    pub fn forgettable(&self, cluster: &OpenCluster) -> Option<Arc<str>> {
        match &self.chooser.selected()?.choice {
            Choice::Namespace(Some(name)) if cluster.is_typed_in(name) => Some(name.clone()),
            _ => None,
        }
    }

    /// Selects what the cursor is on besides what is selected, or not any more.
    pub fn toggle(&mut self, cluster: &mut OpenCluster) {
        match self.chooser.selected() {
            Some(entry) if entry.problem.is_some() => return,
            Some(entry) => match entry.choice.clone() {
                Choice::Namespace(name) => cluster.toggle_namespace(name),
                Choice::TypedNamespace(name) => {
                    cluster.type_namespace(&name);
                    cluster.toggle_namespace(Some(name));
                }
                _ => return,
            },
            None => return,
        }
        self.touched = true;
        self.refresh(cluster);
    }
}

impl OpenCluster {
    /// The selected namespaces, where the catalog has arrived and knows none of them.
    #[must_use]
    pub fn missing_namespaces(&self) -> Option<String> {
        let state = self.readings.get(&Kind::Namespaces)?;
        let known: BTreeSet<&str> = self.tables.namespaces.rows().map(|row| &*row.name).collect();
        let selected = &self.view.namespaces;
        let missing = state.listed && !selected.is_empty() && selected.iter().all(|name| !known.contains(&**name));
        let names = || selected.iter().map(|name| &**name).collect::<Vec<_>>().join(" or ");
        (missing && !palette::namespaces_denied(self)).then(names)
    }

    /// Selects a namespace besides those that are selected, or not any more; `None` selects all of them.
    pub fn toggle_namespace(&mut self, name: Option<Arc<str>>) {
        match name {
            None => self.view.namespaces.clear(),
            Some(name) if self.view.namespaces.contains(&name) => drop(self.view.namespaces.remove(&name)),
            Some(name) => drop(self.view.namespaces.insert(name)),
        }
    }

    /// Whether a namespace is offered only because somebody named it, here, with `--namespace` or in the cluster one came
    /// from: it can be forgotten.
    #[must_use]
    pub fn is_typed_in(&self, name: &str) -> bool {
        let own = self.identity.as_ref().and_then(|identity| identity.namespace.as_deref()).unwrap_or("default");
        let named = self.view.namespaces.contains(name) && name != own;
        palette::namespaces_denied(self) && (named || self.view.typed.iter().any(|typed| &**typed == name))
    }

    /// Takes a namespace from those that were typed in, and from those that are selected.
    fn forget_namespace(&mut self, name: &str) {
        self.view.typed.retain(|typed| &**typed != name);
        self.view.namespaces.remove(name);
    }

    /// Adds a namespace to those that were typed in.
    pub fn type_namespace(&mut self, name: &Arc<str>) {
        if !self.view.typed.contains(name) {
            self.view.typed.push(name.clone());
        }
    }
}

impl App {
    /// Does what Space means in the list of namespaces.
    pub(super) fn toggle_in_list(&mut self) {
        let (Some(Layer::Namespaces(picker)), Some(cluster)) = (self.layers.last_mut(), self.fleet.active_mut()) else {
            return;
        };
        picker.toggle(cluster);
    }

    /// Forgets what the cursor is on in the list of namespaces; returns whether that was something that was typed in.
    pub(super) fn forget_in_list(&mut self) -> bool {
        let (Some(Layer::Namespaces(picker)), Some(cluster)) = (self.layers.last_mut(), self.fleet.active_mut()) else {
            return false;
        };
        let Some(name) = picker.forgettable(cluster) else { return false };
        cluster.forget_namespace(&name);
        picker.touched = true;
        picker.refresh(cluster);
        true
    }

    /// Forgets what the cursor is on in the sidebar, or says why not.
    pub(super) fn forget_in_sidebar(&mut self) {
        let Some(cluster) = self.fleet.active_mut().filter(|cluster| cluster.view.pane == Pane::Sidebar) else {
            return;
        };
        let Some(name) = cluster.view.sidebar.key.clone().flatten() else { return };
        if cluster.is_typed_in(&name) {
            cluster.forget_namespace(&name);
        } else {
            self.toasts.push(format!("{name} was not typed in: it stays"), Health::Unknown, &self.now);
        }
    }

    /// Goes back to what was selected before the list was opened.
    pub(super) fn give_up_namespaces(&mut self, picker: NamespacePicker) {
        if let Some(cluster) = self.fleet.active_mut().filter(|_| picker.touched) {
            (cluster.view.namespaces, cluster.view.typed) = picker.before;
        }
    }

    /// Tells each cluster which namespaces to read where the whole is forbidden, whenever they are others.
    pub(super) fn plan_namespaces(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        for cluster in self.fleet.iter_mut() {
            let asked = cluster.asked_namespaces();
            if asked != cluster.told_namespaces {
                cluster.told_namespaces.clone_from(&asked);
                effects.push(Effect::Command(cluster.id.clone(), ClusterCommand::Namespaces(asked)));
            }
        }
        effects
    }
}
