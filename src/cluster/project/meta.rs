//! `metadata`, as far as rows and watches need it. Must not know any kind.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::field::{FromProto, Text, Time, Word, nullable, push};
use crate::cluster::wire::WireError;
use crate::cluster::wire::proto::{Field, Value};
use crate::model::age::Unix;
use crate::model::ids::Uid;

/// The annotation of the bookmark that ends the initial events of a streaming list.
const INITIAL_EVENTS_END: &str = "k8s.io/initial-events-end";
const ROLE_PREFIX: &str = "node-role.kubernetes.io/";
const ROLE: &str = "kubernetes.io/role";

/// `ObjectMeta` in part.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Meta<'a> {
    /// `name`.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// `namespace`.
    #[serde(borrow)]
    pub namespace: Word<'a>,
    /// `uid`, as written.
    #[serde(borrow, rename = "uid")]
    uid: Word<'a>,
    /// `resourceVersion`.
    #[serde(borrow)]
    pub resource_version: Word<'a>,
    /// `creationTimestamp`.
    creation_timestamp: Time,
    /// `deletionTimestamp`: when the grace period ends.
    pub deletion_timestamp: Time,
    /// `labels`.
    #[serde(borrow, deserialize_with = "nullable")]
    pub labels: RoleLabels<'a>,
    /// `annotations`.
    #[serde(deserialize_with = "nullable")]
    pub annotations: Annotations,
    /// `finalizers`: what has to be done before it may go.
    #[serde(borrow, deserialize_with = "nullable")]
    pub finalizers: Vec<Text<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    owner_references: Vec<Owner<'a>>,
}

impl Meta<'_> {
    /// Returns the object's identity.
    pub fn uid(&self) -> Uid {
        Uid::parse_bytes(self.uid.bytes())
    }

    /// Tells whether it has an identity.
    pub fn has_uid(&self) -> bool {
        !self.uid.is_empty()
    }

    /// Returns when it was created.
    pub fn created(&self) -> Unix {
        self.creation_timestamp.0.unwrap_or_default()
    }

    /// Tells whether a controller owns it and will replace it.
    pub fn is_controlled(&self) -> bool {
        self.controller().is_some()
    }

    /// Returns the controller that owns it.
    pub fn controller(&self) -> Option<&Owner<'_>> {
        self.owner_references.iter().find(|owner| owner.controller)
    }
}

impl<'a> FromProto<'a> for Meta<'a> {
    #[inline]
    fn take(&mut self, field: &Field<'a>) -> Result<(), WireError> {
        match field.number {
            1 => self.name = Text::from_proto(field)?,
            3 => self.namespace = Word::from_proto(field)?,
            5 => self.uid = Word::from_proto(field)?,
            6 => self.resource_version = Word::from_proto(field)?,
            8 => self.creation_timestamp = Time::from_proto(field)?,
            9 => self.deletion_timestamp = Time::from_proto(field)?,
            11 => {
                if let Some((key, value)) = entry(field, is_role)? {
                    self.labels.note(Text::from_proto(&key)?, Text::from_proto(&value)?);
                }
            }
            12 => {
                if let Some((_, value)) = entry(field, |key| key == INITIAL_EVENTS_END.as_bytes())? {
                    self.annotations.initial_events_end |= value.bytes()? == b"true";
                }
            }
            13 => push(&mut self.owner_references, 1, field)?,
            14 => self.finalizers.push(Text::from_proto(field)?),
            _ => {}
        }
        Ok(())
    }
}

/// Reads one entry of a protobuf map, if its key is wanted. Keys hardly ever are: what follows such a one is not looked at.
fn entry<'a>(field: &Field<'a>, wanted: fn(&[u8]) -> bool) -> Result<Option<(Field<'a>, Field<'a>)>, WireError> {
    let mut message = field.message()?;
    let empty = |number| Field { number, value: Value::Bytes(&[]) };
    let (mut key, mut value) = (empty(1), empty(2));
    while let Some(field) = message.field()? {
        match field.number {
            1 if !wanted(field.bytes()?) => return Ok(None),
            1 => key = field,
            2 => value = field,
            _ => {}
        }
    }
    Ok(wanted(key.bytes()?).then_some((key, value)))
}

/// An owner reference in part.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Owner<'a> {
    /// `kind`.
    #[serde(borrow)]
    pub kind: Word<'a>,
    /// `name`.
    #[serde(borrow)]
    pub name: Word<'a>,
    #[serde(deserialize_with = "nullable")]
    controller: bool,
}

impl<'a> FromProto<'a> for Owner<'a> {
    #[inline]
    fn take(&mut self, field: &Field<'a>) -> Result<(), WireError> {
        match field.number {
            1 => self.kind = Word::from_proto(field)?,
            3 => self.name = Word::from_proto(field)?,
            6 => self.controller = field.flag()?,
            _ => {}
        }
        Ok(())
    }
}

/// The labels that name a node's roles; all others are passed over, so that pods pay nothing for theirs.
#[derive(Clone, Debug, Default)]
pub struct RoleLabels<'a> {
    labels: Vec<(Text<'a>, Text<'a>)>,
}

fn is_role(key: &[u8]) -> bool {
    key.starts_with(ROLE_PREFIX.as_bytes()) || key == ROLE.as_bytes()
}

impl<'a> RoleLabels<'a> {
    fn note(&mut self, key: Text<'a>, value: Text<'a>) {
        self.labels.push((key, value));
    }

    /// Returns the roles, sorted, each once.
    pub fn roles(&self) -> Vec<&str> {
        let named = self.labels.iter().map(|(key, value)| key.strip_prefix(ROLE_PREFIX).unwrap_or(value));
        let mut roles: Vec<&str> = named.filter(|role| !role.is_empty()).collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for RoleLabels<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LabelVisitor;
        impl<'de> Visitor<'de> for LabelVisitor {
            type Value = RoleLabels<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of labels")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut labels = RoleLabels::default();
                while let Some(key) = map.next_key::<Text<'_>>()? {
                    if is_role(key.as_bytes()) {
                        labels.note(key, map.next_value()?);
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(labels)
            }
        }
        deserializer.deserialize_map(LabelVisitor)
    }
}

/// The one annotation that matters to a watch.
#[derive(Clone, Copy, Debug, Default)]
pub struct Annotations {
    /// This bookmark ends the initial events.
    pub initial_events_end: bool,
}

impl<'de> Deserialize<'de> for Annotations {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnnotationVisitor;
        impl<'de> Visitor<'de> for AnnotationVisitor {
            type Value = Annotations;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of annotations")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut annotations = Annotations::default();
                while let Some(key) = map.next_key::<Text<'_>>()? {
                    if &*key == INITIAL_EVENTS_END {
                        annotations.initial_events_end |= &*map.next_value::<Text<'_>>()? == "true";
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(annotations)
            }
        }
        deserializer.deserialize_map(AnnotationVisitor)
    }
}
