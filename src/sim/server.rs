//! Owns the sockets of one cluster: listening, connections, and really refusing when a fault says so.
//! Must not know what is answered.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinSet;

use super::api;
use super::cluster::Cluster;
use super::fault::until;

/// Connections waiting to be accepted.
const BACKLOG: u32 = 1_024;

/// A port that is held without listening: connecting to it is refused, and nobody else can take it.
pub(crate) struct Port {
    socket: TcpSocket,
    address: SocketAddr,
}

impl Port {
    /// Takes a free port of the loopback interface.
    pub(crate) fn reserve() -> io::Result<Self> {
        Self::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
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
            until(&mut faults, |faults| !faults.refuse).await;
            port.listen()?
        };
        let connections = accept(&cluster, &listening, &mut faults).await;
        // The listener goes first, so that who is cut off and tries again at once is refused.
        drop(listening);
        drop(connections);
    }
}

/// Accepts connections until they are to be refused; returns those that are open.
async fn accept(
    cluster: &Arc<Cluster>,
    listener: &TcpListener,
    faults: &mut tokio::sync::watch::Receiver<super::fault::Faults>,
) -> JoinSet<()> {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = until(faults, |faults| faults.refuse) => return connections,
            Some(_ended) = connections.join_next() => {}
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                let _best_effort = stream.set_nodelay(true);
                connections.spawn(connection(Arc::clone(cluster), stream));
            }
        }
    }
}

/// Serves one connection, over a socket or any other pair of byte streams, until it ends.
pub(crate) async fn connection<S>(cluster: Arc<Cluster>, stream: S)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request| {
        let cluster = Arc::clone(&cluster);
        async move { Ok::<_, Infallible>(api::answer(cluster, request).await) }
    });
    let serving = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // A client that goes away, or a stream cut by a fault, is nothing to report.
    let _ended = serving.with_upgrades().await;
}
