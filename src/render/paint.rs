//! Puts placed lines into the frame's buffer. Must not know which region a line belongs to.

use std::sync::Arc;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::theme::Theme;
use super::thread::Picture;
use crate::view::canvas::{Ground, Placed, ViewModel};
use crate::view::tone::Tone;

impl Picture for Arc<ViewModel> {
    fn paint(&self, frame: &mut Frame<'_>, theme: &Theme) {
        paint(self, theme, frame.buffer_mut());
        if let Some((x, y)) = self.cursor {
            frame.set_cursor_position(Position::new(x, y));
        }
    }
}

/// Paints a view model into a buffer, which may be smaller than what the model was made for.
pub fn paint(model: &ViewModel, theme: &Theme, buffer: &mut Buffer) {
    let whole = buffer.area;
    buffer.set_style(whole, theme.style(Tone::Text));
    for placed in &model.lines {
        line(placed, theme, buffer);
    }
}

fn line(placed: &Placed, theme: &Theme, buffer: &mut Buffer) {
    let area = Rect::new(placed.x, placed.y, placed.width, 1).intersection(buffer.area);
    if area.is_empty() {
        return;
    }
    ground(placed.ground, area, theme, buffer);
    let mut x = area.x;
    for span in &placed.line {
        let left = area.right().saturating_sub(x);
        if left == 0 {
            return;
        }
        let style = match placed.ground {
            Ground::Bare | Ground::Cleared => theme.style(span.tone),
            Ground::Selected => theme.selected(span.tone, true),
            Ground::Resting => theme.selected(span.tone, false),
        };
        (x, _) = buffer.set_stringn(x, area.y, span.text(), usize::from(left), style);
    }
}

fn ground(ground: Ground, area: Rect, theme: &Theme, buffer: &mut Buffer) {
    let style = match ground {
        Ground::Bare => return,
        Ground::Cleared => theme.style(Tone::Text),
        Ground::Selected => theme.style(Tone::Selected),
        Ground::Resting => theme.style(Tone::SelectedUnfocused),
    };
    for position in area.positions() {
        if let Some(cell) = buffer.cell_mut(position) {
            cell.reset();
        }
    }
    buffer.set_style(area, Style::reset().patch(theme.style(Tone::Text)).patch(style));
}
