//! Many open clusters at rest: processor time, memory, sockets, requests, wake-ups and bytes to the terminal of the
//! program itself, in a terminal of 200 by 60 that shows the Fleet board.
//!
//! The floor of a cluster is what one more costs beside the first: what the program costs by itself is in the first
//! line. All numbers of clusters come to rest side by side, and are looked at one after another. `--clusters 1,10,100`,
//! `--pods 1000`, `--settle 130` and `--window 15` (seconds) change what is measured; 500 clusters have 100 pods each
//! unless `--pods` says otherwise. With `--kubeconfig FILE` the clusters of that file are
//! opened (`--context C`: one of them), and `--settle` has to be long enough for them to load.

mod measure;
mod process;
mod server;
mod terminal;

use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::Duration;

use measure::{Budget, number, option, runtime, say};
use process::{Figures, Work};
use server::{Place, serve};
use terminal::Terminal;
use tokio::time::Instant;

const PROGRAM: &str = env!("CARGO_BIN_EXE_fleet-tui");
/// The longest that all clusters may take to be read.
const PATIENCE: Duration = Duration::from_secs(180);

/// What was found of so many clusters.
struct Found {
    clusters: usize,
    at_rest: Figures,
    work: Work,
    requests: usize,
}

fn pods_of(clusters: usize) -> usize {
    number("--pods", if clusters > 100 { 100 } else { 1_000 })
}

fn scenario(clusters: usize) -> String {
    let pods = pods_of(clusters);
    format!("[[cluster]]\nname = \"c\"\ncount = {clusters}\nnodes = 20\npods = {pods}\n")
}

fn asked(place: &mut Place) -> io::Result<usize> {
    place.server.as_mut().map_or(Ok(0), |server| server.asked().map(|asked| asked.requests))
}

/// The program with so many clusters open.
struct Running {
    clusters: usize,
    place: Place,
    terminal: Terminal,
    /// How long it took until all of them were watched.
    loaded: Duration,
    _home: tempfile::TempDir,
}

fn open(clusters: usize) -> io::Result<Running> {
    let mut place = Place::of(&scenario(clusters))?;
    let home = tempfile::tempdir()?;
    let arguments = place.arguments();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let started = Instant::now();
    let terminal = Terminal::start(Path::new(PROGRAM), &arguments, (200, 60), home.path())?;
    if let Some(server) = &mut place.server {
        while server.asked()?.watches < clusters {
            if started.elapsed() > PATIENCE {
                return Err(io::Error::other("the clusters are not read"));
            }
            sleep(Duration::from_millis(200));
        }
    }
    Ok(Running { clusters, place, terminal, loaded: started.elapsed(), _home: home })
}

fn look(running: Running) -> io::Result<Found> {
    let Running { clusters, mut place, terminal, loaded, _home } = running;
    let requests = asked(&mut place)?;
    let (bytes, before) = (terminal.bytes(), Figures::of(terminal.pid()));
    let began = Instant::now();
    sleep(Duration::from_secs(number("--window", 15) as u64));
    let mut at_rest = Figures::of(terminal.pid());
    let time = began.elapsed();
    let work = at_rest.since(&before, time);
    // One that catches up with its events has one more for as long.
    at_rest.sockets = at_rest.sockets.min(before.sockets);
    let seconds = time.as_secs_f64();
    let (bytes, later) = (terminal.bytes() - bytes, asked(&mut place)?);
    say(&format!(
        "  {clusters:>8} {:>7} {:>8.1} {:>8.1} {:>8.1} {:>8} {:>9} {:>9.1} {:>8.3} {:>8.1} {:>8.0}",
        pods_of(clusters),
        loaded.as_secs_f64(),
        at_rest.memory,
        at_rest.own,
        at_rest.sockets,
        requests,
        later.saturating_sub(requests) as f64 / seconds,
        work.cpu,
        work.wakes,
        bytes as f64 / seconds,
    ));
    Ok(Found { clusters, at_rest, work, requests })
}

/// What each cluster beyond the first cost.
fn compare(one: &Found, many: &Found) {
    let more = many.clusters.saturating_sub(one.clusters) as f64;
    if more <= 0.0 {
        return;
    }
    let per = |of: fn(&Found) -> f64| (of(many) - of(one)) / more;
    say(&format!("\n  one more of {} clusters, {} pods each:", many.clusters, pods_of(many.clusters)));
    Budget::at_most("MiB of memory", per(|found| found.at_rest.own), 1.0).say();
    Budget::at_most("% of a core", per(|found| found.work.cpu), 0.03).say();
    Budget::at_most("sockets", per(|found| found.at_rest.sockets as f64), 3.0).say();
    say(&format!("  requests until it rests: {:.1}", per(|found| found.requests as f64)));
    if many.clusters == 100 {
        Budget::at_most("100 clusters: MiB, all of the program", many.at_rest.memory, 120.0).say();
        Budget::at_most("100 clusters: % of a core", many.work.cpu, 3.0).say();
    }
}

fn measure() -> io::Result<()> {
    say("rest: open clusters at rest, the program itself in a terminal of 200x60");
    say(&format!(
        "  {:>8} {:>7} {:>8} {:>8} {:>8} {:>8} {:>9} {:>9} {:>8} {:>8} {:>8}",
        "clusters",
        "pods",
        "read, s",
        "RSS MiB",
        "own MiB",
        "sockets",
        "requests",
        "then, /s",
        "CPU %",
        "wakes/s",
        "bytes/s"
    ));
    let sizes = option("--clusters").unwrap_or_else(|| "1,10,100,500".to_owned());
    let sizes: Vec<usize> = sizes.split(',').filter_map(|text| text.parse().ok()).collect();
    let sizes = if option("--kubeconfig").is_some() { vec![0] } else { sizes };
    let running = sizes.into_iter().map(open).collect::<io::Result<Vec<_>>>()?;
    sleep(Duration::from_secs(number("--settle", 130) as u64));
    let found = running.into_iter().map(look).collect::<io::Result<Vec<_>>>()?;
    if let Some((one, others)) = found.split_first() {
        for many in others {
            compare(one, many);
        }
    }
    Ok(())
}

fn run() -> anyhow::Result<()> {
    if let Some(folder) = option("--serve") {
        return runtime(2)?.block_on(serve(Path::new(&folder)));
    }
    Ok(measure()?)
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("rest: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
