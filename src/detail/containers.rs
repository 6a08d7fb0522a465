//! The containers of a pod as a table: what runs, what waits and why, what it was before. Must not know how to act.

use super::at::At;
use super::describe::containers::{LISTS, state_of};
use super::doc::{Document, Ink};
use super::sheet::{Cell, Row, Sheet};
use super::value::moment;

/// The section of a pod's containers.
#[must_use]
pub fn section(pod: At<'_>) -> Document {
    let mut sheet = Sheet::default();
    let (spec, status) = (pod.field("spec"), pod.field("status"));
    let mut rows = Vec::new();
    for (title, field, states) in LISTS {
        for container in spec.field(field).items() {
            let state = state_of(status.field(states), container.field("name").text());
            let sidecar = field == "initContainers" && container.field("restartPolicy").text() == "Always";
            let role = match title {
                _ if sidecar => "sidecar",
                "Init Containers" => "init",
                "Ephemeral Containers" => "debug",
                _ => "",
            };
            rows.push(row(container, state, role));
        }
    }
    let headings =
        ["NAME", "ROLE", "READY", "STATE", "RESTARTS", "SINCE", "LAST TERMINATION", "PORTS", "CPU", "MEMORY", "IMAGE"];
    sheet.table(&headings, false, rows);
    sheet.finish()
}

fn row(container: At<'_>, state: Option<At<'_>>, role: &str) -> Row {
    let none = || Cell::new("", Ink::Dim);
    let ready = state.map_or_else(none, |state| {
        let ready = state.field("ready").is_true();
        let done = state.path("state.terminated.exitCode").now.as_i64() == Some(0);
        Cell::new(if ready { "yes" } else { "no" }, if ready || done { Ink::Text } else { Ink::Warn })
    });
    let (word, ink, since) = state.map_or((String::new(), Ink::Dim, None), present);
    let restarts = state.map(|state| state.field("restartCount").number()).unwrap_or_default();
    let last = state.map(|state| state.path("lastState.terminated")).filter(|last| !last.is_empty());
    let ports = container.field("ports").items().map(|port| {
        let protocol = port.field("protocol").now.as_str().unwrap_or("TCP");
        format!("{}/{protocol}", port.field("containerPort").number())
    });
    let resource = |name: &str| {
        let of = |kind: &str| match container.field("resources").field(kind).field(name).word() {
            none if none.is_empty() => "-".to_owned(),
            word => word,
        };
        Cell::text(format!("{} / {}", of("requests"), of("limits")))
    };
    let cells = vec![
        Cell::text(container.field("name").text()),
        Cell::new(role, Ink::Dim),
        ready,
        Cell::new(word, ink),
        Cell::new(restarts.to_string(), if restarts > 0 { Ink::Warn } else { Ink::Text }),
        since.map_or_else(none, Cell::age),
        last.map_or_else(none, termination),
        Cell::text(ports.collect::<Vec<_>>().join(",")),
        resource("cpu"),
        resource("memory"),
        Cell::text(container.field("image").text()),
    ];
    let changed = state.is_some_and(|state| state.field("state").changed() || state.field("restartCount").changed())
        || container.changed();
    Row { cells, link: None, changed }
}

/// What a container does now, what that means, and since when.
fn present(state: At<'_>) -> (String, Ink, Option<crate::model::age::Unix>) {
    let now = state.field("state");
    let (running, ended) = (now.field("running"), now.field("terminated"));
    if !running.now.is_null() {
        return ("Running".to_owned(), Ink::Good, moment(running.field("startedAt")));
    }
    if !ended.now.is_null() {
        let ink = if ended.field("exitCode").number() == 0 { Ink::Text } else { Ink::Bad };
        return (outcome(ended), ink, moment(ended.field("finishedAt")));
    }
    let reason = now.path("waiting.reason").text();
    let calm = matches!(reason, "" | "ContainerCreating" | "PodInitializing");
    let word = if reason.is_empty() { "Waiting" } else { reason };
    (word.to_owned(), if calm { Ink::Warn } else { Ink::Bad }, None)
}

fn outcome(ended: At<'_>) -> String {
    let (reason, code) = (ended.field("reason").text(), ended.field("exitCode").number());
    match (reason, code) {
        ("Completed", 0) => "Completed".to_owned(),
        ("", code) => format!("exit {code}"),
        (reason, code) => format!("{reason}, exit {code}"),
    }
}

fn termination(ended: At<'_>) -> Cell {
    let ink = if ended.field("exitCode").number() == 0 { Ink::Text } else { Ink::Bad };
    Cell::new(outcome(ended), ink)
}
