//! Attention: what is wrong in the cluster in front, worst first; below, what proves the selected entry.

use ratatui::layout::Rect;

use super::canvas::{Canvas, Ground};
use super::empty;
use super::layout::Regions;
use super::narrowed::{self, Finder};
use super::text::{Line, Span, pad, plain, spoken, width, wrapped};
use super::tone::Tone;
use super::words::number;
use crate::app::attention::Entry;
use crate::app::cluster::OpenCluster;
use crate::app::explain::timed;
use crate::app::ignored::Ignored;
use crate::app::pages::selected_entry;
use crate::app::pointer::Target;
use crate::app::state::App;
use crate::app::tab::Page;
use crate::model::age::{Unix, age};
use crate::model::kind::Kind;
use crate::model::update::Reading;

/// Cells of the cause, at least.
const CAUSE: usize = 8;
/// Cells of the age.
const SINCE: usize = 7;
/// The reason is told in the row from this many cells on; it stands below in full.
const LEAST_WHY: usize = 24;
/// Lines kept for the evidence, at most a third of the page.
const PROOF: u16 = 10;

/// The part of the page that lists entries.
#[must_use]
pub fn list_area(regions: &Regions) -> Rect {
    let proof = PROOF.min(regions.rows.height / 2);
    Rect { height: regions.rows.height.saturating_sub(proof), ..regions.rows }
}

/// Draws the page.
pub fn draw(app: &App, cluster: &OpenCluster, regions: &Regions, canvas: &mut Canvas<'_>) {
    canvas.hit(regions.content, Target::Table);
    let Page::Attention(cursor) = cluster.view.page() else { return };
    let (all, narrow) = (&cluster.attention.entries, cluster.view.narrow());
    let entries: Vec<&Entry> = cluster.shown_entries().into_iter().filter_map(|place| all.get(place)).collect();
    title(app, cluster, entries.len(), regions, canvas);
    if all.is_empty() {
        nothing(app, cluster, regions, canvas);
        return;
    }
    if entries.is_empty() {
        empty::told(&narrowed::nothing("entry", narrow, canvas.glyphs), regions, canvas);
        return;
    }
    let list = list_area(regions);
    let cells = Cells::of(list.width, &entries);
    let mut finder = Finder::new(narrow);
    heading(cells, regions, canvas);
    for (index, entry) in entries.iter().enumerate().skip(cursor.top).take(usize::from(list.height)) {
        let area = Rect { y: list.y + (index - cursor.top) as u16, height: 1, ..list };
        row(app, entry, index == cursor.index, cells, &mut finder, area, canvas);
        canvas.hit(area, Target::PageRow(index));
    }
    proof(app, cluster, list, regions, canvas);
}

fn title(app: &App, cluster: &OpenCluster, shown: usize, regions: &Regions, canvas: &mut Canvas<'_>) {
    let row = Rect { height: 1, ..regions.content };
    let count = cluster.attention.entries.len();
    // Where nothing could be read, none is no number.
    let known = count > 0 || cluster.has_rows(&Kind::Pods);
    let count = if known { number(count) } else { canvas.glyphs.dot.to_owned() };
    let left = vec![
        Span::new(" ATTENTION", Tone::Accent),
        Span::new(format!(" {count}"), Tone::Text),
        Span::new("  worst first", Tone::Faint),
    ];
    let mut right = Line::new();
    let ignored = Ignored::of(&app.ignored, &cluster.id).len();
    if ignored > 0 {
        right.push(Span::new(format!("{ignored} ignored (:ignored) "), Tone::Dim));
    }
    if let Some(since) = cluster.stale_since(&Kind::Pods, &app.settings, &app.now) {
        right.push(Span::new(format!("stale {} ", super::words::span(app.now.since(since))), Tone::Degraded));
    }
    let room = usize::from(row.width).saturating_sub(width(&left) + width(&right) + 2);
    right.splice(0..0, narrowed::told(cluster.view.narrow(), shown, room, canvas.glyphs));
    canvas.bar(row, left, right);
}

fn heading(cells: Cells, regions: &Regions, canvas: &mut Canvas<'_>) {
    let row = Rect { y: regions.content.y + 1, height: 1, ..regions.content };
    let text = format!(
        "     {}  {}  {}{}",
        pad("CAUSE", cells.cause, false),
        pad("OBJECT", cells.object, false),
        pad("SINCE", SINCE, true),
        if cells.why { "  WHY" } else { "" }
    );
    canvas.line(row, plain(text, Tone::Dim));
}

/// How a row is divided.
#[derive(Clone, Copy)]
struct Cells {
    cause: usize,
    object: usize,
    /// Whether the reason is told behind them.
    why: bool,
}

impl Cells {
    /// The cause as wide as the longest; the object too, as long as something is left for the reason.
    fn of(width: u16, entries: &[&Entry]) -> Self {
        let longest = |cells: &dyn Fn(&Entry) -> usize| entries.iter().map(|entry| cells(entry)).max().unwrap_or(0);
        let cause = longest(&|entry| entry.cause.title().chars().count()).max(CAUSE);
        let named = longest(&|entry| named(entry).chars().count());
        // Signs before the cause and gaps between.
        let room = usize::from(width).saturating_sub(5 + cause + 2 + 2 + SINCE);
        let most = if room >= LEAST_WHY + named { room - LEAST_WHY } else { room };
        let object = named.min(most).max(18);
        Self { cause, object, why: room >= object + LEAST_WHY }
    }
}

/// How long an entry has been so, in one word; nothing where nobody has said it.
#[must_use]
pub fn since(entry: &Entry, now: Unix) -> String {
    entry.since.map_or_else(String::new, |since| age(since, now))
}

fn named(entry: &Entry) -> String {
    format!("{}{}", entry.subject, times(entry))
}

fn times(entry: &Entry) -> String {
    if entry.count > 1 { format!(" ×{}", entry.count) } else { String::new() }
}

fn row(
    app: &App,
    entry: &Entry,
    selected: bool,
    cells: Cells,
    finder: &mut Finder<'_>,
    area: Rect,
    canvas: &mut Canvas<'_>,
) {
    let pointer = if selected { canvas.glyphs.pointer } else { " " };
    let (sign, tone) = if entry.cause.is_grave() {
        (canvas.glyphs.unhealthy, Tone::Unhealthy)
    } else {
        (canvas.glyphs.warning, Tone::Warning)
    };
    let times = times(entry);
    let object =
        format!("{}{times}", spoken(&entry.subject, cells.object.saturating_sub(times.chars().count()), canvas.glyphs));
    let mut line = vec![Span::new(format!(" {pointer} "), Tone::Accent), Span::new(format!("{sign} "), tone)];
    line.extend(finder.mark(&pad(entry.cause.title(), cells.cause, false), tone));
    line.push(Span::new("  ", Tone::Text));
    line.extend(finder.mark(&pad(&object, cells.object, false), if selected { Tone::Strong } else { Tone::Text }));
    line.push(Span::new(format!("  {}", pad(&since(entry, app.now.unix), SINCE, true)), Tone::Dim));
    if cells.why {
        line.push(Span::new("  ", Tone::Text));
        line.extend(finder.mark(&entry.reason, Tone::Text));
    }
    canvas.on(area, line, if selected { Ground::Selected } else { Ground::Bare });
}

/// What proves the selected entry, each piece in the words of who said it.
fn proof(app: &App, cluster: &OpenCluster, list: Rect, regions: &Regions, canvas: &mut Canvas<'_>) {
    let Some(entry) = selected_entry(cluster) else { return };
    let below = Rect { y: list.bottom(), height: regions.rows.bottom().saturating_sub(list.bottom()), ..regions.rows };
    let mut lines: Vec<Line> = vec![plain(String::new(), Tone::Text)];
    let mut head = vec![Span::new(format!(" {}", entry.subject), Tone::Strong)];
    let lasting = entry.since.map(|since| format!(" for {}", age(since, app.now.unix)));
    let mut facts = vec![format!("{}{}", entry.cause, lasting.unwrap_or_default())];
    if entry.count > 1 {
        facts.push(format!("{} alike, the first is {}", entry.count, entry.name));
    }
    head.push(Span::new(format!("  {}", facts.join(", ")), Tone::Dim));
    lines.push(head);
    let room = usize::from(below.width).saturating_sub(4);
    for text in wrapped(&entry.reason, room) {
        lines.push(plain(format!("   {text}"), Tone::Text));
    }
    for evidence in &entry.evidence {
        let told = timed(&evidence.text, evidence.at, app.now.unix);
        for (index, text) in wrapped(&told, room.saturating_sub(2)).into_iter().enumerate() {
            let sign = if index == 0 { canvas.glyphs.dot } else { " " };
            lines.push(plain(format!(" {sign} {text}"), Tone::Dim));
        }
    }
    for (index, line) in lines.into_iter().take(usize::from(below.height)).enumerate() {
        canvas.line(Rect { y: below.y + index as u16, height: 1, ..below }, line);
    }
}

/// Nothing is wrong; or it is not known yet.
fn nothing(app: &App, cluster: &OpenCluster, regions: &Regions, canvas: &mut Canvas<'_>) {
    let pods = cluster.readings.get(&Kind::Pods).map(|state| &state.reading);
    let text = match pods {
        Some(Reading::Forbidden(_)) => {
            "Insufficient permissions: pods may not be listed, so nothing can be said of them".to_owned()
        }
        Some(Reading::Broken { failure, .. }) if !cluster.has_rows(&Kind::Pods) => {
            format!("Pods could not be read yet: {}", failure.summary)
        }
        _ if !cluster.has_rows(&Kind::Pods) && cluster.is_cut_off() => {
            "Pods could not be read yet; the line above the table says why.".to_owned()
        }
        _ if !cluster.has_rows(&Kind::Pods) => "pods are being read; what is wrong with them shows here".to_owned(),
        _ if cluster.is_cut_off() => {
            "Nothing needed a person when the cluster last answered; the line above says why it does not.".to_owned()
        }
        _ if Ignored::of(&app.ignored, &cluster.id).is_empty() => {
            "Nothing needs a person here. Esc goes back.".to_owned()
        }
        _ => "Nothing needs a person here, besides what is ignored (:ignored). Esc goes back.".to_owned(),
    };
    empty::told(&text, regions, canvas);
}

/// The line about the selected entry.
#[must_use]
pub fn explain(cluster: &OpenCluster) -> Line {
    let Some(entry) = selected_entry(cluster) else { return Line::new() };
    vec![Span::new(format!(" {}", entry.subject), Tone::Strong), Span::new(format!("  {}", entry.reason), Tone::Text)]
}
