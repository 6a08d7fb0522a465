//! The one word a person reads about a cluster, with its reason. The one place that decides it.

use std::fmt;

use super::failure::{Failure, FailureKind};

/// The health of an open cluster, best last, so that sorting puts trouble first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Health {
    /// The credentials are turned down.
    AuthFailed,
    /// Three misses in a row, or never reached.
    Unhealthy,
    /// One or two misses, a failing readiness check, or a connection being rebuilt.
    Degraded,
    /// No answer yet.
    Unknown,
    /// Answers, but something in it is unwell, slow or partly forbidden.
    Warning,
    /// All well.
    Healthy,
}

impl Health {
    /// Every health word, worst first as the fleet strip counts them.
    pub const ALL: [Health; 6] =
        [Self::AuthFailed, Self::Unhealthy, Self::Degraded, Self::Unknown, Self::Warning, Self::Healthy];
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Health::AuthFailed => "auth_failed",
            Health::Unhealthy => "unhealthy",
            Health::Degraded => "degraded",
            Health::Unknown => "unknown",
            Health::Warning => "warning",
            Health::Healthy => "healthy",
        })
    }
}

/// The facts health follows from.
#[derive(Clone, Debug, Default)]
pub struct Signs<'a> {
    /// An auth verdict stands: its cause.
    pub auth_failure: Option<&'a Failure>,
    /// The server was reached at least once since the cluster was opened.
    pub reached: bool,
    /// The latest connection failure, if the connection is down.
    pub down: Option<&'a Failure>,
    /// Heartbeats missed in a row.
    pub misses: u32,
    /// `health.failure_threshold`.
    pub threshold: u32,
    /// Why the latest heartbeat missed.
    pub missed: Option<&'a Failure>,
    /// What the server says is not ready.
    pub not_ready: Option<&'a Failure>,
    /// The connection is being rebuilt.
    pub rebuilding: bool,
    /// Pods that need a person.
    pub unwell_pods: usize,
    /// The words for the worst trouble among them, for example `crash-looping`.
    pub unwell_word: Option<&'a str>,
    /// Nodes that need a person: their number and the first one's reason.
    pub unwell_nodes: (usize, Option<&'a str>),
    /// Why what the kubeconfig says now does not work, while what it said before goes on.
    pub withheld: Option<&'a Failure>,
    /// Three answers in a row were slower than `heartbeat.slow`.
    pub slow: bool,
    /// The first kind whose rows are not current although the server answers, and why.
    pub broken: Option<(&'a str, &'a str)>,
    /// Kinds that may not be listed.
    pub forbidden: &'a [&'a str],
}

/// Decides the health word and its reason; the reason is empty for `healthy` alone.
#[must_use]
pub fn assess(signs: &Signs<'_>) -> (Health, String) {
    if let Some(failure) = signs.auth_failure {
        return (Health::AuthFailed, failure.summary.clone());
    }
    if !signs.reached {
        return match signs.down {
            // It answers, though not with what was asked for.
            Some(failure) if matches!(failure.kind, FailureKind::Server | FailureKind::Throttled) => {
                (Health::Degraded, failure.summary.clone())
            }
            Some(failure) => (Health::Unhealthy, failure.headline()),
            None => (Health::Unknown, "no answer yet".to_owned()),
        };
    }
    let failure = signs.down.or(signs.missed);
    if signs.misses >= signs.threshold.max(1) {
        return (Health::Unhealthy, failure.map_or_else(|| "no answer".to_owned(), Failure::headline));
    }
    // Nothing beats while the context cannot be used, and trying again does not mend it.
    if let Some(failure) = signs.down.filter(|failure| failure.kind == FailureKind::Config) {
        return (Health::Unhealthy, failure.headline());
    }
    if signs.misses > 0 || signs.down.is_some() {
        return (Health::Degraded, failure.map_or_else(|| "no answer".to_owned(), |failure| failure.summary.clone()));
    }
    if let Some(failure) = signs.not_ready {
        return (Health::Degraded, failure.summary.clone());
    }
    if signs.rebuilding {
        return (Health::Degraded, "connection is being rebuilt".to_owned());
    }
    let troubles = troubles(signs);
    if troubles.is_empty() { (Health::Healthy, String::new()) } else { (Health::Warning, troubles.join(", ")) }
}

fn troubles(signs: &Signs<'_>) -> Vec<String> {
    let mut troubles = Vec::new();
    if let Some(failure) = signs.withheld {
        troubles.push(format!("its changed files do not work: {failure}"));
    }
    if signs.unwell_pods > 0 {
        let word = signs.unwell_word.unwrap_or("unwell");
        troubles.push(format!("{} {word}", count(signs.unwell_pods, "pod")));
    }
    match signs.unwell_nodes {
        (0, _) => {}
        (nodes, reason) => troubles.push(format!("{} {}", count(nodes, "node"), reason.unwrap_or("unwell"))),
    }
    if signs.slow {
        troubles.push("answers slowly".to_owned());
    }
    if let Some((kind, why)) = signs.broken {
        troubles.push(format!("{kind} not current: {why}"));
    }
    if !signs.forbidden.is_empty() {
        troubles.push(format!("may not list {}", signs.forbidden.join(", ")));
    }
    troubles
}

/// Writes a count with its noun: `1 pod`, `3 pods`.
#[must_use]
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(kind: FailureKind, summary: &str) -> Failure {
        Failure::new(kind, summary)
    }

    fn well() -> Signs<'static> {
        Signs { reached: true, threshold: 3, ..Signs::default() }
    }

    #[test]
    fn one_miss_degrades_three_are_unhealthy_one_answer_is_back() {
        let silent = failure(FailureKind::Timeout, "no answer within 5s");
        let missed = |misses| assess(&Signs { misses, missed: Some(&silent), ..well() });
        assert_eq!(missed(0).0, Health::Healthy);
        assert_eq!(missed(1), (Health::Degraded, "no answer within 5s".to_owned()));
        assert_eq!(missed(2).0, Health::Degraded);
        assert_eq!(missed(3), (Health::Unhealthy, "unreachable: no answer within 5s".to_owned()));
    }

    #[test]
    fn auth_failure_takes_precedence_over_everything() {
        let expired = failure(FailureKind::LoginExpired, "token expired");
        let signs = Signs { auth_failure: Some(&expired), misses: 9, unwell_pods: 3, ..well() };
        assert_eq!(assess(&signs), (Health::AuthFailed, "token expired".to_owned()));
    }

    #[test]
    fn a_cluster_never_reached_is_unknown_until_a_try_has_failed() {
        let fresh = Signs { threshold: 3, ..Signs::default() };
        assert_eq!(assess(&fresh).0, Health::Unknown);
        let cause = failure(FailureKind::Refused, "connection refused");
        let refused = Signs { down: Some(&cause), ..fresh };
        assert_eq!(assess(&refused), (Health::Unhealthy, "unreachable: connection refused".to_owned()));
    }

    #[test]
    fn a_server_that_answers_with_errors_alone_is_degraded_not_unreachable() {
        for kind in [FailureKind::Server, FailureKind::Throttled] {
            let cause = failure(kind, "it is not well");
            let signs = Signs { down: Some(&cause), threshold: 3, ..Signs::default() };
            assert_eq!(assess(&signs), (Health::Degraded, "it is not well".to_owned()));
        }
    }

    #[test]
    fn a_context_that_cannot_be_used_is_not_called_unreachable() {
        let cause = failure(FailureKind::Config, "the context names no cluster");
        let signs = Signs { down: Some(&cause), threshold: 3, ..Signs::default() };
        assert_eq!(assess(&signs), (Health::Unhealthy, "the context names no cluster".to_owned()));
        let served = Signs { down: Some(&cause), ..well() };
        assert_eq!(assess(&served), (Health::Unhealthy, "the context names no cluster".to_owned()));
    }

    #[test]
    fn a_warning_names_all_that_is_unwell() {
        let signs = Signs {
            unwell_pods: 3,
            unwell_word: Some("crash-looping"),
            unwell_nodes: (1, Some("NotReady")),
            forbidden: &["nodes"],
            ..well()
        };
        let expected = "3 pods crash-looping, 1 node NotReady, may not list nodes";
        assert_eq!(assess(&signs), (Health::Warning, expected.to_owned()));
    }

    #[test]
    fn a_kubeconfig_that_changed_for_the_worse_is_a_warning_while_what_was_before_goes_on() {
        let rejected = failure(FailureKind::Unauthorized, "the server rejected the token");
        let reason = "its changed files do not work: the server rejected the token";
        assert_eq!(assess(&Signs { withheld: Some(&rejected), ..well() }), (Health::Warning, reason.to_owned()));
    }

    #[test]
    fn every_word_but_healthy_carries_a_reason() {
        let etcd = failure(FailureKind::Server, "etcd is not ready");
        let (health, reason) = assess(&Signs { not_ready: Some(&etcd), ..well() });
        assert_eq!((health, reason.as_str()), (Health::Degraded, "etcd is not ready"));
        assert_eq!(assess(&Signs { rebuilding: true, ..well() }).0, Health::Degraded);
        assert!(assess(&well()).1.is_empty());
    }
}
