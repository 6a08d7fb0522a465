//! The help: every key from the registry, and what the health words mean. Must not know what keys do.

use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::scroll::scrolled;
use super::text::{Line, Span, pad, plain, wrapped};
use super::tone::Tone;
use crate::app::action::{ACTIONS, Chapter, Place};
use crate::model::health::Health;
use crate::table::filter::parse::FORMS;

/// Cells of the column of keys.
const KEYS: usize = 26;

/// Draws the help, scrolled down by `top` lines but never past its end.
pub fn draw(top: usize, area: Rect, canvas: &mut Canvas<'_>) {
    scrolled(lines(usize::from(area.width), canvas), top, area, canvas);
}

/// What a key or a word means, beside it; where the line is too short, below that.
fn meant(name: Span, meaning: &str, width: usize) -> Vec<Line> {
    let mut names = std::iter::once(name).chain(std::iter::repeat(Span::new(" ".repeat(KEYS), Tone::Text)));
    let texts = wrapped(meaning, width.saturating_sub(KEYS));
    texts.into_iter().filter_map(|text| Some(vec![names.next()?, Span::new(text, Tone::Text)])).collect()
}

/// The lines there are.
#[must_use]
pub fn length(area: Rect, canvas: &Canvas<'_>) -> usize {
    lines(usize::from(area.width), canvas).len()
}

fn lines(width: usize, canvas: &Canvas<'_>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for chapter in Chapter::ALL {
        if !lines.is_empty() {
            lines.push(Line::new());
        }
        lines.push(plain(chapter.title(), Tone::Strong));
        let listed = |place: Place| place != Place::Dialog;
        for info in ACTIONS.iter().filter(|info| info.chapter == chapter && listed(info.place)) {
            if info.keys.is_empty() || info.title.is_empty() {
                continue;
            }
            let title = match info.place {
                Place::Board => format!("{} (on the board)", info.title),
                _ => info.title.to_owned(),
            };
            lines.extend(meant(Span::new(pad(&info.keys.join("  "), KEYS, false), Tone::Key), &title, width));
        }
    }
    lines.push(Line::new());
    lines.push(plain("Filters: terms joined by blanks, all of which have to hold", Tone::Strong));
    for (form, meaning) in FORMS {
        lines.extend(meant(Span::new(pad(form, KEYS, false), Tone::Key), meaning, width));
    }
    lines.push(Line::new());
    lines.push(plain("Health", Tone::Strong));
    for health in Health::ALL.into_iter().rev() {
        lines.push(vec![
            Span::new(format!("{} ", canvas.glyphs.health(health)), health.into()),
            Span::new(pad(&super::tabs::spoken(health), KEYS - 2, false), health.into()),
            Span::new(meaning(health), Tone::Text),
        ]);
    }
    lines
}

/// What a health word means.
#[must_use]
pub fn meaning(health: Health) -> &'static str {
    match health {
        Health::Healthy => "answers, and nothing in it needs a person",
        Health::Warning => "answers, but something in it is unwell, slow or forbidden",
        Health::Unknown => "no answer yet",
        Health::Degraded => "one or two heartbeats missed, or the server is not ready",
        Health::Unhealthy => "three heartbeats missed, or never reached",
        Health::AuthFailed => "the credentials are missing, or the server or the plugin turned them down",
    }
}
