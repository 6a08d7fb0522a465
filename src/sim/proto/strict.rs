//! Owns telling what an object of a known kind has that its type has not: unknown fields, fields given twice, values of
//! another type. Must not know what is made of it.

use serde_json::Value;

use super::{Field, MESSAGES, Shape, Type};
use crate::sim::lean::Lean;

/// The problems of an object's text, as a real server words them; none of kinds the table does not know.
pub(crate) fn problems(kind: &str, json: &str) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(message) = MESSAGES.by_name.get(kind) {
        collect(*message, &Lean::parse(json), "", true, &mut found);
    }
    found
}

/// A value that its field cannot hold.
#[derive(Debug, PartialEq)]
pub(crate) struct Mistyped {
    /// What it is in JSON.
    pub(crate) given: &'static str,
    /// The message that has the field, as it is named in Go.
    owner: &'static str,
    path: String,
    /// The field's type, as it is named in Go.
    pub(crate) wanted: String,
}

impl std::fmt::Display for Mistyped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { given, owner, path, wanted } = self;
        write!(f, "json: cannot unmarshal {given} into Go struct field {owner}.{path} of type {wanted}")
    }
}

/// The first value of an object that its field cannot hold; none of kinds the table does not know.
pub(crate) fn mistyped(kind: &str, object: &Value) -> Option<Mistyped> {
    check_message(*MESSAGES.by_name.get(kind)?, object, "")
}

fn check_message(message: usize, object: &Value, path: &str) -> Option<Mistyped> {
    object.as_object()?.iter().find_map(|(key, value)| {
        let top = path.is_empty() && matches!(&**key, "kind" | "apiVersion");
        let field = find(message, key).filter(|_| !top)?;
        let place = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        let wrong = |value: &Value, wanted: String| {
            let (given, owner) = (named(value), MESSAGES.names[message]);
            Some(Mistyped { given, owner, path: place.clone(), wanted })
        };
        let one = |value: &Value| match field.kind {
            _ if value.is_null() => None,
            Type::Message(inner) if value.is_object() => check_message(inner, value, &place),
            _ if field.kind.holds(value) => None,
            _ => wrong(value, field.kind.named(key)),
        };
        match (field.shape, value) {
            (_, Value::Null) => None,
            (Shape::Repeated, Value::Array(items)) => items.iter().find_map(one),
            (Shape::Map, Value::Object(entries)) => entries.values().find_map(one),
            (Shape::Repeated, _) => wrong(value, format!("[]{}", field.kind.named(key))),
            (Shape::Map, _) => wrong(value, format!("map[string]{}", field.kind.named(key))),
            _ => one(value),
        }
    })
}

impl Type {
    fn holds(self, value: &Value) -> bool {
        match self {
            Self::Text | Self::Bytes | Self::Time => value.is_string(),
            Self::Integer => value.is_i64() || value.is_u64(),
            Self::Boolean => value.is_boolean(),
            Self::Quantity | Self::IntOrString => value.is_string() || value.is_number(),
            Self::Message(_) => value.is_object(),
            Self::Raw | Self::Inline(_) => true,
        }
    }

    /// Its name in Go. Numbers are of 32 bits but for those that users, moments and generations are told by.
    fn named(self, key: &str) -> String {
        let wide = matches!(key, "generation" | "observedGeneration" | "runAsUser" | "runAsGroup" | "fsGroup")
            || matches!(key, "terminationGracePeriodSeconds" | "activeDeadlineSeconds" | "tolerationSeconds");
        match self {
            Self::Text => "string".to_owned(),
            Self::Bytes => "[]uint8".to_owned(),
            Self::Integer => if wide { "int64" } else { "int32" }.to_owned(),
            Self::Boolean => "bool".to_owned(),
            Self::Time => "v1.Time".to_owned(),
            Self::Quantity => "resource.Quantity".to_owned(),
            Self::IntOrString => "intstr.IntOrString".to_owned(),
            Self::Message(inner) | Self::Inline(inner) => format!("v1.{}", MESSAGES.names[inner]),
            Self::Raw => "runtime.RawExtension".to_owned(),
        }
    }
}

fn named(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// [`problems`] for who counts fields that are known but never written as unknown: they would be lost in protobuf.
#[cfg(test)]
pub(crate) fn unwritten(kind: &str, json: &str) -> Vec<String> {
    let mut found = Vec::new();
    collect(MESSAGES.by_name[kind], &Lean::parse(json), "", false, &mut found);
    found
}

pub(super) fn find(message: usize, key: &str) -> Option<&'static Field> {
    MESSAGES.fields[message].iter().find_map(|field| match field.kind {
        Type::Inline(inner) => find(inner, key),
        _ => (field.key == key || field.key == "*").then_some(field),
    })
}

/// Tells whether a type has a field that the table leaves out.
fn is_left_out(message: usize, key: &str) -> bool {
    let inner = |field: &Field| matches!(field.kind, Type::Inline(inner) if is_left_out(inner, key));
    MESSAGES.left_out[message].split(' ').any(|known| known == key) || MESSAGES.fields[message].iter().any(inner)
}

fn collect(message: usize, value: &Lean<'_>, path: &str, lenient: bool, found: &mut Vec<String>) {
    let Some(object) = value.object() else { return };
    for (index, (key, value)) in object.fields.iter().enumerate() {
        let place = if path.is_empty() { key.to_string() } else { format!("{path}.{key}") };
        if object.fields[..index].iter().any(|(earlier, _)| earlier == key) {
            found.push(format!("duplicate field \"{place}\""));
        }
        let top = path.is_empty() && matches!(&**key, "kind" | "apiVersion");
        // Directives of strategic merge patches are no fields.
        if top || key.starts_with('$') {
            continue;
        }
        match find(message, key) {
            None if lenient && is_left_out(message, key) => {}
            None => found.push(format!("unknown field \"{place}\"")),
            Some(Field { kind: Type::Message(inner), shape, .. }) => match shape {
                Shape::Repeated => value.list().iter().enumerate().for_each(|(index, item)| {
                    collect(*inner, item, &format!("{place}[{index}]"), lenient, found);
                }),
                _ => collect(*inner, value, &place, lenient, found),
            },
            Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_type_has_not_is_named_with_its_place() {
        let text = r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"x","nmae":"y"},
            "spec":{"replicas":1,"replicas":2,"template":{"spec":{"dnsConfig":{"anything":1},
                "containers":[{"name":"a"},{"name":"b","imagee":"c","securityContext":{"seLinuxOptions":{}}}],
                "volumes":[{"name":"v","nfs":{"server":"s"}},{"name":"w","emptyDirr":{}}]}}}}"#;
        assert_eq!(
            problems("Deployment", text),
            [
                "unknown field \"metadata.nmae\"",
                "duplicate field \"spec.replicas\"",
                "unknown field \"spec.template.spec.containers[1].imagee\"",
                "unknown field \"spec.template.spec.volumes[1].emptyDirr\"",
            ]
        );
        assert!(problems("Widget", "{\"anything\":1}").is_empty());
    }

    #[test]
    fn a_value_its_field_cannot_hold_is_named_with_both_types() {
        let told = |object: Value| mistyped("Deployment", &object).map(|wrong| wrong.to_string());
        let said = |given: &str, field: &str, wanted: &str| {
            Some(format!("json: cannot unmarshal {given} into Go struct field {field} of type {wanted}"))
        };
        let spec = |spec: Value| json!({"spec": {"template": {"spec": spec}}});
        for (object, words) in [
            (json!({"spec": {"replicas": "x"}}), said("string", "DeploymentSpec.spec.replicas", "int32")),
            (json!({"spec": {"replicas": 1.5}}), said("number", "DeploymentSpec.spec.replicas", "int32")),
            (json!({"spec": 1}), said("number", "Deployment.spec", "v1.DeploymentSpec")),
            (json!({"metadata": {"labels": {"a": 1}}}), said("number", "ObjectMeta.metadata.labels", "string")),
            (json!({"metadata": {"labels": "a"}}), said("string", "ObjectMeta.metadata.labels", "map[string]string")),
            (spec(json!({"hostNetwork": 1})), said("number", "PodSpec.spec.template.spec.hostNetwork", "bool")),
            (
                spec(json!({"containers": [{"name": "a"}, {"image": true}]})),
                said("bool", "Container.spec.template.spec.containers.image", "string"),
            ),
            (
                spec(json!({"containers": {}})),
                said("object", "PodSpec.spec.template.spec.containers", "[]v1.Container"),
            ),
            (json!({"spec": {"replicas": null, "strategy": {"rollingUpdate": {"maxSurge": 1}}}}), None),
            (spec(json!({"containers": [{"resources": {"limits": {"cpu": 1, "memory": "1Gi"}}}]})), None),
        ] {
            assert_eq!(told(object.clone()), words, "{object}");
        }
    }
}
