//! The nodes of `cluster status`: health, what each has, and what it uses where that is measured. Must not know how it is
//! asked.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cli::table::{Cell, Table};
use crate::cluster::inspect::Amounts as Used;
use crate::model::age::Unix;
use crate::model::amount::{Amounts, bytes, cores, percent};
use crate::model::node::NodeRow;

/// One node of the document.
#[derive(Debug, Serialize)]
pub struct NodeOf {
    name: String,
    status: String,
    ready: bool,
    roles: String,
    version: String,
    capacity: Resources,
    allocatable: Resources,
    usage: Option<Resources>,
    unwell: Option<String>,
    #[serde(skip)]
    pods: u32,
    #[serde(skip)]
    more: [String; 4],
}

/// What a node, or all of them, have or use; null where that is not said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Resources {
    cpu_millicores: Option<u64>,
    memory_bytes: Option<u64>,
}

impl Resources {
    fn of(amounts: Amounts) -> Self {
        Self {
            cpu_millicores: amounts.cpu.get().map(u64::from),
            memory_bytes: amounts.memory.get().map(|mebibytes| u64::from(mebibytes) << 20),
        }
    }

    fn used(used: &Used) -> Self {
        Self { cpu_millicores: Some(used.cpu_millicores), memory_bytes: Some(used.memory_bytes) }
    }

    fn plus(self, other: Self) -> Self {
        let sum = |left: Option<u64>, right: Option<u64>| match (left, right) {
            (Some(left), Some(right)) => Some(left.saturating_add(right)),
            (left, right) => left.or(right),
        };
        Self {
            cpu_millicores: sum(self.cpu_millicores, other.cpu_millicores),
            memory_bytes: sum(self.memory_bytes, other.memory_bytes),
        }
    }

    fn sum(all: impl Iterator<Item = Self>) -> Self {
        all.fold(Self::default(), Self::plus)
    }
}

/// Puts nodes into the document, each with what it uses.
#[must_use]
pub fn nodes(rows: &[NodeRow], usage: Option<&BTreeMap<String, Used>>, now: Unix) -> Vec<NodeOf> {
    let one = |node: &NodeRow| NodeOf {
        name: node.name.to_string(),
        status: node.status.to_string(),
        ready: node.ready,
        roles: node.roles.to_string(),
        version: node.version.to_string(),
        capacity: Resources::of(node.capacity),
        allocatable: Resources::of(node.allocatable),
        usage: usage.and_then(|usage| usage.get(&*node.name)).map(Resources::used),
        unwell: node.unwell.as_deref().filter(|unwell| unwell.from <= now).map(|unwell| unwell.reason.to_string()),
        pods: node.pod_limit,
        more: [
            node.internal_ip.to_string(),
            node.os_image.to_string(),
            node.kernel.to_string(),
            node.runtime.to_string(),
        ],
    };
    rows.iter().map(one).collect()
}

/// What all nodes together have for pods.
#[must_use]
pub fn capacity(nodes: &[NodeOf]) -> Resources {
    Resources::sum(nodes.iter().map(|node| node.allocatable))
}

/// What they use together; `None` where nobody measures.
#[must_use]
pub fn usage(nodes: &[NodeOf]) -> Option<Resources> {
    nodes.iter().any(|node| node.usage.is_some()).then(|| Resources::sum(nodes.iter().filter_map(|node| node.usage)))
}

/// Writes CPU and memory as `used/there (share)`; what is unknown is `-`.
#[must_use]
pub fn in_words(used: Option<Resources>, there: Resources) -> [String; 2] {
    let used = used.unwrap_or_default();
    let cpu = of(used.cpu_millicores, there.cpu_millicores, cores);
    let memory = of(used.memory_bytes, there.memory_bytes, |memory| bytes(memory >> 20));
    [cpu, memory].map(|(amounts, share)| if share.is_empty() { amounts } else { format!("{amounts} ({share})") })
}

/// An amount of another, and its share.
fn of(used: Option<u64>, there: Option<u64>, write: fn(u64) -> String) -> (String, String) {
    let word = |amount: Option<u64>| amount.map_or_else(|| "-".to_owned(), write);
    let share = used.zip(there).and_then(|(used, there)| percent(used, there)).map(|share| format!("{share}%"));
    (format!("{}/{}", word(used), word(there)), share.unwrap_or_default())
}

/// Writes the columns.
#[must_use]
pub fn table(nodes: &[NodeOf], wide: bool) -> String {
    let mut headings = vec!["NODE", "STATUS", "ROLES", "VERSION", "CPU", "CPU%", "MEMORY", "MEMORY%"];
    if wide {
        headings.extend(["MAX PODS", "INTERNAL-IP", "OS-IMAGE", "KERNEL-VERSION", "CONTAINER-RUNTIME"]);
    }
    headings.push("UNWELL");
    let mut table = Table::new(headings);
    for node in nodes {
        let used = node.usage.unwrap_or_default();
        let (cpu, cpu_share) = of(used.cpu_millicores, node.allocatable.cpu_millicores, cores);
        let memory = of(used.memory_bytes, node.allocatable.memory_bytes, |memory| bytes(memory >> 20));
        let mut cells = [&node.name, &node.status, &node.roles, &node.version].map(Cell::new).to_vec();
        cells.extend([cpu, cpu_share, memory.0, memory.1].map(Cell::new));
        if wide {
            cells.push(Cell::known(Some(node.pods).filter(|pods| *pods > 0)));
            cells.extend(node.more.iter().map(Cell::new));
        }
        cells.push(Cell::known(node.unwell.as_deref()));
        table.row(cells);
    }
    table.render(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_stands_beside_what_is_there_and_what_nobody_measured_is_not_zero() {
        let there = Resources { cpu_millicores: Some(8_000), memory_bytes: Some(32 << 30) };
        let used = Resources { cpu_millicores: Some(1_200), memory_bytes: Some(8 << 30) };
        assert_eq!(in_words(Some(used), there), ["1.2/8 (15%)", "8Gi/32Gi (25%)"]);
        assert_eq!(in_words(None, there), ["-/8", "-/32Gi"]);
        assert_eq!(in_words(None, Resources::default()), ["-/-", "-/-"]);
        assert_eq!(Resources::sum([there, Resources::default(), there].into_iter()).cpu_millicores, Some(16_000));
    }
}
