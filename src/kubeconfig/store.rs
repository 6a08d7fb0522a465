//! Keeps what the latest files were parsed to: however many contexts ask for a file, what it says is parsed once.
//!
//! Whoever asks has read the file itself, so that what is kept is never older than the disk, and a disk that hangs holds
//! nobody else up. Must not know what is parsed, nor touch the disk.

use std::hash::BuildHasher as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::model::hash::Quick;

/// The texts behind what is kept come to no more than this, the latest apart. Unit: bytes.
const LARGEST: usize = 4 * 1024 * 1024;

/// What texts were parsed to, by the paths they were read from.
pub struct Store<T> {
    /// The latest last.
    files: Mutex<Vec<Place<T>>>,
}

struct Place<T> {
    path: PathBuf,
    size: usize,
    parsed: Arc<Mutex<Option<Parsed<T>>>>,
}

struct Parsed<T> {
    size: usize,
    hash: u64,
    value: T,
}

impl<T: Clone> Default for Store<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Clone> Store<T> {
    /// Nothing is kept yet.
    pub const fn new() -> Self {
        Self { files: Mutex::new(Vec::new()) }
    }

    /// Returns what `text`, read from `path` just now, is parsed to. Of those who ask for the same file one parses, and the
    /// others wait for it; other files are parsed meanwhile.
    pub fn get(&self, path: &Path, text: &str, parse: impl FnOnce(&str) -> T) -> T {
        // Keyed with a secret: nobody can write two texts that pass for each other.
        let (size, hash) = (text.len(), Quick::default().hash_one(text));
        let place = self.place(path, size);
        let mut kept = locked(&place);
        if let Some(parsed) = kept.as_ref().filter(|parsed| parsed.size == size && parsed.hash == hash) {
            return parsed.value.clone();
        }
        let value = parse(text);
        *kept = Some(Parsed { size, hash, value: value.clone() });
        value
    }

    fn place(&self, path: &Path, size: usize) -> Arc<Mutex<Option<Parsed<T>>>> {
        let mut files = locked(&self.files);
        let known = files.iter().position(|place| place.path == path).map(|at| files.remove(at).parsed);
        let parsed = known.unwrap_or_default();
        files.push(Place { path: path.to_owned(), size, parsed: Arc::clone(&parsed) });
        let mut total: usize = files.iter().map(|place| place.size).sum();
        while total > LARGEST && files.len() > 1 {
            total -= files.remove(0).size;
        }
        parsed
    }
}

fn locked<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn however_many_ask_for_a_file_at_once_it_is_parsed_once() {
        let (store, parsed) = (Store::new(), AtomicUsize::new(0));
        let parse = |text: &str| {
            std::thread::yield_now();
            parsed.fetch_add(1, Ordering::SeqCst);
            text.len()
        };
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| assert_eq!(store.get(Path::new("config"), "text", parse), 4));
            }
        });
        assert_eq!(parsed.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn another_text_of_the_same_length_is_never_taken_for_the_one_before() {
        let store = Store::new();
        let get = |text: &str| store.get(Path::new("config"), text, str::to_owned);
        for text in ["one", "two", "one", "six"] {
            assert_eq!(get(text), text);
        }
    }

    #[test]
    fn a_file_that_takes_long_holds_up_no_other() {
        let store = Store::new();
        let (finish, finished) = channel();
        let (begin, begun) = channel();
        std::thread::scope(|scope| {
            let store = &store;
            scope.spawn(move || {
                store.get(Path::new("slow"), "text", |_| {
                    begin.send(()).unwrap();
                    finished.recv().unwrap()
                })
            });
            begun.recv().unwrap();
            assert_eq!(store.get(Path::new("quick"), "text", |_| 7), 7);
            finish.send(1).unwrap();
        });
    }

    #[test]
    fn only_the_latest_files_are_kept() {
        let (store, text) = (Store::new(), "x".repeat(LARGEST / 4));
        let parsed = AtomicUsize::new(0);
        let get = |path: &str| store.get(Path::new(path), &text, |_| parsed.fetch_add(1, Ordering::SeqCst));
        for path in ["1", "2", "3", "4", "1", "5"] {
            get(path);
        }
        assert_eq!(parsed.load(Ordering::SeqCst), 5);
        get("1");
        assert_eq!(parsed.load(Ordering::SeqCst), 5, "asked for lately");
        get("2");
        assert_eq!(parsed.load(Ordering::SeqCst), 6, "the one that was not asked for longest has gone");
        assert_eq!(locked(&store.files).len(), 4);
    }
}
