//! Where the connection to a cluster stands, derived from facts. The one place that decides the lifecycle word.

use std::fmt;

use super::failure::FailureClass;
use super::update::Link;

/// The lifecycle of an open cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lifecycle {
    /// Trying for the first time, or again after a login was mended.
    #[default]
    Connecting,
    /// The first answer is here; nothing is being read yet.
    Connected,
    /// First lists are on their way.
    Loading,
    /// First lists are on their way for longer than `loading_slow`.
    LoadingSlow,
    /// Every permitted kind has its first list.
    Ready,
    /// An established cluster stopped answering or is being rebuilt.
    Reconnecting,
    /// Never reached, waiting for the next try.
    Disconnected,
    /// The server or the credential plugin turned the credentials down.
    AuthFailed,
}

impl fmt::Display for Lifecycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Lifecycle::Connecting => "connecting",
            Lifecycle::Connected => "connected",
            Lifecycle::Loading => "loading",
            Lifecycle::LoadingSlow => "loading_slow",
            Lifecycle::Ready => "ready",
            Lifecycle::Reconnecting => "reconnecting",
            Lifecycle::Disconnected => "disconnected",
            Lifecycle::AuthFailed => "auth_failed",
        })
    }
}

/// The facts the lifecycle follows from.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The connection's latest state.
    pub link: &'a Link,
    /// The pre-flight has passed at least once since the cluster was opened.
    pub established: bool,
    /// An auth verdict stands that no success has lifted yet.
    pub auth_verdict: bool,
    /// Heartbeats missed in a row.
    pub misses: u32,
    /// Kinds asked for, kinds settled (first list complete, forbidden or missing).
    pub kinds: (usize, usize),
    /// How long the unsettled ones have been waited for exceeds `loading_slow`.
    pub loading_slow: bool,
}

/// Derives the lifecycle. A late `Connecting` never moves a serving cluster backwards: it reads `reconnecting`.
#[must_use]
pub fn derive(facts: Facts<'_>) -> Lifecycle {
    if facts.auth_verdict && !matches!(facts.link, Link::Up | Link::Rebuilt) {
        return Lifecycle::AuthFailed;
    }
    match facts.link {
        Link::Down { failure, .. } if failure.class() == FailureClass::Auth => Lifecycle::AuthFailed,
        Link::Down { .. } if !facts.established => Lifecycle::Disconnected,
        Link::Connecting | Link::Plugin { .. } if !facts.established => Lifecycle::Connecting,
        Link::Down { .. } | Link::Rebuilding | Link::Connecting | Link::Plugin { .. } => Lifecycle::Reconnecting,
        Link::Up | Link::Rebuilt if facts.misses > 0 => Lifecycle::Reconnecting,
        Link::Up | Link::Rebuilt => match facts.kinds {
            (0, _) => Lifecycle::Connected,
            (asked, settled) if settled >= asked => Lifecycle::Ready,
            _ if facts.loading_slow => Lifecycle::LoadingSlow,
            _ => Lifecycle::Loading,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::failure::{Failure, FailureKind};

    fn facts(link: &Link) -> Facts<'_> {
        Facts { link, established: false, auth_verdict: false, misses: 0, kinds: (0, 0), loading_slow: false }
    }

    fn down(kind: FailureKind) -> Link {
        Link::Down { failure: Failure::new(kind, "x"), auth_attempts: 0, settled: false, retry_in: None }
    }

    #[test]
    fn a_first_connection_walks_from_connecting_to_ready() {
        assert_eq!(derive(facts(&Link::Connecting)), Lifecycle::Connecting);
        let up = Facts { established: true, ..facts(&Link::Up) };
        assert_eq!(derive(up), Lifecycle::Connected);
        assert_eq!(derive(Facts { kinds: (4, 1), ..up }), Lifecycle::Loading);
        assert_eq!(derive(Facts { kinds: (4, 1), loading_slow: true, ..up }), Lifecycle::LoadingSlow);
        assert_eq!(derive(Facts { kinds: (4, 4), ..up }), Lifecycle::Ready);
    }

    #[test]
    fn a_late_connecting_never_moves_a_serving_cluster_backwards() {
        let served = Facts { established: true, kinds: (4, 4), ..facts(&Link::Connecting) };
        assert_eq!(derive(served), Lifecycle::Reconnecting);
    }

    #[test]
    fn a_cluster_never_reached_is_disconnected_and_an_established_one_reconnecting() {
        let refused = down(FailureKind::Refused);
        assert_eq!(derive(facts(&refused)), Lifecycle::Disconnected);
        assert_eq!(derive(Facts { established: true, ..facts(&refused) }), Lifecycle::Reconnecting);
        assert_eq!(derive(Facts { established: true, misses: 1, ..facts(&Link::Up) }), Lifecycle::Reconnecting);
        assert_eq!(derive(Facts { established: true, misses: 1, ..facts(&Link::Rebuilt) }), Lifecycle::Reconnecting);
        assert_eq!(derive(Facts { established: true, kinds: (4, 4), ..facts(&Link::Rebuilt) }), Lifecycle::Ready);
    }

    #[test]
    fn an_auth_verdict_stands_until_a_connection_succeeds() {
        let rejected = down(FailureKind::Unauthorized);
        assert_eq!(derive(facts(&rejected)), Lifecycle::AuthFailed);
        let probing = Facts { auth_verdict: true, established: true, ..facts(&Link::Connecting) };
        assert_eq!(derive(probing), Lifecycle::AuthFailed);
        assert_eq!(derive(Facts { auth_verdict: true, kinds: (1, 1), ..facts(&Link::Up) }), Lifecycle::Ready);
    }
}
