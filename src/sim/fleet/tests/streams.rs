//! Proves logs, exec, attach and port-forward as a client sees them that speaks plain HTTP and WebSocket.
//! Must not look inside.

use futures::{SinkExt as _, StreamExt as _};
use tokio::io::DuplexStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::*;
use crate::sim::fault::{Cut, Place, Requests};

const SICK: &str = r#"
seed = 5
[[cluster]]
name = "sick"
tls = false
version = "v1.29.0"
nodes = 4
pods = 20
namespaces = ["shop"]
[[cluster.trouble]]
kind = "crash-loop"
workload = "cart"
number = 1
[[cluster.trouble]]
kind = "image-pull"
workload = "tax"
number = 1
[[cluster.trouble]]
kind = "node-not-ready"
number = 1
"#;

const V5: &str = "v5.channel.k8s.io";
const V4: &str = "v4.channel.k8s.io";

async fn start(scenario: &str, speed: f64) -> (Fleet, ClusterHandle) {
    let start = Some("2026-11-20T10:00:00Z".parse().unwrap());
    let options = Options { speed, start, ..Options::default() };
    let fleet = Fleet::start(&Scenario::from_toml(scenario).unwrap(), options).await.unwrap();
    let cluster = fleet.clusters()[0].clone();
    (fleet, cluster)
}

/// A request in memory: paused time passes only while nothing else goes on.
async fn get(cluster: &ClusterHandle, path: &str) -> Answer {
    Client::over(cluster.connect_in_memory()).call(cluster, "GET", path, "*/*").await
}

/// The path of the first pod of a namespace that is as wanted.
async fn pod(cluster: &ClusterHandle, namespace: &str, wanted: impl Fn(&Value) -> bool) -> String {
    let path = format!("/api/v1/namespaces/{namespace}/pods");
    let list = get(cluster, &path).await.json();
    let found = list["items"].as_array().unwrap().iter().find(|pod| wanted(pod)).expect("such a pod");
    format!("{path}/{}", found["metadata"]["name"].as_str().unwrap())
}

/// One container, never restarted, on a node that answers.
fn runs(pod: &Value) -> bool {
    let ready = |condition: &Value| condition["type"] == "Ready" && condition["status"] == "True";
    let containers = pod["status"]["containerStatuses"].as_array().unwrap();
    pod["status"]["conditions"].as_array().unwrap().iter().any(ready)
        && containers.len() == 1
        && containers[0]["restartCount"] == 0
}

fn waits(reason: &'static str) -> impl Fn(&Value) -> bool {
    move |pod| pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] == reason
}

fn lines(answer: &Answer) -> Vec<&str> {
    assert_eq!(answer.status(), 200);
    std::str::from_utf8(&answer.body).unwrap().lines().collect()
}

/// A session with a pod and the protocol agreed upon, or the refusal.
async fn open(cluster: &ClusterHandle, path: &str, protocols: &str) -> Result<(Talk, String), (u16, Value)> {
    let mut request = format!("ws://sim{path}").into_client_request().unwrap();
    let headers = request.headers_mut();
    headers.insert("authorization", format!("Bearer {}", cluster.token()).parse().unwrap());
    headers.insert("sec-websocket-protocol", protocols.parse().unwrap());
    match tokio_tungstenite::client_async(request, cluster.connect_in_memory()).await {
        Ok((socket, answer)) => {
            Ok((Talk(socket), answer.headers()["sec-websocket-protocol"].to_str().unwrap().to_owned()))
        }
        Err(Error::Http(answer)) => {
            let body = answer.body().clone().unwrap_or_default();
            Err((answer.status().as_u16(), serde_json::from_slice(&body).unwrap_or_default()))
        }
        Err(error) => panic!("{error}"),
    }
}

struct Talk(WebSocketStream<DuplexStream>);

/// What was said in each channel to the end, and whether it was a proper one.
#[derive(Default)]
struct Said {
    channels: [Vec<u8>; 4],
    closed: bool,
}

impl Said {
    fn text(&self, channel: usize) -> &str {
        std::str::from_utf8(&self.channels[channel]).unwrap()
    }

    fn status(&self) -> Value {
        serde_json::from_slice(&self.channels[3]).unwrap()
    }
}

impl Talk {
    async fn say(&mut self, channel: u8, bytes: impl AsRef<[u8]>) {
        self.0.send(Message::Binary([&[channel], bytes.as_ref()].concat().into())).await.unwrap();
    }

    async fn end(mut self) -> Said {
        let mut said = Said::default();
        self.hear(&mut said, |_| false).await;
        said
    }

    /// Listens until enough was said, or to the end.
    async fn hear(&mut self, said: &mut Said, enough: impl Fn(&Said) -> bool) {
        while !enough(said) {
            match self.0.next().await {
                Some(Ok(Message::Binary(bytes))) => said.channels[usize::from(bytes[0])].extend_from_slice(&bytes[1..]),
                Some(Ok(Message::Close(frame))) => {
                    said.closed = frame.is_some_and(|frame| u16::from(frame.code) == 1_000);
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_log_is_the_same_whoever_reads_it_and_however_it_is_cut() {
    let (_fleet, small) = start(SMALL, 1.0).await;
    let path = pod(&small, "shop", runs).await + "/log";
    let all = get(&small, &format!("{path}?timestamps=true")).await;
    assert!(all.head.contains("content-type: text/plain\r\n"), "{}", all.head);
    let all = lines(&all);
    assert!(all.len() > 1_000 && all.is_sorted(), "moments of fixed length, in order");
    assert_eq!(lines(&get(&small, &format!("{path}?tailLines=5&timestamps=true")).await), all[all.len() - 5..]);
    let plain: Vec<&str> = all.iter().map(|line| line.split_once(' ').unwrap().1).collect();
    assert_eq!(lines(&get(&small, &path).await), plain);
    assert_eq!(
        get(&small, &format!("{path}?tailLines=5&limitBytes=9")).await.body,
        &plain[plain.len() - 5].as_bytes()[..9]
    );
    let recent = get(&small, &format!("{path}?timestamps=true&sinceTime=2026-11-20T09:59:00Z")).await;
    assert_eq!(
        lines(&recent),
        all.iter().filter(|line| ***line >= *"2026-11-20T09:59:00").copied().collect::<Vec<_>>()
    );
    assert_eq!(lines(&get(&small, &format!("{path}?timestamps=true&sinceSeconds=60")).await), lines(&recent));
    let (_twin, twin) = start(SMALL, 1.0).await;
    assert_eq!(lines(&get(&twin, &format!("{path}?timestamps=true")).await), all, "one seed, one log");
}

#[tokio::test(start_paused = true)]
async fn a_followed_log_goes_on_and_ends_with_its_pod() {
    let (_fleet, small) = start(SMALL, 1.0).await;
    let path = pod(&small, "shop", runs).await;
    let name = path.rsplit('/').next().unwrap();
    let mut reader = Client::over(small.connect_in_memory());
    reader.send(&small, "GET", &format!("{path}/log?follow=true&tailLines=0"), "*/*").await;
    let mut seen = Vec::new();
    while String::from_utf8_lossy(&seen).lines().count() < 10 {
        seen = reader.more_of(seen).await;
    }
    let whole = get(&small, &format!("{path}/log")).await;
    assert!(String::from_utf8(whole.body).unwrap().contains(std::str::from_utf8(&seen).unwrap()), "nothing is missing");
    assert!(small.delete_pod("shop", name));
    assert!(reader.ends().await, "with a proper last chunk");
}

#[tokio::test(start_paused = true)]
async fn a_crash_is_the_end_of_a_log_and_the_run_before_is_kept() {
    let (_fleet, sick) = start(SICK, 1.0).await;
    let path = pod(&sick, "shop", waits("CrashLoopBackOff")).await + "/log";
    let before = get(&sick, &path).await;
    assert!(lines(&before).iter().any(|line| line.starts_with("panic: ")));
    assert_eq!(before.body, get(&sick, &format!("{path}?previous=true")).await.body, "nothing runs now");
    assert_eq!(get(&sick, &format!("{path}?sinceSeconds=1")).await.body, b"");
    // It is restarted in a while, and what it then logs is followed to the next crash.
    let mut followed = Vec::new();
    while followed.is_empty() || followed == before.body {
        tokio::time::sleep(Duration::from_secs(5)).await;
        followed = get(&sick, &format!("{path}?follow=true")).await.body;
    }
    assert!(String::from_utf8_lossy(&followed).contains("panic: "));
    assert_eq!(get(&sick, &path).await.body, followed, "who follows sees what is read later");
}

#[tokio::test(start_paused = true)]
async fn logs_that_are_not_there_are_refused_in_a_real_servers_words() {
    let (_fleet, small) = start(SMALL, 1.0).await;
    let path = pod(&small, "shop", runs).await;
    let name = path.rsplit('/').next().unwrap();
    let container = get(&small, &path).await.json()["spec"]["containers"][0]["name"].as_str().unwrap().to_owned();
    for (query, recording) in
        [("container=nope", recording!("log-bad-container")), ("previous=true", recording!("log-previous"))]
    {
        let (ours, theirs) = (get(&small, &format!("{path}/log?{query}")).await, recorded(recording));
        let words = theirs.json().to_string().replace("gateway-r9n2bgjslw-29slw", name);
        // The node that was recorded adds an end of line, as not all do.
        let words = words.replace("\\\"gateway\\\"", &format!("\\\"{container}\\\"")).replace("\\n", "");
        assert_eq!((ours.status(), ours.json().to_string()), (theirs.status(), words));
    }
    let invalid = get(&small, &format!("{path}/log?tailLines=-1")).await;
    let message = format!(
        "PodLogOptions \"{name}\" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0"
    );
    assert_eq!((invalid.status(), invalid.json()["message"].as_str()), (422, Some(&*message)));
    let (_fleet, sick) = start(SICK, 1.0).await;
    let path = pod(&sick, "shop", waits("ImagePullBackOff")).await;
    let refused = get(&sick, &format!("{path}/log")).await.json();
    assert!(refused["message"].as_str().unwrap().ends_with("is waiting to start: trying and failing to pull image"));
    let nodes = get(&sick, "/api/v1/nodes").await.json();
    let lost = |node: &&Value| node["status"]["conditions"].to_string().contains("NodeStatusUnknown");
    let lost = nodes["items"].as_array().unwrap().iter().find(lost).expect("a lost node")["metadata"]["name"].clone();
    let path = pod(&sick, "kube-system", |pod| pod["spec"]["nodeName"] == lost).await;
    let refused = get(&sick, &format!("{path}/log")).await;
    assert_eq!(refused.status(), 500);
    assert!(refused.json()["message"].as_str().unwrap().ends_with(":10250: connect: no route to host"));
}

#[tokio::test(start_paused = true)]
async fn a_command_has_its_input_output_errors_and_exit_code() {
    let (_fleet, small) = start(SMALL, 1.0).await;
    let path = pod(&small, "shop", runs).await;
    let exec = |query: &str| format!("{path}/exec?stdout=true&stderr=true&{query}");
    let script = "command=sh&command=-c&command=echo+one%3B+nope+%7C%7C+echo+%24%3F%3B+false+%26%26+echo+two%3B+exit+3";
    let (talk, protocol) = open(&small, &exec(script), &format!("{V5}, {V4}")).await.unwrap();
    let said = talk.end().await;
    assert_eq!((&*protocol, said.text(1), said.text(2)), (V5, "one\n127\n", "sh: nope: not found\n"));
    let status = said.status();
    assert_eq!((status["reason"].as_str(), said.closed), (Some("NonZeroExitCode"), true));
    assert_eq!(status["details"]["causes"][0], serde_json::json!({"reason": "ExitCode", "message": "3"}));
    let (mut talk, _) = open(&small, &exec("stdin=true&command=cat"), V5).await.unwrap();
    talk.say(0, "to and fro").await;
    talk.say(255, [0]).await;
    let said = talk.end().await;
    assert_eq!((said.text(1), said.status()["status"].as_str()), ("to and fro", Some("Success")));
    let began = Instant::now();
    let (talk, _) = open(&small, &exec("command=sleep&command=90"), V5).await.unwrap();
    assert_eq!(talk.end().await.status()["status"], "Success");
    assert!((90..100).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    let (talk, _) = open(&small, &exec("command=sleep&command=9000"), V5).await.unwrap();
    assert!(small.delete_pod("shop", path.rsplit('/').next().unwrap()));
    assert_eq!(talk.end().await.status()["details"]["causes"][0]["message"], "137", "killed with its pod");
}

#[tokio::test(start_paused = true)]
async fn a_terminal_echoes_edits_interrupts_and_knows_its_size() {
    let (_fleet, small) = start(SMALL, 1.0).await;
    let path = pod(&small, "shop", runs).await + "/exec?stdin=true&stdout=true&tty=true&command=sh";
    let (mut talk, _) = open(&small, &path, V5).await.unwrap();
    let mut said = Said::default();
    talk.say(4, r#"{"Width":101,"Height":33}"#).await;
    talk.say(0, "stty sizf\x7fe\r").await;
    talk.hear(&mut said, |said| said.text(1).ends_with("33 101\r\n/ # ")).await;
    talk.say(4, r#"{"Width":80,"Height":24}"#).await;
    talk.say(0, "sleep 100\r").await;
    talk.hear(&mut said, |said| said.text(1).ends_with("sleep 100\r\n")).await;
    talk.say(0, "\x03stty size\r").await;
    talk.say(0, "nope\r\x04").await;
    let said = {
        talk.hear(&mut said, |_| false).await;
        said
    };
    let wanted = "/ # stty sizf\u{8} \u{8}e\r\n33 101\r\n/ # sleep 100\r\n^C\r\n/ # stty size\r\n24 80\r\n/ # nope\r\nsh: nope: not found\r\n/ # ";
    assert_eq!((said.text(1), said.text(2)), (wanted, ""));
    assert_eq!(said.status()["details"]["causes"][0]["message"], "127");
}

#[tokio::test(start_paused = true)]
async fn attaching_shows_the_log_from_now_on_and_what_is_typed() {
    let (_fleet, sick) = start(SICK, 1.0).await;
    let path = pod(&sick, "shop", runs).await;
    let query = "/attach?stdin=true&stdout=true&stderr=true";
    let (mut talk, protocol) = open(&sick, &(path.clone() + query), &format!("{V5}, {V4}")).await.unwrap();
    assert_eq!(protocol, V4, "servers before 1.30 know no other");
    let mut said = Said::default();
    talk.say(0, "hello\n").await;
    talk.hear(&mut said, |said| said.text(1).lines().count() > 5).await;
    let log = get(&sick, &format!("{path}/log")).await.body;
    let shown = said.text(1).replace("hello\n", "");
    assert!(said.text(1).contains("hello\n") && String::from_utf8(log).unwrap().contains(&shown));
}

#[tokio::test(start_paused = true)]
async fn sessions_are_refused_as_other_requests_are() {
    let (fleet, small) = start(SMALL, 1.0).await;
    let running = pod(&small, "shop", runs).await;
    let plain = get(&small, &format!("{running}/exec?command=ls&stdout=true")).await;
    let theirs = recorded(recording!("exec-no-upgrade"));
    assert_eq!((plain.status(), plain.json()), (theirs.status(), theirs.json()));
    let refused = async |cluster: &ClusterHandle, path: &str| {
        let (code, status) = open(cluster, path, V5).await.err().expect("a refusal");
        (code, status["message"].as_str().unwrap_or_default().to_owned())
    };
    let (code, words) = refused(&small, &format!("{running}/exec?command=ls")).await;
    assert_eq!((code, &*words), (400, "you must specify at least 1 of stdin, stdout, stderr"));
    assert_eq!(
        open(&small, &format!("{running}/exec?command=ls&stdout=true"), "v9.nobody").await.err().unwrap().0,
        400
    );
    let restricted = fleet.cluster("restricted").unwrap();
    let other = pod(&restricted, "team-a", runs).await;
    assert_eq!(get(&restricted, &format!("{other}/log?tailLines=1")).await.status(), 200);
    for sub in ["exec", "attach", "portforward"] {
        let (code, words) = refused(&restricted, &format!("{other}/{sub}?stdout=true&command=ls&ports=8080")).await;
        assert!(code == 403 && words.contains(&format!("cannot create resource \"pods/{sub}\"")), "{code} {words}");
    }
    let (_fleet, sick) = start(SICK, 1.0).await;
    let waiting = pod(&sick, "shop", waits("ImagePullBackOff")).await;
    let (talk, _) = open(&sick, &format!("{waiting}/exec?command=ls&stdout=true"), V4).await.unwrap();
    let status = talk.end().await.status();
    let words = "Internal error occurred: unable to upgrade connection: container not found (\"tax\")";
    assert_eq!((status["code"].as_u64(), status["message"].as_str()), (Some(500), Some(words)));
}

#[tokio::test(start_paused = true)]
async fn faults_break_sessions_too() {
    let (_fleet, small) = start(SMALL, 1.0).await;
    let path = pod(&small, "shop", runs).await + "/exec?stdin=true&stdout=true&command=cat";
    small.set_fault(Fault::Error { code: 503, retry_after: None, on: Requests::All });
    assert_eq!(open(&small, &path, V5).await.err().unwrap().0, 503);
    small.clear_faults();
    for fault in
        [Fault::Truncate(Cut { at: Place::MidBody, after_bytes: 0, on: Requests::All }), Fault::Restart, Fault::Refuse]
    {
        let (mut talk, _) = open(&small, &path, V5).await.unwrap();
        let mut said = Said::default();
        talk.say(0, "before").await;
        talk.hear(&mut said, |said| said.text(1) == "before").await;
        small.set_fault(fault);
        assert!(!talk.end().await.closed, "without a good-bye");
        small.clear_faults();
    }
    let (mut talk, _) = open(&small, &path, V5).await.unwrap();
    small.set_fault(Fault::Stall(Cut { at: Place::MidBody, after_bytes: 0, on: Requests::All }));
    talk.say(0, "into the void").await;
    let mut said = Said::default();
    let heard = talk.hear(&mut said, |said| !said.text(1).is_empty());
    assert!(tokio::time::timeout(Duration::from_secs(60), heard).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn ports_a_pod_declares_answer_and_others_are_refused() {
    let (_fleet, small) = start(SMALL, 1.0).await;
    let path = pod(&small, "shop", |pod| runs(pod) && pod["spec"].to_string().contains("containerPort")).await;
    let name = path.rsplit('/').next().unwrap().to_owned();
    let query = "/portforward?ports=8080,9999";
    let (mut talk, protocol) = open(&small, &(path.clone() + query), &format!("{V5}, {V4}")).await.unwrap();
    talk.say(0, "GET /where HTTP/1.1\r\nHost: pod\r\nConnection: close\r\n\r\n").await;
    let said = talk.end().await;
    assert_eq!(
        (&*protocol, &said.channels[0][..2], &said.channels[2][..2]),
        (V4, &[0x90, 0x1f][..], &[0x0f, 0x27][..])
    );
    let page = String::from_utf8_lossy(&said.channels[0][2..]).into_owned();
    assert!(page.ends_with(&format!("\r\n\r\npod: {name}\nport: 8080\nGET /where\n")), "{page}");
    assert_eq!(said.channels[1].len(), 2, "nothing went wrong");
    let refused = String::from_utf8_lossy(&said.channels[3][2..]).into_owned();
    assert!(refused.contains("dial tcp4 127.0.0.1:9999: connect: connection refused"), "{refused}");
    let (talk, _) = open(&small, &(path + query), V4).await.unwrap();
    assert!(small.delete_pod("shop", &name));
    assert_eq!(talk.end().await.channels[0].len(), 2, "it ends with its pod");
}

#[tokio::test(start_paused = true)]
async fn a_tunnel_carries_what_kubectl_says() {
    let (_fleet, small) = start(SMALL, 1.0).await;
    let path = pod(&small, "shop", |pod| runs(pod) && pod["spec"].to_string().contains("containerPort")).await;
    let (mut talk, _) = open(&small, &format!("{path}/portforward"), "SPDY/3.1+portforward.k8s.io").await.unwrap();
    // Headers that a zlib with SPDY's dictionary compressed: an error stream and a data stream for port 8080.
    let error = "78bbe3c6a7c202256f703a2b294a4dcc851625aca9a0808614cb45e01c6061606100a4398b20d198094ade8c06d88b5e16908b00000000ffff";
    let data = "0225660c7341455422616301000000ffff";
    let bytes = |hex: &str| -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    };
    let open = |stream: u8, block: &str| {
        let block = bytes(block);
        [&[0x80, 3, 0, 1, 0, 0, 0, 10 + block.len() as u8, 0, 0, 0, stream, 0, 0, 0, 0, 0, 0], &*block].concat()
    };
    let request = b"GET / HTTP/1.1\r\nHost: pod\r\nConnection: close\r\n\r\n";
    let ask = [&[0, 0, 0, 3, 0, 0, 0, request.len() as u8], &request[..]].concat();
    let frames = [open(1, error), open(3, data), ask, vec![0x80, 3, 0, 6, 0, 0, 0, 4, 0, 0, 0, 7]].concat();
    // Messages and frames need not end at the same places.
    for piece in frames.chunks(50) {
        talk.0.send(Message::Binary(piece.to_vec().into())).await.unwrap();
    }
    let mut heard = Vec::new();
    let both_ended = [0, 0, 0, 3, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0];
    while !heard.ends_with(&both_ended) {
        heard.extend_from_slice(&talk.0.next().await.unwrap().unwrap().into_data());
    }
    let has = |part: &[u8]| heard.windows(part.len()).any(|window| window == part);
    assert!(
        has(b"port: 8080\nGET /\n") && has(&[0x80, 3, 0, 6, 0, 0, 0, 4, 0, 0, 0, 7]),
        "the page and the echo of a ping"
    );
    let reply = |stream: u8, length: u8| [0x80, 3, 0, 2, 0, 0, 0, length, 0, 0, 0, stream];
    assert!(has(&reply(1, 20)) && has(&reply(3, 18)), "{heard:?}");
}

#[tokio::test(start_paused = true)]
async fn who_watches_objects_whose_definition_goes_is_told_of_the_last_and_then_ended() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let mut watch = Client::over(small.connect_in_memory());
    let path = format!(
        "/apis/infra.example.io/v1/widgets?watch=true&timeoutSeconds=600&resourceVersion={}",
        small.resource_version()
    );
    watch.send(&small, "GET", &path, "application/json").await;
    let definition = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.infra.example.io";
    assert_eq!(wire::tell(&small, "DELETE", definition, "application/json", "{}").await.status(), 200);
    let began = tokio::time::Instant::now();
    assert_eq!(watch.next_line().await["type"], "DELETED");
    assert!(watch.ends().await && began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    let gone = ask(&small, "/apis/infra.example.io/v1/widgets", "application/json").await;
    assert_eq!(gone.status(), 404);
}
