//! The kinds of values that settings have: how each is read, written and bounded. Must not know any setting.

use std::path::PathBuf;
use std::time::Duration;

use crate::model::span;

/// A value as a file, a variable or a flag gives it, before anybody knows what it should be.
#[derive(Clone, Debug, PartialEq)]
pub enum Raw {
    /// A string.
    Text(String),
    /// A whole number.
    Number(i64),
    /// True or false.
    Flag(bool),
    /// A list.
    List(Vec<Raw>),
    /// Anything else; named for messages.
    Other(&'static str),
}

impl Raw {
    /// Reads what an environment variable or a flag says: numbers and flags as such, everything else as text.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        match (text.parse(), text) {
            (Ok(number), _) => Self::Number(number),
            (_, "true") => Self::Flag(true),
            (_, "false") => Self::Flag(false),
            _ => Self::Text(text.to_owned()),
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Text(text) => format!("{text:?}"),
            Self::Number(number) => number.to_string(),
            Self::Flag(flag) => flag.to_string(),
            Self::List(_) => "a list".to_owned(),
            Self::Other(what) => (*what).to_owned(),
        }
    }

    fn instead_of(&self, wanted: &str) -> String {
        format!("{} is not {wanted}", self.name())
    }
}

/// A kind of value.
pub trait Value: Sized {
    /// Reads a value, or says what was expected.
    fn read(raw: &Raw) -> Result<Self, String>;
    /// Writes the value as TOML.
    fn show(&self) -> String;
    /// What the bounds are given in: the value itself, or for lists what they hold.
    type Bound: Value;
    /// Tells whether all of it is within the bounds, both included.
    fn within(&self, low: &Self::Bound, high: &Self::Bound) -> bool;
}

impl Value for Duration {
    type Bound = Self;

    fn read(raw: &Raw) -> Result<Self, String> {
        match raw {
            Raw::Text(text) => span::parse(text),
            other => Err(other.instead_of("a duration like \"800ms\", \"12s\", \"2m\" or \"1h\"")),
        }
    }

    fn show(&self) -> String {
        format!("\"{}\"", span::write(*self))
    }

    fn within(&self, low: &Self, high: &Self) -> bool {
        (low..=high).contains(&self)
    }
}

impl Value for u32 {
    type Bound = Self;

    fn read(raw: &Raw) -> Result<Self, String> {
        match raw {
            Raw::Number(number) => Self::try_from(*number).map_err(|_| raw.instead_of("a number that is counted with")),
            other => Err(other.instead_of("a whole number")),
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }

    fn within(&self, low: &Self, high: &Self) -> bool {
        (low..=high).contains(&self)
    }
}

impl Value for bool {
    type Bound = Self;

    fn read(raw: &Raw) -> Result<Self, String> {
        match raw {
            Raw::Flag(flag) => Ok(*flag),
            other => Err(other.instead_of("true or false")),
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }

    fn within(&self, _: &Self, _: &Self) -> bool {
        true
    }
}

impl Value for String {
    type Bound = Self;

    fn read(raw: &Raw) -> Result<Self, String> {
        match raw {
            Raw::Text(text) => Ok(text.clone()),
            other => Err(other.instead_of("a string")),
        }
    }

    fn show(&self) -> String {
        quoted(self)
    }

    fn within(&self, _: &Self, _: &Self) -> bool {
        true
    }
}

/// An amount of memory, written like `512MB`. Unit: bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub usize);

/// The units of memory, largest first; as powers of 1,024, which is what `ps` and `top` mean by them.
const UNITS: [(&str, usize); 3] = [("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10)];

impl Value for Bytes {
    type Bound = Self;

    fn read(raw: &Raw) -> Result<Self, String> {
        let wanted = "an amount of memory like \"512MB\" or \"2GB\"";
        let Raw::Text(text) = raw else { return Err(raw.instead_of(wanted)) };
        let read = UNITS.iter().find_map(|(unit, size)| {
            let number: usize = text.strip_suffix(unit)?.trim_end().parse().ok()?;
            number.checked_mul(*size)
        });
        read.map(Self).ok_or_else(|| raw.instead_of(wanted))
    }

    fn show(&self) -> String {
        let unit = UNITS.iter().find(|(_, size)| self.0.is_multiple_of(*size));
        unit.map_or_else(|| self.0.to_string(), |(unit, size)| format!("\"{}{unit}\"", self.0 / size))
    }

    fn within(&self, low: &Self, high: &Self) -> bool {
        (low..=high).contains(&self)
    }
}

/// The delays of a backoff: the first, and the longest it doubles up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff(pub Duration, pub Duration);

impl Value for Backoff {
    type Bound = Duration;

    fn read(raw: &Raw) -> Result<Self, String> {
        match Vec::<Duration>::read(raw)?.as_slice() {
            [first, longest] if first <= longest => Ok(Self(*first, *longest)),
            _ => Err("two durations are needed, the first delay and the longest".to_owned()),
        }
    }

    fn show(&self) -> String {
        vec![self.0, self.1].show()
    }

    fn within(&self, low: &Duration, high: &Duration) -> bool {
        vec![self.0, self.1].within(low, high)
    }
}

impl<T: Value<Bound = T>> Value for Vec<T> {
    type Bound = T;

    /// A list, or one text with commas: what variables and flags can hold.
    fn read(raw: &Raw) -> Result<Self, String> {
        match raw {
            Raw::List(items) => items.iter().map(T::read).collect(),
            Raw::Text(text) => text.split(',').map(|part| T::read(&Raw::from_text(part.trim()))).collect(),
            other => Ok(vec![T::read(other)?]),
        }
    }

    fn show(&self) -> String {
        let items: Vec<String> = self.iter().map(T::show).collect();
        format!("[{}]", items.join(", "))
    }

    fn within(&self, low: &T, high: &T) -> bool {
        self.iter().all(|item| item.within(low, high))
    }
}

impl Value for PathBuf {
    type Bound = Self;

    fn read(raw: &Raw) -> Result<Self, String> {
        String::read(raw).map(Self::from)
    }

    fn show(&self) -> String {
        quoted(&self.to_string_lossy())
    }

    fn within(&self, _: &Self, _: &Self) -> bool {
        true
    }
}

/// When tabs are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TabsShow {
    /// With the second open cluster.
    #[default]
    Auto,
    /// With the first one.
    Always,
}

impl Value for TabsShow {
    type Bound = Self;

    fn read(raw: &Raw) -> Result<Self, String> {
        match String::read(raw)?.as_str() {
            "auto" => Ok(Self::Auto),
            "always" => Ok(Self::Always),
            _ => Err(raw.instead_of("\"auto\" or \"always\"")),
        }
    }

    fn show(&self) -> String {
        quoted(if *self == Self::Always { "always" } else { "auto" })
    }

    fn within(&self, _: &Self, _: &Self) -> bool {
        true
    }
}

/// Writes a string as TOML.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if letter.is_control() => quoted.extend(format!("\\u{:04X}", u32::from(letter)).chars()),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_in_a_variable_is_written_with_commas() {
        let read = Vec::<Duration>::read(&Raw::from_text("0s, 5s")).unwrap();
        assert_eq!(read.show(), "[\"0s\", \"5s\"]");
        assert_eq!(Vec::<u32>::read(&Raw::from_text("7")).unwrap(), [7]);
    }

    #[test]
    fn memory_has_a_unit() {
        assert_eq!(Bytes::read(&Raw::from_text("512MB")).unwrap().show(), "\"512MB\"");
        assert_eq!(Bytes::read(&Raw::from_text("2048MB")).unwrap().show(), "\"2GB\"");
        assert!(Bytes::read(&Raw::from_text("512")).unwrap_err().contains("512MB"));
    }

    #[test]
    fn a_backoff_does_not_shrink() {
        assert!(Backoff::read(&Raw::from_text("30s,1s")).is_err());
        assert!(Backoff::read(&Raw::from_text("1s")).is_err());
        assert_eq!(Backoff::read(&Raw::from_text("1s,30s")).unwrap().show(), "[\"1s\", \"30s\"]");
    }

    #[test]
    fn strings_are_escaped() {
        assert_eq!(quoted("a\"b\\c\n"), "\"a\\\"b\\\\c\\u000A\"");
    }
}
