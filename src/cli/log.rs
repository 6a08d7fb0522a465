//! The log: to a file, never to the terminal. Must not know what is logged.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

use crate::config::state::create_private;
use crate::model::visible::safe;

/// A log larger than this is set aside at start; one older one is kept.
const LARGEST: u64 = 8 * 1024 * 1024;

/// Starts logging. Libraries are kept to errors, and kube's client is silent: it logs whole bodies.
///
/// Returns a notice if the default log file cannot be written, and an error if a file or level that was asked for
/// cannot be used.
pub fn start(asked: Option<&Path>, level: &str) -> Result<Option<String>, String> {
    // What comes last wins: no filter of a user's lets kube log whole bodies.
    let chosen = if level.contains(['=', ',']) { level.to_owned() } else { format!("fleet_tui={level}") };
    let directives = format!("error,{chosen},kube_client=off");
    let filter = EnvFilter::try_new(&directives).map_err(|error| format!("log level {level}: {error}"))?;
    let Some(path) = asked.map(Path::to_path_buf).or_else(default_path) else { return Ok(None) };
    let file = match open(&path) {
        Ok(file) => file,
        Err(error) if asked.is_some() => return Err(format!("log file {}: {error}", path.display())),
        Err(error) => return Ok(Some(format!("no log: {}: {error}", path.display()))),
    };
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(Mutex::new(Visible(file)))
        .finish();
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
        create_private(folder)?;
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

/// A log file into which nothing goes that could steer the terminal of whoever reads it.
struct Visible(File);

impl Write for Visible {
    /// Takes whole lines, as the subscriber writes them.
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        for line in text.split_inclusive('\n') {
            let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
            self.0.write_all(safe(line).as_bytes())?;
            self.0.write_all(end.as_bytes())?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_from_outside_are_visible_in_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut log = Visible(open(&path).unwrap());
        log.write_all(b"cluster=\x1b[31mred\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "cluster=\u{241b}[31mred\n");
    }
}
