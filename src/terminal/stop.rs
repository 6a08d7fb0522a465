//! Stopping and ending this process by signals it sends to itself.
//!
//! Owns job control: when stopping makes sense and who is stopped. Must not know the screen; the caller has left it.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::{Signal, getpgid, getpgrp, getpid, getppid, getsid, kill_current_process_group, kill_process};
use tokio::signal::unix::{SignalKind, signal};

use super::SuspendedBy;

/// The next SIGCONT follows from our own stop and is no news.
static OWN_STOP: AtomicBool = AtomicBool::new(false);

/// Fails when nobody could continue the process: it was started by the terminal itself, not by a shell with job control.
pub fn check(by: SuspendedBy) -> io::Result<()> {
    // Who sends SIGTSTP from outside can send SIGCONT as well.
    if by == SuspendedBy::Signal || has_shell() {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::Unsupported, "no shell to return to"))
}

/// Stops now and returns when continued.
pub async fn stop(by: SuspendedBy) -> io::Result<()> {
    // The signal reaches the process, not this thread, which may run on for a moment: only being continued proves
    // that the stop is over.
    let mut continued = signal(SignalKind::from_raw(Signal::CONT.as_raw()))?;
    OWN_STOP.store(true, Ordering::SeqCst);
    let stopped = match by {
        // SIGTSTP would only reach our own handler; the rest of the job has to stop as well, or the shell goes on
        // waiting for it (`sudo`, `sh -c`, `fleet-tui | tee`).
        SuspendedBy::Key => kill_current_process_group(Signal::STOP),
        SuspendedBy::Signal => kill_process(getpid(), Signal::STOP),
    };
    if stopped.is_err() {
        OWN_STOP.store(false, Ordering::SeqCst);
        return Ok(stopped?);
    }
    continued.recv().await;
    Ok(())
}

/// Tells, once, that a SIGCONT answers our own stop.
pub fn was_own_stop() -> bool {
    OWN_STOP.swap(false, Ordering::SeqCst)
}

/// The end that needs no cooperation of any thread.
pub fn kill_self() {
    let _ = kill_process(getpid(), Signal::KILL);
}

/// A process group whose session has no shell above it is an orphan: the kernel ignores Ctrl+Z there, and so do we.
fn has_shell() -> bool {
    let (group, session) = (getpgrp(), getsid(None));
    if session == Ok(group) {
        return false;
    }
    if getpid() != group {
        return true;
    }
    // The leader of a job: its parent is the shell, of another group in the same session.
    getppid().is_some_and(|parent| getsid(Some(parent)) == session && getpgid(Some(parent)) != Ok(group))
}
