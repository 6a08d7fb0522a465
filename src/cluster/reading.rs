//! How a connected cluster is read, as it is asked: four readers that keep every row current, one more for each kind that
//! is looked at, and looks at the metrics; or a survey now and then. While the cluster is behind, events and namespaces
//! are caught up with at survey pace: what is concluded of a cluster follows from its pods and nodes first.
//!
//! A change of mode ends everything of the old one, sockets included, before the new one begins. Must not know what the
//! rows or counts mean.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use super::connection::Connection;
use super::desk::Wishes;
use super::discovery::Signals;
use super::limits::Limits;
use super::look;
use super::meter::Meter;
use super::outlet::Outlet;
use super::project::event::Event;
use super::project::namespace::Namespace;
use super::project::node::Node;
use super::project::pod::Pod;
use super::reader::{self, ReaderContext, ScopePlan};
use super::subset;
use super::survey::Surveyor;
use crate::model::update::ReadingMode;

/// What reading works with.
pub struct ReadingDesk {
    /// Where requests go.
    pub connection: Connection,
    /// Where rows and counts go.
    pub outlet: Outlet,
    /// The numbers to live by.
    pub limits: Limits,
    /// Counts every task of the cluster.
    pub tasks: TaskTracker,
    /// Counts the tasks that read, which outlive this desk by a moment when it is dropped.
    pub reading: TaskTracker,
    /// How to read, and which namespaces where the whole is forbidden.
    pub wishes: Wishes,
    /// Each change says that the server answers (again).
    pub kick: watch::Receiver<u64>,
    /// What the readers of looked-at kinds and discovery tell each other.
    pub signals: Signals,
}

impl ReadingDesk {
    /// Reads for as long as it is polled.
    pub async fn run(mut self) {
        let own = self.connection.namespace();
        let plan = |wishes: &mut Wishes| plan_of(own.as_deref(), &wishes.namespaces.borrow_and_update());
        let scopes = watch::Sender::new(plan(&mut self.wishes));
        let rest = watch::Sender::new(false);
        let mut behind_since = Instant::now();
        loop {
            let mode = *self.wishes.mode.borrow_and_update();
            let mut tasks = self.start(mode, &scopes, &rest);
            loop {
                let near = *self.wishes.active.borrow_and_update();
                if near {
                    rest.send_if_modified(std::mem::take);
                }
                let resting = *rest.borrow();
                tokio::select! {
                    changed = self.wishes.active.changed() => match changed {
                        Ok(()) => behind_since = Instant::now(),
                        Err(_) => return,
                    },
                    () = sleep_until(behind_since + self.limits.read.linger), if !near && !resting => {
                        rest.send_replace(true);
                    }
                    changed = self.wishes.mode.changed() => match changed {
                        Ok(()) => break,
                        Err(_) => return,
                    },
                    changed = self.wishes.namespaces.changed() => match changed {
                        Ok(()) => drop(scopes.send_replace(plan(&mut self.wishes))),
                        Err(_) => return,
                    },
                }
            }
            // Nothing of the old mode is told after the first word of the new one.
            tasks.shutdown().await;
        }
    }

    fn track(&self, task: impl Future<Output = ()> + Send + 'static) -> impl Future<Output = ()> + Send + 'static {
        self.tasks.track_future(self.reading.track_future(task)).in_current_span()
    }

    fn start(&self, mode: ReadingMode, scopes: &watch::Sender<ScopePlan>, rest: &watch::Sender<bool>) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        let (connection, outlet) = (self.connection.clone(), self.outlet.clone());
        let (scopes, kick) = (scopes.subscribe(), self.kick.clone());
        match mode {
            ReadingMode::Watch => {
                let limits = self.limits.read.clone();
                let meter = Meter {
                    connection: connection.clone(),
                    outlet: outlet.clone(),
                    limits: self.limits.meter.clone(),
                    active: self.wishes.active.clone(),
                    kick: kick.clone(),
                    news: self.signals.news.subscribe(),
                    scopes: scopes.clone(),
                };
                tasks.spawn(self.track(meter.clone().nodes()));
                tasks.spawn(self.track(meter.pods()));
                let refresh = self.wishes.refresh.clone();
                let context =
                    ReaderContext { connection, outlet, scopes, kick, refresh, rest: None, wanted: None, limits };
                let resting = ReaderContext { rest: Some(rest.subscribe()), ..context.clone() };
                let wanted = Some(self.wishes.catch_up.clone());
                let events = ReaderContext { wanted, ..resting.clone() };
                tasks.spawn(self.track(reader::run::<Pod>(context.clone())));
                tasks.spawn(self.track(reader::run::<Node>(context.clone())));
                tasks.spawn(self.track(reader::run::<Namespace>(resting)));
                tasks.spawn(self.track(reader::run::<Event>(events)));
                tasks.spawn(self.track(subset::run(context.clone(), self.wishes.subset.clone())));
                tasks.spawn(self.track(look::run(context, self.wishes.kinds.clone(), self.signals.clone())));
            }
            ReadingMode::Survey => {
                let surveyor = Surveyor { connection, outlet, limits: self.limits.survey.clone(), scopes, kick };
                tasks.spawn(self.track(surveyor.run()));
            }
        }
        tasks
    }
}

/// Returns the namespaces to read where the whole is forbidden: the context's own (or `default`) and those asked for.
pub fn plan_of(own: Option<&str>, asked: &[Arc<str>]) -> ScopePlan {
    let mut namespaces: Vec<Arc<str>> = vec![Arc::from(own.unwrap_or("default"))];
    for name in asked {
        if !namespaces.contains(name) {
            namespaces.push(name.clone());
        }
    }
    ScopePlan { namespaces }
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
