//! Reads the kinds somebody looks at, for as long as somebody does. Must not know who looks, nor why.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

use super::discovery::Signals;
use super::helm;
use super::objects::Objects;
use super::reader::{self, ReaderContext};
use crate::model::kind::Kind;

/// A reader at work.
struct Reader {
    handle: AbortHandle,
    /// The server does not know the kind.
    missing: Arc<AtomicBool>,
}

/// Follows the wishes: starts a reader for each new kind, ends those of kinds that are looked at no more, and tries a kind
/// that is missing again when the server serves something else.
pub async fn run(context: ReaderContext, mut looked: watch::Receiver<Vec<Kind>>, signals: Signals) {
    let mut readers: BTreeMap<String, Reader> = BTreeMap::new();
    let mut tasks = JoinSet::new();
    let mut news = signals.news.subscribe();
    loop {
        // By path: the same kind in another version is read anew.
        let wanted: BTreeMap<String, Kind> = {
            let kinds = looked.borrow_and_update();
            let others = kinds.iter().filter(|kind| !kind.is_standing());
            others.map(|kind| (kind.path(None), kind.clone())).collect()
        };
        readers.retain(|path, reader| {
            let stays = wanted.contains_key(path);
            if !stays {
                reader.handle.abort();
            }
            stays
        });
        for (path, kind) in wanted {
            readers.entry(path).or_insert_with(|| {
                let missing = Arc::new(AtomicBool::new(false));
                if kind.is_helm() {
                    return Reader { handle: tasks.spawn(helm::read(context.clone())), missing };
                }
                let objects = Objects { kind, signals: signals.clone(), missing: missing.clone() };
                Reader { handle: tasks.spawn(reader::read(objects, context.clone())), missing }
            });
        }
        tokio::select! {
            changed = looked.changed() => if changed.is_err() { return },
            _ = news.changed() => readers.retain(|_, reader| {
                let missing = reader.missing.load(Ordering::Relaxed);
                if missing {
                    reader.handle.abort();
                }
                !missing
            }),
            // One that ended by itself found nobody listening.
            Some(Ok(())) = tasks.join_next() => return,
        }
    }
}
