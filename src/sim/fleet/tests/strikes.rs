//! Proves what strikes at a moment: dropped watches, restarts, expiry, new versions, timetables, the whole network.
//! Must not look inside.

use super::wire::Ending;
use super::*;
use crate::sim::fault::Cut;
use crate::sim::scenario::FaultSpec;

fn started(text: &str) -> impl Future<Output = Fleet> {
    let scenario = Scenario::from_toml(text).unwrap();
    async move { Fleet::start(&scenario, Options::default()).await.unwrap() }
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
async fn a_restart_cuts_connections_and_forgets_old_versions() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let first = ask(&small, "/api/v1/pods?limit=2", "application/json").await.json();
    let version = first["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    let watch_path = format!("/api/v1/pods?watch=true&resourceVersion={version}");
    let mut watch = Client::over(small.connect_in_memory());
    watch.send(&small, "GET", &watch_path, "application/json").await;
    small.add_pod("shop", "last");
    watch.next_line().await;
    let mut idle = Client::open(small.address()).await;
    assert_eq!(idle.call(&small, "GET", "/readyz", "*/*").await.status(), 200);
    let count = small.count(Resource::Pods, None);
    small.set_fault(Fault::Restart);
    assert!(!watch.ends().await && idle.ends().await);
    let mut again = Client::over(small.connect_in_memory());
    again.send(&small, "GET", &watch_path, "application/json").await;
    let expired = again.next_line().await;
    assert_eq!((expired["type"].as_str(), expired["object"]["code"].as_u64()), (Some("ERROR"), Some(410)));
    let token = first["metadata"]["continue"].as_str().unwrap();
    let page = ask(&small, &format!("/api/v1/pods?limit=2&continue={token}"), "application/json").await;
    assert_eq!(page.status(), 410);
    let list = ask(&small, "/api/v1/pods", "application/json").await.json();
    let newer: u64 = list["metadata"]["resourceVersion"].as_str().unwrap().parse().unwrap();
    assert!(newer > version.parse::<u64>().unwrap() + 100_000);
    assert_eq!(list["items"].as_array().unwrap().len(), count);
}

#[tokio::test]
async fn an_expired_token_stays_refused_and_the_plugin_has_a_new_one() {
    let fleet = started("[[cluster]]\nname = \"sso\"\ntls = false\n[cluster.user]\nauth = \"plugin\"\n").await;
    let sso = fleet.cluster("sso").unwrap();
    let config = kube::config::Kubeconfig::from_yaml(&fleet.kubeconfig(Path::new("p"))).unwrap();
    let exec = config.auth_infos[0].auth_info.as_ref().unwrap().exec.clone().unwrap();
    let plugin = || {
        let outcome = crate::sim::credential::run(&exec.args.as_ref().unwrap()[1..]);
        serde_json::from_str::<Value>(&outcome.stdout).unwrap()["status"]["token"].as_str().unwrap().to_owned()
    };
    let mut client = Client::over(sso.connect_in_memory());
    let mut status = async |token: &str| {
        let credentials = format!("Authorization: Bearer {token}\r\n");
        client.call_as(&credentials, "GET", "/api/v1/pods", "application/json").await.status()
    };
    let old = plugin();
    assert_eq!(status(&old).await, 200);
    sso.set_fault(Fault::TokenExpiry);
    let new = plugin();
    assert_eq!((status(&old).await, status(&new).await, new == sso.token()), (401, 200, true));
    sso.set_fault(Fault::TokenExpiry);
    assert_eq!((status(&old).await, status(&new).await, status(&plugin()).await), (401, 401, 200));
    sso.set_fault(Fault::Unauthorized);
    assert_eq!(status(&plugin()).await, 401);
    sso.clear_faults();
    assert_eq!(status(&plugin()).await, 200);
}

#[tokio::test]
async fn a_server_can_say_that_it_was_upgraded() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    small.set_fault(Fault::Version { version: "v1.37.0".to_owned() });
    let version = ask(&small, "/version", "application/json").await.json();
    assert_eq!((version["gitVersion"].as_str(), version["minor"].as_str()), (Some("v1.37.0"), Some("37")));
    small.clear_faults();
    assert_eq!(ask(&small, "/version", "application/json").await.json()["gitVersion"], "v1.36.2");
}

#[tokio::test(start_paused = true)]
async fn a_timetable_strikes_by_itself_and_again() {
    let text = "[[cluster]]\nname = \"doomed\"\ntls = false\n[[cluster.fault]]\nkind = \"refuse\"\nafter = \"10s\"\nfor = \"27s\"\nevery = \"150s\"\n";
    let began = Instant::now();
    let fleet = started(text).await;
    let doomed = fleet.cluster("doomed").unwrap();
    for strike in [10, 160, 310] {
        let mut open = Client::over(doomed.connect_in_memory());
        // A watch: what nobody uses would be ended before.
        let path = format!("/api/v1/pods?watch=true&resourceVersion={}", doomed.resource_version());
        open.send(&doomed, "GET", &path, "application/json").await;
        assert!(open.head().await.contains("200 OK"));
        while let (_, Ending::Silence) = open.bytes().await {}
        assert_eq!(began.elapsed().as_secs(), strike);
        tokio::time::sleep(Duration::from_secs(26)).await;
        assert_eq!(Client::over(doomed.connect_in_memory()).bytes().await, (vec![], Ending::Closed));
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(Client::over(doomed.connect_in_memory()).call(&doomed, "GET", "/readyz", "*/*").await.status(), 200);
    }
}

#[tokio::test(start_paused = true)]
async fn a_fault_switched_on_for_a_time_goes_by_itself() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    small.plan_fault(FaultSpec { lasts: Some(Duration::from_secs(5)), ..FaultSpec::from(Fault::error(503)) });
    assert_eq!(small.planned_faults().len(), 1);
    let mut client = Client::over(small.connect_in_memory());
    assert_eq!(client.call(&small, "GET", "/readyz", "*/*").await.status(), 503);
    tokio::time::sleep(Duration::from_millis(5_001)).await;
    assert_eq!(client.call(&small, "GET", "/readyz", "*/*").await.status(), 200);
    assert_eq!((small.planned_faults(), small.faults()), (vec![], vec![]));
}

#[tokio::test(start_paused = true)]
async fn the_speed_of_the_worlds_is_not_that_of_faults() {
    let text = "[[cluster]]\nname = \"fast\"\ntls = false\n[[cluster.fault]]\nkind = \"freeze\"\nafter = \"10s\"\n";
    let options = Options { speed: 1_000.0, ..Options::default() };
    let fleet = Fleet::start(&Scenario::from_toml(text).unwrap(), options).await.unwrap();
    let fast = fleet.cluster("fast").unwrap();
    tokio::time::sleep(Duration::from_secs(9)).await;
    assert_eq!(fast.faults(), []);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(fast.faults(), [Fault::Freeze]);
}

#[tokio::test(start_paused = true)]
async fn the_network_can_go_for_all_clusters_at_once() {
    let text = "[[fault]]\nkind = \"blackhole\"\nafter = \"5s\"\nfor = \"10s\"\n[[cluster]]\nname = \"c\"\ntls = false\ncount = 4\n";
    let fleet = started(text).await;
    let answers = async || {
        let mut answers = 0;
        for cluster in fleet.clusters() {
            let mut client = Client::over(cluster.connect_in_memory());
            client.send(cluster, "GET", "/readyz", "*/*").await;
            let head = tokio::time::timeout(Duration::from_millis(100), client.head()).await;
            answers += usize::from(head.is_ok());
        }
        answers
    };
    assert_eq!(answers().await, 4);
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(answers().await, 0);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(answers().await, 4);
    fleet.set_fault(&Fault::Stall(Cut::default()));
    assert_eq!(answers().await, 0);
    fleet.clear_faults();
    assert_eq!(answers().await, 4);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_nobody_uses_is_ended_after_a_while_but_never_while_a_fault_holds() {
    let fleet = fleet().await;
    let small = fleet.cluster("small").unwrap();
    let seconds = |from: tokio::time::Instant| from.elapsed().as_secs();
    let mut idle = Client::over(small.connect_in_memory());
    for _ in 0..3 {
        assert_eq!(idle.call(&small, "GET", "/readyz", "*/*").await.status(), 200, "in use");
        tokio::time::sleep(Duration::from_secs(80)).await;
    }
    let mut watch = Client::over(small.connect_in_memory());
    let path = format!("/api/v1/pods?watch=true&timeoutSeconds=600&resourceVersion={}", small.resource_version());
    watch.send(&small, "GET", &path, "application/json").await;
    let began = tokio::time::Instant::now();
    assert!(idle.ends().await && (9..=12).contains(&seconds(began)), "{}", seconds(began));
    tokio::time::sleep(Duration::from_secs(300)).await;
    small.add_pod("shop", "late");
    // A cron job may have been due meanwhile: of its pods the watch tells, too.
    let late = async { while watch.next_line().await["object"]["metadata"]["name"] != "late" {} };
    assert!(tokio::time::timeout(Duration::from_secs(60), late).await.is_ok(), "a watch is a use");
    let mut held = Client::over(small.connect_in_memory());
    assert_eq!(held.call(&small, "GET", "/readyz", "*/*").await.status(), 200);
    small.set_fault(Fault::Freeze);
    assert!(tokio::time::timeout(Duration::from_secs(300), held.ends()).await.is_err(), "ended while frozen");
    small.clear_faults();
    let mended = tokio::time::Instant::now();
    assert!(held.ends().await && (88..=92).contains(&seconds(mended)), "{}", seconds(mended));
}
