//! The state file: what is open, the order of the tabs, each cluster's view. Must not know what it means.
//!
//! JSON, private to the user, replaced atomically; a damaged file is set aside with a notice, never a reason not to
//! start. Two running copies do not corrupt it: each write replaces the whole file, the last one stands.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

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
}

/// One cluster's view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedView {
    /// The plural of the kind on screen.
    pub kind: String,
    /// Selected namespaces.
    pub namespaces: Vec<String>,
    /// Namespaces typed in where listing them is denied.
    pub typed_namespaces: Vec<String>,
    /// Only what needs a person.
    pub unwell: bool,
}

/// Reads the state file. A missing file is the empty state; a damaged one too, with a notice.
#[must_use]
pub fn load(path: &Path) -> (SavedState, Option<String>) {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return (SavedState::default(), None),
        Err(error) => return (SavedState::default(), Some(format!("state not read from {}: {error}", path.display()))),
    };
    match serde_json::from_str::<SavedState>(&text) {
        Ok(state) if state.version <= VERSION => (state, None),
        Ok(state) => {
            let notice = format!("state file {} is of a newer version ({}); ignored", path.display(), state.version);
            (SavedState::default(), Some(notice))
        }
        Err(_) => {
            let aside = path.with_extension("damaged");
            let kept = std::fs::rename(path, &aside).is_ok();
            let place = if kept { format!("; kept as {}", aside.display()) } else { String::new() };
            (SavedState::default(), Some(format!("state file {} is damaged and ignored{place}", path.display())))
        }
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

fn create_private(folder: &Path) -> io::Result<()> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/state.json");
        let state = SavedState { version: 1, open: vec!["config:a/b:c".to_owned()], board: true, ..Default::default() };
        save(&path, &state).unwrap();
        assert_eq!(load(&path), (state, None));
    }

    #[test]
    fn a_damaged_file_is_set_aside_with_a_notice() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        std::fs::write(&path, "{\"open\": [").unwrap();
        let (state, notice) = load(&path);
        assert_eq!(state, SavedState::default());
        assert!(notice.unwrap().contains("damaged"));
        assert!(folder.path().join("state.damaged").exists());
    }

    #[test]
    fn a_missing_file_is_the_empty_state_and_a_newer_one_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        assert_eq!(load(&path), (SavedState::default(), None));
        std::fs::write(&path, r#"{"version": 99, "open": ["x"]}"#).unwrap();
        assert!(load(&path).1.unwrap().contains("newer"));
        assert!(path.exists());
    }
}
