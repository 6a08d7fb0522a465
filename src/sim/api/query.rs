//! Owns query strings and selectors: which objects a request is about. Must not know how they are sent.

use super::failure::Failure;
use crate::sim::kinds::{Kind, Resource};
use crate::sim::lean::Lean;
use crate::sim::store::Object;

/// A decoded query string.
#[derive(Clone)]
pub(super) struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    pub(super) fn parse(text: &str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key), decode(value))
        });
        Self { pairs: pairs.collect() }
    }

    /// The value of a parameter; empty when it is missing.
    pub(super) fn get(&self, key: &str) -> &str {
        self.pairs.iter().find(|(name, _)| name == key).map_or("", |(_, value)| value)
    }

    /// The values of a parameter that may be given many times.
    pub(super) fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs.iter().filter(move |(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.pairs.iter().any(|(name, _)| name == key)
    }

    pub(super) fn is(&self, key: &str, value: &str) -> bool {
        self.get(key) == value
    }

    /// A number; `None` when it is missing or malformed.
    pub(super) fn number(&self, key: &str) -> Option<u64> {
        self.get(key).parse().ok()
    }
}

/// Undoes percent-encoding.
pub(crate) fn decode(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let digits: Vec<u8> = bytes.by_ref().take(2).collect();
                let code = std::str::from_utf8(&digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok());
                out.push(code.unwrap_or(b'?'));
            }
            other => out.push(other),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

enum Test {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Absent,
    /// A whole number greater than this, or less.
    Above(i64),
    Below(i64),
}

impl Test {
    fn passes(&self, value: Option<&str>) -> bool {
        let number = |value: Option<&str>| value.and_then(|value| value.parse::<i64>().ok());
        match self {
            Self::In(values) => value.is_some_and(|value| values.iter().any(|wanted| wanted == value)),
            Self::NotIn(values) => value.is_none_or(|value| values.iter().all(|unwanted| unwanted != value)),
            Self::Exists => value.is_some(),
            Self::Absent => value.is_none(),
            Self::Above(bound) => number(value).is_some_and(|value| value > *bound),
            Self::Below(bound) => number(value).is_some_and(|value| value < *bound),
        }
    }
}

/// The label and field selectors of a request.
pub(super) struct Selection {
    labels: Vec<(String, Test)>,
    fields: Vec<(String, Test)>,
}

impl Selection {
    /// Reads both selectors; what is no selector, or a field the resource cannot be selected by, is an error, as on a real
    /// server.
    pub(super) fn parse(kind: &Kind, labels: &str, fields: &str) -> Result<Self, Failure> {
        let selection = Self {
            labels: requirements(labels).into_iter().map(label_test).collect::<Result<_, _>>()?,
            fields: requirements(fields)
                .into_iter()
                .map(|part| {
                    let wrong = || format!("invalid selector: '{fields}'; can't understand '{part}'");
                    equality(part).ok_or_else(|| Failure::bad_request(wrong()))
                })
                .collect::<Result<_, _>>()?,
        };
        match selection.fields.iter().find(|(field, _)| !selectable(kind, field)) {
            None => Ok(selection),
            Some((field, _)) => Err(Failure::bad_request(unselectable(kind, field))),
        }
    }

    /// Tells whether everything is selected.
    pub(super) fn is_everything(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    /// Tells whether an object is selected.
    pub(super) fn matches(&self, object: &Object) -> bool {
        let by_key = |field: &str| match field {
            "metadata.name" => Some(&*object.name),
            "metadata.namespace" => Some(&*object.namespace),
            _ => None,
        };
        let quick = self.fields.iter().all(|(field, test)| by_key(field).is_none_or(|value| test.passes(Some(value))));
        if !quick || (self.labels.is_empty() && self.fields.iter().all(|(field, _)| by_key(field).is_some())) {
            return quick;
        }
        let deep = |field: &String| field.starts_with("spec.") && field != "spec.nodeName";
        let deep = self.fields.iter().any(|(field, _)| deep(field));
        let text = if deep { object.plain() } else { object.own().into() };
        let value = Lean::parse(&text);
        let labels = value.get("metadata").get("labels");
        self.labels.iter().all(|(label, test)| test.passes(labels.get(label).as_str()))
            && self
                .fields
                .iter()
                .all(|(field, test)| by_key(field).is_some() || test.passes(Some(&field_of(&value, field))))
    }
}

fn selectable(kind: &Kind, field: &str) -> bool {
    field == "metadata.name" || (field == "metadata.namespace" && kind.namespaced) || own_fields(kind).contains(&field)
}

/// The refusal of a field: kinds with fields of their own have their own words for it.
fn unselectable(kind: &Kind, field: &str) -> String {
    if kind.resource == Resource::Jobs {
        format!("field label {field:?} not supported for Job")
    } else if kind.custom || !own_fields(kind).is_empty() {
        format!("field label not supported: {field}")
    } else {
        format!("{field:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")
    }
}

/// The fields a kind can be selected by beside name and namespace.
fn own_fields(kind: &Kind) -> &'static [&'static str] {
    match kind.resource {
        Resource::Pods => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        ],
        Resource::Events | Resource::EventsV1 => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        Resource::Nodes => &["spec.unschedulable"],
        Resource::Namespaces => &["status.phase"],
        Resource::Secrets => &["type"],
        Resource::Services => &["spec.clusterIP", "spec.type"],
        Resource::ReplicaSets => &["status.replicas"],
        Resource::Jobs => &["status.successful"],
        _ => &[],
    }
}

fn field_of(object: &Lean<'_>, field: &str) -> String {
    let path = match field {
        "source" => "source.component",
        "status.successful" => "status.succeeded",
        field => field,
    };
    match path.split('.').fold(object, |value, key| value.get(key)) {
        Lean::Text(text) => text.to_string(),
        Lean::Number(text) => (*text).to_owned(),
        Lean::Bool(set) => set.to_string(),
        // What is not written is what it is where nobody says.
        Lean::Null if matches!(field, "spec.unschedulable" | "spec.hostNetwork") => "false".to_owned(),
        Lean::Null if matches!(field, "status.successful" | "status.replicas") => "0".to_owned(),
        _ => String::new(),
    }
}

/// Splits at commas that are not in parentheses.
fn requirements(selector: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, character) in selector.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(selector[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(selector[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

fn equality(text: &str) -> Option<(String, Test)> {
    let values = |value: &str| vec![value.trim().to_owned()];
    let (key, test) = if let Some((key, value)) = text.split_once("!=") {
        (key, Test::NotIn(values(value)))
    } else {
        let (key, value) = text.split_once("==").or_else(|| text.split_once('='))?;
        (key, Test::In(values(value)))
    };
    Some((key.trim().to_owned(), test))
}

fn label_test(text: &str) -> Result<(String, Test), Failure> {
    let set = |list: &str| {
        let list = list.trim().strip_prefix('(')?.strip_suffix(')')?;
        Some(list.split(',').map(|value| value.trim().to_owned()).collect::<Vec<_>>())
    };
    let listed = |key: &str, list: &str, test: fn(Vec<String>) -> Test| Some((key.trim().to_owned(), test(set(list)?)));
    let test = if let Some((key, list)) = text.split_once(" notin ") {
        listed(key, list, Test::NotIn)
    } else if let Some((key, list)) = text.split_once(" in ") {
        listed(key, list, Test::In)
    } else if let Some((key, bound)) = text.split_once(['>', '<']).filter(|_| !text.contains('=')) {
        let bound = bound.trim();
        let number = bound.parse().map_err(|_| {
            Failure::bad_request(format!(
                "unable to parse requirement: values[0]: Invalid value: \"{bound}\": for 'Gt', 'Lt' operators, the value must be an integer"
            ))
        })?;
        let test = if text.contains('>') { Test::Above(number) } else { Test::Below(number) };
        Some((key.trim().to_owned(), test)).filter(|_| is_label(bound))
    } else {
        equality(text).or_else(|| match text.strip_prefix('!') {
            Some(key) => Some((key.trim().to_owned(), Test::Absent)),
            None => Some((text.to_owned(), Test::Exists)),
        })
    };
    let is_sound = |(key, test): &(String, Test)| {
        let name = key.split_once('/').map_or(&**key, |(_, name)| name);
        let values = match test {
            Test::In(values) | Test::NotIn(values) => values.as_slice(),
            Test::Exists | Test::Absent | Test::Above(_) | Test::Below(_) => &[],
        };
        !name.is_empty() && std::iter::once(name).chain(values.iter().map(String::as_str)).all(is_label)
    };
    let wrong = || Failure::bad_request(format!("unable to parse requirement: {text}"));
    test.filter(is_sound).ok_or_else(wrong)
}

/// Tells whether a text may be the name or the value of a label.
pub(super) fn is_label(text: &str) -> bool {
    let inner = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    let outer = |letter: Option<char>| letter.is_none_or(|letter| letter.is_ascii_alphanumeric());
    text.len() <= 63 && text.chars().all(inner) && outer(text.chars().next()) && outer(text.chars().next_back())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::store::Store;

    #[test]
    fn selectors_select() {
        let mut store = Store::new(0);
        store.put(Resource::Pods, "a", "x", |_| {
            r#"{"metadata":{"labels":{"app":"cart","tier":"web","rank":"7"}},"spec":{"nodeName":"n1"},"status":{"phase":"Running"}}"#.to_owned()
        });
        let pod = store.get(Resource::Pods, "a", "x").unwrap();
        let selects = |labels: &str, fields: &str| {
            Selection::parse(store.registry().kind(Resource::Pods), labels, fields).ok().unwrap().matches(&pod)
        };
        assert!(selects(
            "app=cart,tier in (web, db),!gone,tier,rank>6,rank < 8",
            "spec.nodeName=n1,status.phase!=Failed,metadata.name=x"
        ));
        for labels in
            ["app=other", "app!=cart", "tier notin (web)", "gone", "!app", "rank>7", "rank<7", "tier>1", "gone<1"]
        {
            assert!(!selects(labels, ""), "{labels}");
        }
        for fields in ["metadata.namespace=b", "status.phase!=Running", "spec.nodeName="] {
            assert!(!selects("", fields), "{fields}");
        }
    }

    #[test]
    fn fields_are_selected_by_what_they_are_where_nobody_says_and_refused_in_the_words_of_their_kind() {
        let mut store = Store::new(0);
        store.put(Resource::Pods, "a", "x", |_| r#"{"spec":{"nodeName":"n1"}}"#.to_owned());
        store.put(Resource::Jobs, "a", "done", |_| r#"{"status":{"succeeded":1}}"#.to_owned());
        store.put(Resource::Jobs, "a", "new", |_| r#"{"status":{}}"#.to_owned());
        let selects = |resource: Resource, name: &str, fields: &str| {
            let kind = store.registry().kind(resource);
            Selection::parse(kind, "", fields).ok().unwrap().matches(&store.get(resource, "a", name).unwrap())
        };
        assert!(selects(Resource::Pods, "x", "spec.hostNetwork=false"));
        assert!(selects(Resource::Jobs, "done", "status.successful=1"));
        assert!(selects(Resource::Jobs, "new", "status.successful=0"));
        for (resource, words) in [
            (Resource::Pods, "field label not supported: spec.colour"),
            (Resource::Jobs, "field label \"spec.colour\" not supported for Job"),
            (
                Resource::Deployments,
                "\"spec.colour\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"",
            ),
        ] {
            let refused = Selection::parse(store.registry().kind(resource), "", "spec.colour=red");
            let Err(Failure::Status { code: 400, message, .. }) = refused else { panic!("{words}") };
            assert_eq!(message, words);
        }
    }

    #[test]
    fn what_is_no_selector_is_refused() {
        let store = Store::new(0);
        let parse =
            |labels: &str, fields: &str| Selection::parse(store.registry().kind(Resource::Pods), labels, fields);
        for labels in [
            "app=(",
            "app in web",
            "app in (web",
            "=x",
            "-app",
            "app=a b",
            "app=web,!",
            "rank>=1",
            "rank>-1",
            "!rank>1",
        ] {
            assert!(parse(labels, "").is_err(), "{labels}");
        }
        for (labels, bound) in [("rank>seven", "seven"), ("rank<", ""), ("rank>1.5", "1.5")] {
            let Err(Failure::Status { code: 400, message, .. }) = parse(labels, "") else { panic!("{labels}") };
            let words = "for 'Gt', 'Lt' operators, the value must be an integer";
            assert_eq!(message, format!("unable to parse requirement: values[0]: Invalid value: \"{bound}\": {words}"));
        }
        for fields in ["spec.colour=red", "status.phase", "metadata.name>1"] {
            assert!(parse("", fields).is_err(), "{fields}");
        }
        assert!(parse("example.io/tier=web_1.0,app=", "").is_ok());
    }

    #[test]
    fn queries_are_decoded() {
        let query = Query::parse("labelSelector=a%3Db%2Cc+in+%28d%29&verbose&limit=5");
        assert_eq!(
            (query.get("labelSelector"), query.has("verbose"), query.number("limit")),
            ("a=b,c in (d)", true, Some(5))
        );
    }
}
