//! What servers said of themselves, kept on disk for the next start: one private file per server. A cache: what cannot
//! be read or written is as if it were not there. Must not know whether it is still true.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Discovered;

/// The most that is read of a file, in bytes.
const LONGEST: u64 = 16 * 1024 * 1024;

/// A file: the server is named inside, for two addresses may come to the same file name.
#[derive(Serialize, Deserialize)]
struct Kept<D> {
    server: String,
    discovered: D,
}

/// Reads what a server said when it was last asked.
pub async fn load(folder: &Path, server: &str) -> Option<Discovered> {
    let path = file(folder, server);
    if tokio::fs::metadata(&path).await.ok()?.len() > LONGEST {
        return None;
    }
    let kept: Kept<Discovered> = serde_json::from_slice(&tokio::fs::read(&path).await.ok()?).ok()?;
    (kept.server == server).then_some(kept.discovered)
}

/// Keeps what a server says: a private temporary file, then a rename. The folder must be there.
pub async fn save(folder: &Path, server: &str, discovered: &Discovered) {
    let Ok(text) = serde_json::to_vec(&Kept { server: server.to_owned(), discovered }) else { return };
    let (folder, path) = (folder.to_owned(), file(folder, server));
    let written = tokio::task::spawn_blocking(move || -> std::io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&text)?;
        file.persist(path).map(drop).map_err(|error| error.error)
    });
    if let Ok(Err(error)) = written.await {
        tracing::debug!(%error, "discovery is not cached");
    }
}

fn file(folder: &Path, server: &str) -> PathBuf {
    let harmless = |letter: char| if letter.is_ascii_alphanumeric() || "-.".contains(letter) { letter } else { '_' };
    let name: String = server.chars().map(harmless).take(120).collect();
    folder.join(format!("{name}.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_kept_comes_back_for_the_same_server_alone() {
        let folder = tempfile::tempdir().unwrap();
        let mut discovered = Discovered::default();
        discovered.core.tag = Some("\"A\"".to_owned());
        save(folder.path(), "https://a:1/x", &discovered).await;
        assert_eq!(load(folder.path(), "https://a:1/x").await, Some(discovered));
        assert_eq!(load(folder.path(), "https://a:1_x").await, None, "of the same file name");
        std::fs::write(file(folder.path(), "https://a:1/x"), "{").unwrap();
        assert_eq!(load(folder.path(), "https://a:1/x").await, None, "a damaged file is none");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn files_are_private_to_the_user() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        save(folder.path(), "https://a", &Discovered::default()).await;
        let mode = std::fs::metadata(file(folder.path(), "https://a")).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }
}
