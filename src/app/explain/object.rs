//! What an object says of itself while it is explained: its conditions, what it waits for, what holds its deletion, how
//! its release went. Must not know how it is read.

use std::sync::Arc;

use super::timed;
use crate::app::changes::About;
use crate::app::cluster::OpenCluster;
use crate::detail::at::At;
use crate::detail::value::{list, moment};
use crate::model::age::{Unix, age};
use crate::model::detail::{Finding, Inquiry, ObjectRef, Tree};
use crate::model::kind::Kind;

/// Conditions that are told.
const TOLD: usize = 8;
/// Parts of names of conditions that say that something is wrong; of all others it is well if they are true.
const ILL: [&str; 8] =
    ["Pressure", "Fail", "Unavailable", "Stalled", "Degraded", "Remaining", "DisruptionTarget", "Suspended"];
/// Conditions that tell since when a workload or job is not as it should be.
const DATED: [&str; 5] = ["Available", "Progressing", "ReplicaFailure", "Failed", "FailureTarget"];

/// The object that is explained, read for as long as it is.
#[derive(Debug)]
pub struct Explained {
    /// The question.
    pub asked: Arc<Inquiry>,
    /// The object as it was last seen.
    object: Option<Tree>,
    /// It is not there (any more).
    pub gone: bool,
}

impl Explained {
    /// Starts with the question.
    #[must_use]
    pub fn new(object: ObjectRef) -> Self {
        Self { asked: Arc::new(Inquiry::new(object)), object: None, gone: false }
    }

    /// Takes in what was found.
    pub fn note(&mut self, object: &ObjectRef, finding: &Finding) {
        if *object != self.asked.object {
            return;
        }
        match finding {
            Finding::Object(tree) => (self.object, self.gone) = (Some(tree.clone()), false),
            Finding::Gone { .. } => self.gone = true,
            Finding::Reading(_) | Finding::Beside(..) => {}
        }
    }

    /// The object, if it has been read.
    #[must_use]
    pub fn object(&self) -> Option<At<'_>> {
        self.object.as_ref().map(|tree| At::still(&tree.0))
    }
}

/// The object to be read for an explanation; `None` for what is none, is told of by its rows alone, or is secret.
#[must_use]
pub fn target(cluster: &OpenCluster, about: &About) -> Option<ObjectRef> {
    let secret = |kind: &Kind| kind.group().is_empty() && kind.plural() == "secrets";
    cluster.object(about).filter(|object| object.kind != Kind::Events && !secret(&object.kind))
}

/// What it is, where no row says it.
#[must_use]
pub fn brief(object: At<'_>, now: Unix) -> String {
    let mut said: Vec<String> = Vec::new();
    for (path, word) in [("status.phase", ""), ("spec.replicas", "wants "), ("status.readyReplicas", "ready ")] {
        let value = object.path(path).word();
        if !value.is_empty() {
            said.push(format!("{word}{value}"));
        }
    }
    said.extend(created(object).map(|created| format!("{} old", age(created, now))));
    said.join(", ")
}

/// When it was made.
#[must_use]
pub fn created(object: At<'_>) -> Option<Unix> {
    moment(object.path("metadata.creationTimestamp"))
}

fn is_well(condition: At<'_>) -> bool {
    let ill = ILL.iter().any(|part| condition.field("type").text().contains(part));
    condition.field("status").text() == if ill { "False" } else { "True" }
}

/// The conditions that are not as they should be.
#[must_use]
pub fn conditions(object: At<'_>, now: Unix) -> Vec<String> {
    let all = object.path("status.conditions").items().filter(|condition| !is_well(*condition)).take(TOLD);
    let told = all.map(|condition| {
        let word = |name: &str| condition.field(name).text();
        let said = [word("reason"), word("message")].into_iter().filter(|text| !text.is_empty());
        let parts: Vec<String> =
            std::iter::once(format!("{} is {}", word("type"), word("status"))).chain(said.map(str::to_owned)).collect();
        timed(&parts.join(": "), moment(condition.field("lastTransitionTime")), now)
    });
    told.collect()
}

/// How a pod that has failed did: in its own words, or as the first container that ended badly.
#[must_use]
pub fn failed(pod: At<'_>) -> Option<String> {
    let said = |at: At<'_>| list_of(&[at.field("reason").text(), at.field("message").text()]);
    let own = said(pod.field("status"));
    if !own.is_empty() {
        return Some(format!("it has failed: {own}"));
    }
    let all = ["status.initContainerStatuses", "status.containerStatuses"];
    let mut containers = all.iter().flat_map(|path| pod.path(path).items());
    containers.find_map(|container| {
        let ended = container.path("state.terminated");
        let code = ended.field("exitCode").word();
        let name = container.field("name").text();
        let more = Some(said(ended)).filter(|more| !more.is_empty()).map(|more| format!(" {more}")).unwrap_or_default();
        (!matches!(&*code, "" | "0")).then(|| format!("it has failed: container {name}: exit {code}{more}"))
    })
}

fn list_of(words: &[&str]) -> String {
    words.iter().filter(|word| !word.is_empty()).copied().collect::<Vec<_>>().join(": ")
}

/// Who controls it, as `job reindex-1`.
#[must_use]
pub fn controller(object: At<'_>) -> Option<String> {
    let mut owners = object.path("metadata.ownerReferences").items();
    let owner = owners.find(|owner| owner.field("controller").word() == "true")?;
    Some(format!("{} {}", owner.field("kind").text().to_lowercase(), owner.field("name").text()))
}

/// Since when it is not as it should be, if a condition says so.
#[must_use]
pub fn since(object: At<'_>) -> Option<Unix> {
    let all = object.path("status.conditions").items();
    let ill = all.filter(|it| DATED.contains(&it.field("type").text()) && !is_well(*it));
    ill.filter_map(|condition| moment(condition.field("lastTransitionTime"))).min()
}

/// What keeps it from going, if it is to go.
#[must_use]
pub fn held(object: At<'_>, now: Unix) -> Option<String> {
    let deleted = moment(object.path("metadata.deletionTimestamp"))?;
    let names = [object.path("metadata.finalizers"), object.path("spec.finalizers")];
    let names: Vec<String> = names.iter().map(|at| list(*at, ", ")).filter(|names| !names.is_empty()).collect();
    let by = if names.is_empty() { String::new() } else { format!("; finalizers that are left: {}", names.join(", ")) };
    let ago = if deleted <= now { format!("{} ago", age(deleted, now)) } else { "just now".to_owned() };
    Some(format!("it was to be gone {ago}{by}"))
}

/// The init container that a pod waits for.
#[must_use]
pub fn waits(object: At<'_>, now: Unix) -> Option<String> {
    let all = object.path("status.initContainerStatuses");
    let through = |status: &At<'_>| {
        let ended = status.path("state.terminated");
        let ended = !ended.is_empty() && ended.field("exitCode").number() == 0;
        ended || (status.field("started").is_true() && is_sidecar(object, status.field("name").text()))
    };
    let place = all.items().position(|status| !through(&status))?;
    let status = all.items().nth(place)?;
    let state = status.field("state");
    let running = moment(state.path("running.startedAt"));
    let (waiting, failed) = (state.path("waiting.reason").text(), state.path("terminated.reason").text());
    let how = match running {
        Some(started) => format!(", which has been running for {}", age(started, now)),
        None if !waiting.is_empty() => format!(": {waiting}"),
        None if !failed.is_empty() => format!(": {failed}"),
        None => String::new(),
    };
    let (name, count) = (status.field("name").text(), all.items().count());
    Some(format!("init container {name} ({} of {count}){how}", place + 1))
}

fn is_sidecar(pod: At<'_>, name: &str) -> bool {
    let mut all = pod.path("spec.initContainers").items();
    all.any(|it| it.field("name").text() == name && it.field("restartPolicy").text() == "Always")
}

/// How the last change of a Helm release went, unless it went well; and whether it is over.
#[must_use]
pub fn release(object: At<'_>) -> Option<(bool, String)> {
    let info = object.path("release.info");
    let (status, said) = (info.field("status").text(), info.field("description").text());
    let well = matches!(status, "" | "deployed" | "superseded");
    let said = if said.is_empty() { String::new() } else { format!(": {said}") };
    (!well).then(|| (status == "failed", format!("its status is {status}{said}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: Unix = Unix(1_700_000_000);

    #[test]
    fn only_conditions_that_are_not_as_they_should_be_are_told_with_their_time() {
        let object = json!({"status": {"conditions": [
            {"type": "Available", "status": "False", "reason": "MinimumReplicasUnavailable",
             "lastTransitionTime": "2023-11-14T21:13:20Z"},
            {"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated"},
            {"type": "MemoryPressure", "status": "False"},
            {"type": "ReplicaFailure", "status": "True", "message": "no", "lastTransitionTime": "2023-11-14T22:12:20Z"}]}});
        let at = At::still(&object);
        let told = conditions(at, NOW);
        assert_eq!(
            told,
            ["Available is False: MinimumReplicasUnavailable, 60m ago", "ReplicaFailure is True: no, 60s ago"]
        );
        assert_eq!(since(at), Some(NOW.plus(-3_600)));
    }

    #[test]
    fn a_pod_waits_for_the_first_init_container_that_is_not_through() {
        let object = json!({
            "spec": {"initContainers": [{"name": "mesh", "restartPolicy": "Always"}, {"name": "migrate"}]},
            "status": {"initContainerStatuses": [
                {"name": "mesh", "started": true, "state": {"running": {"startedAt": "2023-11-10T22:13:20Z"}}},
                {"name": "migrate", "state": {"running": {"startedAt": "2023-11-10T22:13:20Z"}}}]}});
        let told = waits(At::still(&object), NOW).unwrap();
        assert_eq!(told, "init container migrate (2 of 2), which has been running for 4d");
    }

    #[test]
    fn a_failed_release_and_a_deletion_that_is_held_say_so() {
        let failed = json!({"release": {"info": {"status": "failed", "description": "timed out"}}});
        assert_eq!(release(At::still(&failed)).unwrap(), (true, "its status is failed: timed out".to_owned()));
        let held_up = json!({"metadata": {"deletionTimestamp": "2023-11-14T21:13:20Z", "finalizers": ["x/y"]}});
        assert_eq!(held(At::still(&held_up), NOW).unwrap(), "it was to be gone 60m ago; finalizers that are left: x/y");
    }
}
