//! Helm releases, read from the Secrets that Helm keeps them in: the list of them, and one with its history.
//!
//! Which revision is the latest is told by the labels; only its Secret is opened. What is in it is never logged. Must not
//! know how releases are shown.

pub mod release;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, StreamExt};
use serde_json::{Value, json};

use super::ask::{AskDesk, Question};
use super::connection::Connection;
use super::outlet::Outlet;
use super::reader::ReaderContext;
use super::reader::again::Again;
use super::reader::backoff::Backoff;
use super::reader::follow::rest;
use crate::model::detail::{Finding, ObjectRef, Tree};
use crate::model::failure::{Failure, FailureKind};
use crate::model::ids::Uid;
use crate::model::kind::Kind;
use crate::model::object::{ColumnDefinition, ObjectRow, Value as Cell};
use crate::model::update::{Delta, Reading, Scope, Update};
use release::{Release, decode};

/// How often the labels of Helm's Secrets are looked at while somebody looks at releases.
const PACE: Duration = Duration::from_secs(15);
/// Revisions whose Secrets are opened for the history of one release.
const REVISIONS: usize = 10;
/// Secrets that are opened at once.
const AT_ONCE: usize = 4;

/// A revision of a release, as the labels of its Secret have it.
#[derive(Clone, Debug)]
struct Revision {
    namespace: Arc<str>,
    name: String,
    number: i64,
    /// The Secret's own name and version.
    secret: String,
    version: String,
}

/// Reads the labels of Helm's Secrets: of all, or of one namespace, or of one release.
async fn revisions(
    connection: &Connection,
    namespace: Option<&str>,
    name: Option<&str>,
    limit: Duration,
) -> Result<Vec<Revision>, Failure> {
    let place = namespace.map(|namespace| format!("/namespaces/{namespace}")).unwrap_or_default();
    let one = name.map(|name| format!("%2Cname%3D{name}")).unwrap_or_default();
    let path = format!("/api/v1{place}/secrets?labelSelector=owner%3Dhelm{one}");
    let answer = Question::plain(&path, true).fetch(connection, limit).await?;
    Ok(answer.items.iter().filter_map(revision).collect())
}

fn revision(secret: &Value) -> Option<Revision> {
    let text = |path: &str| secret.pointer(path).and_then(Value::as_str);
    Some(Revision {
        namespace: text("/metadata/namespace")?.into(),
        name: text("/metadata/labels/name")?.to_owned(),
        number: text("/metadata/labels/version")?.parse().ok()?,
        secret: text("/metadata/name")?.to_owned(),
        version: text("/metadata/resourceVersion").unwrap_or_default().to_owned(),
    })
}

/// Opens the Secret of a revision.
async fn open(connection: &Connection, revision: &Revision, limit: Duration) -> Result<Release, Failure> {
    let list = format!("/api/v1/namespaces/{}/secrets", revision.namespace);
    let answer = Question::by_name(&list, &revision.secret).fetch(connection, limit).await?;
    let secret = answer.items.first();
    secret.and_then(decode).ok_or_else(|| {
        Failure::new(FailureKind::Decode, format!("the Secret of revision {} is not Helm's", revision.number))
    })
}

fn columns() -> Vec<ColumnDefinition> {
    let column = |name: &str, kind: &str, format: &str| ColumnDefinition {
        name: name.to_owned(),
        kind: kind.to_owned(),
        format: format.to_owned(),
        priority: 0,
    };
    vec![
        column("Name", "string", "name"),
        column("Revision", "integer", ""),
        column("Status", "string", ""),
        column("Chart", "string", ""),
        column("App Version", "string", ""),
        column("Updated", "date", ""),
    ]
}

/// Lists the latest revisions of all releases, again and again, for as long as somebody listens.
pub async fn read(context: ReaderContext) {
    let mut kick = context.kick.clone();
    let mut backoff = Backoff::new(context.limits.backoff, context.limits.jitter);
    let mut again = Again::new(&context.limits);
    let mut known: HashMap<String, Release> = HashMap::new();
    let mut told: Option<Reading> = None;
    if !context.outlet.send(Update::Columns(Kind::helm(), columns())).await {
        return;
    }
    loop {
        kick.mark_unchanged();
        if told.is_none() && !say(&context.outlet, &mut told, Reading::Waiting).await {
            return;
        }
        let (reading, pause) = match list(&context, &mut known).await {
            Ok(rows) => {
                backoff.reset();
                again.was_read();
                let delta = Delta { scope: Scope::Cluster, restart: true, rows, gone: Vec::new(), complete: true };
                if !context.outlet.send(Update::Objects(Kind::helm(), delta)).await {
                    return;
                }
                (Reading::Polled(PACE), PACE)
            }
            Err(failure) if failure.kind == FailureKind::Forbidden => {
                (Reading::Forbidden(failure.summary), again.pause())
            }
            Err(failure) => {
                let retry_in = backoff.next().max(failure.retry_after.unwrap_or_default());
                (Reading::Broken { failure, retry_in }, retry_in)
            }
        };
        if !say(&context.outlet, &mut told, reading).await || !rest(&mut kick, pause).await {
            return;
        }
    }
}

async fn say(outlet: &Outlet, told: &mut Option<Reading>, reading: Reading) -> bool {
    if told.as_ref() == Some(&reading) {
        return true;
    }
    *told = Some(reading.clone());
    outlet.send(Update::Reading(Kind::helm(), reading)).await
}

/// The latest revision of each release; Secrets that were opened before and have not changed are not opened again.
async fn list(context: &ReaderContext, known: &mut HashMap<String, Release>) -> Result<Vec<ObjectRow>, Failure> {
    let limit = context.limits.silent_list;
    let connection = &context.connection;
    let all = match revisions(connection, None, None, limit).await {
        Err(failure) if failure.kind == FailureKind::Forbidden => {
            let namespaces = context.scopes.borrow().namespaces.clone();
            let mut all = Vec::new();
            let mut refused = Some(failure);
            for namespace in namespaces {
                match revisions(connection, Some(&namespace), None, limit).await {
                    Ok(found) => {
                        all.extend(found);
                        refused = None;
                    }
                    Err(failure) if failure.kind == FailureKind::Forbidden => {}
                    Err(failure) => return Err(failure),
                }
            }
            refused.map_or(Ok(all), Err)?
        }
        all => all?,
    };
    let mut latest: BTreeMap<(Arc<str>, String), Revision> = BTreeMap::new();
    for revision in all {
        let key = (revision.namespace.clone(), revision.name.clone());
        if latest.get(&key).is_none_or(|newest| newest.number < revision.number) {
            latest.insert(key, revision);
        }
    }
    let key = |revision: &Revision| format!("{}/{}@{}", revision.namespace, revision.secret, revision.version);
    let missing: Vec<Revision> =
        latest.values().filter(|revision| !known.contains_key(&key(revision))).cloned().collect();
    let opened: Vec<(String, Result<Release, Failure>)> = stream::iter(missing)
        .map(|revision| async move { (key(&revision), open(connection, &revision, limit).await.map(Release::slim)) })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let mut fresh: HashMap<String, Release> = HashMap::new();
    for (key, release) in opened {
        // One that cannot be opened is listed with what its labels tell.
        if let Ok(release) = release {
            fresh.insert(key, release);
        }
    }
    for revision in latest.values() {
        if let Some(release) = known.remove(&key(revision)) {
            fresh.insert(key(revision), release);
        }
    }
    *known = fresh;
    Ok(latest.values().map(|revision| row(revision, known.get(&key(revision)))).collect())
}

fn row(revision: &Revision, release: Option<&Release>) -> ObjectRow {
    let text = |text: &str| if text.is_empty() { Cell::None } else { Cell::Text(text.into()) };
    let of = |field: fn(&Release) -> String| text(&release.map(field).unwrap_or_default());
    let updated = release.and_then(Release::updated);
    ObjectRow {
        uid: uid(&revision.namespace, &revision.name),
        namespace: revision.namespace.clone(),
        name: revision.name.as_str().into(),
        created: updated.unwrap_or_default(),
        deleting: None,
        owners: Box::default(),
        cells: [
            text(&revision.name),
            Cell::Number(revision.number),
            of(Release::status),
            of(Release::chart),
            of(Release::app_version),
            updated.map_or(Cell::None, Cell::Since),
        ]
        .into(),
    }
}

/// A release stays the same through its revisions, each of which is another Secret.
fn uid(namespace: &str, name: &str) -> Uid {
    Uid::parse(&format!("helm release {namespace}/{name}"))
}

/// Follows one release with its history, for as long as somebody listens.
pub async fn follow(desk: &AskDesk, object: &ObjectRef) {
    let mut kick = desk.kick.clone();
    let mut backoff = Backoff::new(desk.limits.backoff, desk.limits.jitter);
    let mut again = Again::new(&desk.limits);
    let mut known: BTreeMap<String, Release> = BTreeMap::new();
    if !desk.tell(object, Finding::Reading(Reading::Waiting)).await {
        return;
    }
    loop {
        kick.mark_unchanged();
        let (findings, pause) = match one(desk, object, &mut known).await {
            Ok(Some(tree)) => {
                backoff.reset();
                again.was_read();
                (vec![Finding::Object(tree), Finding::Reading(Reading::Polled(PACE))], PACE)
            }
            Ok(None) => (vec![Finding::Gone { replaced: false }, Finding::Reading(Reading::Polled(PACE))], PACE),
            Err(failure) if failure.kind == FailureKind::Forbidden => {
                (vec![Finding::Reading(Reading::Forbidden(failure.summary))], again.pause())
            }
            Err(failure) => {
                let retry_in = backoff.next().max(failure.retry_after.unwrap_or_default());
                (vec![Finding::Reading(Reading::Broken { failure, retry_in })], retry_in)
            }
        };
        for finding in findings {
            if !desk.tell(object, finding).await {
                return;
            }
        }
        if !rest(&mut kick, pause).await {
            return;
        }
    }
}

/// The release as it is now, with its latest revisions; `None` if there is none.
async fn one(
    desk: &AskDesk,
    object: &ObjectRef,
    known: &mut BTreeMap<String, Release>,
) -> Result<Option<Tree>, Failure> {
    let limit = desk.limits.silent_list;
    let mut all = revisions(&desk.connection, Some(&object.namespace), Some(&object.name), limit).await?;
    all.sort_by_key(|revision| std::cmp::Reverse(revision.number));
    all.truncate(REVISIONS);
    let mut fresh = BTreeMap::new();
    let mut history = Vec::new();
    for (place, revision) in all.iter().enumerate() {
        let key = format!("{}@{}", revision.secret, revision.version);
        let release = match known.remove(&key) {
            Some(release) => release,
            None => match open(&desk.connection, revision, limit).await {
                // Of the latest alone everything is kept.
                Ok(release) => {
                    if place == 0 {
                        release
                    } else {
                        release.slim()
                    }
                }
                Err(failure) if place == 0 => return Err(failure),
                Err(_) => continue,
            },
        };
        history.push(release.summary(revision.number));
        fresh.insert(key, release);
    }
    *known = fresh;
    let newest = all.first().map(|revision| format!("{}@{}", revision.secret, revision.version));
    let Some(release) = newest.and_then(|key| known.get(&key)) else { return Ok(None) };
    let value = json!({
        "apiVersion": "helm.sh/v1", "kind": "Release",
        "metadata": {"name": &*object.name, "namespace": &*object.namespace},
        "release": release.0, "history": history,
    });
    Ok(Some(Tree::new(value)))
}
