//! What there is of CPU, memory and places for pods, as bars with figures: used, asked for, free. Told apart by sign as
//! well as by tone.

use super::{Row, unknown};
use crate::app::cluster::OpenCluster;
use crate::app::metering::{KEPT, STEP};
use crate::app::state::App;
use crate::model::amount::{Amount, Amounts, bytes, cores, percent};
use crate::model::kind::Kind;
use crate::model::usage::Usage;
use crate::view::canvas::Canvas;
use crate::view::glyphs::Glyphs;
use crate::view::text::{Line, Span, pad, width};
use crate::view::tone::Tone;
use crate::view::words::{latency, number, span, sparkline};

/// Cells of the name of a row.
const LABEL: usize = 10;
/// Cells of a column of figures: an amount and its share.
const FIGURES: usize = 13;
/// Cells of a column with an amount alone.
const AMOUNT: usize = 12;
/// The least and most cells of a bar, and the most where there is plenty of room.
const BAR: (usize, usize, usize) = (12, 26, 40);
/// This many cells are plenty of room.
const PLENTY: usize = 150;
/// The least cells of a history that is worth drawing.
const HISTORY: usize = 12;
/// From this share on, in percent, what is used deserves a look.
const NEARLY_ALL: u64 = 90;

/// Which columns there is room for.
struct Fit {
    bar: usize,
    limits: bool,
    capacity: bool,
    history: usize,
}

impl Fit {
    fn of(room: usize) -> Self {
        let fixed = LABEL + 2 * FIGURES + AMOUNT;
        let limits = room >= fixed + FIGURES + BAR.0;
        let fixed = fixed + if limits { FIGURES } else { 0 };
        let capacity = room >= fixed + AMOUNT + BAR.0 + 8;
        let fixed = fixed + if capacity { AMOUNT } else { 0 };
        let bar = room.saturating_sub(fixed).min(if room >= PLENTY { BAR.2 } else { BAR.1 });
        let left = room.saturating_sub(fixed + bar);
        let history = if left >= HISTORY + 2 { ((left - 2) / 4 * 4).min(KEPT) } else { 0 };
        Self { bar, limits, capacity, history }
    }
}

/// One thing there is so much of.
struct Stock {
    name: &'static str,
    used: Option<u64>,
    asked: Option<u64>,
    limits: Option<u64>,
    all: Option<u64>,
    capacity: Option<u64>,
    write: fn(u64) -> String,
    history: Vec<Option<u64>>,
}

/// The lines, with a heading and an empty line before it.
pub fn rows(app: &App, cluster: &OpenCluster, room: usize, canvas: &Canvas<'_>) -> Vec<Row> {
    let (mut fit, glyphs) = (Fit::of(room), canvas.glyphs);
    if cluster.metering.history.is_empty() {
        fit.history = 0;
    }
    let mut rows = vec![Row::of(Line::new()), Row::of(heading(&fit, glyphs))];
    let load = &cluster.overview.load;
    let stale = cluster.figures_stale_for(&Kind::Nodes, &app.settings, &app.now).is_some()
        || cluster.stale_since(&Kind::Nodes, &app.settings, &app.now).is_some();
    if let Some(why) = unknown(cluster, &Kind::Nodes) {
        rows.push(Row::note(format!("{why}, so what there is in all is not known")));
    }
    let pods = cluster.has_rows(&Kind::Pods);
    let asked = |amount: Amount| pods.then(|| u64::from(amount.get().unwrap_or(0)));
    let used = used(cluster);
    let known = |amount: Amount| amount.get().map(u64::from);
    let history = |which: fn(&Amounts) -> Amount| {
        cluster.metering.history.samples(app.now.mono).map(|sample| known(which(&sample))).collect()
    };
    let stocks = [
        Stock {
            name: "CPU",
            used: known(used.cpu),
            asked: asked(load.requests.cpu),
            limits: asked(load.limits.cpu),
            all: known(load.allocatable.cpu),
            capacity: known(load.capacity.cpu),
            write: cores,
            history: history(|sample| sample.cpu),
        },
        Stock {
            name: "Memory",
            used: known(used.memory),
            asked: asked(load.requests.memory),
            limits: asked(load.limits.memory),
            all: known(load.allocatable.memory),
            capacity: known(load.capacity.memory),
            write: bytes,
            history: history(|sample| sample.memory),
        },
        Stock {
            name: "Pods",
            used: pods.then_some(load.pods as u64),
            asked: None,
            limits: None,
            all: Some(load.pod_limit as u64).filter(|limit| *limit > 0),
            capacity: None,
            write: |count| number(count as usize),
            history: Vec::new(),
        },
    ];
    rows.extend(stocks.iter().map(|stock| Row::of(line(stock, &fit, stale && stock.asked.is_some(), glyphs))));
    rows.push(Row::of(beats(cluster, &fit, glyphs)));
    rows
}

/// What is used: by the nodes as a whole or, where that is not measured, by the pods that may be seen.
fn used(cluster: &OpenCluster) -> Amounts {
    match &cluster.usage {
        Some((Usage::Measured(used), _)) => *used,
        _ => cluster.overview.load.used_by_pods,
    }
}

fn heading(fit: &Fit, glyphs: &Glyphs) -> Line {
    let mut line = vec![Span::new(pad("RESOURCES", LABEL, false), Tone::Strong)];
    let mut legend = Line::new();
    for (sign, word) in [(glyphs.full, "used"), (glyphs.empty, "requested"), (glyphs.dot, "free")] {
        let item = Span::new(format!("{sign} {word} "), Tone::Faint);
        if width(&legend) + item.width() > fit.bar {
            break;
        }
        legend.push(item);
    }
    let blank = fit.bar.saturating_sub(width(&legend));
    line.extend(legend);
    line.push(Span::new(" ".repeat(blank), Tone::Text));
    let mut column = |title: &str, cells: usize| line.push(Span::new(pad(title, cells, true), Tone::Dim));
    column("USED", FIGURES);
    column("REQUESTS", FIGURES);
    if fit.limits {
        column("LIMITS", FIGURES);
    }
    column("ALLOCATABLE", AMOUNT);
    if fit.capacity {
        column("CAPACITY", AMOUNT);
    }
    if fit.history > 0 {
        line.push(Span::new(format!("  last {}", span(STEP * fit.history as u32)), Tone::Dim));
    }
    line
}

fn line(stock: &Stock, fit: &Fit, stale: bool, glyphs: &Glyphs) -> Line {
    let mut line = vec![Span::new(pad(stock.name, LABEL, false), Tone::Text)];
    let share = |value: Option<u64>| percent(value?, stock.all?);
    let pressing = share(stock.used).is_some_and(|share| share >= NEARLY_ALL);
    let tone = match (pressing, stale) {
        (true, _) => Tone::Warning,
        (false, true) => Tone::Stale,
        (false, false) => Tone::Text,
    };
    line.extend(bar(stock, fit.bar, tone, glyphs));
    let figures = |value: Option<u64>, tone: Tone| {
        let amount = match value {
            Some(0) => "none".to_owned(),
            value => value.map_or_else(|| glyphs.dot.to_owned(), stock.write),
        };
        let share = share(value.filter(|value| *value > 0)).map(|share| format!("{share}%")).unwrap_or_default();
        Span::new(format!("{}{}", pad(&amount, FIGURES - 6, true), pad(&share, 6, true)), tone)
    };
    let quiet = |value: Option<u64>, tone: Tone| if value.is_some_and(|value| value > 0) { tone } else { Tone::Faint };
    let asked_for = |value: Option<u64>| match (value, stock.name) {
        // Nobody asks for pods.
        (None, "Pods") => Span::new(" ".repeat(FIGURES), Tone::Text),
        (value, _) => figures(value, quiet(value, Tone::Text)),
    };
    line.push(figures(stock.used, quiet(stock.used, tone)));
    line.push(asked_for(stock.asked));
    if fit.limits {
        line.push(asked_for(stock.limits));
    }
    let amount = |value: Option<u64>| {
        let text = value.map_or_else(|| glyphs.dot.to_owned(), stock.write);
        Span::new(pad(&text, AMOUNT, true), quiet(value, Tone::Dim))
    };
    line.push(amount(stock.all));
    if fit.capacity {
        line.push(if stock.name == "Pods" {
            Span::new(" ".repeat(AMOUNT), Tone::Text)
        } else {
            amount(stock.capacity)
        });
    }
    if fit.history > 0 && !stock.history.is_empty() {
        line.push(Span::new("  ", Tone::Text));
        line.extend(history(stock, fit.history, glyphs));
    }
    line
}

/// Used, asked for beyond that, and free: three signs, so that it reads without colours too.
fn bar(stock: &Stock, cells: usize, tone: Tone, glyphs: &Glyphs) -> Line {
    let Some(all) = stock.all.filter(|all| *all > 0) else {
        return vec![Span::new(" ".repeat(cells), Tone::Text)];
    };
    // What there is at all shows, and only what is full looks full.
    let filled = |value: Option<u64>| {
        let value = value.unwrap_or(0).min(all);
        let exact = value * cells as u64 / all;
        (exact as usize).max(usize::from(value > 0)).min(cells)
    };
    let used = filled(stock.used);
    let asked = filled(stock.asked).max(used);
    vec![
        Span::new(glyphs.full.repeat(used), tone),
        Span::new(glyphs.empty.repeat(asked - used), Tone::Dim),
        Span::new(glyphs.dot.repeat(cells - asked), Tone::Faint),
    ]
}

/// What was used lately, newest right. The scale ends well above the most that was used, but not beyond what there is:
/// a calm cluster draws a calm line, and only what is full looks full.
fn history(stock: &Stock, cells: usize, glyphs: &Glyphs) -> Line {
    let shown = stock.history.len().saturating_sub(cells);
    let samples = stock.history.get(shown..).unwrap_or_default();
    let most = samples.iter().flatten().copied().max().unwrap_or(0);
    let all = stock.all.unwrap_or(most);
    let top = (most * 3 / 2).max(all / 4).min(all.max(most)).max(1);
    let signs = samples.iter().map(|sample| match sample {
        Some(value) => Span::new(glyphs.bar(*value, top), Tone::Dim),
        None => Span::new(glyphs.gap, Tone::Faint),
    });
    signs.collect()
}

fn beats(cluster: &OpenCluster, fit: &Fit, glyphs: &Glyphs) -> Line {
    let mut line = vec![Span::new(pad("Latency", LABEL, false), Tone::Text)];
    line.extend(sparkline(&cluster.pulse, fit.bar, glyphs));
    let known = cluster.pulse.latency();
    let text = known.map_or_else(|| glyphs.dot.to_owned(), latency);
    let tone = if known.is_some() { Tone::Text } else { Tone::Faint };
    line.push(Span::new(format!("{}{}", pad(&text, FIGURES - 6, true), " ".repeat(6)), tone));
    line
}
