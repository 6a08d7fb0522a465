//! Owns what a container of a pod is to those who look into it: which one is meant, its runs, its ports, its
//! environment, all read from the pod's object. Must not know requests; its inside is [`mod@log`], [`shell`] and [`page`].

pub(crate) mod console;
pub(crate) mod follow;
pub(crate) mod log;
pub(crate) mod page;
pub(crate) mod shell;

use serde_json::Value;

use super::world::Millis;
use log::{End, Log};

/// One container of a pod.
pub(crate) struct Container<'a> {
    pod: &'a Value,
    spec: &'a Value,
    status: &'a Value,
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn items<'a>(pod: &'a Value, part: &str, list: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    pod[part][list].as_array().into_iter().flatten()
}

fn names(pod: &Value, list: &str) -> String {
    items(pod, "spec", list).map(|container| text(&container["name"])).collect::<Vec<_>>().join(" ")
}

fn moment(value: &Value) -> Option<Millis> {
    Some(value.as_str()?.parse::<jiff::Timestamp>().ok()?.as_millisecond())
}

impl<'a> Container<'a> {
    /// The container of a name, or the only one if no name is given; the words of an API server if that is none.
    pub(crate) fn choose(pod: &'a Value, name: &str) -> Result<Self, String> {
        let pod_name = text(&pod["metadata"]["name"]);
        let lists = [("containers", "containerStatuses"), ("initContainers", "initContainerStatuses")];
        let named = |list, name: &str| items(pod, "spec", list).find(|container| container["name"] == name);
        let (spec, statuses) = if name.is_empty() {
            let mut containers = items(pod, "spec", "containers");
            match (containers.next(), containers.next()) {
                (Some(only), None) => (only, lists[0].1),
                (None, _) => return Err(format!("a container name must be specified for pod {pod_name}")),
                _ => {
                    let (main, init) = (names(pod, "containers"), names(pod, "initContainers"));
                    let or = if init.is_empty() { init } else { format!(" or one of the init containers: [{init}]") };
                    return Err(format!(
                        "a container name must be specified for pod {pod_name}, choose one of: [{main}]{or}"
                    ));
                }
            }
        } else {
            let found = lists.iter().find_map(|(list, statuses)| Some((named(list, name)?, *statuses)));
            found.ok_or_else(|| format!("container {name} is not valid for pod {pod_name}"))?
        };
        let status = items(pod, "status", statuses).find(|status| status["name"] == spec["name"]);
        Ok(Self { pod, spec, status: status.unwrap_or(&Value::Null) })
    }

    pub(crate) fn name(&self) -> &'a str {
        text(&self.spec["name"])
    }

    pub(crate) fn is_running(&self) -> bool {
        self.status["state"]["running"].is_object()
    }

    /// Environment as a process sees it.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let own = self.spec["env"].as_array().into_iter().flatten();
        let own = own.filter_map(|variable| Some((text(&variable["name"]), variable["value"].as_str()?)));
        let common = [
            ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
            ("HOSTNAME", text(&self.pod["metadata"]["name"])),
            ("HOME", "/root"),
            ("KUBERNETES_SERVICE_HOST", "10.96.0.1"),
            ("KUBERNETES_SERVICE_PORT", "443"),
        ];
        common.into_iter().chain(own).map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    /// The log of the container, of the run now or the one before; the words of a kubelet if there is none.
    pub(crate) fn log(&self, previous: bool) -> Result<Log, String> {
        let (state, last) = (&self.status["state"], &self.status["lastState"]["terminated"]);
        let place = format!("container \"{}\" in pod \"{}\"", self.name(), text(&self.pod["metadata"]["name"]));
        if self.status.is_null() {
            return Err(format!("{place} is not available"));
        }
        let run = if previous { last } else { self.present().unwrap_or(last) };
        if let Some(log) = self.log_of(run) {
            return Ok(log);
        }
        if previous {
            return Err(format!("previous terminated {place} not found"));
        }
        Err(match text(&state["waiting"]["reason"]) {
            "ErrImagePull" => format!("{place} is waiting to start: image can't be pulled"),
            "ImagePullBackOff" => format!("{place} is waiting to start: trying and failing to pull image"),
            reason => format!("{place} is waiting to start: {reason}"),
        })
    }

    /// The log of the run that began at a moment, if the container still knows of it.
    pub(crate) fn log_since(&self, start: Millis) -> Option<Log> {
        let runs = [self.present(), Some(&self.status["lastState"]["terminated"])];
        runs.into_iter().flatten().filter_map(|run| self.log_of(run)).find(|log| log.start() == start)
    }

    /// The state of now, unless it is waiting.
    fn present(&self) -> Option<&'a Value> {
        let state = &self.status["state"];
        ["running", "terminated"].into_iter().map(|kind| &state[kind]).find(|state| state.is_object())
    }

    fn log_of(&self, run: &Value) -> Option<Log> {
        let start = moment(&run["startedAt"])?;
        let metadata = &self.pod["metadata"];
        let exit = moment(&run["finishedAt"]).map(|at| {
            let ending = match (run["exitCode"].as_i64().unwrap_or_default(), text(&run["reason"])) {
                (0, _) => End::Completed,
                (_, "OOMKilled") => End::Killed,
                _ => End::Crashed,
            };
            (at, ending)
        });
        let grace = metadata["deletionGracePeriodSeconds"].as_i64().unwrap_or_default() * 1_000;
        let asked_to_end = moment(&metadata["deletionTimestamp"]).map(|at| (at - grace, End::Terminated));
        let image = text(&self.spec["image"]);
        Some(Log::new(
            text(&metadata["uid"]),
            text(&metadata["name"]),
            self.name(),
            image,
            start,
            exit.or(asked_to_end),
        ))
    }
}

/// The ports the containers of a pod declare.
pub(crate) fn ports(pod: &Value) -> Vec<u16> {
    let ports =
        items(pod, "spec", "containers").flat_map(|container| container["ports"].as_array().into_iter().flatten());
    ports.filter_map(|port| u16::try_from(port["containerPort"].as_u64()?).ok()).collect()
}
