//! A login with the terminal: the screen goes away, the credential plugin has the terminal, the screen comes back; after a
//! failure not before the person has read what the plugin said.
//!
//! The loop goes on meanwhile: no cluster waits for another's login.

use std::io;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::Dashboard;
use crate::app::input::{Input, KeyCode};
use crate::app::message::Message;
use crate::model::failure::{Failure, FailureKind};
use crate::model::health::Health;
use crate::model::ids::ClusterId;
use crate::model::visible::safe;
use crate::terminal::{self, LentLine};

/// How long what a plugin said of its failure stays, if nobody sends it away.
const READ: Duration = Duration::from_secs(60);

/// A login that is going on. The terminal is not the dashboard's.
pub(super) struct Login {
    id: ClusterId,
    name: String,
    stage: Stage,
}

enum Stage {
    /// The terminal is the plugin's.
    Running { task: JoinHandle<Result<(), Failure>>, interrupted: CancellationToken, _line: LentLine },
    /// The plugin has failed; what it said is being read.
    Read { failure: Failure, until: Instant },
}

impl Login {
    /// Ends the plugin and all that descends from it, and waits until that is done: nobody does it once we are gone.
    pub(super) async fn end(self) {
        if let Stage::Running { task, .. } = self.stage {
            task.abort();
            drop(task.await);
        }
    }
}

/// What a login came to.
pub(super) struct Outcome {
    id: ClusterId,
    name: String,
    end: End,
}

enum End {
    Done,
    Failed(Failure),
    /// It failed, and what was said of it has been read.
    Told(Failure),
    /// A person gave it up.
    Cancelled,
}

/// Waits until the login that is going on has ended; for ever if there is none. Safe to cancel.
pub(super) async fn finished(login: &mut Option<Login>) -> Outcome {
    let Some(running) = login else { return std::future::pending().await };
    let end = match &mut running.stage {
        Stage::Running { task, interrupted, .. } => match task.await {
            Ok(Ok(())) => End::Done,
            // It fails because it was interrupted, too.
            Ok(Err(failure)) if !interrupted.is_cancelled() => End::Failed(failure),
            _ => End::Cancelled,
        },
        Stage::Read { failure, until } => {
            sleep_until(*until).await;
            End::Told(failure.clone())
        }
    };
    let outcome = Outcome { id: running.id.clone(), name: running.name.clone(), end };
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
        say(&format!("logging in to {}; Ctrl+C gives up", safe(name.as_str())));
        let stage = Stage::Running { _line: LentLine::lend(), task: tokio::spawn(login), interrupted };
        self.login = Some(Login { id: id.clone(), name, stage });
    }

    /// Ends the login that is going on, since a person interrupted it; the plugin is killed.
    pub(super) fn give_up_login(&mut self) {
        match self.login.as_mut().map(|login| &mut login.stage) {
            Some(Stage::Running { task, interrupted, .. }) => {
                interrupted.cancel();
                task.abort();
            }
            Some(Stage::Read { until, .. }) => *until = Instant::now(),
            None => {}
        }
    }

    /// While the terminal is not the dashboard's, Enter sends away what was left to be read, and nothing else is heard.
    pub(super) fn while_lent(&mut self, input: &Input) {
        if matches!(input, Input::Key(key) if key.code == KeyCode::Enter)
            && let Some(Stage::Read { until, .. }) = self.login.as_mut().map(|login| &mut login.stage)
        {
            *until = Instant::now();
        }
    }

    /// Takes the terminal back; on success everyone the login serves tries again at once.
    pub(super) async fn logged_in(&mut self, outcome: Outcome) {
        let Outcome { id, name, end } = outcome;
        let message = match end {
            // Its own words are on the terminal, and would go with the screen's return.
            End::Failed(failure) if has_spoken(&failure) && self.events.reopen().is_ok() => {
                let seconds = READ.as_secs();
                say(&safe(format!("login to {name}: {failure}")));
                say(&format!("Enter returns to the dashboard, which comes back by itself in {seconds}s"));
                self.login = Some(Login { id, name, stage: Stage::Read { failure, until: Instant::now() + READ } });
                return;
            }
            End::Done => Message::LoginDone(id.clone()),
            End::Failed(failure) | End::Told(failure) => {
                Message::Notice(format!("{name}: {failure}"), Health::AuthFailed)
            }
            End::Cancelled => Message::Notice(format!("login to {name} cancelled"), Health::Unknown),
        };
        if let Err(error) = self.come_back().await {
            tracing::error!(%error, "the terminal did not come back after a login");
            self.ending = true;
        }
        let now = self.clock.now(&self.app.settings.time_zone);
        let done = matches!(message, Message::LoginDone(_));
        drop(self.app.update(message, &now));
        if done {
            self.outside.retry_group(&id);
        }
    }

    async fn come_back(&mut self) -> io::Result<()> {
        terminal::enter(self.options)?;
        self.events.reopen()?;
        self.renderer.resume().await;
        self.measure();
        Ok(())
    }
}

/// Whether the plugin was at the terminal at all, and may have said something there.
fn has_spoken(failure: &Failure) -> bool {
    matches!(failure.kind, FailureKind::PluginFailed | FailureKind::PluginOutput | FailureKind::PluginTimeout)
}

#[expect(clippy::print_stderr, reason = "the terminal is not the dashboard's now, and a person should know why")]
fn say(words: &str) {
    eprintln!("fleet-tui: {words}");
}
