//! Temporary folders of embedded fleets: tokens for the credential plugin, the demo's kubeconfig. Gone with whoever made
//! them; what a killed program left behind is swept by the next one. Must not know what is kept in them.

use std::fs::File;
use std::io;
use std::path::Path;

use tempfile::TempDir;

/// Every such folder's name begins so.
const PREFIX: &str = "fleet-tui-scratch-";

/// The file in it whose lock says that its maker lives.
const ALIVE: &str = "alive";

/// A folder, private to the user; removed when dropped.
#[derive(Debug)]
pub struct Scratch {
    folder: TempDir,
    /// Locked until the process ends, however it ends.
    _alive: File,
}

impl Scratch {
    /// Makes a folder among the system's temporary ones, and sweeps those whose makers are gone. Blocks on the disk.
    pub fn new() -> io::Result<Self> {
        Self::within(&std::env::temp_dir())
    }

    fn within(place: &Path) -> io::Result<Self> {
        sweep(place);
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(place)?;
        // It gets its name when it is locked: nobody finds it free in between.
        let unnamed = folder.path().join("making");
        let alive = File::create(&unnamed)?;
        alive.lock()?;
        std::fs::rename(unnamed, folder.path().join(ALIVE))?;
        Ok(Self { folder, _alive: alive })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Removes folders of ours that nobody holds any more. One that cannot be looked at or removed is left alone.
fn sweep(place: &Path) {
    let entries = std::fs::read_dir(place).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX)) {
        let path = entry.path();
        // Anybody may put a link among the temporary files; only folders of this user are ours.
        if !path.symlink_metadata().is_ok_and(|about| about.is_dir() && is_ours(&about)) {
            continue;
        }
        // One without the file is just being made.
        let Ok(alive) = File::open(path.join(ALIVE)) else { continue };
        if alive.try_lock().is_ok() {
            let _left_for_the_next = std::fs::remove_dir_all(&path);
        }
    }
}

#[cfg(unix)]
fn is_ours(about: &std::fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(about) == rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
fn is_ours(_: &std::fs::Metadata) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_program_left_behind_is_swept_and_what_is_in_use_is_not() {
        let place = tempfile::tempdir().unwrap();
        let living = Scratch::within(place.path()).unwrap();
        std::fs::write(living.path().join("kubeconfig"), "").unwrap();
        // As after `kill -9`: the folder is there, its lock went with the process.
        let dead = place.path().join(format!("{PREFIX}dead"));
        let (begun, foreign) = (place.path().join(format!("{PREFIX}begun")), place.path().join("other"));
        for folder in [&dead, &begun, &foreign] {
            std::fs::create_dir(folder).unwrap();
        }
        std::fs::write(dead.join(ALIVE), "").unwrap();
        std::fs::write(dead.join("token"), "t").unwrap();
        std::fs::write(foreign.join(ALIVE), "").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(&foreign, place.path().join(format!("{PREFIX}link"))).unwrap();
        let next = Scratch::within(place.path()).unwrap();
        assert!(!dead.exists());
        assert!(living.path().join("kubeconfig").exists() && next.path().exists());
        assert!(begun.exists() && foreign.join(ALIVE).exists());
        let path = next.path().to_owned();
        drop(next);
        assert!(!path.exists());
    }
}
