//! Reads one list object by object into counts. Must not decide what is asked, nor when.

use std::collections::BTreeMap;
use std::time::Duration;

use http::{Request, Response, header};
use http_body_util::BodyExt;
use kube::client::Body;
use tokio::time::{Instant, timeout_at};

use crate::cluster::connection::Connection;
use crate::cluster::project::Resource;
use crate::cluster::project::event::Event;
use crate::cluster::project::interner::Interner;
use crate::cluster::project::node::Node;
use crate::cluster::project::pod::Pod;
use crate::cluster::reader::subject::Decode;
use crate::cluster::reader::{refusal, unreadable};
use crate::cluster::wire::{ACCEPT_LIST, Decoder, Item, Shape};
use crate::model::age::Unix;
use crate::model::amount::Amounts;
use crate::model::event::EventRow;
use crate::model::failure::{Failure, FailureKind};
use crate::model::node::NodeRow;
use crate::model::pod::{PodPhase, PodRow};
use crate::model::survey::{SUBJECTS, SurveyedPods};
use crate::model::unwell::Cause;

/// Events count as recent for an hour. Unit: seconds.
const RECENT: i64 = 3600;

/// Counts of one kind.
pub trait Tally<K: Resource>: Clone + Send + Sync {
    /// Counts one more.
    fn see(&mut self, row: &K::Row);
}

/// Reads a list to its end, all within `limit`, adding each object to `tally`.
pub async fn read<K: Resource, T: Tally<K>>(
    connection: &Connection,
    uri: &str,
    limit: Duration,
    tally: T,
) -> Result<T, Failure> {
    let deadline = Instant::now() + limit;
    let request = Request::get(uri).header(header::ACCEPT, ACCEPT_LIST).body(Vec::new());
    let request =
        request.map_err(|_| Failure::new(FailureKind::Config, "a namespace that cannot be part of a path"))?;
    // Which may wait for a renewal up to the limit, and still have an answer to tell.
    let response = connection.send(request, limit).await?;
    match timeout_at(deadline, read_all::<K, T>(connection, response, tally)).await {
        Ok(tally) => tally,
        Err(_) => Err(connection.timed_out(limit)),
    }
}

async fn read_all<K: Resource, T: Tally<K>>(
    connection: &Connection,
    response: Response<Body>,
    mut tally: T,
) -> Result<T, Failure> {
    let media = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut decoder = Decoder::<K>::new(media, Shape::List).map_err(|error| unreadable(K::KIND.plural(), &error))?;
    let mut body = response.into_body();
    let cuts = connection.cuts();
    let (mut interner, mut items) = (Interner::default(), Vec::new());
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            if connection.cuts() == cuts {
                return connection.stream_failure(&error);
            }
            // We have cut it off ourselves: that is no failure of the server.
            Failure::new(FailureKind::Closed, "the connection was given up")
        })?;
        let Ok(bytes) = frame.into_data() else { continue };
        decoder.feed(&bytes, &mut interner, &mut items).map_err(|error| unreadable(K::KIND.plural(), &error))?;
        for item in items.drain(..) {
            match item {
                Item::Row(row) => tally.see(&row),
                Item::Error(status) => return Err(refusal(&status)),
                Item::Deleted(_) | Item::Bookmark { .. } | Item::ListMeta(_) | Item::Columns(_) => {}
            }
        }
    }
    decoder.finish().map_err(|error| unreadable(K::KIND.plural(), &error))?;
    Ok(tally)
}

/// Counts nodes.
#[derive(Clone, Debug)]
pub struct Nodes {
    now: Unix,
    pub(super) all: usize,
    pub(super) ready: usize,
    pub(super) unwell: (usize, Option<String>),
    /// The unwell one that comes first by name.
    first: Option<Box<str>>,
    pub(super) each_unwell: Vec<(Box<str>, Cause, Box<str>)>,
    pub(super) capacity: Amounts,
}

impl Nodes {
    /// Starts at zero; what is unwell is so at `now`.
    pub fn at(now: Unix) -> Self {
        Self { now, all: 0, ready: 0, unwell: (0, None), first: None, each_unwell: Vec::new(), capacity: Amounts::NONE }
    }
}

impl Tally<Node> for Nodes {
    fn see(&mut self, node: &NodeRow) {
        self.all += 1;
        self.ready += usize::from(node.ready);
        self.capacity = self.capacity.plus(node.capacity);
        if let Some(unwell) = node.unwell.as_deref().filter(|unwell| unwell.is_at(self.now)) {
            let ailment = node.ailment().unwrap_or_default();
            self.unwell.0 += 1;
            if self.first.as_ref().is_none_or(|first| node.name < *first) {
                self.first = Some(node.name.clone());
                self.unwell.1 = Some(ailment.to_owned());
            }
            let subject = unwell.subject("node", "", &node.name);
            self.each_unwell.push((subject.into(), unwell.cause, ailment.into()));
        }
    }
}

/// Counts pods.
#[derive(Clone, Debug)]
pub struct Pods {
    now: Unix,
    counts: SurveyedPods,
    unwell: BTreeMap<Cause, usize>,
}

impl Pods {
    /// Starts at zero; what is unwell is so at `now`.
    pub fn at(now: Unix) -> Self {
        Self { now, counts: SurveyedPods::default(), unwell: BTreeMap::new() }
    }

    /// Tells whether any pod needs a person.
    pub fn has_unwell(&self) -> bool {
        !self.unwell.is_empty()
    }

    /// Returns the counts, the worst trouble first.
    pub fn counts(self) -> SurveyedPods {
        SurveyedPods { unwell: self.unwell.into_iter().collect(), ..self.counts }
    }
}

impl Tally<Pod> for Pods {
    fn see(&mut self, pod: &PodRow) {
        match pod.phase {
            PodPhase::Running => self.counts.running += 1,
            PodPhase::Pending => self.counts.pending += 1,
            PodPhase::Failed => self.counts.failed += 1,
            PodPhase::Succeeded | PodPhase::Unknown => {}
        }
        if let Some(unwell) = pod.unwell.as_deref().filter(|unwell| unwell.is_at(self.now)) {
            *self.unwell.entry(unwell.cause).or_default() += 1;
            let of = (unwell.subject("pod", &pod.namespace, &pod.name).into(), unwell.cause);
            let subjects = &mut self.counts.subjects;
            if subjects.len() < SUBJECTS || subjects.contains_key(&of) {
                *subjects.entry(of).or_default() += 1;
            }
        }
    }
}

/// Counts recent warnings.
#[derive(Clone, Debug)]
pub struct Warnings {
    now: Unix,
    pub(super) count: usize,
}

impl Warnings {
    /// Starts at zero; what is recent is so at `now`.
    pub fn at(now: Unix) -> Self {
        Self { now, count: 0 }
    }
}

impl Tally<Event> for Warnings {
    fn see(&mut self, event: &EventRow) {
        self.count += usize::from(event.is_warning() && event.last_seen.seconds_until(self.now) <= RECENT);
    }
}
