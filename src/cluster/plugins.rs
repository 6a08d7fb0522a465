//! Which credential plugins run at the same time, over all open clusters: the one place where clusters meet on purpose.
//!
//! Equal plugins run once at a time and share the outcome. Plugins of one login group (the same but for the cluster they
//! name) run one after the other, so that one expired login opens one browser; a login at the terminal goes first, and
//! what it handed out is there for the clusters that wait for it. Must not know processes or the terminal.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared, WeakShared};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::credentials::is_usable;
use super::plugin::{self, Credential, Outcome, Place, Plugin, Run};
use super::plugin_words;
use super::remains::Remains;
use crate::model::failure::{Failure, FailureClass, FailureKind};

/// A plugin that ran longer than this before it failed may have asked for a login, in a browser for example.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// What a run of a plugin came to, and how long it took by itself. Unit: the time it waited for others not counted.
#[derive(Clone)]
pub struct Ran {
    /// The credential, or why there is none.
    pub outcome: Outcome,
    /// From its start to its end.
    pub took: Duration,
    /// What it left running; killed with the last cluster that holds it.
    pub remains: Option<Remains>,
}

impl Ran {
    /// Nothing had to be run for this.
    fn at_once(outcome: Outcome) -> Self {
        Self { outcome, took: Duration::ZERO, remains: None }
    }
}

/// Runs plugins. Clones share what is running and what logins handed out.
#[derive(Clone, Default)]
pub struct Plugins {
    shared: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    running: HashMap<Plugin, WeakShared<BoxFuture<'static, Ran>>>,
    lanes: HashMap<String, Weak<Lane>>,
    handed: HashMap<Plugin, Credential>,
}

/// One login group.
#[derive(Default)]
struct Lane {
    busy: tokio::sync::Mutex<()>,
    /// How many logins at the terminal are wanted or under way.
    logins: watch::Sender<usize>,
    /// How many runs have ended, and the last one's failure if it concerns all of the group.
    ended: Mutex<(u64, Option<(Failure, Duration)>)>,
}

impl fmt::Debug for Plugins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Plugins")
    }
}

impl Plugins {
    /// Runs a plugin for at most `limit`, or joins a run of an equal one. Dropping the last waiter kills the run.
    pub async fn run(&self, plugin: &Plugin, limit: Duration) -> Ran {
        if let Some(credential) = self.handed(plugin) {
            return Ran::at_once(Ok(credential));
        }
        if plugin.needs_terminal() {
            return Ran::at_once(Err(plugin_words::needs_terminal(plugin.program())));
        }
        self.join(plugin, limit).await
    }

    /// Runs a plugin at the terminal for at most `limit`, before any other of its login group: one that runs gives way
    /// and runs again afterwards. What it hands out is kept for the clusters that use this plugin.
    /// Dropped, it ends with all that descends from it; with it alone once `interrupted` is cancelled.
    pub async fn log_in(
        &self,
        plugin: &Plugin,
        limit: Duration,
        interrupted: &CancellationToken,
    ) -> Result<(), Failure> {
        let lane = self.lane(plugin);
        let _wanted = Wanted::new(&lane);
        let _turn = lane.busy.lock().await;
        let outcome = plugin::run(plugin, Place::Terminal { interrupted }, limit).await.outcome;
        lane.note(None);
        let credential = outcome?;
        self.state().handed.insert(plugin.clone(), credential);
        Ok(())
    }

    /// Drops what a login handed out, if it is this: the server does not accept it, or it is about to expire.
    pub fn discard(&self, plugin: &Plugin, credential: &Credential) {
        let mut state = self.state();
        if state.handed.get(plugin) == Some(credential) {
            state.handed.remove(plugin);
        }
    }

    fn handed(&self, plugin: &Plugin) -> Option<Credential> {
        let now = jiff::Timestamp::now();
        self.state().handed.get(plugin).filter(|credential| is_usable(credential, now)).cloned()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lane(&self, plugin: &Plugin) -> Arc<Lane> {
        let mut state = self.state();
        state.lanes.retain(|_, lane| lane.strong_count() > 0);
        let group = plugin.group();
        if let Some(lane) = state.lanes.get(&group).and_then(Weak::upgrade) {
            return lane;
        }
        let lane = Arc::new(Lane::default());
        state.lanes.insert(group, Arc::downgrade(&lane));
        lane
    }

    fn join(&self, plugin: &Plugin, limit: Duration) -> Shared<BoxFuture<'static, Ran>> {
        let lane = self.lane(plugin);
        let mut state = self.state();
        state.running.retain(|_, run| run.upgrade().is_some_and(|run| run.peek().is_none()));
        if let Some(run) = state.running.get(plugin).and_then(WeakShared::upgrade) {
            return run;
        }
        let run = in_turn(self.clone(), lane, plugin.clone(), limit).boxed().shared();
        if let Some(weak) = run.downgrade() {
            state.running.insert(plugin.clone(), weak);
        }
        run
    }
}

/// Runs a plugin when no other of its group runs. A login that is needed by one is needed by all that wait with it.
fn in_turn(plugins: Plugins, lane: Arc<Lane>, plugin: Plugin, limit: Duration) -> impl Future<Output = Ran> {
    let arrived = lane.count();
    async move {
        let mut logins = lane.logins.subscribe();
        loop {
            let turn = lane.busy.lock().await;
            if let Some(credential) = plugins.handed(&plugin) {
                return Ran::at_once(Ok(credential));
            }
            if let Some((failure, took)) = lane.refusal_since(arrived) {
                return Ran { took, ..Ran::at_once(Err(failure)) };
            }
            let started = Instant::now();
            let run = tokio::select! {
                biased;
                // The sender lives as long as the lane.
                _ = logins.wait_for(|wanted| *wanted > 0) => None,
                run = plugin::run(&plugin, Place::Apart, limit) => Some(run),
            };
            let Some(Run { outcome, remains }) = run else {
                drop(turn);
                // The login stands in line by now; without a pause we might be faster.
                tokio::task::yield_now().await;
                continue;
            };
            let took = started.elapsed();
            let concerns_all = |failure: &&Failure| {
                failure.kind == FailureKind::LoginExpired || (failure.class() == FailureClass::Auth && took > PATIENCE)
            };
            let failed = outcome.as_ref().err().filter(concerns_all);
            lane.note(failed.map(|failure| (failure.clone(), took)));
            return Ran { outcome, took, remains };
        }
    }
}

impl Lane {
    fn ended(&self) -> MutexGuard<'_, (u64, Option<(Failure, Duration)>)> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self) -> u64 {
        self.ended().0
    }

    fn note(&self, refusal: Option<(Failure, Duration)>) {
        let mut ended = self.ended();
        *ended = (ended.0 + 1, refusal);
    }

    fn refusal_since(&self, arrived: u64) -> Option<(Failure, Duration)> {
        let ended = self.ended();
        ended.1.clone().filter(|_| ended.0 > arrived)
    }
}

/// A login at the terminal that is wanted or under way.
struct Wanted<'a>(&'a Lane);

impl<'a> Wanted<'a> {
    fn new(lane: &'a Lane) -> Self {
        lane.logins.send_modify(|wanted| *wanted += 1);
        Self(lane)
    }
}

impl Drop for Wanted<'_> {
    fn drop(&mut self) {
        self.0.logins.send_modify(|wanted| *wanted -= 1);
    }
}
