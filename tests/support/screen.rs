//! Everything from the state to the bytes, without threads: for tests and benches that count what a frame writes.

use std::io;
use std::sync::Arc;

use fleet_tui::render::screen;
use fleet_tui::render::surface::SizeSource;
use fleet_tui::render::theme::{Flavor, Theme};
use fleet_tui::terminal::ColorDepth;
use fleet_tui::view::canvas::ViewModel;
use fleet_tui::view::glyphs::Glyphs;
use fleet_tui::view::project;
use ratatui::layout::Size;

use crate::fleet::Stage;

/// What tells a size: of 80 by 24, 200 by 60, or else 300 by 80.
pub fn size_of(size: (u16, u16)) -> SizeSource {
    match size {
        (80, _) => || Ok(Size::new(80, 24)),
        (200, _) => || Ok(Size::new(200, 60)),
        _ => || Ok(Size::new(300, 80)),
    }
}

/// A terminal that swallows its bytes and counts them.
pub struct Screen {
    terminal: screen::Screen<io::Sink>,
    theme: Theme,
    shown: Option<Arc<ViewModel>>,
}

impl Screen {
    /// 80 by 24, 200 by 60, or else 300 by 80.
    pub fn new(size: (u16, u16)) -> io::Result<Self> {
        let terminal = screen::Screen::new(io::sink(), size_of(size))?;
        Ok(Self { terminal, theme: Theme::new(Flavor::Dark, ColorDepth::TrueColor), shown: None })
    }

    /// What the dashboard does for a frame; returns the bytes it wrote.
    pub fn frame(&mut self, stage: &mut Stage) -> u64 {
        drop(stage.app.conclude());
        stage.settle();
        let picture = project(&stage.app, &Glyphs::UNICODE);
        if self.shown.as_deref() == Some(&picture) {
            return 0;
        }
        let (picture, written) = (Arc::new(picture), self.terminal.written());
        drop(self.terminal.draw(&picture, self.shown.as_ref(), &self.theme));
        self.shown = Some(picture);
        self.terminal.written() - written
    }
}
