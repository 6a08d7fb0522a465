//! Embedded API servers in a process of their own, so that their time and memory are not the client's.

#![allow(dead_code, reason = "each bench takes what it needs")]

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use fleet_tui::sim::{Fleet, Options, Scenario};

use crate::measure::{option, processors_of_servers, say};

/// A running server process; it ends when this is dropped.
pub struct Server {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    folder: tempfile::TempDir,
}

/// What the clusters of a server process have been asked so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    /// Requests of all kinds; of one cluster, at most the last 10,000.
    pub requests: usize,
    /// Watches of pods among them, streaming lists included.
    pub watches: usize,
}

/// Where a bench finds its clusters: real ones, if a file is given, or embedded ones.
pub struct Place {
    /// The kubeconfig.
    pub config: PathBuf,
    /// The contexts to open; all of the file if there are none.
    pub contexts: Vec<String>,
    /// The embedded servers, if these are used.
    pub server: Option<Server>,
}

impl Place {
    /// Takes `--kubeconfig FILE` with `--context C`, or else starts the scenario.
    pub fn of(scenario: &str) -> io::Result<Self> {
        if let Some(config) = option("--kubeconfig") {
            let config = std::path::absolute(config)?;
            return Ok(Self { config, contexts: option("--context").into_iter().collect(), server: None });
        }
        let server = Server::start(scenario)?;
        Ok(Self { config: server.config(), contexts: Vec::new(), server: Some(server) })
    }

    /// The arguments that make the program open these clusters.
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments = vec!["--kubeconfig".to_owned(), self.config.display().to_string()];
        if self.contexts.is_empty() {
            arguments.push("--all".to_owned());
        }
        for context in &self.contexts {
            arguments.extend(["--context".to_owned(), context.clone()]);
        }
        arguments
    }
}

impl Server {
    /// Starts this very program as the server of a scenario, and waits until it listens.
    pub fn start(scenario: &str) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("scenario.toml"), scenario)?;
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--serve", &folder.path().display().to_string()])
            .args(processors_of_servers().into_iter().flat_map(|processors| ["--processors", processors]))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (Some(orders), Some(out)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("the server has no standard streams"));
        };
        let mut server = Self { child, orders, answers: BufReader::new(out), folder };
        if server.answer()? != "ready" {
            return Err(io::Error::other("the server did not start"));
        }
        Ok(server)
    }

    fn answer(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }

    /// Asks what the clusters have been asked.
    pub fn asked(&mut self) -> io::Result<Asked> {
        writeln!(self.orders, "asked")?;
        let line = self.answer()?;
        let mut numbers = line.split(' ').filter_map(|word| word.parse().ok());
        match (numbers.next(), numbers.next()) {
            (Some(requests), Some(watches)) => Ok(Asked { requests, watches }),
            _ => Err(io::Error::other(format!("the server said {line:?}"))),
        }
    }

    /// The kubeconfig with a context per cluster.
    pub fn config(&self) -> PathBuf {
        self.folder.path().join("config")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Serves until the parent goes away: its end closes our input.
pub async fn serve(folder: &Path) -> anyhow::Result<()> {
    let scenario = Scenario::load(&folder.join("scenario.toml"))?;
    let fleet = Fleet::start(&scenario, Options::default()).await?;
    std::fs::write(folder.join("config"), fleet.kubeconfig(Path::new("unused")))?;
    say("ready");
    let orders = move || {
        for _order in io::stdin().lines() {
            let (mut requests, mut watches) = (0, 0);
            for cluster in fleet.clusters() {
                let asked = cluster.requests();
                requests += asked.len();
                let watch = |line: &&String| line.contains("/api/v1/pods?") && line.contains("watch=true");
                watches += asked.iter().filter(watch).count();
            }
            say(&format!("{requests} {watches}"));
        }
    };
    tokio::task::spawn_blocking(orders).await?;
    Ok(())
}
