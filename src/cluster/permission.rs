//! Asks the server what we may do there. Must not know why somebody wants to know, nor keep answers.

use std::time::Duration;

use http::{Request, header};
use serde::Deserialize;

use super::connection::Connection;
use crate::model::failure::{Failure, FailureKind};
use crate::model::kind::Kind;

#[derive(Deserialize)]
struct Review {
    status: ReviewStatus,
}

#[derive(Deserialize)]
struct ReviewStatus {
    #[serde(default)]
    allowed: bool,
}

/// Asks whether a verb is allowed on a kind, in one namespace or in all of them, within `limit`.
pub async fn may(
    connection: &Connection,
    verb: &str,
    kind: &Kind,
    namespace: Option<&str>,
    limit: Duration,
) -> Result<bool, Failure> {
    let body = serde_json::json!({
        "kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "metadata": {},
        "spec": {"resourceAttributes": {
            "verb": verb, "group": kind.group(), "resource": kind.plural(), "namespace": namespace.unwrap_or_default(),
        }},
    });
    let request = Request::post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json")
        .body(body.to_string().into_bytes())
        .map_err(|_| Failure::new(FailureKind::Unknown, "the request could not be made"))?;
    let answer = connection.fetch(request, limit).await?;
    let review: Result<Review, _> = serde_json::from_slice(answer.body());
    let review = review.map_err(|_| Failure::new(FailureKind::Decode, "the answer is no access review"))?;
    Ok(review.status.allowed)
}
