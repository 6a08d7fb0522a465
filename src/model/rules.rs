//! What the server says we may list in a namespace, asked in one question for all kinds. Plain data; must not know how it
//! is asked, nor for how long it holds.

use super::kind::Kind;

/// The API groups and the resources that one rule lets us list; `*` stands for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListRule {
    /// API groups, empty for the core group.
    pub groups: Vec<String>,
    /// Plurals.
    pub resources: Vec<String>,
}

/// The rules that hold in one namespace: those of the cluster as a whole among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// What may be listed as a whole. A rule for objects of certain names does not let us list a kind.
    pub lists: Vec<ListRule>,
    /// The server does not know all rules: an authorizer of its own cannot list them. What is not among them may be
    /// permitted all the same.
    pub incomplete: bool,
    /// There is no such namespace.
    pub missing: bool,
}

impl Rules {
    /// Whether it is certain that a kind may not be listed in the namespace, nor in the cluster as a whole.
    #[must_use]
    pub fn deny(&self, kind: &Kind) -> bool {
        // Helm's releases are read from Secrets.
        let (group, plural) = if kind.is_helm() { ("", "secrets") } else { (kind.group(), kind.plural()) };
        let named = |all: &[String], one: &str| all.iter().any(|known| known == "*" || known == one);
        let permits = |rule: &ListRule| named(&rule.groups, group) && named(&rule.resources, plural);
        !self.incomplete && !self.lists.iter().any(permits)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::resource::ApiResource;

    fn rule(group: &str, resource: &str) -> ListRule {
        ListRule { groups: vec![group.to_owned()], resources: vec![resource.to_owned()] }
    }

    fn deployments() -> Kind {
        Kind::of(Arc::new(ApiResource { group: "apps".into(), plural: "deployments".into(), ..Default::default() }))
    }

    #[test]
    fn what_no_rule_permits_is_denied_unless_the_server_does_not_know_all_rules() {
        let mut rules = Rules { lists: vec![rule("", "pods"), rule("apps", "*")], ..Rules::default() };
        assert!(!rules.deny(&Kind::Pods) && !rules.deny(&deployments()));
        assert!(rules.deny(&Kind::Nodes) && rules.deny(&Kind::helm()));
        rules.lists.push(rule("", "secrets"));
        assert!(!rules.deny(&Kind::helm()), "releases are Secrets");
        rules.incomplete = true;
        assert!(!rules.deny(&Kind::Nodes));
        let all = Rules { lists: vec![rule("*", "*")], ..Rules::default() };
        assert!(!all.deny(&Kind::Nodes) && !all.deny(&deployments()));
        assert!(Rules::default().deny(&Kind::Pods), "nothing at all is permitted");
    }
}
