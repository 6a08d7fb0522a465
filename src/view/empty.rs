//! Where nothing is to be shown: why, and which key helps. Never blank, never an endless spinner.

use ratatui::layout::Rect;

use super::SMALLEST;
use super::canvas::Canvas;
use super::layout::Regions;
use super::text::{Line, Span, plain, width};
use super::tone::Tone;
use super::words::{next_step, span};
use crate::app::cluster::OpenCluster;
use crate::app::picked::Picked;
use crate::app::state::App;
use crate::app::within::Within;
use crate::model::failure::{FailureClass, FailureKind};
use crate::model::kind::Kind;
use crate::model::update::{Link, Reading};
use crate::model::visible::cells;

/// What the key that runs the credential plugin does.
const LOG_IN: &str = "log in with the credential plugin";
/// Messages are no wider than reads well.
const WIDEST: usize = 90;

/// Says that the terminal is too small.
pub fn too_small(canvas: &mut Canvas<'_>) {
    let area = canvas.area();
    let (columns, rows) = SMALLEST;
    let needs = format!("needs {columns}x{rows}");
    let named = format!("fleet-tui {needs}");
    let needs = if cells(&named) <= usize::from(area.width) { named } else { needs };
    let text = [needs, format!("this is {}x{}", area.width, area.height)];
    for (index, text) in text.into_iter().enumerate() {
        canvas.line(Rect { y: index as u16, height: 1, ..area }, plain(text, Tone::Text));
    }
}

/// Says that no cluster is open, and the key that opens one.
pub fn nothing_open(app: &App, regions: &Regions, canvas: &mut Canvas<'_>) {
    canvas.rule(regions.top_rule);
    let found = app.catalog.contexts().count();
    let more = if !app.discovered {
        app.launch.preparing.unwrap_or("Reading the kubeconfig files.").to_owned()
    } else if found == 0 && app.catalog.files.iter().any(|file| file.problem.is_none()) {
        "No context in any kubeconfig. Try --kubeconfig FILE, or --demo for a fleet of simulated clusters.".to_owned()
    } else if found == 0 {
        "No kubeconfig found. Try --kubeconfig FILE, or --demo for a fleet of simulated clusters.".to_owned()
    } else {
        format!("{found} context{} to choose from.", if found == 1 { "" } else { "s" })
    };
    if app.launch.preparing.is_some() && !app.discovered {
        message(&[plain(more, Tone::Text)], regions.body, canvas);
        return;
    }
    message(
        &[
            plain("No active clusters. Select a cluster from the kubeconfig dropdown.", Tone::Text),
            plain(more, Tone::Dim),
            vec![Span::new("o", Tone::Key), Span::new("  Select Kubeconfig", Tone::Dim)],
        ],
        regions.body,
        canvas,
    );
}

/// Says why a table has no rows.
pub fn no_rows(app: &App, cluster: &OpenCluster, kind: &Kind, regions: &Regions, canvas: &mut Canvas<'_>) {
    let state = cluster.readings.get(kind);
    let table = cluster.tables.of(kind);
    let query = &cluster.view.kind_view().query;
    let key = |key: &'static str, text: &str| -> Line {
        vec![Span::new(key, Tone::Key), Span::new(format!("  {text}"), Tone::Dim)]
    };
    let mut lines: Vec<Line> = Vec::new();
    let barred = cluster.barred_here(kind);
    match (&cluster.link, state.map(|state| &state.reading)) {
        (Link::Up, Some(_)) if !barred.is_empty() => {
            lines.push(plain("Insufficient permissions", Tone::Warning));
            lines.extend(barred.into_iter().map(|why| plain(why, Tone::Dim)));
            lines.push(key("n", "name a namespace that you may read"));
            lines.push(key("0", "all namespaces"));
        }
        (_, Some(_)) if table.total() > 0 && is_unanswered(cluster) => lines.extend(unanswered(cluster, kind)),
        (_, Some(_)) if table.total() > 0 && cluster.view.within().is_some() => lines.extend(belonging(cluster, kind)),
        (_, Some(_)) if table.total() > 0 => lines.extend(narrowed(cluster, kind)),
        (_, Some(Reading::Forbidden(words))) => {
            lines.push(plain("Insufficient permissions", Tone::Warning));
            lines.push(plain(words.clone(), Tone::Dim));
            if kind.namespaced() {
                lines.push(key("n", "name a namespace that you may read"));
            }
            lines.push(key("R", "ask again now; it is asked again by itself, too"));
        }
        (_, Some(Reading::Missing)) => lines.push(plain(format!("this server has no {}", kind.plural()), Tone::Dim)),
        (link, _) if *link != Link::Up && cluster.setback.is_some() => lines.extend(setback(app, cluster)),
        (Link::Up, Some(Reading::Broken { failure, .. })) => {
            lines.push(plain(failure.summary.clone(), Tone::Degraded));
            lines.extend(next_step(cluster, app).map(|step| plain(step.to_string(), Tone::Dim)));
        }
        (Link::Up, Some(Reading::Live | Reading::Polled(_))) => {
            lines.push(plain(format!("no {} here", kind.plural()), Tone::Dim));
            if query.unwell {
                lines.push(key("u", "show the well too"));
            }
        }
        (Link::Up, _) => {
            let waited = state.map(|state| app.now.since(state.since)).unwrap_or_default();
            let slow = waited >= app.settings.loading_slow;
            let text = if slow {
                format!("still waiting for {}, for {}", kind.plural(), span(waited))
            } else {
                format!("loading {}", kind.plural())
            };
            lines.push(plain(text, if slow { Tone::Warning } else { Tone::Dim }));
        }
        (_, _) => {
            lines.extend(next_step(cluster, app).map(|step| plain(step.to_string(), Tone::Dim)));
            if cluster.plugin_hangs_for(&app.now).is_some() {
                lines.extend([Line::new(), key("L", LOG_IN)]);
            }
        }
    }
    message(&lines, regions.rows, canvas);
}

/// Why the cluster cannot be read, what happens next, and the keys that help; also while the next try is under way.
fn setback(app: &App, cluster: &OpenCluster) -> Vec<Line> {
    let Some(failure) = &cluster.setback else { return Vec::new() };
    let key =
        |key: &'static str, text: &str| vec![Span::new(key, Tone::Key), Span::new(format!("  {text}"), Tone::Dim)];
    let mut lines = vec![plain(failure.summary.clone(), cluster.standing.health.into())];
    let next = next_step(cluster, app);
    lines.extend(next.map(|step| plain(step.to_string(), Tone::Dim)));
    lines.push(Line::new());
    if app.can_log_in(&cluster.id) {
        if failure.class() == FailureClass::Auth {
            lines.push(key("L", LOG_IN));
        }
    } else if failure.class() == FailureClass::Auth && failure.kind != FailureKind::NoCredentials {
        lines.push(plain("what is in the kubeconfig is turned down: edit the file, it is watched", Tone::Dim));
    }
    // A plugin that runs is what the next try waits for.
    if !matches!(cluster.link, Link::Plugin { .. }) {
        lines.push(key("R", "try again now"));
    }
    lines
}

/// Whether the server was asked which rows of a table it picks, and has not said so.
fn is_unanswered(cluster: &OpenCluster) -> bool {
    let asked = !cluster.view.kind_view().typed.selectors.is_empty();
    let owner = cluster.view.within().is_some_and(Within::is_picked);
    asked && !owner && cluster.picked_here().is_none_or(Picked::awaited)
}

/// What the server was asked, and what keeps it from answering.
fn unanswered(cluster: &OpenCluster, kind: &Kind) -> Vec<Line> {
    let selectors = &cluster.view.kind_view().typed.selectors;
    let mut lines = vec![plain(format!("asking the server which {} match {selectors}", kind.plural()), Tone::Dim)];
    let problem = cluster.picked_here().and_then(Picked::problem);
    lines.extend(problem.map(|problem| plain(problem, Tone::Degraded)));
    lines.push(vec![Span::new("Esc", Tone::Key), Span::new("  clear the filter", Tone::Dim)]);
    lines
}

/// There are rows, but none of them belongs to the object one came through.
fn belonging(cluster: &OpenCluster, kind: &Kind) -> Vec<Line> {
    let (Some(within), members) = (cluster.view.within(), &cluster.members) else { return Vec::new() };
    let object = within.of.words();
    let picked = cluster.picked_here();
    let problem = members.as_ref().and_then(|members| members.problem.as_deref());
    let nobody = cluster.lacks(&within.of).then_some("there is no such object here");
    let problem = problem.or(nobody).or(picked.and_then(Picked::problem));
    let awaited = within.is_picked() && picked.is_none_or(Picked::awaited);
    let mut lines = match problem {
        None if within.number_alike().is_some() => {
            let (all, kinds) = (within.number_alike().unwrap_or_default(), kind.plural());
            vec![plain(format!("none of these {all} {kinds} is there any more"), Tone::Dim)]
        }
        Some(problem) => vec![plain(format!("{object}: {problem}"), Tone::Dim)],
        None if awaited => vec![plain(format!("asking which {} belong to {object}", kind.plural()), Tone::Dim)],
        None => vec![plain(format!("{object} has no {}", kind.plural()), Tone::Dim)],
    };
    if problem.is_none() && !awaited && !cluster.view.kind_view().query.text.is_empty() {
        lines = narrowed(cluster, kind);
    }
    lines.push(vec![Span::new("Esc", Tone::Key), Span::new("  back", Tone::Dim)]);
    lines
}

/// There are rows, but the filter admits none of them.
fn narrowed(cluster: &OpenCluster, kind: &Kind) -> Vec<Line> {
    let query = &cluster.view.kind_view().query;
    let mut lines = Vec::new();
    let hint = |key: &'static str, text: &'static str| -> Line {
        vec![Span::new(key, Tone::Key), Span::new(format!("  {text}"), Tone::Dim)]
    };
    if query.unwell && query.text.is_empty() {
        lines.push(plain(format!("nothing unwell among these {}", kind.plural()), Tone::Healthy));
        lines.push(hint("u", "show the well too"));
    } else if let Some(missing) = cluster.missing_namespaces() {
        lines.push(plain(format!("{} has no namespace {missing}", cluster.name), Tone::Dim));
    } else if query.text.is_empty() && query.only.is_none() && !query.unwell {
        lines.push(plain(
            format!("no {} in {}", kind.plural(), super::content::listed(&query.namespaces, WIDEST / 2)),
            Tone::Dim,
        ));
    } else {
        lines.push(plain(format!("no {} match", kind.plural()), Tone::Dim));
    }
    if query.unwell && !query.text.is_empty() {
        lines.push(hint("u", "show the well too"));
    }
    if !query.text.is_empty() {
        lines.push(hint("Esc", "clear the filter"));
    }
    if !query.namespaces.is_empty() {
        lines.push(hint("0", "all namespaces"));
    }
    lines
}

/// Says below a page's title why there is nothing on it.
pub fn told(text: &str, regions: &Regions, canvas: &mut Canvas<'_>) {
    let rows = regions.rows;
    let lines = super::text::wrapped(text, usize::from(rows.width).saturating_sub(6));
    for (y, line) in (rows.y + 1..rows.bottom()).zip(lines) {
        canvas.line(Rect { y, height: 1, ..rows }, plain(format!("   {line}"), Tone::Dim));
    }
}

/// Puts lines into the upper middle of an area; what is too long goes on in the next row.
fn message(lines: &[Line], area: Rect, canvas: &mut Canvas<'_>) {
    let room = usize::from(area.width).saturating_sub(4).min(WIDEST);
    let lines: Vec<Line> = lines.iter().flat_map(|line| wrapped(line, room)).collect();
    let top = area.y + area.height.saturating_sub(lines.len() as u16) / 3;
    for (index, line) in lines.into_iter().enumerate() {
        let row = Rect { y: top + index as u16, height: 1, ..area };
        if row.y >= area.bottom() {
            return;
        }
        let cells = width(&line).min(usize::from(area.width));
        let x = area.x + (area.width.saturating_sub(cells as u16)) / 2;
        canvas.line(Rect { x, width: area.right().saturating_sub(x), ..row }, line);
    }
}

/// Breaks a line of one tone at blanks; others are short and stay.
fn wrapped(line: &Line, room: usize) -> Vec<Line> {
    let [only] = line.as_slice() else { return vec![line.clone()] };
    let mut rows = vec![String::new()];
    for word in only.text().split(' ') {
        let row = rows.last().map_or(0, |row| cells(row));
        if row > 0 && row + 1 + cells(word) > room {
            rows.push(String::new());
        }
        if let Some(row) = rows.last_mut() {
            if !row.is_empty() {
                row.push(' ');
            }
            row.push_str(word);
        }
    }
    rows.into_iter().map(|row| plain(row, only.tone)).collect()
}
