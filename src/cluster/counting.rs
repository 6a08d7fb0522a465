//! Counts what a namespace holds, kind by kind, once: one object of each is asked for, and the server says how many more
//! there are. Must not know why somebody wants to know, nor keep answers.

use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, StreamExt};
use http::{Request, header};
use serde::Deserialize;
use serde::de::IgnoredAny;
use tokio::sync::watch;

use super::connection::Connection;
use super::outlet::Outlet;
use super::project::field::nullable;
use super::wire::read_json;
use crate::model::failure::{Failure, FailureKind};
use crate::model::kind::Kind;
use crate::model::update::{Counting, Update};

const ACCEPT: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
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
            let counted = count(&self.connection, kind, &counting.namespace, self.limit).await;
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
struct Page {
    #[serde(default, deserialize_with = "nullable")]
    metadata: Meta,
    #[serde(default, deserialize_with = "nullable")]
    items: Vec<IgnoredAny>,
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
async fn count(connection: &Connection, kind: &Kind, namespace: &str, limit: Duration) -> Result<Option<u64>, Failure> {
    let request = Request::get(format!("{}?limit=1", kind.path(Some(namespace)))).header(header::ACCEPT, ACCEPT);
    let request = request.body(Vec::new());
    let request = request.map_err(|_| Failure::new(FailureKind::Config, "a name that cannot be part of a path"))?;
    let answer = connection.fetch(request, limit).await?;
    let page = read_json(answer.body()).map_err(|error| Failure::new(FailureKind::Decode, error.to_string()))?;
    Ok(number(&page))
}

fn number(page: &Page) -> Option<u64> {
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
