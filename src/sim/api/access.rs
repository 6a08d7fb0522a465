//! Owns who asks and what it may do: the roles bound to it, read from the objects. Must not know what is behind the paths.

use http::{Request, header};
use serde_json::{Value, json};

use super::failure::Failure;
use super::token;
use crate::sim::cluster::Cluster;
use crate::sim::kinds::Resource;
use crate::sim::lean::Lean;
use crate::sim::store::Object;
use crate::sim::tls::Certified;
use crate::sim::world::World;

const ANONYMOUS: &str = "system:anonymous";

/// The user a request comes from.
#[derive(Clone)]
pub(super) struct Identity {
    name: String,
    groups: Vec<String>,
}

/// What is asked for: a verb on a resource (`pods`, `pods/log`), of one name or any, in a namespace or everywhere.
pub(super) struct Asked<'a> {
    pub(super) verb: &'a str,
    pub(super) group: &'a str,
    pub(super) resource: &'a str,
    pub(super) name: Option<&'a str>,
    pub(super) namespace: Option<&'a str>,
}

fn has(list: &Lean<'_>, wanted: &str) -> bool {
    list.list().iter().any(|item| item.as_str().is_some_and(|item| item == "*" || item == wanted))
}

impl Asked<'_> {
    fn is_allowed_by(&self, rule: &Lean<'_>) -> bool {
        let sub = self.resource.split_once('/').map(|(_, sub)| format!("*/{sub}"));
        let names = rule.get("resourceNames");
        has(rule.get("verbs"), self.verb)
            && has(rule.get("apiGroups"), self.group)
            && (has(rule.get("resources"), self.resource) || sub.is_some_and(|sub| has(rule.get("resources"), &sub)))
            && (names.list().is_empty() || self.name.is_some_and(|name| has(names, name)))
    }
}

impl Identity {
    /// Finds the user a request is made as: who sends it, or whom that one impersonates and may.
    pub(super) fn of<B>(request: &Request<B>, cluster: &Cluster) -> Result<Self, Failure> {
        let sender = Self::sender(request, cluster)?;
        let named = |header: &str| -> Vec<String> {
            let values = request.headers().get_all(header).iter();
            values.filter_map(|value| value.to_str().ok()).map(str::to_owned).collect()
        };
        let mut groups = named("impersonate-group");
        let Some(name) = named("impersonate-user").into_iter().next() else {
            let alone = groups.first().map(|group| format!("requested [{group}] without impersonating a user"));
            return alone.map_or(Ok(sender), |why| Err(Failure::unknown(why)));
        };
        let account = name.strip_prefix("system:serviceaccount:").and_then(|account| account.split_once(':'));
        let world = cluster.world();
        let may = |resource: &str, name: &str, namespace: Option<&str>| {
            let asked = Asked { verb: "impersonate", group: "", resource, name: Some(name), namespace };
            sender.may(&world, &asked)
        };
        match account {
            Some((namespace, own)) => may("serviceaccounts", own, Some(namespace))?,
            None => may("users", &name, None)?,
        }
        groups.iter().try_for_each(|group| may("groups", group, None))?;
        match account.filter(|_| groups.is_empty()) {
            Some((namespace, _)) => groups = token::groups(namespace),
            None if name != ANONYMOUS => groups.push("system:authenticated".to_owned()),
            None => {}
        }
        Ok(Self { name, groups })
    }

    /// Finds who sends a request; a token that is not the cluster's is an error, none at all is anonymous.
    fn sender<B>(request: &Request<B>, cluster: &Cluster) -> Result<Self, Failure> {
        let certified = request.extensions().get::<Certified>().is_some();
        let authorization = request.headers().get(header::AUTHORIZATION);
        if authorization.is_none() && !certified {
            let groups = vec!["system:unauthenticated".to_owned()];
            return Ok(Self { name: ANONYMOUS.to_owned(), groups });
        }
        let token = authorization.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let known = certified || token.is_some_and(|token| token == cluster.token());
        if cluster.faults.current().refuses_credentials() {
            return Err(Failure::unauthorized());
        }
        if !known {
            let account = token.and_then(|token| token::owner(cluster, token));
            return account.map(|(name, groups)| Self { name, groups }).ok_or_else(Failure::unauthorized);
        }
        let user = &cluster.spec.user;
        let mut groups = user.groups.clone();
        // Who may read some namespaces only is no master, though that is the group of who has none.
        groups.retain(|group| user.allowed_namespaces.is_empty() || group != "system:masters");
        groups.push("system:authenticated".to_owned());
        Ok(Self { name: user.name.clone(), groups })
    }

    /// Tells whether a binding is about the user.
    fn is_bound(&self, binding: &Lean<'_>) -> bool {
        binding.get("subjects").list().iter().any(|subject| {
            let name = subject.get("name").as_str().unwrap_or_default();
            match subject.get("kind").as_str() {
                Some("User") => name == self.name,
                Some("ServiceAccount") => {
                    let namespace = subject.get("namespace").as_str().unwrap_or_default();
                    self.name == format!("system:serviceaccount:{namespace}:{name}")
                }
                Some("Group") => self.groups.iter().any(|group| group == name),
                _ => false,
            }
        })
    }

    /// Calls `found` with every rule of every role bound to the user, cluster-wide and in a namespace, until it says so.
    fn any_rule(&self, world: &World, namespace: Option<&str>, mut found: impl FnMut(&Lean<'_>) -> bool) -> bool {
        let mut bindings = world.list(Resource::ClusterRoleBindings, None, None);
        if let Some(namespace) = namespace {
            bindings.extend(world.list(Resource::RoleBindings, Some(namespace), None));
        }
        bindings.iter().any(|object| {
            let binding = Lean::parse(object.own());
            let role = self.is_bound(&binding).then(|| role_of(world, &binding, &object.namespace)).flatten();
            role.is_some_and(|role| Lean::parse(role.own()).get("rules").list().iter().any(&mut found))
        })
    }

    /// Allows paths that are no resources as rules say.
    pub(super) fn may_read_path(&self, world: &World, path: &str) -> Result<(), Failure> {
        let fits = |pattern: &str| pattern.strip_suffix('*').map_or(pattern == path, |start| path.starts_with(start));
        let allowed = self.any_rule(world, None, |rule| {
            let paths = rule.get("nonResourceURLs").list().iter();
            has(rule.get("verbs"), "get") && paths.filter_map(Lean::as_str).any(fits)
        });
        if allowed { Ok(()) } else { Err(Failure::forbidden_path(&self.name, path)) }
    }

    /// Tells whether something is allowed. Anybody may ask who it is.
    pub(super) fn can(&self, world: &World, asked: &Asked<'_>) -> bool {
        let about_self = asked.group == "authentication.k8s.io" && asked.resource == "selfsubjectreviews";
        (about_self && asked.verb == "create")
            || self.any_rule(world, asked.namespace, |rule| asked.is_allowed_by(rule))
    }

    /// Allows something, or says why not as a real server does.
    pub(super) fn may(&self, world: &World, asked: &Asked<'_>) -> Result<(), Failure> {
        if self.can(world, asked) { Ok(()) } else { Err(Failure::forbidden(&self.name, asked)) }
    }

    /// What the user may do in a namespace, as the status of a `SelfSubjectRulesReview`.
    pub(super) fn rules(&self, world: &World, namespace: &str) -> Value {
        let (mut resources, mut paths) = (Vec::new(), Vec::new());
        self.any_rule(world, Some(namespace), |rule| {
            let (rule, to) = (rule.value(), if rule.get("resources").is_null() { &mut paths } else { &mut resources });
            if !to.contains(&rule) {
                to.push(rule);
            }
            false
        });
        json!({"resourceRules": resources, "nonResourceRules": paths, "incomplete": false})
    }

    /// Writes into a request for a certificate who asks for it.
    pub(super) fn sign(&self, spec: &mut Value) {
        spec["username"] = self.name.as_str().into();
        spec["groups"] = self.groups.clone().into();
    }

    /// The answer to a `SelfSubjectReview`.
    pub(super) fn review(&self, now: &str) -> Value {
        json!({
            "kind": "SelfSubjectReview",
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": {"creationTimestamp": now},
            "status": {"userInfo": {"username": self.name, "groups": self.groups}},
        })
    }
}

/// The role a binding names: one of its namespace, or one of the cluster.
fn role_of(world: &World, binding: &Lean<'_>, namespace: &str) -> Option<std::sync::Arc<Object>> {
    let role = binding.get("roleRef");
    let name = role.get("name").as_str()?;
    match role.get("kind").as_str()? {
        "Role" => world.get(Resource::Roles, namespace, name),
        _ => world.get(Resource::ClusterRoles, "", name),
    }
}
