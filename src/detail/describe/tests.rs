//! Descriptions of what a quiet server has none of.

use serde_json::{Value, json};

use crate::detail::given::lines;
use crate::detail::section::Section;

/// The lines of a description, what is found beside the object given by the end of its path.
fn described(object: &Value, found: &[(&str, Value)]) -> Vec<String> {
    lines(Section::Describe, object, found, None)
}

fn assert_has(lines: &[String], wanted: &[&str]) {
    for line in wanted {
        assert!(lines.iter().any(|known| known == line), "{line} is missing in {lines:#?}");
    }
}

#[test]
fn a_pod_on_its_way_out_says_how_long_it_has_been_or_has_left() {
    let pod = |at: &str| {
        json!({"apiVersion": "v1", "kind": "Pod", "status": {"phase": "Running"},
            "metadata": {"name": "a", "namespace": "b", "deletionTimestamp": at, "deletionGracePeriodSeconds": 30}})
    };
    assert_has(&described(&pod("2023-11-14T21:42:20Z"), &[]), &["Status: Terminating (lasts 31m)"]);
    let left = described(&pod("2023-11-14T22:13:40Z"), &[]);
    assert_has(&left, &["Status: Terminating (within 20s)", "Termination Grace Period: 30s"]);
}

#[test]
fn an_autoscaler_tells_what_a_share_comes_to() {
    let scaler = json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"maxReplicas": 3, "scaleTargetRef": {"kind": "StatefulSet", "name": "web"}, "metrics": [
            {"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 80}}},
            {"type": "Pods", "pods": {"metric": {"name": "hits"}, "target": {"averageValue": "1k"}}}]},
        "status": {"currentReplicas": 2, "currentMetrics": [
            {"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 64, "averageValue": "320m"}}}]}});
    let wanted = [
        "resource cpu on pods (as a percentage of request): 64% (320m) / 80%",
        "\"hits\" on pods: <unknown> / 1k",
        "StatefulSet pods: 2 current / 0 desired",
    ];
    assert_has(&described(&scaler, &[]), &wanted);
}

#[test]
fn an_ingress_tells_the_endpoints_behind_the_port_it_names() {
    let backend = json!({"service": {"name": "cart", "port": {"number": 80}}});
    let ingress = json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"rules": [{"host": "a.example", "http": {"paths": [{"path": "/", "backend": backend}]}}]}});
    let service = json!({"spec": {"ports": [{"name": "metrics", "port": 9090}, {"name": "http", "port": 80}]}});
    let ports = json!([{"name": "metrics", "port": 9090}, {"name": "http", "port": 8080}]);
    let slices = json!([{"ports": ports, "endpoints": [{"addresses": ["10.0.0.1"]}, {"addresses": ["10.0.0.2"]}]}]);
    let found = [("services/cart", service), ("endpointslices", slices)];
    assert_has(&described(&ingress, &found), &["/ cart:80 (10.0.0.1:8080,10.0.0.2:8080)"]);
    assert_has(&described(&ingress, &[]), &["/ cart:80"]);
}

#[test]
fn an_account_tells_the_secrets_that_hold_its_tokens() {
    let account =
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "ci", "namespace": "shop"}});
    let secret = |name: &str, of: &str| json!({"metadata": {"name": name, "annotations": {"kubernetes.io/service-account.name": of}}});
    let found = [("/secrets", json!([secret("ci-token", "ci"), secret("other-token", "other")]))];
    let told = described(&account, &found);
    assert_has(&told, &["Tokens: ci-token"]);
    assert!(!told.iter().any(|line| line.contains("other-token")));
    assert_has(&described(&account, &[("/secrets", json!([]))]), &["Tokens: <none>"]);
}

#[test]
fn what_was_applied_last_is_left_out_in_one_line_as_well_and_parameters_are_told() {
    let class = json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "value": 9, "metadata": {
        "name": "high", "annotations": {"a": "b", "kubectl.kubernetes.io/last-applied-configuration": "{}"}}});
    assert_has(&described(&class, &[]), &["Value: 9", "GlobalDefault: false", "Annotations: a=b"]);
    let class = json!({"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "public"},
        "spec": {"controller": "example.com/x", "parameters": {"apiGroup": "k8s.example.com", "kind": "P", "name": "lb"}}});
    assert_has(&described(&class, &[]), &["Controller: example.com/x", "Parameters:", "APIGroup: k8s.example.com"]);
}

#[test]
fn a_request_that_cannot_be_read_is_not_shown_raw() {
    let request = json!({"apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest",
        "metadata": {"name": "x"}, "spec": {"request": "AAAABBBBCCCC", "signerName": "example.com/x"},
        "status": {"conditions": [{"type": "Denied"}]}});
    let told = described(&request, &[]);
    assert_has(&told, &["Status: Denied", "Request: not readable"]);
    assert!(!told.iter().any(|line| line.contains("AAAABBBB")));
}

#[test]
fn a_replication_controller_is_told_as_a_set_and_a_deployment_names_all_its_old_sets() {
    let controller = json!({"apiVersion": "v1", "kind": "ReplicationController", "metadata": {"name": "rc", "namespace": "a",
        "uid": "u"}, "spec": {"replicas": 2, "selector": {"app": "x"}}, "status": {"replicas": 2}});
    assert_has(
        &described(&controller, &[("/pods", json!([]))]),
        &["Selector: app=x", "Replicas: 2 current / 2 desired"],
    );
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "a", "uid": "u"}, "spec": {"selector": {"matchLabels": {"app": "x"}}}});
    let set = |name: &str, revision: &str, replicas: u32| {
        json!({"metadata": {"name": name, "ownerReferences": [{"uid": "u"}],
            "annotations": {"deployment.kubernetes.io/revision": revision}},
            "spec": {"replicas": replicas}, "status": {"replicas": replicas}})
    };
    let sets = json!([set("web-2", "2", 3), set("web-1", "1", 0)]);
    let told = described(&deployment, &[("/replicasets", sets)]);
    assert_has(&told, &["OldReplicaSets: web-1 (0/0 replicas created)", "NewReplicaSet: web-2 (3/3 replicas created)"]);
}

#[test]
fn a_node_s_drivers_and_taints_are_told_as_kubectl_does() {
    let drivers = json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSINode", "metadata": {"name": "n"}, "spec": {"drivers": [
        {"name": "ebs.csi", "nodeID": "i-1", "allocatable": {"count": 25}, "topologyKeys": ["zone", "region"]}]}});
    let told = described(&drivers, &[]);
    assert_has(&told, &["ebs.csi:", "Node ID: i-1", "Count: 25", "Topology Keys: [zone region]"]);
    let taints = json!([{"key": "a", "effect": "NoSchedule"}, {"key": "b", "effect": "NoExecute"}]);
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}, "spec": {"taints": taints},
        "status": {"allocatable": {"memory": "1Gi", "hugepages-2Mi": "0", "cpu": "4", "ephemeral-storage": "1Gi"}}});
    let told = described(&node, &[("/pods", json!([]))]);
    let place =
        |words: &str| told.iter().position(|line| line.starts_with(words)).unwrap_or_else(|| panic!("{told:#?}"));
    assert!(place("Taints: b:NoExecute") < place("a:NoSchedule"));
    let allocated = place("Allocated resources");
    let resources = ["cpu ", "memory ", "ephemeral-storage ", "hugepages-2Mi "];
    let places = resources.map(|name| told.iter().skip(allocated).position(|line| line.starts_with(name)).unwrap());
    assert!(places.is_sorted(), "{told:#?}");
}
