//! Everything from the state to the bytes, without threads: for tests and benches that count what a frame writes.

use std::io;

use fleet_tui::render::paint::paint;
use fleet_tui::render::surface::Surface;
use fleet_tui::render::theme::{Flavor, Theme};
use fleet_tui::terminal::ColorDepth;
use fleet_tui::view::canvas::ViewModel;
use fleet_tui::view::glyphs::Glyphs;
use fleet_tui::view::project;
use ratatui::layout::Size;
use ratatui::{Terminal, TerminalOptions, Viewport};

use crate::fleet::Stage;

/// A terminal that swallows its bytes and counts them.
pub struct Screen {
    pub terminal: Terminal<Surface<io::Sink>>,
    theme: Theme,
    shown: ViewModel,
}

impl Screen {
    /// 80 by 24, 200 by 60, or else 300 by 80.
    pub fn new(size: (u16, u16)) -> io::Result<Self> {
        let source: fn() -> io::Result<Size> = match size {
            (80, _) => || Ok(Size::new(80, 24)),
            (200, _) => || Ok(Size::new(200, 60)),
            _ => || Ok(Size::new(300, 80)),
        };
        let options = TerminalOptions { viewport: Viewport::Fullscreen };
        let terminal = Terminal::with_options(Surface::new(io::sink(), source), options)?;
        Ok(Self { terminal, theme: Theme::new(Flavor::Dark, ColorDepth::TrueColor), shown: ViewModel::default() })
    }

    /// What the dashboard does for a frame; returns the bytes it wrote.
    pub fn frame(&mut self, stage: &mut Stage) -> u64 {
        drop(stage.app.conclude());
        stage.settle();
        let picture = project(&stage.app, &Glyphs::UNICODE);
        if picture == self.shown {
            return 0;
        }
        self.shown = picture;
        let before = self.terminal.backend().written();
        let (picture, theme) = (&self.shown, &self.theme);
        drop(self.terminal.draw(|frame| paint(picture, theme, frame.buffer_mut())));
        self.terminal.backend().written() - before
    }
}
