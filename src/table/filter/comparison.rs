//! Typed comparisons by column: `restarts>=5`, `age<2h`, `node~edge`. Must not know how they were written.

use std::cmp::Ordering;
use std::ops::Range;

use regex::Regex;

use crate::model::age::Unix;
use crate::table::measure::{Measure, Sense, measure};
use crate::table::natural;
use crate::table::row::Row;

const NANO: i128 = 1_000_000_000;

/// How a cell is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `=`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
}

/// With what a cell is compared.
#[derive(Clone, Debug)]
pub enum Operand {
    /// With a text and what it measures.
    Value(Relation, String, Measure),
    /// With an expression that it has to match.
    Regex(Regex),
}

/// A comparison of one column.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The column's place among the kind's columns.
    pub column: usize,
    /// How its cells are understood.
    pub sense: Sense,
    /// With what.
    pub operand: Operand,
}

impl Relation {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Relation::Equal => ordering.is_eq(),
            Relation::Unequal => ordering.is_ne(),
            Relation::Less => ordering.is_lt(),
            Relation::AtMost => ordering.is_le(),
            Relation::More => ordering.is_gt(),
            Relation::AtLeast => ordering.is_ge(),
        }
    }
}

impl Comparison {
    /// Tells whether a row's cell compares as asked. What measures nothing is neither more nor less than anything.
    pub fn holds<R: Row>(&self, row: &R, now: Unix) -> bool {
        match (&self.operand, row.moment(self.column)) {
            (Operand::Regex(regex), _) => regex.is_match(&row.cell(self.column, now).text),
            // To the second, where the cell says minutes or days.
            (Operand::Value(relation, _, Measure::Amount(nano, _)), Some(moment)) => {
                relation.holds((i128::from(moment.seconds_until(now)) * NANO).cmp(nano))
            }
            (Operand::Value(relation, text, value), _) => {
                if let (Some(exact), Measure::Amount(nano, 0)) = (row.exact(self.column), value) {
                    return relation.holds(exact.cmp(nano));
                }
                self.compares(*relation, &row.cell(self.column, now).text, text, *value)
            }
        }
    }

    fn compares(&self, relation: Relation, cell: &str, text: &str, value: Measure) -> bool {
        let like = match (measure(cell, self.sense), value) {
            (Measure::Amount(left, _), Measure::Amount(right, _)) => Some(left.cmp(&right)),
            (Measure::Address(left), Measure::Address(right)) => Some(left.cmp(&right)),
            (Measure::Words, Measure::Words) if cell.eq_ignore_ascii_case(text) => Some(Ordering::Equal),
            (Measure::Words, Measure::Words) => Some(natural::compare(cell, text)),
            _ => None,
        };
        let unlike = || match relation {
            Relation::Equal => cell.eq_ignore_ascii_case(text),
            Relation::Unequal => !cell.eq_ignore_ascii_case(text),
            _ => false,
        };
        // Two of two is as much as one of one, but not the same.
        let written = text.contains('/') && matches!(relation, Relation::Equal | Relation::Unequal);
        like.filter(|_| !written).map_or_else(unlike, |ordering| relation.holds(ordering))
    }

    /// The first moment after `now` at which the answer for a row may change by the passing of time.
    pub fn turns<R: Row>(&self, row: &R, now: Unix) -> Option<Unix> {
        let Operand::Value(_, _, Measure::Amount(nano, _)) = self.operand else { return None };
        // On either side of the moment at which they are equal.
        let equal = row.moment(self.column)?.plus(i64::try_from(nano / NANO).unwrap_or(i64::MAX));
        [equal, equal.plus(1)].into_iter().find(|moment| *moment > now)
    }

    /// The parts of a cell that hold what was asked for.
    pub fn matched(&self, text: &str) -> Vec<Range<usize>> {
        match &self.operand {
            Operand::Regex(regex) => regex.find_iter(text).map(|found| found.range()).collect(),
            Operand::Value(Relation::Unequal, ..) => Vec::new(),
            Operand::Value(..) => std::iter::once(0..text.len()).collect(),
        }
    }
}
