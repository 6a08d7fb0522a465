//! The log: to a file, never to the terminal. Must not know what is logged.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

/// A log larger than this is set aside at start; one older one is kept.
const LARGEST: u64 = 8 * 1024 * 1024;

/// Starts logging. Libraries are kept to errors, and kube's client is silent: it logs whole bodies.
///
/// Returns a notice if the default log file cannot be written, and an error if a file or level that was asked for
/// cannot be used.
pub fn start(asked: Option<&Path>, level: &str) -> Result<Option<String>, String> {
    let directives =
        if level.contains(['=', ',']) { level.to_owned() } else { format!("error,fleet_tui={level},kube_client=off") };
    let filter = EnvFilter::try_new(&directives).map_err(|error| format!("log level {level}: {error}"))?;
    let Some(path) = asked.map(Path::to_path_buf).or_else(default_path) else { return Ok(None) };
    let file = match open(&path) {
        Ok(file) => file,
        Err(error) if asked.is_some() => return Err(format!("log file {}: {error}", path.display())),
        Err(error) => return Ok(Some(format!("no log: {}: {error}", path.display()))),
    };
    let subscriber =
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(Mutex::new(file)).finish();
    tracing::subscriber::set_global_default(subscriber).map_err(|error| error.to_string())?;
    Ok(None)
}

/// Logs the requests to simulated clusters, and nothing else, on standard error.
pub fn requests_to_stderr() {
    let filter = EnvFilter::new("off,fleet_tui::sim::request=debug");
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_target(false)
        .with_level(false)
        .with_writer(std::io::stderr)
        .finish();
    // Set once per process, and this is the one place of `sim`.
    let _first = tracing::subscriber::set_global_default(subscriber);
}

fn default_path() -> Option<PathBuf> {
    let dirs = directories::ProjectDirs::from("", "", "fleet-tui")?;
    Some(dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).join("fleet-tui.log"))
}

/// Opens the log for appending, private to the user.
fn open(path: &Path) -> std::io::Result<File> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    if std::fs::metadata(path).is_ok_and(|about| about.len() > LARGEST) {
        std::fs::rename(path, path.with_extension("log.1"))?;
    }
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}
