//! Counts what a namespace holds, kind by kind, once: one object of each is asked for, and the server says how many more
//! there are. What has an owner no server counts: it is read, metadata alone, page by page as far as is bearable. Must not
//! know why somebody wants to know, nor keep answers.

use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, StreamExt};
use http::{Request, header};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use tokio::sync::watch;

use super::connection::Connection;
use super::outlet::Outlet;
use super::project::field::nullable;
use super::wire::read_json;
use crate::model::failure::{Failure, FailureKind};
use crate::model::ids::Uid;
use crate::model::kind::Kind;
use crate::model::query::escape;
use crate::model::update::{Counting, Update};

const ACCEPT: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
/// Objects per page, and pages of one kind, that are looked through for those of an owner.
const PAGE: usize = 500;
const PAGES: usize = 10;
/// Questions at once: a person waits, but no server should notice.
const AT_ONCE: usize = 4;

/// Answers questions about what a namespace holds.
pub struct CountDesk {
    /// Where requests go.
    pub connection: Connection,
    /// Where answers go.
    pub outlet: Outlet,
    /// Time limit of each request.
    pub limit: Duration,
    /// What is to be counted; each change is a question, and ends the one before.
    pub asked: watch::Receiver<Option<Arc<Counting>>>,
}

impl CountDesk {
    /// Answers for as long as it is polled.
    pub async fn run(self) {
        let mut asked = self.asked.clone();
        loop {
            let counting = asked.borrow_and_update().clone();
            let work = async {
                let heard = match &counting {
                    Some(counting) => self.count(counting).await,
                    None => true,
                };
                if heard {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                changed = asked.changed() => if changed.is_err() { return },
                () = work => return,
            }
        }
    }

    /// `false` once nobody listens any more.
    async fn count(&self, counting: &Arc<Counting>) -> bool {
        let count = async |kind: &Kind| {
            let place = Some(&*counting.namespace).filter(|namespace| !namespace.is_empty());
            let counted = match counting.owner {
                Some(owner) => count_owned(&self.connection, kind, place, owner, self.limit).await,
                None => count(&self.connection, kind, place, self.limit).await,
            };
            self.outlet.send(Update::Counted(counting.clone(), kind.clone(), counted)).await
        };
        let mut counts = stream::iter(&counting.kinds).map(count).buffer_unordered(AT_ONCE);
        while let Some(alive) = counts.next().await {
            if !alive {
                return false;
            }
        }
        true
    }
}

#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
struct Page<T> {
    #[serde(default, deserialize_with = "nullable")]
    metadata: Meta,
    #[serde(default = "Vec::new", deserialize_with = "nullable")]
    items: Vec<T>,
}

/// An object, as far as it says who owns it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Item {
    metadata: Owned,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Owned {
    #[serde(deserialize_with = "nullable")]
    owner_references: Vec<Owner>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Owner {
    uid: String,
}

impl Item {
    fn is_owned_by(&self, owner: Uid) -> bool {
        self.metadata.owner_references.iter().any(|it| Uid::parse(&it.uid) == owner)
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Meta {
    #[serde(rename = "continue", deserialize_with = "nullable")]
    token: String,
    #[serde(deserialize_with = "nullable")]
    remaining_item_count: Option<u64>,
}

/// Counts the objects of a kind in a namespace, within `limit`; `None` if the server does not say how many.
async fn count(
    connection: &Connection,
    kind: &Kind,
    namespace: Option<&str>,
    limit: Duration,
) -> Result<Option<u64>, Failure> {
    Ok(number(&page::<IgnoredAny>(connection, kind, namespace, "limit=1", limit).await?))
}

/// Counts the objects of a kind that name an owner, each page within `limit`.
async fn count_owned(
    connection: &Connection,
    kind: &Kind,
    namespace: Option<&str>,
    owner: Uid,
    limit: Duration,
) -> Result<Option<u64>, Failure> {
    let (mut found, mut token) = (0, String::new());
    for _ in 0..PAGES {
        let query = match &*token {
            "" => format!("limit={PAGE}"),
            token => format!("limit={PAGE}&continue={}", escape(token)),
        };
        let page = page::<Item>(connection, kind, namespace, &query, limit).await?;
        found += page.items.iter().filter(|item| item.is_owned_by(owner)).count() as u64;
        token = page.metadata.token;
        if token.is_empty() {
            return Ok(Some(found));
        }
    }
    if found > 0 {
        return Ok(None);
    }
    let words = format!("none among the first {} {}, and not all were looked through", PAGE * PAGES, kind.plural());
    Err(Failure::new(FailureKind::Timeout, words))
}

/// Asks for one page of a kind.
async fn page<T: DeserializeOwned>(
    connection: &Connection,
    kind: &Kind,
    namespace: Option<&str>,
    query: &str,
    limit: Duration,
) -> Result<Page<T>, Failure> {
    let request = Request::get(format!("{}?{query}", kind.path(namespace))).header(header::ACCEPT, ACCEPT);
    let request = request.body(Vec::new());
    let request = request.map_err(|_| Failure::new(FailureKind::Config, "a name that cannot be part of a path"))?;
    let answer = connection.fetch(request, limit).await?;
    read_json(answer.body()).map_err(|error| Failure::new(FailureKind::Decode, error.to_string()))
}

fn number(page: &Page<IgnoredAny>) -> Option<u64> {
    let here = page.items.len() as u64;
    if page.metadata.token.is_empty() { Some(here) } else { page.metadata.remaining_item_count.map(|more| here + more) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_and_what_remains_are_the_number_unless_the_server_does_not_say() {
        let number = |text: &str| number(&serde_json::from_str(text).unwrap());
        assert_eq!(number(r#"{"metadata":{},"items":null}"#), Some(0));
        assert_eq!(number(r#"{"metadata":{"continue":"x","remainingItemCount":41},"items":[{}]}"#), Some(42));
        assert_eq!(number(r#"{"metadata":{"continue":"x"},"items":[{}]}"#), None);
    }
}
