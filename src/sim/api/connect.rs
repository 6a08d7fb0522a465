//! Owns requests that turn a connection into a session with a pod: what they must bring, the switch to a WebSocket, and
//! the refusals. Must not know what is said in a session.

mod forward;
mod remote;
mod spdy;

use std::time::Duration;

use futures::StreamExt as _;
use http::request::Parts;
use http::{HeaderValue, Response, StatusCode, header};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};

use super::failure::Failure;
use super::{Call, Target};
use crate::sim::body::{Body, Session, whole};
use crate::sim::container::follow::Watched;
use crate::sim::kinds::Resource;

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// The end of a session as it should be.
const GOOD_BYE: CloseFrame = CloseFrame { code: CloseCode::Normal, reason: Utf8Bytes::from_static("") };
/// How long a client is heard out that does not answer a good-bye.
const HEARD_OUT: Duration = Duration::from_secs(5);

/// Ends a session with all of its words said. A socket that is dropped while something unheard has arrived is reset, and
/// with it goes what the client has not read yet: the status, as a rule.
async fn part(mut socket: Socket) {
    let _gone = socket.close(Some(GOOD_BYE)).await;
    let heard = async { while let Some(Ok(_)) = socket.next().await {} };
    let _patience = tokio::time::timeout(HEARD_OUT, heard).await;
}

/// What a request brings that wants another protocol.
#[derive(Clone)]
pub(super) struct Upgrade {
    on: OnUpgrade,
    /// In lower case, for example `websocket`.
    to: String,
    key: HeaderValue,
    /// Subprotocols the client speaks, best first.
    offered: Vec<String>,
}

impl Upgrade {
    /// `None` for requests that want none.
    pub(super) fn of(parts: &mut Parts) -> Option<Self> {
        let on = parts.extensions.remove::<OnUpgrade>()?;
        let text = |name| parts.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let to = text(header::UPGRADE)?.to_ascii_lowercase();
        let key = parts.headers.get(header::SEC_WEBSOCKET_KEY).cloned().unwrap_or(HeaderValue::from_static(""));
        let offered = text(header::SEC_WEBSOCKET_PROTOCOL).unwrap_or_default();
        let offered = offered.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
        Some(Self { on, to, key, offered })
    }

    /// The first subprotocol of the client that the server speaks too.
    fn negotiate(&self, spoken: &[&'static str]) -> Result<&'static str, Failure> {
        if self.to != "websocket" {
            return Err(Failure::not_implemented(&format!("upgrades to {}", self.to)));
        }
        let common = self.offered.iter().find_map(|offered| spoken.iter().find(|spoken| *spoken == offered));
        common.copied().ok_or_else(|| {
            let (client, server) = (self.offered.join(" "), spoken.join(" "));
            Failure::bad_request(format!(
                "unable to negotiate protocol: client supports [{client}], server accepts [{server}]"
            ))
        })
    }

    /// The answer that makes the connection a WebSocket with a session on it.
    fn switch<S>(&self, protocol: &'static str, session: impl FnOnce(Socket) -> S + Send + 'static) -> Response<Body>
    where
        S: Future<Output = ()> + Send,
    {
        let on = self.on.clone();
        let mut response = Response::new(whole(""));
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        response.extensions_mut().insert(Session::new(async move {
            if let Ok(connection) = on.await {
                session(WebSocketStream::from_raw_socket(TokioIo::new(connection), Role::Server, None).await).await;
            }
        }));
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        if let Ok(accept) = HeaderValue::from_str(&derive_accept_key(self.key.as_bytes())) {
            headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
        }
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(protocol));
        response
    }
}

/// Answers a request for a session with a pod.
pub(super) fn connect(call: &Call<'_>, target: &Target<'_>, sub: &str, name: &str) -> Result<Response<Body>, Failure> {
    let begun = Watched::begin(call.cluster, target.namespace.unwrap_or_default(), name);
    let (watched, pod) = begun.ok_or_else(|| Failure::not_found(&target.kind, name))?;
    if sub == "portforward" {
        forward::answer(call, watched, &pod)
    } else {
        remote::answer(call, watched, &pod, sub == "attach")
    }
}

/// What a pod must have, and a request: a node that answers, an upgrade.
fn admitted<'a>(call: &'a Call<'_>, pod: &Value) -> Result<&'a Upgrade, Failure> {
    if pod["spec"]["nodeName"].is_null() {
        let name = pod["metadata"]["name"].as_str().unwrap_or_default();
        return Err(Failure::bad_request(format!("pod {name} does not have a host assigned")));
    }
    let upgrade = call.upgrade.as_ref().ok_or_else(|| Failure::bad_request("Upgrade request required"))?;
    match unreachable(call, pod) {
        Some(dialed) => Err(Failure::unknown(format!("error dialing backend: {dialed}"))),
        None => Ok(upgrade),
    }
}

/// The words of who calls the node of a pod in vain; `None` while the node answers.
pub(super) fn unreachable(call: &Call<'_>, pod: &Value) -> Option<String> {
    let node = pod["spec"]["nodeName"].as_str()?;
    let object = call.cluster.world().get(Resource::Nodes, "", node)?.value();
    let conditions = object["status"]["conditions"].as_array()?;
    let ready = conditions.iter().any(|condition| condition["type"] == "Ready" && condition["status"] == "True");
    let address = pod["status"]["hostIP"].as_str().unwrap_or_default();
    (!ready).then(|| format!("dial tcp {address}:10250: connect: no route to host"))
}

/// Tells whether the cluster is of a minor version or a later one.
fn is_at_least(call: &Call<'_>, minor: u32) -> bool {
    call.cluster.spec_now().minor().and_then(|own| own.parse().ok()).is_none_or(|own: u32| own >= minor)
}
