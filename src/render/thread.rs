//! The render thread: the only one that draws.
//!
//! Owns the screen and the newest picture, which it can paint again when the terminal was someone else's for a while. A slow terminal slows this thread and nobody else. Must not know the state, the event loop or what a
//! picture shows; entering and leaving the terminal is the caller's.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time;

use super::screen::{Picture, Screen};
use super::slot::Slot;
use super::surface::SizeSource;
use super::theme::Theme;

/// How long quitting waits for a terminal that takes no bytes.
const QUIT_LIMIT: Duration = Duration::from_secs(1);

enum Control {
    Suspend(oneshot::Sender<()>),
    Resume(oneshot::Sender<()>),
    Repaint,
    Theme(Theme),
    Copy(String),
    Quit(oneshot::Sender<()>),
}

/// What the render thread has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RenderStats {
    /// Pictures painted, those without any change included.
    pub frames: u64,
    /// Bytes sent to the terminal.
    pub bytes: u64,
}

#[derive(Default)]
struct Counters {
    frames: AtomicU64,
    bytes: AtomicU64,
}

/// The event loop's end: hands pictures over and is told when drawing fails.
pub struct Renderer<F: Picture> {
    slot: Arc<Slot<F, Control>>,
    failed: Option<oneshot::Receiver<io::Error>>,
    counters: Arc<Counters>,
}

impl<F: Picture> Renderer<F> {
    /// Starts the thread. `out` gets each frame in one write, and nothing before the first picture; `size` is asked at once
    /// and before every frame: what it says against it is told as a failure.
    ///
    /// # Errors
    ///
    /// What the system says to a thread more.
    pub fn start<W: Write + Send + 'static>(out: W, size: SizeSource, theme: Theme) -> io::Result<Self> {
        let slot = Arc::new(Slot::default());
        let counters = Arc::new(Counters::default());
        let (report, failed) = oneshot::channel();
        let (closing, counted) = (Closing(Arc::clone(&slot)), Arc::clone(&counters));
        let paint = move || {
            // The screen is made ready here: meanwhile the caller makes the first picture.
            let painter = Painter {
                screen: Screen::new(out, size)?,
                theme,
                waiting: None,
                shown: None,
                themed: false,
                suspended: false,
                slot: closing,
                counters: counted,
            };
            painter.run()
        };
        thread::Builder::new().name("render".to_owned()).spawn(move || {
            if let Err(error) = paint() {
                // Nobody listening means the program is ending anyway.
                drop(report.send(error));
            }
        })?;
        Ok(Self { slot, failed: Some(failed), counters })
    }

    /// Hands over the newest picture; one not painted yet is dropped. Never waits.
    pub fn show(&self, picture: F) {
        self.slot.show(Box::new(picture));
    }

    /// Paints everything again, whatever the terminal shows now.
    pub fn repaint(&self) {
        drop(self.slot.control(Control::Repaint));
    }

    /// Paints with another theme from now on.
    pub fn set_theme(&self, theme: Theme) {
        drop(self.slot.control(Control::Theme(theme)));
    }

    /// Puts a text into the terminal's clipboard.
    pub fn copy(&self, text: String) {
        drop(self.slot.control(Control::Copy(text)));
    }

    /// Stops painting; once this returns the thread writes nothing until [`Renderer::resume`].
    pub async fn suspend(&self) {
        self.ask(Control::Suspend).await;
    }

    /// Paints again, first the newest picture in full. Call it after the terminal was entered again.
    pub async fn resume(&self) {
        self.ask(Control::Resume).await;
    }

    /// Ends the thread, waiting at most a second for what it is writing.
    pub async fn quit(self) {
        // A terminal that takes no bytes must not hold the program: the thread dies with it.
        drop(time::timeout(QUIT_LIMIT, self.ask(Control::Quit)).await);
    }

    /// Waits until drawing fails, because the terminal is gone or painting panicked; once told, it waits forever.
    /// Safe to cancel.
    pub async fn failure(&mut self) -> io::Error {
        if let Some(failed) = &mut self.failed {
            let told = failed.await;
            self.failed = None;
            return told.unwrap_or_else(|_| io::Error::other("the render thread stopped"));
        }
        std::future::pending().await
    }

    /// Counts of what was painted and sent.
    pub fn stats(&self) -> RenderStats {
        RenderStats {
            frames: self.counters.frames.load(Ordering::Relaxed),
            bytes: self.counters.bytes.load(Ordering::Relaxed),
        }
    }

    async fn ask(&self, control: fn(oneshot::Sender<()>) -> Control) {
        let (done, answer) = oneshot::channel();
        drop(self.slot.control(control(done)));
        // An error means that the thread has ended, so that it writes nothing either.
        drop(answer.await);
    }
}

impl<F: Picture> Drop for Renderer<F> {
    fn drop(&mut self) {
        let (done, _) = oneshot::channel();
        drop(self.slot.control(Control::Quit(done)));
    }
}

/// Closes the slot when the thread ends in any way, a panic included.
struct Closing<F>(Arc<Slot<F, Control>>);

impl<F> Drop for Closing<F> {
    fn drop(&mut self) {
        self.0.close();
    }
}

struct Painter<F: Picture, W: Write> {
    screen: Screen<W>,
    theme: Theme,
    /// The newest picture, until it is painted.
    waiting: Option<Box<F>>,
    /// The picture painted last.
    shown: Option<Box<F>>,
    /// It was painted with another theme.
    themed: bool,
    suspended: bool,
    slot: Closing<F>,
    counters: Arc<Counters>,
}

impl<F: Picture, W: Write> Painter<F, W> {
    fn run(mut self) -> io::Result<()> {
        loop {
            let work = self.slot.0.take();
            let mut acks = Vec::new();
            let mut paint = work.picture.is_some();
            self.waiting = work.picture.or(self.waiting.take());
            for control in work.controls {
                match control {
                    Control::Suspend(ack) => {
                        self.suspended = true;
                        acks.push(ack);
                    }
                    Control::Resume(ack) => {
                        self.suspended = false;
                        self.screen.forget();
                        paint = true;
                        acks.push(ack);
                    }
                    Control::Repaint => {
                        self.screen.forget();
                        paint = true;
                    }
                    Control::Theme(theme) => {
                        self.theme = theme;
                        self.themed = true;
                        paint = true;
                    }
                    // While the terminal is someone else's, so is its clipboard.
                    Control::Copy(text) if !self.suspended => self.screen.copy(&text)?,
                    Control::Copy(_) => {}
                    Control::Quit(ack) => {
                        let _ = ack.send(());
                        return Ok(());
                    }
                }
            }
            if paint && !self.suspended {
                self.paint()?;
            }
            for ack in acks {
                let _ = ack.send(());
            }
        }
    }

    fn paint(&mut self) -> io::Result<()> {
        let (picture, before) = match (self.waiting.take(), self.shown.take()) {
            (Some(picture), before) => (picture, before.filter(|_| !self.themed)),
            (None, Some(shown)) => (shown, None),
            (None, None) => return Ok(()),
        };
        self.screen.draw(&*picture, before.as_deref(), &self.theme)?;
        (self.shown, self.themed) = (Some(picture), false);
        self.counters.frames.fetch_add(1, Ordering::Relaxed);
        self.counters.bytes.store(self.screen.written(), Ordering::Relaxed);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::{self, Receiver, SyncSender};

    use ratatui::buffer::Buffer;
    use ratatui::layout::{Position, Size};
    use ratatui::widgets::{Paragraph, Widget as _};

    use super::*;
    use crate::render::theme::Flavor;
    use crate::terminal::color::ColorDepth;

    /// Shows a text, and waits for permission first when it has a gate.
    struct Text(&'static str, Option<Mutex<Receiver<()>>>);

    impl Picture for Text {
        fn paint(&self, buffer: &mut Buffer, _: &Theme) {
            assert_ne!(self.0, "panic");
            if buffer.area.y > 0 {
                return;
            }
            if let Some(gate) = &self.1 {
                let _ = gate.lock().unwrap().recv();
            }
            Paragraph::new(self.0).render(buffer.area, buffer);
        }

        fn differs(&self, _: &Self, _: u16) -> bool {
            true
        }

        fn cursor(&self) -> Option<Position> {
            None
        }
    }

    fn text(text: &'static str) -> Text {
        Text(text, None)
    }

    /// Sends every write into a channel.
    struct Sink(SyncSender<String>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let text = String::from_utf8_lossy(bytes).into_owned();
            self.0.send(text).map_err(|_| io::Error::from_raw_os_error(5))?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn start() -> (Renderer<Text>, Receiver<String>) {
        let (sent, written) = mpsc::sync_channel(64);
        let theme = Theme::new(Flavor::Dark, ColorDepth::TrueColor);
        (Renderer::start(Sink(sent), || Ok(Size::new(20, 3)), theme).unwrap(), written)
    }

    #[tokio::test]
    async fn a_slow_terminal_costs_frames_and_shows_the_newest() {
        let (renderer, written) = start();
        let (open, gate) = mpsc::channel();
        renderer.show(Text("first", Some(Mutex::new(gate))));
        // Wherever the thread stands, these pass it while it is held inside the first picture or before it.
        for _ in 0..1000 {
            renderer.show(text("middle"));
        }
        renderer.show(text("last"));
        open.send(()).unwrap_or_default();
        renderer.resume().await;
        let all: Vec<String> = written.try_iter().collect();
        assert!(all.last().unwrap().contains("last"), "{all:?}");
        assert!(renderer.stats().frames < 1000);
        renderer.quit().await;
    }

    #[tokio::test]
    async fn an_unchanged_picture_sends_no_bytes() {
        let (renderer, written) = start();
        renderer.show(text("same"));
        renderer.resume().await;
        let bytes = renderer.stats().bytes;
        assert!(bytes > 0);
        let _ = written.try_iter().count();
        let frames = renderer.stats().frames;
        let (taken, gate) = mpsc::sync_channel(0);
        renderer.show(Text("same", Some(Mutex::new(gate))));
        taken.send(()).unwrap();
        renderer.suspend().await;
        assert_eq!(renderer.stats(), RenderStats { frames: frames + 1, bytes });
        assert_eq!(written.try_iter().count(), 0);
    }

    #[tokio::test]
    async fn nothing_is_written_while_suspended_and_everything_after() {
        let (renderer, written) = start();
        renderer.show(text("before"));
        renderer.resume().await;
        renderer.suspend().await;
        let _ = written.try_iter().count();
        renderer.show(text("meanwhile"));
        renderer.repaint();
        renderer.suspend().await;
        assert_eq!(written.try_iter().count(), 0);
        renderer.resume().await;
        let all: String = written.try_iter().collect();
        assert!(all.contains("\u{1b}[2J") && all.contains("meanwhile") && all.contains("\u{1b}[?25l"), "{all:?}");
    }

    #[tokio::test]
    async fn a_lost_terminal_is_reported_and_nothing_hangs_afterwards() {
        let (mut renderer, written) = start();
        drop(written);
        renderer.show(text("anything"));
        assert_eq!(renderer.failure().await.raw_os_error(), Some(5));
        renderer.show(text("more"));
        renderer.suspend().await;
        renderer.quit().await;
    }

    #[tokio::test]
    async fn a_terminal_without_a_size_is_reported_and_nothing_hangs_afterwards() {
        let theme = Theme::new(Flavor::Dark, ColorDepth::TrueColor);
        let none = || Err(io::Error::from_raw_os_error(25));
        let mut renderer: Renderer<Text> = Renderer::start(Vec::new(), none, theme).unwrap();
        assert_eq!(renderer.failure().await.raw_os_error(), Some(25));
        renderer.show(text("anything"));
        renderer.suspend().await;
        renderer.quit().await;
    }

    #[tokio::test]
    async fn a_panic_while_painting_is_reported_and_nothing_hangs_afterwards() {
        let (mut renderer, _written) = start();
        renderer.show(text("panic"));
        assert_eq!(renderer.failure().await.to_string(), "the render thread stopped");
        renderer.resume().await;
        renderer.quit().await;
    }
}
