//! The overview of one cluster: what there is, what it carries, who takes most of it, what is wrong. Made from the tables
//! while the page is open, at most once a second where they are large. Must not know how it is drawn.

pub mod load;
pub mod warnings;
pub mod workloads;

use std::sync::Arc;
use std::time::Duration;

use super::attention::{Entry, EntryKey};
use super::cluster::OpenCluster;
use super::readings::Readings;
use crate::model::age::Unix;
use crate::model::ids::Uid;
use crate::model::kind::Kind;
use crate::model::update::Reading;
use load::{Consumer, Load, NodeLoad};
use warnings::Folded;
use workloads::Workloads;

/// Entries of Attention that are shown.
const TROUBLES: usize = 4;
/// With more rows than this the page is made anew once a second only.
const LARGE: usize = 8_000;

/// The parts of the page that have something to select, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Section {
    /// What needs a person.
    Trouble,
    /// Nodes: those in trouble, then those under pressure.
    Nodes,
    /// Workloads by kind.
    Workloads,
    /// Pods by phase.
    Pods,
    /// The pods that use most CPU.
    Cpu,
    /// The pods that use most memory.
    Memory,
    /// Recent warnings, folded.
    Warnings,
}

impl Section {
    /// Every section, in the page's order.
    pub const ALL: [Self; 7] =
        [Self::Trouble, Self::Nodes, Self::Workloads, Self::Pods, Self::Cpu, Self::Memory, Self::Warnings];
}

/// Where a line leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lead {
    /// To what an entry of Attention is about.
    Entry(EntryKey),
    /// To all of Attention.
    Attention,
    /// To a node.
    Node(Uid),
    /// To a pod.
    Pod(Uid),
    /// To the table of a kind.
    Table(Kind),
    /// To the warnings of a reason.
    Warnings(Arc<str>),
}

/// Something that can be selected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The part of the page it stands in.
    pub section: Section,
    /// Its place in that part.
    pub place: usize,
    /// Where it leads.
    pub lead: Lead,
}

/// Names an item, whatever comes to stand before it.
pub type ItemKey = (Section, Lead);

impl Item {
    /// Its name.
    #[must_use]
    pub fn key(&self) -> ItemKey {
        (self.section, self.lead.clone())
    }
}

/// What the page shows.
#[derive(Debug, Default)]
pub struct Overview {
    /// What can be selected, in the page's order.
    pub items: Vec<Item>,
    /// How many entries Attention has beyond those that are shown.
    pub more_troubles: usize,
    /// What there is and what is asked of it.
    pub load: Load,
    /// The nodes to look at first.
    pub nodes: Vec<NodeLoad>,
    /// Workloads, by kind.
    pub workloads: Vec<Workloads>,
    /// Who uses most CPU.
    pub cpu: Vec<Consumer>,
    /// Who uses most memory.
    pub memory: Vec<Consumer>,
    /// Recent warnings by reason, the commonest first.
    pub warnings: Vec<Folded>,
    made_for: Option<(Unix, [u64; 5])>,
}

impl OpenCluster {
    /// Brings the overview, and Attention with it, up to date.
    pub fn oversee(&mut self, recent: Duration, now: Unix) {
        let tables = &self.tables;
        let attended = self.looks.attended();
        let others = attended.iter().filter_map(|kind| tables.objects(kind)).map(|table| 1 + table.version()).sum();
        // How far workloads are read is not in their rows.
        let read = attended.iter().fold(0, |sum, kind| sum * 5 + readings_rank(&self.readings, kind));
        let versions = [tables.pods.version(), tables.nodes.version(), tables.events.version(), others, read];
        let large = self.summary.pods > LARGE;
        let same = |made: &(Unix, [u64; 5])| made.0 == now && (large || made.1 == versions);
        if self.overview.made_for.as_ref().is_some_and(same) {
            return;
        }
        self.attend(now);
        let looked = load::look(&self.tables, now);
        let workloads = workloads::count(&self.tables, &self.readings, &self.resources, now);
        let warnings = warnings::fold(&self.tables, recent, now);
        let entries = &self.attention.entries;
        let mut items = Vec::new();
        let mut list = |section: Section, leads: &mut dyn Iterator<Item = Lead>| {
            items.extend(leads.enumerate().map(|(place, lead)| Item { section, place, lead }));
        };
        list(Section::Trouble, &mut troubles(entries));
        list(Section::Nodes, &mut looked.nodes.iter().map(|node| Lead::Node(node.uid)));
        list(Section::Workloads, &mut workloads.iter().map(|it| Lead::Table(it.kind.clone())));
        list(Section::Pods, &mut std::iter::once(Lead::Table(Kind::Pods)));
        list(Section::Cpu, &mut looked.cpu.iter().map(|pod| Lead::Pod(pod.uid)));
        list(Section::Memory, &mut looked.memory.iter().map(|pod| Lead::Pod(pod.uid)));
        list(Section::Warnings, &mut warnings.iter().map(|it| Lead::Warnings(it.reason.clone())));
        self.overview = Overview {
            items,
            more_troubles: entries.len().saturating_sub(TROUBLES),
            load: looked.load,
            nodes: looked.nodes,
            workloads,
            cpu: looked.cpu,
            memory: looked.memory,
            warnings,
            made_for: Some((now, versions)),
        };
    }
}

/// How far a kind is read, as a digit.
fn readings_rank(readings: &Readings, kind: &Kind) -> u64 {
    match readings.get(kind).map(|state| (&state.reading, state.listed)) {
        None => 0,
        Some((Reading::Forbidden(_), _)) => 1,
        Some((Reading::Missing, _)) => 2,
        Some((_, listed)) => 3 + u64::from(listed),
    }
}

/// The worst, and a way to the others.
fn troubles(entries: &[Entry]) -> impl Iterator<Item = Lead> {
    let worst = entries.iter().take(TROUBLES).map(|entry| Lead::Entry(entry.key()));
    worst.chain((entries.len() > TROUBLES).then_some(Lead::Attention))
}
