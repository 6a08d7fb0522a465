//! The overview of a cluster: who we are there, what is wrong, what there is and what is asked of it, who takes most.
//!
//! One column, or two where there is room. Must not count anything: that is `app::overview`.

mod capacity;
mod lists;

use std::time::Duration;

use ratatui::layout::Rect;

use super::canvas::{Canvas, Ground};
use super::layout::Regions;
use super::text::{Line, Span, plain};
use super::tone::Tone;
use super::words::span;
use crate::app::cluster::OpenCluster;
use crate::app::cursor::Cursor;
use crate::app::overview::{ItemKey, Lead, Section};
use crate::app::pages::selected_item;
use crate::app::pointer::Target;
use crate::app::state::App;
use crate::model::amount::{bytes, cores};
use crate::model::kind::Kind;
use crate::model::update::Reading;
use crate::model::usage::Usage;

/// From this width on the lists stand in two columns.
const TWO_FROM: u16 = 110;
/// Cells between the columns.
const BETWEEN: u16 = 3;
/// Cells before each line: the pointer.
const MARGIN: u16 = 3;
/// Figures this young are not worth an age.
const FRESH: Duration = Duration::from_secs(15);
/// Lines kept in view below the selected one.
const BELOW: usize = 2;

/// One line of the page.
struct Row {
    line: Line,
    /// The item it stands for, by its place among all.
    item: Option<usize>,
}

impl Row {
    fn of(line: Line) -> Self {
        Self { line, item: None }
    }

    fn note(text: impl Into<String>) -> Self {
        Self::of(plain(text.into(), Tone::Dim))
    }
}

/// Draws the page.
pub fn draw(app: &App, cluster: &OpenCluster, cursor: &Cursor<ItemKey>, regions: &Regions, canvas: &mut Canvas<'_>) {
    canvas.hit(regions.content, Target::Table);
    let content = regions.content;
    title(app, cluster, Rect { height: 1, ..content }, canvas);
    let area = Rect { y: content.y + 1, height: content.height.saturating_sub(1), ..content };
    let room = usize::from(area.width.saturating_sub(MARGIN + 1));
    let mut whole = identity(cluster);
    whole.extend(lists::section(app, cluster, Section::Trouble, room, canvas));
    whole.extend(capacity::rows(app, cluster, room, canvas));
    let two = area.width >= TWO_FROM;
    let half = (area.width.saturating_sub(BETWEEN)) / 2;
    let room = if two { usize::from(half.saturating_sub(MARGIN)) } else { room };
    let list = |sections: &[Section]| -> Vec<Row> {
        sections.iter().flat_map(|section| lists::section(app, cluster, *section, room, canvas)).collect()
    };
    let (left, right) = if two {
        let left = [Section::Nodes, Section::Workloads, Section::Pods];
        (list(&left), list(&[Section::Cpu, Section::Memory, Section::Warnings]))
    } else {
        (list(Section::ALL.get(1..).unwrap_or_default()), Vec::new())
    };
    let below = whole.len();
    let lines = below + left.len().max(right.len());
    let selected = selected_line(&whole, &left, &right, cursor.index);
    let top = scrolled(selected, lines, usize::from(area.height));
    let place = |rows: Vec<Row>, first: usize, x: u16, width: u16, canvas: &mut Canvas<'_>| {
        for (number, row) in rows.into_iter().enumerate() {
            let Some(y) = (first + number).checked_sub(top).filter(|y| *y < usize::from(area.height)) else { continue };
            let at = Rect { x, y: area.y + y as u16, width, height: 1 };
            let is_selected = row.item == Some(cursor.index);
            let pointer = if is_selected { canvas.glyphs.pointer } else { " " };
            let mut line = vec![Span::new(format!(" {pointer} "), Tone::Accent)];
            line.extend(row.line);
            canvas.on(at, line, if is_selected { Ground::Selected } else { Ground::Bare });
            if let Some(item) = row.item {
                canvas.hit(at, Target::PageRow(item));
            }
        }
    };
    place(whole, 0, area.x, area.width, canvas);
    place(left, below, area.x, if two { half } else { area.width }, canvas);
    place(right, below, area.x + half + BETWEEN, area.width.saturating_sub(half + BETWEEN), canvas);
}

fn selected_line(whole: &[Row], left: &[Row], right: &[Row], index: usize) -> usize {
    let find = |rows: &[Row]| rows.iter().position(|row| row.item == Some(index));
    find(whole).or_else(|| find(left).or_else(|| find(right)).map(|line| whole.len() + line)).unwrap_or(0)
}

/// The first line on screen: the top as long as the selected line is in view from there.
fn scrolled(selected: usize, lines: usize, height: usize) -> usize {
    let wanted = (selected + 1 + BELOW).saturating_sub(height);
    wanted.min(lines.saturating_sub(height))
}

fn title(app: &App, cluster: &OpenCluster, row: Rect, canvas: &mut Canvas<'_>) {
    let left = vec![Span::new(" OVERVIEW", Tone::Accent), Span::new(format!("  {}", cluster.name), Tone::Strong)];
    let mut right = Line::new();
    if let Some(since) = cluster.stale_since(&Kind::Pods, &app.settings, &app.now) {
        right.push(Span::new(format!("stale {} ", span(app.now.since(since))), Tone::Degraded));
    } else {
        let (text, tone) = measured(app, cluster);
        right.push(Span::new(format!("{text} "), tone));
    }
    canvas.bar(row, left, right);
}

/// How old the figures are, or why there are none.
fn measured(app: &App, cluster: &OpenCluster) -> (String, Tone) {
    let old = |kind: &Kind| cluster.figures_stale_for(kind, &app.settings, &app.now);
    let stale = old(&Kind::Nodes).or_else(|| old(&Kind::Pods));
    let at = cluster.metering.nodes.or(cluster.metering.pods);
    match (stale, at, &cluster.usage, cluster.metering.no_pods) {
        (Some(age), ..) => (format!("metrics {} old", span(age)), Tone::Degraded),
        // What is as fresh as it gets needs no words.
        (None, Some(at), ..) if app.now.since(at) <= FRESH => (String::new(), Tone::Dim),
        (None, Some(at), ..) => (format!("measured {} ago", span(app.now.since(at))), Tone::Dim),
        (None, None, Some((Usage::Absent(why), _)), _) => ((*why).to_owned(), Tone::Dim),
        (None, None, None, Some(why)) => (why.to_owned(), Tone::Dim),
        _ => ("not measured yet".to_owned(), Tone::Faint),
    }
}

/// Who we are, where, and what serves us.
fn identity(cluster: &OpenCluster) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut row = |facts: Vec<(&str, String)>| {
        let mut line = Line::new();
        for (name, value) in facts.into_iter().filter(|(_, value)| !value.is_empty()) {
            line.push(Span::new(format!("{}{name} ", if line.is_empty() { "" } else { "   " }), Tone::Dim));
            line.push(Span::new(value, Tone::Text));
        }
        rows.push(Row::of(line));
    };
    let Some(identity) = &cluster.identity else {
        row(vec![("user", "not known yet".to_owned())]);
        return rows;
    };
    let user = identity.user.clone().unwrap_or_else(|| "the server does not say".to_owned());
    row(vec![("user", user), ("groups", identity.groups.join(", "))]);
    let version = cluster.version.clone().unwrap_or_default();
    let namespace = identity.namespace.clone().unwrap_or_default();
    row(vec![("server", identity.server.clone()), ("version", version), ("namespace", namespace)]);
    rows
}

/// Why nothing is known of a kind; `None` if something is.
fn unknown(cluster: &OpenCluster, kind: &Kind) -> Option<String> {
    if cluster.has_rows(kind) {
        return None;
    }
    let name = kind.plural();
    Some(match cluster.readings.get(kind).map(|state| &state.reading) {
        Some(Reading::Forbidden(_)) => format!("{name} may not be listed here"),
        Some(Reading::Missing) => format!("this server has no {name}"),
        Some(Reading::Broken { .. }) => format!("{name} cannot be read at the moment"),
        _ if cluster.is_cut_off() => format!("{name} could not be read yet"),
        _ => format!("{name} are being read"),
    })
}

/// The line about what is selected.
#[must_use]
pub fn explain(app: &App, cluster: &OpenCluster) -> Line {
    let Some(item) = selected_item(cluster) else { return Line::new() };
    let (name, text) = match &item.lead {
        Lead::Entry(key) => {
            let entry = cluster.attention.entries.iter().find(|entry| entry.key() == *key);
            (key.1.clone(), entry.map(|entry| entry.reason.clone()).unwrap_or_default())
        }
        Lead::Attention => ("Attention".to_owned(), "all that needs a person, worst first".to_owned()),
        Lead::Node(uid) => node(cluster, *uid, app),
        Lead::Pod(uid) => pod(cluster, *uid),
        Lead::Table(kind) => (kind.plural().to_owned(), "Enter lists them".to_owned()),
        Lead::Warnings(reason) => {
            let folded = cluster.overview.warnings.iter().find(|folded| folded.reason == *reason);
            let text = folded.map(|folded| format!("{}: {}", folded.object, folded.message)).unwrap_or_default();
            (reason.to_string(), text)
        }
    };
    vec![Span::new(format!(" {name}"), Tone::Strong), Span::new(format!("  {text}"), Tone::Text)]
}

fn node(cluster: &OpenCluster, uid: crate::model::ids::Uid, app: &App) -> (String, String) {
    let Some(node) = cluster.tables.nodes.get(uid) else { return (String::new(), String::new()) };
    let unwell = node.unwell.as_deref().filter(|unwell| unwell.is_at(app.now.unix));
    let has = [node.allocatable.cpu.get().map(|cpu| format!("{} cores", cores(u64::from(cpu))))]
        .into_iter()
        .chain([node.allocatable.memory.get().map(|memory| bytes(u64::from(memory)))])
        .flatten();
    let has: Vec<String> = has.collect();
    let text = unwell.map_or_else(|| node.status.to_string(), |unwell| unwell.reason.to_string());
    (node.name.to_string(), format!("{text}, {}", has.join(", ")))
}

fn pod(cluster: &OpenCluster, uid: crate::model::ids::Uid) -> (String, String) {
    let Some(pod) = cluster.tables.pods.get(uid) else { return (String::new(), String::new()) };
    let written = |amount: crate::model::amount::Amount, write: fn(u64) -> String| {
        amount.get().map_or_else(|| "none".to_owned(), |amount| write(u64::from(amount)))
    };
    let (requests, limits) = (pod.requests, pod.limits);
    let text = format!(
        "asks for CPU {} and memory {}, limits {} and {}, on {}",
        written(requests.cpu, cores),
        written(requests.memory, bytes),
        written(limits.cpu, cores),
        written(limits.memory, bytes),
        pod.node
    );
    (format!("{}/{}", pod.namespace, pod.name), text)
}
