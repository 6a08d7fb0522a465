//! Owns what stands in every cluster and every namespace: accounts, roles, classes, leases, definitions. Must not know
//! workloads.

use serde_json::{Value, json};

use super::apps::select_class;
use crate::sim::kinds::Resource;
use crate::sim::names;
use crate::sim::world::events::timestamp;
use crate::sim::world::{DAY, World};

const ROOT_CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nTm90IGEgY2VydGlmaWNhdGU6IHRoaXMgY2x1c3RlciBpcyBzaW11bGF0ZWQu\n-----END CERTIFICATE-----\n";

fn rule(groups: &[&str], resources: &[&str], verbs: &[&str]) -> Value {
    json!({"apiGroups": groups, "resources": resources, "verbs": verbs})
}

/// A definition: group, plural, kind, short name, scope, and columns of name, type and path.
fn definition(
    group: &str,
    plural: &str,
    kind: &str,
    short: &str,
    scope: &str,
    columns: &[(&str, &str, &str)],
) -> Value {
    let columns: Vec<Value> =
        columns.iter().map(|(name, kind, path)| json!({"name": name, "type": kind, "jsonPath": path})).collect();
    let open = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    let schema = json!({"openAPIV3Schema": {"type": "object", "properties": {"spec": open, "status": open}}});
    json!({"metadata": {"name": format!("{plural}.{group}")}, "spec": {"group": group, "scope": scope,
        "names": {"plural": plural, "singular": kind.to_lowercase(), "kind": kind, "shortNames": [short]},
        "versions": [{"name": "v1", "served": true, "storage": true, "schema": schema, "subresources": {"status": {}},
            "additionalPrinterColumns": columns}]}})
}

impl World {
    /// What a cluster has from its first day.
    pub(super) fn furnish_cluster(&mut self) {
        let created = timestamp(self.now - 300 * DAY);
        let all = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];
        let read = ["get", "list", "watch"];
        let groups = ["", "apps", "batch", "networking.k8s.io", "policy"];
        for (name, rules) in [
            ("cluster-admin", json!([rule(&["*"], &["*"], &["*"]), {"nonResourceURLs": ["*"], "verbs": ["*"]}])),
            ("admin", json!([rule(&groups, &["*"], &all)])),
            ("edit", json!([rule(&groups, &["*"], &all)])),
            ("view", json!([rule(&groups, &["*"], &read)])),
        ] {
            let labels = json!({"kubernetes.io/bootstrapping": "rbac-defaults"});
            self.make(
                Resource::ClusterRoles,
                &created,
                json!({"metadata": {"name": name, "labels": labels}, "rules": rules}),
            );
        }
        let user = self.spec.user.clone();
        let subject = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user.name});
        let role = |name: &str| json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name});
        let masters = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "system:masters"});
        let subjects = if user.allowed_namespaces.is_empty() { json!([masters, subject]) } else { json!([masters]) };
        let binding =
            json!({"metadata": {"name": "cluster-admin"}, "roleRef": role("cluster-admin"), "subjects": subjects});
        self.make(Resource::ClusterRoleBindings, &created, binding);
        for namespace in &user.allowed_namespaces {
            self.ensure_namespace(namespace);
            let binding = json!({"metadata": {"name": "view", "namespace": namespace}, "roleRef": role("view"), "subjects": [subject]});
            self.make(Resource::RoleBindings, &created, binding);
        }
        for (name, value) in [("system-node-critical", 2_000_001_000), ("system-cluster-critical", 2_000_000_000)] {
            let class = json!({"metadata": {"name": name}, "value": value, "preemptionPolicy": "PreemptLowerPriority"});
            self.make(Resource::PriorityClasses, &created, class);
        }
        let (class, driver) = select_class(self.spec.provider);
        let annotations = json!({"storageclass.kubernetes.io/is-default-class": "true"});
        let class = json!({"metadata": {"name": class, "annotations": annotations}, "provisioner": driver,
            "reclaimPolicy": "Delete", "volumeBindingMode": "WaitForFirstConsumer", "allowVolumeExpansion": true});
        self.make(Resource::StorageClasses, &created, class);
        let class = json!({"metadata": {"name": "nginx"}, "spec": {"controller": "k8s.io/ingress-nginx"}});
        self.make(Resource::IngressClasses, &created, class);
        for index in 0..self.nodes.len() {
            let (name, uid, at) = (self.nodes[index].name.clone(), self.nodes[index].uid, self.nodes[index].created);
            let owner = json!([{"apiVersion": "v1", "kind": "Node", "name": name, "uid": names::uuid(uid)}]);
            let renewed = format!("{}.000000Z", timestamp(self.nodes[index].heartbeat).trim_end_matches('Z'));
            let lease = json!({"metadata": {"name": name, "namespace": "kube-node-lease", "ownerReferences": owner},
                "spec": {"holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": renewed}});
            self.make(Resource::Leases, &timestamp(at), lease);
        }
        self.define_customs(&created);
        let service = json!({"metadata": {"name": "kubernetes", "namespace": "default",
                "labels": {"component": "apiserver", "provider": "kubernetes"}},
            "spec": {"clusterIP": "172.20.0.1", "ports": [{"name": "https", "port": 443, "targetPort": 6443}]}});
        self.make(Resource::Services, &created, service);
    }

    fn define_customs(&mut self, created: &str) {
        let ready = ".status.conditions[?(@.type==\"Ready\")].status";
        let age = ("Age", "date", ".metadata.creationTimestamp");
        let definitions = [
            definition(
                "certs.example.io",
                "certificates",
                "Certificate",
                "cert",
                "Namespaced",
                &[("Ready", "string", ready), ("Secret", "string", ".spec.secretName"), age],
            ),
            definition(
                "delivery.example.io",
                "applications",
                "Application",
                "app",
                "Namespaced",
                &[
                    ("Sync Status", "string", ".status.sync.status"),
                    ("Health Status", "string", ".status.health.status"),
                    age,
                ],
            ),
            definition(
                "infra.example.io",
                "widgets",
                "Widget",
                "wd",
                "Cluster",
                &[
                    ("Size", "integer", ".spec.size"),
                    ("Ratio", "number", ".spec.ratio"),
                    ("Enabled", "boolean", ".spec.enabled"),
                    age,
                ],
            ),
        ];
        for definition in definitions {
            self.make(Resource::Definitions, created, definition);
        }
        let Some(widgets) = self.store.registry().find("infra.example.io/v1", "widgets") else { return };
        for number in 0..6_u32 {
            let spec =
                json!({"size": number * 5, "ratio": f64::from(number) / 7.0, "enabled": number.is_multiple_of(2)});
            self.make(
                widgets.resource,
                created,
                json!({"metadata": {"name": format!("widget-{number}")}, "spec": spec}),
            );
        }
    }

    /// What every namespace gets, and what some have.
    pub(super) fn furnish_namespace(&mut self, namespace: &str) {
        let created = self.store.get(Resource::Namespaces, "", namespace);
        let created = created
            .map(|object| object.value()["metadata"]["creationTimestamp"].as_str().unwrap_or_default().to_owned());
        let created = created.unwrap_or_default();
        let metadata = |name: &str| json!({"name": name, "namespace": namespace});
        self.make(Resource::ServiceAccounts, &created, json!({"metadata": metadata("default")}));
        let certificate = json!({"metadata": metadata("kube-root-ca.crt"), "data": {"ca.crt": ROOT_CERTIFICATE}});
        self.make(Resource::ConfigMaps, &created, certificate);
        let system = namespace.starts_with("kube-") || namespace == "default";
        if system || !self.seeding {
            return;
        }
        if self.rng.u8(..100) < 40 {
            let hard = json!({"pods": "2k"});
            let quota = json!({"metadata": metadata("pods"), "spec": {"hard": hard}, "status": {"hard": hard}});
            self.make(Resource::ResourceQuotas, &created, quota);
        }
        if self.rng.u8(..100) < 60
            && let Some(kind) = self.store.registry().find("delivery.example.io/v1", "applications")
        {
            let application = json!({"metadata": metadata(namespace),
                "spec": {"project": "default", "source": {"repoURL": "https://git.example.com/deploy.git", "path": namespace}},
                "status": {"sync": {"status": "Synced"}, "health": {"status": "Healthy"}}});
            self.make(kind.resource, &created, application);
        }
    }
}
