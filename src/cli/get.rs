//! `get KIND,... [NAME]`: objects of any kind from many clusters, with the cluster on every row. Must not know how they are
//! asked for.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::format::{Format, VERSION, document};
use super::judge::failure_of;
use super::table::{Cell, Table};
use super::which::Chosen;
use super::work::each;
use super::{Trouble, out};
use crate::cluster::query::{Answer, Query, Rows, objects, rows};
use crate::cluster::supervisor::check;
use crate::config::load::Config;
use crate::fleet::executor::TaskError;
use crate::model::failure::Failure;
use crate::model::resource::ApiResource;

/// What is asked for.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The kind: plural, singular or short name, with its group if need be (`deploy`, `deployments.apps`); several with
    /// commas (`deploy,po`), a category of kinds (`all`), or KIND/NAME
    #[arg(value_name = "KIND")]
    kind: String,
    /// The object's name
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// In this namespace; otherwise in all that may be listed, or in the context's where all are forbidden
    #[arg(long, short, value_name = "NAME", value_parser = super::which::namespace)]
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
            (Some(_), _) if self.kind.contains(',') => {
                return usage(format!("{} names an object, and only one can be named", self.kind));
            }
            (Some(_), Some(name)) => {
                return usage(format!("{} names an object already, {name} is one too many", self.kind));
            }
            (Some((kind, name)), None) => (kind.to_owned(), Some(name.to_owned())),
            (None, name) => (self.kind, name),
        };
        let kinds: Vec<String> = kind.split(',').map(str::to_owned).collect();
        if kinds.iter().any(String::is_empty) || name.as_ref().is_some_and(|name| name.is_empty() || name.contains('/'))
        {
            return usage("KIND, KIND NAME or KIND/NAME is needed".to_owned());
        }
        Ok(Query { kinds, name, namespace: self.namespace, labels: self.selector, fields: self.field_selector })
    }
}

/// The document of `get -o json`: every object with the cluster it is from, and the clusters that failed.
#[derive(Debug, Serialize)]
struct Found<'e> {
    version: u32,
    items: Vec<Item>,
    errors: &'e [Missed],
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
    let mut told = Told::default();
    let mut kinds: Vec<(ApiResource, Vec<(&Chosen, Rows)>)> = Vec::new();
    for (chosen, outcome) in chosen.iter().zip(asked.await?) {
        for (word, rows) in told.answers(chosen, outcome.result) {
            told.of(word, !rows.rows.is_empty());
            match kinds.iter_mut().find(|(resource, _)| *resource == rows.resource) {
                Some((_, answers)) => answers.push((chosen, rows)),
                None => kinds.push((rows.resource.clone(), vec![(chosen, rows)])),
            }
        }
    }
    // As kubectl does, a name tells its kind where there may be several.
    let several = query.kinds.len() > 1 || kinds.len() > 1;
    let text = if format == Format::Name {
        kinds.iter().map(|(_, answers)| names(answers)).collect()
    } else {
        let tables = kinds.iter().map(|(_, answers)| table(answers, &query, format == Format::Wide, several));
        tables.filter(|table| !table.is_empty()).collect::<Vec<_>>().join("\n")
    };
    out::print(&text)?;
    Ok(told.tell(&query, chosen.len()))
}

async fn whole(chosen: &[Chosen], config: &Config, format: Format, query: &Query) -> Result<bool, Trouble> {
    let asked = each(chosen, config, |target, limits| {
        let query = query.clone();
        async move {
            let (connection, _) = check(target, limits.clone()).await?;
            objects(&connection, &query, &limits).await
        }
    });
    let mut told = Told::default();
    let mut items = Vec::new();
    for (chosen, outcome) in chosen.iter().zip(asked.await?) {
        let cluster = chosen.target.id.to_string();
        for (word, objects) in told.answers(chosen, outcome.result) {
            told.of(word, !objects.is_empty());
            items.extend(objects.into_iter().map(|object| Item { cluster: cluster.clone(), object }));
        }
    }
    out::print(&document(&Found { version: VERSION, items, errors: &told.errors }, format)?)?;
    Ok(told.tell(query, chosen.len()))
}

/// What was missed and what was found, for what is said on standard error.
#[derive(Default)]
struct Told {
    errors: Vec<Missed>,
    /// Whether a kind was found anywhere, by the word that it was asked for by.
    found: BTreeMap<String, bool>,
}

impl Told {
    /// Takes apart what a cluster answered: what failed is noted, what is there is handed on.
    fn answers<T>(&mut self, chosen: &Chosen, answers: Result<Vec<Answer<T>>, TaskError>) -> Vec<(String, T)> {
        let mut missed = |why: &Failure| {
            self.errors.push(Missed { cluster: chosen.target.id.to_string(), reason: why.headline() });
        };
        let answers = answers.map_err(|why| missed(&failure_of(why))).unwrap_or_default();
        let there = answers.into_iter().filter_map(|answer| {
            let found = answer.found.map_err(|why| missed(&why)).ok()?;
            Some((answer.word, found))
        });
        there.collect()
    }

    fn of(&mut self, word: String, found: bool) {
        *self.found.entry(word).or_default() |= found;
    }

    /// Says what is missing; whether nothing is.
    fn tell(&self, query: &Query, asked: usize) -> bool {
        // The same of several clusters is said once.
        let mut reasons: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for missed in &self.errors {
            reasons.entry(&missed.reason).or_default().insert(&missed.cluster);
        }
        for (reason, clusters) in reasons {
            let names = clusters.iter().copied().collect::<Vec<_>>().join(", ");
            match clusters.len() {
                1 if asked > 1 => out::tell(&format!("{names}: {reason}")),
                several if several < asked => out::tell(&format!("{reason}: {names}")),
                _ => out::tell(reason),
            }
        }
        let mut whole = self.errors.is_empty();
        let Some(name) = &query.name else {
            if !self.found.is_empty() && !self.found.values().any(|found| *found) {
                out::tell("no resources found");
            }
            return whole;
        };
        for (word, _) in self.found.iter().filter(|(_, found)| !**found) {
            out::tell(&format!("{word} \"{name}\" not found"));
            whole = false;
        }
        whole
    }
}

/// As kubectl names an object: `pod/web-0`, `deployment.apps/web`.
fn kind_of(resource: &ApiResource) -> String {
    let group = if resource.group.is_empty() { String::new() } else { format!(".{}", resource.group) };
    format!("{}{group}", resource.singular)
}

fn names(answers: &[(&Chosen, Rows)]) -> String {
    let lines = answers.iter().flat_map(|(chosen, rows)| {
        let kind = kind_of(&rows.resource);
        rows.rows.iter().map(move |row| format!("{}\t{kind}/{}\n", chosen.target.id, row.name))
    });
    lines.collect::<Vec<_>>().concat()
}

/// One table of all clusters. The columns are those of the first that answered; servers of other versions may have
/// others, whose cells stand under the same names, if there are any.
fn table(answers: &[(&Chosen, Rows)], query: &Query, wide: bool, several: bool) -> String {
    let Some((_, first)) = answers.iter().find(|(_, rows)| !rows.rows.is_empty()) else { return String::new() };
    let columns: Vec<&str> =
        first.columns.iter().filter(|column| wide || column.priority == 0).map(|column| column.name.as_str()).collect();
    let namespaces = first.resource.namespaced && query.namespace.is_none();
    let headings = ["CLUSTER"].into_iter().chain(namespaces.then_some("NAMESPACE")).map(str::to_owned);
    let mut table = Table::new(headings.chain(columns.iter().map(|name| name.to_uppercase())));
    for (chosen, rows) in answers {
        let places: Vec<Option<usize>> =
            columns.iter().map(|name| rows.columns.iter().position(|column| column.name == **name)).collect();
        let kind = kind_of(&rows.resource);
        for row in &rows.rows {
            let cells = columns.iter().zip(&places).map(|(column, at)| {
                let cell = at.and_then(|at| row.cells.get(at)).cloned().unwrap_or_default();
                if several && *column == "Name" { format!("{kind}/{cell}") } else { cell }
            });
            let before = [chosen.name.clone()].into_iter().chain(namespaces.then(|| row.namespace.clone()));
            table.row(before.chain(cells).map(Cell::new));
        }
    }
    table.render(false)
}
