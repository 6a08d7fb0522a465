//! Asks for objects of any kind, once: as the server's table, or as the objects themselves. Page by page, so that the
//! memory is that of a page. Must not know how they are printed.

use std::time::Duration;

use futures::stream::{self, StreamExt as _};
use http::{Request, header};
use http_body_util::{BodyExt as _, Limited};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::connection::Connection;
use super::discovery::discover;
use super::limits::Limits;
use crate::model::failure::{Failure, FailureKind};
use crate::model::query::escape;
use crate::model::resource::ApiResource;

/// The most that is read of one answer. Unit: bytes.
const LARGEST: usize = 128 * 1024 * 1024;
/// Asks for the server's table.
pub const ACCEPT_TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io";

/// Which objects.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// The kinds, as kubectl takes them: `po`, `deployments.apps`, or a category of kinds, `all`.
    pub kinds: Vec<String>,
    /// A name; otherwise all.
    pub name: Option<String>,
    /// A namespace; otherwise all that may be listed, or the context's where all of them are forbidden.
    pub namespace: Option<String>,
    /// A label selector.
    pub labels: Option<String>,
    /// A field selector.
    pub fields: Option<String>,
}

/// A column of the server's table.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Column {
    /// The heading.
    pub name: String,
    /// 0 is shown always, more only where there is room.
    #[serde(default)]
    pub priority: i32,
}

/// One object in the server's table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its namespace; empty for what lives in none.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// What the server prints of it.
    pub cells: Vec<String>,
}

/// The server's table of the objects that were asked for.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// The kind.
    pub resource: ApiResource,
    /// The columns.
    pub columns: Vec<Column>,
    /// The objects.
    pub rows: Vec<Row>,
}

/// What a cluster has of one kind, or why that is not known.
#[derive(Clone, Debug)]
pub struct Answer<T> {
    /// The word that it was asked for by; the kind's own where that was a category.
    pub word: String,
    /// What there is.
    pub found: Result<T, Failure>,
}

/// Kinds asked for at once.
const AT_ONCE: usize = 4;

/// Asks for the server's tables, one for each kind.
pub async fn rows(connection: &Connection, query: &Query, limits: &Limits) -> Result<Vec<Answer<Rows>>, Failure> {
    of_each(connection, query, limits, |resource| async {
        let mut rows = Rows { resource, ..Rows::default() };
        for page in pages::<TablePage>(connection, &rows.resource, query, ACCEPT_TABLE, limits).await? {
            if rows.columns.is_empty() {
                rows.columns = page.column_definitions;
            }
            rows.rows.extend(page.rows.into_iter().map(|row| Row {
                namespace: row.object.metadata.namespace,
                name: row.object.metadata.name,
                cells: row.cells.iter().map(cell).collect(),
            }));
        }
        Ok(rows)
    })
    .await
}

/// Asks for the objects themselves, each with its kind and version.
pub async fn objects(
    connection: &Connection,
    query: &Query,
    limits: &Limits,
) -> Result<Vec<Answer<Vec<Value>>>, Failure> {
    of_each(connection, query, limits, |resource| async move {
        let pages = pages::<ObjectPage>(connection, &resource, query, "application/json", limits).await?;
        let group = if resource.group.is_empty() { String::new() } else { format!("{}/", resource.group) };
        let version = format!("{group}{}", resource.version);
        let whole = pages.into_iter().flat_map(|page| page.items).map(|mut object| {
            // The items of a list do not say it themselves.
            if let Some(fields) = object.as_object_mut() {
                fields.entry("apiVersion").or_insert_with(|| version.clone().into());
                fields.entry("kind").or_insert_with(|| resource.kind.clone().into());
            }
            object
        });
        Ok(whole.collect())
    })
    .await
}

/// Asks for each kind by itself: one that is unknown or forbidden hides no other.
async fn of_each<T, F: Future<Output = Result<T, Failure>>>(
    connection: &Connection,
    query: &Query,
    limits: &Limits,
    ask: impl Fn(ApiResource) -> F,
) -> Result<Vec<Answer<T>>, Failure> {
    let discovered = discover(connection, limits.check).await?;
    let answers = stream::iter(named(&query.kinds, &discovered.resources())).map(|(word, resource)| {
        let asked = resource.map(&ask);
        async move {
            let found = match asked {
                Ok(asked) => asked.await,
                Err(unknown) => Err(unknown),
            };
            Answer { word, found }
        }
    });
    Ok(answers.buffered(AT_ONCE).collect().await)
}

/// Finds out which kinds words mean on a server: a category stands for all that are in it; in kubectl's words if none. Each
/// kind once.
fn named(words: &[String], known: &[ApiResource]) -> Vec<(String, Result<ApiResource, Failure>)> {
    let mut named: Vec<(String, Result<ApiResource, Failure>)> = Vec::new();
    for word in words {
        let category: Vec<_> = known.iter().filter(|resource| resource.categories.contains(word)).collect();
        let one = known.iter().find(|resource| resource.is_called(word));
        let meant: Vec<(String, &ApiResource)> = if category.is_empty() {
            one.into_iter().map(|resource| (word.clone(), resource)).collect()
        } else {
            category.into_iter().map(|resource| (resource.plural.clone(), resource)).collect()
        };
        if meant.is_empty() {
            let unknown = format!("the server doesn't have a resource type \"{word}\"");
            named.push((word.clone(), Err(Failure::new(FailureKind::NotFound, unknown))));
        }
        for (word, resource) in meant {
            if !named.iter().any(|(_, known)| known.as_ref().is_ok_and(|known| known == resource)) {
                named.push((word, Ok(resource.clone())));
            }
        }
    }
    named
}

trait Page: DeserializeOwned {
    fn next(&self) -> Option<&str>;
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ListMeta {
    #[serde(rename = "continue", deserialize_with = "super::project::field::nullable")]
    next: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TablePage {
    #[serde(default)]
    metadata: ListMeta,
    column_definitions: Vec<Column>,
    #[serde(default, deserialize_with = "super::project::field::nullable")]
    rows: Vec<TableRow>,
}

#[derive(Deserialize)]
struct TableRow {
    cells: Vec<Value>,
    #[serde(default, deserialize_with = "super::project::field::nullable")]
    object: Partial,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Partial {
    metadata: PartialMeta,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct PartialMeta {
    name: String,
    namespace: String,
}

#[derive(Deserialize)]
struct ObjectPage {
    #[serde(default)]
    metadata: ListMeta,
    #[serde(default, deserialize_with = "super::project::field::nullable")]
    items: Vec<Value>,
}

impl Page for TablePage {
    fn next(&self) -> Option<&str> {
        Some(self.metadata.next.as_str()).filter(|next| !next.is_empty())
    }
}

impl Page for ObjectPage {
    fn next(&self) -> Option<&str> {
        Some(self.metadata.next.as_str()).filter(|next| !next.is_empty())
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

async fn pages<P: Page>(
    connection: &Connection,
    resource: &ApiResource,
    query: &Query,
    accept: &str,
    limits: &Limits,
) -> Result<Vec<P>, Failure> {
    let given = query.namespace.clone();
    match pages_in(connection, resource, given.as_deref(), query, accept, limits).await {
        Err(failure) if failure.kind == FailureKind::Forbidden && given.is_none() && resource.namespaced => {
            let Some(own) = connection.namespace() else { return Err(failure) };
            pages_in(connection, resource, Some(&own), query, accept, limits).await
        }
        pages => pages,
    }
}

async fn pages_in<P: Page>(
    connection: &Connection,
    resource: &ApiResource,
    namespace: Option<&str>,
    query: &Query,
    accept: &str,
    limits: &Limits,
) -> Result<Vec<P>, Failure> {
    let asked = page_uri(&path(resource, namespace), query, limits);
    let mut pages: Vec<P> = Vec::new();
    loop {
        let next = pages.last().and_then(Page::next).map(|next| format!("{asked}&continue={}", escape(next)));
        if next.is_none() && !pages.is_empty() {
            return Ok(pages);
        }
        let body = whole(connection, next.as_deref().unwrap_or(&asked), accept, limits.survey.timeout).await?;
        let page = serde_json::from_slice(&body);
        pages.push(page.map_err(|_| Failure::new(FailureKind::Decode, "the answer is not the list asked for"))?);
    }
}

/// Returns the address of the first page of what is asked for.
#[must_use]
pub fn page_uri(path: &str, query: &Query, limits: &Limits) -> String {
    let mut asked = format!("{path}?limit={}", limits.read.page);
    if let Some(labels) = &query.labels {
        asked = format!("{asked}&labelSelector={}", escape(labels));
    }
    let name = query.name.as_ref().map(|name| format!("metadata.name={name}"));
    let fields: Vec<&str> = name.iter().chain(&query.fields).map(String::as_str).collect();
    if !fields.is_empty() {
        asked = format!("{asked}&fieldSelector={}", escape(&fields.join(",")));
    }
    asked
}

fn path(resource: &ApiResource, namespace: Option<&str>) -> String {
    let group = if resource.group.is_empty() { "/api".to_owned() } else { format!("/apis/{}", resource.group) };
    let inside = namespace.filter(|_| resource.namespaced);
    let inside = inside.map(|namespace| format!("/namespaces/{}", escape(namespace))).unwrap_or_default();
    format!("{group}/{}{inside}/{}", resource.version, resource.plural)
}

/// Fetches an answer that may be large, the whole of it within `limit`.
pub async fn whole(connection: &Connection, uri: &str, accept: &str, limit: Duration) -> Result<bytes::Bytes, Failure> {
    let deadline = Instant::now() + limit;
    let request = Request::get(uri).header(header::ACCEPT, accept).body(Vec::new());
    let request = request.map_err(|_| Failure::new(FailureKind::Config, "a name that cannot be part of a path"))?;
    let response = connection.send(request, limit).await?;
    match timeout_at(deadline, Limited::new(response.into_body(), LARGEST).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) => Err(connection.stream_failure(&*error)),
        Err(_) => Err(connection.timed_out(limit)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(plural: &str, short: &str, category: &str) -> ApiResource {
        let words = |word: &str| if word.is_empty() { Vec::new() } else { vec![word.to_owned()] };
        let (short_names, categories) = (words(short), words(category));
        ApiResource { plural: plural.to_owned(), short_names, categories, ..ApiResource::default() }
    }

    #[test]
    fn a_category_is_all_that_is_in_it_each_kind_is_asked_for_once_and_what_is_unknown_is_said() {
        let known = [known("pods", "po", "all"), known("secrets", "", ""), known("services", "svc", "all")];
        let words = ["svc", "all", "po", "foo", "secrets"].map(str::to_owned);
        let named: Vec<String> = named(&words, &known)
            .into_iter()
            .map(|(word, found)| found.map_or_else(|why| why.summary, |it| format!("{word}: {}", it.plural)))
            .collect();
        let unknown = "the server doesn't have a resource type \"foo\"";
        assert_eq!(named, ["svc: services", "pods: pods", unknown, "secrets: secrets"]);
    }
}
