//! Reads which objects of a kind the server picks, or which name an owner, for as long as somebody wants to know: identities alone, by a reader of
//! their own beside the one that reads the rows. Must not know what the rows are, nor who asks.

use std::sync::Arc;

use tokio::sync::watch;

use super::objects::decoder::ObjectDecoder;
use super::reader::subject::Subject;
use super::reader::{self, ReaderContext};
use super::wire::{Shape, WireError};
use crate::model::ids::Uid;
use crate::model::kind::Kind;
use crate::model::object::ObjectRow;
use crate::model::subset::Subset;
use crate::model::update::{Delta, Reading, Scope, Update};

const ACCEPT_LIST: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
const ACCEPT_WATCH: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";

/// Follows the wish: one reader for what is asked for now, which ends, socket included, before the next begins.
pub async fn run(context: ReaderContext, mut wished: watch::Receiver<Option<Arc<Subset>>>) {
    loop {
        let wish = wished.borrow_and_update().clone();
        let reading = async {
            match wish {
                // It ends by itself only when nobody listens.
                Some(subset) => reader::read(Members::new(subset), context.clone()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = wished.changed() => if changed.is_err() { return },
            () = reading => return,
        }
    }
}

/// The objects that are picked.
#[derive(Clone)]
struct Members {
    subset: Arc<Subset>,
    query: Arc<str>,
}

impl Members {
    fn new(subset: Arc<Subset>) -> Self {
        let query = subset.by.query().into();
        Self { subset, query }
    }
}

impl Subject for Members {
    type Row = ObjectRow;
    type Decoder = ObjectDecoder;

    fn kind(&self) -> &Kind {
        &self.subset.kind
    }

    fn home(&self) -> Scope {
        self.subset.namespace.clone().map_or(Scope::Cluster, Scope::Namespace)
    }

    fn accept(&self, shape: Shape) -> &'static str {
        match shape {
            Shape::List => ACCEPT_LIST,
            Shape::Watch => ACCEPT_WATCH,
        }
    }

    fn narrowing(&self) -> &str {
        &self.query
    }

    fn is_typed(&self) -> bool {
        true
    }

    fn decoder(&self, media: &str, shape: Shape) -> Result<ObjectDecoder, WireError> {
        ObjectDecoder::new(media, shape)
    }

    fn uid(row: &ObjectRow) -> Uid {
        row.uid
    }

    fn wrap(&self, delta: Delta<ObjectRow>) -> Update {
        let Delta { scope, restart, rows, mut gone, complete } = delta;
        let owned = |row: &ObjectRow| self.subset.owner.is_none_or(|owner| row.owners.contains(&owner));
        let (rows, others): (Vec<ObjectRow>, Vec<ObjectRow>) = rows.into_iter().partition(owned);
        // What another owns may have been picked before.
        gone.extend(others.iter().map(|row| row.uid));
        let rows = rows.iter().map(|row| row.uid).collect();
        Update::Picked(self.subset.clone(), Delta { scope, restart, rows, gone, complete })
    }

    fn reading(&self, reading: Reading) -> Update {
        Update::Picking(self.subset.clone(), reading)
    }
}
