//! Owns what a scenario file says: the clusters of a fleet, their users, churn, troubles and fault timetables.
//! Must not know how any of it is acted out.

use std::path::Path;

use serde::Deserialize;

use super::names::is_plain;

pub(super) mod duration;
mod spec;
mod timetable;

pub use spec::{Auth, Capabilities, Churn, ClusterSpec, Provider, TroubleKind, TroubleSpec, UserSpec};
pub use timetable::FaultSpec;

macro_rules! built_in {
    ($($name:literal)*) => {
        [$(($name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/scenarios/", $name, ".toml")))),*]
    };
}

const BUILT_IN: [(&str, &str); 3] = built_in!("default" "large" "storm");

/// Why a scenario cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// The file cannot be read.
    #[error("cannot read scenario {path}: {source}")]
    Read {
        /// The file as it was named.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The text is not a scenario; the message names line and key.
    #[error("not a scenario: {0}")]
    Parse(#[from] toml::de::Error),
    /// The text parses but asks for something impossible.
    #[error("not a scenario: {0}")]
    Invalid(String),
}

/// A fleet of clusters.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// One line that says what it shows.
    #[serde(default)]
    pub description: String,
    /// What every cluster's world grows from.
    #[serde(default)]
    pub seed: u64,
    /// What breaks in all clusters at once, such as the network.
    #[serde(rename = "fault", default)]
    pub faults: Vec<FaultSpec>,
    /// The clusters in kubeconfig order.
    #[serde(rename = "cluster", default)]
    pub clusters: Vec<ClusterSpec>,
}

impl Scenario {
    /// Names of the scenarios in the binary.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// A scenario in the binary; `None` when there is none of that name.
    pub fn builtin(name: &str) -> Option<Self> {
        let (_, text) = BUILT_IN.iter().find(|(known, _)| *known == name)?;
        Self::from_toml(text).ok()
    }

    /// Reads a scenario file.
    pub fn load(path: &Path) -> Result<Self, ScenarioError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ScenarioError::Read { path: path.display().to_string(), source })?;
        Self::from_toml(&text)
    }

    /// Reads a scenario from TOML text.
    pub fn from_toml(text: &str) -> Result<Self, ScenarioError> {
        let mut scenario: Self = toml::from_str(text)?;
        if let Some(none) = scenario.clusters.iter().find(|cluster| cluster.count == 0) {
            return Err(ScenarioError::Invalid(format!("cluster {}: count must be at least 1", none.name)));
        }
        scenario.clusters = scenario.clusters.into_iter().flat_map(ClusterSpec::multiplied).collect();
        for cluster in &mut scenario.clusters {
            cluster.faults.extend_from_slice(&scenario.faults);
        }
        scenario.check()?;
        Ok(scenario)
    }

    fn check(&self) -> Result<(), ScenarioError> {
        let invalid = |message: String| Err(ScenarioError::Invalid(message));
        if self.clusters.is_empty() {
            return invalid("cluster: at least one is needed".to_owned());
        }
        for (index, cluster) in self.clusters.iter().enumerate() {
            let name = &cluster.name;
            if name.is_empty() {
                return invalid(format!("cluster {}: name is empty", index + 1));
            }
            if self.clusters[..index].iter().any(|other| other.name == *name) {
                return invalid(format!("cluster {name}: the name is taken"));
            }
            if name.contains(|c: char| c == '/' || c.is_whitespace() || c.is_control()) {
                return invalid(format!("cluster {name}: a name has no blanks and no slashes"));
            }
            if cluster.nodes == 0 {
                return invalid(format!("cluster {name}: nodes must be at least 1"));
            }
            if cluster.minor().is_none() {
                return invalid(format!("cluster {name}: version {:?} is not like v1.35.2", cluster.version));
            }
            if cluster.user.auth == Auth::ClientCert && !cluster.tls {
                return invalid(format!("cluster {name}: client-cert needs tls"));
            }
            if let Err(reason) = cluster.check_world() {
                return invalid(format!("cluster {name}: {reason}"));
            }
            for fault in &cluster.faults {
                if let Err(reason) = fault.check() {
                    return invalid(format!("cluster {name}: fault: {reason}"));
                }
            }
        }
        Ok(())
    }
}

/// The minor version of a version such as `v1.35.2`; `None` if it is malformed.
pub(super) fn minor(version: &str) -> Option<&str> {
    let (minor, patch) = version.strip_prefix("v1.")?.split_once('.')?;
    let number = !minor.is_empty() && minor.bytes().all(|byte| byte.is_ascii_digit());
    (number && patch.starts_with(|c: char| c.is_ascii_digit())).then_some(minor)
}

impl ClusterSpec {
    /// The minor version as the server reports it, for example `35`; `None` if the version is malformed.
    pub(crate) fn minor(&self) -> Option<&str> {
        minor(&self.version)
    }

    /// Says what is impossible about what is to be in it.
    fn check_world(&self) -> Result<(), String> {
        let Churn { replacements, rollouts, events, jobs, node_flips } = self.churn;
        let rates = [
            ("replacements", replacements),
            ("rollouts", rollouts),
            ("events", events),
            ("jobs", jobs),
            ("node_flips", node_flips),
        ];
        if let Some((key, rate)) = rates.iter().find(|(_, rate)| !rate.is_finite() || *rate < 0.0) {
            return Err(format!("churn: {key} = {rate} is no rate"));
        }
        let of_trouble = |trouble: &'_ TroubleSpec| {
            [("trouble: workload", trouble.workload.clone()), ("trouble: namespace", trouble.namespace.clone())]
        };
        let of_troubles = self.troubles.iter().flat_map(of_trouble).filter_map(|(key, name)| Some((key, name?)));
        let mut named = self.namespaces.iter().map(|name| ("namespaces", name.clone())).chain(of_troubles);
        if let Some((key, name)) = named.find(|(_, name)| !is_plain(name) || name.len() > 63) {
            return Err(format!("{key}: {name:?} is not like my-name"));
        }
        let nodes = self.troubles.iter().filter(|trouble| trouble.kind.is_of_nodes());
        let nodes: usize = nodes.map(|trouble| usize::from(trouble.number)).sum();
        if nodes > usize::from(self.nodes) {
            return Err(format!("trouble: {nodes} nodes have some, there are {}", self.nodes));
        }
        Ok(())
    }

    fn multiplied(self) -> Vec<Self> {
        if self.count <= 1 {
            return vec![self];
        }
        (1..=self.count).map(|n| Self { name: format!("{}-{n:03}", self.name), count: 1, ..self.clone() }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_scenario_is_valid() {
        for name in Scenario::names() {
            assert!(Scenario::builtin(name).is_some(), "{name}");
        }
    }

    #[test]
    fn an_unknown_key_is_named() {
        let error = Scenario::from_toml("[[cluster]]\nname = \"a\"\nnoodles = 3\n").unwrap_err();
        assert!(error.to_string().contains("noodles"), "{error}");
    }

    #[test]
    fn a_bad_duration_is_named() {
        let error = Scenario::from_toml("[[cluster]]\nname = \"a\"\nlatency = \"3 apples\"\n").unwrap_err();
        assert!(error.to_string().contains("3 apples") && error.to_string().contains("latency"), "{error}");
    }

    #[test]
    fn what_cannot_be_is_named() {
        for (text, words) in [
            ("namespaces = [\"Bad_NS\"]", "cluster a: namespaces: \"Bad_NS\" is not like my-name"),
            ("churn.replacements = -5", "cluster a: churn: replacements = -5 is no rate"),
            ("count = 0", "cluster a: count must be at least 1"),
            ("version = \"v1.35\"", "cluster a: version \"v1.35\" is not like v1.35.2"),
            (
                "[[cluster.trouble]]\nkind = \"crash-loop\"\nworkload = \"Bad Name\"",
                "cluster a: trouble: workload: \"Bad Name\" is not like my-name",
            ),
            (
                "nodes = 2\n[[cluster.trouble]]\nkind = \"node-not-ready\"\nnumber = 3",
                "cluster a: trouble: 3 nodes have some, there are 2",
            ),
        ] {
            let error = Scenario::from_toml(&format!("[[cluster]]\nname = \"a\"\n{text}\n")).unwrap_err();
            assert_eq!(error.to_string(), format!("not a scenario: {words}"));
        }
        let error = Scenario::from_toml("[[cluster]]\nname = \"a b/c\"\n").unwrap_err();
        assert_eq!(error.to_string(), "not a scenario: cluster a b/c: a name has no blanks and no slashes");
    }

    #[test]
    fn a_name_used_twice_is_refused() {
        let error = Scenario::from_toml("[[cluster]]\nname = \"a\"\n[[cluster]]\nname = \"a\"\n").unwrap_err();
        assert_eq!(error.to_string(), "not a scenario: cluster a: the name is taken");
    }

    #[test]
    fn a_count_multiplies_the_cluster() {
        let scenario = Scenario::from_toml("[[cluster]]\nname = \"many\"\ncount = 3\n").unwrap();
        let names: Vec<&str> = scenario.clusters.iter().map(|cluster| &*cluster.name).collect();
        assert_eq!(names, ["many-001", "many-002", "many-003"]);
    }
}
