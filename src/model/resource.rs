//! A resource type as the API server's discovery describes it. Plain data; must not know how it was asked.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

/// One served resource type: what kubectl calls a row of `api-resources`.
///
/// Two are equal if they have the same group and plural: a server that prefers another version tomorrow, or grants
/// another verb, still serves the same kind.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ApiResource {
    /// The API group; empty for the core group.
    pub group: String,
    /// The version the server prefers.
    pub version: String,
    /// The plural, as in paths: `deployments`.
    pub plural: String,
    /// The singular: `deployment`.
    pub singular: String,
    /// The kind, as in manifests: `Deployment`.
    pub kind: String,
    /// Short names: `deploy`.
    pub short_names: Vec<String>,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// What can be done with it: `list`, `watch`, `delete`.
    pub verbs: Vec<String>,
    /// The words that name it together with others: `all`.
    pub categories: Vec<String>,
}

impl ApiResource {
    /// What tells it from all others of the same server.
    fn key(&self) -> (&str, &str) {
        (&self.group, &self.plural)
    }

    /// Whether the server offers a verb for it; permission is another matter.
    #[must_use]
    pub fn can(&self, verb: &str) -> bool {
        self.verbs.iter().any(|own| own == verb)
    }

    /// Whether a word names it as kubectl would take it: plural, singular, kind or short name, letter case aside, with or
    /// without the group (`deploy.apps`) or version and group (`deployments.v1.apps`).
    #[must_use]
    pub fn is_called(&self, word: &str) -> bool {
        let (name, rest) = word.split_once('.').map_or((word, None), |(name, rest)| (name, Some(rest)));
        let qualified = rest.is_none_or(|rest| {
            rest == self.group
                || rest.strip_prefix(self.version.as_str()).and_then(|rest| rest.strip_prefix('.')) == Some(&self.group)
        });
        let mut names = [&self.plural, &self.singular, &self.kind].into_iter().chain(&self.short_names);
        qualified && names.any(|own| own.eq_ignore_ascii_case(name))
    }
}

impl PartialEq for ApiResource {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for ApiResource {}

impl PartialOrd for ApiResource {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ApiResource {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl Hash for ApiResource {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_answers_to_kubectl_s_names() {
        let resource = ApiResource {
            group: "apps".to_owned(),
            version: "v1".to_owned(),
            plural: "deployments".to_owned(),
            singular: "deployment".to_owned(),
            kind: "Deployment".to_owned(),
            short_names: vec!["deploy".to_owned()],
            ..ApiResource::default()
        };
        for word in ["deployments", "Deployment", "deploy", "deploy.apps", "deployments.v1.apps"] {
            assert!(resource.is_called(word), "{word}");
        }
        for word in ["deplo", "deploy.batch", "deployments.v2.apps", ""] {
            assert!(!resource.is_called(word), "{word}");
        }
    }
}
