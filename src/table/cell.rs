//! What a column and a cell are. Must not know colours: a cell only says how much it matters.

use std::borrow::Cow;

use super::measure::Sense;

/// How a column is laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own")]
pub struct Column {
    /// The heading, in kubectl's words and capitals.
    pub title: Cow<'static, str>,
    /// Numbers stand on the right.
    pub right: bool,
    /// Which columns give way first on a narrow screen, the highest number first, the rightmost of equals; 0 never does.
    /// Those from 3 on are given up for names as long as their column's `least`, the others only for its `bare`.
    pub priority: u8,
    /// Shown in wide mode only, as `kubectl get -o wide` does.
    pub wide: bool,
    /// The name column: it stays in place when the others scroll.
    pub frozen: bool,
    /// It may shrink to this many cells before less important columns give way; 0 never shrinks.
    pub least: u16,
    /// Where only the most important columns are left, it may shrink to this many.
    pub bare: u16,
    /// Where a text is cut that does not fit, if it has this in it: what stands before it says enough. Empty for nowhere.
    pub brief: &'static str,
    /// Cells longer than this many terminal cells are cut.
    pub max: u16,
    /// How its texts are ordered and compared.
    pub sense: Sense,
    /// Whether it shows what a metrics server measures, and one does.
    pub metered: Metered,
    /// No object of the kind has anything to show in it.
    pub void: bool,
}

/// Whether a column shows measurements, and there are any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metered {
    /// It shows something else.
    No,
    /// Nobody measures here: there is nothing to show in it.
    Absent,
    /// What is measured.
    Measured,
}

/// Stands for what is not known; never a zero.
pub const UNKNOWN: &str = "·";

impl Column {
    /// A left-aligned text column.
    #[must_use]
    pub const fn text(title: &'static str, priority: u8, max: u16) -> Self {
        let title = Cow::Borrowed(title);
        let sense = Sense::Words;
        let (least, bare, metered) = (0, 0, Metered::No);
        let (brief, void) = ("", false);
        Self {
            title,
            right: false,
            priority,
            wide: false,
            frozen: false,
            least,
            bare,
            brief,
            max,
            sense,
            metered,
            void,
        }
    }

    /// A right-aligned column for numbers.
    #[must_use]
    pub const fn number(title: &'static str, priority: u8, max: u16) -> Self {
        Self::text(title, priority, max).on_the_right().measuring(Sense::Amount)
    }

    /// A right-aligned column for the time that has passed.
    #[must_use]
    pub const fn time(title: &'static str, priority: u8, max: u16) -> Self {
        Self::number(title, priority, max).measuring(Sense::Time)
    }

    /// The same column, its texts understood in this way.
    #[must_use]
    pub const fn measuring(mut self, sense: Sense) -> Self {
        self.sense = sense;
        self
    }

    /// The same column, of what a metrics server measures; absent until one does.
    #[must_use]
    pub const fn metered(mut self) -> Self {
        self.metered = Metered::Absent;
        self
    }

    /// Whether there is nothing to show in it.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.void || self.metered == Metered::Absent
    }

    /// Whether there are only numbers in it, maybe with a remark behind, as restarts have.
    #[must_use]
    pub fn holds_numbers(&self) -> bool {
        self.sense == Sense::Amount && (self.right || self.brief == " (")
    }

    /// The same column, its cells on the right.
    #[must_use]
    pub const fn on_the_right(mut self) -> Self {
        self.right = true;
        self
    }

    /// The same column, shown in wide mode only.
    #[must_use]
    pub const fn in_wide(mut self) -> Self {
        self.wide = true;
        self
    }

    /// The same column, shrinking to `least` cells where room is short.
    #[must_use]
    pub const fn shrinking(mut self, least: u16) -> Self {
        self.least = least;
        self.bare = least;
        self
    }

    /// The same column, shrinking even to `bare` cells where only the most important columns are left.
    #[must_use]
    pub const fn squeezing(mut self, bare: u16) -> Self {
        self.bare = bare;
        self
    }

    /// The same column, of whose texts the part before this says enough where room is short.
    #[must_use]
    pub const fn brief(mut self, before: &'static str) -> Self {
        self.brief = before;
        self
    }

    /// The text, or its telling beginning where it takes up more than these cells.
    #[must_use]
    pub fn abridged<'a>(&self, text: &'a str, cells: usize) -> &'a str {
        // Of an address every part tells.
        let whole = self.brief.is_empty() || crate::model::visible::cells(text) <= cells;
        if whole || text.parse::<std::net::IpAddr>().is_ok() {
            return text;
        }
        text.split_once(self.brief).map_or(text, |(telling, _)| telling)
    }

    /// The same column, staying in place when the others scroll.
    #[must_use]
    pub const fn frozen(mut self) -> Self {
        self.frozen = true;
        self
    }
}

/// How much a cell or a row matters to the eye.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Background: finished things, empty values.
    Quiet,
    /// Ordinary.
    #[default]
    Plain,
    /// On its way: starting, terminating.
    Moving,
    /// Worth a look.
    Warn,
    /// Needs a person.
    Bad,
}

/// The text of one cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell<'a> {
    /// The text, borrowed from the row where possible.
    pub text: Cow<'a, str>,
    /// How much it matters.
    pub weight: Weight,
}

impl<'a> Cell<'a> {
    /// An ordinary cell.
    pub fn plain(text: impl Into<Cow<'a, str>>) -> Self {
        Self { text: text.into(), weight: Weight::Plain }
    }

    /// A cell with a weight.
    pub fn weighted(text: impl Into<Cow<'a, str>>, weight: Weight) -> Self {
        Self { text: text.into(), weight }
    }

    /// A text, or the quiet sign of what is not known.
    pub fn or_unknown(text: Option<String>, weight: Weight) -> Self {
        text.map_or(Self { text: Cow::Borrowed(UNKNOWN), weight: Weight::Quiet }, |text| Self::weighted(text, weight))
    }

    /// A text, or kubectl's quiet `<none>` if it is empty.
    pub fn or_none(text: &'a str) -> Self {
        if text.is_empty() { Self::weighted("<none>", Weight::Quiet) } else { Self::plain(text) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_cut_to_the_part_that_tells() {
        let restarts = Column::text("RESTARTS", 1, 16).brief(" (");
        assert_eq!(restarts.abridged("14 (2m17s ago)", 14), "14 (2m17s ago)");
        assert_eq!(restarts.abridged("14 (2m17s ago)", 8), "14");
        let node = Column::text("NODE", 1, 44).brief(".");
        assert_eq!(node.abridged("ip-10-20-35-66.eu-west-1.compute.internal", 22), "ip-10-20-35-66");
        assert_eq!(node.abridged("192.168.100.101", 10), "192.168.100.101", "half an address is none");
        assert_eq!(Column::text("NAME", 0, 70).abridged("a.long.name", 4), "a.long.name");
    }
}
