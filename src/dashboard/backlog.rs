//! Updates that have arrived and are not taken in yet.
//!
//! Owns how many of them a turn of the loop takes: those that fit into its time, so that a key never waits behind more.
//! Must not know what an update does.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::model::update::Envelope;

/// Updates fetched at once.
const FETCHED: usize = 8;
/// How long a turn goes on taking updates in; the one that is begun then is the last.
const TURN: Duration = Duration::from_millis(1);

/// What has arrived, in its order.
#[derive(Default)]
pub struct Backlog {
    arrived: Vec<Envelope>,
    waiting: VecDeque<Envelope>,
}

impl Backlog {
    /// Waits until there is something to take in; for ever once nobody sends any more. Safe to cancel.
    pub async fn fill(&mut self, updates: &mut mpsc::Receiver<Envelope>) {
        if self.waiting.is_empty() {
            if updates.recv_many(&mut self.arrived, FETCHED).await == 0 {
                std::future::pending::<()>().await;
            }
            self.waiting.extend(self.arrived.drain(..));
        }
    }

    /// What one turn takes in; the rest stays.
    pub fn portion(&mut self) -> Portion<'_> {
        Portion { waiting: &mut self.waiting, first: true, end: Instant::now() + TURN }
    }
}

/// The updates of one turn: at least one if there is any, and no more than there is time for.
pub struct Portion<'a> {
    waiting: &'a mut VecDeque<Envelope>,
    first: bool,
    end: Instant,
}

impl Iterator for Portion<'_> {
    type Item = Envelope;

    fn next(&mut self) -> Option<Envelope> {
        let in_time = std::mem::replace(&mut self.first, false) || Instant::now() < self.end;
        in_time.then(|| self.waiting.pop_front()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;
    use crate::model::ids::{ClusterId, Generation};
    use crate::model::update::{Link, Update};

    #[tokio::test(start_paused = true)]
    async fn a_turn_takes_what_there_is_time_for_and_the_next_ones_the_rest_in_order() {
        let (sender, mut updates) = mpsc::channel(32);
        for number in 0..20 {
            let (cluster, generation) = (ClusterId::new("config:a"), Generation(number));
            sender.send(Envelope { cluster, generation, update: Update::Link(Link::Connecting) }).await.unwrap();
        }
        let mut backlog = Backlog::default();
        let (mut taken, mut turns) = (Vec::new(), Vec::new());
        while taken.len() < 20 {
            backlog.fill(&mut updates).await;
            let before = taken.len();
            for envelope in backlog.portion() {
                taken.push(envelope.generation.0);
                // The first five are quick; of the others each takes longer than a turn.
                let cost = if taken.len() <= 5 { Duration::ZERO } else { TURN * 2 };
                advance(cost).await;
            }
            turns.push(taken.len() - before);
        }
        assert_eq!(taken, (0..20).collect::<Vec<_>>());
        assert_eq!(turns[0], 6);
        assert!(turns[1..].iter().all(|&count| count == 1), "{turns:?}");
    }
}
