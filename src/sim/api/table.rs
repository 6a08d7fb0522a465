//! Owns tables: the columns `kubectl get` shows and the words in them, as the real server's printers choose them.
//! Must not know the world; what it prints is the objects' JSON.

use std::sync::Arc;

use serde_json::{Value, json};

use super::list::{partial, shown, standing_alone};
use super::media::Include;
use super::query::Query;
use crate::model::age;
use crate::sim::json::quote;
use crate::sim::kinds::{Column, Kind, Resource};
use crate::sim::lean::Lean;
use crate::sim::scenario::ClusterSpec;
use crate::sim::store::Object;
use crate::sim::world::Millis;

mod cells;
mod core;

/// The JSON of a table of one row; watches leave the columns out after the first.
pub(super) fn table(metadata: &Value, columns: Option<&Value>, row: &str) -> String {
    let columns = columns.unwrap_or(&Value::Null);
    format!(
        "{{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":{metadata},\"columnDefinitions\":{columns},\"rows\":[{row}]}}"
    )
}

/// The JSON of a row.
pub(super) fn row(cells: &[Value], object: &str) -> String {
    let mut out = String::with_capacity(object.len() + 256);
    out.push_str("{\"cells\":[");
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        match cell {
            Value::String(text) => quote(&mut out, text),
            other => out.push_str(&other.to_string()),
        }
    }
    out.push_str("],\"object\":");
    out.push_str(object);
    out.push('}');
    out
}

/// What of a pod its row is made of: parsing the rest of large lists would take most of the time.
fn pod_in_short(object: &Object) -> Value {
    let pod = Lean::parse(object.own());
    let (metadata, spec) = (pod.get("metadata"), pod.get("spec"));
    let listed = || (spec.get("containers").list().len(), spec.get("initContainers").list().len());
    let (containers, init) = object.mould().map_or_else(listed, |mould| mould.containers);
    json!({"metadata": {"name": metadata.get("name").value(),
            "creationTimestamp": metadata.get("creationTimestamp").value(),
            "deletionTimestamp": metadata.get("deletionTimestamp").value()},
        "spec": {"nodeName": spec.get("nodeName").value(), "containers": vec![Value::Null; containers],
            "initContainers": vec![Value::Null; init]},
        "status": pod.get("status").value()})
}

/// Prints the rows of one request.
pub(super) struct Printer {
    kind: Arc<Kind>,
    include: Include,
    now: Millis,
    /// Servers from 1.36 print the architecture beside the kernel.
    names_architecture: bool,
}

impl Printer {
    pub(super) fn new(kind: &Arc<Kind>, query: &Query, now: Millis, spec: &ClusterSpec) -> Self {
        let include = match query.get("includeObject") {
            "None" => Include::None,
            "Object" => Include::Object,
            _ => Include::Metadata,
        };
        let minor = spec.minor().and_then(|minor| minor.parse::<u32>().ok()).unwrap_or(0);
        Self { kind: Arc::clone(kind), include, now, names_architecture: minor >= 36 }
    }

    /// Ages count from here.
    pub(super) fn set_now(&mut self, now: Millis) {
        self.now = now;
    }

    /// The definitions of the columns.
    pub(super) fn columns(&self) -> Value {
        let column = |column: &Column| {
            let (name, priority) = (&column.name, i32::from(column.wide));
            let format = if name == "Name" { "name" } else { "" };
            let description = if self.kind.custom && name != "Name" {
                format!("Custom resource definition column (in JSONPath format): {}", column.source)
            } else {
                describe(name).to_owned()
            };
            json!({"name": name, "type": column.kind, "format": format, "description": description, "priority": priority})
        };
        self.kind.columns.iter().map(column).collect()
    }

    /// The JSON of an object's row.
    pub(super) fn row(&self, object: &Object) -> String {
        let shown_object = match self.include {
            Include::None => "null".to_owned(),
            Include::Metadata => partial(&self.kind, object),
            Include::Object => standing_alone(&self.kind, &shown(&self.kind, object)),
        };
        row(&self.cells(object), &shown_object)
    }

    fn cells(&self, object: &Object) -> Vec<Value> {
        match self.kind.resource {
            Resource::Pods => self.pod(&pod_in_short(object)),
            Resource::Nodes => self.node(&object.value()),
            Resource::Events | Resource::EventsV1 => self.event(&object.value()),
            _ => {
                let value = object.value();
                self.kind.columns.iter().map(|column| self.cell(column, &value)).collect()
            }
        }
    }

    /// The cells of the row that bookmarks carry.
    pub(super) fn empty_cells(&self) -> Vec<Value> {
        self.kind.columns.iter().map(|column| if column.number { json!(0) } else { json!("") }).collect()
    }

    fn created(&self, object: &Value) -> Value {
        self.since(&object["metadata"]["creationTimestamp"]).into()
    }

    /// Age of a timestamp; `<unknown>` when it is null.
    fn since(&self, timestamp: &Value) -> String {
        let parsed = timestamp.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
        parsed.map_or_else(
            || "<unknown>".to_owned(),
            |at| age::duration((self.now - at.as_millisecond()).div_euclid(1_000)),
        )
    }
}

fn describe(column: &str) -> &'static str {
    match column {
        "Name" => "Name of the object, unique within its namespace.",
        "Ready" => "The aggregate readiness state of this pod for accepting traffic.",
        "Status" => "The aggregate status of the object.",
        "Restarts" => "How often containers of this pod were restarted, and when last.",
        "Age" => "Time since the object was created.",
        _ => "",
    }
}

#[cfg(test)]
mod tests;
