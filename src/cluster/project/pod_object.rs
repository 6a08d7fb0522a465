//! The part of a Pod that its row is made from, readable from JSON and protobuf. Must not judge anything.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::amounts::ResourceList;
use super::condition::PodCondition;
use super::field::{FromProto, Text, Time, Word, nullable, push};
use super::meta::Meta;
use crate::cluster::wire::WireError;
use crate::cluster::wire::proto::Field;

/// A Pod in part.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PartialPod<'a> {
    /// `metadata`.
    #[serde(borrow)]
    pub metadata: Meta<'a>,
    /// `spec`.
    #[serde(borrow, deserialize_with = "nullable")]
    pub spec: PodSpec<'a>,
    /// `status`.
    #[serde(borrow, deserialize_with = "nullable")]
    pub status: PodStatus<'a>,
}

/// `spec` in part.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodSpec<'a> {
    /// `nodeName`.
    #[serde(borrow)]
    pub node_name: Word<'a>,
    /// `containers`.
    #[serde(borrow, deserialize_with = "nullable")]
    pub containers: Vec<Container<'a>>,
    /// `initContainers`.
    #[serde(borrow, deserialize_with = "nullable")]
    pub init_containers: Vec<Container<'a>>,
    /// `readinessGates`.
    #[serde(borrow, deserialize_with = "nullable")]
    pub readiness_gates: Vec<ReadinessGate<'a>>,
}

/// One of `containers` or `initContainers` in part.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Container<'a> {
    /// `name`.
    #[serde(borrow)]
    pub name: Word<'a>,
    /// `resources`.
    #[serde(deserialize_with = "nullable")]
    pub resources: Resources,
    #[serde(borrow)]
    restart_policy: Word<'a>,
}

/// `resources` of a container in part.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Resources {
    /// `limits`.
    pub limits: ResourceList,
    /// `requests`.
    pub requests: ResourceList,
}

impl Container<'_> {
    /// Tells whether it is a sidecar: it starts with the init containers and goes on running.
    pub fn is_sidecar(&self) -> bool {
        self.restart_policy.is("Always")
    }
}

/// One of `readinessGates`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReadinessGate<'a> {
    /// `conditionType`.
    #[serde(borrow)]
    pub condition_type: Word<'a>,
}

/// `status` in part.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodStatus<'a> {
    /// `phase`.
    #[serde(borrow)]
    pub phase: Text<'a>,
    /// `conditions`.
    #[serde(borrow, deserialize_with = "nullable")]
    pub conditions: Vec<PodCondition<'a>>,
    /// `message`.
    #[serde(borrow)]
    pub message: Text<'a>,
    /// `reason`.
    #[serde(borrow)]
    pub reason: Text<'a>,
    /// `podIP`.
    #[serde(borrow, rename = "podIP")]
    pub pod_ip: Word<'a>,
    /// `podIPs`.
    #[serde(borrow, rename = "podIPs", deserialize_with = "nullable")]
    pub pod_ips: Vec<PodIp<'a>>,
    /// `containerStatuses`.
    #[serde(borrow, deserialize_with = "nullable")]
    pub container_statuses: Vec<ContainerStatus<'a>>,
    /// `initContainerStatuses`.
    #[serde(borrow, deserialize_with = "nullable")]
    pub init_container_statuses: Vec<ContainerStatus<'a>>,
    /// `nominatedNodeName`.
    #[serde(borrow)]
    pub nominated_node_name: Text<'a>,
}

impl<'a> PodStatus<'a> {
    /// Finds a condition by its type.
    pub fn condition(&self, condition_type: &str) -> Option<&PodCondition<'a>> {
        self.conditions.iter().find(|condition| condition.is(condition_type))
    }
}

/// One of `podIPs`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PodIp<'a> {
    /// `ip`.
    #[serde(borrow)]
    pub ip: Word<'a>,
}

/// A container status in part.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerStatus<'a> {
    /// `name`.
    #[serde(borrow)]
    pub name: Word<'a>,
    /// `state`.
    #[serde(borrow, deserialize_with = "nullable")]
    pub state: ContainerState<'a>,
    /// `lastState`.
    #[serde(borrow, deserialize_with = "nullable")]
    pub last_state: ContainerState<'a>,
    /// `ready`.
    #[serde(deserialize_with = "nullable")]
    pub ready: bool,
    /// `started`.
    #[serde(deserialize_with = "nullable")]
    pub started: bool,
    /// `restartCount`.
    pub restart_count: i64,
    /// `image`.
    #[serde(borrow)]
    pub image: Word<'a>,
}

/// What a container does, or did last; at most one is set.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ContainerState<'a> {
    /// It waits.
    #[serde(borrow)]
    pub waiting: Option<Waiting<'a>>,
    /// It runs.
    #[serde(deserialize_with = "present")]
    pub running: bool,
    /// It has ended.
    #[serde(borrow)]
    pub terminated: Option<Terminated<'a>>,
}

fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Option::<IgnoredAny>::deserialize(deserializer).map(|value| value.is_some())
}

/// Why a container waits.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Waiting<'a> {
    /// `reason`.
    #[serde(borrow)]
    pub reason: Text<'a>,
    /// `message`.
    #[serde(borrow)]
    pub message: Text<'a>,
}

/// How a container ended.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Terminated<'a> {
    /// `exitCode`.
    pub exit_code: i64,
    /// `signal`; 0 if none.
    pub signal: i64,
    /// `reason`.
    #[serde(borrow)]
    pub reason: Text<'a>,
    /// `message`: what the container left behind, if it left anything.
    #[serde(borrow)]
    pub message: Text<'a>,
    /// `finishedAt`.
    pub finished_at: Time,
}

impl<'a> FromProto<'a> for PartialPod<'a> {
    #[inline]
    fn take(&mut self, field: &Field<'a>) -> Result<(), WireError> {
        match field.number {
            1 => self.metadata.fill_from(field)?,
            2 => self.spec.fill_from(field)?,
            3 => self.status.fill_from(field)?,
            _ => {}
        }
        Ok(())
    }
}

impl<'a> FromProto<'a> for PodSpec<'a> {
    #[inline]
    fn take(&mut self, field: &Field<'a>) -> Result<(), WireError> {
        match field.number {
            2 => push(&mut self.containers, 1, field)?,
            10 => self.node_name = Word::from_proto(field)?,
            20 => push(&mut self.init_containers, 1, field)?,
            28 => push(&mut self.readiness_gates, 1, field)?,
            _ => {}
        }
        Ok(())
    }
}

impl<'a> FromProto<'a> for Container<'a> {
    #[inline]
    fn take(&mut self, field: &Field<'a>) -> Result<(), WireError> {
        match field.number {
            1 => self.name = Word::from_proto(field)?,
            8 => self.resources.fill_from(field)?,
            24 => self.restart_policy = Word::from_proto(field)?,
            _ => {}
        }
        Ok(())
    }
}

impl FromProto<'_> for Resources {
    #[inline]
    fn take(&mut self, field: &Field<'_>) -> Result<(), WireError> {
        match field.number {
            1 => self.limits.take_entry(field)?,
            2 => self.requests.take_entry(field)?,
            _ => {}
        }
        Ok(())
    }
}

impl<'a> FromProto<'a> for ReadinessGate<'a> {
    #[inline]
    fn take(&mut self, field: &Field<'a>) -> Result<(), WireError> {
        if field.number == 1 {
            self.condition_type = Word::from_proto(field)?;
        }
        Ok(())
    }
}

impl<'a> FromProto<'a> for PodStatus<'a> {
    #[inline]
    fn take(&mut self, field: &Field<'a>) -> Result<(), WireError> {
        match field.number {
            1 => self.phase = Text::from_proto(field)?,
            // Five of the kubelet's, and perhaps one of somebody else's.
            2 => push(&mut self.conditions, 6, field)?,
            3 => self.message = Text::from_proto(field)?,
            4 => self.reason = Text::from_proto(field)?,
            6 => self.pod_ip = Word::from_proto(field)?,
            8 => push(&mut self.container_statuses, 1, field)?,
            10 => push(&mut self.init_container_statuses, 1, field)?,
            11 => self.nominated_node_name = Text::from_proto(field)?,
            // The first is the address; the others are not shown.
            12 if self.pod_ips.is_empty() => push(&mut self.pod_ips, 1, field)?,
            _ => {}
        }
        Ok(())
    }
}

impl<'a> FromProto<'a> for PodIp<'a> {
    #[inline]
    fn take(&mut self, field: &Field<'a>) -> Result<(), WireError> {
        if field.number == 1 {
            self.ip = Word::from_proto(field)?;
        }
        Ok(())
    }
}

impl<'a> FromProto<'a> for ContainerStatus<'a> {
    #[inline]
    fn take(&mut self, field: &Field<'a>) -> Result<(), WireError> {
        match field.number {
            1 => self.name = Word::from_proto(field)?,
            2 => self.state.fill_from(field)?,
            3 => self.last_state.fill_from(field)?,
            4 => self.ready = field.flag()?,
            5 => self.restart_count = field.int()?,
            6 => self.image = Word::from_proto(field)?,
            9 => self.started = field.flag()?,
            _ => {}
        }
        Ok(())
    }
}

impl<'a> FromProto<'a> for ContainerState<'a> {
    #[inline]
    fn take(&mut self, field: &Field<'a>) -> Result<(), WireError> {
        match field.number {
            1 => self.waiting.get_or_insert_default().fill_from(field)?,
            2 => self.running = true,
            3 => self.terminated.get_or_insert_default().fill_from(field)?,
            _ => {}
        }
        Ok(())
    }
}

impl<'a> FromProto<'a> for Waiting<'a> {
    #[inline]
    fn take(&mut self, field: &Field<'a>) -> Result<(), WireError> {
        match field.number {
            1 => self.reason = Text::from_proto(field)?,
            2 => self.message = Text::from_proto(field)?,
            _ => {}
        }
        Ok(())
    }
}

impl<'a> FromProto<'a> for Terminated<'a> {
    #[inline]
    fn take(&mut self, field: &Field<'a>) -> Result<(), WireError> {
        match field.number {
            1 => self.exit_code = field.int()?,
            2 => self.signal = field.int()?,
            3 => self.reason = Text::from_proto(field)?,
            4 => self.message = Text::from_proto(field)?,
            6 => self.finished_at = Time::from_proto(field)?,
            _ => {}
        }
        Ok(())
    }
}
