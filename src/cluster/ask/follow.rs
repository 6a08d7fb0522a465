//! Keeps one object, or one short list, current: asks, watches, and asks again when the watch ends.
//!
//! What may not be watched is fetched now and then; what may not be listed is fetched by its name. Must not know what it
//! follows.

use std::collections::BTreeMap;
use std::time::Duration;

use http_body_util::BodyExt;
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::question::Question;
use super::{AskDesk, PACE};
use crate::cluster::reader::again::Again;
use crate::cluster::reader::backoff::Backoff;
use crate::cluster::reader::follow::rest;
use crate::cluster::reader::request::watch_seconds;
use crate::cluster::reader::{refusal, stopped};
use crate::cluster::wire::read_json;
use crate::cluster::wire::status::Status;
use crate::cluster::wire::watch::{JsonEvent, Lines, WatchType};
use crate::model::detail::{Beside, Finding, ObjectRef, Tree};
use crate::model::failure::{Failure, FailureKind};
use crate::model::ids::Uid;
use crate::model::update::Reading;

/// Changes that come within this time are told together.
const FOLD: Duration = Duration::from_millis(100);
/// A watch that is silent for so much longer than it should be open is dead.
const OVERDUE: Duration = Duration::from_secs(5);

/// What is followed.
enum Subject {
    /// The object itself, and whose identity it has once that is known.
    Object(Option<Uid>),
    /// A list beside it, by its path.
    Beside(String),
}

/// Follows one object or list.
pub struct Follow<'a> {
    desk: &'a AskDesk,
    object: &'a ObjectRef,
    subject: Subject,
    list: Question,
    by_name: Option<Question>,
    kick: watch::Receiver<u64>,
    backoff: Backoff,
    again: Again,
    items: BTreeMap<String, Value>,
    told: Option<Reading>,
    gone: Option<bool>,
}

/// Nobody listens any more.
struct Closed;

/// How a watch ended.
enum End {
    /// It is to be opened again from where it was.
    Again,
    /// It cannot go on from where it was: all is asked for anew.
    Anew,
    /// It may not be watched.
    Refused,
    /// It failed.
    Failed(Failure),
}

impl<'a> Follow<'a> {
    /// Follows the object itself.
    pub fn object(desk: &'a AskDesk, object: &'a ObjectRef) -> Self {
        let path = object.list_path();
        let by_name = Some(Question::by_name(&path, &object.name));
        Self::new(desk, object, Subject::Object(object.uid), Question::as_list(&path, &object.name), by_name)
    }

    /// Follows a list beside the object.
    pub fn beside(desk: &'a AskDesk, object: &'a ObjectRef, beside: &Beside) -> Self {
        let question = Question::plain(&beside.path, beside.metadata);
        Self::new(desk, object, Subject::Beside(beside.path.clone()), question, None)
    }

    fn new(
        desk: &'a AskDesk,
        object: &'a ObjectRef,
        subject: Subject,
        list: Question,
        by_name: Option<Question>,
    ) -> Self {
        Self {
            desk,
            object,
            subject,
            list,
            by_name,
            kick: desk.kick.clone(),
            backoff: Backoff::new(desk.limits.backoff, desk.limits.jitter),
            again: Again::new(&desk.limits),
            items: BTreeMap::new(),
            told: None,
            gone: None,
        }
    }

    /// Follows until nobody listens any more.
    pub async fn run(mut self) {
        if self.say(Reading::Waiting).await.is_ok() {
            while self.turn().await.is_ok() {}
        }
    }

    /// Asks once and watches from there, or waits for the next try.
    async fn turn(&mut self) -> Result<(), Closed> {
        let (connection, limit) = (&self.desk.connection, self.desk.limits.silent_list);
        self.kick.mark_unchanged();
        let (answer, version) = match self.list.fetch(connection, limit).await {
            Ok(answer) => (Ok(answer.items), Some(answer.version)),
            // A list may be forbidden, or this kind of list unknown, where the object itself is not.
            Err(failure) if !is_transient(&failure) && self.by_name.is_some() => match &self.by_name {
                Some(by_name) => (by_name.fetch(connection, limit).await.map(|answer| answer.items), None),
                None => (Err(failure), None),
            },
            Err(failure) => (Err(failure), None),
        };
        match answer {
            Ok(items) => {
                self.items = items.into_iter().map(|item| (name_of(&item), item)).collect();
                self.tell().await?;
            }
            Err(failure) if failure.kind == FailureKind::NotFound && self.by_name.is_some() => {
                self.items.clear();
                self.tell().await?;
            }
            Err(failure) => return self.failed(failure).await,
        }
        self.backoff.reset();
        self.again.was_read();
        match version.filter(|version| !version.is_empty()) {
            Some(version) => self.watch_on(version).await,
            None => self.poll().await,
        }
    }

    async fn poll(&mut self) -> Result<(), Closed> {
        self.say(Reading::Polled(PACE)).await?;
        self.rest(PACE).await
    }

    async fn failed(&mut self, failure: Failure) -> Result<(), Closed> {
        if failure.kind == FailureKind::Forbidden {
            self.say(Reading::Forbidden(failure.summary.clone())).await?;
            self.report(failure).await?;
            let pause = self.again.pause();
            return self.rest(pause).await;
        }
        if failure.kind == FailureKind::NotFound {
            self.say(Reading::Missing).await?;
            self.report(failure).await?;
            return self.rest(self.desk.limits.survey).await;
        }
        let retry_in = self.backoff.next().max(failure.retry_after.unwrap_or_default());
        self.say(Reading::Broken { failure: failure.clone(), retry_in }).await?;
        if self.items.is_empty() {
            self.report(failure).await?;
        }
        self.rest(retry_in).await
    }

    /// Watches for as long as watches go on from each other.
    async fn watch_on(&mut self, mut version: String) -> Result<(), Closed> {
        loop {
            let opened = Instant::now();
            match self.watch(&mut version).await? {
                End::Again if opened.elapsed() >= OVERDUE => self.backoff.reset(),
                End::Again => {
                    let pause = self.backoff.next();
                    self.rest(pause).await?;
                }
                End::Anew => return Ok(()),
                End::Refused => return self.poll().await,
                End::Failed(failure) => return self.failed(failure).await,
            }
        }
    }

    async fn watch(&mut self, version: &mut String) -> Result<End, Closed> {
        let limits = &self.desk.limits;
        let seconds = watch_seconds(limits);
        let request = match self.list.watch(version, seconds) {
            Ok(request) => request,
            Err(failure) => return Ok(End::Failed(failure)),
        };
        let connection = &self.desk.connection;
        let cuts = connection.cuts();
        let response = match connection.send(request, limits.handshake).await {
            Ok(response) => response,
            Err(failure) => return Ok(ending(failure)),
        };
        self.say(Reading::Live).await?;
        let mut body = response.into_body();
        let mut lines = Lines::default();
        let mut last_byte = Instant::now();
        let mut due: Option<Instant> = None;
        let overdue = Duration::from_secs(seconds) + OVERDUE;
        loop {
            let within = !lines.is_between();
            let silence = if within { limits.silent_event } else { overdue };
            tokio::select! {
                frame = body.frame() => {
                    let bytes = match frame {
                        None => return self.ended(due, End::Again).await,
                        Some(Err(_)) if connection.cuts() != cuts => return self.ended(due, End::Again).await,
                        Some(Err(error)) => {
                            let failure = connection.stream_failure(&error);
                            return self.ended(due, End::Failed(failure)).await;
                        }
                        Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
                    };
                    last_byte = Instant::now();
                    let mut end = None;
                    let mut changed = false;
                    let items = &mut self.items;
                    let read = lines.feed(&bytes, |line| {
                        let event: JsonEvent<Value> = read_json(line)?;
                        match take(event, items, version) {
                            Ok(change) => changed |= change,
                            Err(ended) => end = Some(ended),
                        }
                        Ok(())
                    });
                    if changed {
                        due.get_or_insert(last_byte + FOLD);
                    }
                    if let Err(error) = read {
                        end = Some(End::Failed(Failure::new(FailureKind::Decode, format!("the watch cannot be read: {error}"))));
                    }
                    if let Some(end) = end {
                        return self.ended(due, end).await;
                    }
                }
                () = sleep_until(due.unwrap_or(last_byte)), if due.is_some() => {
                    due = None;
                    self.tell().await?;
                }
                () = sleep_until(last_byte + silence) => {
                    let end = if within { End::Failed(stopped()) } else { End::Again };
                    return self.ended(due, end).await;
                }
                kicked = self.kick.changed() => match kicked {
                    Err(_) => return Err(Closed),
                    // The server answers, this stream does not: its connection may be dead.
                    Ok(()) if last_byte.elapsed() >= limits.silent => return self.ended(due, End::Again).await,
                    Ok(()) => {}
                },
            }
        }
    }

    /// What has arrived is true whatever came after it.
    async fn ended(&mut self, due: Option<Instant>, end: End) -> Result<End, Closed> {
        if due.is_some() {
            self.tell().await?;
        }
        Ok(end)
    }

    /// Tells what there is now.
    async fn tell(&mut self) -> Result<(), Closed> {
        let Subject::Object(known) = &mut self.subject else {
            let Subject::Beside(path) = &self.subject else { return Ok(()) };
            let tree = Tree::new(Value::Array(self.items.values().cloned().collect()));
            return self.send(Finding::Beside(path.clone(), Ok(tree))).await;
        };
        let Some(object) = self.items.values().next() else { return self.lost(false).await };
        let uid = object.pointer("/metadata/uid").and_then(Value::as_str).map(Uid::parse);
        // What was deleted and made anew under its name is another object.
        if known.is_some() && uid.is_some() && *known != uid {
            return self.lost(true).await;
        }
        *known = known.or(uid);
        self.gone = None;
        let tree = Tree::new(object.clone());
        self.send(Finding::Object(tree)).await
    }

    async fn lost(&mut self, replaced: bool) -> Result<(), Closed> {
        if self.gone.replace(replaced) == Some(replaced) {
            return Ok(());
        }
        self.send(Finding::Gone { replaced }).await
    }

    /// Says how far the object is read, if that is news; of lists beside it only failures are told.
    async fn say(&mut self, reading: Reading) -> Result<(), Closed> {
        if matches!(self.subject, Subject::Beside(_)) || self.told.as_ref() == Some(&reading) {
            return Ok(());
        }
        self.told = Some(reading.clone());
        self.send(Finding::Reading(reading)).await
    }

    async fn report(&mut self, failure: Failure) -> Result<(), Closed> {
        match &self.subject {
            Subject::Beside(path) => self.send(Finding::Beside(path.clone(), Err(failure))).await,
            Subject::Object(_) => Ok(()),
        }
    }

    async fn send(&self, finding: Finding) -> Result<(), Closed> {
        if self.desk.tell(self.object, finding).await { Ok(()) } else { Err(Closed) }
    }

    async fn rest(&mut self, time: Duration) -> Result<(), Closed> {
        if rest(&mut self.kick, time).await { Ok(()) } else { Err(Closed) }
    }
}

fn name_of(object: &Value) -> String {
    let field = |field: &str| object.pointer(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    format!("{}/{}", field("/metadata/namespace"), field("/metadata/name"))
}

/// Whether asking in another way is pointless: it is the server or the way there that fails, not the question.
fn is_transient(failure: &Failure) -> bool {
    use FailureKind as K;
    !matches!(failure.kind, K::Forbidden | K::NotFound | K::Invalid | K::Unknown | K::Decode)
}

/// How a watch that was not opened goes on.
fn ending(failure: Failure) -> End {
    match failure.kind {
        FailureKind::Gone => End::Anew,
        FailureKind::Forbidden | FailureKind::NotFound | FailureKind::Invalid | FailureKind::Unknown => End::Refused,
        _ => End::Failed(failure),
    }
}

/// Takes one event in; returns whether anything changed, or how the watch ended.
fn take(event: JsonEvent<Value>, items: &mut BTreeMap<String, Value>, version: &mut String) -> Result<bool, End> {
    let object = event.object;
    if event.kind == WatchType::Error {
        let status: Status = serde_json::from_value(object).unwrap_or_default();
        return Err(if status.is_expired() { End::Anew } else { End::Failed(refusal(&status)) });
    }
    if let Some(newest) = object.pointer("/metadata/resourceVersion").and_then(Value::as_str) {
        newest.clone_into(version);
    }
    match event.kind {
        WatchType::Changed => drop(items.insert(name_of(&object), object)),
        WatchType::Deleted => drop(items.remove(&name_of(&object))),
        WatchType::Bookmark | WatchType::Error => return Ok(false),
    }
    Ok(true)
}
