//! How far each kind of one cluster is read: what is settled, what is awaited, what is down and since when.
//!
//! A reader starts anew after every break; what a person cares about outlives that, and is kept here. Must not decide
//! health or lifecycle.

use std::collections::BTreeMap;
use std::time::Duration;

use super::clock::Now;
use crate::model::failure::Failure;
use crate::model::kind::Kind;
use crate::model::update::Reading;

/// How the reading of one kind stands.
#[derive(Clone, Debug)]
pub struct ReadingState {
    /// The latest word from its reader.
    pub reading: Reading,
    /// Since when that is the word.
    pub since: Duration,
    /// When it was first asked for.
    pub asked: Duration,
    /// Its first list has been complete once.
    pub listed: bool,
    /// Since when it is not current, whatever its reader has tried since.
    pub down_since: Option<Duration>,
    /// Why it is not current, as last told; a list that is read anew says nothing of its own.
    pub trouble: Option<Failure>,
    /// When the next try comes.
    pub retry_at: Option<Duration>,
}

/// How the reading of every kind stands.
#[derive(Clone, Debug, Default)]
pub struct Readings {
    states: BTreeMap<Kind, ReadingState>,
}

impl Readings {
    /// Takes in what a reader says.
    pub fn note(&mut self, kind: Kind, reading: Reading, now: &Now) {
        let retry_at = match &reading {
            Reading::Broken { retry_in, .. } => Some(now.mono + *retry_in),
            _ => None,
        };
        let fresh = || ReadingState {
            reading: Reading::Waiting,
            since: now.mono,
            asked: now.mono,
            listed: false,
            down_since: None,
            trouble: None,
            retry_at: None,
        };
        let state = self.states.entry(kind).or_insert_with(fresh);
        if state.reading != reading {
            state.since = now.mono;
        }
        match &reading {
            Reading::Live | Reading::Polled(_) => {
                state.listed = true;
                (state.down_since, state.trouble) = (None, None);
            }
            Reading::Forbidden(_) | Reading::Missing => (state.down_since, state.trouble) = (None, None),
            Reading::Broken { failure, .. } => {
                state.down_since.get_or_insert(now.mono);
                state.trouble = Some(failure.clone());
            }
            // It is listed anew, and what was listed before is not current until that is done.
            Reading::Waiting if matches!(state.reading, Reading::Live | Reading::Polled(_)) => {
                state.down_since.get_or_insert(now.mono);
            }
            // Trying again does not make it current.
            Reading::Waiting => {}
        }
        state.reading = reading;
        state.retry_at = retry_at;
    }

    /// Notes that all readers have ended: what they read is not current until they have begun anew.
    pub fn interrupt(&mut self, now: &Now) {
        let current = |state: &&mut ReadingState| matches!(state.reading, Reading::Live | Reading::Polled(_));
        for state in self.states.values_mut().filter(current) {
            state.down_since.get_or_insert(now.mono);
        }
    }

    /// Whether every kind is settled and current.
    #[must_use]
    pub fn are_current(&self) -> bool {
        let mut standing = self.standing().peekable();
        standing.peek().is_some() && standing.all(|(_, state)| state.is_settled() && state.down_since.is_none())
    }

    /// Forgets one kind: it is not read any more.
    pub fn forget(&mut self, kind: &Kind) {
        self.states.remove(kind);
    }

    /// Forgets everything: the cluster is read in another way from now on.
    pub fn clear(&mut self) {
        self.states.clear();
    }

    /// How one kind stands; `None` before it was asked for.
    #[must_use]
    pub fn get(&self, kind: &Kind) -> Option<&ReadingState> {
        self.states.get(kind)
    }

    /// Every kind that was asked for.
    pub fn iter(&self) -> impl Iterator<Item = (&Kind, &ReadingState)> {
        self.states.iter()
    }

    /// The kinds that every open cluster reads: lifecycle and health follow from these alone, not from what someone happens
    /// to look at.
    fn standing(&self) -> impl Iterator<Item = (&Kind, &ReadingState)> {
        self.iter().filter(|(kind, _)| kind.is_standing())
    }

    /// Kinds asked for, and those settled: listed once, forbidden or not served.
    #[must_use]
    pub fn settled(&self) -> (usize, usize) {
        let standing = || self.standing();
        (standing().count(), standing().filter(|(_, state)| state.is_settled()).count())
    }

    /// The kinds whose first list is awaited, and for how long the longest.
    #[must_use]
    pub fn awaited(&self, now: &Now) -> (Vec<&Kind>, Duration) {
        let awaited = || self.standing().filter(|(_, state)| !state.is_settled());
        let longest = awaited().map(|(_, state)| now.since(state.asked)).max().unwrap_or_default();
        (awaited().map(|(kind, _)| kind).collect(), longest)
    }

    /// The kinds that may not be listed.
    pub fn forbidden(&self) -> impl Iterator<Item = &Kind> {
        self.standing().filter(|(_, state)| matches!(state.reading, Reading::Forbidden(_))).map(|(kind, _)| kind)
    }

    /// The first kind that has not been current for at least `patience`, also while it is being tried again, and why.
    #[must_use]
    pub fn broken(&self, patience: Duration, now: &Now) -> Option<(&Kind, &str)> {
        let (kind, state) = self.standing().find(|(_, state)| state.is_down_for(patience, now))?;
        Some((kind, state.trouble.as_ref().map_or("it is being listed anew", |failure| &failure.summary)))
    }
}

impl ReadingState {
    pub(super) fn is_settled(&self) -> bool {
        self.listed || matches!(self.reading, Reading::Forbidden(_) | Reading::Missing)
    }

    /// Whether it has not been current for at least `patience`.
    #[must_use]
    pub fn is_down_for(&self, patience: Duration, now: &Now) -> bool {
        self.down_since.is_some_and(|since| now.since(since) >= patience)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::failure::FailureKind;

    fn at(seconds: u64) -> Now {
        Now { mono: Duration::from_secs(seconds), ..Now::default() }
    }

    fn broken() -> Reading {
        Reading::Broken { failure: Failure::new(FailureKind::Closed, "closed"), retry_in: Duration::from_secs(1) }
    }

    #[test]
    fn a_kind_whose_first_list_fails_is_awaited_not_settled() {
        let mut readings = Readings::default();
        readings.note(Kind::Pods, Reading::Waiting, &at(0));
        readings.note(Kind::Pods, broken(), &at(4));
        readings.note(Kind::Pods, Reading::Waiting, &at(5));
        assert_eq!(readings.settled(), (1, 0));
        assert_eq!(readings.awaited(&at(12)), (vec![&Kind::Pods], Duration::from_secs(12)));
        readings.note(Kind::Pods, Reading::Live, &at(13));
        readings.note(Kind::Pods, broken(), &at(20));
        assert_eq!(readings.settled(), (1, 1), "an established kind stays settled");
    }

    #[test]
    fn a_broken_kind_is_down_until_it_is_current_again_however_often_it_is_tried() {
        let mut readings = Readings::default();
        readings.note(Kind::Pods, Reading::Live, &at(0));
        readings.note(Kind::Pods, broken(), &at(10));
        readings.note(Kind::Pods, Reading::Waiting, &at(11));
        let down = |readings: &Readings| readings.get(&Kind::Pods).and_then(|state| state.down_since);
        assert_eq!(down(&readings), Some(Duration::from_secs(10)));
        readings.note(Kind::Pods, broken(), &at(20));
        assert_eq!(down(&readings), Some(Duration::from_secs(10)));
        assert!(readings.broken(Duration::from_secs(5), &at(20)).is_some());
        readings.note(Kind::Pods, Reading::Waiting, &at(20));
        let told = readings.broken(Duration::from_secs(5), &at(20));
        assert_eq!(told, Some((&Kind::Pods, "closed")), "nor does it take the reason away");
        readings.note(Kind::Pods, Reading::Live, &at(21));
        assert_eq!((down(&readings), readings.broken(Duration::ZERO, &at(30))), (None, None));
    }

    #[test]
    fn a_list_that_is_read_anew_and_never_gets_through_is_down_from_its_start() {
        let mut readings = Readings::default();
        readings.note(Kind::Pods, Reading::Live, &at(0));
        readings.note(Kind::Pods, Reading::Waiting, &at(10));
        readings.note(Kind::Pods, Reading::Waiting, &at(12));
        let down = readings.get(&Kind::Pods).and_then(|state| state.down_since);
        assert_eq!(down, Some(Duration::from_secs(10)));
        let told = |seconds| readings.broken(Duration::from_secs(5), &at(seconds));
        assert_eq!((told(14), told(15)), (None, Some((&Kind::Pods, "it is being listed anew"))));
    }
}
