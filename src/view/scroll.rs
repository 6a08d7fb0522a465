//! Lines that are scrolled through: the help and the diagnostics. Must not know what the lines say.

use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::text::{Line, plain, width};
use super::tone::Tone;

/// Draws lines from `top` on, but never past their end, and says how many more there are.
pub fn scrolled(lines: Vec<Line>, top: usize, area: Rect, canvas: &mut Canvas<'_>) {
    let (height, total) = (usize::from(area.height), lines.len());
    let top = top.min(total.saturating_sub(height));
    for (index, line) in lines.into_iter().skip(top).take(height).enumerate() {
        canvas.line(Rect { y: area.y + index as u16, height: 1, ..area }, line);
    }
    if top + height < total {
        let more = plain(format!(" {} more {}", total - top - height, canvas.glyphs.down), Tone::Faint);
        let row = Rect { y: area.bottom().saturating_sub(1), height: 1, ..area };
        let cells = width(&more) as u16;
        canvas.line(Rect { x: row.right().saturating_sub(cells), width: cells, ..row }, more);
    }
}
