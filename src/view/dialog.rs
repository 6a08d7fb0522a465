//! The topmost dialog: a title, a search field, a list; or the help. Must not know what choosing does.

use std::fmt::Write as _;

use ratatui::layout::Rect;

use super::canvas::{Canvas, Ground};
use super::field::part;
use super::glyphs::Glyphs;
use super::layout::Regions;
use super::text::{Line, Span, end, middle, plain, width};
use super::tone::Tone;
use super::{content, diagnostics, heading, help};
use crate::app::chooser::{Choice, Chooser, Entry, Hit};
use crate::app::layer::Layer;
use crate::app::pointer::Target;
use crate::app::state::App;

/// The widest a dialog gets, and the highest a list gets.
const WIDEST: u16 = 96;
const HIGHEST: u16 = 30;
/// Lines of a dialog that are not entries: frame, field, note, gap.
const AROUND: u16 = 5;

/// Said of columns that gave way, and of those that were scrolled out on the left.
const NO_ROOM: &str = "no room";
const SCROLLED_OUT: &str = "scrolled out";

/// The rows of entries the topmost dialog has room for.
#[must_use]
pub fn height(app: &App) -> usize {
    match app.layers.last() {
        Some(layer) => usize::from(area(app, layer).height.saturating_sub(AROUND)),
        None => 0,
    }
}

/// How far the topmost dialog can be scrolled, if it is a text. Signs of both sets are of the same width.
#[must_use]
pub fn deepest(app: &App) -> usize {
    let Some(layer) = app.layers.last() else { return 0 };
    let (area, canvas) = (inner(area(app, layer)), Canvas::new(app.size, &Glyphs::UNICODE));
    let lines = match layer {
        Layer::Help(_) => help::length(area, &canvas),
        Layer::Diagnostics(_) => diagnostics::length(app, &canvas),
        _ => 0,
    };
    lines.saturating_sub(usize::from(area.height))
}

/// Draws the topmost dialog. The filter field is not one: it stands in the status line.
pub fn draw(app: &App, canvas: &mut Canvas<'_>) {
    let Some(layer) = app.layers.last() else { return };
    let area = area(app, layer);
    match layer {
        Layer::Filter { .. } | Layer::Search { .. } => {}
        Layer::Help(top) => {
            frame("Help", area, canvas);
            help::draw(*top, inner(area), canvas);
        }
        Layer::Diagnostics(top) => {
            frame("Diagnostics", area, canvas);
            diagnostics::draw(app, *top, inner(area), canvas);
        }
        Layer::Columns(chooser) => {
            frame(chooser.title, area, canvas);
            list(&with_room(app, chooser), inner(area), canvas);
        }
        _ => {
            if let Some(chooser) = layer.chooser() {
                frame(chooser.title, area, canvas);
                list(chooser, inner(area), canvas);
            }
        }
    }
}

/// The list of columns, each that is to be shown and is not with the reason.
fn with_room(app: &App, chooser: &Chooser) -> Chooser {
    let mut chooser = chooser.clone();
    let Some(cluster) = app.fleet.active().filter(|cluster| !cluster.tables.of(cluster.view.kind()).is_empty()) else {
        return chooser;
    };
    let fitted = content::fitted(cluster, &Regions::of(app));
    let shown = |of: usize| fitted.slots.iter().any(|slot| slot.column == of);
    let order = heading::arranged(cluster);
    let place = |of: usize| order.iter().position(|it| it.index == of);
    let first = order.iter().position(|it| !it.column.frozen && shown(it.index));
    let mut without = 0;
    for entry in &mut chooser.entries {
        let Choice::Column(index) = entry.choice else { continue };
        if entry.checked != Some(true) || shown(index) {
            continue;
        }
        without += 1;
        let why = if fitted.left && place(index) < first { SCROLLED_OUT } else { NO_ROOM };
        let comma = if entry.detail.is_empty() { "" } else { ", " };
        entry.detail = format!("{}{comma}{why}", entry.detail);
    }
    if without > 0 {
        let _ = write!(chooser.note, ", {without} of them not on screen");
    }
    chooser
}

fn area(app: &App, layer: &Layer) -> Rect {
    let (columns, rows) = app.size;
    // A list that is searched in need not be long; a page that is read is as long as the screen.
    let wanted = match layer.chooser() {
        Some(chooser) => (chooser.entries.len() as u16 + AROUND).clamp(8, HIGHEST),
        None => rows,
    };
    let width = columns.saturating_sub(4).min(WIDEST);
    let height = wanted.min(rows.saturating_sub(4));
    Rect { x: (columns - width) / 2, y: (rows.saturating_sub(height)) / 3, width, height }
}

/// Clears the place and draws the lines that hold it together.
fn frame(title: &str, area: Rect, canvas: &mut Canvas<'_>) {
    canvas.clear(area);
    canvas.hit(area, Target::Dialog);
    let glyphs = canvas.glyphs;
    let inner = usize::from(area.width).saturating_sub(2);
    let heading = end(title, inner.saturating_sub(4), glyphs);
    let rest = inner.saturating_sub(crate::model::visible::cells(&heading) + 3);
    let top: Line = vec![
        Span::new(format!("{}{} ", glyphs.corner_top_left, glyphs.horizontal), Tone::Rule),
        Span::new(heading, Tone::Accent),
        Span::new(format!(" {}{}", glyphs.horizontal.repeat(rest), glyphs.corner_top_right), Tone::Rule),
    ];
    canvas.line(Rect { height: 1, ..area }, top);
    let bottom =
        format!("{}{}{}", glyphs.corner_bottom_left, glyphs.horizontal.repeat(inner), glyphs.corner_bottom_right);
    canvas.line(Rect { y: area.bottom().saturating_sub(1), height: 1, ..area }, plain(bottom, Tone::Rule));
    let sides = Rect { y: area.y + 1, height: area.height.saturating_sub(2), width: 1, ..area };
    canvas.vertical_rule(sides);
    canvas.vertical_rule(Rect { x: area.right().saturating_sub(1), ..sides });
}

fn inner(area: Rect) -> Rect {
    Rect { x: area.x + 2, y: area.y + 1, width: area.width.saturating_sub(4), height: area.height.saturating_sub(2) }
}

fn list(chooser: &Chooser, area: Rect, canvas: &mut Canvas<'_>) {
    let field = Rect { height: 1, ..area };
    let sign = format!("{} ", canvas.glyphs.right);
    let count = format!("{}/{}", chooser.hits.len(), chooser.entries.len());
    let part = part(&chooser.input, usize::from(field.width).saturating_sub(4 + count.len()));
    let typed = vec![Span::new(sign, Tone::Accent), Span::new(part.text, Tone::Text)];
    canvas.bar(field, typed, plain(count, Tone::Faint));
    canvas.cursor(field.x + 2 + part.cursor, field.y);
    let mut note = chooser.note.lines();
    canvas.line(Rect { y: area.y + 1, height: 1, ..area }, plain(note.next().unwrap_or_default(), Tone::Dim));
    let rows = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
    if chooser.hits.is_empty() {
        let text = if chooser.entries.is_empty() { "nothing to choose from" } else { "nothing matches" };
        // Where there is room for entries the rest of the note has it.
        let more: Vec<&str> = note.collect();
        let lines = if more.is_empty() { vec![text] } else { more };
        for (y, text) in (rows.y..rows.bottom()).zip(lines) {
            let text = middle(text, usize::from(rows.width), canvas.glyphs);
            canvas.line(Rect { y, height: 1, ..rows }, plain(text, Tone::Faint));
        }
        return;
    }
    let height = usize::from(rows.height);
    let top = chooser.cursor.saturating_sub(height.saturating_sub(1));
    for (place, hit) in chooser.hits.iter().enumerate().skip(top).take(height) {
        let Some(entry) = chooser.entries.get(hit.entry) else { continue };
        let row = Rect { y: rows.y + (place - top) as u16, height: 1, ..rows };
        let selected = place == chooser.cursor;
        let (left, right) = entry_line(entry, hit, selected, usize::from(row.width), canvas);
        canvas.bar_on(row, left, right, if selected { Ground::Selected } else { Ground::Bare });
        canvas.hit(row, Target::DialogRow(place));
    }
}

fn entry_line(entry: &Entry, hit: &Hit, selected: bool, cells: usize, canvas: &Canvas<'_>) -> (Line, Line) {
    let glyphs = canvas.glyphs;
    let pointer = if selected { glyphs.pointer } else { " " };
    let mut left: Line = vec![
        Span::new(format!("{pointer} "), Tone::Accent),
        Span::new("  ".repeat(usize::from(entry.depth)), Tone::Text),
    ];
    match entry.checked {
        Some(true) => left.push(Span::new(format!("{} ", glyphs.check), Tone::Healthy)),
        Some(false) => left.push(Span::new(format!("{} ", glyphs.dot), Tone::Faint)),
        None => {}
    }
    if let Some(health) = entry.health {
        left.push(Span::new(format!("{} ", glyphs.health(health)), health.into()));
    }
    let tone = match (&entry.problem, entry.depth) {
        (Some(_), _) => Tone::Faint,
        (None, 0) if entry.checked.is_some() && hit.matched.is_empty() => Tone::Text,
        _ => Tone::Text,
    };
    let aside = entry.problem.as_ref().unwrap_or(&entry.detail);
    // What stands beside the name has up to a third, where the name is too long for both.
    let aside = crate::model::visible::cells(aside).min(cells / 3);
    let (label, matched) =
        shortened(&entry.label, &hit.matched, cells.saturating_sub(width(&left) + aside + 3), glyphs);
    left.extend(highlighted(&label, &matched, tone));
    let room = cells.saturating_sub(width(&left) + 3);
    let right = match &entry.problem {
        Some(problem) => plain(end(problem, room, glyphs), Tone::Warning),
        None => plain(middle(&entry.detail, room, glyphs), Tone::Faint),
    };
    (left, right)
}

/// Cuts a label in its middle where it has to be, and says where in it the matched characters are then.
fn shortened(label: &str, matched: &[u32], limit: usize, glyphs: &Glyphs) -> (String, Vec<u32>) {
    let short = middle(label, limit, glyphs);
    let (before, after) = (label.chars().count(), short.chars().count());
    if before == after {
        return (short, matched.to_vec());
    }
    let front = short.chars().zip(label.chars()).take_while(|(short, label)| short == label).count();
    let back = after.saturating_sub(front + glyphs.ellipsis.chars().count());
    let place = |at: &u32| match *at as usize {
        at if at < front => Some(at),
        at => (at + back).checked_sub(before).map(|from_back| after - back + from_back),
    };
    let matched = matched.iter().filter_map(place).map(|at| at as u32).collect();
    (short, matched)
}

/// Marks the characters that the search matched.
fn highlighted(label: &str, matched: &[u32], tone: Tone) -> Line {
    let mut line: Line = Line::new();
    let mut run = String::new();
    let mut run_matched = false;
    for (index, character) in label.chars().enumerate() {
        let is_match = matched.binary_search(&(index as u32)).is_ok();
        if is_match != run_matched && !run.is_empty() {
            line.push(Span::new(std::mem::take(&mut run), if run_matched { Tone::Match } else { tone }));
        }
        run_matched = is_match;
        run.push(character);
    }
    if !run.is_empty() {
        line.push(Span::new(run, if run_matched { Tone::Match } else { tone }));
    }
    line
}
