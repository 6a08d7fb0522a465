//! Which columns fit and how wide they are. Pure arithmetic; must not know what stands in them.

use crate::app::columns::Arranged;
use crate::table::cell::Column;
use crate::table::measure::Sense;

/// Cells between columns.
pub const GAP: u16 = 2;
/// Columns from this priority on give way before others are squeezed.
const SPARE: u8 = 3;

/// The fewest cells of a text that say something.
const BEGINNING: u16 = 10;

/// Columns that may be wider than this hold sentences, not names.
pub const SENTENCE: u16 = 100;

/// A column on screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Its index among the kind's columns.
    pub column: usize,
    /// Its cells.
    pub width: u16,
}

/// The columns there is room for, and where there are more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fitted {
    /// The columns on screen, from the left.
    pub slots: Vec<Slot>,
    /// Some are scrolled out on the left.
    pub left: bool,
    /// Some gave way, or are cut at the right end: scrolling to the right brings them.
    pub right: bool,
}

/// What decides the columns besides their contents.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// Cells there are.
    pub width: u16,
    /// All columns, whether they fit or not.
    pub wide: bool,
    /// Columns scrolled out on the left; the most important ones stay.
    pub scrolled: usize,
}

/// Picks columns and widths. On a narrow screen columns first shrink to what reads well, then the least important give
/// way, then the others are squeezed; none is wider than its contents, and wider than its kind has it only where there is
/// room to spare. Where a wide column gave way, narrower ones that matter as much have its room. In wide mode, or scrolled
/// sideways, nothing shrinks and the right end is cut. Nothing scrolls further than to the last column.
#[must_use]
pub fn fit(arranged: &[Arranged], contents: &[u16], room: Room) -> Fitted {
    let mut slots = natural(arranged, contents);
    let furthest = furthest(arranged, contents, room.width);
    let scrolled = room.scrolled.min(furthest);
    if room.wide || scrolled > 0 {
        // Only what scrolls changes its place: in wide mode, not scrolled, the order is the kind's own.
        let shown: Vec<Placed<'_>> = if scrolled > 0 {
            let (frozen, moving) = parted(slots, room.width);
            frozen.into_iter().chain(moving.into_iter().skip(scrolled)).collect()
        } else {
            slots
        };
        let all: Vec<Slot> = shown.iter().map(|(slot, _)| *slot).collect();
        let mut kept = cut(shown, room.width);
        if kept == all {
            grow(&mut kept, arranged, contents, room.width);
            return Fitted { right: false, left: scrolled > 0, slots: kept };
        }
        return Fitted { right: scrolled < furthest, left: scrolled > 0, slots: kept };
    }
    let shrunk = |width: u16, least: u16| if least > 0 { width.min(least) } else { width };
    give_way(&mut slots, SPARE, |slots| {
        total(slots.iter().map(|(slot, column)| shrunk(slot.width, column.least))) > room.width
    });
    give_way(&mut slots, 1, |slots| {
        total(slots.iter().map(|(slot, column)| shrunk(slot.width, column.bare))) > room.width
    });
    shrink(&mut slots, room.width, |column| column.least);
    shrink(&mut slots, room.width, |column| column.bare);
    let mut slots = cut(slots, room.width);
    fill(&mut slots, arranged, contents, room.width);
    grow(&mut slots, arranged, contents, room.width);
    Fitted { right: slots.len() < arranged.len(), left: false, slots }
}

/// How many columns can be scrolled out on the left until the last one is on screen as a whole.
#[must_use]
pub fn furthest(arranged: &[Arranged], contents: &[u16], width: u16) -> usize {
    let slots = natural(arranged, contents);
    let all = slots.iter().map(|(slot, _)| slot.width);
    if total(all) <= width {
        return 0;
    }
    let (frozen, moving) = parted(slots, width);
    let last = moving.len().saturating_sub(1);
    let fits = |out: &usize| {
        let left = moving.get(*out..).unwrap_or_default();
        total(frozen.iter().chain(left).map(|(slot, _)| slot.width)) <= width
    };
    (0..last).find(fits).unwrap_or(last)
}

/// What stays while the others scroll, and those. What stays leaves half of the room, as far as it can bear it.
fn parted(slots: Vec<Placed<'_>>, width: u16) -> (Vec<Placed<'_>>, Vec<Placed<'_>>) {
    let (mut frozen, moving): (Vec<_>, Vec<_>) = slots.into_iter().partition(|(_, column)| column.frozen);
    shrink(&mut frozen, width / 2, |column| column.least);
    shrink(&mut frozen, width / 2, |column| column.bare);
    (frozen, moving)
}

/// A column and the cells it is to have.
type Placed<'a> = (Slot, &'a Column);

/// All columns as wide as their contents, or as a person made them.
fn natural<'a>(arranged: &'a [Arranged], contents: &[u16]) -> Vec<Placed<'a>> {
    let width = |arranged: &Arranged| {
        let content = contents.get(arranged.index).copied().unwrap_or(0).min(arranged.column.max);
        let title = crate::model::visible::cells(&arranged.column.title) as u16;
        arranged.width.unwrap_or(content.max(title))
    };
    let slot = |arranged: &Arranged| Slot { column: arranged.index, width: width(arranged) };
    arranged.iter().map(|arranged| (slot(arranged), &arranged.column)).collect()
}

/// Drops the least important column, the rightmost of equals, as long as there is too much and one of at least
/// `from` in priority is left. Of those that matter as much as the last one dropped, what fits after all comes back.
fn give_way<'a>(slots: &mut Vec<Placed<'a>>, from: u8, too_much: impl Fn(&[Placed<'a>]) -> bool) {
    let all = slots.clone();
    let mut last = None;
    while too_much(slots) {
        let weakest = slots.iter().map(|(_, column)| column.priority).max().filter(|weakest| *weakest >= from);
        let place = slots.iter().rposition(|(_, column)| Some(column.priority) == weakest);
        let Some(place) = place else { return };
        slots.remove(place);
        last = weakest;
    }
    for placed in all.iter().filter(|(_, column)| Some(column.priority) == last) {
        let kept = |slots: &[Placed<'a>], of: &Placed<'a>| slots.iter().any(|(slot, _)| slot.column == of.0.column);
        if kept(slots, placed) {
            continue;
        }
        let fuller: Vec<Placed<'a>> = all.iter().filter(|it| kept(slots, it) || *it == placed).copied().collect();
        if !too_much(&fuller) {
            *slots = fuller;
        }
    }
}

/// Takes what is too much from the columns that can bear it, the least important first; of those that matter as much, from
/// the widest at the time.
fn shrink(slots: &mut [Placed<'_>], width: u16, to: impl Fn(&Column) -> u16) {
    let mut excess = total(slots.iter().map(|(slot, _)| slot.width)).saturating_sub(width);
    // Sentences give way before names: the beginning of one says enough.
    let key = |column: &Column| (column.max <= SENTENCE, std::cmp::Reverse(column.priority));
    while excess > 0 {
        let bears = slots.iter_mut().filter(|(slot, column)| to(column) > 0 && slot.width > to(column));
        let first = bears.min_by_key(|(slot, column)| (key(column), std::cmp::Reverse(slot.width)));
        let Some((slot, _)) = first else { return };
        slot.width -= 1;
        excess -= 1;
    }
}

/// Brings back what gave way and can bear to be cut short, the most important first, where room is left that says more with
/// the beginning of it than blank. Half a number or time would say something else.
fn fill(slots: &mut Vec<Slot>, arranged: &[Arranged], contents: &[u16], width: u16) {
    let natural = natural(arranged, contents);
    let mut gone: Vec<Placed<'_>> =
        natural.iter().filter(|(slot, _)| place(slots, slot.column).is_none()).copied().collect();
    gone.retain(|(_, column)| column.priority < u8::MAX);
    gone.sort_by_key(|(_, column)| column.priority);
    make_room(slots, &natural, &gone, width);
    for (slot, column) in gone {
        let left = width.saturating_sub(total(slots.iter().map(|slot| slot.width)) + GAP);
        let title = crate::model::visible::cells(&column.title) as u16;
        let says = column.least > 0 && !column.right && left >= slot.width.min(title.max(BEGINNING));
        if says {
            slots.push(Slot { width: slot.width.min(left), ..slot });
        }
    }
    slots.sort_by_key(|slot| natural.iter().position(|(placed, _)| placed.column == slot.column));
}

/// Where nothing is left but names and times, names give way to the first of what was given up.
fn make_room(slots: &mut [Slot], natural: &[Placed<'_>], gone: &[Placed<'_>], width: u16) {
    let mut left: Vec<Placed<'_>> = slots
        .iter()
        .filter_map(|slot| Some((*slot, natural.iter().find(|(known, _)| known.column == slot.column)?.1)))
        .collect();
    let tells = |(_, column): &Placed<'_>| !column.frozen && column.priority > 0 && column.sense != Sense::Time;
    let Some((first, column)) = gone.iter().find(|(_, column)| column.least > 0 && !column.right) else { return };
    if left.iter().any(tells) {
        return;
    }
    let needs = first.width.min((crate::model::visible::cells(&column.title) as u16).max(BEGINNING)) + GAP;
    shrink(&mut left, width.saturating_sub(needs), |column| column.bare);
    for (slot, (shrunk, _)) in slots.iter_mut().zip(left) {
        *slot = shrunk;
    }
}

fn place(slots: &[Slot], column: usize) -> Option<usize> {
    slots.iter().position(|slot| slot.column == column)
}

/// Gives what is left to columns whose contents are wider than they are by themselves, the most important first; what a
/// person made so wide stays so.
fn grow(slots: &mut [Slot], arranged: &[Arranged], contents: &[u16], width: u16) {
    let mut left = width.saturating_sub(total(slots.iter().map(|slot| slot.width)));
    let mut free: Vec<&Arranged> = arranged.iter().filter(|arranged| arranged.width.is_none()).collect();
    free.sort_by_key(|arranged| arranged.column.priority);
    for arranged in free {
        let Some(slot) = slots.iter_mut().find(|slot| slot.column == arranged.index) else { continue };
        let content = contents.get(arranged.index).copied().unwrap_or(0);
        let more = content.saturating_sub(slot.width).min(left);
        slot.width += more;
        left -= more;
    }
}

fn total(widths: impl Iterator<Item = u16>) -> u16 {
    let mut sum = 0_u16;
    for (index, width) in widths.enumerate() {
        sum = sum.saturating_add(width).saturating_add(if index > 0 { GAP } else { 0 });
    }
    sum
}

/// Drops what lies beyond the right end; a column of text across it keeps what is left, if that is enough to read. Half a
/// number is none.
fn cut(slots: Vec<Placed<'_>>, width: u16) -> Vec<Slot> {
    let mut used = 0;
    let mut kept = Vec::with_capacity(slots.len());
    for (slot, column) in slots {
        let left = width.saturating_sub(used);
        let least = if column.right && !kept.is_empty() { slot.width } else { slot.width.min(4) };
        if left < least {
            break;
        }
        kept.push(Slot { width: slot.width.min(left), ..slot });
        used += slot.width + GAP;
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::app::columns::Arrangement;

    const COLUMNS: &[Column] = &[
        Column::text("NAMESPACE", 1, 30),
        Column::text("NAME", 0, 70).shrinking(24).squeezing(12).frozen(),
        Column::number("READY", 2, 7),
        Column::text("STATUS", 0, 26),
        Column::text("NODE", 4, 44).shrinking(10),
        Column::text("GATES", 6, 15).in_wide(),
    ];
    const CONTENTS: &[u16] = &[12, 40, 5, 16, 20, 5];

    fn arranged(columns: &[Column], wide: bool) -> Vec<Arranged> {
        Arrangement::default().arrange(columns, wide, 0)
    }

    fn shown(width: u16, wide: bool, scrolled: usize) -> Vec<std::borrow::Cow<'static, str>> {
        let fitted = fit(&arranged(COLUMNS, wide), CONTENTS, Room { width, wide, scrolled });
        fitted.slots.iter().map(|slot| COLUMNS[slot.column].title.clone()).collect()
    }

    #[test]
    fn the_least_important_columns_give_way_first() {
        assert_eq!(shown(120, false, 0), ["NAMESPACE", "NAME", "READY", "STATUS", "NODE"]);
        assert_eq!(shown(76, false, 0), ["NAMESPACE", "NAME", "READY", "STATUS", "NODE"]);
        assert_eq!(shown(70, false, 0), ["NAMESPACE", "NAME", "READY", "STATUS"]);
        assert_eq!(shown(50, false, 0), ["NAMESPACE", "NAME", "STATUS"]);
        assert_eq!(shown(36, false, 0), ["NAME", "STATUS"]);
    }

    #[test]
    fn the_least_important_columns_shrink_first() {
        let Fitted { slots, .. } =
            fit(&arranged(COLUMNS, false), CONTENTS, Room { width: 91, wide: false, scrolled: 0 });
        let widths: Vec<u16> = slots.iter().map(|slot| slot.width).collect();
        assert_eq!(widths, [12, 40, 5, 16, 10]);
    }

    #[test]
    fn half_a_number_is_never_shown() {
        let columns = [Column::text("NAME", 0, 70).frozen(), Column::number("MEM", 4, 7), Column::text("NODE", 4, 44)];
        let shown = |width| {
            let fitted = fit(&arranged(&columns, false), &[12, 6, 20], Room { width, wide: true, scrolled: 0 });
            fitted.slots.iter().map(|slot| slot.width).collect::<Vec<_>>()
        };
        assert_eq!(shown(20), [12, 6]);
        assert_eq!(shown(19), [12]);
        assert_eq!(shown(30), [12, 6, 8], "of a text the beginning says something");
    }

    #[test]
    fn where_a_wide_column_gave_way_narrower_ones_that_matter_as_much_have_its_room() {
        let columns = [
            Column::text("NAME", 0, 70).frozen(),
            Column::text("REFERENCE", 4, 60),
            Column::text("TARGETS", 4, 60),
            Column::text("PODS", 5, 60),
            Column::time("AGE", 2, 8),
        ];
        let shown = |width| {
            let fitted = fit(&arranged(&columns, false), &[12, 30, 8, 4, 4], Room { width, wide: false, scrolled: 0 });
            fitted.slots.iter().map(|slot| &*columns[slot.column].title).collect::<Vec<_>>()
        };
        assert_eq!(shown(60), ["NAME", "REFERENCE", "TARGETS", "AGE"]);
        assert_eq!(shown(59), ["NAME", "REFERENCE", "AGE"], "the rightmost of equals goes first");
        assert_eq!(shown(40), ["NAME", "TARGETS", "AGE"], "but what fits comes back");
        assert_eq!(shown(24), ["NAME", "AGE"], "what matters less does not");
    }

    #[test]
    fn of_columns_that_matter_as_much_the_widest_shrinks() {
        let columns = [
            Column::text("NAMESPACE", 0, 30).shrinking(11).squeezing(9),
            Column::text("NAME", 0, 70).shrinking(36).squeezing(16).frozen(),
        ];
        let widths = |width| {
            let fitted = fit(&arranged(&columns, false), &[14, 50], Room { width, wide: false, scrolled: 0 });
            fitted.slots.iter().map(|slot| slot.width).collect::<Vec<_>>()
        };
        assert_eq!((widths(56), widths(49)), (vec![14, 40], vec![11, 36]));
        assert_eq!((widths(40), widths(28), widths(20)), (vec![11, 27], vec![10, 16], vec![9, 9]));
    }

    #[test]
    fn a_long_sentence_gives_way_before_names_are_cut() {
        let columns = [Column::text("OBJECT", 1, 48).shrinking(22), Column::text("MESSAGE", 0, 400).shrinking(40)];
        let Fitted { slots, .. } =
            fit(&arranged(&columns, false), &[40, 300], Room { width: 150, wide: false, scrolled: 0 });
        assert_eq!(slots.iter().map(|slot| slot.width).collect::<Vec<_>>(), [40, 108]);
    }

    #[test]
    fn what_room_is_left_goes_to_what_is_longer_than_its_column_by_itself() {
        let columns =
            [Column::text("NAME", 0, 20).frozen(), Column::text("ENDPOINTS", 4, 30), Column::time("AGE", 2, 8)];
        let widths = |width, wide, endpoints: Option<u16>| {
            let mut arranged = arranged(&columns, wide);
            arranged[1].width = endpoints;
            let fitted = fit(&arranged, &[26, 90, 4], Room { width, wide, scrolled: 0 });
            fitted.slots.iter().map(|slot| slot.width).collect::<Vec<_>>()
        };
        assert_eq!(widths(58, false, None), [20, 30, 4]);
        assert_eq!(widths(61, false, None), [23, 30, 4], "what matters most first");
        assert_eq!((widths(74, false, None), widths(74, true, None)), (vec![26, 40, 4], vec![26, 40, 4]));
        assert_eq!(widths(300, false, None), [26, 90, 4], "and no more than it needs");
        assert_eq!(widths(300, false, Some(40)), [26, 40, 4], "what a person chose stays");
    }

    #[test]
    fn what_can_be_cut_short_has_room_that_would_stay_blank_and_half_a_number_is_never_shown() {
        let columns = [
            Column::text("NAME", 0, 70).shrinking(36).squeezing(16).frozen(),
            Column::text("ENDPOINTS", 4, 60).shrinking(24),
            Column::text("IP", 4, 40),
            Column::number("COUNT", 4, 30),
            Column::time("AGE", 2, 8),
        ];
        let widths = |width| {
            let fitted =
                fit(&arranged(&columns, false), &[12, 60, 40, 30, 4], Room { width, wide: false, scrolled: 0 });
            fitted.slots.iter().map(|slot| (slot.column, slot.width)).collect::<Vec<_>>()
        };
        assert_eq!(widths(38), [(0, 12), (1, 18), (4, 4)], "where it says something");
        assert_eq!(widths(20), [(0, 12), (4, 4)], "and not where it would say nothing");
    }

    #[test]
    fn where_nothing_but_names_and_times_is_left_names_give_way_to_what_tells_more() {
        let columns = [
            Column::text("NAMESPACE", 0, 30).shrinking(12).squeezing(9).frozen(),
            Column::text("NAME", 0, 70).shrinking(36).squeezing(16).frozen(),
            Column::text("ROLE", 4, 60).shrinking(24).squeezing(12),
            Column::time("AGE", 2, 8),
        ];
        let fitted = fit(&arranged(&columns, false), &[20, 40, 40, 4], Room { width: 56, wide: false, scrolled: 0 });
        let shown: Vec<usize> = fitted.slots.iter().map(|slot| slot.column).collect();
        assert_eq!(shown, [0, 1, 2, 3]);
        assert!(fitted.slots[2].width >= BEGINNING, "{fitted:?}");
    }

    #[test]
    fn what_stays_while_others_scroll_leaves_them_half_of_the_room() {
        let columns = [
            Column::text("NAMESPACE", 0, 30).shrinking(11).squeezing(9).frozen(),
            Column::text("NAME", 0, 70).shrinking(36).squeezing(16).frozen(),
            Column::text("STATUS", 0, 26),
            Column::text("NODE", 4, 44),
        ];
        let fitted = fit(&arranged(&columns, false), &[14, 50, 16, 40], Room { width: 60, wide: false, scrolled: 1 });
        assert_eq!(fitted.slots.iter().map(|slot| slot.column).collect::<Vec<_>>(), [0, 1, 3]);
        assert!(fitted.slots[0].width + fitted.slots[1].width + GAP <= 30);
    }

    #[test]
    fn wide_mode_shows_all_and_scrolling_keeps_the_name() {
        assert_eq!(shown(200, true, 0).len(), 6);
        assert_eq!(shown(76, true, 3), ["NAME", "NODE", "GATES"]);
    }

    #[test]
    fn nothing_scrolls_beyond_the_last_column_and_the_ends_are_told() {
        let fitted = |width, wide, scrolled| fit(&arranged(COLUMNS, wide), CONTENTS, Room { width, wide, scrolled });
        let ends = |width, wide, scrolled| {
            let Fitted { left, right, .. } = fitted(width, wide, scrolled);
            (left, right)
        };
        assert_eq!(ends(120, false, 0), (false, false), "all are there");
        assert_eq!(ends(120, false, 5), (false, false), "so there is nowhere to go");
        assert_eq!(ends(70, false, 0), (false, true), "one gave way");
        assert_eq!(ends(70, false, 1), (true, true));
        assert_eq!(furthest(&arranged(COLUMNS, false), CONTENTS, 70), 3);
        assert_eq!((ends(70, false, 3), ends(70, false, 9)), ((true, false), (true, false)));
        assert_eq!(fitted(70, false, 9), fitted(70, false, 3));
        assert_eq!(ends(90, true, 0), (false, true), "the last is cut");
        assert_eq!(furthest(&arranged(COLUMNS, true), CONTENTS, 8), 4, "the last is reached however narrow it is");
    }

    proptest! {
        #[test]
        fn columns_never_reach_beyond_the_screen(
            width in 1..300_u16, wide: bool, scrolled in 0..8_usize,
            contents in proptest::collection::vec(0..80_u16, 6),
        ) {
            let Fitted { slots, .. } = fit(&arranged(COLUMNS, wide), &contents, Room { width, wide, scrolled });
            prop_assert!(total(slots.iter().map(|slot| slot.width)) <= width.max(GAP));
        }
    }
}
