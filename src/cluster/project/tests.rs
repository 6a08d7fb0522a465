//! Rows against the tables that a real API server prints for the same objects, cell by cell.

use std::collections::HashMap;
use std::fmt::Display;

use super::event::Event;
use super::interner::Interner;
use super::namespace::Namespace;
use super::node::Node;
use super::pod::Pod;
use super::*;
use crate::cluster::wire::proto_list::ProtoList;
use crate::cluster::wire::{ListPiece, read_json};
use crate::model::age::{Unix, duration};

/// Makes a row from an object in protobuf.
fn from_proto<K: Resource>(message: &[u8], interner: &mut Interner) -> Result<K::Row, WireError> {
    Ok(K::project(&K::visit(message)?, interner))
}

/// Makes a row from an object in JSON.
pub(super) fn from_json<K: Resource>(json: &[u8], interner: &mut Interner) -> Result<K::Row, WireError> {
    let object: K::Partial<'_> = read_json(json)?;
    Ok(K::project(&object, interner))
}

/// The body of a recorded answer.
fn body(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/recordings/{name}", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(path).unwrap();
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    bytes[end + 4..].to_vec()
}

fn json(name: &str) -> serde_json::Value {
    serde_json::from_slice(&body(name)).unwrap()
}

fn listed<K: Resource>(name: &str) -> Vec<K::Row> {
    let mut interner = Interner::default();
    let items = json(name)["items"].as_array().unwrap().clone();
    items.iter().map(|item| from_json::<K>(item.to_string().as_bytes(), &mut interner).unwrap()).collect()
}

type Cells = HashMap<String, String>;

/// The rows of a table: object name to column name to cell.
fn table(name: &str) -> HashMap<String, Cells> {
    let table = json(name);
    let columns: Vec<String> = columns(&table);
    let rows = table["rows"].as_array().unwrap().iter();
    rows.map(|row| (row["object"]["metadata"]["name"].as_str().unwrap().to_owned(), cells(&columns, row))).collect()
}

fn columns(table: &serde_json::Value) -> Vec<String> {
    let columns = table["columnDefinitions"].as_array().unwrap().iter();
    columns.map(|column| column["name"].as_str().unwrap().to_owned()).collect()
}

fn cells(columns: &[String], row: &serde_json::Value) -> Cells {
    let text = |cell: &serde_json::Value| cell.as_str().map_or_else(|| cell.to_string(), str::to_owned);
    columns.iter().cloned().zip(row["cells"].as_array().unwrap().iter().map(text)).collect()
}

fn or_none(text: &(impl Display + ?Sized)) -> String {
    let text = text.to_string();
    if text.is_empty() { "<none>".to_owned() } else { text }
}

fn assert_pod(row: &crate::model::pod::PodRow, cells: &Cells) {
    let name = &row.name;
    assert_eq!(format!("{}/{}", row.ready, row.containers), cells["Ready"], "{name}");
    assert_eq!(*row.status, cells["Status"], "{name}");
    assert_eq!(row.restarts.to_string(), cells["Restarts"].split(' ').next().unwrap(), "{name}");
    assert_eq!(row.last_restart.get().is_some(), cells["Restarts"].contains("ago"), "{name}");
    assert_eq!(or_none(&row.ip.map(|ip| ip.to_string()).unwrap_or_default()), cells["IP"], "{name}");
    assert_eq!(or_none(&row.node), cells["Node"], "{name}");
    assert_eq!(or_none(row.nominated_node()), cells["Nominated Node"], "{name}");
    let (open, all) = row.gates();
    let gates = if all == 0 { String::new() } else { format!("{open}/{all}") };
    assert_eq!(or_none(&gates), cells["Readiness Gates"], "{name}");
}

#[test]
fn pod_rows_are_the_servers_own_table() {
    let table = table("pods-table");
    let mut compared = 0;
    for row in listed::<Pod>("pods-limit2").iter().chain(&listed::<Pod>("pods-limit2-next")) {
        if let Some(cells) = table.get(&*row.name) {
            assert_pod(row, cells);
            compared += 1;
        }
    }
    assert_eq!(compared, 3);
}

#[test]
fn pods_of_a_watch_are_the_servers_own_table() {
    let watched = body("watch-table-initial.head");
    let mut names = Vec::new();
    let mut tables = HashMap::new();
    for line in watched.split(|byte| *byte == b'\n') {
        // The recording is cut off inside the last line.
        let Ok(event) = serde_json::from_slice::<serde_json::Value>(line) else { continue };
        if let Ok(columns) = std::panic::catch_unwind(|| columns(&event["object"])) {
            names = if columns.is_empty() { names } else { columns };
        }
        let row = &event["object"]["rows"][0];
        tables.insert(row["object"]["metadata"]["name"].as_str().unwrap().to_owned(), cells(&names, row));
    }
    let mut interner = Interner::default();
    let mut compared = 0;
    for line in body("watch-list-initial.head").split(|byte| *byte == b'\n') {
        let Ok(event) = serde_json::from_slice::<serde_json::Value>(line) else { continue };
        let row = from_json::<Pod>(event["object"].to_string().as_bytes(), &mut interner).unwrap();
        if let Some(cells) = tables.get(&*row.name) {
            assert_pod(&row, cells);
            compared += 1;
        }
    }
    assert!(compared > 3, "{compared} pods are in both recordings");
}

#[test]
fn node_rows_are_the_servers_own_table() {
    let table = table("nodes-table");
    let rows = listed::<Node>("nodes-limit2");
    assert_eq!(rows.len(), 2);
    for row in rows {
        let cells = &table[&*row.name];
        assert_eq!(*row.status, cells["Status"]);
        assert_eq!(*row.roles, cells["Roles"]);
        assert_eq!(*row.version, cells["Version"]);
        assert_eq!(or_none(&row.internal_ip), cells["Internal-IP"]);
        assert_eq!(or_none(&row.external_ip), cells["External-IP"]);
        assert_eq!(*row.os_image, cells["OS-Image"]);
        assert_eq!(*row.kernel, cells["Kernel-Version"]);
        assert_eq!(*row.runtime, cells["Container-Runtime"]);
        assert!(row.ready && !row.cordoned && row.unwell.is_none());
        assert!(row.capacity.cpu.get() > Some(0) && row.capacity.memory.get() > Some(1_000), "{:?}", row.capacity);
    }
}

#[test]
fn event_rows_are_the_servers_own_table() {
    // 2026-11-20T09:46:13Z, when the table was recorded; its ages are rounded.
    let table = table("events-table");
    let now = Unix(1_795_167_973);
    let mut compared = 0;
    for row in listed::<Event>("events-limit5") {
        let Some(cells) = table.values().find(|cells| cells["Name"] == *row.name) else { continue };
        assert_eq!(*row.event_type, cells["Type"]);
        assert_eq!(*row.reason, cells["Reason"]);
        assert_eq!(*row.object, cells["Object"]);
        assert_eq!(*row.subobject, cells["Subobject"]);
        assert_eq!(*row.source, cells["Source"]);
        assert_eq!(*row.message, cells["Message"]);
        assert_eq!(row.count.to_string(), cells["Count"]);
        assert_eq!(duration(row.first_seen.seconds_until(now)), cells["First Seen"], "{}", row.name);
        assert_eq!(duration(row.last_seen.seconds_until(now)), cells["Last Seen"], "{}", row.name);
        compared += 1;
    }
    assert_eq!(compared, 3);
}

#[test]
fn namespaces_are_read_from_both_formats() {
    let rows = listed::<Namespace>("namespaces");
    let names: Vec<&str> = rows.iter().map(|row| &*row.name).collect();
    assert_eq!(names, ["billing-prod", "cart-prod", "catalog-prod"]);
    assert!(rows.iter().all(|row| &*row.status == "Active"));
    let (mut proto, mut interner) = (Vec::new(), Interner::default());
    let read = ProtoList::default().feed(&body("protobuf-list-namespaces"), |piece| {
        if let ListPiece::Object(object) = piece {
            proto.push(from_proto::<Namespace>(object, &mut interner)?);
        }
        Ok(())
    });
    read.unwrap();
    assert!(rows.iter().all(|row| proto.contains(row)), "{proto:?}");
}

#[test]
fn a_node_without_roles_reads_none_and_roles_are_sorted() {
    let read = |json: &str| from_json::<Node>(json.as_bytes(), &mut Interner::default()).unwrap();
    assert_eq!(&*read(r#"{"metadata":{"labels":{"a":"b"}}}"#).roles, "<none>");
    let labels = r#"{"metadata":{"labels":{"node-role.kubernetes.io/worker":"","kubernetes.io/role":"edge",
        "node-role.kubernetes.io/infra":"","node-role.kubernetes.io/":""}},"spec":{"unschedulable":true}}"#;
    let row = read(labels);
    assert_eq!(&*row.roles, "edge,infra,worker");
    assert_eq!(&*row.status, "Unknown,SchedulingDisabled");
    assert!(row.cordoned);
}

#[test]
fn a_node_is_unwell_when_not_ready_or_under_pressure() {
    let read = |conditions: &str| {
        let json = format!(r#"{{"metadata":{{}},"status":{{"conditions":[{conditions}]}}}}"#);
        from_json::<Node>(json.as_bytes(), &mut Interner::default()).unwrap()
    };
    let ready = r#"{"type":"Ready","status":"True"}"#;
    assert_eq!(read(ready).unwell, None);
    let unknown = r#"{"type":"Ready","status":"Unknown","lastTransitionTime":"2026-11-20T09:26:44Z",
        "message":"Kubelet stopped posting node status."}"#;
    let row = read(unknown);
    assert_eq!(&*row.status, "NotReady");
    let unwell = row.unwell.unwrap();
    assert_eq!(
        (unwell.from, &*unwell.reason),
        (Unix(1_795_166_804), "not ready: Kubelet stopped posting node status.")
    );
    let disk = format!(r#"{ready},{{"type":"DiskPressure","status":"True","reason":"KubeletHasDiskPressure"}}"#);
    assert_eq!(&*read(&disk).unwell.unwrap().reason, "disk pressure: KubeletHasDiskPressure");
    let memory = format!(r#"{ready},{{"type":"MemoryPressure","status":"False"}}"#);
    assert_eq!(read(&memory).unwell, None);
}

#[test]
fn the_end_of_initial_events_is_read_from_the_annotation_alone() {
    let bookmark =
        r#"{"metadata":{"resourceVersion":"7","annotations":{"x":"true","k8s.io/initial-events-end":"true"}}}"#;
    let read = |json: &str| {
        let pod: super::pod_object::PartialPod<'_> = serde_json::from_str(json).unwrap();
        Pod::meta(&pod).annotations.initial_events_end
    };
    assert!(read(bookmark));
    assert!(!read(&bookmark.replace(r#":"true"}}"#, r#":"false"}}"#).replace("-end\":\"true", "-end\":\"false")));
}
