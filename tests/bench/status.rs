//! `fleet-tui status` over many clusters: time and processor time of the command, against the same clients that connect
//! to as many clusters at once and throw away what they list.
//!
//! `--clusters 100`, `--pods 1000`, `--runs 5` change what is measured; `--kubeconfig FILE` measures the clusters of that
//! file (`--context C`: one of them).

mod measure;
mod process;
mod server;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use fleet_tui::cluster::connect::Target;
use fleet_tui::cluster::limits::Limits;
use fleet_tui::cluster::supervisor;
use fleet_tui::config::settings::Settings;
use fleet_tui::kubeconfig::{Sources, discover};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use http::{Request, header};
use http_body_util::BodyExt as _;
use measure::{cpu_ms, median, memory_mib, millis, number, option, runtime, say};
use process::Figures;
use server::{Place, serve};
use tokio::time::Instant;

const PROGRAM: &str = env!("CARGO_BIN_EXE_fleet-tui");
const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";

/// Connects to every cluster, as many at once as the command, and lists what is asked; nothing is read.
async fn discard(config: &Path, context: Option<String>, paths: &'static [&'static str]) -> anyhow::Result<()> {
    let sources = Sources { explicit: vec![config.to_owned()], env: None, home: None, search: Vec::new() };
    let catalog = discover(&sources, &BTreeMap::new());
    let (limits, settings) = (Limits::default(), Settings::default());
    let wanted = catalog.contexts().filter(|(_, entry)| context.as_ref().is_none_or(|name| *name == entry.name));
    let targets: Vec<Target> = wanted
        .map(|(file, entry)| Target { id: entry.id.clone(), path: file.path.clone(), context: entry.name.clone() })
        .collect();
    let asked = stream::iter(targets).map(|target| {
        let limits = limits.clone();
        let one = async move {
            let (connection, _) =
                supervisor::check(target, limits).await.map_err(|failure| anyhow::anyhow!("{}", failure.summary))?;
            for path in paths {
                let request = Request::get(*path).header(header::ACCEPT, PROTOBUF).body(Vec::new())?;
                let sent = connection.send(request, Duration::from_secs(30)).await;
                let mut body = sent.map_err(|failure| anyhow::anyhow!("{}", failure.summary))?.into_body();
                while let Some(frame) = body.frame().await {
                    drop(frame?);
                }
            }
            anyhow::Ok(())
        };
        async move { tokio::spawn(one).await? }
    });
    asked.buffer_unordered(settings.executor_workers as usize).try_collect().await
}

/// Wall and processor milliseconds, and peak MiB.
type Cost = [f64; 3];

/// Runs a program to its end and returns what it took; the program tells its processor time in its last line.
fn timed(mut command: Command) -> anyhow::Result<Cost> {
    let started = Instant::now();
    let output = command.stderr(Stdio::inherit()).output()?;
    let wall = millis(started.elapsed());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut numbers = text.lines().last().unwrap_or_default().split(' ').filter_map(|word| word.parse().ok());
    Ok([wall, numbers.next().unwrap_or(f64::NAN), numbers.next().unwrap_or(f64::NAN)])
}

/// The command itself.
fn status(place: &Place, home: &Path) -> anyhow::Result<Cost> {
    let mut command = Command::new(PROGRAM);
    command.arg("status").args(place.arguments()).args(["-o", "json"]);
    for name in ["XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "HOME"] {
        command.env(name, home);
    }
    let started = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::inherit()).spawn()?;
    let (mut cpu, mut peak) = (0.0_f64, 0.0_f64);
    // What a process took is gone with it: it is read until then.
    while child.try_wait()?.is_none() {
        let figures = Figures::of(child.id());
        cpu = cpu.max(figures.cpu);
        peak = peak.max(figures.peak);
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok([millis(started.elapsed()), cpu, peak])
}

fn floor(place: &Place, kind: &str) -> anyhow::Result<Cost> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--client", kind, "--config"]).arg(&place.config);
    if let Some(context) = place.contexts.first() {
        command.args(["--context", context]);
    }
    timed(command)
}

fn measure() -> anyhow::Result<()> {
    let (clusters, pods, runs) = (number("--clusters", 100), number("--pods", 1_000), number("--runs", 5));
    let scenario = format!("[[cluster]]\nname = \"c\"\ncount = {clusters}\nnodes = 20\npods = {pods}\n");
    let place = Place::of(&scenario)?;
    let home = tempfile::tempdir()?;
    let (mut hello, mut lists, mut ours) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..runs {
        hello.push(floor(&place, "hello")?);
        lists.push(floor(&place, "lists")?);
        ours.push(status(&place, home.path())?);
    }
    say(&format!("status: {clusters} clusters of {pods} pods, medians of {runs} runs in turns"));
    say(&format!("  {:<52} {:>9} {:>9} {:>9}", "", "wall, ms", "CPU, ms", "peak MiB"));
    let middle = |all: &[Cost], index: usize| median(&all.iter().map(|cost| cost[index]).collect::<Vec<_>>());
    for (name, all) in [
        ("floor: connect and say who we are", &hello),
        ("floor: all nodes and pods as protobuf, thrown away", &lists),
        ("status -o json", &ours),
    ] {
        say(&format!("  {name:<52} {:>9.0} {:>9.0} {:>9.1}", middle(all, 0), middle(all, 1), middle(all, 2)));
    }
    say(&format!(
        "  status takes {:.2} times the lists' time and {:.2} times their CPU",
        middle(&ours, 0) / middle(&lists, 0),
        middle(&ours, 1) / middle(&lists, 1)
    ));
    Ok(())
}

fn run() -> anyhow::Result<()> {
    let runtime = runtime(2)?;
    if let Some(folder) = option("--serve") {
        return runtime.block_on(serve(Path::new(&folder)));
    }
    let Some(kind) = option("--client") else { return measure() };
    let config = option("--config").map(PathBuf::from).unwrap_or_default();
    let paths: &[&str] = match kind.as_str() {
        "lists" => &["/api/v1/nodes?resourceVersion=0", "/api/v1/pods?resourceVersion=0"],
        _ => &[],
    };
    runtime.block_on(discard(&config, option("--context"), paths))?;
    say(&format!("{} {}", cpu_ms().unwrap_or(0.0), memory_mib("VmHWM").unwrap_or(0.0)));
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("status: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
