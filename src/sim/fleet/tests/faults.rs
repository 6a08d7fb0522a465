//! Proves that every fault is real, seen from outside. Must not look inside.

use super::*;

#[tokio::test]
async fn refusing_is_real_and_the_same_port_comes_back() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let mut open = Client::open(small.address()).await;
    assert_eq!(open.call(&small, "GET", "/readyz", "*/*").await.status(), 200);
    small.set_fault(Fault::Refuse);
    assert!(open.ends().await);
    let refused = TcpStream::connect(small.address()).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    small.clear_faults();
    loop {
        // The server listens again once its task has run.
        match TcpStream::connect(small.address()).await {
            Ok(_) => break,
            Err(_) => tokio::task::yield_now().await,
        }
    }
    assert_eq!(ask(&small, "/readyz", "*/*").await.status(), 200);
    let gone = fleet.cluster("gone").unwrap();
    assert_eq!(TcpStream::connect(gone.address()).await.unwrap_err().kind(), std::io::ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn a_frozen_server_answers_nothing_until_it_thaws() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let mut watch = Client::over(small.connect_in_memory());
    let path = format!("/api/v1/pods?watch=true&resourceVersion={}", small.resource_version());
    watch.send(&small, "GET", &path, "application/json").await;
    small.add_pod("shop", "first");
    assert_eq!(watch.next_line().await["object"]["metadata"]["name"], "first");
    small.set_fault(Fault::Freeze);
    small.add_pod("shop", "second");
    let mut other = Client::over(small.connect_in_memory());
    other.send(&small, "GET", "/readyz", "*/*").await;
    assert!(tokio::time::timeout(SILENCE, watch.next_line()).await.is_err());
    assert!(tokio::time::timeout(SILENCE, other.head()).await.is_err());
    small.clear_faults();
    assert_eq!(watch.next_line().await["object"]["metadata"]["name"], "second");
    assert!(other.head().await.contains("200 OK"));
}

#[tokio::test]
async fn a_slow_server_takes_its_time_and_a_failing_one_says_so() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let mut client = Client::over(small.connect_in_memory());
    small.set_fault(Fault::Latency { delay: Duration::from_millis(60), jitter: Duration::ZERO });
    let began = Instant::now();
    assert_eq!(client.call(&small, "GET", "/readyz", "*/*").await.status(), 200);
    assert!(began.elapsed() >= Duration::from_millis(60));
    small.clear_faults();
    for (fault, status) in [(Fault::Error(503), 503), (Fault::Error(429), 429), (Fault::Unauthorized, 401)] {
        small.set_fault(fault);
        let answer = client.call(&small, "GET", "/api/v1/pods", "application/json").await;
        assert_eq!((answer.status(), answer.json()["code"].as_u64()), (status, Some(u64::from(status))));
        small.clear_faults();
    }
}

#[tokio::test]
async fn a_stalled_list_stops_in_the_middle_for_ever() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    small.set_fault(Fault::StallList { after_bytes: 1_000 });
    for path in ["/api/v1/pods", "/api/v1/pods?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"] {
        let mut client = Client::over(small.connect_in_memory());
        client.send(&small, "GET", path, "application/json").await;
        assert!(client.head().await.contains("200 OK"));
        assert_eq!(client.take_until_silent(SILENCE).await.len(), 1_000, "{path}");
    }
}

#[tokio::test]
async fn dropped_watches_are_cut_without_their_end() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let mut watch = Client::over(small.connect_in_memory());
    let path = format!("/api/v1/pods?watch=true&resourceVersion={}", small.resource_version());
    watch.send(&small, "GET", &path, "application/json").await;
    small.add_pod("shop", "first");
    watch.next_line().await;
    small.set_fault(Fault::DropWatches);
    assert!(!watch.ends().await, "the last chunk must be missing");
    let mut next = Client::over(small.connect_in_memory());
    next.send(&small, "GET", &path, "application/json").await;
    assert_eq!(next.next_line().await["object"]["metadata"]["name"], "first");
}

#[tokio::test]
async fn a_timetable_strikes_by_itself() {
    let text =
        "[[cluster]]\nname = \"doomed\"\n[[cluster.fault]]\nkind = \"refuse\"\nafter = \"300ms\"\nfor = \"200ms\"\n";
    let fleet = Fleet::start(&Scenario::from_toml(text).unwrap(), Options::default()).await.unwrap();
    let doomed = fleet.cluster("doomed").unwrap();
    let mut open = Client::open(doomed.address()).await;
    assert_eq!(open.call(&doomed, "GET", "/readyz", "*/*").await.status(), 200);
    assert!(open.ends().await);
    let began = Instant::now();
    while TcpStream::connect(doomed.address()).await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(10), "it never came back");
        tokio::task::yield_now().await;
    }
    assert_eq!(ask(&doomed, "/readyz", "*/*").await.status(), 200);
}
