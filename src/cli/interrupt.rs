//! Ctrl+C of a command: heard from the moment a command says so, and answered even while it is busy printing.
//!
//! Must not know what is interrupted.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

/// How long a command may take to end well after Ctrl+C; one that is stuck writing ends here.
const GRACE: Duration = Duration::from_millis(200);

/// Exit code of a command that Ctrl+C ended.
pub const CODE: u8 = 130;

/// Ctrl+C no longer ends the program by force: whoever waits is told, and has [`GRACE`] to put things in order.
pub struct Interrupt(Arc<Notify>);

impl Interrupt {
    /// Listens from now on until the program ends: `tokio::signal::ctrl_c` would only from its first poll, and whoever
    /// reads what we wrote before that may press it sooner. Needs a runtime.
    pub fn listen() -> io::Result<Self> {
        #[cfg(unix)]
        let mut heard = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())?;
        #[cfg(windows)]
        let mut heard = tokio::signal::windows::ctrl_c()?;
        let told = Arc::new(Notify::new());
        let interrupt = Self(Arc::clone(&told));
        tokio::spawn(async move {
            heard.recv().await;
            told.notify_one();
            tokio::time::sleep(GRACE).await;
            #[expect(clippy::disallowed_methods, reason = "whoever is in the way has had its time")]
            std::process::exit(CODE.into());
        });
        Ok(interrupt)
    }

    /// Resolves when Ctrl+C was pressed since it was listened for. Can be dropped and called again: none is lost.
    pub async fn pressed(&self) {
        self.0.notified().await;
    }
}
