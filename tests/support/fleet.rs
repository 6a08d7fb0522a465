//! A fleet for tests of state and screen: built from updates alone, at a fixed moment, without any network.

use std::sync::Arc;
use std::time::Duration;

use fleet_tui::app::clock::Now;
use fleet_tui::app::input::{Input, Key};
use fleet_tui::app::message::{Effect, Message};
use fleet_tui::app::state::{App, Launch};
use fleet_tui::config::choice::Zone;
use fleet_tui::config::settings::Settings;
use fleet_tui::model::age::{Moment, Unix};
use fleet_tui::model::amount::{Amount, Amounts};
use fleet_tui::model::catalog::{Catalog, ContextEntry, KubeconfigFile};
use fleet_tui::model::event::EventRow;
use fleet_tui::model::failure::{Failure, FailureKind};
use fleet_tui::model::ids::{ClusterId, Uid};
use fleet_tui::model::kind::Kind;
use fleet_tui::model::namespace::NamespaceRow;
use fleet_tui::model::node::NodeRow;
use fleet_tui::model::pod::{PodPhase, PodRow};
use fleet_tui::model::unwell::{Cause, Unwell};
use fleet_tui::model::update::{Beat, BeatOutcome, Delta, Envelope, Identity, Link, Reading, Scope, Update};
use fleet_tui::view::canvas::ViewModel;
use fleet_tui::view::glyphs::Glyphs;
use fleet_tui::view::{heights, project};

/// The moment everything happens at.
pub const UNIX: Unix = Unix(1_790_000_000);

/// A state with a clock that the test moves.
pub struct Stage {
    pub app: App,
    pub seconds: u64,
    pub effects: Vec<Effect>,
}

impl Stage {
    /// Starts with a catalog of these contexts in one file, all of them opened.
    pub fn open(contexts: &[&str], size: (u16, u16)) -> Self {
        let launch = Launch { all: true, ..Launch::default() };
        // Wherever the test runs.
        let settings = Settings { time_zone: Zone::utc(), ..Settings::default() };
        let mut stage = Self { app: App::new(size, launch, settings), seconds: 0, effects: Vec::new() };
        stage.tell(Message::Catalog(catalog(contexts)));
        stage
    }

    pub fn now(&self) -> Now {
        let unix = Unix(UNIX.0 + self.seconds as i64);
        Now { unix, mono: Duration::from_secs(100 + self.seconds), clock: "12:04".to_owned() }
    }

    pub fn tell(&mut self, message: Message) {
        let now = self.now();
        let effects = self.app.update(message, &now);
        self.effects.extend(effects);
        let concluded = self.app.conclude();
        self.effects.extend(concluded);
    }

    /// Presses keys by name, separated by blanks.
    pub fn press(&mut self, names: &str) {
        for name in names.split_whitespace() {
            let key: Key = name.parse().unwrap();
            self.tell(Message::Input(Input::Key(key)));
            self.settle();
        }
    }

    /// Types text, a key per character.
    pub fn type_text(&mut self, text: &str) {
        for typed in text.chars() {
            self.tell(Message::Input(Input::Key(Key::char(typed))));
        }
        self.settle();
    }

    /// Sends an update of a cluster, with the generation it was opened with.
    pub fn update(&mut self, name: &str, update: Update) {
        let cluster = ClusterId::new(&format!("config:{name}"));
        let generation = self.app.fleet.get(&cluster).map(|open| open.generation).unwrap_or_default();
        self.tell(Message::Update(Envelope { cluster, generation, update }));
    }

    pub fn wait(&mut self, seconds: u64) {
        self.seconds += seconds;
        self.tell(Message::Tick);
    }

    pub fn settle(&mut self) {
        self.app.prepare(heights(&self.app));
        // What the dashboard does beside its loop is done at once.
        for work in self.app.take_work() {
            let mut answers = Vec::new();
            work.run(|message| answers.push(message));
            for message in answers {
                self.tell(message);
            }
            self.app.prepare(heights(&self.app));
        }
    }

    pub fn picture(&mut self) -> ViewModel {
        self.settle();
        project(&self.app, &Glyphs::UNICODE)
    }

    /// The cluster answers, is permitted everything, and has these rows.
    pub fn serve(&mut self, name: &str, pods: Vec<PodRow>, nodes: Vec<NodeRow>) {
        self.up(name);
        let mut namespaces: Vec<&str> = pods.iter().map(|pod| &*pod.namespace).collect();
        namespaces.push("kube-system");
        namespaces.sort_unstable();
        namespaces.dedup();
        let namespaces = namespaces.into_iter().map(namespace).collect();
        self.update(name, Update::Pods(full(pods)));
        self.update(name, Update::Nodes(full(nodes)));
        self.update(name, Update::Events(full(vec![event("checkout", "cart-1", "BackOff")])));
        self.update(name, Update::Namespaces(full(namespaces)));
        for kind in Kind::STANDING {
            self.update(name, Update::Reading(kind, Reading::Live));
        }
    }

    pub fn up(&mut self, name: &str) {
        self.update(name, Update::Link(Link::Connecting));
        self.update(name, Update::Link(Link::Up));
        let identity = Identity {
            user: Some("jane".to_owned()),
            server: "https://10.0.0.1:6443".to_owned(),
            ..Identity::default()
        };
        self.update(name, Update::Identity(identity));
        self.update(name, Update::Version("v1.35.1".to_owned()));
        for kind in Kind::STANDING {
            self.update(name, Update::Reading(kind, Reading::Waiting));
        }
        self.beat(name, 41);
    }

    pub fn beat(&mut self, name: &str, millis: u64) {
        let beat = Beat { latency: Duration::from_millis(millis), outcome: BeatOutcome::Ready };
        self.update(name, Update::Beat(beat));
    }

    pub fn miss(&mut self, name: &str) {
        let failure = Failure::new(FailureKind::Timeout, "no answer within 5s");
        self.update(
            name,
            Update::Beat(Beat { latency: Duration::from_secs(5), outcome: BeatOutcome::Missed(failure) }),
        );
    }

    pub fn down(&mut self, name: &str, kind: FailureKind, summary: &str) {
        let failure = Failure::new(kind, summary);
        let link = Link::Down { failure, auth_attempts: 0, settled: false, retry_in: Some(Duration::from_secs(11)) };
        self.update(name, Update::Link(link));
    }
}

pub fn catalog(contexts: &[&str]) -> Catalog {
    let entry = |name: &&str| ContextEntry {
        id: ClusterId::new(&format!("config:{name}")),
        name: (*name).to_owned(),
        short_name: (*name).to_owned(),
        server: format!("https://{name}.example:6443"),
        user: "jane".to_owned(),
        plugin: true,
        namespace: None,
        current: false,
        problem: None,
    };
    let file = KubeconfigFile {
        path: "/home/jane/.kube/config".into(),
        label: "config".to_owned(),
        problem: None,
        contexts: contexts.iter().map(entry).collect(),
    };
    Catalog { files: vec![file], notices: Vec::new(), looked_in: vec!["/home/jane/.kube".into()] }
}

pub fn full<R>(rows: Vec<R>) -> Delta<R> {
    Delta { scope: Scope::Cluster, restart: true, rows, gone: Vec::new(), complete: true }
}

pub fn uid(text: &str) -> Uid {
    Uid::parse(text)
}

pub fn pod(namespace: &str, name: &str) -> PodRow {
    PodRow {
        uid: uid(&format!("{namespace}/{name}")),
        namespace: Arc::from(namespace),
        name: name.into(),
        node: Arc::from("ip-10-20-35-66.eu-west-1.compute.internal"),
        status: Arc::from("Running"),
        phase: PodPhase::Running,
        ready: 1,
        containers: 1,
        restarts: 0,
        last_restart: Moment::NONE,
        created: UNIX.plus(-3 * 3600),
        ip: Some([10, 128, 5, 9].into()),
        requests: Amounts { cpu: Amount::new(250), memory: Amount::new(128) },
        limits: Amounts { cpu: Amount::NONE, memory: Amount::new(256) },
        usage: Amounts::NONE,
        unwell: None,
        rare: None,
    }
}

pub fn crashing(namespace: &str, name: &str) -> PodRow {
    let reason = "container api: back-off 5m0s restarting failed container; last exit 137 OOMKilled";
    PodRow {
        status: Arc::from("CrashLoopBackOff"),
        ready: 0,
        restarts: 14,
        last_restart: UNIX.plus(-125).into(),
        unwell: Some(Box::new(Unwell::new(Unix(0), Cause::CrashLoop, reason))),
        ..pod(namespace, name)
    }
}

pub fn node(name: &str, ready: bool) -> NodeRow {
    NodeRow {
        uid: uid(name),
        name: name.into(),
        status: Arc::from(if ready { "Ready" } else { "NotReady" }),
        ready,
        cordoned: false,
        roles: Arc::from("<none>"),
        created: UNIX.plus(-40 * 86_400),
        version: Arc::from("v1.35.1"),
        internal_ip: "10.20.35.66".into(),
        external_ip: "".into(),
        os_image: Arc::from("Amazon Linux 2023.8.20250915"),
        kernel: Arc::from("6.12.48 (amd64)"),
        runtime: Arc::from("containerd://2.1.4"),
        capacity: Amounts { cpu: Amount::new(8_000), memory: Amount::new(32_000) },
        allocatable: Amounts { cpu: Amount::new(4_000), memory: Amount::new(15_000) },
        pod_limit: 110,
        usage: Amounts::NONE,
        unwell: (!ready)
            .then(|| Box::new(Unwell::new(Unix(0), Cause::NodeNotReady, "kubelet stopped posting node status"))),
    }
}

pub fn event(namespace: &str, object: &str, reason: &str) -> EventRow {
    EventRow {
        uid: uid(&format!("event {namespace}/{object}/{reason}")),
        namespace: Arc::from(namespace),
        name: object.into(),
        last_seen: UNIX.plus(-90),
        first_seen: UNIX.plus(-900),
        event_type: Arc::from(if reason == "BackOff" { "Warning" } else { "Normal" }),
        reason: Arc::from(reason),
        object: format!("pod/{object}").into(),
        subobject: Arc::from(""),
        source: Arc::from("kubelet, node-a"),
        message: "Back-off restarting failed container api in pod cart-1".into(),
        count: 7,
    }
}

pub fn namespace(name: &str) -> NamespaceRow {
    NamespaceRow {
        uid: uid(name),
        name: Arc::from(name),
        status: Arc::from("Active"),
        created: UNIX.plus(-86_400),
        deleting: None,
    }
}
