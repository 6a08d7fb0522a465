//! Holds the world to its promises: the same twice, alive, and well-formed. Must not need a server.

use base64::Engine as _;
use rustls::pki_types::CertificateSigningRequestDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::Value;

use super::pods::Stage;
use super::*;
use crate::sim::scenario::Scenario;

mod written;

const START: Millis = 1_795_168_800_000;

fn world(toml: &str) -> World {
    let scenario = Scenario::from_toml(toml).unwrap();
    World::new(&scenario.clusters[0], scenario.seed, START)
}

const BUSY: &str = r#"
seed = 5
[[cluster]]
name = "busy"
nodes = 6
pods = 150
[cluster.churn]
replacements = 30
rollouts = 6
events = 30
jobs = 10
node_flips = 2
[[cluster.trouble]]
kind = "crash-loop"
number = 2
[[cluster.trouble]]
kind = "image-pull"
[[cluster.trouble]]
kind = "unschedulable"
[[cluster.trouble]]
kind = "init-stuck"
[[cluster.trouble]]
kind = "node-not-ready"
"#;

#[test]
fn the_same_seed_gives_the_same_world_however_time_is_cut() {
    for scenario in [BUSY, SICK] {
        let (mut one, mut many) = (world(scenario), world(scenario));
        assert_eq!(one.store().dump(), many.store().dump());
        one.advance(START + 120_000);
        for step in 1..=600 {
            many.advance(START + step * 200);
        }
        assert_eq!(one.store().dump(), many.store().dump());
    }
    let other = Scenario::from_toml(BUSY).unwrap();
    let other = World::new(&other.clusters[0], 6, START);
    assert_ne!(world(BUSY).store().dump(), other.store().dump());
}

#[test]
fn what_a_request_for_a_certificate_holds_can_be_read_as_one() {
    let world = world(BUSY);
    let requests = world.list(Resource::SigningRequests, None, None);
    assert!(!requests.is_empty());
    for request in requests {
        let encoded = request.value()["spec"]["request"].as_str().unwrap().to_owned();
        let pem = base64::engine::general_purpose::STANDARD.decode(encoded).unwrap();
        let content = CertificateSigningRequestDer::from_pem_slice(&pem).unwrap();
        // A sequence that says it is as long as what there is.
        let [0x30, 0x81, length, ref rest @ ..] = *content.as_ref() else { panic!("{}", request.name) };
        assert_eq!(usize::from(length), rest.len(), "{}", request.name);
    }
}

#[test]
fn every_object_parses_and_is_wholly_known_to_the_transcoder() {
    let mut world = world(BUSY);
    world.advance(START + 600_000);
    for kind in world.store().registry().served().filter(|kind| kind.has_protobuf()) {
        let objects = world.store().list(kind.resource.stored(), None, None);
        for object in objects {
            let value: Value = serde_json::from_str(&object.text(kind)).unwrap();
            assert_eq!(value["metadata"]["resourceVersion"], object.resource_version.to_string());
            let unknown = crate::sim::proto::unwritten(&kind.kind, &object.text(kind));
            assert!(unknown.is_empty(), "{unknown:?}");
        }
    }
}

#[test]
fn what_pods_have_in_common_is_written_as_if_each_had_it_alone() {
    let mut moved = 0;
    for scenario in [BUSY, SICK] {
        let mut world = world(scenario);
        for step in 0..8 {
            world.advance(START + step * 31_000);
            let kind = world.store().registry().kind(Resource::Pods).clone();
            for object in world.store().list(Resource::Pods, None, None) {
                assert!(object.mould().is_some(), "nobody wrote to it");
                let (text, mut message) = (object.text(&kind), Vec::new());
                object.write_message(&kind, &mut message);
                assert_eq!(message.len(), object.message_length(&kind));
                assert!(message == crate::sim::proto::transcode_text("Pod", &text), "{text}");
                let (shown, plain) = (object.whole_value(&kind), object.value());
                assert_eq!(shown["metadata"]["labels"], serde_json::from_str::<Value>(object.labels()).unwrap());
                assert_eq!(shown["metadata"], serde_json::from_str::<Value>(&object.metadata(&kind)).unwrap());
                assert_eq!((&shown["spec"], &shown["status"]), (&plain["spec"], &plain["status"]));
                // What the keeper of the status sets is in the status, whatever the pod went through.
                let entries = shown["metadata"]["managedFields"].as_array().unwrap();
                let mut status = serde_json::json!({"status": plain["status"]});
                let scheduled = plain["spec"]["nodeName"].is_string();
                for field in if scheduled { &["qosClass"][..] } else { &["qosClass", "phase"] } {
                    status["status"].as_object_mut().unwrap().remove(*field);
                }
                let alone = crate::sim::managed::everything(&status.to_string());
                let alone: Value = serde_json::from_str(&alone).unwrap();
                match entries.get(1) {
                    Some(entry) => assert_eq!(entry["fieldsV1"], alone, "{}", plain["status"]),
                    None => assert!(!scheduled && plain["status"]["conditions"] == serde_json::json!([])),
                }
                moved += 1;
            }
        }
    }
    assert!(moved > 1_000, "{moved}");
}

#[test]
fn every_field_of_an_object_nobody_wrote_to_has_one_manager() {
    use crate::sim::managed::{entries, leaves, paths};
    let mut world = world(SICK);
    world.advance(START + 120_000);
    for kind in world.store().registry().served().filter(|kind| kind.resource != Resource::EventsV1) {
        for object in world.store().list(kind.resource, None, None) {
            let value = object.whole_value(kind);
            let owned: Vec<_> = entries(&value).iter().flat_map(paths).collect();
            let mut fields: BTreeSet<_> = leaves(&value, true).into_keys().collect();
            match kind.resource {
                // What admission adds, nobody wrote.
                Resource::Pods => fields.retain(|path| path[0] == "f:metadata" || owned.contains(path)),
                Resource::Namespaces => fields.retain(|path| path[0] == "f:metadata"),
                _ => {}
            }
            let known: BTreeSet<_> = owned.iter().cloned().collect();
            assert_eq!(known.len(), owned.len(), "{}: nothing has two managers", object.name);
            let wrong: Vec<_> = known.symmetric_difference(&fields).collect();
            assert!(wrong.is_empty(), "{} {}: {wrong:?}", kind.kind, object.name);
        }
    }
}

#[test]
fn a_crash_loop_goes_on_and_backs_off() {
    let mut world = world(BUSY);
    let crashing = |world: &World| {
        let pods = world.pods.values().filter(|pod| pod.trouble == Some(crate::sim::scenario::TroubleKind::CrashLoop));
        pods.map(|pod| (pod.restarts, pod.stage)).collect::<Vec<_>>()
    };
    let before = crashing(&world);
    assert_eq!(before.len(), 2);
    assert!(before.iter().all(|(_, stage)| *stage == Stage::BackOff));
    world.advance(START + 600_000);
    assert!(crashing(&world).iter().zip(&before).all(|((now, _), (then, _))| now > then));
}

#[test]
fn a_deleted_pod_terminates_goes_and_is_replaced() {
    let mut world = world("[[cluster]]\nname = \"calm\"\npods = 60\n");
    let count = world.pods.len();
    let object =
        world.store().list(Resource::Pods, None, None).into_iter().find(|object| object.own().contains("ReplicaSet"));
    let object = object.unwrap();
    assert!(world.delete_pod(&object.namespace, &object.name));
    assert!(
        world.store().get(Resource::Pods, &object.namespace, &object.name).unwrap().own().contains("deletionTimestamp")
    );
    world.advance(START + 60_000);
    assert!(world.store().get(Resource::Pods, &object.namespace, &object.name).is_none());
    assert_eq!(world.pods.len(), count);
    assert!(
        world.pods.values().all(|pod| pod.stage == (Stage::Running { ready: true }) || pod.stage == Stage::Completed)
    );
}

#[test]
fn a_rollout_replaces_every_pod_and_ends() {
    let mut world = world("seed = 3\n[[cluster]]\nname = \"calm\"\npods = 80\n");
    world.begin_some_rollout();
    let index = world.workloads.iter().position(|workload| workload.rolling).unwrap();
    world.advance(START + 30 * MINUTE);
    let workload = &world.workloads[index];
    assert!(!workload.rolling);
    assert_eq!(workload.pods.len(), workload.replicas);
    assert!(workload.pods.iter().all(|id| world.pods[id].revision == workload.latest));
}

#[test]
fn pods_of_a_lost_node_hang_until_it_returns() {
    let mut world = world("[[cluster]]\nname = \"calm\"\npods = 60\n");
    let name = world.nodes[1].name.clone();
    assert!(world.set_node_ready(&name, false));
    world.advance(START + 6 * MINUTE);
    let hanging = world.pods.values().filter(|pod| pod.deleting.is_some()).count();
    assert!(hanging > 0);
    world.set_node_ready(&name, true);
    world.advance(START + 7 * MINUTE);
    assert_eq!(world.pods.values().filter(|pod| pod.deleting.is_some()).count(), 0);
}

#[test]
fn events_repeat_with_a_count_and_are_dropped_after_an_hour() {
    let mut world = world(BUSY);
    world.advance(START + 10 * MINUTE);
    let events = world.store().list(Resource::Events, None, None);
    assert!(events.iter().any(|event| event.value()["count"].as_i64() > Some(5)));
    assert!(
        events.iter().any(|event| event.value()["eventTime"].is_string() && event.value()["firstTimestamp"].is_null())
    );
    let before = events.len();
    world.spec.churn = Churn::default();
    world.advance(START + 3 * HOUR);
    assert!(world.store().list(Resource::Events, None, None).len() < before);
}

#[test]
fn a_pod_count_set_by_hand_is_exact() {
    let mut world = world("[[cluster]]\nname = \"calm\"\npods = 60\n");
    for count in [40, 3, 0] {
        world.set_pod_count("extra", count);
        assert_eq!(world.store().list(Resource::Pods, Some("extra"), None).len(), count);
    }
}

/// A world with everything wrong that can be, one namespace each.
const SICK: &str = r#"
seed = 8
[[cluster]]
name = "sick"
nodes = 5
pods = 120
namespaces = ["shop", "quota", "hook", "probe", "claims"]
[[cluster.trouble]]
kind = "quota-exceeded"
namespace = "quota"
number = 2
[[cluster.trouble]]
kind = "failing-webhook"
namespace = "hook"
workload = "uploads"
number = 2
[[cluster.trouble]]
kind = "failing-probe"
namespace = "probe"
[[cluster.trouble]]
kind = "pending-claim"
namespace = "claims"
workload = "db"
[[cluster.trouble]]
kind = "stuck-finalizer"
namespace = "leaving"
[[cluster.trouble]]
kind = "out-of-memory"
namespace = "shop"
workload = "hungry"
"#;

fn values(world: &World, resource: Resource, namespace: &str) -> Vec<Value> {
    let namespace = (!namespace.is_empty()).then_some(namespace);
    world.list(resource, namespace, None).iter().map(|object| object.value()).collect()
}

#[test]
fn every_trouble_shows_where_a_user_looks_and_is_told_again_and_again() {
    let mut world = world(SICK);
    let told = |world: &World, namespace: &str, reason: &str| {
        let events = values(world, Resource::Events, namespace);
        events.iter().filter(|event| event["reason"] == reason).filter_map(|event| event["count"].as_i64()).sum::<i64>()
    };
    let before = ["quota", "hook"].map(|namespace| told(&world, namespace, "FailedCreate"));
    let probes = told(&world, "probe", "Unhealthy");
    world.advance(START + 10 * MINUTE);
    assert!(told(&world, "quota", "FailedCreate") > before[0] && told(&world, "hook", "FailedCreate") > before[1]);
    assert!(told(&world, "probe", "Unhealthy") > probes && told(&world, "claims", "ProvisioningFailed") > 100);
    let quota = &world.get(Resource::ResourceQuotas, "quota", "compute").unwrap().value();
    assert_eq!(quota["status"]["used"]["pods"], quota["spec"]["hard"]["pods"]);
    let hook = world.get(Resource::Deployments, "hook", "uploads").unwrap().value();
    let conditions = hook["status"]["conditions"].as_array().unwrap();
    assert!(
        conditions.iter().any(|one| one["type"] == "ReplicaFailure"
            && one["message"].as_str().unwrap().contains("failed calling webhook"))
    );
    assert_eq!((&hook["spec"]["replicas"], &hook["status"]["readyReplicas"]), (&4.into(), &2.into()));
    assert_eq!(values(&world, Resource::Claims, "claims")[0]["status"]["phase"], "Pending");
    let waiting = world.get(Resource::Pods, "claims", "db-0").unwrap().value();
    let words = waiting["status"]["conditions"][0]["message"].as_str().unwrap();
    assert!(words.starts_with("0/5 nodes are available: pod has unbound immediate PersistentVolumeClaims."), "{words}");
    let hungry = values(&world, Resource::Pods, "shop");
    assert!(
        hungry
            .iter()
            .any(|pod| { pod["status"]["containerStatuses"][0]["lastState"]["terminated"]["reason"] == "OOMKilled" })
    );
}

#[test]
fn a_namespace_goes_once_its_finalizers_are_taken_away() {
    let mut world = world(SICK);
    let kind = world.store().registry().find("delivery.example.io/v1", "applications").unwrap();
    let stuck = world.list(kind.resource, Some("leaving"), None);
    let mut value = stuck[0].value();
    world.advance(START + MINUTE);
    assert!(world.get(Resource::Namespaces, "", "leaving").is_some());
    value["metadata"]["finalizers"] = Value::Array(Vec::new());
    world.put(&kind, value);
    world.advance(START + 2 * MINUTE);
    assert!(world.get(kind.resource, "leaving", &stuck[0].name).is_none());
    assert!(world.get(Resource::Namespaces, "", "leaving").is_none());
}

#[test]
fn no_kind_is_empty() {
    let world = world(SICK);
    for kind in world.store().registry().served() {
        assert!(!world.list(kind.resource, None, None).is_empty(), "there are no {}", kind.qualified());
    }
}

#[test]
fn releases_of_helm_are_packed_as_helm_packs_them() {
    use base64::Engine as _;
    use std::io::Read as _;
    let world = world(SICK);
    let base64 = base64::engine::general_purpose::STANDARD;
    let secrets = values(&world, Resource::Secrets, "cert-manager");
    let releases: Vec<&Value> = secrets.iter().filter(|secret| secret["type"] == "helm.sh/release.v1").collect();
    assert!(!releases.is_empty());
    for (index, secret) in releases.iter().enumerate() {
        let once = base64.decode(secret["data"]["release"].as_str().unwrap()).unwrap();
        let mut text = String::new();
        flate2::read::GzDecoder::new(&*base64.decode(once).unwrap()).read_to_string(&mut text).unwrap();
        let release: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&release["name"], &release["version"]), (&"cert-manager".into(), &(index + 1).into()));
        assert_eq!(release["info"]["status"], secret["metadata"]["labels"]["status"]);
        assert!(release["manifest"].as_str().unwrap().contains("cert-manager-controller"));
    }
}
