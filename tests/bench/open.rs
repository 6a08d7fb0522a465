//! Opening one cluster: time to the first rows and to the whole table, processor time and peak memory, against the
//! same requests read by kube's own client and thrown away.
//!
//! The server and every client run in processes of their own. With `--kubeconfig FILE --context NAME` a real cluster
//! is measured instead of the embedded one; `--pods 1000,10000,100000` and `--runs 5` change what is measured.

mod headless;
mod measure;
mod server;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::Duration;

use fleet_tui::app::state::{App, Screen};
use fleet_tui::cluster::connect::Target;
use fleet_tui::cluster::connection::Connection;
use fleet_tui::cluster::limits::Limits;
use fleet_tui::cluster::outlet::Outlet;
use fleet_tui::cluster::project::pod::Pod;
use fleet_tui::cluster::reader::{self, ReadLimits, ReaderContext, ScopePlan};
use fleet_tui::cluster::supervisor;
use fleet_tui::fleet::lanes::Lanes;
use fleet_tui::model::ids::{ClusterId, Generation};
use fleet_tui::model::kind::Kind;
use fleet_tui::model::pod::PodRow;
use fleet_tui::model::update::{Reading, Update};
use fleet_tui::table::engine::Table;
use headless::Headless;
use http::{Request, header};
use http_body_util::BodyExt as _;
use kube::Config;
use kube::client::Body;
use kube::config::{KubeConfigOptions, Kubeconfig};
use measure::{cpu_ms, median, memory_mib, millis, option, runtime, say};
use server::{Server, serve};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";
const PROTOBUF_STREAM: &str = "application/vnd.kubernetes.protobuf;stream=watch";
const JSON: &str = "application/json";
const LIST: &str = "/api/v1/pods?resourceVersion=0";
const STREAM: &str = "/api/v1/pods?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan\
                      &resourceVersion=0&allowWatchBookmarks=true&timeoutSeconds=60";
/// What the bookmark at the end of a streaming list carries.
const END: &[u8] = b"k8s.io/initial-events-end";

/// What one client found; milliseconds and MiB.
#[derive(Clone, Copy, Debug, Default)]
struct Result {
    connected: f64,
    first: f64,
    full: f64,
    cpu: f64,
    peak: f64,
    mebibytes: f64,
    rows: f64,
}

impl Result {
    fn print(&self) {
        let Self { connected, first, full, cpu, peak, mebibytes, rows } = self;
        say(&format!("{connected} {first} {full} {cpu} {peak} {mebibytes} {rows}"));
    }

    fn read(text: &str) -> Option<Self> {
        let values: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let [connected, first, full, cpu, peak, mebibytes, rows] = values.try_into().ok()?;
        Some(Self { connected, first, full, cpu, peak, mebibytes, rows })
    }

    fn middle(all: &[Self]) -> Self {
        let of = |field: fn(&Self) -> f64| median(&all.iter().map(field).collect::<Vec<_>>());
        Self {
            connected: of(|one| one.connected),
            first: of(|one| one.first),
            full: of(|one| one.full),
            cpu: of(|one| one.cpu),
            peak: of(|one| one.peak),
            mebibytes: of(|one| one.mebibytes),
            rows: of(|one| one.rows),
        }
    }

    fn finish(mut self, started: Instant) -> Self {
        self.full = millis(started.elapsed());
        self.cpu = cpu_ms().unwrap_or(0.0);
        self.peak = memory_mib("VmHWM").unwrap_or(0.0);
        self
    }
}

/// The whole program but for the terminal, from its start to the picture of the whole table.
async fn whole(config: &Path, context: &str) -> anyhow::Result<Result> {
    let started = Instant::now();
    let mut result = Result::default();
    let contexts = vec![context.to_owned()];
    let (mut dashboard, _keys) = Headless::start(config.to_owned(), contexts, std::io::sink())?;
    dashboard.app.screen = Screen::Cluster;
    let watch = |app: &App, _| {
        let Some(cluster) = app.fleet.active() else { return false };
        result.rows = cluster.tables.pods.rows().count() as f64;
        if result.rows > 0.0 && result.first == 0.0 {
            result.first = millis(started.elapsed());
        }
        if cluster.established && result.connected == 0.0 {
            result.connected = millis(started.elapsed());
        }
        matches!(cluster.readings.get(&Kind::Pods).map(|state| &state.reading), Some(Reading::Live))
            && result.rows > 0.0
    };
    tokio::time::timeout(Duration::from_secs(120), dashboard.live(watch)).await?;
    Ok(result.finish(started))
}

async fn connect(path: PathBuf, context: String) -> anyhow::Result<Connection> {
    let target = Target { id: ClusterId::new("bench:a"), path, context };
    match supervisor::check(target, Limits::default()).await {
        Ok((connection, _)) => Ok(connection),
        Err(failure) => Err(anyhow::anyhow!("{}", failure.summary)),
    }
}

/// The reader of pods and their table alone.
async fn pods(config: &Path, context: &str) -> anyhow::Result<Result> {
    let started = Instant::now();
    let lanes = Lanes::start(1)?;
    let place = lanes.place();
    let connecting = connect(config.to_owned(), context.to_owned());
    let connection = place.within(|| tokio::spawn(connecting)).await??;
    let mut result = Result { connected: millis(started.elapsed()), ..Result::default() };
    let (sender, mut updates) = mpsc::channel(256);
    let (_scopes, scopes) = watch::channel(ScopePlan::default());
    let (_kick, kick) = watch::channel(0);
    let outlet = Outlet::new(ClusterId::new("bench:a"), Generation(1), sender);
    let (_refresh, refresh) = watch::channel((0, None));
    let limits = ReadLimits::default();
    let context = ReaderContext { connection, outlet, scopes, kick, refresh, rest: None, wanted: None, limits };
    drop(place.within(|| tokio::spawn(reader::run::<Pod>(context))));
    let mut table: Table<PodRow> = Table::default();
    while let Some(envelope) = updates.recv().await {
        let Update::Pods(delta) = envelope.update else { continue };
        let complete = delta.complete;
        if result.first == 0.0 && !delta.rows.is_empty() {
            result.first = millis(started.elapsed());
        }
        table.apply(delta);
        if complete {
            break;
        }
    }
    result.rows = table.rows().count() as f64;
    Ok(result.finish(started))
}

/// The floor: kube's own client, whose buffers are as large as it likes, sends the same request and throws the answer away.
async fn discard(config: PathBuf, context: String, path: &'static str, accept: &'static str) -> anyhow::Result<Result> {
    let started = Instant::now();
    let options = KubeConfigOptions { context: Some(context), ..KubeConfigOptions::default() };
    let config = Config::from_custom_kubeconfig(Kubeconfig::read_from(config)?, &options).await?;
    let client = kube::Client::try_from(config)?;
    client.apiserver_version().await?;
    let mut result = Result { connected: millis(started.elapsed()), ..Result::default() };
    let request = Request::get(path).header(header::ACCEPT, accept);
    let request = if path == STREAM { request.header(header::ACCEPT_ENCODING, "identity") } else { request };
    let mut body = client.send(request.body(Body::empty())?).await?.into_body();
    let mut tail: Vec<u8> = Vec::new();
    // A quick search: the floor must not pay for looking where its end is.
    let end = memchr::memmem::Finder::new(END);
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        if result.first == 0.0 {
            result.first = millis(started.elapsed());
        }
        bytes += data.len();
        if path == STREAM {
            // The mark is near the end of the last chunk, or cut in two.
            tail.drain(..tail.len().saturating_sub(END.len()));
            tail.extend_from_slice(&data[data.len().saturating_sub(2_048)..]);
            if end.find(&tail).is_some() {
                break;
            }
        }
    }
    result.mebibytes = bytes as f64 / 1_048_576.0;
    Ok(result.finish(started))
}

async fn client(kind: &str, config: &Path, context: &str) -> anyhow::Result<Result> {
    let (path, accept) = match kind {
        "whole" => return whole(config, context).await,
        "pods" => return pods(config, context).await,
        "floor-stream" => (STREAM, PROTOBUF_STREAM),
        "floor-list" => (LIST, PROTOBUF),
        "floor-json" => (LIST, JSON),
        other => anyhow::bail!("no client {other}"),
    };
    // On one thread, as the reader: that costs either of them less than two do.
    let lanes = Lanes::start(1)?;
    let work = discard(config.to_owned(), context.to_owned(), path, accept);
    lanes.place().within(|| tokio::spawn(work)).await?
}

/// Runs one client in a process of its own.
fn in_process(kind: &str, config: &Path, context: &str) -> anyhow::Result<Result> {
    let output = Command::new(std::env::current_exe()?)
        .args(["--client", kind, "--config"])
        .arg(config)
        .args(["--name", context])
        .stderr(std::process::Stdio::inherit())
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Result::read(&text).ok_or_else(|| anyhow::anyhow!("the client {kind} said {text:?}"))
}

/// Measures clients in turns, so that a disturbance meets all of them, and prints their medians.
fn table(title: &str, config: &Path, context: &str, kinds: &[(&str, &str)], runs: usize) -> anyhow::Result<()> {
    let mut found: BTreeMap<&str, Vec<Result>> = BTreeMap::new();
    for _ in 0..runs {
        for (kind, _) in kinds {
            found.entry(kind).or_default().push(in_process(kind, config, context)?);
        }
    }
    let found: BTreeMap<&str, Result> = found.iter().map(|(kind, all)| (*kind, Result::middle(all))).collect();
    say(&format!("\n{title}"));
    say(&format!(
        "  {:<44} {:>8} {:>8} {:>8} {:>8} {:>8} {:>7} {:>7} {:>7}",
        "ms, MiB; ratios to the floor above", "connect", "first", "full", "CPU", "peak", "MiB", "x full", "x CPU"
    ));
    let mut floor = Result::default();
    for (kind, name) in kinds {
        let Some(one) = found.get(kind) else { continue };
        if kind.starts_with("floor") {
            floor = *one;
        }
        let Result { connected, first, full, cpu, peak, mebibytes, .. } = *one;
        say(&format!(
            "  {name:<44} {connected:>8.1} {first:>8.1} {full:>8.1} {cpu:>8.1} {peak:>8.1} {mebibytes:>7.1} {:>7.2} {:>7.2}",
            full / floor.full,
            cpu / floor.cpu
        ));
    }
    Ok(())
}

fn scenario(pods: u32, capabilities: &str) -> String {
    let nodes = (pods / 50).clamp(3, 2_000);
    format!("[[cluster]]\nname = \"bench\"\nnodes = {nodes}\npods = {pods}\n{capabilities}")
}

const STREAMED: &[(&str, &str)] = &[
    ("floor-json", "floor: JSON list, thrown away"),
    ("floor-list", "floor: protobuf list, thrown away"),
    ("floor-stream", "floor: protobuf streaming list, thrown away"),
    ("pods", "pods into their table"),
    ("whole", "all kinds, state, frames (200x60)"),
];
const LISTED: &[(&str, &str)] = &[
    ("floor-list", "floor: protobuf list, thrown away"),
    ("pods", "pods into their table"),
    ("whole", "all kinds, state, frames (200x60)"),
];
const AS_JSON: &[(&str, &str)] = &[
    ("floor-json", "floor: JSON list, thrown away"),
    ("pods", "pods into their table"),
    ("whole", "all kinds, state, frames (200x60)"),
];

fn measure_all() -> anyhow::Result<()> {
    let runs = option("--runs").and_then(|text| text.parse().ok()).unwrap_or(5);
    say(&format!("open: from nothing to the whole table of pods, medians of {runs} runs, one process each"));
    if let Some(config) = option("--kubeconfig") {
        let context = option("--context").ok_or_else(|| anyhow::anyhow!("--kubeconfig needs --context"))?;
        return table(&format!("context {context}"), Path::new(&config), &context, STREAMED, runs);
    }
    let counts = option("--pods").unwrap_or_else(|| "1000,10000,100000".to_owned());
    for pods in counts.split(',').filter_map(|text| text.parse().ok()) {
        let server = Server::start(&scenario(pods, ""))?;
        table(&format!("{pods} pods, streaming list, protobuf"), &server.config(), "bench", STREAMED, runs)?;
        drop(server);
        if pods <= 10_000 {
            let server = Server::start(&scenario(pods, "capabilities = { streaming_lists = false }\n"))?;
            table(&format!("{pods} pods, list then watch, protobuf"), &server.config(), "bench", LISTED, runs)?;
            drop(server);
            let old = "capabilities = { streaming_lists = false, protobuf = false }\n";
            let server = Server::start(&scenario(pods, old))?;
            table(&format!("{pods} pods, list then watch, JSON"), &server.config(), "bench", AS_JSON, runs)?;
        }
    }
    Ok(())
}

fn run() -> anyhow::Result<()> {
    if let Some(folder) = option("--serve") {
        return runtime(2)?.block_on(serve(Path::new(&folder)));
    }
    let Some(kind) = option("--client") else { return measure_all() };
    let config = option("--config").map(PathBuf::from).unwrap_or_default();
    let name = Arc::<str>::from(option("--name").unwrap_or_default());
    // As the program itself is run.
    let result = runtime(1)?.block_on(client(&kind, &config, &name))?;
    result.print();
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("open: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
