//! The Fleet board: one row per open cluster, worst first. Honest: unknown is shown as unknown, old values with their
//! age, and every sick row says what happens next.

use std::time::Duration;

use ratatui::layout::Rect;

use super::canvas::{Canvas, Ground};
use super::columns::{GAP, Room, Slot, fit};
use super::empty;
use super::layout::Regions;
use super::narrowed::{self, Finder};
use super::text::{Line, Span, end, middle, pad, plain, width};
use super::tone::Tone;
use super::words::{latency, loading, next_step, number, span, sparkline};
use crate::app::cluster::OpenCluster;
use crate::app::columns::Arrangement;
use crate::app::pointer::Target;
use crate::app::reading::survey_stale;
use crate::app::state::App;
use crate::model::health::Health;
use crate::model::kind::Kind;
use crate::model::usage::{Shares, Usage};
use crate::table::cell::Column;

const CLUSTER: usize = 0;
const STATE: usize = 1;
const VERSION: usize = 2;
const NODES: usize = 3;
const PODS: usize = 4;
const PENDING: usize = 5;
const UNWELL: usize = 6;
const WARNINGS: usize = 7;
const CPU: usize = 8;
const MEMORY: usize = 9;
const LATENCY: usize = 10;
const SINCE: usize = 11;

const COLUMNS: &[Column] = &[
    Column::text("CLUSTER", 0, 30).shrinking(14),
    Column::text("STATE", 0, 64).shrinking(46).squeezing(24),
    Column::text("VERSION", 4, 18).shrinking(8),
    Column::number("NODES", 2, 11),
    Column::number("PODS", 1, 9),
    Column::number("PEND", 6, 7),
    Column::number("UNWELL", 1, 8),
    Column::number("WARN", 5, 8),
    Column::number("CPU", 4, 6),
    Column::number("MEM", 4, 6),
    Column::text("LATENCY", 3, 18),
    Column::number("SINCE", 2, 7),
];
/// Stands for a value that was never learned, until the set of signs is known.
const NOT_MEASURED: &str = "·";
/// Cells of the sparkline.
const BEATS: usize = 10;
/// Cells of the latency beside it.
const MILLIS: usize = 7;

/// Draws the board.
pub fn draw(app: &App, regions: &Regions, canvas: &mut Canvas<'_>) {
    canvas.rule(regions.top_rule);
    title(app, regions, canvas);
    let ids = app.board_rows();
    let clusters: Vec<&OpenCluster> = ids.iter().filter_map(|id| app.fleet.get(id)).collect();
    let contents: Vec<u16> = (0..COLUMNS.len())
        .map(|column| clusters.iter().map(|cluster| natural(cluster, column, app)).max().unwrap_or(0))
        .collect();
    let room = Room { width: regions.body.width.saturating_sub(6), wide: false, scrolled: 0 };
    let mut slots = fit(&Arrangement::default().arrange(COLUMNS, false, 0), &contents, room).slots;
    stretch(&mut slots, room.width);
    heading(&slots, regions, canvas);
    let rows = regions.board_rows();
    let cursor = &app.fleet.board;
    let narrow = &app.fleet.narrow;
    if !narrow.text().is_empty() && app.board_clusters().is_empty() {
        empty::told(&narrowed::nothing("cluster", narrow, canvas.glyphs), regions, canvas);
        return;
    }
    let mut finder = Finder::new(narrow);
    let roomy = fits_in_two_lines(&clusters, app, rows.height);
    let mut y = rows.y;
    for (index, cluster) in clusters.iter().enumerate().skip(cursor.top) {
        if y >= rows.bottom() {
            break;
        }
        let selected = index == cursor.index;
        let second = if roomy { second_line(cluster, app) } else { None };
        let area = Rect { y, height: 1 + u16::from(second.is_some()), ..rows };
        canvas.hit(area.intersection(rows), Target::BoardRow(cluster.id.clone()));
        let ground = if selected { Ground::Selected } else { Ground::Bare };
        canvas.on(Rect { y, height: 1, ..rows }, row(cluster, &slots, selected, app, &mut finder, canvas), ground);
        y += 1;
        if let Some(text) = second.filter(|_| y < rows.bottom()) {
            let indent = slots.first().map_or(0, |slot| usize::from(slot.width + GAP)) + 5;
            let room = usize::from(rows.width).saturating_sub(indent + 1);
            let text = format!("{}{}", " ".repeat(indent), end(&text, room, canvas.glyphs));
            canvas.on(Rect { y, height: 1, ..rows }, plain(text, Tone::Dim), ground);
            y += 1;
        }
    }
    if app.fleet.folded && y < rows.bottom() {
        canvas.line(Rect { y, height: 1, ..rows }, folded(app, canvas));
    }
}

/// The filter and how many clusters it shows, in the rule above.
fn title(app: &App, regions: &Regions, canvas: &mut Canvas<'_>) {
    let rule = regions.top_rule;
    let room = usize::from(rule.width) / 2;
    let told = narrowed::told(&app.fleet.narrow, app.board_clusters().len(), room, canvas.glyphs);
    if !told.is_empty() {
        let all = Span::new(format!("of {} ", number(app.fleet.len())), Tone::Dim);
        let line: Line = std::iter::once(Span::new(" ", Tone::Text)).chain(told).chain([all]).collect();
        let cells = width(&line) as u16;
        canvas.line(Rect { x: rule.right().saturating_sub(cells + 2), width: cells, ..rule }, line);
    }
}

/// The line about the selected cluster: its whole reason and what happens next.
#[must_use]
pub fn explain(app: &App) -> Line {
    let Some(cluster) = app.fleet.board.key.as_ref().and_then(|id| app.fleet.get(id)) else { return Line::new() };
    let mut line = vec![Span::new(format!(" {}", cluster.name), Tone::Strong)];
    let standing = &cluster.standing;
    let reason =
        if standing.reason.is_empty() { super::tabs::spoken(standing.health) } else { standing.reason.clone() };
    line.push(Span::new(format!("  {reason}"), Tone::Text));
    if let Some(text) = second_line(cluster, app) {
        line.push(Span::new(format!("; {text}"), Tone::Dim));
    }
    line.extend(
        metrics(cluster, app)
            .into_iter()
            .chain(switched_off(cluster))
            .map(|text| Span::new(format!("; {text}"), Tone::Dim)),
    );
    line
}

/// How old the shares of CPU and memory are, or why there are none.
fn metrics(cluster: &OpenCluster, app: &App) -> Option<String> {
    match cluster.usage.as_ref()? {
        (Usage::Measured(_), at) => Some(format!("metrics of {} ago", span(app.now.since(*at)))),
        (Usage::Absent(why), _) => Some((*why).to_owned()),
    }
}

/// Which questions of its surveys a person has switched off.
fn switched_off(cluster: &OpenCluster) -> Option<String> {
    let (survey, _) = cluster.surveyed.as_ref().filter(|(survey, _)| !survey.off.is_empty())?;
    let names: Vec<&str> = survey.off.iter().map(|probe| probe.name()).collect();
    Some(format!("not asked for: {}", names.join(", ")))
}

/// Gives what room is left to the flexible column, so that the numbers stand at the right edge.
fn stretch(slots: &mut [Slot], room: u16) {
    let used: u16 = slots.iter().map(|slot| slot.width).sum::<u16>() + GAP * (slots.len() as u16).saturating_sub(1);
    if let Some(slot) = slots.iter_mut().find(|slot| slot.column == STATE) {
        slot.width += room.saturating_sub(used);
    }
}

fn heading(slots: &[Slot], regions: &Regions, canvas: &mut Canvas<'_>) {
    let mut line = vec![Span::new("     ", Tone::Text)];
    for (place, slot) in slots.iter().enumerate() {
        let Some(column) = COLUMNS.get(slot.column) else { continue };
        line.push(Span::new(" ".repeat(if place > 0 { usize::from(GAP) } else { 0 }), Tone::Text));
        line.push(Span::new(pad(&column.title, usize::from(slot.width), column.right), Tone::Dim));
    }
    canvas.line(Rect { height: 1, ..regions.body }, line);
}

fn row(
    cluster: &OpenCluster,
    slots: &[Slot],
    selected: bool,
    app: &App,
    finder: &mut Finder<'_>,
    canvas: &Canvas<'_>,
) -> Line {
    let health = cluster.standing.health;
    let pointer = if selected { canvas.glyphs.pointer } else { " " };
    let mut line =
        vec![Span::new(format!(" {pointer} "), Tone::Accent), Span::new(canvas.glyphs.health(health), health.into())];
    line.push(Span::new(" ", Tone::Text));
    for (place, slot) in slots.iter().enumerate() {
        let Some(column) = COLUMNS.get(slot.column) else { continue };
        line.push(Span::new(" ".repeat(if place > 0 { usize::from(GAP) } else { 0 }), Tone::Text));
        let cells = usize::from(slot.width);
        if slot.column == LATENCY {
            line.extend(latency_cell(cluster, cells, canvas));
        } else {
            let (text, tone) = cell(cluster, slot.column, app);
            let text = if text == NOT_MEASURED { canvas.glyphs.dot.to_owned() } else { text };
            let cut = if slot.column == STATE {
                end(&text, cells, canvas.glyphs)
            } else {
                middle(&text, cells, canvas.glyphs)
            };
            let text = pad(&cut, cells, column.right);
            match slot.column {
                CLUSTER | STATE | VERSION => line.extend(finder.mark(&text, tone)),
                _ => line.push(Span::new(text, tone)),
            }
        }
    }
    line
}

fn natural(cluster: &OpenCluster, column: usize, app: &App) -> u16 {
    if column == LATENCY {
        return (BEATS + 1 + MILLIS) as u16;
    }
    let most = COLUMNS.get(column).map_or(0, |about| about.max);
    (crate::model::visible::cells(&cell(cluster, column, app).0) as u16).min(most)
}

/// Whether values are as the cluster last told them, before it stopped answering or its rows were given back; or a survey of
/// long ago.
fn old(cluster: &OpenCluster, app: &App) -> bool {
    let stale =
        |at| !cluster.unsurveyed() && survey_stale(app.now.since(at), cluster.settings(&app.settings).survey_interval);
    cluster.surveyed.as_ref().is_some_and(|(_, at)| stale(*at))
        || matches!(cluster.standing.health, Health::Unhealthy | Health::AuthFailed)
        || cluster.pulse.misses > 0
        || cluster.keeps_counts()
}

/// A value; in parentheses when it is the last one known, `·` when it was never learned.
fn known(cluster: &OpenCluster, app: &App, value: Option<String>) -> (String, Tone) {
    match value {
        None => (NOT_MEASURED.to_owned(), Tone::Faint),
        Some(value) if old(cluster, app) => (format!("({value})"), Tone::Stale),
        Some(value) => (value, Tone::Text),
    }
}

fn cell(cluster: &OpenCluster, column: usize, app: &App) -> (String, Tone) {
    let (summary, standing) = (&cluster.summary, &cluster.standing);
    let pods_read = cluster.knows(&Kind::Pods);
    // A count that is zero when all is well.
    let quiet = |read: bool, count: usize, tone: Tone| match known(cluster, app, read.then(|| number(count))) {
        (text, Tone::Text) => (text, if count == 0 { Tone::Faint } else { tone }),
        old_or_unknown => old_or_unknown,
    };
    match column {
        CLUSTER => {
            (cluster.short_name.clone(), if standing.health == Health::Healthy { Tone::Text } else { Tone::Strong })
        }
        STATE => state(cluster, app),
        VERSION => match &cluster.version {
            Some(version) => (version.clone(), if old(cluster, app) { Tone::Stale } else { Tone::Dim }),
            None => known(cluster, app, None),
        },
        NODES => {
            let nodes = cluster.knows(&Kind::Nodes);
            let (text, tone) = known(cluster, app, nodes.then(|| format!("{}/{}", summary.nodes_ready, summary.nodes)));
            let short = summary.nodes_ready < summary.nodes && !old(cluster, app);
            (text, if short { Tone::Warning } else { tone })
        }
        // Those that have not ended well, whoever counted them: a survey asks for no others.
        PODS => known(cluster, app, pods_read.then(|| number(summary.pods - summary.succeeded))),
        PENDING => quiet(pods_read, summary.pending, Tone::Text),
        UNWELL => quiet(pods_read, summary.unwell_pods, Tone::Warning),
        WARNINGS => quiet(cluster.knows(&Kind::Events), summary.warnings, Tone::Dim),
        CPU => load(cluster, app, |shares| shares.cpu),
        MEMORY => load(cluster, app, |shares| shares.memory),
        SINCE => (span(app.now.since(standing.since)), Tone::Dim),
        _ => (String::new(), Tone::Text),
    }
}

/// A share of the capacity; as an old value once it is older than two looks at the metrics of a cluster behind.
fn load(cluster: &OpenCluster, app: &App, which: impl Fn(Shares) -> Option<u32>) -> (String, Tone) {
    let Some((shares, at)) = cluster.load() else { return known(cluster, app, None) };
    let Some(text) = which(shares).map(|share| format!("{share}%")) else { return known(cluster, app, None) };
    if survey_stale(app.now.since(at), cluster.settings(&app.settings).survey_interval) {
        return (format!("({text})"), Tone::Stale);
    }
    let (text, tone) = known(cluster, app, Some(text));
    (text, if tone == Tone::Text { Tone::Dim } else { tone })
}

/// The state in words: the reason where there is one, else the health word, with what is being loaded.
fn state(cluster: &OpenCluster, app: &App) -> (String, Tone) {
    let standing = &cluster.standing;
    let word = match standing.health {
        Health::Unknown => next_step(cluster, app).map_or_else(|| standing.reason.clone(), |step| step.to_string()),
        Health::Healthy => super::tabs::spoken(standing.health),
        _ => standing.reason.clone(),
    };
    let surveyed = cluster.surveyed.as_ref().map(|(_, at)| {
        if cluster.unsurveyed() {
            "surveys are off".to_owned()
        } else {
            format!("surveyed {} ago", span(app.now.since(*at)))
        }
    });
    let text = match loading(cluster, &app.now).or(surveyed) {
        Some(text) => format!("{word}, {text}"),
        None => word,
    };
    (text, standing.health.into())
}

fn latency_cell(cluster: &OpenCluster, cells: usize, canvas: &Canvas<'_>) -> Line {
    let beats = BEATS.min(cells.saturating_sub(MILLIS + 1));
    let mut line = sparkline(&cluster.pulse, beats, canvas.glyphs);
    let text = cluster.pulse.latency().map_or_else(|| canvas.glyphs.dot.to_owned(), latency);
    let room = cells.saturating_sub(width(&line));
    line.push(Span::new(pad(&text, room, true), Tone::Dim));
    line
}

/// What a sick row says below itself: when it last answered, and what happens next.
fn second_line(cluster: &OpenCluster, app: &App) -> Option<String> {
    let now = &app.now;
    if cluster.withheld.is_some() && cluster.standing.health == Health::Warning {
        return Some("the old login goes on".to_owned());
    }
    if !matches!(cluster.standing.health, Health::Unhealthy | Health::AuthFailed | Health::Degraded) {
        return None;
    }
    let mut facts: Vec<String> = next_step(cluster, app).iter().map(ToString::to_string).collect();
    if let Some((_, at)) = cluster.pulse.last_success {
        facts.push(format!("last answer {} ago", span(Duration::from_secs(at.seconds_until(now.unix).max(0) as u64))));
    }
    if matches!(cluster.standing.health, Health::AuthFailed | Health::Unhealthy) && cluster.retry_at.is_some() {
        facts.push("R tries now".to_owned());
    }
    (!facts.is_empty()).then(|| facts.join(", "))
}

/// Where all rows fit with their second lines they have them; else the selected one's is in the line at the bottom.
fn fits_in_two_lines(clusters: &[&OpenCluster], app: &App, height: u16) -> bool {
    let lines: usize = clusters.iter().map(|cluster| 1 + usize::from(second_line(cluster, app).is_some())).sum();
    lines + usize::from(app.fleet.folded) <= usize::from(height)
}

fn folded(app: &App, canvas: &Canvas<'_>) -> Line {
    let admitted = app.board_clusters();
    let well = || admitted.iter().filter(|cluster| cluster.standing.health == Health::Healthy);
    let mut line = vec![Span::new("   ", Tone::Text)];
    for cluster in well() {
        line.push(Span::new(format!("{} ", canvas.glyphs.healthy), Tone::Healthy));
        line.push(Span::new(format!("{}  ", cluster.short_name), Tone::Dim));
    }
    let text = if well().next().is_some() { "all well (folded)" } else { "none is well" };
    line.push(Span::new(text, Tone::Faint));
    line
}
