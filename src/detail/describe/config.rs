//! Configuration, quotas and permissions. Of Secrets only sizes are told, and the keys a person asked for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::How::{Flag, Joined, Notes, Number, Pairs, Word};
use super::Part::{self, Do, Field, May};
use super::{HEAD, field, found};
use crate::detail::at::At;
use crate::detail::doc::Ink;
use crate::detail::page::Sources;
use crate::detail::paths;
use crate::detail::section::Reference;
use crate::detail::sheet::{Cell, NONE, Row, Sheet};
use crate::detail::value::list;

const DESCRIBED: Part = Do(|sheet, at, sources| super::write(sheet, HEAD, at, sources));

/// A config map.
pub const CONFIG_MAP: &[Part] = &[DESCRIBED, Do(data)];

/// A secret.
pub const SECRET: &[Part] = &[DESCRIBED, Do(|sheet, _, _| sheet.gap()), Field("Type", "type", Word), Do(secrets)];

/// A quota.
pub const QUOTA: &[Part] = &[
    Field("Name", "metadata.name", Word),
    Field("Namespace", "metadata.namespace", Word),
    Do(|sheet, at, _| quota(sheet, at)),
];

/// Limits.
pub const LIMITS: &[Part] = &[
    Field("Name", "metadata.name", Word),
    Field("Namespace", "metadata.namespace", Word),
    Do(|sheet, at, _| limits(sheet, at)),
];

/// A service account.
pub const SERVICE_ACCOUNT: &[Part] = &[
    DESCRIBED,
    Do(|sheet, at, sources| names(sheet, "Image pull secrets", at.field("imagePullSecrets"), sources)),
    Do(|sheet, at, sources| names(sheet, "Mountable secrets", at.field("secrets"), sources)),
    Do(tokens),
    May("Automount Service Account Token", "automountServiceAccountToken", Word),
];

/// A class of priority.
pub const PRIORITY_CLASS: &[Part] = &[
    Field("Name", "metadata.name", Word),
    Field("Value", "value", Number),
    Field("GlobalDefault", "globalDefault", Flag),
    Field("PreemptionPolicy", "preemptionPolicy", Word),
    Field("Description", "description", Word),
    Field("Annotations", "metadata.annotations", Joined),
];

/// A role, of a namespace or of the cluster.
pub const ROLE: &[Part] = &[
    Field("Name", "metadata.name", Word),
    Field("Labels", "metadata.labels", Pairs),
    Field("Annotations", "metadata.annotations", Notes),
    Do(rules),
];

/// A binding of a role.
pub const BINDING: &[Part] = &[
    Field("Name", "metadata.name", Word),
    Field("Labels", "metadata.labels", Pairs),
    Field("Annotations", "metadata.annotations", Notes),
    Do(role),
    Do(subjects),
];

fn data(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    sheet.gap();
    sheet.plain("Data", Ink::Strong, false);
    sheet.plain("====", Ink::Dim, false);
    for (name, value) in at.field("data").fields() {
        sheet.plain(&format!("{name}:"), Ink::Name, value.changed());
        sheet.plain("----", Ink::Dim, false);
        let before = value.then.and_then(serde_json::Value::as_str).unwrap_or_default();
        let known: std::collections::BTreeSet<&str> = before.lines().collect();
        for line in value.text().lines() {
            sheet.plain(line, Ink::Text, value.changed() && !known.contains(line));
        }
        sheet.gap();
    }
    sheet.plain("BinaryData", Ink::Strong, false);
    sheet.plain("====", Ink::Dim, false);
    for (name, value) in at.field("binaryData").fields() {
        sheet.field(name, format!("{} bytes", decoded(value).len()), value);
    }
    sheet.gap();
}

fn decoded(value: At<'_>) -> Vec<u8> {
    STANDARD.decode(value.text().as_bytes()).unwrap_or_default()
}

fn secrets(sheet: &mut Sheet, at: At<'_>, sources: &Sources<'_>) {
    sheet.gap();
    sheet.plain("Data", Ink::Strong, false);
    sheet.plain("====", Ink::Dim, false);
    for (name, value) in at.field("data").fields() {
        let bytes = decoded(value);
        let size = format!("{} bytes", bytes.len());
        match String::from_utf8(bytes) {
            Ok(text) if sources.decoded.contains(name) => {
                let mut lines = text.lines();
                sheet.secret(name, lines.next().unwrap_or_default(), value);
                sheet.inside(|sheet| lines.for_each(|line| sheet.plain(line, Ink::Text, value.changed())));
            }
            Err(_) if sources.decoded.contains(name) => sheet.secret(name, &format!("{size} that are no text"), value),
            _ => sheet.secret(name, &size, value),
        }
    }
    sheet.gap();
}

/// Writes what a quota allows and what is used of it.
pub fn quota(sheet: &mut Sheet, at: At<'_>) {
    let (used, hard) = (at.path("status.used"), at.path("status.hard"));
    let row = |(name, hard): (&str, At<'_>)| Row {
        cells: vec![Cell::text(name), Cell::text(used.field(name).word()), Cell::text(hard.word())],
        changed: hard.changed() || used.field(name).changed(),
        link: None,
    };
    sheet.table(&["Resource", "Used", "Hard"], true, hard.fields().map(row).collect());
}

/// Writes the limits of a namespace.
pub fn limits(sheet: &mut Sheet, at: At<'_>) {
    let mut rows = Vec::new();
    for limit in at.path("spec.limits").items() {
        let parts = ["min", "max", "defaultRequest", "default", "maxLimitRequestRatio"];
        let mut resources: Vec<&str> =
            parts.iter().flat_map(|part| limit.field(part).fields()).map(|(name, _)| name).collect();
        resources.sort_unstable();
        resources.dedup();
        for resource in resources {
            let cell = |part: &&str| match limit.field(part).field(resource).word() {
                none if none.is_empty() => Cell::new("-", Ink::Dim),
                word => Cell::text(word),
            };
            let mut cells = vec![Cell::text(limit.field("type").text()), Cell::text(resource)];
            cells.extend(parts.iter().map(cell));
            rows.push(Row { cells, changed: limit.changed(), link: None });
        }
    }
    let headings = ["Type", "Resource", "Min", "Max", "Default Request", "Default Limit", "Max Limit/Request Ratio"];
    sheet.table(&headings, true, rows);
}

fn names(sheet: &mut Sheet, title: &str, all: At<'_>, sources: &Sources<'_>) {
    if all.is_empty() {
        return sheet.toned(title, NONE, Ink::Dim, all.changed());
    }
    for secret in all.items() {
        let name = secret.field("name").text();
        let to =
            Reference { namespace: sources.reference.namespace.to_string(), ..Reference::named("v1", "Secret", name) };
        sheet.link(title, name, to, secret);
    }
}

/// The Secrets that hold a token of an account: they name it.
fn tokens(sheet: &mut Sheet, at: At<'_>, sources: &Sources<'_>) {
    let path = paths::tokens(&sources.reference.namespace);
    match sources.beside.get(&path) {
        None => return sheet.toned("Tokens", "...", Ink::Dim, false),
        Some(Err(why)) => return sheet.toned("Tokens", format!("unknown: {why}"), Ink::Warn, false),
        Some(Ok(_)) => {}
    }
    let account = at.path("metadata.name").text();
    let own = |secret: &At<'_>| {
        secret.path("metadata.annotations").field("kubernetes.io/service-account.name").text() == account
    };
    let mut title = "Tokens";
    for secret in found(sources, &path).map(At::still).filter(own) {
        let name = secret.path("metadata.name").text();
        let namespace = sources.reference.namespace.to_string();
        sheet.link(title, name, Reference { namespace, ..Reference::named("v1", "Secret", name) }, secret);
        title = "";
    }
    if title == "Tokens" {
        sheet.toned(title, NONE, Ink::Dim, false);
    }
}

fn rules(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let mut rows = Vec::new();
    for rule in at.field("rules").items() {
        let bracketed = |name: &str| format!("[{}]", list(rule.field(name), " "));
        let mut resources: Vec<String> = Vec::new();
        for resource in rule.field("resources").items() {
            for group in rule.field("apiGroups").items() {
                let dot = if group.is_empty() { "" } else { "." };
                resources.push(format!("{}{dot}{}", resource.text(), group.text()));
            }
        }
        if resources.is_empty() {
            resources.push(String::new());
        }
        for resource in resources {
            let cells = [resource, bracketed("nonResourceURLs"), bracketed("resourceNames"), bracketed("verbs")];
            rows.push(Row { cells: cells.into_iter().map(Cell::text).collect(), changed: rule.changed(), link: None });
        }
    }
    sheet.heading("PolicyRule");
    sheet.inside(|sheet| {
        let headings = ["Resources", "Non-Resource URLs", "Resource Names", "Verbs"];
        sheet.table(&headings, true, rows);
    });
}

fn role(sheet: &mut Sheet, at: At<'_>, sources: &Sources<'_>) {
    let role = at.field("roleRef");
    sheet.heading("Role");
    sheet.inside(|sheet| {
        field(sheet, "Kind", role.field("kind"), Word);
        let kind = role.field("kind").text();
        let namespace = if kind == "Role" { sources.reference.namespace.to_string() } else { String::new() };
        let named = Reference::named("rbac.authorization.k8s.io/v1", kind, role.field("name").text());
        sheet.link("Name", role.field("name").text(), Reference { namespace, ..named }, role.field("name"));
    });
}

fn subjects(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let row = |subject: At<'_>| {
        let text = |name: &str| subject.field(name).text();
        let account = text("kind") == "ServiceAccount";
        let to = Reference {
            namespace: text("namespace").to_owned(),
            ..Reference::named("v1", "ServiceAccount", text("name"))
        };
        Row {
            cells: ["kind", "name", "namespace"].into_iter().map(|name| Cell::text(text(name))).collect(),
            changed: subject.changed(),
            link: account.then_some(to),
        }
    };
    sheet.heading("Subjects");
    sheet.inside(|sheet| {
        sheet.table(&["Kind", "Name", "Namespace"], true, at.field("subjects").items().map(row).collect());
    });
}
