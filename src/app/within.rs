//! Tables narrowed to what belongs to one object: the pods of a deployment, the jobs of a cron job. Which rows those are
//! the server tells, by the object's own selector; of what Attention tells as one entry, the entry does. Must not know
//! keys, nor how anything is asked.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::attention::Entry;
use super::cluster::OpenCluster;
use super::explain::{self, object::Explained};
use super::kinds;
use super::tab::Page;
use crate::model::detail::{Finding, Inquiry, ObjectRef};
use crate::model::ids::Uid;
use crate::model::kind::Kind;
use crate::model::subset::Selectors;
use crate::model::update::Reading;
use crate::table::query::Only;

/// How a table is narrowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Within {
    /// The object whose own are shown.
    pub of: ObjectRef,
    /// How they are told from others.
    by: By,
    /// The objects one came through, the outermost first, as `deployment cart`.
    pub trail: Vec<String>,
}

/// What tells the rows that belong from others.
#[derive(Clone, Debug, PartialEq, Eq)]
enum By {
    /// They name the object as an owner.
    Owner,
    /// They do, and their rows do not say so: it is read beside them.
    OwnerBeside,
    /// The object has a selector.
    Selector,
    /// They run on it.
    Node,
    /// They name it in this label.
    Label(&'static str),
    /// They are events about it, by this identity where they carry it: a namesake of before has others.
    About(Option<Uid>),
    /// They are these, of one entry of Attention. Those that come to suffer alike later are another matter.
    Alike(Only),
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
    Some(rows(cluster, &of, target, by))
}

/// The rows of a kind that belong to an object, and what one came through.
fn rows(cluster: &OpenCluster, of: &ObjectRef, kind: Kind, by: By) -> Lead {
    let mut trail = cluster.view.within().map(|within| within.trail.clone()).unwrap_or_default();
    trail.push(format!("{} {}", of.kind.manifest().to_lowercase(), of.name));
    Lead::Rows(kind, Within { of: of.clone(), by, trail })
}

/// The label by which slices name their service.
const SERVICE: &str = "kubernetes.io/service-name";
/// The groups below `k8s.io` that every server has itself.
const BUILT_IN: [&str; 17] = [
    "admissionregistration",
    "apiextensions",
    "apiregistration",
    "authentication",
    "authorization",
    "certificates",
    "coordination",
    "discovery",
    "events",
    "flowcontrol",
    "metrics",
    "networking",
    "node",
    "rbac.authorization",
    "resource",
    "scheduling",
    "storage",
];

/// The kinds whose objects name one of this kind as an owner, where it is known which.
fn owned(kind: &Kind) -> &'static [&'static str] {
    match (kind.group(), kind.plural()) {
        ("apps", "deployments") => &["replicasets.apps"],
        ("apps", "statefulsets" | "daemonsets") => &["controllerrevisions.apps"],
        _ => &[],
    }
}

/// Whether anything may be owned by objects of this kind: it is a custom one, and only its controller knows.
#[must_use]
pub fn owns_anything(kind: &Kind) -> bool {
    let group = kind.group();
    let own = group.strip_suffix(".k8s.io");
    group.contains('.') && own.is_none_or(|own| !BUILT_IN.contains(&own)) && !kind.is_helm()
}

/// To the objects of a kind that name an object as their owner, in words.
#[must_use]
pub fn owned_lead(cluster: &OpenCluster, of: &ObjectRef, kind: Kind) -> (String, Lead) {
    let by = if kind.is_standing() { By::OwnerBeside } else { By::Owner };
    (format!("{} it owns", kinds::name(cluster, &kind)), rows(cluster, of, kind, by))
}

/// Everything that may belong to an object, each in words.
#[must_use]
pub fn leads(cluster: &OpenCluster, of: &ObjectRef) -> Vec<(String, Lead)> {
    let mut leads = Vec::new();
    if let Some(lead) = lead(cluster, of.clone()) {
        let text = match &lead {
            Lead::Rows(kind, within) if within.by == By::Selector => format!("{} it selects", kind.plural()),
            Lead::Rows(kind, within) if within.by == By::Node => format!("{} that run on it", kind.plural()),
            Lead::Rows(kind, _) => format!("{} it owns", kind.plural()),
            Lead::Kind(kind) => format!("{} it defines", kind.plural()),
            Lead::Namespace(name) => format!("pods in {name}"),
        };
        leads.push((text, lead));
    }
    if of.kind.group().is_empty() && of.kind.plural() == "services" {
        let slices = kinds::named(cluster, "endpointslices.discovery.k8s.io");
        leads.extend(slices.map(|kind| {
            let text = format!("{} of it", kind.plural());
            (text, rows(cluster, of, kind, By::Label(SERVICE)))
        }));
    }
    let known = |lead: &Lead, kind: &Kind| matches!(lead, Lead::Rows(known, _) | Lead::Kind(known) if known == kind);
    for kind in owned(&of.kind).iter().filter_map(|word| kinds::named(cluster, word)).filter(|kind| *kind != of.kind) {
        if of.uid.is_some() && !leads.iter().any(|(_, lead)| known(lead, &kind)) {
            leads.push(owned_lead(cluster, of, kind));
        }
    }
    if of.uid.is_some() && owns_anything(&of.kind) {
        leads.push(owned_lead(cluster, of, Kind::Pods));
    }
    leads.push(("events about it".to_owned(), rows(cluster, of, Kind::Events, By::About(carried(cluster, of)))));
    leads
}

/// The identity that events about an object carry, if that is its own. Those about a node carry its name instead; those about
/// a pod that a node keeps by itself, which is called after the node, what the node calls it.
fn carried(cluster: &OpenCluster, of: &ObjectRef) -> Option<Uid> {
    let uid = of.uid?;
    let static_pod = || {
        let pod = cluster.tables.pods.get(uid)?;
        let rest = pod.name.strip_suffix(&*pod.node)?;
        (!pod.node.is_empty() && rest.ends_with('-')).then_some(())
    };
    match of.kind {
        Kind::Nodes => None,
        Kind::Pods if static_pod().is_some() => None,
        _ => Some(uid),
    }
}

/// What is known of how the rows that belong are told from others.
#[derive(Debug)]
pub struct Members {
    /// What was last asked for.
    pub asked: Arc<Inquiry>,
    /// The object has no selector, or may not be read: why.
    pub problem: Option<String>,
    /// What the server is to pick them by, once that is known.
    selectors: Option<Selectors>,
    by: By,
}

impl Members {
    /// Starts with nothing known but what the object's name says.
    #[must_use]
    pub fn new(within: &Within) -> Self {
        let name = &within.of.name;
        let selectors = match within.by {
            By::Node => Some(Selectors { fields: format!("spec.nodeName={name}"), ..Selectors::default() }),
            By::Label(label) => Some(Selectors { labels: format!("{label}={name}"), ..Selectors::default() }),
            By::About(uid) => {
                let kind = within.of.kind.manifest();
                let fields = match uid.and_then(Uid::written) {
                    Some(uid) => format!("involvedObject.uid={uid}"),
                    None => format!("involvedObject.kind={kind},involvedObject.name={name}"),
                };
                Some(Selectors { fields, ..Selectors::default() })
            }
            By::OwnerBeside => Some(Selectors::default()),
            By::Owner | By::Selector | By::Alike(_) => None,
        };
        let asked = Arc::new(Inquiry::new(within.of.clone()));
        Self { asked, problem: None, selectors, by: within.by.clone() }
    }

    /// What the server is to pick them by; `None` while that is not known.
    #[must_use]
    pub fn selectors(&self) -> Option<&Selectors> {
        self.selectors.as_ref()
    }

    /// Takes in what was found of the object.
    pub fn note(&mut self, object: &ObjectRef, finding: &Finding) {
        if *object != self.asked.object || self.by != By::Selector {
            return;
        }
        match finding {
            Finding::Object(tree) => {
                let labels = selector(&tree.0);
                self.problem = labels.is_none().then(|| "it selects no pods".to_owned());
                self.selectors = labels.map(|labels| Selectors { labels, ..Selectors::default() });
            }
            Finding::Reading(Reading::Forbidden(words)) => self.problem = Some(words.clone()),
            Finding::Gone { .. } => self.problem = Some("there is no such object (any more)".to_owned()),
            _ => {}
        }
    }
}

impl Within {
    /// Whether the server picks the rows that belong.
    #[must_use]
    pub fn is_picked(&self) -> bool {
        !matches!(self.by, By::Owner | By::Alike(_))
    }

    /// The objects of an entry of Attention that stands for several; `None` if it is about one alone.
    #[must_use]
    pub fn alike(cluster: &OpenCluster, entry: &Entry) -> Option<Within> {
        if entry.count < 2 || entry.uids.len() < entry.count {
            return None;
        }
        let (word, name) = entry.subject.split_once(' ')?;
        let name = name.rsplit('/').next().unwrap_or(name);
        let kind = kinds::named(cluster, word).unwrap_or_else(|| entry.kind.clone());
        let of = ObjectRef { kind, namespace: entry.namespace.clone(), name: name.into(), uid: None };
        let trail = vec![format!("{word} {name}, {}", entry.cause)];
        Some(Within { of, by: By::Alike(Only::These(Arc::new(entry.uids.iter().copied().collect()))), trail })
    }

    /// How many objects of one entry of Attention these are, if that is what they are.
    #[must_use]
    pub fn number_alike(&self) -> Option<usize> {
        if let By::Alike(Only::These(uids)) = &self.by { Some(uids.len()) } else { None }
    }

    /// Which rows these are, where the server is not asked for them.
    #[must_use]
    pub fn only(&self) -> Option<Only> {
        if let By::Alike(these) = &self.by { Some(these.clone()) } else { self.owner().map(Only::Of) }
    }

    /// The same in another cluster, where an object of that name is another object. What only an identity tells belongs to
    /// nothing there.
    #[must_use]
    pub fn elsewhere(&self) -> Option<Within> {
        let by_name = !matches!(self.by, By::Owner | By::OwnerBeside | By::Alike(_));
        let by = if matches!(self.by, By::About(_)) { By::About(None) } else { self.by.clone() };
        by_name.then(|| Within { of: ObjectRef { uid: None, ..self.of.clone() }, by, ..self.clone() })
    }

    /// The object that they name as an owner, if that is how they are told from others.
    #[must_use]
    pub fn owner(&self) -> Option<Uid> {
        self.of.uid.filter(|_| matches!(self.by, By::Owner | By::OwnerBeside))
    }
}

impl OpenCluster {
    /// Returns a turn in which nothing has been asked yet.
    pub fn next_turn(&mut self) -> u64 {
        self.turns += 1;
        self.turns
    }

    /// What has to be asked for while no details page is open; `None` if that is what was asked last. `anew` if a
    /// details page was open so far.
    pub fn inquire(&mut self, anew: bool) -> Option<Option<Arc<Inquiry>>> {
        let within = self.view.within().filter(|within| within.is_picked());
        if self.members.as_ref().map(|members| (&members.asked.object, &members.by))
            != within.map(|it| (&it.of, &it.by))
        {
            self.members = within.map(Members::new);
        }
        let target = match self.view.page() {
            Page::Explain(about, _) => explain::object::target(self, about),
            _ => None,
        };
        if self.explained.as_ref().map(|explained| &explained.asked.object) != target.as_ref() {
            self.explained = target.map(Explained::new);
        }
        let owned = self.owned.as_ref().map(|owned| &owned.asked);
        let explained = self.explained.as_ref().map(|explained| &explained.asked);
        // Only what has a selector of its own has to be read for it.
        let members = self.members.as_ref().filter(|members| members.by == By::Selector);
        let wanted = owned.or(explained).or(members.map(|members| &members.asked)).cloned();
        // Who asks anew has heard nothing yet, also where another one has asked the same.
        let same = match (&wanted, &self.inquired) {
            (Some(wanted), Some(inquired)) => Arc::ptr_eq(wanted, inquired),
            (wanted, inquired) => wanted.is_none() && inquired.is_none(),
        };
        if !anew && same {
            return None;
        }
        self.inquired.clone_from(&wanted);
        // A page may have asked about this very object, and has kept the answer.
        Some(wanted.map(|wanted| wanted.in_turn(self.next_turn())))
    }
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
    }
}
