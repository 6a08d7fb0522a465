//! What to make of a file that is broken at the moment: its last good contexts stay. Must not know who opened them.

use std::collections::BTreeSet;

use super::discover::Look;
use super::file::{self, Reading};
use super::shape::{END, lack};
use crate::model::catalog::{Catalog, ContextEntry, KubeconfigFile};
use crate::model::ids::ClusterId;

/// Completes a new catalog with the contexts that files have lost only because they cannot be read as kubeconfigs.
///
/// A file that is not there at all keeps those of `open` clusters. Each such file is marked with its problem. Blocks on
/// the disk.
#[must_use]
pub fn keep(last: &Catalog, mut new: Catalog, open: &BTreeSet<ClusterId>) -> Catalog {
    for (place, before) in last.files.iter().enumerate().filter(|(_, file)| !file.contexts.is_empty()) {
        let now = new.files.iter().position(|file| file.path == before.path);
        let problem = match now.and_then(|now| new.files.get(now)) {
            Some(file) if file.problem.is_none() => continue,
            // It was a kubeconfig: what has become of it is wrong with it.
            Some(file) => file::fault(&file.path).or_else(|| file.problem.clone()),
            None => Some(problem_of(before)),
        };
        let there = now.is_some() || before.path.exists();
        let mut kept = KubeconfigFile { problem, ..before.clone() };
        kept.contexts.retain(|context| new.find(&context.id).is_none() && (there || open.contains(&context.id)));
        match now.and_then(|now| new.files.get_mut(now)) {
            Some(file) if !kept.contexts.is_empty() => *file = kept,
            None if !kept.contexts.is_empty() => {
                // It is listed with its problem; said once is enough.
                let said = format!("{} {}", kept.path.display(), kept.problem.as_deref().unwrap_or_default());
                new.notices.retain(|notice| *notice != said);
                new.files.insert(place.min(new.files.len()), kept);
            }
            _ => {}
        }
    }
    new
}

/// Marks files that were cut off while they were written, though what is there of them can be read: with a whole section
/// they have lost contexts that could be used, or with the end of their last entry some of what contexts were. What is gone
/// because a person took it out leaves its section behind, and no half of an entry.
pub fn mark_cut_off(last: &Look, new: &mut Look) {
    for file in new.catalog.files.iter_mut().filter(|file| file.problem.is_none()) {
        let Some(before) = last.catalog.files.iter().find(|before| before.path == file.path) else { continue };
        let (Some(had), Some(has)) = (last.parts.get(&file.path), new.parts.get(&file.path)) else { continue };
        let Some(missing) = had.difference(has).next().copied() else { continue };
        let usable = |file: &KubeconfigFile, id: &ClusterId| {
            file.contexts.iter().any(|context| context.id == *id && context.problem.is_none())
        };
        let is_torn = missing == END;
        let differs = |id: &ClusterId| last.prints.get(id) != new.prints.get(id);
        let lost = |context: &&ContextEntry| {
            context.problem.is_none() && (!usable(file, &context.id) || is_torn && differs(&context.id))
        };
        if before.contexts.iter().any(|context| lost(&context)) {
            for context in file.contexts.drain(..) {
                new.prints.remove(&context.id);
            }
            file.problem = Some(lack(missing));
            // The next look is compared with what was whole.
            new.parts.insert(file.path.clone(), had.clone());
        } else if is_torn && let Some(parts) = new.parts.get_mut(&file.path) {
            // Nothing is lost so far.
            parts.insert(END);
        }
    }
}

fn problem_of(file: &KubeconfigFile) -> String {
    match file::read(&file.path) {
        Reading::Unusable(why) | Reading::Unreadable(why) => why,
        Reading::Other(what) => file::fault(&file.path).unwrap_or_else(|| format!("not a kubeconfig: {what}")),
        // Mended since it was looked at: the next look takes it in.
        Reading::Kubeconfig(_) => "changing at the moment".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;
    use crate::kubeconfig::{Sources, discover};

    const GOOD: &str = "kind: Config\nclusters:\n- name: c\n  cluster: {server: 'https://h:1'}\n\
        contexts:\n- name: a\n  context: {cluster: c}\n- name: b\n  context: {cluster: c}\n";

    fn look(home: &Path) -> Catalog {
        discover(&Sources { home: Some(home.to_owned()), ..Sources::default() }, &BTreeMap::new())
    }

    fn home() -> (tempfile::TempDir, std::path::PathBuf) {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".kube")).unwrap();
        let path = home.path().join(".kube/config");
        std::fs::write(&path, GOOD).unwrap();
        (home, path)
    }

    fn ids(catalog: &Catalog) -> Vec<&str> {
        catalog.contexts().map(|(_, context)| context.id.as_str()).collect()
    }

    #[test]
    fn a_half_written_file_keeps_its_last_good_contexts_and_says_what_is_wrong() {
        let (home, path) = home();
        let last = look(home.path());
        for half in ["", "kind: Config\ncontexts:\n- name: [a", "ki", "\0"] {
            std::fs::write(&path, half).unwrap();
            let kept = keep(&last, look(home.path()), &BTreeSet::new());
            assert_eq!(ids(&kept), ["config:a", "config:b"], "{half:?}");
            assert!(kept.files[0].problem.is_some(), "{half:?}");
        }
    }

    #[test]
    fn a_file_that_was_one_and_is_no_yaml_any_more_is_not_said_to_be_something_else() {
        let (home, path) = home();
        let named = Sources { explicit: vec![path.clone()], ..Sources::default() };
        let found = Sources { home: Some(home.path().to_owned()), ..Sources::default() };
        for sources in [named, found] {
            std::fs::write(&path, GOOD).unwrap();
            let last = discover(&sources, &BTreeMap::new());
            std::fs::write(&path, "apiVersion: v1\nclusters: [\n}} garbage\n").unwrap();
            let kept = keep(&last, discover(&sources, &BTreeMap::new()), &BTreeSet::new());
            let problem = kept.files[0].problem.as_deref().unwrap();
            assert!(problem.starts_with("not valid YAML (line "), "{problem}");
        }
    }

    #[test]
    fn a_context_absent_from_a_file_that_parses_is_gone() {
        let (home, path) = home();
        let last = look(home.path());
        std::fs::write(&path, GOOD.replace("- name: b\n  context: {cluster: c}\n", "")).unwrap();
        let kept = keep(&last, look(home.path()), &BTreeSet::from([ClusterId::new("config:b")]));
        assert_eq!(ids(&kept), ["config:a"]);
        assert_eq!(kept.files[0].problem, None);
    }

    #[test]
    fn a_file_that_is_gone_keeps_what_is_open_and_nothing_else() {
        let (home, path) = home();
        let last = look(home.path());
        std::fs::remove_file(&path).unwrap();
        let kept = keep(&last, look(home.path()), &BTreeSet::from([ClusterId::new("config:b")]));
        assert_eq!(ids(&kept), ["config:b"]);
        assert_eq!(kept.files[0].problem.as_deref(), Some("does not exist"));
        assert_eq!(ids(&keep(&kept, look(home.path()), &BTreeSet::new())), Vec::<&str>::new());
    }

    #[test]
    fn that_a_named_file_is_gone_is_said_once() {
        let (_home, path) = home();
        let sources = Sources { explicit: vec![path.clone()], ..Sources::default() };
        let last = discover(&sources, &BTreeMap::new());
        std::fs::remove_file(&path).unwrap();
        let gone = discover(&sources, &BTreeMap::new());
        assert_eq!(gone.notices, [format!("{} does not exist", path.display())]);
        let kept = keep(&last, gone.clone(), &BTreeSet::from([ClusterId::new("config:a")]));
        assert_eq!((kept.files[0].problem.as_deref(), kept.notices.len()), (Some("does not exist"), 0));
        assert_eq!(keep(&last, gone.clone(), &BTreeSet::new()).notices, gone.notices, "nothing of it is listed");
    }

    #[test]
    fn a_mended_file_is_as_it_says() {
        let (home, path) = home();
        let last = look(home.path());
        std::fs::write(&path, "kind: Config\ncontexts: [").unwrap();
        let broken = keep(&last, look(home.path()), &BTreeSet::new());
        std::fs::write(&path, GOOD).unwrap();
        assert_eq!(keep(&broken, look(home.path()), &BTreeSet::new()), last);
    }
}
