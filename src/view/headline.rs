//! The truth about the cluster in front in one line: state, why, what happens next, version, nodes, pods, latency.

use super::canvas::Canvas;
use super::layout::Regions;
use super::tabs::spoken;
use super::text::{Line, Span, end, width};
use super::tone::Tone;
use super::words::{Step, latency, loading, next_step, number, sparkline};
use crate::app::cluster::OpenCluster;
use crate::app::state::App;
use crate::model::health::Health;
use crate::model::kind::Kind;
use crate::model::update::Reading;
use crate::model::visible::cells;

/// Cells of the sparkline.
const BEATS: usize = 10;

/// Draws the headline. Where room is short, the facts of a cluster that is not current, which are no news, give way to why
/// and to what happens next.
pub fn draw(app: &App, cluster: &OpenCluster, regions: &Regions, canvas: &mut Canvas<'_>) {
    let columns = usize::from(regions.headline.width);
    let facts = facts(cluster, canvas, regions.headline.width);
    let room = |right: &Line| columns.saturating_sub(width(right) + 1);
    let step = next_step(cluster, app);
    let current = step.is_none() && cluster.knows(&Kind::Pods);
    let (left, right) = match state(app, cluster, step.as_ref(), room(&facts), canvas) {
        (left, fits) if fits || current => (left, facts),
        _ => (state(app, cluster, step.as_ref(), room(&Line::new()), canvas).0, Line::new()),
    };
    canvas.bar(regions.headline, left, right);
}

/// Name, state, why, what happens next, and whether these fit. What may help gives way first, then the end of the reason
/// down to half of the room, then what happens next.
fn state(app: &App, cluster: &OpenCluster, step: Option<&Step>, room: usize, canvas: &Canvas<'_>) -> (Line, bool) {
    let standing = &cluster.standing;
    let mut line = vec![
        Span::new(format!(" {}", cluster.short_name), Tone::Strong),
        Span::new(format!("  {}", spoken(standing.health)), standing.health.into()),
    ];
    let fact = |text: &str| format!(" {} {text}", canvas.glyphs.dot);
    let mut after: String = loading(cluster, &app.now).map(|text| fact(&text)).unwrap_or_default();
    after.extend(step.map(|step| fact(&step.due)));
    let left = room.saturating_sub(width(&line));
    let mut fits = cells(&after) <= left;
    if !standing.reason.is_empty() && standing.health != Health::Unknown {
        let reason = fact(&standing.reason);
        // Why comes before what is next: at least half of the room is for it.
        let told = end(&reason, left.saturating_sub(cells(&after)).max(left / 2), canvas.glyphs);
        fits &= told == reason;
        line.push(Span::new(told, Tone::Text));
    }
    let left = room.saturating_sub(width(&line));
    line.push(Span::new(end(&after, left, canvas.glyphs), Tone::Dim));
    let aside = step.and_then(|step| step.aside.as_ref()).map(|aside| Span::new(format!("; {aside}"), Tone::Dim));
    line.extend(aside.filter(|aside| width(&line) + width(std::slice::from_ref(aside)) <= room));
    (line, fits)
}

/// The facts on the right, fewer on narrow screens.
fn facts(cluster: &OpenCluster, canvas: &Canvas<'_>, columns: u16) -> Line {
    let summary = &cluster.summary;
    let mut line = Line::new();
    let mut fact = |name: &str, value: String| {
        line.push(Span::new(format!("  {name}"), Tone::Dim));
        line.push(Span::new(value, Tone::Text));
    };
    if let Some(version) = cluster.version.as_ref().filter(|_| columns >= 100) {
        fact("", version.clone());
    }
    // What may not be listed or cannot be read is not known, and no zero; what is only awaited is not there yet.
    let settled = |kind: &Kind| {
        let reading = cluster.readings.get(kind).map(|state| &state.reading);
        !matches!(reading, None | Some(Reading::Waiting))
    };
    let mut count = |name: &str, kind: &Kind, value: String| {
        if cluster.knows(kind) {
            fact(name, value);
        } else if settled(kind) {
            fact(name, canvas.glyphs.dot.to_owned());
        }
    };
    count("nodes ", &Kind::Nodes, format!("{}/{}", summary.nodes_ready, summary.nodes));
    count("pods ", &Kind::Pods, number(summary.pods));
    if summary.unwell_pods > 0 {
        line.push(Span::new(format!(" {}{}", canvas.glyphs.warning, summary.unwell_pods), Tone::Warning));
    }
    if columns >= 120 {
        line.push(Span::new("  ", Tone::Text));
        line.extend(sparkline(&cluster.pulse, BEATS, canvas.glyphs));
    }
    if let Some(time) = cluster.pulse.latency() {
        line.push(Span::new(format!("  {:>6}", latency(time)), Tone::Dim));
    }
    line.push(Span::new(" ", Tone::Text));
    line
}
