//! The HTTP client of one cluster: kube's layers over connections that are kept small. Must not know what is asked.
//!
//! kube's own client is taken where a proxy is on the way. It lets each connection keep a read buffer of 400 KiB once
//! a large list has gone through it, which a hundred clusters at rest pay for; ours is bounded.

use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt as _};
use http::{Request, Response, Uri};
use http_body::Body as HttpBody;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{self, Builder};
use hyper_util::rt::TokioTimer;
use kube::client::{Body, ClientBuilder, ConfigExt};
use kube::{Client, Config};
use tower::util::BoxCloneSyncService;
use tower::{BoxError, Service, ServiceExt as _};
use tower_http::decompression::Decompression;

use super::ahead::Ahead;
use super::dial::{Dialer, Pipe};
use super::transport::Transport;

/// The most that a connection reads ahead, and the longest head of an answer. Each connection keeps as much once a list has
/// gone through it; a TLS record is no longer.
const READ_BUFFER: usize = 16 * 1024;
/// How long a connection is kept that nobody uses: the heartbeat's must outlive the pause between two beats.
const IDLE: Duration = Duration::from_secs(60);

/// Builds a client whose connections are opened within `connect`, and run as tasks of `transport`: over `dialer`, if there
/// is one.
pub fn client(
    mut config: Config,
    connect: Duration,
    transport: Transport,
    dialer: Option<&Dialer>,
) -> Result<Client, kube::Error> {
    if let Some(dialer) = dialer {
        // Nothing is far away in memory.
        config.disable_compression = true;
        // What is dialled may be slow in what it says, as long as it is there.
        let dialer = Timely { inner: dialer.clone(), limit: connect };
        return plain(&config, connector(dialer, |pipe| pipe), Duration::MAX, transport);
    }
    if config.proxy_url.is_some() {
        return ClientBuilder::try_from((config, transport)).map(ClientBuilder::build);
    }
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    // A question right behind the end of a handshake would else wait 40 ms for the other side to acknowledge that.
    tcp.set_nodelay(true);
    plain(&config, connector(tcp, |tcp| Pipe::new(Box::new(tcp.into_inner()))), connect, transport)
}

/// Opens streams of bytes, below TLS.
type Connector = BoxCloneSyncService<Uri, Ahead<Pipe>, BoxError>;

/// Wraps any way to open a stream, so that the client above is there only once.
fn connector<C>(connector: C, pipe: impl Fn(C::Response) -> Pipe + Clone + Send + Sync + 'static) -> Connector
where
    C: Service<Uri> + Clone + Send + Sync + 'static,
    C::Future: Send + 'static,
    C::Error: Into<BoxError>,
{
    BoxCloneSyncService::new(connector.map_response(move |opened| Ahead::new(pipe(opened))).map_err(Into::into))
}

fn plain(
    config: &Config,
    connector: Connector,
    connect: Duration,
    transport: Transport,
) -> Result<Client, kube::Error> {
    let connector = Timely { inner: config.rustls_https_connector_with_connector(connector)?, limit: connect };
    let mut builder = Builder::new(transport);
    builder.http1_max_buf_size(READ_BUFFER).pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE);
    let client: legacy::Client<_, Body> = builder.build(connector);
    let client = client.map_err(BoxError::from);
    if config.disable_compression {
        return layers(config, client);
    }
    layers(config, Decompression::new(client).no_br().no_deflate().no_zstd())
}

/// Puts on what each request needs: address, credentials, headers.
fn layers<S, B>(config: &Config, service: S) -> Result<Client, kube::Error>
where
    S: Service<Request<Body>, Response = Response<B>, Error = BoxError> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
    B: HttpBody<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let stack = ClientBuilder::new(service, config.default_namespace.clone());
    let stack = stack.with_layer(&config.extra_headers_layer()?);
    Ok(match config.auth_layer()? {
        Some(auth) => stack.with_layer(&auth).with_layer(&config.base_uri_layer()).build(),
        None => stack.with_layer(&config.base_uri_layer()).build(),
    })
}

/// Opens a connection, TLS included, within a limit.
#[derive(Clone)]
struct Timely<C> {
    inner: C,
    limit: Duration,
}

impl<C> Service<Uri> for Timely<C>
where
    C: Service<Uri>,
    C::Future: Send + 'static,
    C::Response: 'static,
    C::Error: Into<BoxError>,
{
    type Response = C::Response;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<C::Response, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let opened = tokio::time::timeout(self.limit, self.inner.call(to));
        async move {
            match opened.await {
                Ok(opened) => opened.map_err(Into::into),
                Err(_) => Err(io::Error::from(io::ErrorKind::TimedOut).into()),
            }
        }
        .boxed()
    }
}
