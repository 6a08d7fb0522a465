//! Between the state and the state file: what to remember, and what of it applies again. Must not read or write files.

use std::sync::Arc;

use super::cluster::OpenCluster;
use super::columns::Arrangement;
use super::ignored::Ignored;
use super::state::{App, Screen};
use crate::config::state::{SavedColumns, SavedResource, SavedState, SavedView};
use crate::model::kind::Kind;
use crate::model::namespace::is_name;
use crate::model::resource::ApiResource;

impl App {
    /// What the next run should start from. Where a flag chose the clusters, that choice is for this run; how each of them
    /// is looked at stays.
    #[must_use]
    pub fn snapshot(&self) -> SavedState {
        let mut views = self.parked.clone();
        views.extend(self.fleet.iter().map(|cluster| (cluster.id.to_string(), saved_view(cluster))));
        views.retain(|_, view| *view != SavedView { kind: Kind::Pods.plural().to_owned(), ..SavedView::default() });
        let kept =
            SavedState { ignored_attention: self.ignored.clone(), uses: self.uses.saved(), ..self.written.clone() };
        let own = self.launch.remember;
        let mut files = self.launch.restored.files.clone();
        let contexts = self.catalog.contexts().filter(|(_, context)| own || views.contains_key(context.id.as_str()));
        files.extend(contexts.map(|(file, context)| (context.id.to_string(), file.path.clone())));
        if !own {
            return SavedState { files, views, ..kept };
        }
        SavedState {
            open: self.fleet.iter().map(|cluster| &cluster.id).chain(&self.absent).map(ToString::to_string).collect(),
            active: self.fleet.active().map(|cluster| cluster.id.to_string()),
            board: self.screen == Screen::Board,
            files,
            views,
            ..kept
        }
    }

    /// Takes note of what is about to be saved; returns it only if it differs from what was.
    pub fn to_save(&mut self) -> Option<SavedState> {
        if !self.discovered {
            return None;
        }
        let snapshot = self.snapshot();
        if snapshot == self.written {
            return None;
        }
        self.written = snapshot.clone();
        Some(snapshot)
    }

    /// Gives a cluster that is being opened the view it had when it was last open.
    pub fn restore_view(&self, cluster: &mut OpenCluster) {
        cluster.ignored = Ignored::of(&self.ignored, &cluster.id);
        let Some(view) = self.parked.get(cluster.id.as_str()) else { return };
        cluster.view.restore_tables(&view.tables);
        if let Some(kind) = saved_kind(view) {
            cluster.view.switch(kind);
        }
        // The file may have been written by hand.
        cluster.view.namespaces = names(&view.namespaces).collect();
        cluster.view.typed = names(&view.typed_namespaces).collect();
        cluster.view.unwell = view.unwell;
        cluster.view.wide = view.wide;
        let columns = view.columns.iter().map(|(kind, saved)| (kind.clone(), arrangement(saved)));
        cluster.view.columns = columns.collect();
    }

    /// Keeps the view of a cluster that is being closed.
    pub fn park_view(&mut self, cluster: &OpenCluster) {
        self.parked.insert(cluster.id.to_string(), saved_view(cluster));
    }
}

fn saved_view(cluster: &OpenCluster) -> SavedView {
    let view = &cluster.view;
    SavedView {
        kind: view.kind().plural().to_owned(),
        resource: match view.kind() {
            Kind::Other(resource) => Some(SavedResource {
                group: resource.group.clone(),
                version: resource.version.clone(),
                kind: resource.kind.clone(),
                namespaced: resource.namespaced,
            }),
            _ => None,
        },
        namespaces: view.namespaces.iter().map(|name| (**name).to_owned()).collect(),
        typed_namespaces: view.typed.iter().map(|name| (**name).to_owned()).collect(),
        unwell: view.unwell,
        wide: view.wide,
        tables: view.saved_tables(),
        columns: view
            .columns
            .iter()
            .filter_map(|(kind, columns)| Some((kind.clone(), saved_columns(columns)?)))
            .collect(),
    }
}

fn names(saved: &[String]) -> impl Iterator<Item = Arc<str>> {
    saved.iter().filter(|name| is_name(name)).map(|name| Arc::from(name.as_str()))
}

/// The kind a view had on screen; until discovery says more, what was known then.
fn saved_kind(view: &SavedView) -> Option<Kind> {
    let Some(saved) = &view.resource else {
        return Kind::STANDING.into_iter().find(|kind| kind.plural() == view.kind);
    };
    let resource = ApiResource {
        group: saved.group.clone(),
        version: saved.version.clone(),
        plural: view.kind.clone(),
        kind: saved.kind.clone(),
        namespaced: saved.namespaced,
        ..ApiResource::default()
    };
    (!resource.plural.is_empty() && !resource.version.is_empty()).then(|| Kind::of(Arc::new(resource)))
}

fn arrangement(saved: &SavedColumns) -> Arrangement {
    let SavedColumns { order, shown, widths } = saved.clone();
    Arrangement { order, shown, widths }
}

/// `None` where nothing was chosen.
fn saved_columns(columns: &Arrangement) -> Option<SavedColumns> {
    let Arrangement { order, shown, widths } = columns.clone();
    (*columns != Arrangement::default()).then_some(SavedColumns { order, shown, widths })
}
