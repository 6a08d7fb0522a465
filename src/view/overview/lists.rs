//! The lists of the overview: what needs a person, nodes, workloads, pods, who uses most, warnings. A line for each item,
//! what matters most first in it.

use std::time::Duration;

use super::{Row, unknown};
use crate::app::cluster::OpenCluster;
use crate::app::overview::load::{Consumer, NodeLoad};
use crate::app::overview::warnings::Folded;
use crate::app::overview::workloads::{Counts, Known, Workloads};
use crate::app::overview::{Item, Lead, Section};
use crate::app::state::App;
use crate::model::age::age;
use crate::model::amount::{Amount, bytes, cores, percent};
use crate::model::kind::Kind;
use crate::view::attention::since;
use crate::view::canvas::Canvas;
use crate::view::glyphs::Glyphs;
use crate::view::text::{Line, Span, end, middle, name, pad, plain, spoken, width};
use crate::view::tone::Tone;
use crate::view::words::{number, span};

const HOUR: Duration = Duration::from_secs(3_600);
/// Cells of a bar beside a figure.
const BAR: usize = 10;
/// From this many cells on lists have bars and words that are merely nice to have.
const ROOMY: usize = 74;
/// From this share on, in percent, what is used deserves a look.
const NEARLY_ALL: u64 = 90;
/// Cells of a cause and of a reason.
const WORD: usize = 17;
/// Cells of a kind of workloads.
const KIND: usize = 13;

/// What the lines of a section are made with.
struct Pen<'a> {
    app: &'a App,
    cluster: &'a OpenCluster,
    room: usize,
    glyphs: &'a Glyphs,
}

/// The lines of a section: an empty one, its heading, its items, or why there are none.
pub fn section(app: &App, cluster: &OpenCluster, section: Section, room: usize, canvas: &Canvas<'_>) -> Vec<Row> {
    let pen = Pen { app, cluster, room, glyphs: canvas.glyphs };
    let items = cluster.overview.items.iter().enumerate().filter(|(_, item)| item.section == section);
    let lines = items.filter_map(|(index, item)| Some(Row { line: pen.item(item)?, item: Some(index) }));
    let lines: Vec<Row> = lines.collect();
    if let Some(row) = pen.calm(section, lines.is_empty()) {
        return vec![Row::of(Line::new()), row];
    }
    let mut rows = vec![Row::of(Line::new()), Row::of(pen.heading(section))];
    rows.extend(pen.note(section, lines.is_empty()).map(Row::note));
    rows.extend(lines);
    rows
}

impl Pen<'_> {
    /// One line in the place of a whole section, where nothing is wrong.
    fn calm(&self, section: Section, empty: bool) -> Option<Row> {
        if section != Section::Trouble || !empty || !self.cluster.has_rows(&Kind::Pods) {
            return None;
        }
        if self.cluster.is_cut_off() {
            return Some(Row::of(plain("Nothing needed a person when it last answered", Tone::Dim)));
        }
        Some(Row::of(vec![
            Span::new(format!("{} ", self.glyphs.healthy), Tone::Healthy),
            Span::new("Nothing needs a person here", Tone::Text),
        ]))
    }

    fn heading(&self, section: Section) -> Line {
        let summary = &self.cluster.summary;
        let (title, facts) = match section {
            Section::Trouble => ("NEEDS A PERSON", String::new()),
            Section::Nodes if self.cluster.has_rows(&Kind::Nodes) => {
                let measured = self.cluster.metering.nodes.is_some();
                let by = if measured || self.room < 60 { "" } else { ", by requests" };
                ("NODES", format!("{}/{} ready{by}", summary.nodes_ready, summary.nodes))
            }
            Section::Nodes => ("NODES", String::new()),
            Section::Workloads => ("WORKLOADS", String::new()),
            Section::Pods => ("PODS", String::new()),
            Section::Cpu => ("TOP PODS BY CPU", String::new()),
            Section::Memory => ("TOP PODS BY MEMORY", String::new()),
            Section::Warnings if self.cluster.has_rows(&Kind::Events) => {
                let recent = self.app.settings.events_recent;
                let within = if recent == HOUR { "hour".to_owned() } else { span(recent) };
                ("WARNINGS", format!("{} in the last {within}", number(summary.warnings)))
            }
            Section::Warnings => ("WARNINGS", String::new()),
        };
        let mut line = vec![Span::new(title, Tone::Strong)];
        if !facts.is_empty() {
            line.push(Span::new(format!("  {facts}"), Tone::Dim));
        }
        if section == Section::Nodes && !self.cluster.overview.nodes.is_empty() {
            let columns = self.node_columns();
            let blank = self.room.saturating_sub(width(&line) + columns);
            let (bar, gap) = if self.is_roomy() { (BAR + 1, 2) } else { (0, 2) };
            let title = |text: &str| format!("{}{}", " ".repeat(gap), pad(text, bar + 4, true));
            let text = format!("{}{}{}  {}", " ".repeat(blank), title("CPU"), title("MEM"), pad("PODS", 7, true));
            line.push(Span::new(text, Tone::Dim));
        }
        line
    }

    /// Why a section is empty, or less than it seems.
    fn note(&self, section: Section, empty: bool) -> Option<String> {
        let (cluster, metering) = (self.cluster, &self.cluster.metering);
        match section {
            Section::Trouble if empty => unknown(cluster, &Kind::Pods),
            Section::Nodes => unknown(cluster, &Kind::Nodes).or_else(|| {
                let shown = cluster.overview.nodes.len();
                (cluster.summary.nodes > shown).then(|| format!("the {shown} to look at first"))
            }),
            Section::Workloads if empty => Some(if cluster.resources.is_empty() {
                "what this server serves is not known yet".to_owned()
            } else {
                "this server has no workloads".to_owned()
            }),
            Section::Cpu | Section::Memory if empty => Some(match (metering.pods, metering.no_pods) {
                (Some(_), _) => "nothing is in use".to_owned(),
                (None, Some(why)) => why.to_owned(),
                (None, None) => "not measured yet".to_owned(),
            }),
            Section::Warnings if empty => Some(unknown(cluster, &Kind::Events).unwrap_or_else(|| "none".to_owned())),
            _ => None,
        }
    }

    fn item(&self, item: &Item) -> Option<Line> {
        let overview = &self.cluster.overview;
        match item.section {
            Section::Trouble => self.trouble(&item.lead),
            Section::Nodes => overview.nodes.get(item.place).map(|node| self.node(node)),
            Section::Workloads => overview.workloads.get(item.place).map(|workloads| self.workloads(workloads)),
            Section::Pods => Some(self.pods()),
            Section::Cpu => overview.cpu.get(item.place).map(|pod| self.consumer(pod, overview.cpu.first(), cores)),
            Section::Memory => {
                overview.memory.get(item.place).map(|pod| self.consumer(pod, overview.memory.first(), bytes))
            }
            Section::Warnings => overview.warnings.get(item.place).map(|folded| self.warning(folded)),
        }
    }

    fn is_roomy(&self) -> bool {
        self.room >= ROOMY
    }

    fn trouble(&self, lead: &Lead) -> Option<Line> {
        let Lead::Entry(key) = lead else {
            let more = self.cluster.overview.more_troubles;
            return Some(vec![Span::new(format!("  and {more} more, all in Attention"), Tone::Dim)]);
        };
        let entry = self.cluster.attention.entries.iter().find(|entry| entry.key() == *key)?;
        let (sign, tone) = if entry.cause.is_grave() {
            (self.glyphs.unhealthy, Tone::Unhealthy)
        } else {
            (self.glyphs.warning, Tone::Warning)
        };
        let times = if entry.count > 1 { format!(" ×{}", entry.count) } else { String::new() };
        let object = self.subject_cells();
        let subject = spoken(&entry.subject, object.saturating_sub(times.chars().count()), self.glyphs);
        Some(vec![
            Span::new(format!("{sign} "), tone),
            Span::new(pad(entry.cause.title(), WORD, false), tone),
            Span::new(format!(" {}", pad(&format!("{subject}{times}"), object, false)), Tone::Text),
            Span::new(format!(" {}", pad(&since(entry, self.app.now.unix), 6, true)), Tone::Dim),
            Span::new(format!("  {}", entry.reason), Tone::Text),
        ])
    }

    /// Cells of what ails: as many as the longest that is shown needs, as long as something is left for the reason.
    fn subject_cells(&self) -> usize {
        let shown = self.cluster.attention.entries.iter().take(self.cluster.overview.items.len());
        let longest = shown.map(|entry| entry.subject.chars().count() + if entry.count > 1 { 4 } else { 0 }).max();
        longest.unwrap_or(0).min(if self.is_roomy() { 44 } else { 30 })
    }

    /// Cells of a node's figures.
    fn node_columns(&self) -> usize {
        let share = if self.is_roomy() { BAR + 1 + 4 } else { 4 };
        2 * (2 + share) + 2 + 7
    }

    fn node(&self, node: &NodeLoad) -> Line {
        let stale = self.cluster.figures_stale_for(&Kind::Nodes, &self.app.settings, &self.app.now).is_some();
        let (sign, tone) = match &node.unwell {
            Some(_) => (self.glyphs.unhealthy, Tone::Unhealthy),
            None if node.status.contains("SchedulingDisabled") => (self.glyphs.degraded, Tone::Degraded),
            None => (self.glyphs.healthy, Tone::Healthy),
        };
        let room = self.room.saturating_sub(2 + self.node_columns());
        let mut line = vec![Span::new(format!("{sign} "), tone)];
        let name_tone = if node.unwell.is_some() { Tone::Strong } else { Tone::Text };
        if let Some(reason) = node.unwell.as_ref().filter(|_| node.used.cpu.get().is_none()) {
            let room = self.room.saturating_sub(2);
            let named = name(&node.name, room * 3 / 5, self.glyphs);
            let reason = end(reason, room.saturating_sub(named.chars().count() + 2), self.glyphs);
            line.extend([Span::new(named, name_tone), Span::new(format!("  {reason}"), Tone::Text)]);
            return line;
        }
        line.push(Span::new(pad(&name(&node.name, room, self.glyphs), room, false), name_tone));
        // Where nothing is measured, what is asked for says how full it is.
        let measured = node.used.cpu.get().is_some();
        let amounts = if measured { node.used } else { node.requests };
        line.extend(self.share(amounts.cpu, node.allocatable.cpu, measured, stale));
        line.extend(self.share(amounts.memory, node.allocatable.memory, measured, stale));
        let pods = if node.pod_limit > 0 { format!("{}/{}", node.pods, node.pod_limit) } else { number(node.pods) };
        line.push(Span::new(format!("  {}", pad(&pods, 7, true)), Tone::Dim));
        line
    }

    fn share(&self, part: Amount, whole: Amount, measured: bool, stale: bool) -> Line {
        let share = part.get().zip(whole.get()).and_then(|(part, whole)| percent(u64::from(part), u64::from(whole)));
        let tone = match share {
            Some(share) if share >= NEARLY_ALL && measured => Tone::Warning,
            Some(_) if stale && measured => Tone::Stale,
            Some(_) if measured => Tone::Text,
            Some(_) => Tone::Dim,
            None => Tone::Faint,
        };
        let text = share.map_or_else(|| self.glyphs.dot.to_owned(), |share| format!("{share}%"));
        let mut line = vec![Span::new("  ", Tone::Text)];
        if self.is_roomy() {
            let sign = if measured { self.glyphs.full } else { self.glyphs.empty };
            let filled = (share.unwrap_or(0).min(100) as usize * BAR).div_ceil(100);
            line.push(Span::new(sign.repeat(filled), tone));
            line.push(Span::new(format!("{} ", self.glyphs.dot.repeat(BAR - filled)), Tone::Faint));
        }
        line.push(Span::new(pad(&text, 4, true), tone));
        line
    }

    fn workloads(&self, workloads: &Workloads) -> Line {
        let plural = workloads.kind.plural();
        let mut line = vec![Span::new(pad(plural, KIND, false), Tone::Text)];
        let counts = match workloads.state {
            Known::Awaited => {
                line.push(Span::new("being read", Tone::Faint));
                return line;
            }
            Known::Forbidden => {
                line.push(Span::new("may not be listed here", Tone::Dim));
                return line;
            }
            Known::Counted(counts) => counts,
        };
        line.push(Span::new(pad(&number(counts.all), 4, true), Tone::Text));
        line.extend(self.states(plural, counts));
        line
    }

    fn states(&self, plural: &str, counts: Counts) -> Line {
        let [bad, moving, well, resting] = match plural {
            "jobs" => ["failed", "running", "complete", "suspended"],
            _ if self.is_roomy() => ["not ready", "starting", "ready", "scaled to 0"],
            _ => ["not ready", "starting", "ready", "at 0"],
        };
        if counts.all > 0 && counts.well == counts.all {
            return vec![Span::new(format!("  all {well}"), Tone::Dim)];
        }
        let mut line = Line::new();
        let states = [
            (counts.bad, bad, Tone::Warning),
            (counts.moving, moving, Tone::Degraded),
            (counts.well, well, Tone::Dim),
            (counts.resting, resting, Tone::Faint),
        ];
        for (count, word, tone) in states.into_iter().filter(|(count, ..)| *count > 0) {
            let sign = if tone == Tone::Warning { format!("{} ", self.glyphs.warning) } else { String::new() };
            line.push(Span::new(format!("  {sign}{} {word}", number(count)), tone));
        }
        line
    }

    fn pods(&self) -> Line {
        if let Some(why) = unknown(self.cluster, &Kind::Pods) {
            return vec![Span::new(why, Tone::Dim)];
        }
        let summary = &self.cluster.summary;
        let mut line = vec![Span::new(number(summary.pods), Tone::Text)];
        if summary.unwell_pods > 0 {
            let text = format!("  {} {} unwell", self.glyphs.warning, number(summary.unwell_pods));
            line.push(Span::new(text, Tone::Warning));
        }
        let phases = [
            (summary.failed, "failed", Tone::Text),
            (summary.pending, "pending", Tone::Degraded),
            (summary.running, "running", Tone::Dim),
            (summary.succeeded, "succeeded", Tone::Faint),
        ];
        for (count, word, tone) in phases.into_iter().filter(|(count, ..)| *count > 0) {
            line.push(Span::new(format!("  {} {word}", number(count)), tone));
        }
        line
    }

    fn consumer(&self, pod: &Consumer, first: Option<&Consumer>, write: fn(u64) -> String) -> Line {
        let stale = self.cluster.figures_stale_for(&Kind::Pods, &self.app.settings, &self.app.now).is_some();
        let of_limit = pod.limit.get().and_then(|limit| percent(u64::from(pod.used), u64::from(limit)));
        let limit_cells = if self.is_roomy() { 15 } else { 0 };
        let name_cells = self.room.saturating_sub(BAR + 1 + 7 + limit_cells + 1);
        let name = middle(&format!("{}/{}", pod.namespace, pod.name), name_cells, self.glyphs);
        let most = first.map_or(1, |first| first.used.max(1)) as usize;
        let filled = (pod.used as usize * BAR).div_ceil(most).min(BAR);
        let tone = if stale { Tone::Stale } else { Tone::Text };
        let mut line = vec![
            Span::new(pad(&name, name_cells, false), Tone::Text),
            Span::new(format!(" {}", self.glyphs.full.repeat(filled)), Tone::Dim),
            Span::new(self.glyphs.dot.repeat(BAR - filled), Tone::Faint),
            Span::new(pad(&write(u64::from(pod.used)), 7, true), tone),
        ];
        if limit_cells > 0 {
            let text = of_limit.map(|share| format!("{share}% of limit")).unwrap_or_default();
            let near = of_limit.is_some_and(|share| share >= NEARLY_ALL);
            line.push(Span::new(pad(&text, limit_cells, true), if near { Tone::Warning } else { Tone::Dim }));
        }
        line
    }

    fn warning(&self, folded: &Folded) -> Line {
        let others = if folded.objects > 1 { format!(" +{}", folded.objects - 1) } else { String::new() };
        // Where there is no room for the message, it stands in the line at the bottom.
        let head = WORD + 6 + 2 + 6 + 2;
        let object = if self.is_roomy() { 32 } else { self.room.saturating_sub(head) };
        let named = middle(&folded.object, object.saturating_sub(others.chars().count()), self.glyphs);
        let mut line = vec![
            Span::new(pad(&middle(&folded.reason, WORD, self.glyphs), WORD, false), Tone::Text),
            Span::new(pad(&format!("×{}", number(folded.times)), 6, true), Tone::Dim),
            Span::new(format!("  {}", pad(&age(folded.last, self.app.now.unix), 6, true)), Tone::Dim),
            Span::new(format!("  {}", pad(&format!("{named}{others}"), object, false)), Tone::Text),
        ];
        if self.is_roomy() {
            line.push(Span::new(format!("  {}", folded.message), Tone::Dim));
        }
        line
    }
}
