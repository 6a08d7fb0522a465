//! A kind without a table, field by field, as kubectl describes custom resources. Must not know any kind.

use serde_json::Value;

use super::{HEAD, write as write_parts};
use crate::detail::at::At;
use crate::detail::page::Sources;
use crate::detail::sheet::Sheet;

/// Fields that are said elsewhere, or are of no use to a person.
const LEFT_OUT: [&str; 8] =
    ["managedFields", "name", "namespace", "labels", "annotations", "selfLink", "generateName", "resourceVersion"];

/// Writes an object.
pub fn write(sheet: &mut Sheet, at: At<'_>, sources: &Sources<'_>) {
    write_parts(sheet, HEAD, at, sources);
    sheet.field("API Version", at.field("apiVersion").word(), at.field("apiVersion"));
    sheet.field("Kind", at.field("kind").word(), at.field("kind"));
    let metadata = at.field("metadata");
    sheet.heading("Metadata");
    sheet.inside(|sheet| {
        for (name, field) in metadata.fields().filter(|(name, _)| !LEFT_OUT.contains(name)) {
            value(sheet, &title(name), field, 0);
        }
    });
    for (name, field) in at.fields().filter(|(name, _)| !matches!(*name, "apiVersion" | "kind" | "metadata")) {
        value(sheet, &title(name), field, 0);
    }
}

fn value(sheet: &mut Sheet, title: &str, at: At<'_>, depth: usize) {
    match at.now {
        Value::Object(_) if depth < 100 => {
            sheet.heading(title);
            sheet.inside(|sheet| fields(sheet, at, depth));
        }
        Value::Array(_) if depth < 100 => {
            sheet.heading(title);
            sheet.inside(|sheet| {
                for item in at.items() {
                    match item.now {
                        Value::Object(_) => fields(sheet, item, depth),
                        Value::Array(_) => value(sheet, "", item, depth + 1),
                        _ => sheet.plain(&item.word(), crate::detail::doc::Ink::Text, item.changed()),
                    }
                }
            });
        }
        _ => text(sheet, title, at),
    }
}

fn fields(sheet: &mut Sheet, at: At<'_>, depth: usize) {
    for (name, field) in at.fields() {
        value(sheet, &self::title(name), field, depth + 1);
    }
}

/// A text of several lines stands below its title.
fn text(sheet: &mut Sheet, title: &str, at: At<'_>) {
    let word = if at.now.is_null() { "<nil>".to_owned() } else { at.word() };
    if word.contains('\n') {
        sheet.values(title, word.lines().map(|line| (line.to_owned(), at.changed())).collect());
    } else {
        sheet.field(title, word, at);
    }
}

/// A field's name as a title: `lastTransitionTime` becomes `Last Transition Time`, `podCIDR` becomes `Pod CIDR`.
fn title(name: &str) -> String {
    if !name.chars().all(|c| c.is_ascii_alphanumeric()) {
        return name.to_owned();
    }
    let mut out = String::new();
    let characters: Vec<char> = name.chars().collect();
    for (index, character) in characters.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|index| characters.get(index));
        let after = characters.get(index + 1);
        let starts = character.is_uppercase()
            && (before.is_some_and(|before| before.is_lowercase())
                || (before.is_some() && after.is_some_and(|after| after.is_lowercase())));
        if starts {
            out.push(' ');
        }
        if index == 0 { out.extend(character.to_uppercase()) } else { out.push(*character) }
    }
    let spelled = |word: &str| match word {
        "Api" | "Url" | "Uid" | "Osb" | "Guid" => word.to_uppercase(),
        _ => word.to_owned(),
    };
    out.split(' ').map(spelled).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_fields_become_titles() {
        for (name, expected) in [
            ("lastTransitionTime", "Last Transition Time"),
            ("podCIDR", "Pod CIDR"),
            ("uid", "UID"),
            ("apiVersion", "API Version"),
            ("apiGroups", "API Groups"),
            ("a.b/c", "a.b/c"),
        ] {
            assert_eq!(title(name), expected);
        }
    }
}
