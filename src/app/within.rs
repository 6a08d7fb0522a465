//! Tables narrowed to what belongs to one object: the pods of a deployment, the jobs of a cron job. Which rows those are
//! the server tells, by the object's own selector. Must not know keys, nor how anything is asked.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use serde_json::Value;

use super::cluster::OpenCluster;
use super::kinds;
use crate::model::detail::{Beside, Finding, Inquiry, ObjectRef};
use crate::model::ids::Uid;
use crate::model::kind::Kind;
use crate::model::query::escape;
use crate::model::update::Reading;
use crate::table::query::Only;

/// How a table is narrowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Within {
    /// The object whose own are shown.
    pub of: ObjectRef,
    /// How they are told from others.
    by: By,
    /// The objects one came through, the outermost first, as `deployments cart`.
    pub trail: Vec<String>,
}

/// What tells the rows that belong from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// They name the object as an owner.
    Owner,
    /// The object has a selector.
    Selector,
    /// They run on it.
    Node,
}

/// Where Enter leads from an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lead {
    /// To the rows of a kind that belong to it.
    Rows(Kind, Within),
    /// To all objects of a kind.
    Kind(Kind),
    /// To what is in a namespace.
    Namespace(Arc<str>),
}

/// Where Enter leads from a row, if not to its details.
#[must_use]
pub fn lead(cluster: &OpenCluster, of: ObjectRef) -> Option<Lead> {
    let (target, by) = match (of.kind.group(), of.kind.plural()) {
        ("", "namespaces") => return Some(Lead::Namespace(of.name)),
        ("apiextensions.k8s.io", "customresourcedefinitions") => {
            return kinds::named(cluster, &of.name).map(Lead::Kind);
        }
        ("apps", "deployments" | "replicasets" | "statefulsets" | "daemonsets")
        | ("batch", "jobs")
        | ("policy", "poddisruptionbudgets")
        | ("", "services" | "replicationcontrollers") => (Kind::Pods, By::Selector),
        ("batch", "cronjobs") => (kinds::named(cluster, "jobs.batch")?, By::Owner),
        ("", "nodes") => (Kind::Pods, By::Node),
        _ => return None,
    };
    let mut trail = cluster.view.within().map(|within| within.trail.clone()).unwrap_or_default();
    trail.push(format!("{} {}", of.kind.plural(), of.name));
    Some(Lead::Rows(target, Within { of, by, trail }))
}

/// What is known of the rows that belong.
#[derive(Debug)]
pub struct Members {
    /// What was last asked for.
    pub asked: Arc<Inquiry>,
    /// The object has no selector, or may not be read: why.
    pub problem: Option<String>,
    /// Those that belong; `None` until the server has said so.
    uids: Option<Arc<HashSet<Uid>>>,
    by: By,
}

impl Members {
    /// Starts with nothing known.
    #[must_use]
    pub fn new(within: &Within) -> Self {
        let mut beside = Vec::new();
        if within.by == By::Node {
            beside.push(pods(None, &format!("fieldSelector=spec.nodeName%3D{}", escape(&within.of.name))));
        }
        let asked = Arc::new(Inquiry { object: within.of.clone(), beside });
        Self { asked, problem: None, uids: None, by: within.by }
    }

    /// Which rows are shown.
    fn only(&self) -> Only {
        Only::These(self.uids.clone().unwrap_or_default())
    }

    /// Whether the server has not said yet which rows belong.
    #[must_use]
    pub fn awaited(&self) -> bool {
        self.uids.is_none()
    }

    /// Takes in what was found; what has to be asked for may be more then.
    pub fn note(&mut self, object: &ObjectRef, finding: &Finding) {
        if *object != self.asked.object {
            return;
        }
        match finding {
            Finding::Object(tree) if self.by == By::Selector => {
                let Some(selector) = selector(&tree.0) else {
                    self.problem = Some("it selects no pods".to_owned());
                    return;
                };
                let wanted = vec![pods(Some(&object.namespace), &format!("labelSelector={}", escape(&selector)))];
                if wanted != self.asked.beside {
                    self.asked = Arc::new(Inquiry { object: object.clone(), beside: wanted });
                }
            }
            Finding::Reading(Reading::Forbidden(words)) => self.problem = Some(words.clone()),
            Finding::Beside(_, Ok(tree)) => {
                self.problem = None;
                let items = tree.0.as_array().into_iter().flatten();
                let uids = items.filter_map(|item| item["metadata"]["uid"].as_str()).map(Uid::parse);
                self.uids = Some(Arc::new(uids.collect()));
            }
            Finding::Beside(_, Err(failure)) if self.uids.is_none() => self.problem = Some(failure.summary.clone()),
            _ => {}
        }
    }
}

impl OpenCluster {
    /// What has to be asked for while no details page is open; `None` if that is what was asked last. `anew` if a
    /// details page was open so far.
    pub fn inquire(&mut self, anew: bool) -> Option<Option<Arc<Inquiry>>> {
        let within = self.view.within().filter(|within| within.by != By::Owner);
        if self.members.as_ref().map(|members| &members.asked.object) != within.map(|within| &within.of) {
            self.members = within.map(Members::new);
        }
        let owned = self.owned.as_ref().map(|owned| &owned.asked);
        let wanted = owned.or(self.members.as_ref().map(|members| &members.asked)).cloned();
        if !anew && wanted == self.inquired {
            return None;
        }
        self.inquired.clone_from(&wanted);
        Some(wanted)
    }

    /// Which rows of the table on screen are shown at all; `None` for all of them.
    #[must_use]
    pub fn only(&self) -> Option<Only> {
        let within = self.view.within()?;
        match within.by {
            By::Owner => within.of.uid.map(Only::Of),
            By::Selector | By::Node => {
                let members = self.members.as_ref().filter(|members| members.asked.object == within.of);
                Some(members.map_or_else(|| Only::These(Arc::default()), Members::only))
            }
        }
    }
}

fn pods(namespace: Option<&str>, query: &str) -> Beside {
    Beside { path: format!("{}?{query}", Kind::Pods.path(namespace)), live: true, metadata: true }
}

/// The selector of an object in the words of a query: `app=cart,tier in (web)`.
fn selector(object: &Value) -> Option<String> {
    let selector = &object["spec"]["selector"];
    let of_map = |map: &Value| -> BTreeSet<String> {
        let pairs = map.as_object().into_iter().flatten();
        pairs.filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?))).collect()
    };
    let structured = selector["matchLabels"].is_object() || selector["matchExpressions"].is_array();
    let mut terms = of_map(if structured { &selector["matchLabels"] } else { selector });
    for term in selector["matchExpressions"].as_array().into_iter().flatten() {
        let key = term["key"].as_str()?;
        let values: Vec<&str> = term["values"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let values = values.join(",");
        terms.insert(match term["operator"].as_str()? {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "Exists" => key.to_owned(),
            "DoesNotExist" => format!("!{key}"),
            _ => return None,
        });
    }
    (!terms.is_empty()).then(|| terms.into_iter().collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn selectors_of_workloads_and_services_become_queries() {
        let service = json!({"spec": {"selector": {"b": "2", "a": "1"}}});
        assert_eq!(selector(&service).as_deref(), Some("a=1,b=2"));
        let workload = json!({"spec": {"selector": {"matchLabels": {"app": "cart"}, "matchExpressions": [
            {"key": "tier", "operator": "In", "values": ["web", "api"]}, {"key": "old", "operator": "DoesNotExist"}]}}});
        assert_eq!(selector(&workload).as_deref(), Some("!old,app=cart,tier in (web,api)"));
        assert_eq!(selector(&json!({"spec": {}})), None);
        assert_eq!(escape("a in (b)"), "a%20in%20%28b%29");
    }
}
