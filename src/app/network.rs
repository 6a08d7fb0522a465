//! Tells a broken network, a sleep or a VPN change from a broken API server, by evidence from all clusters.
//!
//! One of the few places that look across clusters; what it concludes is one banner and one jittered re-probe instead of
//! N error messages. Must not touch any cluster's own state.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::clock::Now;
use super::cluster::OpenCluster;
use super::fleet::Fleet;
use super::message::Effect;
use crate::model::failure::FailureKind;
use crate::model::health::count;
use crate::model::ids::ClusterId;
use crate::model::update::ClusterCommand;

/// Failures this close together count as one event. Background clusters beat every 15 s, so less would see half of it.
const TOGETHER: Duration = Duration::from_secs(20);
/// Fewer failing clusters than this are theirs, not the network's.
const FEWEST: usize = 3;
/// The wall clock running this far ahead of the monotonic one means that the machine slept.
const SLEPT: i64 = 15;
/// Re-probes are spread over this time.
const SPREAD: Duration = Duration::from_secs(2);
/// A banner goes after this time even if clusters stay down: then they are down, and say so themselves.
const LONGEST: Duration = Duration::from_secs(60);

/// What befell the clusters where they fail together.
const NETWORK: &str = "network changed";

/// What happened to the network, while it matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Banner {
    /// What the evidence says, for example `network changed, reconnecting 7 clusters: names do not resolve`.
    pub text: String,
    /// The clusters it speaks of; their own notices are held back.
    pub clusters: BTreeSet<ClusterId>,
    /// What befell them.
    what: &'static str,
    since: Duration,
}

/// The evidence so far.
#[derive(Debug, Default)]
pub struct Network {
    /// Since when each cluster has failed.
    failing: BTreeMap<ClusterId, Duration>,
    /// Wall time less monotonic time, as last seen.
    offset: Option<i64>,
    /// The banner on screen.
    pub banner: Option<Banner>,
}

impl Network {
    /// Looks at the clocks and the clusters; returns the re-probes to send when something befell all of them.
    pub fn look(&mut self, fleet: &Fleet, slept: bool, now: &Now) -> Vec<Effect> {
        self.note_failures(fleet, now);
        if slept && !fleet.is_empty() {
            let all = fleet.iter().map(|cluster| cluster.id.clone()).collect();
            return self.raise("woke from sleep", fleet, all, now);
        }
        let fresh = |since: &Duration| now.since(*since) <= TOGETHER;
        let together: BTreeSet<ClusterId> =
            self.failing.iter().filter(|(_, since)| fresh(since)).map(|(id, _)| id.clone()).collect();
        if let Some(banner) = &mut self.banner {
            let late: BTreeSet<ClusterId> = together.difference(&banner.clusters).cloned().collect();
            if now.since(banner.since) <= TOGETHER && !late.is_empty() {
                banner.clusters.extend(late.iter().cloned());
                banner.text = words(banner.what, fleet, &banner.clusters);
                tracing::warn!(text = %banner.text, clusters = ?late, "network");
                return reconnect(&late);
            }
        } else {
            // Clusters that were down before, or never reached, are no evidence either way.
            let is_long_down = |cluster: &&OpenCluster| cluster.unreached() && !together.contains(&cluster.id);
            let others = fleet.len() - fleet.iter().filter(is_long_down).count();
            if together.len() >= FEWEST && together.len() * 2 > others {
                return self.raise(NETWORK, fleet, together, now);
            }
        }
        self.lower(now);
        Vec::new()
    }

    /// Whether the clock on the wall went on while the monotonic one stood still, since it was last asked.
    pub fn slept(&mut self, now: &Now) -> bool {
        let offset = now.unix.0 - now.mono.as_secs() as i64;
        let before = self.offset.replace(offset);
        before.is_some_and(|before| offset - before >= SLEPT)
    }

    fn note_failures(&mut self, fleet: &Fleet, now: &Now) {
        self.failing.retain(|id, _| fleet.get(id).is_some_and(OpenCluster::unreached));
        for cluster in fleet.iter().filter(|cluster| cluster.unreached() && cluster.established) {
            self.failing.entry(cluster.id.clone()).or_insert(now.mono);
        }
    }

    fn raise(&mut self, what: &'static str, fleet: &Fleet, clusters: BTreeSet<ClusterId>, now: &Now) -> Vec<Effect> {
        let text = words(what, fleet, &clusters);
        tracing::warn!(%text, ?clusters, "network");
        let effects = reconnect(&clusters);
        self.banner = Some(Banner { text, clusters, what, since: now.mono });
        effects
    }

    /// Takes the banner down once most of its clusters answer, or when it has been up for long enough.
    fn lower(&mut self, now: &Now) {
        let Some(banner) = &self.banner else { return };
        let down = banner.clusters.iter().filter(|id| self.failing.contains_key(id)).count();
        let settled = now.since(banner.since) >= Duration::from_secs(5) && down * 2 <= banner.clusters.len();
        if settled || now.since(banner.since) >= LONGEST {
            self.banner = None;
        }
    }

    /// Whether a cluster's own notices are held back, because the banner speaks for it.
    #[must_use]
    pub fn speaks_for(&self, id: &ClusterId) -> bool {
        self.banner.as_ref().is_some_and(|banner| banner.clusters.contains(id))
    }
}

/// One re-probe of each, spread over a moment.
fn reconnect(clusters: &BTreeSet<ClusterId>) -> Vec<Effect> {
    let steps = clusters.len().max(1) as u32;
    let probe = |(place, id): (usize, &ClusterId)| {
        Effect::Command(id.clone(), ClusterCommand::Reconnect(SPREAD * place as u32 / steps))
    };
    clusters.iter().enumerate().map(probe).collect()
}

/// What befell these clusters, how many they are, and why where the evidence tells.
fn words(what: &str, fleet: &Fleet, clusters: &BTreeSet<ClusterId>) -> String {
    let cause = (what == NETWORK).then(|| cause(fleet, clusters)).flatten();
    let why = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
    format!("{what}, reconnecting {}{why}", count(clusters.len(), "cluster"))
}

/// What the failures have in common, in words that name whose trouble it is.
fn cause(fleet: &Fleet, failing: &BTreeSet<ClusterId>) -> Option<&'static str> {
    let kinds: BTreeSet<&str> = failing
        .iter()
        .filter_map(|id| fleet.get(id)?.failure())
        .map(|failure| match failure.kind {
            FailureKind::Dns => "your network: names do not resolve",
            FailureKind::NoRoute => "your network: no route",
            FailureKind::Refused | FailureKind::Closed => "connections are refused",
            FailureKind::Timeout | FailureKind::ConnectTimeout => "your network or VPN: nothing answers",
            FailureKind::Proxy => "the proxy",
            _ => "several causes",
        })
        .collect();
    let mut kinds = kinds.into_iter();
    match (kinds.next(), kinds.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}
