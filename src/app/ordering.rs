//! Between tables that are put in order beside the loop and whoever does the work. Must not know how rows are ordered,
//! nor on which thread.

use super::copying::{Destination, Written};
use super::find::Search;
use super::message::Message;
use super::state::App;
use super::tables::Gone;
use crate::model::ids::{ClusterId, Generation};
use crate::model::kind::Kind;
use crate::table::export::{Export, Format};
use crate::table::order::{Answer, Job};

/// What is done beside the loop with the rows of one table.
pub enum Work {
    /// They are put in order, for one table of one cluster.
    Order(ClusterId, Generation, Kind, Job),
    /// They are written as text, which goes under a name to its destination.
    Write(Export, Format, String, Destination),
    /// Objects are searched by their names.
    Find(Search),
    /// They are let go of, those of whatever tables.
    Forget(Gone),
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
    /// Does it; takes tens of milliseconds. `tell` gets messages for the loop: for an order one once the rows on screen
    /// are in their place, and one when all are.
    pub fn run(self, mut tell: impl FnMut(Message)) {
        match self {
            Self::Order(cluster, generation, kind, job) => job.run(&mut |answer| {
                tell(Message::Ordered(Done { cluster: cluster.clone(), generation, kind: kind.clone(), answer }));
            }),
            Self::Find(search) => search.run(&mut tell),
            Self::Forget(gone) => drop(gone),
            Self::Write(export, format, name, destination) => {
                tell(Message::Written(Written { name, destination, text: export.write(format) }));
            }
        }
    }
}

impl App {
    /// What [`App::prepare`] has found too long for the loop; to be run, and its messages brought back.
    pub fn take_work(&mut self) -> Vec<Work> {
        std::mem::take(&mut self.work)
    }

    /// Has what the tables have forgotten let go of beside the loop.
    pub(super) fn let_go(&mut self) {
        let gone: Gone = self.fleet.iter_mut().flat_map(|cluster| cluster.tables.take_gone()).collect();
        if !gone.is_empty() {
            self.work.push(Work::Forget(gone));
        }
    }

    /// Hands an answer to its table; one to an instance that was closed since is dropped.
    pub(super) fn ordered(&mut self, done: Done) {
        let cluster = self.fleet.get_mut(&done.cluster);
        if let Some(cluster) = cluster.filter(|cluster| cluster.generation == done.generation) {
            cluster.tables.of_mut(&done.kind).answered(done.answer);
        }
    }
}
