//! `cluster pods`: pods with what they use, what they may use, and what was last said of them. Must not know how it is
//! asked.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::{moment, parts};
use crate::cli::format::{Format, document};
use crate::cli::table::{Cell, Table};
use crate::cli::which::Chosen;
use crate::cli::work::each;
use crate::cli::{Trouble, out};
use crate::cluster::connect::Target;
use crate::cluster::inspect::{self, Amounts as Sum, PodDetail};
use crate::cluster::limits::Limits;
use crate::cluster::query::Query;
use crate::cluster::supervisor::check;
use crate::config::load::Config;
use crate::model::age::{Unix, age};
use crate::model::event::EventRow;
use crate::model::failure::Failure;

/// Which pods.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The pod's name; otherwise all
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// In this namespace; otherwise in all that may be listed
    #[arg(long, short, value_name = "NAME", value_parser = crate::cli::which::namespace)]
    namespace: Option<String>,
    /// With these labels (`app=web,tier!=db`)
    #[arg(long, short = 'l', value_name = "SELECTOR")]
    selector: Option<String>,
}

/// The pods of a cluster, and why something is not known of them all.
struct Found {
    pods: Vec<Seen>,
    unknown: BTreeMap<&'static str, String>,
}

/// One pod with everything there is to say of it.
struct Seen {
    pod: PodDetail,
    usage: Option<Sum>,
    /// Its recent warnings, oldest first; `None` where they may not be read.
    warnings: Option<Vec<EventRow>>,
}

/// What a pod uses or may use; null where it is not measured, or has no limit.
#[derive(Debug, Serialize)]
struct Amounts {
    cpu_millicores: Option<u64>,
    memory_bytes: Option<u64>,
}

#[derive(Debug, Serialize)]
struct PodOf {
    namespace: String,
    name: String,
    status: String,
    ready: u16,
    containers: u16,
    restarts: u32,
    node: Option<String>,
    created: Option<String>,
    unwell: Option<String>,
    usage: Amounts,
    limits: Amounts,
    warnings: Option<Vec<super::events::Told>>,
}

#[derive(Debug, Serialize)]
struct Pods {
    pods: Vec<PodOf>,
    /// Why `usage` or `warnings` are null in all of them.
    unknown: BTreeMap<&'static str, String>,
}

/// Prints the pods; whether every cluster answered, and one has what was named.
pub async fn run(chosen: &[Chosen], config: &Config, format: Format, args: Args) -> Result<bool, Trouble> {
    let named = args.name.clone();
    let query = Query { name: args.name, namespace: args.namespace, labels: args.selector, ..Query::default() };
    let results = each(chosen, config, |target, limits| look(target, limits, query.clone())).await?;
    let now = Unix(Timestamp::now().as_second());
    let (whole, found) = parts(chosen, results, |found: &Found| Pods {
        pods: found.pods.iter().map(|pod| PodOf::of(pod, now)).collect(),
        unknown: found.unknown.clone(),
    });
    let text = match format {
        Format::Json | Format::Yaml => document(&whole, format)?,
        Format::Name => {
            let lines = found.iter().flat_map(|(chosen, found)| {
                found.pods.iter().map(|seen| format!("{}\tpod/{}\n", chosen.target.id, seen.pod.row.name))
            });
            lines.collect::<Vec<_>>().concat()
        }
        Format::Table | Format::Wide => table(&found, now, format == Format::Wide),
    };
    out::print(&text)?;
    let nothing = found.iter().all(|(_, found)| found.pods.is_empty());
    if nothing && !found.is_empty() {
        out::tell(&named.as_ref().map_or("no pods found".to_owned(), |name| format!("pods \"{name}\" not found")));
    }
    Ok(whole.clusters.iter().all(|part| part.error.is_none()) && !(nothing && named.is_some()))
}

async fn look(target: Target, limits: Limits, query: Query) -> Result<Found, Failure> {
    let (connection, _) = check(target, limits.clone()).await?;
    let namespace = query.namespace.as_deref();
    let (pods, usage, events) = futures::join!(
        inspect::pods(&connection, &query, &limits),
        inspect::usage(&connection, namespace, &limits),
        inspect::events(&connection, namespace, Some("Warning"), &limits),
    );
    let oldest = Unix(Timestamp::now().as_second()).plus(-(limits.recent.as_secs() as i64));
    let mut warnings: BTreeMap<(String, String), Vec<EventRow>> = BTreeMap::new();
    // What may not be read leaves the pods without their warnings, not without themselves.
    let mut unknown = BTreeMap::new();
    if let Err(why) = &usage {
        unknown.insert("usage", why.clone());
    }
    if let Err(why) = &events {
        unknown.insert("warnings", why.headline());
    }
    let told = events.is_ok();
    for event in events.unwrap_or_default().into_iter().filter(|event| event.last_seen >= oldest) {
        if let Some(name) = event.object.strip_prefix("pod/") {
            warnings.entry((event.namespace.to_string(), name.to_owned())).or_default().push(event);
        }
    }
    let seen = pods?.into_iter().map(|pod| {
        let key = (pod.row.namespace.to_string(), pod.row.name.to_string());
        let usage = usage.as_ref().ok().and_then(|usage| usage.get(&key).copied());
        Seen { usage, warnings: told.then(|| warnings.remove(&key).unwrap_or_default()), pod }
    });
    Ok(Found { pods: seen.collect(), unknown })
}

impl Amounts {
    fn of(amounts: Option<Sum>, none_is_zero: bool) -> Self {
        let some = |amount: u64| (amount > 0 || none_is_zero).then_some(amount);
        Self {
            cpu_millicores: amounts.and_then(|amounts| some(amounts.cpu_millicores)),
            memory_bytes: amounts.and_then(|amounts| some(amounts.memory_bytes)),
        }
    }
}

impl PodOf {
    fn of(seen: &Seen, now: Unix) -> Self {
        let row = &seen.pod.row;
        Self {
            namespace: row.namespace.to_string(),
            name: row.name.to_string(),
            status: row.status.to_string(),
            ready: row.ready,
            containers: row.containers,
            restarts: row.restarts,
            node: Some(row.node.to_string()).filter(|node| !node.is_empty()),
            created: moment(row.created),
            unwell: row.unwell_at(now).map(str::to_owned),
            usage: Amounts::of(seen.usage, true),
            limits: Amounts::of(Some(seen.pod.limits), false),
            warnings: seen.warnings.as_ref().map(|all| all.iter().map(super::events::Told::of).collect()),
        }
    }
}

fn table(found: &[(Chosen, Found)], now: Unix, wide: bool) -> String {
    let mut headings = vec!["CLUSTER", "NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS", "AGE"];
    headings.extend(["CPU", "CPU LIMIT", "MEMORY", "MEMORY LIMIT"]);
    if wide {
        headings.extend(["NODE", "IP", "UNWELL"]);
    }
    headings.push("LAST WARNING");
    let mut table = Table::new(headings);
    for (chosen, found) in found {
        for seen in &found.pods {
            let row = &seen.pod.row;
            let (usage, limits) = (Amounts::of(seen.usage, true), Amounts::of(Some(seen.pod.limits), false));
            let mut cells = vec![
                chosen.name.clone(),
                row.namespace.to_string(),
                row.name.to_string(),
                format!("{}/{}", row.ready, row.containers),
                row.status.to_string(),
                row.restarts.to_string(),
                age(row.created, now),
                usage.cpu_millicores.map(cores).unwrap_or_default(),
                limits.cpu_millicores.map(cores).unwrap_or_default(),
                usage.memory_bytes.map(mebibytes).unwrap_or_default(),
                limits.memory_bytes.map(mebibytes).unwrap_or_default(),
            ];
            if wide {
                cells.push(row.node.to_string());
                cells.push(row.ip.map(|ip| ip.to_string()).unwrap_or_default());
                cells.push(row.unwell_at(now).unwrap_or_default().to_owned());
            }
            let warning = seen
                .warnings
                .as_ref()
                .and_then(|all| all.last())
                .map(|event| format!("{} {}", event.reason, age(event.last_seen, now)));
            cells.push(warning.unwrap_or_default());
            table.row(cells.into_iter().map(Cell::new));
        }
    }
    if table.is_empty() { String::new() } else { table.render(false) }
}

/// Writes CPU as `kubectl top` does.
fn cores(millicores: u64) -> String {
    format!("{millicores}m")
}

/// Writes memory as `kubectl top` does.
fn mebibytes(bytes: u64) -> String {
    format!("{}Mi", bytes >> 20)
}
