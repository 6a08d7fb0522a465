//! `cluster status`: what there is to know of a cluster at one look. Must not know how it is asked.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;
use serde::Serialize;

use super::events::Told;
use super::nodes::{self, NodeOf, Resources};
use crate::cli::format::{Format, VERSION, document};
use crate::cli::judge::{Verdict, judge};
use crate::cli::status::{ClusterStatus, FailOn};
use crate::cli::table::{Cell, Table};
use crate::cli::which::Chosen;
use crate::cli::work::each;
use crate::cli::{Trouble, out};
use crate::cluster::connect::Target;
use crate::cluster::glance::glance;
use crate::cluster::glance::rows::list;
use crate::cluster::inspect::{self, Amounts, Readiness};
use crate::cluster::limits::Limits;
use crate::cluster::project::node::Node;
use crate::cluster::project::pod::Pod;
use crate::cluster::supervisor::check;
use crate::config::load::Config;
use crate::model::age::{Unix, age};
use crate::model::event::EventRow;
use crate::model::failure::Failure;
use crate::model::glance::Glance;
use crate::model::node::NodeRow;
use crate::model::pod::PodRow;
use crate::model::visible::safe;

/// Warnings shown to people, the latest.
const WARNINGS: usize = 10;

/// What a closer look found besides the glance, each part or why it could not be read.
#[derive(Clone, Debug)]
struct Details {
    readiness: Readiness,
    nodes: Result<Vec<NodeRow>, Failure>,
    usage: Result<BTreeMap<String, Amounts>, String>,
    unwell: Result<Vec<PodRow>, Failure>,
    warnings: Result<Vec<EventRow>, Failure>,
}

/// The document of `cluster status -o json`.
#[derive(Debug, Serialize)]
struct Report {
    version: u32,
    clusters: Vec<ClusterReport>,
}

#[derive(Debug, Serialize)]
struct ClusterReport {
    #[serde(flatten)]
    status: ClusterStatus,
    user: Option<String>,
    groups: Option<Vec<String>>,
    server: Option<String>,
    ready: Option<bool>,
    ready_reason: Option<String>,
    ready_checks: Vec<ReadyCheck>,
    capacity: Option<Resources>,
    usage: Option<Resources>,
    node_list: Option<Vec<NodeOf>>,
    unwell_pods: Option<Vec<UnwellPod>>,
    warnings: Option<Vec<Told>>,
}

#[derive(Debug, Serialize)]
struct ReadyCheck {
    name: String,
    ok: bool,
}

#[derive(Debug, Serialize)]
struct UnwellPod {
    namespace: String,
    name: String,
    status: String,
    reason: String,
}

/// Prints the report; whether all clusters are better than degraded.
pub async fn run(chosen: &[Chosen], config: &Config, format: Format) -> Result<bool, Trouble> {
    let results = each(chosen, config, look).await?;
    let now = Unix(Timestamp::now().as_second());
    let seen: Vec<(Verdict, Option<Details>)> = chosen
        .iter()
        .zip(results)
        .map(|(chosen, outcome)| {
            let settings = config.of_cluster(chosen.target.id.as_str(), &chosen.name);
            let (glance, details) = match outcome.result {
                Ok((glance, details)) => (Ok(glance), Some(details)),
                Err(why) => (Err(why), None),
            };
            (judge(chosen, glance, &settings, Timestamp::now()), details)
        })
        .collect();
    let text = match format {
        Format::Json | Format::Yaml => {
            let clusters = seen.iter().map(|(verdict, details)| report(verdict, details.as_ref(), now));
            document(&Report { version: VERSION, clusters: clusters.collect() }, format)?
        }
        Format::Name => seen.iter().map(|(verdict, _)| verdict.chosen.target.id.to_string() + "\n").collect(),
        Format::Table | Format::Wide => {
            let told = seen.iter().map(|(verdict, details)| in_words(verdict, details.as_ref(), now, format));
            told.collect::<Vec<_>>().join("\n")
        }
    };
    out::print(&text)?;
    Ok(!seen.iter().any(|(verdict, _)| FailOn::default().fails(verdict.health)))
}

async fn look(target: Target, limits: Limits) -> Result<(Glance, Details), Failure> {
    let glance = Box::pin(glance(target.clone(), limits.clone())).await?;
    let (connection, _) = check(target, limits.clone()).await?;
    let (scope, limit) = (glance.namespace.clone(), limits.survey.timeout);
    let (readiness, nodes, usage, pods, events) = futures::join!(
        inspect::readiness(&connection, &limits),
        list::<Node>(&connection, None, "", limit),
        inspect::node_usage(&connection, &limits),
        list::<Pod>(&connection, scope, "status.phase!=Succeeded", limit),
        inspect::events(&connection, None, Some("Warning"), &limits),
    );
    let now = Unix(Timestamp::now().as_second());
    let unwell = pods.map(|mut pods| {
        pods.retain(|pod| pod.unwell_at(now).is_some());
        pods
    });
    let warnings = events.map(|mut events| {
        events.retain(|event| event.last_seen.seconds_until(now) <= limits.recent.as_secs() as i64);
        events
    });
    Ok((glance, Details { readiness, nodes, usage, unwell, warnings }))
}

fn report(verdict: &Verdict, details: Option<&Details>, now: Unix) -> ClusterReport {
    let identity = verdict.seen.as_ref().ok().map(|glance| &glance.identity);
    let readiness = details.map(|details| &details.readiness);
    let measured = details.and_then(|details| details.usage.as_ref().ok());
    let rows = details.and_then(|details| details.nodes.as_deref().ok());
    let node_list = rows.map(|rows| nodes::nodes(rows, measured, now));
    let unwell_pods = details.and_then(|details| details.unwell.as_deref().ok());
    let warnings = details.and_then(|details| details.warnings.as_deref().ok());
    let mut status = ClusterStatus::of(verdict);
    let usage = node_list.as_deref().and_then(nodes::usage);
    status.explain(reasons(verdict, details, usage.is_none()));
    ClusterReport {
        status,
        user: identity.and_then(|identity| identity.user.clone()),
        groups: identity.map(|identity| identity.groups.clone()),
        server: identity.map(|identity| identity.server.clone()),
        ready: readiness.map(|readiness| readiness.ready),
        ready_reason: readiness.and_then(|readiness| readiness.reason.clone()),
        ready_checks: readiness.map(checks).unwrap_or_default(),
        capacity: node_list.as_deref().map(nodes::capacity),
        usage,
        node_list,
        unwell_pods: unwell_pods.map(|pods| pods.iter().map(|pod| UnwellPod::of(pod, now)).collect()),
        warnings: warnings.map(|events| events.iter().map(Told::of).collect()),
    }
}

/// Says of each part of the closer look that is null why it is.
fn reasons(verdict: &Verdict, details: Option<&Details>, unmeasured: bool) -> Vec<(&'static str, String)> {
    let Some(details) = details else {
        let why = verdict.seen.as_ref().err().map_or("no answer", |failure| &failure.summary);
        let all = ["user", "groups", "server", "ready", "capacity", "usage", "node_list", "unwell_pods", "warnings"];
        return all.into_iter().map(|field| (field, why.to_owned())).collect();
    };
    let mut reasons = Vec::new();
    let mut told = |field, why: Option<&Failure>| reasons.extend(why.map(|why| (field, why.summary.clone())));
    told("capacity", details.nodes.as_ref().err());
    told("node_list", details.nodes.as_ref().err());
    told("unwell_pods", details.unwell.as_ref().err());
    told("warnings", details.warnings.as_ref().err());
    if unmeasured {
        let unlisted = || details.nodes.as_ref().err().map(|why| why.summary.clone());
        let why = details.usage.as_ref().err().cloned().or_else(unlisted);
        reasons.push(("usage", why.unwrap_or_else(|| "the metrics server knows no nodes".to_owned())));
    }
    reasons
}

fn checks(readiness: &Readiness) -> Vec<ReadyCheck> {
    readiness.checks.iter().map(|(name, ok)| ReadyCheck { name: name.clone(), ok: *ok }).collect()
}

impl UnwellPod {
    fn of(pod: &PodRow, now: Unix) -> Self {
        Self {
            namespace: pod.namespace.to_string(),
            name: pod.name.to_string(),
            status: pod.status.to_string(),
            reason: pod.unwell_at(now).unwrap_or_default().to_owned(),
        }
    }
}

fn in_words(verdict: &Verdict, details: Option<&Details>, now: Unix, format: Format) -> String {
    let status = report(verdict, details, now);
    let mut table = Table::new(["CLUSTER", &*verdict.chosen.name]);
    let mut line = |what: &str, said: Option<String>| table.row([Cell::new(what), Cell::known(said)]);
    line("id", Some(verdict.chosen.target.id.to_string()));
    let reason = if verdict.reason.is_empty() { String::new() } else { format!(": {}", verdict.reason) };
    line("health", Some(format!("{}{reason}", verdict.health)));
    line("server", status.server.clone());
    line("user", status.user.clone());
    line("version", verdict.seen.as_ref().ok().and_then(|glance| glance.version.clone().ok()));
    line("ready", status.ready.map(|ready| said_of(ready, &status)));
    line("nodes", status.status.in_words("nodes"));
    let [cpu, memory] = nodes::in_words(status.usage, status.capacity.unwrap_or_default());
    let unmeasured = status.status.why("usage").filter(|_| status.capacity.is_some());
    let unmeasured = unmeasured.map(|why| format!("; use unknown: {why}")).unwrap_or_default();
    line("cpu", status.capacity.map(|_| cpu + &unmeasured));
    line("memory", status.capacity.map(|_| memory + &unmeasured));
    line("pods", status.status.in_words("pods"));
    line("warnings", status.status.in_words("events_recent"));
    let mut text = table.render(false);
    if let Some(list) = status.node_list.as_deref().filter(|list| !list.is_empty()) {
        let _ = write!(text, "\n{}", nodes::table(list, format == Format::Wide));
    }
    if let Some(unwell) = status.unwell_pods.as_deref().filter(|unwell| !unwell.is_empty()) {
        let mut table = Table::new(["NAMESPACE", "UNWELL POD", "STATUS", "REASON"]);
        for pod in unwell {
            table.row([&pod.namespace, &pod.name, &pod.status, &pod.reason].map(Cell::new));
        }
        let _ = write!(text, "\n{}", table.render(false));
    }
    let warnings = details.and_then(|details| details.warnings.as_deref().ok());
    if let Some(warnings) = warnings.filter(|warnings| !warnings.is_empty()) {
        let mut table = Table::new(["LAST SEEN", "WARNING", "NAMESPACE", "OBJECT", "COUNT", "MESSAGE"]);
        let most = if format == Format::Wide { usize::MAX } else { WARNINGS };
        for event in warnings.iter().skip(warnings.len().saturating_sub(most)) {
            let said = [age(event.last_seen, now), event.reason.to_string(), event.namespace.to_string()];
            let more = [event.object.to_string(), event.count.to_string(), safe(&*event.message)];
            table.row(said.into_iter().chain(more).map(Cell::new));
        }
        let _ = write!(text, "\n{}", table.render(false));
    }
    text
}

fn said_of(ready: bool, report: &ClusterReport) -> String {
    match (ready, report.ready_checks.len()) {
        (true, 0) => "yes".to_owned(),
        (true, checks) => format!("yes, {checks} checks"),
        (false, _) => format!("no: {}", report.ready_reason.as_deref().unwrap_or("it does not say why")),
    }
}
