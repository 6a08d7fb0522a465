//! A place in an object, seen as it is and as it was: what is read here knows whether it changed. Must not know meanings.

use jiff::tz::TimeZone;
use serde_json::Value;

static NULL: Value = Value::Null;
static UTC: TimeZone = TimeZone::UTC;

/// A place in an object now, and the same place as it was when a person last looked.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    /// The value there; null if there is none.
    pub now: &'a Value,
    /// The value that was there; `None` if there was no such place.
    pub then: Option<&'a Value>,
    /// The zone its times are told in.
    pub zone: &'a TimeZone,
}

impl<'a> At<'a> {
    /// The root of an object, with what it was before. Its times are told in UTC.
    #[must_use]
    pub fn new(now: &'a Value, then: Option<&'a Value>) -> Self {
        Self { now, then, zone: &UTC }
    }

    /// The same with times in a zone.
    #[must_use]
    pub fn in_zone(self, zone: &'a TimeZone) -> Self {
        Self { zone, ..self }
    }

    /// A value that is looked at for the first time.
    #[must_use]
    pub fn still(now: &'a Value) -> Self {
        Self::new(now, Some(now))
    }

    /// Whether anything at or below this place is other than it was.
    #[must_use]
    pub fn changed(&self) -> bool {
        match self.then {
            Some(then) => !std::ptr::eq(then, self.now) && then != self.now,
            None => !self.now.is_null(),
        }
    }

    /// The field of that name.
    #[must_use]
    pub fn field(&self, name: &str) -> At<'a> {
        At {
            now: self.now.get(name).unwrap_or(&NULL),
            // What neither was nor is has not changed.
            then: self.then.map(|then| then.get(name).unwrap_or(&NULL)),
            zone: self.zone,
        }
    }

    /// The place at a path of names joined by dots.
    #[must_use]
    pub fn path(&self, path: &str) -> At<'a> {
        path.split('.').filter(|name| !name.is_empty()).fold(*self, |at, name| at.field(name))
    }

    /// Whether there is nothing: no value, an empty text, list or map.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self.now {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(fields) => fields.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        }
    }

    /// The text there; empty if there is none.
    #[must_use]
    pub fn text(&self) -> &'a str {
        self.now.as_str().unwrap_or_default()
    }

    /// The number there; 0 if there is none.
    #[must_use]
    pub fn number(&self) -> i64 {
        self.now.as_i64().unwrap_or_default()
    }

    /// Whether it is true.
    #[must_use]
    pub fn is_true(&self) -> bool {
        self.now.as_bool().unwrap_or_default()
    }

    /// What stands there in one word: text, number, yes or no; empty for what has parts.
    #[must_use]
    pub fn word(&self) -> String {
        match self.now {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            _ => String::new(),
        }
    }

    /// The items of a list, each with what it was: found again by its name if it has one, else by its place.
    pub fn items(&self) -> impl Iterator<Item = At<'a>> + use<'a> {
        let before = self.then.and_then(Value::as_array);
        let (known, zone) = (self.then.is_some(), self.zone);
        let items = self.now.as_array().map(Vec::as_slice).unwrap_or_default();
        items.iter().enumerate().map(move |(index, now)| {
            let then = match identity(now) {
                Some(own) => before.into_iter().flatten().find(|other| identity(other) == Some(own)),
                None => before.and_then(|before| before.get(index)),
            };
            At { now, then: if known { then } else { None }, zone }
        })
    }

    /// The fields of a map in their order.
    pub fn fields(&self) -> impl Iterator<Item = (&'a str, At<'a>)> + use<'a> {
        let (then, zone) = (self.then, self.zone);
        let fields = self.now.as_object().into_iter().flatten();
        fields.map(move |(name, now)| (name.as_str(), At { now, then: then.and_then(|then| then.get(name)), zone }))
    }
}

/// What tells an item of a list from its siblings.
fn identity(item: &Value) -> Option<(&str, &str)> {
    let metadata = item.get("metadata").and_then(|metadata| metadata.get("uid")).and_then(Value::as_str);
    if let Some(uid) = metadata {
        return Some(("uid", uid));
    }
    ["name", "type", "key", "ip"].into_iter().find_map(|field| Some((field, item.get(field)?.as_str()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_item_is_compared_with_itself_wherever_it_stands_now() {
        let then = json!({"containers": [{"name": "a", "image": "x:1"}, {"name": "b", "image": "y:1"}]});
        let now = json!({"containers": [{"name": "b", "image": "y:1"}, {"name": "a", "image": "x:2"}, {"name": "c"}]});
        let changed: Vec<bool> =
            At::new(&now, Some(&then)).field("containers").items().map(|item| item.changed()).collect();
        assert_eq!(changed, [false, true, true]);
    }

    #[test]
    fn what_neither_was_nor_is_has_not_changed() {
        let (then, now) = (json!({}), json!({"a": 1}));
        let at = At::new(&now, Some(&then));
        assert!(at.path("a").changed() && at.changed());
        assert!(!at.path("b.c").changed());
        assert!(!At::still(&now).path("a").changed());
    }
}
