//! Owns one request as the faults of the moment let it be answered: late, refused, lied to, or cut somewhere.
//! Must not know what a healthy answer is.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt as _};
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body::{Body as _, Frame};
use http_body_util::{BodyExt as _, StreamBody};
use tokio::sync::watch;
use tokio::time::Instant;

use super::control::Faults;
use super::mouth::{Link, NOISE};
use super::{Cut, Fault, Place, Requests, Way};
use crate::sim::api;
use crate::sim::body::{Body, BodyError, Session, whole};
use crate::sim::cluster::Cluster;

/// Bytes of an answer before a cut in its headers: the status line and a beginning.
const INTO_HEADERS: usize = 20;

/// What a captive portal shows to whoever asks for anything.
const PORTAL: &str =
    "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Sign in to the network</body></html>\n";

/// What kind of request it is, to faults.
#[derive(Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "a request may be of several of these kinds at once")]
struct Asked {
    lists: bool,
    watches: bool,
    checks: bool,
    metrics: bool,
}

impl Asked {
    fn of<B>(request: &Request<B>) -> Self {
        let path = request.uri().path();
        let query = request.uri().query().unwrap_or_default();
        let has = |wanted: &str| query.split('&').any(|pair| pair == wanted);
        let watches = has("watch=true") || has("watch=1");
        let checks = matches!(path, "/readyz" | "/livez" | "/healthz" | "/version");
        let resumes = query
            .split('&')
            .any(|pair| pair.strip_prefix("resourceVersion=").is_some_and(|version| !matches!(version, "" | "0")))
            && !has("sendInitialEvents=true");
        // One object of a namespace has an even number of steps in its path, a list an odd one.
        let steps = path.split('/').filter(|step| !step.is_empty()).count() - usize::from(path.starts_with("/apis/"));
        let collection = path.starts_with("/api") && matches!(steps, 3 | 5);
        Self {
            lists: if watches { !resumes } else { collection && request.method() == http::Method::GET },
            watches,
            checks,
            metrics: path.starts_with("/apis/metrics.k8s.io/"),
        }
    }

    fn is_concerned(self, on: Requests) -> bool {
        match on {
            Requests::All => true,
            Requests::Lists => self.lists,
            Requests::Watches => self.watches,
            Requests::Checks => self.checks,
            Requests::Metrics => self.metrics,
        }
    }
}

/// A request on its way; tells the log how it ended, whatever ends it.
struct Told<'a> {
    cluster: &'a Cluster,
    line: String,
    began: Instant,
    status: Option<StatusCode>,
}

impl Drop for Told<'_> {
    fn drop(&mut self) {
        let status = self.status.as_ref().map_or("---", StatusCode::as_str);
        let milliseconds = self.began.elapsed().as_secs_f64() * 1_000.0;
        tracing::debug!(target: api::REQUEST_LOG, "{} {} {status} {milliseconds:.1}ms", self.cluster.spec.name, self.line);
    }
}

/// Answers one request as the faults allow; an error closes the connection.
pub(crate) async fn answer<B: api::RequestBody>(
    cluster: Arc<Cluster>,
    link: Arc<Link>,
    request: Request<B>,
) -> io::Result<Response<Body>> {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let line = format!("{} {path}", request.method());
    cluster.note(line.clone());
    let mut told = Told { cluster: &cluster, line, began: Instant::now(), status: None };
    let asked = Asked::of(&request);
    let (least, most) = cluster.faults.current().latency();
    if !most.is_zero() {
        let spread = fastrand::u64(..=most.saturating_sub(least).as_millis() as u64);
        tokio::time::sleep(least + Duration::from_millis(spread)).await;
    }
    let faults = cluster.faults.current();
    if let Some((way, cut)) = faults.cut(|on| asked.is_concerned(on)) {
        match (cut.at, way) {
            (Place::BeforeHeaders, Way::Stall) => std::future::pending().await,
            (Place::BeforeHeaders, Way::Garbage) => link.cut_after(0, way),
            (Place::BeforeHeaders, Way::Truncate | Way::Reset) => {
                if way == Way::Reset {
                    link.end_rudely();
                }
                return Err(io::Error::from(io::ErrorKind::ConnectionAborted));
            }
            (Place::InHeader, _) => link.cut_after(INTO_HEADERS, way),
            (Place::MidBody | Place::MidFrame, _) => {}
        }
    }
    let error = faults.last(|fault| match fault {
        Fault::Error { code, retry_after, on } if asked.is_concerned(*on) => Some((*code, *retry_after)),
        _ => None,
    });
    let response = match error {
        Some((code, retry_after)) => api::refusal(&cluster, &request, code, retry_after),
        None => api::answer(&cluster, request).await,
    };
    told.status = Some(response.status());
    if let Some(session) = response.extensions().get::<Session>().and_then(Session::take) {
        let guarded = guarded(session, cluster.faults.subscribe(), asked, Arc::clone(&link));
        link.become_of(Session::new(guarded));
        return Ok(response);
    }
    let response = lie(response, &faults, asked).await;
    Ok(fragile(response, cluster.faults.subscribe(), asked, link))
}

/// Makes headers and content disagree where a fault says so.
async fn lie(mut response: Response<Body>, faults: &Faults, asked: Asked) -> Response<Body> {
    for fault in faults.active() {
        match fault {
            Fault::WrongType { content_type, on } if asked.is_concerned(*on) => {
                response = Response::new(whole(PORTAL));
                if let Ok(value) = HeaderValue::from_str(content_type) {
                    response.headers_mut().insert(header::CONTENT_TYPE, value);
                }
            }
            Fault::WrongLength { by, on } if asked.is_concerned(*on) && !asked.watches => {
                let (mut head, body) = response.into_parts();
                let content = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
                let length = (content.len() as u64).saturating_add_signed(*by);
                head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
                response = Response::from_parts(head, exactly_so(content));
            }
            Fault::Endless { on } if asked.is_concerned(*on) => {
                let (mut head, body) = response.into_parts();
                head.headers.remove(header::CONTENT_LENGTH);
                let blanks = stream::repeat_with(|| Ok(Bytes::from_static(&[b'\n'; 4_096])));
                let content = body.into_data_stream().chain(blanks).map(|piece| piece.map(Frame::data));
                response = Response::from_parts(head, StreamBody::new(content).boxed_unsync());
            }
            _ => {}
        }
    }
    response
}

/// A body that does not tell its length, so that the header may say another.
fn exactly_so(content: Bytes) -> Body {
    let end = stream::once(async {
        // What there is goes out before the server notices that it falls short.
        tokio::task::yield_now().await;
        Ok(Frame::data(Bytes::new()))
    });
    StreamBody::new(stream::once(async move { Ok(Frame::data(content)) }).chain(end)).boxed_unsync()
}

/// Content that breaks when a fault says so, even after its beginning.
struct Fragile {
    body: Body,
    faults: watch::Receiver<Faults>,
    asked: Asked,
    link: Arc<Link>,
    drops: u64,
    sent: usize,
    /// The rest is noise.
    noisy: bool,
}

fn fragile(response: Response<Body>, faults: watch::Receiver<Faults>, asked: Asked, link: Arc<Link>) -> Response<Body> {
    let (mut head, body) = response.into_parts();
    // What goes out at once needs no guard, unless a fault concerns it already.
    let length = body.size_hint().exact();
    let now = faults.borrow().cut(|on| asked.is_concerned(on));
    if length.is_some() && !now.is_some_and(|(_, cut)| cut.at.in_body()) {
        return Response::from_parts(head, body);
    }
    if let Some(length) = length {
        head.headers.entry(header::CONTENT_LENGTH).or_insert(HeaderValue::from(length));
    }
    let drops = faults.borrow().watches_dropped;
    let fragile = Fragile { body, faults, asked, link, drops, sent: 0, noisy: false };
    let frames = stream::unfold(Some(fragile), |fragile| async move {
        let mut fragile = fragile?;
        match fragile.next().await? {
            Ok(bytes) => Some((Ok(Frame::data(bytes)), Some(fragile))),
            Err(error) => Some((Err(error), None)),
        }
    });
    Response::from_parts(head, StreamBody::new(frames).boxed_unsync())
}

impl Fragile {
    async fn next(&mut self) -> Option<Result<Bytes, BodyError>> {
        let piece = loop {
            if let Some((way, cut)) = self.cut()
                && cut.at == Place::MidBody
                && self.sent >= cut.after_bytes
                && way != Way::Garbage
            {
                return Some(self.end(way).await);
            }
            if self.asked.watches && self.faults.borrow().watches_dropped > self.drops {
                return Some(self.end(Way::Truncate).await);
            }
            tokio::select! {
                biased;
                Ok(()) = self.faults.changed() => {}
                frame = self.body.frame() => match frame? {
                    Ok(frame) => if let Ok(bytes) = frame.into_data() { break bytes },
                    Err(error) => return Some(Err(error)),
                },
            }
        };
        Some(Ok(self.cut_piece(piece)))
    }

    fn cut(&self) -> Option<(Way, Cut)> {
        self.faults.borrow().cut(|on| self.asked.is_concerned(on)).filter(|(_, cut)| cut.at.in_body())
    }

    /// Passes a piece on, or what of it still arrives.
    fn cut_piece(&mut self, piece: Bytes) -> Bytes {
        let Some((way, cut)) = self.cut() else {
            self.sent += piece.len();
            return piece;
        };
        let room = match cut.at {
            // Within the last event of the piece: every event is longer than this.
            Place::MidFrame => piece.len() - (piece.len() / 2).min(16),
            _ => cut.after_bytes.saturating_sub(self.sent),
        };
        if self.noisy || (way == Way::Garbage && room < piece.len()) {
            let start = if std::mem::replace(&mut self.noisy, true) { 0 } else { room };
            let noise = NOISE.iter().cycle().take(piece.len() - start);
            self.sent += piece.len();
            return piece[..start].iter().chain(noise).copied().collect();
        }
        let piece = piece.slice(..room.min(piece.len()));
        self.sent += piece.len();
        if cut.at == Place::MidFrame {
            self.body = broken_off(way, Arc::clone(&self.link));
        }
        piece
    }

    /// Ends the content without its end.
    async fn end(&mut self, way: Way) -> Result<Bytes, BodyError> {
        ending(way, &self.link).await
    }
}

/// A session that breaks when a fault says so: there, every moment is the middle of a body.
async fn guarded(
    mut session: BoxFuture<'static, ()>,
    mut faults: watch::Receiver<Faults>,
    asked: Asked,
    link: Arc<Link>,
) {
    let cut = |faults: &Faults| faults.cut(|on| asked.is_concerned(on)).filter(|(_, cut)| cut.at.in_body());
    let broken = async {
        let now = faults.wait_for(|faults| cut(faults).is_some()).await.ok().and_then(|faults| cut(&faults));
        match now {
            Some((way, _)) => way,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        way = broken => {
            let _cut = ending(way, &link).await;
        }
        () = &mut session => {}
    }
}

/// What comes after the half of a frame.
fn broken_off(way: Way, link: Arc<Link>) -> Body {
    let end = stream::once(async move { ending(way, &link).await.map(Frame::data) });
    StreamBody::new(end).boxed_unsync()
}

async fn ending(way: Way, link: &Link) -> Result<Bytes, BodyError> {
    if way == Way::Stall {
        std::future::pending::<()>().await;
    }
    // What was said so far goes out first.
    tokio::task::yield_now().await;
    if way == Way::Reset {
        link.end_rudely();
    }
    Err(BodyError::from(io::ErrorKind::ConnectionAborted))
}
