//! Runs credential plugins (client-go's exec protocol) so that they can neither touch the terminal nor outlive us.
//!
//! A plugin gets a session of its own (no controlling terminal), closed input, bounded pipes and a time limit; dropping
//! the run kills it with its children. What it leaves behind in its session after doing its work goes into the care of
//! whoever got the credential ([`super::remains`]). Only a login a person asked for is given the terminal: it shares our
//! process group, and ends with all that descends from it ([`super::family`]).
//! Must not know when a credential is needed, nor show or log what a plugin printed: only [`super::plugin_words`]
//! makes a short, redacted summary of it.

use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use futures::future::try_join;
use kube::config::{ExecConfig, ExecInteractiveMode};
use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop};
use serde::Deserialize;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::family;
use super::login_group;
use super::plugin_words;
use super::remains::Remains;
use crate::kubeconfig::entry::can_be_sent;
use crate::model::failure::{Failure, FailureKind};

/// The most that is kept of a plugin's standard output and standard error.
const OUT_BYTES: usize = 1024 * 1024;
const ERR_BYTES: usize = 16 * 1024;

/// A plugin that prints more than this, on either, prints for ever.
const MOST_BYTES: usize = 1024 * 1024;

/// How long pipes may stay open after the plugin ended (a helper in the background may have inherited them).
const PIPE_GRACE: Duration = Duration::from_millis(300);

/// A credential plugin as a kubeconfig's user entry describes it. Equal values run the same way.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Plugin {
    command: String,
    args: Vec<String>,
    env: Vec<(String, String)>,
    /// The value of `KUBERNETES_EXEC_INFO`, for runs without a terminal.
    info: String,
    /// The same for a run at a terminal.
    info_attached: String,
    install_hint: Option<String>,
    /// `interactiveMode: Always`: it cannot work without a terminal.
    needs_terminal: bool,
}

/// What a plugin hands out. Has no `Debug`: it is all secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// A bearer token.
    pub token: Option<String>,
    /// A client certificate and its key, in PEM.
    pub certificate: Option<(String, String)>,
    /// When it stops being accepted.
    pub expires: Option<jiff::Timestamp>,
}

impl Plugin {
    /// Reads an `exec` section whose `cluster` is set if it asks for cluster information.
    pub fn new(exec: &ExecConfig) -> Result<Self, Failure> {
        let command = exec.command.clone().filter(|command| !command.is_empty());
        let command = command
            .ok_or_else(|| Failure::new(FailureKind::Config, "the credential plugin of this user has no command"))?;
        let version = exec.api_version.as_deref().unwrap_or("client.authentication.k8s.io/v1beta1");
        let mut spec = serde_json::json!({});
        if let (true, Some(cluster)) = (exec.provide_cluster_info, &exec.cluster) {
            spec["cluster"] = serde_json::to_value(cluster).unwrap_or_default();
        }
        let mut info = |interactive| {
            spec["interactive"] = serde_json::Value::Bool(interactive);
            serde_json::json!({ "kind": "ExecCredential", "apiVersion": version, "spec": &spec }).to_string()
        };
        let env = exec.env.iter().flatten();
        let env = env.filter_map(|pair| Some((pair.get("name")?.clone(), pair.get("value")?.clone())));
        Ok(Self {
            command,
            args: exec.args.clone().unwrap_or_default(),
            env: env.collect(),
            info: info(false),
            info_attached: info(true),
            install_hint: exec.install_hint.clone(),
            needs_terminal: exec.interactive_mode == Some(ExecInteractiveMode::Always),
        })
    }

    /// Returns the program's file name, without its path or arguments.
    #[must_use]
    pub fn program(&self) -> &str {
        Path::new(&self.command).file_name().and_then(|name| name.to_str()).unwrap_or(&self.command)
    }

    /// Tells whether it cannot work without a terminal.
    #[must_use]
    pub fn needs_terminal(&self) -> bool {
        self.needs_terminal
    }

    /// Returns a key that is equal for plugins which are the same but for the cluster they name. It holds no secret.
    #[must_use]
    pub fn group(&self) -> String {
        login_group::key(&self.command, &self.args, &self.env)
    }

    fn command(&self, place: Place<'_>) -> CommandWrap {
        let mut command = CommandWrap::with_new(&self.command, |command| {
            command.args(&self.args).envs(self.env.iter().map(|(name, value)| (name, value)));
            command.stdout(Stdio::piped());
            match place {
                Place::Apart => {
                    command.env("KUBERNETES_EXEC_INFO", &self.info).stdin(Stdio::null()).stderr(Stdio::piped());
                }
                Place::Terminal { .. } => {
                    command.env("KUBERNETES_EXEC_INFO", &self.info_attached);
                    command.stdin(Stdio::inherit()).stderr(Stdio::inherit());
                }
            }
        });
        command.wrap(KillOnDrop);
        // At the terminal it stays in our process group: another one could not read what the user types.
        #[cfg(unix)]
        if matches!(place, Place::Apart) {
            command.wrap(process_wrap::tokio::ProcessSession);
        }
        command
    }
}

/// Where a plugin runs.
#[derive(Clone, Copy, Debug)]
pub enum Place<'a> {
    /// Without a terminal, in a session of its own.
    Apart,
    /// At the terminal, which it may read from and write to.
    Terminal {
        /// Cancelled once a person has interrupted it: the terminal has told everybody in it, who may live on if they like.
        interrupted: &'a CancellationToken,
    },
}

/// What one run of a plugin came to.
pub type Outcome = Result<Credential, Failure>;

/// One run of a plugin that has ended.
pub struct Run {
    /// The credential, or why there is none.
    pub outcome: Outcome,
    /// What it left running in its session.
    pub remains: Option<Remains>,
}

impl From<Failure> for Run {
    fn from(failure: Failure) -> Self {
        Self { outcome: Err(failure), remains: None }
    }
}

/// A started plugin; dropped before its end, it is killed with every process it started: those in its session or, at the
/// terminal, those that descend from it.
struct Running {
    child: Box<dyn ChildWrapper>,
    ended_well: bool,
    /// At the terminal: see [`Place::Terminal`].
    interrupted: Option<CancellationToken>,
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.ended_well {
            let interrupted = self.interrupted.as_ref().is_none_or(CancellationToken::is_cancelled);
            if let Some(leader) = self.child.id().filter(|_| !interrupted) {
                family::end(leader);
            }
            // Nothing can be done about a failure: the process is gone already, or is not ours to end.
            let _ = self.child.start_kill();
        }
    }
}

/// Runs a plugin for at most `limit`; dropped before its end, it is killed.
pub async fn run(plugin: &Plugin, place: Place<'_>, limit: Duration) -> Run {
    let name = plugin.program().to_owned();
    let mut command = plugin.command(place);
    let interrupted = match place {
        Place::Apart => None,
        Place::Terminal { interrupted } => Some(interrupted.clone()),
    };
    // Starting a program blocks its thread for as long as the fork and the disk take.
    let started = tokio::task::spawn_blocking(move || {
        command.spawn().map(|child| Running { child, ended_well: false, interrupted })
    });
    let mut running = match started.await {
        Ok(Ok(running)) => running,
        Ok(Err(error)) => return not_started(plugin, &error).into(),
        Err(_) => {
            let words = format!("credential plugin {name} could not be started");
            return Failure::new(FailureKind::PluginFailed, words).into();
        }
    };
    // Only a plugin in a session of its own leads a group; once it has ended its number is not told any more.
    let leader = running.child.id().filter(|_| matches!(place, Place::Apart));
    let mut out = Vec::new();
    let mut err = Vec::new();
    let Ok(status) = timeout(limit, watch(&mut running, &mut out, &mut err)).await else {
        return plugin_words::too_slow(&name, limit, &err).into();
    };
    let outcome = match status {
        Ok(status) if status.success() => read(&out)
            .map_err(|reason| Failure::new(FailureKind::PluginOutput, format!("credential plugin {name} {reason}"))),
        Ok(status) => Err(plugin_words::failed(&name, &how_it_ended(status), &err)),
        Err(End::Lost) => Err(plugin_words::failed(&name, "lost", &err)),
        Err(End::Flood) => Err(plugin_words::too_much(&name)),
    };
    running.ended_well = outcome.is_ok();
    Run { remains: leader.filter(|_| outcome.is_ok()).and_then(|leader| Remains::of(Some(leader))), outcome }
}

/// Why a plugin was not waited for.
enum End {
    /// The system does not tell of it any more.
    Lost,
    /// It printed more than any credential holds.
    Flood,
}

/// Waits for the plugin's end while draining its pipes.
async fn watch(running: &mut Running, out: &mut Vec<u8>, err: &mut Vec<u8>) -> Result<ExitStatus, End> {
    let stdout = running.child.stdout().take();
    let stderr = running.child.stderr().take();
    let mut reading = std::pin::pin!(try_join(drain(stdout, out, OUT_BYTES), drain(stderr, err, ERR_BYTES)));
    let mut drained = false;
    let status = loop {
        tokio::select! {
            status = running.child.wait() => break status.map_err(|_| End::Lost)?,
            read = &mut reading, if !drained => {
                read?;
                drained = true;
            }
        }
    };
    if !drained {
        let _ = timeout(PIPE_GRACE, reading).await;
    }
    Ok(status)
}

/// Reads to the end, keeping the first `most` bytes, so that a talkative plugin is never blocked. Gives up on one that
/// prints more than [`MOST_BYTES`].
async fn drain(pipe: Option<impl AsyncRead + Unpin>, kept: &mut Vec<u8>, most: usize) -> Result<(), End> {
    let Some(mut pipe) = pipe else { return Ok(()) };
    let mut chunk = [0_u8; 4096];
    let mut total = 0;
    while let Ok(length @ 1..) = pipe.read(&mut chunk).await {
        total += length;
        if total > MOST_BYTES {
            return Err(End::Flood);
        }
        let room = most.saturating_sub(kept.len()).min(length);
        kept.extend_from_slice(&chunk[..room]);
    }
    Ok(())
}

fn not_started(plugin: &Plugin, error: &io::Error) -> Failure {
    let name = plugin.program();
    match error.kind() {
        io::ErrorKind::NotFound if Path::new(&plugin.command).is_file() => Failure::new(
            FailureKind::PluginFailed,
            format!("credential plugin {name} cannot run: the interpreter it names is missing"),
        ),
        io::ErrorKind::NotFound => plugin_words::missing(name, plugin.install_hint.as_deref()),
        io::ErrorKind::PermissionDenied => {
            let failure =
                Failure::new(FailureKind::PluginFailed, format!("credential plugin {name} is not executable"));
            failure.with_hint(plugin_words::permit(&plugin.command))
        }
        _ => Failure::new(FailureKind::PluginFailed, format!("credential plugin {name} could not be started")),
    }
}

fn how_it_ended(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("killed by signal {signal}");
    }
    status.code().map_or_else(|| "no exit code".to_owned(), |code| format!("exit {code}"))
}

#[derive(Deserialize)]
struct Answer {
    kind: Option<String>,
    status: Option<AnswerStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnswerStatus {
    expiration_timestamp: Option<String>,
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

/// Reads an `ExecCredential`, JSON or YAML; the error says what is wrong with it without quoting it.
fn read(out: &[u8]) -> Result<Credential, &'static str> {
    if out.iter().all(u8::is_ascii_whitespace) {
        return Err("printed nothing");
    }
    // As a value first: what a YAML reader is made of for each shape is large.
    let value = serde_json::from_slice(out).or_else(|_| serde_saphyr::from_slice(out).map_err(drop));
    let answer = value.and_then(|value: Value| Answer::deserialize(value).map_err(drop));
    let Ok(Answer { kind, status }) = answer else { return Err("printed something that is not a credential") };
    if kind.as_deref() != Some("ExecCredential") {
        return Err("printed something that is not an ExecCredential");
    }
    let status = status.ok_or("printed a credential without a status")?;
    let token = status.token.map(|token| token.trim().to_owned()).filter(|token| !token.is_empty());
    if token.as_deref().is_some_and(|token| !can_be_sent(token)) {
        return Err("printed a token with characters that cannot be sent");
    }
    let certificate = match (status.client_certificate_data, status.client_key_data) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        _ => return Err("printed a certificate without its key, or a key without its certificate"),
    };
    if token.is_none() && certificate.is_none() {
        return Err("printed a credential with neither token nor certificate");
    }
    let expires = match status.expiration_timestamp.filter(|text| !text.is_empty()) {
        Some(text) => Some(text.parse().map_err(|_| "printed an expiry that is not a point in time")?),
        None => None,
    };
    Ok(Credential { token, certificate, expires })
}
