//! `fleet-tui sim` as a script sees it: what it prints, how it ends, and that kubectl can use what it printed.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};

use kube::config::Kubeconfig;

const SCENARIO: &str = r#"
[[cluster]]
name = "token"
pods = 20
[[cluster]]
name = "certificate"
pods = 20
[cluster.user]
name = "bob"
auth = "client-cert"
[[cluster]]
name = "plugin"
pods = 20
[cluster.user]
name = "ann"
auth = "plugin"
[[cluster]]
name = "plain"
tls = false
"#;

fn sim(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleet-tui"));
    command.arg("sim").args(arguments).stdin(Stdio::null());
    command
}

/// A running fleet; killed when dropped.
struct Running {
    child: Child,
    kubeconfig: String,
    folder: tempfile::TempDir,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("scenario.toml");
        std::fs::write(&file, SCENARIO).unwrap();
        let mut command = sim(&["--scenario", file.to_str().unwrap()]);
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // The admin's token is the last line.
        let mut kubeconfig = String::new();
        for line in &mut lines {
            let line = line.unwrap();
            kubeconfig.push_str(&line);
            kubeconfig.push('\n');
            if kubeconfig.contains("\nextensions:") && line.starts_with("    token: ") {
                break;
            }
        }
        std::fs::write(folder.path().join("config"), &kubeconfig).unwrap();
        Self { child, kubeconfig, folder }
    }

    fn config(&self) -> Kubeconfig {
        Kubeconfig::from_yaml(&self.kubeconfig).unwrap()
    }

    /// Asks the admin endpoint; returns the whole answer.
    fn admin(&self, method: &str, path: &str) -> String {
        let extension = self.config().extensions.unwrap()[0].extension.clone();
        let address = extension["admin"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
        let token = extension["token"].as_str().unwrap();
        let mut socket = TcpStream::connect(address).unwrap();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: sim\r\nAuthorization: Bearer {token}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        );
        socket.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Runs kubectl in a context; `None` where there is none.
    fn kubectl(&self, context: &str, arguments: &[&str]) -> Option<Output> {
        let mut command = Command::new("kubectl");
        command.arg("--kubeconfig").arg(self.folder.path().join("config")).args(["--context", context]);
        command.args(["--cache-dir", self.folder.path().join("cache").to_str().unwrap()]);
        command.args(arguments).env_remove("KUBECONFIG").output().ok()
    }

    /// Sends a signal and returns the exit code and what was logged.
    #[cfg(unix)]
    fn ended_by(mut self, signal: rustix::process::Signal) -> (Option<i32>, String) {
        let process = rustix::process::Pid::from_raw(self.child.id().try_into().unwrap()).unwrap();
        rustix::process::kill_process(process, signal).unwrap();
        let code = self.child.wait().unwrap().code();
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        (code, log)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

#[test]
fn the_scenarios_are_listed_with_what_they_show() {
    let output = sim(&["--list"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let default = text.lines().find(|line| line.starts_with("default ")).unwrap();
    assert!(output.status.success() && default.split_whitespace().count() > 3, "{text}");
    assert_eq!(text.lines().count(), fleet_tui::sim::Scenario::names().count());
}

#[test]
fn an_unknown_scenario_is_wrong_usage() {
    let output = sim(&["--scenario", "nope"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("scenario nope: neither a file nor built in"));
}

#[cfg(unix)]
#[test]
fn it_serves_until_interrupted_and_logs_on_demand() {
    let running = Running::start(&["--log", "--seed", "7"]);
    let config = running.config();
    let servers: Vec<String> =
        config.clusters.iter().map(|cluster| cluster.cluster.as_ref().unwrap().server.clone().unwrap()).collect();
    assert!(servers[..3].iter().all(|server| server.starts_with("https://127.0.0.1:")), "{servers:?}");
    let plain = servers[3].strip_prefix("http://").unwrap();
    let mut socket = TcpStream::connect(plain).unwrap();
    socket.write_all(b"GET /version HTTP/1.1\r\nHost: sim\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    let (code, log) = running.ended_by(rustix::process::Signal::INT);
    assert_eq!(code, Some(130));
    assert!(log.contains("plain GET /version 200 "), "{log}");
}

#[cfg(unix)]
#[test]
fn a_request_to_end_is_success_and_quiet() {
    assert_eq!(Running::start(&[]).ended_by(rustix::process::Signal::TERM), (Some(0), String::new()));
}

#[test]
fn the_same_port_is_not_taken_twice() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = sim(&["--port", &port]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains(&format!("port {port}: ")));
}

#[test]
fn the_admin_endpoint_breaks_what_kubectl_sees() {
    let running = Running::start(&[]);
    assert!(running.admin("PUT", "/clusters/plugin/faults/token-expiry").starts_with("HTTP/1.1 200 OK"));
    for context in ["token", "certificate", "plugin"] {
        // Each with its own way to log in: the plugin gives the new token.
        let Some(output) = running.kubectl(context, &["get", "pods", "-A", "-o", "name"]) else { return };
        let names = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && names.lines().count() >= 10, "{context}: {output:?}");
    }
    running.admin("PUT", "/clusters/certificate/faults/unauthorized");
    let refused = running.kubectl("certificate", &["get", "nodes"]).unwrap();
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("logged in"), "{refused:?}");
    running.admin("DELETE", "/clusters/certificate/faults");
    assert!(running.kubectl("certificate", &["get", "nodes"]).unwrap().status.success());
}

#[test]
fn options_that_are_wrong_usage_elsewhere_are_here_too() {
    for wrong in [["--config", "/nowhere/config.toml"], ["--set", "noodles=3"]] {
        let output = sim(&["--list"]).args(wrong).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{wrong:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
