//! The rows of relatives, cut to the room there is: namespace and kind give way before the name, which tells them apart.
//! Must not know what relates them.

use super::glyphs::Glyphs;
use super::text::{end, middle, name};
use crate::detail::doc::{self, Piece, Words};
use crate::model::visible::cells;

/// The places of what can be cut, behind the indent and the relation.
const KIND: usize = 2;
const NAMESPACE: usize = 3;
const NAME: usize = 4;
/// Pieces of a row.
const PIECES: usize = 5;
/// What each can be cut to, the least telling first.
const LEAST: [(usize, usize); 3] = [(NAMESPACE, 11), (KIND, 14), (NAME, 12)];
/// Cells between columns; the last one has none behind it.
const GAP: usize = 2;

/// How wide the columns are, gaps included.
pub struct Columns {
    full: [usize; PIECES],
    cut: [usize; PIECES],
}

impl Columns {
    /// Divides the room among the columns of a page.
    #[must_use]
    pub fn of(page: &doc::Document, room: usize) -> Self {
        let mut full = [0; PIECES];
        for line in page.lines.iter().filter(|line| line.pieces.len() == PIECES) {
            for (width, piece) in full.iter_mut().zip(&line.pieces) {
                *width = (*width).max(usize::from(piece.pad)).max(words(piece).map_or(0, cells));
            }
        }
        let mut cut = full;
        let mut excess = full.iter().sum::<usize>().saturating_sub(room);
        for (place, least) in LEAST {
            let Some(width) = cut.get_mut(place) else { continue };
            let less = excess.min(width.saturating_sub(least));
            *width -= less;
            excess -= less;
        }
        Self { full, cut }
    }

    /// A row cut to them; `None` if it is whole, or no such row.
    #[must_use]
    pub fn fitted(&self, line: &doc::Line, glyphs: &Glyphs) -> Option<doc::Line> {
        if line.pieces.len() != PIECES || self.cut == self.full {
            return None;
        }
        let mut line = line.clone();
        for (place, (piece, width)) in line.pieces.iter_mut().zip(self.cut).enumerate() {
            let Some(text) = words(piece) else { continue };
            let text = match place {
                KIND => end(text, width.saturating_sub(GAP), glyphs),
                NAMESPACE => middle(text, width.saturating_sub(GAP), glyphs),
                NAME => name(text, width, glyphs),
                _ => continue,
            };
            let pad = if place == NAME { 0 } else { width as u16 };
            *piece = Piece { words: Words::Text(text.into()), pad, ..*piece };
        }
        Some(line)
    }
}

fn words(piece: &Piece) -> Option<&str> {
    if let Words::Text(text) = &piece.words { Some(text) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detail::doc::Ink;
    use crate::model::age::Unix;

    fn page(rows: &[[&str; 4]]) -> doc::Document {
        let pads = [13, 25, 22, 0];
        let piece = |(text, pad): (&&str, u16)| Piece { pad, ..Piece::new(*text, Ink::Text) };
        let line = |row: &[&str; 4]| {
            let cells = row.iter().zip(pads).map(piece);
            doc::Line::new(std::iter::once(Piece::new("", Ink::Dim)).chain(cells).collect())
        };
        doc::Document { lines: rows.iter().map(line).collect() }
    }

    fn cut(room: usize) -> Vec<String> {
        let page = page(&[
            ["RELATION", "KIND", "NAMESPACE", "NAME"],
            ["scaled by", "HorizontalPodAutoscaler", "team-payments-europe", "payments-api-7d9f8b6c4"],
            ["runs on", "Node", "", "ip-10-20-189-37.eu-west-1.compute.internal"],
        ]);
        let columns = Columns::of(&page, room);
        let line = |line| columns.fitted(line, &Glyphs::UNICODE).unwrap_or_else(|| line.clone()).text(Unix(0));
        page.lines.iter().map(line).collect()
    }

    #[test]
    fn namespace_and_kind_give_way_before_the_name_and_rows_stay_below_each_other() {
        assert!(cut(102)[1].contains("HorizontalPodAutoscaler  team-payments-europe  payments"), "{:?}", cut(102));
        let rows = cut(91);
        assert!(rows[1].contains("HorizontalPodAutoscaler  team…rope  payments-api-7d9f8b6c4"), "{rows:?}");
        let rows = cut(58);
        assert_eq!(rows[0], "RELATION     KIND          NAMESPACE  NAME");
        assert_eq!(rows[1], "scaled by    HorizontalP…  team…rope  payments-a…7d9f8b6c4");
        assert_eq!(rows[2], "runs on      Node                     ip-10-20-189-37.eu-…");
        assert!((20..140).all(|room| cut(room).iter().all(|row| cells(row) <= room.max(50))));
    }
}
