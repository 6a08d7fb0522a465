//! How pods in doubt are asked for in few questions: by name or, where those are too many, with their like.
//!
//! Pods of one replica set share a label that their names tell, and most often their fate; those of a stateful set bear
//! their name as a label, of which one question takes many. A name that only looks as if costs a question in vain, and
//! its pod is missing from the answers. Must not judge what the answers mean.

use std::collections::BTreeSet;

/// The most questions about single pods and nodes; beyond it one question about all that runs is cheaper.
pub const QUESTIONS: usize = 32;
/// So many values in one selector: some 2 KB, which fit every proxy's idea of an address.
const TOGETHER: usize = 40;
/// The letters that Kubernetes makes names up from.
const MADE_UP: &str = "bcdfghjklmnpqrstvwxz2456789";

/// Of what runs.
pub const RUNNING: &str = "status.phase=Running";

/// One question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// A field selector.
    pub fields: String,
    /// A label selector; empty without.
    pub labels: String,
}

impl Question {
    /// What runs on a node.
    pub fn node(name: &str) -> Self {
        Self { fields: format!("spec.nodeName={name},{RUNNING}"), ..Self::default() }
    }

    fn name(name: &str) -> Self {
        Self { fields: format!("metadata.name={name},{RUNNING}"), ..Self::default() }
    }

    fn labels(label: &str, values: &[&str]) -> Self {
        Self { fields: RUNNING.to_owned(), labels: format!("{label} in ({})", values.join(",")) }
    }
}

/// Asks for the pods of these names: each by its own, if that takes no more than `most` questions; more than these only if
/// there is no way in fewer.
pub fn questions(names: &[&str], most: usize) -> Vec<Question> {
    if names.len() <= most {
        return names.iter().map(|name| Question::name(name)).collect();
    }
    let (mut hashes, mut ordinals) = (BTreeSet::new(), BTreeSet::new());
    let mut asked = Vec::new();
    for name in names {
        match kin(name) {
            Kin::ReplicaSet(hash) => drop(hashes.insert(hash)),
            Kin::StatefulSet => drop(ordinals.insert(*name)),
            Kin::Unknown => asked.push(Question::name(name)),
        }
    }
    let mut together = |label: &str, values: BTreeSet<&str>| {
        let values: Vec<&str> = values.into_iter().collect();
        asked.extend(values.chunks(TOGETHER).map(|values| Question::labels(label, values)));
    };
    together("pod-template-hash", hashes);
    together("statefulset.kubernetes.io/pod-name", ordinals);
    asked
}

/// Whose pod a name looks like.
enum Kin<'a> {
    /// The hash of its template.
    ReplicaSet(&'a str),
    StatefulSet,
    Unknown,
}

fn kin(name: &str) -> Kin<'_> {
    let made_up = |part: &str| part.chars().all(|letter| MADE_UP.contains(letter));
    let mut parts = name.rsplitn(3, '-');
    let (last, before) = (parts.next().unwrap_or_default(), parts.next());
    match (before, parts.next()) {
        (Some(hash), Some(_))
            if last.len() == 5 && made_up(last) && (6..=10).contains(&hash.len()) && made_up(hash) =>
        {
            Kin::ReplicaSet(hash)
        }
        (Some(_), _) if !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()) => Kin::StatefulSet,
        _ => Kin::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_asked_for_by_name() {
        let asked = questions(&["web-7d9f8b6c5-x2x4z", "db-0"], 2);
        assert_eq!(asked[0].fields, "metadata.name=web-7d9f8b6c5-x2x4z,status.phase=Running");
        assert!(asked.len() == 2 && asked.iter().all(|question| question.labels.is_empty()));
    }

    #[test]
    fn many_of_one_make_are_asked_for_together() {
        let names: Vec<String> = ["b", "c", "d"].iter().map(|end| format!("web-7d9f8b6c5-x2x4{end}")).collect();
        let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
        names.extend(["api-gateway-6bdc7f44f6-lllll", "db-0", "db-11", "node-exporter-x2x4z", "0"]);
        let asked = questions(&names, 4);
        let words: Vec<&str> =
            asked.iter().map(|it| if it.labels.is_empty() { it.fields.as_str() } else { &it.labels }).collect();
        assert_eq!(
            words,
            [
                "metadata.name=node-exporter-x2x4z,status.phase=Running",
                "metadata.name=0,status.phase=Running",
                "pod-template-hash in (6bdc7f44f6,7d9f8b6c5)",
                "statefulset.kubernetes.io/pod-name in (db-0,db-11)",
            ]
        );
    }
}
