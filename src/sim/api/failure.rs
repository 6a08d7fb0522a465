//! Owns errors as a real server words them: Status objects, in the form the client accepts.
//! Must not know why they arise.

use http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

use super::media::Media;
use super::{json_response, typed};
use crate::sim::body::Body;
use crate::sim::proto;

/// A failed request.
pub(super) enum Failure {
    /// A Status.
    Status {
        /// HTTP status code.
        code: u16,
        /// The word for programs.
        reason: &'static str,
        /// The words for people.
        message: String,
        /// `details`, if a real server gives some.
        details: Option<Value>,
    },
    /// A path nobody serves: plain text, no Status.
    NoSuchPath,
}

impl Failure {
    fn new(code: u16, reason: &'static str, message: impl Into<String>, details: Option<Value>) -> Self {
        Self::Status { code, reason, message: message.into(), details }
    }

    pub(super) fn no_such_path() -> Self {
        Self::NoSuchPath
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message, None)
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized", None)
    }

    pub(super) fn forbidden(
        user: &str,
        verb: &str,
        resource: &str,
        name: Option<&str>,
        namespace: Option<&str>,
    ) -> Self {
        let place = match namespace {
            Some(namespace) => format!("in the namespace \"{namespace}\""),
            None => "at the cluster scope".to_owned(),
        };
        let what = name.map_or_else(|| resource.to_owned(), |name| format!("{resource} \"{name}\""));
        let message = format!(
            "{what} is forbidden: User \"{user}\" cannot {verb} resource \"{resource}\" in API group \"\" {place}"
        );
        let details = match name {
            Some(name) => json!({"name": name, "kind": resource}),
            None => json!({"kind": resource}),
        };
        Self::new(403, "Forbidden", message, Some(details))
    }

    pub(super) fn forbidden_path(user: &str, path: &str) -> Self {
        let message = format!("forbidden: User \"{user}\" cannot get path \"{path}\"");
        Self::new(403, "Forbidden", message, Some(json!({})))
    }

    pub(super) fn not_found(resource: &str, name: &str) -> Self {
        let details = json!({"name": name, "kind": resource});
        Self::new(404, "NotFound", format!("{resource} \"{name}\" not found"), Some(details))
    }

    pub(super) fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource";
        Self::new(405, "MethodNotAllowed", message, Some(json!({})))
    }

    pub(super) fn not_acceptable() -> Self {
        let message = "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch";
        Self::new(406, "NotAcceptable", message, Some(json!({})))
    }

    /// A list asked at exactly a version that is gone.
    pub(super) fn list_expired() -> Self {
        Self::new(410, "Expired", "The resourceVersion for the provided list is too old.", None)
    }

    /// A continue token whose list is gone.
    pub(super) fn continue_expired() -> Self {
        let message = "The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.";
        Self::new(410, "Expired", message, None)
    }

    /// A watch from a version that is forgotten.
    pub(super) fn watch_expired(asked: u64, newest: u64) -> Self {
        Self::new(410, "Expired", format!("too old resource version: {asked} ({newest})"), None)
    }

    /// A list at a version that does not exist yet.
    pub(super) fn future_version(asked: u64, newest: u64) -> Self {
        let cause = json!({"reason": "ResourceVersionTooLarge", "message": "Too large resource version"});
        let details = json!({"causes": [cause], "retryAfterSeconds": 1});
        let message = format!("Timeout: Too large resource version: {asked}, current: {newest}");
        Self::new(504, "Timeout", message, Some(details))
    }

    /// Options of a list or watch that the server refuses.
    pub(super) fn invalid_options(field: &str, cause: &str, message: &str) -> Self {
        let kind = "ListOptions.meta.k8s.io \"\" is invalid";
        let details = json!({"group": "meta.k8s.io", "kind": "ListOptions",
            "causes": [{"reason": cause, "message": format!("Forbidden: {message}"), "field": field}]});
        Self::new(422, "Invalid", format!("{kind}: {field}: Forbidden: {message}"), Some(details))
    }

    /// What a real server has and this one does not.
    pub(super) fn not_implemented(what: &str) -> Self {
        Self::new(501, "NotImplemented", format!("this simulated server does not implement {what}"), None)
    }

    /// The Status of a fault that was switched on.
    pub(super) fn fault(code: u16, retry_after: Option<u32>) -> Self {
        let (reason, message) = match code {
            401 => ("Unauthorized", "Unauthorized"),
            429 => ("TooManyRequests", "too many requests, please try again later"),
            503 => ("ServiceUnavailable", "the server is currently unable to handle the request"),
            504 => ("Timeout", "the server was unable to return a response in the time allotted"),
            _ => ("InternalError", "an error on the server has prevented the request from succeeding"),
        };
        Self::new(code, reason, message, retry_after.map(|seconds| json!({"retryAfterSeconds": seconds})))
    }

    /// The Status object; an empty object for what is no Status.
    pub(super) fn status(&self) -> Value {
        let Self::Status { code, reason, message, details } = self else { return json!({}) };
        let mut status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": message, "reason": reason, "code": code});
        if let Some(details) = details {
            status["details"] = details.clone();
        }
        status
    }

    /// The answer to the request.
    pub(super) fn response(&self, media: Media) -> Response<Body> {
        let Self::Status { code, details, .. } = self else {
            return typed(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", b"404 page not found\n".to_vec());
        };
        let status = StatusCode::from_u16(*code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = if media == Media::Protobuf {
            let bytes = proto::envelope("v1", "Status", &proto::transcode("Status", &self.status()));
            typed(status, media.content_type(false), bytes)
        } else {
            json_response(status, &self.status())
        };
        if let Some(seconds) = details.as_ref().and_then(|details| details["retryAfterSeconds"].as_u64()) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
