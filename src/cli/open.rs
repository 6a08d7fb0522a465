//! `fleet-tui` without a command: the dashboard, with what its flags say. Must not know how anything is drawn.

use std::path::PathBuf;
use std::sync::Arc;

use super::ground::{Demo, sources};
use super::which::{Which, contexts, group_of};
use super::{Trouble, log};
use crate::app::state::Launch;
use crate::config::load::Config;
use crate::config::state;
use crate::dashboard::{self, Plan};
use crate::kubeconfig::{Sources, discover};

/// What the dashboard is asked for.
pub struct Wish {
    /// The clusters to open.
    pub which: Which,
    /// Selected in every cluster opened at start.
    pub namespace: Option<String>,
    /// Where to write the log.
    pub log_file: Option<PathBuf>,
}

/// Runs the dashboard until it is left.
pub fn run(wish: Wish, config: Config) -> Result<(), Trouble> {
    crate::terminal::check()?;
    // A broken file is no reason not to start: the defaults hold, and the screen says so.
    let mut notices = config.notices();
    notices.extend(log::start(wish.log_file.as_deref(), &config.settings.log_level).map_err(Trouble::Usage)?);
    let runtime = super::runtime(wish.which.demo)?;
    let outcome = if wish.which.demo {
        runtime.block_on(Box::pin(demo(wish, config, notices)))
    } else {
        runtime.block_on(Box::pin(real(wish, config, notices)))
    };
    // A thread that is stuck in a file or a plugin must not hold the end.
    runtime.shutdown_background();
    outcome
}

async fn real(wish: Wish, config: Config, notices: Vec<String>) -> Result<(), Trouble> {
    let Wish { which, namespace, .. } = wish;
    let sources = sources(&which, &config);
    let state_file = state::default_path();
    let loaded = state_file.as_deref().map(state::load).unwrap_or_default();
    let state_file = state_file.filter(|_| !loaded.hands_off);
    let restored = loaded.state;
    let flagged = which.is_said();
    let mut asked = which.context;
    if !asked.is_empty() || !which.group.is_empty() {
        let catalog = discover(&sources, &restored.files);
        contexts(&asked, &catalog)?;
        for group in &which.group {
            asked.extend(group_of(group, &catalog, &config)?.iter().map(ToString::to_string));
        }
    }
    let mouse = config.settings.mouse;
    let launch = Launch {
        contexts: asked,
        all: which.all,
        namespace,
        restored,
        remember: !flagged,
        preparing: None,
        config: Arc::new(config),
    };
    let notices = loaded.notice.into_iter().chain(notices).collect();
    let plan = Plan { sources, launch, state_file, notices, mouse, preparation: None };
    Ok(Box::pin(dashboard::run(plan)).await?)
}

async fn demo(wish: Wish, config: Config, notices: Vec<String>) -> Result<(), Trouble> {
    let Wish { which, namespace, .. } = wish;
    let demo = Demo::new(&which)?;
    // The fleet starts behind the first frame, and lives in this channel until the dashboard is left.
    let (started, fleet) = tokio::sync::oneshot::channel();
    let starting = demo.start();
    let preparation = async move {
        drop(started.send(starting.await?));
        Ok(())
    };
    let mouse = config.settings.mouse;
    let launch = Launch {
        // Its clusters do not run yet: which there are is seen once they do.
        all: which.context.is_empty(),
        contexts: which.context,
        namespace,
        preparing: Some("Starting the demo fleet."),
        config: Arc::new(config),
        ..Launch::default()
    };
    let plan = Plan {
        sources: Sources { explicit: vec![demo.kubeconfig.clone()], ..Sources::default() },
        launch,
        state_file: None,
        notices,
        mouse,
        preparation: Some(Box::pin(preparation)),
    };
    let outcome = Box::pin(dashboard::run(plan)).await;
    drop(fleet);
    Ok(outcome?)
}
