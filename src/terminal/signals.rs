//! What the system tells this process: end, stop, go on, the terminal is gone, some thread panicked.
//!
//! Owns the signal handlers and the watch over the terminal. Must not act on them: the event loop does, so that it
//! can ask about running jobs and close things in order.

use std::io::{self, IsTerminal};
use std::time::Duration;

use tokio::time::{self, Interval, MissedTickBehavior};

use super::panic::panicked;

/// How often the terminal is looked at, in case nobody tells that it went away.
const WATCH: Duration = Duration::from_secs(1);
/// How long the program may take to end once its terminal is gone.
#[cfg(unix)]
const HANG_UP_LIMIT: Duration = Duration::from_secs(3);

/// Something the event loop has to act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Asked to end: by SIGTERM or SIGQUIT. No questions to the user.
    Quit,
    /// SIGINT: asked to end whatever has the terminal; that is the program, unless it lent the terminal.
    Interrupt,
    /// The terminal is gone: end at once. A process that is still there three seconds later kills itself.
    HangUp,
    /// Asked to stop by SIGTSTP: [`super::suspend`].
    Suspend,
    /// Continued after somebody else stopped us: enter again and repaint.
    Continued,
    /// Some thread panicked; the terminal is already given back: end with a failure.
    Panicked,
}

/// The receiving end of all signals.
pub struct Signals {
    #[cfg(unix)]
    unix: Unix,
    watch: Interval,
    hung_up: bool,
}

#[cfg(unix)]
struct Unix {
    hang_up: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    quit: tokio::signal::unix::Signal,
    stop: tokio::signal::unix::Signal,
    proceed: tokio::signal::unix::Signal,
}

impl Signals {
    /// Installs the handlers, which replace the system's default actions from now on.
    pub fn install() -> io::Result<Self> {
        let mut watch = time::interval(WATCH);
        watch.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self {
            #[cfg(unix)]
            unix: Unix::install()?,
            watch,
            hung_up: false,
        })
    }

    /// Waits for the next signal. Safe to cancel.
    pub async fn next(&mut self) -> Signal {
        let signal = loop {
            #[cfg(unix)]
            let told = self.unix.next();
            #[cfg(not(unix))]
            let told = interrupted();
            tokio::select! {
                biased;
                () = panicked() => break Signal::Panicked,
                signal = told => {
                    if let Some(signal) = signal {
                        break signal;
                    }
                }
                _ = self.watch.tick() => {
                    if !terminal_is_there() {
                        break Signal::HangUp;
                    }
                }
            }
        };
        if signal == Signal::HangUp && !self.hung_up {
            self.hung_up = true;
            bound_the_end();
        }
        signal
    }
}

#[cfg(unix)]
impl Unix {
    fn install() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            hang_up: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            stop: signal(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()))?,
            proceed: signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?,
        })
    }

    /// None for a SIGCONT that answers our own stop.
    async fn next(&mut self) -> Option<Signal> {
        tokio::select! {
            biased;
            _ = self.hang_up.recv() => Some(Signal::HangUp),
            _ = self.terminate.recv() => Some(Signal::Quit),
            _ = self.interrupt.recv() => Some(Signal::Interrupt),
            _ = self.quit.recv() => Some(Signal::Quit),
            _ = self.proceed.recv() => (!super::stop::was_own_stop()).then_some(Signal::Continued),
            _ = self.stop.recv() => Some(Signal::Suspend),
        }
    }
}

#[cfg(not(unix))]
async fn interrupted() -> Option<Signal> {
    match tokio::signal::ctrl_c().await {
        Ok(()) => Some(Signal::Interrupt),
        Err(_) => std::future::pending().await,
    }
}

/// A terminal that hung up answers no question any more.
fn terminal_is_there() -> bool {
    io::stdin().is_terminal() || io::stdout().is_terminal()
}

/// Without a terminal the key reader spins and a task may still be waiting for a server: the end must not depend on
/// any of them.
fn bound_the_end() {
    #[cfg(unix)]
    drop(std::thread::Builder::new().name("hang-up".to_owned()).spawn(|| {
        std::thread::sleep(HANG_UP_LIMIT);
        super::stop::kill_self();
    }));
}
