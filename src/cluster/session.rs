//! A cluster that answers: heartbeat and readers at work, credentials renewed, the transport rebuilt when it is bad.
//!
//! Lasts until the credentials are turned down for good. Must not know what comes after: that is the supervisor.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, sleep, sleep_until};
use tokio_util::task::TaskTracker;

use super::connect::{Connector, Setback};
use super::connection::{Access, Connection};
use super::heartbeat::Heartbeat;
use super::limits::Limits;
use super::outlet::Outlet;
use super::preflight::preflight;
use super::project::event::Event;
use super::project::namespace::Namespace;
use super::project::node::Node;
use super::project::pod::Pod;
use super::reader::{self, ReaderContext, ScopePlan};
use super::redact::one_line;
use super::schedule::RebuildWindow;
use crate::model::failure::FailureClass;
use crate::model::update::{Identity, Link, Update};

/// The least time between two silent probes: a server that rejects what it has just accepted is not asked in a loop.
const PROBE_PAUSE: Duration = Duration::from_secs(10);

/// How long a failed renewal waits before the next try.
const RENEWAL_PAUSE: Duration = Duration::from_secs(15);

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
    /// Whether the cluster's tab is in front.
    pub active: watch::Receiver<bool>,
    /// What to read where the whole is forbidden, besides the context's namespace.
    pub namespaces: watch::Receiver<Vec<Arc<str>>>,
    /// Each change asks to try again at once whatever waits.
    pub retry: watch::Receiver<u64>,
}

/// Builds a client and asks who we are. A run of the plugin is told to `outlet`, if one is given.
pub async fn establish(
    connector: &mut Connector,
    limits: &Limits,
    outlet: Option<&Outlet>,
) -> Result<(Access, Identity), Setback> {
    let access = connector.connect(outlet).await?;
    match preflight(&access, limits.connect + limits.preflight).await {
        Ok(identity) => Ok((access, identity)),
        Err(failure) => {
            if failure.class() == FailureClass::Auth {
                connector.forget_credentials();
            }
            Err(failure.into())
        }
    }
}

/// Serves a connected cluster until its credentials are turned down; returns why.
pub async fn serve(access: Access, connector: &mut Connector, mut around: Surroundings) -> Setback {
    let mut session = Session::start(access, &around);
    let mut rejections = session.connection.rejections();
    let mut faults = session.connection.faults();
    let mut files = tokio::time::interval_at(Instant::now() + FILE_PACE, FILE_PACE);
    files.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let renewal = session.renew_at.unwrap_or_else(|| Instant::now() + Duration::from_secs(24 * 3600));
        tokio::select! {
            _ = rejections.changed() => {
                let rejected = *rejections.borrow_and_update();
                if let Err(setback) = session.answer_rejection(rejected, connector, &around).await {
                    return setback;
                }
            }
            _ = faults.changed() => {
                let count = *faults.borrow_and_update();
                if let Err(setback) = session.count_faults(count, connector, &around).await {
                    return setback;
                }
            }
            () = sleep_until(renewal) => {
                if session.renew_at.is_some() {
                    connector.forget_credentials();
                    session.renew(connector, &around.limits).await;
                }
            }
            _ = files.tick() => session.look_at_files(connector, &around.limits).await,
            _ = around.retry.changed() => session.wake(),
            _ = around.namespaces.changed() => {
                let names = around.namespaces.borrow_and_update().clone();
                session.plan(&names);
            }
        }
    }
}

struct Session {
    connection: Connection,
    own_namespace: Option<String>,
    scopes: watch::Sender<ScopePlan>,
    kick: watch::Sender<u64>,
    poke: watch::Sender<u64>,
    renew_at: Option<Instant>,
    probed_at: Option<Instant>,
    counted: u64,
    window: RebuildWindow,
    /// Heartbeat and readers; dropped with the session, they end.
    _tasks: JoinSet<()>,
}

impl Session {
    fn start(access: Access, around: &Surroundings) -> Self {
        let own_namespace = access.namespace.clone();
        let renew_at = access.renew_at;
        let connection = Connection::guarded(access);
        let scopes = watch::Sender::new(plan_of(own_namespace.as_deref(), &around.namespaces.borrow()));
        let (kick, poke) = (watch::Sender::new(0), watch::Sender::new(0));
        let mut tasks = JoinSet::new();
        let heartbeat = Heartbeat {
            connection: connection.clone(),
            outlet: around.outlet.clone(),
            limits: around.limits.clone(),
            active: around.active.clone(),
            poke: poke.subscribe(),
            kick: kick.clone(),
        };
        tasks.spawn(around.tasks.track_future(heartbeat.run()));
        tasks.spawn(around.tasks.track_future(tell_version(connection.clone(), around.clone(), kick.subscribe())));
        let context = ReaderContext {
            connection: connection.clone(),
            outlet: around.outlet.clone(),
            scopes: scopes.subscribe(),
            kick: kick.subscribe(),
            limits: around.limits.read.clone(),
        };
        tasks.spawn(around.tasks.track_future(reader::run::<Pod>(context.clone())));
        tasks.spawn(around.tasks.track_future(reader::run::<Node>(context.clone())));
        tasks.spawn(around.tasks.track_future(reader::run::<Namespace>(context.clone())));
        tasks.spawn(around.tasks.track_future(reader::run::<Event>(context)));
        Self {
            connection,
            own_namespace,
            scopes,
            kick,
            poke,
            renew_at,
            probed_at: None,
            counted: 0,
            window: RebuildWindow::default(),
            _tasks: tasks,
        }
    }

    /// Makes the heartbeat beat and every waiting reader try again, now.
    fn wake(&self) {
        self.kick.send_modify(|count| *count += 1);
        self.poke.send_modify(|count| *count += 1);
    }

    fn plan(&self, names: &[Arc<str>]) {
        self.scopes.send_replace(plan_of(self.own_namespace.as_deref(), names));
    }

    fn adopt(&mut self, access: Access) {
        self.renew_at = access.renew_at;
        self.connection.replace(access);
    }

    /// Probes silently after a 401, with everything fresh from disk. The error is the verdict.
    async fn answer_rejection(
        &mut self,
        rejected: u64,
        connector: &mut Connector,
        around: &Surroundings,
    ) -> Result<(), Setback> {
        if rejected < self.connection.current().0 {
            return Ok(());
        }
        if let Some(probed) = self.probed_at {
            sleep_until(probed + PROBE_PAUSE).await;
        }
        connector.forget_credentials();
        let (access, _) = establish(connector, &around.limits, None).await?;
        self.probed_at = Some(Instant::now());
        self.adopt(access);
        self.kick.send_modify(|count| *count += 1);
        Ok(())
    }

    /// Rebuilds the transport when failures on the way add up. The error is a verdict on the credentials.
    async fn count_faults(
        &mut self,
        count: u64,
        connector: &mut Connector,
        around: &Surroundings,
    ) -> Result<(), Setback> {
        let new = count.saturating_sub(self.counted);
        self.counted = count;
        if !self.window.note(new, Instant::now(), &around.limits) {
            return Ok(());
        }
        around.outlet.send(Update::Link(Link::Rebuilding)).await;
        match connector.connect(Some(&around.outlet)).await {
            Ok(access) => {
                let (_, old) = self.connection.current();
                self.adopt(access);
                old.sockets.cancel();
                self.wake();
            }
            Err(setback) if setback.failure.class() == FailureClass::Auth => return Err(setback),
            // No way out, or a kubeconfig in the middle of being written: what we have goes on.
            Err(_) => {}
        }
        around.outlet.send(Update::Link(Link::Up)).await;
        Ok(())
    }

    /// Renews the client before its credentials expire. A failure is no verdict: what we have may still be good.
    async fn renew(&mut self, connector: &mut Connector, limits: &Limits) {
        match establish(connector, limits, None).await {
            Ok((access, _)) => self.adopt(access),
            Err(_) => self.renew_at = Some(Instant::now() + RENEWAL_PAUSE),
        }
    }

    /// Renews the client if a file behind it (token, certificate, kubeconfig) has changed.
    async fn look_at_files(&mut self, connector: &mut Connector, limits: &Limits) {
        // A file in the middle of being written gives no client; its next change is looked at again.
        if connector.has_changed().await
            && let Ok((access, _)) = establish(connector, limits, None).await
        {
            self.adopt(access);
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // No request of a cluster whose credentials were turned down stays on its way.
        self.connection.current().1.sockets.cancel();
    }
}

/// Returns the namespaces to read where the whole is forbidden: the context's own (or `default`) and those asked for.
fn plan_of(own: Option<&str>, asked: &[Arc<str>]) -> ScopePlan {
    let mut namespaces: Vec<Arc<str>> = vec![Arc::from(own.unwrap_or("default"))];
    for name in asked {
        if !namespaces.contains(name) {
            namespaces.push(name.clone());
        }
    }
    ScopePlan { namespaces }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    git_version: String,
}

/// Tells the server's version: asks until it is known, and again whenever the server has been away.
async fn tell_version(connection: Connection, around: Surroundings, mut kick: watch::Receiver<u64>) {
    let mut told = None;
    loop {
        if let Ok(version) = connection.get_json::<Version>("/version", around.limits.preflight).await {
            let version = one_line(&version.git_version, 60);
            if told.as_ref() != Some(&version) {
                told = Some(version.clone());
                around.outlet.send(Update::Version(version)).await;
            }
        }
        tokio::select! {
            kicked = kick.changed() => if kicked.is_err() { return },
            () = sleep(around.limits.auth_settled), if told.is_none() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_context_s_namespace_comes_first_and_none_twice() {
        let asked: Vec<Arc<str>> = vec!["b".into(), "a".into(), "b".into()];
        let names = |own| plan_of(own, &asked).namespaces.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(names(Some("a")), ["a", "b"]);
        assert_eq!(names(None), ["default", "b", "a"]);
    }
}
