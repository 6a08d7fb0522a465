//! The bottom lines: what the selected row has to say or the filter field, and the keys that work here.

use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::field::{Slash, slash};
use super::layout::Regions;
use super::text::{Line, Span, width};
use super::tone::Tone;
use super::{board, page};
use crate::app::action::{ACTIONS, Action, ActionInfo, Place, about};
use crate::app::filtering::Filtered;
use crate::app::layer::Layer;
use crate::app::namespaces::NamespacePicker;
use crate::app::state::App;
use crate::app::tab::{Page, Pane};
use crate::model::health::Health;
use crate::table::filter::parse::Wrong;
use crate::table::filter::selector::apart;

/// Draws rule, explanation and hints.
pub fn draw(app: &App, regions: &Regions, canvas: &mut Canvas<'_>) {
    canvas.rule(regions.bottom_rule);
    if regions.headline.height > 0 {
        canvas.rule(regions.top_rule);
    }
    if regions.sidebar.width > 0 {
        let tee = |y: u16| Rect { x: regions.sidebar.right(), y, width: 1, height: 1 };
        let (down, up) = (canvas.glyphs.tee_down, canvas.glyphs.tee_up);
        canvas.line(tee(regions.top_rule.y), vec![Span::new(down, Tone::Rule)]);
        canvas.line(tee(regions.bottom_rule.y), vec![Span::new(up, Tone::Rule)]);
    }
    if let Some(Layer::Filter { of, input, wrong, .. }) = app.layers.last() {
        filter_field(*of, input, wrong.as_ref(), regions, canvas);
    } else if let Some(Layer::Search { input, .. }) = app.layers.last() {
        super::details::search_field(app, input, regions, canvas);
    } else {
        let line = match app.fleet.active() {
            Some(_) if app.on_board() => board::explain(app),
            Some(cluster) => page::explain(app, cluster, canvas.glyphs),
            None => Line::new(),
        };
        canvas.line(regions.explain, line);
    }
    hints(app, regions, canvas);
}

/// Shown in the empty field: what a filter may look like.
const FILTERS: &str =
    "cart  !done  /re/  'fzy  status=Running  restarts>=5  age<2h  -l app=web  node~edge  -f spec.nodeName=n";
/// The same, where there are no columns.
const FILTERS_OF_TEXTS: &str = "cart  !done  \"two words\"  /re/  'fzy";
/// What becomes of selectors that are typed.
const ON_ENTER: &str = "Enter asks the server";

fn filter_field(
    of: Filtered,
    input: &tui_input::Input,
    wrong: Option<&Wrong>,
    regions: &Regions,
    canvas: &mut Canvas<'_>,
) {
    let example = if of == Filtered::Table { FILTERS } else { FILTERS_OF_TEXTS };
    let typed = input.value();
    let at = wrong.map(|wrong| typed.char_indices().nth(wrong.at).map_or(typed.len(), |(at, _)| at));
    let remark = match wrong {
        Some(wrong) => Some(Span::new(format!("{} {}", canvas.glyphs.unhealthy, wrong.why), Tone::Unhealthy)),
        None if apart(typed).0.is_empty() => None,
        None => Some(Span::new(ON_ENTER, Tone::Faint)),
    };
    slash(&Slash { input, example, wrong: at, remark }, regions.explain, canvas);
}

/// The order in which keys are hinted, most useful first; what does not fit is left out.
const ON_BOARD: &[Action] = &[
    Action::Enter,
    Action::NextCluster,
    Action::OpenPicker,
    Action::Filter,
    Action::Palette,
    Action::FoldWell,
    Action::Help,
];
const IN_CLUSTER: &[Action] = &[
    Action::NextCluster,
    Action::Board,
    Action::Describe,
    Action::Yaml,
    Action::Filter,
    Action::Namespace,
    Action::Attention,
    Action::Unwell,
    Action::NextKind,
    Action::Palette,
    Action::Help,
    Action::OpenPicker,
    Action::Sort,
    Action::Wide,
];
const IN_DETAILS: &[Action] =
    &[Action::NextSection, Action::Search, Action::Fold, Action::CopyPage, Action::Wrap, Action::Palette, Action::Help];
const ON_PAGE: &[Action] = &[
    Action::Enter,
    Action::Back,
    Action::Ignore,
    Action::Filter,
    Action::NextCluster,
    Action::Palette,
    Action::Board,
    Action::Describe,
    Action::Help,
];
const NOTHING_OPEN: &[Action] = &[Action::OpenPicker, Action::Palette, Action::Help];

fn hints(app: &App, regions: &Regions, canvas: &mut Canvas<'_>) {
    let place = app.place();
    let line = if let Some(layer) = app.layers.last() {
        dialog_hints(app, layer)
    } else {
        let actions = match (app.fleet.is_empty(), place) {
            (true, _) => NOTHING_OPEN,
            (false, Place::Board) => ON_BOARD,
            (false, Place::Details) => IN_DETAILS,
            (false, Place::Page) => ON_PAGE,
            _ => IN_CLUSTER,
        };
        let single = app.fleet.len() < 2;
        // Only these pages tell what can be ignored.
        let page = app.fleet.active().map(|front| front.view.page());
        let judged = matches!(page, Some(Page::Attention(_) | Page::Overview(_)));
        let useful = |action: &&Action| match action {
            Action::NextCluster | Action::Board => !single,
            Action::Ignore => judged,
            Action::Filter => app.filtered().is_some(),
            // Not all lines of the overview are about an object.
            Action::Describe => place != Place::Page || app.selected_object().is_some_and(|about| about.kind.is_some()),
            _ => true,
        };
        // What is under the cursor there, if it was typed in, can be forgotten.
        let forget: &[Action] = if forgettable(app) { &[Action::ForgetNamespace] } else { &[] };
        let known = remedies(app)
            .iter()
            .chain(forget)
            .chain(actions)
            .filter(useful)
            .filter_map(|action| hinted(*action, place));
        known.map(|info| (info.keys.first().copied().unwrap_or_default(), info.hint)).collect()
    };
    // Who does not find the key they look for looks there: it has its room before all others.
    let help = hinted(Action::Help, place).and_then(|info| info.keys.first().copied());
    let (ways, keys): (Vec<_>, Vec<_>) = line.into_iter().partition(|(key, _)| Some(*key) == help);
    let pair = |(key, hint): (&'static str, &'static str)| {
        vec![Span::new("   ", Tone::Text), Span::new(key, Tone::Key), Span::new(format!(" {hint}"), Tone::Dim)]
    };
    let ways: Vec<Span> = ways.into_iter().flat_map(pair).collect();
    let room = usize::from(regions.hints.width).saturating_sub(width(&ways));
    let mut spans = Vec::new();
    for pair in keys.into_iter().map(pair) {
        if width(&spans) + width(&pair) > room + 2 {
            break;
        }
        spans.extend(pair);
    }
    spans.extend(ways);
    // The first stands one cell from the edge.
    if let Some(first) = spans.first_mut() {
        *first = Span::new(" ", Tone::Text);
    }
    canvas.line(regions.hints, spans);
}

/// The keys that help the cluster meant, while it needs help; first of all hints.
fn remedies(app: &App) -> &'static [Action] {
    let Some(cluster) = app.meant().and_then(|id| app.fleet.get(&id)) else { return &[] };
    if cluster.plugin_hangs_for(&app.now).is_some() {
        // The next try is under way, and a login goes before it.
        return &[Action::Login];
    }
    match cluster.standing.health {
        Health::AuthFailed if app.can_log_in(&cluster.id) => &[Action::Login, Action::Retry],
        Health::AuthFailed | Health::Unhealthy | Health::Degraded => &[Action::Retry],
        Health::Unknown | Health::Warning | Health::Healthy => &[],
    }
}

fn hinted(action: Action, place: Place) -> Option<&'static ActionInfo> {
    ACTIONS.iter().find(|info| info.action == action && info.place == place).or_else(|| about(action))
}

/// Whether the cursor of the sidebar is on a namespace that was typed in.
fn forgettable(app: &App) -> bool {
    let cluster =
        app.fleet.active().filter(|cluster| app.place() == Place::Cluster && cluster.view.pane == Pane::Sidebar);
    cluster.is_some_and(|it| it.view.sidebar.key.iter().flatten().any(|name| it.is_typed_in(name)))
}

/// The keys of the list of namespaces; the one that forgets while the cursor is on one that was typed in.
fn namespace_hints(app: &App, picker: &NamespacePicker) -> Vec<(&'static str, &'static str)> {
    let mut hints = if picker.touched {
        vec![("Space", "select"), ("Enter", "keep"), ("Esc", "undo")]
    } else {
        vec![("Enter", "show it alone"), ("Space", "select several"), ("Esc", "close")]
    };
    if app.fleet.active().is_some_and(|cluster| picker.forgettable(cluster).is_some()) {
        let info = about(Action::ForgetNamespace);
        hints.extend(info.map(|info| (info.keys.first().copied().unwrap_or_default(), info.hint)));
    }
    hints
}

fn dialog_hints(app: &App, layer: &Layer) -> Vec<(&'static str, &'static str)> {
    match layer {
        Layer::Picker(picker) if picker.touched => vec![("Space", "check"), ("Enter", "apply"), ("Esc", "cancel")],
        Layer::Namespaces(picker) if picker.touched => namespace_hints(app, picker),
        // The list says that nothing matches; then there is nothing to do with it either.
        _ if layer.chooser().is_some_and(|chooser| chooser.hits.is_empty()) => vec![("Esc", "close")],
        Layer::Picker(_) => vec![("Enter", "open"), ("Space", "check several"), ("Esc", "close")],
        Layer::Palette(_) | Layer::Ignore(_) => vec![("Enter", "do it"), ("Esc", "close")],
        Layer::Namespaces(picker) => namespace_hints(app, picker),
        Layer::Columns(_) => {
            vec![
                ("Space", "show"),
                ("Alt+Up/Down", "move"),
                ("Alt+Left/Right", "width"),
                ("Del", "reset"),
                ("Esc", "close"),
            ]
        }
        Layer::Cells(_) => vec![("Enter", "copy"), ("Esc", "close")],
        Layer::Sort(_) => vec![("Enter", "sort"), ("Esc", "close")],
        Layer::Search { .. } => vec![("Enter", "keep"), ("Esc", "undo"), ("Up", "line up"), ("Down", "line down")],
        Layer::Kinds(_) | Layer::Belongings(_) => vec![("Enter", "show it"), ("Esc", "close")],
        Layer::Filter { .. } => vec![("Enter", "keep"), ("Esc", "undo"), ("Up", "row up"), ("Down", "row down")],
        Layer::Help(_) | Layer::Diagnostics(_) => vec![("j", "down"), ("k", "up"), ("Esc", "close")],
    }
}
