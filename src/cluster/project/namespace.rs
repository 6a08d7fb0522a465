//! Namespaces: the sidebar's catalog.

use serde::Deserialize;

use super::Resource;
use super::field::{FromProto, Text, nullable};
use super::interner::Interner;
use super::meta::Meta;
use crate::cluster::wire::WireError;
use crate::cluster::wire::proto::{Field, Message};
use crate::model::ids::Uid;
use crate::model::kind::Kind;
use crate::model::namespace::NamespaceRow;
use crate::model::update::{Delta, Update};

/// The kind Namespace.
#[derive(Debug)]
pub struct Namespace;

/// A Namespace in part.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PartialNamespace<'a> {
    #[serde(borrow)]
    metadata: Meta<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    status: NamespaceStatus<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct NamespaceStatus<'a> {
    #[serde(borrow)]
    phase: Text<'a>,
}

impl<'a> FromProto<'a> for PartialNamespace<'a> {
    fn take(&mut self, field: &Field<'a>) -> Result<(), WireError> {
        match field.number {
            1 => self.metadata.fill_from(field)?,
            3 => self.status.fill_from(field)?,
            _ => {}
        }
        Ok(())
    }
}

impl<'a> FromProto<'a> for NamespaceStatus<'a> {
    fn take(&mut self, field: &Field<'a>) -> Result<(), WireError> {
        if field.number == 1 {
            self.phase = Text::from_proto(field)?;
        }
        Ok(())
    }
}

impl Resource for Namespace {
    type Row = NamespaceRow;
    type Partial<'a> = PartialNamespace<'a>;
    const KIND: Kind = Kind::Namespaces;

    fn visit(message: &[u8]) -> Result<PartialNamespace<'_>, WireError> {
        PartialNamespace::from_message(Message::new(message))
    }

    fn meta<'p>(object: &'p PartialNamespace<'_>) -> &'p Meta<'p> {
        &object.metadata
    }

    fn project(object: &PartialNamespace<'_>, interner: &mut Interner) -> NamespaceRow {
        NamespaceRow {
            uid: object.metadata.uid(),
            name: interner.share(&object.metadata.name),
            status: interner.share(&object.status.phase),
            created: object.metadata.created(),
            deleting: object.metadata.deletion_timestamp.0,
        }
    }

    fn uid(row: &NamespaceRow) -> Uid {
        row.uid
    }

    fn wrap(delta: Delta<NamespaceRow>) -> Update {
        Update::Namespaces(delta)
    }
}
