//! Owns what a container of a pod is to those who look into it: which one is meant, its runs, its ports, its
//! environment, read from the pod's object. Must not know requests; its inside is [`mod@log`], [`shell`], [`script`] and [`page`].

pub(crate) mod console;
pub(crate) mod follow;
pub(crate) mod log;
pub(crate) mod page;
pub(crate) mod script;
pub(crate) mod shell;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::kinds::Resource;
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

    /// Environment as a process sees it: what any container has, then its own variables. `find` gives other objects by
    /// namespace and name, where variables come from such.
    pub(crate) fn environment(&self, find: impl Fn(Resource, &str, &str) -> Option<Value>) -> Vec<(String, String)> {
        let namespace = text(&self.pod["metadata"]["namespace"]);
        let server = find(Resource::Services, "default", "kubernetes").unwrap_or_default();
        let mut known: Vec<(String, String)> = [
            ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
            ("HOSTNAME", text(&self.pod["metadata"]["name"])),
            ("HOME", "/root"),
            ("KUBERNETES_SERVICE_HOST", text(&server["spec"]["clusterIP"])),
            ("KUBERNETES_SERVICE_PORT", "443"),
            ("KUBERNETES_SERVICE_PORT_HTTPS", "443"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let mut set = |name: String, value: String| {
            known.retain(|(other, _)| *other != name);
            known.push((name, value));
        };
        let settings = |name: &Value| data(find(Resource::ConfigMaps, namespace, text(name)), false);
        let secrets = |name: &Value| data(find(Resource::Secrets, namespace, text(name)), true);
        for source in self.spec["envFrom"].as_array().into_iter().flatten() {
            let all = [settings(&source["configMapRef"]["name"]), secrets(&source["secretRef"]["name"])].concat();
            for (key, value) in all {
                set(text(&source["prefix"]).to_owned() + &key, value);
            }
        }
        for variable in self.spec["env"].as_array().into_iter().flatten() {
            let from = &variable["valueFrom"];
            let of = |all: Vec<(String, String)>, key: &Value| {
                all.into_iter().find(|(known, _)| *key == **known).map(|(_, value)| value)
            };
            let (setting, secret) = (&from["configMapKeyRef"], &from["secretKeyRef"]);
            let value = match variable["value"].as_str() {
                Some(value) => Some(value.to_owned()),
                None if setting.is_object() => of(settings(&setting["name"]), &setting["key"]),
                None if secret.is_object() => of(secrets(&secret["name"]), &secret["key"]),
                None => self.field(text(&from["fieldRef"]["fieldPath"])),
            };
            if let Some(value) = value {
                set(text(&variable["name"]).to_owned(), value);
            }
        }
        // Variables may name those before them.
        for index in 0..known.len() {
            let (before, rest) = known.split_at_mut(index);
            let value = &mut rest[0].1;
            if value.contains("$(") {
                *value =
                    before.iter().fold(value.clone(), |value, (name, of)| value.replace(&format!("$({name})"), of));
            }
        }
        known
    }

    /// What a field of the pod says: `metadata.name`, `metadata.labels['app']`.
    fn field(&self, path: &str) -> Option<String> {
        let (path, key) = path.split_once("['").unwrap_or((path, ""));
        let value = path.split('.').fold(self.pod, |value, step| &value[step]);
        let value = if key.is_empty() { value } else { &value[key.trim_end_matches("']")] };
        value.as_str().map(str::to_owned)
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

/// What a config map or a secret holds.
fn data(object: Option<Value>, is_secret: bool) -> Vec<(String, String)> {
    let decoded = |text: &str| String::from_utf8_lossy(&STANDARD.decode(text).unwrap_or_default()).into_owned();
    let plain = |value: &Value| if is_secret { decoded(text(value)) } else { text(value).to_owned() };
    let object = object.unwrap_or_default();
    object["data"].as_object().into_iter().flatten().map(|(key, value)| (key.clone(), plain(value))).collect()
}

/// The ports the containers of a pod declare.
pub(crate) fn ports(pod: &Value) -> Vec<u16> {
    let ports =
        items(pod, "spec", "containers").flat_map(|container| container["ports"].as_array().into_iter().flatten());
    ports.filter_map(|port| u16::try_from(port["containerPort"].as_u64()?).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn variables_come_from_wherever_the_pod_says() {
        let reference = |key: &str, value: &str| json!({"name": "web", "key": key, "fieldPath": value});
        let from = |name: &str, kind: &str, of: Value| json!({"name": name, "valueFrom": {kind: of}});
        let env = json!([{"name": "PLAIN", "value": "1"}, from("POD", "fieldRef", reference("", "metadata.name")),
            from("APP", "fieldRef", reference("", "metadata.labels['app']")), from("GONE", "secretKeyRef", reference("no", "")),
            from("LEVEL", "configMapKeyRef", reference("level", "")), from("PASS", "secretKeyRef", reference("pass", "")),
            {"name": "URL", "value": "http://$(POD):$(PLAIN)/$(UNKNOWN)"}]);
        let pod = json!({"metadata": {"name": "web-0", "namespace": "shop", "labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "env": env, "envFrom": [{"prefix": "X_", "configMapRef": {"name": "web"}}]}]}});
        let find = |resource, namespace: &str, name: &str| match (resource, namespace, name) {
            (Resource::ConfigMaps, "shop", "web") => Some(json!({"data": {"level": "info"}})),
            (Resource::Secrets, "shop", "web") => Some(json!({"data": {"pass": "aHVudGVyMg=="}})),
            (Resource::Services, "default", "kubernetes") => Some(json!({"spec": {"clusterIP": "172.20.0.1"}})),
            _ => None,
        };
        let known = Container::choose(&pod, "").unwrap().environment(find);
        let value = |name: &str| known.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let wanted = [
            ("PLAIN", "1"),
            ("POD", "web-0"),
            ("APP", "web"),
            ("LEVEL", "info"),
            ("X_level", "info"),
            ("PASS", "hunter2"),
            ("URL", "http://web-0:1/$(UNKNOWN)"),
            ("HOSTNAME", "web-0"),
            ("KUBERNETES_SERVICE_HOST", "172.20.0.1"),
        ];
        for (name, wanted) in wanted {
            assert_eq!(value(name), Some(wanted), "{name}");
        }
        assert_eq!(value("GONE"), None);
    }
}
