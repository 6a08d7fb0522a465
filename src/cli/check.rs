//! `check`: are the clusters reachable, who are we there, and may we read what the dashboard reads? Must not know how any
//! of it is asked.

use std::collections::BTreeMap;

use serde::Serialize;

use super::format::{Format, VERSION, document};
use super::judge::failure_of;
use super::table::{Cell, Table};
use super::which::Chosen;
use super::work::each;
use super::{Trouble, out};
use crate::cluster::connect::Target;
use crate::cluster::limits::Limits;
use crate::cluster::permission::may;
use crate::cluster::supervisor;
use crate::cluster::version::version;
use crate::config::load::Config;
use crate::fleet::executor::TaskError;
use crate::model::failure::Failure;
use crate::model::kind::Kind;

/// What one check found.
#[derive(Clone, Debug)]
struct Answer {
    user: Option<String>,
    groups: Vec<String>,
    server: String,
    version: Option<String>,
    permitted: BTreeMap<String, Permitted>,
}

/// What is permitted on one kind.
#[derive(Clone, Debug, Serialize)]
struct Permitted {
    list: bool,
    watch: bool,
    /// The one namespace it is permitted in; null for the cluster as a whole, or if it is not permitted at all.
    namespace: Option<String>,
}

/// The document of `check -o json`.
#[derive(Debug, Serialize)]
struct Checked {
    version: u32,
    clusters: Vec<CheckedCluster>,
}

#[derive(Debug, Serialize)]
struct CheckedCluster {
    id: String,
    name: String,
    reachable: bool,
    reason: Option<String>,
    user: Option<String>,
    groups: Option<Vec<String>>,
    server: Option<String>,
    server_version: Option<String>,
    permitted: Option<BTreeMap<String, Permitted>>,
}

/// Checks the clusters and prints what was found; whether all are reachable and may be read.
pub async fn run(chosen: &[Chosen], config: &Config, format: Format) -> Result<bool, Trouble> {
    let results = each(chosen, config, ask).await?;
    let outcomes = chosen.iter().zip(results);
    let clusters: Vec<CheckedCluster> =
        outcomes.map(|(chosen, outcome)| CheckedCluster::of(chosen, outcome.result)).collect();
    let well = clusters.iter().all(CheckedCluster::is_well);
    let text = match format {
        Format::Json | Format::Yaml => document(&Checked { version: VERSION, clusters }, format)?,
        Format::Name => {
            clusters.iter().filter(|cluster| cluster.is_well()).map(|cluster| cluster.id.clone() + "\n").collect()
        }
        Format::Table | Format::Wide => table(&clusters, format == Format::Wide),
    };
    out::print(&text)?;
    Ok(well)
}

async fn ask(target: Target, limits: Limits) -> Result<Answer, Failure> {
    let (connection, identity) = supervisor::check(target, limits.clone()).await?;
    let own = identity.namespace.as_deref();
    let asked = Kind::STANDING.into_iter().map(|kind| {
        let (connection, limit) = (&connection, limits.check);
        async move {
            let of = async |namespace: Option<&str>| {
                let verbs = ["list", "watch"].map(|verb| may(connection, verb, &kind, namespace, limit));
                let [list, watch] = verbs;
                futures::try_join!(list, watch)
            };
            let (list, watch) = of(None).await?;
            let (list, watch, namespace) = match own {
                Some(own) if !list && kind.namespaced() => {
                    let (list, watch) = of(Some(own)).await?;
                    (list, watch, list.then(|| own.to_owned()))
                }
                _ => (list, watch, None),
            };
            Ok::<_, Failure>((kind.plural().to_owned(), Permitted { list, watch, namespace }))
        }
    });
    let (permitted, version) = futures::join!(futures::future::try_join_all(asked), version(&connection, limits.check));
    Ok(Answer {
        permitted: permitted?.into_iter().collect(),
        version: version.ok(),
        user: identity.user,
        groups: identity.groups,
        server: identity.server,
    })
}

impl CheckedCluster {
    fn of(chosen: &Chosen, result: Result<Answer, TaskError>) -> Self {
        let (id, name) = (chosen.target.id.to_string(), chosen.name.clone());
        match result {
            Ok(Answer { user, groups, server, version, permitted }) => {
                let missing = permitted.iter().filter(|(_, permitted)| !permitted.list);
                let missing: Vec<&str> = missing.map(|(kind, _)| kind.as_str()).collect();
                let reason = (!missing.is_empty()).then(|| format!("may not list {}", missing.join(", ")));
                Self {
                    id,
                    name,
                    reachable: true,
                    reason,
                    user,
                    groups: Some(groups),
                    server: Some(server),
                    server_version: version,
                    permitted: Some(permitted),
                }
            }
            Err(why) => Self {
                id,
                name,
                reachable: false,
                reason: Some(failure_of(why).headline()),
                user: None,
                groups: None,
                server: None,
                server_version: None,
                permitted: None,
            },
        }
    }

    fn is_well(&self) -> bool {
        let permitted = self.permitted.as_ref();
        permitted.is_some_and(|permitted| permitted.values().all(|permitted| permitted.list))
    }
}

fn table(clusters: &[CheckedCluster], wide: bool) -> String {
    let mut headings = vec!["CLUSTER".to_owned(), "REACHABLE".to_owned(), "USER".to_owned()];
    headings.extend(Kind::STANDING.iter().map(|kind| kind.plural().to_uppercase()));
    if wide {
        headings.extend(["VERSION", "SERVER", "GROUPS", "ID"].map(str::to_owned));
    }
    headings.push("REASON".to_owned());
    let mut table = Table::new(headings);
    for cluster in clusters {
        let reachable = if cluster.reachable { "yes" } else { "no" };
        let mut row = vec![Cell::new(&*cluster.name), Cell::new(reachable), Cell::known(cluster.user.as_ref())];
        row.extend(Kind::STANDING.iter().map(|kind| {
            let permitted = cluster.permitted.as_ref().and_then(|permitted| permitted.get(kind.plural()));
            Cell::known(permitted.map(Permitted::in_words))
        }));
        if wide {
            let groups = cluster.groups.as_ref().map(|groups| groups.join(","));
            row.extend([
                Cell::known(cluster.server_version.as_ref()),
                Cell::known(cluster.server.as_ref()),
                Cell::known(groups),
                Cell::new(&*cluster.id),
            ]);
        }
        row.push(Cell::known(cluster.reason.as_ref()));
        table.row(row);
    }
    table.render(false)
}

impl Permitted {
    fn in_words(&self) -> String {
        let verbs = match (self.list, self.watch) {
            (true, true) => "list,watch",
            (true, false) => "list",
            _ => "no",
        };
        match &self.namespace {
            Some(namespace) => format!("{verbs} in {namespace}"),
            None => verbs.to_owned(),
        }
    }
}
