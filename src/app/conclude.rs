//! What follows from all that has arrived, drawn once per batch of messages. Must not know how any of it arrives.

use std::time::Duration;

use super::clock::Now;
use super::layer::Layer;
use super::message::Effect;
use super::state::App;
use super::{belongings, kinds};

/// For so long after a stop nothing is concluded from what was known before it: rows get to be brought up to date, and
/// heartbeats that were under way to be sent again.
const SETTLES: Duration = Duration::from_secs(3);

impl App {
    /// Goes on after the machine slept, or the program was stopped.
    pub fn resume(&mut self, now: &Now) {
        self.resumed = Some(now.mono);
    }

    /// Draws the conclusions from what has arrived; called once after a batch of messages. Returns what is to be done
    /// about it.
    pub fn conclude(&mut self) -> Vec<Effect> {
        let slept = self.network.slept(&self.now);
        if slept {
            self.resume(&self.now.clone());
        }
        let settling = self.resumed.is_some_and(|at| self.now.since(at) < SETTLES);
        let mut changes = Vec::new();
        for cluster in self.fleet.iter_mut().filter(|_| !settling) {
            if let Some(change) = cluster.reassess(&self.settings, &self.now) {
                changes.push((cluster.id.clone(), cluster.short_name.clone(), change));
            }
        }
        let mut effects = Vec::new();
        if slept || !settling {
            effects.extend(self.network.look(&self.fleet, slept, &self.now));
        }
        effects.extend(self.plan_namespaces());
        effects.extend(self.plan_reading());
        self.let_go();
        self.follow_owner();
        effects.extend(self.plan_looks());
        effects.extend(self.plan_picks());
        effects.extend(self.plan_rules());
        effects.extend(self.plan_counting());
        self.tell_changes(changes);
        match self.layers.last_mut() {
            Some(Layer::Picker(picker)) => picker.refresh(&self.catalog, &self.launch.config, &self.fleet),
            Some(Layer::Namespaces(picker)) => {
                if let Some(cluster) = self.fleet.active() {
                    picker.refresh(cluster);
                }
            }
            Some(Layer::Belongings(chooser)) => {
                if let Some(cluster) = self.fleet.active() {
                    belongings::refresh(cluster, chooser);
                }
            }
            Some(Layer::Palette(chooser) | Layer::Kinds(chooser)) => {
                if let Some(cluster) = self.fleet.active() {
                    kinds::tell_problems(cluster, chooser);
                }
            }
            _ => {}
        }
        effects
    }
}
