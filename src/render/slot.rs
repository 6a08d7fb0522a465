//! What passes from the event loop to the render thread: the newest picture, and control messages.
//!
//! Owns the hand-over: a newer picture replaces one that was not drawn yet, a control message is never lost, and
//! nobody waits for a slow terminal. Must not know what a picture is or how it is drawn.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What the receiving thread has to do next: controls first, in their order, then the picture.
#[derive(Debug)]
pub struct Work<F, C> {
    /// Every control message since the last time.
    pub controls: VecDeque<C>,
    /// The newest picture since the last time.
    pub picture: Option<Box<F>>,
}

#[derive(Debug)]
struct Inner<F, C> {
    work: Work<F, C>,
    closed: bool,
}

/// A mailbox with room for one picture and for every control message.
#[derive(Debug)]
pub struct Slot<F, C> {
    inner: Mutex<Inner<F, C>>,
    filled: Condvar,
}

impl<F, C> Default for Slot<F, C> {
    fn default() -> Self {
        let work = Work { controls: VecDeque::new(), picture: None };
        Self { inner: Mutex::new(Inner { work, closed: false }), filled: Condvar::new() }
    }
}

impl<F, C> Slot<F, C> {
    /// Puts the newest picture in; returns false when the other side is gone.
    pub fn show(&self, picture: Box<F>) -> bool {
        // What is replaced is dropped after the lock is released: dropping a large picture takes time.
        let replaced = {
            let mut inner = self.lock();
            if inner.closed {
                return false;
            }
            inner.work.picture.replace(picture)
        };
        drop(replaced);
        self.filled.notify_one();
        true
    }

    /// Queues a control message; gives it back when the other side is gone.
    pub fn control(&self, control: C) -> Result<(), C> {
        {
            let mut inner = self.lock();
            if inner.closed {
                return Err(control);
            }
            inner.work.controls.push_back(control);
        }
        self.filled.notify_one();
        Ok(())
    }

    /// Waits for something to do and takes all of it.
    pub fn take(&self) -> Work<F, C> {
        let mut inner = self.lock();
        while inner.work.picture.is_none() && inner.work.controls.is_empty() && !inner.closed {
            inner = self.filled.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
        Work { controls: std::mem::take(&mut inner.work.controls), picture: inner.work.picture.take() }
    }

    /// Refuses everything from now on and drops what was waiting, so that nobody waits for an answer in vain.
    pub fn close(&self) {
        let left = {
            let mut inner = self.lock();
            inner.closed = true;
            (std::mem::take(&mut inner.work.controls), inner.work.picture.take())
        };
        drop(left);
        self.filled.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Inner<F, C>> {
        // Nothing inside can be half done when a thread dies: every change is a single move.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::*;

    #[test]
    fn only_the_newest_picture_is_handed_over() {
        let slot = Slot::<u32, ()>::default();
        for number in 0..100 {
            assert!(slot.show(Box::new(number)));
        }
        let work = slot.take();
        assert_eq!(work.picture, Some(Box::new(99)));
        assert!(work.controls.is_empty());
    }

    #[test]
    fn every_control_message_arrives_in_order_however_many_pictures_pass() {
        let slot = Arc::new(Slot::<u32, u32>::default());
        let receiver = {
            let slot = Arc::clone(&slot);
            thread::spawn(move || {
                let (mut seen, mut newest) = (Vec::new(), None);
                while seen.last() != Some(&999) {
                    let work = slot.take();
                    seen.extend(work.controls);
                    newest = work.picture.or(newest);
                }
                (seen, newest)
            })
        };
        for number in 0..1000 {
            slot.show(Box::new(number));
            slot.control(number).unwrap();
        }
        let (seen, newest) = receiver.join().unwrap();
        assert_eq!(seen, (0..1000).collect::<Vec<_>>());
        assert_eq!(newest, Some(Box::new(999)));
    }

    #[test]
    fn a_closed_slot_refuses_and_drops_what_waited() {
        let slot = Slot::<u32, Arc<()>>::default();
        let waiting = Arc::new(());
        slot.control(Arc::clone(&waiting)).unwrap();
        slot.close();
        assert_eq!(Arc::strong_count(&waiting), 1);
        assert!(slot.control(waiting).is_err());
        assert!(!slot.show(Box::new(1)));
        let work = slot.take();
        assert!(work.controls.is_empty() && work.picture.is_none());
    }
}
