//! Values as kubectl writes them: moments, lists, labels, selectors, quantities. Must not know where they stand.

use serde_json::Value;

use super::at::At;
use crate::model::age::{Unix, stamp};

/// The moment there, if one is.
#[must_use]
pub fn moment(at: At<'_>) -> Option<Unix> {
    let stamp: jiff::Timestamp = at.text().parse().ok()?;
    Some(Unix(stamp.as_second()))
}

/// The moment there as kubectl writes it, in the zone of the place: `Tue, 03 Nov 2026 08:13:04 +0000`.
#[must_use]
pub fn time(at: At<'_>) -> Option<String> {
    moment(at).map(|moment| stamp(moment, at.zone))
}

/// The words of a list, joined.
#[must_use]
pub fn list(at: At<'_>, separator: &str) -> String {
    at.items().map(|item| item.word()).collect::<Vec<_>>().join(separator)
}

/// The fields of a map, each with whether it changed.
#[must_use]
pub fn pairs(at: At<'_>, sign: &str) -> Vec<(String, bool)> {
    at.fields().map(|(name, value)| (format!("{name}{sign}{}", value.word()), value.changed())).collect()
}

/// A label selector in one line: a map of labels, or labels and expressions.
#[must_use]
pub fn selector(at: At<'_>) -> String {
    let structured = at.now.get("matchLabels").is_some() || at.now.get("matchExpressions").is_some();
    let labels = if structured { at.field("matchLabels") } else { at };
    let mut terms: Vec<String> = pairs(labels, "=").into_iter().map(|(pair, _)| pair).collect();
    for term in at.field("matchExpressions").items().filter(|_| structured) {
        let (key, values) = (term.field("key").text(), list(term.field("values"), ","));
        terms.push(match term.field("operator").text() {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "DoesNotExist" => format!("!{key}"),
            _ => key.to_owned(),
        });
    }
    terms.join(",")
}

/// A selector as it stands in a request's query; `None` if it selects nothing or everything.
#[must_use]
pub fn query(value: &Value) -> Option<String> {
    let text = selector(At::still(value));
    let escaped = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    (!text.is_empty()).then(|| text.bytes().map(escaped).collect())
}

/// A quantity in thousandths: `250m` is 250, `1Gi` is 1,073,741,824,000.
#[must_use]
pub fn thousandths(text: &str) -> i128 {
    let end = text.find(|c: char| !matches!(c, '0'..='9' | '.' | '-' | '+')).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole: i128 = whole.parse().unwrap_or_default();
    let fraction: i128 = format!("{fraction:0<3}").get(..3).and_then(|part| part.parse().ok()).unwrap_or_default();
    let base = whole.saturating_mul(1_000).saturating_add(fraction);
    let binary = |power: u32| base.saturating_mul(1_i128 << (10 * power));
    let decimal = |power: u32| base.saturating_mul(1_000_i128.pow(power));
    match unit {
        "n" => base / 1_000_000_000,
        "u" => base / 1_000_000,
        "m" => base / 1_000,
        "k" => decimal(1),
        "M" => decimal(2),
        "G" => decimal(3),
        "T" => decimal(4),
        "P" => decimal(5),
        "Ki" => binary(1),
        "Mi" => binary(2),
        "Gi" => binary(3),
        "Ti" => binary(4),
        "Pi" => binary(5),
        _ => base,
    }
}

/// Thousandths of a core as kubectl writes them: `250m`, `2`.
#[must_use]
pub fn cores(thousandths: i128) -> String {
    if thousandths % 1_000 == 0 { (thousandths / 1_000).to_string() } else { format!("{thousandths}m") }
}

/// Thousandths of a byte as kubectl writes them: in the largest binary unit that leaves nothing over.
#[must_use]
pub fn bytes(thousandths: i128) -> String {
    let mut bytes = thousandths / 1_000;
    let mut unit = "";
    for next in ["Ki", "Mi", "Gi", "Ti"] {
        if bytes == 0 || bytes % 1_024 != 0 {
            break;
        }
        bytes /= 1_024;
        unit = next;
    }
    format!("{bytes}{unit}")
}

/// A share of a whole in percent, rounded down; 0 of nothing.
#[must_use]
pub fn percent(part: i128, whole: i128) -> i128 {
    if whole == 0 { 0 } else { part * 100 / whole }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn quantities_are_read_and_written_as_kubernetes_does() {
        assert_eq!(thousandths("250m"), 250);
        assert_eq!(thousandths("1.5"), 1_500);
        assert_eq!(thousandths("2k"), 2_000_000);
        assert_eq!(bytes(thousandths("512Mi") * 2), "1Gi");
        assert_eq!(bytes(thousandths("22144Mi")), "22144Mi");
        assert_eq!((cores(14_950), cores(2_000)), ("14950m".to_owned(), "2".to_owned()));
    }

    #[test]
    fn selectors_are_one_line_and_a_query() {
        let value = json!({"matchLabels": {"app": "web"}, "matchExpressions": [
            {"key": "tier", "operator": "In", "values": ["a", "b"]}, {"key": "old", "operator": "DoesNotExist"}]});
        assert_eq!(selector(At::still(&value)), "app=web,tier in (a,b),!old");
        assert_eq!(selector(At::still(&json!({"app": "web"}))), "app=web");
        assert_eq!(query(&json!({"a/b": "c d"})).as_deref(), Some("a/b%3Dc%20d"));
        assert_eq!(query(&json!({})), None);
    }

    #[test]
    fn moments_read_as_kubectl_writes_them() {
        let stamp = json!("2026-11-03T08:13:04Z");
        assert_eq!(time(At::still(&stamp)).unwrap(), "Tue, 03 Nov 2026 08:13:04 +0000");
        let zone = jiff::tz::TimeZone::fixed(jiff::tz::Offset::constant(-5));
        let inside = json!({"at": [stamp]});
        let there = At::still(&inside).in_zone(&zone).field("at").items().next().unwrap();
        assert_eq!(time(there).unwrap(), "Tue, 03 Nov 2026 03:13:04 -0500", "in the zone of its object");
        assert_eq!(moment(At::still(&json!("x"))), None);
    }
}
