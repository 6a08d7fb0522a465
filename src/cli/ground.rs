//! What commands stand on: the configuration, the kubeconfig files, and for the demo a fleet of simulated clusters.
//!
//! Must not know what a command does with them.

use std::path::PathBuf;

use super::which::Which;
use super::{Trouble, sim};
use crate::config::load::Config;
use crate::config::state;
use crate::kubeconfig::{Sources, discover};
use crate::model::catalog::Catalog;
use crate::sim::{Fleet, Options, Scenario, Scratch};

/// A demo that is being acted out; it ends when this is dropped.
pub struct Demo {
    /// The kubeconfig of its clusters, once they run.
    pub kubeconfig: PathBuf,
    scenario: Scenario,
    options: Options,
    program: PathBuf,
    _folder: Scratch,
}

impl Demo {
    /// Prepares a demo; nothing runs yet.
    pub fn new(which: &Which) -> Result<Self, Trouble> {
        let folder = Scratch::new()?;
        Ok(Self {
            scenario: sim::scenario(which.scenario.as_deref().unwrap_or("default"))?,
            options: Options { seed: which.seed, ..Options::default() },
            program: std::env::current_exe()?,
            kubeconfig: folder.path().join("demo"),
            _folder: folder,
        })
    }

    /// Starts the clusters and writes their kubeconfig. They run until what is returned is dropped.
    pub fn start(&self) -> impl Future<Output = std::io::Result<Fleet>> + Send + 'static {
        let (scenario, options) = (self.scenario.clone(), self.options);
        let (program, kubeconfig) = (self.program.clone(), self.kubeconfig.clone());
        async move {
            let fleet = Fleet::start(&scenario, options).await?;
            tokio::fs::write(&kubeconfig, fleet.kubeconfig(&program)).await?;
            Ok(fleet)
        }
    }
}

/// Where kubeconfig files are looked for.
#[must_use]
pub fn sources(which: &Which, config: &Config) -> Sources {
    Sources {
        explicit: which.kubeconfig.clone(),
        env: std::env::var_os("KUBECONFIG"),
        home: directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_path_buf()),
        search: config.settings.kubeconfig_search.clone(),
    }
}

/// The clusters that a command can be about.
pub struct Ground {
    /// What the kubeconfig files offer.
    pub catalog: Catalog,
    _demo: Option<(Demo, Fleet)>,
}

impl Ground {
    /// Reads the kubeconfig files, or starts the demo. Must be kept for as long as a demo's clusters are asked.
    pub async fn prepare(which: &Which, config: &Config) -> Result<Self, Trouble> {
        if which.demo {
            let demo = Demo::new(which)?;
            let fleet = demo.start().await?;
            let sources = Sources { explicit: vec![demo.kubeconfig.clone()], ..Sources::default() };
            let catalog = discover(&sources, &std::collections::BTreeMap::new());
            return Ok(Self { catalog, _demo: Some((demo, fleet)) });
        }
        // Ids are those of the dashboard: it remembers which file each is of.
        let restored = state::default_path().as_deref().map(state::load).unwrap_or_default().state;
        let sources = sources(which, config);
        let looked = tokio::task::spawn_blocking(move || discover(&sources, &restored.files)).await?;
        Ok(Self { catalog: looked, _demo: None })
    }
}
