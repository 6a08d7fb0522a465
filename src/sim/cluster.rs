//! Owns what one simulated cluster is while it runs: its world behind a lock, its clock, its faults, its record of
//! requests. Must not know HTTP nor sockets.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::fault::control::FaultControl;
use super::kinds::Resource;
use super::scenario::ClusterSpec;
use super::tls::Tls;
use super::world::{Millis, World};

/// Requests remembered per cluster for assertions.
const REQUESTS_KEPT: usize = 10_000;

/// Worlds step at most this often: five times a second looks live and costs nothing.
const STEP: Duration = Duration::from_millis(200);

/// Bounds of what is slept at once for virtual time to pass.
const MOMENT: Duration = Duration::from_millis(5);
const LONG: Duration = Duration::from_secs(3_600);

/// Virtual time: real time since the start, stretched.
#[derive(Clone, Copy)]
pub(crate) struct Clock {
    pub(crate) began: Instant,
    pub(crate) start: Millis,
    pub(crate) speed: f64,
}

impl Clock {
    fn now(&self) -> Millis {
        self.start + (self.began.elapsed().as_millis() as f64 * self.speed) as Millis
    }

    /// How long virtual time takes to pass.
    fn real(&self, time: Millis) -> Duration {
        Duration::from_secs_f64(time.max(0) as f64 / 1_000.0 / self.speed)
    }
}

/// One running cluster.
pub(crate) struct Cluster {
    pub(crate) spec: ClusterSpec,
    /// What it has for HTTPS; plain HTTP without.
    pub(crate) tls: Option<Tls>,
    pub(crate) faults: FaultControl,
    /// How often watches get bookmarks.
    pub(crate) bookmark_every: Duration,
    seed: u64,
    /// Where its credential plugin finds the token.
    token_file: Option<PathBuf>,
    world: Mutex<World>,
    /// Newest resource version; watches wait on it.
    versions: watch::Sender<u64>,
    requests: Mutex<VecDeque<String>>,
    clock: Clock,
    done: Mutex<Done>,
    /// Tokens of service accounts that were asked for.
    issued: Mutex<Vec<Issued>>,
}

/// A token of a service account.
pub(crate) struct Issued {
    pub(crate) token: String,
    /// Namespace and name.
    pub(crate) account: (String, String),
    /// Of the account it was given to: another of the same name does not have it.
    pub(crate) uid: String,
    pub(crate) expires: Millis,
}

/// How often what strikes once was acted out.
#[derive(Default)]
struct Done {
    restarts: u64,
    tokens_expired: u64,
}

impl Cluster {
    /// Seeds a cluster's world and makes its certificates.
    pub(crate) fn new(
        spec: ClusterSpec,
        seed: u64,
        clock: Clock,
        bookmark_every: Duration,
        token_file: Option<PathBuf>,
    ) -> io::Result<Self> {
        let world = World::new(&spec, seed, clock.start);
        let cluster = Self {
            tls: if spec.tls { Some(Tls::new()?) } else { None },
            faults: FaultControl::new(&spec),
            versions: watch::Sender::new(world.store().resource_version()),
            world: Mutex::new(world),
            requests: Mutex::default(),
            done: Mutex::default(),
            issued: Mutex::default(),
            seed,
            token_file,
            clock,
            bookmark_every,
            spec,
        };
        cluster.hand_out_token()?;
        Ok(cluster)
    }

    /// The token that is let in now.
    pub(crate) fn token(&self) -> String {
        let own = self.seed ^ 0x7065_726d ^ (self.faults.current().tokens_expired << 32);
        format!("sim-{}", super::names::suffix(&mut fastrand::Rng::with_seed(own), 24))
    }

    /// Remembers a token that was given out, and forgets those that are over.
    pub(crate) fn issue(&self, token: Issued) {
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        issued.retain(|known| known.expires > self.now());
        issued.push(token);
    }

    /// The service account of a token that is good, if there is such an account still: namespace and name.
    pub(crate) fn account_of(&self, token: &str) -> Option<(String, String)> {
        let ((namespace, name), uid) = {
            let issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
            let known = issued.iter().find(|known| known.token == token && known.expires > self.now())?;
            (known.account.clone(), known.uid.clone())
        };
        let found = self.world().get(Resource::ServiceAccounts, &namespace, &name)?;
        (found.value()["metadata"]["uid"] == *uid).then_some((namespace, name))
    }

    /// Gives the credential plugin the token of now.
    fn hand_out_token(&self) -> io::Result<()> {
        self.token_file.as_ref().map_or(Ok(()), |file| std::fs::write(file, self.token()))
    }

    /// Its credential plugin's file.
    pub(crate) fn token_file(&self) -> Option<&std::path::Path> {
        self.token_file.as_deref()
    }

    /// The cluster as it says it is.
    pub(crate) fn spec_now(&self) -> Cow<'_, ClusterSpec> {
        match self.faults.current().version() {
            Some(version) => Cow::Owned(ClusterSpec { version: version.to_owned(), ..self.spec.clone() }),
            None => Cow::Borrowed(&self.spec),
        }
    }

    /// Acts out what struck once since it was last asked to.
    pub(crate) fn strike(&self) {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        let faults = self.faults.current();
        if std::mem::replace(&mut done.restarts, faults.restarts) != faults.restarts {
            self.change(World::restart);
        }
        if std::mem::replace(&mut done.tokens_expired, faults.tokens_expired) != faults.tokens_expired {
            // A plugin that finds an old token is refused, as one with a stale cache is.
            let _best_effort = self.hand_out_token();
        }
    }

    /// Looks at the world; never hold this across an await.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the world as of now and tells the watches.
    pub(crate) fn change<R>(&self, change: impl FnOnce(&mut World) -> R) -> R {
        let mut world = self.world();
        world.advance(self.clock.now());
        let result = change(&mut world);
        let newest = world.store().resource_version();
        drop(world);
        self.versions.send_if_modified(|version| std::mem::replace(version, newest) != newest);
        result
    }

    /// Virtual time.
    pub(crate) fn now(&self) -> Millis {
        self.clock.now()
    }

    /// Waits until a moment of virtual time.
    pub(crate) async fn sleep_until(&self, moment: Millis) {
        while self.now() < moment {
            tokio::time::sleep(self.clock.real(moment - self.now()).clamp(MOMENT, LONG)).await;
        }
    }

    /// To be told of every change of the world.
    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.versions.subscribe()
    }

    /// Remembers a request.
    pub(crate) fn note(&self, request: String) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        if requests.len() == REQUESTS_KEPT {
            requests.pop_front();
        }
        requests.push_back(request);
    }

    /// The last requests, oldest first, as method and path with query.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Lets the world live, for ever. Sleeps until something is due, at least one step.
    pub(crate) async fn live(&self, stagger: Duration) {
        tokio::time::sleep(stagger).await;
        loop {
            let due = self.change(|world| world.next_due().map(|due| due - world.now()));
            let until_due = due.map(|wait| self.clock.real(wait));
            tokio::time::sleep(until_due.unwrap_or(Duration::from_secs(60)).max(STEP)).await;
        }
    }

    /// Keeps to the timetable of faults, for ever.
    pub(crate) async fn break_on_time(&self) {
        let mut faults = self.faults.subscribe();
        tokio::join!(self.faults.keep(), async {
            while faults.changed().await.is_ok() {
                self.strike();
            }
        });
    }
}
