//! What lies over the screen, topmost last: dialogs and the filter field. Must not know what lies below.

use std::collections::BTreeSet;

use tui_input::Input;

use super::chooser::Chooser;
use super::filtering::Filtered;
use super::namespaces::NamespacePicker;
use crate::model::ids::ClusterId;
use crate::table::filter::parse::Wrong;

/// One layer over the screen.
#[derive(Clone, Debug)]
pub enum Layer {
    /// `Select Kubeconfig`: which clusters are open.
    Picker(Picker),
    /// The palette.
    Palette(Chooser),
    /// The list of namespaces.
    Namespaces(NamespacePicker),
    /// The list of columns to sort by.
    Sort(Chooser),
    /// The list of kinds.
    Kinds(Chooser),
    /// What belongs to the selected object.
    Belongings(Chooser),
    /// What to ignore, or to hear of again.
    Ignore(Chooser),
    /// The list of columns to show.
    Columns(Chooser),
    /// The cells of the selected row, to copy one.
    Cells(Chooser),
    /// The filter field of the list in front, and what the filter was before.
    Filter {
        /// What it narrows.
        of: Filtered,
        /// The field.
        input: Input,
        /// What Esc goes back to.
        before: String,
        /// What is wrong with what is typed; the last good one stays in force.
        wrong: Option<Wrong>,
    },
    /// The search field of the details page, and what was searched for before.
    Search {
        /// The field.
        input: Input,
        /// What Esc goes back to.
        before: String,
    },
    /// The help, scrolled down by a number of lines.
    Help(usize),
    /// The diagnostics, scrolled down by a number of lines.
    Diagnostics(usize),
}

impl Layer {
    /// The layer's list, if it has one.
    pub fn chooser(&self) -> Option<&Chooser> {
        match self {
            Self::Picker(picker) => Some(&picker.chooser),
            Self::Namespaces(picker) => Some(&picker.chooser),
            Self::Palette(chooser)
            | Self::Sort(chooser)
            | Self::Kinds(chooser)
            | Self::Belongings(chooser)
            | Self::Ignore(chooser)
            | Self::Columns(chooser)
            | Self::Cells(chooser) => Some(chooser),
            Self::Filter { .. } | Self::Search { .. } | Self::Help(_) | Self::Diagnostics(_) => None,
        }
    }

    /// The layer's list, if it has one.
    pub fn chooser_mut(&mut self) -> Option<&mut Chooser> {
        match self {
            Self::Picker(picker) => Some(&mut picker.chooser),
            Self::Namespaces(picker) => Some(&mut picker.chooser),
            Self::Palette(chooser)
            | Self::Sort(chooser)
            | Self::Kinds(chooser)
            | Self::Belongings(chooser)
            | Self::Ignore(chooser)
            | Self::Columns(chooser)
            | Self::Cells(chooser) => Some(chooser),
            Self::Filter { .. } | Self::Search { .. } | Self::Help(_) | Self::Diagnostics(_) => None,
        }
    }
}

/// The picker: a list of contexts and the set that is to be open once it is accepted.
#[derive(Clone, Debug)]
pub struct Picker {
    /// The list.
    pub chooser: Chooser,
    /// What is checked.
    pub wanted: BTreeSet<ClusterId>,
    /// A check mark was changed: accepting applies the marks instead of opening the selected entry.
    pub touched: bool,
}
