//! One question about an object: its request and what the answer holds, in plain JSON. Must not know when to ask again.

use http::{Request, header};
use serde_json::Value;

use crate::cluster::connection::Connection;
use crate::cluster::wire::read_json;
use crate::model::detail::Tree;
use crate::model::failure::{Failure, FailureKind};
use crate::model::query::escape;
use std::time::Duration;

/// The most objects that are taken of a list beside the object.
const MOST: u32 = 500;

/// A path with what narrows it down.
#[derive(Clone, Debug)]
pub struct Question {
    /// The path and its query, with nothing but selectors in it.
    path: String,
    metadata: bool,
    list: bool,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The objects of a list, or the one object that was asked for.
    pub items: Vec<Value>,
    /// Where a watch goes on from.
    pub version: String,
    whole: Option<Value>,
}

impl Answer {
    /// The answer as it was: an object, or the objects of a list.
    pub fn tree(self) -> Tree {
        Tree::new(self.whole.unwrap_or(Value::Array(self.items)))
    }
}

impl Question {
    /// Asks for a path as it is; what it ends in, an object or a list, is left to the server.
    pub fn plain(path: &str, metadata: bool) -> Self {
        Self { path: path.to_owned(), metadata, list: true }
    }

    /// Asks for one object by its name.
    pub fn by_name(list: &str, name: &str) -> Self {
        Self { path: format!("{list}/{}", escape(name)), metadata: false, list: false }
    }

    /// Asks for one object as a list of at most one: it can be watched from there.
    pub fn as_list(list: &str, name: &str) -> Self {
        Self::plain(&format!("{list}?fieldSelector=metadata.name%3D{}", escape(name)), false)
    }

    fn with(&self, query: &str) -> String {
        let sign = if self.path.contains('?') { '&' } else { '?' };
        if query.is_empty() { self.path.clone() } else { format!("{}{sign}{query}", self.path) }
    }

    fn request(&self, uri: String, watch: bool) -> Result<Request<Vec<u8>>, Failure> {
        let shape = match (self.metadata, watch) {
            (false, _) => "application/json",
            (true, false) => "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json",
            (true, true) => "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json",
        };
        let request = Request::get(uri).header(header::ACCEPT, shape);
        // Servers from 1.37 on compress watches in a way that delays events.
        let request = if watch { request.header(header::ACCEPT_ENCODING, "identity") } else { request };
        request.body(Vec::new()).map_err(|_| Failure::new(FailureKind::Config, "a name that cannot be part of a path"))
    }

    /// Asks once; the whole answer comes within `limit`.
    pub async fn fetch(&self, connection: &Connection, limit: Duration) -> Result<Answer, Failure> {
        let bound = if self.list { format!("limit={MOST}") } else { String::new() };
        let request = self.request(self.with(&bound), false)?;
        let body = connection.fetch(request, limit).await?;
        let value: Value = read_json(body.body())
            .map_err(|error| Failure::new(FailureKind::Decode, format!("the answer cannot be read: {error}")))?;
        Ok(answer(value))
    }

    /// Builds the request for what changes after a version, for so many seconds.
    pub fn watch(&self, version: &str, seconds: u64) -> Result<Request<Vec<u8>>, Failure> {
        let version = escape(version);
        let query = format!("watch=true&allowWatchBookmarks=true&resourceVersion={version}&timeoutSeconds={seconds}");
        self.request(self.with(&query), true)
    }
}

/// Reads a list or a single object. The objects of a list do not say what they are: the list does.
fn answer(mut value: Value) -> Answer {
    let text = |value: &Value, field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let version = value.get("metadata").map(|meta| text(meta, "resourceVersion")).unwrap_or_default();
    let (kind, api) = (text(&value, "kind"), text(&value, "apiVersion"));
    let Some(Value::Array(mut items)) = value.get_mut("items").map(Value::take) else {
        return Answer { items: vec![value.clone()], version, whole: Some(value) };
    };
    let kind = kind.strip_suffix("List").unwrap_or(&kind);
    for object in items.iter_mut().filter_map(Value::as_object_mut) {
        object.entry("apiVersion").or_insert_with(|| Value::from(api.as_str()));
        object.entry("kind").or_insert_with(|| Value::from(kind));
    }
    Answer { items, version, whole: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn objects_of_a_list_are_told_what_they_are() {
        let list = json!({"kind": "PodList", "apiVersion": "v1", "metadata": {"resourceVersion": "7"}, "items": [{}]});
        let answer = answer(list);
        assert_eq!(answer.items, [json!({"kind": "Pod", "apiVersion": "v1"})]);
        assert_eq!(answer.version, "7");
    }

    #[test]
    fn names_are_escaped() {
        let question = Question::as_list("/api/v1/pods", "a/b?c");
        assert_eq!(question.with("watch=true"), "/api/v1/pods?fieldSelector=metadata.name%3Da%2Fb%3Fc&watch=true");
        assert_eq!(Question::by_name("/api/v1/nodes", "a:b").with(""), "/api/v1/nodes/a%3Ab");
    }
}
