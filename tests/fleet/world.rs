//! Clusters to select from, a coordinator, and somebody who takes the updates as the event loop would.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fleet_tui::cluster::connect::Target;
use fleet_tui::cluster::limits::Limits;
use fleet_tui::fleet::coordinator::Coordinator;
use fleet_tui::model::ids::{ClusterId, Generation};
use fleet_tui::model::stats::{FleetStats, Stage};
use fleet_tui::model::update::{Envelope, Link, Update};
use fleet_tui::sim::{ClusterHandle, Fleet, Options, Scenario};
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};

/// Nothing here takes so long unless it never comes.
pub const LIMIT: Duration = Duration::from_secs(30);

/// What has arrived of one cluster and generation.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// Its latest link.
    pub link: Option<Link>,
    /// How often it began to connect.
    pub attempts: usize,
    /// All its updates.
    pub updates: usize,
}

type Record = BTreeMap<(String, u64), Heard>;

pub struct World {
    pub coordinator: Arc<Coordinator>,
    pub path: PathBuf,
    generation: Mutex<u64>,
    heard: watch::Receiver<Record>,
    fleet: Option<Fleet>,
    _folder: Option<TempDir>,
}

impl World {
    /// Starts a server for each name.
    pub async fn served(names: &[&str]) -> Self {
        Self::served_within(names, Limits::default()).await
    }

    /// The same, with other numbers to live by.
    pub async fn served_within(names: &[&str], limits: Limits) -> Self {
        // With two providers in the tree of a test build, rustls wants to be told.
        drop(rustls::crypto::ring::default_provider().install_default());
        let clusters = names.iter().map(|name| format!("[[cluster]]\nname = \"{name}\"\npods = 20\n"));
        let scenario = Scenario::from_toml(&clusters.collect::<String>()).unwrap();
        let fleet = Fleet::start(&scenario, Options { seed: Some(1), ..Options::default() }).await.unwrap();
        let text = fleet.kubeconfig(Path::new("/nowhere"));
        Self { fleet: Some(fleet), ..Self::with(&text, limits) }
    }

    /// Names contexts whose servers are not there; every second one cannot even be used.
    pub fn dead(names: &[&str], limits: Limits) -> Self {
        let contexts = names.iter().zip(["c", "gone"].iter().cycle());
        let contexts = contexts.map(|(name, of)| format!("- {{name: {name}, context: {{cluster: {of}}}}}\n"));
        let contexts: String = contexts.collect();
        // Nobody listens on the port of `discard`.
        let text = format!(
            "kind: Config\nclusters: [{{name: c, cluster: {{server: 'http://127.0.0.1:9'}}}}]\ncontexts:\n{contexts}"
        );
        Self::with(&text, limits)
    }

    fn with(kubeconfig: &str, limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        std::fs::write(&path, kubeconfig).unwrap();
        Self { _folder: Some(folder), ..Self::over(path, limits) }
    }

    /// Selects from a kubeconfig that somebody else has written.
    pub fn over(path: PathBuf, limits: Limits) -> Self {
        let (sender, updates) = mpsc::channel(256);
        let coordinator = Arc::new(Coordinator::new(sender, limits));
        let (record, heard) = watch::channel(Record::new());
        tokio::spawn(listen(updates, Arc::clone(&coordinator), record));
        Self { coordinator, path, generation: Mutex::new(0), heard, fleet: None, _folder: None }
    }

    pub fn server(&self, name: &str) -> ClusterHandle {
        self.fleet.as_ref().unwrap().cluster(name).unwrap()
    }

    /// Selects exactly these; returns the generation.
    pub fn select(&self, names: &[&str]) -> u64 {
        let mut generation = self.generation.lock().unwrap();
        *generation += 1;
        let target = |name: &&str| Target { id: id(name), path: self.path.clone(), context: (*name).to_owned() };
        self.coordinator.select(Generation(*generation), names.iter().map(target).collect());
        *generation
    }

    pub async fn settled(&self) {
        self.settled_within(LIMIT).await;
    }

    pub async fn settled_within(&self, limit: Duration) {
        tokio::time::timeout(limit, self.coordinator.settled()).await.expect("the pipeline does not come to rest");
    }

    /// All updates that were ever heard.
    pub fn words(&self) -> usize {
        self.heard.borrow().values().map(|heard| heard.updates).sum()
    }

    pub fn heard(&self, name: &str, generation: u64) -> Heard {
        self.heard.borrow().get(&(name.to_owned(), generation)).cloned().unwrap_or_default()
    }

    /// Waits until what was heard of a cluster is so.
    pub async fn hears(&self, name: &str, generation: u64, so: impl Fn(&Heard) -> bool) {
        self.hears_within(LIMIT, name, generation, so).await;
    }

    pub async fn hears_within(&self, limit: Duration, name: &str, generation: u64, so: impl Fn(&Heard) -> bool) {
        let mut heard = self.heard.clone();
        let key = (name.to_owned(), generation);
        let waited = tokio::time::timeout(limit, heard.wait_for(|all| all.get(&key).is_some_and(&so))).await;
        assert!(waited.is_ok(), "{name}: {:?}", self.heard(name, generation));
    }

    /// The clusters that run, each with the generation it runs for.
    pub fn running(&self) -> BTreeMap<String, u64> {
        let running = |stage| matches!(stage, Stage::Opening | Stage::Open);
        let clusters = self.stats().clusters.into_iter().filter(|cluster| running(cluster.stage));
        clusters.map(|cluster| (cluster.id.to_string(), cluster.generation.0)).collect()
    }

    pub fn stats(&self) -> FleetStats {
        self.coordinator.stats()
    }

    /// All tasks that the runtime knows have to be those of running clusters and these.
    pub async fn no_task_more_than(&self, others: usize) {
        let runtime = tokio::runtime::Handle::current().metrics();
        let only_ours = async {
            loop {
                let stats = self.stats();
                let ours: usize = stats.clusters.iter().filter_map(|cluster| cluster.tasks).sum();
                if runtime.num_alive_tasks() <= others + ours {
                    return;
                }
                // In virtual time nothing else would let the limit come.
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(LIMIT, only_ours).await.expect("a task or a socket lives on");
    }
}

pub fn id(name: &str) -> ClusterId {
    ClusterId::new(name)
}

async fn listen(mut updates: mpsc::Receiver<Envelope>, coordinator: Arc<Coordinator>, record: watch::Sender<Record>) {
    while let Some(envelope) = updates.recv().await {
        coordinator.observe(&envelope);
        record.send_modify(|record| {
            let heard = record.entry((envelope.cluster.to_string(), envelope.generation.0)).or_default();
            heard.updates += 1;
            if let Update::Link(link) = envelope.update {
                heard.attempts += usize::from(link == Link::Connecting);
                heard.link = Some(link);
            }
        });
    }
}
