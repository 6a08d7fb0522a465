//! One look at a cluster, for whoever wants an answer and no tasks: all questions at once, counts instead of objects.
//!
//! At most three requests deep. First, side by side: who we are, the version, a heartbeat, nodes, pods, warnings. Where
//! the cluster as a whole is forbidden, pods and events are asked for in the context's namespace. Last come the pods that
//! a table alone cannot judge. Must not know whether the cluster is well: health is concluded elsewhere.

mod doubt;
pub mod pods;
pub mod rows;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connect::{Connector, Target};
use super::connection::Connection;
use super::heartbeat::beat;
use super::limits::Limits;
use super::preflight::preflight;
use super::project::event::Event;
use super::project::node::Node;
use super::version::version;
use crate::model::age::Unix;
use crate::model::event::EventRow;
use crate::model::failure::{Failure, FailureKind};
use crate::model::glance::Glance;
use crate::model::kind::Kind;
use crate::model::node::NodeRow;
use crate::model::survey::Survey;
use crate::model::update::Beat;
use rows::list;

/// Slow answers in a row that count; a first slow one is not taken at its word.
const BEATS: usize = 3;

/// Builds a client for a context and looks at its cluster once. Nothing of it lives on.
pub async fn glance(target: Target, limits: Limits) -> Result<Glance, Failure> {
    let stop = CancellationToken::new();
    let _sockets = stop.clone().drop_guard();
    let mut connector = Connector::new(target, limits.clone(), TaskTracker::new(), stop);
    let access = connector.connect(None).await.map_err(|setback| setback.failure)?;
    let connection = Connection::new(access.clone());
    let mut asking = std::pin::pin!(look(&connection, &limits));
    let identity = {
        let mut who = std::pin::pin!(preflight(&access, limits.connect + limits.preflight));
        tokio::select! {
            // Whoever is turned away, or gets no answer, need not wait for the other questions.
            identity = &mut who => identity?,
            seen = &mut asking => return Ok(Glance { identity: who.await?, ..seen }),
        }
    };
    Ok(Glance { identity, ..asking.await })
}

/// Asks everything but who we are.
async fn look(connection: &Connection, limits: &Limits) -> Glance {
    let now = Unix(jiff::Timestamp::now().as_second());
    let lists = limits.survey.timeout;
    let nodes = list::<Node>(connection, None, "", lists);
    let (version, beats, nodes, pods, events) = futures::join!(
        version(connection, limits.check),
        beats(connection, limits),
        nodes,
        permitted(connection, |namespace| pods::first(connection, namespace, lists)),
        permitted(connection, |namespace| list::<Event>(connection, namespace, "type=Warning", lists)),
    );
    let mut uncounted = Vec::new();
    let mut namespace = None;
    let survey_pods = match pods {
        Ok((first, scope)) => {
            namespace.clone_from(&scope);
            let suspects = nodes.as_ref().ok().map(|nodes| unready(nodes));
            let counted = pods::judge(connection, first, suspects, scope.as_deref(), lists, now).await;
            counted.map_err(|why| uncounted.push((Kind::Pods, why))).ok()
        }
        Err(why) => {
            uncounted.push((Kind::Pods, why));
            None
        }
    };
    let warnings = match events {
        Ok((events, scope)) => {
            namespace = namespace.or(scope);
            let recent = |event: &&EventRow| event.last_seen.seconds_until(now) <= limits.recent.as_secs() as i64;
            Some(events.iter().filter(|event| event.is_warning()).filter(recent).count())
        }
        Err(why) => {
            uncounted.push((Kind::Events, why));
            None
        }
    };
    let nodes = nodes.map_err(|why| uncounted.push((Kind::Nodes, why))).ok();
    let forbidden = uncounted.iter().filter(|(_, why)| why.kind == FailureKind::Forbidden);
    let succeeded = survey_pods.as_ref().map(|(_, succeeded)| *succeeded).unwrap_or_default();
    Glance {
        identity: crate::model::update::Identity::default(),
        version,
        beats,
        survey: Survey {
            nodes: nodes.as_ref().map(|nodes| (nodes.len(), nodes.iter().filter(|node| node.ready).count())),
            unwell_nodes: nodes.as_ref().map(|nodes| unwell_nodes(nodes, now)).unwrap_or_default(),
            pods: survey_pods.map(|(pods, _)| pods),
            warnings,
            forbidden: forbidden.map(|(kind, _)| kind.plural().to_owned()).collect(),
            ..Survey::default()
        },
        succeeded,
        uncounted,
        namespace,
    }
}

/// Asks for the cluster as a whole or, where that is forbidden, for the context's namespace, and says which it was.
async fn permitted<T, F: Future<Output = Result<T, Failure>>>(
    connection: &Connection,
    ask: impl Fn(Option<Arc<str>>) -> F,
) -> Result<(T, Option<Arc<str>>), Failure> {
    match ask(None).await {
        Err(failure) if failure.kind == FailureKind::Forbidden => {
            let Some(namespace) = connection.namespace().map(Arc::<str>::from) else { return Err(failure) };
            Ok((ask(Some(namespace.clone())).await?, Some(namespace)))
        }
        answer => Ok((answer?, None)),
    }
}

/// Asks for one heartbeat; for more while they are slow.
async fn beats(connection: &Connection, limits: &Limits) -> Vec<Beat> {
    let (mut beats, mut path) = (Vec::new(), 0);
    while beats.len() < BEATS {
        let Some(beat) = beat(connection, &mut path, limits.check).await else { break };
        let slow = beat.latency > limits.slow && !matches!(beat.outcome, crate::model::update::BeatOutcome::Missed(_));
        beats.push(beat);
        if !slow {
            break;
        }
    }
    beats
}

fn unready(nodes: &[NodeRow]) -> Vec<String> {
    nodes.iter().filter(|node| !node.ready).map(|node| node.name.to_string()).collect()
}

/// Counts the nodes that need a person, and says in a word what ails the first by name.
fn unwell_nodes(nodes: &[NodeRow], now: Unix) -> (usize, Option<String>) {
    let unwell = || nodes.iter().filter(|node| node.unwell.as_deref().is_some_and(|unwell| unwell.is_at(now)));
    let first = unwell().min_by_key(|node| &node.name);
    (unwell().count(), first.and_then(NodeRow::ailment).map(str::to_owned))
}
