//! Owns the events of a world: repeated ones raise a count, old ones are dropped; both styles of real servers.
//! Must not know why anything happens.

use std::collections::{BTreeMap, HashMap};

use super::{Millis, SECOND, World};
use crate::sim::json::JsonWriter;
use crate::sim::kinds::Resource;
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

/// Seconds as Kubernetes writes them. Worlds are full of them: the date is reckoned here, by days since the year 0 that
/// begin in March, so that a leap day is the last of its year.
pub(super) fn timestamp(at: Millis) -> String {
    let seconds = at.div_euclid(SECOND);
    let (days, second) = (seconds.div_euclid(86_400) + 719_468, seconds.rem_euclid(86_400));
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (day, month) = (day - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    let year = year + era * 400 + i64::from(month < 3);
    let mut out = String::with_capacity(20);
    for (number, width, mark) in [
        (year, 4, '-'),
        (month, 2, '-'),
        (day, 2, 'T'),
        (second / 3_600, 2, ':'),
        (second / 60 % 60, 2, ':'),
        (second % 60, 2, 'Z'),
    ] {
        for digit in (0..width).rev() {
            out.push(char::from(b'0' + (number / 10_i64.pow(digit) % 10) as u8));
        }
        out.push(mark);
    }
    out
}

/// Microseconds as Kubernetes writes them: always six digits.
pub(super) fn micro_timestamp(at: Millis) -> String {
    let whole = timestamp(at);
    format!("{}.{:03}000Z", whole.trim_end_matches('Z'), at.rem_euclid(1_000))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_a_calendar_writes_them() {
        let mut rng = fastrand::Rng::with_seed(9);
        let leap = 951_782_400_000;
        for at in (0..2_000).map(|_| rng.i64(-100_000_000_000..5_000_000_000_000)).chain([
            0,
            leap,
            leap - 1,
            leap + 86_400_000,
        ]) {
            let expected = jiff::Timestamp::from_second(at.div_euclid(1_000)).unwrap().to_string();
            assert_eq!(timestamp(at), expected);
        }
    }
}
