//! Which clusters are watched and which are surveyed: the one in front is watched; those behind too, while background
//! refresh is on and memory allows. Must not know how either is done.

use std::time::Duration;

use super::clock::Now;
use super::cluster::OpenCluster;
use super::message::Effect;
use super::state::App;
use super::toast::News;
use crate::model::health::Health;
use crate::model::ids::ClusterId;
use crate::model::update::{ClusterCommand, ReadingMode};

impl App {
    /// Decides every cluster's reading mode; returns what has to be told to whom.
    pub fn plan_reading(&mut self) -> Vec<Effect> {
        let front = self.fleet.active().map(|cluster| cluster.id.clone());
        if let Some(cluster) = self.fleet.active_mut() {
            cluster.last_seen = self.now.mono;
        }
        let mut effects = Vec::new();
        let background = !self.background_off;
        for cluster in self.fleet.iter_mut() {
            let in_front = front.as_ref() == Some(&cluster.id);
            let wanted =
                if in_front || (background && !cluster.evicted) { ReadingMode::Watch } else { ReadingMode::Survey };
            if in_front {
                cluster.evicted = false;
            }
            effects.extend(switch(cluster, wanted, &self.now));
            if cluster.take_stirred() {
                effects.push(Effect::Command(cluster.id.clone(), ClusterCommand::CatchUp));
            }
            let looked = cluster.look(in_front, &self.now);
            effects.extend(looked.map(|kinds| Effect::Command(cluster.id.clone(), ClusterCommand::Kinds(kinds))));
        }
        if background {
            effects.extend(self.give_back(front.as_ref()));
        }
        effects
    }

    /// Turns background refresh on or off.
    pub fn toggle_background(&mut self) {
        self.background_off = !self.background_off;
        for cluster in self.fleet.iter_mut() {
            cluster.evicted = false;
        }
        let (word, health) = if self.background_off { ("off", Health::Unknown) } else { ("on", Health::Healthy) };
        self.toasts.push(format!("background refresh is {word}"), health, &self.now);
    }

    /// While the rows of all clusters take up more than the budget, the least recently seen behind gives its own back.
    fn give_back(&mut self, front: Option<&ClusterId>) -> Vec<Effect> {
        let budget = self.settings.memory_budget.0;
        let mut total: usize = self.fleet.iter().map(|cluster| cluster.tables.bytes()).sum();
        let mut effects = Vec::new();
        while total > budget {
            let behind = |cluster: &&mut OpenCluster| {
                front != Some(&cluster.id) && cluster.mode == ReadingMode::Watch && cluster.tables.bytes() > 0
            };
            let longest_unseen = self.fleet.iter_mut().filter(behind).min_by_key(|cluster| cluster.last_seen);
            let Some(cluster) = longest_unseen else { break };
            total = total.saturating_sub(cluster.tables.bytes());
            cluster.evicted = true;
            let name = cluster.short_name.clone();
            effects.extend(switch(cluster, ReadingMode::Survey, &self.now));
            let news = News {
                before: "memory budget reached: ",
                one: "is surveyed from now on",
                many: "are surveyed from now on",
                reason: String::new(),
            };
            self.toasts.push_of(&name, news, Health::Unknown, &self.now);
        }
        effects
    }
}

/// Changes a cluster's mode, if it is another one.
fn switch(cluster: &mut OpenCluster, wanted: ReadingMode, now: &Now) -> Option<Effect> {
    if cluster.mode == wanted {
        return None;
    }
    if wanted == ReadingMode::Survey {
        cluster.forget_rows(now);
    }
    cluster.mode = wanted;
    cluster.readings.clear();
    Some(Effect::Command(cluster.id.clone(), ClusterCommand::Reading(wanted)))
}

/// Survey data older than this is stale.
#[must_use]
pub fn survey_stale(age: Duration, interval: Duration) -> bool {
    age > interval * 2
}
