//! The server's way of saying no: a `Status`, in JSON or protobuf. Must not judge it.

use serde::Deserialize;

use super::WireError;
use super::proto::Message;

/// What a `Status` says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Status {
    /// The HTTP code it stands for; 0 if it does not say.
    pub code: u16,
    /// The machine-readable reason: `Expired`, `Forbidden` ...
    #[serde(deserialize_with = "crate::cluster::project::field::nullable")]
    pub reason: String,
    /// The words for people.
    #[serde(deserialize_with = "crate::cluster::project::field::nullable")]
    pub message: String,
    /// What it is about.
    #[serde(deserialize_with = "crate::cluster::project::field::nullable")]
    pub details: StatusDetails,
}

/// The details of a `Status`, as far as they matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct StatusDetails {
    /// How long the server wants to be left alone, in seconds; 0 if it does not say.
    #[serde(rename = "retryAfterSeconds")]
    pub retry_after_seconds: u32,
}

impl Status {
    /// Reads a protobuf `Status` message.
    pub fn visit(bytes: &[u8]) -> Result<Self, WireError> {
        let mut status = Self::default();
        let mut message = Message::new(bytes);
        while let Some(field) = message.field()? {
            match field.number {
                3 => status.message = String::from_utf8_lossy(field.bytes()?).into_owned(),
                4 => status.reason = String::from_utf8_lossy(field.bytes()?).into_owned(),
                5 => {
                    let mut details = field.message()?;
                    while let Some(field) = details.field()? {
                        if field.number == 5 {
                            status.details.retry_after_seconds = u32::try_from(field.int()?).unwrap_or_default();
                        }
                    }
                }
                6 => status.code = u16::try_from(field.int()?).unwrap_or_default(),
                _ => {}
            }
        }
        Ok(status)
    }

    /// Tells whether a resource version is too old to go on from.
    pub fn is_expired(&self) -> bool {
        self.code == 410 || matches!(self.reason.as_str(), "Expired" | "Gone")
    }
}
