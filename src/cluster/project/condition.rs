//! Conditions, as pods and nodes have them, readable from JSON and protobuf. Must not judge anything.

use std::borrow::Cow;

use serde::Deserialize;

use super::field::{FromProto, Time, Word};
use crate::cluster::wire::WireError;
use crate::cluster::wire::proto::{Field, Message};

/// A condition of a pod: all that is known of one that holds is that it holds.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct PodCondition<'a> {
    #[serde(borrow)]
    condition: Condition<'a>,
}

impl<'a> PodCondition<'a> {
    /// Tells whether it is of this type.
    pub fn is(&self, condition_type: &str) -> bool {
        self.condition.condition_type.is(condition_type)
    }

    /// Tells whether the condition holds.
    pub fn is_true(&self) -> bool {
        self.condition.is_true()
    }

    /// What is said of it, unless it holds.
    pub fn unmet(&self) -> Option<&Condition<'a>> {
        Some(&self.condition).filter(|condition| !condition.is_true())
    }
}

/// A condition in part, of a pod or a node.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Condition<'a> {
    /// `type`.
    #[serde(borrow, rename = "type")]
    pub condition_type: Word<'a>,
    /// `status`: `True`, `False` or `Unknown`.
    #[serde(borrow)]
    pub status: Word<'a>,
    /// `lastTransitionTime`.
    pub last_transition_time: Time,
    /// `reason`.
    #[serde(borrow)]
    pub reason: Word<'a>,
    /// `message`.
    #[serde(borrow)]
    pub message: Word<'a>,
}

impl Condition<'_> {
    /// What it says of itself: its message, or else its reason.
    pub fn detail(&self) -> Cow<'_, str> {
        if self.message.is_empty() { self.reason.text() } else { self.message.text() }
    }

    /// Tells whether the condition holds.
    pub fn is_true(&self) -> bool {
        self.status.is("True")
    }
}

impl<'a> FromProto<'a> for PodCondition<'a> {
    #[inline]
    fn take(&mut self, field: &Field<'a>) -> Result<(), WireError> {
        self.condition.take(field)
    }

    /// Reads no further than to the word that it holds, which comes second: nearly all do.
    #[inline]
    fn fill(&mut self, mut message: Message<'a>) -> Result<(), WireError> {
        while let Some(field) = message.field()? {
            self.take(&field)?;
            if field.number == 2 && self.is_true() && !self.condition.condition_type.is_empty() {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// Conditions of pods and nodes have the same numbers for what is read here.
impl<'a> FromProto<'a> for Condition<'a> {
    #[inline]
    fn take(&mut self, field: &Field<'a>) -> Result<(), WireError> {
        match field.number {
            1 => self.condition_type = Word::from_proto(field)?,
            2 => self.status = Word::from_proto(field)?,
            4 => self.last_transition_time = Time::from_proto(field)?,
            5 => self.reason = Word::from_proto(field)?,
            6 => self.message = Word::from_proto(field)?,
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fields of text; each shorter than 128 bytes.
    fn condition(fields: &[(u8, &str)]) -> Vec<u8> {
        let field = |(number, text): &(u8, &str)| [&[number << 3 | 2, text.len() as u8], text.as_bytes()].concat();
        fields.iter().flat_map(field).collect()
    }

    #[test]
    fn of_a_condition_that_holds_nothing_more_is_said_in_either_format_or_any_order() {
        for fields in [[(1, "Ready"), (2, "True"), (5, "Why")], [(2, "True"), (5, "Why"), (1, "Ready")]] {
            let bytes = condition(&fields);
            let holds = PodCondition::from_message(Message::new(&bytes)).unwrap();
            assert!(holds.is("Ready") && holds.is_true() && holds.unmet().is_none());
        }
        let json: PodCondition<'_> =
            serde_json::from_str(r#"{"type":"Ready","status":"True","reason":"Why"}"#).unwrap();
        assert!(json.is("Ready") && json.is_true() && json.unmet().is_none());
        let bytes = condition(&[(1, "Ready"), (2, "False"), (5, "Why"), (6, "words")]);
        let fails = PodCondition::from_message(Message::new(&bytes)).unwrap();
        assert_eq!(fails.unmet().map(|it| (it.reason.text(), it.detail())), Some(("Why".into(), "words".into())));
    }
}
