//! What a frame costs: conclusions, order, projection and painting, at three sizes of the terminal and of the table.
//!
//! No network and no terminal: rows come as deltas, bytes go into a counter. All figures are milliseconds, the median
//! and the 99th percentile; the floor is ratatui painting the same number of plain cells.
//! `--pods 10000,100000` and `--runs 101` change what is measured.

#[path = "../support/fleet.rs"]
#[allow(dead_code, clippy::unwrap_used, reason = "shared with the tests")]
mod fleet;
mod measure;
#[path = "../support/screen.rs"]
mod screen;

use std::io;
use std::sync::{Arc, mpsc};
use std::thread;

use fleet::{Stage, UNIX, crashing, node, pod};
use fleet_tui::app::cluster::OpenCluster;
use fleet_tui::model::ids::Uid;
use fleet_tui::model::kind::Kind;
use fleet_tui::model::pod::PodRow;
use fleet_tui::model::update::{Delta, Reading, Scope, Update};
use fleet_tui::render::surface::Surface;
use fleet_tui::table::engine::{AnyTable as _, Table};
use fleet_tui::table::query::Query;
use fleet_tui::view::glyphs::Glyphs;
use fleet_tui::view::{heights, project};
use measure::{median, memory_mib, millis, option, quantile, say, times};
use ratatui::Terminal;
use ratatui::widgets::Paragraph;
use screen::Screen;
use tokio::time::Instant;

const SIZES: [(u16, u16); 3] = [(80, 24), (200, 60), (300, 80)];
/// Rows changed before each frame of the busy case: more than a second's worth of a busy cluster.
const CHANGED: usize = 500;

/// Pods that come and as many that go before each frame of another: a second's worth.
const REPLACED: usize = 100;

/// Pods of many namespaces in no order, one in a thousand of them crashing.
fn rows(count: usize) -> Vec<PodRow> {
    let mut random = fastrand::Rng::with_seed(7);
    let namespaces: Vec<String> = (0..60).map(|index| format!("team-{index:02}")).collect();
    let nodes: Vec<Arc<str>> = (0..200).map(|index| Arc::from(format!("ip-10-20-{index}-66.internal"))).collect();
    (0..count)
        .map(|index| {
            let namespace = &namespaces[random.usize(..namespaces.len())];
            let name = format!("service-{:03}-{:08x}-{index:06}", random.u16(..400), random.u32(..));
            let made = if index % 1_000 == 7 { crashing(namespace, &name) } else { pod(namespace, &name) };
            PodRow { node: nodes[random.usize(..nodes.len())].clone(), ..made }
        })
        .collect()
}

fn changed(all: &[PodRow], random: &mut fastrand::Rng) -> Update {
    let rows = (0..CHANGED)
        .map(|_| {
            let row = &all[random.usize(..all.len())];
            PodRow { restarts: random.u32(..50), ..row.clone() }
        })
        .collect();
    delta(rows, Vec::new())
}

/// So many updates in which pods come all over the table, and those of the update before go.
fn replaced(all: &[PodRow], updates: usize, random: &mut fastrand::Rng) -> Vec<Update> {
    let mut gone = Vec::new();
    let update = |number: usize| {
        let name = |row: &PodRow| format!("{}-{number}", row.name);
        let rows = (0..REPLACED).map(|_| &all[random.usize(..all.len())]).map(|row| pod(&row.namespace, &name(row)));
        let rows: Vec<PodRow> = rows.collect();
        let uids = rows.iter().map(|row| row.uid).collect();
        delta(rows, std::mem::replace(&mut gone, uids))
    };
    let mut updates: Vec<Update> = (0..updates).map(update).collect();
    // They are taken from the end.
    updates.reverse();
    updates
}

fn delta(rows: Vec<PodRow>, gone: Vec<Uid>) -> Update {
    Update::Pods(Delta { scope: Scope::Cluster, restart: false, rows, gone, complete: false })
}

/// A table of these rows in order. They come a few at a time, as from a cluster: what all of them at once would leave to
/// the allocator is not the table's.
fn kept(all: &[PodRow]) -> Table<PodRow> {
    let mut table = Table::default();
    for rows in all.chunks(CHANGED) {
        let rows = rows.to_vec();
        table.apply(Delta { scope: Scope::Cluster, restart: false, rows, gone: Vec::new(), complete: false });
    }
    table.refresh(&Query::all::<PodRow>(), UNIX);
    table
}

fn stage(all: &[PodRow], size: (u16, u16)) -> Stage {
    let mut stage = Stage::open(&["prod"], size);
    stage.serve("prod", all.to_vec(), (0..200).map(|index| node(&format!("node-{index}"), true)).collect());
    stage.update("prod", Update::Reading(Kind::Pods, Reading::Live));
    stage.app.screen = fleet_tui::app::state::Screen::Cluster;
    stage
}

fn line(name: &str, values: &[f64], floor: f64) {
    let (middle, worst) = (median(values), quantile(values, 0.99));
    say(&format!("  {name:<34} {middle:>9.3} {worst:>9.3} {:>8.1}x", middle / floor));
}

fn measured(all: &[PodRow], size: (u16, u16), runs: usize) -> io::Result<()> {
    let mut stage = stage(all, size);
    let mut screen = Screen::new(size)?;
    let first = screen.frame(&mut stage);
    let pods = all.len();
    say(&format!("\n{pods} pods at {}x{} (first frame {first} bytes)", size.0, size.1));
    say(&format!("  {:<34} {:>9} {:>9} {:>9}", "ms per frame", "p50", "p99", "floor"));
    let floor = floor(size, runs)?;
    line("floor: ratatui paints plain text", &floor, median(&floor));
    let floor = median(&floor);

    let mut bytes = 0;
    let same = times(runs, || bytes += screen.frame(&mut stage));
    line("nothing changed", &same, floor);
    say(&format!("  {:<34} {bytes:>9} bytes in {runs} frames", "  written meanwhile"));

    let mut down = true;
    let mut bytes = 0;
    let moved = times(runs, || {
        let key = if down { "j" } else { "k" };
        down = !down;
        stage.tell(key_message(key));
        bytes += screen.frame(&mut stage);
    });
    line("selection moves, key to bytes", &moved, floor);
    say(&format!("  {:<34} {:>9} bytes a frame", "  written meanwhile", bytes / runs as u64));

    let mut random = fastrand::Rng::with_seed(11);
    let mut updates: Vec<Update> = (0..runs).map(|_| changed(all, &mut random)).collect();
    let mut bytes = 0;
    let busy = times(runs, || {
        if let Some(update) = updates.pop() {
            apply(&mut stage, update);
        }
        bytes += screen.frame(&mut stage);
    });
    line("500 rows changed", &busy, floor);
    say(&format!("  {:<34} {:>9} bytes a frame", "  written meanwhile", bytes / runs as u64));

    let mut updates = replaced(all, runs, &mut random);
    let busy = times(runs, || {
        if let Some(update) = updates.pop() {
            apply(&mut stage, update);
        }
        screen.frame(&mut stage);
    });
    line("100 pods come, 100 go", &busy, floor);

    let mut updates: Vec<Update> = (0..runs).map(|_| changed(all, &mut random)).collect();
    let parts = times(runs, || {
        if let Some(update) = updates.pop() {
            apply(&mut stage, update);
        }
    });
    line("  of which: taking the rows in", &parts, floor);
    parts_of_a_frame(&mut stage, all, runs, floor);
    Ok(())
}

fn parts_of_a_frame(stage: &mut Stage, all: &[PodRow], runs: usize, floor: f64) {
    let mut random = fastrand::Rng::with_seed(13);
    let (mut conclude, mut projected) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        let update = changed(all, &mut random);
        apply(stage, update);
        conclude.extend(times(1, || drop(stage.app.conclude())));
        stage.app.prepare(heights(&stage.app));
        projected.extend(times(1, || drop(project(&stage.app, &Glyphs::UNICODE))));
    }
    line("  of which: conclusions", &conclude, floor);
    line("  of which: projection", &projected, floor);
    settle(stage);
    for (name, ask) in [("another order", invert as fn(&mut Stage)), ("another filter", refine)] {
        whole_table(stage, name, ask, runs.min(15), floor);
    }
}

/// Does what the changes before have left to be done beside the loop, as the dashboard would have by now.
fn settle(stage: &mut Stage) {
    for work in stage.app.take_work() {
        let mut messages = Vec::new();
        work.run(|message| messages.push(message));
        let now = stage.now();
        for message in messages {
            drop(stage.app.update(message, &now));
        }
    }
}

fn invert(stage: &mut Stage) {
    if let Some(cluster) = stage.app.fleet.active_mut() {
        let sort = &mut cluster.view.kind_view_mut().query.sort;
        sort.descending = !sort.descending;
    }
}

fn refine(stage: &mut Stage) {
    if let Some(cluster) = stage.app.fleet.active_mut() {
        let text = &mut cluster.view.kind_view_mut().query.text;
        *text = if text == "service-1" { "service restarts<90".to_owned() } else { "service-1".to_owned() };
    }
}

/// Another question to the whole table: what it costs the loop, and when it is answered; beside it what it would cost
/// to answer it on the loop. The busy case sorts while rows change, on another thread as the dashboard does.
fn whole_table(stage: &mut Stage, name: &str, ask: fn(&mut Stage), runs: usize, floor: f64) {
    let (mut loop_ms, mut first, mut whole, mut alone) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..runs {
        ask(stage);
        let started = Instant::now();
        stage.app.prepare(heights(&stage.app));
        let mut spent = started.elapsed();
        let work = stage.app.take_work();
        let (sender, answers) = mpsc::channel();
        let worker = thread::spawn(move || {
            for work in work {
                work.run(|message| drop(sender.send(message)));
            }
        });
        let mut shown = None;
        while let Ok(message) = answers.recv() {
            let taken = Instant::now();
            let now = stage.now();
            drop(stage.app.update(message, &now));
            stage.app.prepare(heights(&stage.app));
            spent = spent.max(taken.elapsed());
            shown.get_or_insert_with(|| started.elapsed());
        }
        drop(worker.join());
        loop_ms.push(millis(spent));
        first.push(millis(shown.unwrap_or(spent)));
        whole.push(millis(started.elapsed()));
        ask(stage);
        alone.extend(times(1, || {
            let now = stage.now().unix;
            if let Some(cluster) = stage.app.fleet.active_mut() {
                let query = cluster.view.kind_view().query.clone();
                cluster.tables.of_mut(&Kind::Pods).refresh(&query, now);
            }
        }));
        stage.app.prepare(heights(&stage.app));
    }
    line(&format!("{name}: the longest turn of the loop"), &loop_ms, floor);
    line("  the first window after", &first, floor);
    line("  the whole table after", &whole, floor);
    line("  had it been done on the loop", &alone, floor);
}

/// Takes an update in as the event loop does, without concluding yet.
fn apply(stage: &mut Stage, update: Update) {
    use fleet_tui::app::message::Message;
    use fleet_tui::model::ids::ClusterId;
    use fleet_tui::model::update::Envelope;
    let cluster = ClusterId::new("config:prod");
    let generation = stage.app.fleet.get(&cluster).map(|open| open.generation).unwrap_or_default();
    let now = stage.now();
    drop(stage.app.update(Message::Update(Envelope { cluster, generation, update }), &now));
}

fn key_message(name: &str) -> fleet_tui::app::message::Message {
    use fleet_tui::app::input::{Input, Key};
    let key = name.chars().next().map(Key::char);
    fleet_tui::app::message::Message::Input(key.map_or(Input::FocusGained, Input::Key))
}

/// ratatui with a screenful of plain text that changes in one line a frame.
fn floor(size: (u16, u16), runs: usize) -> io::Result<Vec<f64>> {
    let mut terminal = Terminal::new(Surface::new(io::sink(), screen::size_of(size)))?;
    let text = vec!["x".repeat(usize::from(size.0)); usize::from(size.1)];
    let mut count = 0_usize;
    Ok(times(runs, || {
        count += 1;
        let mut lines = text.clone();
        if let Some(last) = lines.last_mut() {
            *last = count.to_string();
        }
        let paragraph = Paragraph::new(lines.join("\n"));
        drop(terminal.draw(|frame| frame.render_widget(paragraph, frame.area())));
    }))
}

fn main() -> io::Result<()> {
    let runs = option("--runs").and_then(|text| text.parse().ok()).unwrap_or(101);
    let counts = option("--pods").unwrap_or_else(|| "10000,100000".to_owned());
    say("frame: what a frame costs, from the state to the bytes");
    for count in counts.split(',').filter_map(|text| text.parse().ok()) {
        let before = memory_mib("VmRSS");
        let all = rows(count);
        let spare = memory_mib("VmRSS");
        let kept = kept(&all);
        if let (Some(before), Some(spare), Some(after)) = (before, spare, memory_mib("VmRSS")) {
            let per_row = |mib: f64| mib * 1_048_576.0 / count as f64;
            say(&format!(
                "\n{count} pods in a table: {:.0} bytes a row with all indexes and its order, {:.0} by its own count; \
                 the rows alone {:.0}",
                per_row(after - spare),
                kept.bytes() as f64 / count as f64,
                per_row(spare - before)
            ));
        }
        drop(kept);
        let held = |cluster: &OpenCluster| cluster.tables.pods.rows().count();
        if stage(&all, (80, 24)).app.fleet.active().map(held) != Some(count) {
            return Err(io::Error::other("the table does not show the pods"));
        }
        for size in SIZES {
            measured(&all, size, runs)?;
        }
    }
    Ok(())
}
