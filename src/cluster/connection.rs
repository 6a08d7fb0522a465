//! The handle that an open cluster's tasks send requests through. Must not know how a client is built, nor when.
//!
//! The client behind a [`Connection`] is swapped when credentials are renewed or the transport is rebuilt: streams in
//! flight go on where they are, the next request takes the new one. A rejected request waits for the supervisor's one
//! probe and is sent again if that mended it, so that a token which merely expired is never seen on the screen.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::{BodyExt, Limited};
use kube::client::Body;
use serde::de::DeserializeOwned;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::access::Access;
use super::failure;
use crate::model::failure::{Failure, FailureKind};

/// The most that [`Connection::fetch`] and what builds on it take. Lists are streamed, not fetched this way.
const BODY_BYTES: usize = 8 * 1024 * 1024;

/// A cheap handle to one open cluster's API server; clones share the client behind it.
#[derive(Clone)]
pub struct Connection {
    shared: Arc<Shared>,
    /// Failures on the way say nothing of the transport.
    aside: bool,
}

struct Shared {
    access: RwLock<(u64, Access)>,
    /// The number of the client in use; grows with every swap.
    epoch: watch::Sender<u64>,
    /// The newest client whose credentials were turned down.
    rejected: watch::Sender<u64>,
    /// How many requests have failed on the way, in all.
    faults: watch::Sender<u64>,
    /// Somebody watches `rejected` and will swap the client or end the session.
    guarded: bool,
}

impl Connection {
    /// Wraps a client that nobody renews: a 401 is returned at once.
    #[must_use]
    pub fn new(access: Access) -> Self {
        Self::build(access, false)
    }

    /// Wraps a client that a supervisor renews: a 401 waits for its probe, at most as long as the request may take.
    #[must_use]
    pub fn guarded(access: Access) -> Self {
        Self::build(access, true)
    }

    fn build(access: Access, guarded: bool) -> Self {
        let shared = Shared {
            access: RwLock::new((1, access)),
            epoch: watch::Sender::new(1),
            rejected: watch::Sender::new(0),
            faults: watch::Sender::new(0),
            guarded,
        };
        Self { shared: Arc::new(shared), aside: false }
    }

    /// Returns a handle for questions that somebody behind the API server answers: how they fail says nothing of it.
    #[must_use]
    pub fn aside(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), aside: true }
    }

    /// Returns the context's namespace; `None` if it names none.
    #[must_use]
    pub fn namespace(&self) -> Option<String> {
        self.current().1.namespace
    }

    /// Returns the client in use with its number.
    #[must_use]
    pub fn current(&self) -> (u64, Access) {
        self.shared.access.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts a new client in place. Streams in flight stay with the old one until they end.
    pub fn replace(&self, access: Access) {
        let number = {
            let mut slot = self.shared.access.write().unwrap_or_else(PoisonError::into_inner);
            slot.0 += 1;
            slot.1 = access;
            slot.0
        };
        self.shared.epoch.send_replace(number);
    }

    /// Follows the number of the newest client whose credentials were turned down.
    #[must_use]
    pub fn rejections(&self) -> watch::Receiver<u64> {
        self.shared.rejected.subscribe()
    }

    /// Follows the number of requests that failed on the way.
    #[must_use]
    pub fn faults(&self) -> watch::Receiver<u64> {
        self.shared.faults.subscribe()
    }

    /// Sends a request and returns the answer's head within `limit`; the body streams afterwards, without a limit.
    ///
    /// Any status but 2xx is a failure carrying the server's own message. A 401 first waits for the supervisor's probe
    /// and is retried once with what that found; a request whose sockets were cut on purpose is sent again. All of it takes no
    /// longer than `limit`: a renewal that takes longer leaves the 401 as the answer, for the server did answer.
    pub async fn send(&self, request: Request<Vec<u8>>, limit: Duration) -> Result<Response<Body>, Failure> {
        let deadline = Instant::now() + limit;
        let mut rejection: Option<Failure> = None;
        let failure = loop {
            let (number, access) = self.current();
            let cuts = access.transport.cuts();
            let left = deadline.saturating_duration_since(Instant::now());
            let failure = match access.send(request.clone(), left).await {
                Ok(response) => return Ok(response),
                Err(failure) => failure,
            };
            // Cut off by ourselves, be it more than once, which says nothing of the server.
            if access.transport.cuts() != cuts && failure::is_transport(failure.kind) {
                if Instant::now() < deadline {
                    continue;
                }
                break failure::no_answer(&access.site, limit);
            }
            drop(access);
            if let Some(rejection) = rejection {
                // The renewal took the time, not the server.
                break if failure.kind == FailureKind::Timeout { rejection } else { failure };
            }
            let rejected = self.shared.guarded && failure.kind == FailureKind::Unauthorized;
            if !rejected || !self.renewed(number, deadline).await {
                break self.within(limit, failure);
            }
            rejection = Some(failure);
        };
        self.count(&failure);
        Err(failure)
    }

    /// Reports the credentials of client `number` as turned down; `true` if a newer client is there in time.
    async fn renewed(&self, number: u64, deadline: Instant) -> bool {
        self.shared.rejected.send_if_modified(|newest| {
            let grows = number > *newest;
            *newest = number.max(*newest);
            grows
        });
        let mut epoch = self.shared.epoch.subscribe();
        matches!(timeout_at(deadline, epoch.wait_for(|newer| *newer > number)).await, Ok(Ok(_)))
    }

    fn count(&self, failure: &Failure) {
        if failure::is_transport(failure.kind) && !self.aside {
            self.shared.faults.send_modify(|count| *count += 1);
        }
    }

    /// Fetches a small resource as text, the whole of it within `limit`.
    pub async fn get_text(&self, path: &str, limit: Duration) -> Result<String, Failure> {
        let request = Request::get(path).header(header::ACCEPT, "application/json, */*").body(Vec::new());
        let request = request.map_err(|_| Failure::new(FailureKind::Unknown, "the request's path is malformed"))?;
        let answer = self.fetch(request, limit).await?;
        Ok(String::from_utf8_lossy(answer.body()).into_owned())
    }

    /// Sends a request that is safe to repeat and returns its small answer, the whole of it within `limit`.
    pub async fn fetch(&self, request: Request<Vec<u8>>, limit: Duration) -> Result<Response<Bytes>, Failure> {
        let deadline = Instant::now() + limit;
        loop {
            let cuts = self.cuts();
            let left = deadline.saturating_duration_since(Instant::now());
            let response = self.send(request.clone(), left).await.map_err(|failure| self.within(limit, failure))?;
            let (head, body) = response.into_parts();
            match timeout_at(deadline, Limited::new(body, BODY_BYTES).collect()).await {
                Ok(Ok(body)) => return Ok(Response::from_parts(head, body.to_bytes())),
                Ok(Err(_)) if self.cuts() != cuts => {}
                Ok(Err(error)) => return Err(self.stream_failure(&*error)),
                Err(_) => return Err(self.timed_out(limit)),
            }
        }
    }

    /// Fetches a small resource as JSON, the whole of it within `limit`.
    pub async fn get_json<T: DeserializeOwned>(&self, path: &str, limit: Duration) -> Result<T, Failure> {
        let text = self.get_text(path, limit).await?;
        serde_json::from_str(&text).map_err(|_| {
            Failure::new(FailureKind::Decode, format!("the answer to {} is not what was asked for", short(path)))
        })
    }

    /// Returns how many times our sockets were cut on purpose; streams that ended meanwhile say nothing of the server.
    #[must_use]
    pub fn cuts(&self) -> u64 {
        self.current().1.transport.cuts()
    }

    /// Tells that one request failed on the way again and again: that is as much as many that failed once.
    pub fn despair(&self) {
        self.shared.faults.send_modify(|count| *count += 100);
    }

    /// Words a silence by the whole of the time that was given, of which a last attempt may have had but the rest.
    #[must_use]
    pub fn within(&self, limit: Duration, failure: Failure) -> Failure {
        match failure.kind {
            FailureKind::Timeout => failure::no_answer(&self.current().1.site, limit),
            _ => failure,
        }
    }

    /// Says that the server was silent within an answer for a call's whole time limit, and counts it as a fault.
    pub fn timed_out(&self, limit: Duration) -> Failure {
        let failure = failure::no_answer(&self.current().1.site, limit);
        self.count(&failure);
        failure
    }

    /// Explains why a body that was streaming broke off, and counts it as a fault of the transport.
    pub fn stream_failure(&self, error: &(dyn std::error::Error + 'static)) -> Failure {
        let failure = failure::of_chain(error, &self.current().1.site);
        self.count(&failure);
        failure
    }
}

/// Returns the path without its query.
fn short(path: &str) -> &str {
    path.split('?').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::cluster::access::LONGEST_WISH;
    use crate::cluster::failure::Site;

    /// Asks a server that throttles, and words its wish so.
    async fn wish(retry_after: &'static str) -> Option<Duration> {
        let service = tower::service_fn(move |_: Request<Body>| async move {
            let answer = Response::builder().status(429).header(header::RETRY_AFTER, retry_after);
            Ok::<_, Infallible>(answer.body(Body::empty()).unwrap())
        });
        let connection = Connection::new(Access::new(kube::Client::new(service, "default"), Site::default()));
        let failure = connection.get_text("/readyz", Duration::from_secs(1)).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Throttled);
        failure.retry_after
    }

    #[tokio::test]
    async fn a_server_s_wish_to_be_left_alone_is_read_up_to_a_bound() {
        assert_eq!(wish("7").await, Some(Duration::from_secs(7)));
        assert_eq!(wish("9000").await, Some(LONGEST_WISH));
        assert_eq!(wish("Fri, 20 Nov 2026 12:00:00 GMT").await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_renewal_that_takes_longer_than_the_request_leaves_the_rejection_as_the_answer() {
        let service = tower::service_fn(|_: Request<Body>| async {
            Ok::<_, Infallible>(Response::builder().status(401).body(Body::empty()).unwrap())
        });
        let connection = Connection::guarded(Access::new(kube::Client::new(service, "default"), Site::default()));
        let start = Instant::now();
        let failure = connection.get_text("/readyz", Duration::from_secs(5)).await.unwrap_err();
        assert_eq!((failure.kind, start.elapsed()), (FailureKind::Unauthorized, Duration::from_secs(5)));
        assert_eq!(*connection.faults().borrow(), 0, "an answer is no fault of the transport");
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_stalls_in_its_body_is_a_fault_of_the_transport() {
        let service = tower::service_fn(|_: Request<Body>| async {
            let silence = futures::stream::pending::<Result<http_body::Frame<bytes::Bytes>, std::io::Error>>();
            Ok::<_, Infallible>(Response::new(http_body_util::StreamBody::new(silence)))
        });
        let connection = Connection::new(Access::new(kube::Client::new(service, "default"), Site::default()));
        let start = Instant::now();
        let failure = connection.get_text("/readyz", Duration::from_secs(5)).await.unwrap_err();
        assert_eq!((failure.kind, start.elapsed()), (FailureKind::Timeout, Duration::from_secs(5)));
        assert_eq!(*connection.faults().borrow(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_is_cut_off_is_sent_again_and_is_no_fault_of_the_server() {
        let asked = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let seen = asked.clone();
        let service = tower::service_fn(move |_: Request<Body>| {
            let first = seen.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
            async move {
                if first {
                    std::future::pending::<()>().await;
                }
                Ok::<_, Infallible>(Response::new(Body::from(b"ok".to_vec())))
            }
        });
        let connection = Connection::new(Access::new(kube::Client::new(service, "default"), Site::default()));
        let transport = connection.current().1.transport;
        let cut = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            transport.cut();
        };
        let (answer, ()) = tokio::join!(connection.get_text("/readyz", Duration::from_secs(5)), cut);
        assert_eq!(answer.unwrap(), "ok");
        assert_eq!(*connection.faults().borrow(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_cut_off_in_its_body_is_asked_for_again() {
        let asked = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let (seen, broken) = (asked.clone(), Arc::new(tokio::sync::Notify::new()));
        let breaks = broken.clone();
        let service = tower::service_fn(move |_: Request<Body>| {
            let first = seen.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
            let breaks = breaks.clone();
            let content = futures::stream::once(async move {
                if !first {
                    return Ok(http_body::Frame::data(bytes::Bytes::from_static(b"ok")));
                }
                breaks.notified().await;
                Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
            });
            std::future::ready(Ok::<_, Infallible>(Response::new(http_body_util::StreamBody::new(content))))
        });
        let connection = Connection::new(Access::new(kube::Client::new(service, "default"), Site::default()));
        let transport = connection.current().1.transport;
        let cut = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            transport.cut();
            broken.notify_one();
        };
        let (answer, ()) = tokio::join!(connection.get_text("/readyz", Duration::from_secs(5)), cut);
        assert_eq!(answer.unwrap(), "ok");
        assert_eq!((asked.load(std::sync::atomic::Ordering::SeqCst), *connection.faults().borrow()), (2, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_silence_is_told_by_the_whole_time_that_was_given_also_after_a_cut() {
        let service =
            tower::service_fn(|_: Request<Body>| std::future::pending::<Result<Response<Body>, Infallible>>());
        let connection = Connection::new(Access::new(kube::Client::new(service, "default"), Site::default()));
        let transport = connection.current().1.transport;
        let cut = async {
            tokio::time::sleep(Duration::from_millis(4_800)).await;
            transport.cut();
        };
        let (answer, ()) = tokio::join!(connection.get_text("/readyz", Duration::from_secs(5)), cut);
        let failure = answer.unwrap_err();
        assert!(failure.summary.ends_with("within 5s"), "{failure}");
    }

    #[tokio::test(start_paused = true)]
    async fn however_often_a_request_is_cut_off_by_ourselves_that_is_no_word_of_the_server() {
        let service =
            tower::service_fn(|_: Request<Body>| std::future::pending::<Result<Response<Body>, Infallible>>());
        let connection = Connection::new(Access::new(kube::Client::new(service, "default"), Site::default()));
        let transport = connection.current().1.transport;
        let cuts = async {
            for _ in 0..3 {
                tokio::time::sleep(Duration::from_secs(1)).await;
                transport.cut();
            }
        };
        let start = Instant::now();
        let (answer, ()) = tokio::join!(connection.get_text("/readyz", Duration::from_secs(5)), cuts);
        let failure = answer.unwrap_err();
        assert_eq!((failure.kind, start.elapsed()), (FailureKind::Timeout, Duration::from_secs(5)), "{failure}");
        assert_eq!(*connection.faults().borrow(), 1);
    }
}
