//! Taking turns on one thread, and with other threads on one processor. Must not know what is waited for.

use std::future::poll_fn;
use std::task::Poll;

/// Lets every other task of this thread have its turn, the connection's above all: it has fetched the next chunk then.
pub async fn give_way() {
    let mut given = false;
    poll_fn(|context| {
        if std::mem::replace(&mut given, true) {
            return Poll::Ready(());
        }
        // To the end of the queue, and not beyond it as a yield would go: that looks at all sockets first.
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Lets other threads have this processor, if they wait for it: that of the keys above all. A system that preempts nobody
/// before the end of its slice would have a key wait 4 ms for a storm of changes, which can wait themselves; a list cannot.
pub fn give_up_processor() {
    std::thread::yield_now();
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use tokio::task::{LocalSet, spawn_local};

    use super::*;

    #[tokio::test]
    async fn whoever_gives_way_comes_after_all_who_wait_and_before_they_come_again() {
        let turns = Rc::new(Cell::new(0));
        let count = turns.clone();
        let work = async move {
            spawn_local(async move {
                loop {
                    count.set(count.get() + 1);
                    give_way().await;
                }
            });
            for turn in 1..=100 {
                give_way().await;
                assert_eq!(turns.get(), turn);
            }
        };
        LocalSet::new().run_until(async { spawn_local(work).await.unwrap() }).await;
    }
}
