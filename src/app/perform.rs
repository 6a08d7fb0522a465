//! What each action of the registry does. Must not know which key or click asked for it.

use std::sync::Arc;

use super::action::{Action, Place};
use super::cluster::OpenCluster;
use super::columns;
use super::cursor::Cursor;
use super::kinds;
use super::layer::{Layer, Picker};
use super::message::Effect;
use super::namespaces::NamespacePicker;
use super::palette;
use super::state::{App, Screen};
use super::tab::{KindView, Page, Pane};
use crate::detail::section::Section;
use crate::model::health::Health;
use crate::model::ids::ClusterId;
use crate::model::kind::Kind;
use crate::model::update::ClusterCommand;
use crate::model::visible::safe;
use crate::table::measure::Sense;
use crate::table::query::Sort;

impl App {
    /// Does one action.
    pub fn perform(&mut self, action: Action, effects: &mut Vec<Effect>) {
        use Action as A;
        if self.place() == Place::Details && self.perform_on_details(action, effects) {
            return;
        }
        match action {
            A::Describe => self.open_selected(Some(Section::Describe)),
            A::Yaml => self.open_selected(Some(Section::Yaml)),
            A::Quit | A::Back => self.back(action == A::Quit, effects),
            A::QuitNow => effects.push(Effect::Quit),
            A::Suspend => effects.push(Effect::Suspend),
            A::NextCluster | A::PreviousCluster | A::GoToCluster(_) | A::Board => self.go(action, effects),
            A::MoveTabLeft => self.move_tab(-1),
            A::MoveTabRight => self.move_tab(1),
            A::CloseCluster => self.close_active(effects),
            A::Retry => self.retry(effects),
            A::Refresh => self.refresh(effects),
            A::Login => self.login(effects),
            A::BackgroundRefresh => self.toggle_background(),
            A::Diagnostics => self.layers.push(Layer::Diagnostics(0)),
            A::Mark if self.on_rows() => self.mark(),
            A::MarkRange if self.on_rows() => self.mark_range(),
            A::CopyNames => self.copy_names(effects),
            A::CopyCell => self.choose_cell(),
            A::CopyTsv | A::CopyJson | A::SaveTsv | A::SaveJson => self.write_table(action),
            A::Owner => self.ask_owner(),
            A::Belongings => self.ask_belongings(effects),
            A::ForgetNamespace => self.forget_in_sidebar(),
            A::SamePlaceNext => self.same_place(1, effects),
            A::SamePlacePrevious => self.same_place(-1, effects),
            A::Filter => self.open_filter(),
            A::FoldWell => self.fleet.folded = !self.fleet.folded,
            A::OpenPicker => {
                effects.push(Effect::Discover);
                self.layers.push(Layer::Picker(Picker::new(&self.catalog, &self.launch.config, &self.fleet)));
            }
            A::Palette => {
                self.bring_meant();
                self.layers.push(Layer::Palette(palette::palette(self)));
            }
            A::Help => self.layers.push(Layer::Help(0)),
            A::Overview => self.open_page(Page::Overview(Cursor::default()), effects),
            A::Attention => self.open_page(Page::Attention(Cursor::default()), effects),
            A::Changes => self.open_page(Page::Changes(None, Cursor::default()), effects),
            A::ChangesHere => self.open_changes_here(effects),
            A::Explain => self.open_explain(effects),
            A::Ignore => self.ask_ignore(),
            A::Ignored => self.list_ignored(),
            A::Enter => self.enter(effects),
            A::Up | A::Down | A::PageUp | A::PageDown | A::Top | A::Bottom => self.step(action),
            _ => self.perform_on_table(action),
        }
    }

    /// Actions on the table in front; without one they do nothing.
    pub(super) fn perform_on_table(&mut self, action: Action) {
        use Action as A;
        let (zoomed, sideways) = (self.zoomed, self.sideways);
        let Some(cluster) = self.fleet.active_mut() else { return };
        match action {
            A::Namespace => {
                let list = NamespacePicker::new(cluster);
                self.layers.push(Layer::Namespaces(list));
            }
            A::Sort => {
                let list = palette::sort(cluster);
                self.layers.push(Layer::Sort(list));
            }
            A::Columns => {
                let list = columns::list(cluster);
                self.layers.push(Layer::Columns(list));
            }
            A::HistoryBack => drop(cluster.view.go_back()),
            A::HistoryForward => drop(cluster.view.go_forward()),
            A::AllNamespaces => cluster.view.namespaces.clear(),
            A::Invert => {
                let view = cluster.view.kind_view_mut();
                let sort = view.query.sort;
                view.sort_by(Sort { descending: !sort.descending, ..sort });
            }
            A::Unwell => cluster.view.unwell = !cluster.view.unwell,
            A::Wide => {
                cluster.view.wide = !cluster.view.wide;
                cluster.view.kind_view_mut().scrolled = 0;
            }
            A::Zoom => {
                self.zoomed = !zoomed;
                cluster.view.pane = Pane::Content;
            }
            A::FocusPrevious if !zoomed => cluster.view.pane = Pane::Sidebar,
            A::FocusNext => cluster.view.pane = Pane::Content,
            // From what is shown: where the screen has grown, less of it is scrolled out than was asked for.
            A::ScrollLeft | A::ScrollRight => {
                let view = cluster.view.kind_view_mut();
                let shown = view.scrolled.min(sideways);
                let right = action == A::ScrollRight;
                view.scrolled = if right { (shown + 1).min(sideways) } else { shown.saturating_sub(1) };
            }
            A::NextKind => cluster.view.switch(kinds::neighbour(cluster, 1)),
            A::PreviousKind => cluster.view.switch(kinds::neighbour(cluster, -1)),
            A::Kinds => {
                let list = kinds::chooser(cluster);
                self.layers.push(Layer::Kinds(list));
            }
            A::Mark if cluster.view.pane == Pane::Sidebar => {
                if let Some(name) = cluster.view.sidebar.key.clone() {
                    cluster.toggle_namespace(name);
                }
            }
            _ => {}
        }
    }

    /// Closes the topmost of dialog, filter, namespaces, kind, view. At the root, `quit` ends the program.
    pub(super) fn back(&mut self, quit: bool, effects: &mut Vec<Effect>) {
        if let Some(layer) = self.layers.pop() {
            match layer {
                Layer::Filter { of, before, .. } => self.set_filter(of, &before),
                Layer::Search { before, .. } => self.search_left(before),
                Layer::Namespaces(picker) => self.give_up_namespaces(picker),
                _ => {}
            }
            return;
        }
        if self.unfilter_list() {
            return;
        }
        if self.screen == Screen::Cluster && (self.leave_details() || self.leave_page()) {
            return;
        }
        if self.screen == Screen::Cluster && self.unmark() {
            return;
        }
        if self.screen == Screen::Cluster
            && let Some(cluster) = self.fleet.active_mut()
        {
            let view = &mut cluster.view;
            if !view.kind_view().query.text.is_empty() {
                view.kind_view_mut().query.text.clear();
                return;
            }
            if view.pane == Pane::Sidebar {
                view.pane = Pane::Content;
                return;
            }
            if view.go_back() {
                return;
            }
            if *view.kind() != Kind::Pods {
                view.switch(Kind::Pods);
                return;
            }
            if self.fleet.len() > 1 {
                self.screen = Screen::Board;
                self.rest_board_on_active();
                return;
            }
        }
        if quit {
            effects.push(Effect::Quit);
        }
    }

    /// Whether the keys are for the rows of a table.
    fn on_rows(&self) -> bool {
        self.place() == Place::Cluster && self.fleet.active().is_some_and(|cluster| cluster.view.pane == Pane::Content)
    }

    fn rest_board_on_active(&mut self) {
        let id = self.fleet.active().map(|cluster| cluster.id.clone());
        self.fleet.board.key = id;
        self.fleet.board.chosen = true;
    }

    fn go(&mut self, action: Action, effects: &mut Vec<Effect>) {
        match action {
            Action::Board => {
                if !self.fleet.is_empty() || self.screen == Screen::Board {
                    let leave = self.screen == Screen::Board && !self.fleet.is_empty();
                    self.screen = if leave { Screen::Cluster } else { Screen::Board };
                    self.rest_board_on_active();
                }
            }
            Action::GoToCluster(number) => self.go_to(usize::from(number).saturating_sub(1), effects),
            _ => {
                let by = if action == Action::NextCluster { 1 } else { -1 };
                // From the board the first step goes to the tab in front, so that no tab is skipped.
                let index = if self.on_board() { Some(self.fleet.active_index()) } else { self.fleet.neighbour(by) };
                if let Some(index) = index {
                    self.go_to(index, effects);
                }
            }
        }
    }

    fn go_to(&mut self, index: usize, effects: &mut Vec<Effect>) {
        if index < self.fleet.len() {
            self.activate(index, effects);
            self.screen = Screen::Cluster;
        }
    }

    /// Goes to an open cluster's tab.
    pub(super) fn go_to_cluster(&mut self, id: &ClusterId, effects: &mut Vec<Effect>) {
        if let Some(index) = self.fleet.index_of(id) {
            self.go_to(index, effects);
        }
    }

    /// What is asked for on the board is asked of the cluster under the cursor there: it is the one in front from now on.
    fn bring_meant(&mut self) {
        if let Some(place) = self.meant().and_then(|id| self.fleet.index_of(&id)) {
            self.fleet.activate(place);
        }
    }

    fn move_tab(&mut self, by: isize) {
        self.bring_meant();
        let from = self.fleet.active_index();
        if let Some(to) = from.checked_add_signed(by) {
            self.fleet.move_tab(from, to);
        }
    }

    fn close_active(&mut self, effects: &mut Vec<Effect>) {
        let Some(id) = self.meant() else { return };
        let left: Vec<ClusterId> =
            self.fleet.iter().map(|cluster| cluster.id.clone()).filter(|other| *other != id).collect();
        self.select(&left, effects);
    }

    /// The cluster an action is about: the board's selected row, else the one in front.
    #[must_use]
    pub fn meant(&self) -> Option<ClusterId> {
        let selected = if self.on_board() { self.fleet.board.key.clone() } else { None };
        // Where the filter of the board admits no cluster, none is meant that cannot be seen.
        if selected.is_none() && self.on_board() && !self.fleet.narrow.text().is_empty() {
            return None;
        }
        selected.or_else(|| self.fleet.active().map(|cluster| cluster.id.clone()))
    }

    fn retry(&mut self, effects: &mut Vec<Effect>) {
        if let Some(id) = self.meant() {
            effects.push(Effect::Command(id, ClusterCommand::RetryNow));
        }
    }

    /// Lists anew what is looked at, and asks again what waits.
    fn refresh(&mut self, effects: &mut Vec<Effect>) {
        self.retry(effects);
        let Some(cluster) = self.fleet.active().filter(|_| !self.on_board()) else { return };
        let (id, kind) = (cluster.id.clone(), cluster.view.kind().clone());
        self.toasts.push(format!("listing {} anew", kind.plural()), Health::Unknown, &self.now);
        effects.push(Effect::Command(id, ClusterCommand::Refresh(kind)));
    }

    fn login(&mut self, effects: &mut Vec<Effect>) {
        let Some(id) = self.meant() else { return };
        let found = self.catalog.find(&id).filter(|(_, context)| !context.plugin);
        let Some((file, context)) = found else { return effects.push(Effect::Login(id)) };
        let file = file.path.display();
        let text =
            format!("{} has no credential plugin to log in with: edit {file}, it is watched", context.short_name);
        self.toasts.push(safe(text), Health::Unknown, &self.now);
    }

    /// Whether a cluster's context has a credential plugin that a person can log in with.
    #[must_use]
    pub fn can_log_in(&self, id: &ClusterId) -> bool {
        self.catalog.find(id).is_some_and(|(_, context)| context.plugin)
    }

    fn step(&mut self, action: Action) {
        if !self.layers.is_empty() {
            self.dialog_step(action);
            return;
        }
        let by = distance(action, self.page);
        self.step_by(by);
        if action == Action::Top {
            self.follow_newest();
        }
    }

    /// Whoever goes to the top of what stands newest first means what comes there, not the row that is there now.
    fn follow_newest(&mut self) {
        let Some(cluster) = self.fleet.active_mut().filter(|cluster| *cluster.view.page() == Page::Table) else {
            return;
        };
        let sort = cluster.view.kind_view().query.sort;
        let column = cluster.tables.of(cluster.view.kind()).columns().get(sort.column);
        if cluster.view.pane == Pane::Content && column.is_some_and(|column| column.sense == Sense::Time) {
            cluster.view.kind_view_mut().cursor.chosen &= sort.descending;
        }
    }

    pub(super) fn step_by(&mut self, by: isize) {
        if self.on_board() {
            let ids = self.board_rows();
            self.fleet.board.step(by, ids.len(), |index| ids.get(index).cloned());
            return;
        }
        if self.step_page(by) {
            return;
        }
        let Some(cluster) = self.fleet.active_mut() else { return };
        if let Page::Details(view) = cluster.view.page_mut() {
            view.step(by);
            return;
        }
        if cluster.view.pane == Pane::Sidebar {
            let rows = sidebar_rows(cluster);
            cluster.view.sidebar.step(by, rows.len(), |index| rows.get(index).cloned());
            return;
        }
        let table = cluster.tables.of(cluster.view.kind());
        let view = cluster.view.kind_view_mut();
        (view.sought, view.missed) = (None, None);
        cluster.view.kind_view_mut().cursor.step(by, table.len(), |index| table.uid_at(index));
    }

    /// Moves within the topmost dialog.
    pub fn dialog_step(&mut self, action: Action) {
        let by = distance(action, self.page);
        match self.layers.last_mut() {
            Some(Layer::Help(top) | Layer::Diagnostics(top)) => *top = top.saturating_add_signed(by),
            Some(Layer::Filter { .. } | Layer::Search { .. }) => self.step_by_below(by),
            Some(layer) => {
                if let Some(chooser) = layer.chooser_mut() {
                    chooser.step(by);
                }
            }
            None => {}
        }
    }

    /// Moves in the table while its filter is being typed.
    fn step_by_below(&mut self, by: isize) {
        let layers = std::mem::take(&mut self.layers);
        self.step_by(by);
        self.layers = layers;
    }

    pub(super) fn enter(&mut self, effects: &mut Vec<Effect>) {
        if let Some(layer) = self.layers.pop() {
            self.accept(layer, effects);
            return;
        }
        if self.on_board() {
            if let Some(id) = self.fleet.board.key.clone() {
                self.go_to_cluster(&id, effects);
            }
            return;
        }
        if self.enter_page() {
            return;
        }
        let Some(cluster) = self.fleet.active_mut() else { return };
        if cluster.view.pane == Pane::Sidebar {
            let chosen = cluster.view.sidebar.key.clone().flatten();
            cluster.view.namespaces = chosen.into_iter().collect();
            cluster.view.pane = Pane::Content;
            return;
        }
        let containers = (*cluster.view.kind() == Kind::Pods).then_some(Section::Containers);
        if !self.drill_down() {
            self.open_selected(containers);
        }
    }

    /// The view of the kind in front.
    pub fn kind_view_mut(&mut self) -> Option<&mut KindView> {
        self.fleet.active_mut().map(|cluster| cluster.view.kind_view_mut())
    }
}

/// The rows an action moves by; more than any list has for the ends. A page keeps one row of the last in view.
fn distance(action: Action, page: usize) -> isize {
    let page = page.max(2) as isize - 1;
    match action {
        Action::Up => -1,
        Action::Down => 1,
        Action::PageUp => -page,
        Action::PageDown => page,
        Action::Top => isize::MIN / 2,
        _ => isize::MAX / 2,
    }
}

/// The sidebar's rows: all namespaces first, once the catalog has arrived, then each by name.
#[must_use]
pub fn sidebar_rows(cluster: &OpenCluster) -> Vec<Option<Arc<str>>> {
    match cluster.namespaces() {
        Some(names) => std::iter::once(None).chain(names.into_iter().map(Some)).collect(),
        None => Vec::new(),
    }
}
