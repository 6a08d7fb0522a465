//! The state file: what is open, the order of the tabs, each cluster's view. Must not know what it means.
//!
//! JSON, private to the user, replaced atomically; a damaged file is set aside with a notice, never a reason not to
//! start. Two running copies do not corrupt it: each write replaces the whole file, after it was put together with what
//! another has written meanwhile ([`super::merged`]).

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::merged::merged;

/// The version written; a higher one is left alone.
const VERSION: u32 = 1;

/// What a run leaves for the next one. Everything is keyed by cluster id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedState {
    /// The file's format.
    pub version: u32,
    /// Open clusters in tab order.
    pub open: Vec<String>,
    /// The cluster whose tab was in front.
    pub active: Option<String>,
    /// The Fleet board was on screen.
    pub board: bool,
    /// Which file gave out each id, so that an id keeps meaning the same context.
    pub files: BTreeMap<String, PathBuf>,
    /// Each cluster's view.
    pub views: BTreeMap<String, SavedView>,
    /// What Attention is not to tell, the latest last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignored_attention: Vec<IgnoredAttention>,
    /// What was chosen in the palette, the latest last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub uses: Vec<SavedUse>,
}

/// Something that was chosen in the palette.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedUse {
    /// What was typed, in lower case.
    pub word: String,
    /// What was chosen: `command help`, `kind deployments.apps`.
    pub what: String,
    /// How often.
    pub times: u32,
}

/// Something that the user does not want to hear of: what all given parts match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IgnoredAttention {
    /// The cluster's id; every cluster if absent.
    pub cluster: Option<String>,
    /// The object: `replicaset checkout/cart-7d9`; every object if absent.
    pub object: Option<String>,
    /// The cause, by its title; every cause if absent.
    pub cause: Option<String>,
}

/// One cluster's view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedView {
    /// The plural of the kind on screen.
    pub kind: String,
    /// What else has to be known of a kind that is not read all the time.
    pub resource: Option<SavedResource>,
    /// Selected namespaces.
    pub namespaces: Vec<String>,
    /// Namespaces typed in where listing them is denied.
    pub typed_namespaces: Vec<String>,
    /// Only what needs a person.
    pub unwell: bool,
    /// Wide mode.
    pub wide: bool,
    /// How tables are sorted and filtered, by kind, where that was chosen.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tables: BTreeMap<String, SavedTable>,
    /// The columns that were chosen, by kind.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<String, SavedColumns>,
}

/// How one table is sorted and filtered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedTable {
    /// The order; the kind's own if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<SavedSort>,
    /// The filter as it was typed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub filter: String,
}

/// The order of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedSort {
    /// The heading of the column.
    pub column: String,
    /// Largest first.
    pub descending: bool,
}

/// The columns chosen for one kind, by their headings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedColumns {
    /// The order.
    pub order: Vec<String>,
    /// Whether each is shown, where that was chosen.
    pub shown: BTreeMap<String, bool>,
    /// Widths in cells.
    pub widths: BTreeMap<String, u16>,
}

/// A kind as discovery described it when it was last on screen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedResource {
    /// The API group.
    pub group: String,
    /// The version.
    pub version: String,
    /// The kind, as in manifests.
    pub kind: String,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
}

/// What reading the state file came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// What the last run left; empty if nothing could be read.
    pub state: SavedState,
    /// What a person should know about it.
    pub notice: Option<String>,
    /// The file is not ours to write: it could not be read, or is of a newer version.
    pub hands_off: bool,
}

/// Reads the state file. A missing file is the empty state; a damaged one too, with a notice; one that cannot be read
/// or is of a newer version is left alone.
#[must_use]
pub fn load(path: &Path) -> Loaded {
    let left_alone = |notice: String| Loaded { notice: Some(notice), hands_off: true, ..Loaded::default() };
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Loaded::default(),
        Err(error) => return left_alone(format!("state not read from {}: {error}", path.display())),
    };
    match serde_json::from_slice::<SavedState>(&bytes) {
        Ok(state) if state.version <= VERSION => Loaded { state, ..Loaded::default() },
        Ok(state) => {
            let (path, version) = (path.display(), state.version);
            left_alone(format!(
                "state file {path} is of a newer version ({version}); nothing is restored or remembered"
            ))
        }
        Err(_) => {
            let aside = path.with_extension("damaged");
            let kept = std::fs::rename(path, &aside).is_ok();
            let place = if kept { format!("; kept as {}", aside.display()) } else { String::new() };
            let notice = format!("state file {} is damaged and ignored{place}", path.display());
            Loaded { notice: Some(notice), ..Loaded::default() }
        }
    }
}

/// Writes what this copy has come to since it last read or wrote `base`, and keeps what another copy has written meanwhile.
pub fn save_beside(path: &Path, base: &SavedState, mine: &SavedState) -> io::Result<()> {
    let bytes = std::fs::read(path).ok();
    let theirs = bytes.and_then(|bytes| serde_json::from_slice::<SavedState>(&bytes).ok());
    match theirs.filter(|theirs| theirs.version <= VERSION) {
        Some(theirs) => save(path, &merged(base, mine, theirs)),
        None => save(path, mine),
    }
}

/// Writes the state file: a private temporary file beside it, then a rename.
pub fn save(path: &Path, state: &SavedState) -> io::Result<()> {
    let folder = path.parent().ok_or_else(|| io::Error::other("the state file has no folder"))?;
    create_private(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    let state = SavedState { version: VERSION, ..state.clone() };
    serde_json::to_writer_pretty(&mut file, &state)?;
    file.write_all(b"\n")?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Creates a folder and those above it, private to the user.
pub fn create_private(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder)
}

/// Returns where the state file lives, or `None` where the system names no home.
#[must_use]
pub fn default_path() -> Option<PathBuf> {
    let dirs = directories::ProjectDirs::from("", "", "fleet-tui")?;
    Some(dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).join("state.json"))
}

/// Creates the folder for what servers say of themselves, private to the user; `None` where that cannot be.
#[must_use]
pub fn discovery_folder() -> Option<PathBuf> {
    let folder = directories::ProjectDirs::from("", "", "fleet-tui")?.cache_dir().join("discovery");
    create_private(&folder).ok()?;
    Some(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/state.json");
        let state = SavedState { version: 1, open: vec!["config:a/b:c".to_owned()], board: true, ..Default::default() };
        save(&path, &state).unwrap();
        assert_eq!(load(&path), Loaded { state, ..Loaded::default() });
    }

    #[test]
    fn of_two_copies_that_write_in_turn_neither_undoes_what_the_other_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        let open =
            |ids: &[&str]| SavedState { open: ids.iter().map(|id| (*id).to_owned()).collect(), ..Default::default() };
        let mut one = open(&["a"]);
        save_beside(&path, &SavedState::default(), &one).unwrap();
        let two = load(&path).state;
        save_beside(&path, &two, &open(&["a", "b"])).unwrap();
        let before = one.clone();
        one.views.insert("a".to_owned(), SavedView { kind: "nodes".to_owned(), ..SavedView::default() });
        save_beside(&path, &before, &one).unwrap();
        let left = load(&path).state;
        assert_eq!((left.open, left.views), (vec!["a".to_owned(), "b".to_owned()], one.views.clone()));
        // A file that is gone or damaged is written anew.
        std::fs::write(&path, "{").unwrap();
        save_beside(&path, &one, &one).unwrap();
        assert_eq!(load(&path).state.open, one.open);
    }

    #[test]
    fn a_damaged_file_is_set_aside_with_a_notice() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        std::fs::write(&path, "{\"open\": [").unwrap();
        let loaded = load(&path);
        assert_eq!(loaded.state, SavedState::default());
        assert!(loaded.notice.unwrap().contains("damaged") && !loaded.hands_off);
        assert!(folder.path().join("state.damaged").exists());
    }

    #[test]
    fn a_missing_file_is_the_empty_state_and_a_newer_one_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        assert_eq!(load(&path), Loaded::default());
        std::fs::write(&path, r#"{"version": 99, "open": ["x"]}"#).unwrap();
        let loaded = load(&path);
        assert!(loaded.notice.unwrap().contains("newer") && loaded.hands_off);
        assert!(path.exists());
    }
}
