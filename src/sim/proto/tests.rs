//! Holds the transcoder against bodies a real API server sent, as JSON and as protobuf. Must not need a server.

use serde_json::Value;

use super::*;

fn body(file: &[u8]) -> &[u8] {
    let crlf = file.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
    let end = crlf.or_else(|| file.windows(2).position(|pair| pair == b"\n\n").map(|at| at + 2));
    &file[end.expect("a blank line after the headers")..]
}

fn json_items(file: &[u8]) -> Vec<Value> {
    let text = String::from_utf8_lossy(body(file));
    let value: Value = serde_json::from_str(text.trim()).unwrap();
    value["items"].as_array().unwrap().clone()
}

/// Splits a message into its length-delimited fields; others are skipped.
fn delimited(mut message: &[u8]) -> Vec<(u64, &[u8])> {
    let mut fields = Vec::new();
    while !message.is_empty() {
        let key = read_varint(&mut message);
        if key & 7 == 2 {
            let length = read_varint(&mut message) as usize;
            let (value, rest) = message.split_at(length);
            fields.push((key >> 3, value));
            message = rest;
        } else {
            read_varint(&mut message);
        }
    }
    fields
}

fn read_varint(message: &mut &[u8]) -> u64 {
    let (mut value, mut shift) = (0, 0);
    loop {
        let (byte, rest) = message.split_first().unwrap();
        *message = rest;
        value |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            return value;
        }
    }
}

fn protobuf_items(file: &[u8]) -> Vec<&[u8]> {
    let unknown = body(file).strip_prefix(MAGIC).expect("the magic number");
    let list = delimited(unknown).into_iter().find(|(number, _)| *number == 2).unwrap().1;
    delimited(list).into_iter().filter(|(number, _)| *number == 2).map(|(_, item)| item).collect()
}

/// The name in an item's metadata.
fn name_of(item: &[u8]) -> &[u8] {
    delimited(delimited(item)[0].1)[0].1
}

/// Compares every JSON item with the protobuf item of the same name, byte for byte; returns how many were compared.
fn compare(kind: &str, json: &[u8], protobuf: &[u8]) -> usize {
    let recorded = protobuf_items(protobuf);
    let mut compared = 0;
    for value in json_items(json) {
        let ours = transcode(kind, &value);
        let Some(theirs) = recorded.iter().find(|item| name_of(item) == name_of(&ours)) else { continue };
        let at = ours.iter().zip(theirs.iter()).position(|(a, b)| a != b).unwrap_or(ours.len().min(theirs.len()));
        let around = |bytes: &[u8]| {
            String::from_utf8_lossy(&bytes[at.saturating_sub(60).min(bytes.len())..(at + 40).min(bytes.len())])
                .into_owned()
        };
        assert!(ours == *theirs, "differs at byte {at}\n ours {:?}\n real {:?}", around(&ours), around(theirs));
        compared += 1;
    }
    compared
}

macro_rules! recording {
    ($name:literal) => {
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recordings/", $name))
    };
}

#[test]
fn nodes_are_encoded_as_a_real_server_does_byte_for_byte() {
    assert_eq!(compare("Node", recording!("nodes-limit2"), recording!("protobuf-list-nodes-limit2")), 2);
}

#[test]
fn events_are_encoded_as_a_real_server_does_byte_for_byte() {
    assert_eq!(compare("Event", recording!("events-limit5"), recording!("protobuf-list-events-limit5")), 5);
}

#[test]
fn namespaces_are_encoded_as_a_real_server_does_byte_for_byte() {
    assert_eq!(compare("Namespace", recording!("namespaces"), recording!("protobuf-list-namespaces")), 3);
}

#[test]
fn pods_are_encoded_as_a_real_server_does_byte_for_byte() {
    assert_eq!(compare("Pod", recording!("pods-limit2"), recording!("pods-protobuf")), 2);
}

#[test]
fn a_status_and_its_envelope_are_encoded_as_a_real_server_does() {
    let status = serde_json::json!({"metadata": {}, "status": "Failure", "message": "pods \"nope\" not found", "reason": "NotFound",
        "details": {"name": "nope", "kind": "pods"}, "code": 404});
    assert_eq!(envelope("v1", "Status", &transcode("Status", &status)), body(recording!("protobuf-status-404")));
}

#[test]
fn a_watch_frame_is_encoded_as_a_real_server_does() {
    let status = serde_json::json!({"metadata": {}, "status": "Failure", "message": "too old resource version: 1 (4919)",
        "reason": "Expired", "code": 410});
    let frame = watch_frame("ERROR", &envelope("v1", "Status", &transcode("Status", &status)));
    assert_eq!(frame, body(recording!("protobuf-watch-410")));
}

#[test]
fn every_line_of_the_table_parses() {
    let lines = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/api/messages.txt")).lines();
    let lines = lines.filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(": "));
    let written: usize = lines.map(|(_, fields)| fields.split("; ").next().unwrap().split(", ").count()).sum();
    assert_eq!(MESSAGES.fields.iter().map(Vec::len).sum::<usize>(), written);
}
