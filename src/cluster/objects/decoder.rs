//! Turns the chunks of a table, of a plain list or of a watch of either into rows, as they arrive.
//!
//! Memory is one row and one chunk, never the list. Columns come before the first row they are for. Must not know
//! connections or retries.

use serde::Deserialize;

use super::cells::{Printed, values};
use crate::cluster::project::field::{Text, Time, nullable};
use crate::cluster::project::interner::Interner;
use crate::cluster::project::meta::Annotations;
use crate::cluster::reader::subject::Decode;
use crate::cluster::wire::json_list::JsonList;
use crate::cluster::wire::status::Status;
use crate::cluster::wire::watch::{JsonEvent, Lines, WatchType};
use crate::cluster::wire::{Item, ListPiece, Shape, WireError, media_type, read_json};
use crate::model::age::Unix;
use crate::model::ids::Uid;
use crate::model::object::{ColumnDefinition, ObjectRow};

enum Framing {
    List(JsonList),
    Watch(Lines),
}

/// Reads one answer about objects of any kind.
pub struct ObjectDecoder {
    framing: Framing,
    reading: Reading,
}

/// What is known in the middle of an answer.
#[derive(Default)]
struct Reading {
    columns: Vec<ColumnDefinition>,
    version: String,
    now: Unix,
}

/// A column as the server describes it.
#[derive(Deserialize)]
struct Definition {
    #[serde(default, deserialize_with = "nullable")]
    name: String,
    #[serde(default, rename = "type", deserialize_with = "nullable")]
    kind: String,
    #[serde(default, deserialize_with = "nullable")]
    format: String,
    #[serde(default, deserialize_with = "nullable")]
    priority: i32,
}

/// Whatever may stand in the place of a row or of a watched object: a table, a row of one, or an object.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Thing<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    metadata: Metadata<'a>,
    #[serde(deserialize_with = "nullable")]
    column_definitions: Vec<Definition>,
    #[serde(borrow)]
    rows: Option<Vec<TableRow<'a>>>,
    cells: Option<Vec<Printed>>,
    #[serde(borrow, deserialize_with = "nullable")]
    object: Named<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TableRow<'a> {
    #[serde(deserialize_with = "nullable")]
    cells: Vec<Printed>,
    #[serde(borrow, deserialize_with = "nullable")]
    object: Named<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    metadata: Metadata<'a>,
}

/// `ObjectMeta` in part.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    namespace: Text<'a>,
    #[serde(borrow)]
    uid: Text<'a>,
    #[serde(borrow)]
    resource_version: Text<'a>,
    creation_timestamp: Time,
    deletion_timestamp: Time,
    #[serde(deserialize_with = "nullable")]
    annotations: Annotations,
    #[serde(borrow, deserialize_with = "nullable")]
    owner_references: Vec<Owner<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Owner<'a> {
    #[serde(borrow)]
    uid: Text<'a>,
    #[serde(deserialize_with = "nullable")]
    controller: bool,
}

impl ObjectDecoder {
    /// Builds the decoder of an answer from its `Content-Type` header and its shape.
    ///
    /// # Errors
    /// The media type is not JSON.
    pub fn new(content_type: &str, shape: Shape) -> Result<Self, WireError> {
        let media = media_type(content_type);
        if !media.eq_ignore_ascii_case("application/json") {
            return Err(WireError::ContentType(media.chars().take(80).collect()));
        }
        let framing = match shape {
            Shape::List => Framing::List(JsonList::of(&[b"rows", b"items"])),
            Shape::Watch => Framing::Watch(Lines::default()),
        };
        Ok(Self { framing, reading: Reading::default() })
    }
}

impl Decode<ObjectRow> for ObjectDecoder {
    fn feed(
        &mut self,
        chunk: &[u8],
        interner: &mut Interner,
        items: &mut Vec<Item<ObjectRow>>,
    ) -> Result<(), WireError> {
        let reading = &mut self.reading;
        reading.now = Unix(jiff::Timestamp::now().as_second());
        match &mut self.framing {
            Framing::List(list) => list.feed(chunk, |piece| reading.piece(piece, interner, items)),
            Framing::Watch(lines) => lines.feed(chunk, |line| reading.event(line, interner, items)),
        }
    }

    fn finish(&self) -> Result<(), WireError> {
        let whole = match &self.framing {
            Framing::List(list) => list.is_complete(),
            Framing::Watch(lines) => lines.is_between(),
        };
        if whole { Ok(()) } else { Err(WireError::Truncated) }
    }

    fn version(&self) -> Option<&str> {
        Some(self.reading.version.as_str()).filter(|version| !version.is_empty())
    }
}

impl Reading {
    fn piece(
        &mut self,
        piece: ListPiece<'_>,
        interner: &mut Interner,
        items: &mut Vec<Item<ObjectRow>>,
    ) -> Result<(), WireError> {
        match piece {
            ListPiece::Head(skeleton) => {
                let head: Thing<'_> = read_json(skeleton)?;
                self.define(head.column_definitions, items);
            }
            ListPiece::Object(bytes) => {
                let thing: Thing<'_> = read_json(bytes)?;
                let row = match thing.cells {
                    Some(cells) => self.row(cells, &thing.object.metadata, interner)?,
                    None => self.plain(&thing.metadata, items, interner)?,
                };
                items.push(Item::Row(row));
            }
            ListPiece::Meta(meta) => {
                self.version.clone_from(&meta.resource_version);
                items.push(Item::ListMeta(meta));
            }
            ListPiece::Status(status) => items.push(Item::Error(status)),
        }
        Ok(())
    }

    fn event(
        &mut self,
        line: &[u8],
        interner: &mut Interner,
        items: &mut Vec<Item<ObjectRow>>,
    ) -> Result<(), WireError> {
        let refused = || read_json::<JsonEvent<Status>>(line).map(|event| Item::Error(event.object));
        let event = match read_json::<JsonEvent<Thing<'_>>>(line) {
            Ok(event) if event.kind == WatchType::Error => {
                items.push(refused()?);
                return Ok(());
            }
            Ok(event) => event,
            Err(error) => match read_json::<JsonEvent<serde::de::IgnoredAny>>(line) {
                Ok(event) if event.kind == WatchType::Error => {
                    items.push(refused()?);
                    return Ok(());
                }
                _ => return Err(error),
            },
        };
        let thing = event.object;
        self.note(&thing.metadata);
        self.define(thing.column_definitions, items);
        let Some(rows) = thing.rows else {
            return self.changed(event.kind, None, &thing.metadata, interner, items);
        };
        for row in rows {
            self.note(&row.object.metadata);
            self.changed(event.kind, Some(row.cells), &row.object.metadata, interner, items)?;
        }
        Ok(())
    }

    fn changed(
        &mut self,
        kind: WatchType,
        cells: Option<Vec<Printed>>,
        meta: &Metadata<'_>,
        interner: &mut Interner,
        items: &mut Vec<Item<ObjectRow>>,
    ) -> Result<(), WireError> {
        let item = match (kind, cells) {
            (WatchType::Bookmark, _) => Item::Bookmark { initial_events_end: meta.annotations.initial_events_end },
            (WatchType::Deleted, _) => Item::Deleted(meta.identity()?),
            (_, Some(cells)) => Item::Row(self.row(cells, meta, interner)?),
            (_, None) => Item::Row(self.plain(meta, items, interner)?),
        };
        items.push(item);
        Ok(())
    }

    fn note(&mut self, meta: &Metadata<'_>) {
        if !meta.resource_version.is_empty() {
            self.version.clear();
            self.version.push_str(&meta.resource_version);
        }
    }

    /// Takes over columns, where there are any: watches name them once.
    fn define(&mut self, definitions: Vec<Definition>, items: &mut Vec<Item<ObjectRow>>) {
        if definitions.is_empty() {
            return;
        }
        let columns = definitions.into_iter().map(|it| ColumnDefinition {
            name: it.name,
            kind: it.kind,
            format: it.format,
            priority: it.priority,
        });
        self.columns = columns.collect();
        items.push(Item::Columns(self.columns.clone()));
    }

    /// The row of an object whose server makes no tables: its name and its age.
    fn plain(
        &mut self,
        meta: &Metadata<'_>,
        items: &mut Vec<Item<ObjectRow>>,
        interner: &mut Interner,
    ) -> Result<ObjectRow, WireError> {
        if self.columns.is_empty() {
            let column = |name: &str, kind: &str, format: &str| Definition {
                name: name.to_owned(),
                kind: kind.to_owned(),
                format: format.to_owned(),
                priority: 0,
            };
            self.define(vec![column("Name", "string", "name"), column("Age", "date", "")], items);
        }
        let cells = vec![Printed::Text(meta.name.to_string()), Printed::Text(String::new())];
        self.row(cells, meta, interner)
    }

    fn row(&self, cells: Vec<Printed>, meta: &Metadata<'_>, interner: &mut Interner) -> Result<ObjectRow, WireError> {
        let created = meta.creation_timestamp.0.unwrap_or_default();
        let mut owners: Vec<&Owner<'_>> = meta.owner_references.iter().collect();
        owners.sort_by_key(|owner| !owner.controller);
        Ok(ObjectRow {
            uid: meta.identity()?,
            namespace: interner.share(&meta.namespace),
            name: Box::from(&*meta.name),
            created,
            deleting: meta.deletion_timestamp.0,
            owners: owners.into_iter().map(|owner| Uid::parse(&owner.uid)).collect(),
            cells: values(&self.columns, cells, created, self.now, interner),
        })
    }
}

impl Metadata<'_> {
    /// What is computed when asked for (metrics) has no uid, but a name that is its own.
    fn identity(&self) -> Result<Uid, WireError> {
        match (self.uid.is_empty(), self.name.is_empty()) {
            (false, _) => Ok(Uid::parse(&self.uid)),
            (true, false) => Ok(Uid::parse(&format!("{}/{}", &*self.namespace, &*self.name))),
            (true, true) => Err(WireError::Malformed("object: it has neither uid nor name")),
        }
    }
}

#[cfg(test)]
mod tests;
