//! Owns errors as a real server words them: Status objects, in the form the client accepts.
//! Must not know why they arise.

use http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

use super::access::Asked;
use super::media::Media;
use super::{json_response, typed};
use crate::sim::body::Body;
use crate::sim::kinds::Kind;
use crate::sim::proto;

/// Something wrong with a field.
pub(super) struct Problem {
    pub(super) field: String,
    /// For example `FieldValueRequired`.
    pub(super) reason: &'static str,
    pub(super) message: String,
}

/// The `details` about one object.
fn about(kind: &Kind, name: &str, word: &str) -> Value {
    let mut details = json!({"name": name, "kind": word});
    if !kind.group.is_empty() {
        details["group"] = kind.group.as_str().into();
    }
    details
}

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

    /// A patch that cannot be carried out.
    pub(super) fn rejected(message: impl Into<String>) -> Self {
        Self::new(422, "Invalid", message, Some(json!({})))
    }

    pub(super) fn too_large(limit: usize) -> Self {
        let message = format!("Request entity too large: limit is {limit}");
        Self::new(413, "RequestEntityTooLarge", message, None)
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized", None)
    }

    pub(super) fn forbidden(user: &str, asked: &Asked<'_>) -> Self {
        let &Asked { verb, group, resource, name, namespace } = asked;
        let place = match namespace {
            Some(namespace) => format!("in the namespace \"{namespace}\""),
            None => "at the cluster scope".to_owned(),
        };
        let dot = if group.is_empty() { "" } else { "." };
        let (base, _) = resource.split_once('/').unwrap_or((resource, ""));
        let what = format!("{base}{dot}{group}");
        let what = name.map_or_else(|| what.clone(), |name| format!("{what} \"{name}\""));
        let message = format!(
            "{what} is forbidden: User \"{user}\" cannot {verb} resource \"{resource}\" in API group \"{group}\" {place}"
        );
        let mut details = match name {
            Some(name) => json!({"name": name, "kind": base}),
            None => json!({"kind": base}),
        };
        if !group.is_empty() {
            details["group"] = group.into();
        }
        Self::new(403, "Forbidden", message, Some(details))
    }

    pub(super) fn forbidden_path(user: &str, path: &str) -> Self {
        let message = format!("forbidden: User \"{user}\" cannot get path \"{path}\"");
        Self::new(403, "Forbidden", message, Some(json!({})))
    }

    pub(super) fn not_found(kind: &Kind, name: &str) -> Self {
        let details = about(kind, name, &kind.plural);
        Self::new(404, "NotFound", format!("{} \"{name}\" not found", kind.qualified()), Some(details))
    }

    pub(super) fn already_exists(kind: &Kind, name: &str) -> Self {
        let message = format!("{} \"{name}\" already exists", kind.qualified());
        Self::new(409, "AlreadyExists", message, Some(about(kind, name, &kind.plural)))
    }

    /// An update of a version that is not the newest.
    pub(super) fn conflict(kind: &Kind, name: &str) -> Self {
        let message = format!(
            "Operation cannot be fulfilled on {} \"{name}\": the object has been modified; please apply your changes to the latest version and try again",
            kind.qualified()
        );
        Self::new(409, "Conflict", message, Some(about(kind, name, &kind.plural)))
    }

    /// A precondition on id or version that does not hold.
    pub(super) fn precondition(kind: &Kind, name: &str, what: &str) -> Self {
        let message =
            format!("Operation cannot be fulfilled on {} \"{name}\": Precondition failed: {what}", kind.qualified());
        Self::new(409, "Conflict", message, Some(about(kind, name, &kind.plural)))
    }

    /// Fields that other managers own; each conflict is a field and the manager's description.
    pub(super) fn apply_conflict(conflicts: &[(String, String)]) -> Self {
        let lines: Vec<String> = conflicts.iter().map(|(field, owner)| format!("{owner}: {field}")).collect();
        let causes: Vec<Value> = conflicts
            .iter()
            .map(|(field, owner)| json!({"reason": "FieldManagerConflict", "message": owner, "field": field}))
            .collect();
        let message = match &lines[..] {
            [one] => format!("Apply failed with 1 conflict: {one}"),
            many => format!("Apply failed with {} conflicts: {}", many.len(), many.join("\n")),
        };
        Self::new(409, "Conflict", message, Some(json!({"causes": causes})))
    }

    /// An object that breaks rules: each problem is a field, a reason and a message.
    pub(super) fn invalid(kind: &Kind, name: &str, problems: &[Problem]) -> Self {
        let lines: Vec<String> =
            problems.iter().map(|problem| format!("{}: {}", problem.field, problem.message)).collect();
        let text = match &lines[..] {
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        let qualified = if kind.group.is_empty() { kind.kind.clone() } else { format!("{}.{}", kind.kind, kind.group) };
        let causes: Vec<Value> = problems
            .iter()
            .map(|problem| json!({"reason": problem.reason, "message": problem.message, "field": problem.field}))
            .collect();
        let mut details = about(kind, name, &kind.kind);
        details["causes"] = causes.into();
        Self::new(422, "Invalid", format!("{qualified} \"{name}\" is invalid: {text}"), Some(details))
    }

    /// A patch that makes no object of its kind; a real server does not say of which.
    pub(super) fn invalid_patch(problem: &Problem) -> Self {
        let Problem { field, reason, message } = problem;
        let details = json!({"causes": [{"reason": reason, "message": message, "field": field}]});
        Self::new(422, "Invalid", format!(" \"\" is invalid: {field}: {message}"), Some(details))
    }

    /// A body of a type the server cannot read.
    pub(super) fn unsupported_media_type(accepted: &str) -> Self {
        let message =
            format!("the body of the request was in an unknown format - accepted media types include: {accepted}");
        Self::new(415, "UnsupportedMediaType", message, None)
    }

    /// An eviction a budget does not allow.
    pub(super) fn disruption(budget: &str, needed: i64, healthy: i64) -> Self {
        let message = format!("The disruption budget {budget} needs {needed} healthy pods and has {healthy} currently");
        let details = json!({"causes": [{"reason": "DisruptionBudget", "message": message}]});
        let message = "Cannot evict pod as it would violate the pod's disruption budget.";
        Self::new(429, "TooManyRequests", message, Some(details))
    }

    /// Something the server forbids whoever asks, for example new objects in a namespace that is going.
    pub(super) fn refused(kind: &Kind, name: &str, why: &str) -> Self {
        let message = format!("{} \"{name}\" is forbidden: {why}", kind.qualified());
        Self::new(403, "Forbidden", message, Some(about(kind, name, &kind.plural)))
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

    /// Options (`ListOptions`) that the server refuses.
    pub(super) fn invalid_options(options: &str, field: &str, cause: &str, message: &str) -> Self {
        let details = json!({"group": "meta.k8s.io", "kind": options,
            "causes": [{"reason": cause, "message": message, "field": field}]});
        let message = format!("{options}.meta.k8s.io \"\" is invalid: {field}: {message}");
        Self::new(422, "Invalid", message, Some(details))
    }

    /// An option of a list or watch that does not go with the others.
    pub(super) fn forbidden_option(field: &str, message: &str) -> Self {
        Self::invalid_options("ListOptions", field, "FieldValueForbidden", &format!("Forbidden: {message}"))
    }

    /// What a real server has and this one does not.
    pub(super) fn not_implemented(what: &str) -> Self {
        Self::new(501, "NotImplemented", format!("this simulated server does not implement {what}"), None)
    }

    /// What went wrong between the server and a node: it has no word for that.
    pub(super) fn unknown(message: impl Into<String>) -> Self {
        Self::new(500, "", message, None)
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
            "message": message, "code": code});
        if !reason.is_empty() {
            status["reason"] = (*reason).into();
        }
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
