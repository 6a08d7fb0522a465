//! Owns exec and attach: the numbered channels of a WebSocket on one side, a process of a container on the other.
//! Must not know what the process does.

use bytes::Bytes;
use futures::{SinkExt as _, StreamExt as _};
use http::Response;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::{Socket, admitted, is_at_least, part};
use crate::sim::api::Call;
use crate::sim::api::failure::Failure;
use crate::sim::api::log::is_set;
use crate::sim::body::Body;
use crate::sim::container::Container;
use crate::sim::container::console::{Console, Ends, Output};
use crate::sim::container::follow::{Part, Reading, Watched};
use crate::sim::container::shell::Shell;

const STDIN: u8 = 0;
const STDOUT: u8 = 1;
const STDERR: u8 = 2;
const STATUS: u8 = 3;
const RESIZE: u8 = 4;
/// Since v5: the channel whose number follows is at its end.
const CLOSE: u8 = 255;

const V5: &str = "v5.channel.k8s.io";
const V4: &str = "v4.channel.k8s.io";

/// What a process is killed with when its container ends.
const KILLED: u8 = 137;

/// Answers a request to run a command in a container, or to listen to what runs there.
pub(super) fn answer(call: &Call<'_>, watched: Watched, pod: &Value, attach: bool) -> Result<Response<Body>, Failure> {
    let container = Container::choose(pod, call.query.get("container")).map_err(Failure::bad_request)?;
    let upgrade = admitted(call, pod)?;
    let [stdin, stdout, stderr, terminal] = ["stdin", "stdout", "stderr", "tty"].map(|key| is_set(call, key));
    if !(stdin || stdout || stderr) {
        return Err(Failure::bad_request("you must specify at least 1 of stdin, stdout, stderr"));
    }
    // Closing one channel came with 1.30.
    let spoken: &[&str] = if is_at_least(call, 30) { &[V5, V4] } else { &[V4] };
    let protocol = upgrade.negotiate(spoken)?;
    let name = container.name().to_owned();
    let (mut console, mut ends) = Console::new(terminal);
    if !stdin {
        ends.input = None;
    }
    let listens = move |to| if to == Output::Standard { stdout } else { stderr && !terminal };
    if !container.is_running() {
        let words = format!("unable to upgrade connection: container not found (\"{name}\")");
        drop(console);
        let told = std::future::ready(refused(&words));
        return Ok(upgrade.switch(protocol, move |socket| converse(socket, ends, listens, told)));
    }
    if attach {
        let log = container.log(false).map_err(Failure::bad_request)?;
        let reading = Reading::new(watched, &name, log, Part { follow: true, tail: Some(0), ..Part::default() });
        let process = async move {
            listen(&mut console, reading).await;
            success()
        };
        return Ok(upgrade.switch(protocol, move |socket| converse(socket, ends, listens, process)));
    }
    let command: Vec<String> = call.query.all("command").map(str::to_owned).collect();
    let find = |resource, namespace: &str, name: &str| {
        call.cluster.world().get(resource, namespace, name).map(|object| object.value())
    };
    let shell = Shell::new(std::sync::Arc::clone(call.cluster), console, container.environment(find));
    let mut watched = watched;
    let process = async move {
        if command.is_empty() {
            return refused("error executing command in container: process args must not be empty");
        }
        let code = tokio::select! {
            code = shell.play(&command) => code,
            () = watched.ended(&name) => KILLED,
        };
        if code == 0 { success() } else { exited(code) }
    };
    Ok(upgrade.switch(protocol, move |socket| converse(socket, ends, listens, process)))
}

fn success() -> Value {
    json!({"metadata": {}, "status": "Success"})
}

fn exited(code: u8) -> Value {
    let message = format!("command terminated with non-zero exit code: command terminated with exit code {code}");
    json!({"metadata": {}, "status": "Failure", "message": message, "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": code.to_string()}]}})
}

fn refused(words: &str) -> Value {
    json!({"metadata": {}, "status": "Failure", "message": format!("Internal error occurred: {words}"),
        "reason": "InternalError", "details": {"causes": [{"message": words}]}, "code": 500})
}

/// Shows what a container logs from now on, and what is typed; a terminal lets go at `Ctrl+C` and `Ctrl+D`.
async fn listen(console: &mut Console, mut reading: Reading) {
    let mut typing = true;
    loop {
        tokio::select! {
            lines = reading.next() => match lines {
                Some(lines) => console.print(&String::from_utf8_lossy(&lines)).await,
                None => return,
            },
            typed = console.read(), if typing => match typed {
                Some(typed) if console.is_terminal && typed.iter().any(|byte| matches!(byte, 3 | 4)) => return,
                Some(typed) => console.print(&String::from_utf8_lossy(&typed).replace('\r', "\n")).await,
                None => typing = false,
            },
        }
    }
}

fn message(channel: u8, bytes: &[u8]) -> Message {
    Message::Binary([&[channel], bytes].concat().into())
}

/// Carries what is said between a client and a process until the process ends with a status, or the client goes.
async fn converse(
    mut socket: Socket,
    ends: Ends,
    listens: impl Fn(Output) -> bool,
    process: impl Future<Output = Value>,
) {
    let Ends { mut input, mut output, size } = ends;
    let mut process = std::pin::pin!(process);
    let (mut status, mut speaks) = (None, true);
    // An empty message tells the client that the session began.
    let mut said = socket.send(message(STDOUT, b"")).await;
    while said.is_ok() && (speaks || status.is_none()) {
        // What is typed waits until there is room for it.
        let room = input.as_ref().is_none_or(|input| input.capacity() > 0 || input.is_closed());
        tokio::select! {
            spoken = output.recv(), if speaks => match spoken {
                Some((to, bytes)) if listens(to) => {
                    said = socket.send(message(if to == Output::Error { STDERR } else { STDOUT }, &bytes)).await;
                }
                Some(_) => {}
                None => speaks = false,
            },
            ended = &mut process, if status.is_none() => status = Some(ended),
            heard = socket.next(), if room => match heard {
                Some(Ok(Message::Binary(bytes))) => match (bytes.first(), bytes.get(1..).unwrap_or_default()) {
                    (Some(&STDIN), typed) if !typed.is_empty() => {
                        if let Some(input) = &input {
                            let _deaf = input.try_send(Bytes::copy_from_slice(typed));
                        }
                    }
                    (Some(&RESIZE), told) => {
                        let told: Value = serde_json::from_slice(told).unwrap_or_default();
                        let length = |key: &str| told[key].as_u64().and_then(|length| u16::try_from(length).ok());
                        size.send_replace(length("Width").zip(length("Height")));
                    }
                    (Some(&CLOSE), [STDIN]) => input = None,
                    _ => {}
                },
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {}
            },
        }
    }
    if let (Ok(()), Some(status)) = (said, status) {
        let _gone = socket.send(message(STATUS, status.to_string().as_bytes())).await;
        part(socket).await;
    }
}
