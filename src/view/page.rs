//! What fills the content of a tab: the table, or the page in its place. Must not know what any of them shows.

use super::canvas::Canvas;
use super::glyphs::Glyphs;
use super::layout::Regions;
use super::text::Line;
use super::{attention, changes, content, details, explain, overview};
use crate::app::cluster::OpenCluster;
use crate::app::state::App;
use crate::app::tab::Page;

/// Draws what is in front.
pub fn draw(app: &App, cluster: &OpenCluster, regions: &Regions, canvas: &mut Canvas<'_>) {
    match cluster.view.page() {
        Page::Table => content::draw(app, cluster, regions, canvas),
        Page::Details(view) => details::draw(app, cluster, view, regions, canvas),
        Page::Overview(cursor) => overview::draw(app, cluster, cursor, regions, canvas),
        Page::Attention(_) => attention::draw(app, cluster, regions, canvas),
        Page::Changes(about, cursor) => changes::draw(app, cluster, about.as_deref(), cursor, regions, canvas),
        Page::Explain(about, top) => explain::draw(app, cluster, about, *top, regions, canvas),
    }
}

/// The line about what is selected.
#[must_use]
pub fn explain(app: &App, cluster: &OpenCluster, glyphs: &Glyphs) -> Line {
    match cluster.view.page() {
        Page::Table => content::explain(app, cluster, glyphs),
        Page::Details(view) => details::explain(cluster, view),
        Page::Overview(_) => overview::explain(app, cluster),
        Page::Attention(_) => attention::explain(cluster),
        Page::Changes(..) => changes::explain(app, cluster),
        Page::Explain(..) => Line::new(),
    }
}

/// How far the page in front can be scrolled, if it is a text without a cursor.
#[must_use]
pub fn deepest(app: &App, regions: &Regions) -> usize {
    match app.fleet.active().map(|cluster| (cluster, cluster.view.page())) {
        Some((cluster, Page::Explain(about, _))) => explain::deepest(app, cluster, about, regions),
        _ => 0,
    }
}

/// The entries that the page in front has room for.
#[must_use]
pub fn list_height(app: &App, regions: &Regions) -> usize {
    match app.fleet.active().map(|cluster| cluster.view.page()) {
        Some(Page::Attention(_)) => usize::from(attention::list_area(regions).height),
        _ => usize::from(regions.rows.height),
    }
}
