//! Pictures of a view model: as text, as text with the colours named, and as SVG.

use std::fmt::Write as _;

use fleet_tui::render::paint::paint;
use fleet_tui::render::theme::{Flavor, Theme};
use fleet_tui::terminal::color::ColorDepth;
use fleet_tui::view::canvas::ViewModel;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

pub fn buffer(model: &ViewModel, depth: ColorDepth) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, model.size.0, model.size.1));
    paint(model, &Theme::new(Flavor::Dark, depth), &mut buffer);
    buffer
}

/// The text alone, a line per row, blanks at the end left out.
pub fn text(model: &ViewModel) -> String {
    let buffer = buffer(model, ColorDepth::TrueColor);
    let rows = buffer.area.height;
    (0..rows).map(|y| row(&buffer, y).trim_end().to_owned() + "\n").collect()
}

fn row(buffer: &Buffer, y: u16) -> String {
    let mut text = String::new();
    let mut x = 0;
    while x < buffer.area.width {
        let symbol = buffer[(x, y)].symbol();
        text.push_str(symbol);
        x += unicode_width::UnicodeWidthStr::width(symbol).max(1) as u16;
    }
    text
}

/// The text with a name in braces wherever the style changes.
pub fn styled(model: &ViewModel, depth: ColorDepth) -> String {
    let buffer = buffer(model, depth);
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let mut known = String::new();
        let mut line = String::new();
        for x in 0..buffer.area.width {
            let cell = &buffer[(x, y)];
            let next = style(cell);
            if next != known
                && !(cell.symbol() == " " && cell.bg == Color::Reset && !cell.modifier.contains(Modifier::REVERSED))
            {
                let _ = write!(line, "{{{next}}}");
                known = next;
            }
            line.push_str(cell.symbol());
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The colours and the weight of a cell in words.
pub fn style(cell: &Cell) -> String {
    let mut words = vec![color(cell.fg)];
    if cell.bg != Color::Reset {
        words.push(format!("on {}", color(cell.bg)));
    }
    for (modifier, word) in [
        (Modifier::BOLD, "bold"),
        (Modifier::DIM, "dim"),
        (Modifier::REVERSED, "reverse"),
        (Modifier::UNDERLINED, "underline"),
        (Modifier::ITALIC, "italic"),
    ] {
        if cell.modifier.contains(modifier) {
            words.push(word.to_owned());
        }
    }
    words.join(" ")
}

fn color(color: Color) -> String {
    match color {
        Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        other => other.to_string(),
    }
}

/// One cell of the picture, in units of the SVG: width and height.
const CELL: (f32, f32) = (8.4, 18.0);
/// Around the screen.
const MARGIN: f32 = 12.0;

/// The picture as SVG, as it looks in a terminal with a dark background.
pub fn svg(model: &ViewModel) -> String {
    let buffer = buffer(model, ColorDepth::TrueColor);
    let (columns, rows) = (f32::from(buffer.area.width), f32::from(buffer.area.height));
    let mut out = format!(
        concat!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {:.0} {:.0}\" ",
            "font-family=\"ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace\" font-size=\"14\">\n",
            "<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#16181d\"/>\n"
        ),
        columns * CELL.0 + 2.0 * MARGIN,
        rows * CELL.1 + 2.0 * MARGIN
    );
    for row in 0..buffer.area.height {
        let mut column = 0;
        while column < buffer.area.width {
            let start = column;
            let cell = &buffer[(start, row)];
            let mut run = String::new();
            while column < buffer.area.width && same(cell, &buffer[(column, row)]) {
                run.push_str(buffer[(column, row)].symbol());
                column += 1;
            }
            svg_run(&mut out, cell, &run, (start, row), column - start);
        }
    }
    out.push_str("</svg>\n");
    out
}

fn svg_run(out: &mut String, cell: &Cell, run: &str, (column, row): (u16, u16), cells: u16) {
    let left = f32::from(column) * CELL.0 + MARGIN;
    let top = f32::from(row) * CELL.1 + MARGIN;
    let width = f32::from(cells) * CELL.0;
    if cell.bg != Color::Reset {
        let fill = color(cell.bg);
        let height = CELL.1;
        let _ = writeln!(
            out,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.0}\" fill=\"{fill}\"/>"
        );
    }
    if run.trim().is_empty() {
        return;
    }
    let fill = if matches!(cell.fg, Color::Rgb(..)) { color(cell.fg) } else { "#d7dae0".to_owned() };
    let bold = if cell.modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
    let escaped = run.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let base = top + 13.5;
    let _ = writeln!(
        out,
        "<text x=\"{left:.1}\" y=\"{base:.1}\" textLength=\"{width:.1}\" xml:space=\"preserve\" fill=\"{fill}\"{bold}>{escaped}</text>"
    );
}

fn same(a: &Cell, b: &Cell) -> bool {
    a.fg == b.fg && a.bg == b.bg && a.modifier.contains(Modifier::BOLD) == b.modifier.contains(Modifier::BOLD)
}
