//! Puts placed lines into cells. Must not know which region a line belongs to.

use std::sync::Arc;

use ratatui::buffer::{Buffer, Cell, CellWidth as _};
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};

use super::screen::Picture;
use super::theme::Theme;
use crate::model::visible::is_plain;
use crate::view::canvas::{Ground, Placed, ViewModel};
use crate::view::tone::Tone;

impl Picture for Arc<ViewModel> {
    fn paint(&self, buffer: &mut Buffer, theme: &Theme) {
        paint(self, theme, buffer);
    }

    fn differs(&self, before: &Self, row: u16) -> bool {
        self.row(row) != before.row(row)
    }

    fn cursor(&self) -> Option<Position> {
        self.cursor.map(Position::from)
    }
}

/// Paints a view model into blank cells: those of the whole screen or of some of its rows, which may be fewer or shorter
/// than what the model was made for.
pub fn paint(model: &ViewModel, theme: &Theme, buffer: &mut Buffer) {
    let whole = buffer.area;
    buffer.set_style(whole, theme.style(Tone::Text));
    for y in whole.top()..whole.bottom() {
        for placed in model.row(y) {
            line(placed, theme, buffer);
        }
    }
}

fn line(placed: &Placed, theme: &Theme, buffer: &mut Buffer) {
    let area = Rect::new(placed.x, placed.y, placed.width, 1).intersection(buffer.area);
    if area.is_empty() {
        return;
    }
    halve(area.as_position(), buffer);
    ground(placed.ground, area, theme, buffer);
    let mut x = area.x;
    for span in &placed.line {
        let left = area.right().saturating_sub(x);
        if left == 0 {
            return;
        }
        let style = match placed.ground {
            // There is nothing to underline in a blank.
            Ground::Bare | Ground::Cleared if is_blank(span.text()) => {
                theme.style(span.tone).remove_modifier(Modifier::UNDERLINED)
            }
            Ground::Bare | Ground::Cleared => theme.style(span.tone),
            Ground::Selected => theme.selected(span.tone, true),
            Ground::Resting => theme.selected(span.tone, false),
        };
        x = put(buffer, Position::new(x, area.y), left, span.text(), style);
    }
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| byte == b' ')
}

/// Puts as much of a text into a row as there is room for; returns where the next one begins.
fn put(buffer: &mut Buffer, at: Position, room: u16, text: &str, style: Style) -> u16 {
    if !is_plain(text) {
        return buffer.set_stringn(at.x, at.y, text, usize::from(room), style).0;
    }
    // Nearly all text is a cell for each byte: nobody has to look for graphemes.
    let first = buffer.index_of(at.x, at.y);
    let cells = buffer.content.get_mut(first..).unwrap_or_default().iter_mut().take(usize::from(room));
    let mut x = at.x;
    for (cell, byte) in cells.zip(text.bytes()) {
        cell.set_char(char::from(byte)).set_style(style);
        x += 1;
    }
    x
}

/// Takes a wide sign away whose right half is about to be covered: half a sign cannot be shown.
fn halve(covered: Position, buffer: &mut Buffer) {
    let left = covered.x.checked_sub(1).and_then(|x| buffer.cell_mut((x, covered.y)));
    if let Some(cell) = left
        && is_wide(cell)
    {
        cell.set_symbol(" ");
    }
}

/// Whether a cell's sign takes up the next one as well.
pub fn is_wide(cell: &Cell) -> bool {
    cell.symbol().len() > 1 && cell.cell_width() > 1
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::theme::Flavor;
    use crate::terminal::color::ColorDepth;
    use crate::view::canvas::Canvas;
    use crate::view::glyphs::Glyphs;
    use crate::view::text::Span;

    #[test]
    fn blanks_are_not_underlined() {
        let mut canvas = Canvas::new((8, 1), &Glyphs::UNICODE);
        canvas.line(canvas.area(), vec![Span::new("   ", Tone::Accent), Span::new("pod", Tone::Accent)]);
        let mut buffer = Buffer::empty(canvas.area());
        paint(&canvas.finish(), &Theme::new(Flavor::Dark, ColorDepth::None), &mut buffer);
        let underlined = buffer.content.iter().map(|cell| cell.modifier.contains(Modifier::UNDERLINED));
        assert_eq!(underlined.collect::<Vec<_>>(), [false, false, false, true, true, true, false, false]);
    }
}
