//! The details page: title with the object's state, the names of its sections, and the visible lines of one of them.
//!
//! Must not know what the lines are about, nor how they were made.

use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::canvas::{Canvas, Ground};
use super::field::{Slash, slash};
use super::layout::Regions;
use super::related::Columns;
use super::text::{Line, Span, end, plain, width};
use super::tone::Tone;
use super::words::{number, span};
use crate::app::cluster::OpenCluster;
use crate::app::details::{DetailsView, GUTTER, ranges};
use crate::app::explain::row_facts;
use crate::app::pointer::Target;
use crate::app::state::App;
use crate::app::subject::Subject;
use crate::detail::doc::{self, Ink, is_folded};
use crate::detail::section::Section;
use crate::model::age::age;
use crate::model::health::Health;
use crate::model::update::Reading;
use crate::model::visible;

/// Draws the page of the object in front.
pub fn draw(app: &App, cluster: &OpenCluster, view: &DetailsView, regions: &Regions, canvas: &mut Canvas<'_>) {
    let subject = cluster.subject.as_ref().filter(|subject| subject.asked.object == view.object);
    title(app, cluster, view, subject, regions, canvas);
    sections(view, regions, canvas);
    match subject.and_then(|subject| Some((subject, subject.shown()?))) {
        Some((_, page)) if subject.is_some_and(|subject| subject.object.is_some()) => {
            lines(app, cluster, view, page, regions, canvas);
        }
        _ => nothing_yet(app, cluster, view, subject, regions, canvas),
    }
}

fn title(
    app: &App,
    cluster: &OpenCluster,
    view: &DetailsView,
    subject: Option<&Subject>,
    regions: &Regions,
    canvas: &mut Canvas<'_>,
) {
    let row = Rect { height: 1, ..regions.content };
    let kind = match view.object.kind.plural() {
        plural if view.object.kind.group().is_empty() => plural.to_uppercase(),
        plural => format!("{}.{}", plural.to_uppercase(), view.object.kind.group()),
    };
    // Of an object that another page led to, what one came through before is no parent.
    let came_through = view.object.uid.is_some_and(|uid| cluster.tables.of(&view.object.kind).position(uid).is_some());
    let mut left = Line::new();
    if came_through && view.object.kind == *cluster.view.kind() {
        left = super::content::crumbs(cluster, usize::from(row.width), canvas.glyphs);
    }
    left.push(Span::new(format!(" {kind} "), Tone::Accent));
    if !view.object.namespace.is_empty() {
        left.push(Span::new(format!("{}/", view.object.namespace), Tone::Dim));
    }
    left.push(Span::new(&*view.object.name, Tone::Strong));
    let mut facts: Vec<Span> = Vec::new();
    if let Some(subject) = subject {
        facts.extend(state(app, cluster, subject));
    }
    if view.seen.changed > 0 {
        facts.push(Span::new(format!("{} changed", number(view.seen.changed)), Tone::Changed));
    }
    if !view.search.is_empty() {
        let matches = number(view.seen.matches.len());
        let sought = end(&format!("/{}", view.search), usize::from(row.width) / 4, canvas.glyphs);
        facts.push(Span::new(sought, Tone::Match));
        facts.push(Span::new(format!("{matches} found"), Tone::Dim));
    }
    let mut right = Line::new();
    for fact in facts {
        right.push(Span::new("  ", Tone::Text));
        right.push(fact);
    }
    right.push(Span::new(" ", Tone::Text));
    canvas.bar(row, left, right);
}

/// What is to be said of the object besides its content.
fn state(app: &App, cluster: &OpenCluster, subject: &Subject) -> Option<Span> {
    if let Some((since, replaced)) = subject.gone {
        let ago = age(since, app.now.unix);
        let text = if replaced {
            format!("deleted {ago} ago; another has its name now, R shows it")
        } else {
            format!("deleted {ago} ago, last state")
        };
        return subject.object.is_some().then(|| Span::new(text, Tone::Unhealthy));
    }
    if let Some(since) = cluster.subject_stale_since(&app.settings, &app.now) {
        return Some(Span::new(format!("stale {}", span(app.now.since(since))), Tone::Degraded));
    }
    match &subject.reading {
        Reading::Polled(every) => {
            let why = if subject.asked.object.kind.is_helm() { "" } else { "no watch permitted, " };
            Some(Span::new(format!("{why}read every {}", span(*every)), Tone::Dim))
        }
        Reading::Forbidden(_) => Some(Span::new("no permission to read it any more", Tone::Warning)),
        _ => None,
    }
}

fn sections(view: &DetailsView, regions: &Regions, canvas: &mut Canvas<'_>) {
    let row = Rect { y: regions.content.y + 1, height: 1, ..regions.content };
    let spot = view.spot();
    let total = view.seen.visible.len();
    let place = if total > 0 { format!("{}/{} ", number(spot.row + 1), number(total)) } else { String::new() };
    let sections = Section::of(&view.object.kind);
    // A name with a blank on either side, and one behind it.
    let taken = |section: &Section| section.title().chars().count() + 3;
    let room = usize::from(row.width).saturating_sub(place.chars().count() + 3);
    let here = sections.iter().position(|section| *section == view.section).unwrap_or_default();
    let out = |first: &usize| sections.get(*first..=here).into_iter().flatten().map(taken).sum::<usize>() > room;
    // The one that is open is always there; those before it give way.
    let first = (0..here).find(|first| !out(first)).unwrap_or(here);
    let mut line = Line::new();
    if first > 0 {
        line.push(Span::new(format!("{} ", canvas.glyphs.ellipsis), Tone::Faint));
    }
    let mut x = row.x + width(&line) as u16;
    for &section in sections.iter().skip(first) {
        let tone = if section == view.section { Tone::TabActive } else { Tone::Dim };
        let name = Span::new(format!(" {} ", section.title()), tone);
        let cells = name.width() as u16;
        line.push(name);
        line.push(Span::new(" ", Tone::Text));
        canvas.hit(Rect { x, width: cells, ..row }, Target::SectionName(section));
        x += cells + 1;
    }
    canvas.bar(row, line, plain(place, Tone::Faint));
}

/// Says why there is nothing to show.
fn nothing_yet(
    app: &App,
    cluster: &OpenCluster,
    view: &DetailsView,
    subject: Option<&Subject>,
    regions: &Regions,
    canvas: &mut Canvas<'_>,
) {
    let reading = || (format!("reading {} ...", view.object.words()), Tone::Dim);
    let (text, tone) = match subject {
        Some(subject) if subject.gone.is_some() => {
            ("There is no such object (any more). Esc goes back.".to_owned(), Tone::Text)
        }
        Some(subject) => match &subject.reading {
            Reading::Forbidden(words) => (format!("Insufficient permissions. {words}"), Tone::Warning),
            Reading::Missing => ("The server does not serve this kind (any more).".to_owned(), Tone::Text),
            Reading::Broken { failure, .. } => {
                (format!("Cannot be read: {failure}. It is tried again."), Tone::Degraded)
            }
            _ if app.now.since(subject.since) >= app.settings.loading_slow => {
                ("The server has not answered yet.".to_owned(), Tone::Degraded)
            }
            _ => reading(),
        },
        None => reading(),
    };
    let unreached = cluster.standing.reason.as_str();
    let waiting = tone == Tone::Dim || tone == Tone::Degraded;
    let mut words = vec![text];
    if waiting && !cluster.established {
        words = vec![format!("Not connected: {unreached}")];
    } else if waiting && matches!(cluster.standing.health, Health::Degraded | Health::Unhealthy | Health::AuthFailed) {
        words.push(format!("The cluster: {unreached}."));
    }
    // What its row says is known already.
    let row = view.object.uid.and_then(|uid| row_facts(cluster, &view.object.kind, uid, app.now.unix));
    words.extend(row.filter(|_| waiting).map(|row| format!("The table has: {row}")));
    let area = regions.rows;
    let rows = words.iter().flat_map(|words| wrapped(words, usize::from(area.width.saturating_sub(4))));
    for (place, row) in rows.enumerate() {
        let y = area.y + 1 + place as u16;
        if y < area.bottom() {
            canvas.line(Rect { x: area.x + 2, y, height: 1, width: area.width.saturating_sub(2) }, plain(row, tone));
        }
    }
}

/// Breaks a sentence into rows between its words.
fn wrapped(text: &str, cells: usize) -> Vec<String> {
    let mut rows = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(row) = rows.last_mut() else { break };
        if !row.is_empty() && visible::cells(row) + 1 + visible::cells(word) > cells {
            rows.push(word.to_owned());
        } else {
            if !row.is_empty() {
                row.push(' ');
            }
            row.push_str(word);
        }
    }
    rows
}

/// The field of a search: plain text, and whether any line has it.
pub fn search_field(app: &App, input: &tui_input::Input, regions: &Regions, canvas: &mut Canvas<'_>) {
    let none = app.details().is_some_and(|view| view.search == input.value() && view.seen.matches.is_empty());
    let remark = none.then(|| Span::new("no line has it", Tone::Warning));
    let example = "text in any line, folded ones too; capitals count where there are any";
    slash(&Slash { input, example, wrong: None, remark }, regions.explain, canvas);
}

fn lines(
    app: &App,
    cluster: &OpenCluster,
    view: &DetailsView,
    page: &doc::Document,
    regions: &Regions,
    canvas: &mut Canvas<'_>,
) {
    let area = regions.rows;
    let spot = view.spot();
    let stale = cluster.subject_stale_since(&app.settings, &app.now).is_some()
        || cluster.subject.as_ref().is_some_and(|subject| subject.gone.is_some());
    let room = usize::from(area.width).saturating_sub(GUTTER);
    // Wrapped, or scrolled sideways, a row is all there.
    let whole = view.section != Section::Related || view.wrap || spot.left > 0;
    let columns = (!whole).then(|| Columns::of(page, room));
    let mut y = area.y;
    for (row, index) in view.seen.visible.iter().enumerate().skip(spot.top) {
        let Some(line) = page.lines.get(*index) else { break };
        if y >= area.bottom() {
            break;
        }
        let fitted = columns.as_ref().and_then(|columns| columns.fitted(line, canvas.glyphs));
        let text = toned(app, view, fitted.as_ref().unwrap_or(line), stale);
        let ground = if row == spot.row { Ground::Selected } else { Ground::Bare };
        let rows = if view.wrap { broken(text, room) } else { vec![cut(text, spot.left, room)] };
        for (part, text) in rows.into_iter().enumerate() {
            let place = Rect { y, height: 1, ..area };
            if y >= area.bottom() {
                break;
            }
            let mut out = gutter(view, line, part == 0, canvas);
            out.extend(text);
            canvas.on(place, out, ground);
            canvas.hit(place, Target::DetailsRow(row));
            y += 1;
        }
    }
}

/// What stands before a line: whether it changed, whether it folds.
fn gutter(view: &DetailsView, line: &doc::Line, first: bool, canvas: &Canvas<'_>) -> Line {
    let glyphs = canvas.glyphs;
    let changed = if line.changed { glyphs.tab_edge } else { " " };
    let sign = match line.fold {
        Some(fold) if first && is_folded(fold, &view.toggled) => glyphs.pointer,
        Some(_) if first => glyphs.unfolded,
        _ if first && line.link.is_some() => glyphs.right,
        _ => " ",
    };
    vec![Span::new(changed, Tone::Changed), Span::new(format!("{sign} "), Tone::Faint)]
}

/// A line's pieces with their tones, matches of the search on top, and what is folded away.
fn toned(app: &App, view: &DetailsView, line: &doc::Line, stale: bool) -> Line {
    let now = app.now.unix;
    let mut out = Line::new();
    for piece in &line.pieces {
        let words = piece.text(now);
        let text = format!("{words:<width$}", width = usize::from(piece.pad));
        let tone = tone(piece.ink, stale);
        let mut from = 0;
        for range in ranges(&text, &view.search) {
            out.push(Span::new(text.get(from..range.start).unwrap_or_default(), tone));
            out.push(Span::new(text.get(range.clone()).unwrap_or_default(), Tone::Match));
            from = range.end;
        }
        out.push(Span::new(text.get(from..).unwrap_or_default(), tone));
    }
    if let Some(fold) = line.fold.filter(|fold| is_folded(*fold, &view.toggled)) {
        let _ = fold;
        out.push(Span::new(" ...", Tone::Faint));
    }
    out.retain(|span| !span.text().is_empty());
    out
}

fn tone(ink: Ink, stale: bool) -> Tone {
    match ink {
        Ink::Text if stale => Tone::Stale,
        Ink::Text => Tone::Text,
        Ink::Dim => Tone::Dim,
        Ink::Name => Tone::Name,
        Ink::Literal => Tone::Literal,
        Ink::Strong => Tone::Strong,
        Ink::Good => Tone::Healthy,
        Ink::Warn => Tone::Warning,
        Ink::Bad => Tone::Unhealthy,
    }
}

/// The part of a line from a cell on.
fn cut(line: Line, left: usize, room: usize) -> Line {
    if left == 0 {
        return line;
    }
    let mut skip = left;
    let mut out = Line::new();
    for span in line {
        let cells = span.width();
        if skip >= cells {
            skip -= cells;
            continue;
        }
        let mut text = span.text();
        while skip > 0 {
            let Some(first) = text.graphemes(true).next() else { break };
            skip = skip.saturating_sub(first.width().max(1));
            text = text.get(first.len()..).unwrap_or_default();
        }
        out.push(Span::new(text, span.tone));
        if width(&out) > room {
            break;
        }
    }
    out
}

/// A line in as many rows as it takes.
fn broken(line: Line, room: usize) -> Vec<Line> {
    let room = room.max(1);
    let mut rows = vec![Line::new()];
    let mut filled = 0;
    for span in line {
        let mut run = String::new();
        for grapheme in span.text().graphemes(true) {
            let cells = grapheme.width();
            if filled + cells > room && filled > 0 {
                if let Some(row) = rows.last_mut() {
                    row.push(Span::new(std::mem::take(&mut run), span.tone));
                }
                rows.push(Line::new());
                filled = 0;
            }
            run.push_str(grapheme);
            filled += cells;
        }
        if let Some(row) = rows.last_mut() {
            row.push(Span::new(run, span.tone));
        }
    }
    rows
}

/// The line at the bottom: where the cursor stands, and what Enter does there.
#[must_use]
pub fn explain(cluster: &OpenCluster, view: &DetailsView) -> Line {
    let subject = cluster.subject.as_ref();
    let line = subject.and_then(Subject::shown).and_then(|page| page.lines.get(view.line()?));
    let Some(line) = line else { return Line::new() };
    if let Some(link) = &line.link {
        let place = if link.namespace.is_empty() { String::new() } else { format!("{}/", link.namespace) };
        return vec![
            Span::new(" Enter ", Tone::Key),
            Span::new(format!("{} {place}", link.kind), Tone::Dim),
            Span::new(link.name.as_str(), Tone::Strong),
        ];
    }
    if line.secret.is_some() {
        return vec![Span::new(" x ", Tone::Key), Span::new("shows or hides the value", Tone::Dim)];
    }
    Line::new()
}
