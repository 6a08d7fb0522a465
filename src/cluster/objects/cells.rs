//! From a cell as printed to a value that keeps its meaning: moments stay moments, so that nothing goes stale on screen.
//!
//! Must not know tables nor rows. The present arrives as an argument.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::cluster::project::interner::Interner;
use crate::model::age::Unix;
use crate::model::object::{ColumnDefinition, Value};

/// Characters kept of a single cell; nobody reads more in a table.
const LONGEST: usize = 1024;
/// Numbers with a fraction beyond this lose their thousandths, so they stay text.
const LARGEST: f64 = 1e12;

/// A cell as it stands in the answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Printed {
    /// Nothing, or something that is no cell.
    #[default]
    None,
    /// A text, not longer than a table shows.
    Text(String),
    /// A number without a fraction.
    Whole(i64),
    /// A number.
    Fraction(f64),
    /// Yes or no.
    Flag(bool),
}

impl<'de> Deserialize<'de> for Printed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PrintedVisitor)
    }
}

struct PrintedVisitor;

impl<'de> Visitor<'de> for PrintedVisitor {
    type Value = Printed;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a cell")
    }

    fn visit_str<E>(self, text: &str) -> Result<Printed, E> {
        Ok(Printed::Text(text.chars().take(LONGEST).collect()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Printed, E> {
        Ok(Printed::Whole(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Printed, E> {
        Ok(i64::try_from(number).map_or_else(|_| Printed::Text(number.to_string()), Printed::Whole))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Printed, E> {
        Ok(Printed::Fraction(number))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Printed, E> {
        Ok(Printed::Flag(flag))
    }

    fn visit_unit<E>(self) -> Result<Printed, E> {
        Ok(Printed::None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Printed, A::Error> {
        let mut words = Vec::new();
        while let Some(element) = elements.next_element::<Printed>()? {
            if let Printed::Text(word) = element {
                words.push(word);
            }
        }
        Ok(Printed::Text(words.join(",").chars().take(LONGEST).collect()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Printed, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Printed::None)
    }
}

/// Turns the cells of a row into values, as the columns tell.
pub fn values(
    columns: &[ColumnDefinition],
    cells: Vec<Printed>,
    created: Unix,
    now: Unix,
    interner: &mut Interner,
) -> Box<[Value]> {
    let running = columns.iter().zip(&cells).any(|(column, cell)| {
        column.name == "Status"
            && matches!(cell, Printed::Text(word) if matches!(word.as_str(), "Running" | "Suspended"))
    });
    let mut columns = columns.iter();
    let mut value = |cell| {
        let column = columns.next();
        match cell {
            Printed::None => Value::None,
            Printed::Whole(number) => Value::Number(number),
            Printed::Fraction(number) if number.abs() < LARGEST => Value::Thousandths((number * 1000.0).round() as i64),
            Printed::Fraction(number) => Value::Text(interner.share(&number.to_string())),
            Printed::Flag(flag) => Value::Flag(flag),
            Printed::Text(text) => {
                let moment = column.and_then(|column| moment(column, &text, created, now, running));
                moment.map_or_else(|| Value::Text(interner.share(&text)), Value::Since)
            }
        }
    };
    cells.into_iter().map(&mut value).collect()
}

/// The moment a text means, if its column tells of one.
fn moment(column: &ColumnDefinition, text: &str, created: Unix, now: Unix, running: bool) -> Option<Unix> {
    let name = column.name.as_str();
    if name == "Age" && created != Unix::default() {
        return Some(created);
    }
    if let Some(moment) = timestamp(text) {
        return Some(moment);
    }
    // A duration that is still growing: time since something happened, or of what is not over.
    let grows = column.kind == "date"
        || ["Age", "Last ", "First "].iter().any(|word| name.starts_with(word))
        || (name == "Duration" && running);
    grows.then(|| seconds(text)).flatten().map(|seconds| now.plus(-seconds))
}

fn timestamp(text: &str) -> Option<Unix> {
    // Anything else is not worth the parser's time.
    let looks_like_one = text.len() >= 20 && text.as_bytes().get(4) == Some(&b'-') && text.contains('T');
    let moment: Option<jiff::Timestamp> = looks_like_one.then(|| text.parse().ok()).flatten();
    moment.map(|moment| Unix(moment.as_second()))
}

/// Reads a duration as kubectl writes it, such as `5m30s`. Unit: seconds.
fn seconds(text: &str) -> Option<i64> {
    let mut sum: i64 = 0;
    let mut number: Option<i64> = None;
    for letter in text.strip_suffix(" ago").unwrap_or(text).chars() {
        if let Some(digit) = letter.to_digit(10) {
            number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(digit.into())?);
            continue;
        }
        let unit = match letter {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'y' => 365 * 86_400,
            _ => return None,
        };
        sum = sum.checked_add(number.take()?.checked_mul(unit)?)?;
    }
    (number.is_none() && !text.is_empty()).then_some(sum)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::age::duration;

    const NOW: Unix = Unix(1_790_000_000);

    fn column(name: &str, kind: &str) -> ColumnDefinition {
        ColumnDefinition { name: name.to_owned(), kind: kind.to_owned(), ..ColumnDefinition::default() }
    }

    fn one(column: ColumnDefinition, cell: &str) -> Value {
        let cells = serde_json::from_str(&format!("[{cell}]")).unwrap();
        values(&[column], cells, NOW.plus(-100), NOW, &mut Interner::default()).first().cloned().unwrap()
    }

    #[test]
    fn ages_and_moments_stay_true_as_time_goes_by() {
        assert_eq!(one(column("Age", "string"), "\"99s\""), Value::Since(NOW.plus(-100)), "by the creation");
        assert_eq!(one(column("Last Schedule", "string"), "\"5m30s\""), Value::Since(NOW.plus(-330)));
        assert_eq!(one(column("Expires", "date"), "\"2h5m\""), Value::Since(NOW.plus(-7500)));
        assert_eq!(one(column("Created At", "date"), "\"2026-09-21T15:33:20Z\""), Value::Since(Unix(1_790_004_800)));
        for never in ["\"<none>\"", "\"<unknown>\""] {
            assert!(matches!(one(column("Last Schedule", "string"), never), Value::Text(_)));
        }
        assert!(matches!(one(column("Duration", "string"), "\"17s\""), Value::Text(_)), "what is over does not grow");
    }

    #[test]
    fn the_duration_of_what_still_runs_grows() {
        let columns = [column("Status", "string"), column("Duration", "string")];
        let of = |status: &str| {
            let cells = vec![Printed::Text(status.to_owned()), Printed::Text("17s".to_owned())];
            values(&columns, cells, NOW, NOW, &mut Interner::default())
        };
        assert_eq!(of("Running").last(), Some(&Value::Since(NOW.plus(-17))));
        assert!(matches!(of("Complete").last(), Some(Value::Text(_))));
    }

    #[test]
    fn numbers_and_flags_keep_their_type() {
        assert_eq!(one(column("Data", "string"), "3"), Value::Number(3));
        assert_eq!(one(column("Ratio", "number"), "1.4285714285714286"), Value::Thousandths(1429));
        assert_eq!(
            one(column("Ratio", "number"), "1e300"),
            Value::Text("1e300".parse::<f64>().unwrap().to_string().into())
        );
        assert_eq!(one(column("Enabled", "boolean"), "true"), Value::Flag(true));
        assert_eq!(one(column("Note", "string"), "null"), Value::None);
        assert_eq!(one(column("Note", "string"), "{\"a\":[1]}"), Value::None);
        assert_eq!(one(column("Note", "string"), "[\"a\",\"b\"]"), Value::Text("a,b".into()));
    }

    proptest! {
        #[test]
        fn what_kubectl_writes_is_read_back(time in 0..400_000_000_i64) {
            let text = duration(time);
            prop_assert_eq!(seconds(&text).map(duration), Some(text));
        }

        #[test]
        fn no_text_is_too_strange(name in ".{0,12}", kind in "string|date|number", text in ".{0,80}") {
            let cell = serde_json::to_string(&text).unwrap();
            one(column(&name, &kind), &cell);
            seconds(&text);
        }
    }
}
