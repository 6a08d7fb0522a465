//! Owns releases of Helm as it keeps them: a Secret per revision that holds the chart, the values and the manifest. Must
//! not know what clients make of them.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};

use super::apps::App;
use crate::sim::kinds::Resource;
use crate::sim::world::events::timestamp;
use crate::sim::world::{DAY, HOUR, World};

const TEMPLATE: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ include \"chart.fullname\" . }}\nspec:\n  replicas: {{ .Values.replicaCount }}\n";

/// One revision of a release.
struct Revision<'a> {
    app: &'a App,
    number: usize,
    status: &'a str,
    description: String,
    first: String,
    last: String,
    chart_version: String,
}

impl Revision<'_> {
    /// The release as Helm writes it down.
    fn release(&self) -> Value {
        let (name, namespace, image) = (&self.app.name, &self.app.namespace, &self.app.image);
        let (repository, tag) = image.rsplit_once(':').unwrap_or((image, "latest"));
        let kind = self.app.kind();
        let manifest = format!(
            "---\n# Source: {name}/templates/serviceaccount.yaml\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: {name}\n  labels:\n    app.kubernetes.io/managed-by: Helm\n---\n# Source: {name}/templates/service.yaml\napiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\nspec:\n  ports:\n  - name: http\n    port: 80\n    targetPort: 8080\n  selector:\n    app.kubernetes.io/name: {name}\n---\n# Source: {name}/templates/workload.yaml\napiVersion: apps/v1\nkind: {kind}\nmetadata:\n  name: {name}\n  namespace: {namespace}\nspec:\n  replicas: {}\n  template:\n    spec:\n      containers:\n      - name: {name}\n        image: {image}\n",
            self.app.replicas
        );
        let values = json!({"replicaCount": 1, "image": {"repository": repository, "tag": tag, "pullPolicy": "IfNotPresent"},
            "service": {"type": "ClusterIP", "port": 80}, "resources": {}, "nodeSelector": {}, "tolerations": []});
        let metadata = json!({"name": name, "version": self.chart_version, "appVersion": tag, "apiVersion": "v2", "type": "application",
            "description": format!("A Helm chart for {name}"), "home": format!("https://{name}.example.com"),
            "maintainers": [{"name": "platform", "email": "platform@example.com"}]});
        let notes = format!(
            "{name} has been installed.\n\n  kubectl --namespace {namespace} get pods -l app.kubernetes.io/name={name}\n"
        );
        json!({"name": name, "namespace": namespace, "version": self.number, "manifest": manifest, "hooks": [],
            "info": {"first_deployed": self.first, "last_deployed": self.last, "deleted": "", "description": self.description,
                "status": self.status, "notes": notes},
            "config": {"replicaCount": self.app.replicas, "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}}},
            "chart": {"metadata": metadata, "lock": null, "values": values, "schema": null, "files": [],
                "templates": [{"name": "templates/workload.yaml", "data": STANDARD.encode(TEMPLATE)}]}})
    }

    /// Helm packs and encodes a release, and the API encodes the Secret again.
    fn packed(&self) -> String {
        let mut zipped = GzBuilder::new().write(Vec::new(), Compression::fast());
        let _infallible = zipped.write_all(self.release().to_string().as_bytes());
        STANDARD.encode(STANDARD.encode(zipped.finish().unwrap_or_default()))
    }
}

impl World {
    /// Writes down that an application came by Helm: `revisions` of it, the last of them deployed or failed.
    pub(super) fn seed_release(&mut self, app: &App, revisions: usize, failed: bool) {
        let began = self.now - self.rng.i64(20 * DAY..180 * DAY);
        let step = (self.now - began - HOUR) / revisions as i64;
        let (major, minor) = (self.rng.u8(1..4), self.rng.u8(0..20));
        for number in 1..=revisions {
            let last = began + step * (number as i64 - 1);
            let (status, description) = match (number == revisions, failed, number) {
                (true, true, _) => ("failed", "Upgrade failed: context deadline exceeded"),
                (true, false, 1) => ("deployed", "Install complete"),
                (false, _, 1) => ("superseded", "Install complete"),
                // What was deployed before a failed upgrade still is.
                (false, true, _) if number + 1 == revisions => ("deployed", "Upgrade complete"),
                (true, false, _) => ("deployed", "Upgrade complete"),
                (false, ..) => ("superseded", "Upgrade complete"),
            };
            let revision = Revision {
                app,
                number,
                status,
                description: description.replace("Upgrade failed", &format!("Upgrade \"{}\" failed", app.name)),
                first: timestamp(began),
                last: timestamp(last),
                chart_version: format!("{major}.{}.0", usize::from(minor) + number),
            };
            let labels = json!({"name": app.name, "owner": "helm", "status": status, "version": number.to_string(),
                "modifiedAt": (last / 1_000).to_string()});
            let metadata = json!({"name": format!("sh.helm.release.v1.{}.v{number}", app.name), "namespace": app.namespace, "labels": labels});
            let secret =
                json!({"metadata": metadata, "type": "helm.sh/release.v1", "data": {"release": revision.packed()}});
            self.make(Resource::Secrets, &timestamp(last), secret);
        }
    }

    /// How many revisions a release has had.
    pub(super) fn some_revisions(&mut self) -> usize {
        self.rng.usize(1..4)
    }
}
