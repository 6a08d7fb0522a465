//! Notices that something happened at the places where kubeconfig files are or may appear. Must not know what it means.
//!
//! Folders are watched, not files: files appear, and are replaced by renaming another over them. A folder that is not
//! there yet is awaited in the nearest one that is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use super::discover::{Sources, absolute};
use crate::model::catalog::Catalog;

/// What is worth noticing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// Files of which any change counts.
    files: BTreeSet<PathBuf>,
    /// Folders in which any change of an entry counts.
    folders: BTreeSet<PathBuf>,
}

impl Places {
    /// Returns the places of the sources, and where links among the files found last lead. Blocks on the disk.
    #[must_use]
    pub fn of(sources: &Sources, found: &Catalog) -> Self {
        let mut places = Self::default();
        let named = sources.named();
        if named.is_empty() {
            places.files.extend(sources.default_file());
            places.folders.extend(sources.folders());
        } else {
            places.files.extend(named.into_iter().map(absolute));
        }
        places.files.extend(found.files.iter().filter_map(|file| std::fs::canonicalize(&file.path).ok()));
        // The system may tell of a place by the name its folder really has.
        let real = |path: &PathBuf| Some(std::fs::canonicalize(path.parent()?).ok()?.join(path.file_name()?));
        let files: Vec<PathBuf> = places.files.iter().filter_map(real).collect();
        let folders: Vec<PathBuf> = places.folders.iter().filter_map(|path| std::fs::canonicalize(path).ok()).collect();
        places.files.extend(files);
        places.folders.extend(folders);
        places
    }

    /// Returns the folders to watch: each exists, or did a moment ago. Blocks on the disk.
    fn to_watch(&self) -> BTreeSet<PathBuf> {
        let wanted =
            self.files.iter().filter_map(|file| file.parent()).chain(self.folders.iter().map(PathBuf::as_path));
        wanted.filter_map(|folder| folder.ancestors().find(|folder| folder.is_dir())).map(Path::to_path_buf).collect()
    }

    fn concerns(&self, path: &Path) -> bool {
        let on_the_way = |place: &PathBuf| place.starts_with(path);
        self.files.iter().any(on_the_way)
            || self.folders.iter().any(on_the_way)
            || path.parent().is_some_and(|folder| self.folders.contains(folder))
    }
}

/// Watches places; what it notices it tells by a call on a thread of its own. Stops when dropped.
pub struct Watcher {
    system: Option<RecommendedWatcher>,
    places: Arc<RwLock<Places>>,
    watched: BTreeMap<PathBuf, Option<u64>>,
}

impl Watcher {
    /// Starts with no places. `noticed` must not block.
    #[must_use]
    pub fn new(noticed: impl Fn() + Send + 'static) -> Self {
        let places = Arc::new(RwLock::new(Places::default()));
        let concern = Arc::clone(&places);
        let tell = move |event: notify::Result<Event>| {
            let places = concern.read().unwrap_or_else(PoisonError::into_inner);
            if counts(event, &places) {
                noticed();
            }
        };
        let system = notify::recommended_watcher(tell);
        let system = system.inspect_err(|error| tracing::warn!(%error, "kubeconfig files are polled")).ok();
        Self { system, places, watched: BTreeMap::new() }
    }

    /// Watches these places from now on; returns whether the system can. Blocks on the disk.
    pub fn follow(&mut self, places: Places) -> bool {
        let folders = places.to_watch();
        *self.places.write().unwrap_or_else(PoisonError::into_inner) = places;
        let Some(system) = &mut self.system else { return false };
        for gone in self.watched.keys().filter(|folder| !folders.contains(*folder)) {
            // One that no longer exists is no longer watched either.
            let _unwatched = system.unwatch(gone);
        }
        self.watched.retain(|folder, _| folders.contains(folder));
        let mut complete = true;
        for folder in folders {
            let now = identity(&folder);
            if self.watched.get(&folder) == Some(&now) {
                continue;
            }
            match system.watch(&folder, RecursiveMode::NonRecursive) {
                Ok(()) => drop(self.watched.insert(folder, now)),
                Err(error) => {
                    tracing::warn!(%error, folder = %folder.display(), "a folder of kubeconfig files is polled");
                    complete = false;
                }
            }
        }
        complete
    }
}

/// Whether an event may mean another content. That files are opened and read does not: we do that ourselves.
fn counts(event: notify::Result<Event>, places: &Places) -> bool {
    let Ok(event) = event else { return true };
    let read = matches!(event.kind, EventKind::Access(kind) if kind != AccessKind::Close(AccessMode::Write));
    !read && (event.need_rescan() || event.paths.iter().any(|path| places.concerns(path)))
}

/// Tells a folder from another one of the same name that replaced it.
#[cfg(unix)]
fn identity(folder: &Path) -> Option<u64> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(folder).ok().map(|metadata| metadata.ino())
}

#[cfg(not(unix))]
fn identity(_folder: &Path) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, sync_channel};
    use std::time::Duration;

    use super::*;

    fn watcher() -> (Watcher, Receiver<()>) {
        let (sender, noticed) = sync_channel(1);
        // A full channel means that the test already knows.
        let noticing = move || sender.try_send(()).unwrap_or_default();
        (Watcher::new(noticing), noticed)
    }

    fn is_noticed(noticed: &Receiver<()>) -> bool {
        noticed.recv_timeout(Duration::from_secs(10)).is_ok()
    }

    fn sources(home: &Path) -> Sources {
        Sources { home: Some(home.to_owned()), ..Sources::default() }
    }

    #[test]
    fn a_folder_that_appears_and_a_file_in_it_are_noticed() {
        let home = tempfile::tempdir().unwrap();
        let (mut watcher, noticed) = watcher();
        assert!(watcher.follow(Places::of(&sources(home.path()), &Catalog::default())));
        std::fs::create_dir(home.path().join(".kube")).unwrap();
        assert!(is_noticed(&noticed));
        assert!(watcher.follow(Places::of(&sources(home.path()), &Catalog::default())));
        std::fs::write(home.path().join(".kube/team"), "x").unwrap();
        assert!(is_noticed(&noticed));
    }

    #[test]
    fn a_file_that_another_is_renamed_over_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        std::fs::write(&path, "old").unwrap();
        std::fs::write(folder.path().join("new"), "new").unwrap();
        let (mut watcher, noticed) = watcher();
        let sources = Sources { explicit: vec![path.clone()], ..Sources::default() };
        assert!(watcher.follow(Places::of(&sources, &Catalog::default())));
        std::fs::rename(folder.path().join("new"), &path).unwrap();
        assert!(is_noticed(&noticed));
    }

    #[test]
    fn neighbours_of_a_named_file_and_reading_it_do_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        let sources = Sources { explicit: vec![path.clone()], ..Sources::default() };
        let places = Places::of(&sources, &Catalog::default());
        let event = |kind, path: &Path| Ok(Event::new(kind).add_path(path.to_owned()));
        let modified = EventKind::Modify(notify::event::ModifyKind::Any);
        assert!(counts(event(modified, &path), &places));
        assert!(counts(event(EventKind::Remove(notify::event::RemoveKind::Folder), folder.path()), &places));
        assert!(!counts(event(modified, &folder.path().join("other")), &places));
        assert!(!counts(event(EventKind::Access(AccessKind::Open(AccessMode::Any)), &path), &places));
        assert!(counts(event(EventKind::Access(AccessKind::Close(AccessMode::Write)), &path), &places));
    }

    #[cfg(unix)]
    #[test]
    fn where_a_link_leads_is_a_place_too() {
        let folder = tempfile::tempdir().unwrap();
        let (link, real) = (folder.path().join("link"), folder.path().join("far/real"));
        std::fs::create_dir(folder.path().join("far")).unwrap();
        std::fs::write(&real, "kind: Config\n").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let sources = Sources { explicit: vec![link], ..Sources::default() };
        let found = crate::kubeconfig::discover(&sources, &BTreeMap::new());
        assert!(Places::of(&sources, &found).concerns(&real));
    }
}
