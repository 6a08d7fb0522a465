//! Credential plugins that misbehave, beside clusters that serve. Plugins are processes, so this runs in real time.

use std::path::PathBuf;
use std::time::Duration;

use crate::house::{House, is_well};
use crate::neighbours::Watchman;
use crate::stage::{Stage, quiet};
use fleet_tui::model::health::Health;
use fleet_tui::sim::Fault;

/// Longest for anything here; nothing takes so long unless it never comes.
const LIMIT: Duration = Duration::from_secs(10);

/// On a busy machine a heartbeat over pipes may take this long; a plugin that holds the others up would take longer.
const SOON: Duration = Duration::from_millis(800);

/// Cluster `a` gets its token from a script, with short limits for all.
struct Scene {
    house: House,
    script: PathBuf,
}

impl Scene {
    async fn new() -> Self {
        let mut stage = Stage::new(&quiet(&["a", "b", "c"])).await;
        let millis = Duration::from_millis;
        stage.limits.exec = millis(1_500);
        stage.limits.heartbeat_close = millis(100);
        stage.limits.heartbeat = millis(300);
        stage.limits.auth_backoff = vec![millis(100); 3];
        stage.limits.auth_settled = millis(200);
        let script = stage.folder.path().join("plugin");
        write(&script, &credential(&stage));
        let token = format!("token: {}", stage.server("a").token());
        let exec = format!(
            "exec: {{apiVersion: client.authentication.k8s.io/v1, command: sh, args: ['{}']}}",
            script.display()
        );
        stage.edit(|text| text.replace(&token, &exec));
        Self { house: House::live(stage).await, script }
    }

    /// Lets the token expire and the plugin be another one until `a` says these words; then the first one is back.
    async fn breaks(mut self, plugin: &str, words: &str) -> House {
        let mut watchman = Watchman::begin(&mut self.house, SOON);
        write(&self.script, plugin);
        let server = self.house.stage.server("a");
        server.set_fault(Fault::Unauthorized);
        let said = |health: Health, reason: &str| health == Health::AuthFailed && reason.contains(words);
        self.house.until("a", LIMIT, |cluster, _| said(cluster.standing.health, &cluster.standing.reason)).await;
        watchman.keep(&mut self.house, Duration::from_secs(2)).await;
        server.clear_faults();
        write(&self.script, &credential(&self.house.stage));
        self.house.until("a", LIMIT, is_well).await;
        watchman.check(&self.house);
        self.house
    }
}

/// A file is replaced at once: a shell may be reading it.
fn write(path: &std::path::Path, text: &str) {
    let new = path.with_extension("new");
    std::fs::write(&new, text).unwrap();
    std::fs::rename(new, path).unwrap();
}

/// A plugin that hands the token out.
fn credential(stage: &Stage) -> String {
    let token = stage.server("a").token();
    format!(
        r#"printf '{{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{{"token":"{token}"}}}}'"#
    )
}

#[tokio::test]
async fn a_plugin_that_hangs() {
    Scene::new().await.breaks("exec sleep 1000", "did not end within").await;
}

#[tokio::test]
async fn a_plugin_that_prints_to_the_terminal() {
    let noise = "printf '\\033[2J\\007pick an account' | tee /dev/tty >&2; exit 3";
    Scene::new().await.breaks(noise, "credential plugin sh failed (exit 3)").await;
}

#[tokio::test]
async fn a_plugin_that_prints_garbage_without_end() {
    Scene::new().await.breaks("exec yes", "printed more than 1 MiB").await;
}

#[tokio::test]
async fn a_plugin_that_fails_while_its_child_holds_the_pipe() {
    let scene = Scene::new().await;
    let pid = scene.script.with_extension("pid");
    let forks = format!("sleep 1000 & echo $! >'{}'; exit 4", pid.display());
    let folder = scene.breaks(&forks, "credential plugin sh failed (exit 4)").await;
    let child = std::fs::read_to_string(pid).unwrap();
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.trim()));
    assert!(stat.is_err() || stat.is_ok_and(|stat| stat.contains(" Z ")), "it lives on");
    drop(folder);
}

/// What a plugin leaves behind that has done its work lives as long as its cluster: an agent that keeps a login, say.
#[tokio::test]
async fn a_plugin_whose_child_holds_the_pipe() {
    let mut scene = Scene::new().await;
    let mut watchman = Watchman::begin(&mut scene.house, SOON);
    write(&scene.script, &format!("sleep 5 & {}", credential(&scene.house.stage)));
    let server = scene.house.stage.server("a");
    server.set_fault(Fault::Unauthorized);
    scene.house.until("a", LIMIT, |cluster, _| cluster.standing.health == Health::AuthFailed).await;
    watchman.keep(&mut scene.house, Duration::from_secs(1)).await;
    server.clear_faults();
    let mended = scene.house.until("a", LIMIT, is_well).await;
    assert!(mended < Duration::from_secs(4), "its child was waited for: {mended:?}");
    watchman.check(&scene.house);
}
