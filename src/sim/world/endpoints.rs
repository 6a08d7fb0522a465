//! Owns what a service leads to: its endpoint slice and the older `Endpoints` object, written as text since large worlds
//! have many. Must not know why pods change.

use std::hash::{Hash, Hasher};

use serde_json::Value;

use super::objects::text;
use super::pods::{Pod, Stage};
use super::{PodId, World};
use crate::sim::json::JsonWriter;
use crate::sim::kinds::Resource;
use crate::sim::names;

/// A pod that a service leads to.
#[derive(Hash)]
struct Point {
    address: String,
    ready: bool,
    going: bool,
    node: Box<str>,
    pod: Box<str>,
    uid: u128,
    zone: char,
}

/// A port of a service, as its endpoints have it.
#[derive(Hash)]
struct Port {
    name: String,
    number: i64,
    protocol: String,
}

fn ports(service: &Value) -> Vec<Port> {
    let port = |port: &Value| Port {
        name: text(&port["name"]).to_owned(),
        number: port["targetPort"].as_i64().or_else(|| port["port"].as_i64()).unwrap_or(0),
        protocol: text(&port["protocol"]).to_owned(),
    };
    service["spec"]["ports"].as_array().into_iter().flatten().map(port).collect()
}

fn write_ports(json: &mut JsonWriter, ports: &[Port]) {
    json.array("ports", |json| {
        for port in ports {
            json.item(|json| {
                json.text("name", &port.name);
                json.number("port", port.number);
                json.text("protocol", &port.protocol);
            });
        }
    });
}

fn write_target(json: &mut JsonWriter, point: &Point, namespace: &str) {
    json.text("nodeName", &point.node);
    json.object("targetRef", |json| {
        json.text("kind", "Pod");
        json.text("namespace", namespace);
        json.text("name", &point.pod);
        json.text("uid", &names::uuid(point.uid));
    });
}

/// A hash that is the same on every machine.
struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    }
}

/// Metadata of an object that follows from its service.
struct Made<'a> {
    namespace: &'a str,
    service: &'a str,
    service_uid: &'a str,
    created: &'a str,
    generation: i64,
}

impl Made<'_> {
    fn uid(&self, what: &str) -> String {
        let half = |salt: &str| u128::from(names::hash(&format!("{}{what}{salt}", self.service_uid)));
        names::uuid(half("a") << 64 | half("b"))
    }

    fn metadata(&self, json: &mut JsonWriter, name: &str, version: u64, labels: &[(&str, &str)]) {
        json.object("metadata", |json| {
            json.text("name", name);
            json.text("namespace", self.namespace);
            json.text("uid", &self.uid(name));
            json.display("resourceVersion", version);
            if name != self.service {
                json.display("generateName", format_args!("{}-", self.service));
                json.number("generation", self.generation);
            }
            json.text("creationTimestamp", self.created);
            json.object("labels", |json| labels.iter().for_each(|(key, value)| json.text(key, value)));
            if name != self.service {
                json.array("ownerReferences", |json| {
                    json.item(|json| {
                        json.text("apiVersion", "v1");
                        json.text("kind", "Service");
                        json.text("name", self.service);
                        json.text("uid", self.service_uid);
                        json.boolean("controller", true);
                        json.boolean("blockOwnerDeletion", true);
                    });
                });
            }
        });
    }
}

impl World {
    fn points(&self, pods: &[&Pod]) -> Vec<Point> {
        let mut points = Vec::with_capacity(pods.len());
        for pod in pods {
            let (Some(node), false) =
                (pod.node, matches!(pod.stage, Stage::Unscheduled | Stage::Creating) || pod.stage.is_end())
            else {
                continue;
            };
            let [a, b, c, d] = pod.address;
            points.push(Point {
                address: format!("{a}.{b}.{c}.{d}"),
                ready: pod.stage == (Stage::Running { ready: true }),
                going: pod.deleting.is_some(),
                node: self.nodes[node].name.clone(),
                pod: pod.name.clone(),
                uid: pod.uid,
                zone: self.nodes[node].zone,
            });
        }
        points
    }

    /// Brings a service's one slice and its `Endpoints` up to date; real servers would split slices of more than 100
    /// endpoints. `written` is the hash of what was written before and how often anything was.
    pub(super) fn write_endpoints(&mut self, service: &Value, pods: &[PodId], written: (u64, i64)) -> (u64, i64) {
        let pods: Vec<&Pod> = pods.iter().filter_map(|id| self.pods.get(id)).collect();
        let (points, ports) = (self.points(&pods), ports(service));
        let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
        (&points, &ports).hash(&mut hasher);
        if hasher.finish() == written.0 {
            return written;
        }
        let metadata = &service["metadata"];
        let (namespace, name) = (text(&metadata["namespace"]), text(&metadata["name"]));
        let made = Made {
            namespace,
            service: name,
            service_uid: text(&metadata["uid"]),
            created: text(&metadata["creationTimestamp"]),
            generation: written.1 + 1,
        };
        self.write_slice(&made, &points, &ports);
        let managed = [("endpoints.kubernetes.io/managed-by", "endpoint-controller")];
        self.store.put(Resource::Endpoints, namespace, name, |version| {
            JsonWriter::document(240 + 200 * points.len(), |json| {
                made.metadata(json, name, version, &managed);
                if points.is_empty() {
                    return;
                }
                json.array("subsets", |json| {
                    json.item(|json| {
                        for (key, ready) in [("addresses", true), ("notReadyAddresses", false)] {
                            let fits = |point: &&Point| (point.ready && !point.going) == ready;
                            if points.iter().any(|point| fits(&point)) {
                                json.array(key, |json| {
                                    for point in points.iter().filter(fits) {
                                        json.item(|json| {
                                            json.text("ip", &point.address);
                                            write_target(json, point, namespace);
                                        });
                                    }
                                });
                            }
                        }
                        write_ports(json, &ports);
                    });
                });
            })
        });
        (hasher.finish(), made.generation)
    }

    fn write_slice(&mut self, made: &Made<'_>, points: &[Point], ports: &[Port]) {
        let suffix = names::suffix(&mut fastrand::Rng::with_seed(names::hash(made.service_uid)), 5);
        let name = format!("{}-{suffix}", made.service);
        let labels = [
            ("endpointslice.kubernetes.io/managed-by", "endpointslice-controller.k8s.io"),
            ("kubernetes.io/service-name", made.service),
        ];
        let region = &self.spec.region;
        self.store.put(Resource::EndpointSlices, made.namespace, &name, |version| {
            JsonWriter::document(640 + 320 * points.len(), |json| {
                made.metadata(json, &name, version, &labels);
                json.text("addressType", "IPv4");
                json.array("endpoints", |json| {
                    for point in points {
                        json.item(|json| {
                            json.array("addresses", |json| json.text_item(&point.address));
                            json.object("conditions", |json| {
                                json.boolean("ready", point.ready && !point.going);
                                json.boolean("serving", point.ready);
                                json.boolean("terminating", point.going);
                            });
                            write_target(json, point, made.namespace);
                            json.display("zone", format_args!("{region}{}", point.zone));
                        });
                    }
                });
                write_ports(json, ports);
            })
        });
    }
}
