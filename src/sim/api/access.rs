//! Owns who asks and what they may read. Must not know what is behind the paths.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, header};
use serde_json::{Value, json};

use super::failure::Failure;
use crate::sim::cluster::Cluster;

const ANONYMOUS: &str = "system:anonymous";

/// The token of an Authorization header. Real servers know no Basic authentication; here its password is the token,
/// because kubectl sends bearer tokens over TLS only.
fn token(authorization: &str) -> Option<String> {
    if let Some(token) = authorization.strip_prefix("Bearer ") {
        return Some(token.to_owned());
    }
    let decoded = STANDARD.decode(authorization.strip_prefix("Basic ")?).ok()?;
    String::from_utf8(decoded).ok()?.split_once(':').map(|(_, password)| password.to_owned())
}

/// The user a request comes from.
pub(super) struct Identity {
    name: String,
    groups: Vec<String>,
    /// Namespaces it may read; `None` for all and cluster-wide.
    allowed: Option<Vec<String>>,
}

impl Identity {
    /// Finds the user of a request; a token that is not the cluster's is an error, none at all is anonymous.
    pub(super) fn of(headers: &HeaderMap, cluster: &Cluster, refused: bool) -> Result<Self, Failure> {
        let Some(value) = headers.get(header::AUTHORIZATION) else {
            let groups = vec!["system:unauthenticated".to_owned()];
            return Ok(Self { name: ANONYMOUS.to_owned(), groups, allowed: Some(Vec::new()) });
        };
        let token = value.to_str().ok().and_then(token);
        if refused || token.as_deref() != Some(&cluster.token) {
            return Err(Failure::unauthorized());
        }
        let user = &cluster.spec.user;
        let mut groups = user.groups.clone();
        groups.push("system:authenticated".to_owned());
        let restricted = !user.allowed_namespaces.is_empty();
        Ok(Self { name: user.name.clone(), groups, allowed: restricted.then(|| user.allowed_namespaces.clone()) })
    }

    /// Allows paths that are no resources to whoever is known.
    pub(super) fn may_read_path(&self, path: &str) -> Result<(), Failure> {
        let review = path.starts_with("/apis/authentication.k8s.io/v1/");
        if self.name == ANONYMOUS && !review { Err(Failure::forbidden_path(&self.name, path)) } else { Ok(()) }
    }

    /// Allows a verb on a resource of the core group, or says why not as a real server does.
    pub(super) fn may(
        &self,
        verb: &str,
        resource: &str,
        name: Option<&str>,
        namespace: Option<&str>,
    ) -> Result<(), Failure> {
        let Some(allowed) = &self.allowed else { return Ok(()) };
        let reads = matches!(verb, "get" | "list" | "watch");
        if reads
            && resource != "secrets"
            && namespace.is_some_and(|namespace| allowed.iter().any(|own| own == namespace))
        {
            return Ok(());
        }
        Err(Failure::forbidden(&self.name, verb, resource, name, namespace))
    }

    /// The answer to a `SelfSubjectReview`.
    pub(super) fn review(&self, now: &str) -> Value {
        json!({
            "kind": "SelfSubjectReview",
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": {"creationTimestamp": now},
            "status": {"userInfo": {"username": self.name, "groups": self.groups}},
        })
    }
}
