//! Owns reading durations such as `800ms`, `12s`, `2m` or `1h` from a scenario. Must not know which key they belong to.

use std::time::Duration;

/// Parses a whole number with the unit ms, s, m or h.
fn parse(text: &str) -> Result<Duration, String> {
    let error = || format!("{text:?} is not a duration like \"800ms\", \"12s\", \"2m\" or \"1h\"");
    let unit_at = text.find(|character: char| !character.is_ascii_digit()).ok_or_else(error)?;
    let number: u64 = text[..unit_at].parse().map_err(|_| error())?;
    match &text[unit_at..] {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        "m" => Ok(Duration::from_secs(number.saturating_mul(60))),
        "h" => Ok(Duration::from_secs(number.saturating_mul(3_600))),
        _ => Err(error()),
    }
}

/// For `#[serde(with)]` on a `Duration`.
pub(super) mod text {
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer};

    pub(in crate::sim::scenario) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<std::time::Duration, D::Error> {
        super::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// For `#[serde(with)]` on an `Option<Duration>`.
pub(super) mod optional {
    use serde::Deserializer;

    pub(in crate::sim::scenario) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<std::time::Duration>, D::Error> {
        super::text::deserialize(deserializer).map(Some)
    }
}
