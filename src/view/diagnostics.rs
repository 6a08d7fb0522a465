//! What the program itself is doing: clusters with their connections, reading mode and memory; opening and closing times;
//! the health history of the cluster in front. Must not measure anything.

use super::canvas::Canvas;
use super::scroll::scrolled;
use super::tabs::spoken;
use super::text::{Line, Span, middle, pad, plain};
use super::tone::Tone;
use super::words::{latency, number, span};
use crate::app::cluster::OpenCluster;
use crate::app::state::App;
use crate::model::age::age;
use crate::model::stats::{FleetStats, Latencies};
use crate::model::update::{Link, Reading, ReadingMode};
use ratatui::layout::Rect;

/// Draws the diagnostics, scrolled down by `top` lines but never past their end.
pub fn draw(app: &App, top: usize, area: Rect, canvas: &mut Canvas<'_>) {
    let lines = lines(app, canvas);
    scrolled(lines, top, area, canvas);
}

/// The lines there are.
#[must_use]
pub fn length(app: &App, canvas: &Canvas<'_>) -> usize {
    lines(app, canvas).len()
}

fn lines(app: &App, canvas: &Canvas<'_>) -> Vec<Line> {
    let mut lines = vec![plain("Fleet", Tone::Strong)];
    let bytes: usize = app.fleet.iter().map(|cluster| cluster.tables.bytes()).sum();
    let rows = |name: &str, value: String| -> Line {
        vec![Span::new(pad(name, 22, false), Tone::Dim), Span::new(value, Tone::Text)]
    };
    lines.push(rows("open clusters", number(app.fleet.len())));
    lines.push(rows("selection generation", app.fleet.generation.0.to_string()));
    lines.push(rows(
        "rows in memory",
        format!("{} of {} MB", megabytes(bytes), megabytes(app.settings.memory_budget.0)),
    ));
    lines.push(rows("background refresh", if app.background_off { "off" } else { "on" }.to_owned()));
    if let Some(stats) = &app.stats {
        lines.extend(pipeline(stats).map(|(name, value)| rows(name, value)));
    }
    lines.push(Line::new());
    lines.push(plain(heading(), Tone::Dim));
    lines.extend(app.fleet.iter().map(|cluster| cluster_line(app, cluster, canvas)));
    if let Some(cluster) = app.fleet.active() {
        lines.push(Line::new());
        lines.extend(front(app, cluster, canvas));
    }
    lines
}

/// What the selection pipeline has measured.
fn pipeline(stats: &FleetStats) -> impl Iterator<Item = (&'static str, String)> {
    let took = |of: &Latencies| match (of.p50, of.p95) {
        (Some(p50), Some(p95)) => {
            format!("{} p50, {} p95, of {}", latency(p50), latency(p95), number(of.count as usize))
        }
        _ => "none yet".to_owned(),
    };
    let opened = &stats.opened;
    [
        ("opening took", took(&stats.open)),
        ("closing took", took(&stats.close)),
        (
            "openings came to",
            format!("{} up, {} login failed, {} failed", opened.up, opened.auth_failed, opened.failed),
        ),
        ("jobs", format!("{} queued, {} opening, {} closing", stats.queued, stats.opening, stats.closing)),
        (
            "selections",
            format!("{} superseded, {} cancelled, {} coalesced", stats.superseded, stats.cancelled, stats.coalesced),
        ),
        ("tasks", number(stats.clusters.iter().filter_map(|cluster| cluster.tasks).sum())),
    ]
    .into_iter()
}

fn megabytes(bytes: usize) -> String {
    format!("{:.1}", bytes as f64 / (1024.0 * 1024.0))
}

fn heading() -> String {
    format!(
        "{} {} {} {} {}",
        pad("CLUSTER", 20, false),
        pad("LIFECYCLE", 13, false),
        pad("READ BY", 8, false),
        pad("ROWS", 9, true),
        "  CONNECTION"
    )
}

fn cluster_line(app: &App, cluster: &OpenCluster, canvas: &Canvas<'_>) -> Line {
    let mode = match cluster.mode {
        ReadingMode::Watch => "watch",
        ReadingMode::Survey => "survey",
    };
    let tables = &cluster.tables;
    let rows = [tables.pods.rows().count(), tables.nodes.rows().count(), tables.events.rows().count()];
    let rows = rows.iter().sum::<usize>() + tables.namespaces.rows().count();
    let link = match &cluster.link {
        Link::Connecting => "connecting".to_owned(),
        Link::Plugin { program } => format!("waiting for {program}"),
        Link::Up | Link::Rebuilt if cluster.pulse.misses > 0 => {
            let misses = cluster.pulse.misses;
            format!("up, {misses} heartbeat{} missed", if misses == 1 { "" } else { "s" })
        }
        Link::Up | Link::Rebuilt => match cluster.pulse.last_check {
            Some(at) => format!("up, checked {} ago", span(app.now.since(at))),
            None => "up".to_owned(),
        },
        Link::Rebuilding => "rebuilding".to_owned(),
        Link::Down { failure, auth_attempts: 0, .. } => format!("down: {failure}"),
        Link::Down { failure, auth_attempts, settled, .. } => {
            let settled = if *settled { ", settled" } else { "" };
            format!("down: {failure} (verdict {auth_attempts}{settled})")
        }
    };
    let health = cluster.standing.health;
    let name = middle(&cluster.short_name, 18, canvas.glyphs);
    vec![
        Span::new(format!("{} ", canvas.glyphs.health(health)), health.into()),
        Span::new(pad(&name, 18, false), Tone::Text),
        Span::new(format!(" {}", pad(&cluster.standing.lifecycle.to_string(), 13, false)), Tone::Dim),
        Span::new(format!(" {}", pad(mode, 8, false)), Tone::Dim),
        Span::new(format!(" {}", pad(&number(rows), 9, true)), Tone::Text),
        Span::new(format!("  {link}"), Tone::Dim),
    ]
}

/// How the reading of a kind stands, in a word or a few.
fn reading(reading: &Reading) -> String {
    match reading {
        Reading::Waiting => "first list awaited".to_owned(),
        Reading::Live => "live".to_owned(),
        Reading::Polled(every) => format!("listed every {}", span(*every)),
        Reading::Forbidden(_) => "forbidden".to_owned(),
        Reading::Missing => "not served".to_owned(),
        Reading::Broken { failure, .. } => format!("broken: {failure}"),
    }
}

/// Who we are in the cluster in front, and how its health went.
fn front(app: &App, cluster: &OpenCluster, canvas: &Canvas<'_>) -> Vec<Line> {
    let mut lines = vec![plain(cluster.id.to_string(), Tone::Strong)];
    if let Some(identity) = &cluster.identity {
        let user = identity.user.clone().unwrap_or_else(|| "unknown to us".to_owned());
        let groups =
            if identity.groups.is_empty() { String::new() } else { format!(" ({})", identity.groups.join(", ")) };
        lines.push(plain(format!("{user}{groups} at {}", identity.server), Tone::Text));
    }
    for (kind, state) in cluster.readings.iter() {
        let text = format!("{} for {}", reading(&state.reading), span(app.now.since(state.since)));
        lines.push(plain(format!("{} {text}", pad(kind.plural(), 11, false)), Tone::Dim));
    }
    for (at, change) in cluster.history.iter().rev() {
        let reason = if change.reason.is_empty() { String::new() } else { format!(": {}", change.reason) };
        lines.push(vec![
            Span::new(pad(&format!("{} ago", age(*at, app.now.unix)), 12, false), Tone::Dim),
            Span::new(format!("{} ", canvas.glyphs.health(change.to)), change.to.into()),
            Span::new(format!("{}{reason}", spoken(change.to)), Tone::Text),
        ]);
    }
    lines
}
