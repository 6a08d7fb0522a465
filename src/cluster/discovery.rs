//! What a server serves: every kind that can be listed, in the version it prefers.
//!
//! Two questions where the server knows the aggregated form, one per group and version where it does not. A group that
//! cannot say what it serves loses only itself. Must not know who is interested, nor what a person may do.

pub mod aggregated;
pub mod cache;
mod definitions;
pub mod keeper;
pub mod legacy;

use std::time::Duration;

use http::{Request, StatusCode, header};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::connection::Connection;
use super::wire::read_json;
use crate::model::failure::{Failure, FailureKind};
use crate::model::resource::ApiResource;

/// The aggregated form, its beta, or whatever the server has.
const ACCEPT: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
                      application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

/// What discovery and those who depend on it tell each other; clones share both ends.
#[derive(Clone, Debug, Default)]
pub struct Signals {
    /// Each change is a reason to ask again.
    pub doubt: watch::Sender<u64>,
    /// Each change says that the server serves something else now.
    pub news: watch::Sender<u64>,
}

impl Signals {
    /// Gives a reason to ask again.
    pub fn doubt(&self) {
        self.doubt.send_modify(|count| *count += 1);
    }
}

/// What a server says of itself, with what is needed to ask whether that still holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Discovered {
    /// The core group.
    core: Page,
    /// All other groups.
    groups: Page,
}

impl Discovered {
    /// Every kind that can be listed, the core group first, otherwise in the server's order; each once.
    #[must_use]
    pub fn resources(&self) -> Vec<ApiResource> {
        self.core.resources.iter().chain(&self.groups.resources).cloned().collect()
    }

    /// Groups that are known but could not say what they serve, as `group/version`.
    pub fn failing(&self) -> impl Iterator<Item = &str> {
        self.core.failing.iter().chain(&self.groups.failing).map(String::as_str)
    }
}

/// The answer to one of the two questions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Page {
    /// The server's mark of this answer; `None` if it has none.
    tag: Option<String>,
    resources: Vec<ApiResource>,
    failing: Vec<String>,
}

impl Page {
    /// Adds a resource unless it cannot be listed, or is there already in a version that is preferred.
    fn add(&mut self, resource: ApiResource) {
        if resource.can("list") && !resource.plural.is_empty() && !self.resources.contains(&resource) {
            self.resources.push(resource);
        }
    }
}

/// Asks a server what it serves; each question takes at most `limit`.
///
/// # Errors
/// The server could not be asked. A group that cannot answer for itself is no error.
pub async fn discover(connection: &Connection, limit: Duration) -> Result<Discovered, Failure> {
    Ok(refresh(connection, &Discovered::default(), limit).await?.unwrap_or_default())
}

/// Asks again; `None` if the server says that nothing has changed.
///
/// # Errors
/// As of [`discover`].
pub async fn refresh(
    connection: &Connection,
    known: &Discovered,
    limit: Duration,
) -> Result<Option<Discovered>, Failure> {
    let core = page(connection, "/api", &known.core, limit);
    let groups = page(connection, "/apis", &known.groups, limit);
    let (core, groups) = futures::try_join!(core, groups)?;
    if core.is_none() && groups.is_none() {
        return Ok(None);
    }
    let news = Discovered {
        core: core.unwrap_or_else(|| known.core.clone()),
        groups: groups.unwrap_or_else(|| known.groups.clone()),
    };
    Ok((news != *known).then_some(news))
}

/// Which of its forms an answer has.
#[derive(Deserialize)]
struct Form {
    #[serde(default)]
    kind: String,
}

async fn page(connection: &Connection, path: &str, known: &Page, limit: Duration) -> Result<Option<Page>, Failure> {
    let mut request = Request::get(path).header(header::ACCEPT, ACCEPT);
    if let Some(tag) = &known.tag {
        request = request.header(header::IF_NONE_MATCH, tag);
    }
    let request = request.body(Vec::new()).map_err(|_| unreadable(path))?;
    let answer = connection.fetch(request, limit).await?;
    if answer.status() == StatusCode::NOT_MODIFIED {
        return Ok(None);
    }
    let form: Form = read(answer.body(), path)?;
    match form.kind.as_str() {
        "APIGroupDiscoveryList" => {
            let tag = answer.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok());
            let page = aggregated::read(answer.body()).map_err(|_| unreadable(path))?;
            Ok(Some(Page { tag: tag.map(str::to_owned), ..page }))
        }
        "APIVersions" | "APIGroupList" => legacy::read(connection, answer.body(), limit).await.map(Some),
        _ => Err(unreadable(path)),
    }
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8], path: &str) -> Result<T, Failure> {
    read_json(body).map_err(|_| unreadable(path))
}

fn unreadable(path: &str) -> Failure {
    Failure::new(FailureKind::Decode, format!("the answer to {path} is not what was asked for"))
}
