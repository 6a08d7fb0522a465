//! The life of one open cluster against a server that changes its mind: what is told, what is retried, what remains.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use crate::api_server::{Answer, Asked, Server, closed_port, plain, silent};
use fleet_tui::cluster::connect::Target;
use fleet_tui::cluster::limits::Limits;
use fleet_tui::cluster::supervisor::{ClusterHandle, open};
use fleet_tui::model::failure::FailureKind;
use fleet_tui::model::ids::{ClusterId, Generation};
use fleet_tui::model::update::{BeatOutcome, ClusterCommand, Envelope, Link, Update};
use tempfile::TempDir;
use tokio::sync::mpsc::Receiver;

/// An open cluster with the end of its channel.
struct Open {
    handle: ClusterHandle,
    updates: Receiver<Envelope>,
    folder: TempDir,
}

fn kubeconfig(server: &str) -> String {
    format!(
        "kind: Config\nclusters: [{{name: c, cluster: {{server: '{server}'}}}}]\nusers: [{{name: u, user: {{tokenFile: token}}}}]\n\
         contexts: [{{name: it, context: {{cluster: c, user: u}}}}]\n"
    )
}

impl Open {
    fn new(server: &str, limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config"), kubeconfig(server)).unwrap();
        std::fs::write(folder.path().join("token"), "first\n").unwrap();
        let (sender, updates) = tokio::sync::mpsc::channel(64);
        let target =
            Target { id: ClusterId::new("config:it"), path: folder.path().join("config"), context: "it".to_owned() };
        let handle = open(target, Generation(7), limits, sender, true);
        Self { handle, updates, folder }
    }

    async fn next(&mut self) -> Update {
        let next = tokio::time::timeout(Duration::from_secs(10), self.updates.recv()).await;
        let envelope = next.expect("an update within ten seconds").expect("an open channel");
        assert_eq!((envelope.cluster.as_str(), envelope.generation), ("config:it", Generation(7)));
        envelope.update
    }

    async fn link(&mut self) -> Link {
        loop {
            if let Update::Link(link) = self.next().await {
                return link;
            }
        }
    }

    /// Returns the next heartbeat's outcome that satisfies the test, failing on any change of the link.
    async fn beat(&mut self, wanted: impl Fn(&BeatOutcome) -> bool) -> BeatOutcome {
        loop {
            match self.next().await {
                Update::Beat(beat) if wanted(&beat.outcome) => return beat.outcome,
                Update::Link(link) => panic!("the link moved to {link:?}"),
                _ => {}
            }
        }
    }

    async fn up(&mut self) {
        assert_eq!(self.link().await, Link::Connecting);
        assert_eq!(self.link().await, Link::Up);
    }
}

/// Beats and retries quickly, so that tests need no patience.
fn quick() -> Limits {
    let short = Duration::from_millis(20);
    Limits { heartbeat: short, heartbeat_close: short, file_check: short, ..Limits::default() }
}

/// A server that accepts `Bearer first` while `accepted` is 1, `Bearer second` while it is 2, and whose readiness
/// answers with the status in `ready`.
struct Moods {
    accepted: AtomicU16,
    ready: AtomicU16,
}

async fn moody() -> (Server, Arc<Moods>) {
    let moods = Arc::new(Moods { accepted: AtomicU16::new(1), ready: AtomicU16::new(200) });
    let seen = moods.clone();
    (plain(move |asked| seen.answer(asked)).await, moods)
}

impl Moods {
    fn answer(&self, asked: &Asked) -> Answer {
        let token = match self.accepted.load(Ordering::SeqCst) {
            1 => "Bearer first",
            2 => "Bearer second",
            _ => "nothing",
        };
        if asked.authorization.as_deref() != Some(token) {
            return (401, "Unauthorized".to_owned());
        }
        match asked.line.as_str() {
            "GET /version" => (200, r#"{"gitVersion":"v1.36.2"}"#.to_owned()),
            "GET /readyz" => {
                (self.ready.load(Ordering::SeqCst), "[+]ping ok\n[-]etcd failed: reason withheld\n".to_owned())
            }
            line if line.ends_with("/selfsubjectreviews") => {
                (201, r#"{"status":{"userInfo":{"username":"alice"}}}"#.to_owned())
            }
            _ => (404, "404 page not found".to_owned()),
        }
    }
}

#[tokio::test]
async fn a_good_cluster_is_up_and_tells_user_version_and_heartbeat() {
    let (server, _) = moody().await;
    let mut cluster = Open::new(&format!("http://{}", server.address), quick());
    cluster.up().await;
    let (mut user, mut version, mut beat) = (None, None, None);
    while user.is_none() || version.is_none() || beat.is_none() {
        match cluster.next().await {
            Update::Identity(identity) => user = identity.user,
            Update::Version(text) => version = Some(text),
            Update::Beat(it) => beat = Some(it.outcome),
            _ => {}
        }
    }
    assert_eq!((user.as_deref(), version.as_deref()), (Some("alice"), Some("v1.36.2")));
    assert_eq!(beat, Some(BeatOutcome::Ready));
}

#[tokio::test]
async fn an_unreachable_cluster_says_why_and_when_it_tries_again_and_retry_now_is_at_once() {
    let address = closed_port().await;
    let limits = Limits { backoff: (Duration::from_secs(1000), Duration::from_secs(1000)), ..Limits::default() };
    let mut cluster = Open::new(&format!("https://{address}"), limits);
    for _ in 0..2 {
        assert_eq!(cluster.link().await, Link::Connecting);
        let Link::Down { failure, auth_attempts: 0, settled: false, retry_in: Some(delay) } = cluster.link().await
        else {
            panic!("not down")
        };
        assert_eq!(failure.kind, FailureKind::Refused);
        assert!(delay > Duration::from_secs(800));
        cluster.handle.commands.send(ClusterCommand::RetryNow).await.unwrap();
    }
}

#[tokio::test]
async fn a_token_that_was_renewed_on_disk_is_picked_up_without_a_flicker() {
    let (server, moods) = moody().await;
    let mut cluster = Open::new(&format!("http://{}", server.address), quick());
    cluster.up().await;
    cluster.beat(|outcome| *outcome == BeatOutcome::Ready).await;
    std::fs::write(cluster.folder.path().join("token"), "second\n").unwrap();
    moods.accepted.store(2, Ordering::SeqCst);
    while !server.asked("GET /readyz").iter().any(|asked| asked.authorization.as_deref() == Some("Bearer second")) {
        assert_eq!(cluster.beat(|_| true).await, BeatOutcome::Ready);
    }
}

#[tokio::test]
async fn a_plugin_s_token_that_is_rejected_is_renewed_by_one_run_without_a_flicker() {
    let (server, moods) = moody().await;
    let mut cluster = Open::new("", quick());
    let folder = cluster.folder.path().to_owned();
    // The plugin hands out what the file says and writes down that it ran.
    let script =
        r#"cd "$0"; echo run >>runs; printf '{"kind":"ExecCredential","status":{"token":"%s"}}' "$(cat token)""#;
    let user =
        format!("{{exec: {{command: sh, args: ['-c', '{}', '{}']}}}}", script.replace('\'', "''"), folder.display());
    let text = kubeconfig(&format!("http://{}", server.address)).replace("{tokenFile: token}", &user);
    std::fs::write(folder.join("config"), text).unwrap();
    while cluster.link().await != Link::Up {}
    cluster.beat(|outcome| *outcome == BeatOutcome::Ready).await;
    let runs = || std::fs::read_to_string(folder.join("runs")).unwrap().lines().count();
    assert_eq!(runs(), 1);
    std::fs::write(folder.join("token"), "second\n").unwrap();
    moods.accepted.store(2, Ordering::SeqCst);
    while !server.asked("GET /readyz").iter().any(|asked| asked.authorization.as_deref() == Some("Bearer second")) {
        assert_eq!(cluster.beat(|_| true).await, BeatOutcome::Ready);
    }
    assert_eq!(runs(), 2);
}

#[tokio::test]
async fn a_renewal_that_takes_longer_than_a_heartbeat_is_no_missed_heartbeat() {
    let (server, moods) = moody().await;
    let limits = Limits { heartbeat_limit: Duration::from_millis(400), ..quick() };
    let mut cluster = Open::new("", limits);
    let folder = cluster.folder.path().to_owned();
    // The plugin waits for its person, as a login in a browser does.
    let script = r#"cd "$0"; while [ -e wait ]; do sleep 0.02; done; printf '{"kind":"ExecCredential","status":{"token":"%s"}}' "$(cat token)""#;
    let user =
        format!("{{exec: {{command: sh, args: ['-c', '{}', '{}']}}}}", script.replace('\'', "''"), folder.display());
    let text = kubeconfig(&format!("http://{}", server.address)).replace("{tokenFile: token}", &user);
    std::fs::write(folder.join("config"), text).unwrap();
    while cluster.link().await != Link::Up {}
    cluster.beat(|outcome| *outcome == BeatOutcome::Ready).await;
    std::fs::write(folder.join("wait"), "").unwrap();
    std::fs::write(folder.join("token"), "second\n").unwrap();
    moods.accepted.store(2, Ordering::SeqCst);
    let before = server.asked("GET /readyz").len();
    let beats = |server: &Server| server.asked("GET /readyz").len();
    // Each of these is answered with 401 at once and waits for the renewal in vain.
    while beats(&server) < before + 4 {
        if let Ok(Some(envelope)) = tokio::time::timeout(Duration::from_millis(20), cluster.updates.recv()).await {
            let missed = matches!(&envelope.update, Update::Beat(beat) if beat.outcome != BeatOutcome::Ready);
            assert!(!missed && !matches!(envelope.update, Update::Link(_)), "{envelope:?}");
        }
    }
    std::fs::remove_file(folder.join("wait")).unwrap();
    while !server.asked("GET /readyz").iter().any(|asked| asked.authorization.as_deref() == Some("Bearer second")) {
        assert_eq!(cluster.beat(|_| true).await, BeatOutcome::Ready);
    }
}

#[tokio::test]
async fn a_change_of_the_network_is_answered_while_a_plugin_runs() {
    let (server, _) = moody().await;
    let long = Duration::from_secs(1000);
    let mut cluster =
        Open::new(&format!("http://{}", server.address), Limits { heartbeat: long, heartbeat_close: long, ..quick() });
    cluster.up().await;
    cluster.beat(|outcome| *outcome == BeatOutcome::Ready).await;
    let config = cluster.folder.path().join("config");
    let started = cluster.folder.path().join("started");
    let user = format!("{{exec: {{command: sh, args: ['-c', 'touch {}; sleep 1000']}}}}", started.display());
    let text = std::fs::read_to_string(&config).unwrap().replace("{tokenFile: token}", &user);
    std::fs::write(&config, text).unwrap();
    cluster.handle.commands.send(ClusterCommand::Reload).await.unwrap();
    while !started.exists() {
        tokio::task::yield_now().await;
    }
    while cluster.updates.try_recv().is_ok() {}
    cluster.handle.commands.send(ClusterCommand::Reconnect(Duration::ZERO)).await.unwrap();
    cluster.beat(|outcome| *outcome == BeatOutcome::Ready).await;
}

#[tokio::test]
async fn retry_now_cuts_short_the_wait_before_a_silent_probe() {
    let (server, moods) = moody().await;
    let mut cluster = Open::new(&format!("http://{}", server.address), quick());
    cluster.up().await;
    cluster.beat(|outcome| *outcome == BeatOutcome::Ready).await;
    let probes = || server.asked("POST").len();
    // The first rejection is answered at once, the second would wait for ten seconds.
    for (number, token) in [(2, "second"), (1, "first")] {
        let before = probes();
        std::fs::write(cluster.folder.path().join("token"), token).unwrap();
        moods.accepted.store(number, Ordering::SeqCst);
        let start = tokio::time::Instant::now();
        while probes() == before {
            assert!(start.elapsed() < Duration::from_secs(5), "the probe waits");
            if let Ok(Some(envelope)) = tokio::time::timeout(Duration::from_millis(5), cluster.updates.recv()).await {
                assert!(!matches!(envelope.update, Update::Link(_)), "{envelope:?}");
            }
            if number == 1 {
                cluster.handle.commands.send(ClusterCommand::RetryNow).await.unwrap();
            }
        }
    }
}

#[tokio::test]
async fn revoked_credentials_are_a_verdict_and_mended_ones_are_picked_up() {
    let (server, moods) = moody().await;
    let limits =
        Limits { auth_backoff: vec![Duration::from_millis(50); 3], auth_settled: Duration::from_millis(50), ..quick() };
    let mut cluster = Open::new(&format!("http://{}", server.address), limits);
    cluster.up().await;
    moods.accepted.store(0, Ordering::SeqCst);
    for attempt in 1..=5 {
        let Link::Down { failure, auth_attempts, settled, .. } = cluster.link().await else { panic!("not down") };
        assert_eq!(failure.kind, FailureKind::Unauthorized);
        assert_eq!((auth_attempts, settled), (attempt, attempt >= 4));
        assert_eq!(cluster.link().await, Link::Connecting);
    }
    moods.accepted.store(1, Ordering::SeqCst);
    loop {
        if cluster.link().await == Link::Up {
            break;
        }
    }
}

#[tokio::test]
async fn no_request_is_made_while_credentials_are_turned_down() {
    let (server, moods) = moody().await;
    let limits = Limits { auth_backoff: vec![Duration::from_secs(1000)], ..quick() };
    let mut cluster = Open::new(&format!("http://{}", server.address), limits);
    cluster.up().await;
    moods.accepted.store(0, Ordering::SeqCst);
    assert!(matches!(cluster.link().await, Link::Down { .. }));
    let before = server.asked("").len();
    cluster.handle.commands.send(ClusterCommand::RetryNow).await.unwrap();
    assert_eq!(cluster.link().await, Link::Connecting);
    assert!(matches!(cluster.link().await, Link::Down { .. }));
    let asked: Vec<String> = server.asked("").split_off(before).into_iter().map(|asked| asked.line).collect();
    assert_eq!(asked, ["POST /apis/authentication.k8s.io/v1/selfsubjectreviews"]);
}

#[tokio::test]
async fn readiness_forbidden_is_alive_and_a_failing_check_is_named() {
    let (server, moods) = moody().await;
    let mut cluster = Open::new(&format!("http://{}", server.address), quick());
    cluster.up().await;
    moods.ready.store(500, Ordering::SeqCst);
    let outcome = cluster.beat(|outcome| *outcome != BeatOutcome::Ready).await;
    let BeatOutcome::NotReady(failure) = outcome else { panic!("{outcome:?}") };
    assert_eq!(failure.summary, "not ready: etcd failed");
    moods.ready.store(403, Ordering::SeqCst);
    cluster.beat(|outcome| *outcome == BeatOutcome::Ready).await;
    moods.ready.store(429, Ordering::SeqCst);
    cluster.beat(|outcome| *outcome == BeatOutcome::Ready).await;
    moods.ready.store(404, Ordering::SeqCst);
    while server.asked("GET /livez").is_empty() {
        cluster.beat(|outcome| *outcome == BeatOutcome::Ready).await;
    }
}

#[tokio::test]
async fn a_server_that_vanishes_is_missed_and_its_transport_rebuilt() {
    let (server, _) = moody().await;
    let mut cluster = Open::new(&format!("http://{}", server.address), quick());
    cluster.up().await;
    drop(server);
    let (mut missed, mut links) = (false, Vec::new());
    while links.len() < 2 {
        match cluster.next().await {
            Update::Beat(beat) => missed |= matches!(beat.outcome, BeatOutcome::Missed(_)),
            Update::Link(link) => links.push(link),
            _ => {}
        }
    }
    assert!(missed);
    assert_eq!(links, [Link::Rebuilding, Link::Rebuilt], "that is no answer");
}

#[tokio::test]
async fn a_context_that_cannot_be_used_waits_for_the_file_to_be_mended() {
    let (server, _) = moody().await;
    let mut cluster = Open::new("", quick());
    assert_eq!(cluster.link().await, Link::Connecting);
    let Link::Down { failure, retry_in: None, .. } = cluster.link().await else { panic!("not down for good") };
    assert_eq!(failure.summary, "cluster c has no server address");
    std::fs::write(cluster.folder.path().join("config"), kubeconfig(&format!("http://{}", server.address))).unwrap();
    cluster.up().await;
}

#[tokio::test]
async fn silence_after_close() {
    let (server, _) = moody().await;
    let mut cluster = Open::new(&format!("http://{}", server.address), quick());
    cluster.up().await;
    cluster.handle.closed().await;
    let asked = server.asked("").len();
    while cluster.updates.recv().await.is_some() {}
    assert_eq!(server.asked("").len(), asked);
    // What is left is the server's own listener: its connections end as soon as they notice that ours are closed.
    let runtime = tokio::runtime::Handle::current().metrics();
    let all_gone = async {
        while runtime.num_alive_tasks() > 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), all_gone).await.expect("a task or a socket lives on");
}

#[tokio::test]
async fn closing_does_not_wait_for_a_server_or_a_listener() {
    let server = silent().await;
    let mut stalled = Open::new(&format!("https://{}", server.address), Limits::default());
    assert_eq!(stalled.link().await, Link::Connecting);
    tokio::time::timeout(Duration::from_secs(2), stalled.handle.closed()).await.expect("closed at once");
    // Nobody takes updates: the channel of this one is full before it is closed.
    let (busy, _) = moody().await;
    let deaf = Open::new(&format!("http://{}", busy.address), quick());
    while deaf.updates.len() < 64 {
        tokio::task::yield_now().await;
    }
    tokio::time::timeout(Duration::from_secs(2), deaf.handle.closed()).await.expect("closed at once");
}
