//! What the event loop is told and what it asks for in return. Plain data; must not know who carries it out.

use super::copying::Written;
use super::find::Found;
use super::input::{Input, MouseKind};
use super::ordering::Done;
use super::pointer::Target;
use crate::config::state::SavedState;
use crate::model::catalog::Catalog;
use crate::model::health::Health;
use crate::model::ids::{ClusterId, Generation};
use crate::model::stats::FleetStats;
use crate::model::update::{ClusterCommand, Envelope};

/// Something that happened.
#[derive(Debug)]
pub enum Message {
    /// A person did something.
    Input(Input),
    /// The mouse did something to what is drawn at its place.
    Pointer(MouseKind, Option<Target>),
    /// A cluster's task has a fact to tell.
    Update(Envelope),
    /// A large table is in order, or the part of it that is looked at.
    Ordered(Done),
    /// Objects were searched by their names.
    Found(Found),
    /// A table was written as text.
    Written(Written),
    /// A second has passed.
    Tick,
    /// What the selection pipeline has measured, while someone looks.
    Stats(FleetStats),
    /// What had to be there before the kubeconfig files can be read is there: the demo fleet.
    Prepared,
    /// The kubeconfig files were read.
    Catalog(Catalog),
    /// Something to tell the person.
    Notice(String, Health),
    /// A cluster's credential plugin has logged in at the terminal. The server has not been asked yet.
    LoginDone(ClusterId),
}

/// Something to be done outside the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// These clusters, and no others, are to run. What is added carries the generation.
    Select {
        /// The generation of this selection.
        generation: Generation,
        /// All that is wanted, in tab order.
        clusters: Vec<ClusterId>,
    },
    /// Tell one cluster's tasks something.
    Command(ClusterId, ClusterCommand),
    /// Put this into the terminal's clipboard.
    Copy(String),
    /// Remember this for the next run.
    Save(SavedState),
    /// Read the kubeconfig files again.
    Discover,
    /// Run this cluster's credential plugin with the terminal, the screen suspended meanwhile.
    Login(ClusterId),
    /// Keep a table in a file of its own, and tell where.
    SaveTable {
        /// The file's name.
        name: String,
        /// What it holds.
        text: String,
    },
    /// Give the terminal back to the shell until resumed.
    Suspend,
    /// End the program.
    Quit,
}
