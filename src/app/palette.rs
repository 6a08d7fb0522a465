//! What the palette, the namespace list and the sort list offer. Must not know what choosing does.

use std::sync::Arc;

use super::action::{ACTIONS, Action, Place};
use super::chooser::{Choice, Chooser, Entry};
use super::cluster::OpenCluster;
use super::state::App;
use super::{find, kinds, knobs};
use crate::model::kind::Kind;
use crate::model::namespace::{UNNAMED, is_name};

/// Builds the palette: commands that work here, kinds, clusters, namespaces, settings; objects join once they are found.
#[must_use]
pub fn palette(app: &App) -> Chooser {
    let mut entries = Vec::new();
    for info in ACTIONS.iter().filter(|info| info.palette && app.allows(info.action, info.place)) {
        let mut entry = Entry::new(Choice::Action(info.action), info.title);
        entry.aliases.push(info.id.to_owned());
        info.keys.first().copied().unwrap_or_default().clone_into(&mut entry.detail);
        entry.aliases.extend(habits(info.action).iter().map(|word| (*word).to_owned()));
        entries.push(entry);
    }
    if let Some(cluster) = app.fleet.active() {
        entries.extend(kinds::entries(cluster));
    }
    for (file, context) in app.catalog.contexts() {
        let open = app.fleet.get(&context.id);
        let mut entry = Entry::new(Choice::Cluster(context.id.clone()), &context.name);
        entry.detail = if open.is_some() { "go to".to_owned() } else { format!("open from {}", file.label) };
        entry.checked = Some(open.is_some());
        entry.health = open.map(|cluster| cluster.standing.health);
        entry.problem = if open.is_some() { None } else { context.problem.clone() };
        entries.push(entry);
    }
    if let Some(cluster) = app.fleet.active() {
        for name in cluster.namespaces().unwrap_or_default() {
            let mut entry = Entry::new(Choice::Namespace(Some(name.clone())), &*name);
            "namespace".clone_into(&mut entry.detail);
            entries.push(entry);
        }
    }
    entries.extend(knobs::entries(&app.settings));
    let mut chooser = Chooser::new("Palette", entries);
    chooser.rank_by(app.uses.clone());
    chooser.note = app.fleet.active().map(find::hint).unwrap_or_default();
    chooser
}

/// What other programs call a command.
fn habits(action: Action) -> &'static [&'static str] {
    match action {
        Action::QuitNow => &["quit", "exit"],
        Action::OpenPicker => &["ctx", "context", "contexts", "clusters"],
        _ => &[],
    }
}

/// Builds the list of namespaces of a cluster. Where listing is denied, what is typed becomes an entry of its own.
#[must_use]
pub fn namespaces(cluster: &OpenCluster) -> Chooser {
    let mut chooser = Chooser::new("Namespace", namespace_entries(cluster, ""));
    chooser.note = namespace_note(cluster);
    chooser.rest_on(|entry| entry.checked == Some(true));
    chooser
}

/// Whether the user may not list the namespaces of a cluster.
#[must_use]
pub fn namespaces_denied(cluster: &OpenCluster) -> bool {
    use crate::model::update::Reading;
    let state = cluster.readings.get(&Kind::Namespaces);
    state.is_some_and(|state| matches!(state.reading, Reading::Forbidden(_) | Reading::Missing))
}

/// What the list of namespaces is about, and what is selected.
#[must_use]
pub fn namespace_note(cluster: &OpenCluster) -> String {
    if namespaces_denied(cluster) {
        "You do not have permission to list namespaces. Type a name to add it.".to_owned()
    } else {
        let selected: Vec<&str> = cluster.view.namespaces.iter().map(|name| &**name).collect();
        let told = if selected.is_empty() { String::new() } else { format!(", selected: {}", selected.join(", ")) };
        format!("on {}{told}", cluster.name)
    }
}

/// The entries of the namespace list, given what is typed so far.
#[must_use]
pub fn namespace_entries(cluster: &OpenCluster, typed: &str) -> Vec<Entry> {
    let known = cluster.namespaces();
    let mut entries = Vec::new();
    if known.is_some() {
        entries.push(namespace_entry(cluster, None, "All Namespaces"));
    }
    for name in known.iter().flatten() {
        entries.push(namespace_entry(cluster, Some(name.clone()), name));
    }
    let typed = typed.trim();
    let fresh = !typed.is_empty() && !known.iter().flatten().any(|name| &**name == typed);
    if fresh && namespaces_denied(cluster) {
        let mut entry = Entry::new(Choice::TypedNamespace(Arc::from(typed)), typed);
        "add this namespace".clone_into(&mut entry.detail);
        entry.problem = (!is_name(typed)).then(|| UNNAMED.to_owned());
        entries.push(entry);
    }
    entries
}

fn namespace_entry(cluster: &OpenCluster, name: Option<Arc<str>>, label: &str) -> Entry {
    let chosen = match &name {
        Some(name) => cluster.view.namespaces.contains(name),
        None => cluster.view.namespaces.is_empty(),
    };
    let (unwell, warnings) = match &name {
        Some(name) => cluster.summary.namespaces.get(name).copied().unwrap_or_default(),
        None => (cluster.summary.unwell_pods, cluster.summary.warnings),
    };
    let mut entry = Entry::new(Choice::Namespace(name.clone()), label);
    entry.checked = Some(chosen);
    let mut facts = Vec::new();
    if unwell > 0 {
        facts.push(format!("{unwell} unwell"));
    }
    if warnings > 0 {
        facts.push(crate::model::health::count(warnings, "warning"));
    }
    facts.extend(name.and_then(|name| cluster.barred(&name)).map(str::to_owned));
    entry.detail = facts.join(", ");
    entry
}

/// Builds the list of columns to sort by; the present one is checked.
#[must_use]
pub fn sort(cluster: &OpenCluster) -> Chooser {
    let sorted = cluster.view.kind_view().query.sort.column;
    let columns = cluster.tables.of(cluster.view.kind()).columns();
    let shown = columns.iter().enumerate().filter(|(_, column)| !column.is_absent());
    let entries = shown.map(|(index, column)| {
        let mut entry = Entry::new(Choice::Column(index), &*column.title);
        entry.checked = Some(sorted == index);
        entry
    });
    let mut chooser = Chooser::new("Sort by", entries.collect());
    chooser.rest_on(|entry| entry.checked == Some(true));
    chooser
}

impl App {
    /// Tells whether an action means anything on the present screen.
    #[must_use]
    pub fn allows(&self, action: Action, place: Place) -> bool {
        match place {
            Place::Cluster => self.place() == Place::Cluster,
            Place::Details => self.place() == Place::Details,
            Place::Board => self.place() == Place::Board,
            Place::Anywhere => match action {
                Action::Board | Action::CloseCluster | Action::Overview | Action::Attention | Action::Changes => {
                    !self.fleet.is_empty()
                }
                Action::Explain | Action::ChangesHere => self.selected_object().is_some(),
                _ => true,
            },
            Place::Page => self.place() == Place::Page,
            Place::Dialog => false,
        }
    }
}
