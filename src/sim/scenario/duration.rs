//! Owns reading and writing durations such as `800ms`, `12s`, `2m` or `1h`. Must not know which key they belong to.

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
pub(in crate::sim) mod text {
    use std::time::Duration;

    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(in crate::sim) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        super::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }

    pub(in crate::sim) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        let milliseconds = duration.as_millis();
        let text = if milliseconds.is_multiple_of(1_000) {
            format!("{}s", duration.as_secs())
        } else {
            format!("{milliseconds}ms")
        };
        serializer.serialize_str(&text)
    }
}

/// For `#[serde(with)]` on an `Option<Duration>`.
pub(in crate::sim) mod optional {
    use std::time::Duration;

    use serde::{Deserializer, Serializer};

    pub(in crate::sim) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        super::text::deserialize(deserializer).map(Some)
    }

    #[expect(clippy::ref_option, reason = "the signature serde asks for")]
    pub(in crate::sim) fn serialize<S: Serializer>(
        duration: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match duration {
            Some(duration) => super::text::serialize(duration, serializer),
            None => serializer.serialize_none(),
        }
    }
}
