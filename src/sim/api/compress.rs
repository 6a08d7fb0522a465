//! Owns gzip: long answers to who accepts it. Must not know what is in them.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use futures::stream::{self, StreamExt as _};
use http::{HeaderValue, Response, header};
use http_body::Frame;
use http_body_util::{BodyExt as _, BodyStream, StreamBody};

use crate::sim::body::{Body, BodyError};

/// Answers known to be shorter are sent as they are, as by a real server.
const SHORTEST: u64 = 128 * 1_024;

/// How many bytes a streamed answer will have, for those who make it to say.
#[derive(Clone, Copy)]
pub(super) struct Expected(pub(super) u64);

struct Zip {
    body: BodyStream<Body>,
    encoder: Option<GzEncoder<Vec<u8>>>,
}

/// Compresses the body of a long answer that is no watch, piece by piece.
pub(super) fn gzip(response: &mut Response<Body>, watch: bool) {
    use http_body::Body as _;
    let expected = response.extensions().get().map(|Expected(length)| *length);
    if watch || expected.or(response.body().size_hint().exact()).is_some_and(|length| length < SHORTEST) {
        return;
    }
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    headers.append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    let body = std::mem::take(response.body_mut());
    let zip = Zip { body: BodyStream::new(body), encoder: Some(GzEncoder::new(Vec::new(), Compression::fast())) };
    let frames = stream::unfold(zip, |mut zip| async move {
        loop {
            let mut encoder = zip.encoder.take()?;
            let data = match zip.body.next().await {
                Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
                Some(Err(error)) => return Some((Err(error), zip)),
                None => return Some((encoder.finish().map(|last| Frame::data(last.into())), zip)),
            };
            if let Err(error) = encoder.write_all(&data) {
                return Some((Err(BodyError::from(error)), zip));
            }
            let ready = std::mem::take(encoder.get_mut());
            zip.encoder = Some(encoder);
            if !ready.is_empty() {
                return Some((Ok(Frame::data(ready.into())), zip));
            }
        }
    });
    *response.body_mut() = StreamBody::new(frames).boxed_unsync();
}
