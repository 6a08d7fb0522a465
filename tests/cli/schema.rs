//! Holds documents to the schemas in assets/schema. Understands the part of JSON Schema that these use, and says so if one
//! uses more.

use std::path::Path;

use serde_json::Value;

const KNOWN: &[&str] = &[
    "$schema",
    "title",
    "description",
    "type",
    "enum",
    "const",
    "format",
    "minimum",
    "properties",
    "required",
    "additionalProperties",
    "items",
];

/// Fails unless the document fits the schema of this name.
pub fn holds(name: &str, document: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("assets/schema/{name}.json"));
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut faults = Vec::new();
    check(&schema, document, "$", &mut faults);
    assert!(faults.is_empty(), "{name}: {faults:#?}\n{document:#}");
}

fn check(schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
    let Some(rules) = schema.as_object() else { return };
    for (rule, wanted) in rules {
        let fits = match rule.as_str() {
            "type" => match wanted {
                Value::Array(types) => types.iter().any(|wanted| is(value, wanted.as_str().unwrap())),
                one => is(value, one.as_str().unwrap()),
            },
            "enum" => wanted.as_array().unwrap().contains(value),
            "const" => wanted == value,
            "minimum" => value.as_i64().is_none_or(|number| number >= wanted.as_i64().unwrap()),
            "format" => {
                value.as_str().is_none_or(|text| wanted == "date-time" && text.parse::<jiff::Timestamp>().is_ok())
            }
            "required" => value.as_object().is_none_or(|object| {
                wanted.as_array().unwrap().iter().all(|key| object.contains_key(key.as_str().unwrap()))
            }),
            known => {
                assert!(KNOWN.contains(&known), "the schema uses {known}");
                true
            }
        };
        if !fits {
            faults.push(format!("{at} does not fit {rule} {wanted}: {value}"));
        }
    }
    if let Some(items) = value.as_array() {
        for (index, item) in items.iter().enumerate() {
            check(&schema["items"], item, &format!("{at}[{index}]"), faults);
        }
    }
    for (key, value) in value.as_object().into_iter().flatten() {
        let place = format!("{at}.{key}");
        match (&schema["properties"][key], &schema["additionalProperties"]) {
            (Value::Null, Value::Bool(false)) => faults.push(format!("{place} is not in the schema")),
            (Value::Null, others) => check(others, value, &place, faults),
            (own, _) => check(own, value, &place, faults),
        }
    }
}

fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the schema uses the type {other}"),
    }
}

#[test]
fn a_document_that_does_not_fit_is_found_out() {
    let bad = serde_json::json!({"version": 2, "time": "noon", "id": 7, "name": "a", "health": "fine", "previous": null,
        "more": true});
    let schema = include_str!("../../assets/schema/change.json");
    let mut faults = Vec::new();
    check(&serde_json::from_str(schema).unwrap(), &bad, "$", &mut faults);
    for fault in ["$.version", "$.time", "$.id", "$.health", "$ does not fit required", "$.more is not in the schema"] {
        assert!(faults.iter().any(|found| found.starts_with(fault)), "{fault}: {faults:#?}");
    }
}
