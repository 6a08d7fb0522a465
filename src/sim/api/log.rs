//! Owns requests for the log of a container: what is asked for, and the refusals. Must not know what is in a log.

use futures::stream::{self, StreamExt as _};
use http::{HeaderValue, Response, header};

use super::failure::{Failure, Problem};
use super::{Call, Target, connect};
use crate::sim::body::{Body, streamed, whole};
use crate::sim::container::Container;
use crate::sim::container::follow::{Part, Reading, Watched};
use crate::sim::kinds::Kind;

/// Answers a request for a log.
pub(super) fn log(call: &Call<'_>, target: &Target<'_>, name: &str) -> Result<Response<Body>, Failure> {
    let namespace = target.namespace.unwrap_or_default();
    let part = part(call, &target.kind, name)?;
    let begun = Watched::begin(call.cluster, namespace, name);
    let (watched, pod) = begun.ok_or_else(|| Failure::not_found(&target.kind, name))?;
    let container = Container::choose(&pod, call.query.get("container")).map_err(Failure::bad_request)?;
    let plain = |body| {
        let mut response = Response::new(body);
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        response
    };
    // Nobody to ask yet: a real server has nothing to say either.
    if pod["spec"]["nodeName"].is_null() {
        return Ok(plain(whole("")));
    }
    if let Some(dialed) = connect::unreachable(call, &pod) {
        let (node, container) = (pod["status"]["hostIP"].as_str().unwrap_or_default(), container.name());
        let asked = format!("https://{node}:10250/containerLogs/{namespace}/{name}/{container}");
        return Err(Failure::unknown(format!("Get \"{asked}\": {dialed}")));
    }
    let previous = is_set(call, "previous");
    let log = container.log(previous).map_err(Failure::bad_request)?;
    let since = call.query.number("sinceSeconds").map(|seconds| watched.now - seconds as i64 * 1_000).or(part.since);
    let reading = Reading::new(watched, container.name(), log, Part { since, ..part });
    let chunks = stream::unfold(reading, |mut reading| async { reading.next().await.map(|chunk| (chunk, reading)) });
    Ok(plain(streamed(chunks.boxed())))
}

/// Tells whether an option is on.
pub(super) fn is_set(call: &Call<'_>, key: &str) -> bool {
    call.query.is(key, "true") || call.query.is(key, "1")
}

/// Which part of a log is asked for.
fn part(call: &Call<'_>, kind: &Kind, name: &str) -> Result<Part, Failure> {
    let mut problems = Vec::new();
    let mut number = |key: &str, least: i64| -> Result<Option<u64>, Failure> {
        let text = call.query.get(key);
        if text.is_empty() {
            return Ok(None);
        }
        let syntax = || Failure::bad_request(format!("strconv.ParseInt: parsing \"{text}\": invalid syntax"));
        let number: i64 = text.parse().map_err(|_| syntax())?;
        if number < least {
            let bound = if least == 0 { "greater than or equal to 0" } else { "greater than 0" };
            let message = format!("Invalid value: {number}: must be {bound}");
            problems.push(Problem { field: key.to_owned(), reason: "FieldValueInvalid", message });
        }
        Ok(Some(number.unsigned_abs()))
    };
    let (tail, limit_bytes, seconds) = (number("tailLines", 0)?, number("limitBytes", 1)?, number("sinceSeconds", 1)?);
    let time = call.query.get("sinceTime");
    let since = match time.parse::<jiff::Timestamp>() {
        Ok(time) => Some(time.as_millisecond()),
        Err(_) if time.is_empty() => None,
        Err(error) => return Err(Failure::bad_request(error.to_string())),
    };
    if since.is_some() && seconds.is_some() {
        let message = "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified".to_owned();
        problems.push(Problem { field: String::new(), reason: "FieldValueForbidden", message });
    }
    if !problems.is_empty() {
        let options = Kind { kind: "PodLogOptions".to_owned(), ..kind.clone() };
        return Err(Failure::invalid(&options, name, &problems));
    }
    Ok(Part { follow: is_set(call, "follow"), timestamps: is_set(call, "timestamps"), tail, since, limit_bytes })
}
