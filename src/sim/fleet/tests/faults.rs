//! Proves that what breaks answers and connections is real, seen from outside. Must not look inside.

use super::wire::Ending;
use super::*;
use crate::sim::fault::{Cut, Place, Requests};

/// One connection on which the pods were asked for.
async fn asking(cluster: &ClusterHandle, path: &str) -> Client<tokio::io::DuplexStream> {
    let mut client = Client::over(cluster.connect_in_memory());
    client.send(cluster, "GET", path, "application/json").await;
    client
}

/// All bytes of an answer and what came after them.
async fn heard(cluster: &ClusterHandle, path: &str) -> (Vec<u8>, Ending) {
    asking(cluster, path).await.bytes().await
}

async fn small() -> (Fleet, ClusterHandle) {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    (fleet, small)
}

fn body(bytes: &[u8]) -> &[u8] {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a complete head");
    &bytes[head + 4..]
}

#[tokio::test]
async fn refusing_is_real_and_the_same_port_comes_back() {
    let (fleet, small) = small().await;
    let mut open = Client::open(small.address()).await;
    assert_eq!(open.call(&small, "GET", "/readyz", "*/*").await.status(), 200);
    small.set_fault(Fault::Refuse);
    assert!(open.ends().await);
    // The listener goes as soon as its task has run.
    let refused = loop {
        match TcpStream::connect(small.address()).await {
            Ok(_) => tokio::task::yield_now().await,
            Err(error) => break error,
        }
    };
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    small.clear_faults();
    while TcpStream::connect(small.address()).await.is_err() {
        tokio::task::yield_now().await;
    }
    assert_eq!(ask(&small, "/readyz", "*/*").await.status(), 200);
    let gone = fleet.cluster("gone").unwrap();
    assert_eq!(TcpStream::connect(gone.address()).await.unwrap_err().kind(), std::io::ErrorKind::ConnectionRefused);
}

#[tokio::test(start_paused = true)]
async fn a_frozen_server_answers_nothing_until_it_thaws() {
    let (_fleet, small) = small().await;
    let path = format!("/api/v1/pods?watch=true&resourceVersion={}", small.resource_version());
    let mut watch = asking(&small, &path).await;
    small.add_pod("shop", "first");
    assert_eq!(watch.next_line().await["object"]["metadata"]["name"], "first");
    small.set_fault(Fault::Freeze);
    small.add_pod("shop", "second");
    let mut other = asking(&small, "/readyz").await;
    assert!(watch.is_silent().await);
    assert!(other.is_silent().await);
    small.clear_faults();
    assert_eq!(watch.next_line().await["object"]["metadata"]["name"], "second");
    assert!(other.head().await.contains("200 OK"));
}

#[tokio::test(start_paused = true)]
async fn a_black_hole_swallows_connections_for_good() {
    let (_fleet, small) = small().await;
    let path = format!("/api/v1/pods?watch=true&resourceVersion={}", small.resource_version());
    let mut watch = asking(&small, &path).await;
    small.add_pod("shop", "first");
    watch.next_line().await;
    small.set_fault(Fault::Blackhole);
    let mut during = asking(&small, "/readyz").await;
    small.add_pod("shop", "second");
    assert!(watch.is_silent().await && during.is_silent().await);
    small.clear_faults();
    small.add_pod("shop", "third");
    assert!(watch.is_silent().await && during.is_silent().await);
    assert!(asking(&small, "/readyz").await.head().await.contains("200 OK"));
}

#[tokio::test]
async fn a_black_hole_still_takes_connections() {
    let (_fleet, small) = small().await;
    small.set_fault(Fault::Blackhole);
    assert!(TcpStream::connect(small.address()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_slow_server_takes_its_time() {
    let (_fleet, small) = small().await;
    let (delay, jitter) = (Duration::from_secs(3), Duration::from_secs(2));
    small.set_fault(Fault::latency(delay, jitter));
    let mut client = Client::over(small.connect_in_memory());
    let mut took = Vec::new();
    for _ in 0..8 {
        let began = Instant::now();
        assert_eq!(client.call(&small, "GET", "/readyz", "*/*").await.status(), 200);
        took.push(began.elapsed());
    }
    assert!(took.iter().all(|took| (delay..=delay + jitter + Duration::from_millis(5)).contains(took)), "{took:?}");
    assert!(took.iter().any(|other| *other != took[0]), "there is no jitter: {took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_thin_line_sends_so_many_bytes_a_second() {
    let (_fleet, small) = small().await;
    let (whole, _) = heard(&small, "/api/v1/nodes").await;
    small.set_fault(Fault::Bandwidth { bytes_per_second: 1_000 });
    let began = Instant::now();
    let mut client = asking(&small, "/api/v1/nodes").await;
    client.head().await;
    assert!(client.ends().await);
    let least = whole.len() as f64 / 1_000.0;
    let took = began.elapsed().as_secs_f64();
    assert!((least - 1.0..least * 1.2 + 1.0).contains(&took), "{took} s for {least} s");
}

#[tokio::test(start_paused = true)]
async fn an_answer_stalls_ends_or_turns_to_noise_before_its_headers() {
    let (_fleet, small) = small().await;
    small.set_fault(Fault::Stall(Cut::default()));
    assert_eq!(heard(&small, "/readyz").await, (vec![], Ending::Silence));
    small.clear_faults();
    small.set_fault(Fault::Truncate(Cut::default()));
    assert_eq!(heard(&small, "/readyz").await, (vec![], Ending::Closed));
    small.clear_faults();
    small.set_fault(Fault::Garbage(Cut::default()));
    let (noise, ending) = heard(&small, "/readyz").await;
    assert!(ending == Ending::Closed && noise.len() > 20 && !noise.starts_with(b"HTTP"), "{noise:?}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_stalls_ends_or_turns_to_noise_in_a_header() {
    let (_fleet, small) = small().await;
    let cut = Cut::at(Place::InHeader);
    small.set_fault(Fault::Stall(cut));
    let (beginning, ending) = heard(&small, "/readyz").await;
    assert_eq!((&beginning[..17], ending), (&b"HTTP/1.1 200 OK\r\n"[..], Ending::Silence));
    assert!(!beginning.windows(4).any(|four| four == b"\r\n\r\n"));
    small.clear_faults();
    small.set_fault(Fault::Truncate(cut));
    assert_eq!(heard(&small, "/readyz").await, (beginning.clone(), Ending::Closed));
    small.clear_faults();
    small.set_fault(Fault::Garbage(cut));
    let (noisy, ending) = heard(&small, "/readyz").await;
    assert!(ending == Ending::Closed && noisy.starts_with(&beginning) && noisy.contains(&0xff));
}

#[tokio::test(start_paused = true)]
async fn content_stalls_ends_or_turns_to_noise_after_so_many_bytes() {
    let (_fleet, small) = small().await;
    let name = small.dump().lines().find_map(|line| Some(line.strip_prefix("nodes ")?.split(' ').next()?.to_owned()));
    let one = format!("/api/v1/nodes/{}", name.unwrap());
    let cut = Cut { at: Place::MidBody, after_bytes: 100, on: Requests::All };
    let (whole, _) = heard(&small, &one).await;
    let whole = body(&whole).to_vec();
    small.set_fault(Fault::Stall(cut));
    let (stalled, ending) = heard(&small, &one).await;
    assert_eq!((body(&stalled), ending), (&whole[..100], Ending::Silence));
    assert!(String::from_utf8_lossy(&stalled).contains(&format!("content-length: {}", whole.len())));
    small.clear_faults();
    small.set_fault(Fault::Truncate(cut));
    let (short, ending) = heard(&small, &one).await;
    assert_eq!((body(&short), ending), (&whole[..100], Ending::Closed));
    small.clear_faults();
    small.set_fault(Fault::Garbage(cut));
    let (noisy, _) = heard(&small, &one).await;
    assert_eq!((body(&noisy).len(), &body(&noisy)[..100]), (whole.len(), &whole[..100]));
    assert!(body(&noisy)[100..].contains(&0xff));
}

#[tokio::test(start_paused = true)]
async fn lists_alone_stall_in_the_middle() {
    let (_fleet, small) = small().await;
    small.set_fault(Fault::Stall(Cut::lists(1_000)));
    for path in ["/api/v1/pods", "/api/v1/pods?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"] {
        let (stalled, ending) = heard(&small, path).await;
        // One chunk: its length in hexadecimal, a line's end, the bytes and a line's end.
        assert_eq!((body(&stalled).len(), ending), ("3e8".len() + 2 + 1_000 + 2, Ending::Silence), "{path}");
    }
    assert!(asking(&small, "/readyz").await.head().await.contains("200 OK"));
    let mut resumed =
        asking(&small, &format!("/api/v1/pods?watch=true&resourceVersion={}", small.resource_version())).await;
    for pod in ["one", "two", "three"] {
        small.add_pod("shop", pod);
        assert_eq!(resumed.next_line().await["object"]["metadata"]["name"], pod);
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_of_an_open_watch_is_halved() {
    let (_fleet, small) = small().await;
    for (way, expected) in [(Fault::Stall as fn(Cut) -> Fault, Ending::Silence), (Fault::Truncate, Ending::Closed)] {
        let path = format!("/api/v1/pods?watch=true&resourceVersion={}", small.resource_version());
        let mut watch = asking(&small, &path).await;
        small.add_pod("shop", "before");
        watch.next_line().await;
        small.set_fault(way(Cut { on: Requests::Watches, ..Cut::at(Place::MidFrame) }));
        small.add_pod("shop", "within");
        let (half, ending) = watch.bytes().await;
        let text = String::from_utf8(half).unwrap();
        assert!(text.contains("\"within\"") && !text.contains("}\n\r\n"), "{text}");
        assert_eq!(ending, expected);
        small.clear_faults();
        small.set_pod_count("shop", 0);
    }
}

#[tokio::test]
async fn a_reset_is_a_reset() {
    let (_fleet, small) = small().await;
    let mut idle = Client::open(small.address()).await;
    assert_eq!(idle.call(&small, "GET", "/readyz", "*/*").await.status(), 200);
    small.set_fault(Fault::Reset(Cut::default()));
    assert_eq!(idle.bytes().await, (vec![], Ending::Reset));
    assert_eq!(Client::open(small.address()).await.bytes().await, (vec![], Ending::Reset));
    small.clear_faults();
    for (at, beginning) in [(Place::InHeader, "HTTP/1.1 200 OK\r\n"), (Place::MidBody, "{\"kind\":\"PodList\"")] {
        small.set_fault(Fault::Reset(Cut { after_bytes: 200, ..Cut::at(at) }));
        let mut client = Client::open(small.address()).await;
        client.send(&small, "GET", "/api/v1/pods", "application/json").await;
        let (bytes, ending) = client.bytes().await;
        assert!(String::from_utf8_lossy(&bytes).contains(beginning), "{at:?}: {bytes:?}");
        assert_eq!(ending, Ending::Reset, "{at:?}");
        small.clear_faults();
    }
}

#[tokio::test]
async fn answers_can_be_of_another_type_or_length_or_without_end() {
    let (_fleet, small) = small().await;
    let mut client = Client::over(small.connect_in_memory());
    small.set_fault(Fault::WrongType { content_type: "text/html".to_owned(), on: Requests::All });
    let portal = client.call(&small, "GET", "/api/v1/pods", "application/json").await;
    assert_eq!(portal.status(), 200);
    assert!(portal.head.contains("content-type: text/html\r\n") && portal.body.starts_with(b"<!DOCTYPE html>"));
    small.clear_faults();
    let ready = |by| Fault::WrongLength { by, on: Requests::All };
    small.set_fault(ready(100));
    let (short, ending) = heard(&small, "/readyz").await;
    assert!(String::from_utf8_lossy(&short).contains("content-length: 102\r\n"));
    assert_eq!((body(&short), ending), (&b"ok"[..], Ending::Closed));
    small.set_fault(ready(-1));
    let long = Client::over(small.connect_in_memory()).call(&small, "GET", "/readyz", "*/*").await;
    assert_eq!(long.body, b"o");
    small.clear_faults();
    small.set_fault(Fault::Endless { on: Requests::Lists });
    let mut endless = asking(&small, "/api/v1/namespaces").await;
    endless.head().await;
    let mut seen = Vec::new();
    while seen.len() < 4 * 1_024 * 1_024 {
        seen = endless.more_of(seen).await;
    }
    let content = seen.iter().rposition(|byte| *byte != b'\n').unwrap();
    assert!(serde_json::from_slice::<Value>(&seen[..=content]).is_ok() && content < 1_024 * 1_024);
}

#[tokio::test]
async fn errors_have_their_code_and_their_retry_after() {
    let (_fleet, small) = small().await;
    let mut client = Client::over(small.connect_in_memory());
    let plain = Fault::Error { code: 503, retry_after: None, on: Requests::All };
    let later = Fault::Error { code: 429, retry_after: Some(7), on: Requests::Lists };
    for (fault, code, retry) in [(plain, 503, None), (later, 429, Some("7")), (Fault::error(500), 500, None)] {
        small.set_fault(fault);
        let answer = client.call(&small, "GET", "/api/v1/pods", "application/json").await;
        assert_eq!((answer.status(), answer.json()["code"].as_u64()), (code, Some(u64::from(code))));
        let said = answer.head.split("retry-after: ").nth(1).map(|rest| rest.split('\r').next().unwrap());
        assert_eq!(said, retry);
        small.clear_faults();
    }
    small.set_fault(Fault::Error { code: 500, retry_after: None, on: Requests::Checks });
    assert_eq!(client.call(&small, "GET", "/readyz", "*/*").await.status(), 500);
    assert_eq!(client.call(&small, "GET", "/api/v1/pods", "application/json").await.status(), 200);
}
