//! What was chosen in the palette, and after which word was typed: what is used most stands first. Bounded, kept in the
//! state file. Must not know how entries are matched.

use std::collections::HashMap;

use super::action::{ACTIONS, Action};
use super::chooser::Choice;
use crate::config::state::SavedUse;

/// Uses remembered; those least recent are forgotten first.
const MOST: usize = 200;
/// Letters of a word that are remembered at most.
const LONGEST: usize = 40;

/// What was chosen, the latest last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uses(Vec<SavedUse>);

/// How often each was chosen: after the same word, and in all.
pub type Counts = HashMap<String, (u32, u32)>;

impl Uses {
    /// Goes on from the last run.
    #[must_use]
    pub fn new(mut saved: Vec<SavedUse>) -> Self {
        saved.drain(..saved.len().saturating_sub(MOST));
        Self(saved)
    }

    /// What the next run goes on from.
    #[must_use]
    pub fn saved(&self) -> Vec<SavedUse> {
        self.0.clone()
    }

    /// Notes that something was chosen after a word was typed.
    pub fn note(&mut self, word: &str, choice: &Choice) {
        let Some(what) = name_of(choice) else { return };
        let word = word_of(word);
        let known = self.0.iter().position(|it| it.word == word && it.what == what);
        let times = known.map_or(0, |place| self.0.remove(place).times);
        self.0.push(SavedUse { word, what, times: times.saturating_add(1) });
        if self.0.len() > MOST {
            self.0.remove(0);
        }
    }

    /// Counts what was chosen, with an eye on one word.
    #[must_use]
    pub fn counts(&self, word: &str) -> Counts {
        let word = word_of(word);
        let mut counts = Counts::new();
        for it in &self.0 {
            let (own, all) = counts.entry(it.what.clone()).or_default();
            *own += if it.word == word { it.times } else { 0 };
            *all = all.saturating_add(it.times);
        }
        counts
    }
}

/// A word as it is compared.
fn word_of(text: &str) -> String {
    text.trim().to_lowercase().chars().take(LONGEST).collect()
}

/// What tells a choice from others from run to run; `None` for what is not worth remembering: objects come and go.
#[must_use]
pub fn name_of(choice: &Choice) -> Option<String> {
    let id = |action: &Action| ACTIONS.iter().find(|info| info.action == *action).map(|info| info.id);
    Some(match choice {
        Choice::Action(action) => format!("command {}", id(action)?),
        Choice::Kind(kind, None) => format!("kind {kind}"),
        Choice::Cluster(cluster) => format!("cluster {cluster}"),
        Choice::Namespace(Some(name)) => format!("namespace {name}"),
        Choice::Setting(name, value) => format!("setting {name} {value}"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_are_counted_by_word_and_in_all_and_the_oldest_are_forgotten() {
        let mut uses = Uses::default();
        uses.note("He", &Choice::Action(Action::Help));
        uses.note("he ", &Choice::Action(Action::Help));
        uses.note("", &Choice::Action(Action::Help));
        assert_eq!(uses.counts("he").get("command help"), Some(&(2, 3)));
        assert_eq!(uses.counts("hel").get("command help"), Some(&(0, 3)));
        for number in 0..MOST {
            uses.note(&format!("w{number}"), &Choice::Action(Action::Board));
        }
        assert_eq!(uses.saved().len(), MOST);
        assert_eq!(uses.counts("he").get("command help"), None);
        assert_eq!(Uses::new(uses.saved()), uses);
    }
}
