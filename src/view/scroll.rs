//! Lines that are scrolled through: the help and the diagnostics. Must not know what the lines say.

use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::text::{Line, plain, width};
use super::tone::Tone;

/// Draws lines from `top` on, but never past their end, and says how many more there are.
pub fn scrolled(lines: Vec<Line>, top: usize, area: Rect, canvas: &mut Canvas<'_>) {
    let (height, total) = (usize::from(area.height), lines.len());
    let top = top.min(total.saturating_sub(height));
    let below = total.saturating_sub(top + height);
    let more = (below > 0).then(|| plain(format!(" {below} more {}", canvas.glyphs.down), Tone::Faint));
    let taken = more.as_deref().map_or(0, width);
    for (index, line) in lines.into_iter().skip(top).take(height).enumerate() {
        // The last one has the room that is left beside what is said there.
        let taken = if index + 1 == height { taken as u16 } else { 0 };
        let row = Rect { y: area.y + index as u16, height: 1, width: area.width.saturating_sub(taken), ..area };
        canvas.line(row, line);
    }
    if let Some(more) = more {
        let (row, cells) = (Rect { y: area.bottom().saturating_sub(1), height: 1, ..area }, taken as u16);
        canvas.line(Rect { x: row.right().saturating_sub(cells), width: cells, ..row }, more);
    }
}
