//! From a key to the frame that answers it, while ten clusters load and one of them stalls in the middle of its list,
//! while they churn, and when the terminal takes its bytes slowly.
//!
//! The servers run in a process of their own; the client is the whole dashboard but for the terminal. A key waits
//! until the one before it is answered. `--clusters 10`, `--pods 5000` and `--keys 200` change what is measured.

mod headless;
mod measure;
mod server;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use fleet_tui::app::input::Key;
use fleet_tui::app::state::{App, Screen};
use fleet_tui::model::kind::Kind;
use fleet_tui::model::update::Reading;
use headless::{Answer, Headless};
use measure::{cpu_ms, median, memory_mib, millis, option, quantile, say};
use server::{Server, serve};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

/// A terminal that tells when it is written to, and may take its time for it.
struct Tap {
    written: mpsc::Sender<Instant>,
    pause: Duration,
}

impl Write for Tap {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Full means that nobody waits for a byte now.
        let _ = self.written.try_send(Instant::now());
        if !self.pause.is_zero() {
            std::thread::sleep(self.pause);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is measured: while everything loads, or once it has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    Loading,
    Live,
}

fn loaded(app: &App) -> usize {
    let live = |state: Option<&fleet_tui::app::readings::ReadingState>| {
        state.is_some_and(|state| matches!(state.reading, Reading::Live))
    };
    app.fleet.iter().filter(|cluster| live(cluster.readings.get(&Kind::Pods))).count()
}

/// Presses keys one after another and prints how long their frames and bytes took.
async fn press(server: &Server, name: &str, when: When, keys: usize, wanted: usize, pause: Duration) -> io::Result<()> {
    let (written, bytes) = mpsc::channel(1_024);
    let (mut dashboard, hand) = Headless::start(server.config(), Vec::new(), Tap { written, pause })?;
    if when == When::Live {
        let all = timeout(Duration::from_secs(60), dashboard.live(|app, _| loaded(app) >= wanted)).await;
        all.map_err(|_| io::Error::other("the clusters do not load"))?;
        // The first one may stall: the last one has rows to move about in.
        let last = dashboard.app.fleet.len().saturating_sub(1);
        dashboard.app.fleet.activate(last);
        dashboard.app.screen = Screen::Cluster;
    }
    let (answered, answers) = mpsc::channel(1);
    let presser = tokio::spawn(presser(hand, answers, bytes, keys));
    let (cpu, started) = (cpu_ms().unwrap_or(0.0), Instant::now());
    let mut done = 0;
    dashboard
        .live(|app, answer| {
            // Whichever tab is open first is in front: it is loading like the others.
            if let Some(answer) = answer {
                done += 1;
                let _ = answered.try_send(answer);
            }
            done >= keys || (when == When::Loading && done > 0 && loaded(app) >= wanted)
        })
        .await;
    let wall = millis(started.elapsed());
    let cpu = cpu_ms().unwrap_or(0.0) - cpu;
    drop(answered);
    let (frames, shown) = presser.await.map_err(io::Error::other)?;
    let of = |values: &[f64]| {
        format!("{:>7.2} {:>7.2} {:>7.2}", median(values), quantile(values, 0.99), quantile(values, 1.0))
    };
    say(&format!(
        "  {name:<44} {:>5} {} {} {:>6.0}% {:>7.1}",
        frames.len(),
        of(&frames),
        of(&shown),
        cpu / wall * 100.0,
        memory_mib("VmRSS").unwrap_or(0.0)
    ));
    Ok(())
}

/// Returns the milliseconds from each key to the picture handed over, and to the first byte after that.
async fn presser(
    hand: mpsc::Sender<Key>,
    mut answers: mpsc::Receiver<Answer>,
    mut bytes: mpsc::Receiver<Instant>,
    keys: usize,
) -> (Vec<f64>, Vec<f64>) {
    let (mut frames, mut shown) = (Vec::new(), Vec::new());
    for number in 0..keys {
        // Uneven, so that keys fall anywhere between two frames.
        sleep(Duration::from_millis(3 + number as u64 * 7 % 11)).await;
        while bytes.try_recv().is_ok() {}
        let pressed = Instant::now();
        let key = Key::char(if number % 2 == 0 { 'j' } else { 'k' });
        if hand.send(key).await.is_err() {
            break;
        }
        let Some(Answer { ready, changed }) = answers.recv().await else { break };
        frames.push(millis(ready - pressed));
        if changed && let Some(first) = first_byte(&mut bytes, ready).await {
            shown.push(millis(first - pressed));
        }
    }
    (frames, shown)
}

/// Waits for the first write that begins after the picture was handed over, for as long as one may take.
async fn first_byte(bytes: &mut mpsc::Receiver<Instant>, after: Instant) -> Option<Instant> {
    let wait = async {
        loop {
            match bytes.recv().await {
                Some(at) if at < after => {}
                other => return other,
            }
        }
    };
    timeout(Duration::from_millis(250), wait).await.ok().flatten()
}

fn scenario(clusters: usize, pods: usize, stalled: bool, churn: f64) -> String {
    let cluster = |number| {
        let fault = if stalled && number == 0 {
            "[[cluster.fault]]\nkind = \"stall\"\nat = \"mid-body\"\non = \"lists\"\n"
        } else {
            ""
        };
        format!(
            "[[cluster]]\nname = \"c{number:02}\"\nnodes = 40\npods = {pods}\nlatency = \"20ms\"\n\
             [cluster.churn]\nreplacements = {churn}\nevents = {churn}\n{fault}"
        )
    };
    (0..clusters).map(cluster).collect::<Vec<_>>().concat()
}

fn number(name: &str, otherwise: usize) -> usize {
    option(name).and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

async fn measure() -> io::Result<()> {
    let (clusters, pods, keys) = (number("--clusters", 10), number("--pods", 5_000), number("--keys", 200));
    say(&format!("fleet: {clusters} clusters of {pods} pods, 200x60, milliseconds from a key"));
    say(&format!(
        "  {:<44} {:>5} {:>23} {:>23} {:>7} {:>7}",
        "p50, p99, worst", "keys", "to the picture", "to the first byte", "CPU", "MiB"
    ));
    let quick = Duration::ZERO;
    let server = Server::start(&scenario(clusters, pods, true, 0.0))?;
    // The clusters that do not stall, and one more that never comes: keys go on until all of theirs are pressed.
    press(&server, "loading, one stalled in its list", When::Loading, keys, clusters, quick).await?;
    press(&server, "all others loaded, one stalled", When::Live, keys, clusters.saturating_sub(1), quick).await?;
    drop(server);
    let server = Server::start(&scenario(clusters, pods, false, 0.0))?;
    press(&server, "loading, none stalled", When::Loading, keys, clusters, quick).await?;
    press(&server, "loaded and quiet", When::Live, keys, clusters, quick).await?;
    press(&server, "loaded, 20 ms for each write", When::Live, keys, clusters, Duration::from_millis(20)).await?;
    drop(server);
    let server = Server::start(&scenario(clusters, pods, false, 300.0))?;
    press(&server, "loaded, churning", When::Live, keys, clusters, quick).await
}

fn run() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    match option("--serve") {
        Some(folder) => runtime.block_on(serve(Path::new(&folder))),
        None => Ok(runtime.block_on(measure())?),
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("fleet: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
