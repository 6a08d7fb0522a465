//! Short notices of what happened in the background. Never modal; repeated ones are folded with a count.

use std::time::Duration;

use super::clock::Now;
use crate::model::health::Health;

/// One notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// What happened, naming the cluster if it concerns one.
    pub text: String,
    /// What it means for the eye.
    pub tone: Health,
    /// How often it happened while shown.
    pub count: u32,
    at: Duration,
}

/// The notices on screen, newest last.
#[derive(Debug, Default)]
pub struct Toasts {
    shown: Vec<Toast>,
}

/// Notices on screen at once; older ones give way.
const MOST: usize = 4;

impl Toasts {
    /// Shows a notice, or counts it up if it is on screen already.
    pub fn push(&mut self, text: impl Into<String>, tone: Health, now: &Now) {
        let text = text.into();
        let folded = self.shown.iter().position(|toast| toast.text == text).map(|place| self.shown.remove(place));
        let count = folded.map_or(1, |toast| toast.count + 1);
        self.shown.push(Toast { text, tone, count, at: now.mono });
        if self.shown.len() > MOST {
            self.shown.remove(0);
        }
    }

    /// Drops what has been on screen for longer than `life`; returns whether anything was.
    pub fn expire(&mut self, life: Duration, now: &Now) -> bool {
        let before = self.shown.len();
        self.shown.retain(|toast| now.since(toast.at) < life);
        self.shown.len() != before
    }

    /// The notices, oldest first.
    #[must_use]
    pub fn shown(&self) -> &[Toast] {
        &self.shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_notices_are_folded_with_a_count_and_expire() {
        let mut toasts = Toasts::default();
        let at = |secs| Now { mono: Duration::from_secs(secs), ..Now::default() };
        toasts.push("dr: unhealthy", Health::Unhealthy, &at(0));
        toasts.push("edge: healthy", Health::Healthy, &at(1));
        toasts.push("dr: unhealthy", Health::Unhealthy, &at(2));
        let texts: Vec<_> = toasts.shown().iter().map(|toast| (toast.text.as_str(), toast.count)).collect();
        assert_eq!(texts, [("edge: healthy", 1), ("dr: unhealthy", 2)]);
        assert!(toasts.expire(Duration::from_secs(6), &at(7)));
        assert_eq!(toasts.shown().len(), 1);
    }
}
