//! The events of an object, as the end of its description and as a section of their own. Must not know the object.

use serde_json::Value;

use super::at::At;
use super::doc::{Document, Ink};
use super::page::Sources;
use super::sheet::{Cell, NONE, Row, Sheet};
use super::value::moment;
use crate::model::age::Unix;
use crate::model::detail::{Beside, ObjectRef};
use crate::model::kind::Kind;

/// Asks for the events of an object. Events have none of their own.
#[must_use]
pub fn beside(object: &ObjectRef, value: &Value) -> Option<Beside> {
    // A pod that a node keeps by itself is known to the kubelet, and in its events, by another uid than to the server.
    let known =
        value.pointer("/metadata/annotations/kubernetes.io~1config.mirror").filter(|_| object.kind == Kind::Pods);
    let uid = known.or_else(|| value.pointer("/metadata/uid")).and_then(Value::as_str)?;
    // A node's events carry its name in the place of its uid.
    let field = match object.kind {
        Kind::Events => return None,
        Kind::Nodes => format!("involvedObject.kind%3DNode,involvedObject.name%3D{}", object.name),
        _ => format!("involvedObject.uid%3D{uid}"),
    };
    // What lives in no namespace has its events in `default`.
    let namespace = Some(&*object.namespace).filter(|namespace| !namespace.is_empty()).unwrap_or("default");
    let path = format!("/api/v1/namespaces/{namespace}/events?fieldSelector={field}");
    Some(Beside { path, live: true, metadata: false })
}

/// The events as far as they were found; `None` while they have not arrived, or the reason why they do not.
fn found<'a>(sources: &Sources<'a>) -> Option<Result<&'a [Value], String>> {
    let path = beside(sources.reference, sources.object.now)?.path;
    Some(match sources.beside.get(&path)? {
        Ok(tree) => Ok(tree.0.as_array().map(Vec::as_slice).unwrap_or_default()),
        Err(failure) => Err(failure.to_string()),
    })
}

/// Writes the events at the end of a description.
pub fn below(sheet: &mut Sheet, sources: &Sources<'_>) {
    if sources.reference.kind == Kind::Events {
        return;
    }
    match found(sources) {
        Some(Ok([])) => sheet.toned("Events", NONE, Ink::Dim, false),
        Some(Ok(events)) => {
            sheet.heading("Events");
            sheet.inside(|sheet| table(sheet, events));
        }
        Some(Err(why)) => sheet.toned("Events", why, Ink::Warn, false),
        None => sheet.toned("Events", "...", Ink::Dim, false),
    }
}

/// The events as a section.
#[must_use]
pub fn section(sources: &Sources<'_>) -> Document {
    let mut sheet = Sheet::default();
    match found(sources) {
        Some(Ok([])) => sheet.plain("No events. The server forgets them after an hour or so.", Ink::Dim, false),
        Some(Ok(events)) => table(&mut sheet, events),
        Some(Err(why)) => sheet.plain(&format!("Events cannot be read: {why}"), Ink::Warn, false),
        None => {}
    }
    sheet.finish()
}

fn table(sheet: &mut Sheet, events: &[Value]) {
    let mut rows: Vec<(Unix, Row)> = events.iter().map(row).collect();
    rows.sort_by_key(|(last, _)| *last);
    sheet.table(&["Type", "Reason", "Age", "From", "Message"], true, rows.into_iter().map(|(_, row)| row).collect());
}

fn row(event: &Value) -> (Unix, Row) {
    let at = At::still(event);
    let made = moment(at.path("metadata.creationTimestamp"));
    let first = moment(at.field("firstTimestamp")).or(moment(at.field("eventTime"))).or(made).unwrap_or_default();
    let series = at.path("series.lastObservedTime");
    let last = moment(series).or(moment(at.field("lastTimestamp"))).unwrap_or(first);
    let times = at.path("series.count").number().max(at.field("count").number());
    let from = match at.path("source.component").text() {
        "" => at.field("reportingComponent").text(),
        component => component,
    };
    let kind = at.field("type").text();
    let ink = if kind == "Warning" { Ink::Warn } else { Ink::Text };
    let cells = vec![
        Cell::new(kind, ink),
        Cell::text(at.field("reason").text()),
        Cell::times(last, times, first),
        Cell::text(from),
        Cell::new(at.field("message").text().trim().replace('\n', " "), ink),
    ];
    (last, Row { cells, ..Row::default() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_of_a_pod_that_a_node_keeps_by_itself_are_asked_for_as_the_kubelet_names_it() {
        let of = ObjectRef { kind: Kind::Pods, namespace: "kube-system".into(), name: "etcd-n".into(), uid: None };
        let path = |value| beside(&of, &value).unwrap().path;
        let own = json!({"metadata": {"uid": "u-1", "annotations": {"a": "b"}}});
        assert!(path(own).ends_with("involvedObject.uid%3Du-1"));
        let mirror = json!({"metadata": {"uid": "u-1", "annotations": {"kubernetes.io/config.mirror": "77aa"}}});
        assert!(path(mirror).ends_with("involvedObject.uid%3D77aa"));
    }
}
