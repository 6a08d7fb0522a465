//! What the user does not want to hear of: an object, a cause in one cluster, a cause everywhere.
//!
//! Kept in the state file, keyed by cluster id. What is ignored does not count as unwell: the rows carry it, so that every
//! count, filter and word follows. Must not know how entries are shown.

use super::cluster::OpenCluster;
use super::state::App;
use crate::config::state::IgnoredAttention;
use crate::model::ids::ClusterId;
use crate::model::pod::PodRow;
use crate::model::unwell::{Cause, Unwell};

/// What is ignored in one cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ignored {
    objects: Vec<String>,
    causes: Vec<String>,
}

impl Ignored {
    /// Picks what concerns a cluster.
    #[must_use]
    pub fn of(all: &[IgnoredAttention], cluster: &ClusterId) -> Self {
        let mut ignored = Self::default();
        let concerns = |it: &&IgnoredAttention| it.cluster.as_deref().is_none_or(|id| id == cluster.as_str());
        for it in all.iter().filter(concerns) {
            match (&it.object, &it.cause) {
                (Some(object), _) => ignored.objects.push(object.clone()),
                (None, Some(cause)) => ignored.causes.push(cause.clone()),
                (None, None) => {}
            }
        }
        ignored
    }

    /// How many objects and causes are ignored.
    #[must_use]
    pub fn len(&self) -> usize {
        self.objects.len() + self.causes.len()
    }

    /// Whether nothing is ignored.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.causes.is_empty()
    }

    /// Tells whether a cause at a subject is ignored.
    #[must_use]
    pub fn covers(&self, cause: Cause, subject: &str) -> bool {
        self.covers_cause(cause) || self.objects.iter().any(|object| object == subject)
    }

    /// Tells whether a cause is ignored, whatever it ails.
    #[must_use]
    pub fn covers_cause(&self, cause: Cause) -> bool {
        self.causes.iter().any(|known| known == cause.title())
    }

    /// Marks what ails an object, if it is to be ignored; returns whether that changed.
    pub fn mark(&self, unwell: &mut Option<Box<Unwell>>, kind: &str, namespace: &str, name: &str) -> bool {
        let Some(unwell) = unwell else { return false };
        let ignored = !self.is_empty() && self.covers(unwell.cause, &unwell.subject(kind, namespace, name));
        std::mem::replace(&mut unwell.ignored, ignored) != ignored
    }

    /// Marks a pod's row.
    pub fn mark_pod(&self, row: &mut PodRow) -> bool {
        self.mark(&mut row.unwell, "pod", &row.namespace, &row.name)
    }
}

/// Says what is ignored, for the list that undoes it.
#[must_use]
pub fn spoken(ignored: &IgnoredAttention) -> String {
    let what = match (&ignored.object, &ignored.cause) {
        (Some(object), _) => object.clone(),
        (None, cause) => format!("every {}", cause.as_deref().unwrap_or("cause")),
    };
    match &ignored.cluster {
        Some(cluster) => format!("{what} on {cluster}"),
        None => format!("{what} on every cluster"),
    }
}

impl OpenCluster {
    /// Takes over what is ignored here from now on.
    pub fn ignore(&mut self, ignored: Ignored) {
        if self.ignored == ignored {
            return;
        }
        self.tables.pods.amend(|row| {
            let mut other = row.unwell.is_some().then(|| row.clone())?;
            ignored.mark_pod(&mut other).then_some(other)
        });
        self.tables.nodes.amend(|row| {
            let mut other = row.unwell.is_some().then(|| row.clone())?;
            ignored.mark(&mut other.unwell, "node", "", &row.name).then_some(other)
        });
        self.ignored = ignored;
        self.recount();
    }
}

impl App {
    /// Ignores something from now on, or hears of it again.
    pub fn set_ignored(&mut self, what: IgnoredAttention, ignored: bool) {
        self.ignored.retain(|known| *known != what);
        if ignored {
            self.ignored.push(what);
        }
        for cluster in self.fleet.iter_mut() {
            let own = Ignored::of(&self.ignored, &cluster.id);
            cluster.ignore(own);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(cluster: Option<&str>, object: Option<&str>, cause: Option<&str>) -> IgnoredAttention {
        let own = |text: Option<&str>| text.map(str::to_owned);
        IgnoredAttention { cluster: own(cluster), object: own(object), cause: own(cause) }
    }

    #[test]
    fn what_is_ignored_in_one_cluster_is_heard_of_in_another() {
        let all = [
            entry(Some("config:a"), Some("replicaset shop/cart-1"), None),
            entry(None, None, Some("not ready")),
            entry(Some("config:b"), None, Some("image pull")),
        ];
        let (a, b) = (Ignored::of(&all, &ClusterId::new("config:a")), Ignored::of(&all, &ClusterId::new("config:b")));
        assert!(a.covers(Cause::CrashLoop, "replicaset shop/cart-1"));
        assert!(!b.covers(Cause::CrashLoop, "replicaset shop/cart-1"));
        assert!(a.covers(Cause::NotReady, "pod x/y") && b.covers(Cause::NotReady, "pod x/y"));
        assert!(b.covers_cause(Cause::Image) && !a.covers_cause(Cause::Image));
    }
}
