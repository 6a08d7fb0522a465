//! Owns `fieldValidation`: fields that a type has not, or that are given twice, are refused, warned of or passed over.
//! Must not know what the fields mean.

use http::{HeaderValue, Method, Response};

use super::Call;
use super::failure::{Failure, Problem};
use super::write::unreadable;
use crate::sim::body::Body;
use crate::sim::kinds::Kind;
use crate::sim::proto;

/// Checks the fields of a body: what to warn of, or the refusal. Only kinds that the table of types knows are checked, and
/// JSON patches are not.
pub(super) fn check(call: &Call<'_>, method: &Method, kind: &Kind) -> Result<Vec<String>, Failure> {
    let directive = call.query.get("fieldValidation");
    let patches = *method == Method::PATCH;
    let written = patches || *method == Method::POST || *method == Method::PUT;
    let unchecked =
        matches!(&*call.content_type, "application/json-patch+json" | "application/vnd.kubernetes.protobuf");
    if !written || kind.custom || unchecked || directive == "Ignore" {
        return Ok(Vec::new());
    }
    let problems = proto::problems(&kind.kind, &String::from_utf8_lossy(&call.body));
    if directive != "Strict" || problems.is_empty() {
        return Ok(problems);
    }
    let why = format!("strict decoding error: {}", problems.join(", "));
    if patches && !call.content_type.starts_with("application/apply-patch") {
        let given = String::from_utf8_lossy(&call.body).into_owned();
        let message = format!("Invalid value: {given:?}: {why}");
        return Err(Failure::invalid_patch(&Problem {
            field: "patch".to_owned(),
            reason: "FieldValueInvalid",
            message,
        }));
    }
    Err(unreadable(kind, &why))
}

/// Adds warnings to an answer.
pub(super) fn warn(response: &mut Response<Body>, warnings: &[String]) {
    for warning in warnings {
        let text = format!("299 - \"{}\"", warning.replace('\\', "\\\\").replace('"', "\\\""));
        if let Ok(value) = HeaderValue::from_str(&text) {
            response.headers_mut().append("warning", value);
        }
    }
}
