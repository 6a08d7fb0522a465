//! Owns what the server adds to objects before it keeps them: defaults of their types, addresses, first status. Must not
//! know what follows.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::World;
use super::objects::text;
use super::template::{admit_pod, default, pod_defaults};
use crate::sim::kinds::{Kind, Resource};
use crate::sim::names;

fn defaults(object: &mut Value, pairs: Value) {
    if let Value::Object(pairs) = pairs {
        pairs.into_iter().for_each(|(key, value)| default(object, &key, value));
    }
}

impl World {
    /// Fills in what an object of a kind lacks; again and again without further effect.
    pub(crate) fn admit(&mut self, kind: &Kind, value: &mut Value) {
        let now = self.timestamp();
        let uid = text(&value["metadata"]["uid"]).to_owned();
        let name = text(&value["metadata"]["name"]).to_owned();
        match kind.resource {
            Resource::Pods => {
                let seed = names::hash(&uid);
                let volume = format!("kube-api-access-{}", names::suffix(&mut fastrand::Rng::with_seed(seed), 5));
                pod_defaults(&mut value["spec"]);
                admit_pod(&mut value["spec"], &volume, false);
                default(value, "status", json!({"phase": "Pending", "qosClass": "BestEffort"}));
            }
            Resource::Deployments
            | Resource::ReplicaSets
            | Resource::ReplicationControllers
            | Resource::StatefulSets
            | Resource::DaemonSets => {
                workload(kind.resource, &mut value["spec"]);
                default(value, "status", json!({}));
            }
            Resource::Jobs => job(value, &uid, &name),
            Resource::CronJobs => {
                defaults(
                    &mut value["spec"],
                    json!({"concurrencyPolicy": "Allow", "failedJobsHistoryLimit": 1,
                    "successfulJobsHistoryLimit": 3, "suspend": false}),
                );
                pod_defaults(&mut value["spec"]["jobTemplate"]["spec"]["template"]["spec"]);
                default(value, "status", json!({}));
            }
            Resource::Services => self.admit_service(value),
            Resource::Namespaces => {
                value["metadata"]["labels"]["kubernetes.io/metadata.name"] = name.into();
                defaults(&mut value["spec"], json!({"finalizers": ["kubernetes"]}));
                default(value, "status", json!({"phase": "Active"}));
            }
            Resource::Secrets => {
                default(value, "type", json!("Opaque"));
                for (key, text) in value["stringData"].take().as_object().into_iter().flatten() {
                    value["data"][key] = STANDARD.encode(text.as_str().unwrap_or_default()).into();
                }
                if let Some(fields) = value.as_object_mut() {
                    fields.remove("stringData");
                }
            }
            Resource::Claims => {
                default(&mut value["spec"], "volumeMode", json!("Filesystem"));
                if let Some(class) = self.default_class().filter(|_| value["spec"]["storageClassName"].is_null()) {
                    value["spec"]["storageClassName"] = class.into();
                }
                default(value, "status", json!({"phase": "Pending"}));
            }
            Resource::Autoscalers => {
                let target = json!({"type": "Utilization", "averageUtilization": 80});
                let metrics = json!([{"type": "Resource", "resource": {"name": "cpu", "target": target}}]);
                defaults(&mut value["spec"], json!({"minReplicas": 1, "metrics": metrics}));
            }
            Resource::Ingresses => default(value, "status", json!({"loadBalancer": {}})),
            Resource::Definitions => definition(value, &now),
            _ => {}
        }
    }

    fn admit_service(&mut self, value: &mut Value) {
        let [a, b] = [self.rng.u8(..), self.rng.u8(1..)];
        let spec = &mut value["spec"];
        defaults(spec, json!({"type": "ClusterIP", "sessionAffinity": "None", "internalTrafficPolicy": "Cluster"}));
        if spec["type"] != "ExternalName" {
            default(spec, "clusterIP", format!("172.20.{a}.{b}").into());
            let address = spec["clusterIP"].clone();
            defaults(spec, json!({"clusterIPs": [address], "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack"}));
        }
        let outside = matches!(text(&spec["type"]), "NodePort" | "LoadBalancer");
        if let Some(ports) = spec.get_mut("ports").and_then(Value::as_array_mut) {
            for port in ports {
                default(port, "protocol", json!("TCP"));
                let number = port["port"].clone();
                default(port, "targetPort", number);
                if outside {
                    default(port, "nodePort", json!(30_000 + i64::from(a) * 10 + i64::from(b) % 10));
                }
            }
        }
        default(value, "status", json!({"loadBalancer": {}}));
    }
}

fn workload(resource: Resource, spec: &mut Value) {
    match resource {
        Resource::Deployments => defaults(
            spec,
            json!({"replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}}}),
        ),
        Resource::StatefulSets => {
            let retention = json!({"whenDeleted": "Retain", "whenScaled": "Retain"});
            defaults(
                spec,
                json!({"replicas": 1, "revisionHistoryLimit": 10, "persistentVolumeClaimRetentionPolicy": retention,
                "podManagementPolicy": "OrderedReady", "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}}),
            );
            defaults(&mut spec["persistentVolumeClaimRetentionPolicy"], retention);
            for claim in spec.get_mut("volumeClaimTemplates").and_then(Value::as_array_mut).into_iter().flatten() {
                default(&mut claim["spec"], "volumeMode", json!("Filesystem"));
                let pending = json!({"phase": "Pending"});
                defaults(claim, json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "status": pending}));
            }
        }
        Resource::DaemonSets => defaults(
            spec,
            json!({"revisionHistoryLimit": 10,
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}}),
        ),
        _ => defaults(spec, json!({"replicas": 1})),
    }
    if resource == Resource::ReplicationControllers {
        let labels = spec["template"]["metadata"]["labels"].clone();
        default(spec, "selector", labels);
    }
    pod_defaults(&mut spec["template"]["spec"]);
}

fn job(value: &mut Value, uid: &str, name: &str) {
    let spec = &mut value["spec"];
    defaults(
        spec,
        json!({"backoffLimit": 6, "completionMode": "NonIndexed", "completions": 1, "manualSelector": false,
        "parallelism": 1, "podReplacementPolicy": "TerminatingOrFailed", "suspend": false,
        "selector": {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}}),
    );
    let labels = json!({"batch.kubernetes.io/controller-uid": uid, "batch.kubernetes.io/job-name": name,
        "controller-uid": uid, "job-name": name});
    if !spec["template"]["metadata"]["labels"].is_object() {
        spec["template"]["metadata"]["labels"] = json!({});
    }
    defaults(&mut spec["template"]["metadata"]["labels"], labels);
    pod_defaults(&mut spec["template"]["spec"]);
    default(value, "status", json!({}));
}

fn definition(value: &mut Value, now: &str) {
    let names = value["spec"]["names"].clone();
    let kind = text(&names["kind"]).to_owned();
    defaults(&mut value["spec"]["names"], json!({"listKind": format!("{kind}List"), "singular": kind.to_lowercase()}));
    default(&mut value["spec"], "conversion", json!({"strategy": "None"}));
    let condition = |kind: &str, reason: &str, message: &str| json!({"type": kind, "status": "True", "lastTransitionTime": now, "reason": reason, "message": message});
    let stored = value["spec"]["versions"].as_array().into_iter().flatten().find(|version| version["storage"] == true);
    let status = json!({"acceptedNames": value["spec"]["names"],
        "conditions": [condition("NamesAccepted", "NoConflicts", "no conflicts found"),
            condition("Established", "InitialNamesAccepted", "the initial names have been accepted")],
        "storedVersions": [stored.map_or(Value::Null, |version| version["name"].clone())]});
    default(value, "status", status);
}
