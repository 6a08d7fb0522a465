//! Owns the manifests of seeded applications: workloads and what comes with them. Must not know their pods.

use serde_json::{Value, json};

use super::stock::{MANIFESTS, filled};
use crate::sim::kinds::Resource;
use crate::sim::names::{self, WORDS};
use crate::sim::scenario::Provider;
use crate::sim::store::key;
use crate::sim::world::events::timestamp;
use crate::sim::world::workload::Controller;
use crate::sim::world::{DAY, HOUR, MINUTE, World};

/// What an application is like.
#[derive(Clone)]
pub(super) struct App {
    controller: Controller,
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) replicas: usize,
    pub(super) image: String,
    team: &'static str,
    cpu_millis: u32,
    memory_mib: u32,
    /// Has a second container beside the first.
    pub(super) sidecar: bool,
    /// Has an init container.
    pub(super) init: bool,
    /// Belongs to the cluster rather than to an application.
    system: bool,
}

/// Adds the fields of one object to another.
fn merge(object: &mut Value, more: Value) {
    if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
        object.extend(more);
    }
}

impl App {
    pub(super) fn new(controller: Controller, namespace: &str, name: &str, replicas: usize) -> Self {
        let (namespace, name) = (namespace.to_owned(), name.to_owned());
        let (image, team) = (String::new(), "platform");
        Self {
            controller,
            namespace,
            name,
            replicas,
            image,
            team,
            cpu_millis: 100,
            memory_mib: 128,
            sidecar: false,
            init: false,
            system: false,
        }
    }

    /// The same, belonging to the cluster.
    pub(super) fn of_system(self, image: &str) -> Self {
        Self { image: image.to_owned(), system: true, ..self }
    }

    fn labels(&self) -> Value {
        json!({"app.kubernetes.io/name": self.name})
    }

    /// The kind of its workload.
    pub(super) fn kind(&self) -> &'static str {
        match self.controller {
            Controller::StatefulSet => "StatefulSet",
            Controller::DaemonSet => "DaemonSet",
            _ => "Deployment",
        }
    }

    /// The pod template of the application: what a chart of our days writes, so that its pods weigh what real ones do.
    pub(super) fn template(&self) -> Value {
        let tag = self.image.rsplit_once(':').map_or("latest", |(_, tag)| tag);
        let mut labels = self.labels();
        labels["app.kubernetes.io/version"] = tag.into();
        let memory = if self.memory_mib.is_multiple_of(1_024) {
            format!("{}Gi", self.memory_mib / 1_024)
        } else {
            format!("{}Mi", self.memory_mib)
        };
        let words = [
            ("$namespace", &*self.namespace),
            ("$name", &*self.name),
            ("$NAME", &self.name.to_uppercase().replace('-', "_")),
            ("$image", &self.image),
            ("$tag", tag),
            ("$cpu", &format!("{}m", self.cpu_millis)),
            ("$memory", &memory),
            ("$limit", &format!("{}MiB", self.memory_mib * 9 / 10)),
            ("$team", self.team),
            ("$checksum", &names::digest(names::hash(&format!("{}/{}", self.namespace, self.name)))),
        ];
        let part = |name: &str| filled(&MANIFESTS["template"][name], &words);
        let job = self.controller == Controller::Job;
        let mut main = part(if self.system { "system" } else { "container" });
        if !job {
            merge(&mut main, part("serving"));
        }
        let mut spec = part(if self.system { "system-pod" } else { "pod" });
        spec["containers"] = vec![main].into();
        if self.sidecar
            && let Some(containers) = spec["containers"].as_array_mut()
        {
            containers.push(part("sidecar"));
        }
        if self.init {
            spec["initContainers"] = json!([part("init")]);
        }
        if job {
            spec["restartPolicy"] = "Never".into();
        } else if !self.system {
            merge(&mut spec, part("spread"));
        }
        let mut metadata = json!({"labels": labels});
        if !self.system {
            merge(&mut metadata["labels"], part("labels"));
            metadata["annotations"] = part("annotations");
        }
        let mut template = json!({"metadata": metadata});
        template["spec"] = spec;
        template
    }

    fn metadata(&self, name: &str) -> Value {
        let mut labels = self.labels();
        if !self.system {
            labels["app.kubernetes.io/instance"] = self.name.as_str().into();
            labels["app.kubernetes.io/managed-by"] = "Helm".into();
        }
        json!({"name": name, "namespace": self.namespace, "labels": labels})
    }
}

impl World {
    /// An application as chance has it.
    pub(super) fn some_app(&mut self, controller: Controller, namespace: &str, name: &str, replicas: usize) -> App {
        let serves = controller != Controller::Job;
        App {
            image: format!("registry.example.com/{name}:{}", names::tag(&mut self.rng)),
            team: names::pick(&mut self.rng, &WORDS.teams),
            cpu_millis: [50, 100, 250, 500][self.rng.usize(..4)],
            memory_mib: [128, 256, 512, 1_024][self.rng.usize(..4)],
            sidecar: serves && self.rng.u8(..100) < 20,
            init: serves && self.rng.u8(..100) < 15,
            ..App::new(controller, namespace, name, replicas)
        }
    }

    /// Makes an application's workload, as of some time ago; its pods are yet to come.
    pub(super) fn install(&mut self, app: &App) -> usize {
        let at = self.now - self.rng.i64(20 * DAY..200 * DAY);
        // What is large is moved, not copied: a fleet has tens of thousands of these.
        let mut spec = json!({"selector": {"matchLabels": app.labels()}});
        spec["template"] = app.template();
        if app.controller != Controller::DaemonSet {
            spec["replicas"] = app.replicas.into();
        }
        if app.controller == Controller::StatefulSet {
            spec["serviceName"] = app.name.as_str().into();
        }
        let present = std::mem::replace(&mut self.now, at);
        let mut value = json!({"metadata": app.metadata(&app.name)});
        value["spec"] = spec;
        self.make(app.controller.resource(), &timestamp(at), value);
        self.now = present;
        self.workloads.len() - 1
    }

    /// Makes the object of an application want as many pods as it says.
    pub(super) fn rescale(&mut self, app: &App) {
        let resource = app.controller.resource();
        let Some(object) = self.store.get(resource, &app.namespace, &app.name) else { return };
        let mut value = object.value();
        value["spec"]["replicas"] = app.replicas.into();
        let kind = std::sync::Arc::clone(self.store.registry().kind(resource));
        self.put(&kind, value);
    }

    /// Makes a cron job with so many runs behind it.
    pub(super) fn seed_cron(&mut self, app: &App, runs: usize) {
        let (hour, minute) = (self.rng.u8(..24), self.rng.u8(..60));
        let schedule = [format!("{minute} {hour} * * *"), format!("{minute} */6 * * *"), format!("{minute} * * * *")];
        let schedule = schedule[self.rng.usize(..3)].clone();
        let job = json!({"metadata": {"labels": app.labels()}});
        let mut value =
            json!({"metadata": app.metadata(&app.name), "spec": {"schedule": schedule, "jobTemplate": job}});
        value["spec"]["jobTemplate"]["spec"]["template"] = app.template();
        let created = timestamp(self.now - self.rng.i64(20 * DAY..200 * DAY));
        let cron = self.make(Resource::CronJobs, &created, value).value();
        let present = self.now;
        let mut at = present - present.rem_euclid(MINUTE) - self.rng.i64(2..120) * MINUTE - runs as i64 * 5 * HOUR;
        for _ in 0..runs.max(1) {
            at += 5 * HOUR;
            self.now = at + 1_000;
            let index = self.run_cron(&cron, at);
            self.now = present;
            if let Some(index) = index {
                self.populate(index, Some(at + 1_000));
            }
        }
        self.refresh_cron(&app.namespace, &app.name);
    }

    /// Makes what an application comes with: its service, settings, budget, and sometimes an entrance or disks.
    pub(super) fn furnish_app(&mut self, app: &App) {
        let created = timestamp(self.now - self.rng.i64(20 * DAY..200 * DAY));
        let stateful = app.controller == Controller::StatefulSet;
        let mut service =
            json!({"selector": app.labels(), "ports": [{"name": "http", "port": 80, "targetPort": 8080}]});
        if stateful {
            service["clusterIP"] = "None".into();
        }
        self.make(Resource::Services, &created, json!({"metadata": app.metadata(&app.name), "spec": service}));
        let settings = json!({"LOG_LEVEL": "info", "TEAM": app.team, "config.yaml": "server:\n  port: 8080\n"});
        let name = format!("{}-config", app.name);
        self.make(Resource::ConfigMaps, &created, json!({"metadata": app.metadata(&name), "data": settings}));
        if app.replicas > 2 {
            let spec = json!({"maxUnavailable": 1.max(app.replicas / 4), "selector": {"matchLabels": app.labels()}});
            self.make(
                Resource::DisruptionBudgets,
                &created,
                json!({"metadata": app.metadata(&app.name), "spec": spec}),
            );
        }
        if app.controller == Controller::Deployment && self.rng.u8(..100) < 15 {
            self.make_autoscaler(app, &created);
        }
        if self.rng.u8(..100) < 30 {
            let name = format!("{}-credentials", app.name);
            let secret = json!({"username": app.name, "password": names::suffix(&mut self.rng, 16)});
            self.make(Resource::Secrets, &created, json!({"metadata": app.metadata(&name), "stringData": secret}));
        }
        if !stateful && self.rng.u8(..100) < 20 {
            let host = format!("{}.{}.example.com", app.name, app.namespace);
            let backend = json!({"service": {"name": app.name, "port": {"name": "http"}}});
            let spec = json!({"ingressClassName": "nginx", "tls": [{"hosts": [host], "secretName": format!("{}-tls", app.name)}],
                "rules": [{"host": host, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}]});
            let status =
                json!({"loadBalancer": {"ingress": [{"hostname": format!("lb-{}.example.com", self.spec.region)}]}});
            self.make(
                Resource::Ingresses,
                &created,
                json!({"metadata": app.metadata(&app.name), "spec": spec, "status": status}),
            );
            let name = format!("{}-tls", app.name);
            let spec = json!({"dnsNames": [host], "secretName": name, "issuerRef": {"kind": "ClusterIssuer", "name": "letsencrypt"}});
            let status = json!({"notAfter": timestamp(self.now + self.rng.i64(5 * DAY..80 * DAY)),
                "conditions": [{"type": "Ready", "status": "True", "reason": "Ready",
                    "message": "Certificate is up to date and has not expired"}]});
            let certificate = json!({"metadata": app.metadata(&name), "spec": spec, "status": status});
            self.make_kind("Certificate", &created, certificate);
        }
        if stateful {
            (0..app.replicas).for_each(|number| self.make_disk(app, number, &created));
        }
    }

    /// An autoscaler of a deployment, at ease; one in eight gets no metrics.
    fn make_autoscaler(&mut self, app: &App, created: &str) {
        let (replicas, used, blind) = (app.replicas, self.rng.u32(15..78), self.rng.u8(..8) == 0);
        let condition = |kind: &str, holds: bool, reason: &str, message: &str| {
            json!({"type": kind, "status": if holds { "True" } else { "False" }, "lastTransitionTime": created,
                "reason": reason, "message": message})
        };
        let active = if blind {
            condition(
                "ScalingActive",
                false,
                "FailedGetResourceMetric",
                "the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API",
            )
        } else {
            condition(
                "ScalingActive",
                true,
                "ValidMetricFound",
                "the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)",
            )
        };
        let mut status = json!({"currentReplicas": replicas, "desiredReplicas": replicas, "conditions": [
            condition("AbleToScale", true, "ReadyForNewScale", "recommended size matches current size"), active,
            condition("ScalingLimited", false, "DesiredWithinRange", "the desired count is within the acceptable range")]});
        if !blind {
            let current =
                json!({"averageUtilization": used, "averageValue": format!("{}m", app.cpu_millis * used / 100)});
            status["currentMetrics"] = json!([{"type": "Resource", "resource": {"name": "cpu", "current": current}}]);
        }
        let target = json!({"type": "Utilization", "averageUtilization": 80});
        let spec = json!({"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": app.name},
            "minReplicas": replicas.div_ceil(2).max(1), "maxReplicas": replicas * 2 + 1,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]});
        let autoscaler = json!({"metadata": app.metadata(&app.name), "spec": spec, "status": status});
        self.make(Resource::Autoscalers, created, autoscaler);
    }

    /// A claim of a stateful pod and the volume bound to it.
    fn make_disk(&mut self, app: &App, number: usize, created: &str) {
        let name = format!("data-{}-{number}", app.name);
        let uid = names::uuid(self.rng.u128(..));
        let volume = format!("pvc-{uid}");
        let (class, driver) = select_class(self.spec.provider);
        let common = json!({"accessModes": ["ReadWriteOnce"], "storageClassName": class, "volumeMode": "Filesystem"});
        let mut claim = common.clone();
        claim["resources"] = json!({"requests": {"storage": "20Gi"}});
        claim["volumeName"] = volume.as_str().into();
        let mut metadata = app.metadata(&name);
        metadata["uid"] = uid.as_str().into();
        let status = json!({"phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": {"storage": "20Gi"}});
        self.make(Resource::Claims, created, json!({"metadata": metadata, "spec": claim, "status": status}));
        let mut spec = common;
        spec["capacity"] = json!({"storage": "20Gi"});
        spec["persistentVolumeReclaimPolicy"] = "Delete".into();
        spec["claimRef"] = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": name, "namespace": app.namespace, "uid": uid});
        spec["csi"] =
            json!({"driver": driver, "volumeHandle": format!("vol-{}", &names::digest(names::hash(&volume))[..17])});
        self.make(
            Resource::Volumes,
            created,
            json!({"metadata": {"name": volume}, "spec": spec, "status": {"phase": "Bound"}}),
        );
        let pod = self.by_name.get(&key(&app.namespace, &format!("{}-{number}", app.name)));
        let node = pod.and_then(|id| self.pods.get(id)?.node).map(|node| self.nodes[node].name.clone());
        if let Some(node) = node {
            let name = format!("csi-{}", names::digest(names::hash(&format!("{volume}{node}"))));
            let spec = json!({"attacher": driver, "nodeName": node, "source": {"persistentVolumeName": volume}});
            let attachment = json!({"metadata": {"name": name}, "spec": spec, "status": {"attached": true}});
            self.make(Resource::Attachments, created, attachment);
        }
    }
}

/// The default storage class of a provider and its driver.
pub(super) fn select_class(provider: Provider) -> (&'static str, &'static str) {
    match provider {
        Provider::Eks => ("gp3", "ebs.csi.aws.com"),
        Provider::Gke => ("standard-rwo", "pd.csi.storage.gke.io"),
        Provider::Aks => ("managed-csi", "disk.csi.azure.com"),
        Provider::K3s => ("local-path", "rancher.io/local-path"),
        Provider::Kubeadm => ("ceph-block", "rbd.csi.ceph.com"),
    }
}
