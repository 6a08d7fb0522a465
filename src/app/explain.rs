//! Why something is as it is, in plain words: the chain of evidence from what the watches have told.
//!
//! Must not judge anew what is unwell (the row says), nor know how the page is drawn.

pub mod object;

use super::attention::{Entry, is_down};
use super::changes::About;
use super::cluster::OpenCluster;
use crate::detail::at::At;
use crate::model::age::{Unix, age, duration};
use crate::model::event::EventRow;
use crate::model::ids::Uid;
use crate::model::kind::Kind;
use crate::model::node::NodeRow;
use crate::model::pod::{PodPhase, PodRow};
use crate::model::unwell::{Cause, Unwell};
use crate::table::cell::{Cell, Column};
use crate::table::row::Row;
use object::Explained;

/// Events and changes that are told.
const TOLD: usize = 6;

/// What a paragraph is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A heading.
    Heading,
    /// The matter itself.
    Matter,
    /// What proves it.
    Proof,
    /// What is merely good to know.
    Aside,
}

/// One paragraph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paragraph {
    /// What it is.
    pub role: Role,
    /// Its text, one line however long.
    pub text: String,
}

struct Page(Vec<Paragraph>);

impl Page {
    fn add(&mut self, role: Role, text: impl Into<String>) {
        self.0.push(Paragraph { role, text: text.into() });
    }

    fn section(&mut self, title: &str, role: Role, texts: Vec<String>) {
        if !texts.is_empty() {
            self.add(Role::Heading, title);
            for text in texts {
                self.add(role, text);
            }
        }
    }
}

/// Explains an object from what is known of its cluster.
#[must_use]
pub fn explain(cluster: &OpenCluster, about: &About, now: Unix) -> Vec<Paragraph> {
    let mut page = Page(Vec::new());
    let pod = about.uid.filter(|_| about.kind == Some(Kind::Pods)).and_then(|uid| cluster.tables.pods.get(uid));
    let node = about.uid.filter(|_| about.kind == Some(Kind::Nodes)).and_then(|uid| cluster.tables.nodes.get(uid));
    let trouble = about.uid.and_then(|uid| cluster.attention.ails(uid));
    let unwell = match (pod, node) {
        (Some(pod), _) => pod.unwell.as_deref(),
        (_, Some(node)) => node.unwell.as_deref(),
        _ => trouble.map(|trouble| &trouble.unwell),
    };
    let itself = cluster.explained.as_ref().and_then(Explained::object);
    // Where no row tells it, Attention's own evidence does: events about it, and about what it owns.
    let subject = about.spoken();
    let entries: Vec<&Entry> =
        cluster.attention.entries.iter().filter(|_| unwell.is_none()).filter(|it| it.subject == subject).collect();
    page.add(Role::Heading, "What is");
    match (pod, node) {
        (Some(pod), _) => {
            let place = if pod.node.is_empty() { "not on any node yet".to_owned() } else { format!("on {}", pod.node) };
            let (ready, all) = (pod.ready, pod.containers);
            page.add(
                Role::Matter,
                format!("{}, {ready} of {all} containers ready, {place}, {} old", pod.status, age(pod.created, now)),
            );
        }
        (_, Some(node)) => {
            page.add(Role::Matter, format!("{}, {}, {} old", node.status, node.version, age(node.created, now)));
            if node.status.contains("SchedulingDisabled") {
                page.add(Role::Matter, "it is cordoned: no new pods are placed on it until it is uncordoned");
            }
        }
        _ => page.add(Role::Matter, of_table(cluster, about, now)),
    }
    let mut waits: Vec<String> = Vec::new();
    if let Some(pod) = itself.filter(|_| pod.is_some_and(|pod| pod.phase == PodPhase::Pending)) {
        waits.extend(object::waits(pod, now));
    }
    page.add(Role::Heading, "What is wrong");
    let before = page.0.len();
    let down = pod.and_then(|pod| node_of(cluster, pod)).is_some_and(|node| is_down(node, now));
    if let Some(unwell) = unwell {
        let dated = trouble.is_none_or(|trouble| trouble.dated);
        let since = if dated { Some(unwell.since) } else { itself.and_then(object::since) };
        matter(&mut page, unwell, since, now, down);
    }
    for entry in &entries {
        page.add(Role::Matter, ailing(entry.cause, entry.since, &entry.reason, now));
        page.add(Role::Matter, meaning(entry.cause));
    }
    if let Some(pod) = pod.filter(|pod| unwell.is_none() && pod.phase == PodPhase::Failed) {
        let how = itself.and_then(object::failed).unwrap_or_else(|| format!("it has failed: {}", pod.status));
        page.add(Role::Matter, how);
        page.add(Role::Aside, "who controls it knows, and sees to it: that it lies here does not count as unwell");
    }
    match itself.and_then(object::release) {
        Some((true, failed)) => page.add(Role::Matter, failed),
        Some((false, waiting)) => waits.push(waiting),
        None => {}
    }
    members(&mut page, cluster, about, now);
    if page.0.len() == before {
        // Of pods and nodes the watches tell what their conditions mean.
        let judged = pod.is_some() || node.is_some();
        let ill = itself.filter(|_| !judged).is_some_and(|itself| !object::conditions(itself, now).is_empty());
        let known = match (ill, waits.is_empty()) {
            (true, _) => "not all that it says of itself is as it should be",
            (_, true) => "nothing, as far as is known",
            (_, false) => "nothing has failed, but it waits",
        };
        page.add(Role::Matter, known);
    }
    page.section("What it waits for", Role::Matter, waits);
    page.section("What proves it", Role::Proof, proof(unwell, &entries, itself, now));
    let born = pod.map(|pod| pod.created).or_else(|| itself.and_then(object::created));
    page.section("What the server says", Role::Proof, events(cluster, about, born, now));
    let mut links = chain(cluster, pod, unwell, now);
    if pod.is_some() && unwell.is_none() {
        links.extend(itself.and_then(object::controller).map(|owner| format!("{owner} controls it")));
    }
    page.section("What it hangs on", Role::Matter, links);
    let next = unwell.and_then(|unwell| next(unwell, pod, now, down));
    page.section("What happens next", Role::Matter, next.into_iter().collect());
    let changes =
        cluster.changes.newest(Some(about)).take(TOLD).map(|change| timed(&change.text, Some(change.at), now));
    page.section("What changed", Role::Aside, changes.collect());
    let keys = vec![
        "Enter goes to it, t shows what changed of it, A all that is wrong in the cluster; Esc goes back".to_owned(),
    ];
    page.section("Keys that help", Role::Aside, keys);
    page.0
}

/// What happened, and how long ago. Who ends it with a full stop did not mean that to stand within a sentence.
#[must_use]
pub fn timed(text: &str, at: Option<Unix>, now: Unix) -> String {
    at.map_or_else(|| text.to_owned(), |at| format!("{}, {} ago", text.trim_end_matches('.'), age(at, now)))
}

fn of_table(cluster: &OpenCluster, about: &About, now: Unix) -> String {
    let Some(kind) = &about.kind else { return about.spoken() };
    let explained = cluster.explained.as_ref();
    if explained.is_some_and(|explained| explained.gone) {
        return format!("{} is gone", about.spoken());
    }
    let brief = explained.and_then(Explained::object).map(|itself| object::brief(itself, now));
    let spoken = || brief.filter(|brief| !brief.is_empty()).unwrap_or_else(|| about.spoken());
    // An event stands for what it is about, whose own kind may not be read at all.
    if *kind == Kind::Events && &*about.word != "event" {
        return spoken();
    }
    let table = cluster.tables.of(kind);
    // Rows of a kind that is not on screen are in no order.
    if let Some(row) = about.uid.and_then(|uid| cluster.tables.objects(kind)?.get(uid)) {
        return told(table.columns(), |column| Some(row.cell(column, now)));
    }
    let Some(index) = about.uid.and_then(|uid| table.position(uid)) else { return spoken() };
    told(table.columns(), |column| table.cell(index, column, now))
}

/// What the row of an object says, if its table is read.
#[must_use]
pub fn row_facts(cluster: &OpenCluster, kind: &Kind, uid: Uid, now: Unix) -> Option<String> {
    let table = cluster.tables.of(kind);
    let index = table.position(uid)?;
    // Its name stands in the title.
    let named = |title: &str| matches!(title, "NAME" | "NAMESPACE");
    let cell = |column| {
        table.cell(index, column, now).filter(|_| !table.columns().get(column).is_some_and(|it| named(&it.title)))
    };
    Some(told(table.columns(), cell))
}

/// The cells of a row that tell something, each behind its heading.
fn told<'a>(columns: &[Column], cell: impl Fn(usize) -> Option<Cell<'a>>) -> String {
    let cells = columns.iter().enumerate().filter_map(|(column, about)| {
        let cell = cell(column)?;
        (!matches!(&*cell.text, "" | "·") && !about.wide)
            .then(|| format!("{} {}", about.title.to_lowercase(), cell.text))
    });
    cells.collect::<Vec<_>>().join(", ")
}

/// What proves it: what the row has, what Attention has, what the object says of itself.
fn proof(unwell: Option<&Unwell>, entries: &[&Entry], itself: Option<At<'_>>, now: Unix) -> Vec<String> {
    let of_row = unwell.into_iter().flat_map(|unwell| &unwell.evidence);
    // Events are told further down, in their own words.
    let of_entries = entries.iter().flat_map(|entry| &entry.evidence).filter(|it| !it.text.starts_with("event "));
    let mut proof: Vec<String> = of_row.chain(of_entries).map(|it| timed(&it.text, it.at, now)).collect();
    let Some(itself) = itself else { return proof };
    proof.extend(object::held(itself, now));
    // Rows of pods and nodes have their conditions.
    if unwell.is_none_or(|unwell| unwell.evidence.is_empty()) {
        proof.extend(object::conditions(itself, now));
    }
    proof
}

fn ailing(cause: Cause, since: Option<Unix>, reason: &str, now: Unix) -> String {
    let lasting = since.map(|since| format!(" for {}", age(since, now))).unwrap_or_default();
    // Some causes say it all.
    let reason = if reason == cause.title() { String::new() } else { format!(": {reason}") };
    format!("{cause}{lasting}{reason}")
}

fn matter(page: &mut Page, unwell: &Unwell, since: Option<Unix>, now: Unix, down: bool) {
    if unwell.from > now {
        let left = duration(now.seconds_until(unwell.from));
        page.add(
            Role::Matter,
            format!("nothing yet, but in {left} it counts as {}: {}", unwell.cause.word(), unwell.reason),
        );
    } else {
        page.add(Role::Matter, ailing(unwell.cause, since, &unwell.reason, now));
        page.add(
            Role::Matter,
            if down && unwell.cause == Cause::NotReady { WITH_ITS_NODE } else { meaning(unwell.cause) },
        );
    }
    if unwell.ignored {
        page.add(Role::Aside, "it is ignored, and does not count as unwell (:ignored)");
    }
}

/// Whether something of a kind and name belongs to what is explained, as its controller names what it makes.
fn owns(about: &About, word: &str, name: &str) -> bool {
    let made = matches!((&*about.word, word), ("deployment", "replicaset") | ("cronjob", "job"));
    let generated = name.strip_prefix(&*about.name).and_then(|rest| rest.strip_prefix('-'));
    made && generated.is_some_and(|rest| !rest.is_empty() && !rest.contains('-'))
}

/// What ails what belongs to it: what it makes, a workload's pods by their controller, a namespace's by where they are.
fn members(page: &mut Page, cluster: &OpenCluster, about: &About, now: Unix) {
    let belongs = |pod: &&PodRow| {
        if &*about.word == "namespace" {
            return *pod.namespace == *about.name;
        }
        let owner = pod.unwell.as_ref().and_then(|unwell| unwell.owner.as_ref());
        let owned = |name: &str| {
            let generated = name.strip_prefix(&*about.name).and_then(|rest| rest.strip_prefix('-'));
            name == &*about.name || (&*about.word == "deployment" && generated.is_some_and(|hash| !hash.contains('-')))
        };
        pod.namespace == about.namespace && owner.is_some_and(|owner| owned(&owner.name))
    };
    let unwell: Vec<&PodRow> =
        cluster.tables.pods.rows().filter(|pod| pod.unwell_at(now).is_some()).filter(belongs).collect();
    for entry in cluster.attention.entries.iter().filter(|entry| entry.namespace == about.namespace) {
        // Pods have their own line.
        let of_events = !matches!(entry.kind, Kind::Pods | Kind::Nodes);
        let (word, rest) = entry.subject.split_once(' ').unwrap_or_default();
        let name = rest.rsplit('/').next().unwrap_or_default();
        if of_events && owns(about, word, name) {
            let told = ailing(entry.cause, entry.since, &entry.reason, now);
            page.add(Role::Matter, format!("{word} {name}: {told}"));
        }
    }
    for pod in unwell.iter().take(TOLD) {
        page.add(Role::Matter, format!("pod {}: {}", pod.name, pod.unwell_at(now).unwrap_or_default()));
    }
    if unwell.len() > TOLD {
        page.add(Role::Aside, format!("and {} more of its pods", unwell.len() - TOLD));
    }
}

/// What its events say, the latest first. Those from before it was made are of another one of its name.
fn events(cluster: &OpenCluster, about: &About, born: Option<Unix>, now: Unix) -> Vec<String> {
    let object = format!("{}/{}", about.word, about.name);
    let owned = |event: &EventRow| {
        let (word, name) = event.object.split_once('/').unwrap_or_default();
        event.is_warning() && owns(about, word, name)
    };
    let mut events: Vec<_> =
        cluster.tables.events.rows().filter(|event| *event.object == *object || owned(event)).collect();
    // Events of what lives in no namespace stand in `default`.
    events.retain(|event| about.namespace.is_empty() || event.namespace == about.namespace);
    events.retain(|event| born.is_none_or(|born| event.last_seen >= born));
    events.sort_by_key(|event| std::cmp::Reverse((event.last_seen, event.uid)));
    let told = events.into_iter().take(TOLD);
    let text = |event: &EventRow| {
        let times = if event.count > 1 { format!(" ({}x)", event.count) } else { String::new() };
        let of = if *event.object == *object { String::new() } else { format!("{}: ", event.object) };
        timed(&format!("{of}{}: {}{times}", event.reason, event.message), Some(event.last_seen), now)
    };
    told.map(text).collect()
}

fn chain(cluster: &OpenCluster, pod: Option<&PodRow>, unwell: Option<&Unwell>, now: Unix) -> Vec<String> {
    let mut links = Vec::new();
    if let Some(owner) = unwell.and_then(|unwell| unwell.owner.as_ref()) {
        let alike = cluster.tables.pods.rows().filter(|other| {
            let theirs = other.unwell.as_ref().filter(|_| other.unwell_at(now).is_some());
            theirs.is_some_and(|theirs| theirs.owner.as_ref() == Some(owner))
        });
        let count = alike.count();
        let others = if count > 1 { format!("; {count} of its pods are unwell") } else { String::new() };
        links.push(format!("{} {} controls it and replaces it when it goes{others}", owner.kind, owner.name));
    }
    let node = pod.and_then(|pod| node_of(cluster, pod));
    if let Some(reason) = node.and_then(|node| node.unwell.as_ref()).filter(|unwell| unwell.is_at(now)) {
        links.push(format!("its node is unwell itself: {}", reason.reason));
    }
    links
}

fn node_of<'c>(cluster: &'c OpenCluster, pod: &PodRow) -> Option<&'c NodeRow> {
    cluster.tables.nodes.rows().find(|node| *node.name == *pod.node)
}

/// What it means for a pod that is not ready that its node is not either.
const WITH_ITS_NODE: &str =
    "nobody hears from its node: it was taken out of its services, and whether it still runs is not known";

/// What a cause means, for whoever meets it for the first time.
fn meaning(cause: Cause) -> &'static str {
    match cause {
        Cause::NodeNotReady => {
            "the control plane does not hear from its kubelet; its pods may run on, but nobody knows"
        }
        Cause::NodePressure => "the kubelet runs short, takes no new pods of low priority and may evict some",
        Cause::OutOfMemory => {
            "a container used more memory than it may, was killed, and will be again unless the limit or its appetite changes"
        }
        Cause::CrashLoop => "a container starts, ends in failure and is started again, each time after a longer pause",
        Cause::Image => {
            "the image cannot be fetched: a wrong name or tag, missing credentials, or a registry that does not answer"
        }
        Cause::CannotStart => "the container cannot be set up: a missing ConfigMap, Secret, command or mount",
        Cause::Webhook => "an admission webhook that has to be asked does not answer",
        Cause::Stalled => "the new pods do not become ready within the rollout's deadline",
        Cause::Failed => "it ended in failure and nothing starts it again",
        Cause::JobFailed => "the job gave up after its retries",
        Cause::Unschedulable => "no node has what it asks for, or none may take it",
        Cause::Quota => "its namespace may not have more of what it asks for",
        Cause::VolumePending => "no volume has been bound to the claim",
        Cause::Mount => "a volume cannot be attached or mounted on its node",
        Cause::NotReady => "it runs but does not pass its readiness probe, so services send it nothing",
        Cause::Probe => "a probe fails now and then",
        Cause::Finalizer => "it is to be deleted, but a controller that has to clean up first has not",
        Cause::Terminating => "it should have ended long ago; its kubelet has not said that it has",
    }
}

/// What would happen without anybody's doing.
fn next(unwell: &Unwell, pod: Option<&PodRow>, now: Unix, down: bool) -> Option<String> {
    Some(match unwell.cause {
        Cause::NotReady if down => {
            "it is ready again when its node is; after 5 minutes of silence it is evicted, unless it tolerates that"
                .to_owned()
        }
        Cause::CrashLoop | Cause::OutOfMemory => {
            let pause = unwell.reason.split("back-off ").nth(1).and_then(|rest| seconds(rest.split(' ').next()?));
            match (pause, pod.and_then(|pod| pod.last_restart.get())) {
                (Some(pause), Some(ended)) if ended.plus(pause) > now => {
                    format!("the kubelet starts it again in about {}", duration(now.seconds_until(ended.plus(pause))))
                }
                (Some(pause), _) => {
                    format!("the kubelet starts it again {} after it ended, about now", duration(pause))
                }
                (None, _) => "the kubelet starts it again, at most 5 minutes after it ended".to_owned(),
            }
        }
        Cause::Image => "the kubelet tries to pull it again, at most 5 minutes apart".to_owned(),
        Cause::CannotStart => "the kubelet tries again by itself; it starts once what is missing is there".to_owned(),
        Cause::Unschedulable => "the scheduler tries again whenever nodes or pods change".to_owned(),
        Cause::NotReady => "nothing until the probe succeeds; a failing liveness probe would restart it".to_owned(),
        Cause::NodeNotReady => "after 5 minutes of silence its pods are evicted and replaced elsewhere".to_owned(),
        Cause::NodePressure => "the kubelet evicts pods until the pressure is gone".to_owned(),
        Cause::Failed => "nothing: nobody replaces it".to_owned(),
        Cause::Finalizer => "it goes as soon as the last finalizer is removed".to_owned(),
        Cause::Terminating => "it stays until its node reports, is removed, or it is deleted by force".to_owned(),
        _ => return None,
    })
}

/// Reads Go's way to write a duration: `5m0s`, `40s`. Unit: seconds.
fn seconds(text: &str) -> Option<i64> {
    let (mut sum, mut digits) = (0, String::new());
    for character in text.chars() {
        if character.is_ascii_digit() {
            digits.push(character);
            continue;
        }
        let number: i64 = std::mem::take(&mut digits).parse().ok()?;
        sum += number
            * match character {
                'h' => 3_600,
                'm' => 60,
                's' => 1,
                _ => return None,
            };
    }
    digits.is_empty().then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kubelet_s_pauses_are_read() {
        assert_eq!((seconds("5m0s"), seconds("40s"), seconds("1h2m3s")), (Some(300), Some(40), Some(3_723)));
        assert_eq!((seconds("5"), seconds("x")), (None, None));
    }
}
