//! Owns `spec` of a pod: volumes, containers, tolerations. Must not know how the pod fares.

use crate::sim::json::JsonWriter;
use crate::sim::world::nodes::Node;
use crate::sim::world::pods::{GRACE_SECONDS, Pod};
use crate::sim::world::workload::{Controller, Workload};

/// Writes the fields of the spec.
pub(super) fn write(json: &mut JsonWriter, pod: &Pod, workload: &Workload, node: Option<&Node>, volume: &str) {
    json.array("volumes", |json| {
        json.item(|json| {
            json.text("name", volume);
            json.raw("projected", r#"{"sources":[{"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}},{"configMap":{"name":"kube-root-ca.crt","items":[{"key":"ca.crt","path":"ca.crt"}]}},{"downwardAPI":{"items":[{"path":"namespace","fieldRef":{"apiVersion":"v1","fieldPath":"metadata.namespace"}}]}}],"defaultMode":420}"#);
        });
    });
    let image = workload.image_of(pod.revision);
    if workload.init {
        json.array("initContainers", |json| {
            json.item(|json| {
                json.text("name", "migrate");
                json.text("image", &image);
                json.array("args", |json| json.text_item("migrate"));
                json.object("resources", |_| {});
                mounts(json, volume);
            });
        });
    }
    json.array("containers", |json| {
        json.item(|json| container(json, workload, &workload.name, &image, volume));
        if workload.sidecar {
            json.item(|json| container(json, workload, SIDECAR.0, SIDECAR.1, volume));
        }
    });
    json.text("restartPolicy", if workload.controller == Controller::CronJob { "Never" } else { "Always" });
    json.number("terminationGracePeriodSeconds", GRACE_SECONDS);
    json.text("dnsPolicy", "ClusterFirst");
    json.text("serviceAccountName", "default");
    json.text("serviceAccount", "default");
    json.text_if_any("nodeName", node.map_or("", |node| &node.name));
    json.object("securityContext", |_| {});
    json.text("schedulerName", "default-scheduler");
    json.raw("tolerations", if pod.tolerates_all {
        r#"[{"operator":"Exists","effect":"NoExecute"},{"operator":"Exists","effect":"NoSchedule"}]"#
    } else {
        r#"[{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":300},{"key":"node.kubernetes.io/unreachable","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}]"#
    });
    if workload.system {
        json.text("priorityClassName", "system-cluster-critical");
    }
    json.number("priority", if workload.system { 2_000_000_000 } else { 0 });
    json.boolean("enableServiceLinks", true);
    json.text("preemptionPolicy", "PreemptLowerPriority");
}

/// Name and image of the second container of some pods.
pub(super) const SIDECAR: (&str, &str) = ("otel-agent", "otel/opentelemetry-collector-contrib:0.139.0");

fn container(json: &mut JsonWriter, workload: &Workload, name: &str, image: &str, volume: &str) {
    json.text("name", name);
    json.text("image", image);
    if workload.controller != Controller::CronJob && name != SIDECAR.0 {
        json.array("ports", |json| {
            json.item(|json| {
                json.text("name", "http");
                json.number("containerPort", workload.port);
                json.text("protocol", "TCP");
            });
        });
    }
    json.object("resources", |json| {
        let mib = workload.memory_mib;
        let memory = if mib.is_multiple_of(1_024) { format!("{}Gi", mib / 1_024) } else { format!("{mib}Mi") };
        json.object("limits", |json| json.text("memory", &memory));
        json.object("requests", |json| {
            json.display("cpu", format_args!("{}m", workload.cpu_millis));
            json.text("memory", &memory);
        });
    });
    mounts(json, volume);
    if workload.controller != Controller::CronJob && name != SIDECAR.0 {
        for (probe, path) in [("livenessProbe", "/healthz"), ("readinessProbe", "/ready")] {
            json.object(probe, |json| {
                json.object("httpGet", |json| {
                    json.text("path", path);
                    json.text("port", "http");
                    json.text("scheme", "HTTP");
                });
                json.number("timeoutSeconds", 2);
                json.number("periodSeconds", 10);
                json.number("successThreshold", 1);
                json.number("failureThreshold", 3);
            });
        }
    }
    json.text("terminationMessagePath", "/dev/termination-log");
    json.text("terminationMessagePolicy", "File");
    json.text("imagePullPolicy", "IfNotPresent");
}

fn mounts(json: &mut JsonWriter, volume: &str) {
    json.array("volumeMounts", |json| {
        json.item(|json| {
            json.text("name", volume);
            json.boolean("readOnly", true);
            json.text("mountPath", "/var/run/secrets/kubernetes.io/serviceaccount");
        });
    });
}
