//! `cluster events`: what clusters have told of lately. Must not know how it is asked.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::{length, moment, parts};
use crate::cli::format::{Format, document};
use crate::cli::table::{Cell, Table};
use crate::cli::which::Chosen;
use crate::cli::work::each;
use crate::cli::{Trouble, out};
use crate::cluster::inspect;
use crate::cluster::supervisor::check;
use crate::config::load::Config;
use crate::model::age::{Unix, age};
use crate::model::event::EventRow;

/// Which events.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Not older than this
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = length)]
    since: Duration,
    /// Of this type alone: Normal or Warning
    #[arg(long = "type", value_name = "TYPE")]
    event_type: Option<String>,
    /// In this namespace; otherwise in all that may be listed
    #[arg(long, short, value_name = "NAME", value_parser = crate::cli::which::namespace)]
    namespace: Option<String>,
}

/// One event of the document.
#[derive(Debug, Serialize)]
pub struct Told {
    last_seen: Option<String>,
    #[serde(rename = "type")]
    event_type: String,
    reason: String,
    namespace: String,
    object: String,
    count: u32,
    message: String,
}

#[derive(Debug, Serialize)]
struct Events {
    events: Vec<Told>,
}

impl Told {
    /// Puts an event into words.
    #[must_use]
    pub fn of(event: &EventRow) -> Self {
        Self {
            last_seen: moment(event.last_seen),
            event_type: event.event_type.to_string(),
            reason: event.reason.to_string(),
            namespace: event.namespace.to_string(),
            object: event.object.to_string(),
            count: event.count,
            message: event.message.to_string(),
        }
    }
}

/// Prints the events; whether every cluster answered.
pub async fn run(chosen: &[Chosen], config: &Config, format: Format, args: Args) -> Result<bool, Trouble> {
    let now = Unix(Timestamp::now().as_second());
    let oldest = now.plus(-(args.since.as_secs() as i64));
    let results = each(chosen, config, |target, limits| {
        let args = args.clone();
        async move {
            let (connection, _) = check(target, limits.clone()).await?;
            let (namespace, event_type) = (args.namespace.as_deref(), args.event_type.as_deref());
            let mut events = inspect::events(&connection, namespace, event_type, &limits).await?;
            events.retain(|event| event.last_seen >= oldest);
            Ok(events)
        }
    });
    let (whole, found) =
        parts(chosen, results.await?, |events| Events { events: events.iter().map(Told::of).collect() });
    let text = match format {
        Format::Json | Format::Yaml => document(&whole, format)?,
        Format::Name => {
            let lines = found.iter().flat_map(|(chosen, events)| {
                events.iter().map(|event| format!("{}\tevent/{}\n", chosen.target.id, event.name))
            });
            lines.collect::<Vec<_>>().concat()
        }
        Format::Table | Format::Wide => table(&found, now, format == Format::Wide),
    };
    out::print(&text)?;
    Ok(whole.clusters.iter().all(|part| part.error.is_none()))
}

fn table(found: &[(Chosen, Vec<EventRow>)], now: Unix, wide: bool) -> String {
    let mut headings = vec!["CLUSTER", "LAST SEEN", "TYPE", "REASON", "NAMESPACE", "OBJECT", "COUNT"];
    if wide {
        headings.extend(["FIRST SEEN", "SOURCE"]);
    }
    headings.push("MESSAGE");
    let mut table = Table::new(headings);
    for (chosen, events) in found {
        for event in events {
            let mut row = vec![
                chosen.name.clone(),
                age(event.last_seen, now),
                event.event_type.to_string(),
                event.reason.to_string(),
                event.namespace.to_string(),
                event.object.to_string(),
                event.count.to_string(),
            ];
            if wide {
                row.extend([age(event.first_seen, now), event.source.to_string()]);
            }
            row.push(event.message.to_string());
            table.row(row.into_iter().map(Cell::new));
        }
    }
    if table.is_empty() {
        // Of a cluster that did not answer it was said why.
        if !found.is_empty() {
            out::tell("no events");
        }
        return String::new();
    }
    table.render(false)
}
