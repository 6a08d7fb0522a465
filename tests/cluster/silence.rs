//! Once closed, a cluster has no task, no socket and no word left, whatever it was doing.

use std::sync::Arc;
use std::time::Duration;

use crate::stage::{Open, Stage, Way, quiet};
use fleet_tui::model::detail::{Inquiry, ObjectRef};
use fleet_tui::model::kind::Kind;
use fleet_tui::model::update::{ClusterCommand, Link, ReadingMode, Update};
use fleet_tui::sim::{Cut, Fault};

/// Closes the cluster and checks that nothing of it is left.
pub async fn is_silent_after_close(stage: &Stage, cluster: Open) {
    let Open { handle, mut updates } = cluster;
    handle.stop();
    while handle.task_count() > 0 {
        tokio::task::yield_now().await;
    }
    handle.closed().await;
    // What was sent before may still be in the channel; nobody is left who could send more.
    while updates.try_recv().is_ok() {}
    assert!(updates.is_closed() && updates.recv().await.is_none());
    let (wire, server) = (stage.wire("a"), stage.server("a"));
    assert_eq!(wire.open(), 0, "a socket is left");
    let (dialled, asked) = (wire.dialled(), server.requests().len());
    wire.set(Way::Open);
    server.clear_faults();
    tokio::time::sleep(Duration::from_secs(100)).await;
    assert_eq!((wire.dialled(), server.requests().len()), (dialled, asked));
}

#[tokio::test(start_paused = true)]
async fn closed_while_connecting() {
    let stage = Stage::new(&quiet(&["a"])).await;
    stage.wire("a").set(Way::Blackhole);
    let mut cluster = stage.open("a");
    assert_eq!(cluster.link().await, Link::Connecting);
    tokio::time::sleep(Duration::from_secs(3)).await;
    is_silent_after_close(&stage, cluster).await;
}

#[tokio::test(start_paused = true)]
async fn closed_while_asking_who_we_are() {
    let stage = Stage::new(&quiet(&["a"])).await;
    stage.server("a").set_fault(Fault::Freeze);
    let mut cluster = stage.open("a");
    assert_eq!(cluster.link().await, Link::Connecting);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(stage.wire("a").open(), 1);
    is_silent_after_close(&stage, cluster).await;
}

#[tokio::test]
async fn closed_while_its_plugin_runs() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let token = format!("token: {}", stage.server("a").token());
    // For as long as the plugin or a child of it lives, the pipe has a writer.
    let pipe = stage.folder.path().join("alive");
    let script = format!("mkfifo {0}; exec 3>{0}; sleep 1000 & wait", pipe.display());
    stage.edit(|text| text.replace(&token, &format!("exec: {{command: sh, args: ['-c', '{script}']}}")));
    let mut cluster = stage.open("a");
    assert_eq!(cluster.link().await, Link::Connecting);
    assert_eq!(cluster.link().await, Link::Plugin { program: "sh".to_owned() });
    while !pipe.exists() {
        tokio::task::yield_now().await;
    }
    let opened = tokio::task::spawn_blocking(move || std::fs::File::open(pipe).unwrap());
    let opened = tokio::time::timeout(Duration::from_secs(5), opened).await.expect("the plugin runs").unwrap();
    let Open { handle, mut updates } = cluster;
    tokio::time::timeout(Duration::from_secs(5), handle.closed()).await.expect("closed at once");
    assert!(updates.recv().await.is_none());
    has_no_writer(opened).await;
}

/// Whoever held the pipe open has to be dead within seconds.
async fn has_no_writer(mut pipe: std::fs::File) {
    let ended = tokio::task::spawn_blocking(move || std::io::Read::read(&mut pipe, &mut [0]).unwrap());
    let ended = tokio::time::timeout(Duration::from_secs(5), ended).await;
    assert_eq!(ended.expect("the writer is dead").unwrap(), 0);
}

#[tokio::test]
async fn closed_after_its_plugin_did_its_work_and_left_a_child_behind() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let token = stage.server("a").token();
    let (pipe, path) = (stage.folder.path().join("alive"), stage.folder.path().join("plugin"));
    // The child holds the pipe and none of the plugin's own streams, as an agent does that keeps a login.
    let script = format!(
        "mkfifo {0}\n(exec 3>{0}; exec sleep 1000) <&- >&- 2>&- &\nprintf '{{\"apiVersion\":\"client.authentication.k8s.io/v1\",\
         \"kind\":\"ExecCredential\",\"status\":{{\"token\":\"{token}\"}}}}'\n",
        pipe.display()
    );
    std::fs::write(&path, script).unwrap();
    let exec = format!("exec: {{command: sh, args: ['{}']}}", path.display());
    stage.edit(|text| text.replace(&format!("token: {token}"), &exec));
    let mut cluster = stage.open("a");
    cluster.live().await;
    let opened = tokio::task::spawn_blocking(move || std::fs::File::open(pipe).unwrap());
    let opened = tokio::time::timeout(Duration::from_secs(5), opened).await.expect("the child runs").unwrap();
    let reading = opened.try_clone().unwrap();
    let ended = tokio::task::spawn_blocking(move || std::io::Read::read(&mut &reading, &mut [0]).unwrap());
    assert!(!ended.is_finished(), "while the cluster is open, its agent lives");
    cluster.during(Duration::from_millis(300)).await;
    assert!(!ended.is_finished(), "while the cluster is open, its agent lives");
    let Open { handle, .. } = cluster;
    tokio::time::timeout(Duration::from_secs(5), handle.closed()).await.expect("closed at once");
    has_no_writer(opened).await;
}

#[tokio::test(start_paused = true)]
async fn closed_while_listing() {
    let stage = Stage::new(&quiet(&["a"])).await;
    stage.server("a").set_fault(Fault::Stall(Cut::lists(100)));
    let mut cluster = stage.open("a");
    while cluster.link().await != Link::Up {}
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(stage.wire("a").open() >= 4);
    is_silent_after_close(&stage, cluster).await;
}

#[tokio::test(start_paused = true)]
async fn closed_while_watching() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let mut cluster = stage.open("a");
    cluster.live().await;
    is_silent_after_close(&stage, cluster).await;
}

#[tokio::test(start_paused = true)]
async fn closed_while_its_heart_and_its_readers_wait_for_an_answer() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let mut cluster = stage.open("a");
    cluster.live().await;
    stage.server("a").set_fault(Fault::Freeze);
    // Within the heartbeat that will be missed, and before anything is cut off for that.
    cluster.during(Duration::from_secs(6)).await;
    is_silent_after_close(&stage, cluster).await;
}

#[tokio::test(start_paused = true)]
async fn closed_while_every_question_waits_for_its_answer() {
    let stage = Stage::new(&quiet(&["a"])).await;
    stage.server("a").add_pod("a-apps", "looked-at");
    // Whatever a cluster asks once it is connected is on its way for so long.
    stage.server("a").set_fault(Fault::latency(Duration::from_secs(4), Duration::ZERO));
    let mut cluster = stage.open("a");
    while cluster.link().await != Link::Up {}
    let object = ObjectRef { kind: Kind::Pods, namespace: "a-apps".into(), name: "looked-at".into(), uid: None };
    cluster.tell(ClusterCommand::Look(Some(Arc::new(Inquiry::new(object))))).await;
    cluster.tell(ClusterCommand::Rules(vec!["a-apps".into()])).await;
    cluster.during(Duration::from_secs(1)).await;
    // Nor does anything come of it that is sent again.
    stage.server("a").set_fault(Fault::Freeze);
    is_silent_after_close(&stage, cluster).await;
}

#[tokio::test(start_paused = true)]
async fn let_go_of_without_a_word_it_ends_as_well() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let mut cluster = stage.open("a");
    cluster.live().await;
    let Open { handle, mut updates } = cluster;
    drop(handle);
    let end = tokio::time::timeout(Duration::from_secs(10), async { while updates.recv().await.is_some() {} });
    end.await.expect("the end of its channel");
    let (wire, server) = (stage.wire("a"), stage.server("a"));
    assert_eq!(wire.open(), 0, "a socket is left");
    let asked = server.requests().len();
    tokio::time::sleep(Duration::from_secs(100)).await;
    assert_eq!(server.requests().len(), asked);
}

#[tokio::test(start_paused = true)]
async fn closed_while_nobody_listens() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let cluster = stage.open("a");
    // Nothing is taken: the channel fills with heartbeats, and whoever sends waits.
    while cluster.updates.capacity() > 0 {
        tokio::time::sleep(Duration::from_secs(10)).await;
    }
    is_silent_after_close(&stage, cluster).await;
}

#[tokio::test(start_paused = true)]
async fn closed_while_surveying() {
    let stage = Stage::new(&quiet(&["a"])).await;
    stage.server("a").set_fault(Fault::Stall(Cut::lists(0)));
    let mut cluster = stage.open("a");
    cluster.tell(ClusterCommand::Reading(ReadingMode::Survey)).await;
    while cluster.link().await != Link::Up {}
    while !stage.server("a").requests().iter().any(|request| request.contains("/api/v1/nodes")) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    is_silent_after_close(&stage, cluster).await;
}

#[tokio::test(start_paused = true)]
async fn closed_while_waiting_for_the_next_survey_and_a_reconnect() {
    let stage = Stage::new(&quiet(&["a"])).await;
    let mut cluster = stage.open("a");
    cluster.tell(ClusterCommand::Reading(ReadingMode::Survey)).await;
    cluster.survey().await;
    cluster.tell(ClusterCommand::Reconnect(Duration::from_secs(5))).await;
    is_silent_after_close(&stage, cluster).await;
}

#[tokio::test(start_paused = true)]
async fn closed_while_waiting_for_the_next_try() {
    let stage = Stage::new(&quiet(&["a"])).await;
    stage.wire("a").set(Way::Refused);
    let mut cluster = stage.open("a");
    cluster.until(|update| matches!(update, Update::Link(Link::Down { .. })).then_some(())).await;
    is_silent_after_close(&stage, cluster).await;
}

#[tokio::test(start_paused = true)]
async fn closed_while_waiting_for_a_person() {
    let stage = Stage::new(&quiet(&["a"])).await;
    stage.edit(|text| text.replace("server:", "sever:"));
    let mut cluster = stage.open("a");
    cluster.until(|update| matches!(update, Update::Link(Link::Down { retry_in: None, .. })).then_some(())).await;
    is_silent_after_close(&stage, cluster).await;
}
