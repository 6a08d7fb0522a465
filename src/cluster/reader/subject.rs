//! What a reader reads: one kind, how it is asked for, and how answers become rows. Must not know when it is asked.

use std::fmt;
use std::marker::PhantomData;

use crate::cluster::project::Resource;
use crate::cluster::project::interner::Interner;
use crate::cluster::wire::{ACCEPT_LIST, ACCEPT_WATCH, Decoder, Item, Shape, WireError};
use crate::model::ids::Uid;
use crate::model::kind::Kind;
use crate::model::object::ColumnDefinition;
use crate::model::update::{Delta, Reading, Scope, Update};

/// Something that can be listed and watched.
pub trait Subject: Clone + Send + Sync + 'static {
    /// What an object is kept as.
    type Row: fmt::Debug + Clone + PartialEq + Send + 'static;
    /// Makes rows from the bytes of an answer.
    type Decoder: Decode<Self::Row>;

    /// Which kind it is.
    fn kind(&self) -> &Kind;
    /// What answers are accepted.
    fn accept(&self, shape: Shape) -> &'static str;
    /// What every request asks for besides; a part of a query, empty for nothing.
    #[expect(clippy::unnecessary_literal_bound, reason = "what a person typed is no literal")]
    fn narrowing(&self) -> &str {
        ""
    }
    /// What is read first: the cluster as a whole; or one namespace, and nothing else.
    fn home(&self) -> Scope {
        Scope::Cluster
    }
    /// Whether a person typed what narrows it: that the server makes nothing of it is an answer then, and no reason to
    /// ask again soon.
    fn is_typed(&self) -> bool {
        false
    }
    /// Builds the decoder of an answer from its `Content-Type` header and its shape.
    ///
    /// # Errors
    /// The media type is none that was asked for.
    fn decoder(&self, media: &str, shape: Shape) -> Result<Self::Decoder, WireError>;
    /// Returns the row's identity.
    fn uid(row: &Self::Row) -> Uid;
    /// Makes the update that carries rows.
    fn wrap(&self, delta: Delta<Self::Row>) -> Update;
    /// Makes the update that carries the server's columns; `None` where the columns are our own.
    fn columns(&self, _columns: Vec<ColumnDefinition>) -> Option<Update> {
        None
    }
    /// Makes the update that says how far the reading has come.
    fn reading(&self, reading: Reading) -> Update;
}

/// Turns the chunks of one answer into items.
pub trait Decode<R>: Send {
    /// Takes the next chunk and appends every item that is now complete to `items`.
    ///
    /// # Errors
    /// The bytes are malformed or one object is too large; the decoder must not be fed again.
    fn feed(&mut self, chunk: &[u8], interner: &mut Interner, items: &mut Vec<Item<R>>) -> Result<(), WireError>;
    /// Says that no more bytes will come.
    ///
    /// # Errors
    /// A list is not complete, or a watch was cut off inside an event.
    fn finish(&self) -> Result<(), WireError>;
    /// Returns the newest resource version the answer has shown; `None` while it has shown none.
    fn version(&self) -> Option<&str>;
}

/// A kind that is read all the time, into rows of its own.
pub struct Standing<K> {
    kind: Kind,
    resource: PhantomData<fn() -> K>,
}

impl<K: Resource> Default for Standing<K> {
    fn default() -> Self {
        Self { kind: K::KIND, resource: PhantomData }
    }
}

impl<K: Resource> Clone for Standing<K> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<K: Resource> Subject for Standing<K> {
    type Row = K::Row;
    type Decoder = Decoder<K>;

    fn kind(&self) -> &Kind {
        &self.kind
    }

    fn accept(&self, shape: Shape) -> &'static str {
        match shape {
            Shape::List => ACCEPT_LIST,
            Shape::Watch => ACCEPT_WATCH,
        }
    }

    fn decoder(&self, media: &str, shape: Shape) -> Result<Decoder<K>, WireError> {
        Decoder::new(media, shape)
    }

    fn uid(row: &K::Row) -> Uid {
        K::uid(row)
    }

    fn wrap(&self, delta: Delta<K::Row>) -> Update {
        K::wrap(delta)
    }

    fn reading(&self, reading: Reading) -> Update {
        Update::Reading(K::KIND, reading)
    }
}
