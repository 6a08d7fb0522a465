//! Notices of background events, above the bottom rule at the right. Never in the way of keys.

use ratatui::layout::Rect;

use super::canvas::{Canvas, Ground};
use super::layout::Regions;
use super::text::{Span, end, width};
use super::tone::Tone;
use crate::app::state::App;

/// Draws the notices, newest at the bottom.
pub fn draw(app: &App, regions: &Regions, canvas: &mut Canvas<'_>) {
    let room = usize::from(regions.body.width).saturating_sub(6);
    for (place, toast) in app.toasts.shown().iter().rev().enumerate() {
        let Some(y) = regions.bottom_rule.y.checked_sub(place as u16 + 1).filter(|y| *y >= regions.body.y) else {
            return;
        };
        let count = if toast.count > 1 { format!(" ({}x)", toast.count) } else { String::new() };
        let text = end(&format!("{}{count}", toast.text), room, canvas.glyphs);
        let line = vec![
            Span::new(format!(" {} ", canvas.glyphs.health(toast.tone)), toast.tone.into()),
            Span::new(format!("{text} "), Tone::Text),
        ];
        let cells = width(&line) as u16;
        let x = regions.body.right().saturating_sub(cells + 1);
        canvas.on(Rect { x, y, width: cells, height: 1 }, line, Ground::Resting);
    }
}
