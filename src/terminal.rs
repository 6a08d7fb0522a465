//! The terminal itself: taking it over, giving it back as it was, and what it can do.
//!
//! Owns raw mode, the alternate screen, the mouse, signals, suspension and the panic hook; all state about the terminal
//! is here, because there is only one. Must not know what is drawn, what keys mean or anything of clusters.
//!
//! ```text
//! check() ── enter(options) ── draw through Output, read through Events, listen to Signals ── leave()
//!                 ▲                                  │ Ctrl+Z, SIGTSTP
//!                 └──────── suspend(options) ◄───────┘
//! ```
//!
//! A panic anywhere, the render thread included, leaves the terminal first and then prints its message. A terminal
//! that went away is noticed by SIGHUP, by a failing write, or by a look at it every second, and ends the program:
//! going on without one would make the key reader spin.

pub mod color;
pub mod events;
pub mod line;
pub mod panic;
pub mod screen;
pub mod signals;
#[cfg(unix)]
pub mod stop;

use std::io::{self, IsTerminal};

pub use color::{ColorDepth, Hints};
pub use events::Events;
pub use line::LentLine;
pub use panic::install_panic_hook;
pub use screen::{Options, Output, enter, leave, size};
pub use signals::{Signal, Signals};

/// There is no terminal to work in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the dashboard needs a terminal; without one, `fleet-tui status` tells the health of clusters")]
pub struct NoTerminal;

/// Refuses to start unless both input and output are a terminal.
pub fn check() -> Result<(), NoTerminal> {
    if io::stdin().is_terminal() && io::stdout().is_terminal() { Ok(()) } else { Err(NoTerminal) }
}

/// Who asked for the suspension, which decides who is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuspendedBy {
    /// The key: the whole job stops, as the terminal driver would do it.
    Key,
    /// A signal to this process: only this process stops.
    Signal,
}

/// Gives the terminal back, stops, and takes the terminal over again once continued.
///
/// The caller pauses the render thread and drops the key reader before, and repaints after. Fails with
/// `Unsupported`, the terminal untouched, when there is no shell that could continue the program.
pub async fn suspend(options: Options, by: SuspendedBy) -> io::Result<()> {
    #[cfg(unix)]
    {
        stop::check(by)?;
        leave();
        let stopped = stop::stop(by).await;
        enter(options)?;
        stopped
    }
    #[cfg(not(unix))]
    {
        let _ = (options, by);
        Err(io::Error::new(io::ErrorKind::Unsupported, "this system has no job control"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_refusal_names_the_way_without_a_terminal() {
        assert_eq!(
            NoTerminal.to_string(),
            "the dashboard needs a terminal; without one, `fleet-tui status` tells the health of clusters"
        );
    }
}
