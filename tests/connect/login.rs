//! Logins: at the terminal, one for a group, and plugins that wait for a person. Plugins are shell scripts.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use fleet_tui::cluster::connect::Target;
use fleet_tui::cluster::limits::Limits;
use fleet_tui::cluster::login::login;
use fleet_tui::cluster::supervisor::{check, open};
use fleet_tui::model::failure::{Failure, FailureKind};
use fleet_tui::model::ids::{ClusterId, Generation};
use fleet_tui::model::update::{ClusterCommand, Link, Update};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::api_server::{Asked, Server, plain};

/// Contexts `a`, `b` and `c` of one server, whose plugin is the script `aws`; they differ in `--cluster-name` alone.
struct Group {
    folder: TempDir,
    limits: Limits,
    server: Server,
}

/// A process that a plugin has started. Ended with the test.
struct Child(u32);

impl Child {
    fn is_alive(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0)).unwrap_or_default();
        !stat.is_empty() && !stat.contains(") Z ")
    }

    async fn ends(&self) {
        while self.is_alive() {
            tokio::task::yield_now().await;
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if self.is_alive() {
            let _gone = std::process::Command::new("kill").args(["-KILL", &self.0.to_string()]).status();
        }
    }
}

/// A script that starts a child, says which and never ends.
const PARENT: &str = "sleep 1000 & echo $! >child\nwait";

const CREDENTIAL: &str = r#"printf '{"kind":"ExecCredential","status":{"token":"good"}}'"#;

impl Group {
    /// The script runs in the contexts' folder.
    async fn new(mode: &str, script: &str) -> Self {
        let answer = |asked: &Asked| match asked.authorization.as_deref() {
            Some("Bearer good") => (201, r#"{"status":{"userInfo":{"username":"ann"}}}"#.to_owned()),
            _ => (401, String::new()),
        };
        let server = plain(answer).await;
        let group = Self { folder: tempfile::tempdir().unwrap(), limits: Limits::default(), server };
        let path = group.folder.path().join("aws");
        std::fs::write(&path, format!("#!/bin/sh\ncd \"$(dirname \"$0\")\"\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let address = group.server.address;
        let mut text =
            format!("kind: Config\nclusters: [{{name: c, cluster: {{server: 'http://{address}'}}}}]\nusers:\n");
        for name in ["a", "b", "c"] {
            let _infallible = writeln!(
                text,
                "- {{name: {name}, user: {{exec: {{apiVersion: client.authentication.k8s.io/v1, command: ./aws, \
                 interactiveMode: {mode}, args: [eks, get-token, --cluster-name, {name}]}}}}}}"
            );
        }
        text += "- {name: t, user: {token: good}}\ncontexts:\n";
        for name in ["a", "b", "c", "t"] {
            let _infallible = writeln!(text, "- {{name: {name}, context: {{cluster: c, user: {name}}}}}");
        }
        std::fs::write(group.file("config"), text).unwrap();
        group
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn target(&self, context: &str) -> Target {
        Target { id: ClusterId::new(context), path: self.file("config"), context: context.to_owned() }
    }

    async fn check(&self, context: &str) -> Result<(), Failure> {
        check(self.target(context), self.limits.clone()).await.map(drop)
    }

    async fn login(&self, context: &str) -> Result<(), Failure> {
        self.interruptible_login(context, &CancellationToken::new()).await
    }

    async fn interruptible_login(&self, context: &str, interrupted: &CancellationToken) -> Result<(), Failure> {
        login(self.target(context), self.limits.clone(), interrupted.clone()).await
    }

    /// Waits until the script has started a child and written its number to `child`.
    async fn child(&self) -> Child {
        loop {
            let text = std::fs::read_to_string(self.file("child")).unwrap_or_default();
            match text.trim_end_matches('\n').parse() {
                Ok(number) if text.ends_with('\n') => return Child(number),
                _ => tokio::task::yield_now().await,
            }
        }
    }

    fn runs(&self) -> usize {
        std::fs::read_to_string(self.file("runs")).unwrap_or_default().lines().count()
    }

    async fn has_run(&self, times: usize) {
        while self.runs() < times {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_plugin_that_needs_a_terminal_gets_it_from_a_login_and_its_credential_reaches_the_clusters() {
    let script = format!(
        "case \"$KUBERNETES_EXEC_INFO\" in *'\"interactive\":true'*) ;; *) exit 9;; esac\necho run >>runs\n{CREDENTIAL}"
    );
    let group = Group::new("Always", &script).await;
    let failure = group.check("a").await.unwrap_err();
    assert_eq!((failure.kind, failure.hint.as_deref()), (FailureKind::LoginExpired, Some("press L to log in")));
    assert_eq!(group.runs(), 0);
    group.login("a").await.unwrap();
    assert_eq!(group.runs(), 1);
    group.check("a").await.unwrap();
    group.check("a").await.unwrap();
    assert_eq!(group.runs(), 1, "a cluster that is opened again needs no other login");
}

#[tokio::test]
async fn a_login_that_fails_says_so_and_one_without_a_plugin_too() {
    let group = Group::new("IfAvailable", "exit 4").await;
    let failure = group.login("a").await.unwrap_err();
    assert_eq!(failure.summary, "credential plugin aws failed (exit 4)");
    let failure = group.login("t").await.unwrap_err();
    assert_eq!(failure.summary, "context t has no credential plugin to log in with");
}

#[tokio::test]
async fn a_login_has_a_time_limit() {
    let mut group = Group::new("Always", "exec sleep 1000").await;
    group.limits.exec = Duration::from_millis(200);
    assert_eq!(group.login("a").await.unwrap_err().kind, FailureKind::PluginTimeout);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_a_login_started_ends_with_its_time_or_with_us() {
    let mut group = Group::new("Always", PARENT).await;
    group.limits.exec = Duration::from_secs(2);
    assert_eq!(group.login("a").await.unwrap_err().kind, FailureKind::PluginTimeout);
    group.child().await.ends().await;
    std::fs::remove_file(group.file("child")).unwrap();
    group.limits.exec = Duration::from_secs(1000);
    let child = tokio::select! {
        _ = group.login("a") => panic!("it never ends"),
        child = group.child() => child,
    };
    child.ends().await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_a_login_started_outlives_its_success_and_the_persons_interruption() {
    let group = Group::new("Always", &format!("sleep 1000 >/dev/null & echo $! >child\n{CREDENTIAL}")).await;
    group.login("a").await.unwrap();
    assert!(group.child().await.is_alive(), "a browser that was opened lives on");
    let group = Group::new("Always", PARENT).await;
    let interrupted = CancellationToken::new();
    let child = tokio::select! {
        _ = group.interruptible_login("a", &interrupted) => panic!("it never ends"),
        // Before the login is given up, as by a person at the terminal: what is behind an arrow runs after that.
        child = async { (group.child().await, interrupted.cancel()).0 } => child,
    };
    // Whoever would have been ended with the plugin would be stopped by now.
    assert!(child.is_alive());
}

#[tokio::test]
async fn a_plugin_that_prints_without_end_is_ended() {
    for script in ["exec yes", "exec yes >&2"] {
        let group = Group::new("IfAvailable", script).await;
        let failure = group.check("a").await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::PluginOutput);
        assert_eq!(failure.summary, "credential plugin aws printed more than 1 MiB and was ended");
    }
    let group = Group::new("IfAvailable", "exec yes").await;
    assert_eq!(group.login("a").await.unwrap_err().kind, FailureKind::PluginOutput);
}

#[tokio::test]
async fn a_plugin_that_hangs_gives_way_to_a_login_and_is_healed_by_it() {
    let script = format!(
        "echo run >>runs\ncase \"$KUBERNETES_EXEC_INFO\" in *'\"interactive\":true'*) touch done;; esac\n\
         [ -e done ] || exec sleep 1000\n{CREDENTIAL}"
    );
    let group = Group::new("IfAvailable", &script).await;
    let login = async {
        group.has_run(1).await;
        group.login("b").await.unwrap();
    };
    let all = async { tokio::join!(group.check("a"), group.check("b"), group.check("c"), login) };
    let (a, b, c, ()) = tokio::time::timeout(Duration::from_secs(20), Box::pin(all)).await.expect("nobody hangs");
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
}

#[tokio::test]
async fn plugins_of_one_login_group_run_one_at_a_time() {
    let script =
        format!("mkdir busy 2>/dev/null || touch overlapped\necho run >>runs\nsleep 0.1\nrmdir busy\n{CREDENTIAL}");
    let group = Group::new("IfAvailable", &script).await;
    let (a, b, c) = tokio::join!(group.check("a"), group.check("b"), group.check("c"));
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_eq!(group.runs(), 3);
    assert!(!group.file("overlapped").exists());
}

#[tokio::test]
async fn an_expired_login_is_found_out_once_for_all_that_wait() {
    let group = Group::new("IfAvailable", "echo run >>runs\nsleep 0.3\necho 'Error: token expired' >&2\nexit 1").await;
    let (a, b, c) = tokio::join!(group.check("a"), group.check("b"), group.check("c"));
    for outcome in [a, b, c] {
        let failure = outcome.unwrap_err();
        assert_eq!(failure.summary, "the login of aws has expired: token expired");
        assert_eq!(failure.hint.as_deref(), Some("L logs in with aws"));
    }
    assert_eq!(group.runs(), 1);
    group.check("b").await.unwrap_err();
    assert_eq!(group.runs(), 2, "who asks later asks anew");
}

#[tokio::test]
async fn a_plugin_that_ran_long_waits_for_a_person() {
    let mut group = Group::new("IfAvailable", "echo run >>runs\nsleep 0.2\nexit 1").await;
    let short = Duration::from_millis(20);
    group.limits.plugin_patience = short;
    group.limits.file_check = short;
    let (sender, mut updates) = tokio::sync::mpsc::channel(64);
    let handle = open(group.target("a"), Generation(1), group.limits.clone(), sender, true);
    for run in 1..=2 {
        let down = async {
            loop {
                if let Update::Link(Link::Down { failure, retry_in, .. }) = updates.recv().await.unwrap().update {
                    return (failure, retry_in);
                }
            }
        };
        let (failure, retry_in) = tokio::time::timeout(Duration::from_secs(10), down).await.unwrap();
        assert_eq!((retry_in, group.runs()), (None, run));
        assert_eq!(failure.hint.as_deref(), Some("press L to log in, or R to run it again"));
        let more = tokio::time::timeout(short * 10, updates.recv()).await;
        assert!(more.is_err(), "{more:?}");
        handle.commands.send(ClusterCommand::RetryNow).await.unwrap();
    }
    group.has_run(3).await;
}
