//! One client for one context, with all that was known when it was built. Must not know when it is replaced.

use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use kube::client::Body;
use tokio::time::Instant;

use super::failure::{self, Site};
use super::transport::Transport;
use crate::model::failure::{Failure, FailureKind};

/// The most that is read of an error's body.
const ERROR_BODY_BYTES: usize = 64 * 1024;

/// The longest wish of a server to be left alone that is honoured.
pub const LONGEST_WISH: Duration = Duration::from_secs(120);

/// One client for one context, built from the kubeconfig as it was on disk at that moment.
#[derive(Clone)]
pub struct Access {
    /// Sends the requests; holds credentials and sockets.
    pub client: kube::Client,
    /// Where it leads, for messages.
    pub site: Arc<Site>,
    /// The context's namespace; `None` if it names none.
    pub namespace: Option<String>,
    /// The context names a user, so being taken for `system:anonymous` is a failure.
    pub credentials_meant: bool,
    /// What may help when the server rejects the credentials.
    pub advice: String,
    /// When the credentials should be renewed, if that is known.
    pub renew_at: Option<Instant>,
    /// The sockets of this client, and of those before and after it.
    pub transport: Transport,
    /// Which server and namespace it leads to, as a hash.
    pub place: u64,
}

impl Access {
    /// Wraps a client with nothing else known about it: no namespace, credentials meant, never renewed.
    #[must_use]
    pub fn new(client: kube::Client, site: Site) -> Self {
        Self {
            client,
            site: Arc::new(site),
            namespace: None,
            credentials_meant: true,
            advice: String::new(),
            renew_at: None,
            transport: Transport::default(),
            place: 0,
        }
    }

    /// Sends a request and returns the answer's head within `limit`; the body streams afterwards, without a limit.
    ///
    /// Any status but 2xx, and 304 where the request asks for no more, is a failure carrying the server's own message.
    pub async fn send(&self, request: Request<Vec<u8>>, limit: Duration) -> Result<Response<Body>, Failure> {
        let deadline = Instant::now() + limit;
        let sent = tokio::time::timeout_at(deadline, async {
            // On a socket that is being cut it would be lost, and the server blamed.
            self.transport.calm().await;
            self.client.send(request.map(Body::from)).await
        });
        let sent = tokio::select! {
            sent = sent => sent,
            // What waits for an old network would wait to its limit.
            () = self.transport.next_cut() => {
                return Err(Failure::new(FailureKind::Closed, "the connection was given up"));
            }
        };
        let response = match sent {
            Err(_) => return Err(failure::no_answer(&self.site, limit)),
            Ok(Err(error)) => {
                let failure = failure::of_kube(&error, &self.site);
                return Err(failure::explain_timeout(failure, &self.site).await);
            }
            Ok(Ok(response)) => response,
        };
        if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
            return Ok(response);
        }
        let status = response.status();
        let retry_after = retry_after(&response);
        let body = Limited::new(response.into_body(), ERROR_BODY_BYTES).collect();
        let body = match tokio::time::timeout_at(deadline.max(Instant::now() + Duration::from_secs(1)), body).await {
            Ok(Ok(body)) => body.to_bytes(),
            _ => bytes::Bytes::new(),
        };
        let failure = Failure { retry_after, ..failure::of_answer(status, &body, &self.site) };
        if failure.kind == FailureKind::Unauthorized {
            return Err(failure.with_hint(self.advice.as_str()));
        }
        Err(failure)
    }
}

/// Reads the server's wish to be left alone, given in seconds, up to a bound.
fn retry_after(response: &Response<Body>) -> Option<Duration> {
    let wish = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    let seconds: u64 = wish.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_WISH))
}
