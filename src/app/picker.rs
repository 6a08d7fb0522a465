//! The picker `Select Kubeconfig`: groups of the configuration, files and contexts with check marks. Must not know how clusters are opened.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::chooser::{Choice, Chooser, Entry};
use super::fleet::Fleet;
use super::layer::Picker;
use crate::config::load::Config;
use crate::model::catalog::Catalog;
use crate::model::ids::ClusterId;

impl Picker {
    /// Lists every group, file and context, the open ones checked; the cursor rests on the current-context, or on the
    /// cluster in front.
    #[must_use]
    pub fn new(catalog: &Catalog, config: &Config, fleet: &Fleet) -> Self {
        let wanted: BTreeSet<ClusterId> = fleet.iter().map(|cluster| cluster.id.clone()).collect();
        let mut chooser = Chooser::new("Select Kubeconfig", entries(catalog, config, fleet, &wanted));
        chooser.keep_order = true;
        chooser.note = note(catalog);
        let front = fleet.active().map(|cluster| cluster.id.clone());
        let current = catalog.contexts().find(|(_, context)| context.current).map(|(_, context)| context.id.clone());
        if let Some(id) = front.or(current) {
            chooser.rest_on(|entry| entry.choice == Choice::Cluster(id.clone()));
        }
        Self { chooser, wanted, touched: false }
    }

    /// Shows what changed below it: new contexts, other health.
    pub fn refresh(&mut self, catalog: &Catalog, config: &Config, fleet: &Fleet) {
        self.chooser.note = note(catalog);
        self.chooser.replace(entries(catalog, config, fleet, &self.wanted));
    }

    /// Checks or unchecks the selected context, or all usable contexts of the selected file or group.
    pub fn toggle(&mut self, catalog: &Catalog, config: &Config, fleet: &Fleet) {
        let Some(entry) = self.chooser.selected() else { return };
        match entry.choice.clone() {
            Choice::Cluster(id) if entry.problem.is_none() || self.wanted.contains(&id) => {
                if !self.wanted.remove(&id) {
                    self.wanted.insert(id);
                }
            }
            choice @ (Choice::File(_) | Choice::Group(_)) => {
                let usable = usable(catalog, config, &choice);
                if usable.iter().all(|id| self.wanted.contains(id)) {
                    self.wanted.retain(|id| !usable.contains(id));
                } else {
                    self.wanted.extend(usable);
                }
            }
            _ => return,
        }
        self.touched = true;
        self.chooser.replace(entries(catalog, config, fleet, &self.wanted));
        self.chooser.step(1);
    }

    /// What accepting the picker means: the set that is to be open, in catalog order behind what is open already,
    /// and the cluster to bring to the front.
    #[must_use]
    pub fn accepted(&self, catalog: &Catalog, config: &Config, fleet: &Fleet) -> (Vec<ClusterId>, Option<ClusterId>) {
        let mut wanted = self.wanted.clone();
        let mut front = None;
        if !self.touched {
            match self.chooser.selected() {
                Some(Entry { choice: Choice::Cluster(id), problem: None, .. }) => {
                    wanted.insert(id.clone());
                    front = Some(id.clone());
                }
                Some(Entry { choice: choice @ (Choice::File(_) | Choice::Group(_)), .. }) => {
                    wanted.extend(usable(catalog, config, choice));
                }
                _ => {}
            }
        }
        let open = fleet.iter().map(|cluster| cluster.id.clone()).filter(|id| wanted.contains(id));
        let mut order: Vec<ClusterId> = open.collect();
        let fresh = catalog.contexts().map(|(_, context)| &context.id).filter(|id| wanted.contains(id));
        for id in fresh {
            if !order.contains(id) {
                order.push(id.clone());
            }
        }
        let opened_alone = order.len() == fleet.len() + 1;
        if front.is_none() && opened_alone {
            front = order.last().cloned();
        }
        (order, front)
    }
}

/// The contexts of a file, or of a group, that can be opened.
fn usable(catalog: &Catalog, config: &Config, choice: &Choice) -> Vec<ClusterId> {
    let files = catalog.files.iter().flat_map(|file| file.contexts.iter().map(move |context| (file, context)));
    let inside = files.filter(|(file, context)| match choice {
        Choice::File(label) => file.label == *label,
        Choice::Group(name) => config.in_group(name, context.id.as_str(), &context.name),
        _ => false,
    });
    inside.filter(|(_, context)| context.problem.is_none()).map(|(_, context)| context.id.clone()).collect()
}

fn note(catalog: &Catalog) -> String {
    if catalog.files.is_empty() {
        let problem = |path: &Path| {
            let path = path.display().to_string();
            catalog.notices.iter().find(|notice| notice.strip_prefix(&path).is_some_and(|rest| rest.starts_with(' ')))
        };
        let place = |path: &PathBuf| match problem(path) {
            Some(problem) => format!("\n{problem}"),
            None => format!("\nlooked in {}", path.display()),
        };
        let places: String = catalog.looked_in.iter().map(place).collect();
        return format!("no kubeconfig found: try --kubeconfig FILE, or --demo{places}");
    }
    catalog.notices.join("; ")
}

fn entries(catalog: &Catalog, config: &Config, fleet: &Fleet, wanted: &BTreeSet<ClusterId>) -> Vec<Entry> {
    let mut entries = Vec::new();
    for name in config.groups() {
        let choice = Choice::Group(name.to_owned());
        let all = usable(catalog, config, &choice);
        // A group of other kubeconfig files has nothing to open here.
        if !all.is_empty() {
            let mut group = Entry::new(choice, name);
            group.detail = format!("group of {} cluster{}", all.len(), if all.len() == 1 { "" } else { "s" });
            group.checked = Some(all.iter().all(|id| wanted.contains(id)));
            entries.push(group);
        }
    }
    for file in &catalog.files {
        let choice = Choice::File(file.label.clone());
        let all = usable(catalog, config, &choice);
        let mut heading = Entry::new(choice, &file.label);
        heading.detail = file.path.display().to_string();
        let empty = file.contexts.is_empty().then(|| "no contexts in it".to_owned());
        heading.problem = file.problem.clone().or(empty);
        heading.checked = (!all.is_empty()).then(|| all.iter().all(|id| wanted.contains(id)));
        entries.push(heading);
        for context in &file.contexts {
            let mut entry = Entry::new(Choice::Cluster(context.id.clone()), &context.name);
            let mut facts = vec![context.server.clone()];
            facts.extend(context.namespace.iter().map(|namespace| format!("namespace {namespace}")));
            if context.current {
                facts.push("current-context".to_owned());
            }
            facts.retain(|fact| !fact.is_empty());
            entry.detail = facts.join("  ");
            entry.checked = Some(wanted.contains(&context.id));
            entry.health = fleet.get(&context.id).map(|cluster| cluster.standing.health);
            entry.problem.clone_from(&context.problem);
            entry.depth = 1;
            entries.push(entry);
        }
    }
    entries
}
