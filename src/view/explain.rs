//! Explain: the chain of evidence about one object, in plain words.

use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::glyphs::Glyphs;
use super::layout::Regions;
use super::text::{Line, Span, plain, wrapped};
use super::tone::Tone;
use crate::app::changes::About;
use crate::app::cluster::OpenCluster;
use crate::app::explain::{Paragraph, Role, explain};
use crate::app::pointer::Target;
use crate::app::state::App;

/// Draws the page, scrolled down by a number of lines as far as there are any.
pub fn draw(app: &App, cluster: &OpenCluster, about: &About, top: usize, regions: &Regions, canvas: &mut Canvas<'_>) {
    canvas.hit(regions.content, Target::Table);
    let row = Rect { height: 1, ..regions.content };
    let title = vec![Span::new(" EXPLAIN", Tone::Accent), Span::new(format!("  {}", about.spoken()), Tone::Strong)];
    canvas.bar(row, title, Line::new());
    let area = area(regions);
    let lines = lines(app, cluster, about, area, canvas);
    let top = top.min(lines.len().saturating_sub(usize::from(area.height)));
    for (y, line) in (area.y..area.bottom()).zip(lines.into_iter().skip(top)) {
        canvas.line(Rect { y, height: 1, ..area }, line);
    }
}

/// How far the page can be scrolled. Signs of both sets are of the same width.
#[must_use]
pub fn deepest(app: &App, cluster: &OpenCluster, about: &About, regions: &Regions) -> usize {
    let (area, canvas) = (area(regions), Canvas::new(app.size, &Glyphs::UNICODE));
    lines(app, cluster, about, area, &canvas).len().saturating_sub(usize::from(area.height))
}

/// Where the text stands, below its title.
fn area(regions: &Regions) -> Rect {
    let content = regions.content;
    Rect { y: content.y + 1, height: content.height.saturating_sub(1), ..content }
}

fn lines(app: &App, cluster: &OpenCluster, about: &About, area: Rect, canvas: &Canvas<'_>) -> Vec<Line> {
    let room = usize::from(area.width).saturating_sub(6);
    let paragraphs = explain(cluster, about, app.now.unix);
    paragraphs.iter().flat_map(|paragraph| paragraph_lines(paragraph, room, canvas)).collect()
}

fn paragraph_lines(paragraph: &Paragraph, room: usize, canvas: &Canvas<'_>) -> Vec<Line> {
    if paragraph.role == Role::Heading {
        return vec![Line::new(), plain(format!(" {}", paragraph.text), Tone::Strong)];
    }
    let (sign, tone) = match paragraph.role {
        Role::Proof => (canvas.glyphs.dot, Tone::Text),
        Role::Aside => (" ", Tone::Dim),
        Role::Matter | Role::Heading => (" ", Tone::Text),
    };
    let text = wrapped(&paragraph.text, room).into_iter().enumerate();
    text.map(|(index, text)| plain(format!("   {} {text}", if index == 0 { sign } else { " " }), tone)).collect()
}
