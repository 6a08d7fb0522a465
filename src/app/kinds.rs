//! Which kinds there are to choose from on a cluster, and in which order. Must not know what choosing does.

use std::sync::Arc;

use super::chooser::{Choice, Chooser, Entry};
use super::cluster::OpenCluster;
use super::palette::namespaces_denied;
use crate::model::kind::Kind;
use crate::model::resource::ApiResource;
use crate::model::update::Reading;

/// Namespaces offered beside a kind that is being typed.
const COMPLETIONS: usize = 8;

/// Every kind of a cluster: the standing ones, then what the server serves, in its order, then Helm's releases.
pub fn all(cluster: &OpenCluster) -> impl Iterator<Item = Kind> {
    let served = cluster.resources.iter().map(|resource| Kind::of(resource.clone()));
    Kind::STANDING.into_iter().chain(served.filter(|kind| !kind.is_standing())).chain([Kind::helm()])
}

/// Short words that people bring from k9s, for kinds to which the server gives none: they hold unless it gives them to others.
const HABITS: [(&str, &str); 8] = [
    ("cr", "clusterroles.rbac.authorization.k8s.io"),
    ("crb", "clusterrolebindings.rbac.authorization.k8s.io"),
    ("dp", "deployments.apps"),
    ("jo", "jobs.batch"),
    ("np", "networkpolicies.networking.k8s.io"),
    ("rb", "rolebindings.rbac.authorization.k8s.io"),
    ("ro", "roles.rbac.authorization.k8s.io"),
    ("sec", "secrets"),
];

/// The word that habit has for a kind, where the server has not given it to another.
fn habit(cluster: &OpenCluster, kind: &Kind) -> Option<&'static str> {
    let called =
        if kind.group().is_empty() { kind.plural().to_owned() } else { format!("{}.{}", kind.plural(), kind.group()) };
    let (word, _) = HABITS.into_iter().find(|(_, known)| *known == called)?;
    (!cluster.resources.iter().any(|resource| resource.is_called(word))).then_some(word)
}

/// The kind a word names, as kubectl would take it, or as habit has it.
#[must_use]
pub fn named(cluster: &OpenCluster, word: &str) -> Option<Kind> {
    let standing = Kind::STANDING.into_iter().find(|kind| kind.plural() == word || kind.aliases().contains(&word));
    let served = || cluster.resources.iter().find(|resource| resource.is_called(word));
    let helm = || Some(Kind::helm()).filter(|helm| helm.plural() == word || helm.aliases().contains(&word));
    let habit = || {
        let (_, called) = HABITS.into_iter().find(|(known, _)| *known == word)?;
        cluster.resources.iter().find(|resource| resource.is_called(called))
    };
    standing.or_else(|| served().or_else(habit).map(|resource| Kind::of(resource.clone()))).or_else(helm)
}

/// The entries of all kinds.
#[must_use]
pub fn entries(cluster: &OpenCluster) -> Vec<Entry> {
    all(cluster).map(|kind| entry(cluster, &kind)).collect()
}

/// What a kind is called on screen: its plural, with its group where the server has another kind of that name. The core
/// group's own needs none, as for kubectl: `events` beside `events.events.k8s.io`.
#[must_use]
pub fn name(cluster: &OpenCluster, kind: &Kind) -> String {
    let namesake = |other: &Arc<ApiResource>| other.plural == kind.plural() && other.group != kind.group();
    let standing = Kind::STANDING.iter().any(|other| other.plural() == kind.plural());
    if !kind.group().is_empty() && (standing || cluster.resources.iter().any(namesake)) {
        kind.to_string()
    } else {
        kind.plural().to_owned()
    }
}

/// The entry of a kind.
#[must_use]
pub fn entry(cluster: &OpenCluster, kind: &Kind) -> Entry {
    let mut entry = Entry::new(Choice::Kind(kind.clone(), None), name(cluster, kind));
    entry.aliases.extend(kind.aliases().iter().map(|alias| (*alias).to_owned()));
    entry.aliases.extend(habit(cluster, kind).map(str::to_owned));
    let mut facts = vec![kind.manifest().to_owned()];
    if !kind.group().is_empty() {
        // The plural alone means it too, once the core group has none.
        let singular = format!("{}.{}", kind.manifest().to_lowercase(), kind.group());
        entry.aliases.extend([kind.to_string(), kind.plural().to_owned(), singular]);
        facts = vec![format!("{}.{}", kind.manifest(), kind.group())];
    }
    // A name in the singular says nothing new.
    let short = |alias: &&&str| !alias.eq_ignore_ascii_case(kind.manifest());
    facts.extend(kind.aliases().first().filter(short).map(|it| (*it).to_owned()));
    entry.detail = facts.join(" ");
    entry.problem = problem(cluster, kind);
    entry
}

/// Why a kind cannot be shown, as far as that is known without asking.
fn problem(cluster: &OpenCluster, kind: &Kind) -> Option<String> {
    let reading = cluster.readings.get(kind).map(|state| &state.reading);
    match reading {
        // In few words, as of the others; the server's own are on the kind's page.
        Some(Reading::Forbidden(words)) => cluster.not_permitted(kind).or_else(|| Some(words.clone())),
        Some(_) => None,
        None => cluster.denied.get(kind).cloned().or_else(|| cluster.not_permitted(kind)),
    }
}

/// Brings a list that is open up to date with what may be listed.
pub fn tell_problems(cluster: &OpenCluster, chooser: &mut Chooser) {
    for entry in &mut chooser.entries {
        if let Choice::Kind(kind, _) = &entry.choice {
            entry.problem = problem(cluster, kind);
        }
    }
}

/// The list of kinds, the one on screen selected.
#[must_use]
pub fn chooser(cluster: &OpenCluster) -> Chooser {
    let mut chooser = Chooser::new("Kind", entries(cluster));
    if cluster.resources.is_empty() {
        "what else this server serves is not known yet".clone_into(&mut chooser.note);
    }
    chooser.rest_on(|entry| matches!(&entry.choice, Choice::Kind(kind, _) if kind == cluster.view.kind()));
    chooser
}

/// What a kind and a namespace, typed one after the other, mean: `deploy kube-system`.
#[must_use]
pub fn typed(cluster: &OpenCluster, text: &str) -> Vec<Entry> {
    let Some((word, rest)) = text.trim_start().split_once(' ') else { return Vec::new() };
    let (word, rest) = (word.to_lowercase(), rest.trim());
    let Some(kind) = named(cluster, &word) else { return Vec::new() };
    if rest.is_empty() || (!kind.namespaced() && kind != Kind::Namespaces) {
        return Vec::new();
    }
    let known = cluster.namespaces().unwrap_or_default();
    let mut names: Vec<Arc<str>> = known.iter().filter(|name| name.contains(rest)).take(COMPLETIONS).cloned().collect();
    names.sort_by_key(|name| (&**name != rest, !name.starts_with(rest)));
    if namespaces_denied(cluster) && !names.iter().any(|name| &**name == rest) {
        names.insert(0, Arc::from(rest));
    }
    let entries = names.into_iter().map(|name| {
        let mut entry = if kind == Kind::Namespaces {
            Entry::new(Choice::Namespace(Some(name.clone())), format!("namespace {name}"))
        } else {
            Entry::new(Choice::Kind(kind.clone(), Some(name.clone())), format!("{} in {name}", kind.plural()))
        };
        // Whatever was typed means it: it stands before all that is merely alike.
        entry.aliases.push(text.trim().to_owned());
        TYPED.clone_into(&mut entry.detail);
        entry
    });
    entries.collect()
}

const TYPED: &str = "kind and namespace";

/// Whether an entry is one of [`typed`].
#[must_use]
pub fn is_typed(entry: &Entry) -> bool {
    entry.detail == TYPED
}

/// The kinds one leafs through: the standing ones and those used lately, as far as the server has not let go of them.
pub fn leaves(cluster: &OpenCluster) -> Vec<Kind> {
    let recent = cluster.looks.recent().filter(|kind| *kind == cluster.view.kind() || is_served(cluster, kind));
    Kind::STANDING.into_iter().chain(recent.cloned()).collect()
}

/// Whether the server serves a kind, as far as is known: while nothing is, whatever was used is taken to be there.
fn is_served(cluster: &OpenCluster, kind: &Kind) -> bool {
    cluster.resources.is_empty() || all(cluster).any(|known| known == *kind)
}

/// The kind before or after the one on screen.
#[must_use]
pub fn neighbour(cluster: &OpenCluster, by: isize) -> Kind {
    let all = leaves(cluster);
    let place = all.iter().position(|kind| kind == cluster.view.kind());
    let place = place.map_or(if by > 0 { -1 } else { 0 }, |place| place as isize);
    let next = (place + by).rem_euclid(all.len().max(1) as isize) as usize;
    all.into_iter().nth(next).unwrap_or(Kind::Pods)
}
