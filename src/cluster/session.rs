//! A cluster that answers: heartbeat and reading at work, credentials renewed, the transport rebuilt when it is bad.
//!
//! Lasts until the credentials are turned down for good, or the context leads elsewhere or cannot be used any more. Must
//! not know what comes after: that is the supervisor.

mod on_disk;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, sleep, sleep_until};
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use super::access::Access;
use super::ask::AskDesk;
use super::connect::{Connector, Setback, is_unusable};
use super::connection::Connection;
use super::counting::CountDesk;
use super::desk::Wishes;
use super::discovery::Signals;
use super::discovery::keeper::Keeper;
use super::establish::{Anew, establish};
use super::heartbeat::Heartbeat;
use super::limits::Limits;
use super::outlet::Outlet;
use super::project::event::Event;
use super::project::namespace::Namespace;
use super::project::node::Node;
use super::project::pod::Pod;
use super::reader;
use super::reading::{ReadingDesk, plan_of};
use super::rules::RulesDesk;
use super::schedule::RebuildWindow;
use super::version::version;
use super::wake::{TryAgain, wake};
use crate::model::failure::{Failure, FailureClass};
use crate::model::update::{Identity, Link, Update};

/// The least time between two silent probes: a server that rejects what it has just accepted is not asked in a loop.
const PROBE_PAUSE: Duration = Duration::from_secs(10);

/// How often the files behind a good connection are looked at.
const FILE_PACE: Duration = Duration::from_secs(30);

/// What a session works with, besides the connection.
#[derive(Clone)]
pub struct Surroundings {
    /// Where updates go.
    pub outlet: Outlet,
    /// The numbers to live by.
    pub limits: Limits,
    /// Counts every task of the cluster.
    pub tasks: TaskTracker,
    /// What is asked of the cluster.
    pub wishes: Wishes,
}

impl Surroundings {
    /// Counts a task of the cluster; what it logs carries the cluster's id.
    fn track(&self, task: impl Future<Output = ()> + Send + 'static) -> impl Future<Output = ()> + Send + 'static {
        self.tasks.track_future(task).in_current_span()
    }
}

/// Why a session has ended.
#[derive(Debug)]
pub enum Ending {
    /// The credentials are turned down, or the context cannot be used any more.
    Setback(Setback),
    /// The context leads to another server or namespace: all of it is to be read anew.
    Elsewhere,
}

/// Serves a connected cluster until that ends; returns why. Nothing of it is told afterwards.
pub async fn serve(access: Access, connector: &mut Connector, around: Surroundings) -> Ending {
    let mut session = Session::start(access, &around);
    let ending = loop {
        if let Err(ending) = session.go_on(connector, &around).await {
            break ending;
        }
        session.tell_withheld(&around).await;
    };
    session.tasks.shutdown().await;
    session.reading.close();
    session.reading.wait().await;
    if matches!(ending, Ending::Elsewhere) {
        forget(session.connection.namespace().as_deref(), &around).await;
    }
    ending
}

/// Takes off the screen all that was read with a context of this namespace: what one server told is never shown as being
/// of another.
pub async fn forget(namespace: Option<&str>, around: &Surroundings) {
    let plan = plan_of(namespace, &around.wishes.namespaces.borrow());
    reader::forget::<Pod>(&around.outlet, &plan).await;
    reader::forget::<Node>(&around.outlet, &plan).await;
    reader::forget::<Event>(&around.outlet, &plan).await;
    reader::forget::<Namespace>(&around.outlet, &plan).await;
    around.outlet.send(Update::Elsewhere).await;
}

struct Session {
    connection: Connection,
    wishes: Wishes,
    rejections: watch::Receiver<u64>,
    faults: watch::Receiver<u64>,
    files: tokio::time::Interval,
    kick: watch::Sender<u64>,
    poke: watch::Sender<u64>,
    renew_at: Option<Instant>,
    renewal_failed: bool,
    /// When what is on disk, and could not be taken so far, is tried again.
    reload_at: Option<Instant>,
    reload_failed: bool,
    /// Since when what the context needs is missing where its file ends.
    missing_since: Option<Instant>,
    /// Why that could not be taken, and what of it was told.
    withheld: Option<Failure>,
    told: Option<Failure>,
    probed_at: Option<Instant>,
    counted: u64,
    window: RebuildWindow,
    /// Heartbeat and reading; dropped with the session, they end.
    tasks: JoinSet<()>,
    /// The readers among them.
    reading: TaskTracker,
}

impl Session {
    fn start(access: Access, around: &Surroundings) -> Self {
        let renew_at = access.renew_at;
        let connection = Connection::guarded(access);
        let (kick, poke) = (watch::Sender::new(0), watch::Sender::new(0));
        let missing = Arc::new(AtomicBool::new(false));
        let (mut tasks, readers) = (JoinSet::new(), TaskTracker::new());
        let heartbeat = Heartbeat {
            connection: connection.clone(),
            outlet: around.outlet.clone(),
            limits: around.limits.clone(),
            active: around.wishes.active.clone(),
            poke: poke.subscribe(),
            kick: kick.clone(),
            missing: missing.clone(),
        };
        tasks.spawn(around.track(heartbeat.run()));
        tasks.spawn(around.track(tell_version(connection.clone(), around.clone(), kick.subscribe())));
        let signals = Signals::default();
        let keeper = Keeper {
            connection: connection.clone(),
            outlet: around.outlet.clone(),
            limits: around.limits.discovery.clone(),
            active: around.wishes.active.clone(),
            kick: kick.subscribe(),
            signals: signals.clone(),
        };
        tasks.spawn(around.track(keeper.run()));
        let reading = ReadingDesk {
            connection: connection.clone(),
            outlet: around.outlet.clone(),
            limits: around.limits.clone(),
            tasks: around.tasks.clone(),
            reading: readers.clone(),
            wishes: around.wishes.clone(),
            kick: kick.subscribe(),
            signals,
        };
        tasks.spawn(around.track(reading.run()));
        let asking = AskDesk {
            connection: connection.clone(),
            outlet: around.outlet.clone(),
            limits: around.limits.read.clone(),
            look: around.wishes.look.clone(),
            kick: kick.subscribe(),
        };
        tasks.spawn(around.track(asking.run()));
        let rules = RulesDesk {
            connection: connection.clone(),
            outlet: around.outlet.clone(),
            limit: around.limits.check,
            asked: around.wishes.rules.clone(),
        };
        tasks.spawn(around.track(rules.run()));
        let counting = CountDesk {
            connection: connection.clone(),
            outlet: around.outlet.clone(),
            limit: around.limits.check,
            asked: around.wishes.count.clone(),
        };
        tasks.spawn(around.track(counting.run()));
        let wishes = around.wishes.clone();
        let again = TryAgain { connection: connection.clone(), missing, kick: kick.clone(), poke: poke.clone() };
        tasks.spawn(around.track(again.run(wishes.retry.clone())));
        let mut files = tokio::time::interval_at(Instant::now() + FILE_PACE, FILE_PACE);
        files.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            rejections: connection.rejections(),
            faults: connection.faults(),
            connection,
            wishes,
            files,
            kick,
            poke,
            renew_at,
            renewal_failed: false,
            reload_at: None,
            reload_failed: false,
            missing_since: None,
            withheld: None,
            told: None,
            probed_at: None,
            counted: 0,
            window: RebuildWindow::default(),
            tasks,
            reading: readers,
        }
    }

    /// Waits for the next thing to do, and does it.
    async fn go_on(&mut self, connector: &mut Connector, around: &Surroundings) -> Result<(), Ending> {
        let far = Instant::now() + Duration::from_secs(24 * 3600);
        let (renewal, reload) = (self.renew_at.unwrap_or(far), self.reload_at.unwrap_or(far));
        tokio::select! {
            _ = self.rejections.changed() => self.answer_rejection(connector, around).await,
            _ = self.faults.changed() => self.count_faults(connector, around).await,
            () = sleep_until(renewal), if self.renew_at.is_some() => self.renew(connector, around).await,
            () = sleep_until(reload), if self.reload_at.is_some() => self.take_over(connector, around).await,
            _ = self.files.tick() => {
                connector.sweep();
                let lookout = connector.lookout();
                if self.meanwhile(lookout.has_changed()).await { self.reload(connector, around).await } else { Ok(()) }
            }
            _ = self.wishes.reload.changed() => self.reload(connector, around).await,
            _ = self.wishes.reconnect.changed() => {
                self.reconnect();
                Ok(())
            }
            _ = self.wishes.retry.changed() => {
                connector.release();
                if self.renewal_failed {
                    self.renew_at = Some(Instant::now());
                }
                if self.reload_failed {
                    self.reload_at = Some(Instant::now());
                }
                Ok(())
            }
        }
    }

    /// Makes the heartbeat beat and every waiting reader try again, now.
    fn wake(&self) {
        wake(&self.kick, &self.poke);
    }

    /// Takes a new client for what comes next.
    fn adopt(&mut self, access: Access) -> Result<(), Ending> {
        if access.place != self.connection.current().1.place {
            return Err(Ending::Elsewhere);
        }
        self.renew_at = access.renew_at;
        self.renewal_failed = false;
        // It was built from the disk as it is: nothing new is left there.
        (self.reload_at, self.reload_failed, self.withheld) = (None, false, None);
        self.missing_since = None;
        self.connection.replace(access);
        Ok(())
    }

    /// Probes silently after a 401, with everything fresh from disk. The error is the verdict.
    async fn answer_rejection(&mut self, connector: &mut Connector, around: &Surroundings) -> Result<(), Ending> {
        let rejected = *self.rejections.borrow_and_update();
        if rejected < self.connection.current().0 {
            return Ok(());
        }
        if let Some(probed) = self.probed_at {
            let mut retry = self.wishes.retry.clone();
            let pause = async {
                tokio::select! {
                    () = sleep_until(probed + PROBE_PAUSE) => {}
                    _ = retry.changed() => connector.release(),
                }
            };
            self.meanwhile(pause).await;
            self.wishes.retry = retry;
        }
        connector.forget_credentials();
        let (access, _) = self.establish(connector, around).await.map_err(Ending::Setback)?;
        self.probed_at = Some(Instant::now());
        self.adopt(access)?;
        self.kick.send_modify(|count| *count += 1);
        Ok(())
    }

    /// Rebuilds the transport when failures on the way add up. The error is a verdict on the credentials.
    async fn count_faults(&mut self, connector: &mut Connector, around: &Surroundings) -> Result<(), Ending> {
        let count = *self.faults.borrow_and_update();
        let new = count.saturating_sub(self.counted);
        self.counted = count;
        if !self.window.note(new, Instant::now(), &around.limits) {
            return Ok(());
        }
        around.outlet.send(Update::Link(Link::Rebuilding)).await;
        match self.meanwhile(connector.connect(Some(&around.outlet))).await {
            Ok(access) => {
                let transport = access.transport.clone();
                self.adopt(access)?;
                transport.cut();
                self.wake();
            }
            Err(setback) if is_unusable(&setback.failure) => self.take_over(connector, around).await?,
            Err(setback) if setback.failure.class() == FailureClass::Auth => return Err(Ending::Setback(setback)),
            // No way out: what we have goes on, and the next heartbeat says how well.
            Err(_) => self.wake(),
        }
        around.outlet.send(Update::Link(Link::Rebuilt)).await;
        Ok(())
    }

    /// Connects beside what is served, and answers changes of the network meanwhile: a plugin may take minutes.
    async fn establish(
        &mut self,
        connector: &mut Connector,
        around: &Surroundings,
    ) -> Result<(Access, Identity), Setback> {
        // A change of the network cuts its sockets.
        let anew = Anew { network: None, retry: Some(self.wishes.retry.clone()) };
        self.meanwhile(establish(connector, &around.limits, None, anew)).await
    }

    /// Waits for `work`, and answers changes of the network meanwhile.
    async fn meanwhile<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                Ok(()) = self.wishes.reconnect.changed() => self.reconnect(),
            }
        }
    }

    /// Drops every old socket: the network is another.
    fn reconnect(&self) {
        self.connection.current().1.transport.cut();
        self.wake();
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // No request of a cluster whose credentials were turned down stays on its way.
        self.connection.current().1.transport.cut();
    }
}

/// Tells the server's version: asks until it is known, again whenever the server has been away, and at the pace of
/// surveys, for a control plane may be upgraded without ever being away.
async fn tell_version(connection: Connection, around: Surroundings, mut kick: watch::Receiver<u64>) {
    let mut told = None;
    loop {
        if let Ok(version) = version(&connection, around.limits.preflight).await
            && told.as_ref() != Some(&version)
        {
            told = Some(version.clone());
            around.outlet.send(Update::Version(version)).await;
        }
        tokio::select! {
            kicked = kick.changed() => if kicked.is_err() { return },
            () = sleep(if told.is_some() { around.limits.survey.interval } else { around.limits.auth_settled }) => {}
        }
    }
}
