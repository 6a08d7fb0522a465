//! What is on disk behind one context, and whether it says something else than at the last look.
//!
//! Compares by what takes effect: a file that is touched, or edited elsewhere, changes nothing. Keeps hashes and no
//! secret. Must not connect anywhere.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::kubeconfig::resolve::is_torn;
use crate::kubeconfig::{Resolved, Unusable, resolve};

/// How long a look for changes waits for the disk.
const DISK: Duration = Duration::from_secs(10);

/// What a context comes to, as two hashes: equal ones lead to equal clients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Print {
    /// Of where it leads: server, proxy, names, namespace. What was read elsewhere is not to be gone on from.
    pub place: u64,
    /// Of all that takes effect, the contents of certificates and token files included.
    pub whole: u64,
}

impl Print {
    /// Reads the certificate files. Blocks on the disk.
    #[must_use]
    pub fn of(resolved: &Resolved, kubeconfig: &Path) -> Self {
        let text = |value: Result<serde_json::Value, serde_json::Error>| value.unwrap_or_default().to_string();
        let place = (text(serde_json::to_value(&resolved.kubeconfig.clusters)), &resolved.namespace);
        let user = text(serde_json::to_value(&resolved.kubeconfig.auth_infos));
        let files = resolved.files.iter().filter(|file| *file != kubeconfig);
        let files: Vec<Option<Vec<u8>>> = files.map(|file| std::fs::read(file).ok()).collect();
        Self { place: hash(&place), whole: hash(&(&place, user, files)) }
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// What one look at the disk found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    files: Vec<PathBuf>,
    stamps: Vec<Option<SystemTime>>,
    found: Result<Print, Unusable>,
}

impl Evidence {
    /// Notes what resolving a context of the file `path` has come to. Blocks on the disk.
    #[must_use]
    pub fn of(path: &Path, resolved: &Result<Resolved, Unusable>) -> Self {
        let (files, found) = match resolved {
            Ok(resolved) => (resolved.files.clone(), Ok(Print::of(resolved, path))),
            Err(why) => (vec![path.to_owned()], Err(why.clone())),
        };
        Self { stamps: changed(&files), files, found }
    }

    /// Returns the hashes; zeroes if the context cannot be used.
    #[must_use]
    pub fn print(&self) -> Print {
        self.found.clone().unwrap_or_default()
    }
}

/// Returns when each file was last changed; `None` for one that is not there. Blocks on the disk.
fn changed(files: &[PathBuf]) -> Vec<Option<SystemTime>> {
    files.iter().map(|file| std::fs::metadata(file).and_then(|metadata| metadata.modified()).ok()).collect()
}

/// How the disk compares with the last attempt to connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// It says the same.
    Same,
    /// It says something else that can be tried.
    Changed {
        /// Where that leads; see [`Print::place`].
        place: u64,
    },
    /// The context is there, but cannot be used: its user or cluster is gone, a certificate cannot be read.
    Broken {
        /// It could be used at the last attempt, or was broken in another way.
        is_new: bool,
    },
    /// It says nothing of the context, as a file does that is being written.
    Silent,
}

/// Looks at what is behind one context. Clones share what was noted.
#[derive(Clone)]
pub struct Lookout {
    path: PathBuf,
    context: String,
    seen: Arc<Mutex<Option<Evidence>>>,
    /// One place: see [`Lookout::look`].
    disk: Arc<Semaphore>,
}

impl Lookout {
    /// Nothing is noted yet.
    #[must_use]
    pub fn new(path: PathBuf, context: String) -> Self {
        Self { path, context, seen: Arc::default(), disk: Arc::new(Semaphore::new(1)) }
    }

    /// Notes what an attempt to connect works with.
    pub fn note(&self, evidence: Evidence) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(evidence);
    }

    fn seen(&self) -> Option<Evidence> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns where the last attempt led; `None` if the context could not be used. See [`Print::place`].
    #[must_use]
    pub fn place(&self) -> Option<u64> {
        Some(self.seen()?.found.ok()?.place)
    }

    /// Tells whether the file said nothing of the context at the last attempt.
    #[must_use]
    pub fn found_silence(&self) -> bool {
        self.seen().is_some_and(|seen| matches!(seen.found, Err(Unusable::Silent(_))))
    }

    /// Tells whether what the context lacked at the last attempt may not have been written yet.
    pub fn found_missing(&self) -> bool {
        self.seen().is_some_and(|seen| matches!(seen.found, Err(Unusable::Missing(_))))
    }

    /// Runs what blocks on the disk, one after the other. `None` if the disk does not answer within `limit`.
    ///
    /// Nothing can end work that hangs: it keeps its place, so that a disk that hangs costs a context one thread, however
    /// often it is looked at.
    pub async fn look<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let looked = async {
            let place = self.disk.clone().acquire_owned().await.ok()?;
            let work = spawn_blocking(move || {
                let found = work();
                drop(place);
                found
            });
            work.await.ok()
        };
        timeout(limit, looked).await.ok().flatten()
    }

    /// Tells cheaply whether a file, or what is wrong with the context, is another than at the last attempt.
    pub async fn has_changed(&self) -> bool {
        let (look, Some(seen)) = (self.clone(), self.seen()) else { return false };
        let outdated = self.look(DISK, move || {
            // Only what is broken has to be read for that: what it lacks may be any file.
            changed(&seen.files) != seen.stamps
                || seen.found.as_ref().is_err_and(|why| resolve(&look.path, &look.context).err().as_ref() != Some(why))
        });
        outdated.await.unwrap_or(false)
    }

    /// Compares what the disk says now with what the last attempt worked with.
    pub async fn compare(&self) -> Sight {
        let (look, Some(seen)) = (self.clone(), self.seen()) else { return Sight::Changed { place: 0 } };
        let sight = self.look(DISK, move || {
            let now = Evidence::of(&look.path, &resolve(&look.path, &look.context));
            let sight = match &now.found {
                Err(Unusable::Broken(_) | Unusable::NoCredentials(_) | Unusable::Missing(_)) => {
                    Sight::Broken { is_new: seen.found != now.found }
                }
                new if seen.found == *new => Sight::Same,
                Err(Unusable::Silent(_)) => Sight::Silent,
                // A user that has no credentials yet would pass for one that needs none.
                Ok(_) if is_torn(&look.path, &look.context) => Sight::Silent,
                Ok(new) => Sight::Changed { place: new.place },
            };
            if matches!(sight, Sight::Same | Sight::Broken { is_new: false }) {
                // The new times of change are noted, so that a touched file is not looked at again and again.
                look.note(now);
            }
            sight
        });
        sight.await.unwrap_or(Sight::Silent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_disk_that_hangs_is_not_looked_at_by_a_second_thread() {
        let look = Lookout::new(PathBuf::from("config"), "it".to_owned());
        let (thaw, frozen) = std::sync::mpsc::channel::<()>();
        assert_eq!(look.look(Duration::from_millis(5), move || frozen.recv().is_err()).await, None);
        for _ in 0..3 {
            let nobody = look.look(Duration::from_millis(5), || unreachable!("a second thread hangs"));
            assert_eq!(nobody.await, None::<()>);
        }
        drop(thaw);
        assert_eq!(look.look(Duration::from_secs(20), || 7).await, Some(7), "it answers again");
    }

    const FILE: &str = "kind: Config\nclusters: [{name: c, cluster: {server: 'https://10.0.0.1:6443'}}]\n\
        users: [{name: u, user: {token: first}}]\ncontexts: [{name: it, context: {cluster: c, user: u}}]\n";

    #[tokio::test]
    async fn only_what_takes_effect_is_a_change() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        let write = |text: &str| std::fs::write(&path, text).unwrap();
        write(FILE);
        let look = Lookout::new(path.clone(), "it".to_owned());
        assert_eq!(look.compare().await, Sight::Changed { place: 0 }, "nothing was tried yet");
        let first = Evidence::of(&path, &resolve(&path, "it"));
        look.note(first.clone());
        assert_eq!(look.compare().await, Sight::Same);
        write(&FILE.replace("contexts: [", "contexts: [{name: other, context: {cluster: gone}}, "));
        assert_eq!(look.compare().await, Sight::Same, "another context is no concern");
        write(&FILE.replace("first", "second"));
        assert_eq!(look.compare().await, Sight::Changed { place: first.print().place });
        write(&FILE.replace("10.0.0.1", "10.0.0.2"));
        let Sight::Changed { place } = look.compare().await else { panic!("no change") };
        assert_ne!(place, first.print().place);
        write("kind: Config\nclus");
        assert_eq!(look.compare().await, Sight::Silent);
        assert!(look.has_changed().await);
        write(&FILE.replace("name: it", "name: other"));
        assert_eq!(look.compare().await, Sight::Silent, "whether it is to be closed is not for us to say");
        write(&FILE.replace("name: u,", "name: w,"));
        assert_eq!(look.compare().await, Sight::Broken { is_new: true });
        look.note(Evidence::of(&path, &resolve(&path, "it")));
        assert_eq!(look.compare().await, Sight::Broken { is_new: false });
        write(FILE);
        assert!(matches!(look.compare().await, Sight::Changed { .. }), "mended as it was, it is to be tried");
    }
}
