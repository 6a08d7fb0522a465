//! Owns quotas of namespaces: what they count, and what they forbid. Must not know who makes objects. Quotas with scopes are
//! kept but not looked at, those of single storage classes neither.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::objects::text;
use super::{Action, SECOND, World};
use crate::model::amount::Quantity;
use crate::sim::kinds::{Kind, Resource};
use crate::sim::proto;
use crate::sim::scenario::TroubleKind;

/// Amounts by the names quotas have for them, in billionths.
type Amounts = BTreeMap<String, i128>;

const ONE: i128 = 1_000_000_000;

/// Kinds that may be counted by their plain name.
const COUNTED: [Resource; 7] = [
    Resource::Pods,
    Resource::Services,
    Resource::ConfigMaps,
    Resource::Secrets,
    Resource::Claims,
    Resource::ReplicationControllers,
    Resource::ResourceQuotas,
];

/// What containers must say where a quota counts it.
const SAID: [&str; 6] = ["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"];

fn amount(value: &Value) -> i128 {
    value.as_str().and_then(Quantity::parse).unwrap_or_default().0
}

/// Tells whether what goes by a name is asked for by containers.
fn is_asked(name: &str) -> bool {
    SAID.contains(&name) || name != "requests.storage" && (name.starts_with("requests.") || name.starts_with("limits."))
}

/// What a container asks for: who sets a limit only requests as much.
fn asked(container: &Value) -> Amounts {
    let (requests, limits) = (&container["resources"]["requests"], &container["resources"]["limits"]);
    let mut asked = Amounts::new();
    for (what, limit) in limits.as_object().into_iter().flatten() {
        asked.insert(format!("limits.{what}"), amount(limit));
    }
    for (what, request) in [limits, requests].into_iter().filter_map(Value::as_object).flatten() {
        asked.insert(format!("requests.{what}"), amount(request));
        asked.insert(what.clone(), amount(request));
    }
    asked
}

/// What an object adds to what is counted.
fn weight(kind: &Kind, object: &Value) -> Amounts {
    let spec = &object["spec"];
    let mut sum = Amounts::from([(format!("count/{}", kind.qualified()), ONE)]);
    if kind.resource == Resource::Pods {
        if matches!(text(&object["status"]["phase"]), "Succeeded" | "Failed") {
            return sum;
        }
        for (what, amount) in spec["containers"].as_array().into_iter().flatten().flat_map(asked) {
            *sum.entry(what).or_default() += amount;
        }
        for (what, amount) in spec["initContainers"].as_array().into_iter().flatten().flat_map(asked) {
            let most = sum.entry(what).or_default();
            *most = amount.max(*most);
        }
    }
    if COUNTED.contains(&kind.resource) {
        sum.insert(kind.plural.clone(), ONE);
    }
    match kind.resource {
        Resource::Services => {
            let ports = spec["ports"].as_array().map_or(0, Vec::len) as i128;
            let (balanced, open) = (spec["type"] == "LoadBalancer", spec["type"] == "NodePort");
            sum.insert("services.nodeports".to_owned(), if balanced || open { ports * ONE } else { 0 });
            sum.insert("services.loadbalancers".to_owned(), if balanced { ONE } else { 0 });
        }
        Resource::Claims => {
            sum.insert("requests.storage".to_owned(), amount(&spec["resources"]["requests"]["storage"]));
        }
        _ => {}
    }
    sum
}

/// An amount as a server writes it: bytes by the powers of 1,024 where they come out even.
fn written(what: &str, amount: i128) -> String {
    let bytes = what.ends_with("memory") || what.ends_with("storage");
    let text = if bytes && amount % (1_024 * ONE) == 0 {
        format!("{}Ki", amount / ONE / 1_024)
    } else {
        format!("{}m", amount / (ONE / 1_000))
    };
    proto::canonical(&text).unwrap_or(text)
}

/// What of the containers of a pod a quota counts and they do not say, in the words of the API server.
fn unsaid(hard: &Map<String, Value>, pod: &Value) -> Option<String> {
    let lists = [&pod["spec"]["containers"], &pod["spec"]["initContainers"]];
    let containers = || lists.into_iter().filter_map(Value::as_array).flatten();
    let mut missing = Vec::new();
    for what in hard.keys().filter(|what| SAID.contains(&&***what)) {
        let silent = containers().filter(|container| !asked(container).contains_key(what));
        let mut names: Vec<&str> = silent.map(|container| text(&container["name"])).collect();
        names.sort_unstable();
        if !names.is_empty() {
            missing.push(format!("{what} for: {}", names.join(",")));
        }
    }
    missing.sort();
    (!missing.is_empty()).then(|| missing.join("; "))
}

impl World {
    /// The quotas of a namespace and what they limit.
    fn quotas(&self, namespace: &str) -> impl Iterator<Item = (Box<str>, Value)> + use<> {
        let quotas = self.store.list(Resource::ResourceQuotas, Some(namespace), None);
        let quotas = quotas.into_iter().map(|quota| (quota.name.clone(), quota.value()));
        quotas.filter(|(_, quota)| quota["spec"]["scopes"].is_null() && quota["spec"]["scopeSelector"].is_null())
    }

    /// How much there is in a namespace of what is limited.
    fn used(&self, namespace: &str, hard: &Map<String, Value>) -> Amounts {
        let mut sum = Amounts::new();
        let any = |fits: fn(&str) -> bool| hard.keys().any(|what| fits(what));
        let (counts, asks) = (any(|what| what.starts_with("count/")), any(is_asked));
        let (serves, stores) = (any(|what| what.starts_with("services.")), hard.contains_key("requests.storage"));
        for kind in self.store.registry().served().filter(|kind| kind.namespaced && !kind.resource.is_computed()) {
            let read = match kind.resource {
                Resource::Pods => asks,
                Resource::Services => serves,
                Resource::Claims => stores,
                _ => false,
            };
            let plain = COUNTED.contains(&kind.resource) && hard.contains_key(&kind.plural);
            let counted = counts.then(|| format!("count/{}", kind.qualified())).filter(|what| hard.contains_key(what));
            if !read && !plain && counted.is_none() {
                continue;
            }
            let objects = || self.store.list(kind.resource.stored(), Some(namespace), None);
            if read {
                for (what, amount) in objects().iter().flat_map(|object| weight(kind, &object.value())) {
                    *sum.entry(what).or_default() += amount;
                }
                continue;
            }
            // Nothing needs to be read to count objects; there may be many pods.
            if let Some(counted) = counted {
                sum.insert(counted, objects().len() as i128 * ONE);
            }
            if plain {
                let number = if kind.resource == Resource::Pods { self.unended(namespace) } else { objects().len() };
                sum.insert(kind.plural.clone(), number as i128 * ONE);
            }
        }
        let known = hard.keys().filter(|what| !what.contains(".storageclass."));
        known.map(|what| (what.clone(), sum.get(what).copied().unwrap_or_default())).collect()
    }

    /// Pods of a namespace that have not ended.
    fn unended(&self, namespace: &str) -> usize {
        let owners = self.by_namespace.get(namespace).into_iter().flatten();
        let pods = owners.flat_map(|owner| &self.workloads[*owner].pods);
        pods.filter(|id| self.pods.get(id).is_some_and(|pod| !pod.stage.is_end())).count()
    }

    /// Brings the quotas of a namespace up to date.
    pub(super) fn refresh_quotas(&mut self, namespace: &str) {
        for (_, mut quota) in self.quotas(namespace) {
            let hard = quota["spec"]["hard"].take();
            let used = self.used(namespace, hard.as_object().unwrap_or(&Map::new()));
            let used: Map<_, _> = used.iter().map(|(what, most)| (what.clone(), written(what, *most).into())).collect();
            let status = json!({"hard": hard, "used": used});
            quota["spec"]["hard"] = hard;
            if quota["status"] != status {
                quota["status"] = status;
                self.keep(Resource::ResourceQuotas, quota);
            }
        }
    }

    /// Why a quota forbids a new object, in the words of the API server.
    pub(crate) fn over_quota(&self, kind: &Kind, namespace: &str, object: &Value) -> Option<String> {
        let weight = weight(kind, object);
        // What containers do not say is filled in where there are defaults for it.
        let defaulted = !self.store.list(Resource::LimitRanges, Some(namespace), None).is_empty();
        for (name, quota) in self.quotas(namespace) {
            let Some(hard) = quota["spec"]["hard"].as_object() else { continue };
            if kind.resource == Resource::Pods
                && !defaulted
                && let Some(missing) = unsaid(hard, object)
            {
                return Some(format!("failed quota: {name}: must specify {missing}"));
            }
            let concerned = hard.iter().filter(|(what, _)| weight.get(*what).is_some_and(|amount| *amount > 0));
            let concerned = concerned.map(|(what, most)| (what.clone(), most.clone())).collect();
            let mut over = self.used(namespace, &concerned);
            over.retain(|what, used| *used + weight[what] > amount(&concerned[what]));
            if over.is_empty() {
                continue;
            }
            let list = |of: &dyn Fn(&String, i128) -> String| {
                over.iter().map(|(what, used)| format!("{what}={}", of(what, *used))).collect::<Vec<_>>().join(",")
            };
            let requested = list(&|what, _| written(what, weight[what]));
            let (used, limited) =
                (list(&|what, used| written(what, used)), list(&|what, _| text(&hard[what]).to_owned()));
            return Some(format!("exceeded quota: {name}, requested: {requested}, used: {used}, limited: {limited}"));
        }
        None
    }

    /// Tells whether a quota forbids a workload a pod. Its controller says so then, and tries again later.
    pub(super) fn is_refused(&mut self, index: usize, pod: &str) -> bool {
        let owner = &self.workloads[index];
        if owner.refused.as_ref().is_some_and(|(_, until)| self.now < *until) {
            return true;
        }
        let limited = self.quotas(&owner.namespace).next().is_some();
        let object = self.store.get(owner.controller.resource(), &owner.namespace, &owner.name).filter(|_| limited);
        let why = object.and_then(|object| {
            let pod = json!({"spec": object.value()["spec"]["template"]["spec"].take()});
            self.over_quota(self.store.registry().kind(Resource::Pods), &owner.namespace, &pod)
        });
        let wait = why.as_ref().map_or(0, |_| self.rng.i64(10 * SECOND..20 * SECOND));
        let refused = why.map(|why| (format!("pods \"{pod}\" is forbidden: {why}").into(), self.now + wait));
        let is_refused = refused.is_some();
        if is_refused || owner.refused.is_some() {
            self.dirty.insert(index);
        }
        self.workloads[index].refused = refused;
        if let Some(complaint) = self.refused_pods(index).filter(|_| is_refused) {
            self.record(complaint.incident);
            self.plan(wait, Action::Scale(index));
        }
        is_refused
    }

    /// A quota was written or taken away: who was not let make pods tries again soon.
    pub(super) fn observe_quota(&mut self, namespace: &str) {
        for index in self.by_namespace.get(namespace).cloned().unwrap_or_default() {
            let owner = &mut self.workloads[index];
            let held = owner.trouble.is_some_and(|(kind, _)| kind == TroubleKind::QuotaExceeded);
            if held {
                owner.trouble = None;
            }
            if let Some((_, until)) = &mut owner.refused {
                *until = 0;
            }
            if held || owner.refused.is_some() {
                self.plan(SECOND, Action::Scale(index));
            }
        }
    }
}
