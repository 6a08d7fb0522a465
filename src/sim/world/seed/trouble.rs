//! Owns what is wrong from the start: the troubles of the scenario, and what is odd in every cluster. Must not know what
//! becomes of them.

use serde_json::{Value, json};

use crate::sim::kinds::Resource;
use crate::sim::names::{self, WORDS};
use crate::sim::scenario::{TroubleKind, TroubleSpec};
use crate::sim::world::complaints::Complaint;
use crate::sim::world::events::{About, Incident, timestamp};
use crate::sim::world::workload::Controller;
use crate::sim::world::{DAY, HOUR, MINUTE, SECOND, World};

/// The quota that is used up, and the class there is none of.
const QUOTA: &str = "compute";
const MISSING_CLASS: &str = "fast-nvme";

impl World {
    pub(super) fn seed_trouble(&mut self, trouble: &TroubleSpec, home: &str) {
        let namespace = trouble.namespace.as_deref().unwrap_or(home);
        let kind = trouble.kind;
        match kind {
            TroubleKind::NodeNotReady | TroubleKind::MemoryPressure | TroubleKind::Cordoned => return,
            TroubleKind::StuckFinalizer => {
                self.seed_stuck(trouble.namespace.as_deref().unwrap_or("feature-4698"), usize::from(trouble.number));
                return;
            }
            _ => self.ensure_namespace(namespace),
        }
        let claims = kind == TroubleKind::PendingClaim;
        let (controller, words) =
            if claims { (Controller::StatefulSet, &WORDS.stateful) } else { (Controller::Deployment, &WORDS.services) };
        let name = match &trouble.workload {
            Some(name) => name.clone(),
            None => self.free_name(namespace, words),
        };
        let number = usize::from(trouble.number);
        let crash = kind == TroubleKind::CrashLoop;
        let replicas = match kind {
            TroubleKind::CrashLoop => number * 3,
            TroubleKind::QuotaExceeded | TroubleKind::FailingWebhook => number * 2,
            _ => number,
        };
        let mut app = self.some_app(controller, namespace, &name, replicas);
        (app.init, app.sidecar) = (kind == TroubleKind::InitStuck, false);
        let workload = self.install(&app);
        if crash {
            // The old pods of a rollout that got stuck still serve.
            self.populate(workload, None);
            app.replicas += number;
            self.rescale(&app);
            self.new_image(workload);
            self.workloads[workload].rolling = false;
        }
        self.workloads[workload].trouble = Some((kind, number));
        match kind {
            TroubleKind::FailingWebhook => self.make_webhook(),
            TroubleKind::QuotaExceeded => self.make_quota(namespace),
            _ => {}
        }
        self.populate(workload, None);
        if claims {
            (0..number).for_each(|pod| self.make_pending_claim(workload, pod));
        } else {
            self.furnish_app(&app);
        }
        self.complain_of_pods(workload);
    }

    /// Pods that cannot be made and pods that fail their probes are complained of again and again.
    fn complain_of_pods(&mut self, workload: usize) {
        if let Some(complaint) = self.refused_pods(workload) {
            self.complain(complaint, 40 * MINUTE, 14);
        }
        for id in self.workloads[workload].pods.clone() {
            if let Some(complaint) = self.failing_probe(id) {
                self.complain(complaint, 30 * MINUTE, 120);
            }
        }
    }

    /// A webhook of which nobody answers.
    fn make_webhook(&mut self) {
        let created = timestamp(self.now - 9 * DAY);
        let service = json!({"name": "policy-webhook", "namespace": "platform", "path": "/validate", "port": 443});
        let rules = json!([{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"], "scope": "*"}]);
        let webhook = json!({"name": "validate.policy.example.io", "admissionReviewVersions": ["v1"], "failurePolicy": "Fail",
            "matchPolicy": "Equivalent", "sideEffects": "None", "timeoutSeconds": 10, "clientConfig": {"service": service}, "rules": rules});
        let configuration = json!({"metadata": {"name": "policy-webhook"}, "webhooks": [webhook]});
        self.make(Resource::ValidatingWebhooks, &created, configuration);
    }

    fn make_quota(&mut self, namespace: &str) {
        let created = timestamp(self.now - 9 * DAY);
        let hard = json!({"pods": "1", "requests.cpu": "10", "limits.memory": "40Gi"});
        let quota = json!({"metadata": {"name": QUOTA, "namespace": namespace}, "spec": {"hard": hard}});
        self.make(Resource::ResourceQuotas, &created, quota);
    }

    /// Quotas that are used up allow as many pods as there are.
    pub(super) fn fill_quotas(&mut self) {
        for quota in self.store.list(Resource::ResourceQuotas, None, None) {
            if &*quota.name != QUOTA {
                continue;
            }
            let mut value = quota.value();
            let pods = Value::from(self.store.list(Resource::Pods, Some(&quota.namespace), None).len().to_string());
            value["spec"]["hard"]["pods"] = pods;
            self.keep(Resource::ResourceQuotas, value);
        }
    }

    /// The claim of a stateful pod that asks for a class there is none of.
    fn make_pending_claim(&mut self, workload: usize, pod: usize) {
        let owner = &self.workloads[workload];
        let (namespace, name) = (owner.namespace.clone(), format!("data-{}-{pod}", owner.name).into_boxed_str());
        let uid = self.rng.u128(..);
        let claim = json!({"metadata": {"name": name, "namespace": namespace, "uid": names::uuid(uid), "finalizers": ["kubernetes.io/pvc-protection"]},
            "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": MISSING_CLASS, "volumeMode": "Filesystem",
                "resources": {"requests": {"storage": "50Gi"}}}, "status": {"phase": "Pending"}});
        let created = timestamp(self.now - 2 * HOUR);
        self.make(Resource::Claims, &created, claim);
        let about = About::new("v1", "PersistentVolumeClaim", &namespace, &name, uid);
        let message = format!("storageclass.storage.k8s.io \"{MISSING_CLASS}\" not found");
        let incident = Incident::of("persistentvolume-controller", about, true, "ProvisioningFailed", message);
        self.complain(Complaint { incident, workload, every: 60 * SECOND }, 55 * MINUTE, 210);
    }

    /// A namespace that cannot end, since what is in it waits for somebody who does not come.
    fn seed_stuck(&mut self, namespace: &str, number: usize) {
        const FINALIZER: &str = "delivery.example.io/cleanup";
        let (created, deleted) = (timestamp(self.now - 40 * DAY), timestamp(self.now - 3 * DAY));
        let condition = |kind: &str, holds: bool, reason: &str, message: String| json!({"type": kind, "status": if holds { "True" } else { "False" }, "lastTransitionTime": deleted, "reason": reason, "message": message});
        let conditions = json!([
            condition(
                "NamespaceDeletionDiscoveryFailure",
                false,
                "ResourcesDiscovered",
                "All resources successfully discovered".to_owned()
            ),
            condition(
                "NamespaceDeletionContentFailure",
                false,
                "ContentDeleted",
                "All content successfully deleted, may be waiting on finalization".to_owned()
            ),
            condition(
                "NamespaceContentRemaining",
                true,
                "SomeResourcesRemain",
                format!(
                    "Some resources are remaining: applications.delivery.example.io has {number} resource instances"
                )
            ),
            condition(
                "NamespaceFinalizersRemaining",
                true,
                "SomeFinalizersRemain",
                format!(
                    "Some content in the namespace has finalizers remaining: {FINALIZER} in {number} resource instances"
                )
            )
        ]);
        // Nothing is made in a namespace that ends.
        self.namespaces.push(namespace.into());
        let ending = json!({"metadata": {"name": namespace, "deletionTimestamp": deleted}, "status": {"phase": "Terminating", "conditions": conditions}});
        self.make(Resource::Namespaces, &created, ending);
        for index in 0..number {
            let metadata = json!({"name": format!("preview-{index}"), "namespace": namespace, "finalizers": [FINALIZER],
                "deletionTimestamp": deleted, "deletionGracePeriodSeconds": 0});
            let application = json!({"metadata": metadata, "spec": {"project": "default", "source": {"repoURL": "https://git.example.com/deploy.git", "path": namespace}},
                "status": {"sync": {"status": "Unknown"}, "health": {"status": "Missing"}}});
            self.make_kind("Application", &created, application);
        }
    }

    /// What no cluster of any size is without: a nightly job, a database, and a replication controller nobody has touched for years.
    pub(super) fn seed_regulars(&mut self, namespace: &str) {
        let app = self.some_app(Controller::Job, namespace, "nightly-report", 1);
        self.seed_cron(&app, 2);
        let app = self.some_app(Controller::StatefulSet, namespace, "main-db", 1);
        let workload = self.install(&app);
        self.populate(workload, None);
        self.furnish_app(&app);
        let app = self.some_app(Controller::Replication, namespace, "legacy-web", 1);
        let labels = json!({"app.kubernetes.io/name": "legacy-web"});
        let spec = json!({"replicas": 1, "selector": labels, "template": app.template()});
        let created = timestamp(self.now - 290 * DAY);
        let metadata = json!({"name": "legacy-web", "namespace": namespace, "labels": labels});
        self.make(Resource::ReplicationControllers, &created, json!({"metadata": metadata, "spec": spec}));
        self.populate(self.workloads.len() - 1, None);
    }
}
