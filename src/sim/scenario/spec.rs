//! Owns the words of a scenario file. Must not check how they go together.

use std::time::Duration;

use serde::Deserialize;

use super::duration;
use super::timetable::FaultSpec;

/// One cluster.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterSpec {
    /// The context's name.
    pub name: String,
    /// How many such clusters there are; above 1 the names get `-001`, `-002` ...
    #[serde(default = "one")]
    pub count: u16,
    /// Server version, for example `v1.35.2`.
    #[serde(default = "newest_version")]
    pub version: String,
    /// Whose node names, images and system pods it has.
    #[serde(default)]
    pub provider: Provider,
    /// Region of its nodes.
    #[serde(default = "first_region")]
    pub region: String,
    /// Number of nodes, control plane included where the provider shows it.
    #[serde(default = "three")]
    pub nodes: u16,
    /// About how many pods, system pods included.
    #[serde(default)]
    pub pods: u32,
    /// Names of the application namespaces; when empty, `namespace_count` are made up.
    #[serde(default)]
    pub namespaces: Vec<String>,
    /// How many application namespaces to make up; 0 means as many as the pods suggest.
    #[serde(default)]
    pub namespace_count: u16,
    /// Serves HTTPS, with an authority of its own; plain HTTP otherwise, over which kubectl sends no credentials.
    #[serde(default = "yes")]
    pub tls: bool,
    /// Nothing listens on its port.
    #[serde(default)]
    pub unreachable: bool,
    /// Every answer waits this long.
    #[serde(default, with = "duration::text")]
    pub latency: Duration,
    /// Up to this much is added to the latency.
    #[serde(default, with = "duration::text")]
    pub jitter: Duration,
    /// Who the kubeconfig's user is there.
    #[serde(default)]
    pub user: UserSpec,
    /// What goes on.
    #[serde(default)]
    pub churn: Churn,
    /// What the server can do.
    #[serde(default)]
    pub capabilities: Capabilities,
    /// What is wrong.
    #[serde(rename = "trouble", default)]
    pub troubles: Vec<TroubleSpec>,
    /// What breaks when.
    #[serde(rename = "fault", default)]
    pub faults: Vec<FaultSpec>,
}

/// Where a cluster runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provider {
    /// Amazon EKS.
    #[default]
    Eks,
    /// Google GKE.
    Gke,
    /// Azure AKS.
    Aks,
    /// k3s on small machines.
    K3s,
    /// kubeadm on one's own machines, control plane visible.
    Kubeadm,
}

/// How the kubeconfig's user authenticates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Auth {
    /// A bearer token in the kubeconfig.
    #[default]
    Token,
    /// A client certificate in the kubeconfig; needs `tls`.
    ClientCert,
    /// A credential plugin that gives the token.
    Plugin,
    /// A credential plugin that fails as an expired login does.
    ExpiredPlugin,
}

/// The user of a kubeconfig and what it may do.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UserSpec {
    /// The name the server knows.
    pub name: String,
    /// Its groups; `system:authenticated` is added.
    pub groups: Vec<String>,
    /// Namespaces it may read; when empty, everything.
    pub allowed_namespaces: Vec<String>,
    /// The namespace of the context.
    pub context_namespace: Option<String>,
    /// How it authenticates.
    pub auth: Auth,
}

impl Default for UserSpec {
    fn default() -> Self {
        Self {
            name: "admin".to_owned(),
            groups: vec!["system:masters".to_owned()],
            allowed_namespaces: Vec::new(),
            context_namespace: None,
            auth: Auth::Token,
        }
    }
}

/// How much happens per minute, on average.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Churn {
    /// Single pods replaced.
    pub replacements: f64,
    /// Rollouts begun.
    pub rollouts: f64,
    /// Events about well objects (failed probes and the like).
    pub events: f64,
    /// Runs of cron jobs begun.
    pub jobs: f64,
    /// Nodes that go silent for 30 to 90 s.
    pub node_flips: f64,
}

/// What a server can do; real old ones lack some.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Capabilities {
    /// Streaming lists (`sendInitialEvents`); without, they answer 422.
    pub streaming_lists: bool,
    /// Answers in protobuf.
    pub protobuf: bool,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self { streaming_lists: true, protobuf: true }
    }
}

/// Something that is wrong from the start.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TroubleSpec {
    /// What is wrong.
    pub kind: TroubleKind,
    /// The workload's name, for workload troubles; made up if not given.
    #[serde(default)]
    pub workload: Option<String>,
    /// The workload's namespace; the first application namespace if not given.
    #[serde(default)]
    pub namespace: Option<String>,
    /// How many pods or nodes have it.
    #[serde(default = "one")]
    pub number: u16,
}

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TroubleKind {
    /// Containers that exit with 1 again and again.
    CrashLoop,
    /// Containers killed for their memory again and again.
    OutOfMemory,
    /// Images that cannot be pulled.
    ImagePull,
    /// Pods no node fits.
    Unschedulable,
    /// Init containers that never end.
    InitStuck,
    /// Containers that run but never pass their readiness probe.
    FailingProbe,
    /// Stateful pods whose claims ask for a storage class there is none of.
    PendingClaim,
    /// As many pods again cannot be made: a quota is used up.
    QuotaExceeded,
    /// As many pods again cannot be made: an admission webhook does not answer.
    FailingWebhook,
    /// A namespace that cannot end, with so many objects that wait for their finalizers.
    StuckFinalizer,
    /// Nodes whose kubelet stopped reporting three minutes before the start.
    NodeNotReady,
    /// Nodes under memory pressure.
    MemoryPressure,
    /// Nodes taken out of scheduling.
    Cordoned,
}

impl TroubleKind {
    /// Tells whether it is nodes that have it.
    pub(crate) fn is_of_nodes(self) -> bool {
        matches!(self, Self::NodeNotReady | Self::MemoryPressure | Self::Cordoned)
    }

    /// Tells whether no node is good enough for a pod.
    pub(crate) fn keeps_from_nodes(self) -> bool {
        matches!(self, Self::Unschedulable | Self::PendingClaim)
    }
}

fn yes() -> bool {
    true
}

fn one() -> u16 {
    1
}

fn three() -> u16 {
    3
}

fn newest_version() -> String {
    "v1.36.2".to_owned()
}

fn first_region() -> String {
    "eu-west-1".to_owned()
}
