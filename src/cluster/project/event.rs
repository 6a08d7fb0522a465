//! Events (core/v1) as the API server's own table has them: which of their many times, counts and sources counts.

use serde::Deserialize;

use super::Resource;
use super::field::{FromProto, Text, Time, nullable};
use super::interner::Interner;
use super::meta::Meta;
use crate::cluster::wire::WireError;
use crate::cluster::wire::proto::{Field, Message};
use crate::model::event::EventRow;
use crate::model::ids::Uid;
use crate::model::kind::Kind;
use crate::model::update::{Delta, Update};

/// The kind Event of core/v1.
#[derive(Debug)]
pub struct Event;

/// An Event in part.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PartialEvent<'a> {
    #[serde(borrow)]
    metadata: Meta<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    involved_object: Reference<'a>,
    #[serde(borrow)]
    reason: Text<'a>,
    #[serde(borrow)]
    message: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    source: Source<'a>,
    first_timestamp: Time,
    last_timestamp: Time,
    #[serde(deserialize_with = "nullable")]
    count: i64,
    #[serde(borrow, rename = "type")]
    event_type: Text<'a>,
    event_time: Time,
    series: Option<Series>,
    #[serde(borrow)]
    reporting_component: Text<'a>,
    #[serde(borrow)]
    reporting_instance: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Reference<'a> {
    #[serde(borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    field_path: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Source<'a> {
    #[serde(borrow)]
    component: Text<'a>,
    #[serde(borrow)]
    host: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Series {
    count: i64,
    last_observed_time: Time,
}

impl<'a> FromProto<'a> for PartialEvent<'a> {
    fn take(&mut self, field: &Field<'a>) -> Result<(), WireError> {
        match field.number {
            1 => self.metadata.fill_from(field)?,
            2 => self.involved_object.fill_from(field)?,
            3 => self.reason = Text::from_proto(field)?,
            4 => self.message = Text::from_proto(field)?,
            5 => self.source.fill_from(field)?,
            6 => self.first_timestamp = Time::from_proto(field)?,
            7 => self.last_timestamp = Time::from_proto(field)?,
            8 => self.count = field.int()?,
            9 => self.event_type = Text::from_proto(field)?,
            10 => self.event_time = Time::from_proto(field)?,
            11 => self.series.get_or_insert_default().fill_from(field)?,
            14 => self.reporting_component = Text::from_proto(field)?,
            15 => self.reporting_instance = Text::from_proto(field)?,
            _ => {}
        }
        Ok(())
    }
}

impl<'a> FromProto<'a> for Reference<'a> {
    fn take(&mut self, field: &Field<'a>) -> Result<(), WireError> {
        match field.number {
            1 => self.kind = Text::from_proto(field)?,
            3 => self.name = Text::from_proto(field)?,
            7 => self.field_path = Text::from_proto(field)?,
            _ => {}
        }
        Ok(())
    }
}

impl<'a> FromProto<'a> for Source<'a> {
    fn take(&mut self, field: &Field<'a>) -> Result<(), WireError> {
        match field.number {
            1 => self.component = Text::from_proto(field)?,
            2 => self.host = Text::from_proto(field)?,
            _ => {}
        }
        Ok(())
    }
}

impl FromProto<'_> for Series {
    fn take(&mut self, field: &Field<'_>) -> Result<(), WireError> {
        match field.number {
            1 => self.count = field.int()?,
            2 => self.last_observed_time = Time::from_proto(field)?,
            _ => {}
        }
        Ok(())
    }
}

impl Resource for Event {
    type Row = EventRow;
    type Partial<'a> = PartialEvent<'a>;
    const KIND: Kind = Kind::Events;

    fn visit(message: &[u8]) -> Result<PartialEvent<'_>, WireError> {
        PartialEvent::from_message(Message::new(message))
    }

    fn meta<'p>(object: &'p PartialEvent<'_>) -> &'p Meta<'p> {
        &object.metadata
    }

    fn project(object: &PartialEvent<'_>, interner: &mut Interner) -> EventRow {
        let first = object.first_timestamp.0.or(object.event_time.0);
        let (last, count) = match &object.series {
            Some(series) => (series.last_observed_time.0, series.count),
            None => (object.last_timestamp.0.or(first), object.count),
        };
        // The server's table says <unknown> where no time is set at all; the creation is closer to the truth.
        let first = first.unwrap_or(object.metadata.created());
        EventRow {
            uid: object.metadata.uid(),
            namespace: interner.share_bytes(object.metadata.namespace.bytes()),
            name: Box::from(&*object.metadata.name),
            last_seen: last.unwrap_or(first),
            first_seen: first,
            event_type: interner.share(&object.event_type),
            reason: interner.share(&object.reason),
            object: target(&object.involved_object),
            subobject: interner.share(&object.involved_object.field_path),
            source: interner.share(&source(object)),
            message: Box::from(object.message.trim()),
            count: u32::try_from(count).unwrap_or_default().max(1),
        }
    }

    fn uid(row: &EventRow) -> Uid {
        row.uid
    }

    fn wrap(delta: Delta<EventRow>) -> Update {
        Update::Events(delta)
    }
}

fn target(reference: &Reference<'_>) -> Box<str> {
    let kind = reference.kind.to_lowercase();
    if reference.name.is_empty() {
        kind.into_boxed_str()
    } else {
        format!("{kind}/{}", &*reference.name).into_boxed_str()
    }
}

/// Component and host; events of the newer API have a reporting controller and instance instead.
fn source(event: &PartialEvent<'_>) -> String {
    let either = |old: &str, new: &str| if old.is_empty() { new.to_owned() } else { old.to_owned() };
    let component = either(&event.source.component, &event.reporting_component);
    let instance = either(&event.source.host, &event.reporting_instance);
    if instance.is_empty() { component } else { format!("{component}, {instance}") }
}
