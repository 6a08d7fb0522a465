//! Owns the admin endpoint: what breaks can be looked at and changed while the fleet runs. Plain HTTP on loopback, guarded
//! by a token (`Authorization: Bearer`). Must not know how anything is broken.
//!
//! | request | what |
//! |---|---|
//! | `GET /clusters` | all clusters: address, faults that hold, faults that were switched on |
//! | `GET /clusters/NAME` | one of them |
//! | `PUT /clusters/NAME/faults/KIND` | switches a fault on; its keys, and `after`, `for`, `every`, as a JSON object |
//! | `DELETE /clusters/NAME/faults/KIND` | switches it off again |
//! | `DELETE /clusters/NAME/faults` | switches all off that were switched on |
//!
//! For NAME, `*` means all clusters: a network-wide outage is a `PUT` of `refuse` or `blackhole` there. Kinds and keys
//! are those of [`Fault`](super::Fault).

use std::convert::Infallible;
use std::sync::Arc;

use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::fleet::ClusterHandle;
use super::scenario::FaultSpec;

/// A fault is small.
const LARGEST_BODY: usize = 64 * 1_024;

type Answer = Result<Value, (StatusCode, String)>;

/// Serves the endpoint for ever.
pub(crate) async fn serve(listener: TcpListener, token: String, clusters: Vec<ClusterHandle>) {
    let state = Arc::new((format!("Bearer {token}"), clusters));
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Some(_ended) = connections.join_next() => {}
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                let state = Arc::clone(&state);
                let service = service_fn(move |request| {
                    let state = Arc::clone(&state);
                    async move { Ok::<_, Infallible>(response(answer(&state.0, &state.1, request).await)) }
                });
                let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                connections.spawn(async move {
                    // A client that goes away is nothing to report.
                    let _ended = connection.await;
                });
            },
        }
    }
}

fn response(answer: Answer) -> Response<Full<Bytes>> {
    let (status, value) = match answer {
        Ok(value) => (StatusCode::OK, value),
        Err((status, message)) => (status, json!({"error": message})),
    };
    let mut response = Response::new(Full::from(format!("{value:#}\n")));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    response
}

async fn answer(guard: &str, clusters: &[ClusterHandle], request: Request<Incoming>) -> Answer {
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if given != Some(guard) {
        return Err((StatusCode::UNAUTHORIZED, "the token of the kubeconfig's extension is needed".to_owned()));
    }
    let (head, body) = request.into_parts();
    // Unlike in a query, a plus in a path is a plus.
    let step = |step: &str| super::api::decode(&step.replace('+', "%2B"));
    let path: Vec<String> = head.uri.path().split('/').skip(1).map(step).collect();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let chosen = |name: &str| -> Result<Vec<&ClusterHandle>, (StatusCode, String)> {
        let chosen: Vec<_> = clusters.iter().filter(|cluster| name == "*" || cluster.name() == name).collect();
        if chosen.is_empty() { Err((StatusCode::NOT_FOUND, format!("no cluster is named {name}"))) } else { Ok(chosen) }
    };
    match (&head.method, &path[..]) {
        (&Method::GET, ["clusters"]) => Ok(json!({"clusters": clusters.iter().map(state).collect::<Vec<_>>()})),
        (&Method::GET, ["clusters", name]) if *name != "*" => Ok(state(chosen(name)?[0])),
        (&Method::PUT, ["clusters", name, "faults", kind]) => {
            let chosen = chosen(name)?;
            let content = Limited::new(body, LARGEST_BODY).collect().await;
            let content = content.map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))?.to_bytes();
            let spec = fault(kind, &content).map_err(|reason| (StatusCode::BAD_REQUEST, reason))?;
            for cluster in &chosen {
                cluster.plan_fault(spec.clone());
            }
            Ok(json!({"clusters": chosen.into_iter().map(state).collect::<Vec<_>>()}))
        }
        (&Method::DELETE, ["clusters", name, "faults", kind @ ..]) if kind.len() < 2 => {
            let chosen = chosen(name)?;
            // A kind of fault that needs keys is one all the same.
            if let Some(Err(unknown)) = kind.first().map(|kind| fault(kind, &[]))
                && unknown.starts_with("unknown variant")
            {
                return Err((StatusCode::BAD_REQUEST, unknown));
            }
            for cluster in &chosen {
                kind.first().map_or_else(|| cluster.clear_faults(), |kind| cluster.clear_fault(kind));
            }
            Ok(json!({"clusters": chosen.into_iter().map(state).collect::<Vec<_>>()}))
        }
        (_, ["clusters", ..]) => Err((StatusCode::METHOD_NOT_ALLOWED, format!("no {} here", head.method))),
        _ => Err((StatusCode::NOT_FOUND, "there is /clusters".to_owned())),
    }
}

/// Reads a fault: an object of its keys, or nothing where it needs none.
fn fault(kind: &str, content: &[u8]) -> Result<FaultSpec, String> {
    let mut value: Value = match content.trim_ascii() {
        [] => json!({}),
        content => serde_json::from_slice(content).map_err(|error| error.to_string())?,
    };
    let keys = value.as_object_mut().ok_or("a JSON object is needed")?;
    keys.insert("kind".to_owned(), kind.into());
    let spec: FaultSpec = serde_json::from_value(value).map_err(|error| error.to_string())?;
    spec.check()?;
    Ok(spec)
}

fn state(cluster: &ClusterHandle) -> Value {
    json!({
        "name": cluster.name(),
        "address": cluster.address().to_string(),
        "tls": cluster.authority().is_some(),
        "resourceVersion": cluster.resource_version(),
        "holding": cluster.faults(),
        "switchedOn": cluster.planned_faults(),
    })
}
