//! The whole state of the program. Owned by the event loop alone; changed by `update` alone.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::action::Place;
use super::clock::Now;
use super::fleet::Fleet;
use super::keymap::Keymap;
use super::layer::Layer;
use super::network::Network;
use super::ordering::Work;
use super::toast::Toasts;
use super::uses::Uses;
use crate::config::load::Config;
use crate::config::settings::Settings;
use crate::config::state::{IgnoredAttention, SavedState};
use crate::config::value::TabsShow;
use crate::model::catalog::Catalog;
use crate::model::ids::ClusterId;
use crate::model::stats::FleetStats;
use crate::table::order::Ticket;

/// What fills the screen below tabs and strip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Screen {
    /// All open clusters, one row each.
    #[default]
    Board,
    /// The cluster in front.
    Cluster,
}

/// What a run starts with, besides the kubeconfig files.
#[derive(Clone, Debug, Default)]
pub struct Launch {
    /// `--context`: open exactly these contexts, by name or cluster id.
    pub contexts: Vec<String>,
    /// `--all`: open every context.
    pub all: bool,
    /// `--namespace`: selected in every cluster opened at start.
    pub namespace: Option<String>,
    /// What the last run left.
    pub restored: SavedState,
    /// The configuration, for clusters that have settings of their own.
    pub config: Arc<Config>,
    /// Leave what is open for the next run.
    pub remember: bool,
    /// What is being prepared before the kubeconfig files can be read, for the empty screen.
    pub preparing: Option<&'static str>,
}

/// The state of the program.
#[derive(Default)]
pub struct App {
    /// The present moment.
    pub now: Now,
    /// The numbers in force.
    pub settings: Settings,
    /// The key bindings in force.
    pub keymap: Keymap,
    /// What the kubeconfig files offer.
    pub catalog: Catalog,
    /// The kubeconfig files have been read once.
    pub discovered: bool,
    /// The open clusters.
    pub fleet: Fleet,
    /// What fills the screen.
    pub screen: Screen,
    /// What lies over it, topmost last.
    pub layers: Vec<Layer>,
    /// Notices.
    pub toasts: Toasts,
    /// What the selection pipeline has measured, as last told.
    pub stats: Option<FleetStats>,
    /// What befell all clusters at once.
    pub network: Network,
    /// When the program last went on after a stop.
    pub resumed: Option<Duration>,
    /// Clusters behind are surveyed instead of watched.
    pub background_off: bool,
    /// The sidebar is hidden.
    pub zoomed: bool,
    /// The terminal's columns and rows.
    pub size: (u16, u16),
    /// Rows of the list that has the keys, for paging; set before each frame.
    pub page: usize,
    /// Columns of the table on screen that can be scrolled out on the left; set before each frame.
    pub sideways: usize,
    /// What the next frame needs and would take too long for the loop.
    pub work: Vec<Work>,
    /// The search for objects that is under way.
    pub finding: Option<Ticket>,
    /// What was chosen in the palette.
    pub uses: Uses,
    /// What Attention is not to tell, the latest last.
    pub ignored: Vec<IgnoredAttention>,
    /// The cell the mouse is at.
    pub mouse_at: (u16, u16),
    /// The column whose edge is being dragged, its width and where the mouse was when that began.
    pub edge: Option<(usize, u16, u16)>,
    /// The tab being dragged.
    pub dragged: Option<ClusterId>,
    /// What this run started with.
    pub launch: Launch,
    /// Clusters of the last run whose contexts have not been found yet; remembered, and opened once they are.
    pub absent: Vec<ClusterId>,
    /// What was last written to the state file.
    pub written: SavedState,
    /// Views of clusters that are closed now, kept for when they are opened again.
    pub parked: BTreeMap<String, crate::config::state::SavedView>,
}

impl App {
    /// Starts with a terminal size and what the last run left.
    #[must_use]
    pub fn new(size: (u16, u16), launch: Launch, settings: Settings) -> Self {
        let written = launch.restored.clone();
        let parked = launch.restored.views.clone();
        let background_off = !settings.background_refresh;
        let ignored = launch.restored.ignored_attention.clone();
        let uses = Uses::new(launch.restored.uses.clone());
        Self { settings, background_off, size, uses, ignored, launch, written, parked, ..Self::default() }
    }

    /// Whether someone looks at what is measured.
    #[must_use]
    pub fn wants_stats(&self) -> bool {
        matches!(self.layers.last(), Some(Layer::Diagnostics(_)))
    }

    /// Where keys are looked up.
    #[must_use]
    pub fn place(&self) -> Place {
        match (self.layers.is_empty(), self.screen) {
            (false, _) => Place::Dialog,
            (true, Screen::Cluster) if self.details().is_some() => Place::Details,
            (true, Screen::Cluster) if self.on_page() => Place::Page,
            (true, Screen::Cluster) if !self.fleet.is_empty() => Place::Cluster,
            (true, _) => Place::Board,
        }
    }

    /// Whether the Fleet board fills the screen.
    #[must_use]
    pub fn on_board(&self) -> bool {
        self.screen == Screen::Board && !self.fleet.is_empty()
    }

    /// Whether tabs are shown.
    #[must_use]
    pub fn tabs_shown(&self) -> bool {
        self.fleet.len() > 1 || (self.settings.tabs_show == TabsShow::Always && !self.fleet.is_empty())
    }
}
