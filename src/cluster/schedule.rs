//! When to try again: backoff, auth recovery, heartbeat pace, transport rebuilds. Pure; time and randomness are given.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::connect::Setback;
use super::failure::is_transport;
use super::limits::Limits;
use crate::model::failure::FailureClass;

/// `jitter`: how far delays are shortened at random, so that many clusters do not act at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jitter {
    percent: u32,
}

impl Jitter {
    /// At most so much of a delay. Unit: percent, at most 10.
    #[must_use]
    pub const fn percent(percent: u32) -> Self {
        Self { percent }
    }

    /// Draws what [`jittered`] takes: from 0 (not at all) to 1 (by a tenth).
    #[must_use]
    pub fn luck(self) -> f64 {
        fastrand::f64() * f64::from(self.percent.min(10)) / 10.0
    }
}

/// Shortens a delay by up to a tenth. `luck` is from 0 (not at all) to 1.
#[must_use]
pub fn jittered(delay: Duration, luck: f64) -> Duration {
    delay.mul_f64(1.0 - luck.clamp(0.0, 1.0) / 10.0)
}

/// Returns the delay after the given number of failures before this one: doubling from the first to the longest.
#[must_use]
pub fn backoff(failures: u32, (first, longest): (Duration, Duration), luck: f64) -> Duration {
    let doubled = first.saturating_mul(2_u32.saturating_pow(failures.min(20)));
    jittered(doubled.min(longest), luck)
}

/// What follows a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Next {
    /// Verdicts of class auth in a row; 0 if this failure is of another class.
    pub auth_attempts: u32,
    /// All attempts are spent; the state is `invalid` and probed slowly.
    pub settled: bool,
    /// Time until the next try; `None` waits for a person.
    pub retry_in: Option<Duration>,
}

/// Counts the failed attempts of one cluster.
#[derive(Clone, Copy, Debug, Default)]
pub struct Attempts {
    verdicts: u32,
    failures: u32,
    served: bool,
}

impl Attempts {
    /// Notes that the cluster is connected: all is forgiven.
    pub fn succeeded(&mut self) {
        *self = Self { served: true, ..Self::default() };
    }

    /// Tells whether the cluster was ever connected.
    #[must_use]
    pub fn served(&self) -> bool {
        self.served
    }

    /// Notes that what is tried is another from now on: it has all attempts before it.
    pub fn start_over(&mut self) {
        *self = Self { served: self.served, ..Self::default() };
    }

    /// Tells whether the attempts are the heartbeats of a cluster that was connected, whose credentials are in order as far as
    /// is known.
    fn beats(&self) -> bool {
        self.served && self.verdicts == 0
    }

    /// Notes an attempt that failed after so long, and says when the next one is due.
    pub fn failed(&mut self, setback: &Setback, took: Duration, limits: &Limits, luck: f64) -> Next {
        let class = setback.failure.class();
        let mut next = Next { auth_attempts: 0, settled: false, retry_in: None };
        if class == FailureClass::Auth {
            self.verdicts = self.verdicts.saturating_add(1);
            next.auth_attempts = self.verdicts;
            let delay = limits.auth_backoff.get(self.verdicts as usize - 1);
            next.settled = delay.is_none();
            next.retry_in = Some(jittered(delay.copied().unwrap_or(limits.auth_settled), luck));
        } else if self.beats() && is_transport(setback.failure.kind) {
            // Nothing else beats meanwhile: it is noticed to be gone, and to be back, as by a heartbeat.
            let beat = heartbeat_pace(true, false, limits, luck);
            next.retry_in = Some(beat.saturating_sub(took).max(limits.backoff.0.min(beat)));
        } else if self.verdicts > 0 || self.served {
            next.retry_in = Some(jittered(limits.auth_connectivity, luck));
        } else {
            next.retry_in = Some(backoff(self.failures, limits.backoff, luck));
            self.failures = self.failures.saturating_add(1);
        }
        // A server that asks to be left alone is.
        next.retry_in = next.retry_in.max(setback.failure.retry_after);
        if setback.by_hand {
            next.retry_in = None;
        }
        next
    }
}

/// Returns the time from the start of one heartbeat to the start of the next.
#[must_use]
pub fn heartbeat_pace(active: bool, healthy: bool, limits: &Limits, luck: f64) -> Duration {
    let pace = if active || !healthy { limits.heartbeat_close.min(limits.heartbeat) } else { limits.heartbeat };
    jittered(pace, luck)
}

/// Decides when failures on the way add up to a rebuild of the transport.
#[derive(Clone, Debug, Default)]
pub struct RebuildWindow {
    faults: VecDeque<Instant>,
    rebuilt: Option<Instant>,
}

impl RebuildWindow {
    /// Notes `count` failures; `true` if the transport is to be rebuilt now.
    pub fn note(&mut self, count: u64, now: Instant, limits: &Limits) -> bool {
        let enough = limits.transport_failures.max(1);
        for _ in 0..count.min(enough as u64) {
            self.faults.push_back(now);
        }
        while self.faults.len() > enough
            || self.faults.front().is_some_and(|fault| now.duration_since(*fault) > limits.transport_window)
        {
            self.faults.pop_front();
        }
        let cool = self.rebuilt.is_none_or(|rebuilt| now.duration_since(rebuilt) >= limits.transport_cooldown);
        let due = cool && self.faults.len() >= enough;
        if due {
            self.rebuilt = Some(now);
            self.faults.clear();
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::failure::{Failure, FailureKind};

    fn seconds(next: Next) -> Option<f64> {
        next.retry_in.map(|delay| delay.as_secs_f64())
    }

    fn setback(kind: FailureKind) -> Setback {
        Failure::new(kind, "x").into()
    }

    #[test]
    fn backoff_doubles_to_its_longest_and_jitter_only_shortens() {
        let range = (Duration::from_millis(800), Duration::from_secs(30));
        let delays: Vec<u128> = (0..8).map(|failures| backoff(failures, range, 0.0).as_millis()).collect();
        assert_eq!(delays, [800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
        assert_eq!(backoff(u32::MAX, range, 1.0), Duration::from_secs(27));
    }

    #[test]
    fn delays_are_shortened_by_no_more_than_the_setting_says() {
        let drawn = |percent| (0..1_000).map(|_| Jitter::percent(percent).luck()).fold(0.0, f64::max);
        assert!(drawn(0) <= 0.0 && drawn(3) <= 0.3 && drawn(3) > 0.2 && drawn(10) > 0.8 && drawn(10) <= 1.0);
    }

    #[test]
    fn auth_verdicts_wait_5_10_15_seconds_and_then_settle_at_60() {
        let (mut attempts, limits) = (Attempts::default(), Limits::default());
        let rejected = setback(FailureKind::Unauthorized);
        let steps: Vec<Next> = (0..5).map(|_| attempts.failed(&rejected, Duration::ZERO, &limits, 0.0)).collect();
        assert_eq!(steps.iter().map(|next| seconds(*next).unwrap()).collect::<Vec<_>>(), [5.0, 10.0, 15.0, 60.0, 60.0]);
        assert_eq!(steps.iter().map(|next| next.settled).collect::<Vec<_>>(), [false, false, false, true, true]);
        assert_eq!(steps[4].auth_attempts, 5);
    }

    #[test]
    fn connectivity_failures_during_an_auth_recovery_spend_no_attempts() {
        let (mut attempts, limits) = (Attempts::default(), Limits::default());
        attempts.failed(&setback(FailureKind::Unauthorized), Duration::ZERO, &limits, 0.0);
        let away = attempts.failed(&setback(FailureKind::Refused), Duration::ZERO, &limits, 0.0);
        assert_eq!((seconds(away), away.auth_attempts), (Some(15.0), 0));
        let again = attempts.failed(&setback(FailureKind::Unauthorized), Duration::ZERO, &limits, 0.0);
        assert_eq!((seconds(again), again.auth_attempts), (Some(10.0), 2));
        attempts.succeeded();
        let later = attempts.failed(&setback(FailureKind::Unauthorized), Duration::ZERO, &limits, 0.0);
        assert_eq!(later.auth_attempts, 1, "a success forgives");
    }

    #[test]
    fn a_cluster_that_was_connected_and_leads_nowhere_now_is_tried_at_the_pace_of_heartbeats_from_start_to_start() {
        let (mut attempts, limits) = (Attempts::default(), Limits::default());
        attempts.succeeded();
        let gone = setback(FailureKind::ConnectTimeout);
        let mut pause = |took| seconds(attempts.failed(&gone, Duration::from_secs(took), &limits, 0.0));
        assert_eq!([pause(0), pause(2), pause(10)], [Some(5.0), Some(3.0), Some(0.8)]);
    }

    #[test]
    fn a_throttling_server_is_left_alone_for_as_long_as_it_asks() {
        let mut setback = setback(FailureKind::Throttled);
        setback.failure.retry_after = Some(Duration::from_secs(90));
        assert_eq!(seconds(Attempts::default().failed(&setback, Duration::ZERO, &Limits::default(), 0.0)), Some(90.0));
    }

    #[test]
    fn other_credentials_have_all_attempts_before_them() {
        let (mut attempts, limits) = (Attempts::default(), Limits::default());
        let rejected = setback(FailureKind::Unauthorized);
        for _ in 0..5 {
            attempts.failed(&rejected, Duration::ZERO, &limits, 0.0);
        }
        attempts.start_over();
        let next = attempts.failed(&rejected, Duration::ZERO, &limits, 0.0);
        assert_eq!((next.auth_attempts, next.settled, seconds(next)), (1, false, Some(5.0)));
    }

    #[test]
    fn an_unusable_context_waits_for_a_person() {
        let next = Attempts::default().failed(&setback(FailureKind::Config), Duration::ZERO, &Limits::default(), 0.0);
        assert_eq!(next.retry_in, None);
    }

    #[test]
    fn the_heartbeat_is_close_when_active_or_not_healthy() {
        let limits = Limits::default();
        let pace = |active, healthy| heartbeat_pace(active, healthy, &limits, 0.0).as_secs();
        assert_eq!([pace(true, true), pace(false, false), pace(false, true)], [5, 5, 15]);
        assert!(heartbeat_pace(false, true, &limits, 0.7) < Duration::from_secs(15));
    }

    #[test]
    fn three_failures_within_30_seconds_rebuild_at_most_once_a_minute() {
        let (mut window, limits) = (RebuildWindow::default(), Limits::default());
        let start = Instant::now();
        let at = |second: u64| start + Duration::from_secs(second);
        assert!(!window.note(1, at(0), &limits));
        assert!(!window.note(1, at(20), &limits));
        assert!(!window.note(1, at(31), &limits), "the first is too old by now");
        assert!(window.note(1, at(40), &limits));
        assert!(!window.note(3, at(60), &limits), "too soon after the last rebuild");
        assert!(window.note(3, at(100), &limits));
    }
}
