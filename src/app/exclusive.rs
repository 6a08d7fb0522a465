//! `clusters.duplicate_context_names = "exclusive"`: at most one open cluster of each context name. Must not open or close
//! anything.

use std::collections::BTreeSet;

use crate::model::ids::ClusterId;

/// What is left of a selection, and what gave way.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// To be open, in the order of the selection.
    pub wanted: Vec<ClusterId>,
    /// Not to be open, because another one of the same name is.
    pub gave_way: Vec<ClusterId>,
}

/// Keeps one cluster of each name: one that is to be opened before one that is open, else the first.
pub fn one_of_each_name(
    wanted: &[ClusterId],
    is_open: impl Fn(&ClusterId) -> bool,
    name_of: impl Fn(&ClusterId) -> Option<String>,
) -> Chosen {
    let (open, new): (Vec<&ClusterId>, Vec<&ClusterId>) = wanted.iter().partition(|id| is_open(id));
    let mut names = BTreeSet::new();
    // Without a name nothing can be said, and nothing is closed.
    let mut first = |id: &&ClusterId| name_of(id).is_none_or(|name| names.insert(name));
    let kept: BTreeSet<&ClusterId> = new.into_iter().chain(open).filter(|id| first(id)).collect();
    let (wanted, gave_way) = wanted.iter().cloned().partition(|id| kept.contains(id));
    Chosen { wanted, gave_way }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_opened_takes_the_place_of_what_is_open_under_its_name() {
        let ids = |text: &str| text.split_whitespace().map(ClusterId::new).collect::<Vec<_>>();
        let name = |id: &ClusterId| id.as_str().split_once(':').map(|(_, name)| name.to_owned());
        let chosen = |wanted: &str, open: &str| {
            let open = ids(open);
            one_of_each_name(&ids(wanted), |id| open.contains(id), name)
        };
        let after = chosen("one:prod one:dev two:prod", "one:prod one:dev");
        assert_eq!((after.wanted, after.gave_way), (ids("one:dev two:prod"), ids("one:prod")));
        let at_once = chosen("one:prod two:prod three:prod", "");
        assert_eq!((at_once.wanted, at_once.gave_way), (ids("one:prod"), ids("two:prod three:prod")));
        assert_eq!(chosen("nameless one:a", "").wanted, ids("nameless one:a"));
    }
}
