//! The truth about the cluster in front in one line: state, why, what happens next, version, nodes, pods, latency.

use super::canvas::Canvas;
use super::layout::Regions;
use super::tabs::spoken;
use super::text::{Line, Span, end, width};
use super::tone::Tone;
use super::words::{latency, loading, next_step, number, sparkline};
use crate::app::cluster::OpenCluster;
use crate::app::state::App;
use crate::model::health::Health;
use crate::model::kind::Kind;
use crate::model::update::Reading;

/// The reason gets at least this many cells, even where what happens next does not fit then.
const LEAST_REASON: usize = 24;
/// Cells of the sparkline.
const BEATS: usize = 10;

/// Draws the headline.
pub fn draw(app: &App, cluster: &OpenCluster, regions: &Regions, canvas: &mut Canvas<'_>) {
    let right = facts(cluster, canvas, regions.headline.width);
    let room = usize::from(regions.headline.width).saturating_sub(width(&right) + 1);
    let left = state(app, cluster, room, canvas);
    canvas.bar(regions.headline, left, right);
}

/// Name, state, why, what happens next. Where room is short, the end of the reason gives way to what happens next.
fn state(app: &App, cluster: &OpenCluster, room: usize, canvas: &Canvas<'_>) -> Line {
    let standing = &cluster.standing;
    let mut line = vec![
        Span::new(format!(" {}", cluster.short_name), Tone::Strong),
        Span::new(format!("  {}", spoken(standing.health)), standing.health.into()),
    ];
    let fact = |text: String, tone: Tone| Span::new(format!(" {} {text}", canvas.glyphs.dot), tone);
    let mut after: Line = Line::new();
    after.extend(loading(cluster, &app.now).map(|text| fact(text, Tone::Dim)));
    let next = next_step(cluster, cluster.settings(&app.settings).heartbeat_close, &app.now);
    after.extend(next.map(|text| fact(text, Tone::Dim)));
    if !standing.reason.is_empty() && standing.health != Health::Unknown {
        let most = room.saturating_sub(width(&line) + 3);
        let left = most.saturating_sub(width(&after)).max(LEAST_REASON).min(most);
        line.push(fact(end(&standing.reason, left, canvas.glyphs), Tone::Text));
    }
    line.extend(after);
    line
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
