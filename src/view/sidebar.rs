//! The namespaces of the cluster in front, with what is unwell in each.

use ratatui::layout::Rect;

use super::canvas::{Canvas, Ground};
use super::layout::Regions;
use super::text::{Line, Span, middle, plain};
use super::tone::Tone;
use super::words::number;
use crate::app::cluster::OpenCluster;
use crate::app::palette::namespaces_denied;
use crate::app::perform::sidebar_rows;
use crate::app::pointer::Target;
use crate::app::state::App;
use crate::app::tab::Pane;

/// Stands for all of them; below their heading its first word says as much where room is short.
const ALL: &str = "All Namespaces";

/// What is said where namespaces may not be listed.
const NOTE: [&str; 3] = ["You do not have", "permission to list", "namespaces."];

/// Draws the sidebar and the rule beside it.
pub fn draw(app: &App, cluster: &OpenCluster, regions: &Regions, canvas: &mut Canvas<'_>) {
    let area = regions.sidebar;
    if area.width == 0 {
        return;
    }
    canvas.hit(area, Target::Sidebar);
    canvas.vertical_rule(Rect { x: area.right(), width: 1, ..area });
    let focused = cluster.view.pane == Pane::Sidebar && app.layers.is_empty();
    let rows = sidebar_rows(cluster);
    let selected = cluster.view.namespaces.len();
    let part = if selected > 0 { format!("{selected}/") } else { String::new() };
    let count = if rows.is_empty() { String::new() } else { format!("{part}{} ", number(rows.len() - 1)) };
    let title = plain(" NAMESPACES", if focused { Tone::Accent } else { Tone::Strong });
    canvas.bar(Rect { height: 1, ..area }, title, plain(count, Tone::Dim));
    let list = regions.sidebar_rows();
    let denied = namespaces_denied(cluster);
    let top = cluster.view.sidebar.top;
    for (index, name) in rows.iter().enumerate().skip(top).take(usize::from(list.height)) {
        let row = Rect { y: list.y + (index - top) as u16, height: 1, ..list };
        let selected = cluster.view.sidebar.index == index;
        let ground = match (selected, focused) {
            (true, true) => Ground::Selected,
            (true, false) if cluster.view.sidebar.chosen => Ground::Resting,
            _ => Ground::Bare,
        };
        let (left, right) = entry(cluster, name.as_deref(), usize::from(area.width), canvas);
        canvas.bar_on(row, left, right, ground);
        canvas.hit(row, Target::SidebarRow(index));
    }
    if denied {
        let below = Rect { y: list.y + (rows.len() + 1) as u16, height: 1, ..list };
        note(below, list.bottom(), !cluster.view.typed.is_empty(), canvas);
    }
}

fn entry(cluster: &OpenCluster, name: Option<&str>, cells: usize, canvas: &Canvas<'_>) -> (Line, Line) {
    let chosen = match name {
        Some(name) => cluster.view.namespaces.contains(name),
        None => cluster.view.namespaces.is_empty(),
    };
    let (unwell, warnings) = match name {
        Some(name) => cluster.summary.namespaces.get(name).copied().unwrap_or_default(),
        None => (cluster.summary.unwell_pods, cluster.summary.warnings),
    };
    let mut right = Line::new();
    if unwell > 0 {
        right.push(Span::new(format!("{} {unwell}", canvas.glyphs.warning), Tone::Warning));
    } else if warnings > 0 {
        right.push(Span::new(format!("{warnings}"), Tone::Faint));
    }
    let barred = name.and_then(|name| cluster.barred(name)).is_some();
    if barred {
        right.push(Span::new(canvas.glyphs.unhealthy, Tone::Warning));
    }
    right.push(Span::new(" ", Tone::Text));
    let taken = super::text::width(&right) + 3 + usize::from(!right.is_empty());
    let room = cells.saturating_sub(taken);
    let all = if room < ALL.len() { "All" } else { ALL };
    let label = middle(name.unwrap_or(all), room, canvas.glyphs);
    let sign = if chosen { canvas.glyphs.pointer } else { " " };
    let tone = match (barred, chosen) {
        (true, _) => Tone::Faint,
        (false, true) => Tone::Strong,
        (false, false) => Tone::Text,
    };
    (vec![Span::new(format!(" {sign} "), Tone::Accent), Span::new(label, tone)], right)
}

/// Why the list is short, and which keys add to it and take away.
fn note(mut row: Rect, bottom: u16, typed: bool, canvas: &mut Canvas<'_>) {
    let narrow = usize::from(row.width) < NOTE[1].len() + 1;
    let note = if narrow { ["You do not have", "permission to", "list namespaces."] } else { NOTE };
    let forget = typed.then_some("Del  forget one");
    for text in note.into_iter().chain(["", "n  type one in"]).chain(forget) {
        if row.y >= bottom {
            return;
        }
        canvas.line(row, plain(format!(" {text}"), Tone::Dim));
        row.y += 1;
    }
}
