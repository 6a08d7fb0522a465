//! From a key to the frame that answers it, while ten clusters load and one of them stalls in the middle of its list,
//! while they churn, and when the terminal takes its bytes slowly; then in one large cluster, quiet and busy.
//!
//! The servers run in a process and on processors of their own, as in life; the client is the whole dashboard but for the
//! terminal. A key waits until the one before it is answered. `own p99` is that of the picture without what the loop, ready
//! to go on, had to wait for a processor; `turn` is the longest that the loop was on one in one go.
//! `--clusters 10`, `--pods 5000`, `--keys 200` and `--rows 10000,100000` change what is measured. With `--kubeconfig FILE` the clusters of that file are measured, as they are.

mod headless;
mod measure;
mod server;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use fleet_tui::app::input::Key;
use fleet_tui::app::state::{App, Screen};
use fleet_tui::model::kind::Kind;
use fleet_tui::model::update::Reading;
use headless::{Answer, Headless};
use measure::{
    Budget, cpu_ms, keep_to, median, memory_mib, millis, number, option, quantile, runtime, say, share_processors,
};
use server::{Place, Server, serve};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

/// How long a slow terminal takes for a write.
const SLOW_MS: u64 = 20;

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

/// Milliseconds from each key to the picture handed over, those less what the loop had to wait for a processor, and to
/// the first byte.
#[derive(Default)]
struct Pressed {
    frames: Vec<f64>,
    own: Vec<f64>,
    shown: Vec<f64>,
}

/// Where and when keys are pressed.
struct Scene<'a> {
    name: &'a str,
    config: PathBuf,
    contexts: Vec<String>,
    when: When,
    keys: usize,
    /// How many clusters have to be loaded before, or end it.
    wanted: usize,
    /// How long the terminal takes for each write.
    pause: Duration,
    /// Changes of rows in a second that are meant to come; the servers first make up for the time they took to begin.
    rate: Option<usize>,
}

/// Waits until rows change about as often as they are meant to.
async fn settle(dashboard: &mut Headless, rate: usize) {
    const WINDOW: Duration = Duration::from_secs(2);
    for _ in 0..30 {
        let (before, end) = (dashboard.changes, Instant::now() + WINDOW);
        dashboard.live(|_, _| Instant::now() >= end).await;
        let most = 1.25 * rate as f64 + 5.0;
        if (dashboard.changes - before) as f64 <= most * WINDOW.as_secs_f64() {
            return;
        }
    }
    say("  the servers do not come to rest");
}

/// Presses keys one after another and prints how long their frames and bytes took.
async fn press(scene: Scene<'_>) -> io::Result<Pressed> {
    let Scene { name, config, contexts, when, keys, wanted, pause, rate } = scene;
    let (written, bytes) = mpsc::channel(1_024);
    let (mut dashboard, hand) = Headless::start(config, contexts, Tap { written, pause })?;
    if when == When::Live {
        let all = timeout(Duration::from_secs(120), dashboard.live(|app, _| loaded(app) >= wanted)).await;
        all.map_err(|_| io::Error::other("the clusters do not load"))?;
        // The first one may stall: the last one has rows to move about in.
        let last = dashboard.app.fleet.len().saturating_sub(1);
        dashboard.app.fleet.activate(last);
        dashboard.app.screen = Screen::Cluster;
    }
    if let Some(rate) = rate {
        settle(&mut dashboard, rate).await;
    }
    let (answered, answers) = mpsc::channel(1);
    // On a thread of its own, as a person is: a loop that is busy must not keep keys from being pressed.
    let fingers = runtime(0)?;
    let presser = std::thread::spawn(move || fingers.block_on(presser(hand, answers, bytes, keys)));
    dashboard.longest = 0.0;
    let (cpu, started, before) = (cpu_ms().unwrap_or(0.0), Instant::now(), dashboard.changes);
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
    let pressed = presser.join().map_err(|_| io::Error::other("nobody pressed keys any more"))?;
    let of = |values: &[f64]| {
        format!("{:>7.2} {:>7.2} {:>7.2}", median(values), quantile(values, 0.99), quantile(values, 1.0))
    };
    say(&format!(
        "  {name:<44} {:>5} {} {:>7.2} {} {:>6.0}% {:>7.1} {:>7.0} {:>7.2}",
        pressed.frames.len(),
        of(&pressed.frames),
        quantile(&pressed.own, 0.99),
        of(&pressed.shown),
        cpu / wall * 100.0,
        memory_mib("VmRSS").unwrap_or(0.0),
        (dashboard.changes - before) as f64 / (wall / 1e3),
        dashboard.longest
    ));
    Ok(pressed)
}

async fn presser(
    hand: mpsc::Sender<Key>,
    mut answers: mpsc::Receiver<Answer>,
    mut bytes: mpsc::Receiver<Instant>,
    keys: usize,
) -> Pressed {
    let mut found = Pressed::default();
    for number in 0..keys {
        // Uneven, so that keys fall anywhere between two frames.
        sleep(Duration::from_millis(3 + number as u64 * 7 % 11)).await;
        while bytes.try_recv().is_ok() {}
        let pressed = Instant::now();
        let key = Key::char(if number % 2 == 0 { 'j' } else { 'k' });
        if hand.send(key).await.is_err() {
            break;
        }
        let Some(Answer { ready, changed, queued }) = answers.recv().await else { break };
        let taken = millis(ready - pressed);
        found.frames.push(taken);
        found.own.push((taken - queued).max(0.0));
        if changed && let Some(first) = first_byte(&mut bytes, ready).await {
            found.shown.push(millis(first - pressed));
        }
    }
    found
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

fn heading(text: &str) {
    say(&format!("\n{text}, 200x60, milliseconds from a key"));
    say(&format!(
        "  {:<44} {:>5} {:>23} {:>7} {:>23} {:>7} {:>7} {:>7} {:>7}",
        "p50, p99, worst", "keys", "to the picture", "own p99", "to the first byte", "CPU", "MiB", "rows/s", "turn"
    ));
}

/// Many clusters: loading, stalled, churning, and a slow terminal.
async fn many() -> io::Result<()> {
    let (clusters, pods, keys) = (number("--clusters", 10), number("--pods", 5_000), number("--keys", 200));
    heading(&format!("{clusters} clusters of {pods} pods"));
    let on = |server: &Server, name, when, wanted, pause| {
        press(Scene { name, config: server.config(), contexts: Vec::new(), when, keys, wanted, pause, rate: None })
    };
    let quick = Duration::ZERO;
    let server = Server::start(&scenario(clusters, pods, true, 0.0))?;
    // The clusters that do not stall, and one more that never comes: keys go on until all of theirs are pressed.
    on(&server, "loading, one stalled in its list", When::Loading, clusters, quick).await?;
    on(&server, "all others loaded, one stalled", When::Live, clusters.saturating_sub(1), quick).await?;
    drop(server);
    let server = Server::start(&scenario(clusters, pods, false, 0.0))?;
    on(&server, "loading, none stalled", When::Loading, clusters, quick).await?;
    on(&server, "loaded and quiet", When::Live, clusters, quick).await?;
    on(&server, "loaded, 20 ms for each write", When::Live, clusters, Duration::from_millis(20)).await?;
    drop(server);
    let server = Server::start(&scenario(clusters, pods, false, 300.0))?;
    on(&server, "loaded, churning", When::Live, clusters, quick).await?;
    Ok(())
}

/// One cluster of so many rows, quiet and with about so many changes a second.
async fn one(rows: usize, changes: usize) -> io::Result<()> {
    let keys = number("--keys", 200);
    heading(&format!("one cluster of {rows} pods"));
    let on = async |name: &str, rate: usize, pause| {
        // One pod replaced and one that has a mishap are about six changes of rows.
        let server = Server::start(&scenario(1, rows, false, rate as f64 * 60.0 / 5.6))?;
        let (config, rate) = (server.config(), Some(rate));
        press(Scene { name, config, contexts: Vec::new(), when: When::Live, keys, wanted: 1, pause, rate }).await
    };
    let quiet = on("quiet", 0, Duration::ZERO).await?;
    let busy = on(&format!("about {changes} changes a second"), changes, Duration::ZERO).await?;
    on(&format!("the same, {SLOW_MS} ms for each write"), changes, Duration::from_millis(SLOW_MS)).await?;
    let p99 = |values: &[f64]| quantile(values, 0.99);
    if rows <= 10_000 {
        for (name, found) in [("quiet", &quiet), ("busy", &busy)] {
            Budget::at_most(&format!("{name}: key to screen, p50, ms"), median(&found.shown), 1.5).say();
            Budget::at_most(&format!("{name}: key to screen, p99, ms"), p99(&found.shown), 5.0).say();
        }
    } else {
        Budget::at_most("busy: key to frame, p99, ms", p99(&busy.frames), 16.0).say();
        Budget::at_most("busy: key to frame, p99, times quiet", p99(&busy.frames) / p99(&quiet.frames), 2.0).say();
        let own = p99(&busy.own) / p99(&quiet.own);
        Budget::at_most("  the same without waiting for a processor", own, 2.0).say();
    }
    Ok(())
}

async fn measure() -> io::Result<()> {
    if option("--kubeconfig").is_some() {
        heading("the clusters of a kubeconfig");
        let Place { config, contexts, .. } = Place::of("")?;
        let (when, keys, pause) = (When::Live, number("--keys", 200), Duration::ZERO);
        let wanted = number("--clusters", 1);
        let scene = Scene { name: "loaded", config, contexts, when, keys, wanted, pause, rate: None };
        return press(scene).await.map(drop);
    }
    many().await?;
    let rows = option("--rows").unwrap_or_else(|| "10000,100000".to_owned());
    for rows in rows.split(',').filter_map(|text| text.parse().ok()) {
        one(rows, if rows > 10_000 { 1_000 } else { 80 }).await?;
    }
    Ok(())
}

fn run() -> anyhow::Result<()> {
    if let Some(folder) = option("--serve") {
        if let Some(processors) = option("--processors") {
            keep_to(&processors);
        }
        return runtime(2)?.block_on(serve(Path::new(&folder)));
    }
    // Real servers are elsewhere: the client then has all processors there are.
    if option("--kubeconfig").is_none() {
        match share_processors() {
            0 => say("client and servers on the same processors: keys wait for the servers, too"),
            count => say(&format!("client and servers on {count} processors each")),
        }
    }
    // As the program itself is run.
    Ok(runtime(1)?.block_on(measure())?)
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
