//! A login with the terminal: the screen goes away, the credential plugin has the terminal, the screen comes back.

use std::io;

use super::Dashboard;
use crate::app::message::Message;
use crate::model::health::Health;
use crate::model::ids::ClusterId;
use crate::terminal::{self, Signal};

impl Dashboard {
    /// Runs a cluster's credential plugin with the terminal; on success everyone it serves tries again at once.
    pub(super) async fn login(&mut self, id: &ClusterId) {
        let Some(login) = self.outside.login(id) else { return };
        let name = self.app.fleet.get(id).map_or_else(|| id.to_string(), |cluster| cluster.name.clone());
        self.renderer.suspend().await;
        self.events.close().await;
        terminal::leave();
        announce(&name);
        let outcome = tokio::select! {
            outcome = login => Some(outcome),
            () = interrupted(&mut self.signals) => None,
        };
        let (text, tone) = match outcome {
            Some(Ok(())) => {
                self.outside.retry_group(id);
                (format!("logged in to {name}"), Health::Healthy)
            }
            Some(Err(failure)) => (format!("{name}: {failure}"), Health::AuthFailed),
            None => (format!("login to {name} cancelled"), Health::Unknown),
        };
        if let Err(error) = self.come_back().await {
            tracing::error!(%error, "the terminal did not come back after a login");
            self.ending = true;
        }
        let now = self.clock.now();
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

/// Waits until the login is to be given up: Ctrl+C reaches us as well as the plugin, and ends the login alone.
async fn interrupted(signals: &mut terminal::Signals) {
    while !matches!(signals.next().await, Signal::Quit | Signal::HangUp | Signal::Panicked) {}
}

#[expect(clippy::print_stderr, reason = "the terminal is the plugin's now, and a person should know why")]
fn announce(name: &str) {
    eprintln!("fleet-tui: logging in to {name}; Ctrl+C gives up");
}
