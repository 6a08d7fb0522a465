//! Owns durations such as `800ms`, `12s`, `2m` or `1h` as serde reads and writes them. Must not know which key they
//! belong to.

/// For `#[serde(with)]` on a `Duration`.
pub(in crate::sim) mod text {
    use std::time::Duration;

    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    use crate::model::span;

    pub(in crate::sim) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        span::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }

    pub(in crate::sim) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&span::write(*duration))
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
