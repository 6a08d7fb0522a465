//! Embedded API servers in a process of their own, so that their time and memory are not the client's.

use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use fleet_tui::sim::{Fleet, Options, Scenario};

use crate::measure::say;

/// A running server process; it ends when this is dropped.
pub struct Server {
    child: Child,
    folder: tempfile::TempDir,
}

impl Server {
    /// Starts this very program as the server of a scenario, and waits until it listens.
    pub fn start(scenario: &str) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("scenario.toml"), scenario)?;
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--serve", &folder.path().display().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut ready = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut ready)?;
        }
        if ready.trim() != "ready" {
            return Err(io::Error::other("the server did not start"));
        }
        Ok(Self { child, folder })
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
    tokio::task::spawn_blocking(|| io::stdin().read_to_end(&mut Vec::new())).await??;
    Ok(())
}
