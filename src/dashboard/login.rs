//! A login with the terminal: the screen goes away, the credential plugin has the terminal, the screen comes back.
//!
//! The loop goes on meanwhile: no cluster waits for another's login.

use std::io;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::Dashboard;
use crate::app::message::Message;
use crate::model::failure::Failure;
use crate::model::health::Health;
use crate::model::ids::ClusterId;
use crate::model::visible::safe;
use crate::terminal;

/// A login that is going on. The terminal is the plugin's.
pub(super) struct Login {
    id: ClusterId,
    name: String,
    task: JoinHandle<Result<(), Failure>>,
    interrupted: CancellationToken,
}

impl Login {
    /// Ends the plugin and all that descends from it, and waits until that is done: nobody does it once we are gone.
    pub(super) async fn end(self) {
        self.task.abort();
        drop(self.task.await);
    }
}

/// What a login came to; `None` if it was given up.
pub(super) struct Outcome {
    id: ClusterId,
    name: String,
    result: Option<Result<(), Failure>>,
}

/// Waits until the login that is going on has ended; for ever if there is none. Safe to cancel.
pub(super) async fn finished(login: &mut Option<Login>) -> Outcome {
    let Some(running) = login else { return std::future::pending().await };
    let result = (&mut running.task).await.ok();
    let outcome = Outcome { id: running.id.clone(), name: running.name.clone(), result };
    *login = None;
    outcome
}

impl Dashboard {
    /// Hands the terminal to a cluster's credential plugin.
    pub(super) async fn log_in(&mut self, id: &ClusterId) {
        if self.login.is_some() {
            return;
        }
        let interrupted = CancellationToken::new();
        let Some(login) = self.outside.login(id, interrupted.clone()) else { return };
        let name = self.app.fleet.get(id).map_or_else(|| id.to_string(), |cluster| cluster.name.clone());
        self.renderer.suspend().await;
        self.events.close().await;
        terminal::leave();
        announce(&safe(name.as_str()));
        self.login = Some(Login { id: id.clone(), name, task: tokio::spawn(login), interrupted });
    }

    /// Ends the login that is going on, since a person interrupted it; the plugin is killed.
    pub(super) fn give_up_login(&mut self) {
        if let Some(login) = &self.login {
            login.interrupted.cancel();
            login.task.abort();
        }
    }

    /// Takes the terminal back; on success everyone the login serves tries again at once.
    pub(super) async fn logged_in(&mut self, outcome: Outcome) {
        let Outcome { id, name, result } = outcome;
        let (text, tone) = match result {
            Some(Ok(())) => {
                self.outside.retry_group(&id);
                (format!("logged in to {name}"), Health::Healthy)
            }
            Some(Err(failure)) => (format!("{name}: {failure}"), Health::AuthFailed),
            None => (format!("login to {name} cancelled"), Health::Unknown),
        };
        if let Err(error) = self.come_back().await {
            tracing::error!(%error, "the terminal did not come back after a login");
            self.ending = true;
        }
        let now = self.clock.now(&self.app.settings.time_zone);
        drop(self.app.update(Message::Notice(text, tone), &now));
    }

    async fn come_back(&mut self) -> io::Result<()> {
        terminal::enter(self.options)?;
        self.events.reopen()?;
        self.renderer.resume().await;
        self.measure();
        Ok(())
    }
}

#[expect(clippy::print_stderr, reason = "the terminal is the plugin's now, and a person should know why")]
fn announce(name: &str) {
    eprintln!("fleet-tui: logging in to {name}; Ctrl+C gives up");
}
