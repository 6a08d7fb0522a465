//! Where each region is: a pure function of the size and what is open. Must not know what regions show.

use ratatui::layout::Rect;

use crate::app::state::App;
use crate::app::tab::Page;

/// Below this width the sidebar folds away.
const SIDEBAR_FROM: u16 = 72;

/// The regions of the screen, top to bottom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Regions {
    /// The fleet strip.
    pub strip: Rect,
    /// The tabs; empty with fewer than two clusters.
    pub tabs: Rect,
    /// The truth about the cluster in front; empty on the board.
    pub headline: Rect,
    /// The rule below the top lines.
    pub top_rule: Rect,
    /// Everything between the rules.
    pub body: Rect,
    /// The sidebar within the body, its rule not included; empty while folded.
    pub sidebar: Rect,
    /// The table within the body: title, heading, rows.
    pub content: Rect,
    /// The rows of the table.
    pub rows: Rect,
    /// The rule above the bottom lines.
    pub bottom_rule: Rect,
    /// What the selected row has to say, or the filter field.
    pub explain: Rect,
    /// The hints.
    pub hints: Rect,
}

impl Regions {
    /// Lays the screen out.
    #[must_use]
    pub fn of(app: &App) -> Self {
        let (width, height) = app.size;
        let mut next = 0;
        let mut take = |rows: u16| {
            let area = Rect::new(0, next, width, rows);
            next += rows;
            area
        };
        let cluster = !app.fleet.is_empty() && !app.on_board();
        let strip = take(1);
        let tabs = take(u16::from(app.tabs_shown()));
        let headline = take(u16::from(cluster));
        let top_rule = take(1);
        let body_height = height.saturating_sub(top_rule.bottom() + 3);
        let body = take(body_height);
        let bottom_rule = take(1);
        let explain = take(1);
        let hints = take(1);
        // The overview is of the cluster as a whole, and wants all the room there is.
        let whole = matches!(app.fleet.active().map(|front| front.view.page()), Some(Page::Overview(_)));
        let sided = cluster && !app.zoomed && !whole && width >= SIDEBAR_FROM;
        let side = if sided { sidebar_width(width) } else { 0 };
        let sidebar = Rect { width: side, ..body };
        let taken = if side > 0 { side + 1 } else { 0 };
        let content = Rect { x: taken, width: width.saturating_sub(taken), ..body };
        let rows = Rect { y: content.y + 2, height: content.height.saturating_sub(2), ..content };
        Self { strip, tabs, headline, top_rule, body, sidebar, content, rows, bottom_rule, explain, hints }
    }

    /// The rows of the sidebar, below its title.
    #[must_use]
    pub fn sidebar_rows(&self) -> Rect {
        let height = self.sidebar.height.saturating_sub(1);
        Rect { y: self.sidebar.y + 1, height, ..self.sidebar }
    }

    /// The rows of the Fleet board, below its heading.
    #[must_use]
    pub fn board_rows(&self) -> Rect {
        let height = self.body.height.saturating_sub(1);
        Rect { y: self.body.y + 1, height, ..self.body }
    }
}

fn sidebar_width(width: u16) -> u16 {
    // On a narrow screen names of namespaces give way to those of objects.
    (width / 5).clamp(18, 28)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::state::Launch;
    use crate::config::settings::Settings;

    #[test]
    fn the_regions_cover_the_screen_without_overlap_at_any_size() {
        for size in [(60, 16), (80, 24), (120, 40), (500, 200)] {
            let app = App::new(size, Launch::default(), Settings::default());
            let regions = Regions::of(&app);
            let stacked = [
                regions.strip,
                regions.tabs,
                regions.headline,
                regions.top_rule,
                regions.body,
                regions.bottom_rule,
                regions.explain,
                regions.hints,
            ];
            let mut next = 0;
            for area in stacked {
                assert_eq!(area.y, next, "{area:?} at {size:?}");
                next += area.height;
            }
            assert_eq!(next, size.1);
        }
    }
}
