//! Phase A of a selection: what was asked for, made sound, held against what is wanted already. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::cluster::connect::Target;
use crate::model::ids::ClusterId;

/// What a selection changes. Every list is in the order of the selection.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Wanted from now on.
    pub to_add: Vec<Target>,
    /// Wanted until now.
    pub to_remove: Vec<ClusterId>,
    /// Wanted before and after.
    pub to_keep: Vec<ClusterId>,
    /// Kept, but reached in another way than before: to be started anew.
    pub to_move: Vec<Target>,
}

impl Plan {
    /// Holds what is asked for against what is wanted now.
    #[must_use]
    pub fn between(wanted: &BTreeMap<ClusterId, Target>, asked: Vec<Target>) -> Self {
        let mut plan = Self::default();
        let mut seen = BTreeSet::new();
        for target in asked {
            if !seen.insert(target.id.clone()) {
                continue;
            }
            match wanted.get(&target.id) {
                None => plan.to_add.push(target),
                Some(present) if *present == target => plan.to_keep.push(target.id),
                Some(_) => plan.to_move.push(target),
            }
        }
        plan.to_remove = wanted.keys().filter(|id| !seen.contains(*id)).cloned().collect();
        plan
    }

    /// Whether all stays as it is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.to_add.is_empty() && self.to_remove.is_empty() && self.to_move.is_empty()
    }
}

/// Tells what keeps a target from being one: a cluster has an id, always.
pub fn validate(target: &Target) -> Result<(), &'static str> {
    if target.id.as_str().is_empty() { Err("clusterId is required") } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(id: &str, path: &str) -> Target {
        Target { id: ClusterId::new(id), path: path.into(), context: id.to_owned() }
    }

    fn wanted(ids: &[&str]) -> BTreeMap<ClusterId, Target> {
        ids.iter().map(|id| (ClusterId::new(id), target(id, "/f"))).collect()
    }

    #[test]
    fn what_is_new_gone_and_kept_is_told_apart_and_doubles_count_once() {
        let asked = ["c", "b", "c"].map(|id| target(id, "/f")).to_vec();
        let plan = Plan::between(&wanted(&["a", "b"]), asked);
        assert_eq!(plan.to_add, [target("c", "/f")]);
        assert_eq!(plan.to_remove, [ClusterId::new("a")]);
        assert_eq!(plan.to_keep, [ClusterId::new("b")]);
        assert!(plan.to_move.is_empty());
    }

    #[test]
    fn the_same_selection_changes_nothing_and_another_file_moves_a_cluster() {
        assert!(Plan::between(&wanted(&["a"]), vec![target("a", "/f")]).is_empty());
        let moved = Plan::between(&wanted(&["a"]), vec![target("a", "/g")]);
        assert_eq!(moved.to_move, [target("a", "/g")]);
        assert!(!moved.is_empty());
    }

    #[test]
    fn a_cluster_without_an_id_is_refused() {
        assert_eq!(validate(&target("", "/f")), Err("clusterId is required"));
        assert_eq!(validate(&target("a", "/f")), Ok(()));
    }
}
