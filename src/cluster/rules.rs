//! Asks the server, in one question per namespace, what we may list there. Must not know why somebody wants to know, nor
//! keep answers.

use std::sync::Arc;
use std::time::Duration;

use http::{Request, header};
use serde::Deserialize;
use tokio::sync::watch;

use super::connection::Connection;
use super::outlet::Outlet;
use super::project::field::nullable;
use crate::model::failure::{Failure, FailureKind};
use crate::model::rules::{ListRule, Rules};
use crate::model::update::Update;

const ACCEPT: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";

/// Answers questions about what may be listed.
pub struct RulesDesk {
    /// Where requests go.
    pub connection: Connection,
    /// Where answers go.
    pub outlet: Outlet,
    /// Time limit of each question.
    pub limit: Duration,
    /// The namespaces that are asked about; each change is a question.
    pub asked: watch::Receiver<Vec<Arc<str>>>,
}

impl RulesDesk {
    /// Answers for as long as it is polled. A question that fails is not asked again by itself: whoever wants to know
    /// asks again.
    pub async fn run(mut self) {
        while self.asked.changed().await.is_ok() {
            let namespaces = self.asked.borrow_and_update().clone();
            for namespace in namespaces {
                match review(&self.connection, &namespace, self.limit).await {
                    Ok(mut rules) => {
                        rules.missing = is_missing(&self.connection, &namespace, self.limit).await;
                        if !self.outlet.send(Update::Rules(namespace, rules)).await {
                            return;
                        }
                    }
                    Err(failure) => tracing::debug!(%namespace, %failure, "what may be listed is not known"),
                }
            }
        }
    }
}

/// Whether there is no such namespace, as far as we may know: rules are told of any name. Within `limit`.
async fn is_missing(connection: &Connection, namespace: &str, limit: Duration) -> bool {
    let request = Request::get(format!("/api/v1/namespaces/{namespace}")).header(header::ACCEPT, ACCEPT);
    let Ok(request) = request.body(Vec::new()) else { return false };
    connection.fetch(request, limit).await.is_err_and(|failure| failure.kind == FailureKind::NotFound)
}

#[derive(Deserialize)]
struct Review {
    #[serde(default, deserialize_with = "nullable")]
    status: Status,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status {
    #[serde(deserialize_with = "nullable")]
    resource_rules: Vec<Rule>,
    #[serde(deserialize_with = "nullable")]
    incomplete: bool,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Rule {
    #[serde(deserialize_with = "nullable")]
    verbs: Vec<String>,
    #[serde(deserialize_with = "nullable")]
    api_groups: Vec<String>,
    #[serde(deserialize_with = "nullable")]
    resources: Vec<String>,
    #[serde(deserialize_with = "nullable")]
    resource_names: Vec<String>,
}

/// Asks what we may list in one namespace, within `limit`.
///
/// # Errors
/// The server does not answer, or with something else.
pub async fn review(connection: &Connection, namespace: &str, limit: Duration) -> Result<Rules, Failure> {
    let body = serde_json::json!({
        "kind": "SelfSubjectRulesReview", "apiVersion": "authorization.k8s.io/v1", "metadata": {},
        "spec": {"namespace": namespace},
    });
    let request = Request::post("/apis/authorization.k8s.io/v1/selfsubjectrulesreviews")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json")
        .body(body.to_string().into_bytes())
        .map_err(|_| Failure::new(FailureKind::Unknown, "the request could not be made"))?;
    let answer = connection.fetch(request, limit).await?;
    read(answer.body()).ok_or_else(|| Failure::new(FailureKind::Decode, "the answer is no rules review"))
}

fn read(body: &[u8]) -> Option<Rules> {
    let review: Review = serde_json::from_slice(body).ok()?;
    let lists = |rule: &Rule| rule.verbs.iter().any(|verb| verb == "list" || verb == "*");
    let whole = |rule: &Rule| rule.resource_names.is_empty();
    let rules = review.status.resource_rules.into_iter().filter(|rule| lists(rule) && whole(rule));
    let rules = rules.map(|rule| ListRule { groups: rule.api_groups, resources: rule.resources });
    Some(Rules { lists: rules.collect(), incomplete: review.status.incomplete, missing: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rules_that_list_a_kind_as_a_whole_are_kept() {
        let body =
            br#"{"kind":"SelfSubjectRulesReview","status":{"incomplete":true,"nonResourceRules":null,"resourceRules":[
            {"verbs":["get"],"apiGroups":[""],"resources":["secrets"]},
            {"verbs":["get","list"],"apiGroups":[""],"resources":["pods"]},
            {"verbs":["list"],"apiGroups":[""],"resources":["configmaps"],"resourceNames":["one"]},
            {"verbs":["*"],"apiGroups":["apps"],"resources":["*"],"resourceNames":null}]}}"#;
        let rules = read(body).unwrap();
        let resources: Vec<&str> = rules.lists.iter().flat_map(|rule| &rule.resources).map(String::as_str).collect();
        assert_eq!((resources.as_slice(), rules.incomplete), (["pods", "*"].as_slice(), true));
        assert_eq!(read(br#"{"status":{"resourceRules":null,"incomplete":false}}"#), Some(Rules::default()));
        assert_eq!(read(b"<html>"), None);
    }
}
