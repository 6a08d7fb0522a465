//! What `status` costs a cluster: how many questions deep it is, and how many bytes it moves.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fleet_tui::cluster::connect::Target;
use fleet_tui::cluster::dial::{Dialer, Duplex};
use fleet_tui::cluster::glance::glance;
use fleet_tui::cluster::limits::Limits;
use fleet_tui::cluster::query::whole;
use fleet_tui::cluster::supervisor::check;
use fleet_tui::model::glance::Glance;
use fleet_tui::model::ids::ClusterId;
use fleet_tui::model::unwell::Cause;
use fleet_tui::sim::Fleet;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use crate::stage::{PROGRAM, still};

/// One cluster, and what its kubeconfig leads to.
struct Scales {
    fleet: Fleet,
    target: Target,
    _folder: tempfile::TempDir,
}

impl Scales {
    async fn new(scenario: &str) -> Self {
        let fleet = still(scenario).await;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        std::fs::write(&path, fleet.kubeconfig(&PathBuf::from(PROGRAM))).unwrap();
        let target = Target { id: ClusterId::new("config:one"), path, context: "one".to_owned() };
        Self { fleet, target, _folder: folder }
    }

    /// Leads the kubeconfig through a relay that counts what the server sends, encrypted and compressed as it is.
    async fn weigh(&self) -> Arc<AtomicUsize> {
        let server = self.fleet.clusters()[0].address();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let relay = listener.local_addr().unwrap();
        let text = std::fs::read_to_string(&self.target.path).unwrap();
        std::fs::write(&self.target.path, text.replace(&server.to_string(), &relay.to_string())).unwrap();
        let bytes = Arc::<AtomicUsize>::default();
        let counted = bytes.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(server).await else { break };
                let (mut from_client, mut to_client) = client.into_split();
                let (mut from_server, mut to_server) = server.into_split();
                let counted = counted.clone();
                tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
                tokio::spawn(async move {
                    let mut buffer = vec![0; 64 * 1024];
                    while let Ok(read @ 1..) = from_server.read(&mut buffer).await {
                        counted.fetch_add(read, Ordering::SeqCst);
                        if to_client.write_all(&buffer[..read]).await.is_err() {
                            break;
                        }
                    }
                });
            }
        });
        bytes
    }
}

#[tokio::test(start_paused = true)]
async fn a_look_at_a_healthy_cluster_is_at_most_three_requests_deep() {
    let scales =
        Scales::new("[[cluster]]\nname = \"one\"\npods = 60\nnodes = 3\nlatency = \"1s\"\n[cluster.churn]\n").await;
    let server = scales.fleet.clusters()[0].clone();
    let dialer = Dialer::new(move |_| {
        let stream = server.connect_in_memory();
        async move { Ok(Box::new(stream) as Box<dyn Duplex>) }
    });
    let started = Instant::now();
    let limits = Limits { dialer: Some(dialer), ..Limits::default() };
    let seen = Box::pin(glance(scales.target.clone(), limits)).await.unwrap();
    // Every answer takes a second, so the seconds are the depth; the rest of the time stands still.
    assert!(started.elapsed() < Duration::from_millis(3_500), "{:?}", started.elapsed());
    assert_eq!(seen.survey.nodes, Some((3, 3)));
    assert!(seen.survey.pods.is_some_and(|pods| pods.running > 30 && pods.unwell.is_empty()));
    let lists = scales.fleet.clusters()[0].requests();
    let objects = lists.iter().filter(|request| request.contains("/pods?") && !request.contains("fieldSelector"));
    assert_eq!(objects.count(), 0, "pods are never listed as a whole: {lists:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_at_ten_thousand_pods_moves_less_than_a_fiftieth_of_their_json() {
    let (seen, moved, json) = weighed("pods = 10000\nnodes = 100\n").await;
    let pods = seen.survey.pods.unwrap();
    assert!(pods.running + pods.pending + pods.failed + seen.succeeded > 9_000, "{pods:?}");
    assert!(moved * 50 <= json, "{moved} of {json} bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_hundred_pods_crash_of_is_learned_from_these_alone() {
    let trouble = "[[cluster.trouble]]\nkind = \"out-of-memory\"\nnumber = 104\n";
    let (seen, moved, json) = weighed(&format!("pods = 10000\nnodes = 100\n{trouble}")).await;
    assert_eq!(seen.survey.pods.unwrap().unwell, [(Cause::OutOfMemory, 104)]);
    assert!(moved * 50 <= json, "{moved} of {json} bytes");
}

/// Looks at a cluster; what was seen, how many bytes that moved, and how many the JSON of its pods has.
async fn weighed(cluster: &str) -> (Glance, usize, usize) {
    let scales = Scales::new(&format!("[[cluster]]\nname = \"one\"\n{cluster}")).await;
    let bytes = scales.weigh().await;
    let patience = Duration::from_secs(600);
    let mut limits = Limits { check: patience, connect: patience, preflight: patience, ..Limits::default() };
    limits.survey.timeout = patience;
    let seen = Box::pin(glance(scales.target.clone(), limits.clone())).await.unwrap();
    let moved = bytes.load(Ordering::SeqCst);
    let (connection, _) = check(scales.target.clone(), limits).await.unwrap();
    let json = whole(&connection, "/api/v1/pods", "application/json", patience).await.unwrap().len();
    (seen, moved, json)
}
