//! One tab per open cluster: health sign and name; the one in front spells its health out. Overflow scrolls.

use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::layout::Regions;
use super::text::{Line, Span, middle, width};
use super::tone::Tone;
use crate::app::cluster::OpenCluster;
use crate::app::pointer::Target;
use crate::app::state::App;
use crate::model::health::Health;

/// Names longer than this are cut in the middle.
const LONGEST: usize = 28;
/// Cells kept at each end for what is hidden there.
const EDGE: usize = 9;

/// Draws the tabs that fit, the one in front among them.
pub fn draw(app: &App, regions: &Regions, canvas: &mut Canvas<'_>) {
    if regions.tabs.height == 0 {
        return;
    }
    let front = app.fleet.active_index();
    let shown_front = !app.on_board();
    let tabs: Vec<Line> = app
        .fleet
        .iter()
        .enumerate()
        .map(|(index, cluster)| tab(cluster, index == front && shown_front, canvas))
        .collect();
    let widths: Vec<usize> = tabs.iter().map(|tab| width(tab)).collect();
    let (first, last) = window(&widths, front, usize::from(regions.tabs.width));
    let mut x = regions.tabs.x;
    let hidden: Vec<&OpenCluster> = app.fleet.iter().take(first).collect();
    if !hidden.is_empty() {
        let line = overflow(&hidden, canvas, true);
        let cells = width(&line) as u16;
        canvas.line(Rect { x, width: cells, ..regions.tabs }, line);
        x += cells;
    }
    for (cluster, (line, cells)) in app.fleet.iter().zip(tabs.into_iter().zip(widths)).take(last).skip(first) {
        let area = Rect { x, width: cells as u16, ..regions.tabs };
        canvas.line(area, line);
        canvas.hit(area, Target::Tab(cluster.id.clone()));
        x += area.width;
    }
    let hidden: Vec<&OpenCluster> = app.fleet.iter().skip(last).collect();
    if !hidden.is_empty() {
        let line = overflow(&hidden, canvas, false);
        let cells = width(&line) as u16;
        canvas.line(Rect { x: regions.tabs.right().saturating_sub(cells), width: cells, ..regions.tabs }, line);
    }
}

fn tab(cluster: &OpenCluster, front: bool, canvas: &Canvas<'_>) -> Line {
    let health = cluster.standing.health;
    let name = middle(&cluster.short_name, LONGEST, canvas.glyphs);
    let sign = canvas.glyphs.health(health);
    if !front {
        return vec![Span::new(format!("  {sign} "), health.into()), Span::new(format!("{name} "), Tone::Text)];
    }
    let edge = canvas.glyphs.tab_edge;
    vec![
        Span::new(format!(" {edge}"), Tone::Accent),
        Span::new(format!("{sign} "), health.into()),
        Span::new(name, Tone::TabActive),
        Span::new(format!(" {}", spoken(health)), health.into()),
        Span::new(edge, Tone::Accent),
    ]
}

/// The health word as spoken on screen.
#[must_use]
pub fn spoken(health: Health) -> String {
    health.to_string().replace('_', " ")
}

/// The range of tabs that fit around the one in front, leaving room for the counts of what is hidden.
fn window(widths: &[usize], front: usize, room: usize) -> (usize, usize) {
    if widths.iter().sum::<usize>() <= room {
        return (0, widths.len());
    }
    let room = room.saturating_sub(2 * EDGE);
    let cells = |first: usize, last: usize| widths.get(first..last).unwrap_or_default().iter().sum::<usize>();
    let mut first = 0;
    while first < front && cells(first, front + 1) > room {
        first += 1;
    }
    let mut last = front + 1;
    while last < widths.len() && cells(first, last + 1) <= room {
        last += 1;
    }
    (first, last)
}

/// `‹ +2 ●`: how many are hidden, and the worst health among them.
fn overflow(hidden: &[&OpenCluster], canvas: &Canvas<'_>, left: bool) -> Line {
    let worst = hidden.iter().map(|cluster| cluster.standing.health).min().unwrap_or(Health::Unknown);
    let sign = Span::new(canvas.glyphs.health(worst), worst.into());
    let count = Span::new(format!(" +{} ", hidden.len()), Tone::Dim);
    if left {
        vec![Span::new(format!(" {}", canvas.glyphs.left), Tone::Accent), count, sign]
    } else {
        vec![count, sign, Span::new(format!(" {} ", canvas.glyphs.right), Tone::Accent)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tab_in_front_is_always_within_the_window() {
        let widths = vec![10; 20];
        for front in 0..20 {
            let (first, last) = window(&widths, front, 68);
            assert!((first..last).contains(&front));
            assert_eq!(last - first, 5);
        }
        assert_eq!(window(&widths, 3, 200), (0, 20));
        assert_eq!(window(&[100, 100], 1, 60), (1, 2));
    }
}
