//! What happens when some thread panics: the terminal is given back, then the message is printed, then the program ends.
//!
//! Owns the hook and the news of a panic. Must not know who panicked or why.

use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

use super::screen::leave;

static PANICKED: AtomicBool = AtomicBool::new(false);
static NEWS: Notify = Notify::const_new();

/// Puts the hook before the one that is installed now, which prints the message once the terminal is back.
///
/// A panic in a task or in another thread does not end the process by itself: [`panicked`] tells the event loop, which
/// has no screen any more and has to end.
pub fn install_panic_hook() {
    let earlier = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        leave();
        PANICKED.store(true, Ordering::SeqCst);
        NEWS.notify_one();
        earlier(info);
    }));
}

/// Waits until some thread has panicked. Safe to cancel; at most one waits at a time.
pub async fn panicked() {
    while !PANICKED.load(Ordering::SeqCst) {
        NEWS.notified().await;
    }
}
