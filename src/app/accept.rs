//! What accepting a dialog does: opening what was picked, doing what was chosen. Must not know how it was chosen.

use std::sync::Arc;

use super::chooser::{Choice, Chooser, Entry};
use super::cluster::OpenCluster;
use super::layer::Layer;
use super::message::Effect;
use super::palette::namespaces_denied;
use super::state::{App, Screen};
use super::tab::Pane;
use crate::model::ids::{ClusterId, Uid};
use crate::model::kind::Kind;
use crate::table::query::Sort;

impl App {
    /// Accepts a dialog that has just been closed.
    pub(super) fn accept(&mut self, layer: Layer, effects: &mut Vec<Effect>) {
        match layer {
            Layer::Picker(picker) => {
                let (wanted, front) = picker.accepted(&self.catalog, &self.launch.config, &self.fleet);
                if wanted.is_empty() && !picker.touched {
                    self.layers.push(Layer::Picker(picker));
                    return;
                }
                self.select(&wanted, effects);
                match front {
                    Some(id) => self.go_to_cluster(&id, effects),
                    None if self.fleet.len() > 1 => self.screen = Screen::Board,
                    None => {}
                }
            }
            // What is checked applies already.
            Layer::Columns(_) => {}
            Layer::Namespaces(picker) if picker.touched => {}
            // It says what is wrong; the field stays.
            Layer::Filter { wrong: Some(_), .. } => self.layers.push(layer),
            layer => {
                if let Layer::Palette(chooser) = &layer
                    && let Some(entry) = chooser.selected().filter(|entry| can_be_chosen(entry))
                {
                    self.uses.note(chooser.input.value(), &entry.choice);
                }
                self.accept_choice(layer, effects);
            }
        }
    }

    /// Does what the selected entry of a list stands for.
    fn accept_choice(&mut self, layer: Layer, effects: &mut Vec<Effect>) {
        match layer.chooser().and_then(Chooser::selected).cloned() {
            Some(entry) if can_be_chosen(&entry) => self.choose(entry.choice, effects),
            // It says why it cannot be; the list stays.
            Some(_) => self.layers.push(layer),
            // It says that nothing matches.
            None if layer.chooser().is_some_and(|chooser| !chooser.entries.is_empty()) => self.layers.push(layer),
            None => {}
        }
    }

    fn choose(&mut self, choice: Choice, effects: &mut Vec<Effect>) {
        match choice {
            Choice::Cluster(id) => {
                if self.fleet.get(&id).is_none() {
                    let mut wanted: Vec<ClusterId> = self.fleet.iter().map(|cluster| cluster.id.clone()).collect();
                    wanted.push(id.clone());
                    self.select(&wanted, effects);
                }
                self.go_to_cluster(&id, effects);
            }
            Choice::Action(action) => self.perform(action, effects),
            Choice::Namespace(name) => {
                self.screen = Screen::Cluster;
                if let Some(cluster) = self.fleet.active_mut() {
                    cluster.view.namespaces = name.into_iter().collect();
                }
            }
            Choice::Kind(kind, namespace) => self.show(kind, namespace),
            Choice::TypedNamespace(name) => self.add_namespace(name),
            Choice::Column(column) => {
                if let Some(view) = self.kind_view_mut() {
                    view.sort_by(Sort { column, descending: false });
                }
            }
            Choice::Ignore(what, ignored) => self.set_ignored(what, ignored),
            Choice::Text(text) => self.copy(text, "cell copied".to_owned(), effects),
            Choice::Object(object) => {
                self.screen = Screen::Cluster;
                if let Some(cluster) = self.fleet.active_mut() {
                    go_to_object(cluster, &object.kind, &object.namespace, &object.name, object.uid);
                }
            }
            Choice::Lead(lead) => {
                if let Some(cluster) = self.fleet.active_mut() {
                    cluster.follow(*lead);
                }
            }
            Choice::Setting(name, value) => self.set(name, &value),
            Choice::File(_) | Choice::Group(_) => {}
        }
    }

    /// Shows a kind in the tab in front, in one namespace if that is named.
    fn show(&mut self, kind: Kind, namespace: Option<Arc<str>>) {
        self.screen = Screen::Cluster;
        let Some(cluster) = self.fleet.active_mut() else { return };
        cluster.view.show(kind);
        cluster.view.pane = Pane::Content;
        let Some(namespace) = namespace else { return };
        let known = cluster.namespaces().is_some_and(|names| names.contains(&namespace));
        if known || !namespaces_denied(cluster) {
            cluster.view.namespaces = std::iter::once(namespace).collect();
        } else {
            self.add_namespace(namespace);
        }
    }

    fn add_namespace(&mut self, name: Arc<str>) {
        let Some(cluster) = self.fleet.active_mut() else { return };
        cluster.type_namespace(&name);
        cluster.view.namespaces = std::iter::once(name).collect();
    }
}

/// Whether choosing an entry does something. A kind that may not be listed says why on its own page, where it can be
/// tried again.
fn can_be_chosen(entry: &Entry) -> bool {
    entry.problem.is_none() || matches!(entry.choice, Choice::Kind(..))
}

/// Shows the table of an object's kind with the object selected. Whatever would hide it there is lifted.
pub(super) fn go_to_object(cluster: &mut OpenCluster, kind: &Kind, namespace: &str, name: &str, uid: Option<Uid>) {
    cluster.view.show(kind.clone());
    cluster.view.show_all_of(namespace);
    let named = |row_namespace: &str, row_name: &str| row_namespace == namespace && row_name == name;
    let uid = uid.or_else(|| match kind {
        Kind::Pods => cluster.tables.pods.rows().find(|row| named(&row.namespace, &row.name)).map(|row| row.uid),
        _ => None,
    });
    let view = cluster.view.kind_view_mut();
    view.query.text.clear();
    if uid.is_some() {
        view.cursor.key = uid;
        view.cursor.chosen = true;
        view.cursor.hidden = None;
    }
}
