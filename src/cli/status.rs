//! `status`: the health of clusters, one line each. Must not know how it is found out, nor what it follows from.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::format::{Format, VERSION, document};
use super::judge::{Verdict, judge};
use super::table::{Cell, Table};
use super::which::Chosen;
use super::work::each;
use super::{Trouble, out};
use crate::cluster::glance::glance;
use crate::config::load::Config;
use crate::model::health::Health;
use crate::model::kind::Kind;

/// From which health word on a command fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum FailOn {
    /// Anything that is not healthy
    Warning,
    /// Anything worse than a warning
    #[default]
    Degraded,
    /// What is unreachable, or turns our credentials down
    Unhealthy,
}

impl FailOn {
    /// Tells whether a command fails for a cluster of this health. What is not known is never good enough.
    #[must_use]
    pub fn fails(self, health: Health) -> bool {
        let worst = match self {
            FailOn::Warning => Health::Warning,
            FailOn::Degraded => Health::Degraded,
            FailOn::Unhealthy => Health::Unhealthy,
        };
        health <= worst || health == Health::Unknown
    }
}

/// Looks at the clusters and prints what was found; whether all are better than `fail_on`.
pub async fn run(chosen: &[Chosen], config: &Config, format: Format, fail_on: FailOn) -> Result<bool, Trouble> {
    let verdicts = look(chosen, config).await?;
    let text = match format {
        Format::Table | Format::Wide => table(&verdicts, format == Format::Wide, out::width(), out::colored()),
        Format::Json | Format::Yaml => document(&Status::of(&verdicts), format)?,
        Format::Name => verdicts.iter().map(|verdict| verdict.chosen.target.id.to_string() + "\n").collect(),
    };
    out::print(&text)?;
    Ok(!verdicts.iter().any(|verdict| fail_on.fails(verdict.health)))
}

/// Looks at the clusters and concludes their health.
pub async fn look(chosen: &[Chosen], config: &Config) -> Result<Vec<Verdict>, Trouble> {
    let results = each(chosen, config, glance).await?;
    let judged = chosen.iter().zip(results).map(|(chosen, outcome)| {
        let settings = config.of_cluster(chosen.target.id.as_str(), &chosen.name);
        judge(chosen, outcome.result, &settings, Timestamp::now())
    });
    Ok(judged.collect())
}

/// The document of `status -o json`.
#[derive(Debug, Serialize)]
pub struct Status {
    version: u32,
    clusters: Vec<ClusterStatus>,
    summary: Summary,
}

/// How many clusters there are of each health word.
#[derive(Debug, Default, Serialize)]
struct Summary {
    total: usize,
    healthy: usize,
    warning: usize,
    degraded: usize,
    unhealthy: usize,
    auth_failed: usize,
    unknown: usize,
}

/// One cluster of it. What is unknown or forbidden is null; `unknown` says why.
#[derive(Debug, Serialize)]
pub struct ClusterStatus {
    id: String,
    name: String,
    health: String,
    reason: Option<String>,
    server_version: Option<String>,
    nodes: Option<NodeCounts>,
    pods: Option<PodCounts>,
    events_recent: Option<usize>,
    latency_ms: Option<u64>,
    last_check: String,
    last_success: Option<String>,
    /// The one namespace that pods and events are counted in, where the whole is forbidden.
    namespace: Option<String>,
    unknown: BTreeMap<&'static str, String>,
}

#[derive(Debug, Serialize)]
struct NodeCounts {
    ready: usize,
    total: usize,
}

#[derive(Debug, Serialize)]
struct PodCounts {
    running: usize,
    pending: usize,
    failed: usize,
    succeeded: usize,
    unwell: usize,
}

impl Status {
    /// Makes the document.
    #[must_use]
    pub fn of(verdicts: &[Verdict]) -> Self {
        let count = |health: Health| verdicts.iter().filter(|verdict| verdict.health == health).count();
        let summary = Summary {
            total: verdicts.len(),
            healthy: count(Health::Healthy),
            warning: count(Health::Warning),
            degraded: count(Health::Degraded),
            unhealthy: count(Health::Unhealthy),
            auth_failed: count(Health::AuthFailed),
            unknown: count(Health::Unknown),
        };
        Self { version: VERSION, clusters: verdicts.iter().map(ClusterStatus::of).collect(), summary }
    }
}

impl ClusterStatus {
    /// Makes the part of one cluster.
    #[must_use]
    pub fn of(verdict: &Verdict) -> Self {
        let glance = verdict.seen.as_ref();
        let survey = glance.map(|glance| &glance.survey);
        let latency = glance.ok().and_then(|glance| Some(glance.beats.last()?.latency.as_millis() as u64));
        let checked = rfc3339(verdict.checked);
        let mut status = Self {
            id: verdict.chosen.target.id.to_string(),
            name: verdict.chosen.name.clone(),
            health: verdict.health.to_string(),
            reason: Some(verdict.reason.clone()).filter(|reason| !reason.is_empty()),
            server_version: glance.ok().and_then(|glance| glance.version.clone().ok()),
            nodes: survey.ok().and_then(|survey| survey.nodes).map(|(total, ready)| NodeCounts { ready, total }),
            pods: glance.ok().and_then(|glance| {
                let pods = glance.survey.pods.as_ref()?;
                let unwell = pods.unwell.iter().map(|(_, number)| number).sum();
                let (running, pending, failed) = (pods.running, pods.pending, pods.failed);
                Some(PodCounts { running, pending, failed, succeeded: glance.succeeded, unwell })
            }),
            events_recent: survey.ok().and_then(|survey| survey.warnings),
            latency_ms: latency,
            last_success: glance.is_ok().then(|| checked.clone()),
            last_check: checked,
            namespace: glance.ok().and_then(|glance| glance.namespace.as_deref().map(str::to_owned)),
            unknown: BTreeMap::new(),
        };
        status.unknown = status.reasons(verdict);
        status
    }

    /// Says in words what is known of `nodes`, `pods` or `events_recent`, or why nothing is.
    #[must_use]
    pub fn in_words(&self, field: &str) -> Option<String> {
        let known = match field {
            "nodes" => self.nodes.as_ref().map(|nodes| format!("{}/{} ready", nodes.ready, nodes.total)),
            "pods" => self.pods.as_ref().map(|pods| {
                let PodCounts { running, pending, failed, succeeded, unwell } = pods;
                let inside = self.namespace.as_ref().map(|name| format!(" in {name}")).unwrap_or_default();
                format!("{running} running, {pending} pending, {failed} failed, {succeeded} succeeded; {unwell} unwell{inside}")
            }),
            _ => self.events_recent.map(|events| events.to_string()),
        };
        known.or_else(|| self.unknown.get(field).map(|why| format!("unknown: {why}")))
    }

    /// Adds why more fields are null, of a document that has more than these.
    pub fn explain(&mut self, reasons: impl IntoIterator<Item = (&'static str, String)>) {
        self.unknown.extend(reasons);
    }

    /// Why a field is null.
    #[must_use]
    pub fn why(&self, field: &str) -> Option<&str> {
        self.unknown.get(field).map(String::as_str)
    }

    /// Says of each null why it is one.
    fn reasons(&self, verdict: &Verdict) -> BTreeMap<&'static str, String> {
        let nulls = [
            ("server_version", self.server_version.is_none()),
            ("nodes", self.nodes.is_none()),
            ("pods", self.pods.is_none()),
            ("events_recent", self.events_recent.is_none()),
            ("latency_ms", self.latency_ms.is_none()),
            ("last_success", self.last_success.is_none()),
        ];
        let why = |field: &str| match &verdict.seen {
            Err(failure) => Some(failure.summary.clone()),
            Ok(glance) => match field {
                "server_version" => glance.version.as_ref().err(),
                "nodes" => glance.why_not(&Kind::Nodes),
                "pods" => glance.why_not(&Kind::Pods),
                "events_recent" => glance.why_not(&Kind::Events),
                _ => None,
            }
            .map(|failure| failure.summary.clone()),
        };
        let nulls = nulls.into_iter().filter(|(_, null)| *null);
        nulls.map(|(field, _)| (field, why(field).unwrap_or_else(|| "no answer".to_owned()))).collect()
    }
}

/// Writes a moment as RFC 3339 has it, in whole seconds of UTC.
#[must_use]
pub fn rfc3339(moment: Timestamp) -> String {
    Timestamp::from_second(moment.as_second()).unwrap_or(moment).to_string()
}

/// What a narrow terminal shows last.
const DISPENSABLE: [&str; 7] = ["LAST SUCCESS", "LAST CHECK", "LATENCY", "VERSION", "EVENTS", "PODS", "NODES"];

/// Writes the columns and the line that sums them up; on a terminal a line for each cluster, unless all is wanted.
fn table(verdicts: &[Verdict], wide: bool, width: Option<usize>, colored: bool) -> String {
    let mut headings = vec!["CLUSTER", "HEALTH", "VERSION", "NODES", "PODS", "UNWELL", "EVENTS", "LATENCY"];
    headings.extend(["LAST CHECK", "LAST SUCCESS"]);
    if wide {
        headings.extend(["PENDING", "FAILED", "SUCCEEDED", "USER", "SERVER", "ID"]);
    }
    headings.push("REASON");
    let mut table = Table::new(headings);
    for verdict in verdicts {
        let status = ClusterStatus::of(verdict);
        let pods = status.pods.as_ref();
        let mut row = vec![
            Cell::new(&*status.name),
            Cell::health(verdict.health),
            Cell::known(status.server_version.as_deref()),
            Cell::known(status.nodes.as_ref().map(|nodes| format!("{}/{}", nodes.ready, nodes.total))),
            Cell::known(pods.map(|pods| pods.running + pods.pending)),
            Cell::known(pods.map(|pods| pods.unwell)),
            Cell::known(status.events_recent),
            Cell::known(status.latency_ms.map(|latency| format!("{latency}ms"))),
            Cell::new(verdict.checked.to_zoned(TimeZone::system()).strftime("%H:%M:%S").to_string()),
            Cell::known(status.last_success.as_ref().map(|_| "0s")),
        ];
        if wide {
            let identity = verdict.seen.as_ref().ok().map(|glance| &glance.identity);
            row.extend([
                Cell::known(pods.map(|pods| pods.pending)),
                Cell::known(pods.map(|pods| pods.failed)),
                Cell::known(pods.map(|pods| pods.succeeded)),
                Cell::known(identity.and_then(|identity| identity.user.as_deref())),
                Cell::known(identity.map(|identity| identity.server.as_str())),
                Cell::new(&*status.id),
            ]);
        }
        row.push(Cell::new(&*verdict.reason));
        table.row(row);
    }
    let table = match width.filter(|_| !wide) {
        Some(width) => table.fitting(width, &DISPENSABLE),
        None => table,
    };
    table.render(colored) + &summary(verdicts)
}

fn summary(verdicts: &[Verdict]) -> String {
    let count = |health: Health| verdicts.iter().filter(|verdict| verdict.health == health).count();
    let words = Health::ALL.into_iter().rev().map(|health| (health, count(health))).filter(|(_, count)| *count > 0);
    let words: Vec<String> = words.map(|(health, count)| format!("{count} {health}")).collect();
    let noun = crate::model::health::count(verdicts.len(), "cluster");
    format!("{noun}: {}\n", words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_passes_unless_it_is_asked_to_fail_and_what_is_unknown_never_does() {
        use Health::{AuthFailed, Degraded, Healthy, Unhealthy, Unknown, Warning};
        let failing =
            |fail_on: FailOn| Health::ALL.into_iter().filter(|health| fail_on.fails(*health)).collect::<Vec<_>>();
        assert_eq!(failing(FailOn::Warning), [AuthFailed, Unhealthy, Degraded, Unknown, Warning]);
        assert_eq!(failing(FailOn::Degraded), [AuthFailed, Unhealthy, Degraded, Unknown]);
        assert_eq!(failing(FailOn::Unhealthy), [AuthFailed, Unhealthy, Unknown]);
        assert!(!FailOn::Warning.fails(Healthy));
    }
}
