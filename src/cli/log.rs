//! The log: to a file, never to the terminal. Must not know what is logged.

mod file;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use tracing_subscriber::filter::{LevelFilter, ParseError, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{Registry, fmt};

use file::Sink;

/// The log of this process.
static LOG: OnceLock<Sink> = OnceLock::new();

/// How long the end of the program waits for the last lines.
const LAST_LINES: Duration = Duration::from_millis(300);

/// Starts logging. Libraries are kept to errors, and kube's client is silent: it logs whole bodies.
///
/// Returns a notice if the default log file cannot be written, and an error if a file or level that was asked for
/// cannot be used.
pub fn start(asked: Option<&Path>, level: &str) -> Result<Option<String>, String> {
    let filter = filter(level)?;
    let Some(path) = asked.map(Path::to_path_buf).or_else(default_path) else { return Ok(None) };
    let sink = match Sink::open(&path) {
        Ok(sink) => sink,
        Err(error) if asked.is_some() => return Err(format!("log file {}: {error}", path.display())),
        Err(error) => return Ok(Some(format!("no log: {}: {error}", path.display()))),
    };
    let lines = fmt::layer().with_ansi(false).with_writer(LOG.get_or_init(|| sink).clone());
    tracing::subscriber::set_global_default(Registry::default().with(filter).with(lines))
        .map_err(|error| error.to_string())?;
    Ok(None)
}

/// Waits for the last lines to be written, a moment at most.
pub fn finish() {
    if let Some(log) = LOG.get() {
        log.flush(LAST_LINES);
    }
}

/// Reads `info`, or levels by module: `info,fleet_tui::cluster=debug`. A bare level is for this program alone.
fn filter(level: &str) -> Result<Targets, String> {
    // What comes last wins: no filter of a user's lets kube log whole bodies.
    let ours = level.split(',').map(str::trim).filter(|part| !part.is_empty());
    let ours = ours.map(|part| if part.contains('=') { part.to_owned() } else { format!("fleet_tui={part}") });
    let directives = format!("error,{},kube_client=off", ours.collect::<Vec<_>>().join(","));
    directives.parse().map_err(|error: ParseError| format!("log level {level}: {error}"))
}

/// Logs the requests to simulated clusters, and nothing else, on standard error.
pub fn requests_to_stderr() {
    let filter = Targets::new().with_target("fleet_tui::sim::request", LevelFilter::DEBUG);
    let lines = fmt::layer().with_ansi(false).with_target(false).with_level(false).with_writer(std::io::stderr);
    // Set once per process, and this is the one place of `sim`.
    let _first = tracing::subscriber::set_global_default(Registry::default().with(filter).with(lines));
}

fn default_path() -> Option<PathBuf> {
    let dirs = directories::ProjectDirs::from("", "", "fleet-tui")?;
    Some(dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).join("fleet-tui.log"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is in force of a filter, in the order of its own.
    fn parts(level: &str) -> Vec<String> {
        filter(level).unwrap().to_string().split(',').map(str::to_owned).collect()
    }

    #[test]
    fn a_level_is_for_this_program_and_modules_may_have_their_own() {
        for level in ["info", "debug"] {
            assert!(parts(level).contains(&format!("fleet_tui={level}")), "{level}");
        }
        let mixed = parts("warn, fleet_tui::cluster=debug");
        assert!(
            ["fleet_tui=warn", "fleet_tui::cluster=debug", "kube_client=off", "error"]
                .iter()
                .all(|part| mixed.contains(&(*part).to_owned())),
            "{mixed:?}"
        );
        assert!(filter("fleet_tui=loud").is_err());
    }

    #[test]
    fn no_filter_lets_the_client_log_bodies() {
        assert!(parts("trace,kube_client=trace").contains(&"kube_client=off".to_owned()));
    }
}
