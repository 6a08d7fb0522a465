//! `cluster status`: what there is to know of a cluster at one look. Must not know how it is asked.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde::Serialize;

use super::events::Told;
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
use crate::cluster::inspect::{self, Readiness};
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

/// What a closer look found besides the glance. What could not be read is empty: the glance says why.
#[derive(Clone, Debug)]
struct Details {
    readiness: Readiness,
    nodes: Vec<NodeRow>,
    unwell: Vec<PodRow>,
    warnings: Vec<EventRow>,
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
    node_list: Vec<NodeOf>,
    unwell_pods: Vec<UnwellPod>,
    warnings: Vec<Told>,
}

#[derive(Debug, Serialize)]
struct ReadyCheck {
    name: String,
    ok: bool,
}

#[derive(Debug, Serialize)]
struct NodeOf {
    name: String,
    status: String,
    ready: bool,
    roles: String,
    version: String,
    unwell: Option<String>,
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
    let (readiness, nodes, pods, events) = futures::join!(
        inspect::readiness(&connection, &limits),
        list::<Node>(&connection, None, "", limit),
        list::<Pod>(&connection, scope, "status.phase!=Succeeded", limit),
        inspect::events(&connection, None, Some("Warning"), &limits),
    );
    let now = Unix(Timestamp::now().as_second());
    let mut unwell = pods.unwrap_or_default();
    unwell.retain(|pod| pod.unwell_at(now).is_some());
    let mut warnings = events.unwrap_or_default();
    warnings.retain(|event| event.last_seen.seconds_until(now) <= limits.recent.as_secs() as i64);
    Ok((glance, Details { readiness, nodes: nodes.unwrap_or_default(), unwell, warnings }))
}

fn report(verdict: &Verdict, details: Option<&Details>, now: Unix) -> ClusterReport {
    let identity = verdict.seen.as_ref().ok().map(|glance| &glance.identity);
    let readiness = details.map(|details| &details.readiness);
    ClusterReport {
        status: ClusterStatus::of(verdict),
        user: identity.and_then(|identity| identity.user.clone()),
        groups: identity.map(|identity| identity.groups.clone()),
        server: identity.map(|identity| identity.server.clone()),
        ready: readiness.map(|readiness| readiness.ready),
        ready_reason: readiness.and_then(|readiness| readiness.reason.clone()),
        ready_checks: readiness.map(checks).unwrap_or_default(),
        node_list: details
            .map(|details| details.nodes.iter().map(|node| NodeOf::of(node, now)).collect())
            .unwrap_or_default(),
        unwell_pods: details
            .map(|details| details.unwell.iter().map(|pod| UnwellPod::of(pod, now)).collect())
            .unwrap_or_default(),
        warnings: details.map(|details| details.warnings.iter().map(Told::of).collect()).unwrap_or_default(),
    }
}

fn checks(readiness: &Readiness) -> Vec<ReadyCheck> {
    readiness.checks.iter().map(|(name, ok)| ReadyCheck { name: name.clone(), ok: *ok }).collect()
}

impl NodeOf {
    fn of(node: &NodeRow, now: Unix) -> Self {
        let unwell = node.unwell.as_deref().filter(|unwell| unwell.from <= now);
        Self {
            name: node.name.to_string(),
            status: node.status.to_string(),
            ready: node.ready,
            roles: node.roles.to_string(),
            version: node.version.to_string(),
            unwell: unwell.map(|unwell| unwell.reason.to_string()),
        }
    }
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
    line("pods", status.status.in_words("pods"));
    line("warnings", status.status.in_words("events_recent"));
    let mut text = table.render(false);
    if !status.node_list.is_empty() {
        let mut table = Table::new(["NODE", "STATUS", "ROLES", "VERSION", "UNWELL"]);
        for node in &status.node_list {
            let unwell = node.unwell.clone().unwrap_or_default();
            table.row([&node.name, &node.status, &node.roles, &node.version, &unwell].map(Cell::new));
        }
        let _ = write!(text, "\n{}", table.render(false));
    }
    if !status.unwell_pods.is_empty() {
        let mut table = Table::new(["NAMESPACE", "UNWELL POD", "STATUS", "REASON"]);
        for pod in &status.unwell_pods {
            table.row([&pod.namespace, &pod.name, &pod.status, &pod.reason].map(Cell::new));
        }
        let _ = write!(text, "\n{}", table.render(false));
    }
    if let Some(details) = details.filter(|details| !details.warnings.is_empty()) {
        let mut table = Table::new(["LAST SEEN", "WARNING", "NAMESPACE", "OBJECT", "COUNT", "MESSAGE"]);
        let most = if format == Format::Wide { usize::MAX } else { WARNINGS };
        for event in details.warnings.iter().skip(details.warnings.len().saturating_sub(most)) {
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
