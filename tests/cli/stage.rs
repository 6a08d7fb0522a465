//! A fleet of embedded servers, a home folder with its kubeconfig, and the program run in it.

use std::process::{Command, Output, Stdio};

use fleet_tui::sim::{Fleet, Options, Scenario};
use serde_json::Value;
use tempfile::TempDir;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_fleet-tui");

/// The machine may be busy with other tests: what is slow for that is not to be called slow, nor unreachable.
pub const PATIENT: [&str; 12] = [
    "--set",
    "heartbeat.slow=60s",
    "--set",
    "check.timeout=60s",
    "--set",
    "connect.timeout=60s",
    "--set",
    "connect.preflight=60s",
    "--set",
    "survey.timeout=60s",
    "--set",
    "executor.timeout=120s",
];

/// One cluster of each sort.
const SCENARIO: &str = r#"
[[cluster]]
name = "well"
pods = 20
nodes = 2
namespaces = ["shop"]
[[cluster]]
name = "ill"
pods = 30
nodes = 3
namespaces = ["shop"]
[[cluster.trouble]]
kind = "crash-loop"
workload = "checkout"
namespace = "shop"
number = 2
[[cluster]]
name = "scoped"
pods = 30
namespaces = ["shop", "other"]
[cluster.user]
name = "dana"
groups = ["shop"]
allowed_namespaces = ["shop"]
context_namespace = "shop"
[[cluster]]
name = "expired"
[cluster.user]
auth = "expired-plugin"
[[cluster]]
name = "down"
unreachable = true
"#;

/// Starts the fleet of a scenario.
pub async fn fleet(scenario: &str) -> Fleet {
    let scenario: Scenario = Scenario::from_toml(scenario).unwrap();
    Fleet::start(&scenario, Options::default()).await.unwrap()
}

/// Starts the fleet of a scenario, in which time stands still: what crashes again and again does not happen to run for a
/// moment.
pub async fn still(scenario: &str) -> Fleet {
    let scenario: Scenario = Scenario::from_toml(scenario).unwrap();
    Fleet::start(&scenario, Options { speed: 1e-9, ..Options::default() }).await.unwrap()
}

/// Where the program is at home.
pub struct Home {
    pub folder: TempDir,
}

/// A running fleet and a home whose kubeconfig is that of the fleet.
pub struct Stage {
    pub fleet: Fleet,
    pub home: Home,
}

/// What a run came to.
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Stage {
    pub async fn new() -> Self {
        let fleet = fleet(SCENARIO).await;
        let home = Home::new();
        home.write(".kube/config", &fleet.kubeconfig(PROGRAM.as_ref()));
        Self { fleet, home }
    }

    /// Runs the program beside the fleet.
    pub async fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = self.home.command(arguments);
        tokio::task::spawn_blocking(move || Ran::of(command.output().unwrap())).await.unwrap()
    }
}

impl Home {
    pub fn new() -> Self {
        let home = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(home.folder.path().join(".kube")).unwrap();
        home
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// The program in this home, with nothing of the surroundings that could reach into it.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).stdin(Stdio::null()).env_clear();
        command.env("HOME", self.folder.path()).env("PATH", std::env::var_os("PATH").unwrap());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().unwrap())
    }
}

impl Ran {
    pub fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }
}
