//! Owns what a pod is in this world and the JSON a real server would show for it.
//! Must not know why a pod changes.

use super::Millis;
use super::events::timestamp;
use super::nodes::Node;
use super::workload::{Controller, Workload};
use crate::sim::json::JsonWriter;
use crate::sim::names;
use crate::sim::scenario::TroubleKind;

/// Grace given to terminating pods, in seconds.
const GRACE_SECONDS: i64 = 30;

/// Where a pod stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// No node yet.
    Unscheduled,
    /// On a node, containers being made.
    Creating,
    /// The init container runs.
    Initializing,
    /// Containers run.
    Running { ready: bool },
    /// The first container just ended badly.
    Failed,
    /// Waiting to be restarted.
    BackOff,
    /// The image could not be pulled just now.
    PullError,
    /// Waiting to pull again.
    PullBackOff,
    /// All containers ended well.
    Completed,
}

/// How a container ended.
#[derive(Clone, Copy)]
pub(super) struct Ending {
    pub(super) started: Millis,
    pub(super) finished: Millis,
    pub(super) exit_code: i32,
    pub(super) reason: &'static str,
}

/// One pod; about 200 bytes beside its JSON.
pub(super) struct Pod {
    pub(super) name: Box<str>,
    pub(super) uid: u128,
    pub(super) workload: usize,
    pub(super) revision: usize,
    pub(super) node: Option<usize>,
    pub(super) address: [u8; 4],
    pub(super) created: Millis,
    pub(super) scheduled: Millis,
    /// The current start of the first container.
    pub(super) started: Millis,
    /// Last change of readiness.
    pub(super) since: Millis,
    pub(super) stage: Stage,
    pub(super) restarts: i32,
    pub(super) last: Option<Ending>,
    pub(super) deleting: Option<Millis>,
    pub(super) trouble: Option<TroubleKind>,
    /// Survives on lost nodes: pods of daemon workloads and of the node itself.
    pub(super) tolerates_all: bool,
}

impl Pod {
    /// Milliseconds before the next restart, as the kubelet doubles them.
    pub(super) fn back_off(&self) -> Millis {
        if self.restarts == 0 { 1_000 } else { (10_000 << (self.restarts - 1).min(5)).min(300_000) }
    }

    fn phase(&self) -> &'static str {
        match self.stage {
            Stage::Completed => "Succeeded",
            Stage::Running { .. } | Stage::Failed | Stage::BackOff => "Running",
            _ => "Pending",
        }
    }
}

/// The JSON of a pod.
pub(super) fn body(pod: &Pod, workload: &Workload, node: Option<&Node>, version: u64) -> String {
    let volume = format!("kube-api-access-{}", names::suffix(&mut fastrand::Rng::with_seed(pod.uid as u64), 5));
    JsonWriter::document(3_600, |json| {
        json.object("metadata", |json| metadata(json, pod, workload, version));
        json.object("spec", |json| spec(json, pod, workload, node, &volume));
        json.object("status", |json| status(json, pod, workload, node));
    })
}

fn metadata(json: &mut JsonWriter, pod: &Pod, workload: &Workload, version: u64) {
    let owner = if workload.controller == Controller::Static {
        pod.name.get(workload.name.len() + 1..).unwrap_or_default().to_owned()
    } else {
        workload.owner_name(pod.revision)
    };
    let hash = workload.revisions.get(pod.revision).map_or("", |revision| &revision.hash);
    json.text("name", &pod.name);
    if matches!(workload.controller, Controller::Deployment | Controller::DaemonSet | Controller::CronJob) {
        json.display("generateName", format_args!("{owner}-"));
    }
    json.text("namespace", &workload.namespace);
    json.text("uid", &names::uuid(pod.uid));
    json.display("resourceVersion", version);
    json.number("generation", if pod.deleting.is_some() { 2 } else { 1 });
    json.text("creationTimestamp", &timestamp(pod.created));
    if let Some(asked) = pod.deleting {
        json.text("deletionTimestamp", &timestamp(asked + GRACE_SECONDS * 1_000));
        json.number("deletionGracePeriodSeconds", GRACE_SECONDS);
    }
    json.object("labels", |json| {
        json.text("app.kubernetes.io/name", &workload.name);
        json.text(
            "app.kubernetes.io/version",
            workload.revisions.get(pod.revision).map_or("", |revision| &revision.tag),
        );
        match workload.controller {
            Controller::Deployment => json.text("pod-template-hash", hash),
            Controller::StatefulSet => {
                json.text("apps.kubernetes.io/pod-index", pod.name.rsplit('-').next().unwrap_or_default());
                json.display("controller-revision-hash", format_args!("{owner}-{hash}"));
            }
            Controller::DaemonSet => json.text("controller-revision-hash", hash),
            Controller::CronJob => json.text("job-name", &owner),
            Controller::Static | Controller::Bare => {}
        }
        if !workload.system {
            json.text("team", workload.team);
        }
    });
    if !workload.system {
        json.object("annotations", |json| {
            json.text("prometheus.io/port", "9090");
            json.text("prometheus.io/scrape", "true");
        });
    }
    let (api_version, kind, uid) = match workload.controller {
        Controller::Deployment => ("apps/v1", "ReplicaSet", workload.revisions.get(pod.revision).map_or(0, |r| r.uid)),
        Controller::StatefulSet => ("apps/v1", "StatefulSet", workload.uid),
        Controller::DaemonSet => ("apps/v1", "DaemonSet", workload.uid),
        Controller::CronJob => ("batch/v1", "Job", workload.revisions.get(pod.revision).map_or(0, |r| r.uid)),
        Controller::Static => ("v1", "Node", workload.uid),
        Controller::Bare => return,
    };
    json.array("ownerReferences", |json| {
        json.item(|json| {
            json.text("apiVersion", api_version);
            json.text("kind", kind);
            json.text("name", &owner);
            json.text("uid", &names::uuid(uid));
            json.boolean("controller", true);
            if kind != "Node" {
                json.boolean("blockOwnerDeletion", true);
            }
        });
    });
}

fn spec(json: &mut JsonWriter, pod: &Pod, workload: &Workload, node: Option<&Node>, volume: &str) {
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
const SIDECAR: (&str, &str) = ("otel-agent", "otel/opentelemetry-collector-contrib:0.139.0");

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

fn status(json: &mut JsonWriter, pod: &Pod, workload: &Workload, node: Option<&Node>) {
    json.text("phase", pod.phase());
    json.array("conditions", |json| conditions(json, pod, workload, node));
    if let Some(node) = node {
        let [a, b, c, d] = node.address;
        let host = format!("{a}.{b}.{c}.{d}");
        json.text("hostIP", &host);
        json.array("hostIPs", |json| json.item(|json| json.text("ip", &host)));
        if !matches!(pod.stage, Stage::Unscheduled | Stage::Creating) {
            let [a, b, c, d] = pod.address;
            let address = format!("{a}.{b}.{c}.{d}");
            json.text("podIP", &address);
            json.array("podIPs", |json| json.item(|json| json.text("ip", &address)));
        }
        json.text("startTime", &timestamp(pod.scheduled));
        let image = workload.image_of(pod.revision);
        if workload.init {
            json.array("initContainerStatuses", |json| json.item(|json| init_status(json, pod, &image)));
        }
        json.array("containerStatuses", |json| {
            json.item(|json| main_status(json, pod, workload, &image));
            if workload.sidecar {
                json.item(|json| sidecar_status(json, pod, workload.init));
            }
        });
    }
    json.text("qosClass", "Burstable");
}

fn conditions(json: &mut JsonWriter, pod: &Pod, workload: &Workload, node: Option<&Node>) {
    let mut row = |kind: &str, holds: bool, at: Millis, reason: &str, message: &str| {
        json.item(|json| {
            json.text("type", kind);
            json.text("status", if holds { "True" } else { "False" });
            json.null("lastProbeTime");
            json.text("lastTransitionTime", &timestamp(at));
            json.text_if_any("reason", reason);
            json.text_if_any("message", message);
        });
    };
    let Some(node) = node else {
        if pod.scheduled > 0 {
            row("PodScheduled", false, pod.scheduled, "Unschedulable", UNSCHEDULABLE);
        }
        return;
    };
    let created = !matches!(pod.stage, Stage::Creating | Stage::Unscheduled | Stage::Completed);
    row("PodReadyToStartContainers", created, if created { pod.scheduled + 1_000 } else { pod.scheduled }, "", "");
    let initialized = !workload.init || !matches!(pod.stage, Stage::Creating | Stage::Initializing);
    if initialized {
        let done = if pod.stage == Stage::Completed { "PodCompleted" } else { "" };
        row("Initialized", true, pod.scheduled, done, "");
    } else {
        row(
            "Initialized",
            false,
            pod.scheduled,
            "ContainersNotInitialized",
            "containers with incomplete status: [migrate]",
        );
    }
    let ready = matches!(pod.stage, Stage::Running { ready: true });
    let (reason, message) = match pod.stage {
        Stage::Running { ready: true } => ("", String::new()),
        Stage::Completed => ("PodCompleted", String::new()),
        _ => ("ContainersNotReady", format!("containers with unready status: [{}]", workload.name)),
    };
    // A silent node's pods lose their Ready condition; what the kubelet said about containers stays.
    let (pod_ready, since) = if node.ready { (ready, pod.since) } else { (false, node.since) };
    row("Ready", pod_ready, since, reason, &message);
    row("ContainersReady", ready, pod.since, reason, &message);
    row("PodScheduled", true, pod.scheduled, "", "");
}

/// Why the scheduler found no node.
pub(super) const UNSCHEDULABLE: &str = "0/9 nodes are available: 9 Insufficient memory. preemption: 0/9 nodes are available: 9 No preemption victims found for incoming pod.";

fn main_status(json: &mut JsonWriter, pod: &Pod, workload: &Workload, image: &str) {
    let state = |json: &mut JsonWriter| match pod.stage {
        Stage::Running { .. } => running(json, pod.started),
        Stage::Failed | Stage::Completed => ended(json, pod.last, pod),
        Stage::BackOff => waiting(json, "CrashLoopBackOff", &back_off_message(pod, workload)),
        Stage::PullError => waiting(json, "ErrImagePull", &pull_message(image)),
        Stage::PullBackOff => waiting(json, "ImagePullBackOff", &format!("Back-off pulling image \"{image}\"")),
        _ if workload.init => waiting(json, "PodInitializing", ""),
        _ => waiting(json, "ContainerCreating", ""),
    };
    json.text("name", &workload.name);
    json.object("state", state);
    json.object("lastState", |json| {
        if !matches!(pod.stage, Stage::Failed | Stage::Completed) && pod.last.is_some() {
            ended(json, pod.last, pod);
        }
    });
    let running = matches!(pod.stage, Stage::Running { .. });
    json.boolean("ready", matches!(pod.stage, Stage::Running { ready: true }));
    json.number("restartCount", pod.restarts);
    json.text("image", image);
    let pulled = running || pod.last.is_some();
    json.text(
        "imageID",
        &if pulled {
            format!("{}@sha256:{}", workload.image, names::digest(names::hash(image)))
        } else {
            String::new()
        },
    );
    if pulled {
        json.display("containerID", format_args!("containerd://{}", container_id(pod, 0)));
    }
    json.boolean("started", running);
}

fn sidecar_status(json: &mut JsonWriter, pod: &Pod, init: bool) {
    let runs = matches!(
        pod.stage,
        Stage::Running { .. } | Stage::Failed | Stage::BackOff | Stage::PullError | Stage::PullBackOff
    );
    json.text("name", SIDECAR.0);
    json.object("state", |json| {
        if runs {
            running(json, pod.scheduled + 2_000);
        } else {
            waiting(json, if init { "PodInitializing" } else { "ContainerCreating" }, "");
        }
    });
    json.object("lastState", |_| {});
    json.boolean("ready", runs);
    json.number("restartCount", 0);
    json.text("image", SIDECAR.1);
    json.text("imageID", &if runs { format!("otel@sha256:{}", names::digest(7)) } else { String::new() });
    if runs {
        json.display("containerID", format_args!("containerd://{}", container_id(pod, 1)));
    }
    json.boolean("started", runs);
}

fn init_status(json: &mut JsonWriter, pod: &Pod, image: &str) {
    json.text("name", "migrate");
    let (begun, done) = match pod.stage {
        Stage::Creating | Stage::Unscheduled => (false, false),
        Stage::Initializing => (true, false),
        _ => (true, true),
    };
    json.object("state", |json| {
        if done {
            let ending = Ending {
                started: pod.scheduled + 1_000,
                finished: pod.scheduled + 3_000,
                exit_code: 0,
                reason: "Completed",
            };
            ended(json, Some(ending), pod);
        } else if begun {
            running(json, pod.scheduled + 1_000);
        } else {
            waiting(json, "PodInitializing", "");
        }
    });
    json.object("lastState", |_| {});
    json.boolean("ready", done);
    json.number("restartCount", 0);
    json.text("image", image);
    json.text(
        "imageID",
        &if begun { format!("{image}@sha256:{}", names::digest(names::hash(image))) } else { String::new() },
    );
    json.boolean("started", begun && !done);
}

fn running(json: &mut JsonWriter, since: Millis) {
    json.object("running", |json| json.text("startedAt", &timestamp(since)));
}

fn waiting(json: &mut JsonWriter, reason: &str, message: &str) {
    json.object("waiting", |json| {
        json.text("reason", reason);
        json.text_if_any("message", message);
    });
}

fn ended(json: &mut JsonWriter, ending: Option<Ending>, pod: &Pod) {
    let Some(ending) = ending else { return };
    json.object("terminated", |json| {
        json.number("exitCode", ending.exit_code);
        json.text("reason", ending.reason);
        json.text("startedAt", &timestamp(ending.started));
        json.text("finishedAt", &timestamp(ending.finished));
        json.display("containerID", format_args!("containerd://{}", container_id(pod, 2)));
    });
}

fn container_id(pod: &Pod, which: u64) -> String {
    names::digest((pod.uid as u64).wrapping_add(which).wrapping_add(u64::from(pod.restarts.unsigned_abs()) << 32))
}

fn back_off_message(pod: &Pod, workload: &Workload) -> String {
    let (minutes, seconds) = (pod.back_off() / 60_000, pod.back_off() / 1_000 % 60);
    let wait = if minutes > 0 { format!("{minutes}m{seconds}s") } else { format!("{seconds}s") };
    let (container, namespace) = (&workload.name, &workload.namespace);
    format!(
        "back-off {wait} restarting failed container={container} pod={}_{namespace}({})",
        pod.name,
        names::uuid(pod.uid)
    )
}

/// What the kubelet says when an image does not exist.
pub(super) fn pull_message(image: &str) -> String {
    format!("failed to pull and unpack image \"{image}\": failed to resolve reference \"{image}\": {image}: not found")
}
