//! Pods as table rows: kubectl's wide columns, and what they use where that is measured. Must not know how a status came about.

use std::cmp::Ordering;
use std::fmt::Write as _;

use super::cell::{Cell, Column, Weight};
use super::measure::Sense;
use super::measured::Measure;
use super::natural;
use super::row::Row;
use crate::model::age::{Unix, age};
use crate::model::ids::Uid;
use crate::model::pod::{PodPhase, PodRow, Rare};

const NAMESPACE: usize = 0;
const NAME: usize = 1;
const READY: usize = 2;
const STATUS: usize = 3;
const RESTARTS: usize = 4;
const AGE: usize = 5;
const CPU: usize = 6;
const MEMORY: usize = 7;
const CPU_OF_REQUEST: usize = 8;
const CPU_OF_LIMIT: usize = 9;
const MEMORY_OF_REQUEST: usize = 10;
const MEMORY_OF_LIMIT: usize = 11;
const IP: usize = 12;
const NODE: usize = 13;
const NOMINATED: usize = 14;

/// What one of the columns of measurements shows.
fn measure(pod: &PodRow, column: usize) -> Option<Measure> {
    let (usage, requests, limits) = (pod.usage, pod.requests, pod.limits);
    Some(match column {
        CPU => Measure::Cpu(usage.cpu),
        MEMORY => Measure::Memory(usage.memory, limits.memory),
        CPU_OF_REQUEST => Measure::Share(usage.cpu, requests.cpu),
        CPU_OF_LIMIT => Measure::Share(usage.cpu, limits.cpu),
        MEMORY_OF_REQUEST => Measure::Share(usage.memory, requests.memory),
        MEMORY_OF_LIMIT => Measure::Part(usage.memory, limits.memory),
        _ => return None,
    })
}

impl Row for PodRow {
    /// What a pod is called (its namespace included, unless all are in the same), whether it works and since when stays at 80
    /// columns, beside the sidebar. Next come its restarts and where it runs, which is what one asks of a pod that does not
    /// work; then what it uses, which `A` and `O` tell of those where it matters; its address last.
    const COLUMNS: &'static [Column] = &[
        Column::text("NAMESPACE", 3, 30).shrinking(11).squeezing(9),
        Column::text("NAME", 0, 70).shrinking(30).squeezing(16).frozen(),
        Column::number("READY", 1, 7),
        Column::text("STATUS", 0, 26).shrinking(16).squeezing(12),
        Column::text("RESTARTS", 2, 16).shrinking(8).brief(" (").measuring(Sense::Amount),
        Column::time("AGE", 1, 8),
        Column::number("CPU", 5, 7).metered(),
        Column::number("MEM", 5, 7).metered(),
        Column::number("CPU/REQ", 7, 7).metered().in_wide(),
        Column::number("CPU/LIM", 7, 7).metered().in_wide(),
        Column::number("MEM/REQ", 7, 7).metered().in_wide(),
        Column::number("MEM/LIM", 7, 7).metered().in_wide(),
        Column::text("IP", 6, 39).measuring(Sense::Amount),
        Column::text("NODE", 4, 44).shrinking(14).brief("."),
        Column::text("NOMINATED NODE", 7, 44).in_wide(),
        Column::text("READINESS GATES", 7, 15).in_wide().measuring(Sense::Amount),
    ];
    const DEFAULT_SORT: (usize, bool) = (NAMESPACE, false);

    fn uid(&self) -> Uid {
        self.uid
    }

    fn namespace(&self) -> &str {
        &self.namespace
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn own_bytes(&self) -> usize {
        let unwell = self.unwell.as_ref().map_or(0, |unwell| unwell.bytes());
        self.name.len() + unwell + self.rare.as_ref().map_or(0, |_| size_of::<Rare>())
    }

    fn cell(&self, column: usize, now: Unix) -> Cell<'_> {
        if let Some(measure) = measure(self, column) {
            return measure.cell();
        }
        match column {
            NAMESPACE => Cell::plain(&*self.namespace),
            NAME => Cell::plain(&*self.name),
            READY => {
                let short = self.ready < self.containers && self.phase == PodPhase::Running;
                let weight = if short { Weight::Warn } else { Weight::Plain };
                Cell::weighted(format!("{}/{}", self.ready, self.containers), weight)
            }
            STATUS => Cell::weighted(&*self.status, self.weight(now)),
            RESTARTS => {
                let weight = if self.restarts == 0 { Weight::Quiet } else { Weight::Plain };
                let text = match self.last_restart.get() {
                    Some(last) if self.restarts > 0 => format!("{} ({} ago)", self.restarts, age(last, now)),
                    _ => self.restarts.to_string(),
                };
                Cell::weighted(text, weight)
            }
            AGE => Cell::plain(age(self.created, now)),
            IP => self.ip.map_or_else(|| Cell::or_none(""), |ip| Cell::plain(ip.to_string())),
            NODE => Cell::or_none(&self.node),
            NOMINATED => Cell::or_none(self.nominated_node()),
            _ => match self.gates() {
                (_, 0) => Cell::or_none(""),
                (ready, all) => Cell::plain(format!("{ready}/{all}")),
            },
        }
    }

    fn compare(&self, other: &Self, column: usize, _: Sense) -> Ordering {
        if let (Some(left), Some(right)) = (measure(self, column), measure(other, column)) {
            return left.compare(right);
        }
        match column {
            NAMESPACE => natural::compare(&self.namespace, &other.namespace),
            NAME => natural::compare(&self.name, &other.name),
            // As a share, then by size: 0/1 before 1/2 before 2/2.
            READY => {
                let left = u32::from(self.ready) * u32::from(other.containers.max(1));
                let right = u32::from(other.ready) * u32::from(self.containers.max(1));
                left.cmp(&right).then(self.containers.cmp(&other.containers))
            }
            STATUS => self.status.cmp(&other.status),
            RESTARTS => self.restarts.cmp(&other.restarts),
            // By age: the youngest first.
            AGE => other.created.cmp(&self.created),
            IP => self.ip.cmp(&other.ip),
            NODE => natural::compare(&self.node, &other.node),
            NOMINATED => natural::compare(self.nominated_node(), other.nominated_node()),
            _ => self.gates().cmp(&other.gates()),
        }
    }

    fn moment(&self, column: usize) -> Option<Unix> {
        (column == AGE).then_some(self.created)
    }

    fn exact(&self, column: usize) -> Option<i128> {
        measure(self, column)?.exact()
    }

    fn any_text(&self, visit: &mut dyn FnMut(&str) -> bool) -> bool {
        visit(&self.name) || visit(&self.namespace) || visit(&self.status) || visit(&self.node)
    }

    fn unwell(&self, now: Unix) -> Option<&str> {
        self.unwell_at(now)
    }

    fn unwell_from(&self) -> Option<Unix> {
        self.unwell.as_ref().filter(|unwell| !unwell.ignored).map(|unwell| unwell.from)
    }

    fn weight(&self, now: Unix) -> Weight {
        if self.unwell_at(now).is_some() {
            return Weight::Bad;
        }
        match self.phase {
            PodPhase::Succeeded => Weight::Quiet,
            PodPhase::Failed | PodPhase::Unknown => Weight::Warn,
            PodPhase::Pending => Weight::Moving,
            PodPhase::Running if &*self.status != "Running" => Weight::Moving,
            PodPhase::Running => Weight::Plain,
        }
    }

    fn explain(&self, now: Unix) -> Option<String> {
        if let Some(reason) = self.unwell_at(now) {
            return Some(reason.to_owned());
        }
        let place = if self.node.is_empty() { "not scheduled yet".to_owned() } else { format!("on {}", self.node) };
        let mut text = format!("{}, {}/{} ready, {place}", self.status, self.ready, self.containers);
        if let Some(last) = self.last_restart.get() {
            let _ = write!(text, ", last restart {} ago", age(last, now));
        }
        Some(text)
    }
}
