//! Counts pods by phase and finds the unwell ones while moving a fraction of what the pods weigh.
//!
//! Few pods are pending or failed: those are read as such. The many that run are looked at as the server's table, some 30
//! bytes each on the wire, in which nearly all are plainly well or plainly stuck. What is left in doubt is asked for: by
//! name, together with its like where it is many ([`super::doubt`]), and by node where that is not ready, for the table calls
//! that running. Should it be too much, or the nodes unknown, running pods are read as such, too. Must not know what unwell
//! means: rows say so.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use super::doubt::{QUESTIONS, Question, RUNNING, questions};
use super::rows::{Table, labelled, list, table};
use crate::cluster::connection::Connection;
use crate::cluster::project::Resource as _;
use crate::cluster::project::pod::Pod;
use crate::cluster::project::pod_unwell::{is_crash_loop, waiting_cause};
use crate::model::age::Unix;
use crate::model::failure::Failure;
use crate::model::pod::PodRow;
use crate::model::survey::SurveyedPods;
use crate::model::unwell::Cause;

/// Of the questions about single pods and nodes, so many at once.
const AT_ONCE: usize = 8;

/// What was read of the pods at first.
pub struct First {
    running: Bytes,
    pending: Vec<PodRow>,
    failed: Vec<PodRow>,
    succeeded: Bytes,
}

/// Reads what can be read at once.
pub async fn first(connection: &Connection, namespace: Option<Arc<str>>, limit: Duration) -> Result<First, Failure> {
    let path = Pod::path(namespace.as_deref());
    let of_phase = |selector| list::<Pod>(connection, namespace.clone(), selector, limit);
    let (running, pending, failed, succeeded) = futures::try_join!(
        table(connection, &path, RUNNING, limit),
        of_phase("status.phase=Pending"),
        of_phase("status.phase=Failed"),
        table(connection, &path, "status.phase=Succeeded", limit),
    )?;
    Ok(First { running, pending, failed, succeeded })
}

/// Counts, asking for what is in doubt. `unready` are the nodes that are not ready, if that is known. Returns the counts
/// and how many have succeeded.
pub async fn judge(
    connection: &Connection,
    first: First,
    unready: Option<Vec<String>>,
    namespace: Option<&str>,
    limit: Duration,
    now: Unix,
) -> Result<(SurveyedPods, usize), Failure> {
    let running = sort_out(&first.running)?;
    let succeeded = Table::read(&first.succeeded)?.rows.len();
    let mut unwell: BTreeMap<Cause, usize> = BTreeMap::new();
    let asked = |namespace: Option<&str>| namespace.map(Arc::<str>::from);
    let (read, stuck, mut looping) = match running.questions(unready) {
        // All of them are judged by what is read; the table has only counted them.
        None => (list::<Pod>(connection, asked(namespace), RUNNING, limit).await?, Vec::new(), Vec::new()),
        Some(questions) => {
            let answers = stream::iter(questions).map(|Question { fields, labels }| {
                let namespace = asked(namespace);
                async move { labelled::<Pod>(connection, namespace, &fields, &labels, limit).await }
            });
            let answers: Vec<Vec<PodRow>> = answers.buffer_unordered(AT_ONCE).try_collect().await?;
            (answers.concat(), running.stuck, running.looping)
        }
    };
    let counted: BTreeSet<&str> = stuck.iter().map(|status| &**status).collect();
    let mut seen = BTreeSet::new();
    let doubtful: Vec<&PodRow> =
        read.iter().filter(|pod| seen.insert(pod.uid) && !counted.contains(&*pod.status)).collect();
    for pod in first.pending.iter().chain(&first.failed).chain(doubtful.iter().copied()) {
        if let Some(unwell_pod) = pod.unwell.as_deref().filter(|unwell| unwell.is_at(now)) {
            *unwell.entry(unwell_pod.cause).or_default() += 1;
        }
    }
    for cause in stuck.iter().filter_map(|status| waiting_cause(status)) {
        *unwell.entry(cause).or_default() += 1;
    }
    // Those that were gone by the time they were asked for: the table's word is all that is known of them.
    for pod in &doubtful {
        if let Some(at) = looping.iter().position(|name| **name == *pod.name) {
            looping.swap_remove(at);
        }
    }
    if !looping.is_empty() {
        *unwell.entry(Cause::CrashLoop).or_default() += looping.len();
    }
    let unwell = unwell.into_iter().collect();
    let counts = SurveyedPods {
        running: running.all,
        pending: first.pending.len(),
        failed: first.failed.len(),
        unwell,
        ..SurveyedPods::default()
    };
    Ok((counts, succeeded))
}

/// What a table of running pods tells.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sorted {
    all: usize,
    /// The status of each pod that never gets to run.
    stuck: Vec<Box<str>>,
    /// The names of those that crash again and again: of what, the table does not tell.
    looping: Vec<String>,
    /// The names of those that may be well or not; `None` if the table has other columns than expected.
    doubtful: Option<Vec<String>>,
}

impl Sorted {
    /// What to ask; `None` if all that runs has to be read.
    fn questions(&self, unready: Option<Vec<String>>) -> Option<Vec<Question>> {
        let (doubtful, unready) = (self.doubtful.as_ref()?, unready?);
        let mut asked: Vec<Question> = unready.iter().map(|node| Question::node(node)).collect();
        let names: Vec<&str> = doubtful.iter().chain(&self.looping).map(String::as_str).collect();
        asked.extend(questions(&names, QUESTIONS.saturating_sub(asked.len())));
        (asked.len() <= QUESTIONS).then_some(asked)
    }
}

fn sort_out(body: &[u8]) -> Result<Sorted, Failure> {
    let table = Table::read(body)?;
    let mut sorted = Sorted { all: table.rows.len(), ..Sorted::default() };
    let columns = ["Name", "Ready", "Status"].map(|name| table.column(name));
    let [Some(name), Some(ready), Some(status)] = columns else { return Ok(sorted) };
    let gates = table.column("Readiness Gates");
    let mut doubtful = Vec::new();
    for row in &table.rows {
        let cell = |at: usize| row.cells.get(at).map(|cell| &*cell.0).unwrap_or_default();
        if waiting_cause(cell(status)).is_some() {
            sorted.stuck.push(Box::from(cell(status)));
        } else if is_crash_loop(cell(status)) {
            sorted.looping.push(cell(name).to_owned());
        } else if cell(status) != "Running" || !is_whole(cell(ready)) || !gates.is_none_or(|at| is_whole(cell(at))) {
            doubtful.push(cell(name).to_owned());
        }
    }
    sorted.doubtful = Some(doubtful);
    Ok(sorted)
}

/// `2/2` is whole, and so is what has no parts: `<none>`.
fn is_whole(parts: &str) -> bool {
    parts.split_once('/').is_none_or(|(ready, all)| ready == all)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &str = r#""columnDefinitions":[{"name":"Name"},{"name":"Ready"},{"name":"Status"},{"name":"Restarts"},{"name":"Readiness Gates"}]"#;

    fn sorted(rows: &str) -> Sorted {
        sort_out(format!(r#"{{"kind":"Table",{COLUMNS},"rows":[{rows}]}}"#).as_bytes()).unwrap()
    }

    #[test]
    fn only_what_is_neither_plainly_well_nor_plainly_stuck_is_in_doubt() {
        let rows = [
            ("well", "2/2", "Running", "<none>"),
            ("gated", "1/1", "Running", "0/1"),
            ("open", "1/1", "Running", "1/1"),
            ("looping", "0/1", "CrashLoopBackOff", "<none>"),
            ("stuck", "0/1", "ImagePullBackOff", "<none>"),
            ("late", "1/2", "Running", "<none>"),
            ("going", "1/1", "Terminating", "<none>"),
        ];
        let rows = rows.map(|(name, ready, status, gates)| {
            format!(r#"{{"cells":["{name}","{ready}","{status}",0,"{gates}"],"object":null}}"#)
        });
        let sorted = sorted(&rows.join(","));
        assert_eq!((sorted.all, sorted.stuck.as_slice()), (7, &[Box::from("ImagePullBackOff")][..]));
        assert_eq!(sorted.looping, ["looping"], "of what it dies, its last exit tells");
        assert_eq!(sorted.doubtful.as_deref(), Some(&["gated", "late", "going"].map(str::to_owned)[..]));
    }

    #[test]
    fn what_a_table_cannot_tell_has_to_be_read() {
        let sorted = sort_out(br#"{"columnDefinitions":[{"name":"Name"}],"rows":[{"cells":["a"]}]}"#).unwrap();
        assert_eq!((sorted.all, sorted.questions(Some(Vec::new()))), (1, None));
        let known = self::sorted("");
        assert_eq!(known.questions(None), None, "nodes that are not ready are not known");
        let nodes = vec!["n1".to_owned()];
        assert_eq!(known.questions(Some(nodes)), Some(vec![Question::node("n1")]));
        assert_eq!(known.questions(Some(vec![String::new(); QUESTIONS + 1])), None);
    }
}
