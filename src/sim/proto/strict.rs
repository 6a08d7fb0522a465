//! Owns telling what an object of a known kind has that its type has not: unknown fields and fields given twice. Must not
//! know what is made of it.

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

/// The same for who counts fields that are known but never written as unknown: they would be lost in protobuf.
#[cfg(test)]
pub(crate) fn unwritten(kind: &str, json: &str) -> Vec<String> {
    let mut found = Vec::new();
    collect(MESSAGES.by_name[kind], &Lean::parse(json), "", false, &mut found);
    found
}

fn find(message: usize, key: &str) -> Option<&'static Field> {
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
}
