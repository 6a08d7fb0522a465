//! Keeps the catalog current: each look says what the files offer now and which contexts have changed since the last.
//!
//! Blocks on the disk; when to look is decided by others. Must not know which change leads to what.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use super::discover::{Look, Sources, look};
use super::last_good::{keep, mark_cut_off};
use super::watch::{Places, Watcher};
use crate::model::catalog::Catalog;
use crate::model::ids::ClusterId;

/// What one look brought.
#[derive(Clone, Debug)]
pub struct Seen {
    /// What the files offer. Broken ones keep their last good contexts.
    pub catalog: Catalog,
    /// It differs from what the look before brought.
    pub is_new: bool,
    /// Contexts that are still there, but say something else than before: file and name.
    pub changed: Vec<(PathBuf, String)>,
}

/// Looks at the sources again and again.
pub struct Lookout {
    sources: Sources,
    /// Every id this run has given out, and those that earlier ones have: a file keeps its ids.
    remembered: BTreeMap<String, PathBuf>,
    watcher: Watcher,
    watched: bool,
    last: Look,
    stamp: u64,
}

impl Lookout {
    /// Looks nowhere yet. `noticed` is called, on any thread, when another look is worth while; it must not block.
    #[must_use]
    pub fn new(sources: Sources, remembered: BTreeMap<String, PathBuf>, noticed: impl Fn() + Send + 'static) -> Self {
        let watcher = Watcher::new(noticed);
        Self { sources, remembered, watcher, watched: false, last: Look::default(), stamp: 0 }
    }

    /// Looks, and watches from now on. `open` are the clusters whose contexts must not go with a lost file.
    pub fn look(&mut self, open: &BTreeSet<ClusterId>) -> Seen {
        // What changes after this is noticed, so what changes while we read is read again.
        self.watched = self.watcher.follow(Places::of(&self.sources, &self.last.catalog));
        self.stamp = self.stamp();
        let mut found = look(&self.sources, &self.remembered);
        mark_cut_off(&self.last, &mut found);
        let Look { catalog, mut prints, mut parts } = found;
        // Of a file that cannot be read at the moment is known what it had.
        for (path, had) in &self.last.parts {
            parts.entry(path.clone()).or_insert_with(|| had.clone());
        }
        let catalog = keep(&self.last.catalog, catalog, open);
        for (file, context) in catalog.contexts() {
            self.remembered.insert(context.id.to_string(), file.path.clone());
            // What is kept from a broken file is as it was.
            if let (None, Some(print)) = (prints.get(&context.id), self.last.prints.get(&context.id)) {
                prints.insert(context.id.clone(), *print);
            }
        }
        let is_changed = |id: &ClusterId| {
            let (before, now) = (self.last.prints.get(id), prints.get(id));
            before.is_some() && now.is_some() && before != now
        };
        let changed = catalog.contexts().filter(|(_, context)| is_changed(&context.id));
        let changed = changed.map(|(file, context)| (file.path.clone(), context.name.clone())).collect();
        let is_new = catalog != self.last.catalog;
        self.last = Look { catalog: catalog.clone(), prints, parts };
        Seen { catalog, is_new, changed }
    }

    /// Whether the system tells of changes; if not, somebody has to ask [`Lookout::is_outdated`] often.
    #[must_use]
    pub fn is_watched(&self) -> bool {
        self.watched
    }

    /// Tells from sizes and times alone whether another look is worth while.
    #[must_use]
    pub fn is_outdated(&self) -> bool {
        self.stamp() != self.stamp
    }

    fn stamp(&self) -> u64 {
        let mut paths: BTreeSet<PathBuf> = self.sources.named().into_iter().collect();
        if paths.is_empty() {
            paths.extend(self.sources.default_file());
            for folder in self.sources.folders() {
                let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
                paths.extend(entries.map(|entry| entry.path()));
            }
        }
        let mut hasher = DefaultHasher::new();
        for path in &paths {
            stamp_of(path, &mut hasher);
        }
        hasher.finish()
    }
}

/// Adds a file's name, size and time of change. Folders (`cache`) change all the time and mean nothing.
fn stamp_of(path: &Path, hasher: &mut DefaultHasher) {
    let Ok(metadata) = std::fs::metadata(path) else { return };
    if metadata.is_file() {
        (path, metadata.len(), metadata.modified().ok()).hash(hasher);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "kind: Config\ncurrent-context: a\nclusters:\n- name: c\n  cluster: {server: 'https://h:1'}\n\
        - name: d\n  cluster: {server: 'https://h:2'}\nusers:\n- name: u\n  user: {token: first}\n\
        contexts:\n- name: a\n  context: {cluster: c, user: u}\n- name: b\n  context: {cluster: d}\n";

    struct Desk {
        lookout: Lookout,
        path: PathBuf,
        _folder: tempfile::TempDir,
    }

    impl Desk {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("config");
            std::fs::write(&path, GOOD).unwrap();
            let sources = Sources { explicit: vec![path.clone()], ..Sources::default() };
            let mut lookout = Lookout::new(sources, BTreeMap::new(), || {});
            assert!(lookout.look(&BTreeSet::new()).is_new);
            Self { lookout, path, _folder: folder }
        }

        fn after(&mut self, text: &str) -> Seen {
            std::fs::write(&self.path, text).unwrap();
            self.lookout.look(&BTreeSet::new())
        }
    }

    fn names(seen: &Seen) -> Vec<&str> {
        seen.changed.iter().map(|(_, name)| name.as_str()).collect()
    }

    #[test]
    fn a_change_concerns_the_contexts_whose_entries_changed_and_no_others() {
        let mut desk = Desk::new();
        assert_eq!(names(&desk.after(&GOOD.replace("first", "second"))), ["a"]);
        assert_eq!(names(&desk.after(&GOOD.replace("h:2", "h:3"))), ["a", "b"]);
        let same = desk.lookout.look(&BTreeSet::new());
        assert!(!same.is_new && same.changed.is_empty());
    }

    #[test]
    fn another_current_context_changes_no_context() {
        let mut desk = Desk::new();
        let seen = desk.after(&GOOD.replace("current-context: a", "current-context: b"));
        assert!(seen.is_new && seen.changed.is_empty());
    }

    #[test]
    fn a_file_whose_contexts_a_person_emptied_has_none() {
        for emptied in ["kind: Config\ncontexts: []\n", "{\"kind\": \"Config\", \"contexts\": []}"] {
            let seen = Desk::new().after(emptied);
            assert_eq!((seen.catalog.contexts().count(), &seen.catalog.files[0].problem), (0, &None), "{emptied}");
        }
    }

    #[test]
    fn a_file_broken_and_mended_as_it_was_changes_no_context() {
        let mut desk = Desk::new();
        let broken = desk.after("kind: Config\ncontexts: [");
        assert_eq!((broken.catalog.contexts().count(), names(&broken)), (2, vec![]));
        assert!(broken.catalog.files[0].problem.is_some());
        let mended = desk.after(GOOD);
        assert_eq!((mended.catalog.files[0].problem.as_ref(), names(&mended)), (None, vec![]));
    }

    #[test]
    fn a_file_cut_off_anywhere_while_it_is_written_takes_no_context_away() {
        // As kubectl writes it: sections in the order of the alphabet.
        let whole = "apiVersion: v1\nclusters:\n- name: c\n  cluster:\n    server: https://h:1\n- name: d\n  cluster:\n    server: https://h:2\n\
            contexts:\n- name: a\n  context:\n    cluster: c\n    user: u\n- name: b\n  context:\n    cluster: d\n    user: u\n\
            current-context: a\nkind: Config\npreferences: {}\nusers:\n- name: u\n  user:\n    token: first\n";
        let mut desk = Desk::new();
        desk.after(whole);
        let last_section = whole.find("users:").unwrap() + "users:".len();
        for cut in 0..last_section {
            let seen = desk.after(&whole[..cut]);
            assert_eq!((seen.catalog.contexts().count(), names(&seen)), (2, vec![]), "cut at {cut}");
            assert!(seen.catalog.contexts().all(|(_, context)| context.problem.is_none()), "cut at {cut}");
            assert!(seen.catalog.files[0].problem.is_some(), "cut at {cut}");
        }
        let mended = desk.after(whole);
        assert_eq!((mended.catalog.files[0].problem.as_ref(), names(&mended)), (None, vec![]));
        // Taken out on purpose, and the section is still there: gone.
        assert_eq!(
            desk.after(&whole.replace("- name: b\n  context:\n    cluster: d\n    user: u\n", ""))
                .catalog
                .contexts()
                .count(),
            1
        );
        let none = "apiVersion: v1\nclusters: null\ncontexts: null\nkind: Config\nusers: null\n";
        assert_eq!(desk.after(none).catalog.contexts().count(), 0);
    }

    #[test]
    fn a_file_cut_off_within_the_last_of_its_contexts_takes_no_context_away() {
        let whole = "kind: Config\nclusters:\n- name: cc\n  cluster: {server: 'https://h:1'}\nusers:\n- name: uu\n  user: {token: t}\n\
            contexts:\n- name: aa\n  context:\n    cluster: cc\n    user: uu\n- name: bb\n  context:\n    cluster: cc\n    user: uu\n";
        let mut desk = Desk::new();
        desk.after(whole);
        let last = whole.find("- name: bb").unwrap();
        for cut in last + 1..whole.len() {
            let seen = desk.after(&whole[..cut]);
            assert_eq!(seen.catalog.contexts().count(), 2, "cut at {cut}");
            assert!(seen.catalog.contexts().all(|(_, context)| context.problem.is_none()), "cut at {cut}");
        }
        let nameless = desk.after(&whole[..last + "- name:".len()]);
        let problem = nameless.catalog.files[0].problem.as_deref();
        assert_eq!((problem, names(&nameless)), (Some("is half-written: it ends within an entry"), vec![]));
        // Between two entries it is as a person leaves it who takes the last one out.
        assert_eq!(desk.after(&whole[..last]).catalog.contexts().count(), 1);
    }

    #[test]
    fn what_a_broken_file_says_when_it_is_mended_otherwise_is_a_change() {
        let mut desk = Desk::new();
        desk.after("kind: Config\ncontexts: [");
        assert_eq!(names(&desk.after(&GOOD.replace("first", "second"))), ["a"]);
    }

    #[test]
    fn sizes_and_times_tell_that_a_look_is_worth_while() {
        let mut desk = Desk::new();
        assert!(!desk.lookout.is_outdated());
        std::fs::write(&desk.path, GOOD.replace("first", "another")).unwrap();
        assert!(desk.lookout.is_outdated());
        desk.lookout.look(&BTreeSet::new());
        assert!(!desk.lookout.is_outdated());
    }
}
