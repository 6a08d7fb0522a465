//! Owns questions about oneself: who one is, and what one may do. Must not know the objects.

use http::{Method, Response, StatusCode};
use serde_json::{Value, json};

use super::access::Asked;
use super::failure::Failure;
use super::{Call, json_response};
use crate::sim::body::Body;

/// Group (all of version v1), plural and kind of the questions.
pub(super) const REVIEWS: &[(&str, &str, &str)] = &[
    ("authentication.k8s.io", "selfsubjectreviews", "SelfSubjectReview"),
    ("authorization.k8s.io", "selfsubjectaccessreviews", "SelfSubjectAccessReview"),
    ("authorization.k8s.io", "selfsubjectrulesreviews", "SelfSubjectRulesReview"),
];

/// Answers a question; `None` if the path asks none.
pub(super) fn review(
    call: &Call<'_>,
    method: &Method,
    api_version: &str,
    plural: &str,
) -> Option<Result<Response<Body>, Failure>> {
    let group = api_version.strip_suffix("/v1")?;
    REVIEWS.iter().find(|(known, name, _)| *known == group && *name == plural)?;
    Some(if method == Method::POST { answer(call, plural) } else { Err(Failure::method_not_allowed()) })
}

fn answer(call: &Call<'_>, plural: &str) -> Result<Response<Body>, Failure> {
    let identity = &call.identity;
    if plural == "selfsubjectreviews" {
        let review = identity.review(&call.cluster.world().timestamp());
        return Ok(json_response(StatusCode::CREATED, &review));
    }
    let asked: Value = call.value()?;
    let spec = &asked["spec"];
    if plural == "selfsubjectrulesreviews" {
        let Some(namespace) = spec["namespace"].as_str().filter(|namespace| !namespace.is_empty()) else {
            return Err(Failure::bad_request("no namespace on request"));
        };
        let review = json!({"kind": "SelfSubjectRulesReview", "apiVersion": "authorization.k8s.io/v1", "metadata": {},
            "spec": {}, "status": identity.rules(&call.cluster.world(), namespace)});
        return Ok(json_response(StatusCode::CREATED, &review));
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let allowed = if spec["nonResourceAttributes"].is_object() {
        identity.may_read_path(&call.cluster.world(), &text(&spec["nonResourceAttributes"]["path"])).is_ok()
    } else {
        let asked = &spec["resourceAttributes"];
        let (resource, sub) = (text(&asked["resource"]), text(&asked["subresource"]));
        let resource = if sub.is_empty() { resource } else { format!("{resource}/{sub}") };
        let [verb, group, name, namespace] = ["verb", "group", "name", "namespace"].map(|key| text(&asked[key]));
        let [name, namespace] = [&name, &namespace].map(|given| (!given.is_empty()).then_some(&**given));
        let asked = Asked { verb: &verb, group: &group, resource: &resource, name, namespace };
        identity.can(&call.cluster.world(), &asked)
    };
    let review = json!({"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "metadata": {},
        "spec": spec, "status": {"allowed": allowed}});
    Ok(json_response(StatusCode::CREATED, &review))
}
