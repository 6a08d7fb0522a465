//! Changes: what the watches saw, newest first; of the cluster in front or of one object.

use ratatui::layout::Rect;

use super::canvas::{Canvas, Ground};
use super::content::tone;
use super::empty;
use super::layout::Regions;
use super::narrowed::{self, Finder};
use super::text::{Line, Span, pad, plain, spoken, width};
use super::tone::Tone;
use super::words::number;
use crate::app::changes::{About, Change};
use crate::app::cluster::OpenCluster;
use crate::app::cursor::Cursor;
use crate::app::pages::selected_change;
use crate::app::pointer::Target;
use crate::app::state::App;
use crate::model::age::{age, stamp};

/// Cells of the age.
const AGO: usize = 7;

/// Draws the page.
pub fn draw(
    app: &App,
    cluster: &OpenCluster,
    about: Option<&About>,
    cursor: &Cursor<u64>,
    regions: &Regions,
    canvas: &mut Canvas<'_>,
) {
    canvas.hit(regions.content, Target::Table);
    let row = Rect { height: 1, ..regions.content };
    let count = cluster.changes.newest(about).count();
    let mut left = vec![Span::new(" CHANGES", Tone::Accent), Span::new(format!(" {}", number(count)), Tone::Text)];
    left.push(Span::new("  newest first", Tone::Faint));
    left.extend(about.map(|about| Span::new(format!("  of {}", about.spoken()), Tone::Match)));
    let narrow = cluster.view.narrow();
    let admitted: Vec<&Change> = cluster.shown_changes(about).collect();
    let room = usize::from(row.width).saturating_sub(width(&left) + 2);
    let right = narrowed::told(narrow, admitted.len(), room, canvas.glyphs);
    canvas.bar(row, left, right);
    if count == 0 {
        let followed = about.is_none_or(|about| is_followed(&about.word));
        let told = if followed {
            "Nothing has changed since it was opened. What changes shows here by itself."
        } else {
            "Pods, nodes and rollouts are followed here, objects of this kind are not. `d` and `y` mark what changes of one."
        };
        empty::told(told, regions, canvas);
        return;
    }
    if admitted.is_empty() {
        empty::told(&narrowed::nothing("change", narrow, canvas.glyphs), regions, canvas);
        return;
    }
    let object = (usize::from(regions.rows.width) * 2 / 5).clamp(18, 60);
    let heading = format!("   {}  {}  WHAT", pad("AGO", AGO, true), pad("OBJECT", object, false));
    canvas.line(Rect { y: row.y + 1, ..row }, plain(heading, Tone::Dim));
    let mut finder = Finder::new(narrow);
    let shown = admitted.into_iter().enumerate().skip(cursor.top).take(usize::from(regions.rows.height));
    for (index, change) in shown {
        let area = Rect { y: regions.rows.y + (index - cursor.top) as u16, height: 1, ..regions.rows };
        let selected = index == cursor.index;
        canvas.on(
            area,
            line(app, change, object, selected, &mut finder, canvas),
            if selected { Ground::Selected } else { Ground::Bare },
        );
        canvas.hit(area, Target::PageRow(index));
    }
}

fn line(
    app: &App,
    change: &Change,
    object: usize,
    selected: bool,
    finder: &mut Finder<'_>,
    canvas: &Canvas<'_>,
) -> Line {
    let pointer = if selected { canvas.glyphs.pointer } else { " " };
    let mut line = vec![
        Span::new(format!(" {pointer} "), Tone::Accent),
        Span::new(pad(&age(change.at, app.now.unix), AGO, true), Tone::Dim),
        Span::new("  ", Tone::Text),
    ];
    let about = pad(&spoken(&change.about.spoken(), object, canvas.glyphs), object, false);
    line.extend(finder.mark(&about, Tone::Text));
    line.push(Span::new("  ", Tone::Text));
    line.extend(finder.mark(&change.text, tone(change.weight, false)));
    line
}

/// The line about the selected change.
#[must_use]
pub fn explain(app: &App, cluster: &OpenCluster) -> Line {
    let Some(change) = selected_change(cluster) else { return Line::new() };
    vec![
        Span::new(format!(" {}", change.about.spoken()), Tone::Strong),
        Span::new(format!("  {}", stamp(change.at, &app.settings.time_zone.time_zone())), Tone::Dim),
        Span::new(format!("  {}", change.text), Tone::Text),
    ]
}

/// Whether the watches tell of what becomes of such objects.
fn is_followed(word: &str) -> bool {
    matches!(word, "pod" | "node" | "deployment" | "cluster")
}
