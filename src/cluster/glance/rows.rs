//! Reads one list to its end: into rows, or as the server's table without the objects. Must not decide what is asked.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::cluster::connection::Connection;
use crate::cluster::project::Resource;
use crate::cluster::query::{ACCEPT_TABLE, whole};
use crate::cluster::survey::tally::{Tally, read};
use crate::model::failure::{Failure, FailureKind};
use crate::model::query::escape;

struct Rows<K: Resource>(Vec<K::Row>);

impl<K: Resource> Clone for Rows<K> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K: Resource> Tally<K> for Rows<K>
where
    K::Row: Sync,
{
    fn see(&mut self, row: &K::Row) {
        self.0.push(row.clone());
    }
}

/// Lists what fits a field selector, in a namespace or everywhere, all within `limit`.
pub async fn list<K: Resource>(
    connection: &Connection,
    namespace: Option<Arc<str>>,
    selector: &str,
    limit: Duration,
) -> Result<Vec<K::Row>, Failure>
where
    K::Row: Sync,
{
    labelled::<K>(connection, namespace, selector, "", limit).await
}

/// Lists what fits a field selector and a label selector, in a namespace or everywhere, all within `limit`.
pub async fn labelled<K: Resource>(
    connection: &Connection,
    namespace: Option<Arc<str>>,
    fields: &str,
    labels: &str,
    limit: Duration,
) -> Result<Vec<K::Row>, Failure>
where
    K::Row: Sync,
{
    let mut uri = uri(&K::path(namespace.as_deref()), fields);
    if !labels.is_empty() {
        uri = format!("{uri}&labelSelector={}", escape(labels));
    }
    Ok(read::<K, Rows<K>>(connection, &uri, limit, Rows(Vec::new())).await?.0)
}

/// What the server's cache holds is good enough, and costs it least.
fn uri(path: &str, selector: &str) -> String {
    if selector.is_empty() {
        return format!("{path}?resourceVersion=0");
    }
    format!("{path}?fieldSelector={}&resourceVersion=0", escape(selector))
}

/// The server's table of a list, without the objects.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Table<'a> {
    #[serde(borrow)]
    column_definitions: Vec<Column<'a>>,
    /// The rows.
    #[serde(borrow, default, deserialize_with = "crate::cluster::project::field::nullable")]
    pub rows: Vec<Row<'a>>,
}

#[derive(Debug, Deserialize)]
struct Column<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
}

/// One row.
#[derive(Debug, Deserialize)]
pub struct Row<'a> {
    /// Its cells, in the order of the columns.
    #[serde(borrow)]
    pub cells: Vec<Cell<'a>>,
}

/// A cell, as far as it is text; empty otherwise.
#[derive(Debug)]
pub struct Cell<'a>(pub Cow<'a, str>);

impl<'a> Table<'a> {
    /// Reads the answer to a request for a table.
    pub fn read(body: &'a [u8]) -> Result<Self, Failure> {
        serde_json::from_slice(body)
            .map_err(|_| Failure::new(FailureKind::Decode, "the answer is not the table asked for"))
    }

    /// Finds a column by its heading.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<usize> {
        self.column_definitions.iter().position(|column| column.name.eq_ignore_ascii_case(name))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Cell<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl<'de> Visitor<'de> for Text {
            type Value = Cell<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a cell")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cell<'de>, E> {
                Ok(Cell(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Cell<'de>, E> {
                Ok(Cell(Cow::Owned(text.to_owned())))
            }

            fn visit_u64<E>(self, _: u64) -> Result<Cell<'de>, E> {
                Ok(NOTHING)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Cell<'de>, E> {
                Ok(NOTHING)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Cell<'de>, E> {
                Ok(NOTHING)
            }

            fn visit_bool<E>(self, _: bool) -> Result<Cell<'de>, E> {
                Ok(NOTHING)
            }

            fn visit_unit<E>(self) -> Result<Cell<'de>, E> {
                Ok(NOTHING)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Cell<'de>, A::Error> {
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(NOTHING)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Cell<'de>, A::Error> {
                while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(NOTHING)
            }
        }

        deserializer.deserialize_any(Text)
    }
}

const NOTHING: Cell<'static> = Cell(Cow::Borrowed(""));

/// Fetches the table of a list without its objects, all within `limit`.
pub async fn table(
    connection: &Connection,
    path: &str,
    selector: &str,
    limit: Duration,
) -> Result<bytes::Bytes, Failure> {
    whole(connection, &format!("{}&includeObject=None", uri(path, selector)), ACCEPT_TABLE, limit).await
}
