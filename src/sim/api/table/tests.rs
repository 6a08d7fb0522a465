//! Holds the printer against tables a real server printed. Must not need a server.

use super::core::print_pod;
use super::*;
use crate::sim::kinds::Registry;
use crate::sim::scenario::Scenario;
use crate::sim::store::Store;

/// Prints the objects of a recorded list as of the moment a recorded table was made.
fn rows(resource: Resource, list: &str, now: &str) -> Vec<Vec<Value>> {
    let (_, body) = list.split_once("\n\n").or_else(|| list.split_once("\r\n\r\n")).unwrap();
    let list: Value = serde_json::from_str(body.trim()).unwrap();
    let scenario = Scenario::from_toml("[[cluster]]\nname = \"recorded\"\nversion = \"v1.36.2\"\n").unwrap();
    let now: jiff::Timestamp = now.parse().unwrap();
    let printer = Printer::new(
        Registry::new().kind(resource),
        &Query::parse("includeObject=None"),
        now.as_millisecond(),
        &scenario.clusters[0],
    );
    let mut store = Store::new(0);
    for item in list["items"].as_array().unwrap() {
        store.put(resource, "", item["metadata"]["name"].as_str().unwrap(), |_| item.to_string());
    }
    let objects = store.list(resource, None, None);
    objects.iter().map(|object| printer.cells(object)).collect()
}

macro_rules! recording {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recordings/", $name))
    };
}

#[test]
fn pods_are_printed_as_a_real_server_does() {
    let rows = rows(Resource::Pods, recording!("pods-limit2"), "2026-11-20T09:46:11Z");
    let expected = json!([
        "gateway-r9n2bgjslw-29slw",
        "1/1",
        "Running",
        "0",
        "19m",
        "10.128.5.9",
        "ip-10-20-35-66.eu-west-1.compute.internal",
        "<none>",
        "<none>"
    ]);
    assert_eq!(Value::from(rows[0].clone()), expected);
    let expected =
        json!(["gateway-r9n2bgjslw-swx2s", "0/1", "Pending", "0", "19m", "<none>", "<none>", "<none>", "<none>"]);
    assert_eq!(Value::from(rows[1].clone()), expected);
}

#[test]
fn nodes_are_printed_as_a_real_server_does() {
    let rows = rows(Resource::Nodes, recording!("nodes-limit2"), "2026-11-20T09:46:12Z");
    let expected = json!([
        "ip-10-20-0-1.eu-west-1.compute.internal",
        "Ready",
        "control-plane",
        "20m",
        "v1.36.2",
        "10.20.0.1",
        "<none>",
        "Amazon Linux 2023.8.20250915",
        "6.12.48-64.114.amzn2023.x86_64 (amd64)",
        "containerd://2.1.4"
    ]);
    assert_eq!(Value::from(rows[0].clone()), expected);
}

#[test]
fn events_are_printed_as_a_real_server_does() {
    let rows = rows(Resource::Events, recording!("events-limit5"), "2026-11-20T09:46:12Z");
    let expected = json!([
        "45m",
        "Warning",
        "Evicted",
        "pod/ledger-flszhm4njt-7dd52",
        "spec.containers{ledger}",
        "kubelet, ip-10-20-7-14.eu-west-1.compute.internal",
        "The node was low on resource: memory. Threshold quantity: 100Mi, available: 98340Ki.",
        "45m",
        1,
        "ledger-flszhm4njt-7dd52.790e52658cfa5ed"
    ]);
    assert_eq!(Value::from(rows[0].clone()), expected);
    let scheduler = json!([
        "20m",
        "Warning",
        "FailedScheduling",
        "pod/ledger-flszhm4njt-bkj9s",
        "",
        "default-scheduler, default-scheduler-ip-10-20-0-1"
    ]);
    assert_eq!(Value::from(rows[1][..6].to_vec()), scheduler);
    assert_eq!((&rows[1][7], &rows[1][8]), (&json!("57m"), &json!(2)));
}

#[test]
fn troubled_pods_are_printed_with_the_word_that_matters() {
    let word = |pod: Value| print_pod(&pod).status;
    let waiting = |reason: &str| json!({"state": {"waiting": {"reason": reason}}, "ready": false, "restartCount": 3});
    let running = json!({"state": {"running": {}}, "ready": true, "restartCount": 0});
    let crash = json!({"spec": {"containers": [1, 2]}, "status": {"phase": "Running",
        "containerStatuses": [waiting("CrashLoopBackOff"), running]}});
    assert_eq!(word(crash.clone()), "CrashLoopBackOff");
    let printed = print_pod(&crash);
    assert_eq!((printed.ready, printed.containers, printed.restarts), (1, 2, 3));
    let init = json!({"spec": {"initContainers": [1]}, "status": {"phase": "Pending",
        "initContainerStatuses": [{"state": {"running": {}}}], "containerStatuses": [waiting("PodInitializing")]}});
    assert_eq!(word(init), "Init:0/1");
    let going = json!({"metadata": {"deletionTimestamp": "2026-11-20T09:46:12Z"}, "status": {"phase": "Running"}});
    assert_eq!(word(going), "Terminating");
    let done = json!({"status": {"phase": "Succeeded", "containerStatuses": [
        {"state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}]}});
    assert_eq!(word(done), "Completed");
}
