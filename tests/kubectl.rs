//! kubectl itself, unmodified, against the embedded servers. Skipped, saying so, where no kubectl of 1.32 or later is
//! installed. Must not look inside.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail their test")]
#![expect(clippy::print_stderr, reason = "says why it is skipped")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use fleet_tui::sim::{Fleet, Options, Scenario};

const SCENARIO: &str = r#"
seed = 7
[[cluster]]
name = "one"
tls = true
nodes = 4
pods = 60
namespaces = ["shop", "team-a"]
[[cluster]]
name = "limited"
tls = true
pods = 90
namespaces = ["team-a", "team-b"]
[cluster.user]
name = "lowpriv"
allowed_namespaces = ["team-a"]
context_namespace = "team-a"
"#;

struct Kubectl {
    folder: tempfile::TempDir,
    _fleet: Fleet,
    _runtime: tokio::runtime::Runtime,
}

impl Kubectl {
    /// Starts a fleet whose worlds live fast; `None` where kubectl is missing or too old.
    fn start() -> Option<Self> {
        Self::serve(&Scenario::from_toml(SCENARIO).unwrap())
    }

    fn serve(scenario: &Scenario) -> Option<Self> {
        let version = Command::new("kubectl").args(["version", "--client", "-o", "json"]).output();
        let version = version.ok().and_then(|output| serde_json::from_slice::<serde_json::Value>(&output.stdout).ok());
        let minor = version.and_then(|version| {
            let minor = version["clientVersion"]["minor"].as_str()?.trim_end_matches('+').to_owned();
            minor.parse::<u32>().ok()
        });
        if minor.is_none_or(|minor| minor < 32) {
            eprintln!("skipped: kubectl 1.32 or later is not installed");
            return None;
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let options = Options { speed: 20.0, ..Options::default() };
        let fleet = runtime.block_on(Fleet::start(scenario, options)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config"), fleet.kubeconfig(&PathBuf::from("fleet-tui"))).unwrap();
        Some(Self { folder, _fleet: fleet, _runtime: runtime })
    }

    /// kubectl; arguments are parted by blanks, `~` is a blank within one.
    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new("kubectl");
        command.args(arguments.split_whitespace().map(|argument| argument.replace('~', " ")));
        command.env("KUBECONFIG", self.folder.path().join("config")).env("HOME", self.folder.path());
        command.env("KUBE_EDITOR", self.folder.path().join("editor"));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs kubectl to its end.
    fn run(&self, arguments: &str, input: &str) -> Output {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    /// Starts kubectl and lets it run.
    fn begin(&self, arguments: &str) -> Child {
        let mut command = self.command(arguments);
        command.stdin(Stdio::null()).spawn().unwrap()
    }

    /// Standard output of a command that must succeed.
    fn ok(&self, arguments: &str) -> String {
        self.feed(arguments, "")
    }

    fn feed(&self, arguments: &str, input: &str) -> String {
        let output = self.run(arguments, input);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "kubectl {arguments}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Standard error of a command that must fail.
    fn fails(&self, arguments: &str) -> String {
        let output = self.run(arguments, "");
        assert!(!output.status.success(), "kubectl {arguments} succeeded");
        String::from_utf8(output.stderr).unwrap()
    }

    fn json(&self, arguments: &str) -> serde_json::Value {
        serde_json::from_str(&self.ok(&format!("{arguments} -o json"))).unwrap()
    }

    /// Lets `kubectl edit` make this change.
    fn editor(&self, change: &str) {
        let path = self.folder.path().join("editor");
        std::fs::write(&path, format!("#!/bin/sh\nsed -i '{change}' \"$1\"\n")).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(path, mode).unwrap();
    }

    /// Asks until the answer is as wanted: worlds need their time.
    fn until(&self, arguments: &str, wanted: impl Fn(&str) -> bool) -> String {
        for _ in 0..150 {
            let answer = self.ok(arguments);
            if wanted(&answer) {
                return answer;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("kubectl {arguments} never said what was wanted: {}", self.ok(arguments));
    }
}

const WEB: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "nginx:1.27", ports: [{containerPort: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec: {minAvailable: 3, selector: {matchLabels: {app: web}}}
"#;

#[test]
fn everything_can_be_read() {
    let Some(kubectl) = Kubectl::start() else { return };
    let resources = kubectl.ok("api-resources --no-headers");
    for line in resources.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let at = words.iter().position(|word| *word == "true" || *word == "false").unwrap();
        let group = words[at - 1].split_once('/').map_or(String::new(), |(group, _)| format!(".{group}"));
        if words[at + 1].contains("SelfSubject") {
            continue;
        }
        let name = format!("{}{group}", words[0]);
        for form in ["", "-o wide", "-o json", "-o name"] {
            kubectl.ok(&format!("get {name} -A {form}"));
        }
        let (described, scoped) = (kubectl.ok(&format!("describe {name} -A")), words[at] == "true");
        assert!(scoped || described.contains("Name:"), "{name}: {described}");
    }
    assert!(kubectl.ok("get nodes -o yaml").contains("kubeletVersion"));
    let all = kubectl.ok("get pods -A --no-headers").lines().count();
    assert_eq!(kubectl.ok("get pods -A --no-headers --chunk-size=7").lines().count(), all);
    assert!(
        kubectl
            .ok("get pods -A -l app.kubernetes.io/name=coredns --no-headers")
            .lines()
            .all(|line| line.contains("coredns"))
    );
    assert!(kubectl.ok("get pods -A --field-selector status.phase!=Running --no-headers").lines().count() < all);
    assert!(kubectl.ok("get deploy,rs,sts,ds,job,cj,svc -A").contains("deployment.apps/coredns"));
    assert!(kubectl.ok("get widgets").contains("RATIO"));
    assert!(kubectl.ok("top nodes").contains("MEMORY(bytes)"));
    assert!(kubectl.ok("top pods -A --containers").contains("coredns"));
    assert!(kubectl.ok("events -A").contains("LAST SEEN"));
    assert_eq!(kubectl.ok("auth can-i delete pods"), "yes\n");
    assert!(kubectl.ok("auth whoami").contains("admin"));
    assert!(kubectl.ok("explain certificates").contains("spec"));
    assert!(kubectl.ok("explain pod.spec.containers").contains("imagePullPolicy"));
    for kind in [
        "node",
        "pod -n kube-system",
        "deployment -n kube-system",
        "service -n default",
        "ns",
        "crd",
        "rs -n kube-system",
        "ds -n kube-system",
    ] {
        assert!(kubectl.ok(&format!("describe {kind}")).contains("Name:"), "{kind}");
    }
    assert_eq!(kubectl.fails("--context limited auth can-i delete pods -q"), "");
    assert!(kubectl.ok("--context limited get pods,deploy").contains("NAME"));
    assert!(
        kubectl
            .fails("--context limited get nodes")
            .contains("User \"lowpriv\" cannot list resource \"nodes\" in API group \"\" at the cluster scope")
    );
    assert!(kubectl.ok("--context limited auth can-i --list").contains("selfsubjectreviews"));
}

#[test]
fn a_deployment_lives_as_its_author_wants() {
    let Some(kubectl) = Kubectl::start() else { return };
    assert!(kubectl.feed("apply -f -", WEB).contains("deployment.apps/web created"));
    kubectl.ok("-n shop rollout status deployment/web --timeout=30s");
    assert!(kubectl.feed("apply -f -", WEB).contains("deployment.apps/web unchanged"));
    let diff = kubectl.feed("apply -f -", &WEB.replace("1.27", "1.28"));
    assert!(diff.contains("deployment.apps/web configured") && diff.contains("service/web unchanged"), "{diff}");
    kubectl.ok("-n shop rollout status deployment/web --timeout=30s");
    assert!(kubectl.ok("-n shop get deploy web -o wide").contains("nginx:1.28"));
    assert_eq!(kubectl.json("-n shop get rs -l app=web")["items"].as_array().unwrap().len(), 2);
    let slice = kubectl.until("-n shop get endpointslices -l kubernetes.io/service-name=web -o json", |text| {
        text.matches("\"ready\": true").count() == 3
    });
    assert!(slice.contains("targetRef"));
    kubectl.ok("-n shop scale deployment web --replicas=5");
    kubectl.until("-n shop get deploy web", |text| text.contains("5/5"));
    kubectl.ok("-n shop rollout restart deployment web");
    kubectl.ok("-n shop rollout status deployment/web --timeout=30s");
    let template = kubectl.json("-n shop get pods -l app=web")["items"][0]["metadata"]["annotations"].clone();
    assert!(template["kubectl.kubernetes.io/restartedAt"].is_string());
    assert!(kubectl.ok("-n shop rollout history deployment web").contains('3'));
    kubectl.ok("-n shop rollout undo deployment web --to-revision=1");
    kubectl.ok("-n shop rollout status deployment/web --timeout=30s");
    assert!(kubectl.ok("-n shop get deploy web -o wide").contains("nginx:1.27"));
    let described = kubectl.ok("-n shop describe deployment web");
    assert!(described.contains("ScalingReplicaSet") && described.contains("5 available"), "{described}");
    kubectl.ok("-n shop set image deployment/web web=nginx:1.29");
    kubectl.ok("-n shop label deployment web tier=front");
    kubectl.ok("-n shop annotate deployment web note=hello");
    kubectl.editor("s/replicas: 5/replicas: 2/");
    assert!(kubectl.ok("-n shop edit deployment web").contains("edited"));
    kubectl.until("-n shop get deploy web", |text| text.contains("2/2"));
    kubectl.feed("apply --server-side --force-conflicts -f -", WEB);
    kubectl.until("-n shop get deploy web", |text| text.contains("3/3"));
    kubectl.ok("-n shop delete deployment web");
    kubectl.until("-n shop get pods,rs -l app=web -o name", str::is_empty);
}

#[test]
fn nodes_are_cordoned_and_drained_and_budgets_are_kept() {
    let Some(kubectl) = Kubectl::start() else { return };
    kubectl.feed("apply -f -", WEB);
    kubectl.ok("-n shop rollout status deployment/web --timeout=30s");
    let pods = kubectl.json("-n shop get pods -l app=web");
    let node = pods["items"][0]["spec"]["nodeName"].as_str().unwrap().to_owned();
    assert!(kubectl.ok(&format!("cordon {node}")).contains("cordoned"));
    assert!(kubectl.ok("get nodes").contains("SchedulingDisabled"));
    let refused =
        kubectl.fails(&format!("drain {node} --ignore-daemonsets --delete-emptydir-data --force --timeout=2s"));
    assert!(refused.contains("violate the pod's disruption budget"), "{refused}");
    kubectl.ok("-n shop patch pdb web --type=merge -p {\"spec\":{\"minAvailable\":1}}");
    kubectl.ok(&format!("drain {node} --ignore-daemonsets --delete-emptydir-data --force --timeout=60s"));
    let left = kubectl.json(&format!("get pods -A --field-selector spec.nodeName={node}"));
    let owners: Vec<_> = left["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pod| pod["metadata"]["ownerReferences"][0]["kind"].clone())
        .collect();
    assert!(owners.iter().all(|owner| owner == "DaemonSet"), "{owners:?}");
    kubectl.until("-n shop get deploy web", |text| text.contains("3/3"));
    kubectl.ok(&format!("uncordon {node}"));
    assert!(!kubectl.ok("get nodes").contains("SchedulingDisabled"));
    kubectl.ok(&format!("taint node {node} gone=soon:NoSchedule"));
    assert!(kubectl.ok(&format!("describe node {node}")).contains("gone=soon:NoSchedule"));
}

#[test]
fn objects_of_all_kinds_come_and_go() {
    let Some(kubectl) = Kubectl::start() else { return };
    kubectl.ok("create namespace lab");
    assert!(kubectl.fails("create namespace lab").contains("namespaces \"lab\" already exists"));
    kubectl.ok("-n lab create configmap settings --from-literal=a=1");
    assert!(kubectl.ok("-n lab get cm").contains("kube-root-ca.crt"));
    kubectl.ok("-n lab create secret generic key --from-literal=token=abc");
    assert!(kubectl.ok("-n lab get secret key -o jsonpath={.data.token}").contains("YWJj"));
    assert!(
        kubectl
            .ok("-n lab create configmap other --from-literal=a=1 --dry-run=server")
            .contains("created (server dry run)")
    );
    assert!(kubectl.fails("-n lab get cm other").contains("NotFound"));
    kubectl.ok("-n lab run shell --image=busybox --restart=Never -- sh");
    kubectl.ok("-n lab create deployment api --image=nginx:1.27 --replicas=2");
    kubectl.ok("-n lab expose deployment api --port=80");
    kubectl.ok("-n lab wait --for=condition=Available deployment/api --timeout=30s");
    kubectl.ok("-n lab create job once --image=busybox");
    kubectl.ok("-n lab wait --for=condition=Complete job/once --timeout=30s");
    kubectl.ok("-n lab create cronjob tick --image=busybox --schedule=*/1~*~*~*~*");
    kubectl.until("-n lab get jobs -o name", |text| text.contains("job.batch/tick-"));
    assert!(kubectl.ok("-n lab get all").contains("job.batch/once"));
    kubectl.ok("-n lab delete pod shell --grace-period=0 --force");
    kubectl.ok("delete namespace lab");
    assert!(kubectl.fails("get namespace lab").contains("NotFound"));
    assert!(kubectl.ok("get all -n lab").is_empty());
}

const TWO: &str = r#"
apiVersion: v1
kind: Pod
metadata: {name: two, namespace: shop, labels: {app: two}}
spec:
  containers:
  - {name: main, image: "nginx:1.27", ports: [{containerPort: 80}], stdin: true}
  - {name: side, image: "envoy:1.30"}
"#;

#[test]
fn containers_are_looked_into() {
    let Some(kubectl) = Kubectl::start() else { return };
    kubectl.feed("apply -f -", TWO);
    kubectl.ok("-n shop wait --for=condition=Ready pod/two --timeout=30s");
    let fails = |arguments: &str| kubectl.fails(&format!("-n shop {arguments}"));
    let ok = |arguments: &str| kubectl.ok(&format!("-n shop {arguments}"));
    kubectl.until("-n shop logs two -c main", |text| text.lines().count() > 3);
    assert_eq!(ok("logs two -c main --tail=2").lines().count(), 2);
    assert!(ok("logs two -c side --tail=1 --timestamps").starts_with("20"));
    let all = ok("logs -l app=two --all-containers --prefix --tail=1");
    assert!(all.contains("[pod/two/main] ") && all.contains("[pod/two/side] "), "{all}");
    assert!(fails("logs two -c main -p").contains("previous terminated container \"main\" in pod \"two\" not found"));
    assert!(fails("logs two -c nope").contains("container nope is not valid for pod two"));
    assert_eq!(ok("exec two -c main -- echo hello"), "hello\n");
    assert_eq!(kubectl.feed("-n shop exec -i two -c main -- cat", "in and out"), "in and out");
    assert_eq!(kubectl.feed("-n shop exec -i two -c side -- sh", "hostname\nwhoami"), "two\nroot\n");
    let failed = kubectl.run("-n shop exec two -c main -- sh -c exit~7", "");
    assert_eq!(failed.status.code(), Some(7));
    let unknown = kubectl.run("-n shop exec two -c main -- nope", "");
    assert_eq!(unknown.status.code(), Some(127), "{}", String::from_utf8_lossy(&unknown.stderr));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("sh: nope: not found"));
    // What is followed ends with its pod.
    let followers: Vec<_> =
        ["logs -f two -c main --tail=1", "attach two -c main -i", "exec two -c side -- sleep 100000"]
            .into_iter()
            .map(|arguments| kubectl.begin(&format!("-n shop {arguments}")))
            .collect();
    let mut tunnel = kubectl.begin("-n shop port-forward two :80 :81");
    let mut told = BufReader::new(tunnel.stdout.take().unwrap());
    let mut port = |to: &str| {
        let mut line = String::new();
        while !(line.contains("127.0.0.1:") && line.ends_with(&format!("-> {to}\n"))) {
            line.clear();
            assert!(told.read_line(&mut line).unwrap() > 0, "port-forward ended");
        }
        line.split(['>', ':', ' ']).find_map(|word| word.parse::<u16>().ok()).unwrap()
    };
    let (open, shut) = (port("80"), port("81"));
    for path in ["/first", "/second"] {
        assert!(page(open, path).ends_with(&format!("pod: two\nport: 80\nGET {path}\n")));
    }
    assert_eq!(page(shut, "/"), "");
    let refused = String::from_utf8(tunnel.wait_with_output().unwrap().stderr).unwrap();
    assert!(refused.contains("127.0.0.1:81: connect: connection refused"), "{refused}");
    ok("delete pod two");
    for follower in followers {
        let output = follower.wait_with_output().unwrap();
        assert!(!output.stdout.is_empty() || output.status.code() == Some(137), "{output:?}");
    }
    let restricted = kubectl.json("--context limited get pods")["items"][0]["metadata"]["name"].clone();
    let restricted = restricted.as_str().unwrap();
    kubectl.ok(&format!("--context limited logs {restricted} --tail=1"));
    let refused = kubectl.fails(&format!("--context limited exec {restricted} -- ls"));
    assert!(refused.contains("cannot create resource \"pods/exec\""), "{refused}");
}

/// What answers at a local port; nothing if the connection is closed without an answer.
fn page(port: u16, path: &str) -> String {
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: pod\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    let _reset = stream.read_to_string(&mut text);
    text
}

/// What is recorded: every line is one kubectl. `NODE` is the second node.
const RECORDED: &str = "
api-resources
get pods -A
get pods -n kube-system -o wide
get deployments -A -o yaml
get nodes -l kubernetes.io/os=linux
get events -A --field-selector type=Warning
get pods -A --chunk-size=20
get certificates,widgets -A
describe node NODE
describe deployment coredns -n kube-system
describe pods -n shop
describe pvc -n shop
apply -f FILE
apply -f FILE
apply --server-side --force-conflicts -f FILE
apply -f CHANGED
get deploy web -n shop -o json
-n shop rollout status deployment/web --timeout=30s
-n shop rollout history deployment web
-n shop rollout restart deployment web
-n shop rollout undo deployment web
-n shop scale deployment web --replicas=2
-n shop set image deployment/web web=nginx:1.29
-n shop label deployment web tier=front
-n shop annotate deployment web note=hello
-n shop edit deployment web
-n shop patch pdb web --type=merge -p {\"spec\":{\"minAvailable\":1}}
-n shop patch service web --type=json -p [{\"op\":\"replace\",\"path\":\"/spec/ports/0/port\",\"value\":81}]
-n shop create configmap settings --from-literal=a=1
-n shop create secret generic key --from-literal=token=abc
-n shop create configmap other --from-literal=a=1 --dry-run=server
create namespace lab
cordon NODE
uncordon NODE
taint node NODE gone=soon:NoSchedule
drain NODE --ignore-daemonsets --delete-emptydir-data --force --timeout=60s
top nodes
top pods -A
auth whoami
auth can-i delete pods
auth can-i --list
explain pod.spec.containers
events -A
wait --for=condition=Available deployment/coredns -n kube-system --timeout=5s
-n shop delete configmap settings
-n shop delete deployment web
delete namespace lab
";

/// One request of kubectl as `kubectl -v=10` tells of it; what differs from run to run is taken out.
fn requests(told: &str) -> Vec<serde_json::Value> {
    let mut found: Vec<serde_json::Value> = Vec::new();
    let mut body = String::new();
    let mut lines = told.lines();
    while let Some(line) = lines.next() {
        if let Some((_, text)) = line.split_once("] \"Request Body\" body=") {
            body = serde_json::from_str(text).unwrap_or_else(|_| {
                let block: Vec<&str> = lines.by_ref().take_while(|line| *line != " >").collect();
                block.iter().map(|line| line.trim_start_matches('\t')).collect::<Vec<_>>().join("\n")
            });
        }
        let Some((_, call)) = line.split_once("] curl -v -X") else { continue };
        let (method, rest) = call.split_once(' ').unwrap();
        let header = |name: &str| {
            let start = rest.split(&format!("-H \"{name}: ")).nth(1);
            start.and_then(|text| text.split('"').next()).unwrap_or_default().to_owned()
        };
        let address = rest.rsplit('\'').nth(1).unwrap();
        let path = format!("/{}", address.splitn(4, '/').nth(3).unwrap());
        let (path, query) = path.split_once('?').unwrap_or((&path, ""));
        let moves = |pair: &&str| !["resourceVersion=", "continue=", "hash="].iter().any(|key| pair.starts_with(key));
        let query: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).filter(moves).collect();
        let path = if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) };
        let one = serde_json::json!({"method": method, "path": path, "accept": header("Accept"), "type": header("Content-Type"),
            "body": undumped(std::mem::take(&mut body))});
        // Waiting is asking again.
        if found.last() != Some(&one) {
            found.push(one);
        }
    }
    found
}

/// A body as hexadecimal digits where kubectl shows it as a dump of bytes, as it does of protobuf.
fn undumped(body: String) -> String {
    let bytes = |line: &str| line.get(10..58).unwrap_or_default().split_whitespace().collect::<String>();
    if body.starts_with("00000000  ") { body.lines().map(bytes).collect() } else { body }
}

/// With `UPDATE_KUBECTL` set, writes down what an installed kubectl asks, for the replay that needs none.
#[test]
fn what_kubectl_asks_is_recorded_when_wanted() {
    if std::env::var_os("UPDATE_KUBECTL").is_none() {
        return;
    }
    let scenario = Scenario::load(&recordings().join("scenario.toml")).unwrap();
    let Some(kubectl) = Kubectl::serve(&scenario) else { return };
    let place = |name: &str| kubectl.folder.path().join(name);
    std::fs::write(place("web.yaml"), WEB).unwrap();
    std::fs::write(place("changed.yaml"), WEB.replace("1.27", "1.28")).unwrap();
    kubectl.editor("s/nginx:1.29/nginx:1.30/");
    let node = kubectl.json("get nodes")["items"][1]["metadata"]["name"].as_str().unwrap().to_owned();
    let mut out = String::new();
    for command in RECORDED.lines().filter(|line| !line.is_empty()) {
        let arguments = command.replace("NODE", &node);
        let arguments = arguments.replace("FILE", place("web.yaml").to_str().unwrap());
        let arguments = arguments.replace("CHANGED", place("changed.yaml").to_str().unwrap());
        let output = kubectl.run(&format!("{arguments} -v=10"), "");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "kubectl {arguments}: {told}");
        let asked = serde_json::json!({"command": command, "requests": requests(&told)});
        out.push_str(&asked.to_string());
        out.push('\n');
    }
    std::fs::write(recordings().join("requests.jsonl"), out).unwrap();
}

fn recordings() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/kubectl")
}
