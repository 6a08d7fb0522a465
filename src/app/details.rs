//! The details page of a tab: which object and section, where it is scrolled to, what is searched for and folded.
//!
//! What is known of the object is in `subject`. Must not know how any of it is drawn.

mod search;

use std::collections::{BTreeMap, BTreeSet};

use super::action::Action;
use super::layer::Layer;
use super::message::Effect;
use super::prepare::Heights;
use super::state::App;
use super::subject::Subject;
use super::tab::Page;
use crate::detail::doc::Document;
use crate::detail::section::{Reference, Section};
use crate::model::age::Unix;
use crate::model::detail::ObjectRef;
use crate::model::update::ClusterCommand;
use search::found;
pub use search::ranges;

/// Terminals take no more than this into their clipboards, in bytes; most take less.
pub(super) const MOST_COPIED: usize = 1024 * 1024;
/// Cells that one step sideways moves.
const SIDEWAYS: usize = 8;

/// A details page as it is left and found again. What is known of the object is not in it.
#[derive(Clone, Debug, PartialEq)]
pub struct DetailsView {
    /// The object.
    pub object: ObjectRef,
    /// The section on screen.
    pub section: Section,
    /// Where each section stands.
    pub spots: BTreeMap<Section, Spot>,
    /// Lines that are too long go on in the next row.
    pub wrap: bool,
    /// What is searched for; nothing if empty.
    pub search: String,
    /// Where the page stood when the search began.
    searched_from: Spot,
    /// Folds that a person opened or closed.
    pub toggled: BTreeSet<u64>,
    /// What the last frame knew: lines that are not folded, and lines that the search finds.
    pub seen: Seen,
}

/// What follows from the page and the view of it, kept until either changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    version: Option<(u64, Section, String, usize)>,
    /// The lines that are not folded away.
    pub visible: Vec<usize>,
    /// The lines in which the search is found, folded ones included.
    pub matches: Vec<usize>,
    /// The lines that changed.
    pub changed: usize,
    /// Cells of the longest line.
    widest: usize,
}

/// Where a section stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spot {
    /// The line of the cursor, among the visible ones.
    pub row: usize,
    /// The first visible line on screen.
    pub top: usize,
    /// Cells scrolled out on the left.
    pub left: usize,
}

impl DetailsView {
    /// The page of an object, with nothing scrolled or searched.
    #[must_use]
    pub fn new(object: ObjectRef, section: Section) -> Self {
        let sections = Section::of(&object.kind);
        let section = if sections.contains(&section) { section } else { sections.first().copied().unwrap_or_default() };
        Self {
            object,
            section,
            spots: BTreeMap::new(),
            wrap: false,
            search: String::new(),
            searched_from: Spot::default(),
            toggled: BTreeSet::new(),
            seen: Seen::default(),
        }
    }

    /// Where the section on screen stands.
    #[must_use]
    pub fn spot(&self) -> Spot {
        self.spots.get(&self.section).copied().unwrap_or_default()
    }

    fn spot_mut(&mut self) -> &mut Spot {
        self.spots.entry(self.section).or_default()
    }

    /// The line of the page under the cursor.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.seen.visible.get(self.spot().row).copied()
    }

    /// Moves the cursor by lines.
    pub fn step(&mut self, by: isize) {
        let last = self.seen.visible.len().saturating_sub(1);
        let spot = self.spot_mut();
        spot.row = spot.row.saturating_add_signed(by).min(last);
    }

    /// Shows a section, if an object of this kind has it.
    fn show(&mut self, section: Section) {
        if Section::of(&self.object.kind).contains(&section) {
            self.section = section;
        }
    }

    fn turn(&mut self, by: isize) {
        let all = Section::of(&self.object.kind);
        let at = all.iter().position(|section| *section == self.section).unwrap_or(0) as isize;
        let next = (at + by).rem_euclid(all.len().max(1) as isize) as usize;
        self.section = all.get(next).copied().unwrap_or(self.section);
    }

    fn toggle_fold(&mut self, page: &Document) -> bool {
        let here = self.line().unwrap_or(0);
        // On a line within a fold the innermost one around it is meant.
        let around = |(start, line): (usize, &crate::detail::doc::Line)| {
            line.fold.filter(|fold| start == here || (start < here && here < fold.end)).map(|fold| (start, fold))
        };
        let found = page.lines.iter().enumerate().take(here + 1).filter_map(around).next_back();
        let Some((start, fold)) = found else { return false };
        if !self.toggled.remove(&fold.id) {
            self.toggled.insert(fold.id);
        }
        self.seen.visible = page.visible(&self.toggled);
        self.seen.version = None;
        if let Ok(row) = self.seen.visible.binary_search(&start) {
            self.spot_mut().row = row;
        }
        true
    }

    /// Brings what follows from page and view up to date, and scrolls the cursor into the rows there are.
    pub fn settle(&mut self, page: &Document, version: u64, heights: Heights, now: Unix) {
        let key = (version, self.section, self.search.clone(), self.toggled.len());
        if self.seen.version.as_ref() != Some(&key) {
            self.seen.visible = page.visible(&self.toggled);
            self.seen.matches = found(page, &self.search, now);
            self.seen.changed = page.lines.iter().filter(|line| line.changed).count();
            let shown = self.seen.visible.iter().filter_map(|index| page.lines.get(*index));
            self.seen.widest = shown.map(|line| crate::model::visible::cells(&line.text(now))).max().unwrap_or(0);
            self.seen.version = Some(key);
        }
        let (visible, wrap) = (&self.seen.visible, self.wrap);
        let width = heights.width.saturating_sub(GUTTER).max(1);
        let rows = |row: usize| -> usize {
            let line = visible.get(row).and_then(|index| page.lines.get(*index));
            match line {
                Some(line) if wrap => crate::model::visible::cells(&line.text(now)).div_ceil(width).max(1),
                _ => 1,
            }
        };
        let mut spot = self.spots.get(&self.section).copied().unwrap_or_default();
        let height = heights.table.max(1);
        spot.row = spot.row.min(visible.len().saturating_sub(1));
        spot.top = spot.top.min(spot.row).min(visible.len().saturating_sub(1));
        // From the cursor upwards, as many lines as there is room for.
        let (mut first, mut left) = (spot.row, height.saturating_sub(rows(spot.row)));
        while first > spot.top {
            let above = rows(first - 1);
            if above > left {
                break;
            }
            left -= above;
            first -= 1;
        }
        spot.top = first;
        // No blank rows at the end while there are lines above.
        if wrap {
            spot.left = 0;
        } else {
            spot.left = spot.left.min(self.seen.widest.saturating_sub(width));
            spot.top = spot.top.min(visible.len().saturating_sub(height));
        }
        self.spots.insert(self.section, spot);
    }
}

/// Cells before a line: what changed, what folds.
pub const GUTTER: usize = 3;

impl App {
    /// The details page in front, if one is.
    #[must_use]
    pub fn details(&self) -> Option<&DetailsView> {
        if let Page::Details(view) = self.fleet.active()?.view.page() { Some(view) } else { None }
    }

    /// The details page in front with what is known of its object.
    fn details_mut(&mut self) -> Option<(&mut DetailsView, Option<&mut Subject>)> {
        let cluster = self.fleet.active_mut()?;
        let subject = cluster.subject.as_mut();
        if let Page::Details(view) = cluster.view.page_mut() { Some((view, subject)) } else { None }
    }

    /// Opens the details of the selected row of the table in front, or of what the entry of a page is about; `None` for
    /// the section that tells most.
    pub(super) fn open_selected(&mut self, section: Option<Section>) {
        let told = self.on_page().then(|| self.selected_object());
        let Some(cluster) = self.fleet.active_mut() else { return };
        let object = told.map_or_else(|| cluster.selected(), |about| cluster.object(&about?));
        let Some(object) = object else { return };
        let section = section.unwrap_or_default();
        cluster.view.open(Page::Details(Box::new(DetailsView::new(object, section))));
    }

    /// Opens the details of what a line refers to.
    fn open_reference(&mut self, reference: &Reference) {
        let Some(cluster) = self.fleet.active_mut() else { return };
        let object = reference.resolve(cluster.known_kinds());
        cluster.view.open(Page::Details(Box::new(DetailsView::new(object, Section::Describe))));
    }

    /// Does an action on the details page in front; returns whether it was one for it.
    pub(super) fn perform_on_details(&mut self, action: Action, effects: &mut Vec<Effect>) -> bool {
        use Action as A;
        let now = self.now.unix;
        let Some((view, subject)) = self.details_mut() else { return false };
        match action {
            A::Describe => view.show(Section::Describe),
            A::Yaml => view.show(Section::Yaml),
            A::NextSection => view.turn(1),
            A::PreviousSection => view.turn(-1),
            A::Wrap => view.wrap = !view.wrap,
            A::ScrollLeft => view.spot_mut().left = view.spot().left.saturating_sub(SIDEWAYS),
            // Not beyond the longest line: that is known when the page is laid out.
            A::ScrollRight => view.spot_mut().left = view.spot().left + SIDEWAYS,
            A::Search => {
                let before = view.search.clone();
                view.searched_from = view.spot();
                self.layers.push(Layer::Search { input: tui_input::Input::new(before.clone()), before });
            }
            A::NextMatch | A::PreviousMatch => {
                let by = if action == A::NextMatch { 1 } else { -1 };
                if let Some(page) = subject.as_deref().and_then(Subject::shown) {
                    view.next_match(by, page);
                }
            }
            A::Fold => {
                if let Some(page) = subject.as_deref().and_then(Subject::shown) {
                    view.toggle_fold(page);
                }
            }
            A::Seen => {
                if let Some(subject) = subject {
                    subject.look();
                }
            }
            A::Decode => self.decode(),
            A::CopyPage | A::CopyLine => {
                let page = subject.as_deref().and_then(Subject::shown);
                let line = view.line();
                let copied = page.and_then(|page| match action {
                    A::CopyPage => {
                        let (text, left_out) = page.text_unfolded(&view.toggled, now);
                        let but = if left_out { ", without the managed fields that are folded" } else { "" };
                        Some((text, format!("{} copied{but}", view.section.title())))
                    }
                    _ => Some((page.whole_line(line?, now).trim().to_owned(), "line copied".to_owned())),
                });
                if let Some((text, told)) = copied {
                    self.copy(text, told, effects);
                }
            }
            A::Retry if subject.as_deref().is_some_and(|subject| matches!(subject.gone, Some((_, true)))) => {
                // Whatever bears the name now.
                view.object.uid = None;
            }
            A::Enter => self.enter_line(),
            _ => return false,
        }
        true
    }

    /// Follows the line under the cursor, or folds there.
    fn enter_line(&mut self) {
        let Some((view, Some(subject))) = self.details_mut() else { return };
        let Some(page) = subject.shown() else { return };
        let line = view.line().and_then(|line| page.lines.get(line));
        match line.and_then(|line| line.link.clone()) {
            Some(link) => self.open_reference(&link),
            None => drop(view.toggle_fold(page)),
        }
    }

    /// Shows or hides the key of a Secret under the cursor.
    fn decode(&mut self) {
        let Some((view, Some(subject))) = self.details_mut() else { return };
        let line = view.line().and_then(|line| subject.shown()?.lines.get(line));
        if let Some(key) = line.and_then(|line| line.secret.clone()) {
            subject.toggle_decoded(&key);
        }
    }

    /// Leaves the search, or the page; returns whether there was one to leave.
    pub(super) fn leave_details(&mut self) -> bool {
        let Some((view, _)) = self.details_mut() else { return false };
        if !view.search.is_empty() {
            view.search.clear();
            return true;
        }
        self.fleet.active_mut().is_some_and(|cluster| cluster.view.go_back())
    }

    /// Puts the cursor on a line; a click on the line it is on follows it.
    pub(super) fn click_line(&mut self, row: usize) {
        let Some((view, _)) = self.details_mut() else { return };
        if view.spot().row == row {
            self.enter_line();
        } else {
            view.spot_mut().row = row;
        }
    }

    /// Shows a section of the page in front.
    pub(super) fn show_section(&mut self, section: Section) {
        if let Some((view, _)) = self.details_mut() {
            view.show(section);
        }
    }

    /// Asks each cluster for the object whose page is open in its tab, and for no other.
    pub(super) fn plan_looks(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        for cluster in self.fleet.iter_mut() {
            let Page::Details(view) = cluster.view.page() else {
                let left = cluster.subject.take().is_some();
                let inquiry = cluster.inquire(left);
                effects.extend(inquiry.map(|it| Effect::Command(cluster.id.clone(), ClusterCommand::Look(it))));
                continue;
            };
            let (object, section) = (view.object.clone(), view.section);
            let mut fresh = false;
            if cluster.subject.as_ref().is_none_or(|subject| subject.asked.object != object) {
                let mut subject = Subject::new(object, &self.now);
                subject.asked = subject.asked.in_turn(cluster.next_turn());
                cluster.subject = Some(subject);
                fresh = true;
            }
            if let Some(subject) = &mut cluster.subject {
                let asked = subject.ask(section);
                let inquiry = if fresh { Some(subject.asked.clone()) } else { asked };
                let look = |inquiry| Effect::Command(cluster.id.clone(), ClusterCommand::Look(Some(inquiry)));
                effects.extend(inquiry.map(look));
            }
        }
        effects
    }
}
