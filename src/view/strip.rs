//! The fleet strip, on every screen: counts by health, and the one thing most worth knowing now.

use super::canvas::Canvas;
use super::layout::Regions;
use super::text::{Line, Span, plain};
use super::tone::Tone;
use crate::app::cluster::OpenCluster;
use crate::app::state::App;
use crate::model::health::Health;
use crate::model::lifecycle::Lifecycle;

/// Draws the strip.
pub fn draw(app: &App, regions: &Regions, canvas: &mut Canvas<'_>) {
    let clock = plain(format!("{} ", app.now.clock), Tone::Dim);
    let mut line: Line = vec![Span::new(" FLEET ", Tone::Strong)];
    if app.fleet.is_empty() {
        line.push(Span::new(" No Active Clusters", Tone::Dim));
        canvas.bar(regions.strip, line, clock);
        return;
    }
    for health in Health::ALL.into_iter().rev() {
        let number = app.fleet.iter().filter(|cluster| cluster.standing.health == health).count();
        if number > 0 {
            line.push(Span::new(format!(" {} {number} ", canvas.glyphs.health(health)), health.into()));
        }
    }
    line.push(Span::new("   ", Tone::Text));
    line.extend(most_worth_knowing(app));
    canvas.bar(regions.strip, line, clock);
}

/// The newest of the gravest troubles, in words; calm words when there is none.
fn most_worth_knowing(app: &App) -> Line {
    if let Some(banner) = &app.network.banner {
        return plain(banner.text.clone(), Tone::Degraded);
    }
    let troubled = app.fleet.iter().filter(|cluster| needs_a_person(cluster.standing.health));
    let worst =
        troubled.min_by_key(|cluster| (rank(cluster.standing.health), std::cmp::Reverse(cluster.standing.since)));
    match worst {
        Some(cluster) => said_of(cluster),
        None if app.fleet.iter().all(|cluster| cluster.standing.health == Health::Healthy) => {
            plain(calm(app), Tone::Dim)
        }
        None => Line::new(),
    }
}

/// Every cluster answers; what is in those that are not read yet is not known to be well.
fn calm(app: &App) -> String {
    let mut unread = app.fleet.iter().filter(|cluster| cluster.standing.lifecycle != Lifecycle::Ready);
    match (unread.next(), unread.count()) {
        (None, _) => "all well".to_owned(),
        (Some(cluster), 0) => format!("loading {}", cluster.short_name),
        (Some(_), others) => format!("loading {} clusters", others + 1),
    }
}

fn needs_a_person(health: Health) -> bool {
    !matches!(health, Health::Healthy | Health::Unknown)
}

/// A fresh outage is worth more than a login that has been expired for weeks.
fn rank(health: Health) -> u8 {
    match health {
        Health::Unhealthy => 0,
        Health::Degraded => 1,
        Health::AuthFailed => 2,
        Health::Warning => 3,
        Health::Unknown | Health::Healthy => 4,
    }
}

fn said_of(cluster: &OpenCluster) -> Line {
    vec![
        Span::new(format!("{}: ", cluster.short_name), Tone::Text),
        Span::new(cluster.standing.reason.clone(), cluster.standing.health.into()),
    ]
}
