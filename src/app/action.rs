//! The one registry of actions: keymap, help, palette, hints and the README are all made from it.
//!
//! Must not know what an action does; that is `perform`.

use std::fmt::Write as _;

/// Something a person can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is described by its title in ACTIONS")]
pub enum Action {
    NextCluster,
    PreviousCluster,
    GoToCluster(u8),
    Board,
    OpenPicker,
    CloseCluster,
    MoveTabLeft,
    MoveTabRight,
    Palette,
    Help,
    Back,
    Quit,
    QuitNow,
    Suspend,
    FocusPrevious,
    FocusNext,
    ScrollLeft,
    ScrollRight,
    Up,
    Down,
    PageUp,
    PageDown,
    Top,
    Bottom,
    Enter,
    Mark,
    Filter,
    Namespace,
    AllNamespaces,
    ForgetNamespace,
    Sort,
    Invert,
    Unwell,
    Wide,
    Zoom,
    NextKind,
    PreviousKind,
    Kinds,
    Owner,
    Belongings,
    SamePlaceNext,
    SamePlacePrevious,
    HistoryBack,
    HistoryForward,
    FoldWell,
    Retry,
    Login,
    BackgroundRefresh,
    Diagnostics,
    Describe,
    Yaml,
    NextSection,
    PreviousSection,
    Search,
    NextMatch,
    PreviousMatch,
    Fold,
    Wrap,
    Seen,
    Decode,
    CopyPage,
    CopyLine,
    Overview,
    Attention,
    Ignore,
    Ignored,
    MarkRange,
    CopyNames,
    CopyCell,
    CopyTsv,
    CopyJson,
    SaveTsv,
    SaveJson,
    Columns,
    Refresh,
    Changes,
    ChangesHere,
    Explain,
}

/// Where a key means an action. A more particular place wins over `Anywhere`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// On every screen that no dialog covers.
    Anywhere,
    /// On the Fleet board.
    Board,
    /// In a cluster's tab.
    Cluster,
    /// On the details page of an object.
    Details,
    /// On a page of a tab that is no table: Attention, Changes, the overview.
    Page,
    /// In a dialog: picker, palette, help.
    Dialog,
}

/// The chapters of the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Chapter {
    /// Opening, closing, switching.
    Clusters,
    /// Moving about.
    Moving,
    /// What the table shows.
    Tables,
    /// The details of one object.
    Details,
    /// The program itself.
    Program,
}

impl Chapter {
    /// Every chapter, in the help's order.
    pub const ALL: [Chapter; 5] =
        [Chapter::Clusters, Chapter::Moving, Chapter::Tables, Chapter::Details, Chapter::Program];

    /// The chapter's heading.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Chapter::Clusters => "Clusters",
            Chapter::Moving => "Moving about",
            Chapter::Tables => "Tables",
            Chapter::Details => "Details of an object",
            Chapter::Program => "The program",
        }
    }
}

/// What there is to know about an action.
#[derive(Clone, Copy, Debug)]
pub struct ActionInfo {
    /// The action.
    pub action: Action,
    /// Its name in keymap files and in the palette: words joined by dashes.
    pub id: &'static str,
    /// What it does, for help, palette and hints.
    pub title: &'static str,
    /// One word for the hint line; empty if it is never hinted.
    pub hint: &'static str,
    /// Its default keys, the one to show first.
    pub keys: &'static [&'static str],
    /// Where the keys mean it.
    pub place: Place,
    /// Its chapter in the help.
    pub chapter: Chapter,
    /// Offered by the palette.
    pub palette: bool,
}

const fn info(action: Action, id: &'static str, title: &'static str, keys: &'static [&'static str]) -> ActionInfo {
    let (place, chapter) = (Place::Anywhere, Chapter::Program);
    ActionInfo { action, id, title, hint: "", keys, place, chapter, palette: false }
}

impl ActionInfo {
    const fn at(self, place: Place, chapter: Chapter) -> Self {
        Self { place, chapter, ..self }
    }

    const fn hinted(self, hint: &'static str) -> Self {
        Self { hint, ..self }
    }

    const fn in_palette(self) -> Self {
        Self { palette: true, ..self }
    }
}

use Action as A;
use Chapter::{Clusters, Moving, Program, Tables};
use Place::{Anywhere, Board, Cluster, Dialog, Page};

/// Every action, in the order of the help.
pub const ACTIONS: &[ActionInfo] = &[
    info(A::NextCluster, "next-cluster", "next cluster", &["Tab", "]", "Ctrl+PgDn"])
        .at(Anywhere, Clusters)
        .hinted("next"),
    info(A::PreviousCluster, "previous-cluster", "previous cluster", &["Shift+Tab", "[", "Ctrl+PgUp"])
        .at(Anywhere, Clusters),
    info(A::GoToCluster(1), "cluster-1", "first cluster; 2 to 9 likewise", &["1"]).at(Anywhere, Clusters),
    info(A::GoToCluster(2), "cluster-2", "", &["2"]).at(Anywhere, Clusters),
    info(A::GoToCluster(3), "cluster-3", "", &["3"]).at(Anywhere, Clusters),
    info(A::GoToCluster(4), "cluster-4", "", &["4"]).at(Anywhere, Clusters),
    info(A::GoToCluster(5), "cluster-5", "", &["5"]).at(Anywhere, Clusters),
    info(A::GoToCluster(6), "cluster-6", "", &["6"]).at(Anywhere, Clusters),
    info(A::GoToCluster(7), "cluster-7", "", &["7"]).at(Anywhere, Clusters),
    info(A::GoToCluster(8), "cluster-8", "", &["8"]).at(Anywhere, Clusters),
    info(A::GoToCluster(9), "cluster-9", "", &["9"]).at(Anywhere, Clusters),
    info(A::Board, "fleet-board", "Fleet board: all open clusters at a glance", &["`"])
        .at(Anywhere, Clusters)
        .hinted("fleet")
        .in_palette(),
    info(A::OpenPicker, "open-clusters", "open or close clusters (Select Kubeconfig)", &["o", "Ctrl+O"])
        .at(Anywhere, Clusters)
        .hinted("open")
        .in_palette(),
    info(A::CloseCluster, "close-cluster", "Close Current Cluster Tab", &["Ctrl+W"])
        .at(Anywhere, Clusters)
        .in_palette(),
    info(A::MoveTabLeft, "move-tab-left", "move the tab to the left", &["<", "Alt+Left"])
        .at(Anywhere, Clusters)
        .in_palette(),
    info(A::MoveTabRight, "move-tab-right", "move the tab to the right", &[">", "Alt+Right"])
        .at(Anywhere, Clusters)
        .in_palette(),
    info(A::SamePlaceNext, "same-place-next", "next cluster, same kind, namespace, filter and object", &["}"])
        .at(Cluster, Clusters),
    info(A::SamePlacePrevious, "same-place-previous", "previous cluster, same place", &["{"]).at(Cluster, Clusters),
    info(A::Retry, "retry", "try again now whatever waits", &["R"]).at(Anywhere, Clusters).hinted("retry").in_palette(),
    info(A::Login, "login", "log in: runs the cluster's credential plugin in the terminal", &["L"])
        .at(Anywhere, Clusters)
        .hinted("login")
        .in_palette(),
    info(
        A::BackgroundRefresh,
        "background-refresh",
        "background refresh on or off: watch or survey the clusters behind",
        &[],
    )
    .at(Anywhere, Clusters)
    .in_palette(),
    info(A::FoldWell, "fold-well", "fold the well clusters to one line", &["w"])
        .at(Board, Clusters)
        .hinted("fold")
        .in_palette(),
    info(A::Up, "up", "up", &["k", "Up"]).at(Anywhere, Moving),
    info(A::Down, "down", "down", &["j", "Down"]).at(Anywhere, Moving),
    info(A::PageUp, "page-up", "page up", &["PgUp", "Ctrl+B"]).at(Anywhere, Moving),
    info(A::PageDown, "page-down", "page down", &["PgDn", "Ctrl+F"]).at(Anywhere, Moving),
    info(A::Top, "top", "first row", &["g", "Home"]).at(Anywhere, Moving),
    info(A::Bottom, "bottom", "last row", &["G", "End"]).at(Anywhere, Moving),
    info(A::Enter, "enter", "go to the selected", &["Enter"]).at(Anywhere, Moving).hinted("go"),
    info(A::FocusPrevious, "focus-previous", "focus the pane to the left", &["Left"]).at(Cluster, Moving),
    info(A::FocusNext, "focus-next", "focus the pane to the right", &["Right"]).at(Cluster, Moving),
    info(A::ScrollLeft, "scroll-left", "scroll columns to the left", &["Shift+Left"]).at(Cluster, Moving),
    info(A::ScrollRight, "scroll-right", "scroll columns to the right", &["Shift+Right"]).at(Cluster, Moving),
    info(A::Back, "back", "back: closes dialog, marks, filter or view; never quits", &["Esc"])
        .at(Anywhere, Moving)
        .hinted("back"),
    info(A::HistoryBack, "history-back", "back in the history of this tab", &["Alt+-"]).at(Cluster, Moving),
    info(A::HistoryForward, "history-forward", "forward again", &["Alt+="]).at(Cluster, Moving),
    info(A::Owner, "owner", "go to the owner of the selected object", &["J"])
        .at(Cluster, Moving)
        .hinted("owner")
        .in_palette(),
    info(
        A::Belongings,
        "belongings",
        "choose what belongs to the selected: pods, what it owns, a namespace's content",
        &["b"],
    )
    .at(Cluster, Moving)
    .hinted("belongs")
    .in_palette(),
    info(A::NextKind, "next-kind", "next kind", &["."]).at(Cluster, Tables).hinted("kind"),
    info(A::PreviousKind, "previous-kind", "previous kind", &[","]).at(Cluster, Tables),
    info(A::Kinds, "kinds", "choose a kind: all the server serves", &["K"])
        .at(Cluster, Tables)
        .hinted("kinds")
        .in_palette(),
    info(A::Filter, "filter", "filter the table, Attention, Changes or the board", &["/"])
        .at(Cluster, Tables)
        .hinted("filter"),
    info(A::Filter, "page-filter", "", &["/"]).at(Page, Tables).hinted("filter"),
    info(A::Filter, "board-filter", "", &["/"]).at(Board, Clusters).hinted("filter"),
    info(A::Namespace, "namespace", "choose a namespace", &["n"]).at(Cluster, Tables).hinted("namespace").in_palette(),
    info(A::AllNamespaces, "all-namespaces", "all namespaces", &["0"]).at(Cluster, Tables).in_palette(),
    info(
        A::ForgetNamespace,
        "forget-namespace",
        "forget the namespace under the cursor, in the sidebar or the list of namespaces, if it was typed in",
        &["Del"],
    )
    .at(Cluster, Tables)
    .hinted("forget"),
    info(A::Mark, "mark", "mark the row; in the sidebar: select several namespaces", &["Space"]).at(Cluster, Tables),
    info(A::MarkRange, "mark-range", "mark all rows from the one marked last", &["Ctrl+Space"]).at(Cluster, Tables),
    info(A::CopyNames, "copy-name", "copy the name, or those of the marked rows (OSC 52)", &["c"])
        .at(Cluster, Tables)
        .hinted("copy"),
    info(A::CopyCell, "copy-cell", "choose a cell of the row to copy", &["Y"]).at(Cluster, Tables),
    info(A::CopyTsv, "copy-table-tsv", "copy the table, or its marked rows, as TSV", &[])
        .at(Cluster, Tables)
        .in_palette(),
    info(A::CopyJson, "copy-table-json", "copy the table, or its marked rows, as JSON", &[])
        .at(Cluster, Tables)
        .in_palette(),
    info(A::SaveTsv, "save-table-tsv", "save the table, or its marked rows, as TSV", &[])
        .at(Cluster, Tables)
        .in_palette(),
    info(A::SaveJson, "save-table-json", "save the table, or its marked rows, as JSON", &[])
        .at(Cluster, Tables)
        .in_palette(),
    info(A::Columns, "columns", "choose columns, their order and width", &["W"]).at(Cluster, Tables).in_palette(),
    info(A::Refresh, "refresh", "refresh: list anew, and ask again now whatever waits", &["Ctrl+R"])
        .at(Cluster, Tables)
        .in_palette(),
    info(A::Unwell, "only-unwell", "only what is unwell", &["u"]).at(Cluster, Tables).hinted("unwell").in_palette(),
    info(A::Sort, "sort", "sort by another column", &["S"]).at(Cluster, Tables).hinted("sort").in_palette(),
    info(A::Invert, "invert", "invert the order", &["I"]).at(Cluster, Tables).in_palette(),
    info(A::Wide, "wide", "all columns", &["w"]).at(Cluster, Tables).hinted("wide").in_palette(),
    info(A::Zoom, "zoom", "hide or show the sidebar", &["z"]).at(Cluster, Tables).in_palette(),
    info(A::Describe, "describe", "describe, as kubectl does", &["d"]).at(Cluster, Chapter::Details).hinted("describe"),
    info(A::Yaml, "yaml", "YAML", &["y"]).at(Cluster, Chapter::Details).hinted("yaml"),
    info(A::Describe, "page-describe", "", &["d"]).at(Page, Chapter::Details).hinted("describe"),
    info(A::Yaml, "page-yaml", "", &["y"]).at(Page, Chapter::Details).hinted("yaml"),
    info(A::Owner, "page-owner", "", &["J"]).at(Page, Chapter::Details),
    info(A::Belongings, "page-belongings", "", &["b"]).at(Page, Chapter::Details),
    info(A::Describe, "details-describe", "", &["d"]).at(Place::Details, Chapter::Details),
    info(A::Yaml, "details-yaml", "", &["y"]).at(Place::Details, Chapter::Details),
    info(A::NextSection, "next-section", "next section: describe, related, events, YAML", &[".", "Right"])
        .at(Place::Details, Chapter::Details)
        .hinted("section"),
    info(A::PreviousSection, "previous-section", "previous section", &[",", "Left"])
        .at(Place::Details, Chapter::Details),
    info(A::Search, "search", "search in the page", &["/"]).at(Place::Details, Chapter::Details).hinted("search"),
    info(A::NextMatch, "next-match", "next match", &["n"]).at(Place::Details, Chapter::Details),
    info(A::PreviousMatch, "previous-match", "previous match", &["N"]).at(Place::Details, Chapter::Details),
    info(A::Fold, "fold", "fold or unfold", &["Space"]).at(Place::Details, Chapter::Details).hinted("fold"),
    info(A::Wrap, "wrap", "wrap long lines", &["w"]).at(Place::Details, Chapter::Details).hinted("wrap"),
    info(A::Seen, "seen", "take the changes as seen: only later ones are marked", &["M"])
        .at(Place::Details, Chapter::Details),
    info(A::Decode, "decode", "show or hide the key of a Secret under the cursor", &["x"])
        .at(Place::Details, Chapter::Details),
    info(A::CopyPage, "copy-page", "copy the page (OSC 52)", &["c"])
        .at(Place::Details, Chapter::Details)
        .hinted("copy"),
    info(A::CopyLine, "copy-line", "copy the line", &["Y"]).at(Place::Details, Chapter::Details),
    info(A::ScrollLeft, "details-scroll-left", "", &["Shift+Left"]).at(Place::Details, Chapter::Details),
    info(A::ScrollRight, "details-scroll-right", "", &["Shift+Right"]).at(Place::Details, Chapter::Details),
    info(A::Zoom, "details-zoom", "", &["z"]).at(Place::Details, Chapter::Details),
    info(A::Owner, "details-owner", "", &["J"]).at(Place::Details, Chapter::Details),
    info(A::Belongings, "details-belongings", "", &["b"]).at(Place::Details, Chapter::Details),
    info(A::HistoryBack, "details-history-back", "", &["Alt+-"]).at(Place::Details, Chapter::Details),
    info(A::HistoryForward, "details-history-forward", "", &["Alt+="]).at(Place::Details, Chapter::Details),
    info(A::HistoryBack, "page-history-back", "", &["Alt+-"]).at(Page, Moving),
    info(A::HistoryForward, "page-history-forward", "", &["Alt+="]).at(Page, Moving),
    info(
        A::Overview,
        "overview",
        "overview of the cluster: nodes, capacity, workloads, top consumers, warnings",
        &["O"],
    )
    .at(Anywhere, Tables)
    .in_palette(),
    info(A::Attention, "attention", "Attention: what is wrong in this cluster, worst first", &["A"])
        .at(Anywhere, Tables)
        .hinted("attention")
        .in_palette(),
    info(A::Ignore, "ignore", "ignore what is selected in Attention: here, in this cluster, everywhere", &["i"])
        .at(Page, Tables)
        .hinted("ignore"),
    info(A::Explain, "explain", "explain the selected: the chain of evidence in plain words", &["X"])
        .at(Anywhere, Tables)
        .hinted("explain")
        .in_palette(),
    info(A::Changes, "changes", "Changes: what the watches saw change in this cluster", &["T"])
        .at(Anywhere, Tables)
        .hinted("changes")
        .in_palette(),
    info(A::ChangesHere, "changes-here", "what changed of the selected object alone", &["t"])
        .at(Anywhere, Tables)
        .in_palette(),
    info(A::Ignored, "ignored", "what Attention ignores, to hear of it again", &[]).at(Anywhere, Tables).in_palette(),
    info(A::Palette, "palette", "palette: clusters, kinds, namespaces, commands", &[":", "Ctrl+P"])
        .at(Anywhere, Program)
        .hinted("palette"),
    info(A::Help, "help", "help", &["?"]).at(Anywhere, Program).hinted("help").in_palette(),
    info(A::Diagnostics, "diag", "diagnostics: connections, opening times, memory, history", &[])
        .at(Anywhere, Program)
        .in_palette(),
    info(A::Suspend, "suspend", "suspend to the shell", &["Ctrl+Z"]).at(Anywhere, Program).in_palette(),
    info(A::Quit, "quit", "close the topmost layer; at the root quit", &["q"]).at(Anywhere, Program),
    info(A::QuitNow, "q", "quit", &["Ctrl+C"]).at(Anywhere, Program).in_palette(),
    info(A::Up, "dialog-up", "previous entry", &["Up", "Ctrl+K"]).at(Dialog, Moving),
    info(A::Down, "dialog-down", "next entry", &["Down", "Ctrl+J", "Tab"]).at(Dialog, Moving),
    info(A::PageUp, "dialog-page-up", "page up", &["PgUp"]).at(Dialog, Moving),
    info(A::PageDown, "dialog-page-down", "page down", &["PgDn"]).at(Dialog, Moving),
    info(A::Enter, "dialog-accept", "accept", &["Enter"]).at(Dialog, Moving),
    info(A::Back, "dialog-close", "close", &["Esc"]).at(Dialog, Moving),
    info(A::QuitNow, "dialog-quit", "quit", &["Ctrl+C"]).at(Dialog, Program),
    info(A::Suspend, "dialog-suspend", "suspend to the shell", &["Ctrl+Z"]).at(Dialog, Program),
];

/// Finds what there is to know about an action, in its ordinary place.
#[must_use]
pub fn about(action: Action) -> Option<&'static ActionInfo> {
    ACTIONS.iter().find(|info| info.action == action && info.place != Dialog)
}

/// The key table of the README, in Markdown; a test holds the README to it.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from("| keys | what |\n|---|---|\n");
    for chapter in Chapter::ALL {
        for info in ACTIONS.iter().filter(|info| info.chapter == chapter && info.place != Dialog) {
            if info.keys.is_empty() || info.title.is_empty() {
                continue;
            }
            let keys: Vec<String> = info.keys.iter().map(|key| code(key)).collect();
            let _ = writeln!(text, "| {} | {} |", keys.join(" "), info.title);
        }
    }
    text
}

fn code(key: &str) -> String {
    if key == "`" { "`` ` ``".to_owned() } else { format!("`{key}`") }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::app::input::Key;

    #[test]
    fn every_default_key_is_a_key_and_means_one_thing_in_its_place() {
        let mut seen = HashSet::new();
        for info in ACTIONS {
            for name in info.keys {
                let key: Key = name.parse().unwrap_or_else(|_| panic!("{name} of {} is no key", info.id));
                assert!(seen.insert((info.place, key)), "{name} means two things in {:?}", info.place);
            }
        }
    }

    #[test]
    fn ids_are_unique() {
        let ids: HashSet<_> = ACTIONS.iter().map(|info| info.id).collect();
        assert_eq!(ids.len(), ACTIONS.len());
    }
}
