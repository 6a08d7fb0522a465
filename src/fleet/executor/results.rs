//! What an execution came to: counts, filters, groups, times. Partial failure is normal. Must not know how it was run.

use std::collections::BTreeMap;
use std::time::Duration;

use super::TaskError;
use crate::model::ids::ClusterId;

/// What one task came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome<T> {
    /// Whose it was.
    pub cluster: ClusterId,
    /// What it gave, or why it did not.
    pub result: Result<T, TaskError>,
    /// From its start to its end; zero if it was never started.
    pub duration: Duration,
}

/// The outcomes of one execution, in the order of submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Results<T>(Vec<Outcome<T>>);

/// The figures of one execution.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Summary {
    /// Tasks in all.
    pub total: usize,
    /// Tasks that gave something.
    pub ok: usize,
    /// Tasks that came to nothing.
    pub failed: usize,
    /// The shortest.
    pub min: Duration,
    /// The mean.
    pub average: Duration,
    /// The longest.
    pub max: Duration,
    /// The share that gave something, from 0 to 1; 1 if there were no tasks.
    pub success_rate: f64,
    /// The share that came to nothing, from 0 to 1.
    pub failure_rate: f64,
}

impl<T> Results<T> {
    pub(super) fn new(outcomes: Vec<Outcome<T>>) -> Self {
        Self(outcomes)
    }

    /// All outcomes.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Outcome<T>> {
        self.0.iter()
    }

    /// What was given, with whose it is.
    pub fn ok(&self) -> impl Iterator<Item = (&ClusterId, &T)> {
        self.0.iter().filter_map(|outcome| Some((&outcome.cluster, outcome.result.as_ref().ok()?)))
    }

    /// What came to nothing, with the reason.
    pub fn failed(&self) -> impl Iterator<Item = (&ClusterId, &TaskError)> {
        self.0.iter().filter_map(|outcome| Some((&outcome.cluster, outcome.result.as_ref().err()?)))
    }

    /// The outcomes of one cluster.
    pub fn of(&self, cluster: &ClusterId) -> impl Iterator<Item = &Outcome<T>> {
        self.0.iter().filter(move |outcome| outcome.cluster == *cluster)
    }

    /// The outcomes of each cluster.
    #[must_use]
    pub fn by_cluster(&self) -> BTreeMap<&ClusterId, Vec<&Outcome<T>>> {
        let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for outcome in &self.0 {
            groups.entry(&outcome.cluster).or_default().push(outcome);
        }
        groups
    }

    /// Makes something else of what was given.
    pub fn and_then<U>(self, make: impl Fn(T) -> Result<U, TaskError>) -> Results<U> {
        let outcomes = self.0.into_iter().map(|Outcome { cluster, result, duration }| Outcome {
            cluster,
            result: result.and_then(&make),
            duration,
        });
        Results(outcomes.collect())
    }

    /// The figures.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let total = self.0.len();
        let ok = self.ok().count();
        let times = || self.0.iter().map(|outcome| outcome.duration);
        let share = |part: usize| if total == 0 { 0.0 } else { part as f64 / total as f64 };
        Summary {
            total,
            ok,
            failed: total - ok,
            min: times().min().unwrap_or_default(),
            average: times().sum::<Duration>().checked_div(total as u32).unwrap_or_default(),
            max: times().max().unwrap_or_default(),
            success_rate: if total == 0 { 1.0 } else { share(ok) },
            failure_rate: share(total - ok),
        }
    }
}

impl<T> IntoIterator for Results<T> {
    type Item = Outcome<T>;
    type IntoIter = std::vec::IntoIter<Outcome<T>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
