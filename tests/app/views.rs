//! Every view as it looks: at three sizes, in colour and without, one file each. A file has the text of each size and
//! beneath it the styles line by line: `b12` is twelve cells of style `b`, and the legend says what that is in true colour
//! and under `NO_COLOR`. What no colour may be lost of is told by the second: there only weight, dimming and inversion are left.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::attention::troubled;
use crate::changes::{eventful, explained};
use crate::details::{cart, opened, show, show_release};
use crate::fleet::{Stage, UNIX, crashing, event, full, node, pod, uid};
use crate::overview::busy as busy_overview;
use crate::picture::{buffer, style, text};
use crate::screen::fleet;
use fleet_tui::model::event::EventRow;
use fleet_tui::model::failure::FailureKind;
use fleet_tui::model::kind::Kind;
use fleet_tui::model::object::{ColumnDefinition, ObjectRow, Value};
use fleet_tui::model::pod::PodRow;
use fleet_tui::model::resource::ApiResource;
use fleet_tui::model::update::{Reading, Update};
use fleet_tui::terminal::color::ColorDepth;
use fleet_tui::view::canvas::ViewModel;
use proptest::prelude::*;
use serde_json::json;

type Size = (u16, u16);

const SIZES: [Size; 3] = [(80, 24), (120, 40), (200, 60)];

/// A view by its name, and how one comes to see it.
type View = (&'static str, fn(Size) -> Stage);

const VIEWS: &[View] = &[
    ("board", fleet),
    ("board_with_the_well_folded", |size| after(fleet(size), "w")),
    ("board_filtered", |size| typed(after(fleet(size), "/"), "prod", "Enter")),
    ("board_filtered_to_nothing", |size| typed(after(fleet(size), "/"), "nosuch", "Enter")),
    ("pods", |size| after(fleet(size), "2 j j")),
    ("pods_of_a_namespace_marked_and_wide", |size| after(fleet(size), "2 Left j Enter Right w Space j Space")),
    ("nodes", |size| after(fleet(size), "2 .")),
    ("events", |size| after(busy(size), ". .")),
    ("namespaces", |size| after(fleet(size), "2 . . .")),
    ("any_kind", any_kind),
    ("overview", busy_overview),
    ("overview_of_an_empty_cluster", |size| after(empty(size), "O")),
    ("belongings", |size| after(any_kind(size), "b")),
    ("belongings_of_a_namespace", |size| after(any_kind(size), ", b")),
    ("details_yaml", |size| found(size, "y")),
    ("details_describe", |size| found(size, "d")),
    ("details_containers", |size| found(size, "Enter")),
    ("details_related", |size| found(size, "d . .")),
    ("details_events", |size| found(size, "d . . .")),
    ("details_unanswered", unanswered),
    ("helm_releases", helm),
    ("helm_release", |size| show_release(size)),
    ("helm_release_manifest", |size| after(show_release(size), ". . . .")),
    ("attention", |size| after(troubled(size), "j")),
    ("attention_filtered", |size| typed(after(troubled(size), "/"), "shop !image", "Enter")),
    ("attention_with_nothing_wrong", |size| after(calm(size), "A")),
    ("explain", explained),
    ("changes", |size| after(eventful(size), "T j")),
    ("changes_filtered", |size| typed(after(eventful(size), "T /"), "cart", "")),
    ("changes_with_nothing_changed", |size| after(calm(size), "t")),
    ("ignoring", |size| after(troubled(size), "j i")),
    ("copying_a_cell", |size| after(fleet(size), "2 Y")),
    ("scrolled_sideways", |size| after(fleet(size), "2 Shift+Right Shift+Right")),
    ("setting", |size| typed(after(fleet(size), "2 :"), "toast.time 9s", "Enter")),
    ("diagnostics", |size| typed(after(fleet(size), "2 :"), "diag", "Enter")),
    ("picker", |size| typed(after(fleet(size), "o"), "d", "")),
    ("palette", |size| typed(after(fleet(size), "2 :"), "no", "")),
    ("palette_with_nothing_found", |size| typed(after(fleet(size), "2 :"), "zzzz", "")),
    ("namespace_picker", |size| after(fleet(size), "2 n")),
    ("kinds", |size| after(any_kind(size), "K")),
    ("sort", |size| after(fleet(size), "2 S")),
    ("columns", |size| after(fleet(size), "2 Space W")),
    ("help", |size| after(fleet(size), "2 ?")),
    ("filter", |size| typed(after(fleet(size), "2 /"), "cart status=running", "")),
    ("filter_that_is_wrong", |size| typed(after(fleet(size), "2 /"), "restarts>=5 statsu=x", "")),
    ("filter_that_finds_nothing", |size| typed(after(fleet(size), "2 /"), "nosuch", "Enter")),
    ("empty_without_clusters", |size| after(Stage::open(&["a"], size), "Ctrl+W")),
    ("empty_without_pods", empty),
    ("empty_while_connecting", |size| after(Stage::open(&["prod", "dev"], size), "1")),
    ("error_never_reached", |size| after(fleet(size), "6")),
    ("error_login_expired", |size| after(fleet(size), "5")),
    ("error_stale", |size| after(fleet(size), "3")),
    ("error_forbidden", forbidden),
    ("error_network", network),
];

fn after(mut stage: Stage, keys: &str) -> Stage {
    stage.settle();
    stage.press(keys);
    stage
}

fn typed(mut stage: Stage, text: &str, keys: &str) -> Stage {
    stage.type_text(text);
    after(stage, keys)
}

/// A cluster in which much happens.
fn busy(size: Size) -> Stage {
    let mut stage = Stage::open(&["prod"], size);
    let pods = (0..30).map(|number| pod("shop", &format!("cart-7d9f8b6c4-x2kq{number}"))).collect();
    stage.serve("prod", pods, vec![node("node-a", true)]);
    let told = |number: i64| EventRow {
        last_seen: UNIX.plus(-number * 37),
        message: if number % 4 == 0 {
            "Readiness probe failed: HTTP probe failed with statuscode: 503".into()
        } else {
            "Successfully pulled image \"registry.example.com/cart:2.1.0\" in 1.204s".into()
        },
        event_type: Arc::from(if number % 4 == 0 { "Warning" } else { "Normal" }),
        count: 1 + number as u32 % 9,
        ..event("shop", &format!("cart-7d9f8b6c4-x2kq{number}"), if number % 4 == 0 { "Unhealthy" } else { "Pulled" })
    };
    stage.update("prod", Update::Events(full((0..30).map(told).collect())));
    stage
}

fn calm(size: Size) -> Stage {
    let mut stage = Stage::open(&["prod"], size);
    stage.serve("prod", vec![pod("shop", "cart-0")], vec![node("node-a", true)]);
    stage.update("prod", Update::Events(full(Vec::new())));
    stage
}

fn resource(group: &str, plural: &str, kind: &str, short: &str) -> ApiResource {
    ApiResource {
        group: group.to_owned(),
        version: "v1".to_owned(),
        plural: plural.to_owned(),
        singular: kind.to_lowercase(),
        kind: kind.to_owned(),
        short_names: vec![short.to_owned()],
        namespaced: true,
        verbs: vec!["list".to_owned()],
        categories: Vec::new(),
    }
}

fn column(name: &str, format: &str, priority: i32) -> ColumnDefinition {
    ColumnDefinition { name: name.to_owned(), format: format.to_owned(), priority, ..ColumnDefinition::default() }
}

fn object(name: &str, age: i64, cells: Vec<Value>) -> ObjectRow {
    let cells = [Value::Text(name.into())].into_iter().chain(cells).collect();
    ObjectRow {
        uid: uid(name),
        namespace: "shop".into(),
        name: name.into(),
        created: UNIX.plus(-age),
        deleting: None,
        owners: Box::default(),
        cells,
    }
}

fn words(text: &str) -> Value {
    Value::Text(text.into())
}

/// Deployments, of which one is short of pods.
fn any_kind(size: Size) -> Stage {
    let mut stage = Stage::open(&["prod"], size);
    let kinds = [("apps", "deployments", "Deployment", "deploy"), ("", "configmaps", "ConfigMap", "cm")];
    stage.serve("prod", vec![pod("shop", "cart-0")], vec![node("node-a", true)]);
    let kinds = kinds.map(|(group, plural, kind, short)| Arc::new(resource(group, plural, kind, short)));
    stage.update("prod", Update::Resources(kinds.to_vec()));
    let mut stage = typed(after(stage, "1 :"), "deploy", "Enter");
    let kind = Kind::of(Arc::clone(&kinds[0]));
    let definitions = [("Name", "name", 0), ("Ready", "", 0), ("Up-to-date", "", 0), ("Available", "", 0)]
        .into_iter()
        .chain([("Age", "", 0), ("Containers", "", 1), ("Images", "", 1), ("Selector", "", 1)]);
    let definitions = definitions.map(|(name, format, priority)| column(name, format, priority)).collect();
    let row = |name: &str, ready: &str, number: i64, age: i64| {
        let since = Value::Since(UNIX.plus(-age));
        let image = format!("registry.example.com/{name}:1.24.3");
        let selector = format!("app.kubernetes.io/name={name}");
        object(
            name,
            age,
            vec![
                words(ready),
                Value::Number(number),
                Value::Number(number),
                since,
                words(name),
                words(&image),
                words(&selector),
            ],
        )
    };
    let rows = vec![
        row("cart", "3/3", 3, 86_400 * 40),
        row("payments", "1/4", 4, 7_200),
        row("recommendations-of-the-season", "12/12", 12, 86_400 * 400),
        row("search", "0/0", 0, 95),
    ];
    stage.update("prod", Update::Reading(kind.clone(), Reading::Waiting));
    stage.update("prod", Update::Columns(kind.clone(), definitions));
    stage.update("prod", Update::Objects(kind.clone(), full(rows)));
    stage.update("prod", Update::Reading(kind, Reading::Live));
    stage
}

fn helm(size: Size) -> Stage {
    let mut stage = typed(after(calm(size), "1 :"), "helm", "Enter");
    let kind = Kind::helm();
    let names = ["Name", "Revision", "Status", "Chart", "App Version", "Updated"];
    let definitions = names.map(|name| column(name, if name == "Name" { "name" } else { "" }, 0)).to_vec();
    let row = |name: &str, revision: i64, status: &str, chart: &str| {
        let updated = Value::Since(UNIX.plus(-revision * 86_400));
        object(name, 9_000, vec![Value::Number(revision), words(status), words(chart), words("2.4.1"), updated])
    };
    let rows = vec![row("cart", 7, "deployed", "cart-1.2.3"), row("search", 12, "failed", "search-0.9.0")];
    stage.update("prod", Update::Reading(kind.clone(), Reading::Waiting));
    stage.update("prod", Update::Columns(kind.clone(), definitions));
    stage.update("prod", Update::Objects(kind.clone(), full(rows)));
    stage.update("prod", Update::Reading(kind, Reading::Live));
    stage
}

/// A pod whose page is open and found.
fn found(size: Size, keys: &str) -> Stage {
    let mut stage = Stage::open(&["a"], size);
    stage.serve("a", vec![pod("checkout", "cart-0"), pod("checkout", "cart-1")], vec![node("n", true)]);
    let mut stage = after(stage, keys.split(' ').next().unwrap_or_default());
    let mut value = cart();
    value["spec"]["nodeName"] = json!("n");
    value["metadata"]["creationTimestamp"] = json!("2026-09-20T13:00:00Z");
    value["status"]["containerStatuses"] = json!([{
        "name": "api", "ready": false, "restartCount": 3, "image": "registry/cart:1.2",
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s restarting failed container=api"}},
        "lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137, "startedAt": "2026-09-21T13:00:00Z",
            "finishedAt": "2026-09-21T13:04:00Z"}},
    }]);
    show(&mut stage, value);
    after(stage, keys.split_once(' ').map_or("", |(_, keys)| keys))
}

/// A page that the server has not answered for a while.
fn unanswered(size: Size) -> Stage {
    let mut stage = opened(size);
    stage.wait(20);
    stage
}

fn empty(size: Size) -> Stage {
    let mut stage = Stage::open(&["sandbox"], size);
    stage.serve("sandbox", Vec::new(), vec![node("node-a", true)]);
    after(stage, "1")
}

fn forbidden(size: Size) -> Stage {
    let mut stage = Stage::open(&["team"], size);
    stage.up("team");
    let words =
        "pods is forbidden: User \"lowpriv\" cannot list resource \"pods\" in API group \"\" at the cluster scope";
    for kind in Kind::STANDING {
        stage.update("team", Update::Reading(kind, Reading::Forbidden(words.to_owned())));
    }
    after(stage, "1")
}

fn network(size: Size) -> Stage {
    let mut stage = Stage::open(&["a", "b", "c"], size);
    for name in ["a", "b", "c"] {
        stage.serve(name, vec![pod("ns", "x")], vec![node("n", true)]);
    }
    for name in ["a", "b", "c"] {
        stage.miss(name);
        stage.wait(1);
    }
    stage
}

/// The styles met so far, each under a letter: in true colour, and without colours.
#[derive(Default)]
struct Legend(Vec<(String, String)>);

impl Legend {
    fn letter(&mut self, style: (String, String)) -> String {
        let known = self.0.iter().position(|other| *other == style);
        let index = known.unwrap_or_else(|| {
            self.0.push(style);
            self.0.len() - 1
        });
        let letter = |index: usize| char::from(b'a' + (index % 26) as u8);
        if index < 26 { letter(index).to_string() } else { format!("{}{}", letter(index / 26 - 1), letter(index)) }
    }

    /// The styles of a picture, line by line; lines that are alike are told once.
    fn styles(&mut self, model: &ViewModel) -> String {
        let (colour, plain) = (buffer(model, ColorDepth::TrueColor), buffer(model, ColorDepth::None));
        let mut lines: Vec<(u16, u16, String)> = Vec::new();
        for y in 0..model.size.1 {
            let mut runs: Vec<(String, u16)> = Vec::new();
            for x in 0..model.size.0 {
                let letter = self.letter((style(&colour[(x, y)]), style(&plain[(x, y)])));
                match runs.last_mut() {
                    Some((known, count)) if *known == letter => *count += 1,
                    _ => runs.push((letter, 1)),
                }
            }
            let told: Vec<String> = runs.iter().map(|(letter, count)| format!("{letter}{count}")).collect();
            let told = told.join(" ");
            match lines.last_mut() {
                Some((_, last, known)) if *known == told => *last = y,
                _ => lines.push((y, y, told)),
            }
        }
        lines.iter().fold(String::new(), |mut out, (first, last, told)| {
            let place = if first == last { first.to_string() } else { format!("{first}-{last}") };
            let _ = writeln!(out, "{place}: {told}");
            out
        })
    }
}

#[test]
fn each_view_at_three_sizes_in_colour_and_without() {
    for (name, view) in VIEWS {
        let (mut legend, mut shown) = (Legend::default(), String::new());
        for (width, height) in SIZES {
            let picture = view((width, height)).picture();
            let _ = writeln!(shown, "== {width}x{height}\n{}--", text(&picture));
            shown.push_str(&legend.styles(&picture));
        }
        shown.push_str("== styles\n");
        for style in legend.0.clone() {
            let letter = legend.letter(style.clone());
            let _ = writeln!(shown, "{letter}: {} | {}", style.0, style.1);
        }
        insta::with_settings!({prepend_module_to_snapshot => false, snapshot_path => "views", omit_expression => true}, {
            insta::assert_snapshot!(*name, shown);
        });
    }
}

#[test]
fn without_colour_nothing_is_told_by_colour() {
    for (name, view) in VIEWS {
        let picture = view((120, 40)).picture();
        let plain = buffer(&picture, ColorDepth::None);
        for cell in &plain.content {
            assert!(!style(cell).contains('#') && style(cell).starts_with("Reset"), "{name}: {}", style(cell));
        }
    }
}

#[test]
fn each_view_is_drawn_at_every_size_there_is() {
    // All small sizes, where layouts break, and a coarse grid of the others.
    let small = (0..=24).flat_map(|width| (0..=12).map(move |height| (width, height)));
    let large = [30, 41, 59, 60, 61, 79, 99, 132, 199, 301, 500].into_iter();
    let large = large.flat_map(|width| [1, 2, 5, 15, 16, 17, 33, 70, 200].map(|height| (width, height)));
    let sizes: Vec<Size> = small.chain(large).collect();
    for (name, view) in VIEWS {
        let mut stage = view((120, 40));
        for size in &sizes {
            stage.app.size = *size;
            let picture = stage.picture();
            assert_eq!(text(&picture).lines().count(), usize::from(size.1), "{name} at {size:?}");
        }
    }
}

/// What may stand in a name and is no ordinary letter.
fn hostile() -> impl Strategy<Value = String> {
    let bits = prop::sample::select(vec![
        "\u{1b}[2J",
        "\u{1b}]0;x\u{7}",
        "\r",
        "\n",
        "\t",
        "\u{8}",
        "\u{0}",
        "\u{7f}",
        "\u{9b}31m",
        "\u{202e}",
        "\u{202d}",
        "\u{2066}",
        "\u{2069}",
        "\u{200b}",
        "\u{200d}",
        "\u{200f}",
        "\u{feff}",
        "\u{ad}",
        "\u{301}",
        "\u{20dd}",
        "\u{fe0f}",
        "e\u{301}\u{302}\u{303}",
        "東京",
        "👩‍👩‍👧‍👦",
        "🇩🇪",
        "👍🏽",
        "ﷺ",
        "\u{1f3fb}",
        "ｗｉｄｅ",
        "ก็็็็",
        "\u{e0041}",
        "\u{3164}",
        "a",
        "-",
        "cart",
        "\u{115f}",
        "\u{1160}",
        "☺\u{fe0f}",
        "\u{2028}",
        "\u{85}",
        "ไ",
        "مرحبا",
        "שלום",
    ]);
    prop::collection::vec(bits, 1..9).prop_map(|bits| bits.concat())
}

/// The cell at which the rows have their mark, whatever the names before it are: as placed, not as the text measures.
fn marks(model: &ViewModel) -> Vec<u16> {
    let cells = buffer(model, ColorDepth::TrueColor);
    let at = |x: u16, y: u16| {
        "MARK".chars().zip(x..).all(|(letter, x)| x < cells.area.width && cells[(x, y)].symbol() == letter.to_string())
    };
    let comma = |x: u16, y: u16| x + 4 < cells.area.width && cells[(x + 4, y)].symbol() == ",";
    let rows = (5..cells.area.height).filter_map(|y| (0..cells.area.width).find(|x| at(*x, y)).map(|x| (x, y)));
    rows.filter(|(x, y)| !comma(*x, *y)).map(|(x, _)| x).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn a_hostile_name_neither_moves_the_cursor_nor_breaks_a_column(
        names in prop::collection::vec(hostile(), 3), width in 60..220_u16, keys in "[.jwdyXATtnObKWY?:uSi]{0,5}",
    ) {
        let mut stage = Stage::open(&["prod"], (width, 24));
        let rows = names.iter().enumerate().map(|(number, name)| PodRow {
            uid: uid(&format!("{number}")),
            name: name.as_str().into(),
            status: Arc::from("MARK"),
            ..crashing("shop", "x")
        });
        let namespaced = PodRow { namespace: Arc::from(&*names[0]), status: Arc::from("MARK"), ..pod("x", "y") };
        stage.serve("prod", rows.chain([namespaced]).collect(), vec![node(&names[1], false)]);
        stage.update("prod", Update::Events(full(vec![event(&names[2], &names[0], "BackOff")])));
        stage.down("prod", FailureKind::Refused, &names[1]);
        stage.up("prod");
        let mut stage = after(stage, "1");
        let picture = stage.picture();
        let shown = text(&picture);
        let edges = marks(&picture);
        prop_assert!(edges.len() >= 4 && edges.iter().all(|edge| *edge == edges[0]), "{edges:?}\n{shown}");
        for key in keys.chars() {
            stage.press(&key.to_string());
        }
        let picture = stage.picture();
        let cells = buffer(&picture, ColorDepth::TrueColor);
        for y in 0..cells.area.height {
            let mut x = 0;
            while x < cells.area.width {
                let symbol = cells[(x, y)].symbol();
                let wide = unicode_width::UnicodeWidthStr::width(symbol);
                prop_assert!(wide > 0 || symbol.is_empty(), "{symbol:?} takes none");
                prop_assert!(!symbol.chars().any(|c| c.is_control() || ('\u{200e}'..='\u{200f}').contains(&c)
                    || ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c)), "{symbol:?}");
                x += u16::try_from(wide.max(1)).unwrap();
            }
            prop_assert_eq!(x, cells.area.width, "line {} ends where the screen does", y);
        }
    }
}
