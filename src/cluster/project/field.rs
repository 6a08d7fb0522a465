//! The values partial objects are made of, readable from JSON and from protobuf. Must not know any kind.
//!
//! Lenient where the API is: an absent field, a `null` and an empty value are the same.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use serde::de::{Deserialize, Deserializer, Visitor};

use crate::cluster::wire::WireError;
use crate::cluster::wire::proto::{Field, Message};
use crate::model::age::Unix;

/// Text, borrowed wherever the encoding allows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text<'a>(Cow<'a, str>);

impl<'a> Text<'a> {
    /// Reads a protobuf field; broken UTF-8 is replaced, not refused.
    pub fn from_proto(field: &Field<'a>) -> Result<Self, WireError> {
        field.bytes().map(|bytes| Self(readable(bytes)))
    }
}

/// Text that is mostly compared, or not looked at at all: kept as it came, so that nobody checks what nobody reads.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Word<'a>(Cow<'a, [u8]>);

impl<'a> Word<'a> {
    /// Reads a protobuf field.
    pub fn from_proto(field: &Field<'a>) -> Result<Self, WireError> {
        field.bytes().map(|bytes| Self(Cow::Borrowed(bytes)))
    }

    /// Tells whether it is exactly this.
    #[inline]
    pub fn is(&self, word: &str) -> bool {
        *self.0 == *word.as_bytes()
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns it as it came.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns it as text; broken UTF-8 is replaced.
    pub fn text(&self) -> Cow<'_, str> {
        readable(&self.0)
    }
}

impl fmt::Debug for Word<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text(), f)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Word<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Text::deserialize(deserializer)?.0 {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        }))
    }
}

/// The plain check is several times faster than the one that repairs.
fn readable(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Text::default())
            }
        }
        deserializer.deserialize_any(TextVisitor)
    }
}

/// A point in time; `None` when absent or unreadable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Time(pub Option<Unix>);

impl Time {
    /// Reads a protobuf `Time`, `Timestamp` or `MicroTime`; an empty message is the zero time, which means none.
    pub fn from_proto(field: &Field<'_>) -> Result<Self, WireError> {
        let mut message = field.message()?;
        while let Some(field) = message.field()? {
            if field.number == 1 {
                return Ok(Self(Some(Unix(field.int()?))));
            }
        }
        Ok(Self(None))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text::deserialize(deserializer)?;
        Ok(Self(text.parse::<jiff::Timestamp>().ok().map(|time| Unix(time.as_second()))))
    }
}

/// Reads a value, `null` as its default.
pub fn nullable<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A partial struct that a visitor fills from a protobuf message.
pub trait FromProto<'a>: Default {
    /// Takes one field; unknown ones are passed over.
    fn take(&mut self, field: &Field<'a>) -> Result<(), WireError>;

    /// Takes every field of a message, in place: what is large is not moved from where it was read to where it stays.
    #[inline]
    fn fill(&mut self, mut message: Message<'a>) -> Result<(), WireError> {
        while let Some(field) = message.field()? {
            self.take(&field)?;
        }
        Ok(())
    }

    /// Takes every field of the message in a field.
    fn fill_from(&mut self, field: &Field<'a>) -> Result<(), WireError> {
        self.fill(field.message()?)
    }

    /// Reads a whole message.
    fn from_message(message: Message<'a>) -> Result<Self, WireError> {
        let mut whole = Self::default();
        whole.fill(message)?;
        Ok(whole)
    }

    /// Reads the message in a field.
    fn from_field(field: &Field<'a>) -> Result<Self, WireError> {
        Self::from_message(field.message()?)
    }
}

/// Reads the message in a field into a new entry of a list that most often has no more than `usual`: it gets room for
/// those, and not for four.
pub fn push<'a, T: FromProto<'a>>(list: &mut Vec<T>, usual: usize, field: &Field<'a>) -> Result<(), WireError> {
    if list.capacity() == 0 {
        list.reserve_exact(usual);
    }
    list.push(T::default());
    list.last_mut().map_or(Ok(()), |entry| entry.fill_from(field))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_borrows_unless_it_holds_an_escape() {
        let plain: Text<'_> = serde_json::from_str(r#""plain""#).unwrap();
        assert!(matches!(plain.0, Cow::Borrowed("plain")));
        let escaped: Text<'_> = serde_json::from_str(r#""a\"b""#).unwrap();
        assert!(matches!(escaped.0, Cow::Owned(_)));
        assert_eq!(&*escaped, "a\"b");
        assert_eq!(serde_json::from_str::<Text<'_>>("null").unwrap(), Text::default());
    }

    #[test]
    fn times_are_read_with_and_without_fractions_and_garbage_is_none() {
        let read = |text: &str| serde_json::from_str::<Time>(text).unwrap().0;
        assert_eq!(read(r#""2026-11-20T09:26:44Z""#), Some(Unix(1_795_166_804)));
        assert_eq!(read(r#""2026-11-20T08:48:17.277824Z""#), Some(Unix(1_795_164_497)));
        assert_eq!(read("null"), None);
        assert_eq!(read(r#""yesterday""#), None);
    }

    #[test]
    fn the_zero_time_of_protobuf_is_none() {
        let read = |bytes: &[u8]| Time::from_proto(&Message::new(bytes).field().unwrap().unwrap()).unwrap().0;
        assert_eq!(read(&[0x0a, 0x00]), None);
        assert_eq!(read(&[0x0a, 0x04, 0x08, 0xac, 0x02, 0x10]), Some(Unix(300)));
    }
}
