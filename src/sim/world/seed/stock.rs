//! Owns what stands in every cluster, on every node and in every namespace, as a file of manifests says. Must not know
//! workloads.

use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};

use super::apps::select_class;
use crate::sim::kinds::Resource;
use crate::sim::names;
use crate::sim::world::events::{micro_timestamp, timestamp};
use crate::sim::world::objects::text;
use crate::sim::world::{DAY, World};

/// Manifests by where they belong: `cluster`, `node`, `namespace`, `home`; and under `template` what pods are made of.
pub(super) static MANIFESTS: LazyLock<Value> = LazyLock::new(|| {
    let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/scenarios/objects.yaml"));
    serde_saphyr::from_str(text).unwrap_or_default()
});

/// A copy of a manifest with its `$words` filled in.
pub(super) fn filled(manifest: &Value, words: &[(&str, &str)]) -> Value {
    match manifest {
        Value::String(text) if text.contains('$') => {
            words.iter().fold(text.clone(), |text, (word, value)| text.replace(word, value)).into()
        }
        Value::Array(items) => items.iter().map(|item| filled(item, words)).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| (key.clone(), filled(value, words)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

impl World {
    /// Makes the objects of a section of the manifests.
    fn stock(&mut self, section: &str, created: &str, words: &[(&str, &str)]) {
        for manifest in MANIFESTS[section].as_array().into_iter().flatten() {
            let mut value = filled(manifest, words);
            let kind = value.as_object_mut().and_then(|fields| fields.remove("kind"));
            if let Some(namespace) = value["metadata"]["namespace"].as_str() {
                self.ensure_namespace(namespace);
            }
            self.make_kind(text(&kind.unwrap_or_default()), created, value);
        }
    }

    /// Makes an object of a kind by its name; none where the cluster has no such kind.
    pub(super) fn make_kind(&mut self, kind: &str, created: &str, value: Value) {
        let found = self.store.registry().served().find(|known| known.kind == kind).map(Arc::clone);
        if let Some(kind) = found {
            self.make(kind.resource, created, value);
        }
    }

    /// What a cluster has from its first day.
    pub(super) fn furnish_cluster(&mut self) {
        let at = self.now - 300 * DAY;
        let created = timestamp(at);
        let (class, driver) = select_class(self.spec.provider);
        let (cluster, region) = (self.spec.name.clone(), self.spec.region.clone());
        let short = names::suffix(&mut self.rng, 5);
        let [a, b, c, d] = self.nodes[0].address;
        let (first, address) = (self.nodes[0].name.clone(), format!("{a}.{b}.{c}.{d}"));
        let micros = micro_timestamp(self.now);
        let words = [
            ("$class", class),
            ("$driver", driver),
            ("$cluster", &cluster),
            ("$region", &region),
            ("$short", &short),
            ("$first", &first),
            ("$address", &address),
            ("$created", &created),
            ("$micros", &micros),
        ];
        self.stock("cluster", &created, &words);
        self.bind_user(&created);
        for index in 0..self.nodes.len() {
            let (name, uid) = (self.nodes[index].name.clone(), names::uuid(self.nodes[index].uid));
            let (made, renewed) = (timestamp(self.nodes[index].created), micro_timestamp(self.nodes[index].heartbeat));
            let words = [("$node", &*name), ("$uid", &uid), ("$micros", &renewed), ("$driver", driver)];
            self.stock("node", &made, &words);
        }
    }

    /// The kubeconfig's user may do everything, or read its namespaces.
    fn bind_user(&mut self, created: &str) {
        let user = self.spec.user.clone();
        let subject = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user.name});
        let role = |name: &str| json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name});
        if user.allowed_namespaces.is_empty() {
            let binding = json!({"metadata": {"name": "cluster-admin-user"}, "roleRef": role("cluster-admin"), "subjects": [subject]});
            self.make(Resource::ClusterRoleBindings, created, binding);
        }
        for namespace in &user.allowed_namespaces {
            self.ensure_namespace(namespace);
            let metadata = json!({"name": "view", "namespace": namespace});
            let binding = json!({"metadata": metadata, "roleRef": role("view"), "subjects": [subject]});
            self.make(Resource::RoleBindings, created, binding);
        }
    }

    /// What every namespace gets, and what those of applications have.
    pub(super) fn furnish_namespace(&mut self, namespace: &str) {
        let object =
            self.store.get(Resource::Namespaces, "", namespace).map(|object| object.value()).unwrap_or_default();
        let created = text(&object["metadata"]["creationTimestamp"]).to_owned();
        let words = [("$namespace", namespace)];
        self.stock("namespace", &created, &words);
        let system = namespace.starts_with("kube-") || namespace == "default";
        if system || !self.seeding {
            return;
        }
        self.stock("home", &created, &words);
        let metadata = |name: &str| json!({"name": name, "namespace": namespace});
        if self.rng.u8(..100) < 40 {
            let hard = json!({"pods": "2k"});
            let quota = json!({"metadata": metadata("pods"), "spec": {"hard": hard}, "status": {"hard": hard}});
            self.make(Resource::ResourceQuotas, &created, quota);
        }
        if self.rng.u8(..100) < 60 {
            let revision = &names::digest(names::hash(namespace))[..40];
            let application = json!({"metadata": metadata(namespace),
                "spec": {"project": "default", "source": {"repoURL": "https://git.example.com/deploy.git", "path": namespace}},
                "status": {"sync": {"status": "Synced", "revision": revision}, "health": {"status": "Healthy"}}});
            self.make_kind("Application", &created, application);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_manifest_is_of_a_kind_and_has_a_name() {
        for section in ["cluster", "node", "namespace", "home"] {
            let manifests = MANIFESTS[section].as_array().unwrap();
            assert!(
                manifests.iter().all(|one| one["kind"].is_string() && one["metadata"]["name"].is_string()),
                "{section}"
            );
        }
    }
}
