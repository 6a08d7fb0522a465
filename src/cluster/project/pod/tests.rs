//! STATUS, READY, RESTARTS and "unwell" for every kind of pod a person meets.

use super::*;
use crate::cluster::project::tests::from_json;
use crate::model::unwell::{Cause, Unwell};

const START: &str = "2026-11-20T09:00:00Z";
const START_UNIX: i64 = 1_795_165_200;

fn read(json: &str) -> PodRow {
    from_json::<Pod>(json.as_bytes(), &mut Interner::default()).unwrap()
}

/// A pod of one main container with these status fields, created at the start.
fn pod(phase: &str, spec: &str, status: &str) -> PodRow {
    with_meta("", phase, spec, status)
}

fn with_meta(meta: &str, phase: &str, spec: &str, status: &str) -> PodRow {
    read(&format!(
        r#"{{"metadata":{{"name":"p","creationTimestamp":"{START}"{meta}}},"spec":{{"containers":[{{"name":"api"}}]{spec}}},
        "status":{{"phase":"{phase}"{status}}}}}"#
    ))
}

/// One entry of `containerStatuses`.
fn container(name: &str, state: &str, more: &str) -> String {
    format!(r#"{{"name":"{name}","state":{{{state}}}{more}}}"#)
}

fn main(state: &str, more: &str) -> String {
    format!(r#","containerStatuses":[{}]"#, container("api", state, more))
}

fn init(containers: &[String]) -> String {
    format!(r#","initContainerStatuses":[{}]"#, containers.join(","))
}

const RUNNING: &str = r#""running":{"startedAt":"2026-11-20T09:00:00Z"}"#;
const TWO_INITS: &str = r#","initContainers":[{"name":"one"},{"name":"two"}]"#;

fn reason(row: &PodRow) -> &str {
    row.unwell.as_deref().map_or("", |unwell: &Unwell| &*unwell.reason)
}

#[test]
fn the_status_word_is_the_servers() {
    let waiting = |reason: &str| format!(r#""waiting":{{"reason":"{reason}"}}"#);
    let ended = |fields: &str| format!(r#""terminated":{{{fields}}}"#);
    let cases = [
        ("Pending", String::new(), "Pending"),
        ("Failed", r#","reason":"Evicted""#.to_owned(), "Evicted"),
        ("Running", main(RUNNING, r#","ready":true"#), "Running"),
        ("Running", main(&waiting("CrashLoopBackOff"), ""), "CrashLoopBackOff"),
        ("Pending", main(&waiting("ContainerCreating"), ""), "ContainerCreating"),
        ("Succeeded", main(&ended(r#""exitCode":0,"reason":"Completed""#), ""), "Completed"),
        ("Failed", main(&ended(r#""exitCode":1,"reason":"Error""#), ""), "Error"),
        ("Failed", main(&ended(r#""exitCode":3"#), ""), "ExitCode:3"),
        ("Failed", main(&ended(r#""exitCode":137,"signal":9"#), ""), "Signal:9"),
        (
            "Pending",
            r#","conditions":[{"type":"PodScheduled","status":"False","reason":"SchedulingGated"}]"#.to_owned(),
            "SchedulingGated",
        ),
    ];
    for (phase, status, word) in cases {
        assert_eq!(&*pod(phase, "", &status).status, word, "{status}");
    }
}

#[test]
fn init_containers_are_counted_until_they_are_done() {
    let done = || container("one", r#""terminated":{"exitCode":0,"reason":"Completed"}"#, "");
    let cases = [
        (r#""running":{}"#, "Init:1/2"),
        (r#""waiting":{"reason":"PodInitializing"}"#, "Init:1/2"),
        (r#""waiting":{"reason":"CrashLoopBackOff"}"#, "Init:CrashLoopBackOff"),
        (r#""terminated":{"exitCode":1,"reason":"Error"}"#, "Init:Error"),
        (r#""terminated":{"exitCode":2}"#, "Init:ExitCode:2"),
        (r#""terminated":{"exitCode":137,"signal":9}"#, "Init:Signal:9"),
    ];
    let blocked = main(r#""waiting":{"reason":"PodInitializing"}"#, "");
    for (second, word) in cases {
        let status = format!("{}{blocked}", init(&[done(), container("two", second, r#","restartCount":4"#)]));
        let row = pod("Pending", TWO_INITS, &status);
        assert_eq!((&*row.status, row.restarts), (word, 4), "{second}");
        assert_eq!((row.ready, row.containers), (0, 1));
    }
    let status = format!("{}{blocked}", init(&[done(), done()]));
    assert_eq!(&*pod("Pending", TWO_INITS, &status).status, "PodInitializing");
    let status = format!("{}{}", init(&[done(), done()]), main(RUNNING, r#","ready":true"#));
    assert_eq!(&*pod("Running", TWO_INITS, &status).status, "Running");
}

#[test]
fn a_sidecar_counts_as_a_container_and_its_restarts_stay() {
    let spec = r#","initContainers":[{"name":"setup"},{"name":"proxy","restartPolicy":"Always"}]"#;
    let setup = container("setup", r#""terminated":{"exitCode":0}"#, r#","restartCount":7"#);
    let last = r#","lastState":{"terminated":{"exitCode":1,"finishedAt":"2026-11-20T09:00:30Z"}}"#;
    let proxy = container("proxy", RUNNING, &format!(r#","ready":true,"started":true,"restartCount":2{last}"#));
    let status = format!("{}{}", init(&[setup.clone(), proxy]), main(RUNNING, r#","ready":true,"restartCount":1"#));
    let row = pod("Running", spec, &status);
    assert_eq!((&*row.status, row.ready, row.containers), ("Running", 2, 2));
    assert_eq!(
        (row.restarts, row.last_restart.get()),
        (3, Some(Unix(START_UNIX + 30))),
        "the setup's restarts are over"
    );
    let starting = container("proxy", RUNNING, r#","started":false"#);
    let status = format!("{}{}", init(&[setup, starting]), main(r#""waiting":{"reason":"PodInitializing"}"#, ""));
    let row = pod("Pending", spec, &status);
    assert_eq!((&*row.status, row.ready, row.containers, row.restarts), ("Init:1/2", 0, 2, 7));
}

#[test]
fn the_first_containers_word_wins_and_a_completed_one_beside_a_running_one_is_running() {
    let two = |first: &str, second: &str, more: &str| {
        let second = container("b", second, r#","ready":true"#);
        pod("Running", "", &format!(r#","containerStatuses":[{},{second}]{more}"#, container("a", first, "")))
    };
    let completed = r#""terminated":{"exitCode":0,"reason":"Completed"}"#;
    let ready = r#","conditions":[{"type":"Ready","status":"True"}]"#;
    assert_eq!(&*two(r#""waiting":{"reason":"A"}"#, r#""waiting":{"reason":"B"}"#, "").status, "A");
    assert_eq!(&*two(completed, RUNNING, ready).status, "Running");
    assert_eq!(&*two(completed, RUNNING, "").status, "NotReady");
}

#[test]
fn a_deleted_pod_is_terminating_unless_its_node_is_lost_or_it_has_ended() {
    let deleted = r#","deletionTimestamp":"2026-11-20T09:01:00Z""#;
    let row = with_meta(deleted, "Running", "", &main(RUNNING, r#","ready":true"#));
    assert_eq!((&*row.status, row.ready), ("Terminating", 1));
    assert_eq!(&*with_meta(deleted, "Running", "", r#","reason":"NodeLost""#).status, "Unknown");
    assert_eq!(&*with_meta(deleted, "Succeeded", "", "").status, "Succeeded");
}

#[test]
fn addresses_and_gates_are_read() {
    let spec = r#","readinessGates":[{"conditionType":"a"},{"conditionType":"b"}],"nodeName":"n""#;
    let status = r#","podIP":"10.0.0.9","podIPs":[{"ip":"fd00::1"},{"ip":"10.0.0.9"}],"nominatedNodeName":"m",
        "conditions":[{"type":"a","status":"True"},{"type":"b","status":"False"}]"#;
    let row = pod("Running", spec, status);
    assert_eq!((row.ip, row.gates()), ("fd00::1".parse().ok(), (1, 2)));
    assert_eq!((&*row.node, row.nominated_node()), ("n", "m"));
    assert_eq!(pod("Running", "", r#","podIP":"10.0.0.9""#).ip, "10.0.0.9".parse().ok());
}

#[test]
fn a_crash_loop_is_unwell_and_says_how_the_container_last_ended() {
    let waiting = r#""waiting":{"reason":"CrashLoopBackOff","message":"back-off 5m0s restarting failed container=api pod=api-1_default(uid)"}"#;
    let last = r#","restartCount":9,"lastState":{"terminated":{"exitCode":137,"reason":"OOMKilled","finishedAt":"2026-11-20T09:05:00Z"}}"#;
    let row = pod("Running", "", &main(waiting, last));
    assert_eq!(reason(&row), "container api: back-off 5m0s restarting failed container; last exit 137 OOMKilled");
    assert_eq!(row.unwell_at(Unix(START_UNIX)), Some(reason(&row)), "unwell from the start, not after a grace");
    assert_eq!(row.last_restart.get(), Some(Unix(START_UNIX + 300)));
}

#[test]
fn image_and_configuration_errors_are_unwell_in_init_containers_too() {
    for word in [
        "ImagePullBackOff",
        "ErrImagePull",
        "InvalidImageName",
        "CreateContainerConfigError",
        "CreateContainerError",
        "RunContainerError",
    ] {
        let state = format!(r#""waiting":{{"reason":"{word}","message":"no\nsuch thing"}}"#);
        let text = format!("container web: {word}: no such thing");
        let status = format!(r#","containerStatuses":[{}]"#, container("web", &state, ""));
        assert_eq!(reason(&pod("Pending", "", &status)), text);
        assert_eq!(reason(&pod("Pending", TWO_INITS, &init(&[container("web", &state, "")]))), text);
    }
    assert_eq!(pod("Pending", "", &main(r#""waiting":{"reason":"ContainerCreating"}"#, "")).unwell, None);
}

#[test]
fn running_but_not_ready_is_unwell_after_two_minutes() {
    let condition = |status: &str| {
        format!(
            r#","conditions":[{{"type":"Ready","status":"{status}","lastTransitionTime":"{START}","reason":"ContainersNotReady",
            "message":"containers with unready status: [api]"}}]"#
        )
    };
    let row = pod("Running", "", &condition("False"));
    assert_eq!(row.unwell_at(Unix(START_UNIX + 119)), None);
    let said = row.unwell_at(Unix(START_UNIX + 120));
    assert_eq!(said, Some("not ready: containers with unready status: [api]"));
    let bare = r#","conditions":[{"type":"Ready","status":"False"}]"#;
    let proof = pod("Running", "", bare).unwell.unwrap().evidence;
    assert_eq!(&*proof[0].text, "Ready is False", "the node controller gives no reason");
    assert_eq!(pod("Running", "", &condition("True")).unwell, None);
    assert_eq!(pod("Pending", "", &condition("False")).unwell, None, "a pod that starts is not unwell");
    assert_eq!(pod("Succeeded", "", &condition("False")).unwell, None, "a finished job is not unwell");
}

#[test]
fn unschedulable_is_unwell_after_one_minute() {
    let status = format!(
        r#","conditions":[{{"type":"PodScheduled","status":"False","reason":"Unschedulable",
        "lastTransitionTime":"{START}","message":"0/100 nodes are available: 97 Insufficient memory."}}]"#
    );
    let row = pod("Pending", "", &status);
    assert_eq!(row.unwell_at(Unix(START_UNIX + 59)), None);
    let said = row.unwell_at(Unix(START_UNIX + 60));
    assert_eq!(said, Some("unschedulable: 0/100 nodes are available: 97 Insufficient memory."));
    let gated = status.replace("Unschedulable", "SchedulingGated");
    assert_eq!(pod("Pending", "", &gated).unwell, None);
}

#[test]
fn terminating_is_unwell_five_minutes_past_the_grace() {
    let row = with_meta(&format!(r#","deletionTimestamp":"{START}""#), "Running", "", "");
    assert_eq!(row.unwell_at(Unix(START_UNIX + 299)), None);
    assert!(row.unwell_at(Unix(START_UNIX + 300)).is_some());
}

#[test]
fn failed_is_unwell_only_without_a_controller() {
    let status = r#","reason":"Evicted","message":"The node was low on resource: memory.""#;
    let row = pod("Failed", "", status);
    assert_eq!(reason(&row), "failed: Evicted: The node was low on resource: memory.");
    let owned = r#","ownerReferences":[{"kind":"ReplicaSet","controller":true}]"#;
    assert_eq!(with_meta(owned, "Failed", "", status).unwell, None);
    let loose = r#","ownerReferences":[{"kind":"Thing"}]"#;
    assert!(with_meta(loose, "Failed", "", status).unwell.is_some());
    let ended = main(r#""terminated":{"exitCode":2,"reason":"Error","finishedAt":"2026-11-20T09:05:00Z"}"#, "");
    let row = pod("Failed", "", &ended);
    assert_eq!(reason(&row), "failed: container api: exit 2 Error");
    assert_eq!(row.unwell.unwrap().from, Unix(START_UNIX + 300));
}

#[test]
fn a_reason_is_one_bounded_line() {
    let message = format!("line one\\n\\tline two {}", "wide ✓ ".repeat(60));
    let state = format!(r#""waiting":{{"reason":"ErrImagePull","message":"{message}"}}"#);
    let row = pod("Pending", "", &main(&state, ""));
    let text = reason(&row);
    assert!(text.starts_with("container api: ErrImagePull: line one line two wide"), "{text}");
    assert!((200..=201).contains(&text.chars().count()), "{text}");
    assert!(text.ends_with('…') && !text.contains(char::is_control));
}

#[test]
fn nulls_where_lists_and_objects_are_meant_are_absent() {
    let row = read(
        r#"{"metadata":{"name":"p","labels":null,"annotations":null,"ownerReferences":null,"creationTimestamp":null},
        "spec":{"containers":null,"initContainers":null,"nodeName":null},
        "status":{"conditions":null,"containerStatuses":[{"name":"a","state":null,"lastState":{},"ready":false}]}}"#,
    );
    assert_eq!((row.created, row.containers, row.ready), (Unix(0), 0, 0));
    assert_eq!(read("{}").phase, PodPhase::Unknown);
}

fn evidence(row: &PodRow) -> Vec<&str> {
    row.unwell.iter().flat_map(|unwell| &unwell.evidence).map(|evidence| &*evidence.text).collect()
}

fn cause(row: &PodRow) -> Cause {
    row.unwell.as_ref().unwrap().cause
}

#[test]
fn a_container_killed_for_want_of_memory_names_its_limit() {
    let waiting =
        r#""waiting":{"reason":"CrashLoopBackOff","message":"back-off 5m0s restarting failed container=api pod=x"}"#;
    let last = r#","restartCount":9,"lastState":{"terminated":{"exitCode":137,"reason":"OOMKilled","finishedAt":"2026-11-20T09:05:00Z"}}"#;
    let json = |limits: &str| {
        let status = main(waiting, last);
        read(&format!(
            r#"{{"metadata":{{"ownerReferences":[{{"kind":"ReplicaSet","name":"api-7d9","controller":true}}]}},
            "spec":{{"containers":[{{"name":"api","resources":{{"limits":{limits}}}}}]}},"status":{{"phase":"Running"{status}}}}}"#
        ))
    };
    let row = json(r#"{"memory":"256Mi"}"#);
    assert_eq!(cause(&row), Cause::OutOfMemory);
    assert!(evidence(&row).contains(&"container api: last exit 137 OOMKilled"), "{:?}", evidence(&row));
    assert!(evidence(&row).contains(&"container api: its memory limit is 256Mi"));
    let owner = row.unwell.as_ref().unwrap().owner.clone().unwrap();
    assert_eq!((&*owner.kind, &*owner.name), ("replicaset", "api-7d9"));
    assert!(evidence(&json("null")).iter().any(|text| text.contains("no memory limit of its own")));
}

#[test]
fn an_image_that_cannot_be_had_is_named_with_the_kubelet_s_words() {
    let waiting = r#""waiting":{"reason":"ErrImagePull","message":"rpc error: not found"}"#;
    let row = pod("Pending", "", &main(waiting, r#","image":"registry.example/shop:v2""#));
    assert_eq!(cause(&row), Cause::Image);
    assert_eq!(
        evidence(&row),
        [
            "container api wants the image registry.example/shop:v2",
            "kubelet: container api: ErrImagePull: rpc error: not found"
        ]
    );
}

#[test]
fn a_deletion_that_waits_for_finalizers_names_them() {
    let meta = format!(r#","deletionTimestamp":"{START}","finalizers":["example.io/backup"]"#);
    let row = with_meta(&meta, "Running", "", "");
    assert_eq!(
        (cause(&row), reason(&row)),
        (Cause::Finalizer, "still terminating, held by finalizer example.io/backup")
    );
    assert_eq!(cause(&with_meta(&format!(r#","deletionTimestamp":"{START}""#), "Running", "", "")), Cause::Terminating);
}

#[test]
fn requests_are_what_the_scheduler_sets_aside() {
    let asks = |cpu: &str, memory: &str| format!(r#""resources":{{"requests":{{"cpu":"{cpu}","memory":"{memory}"}}}}"#);
    let sidecar = format!(r#"{{"name":"proxy","restartPolicy":"Always",{}}}"#, asks("100m", "64Mi"));
    let greedy = format!(r#"{{"name":"setup",{}}}"#, asks("2", "10Mi"));
    let row = read(&format!(
        r#"{{"spec":{{"containers":[{{"name":"a",{}}},{{"name":"b",{}}}],"initContainers":[{sidecar},{greedy}]}}}}"#,
        asks("250m", "128Mi"),
        asks("0.25", "1Gi")
    ));
    assert_eq!((row.requests.cpu.get(), row.requests.memory.get()), (Some(2_100), Some(64 + 128 + 1_024)));
    assert_eq!(row.limits.memory.get(), None, "one container without a limit leaves the pod without one");
}

#[test]
fn a_pod_row_stays_small() {
    assert!(size_of::<Option<PodRow>>() <= 160, "{}", size_of::<Option<PodRow>>());
}
