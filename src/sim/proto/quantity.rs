//! Owns quantities of objects as a server keeps them: canonical text, whatever the author wrote. Must not know what is
//! measured.

use serde_json::Value;

use super::strict::find;
use super::{Field, MESSAGES, Shape, Type};
use crate::model::amount::Quantity;

const MALFORMED: &str = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const BAD_SUFFIX: &str = "unable to parse quantity's suffix";

/// Makes every quantity of an object canonical, or says what is wrong with one; kinds the table does not know stay as they
/// are.
pub(crate) fn normalise(kind: &str, object: &mut Value) -> Result<(), &'static str> {
    MESSAGES.by_name.get(kind).map_or(Ok(()), |message| visit(*message, object))
}

fn visit(message: usize, object: &mut Value) -> Result<(), &'static str> {
    for (key, value) in object.as_object_mut().into_iter().flatten() {
        let Some(Field { kind, shape, .. }) = find(message, key) else { continue };
        let one = |value: &mut Value| match kind {
            Type::Message(inner) => visit(*inner, value),
            Type::Quantity if !value.is_null() => {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                *value = canonical(text.trim())?.into();
                Ok(())
            }
            _ => Ok(()),
        };
        match (shape, value) {
            (Shape::Repeated, Value::Array(items)) => items.iter_mut().try_for_each(one)?,
            (Shape::Map, Value::Object(entries)) => entries.values_mut().try_for_each(one)?,
            (_, value) => Some(value).into_iter().try_for_each(one)?,
        }
    }
    Ok(())
}

/// A quantity as a server writes it: the largest suffix of its family that leaves a whole number.
pub(crate) fn canonical(text: &str) -> Result<String, &'static str> {
    let Quantity(billionths) = Quantity::parse(text).ok_or_else(|| problem(text))?;
    if billionths == 0 {
        return Ok("0".to_owned());
    }
    let suffix = text.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    let units = billionths / 1_000_000_000;
    if suffix.ends_with('i') && billionths % 1_000_000_000 == 0 && units.abs() >= 1_024 {
        let (mut number, mut power) = (units, 0);
        while number % 1_024 == 0 && power < 6 {
            (number, power) = (number / 1_024, power + 1);
        }
        return Ok(format!("{number}{}", ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][power]));
    }
    let (mut number, mut power) = (billionths, 0);
    while number % 1_000 == 0 && power < 9 {
        (number, power) = (number / 1_000, power + 1);
    }
    let exponent = power as i32 * 3 - 9;
    let scientific = suffix.starts_with(['e', 'E']) && suffix.len() > 1;
    Ok(match exponent {
        0 => number.to_string(),
        _ if scientific => format!("{number}e{exponent}"),
        _ => format!("{number}{}", ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"][power]),
    })
}

/// What a text that is no quantity is refused with.
fn problem(text: &str) -> &'static str {
    let rest = text.trim_start_matches(['+', '-']);
    let suffix = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let exponent = suffix.trim_start_matches(|c| "eEinumkKMGTP".contains(c));
    let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let formed = suffix.len() < rest.len() && !suffix.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if formed { BAD_SUFFIX } else { MALFORMED }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn quantities_are_written_as_a_server_writes_them() {
        for (given, kept) in [
            ("1", "1"),
            ("1000m", "1"),
            ("1.5", "1500m"),
            ("0.5", "500m"),
            ("1000", "1k"),
            ("1024", "1024"),
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("0.5Ki", "512"),
            ("95551679124", "95551679124"),
            ("12e3", "12e3"),
            ("100E", "100E"),
            ("-5m", "-5m"),
            ("0Mi", "0"),
        ] {
            assert_eq!(canonical(given), Ok(kept.to_owned()), "{given}");
        }
        for (given, why) in [("abc", MALFORMED), ("", MALFORMED), ("1K", BAD_SUFFIX), ("1 Gi", MALFORMED)] {
            assert_eq!(canonical(given), Err(why), "{given}");
        }
    }

    #[test]
    fn they_are_found_wherever_a_type_has_them() {
        let mut quota =
            json!({"spec": {"hard": {"pods": 5, "requests.memory": "2048Mi"}}, "metadata": {"name": "1000m"}});
        assert_eq!(normalise("ResourceQuota", &mut quota), Ok(()));
        assert_eq!(quota["spec"]["hard"], json!({"pods": "5", "requests.memory": "2Gi"}));
        assert_eq!(quota["metadata"]["name"], "1000m");
        let mut claim = json!({"spec": {"resources": {"requests": {"storage": "much"}}}});
        assert_eq!(normalise("PersistentVolumeClaim", &mut claim), Err(MALFORMED));
    }
}
