//! A small HTTP server on loopback, with or without TLS, whose answers a test decides. Knows nothing of Kubernetes.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use base64::Engine;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// A request as a test wants to look at it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// `POST /path`.
    pub line: String,
    /// The `Authorization` header.
    pub authorization: Option<String>,
    /// The `User-Agent` header.
    pub agent: Option<String>,
    /// A client certificate was presented and verified.
    pub certificate: bool,
}

/// Status and body; JSON or plain text.
pub type Answer = (u16, String);

type Handler = dyn Fn(&Asked) -> Answer + Send + Sync;

/// A running server; stops when dropped.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// Everything it was asked, in order.
    pub asked: Arc<Mutex<Vec<Asked>>>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Returns the requests so far whose line starts so.
    pub fn asked(&self, line: &str) -> Vec<Asked> {
        self.asked.lock().unwrap().iter().filter(|asked| asked.line.starts_with(line)).cloned().collect()
    }
}

/// A certificate authority of one test.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate with its key, in PEM.
pub struct Pair {
    /// The certificate.
    pub certificate: String,
    /// Its private key.
    pub key: String,
}

impl Authority {
    /// Makes a new one.
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self { issuer: CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap() }
    }

    /// Returns its certificate as `certificate-authority-data`.
    pub fn data(&self) -> String {
        base64::engine::general_purpose::STANDARD.encode(self.issuer.pem())
    }

    /// Signs a certificate for the names.
    pub fn sign(&self, names: &[&str]) -> Pair {
        let key = KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let params = CertificateParams::new(names).unwrap();
        Pair { certificate: params.signed_by(&key, &self.issuer).unwrap().pem(), key: key.serialize_pem() }
    }

    fn acceptor(&self, names: &[&str]) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &self.issuer).unwrap();
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.issuer.der().clone()).unwrap();
        let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).allow_unauthenticated().build().unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = rustls::ServerConfig::builder().with_client_cert_verifier(verifier);
        TlsAcceptor::from(Arc::new(config.with_single_cert(vec![certificate.der().clone()], key).unwrap()))
    }
}

/// Starts a server that speaks plain HTTP.
pub async fn plain(handler: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Server {
    start(None, Arc::new(handler)).await
}

/// Starts a server with TLS whose certificate is for the names.
pub async fn tls(
    authority: &Authority,
    names: &[&str],
    handler: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
) -> Server {
    start(Some(authority.acceptor(names)), Arc::new(handler)).await
}

/// Starts a server that accepts connections and never says a word.
pub async fn silent() -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok(accepted) = listener.accept().await {
            kept.push(accepted);
        }
    });
    Server { address, asked: Arc::default(), task }
}

/// Returns a port on which nobody listens.
pub async fn closed_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

async fn start(acceptor: Option<TlsAcceptor>, handler: Arc<Handler>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
    let seen = asked.clone();
    let task = tokio::spawn(async move {
        // The set ends every connection with the server.
        let mut connections = tokio::task::JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            connections.spawn(serve(stream, acceptor.clone(), handler.clone(), seen.clone()));
        }
    });
    Server { address, asked, task }
}

async fn serve(stream: TcpStream, acceptor: Option<TlsAcceptor>, handler: Arc<Handler>, seen: Arc<Mutex<Vec<Asked>>>) {
    let Some(acceptor) = acceptor else { return http(TokioIo::new(stream), false, handler, seen).await };
    if let Ok(stream) = acceptor.accept(stream).await {
        let certificate = stream.get_ref().1.peer_certificates().is_some();
        http(TokioIo::new(stream), certificate, handler, seen).await;
    }
}

async fn http<I>(io: I, certificate: bool, handler: Arc<Handler>, seen: Arc<Mutex<Vec<Asked>>>)
where
    I: hyper::rt::Read + hyper::rt::Write + Unpin,
{
    let service = service_fn(|request: Request<Incoming>| {
        let header = |name: &str| Some(request.headers().get(name)?.to_str().unwrap().to_owned());
        let asked = Asked {
            line: format!("{} {}", request.method(), request.uri()),
            authorization: header("authorization"),
            agent: header("user-agent"),
            certificate,
        };
        seen.lock().unwrap().push(asked.clone());
        let (status, body) = handler(&asked);
        let kind = if body.starts_with('{') { "application/json" } else { "text/plain" };
        let response = Response::builder().status(status).header("content-type", kind);
        std::future::ready(response.body(Full::new(Bytes::from(body))))
    });
    // A client that goes away is no concern of the server.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
}
