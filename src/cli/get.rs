//! `get KIND [NAME]`: objects of any kind from many clusters, with the cluster on every row. Must not know how they are
//! asked for.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::format::{Format, VERSION, document};
use super::judge::failure_of;
use super::table::{Cell, Table};
use super::which::Chosen;
use super::work::each;
use super::{Trouble, out};
use crate::cluster::query::{Query, Rows, objects, rows};
use crate::cluster::supervisor::check;
use crate::config::load::Config;

/// What is asked for.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The kind: plural, singular or short name, with its group if need be (`deploy`, `deployments.apps`), or KIND/NAME
    #[arg(value_name = "KIND")]
    kind: String,
    /// The object's name
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// In this namespace; otherwise in all that may be listed, or in the context's where all are forbidden
    #[arg(long, short, value_name = "NAME")]
    namespace: Option<String>,
    /// In all namespaces, which is the default
    #[arg(long, short = 'A', conflicts_with = "namespace")]
    all_namespaces: bool,
    /// With these labels (`app=web,tier!=db`)
    #[arg(long, short = 'l', value_name = "SELECTOR")]
    selector: Option<String>,
    /// With these fields (`status.phase=Pending`)
    #[arg(long, value_name = "SELECTOR")]
    field_selector: Option<String>,
}

impl Args {
    /// Makes the question; `KIND/NAME` is read as kubectl reads it.
    fn query(self) -> Result<Query, Trouble> {
        let usage = |text: String| Err(Trouble::Usage(text));
        let (kind, name) = match (self.kind.split_once('/'), self.name) {
            _ if self.kind.contains(',') => return usage(format!("one kind at a time, not {}", self.kind)),
            (Some(_), Some(name)) => {
                return usage(format!("{} names an object already, {name} is one too many", self.kind));
            }
            (Some((kind, name)), None) => (kind.to_owned(), Some(name.to_owned())),
            (None, name) => (self.kind, name),
        };
        if kind.is_empty() || name.as_ref().is_some_and(|name| name.is_empty() || name.contains('/')) {
            return usage("KIND, KIND NAME or KIND/NAME is needed".to_owned());
        }
        Ok(Query { kind, name, namespace: self.namespace, labels: self.selector, fields: self.field_selector })
    }
}

/// The document of `get -o json`: every object with the cluster it is from, and the clusters that failed.
#[derive(Debug, Serialize)]
struct Found {
    version: u32,
    items: Vec<Item>,
    errors: Vec<Missed>,
}

#[derive(Debug, Serialize)]
struct Item {
    cluster: String,
    object: Value,
}

#[derive(Debug, Serialize)]
struct Missed {
    cluster: String,
    reason: String,
}

/// Asks the clusters and prints what they have; whether all of them answered, and one has what was named.
pub async fn run(chosen: &[Chosen], config: &Config, format: Format, args: Args) -> Result<bool, Trouble> {
    let query = args.query()?;
    if matches!(format, Format::Json | Format::Yaml) {
        return whole(chosen, config, format, &query).await;
    }
    let asked = each(chosen, config, |target, limits| {
        let query = query.clone();
        async move {
            let (connection, _) = check(target, limits.clone()).await?;
            rows(&connection, &query, &limits).await
        }
    });
    let mut answers: Vec<(&Chosen, Rows)> = Vec::new();
    let mut errors = Vec::new();
    for (chosen, outcome) in chosen.iter().zip(asked.await?) {
        match outcome.result {
            Ok(rows) => answers.push((chosen, rows)),
            Err(why) => {
                errors.push(Missed { cluster: chosen.target.id.to_string(), reason: failure_of(why).headline() });
            }
        }
    }
    let found = answers.iter().any(|(_, rows)| !rows.rows.is_empty());
    let text = if format == Format::Name { names(&answers) } else { table(&answers, &query, format == Format::Wide) };
    out::print(&text)?;
    Ok(tell(&errors, found, &query, chosen.len()))
}

async fn whole(chosen: &[Chosen], config: &Config, format: Format, query: &Query) -> Result<bool, Trouble> {
    let asked = each(chosen, config, |target, limits| {
        let query = query.clone();
        async move {
            let (connection, _) = check(target, limits.clone()).await?;
            objects(&connection, &query, &limits).await
        }
    });
    let mut found = Found { version: VERSION, items: Vec::new(), errors: Vec::new() };
    for (chosen, outcome) in chosen.iter().zip(asked.await?) {
        let cluster = chosen.target.id.to_string();
        match outcome.result {
            Ok(objects) => {
                found.items.extend(objects.into_iter().map(|object| Item { cluster: cluster.clone(), object }));
            }
            Err(why) => found.errors.push(Missed { cluster, reason: failure_of(why).headline() }),
        }
    }
    out::print(&document(&found, format)?)?;
    Ok(tell(&found.errors, !found.items.is_empty(), query, chosen.len()))
}

/// Says what is missing on standard error; whether nothing is.
fn tell(errors: &[Missed], found: bool, query: &Query, asked: usize) -> bool {
    // The same of several clusters is said once.
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for missed in errors {
        reasons.entry(&missed.reason).or_default().push(&missed.cluster);
    }
    for (reason, clusters) in reasons {
        match clusters.as_slice() {
            [one] if asked > 1 => out::tell(&format!("{one}: {reason}")),
            several if several.len() < asked => out::tell(&format!("{reason}: {}", several.join(", "))),
            _ => out::tell(reason),
        }
    }
    let nothing = !found && errors.len() < asked;
    match &query.name {
        Some(name) if nothing => out::tell(&format!("{} \"{name}\" not found", query.kind)),
        None if nothing => out::tell("no resources found"),
        _ => {}
    }
    errors.is_empty() && (found || query.name.is_none())
}

fn names(answers: &[(&Chosen, Rows)]) -> String {
    let lines = answers.iter().flat_map(|(chosen, rows)| {
        let resource = &rows.resource;
        let group = if resource.group.is_empty() { String::new() } else { format!(".{}", resource.group) };
        let kind = format!("{}{group}", resource.singular);
        rows.rows.iter().map(move |row| format!("{}\t{kind}/{}\n", chosen.target.id, row.name))
    });
    lines.collect::<Vec<_>>().concat()
}

/// One table of all clusters. The columns are those of the first that answered; servers of other versions may have
/// others, whose cells stand under the same names, if there are any.
fn table(answers: &[(&Chosen, Rows)], query: &Query, wide: bool) -> String {
    let Some((_, first)) = answers.iter().find(|(_, rows)| !rows.rows.is_empty()) else { return String::new() };
    let columns: Vec<&str> =
        first.columns.iter().filter(|column| wide || column.priority == 0).map(|column| column.name.as_str()).collect();
    let namespaces = first.resource.namespaced && query.namespace.is_none();
    let headings = ["CLUSTER"].into_iter().chain(namespaces.then_some("NAMESPACE")).map(str::to_owned);
    let mut table = Table::new(headings.chain(columns.iter().map(|name| name.to_uppercase())));
    for (chosen, rows) in answers {
        let places: Vec<Option<usize>> =
            columns.iter().map(|name| rows.columns.iter().position(|column| column.name == **name)).collect();
        for row in &rows.rows {
            let cells = places.iter().map(|at| at.and_then(|at| row.cells.get(at)).cloned().unwrap_or_default());
            let before = [chosen.name.clone()].into_iter().chain(namespaces.then(|| row.namespace.clone()));
            table.row(before.chain(cells).map(Cell::new));
        }
    }
    table.render(false)
}
