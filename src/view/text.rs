//! Text with meaning: spans, cutting to a width, and making unsafe characters visible. Must not know colours.

use std::ops::Range;

use compact_str::CompactString;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr as _;

use super::glyphs::Glyphs;
use super::tone::Tone;
use crate::model::visible::{cells, is_safe, safe};

/// A piece of text of one tone. Its text is safe to send to a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// What is short, as nearly all cells are, stands in place: a frame makes thousands of them.
    text: CompactString,
    /// What it means.
    pub tone: Tone,
}

/// Spans in a row.
pub type Line = Vec<Span>;

impl Span {
    /// Makes a span; control characters, escapes and bidirectional overrides in it are made visible.
    pub fn new(text: impl Into<CompactString>, tone: Tone) -> Self {
        let text = text.into();
        Self { text: if is_safe(&text) { text } else { safe(text).into() }, tone }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The cells it takes up.
    #[must_use]
    pub fn width(&self) -> usize {
        cells(&self.text)
    }
}

/// Makes a line of one span.
pub fn plain(text: impl Into<CompactString>, tone: Tone) -> Line {
    vec![Span::new(text, tone)]
}

/// The cells a line takes up.
#[must_use]
pub fn width(line: &[Span]) -> usize {
    line.iter().map(Span::width).sum()
}

/// Cuts a line to a width; what was cut off is marked with an ellipsis.
#[must_use]
pub fn fit(line: Line, limit: usize, glyphs: &Glyphs) -> Line {
    if width(&line) <= limit {
        return line;
    }
    let mut left = limit.saturating_sub(1);
    let mut cut = Line::new();
    for span in line {
        let room = span.width();
        if room <= left {
            left -= room;
            cut.push(span);
            continue;
        }
        let mut text = CompactString::from(head(&span.text, left));
        if limit > 0 {
            text.push_str(glyphs.ellipsis);
        }
        cut.push(Span { text, tone: span.tone });
        break;
    }
    cut
}

/// A text whose parts at these byte ranges are marked as matches; the ranges are in order and do not overlap.
#[must_use]
pub fn marked(text: &str, ranges: &[Range<usize>], tone: Tone) -> Line {
    let mut line = Line::new();
    let mut push = |part: Option<&str>, tone| match part {
        Some(part) if !part.is_empty() => line.push(Span::new(part, tone)),
        _ => {}
    };
    let mut from = 0;
    for range in ranges {
        push(text.get(from..range.start), tone);
        push(text.get(range.clone()), Tone::Match);
        from = range.end;
    }
    push(text.get(from..), tone);
    line
}

/// The longest beginning that takes up at most `limit` cells; never splits a grapheme.
#[must_use]
pub fn head(text: &str, limit: usize) -> &str {
    let mut used = 0;
    for (index, grapheme) in text.grapheme_indices(true) {
        used += grapheme.width();
        if used > limit {
            return text.get(..index).unwrap_or_default();
        }
    }
    text
}

/// The longest end that takes up at most `limit` cells.
fn tail(text: &str, limit: usize) -> &str {
    let mut used = 0;
    let mut start = text.len();
    for (index, grapheme) in text.grapheme_indices(true).rev() {
        used += grapheme.width();
        if used > limit {
            break;
        }
        start = index;
    }
    text.get(start..).unwrap_or_default()
}

/// Cuts a name in its middle, so that its telling end stays: `payments-api-…-x2kqp`.
#[must_use]
pub fn middle(text: &str, limit: usize, glyphs: &Glyphs) -> String {
    if cells(text) <= limit {
        return text.to_owned();
    }
    let room = limit.saturating_sub(1);
    let back = room / 2;
    format!("{}{}{}", head(text, room - back), glyphs.ellipsis, tail(text, back))
}

/// Cuts a name so that what tells it from its neighbours stays. Where its first part is its longest, as of
/// `ip-10-20-35-66.ec2.internal`, the end says the same of all; of others both ends tell.
#[must_use]
pub fn name(text: &str, limit: usize, glyphs: &Glyphs) -> String {
    if cells(text) <= limit {
        return text.to_owned();
    }
    let own = text.rsplit('/').next().unwrap_or(text);
    let mut parts = own.split('.').map(cells);
    let first = parts.next().unwrap_or(0);
    // Without a part behind it, it is all there is.
    let telling = parts.max().is_some_and(|longest| longest < first);
    let before = cells(text) - cells(own);
    if telling && before + first < limit { end(text, limit, glyphs) } else { middle(text, limit, glyphs) }
}

/// Cuts what an object is called with its kind before it, which stays whole: `replicaset shop/che…8hqq58b`.
#[must_use]
pub fn spoken(text: &str, limit: usize, glyphs: &Glyphs) -> String {
    let kind = text.split_once(' ').map(|(kind, rest)| (kind, rest, limit.saturating_sub(cells(kind) + 1)));
    match kind.filter(|(_, _, room)| *room >= LEAST_NAME) {
        Some((kind, rest, room)) => format!("{kind} {}", name(rest, room, glyphs)),
        None => name(text, limit, glyphs),
    }
}

/// Cells of a name below which nothing is left of it.
const LEAST_NAME: usize = 9;

/// Cuts a text at its end.
#[must_use]
pub fn end(text: &str, limit: usize, glyphs: &Glyphs) -> String {
    if cells(text) <= limit {
        return text.to_owned();
    }
    if limit == 0 {
        return String::new();
    }
    format!("{}{}", head(text, limit - 1), glyphs.ellipsis)
}

/// Breaks a text into lines of at most `limit` cells, between words where it can.
#[must_use]
pub fn wrapped(text: &str, limit: usize) -> Vec<String> {
    let limit = limit.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let gap = usize::from(!line.is_empty());
        if cells(&line) + gap + cells(word) <= limit {
            line.push_str(if gap > 0 { " " } else { "" });
            line.push_str(word);
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        let mut rest = word;
        while cells(rest) > limit {
            let first = head(rest, limit);
            // A character wider than the line is given up, not looped over.
            let Some(after) = rest.get(first.len()..).filter(|_| !first.is_empty()) else { break };
            lines.push(first.to_owned());
            rest = after;
        }
        rest.clone_into(&mut line);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// Fills a text up with spaces, on the right or, for numbers, on the left.
#[must_use]
pub fn pad(text: &str, room: usize, right_aligned: bool) -> CompactString {
    let padding = room.saturating_sub(cells(text));
    let mut padded = CompactString::with_capacity(text.len() + padding);
    let spaces = std::iter::repeat_n(' ', padding);
    if right_aligned {
        padded.extend(spaces);
        padded.push_str(text);
    } else {
        padded.push_str(text);
        padded.extend(spaces);
    }
    padded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsafe_text_is_made_visible() {
        let span = Span::new("a\u{1b}[31mb\u{202e}c\r\nd\u{7}", Tone::Text);
        assert_eq!(span.text(), "a␛[31mb�c␍⏎d␇");
        let parted = Span::new("👩\u{200b}🏽 so\u{ad}ft 👩\u{200d}👦", Tone::Text);
        assert_eq!(parted.text(), "👩�🏽 so�ft 👩\u{200d}👦", "what is left out would join its neighbours");
    }

    #[test]
    fn names_are_cut_in_the_middle_and_texts_at_the_end() {
        let glyphs = Glyphs::UNICODE;
        assert_eq!(middle("payments-api-7d9f8b6c4-x2kqp", 15, &glyphs), "payment…4-x2kqp");
        assert_eq!(end("back-off restarting", 9, &glyphs), "back-off…");
        assert_eq!(middle("short", 15, &glyphs), "short");
        assert_eq!(end("x", 0, &glyphs), "");
    }

    #[test]
    fn what_tells_an_object_from_its_neighbours_stays_when_its_name_is_cut() {
        let cut = |text: &str, limit| name(text, limit, &Glyphs::UNICODE);
        assert_eq!(cut("ip-10-20-189-37.eu-west-1.compute.internal", 26), "ip-10-20-189-37.eu-west-1…");
        assert_eq!(cut("ip-10-20-189-37.eu-west-1.compute.internal", 14), "ip-10-2…ternal", "nothing of it can stay");
        let spoken = |text: &str, limit| spoken(text, limit, &Glyphs::UNICODE);
        assert_eq!(spoken("node ip-10-20-189-37.ec2.internal", 24), "node ip-10-20-189-37.ec…");
        assert_eq!(cut("applications.delivery.example.io", 20), "applications.delive…");
        assert_eq!(cut("sh.helm.release.v1.cart.v12", 20), "sh.helm.re….cart.v12", "its end tells");
        assert_eq!(cut("cart-7d9f8b6c4-x2kqp", 14), "cart-7d…-x2kqp");
        assert_eq!(spoken("replicaset shop/checkout-pzd8hqq58b", 28), "replicaset shop/che…d8hqq58b");
        assert_eq!(spoken("replicaset shop/checkout-pzd8hqq58b", 18), "replicase…d8hqq58b");
    }

    #[test]
    fn long_texts_break_between_words_and_long_words_anywhere() {
        assert_eq!(wrapped("back-off pulling image", 9), ["back-off", "pulling", "image"]);
        assert_eq!(wrapped("a abcdefgh b", 4), ["a", "abcd", "efgh", "b"]);
        assert_eq!(wrapped("日本", 1), ["日本"]);
        assert!(wrapped("", 5).is_empty());
    }

    #[test]
    fn wide_characters_are_never_split() {
        let glyphs = Glyphs::UNICODE;
        assert_eq!(end("日本語", 4, &glyphs), "日…");
        assert_eq!(head("e\u{301}e\u{301}", 1), "e\u{301}");
        let line = fit(plain("日本語", Tone::Text), 4, &glyphs);
        assert!(width(&line) <= 4);
    }

    #[test]
    fn a_line_that_fits_is_left_alone() {
        let line = vec![Span::new("ab", Tone::Dim), Span::new("cd", Tone::Text)];
        assert_eq!(fit(line.clone(), 4, &Glyphs::UNICODE), line);
        let cut = fit(line, 3, &Glyphs::UNICODE);
        assert_eq!(cut.iter().map(Span::text).collect::<String>(), "ab…");
    }
}
