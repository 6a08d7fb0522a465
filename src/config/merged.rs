//! Two running copies of the program and one state file: what each of them changed stands. Must not read or write files.

use std::collections::{BTreeMap, BTreeSet};

use super::state::{SavedState, SavedUse};

/// Puts together what this copy has come to (`mine`, from `base`, which it last read or wrote) and what another has written
/// meanwhile. What this copy did not change is as the other left it; what both changed is as this copy has it, and of lists
/// everything is kept that neither took out.
#[must_use]
pub fn merged(base: &SavedState, mine: &SavedState, theirs: SavedState) -> SavedState {
    let use_of = |chosen: &SavedUse| (chosen.word.clone(), chosen.what.clone());
    SavedState {
        version: mine.version,
        open: list(&base.open, &mine.open, theirs.open, String::clone),
        active: one(&base.active, &mine.active, theirs.active),
        board: one(&base.board, &mine.board, theirs.board),
        files: map(&base.files, &mine.files, theirs.files),
        views: map(&base.views, &mine.views, theirs.views),
        ignored_attention: list(
            &base.ignored_attention,
            &mine.ignored_attention,
            theirs.ignored_attention,
            |ignored| (ignored.cluster.clone(), ignored.object.clone(), ignored.cause.clone()),
        ),
        uses: list(&base.uses, &mine.uses, theirs.uses, use_of),
    }
}

fn one<T: Clone + PartialEq>(base: &T, mine: &T, theirs: T) -> T {
    if mine == base { theirs } else { mine.clone() }
}

fn map<V: Clone + PartialEq>(
    base: &BTreeMap<String, V>,
    mine: &BTreeMap<String, V>,
    mut theirs: BTreeMap<String, V>,
) -> BTreeMap<String, V> {
    for (key, value) in mine.iter().filter(|(key, value)| base.get(*key) != Some(*value)) {
        theirs.insert(key.clone(), value.clone());
    }
    theirs.retain(|key, _| mine.contains_key(key) || !base.contains_key(key));
    theirs
}

/// Their order, with what is mine behind; mine, if they changed nothing.
fn list<T: Clone + PartialEq, K: Ord>(base: &[T], mine: &[T], theirs: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    if theirs == base {
        return mine.to_vec();
    }
    let changed: Vec<&T> = mine.iter().filter(|item| !base.contains(item)).collect();
    let kept: BTreeSet<K> = mine.iter().map(&key).collect();
    // What I changed or took out is not taken from them.
    let mut settled: BTreeSet<K> = base.iter().map(&key).filter(|key| !kept.contains(key)).collect();
    settled.extend(changed.iter().map(|item| key(item)));
    let mut all: Vec<T> = theirs.into_iter().filter(|item| !settled.contains(&key(item))).collect();
    all.extend(changed.into_iter().cloned());
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::state::SavedView;

    fn state(open: &[&str], views: &[(&str, &str)]) -> SavedState {
        let view = |kind: &str| SavedView { kind: kind.to_owned(), ..SavedView::default() };
        SavedState {
            open: open.iter().map(|id| (*id).to_owned()).collect(),
            active: open.last().map(|id| (*id).to_owned()),
            views: views.iter().map(|(id, kind)| ((*id).to_owned(), view(kind))).collect(),
            ..SavedState::default()
        }
    }

    fn chosen(what: &str, times: u32) -> SavedUse {
        SavedUse { word: "x".to_owned(), what: what.to_owned(), times }
    }

    #[test]
    fn alone_everything_is_as_this_copy_has_it() {
        let (base, mine) = (state(&["a", "b"], &[("a", "nodes")]), state(&["b", "a", "c"], &[]));
        assert_eq!(merged(&base, &mine, base.clone()), mine);
    }

    #[test]
    fn what_this_copy_did_not_change_is_as_the_other_left_it() {
        let base = state(&["a"], &[]);
        let theirs = state(&["a", "b"], &[("b", "events")]);
        let mine = state(&["a"], &[("a", "nodes")]);
        let both = merged(&base, &mine, theirs);
        assert_eq!(both, state(&["a", "b"], &[("a", "nodes"), ("b", "events")]));
    }

    #[test]
    fn of_what_both_opened_and_closed_nothing_is_lost_and_nothing_comes_back() {
        let (base, theirs, mine) =
            (state(&["a", "b", "c"], &[]), state(&["a", "c", "d"], &[]), state(&["b", "c", "e"], &[]));
        let both = merged(&base, &mine, theirs);
        assert_eq!(both.open, ["c", "d", "e"]);
        assert_eq!(both.active.as_deref(), Some("e"));
    }

    #[test]
    fn a_view_that_is_back_to_how_it_begins_is_forgotten() {
        let base = state(&["a"], &[("a", "nodes")]);
        let theirs = state(&["a"], &[("a", "nodes"), ("b", "events")]);
        assert_eq!(merged(&base, &state(&["a"], &[]), theirs).views.keys().collect::<Vec<_>>(), ["b"]);
    }

    #[test]
    fn a_choice_that_both_made_is_counted_once() {
        let uses = |uses: &[SavedUse]| SavedState { uses: uses.to_vec(), ..SavedState::default() };
        let base = uses(&[chosen("help", 1), chosen("nodes", 1)]);
        let theirs = uses(&[chosen("nodes", 1), chosen("help", 2)]);
        let mine = uses(&[chosen("nodes", 1), chosen("help", 3)]);
        assert_eq!(merged(&base, &mine, theirs).uses, [chosen("nodes", 1), chosen("help", 3)]);
    }
}
