//! Owns reading JSON without copying it: a tree that borrows its text, for what is read a hundred thousand times in a row.
//! Must not know what the text says.

use std::borrow::Cow;

use serde_json::Value;

/// A JSON value within a text that outlives it.
#[derive(Debug)]
pub(crate) enum Lean<'a> {
    Null,
    Bool(bool),
    Number(&'a str),
    Text(Cow<'a, str>),
    List(Vec<Lean<'a>>),
    Object(Fields<'a>),
}

/// The fields of an object in the order of the text, and the text itself.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    pub(crate) raw: &'a str,
    pub(crate) fields: Vec<(Cow<'a, str>, Lean<'a>)>,
}

impl<'a> Fields<'a> {
    /// The value of a key, null where it is missing.
    pub(crate) fn get(&self, key: &str) -> &Lean<'a> {
        self.fields.iter().find(|(known, _)| known == key).map_or(&Lean::Null, |(_, value)| value)
    }
}

impl<'a> Lean<'a> {
    /// Reads a text; null where it is not JSON.
    pub(crate) fn parse(text: &'a str) -> Self {
        Reader { text, at: 0 }.value().unwrap_or(Self::Null)
    }

    /// The value of a key, null where it is missing.
    pub(crate) fn get(&self, key: &str) -> &Lean<'a> {
        self.object().map_or(&Lean::Null, |fields| fields.get(key))
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    pub(crate) fn as_i64(&self) -> Option<i64> {
        if let Self::Number(text) = self { text.parse().ok() } else { None }
    }

    pub(crate) fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(set) = self { Some(*set) } else { None }
    }

    /// The items of a list; none of anything else.
    pub(crate) fn list(&self) -> &[Lean<'a>] {
        if let Self::List(items) = self { items } else { &[] }
    }

    pub(crate) fn object(&self) -> Option<&Fields<'a>> {
        if let Self::Object(fields) = self { Some(fields) } else { None }
    }

    /// The text of an object; `null` of anything else.
    pub(crate) fn raw(&self) -> &'a str {
        if let Self::Object(fields) = self { fields.raw } else { "null" }
    }

    /// A text or an object as a value of its own; null of anything else.
    pub(crate) fn value(&self) -> Value {
        match self {
            Self::Text(text) => Value::from(&**text),
            other => serde_json::from_str(other.raw()).unwrap_or_default(),
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    /// Passes over a mark if it comes next.
    fn passes(&mut self, mark: u8) -> bool {
        let next = self.peek() == Some(mark);
        self.at += usize::from(next);
        next
    }

    fn value(&mut self) -> Option<Lean<'a>> {
        match self.peek()? {
            b'"' => self.string().map(Lean::Text),
            b'{' => {
                let start = self.at;
                self.at += 1;
                let mut fields = Vec::new();
                while !self.passes(b'}') {
                    if !fields.is_empty() && !self.passes(b',') {
                        return None;
                    }
                    self.peek()?;
                    let key = self.string()?;
                    if !self.passes(b':') {
                        return None;
                    }
                    fields.push((key, self.value()?));
                }
                Some(Lean::Object(Fields { raw: &self.text[start..self.at], fields }))
            }
            b'[' => {
                self.at += 1;
                let mut items = Vec::new();
                while !self.passes(b']') {
                    if !items.is_empty() && !self.passes(b',') {
                        return None;
                    }
                    items.push(self.value()?);
                }
                Some(Lean::List(items))
            }
            _ => {
                let rest = &self.text[self.at..];
                let length = rest.find([',', '}', ']', ' ', '\n']).unwrap_or(rest.len());
                self.at += length;
                Some(match &rest[..length] {
                    "null" => Lean::Null,
                    "true" => Lean::Bool(true),
                    "false" => Lean::Bool(false),
                    number => Lean::Number(number),
                })
            }
        }
    }

    fn string(&mut self) -> Option<Cow<'a, str>> {
        let (start, bytes) = (self.at, self.text.as_bytes());
        let mut plain = true;
        loop {
            self.at += 1;
            match bytes.get(self.at)? {
                b'"' => break,
                b'\\' => {
                    plain = false;
                    self.at += 1;
                }
                _ => {}
            }
        }
        self.at += 1;
        if plain {
            return Some(Cow::Borrowed(&self.text[start + 1..self.at - 1]));
        }
        serde_json::from_str(&self.text[start..self.at]).ok().map(Cow::Owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_what_serde_reads() {
        let text = r#"{"a": "say \"hi\" é", "b":[1,-2.5,true,null,{"c":{}}], "d":"plain","e":{"f":"g"}}"#;
        let lean = Lean::parse(text);
        assert_eq!(lean.get("a").as_str(), Some("say \"hi\" é"));
        let items = lean.get("b").list();
        assert_eq!((items[0].as_i64(), items[2].as_bool(), items[3].is_null()), (Some(1), Some(true), true));
        assert_eq!(items[4].raw(), r#"{"c":{}}"#);
        assert!(matches!(lean.get("d"), Lean::Text(Cow::Borrowed("plain"))));
        assert_eq!(lean.value(), serde_json::from_str::<Value>(text).unwrap());
        assert_eq!(lean.get("e").value(), serde_json::json!({"f": "g"}));
    }

    #[test]
    fn what_is_no_json_is_null() {
        for text in ["", "{", "[1 2]", "{\"a\" 1}", "\"open", "{\"a\":1,}"] {
            assert!(Lean::parse(text).is_null(), "{text}");
        }
    }
}
