//! What a text measures: quantities, ratios, durations, addresses. Must not know where the text stands.
//!
//! `5m` is five thousandths in one column and five minutes in another: a column's [`Sense`] says which.

use std::cmp::Ordering;
use std::net::IpAddr;

use super::natural;
use crate::model::amount::scale;

const NANO: i128 = 1_000_000_000;

/// How the texts of a column are to be understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sense {
    /// Names, versions, sentences.
    #[default]
    Words,
    /// Numbers, quantities, ratios; anything else in it is words.
    Amount,
    /// Times that have passed, as kubectl writes them.
    Time,
}

impl Sense {
    /// Guesses from the heading of a column that the server names.
    #[must_use]
    pub fn of_heading(title: &str) -> Self {
        let title = title.to_ascii_uppercase();
        let ends =
            |word: &str| title == word || title.ends_with(&format!(" {word}")) || title.ends_with(&format!("-{word}"));
        if ["AGE", "SEEN", "DURATION", "UPTIME", "TTL"].into_iter().any(ends) || title == "LAST SCHEDULE" {
            Self::Time
        } else if ["NAME", "VERSION", "NAMESPACE"].into_iter().any(ends) {
            Self::Words
        } else {
            Self::Amount
        }
    }
}

/// What a text measures. The order of the variants is the order between unlike texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// `<none>` and its like.
    Nothing,
    /// A number in billionths (of a second, for times) and, for a ratio, what it is a part of.
    Amount(i128, u32),
    /// An IP address.
    Address(IpAddr),
    /// Words, to be ordered naturally.
    Words,
}

/// Reads a text.
#[must_use]
pub fn measure(text: &str, sense: Sense) -> Measure {
    if matches!(text, "" | "-" | "<none>" | "<unset>" | "<unknown>") {
        return Measure::Nothing;
    }
    let read = match sense {
        Sense::Words => None,
        Sense::Time => duration(text).map(|nano| Measure::Amount(nano, 0)),
        Sense::Amount => amount(text).or_else(|| text.parse().ok().map(Measure::Address)),
    };
    read.unwrap_or(Measure::Words)
}

/// Orders two texts of a column: by what they measure, then naturally. Total.
#[must_use]
pub fn compare(left: &str, right: &str, sense: Sense) -> Ordering {
    if sense == Sense::Words {
        return natural::compare(left, right);
    }
    measure(left, sense).cmp(&measure(right, sense)).then_with(|| natural::compare(left, right))
}

/// Reads a number with its unit: `5`, `500m`, `1.5Gi`, `45%`, `1/3`, and `14 (2m ago)` as 14.
fn amount(text: &str) -> Option<Measure> {
    let (nano, rest) = number(text)?;
    if let Some(whole) = rest.strip_prefix('/') {
        let whole: u32 = whole.parse().ok()?;
        return Some(Measure::Amount(nano / i128::from(whole.max(1)), whole));
    }
    let (unit, rest) = rest.split_at(rest.find(' ').unwrap_or(rest.len()));
    if !rest.is_empty() && !rest.starts_with(" (") {
        return None;
    }
    let (up, down) = if unit == "%" { (1, 1) } else { scale(unit)? };
    Some(Measure::Amount(nano.checked_mul(up)? / down, 0))
}

/// Reads a time: `42s`, `5m30s`, `3d4h`, `2y10d`, `2w`; in billionths of a second.
fn duration(text: &str) -> Option<i128> {
    let mut sum = 0_i128;
    let mut left = text.strip_suffix(" ago").unwrap_or(text);
    while !left.is_empty() {
        let (nano, rest) = number(left)?;
        let unit = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let (unit, rest) = rest.split_at(unit);
        let seconds = match unit {
            "ms" => {
                sum += nano / 1_000;
                0
            }
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            "w" => 7 * 86_400,
            "y" => 365 * 86_400,
            _ => return None,
        };
        sum = sum.checked_add(nano.checked_mul(seconds)?)?;
        left = rest;
    }
    Some(sum)
}

/// Splits a number off, in billionths. More digits than any quantity has make no number.
fn number(text: &str) -> Option<(i128, &str)> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |text| (true, text));
    let whole = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, mut rest) = text.split_at(whole);
    let mut nano = digits.parse::<u64>().ok().map(|number| i128::from(number) * NANO)?;
    if let Some(after) = rest.strip_prefix('.') {
        let places = after.bytes().take_while(u8::is_ascii_digit).count();
        if places == 0 {
            return None;
        }
        let mut worth = NANO;
        for digit in after.bytes().take(places) {
            worth /= 10;
            nano += i128::from(digit - b'0') * worth;
        }
        rest = after.split_at(places).1;
    }
    Some((if negative { -nano } else { nano }, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn assert_sorted(sense: Sense, sorted: &[&str]) {
        for pair in sorted.windows(2) {
            assert_eq!(compare(pair[0], pair[1], sense), Ordering::Less, "{pair:?} as {sense:?}");
        }
    }

    #[test]
    fn quantities_ratios_and_addresses_count_by_value() {
        assert_sorted(
            Sense::Amount,
            &["<none>", "-3", "0", "5m", "500m", "1", "1.5", "2k", "2Ki", "1M", "1Mi", "1Gi", "2Ei"],
        );
        assert_sorted(Sense::Amount, &["0/1", "1/3", "1/2", "1/1", "2/2", "10/10"]);
        assert_sorted(Sense::Amount, &["2 (5d ago)", "10 (3m ago)", "10.0.0.9", "10.0.0.10", "fe80::1", "Running"]);
        assert_sorted(Sense::Amount, &["45%", "100%", "apple 2", "apple 10"]);
    }

    #[test]
    fn times_count_by_their_length() {
        assert_sorted(
            Sense::Time,
            &["<unknown>", "90ms", "42s", "119s", "2m", "5m30s", "179m", "3h", "47h", "2d", "3d4h", "2y10d", "never"],
        );
    }

    #[test]
    fn the_heading_tells_minutes_from_thousandths() {
        let cases = [("Age", Sense::Time), ("Last Schedule", Sense::Time), ("Schedule", Sense::Amount)];
        for (title, sense) in cases.into_iter().chain([
            ("CPU", Sense::Amount),
            ("Kubelet-Version", Sense::Words),
            ("PAGE", Sense::Amount),
        ]) {
            assert_eq!(Sense::of_heading(title), sense, "{title}");
        }
    }

    fn cell() -> impl Strategy<Value = String> {
        prop_oneof!["[0-9]{1,3}(m|Mi|/[0-9]|s|h|%|\\.[0-9])?", "[a-b0-9.:-]{0,6}", Just("<none>".to_owned())]
    }

    proptest! {
        #[test]
        fn the_order_of_any_column_is_total(
            cells in proptest::collection::vec(cell(), 3), sense in prop_oneof![Just(Sense::Amount), Just(Sense::Time), Just(Sense::Words)],
        ) {
            let of = |a: usize, b: usize| compare(&cells[a], &cells[b], sense);
            for (a, b) in [(0, 1), (1, 2), (0, 2)] {
                prop_assert_eq!(of(a, b), of(b, a).reverse());
                prop_assert_eq!(of(a, b) == Ordering::Equal, cells[a] == cells[b]);
            }
            if of(0, 1).is_le() && of(1, 2).is_le() {
                prop_assert!(of(0, 2).is_le(), "{:?}", cells);
            }
        }
    }
}
