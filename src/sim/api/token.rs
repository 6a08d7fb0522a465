//! Owns tokens of service accounts: asked for, given out, and whose they are. Must not know what is done with them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::failure::{Failure, Problem};
use super::{Call, Target, json_response};
use crate::sim::body::Body;
use crate::sim::cluster::{Cluster, Issued};
use crate::sim::kinds::{Kind, Resource};
use crate::sim::moment::timestamp;
use crate::sim::names;

/// Seconds a token is good for at least, and where nobody says.
const SHORTEST: i64 = 600;
const USUAL: i64 = 3_600;

/// Answers a `TokenRequest`.
pub(super) fn create(call: &Call<'_>, target: &Target<'_>, name: &str) -> Result<Response<Body>, Failure> {
    let namespace = target.namespace.unwrap_or_default();
    let account = call.cluster.world().get(Resource::ServiceAccounts, namespace, name);
    let account = account.ok_or_else(|| Failure::not_found(&target.kind, name))?.value();
    let asked = call.value()?;
    let seconds = asked["spec"]["expirationSeconds"].as_i64().unwrap_or(USUAL);
    if seconds < SHORTEST {
        let message = format!("Invalid value: {seconds}: may not specify a duration less than 10 minutes");
        let problem = Problem { field: "spec.expirationSeconds".to_owned(), reason: "FieldValueInvalid", message };
        let (kind, group) = ("TokenRequest".to_owned(), "authentication.k8s.io".to_owned());
        return Err(Failure::invalid(&Kind { group, kind, ..(*target.kind).clone() }, "", &[problem]));
    }
    let audiences = match &asked["spec"]["audiences"] {
        Value::Array(named) if !named.is_empty() => named.clone(),
        _ => vec![json!("https://kubernetes.default.svc.cluster.local")],
    };
    let now = call.cluster.now();
    let (subject, expires) = (format!("system:serviceaccount:{namespace}:{name}"), now + seconds * 1_000);
    let claims = json!({"aud": audiences, "sub": subject, "iat": now / 1_000, "exp": expires / 1_000,
        "jti": names::uuid(fastrand::u128(..)), "kubernetes.io": {"namespace": namespace,
            "serviceaccount": {"name": name, "uid": account["metadata"]["uid"]}}});
    let encoded = |part: &str| URL_SAFE_NO_PAD.encode(part);
    // Who gets it can read it; that it is good is remembered, not signed.
    let head = encoded("{\"alg\":\"RS256\",\"kid\":\"sim\"}");
    let token = format!("{head}.{}.{}", encoded(&claims.to_string()), encoded(&names::digest(fastrand::u64(..))));
    let uid = account["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
    let account = (namespace.to_owned(), name.to_owned());
    call.cluster.issue(Issued { token: token.clone(), account, uid, expires });
    let answer = json!({"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1",
        "metadata": {"name": name, "namespace": namespace, "creationTimestamp": timestamp(now)},
        "spec": {"audiences": audiences, "expirationSeconds": seconds, "boundObjectRef": null},
        "status": {"token": token, "expirationTimestamp": timestamp(expires)}});
    Ok(json_response(StatusCode::CREATED, &answer))
}

/// The account of a token that is good: name and groups.
pub(super) fn owner(cluster: &Cluster, token: &str) -> Option<(String, Vec<String>)> {
    let (namespace, name) = cluster.account_of(token)?;
    Some((format!("system:serviceaccount:{namespace}:{name}"), groups(&namespace)))
}

/// The groups of the accounts of a namespace.
pub(super) fn groups(namespace: &str) -> Vec<String> {
    vec![
        "system:serviceaccounts".to_owned(),
        format!("system:serviceaccounts:{namespace}"),
        "system:authenticated".to_owned(),
    ]
}
