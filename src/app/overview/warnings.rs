//! Recent warnings, folded by their reason. Must not know which of them matter.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use crate::app::tables::Tables;
use crate::model::age::Unix;
use crate::model::event::EventRow;

/// Reasons that are shown.
const REASONS: usize = 5;

/// The warnings of one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folded {
    /// The reason: `BackOff`.
    pub reason: Arc<str>,
    /// How often it was given.
    pub times: usize,
    /// Of how many objects.
    pub objects: usize,
    /// When it was last given.
    pub last: Unix,
    /// Of which object then: `pod/cart-1`.
    pub object: Box<str>,
    /// In which words.
    pub message: Box<str>,
}

/// How a reason was given.
struct Given<'a> {
    times: usize,
    /// Of whom, by namespace and name.
    objects: HashSet<(&'a str, &'a str)>,
    latest: &'a EventRow,
}

/// Folds the warnings of the last `recent` time, the commonest first.
#[must_use]
pub fn fold(tables: &Tables, recent: Duration, now: Unix) -> Vec<Folded> {
    let since = now.plus(-(recent.as_secs().cast_signed()));
    let mut reasons: HashMap<&str, Given<'_>> = HashMap::new();
    for event in tables.events.rows().filter(|event| event.is_warning() && event.last_seen > since) {
        let fresh = || Given { times: 0, objects: HashSet::new(), latest: event };
        let given = reasons.entry(&event.reason).or_insert_with(fresh);
        given.times += event.count.max(1) as usize;
        given.objects.insert((&event.namespace, &event.object));
        if (event.last_seen, event.uid) > (given.latest.last_seen, given.latest.uid) {
            given.latest = event;
        }
    }
    let folded = reasons.into_values().map(|Given { times, objects, latest }| Folded {
        reason: latest.reason.clone(),
        times,
        objects: objects.len(),
        last: latest.last_seen,
        object: latest.object.clone(),
        message: latest.message.clone(),
    });
    let mut folded: Vec<Folded> = folded.collect();
    folded.sort_by(|a, b| (Reverse(a.times), &a.reason).cmp(&(Reverse(b.times), &b.reason)));
    folded.truncate(REASONS);
    folded
}
