//! Owns port-forwarding: connections to the ports of a pod, and the protocol that carries them in numbered channels.
//! Must not know what answers behind a port.

use std::collections::HashMap;

use bytes::Bytes;
use futures::{SinkExt as _, StreamExt as _};
use http::Response;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, WriteHalf};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;

use super::{Socket, admitted, is_at_least, part, spdy};
use crate::sim::api::Call;
use crate::sim::api::failure::Failure;
use crate::sim::body::Body;
use crate::sim::container::follow::Watched;
use crate::sim::container::{page, ports};
use crate::sim::names;

const CHANNELS: &str = "v4.channel.k8s.io";

/// Bytes on their way in one connection.
const BUFFER: usize = 64 * 1_024;
const PIECE: usize = 16 * 1_024;

/// Answers a request to reach ports of a pod.
pub(super) fn answer(call: &Call<'_>, mut watched: Watched, pod: &Value) -> Result<Response<Body>, Failure> {
    let upgrade = admitted(call, pod)?;
    // The tunnel came with 1.31.
    let spoken: &[&str] = if is_at_least(call, 31) { &[spdy::TUNNEL, CHANNELS] } else { &[CHANNELS] };
    let protocol = upgrade.negotiate(spoken)?;
    let connections = Connections::new(pod);
    if protocol == spdy::TUNNEL {
        return Ok(upgrade.switch(protocol, |socket| async move {
            tokio::select! {
                () = spdy::carry(socket, connections) => {}
                () = watched.gone() => {}
            }
        }));
    }
    let asked: Result<Vec<u16>, _> = call.query.all("ports").flat_map(|list| list.split(',')).map(str::parse).collect();
    let asked = asked.map_err(|error| Failure::bad_request(format!("unable to parse ports: {error}")))?;
    if asked.is_empty() || asked.len() > 120 {
        return Err(Failure::bad_request("query parameter \"ports\" is required"));
    }
    Ok(upgrade.switch(protocol, |socket| async move {
        tokio::select! {
            () = carry(socket, connections, asked) => {}
            () = watched.gone() => {}
        }
    }))
}

/// Carries one connection per port: its bytes in an even channel, what went wrong in the odd one after it.
async fn carry(mut socket: Socket, mut connections: Connections, ports: Vec<u16>) {
    let mut open = 0;
    for (index, port) in ports.iter().enumerate() {
        let channel = 2 * index as u8;
        let [low, high] = port.to_le_bytes();
        let refused = connections.open(u32::from(channel), *port).err();
        open += usize::from(refused.is_none());
        let begin = [vec![channel, low, high], vec![channel + 1, low, high]].into_iter();
        let error = refused.map(|words| [&[channel + 1], words.as_bytes()].concat());
        for message in begin.chain(error) {
            if socket.send(Message::Binary(message.into())).await.is_err() {
                return;
            }
        }
    }
    while open > 0 {
        tokio::select! {
            heard = socket.next() => match heard {
                Some(Ok(Message::Binary(bytes))) => if let Some((channel, bytes)) = bytes.split_first() {
                    connections.feed(u32::from(*channel), bytes).await;
                },
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {}
            },
            (channel, bytes) = connections.next() => match bytes {
                Some(bytes) => {
                    let message = [&[channel as u8], &*bytes].concat();
                    if socket.send(Message::Binary(message.into())).await.is_err() {
                        return;
                    }
                }
                None => open -= 1,
            },
        }
    }
    part(socket).await;
}

/// Connections to the ports of one pod, told apart by numbers.
pub(super) struct Connections {
    pod: String,
    sandbox: String,
    ports: Vec<u16>,
    inputs: HashMap<u32, WriteHalf<DuplexStream>>,
    /// What comes out of each, then `None`.
    output: mpsc::Receiver<(u32, Option<Bytes>)>,
    outlet: mpsc::Sender<(u32, Option<Bytes>)>,
    tasks: JoinSet<()>,
}

impl Connections {
    fn new(pod: &Value) -> Self {
        let text = |key: &str| pod["metadata"][key].as_str().unwrap_or_default().to_owned();
        let ports = if pod["status"]["phase"] == "Running" { ports(pod) } else { Vec::new() };
        let (outlet, output) = mpsc::channel(16);
        let sandbox = names::digest(names::hash(&text("uid")));
        Self { pod: text("name"), sandbox, ports, inputs: HashMap::new(), output, outlet, tasks: JoinSet::new() }
    }

    /// Opens a connection to a port; the words of a container runtime if nobody listens there.
    pub(super) fn open(&mut self, number: u32, port: u16) -> Result<(), String> {
        while self.tasks.try_join_next().is_some() {}
        if !self.ports.contains(&port) {
            let sandbox = &self.sandbox;
            return Err(format!(
                "error forwarding port {port} to pod {sandbox}, uid : failed to execute portforward in network namespace \"/var/run/netns/cni-{}\": failed to connect to localhost:{port} inside namespace \"{sandbox}\", IPv4: dial tcp4 127.0.0.1:{port}: connect: connection refused IPv6 dial tcp6 [::1]:{port}: connect: connection refused",
                &sandbox[..8]
            ));
        }
        let (ours, theirs) = tokio::io::duplex(BUFFER);
        self.tasks.spawn(page::serve(theirs, self.pod.clone(), port));
        let (mut reader, writer) = tokio::io::split(ours);
        self.inputs.insert(number, writer);
        let outlet = self.outlet.clone();
        self.tasks.spawn(async move {
            let mut piece = vec![0; PIECE];
            while let Ok(read @ 1..) = reader.read(&mut piece).await {
                let _gone = outlet.send((number, Some(Bytes::copy_from_slice(&piece[..read])))).await;
            }
            let _gone = outlet.send((number, None)).await;
        });
        Ok(())
    }

    /// Sends bytes into a connection; into one that is not open they are lost.
    pub(super) async fn feed(&mut self, number: u32, bytes: &[u8]) {
        if let Some(input) = self.inputs.get_mut(&number) {
            let _closed = input.write_all(bytes).await;
        }
    }

    /// Ends what goes into a connection.
    pub(super) async fn finish(&mut self, number: u32) {
        if let Some(mut input) = self.inputs.remove(&number) {
            let _closed = input.shutdown().await;
        }
    }

    /// The next bytes out of any connection, or its end.
    pub(super) async fn next(&mut self) -> (u32, Option<Bytes>) {
        match self.output.recv().await {
            Some((number, None)) => {
                self.inputs.remove(&number);
                (number, None)
            }
            Some(bytes) => bytes,
            None => std::future::pending().await,
        }
    }
}
