//! Holds the servers to their promises as a client without any library sees them: bytes on a connection.
//! Must not look inside.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::*;
use crate::sim::kinds::Resource;

macro_rules! recording {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recordings/", $name))
    };
}

mod admin;
mod faults;
mod refusals;
mod replay;
mod secured;
mod shapes;
mod streams;
mod strikes;
mod wire;
mod writes;

use wire::{Answer, Client, ask};

const SMALL: &str = r#"
seed = 11
[[cluster]]
name = "small"
tls = false
version = "v1.36.2"
nodes = 4
pods = 70
namespaces = ["shop", "team-a"]
[cluster.user]
name = "ann"
groups = ["sre"]
[[cluster]]
name = "restricted"
tls = false
pods = 60
namespaces = ["team-a", "team-b"]
[cluster.user]
name = "lowpriv"
groups = ["team-a"]
allowed_namespaces = ["team-a"]
context_namespace = "team-a"
[[cluster]]
name = "old"
tls = false
version = "v1.31.4"
[cluster.capabilities]
streaming_lists = false
protobuf = false
[[cluster]]
name = "gone"
tls = false
unreachable = true
[[cluster]]
name = "locked"
tls = false
[cluster.user]
auth = "expired-plugin"
"#;

/// A fleet whose worlds live fast: what is deleted is gone in moments.
async fn fleet() -> Fleet {
    let options = Options { speed: 50.0, bookmark_every: Duration::from_millis(100), ..Options::default() };
    Fleet::start(&Scenario::from_toml(SMALL).unwrap(), options).await.unwrap()
}

/// Status code, content type and body of a recorded answer.
fn recorded(text: &str) -> Answer {
    let text = text.replace("\r\n", "\n");
    let (head, body) = text.split_once("\n\n").unwrap();
    Answer { head: head.to_lowercase(), body: body.as_bytes().to_vec() }
}

#[tokio::test]
async fn lists_have_the_same_objects_in_every_form() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let json = ask(&small, "/api/v1/pods", "application/json").await;
    assert_eq!(json.status(), 200);
    let list = json.json();
    assert_eq!((list["kind"].as_str(), list["apiVersion"].as_str()), (Some("PodList"), Some("v1")));
    let names: Vec<&str> =
        list["items"].as_array().unwrap().iter().map(|pod| pod["metadata"]["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), small.count(Resource::Pods, None));
    let table =
        ask(&small, "/api/v1/pods?includeObject=None", "application/json;as=Table;v=v1;g=meta.k8s.io").await.json();
    let rows: Vec<&str> =
        table["rows"].as_array().unwrap().iter().map(|row| row["cells"][0].as_str().unwrap()).collect();
    assert_eq!(rows, names);
    let partial = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";
    let partial = ask(&small, "/api/v1/pods", partial).await.json();
    assert_eq!(partial["items"].as_array().unwrap().len(), names.len());
    let protobuf = ask(&small, "/api/v1/pods", "application/vnd.kubernetes.protobuf,application/json").await;
    assert!(protobuf.head.contains("content-type: application/vnd.kubernetes.protobuf\r\n"), "{}", protobuf.head);
    assert_eq!(wire::protobuf_names(&protobuf.body), names);
}

#[tokio::test]
async fn pages_hold_every_object_once_and_a_garbled_token_is_refused() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let (mut path, mut names) = ("/api/v1/pods?limit=9".to_owned(), Vec::new());
    loop {
        let page = ask(&small, &path, "application/json").await.json();
        let items = page["items"].as_array().unwrap();
        names.extend(items.iter().map(|pod| pod["metadata"]["uid"].as_str().unwrap().to_owned()));
        let Some(token) = page["metadata"]["continue"].as_str() else { break };
        let remaining = page["metadata"]["remainingItemCount"].as_u64().unwrap();
        assert_eq!(items.len(), 9);
        assert_eq!(remaining as usize, small.count(Resource::Pods, None) - names.len());
        path = format!("/api/v1/pods?limit=9&continue={token}");
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), small.count(Resource::Pods, None));
    let all = ask(&small, "/api/v1/pods?limit=9&resourceVersion=0", "application/json").await.json();
    assert_eq!(all["items"].as_array().unwrap().len(), names.len());
    assert_eq!(ask(&small, "/api/v1/pods?continue=%9e", "application/json").await.status(), 400);
}

#[tokio::test]
async fn selectors_choose_by_label_and_field() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let count = async |query: &str| {
        let list = ask(&small, &format!("/api/v1/pods?{query}"), "application/json").await.json();
        list["items"].as_array().unwrap().len()
    };
    let all = small.count(Resource::Pods, None);
    assert_eq!(count("fieldSelector=metadata.namespace%3Dshop").await, small.count(Resource::Pods, Some("shop")));
    assert_eq!(count("labelSelector=app.kubernetes.io%2Fname%3Daws-node").await, 4);
    let (running, other) =
        (count("fieldSelector=status.phase%3DRunning").await, count("fieldSelector=status.phase!%3DRunning").await);
    assert!(running > 0 && running + other == all);
}

#[tokio::test]
async fn errors_are_worded_as_a_real_server_words_them() {
    let fleet = fleet().await;
    let (small, restricted) = (fleet.cluster("small").unwrap(), fleet.cluster("restricted").unwrap());
    let same = |ours: &Answer, theirs: &str| {
        let theirs = recorded(theirs);
        assert_eq!((ours.status(), ours.json()), (theirs.status(), theirs.json()));
    };
    same(&ask(&restricted, "/api/v1/pods", "application/json").await, recording!("403-list-pods-all"));
    same(&ask(&restricted, "/api/v1/nodes", "application/json").await, recording!("403-list-nodes"));
    same(&ask(&restricted, "/api/v1/pods?watch=true", "application/json").await, recording!("403-watch"));
    same(&ask(&small, "/api/v1/namespaces/shop/pods/nope", "application/json").await, recording!("404-pod"));
    same(&ask(&small, "/api/v1/pods", "application/cbor").await, recording!("406-accept"));
    same(&ask(&small, "/api/v1/pods?limit=2", "application/cbor").await, recording!("pods-cbor"));
    let post = Client::open(small.address()).await.call(&small, "PUT", "/api/v1/pods", "application/json").await;
    same(&post, recording!("405"));
    let mut stranger = Client::open(small.address()).await;
    let refused =
        stranger.call_as("Authorization: Bearer nonsense\r\n", "GET", "/api/v1/pods", "application/json").await;
    same(&refused, recording!("401-badtoken"));
    let lost = ask(&small, "/nope", "application/json").await;
    let theirs = recorded(recording!("404-path"));
    assert_eq!((lost.status(), lost.body), (theirs.status(), theirs.body));
    let absent = ask(&small, "/apis/resource.k8s.io/v1/deviceclasses", "application/json").await;
    assert_eq!((absent.status(), absent.json()["reason"].as_str()), (501, Some("NotImplemented")));
    let status = ask(&small, "/api/v1/namespaces/shop/pods/nope", "application/vnd.kubernetes.protobuf").await;
    assert!(status.status() == 404 && status.body.starts_with(b"k8s\0"));
}

#[tokio::test]
async fn a_restricted_user_reads_its_own_namespace_only() {
    let fleet = fleet().await;
    let restricted = fleet.cluster("restricted").unwrap();
    for (path, status) in [
        ("/api/v1/namespaces/team-a/pods", 200),
        ("/api/v1/namespaces/team-a", 200),
        ("/api/v1/namespaces/team-a/events", 200),
        ("/api/v1/namespaces/team-b/pods", 403),
        ("/api/v1/namespaces/team-b", 403),
        ("/api/v1/namespaces", 403),
        ("/api/v1/nodes", 403),
        ("/version", 200),
    ] {
        assert_eq!(ask(&restricted, path, "application/json").await.status(), status, "{path}");
    }
}

#[tokio::test]
async fn anonymous_may_look_alive_but_is_told_who_it_is() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let mut client = Client::open(small.address()).await;
    for (path, status) in [("/version", 200), ("/readyz", 200), ("/api", 403), ("/api/v1/pods", 403)] {
        assert_eq!(client.call_as("", "GET", path, "application/json").await.status(), status, "{path}");
    }
    let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    let review = client.call_as("", "POST", path, "application/json").await;
    assert_eq!(
        (review.status(), review.json()["status"]["userInfo"]["username"].as_str()),
        (201, Some("system:anonymous"))
    );
    let review = client.call(&small, "POST", path, "application/json").await.json();
    assert_eq!(
        review["status"]["userInfo"],
        serde_json::json!({"username": "ann", "groups": ["sre", "system:authenticated"]})
    );
}

#[tokio::test]
async fn a_watch_tells_changes_and_resumes_and_expires() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let before = small.resource_version();
    let mut watch = Client::over(small.connect_in_memory());
    watch
        .send(
            &small,
            "GET",
            &format!("/api/v1/namespaces/shop/pods?watch=true&resourceVersion={before}"),
            "application/json",
        )
        .await;
    small.add_pod("shop", "newcomer");
    small.add_pod("team-a", "elsewhere");
    let added = watch.next_line().await;
    assert_eq!(
        (added["type"].as_str(), added["object"]["metadata"]["name"].as_str()),
        (Some("ADDED"), Some("newcomer"))
    );
    assert_eq!(added["object"]["kind"], "Pod");
    assert!(small.delete_pod("shop", "newcomer"));
    assert_eq!(watch.next_line().await["type"], "MODIFIED");
    assert_eq!(watch.next_line().await["type"], "DELETED");
    let mut again = Client::over(small.connect_in_memory());
    again.send(&small, "GET", &format!("/api/v1/pods?watch=true&resourceVersion={before}"), "application/json").await;
    let types =
        [again.next_line().await, again.next_line().await].map(|event| event["object"]["metadata"]["name"].clone());
    assert_eq!(types, ["newcomer", "elsewhere"]);
    let mut old = Client::over(small.connect_in_memory());
    old.send(&small, "GET", "/api/v1/pods?watch=true&resourceVersion=1", "application/json").await;
    let mut theirs = recorded(recording!("watch-410-expired")).json();
    let ours = old.next_line().await;
    theirs["object"]["message"] = format!("too old resource version: 1 ({})", small.resource_version()).into();
    assert_eq!(ours, theirs);
}

#[tokio::test]
async fn a_streaming_list_ends_in_a_bookmark_and_bookmarks_follow() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let mut watch = Client::over(small.connect_in_memory());
    let path = "/api/v1/pods?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1";
    watch.send(&small, "GET", path, "application/json").await;
    let count = small.count(Resource::Pods, None);
    for _ in 0..count {
        assert_eq!(watch.next_line().await["type"], "ADDED");
    }
    let end = watch.next_line().await;
    assert_eq!(end["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"], "true");
    let bookmark = watch.next_line().await;
    assert_eq!(
        (bookmark["type"].as_str(), &bookmark["object"]["metadata"]["annotations"]),
        (Some("BOOKMARK"), &Value::Null)
    );
    assert!(watch.ends().await, "timeoutSeconds ends a watch properly");
}

#[tokio::test]
async fn a_protobuf_streaming_list_has_frames_like_the_json_one() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let mut watch = Client::over(small.connect_in_memory());
    let path =
        "/api/v1/pods?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    watch.send(&small, "GET", path, "application/vnd.kubernetes.protobuf;stream=watch").await;
    let count = small.count(Resource::Pods, None);
    for _ in 0..count {
        assert!(watch.next_frame().await.starts_with(b"\n\x05ADDED\x12"));
    }
    let end = watch.next_frame().await;
    assert!(end.starts_with(b"\n\x08BOOKMARK") && end.windows(22).any(|window| window == b"k8s.io/initial-events-"));
}

#[tokio::test]
async fn an_old_server_refuses_streaming_lists_and_protobuf() {
    let fleet = fleet().await;
    let old = fleet.cluster("old").unwrap();
    let path = "/api/v1/pods?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
    let refused = ask(&old, path, "application/json").await;
    assert_eq!((refused.status(), refused.json()["reason"].as_str()), (422, Some("Invalid")));
    let list = ask(&old, "/api/v1/pods", "application/vnd.kubernetes.protobuf,application/json").await;
    assert!(list.head.contains("content-type: application/json"));
    assert_eq!(ask(&old, "/version", "application/json").await.json()["gitVersion"], "v1.31.4");
}

#[tokio::test]
async fn a_watch_with_a_selector_sees_objects_come_and_go() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let name =
        ask(&small, "/api/v1/nodes?limit=1", "application/json").await.json()["items"][0]["metadata"]["name"].clone();
    let mut chosen = Client::over(small.connect_in_memory());
    let version = small.resource_version();
    let path = format!("/api/v1/pods?watch=true&resourceVersion={version}&fieldSelector=metadata.name%3Dtwo");
    chosen.send(&small, "GET", &path, "application/json").await;
    let mut failed = Client::over(small.connect_in_memory());
    let table = "application/json;as=Table;v=v1;g=meta.k8s.io";
    failed.send(&small, "GET", &format!("/api/v1/nodes?watch=true&resourceVersion={version}"), table).await;
    for pod in ["one", "two"] {
        small.add_pod("shop", pod);
    }
    assert_eq!(chosen.next_line().await["object"]["metadata"]["name"], "two");
    assert!(small.set_node_ready(name.as_str().unwrap(), false));
    loop {
        let event = failed.next_line().await;
        let cells = &event["object"]["rows"][0]["cells"];
        if cells[0] == name && cells[1] == "NotReady" {
            break;
        }
    }
}

#[tokio::test]
async fn the_world_lives_by_itself() {
    let text = "[[cluster]]\nname = \"busy\"\ntls = false\npods = 60\n[cluster.churn]\nreplacements = 20\n";
    let options = Options { speed: 100.0, ..Options::default() };
    let fleet = Fleet::start(&Scenario::from_toml(text).unwrap(), options).await.unwrap();
    let busy = fleet.cluster("busy").unwrap();
    let mut watch = Client::over(busy.connect_in_memory());
    let path = format!("/api/v1/pods?watch=true&resourceVersion={}", busy.resource_version());
    watch.send(&busy, "GET", &path, "application/json").await;
    let mut seen = Vec::new();
    while !["ADDED", "MODIFIED", "DELETED"].iter().all(|kind| seen.contains(&serde_json::json!(kind))) {
        seen.push(watch.next_line().await["type"].clone());
    }
}

#[tokio::test]
async fn dropping_the_fleet_closes_everything() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let mut open = Client::open(small.address()).await;
    assert_eq!(open.call(&small, "GET", "/readyz", "*/*").await.status(), 200);
    drop(fleet);
    assert!(open.ends().await);
    assert!(TcpStream::connect(small.address()).await.is_err());
}

#[tokio::test]
async fn the_kubeconfig_has_a_context_per_cluster_and_the_plugin() {
    let fleet = fleet().await;
    let text = fleet.kubeconfig(Path::new("/opt/fleet \"tui\""));
    let config = kube::config::Kubeconfig::from_yaml(&text).unwrap();
    let names: Vec<&str> = config.contexts.iter().map(|context| context.name.as_str()).collect();
    assert_eq!(names, ["small", "restricted", "old", "gone", "locked"]);
    assert_eq!(config.current_context.as_deref(), Some("small"));
    assert_eq!(config.contexts[1].context.as_ref().unwrap().namespace.as_deref(), Some("team-a"));
    let exec = config.auth_infos[4].auth_info.as_ref().unwrap().exec.as_ref().unwrap();
    // It is called as people would call it, and leads to the program.
    let command = Path::new(exec.command.as_deref().unwrap());
    #[cfg(unix)]
    assert_eq!(command.file_name().unwrap(), "corp-sso");
    #[cfg(unix)]
    assert_eq!(std::fs::read_link(command).unwrap(), Path::new("/opt/fleet \"tui\""));
    assert_eq!(fleet.kubeconfig(Path::new("/opt/fleet \"tui\"")), text, "as often as it is asked for");
    assert_eq!(exec.args.as_deref().unwrap(), ["sim-credential", "--expired"]);
}

#[tokio::test]
async fn requests_are_remembered() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    ask(&small, "/api/v1/nodes?limit=1", "application/json").await;
    assert_eq!(small.requests(), ["GET /api/v1/nodes?limit=1"]);
}
