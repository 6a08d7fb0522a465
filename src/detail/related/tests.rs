//! Relatives from lists as a server gives them.

use serde_json::{Value, json};

use crate::detail::given::lines;
use crate::detail::section::Section;

/// The relatives of an object, what the server has given by the end of the path of its list; of all else it has none.
fn relatives(object: &Value, lists: &[(&str, Value)]) -> Vec<String> {
    lines(Section::Related, object, lists, Some(&json!([]))).split_off(1)
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
