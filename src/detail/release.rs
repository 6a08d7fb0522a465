//! The sections of a Helm release: its state, its history, its values, its manifest, its notes. Must not know Secrets.

use serde_json::Value;

use super::at::At;
use super::doc::{Document, Ink, Line, Piece};
use super::page::Sources;
use super::section::Section;
use super::sheet::{Cell, Row, Sheet};
use super::value::time;
use super::yaml;

/// Makes a section of a release; `None` for those it has like any other object.
#[must_use]
pub fn section(section: Section, sources: &Sources<'_>) -> Option<Document> {
    let at = sources.object;
    let release = at.field("release");
    Some(match section {
        Section::Describe => state(at),
        Section::History => history(at.field("history")),
        Section::Values => values(release.field("config")),
        Section::Computed => computed(release),
        Section::Manifest => manifest(release.field("manifest")),
        Section::Notes => notes(release.path("info.notes")),
        _ => return None,
    })
}

fn ink(status: &str) -> Ink {
    match status {
        "deployed" => Ink::Good,
        "failed" => Ink::Bad,
        "superseded" | "uninstalled" => Ink::Text,
        _ => Ink::Warn,
    }
}

fn written(at: At<'_>) -> String {
    time(at).unwrap_or_default()
}

fn state(at: At<'_>) -> Document {
    let mut sheet = Sheet::default();
    let release = at.field("release");
    let (info, chart) = (release.field("info"), release.path("chart.metadata"));
    for (title, at) in [("Name", at.path("metadata.name")), ("Namespace", at.path("metadata.namespace"))] {
        sheet.field(title, at.text(), at);
    }
    let revision = release.field("version");
    sheet.field("Revision", revision.word(), revision);
    let status = info.field("status");
    sheet.toned("Status", status.text(), ink(status.text()), status.changed());
    sheet.field("Chart", format!("{}-{}", chart.field("name").text(), chart.field("version").text()), chart);
    sheet.field("App Version", chart.field("appVersion").text(), chart.field("appVersion"));
    sheet.field("First Deployed", written(info.field("first_deployed")), info.field("first_deployed"));
    sheet.field("Last Deployed", written(info.field("last_deployed")), info.field("last_deployed"));
    sheet.field("Description", info.field("description").text(), info.field("description"));
    if !chart.field("description").is_empty() {
        sheet.field("About the chart", chart.field("description").text(), chart.field("description"));
    }
    sheet.finish()
}

fn history(all: At<'_>) -> Document {
    let row = |revision: At<'_>| {
        let status = revision.field("status").text();
        let cells = vec![
            Cell::text(revision.field("revision").word()),
            Cell::text(written(revision.field("updated"))),
            Cell::new(status, ink(status)),
            Cell::text(revision.field("chart").text()),
            Cell::text(revision.field("appVersion").text()),
            Cell::text(revision.field("description").text()),
        ];
        Row { cells, changed: false, link: None }
    };
    let mut sheet = Sheet::default();
    let headings = ["REVISION", "UPDATED", "STATUS", "CHART", "APP VERSION", "DESCRIPTION"];
    sheet.table(&headings, false, all.items().map(row).collect());
    sheet.finish()
}

fn values(config: At<'_>) -> Document {
    if config.is_empty() {
        return said("No values were supplied: the chart's own apply.");
    }
    yaml::yaml(config, &std::collections::BTreeSet::new())
}

fn computed(release: At<'_>) -> Document {
    let mut values = release.path("chart.values").now.clone();
    lay_over(&mut values, release.field("config").now);
    if values.as_object().is_none_or(serde_json::Map::is_empty) {
        return said("The chart has no values.");
    }
    yaml::yaml(At::still(&values), &std::collections::BTreeSet::new())
}

/// Lays one set of values over another, as Helm does: maps are merged, null takes a value away, all else replaces.
fn lay_over(below: &mut Value, above: &Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            for (name, value) in above {
                match below.get_mut(name) {
                    _ if value.is_null() => drop(below.remove(name)),
                    Some(known) if known.is_object() && value.is_object() => lay_over(known, value),
                    _ => drop(below.insert(name.clone(), value.clone())),
                }
            }
        }
        (below, above) if !above.is_null() => *below = above.clone(),
        _ => {}
    }
}

fn manifest(at: At<'_>) -> Document {
    let mut page = Document::default();
    for line in at.text().lines() {
        let ink =
            if line.starts_with(['#', '-']) && (line.starts_with('#') || line == "---") { Ink::Dim } else { Ink::Text };
        let name = line.find(": ").or(line.strip_suffix(':').map(str::len));
        let pieces = match name.filter(|_| ink == Ink::Text && !line.contains(['"', '\''])) {
            Some(end) => {
                let (name, rest) = line.split_at(end);
                vec![Piece::new(name, Ink::Name), Piece::new(rest, Ink::Text)]
            }
            None => vec![Piece::new(line, ink)],
        };
        page.push(Line::new(pieces));
    }
    if page.lines.is_empty() { said("The manifest is empty.") } else { page }
}

fn notes(at: At<'_>) -> Document {
    let mut page = Document::default();
    for line in at.text().lines() {
        page.push(Line::new(vec![Piece::new(line, Ink::Text)]));
    }
    if page.lines.is_empty() { said("The chart has no notes.") } else { page }
}

fn said(text: &str) -> Document {
    let mut sheet = Sheet::default();
    sheet.plain(text, Ink::Dim, false);
    sheet.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_laid_over_each_other_as_helm_does() {
        let mut values =
            json!({"image": {"tag": "1", "repository": "r"}, "replicas": 1, "debug": true, "list": [1, 2]});
        lay_over(&mut values, &json!({"image": {"tag": "2"}, "debug": null, "list": [3], "extra": {"a": 1}}));
        let expected = json!({"image": {"tag": "2", "repository": "r"}, "replicas": 1, "list": [3], "extra": {"a": 1}});
        assert_eq!(values, expected);
    }
}
