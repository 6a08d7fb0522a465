//! Owns the events of a world: repeated ones raise a count, old ones are dropped; both styles of real servers.
//! Must not know why anything happens.

use std::collections::{BTreeMap, HashMap};

use super::{Millis, World};
use crate::sim::json::JsonWriter;
use crate::sim::kinds::Resource;
pub(super) use crate::sim::moment::{micro_timestamp, timestamp};
use crate::sim::names;

/// What an event is about.
#[derive(Clone)]
pub(super) struct About {
    pub(super) api_version: &'static str,
    pub(super) kind: &'static str,
    pub(super) namespace: Box<str>,
    pub(super) name: Box<str>,
    pub(super) uid: u128,
    /// The container, if it is about one.
    pub(super) container: Option<Box<str>>,
}

impl About {
    pub(super) fn new(api_version: &'static str, kind: &'static str, namespace: &str, name: &str, uid: u128) -> Self {
        Self { api_version, kind, namespace: namespace.into(), name: name.into(), uid, container: None }
    }
}

/// Who tells, and whether in the newer style (`eventTime` and `series`, no timestamps).
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Reporter {
    Kubelet,
    Scheduler,
    Controller(&'static str),
}

/// An event to record.
#[derive(Clone)]
pub(super) struct Incident {
    pub(super) about: About,
    pub(super) reporter: Reporter,
    /// Node of a kubelet's event.
    pub(super) host: Box<str>,
    pub(super) warning: bool,
    pub(super) reason: &'static str,
    pub(super) message: String,
}

impl Incident {
    /// What a controller tells.
    pub(super) fn of(
        controller: &'static str,
        about: About,
        warning: bool,
        reason: &'static str,
        message: String,
    ) -> Self {
        Self { about, reporter: Reporter::Controller(controller), host: "".into(), warning, reason, message }
    }
}

struct Event {
    incident: Incident,
    name: Box<str>,
    uid: u128,
    first: Millis,
    last: Millis,
    count: i64,
}

/// Events alive, by number in order of their first occurrence.
#[derive(Default)]
pub(super) struct Events {
    alive: BTreeMap<u64, Event>,
    by_content: HashMap<u64, u64>,
    next: u64,
}

impl Events {
    /// Drops events last seen before `limit` and returns their namespaces and names.
    pub(super) fn take_older_than(&mut self, limit: Millis) -> Vec<(Box<str>, Box<str>)> {
        let old: Vec<u64> =
            self.alive.iter().filter(|(_, event)| event.last < limit).map(|(number, _)| *number).collect();
        old.iter()
            .filter_map(|number| self.alive.remove(number))
            .map(|event| {
                self.by_content.remove(&content(&event.incident));
                (home(&event.incident.about), event.name)
            })
            .collect()
    }
}

impl World {
    /// Records an event that happens now.
    pub(super) fn record(&mut self, incident: Incident) {
        self.record_past(incident, self.now, self.now, 1);
    }

    /// Records an event that happened `count` times between two moments, the last of them new.
    pub(super) fn record_past(&mut self, incident: Incident, first: Millis, last: Millis, count: i64) {
        let content = content(&incident);
        let number = if let Some(number) = self.events.by_content.get(&content).copied() {
            if let Some(event) = self.events.alive.get_mut(&number) {
                event.last = event.last.max(last);
                event.count += count;
            }
            number
        } else {
            let number = self.events.next;
            self.events.next += 1;
            let uid = self.rng.u128(..);
            let nanoseconds = first.unsigned_abs() * 1_000_000 + self.rng.u64(..1_000_000);
            let name = format!("{}.{nanoseconds:016x}", incident.about.name).into_boxed_str();
            self.events.by_content.insert(content, number);
            self.events.alive.insert(number, Event { incident, name, uid, first, last, count });
            number
        };
        let Some(event) = self.events.alive.get(&number) else { return };
        let namespace = home(&event.incident.about);
        self.store.put(Resource::Events, &namespace, &event.name, |version| body(event, &namespace, version));
    }
}

/// Events about cluster-wide objects live in `default`.
fn home(about: &About) -> Box<str> {
    if about.namespace.is_empty() { "default".into() } else { about.namespace.clone() }
}

fn content(incident: &Incident) -> u64 {
    let about = &incident.about;
    let container = about.container.as_deref().unwrap_or_default();
    names::hash(&format!("{}/{}/{container}/{}/{}", about.kind, about.uid, incident.reason, incident.message))
}

fn body(event: &Event, namespace: &str, version: u64) -> String {
    let Incident { about, reporter, host, warning, reason, message } = &event.incident;
    let (component, modern) = match reporter {
        Reporter::Kubelet => ("kubelet", false),
        Reporter::Scheduler => ("default-scheduler", true),
        Reporter::Controller(name) => (*name, false),
    };
    JsonWriter::document(900, |json| {
        json.object("metadata", |json| {
            json.text("name", &event.name);
            json.text("namespace", namespace);
            json.text("uid", &names::uuid(event.uid));
            json.display("resourceVersion", version);
            json.text("creationTimestamp", &timestamp(event.first));
        });
        json.object("involvedObject", |json| {
            json.text("kind", about.kind);
            json.text_if_any("namespace", &about.namespace);
            json.text("name", &about.name);
            json.text("uid", &names::uuid(about.uid));
            json.text("apiVersion", about.api_version);
            if let Some(container) = &about.container {
                json.display("fieldPath", format_args!("spec.containers{{{container}}}"));
            }
        });
        json.text("reason", reason);
        json.text("message", message);
        json.object("source", |json| {
            if !modern {
                json.text("component", component);
                json.text_if_any("host", host);
            }
        });
        if modern {
            json.null("firstTimestamp");
            json.null("lastTimestamp");
        } else {
            json.text("firstTimestamp", &timestamp(event.first));
            json.text("lastTimestamp", &timestamp(event.last));
            json.number("count", event.count);
        }
        json.text("type", if *warning { "Warning" } else { "Normal" });
        if modern {
            json.text("eventTime", &micro_timestamp(event.first));
            if event.count > 1 {
                json.object("series", |json| {
                    json.number("count", event.count);
                    json.text("lastObservedTime", &micro_timestamp(event.last));
                });
            }
            json.text("action", if *reason == "Scheduled" { "Binding" } else { "Scheduling" });
        } else {
            json.null("eventTime");
        }
        json.text("reportingComponent", component);
        json.text("reportingInstance", if modern { "default-scheduler-0" } else { host });
    })
}
