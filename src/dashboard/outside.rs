//! Fulfils effects: starts and stops clusters, reads kubeconfig files, writes the state file. Nothing here is waited
//! for by the loop. Must not change the state; what comes of an effect arrives as a message.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::app::message::{Effect, Message};
use crate::app::state::App;
use crate::cluster::connect::Target;
use crate::cluster::limits::Limits;
use crate::config::state::{SavedState, save};
use crate::fleet::coordinator::Coordinator;
use crate::kubeconfig::{Sources, discover};
use crate::model::health::Health;
use crate::model::update::Envelope;

/// Changes of the state are written at most this often.
const SAVE_EVERY: Duration = Duration::from_secs(1);

/// The hands of the event loop.
pub struct Outside {
    coordinator: Coordinator,
    messages: mpsc::Sender<Message>,
    sources: Sources,
    remembered: BTreeMap<String, PathBuf>,
    saving: Option<Saving>,
}

/// The task that writes the state file.
struct Saving {
    sender: watch::Sender<SavedState>,
    end: CancellationToken,
    task: JoinHandle<()>,
}

impl Outside {
    /// Starts with nothing running.
    #[must_use]
    pub fn new(
        updates: mpsc::Sender<Envelope>,
        messages: mpsc::Sender<Message>,
        sources: Sources,
        remembered: BTreeMap<String, PathBuf>,
        state_file: Option<PathBuf>,
    ) -> Self {
        let coordinator = Coordinator::new(updates, Limits::default());
        let saving = state_file.map(|path| writer(path, messages.clone()));
        Self { coordinator, messages, sources, remembered, saving }
    }

    /// Fulfils one effect. Suspending and quitting are the loop's own.
    pub fn fulfil(&mut self, effect: Effect, app: &App) {
        match effect {
            Effect::Select { generation, clusters } => {
                let target = |id| {
                    let (file, context) = app.catalog.find(&id)?;
                    Some(Target { id, path: file.path.clone(), context: context.name.clone() })
                };
                self.coordinator.select(generation, clusters.into_iter().filter_map(target).collect());
            }
            Effect::Command(id, command) => self.coordinator.command(&id, command),
            Effect::Save(state) => self.save(state),
            Effect::Discover => self.discover(),
            Effect::Suspend | Effect::Quit => {}
        }
    }

    /// Reads the kubeconfig files beside the loop; the catalog arrives as a message.
    pub fn discover(&self) {
        let (sources, remembered, messages) = (self.sources.clone(), self.remembered.clone(), self.messages.clone());
        tokio::spawn(async move {
            let found = tokio::task::spawn_blocking(move || discover(&sources, &remembered)).await;
            if let Ok(catalog) = found {
                drop(messages.send(Message::Catalog(catalog)).await);
            }
        });
    }

    /// Writes the state beside the loop; only the newest is written.
    pub fn save(&self, state: SavedState) {
        if let Some(saving) = &self.saving {
            saving.sender.send_replace(state);
        }
    }

    /// Stops all clusters and writes what is left to write, within a limit.
    pub async fn shut_down(self, limit: Duration) {
        if let Some(saving) = self.saving {
            saving.end.cancel();
            drop(saving.sender);
            drop(tokio::time::timeout(limit, saving.task).await);
        }
        drop(tokio::time::timeout(limit, self.coordinator.shut_down()).await);
    }
}

/// Writes the newest state after each change, with a pause between writes; once told to end, what is unwritten at once.
fn writer(path: PathBuf, messages: mpsc::Sender<Message>) -> Saving {
    let (sender, mut newest) = watch::channel(SavedState::default());
    let end = CancellationToken::new();
    let ending = end.clone();
    let task = tokio::spawn(async move {
        // What was sent before the sender went is still seen.
        while newest.changed().await.is_ok() {
            let state = newest.borrow_and_update().clone();
            let place = path.clone();
            let written = tokio::task::spawn_blocking(move || save(&place, &state)).await;
            if let Ok(Err(error)) = written {
                let notice = format!("state not saved to {}: {error}", path.display());
                drop(messages.try_send(Message::Notice(notice, Health::Warning)));
            }
            drop(tokio::time::timeout(SAVE_EVERY, ending.cancelled()).await);
        }
    });
    Saving { sender, end, task }
}
