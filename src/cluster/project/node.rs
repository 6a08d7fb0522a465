//! Nodes: STATUS and ROLES as the API server's own table has them; unwell when not ready or under pressure.

use serde::Deserialize;

use super::Resource;
use super::amounts::ResourceList;
use super::condition::Condition;
use super::field::{FromProto, Text, nullable, push};
use super::interner::Interner;
use super::meta::Meta;
use super::pod_unwell::labelled;
use crate::cluster::redact::{LONGEST, one_line};
use crate::cluster::wire::WireError;
use crate::cluster::wire::proto::{Field, Message};
use crate::model::amount::Amounts;
use crate::model::ids::Uid;
use crate::model::kind::Kind;
use crate::model::node::NodeRow;
use crate::model::unwell::{Cause, Evidence, Unwell};
use crate::model::update::{Delta, Update};

/// The kind Node.
#[derive(Debug)]
pub struct Node;

/// A Node in part.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PartialNode<'a> {
    #[serde(borrow)]
    metadata: Meta<'a>,
    #[serde(deserialize_with = "nullable")]
    spec: NodeSpec,
    #[serde(borrow, deserialize_with = "nullable")]
    status: NodeStatus<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct NodeSpec {
    #[serde(deserialize_with = "nullable")]
    unschedulable: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct NodeStatus<'a> {
    allocatable: ResourceList,
    capacity: ResourceList,
    #[serde(borrow, deserialize_with = "nullable")]
    conditions: Vec<Condition<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    addresses: Vec<Address<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    node_info: NodeInfo<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Address<'a> {
    #[serde(borrow, rename = "type")]
    address_type: Text<'a>,
    #[serde(borrow)]
    address: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct NodeInfo<'a> {
    #[serde(borrow)]
    kernel_version: Text<'a>,
    #[serde(borrow)]
    os_image: Text<'a>,
    #[serde(borrow)]
    container_runtime_version: Text<'a>,
    #[serde(borrow)]
    kubelet_version: Text<'a>,
    #[serde(borrow)]
    architecture: Text<'a>,
}

impl<'a> FromProto<'a> for PartialNode<'a> {
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

impl FromProto<'_> for NodeSpec {
    fn take(&mut self, field: &Field<'_>) -> Result<(), WireError> {
        if field.number == 4 {
            self.unschedulable = field.flag()?;
        }
        Ok(())
    }
}

impl<'a> FromProto<'a> for NodeStatus<'a> {
    fn take(&mut self, field: &Field<'a>) -> Result<(), WireError> {
        match field.number {
            1 => self.capacity.take_entry(field)?,
            2 => self.allocatable.take_entry(field)?,
            4 => push(&mut self.conditions, 6, field)?,
            5 => push(&mut self.addresses, 1, field)?,
            7 => self.node_info.fill_from(field)?,
            _ => {}
        }
        Ok(())
    }
}

impl<'a> FromProto<'a> for Address<'a> {
    fn take(&mut self, field: &Field<'a>) -> Result<(), WireError> {
        match field.number {
            1 => self.address_type = Text::from_proto(field)?,
            2 => self.address = Text::from_proto(field)?,
            _ => {}
        }
        Ok(())
    }
}

impl<'a> FromProto<'a> for NodeInfo<'a> {
    fn take(&mut self, field: &Field<'a>) -> Result<(), WireError> {
        match field.number {
            4 => self.kernel_version = Text::from_proto(field)?,
            5 => self.os_image = Text::from_proto(field)?,
            6 => self.container_runtime_version = Text::from_proto(field)?,
            7 => self.kubelet_version = Text::from_proto(field)?,
            10 => self.architecture = Text::from_proto(field)?,
            _ => {}
        }
        Ok(())
    }
}

impl Resource for Node {
    type Row = NodeRow;
    type Partial<'a> = PartialNode<'a>;
    const KIND: Kind = Kind::Nodes;

    fn visit(message: &[u8]) -> Result<PartialNode<'_>, WireError> {
        PartialNode::from_message(Message::new(message))
    }

    fn meta<'p>(object: &'p PartialNode<'_>) -> &'p Meta<'p> {
        &object.metadata
    }

    fn project(object: &PartialNode<'_>, interner: &mut Interner) -> NodeRow {
        let PartialNode { metadata, spec, status } = object;
        let ready = status.condition("Ready").map(Condition::is_true);
        let readiness = match ready {
            Some(true) => "Ready",
            Some(false) => "NotReady",
            None => "Unknown",
        };
        let word = if spec.unschedulable { format!("{readiness},SchedulingDisabled") } else { readiness.to_owned() };
        let roles = metadata.labels.roles();
        let roles = if roles.is_empty() { "<none>".to_owned() } else { roles.join(",") };
        let info = &status.node_info;
        let mut kernel = known(&info.kernel_version).to_owned();
        if !info.architecture.is_empty() {
            kernel = format!("{kernel} ({})", &*info.architecture);
        }
        NodeRow {
            uid: metadata.uid(),
            name: Box::from(&*metadata.name),
            status: interner.share(&word),
            ready: ready == Some(true),
            cordoned: spec.unschedulable,
            roles: interner.share(&roles),
            created: metadata.created(),
            version: interner.share(&info.kubelet_version),
            internal_ip: Box::from(status.address("InternalIP")),
            external_ip: Box::from(status.address("ExternalIP")),
            os_image: interner.share(known(&info.os_image)),
            kernel: interner.share(&kernel),
            runtime: interner.share(known(&info.container_runtime_version)),
            capacity: status.capacity.amounts,
            allocatable: status.allocatable.amounts,
            pod_limit: status.allocatable.pods,
            usage: Amounts::NONE,
            unwell: unwell(object).map(Box::new),
        }
    }

    fn uid(row: &NodeRow) -> Uid {
        row.uid
    }

    fn wrap(delta: Delta<NodeRow>) -> Update {
        Update::Nodes(delta)
    }
}

impl<'a> NodeStatus<'a> {
    /// Finds a condition by its type; of several the last, as the server's table does.
    fn condition(&self, condition_type: &str) -> Option<&Condition<'a>> {
        self.conditions.iter().rev().find(|condition| condition.condition_type.is(condition_type))
    }

    fn address(&self, address_type: &str) -> &str {
        let address = self.addresses.iter().find(|address| &*address.address_type == address_type);
        address.map_or("", |address| &*address.address)
    }
}

fn known(text: &str) -> &str {
    if text.is_empty() { "<unknown>" } else { text }
}

fn unwell(node: &PartialNode<'_>) -> Option<Unwell> {
    let created = node.metadata.created();
    let Some(ready) = node.status.condition("Ready") else {
        return Some(Unwell::new(created, Cause::NodeNotReady, "not ready: the kubelet has not reported"));
    };
    let told = |cause: Cause, label: &str, condition: &Condition<'_>| {
        let detail = condition.detail();
        let from = condition.last_transition_time.0.unwrap_or(created);
        let reason = one_line(&labelled(label, &detail), LONGEST);
        Unwell { evidence: evidence(node), ..Unwell::new(from, cause, reason) }
    };
    if !ready.is_true() {
        return Some(told(Cause::NodeNotReady, "not ready", ready));
    }
    PRESSURES.into_iter().find_map(|(name, label)| {
        let condition = node.status.condition(name).filter(|condition| condition.is_true())?;
        Some(told(Cause::NodePressure, label, condition))
    })
}

const PRESSURES: [(&str, &str); 3] =
    [("MemoryPressure", "memory pressure"), ("DiskPressure", "disk pressure"), ("PIDPressure", "pid pressure")];

/// Every condition that is not as it should be, in the kubelet's or the node controller's words.
fn evidence(node: &PartialNode<'_>) -> Box<[Evidence]> {
    let as_it_should = |condition: &&Condition<'_>| {
        if condition.condition_type.is("Ready") { condition.is_true() } else { condition.status.is("False") }
    };
    let wrong = node.status.conditions.iter().filter(|condition| !as_it_should(condition));
    let text = |condition: &Condition<'_>| {
        let label = format!("{} is {}", condition.condition_type.text(), condition.status.text());
        let detail = condition.detail();
        one_line(&labelled(&label, &detail), LONGEST)
    };
    wrong.map(|condition| Evidence::new(text(condition), condition.last_transition_time.0)).collect()
}
