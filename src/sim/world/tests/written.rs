//! Holds the world to what follows from objects that are written from outside. Must not need a server.

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::sim::names;

const CALM: &str = "[[cluster]]\nname = \"calm\"\npods = 40\n";

/// Writes an object as if it came from outside.
fn put(world: &mut World, resource: Resource, mut value: Value) -> Value {
    let kind = Arc::clone(world.store().registry().kind(resource));
    if value["metadata"]["uid"].is_null() {
        value["metadata"]["uid"] = names::uuid(world.chance().u128(..)).into();
        value["metadata"]["creationTimestamp"] = world.timestamp().into();
    }
    world.admit(&kind, &mut value);
    world.put(&kind, value).value()
}

/// A workload of one container in a namespace of its own.
fn workload_of(world: &mut World, resource: Resource, name: &str, replicas: usize) -> Value {
    world.ensure_namespace("own");
    let template =
        json!({"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "c", "image": "x:1"}]}});
    let spec = json!({"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template});
    put(world, resource, json!({"metadata": {"name": name, "namespace": "own"}, "spec": spec}))
}

#[test]
fn stateful_pods_keep_their_numbers_through_a_rollout_and_the_last_goes_first() {
    let mut world = world(CALM);
    let mut set = workload_of(&mut world, Resource::StatefulSets, "db", 2);
    let names = |world: &World| -> Vec<String> {
        world.store().list(Resource::Pods, Some("own"), None).iter().map(|pod| pod.name.to_string()).collect()
    };
    world.advance(START + 5 * MINUTE);
    assert_eq!(names(&world), ["db-0", "db-1"]);
    set["spec"]["template"]["metadata"]["annotations"] = json!({"kubectl.kubernetes.io/restartedAt": "now"});
    put(&mut world, Resource::StatefulSets, set.clone());
    for second in 0..600 {
        world.advance(START + 5 * MINUTE + second * SECOND);
        assert!(names(&world).iter().all(|name| name == "db-0" || name == "db-1"), "{:?}", names(&world));
    }
    assert_eq!(names(&world), ["db-0", "db-1"]);
    assert!(world.workloads.iter().filter(|known| *known.name == *"db").all(|known| !known.rolling));
    set["spec"]["replicas"] = 1.into();
    put(&mut world, Resource::StatefulSets, set);
    world.advance(START + 20 * MINUTE);
    assert_eq!(names(&world), ["db-0"]);
}

fn pod(world: &mut World, name: &str, spec: &Value) {
    world.ensure_namespace("own");
    put(world, Resource::Pods, json!({"metadata": {"name": name, "namespace": "own"}, "spec": spec}));
}

fn own(world: &World, resource: Resource, name: &str) -> Value {
    world.get(resource, "own", name).unwrap().value()
}

/// What the scheduler says of a pod.
fn verdict(world: &World, name: &str) -> String {
    let pod = own(world, Resource::Pods, name);
    assert_eq!(pod["status"]["phase"], "Pending");
    pod["status"]["conditions"][0]["message"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_pod_that_asks_for_too_much_waits_and_is_told_of_the_nodes() {
    let mut world = world(CALM);
    let nodes = world.nodes.len();
    let greedy = json!({"name": "c", "image": "x:1", "resources": {"requests": {"cpu": "100"}}});
    pod(&mut world, "greedy", &json!({"containers": [greedy]}));
    world.advance(START + 5 * SECOND);
    let words = format!(
        "0/{nodes} nodes are available: {nodes} Insufficient cpu. preemption: 0/{nodes} nodes are available: {nodes} No preemption victims found for incoming pod."
    );
    assert_eq!(verdict(&world, "greedy"), words);
    let names: Vec<_> = world.nodes.iter().map(|node| node.name.clone()).collect();
    assert!(names.iter().all(|name| world.set_node_ready(name, false)));
    pod(&mut world, "late", &json!({"containers": [{"name": "c", "image": "x:1"}]}));
    world.advance(START + 10 * SECOND);
    let words = format!(
        "0/{nodes} nodes are available: {nodes} node(s) had untolerated taint {{node.kubernetes.io/unreachable: }}. preemption: 0/{nodes} nodes are available: {nodes} Preemption is not helpful for scheduling."
    );
    assert_eq!(verdict(&world, "late"), words);
}

#[test]
fn a_claim_gets_its_volume_at_once_or_once_a_pod_wants_it() {
    let mut world = world(CALM);
    let spec = |class: Value| json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": class});
    world.ensure_namespace("own");
    for (name, class) in [("lazy", json!(null)), ("eager", json!("archive")), ("lost", json!("nowhere"))] {
        put(&mut world, Resource::Claims, json!({"metadata": {"name": name, "namespace": "own"}, "spec": spec(class)}));
    }
    world.advance(START + 10 * SECOND);
    let phase = |world: &World, name: &str| own(world, Resource::Claims, name)["status"]["phase"].clone();
    assert_eq!(own(&world, Resource::Claims, "lazy")["spec"]["storageClassName"], "gp3");
    assert_eq!(["lazy", "eager", "lost"].map(|name| phase(&world, name)), ["Pending", "Bound", "Pending"]);
    for claim in ["lazy", "lost", "none"] {
        let volumes = json!([{"name": "v", "persistentVolumeClaim": {"claimName": claim}}]);
        pod(&mut world, claim, &json!({"volumes": volumes, "containers": [{"name": "c", "image": "x:1"}]}));
    }
    world.advance(START + 2 * MINUTE);
    let claim = own(&world, Resource::Claims, "lazy");
    let volume = world.get(Resource::Volumes, "", claim["spec"]["volumeName"].as_str().unwrap()).unwrap().value();
    assert_eq!(
        (&volume["spec"]["claimRef"]["uid"], &volume["status"]["phase"]),
        (&claim["metadata"]["uid"], &json!("Bound"))
    );
    assert_eq!(own(&world, Resource::Pods, "lazy")["status"]["phase"], "Running");
    assert!(verdict(&world, "lost").contains("pod has unbound immediate PersistentVolumeClaims"));
    assert!(verdict(&world, "none").contains("persistentvolumeclaim \"none\" not found"));
    let kind = Arc::clone(world.store().registry().kind(Resource::Claims));
    world.delete_object(&kind, "own", "lazy", Deletion { grace: None, propagation: Propagation::Background });
    assert!(world.get(Resource::Volumes, "", volume["metadata"]["name"].as_str().unwrap()).is_none());
}

#[test]
fn stateful_pods_have_their_claims_which_stay_unless_the_set_says_otherwise() {
    let mut world = world(CALM);
    let claims = |world: &World| -> Vec<String> {
        world.store().list(Resource::Claims, Some("own"), None).iter().map(|claim| claim.name.to_string()).collect()
    };
    let mut set = workload_of(&mut world, Resource::StatefulSets, "db", 0);
    let asked = json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}});
    set["spec"]["volumeClaimTemplates"] = json!([{"metadata": {"name": "data"}, "spec": asked}]);
    set["spec"]["replicas"] = 2.into();
    let mut set = put(&mut world, Resource::StatefulSets, set);
    world.advance(START + 5 * MINUTE);
    assert_eq!(claims(&world), ["data-db-0", "data-db-1"]);
    let claim = own(&world, Resource::Claims, "data-db-1");
    assert_eq!((&claim["status"]["phase"], &claim["metadata"]["labels"]["app"]), (&json!("Bound"), &json!("db")));
    let pod = own(&world, Resource::Pods, "db-1");
    let volume = json!({"name": "data", "persistentVolumeClaim": {"claimName": "data-db-1"}});
    assert_eq!((&pod["spec"]["volumes"][0], &pod["status"]["phase"]), (&volume, &json!("Running")));
    for (policy, left) in [("Retain", 2), ("Delete", 1)] {
        set["spec"]["persistentVolumeClaimRetentionPolicy"] = json!({"whenScaled": policy, "whenDeleted": "Delete"});
        for replicas in [1, 2, 1] {
            set["spec"]["replicas"] = replicas.into();
            set = put(&mut world, Resource::StatefulSets, set);
            world.advance(world.now() + 2 * MINUTE);
        }
        assert_eq!(claims(&world).len(), left);
    }
    // Claims belong to the set where they were made under that policy.
    set["spec"]["replicas"] = 2.into();
    put(&mut world, Resource::StatefulSets, set);
    world.advance(world.now() + 2 * MINUTE);
    let kind = Arc::clone(world.store().registry().kind(Resource::StatefulSets));
    world.delete_object(&kind, "own", "db", Deletion { grace: None, propagation: Propagation::Background });
    world.advance(world.now() + 2 * MINUTE);
    assert_eq!(claims(&world), ["data-db-0"]);
}

#[test]
fn a_quota_counts_and_who_goes_beyond_it_is_told_until_there_is_room() {
    let mut world = world(CALM);
    world.ensure_namespace("own");
    world.store.remove(Resource::LimitRanges, "own", "defaults");
    let hard = json!({"pods": "2", "requests.cpu": "1", "requests.memory": "1Gi", "count/deployments.apps": "5",
        "services": "1", "services.nodeports": "3"});
    let mut quota = put(
        &mut world,
        Resource::ResourceQuotas,
        json!({"metadata": {"name": "q", "namespace": "own"}, "spec": {"hard": hard}}),
    );
    let mut app = workload_of(&mut world, Resource::Deployments, "web", 3);
    world.advance(START + MINUTE);
    let failure = |world: &World, resource: Resource, namespace: &str| {
        let object = world.list(resource, Some(namespace), None)[0].value();
        let conditions = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
        conditions.iter().find(|one| one["type"] == "ReplicaFailure").map(|one| one["message"].clone())
    };
    let words = failure(&world, Resource::ReplicaSets, "own").unwrap().to_string();
    assert!(
        words.contains("is forbidden: failed quota: q: must specify requests.cpu for: c; requests.memory for: c"),
        "{words}"
    );
    app["spec"]["template"]["spec"]["containers"][0]["resources"] =
        json!({"limits": {"cpu": "250m", "memory": "512Mi"}});
    put(&mut world, Resource::Deployments, app);
    put(
        &mut world,
        Resource::Services,
        json!({"metadata": {"name": "open", "namespace": "own"},
        "spec": {"type": "NodePort", "ports": [{"port": 80}, {"port": 81}]}}),
    );
    world.advance(START + 3 * MINUTE);
    assert_eq!(world.list(Resource::Pods, Some("own"), None).len(), 2);
    let used = json!({"count/deployments.apps": "1", "pods": "2", "requests.cpu": "500m", "requests.memory": "1Gi",
        "services": "1", "services.nodeports": "2"});
    assert_eq!(own(&world, Resource::ResourceQuotas, "q")["status"]["used"], used);
    let words = "is forbidden: exceeded quota: q, requested: pods=1,requests.memory=512Mi, used: pods=2,requests.memory=1Gi, limited: pods=2,requests.memory=1Gi";
    let told = failure(&world, Resource::Deployments, "own").unwrap().to_string();
    assert!(told.contains(words), "{told}");
    let events = world.list(Resource::Events, Some("own"), None);
    assert!(events.iter().any(|event| event.own().contains(words) && event.own().contains("Error creating: pods ")));
    quota["spec"]["hard"] = json!({"pods": "3"});
    put(&mut world, Resource::ResourceQuotas, quota);
    world.advance(START + 4 * MINUTE);
    assert_eq!(own(&world, Resource::ResourceQuotas, "q")["status"]["used"], json!({"pods": "3"}));
    assert_eq!(failure(&world, Resource::Deployments, "own"), None);
    assert_eq!(failure(&world, Resource::ReplicaSets, "own"), None);
}

#[test]
fn replica_sets_are_told_what_their_deployment_says_of_itself() {
    let mut world = world(CALM);
    let mut app = workload_of(&mut world, Resource::Deployments, "web", 4);
    world.advance(START + MINUTE);
    app["metadata"]["annotations"] = json!({"kubernetes.io/change-cause": "first"});
    app["spec"]["replicas"] = 8.into();
    put(&mut world, Resource::Deployments, app);
    world.advance(START + 2 * MINUTE);
    let sets = world.list(Resource::ReplicaSets, Some("own"), None);
    let expected = json!({"kubernetes.io/change-cause": "first", "deployment.kubernetes.io/desired-replicas": "8",
        "deployment.kubernetes.io/max-replicas": "10", "deployment.kubernetes.io/revision": "1"});
    assert_eq!(sets[0].value()["metadata"]["annotations"], expected);
}

#[test]
fn a_pod_that_ended_goes_at_once_and_its_job_stays_complete() {
    let mut world = world(CALM);
    world.ensure_namespace("own");
    let template = json!({"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "x:1"}]}});
    put(
        &mut world,
        Resource::Jobs,
        json!({"metadata": {"name": "once", "namespace": "own"}, "spec": {"template": template}}),
    );
    world.advance(START + 5 * MINUTE);
    let status = own(&world, Resource::Jobs, "once")["status"].clone();
    assert_eq!(status["succeeded"], 1);
    let name = world.list(Resource::Pods, Some("own"), None)[0].name.clone();
    assert!(world.delete_pod("own", &name));
    assert!(world.get(Resource::Pods, "own", &name).is_none());
    world.advance(START + 10 * MINUTE);
    assert!(world.list(Resource::Pods, Some("own"), None).is_empty());
    assert_eq!(own(&world, Resource::Jobs, "once")["status"], status);
}

#[test]
fn a_container_ends_as_its_command_says_and_is_started_again_as_its_policy_says() {
    let mut world = world(CALM);
    for (name, policy, command) in
        [("never", "Never", "exit 3"), ("always", "Always", "false"), ("well", "Always", "true")]
    {
        let container = json!({"name": "c", "image": "x:1", "command": ["sh", "-c", command]});
        pod(&mut world, name, &json!({"restartPolicy": policy, "containers": [container]}));
    }
    world.advance(START + 3 * MINUTE);
    let status = |world: &World, name: &str| own(world, Resource::Pods, name)["status"].clone();
    let ended = status(&world, "never");
    assert_eq!((&ended["phase"], &ended["containerStatuses"][0]["restartCount"]), (&json!("Failed"), &json!(0)));
    assert_eq!(ended["containerStatuses"][0]["state"]["terminated"]["exitCode"], 3);
    for (name, code, reason) in [("always", 1, "Error"), ("well", 0, "Completed")] {
        let container = &status(&world, name)["containerStatuses"][0];
        let last = &container["lastState"]["terminated"];
        assert!(container["restartCount"].as_i64() > Some(2), "{container}");
        assert_eq!((&last["exitCode"], &last["reason"]), (&json!(code), &json!(reason)));
    }
}

#[test]
fn a_job_whose_pods_fail_too_often_has_failed() {
    for (policy, pods) in [("Never", 3), ("OnFailure", 0)] {
        let mut world = world(CALM);
        world.ensure_namespace("own");
        let container = json!({"name": "c", "image": "busybox", "args": ["false"]});
        let template = json!({"spec": {"restartPolicy": policy, "containers": [container]}});
        let spec = json!({"backoffLimit": 2, "template": template});
        put(&mut world, Resource::Jobs, json!({"metadata": {"name": "bad", "namespace": "own"}, "spec": spec}));
        world.advance(START + 15 * SECOND);
        assert_eq!(own(&world, Resource::Jobs, "bad")["status"]["conditions"], json!(null));
        world.advance(START + 5 * MINUTE);
        let status = &own(&world, Resource::Jobs, "bad")["status"];
        assert_eq!((&status["failed"], &status["active"]), (&json!(pods.max(1)), &json!(null)), "{status}");
        assert_eq!(status["conditions"][1]["reason"], "BackoffLimitExceeded");
        assert_eq!(world.list(Resource::Pods, Some("own"), None).len(), pods);
        let events = world.list(Resource::Events, Some("own"), None);
        assert!(events.iter().any(|event| event.own().contains("Job has reached the specified backoff limit")));
    }
}

#[test]
fn leases_of_live_nodes_are_read_as_renewed_and_nobody_is_told() {
    let mut world = world("[[cluster]]\nname = \"calm\"\npods = 40\n");
    let begin = world.store().resource_version();
    world.advance(START + MINUTE);
    let renewed = |world: &World, node: &str| {
        let lease = world.get(Resource::Leases, "kube-node-lease", node).unwrap();
        let at: jiff::Timestamp = lease.value()["spec"]["renewTime"].as_str().unwrap().parse().unwrap();
        world.now() - at.as_millisecond()
    };
    let names: Vec<_> = world.nodes.iter().map(|node| node.name.clone()).collect();
    assert!(names.iter().all(|name| (0..10 * SECOND).contains(&renewed(&world, name))));
    assert!(world.store().changes(Resource::Leases, begin).unwrap().is_empty());
    world.set_node_ready(&names[0], false);
    world.advance(START + 3 * MINUTE);
    assert_eq!(renewed(&world, &names[0]), 2 * MINUTE + 40 * SECOND);
}

#[test]
fn a_service_that_leads_away_has_no_endpoints() {
    let mut world = world(CALM);
    world.ensure_namespace("own");
    let spec = json!({"type": "ExternalName", "externalName": "example.com"});
    put(&mut world, Resource::Services, json!({"metadata": {"name": "away", "namespace": "own"}, "spec": spec}));
    world.advance(START + MINUTE);
    assert!(world.get(Resource::Endpoints, "own", "away").is_none());
    assert!(world.list(Resource::EndpointSlices, Some("own"), None).is_empty());
}
