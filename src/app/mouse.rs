//! What the mouse does to the things it hits. Must not know where on the screen anything is.

use super::action::Action;
use super::input::{Button, Key, MouseKind};
use super::layer::Layer;
use super::message::Effect;
use super::perform::sidebar_rows;
use super::pointer::Target;
use super::state::App;
use super::tab::Pane;
use crate::table::query::Sort;

/// Rows a turn of the wheel moves.
const WHEEL: isize = 3;

impl App {
    /// Carries out what the mouse did.
    pub fn pointer(&mut self, kind: MouseKind, target: Option<Target>, effects: &mut Vec<Effect>) {
        match kind {
            MouseKind::ScrollUp | MouseKind::ScrollDown => {
                let by = if kind == MouseKind::ScrollUp { -WHEEL } else { WHEEL };
                self.wheel(by, target.as_ref());
            }
            MouseKind::ScrollLeft => self.perform(Action::ScrollLeft, effects),
            MouseKind::ScrollRight => self.perform(Action::ScrollRight, effects),
            MouseKind::Down(Button::Left) => {
                self.dragged = if let Some(Target::Tab(id)) = &target { Some(id.clone()) } else { None };
                if let Some(Target::HeadingEdge(column, width)) = target
                    && self.layers.is_empty()
                {
                    self.edge = Some((column, width, self.mouse_at.0));
                    return;
                }
                self.click(target, effects);
            }
            MouseKind::Drag(Button::Left) if self.edge.is_some() => self.drag_edge(),
            MouseKind::Drag(Button::Left) => {
                if let (Some(dragged), Some(Target::Tab(over))) = (&self.dragged, &target)
                    && let (Some(from), Some(to)) = (self.fleet.index_of(dragged), self.fleet.index_of(over))
                {
                    self.fleet.move_tab(from, to);
                }
            }
            MouseKind::Up(_) => (self.dragged, self.edge) = (None, None),
            MouseKind::Down(_) | MouseKind::Drag(_) => {}
        }
    }

    fn wheel(&mut self, by: isize, target: Option<&Target>) {
        if !self.layers.is_empty() {
            if let Some(chooser) = self.layers.last_mut().and_then(Layer::chooser_mut) {
                chooser.step(by);
            } else if let Some(Layer::Help(top) | Layer::Diagnostics(top)) = self.layers.last_mut() {
                *top = top.saturating_add_signed(by);
            }
            return;
        }
        if let Some(Target::Sidebar | Target::SidebarRow(_)) = target {
            if let Some(cluster) = self.fleet.active_mut() {
                // Without the focus it rests on what is selected, and does not move.
                cluster.view.pane = Pane::Sidebar;
                let rows = sidebar_rows(cluster);
                cluster.view.sidebar.step(by, rows.len(), |index| rows.get(index).cloned());
            }
            return;
        }
        self.step_by(by);
    }

    fn click(&mut self, target: Option<Target>, effects: &mut Vec<Effect>) {
        match target {
            Some(Target::DialogRow(row)) => self.click_dialog(row, effects),
            Some(Target::Dialog) => {}
            // The filter is kept as it is, for what it left is what is clicked at.
            _ if matches!(self.layers.as_slice(), [Layer::Filter { wrong: None, .. }]) => {
                self.layers.clear();
                self.click(target, effects);
            }
            // A click beside a dialog closes it; what lies below is not touched.
            _ if !self.layers.is_empty() => self.back(false, effects),
            Some(Target::Tab(id)) => self.go_to_cluster(&id, effects),
            Some(Target::BoardRow(id)) => {
                if self.fleet.board.key.as_ref() == Some(&id) {
                    self.go_to_cluster(&id, effects);
                } else {
                    self.fleet.board.key = Some(id);
                    self.fleet.board.chosen = true;
                }
            }
            Some(target) => self.click_cluster(&target),
            None => {}
        }
    }

    fn click_dialog(&mut self, row: usize, effects: &mut Vec<Effect>) {
        if let Some(Layer::Picker(picker)) = self.layers.last_mut() {
            picker.chooser.cursor = row.min(picker.chooser.hits.len().saturating_sub(1));
            picker.toggle(&self.catalog, &self.launch.config, &self.fleet);
            return;
        }
        if let Some(chooser) = self.layers.last_mut().and_then(Layer::chooser_mut) {
            chooser.cursor = row.min(chooser.hits.len().saturating_sub(1));
            if self.columns_key(Key::char(' ')) {
                return;
            }
            self.enter(effects);
        }
    }

    fn click_cluster(&mut self, target: &Target) {
        let Some(cluster) = self.fleet.active_mut() else { return };
        match target {
            &Target::SidebarRow(row) => {
                let rows = sidebar_rows(cluster);
                cluster.view.pane = Pane::Sidebar;
                cluster.view.sidebar.select(row, |index| rows.get(index).cloned());
                let chosen = rows.get(row).cloned().flatten();
                cluster.view.namespaces = chosen.into_iter().collect();
            }
            Target::Sidebar => cluster.view.pane = Pane::Sidebar,
            &Target::TableRow(row) => {
                cluster.view.pane = Pane::Content;
                let table = cluster.tables.of(cluster.view.kind());
                cluster.view.kind_view_mut().cursor.select(row, |index| table.uid_at(index));
            }
            &Target::Heading(column) => {
                let view = cluster.view.kind_view_mut();
                let sort = view.query.sort;
                view.sort_by(Sort { column, descending: sort.column == column && !sort.descending });
            }
            Target::KindName(kind) => cluster.view.switch(kind.clone()),
            Target::DetailsRow(row) => self.click_line(*row),
            Target::SectionName(section) => self.show_section(*section),
            &Target::PageRow(row) => self.select_on_page(row),
            Target::Table => cluster.view.pane = Pane::Content,
            Target::HeadingEdge(..) | Target::Tab(_) | Target::BoardRow(_) | Target::DialogRow(_) | Target::Dialog => {}
        }
    }
}
