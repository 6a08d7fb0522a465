//! Owns the `OpenAPI` form of the table of messages: the fields of kinds and their types. Must not know the encoding.

use serde_json::{Map, Value, json};

use super::{Field, MESSAGES, Shape, Type};

/// A schema for every message, by its name.
pub(crate) fn schemas() -> Map<String, Value> {
    let all = MESSAGES.names.iter().enumerate();
    all.map(|(index, name)| {
        let mut properties = Map::new();
        collect(index, &mut properties);
        ((*name).to_owned(), json!({"type": "object", "properties": properties}))
    })
    .collect()
}

fn collect(message: usize, properties: &mut Map<String, Value>) {
    for field in &MESSAGES.fields[message] {
        match field.kind {
            Type::Inline(inner) => collect(inner, properties),
            Type::Raw if field.key == "*" => {}
            _ => {
                properties.insert(field.key.to_owned(), property(field));
            }
        }
    }
}

fn property(field: &Field) -> Value {
    let single = match field.kind {
        Type::Integer => json!({"type": "integer"}),
        Type::Boolean => json!({"type": "boolean"}),
        Type::Time => json!({"type": "string", "format": "date-time"}),
        Type::IntOrString => json!({"x-kubernetes-int-or-string": true}),
        Type::Raw => json!({"type": "object"}),
        Type::Message(message) | Type::Inline(message) => {
            json!({"allOf": [{"$ref": format!("#/components/schemas/{}", MESSAGES.names[message])}]})
        }
        Type::Text | Type::Bytes | Type::Quantity => json!({"type": "string"}),
    };
    match field.shape {
        Shape::Repeated => json!({"type": "array", "items": single}),
        Shape::Map => json!({"type": "object", "additionalProperties": single}),
        Shape::Always | Shape::Pointer => single,
    }
}
