//! The truth about the cluster in front in one line: state, why, what happens next, version, nodes, pods, latency.

use super::canvas::Canvas;
use super::layout::Regions;
use super::tabs::spoken;
use super::text::{Line, Span};
use super::tone::Tone;
use super::words::{latency, loading, next_step, number, sparkline};
use crate::app::cluster::OpenCluster;
use crate::app::state::App;
use crate::model::health::Health;

/// Cells of the sparkline.
const BEATS: usize = 10;

/// Draws the headline.
pub fn draw(app: &App, cluster: &OpenCluster, regions: &Regions, canvas: &mut Canvas<'_>) {
    let right = facts(cluster, canvas, regions.headline.width);
    canvas.bar(regions.headline, state(app, cluster, canvas), right);
}

fn state(app: &App, cluster: &OpenCluster, canvas: &Canvas<'_>) -> Line {
    let standing = &cluster.standing;
    let mut line = vec![
        Span::new(format!(" {}", cluster.short_name), Tone::Strong),
        Span::new(format!("  {}", spoken(standing.health)), standing.health.into()),
    ];
    let mut add = |text: String, tone: Tone| line.push(Span::new(format!(" {} {text}", canvas.glyphs.dot), tone));
    if !standing.reason.is_empty() && standing.health != Health::Unknown {
        add(standing.reason.clone(), Tone::Text);
    }
    if let Some(text) = loading(cluster, &app.now) {
        add(text, Tone::Dim);
    }
    if let Some(text) = next_step(cluster, app.settings.heartbeat_close, &app.now) {
        add(text, Tone::Dim);
    }
    line
}

/// The facts on the right, fewer on narrow screens.
fn facts(cluster: &OpenCluster, canvas: &Canvas<'_>, width: u16) -> Line {
    let summary = &cluster.summary;
    let mut line = Line::new();
    let mut fact = |name: &str, value: String| {
        line.push(Span::new(format!("  {name}"), Tone::Dim));
        line.push(Span::new(value, Tone::Text));
    };
    if let Some(version) = cluster.version.as_ref().filter(|_| width >= 100) {
        fact("", version.clone());
    }
    if summary.nodes > 0 {
        fact("nodes ", format!("{}/{}", summary.nodes_ready, summary.nodes));
    }
    if summary.pods > 0 {
        fact("pods ", number(summary.pods));
    }
    if summary.unwell_pods > 0 {
        line.push(Span::new(format!(" {}{}", canvas.glyphs.warning, summary.unwell_pods), Tone::Warning));
    }
    if width >= 120 {
        line.push(Span::new("  ", Tone::Text));
        line.extend(sparkline(&cluster.pulse, BEATS, canvas.glyphs));
    }
    if let Some(time) = cluster.pulse.latency() {
        line.push(Span::new(format!("  {:>6}", latency(time)), Tone::Dim));
    }
    line.push(Span::new(" ", Tone::Text));
    line
}
