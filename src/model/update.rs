//! What a cluster's tasks tell the event loop, and what the loop tells them. Plain data; must not know channels.
//!
//! Updates are facts ("the heartbeat missed", "these pods changed"); what they mean (health, lifecycle, staleness) is
//! decided in one place, from the facts, by [`super::health`] and [`super::lifecycle`].

use std::sync::Arc;
use std::time::Duration;

use super::detail::{Finding, Inquiry, ObjectRef};
use super::event::EventRow;
use super::failure::Failure;
use super::ids::{ClusterId, Generation, Uid};
use super::kind::Kind;
use super::namespace::NamespaceRow;
use super::node::NodeRow;
use super::object::{ColumnDefinition, ObjectRow};
use super::pod::PodRow;
use super::resource::ApiResource;
use super::rules::Rules;
use super::subset::Subset;
use super::survey::Survey;
use super::usage::{Metered, Usage};

/// An update with its sender. There is no update without a cluster.
#[derive(Debug)]
pub struct Envelope {
    /// Who sends it.
    pub cluster: ClusterId,
    /// The generation of the selection that opened the sender; older ones are dropped.
    pub generation: Generation,
    /// What it says.
    pub update: Update,
}

/// One fact about one cluster.
#[derive(Debug)]
pub enum Update {
    /// The connection's state changed.
    Link(Link),
    /// The context leads to another server or namespace from now on: nothing that was told before holds there.
    Elsewhere,
    /// The files behind the context say something else, which does not work, and why; what they said before goes on.
    /// `None` once that is over.
    Withheld(Option<Failure>),
    /// Who we are there, as the pre-flight learned it.
    Identity(Identity),
    /// The server's version, for example `v1.36.2`.
    Version(String),
    /// A heartbeat ended; or, on a cluster that was reached once, an attempt to connect that found no way there: while
    /// the connection is down these are its heartbeats.
    Beat(Beat),
    /// How far the reading of one kind has come.
    Reading(Kind, Reading),
    /// Pods changed.
    Pods(Delta<PodRow>),
    /// Nodes changed.
    Nodes(Delta<NodeRow>),
    /// Events changed.
    Events(Delta<EventRow>),
    /// Namespaces changed.
    Namespaces(Delta<NamespaceRow>),
    /// The columns the server has for a kind that is not one of the standing ones; sent before its rows.
    Columns(Kind, Vec<ColumnDefinition>),
    /// Objects of such a kind changed.
    Objects(Kind, Delta<ObjectRow>),
    /// Which objects the server picks changed: identities.
    Picked(Arc<Subset>, Delta<Uid>),
    /// How far the reading of what it picks has come.
    Picking(Arc<Subset>, Reading),
    /// What we may list in a namespace.
    Rules(Arc<str>, Rules),
    /// How many objects of a kind there are of what is counted; `None` if the server does not say how many.
    Counted(Arc<Counting>, Kind, Result<Option<u64>, Failure>),
    /// Every kind the server serves and lists.
    Resources(Vec<Arc<ApiResource>>),
    /// What the nodes of a watched cluster use, all together.
    Usage(Usage),
    /// What was measured of each node or pod.
    Metered(Metered),
    /// A survey of a cluster that is not watched ended well.
    Survey(Survey),
    /// What was found of the object that a person looks at.
    Found(ObjectRef, Finding),
}

/// Where the connection stands, as the cluster's supervisor sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// Building clients and asking who we are.
    Connecting,
    /// Waiting for the credential plugin, named by its program.
    Plugin {
        /// The program's file name, without its path or arguments.
        program: String,
    },
    /// The pre-flight passed; heartbeat and readers run.
    Up,
    /// An established connection is being replaced with a new one.
    Rebuilding,
    /// The rebuilding is over: new connections are in place, or the old ones stay. As `Up`, but nothing has answered yet.
    Rebuilt,
    /// The last try failed; the next one comes by itself.
    Down {
        /// Why.
        failure: Failure,
        /// The number of verdicts of class auth in a row; 0 for other classes.
        auth_attempts: u32,
        /// All auth attempts are spent: the state is `invalid`, probed slowly.
        settled: bool,
        /// Time until the next try; `None` if only a person can help (the context itself is unusable).
        retry_in: Option<Duration>,
    },
}

/// Who we are on a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// `status.userInfo.username` of a `SelfSubjectReview`; `None` where the server does not say.
    pub user: Option<String>,
    /// `status.userInfo.groups`.
    pub groups: Vec<String>,
    /// The server's address as in the kubeconfig.
    pub server: String,
    /// The context's namespace; `None` if it names none.
    pub namespace: Option<String>,
}

/// The outcome of one heartbeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beat {
    /// From request to answer, or to giving up.
    pub latency: Duration,
    /// What came of it.
    pub outcome: BeatOutcome,
}

/// What a heartbeat found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BeatOutcome {
    /// The server answered and is ready (403 and 429 count: it is reachable).
    Ready,
    /// The server answered that it is not ready; names the failing check.
    NotReady(Failure),
    /// No answer.
    Missed(Failure),
}

/// How far the reading of one kind has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Asked, first list not complete.
    Waiting,
    /// Complete and kept current by a watch.
    Live,
    /// Complete; may be listed but not watched, so it is listed again at this pace.
    Polled(Duration),
    /// We may not list it; the server's words.
    Forbidden(String),
    /// The server does not know it.
    Missing,
    /// The stream broke; what was read stays.
    Broken {
        /// Why.
        failure: Failure,
        /// Time until the next try.
        retry_in: Duration,
    },
}

/// Which part of a kind a list or watch covers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// All of the cluster.
    Cluster,
    /// One namespace, where the cluster as a whole is forbidden.
    Namespace(Arc<str>),
}

/// A folded change of one kind's rows. A uid is in `rows` or in `gone`, never in both.
///
/// To apply: note the restart; upsert `rows`, remove `gone`; then, if `complete`, remove every row of the scope that
/// was not upserted since the restart. Nothing is removed on a restart itself, so a resync never blanks a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delta<R> {
    /// What the list or watch behind it covers.
    pub scope: Scope,
    /// A full listing starts with this delta.
    pub restart: bool,
    /// Objects added or changed, newest state each.
    pub rows: Vec<R>,
    /// Objects deleted.
    pub gone: Vec<Uid>,
    /// The full listing ends with this delta.
    pub complete: bool,
}

/// What the event loop asks of one cluster's tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClusterCommand {
    /// Try now whatever waits for its next try.
    RetryNow,
    /// List this kind anew, though its watch is sound.
    Refresh(Kind),
    /// Whether this cluster's tab is in front; it decides the heartbeat's pace.
    Active(bool),
    /// The namespaces to read where the cluster as a whole is forbidden, besides the context's own.
    Namespaces(Vec<Arc<str>>),
    /// Whether rows are kept current by watches, or the cluster is surveyed now and then.
    Reading(ReadingMode),
    /// The one object to follow while a person looks at it; `None` once nobody does.
    Look(Option<Arc<Inquiry>>),
    /// The kinds somebody looks at: these are read besides the standing ones, no others.
    Kinds(Vec<Kind>),
    /// The part of a kind that the server is to pick; `None` once nobody wants to know.
    Pick(Option<Arc<Subset>>),
    /// Tell once what we may list in each of these namespaces.
    Rules(Vec<Arc<str>>),
    /// Count once what a namespace holds; `None` once nobody wants to know.
    Count(Option<Arc<Counting>>),
    /// The kubeconfig changed on disk: rebuild from it now.
    Reload,
    /// Something got worse: what is only caught up with now and then is wanted soon.
    CatchUp,
    /// The network changed: after this delay, drop old sockets and probe anew.
    Reconnect(Duration),
}

/// What is to be counted: objects of these kinds, in one namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counting {
    /// The namespace; empty for the cluster as a whole.
    pub namespace: Arc<str>,
    /// The kinds.
    pub kinds: Vec<Kind>,
    /// Only those that name this owner.
    pub owner: Option<Uid>,
}

/// How a cluster is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ReadingMode {
    /// Lists and watches keep every row current.
    #[default]
    Watch,
    /// A survey every `survey.interval`; no rows are kept.
    Survey,
}
