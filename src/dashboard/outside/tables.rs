//! Keeps tables that a person saves: one private file each. Must not know what is in them.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::config::state::create_private;

/// Writes a text into a file of this name, private to the user; one that is there already is replaced. Blocks on the disk.
pub fn keep(folder: &Path, name: &str, text: &str) -> io::Result<PathBuf> {
    create_private(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    let path = folder.join(name);
    file.persist(&path).map_err(|error| error.error)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saved_table_is_complete_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = keep(&folder.path().join("tables"), "prod-pods-1.tsv", "NAME\na\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "NAME\na\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        }
    }
}
