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
    /// What befell whom, where more may share the line.
    shared: Option<Shared>,
}

/// One thing that befell several clusters.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shared {
    news: News,
    names: Vec<String>,
}

/// What befalls clusters, in words that one or several can share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// Said before any name, for example `memory budget reached: `; may be empty.
    pub before: &'static str,
    /// Said after a single name, for example `is healthy again`.
    pub one: &'static str,
    /// Said after a number of clusters, for example `are healthy again`.
    pub many: &'static str,
    /// Why; those who share a line have it in common. Empty if it does not matter.
    pub reason: String,
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
        self.show(Toast { text, tone, count, at: now.mono, shared: None });
    }

    /// Shows what befell a cluster; in one line with those it befell as well while that line is on screen.
    pub fn push_of(&mut self, name: &str, news: News, tone: Health, now: &Now) {
        let same =
            |toast: &Toast| toast.tone == tone && toast.shared.as_ref().is_some_and(|shared| shared.news == news);
        let before = self.shown.iter().position(same).map(|place| self.shown.remove(place));
        let (count, mut names) =
            before.map_or((0, Vec::new()), |toast| (toast.count, toast.shared.map(|it| it.names).unwrap_or_default()));
        // Once more for one of them is counted, once for another one is not: the number of names says it.
        let again = names.iter().any(|known| known == name);
        if !again {
            names.push(name.to_owned());
        }
        let count = if again { count + 1 } else { count.max(1) };
        let reason = if news.reason.is_empty() { String::new() } else { format!(": {}", news.reason) };
        let text = match names.as_slice() {
            [only] => format!("{}{only} {}{reason}", news.before, news.one),
            all => format!("{}{} clusters {}{reason}: {}", news.before, all.len(), news.many, all.join(", ")),
        };
        self.show(Toast { text, tone, count, at: now.mono, shared: Some(Shared { news, names }) });
    }

    fn show(&mut self, toast: Toast) {
        self.shown.push(toast);
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

    #[test]
    fn what_befalls_several_clusters_is_one_line_that_names_them() {
        let mut toasts = Toasts::default();
        let at = |secs| Now { mono: Duration::from_secs(secs), ..Now::default() };
        let back = || News { before: "", one: "is back", many: "are back", reason: String::new() };
        let lost = |reason: &str| News { before: "", one: "is lost", many: "are lost", reason: reason.to_owned() };
        toasts.push_of("a", back(), Health::Healthy, &at(0));
        assert_eq!(toasts.shown()[0].text, "a is back");
        toasts.push_of("x", lost("refused"), Health::Unhealthy, &at(0));
        toasts.push_of("b", back(), Health::Healthy, &at(2));
        toasts.push_of("c", back(), Health::Healthy, &at(4));
        toasts.push_of("y", lost("no route"), Health::Unhealthy, &at(4));
        let texts: Vec<_> = toasts.shown().iter().map(|toast| toast.text.as_str()).collect();
        assert_eq!(texts, ["x is lost: refused", "3 clusters are back: a, b, c", "y is lost: no route"]);
        toasts.push_of("b", back(), Health::Healthy, &at(5));
        let again = toasts.shown().last().unwrap();
        assert_eq!((again.text.as_str(), again.count), ("3 clusters are back: a, b, c", 2));
    }
}
