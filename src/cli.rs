//! The command line: what was asked for, and which part of the program does it. Must not know how anything is drawn.

pub mod log;
pub mod sim;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::app::state::Launch;
use crate::config::state;
use crate::dashboard::{self, Plan};
use crate::kubeconfig::{Sources, discover};
use crate::model::visible::safe;
use crate::sim::{Fleet, Options, credential};

/// A full-screen dashboard for many Kubernetes clusters at once.
///
/// Without options it opens the clusters of the last run, or lets you choose some from your kubeconfig files.
#[derive(Debug, Parser)]
#[command(name = "fleet-tui", version, max_term_width = 100)]
pub struct Args {
    /// Open a fleet of simulated clusters; reads no kubeconfig and leaves no state
    #[arg(long, conflicts_with_all = ["kubeconfig", "context", "all"])]
    demo: bool,
    /// The demo's scenario: a built-in name or the path of a TOML file
    #[arg(long, value_name = "NAME|PATH", requires = "demo", default_value = "default", hide_default_value = true)]
    scenario: String,
    /// The demo's seed: the same seed gives the same fleet
    #[arg(long, value_name = "NUMBER", requires = "demo")]
    seed: Option<u64>,
    /// Read this kubeconfig file instead of $KUBECONFIG and ~/.kube (repeatable)
    #[arg(long, value_name = "FILE")]
    kubeconfig: Vec<PathBuf>,
    /// Open this context, by name or cluster id, instead of those of the last run (repeatable)
    #[arg(long, value_name = "NAME", conflicts_with = "all")]
    context: Vec<String>,
    /// Open every context, those that cannot be used too: the board says why
    #[arg(long)]
    all: bool,
    /// Select this namespace in every cluster opened at start
    #[arg(long, short, value_name = "NAME")]
    namespace: Option<String>,
    /// Leave the mouse to the terminal
    #[arg(long)]
    no_mouse: bool,
    /// Write the log to this file
    #[arg(long, value_name = "FILE")]
    log_file: Option<PathBuf>,
    /// How much to log: error, warn, info, debug, trace, or a filter such as `info,fleet_tui::cluster=debug`
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    log_level: String,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Sim(sim::Args),
    /// The credential plugin of simulated clusters
    #[command(hide = true)]
    SimCredential {
        /// Passed on to the plugin
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
}

/// Does what the arguments ask for.
#[must_use]
pub fn main() -> ExitCode {
    let args = Args::parse();
    if let Some(Command::SimCredential { args }) = &args.command {
        return sim_credential(args);
    }
    let outcome = match &args.command {
        Some(Command::Sim(args)) => match sim::run(args) {
            Ok(sim::End::Interrupted) => return ExitCode::from(INTERRUPTED),
            Ok(sim::End::Done) => Ok(()),
            Err(trouble) => Err(trouble),
        },
        _ => run(args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Trouble::Usage(text)) => complain(&text, 2),
        Err(Trouble::Failed(error)) => complain(&format!("{error:#}"), 1),
    }
}

/// Exit code of a command that Ctrl+C ended.
const INTERRUPTED: u8 = 130;

/// Why the program ends without having done what it was asked.
pub enum Trouble {
    /// Asked for wrongly: exit code 2.
    Usage(String),
    /// Did not work: exit code 1.
    Failed(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Trouble {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Says the program's last words, after the terminal was given back; where it went away, nobody hears them.
fn complain(text: &str, code: u8) -> ExitCode {
    // A context's name may hold anything.
    let text: Vec<String> = text.lines().map(safe).collect();
    let _unheard = writeln!(std::io::stderr(), "fleet-tui: {}", text.join("\n"));
    ExitCode::from(code)
}

fn run(args: Args) -> Result<(), Trouble> {
    crate::terminal::check()?;
    let notice = log::start(args.log_file.as_deref(), &args.log_level).map_err(Trouble::Usage)?;
    // rustls takes the only provider there is; this guards against a second one slipping into the tree.
    drop(rustls::crypto::ring::default_provider().install_default());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let outcome = if args.demo {
        runtime.block_on(Box::pin(demo(args, notice)))
    } else {
        runtime.block_on(Box::pin(real(args, notice)))
    };
    // A thread that is stuck in a file or a plugin must not hold the end.
    runtime.shutdown_background();
    outcome
}

async fn real(args: Args, notice: Option<String>) -> Result<(), Trouble> {
    let sources = Sources {
        explicit: args.kubeconfig,
        env: std::env::var_os("KUBECONFIG"),
        home: directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_path_buf()),
        search: vec![PathBuf::from("~/.kube")],
    };
    let state_file = state::default_path();
    let loaded = state_file.as_deref().map(state::load).unwrap_or_default();
    let state_file = state_file.filter(|_| !loaded.hands_off);
    let restored = loaded.state;
    if !args.context.is_empty() {
        known(&args.context, &sources, &restored)?;
    }
    let flagged = !args.context.is_empty() || args.all;
    let launch = Launch {
        contexts: args.context,
        all: args.all,
        namespace: args.namespace,
        restored,
        remember: !flagged,
        preparing: None,
    };
    let notices = loaded.notice.into_iter().chain(notice).collect();
    let plan = Plan {
        sources,
        launch,
        state_file,
        notices,
        mouse: !args.no_mouse,
        preparation: None,
    };
    Ok(Box::pin(dashboard::run(plan)).await?)
}

/// Refuses contexts that no kubeconfig file has, naming those that there are.
fn known(asked: &[String], sources: &Sources, restored: &state::SavedState) -> Result<(), Trouble> {
    let catalog = discover(sources, &restored.files);
    let is_known = |name: &&String| {
        catalog.contexts().any(|(_, context)| context.name == **name || context.id.as_str() == name.as_str())
    };
    let Some(unknown) = asked.iter().find(|name| !is_known(name)) else { return Ok(()) };
    let names: Vec<&str> = catalog.contexts().map(|(_, context)| context.name.as_str()).take(20).collect();
    let names = if names.is_empty() { "none was found".to_owned() } else { names.join(", ") };
    Err(Trouble::Usage(format!("context not found: {unknown}; there are: {names}")))
}

async fn demo(args: Args, notice: Option<String>) -> Result<(), Trouble> {
    let scenario = sim::scenario(&args.scenario)?;
    let folder = tempfile::Builder::new().prefix("fleet-tui-demo-").tempdir()?;
    let path = folder.path().join("demo");
    let program = std::env::current_exe()?;
    let options = Options { seed: args.seed, ..Options::default() };
    // The fleet starts behind the first frame, and lives in this channel until the dashboard is left.
    let (started, fleet) = tokio::sync::oneshot::channel();
    let kubeconfig = path.clone();
    let preparation = async move {
        let fleet = Fleet::start(&scenario, options).await?;
        tokio::fs::write(&kubeconfig, fleet.kubeconfig(&program)).await?;
        drop(started.send(fleet));
        Ok(())
    };
    let sources = Sources { explicit: vec![path], ..Sources::default() };
    let preparing = Some("Starting the demo fleet.");
    let launch = Launch { all: true, namespace: args.namespace, preparing, ..Launch::default() };
    let plan = Plan {
        sources,
        launch,
        state_file: None,
        notices: notice.into_iter().collect(),
        mouse: !args.no_mouse,
        preparation: Some(Box::pin(preparation)),
    };
    let outcome = Box::pin(dashboard::run(plan)).await;
    drop(fleet);
    Ok(outcome?)
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a credential plugin answers on its standard streams")]
fn sim_credential(args: &[String]) -> ExitCode {
    let outcome = credential::run(args);
    print!("{}", outcome.stdout);
    eprint!("{}", outcome.stderr);
    ExitCode::from(outcome.code)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn a_demo_reads_no_kubeconfig() {
        assert!(Args::try_parse_from(["fleet-tui", "--demo", "--kubeconfig", "x"]).is_err());
        assert!(Args::try_parse_from(["fleet-tui", "--seed", "1"]).is_err());
        assert!(Args::try_parse_from(["fleet-tui", "--demo", "--seed", "1"]).is_ok());
    }
}
