//! Objects of any kind as the server prints them: tables, or plain lists where a server makes no tables.
//!
//! Owns how such a kind is asked for and how its answers become rows. Must not know which kinds there are, nor what a
//! column means to a person.

pub mod cells;
pub mod decoder;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::discovery::Signals;
use super::reader::subject::Subject;
use super::wire::{Shape, WireError};
use crate::model::ids::Uid;
use crate::model::kind::Kind;
use crate::model::object::{ColumnDefinition, ObjectRow};
use crate::model::update::{Delta, Reading, Update};
use decoder::ObjectDecoder;

/// A table, or JSON from servers that make none.
const ACCEPT: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

/// All objects of one kind.
#[derive(Clone, Debug)]
pub struct Objects {
    /// Which kind.
    pub kind: Kind,
    /// Told when the server does not know the kind: what is known of the server may be out of date.
    pub signals: Signals,
    /// Whether the server does not know the kind.
    pub missing: Arc<AtomicBool>,
}

impl Subject for Objects {
    type Row = ObjectRow;
    type Decoder = ObjectDecoder;

    fn kind(&self) -> &Kind {
        &self.kind
    }

    fn accept(&self, _shape: Shape) -> &'static str {
        ACCEPT
    }

    fn narrowing(&self) -> &'static str {
        // Identity, times and owners: all a row needs besides its cells.
        "includeObject=Metadata"
    }

    fn decoder(&self, media: &str, shape: Shape) -> Result<ObjectDecoder, WireError> {
        ObjectDecoder::new(media, shape)
    }

    fn uid(row: &ObjectRow) -> Uid {
        row.uid
    }

    fn wrap(&self, delta: Delta<ObjectRow>) -> Update {
        Update::Objects(self.kind.clone(), delta)
    }

    fn columns(&self, columns: Vec<ColumnDefinition>) -> Option<Update> {
        Some(Update::Columns(self.kind.clone(), columns))
    }

    fn reading(&self, reading: Reading) -> Update {
        let missing = reading == Reading::Missing;
        self.missing.store(missing, Ordering::Relaxed);
        if missing {
            self.signals.doubt();
        }
        Update::Reading(self.kind.clone(), reading)
    }
}
