//! Owns writing compact JSON text field by field, in the order the caller chooses (a real server's order).
//! Must not know what the fields mean.

use std::fmt::{Display, Write as _};

/// Writes one JSON object; fields appear in call order, so equal calls give equal bytes.
pub(crate) struct JsonWriter {
    out: String,
}

impl JsonWriter {
    /// Writes a whole object and returns its text; `capacity` is a guess of its length in bytes.
    pub(crate) fn document(capacity: usize, fields: impl FnOnce(&mut Self)) -> String {
        let mut writer = Self { out: String::with_capacity(capacity) };
        writer.braces(fields);
        writer.out
    }

    /// How many bytes were written so far.
    pub(crate) fn length(&self) -> usize {
        self.out.len()
    }

    /// Writes a string field.
    pub(crate) fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        self.quoted(value);
    }

    /// Writes a string field made by `Display`.
    pub(crate) fn display(&mut self, key: &str, value: impl Display) {
        self.text(key, &value.to_string());
    }

    /// Writes a string field unless it is empty, as `omitempty` does.
    pub(crate) fn text_if_any(&mut self, key: &str, value: &str) {
        if !value.is_empty() {
            self.text(key, value);
        }
    }

    /// Writes a number.
    pub(crate) fn number(&mut self, key: &str, value: impl Into<i64>) {
        self.key(key);
        let _infallible = write!(self.out, "{}", value.into());
    }

    /// Writes `true` or `false`.
    pub(crate) fn boolean(&mut self, key: &str, value: bool) {
        self.key(key);
        self.out.push_str(if value { "true" } else { "false" });
    }

    /// Writes `null`.
    pub(crate) fn null(&mut self, key: &str) {
        self.raw(key, "null");
    }

    /// Writes a value that is JSON text already.
    pub(crate) fn raw(&mut self, key: &str, json: &str) {
        self.key(key);
        self.out.push_str(json);
    }

    /// Writes an object field.
    pub(crate) fn object(&mut self, key: &str, fields: impl FnOnce(&mut Self)) {
        self.key(key);
        self.braces(fields);
    }

    /// Writes an array field; the items come from [`JsonWriter::item`] and [`JsonWriter::text_item`].
    pub(crate) fn array(&mut self, key: &str, items: impl FnOnce(&mut Self)) {
        self.key(key);
        self.out.push('[');
        items(self);
        self.out.push(']');
    }

    /// Writes one object of an array.
    pub(crate) fn item(&mut self, fields: impl FnOnce(&mut Self)) {
        self.separate();
        self.braces(fields);
    }

    /// Writes one string of an array.
    pub(crate) fn text_item(&mut self, value: &str) {
        self.separate();
        self.quoted(value);
    }

    fn braces(&mut self, fields: impl FnOnce(&mut Self)) {
        self.out.push('{');
        fields(self);
        self.out.push('}');
    }

    fn key(&mut self, key: &str) {
        self.separate();
        self.quoted(key);
        self.out.push(':');
    }

    fn separate(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with(['{', '[', ':']) {
            self.out.push(',');
        }
    }

    fn quoted(&mut self, value: &str) {
        quote(&mut self.out, value);
    }
}

/// A value as compact text. Worlds are written with it: `to_string` of a value asks a formatter for every word.
pub(crate) fn written(value: &serde_json::Value) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Appends `value` as a JSON string.
pub(crate) fn quote(out: &mut String, value: &str) {
    out.push('"');
    let mut plain = 0;
    for (at, byte) in value.bytes().enumerate().filter(|(_, byte)| *byte < b' ' || matches!(byte, b'"' | b'\\')) {
        out.push_str(&value[plain..at]);
        plain = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\t' => out.push_str("\\t"),
            control => {
                let _infallible = write!(out, "\\u{control:04x}");
            }
        }
    }
    out.push_str(&value[plain..]);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_what_serde_reads_back() {
        let text = JsonWriter::document(64, |json| {
            json.text("a", "say \"hi\"\\\n\u{1}é{");
            json.text_if_any("never", "");
            json.object("o", |json| json.number("n", -3));
            json.array("l", |json| {
                json.item(|_| {});
                json.item(|json| json.boolean("b", true));
                json.text_item("[");
                json.text_item("x");
            });
            json.null("z");
        });
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let expected = serde_json::json!({"a": "say \"hi\"\\\n\u{1}é{", "o": {"n": -3}, "l": [{}, {"b": true}, "[", "x"], "z": null});
        assert_eq!(value, expected);
    }
}
