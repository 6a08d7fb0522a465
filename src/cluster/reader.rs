//! Reads one kind of one cluster and keeps it current, for as long as it is polled.
//!
//! Owns the choice between the cluster as a whole and single namespaces, and what state the kind as a whole is in. Must
//! not know how requests are authenticated, nor what the rows mean.

pub(super) mod again;
pub(super) mod backoff;
mod board;
mod doze;
pub mod fold;
pub(super) mod follow;
pub(super) mod request;
mod stream;
pub mod subject;
mod turn;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{AbortHandle, Abortable};
use futures::stream::{FuturesUnordered, StreamExt};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::connection::Connection;
use super::outlet::Outlet;
use super::project::Resource;
use super::schedule::Jitter;
use crate::config::settings::Settings;
use crate::model::kind::Kind;
use crate::model::update::{Delta, Reading, Scope, Update};
use again::Again;
use board::Board;
use follow::{Follow, Settled};
use request::{Ask, request};
pub use stream::{refusal, stopped, unreadable};
use subject::{Standing, Subject};

/// The namespaces to read one by one where the cluster as a whole is forbidden.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopePlan {
    /// Their names, each once.
    pub namespaces: Vec<Arc<str>>,
}

/// What a reader needs to work. The reader ends when `outlet` has no listener or `kick` no sender.
#[derive(Clone)]
pub struct ReaderContext {
    /// Where requests go.
    pub connection: Connection,
    /// Where rows and states go.
    pub outlet: Outlet,
    /// What to read where the whole is forbidden; a change is followed at once.
    pub scopes: watch::Receiver<ScopePlan>,
    /// Each change says that the server answers (again): waits end, silent streams are opened anew.
    pub kick: watch::Receiver<u64>,
    /// Each change asks the readers of a kind to list it anew.
    pub refresh: watch::Receiver<(u64, Option<Kind>)>,
    /// Whether the watch may rest and only catch up now and then; `None` if it never may.
    pub rest: Option<watch::Receiver<bool>>,
    /// Each change says that what rests is wanted soon; `None` if that is never said.
    pub wanted: Option<watch::Receiver<u64>>,
    /// The numbers to live by.
    pub limits: ReadLimits,
}

/// Time limits, paces and bounds of reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadLimits {
    /// From a request to the head of its answer.
    pub handshake: Duration,
    /// The longest silence in a list, from its head to its end.
    pub silent_list: Duration,
    /// The longest silence in the middle of an event: between two of them a watch may be silent for as long as it lives.
    pub silent_event: Duration,
    /// How long the server is asked to keep a watch open, in seconds; each watch draws its own.
    pub watch_seconds: Range<u64>,
    /// Objects per page, where the list as a whole does not get through.
    pub page: u32,
    /// `survey.interval`: the pace of what may be listed but not watched, and of asking again what is forbidden.
    pub survey: Duration,
    /// How soon what could be read before, and is forbidden now, is asked for again at first.
    pub refused: Duration,
    /// Retry backoff, first and longest delay.
    pub backoff: (Duration, Duration),
    /// How far delays are shortened at random.
    pub jitter: Jitter,
    /// How long changes are folded into one delta.
    pub fold: Duration,
    /// How many objects are folded into one delta.
    pub fold_objects: usize,
    /// A stream that was silent for longer than this is opened anew by a kick.
    pub silent: Duration,
    /// How long after a cluster went behind the watches that may rest do.
    pub linger: Duration,
}

impl Default for ReadLimits {
    fn default() -> Self {
        Self::new(&Settings::default())
    }
}

impl ReadLimits {
    /// Builds the numbers from the settings.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self {
            handshake: Duration::from_secs(10),
            silent_list: settings.watch_silent,
            silent_event: Duration::from_secs(10),
            watch_seconds: 240..300,
            page: settings.list_page,
            survey: settings.survey_interval,
            refused: Duration::from_secs(15),
            backoff: (settings.retry_backoff.0, settings.retry_backoff.1),
            jitter: Jitter::percent(settings.jitter),
            fold: Duration::from_millis(50),
            fold_objects: 512,
            silent: Duration::from_secs(2),
            linger: Duration::from_secs(30),
        }
    }
}

/// Reads kind `K` for as long as somebody listens: the cluster as a whole, or where that is forbidden and the kind has
/// namespaces, each namespace of the plan by itself.
///
/// What is forbidden or missing is asked again at survey pace, and on a kick; what could be read before sooner.
pub async fn run<K: Resource>(context: ReaderContext) {
    read(Standing::<K>::default(), context).await;
}

/// Reads any subject, as [`run`] does.
pub async fn read<S: Subject>(subject: S, context: ReaderContext) {
    let told = subject.clone();
    let board = Board::new(move |reading| told.reading(reading), context.outlet.clone());
    let subject = &subject;
    let namespaced = subject.kind().namespaced();
    let home = subject.home();
    // Where one namespace is asked for, no other stands in for it.
    let divisible = namespaced && home == Scope::Cluster;
    let mut kick = context.kick.clone();
    let mut again = Again::new(&context.limits);
    loop {
        board.plan([home.clone()]);
        if !board.set(&home, Reading::Waiting).await {
            return;
        }
        let mut whole = Follow::new(subject, &context, &board, home.clone());
        let settled = whole.run().await;
        let had_rows = whole.listed_ever();
        drop(whole);
        if had_rows {
            again.was_read();
        }
        // Rows that are not read any more must not look as if they were.
        if had_rows && !matches!(settled, Settled::Closed) && !clear(subject, &context, home.clone()).await {
            return;
        }
        let survey = context.limits.survey;
        let (reading, pause) = match settled {
            Settled::Closed => return,
            Settled::Missing => (Reading::Missing, survey),
            Settled::Invalid(failure) => (Reading::Broken { failure, retry_in: survey }, survey),
            Settled::Forbidden(_) if divisible && !plan_of(&context).is_empty() => {
                kick.mark_unchanged();
                if !by_namespace(subject, &context, &board, &mut again).await {
                    return;
                }
                if kick.has_changed().unwrap_or_default() {
                    again.kicked();
                }
                continue;
            }
            Settled::Forbidden(message) => (Reading::Forbidden(message), again.pause()),
        };
        if !board.set(&home, reading).await {
            return;
        }
        let mut scopes = context.scopes.clone();
        scopes.mark_unchanged();
        kick.mark_unchanged();
        let alive = tokio::select! {
            alive = again.rest(&mut kick, pause) => alive,
            // New namespaces may be permitted where the whole is not.
            changed = scopes.changed(), if divisible => changed.is_ok(),
        };
        if !alive {
            return;
        }
    }
}

fn plan_of(context: &ReaderContext) -> Vec<Arc<str>> {
    context.scopes.borrow().namespaces.clone()
}

/// Waits until the whole, which could be read before, may be listed again; for ever if it never could.
async fn permitted_again<S: Subject>(subject: &S, context: &ReaderContext, again: &mut Again) {
    let mut kick = context.kick.clone();
    kick.mark_unchanged();
    let limits = ReadLimits { page: 1, ..context.limits.clone() };
    while again.is_missed() {
        let pause = again.pause();
        if !again.rest(&mut kick, pause).await {
            break;
        }
        let Ok((request, _)) = request(subject, &Ask::Page(String::new()), &subject.home(), &limits) else { break };
        if context.connection.fetch(request, limits.handshake).await.is_ok() {
            return;
        }
    }
    std::future::pending::<()>().await;
}

/// Reads each namespace of the plan by itself. Returns `true` when the whole should be tried again, because nothing is
/// permitted or all of it is again, and `false` once nobody listens any more.
async fn by_namespace<S: Subject>(subject: &S, context: &ReaderContext, board: &Board, whole: &mut Again) -> bool {
    let mut whole = std::pin::pin!(permitted_again(subject, context, whole));
    let mut scopes = context.scopes.clone();
    let mut running = FuturesUnordered::new();
    let mut handles: BTreeMap<Arc<str>, AbortHandle> = BTreeMap::new();
    let mut kick = context.kick.clone();
    kick.mark_unchanged();
    board.plan([]);
    let mut again = Instant::now() + context.limits.survey;
    loop {
        let plan = scopes.borrow_and_update().namespaces.clone();
        let gone: Vec<Arc<str>> = handles.keys().filter(|namespace| !plan.contains(namespace)).cloned().collect();
        for namespace in gone {
            if let Some(handle) = handles.remove(&namespace) {
                handle.abort();
            }
            let scope = Scope::Namespace(namespace);
            if !clear(subject, context, scope.clone()).await || !board.remove(&scope).await {
                return false;
            }
        }
        for namespace in plan {
            handles.entry(namespace.clone()).or_insert_with(|| {
                let (handle, registration) = AbortHandle::new_pair();
                board.add(Scope::Namespace(namespace.clone()));
                running.push(Abortable::new(one_namespace(subject, context, board, namespace), registration));
                handle
            });
        }
        if handles.is_empty() {
            return true;
        }
        loop {
            tokio::select! {
                // An aborted one has been dealt with; one that ended by itself found nobody listening.
                ended = running.next(), if !running.is_empty() => if let Some(Ok(())) = ended {
                    return false;
                },
                changed = scopes.changed() => {
                    if changed.is_err() {
                        return false;
                    }
                    break;
                }
                () = &mut whole => {
                    for namespace in handles.into_keys() {
                        if !clear(subject, context, Scope::Namespace(namespace)).await {
                            return false;
                        }
                    }
                    return true;
                }
                () = sleep_until(again) => {
                    if board.is_barren() {
                        return true;
                    }
                    again = Instant::now() + context.limits.survey;
                }
                kicked = kick.changed() => {
                    if kicked.is_err() {
                        return false;
                    }
                    if board.is_barren() {
                        return true;
                    }
                }
            }
        }
    }
}

/// Reads one namespace until nobody listens any more.
async fn one_namespace<S: Subject>(subject: &S, context: &ReaderContext, board: &Board, namespace: Arc<str>) {
    let scope = Scope::Namespace(namespace);
    let (survey, mut again) = (context.limits.survey, Again::new(&context.limits));
    let mut kick = context.kick.clone();
    loop {
        let mut follow = Follow::new(subject, context, board, scope.clone());
        let settled = follow.run().await;
        if follow.listed_ever() {
            again.was_read();
        }
        let (reading, pause) = match settled {
            Settled::Closed => return,
            Settled::Forbidden(message) => (Reading::Forbidden(message), again.pause()),
            Settled::Missing => (Reading::Missing, survey),
            Settled::Invalid(failure) => (Reading::Broken { failure, retry_in: survey }, survey),
        };
        if follow.listed_ever() && !clear(subject, context, scope.clone()).await {
            return;
        }
        kick.mark_unchanged();
        if !board.set(&scope, reading).await || !again.rest(&mut kick, pause).await {
            return;
        }
    }
}

/// Takes the rows of a scope that is not read any more off the screen.
async fn clear<S: Subject>(subject: &S, context: &ReaderContext, scope: Scope) -> bool {
    context.outlet.send(emptied(subject, scope)).await
}

fn emptied<S: Subject>(subject: &S, scope: Scope) -> Update {
    subject.wrap(Delta { scope, restart: true, rows: Vec::new(), gone: Vec::new(), complete: true })
}

/// Takes all rows of a kind off the screen, whether it was read as a whole or by the namespaces of the plan.
pub async fn forget<K: Resource>(outlet: &Outlet, plan: &ScopePlan) {
    let subject = Standing::<K>::default();
    outlet.send(emptied(&subject, Scope::Cluster)).await;
    for namespace in plan.namespaces.iter().filter(|_| K::KIND.namespaced()) {
        outlet.send(emptied(&subject, Scope::Namespace(namespace.clone()))).await;
    }
}

#[cfg(test)]
mod tests;
