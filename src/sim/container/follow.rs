//! Owns following one pod as its world lives: the moment it goes, a container ends, the next line of a log comes.
//! Must not know requests.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;
use tokio::sync::watch;

use super::Container;
use super::log::Log;
use crate::sim::cluster::Cluster;
use crate::sim::kinds::Resource;
use crate::sim::world::{Millis, World};

/// Bytes of a log that are sent at once, about.
const CHUNK_BYTES: usize = 32 * 1_024;

/// One pod, watched until it is gone.
pub(crate) struct Watched {
    pub(crate) cluster: Arc<Cluster>,
    versions: watch::Receiver<u64>,
    namespace: String,
    name: String,
    uid: Value,
    /// The world's time when it was looked at last.
    pub(crate) now: Millis,
    /// Version of what was seen last.
    seen: u64,
}

impl Watched {
    /// Begins to watch a pod and tells what it is now; `None` if there is none.
    pub(crate) fn begin(cluster: &Arc<Cluster>, namespace: &str, name: &str) -> Option<(Self, Value)> {
        let (cluster, versions) = (Arc::clone(cluster), cluster.subscribe());
        let (namespace, name) = (namespace.to_owned(), name.to_owned());
        let mut watched = Self { cluster, versions, namespace, name, uid: Value::Null, now: 0, seen: 0 };
        let pod = watched.news().ok().flatten()?;
        watched.uid = pod["metadata"]["uid"].clone();
        Some((watched, pod))
    }

    /// What is new: the pod if it changed since it was asked for last; an error once it is gone.
    fn news(&mut self) -> Result<Option<Value>, Gone> {
        self.versions.mark_unchanged();
        let look = |world: &mut World| (world.now(), world.get(Resource::Pods, &self.namespace, &self.name));
        let (now, object) = self.cluster.change(look);
        self.now = now;
        let object = object.ok_or(Gone)?;
        if std::mem::replace(&mut self.seen, object.resource_version) == object.resource_version {
            return Ok(None);
        }
        let pod = object.value();
        let same = self.uid.is_null() || pod["metadata"]["uid"] == self.uid;
        if same { Ok(Some(pod)) } else { Err(Gone) }
    }

    /// Waits until something in the cluster changes.
    async fn changed(&mut self) {
        if self.versions.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Waits until the pod is gone.
    pub(crate) async fn gone(&mut self) {
        while self.news().is_ok() {
            self.changed().await;
        }
    }

    /// Waits until a container of the pod no longer runs.
    pub(crate) async fn ended(&mut self, container: &str) {
        while let Ok(news) = self.news() {
            let runs = |pod: &Value| Container::choose(pod, container).is_ok_and(|container| container.is_running());
            if news.is_some_and(|pod| !runs(&pod)) {
                return;
            }
            self.changed().await;
        }
    }
}

/// The pod is no more.
struct Gone;

/// Which part of a log is wanted, and how.
#[derive(Clone, Copy, Default)]
pub(crate) struct Part {
    pub(crate) follow: bool,
    pub(crate) timestamps: bool,
    pub(crate) tail: Option<u64>,
    pub(crate) since: Option<Millis>,
    pub(crate) limit_bytes: Option<u64>,
}

/// A log as it is read, perhaps for as long as its container runs.
pub(crate) struct Reading {
    watched: Watched,
    container: String,
    log: Log,
    part: Part,
    /// Number of the line that comes next.
    next: u64,
    /// How many lines there were when it was asked for; what is not followed ends with them.
    asked: u64,
    gone: bool,
}

impl Reading {
    pub(crate) fn new(watched: Watched, container: &str, log: Log, part: Part) -> Self {
        let count = log.count(watched.now);
        let tail = part.tail.map_or(0, |lines| count.saturating_sub(lines));
        let since = part.since.map_or(0, |moment| log.before(moment).min(count));
        let next = Log::oldest(count).max(tail).max(since);
        Self { watched, container: container.to_owned(), log, part, next, asked: count, gone: false }
    }

    /// The next lines; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        loop {
            // Time passes for the log only as far as it did for the container.
            self.look();
            let chunk = self.lines();
            if !chunk.is_empty() {
                return Some(chunk.into());
            }
            if !self.part.follow || self.gone || self.log.is_over() || self.part.limit_bytes == Some(0) {
                return None;
            }
            let due = self.log.due(self.next).unwrap_or(Millis::MAX);
            let cluster = Arc::clone(&self.watched.cluster);
            tokio::select! {
                () = cluster.sleep_until(due) => {}
                () = self.watched.changed() => {}
            }
        }
    }

    /// Learns whether the run ended.
    fn look(&mut self) {
        match self.watched.news() {
            Ok(None) => {}
            Ok(Some(pod)) => {
                let container = Container::choose(&pod, &self.container).ok();
                match container.and_then(|container| container.log_since(self.log.start())) {
                    Some(log) => self.log = log,
                    None => self.gone = true,
                }
            }
            Err(Gone) => self.gone = true,
        }
    }

    /// The lines that are there, as many as go at once.
    fn lines(&mut self) -> Vec<u8> {
        let count = self.log.count(self.watched.now);
        let count = if self.part.follow { count } else { count.min(self.asked) };
        let mut chunk = Vec::new();
        while self.next < count && chunk.len() < CHUNK_BYTES && self.part.limit_bytes != Some(0) {
            let line = self.log.line(self.next);
            self.next += 1;
            let begin = chunk.len();
            if self.part.timestamps {
                let at = jiff::Timestamp::from_nanosecond(line.at).unwrap_or_default();
                chunk.extend_from_slice(format!("{at:.9} ").as_bytes());
            }
            chunk.extend_from_slice(line.text.as_bytes());
            chunk.push(b'\n');
            if let Some(left) = &mut self.part.limit_bytes {
                chunk.truncate(begin + usize::try_from(*left).unwrap_or(usize::MAX).min(chunk.len() - begin));
                *left -= (chunk.len() - begin) as u64;
            }
        }
        chunk
    }
}
