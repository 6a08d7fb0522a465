//! Cells of what is measured, the same for pods and nodes: amounts, and shares of what there is. Must not know whose.

use std::cmp::Ordering;

use super::cell::{Cell, Weight};
use crate::model::amount::{Amount, bytes, cores, percent};

/// From this share on, in percent, what is used up deserves a look.
const NEARLY_ALL: u64 = 90;
const NANO: i128 = 1_000_000_000;
const MEBIBYTE: i128 = 1 << 20;

/// What one column shows.
#[derive(Clone, Copy, Debug)]
pub enum Measure {
    /// Millicores in use.
    Cpu(Amount),
    /// MiB in use, and what may be used at most: close to that, the kernel kills.
    Memory(Amount, Amount),
    /// A share of something that is merely asked for.
    Share(Amount, Amount),
    /// A share of all there is.
    Part(Amount, Amount),
}

impl Measure {
    /// The cell.
    #[must_use]
    pub fn cell(self) -> Cell<'static> {
        match self {
            Self::Cpu(used) => Cell::or_unknown(used.get().map(|used| cores(u64::from(used))), Weight::Plain),
            Self::Memory(used, limit) => {
                Cell::or_unknown(used.get().map(|used| bytes(u64::from(used))), pressing(used, limit))
            }
            Self::Share(used, whole) => Cell::or_unknown(written(share(used, whole)), Weight::Plain),
            Self::Part(used, whole) => Cell::or_unknown(written(share(used, whole)), pressing(used, whole)),
        }
    }

    /// The number behind the cell, in billionths of its unit.
    #[must_use]
    pub fn exact(self) -> Option<i128> {
        match self {
            Self::Cpu(used) => used.get().map(|used| i128::from(used) * (NANO / 1_000)),
            Self::Memory(used, _) => used.get().map(|used| i128::from(used) * MEBIBYTE * NANO),
            Self::Share(used, whole) | Self::Part(used, whole) => {
                let (used, whole) = (used.get()?, whole.get().filter(|whole| *whole > 0)?);
                Some(i128::from(used) * 100 * NANO / i128::from(whole))
            }
        }
    }

    /// Orders two cells of one column; what is not known comes before everything.
    #[must_use]
    pub fn compare(self, other: Self) -> Ordering {
        self.exact().cmp(&other.exact())
    }
}

fn share(used: Amount, whole: Amount) -> Option<u64> {
    percent(u64::from(used.get()?), u64::from(whole.get()?))
}

fn written(share: Option<u64>) -> Option<String> {
    share.map(|share| format!("{share}%"))
}

fn pressing(used: Amount, whole: Amount) -> Weight {
    if share(used, whole).is_some_and(|share| share >= NEARLY_ALL) { Weight::Warn } else { Weight::Plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_a_dot_and_never_a_zero() {
        let (none, some) = (Amount::NONE, Amount::new(250));
        let cells = [
            Measure::Cpu(none),
            Measure::Memory(none, some),
            Measure::Share(none, some),
            Measure::Share(some, none),
            Measure::Part(some, Amount::new(0)),
        ];
        for measure in cells {
            assert_eq!((measure.cell().text.as_ref(), measure.exact()), ("·", None), "{measure:?}");
        }
        assert_eq!(Measure::Cpu(Amount::new(0)).cell().text, "0m", "measured, and nothing");
    }

    #[test]
    fn memory_close_to_its_limit_deserves_a_look() {
        let weight = |used, limit| Measure::Memory(Amount::new(used), limit).cell().weight;
        assert_eq!(weight(229, Amount::new(256)), Weight::Plain);
        assert_eq!(weight(240, Amount::new(256)), Weight::Warn);
        assert_eq!(weight(240, Amount::NONE), Weight::Plain, "without a limit nothing presses");
    }
}
