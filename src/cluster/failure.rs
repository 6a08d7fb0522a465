//! Turns what the libraries and the server say into one plain sentence and a kind. Must not decide what happens next.
//!
//! Errors of the TLS library hide from `source()` inside nested `io::Error`s, so the whole chain is walked by hand.

mod tls;

use std::error::Error;
use std::io;
use std::time::Duration;

use http::StatusCode;
use kube::client::AuthError;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::error_body;
use super::redact::{LONGEST, one_line, without_secrets};
use crate::model::failure::{Failure, FailureKind as K};

/// Where a client leads, for messages. Holds no secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Site {
    /// The server's address as in the kubeconfig.
    pub server: String,
    /// Host and port of the server.
    pub address: String,
    /// Host and port of the proxy on the way, if any.
    pub proxy: Option<String>,
    /// The server is to be reached with TLS.
    pub tls: bool,
    /// The context has a CA of its own, so the system's are not asked.
    pub own_ca: bool,
    /// `connect.timeout`, as it was when the client was built.
    pub connect: Duration,
}

impl Site {
    /// Returns what TCP connects to: the proxy, or the server.
    fn peer(&self) -> String {
        match &self.proxy {
            Some(proxy) => format!("the proxy {proxy}"),
            None => self.address.clone(),
        }
    }
}

/// Tells whether a failure says something about the way to the server and nothing about the server's opinion.
#[must_use]
pub fn is_transport(kind: K) -> bool {
    matches!(
        kind,
        K::Dns | K::Refused | K::NoRoute | K::ConnectTimeout | K::Timeout | K::Closed | K::Tls | K::NotHttp | K::Proxy
    )
}

/// Says that the server was silent for the whole of a call's time limit.
#[must_use]
pub fn no_answer(site: &Site, limit: Duration) -> Failure {
    Failure::new(K::Timeout, format!("no answer from {} within {}", site.address, seconds(limit)))
}

/// Says that something answers, but not what was looked for.
#[must_use]
pub fn not_kubernetes(site: &Site) -> Failure {
    let summary = format!("what answers at {} is not a Kubernetes API server", site.address);
    Failure::new(K::Decode, summary).with_hint("a login page or proxy may be in between")
}

/// Explains an error of the client.
#[must_use]
pub fn of_kube(error: &kube::Error, site: &Site) -> Failure {
    match error {
        kube::Error::ProxyProtocolUnsupported { proxy_url } | kube::Error::ProxyProtocolDisabled { proxy_url, .. } => {
            let scheme = proxy_url.scheme_str().unwrap_or("without a scheme");
            Failure::new(K::Proxy, format!("a proxy of kind {scheme} is not supported"))
                .with_hint("use http, https or socks5 in proxy-url")
        }
        other => of_chain(other, site),
    }
}

/// Explains any error by the most telling cause in its chain.
#[must_use]
pub fn of_chain(error: &(dyn Error + 'static), site: &Site) -> Failure {
    let mut causes = Vec::new();
    collect(error, &mut causes, 0);
    let connecting = causes.iter().any(|cause| {
        cause
            .downcast_ref::<hyper_util::client::legacy::Error>()
            .is_some_and(hyper_util::client::legacy::Error::is_connect)
    });
    // Of each sort the innermost cause says most.
    let found = find(&causes, |cause| cause.downcast_ref().map(|error| tls::explain(error, site)))
        .or_else(|| find(&causes, |cause| cause.downcast_ref().map(of_auth)))
        .or_else(|| find(&causes, |cause| of_text(&cause.to_string(), site)))
        .or_else(|| find(&causes, |cause| of_io(cause.downcast_ref()?, site, connecting)))
        .or_else(|| find(&causes, |cause| of_hyper(cause.downcast_ref()?, site)));
    if let Some(failure) = found {
        return failure;
    }
    if connecting {
        return Failure::new(K::Closed, format!("the connection to {} failed", site.peer()));
    }
    let last = causes.last().map(ToString::to_string).unwrap_or_default();
    Failure::new(K::Unknown, one_line(&without_secrets(&last), LONGEST))
}

fn find(
    causes: &[&(dyn Error + 'static)],
    judge: impl Fn(&(dyn Error + 'static)) -> Option<Failure>,
) -> Option<Failure> {
    causes.iter().rev().find_map(|cause| judge(*cause))
}

/// Says which part of connecting did not end in time, if that can be found out: the name, TCP or the TLS handshake.
pub async fn explain_timeout(failure: Failure, site: &Site) -> Failure {
    if failure.kind != K::ConnectTimeout || site.proxy.is_some() {
        return failure;
    }
    let brief = Duration::from_secs(1);
    let within = seconds(site.connect);
    let Ok(Ok(addresses)) = timeout(brief, lookup_host(site.address.as_str())).await else {
        return Failure::new(K::Dns, format!("host name {} did not resolve within {within}", host(&site.address)));
    };
    let addresses: Vec<_> = addresses.collect();
    match timeout(brief, TcpStream::connect(addresses.as_slice())).await {
        Ok(Ok(_)) if site.tls => {
            let words = format!("{} accepts connections but completes no TLS handshake within {within}", site.address);
            Failure::new(K::ConnectTimeout, words)
        }
        _ => failure,
    }
}

/// Explains an answer whose status is not 2xx.
#[must_use]
pub fn of_answer(code: StatusCode, body: &[u8], site: &Site) -> Failure {
    let message = error_body::message(body);
    let said = |otherwise: &str| message.clone().unwrap_or_else(|| otherwise.to_owned());
    match code.as_u16() {
        400 if said("").contains("HTTP request to an HTTPS server") => {
            Failure::new(K::NotHttp, format!("{} expects TLS", site.address))
                .with_hint("use https:// in the server's address")
        }
        400 | 422 => Failure::new(K::Invalid, said("the server makes nothing of the request")),
        401 => Failure::new(K::Unauthorized, "the server rejected the credentials"),
        403 if body.trim_ascii_start().starts_with(b"<") => {
            Failure::new(K::Proxy, format!("a web page forbids this in place of {}", site.address))
                .with_hint("a firewall or login proxy may be in between")
        }
        403 => Failure::new(K::Forbidden, said("the server forbids this")),
        404 => Failure::new(K::NotFound, said("the server does not know this path")),
        407 => Failure::new(K::Proxy, format!("{} asks for a login", site.peer())),
        410 => Failure::new(K::Gone, said("the resource version is too old")),
        429 => Failure::new(K::Throttled, "the server asks to slow down"),
        500..=599 => {
            let failed = error_body::failed_checks(body);
            if failed.is_empty() {
                let words = message.filter(|text| !text.is_empty()).map(|text| format!(": {text}")).unwrap_or_default();
                let summary = format!("the server answers {}{words}", code.as_u16());
                Failure::new(K::Server, one_line(&summary, LONGEST))
            } else {
                Failure::new(K::Server, one_line(&format!("not ready: {} failed", failed.join(", ")), LONGEST))
            }
        }
        300..=399 => Failure::new(K::NotHttp, format!("{} redirects elsewhere, as a login page does", site.address)),
        number => Failure::new(K::Unknown, said(&format!("the server answers {number}"))),
    }
}

/// Collects an error and its causes, outermost first, looking inside `io::Error`s, whose `source()` skips a level.
fn collect<'a>(error: &'a (dyn Error + 'static), causes: &mut Vec<&'a (dyn Error + 'static)>, depth: usize) {
    if depth > 24 {
        return;
    }
    causes.push(error);
    let inner: Option<&'a (dyn Error + 'static)> = match error.downcast_ref::<io::Error>() {
        Some(io) => io.get_ref().map(|inner| inner as &(dyn Error + 'static)),
        None => error.source(),
    };
    if let Some(inner) = inner {
        collect(inner, causes, depth + 1);
    }
}

/// Explains what kube's own token handling says (auth providers; plugins and token files are ours).
fn of_auth(error: &AuthError) -> Failure {
    match error {
        AuthError::InvalidBearerToken(_) | AuthError::InvalidBasicAuth(_) => {
            Failure::new(K::Config, "the token or password holds characters that cannot be sent")
        }
        AuthError::ReadTokenFile(..) => Failure::new(K::Config, "the token file cannot be read"),
        AuthError::Oidc(_) => Failure::new(K::LoginExpired, "the OIDC login cannot be renewed")
            .with_hint("log in again with the tool that wrote this kubeconfig"),
        AuthError::OAuth(_) => Failure::new(K::LoginExpired, "Google credentials cannot be obtained")
            .with_hint("gcloud auth application-default login"),
        AuthError::AuthExecStart(_) => Failure::new(K::PluginMissing, "the auth provider's program is not installed"),
        AuthError::AuthExecRun { .. } => Failure::new(K::PluginFailed, "the auth provider's program failed"),
        _ => Failure::new(K::PluginFailed, "the auth provider gives no credentials")
            .with_hint("use a credential plugin (exec) instead of auth-provider"),
    }
}

fn of_text(text: &str, site: &Site) -> Option<Failure> {
    if text == "dns error" {
        let named = site.proxy.as_deref().unwrap_or(&site.address);
        return Some(Failure::new(K::Dns, format!("host name {} does not resolve", host(named))));
    }
    if text == "length limit exceeded" {
        return Some(Failure::new(K::Decode, format!("{} sends an answer without end", site.address)));
    }
    if text.contains("extra bytes after body has been decompressed") {
        return Some(Failure::new(K::Decode, format!("an answer of {} goes on after its end", site.address)));
    }
    if text.contains("proxy authorization required") {
        return Some(Failure::new(K::Proxy, format!("{} asks for a login", site.peer())));
    }
    if text.starts_with("tunnel error: un") || text.starts_with("SOCKS error") {
        return Some(Failure::new(K::Proxy, format!("{} does not connect to {}", site.peer(), site.address)));
    }
    None
}

fn of_io(error: &io::Error, site: &Site, connecting: bool) -> Option<Failure> {
    use io::ErrorKind as I;
    let peer = site.peer();
    Some(match error.kind() {
        I::ConnectionRefused => Failure::new(K::Refused, format!("connection refused by {peer}")),
        I::HostUnreachable => Failure::new(K::NoRoute, format!("no route to {peer}")),
        I::NetworkUnreachable | I::NetworkDown | I::AddrNotAvailable => {
            Failure::new(K::NoRoute, format!("the network of {peer} cannot be reached"))
        }
        I::TimedOut if connecting => {
            Failure::new(K::ConnectTimeout, format!("no connection to {peer} within {}", seconds(site.connect)))
        }
        I::TimedOut => Failure::new(K::Timeout, format!("the connection to {peer} timed out")),
        I::ConnectionReset | I::ConnectionAborted | I::BrokenPipe | I::UnexpectedEof
            if connecting && site.tls && site.proxy.is_none() =>
        {
            Failure::new(K::Closed, format!("{peer} closed the connection during the TLS handshake"))
        }
        I::ConnectionReset | I::ConnectionAborted | I::BrokenPipe | I::UnexpectedEof => {
            Failure::new(K::Closed, format!("{peer} closed the connection"))
        }
        I::PermissionDenied => Failure::new(K::NoRoute, format!("this system does not permit a connection to {peer}")),
        _ => return None,
    })
}

fn of_hyper(error: &hyper::Error, site: &Site) -> Option<Failure> {
    // What a request hears whose connection was dropped beneath it, as when sockets are cut on purpose.
    let dropped = error.is_user() && error.to_string().starts_with("dispatch task is gone");
    let closed = error.is_incomplete_message() || error.is_closed() || error.is_canceled();
    if closed || dropped || error.is_body_write_aborted() {
        return Some(Failure::new(K::Closed, format!("{} closed the connection", site.peer())));
    }
    if error.is_parse() {
        let failure = Failure::new(K::NotHttp, format!("{} does not speak HTTP", site.address));
        let advice =
            if site.tls { "check the port in the server's address" } else { "if it expects TLS, use https://" };
        return Some(failure.with_hint(advice));
    }
    error.is_timeout().then(|| Failure::new(K::Timeout, format!("the connection to {} timed out", site.peer())))
}

/// Returns the host of `host:port`.
fn host(address: &str) -> &str {
    address.rsplit_once(':').map_or(address, |(host, _)| host).trim_matches(['[', ']'])
}

fn seconds(limit: Duration) -> String {
    let tenths = (limit.as_millis() + 50) / 100;
    if tenths.is_multiple_of(10) { format!("{}s", tenths / 10) } else { format!("{}.{}s", tenths / 10, tenths % 10) }
}

#[cfg(test)]
mod tests {
    use rustls::CertificateError;

    use super::*;

    #[test]
    fn a_limit_is_told_in_round_numbers() {
        let told = [5_000, 4_999, 2_500, 640].map(|millis| seconds(Duration::from_millis(millis)));
        assert_eq!(told, ["5s", "5s", "2.5s", "0.6s"]);
    }

    fn site() -> Site {
        Site { address: "10.0.0.1:6443".to_owned(), tls: true, ..Site::default() }
    }

    fn answer(code: u16, body: &str) -> (K, String) {
        let failure = of_answer(StatusCode::from_u16(code).unwrap(), body.as_bytes(), &site());
        (failure.kind, failure.summary)
    }

    #[tokio::test]
    async fn a_request_whose_connection_was_dropped_beneath_it_was_closed() {
        let (ours, _theirs) = tokio::io::duplex(1_024);
        let io = hyper_util::rt::TokioIo::new(ours);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
        let connection = tokio::spawn(connection);
        let request = http::Request::get("/readyz").body(http_body_util::Empty::<hyper::body::Bytes>::new()).unwrap();
        let mut answer = std::pin::pin!(sender.send_request(request));
        // It is on its way before the connection goes.
        assert!(futures::poll!(&mut answer).is_pending());
        tokio::task::yield_now().await;
        connection.abort();
        let failure = of_chain(&answer.await.unwrap_err(), &site());
        assert_eq!((failure.kind, failure.summary.as_str()), (K::Closed, "10.0.0.1:6443 closed the connection"));
        assert!(is_transport(failure.kind), "so that it is asked again when it was cut on purpose");
    }

    #[test]
    fn answers_are_told_apart_by_their_status_and_keep_the_server_s_words() {
        let forbidden =
            r#"{"kind":"Status","message":"pods is forbidden: User \"bob\" cannot list resource \"pods\""}"#;
        assert_eq!(
            answer(403, forbidden),
            (K::Forbidden, "pods is forbidden: User \"bob\" cannot list resource \"pods\"".to_owned())
        );
        assert_eq!(answer(401, "whatever").1, "the server rejected the credentials");
        assert_eq!(answer(410, "{}"), (K::Gone, "the resource version is too old".to_owned()));
        assert_eq!(answer(429, ""), (K::Throttled, "the server asks to slow down".to_owned()));
        assert_eq!(answer(503, "upstream is away").1, "the server answers 503: upstream is away");
        assert_eq!(answer(500, "[-]etcd failed: x\n").1, "not ready: etcd failed");
        assert_eq!(answer(302, "<html>").0, K::NotHttp);
        assert_eq!(answer(403, "<html>no</html>").0, K::Proxy);
    }

    #[tokio::test]
    async fn an_answer_without_end_is_told_in_words_of_ours() {
        let body = http_body_util::Limited::new(kube::client::Body::from(vec![b' '; 100]), 10);
        let error = http_body_util::BodyExt::collect(body).await.unwrap_err();
        let failure = of_chain(&*error, &site());
        assert_eq!((failure.kind, &*failure.summary), (K::Decode, "10.0.0.1:6443 sends an answer without end"));
        let error = io::Error::other("there are extra bytes after body has been decompressed");
        assert_eq!(of_chain(&error, &site()).summary, "an answer of 10.0.0.1:6443 goes on after its end");
    }

    #[test]
    fn a_tls_error_is_found_inside_nested_io_errors() {
        let inner = rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let nested = io::Error::other(io::Error::other(inner));
        assert_eq!(of_chain(&nested, &site()).kind, K::TlsUntrusted);
    }

    #[test]
    fn an_unknown_error_is_one_short_line_without_secrets() {
        let failure = of_chain(&io::Error::other(format!("odd\ntoken=hunter2 {}", "x ".repeat(500))), &site());
        assert_eq!(failure.kind, K::Unknown);
        assert!(failure.summary.starts_with("odd token=[redacted] x x"), "{failure}");
        assert!(failure.summary.chars().count() <= LONGEST + 1);
    }
}
