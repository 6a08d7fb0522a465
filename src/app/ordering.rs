//! Between tables that are put in order beside the loop and whoever does the work. Must not know how rows are ordered,
//! nor on which thread.

use super::message::Message;
use super::state::App;
use crate::model::ids::{ClusterId, Generation};
use crate::model::kind::Kind;
use crate::table::order::{Answer, Job};

/// The ordering of one table of one cluster, to be done beside the loop.
pub struct Work {
    cluster: ClusterId,
    generation: Generation,
    kind: Kind,
    job: Job,
}

/// What came of it.
#[derive(Debug)]
pub struct Done {
    cluster: ClusterId,
    generation: Generation,
    kind: Kind,
    answer: Answer,
}

impl Work {
    /// Says whose table it is.
    #[must_use]
    pub fn new(cluster: ClusterId, generation: Generation, kind: Kind, job: Job) -> Self {
        Self { cluster, generation, kind, job }
    }

    /// Does it; takes tens of milliseconds. `tell` gets a message for the loop once the rows on screen are in their
    /// place, and one when all are.
    pub fn run(self, mut tell: impl FnMut(Message)) {
        let Self { cluster, generation, kind, job } = self;
        job.run(&mut |answer| {
            tell(Message::Ordered(Done { cluster: cluster.clone(), generation, kind: kind.clone(), answer }));
        });
    }
}

impl App {
    /// What [`App::prepare`] has found too long for the loop; to be run, and its messages brought back.
    pub fn take_work(&mut self) -> Vec<Work> {
        std::mem::take(&mut self.work)
    }

    /// Hands an answer to its table; one to an instance that was closed since is dropped.
    pub(super) fn ordered(&mut self, done: Done) {
        let cluster = self.fleet.get_mut(&done.cluster);
        if let Some(cluster) = cluster.filter(|cluster| cluster.generation == done.generation) {
            cluster.tables.of_mut(&done.kind).answered(done.answer);
        }
    }
}
