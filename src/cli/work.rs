//! The same work on each chosen cluster: within the executor, with progress for people, until Ctrl+C.
//!
//! Must not know what the work is.

use std::any::Any;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt as _, TryFutureExt as _};

use super::Trouble;
use super::interrupt::Interrupt;
use super::which::Chosen;
use crate::cluster::connect::Target;
use crate::cluster::limits::Limits;
use crate::config::load::Config;
use crate::fleet::executor::results::Results;
use crate::fleet::executor::{Pool, Progress, TaskError};
use crate::fleet::lanes::Lanes;
use crate::model::failure::Failure;

/// Does the work on each cluster with the cluster's own numbers; the outcomes are in the order of the clusters.
pub async fn each<T, F>(
    chosen: &[Chosen],
    config: &Config,
    work: impl Fn(Target, Limits) -> F,
) -> Result<Results<T>, Trouble>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Failure>> + Send + 'static,
{
    let boxed = |target, limits| -> BoxFuture<'static, _> {
        work(target, limits).map_ok(|given| -> Given { Box::new(given) }).boxed()
    };
    let results = Box::pin(on_all(chosen, config, &boxed)).await?;
    // It is what was put in; what a task gives instead would be a bug of ours.
    Ok(results.and_then(|given| given.downcast().map(|given| *given).map_err(|_| TaskError::Panicked)))
}

/// What a task gives, whatever it is.
type Given = Box<dyn Any + Send>;

/// The same for every kind of work, so that the executor with all its doings is there only once.
async fn on_all(
    chosen: &[Chosen],
    config: &Config,
    work: &dyn Fn(Target, Limits) -> BoxFuture<'static, Result<Given, Failure>>,
) -> Result<Results<Given>, Trouble> {
    let settings = &config.settings;
    let base = Limits::new(settings);
    let pool = Pool::new(settings.executor_workers as usize, settings.executor_timeout).on(Lanes::open());
    for chosen in chosen {
        let limits = base.of_cluster(config, chosen.target.id.as_str(), &chosen.name);
        pool.submit(chosen.target.id.clone(), work(chosen.target.clone(), limits))?;
    }
    let interrupt = Interrupt::listen()?;
    let mut meter = Meter::new(chosen);
    let executed = pool.execute(|progress, outcome| meter.step(progress, outcome.cluster.as_str()));
    let results = tokio::select! {
        results = executed => Some(results),
        () = interrupt.pressed() => None,
    };
    meter.wipe();
    let Some(results) = results else {
        pool.cancel();
        return Err(Trouble::Interrupted);
    };
    // Nothing runs any more: this only closes the door.
    pool.shut_down(settings.executor_shutdown).await?;
    Ok(results?)
}

/// The line on standard error that says how far the work has come; none unless that is a terminal.
struct Meter {
    shown: bool,
    waiting: Vec<(Arc<str>, Arc<str>)>,
}

impl Meter {
    fn new(chosen: &[Chosen]) -> Self {
        let waiting = chosen.iter().map(|chosen| (chosen.target.id.as_str().into(), chosen.name.as_str().into()));
        let meter = Self { shown: io::stderr().is_terminal(), waiting: waiting.collect() };
        meter.show(Progress { done: 0, total: chosen.len() });
        meter
    }

    fn step(&mut self, progress: Progress, id: &str) {
        self.waiting.retain(|(waiting, _)| &**waiting != id);
        self.show(progress);
    }

    fn show(&self, progress: Progress) {
        if !self.shown {
            return;
        }
        let names: Vec<String> = self.waiting.iter().take(4).map(|(_, name)| super::out::brief(name)).collect();
        let more = if self.waiting.len() > names.len() { " ..." } else { "" };
        let waiting =
            if names.is_empty() { String::new() } else { format!(", waiting for {}{more}", names.join(", ")) };
        let _unheard = write!(io::stderr(), "\r\x1b[K{progress}{waiting}");
    }

    fn wipe(&self) {
        if self.shown {
            let _unheard = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
