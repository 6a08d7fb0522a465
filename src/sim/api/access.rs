//! Owns who asks and what they may read. Must not know what is behind the paths.

use http::{Request, header};
use serde_json::{Value, json};

use super::failure::Failure;
use crate::sim::cluster::Cluster;
use crate::sim::tls::Certified;

const ANONYMOUS: &str = "system:anonymous";

/// The user a request comes from.
#[derive(Clone)]
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
        let review = path == "/apis/authentication.k8s.io/v1/selfsubjectreviews";
        if self.name == ANONYMOUS && !review { Err(Failure::forbidden_path(&self.name, path)) } else { Ok(()) }
    }

    /// Tells whether a verb on a resource (`pods`, `pods/log`) is allowed. Restricted users read their namespaces, but
    /// for secrets, and ask about themselves; subresources that act are not reading.
    pub(super) fn can(&self, verb: &str, group: &str, resource: &str, namespace: Option<&str>) -> bool {
        let Some(allowed) = &self.allowed else { return true };
        let about_self = matches!(group, "authentication.k8s.io" | "authorization.k8s.io") && verb == "create";
        let reads = matches!(verb, "get" | "list" | "watch") && resource != "secrets";
        let acts = matches!(resource, "pods/exec" | "pods/attach" | "pods/portforward");
        let own = namespace.is_some_and(|namespace| allowed.iter().any(|own| own == namespace));
        (about_self && (self.name != ANONYMOUS || resource == "selfsubjectreviews")) || (reads && own && !acts)
    }

    /// Allows a verb on a resource, or says why not as a real server does.
    pub(super) fn may(
        &self,
        verb: &str,
        group: &str,
        resource: &str,
        name: Option<&str>,
        namespace: Option<&str>,
    ) -> Result<(), Failure> {
        if self.can(verb, group, resource, namespace) {
            return Ok(());
        }
        Err(Failure::forbidden(&self.name, verb, group, resource, name, namespace))
    }

    /// What the user may do in a namespace, as the status of a `SelfSubjectRulesReview`.
    pub(super) fn rules(&self, namespace: &str) -> Value {
        let mut resources = vec![
            json!({"verbs": ["create"], "apiGroups": ["authorization.k8s.io"],
                "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]}),
            json!({"verbs": ["create"], "apiGroups": ["authentication.k8s.io"], "resources": ["selfsubjectreviews"]}),
        ];
        let mut paths = vec![
            json!({"verbs": ["get"], "nonResourceURLs": ["/healthz", "/livez", "/readyz", "/version", "/version/"]}),
            json!({"verbs": ["get"], "nonResourceURLs": ["/.well-known", "/.well-known/*"]}),
            json!({"verbs": ["get"], "nonResourceURLs": ["/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez",
                "/openapi", "/openapi/*", "/readyz", "/version", "/version/"]}),
        ];
        match &self.allowed {
            None => {
                resources.insert(0, json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}));
                paths.insert(1, json!({"verbs": ["*"], "nonResourceURLs": ["*"]}));
            }
            Some(allowed) if allowed.iter().any(|own| own == namespace) => {
                // Everything but secrets cannot be said with a star.
                resources.push(json!({"verbs": ["get", "list", "watch"], "apiGroups": [""], "resources": ["bindings",
                    "configmaps", "events", "limitranges", "persistentvolumeclaims", "pods", "pods/log",
                    "pods/status", "resourcequotas", "serviceaccounts", "services"]}));
                resources.push(json!({"verbs": ["get", "list", "watch"], "resources": ["*"], "apiGroups": ["apps",
                    "autoscaling", "batch", "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io",
                    "metrics.k8s.io", "networking.k8s.io", "policy", "rbac.authorization.k8s.io"]}));
            }
            Some(_) => {}
        }
        json!({"resourceRules": resources, "nonResourceRules": paths, "incomplete": false})
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
