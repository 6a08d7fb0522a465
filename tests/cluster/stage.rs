//! A fleet of embedded servers, the wires to them, and open clusters with the end of their channels.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use fleet_tui::cluster::connect::Target;
use fleet_tui::cluster::dial::{Dialer, Duplex};
use fleet_tui::cluster::limits::Limits;
use fleet_tui::cluster::supervisor::{ClusterHandle, open};
use fleet_tui::model::ids::{ClusterId, Generation};
use fleet_tui::model::kind::Kind;
use fleet_tui::model::survey::Survey;
use fleet_tui::model::update::{ClusterCommand, Envelope, Link, Reading, Update};
use fleet_tui::sim::{self, Fleet, Options, Scenario};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, timeout};

/// What happens to whoever connects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// They are connected.
    #[default]
    Open,
    /// They are refused.
    Refused,
    /// Nothing answers, ever.
    Blackhole,
}

/// A server with the wires to it.
#[derive(Clone)]
pub struct Wire {
    server: sim::ClusterHandle,
    way: Arc<Mutex<Way>>,
    open: Arc<AtomicUsize>,
    dialled: Arc<AtomicUsize>,
    lost: Arc<AtomicUsize>,
}

impl Wire {
    /// Loses every connection there is without a word, as a laptop does that changes its network.
    pub fn lose(&self) {
        self.lost.store(self.dialled(), Ordering::SeqCst);
    }

    pub fn set(&self, way: Way) {
        *self.way.lock().unwrap() = way;
    }

    /// Connections that are open now.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    /// Connections that were ever opened.
    pub fn dialled(&self) -> usize {
        self.dialled.load(Ordering::SeqCst)
    }

    async fn dial(self) -> io::Result<Box<dyn Duplex>> {
        let way = *self.way.lock().unwrap();
        match way {
            Way::Open => {}
            Way::Refused => return Err(io::ErrorKind::ConnectionRefused.into()),
            Way::Blackhole => std::future::pending().await,
        }
        let number = self.dialled.fetch_add(1, Ordering::SeqCst);
        self.open.fetch_add(1, Ordering::SeqCst);
        let stream = self.server.connect_in_memory();
        Ok(Box::new(Counted { stream, number, lost: self.lost, open: self.open }))
    }
}

/// An open connection, counted.
struct Counted {
    stream: DuplexStream,
    number: usize,
    lost: Arc<AtomicUsize>,
    open: Arc<AtomicUsize>,
}

impl Counted {
    fn is_lost(&self) -> bool {
        self.number < self.lost.load(Ordering::SeqCst)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::SeqCst);
    }
}

impl AsyncRead for Counted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_read(cx, &mut *buffer);
        if polled.is_ready() && self.is_lost() {
            buffer.clear();
            // Whatever arrived, nothing is heard any more.
            return Poll::Pending;
        }
        polled
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.is_lost() {
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Running servers and a kubeconfig with a context for each.
pub struct Stage {
    pub fleet: Fleet,
    pub folder: TempDir,
    pub limits: Limits,
    wires: Vec<Wire>,
}

/// A scenario of quiet clusters: nothing changes by itself.
pub fn quiet(names: &[&str]) -> String {
    let cluster = |name: &&str| {
        format!(
            "[[cluster]]\nname = \"{name}\"\npods = 12\nnodes = 2\nnamespaces = [\"{name}-apps\"]\n[cluster.churn]\n"
        )
    };
    names.iter().map(cluster).collect::<Vec<_>>().concat()
}

impl Stage {
    pub async fn new(scenario: &str) -> Self {
        let scenario = Scenario::from_toml(scenario).unwrap();
        // Their clocks run ahead with the paused time: they must not be ahead of ours.
        let start = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(3);
        let options = Options { start: Some(start), ..Options::default() };
        let fleet = Fleet::start(&scenario, options).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let text = fleet.kubeconfig(&std::env::current_exe().unwrap());
        std::fs::write(folder.path().join("config"), text).unwrap();
        let wire = |server: &sim::ClusterHandle| Wire {
            server: server.clone(),
            way: Arc::default(),
            open: Arc::default(),
            dialled: Arc::default(),
            lost: Arc::default(),
        };
        let wires: Vec<Wire> = fleet.clusters().iter().map(wire).collect();
        let known = wires.clone();
        let dialer = Dialer::new(move |to| {
            let wire = known.iter().find(|wire| Some(wire.server.address().port()) == to.port_u16()).cloned();
            async move { wire.expect("an address of the fleet").dial().await }
        });
        Self { fleet, folder, limits: Limits { dialer: Some(dialer), ..Limits::default() }, wires }
    }

    pub fn wire(&self, name: &str) -> Wire {
        self.wires.iter().find(|wire| wire.server.name() == name).unwrap().clone()
    }

    pub fn server(&self, name: &str) -> sim::ClusterHandle {
        self.fleet.cluster(name).unwrap()
    }

    /// Rewrites the kubeconfig.
    pub fn edit(&self, change: impl Fn(String) -> String) {
        let path = self.folder.path().join("config");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, change(text)).unwrap();
    }

    pub fn target(&self, context: &str) -> Target {
        Target { id: ClusterId::new(context), path: self.folder.path().join("config"), context: context.to_owned() }
    }

    pub fn open(&self, context: &str) -> Open {
        let (sender, updates) = tokio::sync::mpsc::channel(256);
        let handle = open(self.target(context), Generation(1), self.limits.clone(), sender, true);
        Open { handle, updates }
    }
}

/// An open cluster with the end of its channel.
pub struct Open {
    pub handle: ClusterHandle,
    pub updates: Receiver<Envelope>,
}

impl Open {
    pub async fn tell(&self, command: ClusterCommand) {
        self.handle.commands.send(command).await.unwrap();
    }

    /// Returns the next update within ten minutes.
    pub async fn next(&mut self) -> Update {
        let next = timeout(Duration::from_secs(600), self.updates.recv()).await;
        next.expect("an update within ten minutes").expect("an open channel").update
    }

    /// Waits for an update that `pick` takes.
    pub async fn until<T>(&mut self, pick: impl Fn(Update) -> Option<T>) -> T {
        loop {
            if let Some(picked) = pick(self.next().await) {
                return picked;
            }
        }
    }

    pub async fn link(&mut self) -> Link {
        self.until(|update| if let Update::Link(link) = update { Some(link) } else { None }).await
    }

    pub async fn survey(&mut self) -> Survey {
        self.until(|update| if let Update::Survey(survey) = update { Some(survey) } else { None }).await
    }

    /// Waits until every kind is live.
    pub async fn live(&mut self) {
        let mut missing = Kind::STANDING.to_vec();
        while !missing.is_empty() {
            let kind = self.until(|update| match update {
                Update::Reading(kind, Reading::Live) => Some(kind),
                _ => None,
            });
            let kind = kind.await;
            missing.retain(|other| *other != kind);
        }
    }

    /// Collects every update of the next `time`.
    pub async fn during(&mut self, time: Duration) -> Vec<Update> {
        let (end, mut seen) = (Instant::now() + time, Vec::new());
        while let Ok(Some(envelope)) = tokio::time::timeout_at(end, self.updates.recv()).await {
            seen.push(envelope.update);
        }
        seen
    }
}
