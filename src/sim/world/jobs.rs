//! Owns jobs and cron jobs: runs when they are due, and how many finished ones are kept. Must not know single pods.

use serde_json::{Value, json};

use super::deletion::{Deletion, Propagation};
use super::events::Incident;
use super::objects::text;
use super::status::{OVER_LIMIT, failed, is_over};
use super::workload::Controller;
use super::{Action, MINUTE, Millis, World};
use crate::sim::kinds::Resource;
use crate::sim::lean::Lean;
use crate::sim::store::{Object, key};

/// A cron job by the name of its object; what it does is read from the object each time.
pub(super) struct Cron {
    pub(super) namespace: Box<str>,
    pub(super) name: Box<str>,
}

/// The fields of a schedule: what they count from and to, and the names of their numbers.
const FIELDS: [(i64, i64, &[&str]); 5] = [
    (0, 59, &[]),
    (0, 23, &[]),
    (1, 31, &[]),
    (1, 12, &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
    (0, 6, &["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
];

/// A schedule as the numbers that fit each field, a bit each; an error in the words of the controller.
pub(crate) fn read_schedule(schedule: &str) -> Result<[u64; 5], String> {
    let schedule = match schedule.trim() {
        "@hourly" => "0 * * * *",
        "@daily" | "@midnight" => "0 0 * * *",
        "@weekly" => "0 0 * * 0",
        "@monthly" => "0 0 1 * *",
        "@yearly" | "@annually" => "0 0 1 1 *",
        other if other.starts_with("@every ") => "* * * * *",
        other if other.starts_with('@') => return Err(format!("unrecognized descriptor: {other}")),
        other => other,
    };
    let parts: Vec<&str> = schedule.split_whitespace().collect();
    if parts.len() != 5 {
        return Err(format!("expected exactly 5 fields, found {}: [{}]", parts.len(), parts.join(" ")));
    }
    let mut fields = [0; 5];
    for ((field, part), (first, last, names)) in fields.iter_mut().zip(parts).zip(FIELDS) {
        for range in part.split(',') {
            *field |= read_range(range, (first, last), names)?;
        }
    }
    Ok(fields)
}

/// One part of a field: `*`, `5`, `1-5`, `mon-fri`, `*/10`, `8-18/2`.
fn read_range(text: &str, (least, most): (i64, i64), names: &[&str]) -> Result<u64, String> {
    let number = |word: &str| {
        let named = names.iter().position(|name| word.eq_ignore_ascii_case(name)).map(|at| at as i64 + least);
        let wrong = || format!("failed to parse int from {word}: strconv.Atoi: parsing {word:?}: invalid syntax");
        named.map_or_else(|| word.parse::<i64>().map_err(|_| wrong()), Ok)
    };
    let (range, step) = text.split_once('/').map_or((text, None), |(range, step)| (range, Some(step)));
    let (first, last) = match range.split_once('-') {
        _ if matches!(range, "*" | "?") => (least, most),
        Some((first, last)) => (number(first)?, number(last)?),
        None => (number(range)?, if step.is_some() { most } else { number(range)? }),
    };
    let step = step.map_or(Ok(1), number)?;
    if first < least {
        return Err(format!("beginning of range ({first}) below minimum ({least}): {text}"));
    }
    if last > most {
        return Err(format!("end of range ({last}) above maximum ({most}): {text}"));
    }
    if first > last {
        return Err(format!("beginning of range ({first}) beyond end of range ({last}): {text}"));
    }
    if step < 1 {
        return Err(format!("step of range should be a positive number: {text}"));
    }
    Ok((first..=last).step_by(step as usize).fold(0, |bits, number| bits | 1 << number))
}

/// Tells whether a minute of an hour of a day fits a schedule; months and weekdays are looked at too.
fn is_due(schedule: &str, at: Millis) -> bool {
    let (Ok(time), Ok(fields)) = (jiff::Timestamp::from_millisecond(at), read_schedule(schedule)) else { return false };
    let time = time.to_zoned(jiff::tz::TimeZone::UTC);
    let weekday = time.weekday().to_sunday_zero_offset();
    let now = [time.minute(), time.hour(), time.day(), time.month(), weekday];
    fields.iter().zip(now).all(|(field, value)| field & 1 << value != 0)
}

impl World {
    pub(super) fn observe_cron_job(&mut self, object: &Object) {
        if !self.crons.iter().any(|known| known.name == object.name && known.namespace == object.namespace) {
            self.crons.push(Cron { namespace: object.namespace.clone(), name: object.name.clone() });
        }
    }

    /// Once a minute: every cron job whose schedule says so runs.
    pub(super) fn tick_crons(&mut self) {
        let minute = self.now - self.now.rem_euclid(MINUTE);
        for index in 0..self.crons.len() {
            let cron = &self.crons[index];
            let Some(object) = self.store.get(Resource::CronJobs, &cron.namespace, &cron.name) else { continue };
            let value = object.value();
            if value["spec"]["suspend"] != true && is_due(text(&value["spec"]["schedule"]), minute) {
                self.run_cron(&value, minute);
            }
        }
        self.plan(MINUTE - self.now.rem_euclid(MINUTE), Action::CronTick);
    }

    /// A cron job chosen by chance runs out of turn, so that small worlds have jobs to show.
    pub(super) fn run_some_job(&mut self) {
        if self.crons.is_empty() {
            return;
        }
        let cron = &self.crons[self.rng.usize(..self.crons.len())];
        let Some(object) = self.store.get(Resource::CronJobs, &cron.namespace, &cron.name) else { return };
        let minute = self.now - self.now.rem_euclid(MINUTE);
        self.run_cron(&object.value(), minute);
    }

    /// Makes the job of a run; its name ends in the minute it was due.
    pub(super) fn run_cron(&mut self, cron: &Value, minute: Millis) -> Option<usize> {
        let metadata = &cron["metadata"];
        let (namespace, name) = (text(&metadata["namespace"]).to_owned(), text(&metadata["name"]).to_owned());
        let own = format!("{name}-{}", minute / MINUTE);
        if self.store.get(Resource::Jobs, &namespace, &own).is_some() {
            return None;
        }
        let template = &cron["spec"]["jobTemplate"];
        let mut annotations = template["metadata"]["annotations"].clone();
        annotations["batch.kubernetes.io/cronjob-scheduled-timestamp"] = super::events::timestamp(minute).into();
        let job = json!({"metadata": {"name": own, "namespace": namespace, "annotations": annotations,
                "labels": template["metadata"]["labels"].as_object().cloned().unwrap_or_default(),
                "ownerReferences": [{"apiVersion": "batch/v1", "kind": "CronJob", "name": name, "uid": metadata["uid"],
                    "controller": true, "blockOwnerDeletion": true}]},
            "spec": template["spec"]});
        let created = self.timestamp();
        self.make(Resource::Jobs, &created, job);
        let index = self.by_object.get(&(Resource::Jobs, key(&namespace, &own))).copied();
        if let Some(index) = index
            && !self.seeding
        {
            self.tell_cron(cron, "SuccessfulCreate", format!("Created job {own}"));
            self.scale(index);
        }
        self.refresh_cron(&namespace, &name);
        index
    }

    /// After a job ended: its cron job says so and lets go of old runs.
    pub(super) fn job_ended(&mut self, index: usize) {
        let job = &self.workloads[index];
        let Some(object) = self.store.get(Resource::Jobs, &job.namespace, &job.name) else { return };
        let value = object.value();
        let owner = &value["metadata"]["ownerReferences"][0];
        let (about, failed) = (self.about_workload(index), failed(&value["status"]));
        let (reason, message) =
            if failed { ("BackoffLimitExceeded", OVER_LIMIT) } else { ("Completed", "Job completed") };
        self.record(Incident::of("job-controller", about, failed, reason, message.to_owned()));
        if owner["kind"] == "CronJob" {
            let (namespace, cron) = (object.namespace.clone(), text(&owner["name"]).to_owned());
            if let Some(object) = self.store.get(Resource::CronJobs, &namespace, &cron) {
                self.tell_cron(
                    &object.value(),
                    "SawCompletedJob",
                    format!(
                        "Saw completed job: {}, condition: {}",
                        text(&value["metadata"]["name"]),
                        if failed { "Failed" } else { "Complete" }
                    ),
                );
            }
            self.refresh_cron(&namespace, &cron);
        }
    }

    /// Brings a cron job's status up to date and deletes runs beyond its limit.
    pub(super) fn refresh_cron(&mut self, namespace: &str, name: &str) {
        let Some(object) = self.store.get(Resource::CronJobs, namespace, name) else { return };
        let mut value = object.value();
        let uid = format!("\"uid\":\"{}\"", text(&value["metadata"]["uid"]));
        let runs: Vec<_> = self.store.list(Resource::Jobs, Some(namespace), None);
        let runs: Vec<_> = runs.into_iter().filter(|run| run.own().contains(&uid)).collect();
        let running = |run: &&std::sync::Arc<Object>| {
            let index = self.by_object.get(&(Resource::Jobs, key(namespace, &run.name)));
            index.is_some_and(|index| !self.is_job_done(*index))
        };
        let active: Vec<Value> = runs
            .iter()
            .filter(running)
            .map(|run| {
                json!({"apiVersion": "batch/v1", "kind": "Job", "name": run.name, "namespace": namespace,
                "resourceVersion": run.resource_version.to_string(), "uid": run.value()["metadata"]["uid"]})
            })
            .collect();
        let finished: Vec<_> = runs.iter().filter(|run| !running(run)).cloned().collect();
        let mut status = value["status"].as_object().cloned().unwrap_or_default();
        status.remove("active");
        if !active.is_empty() {
            status.insert("active".to_owned(), active.into());
        }
        let minute = |name: &str| name.rsplit('-').next().and_then(|number| number.parse::<i64>().ok()).unwrap_or(0);
        if let Some(last) = runs.iter().map(|run| minute(&run.name)).max() {
            status.insert("lastScheduleTime".to_owned(), super::events::timestamp(last * MINUTE).into());
        }
        if let Some(done) =
            finished.iter().filter_map(|run| run.value()["status"]["completionTime"].as_str().map(str::to_owned)).max()
        {
            status.insert("lastSuccessfulTime".to_owned(), done.into());
        }
        let status = Value::Object(status);
        let kept = |limit: &str, most: u64| value["spec"][limit].as_u64().unwrap_or(most) as usize;
        let (kept, kept_failed) = (kept("successfulJobsHistoryLimit", 3), kept("failedJobsHistoryLimit", 1));
        if status != value["status"] {
            value["status"] = status;
            self.keep(Resource::CronJobs, value);
        }
        let kind = std::sync::Arc::clone(self.store.registry().kind(Resource::Jobs));
        let how = Deletion { grace: None, propagation: Propagation::Background };
        let (lost, won): (Vec<_>, Vec<_>) = finished.iter().rev().partition(|run| failed(&run.value()["status"]));
        for run in won.into_iter().skip(kept).chain(lost.into_iter().skip(kept_failed)) {
            self.delete_object(&kind, namespace, &run.name, how);
        }
    }

    /// Tells whether a job came to its end, whatever became of its pods since.
    pub(super) fn has_ended(&self, index: usize) -> bool {
        let job = &self.workloads[index];
        let object = self.store.get(Resource::Jobs, &job.namespace, &job.name);
        object.is_some_and(|job| is_over(&Lean::parse(job.own()).get("status").value()))
    }

    fn is_job_done(&self, index: usize) -> bool {
        let job = &self.workloads[index];
        debug_assert_eq!(job.controller, Controller::Job);
        let done = job
            .pods
            .iter()
            .filter(|id| self.pods.get(id).is_some_and(|pod| pod.stage == super::pods::Stage::Completed));
        done.count() >= job.replicas || self.has_ended(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_due_at_their_minutes() {
        // 2026-11-20 10:00 UTC, a Friday.
        let at: jiff::Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        let at = at.as_millisecond();
        for due in ["* * * * *", "0 10 * * *", "*/5 8-18/2 * * 1-5", "0 10,12 20 nov mon-fri", "@hourly"] {
            assert!(is_due(due, at), "{due}");
        }
        for not in ["1 * * * *", "0 11 * * *", "0 10 * * 0", "nonsense", "0/0 * * * *"] {
            assert!(!is_due(not, at), "{not}");
        }
    }

    #[test]
    fn a_schedule_that_is_none_is_told_why() {
        for (schedule, why) in [
            ("nonsense", "expected exactly 5 fields, found 1: [nonsense]"),
            ("@often", "unrecognized descriptor: @often"),
            ("60 * * * *", "end of range (60) above maximum (59): 60"),
            ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
            ("5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"),
            ("*/0 * * * *", "step of range should be a positive number: */0"),
            ("x * * * *", "failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax"),
        ] {
            assert_eq!(read_schedule(schedule), Err(why.to_owned()), "{schedule}");
        }
    }
}
