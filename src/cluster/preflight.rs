//! The first question to a server: who are we? Tells live credentials from an answer that anybody would get.
//!
//! `/version` and `/readyz` answer anonymous users, so reaching them proves nothing. Must not know how clients are built.

use std::time::Duration;

use http::{Method, Request, header};
use http_body_util::{BodyExt, Limited};
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};

use super::access::Access;
use super::failure;
use crate::model::failure::{Failure, FailureKind};
use crate::model::update::Identity;

const ANONYMOUS: &str = "system:anonymous";

/// The versions of the API that may serve `SelfSubjectReview`, newest first.
const VERSIONS: [&str; 2] = ["v1", "v1beta1"];

/// The most that is read of an answer. Unit: bytes.
const LARGEST: usize = 256 * 1024;

/// Asks who we are, all within `limit`. Being forbidden to ask counts as valid credentials.
pub async fn preflight(access: &Access, limit: Duration) -> Result<Identity, Failure> {
    let deadline = Instant::now() + limit;
    let left = || deadline.saturating_duration_since(Instant::now());
    for version in VERSIONS {
        let body = serde_json::json!({
            "kind": "SelfSubjectReview", "apiVersion": format!("authentication.k8s.io/{version}"), "metadata": {},
        });
        let path = format!("/apis/authentication.k8s.io/{version}/selfsubjectreviews");
        match fetch(access, Method::POST, &path, body.to_string(), left()).await {
            Ok(answer) => return identify(access, &answer),
            // Web servers that know no POST say so in other ways than `not found`.
            Err(failure)
                if matches!(failure.kind, FailureKind::NotFound | FailureKind::Invalid | FailureKind::Unknown) => {}
            Err(failure) if failure.kind == FailureKind::Forbidden => {
                let user = failure.summary.contains(ANONYMOUS).then(|| ANONYMOUS.to_owned());
                return judge(access, user, Vec::new());
            }
            Err(failure) => return Err(failure),
        }
    }
    // Servers before 1.26 do not say who we are.
    match fetch(access, Method::GET, "/version", String::new(), left()).await {
        Ok(answer) if serde_json::from_slice::<Version>(&answer).is_err() => Err(failure::not_kubernetes(&access.site)),
        Err(failure) if matches!(failure.kind, FailureKind::NotFound | FailureKind::Invalid | FailureKind::Unknown) => {
            Err(failure::not_kubernetes(&access.site))
        }
        Err(failure) if failure.kind != FailureKind::Forbidden => Err(failure),
        _ => judge(access, None, Vec::new()),
    }
}

async fn fetch(access: &Access, method: Method, path: &str, body: String, limit: Duration) -> Result<Vec<u8>, Failure> {
    let deadline = Instant::now() + limit;
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json")
        .body(body.into_bytes())
        .map_err(|_| Failure::new(FailureKind::Unknown, "the request could not be made"))?;
    let response = access.send(request, limit).await?;
    match timeout_at(deadline, Limited::new(response.into_body(), LARGEST).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes().to_vec()),
        Ok(Err(error)) => Err(failure::of_chain(&*error, &access.site)),
        Err(_) => Err(failure::no_answer(&access.site, limit)),
    }
}

#[derive(Deserialize)]
struct Version {
    #[serde(rename = "gitVersion")]
    _git_version: String,
}

#[derive(Deserialize)]
struct Review {
    status: ReviewStatus,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReviewStatus {
    user_info: UserInfo,
}

#[derive(Deserialize)]
struct UserInfo {
    #[serde(default)]
    username: String,
    #[serde(default)]
    groups: Vec<String>,
}

fn identify(access: &Access, answer: &[u8]) -> Result<Identity, Failure> {
    let Ok(review) = serde_json::from_slice::<Review>(answer) else {
        return Err(failure::not_kubernetes(&access.site));
    };
    let UserInfo { username, groups } = review.status.user_info;
    judge(access, Some(username).filter(|name| !name.is_empty()), groups)
}

fn judge(access: &Access, user: Option<String>, groups: Vec<String>) -> Result<Identity, Failure> {
    if access.credentials_meant && user.as_deref() == Some(ANONYMOUS) {
        let failure =
            Failure::new(FailureKind::Anonymous, "the server takes us for system:anonymous, not for this user");
        return Err(failure.with_hint(access.advice.as_str()));
    }
    Ok(Identity { user, groups, server: access.site.server.clone(), namespace: access.namespace.clone() })
}
