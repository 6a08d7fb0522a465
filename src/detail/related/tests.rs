//! Relatives from lists as a server gives them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::detail::page;
use crate::detail::section::Section;
use crate::model::age::Unix;
use crate::model::detail::Tree;

/// The relatives of an object, what the server has given by the path of its list.
fn relatives(object: &Value, lists: &[(&str, Value)]) -> Vec<String> {
    let text = |path: &str| object.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let reference = Reference {
        namespace: text("/metadata/namespace"),
        ..Reference::named(&text("/apiVersion"), &text("/kind"), &text("/metadata/name"))
    };
    let reference = reference.resolve(std::iter::empty::<&Arc<_>>());
    let mut found = BTreeMap::new();
    for wanted in page::beside(Section::Related, &reference, Some(object)) {
        let list =
            lists.iter().find(|(part, _)| wanted.path.ends_with(part) || wanted.path.contains(&format!("{part}?")));
        found.insert(wanted.path, Ok(Tree::new(list.map_or(json!([]), |(_, list)| list.clone()))));
    }
    let decoded = BTreeSet::new();
    let sources = Sources { object: At::still(object), reference: &reference, beside: &found, decoded: &decoded };
    let page = section(&sources).text(Unix(0));
    page.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

fn named(name: &str) -> Value {
    json!({"metadata": {"name": name, "namespace": "shop"}})
}

#[test]
fn a_deployment_is_related_to_what_selects_the_pods_it_makes() {
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": named("web")["metadata"],
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web", "tier": "x"}}}}});
    let selecting =
        |name: &str, labels: Value| json!({"metadata": named(name)["metadata"], "spec": {"selector": labels}});
    let services = json!([selecting("front", json!({"app": "web"})), selecting("other", json!({"app": "cart"}))]);
    let budgets = json!([selecting("guard", json!({"matchLabels": {"tier": "x"}}))]);
    let told = relatives(&deployment, &[("/services", services), ("/poddisruptionbudgets", budgets)]);
    assert_eq!(told, ["selected by Service shop front", "guarded by PodDisruptionBudget shop guard"]);
}

#[test]
fn a_service_is_related_to_its_slices_and_what_routes_to_it() {
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": named("cart")["metadata"], "spec": {}});
    let backend = json!({"service": {"name": "cart"}});
    let ingress = json!({"metadata": named("web")["metadata"], "spec": {"defaultBackend": backend}});
    let told = relatives(&service, &[("/endpointslices", json!([named("cart-x")])), ("/ingresses", json!([ingress]))]);
    assert_eq!(told, ["reached at EndpointSlice shop cart-x", "routed by Ingress shop web"]);
}

#[test]
fn a_claim_is_related_to_the_pods_that_mount_it_and_a_namespace_to_what_it_contains() {
    let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": named("data")["metadata"]});
    let mounts = json!([{"persistentVolumeClaim": {"claimName": "data"}}]);
    let pod = json!({"metadata": named("db-0")["metadata"], "spec": {"volumes": mounts}});
    assert_eq!(relatives(&claim, &[("/pods", json!([pod, named("x")]))]), ["used by Pod shop db-0"]);
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}});
    let told = relatives(&namespace, &[("/deployments", json!([named("web")])), ("/ingresses", json!([named("in")]))]);
    assert_eq!(told, ["contains Deployment shop web", "contains Ingress shop in"]);
}
