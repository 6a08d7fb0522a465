//! Where what belongs to an object is found: the API paths of its pods, its sets, its slices. Must not fetch anything.

use std::collections::BTreeSet;

use serde_json::Value;

use super::at::At;
use super::value::query;
use crate::model::detail::ObjectRef;
use crate::model::kind::Kind;

/// The pods that an object's selector finds; `None` if it has none.
#[must_use]
pub fn selected_pods(object: &ObjectRef, value: &Value) -> Option<String> {
    let selects = matches!(
        (object.kind.group(), object.kind.plural()),
        ("apps", "deployments" | "replicasets" | "statefulsets" | "daemonsets")
            | ("batch", "jobs")
            | ("", "services" | "replicationcontrollers")
            | ("policy", "poddisruptionbudgets")
    );
    let selector = query(value.pointer("/spec/selector").filter(|_| selects)?)?;
    Some(format!("{}?labelSelector={selector}", Kind::Pods.path(Some(&object.namespace))))
}

/// The replica sets of a deployment.
#[must_use]
pub fn replica_sets(object: &ObjectRef, value: &Value) -> Option<String> {
    let deployment = (object.kind.group(), object.kind.plural()) == ("apps", "deployments");
    let selector = query(value.pointer("/spec/selector").filter(|_| deployment)?)?;
    Some(format!("/apis/apps/v1/namespaces/{}/replicasets?labelSelector={selector}", object.namespace))
}

/// The endpoint slices of a service.
#[must_use]
pub fn slices(namespace: &str, service: &str) -> String {
    let label = format!("kubernetes.io%2Fservice-name%3D{service}");
    format!("/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices?labelSelector={label}")
}

/// The Secrets of a namespace that hold tokens of its accounts.
#[must_use]
pub fn tokens(namespace: &str) -> String {
    format!("/api/v1/namespaces/{namespace}/secrets?fieldSelector=type%3Dkubernetes.io%2Fservice-account-token")
}

/// The services that an ingress leads to, each once.
#[must_use]
pub fn backends(value: &Value) -> BTreeSet<&str> {
    let spec = At::still(value).field("spec");
    let paths = spec.field("rules").items().flat_map(|rule| rule.path("http.paths").items());
    let all = paths.map(|path| path.field("backend")).chain([spec.field("defaultBackend")]);
    all.map(|backend| backend.path("service.name").text()).filter(|name| !name.is_empty()).collect()
}

/// The pods on a node that have not ended.
#[must_use]
pub fn pods_on(node: &str) -> String {
    format!("/api/v1/pods?fieldSelector=spec.nodeName%3D{node},status.phase!%3DSucceeded,status.phase!%3DFailed")
}

/// A list of a namespace: `resourcequotas`, `limitranges`, `pods`.
#[must_use]
pub fn of_namespace(namespace: &str, plural: &str) -> String {
    format!("/api/v1/namespaces/{namespace}/{plural}")
}

/// The lease of a node: its heartbeat.
#[must_use]
pub fn lease(node: &str) -> String {
    format!("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{node}")
}
