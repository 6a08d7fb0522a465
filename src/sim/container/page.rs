//! Owns what answers on the ports of the simulated pods: one page of text. Must not know what carries its bytes.

use std::convert::Infallible;

use http::{HeaderValue, Request, Response, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::DuplexStream;

use crate::sim::body::whole;

/// Answers every request of one connection to a port of a pod.
pub(crate) async fn serve(connection: DuplexStream, pod: String, port: u16) {
    let service = service_fn(move |request: Request<Incoming>| {
        let text = format!("pod: {pod}\nport: {port}\n{} {}\n", request.method(), request.uri());
        let mut response = Response::new(whole(text));
        let plain = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, plain);
        async { Ok::<_, Infallible>(response) }
    });
    let connection = TokioIo::new(connection);
    let _ended = http1::Builder::new().half_close(true).serve_connection(connection, service).await;
}
