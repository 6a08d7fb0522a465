//! From the state to what is visible: a list of placed lines and of places that can be clicked.
//!
//! Pure functions of the state, the terminal's size and a set of signs. Knows geometry; must not know colours, the
//! terminal or who draws. Cost follows what is visible, never what exists.

pub mod attention;
pub mod board;
pub mod canvas;
pub mod changes;
pub mod columns;
pub mod content;
pub mod details;
pub mod diagnostics;
pub mod dialog;
pub mod empty;
pub mod explain;
mod field;
pub mod glyphs;
pub mod heading;
pub mod headline;
pub mod help;
pub mod layout;
pub mod narrowed;
pub mod overview;
pub mod page;
mod related;
pub mod scroll;
pub mod sidebar;
pub mod status;
pub mod strip;
pub mod tabs;
pub mod text;
pub mod toasts;
pub mod tone;
pub mod words;

use crate::app::prepare::Heights;
use crate::app::state::App;
use canvas::{Canvas, ViewModel};
use glyphs::Glyphs;
use layout::Regions;

/// The smallest terminal the screen works on: columns, rows.
pub const SMALLEST: (u16, u16) = (60, 16);

/// How many rows each list will have on screen; the state scrolls by it.
#[must_use]
pub fn heights(app: &App) -> Heights {
    let regions = Regions::of(app);
    Heights {
        table: usize::from(regions.rows.height),
        width: usize::from(regions.rows.width),
        list: page::list_height(app, &regions),
        sidebar: usize::from(regions.sidebar_rows().height),
        board: usize::from(regions.board_rows().height),
        dialog: dialog::height(app),
        scroll: heading::scrollable(app, &regions),
        deepest: if app.layers.is_empty() { page::deepest(app, &regions) } else { dialog::deepest(app) },
    }
}

/// Projects what is visible. The state must have been prepared with [`heights`].
#[must_use]
pub fn project(app: &App, glyphs: &Glyphs) -> ViewModel {
    let mut canvas = Canvas::new(app.size, glyphs);
    if app.size.0 < SMALLEST.0 || app.size.1 < SMALLEST.1 {
        empty::too_small(&mut canvas);
        return canvas.finish();
    }
    let regions = Regions::of(app);
    strip::draw(app, &regions, &mut canvas);
    tabs::draw(app, &regions, &mut canvas);
    if app.fleet.is_empty() {
        empty::nothing_open(app, &regions, &mut canvas);
    } else if app.on_board() {
        board::draw(app, &regions, &mut canvas);
    } else if let Some(cluster) = app.fleet.active() {
        headline::draw(app, cluster, &regions, &mut canvas);
        sidebar::draw(app, cluster, &regions, &mut canvas);
        page::draw(app, cluster, &regions, &mut canvas);
    }
    status::draw(app, &regions, &mut canvas);
    toasts::draw(app, &regions, &mut canvas);
    dialog::draw(app, &mut canvas);
    canvas.finish()
}
