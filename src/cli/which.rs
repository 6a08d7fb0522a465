//! Which clusters a command is about: flags, and what they choose from the catalog. Must not know what is done with them.

use std::path::PathBuf;

use super::Trouble;
use crate::cluster::connect::Target;
use crate::config::load::Config;
use crate::model::catalog::{Catalog, ContextEntry, KubeconfigFile};
use crate::model::namespace::{UNNAMED, is_name};
use crate::model::near::nearest;

/// Where clusters come from, and which of them are meant.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Which {
    /// A fleet of simulated clusters; reads no kubeconfig and leaves no state
    #[arg(long, conflicts_with = "kubeconfig")]
    pub demo: bool,
    /// The demo's scenario: a built-in name or the path of a TOML file
    #[arg(long, value_name = "NAME|PATH", requires = "demo")]
    pub scenario: Option<String>,
    /// The demo's seed: the same seed gives the same fleet
    #[arg(long, value_name = "NUMBER", requires = "demo")]
    pub seed: Option<u64>,
    /// Read this kubeconfig file instead of $KUBECONFIG and ~/.kube (repeatable)
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Vec<PathBuf>,
    /// This context, by name or cluster id (repeatable)
    #[arg(long, value_name = "NAME", conflicts_with = "all")]
    pub context: Vec<String>,
    /// Every context, those that cannot be used too
    #[arg(long)]
    pub all: bool,
    /// The clusters of this group of the configuration file (repeatable)
    #[arg(long, value_name = "NAME", conflicts_with = "all")]
    pub group: Vec<String>,
}

/// Reads a namespace's name of an argument; it becomes part of a path.
pub fn namespace(text: &str) -> Result<String, String> {
    if is_name(text) { Ok(text.to_owned()) } else { Err(UNNAMED.to_owned()) }
}

/// What is meant if no flag says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Otherwise {
    /// Every cluster.
    All,
    /// None: it has to be said.
    Nothing,
}

/// One chosen cluster.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// How it is reached.
    pub target: Target,
    /// The context's name.
    pub name: String,
}

impl Chosen {
    fn new(file: &KubeconfigFile, context: &ContextEntry) -> Self {
        let target = Target { id: context.id.clone(), path: file.path.clone(), context: context.name.clone() };
        Self { target, name: context.name.clone() }
    }
}

impl Which {
    /// Adds what was said before the command's name.
    #[must_use]
    pub fn after(mut self, before: Self) -> Self {
        self.demo |= before.demo;
        self.all |= before.all;
        self.scenario = self.scenario.or(before.scenario);
        self.seed = self.seed.or(before.seed);
        self.kubeconfig.splice(0..0, before.kubeconfig);
        self.context.splice(0..0, before.context);
        self.group.splice(0..0, before.group);
        self
    }

    /// Tells whether any flag says which clusters are meant.
    #[must_use]
    pub fn is_said(&self) -> bool {
        self.all || !self.context.is_empty() || !self.group.is_empty()
    }

    /// Chooses from the catalog, in its order and each cluster once. `clusters` are ids or unambiguous names.
    pub fn choose(
        &self,
        clusters: &[String],
        catalog: &Catalog,
        config: &Config,
        otherwise: Otherwise,
    ) -> Result<Vec<Chosen>, Trouble> {
        let said = self.is_said() || !clusters.is_empty();
        if !said && otherwise == Otherwise::Nothing {
            return Err(Trouble::Usage("clusterId is required: --cluster NAME, --group NAME or --all".to_owned()));
        }
        if catalog.contexts().next().is_none() {
            return Err(Trouble::Usage(nothing_found(catalog)));
        }
        let mut ids = Vec::new();
        for cluster in clusters {
            ids.push(self::cluster(cluster, catalog)?);
        }
        contexts(&self.context, catalog)?;
        let groups: Result<Vec<_>, Trouble> = self.group.iter().map(|group| group_of(group, catalog, config)).collect();
        let grouped: Vec<_> = groups?.concat();
        let meant = |context: &ContextEntry| {
            self.all
                || !said
                || ids.contains(&context.id)
                || grouped.contains(&context.id)
                || self.context.iter().any(|asked| is_called(context, asked))
        };
        let chosen = catalog.contexts().filter(|(_, context)| meant(context));
        Ok(chosen.map(|(file, context)| Chosen::new(file, context)).collect())
    }
}

fn is_called(context: &ContextEntry, word: &str) -> bool {
    context.id.as_str() == word || context.name == word
}

/// Finds one cluster by its id, or by a name that only one has.
fn cluster(asked: &str, catalog: &Catalog) -> Result<crate::model::ids::ClusterId, Trouble> {
    let exact = catalog.contexts().find(|(_, context)| context.id.as_str() == asked);
    if let Some((_, context)) = exact {
        return Ok(context.id.clone());
    }
    let named: Vec<_> = catalog.contexts().filter(|(_, context)| context.name == asked).collect();
    match named.as_slice() {
        [] => Err(Trouble::Usage(format!("cluster not found: {asked}"))),
        [(_, context)] => Ok(context.id.clone()),
        several => {
            let ids: Vec<&str> = several.iter().map(|(_, context)| context.id.as_str()).collect();
            Err(Trouble::Usage(format!("cluster {asked} is ambiguous: {}", ids.join(", "))))
        }
    }
}

/// How many contexts are named where another one was asked for.
const NAMED: usize = 10;

/// Refuses contexts that no kubeconfig file has, naming those that there are.
pub fn contexts(asked: &[String], catalog: &Catalog) -> Result<(), Trouble> {
    let is_known = |name: &&String| catalog.contexts().any(|(_, context)| is_called(context, name));
    let Some(unknown) = asked.iter().find(|name| !is_known(name)) else { return Ok(()) };
    let mut names: Vec<&str> = Vec::new();
    for (_, context) in catalog.contexts() {
        if !names.contains(&context.name.as_str()) {
            names.push(&context.name);
        }
    }
    let near = nearest(unknown, names.iter().map(|name| (*name, *name)));
    let others = match (near, names.len()) {
        (Some(near), _) => format!("did you mean {near}?"),
        (None, 0) => "none was found".to_owned(),
        (None, ..=NAMED) => format!("there are: {}", names.join(", ")),
        (None, all) => {
            format!("there are: {} and {} more", names.get(..NAMED).unwrap_or_default().join(", "), all - NAMED)
        }
    };
    Err(Trouble::Usage(format!("context not found: {unknown}; {others}")))
}

/// Returns the ids of a group's clusters; a group that is unknown or empty is refused.
pub fn group_of(group: &str, catalog: &Catalog, config: &Config) -> Result<Vec<crate::model::ids::ClusterId>, Trouble> {
    if !config.groups().any(|known| known == group) {
        let known: Vec<&str> = config.groups().collect();
        let known = if known.is_empty() { "the configuration has none".to_owned() } else { known.join(", ") };
        return Err(Trouble::Usage(format!("group not found: {group}; there are: {known}")));
    }
    let inside = catalog.contexts().filter(|(_, context)| config.in_group(group, context.id.as_str(), &context.name));
    let ids: Vec<_> = inside.map(|(_, context)| context.id.clone()).collect();
    if ids.is_empty() {
        return Err(Trouble::Usage(format!("no cluster is in the group {group}")));
    }
    Ok(ids)
}

fn nothing_found(catalog: &Catalog) -> String {
    let places: Vec<String> = catalog.looked_in.iter().map(|path| path.display().to_string()).collect();
    let mut text = format!("no context was found; looked in {}; --demo shows simulated clusters", places.join(", "));
    let problems = catalog.files.iter().filter_map(|file| Some((file, file.problem.as_ref()?)));
    for (file, problem) in problems {
        text = format!("{text}\n{}: {problem}", file.path.display());
    }
    for notice in &catalog.notices {
        text = format!("{text}\n{notice}");
    }
    text
}
