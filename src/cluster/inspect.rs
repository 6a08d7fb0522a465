//! A closer look at one cluster: its readiness checks, its events, its pods with what they use and may use. Once, for
//! whoever wants an answer and no tasks. Must not know how it is printed.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::connection::Connection;
use super::glance::rows::list;
use super::limits::Limits;
use super::metrics::{self, Measured};
use super::project::Resource as _;
use super::project::event::Event;
use super::project::interner::Interner;
use super::project::pod::Pod;
use super::query::{Query, page_uri, whole};
use super::reader::subject::Decode as _;
use super::wire::{Decoder, Item, Shape, WireError};
use crate::model::amount::Quantity;
use crate::model::event::EventRow;
use crate::model::failure::{Failure, FailureKind};
use crate::model::ids::Uid;
use crate::model::pod::PodRow;

/// What the server says of its own readiness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// It calls itself ready.
    pub ready: bool,
    /// Its checks with their verdicts; empty if it does not list them.
    pub checks: Vec<(String, bool)>,
    /// Why it is not ready, or not known to be.
    pub reason: Option<String>,
}

/// Asks the server what it checks of itself.
pub async fn readiness(connection: &Connection, limits: &Limits) -> Readiness {
    match connection.get_text("/readyz?verbose", limits.check).await {
        Ok(text) => {
            let lines = text.lines().filter_map(|line| Some((line.strip_prefix('[')?.split_once(']')?, line)));
            let checks = lines
                .map(|((mark, rest), _)| (rest.split_whitespace().next().unwrap_or_default().to_owned(), mark == "+"));
            Readiness { ready: true, checks: checks.collect(), reason: None }
        }
        Err(failure) => Readiness { ready: false, checks: Vec::new(), reason: Some(failure.summary) },
    }
}

/// Lists events, those of one type (`Normal`, `Warning`) if it is given; oldest first. In one namespace or in all that may
/// be listed, or the context's where all are forbidden.
pub async fn events(
    connection: &Connection,
    namespace: Option<&str>,
    event_type: Option<&str>,
    limits: &Limits,
) -> Result<Vec<EventRow>, Failure> {
    let selector = event_type.map(|event_type| format!("type={event_type}")).unwrap_or_default();
    let given = namespace.map(Arc::<str>::from);
    let ask = |namespace| list::<Event>(connection, namespace, &selector, limits.survey.timeout);
    let mut events = match ask(given.clone()).await {
        Err(failure) if failure.kind == FailureKind::Forbidden && given.is_none() => {
            let Some(own) = connection.namespace() else { return Err(failure) };
            ask(Some(own.into())).await?
        }
        events => events?,
    };
    events.sort_by_key(|event| event.last_seen);
    Ok(events)
}

/// A pod with what it may use.
#[derive(Clone, Debug)]
pub struct PodDetail {
    /// The pod.
    pub row: PodRow,
    /// The sum of its containers' limits; zero of what has none.
    pub limits: Amounts,
}

/// What a pod uses or may use, its containers taken together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    /// CPU. Unit: thousandths of a core.
    pub cpu_millicores: u64,
    /// Memory. Unit: bytes.
    pub memory_bytes: u64,
}

/// Amounts of one container, as quantities: `250m`, `64Mi`.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Amount {
    cpu: String,
    memory: String,
}

/// Adds the amounts of a pod's containers.
fn sum(containers: impl Iterator<Item = Amount>) -> Amounts {
    let mut sum = Amounts::default();
    for amount in containers {
        let read = |text: &str, unit: fn(Quantity) -> i128| u64::try_from(Quantity::parse(text).map_or(0, unit));
        sum.cpu_millicores += read(&amount.cpu, Quantity::millis).unwrap_or_default();
        sum.memory_bytes += read(&amount.memory, Quantity::units).unwrap_or_default();
    }
    sum
}

/// Lists pods with their limits. The query's kind is not looked at.
pub async fn pods(connection: &Connection, query: &Query, limits: &Limits) -> Result<Vec<PodDetail>, Failure> {
    match pods_in(connection, query.namespace.as_deref(), query, limits).await {
        Err(failure) if failure.kind == FailureKind::Forbidden && query.namespace.is_none() => {
            let Some(own) = connection.namespace() else { return Err(failure) };
            pods_in(connection, Some(&own), query, limits).await
        }
        pods => pods,
    }
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    items: Vec<PodSpec>,
}

#[derive(Deserialize)]
struct PodSpec {
    metadata: Meta,
    spec: Spec,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(default)]
    uid: String,
}

#[derive(Deserialize)]
struct Spec {
    #[serde(default)]
    containers: Vec<Container>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Container {
    resources: Resources,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Resources {
    limits: Amount,
}

async fn pods_in(
    connection: &Connection,
    namespace: Option<&str>,
    query: &Query,
    limits: &Limits,
) -> Result<Vec<PodDetail>, Failure> {
    let first = page_uri(&Pod::path(namespace), query, limits);
    let (mut pods, mut next) = (Vec::new(), Some(first.clone()));
    let mut interner = Interner::default();
    while let Some(uri) = next.take() {
        let body = whole(connection, &uri, "application/json", limits.survey.timeout).await?;
        let mut decoder = Decoder::<Pod>::new("application/json", Shape::List).map_err(|error| unreadable(&error))?;
        let mut items = Vec::new();
        decoder.feed(&body, &mut interner, &mut items).map_err(|error| unreadable(&error))?;
        decoder.finish().map_err(|error| unreadable(&error))?;
        let page: Page =
            serde_json::from_slice(&body).map_err(|_| unreadable(&WireError::Malformed("list of pods")))?;
        let mut amounts: BTreeMap<Uid, Amounts> = page.items.into_iter().map(amounts).collect();
        for item in items {
            match item {
                Item::Row(row) => {
                    let limits = amounts.remove(&row.uid).unwrap_or_default();
                    pods.push(PodDetail { row, limits });
                }
                Item::ListMeta(meta) if !meta.continue_token.is_empty() => {
                    let token = crate::model::query::escape(&meta.continue_token);
                    next = Some(format!("{first}&continue={token}"));
                }
                _ => {}
            }
        }
    }
    Ok(pods)
}

fn amounts(pod: PodSpec) -> (Uid, Amounts) {
    let limits = pod.spec.containers.into_iter().map(|container| container.resources.limits);
    (Uid::parse(&pod.metadata.uid), sum(limits))
}

fn unreadable(error: &WireError) -> Failure {
    super::reader::unreadable(Pod::KIND.plural(), error)
}

/// Asks what pods use, by namespace and name; or says why nobody can tell. In one namespace or in all, or the context's
/// where all are forbidden.
pub async fn usage(
    connection: &Connection,
    namespace: Option<&str>,
    limits: &Limits,
) -> Result<BTreeMap<(String, String), Amounts>, String> {
    let pods = match (metrics::pods(connection, namespace, limits.check).await, namespace) {
        (Err(failure), None) if failure.kind == FailureKind::Forbidden => match connection.namespace() {
            Some(own) => metrics::pods(connection, Some(&own), limits.check).await,
            None => Err(failure),
        },
        (pods, _) => pods,
    };
    let pods = pods.map_err(|failure| unmeasured(&failure, "pods"))?;
    Ok(pods
        .into_iter()
        .map(|pod| (exact(&pod), pod))
        .map(|(used, pod)| ((pod.namespace.into(), pod.name.into()), used))
        .collect())
}

/// Asks what nodes use, by name; or says why nobody can tell.
pub async fn node_usage(connection: &Connection, limits: &Limits) -> Result<BTreeMap<String, Amounts>, String> {
    let nodes = metrics::nodes(connection, limits.check).await.map_err(|failure| unmeasured(&failure, "nodes"))?;
    Ok(nodes.into_iter().map(|node| (exact(&node), node)).map(|(used, node)| (node.name.into(), used)).collect())
}

fn exact(measured: &Measured) -> Amounts {
    let read = |amount: Option<Quantity>, unit: fn(Quantity) -> i128| {
        amount.and_then(|amount| u64::try_from(unit(amount)).ok()).unwrap_or_default()
    };
    Amounts {
        cpu_millicores: read(measured.cpu, Quantity::millis),
        memory_bytes: read(measured.memory, Quantity::units),
    }
}

fn unmeasured(failure: &Failure, what: &str) -> String {
    match failure.kind {
        FailureKind::NotFound => "no metrics server".to_owned(),
        FailureKind::Forbidden => format!("the metrics of {what} may not be read"),
        _ => format!("metrics server: {}", failure.summary),
    }
}
