//! The line of column titles above a table: which columns there are, how far they scroll, and that there are more. Must not
//! know what stands in them.

use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::columns::{Fitted, GAP, furthest};
use super::layout::Regions;
use super::text::{Span, end, pad, plain};
use super::tone::Tone;
use crate::app::cluster::OpenCluster;
use crate::app::columns::Arranged;
use crate::app::palette::namespaces_denied;
use crate::app::pointer::Target;
use crate::app::state::App;
use crate::model::kind::Kind;
use crate::table::engine::AnyTable;

/// Cells before the columns: mark, pointer, blank.
const LEAD: u16 = 3;
/// The heading of the column that tells rows of one name apart, and says the least where there is one namespace only.
const NAMESPACE: &str = "NAMESPACE";
const NAME: &str = "NAME";

/// The cells that columns have: the signs before them, and a blank and a sign behind them, are not theirs.
#[must_use]
pub fn room(regions: &Regions) -> u16 {
    regions.content.width.saturating_sub(LEAD + 2)
}

/// The heading of the column that says the same of all pods of a node.
const NODE: &str = "NODE";

/// The columns of the table on screen, in order. Rows of several namespaces may have the same name: where names are shown
/// the namespace stays beside them, also when the others scroll. Of one namespace alone the column says nothing new, and
/// gives way first. What the rows are sorted by stays too: they would seem to be in no order.
#[must_use]
pub fn arranged(cluster: &OpenCluster) -> Vec<Arranged> {
    let view = &cluster.view;
    let arrangement = view.arrangement();
    let sorted = view.kind_view().query.sort.column;
    let mut arranged = arrangement.arrange(cluster.tables.of(view.kind()).columns(), view.wide, sorted);
    let named = arranged.iter().any(|it| it.column.title == NAME);
    let column = arranged.iter_mut().map(|it| &mut it.column).find(|column| column.title == NAMESPACE);
    if let Some(column) = column.filter(|_| !arrangement.shown.contains_key(NAMESPACE)) {
        let several = view.kind().namespaced() && !in_one_namespace(cluster);
        column.frozen = several && named;
        match (several, named) {
            (true, true) => column.priority = 0,
            // Events go by what they are about and say: that matters more.
            (true, false) => {}
            (false, _) => column.priority = u8::MAX,
        }
    }
    // Nor does what all rows of a node have in common.
    let node = arranged.iter_mut().map(|it| &mut it.column).find(|column| column.title == NODE);
    if let Some(column) = node.filter(|_| view.within().is_some_and(|within| within.of.kind == Kind::Nodes)) {
        column.priority = u8::MAX;
    }
    let column = arranged.iter_mut().find(|it| it.index == sorted && it.column.title != NAMESPACE);
    if let Some(it) = column {
        it.column.priority = 0;
    }
    arranged
}

/// Whether all rows that may be shown are in the same namespace: one is selected, or the only one that may be read, or one
/// came through an object that lives in it.
fn in_one_namespace(cluster: &OpenCluster) -> bool {
    let view = &cluster.view;
    let through = view.within().is_some_and(|within| !within.of.namespace.is_empty());
    let only = || namespaces_denied(cluster) && cluster.namespaces().is_some_and(|names| names.len() == 1);
    view.namespaces.len() == 1 || through || (view.namespaces.is_empty() && only())
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
        let title = end(&column.title, cells, canvas.glyphs);
        let text =
            if sorted { pad(&format!("{title}{arrow}"), cells, false) } else { pad(&title, cells, column.right) };
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
