//! The line of column titles above a table: which columns there are, how far they scroll, and that there are more. Must not
//! know what stands in them.

use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::columns::{Fitted, GAP, furthest};
use super::layout::Regions;
use super::text::{Span, head, pad, plain};
use super::tone::Tone;
use crate::app::cluster::OpenCluster;
use crate::app::columns::Arranged;
use crate::app::pointer::Target;
use crate::app::state::App;
use crate::table::engine::AnyTable;

/// Cells before the columns: mark, pointer, blank.
const LEAD: u16 = 3;
/// The heading of the column that says the least where one namespace is selected.
const NAMESPACE: &str = "NAMESPACE";

/// The cells that columns have: the signs before them, and a blank and a sign behind them, are not theirs.
#[must_use]
pub fn room(regions: &Regions) -> u16 {
    regions.content.width.saturating_sub(LEAD + 2)
}

/// The columns of the table on screen, in order. Of one namespace alone its column says nothing new, and gives way first.
#[must_use]
pub fn arranged(cluster: &OpenCluster) -> Vec<Arranged> {
    let view = &cluster.view;
    let arrangement = view.arrangement();
    let mut arranged = arrangement.arrange(cluster.tables.of(view.kind()).columns(), view.wide);
    if view.namespaces.len() == 1 {
        let column = arranged.iter_mut().map(|it| &mut it.column).find(|column| column.title == NAMESPACE);
        if let Some(column) = column.filter(|_| !arrangement.shown.contains_key(NAMESPACE)) {
            column.priority = u8::MAX;
        }
    }
    arranged
}

/// How many columns of the table on screen can be scrolled out on the left.
#[must_use]
pub fn scrollable(app: &App, regions: &Regions) -> usize {
    let Some(cluster) = app.fleet.active().filter(|_| !app.on_board()) else { return 0 };
    furthest(&arranged(cluster), &cluster.view.kind_view().widths, room(regions))
}

/// The titles of the columns; at either end a sign where there are more, as in the tabs.
pub fn heading(
    cluster: &OpenCluster,
    table: &dyn AnyTable,
    fitted: &Fitted,
    regions: &Regions,
    canvas: &mut Canvas<'_>,
) {
    let row = Rect { y: regions.content.y + 1, height: 1, ..regions.content };
    let sort = cluster.view.kind_view().query.sort;
    let sign = if fitted.left { canvas.glyphs.left } else { " " };
    let mut line = vec![Span::new(format!(" {sign} "), Tone::Dim)];
    let mut x = row.x + LEAD;
    let mut over = 0;
    for (place, slot) in fitted.slots.iter().enumerate() {
        let Some(column) = table.columns().get(slot.column) else { continue };
        if place > 0 {
            line.push(Span::new(" ".repeat(usize::from(GAP).saturating_sub(over)), Tone::Text));
        }
        let sorted = sort.column == slot.column;
        let arrow = if sort.descending { canvas.glyphs.down } else { canvas.glyphs.up };
        let cells = usize::from(slot.width);
        // The arrow takes the gap when the title fills its column.
        let text = if sorted {
            pad(&format!("{}{arrow}", head(&column.title, cells)), cells, false)
        } else {
            pad(head(&column.title, cells), cells, column.right)
        };
        over = crate::model::visible::cells(&text).saturating_sub(cells);
        line.push(Span::new(text, if sorted { Tone::Text } else { Tone::Dim }));
        canvas.hit(Rect { x, width: slot.width, ..row }, Target::Heading(slot.column));
        let edge = Rect { x: x + slot.width, width: GAP, ..row };
        canvas.hit(edge, Target::HeadingEdge(slot.column, slot.width));
        x += slot.width + GAP;
    }
    canvas.line(row, line);
    if fitted.right {
        let end = Rect { x: row.right().saturating_sub(1), width: 1, ..row };
        canvas.line(end, plain(canvas.glyphs.right, Tone::Dim));
    }
}
