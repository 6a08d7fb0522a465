//! `status`, `check` and `cluster status`: the true health of clusters, in every form, with the right exit code.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use fleet_tui::sim::fault::{Cut, Fault, Requests};
use serde_json::Value;

use crate::schema::holds;
use crate::stage::{Home, PATIENT, Stage};

/// The server answers everything with 503.
fn unavailable() -> Fault {
    Fault::Error { code: 503, retry_after: None, on: Requests::default() }
}

fn words(status: &Value) -> BTreeMap<&str, &str> {
    let clusters = status["clusters"].as_array().unwrap().iter();
    clusters.map(|cluster| (cluster["name"].as_str().unwrap(), cluster["health"].as_str().unwrap())).collect()
}

#[test]
fn the_demo_s_clusters_are_named_with_their_true_health() {
    let ran = Home::new().run(&[&["status", "--demo", "-o", "json"], &PATIENT[..]].concat());
    let status = ran.json();
    holds("status", &status);
    let mut words = words(&status);
    // Its timetable may or may not have it refuse at this moment.
    words.remove("flaky").unwrap();
    let expected = BTreeMap::from([
        ("prod-eu", "healthy"),
        ("prod-us", "warning"),
        ("staging", "warning"),
        ("dev", "warning"),
        ("observability", "warning"),
        ("edge-07", "healthy"),
        ("team-a", "warning"),
        ("legacy", "auth_failed"),
        ("old-1-31", "healthy"),
        ("sandbox", "healthy"),
        ("dr", "unhealthy"),
    ]);
    assert_eq!((words, ran.code), (expected, Some(1)));
    assert_eq!(ran.err, "", "nobody watches, so no progress is shown");
}

#[tokio::test]
async fn what_is_well_is_0_what_is_not_is_1_and_what_may_fail_can_be_said() {
    let stage = Stage::new().await;
    let code = async |arguments: &[&str]| stage.run(&[&["status"], arguments].concat()).await.code;
    assert_eq!(code(&["--cluster", "well"]).await, Some(0));
    assert_eq!(code(&["--cluster", "well", "--cluster", "ill"]).await, Some(0), "a warning passes");
    assert_eq!(code(&["--context", "ill", "--fail-on", "warning"]).await, Some(1));
    assert_eq!(code(&["--context", "expired", "--fail-on", "unhealthy"]).await, Some(1));
    assert_eq!(code(&[]).await, Some(1), "all are meant if none is named");
}

#[tokio::test]
async fn unknown_is_null_with_a_reason_and_counts_are_those_of_the_world() {
    let stage = Stage::new().await;
    let ran = stage.run(&["status", "-o", "json"]).await;
    let status = ran.json();
    holds("status", &status);
    let of =
        |name: &str| status["clusters"].as_array().unwrap().iter().find(|cluster| cluster["name"] == name).unwrap();
    let well = of("well");
    assert_eq!(
        (&well["health"], &well["reason"], &well["id"]),
        (&"healthy".into(), &Value::Null, &"config:well".into())
    );
    assert_eq!(well["nodes"], serde_json::json!({"ready": 2, "total": 2}));
    let pods: u64 =
        ["running", "pending", "failed", "succeeded"].iter().map(|phase| well["pods"][phase].as_u64().unwrap()).sum();
    let world = stage.fleet.cluster("well").unwrap();
    assert_eq!(pods, world.count(fleet_tui::sim::Resource::Pods, None) as u64);
    assert_eq!((&of("ill")["health"], &of("ill")["pods"]["unwell"]), (&"warning".into(), &2.into()));
    let scoped = of("scoped");
    assert_eq!((&scoped["nodes"], &scoped["namespace"]), (&Value::Null, &"shop".into()));
    assert!(scoped["unknown"]["nodes"].as_str().unwrap().contains("forbidden"), "{}", scoped["unknown"]);
    let down = of("down");
    assert!(down["reason"].as_str().unwrap().starts_with("unreachable: connection refused"));
    assert_eq!(down["unknown"].as_object().unwrap().len(), 6, "{down}");
    assert_eq!(status["summary"]["total"], 5);
}

#[tokio::test]
async fn people_get_columns_and_a_line_that_sums_them_up() {
    let stage = Stage::new().await;
    let ran = stage.run(&["status", "--all"]).await;
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines.len(), 7);
    assert!(lines[0].starts_with("CLUSTER   HEALTH"), "{}", lines[0]);
    assert!(lines[1].starts_with("well      healthy       v1."), "{}", lines[1]);
    assert_eq!(lines[6], "5 clusters: 1 healthy, 2 warning, 1 unhealthy, 1 auth_failed");
    assert!(!ran.out.contains('\x1b'), "colours are for terminals");
    let names = stage.run(&["status", "--cluster", "well", "-o", "name"]).await;
    assert_eq!(names.out, "config:well\n");
    let yaml = stage.run(&["status", "--cluster", "well", "-o", "yaml"]).await;
    assert!(yaml.out.starts_with("version: 1\nclusters:\n- id: config:well\n"), "{}", yaml.out);
}

#[tokio::test]
async fn a_server_that_says_it_is_not_ready_is_degraded() {
    let stage = Stage::new().await;
    stage.fleet.cluster("well").unwrap().set_fault(unavailable());
    let ran = stage.run(&["status", "--cluster", "well", "-o", "json"]).await;
    assert_eq!((ran.json()["clusters"][0]["health"].as_str().unwrap(), ran.code), ("degraded", Some(1)));
}

#[tokio::test]
async fn a_check_says_who_we_are_and_what_we_may_read() {
    let stage = Stage::new().await;
    let ran = stage.run(&["check", "-o", "json"]).await;
    let checked = ran.json();
    holds("check", &checked);
    let clusters = checked["clusters"].as_array().unwrap();
    let scoped = clusters.iter().find(|cluster| cluster["name"] == "scoped").unwrap();
    assert_eq!((&scoped["user"], &scoped["reachable"]), (&"dana".into(), &true.into()));
    assert_eq!(scoped["permitted"]["pods"], serde_json::json!({"list": true, "watch": true, "namespace": "shop"}));
    assert_eq!((&scoped["reason"], ran.code), (&"may not list namespaces, nodes".into(), Some(1)));
    assert_eq!(stage.run(&["check", "--cluster", "well"]).await.code, Some(0));
}

#[tokio::test]
async fn a_cluster_in_detail_lists_its_checks_nodes_and_unwell_pods() {
    let stage = Stage::new().await;
    let ran = stage.run(&["cluster", "status", "--cluster", "ill", "--cluster", "down", "-o", "json"]).await;
    let report = ran.json();
    holds("cluster", &report);
    let ill = &report["clusters"][0];
    assert_eq!((ill["node_list"].as_array().unwrap().len(), ill["unwell_pods"].as_array().unwrap().len()), (3, 2));
    assert_eq!((&ill["ready"], &ill["unwell_pods"][0]["status"]), (&true.into(), &"CrashLoopBackOff".into()));
    assert_eq!(ran.code, Some(1));
    let words = stage.run(&["cluster", "status", "--cluster", "ill"]).await.out;
    assert!(words.contains("\nhealth     warning: 2 pods crash-looping\n"), "{words}");
}

#[tokio::test]
async fn nodes_come_with_what_they_have_and_use_and_what_is_not_known_is_null_with_its_reason() {
    let stage = Stage::new().await;
    let chosen = ["--cluster", "well", "--cluster", "scoped", "--cluster", "down"];
    let ran = stage.run(&[&["cluster", "status", "-o", "json"], &chosen[..]].concat()).await;
    let report = ran.json();
    holds("cluster", &report);
    let [well, scoped, down] = [0, 1, 2].map(|number| &report["clusters"][number]);
    let amount = |of: &Value, name: &str| of[name].as_u64().unwrap_or_else(|| panic!("no {name} in {of}"));
    let nodes = well["node_list"].as_array().unwrap();
    for name in ["cpu_millicores", "memory_bytes"] {
        let sum = |part: &str| nodes.iter().map(|node| amount(&node[part], name)).sum::<u64>();
        assert_eq!(amount(&well["capacity"], name), sum("allocatable"));
        assert_eq!(amount(&well["usage"], name), sum("usage"));
        assert!((1..sum("allocatable")).contains(&sum("usage")) && sum("allocatable") <= sum("capacity"), "{well}");
    }
    assert_eq!(well["unknown"], serde_json::json!({}));
    // What may not be listed is not an empty list.
    assert_eq!(
        (&scoped["node_list"], &scoped["capacity"], &scoped["usage"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert!(scoped["unknown"]["node_list"].as_str().unwrap().contains("forbidden"), "{scoped}");
    assert_eq!(scoped["unknown"]["usage"], "the metrics of nodes may not be read");
    assert_eq!(
        (&down["node_list"], &down["unwell_pods"], &down["warnings"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert!(down["unknown"]["node_list"].as_str().unwrap().starts_with("connection refused"), "{down}");
}

#[tokio::test]
async fn without_a_metrics_server_nodes_and_pods_say_so() {
    let stage = Stage::new().await;
    let missing = Fault::Error { code: 404, retry_after: None, on: Requests::Metrics };
    stage.fleet.cluster("well").unwrap().set_fault(missing);
    let report = stage.run(&["cluster", "status", "--cluster", "well", "-o", "json"]).await.json();
    holds("cluster", &report);
    let well = &report["clusters"][0];
    assert_eq!((&well["usage"], &well["unknown"]["usage"]), (&Value::Null, &"no metrics server".into()));
    assert_eq!((&well["node_list"][0]["usage"], well["capacity"].is_object()), (&Value::Null, true));
    let words = stage.run(&["cluster", "status", "--cluster", "well"]).await;
    assert!(words.out.contains("; use unknown: no metrics server\n") && words.code == Some(0), "{}", words.out);
    let pods = stage.run(&["cluster", "pods", "--cluster", "well", "-o", "json"]).await.json();
    holds("pods", &pods);
    assert_eq!(pods["clusters"][0]["unknown"], serde_json::json!({"usage": "no metrics server"}));
    assert_eq!(pods["clusters"][0]["pods"][0]["usage"]["cpu_millicores"], Value::Null);
}

#[tokio::test]
async fn a_watch_prints_each_change_as_a_line_of_json_and_ends_quietly_with_its_reader() {
    let stage = Stage::new().await;
    let mut command = stage.home.command(&["status", "--watch", "--cluster", "well", "--set", "heartbeat.interval=1s"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let well = stage.fleet.cluster("well").unwrap();
    let (first, second) = tokio::task::spawn_blocking(move || {
        let mut lines = out.lines();
        let first = lines.next().unwrap().unwrap();
        well.set_fault(unavailable());
        (first, lines.next().unwrap().unwrap())
    })
    .await
    .unwrap();
    let changes = [first, second].map(|line| serde_json::from_str::<Value>(&line).unwrap());
    for change in &changes {
        holds("change", change);
    }
    assert_eq!((&changes[0]["health"], &changes[0]["previous"]), (&"healthy".into(), &Value::Null));
    assert_eq!((&changes[1]["health"], &changes[1]["previous"]), (&"degraded".into(), &"healthy".into()));
    // Nobody reads any more: with the next change it ends, without a word.
    stage.fleet.cluster("well").unwrap().clear_faults();
    let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0));
}

#[cfg(unix)]
#[tokio::test]
async fn ctrl_c_ends_a_command_at_once_with_130() {
    let stage = Stage::new().await;
    let well = stage.fleet.cluster("well").unwrap();
    well.set_fault(Fault::Stall(Cut::default()));
    let before = well.requests().len();
    let mut child = stage.home.command(&["status", "--cluster", "well"]).stdout(Stdio::piped()).spawn().unwrap();
    // It hangs in its first questions: they have arrived.
    while well.requests().len() == before {
        tokio::task::yield_now().await;
    }
    let process = rustix::process::Pid::from_raw(child.id().try_into().unwrap()).unwrap();
    rustix::process::kill_process(process, rustix::process::Signal::INT).unwrap();
    let code = tokio::task::spawn_blocking(move || child.wait().unwrap().code()).await.unwrap();
    assert_eq!(code, Some(130));
}

#[cfg(unix)]
#[tokio::test]
async fn ctrl_c_ends_a_command_that_nobody_takes_the_output_of_with_130() {
    let stage = Stage::new().await;
    let mut command = stage.home.command(&["get", "pods", "-o", "json", "--cluster", "ill"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let code = tokio::task::spawn_blocking(move || {
        let mut out = child.stdout.take().unwrap();
        // It has begun to write, and writes more than a pipe holds.
        out.read_exact(&mut [0; 2]).unwrap();
        let process = rustix::process::Pid::from_raw(child.id().try_into().unwrap()).unwrap();
        rustix::process::kill_process(process, rustix::process::Signal::INT).unwrap();
        let code = child.wait().unwrap().code();
        drop(out);
        code
    });
    assert_eq!(code.await.unwrap(), Some(130));
}
