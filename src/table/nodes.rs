//! Nodes as table rows: kubectl's wide columns, and what they use where that is measured. Must not know how a status came about.

use std::cmp::Ordering;

use super::cell::{Cell, Column, Weight};
use super::measure::{self as text, Sense};
use super::measured::Measure;
use super::natural;
use super::row::Row;
use crate::model::age::{Unix, age};
use crate::model::ids::Uid;
use crate::model::node::NodeRow;

const NAME: usize = 0;
const STATUS: usize = 1;
const ROLES: usize = 2;
const AGE: usize = 3;
const CPU: usize = 4;
const CPU_SHARE: usize = 5;
const MEMORY: usize = 6;
const MEMORY_SHARE: usize = 7;
const VERSION: usize = 8;
const INTERNAL_IP: usize = 9;
const EXTERNAL_IP: usize = 10;
const OS_IMAGE: usize = 11;
const KERNEL: usize = 12;

/// What one of the columns of measurements shows; shares are of what pods may ask for, as in `kubectl top`.
fn measure(node: &NodeRow, column: usize) -> Option<Measure> {
    let (usage, all) = (node.usage, node.allocatable);
    Some(match column {
        CPU => Measure::Cpu(usage.cpu),
        CPU_SHARE => Measure::Part(usage.cpu, all.cpu),
        MEMORY => Measure::Memory(usage.memory, all.memory),
        MEMORY_SHARE => Measure::Part(usage.memory, all.memory),
        _ => return None,
    })
}

impl Row for NodeRow {
    const COLUMNS: &'static [Column] = &[
        Column::text("NAME", 0, 70).shrinking(36).squeezing(20).frozen(),
        Column::text("STATUS", 0, 30),
        Column::text("ROLES", 2, 30),
        Column::time("AGE", 1, 8),
        Column::number("CPU", 3, 7).metered(),
        Column::number("CPU%", 2, 5).metered(),
        Column::number("MEM", 3, 7).metered(),
        Column::number("MEM%", 2, 5).metered(),
        Column::text("VERSION", 2, 24).shrinking(10),
        Column::text("INTERNAL-IP", 3, 39).measuring(Sense::Amount),
        Column::text("EXTERNAL-IP", 7, 39).measuring(Sense::Amount),
        Column::text("OS-IMAGE", 4, 34).shrinking(18),
        Column::text("KERNEL-VERSION", 6, 46).shrinking(16),
        Column::text("CONTAINER-RUNTIME", 5, 26).shrinking(17),
    ];
    const DEFAULT_SORT: (usize, bool) = (NAME, false);

    fn uid(&self) -> Uid {
        self.uid
    }

    fn namespace(&self) -> &'static str {
        ""
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn own_bytes(&self) -> usize {
        let texts = self.name.len() + self.internal_ip.len() + self.external_ip.len();
        texts + self.unwell.as_ref().map_or(0, |unwell| unwell.bytes())
    }

    fn cell(&self, column: usize, now: Unix) -> Cell<'_> {
        if let Some(measure) = measure(self, column) {
            return measure.cell();
        }
        match column {
            NAME => Cell::plain(&*self.name),
            STATUS => Cell::weighted(&*self.status, self.weight(now)),
            ROLES => Cell::plain(&*self.roles),
            AGE => Cell::plain(age(self.created, now)),
            VERSION => Cell::plain(&*self.version),
            INTERNAL_IP => Cell::or_none(&self.internal_ip),
            EXTERNAL_IP => Cell::or_none(&self.external_ip),
            OS_IMAGE => Cell::or_none(&self.os_image),
            KERNEL => Cell::or_none(&self.kernel),
            _ => Cell::or_none(&self.runtime),
        }
    }

    fn compare(&self, other: &Self, column: usize, sense: Sense) -> Ordering {
        if let (Some(left), Some(right)) = (measure(self, column), measure(other, column)) {
            return left.compare(right);
        }
        match column {
            NAME => natural::compare(&self.name, &other.name),
            STATUS => self.status.cmp(&other.status),
            ROLES => self.roles.cmp(&other.roles),
            AGE => other.created.cmp(&self.created),
            VERSION => natural::compare(&self.version, &other.version),
            INTERNAL_IP => text::compare(&self.internal_ip, &other.internal_ip, sense),
            EXTERNAL_IP => text::compare(&self.external_ip, &other.external_ip, sense),
            OS_IMAGE => natural::compare(&self.os_image, &other.os_image),
            KERNEL => natural::compare(&self.kernel, &other.kernel),
            _ => natural::compare(&self.runtime, &other.runtime),
        }
    }

    fn moment(&self, column: usize) -> Option<Unix> {
        (column == AGE).then_some(self.created)
    }

    fn exact(&self, column: usize) -> Option<i128> {
        measure(self, column)?.exact()
    }

    fn any_text(&self, visit: &mut dyn FnMut(&str) -> bool) -> bool {
        visit(&self.name)
            || visit(&self.status)
            || visit(&self.roles)
            || visit(&self.version)
            || visit(&self.internal_ip)
    }

    fn unwell(&self, now: Unix) -> Option<&str> {
        self.unwell.as_deref().filter(|unwell| unwell.is_at(now)).map(|unwell| &*unwell.reason)
    }

    fn unwell_from(&self) -> Option<Unix> {
        self.unwell.as_ref().filter(|unwell| !unwell.ignored).map(|unwell| unwell.from)
    }

    fn weight(&self, now: Unix) -> Weight {
        if self.unwell(now).is_some() {
            Weight::Bad
        } else if self.cordoned {
            Weight::Moving
        } else {
            Weight::Plain
        }
    }

    fn explain(&self, now: Unix) -> Option<String> {
        let reason = self.unwell(now).map(str::to_owned);
        Some(reason.unwrap_or_else(|| format!("{}, {}, {}", self.status, self.version, self.os_image)))
    }
}
