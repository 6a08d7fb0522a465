//! The command line: what was asked for, and which part of the program does it. Must not know how anything is drawn.

pub mod check;
pub mod cluster;
pub mod config;
pub mod format;
pub mod get;
pub mod ground;
pub mod interrupt;
pub mod judge;
pub mod log;
pub mod open;
pub mod out;
pub mod paper;
pub mod sim;
pub mod status;
pub mod table;
pub mod watch;
pub mod which;
pub mod work;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use futures::future::LocalBoxFuture;
use tokio::runtime::Runtime;

use crate::config::load::{self, Config};
use crate::sim::credential;
use format::Format;
use ground::Ground;
use which::{Chosen, Otherwise, Which};

/// A full-screen dashboard for many Kubernetes clusters at once.
///
/// Without a command it opens the clusters of the last run, or lets you choose some from your kubeconfig files.
#[derive(Debug, Default, Parser)]
#[command(name = "fleet-tui", version, max_term_width = 100)]
pub struct Args {
    #[command(flatten)]
    general: General,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Default, clap::Args)]
struct General {
    #[command(flatten)]
    which: Which,
    /// Select this namespace in every cluster opened at start
    #[arg(long, short, value_name = "NAME", value_parser = which::namespace)]
    namespace: Option<String>,
    /// Leave the mouse to the terminal
    #[arg(long)]
    no_mouse: bool,
    /// Write the log to this file
    #[arg(long, value_name = "FILE")]
    log_file: Option<PathBuf>,
    /// How much to log: error, warn, info, debug, or a filter such as `info,fleet_tui::cluster=debug`
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,
    /// The settings file.
    #[arg(long, value_name = "FILE", global = true)]
    #[arg(help = "Read the settings from this file [env: FLEET_TUI_CONFIG]")]
    config: Option<PathBuf>,
    /// Give a setting a value for this run (repeatable); `config default` lists them
    #[arg(long, value_name = "NAME=VALUE", global = true, value_parser = assignment)]
    set: Vec<(String, String)>,
}

impl Args {
    /// Reads arguments; help and complaints end the program.
    fn read() -> Self {
        // Most often there are none, and what all the commands take need not be made ready: a tenth of the time to the first
        // frame.
        if std::env::args_os().len() <= 1 { Self::default() } else { Self::parse() }
    }
}

fn assignment(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("NAME=VALUE is needed")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Status(Status),
    /// Print whether clusters are reachable, who we are there, and what we may read
    ///
    /// Exit code 0 if all are reachable and may be read, 1 if one is not.
    Check(About),
    Get(Get),
    /// Look at one cluster in detail
    #[command(subcommand)]
    Cluster(cluster::Command),
    /// Show, check or locate the configuration
    #[command(subcommand)]
    Config(config::Command),
    /// Print the keys of the dashboard
    Keys,
    /// Print what a shell needs to complete command lines
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, in roff
    Man,
    Sim(sim::Args),
    /// The credential plugin of simulated clusters
    #[command(hide = true)]
    SimCredential {
        /// Passed on to the plugin
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
}

/// Print the health of clusters, one line each
///
/// Exit code 0 if every cluster is better than --fail-on, 1 if one is not, 2 for wrong usage, 130 if interrupted.
#[derive(Debug, clap::Args)]
struct Status {
    #[command(flatten)]
    about: About,
    /// Fail from this health word on
    #[arg(long, value_name = "HEALTH", default_value = "degraded")]
    fail_on: status::FailOn,
    /// Go on, and print a JSON object for each change of a health word, one per line
    #[arg(long, conflicts_with_all = ["output", "fail_on"])]
    watch: bool,
}

/// Print objects of any kind from many clusters, in the server's own columns
///
/// Exit code 1 if a cluster did not answer, or what was named is nowhere.
#[derive(Debug, clap::Args)]
struct Get {
    #[command(flatten)]
    what: get::Args,
    #[command(flatten)]
    about: About,
}

/// What commands about clusters have in common.
#[derive(Debug, clap::Args)]
pub struct About {
    /// This cluster, by its id or by a name that only one has (repeatable)
    #[arg(long, value_name = "ID|NAME", conflicts_with = "all")]
    cluster: Vec<String>,
    #[command(flatten)]
    which: Which,
    /// How to write it
    #[arg(long, short, value_name = "FORMAT", default_value = "table")]
    output: Format,
}

/// Does what the arguments ask for.
#[must_use]
pub fn main() -> ExitCode {
    match run(Args::read()) {
        Ok(code) => code,
        Err(Trouble::Usage(text)) => complain(&text, 2),
        Err(Trouble::Failed(error)) => complain(&format!("{error:#}"), 1),
        Err(Trouble::Interrupted) => ExitCode::from(interrupt::CODE),
    }
}

/// Why the program ends without having done what it was asked.
#[derive(Debug)]
pub enum Trouble {
    /// Asked for wrongly: exit code 2.
    Usage(String),
    /// Did not work: exit code 1.
    Failed(anyhow::Error),
    /// Ctrl+C: exit code 130, without a word.
    Interrupted,
}

impl<E: Into<anyhow::Error>> From<E> for Trouble {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Says the program's last words, after the terminal was given back.
fn complain(text: &str, code: u8) -> ExitCode {
    out::tell(text);
    ExitCode::from(code)
}

fn run(mut args: Args) -> Result<ExitCode, Trouble> {
    let command = match args.command.take() {
        Some(Command::SimCredential { args }) => return Ok(sim_credential(&args)),
        command => command,
    };
    let config = configuration(&args)?;
    // rustls takes the only provider there is; this guards against a second one slipping into the tree.
    drop(rustls::crypto::ring::default_provider().install_default());
    match command {
        Some(Command::Sim(args)) => {
            tell_of(&config)?;
            return sim::run(&args).map(|end| match end {
                sim::End::Interrupted => ExitCode::from(interrupt::CODE),
                sim::End::Done => ExitCode::SUCCESS,
            });
        }
        Some(Command::Config(command)) => config::run(command, &config)?,
        Some(Command::Keys) => paper::keys()?,
        Some(Command::Completions { shell }) => paper::completions(shell)?,
        Some(Command::Man) => paper::man()?,
        Some(Command::Status(Status { about, fail_on, watch })) => {
            let format = about.output;
            return command_about(args, about, config, Otherwise::All, async move |chosen, config| {
                if watch {
                    return watch::run(&chosen, config).await.map(|()| true);
                }
                status::run(&chosen, &config, format, fail_on).await
            });
        }
        Some(Command::Check(about)) => {
            let format = about.output;
            return command_about(args, about, config, Otherwise::All, async move |chosen, config| {
                check::run(&chosen, &config, format).await
            });
        }
        Some(Command::Get(Get { what, about })) => {
            let format = about.output;
            return command_about(args, about, config, Otherwise::All, async move |chosen, config| {
                get::run(&chosen, &config, format, what).await
            });
        }
        Some(Command::Cluster(command)) => return in_detail(args, command, config),
        None | Some(Command::SimCredential { .. }) => {
            let wish = open::Wish {
                which: args.general.which,
                namespace: args.general.namespace,
                log_file: args.general.log_file,
            };
            open::run(wish, config)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs a command about few clusters, which have to be said.
fn in_detail(args: Args, command: cluster::Command, config: Config) -> Result<ExitCode, Trouble> {
    let otherwise = Otherwise::Nothing;
    match command {
        cluster::Command::Status(about) => {
            let format = about.output;
            command_about(args, about, config, otherwise, async move |chosen, config| {
                cluster::status::run(&chosen, &config, format).await
            })
        }
        cluster::Command::Events { what, about } => {
            let format = about.output;
            command_about(args, about, config, otherwise, async move |chosen, config| {
                cluster::events::run(&chosen, &config, format, what).await
            })
        }
        cluster::Command::Pods { what, about } => {
            let format = about.output;
            command_about(args, about, config, otherwise, async move |chosen, config| {
                cluster::pods::run(&chosen, &config, format, what).await
            })
        }
    }
}

/// Tells what there is to know of a configuration; one that asks for what cannot be done is wrong usage.
fn tell_of(config: &Config) -> Result<(), Trouble> {
    let notices = config.notices().join("\n");
    if config.is_broken() {
        return Err(Trouble::Usage(notices));
    }
    out::tell(&notices);
    Ok(())
}

/// Runs a command about clusters; its answer is whether all is as it should be.
fn command_about<'a, F: Future<Output = Result<bool, Trouble>> + 'a>(
    args: Args,
    about: About,
    config: Config,
    otherwise: Otherwise,
    command: impl FnOnce(Vec<Chosen>, Config) -> F + 'a,
) -> Result<ExitCode, Trouble> {
    let boxed = |chosen, config| -> LocalBoxFuture<'a, _> { Box::pin(command(chosen, config)) };
    work_on(args, about, config, otherwise, Box::new(boxed))
}

/// What a command does with the clusters that were chosen.
type Work<'a> = Box<dyn FnOnce(Vec<Chosen>, Config) -> LocalBoxFuture<'a, Result<bool, Trouble>> + 'a>;

/// The same for every command, so that all that goes before is there only once.
fn work_on(
    args: Args,
    about: About,
    config: Config,
    otherwise: Otherwise,
    work: Work<'_>,
) -> Result<ExitCode, Trouble> {
    tell_of(&config)?;
    if let Some(path) = &args.general.log_file {
        log::start(Some(path), &config.settings.log_level).map_err(Trouble::Usage)?;
    }
    let which = about.which.after(args.general.which);
    let runtime = runtime(which.demo)?;
    let outcome = runtime.block_on(async {
        let ground = Ground::prepare(&which, &config).await?;
        let chosen = which.choose(&about.cluster, &ground.catalog, &config, otherwise)?;
        work(chosen, config).await
    });
    // A thread that is stuck in a file or a plugin must not hold the end.
    runtime.shutdown_background();
    outcome.map(|well| if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Reads the configuration; flags that give settings a wrong value are wrong usage.
fn configuration(args: &Args) -> Result<Config, Trouble> {
    let mut sources = load::Sources::of_process(args.general.config.clone());
    let set =
        args.general.set.iter().map(|(name, value)| (name.clone(), value.clone(), format!("--set {name}={value}")));
    sources.flags = set.collect();
    if args.general.no_mouse {
        sources.flags.push(("mouse".to_owned(), "false".to_owned(), "--no-mouse".to_owned()));
    }
    if let Some(level) = &args.general.log_level {
        sources.flags.push(("log.level".to_owned(), level.clone(), format!("--log-level {level}")));
    }
    let config = load::load(sources);
    if config.misused.is_empty() { Ok(config) } else { Err(Trouble::Usage(config.misused.join("\n"))) }
}

/// Starts the program's own runtime. What speaks to clusters has threads of its own; the servers of a demo live here.
fn runtime(demo: bool) -> std::io::Result<Runtime> {
    let workers = if demo { 2 } else { 1 };
    tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build()
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
    fn no_arguments_are_what_the_parser_makes_of_none() {
        let parsed = Args::try_parse_from(["fleet-tui"]).unwrap();
        assert_eq!(format!("{parsed:?}"), format!("{:?}", Args::default()));
    }

    #[test]
    fn a_demo_reads_no_kubeconfig() {
        assert!(Args::try_parse_from(["fleet-tui", "--demo", "--kubeconfig", "x"]).is_err());
        assert!(Args::try_parse_from(["fleet-tui", "--seed", "1"]).is_err());
        assert!(Args::try_parse_from(["fleet-tui", "--demo", "--seed", "1"]).is_ok());
    }
}
