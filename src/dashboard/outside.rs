//! Fulfils effects: starts and stops clusters, reads kubeconfig files, writes the state file. Nothing here is waited
//! for by the loop. Must not change the state; what comes of an effect arrives as a message.

pub mod files;
pub mod tables;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::app::message::{Effect, Message};
use crate::app::ordering::Work;
use crate::app::state::App;
use crate::cluster::connect::Target;
use crate::cluster::limits::Limits;
use crate::cluster::login::{login, login_group};
use crate::config::load::Config;
use crate::config::state::{SavedState, default_path, discovery_folder, save_beside};
use crate::fleet::coordinator::Coordinator;
use crate::fleet::lanes::Lanes;
use crate::kubeconfig::Sources;
use crate::model::failure::Failure;
use crate::model::health::Health;
use crate::model::ids::ClusterId;
use crate::model::stats::FleetStats;
use crate::model::update::{ClusterCommand, Envelope};
use files::Files;

/// Changes of the state are written at most this often.
const SAVE_EVERY: Duration = Duration::from_secs(1);

/// The hands of the event loop.
pub struct Outside {
    coordinator: Arc<Coordinator>,
    limits: Limits,
    files: Files,
    saving: Option<Saving>,
    /// Where saved tables go.
    tables: Option<PathBuf>,
    messages: mpsc::Sender<Message>,
}

/// The task that writes the state file.
struct Saving {
    sender: watch::Sender<SavedState>,
    end: CancellationToken,
    task: JoinHandle<()>,
}

impl Outside {
    /// Starts with nothing running and no file read. Needs a runtime.
    #[must_use]
    pub fn new(
        updates: mpsc::Sender<Envelope>,
        messages: mpsc::Sender<Message>,
        sources: Sources,
        restored: SavedState,
        state_file: Option<PathBuf>,
        config: &Arc<Config>,
    ) -> Self {
        let mut limits = Limits::new(&config.settings);
        // A run that leaves nothing behind leaves no cache either.
        limits.discovery.cache = state_file.as_ref().and_then(|_| discovery_folder());
        let (base, tailored) = (limits.clone(), Arc::clone(config));
        let of_cluster = move |target: &Target| base.of_cluster(&tailored, target.id.as_str(), &target.context);
        let coordinator = Arc::new(Coordinator::tailored(updates, Lanes::open(), of_cluster));
        let debounce = config.settings.kubeconfig_debounce;
        let files = Files::start(sources, restored.files.clone(), Arc::clone(&coordinator), messages.clone(), debounce);
        let beside = state_file.clone().or_else(default_path);
        let tables = beside.and_then(|path| Some(path.parent()?.join("tables")));
        let saving = state_file.map(|path| writer(path, restored, messages.clone()));
        Self { coordinator, limits, files, saving, tables, messages }
    }

    /// Fulfils one effect. Suspending and quitting are the loop's own.
    pub fn fulfil(&mut self, effect: Effect, app: &App) {
        match effect {
            Effect::Select { generation, clusters } => {
                let targets = clusters.into_iter().filter_map(|id| self.target_of(id, app)).collect();
                self.coordinator.select(generation, targets);
            }
            Effect::Command(id, command) => self.coordinator.command(&id, command),
            Effect::Save(state) => self.save(state),
            Effect::Discover => self.discover(),
            Effect::SaveTable { name, text } => self.save_table(name, text),
            Effect::Suspend | Effect::Quit | Effect::Login(_) | Effect::Copy(_) => {}
        }
    }

    /// Finds how a cluster is reached: as the catalog says or, if its context is not there, as it has been so far.
    fn target_of(&self, id: ClusterId, app: &App) -> Option<Target> {
        let Some((file, context)) = app.catalog.find(&id) else {
            let present = self.coordinator.target(&id);
            if present.is_none() {
                tracing::error!(cluster = %id, kind = "select", error = %format_args!("cluster not found: {id}"), "backend error");
            }
            return present;
        };
        Some(Target { path: file.path.clone(), context: context.name.clone(), id })
    }

    /// Looks at an update before the state takes it in: openings are timed by it. To be called for each.
    pub fn observe(&self, envelope: &Envelope) {
        self.coordinator.observe(envelope);
    }

    /// Prepares a login to a cluster with the terminal; `None` if it is not open. See [`login`] for `interrupted`.
    #[must_use]
    pub fn login(
        &self,
        id: &ClusterId,
        interrupted: CancellationToken,
    ) -> Option<impl Future<Output = Result<(), Failure>> + use<>> {
        Some(login(self.coordinator.target(id)?, self.limits.clone(), interrupted))
    }

    /// Lets every cluster that one login serves try again at once: the one it was for and its login group.
    pub fn retry_group(&self, id: &ClusterId) {
        let (coordinator, id) = (Arc::clone(&self.coordinator), id.clone());
        tokio::spawn(async move {
            let targets = coordinator.targets();
            let members = tokio::task::spawn_blocking(move || group_of(&id, &targets)).await.unwrap_or_default();
            for member in members {
                coordinator.command(&member, ClusterCommand::RetryNow);
            }
        });
    }

    /// Returns what the selection pipeline has measured.
    #[must_use]
    pub fn stats(&self) -> FleetStats {
        self.coordinator.stats()
    }

    /// Reads the kubeconfig files beside the loop, and from the first time on whenever they change; the catalog
    /// arrives as a message.
    pub fn discover(&self) {
        self.files.ask();
    }

    /// Puts a large table in order beside the loop; the answers arrive as messages.
    pub fn order(&self, work: Work) {
        let messages = self.messages.clone();
        drop(tokio::task::spawn_blocking(move || work.run(|message| drop(messages.blocking_send(message)))));
    }

    /// Keeps a table in a file, beside the loop, and tells where.
    fn save_table(&self, name: String, text: String) {
        let (folder, messages) = (self.tables.clone(), self.messages.clone());
        drop(tokio::task::spawn_blocking(move || {
            let kept = folder
                .ok_or_else(|| std::io::Error::other("the system names no home"))
                .and_then(|folder| tables::keep(&folder, &name, &text));
            let (told, tone) = match kept {
                Ok(path) => {
                    // The name first: it tells the format, and the folder is the same each time.
                    let part = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
                    let (name, folder) = (part(path.file_name()), part(path.parent().map(Path::as_os_str)));
                    (format!("table saved: {name} in {folder}"), Health::Healthy)
                }
                Err(error) => (format!("table not saved: {error}"), Health::Warning),
            };
            drop(messages.blocking_send(Message::Notice(told, tone)));
        }));
    }

    /// Writes the state beside the loop; only the newest is written.
    pub fn save(&self, state: SavedState) {
        if let Some(saving) = &self.saving {
            saving.sender.send_replace(state);
        }
    }

    /// Stops all clusters and writes what is left to write, within a limit.
    pub async fn shut_down(self, limit: Duration) {
        drop(self.files);
        if let Some(saving) = self.saving {
            saving.end.cancel();
            drop(saving.sender);
            drop(tokio::time::timeout(limit, saving.task).await);
        }
        drop(tokio::time::timeout(limit, self.coordinator.shut_down()).await);
    }
}

/// The clusters whose plugins are the same but for the cluster they name, this one included. Blocks on the disk.
fn group_of(id: &ClusterId, targets: &BTreeMap<ClusterId, Target>) -> Vec<ClusterId> {
    let group = |target: &Target| login_group(&target.path, &target.context);
    let own = targets.get(id).and_then(group);
    let member = |(other, target): &(&ClusterId, &Target)| *other == id || (own.is_some() && group(target) == own);
    targets.iter().filter(member).map(|(other, _)| other.clone()).collect()
}

/// Writes the newest state after each change, with a pause between writes; once told to end, what is unwritten at once.
/// `base` is what was read.
fn writer(path: PathBuf, mut base: SavedState, messages: mpsc::Sender<Message>) -> Saving {
    let (sender, mut newest) = watch::channel(SavedState::default());
    let end = CancellationToken::new();
    let ending = end.clone();
    let task = tokio::spawn(async move {
        // What was sent before the sender went is still seen.
        while newest.changed().await.is_ok() {
            let state = newest.borrow_and_update().clone();
            let (place, before, mine) = (path.clone(), base.clone(), state.clone());
            match tokio::task::spawn_blocking(move || save_beside(&place, &before, &mine)).await {
                Ok(Ok(())) => base = state,
                Ok(Err(error)) => {
                    let notice = format!("state not saved to {}: {error}", path.display());
                    drop(messages.try_send(Message::Notice(notice, Health::Warning)));
                }
                Err(_) => {}
            }
            drop(tokio::time::timeout(SAVE_EVERY, ending.cancelled()).await);
        }
    });
    Saving { sender, end, task }
}
