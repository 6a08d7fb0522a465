//! Pictures of a view model: as text, as text with the colours named, and as SVG.

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
        let mut style = String::new();
        let mut line = String::new();
        for x in 0..buffer.area.width {
            let cell = &buffer[(x, y)];
            let next = name(cell);
            if next != style
                && !(cell.symbol() == " " && cell.bg == Color::Reset && !cell.modifier.contains(Modifier::REVERSED))
            {
                line.push_str(&format!("{{{next}}}"));
                style = next;
            }
            line.push_str(cell.symbol());
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn name(cell: &Cell) -> String {
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

/// The picture as SVG, as it looks in a terminal with a dark background.
pub fn svg(model: &ViewModel) -> String {
    const CELL: (f32, f32) = (8.4, 18.0);
    let buffer = buffer(model, ColorDepth::TrueColor);
    let (width, height) = (buffer.area.width, buffer.area.height);
    let (w, h) = (f32::from(width) * CELL.0 + 24.0, f32::from(height) * CELL.1 + 24.0);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w:.0} {h:.0}\" font-family=\"ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace\" font-size=\"14\">\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#16181d\"/>\n"
    );
    for y in 0..height {
        let mut x = 0;
        while x < width {
            let cell = &buffer[(x, y)];
            let mut run = String::new();
            let start = x;
            while x < width && same(cell, &buffer[(x, y)]) {
                run.push_str(buffer[(x, y)].symbol());
                x += 1;
            }
            let (left, top) = (f32::from(start) * CELL.0 + 12.0, f32::from(y) * CELL.1 + 12.0);
            let cells = f32::from(x - start) * CELL.0;
            if let Color::Rgb(r, g, b) = cell.bg {
                out.push_str(&format!(
                    "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{cells:.1}\" height=\"{:.0}\" fill=\"#{r:02x}{g:02x}{b:02x}\"/>\n",
                    CELL.1
                ));
            }
            if run.trim().is_empty() {
                continue;
            }
            let fill = match cell.fg {
                Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
                _ => "#d7dae0".to_owned(),
            };
            let bold = if cell.modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
            let escaped = run.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            out.push_str(&format!(
                "<text x=\"{left:.1}\" y=\"{:.1}\" textLength=\"{cells:.1}\" xml:space=\"preserve\" fill=\"{fill}\"{bold}>{escaped}</text>\n",
                top + 13.5
            ));
        }
    }
    out.push_str("</svg>\n");
    out
}

fn same(a: &Cell, b: &Cell) -> bool {
    a.fg == b.fg && a.bg == b.bg && a.modifier.contains(Modifier::BOLD) == b.modifier.contains(Modifier::BOLD)
}
