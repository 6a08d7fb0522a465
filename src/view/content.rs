//! The table of the cluster in front: title with counts and state, heading, visible rows, or why there are none.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use ratatui::layout::Rect;

use super::canvas::{Canvas, Ground};
use super::columns::{Fitted, GAP, Room, SENTENCE, Slot, fit};
use super::empty;
use super::glyphs::Glyphs;
use super::heading::{arranged, heading, room};
use super::layout::Regions;
use super::text::{Line, Span, end, marked, name, pad, plain};
use super::tone::Tone;
use super::words::{number, span};

use crate::app::cluster::OpenCluster;
use crate::app::kinds;
use crate::app::picked::{Picked, Stand};
use crate::app::pointer::Target;
use crate::app::state::App;
use crate::app::tab::{KindView, Pane};
use crate::model::age::stamp;
use crate::model::kind::Kind;
use crate::model::subset::Selectors;
use crate::model::update::Reading;
use crate::model::visible::cells;
use crate::table::cell::{Cell, Column, Metered, UNKNOWN, Weight};
use crate::table::engine::AnyTable;
use crate::table::filter::Scratch;

/// The part of the screen's width that selected namespaces take up at most.
const NAMESPACES: usize = 4;
/// Cells that a selector takes up at most in the title.
const SELECTION: usize = 40;
/// From then on it is said that the rows are not those that were asked for yet.
const SLOW_ANSWER: Duration = Duration::from_millis(500);
/// Marked rows that are looked for among those shown: in every frame, so no more of them.
const COUNTED: usize = 256;
/// Cells of a title from which on both the last selector and the next one are told.
const BOTH: usize = 80;

/// Draws the table.
pub fn draw(app: &App, cluster: &OpenCluster, regions: &Regions, canvas: &mut Canvas<'_>) {
    let kind = cluster.view.kind();
    canvas.hit(regions.content, Target::Table);
    title(app, cluster, regions, canvas);
    let table = cluster.tables.of(kind);
    if table.is_empty() {
        empty::no_rows(app, cluster, kind, regions, canvas);
        return;
    }
    let fitted = fitted(cluster, regions);
    heading(cluster, table, &fitted, regions, canvas);
    rows(app, cluster, table, &fitted.slots, regions, canvas);
}

/// The columns of the table on screen that there is room for.
pub fn fitted(cluster: &OpenCluster, regions: &Regions) -> Fitted {
    let view = cluster.view.kind_view();
    let room = Room { width: room(regions), wide: cluster.view.wide, scrolled: view.scrolled };
    fit(&arranged(cluster), &view.widths, room)
}

/// Names every kind with its count, the one on screen first to the eye; on the right what narrows or ages the rows.
fn title(app: &App, cluster: &OpenCluster, regions: &Regions, canvas: &mut Canvas<'_>) {
    let row = Rect { height: 1, ..regions.content };
    let focused = cluster.view.pane == Pane::Content && app.layers.is_empty();
    let right = conditions(app, cluster, usize::from(row.width), canvas.glyphs);
    let mut left = Line::new();
    let mut x = row.x;
    let room = usize::from(row.width).saturating_sub(super::text::width(&right) + 1);
    // Within an object, what one came through stands in the place of the other kinds.
    let within = cluster.view.within();
    left.extend(crumbs(cluster, usize::from(row.width), canvas.glyphs));
    x += super::text::width(&left) as u16;
    let shown = if within.is_some() { vec![cluster.view.kind().clone()] } else { shown_kinds(cluster, room) };
    for kind in shown {
        let front = kind == *cluster.view.kind();
        let name = kinds::name(cluster, &kind);
        let name = if front { name.to_uppercase() } else { name };
        let tone = match (front, focused) {
            (true, true) => Tone::Accent,
            (true, false) => Tone::Strong,
            _ => Tone::Dim,
        };
        let start = left.len();
        left.push(Span::new(format!(" {name}"), tone));
        let count = count(cluster, &kind);
        let count = if count.is_empty() { "  ".to_owned() } else { format!(" {count}  ") };
        left.push(Span::new(count, if front { Tone::Text } else { Tone::Faint }));
        let cells = super::text::width(left.get(start..).unwrap_or_default()) as u16;
        canvas.hit(Rect { x, width: cells, ..row }, Target::KindName(kind));
        x += cells;
    }
    canvas.bar(row, left, right);
}

/// The objects one came through, each with a sign behind it. Where they take up half a row, the first ones give way.
pub fn crumbs(cluster: &OpenCluster, width: usize, glyphs: &Glyphs) -> Line {
    let trail = cluster.view.within().map(|within| within.trail.as_slice()).unwrap_or_default();
    let mut shown: Vec<&str> = Vec::new();
    let mut room = width / 2;
    for crumb in trail.iter().rev() {
        room = room.saturating_sub(cells(crumb) + 3);
        if room == 0 && !shown.is_empty() {
            shown.push(glyphs.ellipsis);
            break;
        }
        shown.push(crumb);
    }
    let sign = || Span::new(format!(" {}", glyphs.pointer), Tone::Faint);
    shown.into_iter().rev().flat_map(|crumb| [Span::new(format!(" {crumb}"), Tone::Text), sign()]).collect()
}

/// The standing kinds and those used lately, as many as there is room for; never without the one on screen.
fn shown_kinds(cluster: &OpenCluster, room: usize) -> Vec<Kind> {
    let taken = |kind: &Kind| cells(&kinds::name(cluster, kind)) + cells(&count(cluster, kind)) + 4;
    let mut shown = kinds::leaves(cluster);
    while shown.iter().map(taken).sum::<usize>() > room {
        let front = cluster.view.kind();
        // The one used least lately goes first, then the standing ones from their end.
        let recent = shown.iter().position(|kind| !kind.is_standing() && kind != front);
        let Some(place) = recent.or_else(|| shown.iter().rposition(|kind| kind != front)) else { break };
        shown.remove(place);
    }
    shown
}

fn count(cluster: &OpenCluster, kind: &Kind) -> String {
    let table = cluster.tables.of(kind);
    if cluster.view.within().is_some() {
        return number(table.len());
    }
    let state = cluster.readings.get(kind);
    match state.map(|state| &state.reading) {
        Some(Reading::Forbidden(_)) => "forbidden".to_owned(),
        Some(Reading::Missing) => String::new(),
        // A list that is being read is longer than what there is of it.
        _ if state.is_some_and(|state| state.listed) => number(table.total()),
        _ if table.total() > 0 => format!("{}+", number(table.total())),
        _ => String::new(),
    }
}

fn conditions(app: &App, cluster: &OpenCluster, cells: usize, glyphs: &Glyphs) -> Line {
    let view = &cluster.view;
    let query = &view.kind_view().query;
    let table = cluster.tables.of(view.kind());
    let mut facts: Vec<Span> = Vec::new();
    if view.kind().namespaced() && !view.namespaces.is_empty() {
        let room = usize::from(app.size.0) / NAMESPACES;
        facts.push(Span::new(listed(&view.namespaces, room), Tone::Text));
    }
    if query.unwell {
        facts.push(Span::new("only unwell", Tone::Warning));
    }
    let place = facts.len();
    facts.extend(selection(cluster, cells, glyphs));
    let marked = view.kind_view().marks.len();
    if !facts.is_empty() || !view.kind_view().typed.rest.is_empty() {
        facts.push(Span::new(format!("{} shown", number(table.len())), Tone::Dim));
    }
    if view.kind_view().anew && app.now.since(view.kind_view().asked_at) >= SLOW_ANSWER {
        // What is shown answers the question before.
        facts.push(Span::new("looking ...", Tone::Degraded));
    }
    if marked > 0 {
        facts.push(Span::new(marks_told(view.kind_view(), table), Tone::Accent));
    }
    if let Some(Reading::Polled(every)) = cluster.readings.get(view.kind()).map(|state| &state.reading) {
        // Helm's releases are put together from other objects: there is nothing to watch.
        let why = if view.kind().is_helm() { "" } else { "not watched, " };
        facts.push(Span::new(format!("{why}listed every {}", span(*every)), Tone::Dim));
    }
    let rows_stale = cluster.stale_since(view.kind(), &app.settings, &app.now);
    if let Some(age) = cluster.figures_stale_for(view.kind(), &app.settings, &app.now).filter(|_| rows_stale.is_none())
    {
        facts.push(Span::new(format!("metrics {} old", span(age)), Tone::Degraded));
    }
    if let Some(since) = rows_stale {
        facts.push(Span::new(format!("stale {}", span(app.now.since(since))), Tone::Degraded));
    }
    let typed = &view.kind_view().typed;
    if !typed.rest.is_empty() {
        // The kind, its count and how the rows stand come first: of a long filter the beginning is told.
        let front = self::cells(&kinds::name(cluster, view.kind())) + self::cells(&count(cluster, view.kind())) + 6;
        let others = super::text::width(&facts) + 2 * facts.len() + 4;
        let room = cells.saturating_sub(front + others).max(8);
        facts.insert(place, Span::new(end(&format!("/{}", typed.rest), room, glyphs), Tone::Match));
    }
    let mut line = Line::new();
    for fact in facts {
        line.push(Span::new("  ", Tone::Text));
        line.push(fact);
    }
    line.push(Span::new(" ", Tone::Text));
    line
}

/// How many rows are marked; and of not too many, how many of them the filter shows: only these are meant.
fn marks_told(view: &KindView, table: &dyn AnyTable) -> String {
    let all = view.marks.len();
    let shown = || view.marks.iter().filter(|uid| table.position(**uid).is_some()).count();
    match (all <= COUNTED).then(shown).filter(|shown| *shown < all) {
        Some(shown) => format!("{} of {} marked shown", number(shown), number(all)),
        None => format!("{} marked", number(all)),
    }
}

/// The selected namespaces, as many as there is room for, and how many more there are.
pub(super) fn listed(names: &BTreeSet<Arc<str>>, room: usize) -> String {
    let mut text = String::new();
    for (place, name) in names.iter().enumerate() {
        if place > 0 && cells(&text) + cells(name) + 2 > room {
            return format!("{text} +{}", names.len() - place);
        }
        text.push_str(if place > 0 { ", " } else { "" });
        text.push_str(name);
    }
    text
}

/// How the part of the filter stands that the server evaluates; why it refuses stands in the line below the table.
fn selection(cluster: &OpenCluster, cells: usize, glyphs: &Glyphs) -> Vec<Span> {
    let text = |selectors: &Selectors| end(&selectors.to_string(), (cells / 3).clamp(10, SELECTION), glyphs);
    let in_force = |by: &Selectors| Span::new(format!("server-side {}", text(by)), Tone::Match);
    // Where there is no room for both, what is new is told.
    let last = |before: Option<Selectors>| before.filter(|_| cells >= BOTH).map(|before| in_force(&before));
    match cluster.picked_here().and_then(Picked::stand) {
        None => Vec::new(),
        Some(Stand::InForce(by)) => vec![in_force(&by)],
        Some(Stand::Asked(by, before)) => {
            let asked = if by.is_empty() { "asking without".to_owned() } else { format!("asking {}", text(&by)) };
            last(before).into_iter().chain([Span::new(asked, Tone::Dim)]).collect()
        }
        Some(Stand::Refused(by, _, before)) => {
            let refused = Span::new(format!("{} refused", text(&by)), Tone::Warning);
            last(before).into_iter().chain([refused]).collect()
        }
        Some(Stand::Broken(by, _)) => {
            vec![in_force(&by), Span::new("not current", Tone::Degraded)]
        }
    }
}

/// Why the server does not evaluate a part of the filter, if it does not.
fn refusal(cluster: &OpenCluster, glyphs: &Glyphs) -> Option<Line> {
    let (by, what, why, tone) = match cluster.picked_here().and_then(Picked::stand)? {
        Stand::Refused(by, why, _) => (by, "the server refuses", why, Tone::Warning),
        Stand::Broken(by, why) => (by, "not current:", why, Tone::Degraded),
        Stand::InForce(_) | Stand::Asked(..) => return None,
    };
    let by = end(&by.to_string(), SELECTION, glyphs);
    let mut line = plain(format!(" {} {what} {by}: ", glyphs.unhealthy), tone);
    line.push(Span::new(reason(&why), Tone::Text));
    Some(line)
}

/// The end of the server's words, where what is wrong stands; before it they repeat the question.
fn reason(words: &str) -> &str {
    words.rsplit_once("\": ").map_or(words, |(_, reason)| reason)
}

fn rows(
    app: &App,
    cluster: &OpenCluster,
    table: &dyn AnyTable,
    slots: &[Slot],
    regions: &Regions,
    canvas: &mut Canvas<'_>,
) {
    let (cursor, marks) = (&cluster.view.kind_view().cursor, &cluster.view.kind_view().marks);
    let stale = cluster.stale_since(cluster.view.kind(), &app.settings, &app.now).is_some();
    let figures_stale = cluster.figures_stale_for(cluster.view.kind(), &app.settings, &app.now).is_some();
    let focused = cluster.view.pane == Pane::Content;
    let end = (cursor.top + usize::from(regions.rows.height)).min(table.len());
    let mut scratch = Scratch::default();
    for index in cursor.top..end {
        let area = Rect { y: regions.rows.y + (index - cursor.top) as u16, height: 1, ..regions.rows };
        let selected = index == cursor.index;
        let ground = match (selected, focused) {
            (true, true) => Ground::Selected,
            (true, false) => Ground::Resting,
            _ => Ground::Bare,
        };
        let pointer = if selected { canvas.glyphs.pointer } else { " " };
        let is_marked = !marks.is_empty() && table.uid_at(index).is_some_and(|uid| marks.contains(&uid));
        let mark = if is_marked { canvas.glyphs.mark } else { " " };
        let mut line = vec![Span::new(format!("{mark}{pointer} "), Tone::Accent)];
        let columns = slots.iter().filter_map(|slot| Some((slot, table.columns().get(slot.column)?)));
        for (place, (slot, column)) in columns.enumerate() {
            let Some(cell) = table.cell(index, slot.column, app.now.unix) else { continue };
            if place > 0 {
                line.push(Span::new(pad("", usize::from(GAP), false), Tone::Text));
            }
            let matched = |text: &str| table.filter().matched(slot.column, column, text, &mut scratch);
            let stale = stale || (figures_stale && column.metered == Metered::Measured);
            line.extend(cell_spans(&cell, column, slot.width, stale, matched, canvas));
        }
        canvas.on(area, line, ground);
        canvas.hit(area, Target::TableRow(index));
    }
}

/// A cell cut and padded to its column, what the filter found in it marked.
fn cell_spans(
    cell: &Cell<'_>,
    column: &Column,
    width: u16,
    stale: bool,
    matched: impl FnOnce(&str) -> Vec<Range<usize>>,
    canvas: &Canvas<'_>,
) -> Line {
    let cells = usize::from(width);
    let text = if cell.text == UNKNOWN { canvas.glyphs.dot } else { column.abridged(&cell.text, cells) };
    let text = Span::new(text, Tone::Text);
    // Names keep both ends; sentences keep their beginning.
    let cut: Cow<'_, str> = if text.width() <= cells {
        text.text().into()
    } else if column.max > SENTENCE {
        end(text.text(), cells, canvas.glyphs).into()
    } else {
        name(text.text(), cells, canvas.glyphs).into()
    };
    let tone = tone(cell.weight, stale);
    let found = matched(&cut);
    if found.is_empty() {
        return plain(pad(&cut, cells, column.right), tone);
    }
    let mut line = marked(&cut, &found, tone);
    let blank = Span::new(" ".repeat(cells.saturating_sub(super::text::width(&line))), tone);
    line.insert(if column.right { 0 } else { line.len() }, blank);
    line
}

/// How a weight looks.
pub fn tone(weight: Weight, stale: bool) -> Tone {
    match weight {
        Weight::Quiet => Tone::Faint,
        Weight::Plain if stale => Tone::Stale,
        Weight::Plain => Tone::Text,
        Weight::Moving => Tone::Degraded,
        Weight::Warn => Tone::Warning,
        Weight::Bad => Tone::Unhealthy,
    }
}

/// The line about the selected row: its name and what there is to know about it.
#[must_use]
pub fn explain(app: &App, cluster: &OpenCluster, glyphs: &Glyphs) -> Line {
    if let Some(line) = refusal(cluster, glyphs) {
        return line;
    }
    let table = cluster.tables.of(cluster.view.kind());
    let index = cluster.view.kind_view().cursor.index;
    let Some((namespace, name, text)) = table.explain_at(index, app.now.unix) else { return Line::new() };
    let weight = table.weight_at(index, app.now.unix);
    let place = if namespace.is_empty() { String::new() } else { format!("{namespace}/") };
    let tone = if weight >= Weight::Warn { Tone::Text } else { Tone::Dim };
    let event = table.uid_at(index).filter(|_| *cluster.view.kind() == Kind::Events);
    if let Some(event) = event.and_then(|uid| cluster.tables.events.get(uid)) {
        // Its own name says nothing; what it says has hardly any room in the row.
        let seen = stamp(event.last_seen, &app.settings.time_zone.time_zone());
        let mut line = plain(format!(" {}", text.unwrap_or_default()), tone);
        line.push(Span::new(format!("  {place}{}  {seen}", event.object), Tone::Dim));
        return line;
    }
    let mut line = plain(format!(" {place}"), Tone::Dim);
    line.push(Span::new(name, Tone::Strong));
    if let Some(text) = text {
        line.push(Span::new(format!("  {text}"), tone));
    }
    line
}
