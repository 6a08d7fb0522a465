//! Owns the sockets of one cluster: listening, TLS, connections, and really refusing when a fault says so.
//! Must not know what is answered.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::cluster::Cluster;
use super::fault::answer;
use super::fault::control::{Faults, until};
use super::fault::line::{Line, Socket};
use super::fault::mouth::{Link, Mouth};
use super::idle::Uses;
use super::tls::Certified;

/// Connections waiting to be accepted.
const BACKLOG: u32 = 1_024;

/// How long a client may take for a TLS handshake, unless a fault holds it up.
const HANDSHAKE: Duration = Duration::from_secs(60);

/// A port that is held without listening: connecting to it is refused, and nobody else can take it.
pub(crate) struct Port {
    socket: TcpSocket,
    address: SocketAddr,
}

impl Port {
    /// Takes a port of the loopback interface, any free one for 0.
    pub(crate) fn reserve(port: u16) -> io::Result<Self> {
        Self::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
            .map_err(|error| io::Error::new(error.kind(), format!("port {port}: {error}")))
    }

    fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        let address = socket.local_addr()?;
        Ok(Self { socket, address })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Begins to listen.
    pub(crate) fn listen(self) -> io::Result<TcpListener> {
        self.socket.listen(BACKLOG)
    }
}

/// Serves a cluster for ever: listens while it should and lets go of everything while it should not. Begins with a
/// listener if it listens already. Ends only if its port is lost, as a server does that cannot bind.
pub(crate) async fn serve(
    cluster: Arc<Cluster>,
    address: SocketAddr,
    mut listener: Option<TcpListener>,
) -> io::Result<()> {
    let mut faults = cluster.faults.subscribe();
    loop {
        let listening = if let Some(listener) = listener.take() {
            listener
        } else {
            let port = Port::bind(address)?;
            until(&mut faults, |faults| !faults.refuses()).await;
            port.listen()?
        };
        let connections = accept(&cluster, &listening, &mut faults).await;
        // The listener goes first, so that who is cut off and tries again at once is refused.
        drop(listening);
        drop(connections);
    }
}

/// Accepts connections until they are to be refused; returns those that are open.
async fn accept(cluster: &Arc<Cluster>, listener: &TcpListener, faults: &mut watch::Receiver<Faults>) -> JoinSet<()> {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = until(faults, Faults::refuses) => return connections,
            Some(_ended) = connections.join_next() => {}
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                let _best_effort = stream.set_nodelay(true);
                connections.spawn(connection(Arc::clone(cluster), stream));
            }
        }
    }
}

/// Serves one connection, over a socket or in memory, until it ends: over TLS, unless the cluster has none.
pub(crate) async fn connection<S: Socket>(cluster: Arc<Cluster>, socket: S) {
    let link = Arc::new(Link::default());
    let line = Line::new(socket, &cluster.faults.subscribe(), Arc::clone(&link));
    let Some(tls) = &cluster.tls else { return speak(cluster, line, link, false).await };
    let Ok(acceptor) = tls.acceptor(cluster.faults.current().certificate()) else { return };
    // A client that does not like the certificate has its own words for it.
    let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, acceptor.accept(line)).await else { return };
    let certified = stream.get_ref().1.peer_certificates().is_some();
    speak(cluster, stream, link, certified).await;
}

async fn speak<S>(cluster: Arc<Cluster>, stream: S, link: Arc<Link>, certified: bool)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mouth = TokioIo::new(Mouth::new(stream, Arc::clone(&link)));
    let answering = Arc::clone(&link);
    let (uses, faults) = (Arc::new(Uses::default()), cluster.faults.subscribe());
    let used = Arc::clone(&uses);
    let service = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        if certified {
            request.extensions_mut().insert(Certified);
        }
        let one = used.one();
        let answer = answer::answer(Arc::clone(&cluster), Arc::clone(&answering), request);
        async move { Ok::<_, io::Error>(one.until_sent(answer.await?)) }
    });
    // A client that goes away, or a stream cut by a fault, is nothing to report.
    let mut served = pin!(hyper::server::conn::http1::Builder::new().serve_connection(mouth, service).with_upgrades());
    tokio::select! {
        _ended = &mut served => {}
        () = uses.idle(faults, Arc::clone(&link)) => {
            served.as_mut().graceful_shutdown();
            let _ended = served.await;
        }
    }
    link.session().await;
}
