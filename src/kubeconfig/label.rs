//! Gives every kubeconfig file the label that its cluster ids start with. Must not read files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Returns the label of every path, in the same order; all are distinct.
///
/// A label is the file name or, where that is taken, the shortest path suffix that tells the file apart. `claimed` maps
/// labels to the paths that had them before: these come first and keep what they had, the others claim in order.
#[must_use]
pub fn labels(paths: &[PathBuf], claimed: &BTreeMap<String, PathBuf>) -> Vec<String> {
    let mut given: Vec<Option<String>> = vec![None; paths.len()];
    let mut taken: BTreeSet<String> = BTreeSet::new();
    for (label, owner) in claimed {
        let free = paths.iter().position(|path| path == owner).filter(|index| given[*index].is_none());
        if let Some(index) = free
            && taken.insert(label.clone())
        {
            given[index] = Some(label.clone());
        }
    }
    let labels = paths.iter().zip(given).map(|(path, given)| {
        given.unwrap_or_else(|| {
            let free = suffixes(path).find(|suffix| !taken.contains(suffix));
            // Paths are distinct, so the whole path is free unless another file's label was made to look like it.
            let label = free.unwrap_or_else(|| numbered(path, &taken));
            taken.insert(label.clone());
            label
        })
    });
    labels.collect()
}

/// Iterates over `config`, `team-a/config`, `home/team-a/config` ... up to the whole path.
fn suffixes(path: &Path) -> impl Iterator<Item = String> {
    let parts: Vec<String> = path
        .components()
        .filter(|part| matches!(part, std::path::Component::Normal(_)))
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    let whole = path.to_string_lossy().into_owned();
    (1..=parts.len()).map(move |length| parts[parts.len() - length..].join("/")).chain(std::iter::once(whole))
}

fn numbered(path: &Path, taken: &BTreeSet<String>) -> String {
    let whole = path.to_string_lossy();
    let mut number = 2_u32;
    loop {
        let label = format!("{whole}~{number}");
        if !taken.contains(&label) {
            return label;
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(texts: &[&str]) -> Vec<PathBuf> {
        texts.iter().map(PathBuf::from).collect()
    }

    #[test]
    fn the_first_file_keeps_its_name_and_later_ones_get_the_shortest_suffix() {
        let paths = paths(&["/h/.kube/config", "/w/team-a/config", "/v/team-a/config", "/w/other"]);
        assert_eq!(labels(&paths, &BTreeMap::new()), ["config", "team-a/config", "v/team-a/config", "other"]);
    }

    #[test]
    fn what_was_given_before_is_kept_even_when_the_order_changes() {
        let paths = paths(&["/new/config", "/old/config"]);
        let claimed = BTreeMap::from([("config".to_owned(), PathBuf::from("/old/config"))]);
        assert_eq!(labels(&paths, &claimed), ["new/config", "config"]);
    }

    #[test]
    fn a_remembered_file_that_is_gone_gives_its_label_free() {
        let claimed = BTreeMap::from([("config".to_owned(), PathBuf::from("/gone/config"))]);
        assert_eq!(labels(&paths(&["/new/config"]), &claimed), ["config"]);
    }
}
