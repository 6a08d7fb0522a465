//! Keeps what is known of a server current while its cluster is in front: asked at once, every few minutes, and whenever
//! there is a reason to doubt it. Must not know what the kinds are good for.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::{Discovered, Signals, cache, definitions, refresh};
use crate::cluster::connection::Connection;
use crate::cluster::outlet::Outlet;
use crate::model::update::Update;

/// Numbers of discovery, and where it is cached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscoveryLimits {
    /// For each question.
    pub timeout: Duration,
    /// Between two looks at a server that has given no reason for one.
    pub every: Duration,
    /// After a look that failed.
    pub retry: Duration,
    /// How long reasons to look again are gathered.
    pub gather: Duration,
    /// The folder of the cache, which must be there; `None` to keep nothing.
    pub cache: Option<PathBuf>,
}

impl Default for DiscoveryLimits {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(20),
            every: Duration::from_secs(300),
            retry: Duration::from_secs(15),
            gather: Duration::from_millis(500),
            cache: None,
        }
    }
}

/// What the keeping works with.
pub struct Keeper {
    /// Where requests go.
    pub connection: Connection,
    /// Where the kinds go.
    pub outlet: Outlet,
    /// The numbers to live by.
    pub limits: DiscoveryLimits,
    /// Whether the cluster is in front: nobody asks for the kinds of another.
    pub active: watch::Receiver<bool>,
    /// Each change says that the server answers (again).
    pub kick: watch::Receiver<u64>,
    /// Reasons to look again come in, news go out.
    pub signals: Signals,
}

impl Keeper {
    /// Works for as long as it is polled.
    pub async fn run(mut self) {
        let server = self.connection.current().1.site.server.clone();
        let mut known = Discovered::default();
        let mut cached = true;
        loop {
            if !changed_to(&mut self.active, true).await {
                return;
            }
            if std::mem::take(&mut cached)
                && let Some(folder) = &self.limits.cache
                && let Some(kept) = cache::load(folder, &server).await
            {
                known = kept;
                if !self.tell(&known).await {
                    return;
                }
            }
            if !self.follow(&server, &mut known).await {
                return;
            }
        }
    }

    /// Keeps it current until the cluster is behind; `false` once nobody listens any more.
    async fn follow(&mut self, server: &str, known: &mut Discovered) -> bool {
        let mut doubts = self.signals.doubt.subscribe();
        let watching = definitions::watch(self.connection.clone(), self.signals.clone(), self.limits.clone());
        tokio::pin!(watching);
        loop {
            let look = refresh(&self.connection, known, self.limits.timeout);
            let looked = tokio::select! {
                looked = look => looked,
                () = &mut watching => return false,
            };
            let pause = match looked {
                Ok(Some(news)) => {
                    *known = news;
                    for group in known.failing() {
                        tracing::debug!(group, "cannot say what it serves");
                    }
                    if !self.tell(known).await {
                        return false;
                    }
                    self.signals.news.send_modify(|count| *count += 1);
                    if let Some(folder) = &self.limits.cache {
                        cache::save(folder, server, known).await;
                    }
                    self.limits.every
                }
                Ok(None) => self.limits.every,
                Err(_) => self.limits.retry,
            };
            let due = Instant::now() + pause;
            tokio::select! {
                () = sleep_until(due) => {}
                _ = doubts.changed() => {
                    // Definitions come in groups, and servers take a moment to serve what they define.
                    tokio::select! {
                        () = sleep(self.limits.gather) => {}
                        () = &mut watching => return false,
                    }
                    doubts.mark_unchanged();
                }
                kicked = self.kick.changed(), if pause == self.limits.retry => if kicked.is_err() { return false },
                behind = changed_to(&mut self.active, false) => return behind,
                () = &mut watching => return false,
            }
        }
    }

    async fn tell(&self, known: &Discovered) -> bool {
        let resources = known.resources().into_iter().map(Arc::new).collect();
        self.outlet.send(Update::Resources(resources)).await
    }
}

/// Waits for a value; `false` once nobody can set it any more.
async fn changed_to(active: &mut watch::Receiver<bool>, wanted: bool) -> bool {
    active.wait_for(|active| *active == wanted).await.is_ok()
}
