//! Owns jobs and cron jobs: runs when they are due, and how many finished ones are kept. Must not know single pods.

use serde_json::{Value, json};

use super::deletion::{Deletion, Propagation};
use super::objects::text;
use super::workload::Controller;
use super::{Action, MINUTE, Millis, World};
use crate::sim::kinds::Resource;
use crate::sim::store::{Object, key};

/// A cron job by the name of its object; what it does is read from the object each time.
pub(super) struct Cron {
    pub(super) namespace: Box<str>,
    pub(super) name: Box<str>,
}

/// Tells whether a minute of an hour of a day fits a schedule of five fields; months and weekdays are looked at too.
fn is_due(schedule: &str, at: Millis) -> bool {
    let Ok(time) = jiff::Timestamp::from_millisecond(at) else { return false };
    let time = time.to_zoned(jiff::tz::TimeZone::UTC);
    let weekday = i64::from(time.weekday().to_sunday_zero_offset());
    let schedule = match schedule {
        "@hourly" => "0 * * * *",
        "@daily" | "@midnight" => "0 0 * * *",
        "@weekly" => "0 0 * * 0",
        "@monthly" => "0 0 1 * *",
        other => other,
    };
    let now =
        [i64::from(time.minute()), i64::from(time.hour()), i64::from(time.day()), i64::from(time.month()), weekday];
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    fields.len() == 5 && fields.iter().zip(now).all(|(field, value)| field.split(',').any(|part| fits(part, value)))
}

/// One part of a field: `*`, `5`, `1-5`, `*/10`, `8-18/2`.
fn fits(part: &str, value: i64) -> bool {
    let (range, step) = part.split_once('/').unwrap_or((part, "1"));
    let Some(step) = step.parse::<i64>().ok().filter(|step| *step > 0) else { return false };
    if range == "*" {
        return value % step == 0;
    }
    let (first, last) = range.split_once('-').unwrap_or((range, if part.contains('/') { "59" } else { range }));
    let (Ok(first), Ok(last)) = (first.parse::<i64>(), last.parse::<i64>()) else { return false };
    (first..=last).contains(&value) && (value - first) % step == 0
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
        let message = "Job completed".to_owned();
        let about = self.about_workload(index);
        self.tell_controller(about, "job-controller", "Completed", message);
        if owner["kind"] == "CronJob" {
            let (namespace, cron) = (object.namespace.clone(), text(&owner["name"]).to_owned());
            if let Some(object) = self.store.get(Resource::CronJobs, &namespace, &cron) {
                self.tell_cron(
                    &object.value(),
                    "SawCompletedJob",
                    format!("Saw completed job: {}, condition: Complete", text(&value["metadata"]["name"])),
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
        let kept = value["spec"]["successfulJobsHistoryLimit"].as_u64().unwrap_or(3) as usize;
        if status != value["status"] {
            value["status"] = status;
            self.keep(Resource::CronJobs, value);
        }
        let kind = std::sync::Arc::clone(self.store.registry().kind(Resource::Jobs));
        let how = Deletion { grace: None, propagation: Propagation::Background };
        for run in finished.iter().rev().skip(kept) {
            self.delete_object(&kind, namespace, &run.name, how);
        }
    }

    fn is_job_done(&self, index: usize) -> bool {
        let job = &self.workloads[index];
        debug_assert_eq!(job.controller, Controller::Job);
        let done = job
            .pods
            .iter()
            .filter(|id| self.pods.get(id).is_some_and(|pod| pod.stage == super::pods::Stage::Completed));
        done.count() >= job.replicas
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
        for due in ["* * * * *", "0 10 * * *", "*/5 8-18/2 * * 1-5", "0 10,12 20 11 5", "@hourly"] {
            assert!(is_due(due, at), "{due}");
        }
        for not in ["1 * * * *", "0 11 * * *", "0 10 * * 0", "nonsense", "0/0 * * * *"] {
            assert!(!is_due(not, at), "{not}");
        }
    }
}
