//! Watches for kinds that come and go: changes of custom resource definitions, of which nothing but the fact is read.
//! Must not know what they define.

use std::time::Duration;

use http::{Request, header};
use http_body_util::BodyExt;
use serde::Deserialize;
use serde::de::IgnoredAny;
use tokio::time::sleep;

use super::Signals;
use super::keeper::DiscoveryLimits;
use crate::cluster::connection::Connection;
use crate::cluster::wire::read_json;
use crate::cluster::wire::watch::{JsonEvent, Lines, WatchType};
use crate::model::failure::{Failure, FailureKind};

const PATH: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
/// Metadata alone: definitions are large.
const ACCEPT: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
const ACCEPT_LIST: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
/// A real server publishes what a definition defines a moment after it has accepted it.
const AFTERTHOUGHT: Duration = Duration::from_secs(3);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    metadata: ListMeta,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListMeta {
    resource_version: String,
}

/// Raises a doubt at each change of a definition, for as long as it is polled. Who may not watch them is left to the
/// regular looks; a server that ends the watch is asked again after a while.
pub async fn watch(connection: Connection, signals: Signals, limits: DiscoveryLimits) {
    loop {
        if let Err(failure) = once(&connection, &signals, &limits).await
            && matches!(failure.kind, FailureKind::Forbidden | FailureKind::NotFound)
        {
            return std::future::pending().await;
        }
        sleep(limits.retry).await;
        // What happened in between is not known.
        signals.doubt();
    }
}

async fn once(connection: &Connection, signals: &Signals, limits: &DiscoveryLimits) -> Result<(), Failure> {
    let ask = |query: String, accept: &'static str| {
        let request = Request::get(format!("{PATH}?{query}")).header(header::ACCEPT, accept);
        let request = request.header(header::ACCEPT_ENCODING, "identity").body(Vec::new());
        request.map_err(|_| Failure::new(FailureKind::Decode, "a resource version that is none"))
    };
    let list = connection.fetch(ask("limit=1".to_owned(), ACCEPT_LIST)?, limits.timeout).await?;
    let list: List = read_json(list.body()).map_err(|error| Failure::new(FailureKind::Decode, error.to_string()))?;
    let version = list.metadata.resource_version;
    let seconds = limits.every.as_secs().max(60);
    let query = format!("watch=true&allowWatchBookmarks=true&resourceVersion={version}&timeoutSeconds={seconds}");
    let mut body = connection.send(ask(query, ACCEPT)?, limits.timeout).await?.into_body();
    let mut lines = Lines::default();
    let mut afterthought = false;
    loop {
        let mut changed = false;
        tokio::select! {
            frame = body.frame() => {
                let Some(Ok(frame)) = frame else { return Ok(()) };
                let Ok(bytes) = frame.into_data() else { continue };
                let read = lines.feed(&bytes, |line| {
                    let event: JsonEvent<IgnoredAny> = read_json(line)?;
                    changed |= matches!(event.kind, WatchType::Changed | WatchType::Deleted);
                    Ok(())
                });
                read.map_err(|error| Failure::new(FailureKind::Decode, error.to_string()))?;
                afterthought |= changed;
            }
            () = sleep(AFTERTHOUGHT), if afterthought => {
                afterthought = false;
                changed = true;
            }
        }
        if changed {
            signals.doubt();
        }
    }
}
