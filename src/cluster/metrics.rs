//! Reads what a metrics server has measured (`metrics.k8s.io`): of every node, or of every pod, object by object as the
//! answer arrives. The one place that asks it. Must not know when it is asked, nor what becomes of the figures.
//!
//! The answer comes from an aggregated API, behind the API server: that it is slow, ill or not there is no failure of the
//! cluster, so none of these questions counts as one.

use std::time::Duration;

use http::{Request, header};
use http_body_util::BodyExt as _;
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};

use super::connection::Connection;
use super::project::amounts::entry;
use super::project::field::{FromProto, Text, Time, nullable};
use super::reader::{refusal, unreadable};
use super::wire::json_list::JsonList;
use super::wire::proto::{Field, Message};
use super::wire::proto_list::ProtoList;
use super::wire::{ACCEPT_LIST, ListPiece, PROTOBUF, WireError, media_type, read_json};
use crate::model::age::Unix;
use crate::model::amount::{Amount, Amounts, Quantity};
use crate::model::failure::{Failure, FailureKind};
use crate::model::query::escape;
use crate::model::usage::{Figure, Figures};

const API: &str = "/apis/metrics.k8s.io/v1beta1";
const MEBIBYTE: i128 = 1 << 20;

/// What was measured of one node or pod, its containers taken together. Exact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// Its namespace; empty for nodes.
    pub namespace: Box<str>,
    /// Its name.
    pub name: Box<str>,
    /// Cores in use.
    pub cpu: Option<Quantity>,
    /// Bytes in use.
    pub memory: Option<Quantity>,
    /// When the measuring began; `None` if nobody says.
    pub from: Option<Unix>,
}

impl Measured {
    /// In the units of rows, rounded as `kubectl top` does: CPU up, memory down.
    #[must_use]
    pub fn figure(&self) -> Figure {
        let amount = |value: i128| Amount::new(u64::try_from(value.max(0)).unwrap_or(u64::MAX));
        let cpu = self.cpu.map_or(Amount::NONE, |cpu| amount(cpu.millis()));
        let memory = self.memory.map_or(Amount::NONE, |memory| amount(memory.units() / MEBIBYTE));
        Figure { used: Amounts { cpu, memory }, from: self.from }
    }
}

/// By name, in the units of rows.
#[must_use]
pub fn figures(measured: Vec<Measured>) -> Figures {
    let mut figures = Figures::default();
    for one in measured {
        let figure = one.figure();
        figures.note(&one.namespace, one.name, figure);
    }
    figures
}

/// Asks what nodes use, all within `limit`.
pub async fn nodes(connection: &Connection, limit: Duration) -> Result<Vec<Measured>, Failure> {
    read(connection, &format!("{API}/nodes"), limit).await
}

/// Asks what pods use, in one namespace or in all, all within `limit`.
pub async fn pods(connection: &Connection, namespace: Option<&str>, limit: Duration) -> Result<Vec<Measured>, Failure> {
    let inside = namespace.map(|name| format!("/namespaces/{}", escape(name))).unwrap_or_default();
    read(connection, &format!("{API}{inside}/pods"), limit).await
}

async fn read(connection: &Connection, path: &str, limit: Duration) -> Result<Vec<Measured>, Failure> {
    let connection = connection.aside();
    let deadline = Instant::now() + limit;
    let request = Request::get(path).header(header::ACCEPT, ACCEPT_LIST).body(Vec::new());
    let request = request.map_err(|_| Failure::new(FailureKind::Config, "a name that cannot be part of a path"))?;
    let response = connection.send(request, limit).await?;
    let media = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut answer = Answer::new(media).map_err(|error| unreadable("metrics", &error))?;
    let mut body = response.into_body();
    let reading = async {
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| connection.stream_failure(&error))?;
            let Ok(bytes) = frame.into_data() else { continue };
            answer.feed(&bytes).map_err(|error| unreadable("metrics", &error))?;
            if let Some(refused) = answer.refused.take() {
                return Err(refused);
            }
        }
        if answer.is_complete() { Ok(()) } else { Err(unreadable("metrics", &WireError::Truncated)) }
    };
    match timeout_at(deadline, reading).await {
        Ok(read) => read?,
        Err(_) => return Err(connection.timed_out(limit)),
    }
    Ok(answer.measured)
}

/// An answer, as far as it has come.
struct Answer {
    framing: Framing,
    measured: Vec<Measured>,
    refused: Option<Failure>,
}

enum Framing {
    Json(JsonList),
    Proto(ProtoList),
}

impl Answer {
    fn new(content_type: &str) -> Result<Self, WireError> {
        let media = media_type(content_type);
        let framing = if media.eq_ignore_ascii_case(PROTOBUF) {
            Framing::Proto(ProtoList::default())
        } else if media.eq_ignore_ascii_case("application/json") {
            Framing::Json(JsonList::of(&[b"items"]))
        } else {
            return Err(WireError::ContentType(media.chars().take(80).collect()));
        };
        Ok(Self { framing, measured: Vec::new(), refused: None })
    }

    fn feed(&mut self, chunk: &[u8]) -> Result<(), WireError> {
        let Self { framing, measured, refused } = self;
        match framing {
            Framing::Json(list) => list.feed(chunk, |piece| take(piece, measured, refused, read_json)),
            Framing::Proto(list) => list.feed(chunk, |piece| {
                take(piece, measured, refused, |bytes| PartialMetrics::from_message(Message::new(bytes)))
            }),
        }
    }

    fn is_complete(&self) -> bool {
        match &self.framing {
            Framing::Json(list) => list.is_complete(),
            Framing::Proto(list) => list.is_complete(),
        }
    }
}

fn take<'a>(
    piece: ListPiece<'a>,
    measured: &mut Vec<Measured>,
    refused: &mut Option<Failure>,
    partial: impl FnOnce(&'a [u8]) -> Result<PartialMetrics<'a>, WireError>,
) -> Result<(), WireError> {
    match piece {
        ListPiece::Object(bytes) => measured.push(partial(bytes)?.measured()),
        ListPiece::Status(status) => *refused = Some(refusal(&status)),
        ListPiece::Head(_) | ListPiece::Meta(_) => {}
    }
    Ok(())
}

/// `NodeMetrics` or `PodMetrics` in part.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PartialMetrics<'a> {
    #[serde(borrow)]
    metadata: Named<'a>,
    timestamp: Time,
    #[serde(borrow)]
    window: Text<'a>,
    #[serde(skip)]
    window_nanos: i64,
    /// Of a node.
    #[serde(deserialize_with = "nullable")]
    usage: Used,
    /// Of a pod.
    #[serde(deserialize_with = "nullable")]
    containers: Vec<Container>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    namespace: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Container {
    #[serde(deserialize_with = "nullable")]
    usage: Used,
}

/// A resource list as far as it is CPU and memory, exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct Used {
    #[serde(deserialize_with = "quantity")]
    cpu: Option<Quantity>,
    #[serde(deserialize_with = "quantity")]
    memory: Option<Quantity>,
}

fn quantity<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Quantity>, D::Error> {
    Text::deserialize(deserializer).map(|text| Quantity::parse(&text))
}

impl Used {
    fn note(&mut self, name: &str, text: &str) {
        match name {
            "cpu" => self.cpu = Quantity::parse(text),
            "memory" => self.memory = Quantity::parse(text),
            _ => {}
        }
    }

    fn plus(self, other: Self) -> Self {
        let sum = |one: Option<Quantity>, other: Option<Quantity>| match (one, other) {
            (Some(one), Some(other)) => Some(Quantity(one.0.saturating_add(other.0))),
            (one, other) => one.or(other),
        };
        Self { cpu: sum(self.cpu, other.cpu), memory: sum(self.memory, other.memory) }
    }
}

impl<'a> FromProto<'a> for PartialMetrics<'a> {
    fn take(&mut self, field: &Field<'a>) -> Result<(), WireError> {
        match field.number {
            1 => self.metadata = Named::from_field(field)?,
            2 => self.timestamp = Time::from_proto(field)?,
            3 => {
                let mut message = field.message()?;
                while let Some(field) = message.field()? {
                    if field.number == 1 {
                        self.window_nanos = field.int()?;
                    }
                }
            }
            // A node has its usage here, a pod a container: both begin with a text, and only one has a list in second place.
            4 => match Container::from_field(field) {
                Ok(container) if container.usage != Used::default() => self.containers.push(container),
                _ => {
                    let (name, text) = entry(field)?;
                    self.usage.note(&name.text(), &text.text());
                }
            },
            _ => {}
        }
        Ok(())
    }
}

impl<'a> FromProto<'a> for Named<'a> {
    fn take(&mut self, field: &Field<'a>) -> Result<(), WireError> {
        match field.number {
            1 => self.name = Text::from_proto(field)?,
            3 => self.namespace = Text::from_proto(field)?,
            _ => {}
        }
        Ok(())
    }
}

impl<'a> FromProto<'a> for Container {
    fn take(&mut self, field: &Field<'a>) -> Result<(), WireError> {
        if field.number == 2 {
            let (name, text) = entry(field)?;
            self.usage.note(&name.text(), &text.text());
        }
        Ok(())
    }
}

impl PartialMetrics<'_> {
    fn measured(&self) -> Measured {
        let used = self.containers.iter().fold(self.usage, |sum, container| sum.plus(container.usage));
        let window = seconds(&self.window).unwrap_or(self.window_nanos / 1_000_000_000);
        // Moments come without their fractions. Whole seconds of the window, at least one, taken from the moment at its
        // end: what is of the object itself never begins before its creation, what is of an earlier one always does.
        let from = self.timestamp.0.map(|end| end.plus(-window.max(1)));
        Measured {
            namespace: (*self.metadata.namespace).into(),
            name: (*self.metadata.name).into(),
            cpu: used.cpu,
            memory: used.memory,
            from,
        }
    }
}

/// Reads a span as Go writes it (`15.016s`, `1m0.5s`) in whole seconds, rounded down.
fn seconds(text: &str) -> Option<i64> {
    let (mut sum, mut rest) = (0.0_f64, text);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(digits);
        let letters = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let scale = match unit {
            "h" => 3_600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            _ => 0.0,
        };
        sum += number.parse::<f64>().ok()? * scale;
        rest = after;
    }
    (!text.is_empty()).then_some(sum as i64)
}

#[cfg(test)]
mod tests;
