//! Owns who asks and what they may read. Must not know what is behind the paths.

use http::{Request, header};
use serde_json::{Value, json};

use super::failure::Failure;
use crate::sim::cluster::Cluster;
use crate::sim::tls::Certified;

const ANONYMOUS: &str = "system:anonymous";

/// The user a request comes from.
pub(super) struct Identity {
    name: String,
    groups: Vec<String>,
    /// Namespaces it may read; `None` for all and cluster-wide.
    allowed: Option<Vec<String>>,
}

impl Identity {
    /// Finds the user of a request; a token that is not the cluster's is an error, none at all is anonymous.
    pub(super) fn of<B>(request: &Request<B>, cluster: &Cluster) -> Result<Self, Failure> {
        let certified = request.extensions().get::<Certified>().is_some();
        let authorization = request.headers().get(header::AUTHORIZATION);
        if authorization.is_none() && !certified {
            let groups = vec!["system:unauthenticated".to_owned()];
            return Ok(Self { name: ANONYMOUS.to_owned(), groups, allowed: Some(Vec::new()) });
        }
        let token = authorization.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let known = certified || token.is_some_and(|token| token == cluster.token());
        if !known || cluster.faults.current().refuses_credentials() {
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
