//! From key to action. Pure and tabular; must not know what actions do.

use std::collections::HashMap;

use super::action::{ACTIONS, Action, Place};
use super::input::Key;

/// Which key means what, and where.
#[derive(Clone, Debug)]
pub struct Keymap {
    bindings: HashMap<(Place, Key), Action>,
}

impl Default for Keymap {
    /// The bindings of the registry.
    fn default() -> Self {
        let keys = |info: &super::action::ActionInfo| {
            let (place, action) = (info.place, info.action);
            info.keys.iter().filter_map(move |name| Some(((place, name.parse().ok()?), action))).collect::<Vec<_>>()
        };
        Self { bindings: ACTIONS.iter().flat_map(keys).collect() }
    }
}

impl Keymap {
    /// Finds the action of a key. A dialog hides every other place; elsewhere the particular wins over `Anywhere`.
    #[must_use]
    pub fn resolve(&self, key: Key, place: Place) -> Option<Action> {
        let particular = self.bindings.get(&(place, key)).copied();
        if place == Place::Dialog {
            return particular;
        }
        particular.or_else(|| self.bindings.get(&(Place::Anywhere, key)).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_particular_place_wins_and_a_dialog_hides_the_rest() {
        let keymap = Keymap::default();
        let key = |name: &str| name.parse::<Key>().unwrap();
        assert_eq!(keymap.resolve(key("w"), Place::Board), Some(Action::FoldWell));
        assert_eq!(keymap.resolve(key("w"), Place::Cluster), Some(Action::Wide));
        assert_eq!(keymap.resolve(key("Tab"), Place::Cluster), Some(Action::NextCluster));
        assert_eq!(keymap.resolve(key("Tab"), Place::Dialog), Some(Action::Down));
        assert_eq!(keymap.resolve(key("q"), Place::Dialog), None);
        assert_eq!(keymap.resolve(key("Ctrl+C"), Place::Dialog), Some(Action::QuitNow));
    }
}
