//! An object as YAML, as kubectl writes it, with its structure kept: what folds, what changed. Must not know the screen.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::at::At;
use super::doc::{Document, Fold, Ink, Line, Piece};
use super::scalar::{Written, inline, write};

/// Deeper than this nothing is followed: no real object is.
const DEEPEST: usize = 200;

/// Writes an object. Of a Secret only the keys in `decoded` are readable.
#[must_use]
pub fn yaml(root: At<'_>, decoded: &BTreeSet<Box<str>>) -> Document {
    let secret = root.field("kind").text() == "Secret" && root.field("apiVersion").text() == "v1";
    let mut writer = Writer { page: Document::default(), path: Vec::new(), secret, decoded };
    match root.now {
        Value::Object(_) => writer.fields(root, 0),
        _ => writer.value(root, Lead { indent: 0, name: None, dash: false }),
    }
    writer.page
}

struct Writer<'a> {
    page: Document,
    path: Vec<String>,
    secret: bool,
    decoded: &'a BTreeSet<Box<str>>,
}

/// What stands before a value on its line.
#[derive(Clone, Copy)]
struct Lead<'n> {
    indent: usize,
    name: Option<&'n str>,
    /// It is the first of a list's item.
    dash: bool,
}

impl Lead<'_> {
    /// The column of the name, or of what stands in its place.
    fn column(self) -> usize {
        self.indent + if self.dash { 2 } else { 0 }
    }
}

impl Writer<'_> {
    fn fields(&mut self, at: At<'_>, indent: usize) {
        for (name, field) in at.fields() {
            self.path.push(name.to_owned());
            self.value(field, Lead { indent, name: Some(name), dash: false });
            self.path.pop();
        }
    }

    fn value(&mut self, at: At<'_>, lead: Lead<'_>) {
        if self.secret && lead.name.is_some() && self.hides(at, lead) {
            return;
        }
        match at.now {
            Value::Object(fields) if fields.is_empty() => self.scalar("{}", Ink::Dim, at, lead),
            Value::Array(items) if items.is_empty() => self.scalar("[]", Ink::Dim, at, lead),
            Value::Null => self.scalar("null", Ink::Literal, at, lead),
            Value::Bool(flag) => self.scalar(if *flag { "true" } else { "false" }, Ink::Literal, at, lead),
            Value::Number(number) => self.scalar(&number.to_string(), Ink::Literal, at, lead),
            Value::String(text) => self.string(text, at, lead),
            _ if self.path.len() > DEEPEST => self.scalar("...", Ink::Dim, at, lead),
            Value::Object(_) => self.map(at, lead),
            Value::Array(_) => self.list(at, lead),
        }
    }

    /// A map below its name, or as an item of a list.
    fn map(&mut self, at: At<'_>, lead: Lead<'_>) {
        if lead.name.is_none() {
            return self.item_map(at, lead);
        }
        let start = self.head(at, lead);
        self.fields(at, lead.column() + 2);
        self.fold(start);
    }

    /// The first field of an item stands on the line of its dash.
    fn item_map(&mut self, at: At<'_>, lead: Lead<'_>) {
        let start = self.page.lines.len();
        for (place, (name, field)) in at.fields().enumerate() {
            self.path.push(name.to_owned());
            let first = place == 0 && lead.dash;
            let indent = if first { lead.indent } else { lead.column() };
            self.value(field, Lead { indent, name: Some(name), dash: first });
            self.path.pop();
        }
        // The fold of an item that opens with a map or list of its own is that one's.
        if self.page.lines.get(start).is_some_and(|line| line.fold.is_none()) {
            self.fold(start);
        }
    }

    fn list(&mut self, at: At<'_>, lead: Lead<'_>) {
        let start = (lead.name.is_some() || lead.dash).then(|| self.head(at, lead));
        for (place, item) in at.items().enumerate() {
            let mark = match item.now.get("name").and_then(Value::as_str) {
                Some(name) => format!("[{name}]"),
                None => format!("[{place}]"),
            };
            self.path.push(mark);
            // A list below a name is not indented, as kubectl has it.
            self.value(item, Lead { indent: lead.column(), name: None, dash: true });
            self.path.pop();
        }
        if let Some(start) = start {
            self.fold(start);
        }
    }

    /// The line of a name with nothing behind it.
    fn head(&mut self, at: At<'_>, lead: Lead<'_>) -> usize {
        let start = self.page.lines.len();
        // What is new as a whole is marked at its head; what changed within, where it did.
        let new = at.then.is_none_or(Value::is_null) && !self.is_noise();
        let mut pieces = Self::lead(lead);
        pieces.extend(lead.name.map(|_| Piece::new(":", Ink::Dim)));
        self.page.push(Line { indent: lead.column() as u16, changed: new, ..Line::new(pieces) });
        start
    }

    fn lead(lead: Lead<'_>) -> Vec<Piece> {
        let mut pieces = Vec::with_capacity(4);
        let blanks = " ".repeat(lead.indent);
        match (lead.dash, lead.name) {
            (true, _) => pieces.push(Piece::new(format!("{blanks}- "), Ink::Dim)),
            (false, _) if lead.indent > 0 => pieces.push(Piece::new(blanks, Ink::Dim)),
            (false, _) => {}
        }
        pieces.extend(lead.name.map(|name| Piece::new(inline(name), Ink::Name)));
        pieces
    }

    fn scalar(&mut self, text: &str, ink: Ink, at: At<'_>, lead: Lead<'_>) {
        let mut pieces = Self::lead(lead);
        pieces.extend(lead.name.map(|_| Piece::new(": ", Ink::Dim)));
        pieces.push(Piece::new(text, ink));
        let changed = at.changed() && !self.is_noise();
        self.page.push(Line { indent: lead.column() as u16 + 2, changed, ..Line::new(pieces) });
    }

    fn string(&mut self, text: &str, at: At<'_>, lead: Lead<'_>) {
        match write(text) {
            Written::Inline(text) => self.scalar(&text, Ink::Text, at, lead),
            Written::Block(sign, lines) => {
                let start = self.page.lines.len();
                self.scalar(sign, Ink::Dim, at, lead);
                let blanks = " ".repeat(lead.column() + if lead.name.is_some() { 2 } else { 0 });
                let changed = at.changed();
                let then = at.then.filter(|_| changed).and_then(Value::as_str);
                let before: BTreeSet<&str> = then.into_iter().flat_map(str::lines).collect();
                for line in lines {
                    let changed = changed && !before.contains(line);
                    let text = if line.is_empty() { String::new() } else { format!("{blanks}{line}") };
                    let indent = blanks.len() as u16;
                    self.page.push(Line { indent, changed, ..Line::new(vec![Piece::new(text, Ink::Text)]) });
                }
                self.fold(start);
            }
        }
    }

    /// Makes everything from a line to the end of the page so far fold away below it.
    fn fold(&mut self, start: usize) {
        let (id, end) = (self.id(), self.page.lines.len());
        let closed = self.path.last().is_some_and(|name| name == "managedFields");
        if let Some(line) = self.page.lines.get_mut(start).filter(|_| end > start + 1) {
            line.fold = Some(Fold { id, end, closed });
        }
    }

    fn id(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.path.hash(&mut hasher);
        hasher.finish()
    }

    /// What changes with everything else says nothing by itself.
    fn is_noise(&self) -> bool {
        let mut path = self.path.iter().map(String::as_str);
        path.next() == Some("metadata") && matches!(path.next(), Some("resourceVersion" | "managedFields"))
    }

    /// Writes a value of a Secret without showing it; `false` if it hides nothing.
    fn hides(&mut self, at: At<'_>, lead: Lead<'_>) -> bool {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        match path.as_slice() {
            ["data" | "stringData", key] => {
                let key: Box<str> = (*key).into();
                let start = self.page.lines.len();
                let bytes = if path.first() == Some(&"data") {
                    STANDARD.decode(at.text().as_bytes()).unwrap_or_default()
                } else {
                    at.text().as_bytes().to_vec()
                };
                match String::from_utf8(bytes) {
                    Ok(text) if self.decoded.contains(&key) => self.string(&text, at, lead),
                    Err(error) if self.decoded.contains(&key) => {
                        let text = format!("({} bytes that are no text) {}", error.as_bytes().len(), at.text());
                        self.scalar(&text, Ink::Text, at, lead);
                    }
                    Ok(text) => self.hidden(text.len(), at, lead),
                    Err(error) => self.hidden(error.as_bytes().len(), at, lead),
                }
                if let Some(line) = self.page.lines.get_mut(start) {
                    line.secret = Some(key);
                }
                true
            }
            // What was applied last holds the same secrets once more.
            ["metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"] => {
                self.hidden(at.text().len(), at, lead);
                true
            }
            _ => false,
        }
    }

    fn hidden(&mut self, bytes: usize, at: At<'_>, lead: Lead<'_>) {
        self.scalar(&format!("# hidden, {bytes} bytes"), Ink::Dim, at, lead);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::age::Unix;
    use proptest::prelude::*;
    use serde_json::json;

    fn text(value: &Value) -> String {
        yaml(At::still(value), &BTreeSet::new()).text(Unix(0))
    }

    #[test]
    fn it_reads_as_kubectl_writes_it() {
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-0", "labels": {}, "annotations": {"a/b": "1"}},
            "spec": {"containers": [{"name": "c", "args": ["-v", "x: y"], "ports": [{"containerPort": 80}]}, {"image": null}]},
            "status": {"message": "one\ntwo\n"},
        });
        insta::assert_snapshot!(text(&pod), @r#"
        apiVersion: v1
        kind: Pod
        metadata:
          annotations:
            a/b: "1"
          labels: {}
          name: web-0
        spec:
          containers:
          - args:
            - -v
            - 'x: y'
            name: c
            ports:
            - containerPort: 80
          - image: null
        status:
          message: |
            one
            two
        "#);
    }

    #[test]
    fn managed_fields_are_folded_and_what_changed_is_marked_where_it_did() {
        let then = json!({"metadata": {"managedFields": [{"manager": "a"}], "resourceVersion": "1"}, "spec": {"a": 1, "b": 2}});
        let now = json!({"metadata": {"managedFields": [{"manager": "b"}], "resourceVersion": "2"}, "spec": {"a": 1, "b": 3}});
        let page = yaml(At::new(&now, Some(&then)), &BTreeSet::new());
        let marked: Vec<String> =
            page.lines.iter().filter(|line| line.changed).map(|line| line.text(Unix(0))).collect();
        assert_eq!(marked, ["  b: 3"]);
        let shown: Vec<String> =
            page.visible(&BTreeSet::new()).iter().map(|line| page.lines[*line].text(Unix(0))).collect();
        assert!(!shown.iter().any(|line| line.contains("manager:")), "{shown:?}");
    }

    #[test]
    fn a_secret_is_hidden_until_it_is_asked_for_by_its_key() {
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret", "data": {"password": "aHVudGVyMg==", "user": "amFuZQ=="},
            "metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{\"data\":\"aHVudGVyMg==\"}"}},
        });
        let hidden = text(&secret);
        assert!(!hidden.contains("aHVudGVyMg") && !hidden.contains("hunter2"), "{hidden}");
        assert!(hidden.contains("password: # hidden, 7 bytes"), "{hidden}");
        let shown = yaml(At::still(&secret), &["password".into()].into()).text(Unix(0));
        assert!(shown.contains("password: hunter2") && !shown.contains("jane"), "{shown}");
        assert!(!shown.contains("aHVudGVyMg"), "{shown}");
    }

    #[test]
    fn a_megabyte_is_written_at_once() {
        let long = "x".repeat(1_000_000);
        let many = "line of a file\n".repeat(70_000);
        let page = yaml(At::still(&json!({"data": {"long": long, "many": many}})), &BTreeSet::new());
        assert!(page.lines.iter().all(|line| line.text(Unix(0)).len() < 2 * super::super::doc::LONGEST));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[-0-9a-z:#.,{}\\[\\]'\" \n|>&*!?~]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 48, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map("[-0-9a-z:#. ]{0,8}", inner, 0..5)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_as_the_same(fields in prop::collection::btree_map("[a-z]{1,4}", any_json(), 1..4)) {
            let value = Value::Object(fields.into_iter().collect());
            let written = text(&value);
            let read: Value = serde_saphyr::from_str(&written).map_err(|error| TestCaseError::fail(format!("{error}\n{written}")))?;
            prop_assert_eq!(read, value, "{}", written);
        }
    }
}
