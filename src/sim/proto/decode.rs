//! Owns reading protobuf bodies of requests into JSON by the table of messages. Must not know what is done with them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::{Field, MAGIC, MESSAGES, Shape, Type};

/// Reads a body that stands alone: API version, kind and the object. `None` if it is no such thing or not known.
pub(crate) fn decode(body: &[u8]) -> Option<Value> {
    let unknown = body.strip_prefix(MAGIC)?;
    let (mut meta, mut raw) = (Map::new(), &[][..]);
    for (number, wire) in Fields(unknown) {
        match (number, wire?) {
            (1, Wire::Bytes(bytes)) => meta = message(*MESSAGES.by_name.get("TypeMeta")?, bytes)?,
            (2, Wire::Bytes(bytes)) => raw = bytes,
            _ => {}
        }
    }
    let mut object = message(*MESSAGES.by_name.get(meta.get("kind")?.as_str()?)?, raw)?;
    object.append(&mut meta);
    Some(Value::Object(object))
}

enum Wire<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The fields of a message; one that is cut off is `None` and the last.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = (u32, Option<Wire<'a>>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let Some(tag) = self.varint() else { return Some((0, self.cut())) };
        let wire = match tag & 7 {
            0 => self.varint().map(Wire::Number),
            2 => self.varint().and_then(|length| {
                let (bytes, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
                self.0 = rest;
                Some(Wire::Bytes(bytes))
            }),
            _ => None,
        };
        let wire = if wire.is_some() { wire } else { self.cut() };
        Some(((tag >> 3) as u32, wire))
    }
}

impl Fields<'_> {
    fn cut<T>(&mut self) -> Option<T> {
        self.0 = &[];
        None
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }
}

fn message(index: usize, bytes: &[u8]) -> Option<Map<String, Value>> {
    let mut object = Map::new();
    for (number, wire) in Fields(bytes) {
        let wire = wire?;
        let Some(field) = MESSAGES.fields[index].iter().find(|field| field.number == number) else { continue };
        match (field.shape, &wire) {
            (_, Wire::Bytes(bytes)) if matches!(field.kind, Type::Inline(_)) => {
                if let Type::Inline(inner) = field.kind {
                    object.extend(message(inner, bytes)?);
                }
            }
            (_, Wire::Bytes(bytes)) if field.key == "*" => {
                object.extend(serde_json::from_slice::<Map<String, Value>>(bytes).ok()?);
            }
            (Shape::Map, Wire::Bytes(bytes)) => {
                let (mut key, mut value) = (String::new(), Value::from(""));
                for (number, wire) in Fields(bytes) {
                    match (number, wire?) {
                        (1, Wire::Bytes(bytes)) => key = String::from_utf8(bytes.to_vec()).ok()?,
                        (2, wire) => value = single(field, &wire)?,
                        _ => {}
                    }
                }
                if let Value::Object(map) = object.entry(field.key).or_insert_with(|| Value::Object(Map::new())) {
                    map.insert(key, value);
                }
            }
            (Shape::Repeated, wire) => {
                let value = single(field, wire)?;
                if let Value::Array(items) = object.entry(field.key).or_insert_with(|| Value::Array(Vec::new())) {
                    items.push(value);
                }
            }
            (shape, wire) => {
                let value = single(field, wire)?;
                // What Go's types leave out of their JSON when empty.
                let empty = match &value {
                    Value::String(text) => text.is_empty(),
                    Value::Number(number) => number.as_i64() == Some(0),
                    Value::Bool(set) => !set,
                    Value::Object(fields) => fields.is_empty(),
                    _ => true,
                };
                if shape == Shape::Pointer || !empty {
                    object.insert(field.key.to_owned(), value);
                }
            }
        }
    }
    Some(object)
}

fn single(field: &Field, wire: &Wire<'_>) -> Option<Value> {
    let number = |bytes: &[u8], wanted: u32| {
        Fields(bytes).find_map(|(number, wire)| match wire {
            Some(Wire::Number(value)) if number == wanted => Some(value as i64),
            _ => None,
        })
    };
    let text = |bytes: &[u8], wanted: u32| {
        Fields(bytes).find_map(|(number, wire)| match wire {
            Some(Wire::Bytes(bytes)) if number == wanted => String::from_utf8(bytes.to_vec()).ok(),
            _ => None,
        })
    };
    Some(match (field.kind, wire) {
        (Type::Boolean, Wire::Number(value)) => (*value != 0).into(),
        (_, Wire::Number(value)) => (*value as i64).into(),
        (Type::Text, Wire::Bytes(bytes)) => String::from_utf8(bytes.to_vec()).ok()?.into(),
        (Type::Bytes, Wire::Bytes(bytes)) => STANDARD.encode(bytes).into(),
        (Type::Time, Wire::Bytes(bytes)) => match number(bytes, 1) {
            Some(seconds) => jiff::Timestamp::from_second(seconds).ok()?.to_string().into(),
            None => Value::Null,
        },
        (Type::Quantity, Wire::Bytes(bytes)) => text(bytes, 1).unwrap_or_default().into(),
        (Type::IntOrString, Wire::Bytes(bytes)) => match number(bytes, 1) {
            Some(1) => text(bytes, 3).unwrap_or_default().into(),
            _ => number(bytes, 2).unwrap_or_default().into(),
        },
        (Type::Message(inner) | Type::Inline(inner), Wire::Bytes(bytes)) => Value::Object(message(inner, bytes)?),
        (_, Wire::Bytes(bytes)) => serde_json::from_slice(bytes).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_written_is_read_back() {
        let object = json!({"metadata": {"name": "web", "labels": {"a": "1"}, "creationTimestamp": "2026-11-20T09:26:12Z"},
            "spec": {"replicas": 0, "paused": true, "selector": {"matchLabels": {"a": "1"}},
                "strategy": {"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 1}},
                "template": {"spec": {"containers": [{"name": "c", "image": "i", "args": ["x"], "resources": {"limits": {"cpu": "1"}}}]}}}});
        let body =
            crate::sim::proto::envelope("apps/v1", "Deployment", &crate::sim::proto::transcode("Deployment", &object));
        let mut read = decode(&body).unwrap();
        assert_eq!((read["kind"].take(), read["apiVersion"].take()), (json!("Deployment"), json!("apps/v1")));
        for part in ["metadata", "spec"] {
            assert_eq!(read[part], object[part], "{part}");
        }
        let secret = json!({"data": {"k": "AAECAw=="}, "type": "Opaque"});
        let body = crate::sim::proto::envelope("v1", "Secret", &crate::sim::proto::transcode("Secret", &secret));
        assert_eq!(decode(&body).unwrap()["data"], secret["data"]);
        assert!((5..body.len() - 1).all(|cut| decode(&body[..cut]).is_none_or(|value| value["kind"] == "Secret")));
        assert_eq!(decode(b"{}"), None);
    }
}
