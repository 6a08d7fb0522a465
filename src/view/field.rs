//! Fields of one line that text is typed into: as much of the text as has room, the cursor in it, and what is to be said of
//! it. Must not know what is typed for.

use ratatui::layout::Rect;
use tui_input::Input;

use super::canvas::Canvas;
use super::text::{Line, Span, end};
use super::tone::Tone;
use crate::model::visible::cells;

/// What of a field's text is shown.
pub(super) struct Part<'a> {
    /// The text.
    pub text: &'a str,
    /// Where in the whole text it begins. Unit: bytes.
    pub start: usize,
    /// The cell of the cursor, counted from its beginning.
    pub cursor: u16,
}

/// The part of a field's text that fits into so many cells and has the cursor in it.
pub(super) fn part(input: &Input, room: usize) -> Part<'_> {
    let (cursor, scroll) = (input.visual_cursor(), input.visual_scroll(room));
    let value = input.value();
    let (mut before, mut start, mut stop) = (0, None, value.len());
    for (at, letter) in value.char_indices() {
        if before >= scroll {
            start.get_or_insert(at);
        }
        before += cells(letter.encode_utf8(&mut [0; 4]));
        if before > scroll + room {
            stop = at;
            break;
        }
    }
    let start = start.unwrap_or(stop);
    Part { text: value.get(start..stop).unwrap_or_default(), start, cursor: cursor.saturating_sub(scroll) as u16 }
}

/// A field behind a `/`, in a line of its own.
pub(super) struct Slash<'a> {
    /// What is typed.
    pub input: &'a Input,
    /// What may be typed; shown while nothing is.
    pub example: &'a str,
    /// From where on it is wrong. Unit: bytes.
    pub wrong: Option<usize>,
    /// What is to be said of it. Beside a long text it has half of the line.
    pub remark: Option<Span>,
}

/// Draws such a field.
pub(super) fn slash(field: &Slash<'_>, area: Rect, canvas: &mut Canvas<'_>) {
    let mut line: Line = vec![Span::new(" /", Tone::Accent)];
    let room = usize::from(area.width).saturating_sub(3);
    if field.input.value().is_empty() {
        line.push(Span::new(field.example, Tone::Faint));
        canvas.line(area, line);
        return canvas.cursor(area.x + 2, area.y);
    }
    let typed = cells(field.input.value());
    let remark = field.remark.as_ref().map(|remark| {
        let left = room.saturating_sub(typed).max(room / 2).saturating_sub(3);
        Span::new(format!("   {}", end(remark.text(), left, canvas.glyphs)), remark.tone)
    });
    let part = part(field.input, room.saturating_sub(remark.as_ref().map_or(0, Span::width)));
    let good = field.wrong.map_or(part.text.len(), |at| at.saturating_sub(part.start).min(part.text.len()));
    let (good, bad) = part.text.split_at_checked(good).unwrap_or((part.text, ""));
    line.extend([Span::new(good, Tone::Text), Span::new(bad, Tone::Warning)]);
    line.extend(remark);
    canvas.line(area, line);
    canvas.cursor(area.x + 2 + part.cursor, area.y);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_that_is_shown_has_the_cursor_in_it_and_fits() {
        let text = format!("{}\u{597d}{}", "a".repeat(30), "b".repeat(30));
        for at in 0..=61 {
            let input = Input::new(text.clone()).with_cursor(at);
            let part = part(&input, 10);
            assert!(cells(part.text) <= 10 && usize::from(part.cursor) <= 10, "{at}: {} {}", part.text, part.cursor);
            assert!(text[part.start..].starts_with(part.text));
        }
        let short = Input::new("abc".to_owned());
        assert_eq!((part(&short, 10).text, part(&short, 10).cursor), ("abc", 3));
    }
}
