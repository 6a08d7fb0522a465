//! Settings that are one word out of a few. Must not know where a choice is used.

use super::value::{Raw, Value, quoted};
use crate::model::survey::Probe;

/// What happens to an open cluster when another one of the same context name is opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DuplicateNames {
    /// Both are open.
    #[default]
    Allow,
    /// It is closed.
    Exclusive,
}

impl Value for DuplicateNames {
    type Bound = Self;

    fn read(raw: &Raw) -> Result<Self, String> {
        match String::read(raw)?.as_str() {
            "allow" => Ok(Self::Allow),
            "exclusive" => Ok(Self::Exclusive),
            other => Err(format!("{other:?} is not \"allow\" or \"exclusive\"")),
        }
    }

    fn show(&self) -> String {
        quoted(if *self == Self::Exclusive { "exclusive" } else { "allow" })
    }

    fn within(&self, _: &Self, _: &Self) -> bool {
        true
    }
}

impl Value for Probe {
    type Bound = Self;

    fn read(raw: &Raw) -> Result<Self, String> {
        let text = String::read(raw)?;
        let known = Probe::ALL.into_iter().find(|probe| probe.name() == text);
        known.ok_or_else(|| format!("{text:?} is none of {}", Probe::ALL.map(Probe::name).join(", ")))
    }

    fn show(&self) -> String {
        quoted(self.name())
    }

    fn within(&self, _: &Self, _: &Self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probes_are_named_and_others_refused_with_the_names_there_are() {
        let text = |text: &str| Vec::<Probe>::read(&Raw::Text(text.to_owned()));
        assert_eq!(text("nodes, pods").unwrap(), [Probe::Nodes, Probe::Pods]);
        assert_eq!(Probe::ALL.to_vec().show(), r#"["version", "nodes", "pods", "events", "metrics"]"#);
        let refused = text("nodes,poods").unwrap_err();
        assert!(refused.contains("poods") && refused.contains("events"), "{refused}");
        assert_eq!(
            DuplicateNames::read(&Raw::Text(DuplicateNames::Exclusive.show().replace('"', ""))),
            Ok(DuplicateNames::Exclusive)
        );
    }
}
