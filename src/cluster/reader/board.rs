//! The state of a kind as a whole, put together from the scopes it is read in.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::cluster::outlet::Outlet;
use crate::model::update::{Reading, Scope, Update};

/// What is known of every scope, and what was last told.
pub struct Board {
    /// Makes an update of the state.
    tell: Box<dyn Fn(Reading) -> Update + Send + Sync>,
    outlet: Outlet,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    scopes: BTreeMap<Scope, Reading>,
    told: Option<Reading>,
}

impl Board {
    /// Starts without a scope.
    pub fn new(tell: impl Fn(Reading) -> Update + Send + Sync + 'static, outlet: Outlet) -> Self {
        Self { tell: Box::new(tell), outlet, state: Mutex::default() }
    }

    /// Notes the state of one scope and tells the kind's, if that changed. `false` once nobody listens any more.
    pub async fn set(&self, scope: &Scope, reading: Reading) -> bool {
        self.change(|scopes| drop(scopes.insert(scope.clone(), reading))).await
    }

    /// Replaces all scopes by these, each waiting; tells nothing by itself.
    pub fn plan(&self, scopes: impl IntoIterator<Item = Scope>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.scopes = scopes.into_iter().map(|scope| (scope, Reading::Waiting)).collect();
    }

    /// Adds a scope that waits; tells nothing by itself.
    pub fn add(&self, scope: Scope) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.scopes.insert(scope, Reading::Waiting);
    }

    /// Forgets a scope. `false` once nobody listens any more.
    pub async fn remove(&self, scope: &Scope) -> bool {
        self.change(|scopes| drop(scopes.remove(scope))).await
    }

    /// Returns the state of one scope.
    pub fn get(&self, scope: &Scope) -> Option<Reading> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).scopes.get(scope).cloned()
    }

    /// Tells whether every scope is forbidden or missing, or there is none.
    pub fn is_barren(&self) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.scopes.values().all(|reading| matches!(reading, Reading::Forbidden(_) | Reading::Missing))
    }

    async fn change(&self, change: impl FnOnce(&mut BTreeMap<Scope, Reading>)) -> bool {
        let news = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            change(&mut state.scopes);
            let whole = whole(&state.scopes);
            let news = whole.filter(|now| is_news(now, state.told.as_ref()));
            if news.is_some() {
                state.told.clone_from(&news);
            }
            news
        };
        match news {
            Some(reading) => self.outlet.send((self.tell)(reading)).await,
            None => true,
        }
    }
}

fn is_news(now: &Reading, told: Option<&Reading>) -> bool {
    match (now, told) {
        // The same failure again is news: the next try is.
        (Reading::Broken { .. }, _) => true,
        // Asking again whether something is still forbidden is not.
        (Reading::Waiting, Some(Reading::Forbidden(_) | Reading::Missing)) => false,
        (now, told) => told != Some(now),
    }
}

/// Puts the state of a kind together: what is broken first, then what is awaited, then the least that is permitted.
fn whole(scopes: &BTreeMap<Scope, Reading>) -> Option<Reading> {
    let readings = || scopes.values();
    let broken = readings().filter_map(|reading| match reading {
        Reading::Broken { retry_in, .. } => Some((*retry_in, reading)),
        _ => None,
    });
    if let Some((_, soonest)) = broken.min_by_key(|(retry_in, _)| *retry_in) {
        return Some(soonest.clone());
    }
    if readings().any(|reading| *reading == Reading::Waiting) {
        return Some(Reading::Waiting);
    }
    let polled = readings().filter_map(|reading| match reading {
        Reading::Polled(pace) => Some(*pace),
        _ => None,
    });
    if let Some(pace) = polled.max() {
        return Some(Reading::Polled(pace));
    }
    let rank = |reading: &&Reading| match reading {
        Reading::Live => 0,
        Reading::Forbidden(_) => 1,
        _ => 2,
    };
    readings().min_by_key(rank).cloned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::failure::{Failure, FailureKind};
    use crate::model::ids::{ClusterId, Generation};
    use crate::model::kind::Kind;

    fn of(readings: &[Reading]) -> Option<Reading> {
        let named = readings.iter().enumerate();
        whole(&named.map(|(index, it)| (Scope::Namespace(format!("n{index}").into()), it.clone())).collect())
    }

    #[tokio::test]
    async fn only_news_is_told() {
        let (sender, mut receiver) = tokio::sync::mpsc::channel(16);
        let outlet = Outlet::new(ClusterId::new("a"), Generation(1), sender);
        let board = Board::new(|reading| Update::Reading(Kind::Pods, reading), outlet);
        let scope = Scope::Cluster;
        for reading in [
            Reading::Waiting,
            Reading::Waiting,
            Reading::Forbidden("no".to_owned()),
            Reading::Waiting,
            Reading::Forbidden("no".to_owned()),
            Reading::Live,
            broken(1),
            broken(1),
        ] {
            assert!(board.set(&scope, reading).await);
        }
        let mut told = Vec::new();
        while let Ok(envelope) = receiver.try_recv() {
            let Update::Reading(Kind::Pods, reading) = envelope.update else { panic!("a reading") };
            told.push(reading);
        }
        let no = Reading::Forbidden("no".to_owned());
        assert_eq!(told, [Reading::Waiting, no, Reading::Live, broken(1), broken(1)]);
        drop(receiver);
        assert!(!board.set(&scope, Reading::Live).await, "nobody listens any more");
    }

    fn broken(seconds: u64) -> Reading {
        let failure = Failure::new(FailureKind::Closed, "closed");
        Reading::Broken { failure, retry_in: Duration::from_secs(seconds) }
    }

    #[test]
    fn the_whole_is_its_scopes() {
        use Reading::{Forbidden, Live, Missing, Polled, Waiting};
        let no = || Forbidden("no".to_owned());
        let pace = Polled(Duration::from_secs(240));
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[Live, Live]), Some(Live));
        assert_eq!(of(&[no(), Live]), Some(Live), "what is forbidden in one place does not hide the other");
        assert_eq!(of(&[no(), Waiting]), Some(Waiting));
        assert_eq!(of(&[no(), no()]), Some(no()));
        assert_eq!(of(&[Missing, no()]), Some(no()));
        assert_eq!(of(&[Missing]), Some(Missing));
        assert_eq!(of(&[Live, pace.clone()]), Some(pace));
        assert_eq!(of(&[Waiting, broken(9), broken(3), Live]), Some(broken(3)));
    }
}
