//! Descriptions beside those of kubectl itself, of the same objects on the same server. Skipped, saying so, where no
//! kubectl 1.32 is installed. Must not look inside.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use fleet_tui::detail::at::At;
use fleet_tui::detail::page::{self, Sources};
use fleet_tui::detail::section::{Reference, Section};
use fleet_tui::model::age::Unix;
use fleet_tui::model::detail::{ObjectRef, Tree};
use fleet_tui::model::failure::{Failure, FailureKind};
use fleet_tui::sim::{Fleet, Options, Scenario};
use serde_json::Value;

const SCENARIO: &str = r#"
seed = 7
[[cluster]]
name = "one"
tls = true
nodes = 3
pods = 60
namespaces = ["shop", "team-a"]
[cluster.churn]
"#;

/// What the world does not have by itself.
const MORE: &str = r#"
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ResourceQuota
  metadata: {name: compute, namespace: shop}
  spec: {hard: {pods: "10", requests.cpu: "4"}}
- apiVersion: rbac.authorization.k8s.io/v1
  kind: Role
  metadata: {name: reader, namespace: shop, labels: {a: b}}
  rules:
  - {apiGroups: [""], resources: [pods], verbs: [get, list]}
  - {apiGroups: [apps], resources: [deployments], resourceNames: [cart], verbs: [get]}
- apiVersion: rbac.authorization.k8s.io/v1
  kind: RoleBinding
  metadata: {name: readers, namespace: shop}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
  subjects:
  - {kind: ServiceAccount, name: default, namespace: shop}
  - {kind: User, name: jane, apiGroup: rbac.authorization.k8s.io}
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: settings, namespace: shop, annotations: {note: "a b"}}
  data: {LOG_LEVEL: info, config.yaml: "server:\n  port: 8080\n"}
- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata: {name: deny, namespace: shop}
  spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress, Egress], ingress: [{from: [{podSelector: {matchLabels: {app: api}}}], ports: [{port: 80, protocol: TCP}]}]}
"#;

fn kubectl(config: &std::path::Path, arguments: &[&str], input: &str) -> Result<String, String> {
    let mut command = Command::new("kubectl");
    command.args(arguments).env("KUBECONFIG", config).env("HOME", config.parent().unwrap()).env("TZ", "UTC");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

/// Describes an object with what kubectl fetches for us.
fn described(config: &std::path::Path, object: &Value) -> String {
    let text = |path: &str| object.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let reference = Reference {
        namespace: text("/metadata/namespace"),
        ..Reference::named(&text("/apiVersion"), &text("/kind"), &text("/metadata/name"))
    };
    let reference: ObjectRef = reference.resolve(std::iter::empty::<&Arc<_>>());
    let mut beside = BTreeMap::new();
    for wanted in page::beside(Section::Describe, &reference, Some(object)) {
        let found = match kubectl(config, &["get", "--raw", &wanted.path], "") {
            Ok(answer) => {
                let mut answer: Value = serde_json::from_str(&answer).unwrap();
                Ok(Tree::new(answer.get_mut("items").map(Value::take).unwrap_or(answer)))
            }
            Err(why) => Err(Failure::new(FailureKind::Unknown, why)),
        };
        beside.insert(wanted.path, found);
    }
    let decoded = BTreeSet::new();
    let sources = Sources { object: At::still(object), reference: &reference, beside: &beside, decoded: &decoded };
    let now = jiff::Timestamp::now().as_second();
    page::make(Section::Describe, &sources).text(Unix(now))
}

/// The words of each line that say something, in their order.
fn lines(text: &str) -> Vec<String> {
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    text.lines().map(words).filter(|line| line.chars().any(char::is_alphanumeric)).collect()
}

/// What differs on purpose, by how the line begins.
const ON_PURPOSE: &[&str] = &[
    // A heartbeat is told by its age.
    "RenewTime:",
    "Renewed (age):",
    // The count stands in the heading.
    "Non-terminated Pods",
    // Of what is optional, only what says so.
    "ConfigMapOptional:",
    "Optional:",
    // Every description ends with the events, and names the namespace.
    "Events: <none>",
    "Namespace:",
    // It moves with every change, and says nothing to a person.
    "Resource Version:",
    // Conditions say their message too.
    "Type Status Reason",
    "Available True",
    "Progressing True",
    "Resource Quotas",
    // Each limit range is named, as it leads to its object.
    "Resource Limits",
    "Name: defaults",
    // A moment like any other.
    "Created on:",
];

/// What we say and kubectl 1.32 does not: the conditions of a job.
const MORE_ON_PURPOSE: &[&str] = &["Conditions:", "SuccessCriteriaMet True", "Complete True"];

#[test]
fn descriptions_say_what_kubectl_says() {
    let version = Command::new("kubectl").args(["version", "--client", "-o", "json"]).output();
    let version: Value = version.ok().and_then(|it| serde_json::from_slice(&it.stdout).ok()).unwrap_or_default();
    // Other releases word a line here and there in another way.
    let release = version.pointer("/clientVersion/gitVersion").and_then(Value::as_str).unwrap_or_default();
    if !release.starts_with("v1.32.") {
        eprintln!("skipped: kubectl 1.32 is not installed");
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let fleet = runtime.block_on(Fleet::start(&Scenario::from_toml(SCENARIO).unwrap(), Options::default())).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config");
    std::fs::write(&config, fleet.kubeconfig(&PathBuf::from("fleet-tui"))).unwrap();
    kubectl(&config, &["apply", "--validate=false", "-f", "-"], MORE).unwrap();
    let kinds = [
        "pods",
        "nodes",
        "namespaces",
        "services",
        "endpoints",
        "ingresses",
        "configmaps",
        "secrets",
        "serviceaccounts",
        "deployments",
        "replicasets",
        "statefulsets",
        "daemonsets",
        "jobs",
        "cronjobs",
        "persistentvolumes",
        "persistentvolumeclaims",
        "storageclasses",
        "poddisruptionbudgets",
        "resourcequotas",
        "roles",
        "rolebindings",
        "clusterroles",
        "clusterrolebindings",
        "networkpolicies",
        "horizontalpodautoscalers",
        "limitranges",
        "priorityclasses",
        "ingressclasses",
        "endpointslices",
        "certificatesigningrequests",
        "leases",
        "apiservices",
    ];
    let mut differences: Vec<String> = Vec::new();
    let mut compared = 0;
    for kind in kinds {
        let all = kubectl(&config, &["get", kind, "-A", "-o", "json"], "").unwrap_or_default();
        let Ok(all) = serde_json::from_str::<Value>(&all) else { continue };
        // A few of each: the first, the last, and what looks unusual lies between.
        let items = all["items"].as_array().cloned().unwrap_or_default();
        for object in items.iter().take(2).chain(items.iter().rev().take(1)) {
            let name = object["metadata"]["name"].as_str().unwrap();
            let mut arguments = vec!["describe", kind, name];
            arguments.extend(object["metadata"]["namespace"].as_str().iter().flat_map(|namespace| ["-n", namespace]));
            let Ok(theirs) = kubectl(&config, &arguments, "") else { continue };
            let ours = described(&config, object);
            compared += 1;
            let (ours, theirs) = (lines(&ours), lines(&theirs));
            let apart = |one: &[String], other: &[String]| -> Vec<String> {
                let known: BTreeSet<&String> = other.iter().collect();
                let purpose = |line: &&String| !ON_PURPOSE.iter().any(|start| line.starts_with(start));
                one.iter().filter(|line| !known.contains(line)).filter(purpose).cloned().collect()
            };
            let (missing, mut added) = (apart(&theirs, &ours), apart(&ours, &theirs));
            added.retain(|line| kind != "jobs" || !MORE_ON_PURPOSE.iter().any(|start| line.starts_with(start)));
            if !missing.is_empty() || !added.is_empty() {
                differences.push(format!("{kind} {name}\n  missing {missing:#?}\n  added {added:#?}"));
            }
        }
    }
    assert!(compared >= 30, "only {compared} objects were compared");
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
