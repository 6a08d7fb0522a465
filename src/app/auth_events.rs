//! The events of a login that fails and recovers, for the log, and what came of one that a person did. Must not decide
//! anything.

use crate::model::failure::{Failure, FailureClass};
use crate::model::health::Health;
use crate::model::ids::ClusterId;
use crate::model::update::Link;

/// What became of a cluster's login with one update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthEvent {
    /// The credentials are turned down from now on.
    Failed(String),
    /// The next try is under way.
    Recovering,
    /// Still turned down; the next try comes after so many seconds, or only by a person's hand.
    Progress(Option<u64>),
    /// A connection succeeded.
    Recovered,
}

/// Compares the verdict before and after an update that left the connection in this state.
#[must_use]
pub fn auth_event(before: Option<&Failure>, after: Option<&Failure>, link: &Link) -> Option<AuthEvent> {
    match (before, after, link) {
        (None, Some(failure), _) => Some(AuthEvent::Failed(failure.summary.clone())),
        (Some(_), None, _) => Some(AuthEvent::Recovered),
        (Some(_), Some(_), Link::Connecting) => Some(AuthEvent::Recovering),
        (Some(_), Some(_), Link::Down { retry_in, .. }) => {
            Some(AuthEvent::Progress(retry_in.map(|wait| wait.as_secs())))
        }
        _ => None,
    }
}

/// Says what the server makes of a login that its credential plugin has done; `None` while that is open.
#[must_use]
pub fn of_login(name: &str, link: &Link) -> Option<(String, Health)> {
    match link {
        Link::Up => Some((format!("logged in to {name}"), Health::Healthy)),
        Link::Down { failure, .. } if failure.class() == FailureClass::Auth => {
            Some((format!("login to {name} was done in vain: {failure}"), Health::AuthFailed))
        }
        Link::Down { failure, .. } => {
            Some((format!("login to {name} done, but the server cannot be asked: {failure}"), Health::Unhealthy))
        }
        Link::Connecting | Link::Plugin { .. } | Link::Rebuilding | Link::Rebuilt => None,
    }
}

/// Writes an event to the log.
pub fn log(cluster: &ClusterId, name: &str, event: &AuthEvent) {
    match event {
        AuthEvent::Failed(reason) => tracing::warn!(%cluster, name, reason, "auth failed"),
        AuthEvent::Recovering => tracing::info!(%cluster, name, "auth recovering"),
        AuthEvent::Progress(seconds) => tracing::info!(%cluster, name, seconds_until_retry = seconds, "auth progress"),
        AuthEvent::Recovered => tracing::info!(%cluster, name, "auth recovered"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::failure::FailureKind;

    #[test]
    fn a_login_fails_recovers_step_by_step_and_is_back() {
        let verdict = Failure::new(FailureKind::Unauthorized, "the server rejected the credentials");
        let wait = Some(Duration::from_secs(5));
        let down = Link::Down { failure: verdict.clone(), auth_attempts: 1, settled: false, retry_in: wait };
        let (some, none) = (Some(&verdict), None);
        assert_eq!(auth_event(none, some, &down), Some(AuthEvent::Failed(verdict.summary.clone())));
        assert_eq!(auth_event(some, some, &Link::Connecting), Some(AuthEvent::Recovering));
        assert_eq!(auth_event(some, some, &down), Some(AuthEvent::Progress(Some(5))));
        assert_eq!(auth_event(some, none, &Link::Up), Some(AuthEvent::Recovered));
        assert_eq!(auth_event(none, none, &Link::Up), None);
    }
}
