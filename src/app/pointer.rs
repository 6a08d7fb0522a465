//! What a mouse event hits, in the words of the state. Must not know where on the screen anything is.

use crate::model::ids::ClusterId;

/// A thing on the screen that can be clicked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The tab of a cluster.
    Tab(ClusterId),
    /// A row of the Fleet board.
    BoardRow(ClusterId),
    /// A row of the sidebar, counted from its first entry.
    SidebarRow(usize),
    /// The sidebar, beside its rows.
    Sidebar,
    /// A row of the table, counted in the table's order.
    TableRow(usize),
    /// The heading of a column, by its index among the kind's columns.
    Heading(usize),
    /// The right edge of a column that is so many cells wide.
    HeadingEdge(usize, u16),
    /// The name of a kind above the table.
    KindName(crate::model::kind::Kind),
    /// An entry of the page in place of the table.
    PageRow(usize),
    /// The table, beside its rows.
    Table,
    /// A line of the details page, among the visible ones.
    DetailsRow(usize),
    /// The name of a section of the details page.
    SectionName(crate::detail::section::Section),
    /// An entry of the topmost dialog.
    DialogRow(usize),
    /// The topmost dialog, beside its entries.
    Dialog,
}
