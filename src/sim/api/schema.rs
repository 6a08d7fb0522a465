//! Owns schemas of custom kinds: defaults filled in, and values that do not fit. Patterns, formats and rules in CEL are not
//! looked at. Must not know where the objects come from.

use serde_json::Value;

use super::failure::Problem;
use super::validate::{invalid, required, unsupported};
use crate::sim::kinds::{Kind, Resource};
use crate::sim::world::World;

/// Fills in the defaults of a custom object and adds what does not fit the schema of its kind.
pub(super) fn apply(world: &World, kind: &Kind, value: &mut Value, problems: &mut Vec<Problem>) {
    if !kind.custom {
        return;
    }
    let name = format!("{}.{}", kind.plural, kind.group);
    let Some(definition) = world.get(Resource::Definitions, "", &name) else { return };
    let definition = definition.value();
    let versions = definition["spec"]["versions"].as_array();
    let version = versions.into_iter().flatten().find(|version| version["name"] == *kind.version);
    let schema = version.map_or(&Value::Null, |version| &version["schema"]["openAPIV3Schema"]);
    visit(schema, "", value, problems);
}

fn visit(schema: &Value, field: &str, value: &mut Value, problems: &mut Vec<Problem>) {
    let wanted = schema["type"].as_str().unwrap_or_default();
    let fits = match wanted {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        _ => true,
    };
    if !fits {
        let given = match &*value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_f64() => "number",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let why = format!("{field} in body must be of type {wanted}: {given:?}");
        problems.push(Problem { reason: "FieldValueTypeInvalid", ..invalid(field, &given.into(), &why) });
        return;
    }
    if let Some(known) = schema["enum"].as_array().filter(|known| !known.contains(value)) {
        let known: Vec<&str> = known.iter().filter_map(Value::as_str).collect();
        problems.push(unsupported(field, value, &known));
    }
    if let Some(number) = value.as_f64() {
        for (bound, words, fits) in [
            ("minimum", "greater", schema["minimum"].as_f64().is_none_or(|least| number >= least)),
            ("maximum", "less", schema["maximum"].as_f64().is_none_or(|most| number <= most)),
        ] {
            if !fits {
                let why = format!("{field} in body should be {words} than or equal to {}", schema[bound]);
                problems.push(invalid(field, value, &why));
            }
        }
    }
    let inner = |key: &str| if field.is_empty() { key.to_owned() } else { format!("{field}.{key}") };
    match value {
        Value::Object(fields) => {
            for (key, schema) in schema["properties"].as_object().into_iter().flatten() {
                if !fields.contains_key(key) && !schema["default"].is_null() {
                    fields.insert(key.clone(), schema["default"].clone());
                }
                // What every object has is checked for every kind.
                if let Some(value) = fields.get_mut(key)
                    && !(field.is_empty() && matches!(&**key, "metadata" | "kind" | "apiVersion"))
                {
                    visit(schema, &inner(key), value, problems);
                }
            }
            let missing = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            problems.extend(missing.filter(|key| !fields.contains_key(*key)).map(|key| required(inner(key), "")));
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                visit(&schema["items"], &format!("{field}[{index}]"), item, problems);
            }
        }
        _ => {}
    }
}
